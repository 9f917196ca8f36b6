"""What was asked and what was answered: one line an operation and moment, on the disk before anything goes on."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Outcome = Literal["invoke", "ok", "fail", "unknown"]


class Journal:
    """A file that is only ever added to; a line that was written is there whatever happens next."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._open = file.open("a", encoding="utf-8")

    def write(self, **facts: Any) -> None:
        """Add one line, with the time on the wall and the time that only goes forward."""
        line = {"wall": time.time(), "mono": time.monotonic(), **facts}
        self._open.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._open.flush()
        os.fdatasync(self._open.fileno())

    def close(self) -> None:
        """Nothing more is added."""
        self._open.close()


def lines_of(file: Path) -> Iterator[dict[str, Any]]:
    """Every whole line of a journal; the last may have been cut off with its writer."""
    if not file.exists():
        return
    for line in file.read_bytes().split(b"\n"):
        try:
            yield json.loads(line)
        except ValueError:
            continue


@dataclass
class Operation:
    """One thing a client wanted, with every attempt at it."""

    id: str
    does: str
    client: str
    key: str
    body: Any
    path: str
    began: float
    ended: float = 0.0
    outcome: Outcome = "unknown"
    """`unknown` until somebody answered for certain: a request that timed out may have been carried out (Jepsen's rule)."""
    status: int = 0
    code: str = ""
    answer: Any = None
    attempts: int = 0
    lost: int = 0
    """Attempts that nobody answered for certain."""
    bare: int = 0
    """Of those, how many were told to come again and not when."""
    statuses: list[int] = field(default_factory=list)
    slowest: float = 0.0


@dataclass
class _Reading:
    operations: dict[str, Operation] = field(default_factory=dict)
    invoked: dict[tuple[str, int], float] = field(default_factory=dict)

    def take(self, line: dict[str, Any]) -> None:
        if line["type"] == "invoke":
            known = self.operations.get(line["op"])
            if known is None:
                facts = {name: line[name] for name in ("does", "client", "key", "body", "path")}
                known = self.operations[line["op"]] = Operation(id=line["op"], began=line["wall"], **facts)
            known.attempts += 1
            self.invoked[line["op"], line["attempt"]] = line["mono"]
            return
        known = self.operations[line["op"]]
        known.slowest = max(known.slowest, line["mono"] - self.invoked[line["op"], line["attempt"]])
        known.statuses.append(line["status"])
        if line["type"] == "unknown":
            known.lost += 1
            known.bare += line["status"] == 503 and not line["retry_after"]
            known.status = line["status"]
            return
        known.outcome, known.ended = line["type"], line["wall"]
        known.status, known.code, known.answer = line["status"], line["code"], line["answer"]


def operations_of(file: Path) -> list[Operation]:
    """The operations of a history, each with how it ended."""
    reading = _Reading()
    for line in lines_of(file):
        reading.take(line)
    return list(reading.operations.values())
