"""The log: lines of text or of JSON, without passwords and queries of web addresses."""

import json
import logging
import re
import time
from copy import copy
from datetime import UTC, datetime

from flask import Flask, Response, g, request

from corpus.events import log_event

FORMATS = ("text", "json")
# They log addresses, or warn about documents.
_NOISY_LOGGERS = ("httpx", "httpcore", "trafilatura")
_TIMESTAMPED_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# User and password of an address, and its query, in which private feeds carry their keys.
_SECRET = re.compile(r"(https?://)([^\s/?#@]*@)?([^\s?#]*)(\?\S*)?", re.IGNORECASE)
log = logging.getLogger(__name__)


def start(level: str, log_format: str, timestamps: bool) -> None:
    """Log to standard error from a level on, in one of FORMATS; `timestamps` puts the time before lines of text."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonLines() if log_format == "json" else TextLines(_TIMESTAMPED_FORMAT if timestamps else "%(message)s")
    )
    logging.basicConfig(level=level.upper(), handlers=[handler])
    for noisy in _NOISY_LOGGERS:
        logging.getLogger(noisy).setLevel(logging.ERROR)


def remove_secrets(text: str) -> str:
    """Return text without the passwords and queries of its web addresses."""
    return _SECRET.sub(lambda found: f"{found[1]}{found[3]}{'?…' if found[4] else ''}", text)


def escape_unprintable(text: str) -> str:
    """Return text as one line, with line ends, control characters and invisible ones as escapes.

    File names, titles and headers come from outside: none may begin a line of the log, or colour or turn round one.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


class TextLines(logging.Formatter):
    """Formats each record as one line of text; a traceback follows in lines that are indented."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as text."""
        message = copy(record)
        message.exc_info = message.exc_text = message.stack_info = None
        lines = [super().format(message)]
        if record.exc_info:
            lines += [f"    {line}" for line in self.formatException(record.exc_info).split("\n")]
        return "\n".join(remove_secrets(escape_unprintable(line)) for line in lines)


class JsonLines(logging.Formatter):
    """Formats records as JSON, one object per line: time, level, event, message, and the fields of the event."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as JSON."""
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", "message"),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        clean = {name: remove_secrets(value) if isinstance(value, str) else value for name, value in entry.items()}
        return json.dumps(clean, default=str)


def register(app: Flask) -> None:
    """Make an app log every request at level debug, but not the question, which may be private."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        if log.isEnabledFor(logging.DEBUG):
            took = round(1000 * (time.perf_counter() - g.get("began", time.perf_counter())), 1)
            asked = {"client": request.remote_addr, "method": request.method, "path": request.path}
            fields = {**asked, "status": response.status_code, "took_ms": took}
            log_event(log, logging.DEBUG, "request", " ".join(map(repr, fields.values())), **fields)
        return response
