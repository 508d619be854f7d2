"""The list of articles for people: deleting many, restoring them, and the tags to choose from."""

from typing import Annotated

from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from web.api import ARTICLES, NEEDS_TOKEN, new_blueprint, problem_responses
from web.files import revalidated
from web.schemas import JSON, ArticleName
from web.serialization import iso_time
from web.services import services

MAX_IDS = 500


class ArticleIds(BaseModel):
    """The ids of several articles."""

    model_config = ConfigDict(strict=True, extra="forbid")

    ids: Annotated[list[ArticleName], Field(min_length=1, max_length=MAX_IDS)]


class DeletedOut(BaseModel):
    """Which of the articles were deleted now, or restored."""

    ids: list[str] = Field(description="those that there were; the others of the request are left out")


class DeletedQuery(BaseModel):
    """A page of the list of deleted articles."""

    model_config = ConfigDict(extra="forbid")

    page: int = Field(default=1, ge=1, le=1_000_000)
    per_page: int = Field(default=20, ge=1, le=200)


class DeletedArticleOut(BaseModel):
    """An article that was deleted and can be restored."""

    id: str
    title: str
    source: str | None
    published: str | None
    deleted_at: str


class DeletedArticlesOut(BaseModel):
    """A page of the articles that can be restored, the one deleted last first; `total` counts those on all pages."""

    articles: list[DeletedArticleOut]
    page: int
    per_page: int
    total: int


class TagCount(BaseModel):
    """A tag, and how many articles have it."""

    name: str
    articles: int


class TagsOut(BaseModel):
    """The tags of the articles, the one with the most articles first."""

    tags: list[TagCount]


def library_blueprint() -> APIBlueprint:
    """Return the blueprint of deleting and restoring articles, and of their tags."""
    blueprint = new_blueprint("library", ARTICLES)

    @blueprint.post(
        "/articles/delete",
        summary="Delete several articles",
        responses={200: DeletedOut, **problem_responses(400, 401, 413, 415, 422)},
        security=NEEDS_TOKEN,
    )
    def delete_articles(body: ArticleIds) -> JSON:
        return DeletedOut(ids=services().library.remove_many(body.ids)).model_dump()

    @blueprint.post(
        "/articles/restore",
        summary="Take back the deletion of articles",
        responses={200: DeletedOut, **problem_responses(400, 401, 413, 415, 422)},
        security=NEEDS_TOKEN,
    )
    def restore_articles(body: ArticleIds) -> JSON:
        return DeletedOut(ids=services().library.restore(body.ids)).model_dump()

    @blueprint.get(
        "/articles/deleted",
        summary="List the deleted articles that can be restored",
        responses={200: DeletedArticlesOut, **problem_responses(401, 422)},
        security=NEEDS_TOKEN,
    )
    def list_deleted_articles(query: DeletedQuery) -> JSON:
        found, total = services().library.deleted(query.page, query.per_page)
        listed = [
            DeletedArticleOut(
                id=one.id,
                title=one.title,
                source=one.source,
                published=one.published,
                deleted_at=iso_time(one.deleted_at),
            )
            for one in found
        ]
        return DeletedArticlesOut(articles=listed, page=query.page, per_page=query.per_page, total=total).model_dump()

    @blueprint.get("/tags", summary="List the tags of the articles", responses={200: TagsOut})
    @revalidated
    def list_tags() -> JSON:
        counts = services().library.tags()
        return TagsOut(tags=[TagCount(name=name, articles=count) for name, count in counts.items()]).model_dump()

    return blueprint
