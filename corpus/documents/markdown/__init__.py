"""Markdown to drafts of articles."""

from corpus.documents.markdown.reader import read_markdown

__all__ = ["read_markdown"]
