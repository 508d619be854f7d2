"""Paraphrases of questions: synonyms and hypernyms from WordNet, turned question words, keywords, preambles.

The questions of SQuAD echo the sentence that answers them, so a reader that only trains on them does not find an
answer that is told in other words.
"""

import random
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import lemminflect

from corpus.errors import ModelProblem
from qa.query import lexicon

_PARTS_OF_SPEECH = {"NOUN": "noun", "VERB": "verb", "ADJ": "adj"}  # lemminflect's names, and WordNet's files
_HYPERNYM = "@"  # WordNet's pointer to the more general word
_HYPERNYMS = 0.25  # of the replaced nouns get a more general word
_MAX_SYNONYMS = 3  # words of a question
_MAX_SENSES = 4  # of a replaced word; the first sense of a word with more is too often not the one that is meant
_WORD = re.compile(r"[a-z]{3,}(?![\w'’-])")
_FIXED_WORDS = lexicon.word_set("""
    about after also been before being between can could did does doing during each for from had has have having how
    into just many may might more most much must not over said shall should some such than that the their them then
    there these they this those through under until upon very was were what when where which while who whom whose why
    will with would your are but and its his her our out own off per via type kind name named number people called
    year years month months day days time place first last long old high far
""")
_NO_KEYWORDS = lexicon.FUNCTION_WORDS | lexicon.AUXILIARIES | lexicon.DETERMINERS | set(lexicon.QUESTION_WORDS)
_QUESTION_WORDS = (
    (r"what year", ("when", "which year")),
    (r"in (?:what|which) year", ("when", "what year")),
    (r"when", ("in what year", "at what time", "on what date", "what time")),
    (r"where", ("in what place", "at which location", "in which place", "whereabouts")),
    (r"why", ("for what reason", "how come", "what is the reason")),
    (r"who", ("which person", "what person", "who exactly")),
    (r"how many", ("what number of", "what is the number of")),
    (r"how much", ("what amount of",)),
    (r"what", ("which", "what exactly")),
    (r"which", ("what",)),
)
_TURNED = tuple((re.compile(rf"{old}\b", re.IGNORECASE), new) for old, new in _QUESTION_WORDS)
_PREAMBLES = (
    "I was wondering,",
    "Sorry if this was asked before, but",
    "Hi! Quick question:",
    "My sister and I were talking about this, and",
    "I read the article yesterday but can't find it again:",
    "Can you tell me",
    "Do you know",
    "Please tell me:",
    "I need this for work.",
    "Hello, I've been trying to find out",
    "There was something about this in the news, so",
    "I forgot, so could someone remind me,",
)
_CLOSINGS = ("Thanks!", "Thank you in advance.", "I can't remember.", "Just curious.", "please")


class WordNet:
    """Synonyms and hypernyms of a word's most frequent sense, from the files of WordNet's `dict` folder."""

    def __init__(self, folder: Path) -> None:
        """Read the folder; raises ModelProblem where it has no WordNet."""
        try:
            self._data = {part: (folder / f"data.{part}").read_text("latin-1") for part in _PARTS_OF_SPEECH.values()}
            self._senses = {part: dict(_first_senses(folder / f"index.{part}")) for part in self._data}
        except (OSError, ValueError) as error:
            raise ModelProblem(f"There is no WordNet in {folder}: {error}.") from error

    def synonyms(self, lemma: str, part: str) -> list[str]:
        """Return the other words of the lemma's first sense; `part` is "noun", "verb" or "adj"."""
        return [word for word in self._synset(part, self._first_sense(lemma, part))[0] if word != lemma]

    def sense_count(self, lemma: str, part: str) -> int:
        """Return in how many senses the lemma occurs in the texts that WordNet's makers tagged."""
        return self._senses[part].get(lemma, (0, 0))[0]

    def hypernyms(self, lemma: str, part: str) -> list[str]:
        """Return the words of the senses that are one step more general than the lemma's first one."""
        pointers = self._synset(part, self._first_sense(lemma, part))[1]
        return [word for offset in pointers for word in self._synset(part, offset)[0] if word != lemma]

    def _first_sense(self, lemma: str, part: str) -> int | None:
        return self._senses[part].get(lemma, (0, None))[1]

    def _synset(self, part: str, offset: int | None) -> tuple[list[str], list[int]]:
        if offset is None:
            return [], []
        data = self._data[part]
        fields = data[offset : data.index("|", offset)].split()
        count = int(fields[3], 16)
        words = [re.sub(r"\(\w+\)$", "", word).replace("_", " ") for word in fields[4 : 4 + 2 * count : 2]]
        pointers = fields[5 + 2 * count :]
        return words, [int(at) for kind, at in pairwise(pointers) if kind == _HYPERNYM]


def _first_senses(file: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield each lemma of WordNet's tagged texts, with its number of senses there and the offset of the first."""
    for line in file.read_text("latin-1").splitlines():
        if line.startswith(" "):
            continue  # the licence
        lemma, _, _, *rest = line.split()
        pointers = int(rest[0])
        tagged = int(rest[pointers + 2])
        if tagged:
            yield lemma, (tagged, int(rest[pointers + 3]))


def replace_words(question: str, wordnet: WordNet, rng: random.Random) -> str:
    """Return the question with up to three of its words replaced by synonyms or hypernyms in the same form."""
    matches = [match for match in _WORD.finditer(question) if match.start() and question[match.start() - 1] == " "]
    matches = [match for match in matches if match[0] not in _FIXED_WORDS]
    rng.shuffle(matches)
    replaced: list[tuple[re.Match[str], str]] = []
    for match in matches:
        found = _replacements(match[0], wordnet, hypernyms=rng.random() < _HYPERNYMS)
        if found:
            replaced.append((match, rng.choice(found)))
        if len(replaced) == _MAX_SYNONYMS:
            break
    for match, word in sorted(replaced, key=lambda one: -one[0].start()):
        question = question[: match.start()] + word + question[match.end() :]
    return question


def turn_question_word(question: str, rng: random.Random) -> str:
    """Return the question with another question word of the same meaning."""
    for old, new in _TURNED:
        match = old.match(question)
        if match is not None:
            return rng.choice(new).capitalize() + question[match.end() :]
    return question


def keywords(question: str) -> str:
    """Return the question's content words alone, as people type them into a search box."""
    words = re.findall(r"[\w'’.,%$€£-]+", question.rstrip("?!. "))
    content = [word for word in words if word.lower() not in _NO_KEYWORDS]
    return " ".join(content) if len(content) > 1 else question


def ramble(question: str, rng: random.Random) -> str:
    """Return the question behind a preamble, at times with closing words."""
    first = question[:1] if question[:2] == "I " else question[:1].lower()
    closing = f" {rng.choice(_CLOSINGS)}" if rng.random() < 0.3 else ""
    return f"{rng.choice(_PREAMBLES)} {first}{question[1:]}{closing}"


@lru_cache(100_000)
def _lemmas(word: str) -> tuple[tuple[str, str, str], ...]:
    """Return the word's possible parts of speech, as WordNet calls them, each with its lemma and inflection tag."""
    found = []
    for upos, lemmas in lemminflect.getAllLemmas(word).items():
        if upos in _PARTS_OF_SPEECH:
            forms = lemminflect.getAllInflections(lemmas[0], upos=upos)
            tags = sorted((forms[tag].index(word), len(tag), tag) for tag in forms if word in forms[tag])
            found += [(_PARTS_OF_SPEECH[upos], lemmas[0], tags[0][2])] if tags else []
    return tuple(found)


def _replacements(word: str, wordnet: WordNet, *, hypernyms: bool) -> list[str]:
    """Return words that mean about the same, [] for a word of many senses."""
    readings = [(wordnet.sense_count(lemma, part), part, lemma, tag) for part, lemma, tag in _lemmas(word)]
    if not readings or sum(count for count, *_ in readings) > _MAX_SENSES:
        return []
    _, part, lemma, tag = max(readings)
    found = []
    for other in wordnet.hypernyms(lemma, part) if hypernyms else wordnet.synonyms(lemma, part):
        if other.islower() and lemma[:5] not in other:
            if part == "verb":  # "gave up"
                inflected, _, rest = other.partition(" ")
            else:  # "phone books"
                rest, _, inflected = other.rpartition(" ")
            forms = lemminflect.getInflection(inflected, tag)
            if forms:
                words = (forms[0], rest) if part == "verb" else (rest, forms[0])
                found.append(" ".join(filter(None, words)))
    return found
