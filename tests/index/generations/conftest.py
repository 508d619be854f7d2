from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.fakes import CountingEmbedder
from tests.indexing import Workspace

OpenWorkspace = Callable[..., Workspace]


@pytest.fixture
def open_workspace(tmp_path: Path) -> Iterator[OpenWorkspace]:
    """Opens the same folder, as another process does."""
    with ExitStack() as opened:
        yield lambda embedder=None: opened.enter_context(closing(Workspace.open(tmp_path, embedder)))


@pytest.fixture
def workspace(open_workspace: OpenWorkspace) -> Workspace:
    return open_workspace()


@pytest.fixture
def former(open_workspace: OpenWorkspace) -> Workspace:
    """With three articles, indexed by a former export of the model."""
    former = open_workspace()
    former.add_many(0, 3)
    former.update()
    return former


@pytest.fixture
def newer(former: Workspace, open_workspace: OpenWorkspace) -> Workspace:
    """The same with the model's present export."""
    return open_workspace(CountingEmbedder("words@2", former_ids=["words@1"]))
