"""What a page says of itself: title, address, site and language."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from corpus.article import BlockKind
from corpus.documents.html.blocks import HtmlBlock
from corpus.web_address import is_web_address

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_TITLE_SEPARATOR = re.compile(r"\s+[|–—·•»«›‹:~-]+\s+|\s*\|\s*|\s+::\s+")
# fmt: off
_NO_TITLE = frozenset({
    "accueil", "app", "document", "home", "homepage", "index", "new", "page", "start", "startseite", "title",
    "untitled", "welcome",
})
# fmt: on
_SITE_CLASS = re.compile(r"\b(?:site|logo|brand|menu|nav|masthead)", re.I)
_MAX_HEADINGS = 200
_ARTICLE_TYPES = re.compile(r"article|posting|report|webpage|creativework|review|recipe|discussion|question", re.I)
_MAX_SCRIPTS = 1_000_000  # characters of JSON-LD
_MAX_OBJECTS = 10_000
# Parts of an address that stand for another presentation of the same page.
_PRESENTATIONS = re.compile(r"/(?:amp|print|mobile|index\.\w+|default\.\w+)/?$|/$", re.I)
_TRACKING = re.compile(
    r"utm_|fbclid$|gclid$|msclkid$|mc_|cmp$|ref$|ref_|source$|src$|share|amp$|output$|__|at_|ito$", re.I
)


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """The metadata of a page's head: its meta elements by lower-case name, and the objects of its JSON-LD.

    `meta` keeps the first value of each name. `objects` are those that may describe the page, articles first.
    """

    document_title: str | None
    canonical: str | None
    language: str | None
    meta: Mapping[str, str]
    objects: Sequence[Mapping[str, Any]]

    def first(self, *names: str) -> str | None:
        """Return the value of the first of these meta elements that has one."""
        return next((self.meta[name] for name in names if name in self.meta), None)

    @property
    def site(self) -> str | None:
        """The name of the site."""
        name = self.first("og:site_name")
        if name is None:
            publishers = (each.get("publisher") for each in self.objects)
            name = next(
                (_plain(each["name"]) for each in publishers if isinstance(each, dict) and "name" in each), None
            )
        return self.first("application-name") if name is None else name


def read_metadata(tree: Any) -> PageMetadata:
    """Return the metadata of a page, whose scripts must still be in the tree."""
    meta: dict[str, str] = {}
    for element in tree.iter("meta"):
        value = _plain(element.get("content"))
        for key in ("property", "name", "itemprop"):
            if value is not None and (name := element.get(key)):
                meta.setdefault(name.strip().lower(), value)
    canonical = tree.xpath("string(//link[contains(concat(' ', normalize-space(@rel), ' '), ' canonical ')]/@href)")
    title = next((each for each in tree.iter("title") if each.getparent().tag in {"head", "html", "body"}), None)
    return PageMetadata(
        None if title is None else _plain("".join(title.itertext())),
        str(canonical).strip() or None,
        _language(tree, meta),
        meta,
        _objects(tree),
    )


def page_address(metadata: PageMetadata, fetched_from: str | None) -> str | None:
    """Return the address that a page gives as its own, or else the one that it was fetched from.

    What a page gives is believed only where it may be that page: all pages of some sites name the home page.
    """
    for given in (metadata.canonical, metadata.first("og:url")):
        if given is not None:
            with suppress(ValueError):
                url = given if fetched_from is None else urljoin(fetched_from, given)
                if is_web_address(url) and _may_be_address(url, fetched_from):
                    return url
    return fetched_from


def title_heading(metadata: PageMetadata, blocks: Iterable[HtmlBlock]) -> HtmlBlock | None:
    """Return the heading of a page that its metadata repeats; where several are, the one that is least like a site's.

    The title of a page often has the site's name, too, and that may be a heading as well.
    """
    declared = list(_declared_titles(metadata))
    titles = [_folded(each) for each in declared]
    parts = {_folded(part) for each in declared for part in _TITLE_SEPARATOR.split(each)}
    site = _folded(metadata.site)
    best: tuple[tuple[bool, bool, bool, bool, int], HtmlBlock] | None = None
    for block in islice((block for block in blocks if block.kind is BlockKind.HEADING), _MAX_HEADINGS):
        name = _folded(block.text)
        if len(name) < 2 or name == site:
            continue
        if name not in titles and name not in parts and not any(_is_part(name, title) for title in titles):
            continue
        rank = (
            not _is_about_site(block.element),
            any(each.tag in {"main", "article"} for each in block.element.iterancestors()),
            name in titles,
            any(title.startswith(name) for title in titles),
            len(name),
        )
        if best is None or rank > best[0]:
            best = rank, block
    is_only_site = best is not None and not best[0][0] and _folded(best[1].text) not in titles
    return None if best is None or is_only_site else best[1]


def _is_about_site(heading: Any) -> bool:
    """Tell whether a heading is that of a site: in its header or its menu, or a link to its home page."""
    within = {each.tag for each in heading.iterancestors()}
    links = [*heading.iter("a"), *heading.iterancestors("a")]
    return (
        ("header" in within and within.isdisjoint({"article", "main"}))
        or any(urlsplit(link.get("href", "-")).path in {"", "/"} for link in links if "#" not in link.get("href", ""))
        or any(
            _SITE_CLASS.search(f"{each.get('class', '')} {each.get('id', '')}")
            for each in (heading, heading.getparent())
        )
    )


def page_title(metadata: PageMetadata, heading: HtmlBlock | None, article: Iterable[HtmlBlock]) -> str | None:
    """Return the title of a page's article.

    That is the heading that the page's metadata confirms, or else what its metadata says, without the site's name, or
    else the first heading of the article.
    """
    if heading is not None:
        return _plain(heading.text)
    first = next((block for block in article if block.kind is BlockKind.HEADING), None)
    site = _folded(metadata.site)
    for declared in _declared_titles(metadata):
        title = _without_site(declared, site)
        if title is not None:
            if title == metadata.document_title and first is not None and first.level == 1:
                return _plain(first.text)  # the title of all pages of a site, or it would be that of a heading
            return title
    return metadata.document_title if first is None else _plain(first.text)


def _declared_titles(metadata: PageMetadata) -> Iterator[str]:
    headlines = (_plain(each.get("headline")) for each in metadata.objects)
    for title in (
        metadata.first("og:title", "citation_title", "dc.title", "dcterms.title", "twitter:title"),
        *headlines,
        metadata.document_title,
    ):
        if title is not None:
            yield title


def _without_site(title: str, site: str) -> str | None:
    """Return a title without the name of the site, None where nothing else is in it."""
    parts = [part for part in _TITLE_SEPARATOR.split(title) if part]
    if len(parts) > 1:
        others = [part for part in parts if _folded(part) != site]
        if site and len(others) < len(parts):
            start = title.index(others[0]) if others else 0
            end = title.index(others[-1], start) + len(others[-1]) if others else 0
            title = title[start:end]
        elif len(parts[-1]) < len(parts[0]) or not site:
            title = title[: title.rindex(parts[-1])].rstrip(" |–—·•»«›‹:~-") if len(parts[0]) > 3 else title
    folded = _folded(title)
    return None if not folded or folded == site or folded in _NO_TITLE else title


def _may_be_address(url: str, fetched_from: str | None) -> bool:
    """Tell whether a given address may be that of the page: no page above it, and no page without its parameters."""
    given = urlsplit(url)
    path = _PRESENTATIONS.sub("", given.path)
    if fetched_from is None:
        return bool(path or given.query)
    page = urlsplit(fetched_from)
    page_path = _PRESENTATIONS.sub("", page.path)
    parameters = {(name, value) for name, value in parse_qsl(page.query) if not _TRACKING.match(name)}
    if given.query or (path and path not in {page_path, *_paths_above(page_path)}):
        return True
    return path == page_path and not parameters


def _paths_above(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path


def _objects(tree: Any) -> list[Mapping[str, Any]]:
    """Return the objects of JSON-LD that may describe the page, articles first."""
    found: list[Mapping[str, Any]] = []
    for script in tree.iter("script"):
        if "ld+json" in script.get("type", "").lower() and script.text and len(script.text) <= _MAX_SCRIPTS:
            with suppress(ValueError, RecursionError):
                found += _typed(json.loads(script.text.strip().strip(";"), strict=False))
    return sorted(found, key=lambda each: "article" not in _types(each) and "posting" not in _types(each))


def _typed(data: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects at the top of JSON-LD whose type is that of a page or an article."""
    queue = data if isinstance(data, list) else [data]
    for each in queue[:_MAX_OBJECTS]:
        if not isinstance(each, dict):
            continue
        if isinstance(each.get("@graph"), list):
            yield from _typed(each["@graph"][:_MAX_OBJECTS])
        if _ARTICLE_TYPES.search(_types(each)):
            yield each
        if isinstance(each.get("mainEntity"), dict):
            yield from _typed(each["mainEntity"])


def _types(data: Mapping[str, Any]) -> str:
    types = data.get("@type", "")
    return " ".join(map(str, types)).lower() if isinstance(types, list) else str(types).lower()


def _language(tree: Any, meta: Mapping[str, str]) -> str | None:
    for value in (str(tree.xpath("string(/html/@lang)")), meta.get("og:locale", ""), meta.get("content-language", "")):
        match = _LANGUAGE.fullmatch(value.strip())
        if match is not None:
            return match.group().replace("_", "-")
    return None


def _plain(value: object) -> str | None:
    """Return a text as one line, None where it is no text or empty."""
    return " ".join(value.split()) or None if isinstance(value, str) else None


def _folded(text: str | None) -> str:
    return "" if text is None else " ".join(re.findall(r"\w+", text.casefold()))


def _is_part(name: str, title: str) -> bool:
    """Tell whether a title is this name with something before or behind it, such as the site's."""
    return len(name) >= 0.3 * len(title) and (title.startswith(f"{name} ") or title.endswith(f" {name}"))
