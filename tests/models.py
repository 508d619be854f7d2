"""Embedding models: the one that comes with Citeline, and small ones to export."""

import os
import shutil
from functools import cache
from pathlib import Path
from typing import Any

from index.embedding.embedder import DEFAULT_MODEL, Embedder, load_embedder
from index.onnx.model_source import find_source

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read when sentence-transformers is imported
MODELS = Path(os.environ.get("CITELINE_MODELS", Path(__file__).parents[1] / "var" / "models"))


@cache
def default_embedder() -> Embedder:
    return load_embedder(DEFAULT_MODEL, MODELS)


def default_model_folder() -> Path:
    """The folder of the model itself, as the package carries it."""
    folder = find_source(DEFAULT_MODEL, MODELS).folder
    assert folder is not None
    return folder


def make_tiny_model(
    folder: Path, pooling: str = "mean", prompts: dict[str, str] | None = None, max_length: int = 32
) -> Any:
    """Save a random two-layer BERT as a Sentence Transformers model, and return it."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel

    torch.manual_seed(7)
    base = folder.parent / f"{folder.name}-base"
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2}
    BertModel(BertConfig(vocab_size=30522, initializer_range=0.3, **shape)).save_pretrained(base)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        shutil.copyfile(default_model_folder() / name, base / name)
    modules = [Transformer(str(base), max_seq_length=max_length), Pooling(32, pooling), Normalize()]
    model = SentenceTransformer(modules=modules, prompts=prompts, device="cpu")
    model.save_pretrained(str(folder))
    return model
