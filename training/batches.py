"""One epoch's examples, newly drawn, in batches of like lengths."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from training.changes import changed
from training.examples import Example, Source, joined_sentences
from training.near import near_example

_PER_ROUND = 40  # batches whose questions are sorted by length together
_OTHERS = 3  # texts that a changed question takes names and words from
# How often a question also has a passage that does not answer it; many a forum's question has answers elsewhere, too.
_NEAR_WIKI, _NEAR_FORUM = 1.0, 0.35
_CUT_OUT, _CHANGED = 0.3, 0.35
_UNTITLED, _UNMARKED, _MISSPELT = 0.15, 0.15, 0.05
Group = list[Example]


@dataclass(frozen=True, slots=True)
class Material:
    """What training draws from: `near` has the near passages of every source of `wiki` and `forum`, in their order."""

    wiki: Sequence[Source]
    forum: Sequence[Source]
    single: Sequence[Source]
    near: Sequence[Sequence[tuple[str, str]]]


def epoch(material: Material, seed: int, number: int, tokens: int, singles: int) -> list[list[Group]]:
    """Return the batches of an epoch, the same ones for the same numbers.

    A batch holds groups: a question with its passage and passages that don't answer. It has about `tokens` tokens.
    `singles` of the single sentences are drawn.
    """
    choice = random.Random(f"{seed} {number}")
    others = _by_article([*material.wiki, *material.forum])
    groups: list[Group] = []
    for source, near in zip([*material.wiki, *material.forum], material.near, strict=True):
        groups += _groups(source, near, others, choice)
    drawn = choice.sample(material.single, min(singles, len(material.single)))
    groups += [[source.whole()] for source in joined_sentences(drawn, choice)]
    groups = [[_varied(one, choice) for one in group] for group in groups]
    choice.shuffle(groups)
    batches = list(_batches(groups, tokens))
    choice.shuffle(batches)
    return batches


def _groups(
    source: Source, near: Sequence[tuple[str, str]], others: dict[str, list[str]], choice: random.Random
) -> Iterator[Group]:
    group = [source.window(choice)]
    if choice.random() < (_NEAR_WIKI if source.title else _NEAR_FORUM):
        found = near_example(source, near, choice)
        group += [] if found is None else [found]
    if choice.random() < _CUT_OUT:
        left = source.without_answer(choice)
        group += [] if left is None else [left]
    yield group
    if choice.random() < _CHANGED:
        texts = others[source.article]
        new = changed(source.question, source.text, choice.sample(texts, min(_OTHERS, len(texts))), choice)
        if new is not None:
            window = source.window(choice)
            yield [Example(new, window.title, window.text, ())]


def _by_article(sources: Sequence[Source]) -> dict[str, list[str]]:
    texts: dict[str, dict[str, None]] = {}
    for source in sources:
        texts.setdefault(source.article, {}).update({source.text: None, source.question: None})
    return {article: list(own) for article, own in texts.items()}


def _varied(example: Example, choice: random.Random) -> Example:
    """Ask as people do: without the mark, misspelt; and leave the title out at times."""
    question, title = example.question.strip(), example.title
    if choice.random() < _UNMARKED:
        question = question.rstrip("? ")
    if choice.random() < _MISSPELT:
        question = misspelt(question, choice)
    return Example(question, "" if choice.random() < _UNTITLED else title, example.text, example.spans)


def misspelt(question: str, choice: random.Random) -> str:
    """Return the question with two letters of one of its longer words swapped, one dropped, or one doubled."""
    words = question.split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    if not long:
        return question
    at = choice.choice(long)
    word = words[at]
    place = choice.randrange(1, len(word) - 1)
    words[at] = choice.choice(
        [
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
            word[:place] + word[place + 1 :],
            word[:place] + word[place] + word[place:],
        ]
    )
    return " ".join(words)


def _batches(groups: Sequence[Group], tokens: int) -> Iterator[list[Group]]:
    """Sort rounds of groups by length, so that little is padding, and fill batches with them."""
    budget = tokens * 4.3  # characters of English a token, spaces included
    total = sum(_size(group) for group in groups)
    per_round = max(1, round(len(groups) * _PER_ROUND * budget / max(1.0, total)))
    for start in range(0, len(groups), per_round):
        batch: list[Group] = []
        size = 0.0
        for group in sorted(groups[start : start + per_round], key=_longest):
            if batch and size + _size(group) > budget:
                yield batch
                batch, size = [], 0.0
            batch.append(group)
            size += _size(group)
        yield batch


def _longest(group: Group) -> int:
    return max(len(one.question) + len(one.text) for one in group)


def _size(group: Group) -> float:
    return float(sum(len(one.question) + len(one.title) + len(one.text) for one in group))
