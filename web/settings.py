"""Every setting, in one place: from flags, CITELINE_* variables, or these defaults."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from corpus.errors import InvalidInput
from corpus.feeds.repository import MIN_INTERVAL
from index.embedding.embedder import DEFAULT_MODEL
from qa.reader.loader import DEFAULT, QUICK, SENTENCES
from web.security import is_address, is_local

PREFIX = "CITELINE_"
_HERE = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What can be set; a field's name in capitals behind CITELINE_ is its variable. An empty variable sets nothing."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    state: Path = Field(_HERE / "var", description="folder of the store and the index")
    articles: Path = Field(_HERE / "corpus" / "articles", description="folder whose articles are indexed")
    models: Path = Field(_HERE / "var" / "models", description="folder of prepared models, for any state folder")
    model: str = Field(
        DEFAULT_MODEL, description="embedding model: a folder or hub name of a Sentence Transformers model"
    )
    reader: str = Field(
        DEFAULT,
        description='what finds the exact words: "default" for the two models that come along, "quick" for the small '
        'one of them alone, "sentences" for none, or a folder or hub name of a Hugging Face question-answering model',
    )
    threshold: float | None = Field(
        None, ge=0, le=1, description="least confidence of an answer; by default nine in ten answers are right"
    )
    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    token: SecretStr | None = Field(
        None, description="token that changes need; must be set to listen beyond this machine"
    )
    hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="further host names the service goes by, with commas"
    )
    watch: bool = Field(True, description="follow changes in the articles folder")
    max_upload: int = Field(20, ge=1, le=1000, description="largest document, in MiB")
    fetch_timeout: float = Field(20.0, gt=0, le=600, description="seconds that fetching a page may take")
    allow_private_urls: bool = Field(False, description="fetch pages from this machine and private networks, too")
    feed_interval: float = Field(
        3600, ge=MIN_INTERVAL, le=31_536_000, description="seconds between two polls of a feed; 60 or more"
    )
    wait_seconds: float = Field(60.0, gt=0, le=3600, description="longest that POST /articles?wait=true waits")
    server_threads: int = Field(8, ge=1, le=256, description="requests handled at the same time")
    log_level: str = Field(
        "warning", pattern="^(debug|info|warning|error)$", description="how much is logged: debug, info, warning, error"
    )
    log_format: str = Field(
        "text", pattern="^(text|json)$", description="how it is logged: text, or json, an object a line"
    )

    @classmethod
    def read(cls, **given: Any) -> Self:
        """Read the settings; what is given wins over the environment. Raises InvalidInput naming what is wrong."""
        try:
            return cls(**{name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            raise InvalidInput(" ".join(_complaint(part) for part in error.errors())) from error

    @field_validator("state", "articles", "models", mode="before")
    @classmethod
    def _folder(cls, value: object) -> object:
        if str(value).strip() == "":
            raise ValueError("it must name a folder")
        try:
            return Path(value).expanduser() if isinstance(value, str | Path) else value
        except RuntimeError as error:
            raise ValueError("there is no such home folder") from error

    @field_validator("host", "model", "reader", "log_level", "log_format", mode="before")
    @classmethod
    def _stripped(cls, value: object) -> object:
        return value.strip() if isinstance(value, str) else value

    @field_validator("reader")
    @classmethod
    def _normalize_reader(cls, value: str) -> str:
        return value.lower() if value.lower() in {DEFAULT, QUICK, SENTENCES} else value

    @field_validator("hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        names = tuple(name.strip().lower().rstrip(".") for name in value.split(",") if name.strip())
        if any(set(name) & set("/*:@") and not is_address(name.strip("[]")) for name in names):
            raise ValueError("it must be plain host names without ports, such as notes.example.org")
        return names

    @field_validator("token")
    @classmethod
    def _sendable(cls, value: SecretStr | None) -> SecretStr | None:
        token = "" if value is None else value.get_secret_value()
        if not token.isascii() or not token.isprintable() or token != token.strip():
            raise ValueError("it must be plain ASCII characters without spaces around them, to fit into a header")
        return None if value is None or token == "" else value

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.token is None and not is_local(self.host):
            raise ValueError(
                f"Listening on {self.host} lets other machines in, so changes need a token: set CITELINE_TOKEN."
            )
        return self


def _complaint(part: ErrorDetails) -> str:
    """Say what is wrong with which setting; the token's own value is never shown."""
    reason = part["msg"].removeprefix("Value error, ")
    if not part["loc"]:
        return reason
    name = str(part["loc"][0])
    if name not in Settings.model_fields:
        return f"There is no setting {name}."
    value = "" if name == "token" else f" is {str(part['input'])[:200]!r}"
    return f"The setting {name} ({PREFIX}{name.upper()}){value}: {_wanted(part, reason)}."


def _wanted(part: ErrorDetails, reason: str) -> str:
    """Say what a value must be: for a number that is too small, pydantic does so in words that can be shown."""
    choices = str(part.get("ctx", {}).get("pattern", "")).strip("^$()").split("|")
    known = {
        "bool_parsing": "it must be true or false",
        "int_parsing": "it must be a whole number",
        "float_parsing": "it must be a number",
        "string_pattern_mismatch": f"it must be {', '.join(choices[:-1])} or {choices[-1]}",
    }
    words = known.get(part["type"], reason.replace("Input should be", "it must be"))
    return f"{words[:1].lower()}{words[1:]}"
