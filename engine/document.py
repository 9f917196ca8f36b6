"""The pathway document: what an author writes, in YAML or JSON."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from engine.base import StepId
from engine.durations import Offset
from engine.structure import WallTime, Weekday
from engine.words import Text

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
"""Lower-case letters, digits, `-` and `_`, beginning with a letter."""

StepSlug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""Like a slug, without `-`, so that conditions can name it."""


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class WrittenWindow(_Written):
    """`{from: "21:00", to: "08:00"}`; may wrap midnight, its end is exclusive."""

    start: WallTime = Field(alias="from")
    end: WallTime = Field(alias="to")


class Deliver(_Written):
    """When the step is delivered: an anchor, an offset, and how the instant is shaped in the client's zone."""

    after: str = "previous.completed"
    """`journey.started`, `previous.delivered`, `previous.completed`, `STEP.delivered`, `STEP.completed`,
    `date NAME` (a client date), `event NAME` (a host event), or a local date such as `2026-12-01`."""
    offset: Offset = Offset()
    at: WallTime | None = None
    on: tuple[Weekday, ...] = ()
    calendar: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")] | None = None
    """Skip the weekends and public holidays of this country: `GB`, `DE-BY`."""
    between: tuple[WallTime, WallTime] | None = None
    """A drawn instant in this window."""
    past: Literal["now", "skip", "next_slot"] = "now"
    """What to do when the instant already lies in the past as it becomes known."""


class WrittenNeeds(_Written):
    """`{any: 2, of: [a, b, c]}`."""

    any: int = Field(ge=1)
    of: tuple[StepSlug, ...] = Field(min_length=1)


class WrittenRepeat(_Written):
    """How often the step comes again."""

    every: Offset | None = None
    rrule: Annotated[str, StringConstraints(max_length=200)] | None = None
    """An RFC 5545 rule such as `FREQ=WEEKLY;BYDAY=MO,TH`, instead of `every`."""
    count: int | None = Field(default=None, ge=1, le=1000)
    until: date | None = None
    lasting: Offset | None = Field(default=None, alias="for")
    """For how long, counted from the first: `2 weeks`."""
    overlap: bool = False
    """Whether an occurrence stays open when the next one comes."""


class WrittenReminders(_Written):
    """When an open step is reminded of: `at` offsets, or `every` so often up to `max` times."""

    base: Annotated[str, StringConstraints(pattern=r"^(delivered|due|closing|date [a-z][a-z0-9_]{0,62})$")] = Field(
        default="delivered", alias="from"
    )
    """`delivered`, `due`, `closing`, or `date NAME`: a client date."""
    offsets: tuple[Offset, ...] = Field(default=(), alias="after", max_length=50)
    every: Offset | None = None
    maximum: int = Field(default=3, alias="max", ge=1, le=50)
    at: WallTime | None = None
    """The wall time at which reminders with calendar offsets are sent."""


class WrittenRung(_Written):
    """Whom to tell, how long after the last reminder (or the deadline)."""

    after: Offset = Offset()
    to: Slug = "practitioner"
    calendar: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")] | None = None


class WrittenWindowLimits(_Written):
    """How long the step stays open; the earliest limit closes it."""

    start_by: Offset | None = None
    finish_by: Offset | None = None
    inactivity: Offset | None = None


class WrittenLateness(_Written):
    """What to do when an outage delayed the delivery by more than `over`."""

    over: Offset
    then: Literal["send", "skip", "ask_operator"] = "send"


class Step(_Written):
    """One step: what the client gets, when, and what happens around it."""

    id: StepSlug
    use: Slug | None = None
    """A library step to use as it is, or to tailor with the fields given here."""
    type: Slug | None = None
    title: Text | None = None
    """For practitioners and authors."""
    client_title: Text | None = None
    """Where given, the only title a client sees."""
    rationale: Text | None = None
    """Why the client is asked to do this; shown to the client."""
    instructions: Text | None = None
    """What to do, clearly; shown to the client."""
    practitioner_notes: Text | None = None
    """Never shown to a client."""
    kind: Literal["psychoeducation", "self_assessment", "modality_specific"] | None = None
    effort: Offset | None = None
    """About how long it takes."""
    stage: StepSlug | None = None
    """The stage of the pathway it belongs to."""
    visibility: Literal["client_and_practitioner", "client_only", "client_decides"] = "client_and_practitioner"
    required: bool = True
    deliver: Deliver = Deliver()
    regardless: bool = False
    """Deliver at its time even where earlier required steps are not done."""
    needs: tuple[StepSlug, ...] | WrittenNeeds | str | None = None
    """Its own gate instead of all earlier required steps: a list, `{any: 2, of: […]}`, or an expression."""
    when: Annotated[str, StringConstraints(max_length=1000)] | None = None
    """An expression; false when it would be delivered means the step does not apply."""
    window: WrittenWindowLimits = WrittenWindowLimits()
    on_expiry: Literal["hold", "continue", "end"] = "hold"
    late: Literal["accept_late", "accept_if_started", "reject"] = "accept_late"
    repeat: WrittenRepeat | None = None
    max_lateness: WrittenLateness | None = None
    urgent: bool = False
    reminders: WrittenReminders | None = None
    escalate: tuple[WrittenRung, ...] | None = None
    content: dict[str, Any] = Field(default_factory=dict)
    """What the step type asks for; see its page."""

    @property
    def step_id(self) -> StepId:
        """Its id, as the engine's type."""
        return StepId(self.id)


class Tags(_Written):
    """How a pathway is found again: by function, audience and timing (D10)."""

    function: tuple[Slug, ...] = ()
    audience: tuple[Slug, ...] = ()
    timing: tuple[Slug, ...] = ()


class WrittenStage(_Written):
    """A part of the pathway that clients see as one, with its share of what is done."""

    id: StepSlug
    title: Text
    """What clients see."""


class WrittenAlertRung(_Written):
    """Whom to alert next, how long after the alert was raised."""

    after: Offset
    to: Slug


class WrittenAlerts(_Written):
    """Who is alerted when a response meets a risk rule (rule R8)."""

    to: Slug = "practitioner"
    """The client's practitioner, or a role somebody holds."""
    every: Offset = Offset(minutes=30)
    """How often everybody alerted so far is told again, until somebody acknowledges it."""
    ladder: tuple[WrittenAlertRung, ...] = Field(default=(), max_length=10)


class PathwayDocument(_Written):
    """A pathway as its author writes it."""

    pathway: Slug
    title: Text
    client_title: Text | None = None
    practitioner_notes: Text | None = None
    tags: Tags = Tags()
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")] = "en"
    languages: tuple[str, ...] = ()
    """Further languages every text must have."""
    zone: str = "UTC"
    """Used where the client's zone is not known."""
    quiet_hours: WrittenWindow | Literal["none"] | None = None
    """Nothing is delivered or reminded then; 21:00-08:00 unless said otherwise, `none` for no quiet hours."""
    linger: Offset = Offset(days=7)
    release_gap: Offset = Offset(minutes=60)
    reminder_cooldown: Offset = Offset(minutes=60)
    max_contacts_per_day: int = Field(default=5, ge=1, le=100)
    missed_in_a_row: int | None = Field(default=None, ge=2, le=20)
    """Tell the practitioner when the client has left so many steps undone, one after the other."""
    name_titles_in_mail: bool = False
    """Whether mails may carry titles; off by default, since mail is read by others too."""
    stages: tuple[WrittenStage, ...] = Field(default=(), max_length=50)
    """Parts of the pathway, in order; steps say which one they belong to."""
    alerts: WrittenAlerts | None = None
    """Needed where a step asks about risk."""
    steps: tuple[Step, ...] = Field(min_length=1, max_length=1000)
