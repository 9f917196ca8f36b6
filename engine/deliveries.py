"""What becomes of an attempt to deliver an event: done, tried again and when, or given up. The schedule of Standard Webhooks."""

import hashlib
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After each attempt that failed, the first of which was made at once."""
LONGEST_PAUSE = timedelta(hours=24)
"""What a receiver may ask for by Retry-After."""
FAILS_TOO_LONG = timedelta(days=5)
"""Without a success between: then nothing is sent to an endpoint any more."""
_JITTER = 0.1
_GONE = 410


class Attempt(NamedTuple):
    """How one attempt went."""

    number: int
    """Counted from 1."""
    at: datetime
    status: int | None
    """None: no answer came."""
    retry_after: float | None = None
    """Seconds."""


class Verdict(NamedTuple):
    """What follows from it."""

    state: Literal["delivered", "waiting", "dead"]
    next_at: datetime | None = None
    is_gone: bool = False
    """The receiver wants nothing more, now or later."""


def verdict_on(attempt: Attempt, endpoint: str, event: str) -> Verdict:
    """Any 2xx is taken; everything else is tried again until the schedule ends."""
    if attempt.status is not None and 200 <= attempt.status < 300:
        return Verdict("delivered")
    is_gone = attempt.status == _GONE
    if attempt.number > len(RETRIES):
        return Verdict("dead", is_gone=is_gone)
    wait = RETRIES[attempt.number - 1] * (1 + _JITTER * _draw(endpoint, event, attempt.number))
    asked = min(timedelta(seconds=attempt.retry_after or 0), LONGEST_PAUSE)
    return Verdict("waiting", attempt.at + max(wait, asked), is_gone)


def fails_too_long(failing_since: datetime | None, now: datetime) -> bool:
    """Whether an endpoint that fails again now has failed for long enough."""
    return failing_since is not None and now - failing_since >= FAILS_TOO_LONG


def _draw(endpoint: str, event: str, number: int) -> float:
    """Between 0 and 1, and the same each time: many events that failed together do not come back together."""
    digest = hashlib.sha256(f"{endpoint}/{event}/{number}".encode()).digest()
    return int.from_bytes(digest[:8]) / (1 << 64)
