"""What it takes to bring a journey back into a worker's memory: the history of one of a hundred steps, replayed as it came from the
server, sealed as it is."""

from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time

from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from bench.histories import runs_of
from bench.job import alone
from bench.mailbox import Mailbox
from bench.ours import ours
from stepwell.workers import WORKFLOWS
from workflows.plugin import workflow_runner


@dataclass(frozen=True)
class Replay:
    """What was measured: the middle of some replays of all its runs, one after the other."""

    steps: int
    runs: int
    events: int
    seconds: float
    cpu: float
    """Seconds of a processor."""
    seconds_an_event: float
    cpu_an_event: float


async def measure(steps: int = 100, times: int = 5) -> Replay:
    """One journey, lived alone, replayed so many times; once more before them does not count."""
    async with Mailbox() as mails, ours(mails.port) as peer:
        await peer.publish(steps)
        await alone(peer, mails, "c-1", steps, rest=0.1)
        histories = await _histories(peer.connection, peer.workflow("c-1"))
        took = [await _replayed(peer.connection, histories) for _ in range(times + 1)][1:]
    events = sum(len(one.events) for one in histories)
    seconds, cpu = (median(each) for each in zip(*took, strict=True))
    return Replay(steps, len(histories), events, seconds, cpu, seconds / events, cpu / events)


async def _histories(connection: Client, workflow: str) -> list[WorkflowHistory]:
    runs = await runs_of(connection, workflow)
    return [await connection.get_workflow_handle(workflow, run_id=run).fetch_history() for run in runs]


async def _replayed(connection: Client, histories: list[WorkflowHistory]) -> tuple[float, float]:
    begun, before = perf_counter(), process_time()
    for history in histories:
        replayer = Replayer(workflows=WORKFLOWS, data_converter=connection.data_converter, workflow_runner=workflow_runner())
        await replayer.replay_workflow(history)
    return perf_counter() - begun, process_time() - before
