"""The headers of Standard Webhooks: an id that stays, an instant that is new at each attempt, a signature by each secret."""

from collections.abc import Iterable
from datetime import datetime

from standardwebhooks import Webhook


def signed_headers(id: str, at: datetime, body: str, secrets: Iterable[str], content_type: str) -> dict[str, str]:
    """For these very bytes of a body, encoded as UTF-8."""
    return {
        "content-type": content_type,
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(id, at, body) for secret in secrets),
    }
