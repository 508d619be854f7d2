"""`python app.py eval`: measures, prints a table, writes JSON and a plot."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from corpus.errors import InvalidInput
from eval.own import measure_own, read_own
from eval.report import plot, table, write_json
from eval.retrieval import measure
from index.builder import Progress
from index.embedder import Embedder, load_embedder
from qa.service import QAService
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
    @click.option("--questions", type=click.Path(path_type=Path), help="your own questions, asked of your index")
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
        settings = Settings.read(**given)
        found: list[tuple[dict[str, Any], str]] = []
        with terminal.progress_bar() as report:
            if questions is not None:
                found.append(_evaluate_own(questions, opening, settings, report))
            if data is not None:
                embedder = load_embedder(settings.model, settings.models)
                folder = settings.state / "eval" if out is None else out
                found.append(evaluate_data(data, embedder, folder, report, every))
        figures = {name: value for part, _ in found for name, value in part.items()}
        click.echo(
            json.dumps(figures, indent=2, ensure_ascii=False) if as_json else "\n\n".join(text for _, text in found)
        )

    return evaluate


def _evaluate_own(
    questions: Path, opening: commands.Opening, settings: Settings, report: Callable[[Progress], None]
) -> tuple[dict[str, Any], str]:
    with closing(opening(settings)) as parts:
        parts.refresh(report)
        return evaluate_own(questions, parts.services.qa)


def evaluate_data(
    data: Path, embedder: Embedder, out: Path, report: Callable[[Progress], None], every: int
) -> tuple[dict[str, Any], str]:
    """Measure on the data folder; return the figures and a table of them. Writes figures.json and plots into `out`.

    Raises UnreadableDocument where a file of the data folder is missing or broken.
    """
    rows = measure(data, embedder, out, report, every)
    figures: dict[str, Any] = {"model": embedder.model_id, "every": every, "sentence retrieval": rows}
    write_json(figures, out / FIGURES)
    drawn = plot(rows, "Sentence retrieval, SQuAD 1.1 dev over 10,642 sentences", out / PLOT)
    where = f"{out / FIGURES}" + (
        f" and {out / PLOT}" if drawn else " (no plot: matplotlib is in requirements-dev.txt)"
    )
    return figures, f"Sentence retrieval, SQuAD 1.1 dev:\n{table(rows)}\nWritten: {where}"


def evaluate_own(questions: Path, qa: QAService) -> tuple[dict[str, Any], str]:
    """Ask a user's own questions of the index; return the figures and a table of them, with every miss."""
    figures = measure_own(qa, read_own(questions))
    shown = {name: value for name, value in figures.items() if name != "misses"}
    misses = [
        f"  {miss['question']}\n      expected: {' / '.join(miss['expected']) or 'no answer'}\n"
        f"      answered: {miss['answered'] or 'not'}"
        for miss in figures["misses"]
    ]
    text = "\n".join([f"{questions}:", table({"": shown}), *(["Not as expected:", *misses] if misses else [])])
    return {"own questions": {"file": str(questions), **figures}}, text
