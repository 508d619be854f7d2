"""Finds the source that a question asks: "according to Reuters", "what does the Gazette say about ...", "Echo: ..."."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from corpus.store.words import fold
from qa.query import lexicon

_SAYS = r"(?:says?|said|reports?|reported|writes?|wrote|written|claims?|claimed|states?|stated|has|have)"
_REPORT = r"(?:reports?|reporting|articles?|story|stories|coverage|piece|account|version|figures)"
# What surrounds a name, and is cut from the question with it; of the second ones, a place may be the name as well.
_FORMS = (
    rf"\b(?:according to|as (?:reported|told|written|stated) (?:by|in)|reported (?:by|in)) NAME(?:['’]s?)?"
    rf"(?: {_REPORT}\b)?",
    rf"\b(?:in|from|by) NAME(?:['’]s?)? {_REPORT}\b",
    rf"\b(?:in|from) (?:the|an?) {_REPORT} (?:of|in|by|from) NAME",
    rf"\bwhat(?: (?:does|do|did|has|have)|['’]s|s)? NAME {_SAYS}(?: to say)? (?P<about>about|on|of)\b",
    r"\b(?:does|do|did) NAME (?:say|report|write|claim|state)\b(?: that\b)?",
    rf"\bas NAME (?:{_SAYS}|has it|puts it)\b",
    r",? (?:says|said|reports|reported|writes|wrote) NAME(?=\?*$)",
    rf"\ANAME(?: {_SAYS})?: ",
)
_FORMS_OF_PLACES = (r"(?:\A|(?<=, ))in NAME(?=,)", r"\bin NAME(?=\?*$)")
# Without one of these, a question names no source in any of the forms.
_CUE = re.compile(
    rf"\b(?:according to|{_SAYS}|{_REPORT}|puts it|in (?:the )?[A-Z][\w.]*(?: \w+){{0,5}}(?:,|\?*$))|\A[^:?]{{2,80}}: ",
    re.I,
)
# The last words of a source are its name only after "the", or where they end with one of these: "Radio Kolby" is not
# "Kolby".
_MEDIA = lexicon.word_set("""
    agency argus bulletin chronicle courier daily dispatch echo examiner express gazette globe guardian herald
    independent inquirer journal ledger mail mercury messenger mirror monitor news observer post press radio record
    register review sentinel standard star sun telegraph times tribune tv voice weekly wire
""")
_MAX_NAME = 6  # words
_MIN_REST = 2  # words that are asked of a source: not "What did Reuters report?"
_WORD = re.compile(r"[^\s,:;?!’']+")
_PART = re.compile(r"\w+")
_DOMAIN = re.compile(r"(?:(?:www|news|blog|m|en)\.)?([^\s./]+)(?:\.[^\s./]+)+")
_Known = Mapping[tuple[str, ...], tuple[str, ...]]  # sources by the words that stand for them


@dataclass(frozen=True, slots=True)
class AskedSource:
    """The words of a question that name a source, the sources that they stand for, and the question without them."""

    text: str
    sources: tuple[str, ...]
    question: str


def may_name_source(question: str) -> bool:
    """Return whether a question has words that lead to a source; most questions have none."""
    return _CUE.search(question) is not None


@dataclass(frozen=True, slots=True)
class SourceNames:
    """The sources that there are, by the words of their names, by their last words and by acronyms."""

    whole: _Known
    parts: _Known

    @classmethod
    def of(cls, sources: Collection[str]) -> Self:
        """Return the names of sources."""
        return cls(_by_words((tuple(_words(one)), one) for one in sources), _by_words(_parts_of(sources)))


def asked_source(question: str, sources: SourceNames) -> AskedSource | None:
    """Return the source that a question asks, None where it names none of those that there are.

    A name is a source's whole name, its last words ("the Gazette") or an acronym that it begins with ("BBC"); its first
    word alone may be a place. Capitals count, unless the question has none.
    """
    for name, found, is_part in _named_sources(question, sources):
        for form in (*_FORMS, *_FORMS_OF_PLACES):
            match = re.search(form.replace("NAME", rf"(?P<name>(?:the )?{re.escape(name)})"), question, re.I)
            may_be_another = is_part or form in _FORMS_OF_PLACES
            if match is None or (may_be_another and not _is_of_medium(match["name"])):
                continue
            is_about = match.groupdict().get("about") is not None
            rest = f"tell me about {question[match.end() :].strip()}" if is_about else _without(question, match)
            if len(rest.split()) >= _MIN_REST:
                return AskedSource(match["name" if is_about else 0].strip(" ,:"), found, rest)
    return None


def _is_of_medium(name: str) -> bool:
    """Return whether a name is surely that of a medium: "the Gazette", "Gazette", "BBC", but not "Kolby"."""
    return name.lower().startswith("the ") or name.rsplit(maxsplit=1)[-1].lower() in _MEDIA or name.isupper()


def _named_sources(question: str, sources: SourceNames) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Yield the words of a question that stand for sources, the longest first, and whether they are parts of names."""
    has_capitals = not question.islower()
    whole = sources.whole
    parts: _Known = sources.parts if has_capitals else {}
    found = list(_WORD.finditer(question))
    for length in range(_MAX_NAME, 0, -1):
        for first, last in zip(found, found[length - 1 :], strict=False):
            name = question[first.start() : last.end()].rstrip(".")
            if has_capitals and not any(map(str.isupper, name)):
                continue
            words = tuple(_words(name))
            named = whole.get(words) or parts.get(words) or (parts.get((name,)) if length == 1 else None)
            if named:
                yield name, named, words not in whole


def _parts_of(sources: Iterable[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the last words of sources in lower case, and the acronyms that they begin with as they are."""
    for source in sources:
        words = tuple(_words(source))
        for at in range(1, len(words)):
            yield words[at:], source
        first = source.split()[0] if source.split() else ""
        if len(words) > 1 and len(first) > 1 and first.isupper():
            yield (first,), source


def _without(question: str, match: re.Match[str]) -> str:
    before, after = question[: match.start()].rstrip(), question[match.end() :].strip(" ,")
    joined = f"{before} {after}" if before.endswith(",") and after[:1].isalnum() else f"{before.rstrip(',')} {after}"
    return joined.strip().replace(" ?", "?")


def _by_words(pairs: Iterable[tuple[tuple[str, ...], str]]) -> _Known:
    known: dict[tuple[str, ...], list[str]] = {}
    for words, source in pairs:
        if words:
            known.setdefault(words, []).append(source)
    return {words: tuple(named) for words, named in known.items()}


def _words(name: str) -> list[str]:
    domain = _DOMAIN.fullmatch(name.strip())
    words = _PART.findall(fold(name if domain is None else domain[1]))
    return words[1:] if words[:1] == ["the"] else words
