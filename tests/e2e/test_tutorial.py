"""The tutorial holds, word for word."""

import asyncio
from pathlib import Path

from tests.e2e.console import Command, commands_of, run
from tests.e2e.processes import ROOT, STEPWELL, Child, environment, free_ports

PAGE = ROOT / "docs" / "tutorial.md"


async def test_every_command_of_the_tutorial_does_what_the_page_says(tmp_path: Path) -> None:
    """Started, mailed, answered, killed with -9, started again, finished; and a pathway of one's own."""
    ports = free_ports()
    up = Child([str(STEPWELL), "up", *ports], environment(), tmp_path, "up")
    here = f"127.0.0.1:{ports[ports.index('--http-port') + 1]}"
    starts = 0
    try:
        for command in commands_of(PAGE):
            if command.words == "make run":  # which installs, and is then this
                starts += 1
                up.log = tmp_path / f"up{starts}.log"
                up.start()
                await asyncio.to_thread(up.wait_for, command.expected[0])
            elif not command.words.startswith("source"):
                typed = command._replace(words=command.words.replace("127.0.0.1:8080", here))
                await run(typed, environment(), tmp_path)
    finally:
        up.stop()
    assert starts == 2


def test_a_command_that_prints_something_else_is_noticed() -> None:
    """The comparison above compares: words, order, and what stands between the ellipses."""
    command = Command("stepwell journey list", ("one … three", "four"))
    assert command.is_met_by("zero\none two\tthree\nfour five\n")
    assert not command.is_met_by("four\none two three\n")
    assert not command.is_met_by("one two\nfour\n")


def test_the_page_has_the_commands_that_matter() -> None:
    """A page that lost its commands would pass without a word."""
    words = [command.words for command in commands_of(PAGE)]
    assert len(words) > 25
    assert any(word.startswith("kill -9") for word in words)
