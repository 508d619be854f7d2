"""Puts a reader's files in their place only when all of them are there."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from index.onnx.model_files import FILES, MANIFEST
from qa.confidence import CALIBRATION
from qa.reader.model_files import LARGER
from training.model_card import CARD

FIT_ANEW = (
    "Its confidence belonged to the reader before. Fit it anew: python -m eval.calibrate --data DATA, and, for the "
    "small reader alone, the same with --reader quick"
)
_SCRATCH = ".export-"


@contextmanager
def shipped(out: Path, files: Sequence[str] = FILES) -> Iterator[Path]:
    """Yield a folder to write a reader's files, its manifest and its card into; when all is well, they go to `out`.

    A reader that is in `out` already is replaced then, and not before; its calibration goes with it, and that of a
    larger one below it, which was made with both.
    """
    out.mkdir(parents=True, exist_ok=True)
    for left in out.glob(f"{_SCRATCH}*"):  # by a run that was killed
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=out) as scratch:
        fresh = Path(scratch)
        yield fresh
        for stale in (MANIFEST, CALIBRATION.name, f"{LARGER}/{CALIBRATION.name}"):
            (out / stale).unlink(missing_ok=True)
        for name in (*files, CARD, MANIFEST):  # last the manifest: a folder with one is complete
            (fresh / name).replace(out / name)
