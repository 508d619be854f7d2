"""The numbers of list items as documents show them."""

_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x")),
    *((9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_MAX_ROMAN = 3999


def ordinal(number: int, style: str = "1") -> str:
    """Return a number in the style of HTML's `type`: 1, a, A, i or I; in digits where the style has none for it."""
    if style in {"i", "I"} and 0 < number <= _MAX_ROMAN:
        letters = _roman(number)
    elif style in {"a", "A"} and number > 0:
        letters = _alphabetic(number)
    else:
        return str(number)
    return letters.upper() if style.isupper() else letters


def _roman(number: int) -> str:
    letters = ""
    for value, sign in _ROMAN:
        count, number = divmod(number, value)
        letters += sign * count
    return letters


def _alphabetic(number: int) -> str:
    """Return a number as letters: z is followed by aa, ab."""
    letters = ""
    while number > 0:
        number, place = divmod(number - 1, 26)
        letters = chr(ord("a") + place) + letters
    return letters
