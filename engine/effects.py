"""What activities are asked to do. An effect's kind is the name of the activity that carries it out."""

from typing import Annotated, Literal

from pydantic import Field

from engine.base import ClientId, EffectId, Frozen, Instant, JourneyId, OccurrenceId, Scalar, StepId, TenantId
from engine.durations import Offset
from engine.events import Event

Purpose = Literal[
    "delivered", "reminder", "escalation", "parked", "undelivered", "question", "answer", "returned", "failed", "risk"
]


class Notify(Frozen):
    """Tell somebody something. The text is made when it is sent (rule R3); here are ids only.

    `id` is journey / occurrence / purpose / ordinal (rule N1) and stays the same through every retry.
    """

    kind: Literal["notify"] = "notify"
    id: EffectId
    tenant: TenantId
    journey: JourneyId
    client: ClientId
    purpose: Purpose
    to: str = "client"
    """`client`, `practitioner`, or a role on the escalation ladder."""
    occurrences: tuple[OccurrenceId, ...]
    generations: tuple[int, ...]
    """Per occurrence: where the store knows a later one, the message has lost its meaning (rule R2)."""
    closes_at: tuple[Instant | None, ...] = ()
    """Per occurrence: when it closes, for saying how much time remains."""
    intended_at: Instant
    channel: int = 0
    """Which of the recipient's channels, in their order: the next one after a failure (rule N3)."""
    urgent: bool = False
    alert: str | None = None
    """The alert it is about: once that is acknowledged, nothing is sent."""


class Record(Frozen):
    """Store these events, in order, and bring the read model up to them. Recording twice is recording once."""

    kind: Literal["record"] = "record"
    id: EffectId
    tenant: TenantId
    journey: JourneyId
    events: tuple[Event, ...]


class Perform(Frozen):
    """Run a step's activity, by its own name; what it is told are ids and facts of the pathway.

    `id` is journey / occurrence / activity / run and stays the same through every retry.
    """

    kind: Literal["perform"] = "perform"
    id: EffectId
    tenant: TenantId
    journey: JourneyId
    client: ClientId
    pathway: str
    version: int
    step: StepId
    occurrence: OccurrenceId
    activity: str
    run: int
    patience: Offset | None
    """How long it is tried; None: for ever."""
    gives_up: bool = True
    """Whether it is not worth trying any more once its step is over."""
    undoes: bool = False
    """Whether it takes back what another run began, and so waits for that to end."""
    details: dict[str, str] = Field(default_factory=dict)
    outcome: dict[str, Scalar | tuple[str, ...]] = Field(default_factory=dict)
    """What a journey that was a step of another hands back."""


class Performed(Frozen):
    """What came of an activity. `completes`: the step is done by it, with this outcome."""

    completes: bool = False
    outcome: dict[str, Scalar | tuple[str, ...]] = Field(default_factory=dict)


Effect = Annotated[Notify | Record | Perform, Field(discriminator="kind")]
Outward = Annotated[Notify | Perform, Field(discriminator="kind")]
"""An effect that leaves with the turn it came from; recording follows in batches."""

FIND_STEP_TYPE = "find_step_type"
"""Say whether a step's type is installed."""
AWAIT_STEP_TYPE = "await_step_type"
"""Come back once a step's type is installed."""
HAND_BACK = "hand_back"
"""Tell the journey that this one is a step of how it ended."""


def fall_back(effect: Notify) -> Notify:
    """The same message by the recipient's next channel (rule N3)."""
    key = str(effect.id).removesuffix(f"/{effect.channel}") if effect.channel else effect.id
    return effect.changed(channel=effect.channel + 1, id=EffectId(f"{key}/{effect.channel + 1}"))


class NotifyResult(Frozen):
    """How a notification ended: accepted by the channel, skipped for a reason, failed on this channel, or no channel left."""

    status: Literal["accepted", "skipped", "failed", "undeliverable"]
    reason: str = ""


class RecordResult(Frozen):
    """The last event number the store now holds for the journey."""

    seq: int


CARRY_OUT = "carry_out"
"""Do some more of an action on many journeys."""


class CarryOut(Frozen):
    """Which action on many journeys; what it is and on which stands in the store."""

    tenant: TenantId
    job: str


ERASE = "erase"
"""Delete some more of a client."""


class Erase(Frozen):
    """Which deletion of a client; whose it is stands in the store alone."""

    tenant: TenantId
    erasure: str
    again: bool = False
    """Everything is gone already: look whether anything came after it."""


class Erased(Frozen):
    """Nothing of theirs is here any more."""


class CarriedOut(Frozen):
    """Whether all of it is done, or it was cancelled."""

    is_finished: bool


START_SOME = "start_some"
"""Start some more members of a group."""


class StartGroup(Frozen):
    """Which group; who is in it stands in the store."""

    tenant: TenantId
    group: str


class StartedSome(Frozen):
    """Whether nobody of it waits any more, or it was cancelled; else how long until the next may start."""

    is_finished: bool
    wait_seconds: float = 0


FORGET = "forget"
"""Take away what has been kept for long enough."""


class Forgotten(Frozen):
    """How much that was."""

    rows: dict[str, int]
    """By class."""
    clients: int
    """Whose deletion was begun."""


SEND_CONTACTS = "send_contacts"
"""Send what may go out to one client now, as one mail."""


class SendContacts(Frozen):
    """To whom, and what time it is where the sending is planned."""

    tenant: TenantId
    client: ClientId
    at: Instant


class ContactsSent(Frozen):
    """When there is something to do again. None: nothing waits, or only for somebody to lift a hold."""

    look_at: Instant | None = None
