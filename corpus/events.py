"""What happens, told to the log: in words for people, by a name and fields for programs."""

import logging


def tell(log: logging.Logger, level: int, event: str, words: str, **fields: object) -> None:
    """Log an event; `fields` are what a program would ask about it, and go into JSON."""
    log.log(level, "%s", words, extra={"event": event, "fields": fields}, stacklevel=2)


def tell_of(log: logging.Logger, event: str, **fields: object) -> None:
    """Log an event whose fields are all there is to say of it."""
    told = ", ".join(f"{name} {value!r}" for name, value in fields.items())
    tell(log, logging.INFO, event, f"{event.replace('_', ' ').capitalize()}: {told}", **fields)
