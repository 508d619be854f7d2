"""Articles as reading pages: their structure, the marks, and the parts."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, Block, BlockKind, Draft
from corpus.documents import Limits
from corpus.documents.writer import DocumentWriter
from web.pages import parse_span
from web.reading import MAX_PART, NOWHERE, Element, ListItem, Piece, Span, part_starts, reading_page


def handbook() -> Article:
    writer = DocumentWriter(Limits(), "handbook.docx")
    writer.heading("Staff handbook", 1)
    writer.paragraph("Welcome.\nRead it all.")
    writer.heading("Leave", 2)
    writer.item("25 days")
    writer.item("of which 10 in summer", 1)
    writer.item("1. ask your manager")
    writer.end_list()
    writer.item("another list")
    writer.row(["Grade", "Days"], is_header=True)
    writer.row(["Senior", "30"])
    writer.paragraph("Rest is work.", BlockKind.QUOTE)
    writer.paragraph("So is sleep.", BlockKind.QUOTE)
    writer.code("leave --days 25\n  --from May")
    writer.paragraph("Figure 1: a beach", BlockKind.CAPTION)
    return Article.from_draft(writer.draft(title="Staff handbook"))


def shown(pieces: list[Piece]) -> str:
    return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in pieces)


def items(found: list[ListItem]) -> list[object]:
    texts = [" ".join(filter(None, (shown(item.label), shown(item.pieces).strip()))) for item in found]
    return [(text, items(item.items)) if item.items else text for text, item in zip(texts, found, strict=True)]


def outline(elements: list[Element]) -> list[object]:
    return [
        items(one.items)
        or [[shown(cell.pieces) for cell in row.cells] for row in one.rows]
        or [*map(shown, one.paragraphs)]
        for one in elements
    ]


def span_of(article: Article, words: str) -> Span:
    start = article.text.index(words)
    return start, start + len(words)


def test_the_blocks_of_a_document_are_shown_as_what_they_are() -> None:
    article = handbook()
    page = reading_page(article, article.blocks)
    assert "Staff handbook" == shown(page.title)
    assert [
        ["Welcome.\nRead it all."],
        ["Leave"],
        [("25 days", ["of which 10 in summer"]), "1. ask your manager"],
        ["another list"],
        [["Grade", "Days"], ["Senior", "30"]],
        ["Rest is work.", "So is sleep."],
        ["leave --days 25\n  --from May"],
        ["Figure 1: a beach"],
    ] == outline(page.elements)
    kinds = ["paragraph", "heading", "item", "item", "header", "quote", "code", "caption"]
    assert kinds == [one.kind.value for one in page.elements]
    assert [[], [Piece("1.")]] == [item.label for item in page.elements[2].items]
    assert [True, False] == [row.is_header for row in page.elements[4].rows]


def test_the_words_are_marked_in_a_cell_an_item_and_the_title() -> None:
    article = handbook()
    assert [["Grade", "Days"], ["Senior", "[30]"]] in outline(
        reading_page(article, article.blocks, [span_of(article, "30")]).elements
    )
    row = reading_page(article, article.blocks, [span_of(article, "Senior | 30")])
    assert [["Grade", "Days"], ["[Senior]", "[30]"]] in outline(row.elements)
    title = reading_page(article, article.blocks, [span_of(article, "handbook")])
    assert "Staff [handbook]" == shown(title.title)
    assert title.title[1].first


def test_a_first_line_that_repeats_the_title_is_not_shown_twice() -> None:
    article = Article.from_draft(Draft("The  Ferry\n\nIt leaves at noon.", "The ferry"))
    page = reading_page(article, ())
    assert ("The  Ferry", [["It leaves at noon."]]) == (shown(page.title), outline(page.elements))
    other = reading_page(Article.from_draft(Draft("The ferry leaves.\nAt noon.", "The ferry")), ())
    assert ("The ferry", [["The ferry leaves."], ["At noon."]]) == (shown(other.title), outline(other.elements))


@pytest.mark.parametrize(
    ("heading", "title", "marked", "shown_title", "others"),
    [
        ("Ferry fares 2026", "Ferry fares, 2026 (final)", NOWHERE, "Ferry fares, 2026 (final)", []),
        ("The new ferry fares 2026", "Ferry fares, 2026", NOWHERE, "The new ferry fares 2026", []),
        # The quotation stays on the page, and so does a year.
        (
            "Ferry fares 2026",
            "Ferry fares, 2026 (final)",
            (6, 11),
            "Ferry fares, 2026 (final)",
            [["Ferry [fares] 2026"]],
        ),
        ("Annual report", "Annual report 2024", NOWHERE, "Annual report 2024", [["Annual report"]]),
    ],
)
def test_of_title_and_first_heading_that_say_nearly_the_same_the_longer_is_shown(
    heading: str, title: str, marked: Span, shown_title: str, others: list[object]
) -> None:
    writer = DocumentWriter(Limits(), "fares.docx")
    writer.heading(heading, 1)
    writer.paragraph("Dogs are free.")
    article = Article.from_draft(writer.draft(title=title))
    page = reading_page(article, article.blocks, [] if marked == NOWHERE else [marked])
    assert (shown_title, [*others, ["Dogs are free."]]) == (shown(page.title), outline(page.elements))


def test_items_have_the_number_of_their_label_or_of_their_text() -> None:
    writer = DocumentWriter(Limits(), "steps.md")
    for text, label in (("Oil it", "7."), ("(b) Test it", ""), ("☑ Sign", ""), ("3 bolts", "")):
        writer.item(text, label=label)
    article = Article.from_draft(writer.draft(title="Steps"))
    (element,) = reading_page(article, article.blocks, [span_of(article, "(b) Test")]).elements
    assert ["7.", "[(b)]", "☑", ""] == [shown(item.label) for item in element.items]
    assert ["Oil it", "[ Test] it", " Sign", "3 bolts"] == [shown(item.pieces) for item in element.items]


def test_dates_telephone_numbers_and_times_in_cells_are_not_broken() -> None:
    writer = DocumentWriter(Limits(), "log.md")
    writer.row(
        ["2026-05-14", "+44 1463 555 0182", "08:15 – 09:40", "0.32 m", "7", "Mended on 2026-05-15 at 10:20, by Isla"]
    )
    article = Article.from_draft(writer.draft(title="Log"))
    (element,) = reading_page(article, article.blocks, [span_of(article, "1463")]).elements
    cells = [[piece.text for piece in cell.pieces if piece.unbroken] for cell in element.rows[0].cells]
    kept = [["+44 ", "1463", " 555 0182"], ["08:15 – 09:40"], ["0.32 m"], [], ["2026-05-15 at", "10:20"]]
    assert [["2026-05-14"], *kept] == cells


def test_lines_of_mail_are_one_paragraph_and_those_of_an_address_are_not() -> None:
    writer = DocumentWriter(Limits(), "boiler.eml")
    writer.paragraph("The old boiler goes to the scrapyard at the end of the month, and the\nnew one comes on Monday.")
    writer.paragraph("The Reading Room of the Society for the Study of Harbours\n12 Quay Street")
    article = Article.from_draft(writer.draft(title="Boiler"))
    assert [True, False] == [one.wrapped for one in reading_page(article, article.blocks).elements]


def test_lists_are_nested_up_to_a_limit() -> None:
    writer = DocumentWriter(Limits(), "list.odt")
    for depth in range(1000):
        writer.item(f"item {depth}", depth)
    article = Article.from_draft(writer.draft(title="List"))
    (element,) = reading_page(article, article.blocks).elements
    found, depth = element.items, 0
    while found:
        found, depth = found[0].items, depth + 1
    assert 20 == depth


def test_text_outside_of_the_blocks_is_shown_too() -> None:
    article = Article.from_draft(Draft("One.\n\nTwo.\n\nThree.", "Numbers"))
    blocks = [Block(6, 10, BlockKind.QUOTE)]
    assert [["One."], ["Two."], ["Three."]] == outline(reading_page(article, blocks).elements)


def test_lines_are_paragraphs_unless_hard_wrapped() -> None:
    wrapped = (
        "A line of text that somebody has wrapped by hand at some\n"
        "sixty or seventy characters, as mail does, and then some\nmore."
    )
    article = Article.from_draft(Draft(f"First line\nSecond line\n\n{wrapped}", "Lines"))
    elements = reading_page(article, ()).elements
    assert [["First line"], ["Second line"], [wrapped]] == outline(elements)
    assert [False, False, True] == [one.wrapped for one in elements]


def all_pieces(article: Article, marked: Span, sentence: Span = NOWHERE) -> list[Piece]:
    page = reading_page(article, article.blocks, [] if marked == NOWHERE else [marked], sentence)
    paragraphs = [piece for one in page.elements for pieces in one.paragraphs for piece in pieces]
    return page.title + paragraphs if any(piece.marked for piece in page.title) else paragraphs


TEXTS = st.text(alphabet="ab🚲 \n", max_size=60).filter(str.strip)


@given(TEXTS, st.integers(-2, 62), st.integers(-2, 62))
def test_the_marked_pieces_are_the_span(text: str, start: int, end: int) -> None:
    article = Article.from_draft(Draft(text, "A title of its own"))
    first, last = parse_span(article.text, str(start), str(end))
    pieces = all_pieces(article, (first, last))
    marked = "".join(piece.text for piece in pieces if piece.marked)
    assert "".join(text.split()) == "".join("".join(piece.text for piece in pieces).split())
    assert "".join(article.text[first:last].split()) == "".join(marked.split())
    assert int(first < last) == sum(piece.first for piece in pieces)


@given(TEXTS, st.lists(st.integers(0, 40), min_size=4, max_size=4))
def test_marked_and_near_pieces_together_are_the_sentence(text: str, places: list[int]) -> None:
    article = Article.from_draft(Draft(text, "A title of its own"))
    begin, start, end, stop = sorted(places)
    place, sentence = (parse_span(article.text, *map(str, span)) for span in ((start, end), (begin, stop)))
    pieces = all_pieces(article, place, sentence)
    found = "".join(piece.text for piece in pieces if piece.marked or piece.in_sentence)
    expected = place if NOWHERE in (place, sentence) else sentence
    assert "".join(article.text[slice(*expected)].split()) == "".join(found.split())
    assert all(piece.text and not (piece.marked and piece.in_sentence) for piece in pieces)


def test_parts_together_are_the_article_and_begin_at_headings() -> None:
    writer = DocumentWriter(Limits(), "long.pdf")
    for number in range(300):
        writer.heading(f"Chapter {number}", 2)
        for _ in range(5):
            writer.paragraph(f"Words of chapter {number}. " * 10)
    article = Article.from_draft(writer.draft(title="Long"))
    first = reading_page(article, article.blocks)
    pages = [reading_page(article, article.blocks, part=part) for part in range(1, first.parts + 1)]
    whole = "".join(shown(pieces) for page in pages for one in page.elements for pieces in one.paragraphs)
    assert "".join(article.text.split()) == "".join(whole.split())
    assert all(page.elements[-1].kind is BlockKind.PARAGRAPH for page in pages)


@pytest.mark.parametrize("words", ["word ", "word\n", "word\n\n", "w"])
@pytest.mark.parametrize("in_one_block", [True, False])
def test_parts_have_a_limit_whatever_the_text(words: str, in_one_block: bool) -> None:
    text = (words * 60_000)[:170_001]
    blocks = [Block(0, len(text), BlockKind.CODE)] if in_one_block else []
    starts = part_starts(text, blocks)
    assert all(0 < b - a <= MAX_PART for a, b in zip(starts, [*starts[1:], len(text)], strict=True))
    article = Article.from_draft(Draft(text, "Words", blocks=tuple(blocks)))
    pages = [reading_page(article, article.blocks, part=part) for part in range(1, len(starts) + 1)]
    whole = "".join(shown(pieces) for page in pages for one in page.elements for pieces in one.paragraphs)
    assert "".join(text.split()) == "".join(whole.split())


def test_a_cell_of_many_figures_is_cut_in_time_that_grows_with_its_length() -> None:
    text = "1.5 m, x " * 5_000
    article = Article.from_draft(Draft(text.strip(), "Log", blocks=(Block(0, len(text.strip()), BlockKind.ROW),)))
    begin = time.process_time()
    (element,) = reading_page(article, article.blocks).elements
    assert 5 > time.process_time() - begin  # where each piece was compared with each figure, 20 s
    (cell,) = element.rows[0].cells
    assert ["1.5 m"] * 5_000 == [piece.text for piece in cell.pieces if piece.unbroken]
