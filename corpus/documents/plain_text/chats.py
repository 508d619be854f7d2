"""Exported chats to drafts."""

import re

from corpus.article import Draft
from corpus.documents.limits import Limits
from corpus.documents.titles import title_of_file
from corpus.documents.writer import DocumentWriter

# "[12/06/2026, 18:04:37] Priya: Hello" and "12.06.26, 18:04 - Priya: Hello", as WhatsApp writes them.
_MESSAGE = re.compile(
    r"\u200e?\[?(?P<day>\d{1,4}[./-]\d{1,2}[./-]\d{1,4}), +"
    r"(?P<time>\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:[ \u202f]?[AaPp]\.?[Mm]\.?)?)(?:\]| -) (?P<text>.*)"
)
_SENDER = re.compile(r"\W{0,3}[^\W_][^:]{0,40}: ")  # a name or a telephone number
_MIN_MESSAGES = 3


def is_chat(text: str) -> bool:
    """Tell whether a text is an exported chat: most lines begin with a day, a time and a sender, one of them again."""
    lines = [line for line in text.splitlines() if line.strip()]
    if _MESSAGE.match(lines[0]) is None:
        return False
    messages = [found["text"] for line in lines if (found := _MESSAGE.match(line)) is not None]
    senders = [found.group() for each in messages if (found := _SENDER.match(each)) is not None]
    return len(senders) >= _MIN_MESSAGES and 2 * len(senders) > len(lines) and len(set(senders)) < len(senders)


def read_chat(text: str, name: str, limits: Limits) -> Draft:
    """Return the draft of an exported chat: its days as headings, each message with its time and sender as an item.

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
        message = [found["time"], found["text"]]
        if found["day"] != day:
            day = found["day"]
            writer.heading(day, 2)
    writer.item(" ".join(message))
    return writer.draft(title=title_of_file(name))
