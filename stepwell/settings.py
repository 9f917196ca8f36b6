"""Where everything is: from the environment, else from the stack that `stepwell up` runs in this folder."""

import json
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from stepwell.errors import NotRunning

HOME = "STEPWELL_HOME"


class Settings(BaseModel):
    """How to reach Temporal, the store and the mail server. `STEPWELL_…` in the environment overrides each."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    tenant: str = "default"
    database: str
    """`sqlite:///path/to/file.db` or `postgresql://user:password@host:port/name`."""
    temporal: str | None = None
    """`host:port`; None: what Temporal's own profile or `TEMPORAL_ADDRESS` says."""
    namespace: str = "default"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_username: str | None = None
    smtp_password: str | None = None
    smtp_security: str = "none"
    """`none`, `starttls` or `tls`."""
    mail_from: str = "stepwell@localhost"
    client_link: str | None = None
    """Where a client opens a step, with `{journey}` and `{occurrence}` in it."""
    ui: str | None = None
    """Temporal's Web UI."""
    mail_folder: str | None = None
    """Where the embedded mail catcher keeps what was sent."""
    log_level: str = "INFO"


def home() -> Path:
    """The folder of the embedded stack: `STEPWELL_HOME`, else `.stepwell` here."""
    return Path(os.environ.get(HOME, ".stepwell")).absolute()


def stack_file(folder: Path) -> Path:
    """Where a running embedded stack says how to reach it."""
    return folder / "stack.json"


def load_settings() -> Settings:
    """The settings in force. Raises NotRunning where neither the environment nor a running stack says enough."""
    values: dict[str, object] = {}
    running = stack_file(home())
    if running.exists():
        try:
            values.update(json.loads(running.read_text()))
        except (OSError, ValueError):
            raise NotRunning(f"{running} is damaged; stop 'stepwell up' if it runs, delete the file, start it again") from None
    for name in Settings.model_fields:
        given = os.environ.get(f"STEPWELL_{name.upper()}")
        if given:
            values[name] = given
    if "database" not in values:
        raise NotRunning("nothing runs here: start everything with 'stepwell up', or set STEPWELL_DATABASE to a running store")
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise NotRunning(f"the setting STEPWELL_{name.upper()} does not fit: {first['msg'].lower()}") from None
