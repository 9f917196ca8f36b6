"""Moving one journey to another version of its pathway, and changing the plan of one client alone (rules E1 to E4)."""

from collections.abc import Mapping as Given
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from engine.advance import advance
from engine.base import MessageId, StepId
from engine.deviations import AddStep, Deviation, DropStep, MoveStep, RestoreStep, ShiftStep
from engine.durations import Offset
from engine.findings import DefinitionError
from engine.loading import dump, load
from engine.mapping import Mapping
from engine.messages import By, ChangePlan, Migrate, Tick
from engine.publishing import Published
from engine.structure import StepStructure, Structure
from engine.turn import Answer, Move
from stepwell.access import needs
from stepwell.authoring import Authoring
from stepwell.errors import NotFound, Refused
from stepwell.models import Foreseen, MigrationDifference, StepGain, StepLoss, StepMove
from stepwell.previewing import Previewing
from stepwell.steering import Steering
from store import journeys, pathways
from store.tables import AddedStepRow, JourneyRow
from workflows.inputs import Checkpoint
from workflows.journey import JourneyWorkflow

_PRACTITIONER = By(role="practitioner")
_LOOK = "to see what it would change"


class Moving(Authoring, Steering, Previewing):
    """Migrate one journey, or let one client's plan deviate. Whatever is done can be looked at first."""

    @needs("journeys:read", "practitioner", "operator")
    async def migration(self, journey: str, to: int, mapping: Mapping | None = None) -> MigrationDifference:
        """What moving a journey to that version would come to: what its client gains, loses or gets at another time.

        Nothing is done. Computed by the functions that will do it, on the journey's own state. Raises NotFound, Unavailable.
        """
        row = await self._journey(journey)
        structure = await self._version_of(row, to)
        now = await self._ask(row, JourneyWorkflow.checkpoint)
        return difference(row.id, now, structure, mapping or Mapping(), max(self._now(), now.journey.seen_at))

    @needs("journeys:write", "practitioner", "operator")
    async def migrate(
        self,
        journey: str,
        to: int,
        *,
        mapping: Mapping | None = None,
        reason: str,
        expects: int | None = None,
        by: By = _PRACTITIONER,
        message_id: str | None = None,
    ) -> Answer:
        """Let a journey go on by another version of its pathway; nothing is delivered again (rules E1 to E3).

        `expects` is the `seq` of the difference that somebody looked at: where more has happened since, it is refused.
        The answer says what moved. Raises NotFound for a version that is not there, Refused with the rule.
        """
        structure = await self._version_of(await self._journey(journey), to)
        facts = {"structure": structure, "mapping": mapping or Mapping(), "reason": reason, "expects": expects}
        return await self._tell(journey, Migrate, message_id, by=by, **facts)

    async def _version_of(self, journey: JourneyRow, number: int) -> Structure:
        published = await self._published(journey.pathway, number)
        if published is None:
            raise NotFound(f"there is no version {number} of {journey.pathway}; see: stepwell pathway versions")
        return published.structure

    # One client's plan (rule E4)

    @needs("journeys:write", "practitioner", "operator")
    async def drop_step(
        self, journey: str, step: str, *, reason: str, by: By = _PRACTITIONER, message_id: str | None = None
    ) -> Answer:
        """Leave a step out for this client: when its turn comes it does not apply. What repeats comes no more."""
        return await self.change_plan(journey, DropStep(step=StepId(step)), reason=reason, by=by, message_id=message_id)

    @needs("journeys:write", "practitioner", "operator")
    async def restore_step(
        self, journey: str, step: str, *, reason: str, by: By = _PRACTITIONER, message_id: str | None = None
    ) -> Answer:
        """Take a step back in that was left out."""
        return await self.change_plan(journey, RestoreStep(step=StepId(step)), reason=reason, by=by, message_id=message_id)

    @needs("journeys:write", "practitioner", "operator")
    async def shift_step(
        self,
        journey: str,
        step: str,
        *,
        by_length: str | None = None,
        to_day: date | None = None,
        reason: str,
        by: By = _PRACTITIONER,
        message_id: str | None = None,
    ) -> Answer:
        """Let a step come later or sooner by a length such as `3 days` or `-1 week`, or on a local day of the client's."""
        shift = ShiftStep(step=StepId(step), by=_length(by_length) if by_length else None, to=to_day)
        return await self.change_plan(journey, shift, reason=reason, by=by, message_id=message_id)

    @needs("journeys:write", "practitioner", "operator")
    async def move_step(
        self,
        journey: str,
        step: str,
        *,
        after: str | None,
        reason: str,
        by: By = _PRACTITIONER,
        message_id: str | None = None,
    ) -> Answer:
        """Put a step behind another one, or with None at the beginning."""
        move = MoveStep(step=StepId(step), after=StepId(after) if after else None)
        return await self.change_plan(journey, move, reason=reason, by=by, message_id=message_id)

    @needs("journeys:write", "practitioner", "operator")
    async def add_step(
        self,
        journey: str,
        step: Given[str, Any],
        *,
        after: str,
        reason: str,
        by: By = _PRACTITIONER,
        message_id: str | None = None,
    ) -> Answer:
        """Give this client a step that their pathway has not, behind `after`: written as in a pathway, or `{use: …}` of the library.

        Raises DefinitionError with everything that is wrong with it, Refused with the rule.
        """
        row = await self._journey(journey)
        added = await self._compiled(row, step, after)
        structure, content = added.structure.steps[-1], added.contents.steps[added.structure.steps[-1].id]
        kept = AddedStepRow(
            journey=row.id,
            step=structure.id,
            structure=structure.model_dump(mode="json"),
            content=content.model_dump(mode="json"),
            added_at=self._now(),
        )
        async with self._database.begin() as session:
            known = next((one for one in await journeys.added_steps(session, row.id) if one.step == structure.id), None)
            if known is not None and (known.structure, known.content) != (kept.structure, kept.content):
                raise Refused(
                    "does_not_fit", "E4", f"this client has been given another step {structure.id}; give it another id"
                )
            if known is None:
                session.add(kept)
        try:
            return await self.change_plan(
                journey, AddStep(step=structure, after=StepId(after)), reason=reason, by=by, message_id=message_id
            )
        except Refused:
            if known is None:
                async with self._database.begin() as session:
                    await journeys.forget_added_step(session, row.id, structure.id)
            raise

    @needs("journeys:read", "practitioner", "operator")
    async def foresee_step(self, journey: str, step: Given[str, Any], *, after: str) -> Foreseen:
        """What giving this client such a step would change. Nothing is done.

        Raises DefinitionError with everything that is wrong with it, NotFound, Refused, Unavailable.
        """
        added = (await self._compiled(await self._journey(journey), step, after)).structure.steps[-1]
        return await self.foresee(journey, ChangePlan, deviation=AddStep(step=added, after=StepId(after)))

    async def _compiled(self, row: JourneyRow, step: Given[str, Any], after: str) -> Published:
        """The step as the engine knows it, compiled in its place behind the steps that it may speak of; it stands last."""
        async with self._database.read() as session:
            version = await pathways.get(session, self._tenant, row.pathway, row.version)
        written = load(version.source).value if version else None
        if not isinstance(written, dict):
            raise NotFound(f"{row.pathway} version {row.version} is not in the store any more")
        known = [one.get("id") or one.get("use") for one in written["steps"]]
        if after not in known:
            raise Refused("unknown_step", "E4", f"{after} is no step of {row.pathway} version {row.version}")
        before = written["steps"][: known.index(after) + 1]
        checked = await self.check(dump({**written, "steps": [*before, dict(step)]}))
        mine = [
            one
            for one in checked.errors
            if one.step == step.get("id", step.get("use")) or one.path[:2] == ("steps", len(before))
        ]
        if checked.published is None:
            raise DefinitionError(mine or checked.errors)
        return checked.published

    @needs("journeys:write", "practitioner", "operator")
    async def change_plan(
        self, journey: str, deviation: Deviation, *, reason: str, by: By = _PRACTITIONER, message_id: str | None = None
    ) -> Answer:
        """Let this client's plan deviate in one point; an added step has to be compiled first: see `add_step`."""
        return await self._tell(journey, ChangePlan, message_id, by=by, deviation=deviation, reason=reason)


def _length(text: str) -> Offset:
    try:
        return Offset.parse(text)
    except (ValueError, ValidationError) as wrong:
        raise Refused("malformed", "E4", str(wrong)) from None


def difference(journey: str, now: Checkpoint, structure: Structure, mapping: Mapping, at: datetime) -> MigrationDifference:
    """What a migration comes to for a journey that is at this point."""
    message = Migrate(id=MessageId("looked-at"), by=By(role="operator"), structure=structure, mapping=mapping, reason=_LOOK)
    alone = advance(now.structure, now.journey, Tick(id=MessageId("looked-at-tick")), at)
    told = advance(now.structure, now.journey, message, at)
    heads = {
        "journey": journey,
        "client": now.journey.client,
        "seq": now.journey.seq,
        "from_version": now.journey.version,
        "to_version": structure.version,
        "accepted": told.answer.accepted,
    }
    if not told.answer.accepted:
        refused = {"code": told.answer.code, "rule": told.answer.rule, "message": told.answer.message}
        return MigrationDifference.model_validate(heads | refused)
    anyway = {one.id for one in alone.effects}
    came = {one.occurrence for one in told.events if one.kind == "step_delivered"}
    cancelled = [one.step for one in told.events if one.kind == "step_cancelled"]
    had = {mapping.renamed.get(step.id, step.id): step for step in now.structure.steps}
    has = (told.structure or structure).by_id
    gains = [one for one in told.answer.moved if _is_first(one) and not one.is_gone and one.step not in had]
    losses = [one for one in told.answer.moved if _is_first(one) and one.is_gone and _is_lost(one.step, has, mapping)]
    counted = {(one.what, one.occurrence) for one in (*gains, *losses)}
    return MigrationDifference.model_validate(
        heads
        | {
            "gains": [
                StepGain(step=one.step, at=one.after, certain=one.certain, at_once=one.occurrence in came) for one in gains
            ],
            "loses": [
                *(StepLoss(step=one, was_at=None, is_cancelled=True) for one in dict.fromkeys(cancelled)),
                *(StepLoss(step=one.step, was_at=one.before, is_cancelled=False) for one in losses),
            ],
            "moves": [
                StepMove.model_validate(one.model_dump(exclude={"step"}))
                for one in told.answer.moved
                if (one.what, one.occurrence) not in counted and one.step not in cancelled
            ],
            "messages": sum(one.kind == "notify" and one.id not in anyway for one in told.effects),
            "deviations_lost": len(now.journey.deviations) - len(told.journey.deviations),
        }
    )


def _is_first(one: Move) -> bool:
    return one.what == "delivery" and one.occurrence.endswith(".1")


def _is_lost(step: StepId, has: Given[StepId, StepStructure], mapping: Mapping) -> bool:
    return mapping.renamed.get(step, step) not in has
