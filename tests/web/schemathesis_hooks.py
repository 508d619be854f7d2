"""What Schemathesis has to know of this interface: its media types, its clients, and what no schema can express."""

import itertools
import json
import re
from typing import Any

import schemathesis

JSON_LINES = "application/x-ndjson"
# Why a request that fits its schema may be refused, by what the details of the 422 say.
REFUSALS = re.compile(
    "|".join(
        (
            "The question is empty",  # without a letter or digit, of any script
            "Give the text of the article, or the url",  # a rule about two fields
            "Without a text, give the url alone",
            "The article has no text",  # only invisible characters
            "There is no article with the id|No article has the source",
            r"The date '[^']+' is not",  # 30 February
            "a web address|can't be found|does not answer|not fetched from",
            "is later than published_to",
            "has no words from",  # of a span outside the text
            "The filter (article|source|language) is blank",  # only accents
            "has no column|holds no questions",  # of CSV
            # what a file holds
            "can't be read|is not text|is no format|can be read|could be recognised|holds no text|is empty",
        )
    )
)
_numbers = itertools.count(1)


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Let each request come from another client, since wrong tokens of one are slowed down."""
    number = next(_numbers)
    case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


@schemathesis.serializer(JSON_LINES, "text/csv")
def write_lines(context: Any, value: Any) -> dict[str, Any]:
    if isinstance(value, bytes):
        return {"data": value}
    return {"data": value.encode() if isinstance(value, str) else json.dumps(value).encode()}


@schemathesis.deserializer(JSON_LINES)
def read_lines(context: Any, response: Any) -> Any:
    """Return the first line; the schema is that of a line."""
    return json.loads(response.content.partition(b"\n")[0])


@schemathesis.check
def positive_data_is_accepted(ctx: Any, response: Any, case: schemathesis.Case) -> bool | None:
    """Fail where a request that fits its schema is refused, but for what no schema can express."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return None
    if response.status_code not in {400, 413, 415, 422}:
        return None
    detail = response.json()["detail"]
    assert REFUSALS.search(detail), f"A request that fits its schema is refused ({response.status_code}): {detail}"
    return None
