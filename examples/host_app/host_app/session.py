"""Who is signed in: a signed cookie, and a token that every form has to bring along."""

import hmac
import secrets
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import jwt
from starlette.requests import Request
from starlette.responses import Response

from host_app.settings import Settings

COOKIE = "stepwell_host"
_LASTS = timedelta(hours=8)
_ALGORITHM = "HS256"

Role = Literal["guest", "visitor", "client", "practitioner"]
"""`guest` has said nothing yet; `visitor` knows the passphrase and has not yet said who they are."""


@dataclass(frozen=True)
class Session:
    """One person's sitting at this browser."""

    csrf: str
    role: Role = "guest"
    id: str = ""
    name: str = ""
    speaks: str = ""
    """The language of their profile, when they signed in."""
    zone: str = ""
    language: str = ""
    """What they chose here; empty: what their profile or their browser says."""

    @property
    def acts_as(self) -> str:
        """How Stepwell is told who it is."""
        return f"{self.role}:{self.id}"

    @property
    def clock(self) -> ZoneInfo:
        """Where their clock is."""
        try:
            return ZoneInfo(self.zone or "UTC")
        except (ValueError, KeyError):
            return ZoneInfo("UTC")

    def becomes(self, role: Role, id: str = "", *, name: str = "", speaks: str = "", zone: str = "") -> "Session":
        """Somebody else from here on, with a token that nobody knew before."""
        return replace(self, csrf=secrets.token_urlsafe(24), role=role, id=id, name=name, speaks=speaks, zone=zone)

    def is_meant(self, token: object) -> bool:
        """Whether a form was drawn for this very session."""
        return isinstance(token, str) and hmac.compare_digest(token.encode(), self.csrf.encode())


def new_session() -> Session:
    """Nobody, yet."""
    return Session(csrf=secrets.token_urlsafe(24))


def session_of(request: Request, settings: Settings) -> Session:
    """Who sent this; a guest where the cookie is missing, too old or not ours."""
    try:
        said = jwt.decode(
            request.cookies.get(COOKIE, ""), settings.secret, algorithms=[_ALGORITHM], options={"require": ["exp"]}
        )
        return Session(**{one.name: said[one.name] for one in fields(Session)})
    except (jwt.InvalidTokenError, KeyError):
        return new_session()


def keep_session(response: Response, session: Session, settings: Settings) -> None:
    """Send the cookie along: not for scripts, not for other sites, for a working day."""
    token = jwt.encode({**asdict(session), "exp": datetime.now(UTC) + _LASTS}, settings.secret, algorithm=_ALGORITHM)
    response.set_cookie(
        COOKIE, token, max_age=int(_LASTS.total_seconds()), httponly=True, samesite="lax", secure=settings.https
    )
