"""Alerts at the front door: raised with an answer, told until somebody takes them up (rule R8)."""

from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.executions import Executions
from engine.base import ClientId, JourneyId, MessageId, OccurrenceId, TenantId
from engine.messages import AcknowledgeRisk, By, RaiseRisk
from stepwell.access import needs
from stepwell.desk import Desk, plain
from stepwell.enrolment import structure_for
from stepwell.errors import NotFound, Refused, Unavailable
from stepwell.messenger import submit
from stepwell.models import Alert
from store import alerts, erasing, journeys
from store.erasing import Whose
from store.tables import AlertRow, JourneyRow
from workflows.alarm import AlarmWorkflow
from workflows.inputs import AlarmInput
from workflows.names import JOURNEYS
from workflows.policies import priority_of


class Alerting(Desk):
    """Raise, see and take up alerts."""

    @needs("journeys:read", "host", "practitioner", "operator")
    async def alerts(self, *, all: bool = False, limit: int = 100, after: str = "") -> list[Alert]:
        """What nobody has taken up yet, or with `all` everything, the oldest first, after one."""
        async with self._database.read() as session:
            found = await alerts.find(
                session, self._tenant, only_open=not all, practitioner=self._practitioner, limit=limit, after=after
            )
        return [alert_from(row) for row in found]

    @needs("journeys:write", "host", "practitioner", "operator")
    async def acknowledge(self, alert: str, *, by: str, reason: str) -> Alert:
        """Take an alert up: it is not repeated any more, and the journey's reminders go on.

        `by` is a named person, `reason` what was done. The first to do so stays the one. Raises NotFound, Refused, Unavailable.
        """
        who, why = plain(self._person(by) or "", "a name", "R8", 64), plain(reason, "a reason", "R8", 2000)
        if not who.strip() or not why.strip():
            raise Refused("unnamed", "R8", "an alert is taken up by a named person who says what was done")
        async with self._database.begin() as session:
            row = await self._alert(session, alert)
            await alerts.acknowledge(session, row, by=who, reason=why, now=self._now())
        await self._silence(row)
        return alert_from(row)

    async def _alert(self, session: AsyncSession, alert: str) -> AlertRow:
        """The alert of that id. Raises NotFound, also where it is not about one of the caller's clients."""
        row = await alerts.get(session, self._tenant, alert)
        journey = await journeys.get(session, self._tenant, row.journey) if row else None
        if row is None or journey is None or not await self._is_theirs(session, journey):
            raise NotFound(f"there is no alert {alert}; see: stepwell alert list")
        return row

    async def _silence(self, alert: AlertRow, again: str = "") -> None:
        """End the alarm, which otherwise asks the store before its next round, and let the journey remind again."""
        with suppress(RPCError):
            await self._connection.get_workflow_handle(alert.id).signal(AlarmWorkflow.acknowledge)
        message = AcknowledgeRisk(
            id=MessageId(f"acknowledge{again}-{alert.id}"),
            by=By(role="practitioner", id=alert.acknowledged_by),
            alert=alert.id,
            reason=alert.reason or "",
        )
        with suppress(NotFound, Refused):  # the journey is over: nothing is held there any more
            await submit(self._connection, alert.journey, message)

    async def _sound(self, alert: AlertRow) -> None:
        """Start the alarm, then hold the journey's reminders. Raises Unavailable; safe to repeat."""
        async with self._database.read() as session:
            journey = await journeys.get(session, alert.tenant, alert.journey)
        if journey is None:
            raise NotFound(f"there is no journey {alert.journey}")
        if not await self._is_wanted(journey):
            return
        await self._start_alarm(alert, journey)
        if not await self._is_wanted(journey):  # a deletion has overtaken it
            await Executions(self._connection).erase(alert.id)
            return
        message = RaiseRisk(id=MessageId(f"raise-{alert.id}"), occurrence=OccurrenceId(alert.occurrence), alert=alert.id)
        with suppress(NotFound, Refused):  # the journey is over, or not there: the alarm sounds all the same
            await submit(self._connection, alert.journey, message)
        async with self._database.begin() as session:  # last: until then a worker tries it all again
            row = await alerts.get(session, alert.tenant, alert.id)
            if row is not None:
                row.watched_at = row.watched_at or self._now()
        if row is not None and row.acknowledged_at is not None:  # somebody was quicker than the journey was told
            await self._silence(row, "again")

    async def _is_wanted(self, journey: JourneyRow) -> bool:
        """Whether its client is there, and not being deleted (rule P4)."""
        async with self._database.glance() as session:
            return await erasing.is_wanted(session, Whose(journey.tenant, journey.client))

    async def _start_alarm(self, alert: AlertRow, journey: JourneyRow) -> None:
        structure = await structure_for(self._database, journey)
        assert structure.alerts is not None, "publishing refuses a risk rule without anybody to alert"
        facts = AlarmInput(
            alert=alert.id,
            tenant=TenantId(alert.tenant),
            journey=JourneyId(alert.journey),
            client=ClientId(journey.client),
            occurrence=OccurrenceId(alert.occurrence),
            raised_at=alert.raised_at,
            alerts=structure.alerts,
        )
        try:
            await self._connection.start_workflow(
                AlarmWorkflow.run,
                facts,
                id=alert.id,
                task_queue=JOURNEYS,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary="alert",
                priority=priority_of(alert.tenant, is_urgent=True),
            )
        except WorkflowAlreadyStartedError:
            pass  # it has been told and acknowledged already
        except RPCError as error:
            if error.status == RPCStatusCode.ALREADY_EXISTS:
                return
            raise Unavailable(
                f"alert {alert.id} is kept, and nobody is told yet ({error.message}); a worker tells them as soon as it can"
            ) from error


def alert_from(row: AlertRow) -> Alert:
    """A stored alert as people see it."""
    return Alert.model_validate(row.model_dump(include=set(Alert.model_fields)))
