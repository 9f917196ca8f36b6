"""The host application, asked to do something: one signed POST by Standard Webhooks, thin, to one configured address.

A request may arrive more than once, always under the same `webhook-id`; any 2xx means it was taken.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from temporalio.exceptions import ApplicationError

from activities.outbound import CircuitOpen, Outbound, RefusedTarget, Unanswered
from activities.signing import signed_headers
from activities.targets import named_in
from engine.effects import Perform

_GONE = 410
_CIRCUIT = "host"


class Host:
    """Where the host listens, and the secret of our signature. Its address is the deployer's own word, and so allowed."""

    def __init__(self, url: str | None = None, secret: str | None = None, outbound: Outbound | None = None) -> None:
        self._url = url
        self._secret = secret
        self._outbound = outbound or Outbound([named_in(url)] if url else [])

    async def ask(self, effect: Perform, task: str, data: Mapping[str, str]) -> None:
        """Hand the request over. Raises ApplicationError: to be tried again, or for good where that cannot help."""
        if not self._url or not self._secret:
            raise ApplicationError("no host is set: STEPWELL_HOST_URL and STEPWELL_HOST_SECRET", type="NoHost")
        now = datetime.now(UTC)
        body = json.dumps({"type": "host_task.asked", "timestamp": now.isoformat(), "data": _facts(effect, task, data)})
        headers = signed_headers(effect.id, now, body, [self._secret], "application/json")
        try:
            reply = await self._outbound.post(self._url, body.encode(), headers, circuit=_CIRCUIT)
        except (RefusedTarget, Unanswered, CircuitOpen) as error:
            raise ApplicationError(f"the host does not answer: {error}", type="HostAway") from None
        if reply.status == _GONE:
            raise ApplicationError("the host answered 410: it does not take tasks any more", type="Gone", non_retryable=True)
        if not 200 <= reply.status < 300:
            raise ApplicationError(f"the host answered {reply.status}", type="HostRefused")


def _facts(effect: Perform, task: str, data: Mapping[str, str]) -> dict[str, object]:
    ids = {"journey": effect.journey, "client": effect.client, "occurrence": effect.occurrence, "tenant": effect.tenant}
    return {**ids, "task": task, "run": effect.run, "data": dict(data)}
