"""The settings that can change while the service runs."""

from collections.abc import Mapping
from typing import Any

from flask import g
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from corpus.feeds.repository import MIN_INTERVAL
from corpus.runtime_settings import RuntimeSettings, SettingValue
from web.access.audit import note_unchanged
from web.api import INDEX, NEEDS_TOKEN, new_blueprint, problem_responses
from web.schemas import JSON


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
        return _settings_json(settings.refresh())

    @blueprint.patch(
        "/settings.json",
        summary="Change settings",
        responses={200: SettingsOut, **problem_responses(400, 401, 409, 413, 415, 422)},
        security=NEEDS_TOKEN,
    )
    def change_settings(body: SettingsChange) -> JSON:
        given = body.given()
        if not given:
            note_unchanged()
        g.audited = " ".join(f"{name}={'default' if value is None else value}" for name, value in given.items())
        return _settings_json(settings.change(given))

    return blueprint


def _settings_json(settings: Mapping[str, SettingValue]) -> JSON:
    values = {name: SettingOut(value=one.value, default=one.default, fixed=one.fixed) for name, one in settings.items()}
    return SettingsOut(**values).model_dump()
