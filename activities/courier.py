"""The courier of one endpoint: makes deliveries of new events and sends what is due, by Standard Webhooks.

Everything it knows is in the store. Wherever it is killed, its successor goes on; what was sent and not noted is sent
once more under the same `webhook-id`.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog
from temporalio import activity

from activities.counts import UNCOUNTED, Counts
from activities.outbound import CircuitOpen, Outbound, RefusedTarget, Unanswered
from activities.signing import signed_headers
from engine.announcements import MEDIA_TYPE
from engine.deliveries import Attempt, fails_too_long, verdict_on
from store import outbox, webhooks
from store.database import Database
from store.tables import DeliveryRow, EndpointRow, OutgoingRow

_SHIFT = timedelta(minutes=4)
_PAUSE = 0.5
"""Seconds between two looks into the store while there is nothing to do."""
_AT_ONCE = 8
GONE, FAILING = "gone", "failing"

_log = structlog.get_logger("stepwell.webhooks")


class Courier:
    """Carries events to endpoints, each by an activity of its own."""

    def __init__(
        self,
        database: Database,
        outbound: Outbound,
        *,
        counts: Counts = UNCOUNTED,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        shift: timedelta = _SHIFT,
    ) -> None:
        self._database = database
        self._outbound = outbound
        self._counts = counts
        self._now = now
        self._shift = shift.total_seconds()

    @activity.defn(name="carry")
    async def carry(self, endpoint: str) -> bool:
        """Carry for a shift; False: the endpoint is disabled or gone, and nothing is to be carried any more."""
        ends_at = time.monotonic() + self._shift
        while True:
            activity.heartbeat()
            row, has_news, found = await self._look(endpoint)
            if row is None:
                return False
            if has_news:
                await self._collect(row)
                _, _, found = await self._look(endpoint)
            sent = sum(await asyncio.gather(*(self._send(row, delivery, event) for delivery, event in found)))
            if time.monotonic() >= ends_at or activity.is_worker_shutdown():
                return True
            if not has_news and not sent:
                with suppress(TimeoutError):
                    await asyncio.wait_for(activity.wait_for_worker_shutdown(), _PAUSE)

    async def _look(self, endpoint: str) -> tuple[EndpointRow | None, bool, list[tuple[DeliveryRow, OutgoingRow]]]:
        """The endpoint where it is sent to, whether it has news, and what is due: one look, since it is idle nearly always."""
        async with self._database.of_every_tenant().read() as session:  # whose it is, only its row says
            row = await session.get(EndpointRow, endpoint)
            if row is None or row.disabled_at is not None:
                return None, False, []
            has_news = await webhooks.has_news(session, row)
            return row, has_news, await webhooks.due(session, endpoint, self._now(), _AT_ONCE)

    async def _collect(self, endpoint: EndpointRow) -> None:
        async with self._database.of(endpoint.tenant).begin() as session:
            row = await webhooks.take(session, endpoint.id)
            if row is not None:
                await webhooks.collect(session, row, self._now())

    async def _send(self, endpoint: EndpointRow, delivery: DeliveryRow, event: OutgoingRow) -> bool:
        body, at = outbox.sent_as(event).as_json(), self._now()
        headers = signed_headers(event.id, at, body, webhooks.signing_secrets(endpoint, at), MEDIA_TYPE)
        status, retry_after, failed = None, None, None
        try:
            circuit = f"{endpoint.id} {endpoint.url}"
            reply = await self._outbound.post(endpoint.url, body.encode(), headers, circuit=circuit)
            status, retry_after = reply
        except CircuitOpen:
            return False  # no attempt, so none of its attempts is used up
        except (RefusedTarget, Unanswered) as error:
            failed = str(error)
        await self._note(endpoint, delivery, Attempt(delivery.attempts + 1, at, status, retry_after), failed)
        return True

    async def _note(self, endpoint: EndpointRow, delivery: DeliveryRow, attempt: Attempt, failed: str | None) -> None:
        verdict = verdict_on(attempt, endpoint.id, delivery.event)
        async with self._database.of(endpoint.tenant).begin() as session:
            row = await webhooks.take(session, endpoint.id)
            if row is None or not await webhooks.note(session, row, delivery.position, attempt, verdict, failed):
                return
            if verdict.is_gone:
                await webhooks.disable(session, row, GONE, attempt.at)
            elif verdict.state != "delivered" and fails_too_long(row.failing_since, attempt.at):
                await webhooks.disable(session, row, FAILING, attempt.at)
        self._counts.carried(verdict.state)
        log = _log.info if verdict.state == "delivered" else _log.warning
        log(
            "carried",
            endpoint=endpoint.id,
            event_id=delivery.event,
            attempt=attempt.number,
            state=verdict.state,
            status=attempt.status,
        )
