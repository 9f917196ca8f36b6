"""How a page of the console is made: its template, what every page has, and fragments that are sent only when they changed."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from stepwell.console import words
from stepwell.console.sessions import Session

HOME = Path(__file__).parent
STATIC = HOME / "static"
ROOT = "/console"


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HOME / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= words.FILTERS
    made.globals |= {"root": ROOT, "mark": _mark_of_files(), **words.TABLES}
    return made


def _mark_of_files() -> str:
    """Another file, another address: what browsers keep is never out of date."""
    known = hashlib.sha256()
    for file in sorted(STATIC.iterdir()):
        known.update(file.read_bytes())
    return known.hexdigest()[:12]


async def given_in(request: Request) -> dict[str, str]:
    """What a form says, by its fields; files are none of it."""
    return {key: value for key, value in (await request.form()).items() if isinstance(value, str)}


def page(request: Request, template: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    """A whole page, with who is signed in and what belongs on every page."""
    return HTMLResponse(render(request, template, **facts), status)


def render(request: Request, template: str, **facts: Any) -> str:
    """The HTML of a template."""
    session: Session | None = getattr(request.state, "session", None)
    every = {
        "session": session,
        "caller": session.caller if session else None,
        "csrf": session.csrf if session else "",
        "path": request.url.path,
        "now": datetime.now(UTC),
        "request_id": getattr(request.state, "request_id", ""),
        "done": request.query_params.get("done", ""),
    }
    return _PAGES.get_template(template).render(**every | facts)


def fragment(request: Request, template: str, **facts: Any) -> Response:
    """A part of a page that asks for itself again: the same as before is answered with 304 and nothing."""
    held = facts.pop("mark_of", None)
    html = render(request, template, **facts, etag="@etag@")
    mark = hashlib.sha256((repr(held) if held is not None else html).encode()).hexdigest()[:24]
    if request.headers.get("if-none-match") == mark:
        return Response(status_code=304)
    return HTMLResponse(html.replace("@etag@", mark), headers={"etag": f'"{mark}"'})


def go(path: str, *, done: str = "") -> RedirectResponse:
    """To another page, after something was done."""
    mark = "&" if "?" in path else "?"
    return RedirectResponse(f"{ROOT}{path}{f'{mark}done={done}' if done else ''}", 303)


def ask(request: Request, **changes: object) -> str:
    """The question of this page with some of it changed; what is None is left out."""
    from urllib.parse import urlencode

    kept: Mapping[str, object] = {**request.query_params, **changes}
    return urlencode({name: value for name, value in kept.items() if value not in (None, "")})


_PAGES = _environment()
