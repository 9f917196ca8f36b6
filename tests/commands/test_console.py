"""The operator's key of the embedded stack: made once, for its owner alone, good for the console, and never said."""

import asyncio
import re
import stat
from pathlib import Path

import httpx

from tests.commands.typed import stepwell
from tests.e2e.processes import STEPWELL, Child, environment, free_ports


def _sign_in(address: str, key: str) -> httpx.Response:
    headers = {"origin": "null", "sec-fetch-site": "same-origin"}

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False) as connection:
            return await connection.post(f"{address}sign-in", data={"key": key}, headers=headers)

    return asyncio.run(send())


def test_up_makes_a_key_once_and_says_where_it_is(tmp_path: Path) -> None:
    """The second start keeps it; a revoked one is replaced; nothing that is printed or logged holds it."""
    home = tmp_path / "home"
    command = [str(STEPWELL), "up", "--folder", str(home), "--no-examples", *free_ports()]
    up = Child(command, environment(log_level="DEBUG"), tmp_path, "up")
    file = home / "operator.key"
    keys = []
    try:
        for start in range(3):
            up.log = tmp_path / f"up-{start}.log"
            up.start()
            up.wait_for("Stepwell is running")
            key = file.read_text().strip()
            keys.append(key)
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            said = stepwell("console", home=home)
            assert str(file) in said.out.replace("\n", "")
            address = re.search(r"http://127\.0\.0\.1:\d+/console/", said.out)
            assert address
            assert _sign_in(address[0], key).status_code == 303
            assert key not in up.text + said.out + said.err
            if start == 1:
                [known] = stepwell("key", "list", "--json", home=home).data
                assert stepwell("key", "revoke", known["id"], home=home).code == 0
                assert _sign_in(address[0], key).status_code == 401
    finally:
        up.stop()
    assert keys[0] == keys[1] != keys[2]


def test_console_says_what_is_missing(tmp_path: Path) -> None:
    """Where nothing runs, and where nobody said the address."""
    said = stepwell("console", home=tmp_path)
    assert said.code == 6
    assert "stepwell up" in said.err
