"""The gateway: the HTTP API and the console, served until the process is asked to stop."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog
import uvicorn
from fastapi import FastAPI

from activities.outbound import Outbound
from stepwell.api.app import create_app
from stepwell.api.limits import RATES
from stepwell.api.provider import ProviderKeys
from stepwell.api.terms import Terms
from stepwell.api.tokens import Tokens, Trust, scopes_by_kind
from stepwell.codecserver import create_codec_server
from stepwell.connection import where_temporal_is
from stepwell.console.surroundings import surroundings_from
from stepwell.devserver import refuse_taken
from stepwell.errors import NotRunning
from stepwell.exposure import warn_where_anybody_may
from stepwell.handle import Stepwell
from stepwell.housekeeping import tidying
from stepwell.opening import say_where_unbound
from stepwell.patience import ImpatientProtocol
from stepwell.settings import Settings, allowed_targets
from stepwell.workers import until_signalled

_GRACE = 10
"""Seconds that requests under way are given to finish."""


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever runs this process: it has more to stop than us."""
        yield


@asynccontextmanager
async def serving(app: FastAPI, host: str, port: int, *, option: str = "--http-port") -> AsyncIterator[str]:
    """Serve meanwhile; yields the address. Raises NotRunning where the port is taken."""
    if host == "127.0.0.1":
        refuse_taken(port, "HTTP", option)
    server = _Server(
        uvicorn.Config(
            app,
            host,
            port,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            http=ImpatientProtocol,
            h11_max_incomplete_event_size=32 * 1024,
            timeout_graceful_shutdown=_GRACE,
        )
    )
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if task.done():
                raise NotRunning(f"nothing can listen on {host}:{port}; choose another with {option}") from task.exception()
            await asyncio.sleep(0.01)
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        await task


async def serve(settings: Settings, host: str, port: int) -> None:
    """Serve with these settings until SIGTERM or Ctrl-C; requests under way are finished first."""
    await warn_where_anybody_may(where_temporal_is(settings))
    async with (
        Stepwell.connect(settings) as handle,
        tidying(handle.database),
        serving(create_app(handle, terms_from(settings), surroundings_from(settings)), host, port) as address,
    ):
        await say_where_unbound(handle.database)
        structlog.get_logger("stepwell.gateway").info("serving", address=address)
        await until_signalled()


async def serve_codec(settings: Settings, host: str, port: int) -> None:
    """Serve the codec server until SIGTERM or Ctrl-C. Raises NotRunning where nobody said whose pages may ask it."""
    if not settings.codec_origins:
        raise NotRunning("set STEPWELL_CODEC_ORIGINS to the origin of Temporal's Web UI, or to none for the command line alone")
    origins = [one for one in settings.codec_origins if one != "none"]
    async with (
        Stepwell.connect(settings) as handle,
        serving(create_codec_server(handle, terms_from(settings), origins), host, port, option="--port") as address,
    ):
        await say_where_unbound(handle.database)
        structlog.get_logger("stepwell.gateway").info("serving the codec", address=address)
        await until_signalled()


def terms_from(settings: Settings) -> Terms:
    """The terms that the settings say."""
    rates = {kind: getattr(settings, f"rate_{kind}") for kind in RATES}
    return Terms(_tokens_from(settings), rates, settings.wrong_credentials)


def _tokens_from(settings: Settings) -> Tokens | None:
    if settings.oidc_issuer is None or settings.oidc_audience is None:
        return None
    trust = Trust(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        tenants=settings.oidc_tenants or (settings.tenant,),
        kind_claim=settings.oidc_kind_claim,
        subject_claim=settings.oidc_subject_claim,
        tenant_claim=settings.oidc_tenant_claim,
    )
    keys = ProviderKeys(trust.issuer, Outbound(allowed_targets(settings)))
    return Tokens(trust, keys, scopes_by_kind(Stepwell))
