"""Bugs to plant into the processes of a run, each of a kind that has hurt somebody: a checker that never failed proves nothing.

Each is put over the product from outside, in the process that `entry.py` starts; the runner itself is always the real thing.
"""

import asyncio
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Mutant:
    """One bug: how it is planted, what has to break for it to show, and the invariants that may name it."""

    plant: Callable[[], None]
    caught_by: tuple[str, ...]
    groups: tuple[str, ...] = ()
    faults: int = 0


def _over(place: Any, name: str, made: Callable[[Any], Any]) -> None:
    setattr(place, name, made(getattr(place, name)))


def _one_in(number: int, name: str) -> bool:
    return zlib.crc32(name.encode()) % number == 0


def _drops_a_message() -> None:
    """Answers some responses and forgets them."""
    from engine import advance as module
    from engine.turn import Answer

    def made(real: Any) -> Any:
        def advance(structure: Any, journey: Any, message: Any, now: datetime) -> Any:
            turn = real(structure, journey, message, now)
            if message.kind == "respond" and turn.answer.accepted and _one_in(5, message.id):
                return turn._replace(
                    journey=journey,
                    events=(),
                    effects=(),
                    wake_at=journey.wake_at,
                    answer=Answer(accepted=True, seq=journey.seq),
                )
            return turn

        return advance

    _over(module, "advance", made)


def _sends_twice() -> None:
    from activities.channels.email import EmailChannel

    def made(real: Any) -> Any:
        async def send(self: Any, address: str, mail: Any, effect: str) -> None:
            await real(self, address, mail, effect)
            await real(self, address, mail, effect)

        return send

    _over(EmailChannel, "send", made)


def _new_id_at_each_attempt() -> None:
    from activities.channels.email import EmailChannel

    prepared: dict[str, str] = {}

    def message_id(self: Any, effect: str) -> str:
        if effect in prepared:
            return prepared.pop(effect)
        prepared[effect] = f"<{uuid.uuid4().hex}@localhost>"
        return prepared[effect]

    EmailChannel.message_id = message_id  # type: ignore[method-assign]


def _comes_early() -> None:
    """What waits for a date comes two seconds before it."""
    from engine import schedule

    def made(real: Any) -> Any:
        def anchored_at(anchor: Any, moment: Any, standings: Any) -> Any:
            at, known_at = real(anchor, moment, standings)
            return (at - timedelta(seconds=2) if at and anchor.kind == "date" else at), known_at

        return anchored_at

    _over(schedule, "anchored_at", made)


def _forgets_on_rollover() -> None:
    """A run that makes way for the next one hands on no client dates."""
    from pydantic import model_validator

    from workflows import inputs

    class JourneyInput(inputs.JourneyInput):
        @model_validator(mode="before")
        @classmethod
        def _leak(cls, given: Any) -> Any:
            journey = given.get("journey") if isinstance(given, dict) else None
            if journey is not None and hasattr(journey, "model_copy"):
                return given | {"journey": journey.model_copy(update={"dates": {}})}
            return given

    inputs.JourneyInput = JourneyInput  # type: ignore[misc]


def _out_of_order() -> None:
    """A required step counts as passed when it is delivered."""
    from engine import schedule

    def made(real: Any) -> Any:
        def standing_of(step: Any, moment: Any) -> Any:
            standing = real(step, moment)
            return standing._replace(passed_at=standing.passed_at or standing.delivered_at)

        return standing_of

    _over(schedule, "standing_of", made)


def _acknowledges_first() -> None:
    """Says yes to a response, and takes it a second later."""
    from stepwell.answering import Answering
    from stepwell.models import Taken

    under_way: set[Any] = set()

    def made(real: Any) -> Any:
        async def later(*arguments: Any, **more: Any) -> None:
            await asyncio.sleep(1)
            try:
                await real(*arguments, **more)
            except Exception:
                return

        async def respond(*arguments: Any, **more: Any) -> Any:
            task = asyncio.create_task(later(*arguments, **more))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            return Taken(accepted=True, seq=1)

        respond.__dict__.update(real.__dict__)  # who may call it
        return respond

    _over(Answering, "respond", made)


def _an_hour_off() -> None:
    """Quiet hours end an hour early, as where a clock change is counted the wrong way."""
    from engine.moment import Moment

    hour = timedelta(hours=1)

    def made(real: Any) -> Any:
        def quiet(self: Any, instant: datetime, step: Any) -> datetime:
            held: datetime = real(self, instant + hour, step) - hour
            return held

        return quiet

    _over(Moment, "quiet", made)


def _reminds_afterwards() -> None:
    """Does not look again before it sends, and takes its time."""
    from activities import notifier
    from activities.relevance import Relevance

    def relevant(effect: Any, *_: Any) -> Any:
        return Relevance(effect.occurrences)

    def made(real: Any) -> Any:
        async def _prepare(self: Any, effect: Any) -> Any:
            if effect.purpose == "reminder":
                await asyncio.sleep(6)
            return await real(self, effect)

        return _prepare

    notifier.relevance = relevant  # type: ignore[assignment]
    _over(notifier.Notifier, "_prepare", made)


def _misses_alarms() -> None:
    from stepwell.answering import Answering

    def made(real: Any) -> Any:
        async def _keep(self: Any, journey: Any, kept: Any, alarms: Any) -> Any:
            return await real(self, journey, kept, ())

        return _keep

    _over(Answering, "_keep", made)


def _stale_projection() -> None:
    """Some occurrences are not brought up to what happened."""
    from store import projection

    def made(real: Any) -> Any:
        async def write(session: Any, journey: Any, old: Any, new: Any, fresh: Any = ()) -> None:
            kept = {
                name: one
                for name, one in new.occurrences.items()
                if not (one.state == "completed" and _one_in(3, f"{journey.id}{name}"))
            }
            await real(session, journey, old, new.model_copy(update={"occurrences": {**old.occurrences, **kept}}), fresh)

        return write

    _over(projection, "write", made)


def _leaks_a_note() -> None:
    from activities.channels.email import EmailChannel
    from tests.chaos.pathways import NOTE

    def made(real: Any) -> Any:
        def _message(self: Any, address: str, mail: Any, effect: str) -> Any:
            return real(self, address, mail._replace(text=f"{mail.text}\n{NOTE}\n"), effect)

        return _message

    _over(EmailChannel, "_message", made)


def _new_webhook_id_at_each_attempt() -> None:
    from activities import courier

    def made(real: Any) -> Any:
        def signed_headers(name: str, *more: Any) -> Any:
            return real(f"{name}.{uuid.uuid4().hex[:6]}", *more)

        return signed_headers

    _over(courier, "signed_headers", made)


def _accepts_rivals() -> None:
    """Says yes to a second answer to what is settled."""
    from engine import advance as module
    from engine.turn import Answer

    def made(real: Any) -> Any:
        def advance(structure: Any, journey: Any, message: Any, now: datetime) -> Any:
            turn = real(structure, journey, message, now)
            if turn.answer.code == "already_settled":
                return turn._replace(answer=Answer(accepted=True, seq=journey.seq))
            return turn

        return advance

    _over(module, "advance", made)


def _changes_what_was_said() -> None:
    from store import responses

    def made(real: Any) -> Any:
        async def keep(session: Any, response: Any) -> Any:
            answers = {
                name: value.upper() if isinstance(value, str) else value for name, value in response.payload["answers"].items()
            }
            response.payload = response.payload | {"answers": answers}
            return await real(session, response)

        return keep

    _over(responses, "keep", made)


def _delivers_while_paused() -> None:
    from engine import agenda

    def made(real: Any) -> Any:
        def walked(moment: Any, live: Any) -> Any:
            if moment.journey.status == "paused":
                moment = moment._replace(journey=moment.journey.model_copy(update={"status": "active"}))
            return real(moment, live)

        return walked

    _over(agenda, "agenda", made)


def _knows_no_repetition() -> None:
    """Each request is another one, whatever its key says."""
    from stepwell.api import once

    def made(real: Any) -> Any:
        async def answer_once(request: Any, database: Any, key: str, carry_out: Any) -> Any:
            return await real(request, database, f"{key}-{uuid.uuid4().hex}", carry_out)

        return answer_once

    _over(once, "answer_once", made)


def _reminds_too_often() -> None:
    from engine import agenda

    def made(real: Any) -> Any:
        def reminder_slots(step: Any, occurrence: Any, moment: Any) -> Any:
            slots = real(step, occurrence, moment)
            return sorted([*slots, *(slot + timedelta(seconds=1) for slot in slots)])

        return reminder_slots

    _over(agenda, "reminder_slots", made)


MUTANTS: dict[str, Mutant] = {
    "drops_a_message": Mutant(_drops_a_message, ("I1", "I9")),
    "sends_twice": Mutant(_sends_twice, ("I4",)),
    "new_id_at_each_attempt": Mutant(_new_id_at_each_attempt, ("I4",), ("mail",), 6),
    "comes_early": Mutant(_comes_early, ("I3",)),
    "forgets_on_rollover": Mutant(_forgets_on_rollover, ("I5", "I10")),
    "out_of_order": Mutant(_out_of_order, ("I3",)),
    "acknowledges_first": Mutant(_acknowledges_first, ("I1", "I9"), ("all",), 3),
    "an_hour_off": Mutant(_an_hour_off, ("I3", "I7")),
    "reminds_afterwards": Mutant(_reminds_afterwards, ("I6",)),
    "misses_alarms": Mutant(_misses_alarms, ("I11",)),
    "stale_projection": Mutant(_stale_projection, ("I5", "I10")),
    "leaks_a_note": Mutant(_leaks_a_note, ("I8",)),
    "new_webhook_id_at_each_attempt": Mutant(_new_webhook_id_at_each_attempt, ("I10",)),
    "accepts_rivals": Mutant(_accepts_rivals, ("I1",)),
    "changes_what_was_said": Mutant(_changes_what_was_said, ("I1", "I2")),
    "delivers_while_paused": Mutant(_delivers_while_paused, ("I3",)),
    "knows_no_repetition": Mutant(_knows_no_repetition, ("I1",)),
    "reminds_too_often": Mutant(_reminds_too_often, ("I3", "I7")),
}
