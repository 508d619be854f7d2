import gzip
import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import bulk, embedding, serving, splitters
from eval import service_process as server
from eval.service_process import Server
from tests.fakes import WordEmbedder

PLACES = ["Arden", "Brill", "Corran", "Dunmore"]
COLOURS = ["amber", "blue", "crimson", "dun", "emerald"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder like the real one: an article per place, a paragraph per colour, three sentences in each."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "dev").mkdir()
    questions: list[dict[str, Any]] = []
    sentences: list[dict[str, Any]] = []
    for place in PLACES:
        for colour in COLOURS:
            questions += _questions(place, colour)
            sentences += _sentences(len(questions) // 2 - 1, place, colour)
    _write(folder / "dev" / "squad_dev_v1.1.jsonl.gz", questions)
    _write(folder / "dev" / "multireqa_squad_sentences.jsonl.gz", sentences)
    return folder


def _texts(place: str, colour: str) -> list[str]:
    return [
        f"The {colour} house of {place} was built by Amina Farouk.",
        f"Its {colour} roof was paid for by the ferry company of {place}.",
        f"On market days {place} sells {colour} cloth there.",
    ]


def _questions(place: str, colour: str) -> list[dict[str, Any]]:
    context = " ".join(_texts(place, colour))
    asked = {
        f"Who built the {colour} house of {place}?": "Amina Farouk",
        f"Who paid for the {colour} roof in {place}?": "the ferry",
    }
    return [
        {
            "id": question,
            "title": f"The_town_of_{place}",
            "question": question,
            "context": context,
            "answers": [{"start": context.index(answer), "text": answer}],
        }
        for question, answer in asked.items()
    ]


def _sentences(paragraph: int, place: str, colour: str) -> list[dict[str, Any]]:
    rows = []
    start = 0
    for text in _texts(place, colour):
        rows.append({"para": paragraph, "start": start, "end": start + len(text), "text": text})
        start += len(text) + 1
    return rows


def _write(file: Path, rows: Sequence[dict[str, Any]]) -> None:
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        lines.writelines(f"{json.dumps(row)}\n" for row in rows)


def run(data: Path, cache: Path, *more: str) -> str:
    arguments = ["--data", str(data), "--sentences", "40", "--questions", "6", "--rounds", "1", "--cache", str(cache)]
    result = CliRunner().invoke(serving.main, [*arguments, "--clients", "2", *more], catch_exceptions=False)
    assert 0 == result.exit_code, result.output
    return result.stdout


def test_the_corpus_has_enough_sentences_and_only_questions_about_them(data: Path) -> None:
    corpus = serving.read_corpus(data, 40)
    assert 42 == corpus.sentences  # whole paragraphs of three
    assert ["The town of Arden", "The town of Brill", "The town of Corran"] == [one.title for one in corpus.articles]
    assert 28 == len(corpus.questions) == len(set(corpus.questions))
    assert not any("Dunmore" in question for question in corpus.questions)


@pytest.mark.model
@pytest.mark.system
def test_serving_is_measured_over_http(data: Path, tmp_path: Path) -> None:
    result = json.loads(run(data, tmp_path, "--json"))
    assert (42, 6, 2) == (result["sentences"], result["questions"], result["clients"])
    for latency in (result["one"], result["together"]):
        assert 0 < latency["took_ms"] < latency["max"]
        assert latency["p50"] <= latency["p95"] <= latency["max"]
        assert 0 < latency["per_second"]
    assert 0 < result["build"]["first_rate"]
    for name in ("start_indexed", "start_new", "add_seconds", "delete_seconds", "memory_started"):
        assert 0 < result[name]
    assert (tmp_path / "embeddings.sqlite").is_file()


def test_cached_vectors_are_neither_made_nor_timed_again(data: Path, tmp_path: Path) -> None:
    embedder, corpus = WordEmbedder(), serving.read_corpus(data, 40)
    first = serving.build(tmp_path / "a", corpus, embedder, tmp_path / "cache", fresh=False, rounds=1)
    again = serving.build(tmp_path / "b", corpus, embedder, tmp_path / "cache", fresh=False, rounds=1)
    fresh = serving.build(tmp_path / "c", corpus, embedder, tmp_path / "cache", fresh=True, rounds=1)
    assert [True, False, True] == [build.first_rate is not None for build in (first, again, fresh)]
    assert ["embeddings.sqlite"] == [path.name for path in (tmp_path / "cache").iterdir()]


def test_a_server_that_fails_to_start_is_ended_and_its_output_shown(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    failing = Server(tmp_path / "state", tmp_path)
    with pytest.raises(click.ClickException, match=r"(?s)did not become ready\. It said: .*Error: "), failing:
        pass
    assert failing._process.returncode is not None


@pytest.mark.model
def test_a_server_is_ended_by_an_error_of_its_user(tmp_path: Path) -> None:
    used = Server(tmp_path / "state", tmp_path)
    with pytest.raises(ZeroDivisionError), used, closing(used.client()) as client:
        assert {"status": "ok"} == client.call("GET", "/readyz")
        with pytest.raises(click.ClickException, match="GET /nowhere was answered by 404"):
            client.call("GET", "/nowhere")
        raise ZeroDivisionError
    assert 0 == used._process.returncode
    assert 0 < used.start_seconds < server.TIMEOUT


def test_unknown_memory_is_shown_as_not_known() -> None:
    assert ["not known", "260 MiB"] == [serving.format_mib(None), serving.format_mib(260.4)]


def test_no_question_is_asked_twice_where_there_are_enough() -> None:
    warm, once, again = serving.split_questions([str(number) for number in range(20)], 8)
    assert (4, 8, 8) == (len(warm), len(once), len(again))
    assert 20 == len({*warm, *once, *again})


def test_a_missing_data_folder_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(serving.main, ["--data", str(tmp_path / "nowhere")])
    assert 1 == result.exit_code
    assert "nowhere" in result.stderr


def test_embedders_are_compared_on_the_same_sentences(data: Path) -> None:
    sets = embedding.read_data(data, sentences=None, questions=None)
    assert (60, 40) == (len(sets.sentences), len(sets.questions))
    assert all(len(gold) == 1 for gold in sets.gold)
    embedder = WordEmbedder()
    result = embedding.measure(embedder, lambda texts: np.asarray(embedder.embed(texts)), sets, threads=1)
    assert 0.5 < result.p_at_1 == result.p_at_1_sentence_transformers
    assert 0 < result.rate
    assert "60 sentences, 40 questions, 1 threads" in embedding._table(result)


def test_an_embedder_of_constant_vectors_scores_lower(data: Path) -> None:
    sets = embedding.read_data(data, sentences=None, questions=None)
    embedder = WordEmbedder()
    same = np.ones((1, embedder.dimension), np.float32)
    result = embedding.measure(embedder, lambda texts: np.repeat(same, len(texts), axis=0), sets, threads=1)
    assert result.p_at_1_sentence_transformers < 0.1 < result.p_at_1


def test_a_perfect_splitter_scores_1_and_one_that_never_splits_0(data: Path) -> None:
    texts = splitters.read_multireqa(data)
    right, count = splitters.quality(lambda text: text.replace(". ", ".\n").split("\n"), texts)
    assert (splitters.BoundaryQuality(1.0, 1.0, 1.0, 1.0), 20) == (right, count)
    never, count = splitters.quality(lambda text: [text], texts)
    assert (splitters.BoundaryQuality(0.0, 0.0, 0.0, 0.0), 0) == (never, count)


def test_missing_splitters_are_listed_as_not_installed(data: Path) -> None:
    texts = splitters.read_multireqa(data)
    quality, _ = splitters.quality(lambda text: [text], texts)
    speeds = splitters.speed({"ours": lambda text: text.split(".")}, [text.text for text in texts])
    rows = [
        splitters.SplitterResult("ours", quality, quality, "0/20", *speeds["ours"]),
        splitters.SplitterResult("b", problem="gone"),
    ]
    lines = splitters.table(rows).splitlines()
    assert 4 == len(lines)
    assert lines[2].startswith("| ours | 0.000 ")
    assert lines[3].startswith("| b | gone |")
    assert 1 == len({line.count("|") for line in lines})


def test_bulk_loading_is_timed() -> None:
    result = CliRunner().invoke(bulk.main, ["--rows", "30", "--words", "5"], catch_exceptions=False)
    assert 0 == result.exit_code, result.output
    assert ["load", "again", "export"] == [line.split()[0] for line in result.output.splitlines()]
