"""What news counts, prices and announces, whatever the words: "died", "lost their lives" and "the death toll" are one.

A number belongs to the concepts of the words behind it, up to the next number, or of those before it: "four people are
dead and eleven are missing", "the number of people killed has risen to seven".
"""

import re
from functools import lru_cache

from qa.query import lexicon

# Each has a pattern of whole words. Those of a line exclude each other: who is injured is not counted as dead.
_EXCLUSIVE = (
    {
        "death": r"dead|deaths?|die[sd]?|dying|deceased|kill(?:s|ed|ing)?|fatal(?:ity|ities|ly)?|lives|bod(?:y|ies)"
        r"|los\w+ (?:their|his|her) (?:li(?:fe|ves)|battle)|perish\w*"
        r"|victims?(?: [\w'-]+){0,8} (?:found|recovered|identified|buried)|drown\w*|toll|mortality|succumb\w*"
        r"|passed away",
        "injury": r"injur\w+|hurt|wound(?:s|ed|ing)?|scald\w*|burns|(?:was|were) burne?[dt]|burne?[dt] by",
        "hospital": r"hospital\w*|clinics?|wards?|inpatients?|intensive care",
        "missing": r"missing|unaccounted|disappear\w*|not been (?:heard|seen|found)|no trace|trapped|stranded",
        "remaining": r"trapped|stranded|(?:still|left|remain\w*) (?:in|inside|under|behind)"
        r"|waiting for (?:help|rescue)",
        "rescue": r"rescued?|saved?|surviv\w+|alive|pulled (?:out|from)|dug out|freed",
        "arrest": r"arrest\w*|detain\w*|custody",
        "evacuation": r"evacu\w+|displaced|homeless|fled|flee(?:s|ing)?|brought to safety|away from home"
        r"|(?:leave|left|driven from) (?:their|the) (?:homes?|houses?)",
        "infection": r"infect\w+|cases|fell ill|fallen ill|sick(?:ened)?|ill",
        "power": r"power|electricity|in the dark|blackouts?|outages?",
        "vaccination": r"vaccin\w+|inoculat\w+|immuni[sz]\w+|jabs?|had (?:their|a|the|one) (?:first )?doses?",
    },
    {
        "fare": r"tickets?|admission|entrance|entry|fares?|rides?",
        "damage": r"damaged?|loss(?:es)?",
        "fine": r"fine[sd]?|penalt\w+",
        "compensation": r"compensat\w+|refund\w*|gets? back|paid back|pay back",
        "aid": r"aid|grant(?:s|ed)?|relief|donat\w+|subsid\w+",
        "wages": r"wages?|salar\w+|earns?",
        "share": r"shares?",
    },
)
_OTHERS = {
    "cost": r"costs?|costing|bill|prices?|priced|budget|c[ao]mes? to|pays?|paid|fee|expens\w+|put at|worth|spend|spent",
    "dwelling": r"homes?|houses?|households?|dwellings?|flats|apartments|residents",
    "pupil": r"pupils?|children|students?|boys|girls|school ?children|enrol\w+",
    "visitor": r"visitors?|guests?|spectators?|tourists?|fans|crowd|attend\w*",
    "job": r"jobs?|posts|positions?|workers?|employees?|staff|redundanc\w+|layoffs?",
    "vessel": r"ships?|vessels?|boats?",
    "stop": r"stops|stations",
    "storey": r"floors?|stor(?:ey|y|eys|ies)|levels?",
    "patient": r"patients?|cases?|victims?|bodies|lives|survivors?|casualties|dead",
    "helper": r"helpers?|rescuers?|volunteers?|firefighters?|searchers?",
    "destruction": r"destroy\w*|destruction|lost|burned down|flattened|ruined|collapsed",
    "opening": r"open(?:s|ed|ing)?|reopen\w*|inaugurat\w+",
    "beginning": r"begin\w*|beg[au]n|start(?:s|ed|ing)?|launch\w*|commence\w*|take up|takes? effect",
    "going on": r"resum\w+|run|runs|running|goes? on|going on|continu\w+|still|produc\w+|work|operat\w+",
    "end": r"end(?:s|ed|ing)?|finish\w*|complet\w+|over|conclu\w+|done|settled|called off|extinguish\w+|dissolv\w+",
    "closing": r"clos(?:e|es|ed|ing|ure)|shut|block\w*|halt\w*|stop(?:s|ped)?|suspend\w*|standstill|out of use",
    "office": r"head(?:s|ed)?|leads?|led|leaders?|boss|chiefs?|directors?|manag(?:es?|ed|ers?|ing)|runs?|ran|in charge"
    r"|takes? (?:over|charge)|t(?:ook|aken) (?:over|charge)|commands?|commanders?|chairs?|chair(?:man|woman)"
    r"|presidents?|coach(?:es)?|captains?|mayors?|ministers?|ministry|mayoral|principal|governors?|successors?|post"
    r"|office",
    "win": r"wins?|winners?|won|victor\w*|beat(?:s|en)?|champions?|holders?|title|triumph\w*|cup|trophy|ahead"
    r"|strongest",
    "cause": r"caus\w+|because|blame\w*|due to|made|fault|why",
    "purchase": r"buy|buys|bought|purchase\w*|acqui\w+|takeover|t(?:ake|aken|ook) over|transfer|sell|sells|sold|bid",
}
_PATTERNS = {
    name: re.compile(rf"\b(?:{pattern})\b", re.I) for table in (*_EXCLUSIVE, _OTHERS) for name, pattern in table.items()
}
_FAMILIES = tuple(frozenset(table) for table in _EXCLUSIVE)
SPECIFIC = frozenset[str]().union(*_FAMILIES)
PRICES = _FAMILIES[1]
PEOPLE = frozenset({"pupil", "visitor", "job", "helper", "patient"})
NOUNS = PEOPLE | {"dwelling", "vessel", "stop", "storey"}
DEVELOPING = _FAMILIES[0] - {"evacuation"}  # tolls, which rise and fall from report to report
LASTING = frozenset({"death", "rescue", "vaccination", "destruction"})  # of which there are never fewer
STATES = frozenset({"opening", "beginning", "going on", "end", "closing"})
# "All but 12 of the villagers have left": twelve remain.
_ALL_BUT = re.compile(r"\b(?:all|everyone|everybody) (?:but|except)(?: for)?(?: about| some| the)? \Z", re.I)
# "Six of the injured are in hospital" counts who is in hospital.
_PART_OF = re.compile(r" of (?:the|those|these|its|their|all) (?P<whole>[\w-]+)", re.I)
_LEFT = frozenset({"evacuation", "rescue", "vaccination"})
_NUMBER = re.compile(rf"\b(?:\d[\d.,]*|{lexicon.NUMBER_WORDS})\b", re.I)
_BOUNDARY = re.compile(
    r"[;:()]|, (?:and|but|while|which|who|where|after)\b| (?:but|while|when|after|since|because)\b| and \w+(?:ing|ed)\b"
)


@lru_cache(maxsize=4096)
def concepts_of(text: str) -> frozenset[str]:
    """Return the concepts that a text mentions."""
    return frozenset(name for name, pattern in _PATTERNS.items() if pattern.search(text))


def concepts_of_number(sentence: str, start: int, end: int) -> frozenset[str]:
    """Return what the number at [start, end) of a sentence is said to count or to price."""
    following = sentence[end:]
    number = _NUMBER.search(following)
    boundary = _BOUNDARY.search(following)
    stops = [found.start() for found in (number, boundary) if found is not None]
    found = concepts_of(sentence[start : end + min(stops, default=len(following))])
    if _ALL_BUT.search(sentence[:start]) is not None and found & _LEFT:
        return (found - _LEFT) | {"remaining"}
    part = _PART_OF.match(following)
    whole = frozenset[str]() if part is None else concepts_of(part["whole"])
    found -= whole & frozenset[str]().union(*(family for family in _FAMILIES if (found - whole) & family))
    if not SPECIFIC.isdisjoint(found):
        return found
    before = sentence[:start]
    begins = [match.end() for match in _BOUNDARY.finditer(before)]
    begins.extend(match.end() for match in _NUMBER.finditer(before) if not _is_step(before, match.start(), match.end()))
    return found | concepts_of(before[max(begins, default=0) :])


def _is_step(text: str, start: int, end: int) -> bool:
    """Return whether a number is what a total has changed by: "the toll rose by two to five"."""
    return text[:start].endswith(" by ") and text[end:].strip() == "to"


def exclude(one: frozenset[str], asked: frozenset[str]) -> bool:
    """Return whether concepts of a number are of a family of which something else is asked, or nothing at all."""
    return any(one & family and not one & asked & family for family in _FAMILIES)
