"""Measure how drafts are verified: `python -m eval.verification`."""

import click

from cli.progress import progress_bar
from cli.runner import print_note, run
from eval.report import table
from eval.verification.measure import by_kind, measure_verification, read_articles
from index.embedding.embedder import load_embedder
from web.settings import Settings


@click.command()
@click.option("--seed", default=1, show_default=True, help="of the generated quotations")
def verify_generated(seed: int) -> None:
    """Verify a draft of 300 generated quotations of the articles that come with the evaluation.

    Printed are, by kind, how many quotations there are, how many got the right verdict, and how many got each; then
    those with a wrong one.
    """
    settings = Settings.load()
    embedder = load_embedder(settings.model, settings.models, report=print_note)
    with progress_bar() as report:
        verified, took = measure_verification(read_articles(), embedder, seed, report)
    click.echo(table(by_kind(verified)))
    click.echo(f"{took:.1f} s for {len(verified):,} quotations")
    for one in verified:
        if not one.is_right:
            click.echo(f"{one.quotation.kind}, but {one.result.verdict}: {' '.join(one.quotation.text.split())}")


if __name__ == "__main__":
    run(verify_generated)
