"""A step type in a package of its own: installed it runs, taken away it holds journeys visibly, installed again they go on."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import Child, free_port
from tests.pathways import document, step
from tests.plugin.installed import EXAMPLE, Environment, Said, run

_BREATHE = """
- id: breathe
  type: breathing
  title: Breathe
  rationale: why
  instructions: do
  content: {prompt: Follow the line., inhale: 4, exhale: 6}
"""
_CALM = document(_BREATHE + step("more", "when: outcomes.breathe.minutes < 3"), "").replace("pathway: trial", "pathway: calm")
_LATER = document(step("read") + _BREATHE).replace("pathway: trial", "pathway: later")
_DONE = '{"minutes": 3, "calm": 8}'


class Home:
    """A folder in which a stack runs, with one environment or another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sheets = folder / "sheets"
        self._ports = {"--port": free_port(), "--ui-port": free_port(), "--mail-port": free_port()}
        self._place: Environment | None = None

    @contextmanager
    def up(self, place: Environment, name: str) -> Iterator[None]:
        """Run the stack of that environment, then end it in good order."""
        words = [str(word) for pair in self._ports.items() for word in pair]
        surroundings = place.surroundings() | {"BREATHING_SHEETS": str(self.sheets)}
        command = [str(place.bin / "stepwell"), "up", "--folder", str(self.folder), "--no-examples", *words]
        child = Child(command, surroundings, self.folder, name)
        self._place = place
        child.start()
        try:
            child.wait_for("Stepwell is running")
            yield
            assert child.end(signal.SIGTERM) == 0
        finally:
            child.stop()

    def do(self, *words: str) -> Said:
        """Type a command beside the stack."""
        assert self._place is not None
        return self._place.stepwell(*words, folder=self.folder, home=self.folder)

    def publish(self, source: str) -> Said:
        """Publish a pathway."""
        file = self.folder / "pathway.yaml"
        file.write_text(source)
        return self.do("pathway", "publish", str(file))

    def answer(self, journey: str, payload: str) -> Said:
        """Answer the breathing step."""
        file = self.folder / "response.json"
        file.write_text(payload)
        return self.do("journey", "respond", journey, "breathe.1", "--file", str(file))

    def enter(self, client: str, pathway: str) -> str:
        """Add a client and put them on a pathway."""
        assert self.do("client", "add", client).code == 0
        return str(self.do("journey", "start", client, pathway, "--json").data["id"])

    def until(self, what: Callable[[], Any]) -> Any:
        """Ask again until there is an answer."""
        give_up_at = time.monotonic() + 60
        while not (found := what()):
            assert time.monotonic() < give_up_at
            time.sleep(0.2)
        return found

    def waits_for(self, client: str, occurrence: str) -> None:
        """Wait until that is what the client has to do."""
        self.until(lambda: [one["occurrence"] for one in self.do("client", "to-do", client, "--json").data] == [occurrence])

    def held(self) -> list[str]:
        """The journeys that wait for somebody to help."""
        return [one["id"] for one in self.do("journey", "list", "--held", "--json").data]

    def status(self, journey: str) -> str:
        """How a journey stands."""
        return str(self.do("journey", "show", journey, "--json").data["journey"]["status"])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A folder for a stack."""
    return Home(tmp_path)


def test_a_type_comes_goes_and_comes_back(home: Home, with_plugin: Environment, without_plugin: Environment) -> None:
    """Wheels only, in processes of their own; nothing is lost."""
    with home.up(with_plugin, "with"):
        assert home.publish(_CALM).code == 0
        assert home.publish(_LATER).code == 0
        first = home.enter("ann", "calm")
        home.waits_for("ann", "breathe.1")
        (sheet,) = home.until(lambda: list(home.sheets.glob("*.svg")))
        assert "<title>4 – 0 – 6</title>" in sheet.read_text()
        wrong = home.answer(first, '{"minutes": 0, "calm": 3}')
        assert (wrong.code, "is for those who did it" in wrong.err) == (5, True)
        assert home.answer(first, _DONE).code == 0
        home.until(lambda: home.status(first) == "completed")
        second, third = home.enter("ben", "later"), home.enter("cem", "calm")
        home.waits_for("ben", "read.1")
        home.waits_for("cem", "breathe.1")
    with home.up(without_plugin, "without"):
        assert "unknown-step-type" in home.publish(_CALM + "\n").err
        assert home.do("journey", "respond", second, "read.1").code == 0
        fourth = home.enter("dan", "calm")
        assert home.until(lambda: sorted(home.held()) == sorted([second, fourth]))
        refused = home.answer(third, _DONE)
        assert (refused.code, "'breathing' is not installed here; nothing is lost" in refused.err) == (6, True)
        early = home.answer(second, _DONE)
        assert (early.code, "not installed here" in early.err) == (6, True)
        assert home.do("client", "to-do", "cem").code == 0
        assert [home.status(one) for one in (second, third, fourth)] == ["active"] * 3
        assert home.do("verify", "--json").data == []
    with home.up(with_plugin, "again"):
        home.waits_for("ben", "breathe.1")
        home.waits_for("dan", "breathe.1")
        assert home.held() == []
        for journey in (second, third, fourth):
            assert home.answer(journey, _DONE).code == 0
            home.until(lambda journey=journey: home.status(journey) == "completed")
        assert home.do("verify", "--json").data == []
    assert len(list(home.sheets.glob("*.svg"))) == 4


def test_what_runs_is_what_was_installed(with_plugin: Environment, without_plugin: Environment, tmp_path: Path) -> None:
    """Not this checkout; and the list says where a type is from."""
    for place in (with_plugin, without_plugin):
        words = "import stepwell, engine; print(stepwell.__file__); print(engine.__file__)"
        done = run([str(place.python), "-c", words], tmp_path, **place.surroundings())
        assert all(line.startswith(str(place.bin.parent)) for line in done.stdout.split()), done
    listed = json.loads(with_plugin.stepwell("step-type", "list", "--json", folder=tmp_path).out)
    assert {one["package"] for one in listed if one["name"] == "breathing"} == {"stepwell-breathing"}
    listed = json.loads(without_plugin.stepwell("step-type", "list", "--json", folder=tmp_path).out)
    assert "breathing" not in {one["name"] for one in listed}


def test_the_plugin_keeps_every_rule_by_its_own_tests(with_plugin: Environment, tmp_path: Path) -> None:
    """As its authors run them, beside the installed packages."""
    words = [
        str(with_plugin.python),
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(EXAMPLE),
        str(EXAMPLE / "tests"),
    ]
    done = run(words, tmp_path, **with_plugin.surroundings(), PYTHONDONTWRITEBYTECODE="1")
    assert done.returncode == 0, done.stdout + done.stderr
