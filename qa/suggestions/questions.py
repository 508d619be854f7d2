"""Generates questions from declarative sentences by a few safe transformations, after Heilman and Smith (2010).

https://aclanthology.org/N10-1086. A question is only made where the sentence has a clear subject, verb and answer, and
where it can be understood without its article: it holds a name, and no pronoun whose noun is not in it.
"""

import re
from collections.abc import Iterator

from qa.answers.names import is_person_noun, names_in
from qa.query import lexicon
from qa.query.lexicon import word_set
from qa.suggestions.article_names import NO_NAMES, ArticleNames
from qa.suggestions.clauses import MODALS, Clause, Token, find_clause, find_existential, is_number
from qa.suggestions.people import questions_about_people
from qa.suggestions.quantities import (
    amount_at,
    how_long,
    how_many,
    how_many_there_are,
    how_much,
    how_much_changed,
    how_much_paid,
    what_share,
)
from qa.suggestions.statements import statements
from qa.suggestions.verbs import BE, HAVE, base_of_participle, is_verb_like
from qa.suggestions.writer import FUNCTION_WORDS, REPORTING, YEAR, GeneratedQuestion, QuestionWriter, make_question

_MIN_QUESTION, _MAX_QUESTION = 3, 18  # words
_UNRESOLVED = word_set("""
    he she it they him them this that these those here then former latter such same other another both
    each himself herself itself themselves one ones ago how yesterday today tomorrow tonight whom who which where what
    respectively
""")
_POSSESSIVES = word_set("his her its their")  # of the subject, where that has a name
_PLANNED = word_set("scheduled planned set expected due to")  # "is to begin on 23 October"
_MIN_CONTENT = 4  # words of a question without a name
_LOCATING = word_set("""
    bear hold die locate base live bury build find arrest kill sign stage happen occur crash capsize sink land launch
    meet open stand lie work study teach educate begin start grow marry detain sight film produce make manufacture
    station exhibit display moor anchor raise play
""")
_NO_KINDS = word_set("result case same only reason subject victim target cause part")  # "is the result of": of what?
# Nouns whose value a sentence gives: "Lumora's annual profit was 140 million euros".
_MEASURED = word_set("""
    price profit population height length width depth weight capital budget cost total attendance salary speed record
    revenue turnover toll temperature area capacity rate value loss fine age distance size limit target unemployment
    inflation fee reward prize debt deficit surplus output income wage rent share name motto headquarters nickname
    currency language religion goal aim purpose
""")
_TIME = re.compile(rf"\b(?:{lexicon.WEEKDAYS}|1[5-9]\d\d|20\d\d)\b", re.IGNORECASE)
_WHO_CLAUSE = re.compile(r", who (?P<rest>(?P<verb>[a-z]+) [^,.;:—–()“”\"]{8,80})[,.]")
# Verbs whose object is asked for as "what", and that hardly take two objects or a clause.
_WITH_OBJECT = word_set("""
    approve reject overturn ban launch win sign buy sell build discover invent publish destroy announce introduce unveil
    design write found establish develop produce carry damage close cancel demand order sponsor acquire release
    create own operate host oppose support abolish adopt replace repair rebuild invade capture occupy attack
    study investigate record direct compose paint prove solve cross reach enter join visit block cut raise lower
    accept achieve abandon attend authorize authorise break celebrate collect complete conduct construct contain
    contribute control deliver deploy describe disclose dominate donate enact end expand explore export extend face
    feature film finance fly form fund gain govern grow hit hold implement import improve include inherit install issue
    lead leave lose maintain make manage manufacture offer open organise organize patent perform plan plant play present
    print propose protect provide purchase receive reduce remove report require restore retain reveal seize serve
    start steal strike submit suffer survive suspend teach test unveil use
""")
_IDIOMS = word_set("role part progress use place way attempt effort advantage care")  # "played an important role"
_BEFORE_NOUNS = word_set("the a an its their his her")
_MIN_WITH_NAME = 3  # words of a question for the subject, where its predicate holds a name
_VAGUE = word_set("following above next last latter former other same first second third mentioned such")
# Groups of people, who do things as people do.
_GROUPS = word_set("""
    court government council company union police team club party ministry army navy board committee agency group
    administration authority parliament senate congress assembly firm bank association federation commission department
    university school hospital jury coalition alliance crew family couple staff population army force troop regulator
    operator maker airline railway foundation charity tribunal panel delegation opposition majority people public
    legislature leadership organisation organization membership management squad
""")
_AFTER_OBJECT = (lexicon.PREPOSITIONS | {"as", "towards", "against", "across", "over", "around", "again"}) - {"of"}
_ENDS_WITH_DURATION = re.compile(rf"\b(?:{lexicon.TIME_UNITS})\?$")  # "a few months later, in January"
_CUT = re.compile(
    r"[,;:]\?|\s,|,,|\b(?:the|an?) [\w-]+ed\?$|\b(?!\w*(?:er|ore|ess)\b)\w+ than\b|\band [^,]*\d%\?$"
    r"|\bbetween (?!.* and )"
)
_TWO_VERBS = re.compile(r"\bdid .*\b(?!(?:be|get|become|stay|remain|go|as|the|an?|[a-z]+ly)\b)\w+ [a-z]+ed\?$")
_NO_ENDS = word_set("on in at of from between during until")
_DAYTIMES = word_set("dawn dusk noon midnight night morning evening afternoon early late")
_YEARS = re.compile(rf"(?:{YEAR.pattern})s?|centur(?:y|ies)")  # "in the 1990s", "in the 17th century"
_BEFORE_DATES = word_set("the early late")
_BEFORE_DAYTIMES = word_set("at in the early late")


def questions_from(sentence: str, article: ArticleNames = NO_NAMES) -> list[GeneratedQuestion]:
    """Return the questions that a sentence answers; none for most sentences.

    article: what the other sentences of its article tell of names.
    """
    found = [*(GeneratedQuestion(*one) for one in questions_about_people(sentence, article))]
    found += _relative(sentence, article)
    for statement in statements(sentence):
        found += _about_statement(statement, article)
    return [one for one in dict.fromkeys(found) if _is_clear(one.text)]


def _about_statement(statement: str, article: ArticleNames) -> Iterator[GeneratedQuestion]:
    clause = find_clause(statement)
    if clause is not None:
        writer = QuestionWriter(clause, article)
        for rule in _RULES:
            yield from rule(writer)
    existential = find_existential(statement)
    if existential is not None:
        yield from how_many_there_are(existential)


def is_question_heading(text: str) -> bool:
    """Return whether a line of an article is a question that may be asked as it stands."""
    words = [word.lower().strip("?,.") for word in text.split()]
    return (
        text.endswith("?")
        and text.count("?") == 1
        and _MIN_QUESTION <= len(words) <= _MAX_QUESTION
        and words[0] in word_set("who what when where why how which can do does is are may must should will")
        and not lexicon.THIRD_PERSON_PRONOUNS & set(words)
    )


def _is_clear(question: str) -> bool:
    """Return whether a question is of ordinary length, and is understood without its article."""
    words = [word.strip("?,.").lower() for word in question.split()]
    if not _MIN_QUESTION <= len(words) <= _MAX_QUESTION:
        return False
    if any(word in _UNRESOLVED for word in words[1:]) or ("there" in words and words[0] != "how"):
        return False
    owned = next((at for at, word in enumerate(words) if word in _POSSESSIVES), None)
    if owned is not None and not any(one.start > 0 for one in names_in(" ".join(question.split()[:owned]))):
        return False
    is_cut = words[-1] in lexicon.DETERMINERS | lexicon.CONJUNCTIONS | _NO_ENDS or _CUT.search(question)
    is_cut = is_cut or _TWO_VERBS.search(question)
    content = [word for word in words if word.isalpha() and word not in FUNCTION_WORDS]
    has_name = any(one.start > 0 for one in names_in(question[:-1]))
    return not is_cut and (has_name or len(set(content)) >= _MIN_CONTENT)


def _adjunct_time(clause: Clause, end: int, is_planned: bool) -> tuple[int, int] | None:
    """Return the time of the predicate that stands as "on 3 May", without a clause or another verb before it.

    is_planned: whether an infinitive may stand before it, as in "is scheduled to be completed on 3 May".
    """
    tokens, main = clause.tokens, clause.verb + 1
    for at in range(main, end):
        token = tokens[at]
        if token.in_date and not tokens[at - 1].in_date:
            if _is_time_without_preposition(clause, at, end):
                return at, end
            if _is_weekday(clause, at, end):
                return at, at + 1
        if token.lower not in {"in", "on"}:
            is_verb = not token.in_name and (token.lower == "to" or is_verb_like(token.lower))
            if is_verb and at > main + (4 if is_planned else 1):
                return None
            continue
        stop = at + 1
        while stop < end and (tokens[stop].in_date or (stop == at + 1 and tokens[stop].lower in _BEFORE_DATES)):
            stop += 1
        if stop > at + 1 and tokens[stop - 1].in_date and _is_calendar(tokens[at + 1 : stop]):
            start = at
            if start > main and tokens[start - 1].lower in _DAYTIMES:  # "at dawn on 3 May"
                start -= 1
                while start > main and tokens[start - 1].lower in _BEFORE_DAYTIMES:
                    start -= 1
            return start, stop
    return None


def _is_time_without_preposition(clause: Clause, at: int, end: int) -> bool:
    """Return whether the predicate ends with "two days ago", "yesterday" or "last week" from a token on."""
    tokens = clause.tokens[at:end]
    is_one = tokens[-1].lower in {"ago", "yesterday"} or (tokens[0].lower == "last" and len(tokens) == 2)
    has_preposition = clause.tokens[at - 1].lower in lexicon.PREPOSITIONS | lexicon.DETERMINERS
    return is_one and not has_preposition and all(one.in_date for one in tokens)


def _is_weekday(clause: Clause, at: int, end: int) -> bool:
    """Return whether a weekday stands alone at a token: "was replaced Sunday with Fritz Henderson"."""
    is_alone = at + 1 == end or clause.tokens[at + 1].lower in lexicon.PREPOSITIONS - {"of"}
    before = clause.tokens[at - 1].lower
    is_bare = before not in lexicon.PREPOSITIONS | lexicon.DETERMINERS | lexicon.CONJUNCTIONS | lexicon.ADJECTIVES
    return is_alone and is_bare and re.fullmatch(lexicon.WEEKDAYS, clause.tokens[at].text, re.I) is not None


def _is_calendar(tokens: tuple[Token, ...]) -> bool:
    """Return whether words name a day, month or year."""
    return any(one.lower in lexicon.CALENDAR_NAMES or _YEARS.fullmatch(one.text) for one in tokens)


def _is_time(tokens: tuple[Token, ...]) -> bool:
    """Return whether a time before the subject says when: "by 1977" only says until when."""
    return tokens[0].lower in {"in", "on"} and _is_calendar(tokens)


def _when(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    clause, main = writer.clause, writer.main
    if main is None or not writer.is_named or writer.has_content_clause or writer.is_cut:
        return
    if main in REPORTING and not (main == "expect" and clause.base is None):
        return
    is_planned = clause.tokens[clause.verb + 1 : clause.verb + 2] and clause.tokens[clause.verb + 1].lower in _PLANNED
    is_planned = is_planned and clause.base is None
    if clause.base is None and writer.verb.lower in HAVE | (MODALS - {"will"}) | {"had"}:
        return
    if clause.base is None and writer.verb.lower in {"is", "are"} and not is_planned:
        return
    end = writer.simple_end()
    time = _adjunct_time(clause, end, is_planned=bool(is_planned))
    if time is not None:
        rest = f"{clause.words(clause.verb + 1, time[0])} {clause.words(time[1], end)}"
    elif clause.lead is not None and _is_time(clause.tokens[clause.lead[0] : clause.lead[1]]):
        time, rest = clause.lead, clause.words(clause.verb + 1, end)
    else:
        return
    question = writer.question("When", rest, time)
    if not _TIME.search(question.text) and not _ENDS_WITH_DURATION.search(question.text):
        yield question


def _where(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    clause, main, verb = writer.clause, writer.main, writer.verb.lower
    if main is None or not writer.is_named or verb in HAVE | (MODALS - {"will"}) | {"had"}:
        return
    tokens, end = clause.tokens, writer.simple_end()
    takes_place = main == "take" and any(one.lower == "place" for one in tokens[clause.verb + 1 : clause.verb + 4])
    if main not in _LOCATING and not takes_place:
        return
    for at in range(clause.verb + 1, end - 1):
        if tokens[at].lower not in {"in", "at", "near", "off", "outside"}:
            if at > clause.verb + 1 and (is_verb_like(tokens[at].lower) or tokens[at].lower in {"of", "to", "from"}):
                return
            continue
        place = clause.name_at(at + 1)
        if place is None or place.place <= max(place.person, 0) or tokens[at + 1].in_date:
            return
        stop = at + 1
        while stop < end and tokens[stop].end <= place.end:
            stop += 1
        after = clause.words(stop, end)
        goes_on = after and tokens[stop].lower not in {"on", "in", "by", "during"}
        if tokens[stop - 1].end == place.end and not goes_on:
            yield writer.question("Where", f"{clause.words(clause.verb + 1, at)} {after}", (at, stop))
        return


def _who(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    clause, main, verb = writer.clause, writer.main, writer.verb.lower
    first, last = clause.subject
    ending = (one for one in clause.names if one.end == clause.tokens[last - 1].end)
    name = next((one for one in ending if writer.article.is_person(one)), None)
    if name is None or verb in {"are", "were", "have"} | (MODALS - {"will"}) or writer.has_content_clause:
        return
    before = clause.tokens[first:last]
    if any(one.start < name.start and (one.lower in {"of", "and", "the"} or "'" in one.lower) for one in before):
        return
    end = writer.simple_end()
    is_named_role = verb in BE and main is None and clause.tokens[clause.verb + 1 : clause.verb + 2]
    if main is None and not (is_named_role and clause.tokens[clause.verb + 1].lower == "the"):
        return
    rest = clause.words(clause.verb, end)
    if main in REPORTING - {"become"} or (verb in BE and " by " in rest):
        return
    words = rest.lower().split()
    content = [word for word in words if word.isalpha() and word not in FUNCTION_WORDS]
    if len(words) > 3 and (clause.has_name(clause.verb + 1, end) or len(content) >= _MIN_CONTENT):
        yield make_question(f"Who {rest}", clause.sentence[name.start : name.end])


def _who_or_what(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    """Yield "Who acquired the group in February 1981?" and "What has slowed the wildfire on Mount Orla?"."""
    clause, verb = writer.clause, writer.verb.lower
    first, last = clause.subject
    asked = _asked_for(writer)
    if asked is None or writer.main is None or writer.main in REPORTING - {"become"} or writer.main == "be":
        return
    after = clause.tokens[clause.verb + 1].lower if clause.verb + 1 < clause.end else "to"
    if (
        (verb in BE and after == "to")
        or verb in {"are", "were", "have", "do"} | (MODALS - {"will"})
        or writer.has_content_clause
        or writer.is_cut
    ):
        return
    end = writer.simple_end()
    if clause.base is not None and clause.tokens[clause.verb + 1 : clause.verb + 2]:
        following = clause.tokens[clause.verb + 1]  # "released Thursday by the department" is no finite verb
        if following.in_date and not following.text[0].isdigit():
            return
    predicate = " ".join(filter(None, (clause.words(clause.verb, end), clause.lead_words)))
    content = [word for word in predicate.lower().split() if word.isalpha() and word not in FUNCTION_WORDS]
    if _POSSESSIVES.isdisjoint(predicate.lower().split()) and len(content) >= (
        _MIN_WITH_NAME if clause.has_name(clause.verb + 1, end) else _MIN_CONTENT
    ):
        yield make_question(f"{asked} {predicate}", writer.answer(first, last))


def _asked_for(writer: QuestionWriter) -> str | None:
    """Return how a subject is asked for: "Who" for people and groups, "What" for things; None in doubt."""
    tokens, names = writer.clause.tokens, writer.clause.names
    first, last = writer.clause.subject
    words = [one.lower for one in tokens[first:last]]
    end = next((at for at, word in enumerate(words) if at and word in lexicon.AFTER_NOUN), len(words))
    name = next((one for one in names if one.end == tokens[first + end - 1].end), None)
    if name is not None:
        if name.is_plural or writer.article.is_person(name) or name.person > 0:
            return None  # `_who` asks for people
        is_whole = all(one.in_name for one in tokens[first + (words[0] == "the") : last])
        if not is_whole or name.organisation > 0:
            return "Who" if is_whole else None
        is_thing = writer.verb.lower == "was" and writer.main in _WITH_OBJECT and len(name.words) > 1
        return "What" if is_thing else None
    head = words[end - 1]
    is_cut = base_of_participle(words[-1]) is not None
    is_vague = not _VAGUE.isdisjoint(words) or words[0] in _POSSESSIVES or any(map(is_number, tokens[first:last]))
    if not head.isalpha() or tokens[first + end - 1].in_name or is_cut or is_vague:
        return None
    if is_person_noun(head) or head in _GROUPS or head.removesuffix("s") in _GROUPS:
        return "Who"
    is_certain = words[0] == "the" or (words[0] in {"a", "an"} and writer.verb.lower != "will")
    return "What" if is_certain or end < len(words) else None


def _by_whom(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    """Yield "Who designed the Corran Bridge?" where it "was designed by" somebody."""
    clause = writer.clause
    at = clause.verb + 1
    if (
        clause.base is not None
        or writer.verb.lower not in {"was", "were"}
        or at + 2 >= clause.end
        or not writer.is_named
    ):
        return
    by = at + 1
    participle = clause.tokens[at].lower
    base = base_of_participle(participle)
    person = clause.name_at(by + 1)
    if base is None or clause.tokens[by].lower != "by" or person is None or not writer.article.is_person(person):
        return
    past = participle if participle.endswith("ed") else _PASTS_OF.get(base)
    stop = next((one for one in range(by + 1, clause.end) if clause.tokens[one].start >= person.end), clause.end)
    rest = clause.words(stop, writer.simple_end())
    if past is not None and (not rest or rest.split()[0] in {"in", "on", "at", "for", "with"}):
        yield make_question(f"Who {past} {writer.subject} {rest}", clause.sentence[person.start : person.end])


_PASTS_OF = {"write": "wrote", "build": "built", "lead": "led", "win": "won", "make": "made", "found": "founded"}


def _relative(sentence: str, article: ArticleNames) -> Iterator[GeneratedQuestion]:
    """Yield "Who leads the operation?" for "Ruth Adeyo, who leads the operation"."""
    for name in names_in(sentence):
        told = _WHO_CLAUSE.match(sentence, name.end)
        if told is not None and article.is_person(name) and told["verb"] not in lexicon.AUXILIARIES - BE - {"has"}:
            yield make_question(f"Who {told['rest']}", sentence[name.start : name.end])


def _by_what(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    """Yield "Who was Lumora bought by?" where a name follows "by"."""
    clause, tokens = writer.clause, writer.clause.tokens
    at = clause.verb + 1
    if clause.base is not None or writer.verb.lower not in BE | {"will"} or not writer.is_named or writer.main is None:
        return
    end = writer.simple_end()
    by = next((one for one in range(at, end - 1) if tokens[one].lower == "by"), None)
    name = None if by is None else clause.name_at(by + 1)
    if by is None or by > at + 2 or name is None or name.place > 0 or tokens[by + 1].in_date:
        return
    stop = next((one for one in range(by + 1, end) if tokens[one].start >= name.end), end)
    is_organisation = name.organisation > 0 and not writer.article.is_person(name)
    if is_organisation and stop == end:
        yield writer.question("Who", f"{clause.words(at, by)} by", (by + 1, stop))


def _what_object(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    """Yield "What did the court overturn?" for "overturned the conviction of Rolf Tasker"."""
    clause, tokens, verb = writer.clause, writer.clause.tokens, writer.verb.lower
    at = clause.verb + 1
    participle = ""
    if clause.base is None and verb in HAVE | {"will", "had"} and at < clause.end:
        participle, at = tokens[at].lower, at + 1
    main = writer.main
    if main not in _WITH_OBJECT or not writer.is_named or at >= clause.end or (clause.base is None and not participle):
        return
    end = writer.simple_end()
    stop = next((one for one in range(at, end) if tokens[one].lower in _AFTER_OBJECT or tokens[one].in_date), end)
    words = [one.lower for one in tokens[at:stop]]
    is_phrase = len(words) > 1 and words[0] in _BEFORE_NOUNS
    is_plural = words and words[0].endswith("s") and not words[0].endswith("ss") and not tokens[at].in_date
    is_bare = words and (tokens[at].in_name or is_plural)
    if not (is_phrase or is_bare) or not _IDIOMS.isdisjoint(words) or writer.has_content_clause:
        return
    if tokens[at].in_name and any(one.start == tokens[at].start and one.person > 0 for one in clause.names):
        return
    has_verb = any(is_verb_like(word) and not word.endswith("s") for word in words[2:])
    if not has_verb and not words[-1].endswith("ly"):
        # Other phrases may belong to the object: "an interest in ESPN".
        following = tokens[stop + 1] if stop + 1 < end else None
        is_to = stop < end and tokens[stop].lower == "to"
        if is_to and not is_phrase:  # "ordered Isaac to release the prisoners"
            return
        is_time = following is not None and following.in_date
        is_kept = is_time or (is_to and following is not None and following.lower in lexicon.VERB_BASES)
        if verb in HAVE and (is_time or clause.lead is not None):
            return
        rest = clause.words(stop, end) if is_kept else clause.lead_words
        yield writer.question("What", f"{participle} {rest}", (at, stop))


def _why(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    clause, tokens = writer.clause, writer.clause.tokens
    if (
        not writer.is_named
        or writer.verb.lower in MODALS - {"will", "can"}
        or writer.main in {"say", "think", "believe"}
    ):
        return
    end = writer.simple_end()
    at = next((one for one in range(clause.verb + 1, clause.end) if tokens[one].lower in {"because", "due"}), None)
    if at is None or at > end or tokens[at - 1].lower in {"partly", "simply", "just", "only", "mainly", "largely"}:
        return
    before = tokens[clause.verb + 1 : at]
    if len(before) >= 1 or clause.base is not None:
        yield writer.question("Why", clause.words(clause.verb + 1, at), (at, clause.end))


def _what(writer: QuestionWriter) -> Iterator[GeneratedQuestion]:
    """Yield "What was Lumora's annual profit in 2023?", "What is Quillbox?" and "Who is Helga Strand?"."""
    clause, tokens, verb = writer.clause, writer.clause.tokens, writer.verb.lower
    first, last = clause.subject
    at = clause.verb + 1
    if verb not in {"is", "was"} or at >= clause.end or not writer.is_named:
        return
    name = clause.name_at(first + (tokens[first].lower == "the"))
    end = writer.simple_end()
    if name is not None and name.end == tokens[last - 1].end and not name.is_plural:
        described = [one.lower for one in tokens[at:end]]
        after = next((one for one, word in enumerate(described) if one and word in lexicon.AFTER_NOUN), len(described))
        is_person = writer.article.is_person(name) or is_person_noun(described[after - 1])
        begins = tokens[at].lower if at + 2 < end else ""
        is_kind = begins in {"a", "an"} or (begins == "one" and tokens[at + 1].lower == "of") or begins == "the"
        if is_kind and tokens[at + 1].lower not in _NO_KINDS and (is_person or name.person <= 0):
            yield make_question(f"{'Who' if is_person else 'What'} {verb} {writer.subject}", writer.answer(at, end))
        return
    words = [one.lower for one in tokens[first:last]]
    of = next((place for place, one in enumerate(words) if one in {"of", "in", "for"}), len(words))
    head = words[of - 1] if of else ""
    owned = any("'" in one for one in words[:of])
    if head not in _MEASURED or not (owned or of < len(words)):
        return
    amount = amount_at(clause, at)
    stop = amount[1] if amount is not None else at + 1 if is_number(tokens[at]) and at + 1 == end else None
    if stop is not None:
        rest = clause.words(stop, end)
        if not rest or rest.split()[0] in {"in", "for", "on"}:
            yield writer.question("What", rest, (at, stop))


_RULES = (
    *(_when, _where, _who, _by_whom, _by_what, _why, how_many, how_much, how_long, _what, _what_object),
    *(what_share, how_much_changed, how_much_paid, _who_or_what),
)
