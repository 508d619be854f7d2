"""Questions that are several in one: "When and where was she born?", "Where did he die and where was he buried?"."""

import re
from collections.abc import Sequence

from qa.query import lexicon
from qa.query.phrases import Word
from qa.query.question_types import QuestionType, is_auxiliary, is_verb, question_type_at

_MAX_PARTS = 3
_MAX_NOUNS = 4  # words between a question word and its predicate: "how many new cars can"
_CONJUNCTIONS = ("and", "or")
_TIME_UNIT = re.compile(lexicon.TIME_UNITS)
_SUBJECT_WORDS = ("who", "what", "which", "how")  # "how many people came"


def sub_questions(text: str, words: Sequence[Word]) -> tuple[str, ...]:
    """Return the questions that a question joins by "and", each with the words that they share; none for a single one.

    A pronoun in a later one is replaced by what the first is about. "How many cars and bikes does it take?" is two.
    """
    starts = [at for at in range(len(words)) if _begins_part(text, words, at)]
    if starts == [0]:
        return _counts(text, words)
    if not 2 <= len(starts) <= _MAX_PARTS or starts[0] != 0:
        return ()
    ends = [at - (words[at - 1].normalized in _CONJUNCTIONS) for at in starts[1:]] + [len(words)]
    parts = [words[start:end] for start, end in zip(starts, ends, strict=True)]
    predicates = [_predicate(part) for part in parts]
    asked = list(zip(parts, predicates, strict=True))
    whole = next((at for at, predicate in enumerate(predicates) if predicate is not None), None)
    if whole is None or any(_is_clause(part, predicate) for part, predicate in asked):
        return ()
    first = predicates[whole] or 0
    shared, subject = _text(text, parts[whole][first:]), _subject(text, parts[whole], first)
    asks_who = parts[whole][0].normalized == "who" and not is_auxiliary(parts[whole][first])
    questions = []
    for at, (part, predicate) in enumerate(asked):
        if predicate is None:  # "when and where was she born", "who won, and when"
            begin = part[:-1] if is_auxiliary(part[-1]) and len(part) > 1 else part  # "when did and how did she"
            questions.append(f"{_text(text, begin)} {shared}?")
        else:
            named = _text(text, part) if at == whole else _with_subject(text, part, predicate, subject, asks_who)
            questions.append(f"{named}?")
    return tuple(f"{one[0].upper()}{one[1:]}" for one in questions)


def _counts(text: str, words: Sequence[Word]) -> tuple[str, ...]:
    """Return a question for each of the things that one question counts, none where it counts but one.

    Each is one word: in "arts and crafts fairs" and "new cars and vans" a word may belong to both.
    """
    plain = [word.normalized for word in words]
    if plain[:2] != ["how", "many"]:
        return ()
    ends_counted = lexicon.AUXILIARIES | (lexicon.PREPOSITIONS - {"of"})
    end = next((at for at in range(3, len(words)) if plain[at] in ends_counted or is_verb(plain[at])), len(words))
    groups: list[list[Word]] = [[]]
    for at in range(2, end):
        if plain[at] == "and" or "," in text[words[at - 1].end : words[at].start]:
            groups.append([])
        if plain[at] != "and":
            groups[-1].append(words[at])
    counted = [group for group in groups if group]
    if end == len(words) or not 2 <= len(counted) <= _MAX_PARTS or "and" not in plain[2:end]:
        return ()
    if any(len(group) > 1 for group in counted):
        return ()
    nouns = [group[0].normalized for group in counted]
    if any(_TIME_UNIT.fullmatch(noun) for noun in nouns):  # "how many hours and minutes"
        return ()
    if not all((noun.endswith("s") and not noun.endswith("ss")) or noun in lexicon.PLURALS for noun in nouns):
        return ()
    return tuple(f"{_text(text, words[:2])} {_text(text, group)} {_text(text, words[end:])}?" for group in counted)


def _begins_part(text: str, words: Sequence[Word], at: int) -> bool:
    """Return whether one of several questions begins at a word: the first, or after "and" or a question mark."""
    follows = at == 0 or words[at - 1].normalized in _CONJUNCTIONS or "?" in text[words[at - 1].end : words[at].start]
    precedes = at + 1 < len(words) and words[at + 1].normalized in _CONJUNCTIONS  # "when, where and why"
    if not (follows or (precedes and _begins_part(text, words, at - 1))):
        return False
    place = at + (words[at].normalized in lexicon.PREPOSITIONS)
    return question_type_at(words, place) is not None or (at == 0 and is_auxiliary(words[0]))


def _predicate(part: Sequence[Word]) -> int | None:
    """Return the index of the word with which the predicate of a question begins; None where it has none.

    That is an auxiliary before its subject ("was she born"), or the verb where the subject is asked for ("who won").
    """
    if is_auxiliary(part[0]):
        return 0
    if part[0].normalized == "who":
        return 1 if len(part) > 1 else None
    asks_subject = part[0].normalized in _SUBJECT_WORDS
    for at, word in enumerate(part[1 : 2 + _MAX_NOUNS], start=1):
        if (is_auxiliary(word) and at < len(part) - 1) or (asks_subject and is_verb(word.normalized)):
            return at
    return None


def _is_clause(part: Sequence[Word], predicate: int | None) -> bool:
    """Return whether a part is no question but a clause, or has one: "when he died", "what it says about when"."""
    if predicate not in (0, 1) and len(part) > 1 and part[1].normalized in lexicon.CLAUSE_SUBJECTS:
        return True
    return any(
        question_type_at(part, at) is not None and not (at == 1 and part[0].normalized in lexicon.PREPOSITIONS)
        for at in range(1, len(part))
    )


def _subject(text: str, part: Sequence[Word], predicate: int) -> str | None:
    """Return the words between an auxiliary and its verb, or those after a verb; None for a pronoun."""
    at = predicate + 1
    if at < len(part) and part[at].normalized in ("i", "you", "we"):  # "can I bring a dog"
        at += 2
    if at >= len(part) or part[at].normalized in lexicon.THIRD_PERSON_PRONOUNS or _ends_subject(text, part[at]):
        return None
    end = at + 1
    while end < len(part) and (part[end - 1].normalized in lexicon.NOUN_MARKERS or not _ends_subject(text, part[end])):
        end += 1
    return _text(text, part[at:end])


def _ends_subject(text: str, word: Word) -> bool:
    if text[word.start].isupper():
        return False
    is_preposition = word.normalized in lexicon.PREPOSITIONS and word.normalized != "of"
    return is_auxiliary(word) or is_verb(word.normalized) or is_preposition


def _with_subject(text: str, part: Sequence[Word], predicate: int, subject: str | None, asks_who: bool) -> str:
    """Return a question with its first pronoun replaced; after "who invented it", "he" is the answer."""
    for at, word in enumerate(part if subject is not None else ()):
        is_possessive = word.normalized in lexicon.POSSESSIVES and at < len(part) - 1
        if is_possessive and not (at == predicate + 1 and is_auxiliary(part[predicate])):  # "how many lost their jobs"
            continue
        if word.normalized == "it" and _takes_time(part, at + 1):
            continue
        if word.normalized in lexicon.THIRD_PERSON_PRONOUNS and not (asks_who and word.normalized not in ("it", "its")):
            named = f"{subject}'s" if is_possessive else subject
            return f"{text[part[0].start : word.start]}{named}{text[word.end : part[-1].end]}"
    return _text(text, part)


def _takes_time(part: Sequence[Word], at: int) -> bool:
    """Return whether "take" stands at an index of a question for a duration, where "it" is nothing: "does it take"."""
    asks_duration = question_type_at(part, 0) is QuestionType.HOW_LONG or any(
        word.normalized == "time" or _TIME_UNIT.fullmatch(word.normalized) for word in part[:at]
    )
    return asks_duration and at < len(part) and part[at].normalized in ("take", "takes", "took", "taken")


def _text(text: str, part: Sequence[Word]) -> str:
    return text[part[0].start : part[-1].end]
