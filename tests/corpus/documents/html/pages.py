"""Pages of HTML that tests make up."""

from corpus.article import Draft
from corpus.documents import read_document

PARAGRAPHS = (
    "The ferry to Holm was taken out of the water in March, because the rudder had come loose in the ice. Divers found "
    "it in nine metres of water, and a crane from Varde lifted it onto the quay, where it lay until the welders came.",
    "Tickets cost 14 crowns for grown-ups and nothing for children under six. The price was last raised in 2009, when "
    "the old steam engine was replaced, and the council has promised not to touch it before the new pier is paid for.",
    "Nora Lind, who has steered the ferry since 1998, says that the mended boat turns faster than before. She keeps a "
    "list of the passengers who were seasick, and the mayor stands on it twice, both times on his way to a wedding.",
    "In summer the boat sails every hour from six in the morning until the last light. In winter there are two "
    "sailings a day, and whoever misses the second one sleeps in the waiting room, which has a stove and eleven bunks.",
)
BODY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


def page(body: str = f"<article><h1>Ferry is back</h1>{BODY}</article>", head: str = "", title: str = "") -> str:
    """Return a page; its title is left out where it is empty."""
    head = f"<title>{title}</title>{head}" if title else head
    return f'<!doctype html><html lang="en"><head><meta charset="utf-8">{head}</head><body>{body}</body></html>'


def read(markup: str) -> Draft:
    """Return the draft of a page or a fragment."""
    return read_document(markup.encode(), "page.html")
