"""Tells sentences that say something from headlines, and from lines about the page: bylines, labels, navigation.

Content sentences answer a topic. Lines about the page answer no question but one about the page.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from corpus.text.tables import find_tables
from index.search.keywords import stems
from qa.query import lexicon
from qa.query.lexicon import CAPITAL
from qa.query.parser import Question
from qa.query.phrases import Phrases, normalized_words, words_of
from qa.query.question_types import is_auxiliary, is_verb
from qa.types import Candidate, Passage, Quote, Reading, ScoredCandidate, passage_around

# The beginnings of lines that are about the page, not about the world.
_FURNITURE = Phrases.of("""
    by our|the staff|staffs|correspondent|correspondents|reporter|reporters|newsroom|editors|editor|own
    by staff|agencies|wire|news writer|writers|reporter|reporters|report|reports|staff|services|desk?
    all rights reserved
    read|see|learn|find|know more
    read|see|watch|listen also|too|next|now
    also read
    related articles|stories|story|news|links|topics|posts|content
    share this|on|via
    continue reading
    skip to content|main|navigation
    back to top
    leave a comment|reply
    view|show|post all|a|no comments|comment|gallery
    no comments
    comments are closed
    estimated reading time
    reading time
    min|mins|minute|minutes read
    copy link
    print this? article|story|page
    listen to this article|story
    add a comment
    most read|popular|viewed|shared
    you may|might also like
""")
# Those of credits, and those with which an instruction, a policy or a fact on a publication may begin as well.
_OTHER_BOILERPLATE = Phrases.of("""
    written|reported|edited|compiled|photographed|translated|illustrated by
    additional reporting by
    photo|photos|photograph|photographs|photography|picture|pictures by|credit
    image|images|video|graphic|illustration by|credit
    photo|picture|image|file|stock photo|picture|image|credit|courtesy
    more from|about this|our
    click|tap here|on
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
    we use cookies
    this site|website|page uses cookies
    by continuing to use|browse|read|visit
    accept|reject|manage|allow all? cookies
""")
_MAX_BOILERPLATE = 12  # words; a longer line that begins so may well be a sentence
_MAX_FURNITURE = 5  # words of one that answers no question either
_LABEL = re.compile(
    r"\W*(?:photos?|pictures?|images?|caption|credits?|video|graphic|sources?|tags|topics|related|editor['’]?s note|"
    r"read more|see also|also read|more|contact|email|copyright|by|author(?=\s*:)|words|reporting|editing)\s*[:|/©]",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"\W*(?:advertisement|loading|copyright|sponsored|comments?|share|menu|newsletter)\W*$", re.IGNORECASE
)
_RIGHTS = re.compile(r"©|\(c\) *\d{4}|\ball rights reserved\b|^\W*copyright\b.{0,20}\d{4}", re.IGNORECASE)
# "5 min read", "Home > News > Sport", "Facebook Twitter WhatsApp".
_READING_TIME = re.compile(r"\W*\d{1,3}[ -]?min(?:ute)?s?\.?[ -]read\W*$", re.IGNORECASE)
_TRAIL = re.compile(r"\W*(?:home|start|front page)\s*(?:[>»›]|(?P<mark>[/|·•])[^\n/|·•]+(?P=mark))", re.IGNORECASE)
_NETWORKS = re.compile(
    r"(?:\W*(?:share|tweet|print|save|e-?mail|copy link|link|or|and|on|via|facebook|twitter|x|whatsapp|linkedin|reddit|"
    r"telegram|pinterest|instagram|youtube|messenger|bluesky|mastodon|threads)\b){2,}\W*$",
    re.IGNORECASE,
)
_JOINED = re.compile(r",|\b(?:and|or)\b", re.IGNORECASE)  # "Facebook and Instagram" may be an answer
# "Published 14 May 2023", "Last updated: Mon, 3 Jan, 10:30 pm", and nothing else in the line.
_DATED = re.compile(
    r"\W*(?:(?:first|last) )?(?:published|updated|posted|modified)\b:?(?:[\s,]+(?:at|on|of|ago|utc|gmt|[ap]\.?m|"
    rf"(?:{lexicon.SHORT_WEEKDAYS}|{lexicon.SHORT_MONTHS})[a-z]*|minutes?|hours?|days?|"
    r"\d[\d:./-]*(?:st|nd|rd|th|[ap]m)?)\.?){1,9}\W*$",
    re.IGNORECASE,
)
# Between names there is a space or a comma: were there nothing, each capital might begin one, in any number of ways.
_NAMES = rf"{CAPITAL}[\w.'’-]*(?:(?:,\s*|\s+)(?:and\s+)?{CAPITAL}[\w.'’-]*)"
_BYLINE = re.compile(
    rf"[Bb]y\s+(?!(?i:{lexicon.MONTHS}|{lexicon.WEEKDAYS})\b){_NAMES}{{0,7}}(?:,.{{0,60}})?$|BY\s[^a-z]{{3,60}}$"
)
# "By Jane Miller", but not "By Train, two hours"; "Photo by Tom Hill", "Author: Jane Miller", with nothing but names.
_AUTHORS = re.compile(rf"By\s+{_NAMES}{{1,7}}(?:,.{{0,60}})?$|BY\s[^a-z\d]{{3,60}}$")
_CREDIT = re.compile(
    r"\W*(?:(?i:(?:photo|picture|image|graphic|illustration|photograph)s?(?:\s+(?:by|credit|courtesy(?:\s+of)?))?|"
    r"authors?|reporting|editing)\s*[:/©]|"
    r"(?i:photos?|pictures?|images?|graphic|photography|illustration|written|reported|edited|compiled|translated|"
    rf"illustrated|additional reporting)\s+by\b)\s*{_NAMES}{{0,7}}(?:\s*/\s*[\w .-]{{1,30}})?$"
)
_TOP = 5  # lines of an article among which a byline is
# "LONDON, 3 May (Reuters) - ", "Paris, May 3 (AP) — ", "ARDEN — The", before what is reported.
_DATELINE = re.compile(
    rf"\W{{0,2}}(?:{CAPITAL}[\w.'’-]*(?: {CAPITAL}[\w.'’-]*){{0,3}}(?:,[^()–—]{{0,40}})? ?\([^()]{{2,40}}\)|"
    rf"{CAPITAL}(?:{CAPITAL}|[.'’]){{2,}}(?: {CAPITAL}(?:{CAPITAL}|[.'’]){{2,}}){{0,3}}(?:,[^()–—]{{0,40}})?)"
    rf"\s{{0,3}}[-–—]{{1,2}}\s+(?=[\W_]{{0,3}}(?:{CAPITAL}|\d))"
)
_PAGE_LINES = (_LABEL, _ALONE, _DATED, _READING_TIME, _TRAIL, _NETWORKS)
_MIN_WORDS = 4  # of a sentence whose verb is not known


def topic_answers(
    topic: str, scored: Sequence[ScoredCandidate], passages: Sequence[Passage], threshold: float
) -> list[ScoredCandidate]:
    """Return the candidates that answer a topic: content sentences, if the confidence of one reaches the threshold.

    The best content sentence below a headline gets at least the confidence of the headline. Where no content sentence
    reaches the threshold, every candidate that shares a word with the topic answers.
    """
    content = [
        (one, _confidence_with_headline(one, confidence, scored, passages))
        for one, confidence in scored
        if is_content_sentence(one.sentence)
    ]
    if any(confidence >= threshold for _, confidence in content):
        return content
    terms = set(stems(topic)) - lexicon.STOP_STEMS
    return [(one, confidence) for one, confidence in scored if terms & set(stems(one.sentence.text))]


def without_page_lines(question: Question, reading: Reading) -> Reading:
    """Return a reading without the candidates that are about the page: bylines, dates of publication, navigation.

    A question about the page, such as "Who wrote this article?", keeps them, and what may be a fact stays: an
    instruction ("Tap on the gear icon"), a label ("Credits: 30"), a row of a table. A candidate in a headline moves to
    a sentence that says the same, where one was read.
    """
    words = set(normalized_words(question.text))
    if words & lexicon.PAGE_NAMES and words & lexicon.PAGE_WORDS:
        return reading
    asks_for_credits = not words.isdisjoint(lexicon.PAGE_WORDS)
    kept = (one for one in reading.candidates if not _is_about_page(one, asks_for_credits))
    moved = (_in_sentence(question, one, reading.sentences) for one in kept)
    # A headline's candidate may move to where another one was read, which has the lower score.
    distinct: dict[tuple[Quote, Quote], Candidate] = {}
    for one in moved:
        distinct.setdefault((one.span, one.sentence), one)
    return replace(reading, candidates=tuple(distinct.values()))


def _is_about_page(candidate: Candidate, asks_for_credits: bool) -> bool:
    """Return whether a candidate stands in a line about the page and no fact, or in the dateline of its sentence."""
    sentence, text = candidate.sentence, candidate.sentence.text
    if _is_page_line(text) or (not asks_for_credits and _CREDIT.match(text.rstrip(" .")) is not None):
        article = sentence.article.text
        return not any(mark in text for mark in "|\t") or not find_tables(article, sentence.start, sentence.end)
    if _AUTHORS.match(text.rstrip(" .")) is not None:
        return len(sentence.article.text[: sentence.start].split("\n", _TOP)) <= _TOP
    return candidate.span.end <= candidate.sentence.start + dateline_end(text)


def dateline_end(text: str) -> int:
    """Return where the dateline of a sentence ends, 0 where it has none."""
    dateline = _DATELINE.match(text)
    return 0 if dateline is None else dateline.end()


def _is_page_line(text: str) -> bool:
    """Return whether a line belongs to any page, and holds no fact."""
    words = words_of(text)
    return (
        (len(words) <= _MAX_FURNITURE and _FURNITURE.longest(words) > 0)
        or any(pattern.match(text) is not None for pattern in (_ALONE, _DATED, _READING_TIME, _TRAIL))
        or (_NETWORKS.match(text) is not None and not _JOINED.search(text))
        or (len(words) <= _MAX_BOILERPLATE and _RIGHTS.search(text) is not None)
    )


def _in_sentence(question: Question, candidate: Candidate, sentences: Sequence[Quote]) -> Candidate:
    """Return a candidate in a headline as the same words of a sentence that has as many words of the question."""
    headline, words = candidate.sentence, candidate.span.text
    if "|" in headline.text or "\t" in headline.text or not is_headline(headline):
        return candidate
    asked = set(stems(question.text)) - lexicon.STOP_STEMS
    pattern = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)", re.IGNORECASE)
    for sentence in sentences:
        found = pattern.search(sentence.text)
        if (
            found is not None
            and sentence.article.id == headline.article.id
            and sentence != headline
            and len(asked & set(stems(sentence.text))) >= len(asked & set(stems(headline.text)))
            and is_content_sentence(sentence)
        ):
            span = Quote(sentence.article, sentence.start + found.start(), sentence.start + found.end())
            return replace(candidate, span=span, sentence=sentence)
    return candidate


def _confidence_with_headline(
    candidate: Candidate, confidence: float, scored: Sequence[ScoredCandidate], passages: Sequence[Passage]
) -> float:
    """Return the confidence of a candidate, or of a headline whose best content sentence it is, whichever is higher."""
    passage = passage_around(passages, candidate.sentence)
    inside = [(one, value) for one, value in scored if passage.covers(one.sentence)]
    best = confidence
    for headline, value in inside:
        if is_headline(headline.sentence):
            below = (
                one
                for one, _ in inside
                if one.sentence.start > headline.sentence.start and is_content_sentence(one.sentence)
            )
            if next(below, None) is candidate:
                best = max(best, value)
    return best


def is_content_sentence(sentence: Quote) -> bool:
    """Return whether a sentence has a verb and is neither the title, a byline nor a page label."""
    return _is_content(sentence.text, sentence.article.title)


@lru_cache(maxsize=256)  # a question asks several times of each sentence; a Quote would hold its whole article
def _is_content(text: str, title: str) -> bool:
    return not (_is_title(text, title) or _is_boilerplate(text)) and _has_verb(text)


def is_headline(sentence: Quote) -> bool:
    """Return whether a sentence is the title, or has no verb and is no byline or page label."""
    text, title = sentence.text, sentence.article.title
    return not _is_boilerplate(text) and (_is_title(text, title) or not _has_verb(text))


def _is_title(sentence: str, title: str) -> bool:
    words, all_words = normalized_words(sentence), normalized_words(title)
    return len(words) <= len(all_words) and f" {' '.join(words)} " in f" {' '.join(all_words)} "


@lru_cache(maxsize=256)
def _is_boilerplate(text: str) -> bool:
    words = words_of(text)
    return (
        (len(words) <= _MAX_BOILERPLATE and any(one.longest(words) > 0 for one in (_FURNITURE, _OTHER_BOILERPLATE)))
        or any(pattern.match(text) is not None for pattern in _PAGE_LINES)
        or _RIGHTS.search(text) is not None
        or _BYLINE.match(text.rstrip(" .")) is not None
    )


def _has_verb(text: str) -> bool:
    words = words_of(text)
    for at, word in enumerate(words):
        if is_auxiliary(word):
            if at > 0 or word.normalized not in ("may", "will"):  # "May 9", "Will Smith"
                return True
        elif (
            at > 0
            and not text[word.start].isupper()
            and words[at - 1].normalized not in lexicon.NOUN_MARKERS
            and is_verb(word.normalized)
        ):
            return True
    # The verbs of other languages are not known.
    foreign = not any(word.normalized in lexicon.FUNCTION_WORDS for word in words)
    return foreign and len(words) >= _MIN_WORDS and text.rstrip("\"'”’»)] ").endswith((".", "!", "?", "…", "。"))
