"""A page of HTML to the draft of its article."""

from typing import Any

from corpus.article import Draft
from corpus.documents.html.blocks import find_blocks, write_blocks
from corpus.documents.html.content import article_blocks, is_too_complex, without_noise
from corpus.documents.html.metadata import page_address, page_title, read_metadata, title_heading
from corpus.documents.html.publication import publication_date, stated_dates, updated_date
from corpus.documents.html.visibility import drop_hidden, show_formulas
from corpus.documents.html.walls import check_article
from corpus.documents.limits import Deadline, Limits
from corpus.documents.writer import DocumentWriter
from corpus.web_address import is_web_address


def read_page(tree: Any, name: str, limits: Limits) -> Draft:
    """Return the article of a page, which is changed, with its metadata; its text is empty where it has none.

    `name` is the address of a page that was fetched. Raises UnreadableDocument for what is no article, TooLarge.
    """
    deadline = Deadline(limits, name)
    address = name if is_web_address(name) else None
    metadata, stated = read_metadata(tree), stated_dates(tree)
    show_formulas(tree)
    drop_hidden(tree)
    blocks = list(find_blocks(tree, deadline))
    heading = title_heading(metadata, blocks)
    article = [] if is_too_complex(tree) else article_blocks(tree, blocks, heading)
    if not article:
        article = without_noise(tree, blocks) or blocks
    writer = DocumentWriter(limits, name)
    write_blocks(article, writer)
    text = writer.draft().text
    if not text:
        return Draft("")
    check_article(text, tree, name)
    published, is_guess = publication_date(metadata, stated, blocks, article, heading, address)
    return writer.draft(
        title=page_title(metadata, heading, article),
        url=page_address(metadata, address),
        published=published,
        published_is_guess=is_guess,
        updated=updated_date(metadata, stated, blocks, article, heading),
        source=metadata.site,
        language=metadata.language,
    )
