"""Plain text to drafts."""

from corpus.article import Draft
from corpus.documents.limits import Limits
from corpus.documents.published import date_of_text


def read_plain_text(text: str, name: str, _limits: Limits) -> Draft:
    """Return a text as it is, with the date of publication that it or its name says."""
    published, is_guess = date_of_text(text, name)
    return Draft(text, published=published, published_is_guess=is_guess)
