"""What browser tests look at: the real stack in a process of its own, and the example host in another."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.processes import ROOT, STEPWELL, Child, environment, free_port

HOST = ROOT / "examples" / "host_app"
PASSPHRASE = "open-sesame"


@dataclass
class Stack:
    """A running `stepwell up`."""

    folder: Path
    url: str
    """Of the HTTP API and the console."""
    settings: dict[str, str] = field(default_factory=dict)
    _api: httpx.Client | None = None

    def type(self, *words: str) -> str:
        """Type a command of `stepwell`; what it prints. Fails where the command does."""
        done = subprocess.run(
            [str(STEPWELL), *words],
            env={**environment(home=self.folder / "home"), **self.settings},
            cwd=ROOT,
            text=True,
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, f"stepwell {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask the API something as the host; what it answers. Fails where it refuses."""
        if self._api is None:
            self._api = httpx.Client(
                base_url=f"{self.url}/v1", headers={"authorization": f"Bearer {self.key('host')}"}, timeout=60
            )
        answer = self._api.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def close(self) -> None:
        """Let go of the connection."""
        if self._api is not None:
            self._api.close()

    def key(self, kind: str, *options: str) -> str:
        """A new key of the API; its secret."""
        secret: str = json.loads(self.type("key", "add", kind, *options, "--json"))["secret"]
        return secret


@contextmanager
def running_stack(folder: Path, **settings: object) -> Iterator[Stack]:
    """Everything of Stepwell, started in a folder and ended by its process id; `settings` as `STEPWELL_…` has them."""
    http = free_port()
    ports = {"--port": free_port(), "--ui-port": free_port(), "--mail-port": free_port(), "--http-port": http}
    words = [str(word) for pair in ports.items() for word in pair]
    given = {f"STEPWELL_{name.upper()}": str(value) for name, value in settings.items()}
    up = Child([str(STEPWELL), "up", "--folder", str(folder / "home"), *words], environment(**settings), folder, "up")
    up.start()
    try:
        up.wait_for("Stepwell is running")
        stack = Stack(folder, f"http://127.0.0.1:{http}", given)
        try:
            yield stack
        finally:
            stack.close()
    finally:
        up.stop()


@contextmanager
def running_host(stack: Stack, folder: Path, *, port: int | None = None, **settings: str) -> Iterator[str]:
    """The example host on a stack; its address. `settings` as `HOST_…` has them."""
    port = port or free_port()
    given = {f"HOST_{name.upper()}": value for name, value in settings.items()}
    surroundings = environment(url=stack.url, key=stack.key("host", "--subject", "example"))
    surroundings |= {"PYTHONPATH": str(HOST), "HOST_PORT": str(port), "HOST_PASSPHRASE": PASSPHRASE, **given}
    surroundings |= {"HOST_FILES": str(folder / "files")}
    host = Child([sys.executable, "-m", "host_app"], surroundings, folder, f"host-{port}")
    host.start()
    try:
        host.wait_for("Everybody signs in")
        yield f"http://127.0.0.1:{port}"
        assert "Traceback" not in host.text, host.text
    finally:
        host.stop()
