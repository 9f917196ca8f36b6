"""The codec server: `POST /decode` as Temporal's UI and command line ask it, for operators whose key may reveal. Off unless run."""

from collections.abc import Sequence

from fastapi import FastAPI, Request
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from temporalio.api.common.v1 import Payloads

from stepwell.api.frame import Frame
from stepwell.api.identity import Identity
from stepwell.api.problems import ApiError, install
from stepwell.api.terms import Terms
from stepwell.handle import Stepwell
from store.sealing import NotAuthentic

REASON = "stepwell-reason"
"""The header that says why; it is kept in the audit."""


def create_codec_server(handle: Stepwell, terms: Terms, origins: Sequence[str]) -> FastAPI:
    """The application on a handle, for browsers at exactly these origins and for what is no browser."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    install(app)
    identity = Identity(handle.database, tokens=terms.tokens, most_wrong=terms.most_wrong)

    @app.post("/decode")
    async def decode(request: Request) -> Response:
        origin = request.headers.get("origin")
        if origin is not None and origin not in origins:
            raise ApiError(403, "wrong_origin", "pages from there may not ask; see STEPWELL_CODEC_ORIGINS")
        caller = (await identity.bearer_of(request)).caller
        request.state.caller = caller
        asked, why = _read(await request.body()), request.headers.get(REASON, "")
        try:
            opened = await handle.called_by(caller).decode(asked, reason=why)
        except NotAuthentic as error:
            raise ApiError(422, "not_authentic", str(error)) from None
        return Response(MessageToJson(opened), media_type="application/json")

    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_methods=["POST"],
        allow_headers=["authorization", "content-type", "x-namespace", REASON],
    )
    app.add_middleware(Frame)
    return app


def _read(body: bytes) -> Payloads:
    try:
        return Parse(body, Payloads())
    except (ParseError, UnicodeDecodeError) as error:
        raise ApiError(422, "malformed", "send payloads as Temporal's JSON has them") from error
