"""What the front door hands out: plain, frozen, without what its reader must not see."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from engine.findings import Finding
from engine.turn import Answer


def _written_out(given: object) -> object:
    """A bare number is no instant, though it could be read as one."""
    if isinstance(given, str) and "-" not in given[1:]:
        raise ValueError("write an instant as in RFC 3339, such as 2026-12-01T09:00:00Z")
    return given


Instant = Annotated[AwareDatetime, BeforeValidator(_written_out)]
"""As it is written in a query."""
Again = Literal["reject", "use_existing", "restart", "parallel"]


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, json_schema_serialization_defaults_required=True)


class Taken(Answer):
    """A response was taken."""

    crisis_text: str = ""
    """Where it met a risk rule: what the client is to see at once, in the deployer's words."""


class PathwayVersion(_Out):
    """A published version of a pathway."""

    pathway: str
    number: int
    title: str
    tags: tuple[str, ...] = ()
    published_at: datetime
    is_new: bool = True
    """False where exactly this was the latest version already."""
    warnings: tuple[Finding, ...] = ()


class StepOutline(_Out):
    """One step of a pathway in a list."""

    id: str
    type: str
    title: str
    required: bool
    actor: str
    """Who completes it."""
    stage: str | None
    visibility: str


class PathwayDetail(PathwayVersion):
    """A version as it was written, with its steps."""

    source: str
    steps: tuple[StepOutline, ...]


class Draft(_Out):
    """A pathway being written."""

    pathway: str
    updated_at: datetime
    mark: str
    """Of its text: another text, another mark."""


class Practitioner(_Out):
    """Who assigns and reviews."""

    id: str
    display_name: str
    language: str
    email: str | None
    created_at: datetime


class Channel(_Out):
    """One way to reach somebody."""

    kind: Literal["email", "in_app"]
    address: str | None = None


class Client(_Out):
    """A client as the host knows them."""

    id: str
    display_name: str
    language: str
    zone: str | None
    quiet_hours: tuple[str, str] | None
    channels: tuple[Channel, ...]
    opted_out: tuple[str, ...]
    practitioner: str | None
    consent_at: datetime | None
    created_at: datetime


class ClientChanges(_Out):
    """What is to be different about a client; what is left out stays as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    display_name: str | None = Field(default=None, max_length=200)
    language: str = Field(default="en", min_length=2, max_length=35)
    zone: str | None = Field(default=None, max_length=64)
    """An IANA name; null: the pathway's."""
    quiet_hours: tuple[str, str] | None = None
    """Two wall times; null: the pathway's."""
    email: str | None = Field(default=None, max_length=320)
    """null: no mail any more."""
    opted_out: tuple[str, ...] | None = Field(default=None, max_length=10)
    """Channels they want nothing by."""
    practitioner: str | None = Field(default=None, max_length=64)
    has_consented: bool | None = None


class JourneySummary(_Out):
    """One journey in a list."""

    id: str
    client: str
    pathway: str
    version: int
    status: str
    held: bool
    """Whether something waits for a practitioner or operator."""
    enrolment_key: str
    attempt: int
    practitioner: str | None = None
    """The journey's own; None: the client's."""
    started_at: datetime | None
    finished_at: datetime | None


class Started(_Out):
    """What became of one member of a group that was entered on a pathway."""

    client: str
    journey: str | None = None
    error: str | None = None


class OccurrenceSummary(_Out):
    """One occurrence of a journey."""

    id: str
    step: str
    title: str
    state: str
    delivered_at: datetime | None
    started_at: datetime | None
    settled_at: datetime | None
    late: bool
    holds: bool
    reminders: int


class JourneyDetail(JourneySummary):
    """One journey with its occurrences."""

    zone: str
    occurrences: tuple[OccurrenceSummary, ...]


class ToDo(_Out):
    """One step that is open for its reader, with what they may see of it (rule V3)."""

    journey: str
    occurrence: str
    step: str
    type: str
    title: str
    pathway_title: str
    rationale: str
    instructions: str
    message: str = ""
    """The practitioner's own words to this client at this step."""
    body: str
    """Markdown."""
    effort: str | None
    required: bool
    state: str
    delivered_at: datetime | None
    draft: dict[str, Any] | None = None
    """What the reader has begun to write and saved; nobody else sees it."""
    prefill: dict[str, str] = Field(default_factory=dict)
    """What fields of the response hold when the form opens; the reader may change it."""
    yours: bool = True
    """Whether the reader answers it; an appointment is shown to the client and answered by the practitioner."""
    is_risky: bool = False
    """Whether an answer may alert the practitioner whatever else is private here: say so before it is answered (D9)."""
    notice: str = ""
    """The deployer's words about who watches the answers, and when; show them wherever answers are given."""
    language: str = "en"
    """What the words are in: the reader's, where the pathway has it."""
    visibility: str = "client_and_practitioner"
    """Who reads the answer: say so before it is given (rule V1)."""
    content: dict[str, Any] = Field(default_factory=dict)
    """What the step type asks for, its texts in the reader's language, for a host that draws it."""


class PathStep(_Out):
    """A step that came, as its client may hear of it."""

    occurrence: str
    title: str
    type: str
    state: str
    delivered_at: datetime | None
    settled_at: datetime | None
    late: bool


class Path(_Out):
    """One journey, as its client sees it."""

    journey: str
    title: str
    status: str
    started_at: datetime | None
    finished_at: datetime | None
    steps: tuple[PathStep, ...]


class Alert(_Out):
    """A response met a risk rule. The response itself is read where responses are read."""

    id: str
    journey: str
    occurrence: str
    response_id: str
    rules: tuple[str, ...]
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    reason: str | None


class Post(_Out):
    """One question or answer about a step."""

    id: str
    occurrence: str
    role: str
    author: str | None
    text: str
    at: datetime
    read_at: datetime | None


class Rating(_Out):
    """What a client says of a step they did."""

    occurrence: str
    measure: str
    value: int
    at: datetime


class Tailoring(_Out):
    """One change of what a client reads around a step."""

    step: str
    number: int
    words: dict[str, Any]
    by_id: str | None
    reason: str
    at: datetime


class Given(_Out):
    """One response, as its reader may see it (rule V1)."""

    id: str
    occurrence: str
    by_role: str
    payload: dict[str, Any]
    visibility: str
    accepted_at: datetime | None
    shared_at: datetime | None
    read_at: datetime | None
    fingerprint: str | None
    is_intact: bool
    """Whether the payload still has the fingerprint it was kept with."""


class Stage(_Out):
    """A part of the pathway, with the share of its required steps that are done."""

    id: str
    title: str
    done: int
    of: int
    share: float | None


class Unfinished(_Out):
    """One step that a client has left open or let pass."""

    journey: str
    client: str
    occurrence: str
    state: str
    since: AwareDatetime
    """When it was delivered."""
    reminders: int
    holds: bool


class LogEntry(_Out):
    """What a client was given between two sessions, and what became of it (D37)."""

    occurrence: str
    title: str
    kind: str | None
    delivered_at: datetime
    state: str
    settled_at: datetime | None
    late: bool


class SessionLog(_Out):
    """From one attended session to the next; `at` is the session it begins with, None: the journey's start."""

    session: str | None
    at: datetime | None
    entries: tuple[LogEntry, ...]


class Coming(_Out):
    """A step that is still to come, as its client may hear of it."""

    occurrence: str
    title: str
    words: str
    """One line about what it will be; empty where its title says enough."""
    at: datetime | None
    """None: nobody knows yet."""
    is_certain: bool
    """False: the earliest instant, if everything before it is done at once."""


class Sent(_Out):
    """One line of the notification ledger."""

    id: str
    occurrences: tuple[str, ...]
    purpose: str
    recipient: str
    channel: str | None
    message_id: str | None
    """Of a mail: the Message-ID it was sent under."""
    intended_at: datetime
    attempted_at: datetime | None
    attempts: int
    accepted_at: datetime | None
    seen_at: datetime | None
    acted_at: datetime | None
    skipped: str | None
    failed: str | None


class Mismatch(_Out):
    """A journey whose store, events and workflow do not agree."""

    journey: str
    differences: tuple[str, ...]


class ApiKey(_Out):
    """A key for programs, without its secret."""

    id: str
    kind: str
    subject: str | None
    scopes: tuple[str, ...]
    hint: str
    """Its last four characters."""
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    """To the minute."""


class NewApiKey(ApiKey):
    """A key that was just made."""

    secret: str
    """Shown this once; only its hash is kept."""


class JourneyQuery(_Out):
    """What journeys have to fit, all of it; nothing given: every journey."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    text: str = Field(default="", max_length=200)
    """How the id, the client's id or the enrolment key begins."""
    client: str | None = Field(default=None, max_length=64)
    pathway: str | None = Field(default=None, max_length=64)
    version: int | None = Field(default=None, ge=1, le=1_000_000)
    statuses: tuple[str, ...] = Field(default=(), max_length=10)
    held: bool | None = None
    """Whether something waits for a practitioner or operator."""
    overdue_days: float | None = Field(default=None, ge=0, le=36_500)
    """A required step that the client still owes was due longer ago than this."""
    failed_since: Instant | None = None
    """Something could not be carried out at this instant or later."""
    practitioner: str | None = Field(default=None, max_length=64)
    tag: str | None = Field(default=None, max_length=100)
    """Of the pathway."""
    sort: Literal["newest", "oldest", "overdue", "failed", "client"] = "newest"
    """`overdue` and `failed` list only what is."""


class JourneyLine(JourneySummary):
    """One journey in a list of many."""

    created_at: datetime
    owed_since: datetime | None
    """When the oldest required step that the client still owes was due."""
    failed_at: datetime | None
    """When something last could not be carried out."""
    open_steps: int


class JourneyPage(_Out):
    """A page of journeys."""

    items: tuple[JourneyLine, ...]
    next: str | None = None
    """The cursor of the next page; null: this was the last."""


class Count(_Out):
    """How many there are."""

    number: int
    is_capped: bool
    """There are more than were counted."""


class SavedView(_Out):
    """A search with a name."""

    name: str
    query: str
    created_at: datetime
    created_by: str


class AuditEntry(_Out):
    """Who did or saw what, and why."""

    number: int
    at: datetime
    actor: str
    action: str
    object: str
    reason: str | None
    request: str | None
    """The id of the HTTP request."""


class StateChange(_Out):
    """An occurrence that would be in another state."""

    occurrence: str
    step: str
    before: str | None
    """None: it is not there yet."""
    after: str


class PlanChange(_Out):
    """Something that would come at another time, or only then, or not any more."""

    what: str
    occurrence: str
    step: str
    before: datetime | None
    after: datetime | None
    is_new: bool
    is_gone: bool


class MessageAhead(_Out):
    """A message that would go out at once."""

    to: str
    purpose: str
    occurrences: tuple[str, ...]


class Foreseen(_Out):
    """What a message to a journey would come to, if it were sent now."""

    accepted: bool
    code: str = ""
    rule: str = ""
    message: str = ""
    """Refused: the thing, the problem and the next move."""
    status_before: str
    status_after: str
    held_before: bool
    held_after: bool
    states: tuple[StateChange, ...] = ()
    plan: tuple[PlanChange, ...] = ()
    messages: tuple[MessageAhead, ...] = ()
    tasks: tuple[str, ...] = ()
    """Occurrences whose task would be started, or taken back."""

    @property
    def is_nothing(self) -> bool:
        """Whether nothing would change."""
        same = self.status_before == self.status_after and self.held_before == self.held_after
        return self.accepted and same and not (self.states or self.plan or self.messages or self.tasks)


class Trouble(_Out):
    """Something that keeps a journey, or a message in it, from going on."""

    kind: Literal[
        "task_held",
        "step_type_missed",
        "step_parked",
        "expired",
        "message_failed",
        "message_skipped",
        "not_started",
        "workflow_gone",
        "workflow_ended",
        "no_answer",
        "behind",
        "risk",
    ]
    occurrence: str | None = None
    since: datetime | None = None
    cause: str
    """In words, without anything of the client's."""
    next_move: str


class Failure(_Out):
    """One thing that could not be carried out."""

    journey: str
    client: str
    pathway: str
    version: int
    status: str
    held: bool
    at: datetime
    kind: str
    occurrences: tuple[str, ...]
    cause: str


class FailurePage(_Out):
    """A page of what failed, by journey, the latest first."""

    items: tuple[Failure, ...]
    journeys: int
    """How many journeys of this page it is about."""
    next: str | None = None


class NewLink(_Out):
    """A link to one step of one client that was just made."""

    token: str
    """Shown this once; only its hash is kept."""
    expires_at: datetime


class StepFigures(_Out):
    """What became of one step in all journeys of a pathway."""

    step: str
    type: str
    title: str
    required: bool
    reached: int = 0
    """Journeys in which it was delivered, settled, or keeps things waiting."""
    holding: int = 0
    """Journeys that it keeps waiting for a practitioner or operator."""
    open: int = 0
    """Occurrences that are open or started, and so on for the other states."""
    completed: int = 0
    skipped: int = 0
    expired: int = 0
    """Expired or abandoned."""
    excused: int = 0
    not_applicable: int = 0
    cancelled: int = 0
    median_hours: float | None = None
    """From delivery to completion; None: nobody has completed it."""
    p90_hours: float | None = None


class WeekFigures(_Out):
    """What was due to clients in one week."""

    week: date
    """Its Monday, in UTC."""
    offered: int
    completed: int
    on_time: int


class VersionCount(_Out):
    """How many journeys run on one version."""

    version: int
    status: str
    journeys: int


class StepChange(_Out):
    """One step that is not the same in two versions."""

    step: str
    what: Literal["added", "removed", "moved", "structure", "content"]
    fields: tuple[str, ...] = ()
    """What of it changed, such as `timing`, `needs`, `reminders`, `title`."""


class VersionDifferences(_Out):
    """What another version does differently."""

    pathway: str
    old: int
    new: int
    steps: tuple[StepChange, ...]
    structure: tuple[str, ...]
    """What changed about the pathway as a whole, such as `quiet_hours`."""
    contents: tuple[str, ...]
    """What changed of its words, such as `title`."""


class OpenAlert(_Out):
    """An alert that nobody has taken up."""

    id: str
    journey: str
    raised_at: datetime
    is_sounding: bool
    """Whether its alarm was started."""


class MessageFailures(_Out):
    """Messages that did not go out, of one channel and one cause."""

    channel: str | None
    outcome: Literal["failed", "skipped"]
    reason: str
    messages: int


class SystemFigures(_Out):
    """How things stand in one tenant."""

    journeys: dict[str, int]
    """By status."""
    held: int
    overdue: int
    failed: int
    """Journeys in which something failed since."""
    alerts: tuple[OpenAlert, ...]
    """The oldest first, fifty at most."""
    open_alerts: int
    messages: tuple[MessageFailures, ...]
    dead_deliveries: int
    """Events that webhooks have not taken after the last retry."""
    disabled_endpoints: int
    last_recorded_at: datetime | None
    """When the newest event in the store happened."""
    unrecorded_starts: int
    """Journeys that were reserved over a minute ago and have recorded nothing yet."""


class QueueHealth(_Out):
    """One task queue of Temporal."""

    queue: str
    kind: Literal["workflow", "activity"]
    pollers: int
    """Workers that asked for work in the last minutes; 0: nobody does this work."""
    last_polled_at: datetime | None
    backlog: int
    """About how many tasks wait."""
    oldest_seconds: float
    """How long the oldest of them has waited."""


BulkAction = Literal["remind", "pause", "resume", "stop", "retry"]


class BulkPreview(_Out):
    """What an action on many journeys would come to, as things stand."""

    action: BulkAction
    journeys: int
    ready: int
    refused: dict[str, int]
    """How many would be refused, by cause."""
    sample: tuple[JourneyLine, ...]


class BulkJob(_Out):
    """One action on many journeys, under way or done."""

    id: str
    action: BulkAction
    reason: str | None
    by_role: str
    by_id: str | None
    created_at: datetime
    cancelled_at: datetime | None
    finished_at: datetime | None
    waiting: int
    done: int
    refused: int
    failed: int

    @property
    def journeys(self) -> int:
        """Of how many it is."""
        return self.waiting + self.done + self.refused + self.failed


class BulkItem(_Out):
    """What became of one journey of it."""

    journey: str
    state: str
    message: str | None
    done_at: datetime | None


class BulkItemPage(_Out):
    """A page of what became of each."""

    items: tuple[BulkItem, ...]
    next: str | None = None
    """The cursor of the next page; null: this was the last."""


class Endpoint(_Out):
    """Where a host wants its events sent, without the secrets."""

    id: str
    url: str
    types: tuple[str, ...]
    """Only these; none: every one."""
    created_at: datetime
    disabled_at: datetime | None
    """Since when nothing is sent to it."""
    disabled_why: str | None
    """`gone`: it answered 410. `failing`: for five days nothing arrived. `asked`: somebody switched it off."""
    failing_since: datetime | None
    """The first of the failures without a success between them."""


class NewEndpoint(Endpoint):
    """An endpoint with a secret that was just made."""

    secret: str
    """Shown this once: `whsec_…` (Standard Webhooks)."""


class Delivery(_Out):
    """One event on its way to one endpoint."""

    position: int
    event: str
    type: str
    state: Literal["waiting", "delivered", "dead"]
    attempts: int
    next_at: datetime | None
    """When it is tried (again); None: it is not."""
    attempted_at: datetime | None
    delivered_at: datetime | None
    dead_at: datetime | None
    """Given up after the last retry."""
    status: int | None
    """The HTTP status of the last attempt; None: no answer came, or it was not tried yet."""
    failed: str | None
    """Why no answer came."""
