"""Who may read what came back (rule V1), what it looks like, and everything a client may take with them (D43)."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from engine.calendar import wall
from engine.fingerprint import fingerprint
from engine.steptype import Answered, AnyStepType, Content, InvalidResponse, Response
from engine.words import Reader, in_language
from engine.zones import zone_of
from stepwell.access import needs
from stepwell.alerting import Alerting
from stepwell.desk import Side
from stepwell.errors import Refused
from stepwell.judging import step_of, type_of
from stepwell.models import Given
from stepwell.watching import Watching
from store import events, journeys, posts, responses, versions
from store.tables import JourneyRow, ResponseRow
from store.versions import Shown


class Reading(Watching, Alerting):
    """Read responses as one side may, share them and take that back, draw and sum them up, export them."""

    @needs("answers:read", "host", "practitioner", "client")
    async def responses(self, journey: str, occurrence: str, *, reader: Side = "practitioner") -> list[Given]:
        """What was accepted for an occurrence, the oldest first, as this side may read it (rule V1).

        A practitioner never sees `client_only` responses, and `client_decides` ones only while they are shared; that they
        have read one is noted.
        """
        reader = self._side(reader)
        row = await self._journey(journey)
        async with self._database.begin() as session:
            found = [one for one in await responses.of_occurrence(session, row.id, occurrence) if may_read(one, reader)]
            if reader == "practitioner":
                await responses.mark_read(session, found, self._now())
            await self._note_reading(session, "answers", f"{row.id}/{occurrence}")
        return [given_from(one) for one in found]

    @needs("answers:read", "host", "practitioner")
    async def alarming_response(self, alert: str) -> Given:
        """The response that raised an alert, as the practitioner reads it; also where the journey refused it. Raises NotFound.

        What meets a risk rule is never private (D9), so nothing is held back here.
        """
        async with self._database.begin() as session:
            raised = await self._alert(session, alert)
            found = await responses.get(session, self._tenant, raised.response_id)
            assert found is not None, "an alert is kept in one transaction with its response"
            await responses.mark_read(session, [found], self._now())
            await self._note_reading(session, "answers", f"{found.journey}/{found.occurrence}")
        return given_from(found)

    @needs("answers:write", "host", "client")
    async def share(self, journey: str, occurrence: str) -> int:
        """Let the practitioner read what the client gave for this occurrence, where that is theirs to decide (rule V1)."""
        return await self._share(journey, occurrence, shared=True)

    @needs("answers:write", "host", "client")
    async def withdraw(self, journey: str, occurrence: str) -> int:
        """Take the sharing back for what the practitioner has not read yet (rule V1). Returns for how many responses."""
        return await self._share(journey, occurrence, shared=False)

    async def _share(self, journey: str, occurrence: str, *, shared: bool) -> int:
        row = await self._journey(journey)
        step = step_of(await self._published_for(row), occurrence)
        async with self._database.begin() as session:
            found = await responses.of_occurrence(session, row.id, occurrence)
            if any(one.visibility != "client_decides" for one in found):
                raise Refused("not_to_decide", "V1", f"who reads {step.id} is settled by its pathway, not by the client")
            changed = [one for one in found if one.read_at is None and (one.shared_at is None) == shared]
            for one in changed:
                one.shared_at = self._now() if shared else None
                session.add(one)
            if changed:
                await self._note(session, "answers shared" if shared else "answers no longer shared", f"{row.id}/{occurrence}")
        return len(changed)

    @needs("answers:read", "host", "practitioner", "client")
    async def picture(self, journey: str, step: str, *, reader: Side = "client") -> str | None:
        """The responses to a step so far as an SVG, the latest against the one before; None where there is nothing to draw."""
        return (await self._drawn(journey, step, reader))[0]

    @needs("answers:read", "host", "practitioner", "client")
    async def report(self, journey: str, step: str, *, reader: Side = "client") -> str:
        """What the responses to a step so far come to, in Markdown, such as progress towards a goal."""
        return (await self._drawn(journey, step, reader))[1]

    async def _drawn(self, journey: str, step: str, side: Side) -> tuple[str | None, str]:
        side = self._side(side)
        row = await self._journey(journey)
        async with self._database.begin() as session:
            given = [one for one in await responses.of_step(session, row.id, step) if may_read(one, side)]
            days = {one.id: one.delivered_at for one in await journeys.occurrences(session, row.id)}
            await self._note_reading(session, "answers", f"{row.id}/{step}")
        shown = await self._shown_now(row, given[-1].occurrence if given else f"{step}.1")
        step_type = type_of(self._types, shown.step.type)
        content = step_type.content_model.model_validate(shown.content.content)
        own = shown.contents.language
        reader = Reader(language=(await self._client(row.client)).language if side == "client" else own, fallback=own)
        last = {one.occurrence: one for one in given}
        zone = zone_of(row.zone)
        answered = [
            Answered(response, wall(day, zone).date())
            for name, one in last.items()
            if (day := days.get(name)) is not None and (response := _answer_to(step_type, content, one.payload)) is not None
        ]
        return step_type.picture(content, answered, reader), step_type.report(content, answered, reader)

    @needs("answers:read", "host", "practitioner", "client")
    async def export(self, client: str) -> dict[str, Any]:
        """Everything a client may have of what is kept about them, as plain values: what they were given, when, what
        they answered, asked and were told. Nothing that is for practitioners only (rule V3, D43).

        A host and a practitioner get what they may read themselves (rule V1); all of it is the client's own to take: the
        process, or a host that speaks as them."""
        known = await self._client(client)
        async with self._database.begin() as session:
            await self._note_reading(session, "everything", client)
        taken = []
        after = ""
        while page := await self._journeys_of(client, after):
            taken += [await self._export(row, known.language) for row in page]
            after = page[-1].id
        person = {"id": known.id, "display_name": known.display_name, "language": known.language, "zone": known.zone}
        return {"format": "stepwell-client-1", "client": person, "journeys": taken}

    async def _journeys_of(self, client: str, after: str) -> list[JourneyRow]:
        async with self._database.read() as session:
            return await journeys.find(session, self._tenant, client=client, practitioner=self._practitioner, after=after)

    async def _export(self, row: JourneyRow, language: str) -> dict[str, Any]:
        async with self._database.read() as session:
            found = await journeys.occurrences(session, row.id)
            told = await events.read(session, row.id)
            talk, rated = await posts.thread(session, row.id), await posts.ratings(session, row.id)
            newest = (await versions.newest(session, row.tenant, [row.pathway]))[row.pathway]
        given = {one.id: await self._read_for_export(row, one.id) for one in found}
        shown = {one.id: await self._shown(row, one, newest) for one in found}
        steps = [
            {
                "occurrence": one.id,
                **_around(shown[one.id], language),
                "state": one.state,
                "delivered_at": one.delivered_at,
                "settled_at": one.settled_at,
                "late": one.late,
                "asked": dict(_asked(shown[one.id].content.content, language, shown[one.id].contents.language)),
                "responses": [
                    {"by": each.by_role, "at": each.accepted_at, "response": each.payload, "fingerprint": each.fingerprint}
                    for each in given[one.id]
                ],
            }
            for one in found
            if shown[one.id].step.reader == "client"
        ]
        return {
            "id": row.id,
            "pathway": (await self._running(row, newest)).contents.title_for_client(language),
            "status": row.status,
            "started_at": row.started_at,
            "finished_at": row.finished_at,
            "steps": steps,
            "history": [{"at": one.at, "what": one.kind, "by": one.by.role} for one in told],
            "reviews": [
                {"at": each.accepted_at, "comment": each.payload.get("comment", ""), "praise": each.payload.get("praise", "")}
                for one in found
                if shown[one.id].step.type == "review"
                for each in given[one.id]
            ],
            "questions": [{"occurrence": one.occurrence, "by": one.role, "at": one.at, "text": one.text} for one in talk],
            "ratings": [{"occurrence": one.occurrence, one.measure: one.value, "at": one.at} for one in rated],
        }

    async def _read_for_export(self, row: JourneyRow, occurrence: str) -> list[ResponseRow]:
        """What the caller may read of it; that a practitioner has is noted, as everywhere."""
        side = self._side("client")
        async with self._database.begin() as session:
            found = [one for one in await responses.of_occurrence(session, row.id, occurrence) if may_read(one, side)]
            if side == "practitioner":
                await responses.mark_read(session, found, self._now())
        return found


def may_read(response: ResponseRow, reader: Side) -> bool:
    """Whether this side may read a response (rule V1); what a practitioner sent is for both, a host speaks for the client."""
    if reader == "client" or response.by_role == "practitioner" or response.visibility == "client_and_practitioner":
        return True
    return response.visibility == "client_decides" and response.shared_at is not None


def given_from(row: ResponseRow) -> Given:
    """A stored response as its reader sees it."""
    known = row.model_dump(include=set(Given.model_fields))
    intact = row.fingerprint is None or fingerprint(row.payload) == row.fingerprint
    return Given.model_validate({**known, "is_intact": intact})


def _answer_to(step_type: AnyStepType, content: Content, payload: dict[str, Any]) -> Response | None:
    """An earlier answer as the step asks now; None where it answers other words and would not be taken any more."""
    try:
        response: Response = step_type.response_model.model_validate(payload)
        step_type.judge(content, response)
    except (ValidationError, InvalidResponse):
        return None
    return response


def _asked(content: Any, language: str, own: str) -> Iterator[tuple[str, str]]:
    """The words of whatever a content asks for, by the name that its answer has."""
    match content:
        case dict():
            words = content.get("text") or content.get("label")
            if isinstance(content.get("id"), str) and words:
                yield content["id"], in_language(words, language, own)
            for one in content.values():
                yield from _asked(one, language, own)
        case list() | tuple():
            for one in content:
                yield from _asked(one, language, own)


def _around(shown: Shown, language: str) -> dict[str, str]:
    """The words around a step as its client had them."""
    content, own = shown.content, shown.contents.language
    texts = {"rationale": content.rationale, "instructions": content.instructions}
    return {
        "title": content.title_for_client(language, own),
        **{name: in_language(text, language, own) if text else "" for name, text in texts.items()},
    }
