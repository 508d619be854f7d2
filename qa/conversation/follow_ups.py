"""Understands a question that depends on its conversation: "how old is he?", "and why?", "what about Armenia?"."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from qa.answers.names import is_person_noun
from qa.conversation.history import Conversation, Turn
from qa.conversation.mentions import Referent, best_antecedents, is_same, mentions_in, phrases_of
from qa.conversation.pronouns import Pronoun, first_pronoun, in_the_middle, is_noun, with_antecedent
from qa.conversation.rephrasing import asked_again, with_slot
from qa.conversation.short_forms import (
    at_present,
    beside_holder,
    by_another_source,
    is_doubt,
    named_in_answer,
    needs_conversation,
    which_of_them,
    with_ordinal,
)
from qa.conversation.terms import content_stems, term_model
from qa.evidence import text_has_name
from qa.query import lexicon
from qa.query.parser import MAX_QUESTION, Question, normalize_question, parse_question
from qa.query.phrases import normalized_words, words_of
from qa.query.question_types import QuestionType, is_auxiliary, is_verb, question_type_at
from qa.types import Candidate, Quote, Reading

# What goes before a follow-up; a part of it joins it to the former question.
_LEAD = re.compile(
    r"^(?:(?:ok|okay|right|well|so|thanks|thank you|great|good|and|but|also|now|then|yes|no|oh)\b[\s,.!-]+)+", re.I
)
_JOINS = re.compile(r"^\W*(?:(?:ok|okay|right|well|so|thanks|thank you|great)\W+)*(?:and|but|also|then)\b", re.I)
# A question word alone, or with "was that": the former question again, with this word.
_BARE = re.compile(
    r"(?P<asked>(?:why(?= so \w+\?))|(?:(?:since|until|by|for|from|to|with|at) )?(?:why|how|when|where|who|whom)"
    r"(?: (?:many|much|long|often|far|big|large|high|fast|old))?|(?:in|at|on) (?:which|what) \w+|how come|what for)"
    r"(?P<not> not)?(?: exactly| then| so \w+)?\?",
    re.I,
)
_OF_EVENT = re.compile(
    r"(?P<asked>(?:since )?(?:when|where|why|how|how long ago|(?:in|on) (?:what|which) \w+)) "
    r"(?:is|was|were|did|has|does|do) (?:that|this|it|all this|all that)"
    r"(?P<happen> (?:so|happen|happened|take place|taking place|occur|the case|be))?\?",
    re.I,
)
# "and how many did the union say?" counts what the former question counts.
_UNCOUNTED = re.compile(r"how many (?=(?:did|do|does|is|are|was|were|has|have|had|will)\b)", re.I)
_COUNTED = re.compile(r"\bhow many (?P<noun>[^\W\d_]+)", re.I)
# "who was it before?"
_OTHER_TIME = re.compile(
    r"who (?:is|was|were) (?:it|that) "
    r"(?P<time>before(?: that| then)?|previously|earlier|until then|at first|now|then)\?",
    re.I,
)
_AND_NOW = re.compile(r"(?:and |but )?(?:now|today|at the moment)\?", re.I)
_WHO_IS = re.compile(r"who(?:[’']s| is| was) (?:the )?(?:(?:new|present|current) )?(?P<office>.+?)(?: now)?\?", re.I)
_ELSE = re.compile(
    r"(?P<asked>who|whom|what|where|when|which \w+|(?:was |were |is |are |did )?(?:anyone|anybody|anything|anywhere))"
    r" else\b",
    re.I,
)
_OTHERS = re.compile(
    r"(?:(?:are|were) there |who are |what are |which )?(?:(?:any|the|some|no) )?"
    r"(?:others?|more|(?:other|further|more) (?:ones?|people|of them|names|reasons?|places|answers?))\?",
    re.I,
)
_MORE = re.compile(r"(?:(?:can you |please )*(?:tell|show) me (?:some )?)?more(?: about (?:it|that|this))?\?", re.I)
_ELSE_OR_MORE = re.compile(r"\b(?:else|more)\b", re.I)
_ABOUT = re.compile(r"(?:what|how) about\s+(?P<what>.+?)(?:,? then)?\?", re.I)
_TOO = re.compile(r",?\s+(?:too|as well|also|then|instead)(?=\?$)", re.I)
_MAX_FRAGMENT = 7  # words
_MAX_WAYS = 2
_LENIENCE = 0.3  # of the threshold of terms: retrieval profits from more words than people write
FIRST, AGAIN = 0.15, 1.0  # preference for the articles of the conversation: at first, and where nothing answers
_MAX_CONTEXT = 16  # words of the conversation by which retrieval searches, too
_WHO_IS_MEANT = "Say whom you mean by “{}”: nobody has been mentioned yet."
_WHAT_IS_MEANT = "Ask the whole question: nothing has been asked before it."
_DEFINITE = lexicon.DEFINITE_DETERMINERS
_ASKING_FOR = frozenset({"which", "how"})  # "which hospital", "how many children"

_EMPTY = frozenset(
    {"is", "was", "are", "were", "did", "do", "does", "has", "have", "it", "that", "this", "there", "so", "then"}
)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question that was understood from its conversation.

    text: the question so that it stands alone. kept: the words of the conversation in it. excluded: former answers,
    which must not be given again. is_tentative: whether the question may as well stand alone without the words kept.
    """

    text: str
    kept: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    is_tentative: bool = False


def follow_ups(
    question: str, parsed: Question, conversation: Conversation, ignored: Collection[str] = ()
) -> list[Question]:
    """Return how a question may be understood from its conversation, the likeliest way first.

    That is `parsed` alone where it stands alone, as it is parsed without a conversation. ignored: words of the
    conversation that it must not be understood by.
    """
    core = _core_of(question)
    if not conversation.turns:
        return [_unexplained(parsed, core) or parsed]
    is_continued = _ELSE_OR_MORE.search(parsed.text) is not None or needs_conversation(core)
    if parsed.type is QuestionType.SMALL_TALK and not is_continued:
        return [parsed]
    ways = read_in_conversation(question, conversation, ignored)
    names_something = any(one.is_name or one.has_name for one in phrases_of(question)) or re.search(r"\d", question)
    if not ways and names_something:
        return [parsed]
    if not ways:
        # Only the articles can tell whether "why did the driver stop?" goes on with the conversation.
        context = _left_out(question, [], conversation.turns, ignored)
        history = _history(question, conversation.turns, ignored)
        read = replace(parsed, kept=context, context=context, is_tentative=True, history=history, preference=FIRST)
        return [read, replace(read, preference=AGAIN), parsed] if context else [parsed]
    history = _history(question, conversation.turns, ignored)
    found: dict[str, Question] = {}
    for way in ways:
        one = parse_question(way.text, parsed.today, parsed.ignored)
        if one.type is not QuestionType.SMALL_TALK:
            one = replace(one, kept=way.kept, excluded=way.excluded, is_tentative=way.is_tentative)
            one = replace(one, history=history, preference=FIRST)
            found.setdefault(one.text, one)
    questions = list(found.values())
    if questions and not questions[0].is_tentative and not questions[0].excluded:
        # Once more where that has no answer, with further words of the conversation to search by.
        context = _left_out(question, [one.text for one in questions], conversation.turns, ignored)
        questions += [replace(questions[0], context=context)] if context else []
    # And once more in the articles that the conversation is about.
    around = [replace(one, preference=AGAIN) for one in questions[:_MAX_WAYS] if not one.excluded and not one.context]
    return [*questions, *around] or [parsed]


def _core_of(question: str) -> str:
    """Return a question without the words that join it to another one: "and", "ok, thanks, but"."""
    text = normalize_question(question)
    core = _LEAD.sub("", text)
    return core if any(map(str.isalnum, core)) else text


def _unexplained(parsed: Question, core: str) -> Question | None:
    """Return a question that leaves open whom it asks about, with a hint that says so; None for any other.

    "How old is he?" would get any man's age.
    """
    pronoun = first_pronoun(core)
    is_person = pronoun is not None and pronoun.kind in lexicon.PERSON_PRONOUNS and pronoun.noun is None
    if pronoun is not None and is_person and _lacks_topic(core, joins=True):
        word = core[pronoun.start : pronoun.end].lower()
        return replace(parsed, type=QuestionType.SMALL_TALK, hint=_WHO_IS_MEANT.format(word), overview=None)
    if needs_conversation(core):
        return replace(parsed, type=QuestionType.SMALL_TALK, hint=_WHAT_IS_MEANT, overview=None)
    return None


def _history(question: str, turns: Sequence[Turn], ignored: Collection[str]) -> str:
    """Return a question after its last turns, as many as there is room for, without the words to ignore."""
    found = question
    for turn in reversed(turns):
        longer = f"{turn.question} {turn.answer or ''} {found}"
        if len(longer) > MAX_QUESTION:
            break
        found = longer
    unused = set(normalized_words(" ".join(ignored)))
    return " ".join(word for word in found.split() if unused.isdisjoint(normalized_words(word))) if unused else found


def _left_out(question: str, ways: Sequence[str], turns: Sequence[Turn], ignored: Collection[str]) -> tuple[str, ...]:
    """Return the words of the conversation that a question leaves out, and so does the first way, likeliest first."""
    unused = content_stems(" ".join([*ignored, *ways[:1]]))
    found = term_model().left_out(question, turns, ways, _LENIENCE)
    return tuple(word for stem, word in found.items() if stem not in unused)[:_MAX_CONTEXT]


def read_in_conversation(question: str, conversation: Conversation, ignored: Collection[str] = ()) -> list[FollowUp]:
    """Return the ways to read a question by its conversation, the likeliest first; none where it stands alone.

    Raises InvalidQuestion where the question is empty or too long.
    """
    turns, mentions = _standing_alone(conversation.turns)
    return _Reader(turns, mentions, frozenset(normalized_words(" ".join(ignored)))).read(question)


def is_about_kept(question: Question, candidate: Candidate, passage: Quote) -> bool:
    """Return whether an answer is about what its question has from the conversation: its passage or title has it.

    Of words by which is only searched, half are enough.
    """
    where = f"{candidate.answering_sentence.article.title}\n{passage.text}"
    if question.kept == question.context:
        words = content_stems(" ".join(question.context))
        return 2 * len(words & content_stems(where)) >= len(words)
    return all(text_has_name(one, where) for one in question.kept)


def without_former_answers(question: Question, reading: Reading) -> Reading:
    """Return a reading without the candidates that give a former answer again."""
    former = [frozenset(_content(text)) for text in question.excluded]
    kept = []
    for one in reading.candidates:
        words = frozenset(_content(one.span.text))
        adds = "and" in normalized_words(one.span.text)  # "Halden and Arvel" says more than "Halden"
        if not any(words <= given or (given <= words and not adds) for given in former):
            kept.append(one)
    return replace(reading, candidates=tuple(kept))


def _content(text: str) -> list[str]:
    return [word for word in normalized_words(text) if word not in lexicon.DETERMINERS and word not in lexicon.TITLES]


def _standing_alone(turns: Sequence[Turn]) -> tuple[list[Turn], list[Referent]]:
    """Return the turns with their questions as they were understood, and their mentions, the last turn's first."""
    found: list[Turn] = []
    mentions: list[Referent] = []
    for turn in turns:
        if not any(character.isalnum() for character in turn.question):
            continue
        read = _Reader(found, mentions, frozenset()).read(turn.question[:MAX_QUESTION])
        found.append(replace(turn, question=read[0].text if read else turn.question[:MAX_QUESTION]))
        mentions = [*mentions_in(found[-1]), *(replace(one, age=one.age + 1) for one in mentions)]
    return found, mentions


class _Reader:
    """Reads one question by the turns before it, whose questions stand alone, and by what they mention."""

    def __init__(self, turns: Sequence[Turn], mentions: Sequence[Referent], ignored: frozenset[str]) -> None:
        self._turns = turns
        self._ignored = ignored
        self._mentions = [one for one in mentions if not ignored & set(normalized_words(one.text))]

    def read(self, question: str) -> list[FollowUp]:
        """Return the ways to read a question, none where it stands alone."""
        if not self._turns:
            return []
        text = normalize_question(question)
        joins = _JOINS.match(text) is not None
        core = _core_of(question)
        found: list[FollowUp] = []
        if words_of(self._former.question):  # not all of it is ignored
            found = (
                self._short(core)
                or self._else(core)
                or self._again(core)
                or self._at_another_time(core)
                or self._fragment(core, joins)
            )
            counted = None if found else self._counted(core)
            if counted is not None:
                found = self._whole(counted.text, joins) or [counted]
        found = found or self._whole(core, joins)
        return [one for one in found if len(one.text) <= MAX_QUESTION]

    @property
    def _former(self) -> Turn:
        """The last turn, its question without what is ignored."""
        turn = self._turns[-1]
        text = turn.question
        for phrase in sorted(phrases_of(text), key=lambda one: -(one.start or 0)):
            if phrase.start is not None and self._ignored & set(normalized_words(phrase.text)):
                before = text[: phrase.start].rstrip()
                word = before.rpartition(" ")[2].lower()
                before = before[: -len(word)] if word in lexicon.PREPOSITIONS else before
                text = f"{before.rstrip()} {text[phrase.start + len(phrase.text) :].lstrip()}".replace(" ?", "?")
        return replace(turn, question=text)

    # Fixed words: "are you sure?", "who is that?", "which one?", "and before that?"

    def _short(self, core: str) -> list[FollowUp]:
        former = self._former.question
        if is_doubt(core):
            return self._kept([FollowUp(former)])
        named = named_in_answer(core, self._mentions)
        if named is not None:
            return [FollowUp(f"Who is {in_the_middle(named)}?", (named.text,))]
        text = which_of_them(core, former)
        if text is not None:
            return self._kept([FollowUp(text)])
        # A sentence that answers may name both, the holder of an office and who held it before.
        holders = [one for one in self._mentions if one.answers and one.age == 0 and one.is_name and one.person > 0]
        texts = [beside_holder(core, former, one) for one in (holders[:_MAX_WAYS] or (None,))]
        return self._kept([FollowUp(one) for one in texts if one is not None])

    # The former question again: "who else?", "when was that?", "and where?"

    def _else(self, core: str) -> list[FollowUp]:
        asked, others = _ELSE.match(core), _OTHERS.fullmatch(core)
        if _MORE.fullmatch(core) is not None and (topic := self._topic()) is not None:
            return [FollowUp(f"Tell me about {in_the_middle(topic)}?", (topic.text,), self._given())]
        if asked is None and others is None:
            return []
        rest = [] if asked is None else [word for word in normalized_words(core[asked.end() :]) if word not in _EMPTY]
        if asked is None or not rest:
            found = [FollowUp(self._former.question, (), self._given())]
            about = self._topic() if "the other" in core.lower() else None
            if about is not None:
                found.append(FollowUp(f"What happened to the others, {in_the_middle(about)}?"))
            return self._kept(found)
        text = f"{core[: asked.end() - len(' else')]}{core[asked.end() :]}"
        found = self._whole(text, joins=True) or [FollowUp(text)]
        return [replace(one, excluded=self._given()) for one in found]

    def _given(self) -> tuple[str, ...]:
        """Return the answers that the last question has had, now and before."""
        last = self._turns[-1].question
        return tuple(turn.answer for turn in self._turns if turn.question == last and turn.answer is not None)

    def _again(self, core: str) -> list[FollowUp]:
        found, negated = _BARE.fullmatch(core), False
        if found is not None:
            negated = found["not"] is not None
        else:
            found = _OF_EVENT.fullmatch(core)
            # "When was it" may ask of a thing; "when was that" asks of what happened.
            is_thing = re.search(r"\bit\?$", core) is not None and best_antecedents("it", self._mentions[:1]) != []
            if found is None or is_thing:
                return []
        return self._kept([FollowUp(asked_again(self._former, found["asked"], negated))])

    def _at_another_time(self, core: str) -> list[FollowUp]:
        if _AND_NOW.fullmatch(core) is not None:
            return self._kept([FollowUp(at_present(self._former.question))])
        asked, former = _OTHER_TIME.fullmatch(core), _WHO_IS.fullmatch(self._former.question)
        if asked is None or former is None:
            return []
        time = asked["time"].lower()
        if time in ("at first", "now", "then"):
            return self._kept([FollowUp(f"Who {'is' if time == 'now' else 'was'} the {former['office']} {time}?")])
        return self._kept([FollowUp(f"Who was the former {former['office']}?")])

    def _counted(self, core: str) -> FollowUp | None:
        """Return a question for a number with the noun that the former question counts, None where it has its own."""
        counted = _COUNTED.search(self._former.question)
        if counted is None or _UNCOUNTED.match(core) is None or counted["noun"].lower() in lexicon.AUXILIARIES:
            return None
        return FollowUp(f"{core[: len('how many')]} {counted['noun']}{core[len('how many') :]}", (counted["noun"],))

    # A part of the former question is another: "what about Armenia?", "and in Kenya?", "And Dana Whitlow?"

    def _fragment(self, core: str, joins: bool) -> list[FollowUp]:
        about = _ABOUT.fullmatch(core)
        words = words_of(core)
        asks = any(question_type_at(words, at) is not None for at in range(min(2, len(words))))
        is_whole = asks or is_auxiliary(words[0]) or len(words) > _MAX_FRAGMENT
        if about is None and (is_whole or not joins):
            return []
        what = self._resolved(_TOO.sub("", core) if about is None else f"{about['what']}?").rstrip("? ,")
        former = self._former.question
        text = with_ordinal(former, what) or by_another_source(former, what) or with_slot(former, what)
        topic = self._topic()
        if text is not None:
            # Who somebody is, is not asked by his name: "who came second? And Marsden?" asks about Marsden.
            names_person = what[:1].isupper() and parse_question(text).type is QuestionType.WHO
            replaced = self._kept([FollowUp(text, (), (what,) if names_person else ())], new=what)
            if names_person and topic is not None:
                replaced.append(FollowUp(f"{what}, {in_the_middle(topic)}?", (topic.text,)))
            return replaced
        if topic is None:
            return []
        return [FollowUp(f"{what} of {in_the_middle(topic)}?", (topic.text,))]

    def _resolved(self, text: str) -> str:
        pronoun = first_pronoun(text)
        found = [] if pronoun is None else self._with_antecedents(text, pronoun)
        return found[0].text if found else text

    # A whole question that leaves out what it is about: "how old is he?", "how many survived?"

    def _whole(self, core: str, joins: bool) -> list[FollowUp]:
        pronoun = first_pronoun(core)
        found = [] if pronoun is None else self._with_antecedents(core, pronoun)
        if found or (pronoun is None and not _lacks_topic(core, joins)):
            return found
        topic = self._topic()
        if topic is None or set(topic.key().split()) <= set(normalized_words(core)):
            return []
        # The articles tell whether it is about that: if not, it is read as it stands.
        with_topic = f"{core.rstrip('?')}, {in_the_middle(topic)}?"
        return [FollowUp(with_topic, (topic.text,), is_tentative=True), FollowUp(core)]

    def _with_antecedents(self, core: str, pronoun: Pronoun) -> list[FollowUp]:
        found = best_antecedents(pronoun.kind, self._mentions)
        if pronoun.noun is not None:  # "that company" is what was called a company, or may be one
            named = [one for one in found if pronoun.noun in one.key().split()]
            found = named or [one for one in found if one.is_name and is_person_noun(pronoun.noun) == (one.person > 0)]
        if not found:
            return []
        # Another man's age is worse than none, so a person is the likeliest one alone. Of things, each of the last turn
        # is tried.
        is_person = pronoun.kind in lexicon.PERSON_PRONOUNS
        among = found[:1]
        for one in found[1:] if not is_person else []:
            if one.age != found[0].age:
                continue
            if among[0].key() in one.key():
                among[0] = one  # "the fire on Mount Orla" of its last words
            elif len(among) < _MAX_WAYS and not any(is_same(one, other) for other in among):
                among.append(one)
        ways = [FollowUp(with_antecedent(core, pronoun, one), (one.text,)) for one in among]
        # A question that says much itself may have nothing to do with the conversation.
        says_much = pronoun.noun is not None or not _lacks_topic(core, joins=True)
        return [*(replace(one, is_tentative=True) for one in ways), FollowUp(core)] if says_much else ways

    def _topic(self) -> Referent | None:
        """Return what the conversation is about: a name of the last questions, or of an answer, or else a thing."""
        asked = [one for one in self._mentions if not one.answers and one.age < 2]
        answered = [one for one in self._mentions if one.answers and one.is_name]
        # "The captain of the Aldra Star" is about the ship.
        named = [one for one in asked if one.is_name or (one.has_name and " of " not in one.text and one.person <= 0)]
        return next(iter([*named, *answered, *asked]), None)

    @staticmethod
    def _kept(ways: list[FollowUp], new: str = "") -> list[FollowUp]:
        """Return the ways with the names and phrases that they have from the conversation."""
        news = set(normalized_words(new))
        found = []
        for way in ways:
            phrases = [one for one in phrases_of(way.text) if not one.depth]
            kept = (one.text for one in phrases if not news or not news & set(normalized_words(one.text)))
            found.append(replace(way, kept=tuple(dict.fromkeys(kept))))
        return found


def _lacks_topic(core: str, joins: bool) -> bool:
    """Return whether a question leaves what it is about to the conversation: "how many survived?".

    Of nouns it has at most one phrase, which is what it asks for ("which hospital"), or definite ("the shepherd").
    """
    words = words_of(core)
    if question_type_at(words, 0) is None and not is_auxiliary(words[0]):
        return False
    if any(one.is_name or one.has_name for one in phrases_of(core)) or re.search(r"\d", core):
        return False
    plain = [word.normalized for word in words]
    nouns = [False, *(is_noun(word) for word in plain)]
    starts = [at for at, (before, is_one) in enumerate(pairwise(nouns)) if is_one and not before]
    verbs = sum(is_verb(word.normalized) and not is_auxiliary(word) for word in words)
    if len(starts) > 1 or len(starts) + verbs > 2 + joins:
        return False
    return joins or all(plain[at - 1] in _DEFINITE or plain[0] in _ASKING_FOR for at in starts)
