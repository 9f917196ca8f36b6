"""The commands of a documentation page, run as a reader would type them, beside what the page says they print."""

import asyncio
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_LOOKS = re.compile(r"stepwell (\w+ )?(list|show|to-do|forecast|history|verify)\b")


class Command(NamedTuple):
    """One command, and the lines it must print, in this order, among others; `…` stands for anything."""

    words: str
    expected: tuple[str, ...]

    @property
    def only_looks(self) -> bool:
        """Whether typing it once more changes nothing."""
        return bool(_LOOKS.match(self.words))

    def is_met_by(self, output: str) -> bool:
        """Whether every expected line is there, in order, however wide the columns are."""
        lines = [" ".join(line.split()) for line in output.splitlines()]
        at = 0
        for wanted in self.expected:
            pattern = ".*".join(re.escape(" ".join(part.split())) for part in wanted.split("…"))
            while at < len(lines) and not re.search(pattern, lines[at]):
                at += 1
            if at == len(lines):
                return False
        return True


def commands_of(page: Path | str) -> list[Command]:
    """Every command of every console block of a page, or of its text, in order."""
    found: list[Command] = []
    for block in _BLOCK.findall(page if isinstance(page, str) else page.read_text()):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Command(line[2:], ()))
            elif line.startswith("> "):
                found[-1] = Command(f"{found[-1].words}\n{line[2:]}", ())
            elif line.strip():
                found[-1] = Command(found[-1].words, (*found[-1].expected, line))
    return found


async def run(command: Command, surroundings: dict[str, str], folder: Path, patience: float = 120) -> None:
    """Run it until it prints what the page says; what does more than look is run once."""
    give_up_at = asyncio.get_running_loop().time() + patience
    while True:
        done = await asyncio.to_thread(_run, command.words, surroundings, folder)
        if command.is_met_by(done):
            return
        assert command.only_looks, f"$ {command.words}\n{done}"
        assert asyncio.get_running_loop().time() < give_up_at, f"$ {command.words}\n{done}"
        await asyncio.sleep(1)


def _run(words: str, surroundings: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        ["bash", "-c", words], env=surroundings, cwd=folder, text=True, capture_output=True, check=False, timeout=120
    )
    return done.stdout + done.stderr
