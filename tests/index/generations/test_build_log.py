import logging

import pytest

from corpus.errors import StorageProblem
from index.generations.indexer import BuildLog, BuildStopped

log = logging.getLogger("tests.builds")


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.event for record in caplog.records]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("error", "event"),
    [(StorageProblem("Full."), "build_failed"), (BuildStopped("No."), "build_given_up"), (KeyError(), "build_failed")],
)
def test_a_build_is_told_once_it_makes_progress(error: Exception, event: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    told = BuildLog(log, "update")
    told.begin()
    told.begin()
    told.failed(error)
    assert ["build_started", event] == events(caplog)
    assert (str(error) or "KeyError") == caplog.records[-1].fields["problem"]  # type: ignore[attr-defined]


def test_an_update_that_has_nothing_to_do_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    BuildLog(log, "update").failed(StorageProblem("Full."))
    assert [] == caplog.records
