"""Couriers at work: each endpoint that is sent to has one, and never two."""

from temporalio.client import Client as Connection

from stepwell.connection import keep_at_work
from workflows.names import COURIER


async def engage(connection: Connection, tenant: str, endpoint: str) -> None:
    """Start an endpoint's courier where none is at work. Raises RPCError."""
    await keep_at_work(connection, COURIER, endpoint, id=endpoint, tenant=tenant, summary="webhooks")
