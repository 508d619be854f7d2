"""HTML to drafts of articles."""

from corpus.documents.html.reader import read_fragment, read_html, write_fragment

__all__ = ["read_fragment", "read_html", "write_fragment"]
