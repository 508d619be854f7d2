"""Compares what two reports answer: whether they tell of the same, and whether one tells its own time's value of it."""

import re
from dataclasses import replace

from index.search.keywords import stems
from qa.answers.names import is_person_noun
from qa.dates.finder import find_dates
from qa.evidence import noun_counted, text_has_name, with_phrase
from qa.query.asked_objects import subject_of
from qa.query.concepts import (
    DEVELOPING,
    LASTING,
    NOUNS,
    PEOPLE,
    PRICES,
    SPECIFIC,
    STATES,
    concepts_of,
    concepts_of_number,
    exclude,
)
from qa.query.conditions import CALENDAR, WORD, ConditionKind, conditions
from qa.query.lexicon import ANYBODY, PEOPLE_NOUNS, STOP_STEMS, SUBJECTS
from qa.query.parser import Question
from qa.query.phrases import normalized_words
from qa.query.question_types import QuestionType
from qa.reports.speakers import AskedSpeaker
from qa.reports.stories import MIN_SHARED_NAMES, is_same_story, text_of
from qa.types import Candidate, Quote, ScoredCandidate
from qa.values import Value, ValueKind, numbers_in

TYPED = frozenset(
    {QuestionType.WHO, QuestionType.WHEN, QuestionType.WHERE, QuestionType.HOW_MANY, QuestionType.HOW_LONG}
)
UNTYPED = frozenset({ValueKind.NAME, ValueKind.WORDS})
_NAMES = frozenset({ConditionKind.NAME, ConditionKind.PLACE})
# The figures behind these are in docs/decisions.md.
MIN_CONFIDENCE = 0.12  # of a value of the type that is asked for, read as if there were no other reports
MIN_UNTYPED_CONFIDENCE = 0.5  # of words of no such type
MIN_MATCHED_CONFIDENCE = 0.02  # of a number that counts what is asked for
# Of a number that may count or price something else, where the other one counts or prices what is asked for.
MIN_UNMATCHED_COUNT, MIN_UNMATCHED_PRICE = 0.5, 0.7
SURE, SURE_UNTYPED = 0.45, 0.6  # from here on, a sentence may have other words than the other one
SURE_OTHER = 0.4  # from here on, a newer value in other words raises a doubt
# Of another number, or of other words, in a newer report: from here on the older value may be outdated.
DOUBTFUL, DOUBTFUL_WORDS = 0.06, 0.15
_MAX_RATIO = 30.0  # of amounts of money that may be values of one thing
_MAX_RATE_RATIO = 3.0  # of two of which one is told by the day or year
_MAX_VALUE = 6  # words; more are a clause, in which a date or a number is by the way
MAX_MISSING = 2  # words of a question in the passage of an answer that was read without other reports
MIN_OVERLAP = 0.5  # of a sentence with the question's words, as a share of the other one's
# A newer report also tells former values: "up from four", "less than the 3,900 that were estimated".
_FORMER_BEFORE = re.compile(
    r"(?:\b(?:up|down|ris\w+|rose|f[ae]ll\w*|rais\w+|lower\w*|cut|increas\w+|reduc\w+|revis\w+|correct\w+|climb\w*"
    r"|grew|"
    r"grown|dropp?\w*|moved?|postponed|put (?:off|back)|delayed|shifted|changed|extended|brought forward)\b[^.;]{0,60}"
    r"\bfrom|\bthan (?:the|an?|its|his|her|their)|\b(?:instead of|rather than|compared (?:with|to)|against|not|"
    r"formerly|previously|originally|initially)|\bused to(?: \w+){1,3}?)"
    r"(?:\s+(?:the|a|an|about|around|some|its|his|her|their|only|former))*\s*$",
    re.I,
)
# "At first, eleven had been listed as missing."
_FORMER_SENTENCE = re.compile(
    r"\b(?:at first|at the time|initially|originally|previously|earlier|formerly|once feared|"
    r"we (?:had )?(?:(?:wrongly|incorrectly|mistakenly|erroneously) )?(?:reported|wrote|stated|said|gave|put)|"
    r"had (?:been|said|spoken|put|told|given)|last (?:year|month|week)|a (?:year|month|week) (?:ago|earlier|before))\b",
    re.I,
)
# "the last two climbers who had been missing", "two more bodies", "another two": no totals of their time
_FORMER_AFTER = re.compile(
    r"(?: \w+){0,3} (?:who|that|which) had been\b|(?: (?!(?:is|are|was|were|be)\b)\w+)? (?:more|others|additional)\b",
    re.I,
)
_ASIDE = re.compile(r", (?:which|who)\b[^,;]*(?=,)")  # "the fair, which had been planned for May, is in June"
_WERE = re.compile(r"(?: \w+){0,3} (?:who|that|which) were\b", re.I)  # "one of the three who were left is dead"
# "The last 240 homes were reconnected": none is left.
_LAST = re.compile(r"\b(?:the|its|their|his|her) (?:last|final|remaining) \Z", re.I)
# "Quist gave up his post as chief executive."
_GIVEN_UP = re.compile(
    r"\b(?:resign\w*|step\w* down|st[ao]\w*d down|g[ai]ves? up \w+ (?:post|job|role|office|position)|quits?|retire\w*|"
    r"dismissed|sacked|removed|ousted)(?: [\w ,]{0,30}?)? as (?:the |its |their |an? )?\Z",
    re.I,
)
_INCREMENT = re.compile(
    r"(?:\b(?:another|(?:a )?further|additional)(?: \w+)?"
    r"|\b(?:ris\w+|rose|gr[eo]w\w*|climb\w*|gone up|went up|up|increas\w+|f[ae]ll\w*|down"
    r"|dropp?\w*|rais\w+|lower\w*|cut) by) $",
    re.I,
)
# "It will not open on October 12", "no longer by Wednesday", but "not before October"
_NOT_ON = re.compile(
    r"\b(?:not|no longer|never|\w+n['’]t|nothing (?:will )?c[ao]mes? of)\b(?:(?!\b(?:before|until|till|earlier|later"
    r"|only|but)\b)[^.;:,]){0,60} "
    r"(?:(?:on|by|in|at|for) )?\Z",
    re.I,
)
# "The vote planned for Tuesday was called off", "first planned for Friday, will be held on June 29"
_PLANNED_FOR = re.compile(
    r"\b(?:planned|scheduled|announced|expected|due|set|hoped|promised|fixed|intended)(?: to [\w ]{1,30})? "
    r"(?:for|on|by|in|at) (?:the )?\Z",
    re.I,
)
_BEFORE_DATE = re.compile(r"(?:(?:not|no longer|never) [^.;:,]{0,40}?)?\b(?:on|by|in|at|for|before|until|till) ", re.I)
_FORMER_PLAN = re.compile(
    r"\b(?:was|were|had been) (?:originally |first )?(?:to|due|expected|scheduled|meant|planned|supposed)\b[^,;]*\Z",
    re.I,
)
_MOVED = re.compile(
    r"\b(?:postponed|put (?:off|back)|called off|cancel\w+|scrapped|moved|delayed|shifted|will not|won['’]t|changed"
    r"|then|will (?:now )?(?:be held|take place)|slipped|abandoned|brought forward)\b",
    re.I,
)
_ANY_MORE = re.compile(r"\b(?:any ?more|any longer|no longer|still|now|left)\b", re.I)
_ORDINAL = re.compile(
    r"(?:(?:the|an?) )?(?:\d+(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)\b", re.I
)
_FROM_TO = re.compile(r"\S.{0,40}? to (?P<to>\S.*)")
_ENDED = re.compile(
    r"\b(?:is|are|was|were|been|has|have) (?:\w+ly |now )?(?:over|ended|finished|called off|cancelled|settled|lifted)\b"
    r"|\b(?:ends|ended)\b",
    re.I,
)
_ASKS_AGE = re.compile(r"\W*how old\b|.*\bwhat age\b", re.I)
_AFTER_AGE = re.compile(r"\W*\Z|[,;.)]|[\s-]years?\b| (?:and|or|when|at|on|last|next|this|then|now)\b", re.I)
_AGE = re.compile(r"\b(?:aged|(?P<noun>\w+) of) \Z", re.I)
_BEFORE_APPOSED = re.compile(r"\b[A-Z][\w'’-]+, \Z")  # "Jonas Pryde, 34, died"
_YEARS_OF_LIFE = re.compile(r"\d{1,2}")
# "From January 1, cars will be charged 3.20 crowns."
_PLAN = re.compile(r"\b(?:will|is to|are to|due to|set to|goes? up to|comes? down to)\b", re.I)
_PLAN_REACH = 200  # code points before a sentence
_FROM = re.compile(r"\b(?:from|as of|starting|beginning|effective)(?: on)? \Z", re.I)
_FROM_FIRST = re.compile(r"\b(?:From|As of|Starting|Beginning|Effective)(?: on)? \Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_PAST = re.compile(r"\b(?:did|was|were|had|[a-z]{2,}ed)\b", re.I)
_ASKS_AHEAD = re.compile(r"\b(?:will|going to|from|next|planned|after|future|new|in \d{4})\b", re.I)
_RATE = re.compile(
    r"(?:[^\s,;]+ ){1,3}(?:(?:an?|per|each|every) (?:hour|day|night|week|month|season|year)|annually)\b",
    re.I,
)
_HOW_MUCH = re.compile(r"\W*(?:what|how much)\b", re.I)
_ANYBODY = (
    PEOPLE_NOUNS | SUBJECTS | frozenset({"residents", "inhabitants", "anyone", "anybody", "everyone", "everybody"})
)
_ANYBODY_STEMS = frozenset(stems(" ".join(_ANYBODY)))
_ANY_PERSON = frozenset({"people", "persons", "individuals", "others"})
_BOUND = re.compile(
    r"\b(?:about|around|roughly|approximately|nearly|almost|some|over|under|close to|up to|at (?:least|most)"
    r"|(?:no )?(?:more|fewer|less) than) \Z",
    re.I,
)
_CLAUSE = re.compile(r"[^,;:]*")
_PRICE_STEMS = frozenset(stems("cost price pay paid charge fee much toll fare money per each one people person now"))


_PRONOUN = re.compile(r"\b(?:it|they|them|he|him|she|his|her|its|their)\b", re.I)
_BEFORE_PRONOUN = 200  # code points


_STARTS, _ENDS = frozenset({"opening", "beginning", "going on"}), frozenset({"end", "closing"})


class ValueComparison:
    """Compares candidates for one question."""

    def __init__(self, question: Question) -> None:
        self._type = question.type
        self._today = question.today
        self.speaker = AskedSpeaker.of(question.text)
        self._asks_ahead = _ASKS_AHEAD.search(question.text) is not None
        self._text = question.text
        self.words = frozenset(normalized_words(question.text)) - STOP_STEMS
        stated = conditions(question.text)
        self.names = [one.text for one in stated if one.kind in _NAMES]
        places = (one.text for one in stated if one.kind is ConditionKind.PLACE)
        # "on the Aldra Star" names a thing, "in Marrick" limits what is counted.
        self._places = [one for one in places if not re.search(rf"\bon (?:the )?{re.escape(one)}", question.text, re.I)]
        self._counted_noun = next((one.text for one in stated if one.kind is ConditionKind.COUNTED_NOUN), None)
        subject = subject_of(question.text)
        if question.type is QuestionType.YES_NO and subject <= _ANYBODY:  # "Do people have to boil their water?"
            subject = self.words - _ANYBODY - {word for name in self.names for word in normalized_words(name)}
        self._subject = [word for word in subject if STATES.isdisjoint(concepts_of(word))]
        self._all_terms = set(stems(question.text)) - STOP_STEMS
        self._terms = self._all_terms - {stem for name in self.names for stem in stems(name)}
        self._concepts = concepts_of(question.text)
        states = [word for word in WORD.findall(question.text) if concepts_of(word) & STATES]
        self._state_verb = states[-1] if states else None
        words = {stem: word for word in WORD.findall(question.text) for stem in stems(word)}
        self._concepts_of_term = {term: concepts_of(words.get(term, term)) for term in self._terms}

    def tells(self, one: ScoredCandidate, other: ScoredCandidate, is_only_match: bool = False) -> bool:
        """Return whether a report tells a value of its own time for what another report answers.

        is_only_match: whether it is the only number of the report that counts what is asked for.
        """
        if is_former(one[0]) or self.tells_opposite(one[0]) or not self.is_said(one):
            return False
        if not self.is_for_the_same(one, other):
            return False
        if self._type is QuestionType.YES_NO:
            is_about = self._mentions(one[0]) or not self._mentions(other[0])
            is_about &= self._has_subject(one[0]) or not self._has_subject(other[0])
            return is_about and one[1] >= (MIN_MATCHED_CONFIDENCE if self.is_matched(one) else MIN_CONFIDENCE)
        value = value_of(one)
        if value.is_number:
            is_none = (
                value.number == 0 and value_of(other).kind is ValueKind.NUMBER and not self.counts_asked_in(one[0])
            )
            return self._is_last_count(one) if is_none else self._tells_number(one, other, is_only_match)
        is_typed = self._type in TYPED or value.kind not in UNTYPED
        minimum, sure = (MIN_CONFIDENCE, SURE) if is_typed else (MIN_UNTYPED_CONFIDENCE, SURE_UNTYPED)
        is_about = self._overlap(one[0]) >= MIN_OVERLAP * self._overlap(other[0])
        is_about &= not self._lacks_subject_of(one[0], other[0])
        return one[1] >= minimum and (one[1] >= sure or is_about)

    def _tells_number(self, one: ScoredCandidate, other: ScoredCandidate, is_only_match: bool) -> bool:
        """Return the same for a number: counts and prices are retold in other words."""
        if value_of(one).unit is not None and not self.is_matched(one) and not self._mentions(one[0]):
            return False
        counted, counted_by_other = _counted(one[0]), _counted(other[0])
        if exclude(counted, self._concepts | counted_by_other & SPECIFIC):
            return False
        asked = self._concepts & SPECIFIC
        if counted & asked or (counted & self._concepts and not asked):
            return is_only_match or one[1] >= MIN_MATCHED_CONFIDENCE
        if self.lacks_words_of(one[0], other[0]):
            return False
        may_be_another = not counted & self._concepts & NOUNS and bool(counted_by_other & asked)
        if not may_be_another:
            return one[1] >= MIN_CONFIDENCE
        return one[1] >= (MIN_UNMATCHED_PRICE if value_of(one).kind is ValueKind.MONEY else MIN_UNMATCHED_COUNT)

    def is_said(self, one: ScoredCandidate) -> bool:
        """Return whether a value is given by whom the question names as the speaker, if it names anybody."""
        return self.speaker is None or self.speaker.says(one[0]) is True

    def is_about(self, candidate: Candidate, passage: Quote) -> bool:
        """Return whether title and passage have the noun that is counted, and nearly all other words of the question.

        Words for the same concept count; "people" need not be there.
        """
        text = f"{passage.article.title} {passage.text}"
        found, concepts = set(stems(text)), concepts_of(text)
        noun = self._counted_noun
        if noun is not None and noun not in _ANY_PERSON:
            counted = set(stems(noun))
            if counted.isdisjoint(found) and concepts.isdisjoint(concepts_of(noun)):
                return False
        missing = [
            term for term in self._terms if term not in found and concepts.isdisjoint(self._concepts_of_term[term])
        ]
        return len(missing) <= MAX_MISSING

    def is_for_the_same(self, one: ScoredCandidate, other: ScoredCandidate) -> bool:
        """Return whether two values are of a kind, count the same, and are told about the names in the question."""
        if not self._are_of_a_kind(one, other):
            return False
        is_another_kind = [is_ordinal, _is_age, self._counts_another]
        if _HOW_MUCH.match(self._text):
            is_another_kind.append(_counts_people)
        if any(is_another(one[0]) and not is_another(other[0]) for is_another in is_another_kind):
            return False
        if self._names_another(one[0], other[0].span.text) and not self._names_another(other[0]):
            return False
        article, of_other = one[0].sentence.article, other[0].sentence.article
        text, own = text_of(of_other), text_of(article)
        lacking = {name for name in self.names if text_has_name(name, text) and not text_has_name(name, own)}
        # On a story, "the vessel" may stand for its name.
        min_names = MIN_SHARED_NAMES + (not lacking.isdisjoint(self._places))
        return not lacking or is_same_story(article, of_other, min_names)

    def may_be_newer(self, one: ScoredCandidate, other: ScoredCandidate) -> bool:
        """Return whether a report may tell another value for what an older one answers, and it is just not sure."""
        value = value_of(one)
        is_untyped = self._type not in TYPED | {QuestionType.YES_NO} and value.kind in UNTYPED
        if is_untyped or not self.is_said(one):
            return False
        if value.is_number and is_last(one[0]) and not self._counts_another(one[0]):
            return not self._concepts & LASTING
        minimum = DOUBTFUL if value.is_number or self._type is QuestionType.YES_NO else DOUBTFUL_WORDS
        lacks = self.lacks_words_of if value.is_number else self._lacks_subject_of
        is_another = (one[1] < SURE_OTHER and lacks(one[0], other[0])) or (_is_age(one[0]) and not _is_age(other[0]))
        is_another |= one[1] < minimum or agree(one, other) or is_former(one[0])
        if is_another or not self._are_of_a_kind(one, other):
            return False
        if self._type is QuestionType.YES_NO:
            return self._has_subject(one[0]) or not self._has_subject(other[0])
        if not value.is_number or not are_of_a_size(one, other):
            return not value.is_number
        return not self._counts_another(one[0]) and not exclude(
            _counted(one[0]), self._concepts | _counted(other[0]) & SPECIFIC
        )

    def _are_of_a_kind(self, one: ScoredCandidate, other: ScoredCandidate) -> bool:
        """Return whether two values are of one kind; the words of a question without a type may be any."""
        value, other_value = value_of(one), value_of(other)
        if self._type is QuestionType.YES_NO:
            return True
        if value.is_comparable(other_value):
            return True
        are_clauses = all(len(each[0].span.text.split()) > _MAX_VALUE for each in (one, other))
        if self._type is QuestionType.WHERE:
            return {value.kind, other_value.kind} == UNTYPED  # "in the Pine Inn", "the parish hall"
        return self._type not in TYPED and (are_clauses or {value.kind, other_value.kind} == UNTYPED)

    def may_differ(self, one: ScoredCandidate, other: ScoredCandidate) -> bool:
        """Return whether two values of a kind may be told of one thing: an age and a count can't, nor 1 and 118,000."""
        values = value_of(one), value_of(other)
        if not all(value.is_number for value in values):
            return True
        low, high = sorted(abs(value.number or 0.0) for value in values)
        if 0 < low * _MAX_RATIO < high:
            return False
        return _ASKS_AGE.match(self._text) is None or all(_may_be_age(each[0]) for each in (one, other))

    def has_ended(self, sentence: Quote) -> bool:
        """Return whether a sentence says that something in a question for its duration or its time is over."""
        is_asked = self._type in (QuestionType.HOW_LONG, QuestionType.WHEN)
        things = (term for term in self._terms if STATES.isdisjoint(self._concepts_of_term[term]))
        return (
            is_asked and _ENDED.search(sentence.text) is not None and not set(stems(sentence.text)).isdisjoint(things)
        )

    def is_matched(self, one: ScoredCandidate) -> bool:
        """Return whether an answer counts just what is asked for, or tells a state of it."""
        if self._type is QuestionType.YES_NO:
            text = one[0].answering_sentence.text
            return bool(concepts_of(text) & STATES) and not self._all_terms.isdisjoint(stems(text))
        return value_of(one).is_number and (self.counts_asked_in(one[0]) or self._is_last_count(one))

    def counts_asked_in(self, candidate: Candidate) -> bool:
        """Return whether the number of an answer counts just what is asked for."""
        return bool(_counted(candidate) & self._concepts & SPECIFIC) and not _is_age(candidate)

    def is_counted_in(self, sentence: Quote) -> bool:
        """Return whether a sentence has what is counted, by its noun or in other words for it."""
        noun = self._counted_noun
        if noun is not None and noun not in ANYBODY and not set(stems(noun)).isdisjoint(stems(sentence.text)):
            return True
        return bool(concepts_of(sentence.text) & self._concepts & SPECIFIC)

    def _is_last_count(self, one: ScoredCandidate) -> bool:
        """Return whether a sentence says of what is counted that there is none left: "nobody sleeps there any more"."""
        value, span = value_of(one), one[0].answering_span
        clause = re.match(r"[^.,;:]*", span.article.text[span.start : one[0].answering_sentence.end])
        is_none = self._type is QuestionType.HOW_MANY and value.number == 0 and value.kind is ValueKind.NUMBER
        is_last = clause is not None and _ANY_MORE.search(clause[0]) is not None
        # Who has died stays so: "nobody is in the cave any more" leaves no fewer dead.
        return is_none and is_last and not self._concepts & LASTING and self._overlap(one[0]) >= MIN_OVERLAP

    def prices_asked(self, sentence: Quote) -> bool:
        """Return whether a sentence has a word for what is priced in a question, other than a name."""
        words = {stem for word in WORD.findall(sentence.text) if word[0].islower() for stem in stems(word)}
        first = stems(sentence.text.split(" ", 1)[0])
        return not self._terms.isdisjoint((words | {*first}) - _PRICE_STEMS)

    def is_of_another(self, one: ScoredCandidate) -> bool:
        """Return whether the number of an answer is said to count, or to price, something else than is asked for."""
        is_number = self._type is not QuestionType.YES_NO and value_of(one).is_number
        return is_number and bool(self._concepts & SPECIFIC) and exclude(_counted(one[0]), self._concepts)

    def is_to_come(self, one: ScoredCandidate) -> bool:
        """Return whether a number is that of a time to come, where a question asks for the present one."""
        sentence, today = one[0].answering_sentence, self._today
        if today is None or self._asks_ahead or not value_of(one).is_number or _PLAN.search(sentence.text) is None:
            return False
        article = sentence.article
        # "From January 1, cars will be charged 3.20. Lorries will pay 11."
        start = max(article.text.rfind("\n", 0, sentence.start) + 1, sentence.start - _PLAN_REACH)
        dates = find_dates(article.text, article.published, start, sentence.end)
        return any(
            each.value > today.isoformat()
            for each in dates
            if each.value is not None and _DAY.fullmatch(each.value)
            if (_FROM if each.start >= sentence.start else _FROM_FIRST).search(article.text[start : each.start])
        )

    def is_of_event(self) -> bool:
        """Return whether a number is asked for that an event has for good, and no toll that may still change."""
        is_past = self._type is QuestionType.HOW_MANY and _PAST.search(self._text) is not None
        is_price = _HOW_MUCH.match(self._text) is not None and bool(self._concepts & (PRICES | {"cost"}))
        return is_past and not is_price and not self._concepts & DEVELOPING

    def is_sure_count(self, one: ScoredCandidate) -> bool:
        """Return whether how many or how much is asked for, and a number counts, or prices, just that."""
        kinds = {ValueKind.MONEY} if self._concepts & (PRICES | {"cost"}) else {ValueKind.NUMBER, ValueKind.SHARE}
        return self._type is QuestionType.HOW_MANY and value_of(one).kind in kinds and self.is_matched(one)

    def tells_opposite(self, candidate: Candidate) -> bool:
        """Return whether a sentence says when something stopped, where a question asks when it started, or reopened."""
        verb = self._state_verb
        if self._type is not QuestionType.WHEN or verb is None:
            return False
        text = candidate.answering_sentence.text
        opposite = _ENDS if concepts_of(verb) & STATES <= _STARTS else _STARTS
        # "When did the test runs start?": runs are no sign of a start.
        others = (word for word in WORD.findall(text) if self._all_terms.isdisjoint(stems(word)))
        told = concepts_of(" ".join(others)) & STATES
        return bool(told) and told <= opposite and set(stems(verb)).isdisjoint(stems(text))

    def asks_for_price(self, one: ScoredCandidate) -> bool:
        """Return whether the price of something that has a name in the lexicon is asked for, and an answer is money."""
        return bool(self._concepts & PRICES) and value_of(one).kind is ValueKind.MONEY

    def _mentions(self, candidate: Candidate) -> bool:
        """Return whether the answering sentence, or its title, has a name or another word of the question."""
        sentence = candidate.answering_sentence
        text = f"{sentence.article.title} {sentence.text}"
        return self._overlap(candidate) > 0 or any(text_has_name(name, text) for name in self.names)

    def _has_subject(self, candidate: Candidate) -> bool:
        """Return whether a sentence has the subject of a question, in other words or as a pronoun, too.

        Of "is the farm worker still in isolation?" that is the worker, and not the farm's town.
        """
        sentence = candidate.answering_sentence
        text = sentence.text
        if _PRONOUN.search(text) is not None:
            start = sentence.article.text.rfind("\n", 0, sentence.start) + 1
            text = f"{sentence.article.text[max(start, sentence.start - _BEFORE_PRONOUN) : sentence.start]} {text}"
        found, concepts = set(stems(text)), concepts_of(text)
        return any(
            not found.isdisjoint(stems(word)) or not concepts.isdisjoint(concepts_of(word)) for word in self._subject
        )

    def lacks_words_of(self, one: Candidate, other: Candidate) -> bool:
        """Return whether only another number is told in words of the question, and this one counts a noun.

        Without a noun, as in "they had 70", it may count what the sentence before tells.
        """
        noun = noun_counted(with_phrase(one.answering_span, one.answering_sentence))
        return noun is not None and not self._shares_word(one) and self._shares_word(other)

    def _shares_word(self, candidate: Candidate) -> bool:
        """Return whether a sentence has a word of the question, or another one for it, that is no name nor "people"."""
        text = candidate.answering_sentence.text
        found, concepts = set(stems(text)), concepts_of(text)
        return any(
            term in found or not concepts.isdisjoint(self._concepts_of_term[term])
            for term in self._terms - _ANYBODY_STEMS
        )

    def _lacks_subject_of(self, one: Candidate, other: Candidate) -> bool:
        """Return whether only another sentence has the subject of a question; the title may have it, too."""
        title = set(stems(one.sentence.article.title))
        in_title = any(not title.isdisjoint(stems(word)) for word in self._subject)
        return not in_title and not self._has_subject(one) and self._has_subject(other)

    def is_about_subject(self, candidate: Candidate) -> bool:
        """Return whether a sentence has the subject of a question, and most of its other words."""
        return self._has_subject(candidate) and self._overlap(candidate) >= MIN_OVERLAP

    def _overlap(self, candidate: Candidate) -> float:
        """Return the share of the question's words, but for names, in the answering sentence and its title."""
        sentence = candidate.answering_sentence
        text = f"{sentence.article.title} {sentence.text}"
        found, concepts = set(stems(text)), concepts_of(text)
        met = sum(term in found or not concepts.isdisjoint(self._concepts_of_term[term]) for term in self._terms)
        return met / len(self._terms) if self._terms else 1.0

    def _counts_another(self, candidate: Candidate) -> bool:
        """Return whether a number is followed by a noun that is neither the one that is counted nor a word for it."""
        noun = noun_counted(with_phrase(candidate.answering_span, candidate.answering_sentence))
        if self._counted_noun is None or noun is None or noun in ANYBODY:
            return False
        concepts = concepts_of(noun)
        if stems(noun) == stems(self._counted_noun) or "patient" in concepts or not concepts.isdisjoint(self._concepts):
            return False
        return self._counted_noun not in ANYBODY or not (is_person_noun(noun) or concepts & PEOPLE)

    def _names_another(self, candidate: Candidate, known_words: str = "") -> bool:
        """Return whether sentence and title lack a name in the question, and the sentence has another one.

        Of a sentence with a number, only what stands before the next comma counts. known_words: more that may be named.
        """
        sentence = candidate.answering_sentence
        text = sentence.text
        if Value.of(candidate.span.text).is_number and self._type is not QuestionType.YES_NO:
            clause = _CLAUSE.match(text, candidate.answering_span.end - sentence.start)
            text = text if clause is None else text[: clause.end()]
        about = f"{sentence.article.title}\n{text}"
        if all(text_has_name(name, about) for name in self.names):
            return False
        known = set(WORD.findall(f"{self._text} {candidate.span.text} {sentence.article.title} {known_words}"))
        others = WORD.findall(text)[1:]  # the first word has a capital anyway
        return any(word[0].isupper() and word not in known and not CALENDAR.fullmatch(word) for word in others)


def agree(one: ScoredCandidate, other: ScoredCandidate) -> bool:
    """Return whether two candidates give the same value."""
    return value_of(one).agrees(value_of(other))


def may_agree(one: ScoredCandidate, other: ScoredCandidate) -> bool:
    """Return whether two candidates give values that may both be true: "about 400" and "412", "over 100" and "118"."""
    return agree(one, other) or _value_with_bound(one).may_agree(_value_with_bound(other))


def _value_with_bound(one: ScoredCandidate) -> Value:
    """Return the value of a candidate's words with "about" or "more than" before them."""
    span, sentence = one[0].span, one[0].sentence
    before = _BOUND.search(span.article.text[sentence.start : span.start])
    value = value_of(one)
    return value if before is None or not value.is_number else Value.of(before[0] + span.text)


def are_of_a_size(one: ScoredCandidate, other: ScoredCandidate) -> bool:
    """Return whether two amounts of money may be values of one thing, as a fare and a budget can't.

    Nor can a sum and what is paid by the year, unless they are close.
    """
    values = value_of(one), value_of(other)
    is_range = any(_FROM_TO.fullmatch(each[0].span.text) for each in (one, other))  # "48 to 57 million"
    are_alike = _is_rate(one[0]) is _is_rate(other[0])
    if is_range or (are_alike and all(value.kind is not ValueKind.MONEY for value in values)):
        return True
    low, high = sorted(abs(value.number or 0.0) for value in values)
    return low == 0 or high <= (_MAX_RATIO if are_alike else _MAX_RATE_RATIO) * low


def _counts_people(candidate: Candidate) -> bool:
    """Return whether a number is followed by a noun for people."""
    noun = noun_counted(with_phrase(candidate.answering_span, candidate.answering_sentence))
    return noun is not None and (noun in ANYBODY or is_person_noun(noun))


def _is_rate(candidate: Candidate) -> bool:
    """Return whether an amount is told by the day or year: "19 million a year"."""
    span, sentence = candidate.answering_span, candidate.answering_sentence
    return _RATE.match(sentence.article.text, span.start, sentence.end) is not None


def value_of(one: ScoredCandidate) -> Value:
    """Return the value of a candidate's words, a date resolved by the date of its article."""
    span = one[0].span
    value = Value.of(span.text)
    return value if value.kind is not ValueKind.DATE else Value.of(span.text, date_of(span))


def date_of(span: Quote) -> str | None:
    """Return what the first time expression of a span stands for, as TIMEX3 writes it."""
    article = span.article
    dates = find_dates(article.text, article.published, span.start, span.end)
    return dates[0].value if dates else None


def is_former(candidate: Candidate) -> bool:
    """Return whether a sentence tells a value as that of a former time, or as what was added to one."""
    span, sentence = candidate.answering_span, candidate.answering_sentence
    before = sentence.article.text[sentence.start : span.start]
    after = sentence.article.text[span.end : sentence.end]
    before = _ASIDE.sub("", before)
    is_before = any(pattern.search(before) for pattern in (_FORMER_BEFORE, _FORMER_SENTENCE, _INCREMENT, _LAST))
    is_part = before.endswith(" of the ") and _WERE.match(after) is not None
    return is_before or is_part or is_withdrawn(candidate) or _FORMER_AFTER.match(after) is not None


def is_ordinal(candidate: Candidate) -> bool:
    """Return whether an answer is an ordinal number, as in "a third person has died"."""
    return _ORDINAL.match(candidate.span.text) is not None


def is_withdrawn(candidate: Candidate) -> bool:
    """Return whether a sentence says that a date is off: "not on October 12", "planned for Friday, then moved"."""
    span, sentence = candidate.answering_span, candidate.answering_sentence
    if Value.of(span.text).kind is not ValueKind.DATE:
        return False
    before, after = span.article.text[sentence.start : span.start], span.article.text[span.end : sentence.end]
    given = _BEFORE_DATE.match(span.text)
    before += "" if given is None else given[0]
    is_planned = _PLANNED_FOR.search(before) is not None
    return _NOT_ON.search(before) is not None or (is_planned and _MOVED.search(after) is not None)


def date_alone(one: ScoredCandidate) -> ScoredCandidate:
    """Return a candidate with only the date of its words: "20 March" for "not open on 20 March"."""
    span = one[0].span
    dates = find_dates(span.article.text, span.article.published, span.start, span.end)
    return (replace(one[0], span=Quote(span.article, dates[0].start, dates[0].end)), one[1]) if dates else one


def is_former_plan(candidate: Candidate) -> bool:
    """Return whether a sentence tells a value as what had been planned: "the airport, which was to reopen on"."""
    span, sentence = candidate.answering_span, candidate.answering_sentence
    return _FORMER_PLAN.search(sentence.article.text, sentence.start, span.start) is not None


def _is_age(candidate: Candidate) -> bool:
    """Return whether a number is the age of somebody: "a farmer of 58", "aged 58", "Jonas Pryde, 34, died"."""
    span, sentence = candidate.answering_span, candidate.answering_sentence
    head = sentence.article.text[sentence.start : span.start]
    is_apposed = sentence.article.text[span.end : span.end + 1] == "," and _BEFORE_APPOSED.search(head) is not None
    if is_apposed and _YEARS_OF_LIFE.fullmatch(span.text) is not None:
        return True
    before = _AGE.search(head)
    return before is not None and (before["noun"] is None or is_person_noun(before["noun"].lower()))


def _may_be_age(candidate: Candidate) -> bool:
    """Return whether a number may be an age: it counts years, or no noun follows, as in "Tasker, 58, said"."""
    span, sentence = candidate.answering_span, candidate.answering_sentence
    after = sentence.article.text[span.end : sentence.end]
    return _is_age(candidate) or "year" in span.text or _AFTER_AGE.match(after) is not None


def is_given_up(candidate: Candidate) -> bool:
    """Return whether a sentence says of an answer that somebody is it no more."""
    span, sentence = candidate.answering_span, candidate.answering_sentence
    return _GIVEN_UP.search(sentence.article.text[sentence.start : span.start]) is not None


def is_last(candidate: Candidate) -> bool:
    """Return whether a number counts the last ones, of which none is left then."""
    span, sentence = candidate.answering_span, candidate.answering_sentence
    return _LAST.search(sentence.article.text[sentence.start : span.start]) is not None


def changed_to(one: ScoredCandidate) -> ScoredCandidate:
    """Return a candidate with what a value has changed to, where it is both: "from 12 to 30 million"."""
    span, sentence = one[0].span, one[0].sentence
    both = _FROM_TO.fullmatch(span.text)
    before = span.article.text[sentence.start : span.start]
    if both is not None and re.match(r"\w+ by ", span.text) is not None:  # "rose by two to five"
        before = f"{before}by "
    if both is None or re.search(r"\b(?:from|by) \Z", before, re.I) is None:
        return one if both is not None or _INCREMENT.search(before) is None else _total_after(one)
    return replace(one[0], span=Quote(span.article, span.start + both.start("to"), span.end)), one[1]


def _total_after(one: ScoredCandidate) -> ScoredCandidate:
    """Return a candidate with the total behind an increase: "rose by two to five"."""
    span, sentence = one[0].span, one[0].sentence
    found = re.match(r" to (?=\S)", span.article.text[span.end : sentence.end])
    if found is None:
        return one
    start = span.end + found.end()
    number = next(iter(numbers_in(span.article.text[start : sentence.end])), None)
    if number is None or number[1] > 1:
        return one
    return replace(one[0], span=Quote(span.article, start + number[1], start + number[2])), one[1]


def _counted(candidate: Candidate) -> frozenset[str]:
    """Return what the number of an answer counts or prices."""
    span, sentence = candidate.answering_span, candidate.answering_sentence
    return concepts_of_number(sentence.text, span.start - sentence.start, span.end - sentence.start)
