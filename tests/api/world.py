"""Two clients with two practitioners, and everything that an answer of the API could be about; canaries in all of it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import httpx
from sqlalchemy import select

from store.tables import all_tables
from tests.api.front import Front

NAME, MAIL, NOTE = "CANARY-NAME", "canary-mail@example.org", "CANARY-NOTE"
BOTH, ONLY, DECIDES, QUESTION, DRAFT = "CANARY-BOTH", "CANARY-ONLY", "CANARY-DECIDES", "CANARY-QUESTION", "CANARY-DRAFT"
ABOUT_A = (NAME, MAIL, BOTH, ONLY, DECIDES, QUESTION, DRAFT)

_STEP = """
  - id: {name}
    type: questionnaire
    title: {name}
    rationale: So that we both know.
    practitioner_notes: CANARY-NOTE
    visibility: {visibility}
    kind: self_assessment
    deliver: {{after: journey.started}}
    regardless: true
    content: {{items: [{item}]}}
"""
_WORDS = "{id: words, type: text, text: Words}"
_RISK = "{id: safe, type: yes_no, text: Safe, risk: {name: not_safe, is: false}}"
PATHWAY = "".join(
    [
        "pathway: matrix\ntitle: Everything at once\nquiet_hours: none\nmax_contacts_per_day: 100\n",
        "alerts: {every: 30 minutes}\nsteps:\n",
        _STEP.format(name="danger", visibility="client_and_practitioner", item=_RISK),
        *(
            _STEP.format(name=name, visibility=visibility, item=_WORDS)
            for name, visibility in (
                ("note", "client_and_practitioner"),
                ("both", "client_and_practitioner"),
                ("only", "client_only"),
                ("decides", "client_decides"),
            )
        ),
        """
  - id: extra
    type: message
    title: extra
    rationale: Because.
    required: false
    deliver: {after: journey.started}
    regardless: true
    content: {body: Hello}
  - id: session
    type: appointment
    title: session
    deliver: {after: journey.started}
    regardless: true
    content: {date: session, length: 50 minutes}
""",
    ]
)
_ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "danger.1": {"safe": False},
    "both.1": {"words": BOTH},
    "only.1": {"words": ONLY},
    "decides.1": {"words": DECIDES},
}


class A(NamedTuple):
    """One client who is called A, with everything of theirs."""

    client: str
    journey: str
    alert: str
    link: str
    client_key: str


class World:
    """Who asks, and about what."""

    def __init__(self, door: Front) -> None:
        self.door = door
        self._number = 0

    async def build(self) -> None:
        """The practice, and whoever is not A."""
        stepwell = self.door.of()
        await stepwell.publish(PATHWAY)
        await stepwell.publish(PATHWAY.replace("Everything at once", "Everything twice"))
        await stepwell.keep_library_step(
            "thing", {"type": "message", "title": "x", "rationale": "Because.", "content": {"body": "x"}}
        )
        for name in ("grey", "black"):
            await stepwell.keep_practitioner(name, display_name=f"Dr {name}", email=f"{name}@example.org")
        await stepwell.add_client(id="bob", practitioner="black")
        await stepwell.start("bob", "matrix")

    async def new_a(self) -> A:
        """Another A: answered what is private and what is not, raised an alert, asked, began to write."""
        self._number += 1
        stepwell, name = self.door.of(), f"ann{self._number}"
        await stepwell.add_client(id=name, display_name=NAME, email=MAIL, practitioner="grey")
        journey = (await stepwell.start(name, "matrix")).id
        await self.door.home.recorded(journey, "step_delivered", 7)
        for occurrence, answers in _ANSWERS.items():
            await stepwell.respond(journey, occurrence, {"answers": answers})
        await stepwell.ask(journey, "note.1", QUESTION)
        await stepwell.save_response(journey, "note.1", {"answers": {"words": DRAFT}})
        (alert,) = [one for one in await stepwell.alerts() if one.journey == journey]
        link = (await stepwell.make_link(journey, "note.1")).token
        return A(name, journey, alert.id, link, await self.door.key("client", name))

    async def callers(self, a: A) -> dict[str, httpx.AsyncClient]:
        """Everybody, with a credential of their own."""
        door = self.door
        return {
            "link of A": door.connection(a.link),
            "client A": door.connection(a.client_key),
            "client B": await door.caller("client", "bob"),
            "practitioner of A": await door.caller("practitioner", "grey"),
            "other practitioner": await door.caller("practitioner", "black"),
            "operator": await door.caller("operator", "olga"),
            "other tenant": await door.caller("host", "them", tenant="other"),
            "host": await door.caller("host", "us"),
            "nobody": door.connection(),
        }

    async def at_rest(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that is kept, once nothing moves any more."""
        before = await self._kept()
        for _ in range(40):
            await asyncio.sleep(0.3)
            after = await self._kept()
            if before == after:
                return after
            before = after
        raise AssertionError("something goes on moving")

    async def _kept(self) -> dict[str, list[dict[str, Any]]]:
        kept = {}
        async with self.door.home.database.read() as session:
            for table in all_tables():
                if table.__tablename__ not in _VOLATILE:
                    rows = await session.scalars(select(table).order_by(*table.__table__.primary_key.columns))
                    kept[table.__tablename__] = [_steady(row.model_dump()) for row in rows]
        return kept


_VOLATILE = ("idempotency", "failed_credential")


def _steady(row: dict[str, Any]) -> dict[str, Any]:
    row.pop("last_used_at", None)  # that a key was used is noted, also for what it may not
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
