"""Answers of a text to its own questions: in FAQs, interviews and chats, a sentence answers the question before it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from index.search.keywords import stems
from qa.query import lexicon
from qa.query.answer_types import answer_type_match
from qa.query.parser import Question
from qa.query.phrases import normalized_words, words_of
from qa.query.question_types import QuestionType, classify, is_verb
from qa.reader.extractive import TYPE_PENALTY
from qa.types import Candidate, Passage, Quote, Reading

# Added to score, margin and answerability of what follows the same question: the model was trained on statements.
_BONUS = 2.0
_MARGIN = 1.0  # at least, of a plain answer to it
_MAX_QUESTION = 200  # characters
_CONTEXT = 2  # sentences before a question in which the question before it is looked for
_FILLERS = lexicon.PREPOSITIONS | lexicon.word_set("now then today here there")
_PLACES = lexicon.LOCATIVE_PREPOSITIONS | lexicon.word_set("on by behind under above between beside opposite")
_CLAUSE_STARTS = lexicon.word_set("i im ive we were it its he hes she shes they theyre that thats there ask")
_PERMISSION = lexicon.word_set("allow allowed bring permitted welcome")
_DAY = re.compile(rf"\b(?:(?P<weekday>{lexicon.WEEKDAYS})s?|today|tonight|tomorrow)\b", re.I)
_DAY_LINES = 3  # below the heading of a day among which somebody speaks
_DIALOGUE = 1000  # characters before a question in which the day is looked for that is spoken of
_CLOCK = r"\d{1,2}[:.][\d:.]+(?: [AP]M)?"
_TURN = re.compile(rf"(?P<clock>{_CLOCK}) (?P<speaker>[^\W\d_][\w .'’-]{{0,40}}): ")
_CHAT_DAY = re.compile(r"[\d./-]{6,}\s+")  # the heading of a day
_SAYING = lexicon.SPEECH_VERBS | lexicon.word_set("say tell ask answer write reply post posted send sent message")
_SPEAKER = re.compile(rf"(?:{_CLOCK} )?([^\W\d_][\w .'’-]{{0,40}}): ")


def after_questions(question: Question, reading: Reading, passages: Sequence[Passage]) -> Reading:
    """Return a reading in which candidates that follow the same question in their text have a higher score.

    Those in questions of the same kind about the same are dropped. Days and times at which something was said have a
    lower score, unless they are asked for.
    """
    answers = {
        passage.sentences[at]
        for passage in passages
        for at in range(1, len(passage.sentences))
        if _asks_the_same(question, passage.sentences[max(0, at - 1 - _CONTEXT) : at + 1])
    }
    asked = _content(question.text)
    raised = [
        _rescored(question, one, one.sentence in answers)
        for one in reading.candidates
        if (text := _question_of(one.sentence, question)) is None or asked.isdisjoint(_content(text))
    ]
    return replace(reading, candidates=tuple(sorted(raised, key=lambda one: -one.score)))


def _is_stamp(candidate: Candidate) -> bool:
    """Return whether a candidate is no more than the day or the time at which a line of a chat was written.

    In a chat, somebody speaks twice, other than in a programme: "10:00 Opening: the mayor speaks".
    """
    span, text = candidate.span, candidate.span.article.text
    day = _CHAT_DAY.match(text, span.start)
    if day is None or day.end() <= span.end:
        turn = _TURN.match(candidate.sentence.text)
        is_inside = turn is not None and span.end <= candidate.sentence.start + turn.end("clock")
        return turn is not None and is_inside and _speaks_twice(text, turn["speaker"])
    lines = text[day.end() : day.end() + _DIALOGUE].split("\n")[:_DAY_LINES]
    turns = (_TURN.match(line) for line in lines)
    return any(turn is not None and _speaks_twice(text, turn["speaker"]) for turn in turns)


def _speaks_twice(text: str, speaker: str) -> bool:
    return text.count(f" {speaker}: ") > 1


def _question_of(sentence: Quote, question: Question) -> str | None:
    """Return the words of a sentence, without its speaker, where it asks for the same kind of thing, None elsewhere."""
    if not sentence.text.endswith("?") or len(sentence.text) > _MAX_QUESTION:
        return None
    text = _SPEAKER.sub("", sentence.text, count=1)
    return text if classify(text, words_of(text)) is question.type else None


def _asks_the_same(question: Question, sentences: Sequence[Quote]) -> bool:
    """Return whether the last sentence but one asks the question.

    All its words are in the question; what else is there names the article or a speaker, or stands before it, back to
    the last question: "I began with one hive. How many do you have now?" In a dialogue, the last day that was named is
    the one that is spoken of. A question without a detail is the same where the title has that.
    """
    *_, before, following = sentences
    text = _question_of(before, question)
    if text is None or following.text.endswith("?") or _form(text) != _form(question.text):
        return False
    asked, own = _content(question.text), _content(text)
    title = following.article.title
    if asked and asked <= own and own - asked <= _content(title):
        return True
    earlier = (at for at in range(len(sentences) - 3, -1, -1) if sentences[at].text.endswith("?"))
    context = _content(" ".join(one.text for one in sentences[next(earlier, -3) : -2]))
    speakers = [found[0] for one in (before, following) if (found := _SPEAKER.match(one.text)) is not None]
    known = context | _content(" ".join([title, *speakers, *_day_spoken_of(before)]))
    return own <= asked and asked - own <= known and not asked.isdisjoint(own or context)


def _rescored(question: Question, candidate: Candidate, follows: bool) -> Candidate:
    """Return a candidate with a higher score where it follows the same question, and doesn't say who speaks, and when.

    What begins a turn and is a time, a number or a place, where that is asked for, answers: "Behind the inn, at nine".
    """
    if _SAYING.isdisjoint(normalized_words(question.text)) and _is_stamp(candidate):
        return candidate.raised(-TYPE_PENALTY)
    sentence, speaker = candidate.sentence, _SPEAKER.match(candidate.sentence.text)
    start = sentence.start + (0 if speaker is None else speaker.end())
    if not follows or candidate.span.start < start:
        return candidate
    words = normalized_words(candidate.span.text)
    is_place = question.type is QuestionType.WHERE and not _PLACES.isdisjoint(words)
    is_typed = question.type in (QuestionType.WHEN, QuestionType.HOW_MANY, QuestionType.HOW_LONG)
    is_typed = is_place or (is_typed and answer_type_match(question, candidate.span.text) > 0)
    is_clause = not words or is_verb(words[0]) or words[0] in _CLAUSE_STARTS
    is_plain = candidate.span.start == start and is_typed and not is_clause and lexicon.NEGATIVES.isdisjoint(words)
    return candidate.raised(max(_BONUS, _MARGIN - candidate.no_answer_margin if is_plain else 0.0))


def _day_spoken_of(sentence: Quote) -> list[str]:
    """Return the weekday that was named last before a sentence of a dialogue, none where that is "tomorrow"."""
    earlier = sentence.article.text[max(0, sentence.start - _DIALOGUE) : sentence.start]
    turns = any(_SPEAKER.match(line) for line in earlier.split("\n"))
    *_, last = [None, *_DAY.finditer(earlier)]
    return [last["weekday"]] if turns and last is not None and last["weekday"] is not None else []


def _form(text: str) -> tuple[object, ...]:
    """Return what makes two questions with the same words differ.

    That is what follows "how", the past, a negation, and "does" in "who does she pay?".
    """
    words = normalized_words(text)
    quantity = next((word for how, word in pairwise(words) if how == "how"), None)
    is_past = not lexicon.PAST_AUXILIARIES.isdisjoint(words)
    asks_object = "who" in words and not {"do", "does", "did"}.isdisjoint(words)
    return quantity, is_past, not lexicon.NEGATIVES.isdisjoint(words), asks_object


def _content(text: str) -> frozenset[str]:
    """Return the stems that say what a question is about; all words of permission are one."""
    words = {"allow" if word in _PERMISSION else word for word in normalized_words(text)}
    return frozenset(stems(" ".join(words))) - lexicon.STOP_STEMS - _FILLERS
