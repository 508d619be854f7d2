"""Exported chats to drafts."""

import re

from corpus.article import Draft
from corpus.documents.limits import Limits
from corpus.documents.titles import title_of_file
from corpus.documents.writer import DocumentWriter

# "[12/06/2026, 18:04:37] Priya: Hello" and "12.06.26, 18:04 - Priya: Hello", as WhatsApp writes them.
_MESSAGE = re.compile(
    r"[\u200e\u200f]?\[?(?P<day>\d{1,4}[./-]\d{1,2}[./-]\d{1,4}),? +\d{1,2}[:.]\d\d(?:[:.]\d\d)?"
    r"(?:[ \u202f]?[AaPp]\.?[Mm]\.?)?(?:\]| -) (?P<text>.*)"
)
_MIN_MESSAGES = 3
_SAMPLE = 4_000  # characters


def is_chat(text: str) -> bool:
    """Tell whether a text is an exported chat: its first lines, and most of all, begin with a day and a time."""
    lines = [line for line in text[:_SAMPLE].splitlines() if line.strip()]
    messages = sum(_MESSAGE.match(line) is not None for line in lines)
    return messages >= _MIN_MESSAGES and _MESSAGE.match(lines[0]) is not None and 2 * messages > len(lines)


def read_chat(text: str, name: str, limits: Limits) -> Draft:
    """Return the draft of an exported chat: its days as headings, each message with its sender as an item.

    Its title is the name of the file. Raises TooLarge past a limit.
    """
    writer = DocumentWriter(limits, name)
    day, message = "", [""]
    for line in text.splitlines():
        found = _MESSAGE.match(line)
        if found is None:
            message.append(line)
            continue
        writer.item(" ".join(message))
        message = [found["text"]]
        if found["day"] != day:
            day = found["day"]
            writer.heading(day, 2)
    writer.item(" ".join(message))
    return writer.draft(title=title_of_file(name))
