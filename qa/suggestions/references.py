"""Names what a sentence is about where it begins with a pronoun or a short description: "He", "The bridge".

Only where an article leaves no other reading. What a question needs is a name; its answer keeps the article's words.
"""

import re
from collections.abc import Sequence

from qa.answers.names import Name, names_in
from qa.conversation.mentions import given_names
from qa.suggestions.article_names import ArticleNames

_PRONOUN = re.compile(r"(?P<word>He|She) (?=[a-z])")
_SHORT = re.compile(r"The (?P<noun>[a-z]{3,}) (?=[a-z]+ )")
_MIN_NAME = 2  # words


def with_named_subjects(sentences: Sequence[str], article: ArticleNames) -> list[str]:
    """Return the sentences of an article with the names that their first words stand for, where those are clear."""
    full = _full_names(sentences, article)
    described = _described(sentences)
    found: list[str] = []
    before: tuple[str, ...] = ()  # the people of the sentence before, as they are written in full
    for sentence in sentences:
        people, named = _people(sentence, article, full), sentence
        pronoun, short = _PRONOUN.match(sentence), _SHORT.match(sentence)
        if pronoun is not None and len(before) == 1 and _may_be(before[0], pronoun["word"]):
            named = f"{before[0]} {sentence[pronoun.end() :]}"
            people = tuple(dict.fromkeys((*before, *people)))
        elif short is not None and len(names := described.get(short["noun"], ())) == 1:
            named = f"The {names[0]} {sentence[short.end() :]}"
        found.append(named)
        before = people
    return found


def _people(sentence: str, article: ArticleNames, full: dict[str, str]) -> tuple[str, ...]:
    """Return the names of the people in a sentence, each once and in full; those that may be people too."""
    names = (one for one in names_in(sentence) if one.person > 0 or article.is_person(one) or one.words[-1] in full)
    return tuple(dict.fromkeys(full.get(one.words[-1], _written(sentence, one)) for one in names))


def _full_names(sentences: Sequence[str], article: ArticleNames) -> dict[str, str]:
    """Return the full names of an article's people by the last word, where no two share it."""
    found: dict[str, set[str]] = {}
    for sentence in sentences:
        for name in names_in(sentence):
            written = _written(sentence, name)
            if article.is_person(name) and len(written.split()) >= _MIN_NAME:
                found.setdefault(name.words[-1], set()).add(written)
    return {last: next(iter(names)) for last, names in found.items() if len(names) == 1}


def _written(sentence: str, name: Name) -> str:
    words = sentence[name.start : name.end].split()
    return " ".join(words[len(name.title) :] or words)


def _may_be(name: str, pronoun: str) -> bool:
    gender = given_names().get(name.split(maxsplit=1)[0].lower(), 0)
    return gender == 0 or (gender > 0) == (pronoun == "He")


def _described(sentences: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the names that an article gives with "the", by their last word: "bridge" for "the Corran Bridge"."""
    found: dict[str, dict[str, None]] = {}
    for sentence in sentences:
        for name in names_in(sentence):
            has_article = sentence[: name.start].endswith(("the ", "The "))
            if has_article and len(name.words) >= _MIN_NAME and name.words[-1].isalpha():
                found.setdefault(name.words[-1], {})[sentence[name.start : name.end]] = None
    return {noun: tuple(names) for noun, names in found.items()}
