"""Makes a reader of a Hugging Face model for extractive question answering; imports torch only when called."""

from pathlib import Path
from typing import Any

from corpus.errors import ModelProblem
from index.model_files import write_folder
from index.model_source import Source
from index.onnx_export import quiet
from qa.reader_export import export_reader
from qa.reader_files import read_manifest

_MOST = 384  # tokens, of question and passage: as long as these models are trained with, and all that a passage needs


def export_pretrained(source: Source, cache: Path) -> Path:
    """Export a model to its folder in the cache and return that; raises ModelProblem, StorageProblem."""
    with quiet():
        model, tokenizer = _load(source)
        if source.folder is None:
            source = source.found(_hub_folder(source.name))
        target = cache / str(source.fingerprint)
        write_folder(target, lambda folder: _fill(folder, model, tokenizer, source), read_manifest)
    return target


def _fill(folder: Path, model: Any, tokenizer: Any, source: Source) -> None:
    export_reader(
        model,
        tokenizer.backend_tokenizer.to_str(),
        folder,
        model_id=source.model_id,
        max_length=_max_length(model, tokenizer),
        titled=False,
    )


def _load(source: Source) -> tuple[Any, Any]:
    try:
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer  # noqa: PLC0415

        where = source.name if source.folder is None else str(source.folder)
        tokenizer = AutoTokenizer.from_pretrained(where)
        model, told = AutoModelForQuestionAnswering.from_pretrained(where, output_loading_info=True)
    except Exception as error:  # a hub's, a file's or a configuration's: the library raises whatever it meets
        raise ModelProblem(_why_not_loaded(source)) from error
    if told["missing_keys"]:
        raise ModelProblem(f"The model {source.name} was not trained to find answers: it lacks the weights for that.")
    if getattr(tokenizer, "backend_tokenizer", None) is None:
        raise ModelProblem(f"The reading model {source.name} has no fast tokenizer, so it can't be exported.")
    return model.float().eval(), tokenizer


def _why_not_loaded(source: Source) -> str:
    if source.folder is not None:
        return (
            f"The reading model in {source.folder} can't be loaded: it is of another kind, or its files are incomplete "
            "or damaged."
        )
    return (
        f"The reading model {source.name} is not on this machine, and it can't be fetched from the model hub. "
        "Check its name and the connection, or give the folder of a model."
    )


def _hub_folder(name: str) -> Path:
    from huggingface_hub import snapshot_download  # noqa: PLC0415

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except OSError as error:
        raise ModelProblem(
            f"The files of {name} are not in the model hub's cache; give the folder of the model instead."
        ) from error


def _max_length(model: Any, tokenizer: Any) -> int:
    """Return how many tokens the model takes in; positions are counted from behind the padding's, where there are."""
    positions = getattr(model.config, "max_position_embeddings", None)
    room = _MOST if positions is None else positions - 1 - (model.config.pad_token_id or 0)
    return int(min(_MOST, tokenizer.model_max_length, room))
