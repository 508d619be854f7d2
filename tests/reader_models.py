"""Tiny reading models of two families, with random weights and tokenizers trained on the spot."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from qa.reader.export import SAMPLES
from qa.reader.span_model import Logits
from qa.reader.tokenization import NOT_TEXT, Tokens

_TEXTS = [text for question, (title, passage) in SAMPLES for text in (question, title, passage)]
_SIZE = 400
_SHAPE = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2}


def save_bert(folder: Path, head: bool = True) -> Any:
    """Save a BERT, which takes token types, and whose tokenizer puts one [SEP] between; return it."""
    from transformers import BertConfig, BertForQuestionAnswering, BertModel

    config = BertConfig(vocab_size=_SIZE, initializer_range=0.3, max_position_embeddings=128, **_SHAPE)
    _save_tokenizer(folder, wordpiece(), "[CLS]", "[SEP]", "[PAD]", "[UNK]")
    return _save(BertForQuestionAnswering if head else BertModel, config, folder)


def save_roberta(folder: Path) -> Any:
    """Save a RoBERTa: it takes no token types, counts positions from 2, and has two separators between; return it."""
    from transformers import RobertaConfig, RobertaForQuestionAnswering

    config = RobertaConfig(
        vocab_size=_SIZE, initializer_range=0.3, max_position_embeddings=130, type_vocab_size=1, **_SHAPE
    )
    _save_tokenizer(folder, byte_pairs(), "<s>", "</s>", "<pad>", "<unk>")
    return _save(RobertaForQuestionAnswering, config, folder)


def wordpiece(texts: Sequence[str] = _TEXTS) -> Tokenizer:
    """A tokenizer of BERT's kind that knows the words of texts, and letters; it has as many tokens as that takes.

    Not trained: the library's trainer makes another vocabulary every time, and a model's numbers with it.
    """
    splitter, normalizer = pre_tokenizers.BertPreTokenizer(), normalizers.BertNormalizer()
    words = {word for text in texts for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))}
    letters = {letter for word in words for letter in word}
    known = sorted(words | letters | {f"##{letter}" for letter in letters})
    vocabulary = {token: number for number, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *known])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = splitter
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def byte_pairs() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    marks = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(
        _TEXTS,
        trainers.BpeTrainer(vocab_size=_SIZE, special_tokens=marks, initial_alphabet=alphabet, show_progress=False),
    )
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer


def _save_tokenizer(folder: Path, tokenizer: Tokenizer, first: str, separator: str, pad: str, unknown: str) -> None:
    from transformers import PreTrainedTokenizerFast

    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, cls_token=first, sep_token=separator, pad_token=pad, unk_token=unknown
    ).save_pretrained(folder)


def _save(kind: Any, config: Any, folder: Path) -> Any:
    import torch

    torch.manual_seed(0)
    model = kind(config).eval()
    model.save_pretrained(folder)
    return model


class WordModel:
    """A SpanModel for which every word is a token, and the wanted words answer; nothing else is nearly as good.

    Every passage is scored by `wanted`, which maps words to their logit: an answer starts and ends where they stand.
    """

    def __init__(self, wanted: dict[str, float], nothing: float = 0.0, limit: int = 1000) -> None:
        self._wanted = wanted
        self._nothing = nothing
        self._limit = limit
        self.read_texts: list[str] = []

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Logits]:
        self.read_texts += [text for _, text in passages]
        return [self._logits(text) for _, text in passages]

    def _logits(self, text: str) -> Logits:
        words = list(re.finditer(r"\w+|[^\w\s]", text))[: self._limit]
        starts = np.array([NOT_TEXT, *(word.start() for word in words)], np.int64)
        ends = np.array([NOT_TEXT, *(word.end() for word in words)], np.int64)
        scores = [self._nothing / 2, *(self._wanted.get(word.group(), -5.0) for word in words)]
        logits = np.array(scores, np.float32)
        return Logits(Tokens([0] * len(logits), [0] * len(logits), starts, ends), logits, logits.copy())
