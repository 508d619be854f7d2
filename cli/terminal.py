"""Text for the terminal: replies, outcomes, dates and the state of the index."""

import re
import textwrap
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import click

from corpus.ingest.folder import describe_ignored
from corpus.ingest.sources import advice_on
from corpus.ingest.writer import DocumentOutcome
from qa.evidence import missing_names
from qa.types import Answer, AnswerPart, Place, Quote, Reply, SearchResult, TimelineEntry, Understood
from qa.verification.alignment import QuotationDifference
from qa.verification.verifier import VerifiedExcerpt

_WIDTH = 100
_INDENT = "  "
_MAX_NAMED_COPIES = 5  # the others are only counted, as on the page
_FILE_KINDS = ("folder", "file")  # kinds of failures
CONFIDENCE_LEVELS = ((0.9, "sure"), (0.7, "fairly sure"), (0.5, "not so sure"), (0.0, "a guess"))  # as on the page

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


_CALENDAR_UNIT = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)(?:T(?P<time>MO|AF|EV|NI|\d\d:\d\d.*))?)?"
    r"|-W(?P<week>\d\d)|-Q(?P<quarter>\d)|-(?P<season>SP|SU|FA|WI))?"
)
_DAYPARTS = {"MO": "morning", "AF": "afternoon", "EV": "evening", "NI": "night"}
_SEASONS = {"SP": "spring", "SU": "summer", "FA": "autumn", "WI": "winter"}


def format_suggestions(lists: Mapping[str, Sequence[str]]) -> str:
    """Return suggested questions and names as text, a line each."""
    return "\n".join(line for found in lists.values() for line in found) or "Nothing begins like that."


def escape_control_characters(text: str) -> str:
    """Return text with control characters escaped, except tabs and newlines: file names may contain them."""
    return "".join(
        character if character in "\t\n" or unicodedata.category(character) != "Cc" else f"\\x{ord(character):02x}"
        for character in text
    )


def format_reply(reply: Reply) -> str:
    """Return a reply as styled text; the hint alone where there is neither an answer nor a closest sentence."""
    notes = [click.style(line, dim=True) for line in _read_as(reply.understood)]
    notes += [_left_out(reply.undated_left_out)] if reply.undated_left_out else []
    if reply.answered:
        history = ["\n".join(_timeline(reply.timeline))] if reply.timeline else []
        below = ["\n".join(notes)] if notes else []
        return "\n\n".join([*(_answer(answer) for answer in reply.answers), *history, *below])
    if reply.hint is not None and not reply.closest:
        return "\n".join([reply.hint, *notes])
    lines = [click.style("The articles don't say.", bold=True)]
    if reply.hint is not None:
        lines.append(reply.hint)
    if reply.closest:
        lines += ["", "The closest sentences:"]
    for closest in reply.closest:
        lines += [f"{_INDENT}{line}" for line in _wrapped(_single_line(closest.sentence.text))]
        lines.append(click.style(f"    {closest.sentence.article.title}", dim=True))
    return "\n".join([*lines, *notes])


def format_search(result: SearchResult) -> str:
    """Return the sentences that were found as styled text, each above its score, article and place."""
    lines: list[str] = []
    for one in result.found:
        article = one.sentence.article
        day = None if article.published is None else format_day(article.published)
        named = (article.title, format_place(one.place), day, article.source, f"score {one.score:.2f}")
        told = " · ".join(part for part in named if part is not None)
        lines += [*_wrapped(_single_line(one.sentence.text)), click.style(f"    {told}", dim=True)]
    return "\n".join(lines) or "No sentence is close to that."


def format_verified(text: str, found: Sequence[VerifiedExcerpt]) -> str:
    """Return the verdicts on a draft as text, with [-what the article says-] {+and what the draft says instead+}."""
    lines = []
    for one in found:
        excerpt = one.excerpt
        marked = ", marked" if one.is_marked else ""
        line = text.count("\n", 0, excerpt.start) + 1
        lines.append(f"{one.verdict + marked:<15} line {line:<5} {_single_line(text[excerpt.start : excerpt.end])}")
        if one.differences:
            lines.append(f"{_INDENT * 2}{_single_line(''.join(map(_difference, one.differences)))}")
        for match in one.matches:
            article = match.quote.article
            day = None if article.published is None else format_day(article.published)
            told = (article.title, format_place(match.place), day, article.source, article.url)
            lines.append(f"{_INDENT * 2}{' · '.join(part for part in told if part is not None)}")
    return "\n".join(lines) or "The text has no quotations."


def _difference(difference: QuotationDifference) -> str:
    if difference.kind == "same":
        return difference.draft
    if difference.kind == "joined":
        return " | "
    left_out = f"[-{difference.source.strip()}-] " if difference.source else ""
    return left_out + (f"{{+{difference.draft.strip()}+}} " if difference.draft else "")


def _read_as(understood: Understood) -> Iterator[str]:
    """Yield how words of the question were read, and what the conversation before it adds."""
    for words in understood.from_question:
        days = [format_day(day.isoformat()) for day in (words.first, words.last) if day is not None]
        meaning = " to ".join(dict.fromkeys(days)) if words.kind == "period" else words.source
        told = f": {meaning}" if meaning else ""
        yield f"Read as a {'time' if words.kind == 'period' else 'source'}: {_single_line(words.text)}{told}"
    if understood.kept_from_conversation:
        yield f"From the conversation: {', '.join(map(_single_line, understood.kept_from_conversation))}"


def _left_out(count: int) -> str:
    articles = "1 article without a date was" if count == 1 else f"{count:,} articles without a date were"
    return click.style(f"{articles} left out.", dim=True)


def confidence_in_words(confidence: float) -> str:
    """Return a probability in words, the same as on the page."""
    return next(words for threshold, words in CONFIDENCE_LEVELS if confidence >= threshold)


def format_outcome(outcome: DocumentOutcome) -> str:
    """Return the outcome for a file or page as a line; a problem and notes of an added article follow on their own."""
    if outcome.article is None:
        return escape_control_characters(f"{outcome.state:<9}  {_with_name(outcome.name, outcome.problem)}")
    remarks = [*([] if outcome.problem is None else [outcome.problem]), *outcome.notes]
    lines = [f"{outcome.state:<9}  {outcome.article.id}  {outcome.article.title}", *(f"{'':<11}{r}" for r in remarks)]
    return escape_control_characters("\n".join(lines))


def outcome_json(outcome: DocumentOutcome) -> dict[str, Any]:
    """Return the outcome for a file or page as JSON."""
    article = outcome.article
    return {
        "name": outcome.name,
        "state": outcome.state,
        "id": None if article is None else article.id,
        "title": None if article is None else article.title,
        "problem": outcome.problem,
        "notes": list(outcome.notes),
    }


def format_day(published: str) -> str:
    """Return a date, or the local day of a date-time, as on the page: January 13, 2022."""
    try:
        return _day(date.fromisoformat(published))
    except ValueError:
        return _day(_local(published))


def format_moment(iso: str) -> str:
    """Return a date-time in local time, to the minute: January 13, 2022, 09:05."""
    local = _local(iso)
    return f"{_day(local)}, {local:%H:%M}"


def _local(iso: str) -> datetime:
    """Return a date-time in local time, or as it is where that would leave the calendar."""
    moment = datetime.fromisoformat(iso)
    try:
        return moment.astimezone()
    except (OverflowError, OSError):  # in the first or last year
        return moment


def _day(day: date) -> str:
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"  # not %B, which follows the locale


def format_dates(rows: Sequence[dict[str, Any]]) -> str:
    """Return time expressions as lines: where each begins, its words, its value, and whether that is a guess."""
    if not rows:
        return "There are no time expressions."
    words = [_single_line(row["text"]) for row in rows]
    width = max(map(len, words))
    lines = []
    for row, text in zip(rows, words, strict=True):
        value = "not known" if row["value"] is None else row["value"]
        value += f" to {row['end_value']}" if "end_value" in row else ""
        lines.append(f"{row['start']:>7}  {text:<{width}}  {value}{' (a guess)' if row['guess'] else ''}")
    return "\n".join(lines)


def format_status(index: dict[str, Any]) -> str:
    """Return the state of the index, as GET /index gives it, as text."""
    names = ("generation", "articles", "sentences", "pending", "model")
    rows = [f"{name:<11} {'none yet' if index[name] is None else index[name]}" for name in names]
    rows.append(f"{'built_at':<11} {'none yet' if index['built_at'] is None else format_moment(index['built_at'])}")
    if index["problem"] is not None:
        rows.append(f"{'problem':<11} {index['problem']}")
    for source in index["sources"]:
        if source["kind"] == "folder" or any(source[name] for name in ("articles", "waiting", "failed")):
            rows.append(f"{'source':<11} {_source(source)}")
    failures = [failure for source in index["sources"] for failure in source["failures"]]
    listed = [failure for failure in failures if failure["kind"] in _FILE_KINDS]
    others = failures[len(listed) :]  # the folder is the first of the sources
    # A source lists its first 20 failures; the terminal shows all files.
    unlisted = index["files"][len(listed) :] if listed else []
    files = [*listed, *({**listed[-1], **file, "advice": advice_on(file["name"])} for file in unlisted)]
    return escape_control_characters("\n".join([*rows, *_failures([*files, *others])]))


def _source(source: dict[str, Any]) -> str:
    """Return a source's counts: that of its articles, and the others unless they are zero."""
    articles = source["articles"]
    labels = {"pending": "to be indexed", "waiting": "to be fetched", "failed": "failed"}
    counts = [
        f"{articles} {'article' if articles == 1 else 'articles'}",
        *(f"{source[name]} {label}" for name, label in labels.items() if source[name]),
    ]
    ignored = f"; {describe_ignored(source['ignored'])}" if source["ignored"] else ""
    return f"{source['name']}: {', '.join(counts)}{ignored}"


def _failures(failures: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each failure, grouped by advice; the advice follows its group."""
    for advice in dict.fromkeys(failure["advice"] for failure in failures):
        for failure in failures:
            if failure["advice"] == advice:
                label = "unreadable" if failure["kind"] in _FILE_KINDS else "failed"
                retry = "" if failure["again_at"] is None else f" Next at {format_moment(failure['again_at'])}."
                yield f"{label:<11} {_with_name(failure['name'], failure['problem'])}{retry}"
        yield f"{'':<11} {advice}"


def _with_name(name: str, problem: str | None) -> str:
    """Return a problem preceded by the name of its file or feed, unless the problem contains that."""
    if problem is None:
        return name
    return problem if name in problem else f"{name}: {problem}"


def _answer(answer: Answer) -> str:
    """Return the words of an answer, its sentences, its article and confidence, and the article's near-duplicates.

    A row of a table stands below the header.
    """
    apart = [part for part in answer.parts if not answer.span.covers(part.span)]
    if apart:
        lines = [_part(part) for part in answer.parts]
    else:
        lines = [] if answer.span == answer.sentence else [click.style(_single_line(answer.span.text), bold=True)]
    if answer.attribution is not None:
        lines.append(click.style(f"reported: {_single_line(answer.attribution.text)}", dim=True))
    lines += [click.style(f"The articles don't say: {question}", dim=True) for question in answer.missing]
    if answer.table is not None:
        header = _wrapped(_single_line(answer.table.header.text))
        lines += [click.style(f"{_INDENT}{line}", dim=True) for line in header]
    lines += [click.style(line, dim=True) for line in _resolved_dates(answer)]
    lacking = missing_names(answer.evidence)
    lines += [click.style(f"Not mentioned there: {', '.join(map(_single_line, lacking))}", dim=True)] if lacking else []
    lines.append(_highlighted(answer.sentence, answer.span))
    if answer.via is not None and answer.via.sentence != answer.sentence:
        lines.append(_highlighted(answer.via.sentence, answer.via.span, bold=True))
    quoted = [part for part in apart if part.sentence not in (part.span, answer.sentence)]
    for part in apart:
        if part in quoted:
            lines.append(_highlighted(part.sentence, part.span))
        if part.via is not None and part.via != answer.via:
            lines.append(_highlighted(part.via.sentence, part.via.span, bold=True))
    article = answer.span.article
    published = None if article.published is None else format_day(article.published)
    if article.published_is_guess:
        published = f"about {published}"
    place, confidence = format_place(answer.place), confidence_in_words(answer.confidence)
    parts = [article.title, place, published, article.source, article.url, confidence]
    lines.append(click.style("    " + " · ".join(part for part in parts if part is not None), dim=True))
    lines += [_other_value("earlier", one) for one in answer.supersedes]
    lines += [_other_value("differs", one) for one in answer.differs]
    if copies := [_single_line(copy.source or copy.title) for copy in answer.also]:
        more = f" and {len(copies) - _MAX_NAMED_COPIES} more" if len(copies) > _MAX_NAMED_COPIES else ""
        lines.append(click.style(f"    also in: {', '.join(copies[:_MAX_NAMED_COPIES])}{more}", dim=True))
    return "\n".join(lines)


def _resolved_dates(answer: Answer) -> Iterator[str]:
    """Yield what days, months and the like the answer's own words mean that don't say their year, as on the page."""
    article, span = answer.span.article, answer.span
    for one in answer.dates:
        text = _single_line(article.text[one.start : one.end])
        values = [value for value in (one.value, one.end_value) if value is not None]
        words = [in_words for value in values if (in_words := format_time(value)) is not None]
        if one.start < span.end and span.start < one.end and words and values[-1][:4] not in text:
            name = "" if (one.start, one.end) == (span.start, span.end) else f"{text}: "
            yield f"{name}{'probably ' if one.guess else ''}{' to '.join(words)}"


def format_time(value: str) -> str | None:
    """Return a calendar unit in words, such as "March 2022" for 2022-03, as on the page; None for other values."""
    found = _CALENDAR_UNIT.fullmatch(value)
    if found is None:
        return None
    year = found["year"]
    if found["day"] is not None:
        time = found["time"]
        part = "" if time is None else f", {_DAYPARTS.get(time, time[:5])}"
        return f"{format_day(value[:10])}{part}"
    if found["month"] is not None:
        return f"{_MONTHS[int(found['month']) - 1]} {year}"
    if found["week"] is not None:
        return f"the week of {_day(date.fromisocalendar(int(year), int(found['week']), 1))}"
    if found["quarter"] is not None:
        return f"quarter {found['quarter']} of {year}"
    return year if found["season"] is None else f"{_SEASONS[found['season']]} {year}"


def _other_value(label: str, answer: Answer) -> str:
    """Return what another report says, with its date and source."""
    article = answer.span.article
    day = None if article.published is None else format_day(article.published)
    parts = [_single_line(answer.span.text), day, article.source or article.title]
    return click.style(f"    {label}: {' · '.join(part for part in parts if part is not None)}", dim=True)


def _timeline(entries: Sequence[TimelineEntry]) -> Iterator[str]:
    """Yield a line for each value that the answer has had: the days of its reports, its words, its first report."""
    yield click.style("How the answer has changed:", bold=True)
    days = [" to ".join(dict.fromkeys((format_day(one.first), format_day(one.last)))) for one in entries]
    for one, reported in zip(entries, days, strict=True):
        answer = one.answer.span
        words = click.style(_single_line(answer.text), bold=True)
        source = click.style(answer.article.source or answer.article.title, dim=True)
        yield f"{_INDENT}{reported:<{max(map(len, days))}}  {words}  {source}"


def format_place(place: Place | None) -> str | None:
    """Return the place of an answer, as on the page: p. 7 · Leave."""
    if place is None:
        return None
    names = [f"p. {place.page}" if place.page is not None else None, place.heading]
    return " · ".join(name for name in names if name is not None)


def _part(part: AnswerPart) -> str:
    """Return an item of a list, or an answer after its question."""
    words = click.style(_single_line(part.span.text), bold=True)
    return f"- {words}" if part.question is None else f"{part.question} {words}"


def _highlighted(sentence: Quote, span: Quote, **style: Any) -> str:
    """Return a sentence in lines, with the span in a style: bold, underlined and yellow unless another is given."""
    style = style or {"bold": True, "underline": True, "fg": "yellow"}
    text = _single_line(sentence.text)
    start = len(_single_line(f"{sentence.text[: span.start - sentence.start]}|")) - 1
    end = start + len(_single_line(span.text))
    lines, offset = [], 0
    for line in _wrapped(text):
        offset = text.index(line, offset)
        low, high = (min(max(position - offset, 0), len(line)) for position in (start, end))
        highlight = click.style(line[low:high], **style) if low < high else ""
        lines.append(f"{_INDENT}{line[:low]}{highlight}{line[high:]}")
        offset += len(line)
    return "\n".join(lines)


def _single_line(text: str) -> str:
    return " ".join(text.split())


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, _WIDTH - len(_INDENT))
