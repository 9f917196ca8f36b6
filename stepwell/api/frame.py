"""What stands around every request: its id, how large it may be, what browsers are told, and one line in the log."""

import re
import time
from datetime import timedelta

import structlog
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stepwell.api.problems import ApiError, of_error
from stepwell.telemetry import meter
from store.ids import new_id

LARGEST_BODY = 1024 * 1024
"""Bytes; a pathway with everything in it has a tenth of that."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
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
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else new_id("req")
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request=request_id)
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
            took = time.perf_counter() - begun
            # the route's own path, never the one asked for: that may hold what somebody typed
            route = getattr(scope.get("route"), "path", "-")
            caller = getattr(scope["state"].get("caller"), "credential", None)
            told = scope["state"].get("message_id")
            known = {"method": scope["method"], "route": route, "status": status}
            self._took.record(timedelta(seconds=took), known if route != "-" else known | {"method": "-"})
            _log.info("answered", **known, ms=round(took * 1000, 1), credential=caller, message=told)
            structlog.contextvars.unbind_contextvars("request")


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
