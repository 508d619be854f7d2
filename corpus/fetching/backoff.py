"""How long to wait before something on the network is asked for again."""

import random
from datetime import UTC
from email.utils import parsedate_to_datetime

DAY = 86_400.0
_LONGEST_RETRY_AFTER = 7 * DAY  # a server that asks for more is asked again all the same
_FIRST_RETRY = 60.0
_JITTER = 0.1


def jittered(seconds: float) -> float:
    """Return somewhat more seconds, never less: feeds that were added together drift apart."""
    return seconds * random.uniform(1, 1 + _JITTER)


def backed_off(interval: float, failures: int) -> float:
    """Return how many seconds to wait after so many failures in a row: a minute, doubling to a day or the interval."""
    return min(_FIRST_RETRY * 2.0 ** min(failures - 1, 40), max(interval, DAY))


def retry_after(value: str | None, now: float) -> float:
    """Return the seconds that a Retry-After header asks for, 0 where it asks for nothing."""
    if value is None:
        return 0.0
    written = value.strip()
    if written.isascii() and written.isdecimal():
        return min(float(written[:12]), _LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(written)
        zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return min(max(zoned.timestamp() - now, 0.0), _LONGEST_RETRY_AFTER)
    except (ValueError, TypeError, OverflowError):
        return 0.0
