"""How the log looks: lines for people, or JSON for programs, and neither with what opens a private address."""

import json
import logging
import re
import time
from datetime import UTC, datetime

from flask import Flask, Response, g, request

from corpus.events import log_event

FORMATS = ("text", "json")
# They log addresses, or complain of documents.
_NOISY = ("httpx", "httpcore", "trafilatura", "pypdf")
_DATED = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# User and password of an address, and its query, in which private feeds carry their keys.
_SECRET = re.compile(r"(https?://)([^\s/?#@]*@)?([^\s?#]*)(\?\S*)?", re.IGNORECASE)
log = logging.getLogger(__name__)


def start(level: str, form: str, dated: bool) -> None:
    """Log from a level on to standard error, in one of FORMATS; `dated` puts the time before lines of text."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if form == "json" else Lines(_DATED if dated else "%(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.ERROR)


def without_secrets(text: str) -> str:
    """Return text whose web addresses have lost their passwords and queries."""
    return _SECRET.sub(lambda found: f"{found[1]}{found[3]}{'?…' if found[4] else ''}", text)


class Lines(logging.Formatter):
    """Lines of text, for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as text."""
        return without_secrets(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, event, message, and the fields of the event."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as JSON."""
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", "message"),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps({name: _clean(value) for name, value in told.items()}, default=str)


def register(app: Flask) -> None:
    """Have an app log every request, for debugging; not what was asked, which may be private."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        if log.isEnabledFor(logging.DEBUG):
            took = round(1000 * (time.perf_counter() - g.get("began", time.perf_counter())), 1)
            told = {"method": request.method, "path": request.path, "status": response.status_code, "took_ms": took}
            log_event(log, logging.DEBUG, "request", " ".join(map(repr, told.values())), **told)
        return response


def _clean(value: object) -> object:
    return without_secrets(value) if isinstance(value, str) else value
