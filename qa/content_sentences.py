"""Which sentences say something: a topic is answered by these, not by a headline, a byline or what stands around."""

import re
from collections.abc import Sequence
from functools import lru_cache

from index.search.keywords import stems
from qa.features import EMPTY
from qa.query.phrases import Phrases, Word, words_of
from qa.query.question_types import is_verb
from qa.types import Candidate, Passage, Quote

Judged = tuple[Candidate, float]  # and how sure it is


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# What begins a line that is about the page, not about the world.
_AROUND = Phrases.of("""
    by our|the staff|staffs|correspondent|correspondents|reporter|reporters|newsroom|editors|editor|own
    by staff|agencies|wire|news writer|writers|reporter|reporters|report|reports|staff|services|desk?
    written|reported|edited|compiled|photographed|translated|illustrated by
    additional reporting by
    photo|photos|photograph|photographs|photography|picture|pictures by|credit
    image|images|video|graphic|illustration by|credit
    photo|picture|image|file|stock photo|picture|image|credit|courtesy
    all rights reserved
    read|see|learn|find|know more
    read|see|watch|listen also|too|next|now
    also read
    related articles|stories|story|news|links|topics|posts|content
    more from|about this|our
    click|tap here|on
    share this|on|via
    follow|join|like us|me
    subscribe to|now|for|here|today
    sign|log up|in
    get our|the newsletter|newsletters|app|latest
    download our|the app
    contact|email|call us
    have a tip
    do you have a tip
    this article|story|report|piece was|is|has first? been? originally? first? published|updated|corrected|written
    this article|story|report|piece first|originally appeared
    first|last|originally published|updated|modified|posted
    updated|published|posted at|on
    terms of use|service
    terms and conditions
    privacy policy|notice
    cookie|cookies policy|notice|settings
    sponsored content|post|by
    continue reading
    skip to content|main|navigation
    back to top
    leave a comment|reply
    view|show|post all|a|no comments|comment|gallery
    no comments
    comments are closed
""")
_LONGEST_AROUND = 12  # words: what is longer and begins like that may well say something
_LABEL = re.compile(
    r"\W*(?:photos?|pictures?|images?|caption|credits?|video|graphic|sources?|tags|topics|related|editor['’]?s note|"
    r"read more|see also|also read|more|contact|email|copyright|by|words|reporting|editing)\s*[:|/©]",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"\W*(?:advertisement|loading|copyright|sponsored|comments?|share|menu|newsletter)\W*$", re.IGNORECASE
)
_RIGHTS = re.compile(r"©|\(c\) *\d{4}|\ball rights reserved\b|^\W*copyright\b.{0,20}\d{4}", re.IGNORECASE)
# "Published 14 May 2023", "Last updated: Mon, 3 Jan, 10:30 pm", and nothing else in the line.
_DATED = re.compile(
    r"\W*(?:(?:first|last) )?(?:published|updated|posted|modified)\b:?(?:[\s,]+(?:at|on|of|ago|utc|gmt|[ap]\.?m|"
    r"(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*|minutes?|hours?|days?|"
    r"\d[\d:./-]*(?:st|nd|rd|th|[ap]m)?)\.?){1,9}\W*$",
    re.IGNORECASE,
)
# Between names there is a space or a comma: were there nothing, each capital might begin one, in any number of ways.
_BYLINE = re.compile(
    r"[Bb]y\s+[A-Z][\w.'’-]*(?:(?:,\s*|\s+)(?:and\s+)?[A-Z][\w.'’-]*){0,7}(?:,.{0,60})?$|BY\s[^a-z]{3,60}$"
)
_FEWEST_WORDS = 4  # by which a sentence is told whose verb is not known
_ENGLISH = _set("the a an of and in to for on at with by from is are was were it this that as")
_BEFORE_NOUNS = _set("""
    the a an this that these those my your whose his her its our their no some any each every of in on at by for
    from with to into about and or new first last
""")
_BASES = _set("""
    accept accuse achieve act add admit affect agree aim allow announce answer appeal appear apply approve argue
    arrest arrive ask attack attempt attend avoid ban battle beat become begin believe belong bid block boost break
    bring build burn buy call carry cause celebrate change charge check choose claim clash clear close collapse
    collect come compete complete concern condemn confirm connect consider contain continue control cost count cover
    create cross cut damage deal decide declare decline defeat defend demand deny depend describe deserve destroy
    detain develop die differ discover discuss draw drive drop earn eat elect end enjoy ensure enter escape exist
    expand expect explain explode face fail fall fear feature feel fight fill find finish fire fit flee fly focus
    follow force form free gain gather get give go grant grow guide happen hate head hear help hide hit hold hope
    host hurt identify ignore improve include increase inform injure insist intend introduce invest investigate
    invite involve join judge jump keep kill know lack land last laugh launch lay lead learn leave lend let lie lift
    limit link list listen live look lose love make manage mark matter mean measure meet mention miss move need note
    notice obtain occur offer open operate oppose order organise organize owe own pass pay perform plan play point
    prefer prepare present prevent produce promise promote propose protect protest prove provide publish pull push
    put raise reach read rebuild receive recognise recognize recommend recover reduce refer reflect refuse reject
    relate release remain remember remove reopen repair repeat replace reply report represent request require rescue
    resign respond rest restore result resume return reveal ride ring rise rule run save say score search see seek
    seem sell send serve set settle shake share shine shoot show shut sign sing sink sit sleep slow sound speak
    spend spread stage stand star start state stay steal step stop stretch strike struggle study submit succeed
    suffer suggest support suppose surprise survive suspect suspend swim take talk teach tell tend test thank think
    threaten throw tour train travel treat trust try turn understand unite urge use value vary view visit vote vow
    wait wake walk want warn wash watch wear welcome win wish withdraw wonder work worry write yield
""")
_PASTS = _set("""
    ate bade beat became began bent bet bit bled blew bore born bought bound bred broke brought built burnt burst
    came caught chose clung cost crept cut dealt drank drew drove dug fed fell felt fled flew fled forbade forgot
    forgave fought found froze gave gone got grew ground held hid hit hung hurt kept knew laid lay learnt led left
    lent let lit lost made meant met overtook paid put quit ran rang read rebuilt rode rose sank sang sat saw set
    shook shone shot showed shrank shut slept slid sold sought spent spoke spread sprang spun stole stood strode
    struck stuck sung sunk swam swept swore swung taken taught thought threw told took tore torn understood
    undertook upheld went wept withdrew woke won wore worn wound wrote written known said shown seen given done
    grown held driven risen fallen broken beaten chosen
""")
_NO_VERBS = _set("hundred sacred naked need seed speed feed breed weed deed indeed shed sled")


def _inflected() -> frozenset[str]:
    forms = {*_BASES, *_PASTS}
    for base in _BASES:
        if base.endswith("y") and base[-2] not in "aeiou":
            forms.add(f"{base[:-1]}ies")
        else:
            forms.add(f"{base}es" if base.endswith(("s", "sh", "ch", "x", "z", "o")) else f"{base}s")
    return frozenset(forms)


_VERBS = _inflected()


def about(question: str, judged: Sequence[Judged], passages: Sequence[Passage], threshold: float) -> list[Judged]:
    """Return what answers a topic: sentences that say something, if one of them is sure enough.

    A headline is as sure as it is that what stands below it is about the topic, so the best sentence of its passage is
    at least as sure. Where none is, what has words of the topic itself answers, such as a byline does a name.
    """
    telling = [(one, _sureness(one, sure, judged, passages)) for one, sure in judged if says_something(one.sentence)]
    if any(sure >= threshold for _, sure in telling):
        return telling
    asked = set(stems(question)) - EMPTY
    return [(one, sure) for one, sure in judged if asked & set(stems(one.sentence.text))]


def _sureness(candidate: Candidate, own: float, judged: Sequence[Judged], passages: Sequence[Passage]) -> float:
    """Return how sure a candidate is, or the headline above it, if it is the best one of what says something there."""
    here = next((passage.quote for passage in passages if passage.quote.covers(candidate.sentence)), candidate.sentence)
    beside = [(one, sure) for one, sure in judged if here.covers(one.sentence)]
    headlines = [(one.sentence.start, sure) for one, sure in beside if is_headline(one.sentence)]
    best = own
    for start, sure in headlines:
        below = (one for one, _ in beside if one.sentence.start > start and says_something(one.sentence))
        if next(below, None) is candidate:
            best = max(best, sure)
    return best


def says_something(sentence: Quote) -> bool:
    """Tell whether a sentence says something: it has a verb, and is not the title, a byline or what stands around."""
    return _says_something(sentence.text, sentence.article.title)


@lru_cache(maxsize=256)  # a question asks it several times of each sentence; a Quote would keep its whole article
def _says_something(text: str, title: str) -> bool:
    return not (_is_title(text, title) or _is_around(text)) and _has_verb(text)


def is_headline(sentence: Quote) -> bool:
    """Tell whether a sentence is the title, or else no sentence, and nothing that stands around an article either."""
    text, title = sentence.text, sentence.article.title
    return not _is_around(text) and (_is_title(text, title) or not _has_verb(text))


def _is_title(sentence: str, title: str) -> bool:
    own, whole = ([word.plain for word in words_of(text)] for text in (sentence, title))
    return len(own) <= len(whole) and f" {' '.join(own)} " in f" {' '.join(whole)} "


def _is_around(text: str) -> bool:
    words = words_of(text)
    if len(words) <= _LONGEST_AROUND and _AROUND.longest(words) > 0:
        return True
    whole = (_LABEL, _ALONE, _DATED)
    return (
        any(mark.match(text) is not None for mark in whole)
        or _RIGHTS.search(text) is not None
        or _BYLINE.match(text.rstrip(" .")) is not None
    )


def _has_verb(text: str) -> bool:
    words = words_of(text)
    if any(_is_verb(text, words, at) for at in range(len(words))):
        return True
    # Another language has verbs that are not known here.
    foreign = not any(word.plain in _ENGLISH for word in words)
    return foreign and len(words) >= _FEWEST_WORDS and text.rstrip("\"'”’»)] ").endswith((".", "!", "?", "…", "。"))


def _is_verb(text: str, words: Sequence[Word], at: int) -> bool:
    word = words[at]
    if is_verb(word):
        return not (at == 0 and word.plain in ("may", "will"))  # "May 9", "Will Smith"
    if at == 0 or text[word.start].isupper() or words[at - 1].plain in _BEFORE_NOUNS:
        return False
    regular = len(word.plain) > 3 and word.plain.endswith("ed") and word.plain not in _NO_VERBS
    return regular or word.plain in _VERBS
