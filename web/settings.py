"""All settings: from flags, CITELINE_* variables, or their defaults."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from corpus.errors import InvalidInput
from corpus.feeds.repository import MIN_INTERVAL
from corpus.store.versions import DEFAULT_DAYS
from corpus.web_address import origin_of
from index.embedding.embedder import DEFAULT_MODEL
from qa.reader.loader import DEFAULT, QUICK, SENTENCES
from web.security import is_ip_address, is_local

PREFIX = "CITELINE_"
MIN_TOKEN = 16  # characters: 10 guesses a minute then take longer than anyone lives, also of words
_ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """The settings. The environment variable of one is CITELINE_ and its name in capitals; an empty one is ignored."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    state: Path = Field(_ROOT / "var", description="folder of the store and the index")
    articles: Path = Field(_ROOT / "corpus" / "articles", description="folder whose articles are indexed")
    models: Path = Field(_ROOT / "var" / "models", description="folder of prepared models, shared by all state folders")
    model: str = Field(
        DEFAULT_MODEL, description="embedding model: a folder or hub name of a Sentence Transformers model"
    )
    reader: str = Field(
        DEFAULT,
        description='reading model, which finds the exact words: "default" for the two shipped models, "quick" for the '
        'small one alone, "sentences" for none, or a folder or hub name of a Hugging Face question-answering model',
    )
    threshold: float | None = Field(
        None, ge=0, le=1, description="minimum confidence of an answer; by default nine in ten answers are right"
    )
    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    token: SecretStr | None = Field(
        None, description=f"token with all rights, of {MIN_TOKEN} characters or more; `tokens add` makes others"
    )
    read: str = Field(
        "open", pattern="^(open|token)$", description="who may read where there is a token: open, or token for holders"
    )
    metrics_token: SecretStr | None = Field(
        None, description="token that /metrics needs; without it, /metrics is only for services of this machine alone"
    )
    hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="further host names of the service, separated by commas"
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="addresses or networks of proxies whose X-Forwarded headers count, separated by commas"
    )
    widget_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="origins of web pages that may ask through the widget, separated by commas"
    )
    watch: bool = Field(True, description="follow changes in the articles folder")
    max_upload: int = Field(20, ge=1, le=1000, description="largest document, in MiB")
    keep_originals: int = Field(
        20, ge=0, le=1000, description="largest file that is kept beside its article, in MiB; 0 keeps none"
    )
    keep_versions: int = Field(
        DEFAULT_DAYS, ge=0, le=36_500, description="days that former versions of articles are kept; 0 keeps none"
    )
    purge_days: int = Field(
        7, ge=0, le=36_500, description="days after which all traces of deleted articles are erased"
    )
    keep_questions: str = Field(
        "local",
        pattern="^(local|always|never)$",
        description="whether questions without an answer and feedback are kept: where only this machine is served "
        "(local), always or never",
    )
    question_days: int = Field(90, ge=1, le=36_500, description="days that such questions are kept")
    fetch_timeout: float = Field(20.0, gt=0, le=600, description="seconds after which fetching a page is given up")
    allow_private_urls: bool = Field(
        False, description="also fetch pages from, and call webhooks on, this machine and private networks"
    )
    feed_interval: float = Field(
        3600, ge=MIN_INTERVAL, le=31_536_000, description="seconds between two polls of a feed; 60 or more"
    )
    wait_seconds: float = Field(60.0, gt=0, le=3600, description="maximum seconds that POST /articles?wait=true waits")
    rate_limit: int = Field(
        0, ge=0, le=1_000_000, description="requests that a client may make in a minute; 0 is no limit"
    )
    server_threads: int = Field(8, ge=1, le=256, description="number of requests handled at the same time")
    log_level: str = Field(
        "warning", pattern="^(debug|info|warning|error)$", description="minimum level: debug, info, warning, error"
    )
    log_format: str = Field(
        "text", pattern="^(text|json)$", description="format of the log: text, or json, an object a line"
    )

    @classmethod
    def load(cls, **values: Any) -> Self:
        """Read the settings; values that are not None override the environment. Raises InvalidInput."""
        try:
            return cls(**{name: value for name, value in values.items() if value is not None})
        except ValidationError as error:
            raise InvalidInput(" ".join(_describe_error(details) for details in error.errors())) from error

    @field_validator("state", "articles", "models", mode="before")
    @classmethod
    def _expand_folder(cls, value: object) -> object:
        if str(value).strip() == "":
            raise ValueError("it must name a folder")
        try:
            return Path(value).expanduser() if isinstance(value, str | Path) else value
        except RuntimeError as error:
            raise ValueError("there is no such home folder") from error

    @field_validator("host", "model", "reader", "read", "keep_questions", "log_level", "log_format", mode="before")
    @classmethod
    def _strip(cls, value: object) -> object:
        return value.strip() if isinstance(value, str) else value

    @field_validator("reader")
    @classmethod
    def _normalize_reader(cls, value: str) -> str:
        return value.lower() if value.lower() in {DEFAULT, QUICK, SENTENCES} else value

    @field_validator("hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        names = tuple(name.strip().lower().rstrip(".") for name in value.split(",") if name.strip())
        if any(set(name) & set("/*:@") and not is_ip_address(name.strip("[]")) for name in names):
            raise ValueError("it must be plain host names without ports, such as notes.example.org")
        return names

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return tuple(ip_network(each.strip(), strict=False) for each in value.split(",") if each.strip())
        except ValueError as error:
            raise ValueError("it must be IP addresses or networks, such as 127.0.0.1, 10.0.0.0/8") from error

    @field_validator("widget_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        origins = tuple(origin_of(each) for each in value.split(",") if each.strip())
        if None in origins:
            raise ValueError("it must be origins of web pages without paths, such as https://www.example.org")
        return origins

    @field_validator("token", "metrics_token")
    @classmethod
    def _check_token(cls, value: SecretStr | None) -> SecretStr | None:
        token = "" if value is None else value.get_secret_value()
        if not token.isascii() or not token.isprintable() or token != token.strip():
            raise ValueError("it must be plain ASCII characters without spaces around them, to fit into a header")
        if token and len(token) < MIN_TOKEN:
            raise ValueError(f"it must have {MIN_TOKEN} characters or more, or others can guess it")
        return None if value is None or token == "" else value

    @property
    def serves_others(self) -> bool:
        """Whether others than this machine may be served: directly, or through a proxy, which CITELINE_HOSTS tells of.

        All that is open to this machine alone goes by this.
        """
        is_named = any(not is_local(name) for name in self.hosts)
        return not is_local(self.host) or bool(self.trusted_proxies) or is_named

    @property
    def keeps_questions(self) -> bool:
        """Whether questions without an answer, and feedback, are kept."""
        return self.keep_questions == "always" or (self.keep_questions == "local" and not self.serves_others)

    def require_token(self, has_stored: bool) -> None:
        """Raise InvalidInput where serving needs a token and there is none; `has_stored`: the state folder has one."""
        if self.token is not None or has_stored:
            return
        remedy = "set CITELINE_TOKEN, or make one: python app.py tokens add NAME --rights write"
        if self.serves_others:
            by = f"Listening on {self.host}"
            if is_local(self.host):
                by = f"A proxy (CITELINE_{'TRUSTED_PROXIES' if self.trusted_proxies else 'HOSTS'})"
            raise InvalidInput(f"{by} lets other machines in, so changes need a token: {remedy}.")
        if self.protects_reading:
            raise InvalidInput(f"With CITELINE_READ=token nobody can read without a token: {remedy}.")

    @property
    def protects_reading(self) -> bool:
        """Whether reading needs a token."""
        return self.read == "token"


def _describe_error(details: ErrorDetails) -> str:
    """Return which setting is wrong and why, never with the token's value."""
    reason = details["msg"].removeprefix("Value error, ")
    if not details["loc"]:
        return reason
    name = str(details["loc"][0])
    if name not in Settings.model_fields:
        return f"There is no setting {name}."
    value = "" if name in {"token", "metrics_token"} else f" is {str(details['input'])[:200]!r}"
    choices = str(details.get("ctx", {}).get("pattern", "")).strip("^$()").split("|")
    known = {
        "bool_parsing": "it must be true or false",
        "int_parsing": "it must be a whole number",
        "float_parsing": "it must be a number",
        "string_pattern_mismatch": f"it must be {', '.join(choices[:-1])} or {choices[-1]}",
    }
    # pydantic's own message reads well for numbers out of range
    words = known.get(details["type"], reason.replace("Input should be", "it must be"))
    return f"The setting {name} ({PREFIX}{name.upper()}){value}: {words[:1].lower()}{words[1:]}."
