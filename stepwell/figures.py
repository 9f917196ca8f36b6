"""Figures: what becomes of each step of a pathway, how two versions differ, and how the whole system stands."""

from datetime import datetime, timedelta
from typing import Any

from temporalio.service import RPCError

from engine.base import StepId
from engine.publishing import Published
from engine.words import in_language
from stepwell.access import needs
from stepwell.desk import Desk
from stepwell.errors import NotFound, Unavailable
from stepwell.models import (
    MessageFailures,
    OpenAlert,
    QueueHealth,
    StepChange,
    StepFigures,
    SystemFigures,
    VersionCount,
    VersionDifferences,
    WeekFigures,
)
from stepwell.queues import healths
from store import figures, journeys, pathways
from store.versions import published_from

_MOST_ALERTS = 50
_SOON = timedelta(minutes=1)
_A_DAY = timedelta(days=1)
"""A step that was due today is not overdue yet."""
_EXPIRED = ("expired", "abandoned")


class Figures(Desk):
    """Count over many journeys; never a judgement of a person."""

    @needs("journeys:read", "host", "practitioner", "operator")
    async def funnel(self, pathway: str, *, version: int | None = None) -> list[StepFigures]:
        """What became of each step, in the order of the version asked for, else of the latest. Raises NotFound.

        Without `version` the journeys on every version are counted; steps that only earlier versions had come last.
        """
        published = await self._published_or_none(pathway, version)
        of = figures.Pathway(self._tenant, pathway, version, self._practitioner)
        async with self._database.read() as session:
            states = await figures.states(session, of)
            reached = await figures.journeys_at(session, of)
            hours = {one.step: one for one in await figures.hours(session, of)}
        steps = published.structure.by_id
        found = []
        for step in [*steps, *sorted({StepId(one.step) for one in states} - set(steps))]:
            counted = {one.state: one.occurrences for one in states if one.step == step}
            known, shown = steps.get(step), published.contents.steps.get(step)
            language = published.contents.language
            found.append(
                StepFigures(
                    step=step,
                    type=known.type if known else "",
                    title=in_language(shown.title, language, language) if shown and shown.title else "",
                    required=known.required if known else False,
                    reached=reached.get(step, (0, 0))[0],
                    holding=reached.get(step, (0, 0))[1],
                    open=counted.get("open", 0) + counted.get("started", 0),
                    expired=sum(counted.get(one, 0) for one in _EXPIRED),
                    **{one: counted.get(one, 0) for one in ("completed", "skipped", "excused", "not_applicable", "cancelled")},
                    median_hours=hours[step].median if step in hours else None,
                    p90_hours=hours[step].p90 if step in hours else None,
                )
            )
        return found

    @needs("journeys:read", "host", "practitioner", "operator")
    async def adherence_over_time(self, pathway: str, *, version: int | None = None, weeks: int = 26) -> list[WeekFigures]:
        """What was due to clients week by week, and what they completed, on time or late. Raises NotFound."""
        now = self._now()
        since = (now - timedelta(days=now.weekday(), weeks=weeks - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
        async with self._database.read() as session:
            every = [published_from(row) for row in await pathways.versions(session, self._tenant, pathway)]
            if not every:
                raise NotFound(f"no pathway {pathway} is published")
            clients = {step.id for one in every for step in one.structure.steps if step.actor == "client"}
            of = figures.Pathway(self._tenant, pathway, version, self._practitioner)
            found = await figures.weeks(session, of, sorted(clients), since=since)
        return [
            WeekFigures(week=one.monday, offered=one.offered, completed=one.completed, on_time=one.on_time) for one in found
        ]

    @needs("journeys:read", "host", "practitioner", "operator")
    async def journeys_per_version(self, pathway: str) -> list[VersionCount]:
        """How many journeys are on each version, by status."""
        async with self._database.read() as session:
            found = await figures.per_version(session, figures.Pathway(self._tenant, pathway, None, self._practitioner))
        return [VersionCount(version=version, status=status, journeys=number) for version, status, number in found]

    @needs("pathways:read", "host", "practitioner", "operator")
    async def version_differences(self, pathway: str, old: int, new: int) -> VersionDifferences:
        """What version `new` does differently from version `old`, by step and field. Raises NotFound."""
        return differences(
            pathway, old, new, await self._published_or_none(pathway, old), await self._published_or_none(pathway, new)
        )

    @needs("journeys:read", "host", "operator")
    async def system(self, *, since: datetime | None = None) -> SystemFigures:
        """How things stand; messages and failures since an instant (a day ago)."""
        now = self._now()
        start = since or now - timedelta(days=1)
        async with self._database.read() as session:
            statuses = await journeys.count(session, self._tenant)
            held, overdue, failed = await figures.standing(session, self._tenant, owed_before=now - _A_DAY, since=start)
            open_alerts, oldest = await figures.open_alerts(session, self._tenant, limit=_MOST_ALERTS)
            messages = await figures.messages(session, self._tenant, since=start)
            dead, disabled = await figures.webhooks(session, self._tenant)
            unrecorded = await figures.unrecorded(session, self._tenant, before=now - _SOON)
            newest = await figures.last_recorded_at(session, self._tenant)
        return SystemFigures(
            journeys=statuses,
            held=held,
            overdue=overdue,
            failed=failed,
            alerts=tuple(
                OpenAlert(id=one.id, journey=one.journey, raised_at=one.raised_at, is_sounding=one.watched_at is not None)
                for one in oldest
            ),
            open_alerts=open_alerts,
            messages=tuple(_failures(one) for one in messages),
            dead_deliveries=dead,
            disabled_endpoints=disabled,
            last_recorded_at=newest,
            unrecorded_starts=unrecorded,
        )

    @needs("journeys:read", "operator")
    async def queues(self) -> list[QueueHealth]:
        """Whether somebody works on each task queue, and what waits in it. Raises Unavailable."""
        try:
            return await healths(self._connection)
        except RPCError as error:
            raise Unavailable("Temporal does not say how its queues are") from error

    async def _published_or_none(self, pathway: str, version: int | None) -> Published:
        published = await self._published(pathway, version)
        if published is None:
            raise NotFound(f"no pathway {pathway}{f' version {version}' if version else ''} is published")
        return published


def differences(pathway: str, old: int, new: int, before: Published, after: Published) -> VersionDifferences:
    """Where two versions differ: the pathway itself, then step by step in the order of the newer one."""
    had, has = before.structure.by_id, after.structure.by_id
    steps = []
    kept = [one for one in had if one in has]
    kept_now = [one for one in has if one in had]
    for name in has:
        if name not in had:
            steps.append(StepChange(step=name, what="added"))
            continue
        if kept.index(name) != kept_now.index(name):
            steps.append(StepChange(step=name, what="moved"))
        structure = _changed(had[name], has[name])
        content = _changed(before.contents.steps[name], after.contents.steps[name])
        steps += [StepChange(step=name, what="structure", fields=structure)] if structure else []
        steps += [StepChange(step=name, what="content", fields=content)] if content else []
    steps += [StepChange(step=name, what="removed") for name in had if name not in has]
    return VersionDifferences(
        pathway=pathway,
        old=old,
        new=new,
        steps=tuple(steps),
        structure=_changed(before.structure, after.structure, but=("version", "steps")),
        contents=_changed(before.contents, after.contents, but=("steps",)),
    )


def _changed(one: Any, other: Any, *, but: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The fields in which two models of a kind differ."""
    names = [name for name in type(one).model_fields if name not in but]
    return tuple(name for name in names if getattr(one, name) != getattr(other, name))


def _failures(one: figures.Failures) -> MessageFailures:
    outcome, reason = ("failed", one.failed) if one.failed is not None else ("skipped", one.skipped)
    return MessageFailures.model_validate(
        {"channel": one.channel, "outcome": outcome, "reason": reason or "", "messages": one.messages}
    )
