"""Trains a network, with checkpoints that a later run resumes from."""

import os
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch

from corpus.errors import ModelProblem
from qa.reader.tokenization import ReaderInput
from training.data.batches import StepSource, TrainingStep
from training.data.sampling import SamplingRates, TrainingData, sample_epoch
from training.models.losses import HiddenStateProjection, distillation_loss, supervised_loss
from training.models.network import SpanNetwork, read, save_atomically
from training.models.quantization import calibrate_smoothing, prepare_quantization
from training.models.teacher import TeacherEnsemble

# Read before any search: FAISS, loaded after torch, shares its OpenMP and leaves it with one thread.
_THREADS = torch.get_num_threads()
_CHECKPOINT_SECONDS = 600
_TOKENS_ON_CPU, _TOKENS_ON_CPU_BF16, _TOKENS_ON_GPU = 768, 2048, 16384  # that go through the network at once
_MAX_WORKERS = 8  # processes that make batches for a GPU
_MAX_QUEUED_STEPS = 8  # on a GPU: enough that it never waits for the processor
_MAX_GRADIENT_NORM = 1.0
_HEAD_RATE = 5.0  # the head's and the projection's learning rate over the others': they start from nothing
_WEIGHT_DECAY = 0.01
# What torch raises for a file that is no checkpoint, and for weights of other shapes.
_NO_CHECKPOINT = (OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError, pickle.UnpicklingError)


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """The hyperparameters of a training.

    Attributes:
        epochs: how many; training ends earlier when `hours` are over.
        learning_rate: the highest, at the end of the warm-up; from there it falls linearly to 0.
        batch_tokens: about how many tokens a step reads.
        single_sentences: how many an epoch draws.
        warmup: the fraction of the training in which the learning rate rises.
        hours: the limit of the steps' time, without mining and validation; 0 is no limit. The learning rate reaches 0
            at whichever end comes first.
        seed: of the sampling, and of the head's initial weights.
        bf16: whether a processor multiplies in bfloat16, as a GPU always does.
        warm_start: the SHA-256 of the reader whose weights training starts from, or "". Other examples are drawn than
            in its own training.
        teachers: the SHA-256 of each teacher's file, with a space between, or "".
        quantize_from: the fraction of the training from which on it is quantization-aware; 1 is never.
        hidden_loss: the weight of the hidden-state loss at the beginning; it falls linearly to 0.
        dropout: that the network was loaded with.
        user_set: the SHA-256 of the user set, or "".
        rates: what an epoch samples.
    """

    epochs: int = 2
    learning_rate: float = 2e-4
    batch_tokens: int = 4096
    single_sentences: int = 20_000
    warmup: float = 0.04
    hours: float = 0.0
    seed: int = 0
    bf16: bool = False
    warm_start: str = ""
    teachers: str = ""
    quantize_from: float = 1.0
    hidden_loss: float = 0.0
    dropout: float = 0.0
    user_set: str = ""
    rates: SamplingRates = field(default_factory=SamplingRates)

    def fingerprint(self) -> list[float | str]:
        """Return all values in a list; a checkpoint of another list is not resumed."""
        *values, rates = astuple(self)
        return [*values, *rates]


@dataclass(slots=True)
class TrainingState:
    """How far a training is: the epoch, its next batch (from 0), the steps in all, and the seconds they took."""

    epoch: int = 0
    batch: int = 0
    steps: int = 0
    seconds: float = 0.0


class Trainer:
    """Trains a network; its progress is in a checkpoint in `folder`.

    On a processor, a run that is stopped and resumed ends with the weights of an uninterrupted one, unless the
    configuration limits the hours: time then decides the learning rate.
    """

    def __init__(
        self,
        network: SpanNetwork,
        tokens: ReaderInput,
        data: TrainingData,
        config: TrainingConfig,
        folder: Path,
        teacher: TeacherEnsemble | None = None,
    ) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._network = network.to(self._device)
        self._teacher = None if teacher is None else teacher.to(self._device)
        self._projection = None
        if teacher is not None and config.hidden_loss:
            torch.manual_seed(config.seed)
            self._projection = HiddenStateProjection(network.width, teacher.width).to(self._device)
        self._config = config
        on_gpu = self._device.type == "cuda"
        size = _TOKENS_ON_GPU if on_gpu else _TOKENS_ON_CPU_BF16 if config.bf16 else _TOKENS_ON_CPU
        sample = partial(
            sample_epoch,
            data,
            f"{config.seed}{config.warm_start}",
            tokens=config.batch_tokens,
            single_sentences=config.single_sentences,
            rates=config.rates,
        )
        self._source = StepSource(sample, tokens, size)
        self._workers = min(_MAX_WORKERS, max(1, (os.cpu_count() or 1) // 2)) if on_gpu else 0
        self._file = folder / "checkpoint.pt"
        self._state = TrainingState()
        self._optimizer = _optimizer(network, self._projection, config)
        self._quantized = prepare_quantization(network) if config.quantize_from < 1 else []
        self._total = 0
        self._queued: deque[torch.cuda.Event] = deque()

    def train(self, log: Callable[[str], None], validate: Callable[[SpanNetwork], str]) -> TrainingState:
        """Train to the end; at each checkpoint log the progress and what `validate` returns.

        Raises ModelProblem where there is a checkpoint that can't be used, or a worker process is killed.
        """
        torch.set_num_threads(_THREADS)
        self._resume(log)
        saved = time.monotonic()
        losses: list[torch.Tensor] = []
        for step in self._remaining_steps():
            losses.append(self._step(step))
            if time.monotonic() - saved > _CHECKPOINT_SECONDS:
                self._checkpoint(losses, log, validate)
                saved, losses = time.monotonic(), []
        self._checkpoint(losses, log, validate)
        for layer in self._quantized:
            layer.quantizes = False  # the export quantizes by itself
        return self._state

    def _remaining_steps(self) -> Iterator[TrainingStep]:
        epochs = range(self._state.epoch, self._config.epochs)
        with closing(self._source.steps(epochs, self._state.batch, self._workers)) as remaining:
            for epoch, steps_per_epoch, step in remaining:
                self._total = steps_per_epoch * self._config.epochs
                if epoch > self._state.epoch:
                    self._state.epoch, self._state.batch = epoch, 0
                if self._progress() >= 1:
                    return
                yield step

    def _step(self, step: TrainingStep) -> torch.Tensor:
        begun = time.monotonic()
        self._network.train()
        # torch's schedulers count steps; here time may decide.
        done, warmup = self._progress(), self._config.warmup
        learning_rate = self._config.learning_rate * min(done / warmup + 1e-3, (1 - done) / (1 - warmup))
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate * group["scale"]
        batches = [batch.to(self._device) for batch in step]
        torch.manual_seed(self._config.seed + self._state.steps)  # dropout is the same in a resumed run
        if self._quantized and not self._quantized[0].quantizes and done >= self._config.quantize_from:
            self._network.eval()  # the export smooths without dropout
            with torch.no_grad(), self._autocast():
                calibrate_smoothing(self._quantized, lambda: read(self._network, batches))
            for layer in self._quantized:
                layer.quantizes = True
            self._network.train()
        with self._autocast():
            if self._teacher is None:
                loss = supervised_loss(self._network, batches)
            else:
                hidden_weight = self._config.hidden_loss * max(0.0, 1 - done)
                loss = distillation_loss(self._network, self._teacher, batches, self._projection, hidden_weight)
        loss.backward()  # type: ignore[no-untyped-call]
        for module in (self._network, self._projection):
            if module is not None:
                torch.nn.utils.clip_grad_norm_(module.parameters(), _MAX_GRADIENT_NORM)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._state.batch += 1
        self._state.steps += 1
        if self._device.type == "cuda":
            # Waits for all steps but the last few, so that the measured time is about the GPU's own.
            self._queued.append(torch.cuda.current_stream(self._device).record_event())
            if len(self._queued) > _MAX_QUEUED_STEPS:
                self._queued.popleft().synchronize()
        self._state.seconds += time.monotonic() - begun
        return loss.detach()

    def _autocast(self) -> torch.autocast:
        kind = self._device.type
        return torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda" or self._config.bf16)

    def _progress(self) -> float:
        """Return the finished fraction of the training, by steps or by time, whichever is larger."""
        steps = self._state.steps / self._total if self._total else 0.0
        hours = self._state.seconds / (self._config.hours * 3600) if self._config.hours else 0.0
        return max(steps, hours)

    def _checkpoint(
        self,
        losses: Sequence[torch.Tensor],
        log: Callable[[str], None],
        validate: Callable[[SpanNetwork], str],
    ) -> None:
        state = {
            "network": self._network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "projection": {} if self._projection is None else self._projection.state_dict(),
            "quantizes": [layer.quantizes for layer in self._quantized],
            "state": [self._state.epoch, self._state.batch, self._state.steps, self._state.seconds],
            "config": self._config.fingerprint(),
        }
        save_atomically(state, self._file)
        with self._autocast():
            figures = validate(self._network)
        minutes = f"{self._state.seconds / 60:.0f} min"
        if losses:
            mean = float(torch.stack(list(losses)).mean())
            log(
                f"{min(1, self._progress()):4.0%}  epoch {min(self._state.epoch + 1, self._config.epochs)}  "
                f"batches {self._state.steps}/{self._total}  {minutes}  loss {mean:.3f}  {figures}"
            )
        else:
            log(f"Trained: {self._state.steps} batches, {minutes}  {figures}")

    def _resume(self, log: Callable[[str], None]) -> None:
        if not self._file.is_file():
            return
        try:
            checkpoint: dict[str, Any] = torch.load(self._file, map_location=self._device, weights_only=True)
            if checkpoint["config"] != self._config.fingerprint():
                log(f"{self._file} is of a training with other options: starting anew.")
                return
            self._network.load_state_dict(checkpoint["network"])
            if self._projection is not None:
                self._projection.load_state_dict(checkpoint["projection"])
            self._optimizer.load_state_dict(checkpoint["optimizer"])
            self._state = TrainingState(*checkpoint["state"])
            for layer, quantizes in zip(self._quantized, checkpoint["quantizes"], strict=True):
                layer.quantizes = quantizes
        except _NO_CHECKPOINT as error:
            raise ModelProblem(
                f"The checkpoint {self._file} is damaged, or of another network. Remove it to start anew."
            ) from error
        log(f"Resumed from {self._file}: {self._state.steps} batches done.")


def _optimizer(
    network: SpanNetwork, projection: HiddenStateProjection | None, config: TrainingConfig
) -> torch.optim.Optimizer:
    """Return AdamW; biases and norms do not decay, and new layers have a higher learning rate."""
    new = [*network.spans.parameters(), *([] if projection is None else projection.parameters())]
    encoder = [
        parameter
        for name, parameter in network.named_parameters()
        if parameter.requires_grad and not name.startswith("spans.")
    ]
    groups = [
        {"params": [one for one in encoder if one.dim() > 1], "weight_decay": _WEIGHT_DECAY, "scale": 1.0},
        {"params": [one for one in encoder if one.dim() <= 1], "weight_decay": 0.0, "scale": 1.0},
        {"params": new, "weight_decay": 0.0, "scale": _HEAD_RATE},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98), fused=True)
