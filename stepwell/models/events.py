"""Where events are sent, and what became of each."""

from datetime import datetime
from typing import Literal

from stepwell.models.base import Out


class Endpoint(Out):
    """Where a host wants its events sent, without the secrets."""

    id: str
    url: str
    types: tuple[str, ...]
    """Only these; none: every one."""
    created_at: datetime
    disabled_at: datetime | None
    """Since when nothing is sent to it."""
    disabled_why: str | None
    """`gone`: it answered 410. `failing`: for five days nothing arrived. `asked`: somebody switched it off."""
    failing_since: datetime | None
    """The first of the failures without a success between them."""


class NewEndpoint(Endpoint):
    """An endpoint with a secret that was just made."""

    secret: str
    """Shown this once: `whsec_…` (Standard Webhooks)."""


class Delivery(Out):
    """One event on its way to one endpoint."""

    position: int
    event: str
    type: str
    state: Literal["waiting", "delivered", "dead"]
    attempts: int
    next_at: datetime | None
    """When it is tried (again); None: it is not."""
    attempted_at: datetime | None
    delivered_at: datetime | None
    dead_at: datetime | None
    """Given up after the last retry."""
    status: int | None
    """The HTTP status of the last attempt; None: no answer came, or it was not tried yet."""
    failed: str | None
    """Why no answer came."""
