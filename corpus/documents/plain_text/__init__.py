"""Plain text to drafts: its tables lined up by spaces, and exported chats."""

from corpus.documents.plain_text.reader import read_plain_text

__all__ = ["read_plain_text"]
