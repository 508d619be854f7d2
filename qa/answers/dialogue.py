"""Answers of a text to its own questions: in FAQs, interviews and chats, a sentence answers the question before it."""

import re
from collections.abc import Sequence
from dataclasses import replace

from index.search.keywords import stems
from qa.query import lexicon
from qa.query.parser import Question
from qa.query.phrases import words_of
from qa.query.question_types import classify
from qa.types import Candidate, Passage, Quote, Reading

# Added to score, margin and answerability of what follows the same question: the model was trained on statements.
_BONUS = 4.0
_MIN_SHARED = 0.5  # of the content words of the text's question
_MAX_QUESTION = 200  # characters
_TELL_NOTHING = lexicon.word_set("now then today here there")
_SPEAKER = re.compile(r"[^\W\d_][\w .'’-]{0,40}: ")


def after_questions(question: Question, reading: Reading, passages: Sequence[Passage]) -> Reading:
    """Return a reading in which candidates that follow the same question in their text have a higher score."""
    asked = _content(question.text)
    answers = {
        following
        for passage in passages
        for before, following in zip(passage.sentences, passage.sentences[1:], strict=False)
        if _asks_the_same(question, asked, before.text)
    }
    if not answers:
        return reading
    raised = [_raised(one, answers) for one in reading.candidates]
    return replace(reading, candidates=tuple(sorted(raised, key=lambda one: -one.score)))


def _asks_the_same(question: Question, asked: frozenset[str], sentence: str) -> bool:
    """Return whether a sentence asks for the same kind of thing, and about half of what it asks is in the question."""
    if not sentence.endswith("?") or len(sentence) > _MAX_QUESTION:
        return False
    text = _SPEAKER.sub("", sentence, count=1)
    if classify(text, words_of(text)) is not question.type:
        return False
    content = _content(text)
    return len(content) > 0 and len(content & asked) >= _MIN_SHARED * len(content)


def _raised(candidate: Candidate, answers: set[Quote]) -> Candidate:
    if candidate.sentence not in answers:
        return candidate
    return replace(
        candidate,
        score=candidate.score + _BONUS,
        no_answer_margin=candidate.no_answer_margin + _BONUS,
        answerability=candidate.answerability + _BONUS,
    )


def _content(text: str) -> frozenset[str]:
    return frozenset(stems(text)) - lexicon.STOP_STEMS - _TELL_NOTHING
