"""The Markdown that is read: CommonMark with tables and footnotes, and what Obsidian, Hugo, MkDocs and pandoc add."""

import re
from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

CONTAINER = "container"
CAPTION = "caption"  # the type of a token: the caption of a shortcode's picture
_MAX_COMMENT = 500  # lines

# [[page]], [[page#heading]] and [[page|shown]]; ![[embedded]] shows another note or a picture.
_WIKI_LINK = re.compile(r"(?P<embeds>!)?\[\[(?P<page>[^\[\]|#\n]{0,400})(?:#(?P<heading>[^\[\]|\n]{0,400}))?"
                        r"(?:\|(?P<shown>[^\[\]\n]{0,400}))?\]\]")  # fmt: skip
_NOT_SHOWN = re.compile(
    r"\{\{(?P<mark>[<%])(?:(?!\{\{[<%]).){0,1000}?(?:[>%])\}\}"  # {{< shortcode >}}
    r"|\{%(?:(?!\{%).){0,1000}?%\}"  # {% tag %}
    r"|\{:(?:[:/]?[^{}\n]{0,400})\}"  # {: .class }, {:toc}, {::comment}
    r"|\{[ \t]{0,9}[#.][A-Za-z_][^{}\n]{0,400}\}"  # {#id .class}
    r"|\{-\}"
    r"|%%[^%]{0,1000}%%",  # a comment
    re.S,
)
_ATTRIBUTES = re.compile(r"""\{[ \t]{0,9}[\w-]{1,40}=(?:"[^"{}\n]{0,400}"|[^\s"{}]{1,400})[^{}\n]{0,400}\}""")
_SHORTCODE_CAPTION = re.compile(r"""\bcaption\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)')""")

# Rules, and marks of which a text that they apply to has one. Each rule takes time at every line or mark, so those of
# what a text doesn't have are left out, which takes a quarter less time.
_RULES: Sequence[tuple[Sequence[str], Sequence[str]]] = (
    (("html_block", "html_inline", "autolink"), ("<",)),
    (("table",), ("|",)),
    (("blockquote",), (">",)),
    (("fence",), ("```", "~~~")),
    (("backticks",), ("`",)),
    (("emphasis",), ("*", "_")),
    (("strikethrough",), ("~~",)),
    (("link", "image", "reference"), ("[",)),
    (("entity",), ("&",)),
    (("escape",), ("\\",)),
    (("footnote_def", "footnote_inline", "footnote_ref"), ("[^", "^[")),
    (("text_join",), ("\\", "&")),
    (("code",), ("    ", "\t")),
    (("admonition",), ("!!!", "???")),
    ((f"container_{CONTAINER}",), (":::",)),
    (("comment",), ("%%",)),
    (("wiki_link",), ("[[",)),
    (("not_shown",), ("{", "%%")),
)
_DEFINITION = re.compile(r"^(?:[^\w\n]|\d)*[:~][ \t]", re.M)
_UNDERLINE = re.compile(r"^[> \t]*(?:=+|-+)[ \t]*$", re.M)  # of a heading
_INLINE_MARK = re.compile(r"[\n\\`~*_\[<&^{%]")  # begins what a rule for the inside of lines reads


def markdown_parser(text: str, max_nesting: int) -> MarkdownIt:
    """Return a parser whose tokens are those of what is shown in a text; threads may share it.

    Footnotes stay where they are defined, so that one without a mark is not lost. Those within a line are in the
    environment that is parsed with.
    """
    unused = [rule for rules, marks in _RULES if not any(mark in text for mark in marks) for rule in rules]
    if _DEFINITION.search(text) is None:
        unused.append("deflist")
    if _UNDERLINE.search(text) is None:
        unused.append("lheading")
    return _parser_without(tuple(unused), max_nesting)


@lru_cache(64)
def _parser_without(unused: tuple[str, ...], max_nesting: int) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": max_nesting}).enable(["table", "strikethrough"])
    footnote_plugin(parser, move_to_end=False)
    admon_plugin(parser)
    deflist_plugin(parser)
    container_plugin(parser, CONTAINER, validate=lambda parameters, *_: bool(parameters.strip()))
    parser.block.ruler.before("fence", "comment", _comment, {"alt": ["paragraph", "blockquote", "list"]})
    parser.inline.ruler.before("link", "wiki_link", _wiki_link)
    parser.inline.ruler.after("escape", "not_shown", _not_shown)
    parser.core.ruler.at("inline", _parse_lines)
    parser.disable(unused)
    parser.parse("text")  # fills its tables of rules, which two threads may not do at once
    return parser


def _parse_lines(state: StateCore) -> None:
    """Parse what stands inside of lines, but for plain text, which most blocks hold."""
    for token in state.tokens:
        if token.type == "inline":
            children = token.children = token.children if token.children is not None else []
            if _INLINE_MARK.search(token.content) is not None:
                state.md.inline.parse(token.content, state.md, state.env, children)
            elif token.content:
                children.append(Token("text", "", 0, content=token.content))


def _comment(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Skip a comment of Obsidian: the lines between two of `%%`."""
    if not state.src.startswith("%%", state.bMarks[first] + state.tShift[first]):
        return False
    if state.is_code_block(first) or _line(state, first) != "%%":
        return False
    last = next((line for line in range(first + 1, min(end, first + _MAX_COMMENT)) if _line(state, line) == "%%"), None)
    if last is None:
        return False
    if not silent:
        state.line = last + 1
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip()


def _wiki_link(state: StateInline, silent: bool) -> bool:
    match = _WIKI_LINK.match(state.src, state.pos, state.posMax) if state.src[state.pos] in "[!" else None
    if match is None:
        return False
    if not silent and match["embeds"] is None:
        heading = None if match["heading"] is None else match["heading"].split("^")[0].replace("#", " > ").strip()
        shown = match["shown"] or " > ".join(filter(None, (match["page"].strip(), heading)))
        state.push("text", "", 0).content = shown
    state.pos = match.end()
    return True


def _not_shown(state: StateInline, silent: bool) -> bool:
    """Skip shortcodes, tags, attribute lists and comments, but for the caption of a picture."""
    if state.src[state.pos] not in "{%":
        return False
    match = _NOT_SHOWN.match(state.src, state.pos, state.posMax)
    if match is None and state.pos > 0 and state.src[state.pos - 1] in ")]`}*_>":
        match = _ATTRIBUTES.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    caption = _SHORTCODE_CAPTION.search(match.group())
    if not silent and caption is not None:
        state.push(CAPTION, "", 0).content = caption.group(1) or caption.group(2) or ""
    state.pos = match.end()
    return True
