"""Keys and links, with their secrets only at the moment they are made."""

from datetime import datetime

from stepwell.models.base import Out


class ApiKey(Out):
    """A key for programs, without its secret."""

    id: str
    kind: str
    subject: str | None
    scopes: tuple[str, ...]
    hint: str
    """Its last four characters."""
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    """To the minute."""


class NewApiKey(ApiKey):
    """A key that was just made."""

    secret: str
    """Shown this once; only its hash is kept."""


class NewLink(Out):
    """A link to one step of one client that was just made."""

    token: str
    """Shown this once; only its hash is kept."""
    expires_at: datetime
