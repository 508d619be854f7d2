from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from corpus.fetching.backoff import DAY, backed_off, jittered, retry_after


@pytest.mark.parametrize(("failures", "minutes"), [(1, 1), (2, 2), (6, 32), (11, 1024), (12, 1440), (5000, 1440)])
def test_backing_off_begins_with_a_minute_and_doubles_to_a_day(failures: int, minutes: int) -> None:
    assert minutes * 60.0 == backed_off(3600.0, failures)


def test_a_feed_that_is_polled_less_than_once_a_day_is_retried_no_less_than_that() -> None:
    assert [60.0, 3 * DAY] == [backed_off(3 * DAY, failures) for failures in (1, 50)]


def test_jitter_only_adds() -> None:
    found = {jittered(100) for _ in range(100)}
    assert 100 <= min(found) < max(found) <= 110


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 0),
        ("120", 120),
        (" 5 ", 5),
        ("9" * 400, 7 * DAY),
        ("-5", 0),
        ("soon", 0),
        ("²", 0),
        (format_datetime(datetime.fromtimestamp(1_000_300, UTC), usegmt=True), 300),
        (format_datetime(datetime.fromtimestamp(900_000, UTC), usegmt=True), 0),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(value: str | None, seconds: float) -> None:
    assert seconds == retry_after(value, 1_000_000)
