"""The search that follows every test finds what it has to (SC8, SC9)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import canaries, stores
from tests.e2e.processes import ROOT
from tests.stores import KINDS
from tests.workflows.house import House, house


async def test_SC8_what_was_sealed_is_known_and_found_wherever_it_stands(home: House, tmp_path: Path) -> None:
    """Names and addresses of whoever is added; in a file of any kind, as they are and as JSON writes them."""
    await home.stepwell.add_client(id="c1", display_name="Käthe Canary", email="kaethe@canary.example")
    assert {"Käthe Canary", "kaethe@canary.example"} <= canaries._sealed
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "dump.json").write_text('{"name": "K\\u00e4the Canary"}')
    (folder / "core").write_bytes(b"\0\1kaethe@canary.example\0")
    (folder / "innocent").write_text("nobody")
    try:
        assert canaries.found(folder, canaries._sealed) == {"dump.json": {"Käthe Canary"}, "core": {"kaethe@canary.example"}}
    finally:
        for file in folder.iterdir():
            file.unlink()


@pytest.mark.parametrize("kind", KINDS)
async def test_SC8_what_stands_in_a_stores_files_is_left_for_the_search(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Of either kind: what is kept in the clear is found, what is sealed is not."""
    with stores.standing_on(request.getfixturevalue("postgres") if kind == "postgres" else None):
        async with house(tmp_path) as home:
            await home.stepwell.add_client(id="c1-in-the-clear", display_name="Käthe Canary", email="kaethe@canary.example")
            assert (b"c1-in-the-clear" in await home.held(), b"kaethe@" in await home.held()) == (True, False)
    found = canaries.found(tmp_path, {"c1-in-the-clear", "kaethe@canary.example"})
    assert any(name.startswith(("store.db", "test")) for name in found)
    assert set.union(*found.values()) == {"c1-in-the-clear"}


def test_a_file_of_tests_has_its_store_for_good() -> None:
    """By its name, unless it is said; both are used; who needs neither gets no server."""
    files = sorted((ROOT / "tests").glob("*/test_*.py"))
    assert all(stores.kind_of(one) == "sqlite" for one in files if one.parent.name not in ("workflows", "api"))
    for folder in ("workflows", "api"):
        ours = [one for one in files if one.parent.name == folder]
        assert {stores.kind_of(one) for one in ours} == set(KINDS)
        assert {stores.kind_of(one, "postgres") for one in ours} == {"postgres"}
    with pytest.raises(pytest.UsageError):
        stores.kind_of(files[0], "postgresql")


_LEAKING = """
import pytest

from tests import canaries

def test_file(tmp_path):
    canaries._sealed.add("Some Words")
    (tmp_path / "left").write_text("Some Words")

def test_output(tmp_path):
    canaries._sealed.add("Some Words")
    print("Some Words")

@pytest.mark.leaves_words("they are what is tested")
def test_on_purpose(tmp_path):
    canaries._sealed.add("Some Words")
    (tmp_path / "left").write_text("Some Words")
    print("Some Words")

def test_nothing(tmp_path):
    canaries._sealed.add("Some Words")
"""


def test_SC9_a_test_that_leaves_them_fails(tmp_path: Path) -> None:
    """In a file, in its output; not where it says why it does."""
    (tmp_path / "test_leaking.py").write_text(_LEAKING)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = leaves_words(why): x\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.canaries", "-p", "no:cacheprovider", "-q", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert "test_leaking.py::test_output" in done.stdout
    assert "ERROR test_leaking.py::test_file" in done.stdout.replace(os.path.relpath(tmp_path, ROOT) + "/", "")
    assert "1 failed, 3 passed, 1 error" in done.stdout, done.stdout
