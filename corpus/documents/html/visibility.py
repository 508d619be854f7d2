"""What a reader of a page sees: formulas become text, and hidden elements leave the tree."""

import re
from itertools import islice
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from corpus.documents.html.formulas import MATH_TAGS, formula_text, plain_tex

# Elements that show no text, or text that is not of the document.
# fmt: off
UNREAD_TAGS = frozenset({
    "audio", "button", "canvas", "datalist", "del", "embed", "iframe", "input", "map", "math", "nav", "noscript",
    "object", "rp", "rt", "s", "script", "select", "strike", "style", "svg", "template", "textarea", "video",
})
_HIDDEN_STYLE = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))", re.I)
_HIDDEN_CLASSES = frozenset({
    "a11y-hidden", "assistive-text", "element-invisible", "govuk-visually-hidden", "is-visually-hidden", "offscreen",
    "screen-reader-only", "screen-reader-text", "screenreader", "sr-only", "u-hidden-visually", "visually-hidden",
    "visuallyhidden",
})
# fmt: on
_TEX_SCRIPT = re.compile(r"math/(?:tex|latex)", re.I)
_FORMULA_IMAGE = re.compile(r"\b(?:math|tex|latex|mwe-math\S*)\b", re.I)
_FORMULA = "data-formula"  # marks the text that a formula became


def show_formulas(tree: Any) -> None:
    """Replace the formulas of a tree by their text: MathML, TeX of MathJax and pictures of TeX."""
    for element in list(tree.iter(*MATH_TAGS, "script", "img")):
        if element.tag in MATH_TAGS:
            _replace(element, formula_text(element))
        elif element.tag == "script" and _TEX_SCRIPT.match(element.get("type", "")):
            _replace(element, plain_tex(element.text if element.text is not None else ""))
        elif element.tag == "img" and _FORMULA_IMAGE.search(element.get("class", "")):
            _replace(element, "" if _stands_beside_formula(element) else plain_tex(element.get("alt", "")))


def drop_hidden(tree: Any) -> None:
    """Remove the elements that are hidden from readers, but for those that hold more than half of the text.

    Such is the body of a page that a script shows once it has loaded. Formulas in hidden elements stay: the markup that
    the browser draws has no text of its own.
    """
    if not any(map(is_hidden, tree.xpath("//*[@hidden or @aria-hidden or @style or @class or self::dialog]"))):
        return
    hidden: list[tuple[Any, int]] = []
    outermost: Any = None
    total = before = 0  # characters
    walker = etree.iterwalk(tree, events=("start", "end"))
    for event, element in walker:
        if not isinstance(element.tag, str):
            continue
        if event == "start":
            if element.tag in UNREAD_TAGS or element.tag == "head":
                walker.skip_subtree()
                continue
            if outermost is None and is_hidden(element):
                outermost, before = element, total
            total += _length(element.text)
        else:
            if element is outermost:
                hidden.append((element, total - before))
                outermost = None
            total += _length(element.tail)
    for element, size in hidden:
        if 2 * size <= total and element.getparent() is not None:
            for formula in [each for each in element.iter() if each.get(_FORMULA) is not None]:
                formula.tail = None
                element.addprevious(formula)
            _remove(element)


def is_hidden(element: Any) -> bool:
    """Tell whether an element says that it is not shown."""
    if element.get("hidden") is not None and element.get("hidden").lower() != "until-found":
        return True
    if element.get("aria-hidden", "").strip().lower() == "true" or (
        element.tag == "dialog" and element.get("open") is None
    ):
        return True
    style = element.get("style")
    if style is not None and _HIDDEN_STYLE.search(style):
        return True
    return not _HIDDEN_CLASSES.isdisjoint(element.get("class", "").lower().split())


def _length(text: str | None) -> int:
    return 0 if text is None else len(text.strip())


def _remove(element: Any) -> None:
    """Remove an element and what is in it, but not the text behind it."""
    parent, previous, tail = element.getparent(), element.getprevious(), element.tail
    if tail and previous is not None:
        previous.tail = f"{previous.tail or ''}{tail}"
    elif tail:
        parent.text = f"{parent.text or ''}{tail}"
    parent.remove(element)


def _replace(element: Any, text: str) -> None:
    """Make an element a span of this text."""
    tail = element.tail
    element.clear()
    element.tag, element.text, element.tail = "span", text, tail
    element.set(_FORMULA, "")


def _stands_beside_formula(image: Any) -> bool:
    """Tell whether an image shows the formula that stands in the same span as MathML, as in wikis."""
    parent = image.getparent()
    return (
        parent is not None
        and parent.tag == "span"
        and len(list(islice(parent, 4))) < 4
        and any(each.get(_FORMULA) is not None for each in parent.iter())
    )
