"""`python app.py eval`: measures, prints a table, writes JSON and a plot."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from corpus.errors import InvalidInput
from eval.own import MEANINGS, measure_own, read_own
from eval.report import listing, plot, table, write_json
from eval.retrieval import measure
from index.builder import Progress
from index.embedder import Embedder, load_embedder
from web import commands, terminal
from web.settings import Settings

FIGURES = "figures.json"
PLOT = "retrieval.png"


def eval_command(opening: commands.Opening) -> click.Command:
    """Return the command `eval`; `opening` wires the parts that answer a user's own questions."""

    @click.command("eval")
    @click.option(
        "--data", type=click.Path(path_type=Path), help="folder of question sets: measures sentence retrieval"
    )
    @click.option(
        "--questions",
        type=click.Path(path_type=Path),
        help="your own questions, asked of your index: SQuAD's JSON, CSV, or JSON Lines",
    )
    @click.option("--out", type=click.Path(path_type=Path), help="folder for figures and plots (default: STATE/eval)")
    @click.option("--every", type=click.IntRange(1), default=1, show_default=True, help="ask only every n-th question")
    @click.option("--json", "as_json", is_flag=True, help="print JSON")
    @commands.setting_options("threshold")
    def evaluate(
        data: Path | None, questions: Path | None, out: Path | None, every: int, as_json: bool, **given: Any
    ) -> None:
        """Measure quality: on the data folder, on your own questions, or both."""
        if data is None and questions is None:
            raise InvalidInput("Say what to measure on: --data FOLDER, --questions FILE, or both.")
        settings = commands.begin(given)
        folder = settings.state / "eval" if out is None else out
        found: list[tuple[dict[str, Any], str]] = []
        with terminal.progress_bar() as report:
            if questions is not None:
                found.append(_evaluate_own(questions, opening, settings, report))
            if data is not None:
                embedder = load_embedder(
                    settings.model, settings.models, report=lambda line: click.echo(line, err=True)
                )
                found.append(evaluate_data(data, embedder, folder, report, every))
        figures = {name: value for part, _ in found for name, value in part.items()}
        write_json(figures, folder / FIGURES)
        texts = [*(text for _, text in found), f"The figures are in {folder / FIGURES}."]
        click.echo(json.dumps(figures, indent=2, ensure_ascii=False) if as_json else "\n\n".join(texts))

    return evaluate


def _evaluate_own(
    questions: Path, opening: commands.Opening, settings: Settings, report: Callable[[Progress], None]
) -> tuple[dict[str, Any], str]:
    asked = read_own(questions)  # before the work: a mistake in the file shows at once
    with closing(opening(settings)) as parts:
        parts.refresh(report)
        figures = measure_own(parts.services.qa, asked, report)
    return {"own questions": {"file": str(questions), **figures}}, own_text(str(questions), figures)


def evaluate_data(
    data: Path, embedder: Embedder, out: Path, report: Callable[[Progress], None], every: int
) -> tuple[dict[str, Any], str]:
    """Measure on the data folder; return the figures and a table of them. Draws a plot into `out`.

    Raises UnreadableDocument where a file of the data folder is missing or broken, StorageProblem.
    """
    rows = measure(data, embedder, out, report, every)
    drawn = plot(rows, "Sentence retrieval, SQuAD 1.1 dev", out / PLOT)
    note = f"The plot is in {out / PLOT}." if drawn else "No plot: matplotlib is in requirements-dev.txt."
    text = f"Sentence retrieval, SQuAD 1.1 dev:\n{table(rows)}\n{note}"
    return {"model": embedder.model_id, "every": every, "sentence retrieval": rows}, text


def own_text(name: str, figures: dict[str, Any]) -> str:
    """Return the figures of measure_own as a person reads them, with every miss; `name` tells the question set."""
    shown = {key: value for key, value in figures.items() if key in MEANINGS}
    misses = [_miss(miss) for miss in figures["misses"]]
    return terminal.plain(
        "\n".join([f"{name}:", listing(shown, MEANINGS), *(["Not as expected:", *misses] if misses else [])])
    )


def _miss(miss: dict[str, Any]) -> str:
    rank = "" if miss["rank"] is None else f" (found as number {miss['rank']})"
    expected = " / ".join(miss["expected"]) or "no answer"
    answered = "not" if miss["answered"] is None else miss["answered"]
    return f"  {miss['question']}\n      expected: {expected}{rank}\n      answered: {answered}"
