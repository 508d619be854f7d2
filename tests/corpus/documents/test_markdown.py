import time

import pytest

from corpus.article import Draft
from corpus.documents import read_document
from corpus.errors import TooLarge, UnreadableDocument


def read(text: str) -> Draft:
    return read_document(text.encode(), "notes.md")


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
Bring a lamp coat.

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


def test_reads_yaml_front_matter() -> None:
    about = "title: The ferry\ndate: 2024-03-05\nlink: https://x.example/ferry\nsource: Herald\nlang: en\ntags: [a]"
    source = f"---\n{about}\n---\n# Sub\n\nWords.\n"
    expected = Draft("Sub\n\nWords.", "The ferry", "https://x.example/ferry", "2024-03-05", "Herald", "en")
    assert expected == read(source)


def test_reads_toml_front_matter() -> None:
    draft = read('+++\ntitle = "The ferry"\ndate = 2024-03-05T09:30:00Z\n+++\nWords.\n')
    assert (draft.text, draft.title, draft.published) == ("Words.", "The ferry", "2024-03-05T09:30:00+00:00")


def test_yaml_merge_keys_in_front_matter_are_ignored() -> None:
    doubled = "\n".join(f"a{number}: &a{number} {{<<: [*a{number - 1}, *a{number - 1}]}}" for number in range(1, 40))
    draft = read(f"---\na0: &a0 {{k: v}}\n{doubled}\ntitle: The ferry\n---\nWords.")
    assert ("Words.", "The ferry") == (draft.text, draft.title)


@pytest.mark.parametrize("about", ["---\ntitle: 0x%s\n---", "+++\ntitle = 0x%s\n+++"])
def test_a_very_long_number_is_no_title(about: str) -> None:
    draft = read(about % ("f" * 5000) + "\nWords.")
    assert ("Words.", None) == (draft.text, draft.title)


def test_a_source_that_is_a_web_address_becomes_the_url() -> None:
    draft = read("---\nsource: https://x.example/ferry\n---\nWords.")
    assert (draft.url, draft.source) == ("https://x.example/ferry", None)


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("5 March 2024", "2024-03-05"),
        ("Mar 5, 2024", "2024-03-05"),
        ("5 марта 2024", "2024-03-05"),
        ("25.03.2024", "2024-03-25"),
        ("2024-03-05 09:30:00 +0100", "2024-03-05T09:30:00+01:00"),
        ("Tue, 05 Mar 2024 09:30:00 GMT", "2024-03-05T09:30:00+00:00"),
        ("03/04/2024", None),
        ("March 2024", None),
        ("2024", None),
        ("someday", None),
        ("x" * 5000, None),
    ],
)
def test_reads_dates_unless_they_are_ambiguous(written: str, published: str | None) -> None:
    assert published == read(f"---\ndate: '{written}'\n---\nWords.").published


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
