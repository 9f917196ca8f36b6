"""What a build is called: by everything that decides how a journey goes on, and by nothing else."""

import shutil
from pathlib import Path

from stepwell.builds import LIBRARIES, build_id, code_of, hashed, types_in_force
from tests.commands.typed import stepwell
from workflows.plugin import _PURE

ROOT = Path(__file__).parents[2]
_IMPORTED_AS = {"cel-expr-python": "cel_expr_python", "python-dateutil": "dateutil", "pydantic-core": "pydantic_core"}


def test_the_command_says_what_the_worker_is() -> None:
    """For people in one line, for programs with what it is made of."""
    assert stepwell("version").out == f"stepwell 0.1.0, build {build_id()}\n"
    assert stepwell("version", "--json").data["build"] == build_id()


def test_a_copy_elsewhere_is_the_same_build(tmp_path: Path) -> None:
    """Neither the place, nor the times of files, nor what the interpreter leaves beside them count."""
    for name in ("engine", "workflows"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"), copy_function=shutil.copyfile
        )
    (tmp_path / "engine" / "__pycache__").mkdir()
    (tmp_path / "engine" / "__pycache__" / "advance.cpython-311.pyc").write_bytes(b"x")
    assert code_of(tmp_path) == code_of(ROOT)
    assert "engine/instruments/phq9.yaml" in code_of(ROOT)


def test_another_line_library_or_step_type_is_another_build() -> None:
    """Each counts, and so does one more or one less."""
    code, libraries, types = {"engine/a.py": b"a = 1\n"}, {"pydantic": "2.12.0"}, {"ritual": "rituals 1.0"}
    builds = [
        hashed(code, libraries, types),
        hashed({"engine/a.py": b"a = 2\n"}, libraries, types),
        hashed({"engine/b.py": b"a = 1\n"}, libraries, types),
        hashed(code | {"engine/b.py": b""}, libraries, types),
        hashed(code, {"pydantic": "2.12.1"}, types),
        hashed(code, libraries, {"ritual": "rituals 1.1"}),
        hashed(code, libraries, {}),
        hashed(code, libraries | types, {}),
    ]
    assert len(set(builds)) == len(builds)
    assert hashed(code | {"engine/b.py": b""}, libraries, types) == hashed({"engine/b.py": b""} | code, libraries, types)


def test_whatever_passes_the_sandbox_counts() -> None:
    """Other people's code that workflows run is named with its version; ours is hashed file by file."""
    ours = ("engine", "workflows")
    theirs = {one for one in _PURE if one.partition(".")[0] not in ours}
    assert theirs <= {_IMPORTED_AS.get(name, name.replace("-", "_")) for name in LIBRARIES}
    assert "message" in types_in_force()


def test_without_versions_a_deployment_has_nothing_to_say() -> None:
    """It says what to set, and does nothing."""
    said = stepwell("deploy", "status", STEPWELL_DATABASE="sqlite:////nowhere/x.db")
    assert said.code == 6
    assert "STEPWELL_DEPLOYMENT" in said.err
