"""What activities are asked to do. An effect's kind is the name of the activity that carries it out."""

from typing import Annotated, Literal

from pydantic import Field

from engine.base import ClientId, EffectId, Frozen, Instant, JourneyId, OccurrenceId, TenantId
from engine.events import Event

Purpose = Literal["delivered", "reminder", "escalation", "parked", "undelivered"]


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


class Record(Frozen):
    """Store these events, in order, and bring the read model up to them. Recording twice is recording once."""

    kind: Literal["record"] = "record"
    id: EffectId
    tenant: TenantId
    journey: JourneyId
    events: tuple[Event, ...]


Effect = Annotated[Notify | Record, Field(discriminator="kind")]


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
