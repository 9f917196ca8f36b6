"""The how-to holds, word for word: every file of it is written, every command of it is typed."""

import asyncio
import re
from pathlib import Path
from typing import NamedTuple

from tests.e2e.console import Command, commands_of, run
from tests.e2e.processes import ROOT, Child, free_ports
from tests.plugin.installed import Environment

PAGE = ROOT / "docs" / "how-to" / "add-a-step-type.md"
_BLOCK = re.compile(r"(?:`([\w./]+)`:\n\n)?```(\w+)\n(.*?)```", re.DOTALL)


class File(NamedTuple):
    """A file that the page has its reader write."""

    name: str
    text: str


def actions() -> list[File | Command]:
    """What the page has its reader do, in order."""
    found: list[File | Command] = []
    for name, kind, text in _BLOCK.findall(PAGE.read_text()):
        if kind == "console":
            found += commands_of(f"```console\n{text}```")
        elif kind in ("python", "yaml"):
            assert name, text
            found.append(File(name, text))
    return found


async def test_every_step_of_the_how_to_does_what_the_page_says(tmp_path: Path, wheels: tuple[Path, Path]) -> None:
    """In an environment with Stepwell alone, from nothing to an answered step."""
    place = await asyncio.to_thread(Environment, tmp_path / "environment", wheels[0])
    folder, surroundings = tmp_path / "work", place.surroundings()
    folder.mkdir()
    up: Child | None = None
    try:
        for action in actions():
            match action:
                case File(name, text):
                    (folder / name).write_text(text)
                case Command(words) if words.startswith("cd "):
                    folder /= words.removeprefix("cd ")
                case Command(words, expected) if words.startswith("stepwell up"):
                    ports = free_ports()
                    up = Child([str(place.bin / "stepwell"), *words.split()[1:], *ports], surroundings, folder, "up")
                    up.start()
                    await asyncio.to_thread(up.wait_for, expected[0].rstrip("… "))
                case Command():
                    await run(action, surroundings, folder)
    finally:
        if up is not None:
            up.stop()
    assert up is not None


def test_the_page_has_the_files_and_commands_that_matter() -> None:
    """A page that lost its blocks would pass without a word."""
    files = [one.name for one in actions() if isinstance(one, File)]
    assert files == ["stepwell_urge/step.py", "tests/cases.yaml", "stepwell_urge/step.py", "pathway.yaml"]
    typed = [one.words for one in actions() if isinstance(one, Command)]
    assert len(typed) > 18
    assert all(
        any(words.startswith(wanted) for words in typed) for wanted in ("python -m pytest", "stepwell simulate", "stepwell up")
    )
