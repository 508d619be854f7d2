"""One epoch's examples, newly drawn, in batches of like lengths."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from training.data.augmentation import changed
from training.data.examples import Example, Source, joined_sentences, passage_length
from training.data.hard_negatives import crowded, near_example

_PER_ROUND = 40  # batches whose questions are sorted by length together
_OTHERS = 3  # texts that a changed question takes names and words from
_UNTITLED, _UNMARKED, _MISSPELT = 0.15, 0.15, 0.05
_LOST = 0.3  # of a question's words, about, at most, where it is worn
_FEWEST = 3
Group = list[Example]


@dataclass(frozen=True, slots=True)
class Material:
    """What training draws from: `near` has the near passages of every source of `wiki` and `forum`, in their order."""

    wiki: Sequence[Source]
    forum: Sequence[Source]
    single: Sequence[Source]
    near: Sequence[Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Mix:
    """What an epoch is made of, in shares.

    forum: of the forums' questions, drawn anew, since they are many, and least like articles. near_wiki, near_forum:
    how often a question also has a passage that retrieval finds and that does not answer it; many a forum's question
    has answers elsewhere, too. cut_out: ... its own paragraph without the answer. changed, changed_single: ... its
    passage, or its single sentence, with a question that it doesn't answer. crowded: how often the passage that answers
    a question about an article is shorter, and among sentences of a near passage. worn: how often words of a question
    are left out.
    """

    forum: float = 0.75
    near_wiki: float = 1.0
    near_forum: float = 0.35
    cut_out: float = 0.3
    changed: float = 0.6
    changed_single: float = 0.3
    crowded: float = 0.0
    worn: float = 0.0


def epoch(
    material: Material, seed: int | str, number: int, tokens: int, singles: int, mix: Mix | None = None
) -> list[list[Group]]:
    """Return the batches of an epoch, the same ones for the same numbers.

    A batch holds groups: a question with its passage, passages that don't answer, and the passage with a question that
    it doesn't answer. It has about `tokens` tokens. `singles` of the single sentences are drawn.
    """
    mix = Mix() if mix is None else mix
    choice = random.Random(f"{seed} {number}")
    others = _by_article([*material.wiki, *material.forum])
    groups: list[Group] = []
    for at, (source, near) in enumerate(zip([*material.wiki, *material.forum], material.near, strict=True)):
        if at < len(material.wiki) or choice.random() < mix.forum:
            groups.append(_group(_asked(source, mix, choice), near, others[source.article], mix, choice))
    drawn = choice.sample(material.single, min(singles, len(material.single)))
    for source in joined_sentences(drawn, choice):
        texts = [source.text for source in choice.sample(drawn, min(_OTHERS, len(drawn)))]
        asked = _asked(source, mix, choice)
        groups.append([asked.whole(), *_changed(asked, asked.whole(), texts, mix.changed_single, choice)])
    groups = [[_varied(one, choice) for one in group] for group in groups]
    choice.shuffle(groups)
    batches = list(_batches(groups, tokens))
    choice.shuffle(batches)
    return batches


def _asked(source: Source, mix: Mix, choice: random.Random) -> Source:
    """Return a source with its question or, a share of times, with one that lacks words.

    It is the same in all rows of a group, and before it is changed: a word that was changed must not be lost.
    """
    if mix.worn and choice.random() < mix.worn:
        return replace(source, question=worn(source.question.strip(), choice))
    return source


def _group(
    source: Source, near: Sequence[tuple[str, str]], texts: Sequence[str], mix: Mix, choice: random.Random
) -> Group:
    window = source.window(choice)
    if mix.crowded and source.title and choice.random() < mix.crowded:  # a forum's near passages may answer, too
        window = crowded(source.window(choice, passage_length(choice) // 2), near, choice) or window
    group = [window]
    if choice.random() < (mix.near_wiki if source.title else mix.near_forum):
        found = near_example(source, near, choice)
        group += [] if found is None else [found]
    if choice.random() < mix.cut_out:
        left = source.without_answer(choice)
        group += [] if left is None else [left]
    drawn = choice.sample(texts, min(_OTHERS, len(texts)))
    return group + _changed(source, window, drawn, mix.changed, choice)


def _changed(
    source: Source, window: Example, texts: Sequence[str], share: float, choice: random.Random
) -> list[Example]:
    """Return, a share of times, the passage that answers with a changed question, which it doesn't answer."""
    if choice.random() >= share:
        return []
    new = changed(source.question, f"{source.text} {window.text}", texts, choice)
    return [] if new is None else [Example(new, window.title, window.text, ())]


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


def worn(question: str, choice: random.Random) -> str:
    """Return the question without some of its words; _FEWEST stay."""
    words = question.split(" ")
    most = min(len(words) - _FEWEST, max(1, round(len(words) * _LOST)))
    if most < 1:
        return question
    lost = set(choice.sample(range(len(words)), choice.randint(1, most)))
    return " ".join(word for at, word in enumerate(words) if at not in lost)


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
