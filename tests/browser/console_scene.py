"""A stack with everything an operator may meet: journeys on time, overdue, held, failed and paused, an alert, a dead letter."""

import asyncio
import base64
import json
import re
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from stepwell import Settings, Stepwell
from stepwell.models import Waves
from store.tables import DeliveryRow, EndpointRow, JourneyRow, OutgoingRow
from tests.browser.stack import Stack, running_stack

Answer = TypeVar("Answer")
_SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
HELD = """
pathway: room
title: A room for the session
quiet_hours: none
tags: {function: [organising]}
steps:
  - id: book
    type: host_task
    title: Have a room booked
    content: {task: book_room, note: A room is being booked for you.}
  - id: come
    type: message
    title: Come to the session
    rationale: why
    content: {body: Hello}
"""
OPERATION = """
pathway: operation
title: Around an operation
quiet_hours: none
tags: {function: [preparing]}
steps:
  - id: hello
    type: message
    title: What will happen
    rationale: why
    reminders: {after: [2 days, 4 days]}
    window: {finish_by: 9 days}
    content: {body: Hello}
  - id: fasting
    type: message
    title: Do not eat from midnight
    rationale: why
    deliver: {after: date surgery, offset: -1 day, at: "18:00"}
    content: {body: Hello}
  - id: after
    type: message
    title: How to move again
    rationale: why
    deliver: {after: date surgery, offset: 3 days, at: "10:00"}
    content: {body: Hello}
"""
NAME, ANSWER = "Canary Name", "CANARY-ANSWER"


class HostAway:
    """A host that takes no tasks until it is told to."""

    def __init__(self) -> None:
        self.status = 410
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/tasks"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Scene:
    """The stack, and what is in it."""

    stack: Stack
    host: HostAway
    journeys: dict[str, str] = field(default_factory=dict)
    """By `client/pathway`."""
    endpoint: str = ""
    alert: str = ""
    group: str = ""

    @property
    def url(self) -> str:
        """Of the console."""
        return f"{self.stack.url}/console"

    @property
    def key(self) -> str:
        """The operator's key that the stack keeps in its folder."""
        return (self.stack.folder / "home" / "operator.key").read_text().strip()

    def at(self, path: str) -> str:
        """An address with the journeys' ids in it: `/journeys/<ada/tutorial>`."""
        return self.url + re.sub(r"<([^>]+)>", lambda found: self.journeys[found[1]], path)

    def ask(self, job: Callable[[Stepwell], Coroutine[Any, Any, Answer]]) -> Answer:
        """Do something with the handle, on a loop of its own: Playwright's is taken."""

        async def whole() -> Answer:
            settings = Settings.model_validate(json.loads((self.stack.folder / "home" / "stack.json").read_text()))
            async with Stepwell.connect(settings) as stepwell:
                return await job(stepwell)

        with ThreadPoolExecutor(1) as threads:
            return threads.submit(lambda: asyncio.run(whole())).result()


@contextmanager
def running_scene(folder: Path) -> Iterator[Scene]:
    """Everything, as an operator finds it in the morning."""
    host = HostAway()
    try:
        with running_stack(folder, host_url=host.url, host_secret=_SECRET) as stack:
            scene = Scene(stack, host)
            scene.ask(lambda stepwell: _fill(scene, stepwell))
            yield scene
    finally:
        host.close()


async def _fill(scene: Scene, stepwell: Stepwell) -> None:
    for source in (HELD, OPERATION, OPERATION.replace("What will happen", "What is going to happen")):
        await stepwell.publish(source)
    await stepwell.save_draft("operation", OPERATION.replace("9 days", "5 days"))
    for number in range(64):
        name = f"c{number:03}"
        await stepwell.add_client(
            id=name, display_name=NAME, email=f"{name}@canary.example", zone="Europe/London", practitioner="dr-grey"
        )
        await _start(scene, stepwell, name, "room" if number % 16 == 1 else "operation")
    for name in ("tutorial", "depression-homework"):
        scene.journeys[f"ada/{name}"] = (await stepwell.journey(f"ada/{name}")).id
    now = datetime.now(ZoneInfo("Europe/London"))
    await stepwell.change_quiet_hours("ada", (f"{now + timedelta(hours=10):%H}:00", f"{now + timedelta(hours=12):%H}:00"))
    ada = scene.journeys["ada/depression-homework"]
    await _until(lambda: _has_open(stepwell, ada, "why.1"))
    await stepwell.respond(ada, "why.1", {"understood": True})
    await _until(lambda: _has_open(stepwell, ada, "phq9_start.1"))
    answers = {f"q{number}": "several_days" for number in range(1, 10)}
    await stepwell.respond(ada, "phq9_start.1", {"answers": answers})
    await stepwell.pause(scene.journeys["c003/operation"], reason="a holiday")
    await stepwell.set_date(scene.journeys["c004/operation"], "surgery", (datetime.now(UTC) + timedelta(days=12)).date())
    await stepwell.remind_now(scene.journeys["c004/operation"], "hello.1")
    await _until(lambda: _is_held(stepwell, scene.journeys["c001/room"]))
    scene.alert = (await stepwell.alerts())[0].id
    await _group(scene, stepwell)
    await _dead_letter(scene, stepwell)
    await _long_ago(scene, stepwell)


async def _group(scene: Scene, stepwell: Stepwell) -> None:
    """One that waits to be started: the journeys that tests count stay as many as they are."""
    names = [f"g{number}" for number in range(6)]
    for name in names:
        await stepwell.add_client(id=name, display_name=NAME, email=f"{name}@canary.example", zone="Europe/London")
    waves = Waves(4, timedelta(days=1))
    group = await stepwell.create_group("Spring course", "operation", ["c000", *names], waves=waves, per_second=100)
    scene.group = group.id


async def _start(scene: Scene, stepwell: Stepwell, client: str, pathway: str) -> None:
    scene.journeys[f"{client}/{pathway}"] = (await stepwell.start(client, pathway)).id


async def _until(question: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    for _ in range(300):
        if await question():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not happen")


async def _has_open(stepwell: Stepwell, journey: str, occurrence: str) -> bool:
    return any(one.id == occurrence and one.state == "open" for one in (await stepwell.journey(journey)).occurrences)


async def _is_held(stepwell: Stepwell, journey: str) -> bool:
    return (await stepwell.journey(journey)).held


async def _dead_letter(scene: Scene, stepwell: Stepwell) -> None:
    """What five days without an answer leave: an endpoint that is off, and an event that was given up."""
    scene.endpoint = (await stepwell.add_endpoint("https://hooks.example.com/stepwell")).id
    now = datetime.now(UTC)
    event = OutgoingRow(tenant="default", id="evt_old", type="org.stepwell.journey.started", at=now, data={})
    async with stepwell.database.begin() as session:
        session.add(event)
        await session.flush()
        endpoint = await session.get(EndpointRow, scene.endpoint)
        assert endpoint is not None
        endpoint.disabled_at, endpoint.disabled_why, endpoint.failing_since = now, "failing", now - timedelta(days=5)
        session.add(endpoint)
        assert event.position is not None
        dead = DeliveryRow(
            endpoint=scene.endpoint, position=event.position, event=event.id, attempts=10, dead_at=now, status=503
        )
        session.add(dead)


async def _long_ago(scene: Scene, stepwell: Stepwell) -> None:
    """Some have owed a step for days."""
    async with stepwell.database.begin() as session:
        for number in (5, 6, 7):
            row = await session.get(JourneyRow, scene.journeys[f"c{number:03}/operation"])
            assert row is not None
            row.owed_since = datetime.now(UTC) - timedelta(days=number)
            session.add(row)


def sign_in(page: Page, scene: Scene, *, key: str | None = None) -> None:
    """Be an operator on the first page."""
    page.goto(f"{scene.url}/")
    page.get_by_label("Key", exact=True).fill(key or scene.key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def see(page: Page, scene: Scene, path: str) -> None:
    """Go to a page of the console, and wait for what comes after it."""
    page.goto(scene.at(path))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_function("() => !document.querySelector('.busy') && !document.querySelector('.htmx-request')")
