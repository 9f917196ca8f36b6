"""How everything stands is told of what answers; what does not is said to be away, soon."""

import asyncio
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.runtime import MetricBuffer, Runtime, TelemetryConfig

from stepwell import gauges
from store.database import Database
from tests.e2e.processes import free_port
from tests.keys import SampleRoots


class _Told:
    def __init__(self) -> None:
        self._buffer = MetricBuffer(1000)
        self._runtime = Runtime(telemetry=TelemetryConfig(metrics=self._buffer, attach_service_name=False))
        self.meter = self._runtime.metric_meter

    def latest(self) -> dict[str, float]:
        updates = self._buffer.retrieve_updates()
        return {" ".join([one.metric.name, *map(str, one.attributes.values())]): one.value for one in updates}


async def test_what_is_away_is_said_to_be_away_and_keeps_nothing_else_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a store without tables nor a Temporal that nobody runs; with its tables the store is told of again."""
    monkeypatch.setattr(gauges, "_LIMIT", 1.0)
    database = Database.open(f"sqlite:///{tmp_path / 'store.db'}", SampleRoots())
    nowhere = await Client.connect(f"127.0.0.1:{free_port()}", lazy=True)
    told = _Told()
    looking = gauges.Gauges(database, nowhere, told.meter)
    async with asyncio.timeout(60):
        await looking.look()
    assert told.latest() == {f"stepwell_reachable {what}": 0 for what in ("store", "journeys", "temporal", "workflows")}
    await database.migrate()
    await looking.look()
    latest = told.latest()
    assert (latest["stepwell_reachable store"], latest["stepwell_reachable temporal"]) == (1, 0)
    assert latest["stepwell_looked_at_seconds store"] > 0
    assert (latest["stepwell_alerts_open"], latest["stepwell_journeys active"]) == (0, 0)
    await database.close()
