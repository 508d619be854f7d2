"""The client and its errors.

CitelineError
├── Refused        the service tells an error: its status, and what is wrong
└── Unreachable    no service there, no reply in time, or a reply that is not Citeline's
"""

import json
import mimetypes
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from citeline_client.replies import (
    AddedArticle,
    Article,
    ArticlePage,
    BatchLine,
    BulkLine,
    Changes,
    InvalidField,
    Reply,
    SearchResult,
    VerifiedDraft,
    read,
)

T = TypeVar("T")
_PORTS = {"http": 80, "https": 443}
_JSON, _JSON_LINES = "application/json", "application/x-ndjson"


class CitelineError(Exception):
    """Something went wrong; the message says what."""


class Refused(CitelineError):
    """The service tells an error (RFC 9457)."""

    def __init__(self, status: int, title: str, detail: str, errors: list[InvalidField]) -> None:
        super().__init__(f"{title} ({status}): {detail}")
        self.status, self.title, self.detail, self.errors = status, title, detail, errors


class Unreachable(CitelineError):
    """There is no service at the address, it did not reply in time, or what replied is no Citeline."""


class _SameOriginRedirects(HTTPRedirectHandler):
    """Follows redirects within an origin only: the token and the question are for the service that was named."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if _origin(newurl) != _origin(req.full_url):
            raise Unreachable(f"{req.full_url} redirects to {newurl}, which is not followed: use that address.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Citeline:
    """A service. Methods raise Refused and Unreachable; keyword arguments are fields of the request."""

    def __init__(self, address: str = "http://127.0.0.1:8000", token: str | None = None, timeout: float = 60.0) -> None:
        if not address.startswith(("http://", "https://")):
            raise ValueError(f"{address!r} is no address: it must begin with http:// or https://.")
        self._address = address.rstrip("/")
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._timeout = timeout
        self._opener = build_opener(_SameOriginRedirects)

    def ask(self, question: str, **options: Any) -> Reply:
        """Answer a question."""
        return read(Reply, self._json("POST", "/ask", {"question": question, **options}))

    def ask_batch(self, questions: Iterable[str], **options: Any) -> Iterator[BatchLine]:
        """Yield the reply to each question once it is there."""
        body = json.dumps({"questions": list(questions), **options}).encode()
        yield from self._lines(BatchLine, "/ask/batch", body, _JSON)

    def search(self, question: str, **options: Any) -> SearchResult:
        """Return the sentences closest to a question or to words."""
        return read(SearchResult, self._json("POST", "/search", {"question": question, **options}))

    def verify(self, text: str, **options: Any) -> VerifiedDraft:
        """Find the quotations of a draft in the articles."""
        return read(VerifiedDraft, self._json("POST", "/verify", {"text": text, **options}))

    def add(self, text: str, *, wait: bool = False, **metadata: Any) -> AddedArticle:
        """Add an article; with `wait`, return when questions are answered from it."""
        return read(AddedArticle, self._json("POST", "/articles", {"text": text, **metadata}, _waiting(wait)))

    def add_url(self, url: str, *, wait: bool = False) -> AddedArticle:
        """Have the service fetch a page."""
        return read(AddedArticle, self._json("POST", "/articles", {"url": url}, _waiting(wait)))

    def add_file(self, path: str | Path, *, wait: bool = False, **metadata: str) -> AddedArticle:
        """Add a document of any format that the service reads."""
        file = Path(path)
        body, content_type = _form(file.name, file.read_bytes(), metadata)
        with self._response("POST", "/articles", _waiting(wait), body, content_type) as response:
            return read(AddedArticle, _parsed(response.read()))

    def add_many(self, articles: Iterable[Mapping[str, Any]]) -> Iterator[BulkLine]:
        """Add articles, each with a `text` and perhaps metadata; yield what became of each."""
        body = b"".join(json.dumps(dict(article)).encode() + b"\n" for article in articles)
        yield from self._lines(BulkLine, "/articles/bulk", body, _JSON_LINES)

    def articles(self, **options: Any) -> ArticlePage:
        """Return a page of the list of articles: `page`, `per_page`, `q` and the other fields of GET /articles."""
        return read(ArticlePage, self._json("GET", "/articles", query=options))

    def article(self, article_id: str) -> Article:
        """Return an article with its text."""
        return read(Article, self._json("GET", f"/articles/{quote(article_id, safe='')}"))

    def edit(self, article_id: str, *, wait: bool = False, **metadata: Any) -> Article:
        """Change the metadata of an article; None clears a field."""
        return read(Article, self._json("PATCH", f"/articles/{quote(article_id, safe='')}", metadata, _waiting(wait)))

    def delete(self, article_id: str) -> None:
        """Delete an article."""
        with self._response("DELETE", f"/articles/{quote(article_id, safe='')}"):
            pass

    def changes(self, since: str | None = None, limit: int = 100) -> Changes:
        """Return the changes after a cursor; all articles first without one."""
        return read(Changes, self._json("GET", "/changes", query={"since": since, "limit": limit}))

    def _json(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, query: Mapping[str, Any] | None = None
    ) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with self._response(method, path, query, data, _JSON) as response:
            return _parsed(response.read())

    def _lines(self, kind: type[T], path: str, body: bytes, content_type: str) -> Iterator[T]:
        with self._response("POST", path, None, body, content_type) as response:
            for line in response:
                yield read(kind, _parsed(line))

    @contextmanager
    def _response(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        data: bytes | None = None,
        content_type: str = _JSON,
    ) -> Iterator[HTTPResponse]:
        given = {name: value for name, value in ({} if query is None else query).items() if value is not None}
        url = f"{self._address}{path}{'?' if given else ''}{urlencode(given, doseq=True)}"
        headers = (
            self._headers | {"Accept": "application/json"} | ({} if data is None else {"Content-Type": content_type})
        )
        try:
            with self._opener.open(Request(url, data, headers, method=method), timeout=self._timeout) as response:
                yield response
        except HTTPError as error:
            with error:
                raise _refused(error.code, error.read()) from error
        except (OSError, HTTPException) as error:
            raise Unreachable(f"{self._address} does not answer: {error}") from error


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, _PORTS.get(parts.scheme) if parts.port is None else parts.port


def _waiting(wait: bool) -> dict[str, str]:
    return {"wait": "true"} if wait else {}


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise Unreachable(f"The reply is not JSON, so it is not Citeline's: {data[:100]!r}") from error


def _refused(status: int, data: bytes) -> CitelineError:
    problem = _parsed(data)
    if not isinstance(problem, dict):
        return Unreachable(f"The reply ({status}) is not Citeline's: {data[:100]!r}")
    errors = [read(InvalidField, one) for one in problem.get("errors") or []]
    return Refused(status, problem.get("title", ""), problem.get("detail", ""), errors)


def _form(name: str, content: bytes, fields: Mapping[str, str]) -> tuple[bytes, str]:
    """Return the body of a form with a file, and its content type."""
    boundary = uuid.uuid4().hex
    head = f"--{boundary}\r\nContent-Disposition: form-data; "
    parts = [f'{head}name="{_quoted(key)}"\r\n\r\n{value}\r\n'.encode() for key, value in fields.items()]
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    parts.append(f'{head}name="file"; filename="{_quoted(name)}"\r\nContent-Type: {media_type}\r\n\r\n'.encode())
    return b"".join([*parts, content, f"\r\n--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
