"""Plain text to drafts."""

from dataclasses import replace

from corpus.article import Draft, clean_text
from corpus.documents.limits import Limits
from corpus.documents.plain_text.aligned_tables import with_table_rows
from corpus.documents.plain_text.chats import is_chat, read_chat
from corpus.documents.published import date_of_text
from corpus.documents.titles import title_of_file


def read_plain_text(text: str, name: str, limits: Limits) -> Draft:
    """Return a text, with the date of publication that it or its name says.

    It stays as it is, but for tables whose columns are lined up by spaces: their rows get bars between the cells. An
    exported chat is read as such.
    """
    published, is_guess = date_of_text(text, name)
    draft = read_chat(text, name, limits) if is_chat(text) else Draft(text)
    draft = replace(draft, published=published, published_is_guess=is_guess)
    if draft.blocks:
        return draft
    with_rows, blocks = with_table_rows(text.replace("\r\n", "\n"))
    if blocks and clean_text(with_rows) != with_rows:  # blocks of a text that cleaning changes are dropped
        with_rows, blocks = with_table_rows(clean_text(text))
    if not blocks or len(with_rows) > limits.max_text:  # bars make a text a little longer
        return draft
    title = title_of_file(name) if blocks[0].start == 0 else None  # else the first line is the title
    return replace(draft, text=with_rows, blocks=blocks, title=title)
