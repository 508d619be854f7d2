"""The steps of instructions: "How do I store the washer?" is answered by all items of the list under "Storing it"."""

from collections.abc import Sequence

from corpus.article import Article, Block, BlockKind
from corpus.text.spans import Span
from index.search.keywords import stems
from qa.query import lexicon
from qa.query.phrases import Word, normalized_words

_MAX_STEPS = 40
_SUBJECTS = lexicon.word_set("i you we they one people he she it")


def asked_action(words: Sequence[Word]) -> str | None:
    """Return the stem of what a question asks how to do, "store" of "how do I store it"; None for other questions."""
    plain = [word.normalized for word in words]
    if len(plain) < 3 or plain[0] != "how" or plain[1] not in lexicon.AUXILIARIES | {"to"}:
        return None
    rest = plain[plain.index("be") + 1 :] if "be" in plain else plain[2:]
    if rest[:1] != [] and rest[0] in lexicon.DETERMINERS:
        return None  # "how does the washer start"
    verb = next((word for word in rest if word not in _SUBJECTS), "")
    return next(iter(stems(verb)), None)


def steps_around(article: Article, blocks: Sequence[Block], start: int, action: str) -> list[Span]:
    """Return the items of the list that the sentence at `start` is in, where they are the steps of an action.

    They are where the heading, or the line that leads in to them, names it, or where the sentence is the first of them
    and does not name it itself, and half of them or more begin with a common verb. The sentence may also be in the
    paragraph between a heading or title that names the action and a list that is numbered, or has such verbs.
    """
    at = next((at for at, one in enumerate(blocks) if one.start <= start < one.end), None)
    if at is None:
        return []
    introduction = at if blocks[at].kind is BlockKind.PARAGRAPH else None
    at += introduction is not None
    if at == len(blocks) or blocks[at].kind is not BlockKind.ITEM:
        return []
    first = last = at
    while first > 0 and blocks[first - 1].kind is BlockKind.ITEM:
        first -= 1
    while last + 1 < len(blocks) and blocks[last + 1].kind is BlockKind.ITEM:
        last += 1
    level = blocks[at].level
    items = [(one.start, one.end) for one in blocks[first : last + 1] if one.level == level]
    if not 1 < len(items) <= _MAX_STEPS:
        return []
    texts = [article.text[slice(*item)] for item in items]
    before = blocks[first - 1] if first > 0 else None
    leads_in = "" if before is None else article.text[before.start : before.end]
    if introduction is not None:
        above = blocks[introduction - 1] if introduction > 0 else None
        is_heading = above is not None and above.kind is BlockKind.HEADING
        leads_in = article.text[above.start : above.end] if above is not None and is_heading else article.title
    elif before is not None and before.kind is not BlockKind.HEADING and not leads_in.endswith(":"):
        leads_in = ""
    commands = sum(
        normalized_words(text)[:1] != [] and normalized_words(text)[0] in lexicon.VERB_BASES for text in texts
    )
    are_commands = 2 * commands >= len(items)
    if introduction is not None:
        is_numbered = all(one.label for one in blocks[first : last + 1] if one.level == level)
        return items if (is_numbered or are_commands) and action in stems(leads_in) else []
    is_first = items[0][0] <= start < items[0][1] and action not in stems(texts[0]) and are_commands
    return items if action in stems(leads_in) or is_first else []
