"""English verb forms: which words are finite verbs, and the base forms of past and present ones."""

import re
from functools import cache

from qa.query import lexicon
from qa.query.lexicon import word_set
from qa.spelling import common_words

BE = word_set("is are was were")
HAVE = word_set("has have")
_DO = word_set("do does did")
# Verbs with an irregular past, as "base past [participle]"; those whose past is mostly another word ("lay", "bore",
# "ground") are left out.
_IRREGULAR = """
    be was been|become became become|begin began begun|bring brought|build built|buy bought|catch caught
    choose chose chosen|cost cost|come came come|draw drew drawn|drive drove driven|fall fell fallen|fight fought
    find found|flee fled|fly flew flown|get got|give gave given|go went gone|grow grew grown|have had|hear heard|hit hit
    hold held|keep kept|lead led|leave left|lend lent|lose lost|make made|meet met|pay paid|rebuild rebuilt
    ride rode ridden|rise rose risen|run ran run|sell sold|send sent|shoot shot|sing sang sung|sink sank sunk
    speak spoke spoken|spend spent|stand stood|steal stole stolen|strike struck|swim swam swum|take took taken
    teach taught|throw threw thrown|wear wore worn|win won|withdraw withdrew withdrawn|write wrote written
    bear bore born|overtake overtook overtaken|undertake undertook undertaken|set set|cut cut|put put
    beat beat beaten|do did done|see saw seen|know knew known|sleep slept|shut shut|spread spread
    break broke broken|eat ate eaten|bind bound|feed fed|hide hid hidden|hang hung|dig dug|freeze froze frozen
    swear swore sworn|bury buried|quit quit|seek sought|sweep swept|weave wove woven
"""
_PASTS: dict[str, str] = {}
_PARTICIPLES: dict[str, str] = {}
for _verb in _IRREGULAR.replace("\n", "|").split("|"):
    if _forms := _verb.split():
        _PASTS[_forms[1]] = _forms[0]
        _PARTICIPLES[_forms[-1]] = _forms[0]
# Their past is the base form, or is mostly a noun or an adjective: in a sentence they may be no verb at all.
_DOUBTFUL = word_set("left cost set cut put shut spread hit quit bound saw felt found")
# Verbs whose third person singular is hardly ever a noun.
_PRESENT = word_set("""
    live own operate employ include contain serve belong carry connect lie make sell hold begin become produce provide
    receive require consist teach govern educate earn publish manage maintain organise organize
    cost want expect remain comprise extend occupy attract depend appear occur exist allow enable prevent generate
    keep bring give take pay save need lead write describe belong arrive leave open close
""")
# Those of them that are no nouns after another noun: "The school employs", but "the ferry costs".
_SURE_PRESENT = word_set("""
    employs includes contains belongs becomes provides receives requires consists teaches governs educates earns
    publishes manages maintains organises organizes owns operates carries connects sells makes expects comprises extends
    occupies attracts depends appears occurs exists allows enables prevents generates keeps brings gives begins wants
    remains pays serves
""")
_PASTS_WITH_TWO_VOWELS = {
    **{"died": "die", "lied": "lie", "tied": "tie"},
    **{"agreed": "agree", "disagreed": "disagree", "freed": "free", "guaranteed": "guarantee"},
}
_ENDS_WITHOUT_E = re.compile(r"(?:[aeiou]{2}|[bcdfghjklmnpqrstvwxyz])[dhkmnprtwxyl]$(?<!ll)(?<![bcdfgkptz]l)")
_MIN_PAST = 4  # letters
_NO_VERBS = word_set("""
    hundred sacred naked wicked beloved so-called red bed shed sled speed need seed feed breed weed deed indeed united
    used supposed
""")


def base_of_past(word: str) -> str | None:
    """Return the base form of a past tense in lower case, None where it is none, or may be another word."""
    return _PASTS.get(word, _regular_base(word))


def base_of_participle(word: str) -> str | None:
    """Return the base form of a past participle in lower case, None where it is none."""
    return _PARTICIPLES.get(word, _regular_base(word))


def base_of_present(word: str) -> str | None:
    """Return the base form of a third person singular that is hardly a noun; None for other words."""
    if not word.endswith("s"):
        return None
    bases = (word[:-1], word[:-2] if word.endswith("es") else "", f"{word[:-3]}y" if word.endswith("ies") else "")
    return next((base for base in bases if base in _PRESENT), None)


def is_doubtful_past(word: str) -> bool:
    """Return whether a past tense may well be a noun, an adjective or a base form."""
    return word in _DOUBTFUL


def is_surely_verb(word: str) -> bool:
    """Return whether a third person singular is hardly ever another word, whatever stands before it."""
    return word in _SURE_PRESENT


def is_verb_like(word: str) -> bool:
    """Return whether a word in lower case may be a finite verb or a participle."""
    return (
        word in lexicon.AUXILIARIES
        or word in lexicon.VERBS
        or base_of_past(word) is not None
        or base_of_participle(word) is not None
        or base_of_present(word) is not None
    )


@cache
def _regular_base(word: str) -> str | None:
    """Return the base form of a regular past: "capsized", "stopped", "carried", "visited"."""
    if len(word) < _MIN_PAST or not word.endswith("ed") or word in _NO_VERBS or not word.isalpha():
        return None
    stem, with_e, known = word[:-2], word[:-1], common_words()
    if word.endswith(("ied", "eed")):
        return _PASTS_WITH_TWO_VOWELS.get(word, f"{word[:-3]}y" if word.endswith("ied") else None)
    # "hoped" is from "hope", since "hop" doubles its consonant; "visited" from "visit", since "visite" is no word.
    candidates = [with_e, stem]
    if stem[-1] == stem[-2] and stem not in known:
        candidates.append(stem[:-1])
    candidates.sort(key=lambda base: base not in lexicon.VERB_BASES)
    found = next((base for base in candidates if base in known or base in lexicon.VERB_BASES), None)
    if found is not None:
        return found
    # Rare verbs whose spelling tells: "quashed", "unveiled", "adjourned", "capsized".
    if _ENDS_WITHOUT_E.search(stem):
        return stem
    return (
        stem if stem.endswith(("sh", "ch", "ss", "x")) else with_e if stem.endswith(("iz", "is", "at", "v")) else None
    )
