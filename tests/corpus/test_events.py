import logging

import pytest

from corpus.events import tell, tell_of

log = logging.getLogger("tests.events")


def test_an_event_has_words_for_people_and_a_name_with_fields_for_programs(caplog: pytest.LogCaptureFixture) -> None:
    tell(log, logging.WARNING, "feed_failed", "It is 100% gone.", url="http://a.example/")
    (record,) = caplog.records
    assert ("WARNING", "It is 100% gone.") == (record.levelname, record.getMessage())
    assert ("feed_failed", {"url": "http://a.example/"}) == (record.event, record.fields)  # type: ignore[attr-defined]
    assert "test_events.py" == record.filename


def test_an_event_that_its_fields_tell_whole_puts_them_into_words(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        tell_of(log, "article_added", id="1", title="Two\nlines")
    assert ["Article added: id '1', title 'Two\\nlines'"] == [record.getMessage() for record in caplog.records]
