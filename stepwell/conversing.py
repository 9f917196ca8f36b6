"""What people say to each other around a step: questions and answers, how much it helped, words for one client alone."""

from typing import Any

from engine.messages import AnswerQuestion, AskQuestion, By, Message
from engine.turn import Answer
from engine.words import PLACES, unknown_places
from stepwell.access import needs
from stepwell.desk import Side, plain
from stepwell.errors import NotFound, Refused
from stepwell.judging import step_of
from stepwell.models import Post, Rating, Tailoring
from stepwell.telling import Telling
from store import journeys, posts
from store.ids import new_id
from store.responses import DifferentSubmission
from store.tables import PostRow, RatingRow

_LONGEST = 10_000
_SCALES = {"helpfulness": 4, "time": 4, "frequency": 4, "effort": 4, "value": 4, "benefit": 4}
"""What a client may rate of a step they did, each from 0; time, frequency and effort are informed by the HES (D34)."""
_TAILORABLE = ("client_title", "rationale", "instructions", "message")


class Conversing(Telling):
    """Questions, ratings and tailored words. The words stay in the store; mails and journeys carry ids only (D16)."""

    @needs("answers:write", "host", "client")
    async def ask(self, journey: str, occurrence: str, question: str, *, post_id: str | None = None) -> Answer:
        """Ask the practitioner about a step, as the client; they get a mail without the words."""
        name = await self._post(journey, occurrence, "client", None, question, post_id)
        facts = {"by": By(role="client"), "occurrence": occurrence, "question": name}
        return await self._tell_of(name, journey, AskQuestion, f"ask-{name}", facts)

    @needs("answers:write", "host", "practitioner")
    async def answer(
        self, journey: str, occurrence: str, answer: str, *, by: str | None = None, post_id: str | None = None
    ) -> Answer:
        """Answer the client about a step, as the practitioner; the client gets a mail without the words."""
        person = self._person(by)
        name = await self._post(journey, occurrence, "practitioner", person, answer, post_id)
        who = By(role="practitioner", id=person)
        return await self._tell_of(
            name, journey, AnswerQuestion, f"answer-{name}", {"by": who, "occurrence": occurrence, "answer": name}
        )

    async def _tell_of(self, post: str, journey: str, kind: type[Message], message_id: str, facts: dict[str, Any]) -> Answer:
        """Tell the journey of words; those that it refuses to pass on stand in no thread."""
        try:
            return await self._tell(journey, kind, message_id, **facts)
        except Refused:
            async with self._database.begin() as session:
                await posts.forget(session, self._tenant, post)
            raise

    async def _post(self, journey: str, occurrence: str, role: str, author: str | None, text: str, post_id: str | None) -> str:
        row = await self._journey(journey)
        step_of(await self._published_for(row), occurrence)
        name = plain(post_id or new_id("post"), "an id", "G9", 90)
        post = PostRow(
            tenant=self._tenant,
            id=name,
            journey=row.id,
            occurrence=occurrence,
            role=role,
            author=author,
            text=_prose(text),
            at=self._now(),
        )
        try:
            async with self._database.begin() as session:
                await posts.keep(session, post)
        except DifferentSubmission as different:
            raise Refused("different_submission", "G9", str(different)) from None
        return name

    @needs("answers:read", "host", "practitioner", "client")
    async def thread(self, journey: str, occurrence: str | None = None) -> list[Post]:
        """What was asked and answered about a journey, or about one step, the oldest first."""
        row = await self._journey(journey)
        async with self._database.begin() as session:
            found = await posts.thread(session, row.id, occurrence)
            await self._note_reading(session, "questions", f"{row.id}/{occurrence}" if occurrence else row.id)
        return [Post.model_validate(one.model_dump(include=set(Post.model_fields))) for one in found]

    @needs("answers:write", "host", "practitioner", "client")
    async def mark_read(self, journey: str, occurrence: str, *, reader: Side = "practitioner") -> None:
        """Note that the client, or the practitioner, has read what the other wrote."""
        reader = self._side(reader)
        if reader not in ("client", "practitioner"):
            raise Refused("unknown_reader", "D16", f"{reader!r} reads no thread: client or practitioner")
        row = await self._journey(journey)
        async with self._database.begin() as session:
            await posts.mark_read(session, row.id, occurrence, not_by=reader, now=self._now())

    @needs("answers:write", "host", "client")
    async def rate(self, journey: str, occurrence: str, measure: str, value: int) -> Rating:
        """Say, as the client, how a step was: `helpfulness`, `time`, `frequency`, `effort`, `value` or `benefit`, 0 to 4."""
        highest = _SCALES.get(measure)
        if highest is None or isinstance(value, bool) or not 0 <= value <= highest:
            raise Refused("bad_rating", "D30", f"a rating is one of {', '.join(_SCALES)}, each from 0 to 4")
        row = await self._journey(journey)
        async with self._database.read() as session:
            if occurrence not in {one.id for one in await journeys.occurrences(session, row.id)}:
                raise NotFound(f"{occurrence} was not delivered in this journey yet")
        rating = RatingRow(journey=row.id, occurrence=occurrence, measure=measure, value=value, at=self._now())
        async with self._database.begin() as session:
            await posts.rate(session, rating)
        return Rating(occurrence=occurrence, measure=measure, value=value, at=rating.at)

    @needs("answers:read", "host", "practitioner", "client")
    async def ratings(self, journey: str) -> list[Rating]:
        """Everything the client said of the steps of a journey."""
        row = await self._journey(journey)
        async with self._database.begin() as session:
            found = await posts.ratings(session, row.id)
            await self._note_reading(session, "ratings", row.id)
        return [Rating.model_validate(one.model_dump(include=set(Rating.model_fields))) for one in found]

    @needs("journeys:write", "host", "practitioner")
    async def tailor(self, journey: str, step: str, words: dict[str, Any], *, reason: str, by: str | None = None) -> Tailoring:
        """Change for this client alone what they read around a step: title, rationale, instructions, or a personal message.

        `words` holds texts for some of `client_title`, `rationale`, `instructions` and `message`; None takes a change back.
        Every change stays on record with who and why (D17, D31).
        """
        row = await self._journey(journey)
        published = await self._published_for(row)
        if step not in published.contents.steps:
            raise NotFound(f"{step} is no step of {row.pathway}; one of {', '.join(published.contents.steps)}")
        unknown = sorted(set(words) - set(_TAILORABLE))
        if unknown or not words:
            raise Refused("not_tailorable", "D31", f"only {', '.join(_TAILORABLE)} can be changed for one client")
        kept = {name: text if text is None else _prose(text) for name, text in words.items()}
        unfilled = [place for text in kept.values() if text is not None for place in unknown_places(text)]
        if unfilled:
            message = f"nobody can fill in {', '.join(unfilled)}; known: {', '.join(PLACES)}"
            raise Refused("unknown_placeholder", "D17", message)
        why = plain(reason, "a reason", "D31", 2000)
        async with self._database.begin() as session:
            change = await posts.tailor(session, row.id, step, kept, by=self._person(by), reason=why, now=self._now())
        return Tailoring.model_validate(change.model_dump(include=set(Tailoring.model_fields)))

    @needs("journeys:read", "host", "practitioner")
    async def tailorings(self, journey: str) -> list[Tailoring]:
        """Every change of words for one client, in order: what, who, when and why."""
        row = await self._journey(journey)
        async with self._database.read() as session:
            found = await posts.tailorings(session, row.id)
        return [Tailoring.model_validate(one.model_dump(include=set(Tailoring.model_fields))) for one in found]


def _prose(text: object) -> str:
    """Words with line breaks, as every store can keep them. Raises Refused."""
    if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST:
        raise Refused("bad_text", "D16", f"write something, in {_LONGEST:,} characters at most")
    if any((one < " " and one not in "\n\t\r") or "\ud800" <= one <= "\udfff" for one in text):
        raise Refused("bad_text", "D16", "the text holds characters that cannot be printed")
    return text
