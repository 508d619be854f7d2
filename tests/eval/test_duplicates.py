import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eval import duplicates
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


def test_articles_are_neighbouring_paragraphs_of_one_topic(data: Path) -> None:
    texts = duplicates.read_texts(data, 2)
    assert {"T0": 2, "T1": 2, "T2": 2} == {title: len(group) for title, group in texts.items()}
    assert [5 * 12 * 9] * 6 == [len(text.split()) for group in texts.values() for text in group]


def test_light_edits_are_found_and_others_are_left_alone(data: Path) -> None:
    found = run(data, "--json")
    copies, others = found["copies"], found["others"]
    for name in ("headline and foot", "cut at the end 20%", "words changed 2%"):
        assert (6, 1.0, 1.0) == tuple(copies[name][figure] for figure in ("pairs", "alike", "same story"))
    assert copies["words changed 20%"]["median"] < copies["words changed 2%"]["median"]
    for name in ("of one topic", "20% boilerplate in common", "10% quoted", "1 sentences, a word changed"):
        assert (0.0, 0.0) == (others[name]["alike"], others[name]["same story"])


def test_figures_are_a_table(data: Path) -> None:
    shown = run(data)
    assert "headline and foot" in shown
    assert "same story" in shown


def test_shingles_and_thresholds_are_compared(data: Path) -> None:
    (rows,) = run(data, "--shingles", "--json").values()
    assert rows["3 words, from 0.2"]["copies"] >= rows["3 words, from 0.55"]["copies"]
    assert rows["5 words, from 0.37"]["others"] <= rows["2 words, from 0.2"]["others"]
