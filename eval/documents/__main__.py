"""Measure how documents are read: `python -m eval.documents`."""

import click

from cli.runner import run
from eval.documents.measure import means, measure
from eval.report import table


@click.command()
@click.option("--each", "shows_each", is_flag=True, help="print the figures of each document, too")
def measure_documents(shows_each: bool) -> None:
    """Read the gold documents and compare them with their gold, by format.

    Printed are how many are read and how many rightly refused, the shares of right titles and dates, the precision and
    recall of the words, and the shares of headings, list items and rows of tables that are kept as such. Then come the
    documents that were not read, with the reason.
    """
    figures = list(measure())
    if shows_each:
        click.echo(f"{table({each.name: each.row() for each in figures})}\n")
    click.echo(table(means(figures)))
    for each in figures:
        if each.problem is not None:
            click.echo(f"{'Rightly refused' if each.is_refused else 'Not read'}: {each.problem}")


if __name__ == "__main__":
    run(measure_documents)
