import time

import pytest

from corpus.article import BlockKind
from corpus.documents import read_document
from corpus.errors import InvalidInput

RULES = """= Ferry rules
Per Dahl <per@harbour.example>
v1.0, 2024-03-05
:lang: en
:boat: MS Alba

The {boat} *sails* at `noon`footnote:[Since May.], see <<map,the map>> and
https://harbour.example[this page^]. Mind __un__do, 3 * 4 * 5 and snake_case_name.

// comment
== Staff

.The crew
* Per Dahl, treasurer
** in a box
* Ola Berg,
cook

Rope:: a long line

[cols="1,1"]
|===
|Port |Time

|North
|08:15

|South |09:15
|===

[source,python]
----
x = 1
  y = 2
----

NOTE: Keep right.

____
A quotation.
____

====
An example.

----
z = 3
----
====

include::other.adoc[]

image::a.png[A picture]
"""


def test_reads_structure_without_marks() -> None:
    draft = read_document(RULES.encode(), "rules.adoc")
    text = (
        "The MS Alba sails at noon (Since May.), see the map and this page. Mind undo, 3 * 4 * 5 and snake_case_name."
    )
    assert [
        (BlockKind.HEADING, 1, "Ferry rules"),
        (BlockKind.PARAGRAPH, 0, text),
        (BlockKind.HEADING, 2, "Staff"),
        (BlockKind.CAPTION, 0, "The crew"),
        (BlockKind.ITEM, 0, "Per Dahl, treasurer"),
        (BlockKind.ITEM, 1, "in a box"),
        (BlockKind.ITEM, 0, "Ola Berg, cook"),
        (BlockKind.ITEM, 1, "Rope: a long line"),
        (BlockKind.HEADER, 0, "Port | Time"),
        (BlockKind.ROW, 0, "North | 08:15"),
        (BlockKind.ROW, 0, "South | 09:15"),
        (BlockKind.CODE, 0, "x = 1\n  y = 2"),
        (BlockKind.PARAGRAPH, 0, "Keep right."),
        (BlockKind.QUOTE, 0, "A quotation."),
        (BlockKind.PARAGRAPH, 0, "An example."),
        (BlockKind.CODE, 0, "z = 3"),
    ] == [(block.kind, block.level, draft.text[block.start : block.end]) for block in draft.blocks]
    assert ("Ferry rules", "2024-03-05", "en") == (draft.title, draft.published, draft.language)
    assert ("Files that it includes are not read: other.adoc.",) == draft.notes


def test_a_block_without_its_end_hides_nothing() -> None:
    assert "The ferry sails." == read_document(b"----\nThe ferry sails.\n", "a.adoc").text


@pytest.mark.parametrize(
    "hostile",
    [
        "*a " * 50_000,
        "http://" * 50_000,
        "----\n" * 50_000,
        "".join("=" * (4 + number % 500) + "\n" for number in range(50_000)),
        "|===\n" + "|a " * 50_000 + "\n|===",
        ":a: " + "x" * 500 + "\n\n" + "{a} " * 20_000,
    ],
)
def test_hostile_markup_takes_bounded_time(hostile: str) -> None:
    started = time.process_time()
    try:
        read_document(hostile.encode(), "a.adoc")
    except InvalidInput as error:
        assert "a.adoc" in str(error)
    assert time.process_time() - started < 10


def test_a_table_may_begin_without_a_bar() -> None:
    assert "Port Hull\n08:15" == read_document(b"|===\nPort\nHull\n|08:15\n|===\n", "a.adoc").text


def test_items_of_ordered_lists_are_numbered_by_their_depth() -> None:
    source = (
        b". oil\n.. hot\n.. cold\n. test\n* rope\n\nText.\n\n[start=4]\n. lamp\n. wick\n\nText.\n\n7. sign\n8. lock\n"
    )
    labels = ["1.", "a.", "b.", "2.", "", "", "4.", "5.", "", "7.", "8."]
    assert labels == [block.label for block in read_document(source, "notes.adoc").blocks]
