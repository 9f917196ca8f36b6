"""Signing in and out: an example's way. A real host has accounts, or asks its identity provider."""

import asyncio
import hmac
from dataclasses import replace
from urllib.parse import urlsplit

from starlette.responses import Response

from host_app.pages.visit import Visit
from host_app.session import new_session
from host_app.texts import LANGUAGES

_SECONDS_AFTER_A_WRONG_ONE = 1


async def show(visit: Visit) -> Response:
    """The passphrase first, then who they are."""
    return await _page(visit)


async def enter(visit: Visit) -> Response:
    """Look at the passphrase; whoever has it may say who they are."""
    right = visit.host.settings.passphrase
    if not hmac.compare_digest(visit.said("passphrase").encode(), right.encode()):
        await asyncio.sleep(_SECONDS_AFTER_A_WRONG_ONE)
        return await _page(visit, status=403, problems=(visit.texts("wrong_passphrase"),))
    visit.session = visit.session.becomes("visitor")
    return visit.go("/sign-in")


async def choose(visit: Visit) -> Response:
    """Be one of the people that Stepwell knows of this host."""
    role, _, name = visit.said("who").partition(":")
    async with visit.host.door() as door:
        if role == "practitioner":
            them = next((one for one in await door.practitioners() if one.id == name), None)
            if them is not None:
                visit.session = visit.session.becomes(
                    "practitioner", them.id, name=them.display_name or them.id, speaks=them.language
                )
                return visit.go("/practice")
        elif role == "client":
            client = await door.client(name)
            visit.session = visit.session.becomes(
                "client", client.id, name=client.display_name or client.id, speaks=client.language, zone=client.zone or ""
            )
            return visit.go("/")
    return visit.go("/sign-in")


async def leave(visit: Visit) -> Response:
    """Be nobody again."""
    visit.session = replace(new_session(), language=visit.session.language)
    return visit.go("/sign-in", "signed_out")


async def change_language(visit: Visit) -> Response:
    """Read the pages in another language from here on."""
    if visit.said("language") in LANGUAGES:
        visit.session = replace(visit.session, language=visit.said("language"))
    back = urlsplit(visit.said("back")).path
    return visit.go(back if back.startswith("/") and not back.startswith("//") else "/")


async def _page(visit: Visit, *, status: int = 200, problems: tuple[str, ...] = ()) -> Response:
    groups: list[tuple[str, str, list[object]]] = []
    if visit.session.role == "visitor":
        async with visit.host.door() as door:
            groups = [
                (visit.texts("practitioners"), "practitioner", [*await door.practitioners()]),
                (visit.texts("clients"), "client", [*await door.clients()]),
            ]
    return visit.show("sign_in.html", status, groups=groups, problems=problems)
