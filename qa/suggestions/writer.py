"""Writes questions about a clause: the auxiliary before the subject, the verb in its base form."""

import re
from dataclasses import dataclass

from qa.query import lexicon
from qa.query.lexicon import word_set
from qa.spelling import common_words
from qa.suggestions.article_names import ArticleNames
from qa.suggestions.clauses import Clause, Token, boundary
from qa.suggestions.verbs import BE, HAVE, base_of_participle, is_verb_like

FUNCTION_WORDS = (
    lexicon.FUNCTION_WORDS
    | lexicon.AUXILIARIES
    | lexicon.PREPOSITIONS
    | lexicon.QUESTION_WORDS.keys()
    | {"many", "much"}
)
# Verbs that report or judge: "When did he say ...?" asks for too little.
REPORTING = word_set("""
    say tell announce believe think claim argue add explain state report suggest insist warn admit deny note ask expect
    hope fear know find show seem appear mean want need try continue confirm estimate predict promise agree recommend
    vow pledge see hear feel get let help keep look do have be become reveal consider allow describe call put
""")
YEAR = re.compile(r"1[0-9]\d\d|20\d\d")


@dataclass(frozen=True, slots=True)
class GeneratedQuestion:
    """A question, and the words of its sentence that answer it."""

    text: str
    answer: str


def make_question(words: str, answer: str) -> GeneratedQuestion:
    """Return a question of words, with single spaces and a question mark."""
    text = " ".join(words.split()).rstrip(" ,")
    return GeneratedQuestion(f"{text}?", answer)


@dataclass(frozen=True, slots=True)
class QuestionWriter:
    """Writes questions about a clause."""

    clause: Clause
    article: ArticleNames

    @property
    def verb(self) -> Token:
        """The finite verb."""
        return self.clause.tokens[self.clause.verb]

    @property
    def subject(self) -> str:
        """The subject as it is written inside a sentence."""
        first, last = self.clause.subject
        words, token = self.clause.words(first, last), self.clause.tokens[first]
        if (
            token.lower in {"the", "a", "an"} | lexicon.ADJECTIVES
            or not (token.in_name or token.text.isupper())
            or self._is_doubtful()
        ):
            return words[0].lower() + words[1:]
        return words

    def _is_doubtful(self) -> bool:
        """Return whether the first word of the subject may be no name: it only begins the sentence."""
        first, last = self.clause.subject
        name = self.clause.name_at(first)
        word = self.clause.tokens[first].text
        is_plural_of = (
            first + 1 < last and self.clause.tokens[first + 1].lower == "of" and word.endswith("s")
        )  # "Shares of Lumora"
        is_common = is_plural_of and word not in self.article.capitalized and word.lower() in common_words()
        return name is not None and (is_common or self.article.is_doubtful(name))

    @property
    def is_named(self) -> bool:
        """Whether the subject says what it is about: it holds a name, or two words, or is a plural without "the"."""
        first, last = self.clause.subject
        if self.clause.has_name(first + self._is_doubtful(), last):
            return True
        words = {one.lower for one in self.clause.tokens[first:last] if one.text.isalpha()}
        is_general = last == first + 1 and self.clause.tokens[first].lower.endswith("s")  # "Prosecutors"
        return is_general or len(words - FUNCTION_WORDS - lexicon.ADJECTIVES) > 1

    @property
    def main(self) -> str | None:
        """The base form of the main verb: of "was opened", "will open" and "opened" it is "open"."""
        clause = self.clause
        if clause.base is not None:
            return clause.base
        at = clause.verb + 1
        while at < clause.end and clause.tokens[at].lower.endswith("ly"):
            at += 1
        if at >= clause.end or clause.tokens[at].in_name:
            return None
        word, verb = clause.tokens[at].lower, self.verb.lower
        following = clause.tokens[at + 1].lower if at + 1 < clause.end else ""
        if verb in BE and word == "to":  # "is to begin"
            return following
        if (verb, word) == ("will", "be") or (verb in HAVE and word == "been"):
            return base_of_participle(following)
        if verb == "will":
            return word if is_verb_like(word) else None
        return base_of_participle(word) if verb in BE | HAVE else None

    @property
    def auxiliary(self) -> str:
        """The auxiliary that stands before the subject in a question."""
        verb = self.verb.lower
        if self.clause.base is None:
            return verb
        is_present = verb.endswith("s") and verb != "was"
        return "does" if is_present else "do" if verb == "have" else "did"

    def question(self, asked: str, rest: str, answer: tuple[int, int]) -> GeneratedQuestion:
        """Return a question with the subject after its auxiliary."""
        base = "" if self.clause.base is None else self.clause.base
        words = (asked, self.auxiliary, self.subject, base, rest)
        return make_question(" ".join(filter(None, words)), self.answer(*answer))

    def answer(self, first: int, last: int) -> str:
        """Return the words of the tokens [first, last)."""
        tokens = self.clause.tokens
        return self.clause.sentence[tokens[first].start : tokens[last - 1].end]

    def simple_end(self) -> int:
        """Return where the predicate ends without its subordinate clauses."""
        return boundary(self.clause, self.clause.verb + 1, self.clause.end)

    @property
    def has_content_clause(self) -> bool:
        """Whether the predicate goes on with "that" or with a relative clause, without which it may not be whole."""
        end = self.simple_end()
        relative = {"that", "who", "which", "whose", "where", "whether", "as"}
        return end < self.clause.end and self.clause.tokens[end].lower in relative

    @property
    def is_cut(self) -> bool:
        """Whether the predicate was cut right after its verb, which may lack its object: "designed and built"."""
        end, tokens = self.clause.end, self.clause.tokens
        return end == self.clause.verb + 1 and end < len(tokens) and tokens[end].lower in {"and", "or", "but"}
