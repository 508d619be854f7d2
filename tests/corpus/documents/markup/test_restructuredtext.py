import time

import pytest

from corpus.article import BlockKind
from corpus.documents import read_document
from corpus.errors import InvalidInput, TooLarge

RULES = """===========
Ferry rules
===========

:Date: 5 March 2024

The ferry *sails* at ``noon`` [1]_, see :ref:`the map <map>` and a `link <http://harbour.example>`_.

Staff
-----

* Per Dahl, treasurer

  * in a *box*
* Ola Berg, cook

Rope
    a long line

.. note:: Keep right.

.. versionadded:: 1.2
   The bus waits, too.

.. toctree::
   :maxdepth: 2

   other

.. code-block:: python

   x = 1
     y = 2

==== =====
Port Time
==== =====
A    08:15
==== =====

    A quotation.

.. [1] Since May.
.. include:: /etc/passwd
.. raw:: html

   <b>raw</b>
"""


def test_reads_structure_roles_and_directives() -> None:
    draft = read_document(RULES.encode(), "rules.rst")
    assert [
        (BlockKind.HEADING, 1, "Ferry rules"),
        (BlockKind.ITEM, 0, "Date: 5 March 2024"),
        (BlockKind.PARAGRAPH, 0, "The ferry sails at noon, see the map and a link."),
        (BlockKind.HEADING, 2, "Staff"),
        (BlockKind.ITEM, 0, "Per Dahl, treasurer"),
        (BlockKind.ITEM, 1, "in a box"),
        (BlockKind.ITEM, 0, "Ola Berg, cook"),
        (BlockKind.ITEM, 0, "Rope: a long line"),
        (BlockKind.PARAGRAPH, 0, "Keep right."),
        (BlockKind.PARAGRAPH, 0, "1.2"),
        (BlockKind.PARAGRAPH, 0, "The bus waits, too."),
        (BlockKind.CODE, 0, "x = 1\n  y = 2"),
        (BlockKind.HEADER, 0, "Port | Time"),
        (BlockKind.ROW, 0, "A | 08:15"),
        (BlockKind.QUOTE, 0, "A quotation."),
        (BlockKind.PARAGRAPH, 0, "Since May."),
    ] == [(block.kind, block.level, draft.text[block.start : block.end]) for block in draft.blocks]
    assert ("Ferry rules", "2024-03-05") == (draft.title, draft.published)


def test_a_paragraph_on_one_long_line_is_read() -> None:
    assert "word word" in read_document(b"word " * 5_000, "long.rst").text


@pytest.mark.parametrize(
    "hostile",
    [
        "*a " * 100_000,
        ".. |a| replace:: " + "x " * 400 + "\n\n" + "|a| " * 1900,
        "\n\n".join(" " * indent + "a" for indent in range(600)),
        "".join("   " * indent + ".. foo::\n\n" for indent in range(200)),
    ],
)
def test_hostile_markup_takes_bounded_time(hostile: str) -> None:
    started = time.process_time()
    try:
        read_document(hostile.encode(), "a.rst")
    except InvalidInput as error:
        assert "a.rst" in str(error)
    assert time.process_time() - started < 10


def test_too_much_markup_is_refused_with_a_reason() -> None:
    with pytest.raises(TooLarge, match=r"a\.rst has paragraphs with more markup"):
        read_document(b"*a " * 100_000, "a.rst")


def test_items_of_enumerated_lists_keep_their_numbers() -> None:
    source = "3. oil\n4. test\n\n   a) hot\n   b) cold\n\n- rope\n\n#. lamp\n\n(i) one\n(ii) two\n"
    labels = ["3.", "4.", "a)", "b)", "", "1.", "(i)", "(ii)"]
    assert labels == [block.label for block in read_document(source.encode(), "notes.rst").blocks]
