"""Settings that can change while the service runs; they are kept in the article store and hold after a restart."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from corpus.background import BackgroundTask
from corpus.errors import Conflict
from corpus.store.database import Database

log = logging.getLogger(__name__)
_KEY = "setting:"  # before the name, in the table meta
_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class SettingValue:
    """A setting as it is now: its value, the usual one, and whether a flag or variable sets it at the start."""

    value: float
    default: float
    fixed: bool


@dataclass(frozen=True, slots=True)
class AdjustableSetting:
    """A setting that can change: its usual value, the one that it is fixed at, and what puts it into effect."""

    default: float
    fixed_at: float | None
    apply: Callable[[float], None]


class RuntimeSettings:
    """The settings that can change, by their names. Stored values are put into effect at once.

    A thread puts into effect what another process of the same state has stored.
    """

    def __init__(self, database: Database, settings: Mapping[str, AdjustableSetting]) -> None:
        self._database, self._settings = database, settings
        self._lock = threading.Lock()
        self._task = BackgroundTask("settings", self.refresh, _POLL_SECONDS, "The settings can't be read now.", log)
        self.refresh()

    def refresh(self) -> dict[str, SettingValue]:
        """Put the stored values into effect, and return all settings as they are; raises StorageProblem."""
        with self._lock:  # or values that were read before a change could be put into effect after it
            found = self._values()
            for name, setting in found.items():
                self._settings[name].apply(setting.value)
        return found

    def change(self, values: Mapping[str, float | None]) -> dict[str, SettingValue]:
        """Store other values, None for the usual one, put them into effect, and return all settings.

        Raises Conflict where a flag or variable fixes one, StorageProblem.
        """
        for name in values:
            if self._settings[name].fixed_at is not None:
                raise Conflict(
                    f"{name} can't be changed: CITELINE_{name.upper()}, or a flag, sets it when the service starts."
                )
        with self._database.writing() as db:
            for name, value in values.items():
                db.execute("DELETE FROM meta WHERE key = ?", (_KEY + name,))
                if value is not None:
                    db.execute("INSERT INTO meta VALUES (?, ?)", (_KEY + name, value))
        return self.refresh()

    def start(self) -> None:
        """Start the thread."""
        self._task.start()

    def stop(self) -> None:
        """Stop the thread."""
        self._task.stop()

    def _values(self) -> dict[str, SettingValue]:
        with self._database.reading() as db:
            rows = db.execute("SELECT substr(key, ?), value FROM meta WHERE key LIKE ?", (len(_KEY) + 1, f"{_KEY}%"))
            stored = {name: float(value) for name, value in rows}
        found: dict[str, SettingValue] = {}
        for name, setting in self._settings.items():
            value = stored.get(name, setting.default) if setting.fixed_at is None else setting.fixed_at
            found[name] = SettingValue(value, setting.default, setting.fixed_at is not None)
        return found
