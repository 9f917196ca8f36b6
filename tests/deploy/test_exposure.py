"""Who is let in by Temporal is asked as a worker or a gateway starts (SC15)."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from stepwell.connection import where_temporal_is
from stepwell.exposure import is_on_this_machine, lets_anybody_in
from stepwell.settings import Settings
from tests.deploy.relay import relay
from tests.e2e.processes import STEPWELL, Child, environment, free_port, store_and_server, store_in

_WARNING = "Temporal lets anybody in"


@pytest.fixture
async def temporal(tmp_path: Path) -> AsyncIterator[int]:
    """A real server, which asks nobody who they are."""
    async with AsyncExitStack() as stack:
        _, server, _ = await store_and_server(stack, tmp_path)
        yield server.port


@pytest.fixture
def profile(issued: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Temporal's own settings as `deploy/` makes them, but for where this machine has the files."""
    for name, value in _profile(issued).items():
        monkeypatch.setenv(name, value)
    return issued


def _profile(issued: Path) -> dict[str, str]:
    return {
        "TEMPORAL_CONFIG_FILE": str(issued / "stepwell.toml"),
        "TEMPORAL_TLS_SERVER_CA_CERT_PATH": str(issued / "ca.crt"),
        "TEMPORAL_TLS_CLIENT_CERT_PATH": str(issued / "stepwell.crt"),
        "TEMPORAL_TLS_CLIENT_KEY_PATH": str(issued / "stepwell.key"),
    }


@pytest.mark.parametrize(
    ("address", "so"),
    [
        ("127.0.0.1:7233", True),
        ("127.1.2.3:7233", True),
        ("localhost:7233", True),
        ("[::1]:7233", True),
        ("temporal:7233", False),
        ("temporal.example.org:443", False),
        ("localhost.example.org:7233", False),
        ("10.0.0.7:7233", False),
        ("0.0.0.0:7233", False),
        ("[fd00::7]:7233", False),
        ("", False),
    ],
)
def test_SC15_what_is_not_on_loopback_is_no_development_server(address: str, so: bool) -> None:
    """In doubt it is asked."""
    assert is_on_this_machine(address) is so


async def test_SC15_a_server_that_asks_nobody_is_found_out(temporal: int) -> None:
    """Without TLS, as it comes out of the box."""
    assert await lets_anybody_in({"target_host": f"127.0.0.1:{temporal}"})
    assert not await lets_anybody_in({"target_host": f"127.0.0.1:{free_port()}"})


async def test_SC15_our_own_credentials_are_not_shown(temporal: int, profile: Path) -> None:
    """Behind mutual TLS nobody comes in without a certificate; with TLS of the server's alone everybody does."""
    async with relay(profile, temporal, asks=True) as guarded, relay(profile, temporal, asks=False) as open_to_all:
        for port, open_ in ((guarded, False), (open_to_all, True)):
            config = where_temporal_is(Settings(database="sqlite:///x.db", temporal=f"127.0.0.1:{port}"))
            assert config["api_key"]
            assert config["tls"].client_cert  # type: ignore[union-attr]
            assert await lets_anybody_in(config) is open_


@pytest.mark.parametrize("words", [["worker", "--queue", "stepwell-records"], ["serve", "--http-port", "PORT"]])
async def test_SC15_a_process_says_so_as_it_starts(words: list[str], temporal: int, tmp_path: Path) -> None:
    """Only where the server is not on loopback: `127.1` is, but it is no address that anybody writes for it."""
    command = [str(STEPWELL), *(str(free_port()) if word == "PORT" else word for word in words)]
    for host, warned in (("127.1", True), ("127.0.0.1", False)):
        child = Child(command, environment(**store_in(tmp_path), temporal=f"{host}:{temporal}"), tmp_path, f"{host}-{words[0]}")
        child.start()
        try:
            child.wait_for('"working"' if words[0] == "worker" else '"serving"')
            assert (_WARNING in child.text) is warned, child.text
        finally:
            child.end(signal.SIGTERM)
            child.stop()


async def test_SC15_a_worker_comes_in_with_what_was_issued(temporal: int, issued: Path, tmp_path: Path) -> None:
    """By certificate and profile, through mutual TLS; and has nothing to warn of."""
    async with relay(issued, temporal, asks=True) as port:
        surroundings = environment(**store_in(tmp_path)) | _profile(issued) | {"TEMPORAL_ADDRESS": f"127.1:{port}"}
        child = Child([str(STEPWELL), "worker"], surroundings | {"TEMPORAL_NAMESPACE": "default"}, tmp_path, "worker")
        child.start()
        try:
            await asyncio.to_thread(child.wait_for, '"working"')  # the relay runs in this thread
            assert _WARNING not in child.text
        finally:
            await asyncio.to_thread(child.end, signal.SIGTERM)
