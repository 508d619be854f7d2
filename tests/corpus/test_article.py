from dataclasses import FrozenInstanceError
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import MAX_LINE, MAX_SENTENCES, Article, Draft, article_id, clean_text, parse_published
from corpus.errors import InvalidArticle, TooLarge
from corpus.web_address import MAX_URL

TEXT = "The ferry leaves at nine. It returns at noon."
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def article(**fields: str | None) -> Article:
    return Article.from_draft(Draft(**{"text": TEXT, **fields}))


@given(TEXTS)
def test_cleaning_a_clean_text_changes_nothing(text: str) -> None:
    try:
        cleaned = clean_text(text)
    except InvalidArticle:
        return
    assert cleaned == clean_text(cleaned)


@given(TEXTS, TEXTS, TEXTS)
def test_the_id_depends_on_the_text_alone(text: str, title: str, source: str) -> None:
    try:
        plain = Article.from_draft(Draft(text))
    except InvalidArticle:
        return
    assert plain.id == Article.from_draft(Draft(text, title=title, source=source, published="2022-01-13")).id


@given(TEXTS)
def test_every_article_has_a_one_line_title(text: str) -> None:
    try:
        title = Article.from_draft(Draft(text)).title
    except InvalidArticle:
        return
    assert title.strip()
    assert [title] == title.splitlines()


def test_different_texts_have_different_ids() -> None:
    assert article_id("one") != article_id("two")


def test_an_article_with_an_id_of_another_text_is_refused() -> None:
    with pytest.raises(InvalidArticle, match="not that of the article's text"):
        Article(text=TEXT, title="Ferry", id=article_id("another text"))


def test_an_article_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        article().title = "Another"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\r\ntwo\rthree\n", "one\ntwo\nthree"),
        ("\ufeffone", "one"),
        ("one\x00 \x07two\x7f", "one two"),
        ("page one\fpage two\x0bmore", "page one\npage two\nmore"),
        ("one\x85two\u2028three\u2029four", "one\ntwo\nthree\nfour"),
        ("a\tb", "a\tb"),
        ("  \n one \n\n two\n", "one \n\n two"),
        ("na\u200dme \u00ad soft", "na\u200dme \u00ad soft"),
    ],
)
def test_cleaning_unifies_newlines_and_drops_control_characters(text: str, expected: str) -> None:
    assert expected == clean_text(text)


@pytest.mark.parametrize("empty", ["", " \r\n\t\u00a0\u3000", "\x00\x01", "\ufeff", "\u200b\u200b", "\u2028"])
def test_a_text_without_visible_characters_is_refused(empty: str) -> None:
    with pytest.raises(InvalidArticle, match="has no text"):
        clean_text(empty)


def test_a_text_with_a_surrogate_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidArticle, match=r"The text holds half a character .* at 3\."):
        clean_text("abc\ud800")


@pytest.mark.parametrize("field", ["title", "url", "source", "language"])
def test_a_field_with_a_surrogate_is_refused_by_name(field: str) -> None:
    with pytest.raises(InvalidArticle, match=f"The {field} holds half a character"):
        article(**{field: "http://a.example/\udc00"})


def test_a_tag_with_commas_is_several() -> None:
    found = Article.from_draft(Draft(TEXT, tags=("mill", "Süd, Nord", "a;b\nc", " , ", "Nord")))
    assert ("mill", "Süd", "Nord", "a", "b", "c") == found.tags
    assert {"tags": ("x", "y")} == found.clean_metadata({"tags": ["x,y"]})


def test_offsets_count_code_points() -> None:
    text = "😀😀 It rains. 𝕏 marks it."
    stored = Article.from_draft(Draft(text))
    assert "𝕏 marks it." == stored.text[text.index("𝕏") :]
    assert 24 == len(stored.text)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("\u200b\nThe  ferry\nleaves", "The ferry"),
        ("word " * 40, "word " * 15 + "word…"),  # cut between words
        ("字" * 300, "字" * 80 + "…"),
    ],
)
def test_the_first_visible_line_is_the_default_title(text: str, title: str) -> None:
    assert title == Article.from_draft(Draft(text)).title


def test_a_title_is_one_line_of_bounded_length() -> None:
    assert "A title" == article(title=" A\n\x00 title ").title
    assert MAX_LINE == len(article(title="x" * 9000).title)


@pytest.mark.parametrize("nothing", ["", "  ", "\u200b", "\x00"])
def test_a_field_without_visible_characters_counts_as_missing(nothing: str) -> None:
    stored = article(title=nothing, source=nothing, language=nothing)
    assert (TEXT, None, None) == (stored.title, stored.source, stored.language)


@pytest.mark.parametrize(
    "url", ["https://a.example/x?y=1#z", "HTTP://a.example", "http://127.0.0.1:8000/", "https://пример.example/стр"]
)
def test_a_web_address_stays_as_it_is_but_for_spaces(url: str) -> None:
    assert url == article(url=f" {url} ").url
    assert f"{url}/two%20words" == article(url=f"{url}/two words").url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://a.example/x",
        "a.example/x",
        "http://",
        "http://[::1",
        "http://a.example:port/",
        "http://a.example:99999/",
        "http://a b.example/",
        "http://a.example/\x00",
        "http://a.example/\nx",
        "http://a.example/" + "x" * MAX_URL,
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(InvalidArticle, match="is not a web address"):
        article(url=url)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-01-13", "2022-01-13"),
        (" 2022-01-13\n", "2022-01-13"),
        ("20220113", "2022-01-13"),
        ("2022-W02-4", "2022-01-13"),
        ("2022-01-13T10:30", "2022-01-13T10:30:00+00:00"),
        ("2022-01-13 10:30:00Z", "2022-01-13T10:30:00+00:00"),
        ("2022-01-13T10:30:00+06:00", "2022-01-13T10:30:00+06:00"),
    ],
)
def test_a_date_is_stored_in_one_format(text: str, expected: str) -> None:
    assert expected == article(published=text).published


@pytest.mark.parametrize(
    "nonsense", ["", "yesterday", "2022-13-01", "2022-02-30", "13.01.2022", "2022", "2022-01", "0000-00-00", "\ud800"]
)
def test_an_invalid_date_is_refused(nonsense: str) -> None:
    with pytest.raises(InvalidArticle, match="is not an ISO 8601 date"):
        parse_published(nonsense)


def test_a_date_covers_the_whole_day() -> None:
    day = parse_published("2022-01-13")
    assert datetime(2022, 1, 13, tzinfo=UTC).timestamp() == day.first
    assert datetime(2022, 1, 13, 23, 59, 59, 999999, UTC).timestamp() == day.last


def test_a_date_time_is_one_moment_in_any_time_zone() -> None:
    here, there = parse_published("2022-01-13T04:30Z"), parse_published("2022-01-13T10:30+06:00")
    assert (here.first, here.last) == (there.first, there.last)
    assert here.first == here.last


@pytest.mark.parametrize("edge", ["0001-01-01", "9999-12-31", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"])
def test_the_first_and_last_days_of_the_calendar_are_valid(edge: str) -> None:
    assert parse_published(edge).first <= parse_published(edge).last


@given(st.datetimes())
def test_a_stored_date_is_parsed_to_the_same_moment(moment: datetime) -> None:
    once = parse_published(moment.isoformat())
    assert once == parse_published(once.text)


@pytest.mark.parametrize("unit", ["A short line\n", "Yes. ", "一。", "One\r\n \r\n"])
def test_a_text_of_too_many_sentences_is_refused(unit: str) -> None:
    assert Article.from_draft(Draft(unit * (MAX_SENTENCES - 1))).id
    with pytest.raises(TooLarge, match="more than 50,000 sentences and lines"):
        Article.from_draft(Draft(unit * (MAX_SENTENCES + 1) + "End"))
