"""Tables of short texts that tests are parametrized with."""


def texts_of(table: str) -> list[str]:
    """Return the texts of a table, which bars and line breaks separate."""
    return [text.strip() for line in table.strip().split("\n") for text in line.split("|")]
