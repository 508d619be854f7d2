"""Chooses the blocks of a page that are its article.

trafilatura finds the main text, but drops captions, standfirsts, lists in tables and second halves, and the structure
of what it keeps. So its text only marks blocks of the page: the element that holds nearly all marked blocks is the
article's, and all its blocks are kept but for those that trafilatura's expressions or the tags of HTML call noise.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import trafilatura
from lxml import etree, html  # type: ignore[import-untyped]
from trafilatura.xpaths import OVERALL_DISCARD_XPATH, REGEXP_NS, REMOVE_COMMENTS_AND_LISTS_XPATH

from corpus.article import BlockKind
from corpus.documents.html.blocks import HtmlBlock

# trafilatura recurses, and takes about 0.1 ms an element, more the deeper they nest (66 s for 36,000 of depth 90).
# Pages beyond these limits keep all their text. Pages of newspapers have some 4,000 elements, 20 deep.
_MAX_ELEMENTS = 30_000
_MAX_DEPTH = 100
_MAX_SUM_OF_DEPTHS = 500_000
_DEEPEST = etree.XPath(f"boolean({'/*' * (_MAX_DEPTH + 1)})")
_NOISE_TAGS = ("aside", "dialog", "footer", "form", "menu", "nav", "search")
_NOISE_ROLES = frozenset(
    {"alertdialog", "banner", "complementary", "contentinfo", "dialog", "menu", "navigation", "search"}
)


# trafilatura's expressions look at the tag of an element and at its attributes alone, so that elements which have these
# in common are tested once.
_NOISE_PATHS = [each.path.strip() for each in (*OVERALL_DISCARD_XPATH, *REMOVE_COMMENTS_AND_LISTS_XPATH)]
_IS_PROBABLE_NOISE = [
    etree.XPath(path.replace(".//*[", "self::*[", 1), namespaces={"re": REGEXP_NS}) for path in _NOISE_PATHS
]
_NOISE_ATTRIBUTES = sorted(set(re.findall(r"@([\w-]+)", " ".join(_NOISE_PATHS))))
_WITH_ATTRIBUTES = etree.XPath("//*[@*]")
_ADVERTISEMENT = re.compile(
    r"(?:^|[\s_-])(?:ads?|advert\w*|anzeige\w*|werbung|sponsored|publicit[eé]|publicidad|pubblicita|reklame?)(?:$|[\s_-])",
    re.I,
)
_ARTICLE = "self::article or @role='article' or @itemprop='articleBody'"
_MAIN = "self::main or @role='main'"
_MIN_MARKED = 250  # characters of marked blocks; trafilatura's own minimum, under which it takes what it can get
_HELD = 0.9  # the fraction of the marked characters that the article's element holds
_MAX_LINKED = 0.6  # the fraction of a block, or of its list, that is links
_MAX_LINK_WORDS = 12  # of a block that is links, such as a line of navigation
_MIN_FOLLOWING = 80  # characters of a paragraph for which a sibling of the article's element is part of it
_WORD = re.compile(r"\w+")
_SHINGLE = 3  # words
_MIN_SHARED = 0.6  # the fraction of a block's shingles that trafilatura's text has

for _name in ("trafilatura", "htmldate", "justext", "courlan"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def is_too_complex(tree: Any) -> bool:
    """Tell whether trafilatura would take too long for a tree."""
    elements = tree.xpath("count(//*)")
    if elements > _MAX_ELEMENTS or _DEEPEST(tree):
        return True
    if elements * _MAX_DEPTH <= _MAX_SUM_OF_DEPTHS:
        return False
    depth = total = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        total += depth if event == "start" else 0
        if total > _MAX_SUM_OF_DEPTHS:
            return True
    return False


def article_blocks(tree: Any, blocks: Sequence[HtmlBlock], heading: HtmlBlock | None) -> list[HtmlBlock]:
    """Return the blocks of a page that are its article, in order.

    `heading` is the block that has the title, if one has: what stands between it and the article is a standfirst.
    """
    return _Chooser(tree, blocks, _marked(tree, blocks), heading).choose()


def without_noise(tree: Any, blocks: Sequence[HtmlBlock]) -> list[HtmlBlock]:
    """Return the blocks of a page that are not in elements whose tags or roles call them noise."""
    noise = _certain_noise(tree)
    known: dict[Any, bool] = {}
    return [block for block in blocks if not _is_within(block.element, noise, known)]


def _certain_noise(tree: Any) -> set[Any]:
    """Return the elements that tags or roles call noise."""
    return {*tree.iter(*_NOISE_TAGS), *(each for each in tree.xpath("//*[@role]") if each.get("role") in _NOISE_ROLES)}


def _probable_noise(tree: Any) -> Iterator[Any]:
    """Yield the elements that trafilatura's expressions call noise, and advertisements."""
    known: dict[tuple[str | None, ...], bool] = {}
    for element in _WITH_ATTRIBUTES(tree):
        key = (element.tag, *map(element.get, _NOISE_ATTRIBUTES))
        if key not in known:
            is_advertisement = _ADVERTISEMENT.search(element.get("class", "")) is not None
            known[key] = is_advertisement or any(expression(element) for expression in _IS_PROBABLE_NOISE)
        if known[key]:
            yield element


def main_element(tree: Any) -> Any:
    """Return the main part of a page by its tag or role: the only article or main, or else the body."""
    for expression in (f"//*[{_ARTICLE}]", f"//*[{_MAIN}]", "//body"):
        found = tree.xpath(expression)
        if len(found) == 1:
            return found[0]
    return tree


def _marked(tree: Any, blocks: Sequence[HtmlBlock]) -> list[bool]:
    """Tell of each block whether it is in the main text that trafilatura finds."""
    copy = html.document_fromstring(
        etree.tostring(tree, encoding="utf-8", method="html"), parser=html.HTMLParser(encoding="utf-8")
    )
    etree.strip_attributes(copy, "colspan", "rowspan")  # it writes a cell for each, and a few tags claim millions
    document: Any = trafilatura.bare_extraction(
        copy, include_comments=False, include_tables=True, output_format="txt"
    )  # the default writes its tree as a text, too
    if document is None:
        return [False] * len(blocks)
    parts = list(document.body.itertext())
    whole_lines = {"".join(part.split()) for part in parts}
    found = ["".join(block.text.split()) in whole_lines for block in blocks]
    shingles = {number: list(_shingles(block.text)) for number, block in enumerate(blocks) if not found[number]}
    shared = {shingle for each in shingles.values() for shingle in each}.intersection(_shingles(" ".join(parts)))
    for number, own in shingles.items():
        found[number] = len(own) > 2 and sum(map(shared.__contains__, own)) >= _MIN_SHARED * len(own)
    return found


def _shingles(text: str) -> Iterator[tuple[str, str, str]]:
    words = _WORD.findall(text.lower())
    return zip(words, words[1:], words[2:], strict=False)


class _Chooser:
    """Keeps what the elements of one page are to each other."""

    def __init__(
        self, tree: Any, blocks: Sequence[HtmlBlock], marked: Sequence[bool], heading: HtmlBlock | None
    ) -> None:
        self._tree, self._blocks, self._marked, self._heading = tree, blocks, marked, heading
        self._marked_below: Counter[Any] = Counter()  # by element, the marked characters
        below_parent: Counter[Any] = Counter()
        for block, is_marked in zip(blocks, marked, strict=True):
            if is_marked:
                self._marked_below[block.element] += len(block.text)
                below_parent[block.element.getparent()] += len(block.text)
        for parent, length in below_parent.items():
            for element in () if parent is None else _with_ancestors(parent):
                self._marked_below[element] += length
        self._total = below_parent.total()
        certain_noise = _certain_noise(tree)
        self._noise = self._find_noise(certain_noise)
        self._certain_noise = self._noise & certain_noise
        self._known_noise: dict[Any, bool] = {}
        self._known_certain_noise: dict[Any, bool] = {}
        self._linked = _linked_fractions(blocks)

    def choose(self) -> list[HtmlBlock]:
        """Return the blocks of the article."""
        roots = self._roots()
        known: dict[Any, bool] = {}
        kept = [
            (is_marked and self._total >= _MIN_MARKED and self._may_be_marked(block))
            or (_is_within(block.element, roots, known) and self._may_be_text(block))
            for block, is_marked in zip(self._blocks, self._marked, strict=True)
        ]
        self._keep_standfirst(kept)
        self._drop_empty_sections(kept)
        return [block for block, is_kept in zip(self._blocks, kept, strict=True) if is_kept]

    def _find_noise(self, certain: set[Any]) -> set[Any]:
        """Return the elements that are noise, unless they hold much of the main text."""
        is_reliable = self._total >= _MIN_MARKED
        found = set(certain)
        title = set() if self._heading is None else set(_with_ancestors(self._heading.element))
        found.update(set(self._tree.xpath("//header[not(ancestor::article or ancestor::main)]")) - title)
        found.update(_probable_noise(self._tree))
        return {element for element in found if 3 * self._marked_below[element] <= self._total or not is_reliable}

    def _may_be_marked(self, block: HtmlBlock) -> bool:
        """Tell whether trafilatura may be right about a block; its text may have a short one in another place."""
        if self._may_be_text(block):
            return True
        words = len(block.text.split())
        is_short = words <= _SHINGLE or (words <= _MAX_LINK_WORDS and block.linked > 0.8 * len(block.text))
        return not (is_short and block.kind is not BlockKind.HEADING) and not _is_within(
            block.element, self._certain_noise, self._known_certain_noise
        )

    def _may_be_text(self, block: HtmlBlock) -> bool:
        return self._linked[block] <= _MAX_LINKED and not _is_within(block.element, self._noise, self._known_noise)

    def _roots(self) -> set[Any]:
        """Return the elements that hold the article."""
        if self._total < _MIN_MARKED:
            return {main_element(self._tree)}
        root = self._tree
        while True:
            inner = [child for child in root if self._marked_below[child] >= _HELD * self._total]
            if not inner:
                break
            root = inner[0]
        around = root.xpath("ancestor-or-self::article[1]") + root.xpath(f"ancestor-or-self::*[{_ARTICLE}][1]")
        if around:
            return {around[0]}
        return {root, *self._following_parts(root)}

    def _following_parts(self, root: Any) -> Iterable[Any]:
        """Yield the siblings of the article's element that have its tag and class, and paragraphs of text."""
        parent, name = root.getparent(), root.get("class")
        if parent is None or not name or root.tag in {"td", "li"}:
            return
        siblings = {each for each in parent.iterchildren(root.tag) if each is not root and each.get("class") == name}
        known: dict[Any, bool] = {}
        for block in self._blocks if siblings else ():
            if (
                len(block.text) >= _MIN_FOLLOWING
                and self._linked[block] < 0.3
                and _is_within(block.element, siblings, known)
            ):
                yield next(each for each in _with_ancestors(block.element) if each in siblings)

    def _keep_standfirst(self, kept: list[bool]) -> None:
        """Keep the title's heading and what stands between it and the article, unless it is noise."""
        first = next((number for number, is_kept in enumerate(kept) if is_kept), 0)
        if self._heading in self._blocks[:first]:
            for number in range(self._blocks.index(self._heading), first):
                kept[number] = self._blocks[number] is self._heading or self._may_be_text(self._blocks[number])

    def _drop_empty_sections(self, kept: list[bool]) -> None:
        """Drop unmarked headings that nothing follows, such as that of a list of related pages that was dropped."""
        next_level = 0  # of the next kept block: that of a heading, 7 for others, 0 at the end
        for number in reversed(range(len(self._blocks))):
            block = self._blocks[number]
            if kept[number] and block.kind is not BlockKind.HEADING:
                next_level = 7
            elif kept[number]:
                kept[number] = self._marked[number] or block.level < next_level
                next_level = block.level if kept[number] else next_level


def _with_ancestors(element: Any) -> Iterable[Any]:
    yield element
    yield from element.iterancestors()


def _is_within(element: Any, elements: set[Any], known: dict[Any, bool]) -> bool:
    """Tell whether an element or an ancestor of it is among some; `known` keeps what was found out before."""
    path = []
    found = False
    for each in _with_ancestors(element):
        if each in known:
            found = known[each]
            break
        path.append(each)
        if each in elements:
            found = True
            break
    known.update(dict.fromkeys(path, found))
    return found


def _linked_fractions(blocks: Sequence[HtmlBlock]) -> Mapping[HtmlBlock, float]:
    """Return the fraction of each block that is links; of an item or a row, that of its whole list or table."""
    lengths: Counter[Any] = Counter()
    linked: Counter[Any] = Counter()
    for block in blocks:
        if block.group is not None:
            lengths[block.group] += len(block.text)
            linked[block.group] += block.linked
    return {
        block: (block.linked / len(block.text) if block.group is None else linked[block.group] / lengths[block.group])
        for block in blocks
    }
