"""The host application, asked to do something: one signed POST by Standard Webhooks, thin, to one configured address.

A request may arrive more than once, always under the same `webhook-id`; any 2xx means it was taken.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
from standardwebhooks import Webhook
from temporalio.exceptions import ApplicationError

from engine.effects import Perform

_PATIENCE = 20.0
_GONE = 410


class Host:
    """Where the host listens, and the secret of our signature."""

    def __init__(self, url: str | None = None, secret: str | None = None) -> None:
        self._url = url
        self._webhook = Webhook(secret) if secret else None

    async def ask(self, effect: Perform, task: str, data: Mapping[str, str]) -> None:
        """Hand the request over. Raises ApplicationError: to be tried again, or for good where that cannot help."""
        if self._url is None or self._webhook is None:
            raise ApplicationError("no host is set: STEPWELL_HOST_URL and STEPWELL_HOST_SECRET", type="NoHost")
        now = datetime.now(UTC)
        body = json.dumps({"type": "host_task.asked", "timestamp": now.isoformat(), "data": _facts(effect, task, data)})
        headers = {
            "content-type": "application/json",
            "webhook-id": effect.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(effect.id, now, body),
        }
        try:
            async with (
                httpx.AsyncClient(timeout=_PATIENCE, follow_redirects=False, trust_env=False) as connection,
                connection.stream("POST", self._url, content=body, headers=headers) as answer,
            ):
                status = answer.status_code  # the body is never read: it could be of any size
        except httpx.HTTPError as error:
            raise ApplicationError(f"the host does not answer: {type(error).__name__}", type="HostAway") from None
        if status == _GONE:
            raise ApplicationError("the host answered 410: it does not take tasks any more", type="Gone", non_retryable=True)
        if not 200 <= status < 300:
            raise ApplicationError(f"the host answered {status}", type="HostRefused")


def _facts(effect: Perform, task: str, data: Mapping[str, str]) -> dict[str, object]:
    ids = {"journey": effect.journey, "client": effect.client, "occurrence": effect.occurrence, "tenant": effect.tenant}
    return {**ids, "task": task, "run": effect.run, "data": dict(data)}
