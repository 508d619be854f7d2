"""Resolves pronouns and descriptions that answer a question to the names that they stand for, by rule.

"Who lent her a sextant?" is answered not by "The teacher" but by "Wilhelmina Sarr", whom an earlier sentence names. The
score of a name adds up what makes it salient (Lappin and Leass 1994: nearness, subjects), agreement in gender and kind,
and words that describe both. The probability of the best name is its share in a softmax over the scores of all.
docs/decisions.md has the figures.
"""

import math
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cached_property
from itertools import islice, pairwise

from corpus.article import Article
from corpus.text.spans import Span
from index.search.keywords import stems
from qa.answers.names import Name, gender_of, is_person_noun, names_in, singular
from qa.query import lexicon
from qa.query.lexicon import CAPITAL
from qa.query.parser import Question
from qa.query.phrases import normalized_words
from qa.query.question_types import QuestionType, asked_noun
from qa.types import Anaphor, Candidate, Quote, Reading

# Returns the spans of an article's sentences, in text order; none if unknown.
SentenceSpans = Callable[[Article], Sequence[Span]]

MAX_RESOLVED = 3  # the reader's first candidates; others that are bare pronouns are dropped
_WINDOW = 8  # sentences before a pronoun in which its name is searched
_REACH = 8_000  # code points around a word within which it is searched again
_MAX_MENTIONS = 60  # names before a reference, the nearest, and as many that the words of a description lead to
_MAX_LINKED = 8  # sentences that are searched for names with the words of a description
_MAX_DESCRIPTION = 8  # words
_MAX_LENGTH = 80  # code points of a description
_NEAR = 3  # sentences within which the noun of a description, beside a name, is enough to link both

# Weights of the score of a name. Differences, times _LOG_ODDS, are log-odds.
_LOG_ODDS = 1.5
_DISTANCE, _PARAGRAPH = -0.95, -0.9  # per sentence and per paragraph between
_SUBJECT, _TOPIC = 0.5, 1.0  # for a subject, a name in the title
_ONE_WORD = -1.0  # for a person's name without a first name or a title: "Pole", "Laos"
_AGREEMENT, _DISAGREEMENT = 1.0, -6.0  # of gender
_LINK, _SHARED_WORD = 2.5, 0.8  # for the noun of a description beside the name, and for each other word of it
_READER = 0.1  # per logit of the reader's no-answer margin for the name above _MIN_MARGIN
_MIN_MARGIN = -10.0
_GIVEN = -1.0  # for a name that the question gives: it rather asks for another one
_MIN_SCORE = -2.5  # of a name for a pronoun: as likely is that none of them is meant
_UNRESOLVED = 1.5  # off the score and the no-answer margin of a description without a name

_CAPITAL_OR_DIGIT = re.compile(rf"{CAPITAL}|\d")
_RELATIVE = re.compile(r",? (?:who|whose|that|which|from|behind)\b")
_LAST_SUBJECT = re.compile(r"\S(?:,|,? (?:and|but)) (?P<subject>s?he|they|I|we)\Z")
_CHOICE = re.compile(r"\b(?:or|between)\b", re.I)
_AGED = re.compile(r"(?:[Tt]he )?\d{1,3}-year-old")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_LOWER = rf"(?!{CAPITAL})[^\W\d_]|['’-]"
_COMPLEMENT = re.compile(rf" (?:of|for) (?:the )?(?:{_LOWER})+(?: (?:{_LOWER})+)?")  # "of the fishermen's association"
_POSSESSIVE = re.compile(r"['’]s?\b")


class Kind(Enum):
    """The kind of what a question asks for, or a pronoun or description stands for."""

    PERSON = auto()
    ORGANISATION = auto()
    EITHER = auto()
    PLURAL = auto()  # an organisation, or several persons: "they"
    OTHER = auto()


def resolve_references(question: Question, reading: Reading, sentence_spans: SentenceSpans) -> Reading:
    """Return a reading whose first candidates name what their pronouns and descriptions stand for.

    Without a name, a bare pronoun is dropped, and so is what says no more than the question; another description loses
    to other candidates and some confidence. No two candidates have the same answer or the same sentence.
    """
    if question.type in (QuestionType.YES_NO, QuestionType.TOPIC):
        return reading
    asked = _Asked.of(question)
    found: list[Candidate] = []
    articles: dict[str, _ArticleNames] = {}
    for rank, candidate in enumerate(map(asked.narrowed, reading.candidates)):
        reference = asked.reference(candidate)
        name = None
        if reference is not None and asked.has_name and rank < MAX_RESOLVED:
            article = candidate.sentence.article
            if article.id not in articles:
                articles[article.id] = _ArticleNames(article, sentence_spans(article))
            name = _Resolver(asked, reference, candidate, reading, articles[article.id]).name()
        if name is not None:
            via = Anaphor(candidate.span, candidate.sentence, probability=name.probability)
            found.append(replace(candidate, span=name.span, sentence=name.sentence, via=via))
        elif asked.has_all_words(candidate):
            continue
        elif reference is None:
            found.append(candidate)
        elif not reference.is_empty:
            score, margin = candidate.score - _UNRESOLVED, candidate.no_answer_margin - _UNRESOLVED
            found.append(replace(candidate, score=score, no_answer_margin=margin))
    found.sort(key=lambda one: -one.score)
    return replace(reading, candidates=tuple(_distinct(found)))


def _distinct(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield the candidates without those that repeat the answer or sentence of a better one, where one was resolved."""
    resolved: list[Candidate] = []
    seen: list[Candidate] = []
    for candidate in candidates:
        others = resolved if candidate.via is None else seen
        if not any(_same_answer(candidate, other) for other in others):
            yield candidate
            seen.append(candidate)
            if candidate.via is not None:
                resolved.append(candidate)


def _same_answer(one: Candidate, other: Candidate) -> bool:
    return one.sentence == other.sentence or one.span.text.casefold() == other.span.text.casefold()


@dataclass(frozen=True, slots=True)
class _Reference:
    """A pronoun or description to resolve.

    gender: as `gender_of`. noun: what it is, "" where nothing says so. words: the noun and the other words of a
    description. is_empty: whether it says no more than the question. is_specified: whether further words say which one:
    "his daughter", "the singer of the song". begins: whether it begins its sentence.
    """

    kind: Kind
    gender: int = 0
    noun: str = ""
    words: frozenset[str] = frozenset()
    is_pronoun: bool = True
    is_speaker: bool = False
    is_empty: bool = True
    is_specified: bool = False
    begins: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a question asks for.

    kind: OTHER where it asks for no person and no organisation. noun: that of "which firm". words, stems: those of the
    question.
    """

    text: str
    kind: Kind
    noun: str
    words: frozenset[str]
    stems: frozenset[str]

    @classmethod
    def of(cls, question: Question) -> "_Asked":
        words = normalized_words(question.text)
        takes_noun = question.type in (QuestionType.WHICH, QuestionType.WHAT, QuestionType.OTHER)
        noun = asked_noun(words) if takes_noun else ""
        kind = Kind.EITHER if question.type is QuestionType.WHO else _kind_of(noun)
        given = {word for name in names_in(question.text) for word in (*name.title, *name.words)}
        if given and given.issuperset(set(words) - lexicon.AUXILIARIES - {"who", "whos"}):
            kind = Kind.OTHER  # "Who is Peskov?" asks for a description
        return cls(question.text, kind, noun, frozenset(words), frozenset(stems(question.text)))

    @property
    def has_name(self) -> bool:
        """Whether a name may answer."""
        return self.kind is not Kind.OTHER or self.noun != ""

    def gives(self, name: Name) -> bool:
        """Return whether the question itself has a name."""
        if self.words.issuperset(name.words):
            return True
        return any(len(own.words) > 1 and set(own.words) <= set(name.words) for own in names_in(self.text))

    def narrowed(self, candidate: Candidate) -> Candidate:
        """Return a candidate that ends with the subject of another clause, "Her own garden, she", as that subject."""
        last = _LAST_SUBJECT.search(candidate.span.text) if self.kind in (Kind.PERSON, Kind.EITHER) else None
        return (
            candidate
            if last is None
            else replace(candidate, span=replace(candidate.span, start=candidate.span.start + last.start("subject")))
        )

    def has_all_words(self, candidate: Candidate) -> bool:
        """Return whether the question has all content words of a candidate, and offers no choice between answers.

        The words of a name may be those of several in the question: "Tolvia" is another one than "Upper Tolvia".
        """
        if candidate.span == candidate.sentence or _CHOICE.search(self.text):
            return False
        content = set(stems(candidate.span.text)) - lexicon.STOP_STEMS
        if not content or not content <= self.stems:
            return False
        names = {name.words for name in names_in(self.text)}
        return all(
            name.words in names or lexicon.CALENDAR_NAMES.issuperset(map(singular, name.words))
            for name in names_in(candidate.span.text)
        )

    def reference(self, candidate: Candidate) -> _Reference | None:
        """Return what a candidate refers by, None where it is a name, or says something of its own."""
        text = candidate.span.text
        if _AGED.fullmatch(text) and self.kind in (Kind.PERSON, Kind.EITHER):
            begins = candidate.span.start - candidate.sentence.start <= len("the ")
            return _Reference(Kind.PERSON, is_pronoun=False, is_empty=False, begins=begins)
        # Most answers are names and numbers, and end here: "US" is no pronoun.
        if len(text) > _MAX_LENGTH or candidate.span == candidate.sentence or _CAPITAL_OR_DIGIT.search(text, 1):
            return None
        words = normalized_words(text)
        if len(words) == 1 and words[0] in lexicon.PRONOUNS:
            return self._pronoun(words[0]) if words != ["i"] or "I" in text else None
        if not self.has_name or not words:
            return None
        article, start, sentence = candidate.span.article.text, candidate.span.start, candidate.sentence
        before = article[sentence.start : start].lower().split()
        if words[0] in lexicon.DEFINITE_DETERMINERS:
            determiner, words = words[0], words[1:]
        elif before and before[-1] in lexicon.DEFINITE_DETERMINERS and not text[0].isupper():  # left out by the reader
            determiner, before = before[-1], before[:-1]
        else:
            return None
        complement = _COMPLEMENT.match(article, candidate.span.end, sentence.end)
        is_specified = (
            complement is not None
            or determiner not in {"the", "this", "that"}
            or _RELATIVE.match(article, candidate.span.end, sentence.end) is not None
        )
        if complement is not None:
            words = words + normalized_words(_POSSESSIVE.sub("", complement.group()))
        return self._description(words, is_specified, not before)

    def _pronoun(self, word: str) -> _Reference:
        words = frozenset({self.noun}) if self.noun else frozenset[str]()
        if word in lexicon.PERSON_PRONOUNS:
            return _Reference(Kind.PERSON, 1 if word in lexicon.MALE_PRONOUNS else -1, self.noun, words)
        if word in lexicon.SPEAKER_PRONOUNS:
            return _Reference(Kind.PERSON, 0, self.noun, words, is_speaker=True)
        if word in lexicon.THING_PRONOUNS:
            if self.kind is Kind.PERSON:
                return _Reference(Kind.OTHER)  # "it" is nobody
            kind = Kind.ORGANISATION if self.kind is Kind.EITHER else self.kind
            return _Reference(kind, 0, self.noun, words)
        return _Reference(Kind.PLURAL, 0, self.noun, words)

    def _description(self, words: Sequence[str], is_specified: bool, begins: bool) -> _Reference | None:
        if not words or len(words) > _MAX_DESCRIPTION or not lexicon.CONJUNCTIONS.isdisjoint(words):
            return None
        noun = words[next((at for at, word in enumerate(words) if at and word in lexicon.AFTER_NOUN), len(words)) - 1]
        kind = _kind_of(noun)
        content = frozenset(word for word in words if word not in lexicon.SENTENCE_STARTERS and len(word) > 2)
        is_empty = all(self._says(word) or (word in lexicon.VAGUE_NOUNS and not is_specified) for word in content)
        if kind is Kind.PERSON and self.kind is Kind.ORGANISATION:
            kind = Kind.ORGANISATION  # "the buyer"
        is_asked_noun = singular(noun) == singular(self.noun)
        if singular(noun) != noun or (kind is not Kind.OTHER and self.kind not in (kind, Kind.EITHER)):
            return None  # "the students" have no one name
        if kind is Kind.OTHER and self.kind is Kind.EITHER and is_empty:
            kind, is_specified = Kind.PERSON, True  # "the cook", where it is asked who cooks
        if kind is Kind.OTHER and not (is_asked_noun and is_empty):
            return None
        return _Reference(kind, gender_of([noun]), noun, content, False, False, is_empty, is_specified, begins)

    def _says(self, word: str) -> bool:
        """Return whether the question has a word, or the verb of what somebody does: "conducts" of "conductor"."""
        bases = [word]
        if word.endswith(("er", "or")):
            bases += [word[:-2], word[:-1], *([word[:-3]] if word[-3:-2] == word[-4:-3] else [])]
        return any(stem in self.stems for base in bases for stem in stems(base))


_WHO = _Asked("", Kind.EITHER, "", frozenset(), frozenset())


def _kind_of(noun: str) -> Kind:
    if noun in lexicon.ANYBODY:
        return Kind.PERSON
    if noun in lexicon.ORGANISATION_NOUNS or singular(noun) in lexicon.ORGANISATION_NOUNS:
        return Kind.ORGANISATION
    return Kind.PERSON if is_person_noun(noun) else Kind.OTHER


@dataclass(frozen=True, slots=True)
class _Mention:
    """A name in a sentence: the number of the sentence in its article, and its offset."""

    name: Name
    sentence: int
    offset: int

    @property
    def span(self) -> Span:
        """The span in the article."""
        return self.offset + self.name.start, self.offset + self.name.end


@dataclass(frozen=True, slots=True)
class _Referent:
    """The name that a reference stands for, its sentence, and how likely it is this name and no other."""

    span: Quote
    sentence: Quote
    probability: float = 1.0


class _ArticleNames:
    """The names of an article, by its sentences."""

    def __init__(self, article: Article, spans: Sequence[Span]) -> None:
        self.article = article
        self.spans = spans

    @cached_property
    def title(self) -> frozenset[str]:
        """The words of the title."""
        return frozenset(normalized_words(self.article.title))

    def number_at(self, position: int) -> int:
        """Return the number of the sentence at a position."""
        return max(0, bisect_right(self.spans, position, key=lambda span: span[0]) - 1)

    def quote(self, number: int) -> Quote:
        """Return a sentence."""
        return Quote(self.article, *self.spans[number])

    def mentions(self, number: int) -> Iterator[_Mention]:
        """Yield the names in a sentence."""
        start, end = self.spans[number]
        for name in names_in(self.article.text[start:end]):
            mention = _Mention(name, number, start)
            if not (name.is_doubtful and self._is_ordinary(mention)):
                yield mention

    def sentences_with(self, word: str, around: int) -> list[int]:
        """Return the numbers of at most _MAX_LINKED sentences with a word, within _REACH of a position."""
        numbers: dict[int, None] = {}
        for at in self._positions(word, around):
            numbers[self.number_at(at)] = None
            if len(numbers) == _MAX_LINKED:
                break
        return list(numbers)

    def paragraphs_between(self, first: int, last: int) -> int:
        """Return how many paragraphs end between two sentences."""
        gaps = (self.article.text[self.spans[at][1] : self.spans[at + 1][0]] for at in range(first, last))
        return sum("\n" in gap for gap in gaps)

    def _positions(self, words: str, around: int) -> Iterator[int]:
        text, last = self.article.text, around + _REACH
        at = text.find(words, max(0, around - _REACH), last)
        while at >= 0:
            yield at
            at = text.find(words, at + len(words), last)

    def _is_ordinary(self, mention: _Mention) -> bool:
        """Return whether the first word of a sentence has its capital nowhere else nearby."""
        text, (start, end) = self.article.text, mention.span
        return not any(
            text[at - 1].isalnum() or text[at - 1] == "," for at in self._positions(f" {text[start:end]}", start)
        )


class _Resolver:
    """Finds the name that the reference of a candidate stands for."""

    def __init__(
        self, asked: _Asked, reference: _Reference, candidate: Candidate, reading: Reading, names: _ArticleNames
    ) -> None:
        self._asked = asked
        self._reference = reference
        self._candidate = candidate
        self._reading = reading
        self._names = names
        self._number = names.number_at(candidate.sentence.start)

    def name(self) -> _Referent | None:
        """Return the name, None where there is none."""
        reference = self._reference
        if not self._names.spans:
            return None
        if reference.is_speaker:
            return self._speaker()
        if reference.is_pronoun and reference.kind is Kind.PERSON and (name := self._described_before()) is not None:
            return name
        if reference.kind is Kind.PLURAL and self._follows_plural():
            return None
        mentions = list(islice(self._before(), _MAX_MENTIONS))
        mentions += islice(self._linked({mention.span for mention in mentions}), _MAX_MENTIONS)
        scored = [(score, cluster) for cluster in _clusters(mentions) if (score := self._score(cluster)) is not None]
        score, best = max(scored, default=(-math.inf, []), key=lambda one: one[0])
        if not best or (reference.is_pronoun and score < _MIN_SCORE) or self._is_given(best):
            return None
        others = [other for other, _ in scored] + [_MIN_SCORE] * reference.is_pronoun
        odds = sum(math.exp(_LOG_ODDS * (other - score)) for other in others)
        return replace(self._quoted(best), probability=1 / odds)

    def _speaker(self) -> _Referent | None:
        """Return who says the sentence: the subject of a verb of speech in it or beside it."""
        for number in (self._number, self._number + 1, self._number - 1):
            if 0 <= number < len(self._names.spans):
                for mention in self._names.mentions(number):
                    if mention.name.says and not self._asked.gives(mention.name):
                        return self._quoted([mention])
        return None

    def _described_before(self) -> _Referent | None:
        """Return whom the sentence before begins with, if by a description: "The harbour master said ... He"."""
        if self._number == 0:
            return None
        sentence = self._names.quote(self._number - 1)
        words = list(_WORD.finditer(sentence.text, 0, _MAX_LENGTH))[:6]
        if not words or words[0].group().lower() not in lexicon.DEFINITE_DETERMINERS:
            return None
        for last, following in reversed(list(pairwise(words))[1:]):
            described = Candidate(Quote(sentence.article, sentence.start, sentence.start + last.end()), sentence, 0.0)
            reference = _WHO.reference(described)
            if (
                reference is not None
                and reference.kind is Kind.PERSON
                and reference.gender * self._reference.gender >= 0
                and not (reference.is_specified or following.group()[0].isupper())
            ):
                reference = replace(reference, gender=self._reference.gender)
                name = _Resolver(self._asked, reference, described, self._reading, self._names).name()
                if name is not None:
                    return name
        return None

    def _follows_plural(self) -> bool:
        """Return whether the sentence before speaks of people without a name: "the students"."""
        if self._number == 0:
            return False
        words = normalized_words(self._names.quote(self._number - 1).text)
        return any(
            word in lexicon.DEFINITE_DETERMINERS and singular(noun) != noun and is_person_noun(noun)
            for word, noun in pairwise(words)
        )

    def _before(self) -> Iterator[_Mention]:
        """Yield the names before the reference, nearest sentence first."""
        start = self._candidate.span.start
        for number in range(self._number, max(-1, self._number - _WINDOW - 1), -1):
            for mention in self._names.mentions(number):
                if mention.span[1] <= start and (self._reference.kind is Kind.PLURAL or not mention.name.is_plural):
                    yield mention

    def _linked(self, known: set[Span]) -> Iterator[_Mention]:
        """Yield further names of the article that the words of the reference describe."""
        start = self._candidate.span.start
        numbers = {number for word in self._reference.words for number in self._names.sentences_with(word, start)}
        for number in sorted(numbers):
            for mention in self._names.mentions(number):
                if mention.span not in known and not mention.name.is_plural and self._is_linked([mention]):
                    yield mention

    def _has_noun(self, cluster: Sequence[_Mention]) -> bool:
        noun = self._reference.noun
        return any(noun in mention.name.description or noun in mention.name.title for mention in cluster)

    def _shared_words(self, cluster: Sequence[_Mention]) -> set[str]:
        return {word for mention in cluster for word in self._reference.words & mention.name.description}

    def _is_linked(self, cluster: Sequence[_Mention]) -> bool:
        return self._has_noun(cluster) or len(self._shared_words(cluster)) > 1

    def _is_given(self, cluster: Sequence[_Mention]) -> bool:
        return any(self._asked.gives(mention.name) for mention in cluster)

    def _score(self, cluster: Sequence[_Mention]) -> float | None:
        """Return how well a name fits, None where it can't be meant."""
        reference = self._reference
        score = self._kind_score(cluster)
        if score is None or not (reference.is_pronoun or self._may_describe(cluster)):
            return None
        gender = reference.gender * sum(mention.name.gender for mention in cluster)
        if gender:
            score += _AGREEMENT if gender > 0 else _DISAGREEMENT
        if self._is_linked(cluster):
            score += _LINK
        score += _SHARED_WORD * len(self._shared_words(cluster) - {reference.noun})
        score += _GIVEN * self._is_given(cluster)
        score += _TOPIC * any(self._names.title.issuperset(mention.name.words) for mention in cluster)
        score += _READER * (self._margin(cluster) - _MIN_MARGIN)
        return score + max(map(self._nearness, cluster))

    def _kind_score(self, cluster: Sequence[_Mention]) -> float | None:
        """Return how well the kind of a name agrees, None where it does not."""
        person = min(3.0, max(mention.name.person for mention in cluster))
        organisation = min(3.0, max(mention.name.organisation for mention in cluster))
        place = max(mention.name.place for mention in cluster)
        match self._reference.kind:
            case Kind.PERSON:
                words = max(len(mention.name.words) + len(mention.name.title) for mention in cluster)
                return person / 2 + _ONE_WORD * (words == 1) if person >= max(0.0, place) else None
            case Kind.OTHER:
                return 0.0 if self._has_noun(cluster) else None
        if self._reference.kind is Kind.PLURAL and any(mention.name.is_plural for mention in cluster):
            return max(person, organisation) / 2 if max(person, organisation) >= place else None
        if self._reference.kind is Kind.PLURAL and person >= 1 and organisation <= 0:
            return None
        # Two capitalized words are a person's name as often as a firm's.
        return (organisation - max(person - 1, 0.0)) / 2 if person < 2 and organisation >= place else None

    def _may_describe(self, cluster: Sequence[_Mention]) -> bool:
        """Return whether a description may stand for a name.

        Two words in common are enough anywhere, and its noun nearby. Without any, the description begins its sentence,
        and the name stands in the one before.
        """
        reference = self._reference
        if self._is_given(cluster):
            return False
        if len(self._shared_words(cluster)) > 1:
            return True
        distances = [distance for one in cluster if (distance := self._number - one.sentence) >= 0]
        if self._has_noun(cluster):
            return min(distances, default=_WINDOW) <= _NEAR
        if reference.is_specified or not reference.begins or reference.noun in lexicon.GENERIC_OFFICES:
            return False
        return 1 in distances and not self._names.paragraphs_between(self._number - 1, self._number)

    def _nearness(self, mention: _Mention) -> float:
        first, last = sorted((mention.sentence, self._number))
        distance = min(last - first, _WINDOW)
        paragraphs = self._names.paragraphs_between(last - distance, last)
        return _DISTANCE * distance + _PARAGRAPH * paragraphs + _SUBJECT * mention.name.is_subject

    def _margin(self, cluster: Sequence[_Mention]) -> float:
        """Return the reader's best no-answer margin for a name: it may have read both sentences together."""
        margins = (
            other.no_answer_margin
            for other in self._reading.candidates
            if other.span.article.id == self._names.article.id
            for mention in cluster
            if other.span.start < mention.span[1] and mention.span[0] < other.span.end
        )
        return max(_MIN_MARGIN, max(margins, default=_MIN_MARGIN))

    def _quoted(self, cluster: Sequence[_Mention]) -> _Referent:
        """Return the longest form of a name, the nearest of these."""
        best = max(cluster, key=lambda one: (len(one.name.words), -abs(self._number - one.sentence)))
        if len(best.name.words) == 1:
            best = self._fuller(best)
        return _Referent(Quote(self._names.article, *best.span), self._names.quote(best.sentence))

    def _fuller(self, mention: _Mention) -> _Mention:
        """Return the first fuller form of a name of one word, such as "Anders Kipp" for "Kipp", or the name itself."""
        word = self._names.article.text[slice(*mention.span)].split()[-1]
        numbers = self._names.sentences_with(f" {word}", mention.span[0])
        fuller = (
            other
            for number in sorted(numbers)
            for other in self._names.mentions(number)
            if len(other.name.words) > 1
            and other.name.words[-1] == mention.name.words[-1]
            and other.name.organisation <= 0
            and not other.name.is_plural
            and other.name.gender * mention.name.gender >= 0
        )
        return next(fuller, mention)


def _clusters(mentions: Iterable[_Mention]) -> list[list[_Mention]]:
    """Group the mentions of one name: "Captain Ivo Strand", "Strand", "the Captain"."""
    clusters: list[list[_Mention]] = []
    by_word: defaultdict[str, set[int]] = defaultdict(set)  # the numbers of the clusters with a word
    for mention in sorted(mentions, key=lambda one: -len(one.name.words)):
        name = mention.name
        same = (
            at for at in sorted(by_word[name.words[0]]) if any(_same_name(name, other.name) for other in clusters[at])
        )
        number = next(same, len(clusters))
        if number == len(clusters):
            clusters.append([])
        clusters[number].append(mention)
        for word in (*name.words, *name.title):
            by_word[word].add(number)
    return clusters


def _same_name(short: Name, long: Name) -> bool:
    if short.is_plural or long.is_plural:
        return short.words == long.words
    if short.title and long.title and set(short.title).isdisjoint(long.title):
        return False  # "Emperor Huan" is not "General Zhang Huan"
    return set(short.words) <= set(long.words) or (len(short.words) == 1 and short.words[0] in long.title)
