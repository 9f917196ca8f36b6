"""Requests to addresses that somebody gave us: where they never go, and what they never do (TRUST SC20, SC21)."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path

import pytest

from activities.circuits import CircuitOpen, Circuits
from activities.outbound import Limits, Outbound, RefusedTarget, Unanswered
from activities.targets import Address, named_in, read_target
from tests.activities.certificates import Authority

ROOT = Path(__file__).parents[2]
HASTY = Limits(connect=1, read=1, total=2)

REFUSED = (
    # not https, or not even an address
    *("http://hooks.example.org/", "ftp://hooks.example.org/", "file:///etc/passwd", "gopher://hooks.example.org/"),
    *(
        "javascript:alert(1)",
        "//hooks.example.org/",
        "hooks.example.org",
        "https://",
        "https:///x",
        "https:hooks.example.org",
        "",
    ),
    # RFC 1918, loopback, link-local, carriers' NAT, this network, metadata
    *("https://10.0.0.1/", "https://172.16.0.1/", "https://172.31.255.254/", "https://192.168.1.1/", "https://127.0.0.1/"),
    *("https://127.255.255.254/", "https://169.254.169.254/latest/meta-data/", "https://169.254.170.2/", "https://100.64.0.1/"),
    *("https://100.100.100.200/", "https://0.0.0.0/", "https://0.1.2.3/", "https://168.63.129.16/", "https://192.0.0.192/"),
    *("https://192.0.2.1/", "https://198.18.0.1/", "https://224.0.0.1/", "https://240.0.0.1/", "https://255.255.255.255/"),
    # the same written as decimal, hex, octal, short, with zeros, percent and full width
    *("https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://017700000001/"),
    *("https://127.1/", "https://127.0.1/", "https://127.0.0.01/", "https://127.0.0.0x1/", "https://0/", "https://3232235777/"),
    *("https://%31%32%37.0.0.1/", "https://１２７.０.０.１/", "https://127。0。0。1/", "https://①②⑦.0.0.1/", "https://0x/"),
    # IPv6: loopback, unspecified, link-local, unique local, mapped, compatible, NAT64, 6to4, Teredo, documentation, multicast
    *("https://[::1]/", "https://[::]/", "https://[fe80::1]/", "https://[fe80::1%25eth0]/", "https://[fc00::1]/"),
    *("https://[fd00:ec2::254]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::ffff:8.8.8.8]/"),
    *("https://[::127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[64:ff9b::a9fe:a9fe]/", "https://[64:ff9b:1::1]/"),
    *(
        "https://[2002:7f00:1::]/",
        "https://[2001:0:7f00:1::]/",
        "https://[2001:db8::1]/",
        "https://[ff02::1]/",
        "https://[::1/",
    ),
    *("https://[1.2.3.4]/", "https://2606:4700::1/", "https://[fec0::1]/"),
    # names of private places
    *("https://localhost/", "https://LOCALHOST/", "https://a.localhost/", "https://metadata.google.internal/"),
    *("https://db.internal/", "https://printer.local/", "https://nas.lan/", "https://router.home.arpa/", "https://intranet/"),
    *("https://stepwell/", "https://x.corp/", "https://hidden.onion/", "https://localhost.localdomain/"),
    # trailing dots, empty labels, user names, ports, characters that two readers read differently
    *("https://localhost./", "https://127.0.0.1./", "https://hooks.example.org./", "https://hooks..example.org/", "https://./"),
    *("https://user@hooks.example.org/", "https://user:secret@hooks.example.org/", "https://hooks.example.org@127.0.0.1/"),
    *(
        "https://127.0.0.1\\@hooks.example.org/",
        "https://hooks.example.org\\@127.0.0.1/",
        "https://hooks.example.org#@127.0.0.1/",
    ),
    *("https://hooks.example.org:22/", "https://hooks.example.org:25/", "https://hooks.example.org:0/"),
    *("https://hooks.example.org:65536/", "https://hooks.example.org:80:443/", "https://hooks.example.org:/", "https://:443/"),
    *("https://hooks.exam\tple.org/", "https://hooks.example.org/\r\nX: y", " https://hooks.example.org/", "https://a b.org/"),
    *("https://hooks.example.org/\x00", "https://bücher.example.org/", "https://ⓔxample.org/", "https://-a.example.org/"),
    *("https://hooks.example.org%2f@127.0.0.1/", "https://" + "a" * 64 + ".org/", "https://hooks.example.org/" + "x" * 2000),
)
LED_INSIDE = (
    *("127.0.0.1", "10.1.2.3", "172.20.0.1", "192.168.0.10", "169.254.169.254", "100.64.1.1", "0.0.0.0", "168.63.129.16"),  # noqa: S104
    *("::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "2001:db8::5", "fec0::1"),
)
PUBLIC = "93.184.215.14"


def resolving(*answers: list[str]) -> tuple[Callable[[str, int], "asyncio.Future[list[Address]]"], list[str]]:
    """Name service that gives one answer after the other, and whom it was asked for."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[Address]:
        asked.append(f"{host}:{port}")
        return [ip_address(one) for one in answers[min(len(asked), len(answers)) - 1]]

    return resolve, asked  # type: ignore[return-value]


class Server:
    """A real HTTP server on loopback that answers with what it is told to."""

    def __init__(self) -> None:
        self.port = 0
        self.reply = b"HTTP/1.1 204 Fine\r\ncontent-length: 0\r\n\r\n"
        self.requests: list[str] = []
        self.sent = 0
        self.endless = b""

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(length.group(1)) if length else 0)
            self.requests.append(head + body.decode())
            writer.write(self.reply)
            await writer.drain()
            while self.endless:
                writer.write(self.endless)
                await writer.drain()
                self.sent += len(self.endless)
                await asyncio.sleep(0.001)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Up meanwhile."""
    server = Server()
    listening = await asyncio.start_server(server.take, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server


async def _post(outbound: Outbound, url: str) -> int:
    return (await outbound.post(url, b"{}", {"content-type": "application/json"}, circuit="test")).status


def test_SC20_there_are_enough_of_them() -> None:
    """The table below is what the row asks for."""
    assert len(set(REFUSED)) == len(REFUSED) > 40


@pytest.mark.parametrize("url", REFUSED)
async def test_SC20_a_target_that_is_refused(url: str) -> None:
    """When it is entered, and again when something would be sent; nothing is looked up for it."""
    resolve, asked = resolving([PUBLIC])
    outbound = Outbound(resolve=resolve)
    with pytest.raises(RefusedTarget):
        read_target(url)
    with pytest.raises(RefusedTarget):
        await _post(outbound, url)
    with pytest.raises(RefusedTarget):
        await outbound.get_json(url)
    assert asked == []


@pytest.mark.parametrize("inside", LED_INSIDE)
@pytest.mark.parametrize("others", [[], [PUBLIC]], ids=["alone", "behind a public one"])
async def test_SC20_a_public_name_that_leads_inside_is_refused(inside: str, others: list[str]) -> None:
    """Every address of a name is checked, not only the first."""
    resolve, asked = resolving([*others, inside])
    with pytest.raises(RefusedTarget) as refused:
        await _post(Outbound(resolve=resolve), "https://hooks.example.org/x")
    assert asked == ["hooks.example.org:443"]
    assert inside not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.org/x?y=%20",
        "https://hooks.example.org:8443",
        "https://xn--bcher-kva.example.org/",
        "https://1.1.1.1/",
    ],
)
def test_SC20_public_targets_may_be_entered(url: str) -> None:
    """The guard does not refuse everything."""
    assert read_target(url).is_allowed is False


async def test_SC20_the_checked_address_is_the_connected_one(tmp_path: Path) -> None:
    """A name that leads elsewhere a moment later gets nothing: it is looked up once, and the certificate is for the name."""
    authority, seen = Authority(tmp_path), list[str]()
    async with serving(authority.serving("hooks.example.org", seen)) as server, serving() as trap:
        resolve, asked = resolving(["127.0.0.1"], ["127.0.0.2"])
        name = f"hooks.example.org:{server.port}"
        outbound = Outbound([name], resolve=resolve, tls=authority.trusting)
        assert await _post(outbound, f"https://{name}/x?y") == 204
        assert asked == [name]
        assert seen == ["hooks.example.org"]
        assert server.requests[0].startswith("POST /x?y HTTP/1.1\r\n")
        assert f"\r\nhost: {name}\r\n" in server.requests[0].lower()
        assert trap.requests == []


async def test_SC20_rebinding_between_check_and_connection_changes_nothing(tmp_path: Path) -> None:
    """What was checked is handed on as an address: the second answer, which leads inside, is never asked for."""
    resolve, asked = resolving([PUBLIC], ["127.0.0.1"])
    connected: list[str] = []

    class Watched(Outbound):
        async def _send_to(self, address: Address, *more: object) -> object:  # type: ignore[override]
            connected.append(str(address))
            raise Unanswered("this is as far as a test goes")

    with pytest.raises(Unanswered):
        await _post(Watched(resolve=resolve), "https://hooks.example.org/")
    assert (connected, asked) == ([PUBLIC], ["hooks.example.org:443"])


async def test_SC20_a_certificate_for_another_name_is_none(tmp_path: Path) -> None:
    """Nor one that nobody vouches for."""
    authority = Authority(tmp_path)
    async with serving(authority.serving("other.example.org", [])) as server:
        resolve, _ = resolving(["127.0.0.1"])
        name = f"hooks.example.org:{server.port}"
        for tls in (authority.trusting, None):
            with pytest.raises(Unanswered, match="trusted"):
                await _post(Outbound([name], resolve=resolve, tls=tls), f"https://{name}/")
        assert server.requests == []


async def test_SC20_what_the_deployer_allows_may_be_private_and_plain() -> None:
    """That host and that port, and no other."""
    async with serving() as server:
        url = f"http://127.0.0.1:{server.port}/x"
        assert await _post(Outbound([named_in(url)]), url) == 204
        with pytest.raises(RefusedTarget):
            await _post(Outbound([f"127.0.0.1:{server.port + 1}"]), url)
        with pytest.raises(RefusedTarget):
            await _post(Outbound([named_in(url)]), f"http://user@127.0.0.1:{server.port}/x")


async def test_SC20_no_proxy_of_the_environment_is_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would look the name up again, and connect to what it likes."""
    async with serving() as server, serving() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        url = f"http://127.0.0.1:{server.port}/x"
        assert await _post(Outbound([named_in(url)]), url) == 204
        assert (len(server.requests), proxy.requests) == (1, [])


def test_SC20_nothing_else_of_ours_speaks_http_to_others() -> None:
    """One way out: whoever needs another one changes this list with a reason."""
    raw = re.compile(
        r"\bhttpx\.|\bimport httpx|from httpx|urllib\.request|urllib3|http\.client|\baiohttp\b|\brequests\.|import requests"
        r"|httpcore|open_connection|create_connection|\burlopen\b|PyJWKClient"
    )
    found = {
        str(file.relative_to(ROOT))
        for package in ("activities", "stepwell", "store", "workflows", "engine")
        for file in (ROOT / package).rglob("*.py")
        if raw.search(file.read_text())
    }
    assert found == {"activities/outbound.py", "stepwell/testing/guard.py"}  # the guard of the kit forbids them


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_SC21_a_redirect_is_an_answer_and_is_not_followed(status: int) -> None:
    """It could lead anywhere."""
    async with serving() as server, serving() as elsewhere:
        where = f"http://127.0.0.1:{elsewhere.port}/"
        server.reply = f"HTTP/1.1 {status} Go\r\nlocation: {where}\r\ncontent-length: 0\r\n\r\n".encode()
        url = f"http://127.0.0.1:{server.port}/x"
        outbound = Outbound([named_in(url), named_in(where)])
        assert await _post(outbound, url) == status
        with pytest.raises(Unanswered, match=str(status)):
            await outbound.get_json(url)
        assert elsewhere.requests == []


async def test_SC21_of_an_endless_answer_nothing_is_read() -> None:
    """The status is all that is wanted of it."""
    async with serving() as server:
        server.reply, server.endless = b"HTTP/1.1 200 Fine\r\n\r\n", b"x" * 65536
        url = f"http://127.0.0.1:{server.port}/x"
        assert await _post(Outbound([named_in(url)]), url) == 200


async def test_SC21_a_document_that_is_too_large_is_none() -> None:
    """Nor one that is no JSON; a small one is read."""
    async with serving() as server:
        url = f"http://127.0.0.1:{server.port}/x"
        outbound = Outbound([named_in(url)])
        server.reply = b'HTTP/1.1 200 Fine\r\ncontent-length: 10\r\n\r\n{"a": [1]}'
        assert await outbound.get_json(url) == {"a": [1]}
        server.reply = b"HTTP/1.1 200 Fine\r\ncontent-length: 1\r\n\r\n{"
        with pytest.raises(Unanswered, match="no JSON"):
            await outbound.get_json(url)
        server.reply, server.endless = b"HTTP/1.1 200 Fine\r\n\r\n", b"x" * 65536
        with pytest.raises(Unanswered, match="too large"):
            await outbound.get_json(url)
        assert server.sent < 64 * 1024 * 1024


@pytest.mark.parametrize(
    ("reply", "endless"),
    [(b"", b""), (b"HTTP/1.1 200 Fine\r\n", b"x: y\r\n"), (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n")],
    ids=["silence", "endless headers", "endless interim answers"],
)
async def test_SC21_nothing_takes_longer_than_its_limit(reply: bytes, endless: bytes) -> None:
    """Not even an answer that always seems about to come."""
    async with serving() as server:
        server.reply, server.endless = reply, endless
        url = f"http://127.0.0.1:{server.port}/x"
        with pytest.raises(Unanswered):
            await asyncio.wait_for(_post(Outbound([named_in(url)], limits=HASTY), url), 10)


async def test_SC21_a_name_nobody_knows_and_a_port_nobody_listens_on() -> None:
    """Said in a few words that hold no address."""

    async def resolve(host: str, port: int) -> list[Address]:
        raise OSError(f"{host}: 10.0.0.1")

    with pytest.raises(Unanswered, match=r"^the name is not known$"):
        await _post(Outbound(resolve=resolve), "https://hooks.example.org/")
    async with serving() as server:
        url = f"http://127.0.0.1:{server.port}/x"
    with pytest.raises(Unanswered, match=r"^no connection"):
        await _post(Outbound([named_in(url)]), url)


async def test_SC21_who_fails_five_times_is_left_alone_for_a_while() -> None:
    """Then one request tries; others are not held up by it."""
    now = [0.0]
    circuits = Circuits(lambda: now[0])
    async with serving() as server:
        url = f"http://127.0.0.1:{server.port}/x"
        outbound = Outbound([named_in(url)], circuits=circuits)
        server.reply = b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n"
        for _ in range(5):
            assert await _post(outbound, url) == 500
        with pytest.raises(CircuitOpen) as open_:
            await _post(outbound, url)
        assert open_.value.seconds == 30
        assert (await outbound.post(url, b"", {}, circuit="another")).status == 500
        now[0] = 31
        assert await _post(outbound, url) == 500
        now[0] = 62
        with pytest.raises(CircuitOpen):
            await _post(outbound, url)
        now[0] = 200
        server.reply = b"HTTP/1.1 204 Fine\r\ncontent-length: 0\r\n\r\n"
        assert await _post(outbound, url) == 204
        assert await _post(outbound, url) == 204


def test_SC21_only_one_tries_whether_it_is_well_again() -> None:
    """Whoever comes while that is not known waits."""
    now = [0.0]
    circuits = Circuits(lambda: now[0])
    for _ in range(20):
        circuits.failed("e")
    with pytest.raises(CircuitOpen) as open_:
        circuits.enter("e")
    assert open_.value.seconds == 300
    now[0] = 301
    circuits.enter("e")
    with pytest.raises(CircuitOpen):
        circuits.enter("e")
    circuits.succeeded("e")
    circuits.enter("e")


@pytest.mark.parametrize(
    ("given", "seconds"), [("7", 7.0), ("0", 0.0), ("soon", None), ("-1", None), ("Mon, 02 Mar 2026 09:00:00 GMT", 0.0)]
)
async def test_SC21_a_pause_that_is_asked_for_is_understood(given: str, seconds: float | None) -> None:
    """As seconds or as an instant."""
    async with serving() as server:
        server.reply = f"HTTP/1.1 503 Later\r\nretry-after: {given}\r\ncontent-length: 0\r\n\r\n".encode()
        url = f"http://127.0.0.1:{server.port}/x"
        assert (await Outbound([named_in(url)]).post(url, b"", {}, circuit="e")).retry_after == seconds
