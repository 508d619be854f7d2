import tempfile
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rapidfuzz.distance.OSA import distance

from corpus.errors import CorruptIndex
from index.search import spelling
from index.search.keywords import (
    CORRECTION_WEIGHT,
    LOCK_FILES,
    MAX_CORRECTED_WORDS,
    KeywordEntry,
    KeywordIndex,
    stems,
)
from index.search.spelling import MAX_COMPARED
from tests.fakes import MemoryKeywords

Kind = type[KeywordIndex] | type[MemoryKeywords]
every_kind = pytest.mark.parametrize("kind", [KeywordIndex, MemoryKeywords])
TEXTS = [
    "The red fox sat on a wall",
    "A blue fox",
    "The wall was red and the door was red",
    "Tea for two",
    "Nothing to see here but a fox and a fox",
]
NEWS = [
    "Tokayev spoke in Kazakhstan of the year 1867",
    "The withdrawal from Kazakhstan began",
    "The boats float on the lake near Almaty",
    "A goat ate the parliament speech in 1868",
]
HOSTILE = [
    '"fox',
    "fox AND NOT (",
    "sentence:fox^9 OR *",
    "f\0x fox",
    "\ud800 fox",
    "🦊 fox",
    "fox " * 1000,
    " ".join(f"w{number}" for number in range(1000)) + " fox",
    "[fox TO *} ~3 +fox -wall \\",
]


def entries(texts: list[str], first: int = 1) -> list[KeywordEntry]:
    return [KeywordEntry(10 * n, n, text, f"Title\n{text}") for n, text in enumerate(texts, first)]


def found(index: KeywordIndex | MemoryKeywords, question: str, k: int = 100) -> list[int]:
    return index.search(question, k)[0].tolist()


@every_kind
@pytest.mark.parametrize("question", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_any_text_is_a_question(kind: Kind, tmp_path: Path, question: str) -> None:
    index = kind.create(tmp_path / "k", entries(TEXTS))
    assert {10, 20, 50} <= set(found(index, question))


@every_kind
@pytest.mark.parametrize("question", ["", " ", "\0", "?!", "🚲", "zebra", "\ud800"])
@pytest.mark.parametrize("texts", [[], TEXTS])
def test_a_question_without_a_known_word_finds_nothing(
    kind: Kind, tmp_path: Path, texts: list[str], question: str
) -> None:
    assert [] == found(kind.create(tmp_path / "k", entries(texts)), question)


@every_kind
def test_at_most_k_are_found_best_first(kind: Kind, tmp_path: Path) -> None:
    index = kind.create(tmp_path / "k", entries(TEXTS))
    keys, scores = index.search("red fox", 3)
    assert found(index, "red fox")[:3] == keys.tolist()
    assert sorted(scores.tolist(), reverse=True) == scores.tolist()
    assert [] == found(index, "red fox", k=0)


@every_kind
def test_of_some_articles_alone_the_scores_are_the_same(kind: Kind, tmp_path: Path) -> None:
    made = entries(TEXTS)
    index = kind.create(tmp_path / "k", made)
    article_of = {entry.key: entry.article for entry in made}
    scores = dict(zip(*(array.tolist() for array in index.search("red fox wall", 10)), strict=True))
    articles = sorted({article_of[key] for key in scores})[::2]
    keys, found = index.search("red fox wall", 10, articles)
    assert {key: score for key, score in scores.items() if article_of[key] in articles} == pytest.approx(
        dict(zip(keys.tolist(), found.tolist(), strict=True))
    )
    assert keys[:1].tolist() == index.search("red fox wall", 1, articles)[0].tolist()
    assert [] == index.search("red fox wall", 10, [])[0].tolist() == index.search("red fox wall", 10, [999])[0].tolist()


STEMMED = ["tokayev kazakhstan", "goat ghost", "lake boat the", "a goat the kazakhstan", "parliament troop"]
ASKED = ["fox", "red", "red fox", "the wall", "fox fox fox", "tea two red"]
MISSPELT = ["tokaev", "kasakhstan goat", "the gost", "laek boat zzzz", "torop parlement"]


@pytest.mark.parametrize(("texts", "question"), [*product([TEXTS], ASKED), *product([STEMMED], MISSPELT)])
def test_scores_are_bm25_as_the_oracle_computes_it(tmp_path: Path, texts: list[str], question: str) -> None:
    assert STEMMED == [" ".join(stems(text)) for text in STEMMED], "the oracle stems nothing"
    keys, scores = KeywordIndex.create(tmp_path / "k", entries(texts)).search(question, 10)
    expected_keys, expected_scores = MemoryKeywords(entries(texts)).search(question, 10)
    assert expected_keys.tolist() == keys.tolist()
    np.testing.assert_allclose(expected_scores, scores, rtol=1e-4)


@every_kind
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("tokaev", [10]),
        ("TOKAYVE", [10]),
        ("kasakhstan", [10, 20]),
        ("wihtdrawal", [20]),
        ("parlement", [40]),
        ("baots goat", [40, 30]),
        ("1866", []),
        ("laek", [30]),
        ("lak", []),
        ("berlusconi", []),
    ],
)
def test_a_misspelt_word_finds_what_was_meant(kind: Kind, tmp_path: Path, question: str, expected: list[int]) -> None:
    assert expected == sorted(found(kind.create(tmp_path / "k", entries(NEWS)), question), key=expected.index)


@every_kind
def test_a_guess_counts_less_than_the_word_itself(kind: Kind, tmp_path: Path) -> None:
    index = kind.create(tmp_path / "k", entries(NEWS))
    keys, scores = index.search("Tokayev", 5)
    guessed_keys, guessed_scores = index.search("Tokaev", 5)
    assert keys.tolist() == guessed_keys.tolist()
    np.testing.assert_allclose(CORRECTION_WEIGHT * scores, guessed_scores, rtol=1e-6)


@every_kind
@pytest.mark.parametrize("question", ["goat", "the withdrawal from Kazakhstan", "boat and boats on the lake"])
def test_known_words_are_never_taken_for_others(kind: Kind, tmp_path: Path, question: str) -> None:
    index = kind.create(tmp_path / "k", entries([*NEWS, "boat and"]))
    keys, scores = index.search(question, 9)
    for addition in (" zzzzzz", " 9999", " xx"):
        more_keys, more_scores = index.search(question + addition, 9)
        assert (keys.tolist(), scores.tolist()) == (more_keys.tolist(), more_scores.tolist())
    assert all(known == (word,) for word, known in index.search_terms(question).items())


@every_kind
def test_it_tells_what_every_word_is_searched_by(kind: Kind, tmp_path: Path) -> None:
    index = kind.create(tmp_path / "k", entries(NEWS))
    expected = {"tokaev": ("tokayev",), "in": ("in",), "1866": (), "berlin": ()}
    assert expected == index.search_terms("Tokaev in 1866, in Berlin?")
    assert {} == index.search_terms("?!")


@every_kind
def test_only_so_many_unknown_words_are_guessed(kind: Kind, tmp_path: Path) -> None:
    index = kind.create(tmp_path / "k", entries(["goat fox"]))
    unknown = " ".join("zzzz" + letter for letter in "abcdefghijkl"[: MAX_CORRECTED_WORDS - 1])
    assert [10] == found(index, f"{unknown} goatt")
    assert [] == found(index, f"{unknown} zzzzz goatt")
    assert [10] == found(index, f"{unknown} zzzzz goatt fox")


def test_only_so_many_words_alike_are_compared_with_a_misspelt_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alike = ["zorvest" + "".join(end) for end in product("abcdefghij", repeat=4)]
    entries = [KeywordEntry(at, 1, " ".join(alike[at : at + 20]), "") for at in range(0, len(alike), 20)]
    entries += [KeywordEntry(-at, 1, "", "zorbane zorvestaa") for at in range(1, 4)]
    entries = [replace(one, passage=one.passage or one.sentence) for one in entries]
    index = KeywordIndex.create(tmp_path / "keywords", entries)
    compared: list[str] = []

    def count(one: str, other: str, score_cutoff: int) -> int:
        compared.append(other)
        return int(distance(one, other, score_cutoff=score_cutoff))

    monkeypatch.setattr(spelling, "distance", count)
    words = [f"zorvqq{letter}st" for letter in "abcdefghijk"]
    found = index.search_terms(" ".join(words))
    assert 0 < len(compared) <= MAX_CORRECTED_WORDS * MAX_COMPARED
    assert MAX_COMPARED < len(alike)
    assert set(found) == set(words)


def test_a_word_is_known_in_all_its_forms(tmp_path: Path) -> None:
    index = KeywordIndex.create(tmp_path / "k", entries(["He visited CAFÉS daily", "Two were killed"]))
    assert [10] == found(index, "visiting") == found(index, "cafe")
    assert [10] == found(index, "visitting") == found(index, "caffé")
    assert [20] == found(index, "killedd")


@every_kind
def test_an_extension_leaves_the_old_index_as_it_was(kind: Kind, tmp_path: Path) -> None:
    old = kind.create(tmp_path / "a", entries(TEXTS))
    before = {path.name: path.read_bytes() for path in (tmp_path / "a").glob("*")}
    new = old.extended(tmp_path / "b", entries(["A new fox"], first=9), deleted=[1])
    assert ({20, 50, 90}, 5) == (set(found(new, "fox")), len(new))
    assert ({10, 20, 50}, 5) == (set(found(old, "fox")), len(old))
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "a").glob("*")}


@every_kind
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_extensions_find_what_an_index_made_at_once_finds(
    kind: Kind, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("k")
    index: KeywordIndex | MemoryKeywords = kind.create(folder / "start", [])
    live: dict[int, KeywordEntry] = {}
    for step in range(4):
        words = data.draw(st.lists(st.lists(st.sampled_from(["ant", "bee", "cow", "doe"]), min_size=1), max_size=4))
        fresh = entries([" ".join(text) for text in words], first=1 + 10 * step)
        deleted = data.draw(st.lists(st.sampled_from(sorted(live)), unique=True)) if live else []
        index = index.extended(folder / f"step{step}", fresh, deleted)
        live = {n: e for n, e in live.items() if n not in deleted} | {e.article: e for e in fresh}
    whole = kind.create(folder / "whole", list(live.values()))
    assert len(whole) == len(index)
    for word in ["ant", "bee", "cow", "doe"]:
        assert set(found(whole, word)) == set(found(index, word))


def test_many_extensions_leave_no_waste_behind(tmp_path: Path) -> None:
    index = KeywordIndex.create(tmp_path / "0", entries(TEXTS))
    for step in range(1, 20):
        index = index.extended(tmp_path / str(step), entries(["fox"], first=100 + step), deleted=[99 + step])
    assert len(TEXTS) + 1 == len(index)
    assert len(list((tmp_path / "19").iterdir())) < 40


def test_a_missing_folder_is_corrupt(tmp_path: Path) -> None:
    with pytest.raises(CorruptIndex, match="nowhere"):
        KeywordIndex(tmp_path / "nowhere")


def test_opening_leaves_no_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "k"
    KeywordIndex.create(folder, entries(TEXTS))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    opened = [KeywordIndex(folder) for _ in range(20)]
    assert [] == list((tmp_path / "temporary").iterdir())
    assert [len(TEXTS)] * 20 == [len(index) for index in opened]


@pytest.mark.parametrize("refused", ["lock file", "links"])
def test_an_index_opens_from_its_own_folder_where_the_temporary_one_does_not_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    folder = tmp_path / "k"
    KeywordIndex.create(folder, entries(TEXTS))
    (tmp_path / "temporary").mkdir()
    make_folder = tempfile.mkdtemp

    def make_unfit_folder(prefix: str) -> str:
        made = Path(make_folder(prefix=prefix, dir=tmp_path / "temporary"))
        for name in LOCK_FILES if refused == "lock file" else ["meta.json"]:
            (made / name).mkdir()  # in the place of what is to be made
        return str(made)

    monkeypatch.setattr(tempfile, "mkdtemp", make_unfit_folder)
    assert {10, 20, 50} == set(found(KeywordIndex(folder), "fox"))
    assert [] == list((tmp_path / "temporary").iterdir())


def test_the_keys_are_those_of_all_live_sentences(tmp_path: Path) -> None:
    entries = [KeywordEntry(number << 24 | place, number, "ship", "ship") for number in (3, 1, 2) for place in (0, 1)]
    first = KeywordIndex.create(tmp_path / "first", entries)
    assert [key for number in (1, 2, 3) for key in (number << 24, number << 24 | 1)] == first.keys().tolist()
    assert [1 << 24, 1 << 24 | 1, 3 << 24, 3 << 24 | 1] == first.extended(tmp_path / "next", [], [2]).keys().tolist()
    assert [] == KeywordIndex.create(tmp_path / "empty", []).keys().tolist()
