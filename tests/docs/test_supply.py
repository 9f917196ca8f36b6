"""What Stepwell is made of: pinned by hash, and listed (SC29)."""

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_LOCK = (_ROOT / "requirements.lock").read_text()
_PINNED = re.compile(r"^([\w.-]+)==([^\s\\;]+)", re.MULTILINE)


def test_SC29_everything_is_pinned_by_hash_and_no_address_is_named() -> None:
    """Each requirement has one version and a SHA-256 at least."""
    entries = re.split(r"\n(?=[\w.-]+==)", _LOCK.strip())
    assert len(entries) == len(_PINNED.findall(_LOCK)) > 50
    assert [one for one in entries if "--hash=sha256:" not in one] == []
    assert "://" not in _LOCK


def test_SC29_the_list_of_parts_has_every_part_that_is_installed(tmp_path: Path) -> None:
    """As `make sbom` writes it: CycloneDX, with versions and licences."""
    (target,) = re.findall(r"cyclonedx-py (.+)$", (_ROOT / "Makefile").read_text(), re.MULTILINE)
    command = target.replace("$(BIN)/python", sys.executable).replace("build/stepwell.cdx.json", str(tmp_path / "parts.json"))
    program = Path(sys.executable).with_name("cyclonedx-py")
    subprocess.run([str(program), *command.split()], check=True, cwd=_ROOT, capture_output=True)
    parts = json.loads((tmp_path / "parts.json").read_text())
    assert parts["bomFormat"] == "CycloneDX"
    listed = {(_plain(one["name"]), one["version"]): one for one in parts["components"]}
    for name, version in _PINNED.findall(_LOCK):
        if _is_installed(name):
            assert (_plain(name), version) in listed, f"{name} {version} is not in the list"
    assert "licenses" in listed[("temporalio", metadata.version("temporalio"))]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_installed(name: str) -> bool:
    """Not what only other systems need."""
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False
