import json
from pathlib import Path

import pytest
import torch

from corpus.errors import ModelProblem
from qa.reader.tokenization import ReaderInput
from tests.training_parts import MAX_LENGTH, examples, save_base, save_mpnet, weights, write_data
from training.data.batches import Batch, collate
from training.models.network import SpanNetwork
from training.models.teacher import ExportableTeacher, load_pretrained_teacher, load_teacher, save_teacher


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("teacher")
    save_mpnet(home / "mpnet", save_base(home / "base") / "tokenizer.json")
    return home


@pytest.fixture
def teacher(home: Path) -> SpanNetwork:
    return load_pretrained_teacher(home / "mpnet", home / "base" / "tokenizer.json", 0)


def batches(home: Path, size: int) -> list[Batch]:
    tokens = ReaderInput(home / "base" / "tokenizer.json", MAX_LENGTH, titled=True)
    asked = examples(write_data(home / "data"))
    pairs = tokens.pairs([one.question for one in asked], [(one.title, one.text) for one in asked])
    return collate(pairs, [one.spans for one in asked], list(range(len(asked))), size)


def test_a_teacher_reads_the_same_words_as_the_reader(home: Path, teacher: SpanNetwork) -> None:
    ours = json.loads((home / "base" / "tokenizer.json").read_text())["model"]["vocab"]
    theirs = json.loads((home / "mpnet" / "tokenizer.json").read_text())["model"]["vocab"]
    marks = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>"}
    numbers = teacher.encoder.numbers.tolist()  # type: ignore[union-attr]
    assert {word: theirs[marks.get(word, word)] for word in ours} == {word: numbers[ours[word]] for word in ours}


def test_a_teacher_does_not_depend_on_padding(home: Path, teacher: SpanNetwork) -> None:
    together, alone = batches(home, 4096), batches(home, 1)
    with torch.no_grad():
        together_starts = {}
        for batch in together:
            start, _ = teacher(batch.ids, batch.mask, batch.types)
            together_starts |= {group: start[row] for row, group in enumerate(batch.groups)}
        for batch in alone:
            start, _ = teacher(batch.ids, batch.mask, batch.types)
            length = int(batch.mask[0].sum())
            assert torch.allclose(start[0, :length], together_starts[batch.groups[0]][:length], atol=1e-4)


def test_a_saved_teacher_computes_the_same(home: Path, teacher: SpanNetwork, tmp_path: Path) -> None:
    save_teacher(teacher, tmp_path / "teacher.pt", {"base": "mpnet", "steps": 3})
    found, recipe = load_teacher(tmp_path / "teacher.pt")
    assert {"base": "mpnet", "steps": 3} == recipe
    assert not found.training
    assert not any(one.requires_grad for one in found.parameters())
    [batch] = batches(home, 100_000)
    with torch.no_grad():
        one, two = (network(batch.ids, batch.mask, batch.types) for network in (teacher.eval(), found))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    assert ["teacher.pt"] == [path.name for path in tmp_path.iterdir()]


def test_the_seed_decides_the_head(home: Path, teacher: SpanNetwork) -> None:
    heads = [
        load_pretrained_teacher(home / "mpnet", home / "base" / "tokenizer.json", seed).spans.weight for seed in (0, 1)
    ]
    assert torch.equal(heads[0], teacher.spans.weight)
    assert not torch.equal(*heads)


def test_a_model_that_is_no_mpnet_is_refused(home: Path) -> None:
    with pytest.raises(ModelProblem, match=r"There is no MPNet in .*base: its model type is 'bert'"):
        load_pretrained_teacher(home / "base", home / "base" / "tokenizer.json", 0)
    with pytest.raises(ModelProblem, match=r"There is no MPNet in .*nowhere"):
        load_pretrained_teacher(home / "nowhere", home / "base" / "tokenizer.json", 0)


def test_a_model_that_lacks_words_is_refused(home: Path, tmp_path: Path) -> None:
    tokenizer = json.loads((home / "base" / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"]["zanzibar"] = len(tokenizer["model"]["vocab"])
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(ModelProblem, match=r"it does not know 'zanzibar'"):
        load_pretrained_teacher(home / "mpnet", tmp_path / "tokenizer.json", 0)


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "truncated", "other weights"])
def test_a_damaged_file_is_no_teacher(teacher: SpanNetwork, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "teacher.pt"
    if damage == "other weights":
        torch.save({"config": {}, "network": {}, "recipe": {}}, file)
    elif damage != "missing":
        save_teacher(teacher, file, {})
        file.write_bytes({"empty": b"", "text": b"no teacher at all"}.get(damage, file.read_bytes()[:2000]))
    with pytest.raises(ModelProblem, match=r"There is no teacher in .*teacher\.pt"):
        load_teacher(file)


def test_word_vectors_are_frozen(teacher: SpanNetwork) -> None:
    fixed = [name for name, one in teacher.named_parameters() if not one.requires_grad]
    assert ["encoder.mpnet.embeddings.word_embeddings.weight"] == fixed
    assert len(weights(teacher)) > len(fixed)


def test_an_exportable_teacher_computes_the_same_without_translation(home: Path, teacher: SpanNetwork) -> None:
    exportable = ExportableTeacher(teacher).eval()
    teacher.eval()
    for batch in batches(home, 1)[:3]:
        length = int(batch.mask[0].sum())
        with torch.no_grad():
            theirs = teacher(batch.ids, batch.mask, batch.types)
            alone = exportable(batch.ids[:, :length])  # nothing is padded then, and there is no mask
            for one, two in zip((*exportable(batch.ids, batch.mask), *alone), theirs * 2, strict=True):
                assert torch.allclose(one[:, :length], two[:, :length], atol=1e-4)
