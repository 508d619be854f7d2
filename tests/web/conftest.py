from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.web_server import TIDES, Site, answer, rss


@pytest.fixture
def site() -> Iterator[Site]:
    """A site with a feed of two pages, one of which is gone."""
    with closing(Site()) as made:
        made.answers |= {"/feed": rss("Harbour", made.url("/tides"), made.url("/gone")), "/tides": answer(TIDES)}
        made.answers |= {"/gone": answer(status=410), "/broken": answer(status=503)}
        yield made
