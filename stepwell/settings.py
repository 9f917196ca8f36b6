"""Where everything is: from the environment, else from the stack that `stepwell up` runs in this folder."""

import base64
import json
import os
import re
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from activities.targets import RefusedTarget, named_in, read_target
from engine.contacts import Budget
from engine.words import Text
from stepwell.errors import NotRunning
from store.rootkeys import HOW_TO_MAKE, KeyFolder

HOME = "STEPWELL_HOME"
_SHORTEST_SECRET = 24
_FEWEST_BYTES = 12
"""Different ones in such a secret: of 24 random ones hardly ever two are the same."""
_SAMPLES = frozenset(("f74e1720b76148810ffaeb4dc46a600cfa2fc3720e96da67a85a3dcb3f14c7a3",))
"""Digests of secrets that stand in documents: the one of Standard Webhooks."""


class Settings(BaseModel):
    """How to reach Temporal, the store and the mail server. `STEPWELL_…` in the environment overrides each."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    tenant: str = "default"
    database: str = Field(repr=False)
    """`sqlite:///path/to/file.db` or `postgresql://user:password@host:port/name`."""
    keys: str | None = None
    """The folder of the root keys. Whatever is encrypted is lost with them: keep a copy, and not beside the store's."""
    temporal: str | None = None
    """`host:port`; None: what Temporal's own profile or `TEMPORAL_ADDRESS` says."""
    namespace: str = "default"
    deployment: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,60}$")
    """What Temporal calls these workers together, all versions of them; None: they have no versions."""
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_security: Literal["none", "starttls", "tls"] = "none"
    smtp_rate: int | None = Field(default=None, ge=1)
    """Mails a second that all workers together hand over; what is more waits, and alerts go first. Unset: as fast as it takes them."""
    mail_from: str = "stepwell@localhost"
    client_link: str | None = None
    """Where a client opens a step, with `{journey}` and `{occurrence}` in it, or with `{token}`: a link of its own."""
    link_days: int = Field(default=30, ge=1, le=365)
    """How many days such a token, and the one that ends a client's mails, is good for."""
    ui: str | None = None
    """Temporal's Web UI."""
    public_url: str | None = None
    """Where people and hosts reach the HTTP API and the console, such as `https://stepwell.example.org`."""
    mail_folder: str | None = None
    """Where the embedded mail catcher keeps what was sent."""
    staff: dict[str, str] = {}
    """Where the roles on an escalation ladder read their mail: `supervisor=sam@example.org,on_call=duty@example.org`."""
    crisis_text: Text | None = None
    """What somebody whose answer met a risk rule is told at once: words, or by language as JSON `{"en": "…", "de": "…"}`."""
    notice_text: Text | None = None
    """Shown wherever clients answer: that nobody watches the answers around the clock."""
    host_url: str | None = None
    """Where host tasks are asked for, by a signed POST."""
    host_secret: SecretStr | None = None
    """The secret of those signatures: `whsec_…` (Standard Webhooks)."""
    codec_origins: tuple[str, ...] = ()
    """Whose pages may ask the codec server: exact origins such as `https://temporal.example.org`, or `none` for no page at all."""
    oidc_issuer: str | None = None
    """The host's identity provider, exactly as its tokens name it: they are let in beside API keys."""
    oidc_audience: str | None = None
    """Whom its tokens have to be for."""
    oidc_tenants: tuple[str, ...] = ()
    """The tenants that it speaks for; unless given, `tenant`."""
    oidc_kind_claim: str = "stepwell_kind"
    """Which claim says `host`, `practitioner`, `client` or `operator`."""
    oidc_subject_claim: str = "sub"
    """Which claim holds the practitioner's or client's id, as Stepwell knows it."""
    oidc_tenant_claim: str = "stepwell_tenant"
    """Which claim names the tenant."""
    rate_host: int = Field(default=300, ge=1)
    """Requests a second that each credential of a host may make; ten seconds' worth at once."""
    rate_practitioner: int = Field(default=50, ge=1)
    """The same for each practitioner."""
    rate_client: int = Field(default=10, ge=1)
    """The same for each client."""
    rate_operator: int = Field(default=50, ge=1)
    """The same for each operator."""
    wrong_credentials: int = Field(default=20, ge=1)
    """Wrong credentials from one address in a minute, at all gateways together, after which it has to wait."""
    contacts_a_day: int | None = Field(default=None, ge=1, le=100)
    """How many mails a client gets on one day of theirs at most, urgent ones aside; unset: as many as there are."""
    contacts_a_week: int | None = Field(default=None, ge=1, le=100)
    """The same for a week, Monday to Sunday."""
    keep_events_days: int = Field(default=90, ge=1)
    """Events for hosts, and what became of each at each endpoint, are kept so long; a feed or an endpoint behind by more misses some."""
    keep_jobs_days: int = Field(default=90, ge=1)
    """Actions on many journeys, with what became of each, are kept so long after their end."""
    keep_drafts_days: int = Field(default=30, ge=1)
    """What somebody had begun to write and never sent is kept so long, once its journey is over."""
    keep_clients_days: int | None = Field(default=None, ge=30)
    """Clients all of whose journeys have been over for so many days are deleted, with a receipt; unset: nobody is."""
    outbound_allow: tuple[str, ...] = ()
    """Hosts that webhooks may go to although they are private or without TLS: `hooks.lan:8443,127.0.0.1:9000`."""
    metrics: str | None = Field(default=None, pattern=r"^(\[[0-9a-f:.]+\]|[0-9.]+):\d{1,5}$")
    """Where the process serves its metrics to Prometheus, such as `127.0.0.1:9464`; unset: nowhere."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("staff", mode="before")
    @classmethod
    def _read_staff(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        pairs = [one.partition("=") for one in given.split(",") if one.strip()]
        if not all(role.strip() and mail.strip() for role, _, mail in pairs):
            raise ValueError("write role=address, several of them with a comma between")
        return {role.strip(): mail.strip() for role, _, mail in pairs}

    @field_validator("codec_origins", mode="before")
    @classmethod
    def _read_origins(cls, given: object) -> object:
        return [one.strip() for one in given.split(",") if one.strip()] if isinstance(given, str) else given

    @field_validator("codec_origins")
    @classmethod
    def _are_origins(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        if given != ("none",) and not all(
            re.fullmatch(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?", one) for one in given
        ):
            raise ValueError("write https://host or https://host:port in small letters, several with a comma between; or none")
        return given

    @field_validator("oidc_tenants", mode="before")
    @classmethod
    def _read_tenants(cls, given: object) -> object:
        return [one.strip() for one in given.split(",") if one.strip()] if isinstance(given, str) else given

    @field_validator("host_url")
    @classmethod
    def _is_address(cls, given: str | None) -> str | None:
        try:
            return given and read_target(given, [named_in(given)]) and given
        except RefusedTarget as error:
            raise ValueError(str(error)) from None

    @field_validator("outbound_allow", mode="before")
    @classmethod
    def _read_hosts(cls, given: object) -> object:
        return [one.strip().lower() for one in given.split(",") if one.strip()] if isinstance(given, str) else given

    @field_validator("outbound_allow")
    @classmethod
    def _are_hosts(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+):\d{1,5}", one) for one in given):
            raise ValueError("write host:port, several of them with a comma between")
        return given

    @field_validator("host_secret")
    @classmethod
    def _is_secret(cls, given: SecretStr | None) -> SecretStr | None:
        if given is None:
            return None
        secret = _secret_bytes(given)
        if len(secret) < _SHORTEST_SECRET or len({*secret}) < _FEWEST_BYTES:
            raise ValueError("write whsec_ and the base64 of 24 bytes or more that nobody can guess")
        if sha256(secret).hexdigest() in _SAMPLES:
            raise ValueError("this is the sample of a document that everybody knows; make one of your own")
        return given

    @field_validator("crisis_text", "notice_text", mode="before")
    @classmethod
    def _by_language(cls, given: object) -> object:
        return json.loads(given) if isinstance(given, str) and given.lstrip().startswith("{") else given

    @model_validator(mode="after")
    def _trusts_wholly(self) -> Self:
        if (self.oidc_issuer is None) != (self.oidc_audience is None):
            raise ValueError("set STEPWELL_OIDC_ISSUER and STEPWELL_OIDC_AUDIENCE together, or neither")
        if self.oidc_issuer is not None and not _is_guarded(self.oidc_issuer, self.outbound_allow):
            raise ValueError("STEPWELL_OIDC_ISSUER is https:// and public, or named in STEPWELL_OUTBOUND_ALLOW")
        return self

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, given: object) -> object:
        return given.upper() if isinstance(given, str) else given


def _is_guarded(issuer: str, allowed: tuple[str, ...]) -> bool:
    try:
        return bool(read_target(issuer, allowed))
    except RefusedTarget:
        return False


def _secret_bytes(given: SecretStr) -> bytes:
    try:
        return base64.b64decode(given.get_secret_value().removeprefix("whsec_"), validate=True)
    except ValueError:
        return b""


def root_keys(settings: Settings) -> KeyFolder:
    """The root keys that the settings name. Raises NotRunning where they name none."""
    if settings.keys is None:
        raise NotRunning(f"no keys are named: set STEPWELL_KEYS to the folder of the root keys; make the first: {HOW_TO_MAKE}")
    return key_folder(Path(settings.keys), settings)


def key_folder(folder: Path, settings: Settings) -> KeyFolder:
    """The root keys in a folder, none of which may be the secret of something else too."""
    return KeyFolder(folder, not_these=(_secret_bytes(settings.host_secret),) if settings.host_secret else ())


def allowed_targets(settings: Settings) -> tuple[str, ...]:
    """Every `host:port` that the deployer trusts with requests of ours."""
    host = (named_in(settings.host_url),) if settings.host_url else ()
    return (*settings.outbound_allow, *host)


def budget_of(settings: Settings) -> Budget:
    """How often a client is written to, unless something else is said of that client."""
    return Budget(settings.contacts_a_day, settings.contacts_a_week)


def home() -> Path:
    """The folder of the embedded stack: `STEPWELL_HOME`, else `.stepwell` here."""
    return Path(os.environ.get(HOME, ".stepwell")).absolute()


def stack_file(folder: Path) -> Path:
    """Where a running embedded stack says how to reach it."""
    return folder / "stack.json"


def operator_key_file(folder: Path) -> Path:
    """Where the embedded stack keeps an operator's key, for its owner alone."""
    return folder / "operator.key"


def keys_folder(folder: Path) -> Path:
    """Where the embedded stack keeps its root keys."""
    return folder / "keys"


def given_settings(*names: str) -> dict[str, Any]:
    """What the environment says of these settings, where it says anything. Raises NotRunning."""
    given = {name: _said_of(f"STEPWELL_{name.upper()}") for name in names}
    return {name: value for name, value in given.items() if value}


def _said_of(variable: str) -> str | None:
    """Its value, or what stands in the file that `…_FILE` names: a secret need not be in the environment."""
    value, file = os.environ.get(variable), os.environ.get(f"{variable}_FILE")
    if not file:
        return value
    if value:
        raise NotRunning(f"set {variable} or {variable}_FILE, not both")
    try:
        return Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise NotRunning(f"{variable}_FILE names {file}, which cannot be read") from None


def load_settings() -> Settings:
    """The settings in force. Raises NotRunning where neither the environment nor a running stack says enough."""
    values: dict[str, object] = {}
    running = stack_file(home())
    if running.exists():
        try:
            values.update(json.loads(running.read_text()))
        except (OSError, ValueError):
            raise NotRunning(f"{running} is damaged; stop 'stepwell up' if it runs, delete the file, start it again") from None
    values |= given_settings(*Settings.model_fields)
    if "database" not in values:
        raise NotRunning("nothing runs here: start everything with 'stepwell up', or set STEPWELL_DATABASE to a running store")
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        which = f"the setting STEPWELL_{name.upper()} does" if name else "the settings do"
        raise NotRunning(f"{which} not fit: {first['msg'][:1].lower()}{first['msg'][1:]}") from None
