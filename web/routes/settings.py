"""The settings that can change while the service runs; they are kept in the article store and hold after a restart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import g
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from corpus.errors import Conflict
from corpus.feeds.repository import MIN_INTERVAL
from corpus.store.database import Database
from web.api import INDEX, NEEDS_TOKEN, new_blueprint, problem_responses
from web.schemas import JSON

_KEY = "setting:"  # before the name, in the table meta


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
    """The settings that can change, by their names. Stored values are put into effect at once."""

    def __init__(self, database: Database, settings: Mapping[str, AdjustableSetting]) -> None:
        self._database, self._settings = database, settings
        self._apply()

    def values(self) -> dict[str, SettingValue]:
        """Return all settings as they are; raises StorageProblem."""
        with self._database.reading() as db:
            rows = db.execute("SELECT substr(key, ?), value FROM meta WHERE key LIKE ?", (len(_KEY) + 1, f"{_KEY}%"))
            stored = {name: float(value) for name, value in rows}
        found: dict[str, SettingValue] = {}
        for name, setting in self._settings.items():
            value = stored.get(name, setting.default) if setting.fixed_at is None else setting.fixed_at
            found[name] = SettingValue(value, setting.default, setting.fixed_at is not None)
        return found

    def change(self, values: Mapping[str, float | None]) -> None:
        """Store other values, None for the usual one, and put them into effect.

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
        self._apply()

    def _apply(self) -> None:
        for name, setting in self.values().items():
            self._settings[name].apply(setting.value)


class SettingsChange(BaseModel):
    """Settings to change; those that are missing stay as they are, and null is the usual value."""

    model_config = ConfigDict(strict=True, extra="forbid")

    threshold: float | None = Field(default=None, ge=0, le=1, description="minimum confidence of an answer")
    feed_interval: float | None = Field(
        default=None, ge=MIN_INTERVAL, le=31_536_000, description="seconds between two polls of a feed"
    )

    def given(self) -> dict[str, float | None]:
        """Return the fields of the request."""
        values: dict[str, Any] = self.model_dump(include=self.model_fields_set)
        return values


class SettingOut(BaseModel):
    """A setting as it is now."""

    value: float
    default: float = Field(description="the usual value, which null brings back")
    fixed: bool = Field(description="a flag or variable sets it when the service starts, so it can't be changed")


class SettingsOut(BaseModel):
    """The settings that can change while the service runs."""

    threshold: SettingOut
    feed_interval: SettingOut


def settings_blueprint(settings: RuntimeSettings) -> APIBlueprint:
    """Return the blueprint of the settings that can change."""
    blueprint = new_blueprint("settings", INDEX)

    @blueprint.get(
        "/settings.json", summary="Get the settings that can change while it runs", responses={200: SettingsOut}
    )
    def get_settings() -> JSON:
        return _settings_json(settings)

    @blueprint.patch(
        "/settings.json",
        summary="Change settings",
        responses={200: SettingsOut, **problem_responses(400, 401, 409, 413, 415, 422)},
        security=NEEDS_TOKEN,
    )
    def change_settings(body: SettingsChange) -> JSON:
        given = body.given()
        settings.change(given)
        g.audited = " ".join(f"{name}={'default' if value is None else value}" for name, value in given.items())
        return _settings_json(settings)

    return blueprint


def _settings_json(settings: RuntimeSettings) -> JSON:
    found = settings.values().items()
    values = {name: SettingOut(value=one.value, default=one.default, fixed=one.fixed) for name, one in found}
    return SettingsOut(**values).model_dump()
