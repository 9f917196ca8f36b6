"""What can be seen of journeys: lists, one journey, to-do lists, forecast, history, the ledger, adherence, and whether all agree."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from temporalio.client import WorkflowExecutionStatus, WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.service import RPCError, RPCStatusCode

from engine.adherence import Adherence, adherence
from engine.base import StepId
from engine.calendar import wall
from engine.contents import Contents, StepContent
from engine.events import Event
from engine.journey import Journey
from engine.publishing import Published
from engine.steptype import Presentation
from engine.structure import StepStructure
from engine.turn import Plan
from engine.view import JourneyView, fold, view_of
from engine.words import Reader, in_language
from engine.zones import zone_of
from stepwell.access import needs
from stepwell.desk import Desk, Side
from stepwell.errors import NotFound, Unavailable
from stepwell.models import Coming, JourneyDetail, JourneySummary, Mismatch, OccurrenceSummary, Sent, ToDo
from stepwell.steering import summary_from
from stepwell.wording import in_readers_words
from store import clients, events, journeys, ledger, posts, projection, response_drafts
from store.tables import ClientRow, JourneyRow, NotificationRow, OccurrenceRow, PractitionerRow, TailoringRow
from workflows.journey import JourneyWorkflow

Answered = TypeVar("Answered")
_QUERY = timedelta(seconds=10)


class Watching(Desk):
    """Look at journeys without moving them."""

    @needs("journeys:read", "host", "practitioner", "operator")
    async def journeys(
        self,
        *,
        status: str | None = None,
        pathway: str | None = None,
        client: str | None = None,
        held: bool | None = None,
        limit: int = 100,
        after: str = "",
    ) -> list[JourneySummary]:
        """Journeys in order of their ids, after one, that fit all of these."""
        async with self._database.read() as session:
            found = await journeys.find(
                session,
                self._tenant,
                status=status,
                pathway=pathway,
                client=client,
                held=held,
                practitioner=self._practitioner,
                limit=limit,
                after=after,
            )
        return [summary_from(row) for row in found]

    @needs("journeys:read", "host", "practitioner", "operator")
    async def journey(self, journey: str) -> JourneyDetail:
        """One journey with everything that was delivered or settled. Raises NotFound."""
        row = await self._journey(journey)
        published = await self._published_for(row)
        async with self._database.read() as session:
            rows = await journeys.occurrences(session, row.id)
        shown = tuple(_occurrence(one, published) for one in rows)
        return JourneyDetail(**summary_from(row).model_dump(), zone=row.zone, occurrences=shown)

    @needs("answers:read", "host", "practitioner", "client", by_link=True)
    async def to_do(self, client: str) -> list[ToDo]:
        """What is open for a client across pathways, in their language, with what a client may see (rule V3)."""
        return await self._open_for(client, "client", (await self._client(client)).language)

    @needs("answers:read", "host", "practitioner", "client", by_link=True)
    async def open_step(self, journey: str, occurrence: str) -> ToDo:
        """One step that is open for whoever asks, as their to-do list has it. Raises NotFound where it is not open."""
        row = await self._journey(journey)
        client = await self._client(row.client)
        side = self._side("client")
        found = await self._open_for(client.id, side, client.language if side == "client" else None)
        for one in found:
            if (one.journey, one.occurrence) == (row.id, occurrence):
                return one
        raise NotFound(f"{occurrence} is not open")

    @needs("answers:read", "host", "practitioner")
    async def to_review(self, client: str) -> list[ToDo]:
        """What a practitioner has to do for a client."""
        return await self._open_for(client, "practitioner", None)

    async def _open_for(self, client: str, actor: Side, language: str | None) -> list[ToDo]:
        known = await self._client(client)
        async with self._database.read() as session:
            found = await journeys.open_steps(session, self._tenant, client)
        if self._caller.only is not None:
            found = [one for one in found if (one[0].id, one[1].id) == self._caller.only]
        elif self._practitioner is not None:
            found = [one for one in found if self._practitioner in (one[0].practitioner, known.practitioner)]
        async with self._database.read() as session:
            drafts = await response_drafts.of_journeys(session, list({row.id for row, _ in found}), actor)
        items = []
        for row, occurrence in found:
            published = await self._published_for(row)
            step = published.structure.by_id[StepId(occurrence.step)]
            if actor in (step.actor, step.reader):
                async with self._database.read() as session:
                    practitioner = await clients.practitioner_of(session, row, known)
                    changes = await posts.tailorings(session, row.id)
                reader = _reader(row, known, practitioner, published.contents, language)
                shown = self._to_do(row, occurrence, step, published.contents, reader, _words_of(changes, step.id))
                draft = drafts.get((row.id, occurrence.id))
                own = {"yours": step.actor == actor, "draft": draft.payload if draft else None}
                items.append(shown.model_copy(update=own))
        return items

    def _to_do(
        self,
        row: JourneyRow,
        occurrence: OccurrenceRow,
        step: StepStructure,
        contents: Contents,
        reader: Reader,
        tailored: dict[str, str],
    ) -> ToDo:
        shown = contents.steps[step.id].model_copy(update={name: text for name, text in tailored.items() if name != "message"})
        presented = self._presented(step.type, shown, reader)
        return ToDo(
            journey=row.id,
            occurrence=occurrence.id,
            step=step.id,
            type=step.type,
            title=reader.plain(shown.client_title or shown.title),
            pathway_title=reader.plain(contents.client_title or contents.title),
            rationale=reader.plain(shown.rationale),
            instructions=reader.plain(shown.instructions),
            message=reader.plain(tailored.get("message")),
            body=presented.body,
            prefill=presented.prefill,
            effort=str(shown.effort) if shown.effort else None,
            required=step.required,
            state=occurrence.state,
            delivered_at=occurrence.delivered_at,
            is_risky=step.is_risky,
            notice=reader.plain(self._care.notice_text),
            content=in_readers_words(known, shown.content, reader) if (known := self._types.get(step.type)) else shown.content,
            language=spoken(reader.language, contents),
            visibility=shown.visibility,
        )

    def _presented(self, name: str, shown: StepContent, reader: Reader) -> Presentation:
        """The step as its type shows it; nothing but what stands around it where the type is not installed here."""
        step_type = self._types.get(name)
        if step_type is None:
            return Presentation(body="", preview="")
        return step_type.present(step_type.content_model.model_validate(shown.content), reader)

    @needs("journeys:read", "host", "practitioner", "operator")
    async def forecast(self, journey: str) -> Plan:
        """What comes when in this journey, and why; asked of the journey itself."""
        return await self._ask(await self._journey(journey), JourneyWorkflow.forecast)

    @needs("journeys:read", "host", "practitioner", "operator")
    async def enrolment(self, key: str) -> list[JourneySummary]:
        """Every journey under an enrolment key, the latest attempt first (rule P5). Raises NotFound."""
        async with self._database.read() as session:
            found = [one for one in await journeys.enrolled(session, self._tenant, key) if await self._is_theirs(session, one)]
        if not found:
            raise NotFound(f"nobody was entered under {key}")
        return [summary_from(row) for row in found]

    @needs("journeys:read", "host", "practitioner", "client")
    async def coming(self, journey: str) -> list[Coming]:
        """What is still to come, in order of time, in the client's language and with nothing that is not for them."""
        row = await self._journey(journey)
        published, plan = await self._published_for(row), await self.forecast(row.id)
        client = await self._client(row.client)
        async with self._database.read() as session:
            practitioner = await clients.practitioner_of(session, row, client)
        reader = _reader(row, client, practitioner, published.contents, client.language)
        found = []
        for item in plan.items:
            step = published.structure.by_id[item.step]
            if item.what == "delivery" and step.reader == "client":
                shown = published.contents.steps[step.id]
                words = self._presented(step.type, shown, reader).forecast
                title = reader.plain(shown.client_title or shown.title)
                found.append(Coming(occurrence=item.occurrence, title=title, words=words, at=item.at, is_certain=item.certain))
        return found

    @needs("journeys:read", "host")
    async def state(self, journey: str) -> Journey:
        """The journey's own state, asked of its workflow."""
        return await self._ask(await self._journey(journey), JourneyWorkflow.state)

    @needs("journeys:read", "host", "practitioner", "operator")
    async def history(self, journey: str, *, after: int = 0) -> list[Event]:
        """Everything that happened, in order, after an event number."""
        row = await self._journey(journey)
        async with self._database.read() as session:
            found = await events.read(session, row.id, after=after)
        return [_without_values(one) for one in found] if self._caller.kind == "operator" else found

    @needs("journeys:read", "host", "practitioner", "operator")
    async def notifications(self, journey: str) -> list[Sent]:
        """The ledger of this journey (rule N2)."""
        row = await self._journey(journey)
        async with self._database.read() as session:
            return [_sent(one) for one in await ledger.of_journey(session, row.id)]

    @needs("journeys:read", "host", "practitioner", "operator")
    async def adherence(self, journey: str) -> Adherence:
        """How much of what was offered was done (rule A)."""
        row = await self._journey(journey)
        structure = (await self._published_for(row)).structure
        async with self._database.read() as session:
            view = await projection.read(session, row)
        return adherence(structure, view.occurrences.values())

    @needs("admin", "operator")
    async def verify(self, progress: Callable[[int], None] = lambda done: None) -> list[Mismatch]:
        """Compare every journey's rows, events and workflow; say where they disagree. Nothing found is the good news."""
        found: list[Mismatch] = []
        after, done = "", 0
        while page := await self.journeys(after=after):
            for summary in page:
                differences = await self._verify(summary.id)
                if differences:
                    found.append(Mismatch(journey=summary.id, differences=tuple(differences)))
                done += 1
                progress(done)
            after = page[-1].id
        return found

    async def _verify(self, journey: str) -> list[str]:
        row = await self._journey(journey)
        if row.status == "starting":
            return ["it was reserved but its workflow was not started; call start again with the same key"]
        try:
            await self._refuse_broken(row)
            own: JourneyView | None = view_of(await self._ask(row, JourneyWorkflow.state))
        except NotFound as gone:
            if row.status not in journeys.OVER:
                return [str(gone)]
            own = None  # over for longer than Temporal keeps what is closed
        except Unavailable as unavailable:
            return [str(unavailable)]
        async with self._database.read() as session:
            row = await journeys.get(session, self._tenant, journey) or row
            kept = await projection.read(session, row)
            told = await events.read(session, journey)
        differences = [f"rows against events: {one}" for one in projection.differences(kept, fold(told))]
        if own is None:
            return differences
        if own.seq == kept.seq:
            return [*differences, *(f"rows against workflow: {one}" for one in projection.differences(kept, own))]
        if own.seq < kept.seq:
            differences.append(f"the store holds {kept.seq} events, the workflow knows of {own.seq}")
        return differences

    async def _refuse_broken(self, row: JourneyRow) -> None:
        """Raise Unavailable where a workflow ended that was not to: by its own means a journey only ever completes it."""
        try:
            status = (await self._connection.get_workflow_handle(row.id).describe(rpc_timeout=_QUERY)).status
        except RPCError:
            return  # the question that follows says it better
        if status not in (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED):
            what = status.name.lower() if status else "in no known state"
            raise Unavailable(f"the workflow is {what} while the journey is {row.status}; an operator has to look")

    async def _ask(self, row: JourneyRow, question: Callable[[JourneyWorkflow], Answered]) -> Answered:
        handle = self._connection.get_workflow_handle_for(JourneyWorkflow.run, row.id)
        try:
            return await handle.query(question, rpc_timeout=_QUERY)
        except (WorkflowQueryFailedError, WorkflowQueryRejectedError) as error:
            raise Unavailable(f"journey {row.id} cannot answer; see its workflow in Temporal") from error
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                raise NotFound(f"the workflow of journey {row.id} is not in Temporal (any more)") from error
            raise Unavailable(f"journey {row.id} does not answer: is a worker running?") from error


def _reader(
    journey: JourneyRow, client: ClientRow, practitioner: PractitionerRow | None, contents: Contents, language: str | None
) -> Reader:
    """Who reads: in their language, with what an author's words may name of them."""
    facts = {"name": client.display_name, "practitioner": practitioner.display_name if practitioner else ""}
    facts |= {f"dates.{name}": _day(value, journey.zone) for name, value in journey.dates.items()}
    own = practitioner.language if practitioner else contents.language
    return Reader(language=language or own, fallback=contents.language, facts=facts)


def spoken(wanted: str, contents: Contents) -> str:
    """The language that a reader gets: theirs where the pathway has it, else the pathway's own."""
    written = contents.title if isinstance(contents.title, dict) else {contents.language: contents.title}
    return next((one for one in (wanted, wanted.split("-")[0]) if one in written), contents.language)


def _day(value: str, zone: str) -> str:
    """A client date as the client's calendar and clock show it."""
    return value if len(value) == 10 else f"{wall(datetime.fromisoformat(value), zone_of(zone)):%Y-%m-%d %H:%M}"


def _words_of(changes: Sequence[TailoringRow], step: str) -> dict[str, str]:
    """The words at a step that are this client's alone, as they stand."""
    words: dict[str, str | None] = {}
    for change in changes:
        if change.step == step:
            words |= change.words
    return {name: text for name, text in words.items() if text is not None}


def _without_values(event: Event) -> Event:
    """The event for somebody who may read no answer: not what a condition saw of them."""
    seen = event.kind in ("step_not_applicable", "step_completed") and getattr(event, "why", None)
    return event.changed(why="a condition; its values are not shown here") if seen else event


def _occurrence(row: OccurrenceRow, published: Published) -> OccurrenceSummary:
    contents = published.contents
    step = contents.steps.get(StepId(row.step))
    words = in_language(step.title, contents.language, contents.language) if step and step.title else ""
    return OccurrenceSummary(title=words, **row.model_dump(include=set(OccurrenceSummary.model_fields)))


def _sent(row: NotificationRow) -> Sent:
    return Sent.model_validate(row.model_dump(include=set(Sent.model_fields)))
