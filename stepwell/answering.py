"""What clients do with their steps, and what practitioners and hosts do with theirs: open, answer, skip, snooze."""

from datetime import datetime
from typing import Any

from engine.fingerprint import fingerprint
from engine.messages import By, OpenStep, Respond, SkipStep, SnoozeReminders
from engine.obstacles import OBSTACLES
from engine.turn import Answer
from engine.words import Reader
from stepwell.access import needs
from stepwell.alerting import Alerting
from stepwell.desk import plain, side_of
from stepwell.errors import Refused, StepwellError
from stepwell.judging import can_be_kept, judge
from stepwell.models import Taken
from stepwell.telling import Telling
from store import alerts, response_drafts, responses
from store.ids import id_from, new_id
from store.responses import DifferentSubmission
from store.tables import AlertRow, JourneyRow, ResponseDraftRow, ResponseRow

_CLIENT = By(role="client")
_BY_ACTOR = {"client": _CLIENT, "practitioner": By(role="practitioner"), "host": By(role="host")}


class Answering(Telling, Alerting):
    """Pass on what people answer. Each call is safe to repeat with the same id."""

    @needs("answers:write", "host", "client", by_link=True)
    async def open(
        self, journey: str, occurrence: str, *, content_version: int | None = None, message_id: str | None = None
    ) -> Answer:
        """The client looked at an open step, or worked on it again; the inactivity limit counts from here (rule G6).

        What it is shown with stays, whatever is published from now on: `content_version`, where it was shown with an older
        one than it would be now (rule E).
        """
        self._refuse_other_step(occurrence)
        row = await self._journey(journey)
        number = (await self._shown_now(row, occurrence, content_version)).number
        return await self._tell(row.id, OpenStep, message_id, by=_CLIENT, occurrence=occurrence, content_version=number)

    @needs("answers:write", "host", "practitioner", "client", by_link=True)
    async def respond(
        self,
        journey: str,
        occurrence: str,
        response: dict[str, Any] | None = None,
        *,
        submission_id: str | None = None,
        obstacle: str | None = None,
        content_version: int | None = None,
        by: By | None = None,
    ) -> Taken:
        """Take a response: judged, kept in the store, then told to the journey. Raises InvalidResponse with every problem.

        The same `submission_id` is the same submission (rule G9). `by` is whoever completes the step unless given.
        `obstacle` is a code for what came in between where it is late. It is judged by what the step was opened with; where
        nobody opened it, by what it was shown with: `content_version`, else what it would be shown with now (rule E). Where
        it meets a risk rule, the alert is kept with it and told at once, and `crisis_text` comes back: also with an error, in
        its `crisis_text` (rule R8).
        """
        self._refuse_other_step(occurrence)
        row = await self._journey(journey)
        shown = await self._shown_now(row, occurrence, content_version)
        step = shown.step
        who = self._caller.by or by or _BY_ACTOR[step.actor]
        judged = judge(shown.content, self._types, step, response or {})
        name = plain(submission_id or new_id("sub"), "a submission id", "G9", 100)
        kept = ResponseRow(
            tenant=self._tenant,
            id=name,
            journey=row.id,
            occurrence=occurrence,
            by_role=who.role,
            payload=judged.payload,
            outcome=dict(judged.outcome),
            visibility=shown.content.visibility,
            received_at=self._now(),
            fingerprint=fingerprint(judged.payload),
        )
        message = {
            "by": who,
            "occurrence": occurrence,
            "response_id": name,
            "outcome": judged.outcome,
            "asks_more": judged.asks_more,
            "obstacle": _known(obstacle),
            "content_version": shown.number,
        }
        alert = await self._keep(row, kept, judged.alarms)
        try:
            if alert is not None:
                await self._sound(alert)
            answer = await self._tell(row.id, Respond, name, **message)
        except StepwellError as error:
            if alert is not None:
                error.crisis_text = await self._crisis_text(row)
            elif isinstance(error, Refused):
                async with self._database.begin() as session:
                    await responses.forget_refused(session, self._tenant, name)
            raise
        async with self._database.begin() as session:
            await response_drafts.drop(session, row.id, occurrence, side_of(who.role))
        return Taken(**answer.model_dump(), crisis_text=await self._crisis_text(row) if alert else "")

    async def _keep(self, journey: JourneyRow, kept: ResponseRow, alarms: tuple[str, ...]) -> AlertRow | None:
        """The response, and in the same transaction the alert it raises, if it does."""
        try:
            async with self._database.begin() as session:
                stored = await responses.keep(session, kept)
                if not alarms:
                    return None
                alert = AlertRow(
                    id=id_from("alert", self._tenant, journey.id, stored.id),
                    tenant=self._tenant,
                    journey=journey.id,
                    occurrence=stored.occurrence,
                    response_id=stored.id,
                    rules=list(alarms),
                    raised_at=stored.received_at,
                )
                return await alerts.raise_(session, alert)
        except DifferentSubmission as different:
            raise Refused("different_submission", "G9", str(different)) from None

    async def _crisis_text(self, journey: JourneyRow) -> str:
        """The deployer's words, in the client's language."""
        client = await self._client(journey.client)
        return Reader(language=client.language, facts={"name": client.display_name}).plain(self._care.crisis_text)

    @needs("answers:write", "host", "practitioner", "client", by_link=True)
    async def save_response(
        self,
        journey: str,
        occurrence: str,
        response: dict[str, Any],
        *,
        content_version: int | None = None,
        by: By | None = None,
    ) -> None:
        """Keep what somebody has written so far, valid or not; only they see it, in `draft` of their to-do list.

        The journey hears that it was worked on: the inactivity limit counts from here (rule G6). Sent, it is forgotten.
        """
        self._refuse_other_step(occurrence)
        row = await self._journey(journey)
        shown = await self._shown_now(row, occurrence, content_version)
        if not can_be_kept(response):
            raise Refused("bad_text", "G9", "the response holds characters that are no text")
        who = self._caller.by or by or _BY_ACTOR[shown.step.actor]
        if who.role in ("client", "host"):
            await self._tell(row.id, OpenStep, None, by=who, occurrence=occurrence, content_version=shown.number)
        draft = ResponseDraftRow(
            journey=row.id,
            occurrence=occurrence,
            by_role=side_of(who.role),
            payload=response,
            saved_at=self._now(),
        )
        async with self._database.begin() as session:
            await response_drafts.keep(session, draft)

    @needs("answers:write", "host", "client", by_link=True)
    async def skip(
        self, journey: str, occurrence: str, *, obstacle: str | None = None, message_id: str | None = None
    ) -> Answer:
        """The client leaves out an optional step (rule G8); `obstacle` is a code for what came in between (D28)."""
        self._refuse_other_step(occurrence)
        return await self._tell(journey, SkipStep, message_id, by=_CLIENT, occurrence=occurrence, obstacle=_known(obstacle))

    @needs("answers:write", "host", "client", by_link=True)
    async def snooze(self, journey: str, occurrence: str, until: datetime, *, message_id: str | None = None) -> Answer:
        """The client wants no reminder of this step before an instant (rule R5)."""
        self._refuse_other_step(occurrence)
        return await self._tell(journey, SnoozeReminders, message_id, by=_CLIENT, occurrence=occurrence, until=until)


def _known(obstacle: str | None) -> str | None:
    if obstacle is not None and obstacle not in OBSTACLES:
        raise Refused("unknown_obstacle", "G8", f"{obstacle!r} is no obstacle; one of {', '.join(OBSTACLES)}")
    return obstacle
