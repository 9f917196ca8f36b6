"""Environments that wheels are installed into, as deployers do it, with the dependencies that are here already."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any, NamedTuple

from stepwell.devserver import find_binary
from tests.e2e.processes import ROOT, environment


def run(command: list[str], folder: Path, **surroundings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(command, env=surroundings, cwd=folder, text=True, capture_output=True, check=False, timeout=120)


def build_wheel(source: Path, folder: Path) -> Path:
    """The wheel of a project, without the network."""
    before = set(folder.glob("*.whl"))
    words = ["pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    done = run([sys.executable, "-m", *words, "--wheel-dir", str(folder), str(source)], folder, **os.environ)
    assert done.returncode == 0, done.stderr
    (wheel,) = set(folder.glob("*.whl")) - before
    return wheel


class Said(NamedTuple):
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Its output as JSON."""
        assert self.code == 0, self
        return json.loads(self.out)


class Environment:
    """A Python of its own, with some packages installed into it."""

    def __init__(self, folder: Path, *packages: Path, editable: Path | None = None) -> None:
        venv.create(folder, symlinks=True)
        self.bin = folder / "bin"
        (own,) = (folder / "lib").glob("python*/site-packages")
        # what lies there is found after what is installed here; what a .pth file there says (our own checkout) is not heeded
        (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
        words = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
        named = [str(package) for package in packages] + (["-e", str(editable)] if editable else [])
        self.python = self.bin / "python"
        done = run(
            [str(self.python), "-m", "pip", "install", "--ignore-installed", *words, *named], folder, **self.surroundings()
        )
        assert done.returncode == 0, done.stderr

    def surroundings(self, **settings: object) -> dict[str, str]:
        """What its processes are started with: its own programs first, then those of the dependencies."""
        given = environment(**settings)
        return given | {"PATH": f"{self.bin}:{Path(find_binary()).parent}:{os.environ['PATH']}"}

    def stepwell(self, *words: str, folder: Path, **settings: object) -> Said:
        """Type a `stepwell` command in it."""
        done = run([str(self.bin / "stepwell"), *words], folder, **self.surroundings(**settings))
        return Said(done.returncode, done.stdout, done.stderr)


EXAMPLE = ROOT / "examples" / "step_type_breathing"
