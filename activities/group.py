"""Start the members of a group, some of them a call: each once, whoever is killed in between."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.alive import alive
from engine.effects import START_SOME, StartedSome, StartGroup
from store import groups
from store.database import Database
from store.groups import Became
from store.tables import ClientGroupRow, GroupMemberRow

_log = structlog.get_logger("stepwell.groups")
_A_BATCH = 250
_A_CALL = 20
"""Batches that one call of the activity does at most."""
_LONGEST_WAIT = 30 * 86400.0
"""Seconds after which it looks again, however far off the next wave is."""


class Starts(Protocol):
    """How members are entered and started. It is safe to repeat for the same group."""

    async def start(self, group: ClientGroupRow, members: Sequence[GroupMemberRow]) -> list[Became]:
        """Start these, and say what became of each."""


class Groups:
    """Works through the members of a group that still wait."""

    def __init__(self, database: Database, starts: Starts) -> None:
        self._database = database
        self._starts = starts

    @activity.defn(name=START_SOME)
    async def start_some(self, wanted: StartGroup) -> StartedSome:
        """Start some of them, and say whether those were all, or when the next wave is."""
        async with alive():
            for _ in range(_A_CALL):
                done = await self._batch(wanted)
                if done is not None:
                    return done
        return StartedSome(is_finished=False)

    async def _batch(self, wanted: StartGroup) -> StartedSome | None:
        """Start a batch; None: there may be more for now."""
        now = datetime.now(UTC)
        async with self._database.of(wanted.tenant).begin() as session:
            # taken: whoever adds members does it before this, or finds the group finished and has it carry on
            group = await groups.take(session, wanted.tenant, wanted.group)
            if group is None:
                raise ApplicationError(f"the group {wanted.group} is not in the store", type="NoGroup", non_retryable=True)
            size = max(1, min(_A_BATCH, int(group.per_second)))
            waiting = await groups.waiting(session, group.id, limit=size)
            if group.cancelled_at is not None or not waiting:
                group.finished_at = group.finished_at or now
                session.add(group)
                _log.info("group starts finished", group=group.id)
                return StartedSome(is_finished=True)
        base = group.begins_at or group.started_at or now
        due = [one for one in waiting if _seconds_until(group, base, one, now) <= 0]
        if not due:
            wait = _seconds_until(group, base, waiting[0], now)
            return StartedSome(is_finished=False, wait_seconds=min(max(1.0, wait), _LONGEST_WAIT))
        pace = asyncio.create_task(asyncio.sleep(len(due) / group.per_second))
        became = await self._starts.start(group, due)
        async with self._database.of(wanted.tenant).begin() as session:
            # a date that was changed meanwhile is told to whoever is settled by then; these are not, and hear of it next
            known = await groups.take(session, wanted.tenant, wanted.group)
            if known is not None and known.dates == group.dates:
                await groups.settle(session, group.id, became, datetime.now(UTC))
        await pace
        return None


def _seconds_until(group: ClientGroupRow, base: datetime, member: GroupMemberRow, now: datetime) -> float:
    """How long it is to a member's wave: as a number, for the last of many waves may be past every calendar's end."""
    return (base - now).total_seconds() + member.wave * group.wave_seconds
