"""Answers of a text to its own questions: in FAQs, interviews and chats, a sentence answers the question before it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from index.search.keywords import stems
from qa.query import lexicon
from qa.query.parser import Question
from qa.query.phrases import normalized_words, words_of
from qa.query.question_types import classify
from qa.types import Passage, Quote, Reading

# Added to score, margin and answerability of what follows the same question: the model was trained on statements.
_BONUS = 4.0
_MAX_QUESTION = 200  # characters
_CONTEXT = 3  # sentences before a question without words of its own that may say what it is about
_FILLERS = lexicon.word_set("now then today here there")
_PERMISSION = lexicon.word_set("allow allowed bring permitted welcome")
_SPEAKER = re.compile(r"(?:\d{1,2}[:.][\d:.]+(?: [AP]M)? )?([^\W\d_][\w .'’-]{0,40}): ")


def after_questions(question: Question, reading: Reading, passages: Sequence[Passage]) -> Reading:
    """Return a reading in which candidates that follow the same question in their text have a higher score.

    Those in that question itself are dropped.
    """
    answers = {
        passage.sentences[at]: passage.sentences[at - 1]
        for passage in passages
        for at in range(1, len(passage.sentences))
        if _asks_the_same(question, passage.sentences[max(0, at - 1 - _CONTEXT) : at + 1])
    }
    if not answers:
        return reading
    questions = set(answers.values())
    raised = [
        one.raised(_BONUS) if one.sentence in answers else one
        for one in reading.candidates
        if one.sentence not in questions
    ]
    return replace(reading, candidates=tuple(sorted(raised, key=lambda one: -one.score)))


def _asks_the_same(question: Question, sentences: Sequence[Quote]) -> bool:
    """Return whether the last sentence but one asks the question.

    Either has all the words of the other, whose other words name the article or a speaker. "And how many do you have
    now?" has no word of its own: all that is asked must be in the title, or from the question before it on.
    """
    *_, before, following = sentences
    if not before.text.endswith("?") or len(before.text) > _MAX_QUESTION:
        return False
    text = _SPEAKER.sub("", before.text, count=1)
    if classify(text, words_of(text)) is not question.type or _form(text) != _form(question.text):
        return False
    asked, own = _content(question.text), _content(text)
    if own:
        speakers = [found[1] for one in (before, following) if (found := _SPEAKER.match(one.text)) is not None]
        title = following.article.title
        is_narrower = asked <= own and own - asked <= _content(title)
        return is_narrower or (own <= asked and asked - own <= _content(" ".join([title, *speakers])))
    earlier = next((at for at in range(len(sentences) - 3, -1, -1) if sentences[at].text.endswith("?")), None)
    if earlier is None:
        return False
    around = " ".join([following.article.title, *(sentence.text for sentence in sentences[earlier:])])
    return len(asked) > 0 and asked <= _content(around)


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
