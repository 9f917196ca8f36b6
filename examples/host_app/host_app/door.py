"""Everything this host asks of Stepwell, as one person may ask it: a thin skin on the client that was generated.

What Stepwell refuses, and that it is away, comes back as one error, `Failed`, with the problem that it sent.
"""

import ssl
from collections.abc import Awaitable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import httpx
from stepwell_client import AuthenticatedClient
from stepwell_client.api.care import acknowledge, alarming_response, list_alerts, unfinished
from stepwell_client.api.clients import (
    add_client,
    assign_step,
    change_client,
    export_client,
    get_client,
    get_contacts,
    get_path,
    list_clients,
    list_practitioners,
    to_do,
    to_review,
)
from stepwell_client.api.journeys import (
    coming,
    enrol,
    get_journey,
    list_journeys,
    list_tailorings,
    pause_journey,
    report,
    resume_journey,
    stages,
    stop_journey,
    tailor,
)
from stepwell_client.api.links import get_linked_step, respond_by_link
from stepwell_client.api.occurrences import (
    answer_question,
    ask,
    book,
    excuse,
    extend,
    get_occurrence,
    list_questions,
    list_ratings,
    list_responses,
    mark_questions_read,
    open_step,
    rate,
    release,
    remind,
    reopen,
    respond,
    save_response,
    share,
    skip_step,
    snooze,
    unshare,
)
from stepwell_client.api.pathways import get_version, list_library, list_pathways
from stepwell_client.models import (
    Acknowledgement,
    Alert,
    Alerts,
    AssignWish,
    BookWish,
    ClientChanges,
    ClientRecord,
    Clients,
    ClientWish,
    Coming,
    ComingItems,
    ContactBudget,
    DraftWish,
    DraftWishResponse,
    EnrolmentWish,
    ExportClientResponseExportClient,
    ExtendWish,
    Given,
    JourneyDetail,
    JourneyLine,
    JourneyPage,
    JourneySummary,
    Library,
    LibraryStep,
    Path,
    Paths,
    PathwayDetail,
    Pathways,
    PathwayVersion,
    PauseWish,
    Post,
    PostWish,
    Practitioner,
    Practitioners,
    Problem,
    Rating,
    Ratings,
    RatingWish,
    Report,
    Responses,
    ResponseWish,
    ResponseWishResponse,
    SkipWish,
    Stage,
    Stages,
    Tailoring,
    Tailorings,
    TailorWish,
    TailorWishWords,
    Taken,
    Thread,
    ToDo,
    ToDoList,
    Unfinished,
    UnfinishedItems,
    UntilWish,
    WithReason,
)
from stepwell_client.types import UNSET, Response

Wanted = TypeVar("Wanted")
Measure = Literal["helpfulness", "time", "frequency", "effort", "value", "benefit"]
_PATIENCE = httpx.Timeout(15)
_MOST = 200


class Failed(Exception):
    """Stepwell refused something or could not be asked."""

    def __init__(self, status: int, problem: Problem | None) -> None:
        super().__init__(problem.detail if problem else f"status {status}")
        self.status = status
        self.problem = problem
        self.crisis_text = (problem.crisis_text or "") if problem else ""

    @property
    def places(self) -> list[tuple[str, str]]:
        """Everything that is wrong with what was sent: where, and in Stepwell's words."""
        return [(one.where, one.message) for one in (self.problem.problems or [])] if self.problem else []

    @property
    def detail(self) -> str:
        """What was refused, and why, for a person."""
        return (self.problem.detail or "") if self.problem else ""

    @property
    def request_id(self) -> str:
        """What to name to whoever runs Stepwell."""
        return (self.problem.request_id or "") if self.problem else ""


class Door:
    """Stepwell, for one person or for the host itself, for as long as one page takes."""

    def __init__(self, url: str, credential: str, *, acts_as: str | None = None, trust: ssl.SSLContext | bool = True) -> None:
        self._client = AuthenticatedClient(
            base_url=url,
            token=credential,
            headers={"Stepwell-Act-As": acts_as} if acts_as else {},
            timeout=_PATIENCE,
            verify_ssl=trust,
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    # People

    async def client(self, client: str) -> ClientRecord:
        """One client."""
        return await _taken(get_client.asyncio_detailed(client, client=self._client), ClientRecord)

    async def clients(self) -> list[ClientRecord]:
        """The clients of whoever asks, page by page."""
        found: list[ClientRecord] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await _taken(list_clients.asyncio_detailed(client=self._client, limit=_MOST, cursor=cursor), Clients)
            found, cursor = found + page.items, page.next_ or None
        return found

    async def practitioners(self) -> list[Practitioner]:
        """The practitioners there are; for the host itself."""
        return (await _taken(list_practitioners.asyncio_detailed(client=self._client, limit=_MOST), Practitioners)).items

    async def add_client(self, wish: ClientWish, *, key: str) -> ClientRecord:
        """A new client; the same key is the same client."""
        return await _taken(add_client.asyncio_detailed(client=self._client, body=wish, idempotency_key=key), ClientRecord)

    async def contacts(self, client: str) -> ContactBudget:
        """What holds for the mails to a client, and what waits."""
        return await _taken(get_contacts.asyncio_detailed(client, client=self._client), ContactBudget)

    async def wish(
        self, client: str, *, preferred_time: list[str] | None, snoozed_until: datetime | None, opted_out: list[str]
    ) -> None:
        """When the client wants mails, and whether at all."""
        changes = ClientChanges(language=UNSET, preferred_time=preferred_time, snoozed_until=snoozed_until, opted_out=opted_out)
        await _done(change_client.asyncio_detailed(client, client=self._client, body=changes))

    async def to_do(self, client: str) -> list[ToDo]:
        """What is open for a client."""
        return (await _taken(to_do.asyncio_detailed(client, client=self._client), ToDoList)).items

    async def to_review(self, client: str) -> list[ToDo]:
        """What a practitioner has to do for a client."""
        return (await _taken(to_review.asyncio_detailed(client, client=self._client), ToDoList)).items

    async def export(self, client: str) -> Mapping[str, Any]:
        """Everything a client may have of what is kept about them."""
        found = await _taken(export_client.asyncio_detailed(client, client=self._client), ExportClientResponseExportClient)
        return found.to_dict()

    async def path(self, client: str) -> list[Path]:
        """Every journey of a client with the steps that came so far, as the client may hear of them."""
        return (await _taken(get_path.asyncio_detailed(client, client=self._client), Paths)).items

    # What there is to assign

    async def pathways(self) -> list[PathwayVersion]:
        """The latest version of every pathway."""
        return (await _taken(list_pathways.asyncio_detailed(client=self._client), Pathways)).items

    async def version(self, pathway: str, number: int) -> PathwayDetail:
        """One version of a pathway, with its steps."""
        return await _taken(get_version.asyncio_detailed(pathway, number, client=self._client), PathwayDetail)

    async def library(self) -> list[LibraryStep]:
        """The steps of the library."""
        return (await _taken(list_library.asyncio_detailed(client=self._client), Library)).items

    async def enrol(self, client: str, pathway: str, *, again: bool, key: str) -> JourneySummary:
        """Enter a client on a pathway; the same key is the same journey. `again`: also where they are or were on it."""
        wish = EnrolmentWish(client=client, pathway=pathway, again="parallel" if again else "reject")
        return await _taken(enrol.asyncio_detailed(client=self._client, body=wish, idempotency_key=key), JourneySummary)

    async def assign_step(self, client: str, step: str, *, key: str) -> JourneySummary:
        """Give a client one step of the library."""
        wish = AssignWish(library_step=step)
        return await _taken(
            assign_step.asyncio_detailed(client, client=self._client, body=wish, idempotency_key=key), JourneySummary
        )

    # Journeys

    async def journeys(self, client: str) -> list[JourneyLine]:
        """The latest journeys of a client, the newest first."""
        call = list_journeys.asyncio_detailed(client=self._client, client_query=client, limit=50)
        return (await _taken(call, JourneyPage)).items

    async def journey(self, journey: str) -> JourneyDetail:
        """One journey with everything that was delivered or settled."""
        return await _taken(get_journey.asyncio_detailed(journey, client=self._client), JourneyDetail)

    async def coming(self, journey: str) -> list[Coming]:
        """What is still to come, in the client's words."""
        return (await _taken(coming.asyncio_detailed(journey, client=self._client), ComingItems)).items

    async def stages(self, journey: str) -> list[Stage]:
        """The parts of the pathway, and how much of each is done."""
        return (await _taken(stages.asyncio_detailed(journey, client=self._client), Stages)).items

    async def report(self, journey: str, step: str) -> Report:
        """What the responses to a step come to, in words and as a picture."""
        return await _taken(report.asyncio_detailed(journey, step, client=self._client), Report)

    async def pause(self, journey: str, reason: str, *, mode: Literal["freeze", "calendar"]) -> None:
        """Deliver and remind nothing until resumed."""
        await _done(pause_journey.asyncio_detailed(journey, client=self._client, body=PauseWish(reason=reason, mode=mode)))

    async def resume(self, journey: str) -> None:
        """Go on."""
        await _done(resume_journey.asyncio_detailed(journey, client=self._client))

    async def stop(self, journey: str, reason: str) -> None:
        """End it for good."""
        await _done(stop_journey.asyncio_detailed(journey, client=self._client, body=WithReason(reason=reason)))

    async def tailorings(self, journey: str) -> list[Tailoring]:
        """Every change of words for this client."""
        return (await _taken(list_tailorings.asyncio_detailed(journey, client=self._client), Tailorings)).items

    async def tailor(self, journey: str, step: str, message: str, *, reason: str) -> None:
        """Put the practitioner's own words above a step, for this client alone."""
        words = TailorWishWords()
        words["message"] = message
        await _done(tailor.asyncio_detailed(journey, step, client=self._client, body=TailorWish(reason=reason, words=words)))

    # Steps, as their client

    async def step(self, journey: str, occurrence: str) -> ToDo:
        """One step that was delivered, open or not, as whoever asks may see it."""
        return await _taken(get_occurrence.asyncio_detailed(journey, occurrence, client=self._client), ToDo)

    async def look(self, journey: str, occurrence: str) -> None:
        """Say that the client looks at it, or works on it again."""
        await _done(open_step.asyncio_detailed(journey, occurrence, client=self._client))

    async def save(self, journey: str, occurrence: str, response: Mapping[str, Any]) -> None:
        """Keep what was written so far."""
        wish = DraftWish(response=DraftWishResponse.from_dict(response))
        await _done(save_response.asyncio_detailed(journey, occurrence, client=self._client, body=wish))

    async def respond(
        self, journey: str, occurrence: str, response: Mapping[str, Any], *, submission: str, obstacle: str | None = None
    ) -> Taken:
        """Send a response; the same submission is taken once."""
        wish = ResponseWish(
            response=ResponseWishResponse.from_dict(response), submission_id=submission, obstacle=obstacle or UNSET
        )
        return await _taken(respond.asyncio_detailed(journey, occurrence, client=self._client, body=wish), Taken)

    async def responses(self, journey: str, occurrence: str) -> list[Given]:
        """What was accepted, as far as whoever asks may read it."""
        return (await _taken(list_responses.asyncio_detailed(journey, occurrence, client=self._client), Responses)).items

    async def skip(self, journey: str, occurrence: str, obstacle: str | None) -> None:
        """Leave out an optional step."""
        wish = SkipWish(obstacle=obstacle or UNSET)
        await _done(skip_step.asyncio_detailed(journey, occurrence, client=self._client, body=wish))

    async def snooze(self, journey: str, occurrence: str, until: datetime) -> None:
        """Want no reminder before then."""
        await _done(snooze.asyncio_detailed(journey, occurrence, client=self._client, body=UntilWish(until=until)))

    async def share(self, journey: str, occurrence: str) -> None:
        """Let the practitioner read it."""
        await _done(share.asyncio_detailed(journey, occurrence, client=self._client))

    async def unshare(self, journey: str, occurrence: str) -> None:
        """Take that back."""
        await _done(unshare.asyncio_detailed(journey, occurrence, client=self._client))

    async def rate(self, journey: str, occurrence: str, measure: Measure, value: int) -> None:
        """Say how it was, from 0 to 4."""
        wish = RatingWish(value=value)
        await _done(rate.asyncio_detailed(journey, occurrence, measure, client=self._client, body=wish))

    async def ratings(self, journey: str) -> list[Rating]:
        """What the client said of the steps."""
        return (await _taken(list_ratings.asyncio_detailed(journey, client=self._client), Ratings)).items

    # The one step of a link

    async def linked_step(self) -> ToDo:
        """The step that the link of this door is for; looking changes nothing."""
        return await _taken(get_linked_step.asyncio_detailed(client=self._client), ToDo)

    async def respond_by_link(self, response: Mapping[str, Any], *, submission: str) -> Taken:
        """Answer it."""
        wish = ResponseWish(response=ResponseWishResponse.from_dict(response), submission_id=submission)
        return await _taken(respond_by_link.asyncio_detailed(client=self._client, body=wish), Taken)

    # What is said about a step

    async def thread(self, journey: str, occurrence: str) -> list[Post]:
        """Questions and answers, the oldest first; that they were read is noted."""
        found = (await _taken(list_questions.asyncio_detailed(journey, client=self._client), Thread)).items
        here = [one for one in found if one.occurrence == occurrence]
        if here:
            await _done(mark_questions_read.asyncio_detailed(journey, occurrence, client=self._client))
        return here

    async def ask(self, journey: str, occurrence: str, question: str) -> None:
        """Ask the practitioner."""
        await _done(ask.asyncio_detailed(journey, occurrence, client=self._client, body=PostWish(text=question)))

    async def answer(self, journey: str, occurrence: str, answer: str) -> None:
        """Answer the client."""
        await _done(answer_question.asyncio_detailed(journey, occurrence, client=self._client, body=PostWish(text=answer)))

    # Steps, as the practitioner

    async def excuse(self, journey: str, occurrence: str, reason: str) -> None:
        """Let the client off."""
        await _done(excuse.asyncio_detailed(journey, occurrence, client=self._client, body=WithReason(reason=reason)))

    async def release(self, journey: str, occurrence: str, reason: str) -> None:
        """Deliver it before its time."""
        await _done(release.asyncio_detailed(journey, occurrence, client=self._client, body=WithReason(reason=reason)))

    async def reopen(self, journey: str, occurrence: str, reason: str) -> None:
        """Open it once more."""
        await _done(reopen.asyncio_detailed(journey, occurrence, client=self._client, body=WithReason(reason=reason)))

    async def extend(self, journey: str, occurrence: str, reason: str, until: datetime) -> None:
        """Give more time."""
        wish = ExtendWish(reason=reason, until=until)
        await _done(extend.asyncio_detailed(journey, occurrence, client=self._client, body=wish))

    async def remind(self, journey: str, occurrence: str) -> None:
        """Remind now."""
        await _done(remind.asyncio_detailed(journey, occurrence, client=self._client))

    async def book(self, journey: str, occurrence: str, at: datetime) -> None:
        """Book an appointment, or move it."""
        await _done(book.asyncio_detailed(journey, occurrence, client=self._client, body=BookWish(at=at)))

    # What needs somebody

    async def alerts(self) -> list[Alert]:
        """What nobody has taken up."""
        return (await _taken(list_alerts.asyncio_detailed(client=self._client, state="all"), Alerts)).items

    async def alarming(self, alert: str) -> Given:
        """The response that raised it."""
        return await _taken(alarming_response.asyncio_detailed(alert, client=self._client), Given)

    async def acknowledge(self, alert: str, *, by: str, reason: str) -> Alert:
        """Take it up."""
        wish = Acknowledgement(reason=reason, by=by)
        return await _taken(acknowledge.asyncio_detailed(alert, client=self._client, body=wish), Alert)

    async def unfinished(self, practitioner: str) -> list[Unfinished]:
        """What this practitioner's clients have left open or let pass."""
        call = unfinished.asyncio_detailed(client=self._client, practitioner=practitioner)
        return (await _taken(call, UnfinishedItems)).items


async def _answer(call: Awaitable[Response[Any]]) -> Response[Any]:
    """The answer of Stepwell. Raises Failed where it refused, or could not be reached."""
    try:
        answer = await call
    except httpx.HTTPError as error:
        raise Failed(503, None) from error
    if answer.status_code >= 400:
        raise Failed(answer.status_code, answer.parsed if isinstance(answer.parsed, Problem) else None)
    return answer


async def _taken(call: Awaitable[Response[Any]], kind: type[Wanted]) -> Wanted:
    """What was asked for. Raises Failed."""
    answer = await _answer(call)
    if not isinstance(answer.parsed, kind):
        raise Failed(502, None)
    return answer.parsed


async def _done(call: Awaitable[Response[Any]]) -> None:
    """That it is done. Raises Failed."""
    await _answer(call)
