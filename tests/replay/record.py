"""`python -m tests.replay.record`: live some journeys on a real server and keep their histories for the replay tests.

They are kept in the clear, so that what they ask of activities can be compared; some are lived once more and kept as they are in
fact, sealed, with their keys beside them: `python -m tests.replay.record sealed`.

Run it after a change that is meant to change what journeys do. What is running somewhere was recorded by the versions
before: keep the old files too as long as such journeys may exist, and delete them by hand.
"""

import asyncio
import json
import re
import sys
import tempfile
from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlmodel import SQLModel, select

from store.keyring import Keyring
from store.tables import ClientKeyRow, TenantKeyRow
from tests.keys import SampleRoots
from tests.workflows import (
    test_bulk,
    test_contacts,
    test_edits,
    test_groups,
    test_journeys,
    test_retention,
    test_shell,
    test_step_types_live,
    test_tour,
    test_webhooks,
)
from tests.workflows.house import House, house
from workflows.plugin import DATA_CONVERTER

HISTORIES = Path(__file__).parent / "histories"
SEALED = Path(__file__).parent / "sealed"
KEYS = SEALED / "keys.json"
SCENARIOS: dict[str, Callable[[House], Awaitable[None]]] = {
    "to_its_end": test_journeys.test_a_journey_runs_to_its_end,
    "six_weeks": test_journeys.test_D1_D14_six_weeks_of_homework,
    "everything_people_can_do": test_journeys.test_everything_people_can_do_reaches_the_journey,
    "many_runs": test_shell.test_continue_as_new_loses_nothing,
    "under_fire": test_shell.test_continue_as_new_under_fire,
    "refused_mail": test_shell.test_N3_a_refused_mail_falls_back_and_never_holds_the_journey,
    "every_step": test_tour.test_the_tour_is_walked_to_its_end,
    "host_away": test_step_types_live.test_G12_a_host_that_fails_holds_the_journey_until_it_is_tried_again,
    "pathway_in_pathway": test_step_types_live.test_another_pathway_is_a_step_and_hands_back_what_came_of_it,
    "stopped_with_its_step": test_step_types_live.test_a_step_that_is_a_journey_is_stopped_with_its_parent_and_holds_it_where_it_is_stopped,
    "alarm": test_step_types_live.test_R8_an_alert_is_told_at_once_repeats_and_climbs_until_it_is_taken_up,
    "renamed_in_a_migration": test_edits.test_E2_a_renamed_step_keeps_its_answers_and_its_words,
    "reminded_after_a_migration": test_edits.test_E1_reminders_of_an_open_step_come_by_migration,
    "added_step": test_edits.test_E4_an_added_step_is_a_step_like_any_other,
    "contacts": test_contacts.test_R8_a_hold_by_hand_waits_for_a_named_person_to_lift_it,
    "cancelled": test_shell.test_G12_a_cancelled_workflow_stops_the_journey_visibly,
    "bulk": test_bulk.test_a_preview_says_what_then_happens,
    "courier": test_webhooks.test_N5_410_sends_the_courier_home_and_it_comes_back_when_switched_on,
    "erasure": test_contacts.test_P4_the_owner_of_a_clients_mails_goes_with_them,
    "retention": test_retention.test_SC17_a_look_is_a_workflow_that_says_what_it_took,
    "group": test_groups.test_waves_wait_and_late_joiners_follow_the_rule,
}
_ONE_TYPE = ("bulk", "courier", "erasure", "group", "retention")
"""Scenarios of which only the workflows of that type are kept: the journeys beside them are as others are."""
SEALED_SCENARIOS = ("to_its_end", "many_runs", "refused_mail", "alarm", "contacts")
_IDENTITY = re.compile(r'"identity":"[^"]*"')
_QUEUE = re.compile(r'("name":"\d+)@[^"]*"')
"""Process and machine of whoever recorded."""
_MOST_RUNS = 4
"""Of a scenario with many: more of the same teaches nothing."""


async def _record(name: str, live: Callable[[House], Awaitable[None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with house(Path(folder), converter=DATA_CONVERTER) as home:
            await live(home)
            await _keep(home, HISTORIES, name)


async def _record_sealed() -> None:
    """Each with the rows of its keys, which the sample root key unwraps."""
    kept: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for name in SEALED_SCENARIOS:
        with tempfile.TemporaryDirectory() as folder:
            async with house(Path(folder), keyring=lambda database: Keyring(database, SampleRoots())) as home:
                await SCENARIOS[name](home)
                await _keep(home, SEALED, name)
                async with home.database.read() as session:
                    for row in (TenantKeyRow, ClientKeyRow):
                        found = (await session.scalars(select(row))).all()
                        kept.setdefault(name, {})[row.__tablename__] = [_as_json(one) for one in found]
    KEYS.write_text(json.dumps(kept, indent=1) + "\n")


def _as_json(row: SQLModel) -> dict[str, Any]:
    facts = row.model_dump(exclude={"wrapped", "created_at", "destroyed_at"})
    wrapped: bytes = row.wrapped  # type: ignore[attr-defined]  # both have it
    return {**facts, "wrapped": b64encode(wrapped).decode()}


async def _keep(home: House, folder: Path, name: str) -> None:
    number = 0
    kept = f"WorkflowType = '{name}'" if name in _ONE_TYPE else None
    async for run in home.client.list_workflows(kept, page_size=_MOST_RUNS, limit=_MOST_RUNS):
        number += 1
        history = await home.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        file = folder / f"{name}_{number}.json"
        text = json.dumps({"workflow": run.id, **history.to_json_dict()}, separators=(",", ":"))
        text = _QUEUE.sub(r'\1@host"', _IDENTITY.sub('"identity":"worker"', text))
        file.write_text(text.replace(f"{Path.cwd()}/", "/srv/stepwell/") + "\n")
        print(f"{file.name}: {len(history.events)} events")


async def main() -> None:
    """Record every scenario, or those named on the command line."""
    for name in sys.argv[1:] or (*SCENARIOS, "sealed"):
        await (_record_sealed() if name == "sealed" else _record(name, SCENARIOS[name]))


if __name__ == "__main__":
    asyncio.run(main())
