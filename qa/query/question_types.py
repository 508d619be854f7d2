"""What a question asks for: a person, a time, a number, a reason ..."""

from collections.abc import Iterator, Sequence
from enum import Enum

from qa.query.phrases import Phrases, Word


class Kind(Enum):
    """What kind of question it is; TOPIC and COMMAND ask what there is on something, OTHER is not English."""

    WHO = "who"
    WHEN = "when"
    WHERE = "where"
    HOW_MANY = "how many"  # how much, old, far, often ...
    HOW_LONG = "how long"
    WHICH = "which"
    WHAT = "what"
    WHY = "why"
    HOW = "how"
    YES_NO = "yes or no"
    TOPIC = "topic"
    COMMAND = "command"
    SMALL_TALK = "small talk"
    OTHER = "other"


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _table(rows: dict[Kind, str]) -> dict[str, Kind]:
    return {word: kind for kind, words in rows.items() for word in words.split()}


# Question words, with the ways in which they are misspelt.
_ASKING = _table(
    {
        Kind.WHO: "who whos whom whose whod wholl whove whoo woh whoes hwo whoose",
        Kind.WHEN: "when whens whend wen wehn hwen whn whne whenn",
        Kind.WHERE: "where wheres whered wher hwere whre wheer whear wehre were",
        Kind.WHICH: "which whichs wich whcih whitch wihch hwich whihc whic witch",
        Kind.WHAT: "what whats whatd whatre whatll wat wats waht wahts whta whast hwat wht whatt wath wut",
        Kind.WHY: "why y whys whyd hwy wyh whyy",
        Kind.HOW: "how hows howd hw ho hou hoow howw",
    }
)
# Names and words of their own, unless a verb or a quantity follows.
_DOUBTFUL = _set("y wen wat witch were ho hw hou wut")
_VERBS = _set("""
    is are was were am be been do does did done has have had can could will would shall should may might must isnt arent
    wasnt werent dont doesnt didnt hasnt havent hadnt cant couldnt wont wouldnt shouldnt cannot
    """)
_TOKENS_OF_TIME = _set("year years date day days month century decade time season week weekday hour")
_NUMBERS = _set("number percentage percent amount population proportion share total quantity")
_PLACES = _set("place city town country state region village area street building continent location room")
_REASONS = _set("reason reasons purpose motive")
_QUANTITIES = _table(
    {
        Kind.HOW_LONG: "long lnog longer",
        Kind.WHEN: "soon early late recently",
        Kind.WHY: "come",
        Kind.HOW_MANY: """
            many meny mny mani maany much mutch muhc few little old far often offen ofen oftne frequently tall high
            large big wide deep fast heavy hot cold expensive quickly strong thick populous distant rich
        """,
    }
)
_TOGETHER = _table(
    {Kind.HOW_MANY: "howmany howmuch howold howfar howoften", Kind.HOW_LONG: "howlong", Kind.WHY: "howcome"}
)
_PREPOSITIONS = _set(
    "in on at to by for from with of since until till about during after before under into through within near"
)
# What follows "which" and the like where they ask nothing: "the city in which he died".
_SUBJECTS = _set("the a an he she it they we you i his her its their this that these those there")
_JOINING = _set("and but so or then also")
# "the date the withdrawal finishes": what the first noun says of it.
_HEADS = _table(
    {
        Kind.WHEN: "date day year month time century deadline birthday",
        Kind.WHERE: "place location address whereabouts birthplace",
        Kind.HOW_MANY: "number percentage amount population cost price age height length size weight proportion total",
        Kind.HOW_LONG: "duration",
        Kind.WHY: "reason reasons cause causes purpose motive",
        Kind.WHO: "person people man woman author inventor founder winner leader president king queen director",
        Kind.HOW: "way method",
        Kind.WHAT: "name names title meaning definition",
    }
)
_ARTICLES = _set("the a an its his her their our that this")
_ADJECTIVES = _set("exact full total first last final main real current official average next new present")
_NAMING = Phrases.of("""
    name|list|identify|state|mention|give|count|cite all|some|any|the|a|an|one|two|three|four|five|every|each|both
    name|list|identify|state|mention|give|count|cite its|their|his|her
""")
_FOREIGN_ASKING = _set("""
    wann warum wieso wer wie wo welche welcher welches wieviel wieviele quand qui que quoi où pourquoi combien quel
    quelle quels quelles cuándo cuando dónde donde quién quien cómo como qué cuál cuánto cuántos quando perché
    quanto quanti quem onde quantos waar wanneer waarom
    """)
_FOREIGN = _set(
    "der die das und ist nicht ein eine von les est une dans des du los las una del el il della di het een que"
)
_LAST_LATIN = "\u024f"


def asks_at(words: Sequence[Word], at: int) -> Kind | None:
    """Return the kind of the question that begins at a word by a question word; None where there is none."""
    plain = [word.plain for word in words[at : at + 4]]
    if not plain or plain[0] in _TOGETHER:
        return _TOGETHER.get(plain[0]) if plain else None
    following = plain[1] if len(plain) > 1 else ""
    quantity = _QUANTITIES.get(following)
    surely = following in _VERBS or quantity is not None or (plain[0] != "were" and following in _SUBJECTS)
    if plain[0] in _DOUBTFUL and not surely:
        return None
    kind = _ASKING.get(plain[0])
    if (kind is Kind.HOW or plain[0] == "hwo") and quantity is not None:
        return quantity
    if kind in (Kind.WHAT, Kind.WHICH):
        return _by_noun(words, at) or kind
    return kind


def begins_question(words: Sequence[Word], at: int) -> bool:
    """Return whether a question begins at a word: "when did", "to whom", "is it"."""
    if at >= len(words):
        return False
    after_preposition = words[at].plain in _PREPOSITIONS and asks_at(words, at + 1) is not None
    return (
        after_preposition or asks_at(words, at) is not None or words[at].plain in _VERBS or words[at].plain == "whether"
    )


def is_verb(word: Word) -> bool:
    """Return whether a word is a form of be, do, have, or the like: a sentence has one."""
    return word.plain in _VERBS


def kind_of(text: str, words: Sequence[Word]) -> Kind:
    """Return the kind of a question that is no small talk; COMMAND is not told from TOPIC."""
    if _is_foreign(text, words):
        return Kind.OTHER
    by_order = next((kind for at in _clauses(text, words) if (kind := _from(words, at)) is not None), None)
    if by_order is not None:
        return by_order
    if words and words[0].plain in ("if", "whether"):  # "tell me if it ended"
        return Kind.YES_NO
    return _by_head(words) or _in_the_middle(words) or Kind.TOPIC


def _from(words: Sequence[Word], at: int) -> Kind | None:
    while at < len(words) - 1 and words[at].plain in _JOINING | _PREPOSITIONS and words[at + 1].plain not in _VERBS:
        at += 1
        if words[at].plain not in _JOINING | _PREPOSITIONS:
            return asks_at(words, at)
    asked = asks_at(words, at)
    if asked is not None:
        return asked
    return Kind.YES_NO if _is_yes_no(words, at) else None


def _is_yes_no(words: Sequence[Word], at: int) -> bool:
    # "May 9", "Will Smith" and "May" are dates and names.
    return words[at].plain in _VERBS and len(words) - at > 2 and not words[at + 1].plain[0].isdigit()


def _clauses(text: str, words: Sequence[Word]) -> Iterator[int]:
    """Yield the places of the words that a clause begins with."""
    for at, word in enumerate(words):
        if at == 0 or any(mark in text[words[at - 1].end : word.start] for mark in ",;:.!?–—-…("):
            yield at


def _by_noun(words: Sequence[Word], at: int) -> Kind | None:
    """Return the kind that a noun makes of "what" or "which": "what year", "in which city", "what was the reason"."""
    rest = [word.plain for word in words[at + 1 : at + 6]]
    place_asked = at > 0 and words[at - 1].plain in _PREPOSITIONS
    nouns = ((_TOKENS_OF_TIME, Kind.WHEN), (_NUMBERS, Kind.HOW_MANY), (_REASONS, Kind.WHY))
    for known, kind in (*nouns, (_PLACES if place_asked else frozenset[str](), Kind.WHERE)):
        if rest and rest[0] in known:
            return kind
    if words[at].plain.endswith("s") or (rest and rest[0] in ("is", "was", "are", "were")):
        rest = rest if words[at].plain.endswith("s") else rest[1:]
        head = _head(rest)
        return head if head in (Kind.WHEN, Kind.HOW_MANY, Kind.HOW_LONG, Kind.WHY) else None
    return None


def _head(plain: Sequence[str]) -> Kind | None:
    """Return the kind that the first noun of "the exact date of ..." asks for; None where nothing follows it."""
    at = 0
    while at < len(plain) and plain[at] in _ARTICLES | _ADJECTIVES:
        at += 1
    return _HEADS.get(plain[at]) if at and at < len(plain) - 1 else None


def _by_head(words: Sequence[Word]) -> Kind | None:
    plain = [word.plain for word in words]
    naming = _NAMING.longest(words)
    head = _head(plain[naming - 1 :] if naming else plain)
    if head is None and not naming and len(plain) > 2 and plain[1] == "of":  # "number of officers"
        head = _HEADS.get(plain[0])
    return Kind.WHAT if naming and head is None and len(words) > naming else head


def _in_the_middle(words: Sequence[Word]) -> Kind | None:
    """Return the kind of "the withdrawal finishes when", and not that of "the man who went"."""
    for at in range(1, len(words)):
        kind = asks_at(words, at)
        if kind is not None and words[at].plain not in _DOUBTFUL and _asks_in_the_middle(words, at):
            return kind
    return None


def _asks_in_the_middle(words: Sequence[Word], at: int) -> bool:
    plain = words[at].plain
    following = words[at + 1].plain if at + 1 < len(words) else None
    if plain in ("what", "whom", "how") or following is None:
        return True
    if plain == "which":  # "the city in which he died" tells, "opposes which kind" asks
        return following not in _SUBJECTS | _VERBS
    return following not in _SUBJECTS and words[0].plain in _PREPOSITIONS  # "In 1936 who came to ..."


def _is_foreign(text: str, words: Sequence[Word]) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    first = words[0].plain if words else ""
    if "¿" in text or first in _FOREIGN_ASKING or 2 * sum(letter > _LAST_LATIN for letter in letters) > len(letters):
        return True
    return first not in _ASKING and sum(word.plain in _FOREIGN for word in words) > 1
