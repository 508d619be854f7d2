"""Texts that other libraries take: some refuse half a character."""


def encodable(text: str) -> str:
    """Return a text with a question mark for every half of a surrogate pair, which can't be encoded."""
    return text.encode(errors="replace").decode()
