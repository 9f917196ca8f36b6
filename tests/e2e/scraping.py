"""Asks a process for its metrics, as Prometheus does, and reads the answer."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import httpx

_SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-z_]+="[^"]*",?)*)\})? (\S+)$')
_LABEL = re.compile(r'([a-z_]+)="([^"]*)"')


class Sample(NamedTuple):
    """One line."""

    name: str
    labels: dict[str, str]
    value: float


async def scrape(port: int) -> list[Sample]:
    """Everything it says. Whatever is no line of the text format fails."""
    async with httpx.AsyncClient(trust_env=False) as connection:
        answer = await connection.get(f"http://127.0.0.1:{port}/metrics")
    assert answer.status_code == 200
    found = []
    for line in answer.text.splitlines():
        if line and not line.startswith("#"):
            parts = _SAMPLE.match(line)
            assert parts is not None, line
            found.append(Sample(parts[1], dict(_LABEL.findall(parts[2] or "")), float(parts[3])))
    return found


async def until(port: int, holds: Callable[[list[Sample]], bool]) -> list[Sample]:
    """What it says as soon as something holds of it."""
    async with asyncio.timeout(120):
        while True:
            with suppress(httpx.TransportError):  # it has only begun
                found = await scrape(port)
                if holds(found):
                    return found
            await asyncio.sleep(0.3)


def value_of(samples: list[Sample], name: str, **labels: str) -> float:
    """The sum of the samples of a name with these labels."""
    return sum(one.value for one in samples if one.name == name and labels.items() <= one.labels.items())
