"""What every page starts from: who visits, in which language, and the door to Stepwell that is theirs."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from host_app.door import Door, Failed
from host_app.files import MOST_MEGABYTES, Files, TooLarge
from host_app.forms.parts import Field, Json, Option
from host_app.forms.types import length_in_words
from host_app.markdown import html
from host_app.news import News
from host_app.session import Role, Session, keep_session, new_session, session_of
from host_app.settings import Settings
from host_app.texts import NAMES, Texts, direction_of, language_for

_HERE = Path(__file__).parents[1]
_MOST_FIELDS, _MOST_FILES = 4000, 5
_LARGEST_FORM = (_MOST_FILES * MOST_MEGABYTES + 1) * 1024 * 1024

SAID = frozenset(
    {
        *("sent", "draft_saved", "skipped", "snoozed", "asked", "shared", "unshared", "rated", "mails_saved", "signed_out"),
        *(
            "client_added",
            "assigned",
            "paused",
            "resumed",
            "stopped",
            "excused",
            "extended",
            "released",
            "reminded",
            "reopened",
        ),
        *("tailored", "answered", "booked", "reviewed", "taken_up_said"),
    }
)
"""What a page may say above itself, by the name of its text."""


class Stale(Exception):
    """A form that was not drawn for this session."""


class Host:
    """What this process has: its settings, its files, its news, and how it reaches Stepwell."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.files = Files(settings.files)
        self.news = News()
        self._trust: ssl.SSLContext | bool = (
            ssl.create_default_context() if settings.stepwell_url.startswith("https:") else False
        )

    def door(self, acts_as: str | None = None) -> Door:
        """Stepwell for one of this host's people; without one, for the host itself."""
        return Door(self.settings.stepwell_url, self.settings.stepwell_key, acts_as=acts_as, trust=self._trust)

    def door_by_link(self, token: str) -> Door:
        """Stepwell for whoever holds a client's link."""
        return Door(self.settings.stepwell_url, token, trust=self._trust)


@dataclass
class Visit:
    """One request of one person."""

    request: Request
    host: Host
    session: Session
    door: Door
    texts: Texts
    form: FormData = field(default_factory=FormData)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    has_session: bool = True

    @property
    def here(self) -> str:
        """This page's address."""
        return self.request.url.path

    @property
    def now(self) -> datetime:
        """What the clock says."""
        return datetime.now(UTC)

    def part(self, name: str) -> str:
        """A part of the address."""
        return str(self.request.path_params[name])

    def said(self, name: str) -> str:
        """What a field of the form holds, without space around it."""
        value = self.form.get(name)
        return value.strip() if isinstance(value, str) else ""

    def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page."""
        said = self.request.query_params.get("said", "")
        known: dict[str, Any] = {
            "t": self.texts,
            "direction": direction_of(self.texts.language),
            "session": self.session if self.has_session else None,
            "person": self.session.name if self.session.role in ("client", "practitioner") else "",
            "pages": _pages(self.session, self.texts),
            "here": self.here,
            "said": said if said in SAID else "",
            "languages": NAMES,
            "problems": (),
            "detail": "",
            "back": "/",
            "zone": self.zone,
            "media_from": self.host.settings.media,
        }
        response = HTMLResponse(_TEMPLATES.get_template(template).render(**(known | values)), status)
        if self.has_session:
            keep_session(response, self.session, self.host.settings)
        return response

    def go(self, address: str, said: str = "") -> Response:
        """On to another page, which says what was done."""
        response = RedirectResponse(f"{address}?said={said}" if said else address, 303)
        keep_session(response, self.session, self.host.settings)
        return response

    def excuse(self, failed: Failed, back: str = "/") -> Response:
        """A page that says what did not work."""
        name = {404: "not_found", 403: "not_found", 409: "refused", 503: "away", 429: "away"}.get(failed.status, "broken")
        words = failed.detail if name == "refused" else self.texts(f"{name}_words")
        detail = self.texts("reference", id=failed.request_id) if failed.request_id and name == "broken" else ""
        status = failed.status if failed.status in (403, 404, 409, 429, 503) else 502
        return self.show("error.html", status, title=self.texts(f"{name}_title"), words=words, detail=detail, back=back)


Page = Callable[[Visit], Awaitable[Response]]


def page(shown: Page, *roles: Role) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint for people of these roles; others are asked to sign in. A form is read, and refused where it is stale."""

    async def endpoint(request: Request) -> Response:
        host: Host = request.app.state.host
        session = session_of(request, host.settings)
        acts_as = session.acts_as if session.role in ("client", "practitioner") else None
        async with host.door(acts_as) as door:
            visit = Visit(request, host, session, door, texts_for(request, session))
            visit.zone = session.clock
            try:
                if request.method == "POST":
                    visit.form = await form_of(request)
                    if not session.is_meant(visit.form.get("csrf")):
                        raise Stale
                if roles and session.role not in roles:
                    return visit.go("/sign-in") if session.role in ("guest", "visitor") else visit.excuse(Failed(404, None))
                return await shown(visit)
            except Stale:
                return visit.show("error.html", 403, title=visit.texts("stale_title"), words=visit.texts("stale_words"))
            except Failed as failed:
                return visit.excuse(failed)
            except HTTPException as error:
                return visit.excuse(Failed(error.status_code, None))

    return endpoint


def page_by_link(shown: Page) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint for whoever holds a client's link: no session, no cookie, and no door but the link's own.

    The link is what a form has to bring along: nobody else's page knows it.
    """

    async def endpoint(request: Request) -> Response:
        host: Host = request.app.state.host
        session = new_session()
        async with host.door_by_link(request.path_params["token"]) as door:
            visit = Visit(request, host, session, door, texts_for(request, session), has_session=False)
            try:
                if request.method == "POST":
                    visit.form = await form_of(request)
                return await shown(visit)
            except Failed as failed:
                if failed.status not in (401, 403, 404, 409, 410):
                    return visit.excuse(failed)
                texts = visit.texts
                return visit.show("error.html", 404, title=texts("link_dead_title"), words=texts("link_dead_words"))

    return endpoint


async def form_of(request: Request) -> FormData:
    """What was posted. Raises TooLarge before it is read, also where it does not say how large it is."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > _LARGEST_FORM:
        raise TooLarge
    return await request.form(max_fields=_MOST_FIELDS, max_files=_MOST_FILES)


def texts_for(request: Request, session: Session) -> Texts:
    """In the language they chose, else that of their profile, else their browser's."""
    header = request.headers.get("accept-language", "")
    return Texts(language_for(session.language, session.speaks, header=header))


def _pages(session: Session, texts: Texts) -> list[tuple[str, str]]:
    if session.role == "client":
        return [("/", texts("to_do")), ("/path", texts("my_path")), ("/mails", texts("my_mails"))]
    return [("/practice", texts("clients"))] if session.role == "practitioner" else []


# What templates can do with values


@pass_context
def _markdown(context: Context, text: str) -> Markup:
    return html(text, context["media_from"])


def _words(text: str) -> str:
    """A label without the marks of Markdown, on one line."""
    return " ".join(text.replace("**", "").replace("__", "").split())


@pass_context
def _moment(context: Context, at: datetime | str) -> str:
    texts: Texts = context["t"]
    return texts.moment(_aware(at), context["zone"])


@pass_context
def _day(context: Context, at: datetime | str) -> str:
    texts: Texts = context["t"]
    return texts.day(_aware(at).astimezone(context["zone"]).date())


@pass_context
def _clock(context: Context, at: datetime) -> str:
    return f"{at.astimezone(context['zone']):%H:%M}"


@pass_context
def _wall_time(context: Context, value: Json) -> str:
    """An instant as a field for wall times has it."""
    try:
        at = datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return str(value)
    if at is None:
        return ""
    wall = (at.astimezone(context["zone"]) if at.tzinfo else at).replace(tzinfo=None)
    return wall.isoformat(timespec="auto" if wall.second or wall.microsecond else "minutes")


@pass_context
def _effort(context: Context, effort: str) -> str:
    return length_in_words(effort, context["t"])


@pass_context
def _is_shown(context: Context, url: str) -> bool:
    return url.startswith(tuple(f"{one}/" for one in context["media_from"]))


def _aware(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def _shown(value: Json) -> str:
    return "" if value is None or isinstance(value, dict | list | tuple) else str(value)


def _own_words(value: Json) -> str | None:
    """What somebody wrote instead of choosing; None: they chose."""
    several = value if isinstance(value, list | tuple) else (value,)
    return next((str(one.get("other", "")) for one in several if isinstance(one, dict)), None)


def _yes_or_no(one: Field, texts: Texts) -> list[Option]:
    return [Option("yes", texts("yes")), Option("no", texts("no")), *_none(one, texts)]


def _with_none(one: Field, texts: Texts) -> list[Option]:
    return [*one.options, *_none(one, texts)]


def _none(one: Field, texts: Texts) -> list[Option]:
    return [] if one.required else [Option("", texts("no_answer"))]


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "markdown": _markdown,
        "words": _words,
        "moment": _moment,
        "day": _day,
        "clock": _clock,
        "wall_time": _wall_time,
        "effort": _effort,
        "is_shown": _is_shown,
        "shown": _shown,
        "own_words": _own_words,
        "yes_or_no": _yes_or_no,
        "yes_no_value": lambda value: {True: "yes", False: "no"}.get(value) if isinstance(value, bool) else None,
        "with_none": _with_none,
    }
    return environment


_TEMPLATES = _environment()
