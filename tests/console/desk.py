"""The console for a test: a whole house behind a real server on loopback, and operators who are signed in to it."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from stepwell import Stepwell
from stepwell.access import SCOPES, process
from stepwell.api.app import create_app
from stepwell.api.terms import Terms
from stepwell.console.sessions import COOKIE
from stepwell.console.surroundings import Surroundings
from stepwell.gateway import serving
from tests.e2e.processes import free_port
from tests.workflows.house import House, house

_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
TROUBLED = """
pathway: troubled
title: "Troubled <b>title</b> {% set x = 7 %}"
quiet_hours: none
max_contacts_per_day: 100
steps:
  - id: note
    type: questionnaire
    title: "<script>alert(1)</script> note"
    rationale: So that we both know.
    practitioner_notes: CANARY-NOTE
    reminders: {after: [1 day, 2 days]}
    window: {finish_by: 7 days}
    content:
      items:
        - {id: words, type: text, text: In your words}
  - id: secret
    type: questionnaire
    title: Only for you
    rationale: So that you know.
    visibility: client_only
    content:
      items:
        - {id: words, type: text, text: In your words}
  - id: before
    type: message
    title: Before the operation
    rationale: why
    deliver: {after: date surgery, offset: -3 days, at: "09:00"}
    content: {body: Hello}
  - id: after
    type: message
    title: Afterwards
    rationale: why
    deliver: {after: previous.completed, offset: 2 days}
    content: {body: Hello}
"""
NAME, ADDRESS, ANSWER, QUESTION = "Canary Name", "canary@example.org", "CANARY-ANSWER", "CANARY-QUESTION"


class Operator:
    """Somebody at a browser."""

    def __init__(self, connection: httpx.AsyncClient, url: str, cookie: str = "") -> None:
        self._connection = connection
        self.url = url
        self.cookie = cookie

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Go to a page."""
        return await self._connection.get(self._path(path), headers={**self._cookies, **headers})

    async def post(
        self,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        csrf: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send a form of a page of the console, as a browser does."""
        token = csrf if csrf is not None else await self.csrf()
        given = {"origin": "null", "sec-fetch-site": "same-origin"} if headers is None else headers
        data = {**(fields or {}), "csrf": token}
        return await self._connection.post(self._path(path), data=data, headers={**self._cookies, **given})

    async def csrf(self) -> str:
        """What this session's forms carry."""
        found = _TOKEN.search((await self.get("/audit")).text)
        return found.group(1) if found else ""

    @property
    def _cookies(self) -> dict[str, str]:
        return {"cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}

    def _path(self, path: str) -> str:
        return path if path.startswith("/console") else f"/console{path}"


class Console:
    """A console, and who may sign in to it."""

    def __init__(self, home: House, url: str, stack: AsyncExitStack, handle: Stepwell) -> None:
        self.home = home
        self.url = url
        self.stepwell = handle
        self._stack = stack

    async def stranger(self) -> Operator:
        """A browser that nobody has signed in with."""
        made = httpx.AsyncClient(base_url=self.url, timeout=30, trust_env=False)
        return Operator(await self._stack.enter_async_context(made), self.url)

    async def key(
        self, *, subject: str = "olga", reveals: bool = False, tenant: str = "default", kind: Any = "operator"
    ) -> str:
        """A key's secret."""
        scopes = [one for one in SCOPES if one != "act" and (reveals or one != "reveal")]
        made = await self.stepwell.called_by(process(tenant)).add_key(kind, subject=subject, scopes=scopes)
        return made.secret

    async def operator(self, *, subject: str = "olga", reveals: bool = False, tenant: str = "default") -> Operator:
        """Somebody who is signed in."""
        someone = await self.stranger()
        answer = await someone.post(
            "/sign-in", {"key": await self.key(subject=subject, reveals=reveals, tenant=tenant)}, csrf=""
        )
        assert answer.status_code == 303, answer.text
        someone.cookie = answer.cookies[COOKIE]
        return someone

    async def troubled(self, client: str = "ada") -> str:
        """A client with everything an operator must not see, on a pathway that says hostile things; the journey's id."""
        await self.stepwell.publish(TROUBLED)
        await self.stepwell.keep_practitioner("dr", display_name="Dr Canary", email="dr-canary@example.org")
        await self.stepwell.add_client(id=client, display_name=NAME, email=ADDRESS, zone="Europe/London", practitioner="dr")
        return (await self.stepwell.start(client, "troubled")).id


@asynccontextmanager
async def console_of(folder: Path) -> AsyncIterator[Console]:
    """Everything up, and down again afterwards."""
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(house(folder))
        handle = home.stepwell.called_by(process("default"))
        around = Surroundings(ui="http://127.0.0.1:8233", mail_folder=home.mail.folder)
        url = await stack.enter_async_context(serving(create_app(handle, Terms(), around), "127.0.0.1", free_port()))
        yield Console(home, url, stack, handle)
