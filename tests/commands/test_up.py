"""`stepwell up`: started, stopped and started again; and what it says where it cannot."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.typed import stepwell
from tests.e2e.processes import PORTS, STEPWELL, Child, environment, free_port


def _ports() -> dict[str, str]:
    return {name: str(free_port()) for name in PORTS}


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Child]:
    """A stack with the examples, not started yet."""
    words = [word for pair in _ports().items() for word in pair]
    child = Child([str(STEPWELL), "up", "--folder", str(tmp_path / "home"), *words], environment(), tmp_path, "up")
    yield child
    child.stop()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_good_order_and_started_again_journeys_go_on(up: Child, tmp_path: Path, how: signal.Signals) -> None:
    """Ctrl-C or an orchestrator's stop: exit code 0; the second start finds the journey where it was."""
    home = tmp_path / "home"
    up.start()
    up.wait_for("Stepwell is running")
    assert stepwell("journey", "respond", "ada/tutorial", "welcome.1", "--understood", home=home).code == 0
    before = stepwell("journey", "show", "ada/tutorial", "--json", home=home).data["journey"]
    assert up.end(how) == 0
    assert "stopped. Start again with the same command" in up.text
    assert "Traceback" not in up.text
    assert stepwell("journey", "list", home=home).code == 6
    up.log = tmp_path / "again.log"
    up.start()
    up.wait_for("Stepwell is running")
    after = stepwell("journey", "show", "ada/tutorial", "--json", home=home).data["journey"]
    assert (after["id"], after["occurrences"]) == (before["id"], before["occurrences"])
    assert stepwell("journey", "respond", "ada/tutorial", "mood.1", "mood=8", home=home).code == 0
    assert stepwell("verify", "--json", home=home).data == []


def test_a_second_stack_in_the_same_folder_is_refused(up: Child, tmp_path: Path) -> None:
    """It names the process that has it; the first runs on."""
    up.start()
    up.wait_for("Stepwell is running")
    said = stepwell("up", "--folder", str(tmp_path / "home"))
    assert said.code == 6
    assert "a stack already runs in" in said.err
    assert "choose another with --folder" in said.err
    assert stepwell("journey", "list", home=tmp_path / "home").code == 0


def test_after_a_crash_the_lock_is_nobodys(up: Child, tmp_path: Path) -> None:
    """kill -9 leaves files, never a lock that somebody has to delete."""
    up.start()
    up.wait_for("Stepwell is running")
    up.end(signal.SIGKILL)
    assert (tmp_path / "home" / "stack.json").exists()
    said = stepwell("journey", "list", home=tmp_path / "home")
    assert (said.code, "start it with 'stepwell up'" in said.err) == (6, True)
    up.log = tmp_path / "again.log"
    up.start()
    up.wait_for("Stepwell is running")


@pytest.mark.parametrize("option", PORTS)
def test_a_port_that_is_taken_is_named_with_the_way_around(tmp_path: Path, option: str) -> None:
    """Whichever of the three."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        words = [word for pair in (_ports() | {option: port}).items() for word in pair]
        said = stepwell("up", "--folder", str(tmp_path), *words)
    assert said.code == 6
    assert f"port {port}" in said.err
    assert f"choose another with {option}" in said.err


def test_a_folder_that_cannot_be_one_is_named(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "home").write_text("")
    said = stepwell("up", "--folder", str(tmp_path / "home"))
    assert said.code == 6
    assert "choose another with --folder" in said.err


@pytest.mark.parametrize("broken", ["stepwell.db", "temporal.db"])
def test_a_damaged_database_is_named(tmp_path: Path, broken: str) -> None:
    """Nothing is thrown away; it says which file, and what to do."""
    (tmp_path / broken).write_bytes(os.urandom(20_000))
    words = [word for pair in _ports().items() for word in pair]
    said = stepwell("up", "--folder", str(tmp_path), *words)
    assert said.code == 6
    assert broken in said.err
    assert (tmp_path / broken).stat().st_size == 20_000


def test_a_damaged_note_of_the_stack_says_what_to_delete(tmp_path: Path) -> None:
    """The file by which commands find the stack."""
    (tmp_path / "stack.json").write_text("{")
    said = stepwell("journey", "list", home=tmp_path)
    assert (said.code, "delete the file" in said.err) == (6, True)
