"""The training data, and the batches of examples that each epoch draws from it."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

from corpus.errors import UnreadableDocument
from eval.datasets import FORUMS, SINGLE_SENTENCES, WIKI, held_out
from eval.robustness import misspell
from index.embedding.embedder import load_embedder
from index.generations.builder import Progress
from training.data.augmentation import drop_words, make_unanswerable
from training.data.examples import (
    SourceParagraph,
    TrainingExample,
    draw_length,
    join_sentences,
    read_paragraphs,
    read_squad,
    read_user_paragraphs,
)
from training.data.hard_negatives import TitledText, add_distractors, mine_hard_negatives, negative_example
from training.data.paraphrase import WordNet, keywords, ramble, replace_words, turn_question_word
from web.settings import Settings

_VALIDATION_QUESTIONS = 300
_SORTED_BATCHES = 40  # batches' worth of groups that are sorted by length together
_MINED_SQUAD = 3  # hard negatives are mined for one SQuAD question in so many: mining takes as long as an epoch
_OTHER_TEXTS = 3  # that a perturbed question takes names and words from
_UNTITLED, _WITHOUT_QUESTION_MARK, _MISSPELLED = 0.15, 0.15, 0.08  # probabilities, for every example
_CHARACTERS_PER_TOKEN = 4.3  # of English, spaces included
Group = list[TrainingExample]  # a question with its passage, then its negatives


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What epochs draw from; `hard_negatives` has those of all paragraphs of wiki, forum and squad, in this order."""

    wiki: Sequence[SourceParagraph]
    forum: Sequence[SourceParagraph]
    single_sentences: Sequence[SourceParagraph]
    hard_negatives: Sequence[Sequence[TitledText]]
    squad: Sequence[SourceParagraph] = ()
    user_set: Sequence[SourceParagraph] = ()
    user_set_hard_negatives: Sequence[Sequence[TitledText]] = ()  # of all of user_set, in this order
    wordnet: WordNet | None = None  # for synonyms in questions; without one there are none


@dataclass(frozen=True, slots=True)
class SamplingRates:
    """How often an epoch's questions get what.

    Attributes:
        fraction: the fraction of the questions of all sets but users' that an epoch draws from, as a last short epoch.
        user_set_repeats: how often an epoch asks each of users' questions, with another passage and other noise.
        forum: the fraction of the forum questions that an epoch draws; they are many, and least like articles.
        squad: the fraction of the SQuAD questions without an unanswerable one that an epoch draws; of the others all.
        user_set_negatives: how often a user's question gets a hard negative.
        wiki_negatives: how often a Wikipedia question gets a hard negative.
        squad_negatives: how often a SQuAD question for which some were mined gets one. Each with unanswerable questions
            gets one of those as well.
        forum_negatives: how often a forum question gets one; many have answers elsewhere, too.
        answer_removed: how often a question gets its own paragraph without the answering sentences.
        unanswerable: how often a passage is repeated with a question perturbed so that it doesn't answer.
        unanswerable_single: the same for single sentences.
        distractors: how often a Wikipedia passage is shortened and put among distractor sentences.
        word_dropout: how often words of the question are dropped.
        synonyms: how often words of a question are replaced by synonyms, where there is a WordNet.
        question_words: how often its question word is turned into another one of the same meaning.
        keywords: how often it becomes its content words alone.
        preambles: how often it stands behind a preamble.
    """

    fraction: float = 1.0
    user_set_repeats: int = 1
    forum: float = 0.3
    squad: float = 0.15
    user_set_negatives: float = 0.7
    wiki_negatives: float = 1.0
    squad_negatives: float = 1.0
    forum_negatives: float = 0.35
    answer_removed: float = 0.3
    unanswerable: float = 0.6
    unanswerable_single: float = 0.3
    distractors: float = 0.0
    word_dropout: float = 0.0
    synonyms: float = 0.4
    question_words: float = 0.12
    keywords: float = 0.06
    preambles: float = 0.06


def load_training_data(
    data: Path,
    folder: Path,
    settings: Settings,
    report: Callable[[Progress], None],
    wordnet: WordNet | None = None,
    user_set: Path | None = None,
) -> tuple[TrainingData, list[TrainingExample]]:
    """Return the training data, and examples of held-out titles, about half of them unanswerable.

    Hard negatives are cached in `folder`. `user_set` is a folder of users' questions. Raises UnreadableDocument,
    ModelProblem, StorageProblem.
    """
    paragraphs = read_paragraphs(data, WIKI, titled=True)
    wiki = [paragraph for paragraph in paragraphs if not held_out(paragraph.title)]
    validation = [paragraph for paragraph in paragraphs if held_out(paragraph.title)]
    if not validation:
        raise UnreadableDocument(f"No title of {WIKI} in {data} is held out, so there is nothing to validate with.")
    forum = [paragraph for name in FORUMS for paragraph in read_paragraphs(data, name)]
    single_sentences = read_paragraphs(data, SINGLE_SENTENCES)
    squad_paragraphs = read_squad(data)
    squad = [paragraph for paragraph in squad_paragraphs if not held_out(paragraph.title)]
    load = lru_cache(partial(load_embedder, settings.model, settings.models))
    mined = mine_hard_negatives([*wiki, *forum, *squad[::_MINED_SQUAD]], load, folder, report)
    hard_negatives: list[list[TitledText]] = [*mined[: len(wiki) + len(forum)], *([] for _ in squad)]
    hard_negatives[len(wiki) + len(forum) :: _MINED_SQUAD] = mined[len(wiki) + len(forum) :]
    user_paragraphs = [] if user_set is None else read_user_paragraphs(user_set)
    trained = [paragraph for paragraph in user_paragraphs if not held_out(paragraph.title)]
    mined = mine_hard_negatives(trained, load, folder / "user_set", report) if trained else []
    training = TrainingData(wiki, forum, single_sentences, hard_negatives, squad, trained, mined, wordnet)
    rng = random.Random(0)  # whatever the training's seed: runs are compared with each other
    asked = rng.sample(validation, min(_VALIDATION_QUESTIONS, len(validation)))
    mined = mine_hard_negatives(asked, load, folder / "validation", report)
    answerable = [paragraph.window(rng) for paragraph in asked]
    negatives = [negative_example(paragraph, found, rng) for paragraph, found in zip(asked, mined, strict=True)]
    twins = [paragraph for paragraph in squad_paragraphs if held_out(paragraph.title) and paragraph.unanswerable]
    twins = rng.sample(twins, min(_VALIDATION_QUESTIONS, len(twins)))
    by_users = [paragraph for paragraph in user_paragraphs if held_out(paragraph.title) and paragraph.unanswerable]
    twins += random.Random(0).sample(by_users, min(_VALIDATION_QUESTIONS, len(by_users)))
    return training, [
        *answerable,
        *(one for one in negatives if one is not None),
        *(paragraph.window(rng) for paragraph in twins),
        *(paragraph.unanswerable_window(rng) for paragraph in twins),
    ]


def sample_epoch(
    data: TrainingData,
    seed: int | str,
    number: int,
    tokens: int,
    single_sentences: int,
    rates: SamplingRates | None = None,
) -> list[list[Group]]:
    """Return the batches of an epoch, each of about `tokens` tokens; the same arguments give the same batches.

    So many of the single sentences are drawn.
    """
    rates = SamplingRates() if rates is None else rates
    rng = random.Random(f"{seed} {number}")
    paragraphs = [*data.wiki, *data.forum, *data.squad]
    texts: dict[str, dict[str, None]] = {}  # the distinct paragraphs and questions of each article
    for one in [*paragraphs, *data.user_set]:
        texts.setdefault(one.article, {}).update({one.text: None, one.question: None})
    articles = {article: list(distinct) for article, distinct in texts.items()}
    groups: list[Group] = []
    drawn_at = [  # for every paragraph the probability that it is drawn, and then that it gets a hard negative
        *[(1.0, rates.wiki_negatives)] * len(data.wiki),
        *[(rates.forum, rates.forum_negatives)] * len(data.forum),
        *[(rates.squad, rates.squad_negatives)] * len(data.squad),
    ]
    sources = list(zip(paragraphs, data.hard_negatives, drawn_at, strict=True))
    if rates.fraction < 1:
        sources = rng.sample(sources, round(rates.fraction * len(sources)))
    user_set = zip(data.user_set, data.user_set_hard_negatives, strict=True)
    sources += [(*one, (1.0, rates.user_set_negatives)) for one in user_set for _ in range(rates.user_set_repeats)]
    for paragraph, negatives, (rate, negative_rate) in sources:
        if paragraph.unanswerable or rng.random() < rate:
            asked = _with_word_dropout(paragraph, rates, rng)
            groups.append(_group(asked, negatives, articles[paragraph.article], rates, negative_rate, rng))
    drawn = rng.sample(data.single_sentences, round(rates.fraction * min(single_sentences, len(data.single_sentences))))
    for paragraph in join_sentences(drawn, rng):
        others = [other.text for other in rng.sample(drawn, min(_OTHER_TEXTS, len(drawn)))]
        asked = _with_word_dropout(paragraph, rates, rng)
        example = asked.whole()
        groups.append([example, *_unanswerable(asked, example, others, rates.unanswerable_single, rng)])
    groups = [[_with_noise(example, data.wordnet, rates, rng) for example in group] for group in groups]
    rng.shuffle(groups)
    batches = list(_batches(groups, tokens))
    rng.shuffle(batches)
    return batches


def _with_word_dropout(paragraph: SourceParagraph, rates: SamplingRates, rng: random.Random) -> SourceParagraph:
    """Drop words of the question at the rate, for all examples of a group, and before the question is perturbed."""
    if rates.word_dropout and rng.random() < rates.word_dropout:
        return replace(paragraph, question=drop_words(paragraph.question.strip(), rng))
    return paragraph


def _group(
    paragraph: SourceParagraph,
    negatives: Sequence[TitledText],
    texts: Sequence[str],
    rates: SamplingRates,
    negative_rate: float,
    rng: random.Random,
) -> Group:
    window = paragraph.window(rng)
    # A forum's hard negatives may answer, so they are no distractors.
    if rates.distractors and paragraph.title and rng.random() < rates.distractors:
        mixed = add_distractors(paragraph.window(rng, draw_length(rng) // 2), negatives, rng)
        window = window if mixed is None else mixed
    group = [window]
    if rng.random() < negative_rate:
        negative = negative_example(paragraph, negatives, rng)
        group += [] if negative is None else [negative]
    if rng.random() < rates.answer_removed:
        removed = paragraph.without_answer(rng)
        group += [] if removed is None else [removed]
    if paragraph.unanswerable:
        return [*group, paragraph.unanswerable_window(rng)]
    others = rng.sample(texts, min(_OTHER_TEXTS, len(texts)))
    return group + _unanswerable(paragraph, window, others, rates.unanswerable, rng)


def _unanswerable(
    paragraph: SourceParagraph, example: TrainingExample, others: Sequence[str], rate: float, rng: random.Random
) -> list[TrainingExample]:
    if rng.random() >= rate:
        return []
    question = make_unanswerable(paragraph.question, f"{paragraph.text} {example.text}", others, rng)
    return [] if question is None else [TrainingExample(question, example.title, example.text, ())]


def _with_noise(
    example: TrainingExample, wordnet: WordNet | None, rates: SamplingRates, rng: random.Random
) -> TrainingExample:
    """At times ask in other words, misspell the question, or leave out its question mark or the title, as users do."""
    question = example.question.strip()
    if wordnet is not None and rng.random() < rates.synonyms:
        question = replace_words(question, wordnet, rng)
    if rng.random() < rates.question_words:
        question = turn_question_word(question, rng)
    if rng.random() < rates.keywords:
        question = keywords(question)
    elif rng.random() < rates.preambles:
        question = ramble(question, rng)
    if rng.random() < _WITHOUT_QUESTION_MARK:
        question = question.rstrip("? ")
    if rng.random() < _MISSPELLED:
        question = misspell(question, rng)
    title = "" if rng.random() < _UNTITLED else example.title
    return replace(example, question=question, title=title)


def _batches(groups: Sequence[Group], tokens: int) -> Iterator[list[Group]]:
    """Yield batches of groups of similar lengths, so that little is padding."""
    budget = tokens * _CHARACTERS_PER_TOKEN
    total = sum(_size(group) for group in groups)
    sorted_together = max(1, round(len(groups) * _SORTED_BATCHES * budget / max(1.0, total)))
    for start in range(0, len(groups), sorted_together):
        batch: list[Group] = []
        size = 0
        together = groups[start : start + sorted_together]
        for group in sorted(together, key=lambda group: max(len(one.question) + len(one.text) for one in group)):
            if batch and size + _size(group) > budget:
                yield batch
                batch, size = [], 0
            batch.append(group)
            size += _size(group)
        yield batch


def _size(group: Group) -> int:
    return sum(len(one.question) + len(one.title) + len(one.text) for one in group)
