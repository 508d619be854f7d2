"""Dates of publication as texts state them: "Published: 18 November 2026", a dateline, a date of its own line."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from corpus.article import BlockKind, Draft
from corpus.documents.dates import read_date

_MONTH = r"[^\W\d_]{3,12}\.?"
_TIME = (
    r"(?:(?:,|\s+at|\s+um|\s+à|\s*[-–—|•])?\s+\d{1,2}(?:[:.]\d{2}){0,2}(?:\s*[AaPp]\.?[Mm]\b\.?)?"
    r"(?:\s+(?:Uhr|[A-Z]{2,5}\b|[+-]\d{2}:?\d{2}))?)?"
)
_DATE = re.compile(
    rf"(?<![\w/.-])(?:\d{{4}}-\d{{1,2}}-\d{{1,2}}(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?(?![\w-])"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.|º)?\s+(?:of\s+|de\s+)?{_MONTH},?\s+(?:de\s+)?\d{{4}}\b{_TIME}"
    rf"|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}\b{_TIME}"
    rf"|\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{4}}(?![\w/.-]\d){_TIME}"
    r"|\d{4}[/.]\d{1,2}[/.]\d{1,2}(?![\w/])"
    r"|\d{4}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日)"
)
_YEAR = re.compile(r"\d{4}|年")  # each of these dates has one
_PUBLISHED = re.compile(
    r"\b(?:(?:first |originally |article )?(?:published|posted|issued|released|created)|date of (?:publication|issue)"
    r"|publication date|publish date|date published|release date"
    r"|veröffentlicht|erschienen|publiziert|publié|paru|mis en ligne|publicado|publicada|fecha de publicación"
    r"|pubblicato|gepubliceerd|geplaatst|publicerad|publisert|udgivet|opublikowano|опубликовано|發布|发布|公開日)\b",
    re.I,
)
_UPDATED = re.compile(
    r"\b(?:(?:last )?(?:updated?|modified|edited|revised|reviewed|changed|corrected)|aktualisiert|geändert|stand"
    r"|mis à jour|modifié|actualizado|aggiornato|bijgewerkt|uppdaterad|oppdatert|opdateret|обновлено|更新日?)\b",
    re.I,
)
_BEFORE_LABEL = re.compile(r"(?:|by\b.*|.*[|•·–—(:;,/-])\s*", re.I | re.S)  # a label within a sentence is none
_BEFORE_UPDATE = re.compile(rf"{_BEFORE_LABEL.pattern}|.*\bthis (?:article|page|post|story) was\s+", re.I | re.S)
_MAX_LABEL = 40  # characters between a label and its date
_MAX_LINE = 200
_NAME = r"[^\W\d_a-zß-ÿ][\w.'’]*"
# "BRINDLE, Nov. 18, 2026 (Coast News) — ", "(Brindle, 18 November 2026) "
_PLACE = re.compile(rf"\(?(?:{_NAME}(?:[ ,/-]+{_NAME}){{0,4}}\s*[,:–—-]\s*)?\(?")
_AFTER_DATELINE = re.compile(r"\)?\s*(?:[(—–:|/]|-\s|\.\s|\)|$)")
_DATED_PATHS = [
    re.compile(rf"(?:\A|/)(?P<y>(?:19|20)\d\d){form}\Z")
    for form in (
        r"(?P<s>[-_])(?P<m>0[1-9]|1[0-2])(?P=s)(?P<d>\d\d)(?!\d)[^/]*",  # Jekyll: 2019-05-03-name.md
        r"-(?P<m>0[1-9]|1[0-2])-(?P<d>\d\d)-[^/]*/index\.\w+",  # Hugo: 2019-05-03-name/index.md
        r"/(?P<m>0[1-9]|1[0-2])/(?P<d>\d\d)/[^/]*",
    )
]
_FIRST_LINES, _LAST_LINES = 8, 3  # of a text that may say its date
_BEFORE_DATE = re.compile(r"(?:|.*[,|•·–—(/*]|\W*(?:date|datum|dato|data|fecha):)\s*", re.I)
_TABLE_KINDS = frozenset({BlockKind.HEADER, BlockKind.ROW})
_MAX_AROUND = 60  # characters of a line besides its date, such as a name
_ADDRESS = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<s>[/_-]?)(?P<m>0[1-9]|1[0-2])(?P=s)(?P<d>0[1-9]|[12]\d|3[01])(?!\d)"
)


def labelled_date(lines: Iterable[str]) -> str | None:
    """Return the date in ISO 8601 that a line says something was published on, that of the first line that does."""
    return _labelled(lines, _PUBLISHED, _UPDATED, _BEFORE_LABEL)


def labelled_update(lines: Iterable[str]) -> str | None:
    """Return the date in ISO 8601 that a line says the text was changed on, that of the first line that does."""
    return _labelled(lines, _UPDATED, _PUBLISHED, _BEFORE_UPDATE)


def _labelled(
    lines: Iterable[str], label: re.Pattern[str], other_label: re.Pattern[str], before_label: re.Pattern[str]
) -> str | None:
    """Return the first date behind a label, in ISO 8601, without another label between both."""
    for line in lines:
        for match in _dates(line):
            before = line[: match.start()]
            labels = list(label.finditer(before))
            if (
                not labels
                or match.start() - labels[-1].end() > _MAX_LABEL
                or other_label.search(before, labels[-1].end())
                or not before_label.fullmatch(before, 0, labels[-1].start())
            ):
                continue
            if (found := read_date(match.group())) is not None:
                return found
    return None


def unlabelled_date(lines: Iterable[str]) -> str | None:
    """Return the date in ISO 8601 that a line consists of, or that a first line begins with after a place.

    Dates of updates are none. Which of them is that of publication is a guess.
    """
    for line in lines:
        for found in _dates_of_line(line):
            return found
    return None


def _dates(line: str) -> Iterator[re.Match[str]]:
    """Yield the dates of a line."""
    return _DATE.finditer(line[:_MAX_LINE]) if _YEAR.search(line) else iter(())


def _dates_of_line(line: str) -> Iterator[str]:
    for match in _dates(line):
        is_line = len(line) - len(match.group()) <= _MAX_AROUND and not line.rstrip().endswith(".")
        is_dateline = _PLACE.fullmatch(line, 0, match.start()) and _AFTER_DATELINE.match(line, match.end())
        if not _UPDATED.search(line[: match.start()]) and (is_line or is_dateline):
            found = read_date(match.group())
            if found is not None:
                yield found


def date_in_address(url: str | None) -> str | None:
    """Return the day that the path of an address names, such as /2026/11/18/."""
    if url is None:
        return None
    path = url.partition("://")[2].partition("/")[2].partition("?")[0]
    for match in _ADDRESS.finditer(path):
        if (match["s"] or len(match.group()) == 8) and (found := read_date(f"{match['y']}-{match['m']}-{match['d']}")):
            return found
    return None


def date_in_path(path: str) -> str | None:
    """Return the day that a file's name begins with, or its folders are named by; None for one in the future."""
    for pattern in _DATED_PATHS:
        match = pattern.search(path.replace("\\", "/"))
        found = None if match is None else read_date(f"{match['y']}-{match['m']}-{match['d']}")
        if found is not None:
            tomorrow = datetime.now(UTC).date() + timedelta(days=1)
            return found if found <= tomorrow.isoformat() else None
    return None


def date_of_text(text: str, path: str) -> tuple[str | None, bool]:
    """Return when a text was published, and whether that is a guess.

    It is none where the text says so or its file is named by a date, but one where a date stands by itself below the
    title, or a dateline. Several such dates are those of what the text tells.
    """
    lines = list(filter(str.strip, text.split("\n")))
    stated = labelled_date([*lines[:_FIRST_LINES], *lines[-_LAST_LINES:]])
    stated = date_in_path(path) if stated is None else stated
    if stated is not None:
        return stated, False
    below = [line for number, line in enumerate(lines[:_FIRST_LINES]) if number > 0 or len(line) > 2 * _MAX_AROUND]
    dates = {date for line in below if _has_date_by_itself(line) and (date := unlabelled_date([line])) is not None}
    return (dates.pop(), True) if len(dates) == 1 else (None, False)


def _has_date_by_itself(line: str) -> bool:
    """Tell whether a line's date stands behind nothing or a mark, unlike "valid from 1 April 2025"."""
    match = _DATE.search(line)
    return match is not None and _BEFORE_DATE.fullmatch(line, 0, match.start()) is not None


def with_publication_date(draft: Draft, name: str, created: str | None) -> Draft:
    """Return the draft of a file with its date of publication: by its text or name, or else by when it was created.

    The latter is a guess, too: a file is created when it is printed, or copied from another one.
    """
    lines = [draft.text[block.start : block.end] for block in draft.blocks if block.kind not in _TABLE_KINDS]
    published, is_guess = date_of_text("\n".join(lines), name)
    if published is None:
        published, is_guess = created, created is not None
    return replace(draft, published=published, published_is_guess=is_guess)
