"""Whether Temporal lets in whoever reaches it: they could stop every journey, and see who is active and when."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

import structlog
from temporalio.api.workflowservice.v1 import ListNamespacesRequest
from temporalio.envconfig import ClientConnectConfig
from temporalio.service import ConnectConfig, RPCError, ServiceClient, TLSConfig

_PATIENCE = timedelta(seconds=5)


async def warn_where_anybody_may(config: ClientConnectConfig) -> None:
    """Log a warning where a Temporal on another machine answers somebody who has shown nothing."""
    address = config.get("target_host", "")
    if not is_on_this_machine(address) and await lets_anybody_in(config):
        structlog.get_logger("stepwell.exposure").warning(
            "Temporal lets anybody in",
            address=address,
            do="give it mutual TLS, an authorizer and a claim mapper, as deploy/ does; see docs/deploying.md",
        )


def is_on_this_machine(address: str) -> bool:
    """Whether `host:port` is on loopback, as a development server is. A name other than localhost is not looked up: no."""
    host = urlsplit(f"//{address}").hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


async def lets_anybody_in(config: ClientConnectConfig) -> bool:
    """Whether it lists its namespaces without a client's certificate and without a key. No answer is a no."""
    tls = config.get("tls") or config.get("api_key") is not None
    if isinstance(tls, TLSConfig):
        tls = replace(tls, client_cert=None, client_private_key=None)
    try:
        service = await ServiceClient.connect(ConnectConfig(target_host=config.get("target_host", ""), tls=tls, lazy=True))
        await service.workflow_service.list_namespaces(ListNamespacesRequest(page_size=1), timeout=_PATIENCE)
    except (RPCError, RuntimeError):
        return False
    return True
