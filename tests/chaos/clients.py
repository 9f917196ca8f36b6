"""Clients that live through journeys over HTTP while everything breaks: they answer, repeat, contradict themselves, pause and leave."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from tests.chaos.history import Journal, Operation
from tests.chaos.pathways import MAILS, PERSON, TWIN, Pathway, answer

_TRY = 12.0
_PATIENCE = 90.0
"""Seconds that a client tries one thing before leaving it unknown: to be settled at the end, by reading."""
NATURES = ("steady", "steady", "slow", "slow", "doubling", "rival", "pausing", "leaving", "stopping", "sleeping", "waking")
ZONES = ("UTC", "Europe/London", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")


class Door:
    """The gateways as a client meets them: another one where one does not answer, and the same key until somebody does."""

    def __init__(self, urls: Mapping[str, str], secret: str, journal: Journal) -> None:
        self._urls = list(urls.values())
        self._secret = secret
        self._journal = journal
        self._count = 0
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.AsyncClient(timeout=_TRY, trust_env=False, limits=limits)
        self.when_acknowledged: Callable[[], None] = lambda: None
        """Called as soon as a write is acknowledged."""

    async def close(self) -> None:
        """No more requests."""
        await self._http.aclose()

    async def read(self, path: str, *, client: str | None = None, patience: float = _PATIENCE) -> Any:
        """What is there, however long that takes; None where it is not."""
        give_up_at = time.monotonic() + patience
        while True:
            reply = await self._try("GET", path, None, "", client)
            if reply is not None and reply.status_code < 429:
                return reply.json() if reply.status_code < 300 else None
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"{path} cannot be read: {reply.status_code if reply else 'no answer'}")
            await asyncio.sleep(0.3)

    async def do(
        self, does: str, client: str, method: str, path: str, body: Any, *, key: str, as_client: bool = True
    ) -> Operation:
        """Do it until somebody answers for certain, under one key; every attempt is in the history before it is made."""
        self._count += 1
        operation = Operation(f"{client}/{self._count}", does, client, key, body, path, time.time())
        give_up_at = time.monotonic() + _PATIENCE
        while operation.outcome == "unknown" and time.monotonic() < give_up_at:
            operation.attempts += 1
            head = {"op": operation.id, "attempt": operation.attempts}
            facts = {"does": does, "client": client, "key": key, "body": body, "path": path}
            self._journal.write(type="invoke", **head, **facts)
            reply = await self._try(method, path, body, key, client if as_client else None)
            self._understand(operation, reply)
            told = {"status": operation.status, "code": operation.code, "answer": operation.answer}
            told["retry_after"] = reply.headers.get("retry-after") if reply is not None else None
            self._journal.write(type=operation.outcome, **head, **told)
            if operation.outcome == "unknown":
                await asyncio.sleep(random.uniform(0.1, 0.6))
        if operation.outcome == "ok":
            self.when_acknowledged()
        return operation

    async def _try(self, method: str, path: str, body: Any, key: str, client: str | None) -> httpx.Response | None:
        headers = {"authorization": f"Bearer {self._secret}"}
        headers |= {"idempotency-key": key} if key else {}
        headers |= {"stepwell-act-as": f"client:{client}"} if client else {}
        try:
            return await self._http.request(method, f"{random.choice(self._urls)}/v1{path}", json=body, headers=headers)
        except httpx.HTTPError:
            return None

    @staticmethod
    def _understand(operation: Operation, reply: httpx.Response | None) -> None:
        operation.status = reply.status_code if reply is not None else 0
        if reply is None or reply.status_code in (408, 429) or reply.status_code >= 500:
            return
        operation.answer = reply.json() if reply.content else None
        operation.outcome = "ok" if reply.status_code < 300 else "fail"
        operation.code = "" if operation.outcome == "ok" else str(operation.answer.get("code", ""))
        operation.ended = time.time()


@dataclass
class Person:
    """One client, drawn from a seed: who they are, what they go through, and how they behave."""

    id: str
    pathway: Pathway
    nature: str
    zone: str
    seed: str
    delays: dict[str, float] = field(default_factory=dict)
    quiet: tuple[str, str] | None = None
    entered_at: float = 0.0
    dates: dict[str, str] = field(default_factory=dict)
    journey: str = ""

    @property
    def mail(self) -> str:
        """Where they read their mail."""
        return f"{self.id}{MAILS}"


def people(draw: random.Random, pathways: list[Pathway], slot: int, natures: Sequence[str] = NATURES) -> Iterator[Person]:
    """One after the other, for one place among those that live at once."""
    number = 0
    while True:
        number += 1
        pathway = pathways[(slot + number) % len(pathways)]
        nature = natures[(slot * 5 + number - 1) % len(natures)]
        name = f"c{slot}-{number}"
        delays = {date: draw.uniform(2, 8) if date.startswith("nudge") else draw.uniform(1, 7) for date in pathway.dates}
        yield Person(name, pathway, nature, draw.choice(ZONES), f"{draw.random()}", delays)


class Life:
    """One person's way through one journey."""

    def __init__(self, door: Door, person: Person, is_over: asyncio.Event) -> None:
        self._door = door
        self._me = person
        self._is_over = is_over
        self._draw = random.Random(person.seed)
        self._answered = 0
        self._seen: set[str] = set()
        self._has_acted = False

    async def live(self) -> None:
        """Enter and go on until nothing more is to be done, or until everybody is called in."""
        await self._enter()
        if not self._me.journey or self._me.nature == "sleeping":
            return
        while not await self._is_at_its_end():
            await self._look()
            await asyncio.sleep(self._draw.uniform(0.2, 0.6))

    async def _enter(self) -> None:
        me = self._me
        if me.nature in ("sleeping", "waking"):
            me.quiet = _quiet_for(me)
        wish = {"id": me.id, "email": me.mail, "display_name": f"{PERSON}-{me.id}", "zone": me.zone, "practitioner": "dr-grey"}
        wish |= {"quiet_hours": me.quiet} if me.quiet else {}
        await self._host("add", "POST", "/clients", wish)
        now = datetime.now(UTC)
        me.dates = {name: (now + timedelta(seconds=delay)).isoformat() for name, delay in me.delays.items()}
        enrolled = await self._host(
            "enrol", "POST", "/journeys", {"client": me.id, "pathway": me.pathway.name, "dates": me.dates}
        )
        if enrolled.outcome == "ok":
            me.journey = enrolled.answer["id"]
        elif enrolled.outcome == "unknown":
            found = await self._door.read(f"/journeys?client={me.id}")
            me.journey = found["items"][0]["id"] if found["items"] else ""
        me.entered_at = time.time()

    async def _is_at_its_end(self) -> bool:
        if self._is_over.is_set():
            return True
        found = await self._door.read(f"/journeys/{self._me.journey}")
        return found is not None and found["status"] in ("completed", "stopped", "ended")

    async def _look(self) -> None:
        """See what is open, and do something about it."""
        listed = await self._door.read(f"/clients/{self._me.id}/to-do", client=self._me.id)
        for item in listed["items"] if listed else ():
            name = item["occurrence"]
            if name in self._seen:
                continue
            self._seen.add(name)
            if self._me.nature == "slow":
                await asyncio.sleep(self._draw.uniform(1, 6))
            if not item["required"] and self._draw.random() < 0.7:
                await self._leave_out(name)
                continue
            await self._answer(name)
            self._answered += 1
            if self._answered == 1 and not self._has_acted:
                self._has_acted = True
                await self._act()

    async def _leave_out(self, occurrence: str) -> None:
        if self._draw.random() < 0.5:
            await self._do("skip", f"{self._at(occurrence)}/skip", {})

    async def _answer(self, occurrence: str) -> None:
        if self._draw.random() < 0.3:
            await self._do("open", f"{self._at(occurrence)}/open", None)
        one = self._response(occurrence, "1")
        path = f"{self._at(occurrence)}/responses"
        match self._me.nature:
            case "doubling":
                key = self._key("respond", occurrence)
                same = [self._do("respond", path, one, key=key) for _ in range(4)]
                await asyncio.gather(*same)
                await self._do("contradict", path, self._response(occurrence, "other"), key=key)
            case "rival":
                rivals = [self._response(occurrence, f"{number}") for number in range(1, 5)]
                each = [
                    self._do("respond", path, body, key=self._key(f"rival{at}", occurrence)) for at, body in enumerate(rivals)
                ]
                await asyncio.gather(*each)
            case _:
                await self._do("respond", path, one)

    def _response(self, occurrence: str, mark: str) -> dict[str, Any]:
        step = occurrence.rpartition(".")[0]
        is_safe = self._draw.random() < 0.5
        return {"response": answer(self._me.pathway, step, f"{self._me.id}-{step}-{mark}", is_safe=is_safe)}

    async def _act(self) -> None:
        """What their nature wants, once."""
        journey = f"/journeys/{self._me.journey}"
        match self._me.nature:
            case "pausing":
                mode = self._draw.choice(("calendar", "freeze"))
                await self._host("pause", "POST", f"{journey}/pause", {"reason": "away", "mode": mode})
                await self._look()  # what is open may be answered meanwhile, and nothing comes of it
                await asyncio.sleep(self._draw.uniform(1, 4))
                await self._host("resume", "POST", f"{journey}/resume", None)
            case "stopping":
                await asyncio.sleep(self._draw.uniform(0, 3))
                await self._host("stop", "POST", f"{journey}/stop", {"reason": "moved away"})
            case "leaving":
                await asyncio.sleep(self._draw.uniform(0, 2))
                await self._host("opt_out", "PATCH", f"/clients/{self._me.id}", {"opted_out": ["email"]})

    def _at(self, occurrence: str) -> str:
        return f"/journeys/{self._me.journey}/occurrences/{occurrence}"

    def _key(self, does: str, about: str) -> str:
        return f"{self._me.id}-{does}-{about}-key"

    async def _do(self, does: str, path: str, body: Any, *, key: str | None = None) -> Operation:
        return await self._door.do(
            does, self._me.id, "POST", path, body, key=key or self._key(does, path.rpartition("occurrences/")[2])
        )

    async def _host(self, does: str, method: str, path: str, body: Any) -> Operation:
        return await self._door.do(does, self._me.id, method, path, body, key=self._key(does, "once"), as_client=False)


def _quiet_for(person: Person) -> tuple[str, str]:
    """Quiet hours that hold now: until the second full minute from now for who wakes, for hours for who sleeps."""
    now = datetime.now(UTC).astimezone(ZoneInfo(person.zone))
    begins = now - timedelta(hours=2)
    ends = now + (timedelta(hours=4) if person.nature == "sleeping" else timedelta(minutes=1, seconds=5))
    return f"{begins:%H:%M}", f"{ends:%H:%M}"


async def five_in_a_row(door: Door, person: Person) -> list[str]:
    """After the last fault: add, enter, wait for the step, answer, read it back. What did not work at once is returned."""
    twin, wrong = f"{person.id}-twin", []
    added = await door.do("twin", twin, "POST", "/clients", {"id": twin}, key=f"{twin}-add-once", as_client=False)
    enrolled = await door.do(
        "twin", twin, "POST", "/journeys", {"client": twin, "pathway": TWIN.name}, key=f"{twin}-enrol-once", as_client=False
    )
    wrong += [f"{twin}: {one.path} {one.status} {one.code}" for one in (added, enrolled) if one.outcome != "ok" or one.lost]
    if enrolled.outcome != "ok":
        return wrong
    at = f"/journeys/{enrolled.answer['id']}/occurrences/last.1"
    await _is_something_in(door, f"/clients/{twin}/to-do", twin)
    given = answer(TWIN, "last", f"{twin}-last-1")
    answered = await door.do("twin", twin, "POST", f"{at}/responses", {"response": given}, key=f"{twin}-respond-once")
    if answered.outcome != "ok" or answered.lost:
        wrong.append(f"{twin}: {at} {answered.status} {answered.code}")
    read = await _is_something_in(door, f"{at}/responses", twin)
    if [one["payload"]["answers"] for one in read] != [given["answers"]]:
        wrong.append(f"{twin}: what was answered is not what is read")
    return wrong


async def _is_something_in(door: Door, path: str, client: str) -> list[dict[str, Any]]:
    """What is listed there, once something is; after half a minute nothing."""
    give_up_at = time.monotonic() + 30
    while not (found := (await door.read(path, client=client))["items"]) and time.monotonic() < give_up_at:  # noqa: ASYNC110 - processes
        await asyncio.sleep(0.2)
    return list(found)
