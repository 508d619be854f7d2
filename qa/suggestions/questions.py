"""Generates questions from declarative sentences by a few safe transformations, after Heilman and Smith (2010).

https://aclanthology.org/N10-1086. A question is only made where the sentence has a clear subject, verb and answer, and
where it can be understood without its article: it holds a name, and no pronoun whose noun is not in it.
"""

import re
from collections.abc import Iterator

from qa.answers.names import names_in
from qa.query import lexicon
from qa.query.lexicon import word_set
from qa.suggestions.article_names import NO_NAMES, ArticleNames
from qa.suggestions.clauses import MODALS, Clause, Token, find_clause, find_existential, is_number
from qa.suggestions.people import questions_about_people
from qa.suggestions.quantities import amount_at, how_long, how_many, how_many_there_are, how_much
from qa.suggestions.verbs import BE, HAVE, base_of_participle, is_verb_like
from qa.suggestions.writer import FUNCTION_WORDS, REPORTING, YEAR, GeneratedQuestion, QuestionWriter, make_question

_MIN_QUESTION, _MAX_QUESTION = 3, 18  # words
_UNRESOLVED = word_set("""
    he she it they him them his her its their this that these those here then former latter such same other another both
    each himself herself itself themselves one ones ago how yesterday today tomorrow tonight whom who which where what
    respectively
""")
_PLANNED = word_set("scheduled planned set expected due to")  # "is to begin on 23 October"
_MIN_CONTENT = 4  # words of a question without a name
_LOCATING = word_set("""
    bear hold die locate base live bury build find arrest kill sign stage happen occur crash capsize sink land launch
    meet open stand lie work study teach educate begin start grow marry detain sight film produce make manufacture
    station exhibit display moor anchor raise play
""")
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
""")
_AFTER_OBJECT = (lexicon.PREPOSITIONS | {"as", "towards", "against", "across", "over", "around", "again"}) - {"of"}
_ENDS_WITH_DURATION = re.compile(rf"\b(?:{lexicon.TIME_UNITS})\?$")  # "a few months later, in January"
_CUT = re.compile(r"[,;:]\?|\s,|,,|\b(?:the|an?) [\w-]+ed\?$")
_DAYTIMES = word_set("dawn dusk noon midnight night morning evening afternoon early late")
_BEFORE_DATES = word_set("the early late")
_BEFORE_DAYTIMES = word_set("at in the early late")


def questions_from(sentence: str, article: ArticleNames = NO_NAMES) -> list[GeneratedQuestion]:
    """Return the questions that a sentence answers; none for most sentences.

    article: what the other sentences of its article tell of names.
    """
    found = [*(GeneratedQuestion(*one) for one in questions_about_people(sentence, article))]
    found += _relative(sentence, article)
    clause = find_clause(sentence)
    if clause is not None:
        writer = QuestionWriter(clause, article)
        for rule in (
            *(_when, _where, _who, _by_whom, _by_what, _why, how_many, how_much, how_long, _what, _what_object),
        ):
            found += rule(writer)
    existential = find_existential(sentence)
    if existential is not None:
        found += how_many_there_are(existential)
    return [one for one in dict.fromkeys(found) if _is_clear(one.text)]


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
    is_cut = words[-1] in lexicon.DETERMINERS | lexicon.CONJUNCTIONS or _CUT.search(question)
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
        if token.in_date and not tokens[at - 1].in_date and _is_time_without_preposition(clause, at, end):
            return at, end
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


def _is_calendar(tokens: tuple[Token, ...]) -> bool:
    """Return whether words name a day, month or year."""
    return any(one.lower in lexicon.CALENDAR_NAMES or YEAR.fullmatch(one.text) for one in tokens)


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
    if clause.has_name(clause.verb + 1, end) and len(words) > 3:
        yield make_question(f"Who {rest}", clause.sentence[name.start : name.end])


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
    if not words or words[0] not in {"the", "a", "an"} or len(words) < 2 or writer.has_content_clause:
        return
    has_verb = any(is_verb_like(word) and not word.endswith("s") for word in words[2:])
    if not has_verb and not words[-1].endswith("ly"):
        # Other phrases may belong to the object: "an interest in ESPN".
        following = tokens[stop + 1] if stop + 1 < end else None
        is_kept = following is not None and (
            following.in_date or (tokens[stop].lower == "to" and following.lower in lexicon.VERB_BASES)
        )
        yield writer.question("What", f"{participle} {clause.words(stop, end) if is_kept else ''}", (at, stop))


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
    name = clause.name_at(first)
    end = writer.simple_end()
    if name is not None and name.end == tokens[last - 1].end and not name.is_plural:
        if tokens[at].lower in {"a", "an"} and (writer.article.is_person(name) or (name.person <= 0 and verb == "is")):
            asked = "Who" if writer.article.is_person(name) else "What"
            yield make_question(f"{asked} {verb} {writer.subject}", writer.answer(at, end))
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
