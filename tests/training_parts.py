"""Fixtures of the training tests: a question set about invented towns, and tiny models to start from."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from eval.datasets import FORUMS, SINGLE_SENTENCES, SQUAD, SQUAD_UNANSWERABLE, WIKI, held_out
from qa.reader.tokenization import ReaderInput
from tests.fakes import WordEmbedder
from tests.question_sets import Row, write
from tests.reader_models import wordpiece
from training.data.examples import SourceParagraph, TrainingExample, read_paragraphs, read_squad
from training.data.sampling import TrainingData

if TYPE_CHECKING:  # torch takes seconds, and not every test needs it
    from training.models.network import SpanNetwork

MAX_LENGTH = 320
TOWNS = ("Aldmoor", "Brindle", "Carrick", "Dunmere", "Elsworth", "Fenholm", "Garsdale", "Hollin")
HELD_OUT = ("Hexley", "Lorton")  # titles
_MAYORS = ("Amina", "Boris", "Clara", "Dragan", "Edith", "Farid", "Greta", "Hamid", "Irene", "Jonas")
_DISHES = ("barley", "cabbage", "dumpling", "eel", "fennel", "goulash", "herring", "ginger", "juniper", "kale")
_ANIMALS = ("badger", "crane", "donkey", "falcon", "goose", "heron", "ibex", "jackdaw", "lynx", "marten")
_FACTS = (
    ("The ferry of {town} leaves the northern harbour at {hour} minutes past six.", "When does the ferry leave?", 0),
    ("Mayor {mayor} Lindqvist opened the new bridge in the year {year}.", "Who opened the bridge?", 1),
    ("Before that, people had crossed the river on rafts for many years.", "", 0),
    ("Its oldest inn is known for {dish} soup with bread and salt.", "What soup is the oldest inn known for?", 2),
    ("A {animal} is carved above the door of the small town hall.", "What is carved above the door?", 3),
    ("The market is held on the square before the hall whenever the weather is good.", "", 0),
)


@contextmanager
def small_scale(tolerance: float) -> Iterator[None]:
    """Embed by words, since the real model takes seconds, and tolerate that exports are so much worse.

    There are few examples, and networks with random weights lose much by quantization.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.data.sampling.load_embedder", lambda model, cache: WordEmbedder())
        patch.setattr("training.validation._TOLERANCE", tolerance)
        yield


def town_rows(towns: Sequence[str] = (*TOWNS, *HELD_OUT)) -> list[Row]:
    """Four questions about one paragraph for every town; no town's answers stand in another's paragraph."""
    return [row for number, town in enumerate((*TOWNS, *HELD_OUT)) if town in towns for row in _rows(town, number)]


def _rows(town: str, number: int) -> list[Row]:
    values = {
        "town": town,
        "hour": str(11 + number),
        "mayor": _MAYORS[number],
        "year": str(1850 + number),
        "dish": _DISHES[number],
        "animal": _ANIMALS[number],
    }
    words = (f"{values['hour']} minutes past six", f"{values['mayor']} Lindqvist", values["dish"], values["animal"])
    context = " ".join(sentence.format(**values) for sentence, _, _ in _FACTS)
    asked = [(question.replace("the ", f"{town}'s ", 1), words[at]) for _, question, at in _FACTS if question]
    return [
        {"id": f"{town}{at}", "title": town, "question": question, "context": context}
        | {"answers": [{"start": context.index(answer), "text": answer}]}
        for at, (question, answer) in enumerate(asked)
    ]


def sentence_rows() -> list[Row]:
    """Single sentences, as QAMR has them: every town's soup and carving."""
    rows: list[Row] = []
    for row in town_rows(TOWNS):
        [answer] = row["answers"]  # type: ignore[misc]
        [sentence] = [one for one in str(row["context"]).split(". ") if answer["text"] in one]
        name = f"made:news:{row['title']}:0:{len(rows)}"
        moved = {"start": sentence.index(answer["text"]), "text": answer["text"]}
        rows.append(row | {"title": name, "context": sentence, "answers": [moved]})
    return rows


def squad_rows() -> tuple[list[Row], list[Row]]:
    """Questions about two towns and a held-out one, and for every soup question one about bread that has no answer."""
    answerable = town_rows((*TOWNS[4:6], HELD_OUT[0]))
    unanswerable: list[Row] = [
        row
        | {"id": f"no {row['id']}", "question": str(row["question"]).replace("soup", "bread"), "answers": []}
        | {"plausible": row["answers"][0], "pair": row["id"]}  # type: ignore[index]
        for row in answerable
        if "soup" in str(row["question"])
    ]
    return answerable, unanswerable


def write_data(folder: Path) -> Path:
    """Write a data folder to train from, two of its titles held out; return it."""
    write(folder / f"train/{WIKI}.jsonl.gz", town_rows())
    for name, towns in zip(FORUMS, (TOWNS[:2], TOWNS[2:4]), strict=True):
        write(folder / f"train/{name}.jsonl.gz", town_rows(towns))
    write(folder / f"train/{SINGLE_SENTENCES}.jsonl.gz", sentence_rows())
    answerable, unanswerable = squad_rows()
    write(folder / f"train/{SQUAD}.jsonl.gz", answerable)
    write(folder / f"train/{SQUAD_UNANSWERABLE}.jsonl.gz", unanswerable)
    return folder


def training_data(data: Path) -> TrainingData:
    """The training data, with the paragraphs of the next two towns as hard negatives."""
    wiki = [one for one in read_paragraphs(data, WIKI, titled=True) if not held_out(one.title)]
    forum = [one for name in FORUMS for one in read_paragraphs(data, name)]
    texts = list(dict.fromkeys((one.article, one.text) for one in wiki))
    negatives = [
        [one for one in (texts * 2)[at // 4 + 1 : at // 4 + 3] if one[1] != paragraph.text]
        for at, paragraph in enumerate(wiki)
    ]
    squad = [one for one in read_squad(data) if not held_out(one.title)]
    found = negatives + [[]] * (len(forum) + len(squad))
    return TrainingData(wiki, forum, read_paragraphs(data, SINGLE_SENTENCES), found, squad)


def paragraph(text: str, *answers: str, question: str = "What is it?", title: str = "A title") -> SourceParagraph:
    """A question about a text; answers are where they first stand."""
    from corpus.text.sentences import split

    spans = tuple((text.index(words), text.index(words) + len(words)) for words in answers)
    return SourceParagraph("An article", question, title, text, spans, tuple(split(text, None)))


def save_base(folder: Path) -> Path:
    """Save a random BERT of two layers of 32, with a tokenizer that knows the towns' words; return its folder."""
    import torch
    from transformers import BertConfig, BertModel

    texts = [str(row[name]) for row in town_rows() for name in ("question", "context", "title")]
    tokenizer = wordpiece(texts)
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        intermediate_size=64,
        num_attention_heads=4,
        num_hidden_layers=2,
        max_position_embeddings=MAX_LENGTH,
        initializer_range=0.2,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def untrained(folder: Path, seed: int = 0, dropout: float = 0.0) -> "tuple[SpanNetwork, ReaderInput]":
    """An untrained network on the processor, and its tokenizer."""
    from training.models.network import load_network

    save_base(folder)
    return load_network(folder, seed, dropout), ReaderInput(folder / "tokenizer.json", MAX_LENGTH, titled=True)


def save_reader(home: Path, name: str, seed: int, **how: object) -> "SpanNetwork":
    """Export a random network to a folder, with a card; return it."""
    from qa.reader.export import VARIANTS, export_reader
    from training.export import CARD
    from training.model_card import teacher_origin, user_set_origin

    network, _ = untrained(home / "base", seed)
    for number, array in enumerate(weights(network)):  # the exporter merges equal parameters
        rng = np.random.default_rng([seed, number])
        list(network.parameters())[number].data += network.spans.weight.new_tensor(rng.normal(0, 0.05, array.shape))
    options: dict[str, object] = {"model_id": name, "max_length": MAX_LENGTH, "titled": True, "pad_id": 0, **how}
    tokenizer = (home / "base" / "tokenizer.json").read_text("utf-8")
    export_reader(network.eval(), tokenizer, home / name, variants=VARIANTS[1:], **options)  # type: ignore[arg-type]
    rows = f"{teacher_origin(str(seed % 2))}\n{user_set_origin(home / 'users')}\n"
    card = f'{rows}```json\n{{"seed": {seed}}}\n```\n'
    (home / name / CARD).write_text(card)
    return network


def examples(data: Path, seed: int = 0) -> list[TrainingExample]:
    """Windows of the held-out questions, then the same questions with another town's paragraph."""
    paragraphs = [one for one in read_paragraphs(data, WIKI, titled=True) if held_out(one.title)]
    rng = random.Random(seed)
    answerable = [one.window(rng) for one in paragraphs]
    texts = [one.text for one in reversed(paragraphs)]
    return answerable + [
        TrainingExample(one.question, one.title, text, ()) for one, text in zip(paragraphs, texts, strict=True)
    ]


def weights(network: "SpanNetwork") -> list[Any]:
    """All weights, as arrays."""
    return [one.detach().cpu().numpy().copy() for one in network.parameters()]


def save_mpnet(folder: Path, reader: Path) -> Path:
    """Save a random MPNet of two layers of 32 that knows the words of the reader's tokenizer, by other numbers."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from transformers import MPNetConfig, MPNetModel

    words = Tokenizer.from_file(str(reader)).get_vocab()
    known = ["<s>", "<pad>", "</s>", "<unk>", *sorted(words, reverse=True), "<mask>"]
    torch.manual_seed(4)
    config = MPNetConfig(
        vocab_size=len(known),
        hidden_size=32,
        intermediate_size=64,
        num_attention_heads=4,
        num_hidden_layers=2,
        max_position_embeddings=MAX_LENGTH + 2,
        initializer_range=0.2,
    )
    MPNetModel(config).save_pretrained(folder)
    numbers = {word: number for number, word in enumerate(known)}
    Tokenizer(WordPiece(numbers, unk_token="[UNK]")).save(str(folder / "tokenizer.json"))
    return folder
