"""Formulas as plain text: MathML as it is read aloud, TeX as it stands."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

_SUPERSCRIPTS = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_SUPERSCRIPT = re.compile(r"[+−-]?\d+|n")
_INVISIBLE_OPERATORS = dict.fromkeys(range(0x2061, 0x2065))
# Operators that stand between two terms; a sign before the first term is no such operator.
_BETWEEN = frozenset("=≠<>≤≥≈≡∼≃≅∝+-−±∓×·⋅÷*∈∉⊂⊆⊃⊇∪∩→←↔⇒⇐⇔↦∧∨∘⊕⊗≪≫")
_SIMPLE = re.compile(r"\w+|\([^()]*\)", re.UNICODE)
_DISPLAY_STYLE = re.compile(r"\{\\(?:displaystyle|textstyle)\s+(.*)\}", re.S)
MATH_TAGS = ("math", "m:math", "mml:math")  # with or without a prefix of the namespace
_SILENT = frozenset({"annotation", "annotation-xml", "mphantom", "none", "mprescripts", "maligngroup", "malignmark"})


def superscript(text: str) -> str | None:
    """Return a number, or n, in superscript characters; None for other text."""
    plain = text.strip()
    return plain.translate(_SUPERSCRIPTS) if _SUPERSCRIPT.fullmatch(plain) else None


def plain_tex(source: str) -> str:
    """Return TeX as one line, without the style that wikis wrap it in."""
    line = " ".join(source.split())
    wrapped = _DISPLAY_STYLE.fullmatch(line)
    return line if wrapped is None else wrapped.group(1).strip()


def formula_text(math: Any) -> str:
    """Return the text of a `math` element: from its presentation markup, or else its alternative text or TeX."""
    texts: dict[Any, str] = {}
    for _, element in etree.iterwalk(math, events=("end",)):  # children first; no recursion, whatever the nesting
        if isinstance(element.tag, str):
            texts[element] = _element_text(element, [texts.pop(child, "") for child in element])
    shown = " ".join(texts[math].split())
    if shown:
        return shown
    source = math.get("alttext")
    if not source:
        tex = [each for each in math.iter() if _name(each) == "annotation" and "tex" in each.get("encoding", "")]
        source = tex[0].text if tex else ""
    return plain_tex(source if source is not None else "")


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(element.tag, str) else ""


def _element_text(element: Any, children: Sequence[str]) -> str:
    name = _name(element)
    if name in _SILENT:
        return ""
    if name == "semantics":
        return children[0] if children else ""
    own = (element.text if element.text is not None else "").translate(_INVISIBLE_OPERATORS)
    if name == "mo":
        sign = " ".join(own.split())
        if sign in _BETWEEN and element.getprevious() is not None:
            return f" {sign} "
        return f"{sign} " if sign in {",", ";"} else sign
    write = _SCHEMATA.get(name)
    if write is not None:
        return write(children)
    return " ".join(own.split()) + "".join(children)


def _grouped(text: str) -> str:
    plain = text.strip()
    return plain if not plain or _SIMPLE.fullmatch(plain) else f"({plain})"


def _power(base: str, exponent: str) -> str:
    raised = superscript(exponent)
    return f"{_grouped(base)}{raised}" if raised is not None else f"{_grouped(base)}^{_grouped(exponent)}"


def _index(base: str, index: str) -> str:
    return f"{base.strip()}_{_grouped(index)}" if index.strip() else base


def _root(parts: Sequence[str]) -> str:
    index = superscript(parts[1]) if len(parts) > 1 else ""
    return f"{index if index is not None else ''}√{_grouped(parts[0] if parts else '')}"


def _pad(parts: Sequence[str], count: int) -> list[str]:
    return [*parts, *[""] * count][:count]


def _both(parts: Sequence[str]) -> str:
    base, below, above = _pad(parts, 3)
    return _power(_index(base, below), above) if above.strip() else _index(base, below)


_SCHEMATA: dict[str, Callable[[Sequence[str]], str]] = {
    "mfrac": lambda parts: "/".join(_grouped(part) for part in parts),
    "msup": lambda parts: _power(*_pad(parts, 2)),
    "msub": lambda parts: _index(*_pad(parts, 2)),
    "munder": lambda parts: _index(*_pad(parts, 2)),
    "msubsup": _both,
    "munderover": _both,
    "msqrt": lambda parts: f"√{_grouped(''.join(parts))}",
    "mroot": _root,
    "mfenced": lambda parts: f"({', '.join(part.strip() for part in parts)})",
    "mtr": lambda parts: ", ".join(part.strip() for part in parts),
    "mtable": lambda parts: "; ".join(part.strip() for part in parts),
}
