"""The conversation that a question belongs to, and a store that keeps the last turns of each."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Self

from cachetools import TTLCache

MAX_TURNS = 20
MAX_ANSWER = 5_000  # characters of an answer that a client sends
MAX_ID = 100
_MAX_CONVERSATIONS = 1_000  # of MAX_TURNS turns with at most 1,000 + 2 * _MAX_USED characters: 40 million
_MAX_USED = 500  # characters of an answer and of its sentence
_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer, None where there was none. sentence: the one that answered, where that is known."""

    question: str
    answer: str | None = None
    sentence: str | None = None

    def shortened(self) -> Self:
        """Return the turn with the beginning of its answer and of its sentence, which are used and kept."""
        answer, sentence = (None if text is None else text[:_MAX_USED] for text in (self.answer, self.sentence))
        return replace(self, answer=answer, sentence=sentence)


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns so far, oldest first. id: under which the next turn is kept, None where it is not."""

    turns: tuple[Turn, ...] = ()
    id: str | None = None

    def followed_by(self, turn: Turn) -> Self:
        """Return the conversation with another turn, without those before the last MAX_TURNS."""
        return replace(self, turns=(*self.turns, turn)[-MAX_TURNS:])


NO_CONVERSATION = Conversation()


class ConversationStore:
    """Keeps the last turns of the conversations that were carried on most recently, in memory. Thread-safe."""

    def __init__(
        self,
        max_conversations: int = _MAX_CONVERSATIONS,
        seconds: float = _SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._turns: TTLCache[str, tuple[Turn, ...]] = TTLCache(max_conversations, seconds, clock)
        self._lock = threading.Lock()

    def with_turns(self, conversation: Conversation) -> Conversation:
        """Return a conversation with its kept turns, unless it has turns itself; an unknown id begins a new one."""
        if conversation.id is None or conversation.turns:
            return replace(conversation, turns=tuple(turn.shortened() for turn in conversation.turns))
        with self._lock:
            return replace(conversation, turns=self._turns.get(conversation.id, ()))

    def keep(self, conversation: Conversation, turn: Turn) -> None:
        """Keep a conversation with its next turn, where it has an id."""
        if conversation.id is not None:
            with self._lock:
                self._turns[conversation.id] = conversation.followed_by(turn.shortened()).turns
