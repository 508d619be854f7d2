"""The layout of a state folder."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StateFolder:
    """A state folder: the article store, the embedding cache, the suggestions, the tokens, and the generations."""

    folder: Path

    @property
    def articles(self) -> Path:
        """The database of the article store."""
        return self.folder / "articles.sqlite"

    @property
    def embeddings(self) -> Path:
        """The database of the embedding cache."""
        return self.folder / "embeddings.sqlite"

    @property
    def suggestions(self) -> Path:
        """The database of suggested names and questions, which can be made again."""
        return self.folder / "suggestions.sqlite"

    @property
    def access(self) -> Path:
        """The database of tokens and of the audit log."""
        return self.folder / "access.sqlite"

    @property
    def index(self) -> Path:
        """The folder of the generations."""
        return self.folder / "index"
