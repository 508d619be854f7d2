"""Fit the model of the words that a question leaves to its conversation: `python -m training.conversation_terms`.

On half of the conversations of CANARD and CAsT; `eval.developing.conversations` judges by the other half.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from cli.runner import run
from eval.developing.conversations import Rewrite, read_rewrites, term_f1
from index.onnx.model_files import write_text
from qa.conversation.follow_ups import read_in_conversation
from qa.conversation.history import Conversation
from qa.conversation.terms import MODEL, TermModel, term_features

_REGULARISATION = 0.3  # the inverse of its strength
_THRESHOLDS = np.arange(0.1, 0.6, 0.01)


def fit(rewrites: Sequence[Rewrite]) -> TermModel:
    """Return a model of the terms that rewrites add, with the threshold of the best F1."""
    rows: list[NDArray[np.float64]] = []
    labels: list[bool] = []
    wanted = 0
    for one in rewrites:
        ways = [way.text for way in read_in_conversation(one.question, Conversation(one.turns))]
        wanted += len(one.left_out)
        for stem, features in term_features(one.question, one.turns, ways).items():
            rows.append(features)
            labels.append(stem in one.left_out)
    examples, right = np.stack(rows), np.array(labels)
    fitted = LogisticRegression(C=_REGULARISATION, max_iter=3000).fit(examples, right)
    likely = fitted.predict_proba(examples)[:, 1]

    def f1(threshold: float) -> float:
        kept = likely >= threshold
        return 2 * float(right[kept].sum()) / (float(kept.sum()) + wanted)

    best = max(_THRESHOLDS.tolist(), key=f1)
    return TermModel(np.round(fitted.coef_[0], 4), round(float(fitted.intercept_[0]), 4), round(best, 2))


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="folder of question sets")
@click.option("--out", type=click.Path(path_type=Path), default=MODEL, help="file of the model")
def main(data: Path, out: Path) -> None:
    """Fit the model and write it."""
    rewrites = [one for some in read_rewrites(data).values() for one in some if not one.is_for_judging]
    model = fit(rewrites)
    values = {"intercept": model.intercept, "threshold": model.threshold, "weights": model.weights.tolist()}
    write_text(out, json.dumps(values) + "\n")
    click.echo(f"{len(rewrites)} questions: {term_f1(rewrites, model)}")


if __name__ == "__main__":
    run(main)
