"""Answers "Who is Petra Quill?" and "What is the CSTO?" by the words that describe the name.

A reading model takes a title, a part of the name or anything else beside it as readily.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from qa.answers.names import is_person_noun
from qa.query import lexicon
from qa.query.lexicon import CAPITAL
from qa.query.parser import Question
from qa.query.question_types import QuestionType, is_verb
from qa.reader.extractive import QUESTION_WEIGHTS
from qa.types import Candidate, Passage, Quote, Reading

_MARGINS = {"predicate": 6.0, "apposition": 5.0, "modifier": 4.0}  # no-answer margins, by how the name is described
_MAX_WORDS = 5  # of a name that is asked for
_MAX_MATCHES = 3  # of the name in a sentence
_MAX_BEFORE = 150  # code points before a name that may describe it
_DETERMINER = rf"(?:{'|'.join(sorted(lexicon.APPOSITION_STARTS))}|{CAPITAL}[\w-]*['’]s?)"
_ASKED = re.compile(r"(?:who|what)(?:['’]?s| is| was| are| were) (?:the )?(?P<name>[^?]+?)\??", re.I)
_GIVEN_NAME = re.compile(rf"\b{CAPITAL}[\w’'-]*\.? \Z")
_HONORIFIC = re.compile(rf"\b(?:{'|'.join(sorted(map(str.title, lexicon.HONORIFICS)))})\.? \Z")
_TITLE = re.compile(rf"(?:\b(?i:{'|'.join(lexicon.TITLES)})\.? |\b\d\d?-year-old )+\Z")
_SURNAME = re.compile(rf"(?: {CAPITAL}[\w’'-]*)*")
_END = r"(?=[.;:!?()–—\n,]| (?:who|which|whose|where)\b|\Z)"
_PREDICATE = re.compile(
    r",?(?: who| which)?,? (?:is|was|are|were|became|remains|has been)(?: also| now| then)? "
    rf"(?P<words>{_DETERMINER} .{{2,120}}?){_END}"
)
_AFTER = re.compile(rf"(?:, \d{{1,3}})?, (?P<words>[^,.;:()–—\n]{{3,100}}?){_END}")
_PARENTHESIS = re.compile(r" \((?P<words>[^()\n]*[a-z]{3}[^()\n]*)\)")
_LONG_FORM = re.compile(rf"{CAPITAL}[\w’'-]*(?: (?:{CAPITAL}[\w’'-]*|of|the|for|and))* \(\Z")
_OFFICE = re.compile(rf"(?P<role>(?:\b{CAPITAL}[\w’'-]* ){{1,3}})(?:of (?:the )?(?:{CAPITAL}[\w’'-]* ){{1,4}})?\Z")
_WORD = re.compile(r"[^\W_][\w’'-]*")
_ADVERB = re.compile(r"[a-z]{3,}(?<!mi)ly")  # no "family"
_LINKS = lexicon.word_set("of for at")  # inside a noun phrase: "head of the port"
_ROLES = lexicon.ROLE_NOUNS | lexicon.TITLES


def describe(question: Question, reading: Reading, passages: Sequence[Passage]) -> Reading:
    """Put the words that describe a name first, where the question asks who or what it is.

    Candidates that say no more than the name and its titles are dropped.
    """
    asked = _ASKED.fullmatch(question.text)
    if asked is None or question.type not in (QuestionType.WHO, QuestionType.WHAT):
        return reading
    words = _WORD.findall(asked["name"].removesuffix("'s").removesuffix("’s"))
    if not 0 < len(words) <= _MAX_WORDS or any(word.lower() in _ROLES for word in words):
        return reading  # "Who is the president of Varra?" asks for the name
    pattern = re.compile(r"\b" + r"[ .]+".join(map(re.escape, words)) + r"\b", re.I)
    scores = {hit.sentence: hit.score for passage in passages for hit in passage.hits}
    lowest = min(scores.values(), default=0.0)
    found: list[Candidate] = []
    names: list[Quote] = []
    for passage in passages:
        for sentence in passage.sentences:
            for name, kind, span in _descriptions(pattern, sentence):
                names.append(name)
                if span is not None:
                    margin = _MARGINS[kind]
                    retrieval_score = scores.get(sentence, lowest)
                    score = QUESTION_WEIGHTS.reading * margin + QUESTION_WEIGHTS.retrieval * retrieval_score
                    found.append(Candidate(span, sentence, score, margin, margin))
    others = [one for one in reading.candidates if not any(name.covers(one.span) for name in names)]
    found.sort(key=lambda one: -one.score)
    distinct = {one.span.text.casefold(): one for one in reversed(found)}
    found = [one for one in found if distinct[one.span.text.casefold()] is one]
    described = {one.sentence for one in found}
    others = [one for one in others if one.sentence not in described]
    if found and others:  # what is asked for comes first
        raised = max(0.0, others[0].score - found[0].score)
        found = [replace(one, score=one.score + raised) for one in found]
    return replace(reading, candidates=tuple(sorted([*found, *others], key=lambda one: -one.score)))


def _descriptions(pattern: re.Pattern[str], sentence: Quote) -> Iterator[tuple[Quote, str, Quote | None]]:
    """Yield the names of a sentence that match, with the best description of each, None where it has none."""
    text = sentence.text
    for match in islice(pattern.finditer(text), _MAX_MATCHES):
        if not all(word[0].isupper() or word in lexicon.NAME_LINKS for word in _WORD.findall(match.group())):
            continue  # an ordinary word
        start, end = match.start(), match.end()
        given = _GIVEN_NAME.search(text, _window(start), start)
        if " " not in match.group() and given is not None and given.group().strip(". ").lower() not in lexicon.TITLES:
            start = given.start()
        surname = _SURNAME.match(text, end)
        end = end if surname is None else surname.end()
        span, kind = _description(text, start, end)
        name = Quote(sentence.article, sentence.start + _with_titles(text, start), sentence.start + end)
        if span is None:
            yield name, kind, None
        else:
            yield name, kind, Quote(sentence.article, sentence.start + span[0], sentence.start + span[1])


def _window(end: int) -> int:
    """Return from where the text before a name is searched."""
    return max(0, end - _MAX_BEFORE)


def _with_titles(text: str, start: int) -> int:
    """Return where the titles and the age before a name begin."""
    title = _TITLE.search(text, _window(start), start)
    return start if title is None else title.start()


def _description(text: str, start: int, end: int) -> tuple[tuple[int, int] | None, str]:
    """Return the span of the words that describe the name at [start, end), and how they do."""
    predicate = _PREDICATE.match(text, end)
    if predicate is not None:
        return predicate.span("words"), "predicate"
    long_form = _LONG_FORM.search(text, _window(start), start)
    if long_form is not None:
        return (long_form.start(), long_form.end() - 2), "predicate"
    for pattern in (_AFTER, _PARENTHESIS):
        after = pattern.match(text, end)
        if after is not None and (pattern is _PARENTHESIS or _describes(after["words"])):
            return after.span("words"), "apposition"
    before = _noun_phrase(text, _with_titles(text, start), ", ")
    if before is not None:
        return before, "apposition"
    honorific = _HONORIFIC.search(text, _window(start), start)
    start = start if honorific is None else honorific.start()
    phrase = _noun_phrase(text, start, " ")
    office = _OFFICE.search(text, _window(start), start)
    if phrase is None and office is not None and office["role"].split()[-1].lower() in _ROLES:
        phrase = office.start(), office.end() - 1
    return phrase, "modifier"


def _describes(words: str) -> bool:
    """Return whether words after a name and a comma describe it: "a retired vet", "head of the port"."""
    first, *rest = _WORD.findall(words) or [""]
    if _begins_phrase(first):
        return bool(rest) and not any(_is_verb_at([first, *rest], at) for at in range(1, len(rest) + 1))
    return (
        (is_person_noun(first.lower()) or first.lower() in lexicon.ROLE_NOUNS) and rest[:1] != [] and rest[0] in _LINKS
    )


def _noun_phrase(text: str, end: int, gap: str) -> tuple[int, int] | None:
    """Return the noun phrase before a name: "the potter" of "the potter Maud Askew"; `gap` is what lies between."""
    if text[max(0, end - len(gap)) : end] != gap:
        return None
    last = end - len(gap)
    words = list(_WORD.finditer(text, _window(last), last))
    if not words or words[-1].end() != last or not _is_noun(words[-1].group()):
        return None
    plain = [word.group() for word in words]
    first = None
    for at, word in reversed(list(enumerate(plain))):
        if at < len(words) - 1 and text[words[at].end() : words[at + 1].start()] != " ":
            break
        if _begins_phrase(word):
            first = words[at]
        elif (
            _is_verb_at(plain, at)
            or (word.lower() in lexicon.PREPOSITIONS and word not in _LINKS)
            or word.lower() in lexicon.CONJUNCTIONS
        ):
            break
    return None if first is None or first is words[-1] else (first.start(), last)


def _begins_phrase(word: str) -> bool:
    return word.lower() in lexicon.APPOSITION_STARTS or word.endswith(("'s", "’s"))


def _is_noun(word: str) -> bool:
    plain = word.lower()
    function_words = lexicon.PREPOSITIONS | lexicon.CLAUSE_SUBJECTS | lexicon.CONJUNCTIONS | lexicon.FUNCTION_WORDS
    return plain not in function_words and not _is_verb_at([plain], 0)


def _is_verb_at(words: Sequence[str], at: int) -> bool:
    """Return whether a word is mostly a verb; after a determiner, none is: "a newly elected mayor"."""
    word = words[at]
    if word in lexicon.AUXILIARIES:
        return True
    before = at - 2 if at > 1 and _ADVERB.fullmatch(words[at - 1]) else at - 1
    follows = before >= 0 and (words[before].lower() in lexicon.NOUN_MARKERS or _begins_phrase(words[before]))
    return word.islower() and not follows and is_verb(word) and not is_person_noun(word)
