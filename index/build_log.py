"""What the log says of a build of the index."""

import logging
import time

from corpus.errors import CitelineError
from corpus.events import tell
from index.generation import Generation


class Stopped(CitelineError):
    """A build was given up because the indexer stops."""


class BuildLog:
    """Tells the log of a build: from its first progress on, since an update that has nothing to do is none."""

    def __init__(self, log: logging.Logger, kind: str) -> None:
        self._log, self._kind = log, kind
        self._start, self._told = time.monotonic(), False

    def begin(self) -> None:
        """Tell that the build makes progress, once."""
        if not self._told:
            self._told = True
            tell(self._log, logging.INFO, "build_started", f"Build started ({self._kind})", kind=self._kind)

    def published(self, generation: Generation) -> None:
        """Tell what came of the build."""
        if self._told:
            manifest, seconds = generation.manifest, self._seconds()
            words = (
                f"Generation {manifest.generation} published after {seconds:g} s ({self._kind}): "
                f"{manifest.articles} articles, {manifest.sentences} sentences"
            )
            counts = {name: getattr(manifest, name) for name in ("generation", "articles", "sentences")}
            tell(self._log, logging.INFO, "build_published", words, kind=self._kind, seconds=seconds, **counts)

    def failed(self, error: BaseException) -> None:
        """Tell why nothing came of the build."""
        if self._told:
            given_up, seconds, problem = isinstance(error, Stopped), self._seconds(), str(error) or type(error).__name__
            event = "build_given_up" if given_up else "build_failed"
            words = f"Build failed after {seconds:g} s ({self._kind}): {problem}"
            tell(self._log, logging.INFO, event, words, kind=self._kind, seconds=seconds, problem=problem)

    def _seconds(self) -> float:
        return round(time.monotonic() - self._start, 3)
