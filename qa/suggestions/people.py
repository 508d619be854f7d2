"""Questions about people by the words beside their names: who they are, how old, and who holds an office."""

import re
from collections.abc import Iterator, Sequence

from qa.answers.names import Name, is_person_noun, names_in
from qa.query import lexicon
from qa.query.lexicon import word_set
from qa.suggestions.article_names import ArticleNames

_MIN_NAME = 2  # words: "Brook" alone may be one of several
_NO_ROLES = word_set("former son daughter rival opponent winner candidate buyer seller champion")
_ROLE = "|".join(sorted(lexicon.ROLE_NOUNS - _NO_ROLES))
_BEFORE_ROLE = r"(?!(?:former|late|new|first|next|ex|the|an?|and|then|acting)\b)"
_ROLE_OF = re.compile(
    rf"\b(?P<the>[Tt]he )?(?P<role>(?:{_BEFORE_ROLE}[a-z-]+ ){{0,3}}(?:{_ROLE})) (?:of|at) (?:the )?(?=[A-Z])"
)
_ROLE_FOR = re.compile(rf"['’]s (?P<role>(?:{_BEFORE_ROLE}[a-z-]+ ){{0,2}}(?:{_ROLE})), (?=[A-Z])")
# "Apple's chief executive Steve Jobs", "the former fisheries minister Helena Brandt"
_ROLE_BEFORE = re.compile(r"(?:['’]s|\b[Tt]he|\b[Aa]n?) (?P<role>(?:[a-z-]+ ){0,4}[a-z-]+) \Z")
_MAX_ROLE = 60  # code points before a name
_AGE = re.compile(r", (?:who is |aged )?(?P<age>\d{1,2})(?=[,.] |[,.]$)")
_YEARS_OLD = re.compile(r"\b(?P<age>\d{1,2})-year-old (?:[a-z-]+ ){0,3}(?:[a-z-]+, )?(?=[A-Z])")
_DESCRIPTION = re.compile(r", ((?:the|an?) [^,.]{8,80})[,.]")


def questions_about_people(sentence: str, article: ArticleNames) -> Iterator[tuple[str, str]]:
    """Yield questions about the people in a sentence, each with the words that answer it."""
    names = names_in(sentence)
    people = [one for one in names if article.is_person(one) and len(one.words) >= _MIN_NAME]
    if people:
        yield from _roles(sentence, names, people)
        yield from _people(sentence, people)


def _roles(sentence: str, names: Sequence[Name], people: Sequence[Name]) -> Iterator[tuple[str, str]]:
    """Yield "Who is the director of Aldra Line?" where a person stands beside that role."""
    for match in _ROLE_OF.finditer(sentence):
        bodies = [one for one in names if one.start == match.end() and not one.is_plural and one not in people]
        if not bodies:
            continue
        end = max(one.end for one in bodies)
        before = sentence[: match.start()]
        role = sentence[match.start("role") : end]
        closes = sentence[end : end + 1] in {",", "."}
        following = [one for one in people if sentence[end : one.start] == ", " and match["the"]]
        preceding = [one for one in people if before[one.end :] == ", " and closes]
        for person in (*following, *preceding)[:1]:
            yield f"Who is the {role}?", sentence[person.start : person.end]
    for match in _ROLE_FOR.finditer(sentence):
        owner = next((one for one in names if one.end == match.start() and not one.is_plural), None)
        holder = next((one for one in people if one.start == match.end()), None)
        if owner is not None and holder is not None and not owner.is_doubtful:
            yield f"Who is {sentence[owner.start : match.end('role')]}?", sentence[holder.start : holder.end]


def _people(sentence: str, people: Sequence[Name]) -> Iterator[tuple[str, str]]:
    """Yield "How old is Elin Sorensen?" and "Who is Elin Sorensen?" where the words beside her name say so."""
    for match in _YEARS_OLD.finditer(sentence):
        if (named := next((one for one in people if one.start == match.end()), None)) is not None:
            yield f"How old is {sentence[named.start : named.end]}?", match["age"]
    for name in people:
        words = sentence[name.start : name.end]
        age = _AGE.match(sentence, name.end)
        if age is not None:
            yield f"How old is {words}?", age["age"]
        role = _ROLE_BEFORE.search(sentence, max(0, name.start - _MAX_ROLE), name.start)
        if role is not None and not name.title and " " in role["role"] and _is_role(role["role"]):
            yield f"Who is {words}?", role["role"]
        described = _DESCRIPTION.match(sentence, name.end)
        if role is None and described is not None and not name.title and _describes_person(described[1]):
            yield f"Who is {words}?", described[1]


def _is_role(words: str) -> bool:
    """Return whether the words before a name are a role and nothing else, such as "provincial governor"."""
    *before, head = words.split()
    return head != "former" and is_person_noun(head) and lexicon.PREPOSITIONS.isdisjoint(before)


def _describes_person(words: str) -> bool:
    """Return whether the head of "the county's education officer" is a noun of a person."""
    plain = words.split()
    end = next((at for at, word in enumerate(plain) if at and word in lexicon.AFTER_NOUN), len(plain))
    return " and " not in words and is_person_noun(plain[end - 1].lower())
