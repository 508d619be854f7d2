import time

import pytest

from corpus.article import BlockKind
from corpus.documents import read_document
from corpus.errors import InvalidInput

RULES = """#+TITLE: Ferry *rules*
#+DATE: <2024-03-05 Tue>
The ferry *sails* at =noon=[fn:1], see [[https://harbour.example][the map]].
* TODO Staff :people:
  DEADLINE: <2026-11-18 Wed>
  :PROPERTIES:
  :ID: 12
  :END:
- Per Dahl, treasurer
  keeps the books
  - in a box
- [X] Ola Berg, cook
- Rope :: a long line

| Port | Time |
|------+------|
| A    | 08:15 |
** Code
#+begin_src python
x = 1
  y = 2
#+end_src
#+begin_quote
A quotation.
#+end_quote
# comment
a/b and 3 * 4 * 5 stay, snake_case_name too.
[fn:1] Since May.
"""


def test_reads_structure_without_marks() -> None:
    draft = read_document(RULES.encode(), "rules.org")
    assert [
        (BlockKind.PARAGRAPH, 0, "The ferry sails at noon, see the map."),
        (BlockKind.HEADING, 1, "TODO Staff"),
        (BlockKind.PARAGRAPH, 0, "DEADLINE: 2026-11-18 Wed"),
        (BlockKind.ITEM, 0, "Per Dahl, treasurer keeps the books"),
        (BlockKind.ITEM, 1, "in a box"),
        (BlockKind.ITEM, 0, "Ola Berg, cook"),
        (BlockKind.ITEM, 0, "Rope: a long line"),
        (BlockKind.HEADER, 0, "Port | Time"),
        (BlockKind.ROW, 0, "A | 08:15"),
        (BlockKind.HEADING, 2, "Code"),
        (BlockKind.CODE, 0, "x = 1\n  y = 2"),
        (BlockKind.QUOTE, 0, "A quotation."),
        (BlockKind.PARAGRAPH, 0, "a/b and 3 * 4 * 5 stay, snake_case_name too."),
        (BlockKind.PARAGRAPH, 0, "Since May."),
    ] == [(block.kind, block.level, draft.text[block.start : block.end]) for block in draft.blocks]
    assert ("Ferry rules", "2024-03-05") == (draft.title, draft.published)


def test_a_block_without_its_end_hides_nothing() -> None:
    assert "The ferry sails." == read_document(b"#+begin_src\nThe ferry sails.\n", "a.org").text


@pytest.mark.parametrize(
    "hostile", ["*a " * 50_000, "[[" * 50_000, "#+begin_a\n" * 50_000, ":a:\n" * 50_000, "- " + "a " * 100_000]
)
def test_hostile_markup_takes_bounded_time(hostile: str) -> None:
    started = time.process_time()
    try:
        read_document(hostile.encode(), "a.org")
    except InvalidInput as error:
        assert "a.org" in str(error)
    assert time.process_time() - started < 10


def test_items_of_ordered_lists_keep_their_numbers() -> None:
    draft = read_document(b"1. oil\n   1) hot\n   - cold\n2. test\n- rope\n", "notes.org")
    assert ["1.", "1)", "", "2.", ""] == [block.label for block in draft.blocks]
