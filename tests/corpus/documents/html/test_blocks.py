import pytest

from corpus.article import BlockKind
from tests.corpus.documents.html.pages import read


@pytest.mark.parametrize(
    ("piece", "blocks"),
    [
        ("<h2>Fees<br>of 2026</h2>Rowing boats.", [("heading 2", "Fees of 2026"), ("paragraph", "Rowing boats.")]),
        ("<p>one<br><br>two<br>lines</p>", [("paragraph", "one"), ("paragraph", "two\nlines")]),
        (
            "<ul><li>a<ul><li>b</li></ul></li><li><p>c</p><p>d</p></ul>",
            [("item", "a"), ("item 1", "b"), ("item", "c d")],
        ),
        (
            "<dl><dt>Fee<dd>12 crowns<dt>Open<dd>May<dd>June</dl>",
            [("item", "Fee: 12 crowns"), ("item", "Open: May"), ("item", "June")],
        ),
        ("<ul><li><h3>Pier</h3><p>one</p></li></ul>", [("heading 3", "Pier"), ("paragraph", "one")]),
        ("<blockquote><p>a</p><p>b</p></blockquote>", [("quote", "a"), ("quote", "b")]),
        ("<figure><img src=x><figcaption>The <b>crane</b></figcaption></figure>", [("caption", "The crane")]),
        ("<div class='wp-caption-text'>The crane</div>", [("caption", "The crane")]),
        ("<pre><code>$ tide\n  --stop</code></pre>", [("code", "$ tide\n  --stop")]),
        (
            "<p>before <div>inside</div> after</p>",
            [("paragraph", "before"), ("paragraph", "inside"), ("paragraph", "after")],
        ),
        ("<p>He said <q>yes</q>.</p>", [("paragraph", "He said “yes”.")]),
        ("<p>10<sup>6</sup> m<sup>2</sup>, the 1<sup>st</sup></p>", [("paragraph", "10⁶ m², the 1st")]),
        ("<p>rebuilt<sup><a href='#n3'>[3]</a></sup> in 1987</p>", [("paragraph", "rebuilt in 1987")]),
        (
            "<h2>Fees<a href='#fees'>¶</a></h2><p>none <a href='#f1'>↩</a></p>",
            [("heading 2", "Fees"), ("paragraph", "none")],
        ),
        ("<p>light&shy;house of the mu&#8203;seum</p>", [("paragraph", "lighthouse of the museum")]),
    ],
)
def test_elements_become_blocks(piece: str, blocks: list[tuple[str, str]]) -> None:
    draft = read(piece)
    found = [
        (f"{each.kind.value} {each.level}".removesuffix(" 0"), draft.text[each.start : each.end])
        for each in draft.blocks
    ]
    assert blocks == found


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ("<tr><th>Boat<th>Fee<tr><td>Canoe<td>12", "Boat | Fee\nCanoe | 12"),
        ("<caption>Fees</caption><tr><th>Canoe<td>12<tr><th>Yacht<td>90", "Fees\n\nCanoe | 12\nYacht | 90"),
        (
            "<tr><th rowspan=2>Port<th colspan=2>Ferry<tr><th>in<th>out<tr>"
            "<td rowspan=2>Holm<td>8<td>9<tr><td>18<td>19",
            "Port | Ferry in | Ferry out\nHolm | 8 | 9\nHolm | 18 | 19",
        ),
        ("<tr><td>Holm<td>8<tr><td colspan=2>in winter<tr><td>Varde<td>9", "Holm | 8\nin winter\nVarde | 9"),
        ("<tr><td>Crew<td><ul><li>Per<li>Ola</ul><tr><td>Boat<td>Tern", "Crew | Per, Ola\nBoat | Tern"),
        ("<tr><td>alone<tr><td>below", "alone\n\nbelow"),  # one column
        ("<tr><td><a href=x>Home</a><td>One.<br><br>Two.", "Home\n\nOne.\n\nTwo."),
        ("<tr><td>Menu<td><table><tr><td>a<td>b<tr><td>c<td>d</table>", "Menu\n\na | b\nc | d"),
    ],
)
def test_tables_of_data_have_rows_and_those_of_layout_do_not(rows: str, text: str) -> None:
    assert text == read(f"<table>{rows}</table>").text


@pytest.mark.parametrize(
    ("piece", "labels"),
    [
        ("<ol><li>oil<li>test<ul><li>cold</ul><li>sign</ol>", ["1.", "2.", "", "3."]),
        ("<ol start=4><li>oil<li value=9>test<li>sign</ol>", ["4.", "9.", "10."]),
        ("<ol reversed><li>oil<li>test</ol>", ["2.", "1."]),
        ("<ol type=a start=27><li>oil<ol type=I><li>hot<li>cold</ol></ol>", ["aa.", "I.", "II."]),
        ("<ol start=x><li><p>oil<p>it<li>test</ol><ul><li>sign</ul>", ["1.", "2.", ""]),
        ("<ol><li>oil<pre>run oil</pre>and wait<li><pre>run test</pre>", ["1."]),
        ("<ol><li><ul><li>oil</ul></ol><dl><dt>a<dd>b</dl>", ["", ""]),
    ],
)
def test_items_of_ordered_lists_keep_their_numbers(piece: str, labels: list[str]) -> None:
    assert labels == [block.label for block in read(piece).blocks if block.kind is BlockKind.ITEM]


def test_lists_and_tables_that_follow_each_other_stand_apart() -> None:
    assert "a\n\nb" == read("<ul><li>a</ul><ol><li>b</ol>").text


def test_the_first_rows_of_heads_are_the_header() -> None:
    draft = read("<table><tr><th>Boat<th>Fee<tr><td>Canoe<td>12</table>")
    assert [BlockKind.HEADER, BlockKind.ROW] == [each.kind for each in draft.blocks]
