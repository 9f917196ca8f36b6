"""Journeys recorded as they are in fact, sealed: with their keys they go the same way again, without them nowhere."""

import json
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from stepwell.codec import encrypting
from store.database import Database
from store.tables import ClientKeyRow, TenantKeyRow
from tests.keys import SampleRoots
from tests.replay.record import KEYS, SEALED
from tests.sealed import in_clear
from workflows.alarm import AlarmWorkflow
from workflows.contacts import ContactsWorkflow
from workflows.journey import JourneyWorkflow
from workflows.plugin import workflow_runner

HISTORIES = sorted(set(SEALED.glob("*.json")) - {KEYS})

_STARTED = "workflowExecutionStartedEventAttributes"


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text())
    return found


async def _replay(folder: Path, name: str, recorded: dict[str, Any]) -> Exception | None:
    """Replay a history in a store that holds nothing but the keys of its recording; what went wrong."""
    database = Database.open(f"sqlite:///{folder / 'store.db'}", SampleRoots())
    await database.migrate()
    kept = _read(KEYS)[name.rpartition("_")[0]]
    async with database.of_every_tenant().begin() as session:
        for row in (TenantKeyRow, ClientKeyRow):
            for facts in kept[row.__tablename__]:
                session.add(row(**{**facts, "wrapped": b64decode(facts["wrapped"]), "created_at": datetime.now(UTC)}))
            await session.flush()
    replayer = Replayer(
        workflows=[JourneyWorkflow, AlarmWorkflow, ContactsWorkflow],
        data_converter=encrypting(database.keys),
        workflow_runner=workflow_runner(),
    )
    history = WorkflowHistory.from_json(recorded["workflow"], {"events": recorded["events"]})
    assert {way for event in history.events for way in in_clear(event)} == set()
    found = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    await database.close()
    return found.replay_failure


def test_there_are_recordings_of_each_kind() -> None:
    """A journey in one run and in several, one whose mail failed, an alarm, the owner of a client's mails."""
    types = [_read(file)["events"][0][_STARTED]["workflowType"]["name"] for file in HISTORIES]
    assert {name: types.count(name) for name in sorted(set(types))} == {"alarm": 1, "contacts": 2, "journey": 9}


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.stem)
async def test_RT12_a_sealed_history_goes_the_same_way(tmp_path: Path, file: Path) -> None:
    """The same commands in the same order."""
    assert await _replay(tmp_path, file.stem, _read(file)) is None


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.stem)
async def test_RT12_a_sealed_history_that_went_another_way_is_noticed(tmp_path: Path, file: Path) -> None:
    """The sibling that must fail: it did something else where it now sends or records."""
    recorded = _read(file)
    scheduled = "activityTaskScheduledEventAttributes"
    next(one[scheduled] for one in recorded["events"] if scheduled in one)["activityType"]["name"] = "something-else"
    failure = await _replay(tmp_path, file.stem, recorded)
    assert failure is not None
    assert "TMPRL1100" in str(failure)


async def test_SC11_what_another_workflow_was_given_does_not_replay(tmp_path: Path) -> None:
    """The whole history under another id: nothing in it opens."""
    recorded = _read(HISTORIES[-1])
    assert await _replay(tmp_path, HISTORIES[-1].stem, {**recorded, "workflow": "jou_another"}) is not None
