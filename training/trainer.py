"""Trains the network, with checkpoints that a later run resumes."""

import os
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

import torch

from corpus.errors import ModelProblem
from qa.reader.tokenization import ReaderInput
from training.data.batches import Group, Material, Mix, epoch
from training.data.workers import Feed, Step, steps
from training.models.distillation import Mirror, Panel, taught_loss
from training.models.quantization import can_round, smooth
from training.models.student import Batch, SpanNetwork, loss, read, save

_CHECKPOINT_SECONDS = 600
_ON_CPU, _ON_CPU_HALF, _ON_GPU = 768, 2048, 16384  # tokens that go through the network at once
_WORKERS = 8  # processes that make batches, so that a GPU need not wait
_BEHIND = 8  # steps that a GPU may be behind, so that it need not wait for what tells it what to do
_CLIP = 1.0
_HEAD_RATE = 5.0  # the head and the mirror learn so many times as fast: mostly they begin from nothing
_DECAY = 0.01
# What torch raises for a file that is no checkpoint, and for weights of other shapes.
_NO_CHECKPOINT = (OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError, pickle.UnpicklingError)


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train.

    tokens: of a batch, about. singles: single sentences an epoch. warmup: the share of the training in which the
    learning rate rises to `rate`; from there it falls to 0 in a straight line. hours: of steps, without what comes
    before and between (near passages, checks); training ends then if the epochs would take longer, with the rate at 0
    all the same; 0 is no limit. seed: what is drawn, and how the head begins. half: whether the processor multiplies in
    bfloat16, as a GPU always does: faster where it has instructions for that. begins: the SHA-256 of the reader whose
    weights training goes on from, "" where there is none; other examples are drawn than in the training before.
    teacher: the SHA-256 of the file of the teacher that is learned from besides, "" for none; of several teachers' with
    a space between. rounding: the share of the training from which on numbers are rounded as the export rounds them; 1
    is never. likeness: how much the states of the tokens are to be like the teacher's besides; that fades as training
    goes on. dropout: what the network was loaded with, for the card. mix: what an epoch is made of.
    """

    epochs: int = 2
    rate: float = 2e-4
    tokens: int = 4096
    singles: int = 20_000
    warmup: float = 0.04
    hours: float = 0.0
    seed: int = 0
    half: bool = False
    begins: str = ""
    teacher: str = ""
    rounding: float = 1.0
    likeness: float = 0.0
    dropout: float = 0.0
    mix: Mix = field(default_factory=Mix)


@dataclass(slots=True)
class State:
    """How far training is: the epoch, the next batch in it (from 0), steps in all, and the seconds that they took."""

    epoch: int = 0
    batch: int = 0
    steps: int = 0
    seconds: float = 0.0


class Trainer:
    """Trains a network on material; what it has done so far is in a checkpoint in `folder`.

    On the processor, a run that was stopped and goes on ends with the weights of one that was not, unless the plan has
    a limit in hours: where time decides the learning rate, no two runs are alike. `pad` is the tokenizer's number for
    padding. `teacher` is what the plan names, if it names one.
    """

    def __init__(
        self,
        network: SpanNetwork,
        tokens: ReaderInput,
        pad: int,
        material: Material,
        plan: Plan,
        folder: Path,
        teacher: Panel | None = None,
    ) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._network = network.to(self._device)
        self._teacher = teacher if teacher is None else teacher.to(self._device)
        self._mirror = None
        if teacher is not None and plan.likeness:
            torch.manual_seed(plan.seed)
            self._mirror = Mirror(network.width, teacher.width).to(self._device)
        self._material = material
        self._plan = plan
        on_gpu = self._device.type == "cuda"
        size = _ON_GPU if on_gpu else _ON_CPU_HALF if plan.half else _ON_CPU
        self._feed = Feed(self._groups, tokens, pad, size)
        self._workers = min(_WORKERS, max(1, (os.cpu_count() or 1) // 2)) if on_gpu else 0
        self._file = folder / "checkpoint.pt"
        self._state = State()
        self._optimizer = _optimizer(network, self._mirror, plan)
        self._layers = can_round(network) if plan.rounding < 1 else []
        self._total = 0
        self._queued: deque[torch.cuda.Event] = deque()

    def train(self, tell: Callable[[str], None], check: Callable[[SpanNetwork], str]) -> State:
        """Train to the end of the plan; `tell` hears how it goes, and at each checkpoint what `check` says.

        Raises ModelProblem where there is a checkpoint that can't be used.
        """
        self._resume(tell)
        saved = time.monotonic()
        losses: list[torch.Tensor] = []
        for step in self._left():
            losses.append(self._step(step))
            if time.monotonic() - saved > _CHECKPOINT_SECONDS:
                self._save()
                tell(f"{self._told(losses)}  {self._checked(check)}")
                saved, losses = time.monotonic(), []
        self._save()
        tell(f"{self._told(losses)}  {self._checked(check)}")
        for layer in self._layers:
            layer.rounds = False  # the export rounds by itself
        return self._state

    def _left(self) -> Iterator[Step]:
        """Yield the steps that are left to train, and note where training is before each."""
        epochs = range(self._state.epoch, self._plan.epochs)
        with closing(steps(self._feed, epochs, self._state.batch, self._workers)) as left:
            for epoch, total, step in left:
                self._total = total * self._plan.epochs
                if epoch > self._state.epoch:
                    self._state.epoch, self._state.batch = epoch, 0
                if self._progress() >= 1:
                    return
                yield step

    def _groups(self, number: int) -> list[list[Group]]:
        seed = f"{self._plan.seed}{self._plan.begins}"
        return epoch(self._material, seed, number, self._plan.tokens, self._plan.singles, self._plan.mix)

    def _step(self, step: Step) -> torch.Tensor:
        begun = time.monotonic()
        self._network.train()
        rate = self._rate()
        for part in self._optimizer.param_groups:
            part["lr"] = rate * part["scale"]
        batches = [batch.to(self._device) for batch in step]
        torch.manual_seed(self._plan.seed + self._state.steps)  # for dropout, in a run that goes on, too
        self._round(batches)
        with self._multiplying():
            value = self._loss(batches)
        value.backward()  # type: ignore[no-untyped-call]
        for learning in (self._network, self._mirror):
            if learning is not None:
                torch.nn.utils.clip_grad_norm_(learning.parameters(), _CLIP)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._state.batch += 1
        self._state.steps += 1
        self._wait()
        self._state.seconds += time.monotonic() - begun
        return value.detach()

    def _wait(self) -> None:
        """Wait until a GPU has done all steps but the last _BEHIND."""
        if self._device.type == "cuda":
            self._queued.append(torch.cuda.current_stream(self._device).record_event())
            if len(self._queued) > _BEHIND:
                self._queued.popleft().synchronize()

    def _round(self, batches: Sequence[Batch]) -> None:
        """Begin to round when it is time, smoothed for some batches."""
        if self._layers and not self._layers[0].rounds and self._progress() >= self._plan.rounding:
            self._network.eval()  # as the export smooths: without dropout
            with torch.no_grad(), self._multiplying():
                smooth(self._layers, lambda: read(self._network, batches))
            for layer in self._layers:
                layer.rounds = True
            self._network.train()

    def _loss(self, batches: Sequence[Batch]) -> torch.Tensor:
        if self._teacher is None:
            return loss(self._network, batches)
        likeness = self._plan.likeness * max(0.0, 1 - self._progress())
        return taught_loss(self._network, self._teacher, batches, self._mirror, likeness)

    def _multiplying(self) -> torch.autocast:
        kind = self._device.type
        return torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda" or self._plan.half)

    def _checked(self, check: Callable[[SpanNetwork], str]) -> str:
        with self._multiplying():
            return check(self._network)

    def _progress(self) -> float:
        """Return how much of the plan is done, 0 to 1 or a little more, in steps or in time, whichever is further."""
        steps = self._state.steps / self._total if self._total else 0.0
        spent = self._state.seconds / (self._plan.hours * 3600) if self._plan.hours else 0.0
        return max(steps, spent)

    def _rate(self) -> float:
        done = self._progress()
        return self._plan.rate * min(done / self._plan.warmup + 1e-3, (1 - done) / (1 - self._plan.warmup))

    def _save(self) -> None:
        state = {
            "network": self._network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "mirror": {} if self._mirror is None else self._mirror.state_dict(),
            "rounds": [layer.rounds for layer in self._layers],
            "state": [self._state.epoch, self._state.batch, self._state.steps, self._state.seconds],
            "plan": _same(self._plan),
        }
        save(state, self._file)

    def _resume(self, tell: Callable[[str], None]) -> None:
        if not self._file.is_file():
            return
        try:
            kept: dict[str, Any] = torch.load(self._file, map_location=self._device, weights_only=True)
            if kept["plan"] != _same(self._plan):
                tell(f"{self._file} is of another plan: starting anew.")
                return
            self._network.load_state_dict(kept["network"])
            if self._mirror is not None:
                self._mirror.load_state_dict(kept["mirror"])
            self._optimizer.load_state_dict(kept["optimizer"])
            self._state = State(*kept["state"])
            for layer, rounds in zip(self._layers, kept["rounds"], strict=True):
                layer.rounds = rounds
        except _NO_CHECKPOINT as error:
            raise ModelProblem(
                f"The checkpoint {self._file} is damaged, or of another network. Remove it to start anew."
            ) from error
        tell(f"Resumed from {self._file}: {self._state.steps} batches done.")

    def _told(self, losses: Sequence[torch.Tensor]) -> str:
        minutes = f"{self._state.seconds / 60:.0f} min"
        if not losses:
            return f"Trained: {self._state.steps} batches, {minutes}"
        return (
            f"{min(1, self._progress()):4.0%}  epoch {min(self._state.epoch + 1, self._plan.epochs)}  "
            f"batches {self._state.steps}/{self._total}  {minutes}  loss {float(torch.stack(list(losses)).mean()):.3f}"
        )


def _optimizer(network: SpanNetwork, mirror: Mirror | None, plan: Plan) -> torch.optim.Optimizer:
    """AdamW; biases and norms don't decay. What begins from nothing learns faster."""
    fresh = [*network.spans.parameters(), *([] if mirror is None else mirror.parameters())]
    named = [(name, one) for name, one in network.named_parameters() if one.requires_grad]
    body = [(name, one) for name, one in named if not name.startswith("spans.")]
    groups = [
        {"params": [one for _, one in body if one.dim() > 1], "weight_decay": _DECAY, "scale": 1.0},
        {"params": [one for _, one in body if one.dim() <= 1], "weight_decay": 0.0, "scale": 1.0},
        {"params": fresh, "weight_decay": 0.0, "scale": _HEAD_RATE},
    ]
    return torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98), fused=True)


def _same(plan: Plan) -> list[float | str]:
    """Return what must be alike for a checkpoint to go on with a plan."""
    *others, mix = astuple(plan)
    return [*others, *mix]
