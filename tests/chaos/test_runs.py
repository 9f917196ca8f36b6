"""Short runs with fixed seeds, and two with seeds nobody has seen: the test ids of the table of reliability stand in their names."""

import os
import random
from pathlib import Path

import pytest

from tests.chaos.nemesis import GROUPS, Fault
from tests.chaos.run import Plan, Report, run

pytestmark = pytest.mark.leaves_words("clients' words stand in what the run writes down itself; I8 looks everywhere else")

_SLOTS = 6
_AWAY = float(os.environ.get("STEPWELL_STORE_AWAY", "8"))
"""Seconds; the long form is a minute."""
_STILL = 12.0
"""Longer than a workflow task may take (10 s): another worker has taken over by the time it goes on."""


async def _is_clean(plan: Plan, folder: Path) -> Report:
    report = await run(plan, folder / "run")
    assert not report.wrong, "\n".join([report.summary, f"{plan}", *report.wrong])
    return report


async def test_RT1_RT8_RT21_RT23_workers_killed_stopped_and_held_still(tmp_path: Path) -> None:
    """Random pathways go their way in order, nothing lost and nothing twice, whatever becomes of the workers."""
    plan = Plan(101, ("worker", "orderly", "still worker-1"), faults=6, slots=_SLOTS, longest=_STILL)
    await _is_clean(plan, tmp_path)


async def test_RT2_RT4_RT5_RT6_server_and_gateways_killed(tmp_path: Path) -> None:
    """One start, one submission, one of many rivals, however often it is sent while nobody answers."""
    natures = ("doubling", "rival", "steady", "doubling")
    await _is_clean(Plan(102, ("temporal", "gateway"), faults=6, slots=_SLOTS, natures=natures), tmp_path)


async def test_RT3_done_and_nobody_heard_of_it(tmp_path: Path) -> None:
    """A fifth of what activities did is lost on its way back: one row, one id, and attempts told truthfully."""
    await _is_clean(Plan(103, ("worker",), faults=2, slots=_SLOTS, loses=0.2), tmp_path)


async def test_RT7_RT9_store_away_and_everything_crashed_after_an_answer(tmp_path: Path) -> None:
    """What was acknowledged is there, also where everything was killed within 50 ms of it, and the store came and went."""
    await _is_clean(Plan(104, ("all", "postgres"), faults=6, slots=_SLOTS, store="postgres"), tmp_path)


async def test_RT9_the_store_away_for_long(tmp_path: Path) -> None:
    """Nothing is lost, callers are told, and all has caught up within a minute of its return."""
    away = (Fault("stop postgres", 4.0, _AWAY), Fault("stop postgres", 6.0, 1.0))
    natures = ("steady", "doubling", "steady", "rival")
    await _is_clean(Plan(109, ("postgres",), faults=2, slots=_SLOTS, store="postgres", natures=natures, exactly=away), tmp_path)


async def test_RT10_mail_server_and_receiver_in_every_manner(tmp_path: Path) -> None:
    """The pathway goes on, one id for every attempt, nothing told that did not arrive."""
    await _is_clean(Plan(105, ("mail", "hook"), faults=10, slots=_SLOTS, longest=3.0), tmp_path)


async def test_RT20_RT24_partitions_while_clients_leave(tmp_path: Path) -> None:
    """Pause, stop and opting out mean it, also where a link is cut, slow or dead in one direction."""
    natures = ("pausing", "stopping", "leaving", "slow")
    plan = Plan(106, ("partition", "store"), faults=8, slots=_SLOTS, store="postgres", natures=natures)
    await _is_clean(plan, tmp_path)


async def test_RT19_clocks_that_are_an_hour_wrong(tmp_path: Path) -> None:
    """A worker's and a gateway's, one each way: nothing early, nothing twice, one answer to one request."""
    clocks = (("worker-1", "+1h"), ("worker-2", "-10m"), ("gateway-1", "-1h"), ("gateway-2", "+1h"))
    natures = ("doubling", "rival", "steady", "sleeping", "pausing")
    plan = Plan(108, ("worker",), faults=3, slots=_SLOTS, store="postgres", natures=natures, clocks=clocks)
    await _is_clean(plan, tmp_path)


_ROLLOUT = (
    "ramp worker-2",
    "promote worker-2",
    "drain worker-1",
    "kill worker-1",
    "rollback",
    "drain worker-2",
    "kill worker-2",
)
_ROUNDS = int(os.environ.get("STEPWELL_ROLLOUT_ROUNDS", "1"))
"""Four take five minutes and more."""


async def test_RT13_two_releases_on_one_queue_there_and_back(tmp_path: Path) -> None:
    """Half of the journeys on each, all on the other one, and back, under load; the releases decide differently.

    That they could not go on with each other's runs is seen in `tests/e2e/test_rollout.py`.
    """
    plan = Plan(107, _ROLLOUT, faults=len(_ROLLOUT) * _ROUNDS, slots=_SLOTS, longest=6.0, two_releases=True)
    report = await _is_clean(plan, tmp_path)
    runs = [one["runs"] for one in report.evidence.faults if "runs" in one][-1]
    assert len(runs) == 2
    assert all(count > 0 for count in runs.values()), runs


@pytest.mark.parametrize("number", [1, 2])
async def test_everything_at_once_with_a_fresh_seed(tmp_path: Path, number: int) -> None:
    """Its seed is in its output: the same again is `python -m tests.chaos --runs 1 --seed SEED`."""
    seed = random.SystemRandom().randrange(1_000_000)
    await _is_clean(Plan(seed, tuple(GROUPS), faults=len(GROUPS), slots=_SLOTS, store="postgres"), tmp_path)
