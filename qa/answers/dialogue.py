"""Answers of a text to its own questions: in FAQs, interviews and chats, a sentence answers the question before it."""

import re
from collections.abc import Sequence, Set
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
_CONTEXT = 3  # sentences before a question that may say what it is about
_TELL_NOTHING = lexicon.word_set("now then today here there")
_SPEAKER = re.compile(r"[^\W\d_][\w .'’-]{0,40}: ")


def after_questions(question: Question, reading: Reading, passages: Sequence[Passage]) -> Reading:
    """Return a reading in which candidates that follow the same question in their text have a higher score.

    Those in that question itself are dropped.
    """
    asked = _content(question.text)
    dialogue = {
        passage.sentences[at]: passage.sentences[at - 1]
        for passage in passages
        for at in range(1, len(passage.sentences))
        if _asks_the_same(question, asked, passage.sentences[max(0, at - 1 - _CONTEXT) : at + 1])
    }
    if not dialogue:
        return reading
    questions = set(dialogue.values())
    raised = [_raised(one, dialogue.keys()) for one in reading.candidates if one.sentence not in questions]
    return replace(reading, candidates=tuple(sorted(raised, key=lambda one: -one.score)))


def _asks_the_same(question: Question, asked: frozenset[str], sentences: Sequence[Quote]) -> bool:
    """Return whether the last sentence but one asks for the same kind of thing, and about half of it is asked.

    "And how many do you have now?" has no content word: all that is asked must stand around it.
    """
    *_, before, following = sentences
    if not before.text.endswith("?") or len(before.text) > _MAX_QUESTION:
        return False
    text = _SPEAKER.sub("", before.text, count=1)
    if classify(text, words_of(text)) is not question.type:
        return False
    content = _content(text)
    if not content:
        around = " ".join([following.article.title, *(sentence.text for sentence in sentences)])
        return len(asked) > 0 and asked <= _content(around)
    return len(content & asked) >= _MIN_SHARED * len(content)


def _raised(candidate: Candidate, answers: Set[Quote]) -> Candidate:
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
