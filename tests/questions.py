"""Questions for the parts of the pipeline that take a parsed one."""

from corpus.errors import InvalidQuestion
from qa.query.parser import Question, parse_question
from qa.query.question_types import QuestionType


def as_question(text: str) -> Question:
    """Parse a text; one that the parser refuses becomes a question of type OTHER, since the parts take any text."""
    try:
        return parse_question(text)
    except InvalidQuestion:
        return Question(text, QuestionType.OTHER)
