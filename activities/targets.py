"""Where a request may go that somebody else chose the address of: a public host by https, or what the deployer allows."""

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

_URL = re.compile(r"(https?)://([^/?#]+)([/?][^#]*)?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?", re.IGNORECASE)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_LONGEST = 2000
_LONGEST_HOST = 253
_HTTPS = 443
_FIRST_FREE_PORT = 1024

_PRIVATE_ENDINGS = (
    *("localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "private"),
    *("arpa", "onion", "invalid", "test"),
)
"""Names that mean something in one network only, or nothing."""

_NOT_PUBLIC = tuple(
    IPv4Network(one)
    for one in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' NAT, and metadata of some clouds
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # the host of a virtual machine, on one cloud
        "169.254.0.0/16",  # link-local, and metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocols' own, and metadata of one cloud
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # measurements
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_PUBLIC_6 = IPv6Network("2000::/3")
"""Everything else is loopback, link-local, unique local, mapped, NAT64, multicast or nothing yet."""
_NOT_PUBLIC_6 = tuple(
    IPv6Network(one)
    for one in (
        "2001::/23",  # protocols' own; an IPv4 address may be inside
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address is inside
        "3fff::/20",  # documentation
    )
)

Address = IPv4Address | IPv6Address


class RefusedTarget(Exception):
    """No request goes there; the text says what to write instead, and nothing of what the name leads to."""


class Target(NamedTuple):
    """An address that may be looked up."""

    scheme: str
    host: str
    port: int
    path: str
    is_allowed: bool
    """The deployer said so: it may be private, and need not be https."""

    @property
    def name(self) -> str:
        """`host:port`, as deployers write it."""
        return f"{self.host}:{self.port}"

    @property
    def authority(self) -> str:
        """For the header Host."""
        return self.host if self.port == _port_of(self.scheme) else self.name


def read_target(url: str, allowed: Collection[str] = ()) -> Target:
    """Read an address, strictly. Raises RefusedTarget for what is not public, and for what could be read in two ways."""
    if len(url) > _LONGEST or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise RefusedTarget(f"write the address in {_LONGEST} printable ASCII characters at most; other letters as xn--… or %…")
    scheme, host, port, path = _parts(url)
    target = Target(scheme, host, port, path, f"{host}:{port}" in allowed)
    if not target.is_allowed:
        _refuse_unless_public(target)
    return target


def named_in(url: str) -> str:
    """The `host:port` that an address of the deployer's names, for allowing it."""
    _, host, port, _ = _parts(url)
    return f"{host}:{port}"


def refuse_address(address: Address) -> None:
    """Raise RefusedTarget unless it is one on the public internet that means nothing else."""
    if isinstance(address, IPv4Address):
        is_public = not any(address in network for network in _NOT_PUBLIC)
    else:
        is_public = address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)
    if not is_public:
        raise RefusedTarget("the address is not on the public internet; whoever runs Stepwell can allow it")


def literal_address(host: str) -> Address | None:
    """The address that a host is written as; None where it is a name. Raises RefusedTarget for unusual ways to write one."""
    is_address = host.startswith("[") or _NUMBER.fullmatch(host.rpartition(".")[2]) is not None
    if not is_address:
        return None
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        raise RefusedTarget("write an address of numbers as four decimal ones, or in brackets") from None
    if (address.version == 6) != host.startswith("["):
        raise RefusedTarget("write an IPv6 address in brackets")
    return address


def _parts(url: str) -> tuple[str, str, int, str]:
    found = _URL.fullmatch(url)
    where = _AUTHORITY.fullmatch(found.group(2)) if found else None
    if found is None or where is None:
        raise RefusedTarget("write an address such as https://host.example.org/path, without a user name and without #")
    scheme, host, path = found.group(1).lower(), where.group(1).lower(), found.group(3) or "/"
    port = int(where.group(2)) if where.group(2) else _port_of(scheme)
    if not 0 < port < 1 << 16:
        raise RefusedTarget("the port is none")
    return scheme, host, port, path if path.startswith("/") else f"/{path}"


def _refuse_unless_public(target: Target) -> None:
    if target.scheme != "https":
        raise RefusedTarget("write an address with https")
    if target.port != _HTTPS and target.port < _FIRST_FREE_PORT:
        raise RefusedTarget(f"use the port {_HTTPS}, or one from {_FIRST_FREE_PORT} on")
    address = literal_address(target.host)
    if address is not None:
        refuse_address(address)
        return
    labels = target.host.split(".")
    if len(labels) < 2 or len(target.host) > _LONGEST_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise RefusedTarget("write the whole name of a public host, without a dot at its end")
    if labels[-1] in _PRIVATE_ENDINGS:
        raise RefusedTarget(f"names that end in .{labels[-1]} are not public; whoever runs Stepwell can allow one")


def _port_of(scheme: str) -> int:
    return _HTTPS if scheme == "https" else 80
