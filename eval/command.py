"""The command `eval`: measures quality, prints the figures, and writes them as JSON and plots."""

from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click

from cli.progress import progress_bar
from cli.runner import print_note
from cli.runtime import Wiring, check_library, command_options, load_settings, print_result
from cli.terminal import escape_control_characters
from corpus.errors import InvalidInput, NotFound
from corpus.ingest.library import Library
from eval.dates import FILE as MARKED_DATES
from eval.dates import MEANINGS as DATE_MEANINGS
from eval.dates import measure_dates
from eval.developing.conflicts import FILE as CONFLICTING_DOCUMENTS
from eval.developing.conflicts import MEANINGS as CONFLICT_MEANINGS
from eval.developing.conflicts import measure_conflicts
from eval.developing.follow_ups import MEANINGS as FOLLOW_UP_MEANINGS
from eval.developing.follow_ups import measure_follow_ups, read_follow_ups
from eval.developing.measure import MEANINGS as DEVELOPING_MEANINGS
from eval.developing.measure import measure_developing_stories, read_developing_questions
from eval.developing.timelines import MEANINGS as TIMELINE_MEANINGS
from eval.developing.timelines import measure_timelines, read_timelines
from eval.overview.measure import MEANINGS as OVERVIEW_MEANINGS
from eval.overview.measure import measure_overviews, read_overview_questions
from eval.overview.suggestions import LISTED, measure_suggestions
from eval.overview.suggestions import MEANINGS as SUGGESTION_MEANINGS
from eval.reading import MEANINGS as READING_MEANINGS
from eval.reading import measure_reading
from eval.report import bars, can_plot, listing, reliability, risk_against_coverage, table, write_json
from eval.retrieval import measure_retrieval
from eval.robustness import MEANINGS as ROBUSTNESS_MEANINGS
from eval.robustness import measure_robustness
from eval.user_questions import MEANINGS, measure_user_questions, read_user_questions
from index.embedding.embedder import Embedder, load_embedder
from index.generations.builder import Progress
from qa.confidence import Confidence
from qa.reader.base import Reader
from web.settings import Settings

FIGURES = "figures.json"
RETRIEVAL_PLOT, RISK_PLOT, CALIBRATION_PLOT = "retrieval.png", "risk-coverage.png", "calibration.png"
PARTS = RETRIEVAL, READING, ROBUSTNESS, DATES, CONFLICTS, SUGGESTIONS = (
    *("retrieval", "reading", "robustness", "dates", "conflicts", "suggestions"),
)
Report = Callable[[Progress], None]
Plots = Mapping[Path, Callable[[Path], None]]  # by file, the function that draws into it


@click.command("eval")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="folder of question sets: measures sentence retrieval, reading and robustness",
)
@click.option(
    "--questions",
    type=click.Path(path_type=Path),
    help="your own questions, asked of your index: SQuAD's JSON, CSV, or JSON Lines",
)
@click.option(
    "--developing",
    type=click.Path(path_type=Path),
    help="folder of questions on developing stories, asked of your index as of their days",
)
@click.option(
    "--overview",
    type=click.Path(path_type=Path),
    help="folder of questions for news, summaries and about the library, asked of your index on their days",
)
@click.option("--out", type=click.Path(path_type=Path), help="folder for figures and plots (default: STATE/eval)")
@click.option("--every", type=click.IntRange(1), default=1, show_default=True, help="ask only every n-th question")
@click.option(
    "--only",
    "part",
    type=click.Choice(PARTS),
    help="the only part to measure on --data",
)
@command_options("threshold")
@click.pass_obj
def evaluate(
    wiring: Wiring,
    /,
    data: Path | None,
    questions: Path | None,
    developing: Path | None,
    overview: Path | None,
    out: Path | None,
    every: int,
    part: str | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Measure quality: on the data folder, your own questions, developing stories, overviews, or several of them."""
    if all(path is None for path in (data, questions, developing, overview)):
        raise InvalidInput(
            "Say what to measure on: --data, --questions, --developing or --overview, each with its path, or several."
        )
    settings = load_settings(flags)
    folder = settings.state / "eval" if out is None else out
    parts: list[tuple[dict[str, Any], str]] = []
    with progress_bar() as report:
        if questions is not None:
            labelled = read_user_questions(questions)  # before loading, so that a mistake in the file fails at once
            check_library(settings, only_if_named=True)
            with closing(wiring.open_runtime(settings)) as runtime:
                runtime.refresh(report)
                measured = measure_user_questions(
                    runtime.services.qa, labelled, report, _files_of(runtime.services.library)
                )
            text = user_questions_text(str(questions), measured)
            parts.append(({"own questions": {"file": str(questions), **measured}}, text))
        if developing is not None:
            parts += evaluate_developing_stories(developing, wiring, settings, report)
        if overview is not None:
            parts.append(evaluate_overviews(overview, wiring, settings, report))
        if data is not None and (part == DATES or (part is None and (data / MARKED_DATES).exists())):
            parts.append(evaluate_dates(data))
        if data is not None and part != DATES:
            embedder = load_embedder(settings.model, settings.models, report=print_note)
            parts.append(({"model": embedder.model_id, "every": every}, ""))
            if part in {None, RETRIEVAL}:
                parts.append(evaluate_retrieval(data, embedder, folder, report, every))
            if part in {None, READING}:
                parts.append(evaluate_reading(data, embedder, *wiring.load_models(settings), folder, report, every))
            if part in {None, ROBUSTNESS}:
                models = wiring.load_models(settings)
                robustness = measure_robustness(data, embedder, *models, folder, report, every)
                text = f"In other words, and for other texts:\n{listing(robustness, ROBUSTNESS_MEANINGS)}"
                parts.append(({"robustness": robustness}, text))
            if part == CONFLICTS or (part is None and (data / CONFLICTING_DOCUMENTS).exists()):
                models = wiring.load_models(settings)
                conflicts = measure_conflicts(data, embedder, *models, folder, report, every)
                text = f"Conflicting documents, RAMDocs:\n{listing(conflicts, CONFLICT_MEANINGS)}"
                parts.append(({"conflicts": conflicts}, text))
            if part == SUGGESTIONS:
                models = wiring.load_models(settings)
                suggested = measure_suggestions(data, embedder, *models, folder, report, every)
                rows = {name: {one: row[name] for one, row in suggested.items()} for name in SUGGESTION_MEANINGS}
                lines = [f"{name}: {meaning}" for name, meaning in SUGGESTION_MEANINGS.items()]
                text = "\n".join(["Suggested questions:", table(rows), *lines, f"All are in {folder / LISTED}."])
                parts.append(({"suggestions": suggested}, text))
    figures = {name: value for measured, _ in parts for name, value in measured.items()}
    write_json(figures, folder / FIGURES)
    texts = [*(text for _, text in parts if text), f"The figures are in {folder / FIGURES}."]
    print_result(figures if as_json else "\n\n".join(texts))


def evaluate_overviews(folder: Path, wiring: Wiring, settings: Settings, report: Report) -> tuple[dict[str, Any], str]:
    """Measure news, summaries and the library on a folder of questions; return the figures and their text."""
    questions, marked = read_overview_questions(folder)
    check_library(settings, only_if_named=True)
    with closing(wiring.open_runtime(settings)) as runtime:
        runtime.refresh(report)
        figures = measure_overviews(runtime.services.qa, questions, marked, report)
    return {"overviews": figures}, overviews_text(str(folder), figures)


def evaluate_developing_stories(
    folder: Path, wiring: Wiring, settings: Settings, report: Report
) -> list[tuple[dict[str, Any], str]]:
    """Measure the questions, timelines and conversations of a folder of developing stories; return figures and texts.

    Raises UnreadableDocument where a file of the folder is broken.
    """
    asked, histories = read_developing_questions(folder), read_timelines(folder)
    in_conversation = read_follow_ups(folder)
    check_library(settings, only_if_named=True)
    with closing(wiring.open_runtime(settings)) as runtime:
        runtime.refresh(report)
        told = measure_developing_stories(runtime.services.qa, asked, report)
        timelines = measure_timelines(runtime.services.qa, histories, report)
        followed = measure_follow_ups(runtime.services.qa, in_conversation, report)
    return [
        ({"developing stories": told}, developing_stories_text(str(folder), told)),
        ({"timelines": timelines}, timelines_text(timelines) if histories else ""),
        ({"follow-up questions": followed}, follow_ups_text(followed) if in_conversation else ""),
    ]


def evaluate_dates(data: Path) -> tuple[dict[str, Any], str]:
    """Measure time expressions on the data folder; return the figures and a table of them."""
    figures = measure_dates(data)
    by_meaning = {name: {part: row[name] for part, row in figures.items()} for name in DATE_MEANINGS}
    lines = [f"{name}: {meaning}" for name, meaning in DATE_MEANINGS.items()]
    return {"dates": figures}, "\n".join(["Time expressions, MEANTIME:", table(by_meaning), *lines])


def evaluate_retrieval(
    data: Path, embedder: Embedder, out: Path, report: Report, every: int
) -> tuple[dict[str, Any], str]:
    """Measure retrieval on the data folder; return the figures and a table of them, and draw a plot into `out`.

    Raises UnreadableDocument where a file of the data folder is missing or broken, StorageProblem.
    """
    rows = measure_retrieval(data, embedder, out, report, every)
    note = _draw({out / RETRIEVAL_PLOT: lambda path: bars(rows, "Sentence retrieval, SQuAD 1.1 dev", path)})
    return {"sentence retrieval": rows}, f"Sentence retrieval, SQuAD 1.1 dev:\n{table(rows)}\n{note}"


def evaluate_reading(
    data: Path,
    embedder: Embedder,
    reader: Reader,
    confidence: Confidence,
    threshold: float,
    out: Path,
    report: Report,
    every: int,
) -> tuple[dict[str, Any], str]:
    """Measure answers and their confidence; return the figures and a list of them, and draw plots into `out`.

    `threshold` is the minimum confidence of an answer. Raises UnreadableDocument where a file of the data folder is
    missing or broken, StorageProblem.
    """
    measured = measure_reading(data, embedder, reader, confidence, threshold, out, report, every)
    title = "SQuAD 1.1 dev, half without their article"
    plots: Plots = {
        out / RISK_PLOT: lambda path: risk_against_coverage(measured.best.curve(), f"Risk: {title}", path),
        out / CALIBRATION_PLOT: lambda path: reliability(measured.best.bins(), f"Calibration: {title}", path),
    }
    text = f"Answers, SQuAD dev:\n{listing(measured.figures, READING_MEANINGS)}\n{_draw(plots)}"
    return {"reading": measured.figures, "reading in detail": measured.details}, text


def _files_of(library: Library) -> Callable[[str], set[str]]:
    """Return a function that names the files of an article: by their paths, its url, and its original if it is kept."""
    by_article = library.file_names()

    def names(article_id: str) -> set[str]:
        found = {*by_article.get(article_id, ())}
        with suppress(NotFound):
            url = library.get(article_id).url
            if url is not None:
                found.add(unquote(urlsplit(url).path).rpartition("/")[2])
            found.add(library.original(article_id).name)
        return found - {""}

    return names


def _draw(plots: Plots) -> str:
    """Draw plots, and return a line that names their files."""
    if not can_plot():
        return "No plot: matplotlib is in requirements-dev.txt."
    for path, draw in plots.items():
        draw(path)
    paths = " and ".join(str(path) for path in plots)
    return f"The plot is in {paths}." if len(plots) == 1 else f"The plots are in {paths}."


def developing_stories_text(name: str, figures: dict[str, Any]) -> str:
    """Return the figures of measure_developing_stories as text, with all misses."""
    shown = {key: value for key, value in figures.items() if key in DEVELOPING_MEANINGS}
    lines = [f"{name}:", listing(shown, DEVELOPING_MEANINGS), "Not as expected:"]
    for miss in figures["misses"]:
        others = "".join(f" · {label}: {', '.join(miss[label])}" for label in ("supersedes", "differs") if miss[label])
        answered = "not" if miss["answered"] is None else miss["answered"]
        expected = " / ".join(miss["expected"])
        lines.append(
            f"  {miss['question']} ({miss['kind']})\n      expected: {expected}\n      answered: {answered}{others}"
        )
    return escape_control_characters("\n".join(lines))


def timelines_text(figures: dict[str, Any]) -> str:
    """Return the figures of measure_timelines as text, with all misses."""
    shown = {name: figures[name] for name in TIMELINE_MEANINGS}
    lines = ["Timelines:", listing(shown, TIMELINE_MEANINGS), "Not as expected:"]
    for miss in figures["misses"]:
        expected, told = (", ".join(miss[name]) or "none" for name in ("expected", "told"))
        lines.append(f"  {miss['question']}\n      expected: {expected}\n      told: {told}")
    return escape_control_characters("\n".join(lines))


def overviews_text(name: str, figures: dict[str, dict[str, Any]]) -> str:
    """Return the figures of measure_overviews as text, each half in a column, with the misses."""
    columns = {meaning: {half: row[meaning] for half, row in figures.items()} for meaning in OVERVIEW_MEANINGS}
    lines = [f"{name}:", table(columns), *(f"{key}: {meaning}" for key, meaning in OVERVIEW_MEANINGS.items())]
    for half, row in figures.items():
        for miss in row["misses"]:
            told = " / ".join(miss["answered"]) or "not"
            lines.append(f"  {miss['question']} ({half}, {miss['kind']})\n      answered: {told}")
    return escape_control_characters("\n".join(lines))


def follow_ups_text(figures: dict[str, Any]) -> str:
    """Return the figures of measure_follow_ups as text, with all misses."""
    shown = {key: value for key, value in figures.items() if key in FOLLOW_UP_MEANINGS}
    lines = ["In conversations:", listing(shown, FOLLOW_UP_MEANINGS), "Not as expected:"]
    for miss in figures["misses"]:
        answered = "not" if miss["answered"] is None else miss["answered"]
        lines.append(
            f"  {' / '.join([*miss['conversation'], miss['question']])}\n      understood: {miss['understood']}\n"
            f"      expected: {' / '.join(miss['expected'])}\n      answered: {answered}"
        )
    return escape_control_characters("\n".join(lines))


def user_questions_text(name: str, figures: dict[str, Any]) -> str:
    """Return the figures of measure_user_questions as text, headed by the name of the question set, with all misses."""
    shown = {key: value for key, value in figures.items() if key in MEANINGS}
    parts = [
        f"{name}:",
        listing(shown, MEANINGS),
        *(["By kind, rightly answered or refused:", table(figures["kinds"])] if figures.get("kinds") else []),
        *(
            ["Answers by confidence, and the share right:", table(figures["confidence"])]
            if figures.get("confidence")
            else []
        ),
        *_section("Not as expected:", figures["misses"]),
        *_section("In the right sentence, but not the expected words at their place:", figures["elsewhere"]),
        *_section("In the right sentence, but in other words:", figures["other words"]),
    ]
    return escape_control_characters("\n".join(parts))


def _section(title: str, misses: list[dict[str, Any]]) -> list[str]:
    lines = [title] if misses else []
    for miss in misses:
        rank = "" if miss.get("rank") is None else f" (found as number {miss['rank']})"
        expected = " / ".join(miss["expected"]) or "no answer"
        answered = "not" if miss["answered"] is None else miss["answered"]
        answered += "".join(f" · {part}" for part in miss.get("place", ()))
        lines.append(f"  {miss['question']}\n      expected: {expected}{rank}\n      answered: {answered}")
    return lines
