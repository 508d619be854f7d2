from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from qa.reader.tokenization import MAX_QUESTION_TOKENS, NOT_TEXT, ReaderInput, Tokens
from tests.reader_models import byte_pairs, wordpiece

LIMIT = 96
MAKERS: dict[str, Callable[[], Tokenizer]] = {"one separator": wordpiece, "two separators, of bytes": byte_pairs}
MARKS = {"one separator": 3, "two separators, of bytes": 4}
WHEN = "When does the ferry leave?"
any_text = st.one_of(st.text(max_size=80), st.text(st.sampled_from("ab ferry\n.,é\u0301🦊電\ud800\0"), max_size=400))


@pytest.fixture(scope="module", params=MAKERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def file(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    path.write_text(MAKERS[kind]().to_str(), "utf-8")
    return path


@pytest.fixture(scope="module")
def plain(file: Path) -> ReaderInput:
    return ReaderInput(file, LIMIT, titled=False)


@pytest.fixture(scope="module")
def titled(file: Path) -> ReaderInput:
    return ReaderInput(file, LIMIT, titled=True)


def text_of(tokens: Tokens, text: str) -> list[str]:
    pairs = zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True)
    return [text[start:end] for start, end in pairs if start != NOT_TEXT]


def one(reader_input: ReaderInput, question: str, text: str, title: str = "") -> Tokens:
    return reader_input.tokens(question, [(title, text)])[0]


def test_a_token_says_which_code_points_it_stands_for(plain: ReaderInput) -> None:
    text = "🦊 The ferry leaves at noon."
    joined = "".join(part.strip() for part in text_of(one(plain, WHEN, text), text))
    assert "Theferryleavesatnoon." == joined.lstrip("🦊")  # which takes four tokens of bytes


def test_question_title_and_marks_stand_for_no_text(plain: ReaderInput, titled: ReaderInput) -> None:
    text = "It leaves at noon."
    bare, named = one(plain, WHEN, text, "Ferry"), one(titled, WHEN, text, "Ferry")
    assert text_of(bare, text) == text_of(named, text)
    assert len(named.ids) > len(bare.ids)
    assert NOT_TEXT == named.starts[0] == named.ends[0] == named.starts[-1]


def test_the_title_is_told_to_those_who_know_titles(plain: ReaderInput, titled: ReaderInput) -> None:
    assert one(plain, WHEN, "At noon.").ids == one(plain, WHEN, "At noon.", "Ferry").ids
    assert one(titled, WHEN, "At noon.").ids == one(plain, WHEN, "At noon.").ids
    assert one(titled, WHEN, "At noon.", "Ferry").ids == one(plain, WHEN, "Ferry: At noon.").ids


def test_pairs_are_as_the_tokenizer_makes_them(plain: ReaderInput, file: Path) -> None:
    expected = Tokenizer.from_file(str(file)).encode(WHEN, "It leaves at noon.")
    tokens = one(plain, WHEN, "It leaves at noon.")
    assert (expected.ids, expected.type_ids) == (tokens.ids, tokens.types)


@given(question=any_text, text=any_text, title=st.text(max_size=60))
def test_any_text_becomes_tokens_within_the_limit(titled: ReaderInput, question: str, text: str, title: str) -> None:
    tokens = one(titled, question, text, title)
    assert len(tokens.ids) == len(tokens.types) == len(tokens.starts) == len(tokens.ends) <= LIMIT
    before = 0
    for start, end in zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True):
        if (start, end) != (NOT_TEXT, NOT_TEXT):
            assert before <= start < end <= len(text)
            before = start
    assert NOT_TEXT == tokens.starts[0]


def test_a_long_text_loses_its_end(plain: ReaderInput) -> None:
    text = "ferry noon " * 200
    tokens = one(plain, WHEN, text)
    assert LIMIT == len(tokens.ids)
    assert tokens.starts[tokens.starts != NOT_TEXT][0] == 0
    whole = one(plain, WHEN, text[:200])
    assert tokens.ids[:40] == whole.ids[:40]


def test_a_long_question_leaves_room_for_the_text(plain: ReaderInput, kind: str) -> None:
    tokens = one(plain, "ferry " * 500, "." * 500)
    assert LIMIT - MAX_QUESTION_TOKENS - MARKS[kind] == (tokens.starts != NOT_TEXT).sum()


def test_each_question_has_its_own_passage(plain: ReaderInput) -> None:
    questions = [WHEN, "Who?", WHEN, "ferry " * 500]
    passages = [("", "At noon."), ("", "Amina Farouk."), ("", "At six, from the pier."), ("", "At noon.")]
    alone = [one(plain, question, text) for question, (_, text) in zip(questions, passages, strict=True)]
    assert [tokens.ids for tokens in alone] == [tokens.ids for tokens in plain.pairs(questions, passages)]


def test_a_question_with_all_passages_is_as_with_each(plain: ReaderInput) -> None:
    passages = [("", "At noon."), ("", "ferry " * 300), ("", "")]
    together = plain.tokens("ferry " * 100, passages)
    assert [one(plain, "ferry " * 100, text).ids for _, text in passages] == [tokens.ids for tokens in together]
    assert [] == plain.tokens(WHEN, [])


def test_threads_share_it(plain: ReaderInput) -> None:
    texts = [f"It leaves at {number}. " * number for number in range(40)]
    expected = [one(plain, WHEN, text).ids for text in texts]
    with ThreadPoolExecutor(6) as pool:
        assert expected == list(pool.map(lambda text: one(plain, WHEN, text).ids, texts))
