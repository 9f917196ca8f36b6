"""Figures and records for practitioners: compliance, what was given since the last session, stages, what is left undone."""

from datetime import UTC, datetime

from engine.base import StepId
from engine.journey import SATISFYING_STATES
from engine.measures import Assignment, Compliance, Evidence, compliance
from engine.words import in_language
from stepwell.access import needs
from stepwell.desk import Desk
from stepwell.errors import NotFound, Refused
from stepwell.models import LogEntry, SessionLog, Stage, Unfinished
from store import journeys, responses
from store.tables import JourneyRow, OccurrenceRow
from store.versions import Shown

_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
_GROUPS = ("client", "step", "kind", "pathway")


class Measuring(Desk):
    """Count and list what was assigned and done; never a judgement of a person."""

    @needs("journeys:read", "host", "practitioner", "operator")
    async def compliance(
        self,
        *,
        client: str | None = None,
        pathway: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        by: str | None = None,
    ) -> dict[str, Compliance]:
        """What was done of what was assigned to clients in a window, by `client`, `step`, `kind` or `pathway`; else as `all`.

        `since` and `until` are aware instants: what was due from `since` until before `until` (now). Steps that a
        practitioner let the client off count for nobody. Raises Refused for another grouping.
        """
        if by is not None and by not in _GROUPS:
            raise Refused("unknown_group", "D33", f"figures come by {', '.join(_GROUPS)}, not by {by}")
        groups: dict[str, list[Assignment]] = {}
        async with self._database.read() as session:
            found = await journeys.with_occurrences(
                session, self._tenant, client=client, pathway=pathway, practitioner=self._practitioner
            )
        newest = await self._newest(row for row, _ in found)
        for row, occurrences in found:
            for one in occurrences:
                given = _assignment(row, one, await self._shown(row, one, newest[row.pathway]))
                if given is not None:
                    group = {"client": row.client, "step": f"{row.pathway}/{one.step}", "pathway": row.pathway}
                    group["kind"] = given.kind or "none"
                    groups.setdefault(group[by] if by else "all", []).append(given)
        window = (since or _ALWAYS, until or self._now())
        return {name: compliance(groups[name], *window) for name in sorted(groups)}

    @needs("journeys:read", "host", "practitioner")
    async def session_log(self, journey: str) -> list[SessionLog]:
        """What the client was given between one attended session and the next, and what became of it (D37)."""
        row = await self._journey(journey)
        newest = (await self._newest([row]))[row.pathway]
        async with self._database.read() as session:
            found = [(one, await self._shown(row, one, newest)) for one in await journeys.occurrences(session, row.id)]
            attended = []
            for one, shown in found:
                if shown.step.type == "appointment" and one.state == "completed":
                    given = await responses.of_occurrence(session, row.id, one.id)
                    if given and given[-1].outcome.get("attended"):
                        attended.append(one)
        starts: list[tuple[str | None, datetime | None]] = [(None, row.started_at)]
        starts += [(one.id, one.settled_at) for one in sorted(attended, key=lambda one: one.settled_at or _ALWAYS)]
        logs = []
        for at, (name, begins) in enumerate(starts):
            ends = starts[at + 1][1] if at + 1 < len(starts) else None
            entries = tuple(
                _entry(one, shown)
                for one, shown in found
                if one.delivered_at is not None
                and shown.step.actor == "client"
                and (begins is None or one.delivered_at >= begins)
                and (ends is None or one.delivered_at < ends)
            )
            logs.append(SessionLog(session=name, at=begins, entries=entries))
        return logs

    @needs("journeys:read", "host", "practitioner", "client", "operator")
    async def stages(self, journey: str) -> list[Stage]:
        """The parts of the pathway in the client's language, each with the share of its required steps that are done."""
        row = await self._journey(journey)
        published = await self._running(row)
        contents, language = published.contents, (await self._client(row.client)).language
        async with self._database.read() as session:
            found = await journeys.occurrences(session, row.id)
        states: dict[str, list[str]] = {}
        for one in found:
            states.setdefault(one.step, []).append(one.state)
        stages = []
        for name, title in contents.stages.items():
            required = [one for one in published.structure.steps if one.required and contents.steps[one.id].stage == name]
            done = sum(
                len(states.get(one.id, ())) >= ((one.repeat.count or 1) if one.repeat else 1)
                and SATISFYING_STATES.issuperset(states[one.id])
                for one in required
            )
            share = done / len(required) if required else None
            words = in_language(title, language, contents.language)
            stages.append(Stage(id=name, title=words, done=done, of=len(required), share=share))
        return stages

    @needs("journeys:read", "host", "practitioner", "operator")
    async def unfinished(
        self, *, practitioner: str | None = None, limit: int = 1000, after: Unfinished | None = None
    ) -> list[Unfinished]:
        """What clients have left open or let pass, of running journeys, the longest first, after one (D15)."""
        whose = self._practitioner or practitioner
        left: list[Unfinished] = []
        place = (after.since, after.journey, after.occurrence) if after else None
        while len(left) < limit:
            async with self._database.read() as session:
                found = await journeys.left_undone(session, self._tenant, practitioner=whose, limit=limit, after=place)
            for row, one in found:
                structure = (await self._published_for(row)).structure
                if structure.by_id[StepId(one.step)].actor == "client" and one.delivered_at is not None:
                    facts = {"journey": row.id, "client": row.client, "occurrence": one.id, "state": one.state}
                    left.append(Unfinished(**facts, since=one.delivered_at, reminders=one.reminders, holds=one.holds))
            if len(found) < limit:
                break
            row, one = found[-1]
            assert one.delivered_at is not None
            place = (one.delivered_at, row.id, one.id)
        return left[:limit]

    @needs("journeys:read", "host", "practitioner")
    async def evidence(self, journey: str, occurrence: str) -> Evidence:
        """What can be shown of how a step was assigned: a checklist, never a score of the practitioner (D36)."""
        row = await self._journey(journey)
        newest = (await self._newest([row]))[row.pathway]
        async with self._database.read() as session:
            found = {one.id: one for one in await journeys.occurrences(session, row.id)}
            given = await responses.of_occurrence(session, row.id, occurrence)
        if occurrence not in found:
            raise NotFound(f"{occurrence} was not delivered in this journey yet")
        plan, shown, _, _ = await self._shown(row, found[occurrence], newest)
        said = given[-1].payload if given else {}
        return Evidence(
            rationale=shown.rationale is not None,
            instructions=shown.instructions is not None,
            practised=bool(said.get("tried")),
            understanding=bool(said.get("understood")),
            specific=plan.window.finish_by is not None or plan.window.start_by is not None,
            marked_as_homework=shown.kind is not None,
        )


def _assignment(row: JourneyRow, one: OccurrenceRow, shown: Shown) -> Assignment | None:
    step = shown.step
    if step.actor != "client" or one.due_at is None:
        return None
    return Assignment.model_validate(
        {
            "occurrence": one.id,
            "step": one.step,
            "pathway": row.pathway,
            "kind": shown.content.kind,
            "required": step.required,
            "due_at": one.due_at,
            "state": one.state,
            "settled_at": one.settled_at,
            "late": one.late,
        }
    )


def _entry(one: OccurrenceRow, shown: Shown) -> LogEntry:
    language, content = shown.contents.language, shown.content
    title = in_language(content.title, language, language) if content.title else one.step
    facts = one.model_dump(include={"delivered_at", "state", "settled_at", "late"})
    return LogEntry.model_validate({"occurrence": one.id, "title": title, "kind": content.kind, **facts})
