"""The console as an application of its own, mounted by the gateway beside the HTTP API."""

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from stepwell.console import (
    actions,
    adding,
    bulk,
    contacts,
    deleting,
    group_dates,
    groups,
    journey,
    journeys,
    migrating,
    overview,
    pathways,
    signing,
    simulating,
    system,
    trying,
)
from stepwell.console.frame import Shield, install_errors
from stepwell.console.pages import ROOT, STATIC
from stepwell.console.sessions import Sessions
from stepwell.console.simulating import Simulations
from stepwell.console.surroundings import Surroundings
from stepwell.handle import Stepwell

ROUTERS = tuple(
    part.router
    for part in (
        *(signing, overview, journeys, journey, actions, adding, migrating, bulk, groups, group_dates, contacts, deleting),
        *(pathways, simulating, trying, system),
    )
)


def install_console(app: FastAPI, handle: Stepwell, around: Surroundings) -> None:
    """Serve the console of a handle under `/console`."""
    console = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    console.state.handle = handle
    console.state.around = around
    console.state.sessions = Sessions(handle.database)
    console.state.identity = app.state.identity
    console.state.simulations = Simulations()
    for router in ROUTERS:
        console.include_router(router)
    console.mount("/static", StaticFiles(directory=STATIC))
    install_errors(console)
    console.add_middleware(Shield)
    app.mount(ROOT, console)
