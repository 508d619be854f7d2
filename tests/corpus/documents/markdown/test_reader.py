import time

import pytest

from corpus.article import BlockKind, Draft
from corpus.documents import read_document
from corpus.errors import TooLarge, UnreadableDocument


def read(text: str, name: str = "notes.md") -> Draft:
    return read_document(text.encode(), name)


def blocks(text: str) -> list[tuple[str, int, str]]:
    draft = read(text)
    return [(block.kind.value, block.level, draft.text[block.start : block.end]) for block in draft.blocks]


def lines(text: str) -> list[str]:
    return read(text).text.split("\n\n")


def test_reads_the_text_without_its_markup() -> None:
    source = """# The *northern* ferry

It **sails** [on Friday](https://x.example "soon")
at `noon`.\\
Bring a ~~lamp~~ coat. ![a picture](x.png)

- Rope
- Nets
  1. wide
  2. narrow

> Glad, said the captain.

| Port | Time |
|------|------|
| North | **08:15** |

```python
if sail:
    go()
```

<div class="x">Some <b>raw</b> words &amp; more</div>

Copyright &copy; nobody\\!
"""
    expected = """The northern ferry

It sails on Friday at noon.
Bring a coat.

Rope
Nets
wide
narrow

Glad, said the captain.

Port | Time
North | 08:15

if sail:
    go()

Some raw words & more

Copyright © nobody!"""
    assert expected == read(source).text


def test_the_first_main_heading_is_the_title() -> None:
    assert read("Some words.\n\n# The *ferry*\n\n# Another").title == "The ferry"
    assert read("## Only a part\n\nWords.").title is None


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("folder/Harbour fees of Brindle.md", "Harbour fees of Brindle"),
        ("2019-05-03-harbour-fees.md", "Harbour fees"),
        ("2019-05-03 Council.md", "Council"),
        ("harbour_fees.md", "Harbour fees"),
        ("Brindle.md", "Brindle"),
        ("C:\\notes\\Brindle.md", "Brindle"),
        ("README.md", None),
        ("notes 2.md", None),
        ("2019-05-03.md", None),
        ("https://x.example/harbour-fees.md", None),
    ],
)
def test_a_note_without_title_and_heading_is_called_by_its_file(name: str, title: str | None) -> None:
    assert title == read("Words.", name).title
    assert "The ferry" == read("# The ferry", name).title


def test_headings_lists_tables_quotes_and_code_are_blocks() -> None:
    source = """Fees
====

- Boats
  1. small
- Nets

* Other list

| Boat | Fee |
|------|----:|
| Canoe | 12 |

> Pay early.

    code
"""
    assert blocks(source) == [
        ("heading", 1, "Fees"),
        ("item", 0, "Boats"),
        ("item", 1, "small"),
        ("item", 0, "Nets"),
        ("item", 0, "Other list"),
        ("header", 0, "Boat | Fee"),
        ("row", 0, "Canoe | 12"),
        ("quote", 0, "Pay early."),
        ("code", 0, "code"),
    ]
    assert "Boats\nsmall\nNets\n\nOther list\n\nBoat | Fee\nCanoe | 12\n\n" in read(source).text


def test_further_paragraphs_and_code_of_a_list_item_are_blocks_of_their_own() -> None:
    expected = [("item", 0, "Rope"), ("paragraph", 0, "Long."), ("code", 0, "x = 1"), ("item", 0, "Nets")]
    assert expected == blocks("- Rope\n\n  Long.\n\n  ```\n  x = 1\n  ```\n- Nets")


@pytest.mark.parametrize(
    "source",
    [
        "Per Dahl, treasurer\nOla Berg, cook\nIda Holm, master",
        "1871 The lighthouse on the headland is lit\n1911 The old crane on the quay is put up\n1990 It is sold",
        "The old crane on the quay: 1911\nThe lighthouse on the headland, which is a museum now: 1871\nThe wall: 1987",
    ],
)
def test_lines_that_are_a_list_stay_lines(source: str) -> None:
    assert source == read(source).text


@pytest.mark.parametrize(
    "source",
    [
        "The mayor said that\nBrindle pays.",
        "The mayor of\nBrindle said that\nthe town pays.",
        "The harbour of Brindle was said by Miss\nAnna Torvald, who was its last keeper,\nand Ida Holm to be full.",
    ],
)
def test_wrapped_lines_are_joined(source: str) -> None:
    assert source.replace("\n", " ") == read(source).text


def test_items_of_ordered_lists_keep_their_numbers_beside_the_text() -> None:
    steps = "7. Oil it\n7. Test it:\n   1) idle\n   1) under load\n   - cold\n\n   ```\n   run\n   ```\n\n8. Sign\n\n"
    draft = read(f"{steps}0. Lock\n\n- Done\n")
    items = [block for block in draft.blocks if block.kind is BlockKind.ITEM]
    assert ["7.", "8.", "1)", "2)", "", "9.", "10.", ""] == [item.label for item in items]
    assert "Oil it\nTest it:\nidle\nunder load\ncold\n\nrun\n\nSign\nLock\n\nDone" == draft.text


def test_a_definition_stands_with_its_term() -> None:
    source = "Mooring\n: A place for a boat.\n: Its fee.\n\nBerth\n\n:   The same, *long*.\n"
    expected = [("item", 0, "Mooring: A place for a boat."), ("item", 0, "Mooring: Its fee.")]
    assert [*expected, ("item", 0, "Berth: The same, long.")] == blocks(source)


def test_boxes_of_tasks_are_shown() -> None:
    assert ["☑ Paint the hull", "☐ Sail"] == read("- [x] Paint the hull\n- [ ] Sail").text.split("\n")


def test_footnotes_lose_their_marks_and_keep_their_texts() -> None:
    source = "It is high.[^1] It is old.^[Of *1987*.] See [^2].\n\n[^1]: Four metres.\n[^lost]: Paid by the council.\n"
    expected = ["It is high. It is old. See [^2].", "Four metres.", "Paid by the council.", "Of 1987."]
    assert expected == lines(source)


def test_footnotes_of_callouts_and_boxes_lose_their_marks_too() -> None:
    source = "> [!note] Wall[^1]\n> It is high.[^1]\n\n```{note}\nIt is old.[^1] ^[Of 1987.]\n```\n\n[^1]: Four metres."
    assert ["Wall", "It is high.", "It is old.", "Four metres.", "Of 1987."] == lines(source)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Paid to [[Anna Torvald]] by [[Town council|the council]].", "Paid to Anna Torvald by the council."),
        ("See [[Fees#Summer]], [[#Winter]] and [[Fees#^b4c2]].", "See Fees > Summer, Winter and Fees."),
        ("A wall![[crane.png]] of stone", "A wall of stone"),
        ("| a | b |\n|---|---|\n| [[Fees\\|fee]] | 2 |", "a | b\nfee | 2"),
        ("`[[a|b]]` and [[]", "[[a|b]] and [[]"),
        ("A ==bright== day. ^b4c2d1", "A bright day."),
        ("a == b and c == d, x^2", "a == b and c == d, x^2"),
        ("H~2~O on 5 m^2^", "H2O on 5 m2"),
        ("Shown %%not shown%% again. 5%% or 6%", "Shown again. 5%% or 6%"),
        ("One.\n\n%%\nnot\n\nshown\n%%\n\nTwo.", "One.\n\nTwo."),
        ("```\n%%\nrules\n%%\n```", "%%\nrules\n%%"),
        ("{{< notice tip >}}\nRing twice.\n{{< /notice >}}", "Ring twice."),
        ("{{% box %}}Ring{{% /box %}} at {% include bell.html %} nine, `{{< x >}}`", "Ring at nine, {{< x >}}"),
        ("{{ name }} is a variable", "{{ name }} is a variable"),
        ("Dues are posted. {: .small }\n{: #dues }", "Dues are posted."),
        ("[Fees](x){.button} and [more](y){target=_blank} {x=1}", "Fees and more {x=1}"),
        ("* TOC\n{:toc}\n\n[[_TOC_]]\n\nWords", "Words"),
        ('::: tip "Opening"\nAt nine.\n:::', '"Opening"\n\nAt nine.'),
        (":::note[Opening]\nAt *nine*.\n:::", "Opening\n\nAt nine."),
        ('::: {.callout-note title="Opening"}\nAt nine.\n:::', "Opening\n\nAt nine."),
        ("```{note} Opening\n:class: x\n\nAt *nine*.\n```", "Opening\n\nAt nine."),
        ('!!! note "Opening *hours*"\n    At nine.\n\n    At ten.', "Opening hours\n\nAt nine.\n\nAt ten."),
        ("!!! warning\n    Wet stones.\n", "Wet stones."),
        ("???+ tip\n    Ring.\n\nAfter.", "Ring.\n\nAfter."),
        ("> [!warning]- Mind the *tide*\n> Leave before\n> noon.", "Mind the tide\n\nLeave before noon."),
        ("> [!NOTE]\n> Only text.", "Only text."),
    ],
)
def test_what_obsidian_hugo_mkdocs_and_pandoc_add_is_read_as_shown(source: str, text: str) -> None:
    assert text == read(source).text


def test_a_callout_is_no_quote() -> None:
    assert ["paragraph"] == [kind for kind, _, _ in blocks("> [!NOTE]\n> Only text.")]
    assert ["quote"] == [kind for kind, _, _ in blocks("> [!quote]\n> Only text.")]
    assert ["quote", "quote"] == [kind for kind, _, _ in blocks("> A.\n>\n> B.")]


def test_the_caption_of_a_picture_is_a_caption() -> None:
    draft = read('{{< figure src="x.png" caption="The crane in 1911" >}}')
    assert ("The crane in 1911", BlockKind.CAPTION) == (draft.text, draft.blocks[0].kind)


@pytest.mark.parametrize(
    "source", ["---\nWords between rules.\n---\nMore.", "---\na: [b\n---\nMore.", "---\n" + "[" * 5000 + "\n---\nMore."]
)
def test_rules_at_the_start_are_no_front_matter(source: str) -> None:
    assert read(source).text.endswith("More.")
    assert "Words." == read("Words.\n\n<!--<!--\n").text  # and an unclosed comment is no text


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("---\ntitle: x\n---\n", UnreadableDocument, "holds no text"),
        ("<div>" * 20_000 + "x", UnreadableDocument, "is not HTML that can be read"),
        ("[" * 50_001, TooLarge, "holds 50,001 square brackets"),
    ],
    ids=["front matter alone", "nested HTML", "brackets"],
)
def test_refuses_markdown_that_cannot_be_read(source: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=rf"notes\.md {message}"):
        read(source)


@pytest.mark.parametrize(
    "source",
    [
        "[" * 15_000,
        "*a " * 30_000,
        "> " * 5_000 + "a",
        "- " * 5_000 + "a",
        "`a" * 30_000,
        "<" * 50_000,
        "![](" * 10_000,
        "[^a]: x\n" * 20_000,
        "^[" * 20_000 + "]" * 20_000,
        "a\n: b\n\n" * 15_000,
        "!!! note\n" * 20_000,
        "[[" * 24_000,
        "{{< a " * 50_000,
        "{: " * 100_000,
        "%%\n" * 50_001,
        "> [!a]\n> b\n\n" * 10_000,
    ],
)
def test_hostile_markdown_takes_bounded_time(source: str) -> None:
    started = time.process_time()
    try:
        read(source + "\n\nEnd.")
    except UnreadableDocument as error:
        assert "notes.md" in str(error)
    assert time.process_time() - started < 10


@pytest.mark.parametrize("mark", ["> ", "- ", "1. "])
def test_blocks_that_nest_too_deeply_are_an_error(mark: str) -> None:
    assert read(mark * 15 + "deep").text == "deep"
    with pytest.raises(UnreadableDocument, match="nested too deeply"):
        read(mark * 200 + "deep\n\nEnd.")
