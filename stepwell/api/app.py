"""The gateway as one ASGI application: routes, errors, the frame around every request."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from fastapi import FastAPI

from stepwell.api import (
    bulk,
    care,
    clients,
    events,
    exports,
    figures,
    groups,
    health,
    journeys,
    keys,
    links,
    occurrences,
    pathways,
    plans,
    trying,
)
from stepwell.api.frame import Frame
from stepwell.api.identity import Identity
from stepwell.api.limits import Limiter
from stepwell.api.problems import Problem, install
from stepwell.api.routes import Routes, refuse_undeclared
from stepwell.api.terms import Terms
from stepwell.console.app import install_console
from stepwell.console.surroundings import NOWHERE, Surroundings
from stepwell.handle import Stepwell

_ROUTES: Sequence[Routes] = (
    pathways.routes,
    clients.routes,
    journeys.routes,
    occurrences.routes,
    care.routes,
    figures.routes,
    trying.routes,
    plans.routes,
    bulk.routes,
    groups.routes,
    exports.routes,
    events.routes,
    keys.routes,
    links.routes,
)
_OPEN_TO_ALL = frozenset({"/v1/openapi.json", "/v1/health", "/v1/ready", f"/v1{links.OPT_OUT}"})
_PATIENCE = timedelta(seconds=8)
"""A caller over HTTP has a time-out of its own; it tries again with the same Idempotency-Key."""
_DESCRIPTION = """
Start and drive client pathways from any language. Every error is a problem (RFC 9457) that names the rule that refused and
what to do next. Send an `Idempotency-Key` with whatever changes something: repeated, it is carried out once.
"""


def create_app(handle: Stepwell, terms: Terms = Terms(), around: Surroundings = NOWHERE) -> FastAPI:  # noqa: B008 - a tuple
    """The application on a handle. Raises Undeclared where a route does not say who may use it."""
    handle.patience = _PATIENCE
    app = _described()
    app.state.handle = handle
    app.state.database = handle.database
    app.state.identity = Identity(handle.database, tokens=terms.tokens, most_wrong=terms.most_wrong)
    app.state.limiter = Limiter(terms.rates)
    install_console(app, handle, around)
    return app


def document() -> dict[str, Any]:
    """The OpenAPI document, without anything running."""
    return _described().openapi()


def _described() -> FastAPI:
    """The application with its routes, and nothing behind them yet."""
    app = FastAPI(
        title="Stepwell",
        version="1",
        summary="Client pathways over HTTP",
        description=_DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=True,
    )
    install(app)
    for routes in _ROUTES:
        app.include_router(routes, prefix="/v1")
    app.include_router(links.opt_out_routes, prefix="/v1")
    app.include_router(health.router, prefix="/v1")

    @app.get("/v1/openapi.json", include_in_schema=False)
    async def openapi() -> dict[str, Any]:
        return app.openapi()

    refuse_undeclared(app, open_to_all=_OPEN_TO_ALL)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]  # FastAPI's own way of changing it
    app.add_middleware(Frame)
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with what every route has in common said once."""
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        parts = document.setdefault("components", {})
        parts.setdefault("schemas", {})["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        parts["schemas"] |= parts["schemas"]["Problem"].pop("$defs", {})
        parts["schemas"].pop("HTTPValidationError", None)
        parts["schemas"].pop("ValidationError", None)
        parts["securitySchemes"] = {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key, a token of the host's identity provider, or the token of a client's link.",
            }
        }
        app.openapi_schema = document
    return app.openapi_schema
