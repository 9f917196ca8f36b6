"""What workflows are given, and what they answer.

They are made once a process, outside the sandbox: made anew inside it for each workflow, their validators alone would take
0.2 MB and 5 ms of every journey.
"""

from hashlib import sha256
from typing import Annotated
from weakref import WeakValueDictionary

from pydantic import AfterValidator

from engine.advance import StartFacts
from engine.base import ClientId, Frozen, Instant, JourneyId, OccurrenceId, TenantId
from engine.effects import Outward
from engine.events import Event
from engine.journey import Journey
from engine.messages import Message
from engine.structure import Alerts, Structure

_KNOWN: WeakValueDictionary[bytes, Structure] = WeakValueDictionary()
"""What journeys in memory go by, by its content."""


def _shared(structure: Structure) -> Structure:
    """One object for all journeys that go by the same: of thirty steps, a copy for each would take 130 KB."""
    return _KNOWN.setdefault(sha256(structure.model_dump_json().encode()).digest(), structure)


class JourneyInput(Frozen):
    """What a run begins with: the facts of a new journey, or everything the run before it left."""

    structure: Annotated[Structure, AfterValidator(_shared)]
    facts: StartFacts | None = None
    journey: Journey | None = None
    unrecorded: tuple[Event, ...] = ()
    unsent: tuple[Outward, ...] = ()
    rotate_at: int = 1000
    """Continue as new at this many events: about 0.5 s of replay."""


class Submission(Frozen):
    """One message on its way in."""

    message: Message


class Checkpoint(Frozen):
    """A journey at an instant: its state, and the structure that it goes by."""

    structure: Structure
    journey: Journey


class AlarmInput(Frozen):
    """An alert: ids and whom to tell, nothing of what was answered."""

    alert: str
    tenant: TenantId
    journey: JourneyId
    client: ClientId
    occurrence: OccurrenceId
    raised_at: Instant
    alerts: Alerts
    round: int = 1
    rungs: int = 1
    """How far up the ladder it has come."""


class ContactsInput(Frozen):
    """Whose they are."""

    tenant: TenantId
    client: ClientId
