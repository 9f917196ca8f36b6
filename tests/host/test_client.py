"""The generated client: what the generator writes of today's document, without a warning, with types that hold."""

import subprocess
import sys
from pathlib import Path

from tests.browser.stack import HOST


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file() and "__pycache__" not in one.parts
    }


def test_the_client_is_what_the_generator_writes_of_the_document(tmp_path: Path) -> None:
    """Where this fails: make host-client (python examples/host_app/generate.py). No part of the document is left out of it."""
    done = subprocess.run(
        [sys.executable, str(HOST / "generate.py"), str(tmp_path / "client")], capture_output=True, text=True, check=True
    )
    assert "WARNING" not in done.stdout + done.stderr, done.stdout
    assert _files(tmp_path / "client") == _files(HOST / "stepwell_client")


def test_the_types_of_the_client_and_of_the_host_hold() -> None:
    """mypy, strict, as the host's own pyproject.toml says."""
    done = subprocess.run([sys.executable, "-m", "mypy"], cwd=HOST, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_host_knows_stepwell_by_http_only() -> None:
    """It imports nothing of ours but what was generated from the document."""
    code = "\n".join(one.read_text() for one in (HOST / "host_app").rglob("*.py"))
    for name in ("engine", "stepwell", "store", "workflows", "activities"):
        assert f"from {name}." not in code
        assert f"from {name} " not in code
        assert f"import {name}\n" not in code
