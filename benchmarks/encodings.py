"""Compare detectors of encodings: `python -m benchmarks.encodings`.

The texts of tests/data/encodings.json, each in the encodings that its language was written in, are decoded as single
sentences, once, and six times over. What counts is whether the text comes out as it was. Citeline's own decoder must
also keep UTF-8 with one bad byte, or cut within a character. A detector that is not installed is left out; to compare
charset-normalizer, too: `pip install charset-normalizer`.
"""

import importlib
import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.documents.encoding import decode
from corpus.errors import UnreadableDocument

TEXTS = Path(__file__).parent.parent / "tests" / "data" / "encodings.json"
REPEATS = 6
BAD_BYTES = b"\xe9\xf8\x92\xe5\xa0\xff"
DAMAGED_OF_EACH = 40

Decode = Callable[[bytes], str | None]


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A text and its bytes in an encoding."""

    text: str
    encoding: str
    data: bytes


def read_texts(path: Path = TEXTS) -> list[EncodedText]:
    """Return the texts in all their encodings, without those that are ASCII or lack a character of the text."""
    found = []
    for language in json.loads(path.read_text(encoding="utf-8")).values():
        text = language["text"]
        for piece in (*text.split(". "), text, "\n\n".join([text] * REPEATS)):
            for encoding in language["encodings"]:
                with suppress(UnicodeEncodeError):
                    found.append(EncodedText(piece, encoding, piece.encode(encoding)))
    return [one for one in found if not one.data.isascii()]


def damaged_texts(path: Path = TEXTS) -> Iterator[bytes]:
    """Yield texts and sentences in UTF-8, with one bad byte or cut within a character that is not their first one."""
    rng = random.Random(3)
    for language in json.loads(path.read_text(encoding="utf-8")).values():
        pieces = [one.encode() for one in (language["text"], *language["text"].split(". ")) if not one.isascii()]
        for _ in range(DAMAGED_OF_EACH):
            data = rng.choice(pieces)
            at = rng.choice([at for at, byte in enumerate(data) if byte < 0x80])
            yield data[:at] + bytes([rng.choice(BAD_BYTES)]) + data[at + 1 :]
            if within := [
                at
                for at, byte in enumerate(data)
                if byte & 0xC0 == 0x80 and not data[:at].decode(errors="ignore").isascii()
            ]:
                yield data[: rng.choice(within)]


def citeline(data: bytes) -> str | None:
    """Decode like Citeline's readers of documents."""
    try:
        return decode(data, "text")
    except UnreadableDocument:
        return None


def chardet(module: Any) -> Decode:
    """Decode by chardet's best guess."""
    return lambda data: data.decode(module.detect(data)["encoding"], "replace")


def charset_normalizer(module: Any) -> Decode:
    """Decode by charset-normalizer's best guess."""

    def decode_best(data: bytes) -> str | None:
        best = module.from_bytes(data).best()
        return None if best is None else data.decode(best.encoding, "replace")

    return decode_best


def main() -> None:
    """Print the share of texts that each detector decodes right, and its time for one."""
    texts, damaged = read_texts(), list(damaged_texts())
    decoders: dict[str, Decode] = {"citeline": citeline}
    for adapter in (chardet, charset_normalizer):
        with suppress(ImportError):
            decoders[adapter.__name__] = adapter(importlib.import_module(adapter.__name__))
    print("| detector | right | damaged UTF-8 right | ms each |\n|---|---|---|---|")
    for name, decoder in decoders.items():
        started = time.perf_counter()
        right = sum(decoder(one.data) == one.text for one in texts)
        milliseconds = 1000 * (time.perf_counter() - started) / len(texts)
        kept = sum(decoder(data) == data.decode("utf-8", "replace") for data in damaged)
        print(f"| {name} | {right}/{len(texts)} | {kept}/{len(damaged)} | {milliseconds:.1f} |")


if __name__ == "__main__":
    main()
