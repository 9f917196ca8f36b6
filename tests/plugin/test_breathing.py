"""A step type in a package of its own: installed it runs, taken away it holds journeys visibly, installed again they go on."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from engine.steps import step_types
from stepwell import Settings, Stepwell
from stepwell.settings import stack_file
from tests.e2e.processes import PORTS, Child, free_port
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
        self._ports = {name: free_port() for name in PORTS}
        self._place: Environment | None = None

    @asynccontextmanager
    async def up(self, place: Environment, name: str) -> AsyncIterator[Stepwell]:
        """Run the stack of that environment, then end it in good order; a handle beside it knows the built-in types only."""
        words = [str(word) for pair in self._ports.items() for word in pair]
        surroundings = place.surroundings() | {"BREATHING_SHEETS": str(self.sheets)}
        command = [str(place.bin / "stepwell"), "up", "--folder", str(self.folder), "--no-examples", *words]
        child = Child(command, surroundings, self.folder, name)
        self._place = place
        child.start()
        try:
            child.wait_for("Stepwell is running")
            settings = Settings.model_validate_json(stack_file(self.folder).read_text())
            async with Stepwell.connect(settings, step_types()) as handle:
                yield handle
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


async def _enter(handle: Stepwell, client: str, pathway: str) -> str:
    await handle.add_client(id=client)
    return (await handle.start(client, pathway)).id


async def _until(look: Callable[[], Awaitable[Any]]) -> Any:
    """Look again until there is something."""
    give_up_at = time.monotonic() + 60
    while not (found := await look()):
        assert time.monotonic() < give_up_at
        await asyncio.sleep(0.1)
    return found


async def _waits_for(handle: Stepwell, client: str, occurrence: str) -> None:
    async def is_there() -> bool:
        return [one.occurrence for one in await handle.to_do(client)] == [occurrence]

    await _until(is_there)


async def _ends(handle: Stepwell, journey: str) -> None:
    async def is_over() -> bool:
        return (await handle.state(journey)).status == "completed"

    await _until(is_over)


async def test_a_type_comes_goes_and_comes_back(tmp_path: Path, with_plugin: Environment, without_plugin: Environment) -> None:
    """Wheels only, in processes of their own; what is missing holds visibly, and nothing is lost."""
    home = Home(tmp_path)
    async with home.up(with_plugin, "with") as handle:
        assert home.publish(_CALM).code == 0
        assert home.publish(_LATER).code == 0
        first = await _enter(handle, "ann", "calm")
        await _waits_for(handle, "ann", "breathe.1")

        async def sheets() -> list[Path]:
            return list(home.sheets.glob("*.svg"))

        (sheet,) = await _until(sheets)
        assert "<title>4 – 0 – 6</title>" in sheet.read_text()
        wrong = home.answer(first, '{"minutes": 0, "calm": 3}')
        assert (wrong.code, "is for those who did it" in wrong.err) == (5, True)
        assert home.answer(first, _DONE).code == 0
        await _ends(handle, first)
        second, third = await _enter(handle, "ben", "later"), await _enter(handle, "cem", "calm")
        await _waits_for(handle, "ben", "read.1")
        await _waits_for(handle, "cem", "breathe.1")
    async with home.up(without_plugin, "without") as handle:
        assert "unknown-step-type" in home.publish(_CALM + "\n").err
        assert [(one.occurrence, one.title, one.words) for one in await handle.coming(second)] == [("breathe.1", "Breathe", "")]
        await handle.respond(second, "read.1", {})
        fourth = await _enter(handle, "dan", "calm")

        async def both_are_held() -> bool:
            return {one.id for one in await handle.journeys(held=True)} == {second, fourth}

        await _until(both_are_held)
        listed = home.do("journey", "list", "--held")
        assert (second in listed.out, third in listed.out, fourth in listed.out) == (True, False, True)
        for journey in (second, third):
            refused = home.answer(journey, _DONE)
            assert (refused.code, "'breathing' is not installed here; nothing is lost" in refused.err) == (6, True)
        assert [(one.occurrence, one.title, one.body) for one in await handle.to_do("cem")] == [("breathe.1", "Breathe", "")]
        assert {one.status for one in await handle.journeys() if one.id != first} == {"active"}
        assert await handle.verify() == []
    async with home.up(with_plugin, "again") as handle:
        for client, journey in (("ben", second), ("cem", third), ("dan", fourth)):
            await _waits_for(handle, client, "breathe.1")
            assert home.answer(journey, _DONE).code == 0
            await _ends(handle, journey)
        assert await handle.journeys(held=True) == []
        assert await handle.verify() == []
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
