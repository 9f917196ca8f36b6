"""What can be seen of journeys: lists, one journey, to-do lists, forecast, history, the ledger, adherence, and whether all agree."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from temporalio.client import WorkflowExecutionStatus, WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.service import RPCError, RPCStatusCode

from engine.adherence import Adherence, adherence
from engine.contacts import week_begins
from engine.events import Event
from engine.journey import Journey
from engine.mails_ahead import MailsNow, mails_ahead
from engine.publishing import Published
from engine.view import JourneyView, fold, view_of
from engine.words import in_language
from stepwell.access import needs
from stepwell.errors import NotFound, Unavailable
from stepwell.models import Coming, Forecast, JourneyDetail, JourneySummary, Mismatch, OccurrenceSummary, Sent
from stepwell.showing import Showing, reader_of
from stepwell.steering import summary_from
from store import clients, contacts, events, journeys, ledger, projection, versions
from store.contact_rules import rules_of
from store.tables import JourneyRow, NotificationRow, OccurrenceRow
from store.versions import Shown
from workflows.journey import JourneyWorkflow

Answered = TypeVar("Answered")
QUERY = timedelta(seconds=10)
"""How long Temporal is given to answer."""


class Watching(Showing):
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
        async with self._database.read() as session:
            rows = await journeys.occurrences(session, row.id)
            newest = (await versions.newest(session, row.tenant, [row.pathway]))[row.pathway]
        shown = tuple([_occurrence(one, await self._shown(row, one, newest)) for one in rows])
        return JourneyDetail(**summary_from(row).model_dump(), zone=row.zone, occurrences=shown)

    @needs("journeys:read", "host", "practitioner", "operator")
    async def running(self, journey: str) -> Published:
        """The pathway as this journey runs it: its own structure, with the words that nobody has opened yet and would be
        shown now (rule E). What was opened or answered keeps its own: `content_version` of its occurrence."""
        return await self._running(await self._journey(journey))

    @needs("journeys:read", "host", "practitioner", "operator")
    async def forecast(self, journey: str) -> Forecast:
        """What comes when in this journey, and why, asked of the journey itself; and which mails about it would be held."""
        row = await self._journey(journey)
        plan = await self._ask(row, JourneyWorkflow.forecast)
        structure = (await self._running(row)).structure
        return Forecast(items=plan.items, wake_at=plan.wake_at, mails=mails_ahead(structure, plan, await self._mails_of(row)))

    async def _mails_of(self, journey: JourneyRow) -> MailsNow:
        """What is known of the mails to the client of a journey."""
        now = self._now()
        async with self._database.read() as session:
            client = await self._client_in(session, journey.client)
            rules = await rules_of(session, client, self._care.budget, now)
            return MailsNow(
                rules=rules,
                sent=await contacts.taken(session, self._tenant, client.id, since=week_begins(now, rules.zone)),
                has_alert=bool(await contacts.alerts_of(session, self._tenant, client.id)),
                has_opted_out="email" in client.opted_out,
            )

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
        plan = await self._ask(row, JourneyWorkflow.forecast)
        client = await self._client(row.client)
        async with self._database.read() as session:
            practitioner = await clients.practitioner_of(session, row, client)
            newest = (await versions.newest(session, row.tenant, [row.pathway]))[row.pathway]
        found = []
        for item in plan.items:
            if item.what != "delivery":
                continue
            step, shown, contents, number = await self._versions.shown_unopened(row, item.step, newest)
            if step.reader == "client":
                reader = reader_of(row, client, practitioner, contents, client.language)
                words = self._presented(row, number, step, shown, reader)[0].forecast
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
            standing = await projection.standing_differences(session, row, told)
        differences = [f"rows against events: {one}" for one in (*projection.differences(kept, fold(told)), *standing)]
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
            status = (await self._connection.get_workflow_handle(row.id).describe(rpc_timeout=QUERY)).status
        except RPCError:
            return  # the question that follows says it better
        if status not in (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED):
            what = status.name.lower() if status else "in no known state"
            raise Unavailable(f"the workflow is {what} while the journey is {row.status}; an operator has to look")

    async def _ask(self, row: JourneyRow, question: Callable[[JourneyWorkflow], Answered]) -> Answered:
        handle = self._connection.get_workflow_handle(row.id)
        try:
            return await handle.query(question, rpc_timeout=QUERY)
        except (WorkflowQueryFailedError, WorkflowQueryRejectedError) as error:
            raise Unavailable(f"journey {row.id} cannot answer; see its workflow in Temporal") from error
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                raise NotFound(f"the workflow of journey {row.id} is not in Temporal (any more)") from error
            raise Unavailable(f"journey {row.id} does not answer: is a worker running?") from error


def _without_values(event: Event) -> Event:
    """The event for somebody who may read no answer: not what a condition saw of them."""
    seen = event.kind in ("step_not_applicable", "step_completed") and getattr(event, "why", None)
    return event.changed(why="a condition; its values are not shown here") if seen else event


def _occurrence(row: OccurrenceRow, shown: Shown) -> OccurrenceSummary:
    language, title = shown.contents.language, shown.content.title
    words = in_language(title, language, language) if title else ""
    facts = row.model_dump(include=set(OccurrenceSummary.model_fields) - {"content_version"})
    return OccurrenceSummary(title=words, content_version=shown.number, **facts)


def _sent(row: NotificationRow) -> Sent:
    return Sent.model_validate(row.model_dump(include=set(Sent.model_fields)))
