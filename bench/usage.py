"""What a process and all that it has started use of the machine, from /proc."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(process: int) -> float:
    """Seconds of a processor so far, those of its children too."""
    said = _stat(process)
    own = sum(int(one) for one in said[11:15]) / _TICKS  # itself in user and in system mode, and what of its own has ended
    return own + sum(cpu_seconds(child) for child in _children(process))


def resident_bytes(process: int) -> int:
    """What it holds in memory now, children aside."""
    return int(_stat(process)[21]) * _PAGE


def _stat(process: int) -> list[str]:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]
