"""Answers "How old is Ada Pym?" by what an article says of her: "Ada Pym, 52,", "the 52-year-old", "turned 52"."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from corpus.article import Article
from qa.answers.names import Name, names_in
from qa.types import Candidate, Quote, ScoredCandidate

_ASKED = re.compile(
    r"(?:how old (?:is|was) (?P<name>.+?)|what (?:is|was) (?P<owner>.+?)(?:['’]s?) age)(?: now)?\?", re.I
)
_TOLD = 0.9  # the confidence where an age stands beside the name
_REFERRED = 0.7  # ... where "the 52-year-old" follows it
_AGE = r"(?P<age>\d{1,3})"
_UNIT = r"(?:-year-old| years? old)"
_AFTER_NAME = tuple(
    re.compile(form)
    for form in (
        rf"(?:,| \()? ?(?:aged |now )?{_AGE}(?=[,;.)]|{_UNIT})",
        rf", (?:an? |the )?(?:[\w'’-]+ ){{0,4}}?{_AGE}{_UNIT}",
        rf",? (?:an? |the )(?:[\w'’-]+ ){{1,4}}of {_AGE}\b",
        rf",? (?:who )?(?:is|was|turns|turned|has turned) {_AGE}(?=[,;.]| years old| (?:in|on|last|this|next|when)\b)",
    )
)
_BEFORE_NAME = re.compile(rf"\b{_AGE}-year-old (?:[\w'’-]+,? ){{0,5}}\Z")
_REFERENCE = re.compile(rf"\b(?:[Tt]he|[Hh]e was|[Ss]he was|[Hh]e is|[Ss]he is|[Aa]t) {_AGE}(?:-year-old\b| years old)")


@dataclass(frozen=True, slots=True)
class AskedAge:
    """Whose age a question asks for: the words of the name in lower case."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, question: str) -> "AskedAge | None":
        """Return whose age a question asks for, None where it asks for nobody's."""
        asked = _ASKED.fullmatch(question)
        if asked is None:
            return None
        text = asked["name"] or asked["owner"]
        named = [name for name in names_in(f"this is {text}.") if name.end == len(f"this is {text}")]
        is_person = bool(named) and named[-1].person >= max(named[-1].place, named[-1].organisation)
        return cls(tuple(named[-1].words)) if is_person else None

    def answers(self, articles: Iterable[tuple[Article, Sequence[tuple[int, int]]]]) -> list[ScoredCandidate]:
        """Return the ages told by articles with the spans of their sentences, the surest first, then the newest."""
        told = [one for article, spans in articles for one in self._told_in(article, spans)]
        newest = sorted(told, key=lambda one: one[0].sentence.article.published or "", reverse=True)
        return sorted(newest, key=lambda one: -one[1])

    def _told_in(self, article: Article, spans: Sequence[tuple[int, int]]) -> Iterator[ScoredCandidate]:
        if self.words[-1] not in article.text.lower():
            return
        sentences = [Quote(article, *span) for span in spans]
        for sentence in sentences:
            for start, end in _ages_beside(sentence.text, self._named_in(sentence.text)):
                yield _candidate(sentence, start, end, _TOLD)
        for before, sentence in pairwise(sentences):
            found = _REFERENCE.search(sentence.text)
            persons = [name for name in names_in(before.text) if name.person > 0 or len(name.words) > 1]
            is_alone = found is not None and not any(name.person > 0 for name in names_in(sentence.text))
            if found is not None and is_alone and persons and self._is(persons[0]):
                yield _candidate(sentence, found.start("age"), found.end("age"), _REFERRED)

    def _named_in(self, text: str) -> list[Name]:
        return [name for name in names_in(text) if self._is(name)]

    def _is(self, name: Name) -> bool:
        """Return whether a name may be that person's: it has the same surname, and no other given name."""
        given, wanted = name.words[:-1], self.words[:-1]
        return name.words[-1] == self.words[-1] and (not given or not wanted or given[0] == wanted[0])


def _ages_beside(text: str, names: Sequence[Name]) -> Iterator[tuple[int, int]]:
    """Yield where a sentence tells the age of somebody whom it names, by the names."""
    for name in names:
        forms = (form.match(text, name.end) for form in _AFTER_NAME)
        found = next(filter(None, forms), None) or _BEFORE_NAME.search(text, 0, name.start)
        if found is not None:
            yield found.span("age")


def _candidate(sentence: Quote, start: int, end: int, confidence: float) -> ScoredCandidate:
    span = Quote(sentence.article, sentence.start + start, sentence.start + end)
    return Candidate(span, sentence, 0.0), confidence
