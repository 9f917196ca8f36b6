"""Where everything is, and what the host keeps to itself: from the environment, once, at the start."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class NotSet(RuntimeError):
    """Something is missing without which the host cannot work; the message says what to set."""


@dataclass(frozen=True)
class Settings:
    """How this host is run."""

    stepwell_url: str
    """Where Stepwell's API is, such as `http://127.0.0.1:8080`."""
    stepwell_key: str = field(repr=False)
    """A host's key with the scope `act`: shown once by Stepwell, when it is made."""
    passphrase: str = field(repr=False)
    """What everybody signs in with here. A real host has accounts instead."""
    secret: str = field(repr=False)
    """What cookies are signed with. A new one at every start signs everybody out."""
    port: int = 8090
    https: bool = False
    """Whether people reach this host by https; cookies are then sent by https alone."""
    files: Path = Path(".host_app/files")
    """Where attachments are kept: Stepwell keeps their names only."""
    events_secret: str = field(default="", repr=False)
    """The secret of the webhook endpoint that Stepwell tells this host by; empty: it listens to none."""
    tasks_secret: str = field(default="", repr=False)
    """The secret of the requests for host tasks (`STEPWELL_HOST_SECRET` over there); empty: it takes none."""
    media: tuple[str, ...] = ()
    """From where pictures, sounds and films are shown in the page; those from elsewhere are links."""


def settings_from(environment: Mapping[str, str] = os.environ) -> Settings:
    """As the environment says. Raises NotSet."""
    missing = [name for name in ("STEPWELL_URL", "STEPWELL_KEY") if not environment.get(name)]
    if missing:
        raise NotSet(f"set {' and '.join(missing)}: where Stepwell's API is, and a host's key with the scope 'act' for it")
    return Settings(
        stepwell_url=environment["STEPWELL_URL"].rstrip("/"),
        stepwell_key=environment["STEPWELL_KEY"],
        passphrase=environment.get("HOST_PASSPHRASE") or "-".join(secrets.token_hex(2) for _ in range(5)),
        secret=environment.get("HOST_SECRET") or secrets.token_urlsafe(48),
        port=int(environment.get("HOST_PORT") or 8090),
        https=environment.get("HOST_HTTPS") == "1",
        files=Path(environment.get("HOST_FILES") or ".host_app/files"),
        events_secret=environment.get("HOST_EVENTS_SECRET", ""),
        tasks_secret=environment.get("HOST_TASKS_SECRET", ""),
        media=tuple(one.rstrip("/") for one in environment.get("HOST_MEDIA", "").split() if one.startswith("https://")),
    )
