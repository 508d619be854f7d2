"""Questions without an answer, and feedback on answers."""

from typing import Annotated, Literal, Self

from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field, model_validator

from corpus.questions.kept import KeptQuestion, QuestionKind
from qa.query.parser import MAX_QUESTION
from qa.questions.asking import read_options
from qa.questions.groups import QuestionGroup
from qa.questions.keeper import MAX_REASON, QuestionKeeper
from web.api import NEEDS_TOKEN, QUESTIONS, new_blueprint, problem_responses
from web.schemas import JSON, ArticleName, FilterOut, FilterValue, Offset, SpanOut, Text
from web.services import services

MAX_QUOTED = 2_000  # characters of an answer


class FeedbackBody(BaseModel):
    """Feedback on an answer: whether it is right."""

    model_config = ConfigDict(strict=True, extra="forbid")

    question: FilterValue = Field(min_length=1, max_length=MAX_QUESTION)
    verdict: Literal["up", "down"]
    article: ArticleName = Field(description="the id of the article of the answer")
    start: Offset
    end: Offset
    reason: Annotated[Text, Field(max_length=MAX_REASON)] | None = None
    replaces: Annotated[Text, Field(max_length=100)] | None = Field(
        default=None, description="the id of former feedback that this takes the place of"
    )

    @model_validator(mode="after")
    def _check_span(self) -> Self:
        if self.end - self.start > MAX_QUOTED:
            raise ValueError(f"An answer has at most {MAX_QUOTED:,} characters.")
        return self


class FeedbackOut(BaseModel):
    """Feedback that is kept."""

    id: str


class QuestionsQuery(BaseModel):
    """Which kept questions."""

    model_config = ConfigDict(extra="forbid")

    kind: QuestionKind | None = Field(default=None, description="only those without an answer, or with such feedback")
    page: int = Field(default=1, ge=1, le=100_000)
    per_page: int = Field(default=20, ge=1, le=100)


class QuestionPath(BaseModel):
    """The id of a kept question in the path."""

    question_id: str


class QuotedAnswerOut(SpanOut):
    """Words of an article that answer."""

    article: str = Field(description="the id of the article")


class KeptQuestionOut(BaseModel):
    """A question that is kept."""

    id: str
    kind: QuestionKind = Field(description="unanswered, or which feedback its answer got")
    question: str
    filters: list[FilterOut]
    asked_at: str = Field(description="when it was last asked, ISO 8601, UTC")
    times: int = Field(ge=1, description="how often it was asked")
    reason: str | None = Field(description="of the feedback")
    answered_since: str | None = Field(
        description="when articles were found that answer it by now, ISO 8601, UTC; null before, and for feedback"
    )
    answer: QuotedAnswerOut | None = Field(description="what the feedback is about, or what answers it by now")


class QuestionGroupOut(BaseModel):
    """Questions that ask about the same, newest first."""

    times: int = Field(ge=1, description="how often they were asked together")
    questions: list[KeptQuestionOut]


class QuestionsOut(BaseModel):
    """Groups of kept questions, the most asked first."""

    kept: bool = Field(description="whether questions and feedback are kept: setting CITELINE_KEEP_QUESTIONS")
    groups: list[QuestionGroupOut]
    page: int
    per_page: int
    total: int = Field(description="how many groups there are")


def questions_blueprint() -> APIBlueprint:
    """Return the blueprint of `/questions` and `/feedback`."""
    blueprint = new_blueprint("questions", QUESTIONS)

    @blueprint.post(
        "/feedback",
        summary="Say whether an answer is right",
        responses={201: FeedbackOut, **problem_responses(400, 404, 409, 413, 415, 422)},
    )
    def give_feedback(body: FeedbackBody) -> tuple[JSON, int]:
        reason = (body.reason or "").strip() or None
        span = (body.start, body.end)
        kept = services().questions.judge(body.verdict, body.question, body.article, span, reason, body.replaces)
        return FeedbackOut(id=kept).model_dump(), 201

    @blueprint.get(
        "/questions",
        summary="List the questions without an answer, and the feedback, in groups",
        responses={200: QuestionsOut, **problem_responses(401, 422)},
        security=NEEDS_TOKEN,
    )
    def list_questions(query: QuestionsQuery) -> JSON:
        return questions_json(services().questions, query.kind, query.page, query.per_page)

    @blueprint.delete(
        "/questions",
        summary="Delete all kept questions",
        responses={204: None, **problem_responses(401)},
        security=NEEDS_TOKEN,
    )
    def clear_questions() -> tuple[str, int]:
        services().questions.clear()
        return "", 204

    @blueprint.delete(
        "/questions/<question_id>",
        summary="Delete a kept question",
        responses={204: None, **problem_responses(401, 404)},
        security=NEEDS_TOKEN,
    )
    def delete_question(path: QuestionPath) -> tuple[str, int]:
        services().questions.delete(path.question_id)
        return "", 204

    return blueprint


def questions_json(keeper: QuestionKeeper, kind: QuestionKind | None, page: int, per_page: int) -> JSON:
    """Return a page of the groups of kept questions as `GET /questions` gives it."""
    groups, total = keeper.groups(kind, (page - 1) * per_page, per_page)
    shown = [_group(one) for one in groups]
    found = QuestionsOut(kept=keeper.enabled, groups=shown, page=page, per_page=per_page, total=total)
    return found.model_dump()


def _group(group: QuestionGroup) -> QuestionGroupOut:
    return QuestionGroupOut(times=group.times, questions=[_question(one) for one in group.questions])


def _question(kept: KeptQuestion) -> KeptQuestionOut:
    filters, _ = read_options(kept.options)
    answer = kept.answer
    return KeptQuestionOut(
        id=kept.id,
        kind=kept.kind,
        question=kept.question,
        filters=[FilterOut(name=name, value=value) for name, value in filters.values()],
        asked_at=kept.asked_at,
        times=kept.times,
        reason=kept.reason,
        answered_since=kept.answered_at,
        answer=None
        if answer is None
        else QuotedAnswerOut(text=answer.text, start=answer.start, end=answer.end, article=answer.article_id),
    )
