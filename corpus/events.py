"""Log records with a message for people and an event name with fields for programs."""

import logging


def log_event(log: logging.Logger, level: int, event: str, message: str | None = None, /, **fields: object) -> None:
    """Log an event with its fields, which the JSON log holds; without a message, the message lists the fields."""
    if message is None:
        listed = ", ".join(f"{name} {value!r}" for name, value in fields.items())
        message = f"{event.replace('_', ' ').capitalize()}: {listed}"
    log.log(level, "%s", message, extra={"event": event, "fields": fields}, stacklevel=2)
