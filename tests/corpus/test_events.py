import logging

import pytest

from corpus.events import log_event

log = logging.getLogger("tests.events")


def test_an_event_carries_a_message_a_name_and_fields(caplog: pytest.LogCaptureFixture) -> None:
    log_event(log, logging.WARNING, "feed_failed", "It is 100% gone.", url="http://a.example/")
    (record,) = caplog.records
    assert ("WARNING", "It is 100% gone.") == (record.levelname, record.getMessage())
    assert ("feed_failed", {"url": "http://a.example/"}) == (record.event, record.fields)  # type: ignore[attr-defined]
    assert "test_events.py" == record.filename


def test_an_event_without_a_message_lists_its_fields(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        log_event(log, logging.INFO, "article_added", id="1", title="Two\nlines")
    assert ["Article added: id '1', title 'Two\\nlines'"] == [record.getMessage() for record in caplog.records]
