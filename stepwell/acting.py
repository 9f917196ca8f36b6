"""What an action on many journeys does to one of them, as the activity that works through them reaches it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple, TypeVar, cast

from temporalio.client import Client as Connection

from activities.bulk import Outcome
from engine.steps import StepTypes
from engine.turn import Answer
from stepwell.access import Caller, Kind
from stepwell.care import Care
from stepwell.desk import Desk
from stepwell.enrolment import date_from
from stepwell.errors import Forbidden, NotFound, Refused, StepwellError
from stepwell.migrations import migrate_one
from stepwell.moving import Moving
from stepwell.steering import Steering
from store import events, groups, journeys
from store.database import Database
from store.ids import id_from
from store.tables import BulkItemRow, BulkJobRow, OccurrenceRow

_Door = TypeVar("_Door", bound=Desk)
_OPEN = ("open", "started")
_SKEW = timedelta(minutes=1)
"""By how much the clocks of two machines may differ."""


class Acting:
    """Does to one journey what a job says, as the person who began the job, under ids that follow from job and journey."""

    def __init__(self, database: Database, connection: Connection, types: StepTypes, care: Care) -> None:
        self._database = database
        self._connection = connection
        self._types = types
        self._care = care

    async def act(self, job: BulkJobRow, item: BulkItemRow) -> Outcome:
        """Do it, and say what became of it. What was refused stays so; what failed may be tried again."""
        journey = item.journey
        try:
            if job.action == "migrate":
                return await migrate_one(self._door(Moving, job), job, item)
            await self._act(job, journey)
        except (Refused, NotFound, Forbidden) as refused:
            if job.action == "stop" and await self._has_stopped(job, journey):
                return Outcome("done")
            return Outcome("refused", str(refused)[:500])
        except StepwellError as error:
            return Outcome("failed", str(error)[:500])
        return Outcome("done")

    async def _act(self, job: BulkJobRow, journey: str) -> None:
        steering = self._door(Steering, job)
        if job.action == "set_date":
            await self._set_date(steering, job, journey)
            return
        if job.action in _ON_JOURNEYS:
            await _ON_JOURNEYS[job.action](steering, job, journey)
            return
        on_steps = _ON_STEPS[job.action]
        async with self._database.of(job.tenant).read() as session:
            steps = [one for one in await journeys.occurrences(session, journey) if on_steps.is_meant(one)]
        if not steps:
            raise Refused(*on_steps.none)
        refusals = []
        for step in steps:
            try:
                await on_steps.act(steering, job, journey, step.id)
            except Refused as refused:
                refusals.append(refused)
        if len(refusals) == len(steps):
            raise refusals[0]

    async def _set_date(self, steering: Steering, job: BulkJobRow, journey: str) -> None:
        """Tell what the group says by now: of two jobs for one date, whichever comes last must not tell the older value."""
        facts = job.arguments
        async with self._database.of(job.tenant).read() as session:
            group = await groups.get(session, job.tenant, facts["group"])
        text = group.dates.get(facts["name"], "") if group else facts["value"]
        value = date_from(text) if text else None
        await steering.set_date(journey, facts["name"], value, message_id=_message(job, journey))

    def _door(self, kind: type[_Door], job: BulkJobRow) -> _Door:
        return kind(self._database, self._connection, job.tenant, self._types, self._care).called_by(_caller(job))

    async def _has_stopped(self, job: BulkJobRow, journey: str) -> bool:
        """Whether it was this job that ended the journey, before whoever carried it out could say so."""
        async with self._database.of(job.tenant).read() as session:
            last = await events.read(session, journey, after=max(await events.last_number(session, journey) - 1, 0))
        return any(
            one.kind == "journey_stopped"
            and one.at >= job.created_at - _SKEW
            and (one.by.role, one.by.id) == (job.by_role, job.by_id)
            and one.reason == job.arguments["reason"]
            for one in last
        )


def _caller(job: BulkJobRow) -> Caller:
    """Who began it: what is done is theirs, and within what they may."""
    return Caller(tenant=job.tenant, kind=cast(Kind, job.by_role), id=job.by_id, credential=job.id)


def _message(job: BulkJobRow, *what: str) -> str:
    """The id of the one message that this job has for a journey or a step, however often it is sent (rule G9)."""
    return id_from("bulk", job.id, *what)


async def _pause(steering: Steering, job: BulkJobRow, journey: str) -> Answer:
    facts = job.arguments
    return await steering.pause(journey, reason=facts["reason"], mode=facts["mode"], message_id=_message(job, journey))


async def _resume(steering: Steering, job: BulkJobRow, journey: str) -> Answer:
    return await steering.resume(journey, message_id=_message(job, journey))


async def _stop(steering: Steering, job: BulkJobRow, journey: str) -> Answer:
    return await steering.stop(journey, reason=job.arguments["reason"], message_id=_message(job, journey))


async def _remind(steering: Steering, job: BulkJobRow, journey: str, step: str) -> Answer:
    return await steering.remind_now(journey, step, message_id=_message(job, journey, step))


async def _retry(steering: Steering, job: BulkJobRow, journey: str, step: str) -> Answer:
    return await steering.retry(journey, step, message_id=_message(job, journey, step))


class _OnSteps(NamedTuple):
    """What is done to each of some steps of a journey."""

    is_meant: Callable[[OccurrenceRow], bool]
    none: tuple[str, str, str]
    """Code, rule and words of the refusal where no step is meant."""
    act: Callable[[Steering, BulkJobRow, str, str], Awaitable[Answer]]


_ON_JOURNEYS = {"pause": _pause, "resume": _resume, "stop": _stop}
_ON_STEPS = {
    "remind": _OnSteps(lambda one: one.state in _OPEN, ("not_open", "G9", "no step is open"), _remind),
    "retry": _OnSteps(lambda one: one.holds and one.state in _OPEN, ("no_task", "G12", "no task of it has failed"), _retry),
}
