"""Routes that say which use cases they stand for: their rights, their errors and their place in the document come from there."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from stepwell.access import Right, right_of
from stepwell.api.identity import bad_credential
from stepwell.api.limits import Limiter, refuse_beyond, refuse_overfull
from stepwell.api.once import answer_once
from stepwell.api.problems import ApiError, documented, of_error
from stepwell.api.served import served
from stepwell.handle import Stepwell

_SAFE = ("GET", "HEAD", "OPTIONS")
_BODY_TAKES = 30
"""Seconds that a body may take to come."""
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])


class Undeclared(Exception):
    """A route that does not say what it is for may not be served."""


async def door_of(request: Request) -> Stepwell:
    """The handle, as the caller of this request may use it. Async, or FastAPI would give it a thread each time."""
    handle: Stepwell = request.app.state.handle
    return handle.called_by(request.state.caller)


async def message_id_of(request: Request) -> str:
    """What a journey knows this request by: from its Idempotency-Key, else from its own id."""
    return str(getattr(request.state, "message_id", None) or request.state.request_id)


Door = Annotated[Stepwell, Depends(door_of)]
MessageId = Annotated[str, Depends(message_id_of)]


class GuardedRoute(APIRoute):
    """Finds out who calls, holds them to their limits, and answers a repeated request as before."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's way in."""
        inner = super().get_route_handler()

        async def carried_out(request: Request) -> Response:
            try:
                return await inner(request)
            except Exception as error:
                answered = of_error(request, error) if not _is_https(error) else None
                if answered is None or answered.status_code >= 500:
                    raise
                return answered

        async def guarded(request: Request) -> Response:
            state = request.app.state
            bearer = await state.identity.bearer_of(request)
            request.state.caller, request.state.secret = bearer.caller, bearer.secret
            key = request.headers.get("idempotency-key") if request.method not in _SAFE else None
            if bearer.is_spent and key is None:
                raise bad_credential()
            _hold_to_limits(request, state.limiter)
            if request.method in _SAFE:
                return await inner(request)
            await _whole_body(request)
            if key is None:
                return await inner(request)
            return await answer_once(request, state.database, key, _refused if bearer.is_spent else carried_out)

        return guarded


def _hold_to_limits(request: Request, limiter: Limiter) -> None:
    """Count the request, and have the answer say where the caller stands. Raises ApiError 429."""
    standing = limiter.take(request.state.caller)
    request.state.headers = standing.headers(request.state.caller.kind)
    refuse_beyond(standing, request.state.headers)


async def _whole_body(request: Request) -> None:
    """Read it here, where too much of it, and too little of it at a time, is said as what it is. Raises ApiError."""
    try:
        async with asyncio.timeout(_BODY_TAKES):
            body = await request.body()
    except TimeoutError:
        raise ApiError(408, "too_slow", f"a body has to come within {_BODY_TAKES} seconds", {"connection": "close"}) from None
    refuse_overfull(body)


async def _refused(request: Request) -> Response:
    """Where the step of a link is settled, only the answers that it has had are given again."""
    request.state.headers = {}
    raise bad_credential()


def _is_https(error: Exception) -> bool:
    """Whether FastAPI knows better how to answer it."""
    return type(error).__module__.startswith(("fastapi", "starlette"))


class Routes(APIRouter):
    """Routes under one heading of the document."""

    def __init__(self, tag: str) -> None:
        super().__init__(tags=[tag], route_class=GuardedRoute)

    def get(self, path: str, uses: Callable[..., Any], **more: Any) -> Callable[[_Endpoint], _Endpoint]:  # type: ignore[override]  # every route says its use
        """A look at something."""
        return self._route("GET", path, uses, **more)

    def post(self, path: str, uses: Callable[..., Any], **more: Any) -> Callable[[_Endpoint], _Endpoint]:  # type: ignore[override]
        """Something new, or something done."""
        return self._route("POST", path, uses, **more)

    def put(self, path: str, uses: Callable[..., Any], **more: Any) -> Callable[[_Endpoint], _Endpoint]:  # type: ignore[override]
        """Something in its place."""
        return self._route("PUT", path, uses, **more)

    def patch(self, path: str, uses: Callable[..., Any], **more: Any) -> Callable[[_Endpoint], _Endpoint]:  # type: ignore[override]
        """A part of something changed."""
        return self._route("PATCH", path, uses, **more)

    def delete(self, path: str, uses: Callable[..., Any], **more: Any) -> Callable[[_Endpoint], _Endpoint]:  # type: ignore[override]
        """Something taken away."""
        return self._route("DELETE", path, uses, **more)

    def _route(
        self, method: str, path: str, uses: Callable[..., Any], *, refuses: tuple[int, ...] = (), **more: Any
    ) -> Callable[[_Endpoint], _Endpoint]:
        right = right_of(uses)
        if right is None:
            raise Undeclared(f"{method} {path}: {uses.__qualname__} declares no rights; give it @needs(…)")
        statuses = {400, 401, 403, 422, 429, 503, *refuses}
        statuses |= {404} if "{" in path or method not in _SAFE else set()  # a body names things too
        statuses |= {408, 409, 413} if method not in _SAFE else set()
        more.setdefault("openapi_extra", {}).update(_declaration(right, has_key=method not in _SAFE))
        more.setdefault("responses", {}).update(documented(*sorted(statuses)))
        more.setdefault("response_model_exclude_none", False)

        def decorated(endpoint: _Endpoint) -> _Endpoint:
            name = endpoint.__name__.rstrip("_")
            self.add_api_route(path, endpoint, methods=[method], operation_id=name, summary=_summary(endpoint), **more)
            return endpoint

        return decorated


def _summary(endpoint: Callable[..., Any]) -> str:
    assert endpoint.__doc__, f"{endpoint.__name__} says nothing for the document"
    return endpoint.__doc__.strip().splitlines()[0].rstrip(".")


def _declaration(right: Right, *, has_key: bool) -> dict[str, Any]:
    declared: dict[str, Any] = {
        "security": [{"bearer": []}],
        "x-stepwell-callers": list(right.callers),
        "x-stepwell-scope": right.scope,
    }
    if has_key:
        declared["parameters"] = [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "The same request with the same key is carried out once and answered the same.",
                "schema": {"type": "string", "pattern": "^[!-~]{8,200}$"},
            }
        ]
    return declared


def refuse_undeclared(app: FastAPI, *, open_to_all: frozenset[str]) -> None:
    """Raise Undeclared where a route under /v1 neither says its rights nor is known to be for everybody."""
    for path, route in served(app):
        if not path.startswith("/v1") or path in open_to_all:
            continue
        extra = getattr(route, "openapi_extra", None) or {}
        if "x-stepwell-callers" not in extra or not isinstance(route, GuardedRoute):
            raise Undeclared(f"{path} is served without declared rights")


class Listing(BaseModel):
    """Base of a page of a list."""

    next: str | None = None
    """The cursor of the next page; null: this was the last."""
