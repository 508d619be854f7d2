"""Measure how documents are read: `python -m eval.documents`."""

import click

from cli.runner import run
from eval.documents.measure import means, measure
from eval.report import table


@click.command()
def measure_documents() -> None:
    """Read the gold documents; print how many titles and dates are right, and precision and recall of their text."""
    figures = list(measure())
    click.echo(table({each.name: each.row() for each in figures}))
    click.echo(f"\n{table(means(figures))}")
    for each in figures:
        if each.problem is not None:
            click.echo(f"{each.name}: {each.problem}")


if __name__ == "__main__":
    run(measure_documents)
