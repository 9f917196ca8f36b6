"""How each kind of effect is carried out: queue, time limits, retries, and why."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio.common import Priority, RetryPolicy

from workflows.names import NOTIFICATIONS, RECORDS, TASKS, WEBHOOKS


@dataclass(frozen=True)
class Policy:
    """The limits one kind of effect runs under."""

    queue: str
    start_to_close: timedelta
    retry: RetryPolicy
    schedule_to_close: timedelta | None
    why: str
    heartbeat: timedelta | None = None
    """After so long without a sign of life another worker takes over."""


_SOONEST = 1


def priority_of(tenant: str, *, is_urgent: bool = False) -> Priority:
    """Where a workflow and what it has done stand in every queue: tenants take turns, however much one of them has waiting,
    and alerts come before everything else. Servers that know of no such thing serve whoever came first.
    """
    return Priority(fairness_key=tenant[:64], priority_key=_SOONEST if is_urgent else None)


LOOKING = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10))
"""How often is looked whether a missing package is there: it costs nobody anything, and people wait for it."""

POLICIES: dict[str, Policy] = {
    "record": Policy(
        queue=RECORDS,
        start_to_close=timedelta(seconds=30),
        retry=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
        schedule_to_close=None,
        why="what happened must reach the store however long the store is away; the journey goes on meanwhile",
        heartbeat=timedelta(seconds=10),  # before a message that died with it: that asks the store whether it is still wanted
    ),
    "perform": Policy(
        queue=TASKS,
        start_to_close=timedelta(minutes=5),
        retry=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)),
        schedule_to_close=None,
        why="a step says itself how long its task is worth trying; then the step holds visibly",
    ),
    "notify": Policy(
        queue=NOTIFICATIONS,
        start_to_close=timedelta(seconds=60),
        retry=RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=10)),
        schedule_to_close=timedelta(hours=6),
        why="a message worth sending is worth six hours of trying; then the next channel, then the practitioner",
        heartbeat=timedelta(seconds=15),  # an alert must not wait for a worker that died with it
    ),
}

CARRYING = Policy(
    queue=WEBHOOKS,
    start_to_close=timedelta(minutes=10),
    retry=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
    schedule_to_close=None,
    why="a shift lasts some minutes; whatever ends it early, the next one goes on where the store says",
    heartbeat=timedelta(minutes=1),  # more than one round of requests may take
)
"""No effect of a journey: one endpoint's deliveries."""
CONTACTING = Policy(
    queue=NOTIFICATIONS,
    start_to_close=timedelta(minutes=30),
    retry=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
    schedule_to_close=None,
    why="how long one mail is worth trying the store knows; whoever looks is followed by another until it says so",
    heartbeat=timedelta(seconds=20),
)
"""No effect of a journey: the mails of one client."""
