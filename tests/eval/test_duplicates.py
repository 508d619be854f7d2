import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eval import duplicates
from eval.duplicates import EDITS, TextEdit, short_pairs, with_boilerplate, with_quotations
from tests.near_duplicates import article_text
from tests.question_sets import write


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    rows: list[dict[str, object]] = [
        {"id": str(seed), "title": f"T{seed // 12}", "question": "?", "context": article_text(seed, 12), "answers": []}
        for seed in range(36)
    ]
    write(folder / "dev/squad_dev_v1.1.jsonl.gz", rows)
    return folder


def run(data: Path, *more: str) -> Any:
    result = CliRunner().invoke(duplicates.main, ["--data", str(data), "--most", "2", *more], catch_exceptions=False)
    assert 0 == result.exit_code, result.output
    return json.loads(result.stdout) if "--json" in more else result.stdout


def test_texts_are_successive_paragraphs_of_one_article(data: Path) -> None:
    texts = duplicates.read_texts(data, 2)
    assert {"T0": 2, "T1": 2, "T2": 2} == {title: len(group) for title, group in texts.items()}
    assert [5 * 12 * 9] * 6 == [len(text.split()) for group in texts.values() for text in group]


def test_light_edits_join_the_cluster_and_unrelated_texts_do_not(data: Path) -> None:
    found = run(data, "--json")
    copies, others = found["copies"], found["others"]
    for name in ("headline and foot", "cut at the end 20%", "words changed 2%"):
        assert (6, 1.0, 1.0) == tuple(copies[name][figure] for figure in ("pairs", "alike", "same cluster"))
    assert copies["words changed 20%"]["median"] < copies["words changed 2%"]["median"]
    for name in ("of one topic", "20% boilerplate in common", "10% quoted", "1 sentences, a word changed"):
        assert (0.0, 0.0) == (others[name]["alike"], others[name]["same cluster"])


def test_figures_are_printed_as_a_table(data: Path) -> None:
    shown = run(data)
    assert "headline and foot" in shown
    assert "same cluster" in shown


def test_shingles_and_thresholds_are_compared(data: Path) -> None:
    (rows,) = run(data, "--shingles", "--json").values()
    assert rows["3 words, from 0.2"]["copies"] >= rows["3 words, from 0.55"]["copies"]
    assert rows["5 words, from 0.37"]["others"] <= rows["2 words, from 0.2"]["others"]


TEXTS = [article_text(seed) for seed in range(4)]


@pytest.mark.parametrize("edit", EDITS, ids=str)
def test_an_edit_changes_every_text_in_a_repeatable_way(edit: TextEdit) -> None:
    edited = edit.edited(TEXTS)
    assert edited == edit.edited(TEXTS)
    assert all(after != before for before, after in zip(TEXTS, edited, strict=True))
    assert edit.name in str(edit)


def named(name: str, amount: float) -> TextEdit:
    return next(edit for edit in EDITS if (edit.name, edit.amount) == (name, amount))


def test_cuts_keep_the_start_or_the_order_of_sentences() -> None:
    for name in ("cut at the end", "sentences left out"):
        (edited,) = named(name, 0.4).edited(TEXTS[:1])
        lines = TEXTS[0].split("\n")
        places = [lines.index(f"{line}.") for line in edited.rstrip(".").split(". ")]
        assert 12 == len(places)
        assert sorted(places) == places
        assert (name == "cut at the end") == (list(range(12)) == places)


def test_about_the_given_share_of_words_is_replaced() -> None:
    edited = named("words changed", 0.1).edited(TEXTS)
    pairs = [
        pair for one, other in zip(TEXTS, edited, strict=True) for pair in zip(one.split(), other.split(), strict=True)
    ]
    assert 0.05 < sum(before != after for before, after in pairs) / len(pairs) < 0.15


def test_boilerplate_and_quotations_make_up_the_given_share() -> None:
    common = article_text(9)
    for text in with_boilerplate(TEXTS, common, 0.25):
        assert 240 == len(text.split())
        assert text.endswith(" ".join(common.split()[:60]))
    assert [200] * 4 == [len(text.split()) for text in with_quotations(TEXTS, 0.1)]
    assert " ".join(TEXTS[0].split()[:20]) in with_quotations(TEXTS, 0.1)[1]


def test_short_pairs_differ_by_one_word() -> None:
    for before, after in zip(*short_pairs(TEXTS, 2), strict=True):
        pairs = list(zip(before.split(), after.split(), strict=True))
        assert (18, 1) == (len(pairs), sum(one != other for one, other in pairs))
