"""What stands around every request: its id, how large it may be, what browsers are told, and one line in the log."""

import re
import time
from datetime import timedelta

import structlog
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stepwell import tracing
from stepwell.api.problems import ApiError, of_error
from stepwell.telemetry import meter
from store.ids import new_id

LARGEST_BODY = 1024 * 1024
"""Bytes; a pathway with everything in it has a tenth of that."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Anything else is a word of the caller's."""
_SAFE = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "strict-transport-security": "max-age=31536000",
    "cross-origin-resource-policy": "same-origin",
}
_log = structlog.get_logger("stepwell.api")


class Frame:
    """Gives every request an id, bounds its body, and sets the headers that no answer goes without."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._took = meter().create_histogram_timedelta("stepwell_request", "From a request to its answer")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else new_id("req")
        scope.setdefault("state", {})["request_id"] = request_id
        parent = tracing.parent_in(headers.get("traceparent", ""))
        with (
            structlog.contextvars.bound_contextvars(request=request_id),
            tracing.span("request", "SERVER", parent, stepwell__request=request_id) as told,
        ):
            await self._answer(scope, receive, send, request_id, told)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: str, told: tracing.Telling) -> None:
        begun, status = time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                for name, value in scope["state"].get("headers", {}).items():
                    headers[name] = value
                for name, value in _SAFE.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, _bounded(receive), sending)
        except Exception as error:  # a fault of ours: answered in here, with the headers that no answer goes without
            if status:
                raise
            await of_error(Request(scope), error)(scope, receive, sending)
        finally:
            self._tell(scope, status, time.perf_counter() - begun, told)

    def _tell(self, scope: Scope, status: int, took: float, told: tracing.Telling) -> None:
        """One line, one measurement, one span. The route's own path, never the one asked for: that may hold what somebody typed."""
        route = getattr(scope.get("route"), "path", "-")
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        known = {"method": method, "route": route, "status": status}
        self._took.record(timedelta(seconds=took), known)
        told.call(f"{method} {route}")
        told.add(http__request__method=method, http__route=route, http__response__status_code=status)
        if status >= 500:
            told.fails(str(status))
        caller = getattr(scope["state"].get("caller"), "credential", None)
        message = scope["state"].get("message_id")
        _log.info("answered", **known, ms=round(took * 1000, 1), credential=caller, message=message)


def _bounded(receive: Receive) -> Receive:
    """Raise once more has come than a body may have, before it is kept."""
    received = 0
    close = {"connection": "close"}

    async def bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > LARGEST_BODY:
            raise ApiError(413, "too_large", f"a request may have {LARGEST_BODY:,} bytes; send less at once", close)
        return message

    return bounded
