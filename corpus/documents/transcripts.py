"""Records with times to drafts: subtitles (SRT, VTT), whose cues are joined to sentences, and logs."""

import io
import re
from collections.abc import Iterator

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError

from corpus.article import Draft
from corpus.documents.limits import Deadline, Limits, wrapped_errors
from corpus.documents.titles import title_of_file
from corpus.documents.writer import DocumentWriter
from corpus.errors import UnreadableDocument

_LABEL = "a file of subtitles (SRT, VTT)"
_MAX_PAUSE = 4.0  # seconds; a longer one ends a paragraph
_LONG_PARAGRAPH = 800  # characters, after which a sentence's end ends a paragraph
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,100}>|\{\\[^{}]{0,100}\}")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
_SPEAKER = re.compile(r"(?:[-–—]\s*|>>\s*|[A-Z][\w .'-]{0,30}:\s)")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def read_subtitles(text: str, name: str, limits: Limits) -> Draft:
    """Return the draft of subtitles: a paragraph for what is said without a long pause by one speaker.

    Its title is the name of the file.

    Raises UnreadableDocument where they are broken or hold no text, TooLarge past a limit.
    """
    writer = DocumentWriter(limits, name)
    kind = "vtt" if text.lstrip("\ufeff \n\r\t").startswith("WEBVTT") else "srt"
    with wrapped_errors(name, _LABEL, MalformedFileError, MalformedCaptionError):
        captions = webvtt.from_buffer(io.StringIO(text.lstrip("\ufeff")), format=kind)
    deadline = Deadline(limits, name)
    lines: list[str] = []
    length, end, speaker = 0, 0.0, None
    for caption in captions.captions:
        deadline.check()
        pause = caption.start_in_seconds - end
        ended = bool(lines) and _SENTENCE_END.search(lines[-1]) is not None
        changes = caption.voice != speaker
        if pause > _MAX_PAUSE or changes or (ended and length > _LONG_PARAGRAPH):
            writer.paragraph(" ".join(lines))
            lines, length = [f"{caption.voice}:"] if changes and caption.voice else [], 0
        for line in _new_lines(_TAG.sub("", caption.text), lines):
            if lines and ended and _SPEAKER.match(line):
                writer.paragraph(" ".join(lines))
                lines, length = [], 0
            lines.append(line)
            length += len(line)
            ended = _SENTENCE_END.search(line) is not None
        end, speaker = caption.end_in_seconds, caption.voice
    writer.paragraph(" ".join(lines))
    draft = writer.draft(title=title_of_file(name))
    if not draft.text:
        raise UnreadableDocument(f"{name} holds no text.")
    return draft


def _new_lines(text: str, lines: list[str]) -> Iterator[str]:
    """Yield the lines of a cue; live captions repeat the last line of the cue before, and add to it."""
    for number, line in enumerate(text.split("\n")):
        plain = " ".join(line.split())
        if plain and not (number == 0 and lines and plain == lines[-1]):
            yield plain


def read_log(text: str, name: str, limits: Limits) -> Draft:
    """Return the draft of a log, of which each entry is a line; indented lines belong to the entry above.

    Its title is the name of the file.

    Raises TooLarge past a limit.
    """
    writer = DocumentWriter(limits, name)
    entry: list[str] = []
    for line in _ESCAPE.sub("", text).splitlines():
        if not line[:1].isspace():
            writer.item(" ".join(entry))
            entry = []
        entry.append(line)
    writer.item(" ".join(entry))
    return writer.draft(title=title_of_file(name))
