"""The one way out: every HTTP request to an address that somebody gave us goes through here (TRUST SC20, SC21).

The name is looked up once, every address it has is checked, and the connection goes to one of these and to no other.
No redirect is followed, nothing takes longer than its limit, and of an answer no more is read than is needed.
"""

import asyncio
import json
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from ipaddress import ip_address
from typing import NamedTuple

import httpx

from activities.circuits import CircuitOpen, Circuits
from activities.targets import Address, RefusedTarget, Target, literal_address, read_target, refuse_address

__all__ = ["CircuitOpen", "Limits", "Outbound", "RefusedTarget", "Reply", "Unanswered"]

_MOST_TRIED = 3
_LARGEST_DOCUMENT = 256 * 1024
_UNWELL = (408, 425, 429)


class Limits(NamedTuple):
    """How long a request may take, in seconds."""

    connect: float = 5.0
    read: float = 20.0
    total: float = 20.0


class Reply(NamedTuple):
    """All that is kept of an answer."""

    status: int
    retry_after: float | None
    """Seconds, where it asks for a pause."""


class Unanswered(Exception):
    """No answer came; the text is one of a few, and holds nothing that was received."""


Resolve = Callable[[str, int], Awaitable[list[Address]]]


async def look_up(host: str, port: int) -> list[Address]:
    """Every address of a name, as the machine knows them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))


class Outbound:
    """Guarded requests. `allowed` are hosts, as `host:port`, that the deployer trusts whatever their address is."""

    def __init__(
        self,
        allowed: Collection[str] = (),
        *,
        limits: Limits = Limits(),  # noqa: B008 - a tuple
        resolve: Resolve = look_up,
        tls: ssl.SSLContext | None = None,
        circuits: Circuits | None = None,
    ) -> None:
        self._allowed = frozenset(allowed)
        self._limits = limits
        self._resolve = resolve
        self._given_tls = tls
        self._circuits = circuits or Circuits()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._given_tls or httpx.create_ssl_context()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, circuit: str) -> Reply:
        """Send, and say how it was answered; the answer's body is never read.

        `circuit` names whom it goes to: who fails again and again is left alone for a while. Raises RefusedTarget,
        Unanswered, CircuitOpen.
        """
        self._circuits.enter(circuit)
        try:
            reply, _ = await self._send("POST", url, body, headers, read_at_most=0)
        except (RefusedTarget, Unanswered):
            self._circuits.failed(circuit)
            raise
        if reply.status >= 500 or reply.status in _UNWELL:
            self._circuits.failed(circuit)
            if reply.retry_after is not None:
                self._circuits.hold(circuit, reply.retry_after)
        else:
            self._circuits.succeeded(circuit)
        return reply

    async def get_json(self, url: str) -> object:
        """Fetch a small JSON document. Raises RefusedTarget, Unanswered."""
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        reply, read = await self._send("GET", url, b"", headers, read_at_most=_LARGEST_DOCUMENT)
        if reply.status != 200:
            raise Unanswered(f"answered {reply.status}")
        try:
            return json.loads(read)
        except ValueError:
            raise Unanswered("the answer is no JSON") from None

    async def _send(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], *, read_at_most: int
    ) -> tuple[Reply, bytes]:
        target = read_target(url, self._allowed)
        try:
            async with asyncio.timeout(self._limits.total):
                addresses = await self._checked_addresses(target)
                for address in addresses[:-1]:
                    try:
                        return await self._send_to(address, target, method, body, headers, read_at_most)
                    except (httpx.ConnectError, httpx.ConnectTimeout):
                        continue
                return await self._send_to(addresses[-1], target, method, body, headers, read_at_most)
        except TimeoutError:
            raise Unanswered("took too long") from None
        except httpx.TimeoutException:
            raise Unanswered("took too long") from None
        except httpx.ConnectError:
            raise Unanswered("no connection, or none that can be trusted") from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise Unanswered("the connection broke") from None

    async def _checked_addresses(self, target: Target) -> list[Address]:
        """Looked up once, here; nothing is looked up again when the connection is made."""
        literal = literal_address(target.host)
        try:
            addresses = [literal] if literal is not None else await self._resolve(target.host, target.port)
        except (OSError, UnicodeError):
            raise Unanswered("the name is not known") from None
        if not addresses:
            raise Unanswered("the name is not known")
        if not target.is_allowed:
            for address in addresses:
                refuse_address(address)
        return addresses[:_MOST_TRIED]

    async def _send_to(
        self, address: Address, target: Target, method: str, body: bytes, headers: Mapping[str, str], read_at_most: int
    ) -> tuple[Reply, bytes]:
        """To this very address; the name is what its certificate has to be for, and what it is asked as."""
        where = f"[{address}]" if address.version == 6 else str(address)
        limits = httpx.Timeout(self._limits.read, connect=self._limits.connect)
        named = {**headers, "host": target.authority, "user-agent": "Stepwell"}
        async with (
            httpx.AsyncClient(verify=self._tls, timeout=limits, follow_redirects=False, trust_env=False) as connection,
            connection.stream(
                method,
                f"{target.scheme}://{where}:{target.port}{target.path}",
                content=body or None,
                headers=named,
                extensions={"sni_hostname": target.host.strip("[]")},
            ) as answer,
        ):
            read = bytearray()
            if read_at_most:
                async for part in answer.aiter_raw():
                    read += part
                    if len(read) > read_at_most:
                        raise Unanswered("the answer is too large")
            return Reply(answer.status_code, _retry_after(answer.headers.get("retry-after"))), bytes(read)


def _retry_after(given: str | None) -> float | None:
    """Seconds from now: written as seconds, or as an instant."""
    if given is None:
        return None
    if given.isascii() and given.isdigit():
        return float(given[:10])
    try:
        at = parsedate_to_datetime(given)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())
