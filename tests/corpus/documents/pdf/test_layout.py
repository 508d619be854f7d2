import pytest

from corpus.article import BlockKind
from corpus.documents import read_document
from tests.sample_documents import PLACES, column, pdf

FIRST = "The council met on the first Monday of the month and spoke of the fees, which had"
SECOND = "not been raised since the storm. The mayor said that the wall was paid for, and that"
THIRD = "the crane, which was built in 1911, would be painted in the spring by the firm of"
PROSE = f"{FIRST} {SECOND} {THIRD}"


def blocks(*pages: PLACES, contents: list[bytes] | None = None) -> list[tuple[BlockKind, str]]:
    draft = read_document(pdf(pages, contents=contents), "notes.pdf")
    return [(block.kind, draft.text[block.start : block.end]) for block in draft.blocks]


def texts(*pages: PLACES, contents: list[bytes] | None = None) -> list[str]:
    return [text for _, text in blocks(*pages, contents=contents)]


def cells(*rows: tuple[str, ...], columns: tuple[float, ...] = (72, 200, 330), leading: float = 18) -> PLACES:
    """Place the cells of a table row by row."""
    return [
        (x, 700 - leading * number, 11, cell)
        for number, row in enumerate(rows)
        for x, cell in zip(columns, row, strict=True)
    ]


def test_running_heads_of_two_lines_split_no_sentence() -> None:
    def page(number: int, *lines: str) -> PLACES:
        head = column("Annual Report of the Harbour", "Town of Brindle", top=810, size=9, leading=11)
        foot = column("Printed on paper of the mill", f"Page {number} of 4", top=50, size=9, leading=11)
        return [*head, *column(*lines), *foot]

    found = texts(
        page(1, FIRST, SECOND), page(2, THIRD), page(3, "Orlo. Nobody spoke against it."), page(4, "The end.")
    )
    assert [f"{PROSE} Orlo. Nobody spoke against it.", "The end."] == found


def test_a_repeated_line_with_a_telephone_number_is_kept_once() -> None:
    pages = [[*column(FIRST, SECOND, f"{THIRD} {n}."), (72, 40, 9, "Harbour office, tel. 22 33 44 55")] for n in "abc"]
    assert " ".join(texts(*pages)).count("22 33 44 55") == 1


def test_running_heads_that_change_with_the_chapter_are_known_by_their_page_number() -> None:
    heads = ["Chapter 1: Boats 3", "Chapter 1: Boats 4", "Chapter 2: Nets 5", "Chapter 3: Ropes 6"]
    pages = [[(72, 810, 9, head), *column(f"The berth of {head[11:15]} is closed.")] for head in heads]
    assert not [text for text in texts(*pages) if "Chapter" in text]


def test_a_title_that_later_pages_repeat_in_small_print_stays() -> None:
    first = [(72, 790, 20, "Harbour book"), *column(FIRST, SECOND, f"{THIRD} Orlo.", top=740)]
    others = [[(72, 810, 9, "Harbour book"), *column(FIRST, f"{name}.")] for name in ("One", "Two", "Three")]
    assert [1, "Harbour book"] == [texts(first, *others).count("Harbour book"), texts(first, *others)[0]]


def test_lines_of_code_keep_their_breaks_and_indents() -> None:
    content = (
        f"BT /F 11 Tf 72 740 Td ({FIRST}) Tj 0 -14 Td ({SECOND}) Tj ET "
        "BT /M 10 Tf 72 700 Td (if wet:) Tj 24 -12 Td (wait) Tj ET"
    )
    assert (BlockKind.CODE, "if wet:\n    wait") == blocks(contents=[content.encode()])[-1]


def test_an_entry_and_its_page_number_are_a_unit() -> None:
    page = column(*(f"{title} {'. ' * 30}{n}" for title, n in (("Fees", 3), ("Leave", 7), ("Sick days", 12))))
    assert ["Fees … 3", "Leave … 7", "Sick days … 12"] == texts(page)


def test_a_footnote_stands_behind_the_paragraph_that_goes_on_after_it() -> None:
    note: PLACES = [(72, 90, 8, "1 The plans are kept in the museum."), (72, 80, 8, "Anyone may see them.")]
    found = texts(column(FIRST, SECOND, THIRD) + note, column("Orlo. It paid."))
    assert [f"{PROSE} Orlo. It paid.", "1 The plans are kept in the museum. Anyone may see them."] == found


def test_the_mark_of_a_footnote_is_no_part_of_the_word_before_it_but_an_exponent_is() -> None:
    line = (
        b"BT /F 11 Tf 72 700 Td (The plans) Tj 4 Ts /F 7 Tf (1) Tj 0 Ts /F 11 Tf ( show 40 m) Tj 4 Ts /F 7 Tf (2) Tj ET"
    )
    note = b" BT /F 8 Tf 72 90 Td (1 They are kept in the museum.) Tj ET"
    text = f" BT /F 11 Tf 72 740 Td ({FIRST}) Tj ET".encode()
    assert texts(contents=[line + text + note])[0] == "The plans show 40 m²"


@pytest.mark.parametrize("separate", [False, True])
def test_numbers_of_lines_are_left_out(separate: bool) -> None:
    lines = [
        FIRST,
        SECOND,
        THIRD,
        "Orlo, though nobody could say who would pay for it, and when. The master",
        "agreed.",
    ]
    page = column(*(f"{number}   {line}" for number, line in enumerate(lines, 1)), leading=20)
    if separate:
        page = column(*lines, leading=20)
        page += [(50, y, 8, str(5 * number)) for number, (_, y, _, _) in enumerate(page, 1)]
    assert [" ".join(lines)] == texts(page)


def test_a_numbered_list_keeps_its_numbers() -> None:
    lines = ["1. Ring the bell", "2. Wait for the clerk", "3. Pay the fee", "4. Take the key", "5. Go to your berth"]
    assert lines == texts(column(*lines))


def test_a_drop_cap_begins_the_first_word() -> None:
    page = [(72, 740, 33, "T"), (94, 752, 11, FIRST[1:]), (94, 738, 11, SECOND), (72, 724, 11, THIRD)]
    assert [PROSE] == texts(page)


def test_a_line_that_is_drawn_twice_for_boldness_is_read_once() -> None:
    assert texts([(72, 700, 12, "Mooring fees"), (72.4, 700, 12, "Mooring fees")]) == ["Mooring fees"]


def test_letters_at_a_fixed_pitch_have_spaces_where_one_is_left_out() -> None:
    places = [(72 + 7 * n, letter) for n, letter in enumerate("FEES IN BRINDLE") if letter != " "]
    content = "".join(f"1 0 0 1 {x} 700 Tm ({letter}) Tj " for x, letter in places)
    assert texts(contents=[f"BT /F 12 Tf {content} ET".encode()]) == ["FEES IN BRINDLE"]


def test_words_whose_letters_are_about_equally_wide_keep_their_spaces() -> None:
    assert ["24 September 2026"] == texts(column("24 September 2026"))


def test_a_word_gap_without_a_space_is_one() -> None:
    content = b"BT /F 11 Tf 72 700 Td [(The) -278 (fee) -278 (is) -278 (due)] TJ ET"
    assert texts(contents=[content]) == ["The fee is due"]


def test_each_line_without_a_full_stop_is_a_unit() -> None:
    lines = [
        "Per Dahl, treasurer",
        "Ola Berg, cook",
        "Harbour office: 22 33 44 55",
        "Tel. 0041 44 123 45 67, Mon to Fri",
        "1911 The old crane is put up by the Orlo Works, after nine months and two storms",
        "1990 The lighthouse is handed over to the museum",
    ]
    assert [(BlockKind.ITEM, line) for line in lines] == blocks(column(*lines))


def test_a_line_of_text_that_begins_with_a_number_continues_the_one_before() -> None:
    wrapped = [
        "Orlo. It had rebuilt the wall after the great storm that broke its planks in the year",
        "1987. It paid.",
    ]
    assert [" ".join([FIRST, SECOND, THIRD, *wrapped])] == texts(column(FIRST, SECOND, THIRD, *wrapped))


def test_an_item_goes_on_in_the_lines_that_hang_below_it() -> None:
    page = [
        (72, 700, 11, "• Boats of nine metres pay double"),
        (84, 686, 11, "Orlo asks it"),
        (72, 672, 11, "• Nets dry"),
    ]
    expected = [(BlockKind.ITEM, "Boats of nine metres pay double Orlo asks it"), (BlockKind.ITEM, "Nets dry")]
    assert expected == blocks(page)


def test_bold_lines_are_headings_below_larger_ones() -> None:
    content = (
        f"BT /F 18 Tf 72 790 Td (Harbour book) Tj ET BT /B 11 Tf 72 750 Td (Fees) Tj ET "
        f"BT /F 11 Tf 72 736 Td ({FIRST}) Tj 0 -14 Td ({SECOND}) Tj ET"
    )
    draft = read_document(pdf([], contents=[content.encode()]), "notes.pdf")
    expected = [(BlockKind.HEADING, 1), (BlockKind.HEADING, 2), (BlockKind.PARAGRAPH, 0)]
    assert expected == [(block.kind, block.level) for block in draft.blocks]


HEADER = ("Boat", "Fee", "Pier")
ROWS = (("Canoe", "12 crowns", "1"), ("Yacht", "40 crowns", "4"), ("Ferry", "300 crowns", "2"))
TABLE = ["Boat | Fee | Pier", "Canoe | 12 crowns | 1", "Yacht | 40 crowns | 4", "Ferry | 300 crowns | 2"]


@pytest.mark.parametrize("by_column", [False, True])
def test_the_rows_of_a_table_are_rows(by_column: bool) -> None:
    page = cells(HEADER, *ROWS)
    if by_column:
        page.sort(key=lambda place: place[0])
    kinds = [BlockKind.PARAGRAPH, BlockKind.HEADER, *[BlockKind.ROW] * 3]
    expected = list(zip(kinds, ["The fees of the year", *TABLE], strict=True))
    assert expected == blocks(column("The fees of the year", top=740) + page)


def test_cells_are_parted_by_a_space_where_cells_near_them_begin() -> None:
    rows = [("Boat", "Seats", "Price"), ("Raft", "3", "40"), ("MMMM", "4", "55"), ("Punt", "5", "20")]  # MMMM is wide
    page = cells(*rows, columns=(72, 112, 143.4)) + column("MMMM 4 boats are free.", top=600)
    assert [*(" | ".join(row) for row in rows), "MMMM 4 boats are free."] == texts(page)


def test_names_of_columns_may_stand_left_of_cells_that_are_on_the_right() -> None:
    page = [
        *cells(("Cork", "Unit", "Price"), columns=(72, 300, 360)),
        *[(x, 682, 11, cell) for x, cell in ((72, "Cork tiles"), (340, "tub"), (395, "38.20"))],
        *[(x, 664, 11, cell) for x, cell in ((72, "Cork glue"), (345, "m"), (395, "41.30"))],
    ]
    assert ["Cork | Unit | Price", "Cork tiles | tub | 38.20", "Cork glue | m | 41.30"] == texts(page)


def test_names_of_columns_may_stand_in_the_middle_and_cells_close_to_each_other() -> None:
    page = [
        (150, 700, 11, "Boat"), (340, 700, 11, "Fee"), (390, 700, 11, "Pier"),
        (72, 682, 11, "Canoe"), (328, 682, 11, "12 crowns"), (390, 682, 11, "1"),
        (72, 664, 11, "Yacht with an engine that is louder than the ferry"), (328, 664, 11, "40"), (390, 664, 11, "4"),
    ]  # fmt: skip
    last = "Yacht with an engine that is louder than the ferry | 40 | 4"
    assert ["Boat | Fee | Pier", "Canoe | 12 crowns | 1", last] == texts(page)


def test_cells_of_several_lines_and_empty_ones_stay_in_their_rows() -> None:
    page = [
        *cells(HEADER),
        (72, 682, 11, "Rowing boat"), (72, 668, 11, "for two"), (200, 682, 11, "9 crowns"), (330, 682, 11, "1"),
        (72, 650, 11, "Raft"), (330, 650, 11, "3"),
    ]  # fmt: skip
    assert texts(page) == ["Boat | Fee | Pier", "Rowing boat for two | 9 crowns | 1", "Raft | | 3"]


def test_columns_of_text_are_read_one_after_the_other() -> None:
    left = "The harbour master of Orlo keeps a;book of every boat that comes in;over the winter, and the council;reads"
    right = "The first page tells who paid for;the lamp, which burned oil until;the year 1954, and who carried;oil up"
    rows = list(zip(left.split(";"), right.split(";"), strict=True))
    found = " ".join(texts(cells(*rows, columns=(72, 320), leading=14)))
    assert f"{left} {right}".replace(";", " ") == found
