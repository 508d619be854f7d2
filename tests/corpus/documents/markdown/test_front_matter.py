import pytest

from corpus.article import Draft
from corpus.documents import read_document


def read(text: str, name: str = "notes.md") -> Draft:
    return read_document(text.encode(), name)


def test_reads_yaml_front_matter() -> None:
    about = "title: The ferry\ndate: 2024-03-05\nlink: https://x.example/ferry\nsource: Herald\nlang: en"
    draft = read(f"---\n{about}\n---\n# Sub\n\nWords.\n")
    expected = Draft(
        "Sub\n\nWords.", "The ferry", "https://x.example/ferry", "2024-03-05", "Herald", "en", draft.blocks
    )
    assert expected == draft


def test_reads_toml_front_matter() -> None:
    draft = read('+++\ntitle = "The ferry"\ndate = 2024-03-05T09:30:00Z\n+++\nWords.\n')
    assert (draft.text, draft.title, draft.published) == ("Words.", "The ferry", "2024-03-05T09:30:00+00:00")


@pytest.mark.parametrize(
    "source",
    [
        '{\n  "title": "Fees: {new}",\n  "date": "2019-05-03"\n}\n\nWords.',
        "% Fees:\n  {new}\n% Ida Holm\n% May 3, 2019\n\nWords.",
        "% Fees: {new}\n%\n% 3 May 2019\nWords.",
        "Title: Fees: {new}\nDate: 2019-05-03 \nCategory: Harbour\n\nWords.",
        "---\ntitle: Fees: {new}\ndate: 2019-05-03\ntags:\n- a\n- b: [\n---\nWords.",
        "\n---\ntitle: Fees: {new}\ndate: 2019-05-03\n...\nWords.",
        "+++\ntitle = Fees: {new}\ndate = 2019-05-03\n+++\nWords.",
    ],
    ids=["JSON", "pandoc", "pandoc without author", "Pelican", "colons", "after a blank line", "TOML without quotes"],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_reads_the_front_matter_of_many_programs(source: str, line_end: str) -> None:
    draft = read(source.replace("\n", line_end))
    assert ("Words.", "Fees: {new}", "2019-05-03") == (draft.text, draft.title, draft.published)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("'It''s open'", "It's open"),
        ('"On" the quay', '"On" the quay'),
        ("2019", "2019"),
        ("Yes", "Yes"),
        ("{{ page.title }}", "{{ page.title }}"),
        ("null", None),
        ("[a, b]", None),
    ],
)
def test_a_title_is_what_is_written(written: str, title: str | None) -> None:
    assert title == read(f"---\ntitle: {written}\n---\nWords.").title


def test_yaml_merge_keys_in_front_matter_are_ignored() -> None:
    doubled = "\n".join(f"a{number}: &a{number} {{<<: [*a{number - 1}, *a{number - 1}]}}" for number in range(1, 40))
    draft = read(f"---\na0: &a0 {{k: v}}\n{doubled}\ntitle: The ferry\n---\nWords.")
    assert ("Words.", "The ferry") == (draft.text, draft.title)


def test_a_very_long_number_is_no_title() -> None:
    draft = read(f"+++\ntitle = 0x{'f' * 5000}\n+++\nWords.")
    assert ("Words.", None) == (draft.text, draft.title)


def test_a_source_that_is_a_web_address_becomes_the_url() -> None:
    draft = read("---\nsource: https://x.example/ferry\n---\nWords.")
    assert (draft.url, draft.source) == ("https://x.example/ferry", None)


@pytest.mark.parametrize(
    ("about", "published"),
    [
        ("published: true\ndate: 2019-05-03", "2019-05-03"),
        ("date: 2019-04-01\npublishDate: 2019-05-03\nlastmod: 2020-01-01", "2019-05-03"),
        ("date:\n  created: 2019-05-03\n  updated: 2020-01-01", "2019-05-03"),
        ("modified: 2020-01-01\ncreated: 2019-05-03", "2019-05-03"),
        ("Date Published: 2019-05-03", "2019-05-03"),
        ("lastmod: 2020-01-01\nupdated: 2020-01-01\nmodified: 2020-01-01", None),
    ],
)
def test_the_day_of_publication_is_not_that_of_another_change(about: str, published: str | None) -> None:
    assert published == read(f"---\n{about}\n---\nWords.").published


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("updated", "2020-01-01"),
        ("lastmod", "2020-01-01T10:30:00Z"),
        ("last_modified_at", "1 January 2020"),
        ("date", "{created: 2019-05-03, updated: 2020-01-01}"),
    ],
)
def test_reads_the_date_of_the_last_change(key: str, value: str) -> None:
    updated = read(f"---\n{key}: {value}\n---\nWords.").updated
    assert updated is not None
    assert updated.startswith("2020-01-01")


def test_reads_from_when_on_a_text_holds_and_what_it_replaces() -> None:
    draft = read("---\neffective date: 2025-01-01\nreplaces: https://x.example/2024\n---\nWords.")
    assert ("2025-01-01", "https://x.example/2024") == (draft.effective, draft.replaces)
    assert "10092d8b1d93e9bf" == read('+++\nreplaces = "10092d8b1d93e9bf"\n+++\nWords.').replaces
    assert read("---\nreplaces: the rules of 2024\n---\nWords.").replaces is None


@pytest.mark.parametrize(
    "written", ["[ferry, Süd coast]", "\n- ferry\n- Süd coast", "ferry, Süd coast", "ferry;Süd coast"]
)
def test_reads_tags_in_many_forms(written: str) -> None:
    assert ("ferry", "Süd coast") == read(f"---\ntags: {written}\n---\nWords.").tags


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("2019-05-03-harbour-fees.md", "2019-05-03"),
        ("_posts/2019-05-03-harbour-fees.md", "2019-05-03"),
        ("2019_05_03 fees.md", "2019-05-03"),
        ("posts/2019-05-03-fees/index.md", "2019-05-03"),
        ("blog/2019/05/03/fees.md", "2019-05-03"),
        ("C:\\blog\\2019-05-03.md", "2019-05-03"),
        ("backup/2019-05-03/fees.md", None),
        ("2019-13-03-fees.md", None),
        ("2999-05-03-fees.md", None),
        ("2019-05-031.md", None),
        ("fees-2019-05-03.md", None),
    ],
)
def test_the_name_of_a_file_may_begin_with_its_date(name: str, published: str | None) -> None:
    assert published == read("Words.", name).published
    assert "2024-03-05" == read("---\ndate: 2024-03-05\n---\nWords.", name).published


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
