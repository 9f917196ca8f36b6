"""Every error as problem details (RFC 9457): what is wrong, which rule says so, what to do next, and nothing private."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from engine.findings import DefinitionError
from engine.steptype import InvalidResponse
from stepwell.api.served import methods_at
from stepwell.errors import Changed, Forbidden, NotFound, NotRunning, Refused, StepwellError, Unavailable
from store.sealing import KeyDestroyed

MEDIA = "application/problem+json"
_AGAIN = "2"
"""Seconds after which a caller may try again what was not available."""
_HUNG_UP = 499
"""Whoever asked was gone before all of the request had come: nobody reads this but the log, and nothing was done."""
_log = structlog.get_logger("stepwell.api")

_ABOUT_WHAT_WAS_SENT = frozenset(
    {
        "bad_address",
        "bad_cursor",
        "bad_duration",
        "bad_id",
        "bad_order",
        "bad_position",
        "bad_preferred_time",
        "bad_quiet_hours",
        "bad_rate",
        "bad_rating",
        "bad_text",
        "bad_waves",
        "in_the_past",
        "malformed",
        "naive_instant",
        "no_reason",
        "no_subject",
        "not_tailorable",
        "nothing_to_combine",
        "quiet_too_long",
        "too_far",
        "too_many",
        "unknown_again",
        "unknown_behaviour",
        "unknown_channel",
        "unknown_group",
        "unknown_kind",
        "unknown_obstacle",
        "unknown_placeholder",
        "unknown_reader",
        "unknown_reason",
        "unknown_rule",
        "unknown_scope",
        "unknown_type",
        "unknown_zone",
        "unnamed",
    }
)
"""Codes of refusals that no state of anything could change: the same is refused again."""


class Place(BaseModel):
    """One thing that is wrong with what was sent."""

    where: str
    message: str
    suggestion: str = ""


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str
    """A name for this kind of problem."""
    title: str
    status: int
    detail: str = ""
    """For a person: the thing, the problem and the next move."""
    code: str = ""
    """A stable word for programs."""
    rule: str = ""
    """The id of the rule that refused it, as in the rules of a journey."""
    request_id: str = ""
    """What to name when you ask whoever runs Stepwell."""
    problems: tuple[Place, ...] = ()
    """Every place at once."""
    crisis_text: str = ""
    """Where an answer met a risk rule: show it to the client at once."""


class ApiError(Exception):
    """An answer that is an error by the manners of HTTP, such as a missing credential."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


_TITLES = {
    400: "Bad request",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Not a method of this resource",
    408: "Too slow",
    409: "Refused by a rule",
    410: "Gone",
    411: "Say how long it is",
    412: "Changed by somebody else",
    413: "Too large",
    415: "Not a media type of this resource",
    422: "Not valid",
    428: "Say which version you have read",
    429: "Too many requests",
    500: "A fault of ours",
    503: "Not available now",
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These statuses as OpenAPI has them."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": _TITLES[status], "content": {MEDIA: schema}, **_HEADERS.get(status, {})} for status in statuses
    }


_RETRY_AFTER = {"headers": {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}}}
_HEADERS: dict[int, dict[str, Any]] = {429: _RETRY_AFTER, 503: _RETRY_AFTER}


def answer(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    rule: str = "",
    problems: Sequence[Place] = (),
    crisis_text: str = "",
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The problem as a response."""
    problem = Problem(
        type=f"urn:stepwell:problem:{code}",
        title=_TITLES.get(status, "Error"),
        status=status,
        detail=detail,
        code=code,
        rule=rule,
        request_id=getattr(request.state, "request_id", ""),
        problems=tuple(problems),
        crisis_text=crisis_text,
    )
    given = {"content-type": MEDIA, **(headers or {})}
    if status == 503:
        given.setdefault("retry-after", _AGAIN)
    return JSONResponse(problem.model_dump(mode="json", exclude_defaults=True) | {"status": status}, status, headers=given)


def of_error(request: Request, error: Exception) -> JSONResponse:
    """What an error of ours is in HTTP."""
    crisis = error.crisis_text if isinstance(error, StepwellError) else ""
    match error:
        case ApiError():
            return answer(request, error.status, error.code, str(error), headers=error.headers)
        case Changed():
            return answer(request, 412, "changed", str(error))
        case Forbidden():
            return answer(request, 403, "forbidden", str(error))
        case NotFound():
            return answer(request, 404, "not_found", str(error))
        case Refused():
            status = 422 if error.code in _ABOUT_WHAT_WAS_SENT else 409
            return answer(request, status, error.code, str(error), rule=error.rule, crisis_text=crisis)
        case InvalidResponse():
            places = [Place(**one.model_dump()) for one in error.problems]
            return answer(request, 422, "invalid_response", "the response does not fit its step", problems=places)
        case DefinitionError():
            found = [
                Place(where=f"{one.step or 'pathway'}: {one.code}", message=one.message, suggestion=one.suggestion)
                for one in error.findings
            ]
            return answer(request, 422, "invalid_pathway", "the pathway cannot be published yet", problems=found)
        case KeyDestroyed():
            return answer(request, 410, "key_destroyed", str(error))
        case Unavailable() | NotRunning():
            return answer(request, 503, "unavailable", str(error), crisis_text=crisis)
        case _:
            _log.exception("unexpected", error=type(error).__name__)
            return answer(request, 500, "internal", "something is broken here; it is logged under the request's id")


def install(app: FastAPI) -> None:
    """Have every error of the app answered so."""

    async def ours(request: Request, error: Exception) -> JSONResponse:
        return of_error(request, error)

    async def malformed(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        places = [Place(where=".".join(str(part) for part in one["loc"]), message=one["msg"]) for one in error.errors()]
        return answer(request, 422, "malformed", "what was sent has another form than it needs", problems=places)

    async def by_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
        headers = {"allow": methods_at(request.app, request.url.path)} if error.status_code == 405 else error.headers
        return answer(request, error.status_code, code, str(error.detail), headers=headers)

    async def gone(_request: Request, _error: Exception) -> Response:
        return Response(status_code=_HUNG_UP)

    for kind in (ApiError, StepwellError, InvalidResponse, DefinitionError):
        app.add_exception_handler(kind, ours)
    app.add_exception_handler(ClientDisconnect, gone)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, by_http)
