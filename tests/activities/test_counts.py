"""Counted once is what is stored, however often it is tried; of attempts that a channel does not take, each."""

from collections import Counter
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.runtime import MetricBuffer, Runtime, TelemetryConfig

from activities.channels.email import TemporaryFailure
from activities.counts import Counts
from stepwell.mailcatcher import MailCatcher
from store.database import Database
from tests.activities.practice import Practice
from tests.e2e.processes import free_port


class Counted(Practice):
    """A practice whose counters Temporal's own telemetry keeps, and what they say."""

    def __init__(self, database: Database, mail: MailCatcher) -> None:
        self._buffer = MetricBuffer(10_000)
        self._runtime = Runtime(telemetry=TelemetryConfig(metrics=self._buffer, attach_service_name=False))
        self._sums: Counter[str] = Counter()
        self.lateness: list[float] = []
        """Of messages, in seconds."""
        super().__init__(database, mail)
        self.counts = Counts(self._runtime.metric_meter)
        self.configure()

    @property
    def sums(self) -> dict[str, float]:
        """Since the beginning, what is not nought, by name and labels. Of a histogram: how often it was measured."""
        for one in self._buffer.retrieve_updates():
            named = " ".join(
                [one.metric.name.removeprefix("stepwell_"), *(str(each) for _, each in sorted(one.attributes.items()))]
            )
            is_measured = one.metric.name.endswith(("lateness", "lag"))
            self._sums[named] += 1 if is_measured else int(one.value)
            if one.metric.name == "stepwell_message_lateness":
                self.lateness.append(one.value / 1000)
        return {name: value for name, value in self._sums.items() if value}


@pytest_asyncio.fixture
async def counted(database: Database, mail: MailCatcher) -> Counted:
    """Ann has been on the trial for a moment."""
    practice = Counted(database, mail)
    await practice.open()
    return practice


async def test_N2_an_event_is_counted_when_it_is_recorded_and_not_again(counted: Counted) -> None:
    """The same recording again, as after a lost result."""
    assert counted.sums == {"events journey_started": 1, "events step_delivered": 2, "delivery_lateness": 2, "record_lag": 1}
    for _ in range(2):
        await counted.record(*counted.turn.events)
    assert counted.sums["events step_delivered"] == 2
    await counted.answers("walk.1")
    assert (counted.sums["events step_completed"], counted.sums["record_lag"]) == (1, 2)


async def test_N1_a_message_is_counted_once_and_each_attempt_that_failed(counted: Counted) -> None:
    """The mail server is away, comes back, and the message is asked for once more after it was sent."""
    counted.configure(port=free_port())
    message = counted.wanted("delivered")
    for _ in range(2):
        with pytest.raises(TemporaryFailure):
            await counted.send(message)
    assert counted.sums["channel_failures email temporary"] == 2
    assert "messages email delivered" not in counted.sums
    counted.configure()
    for _ in range(2):
        await counted.send(message)
    assert (counted.sums["messages email delivered"], counted.sums["message_lateness email"]) == (1, 1)


async def test_R4_what_was_held_because_somebody_wanted_it_so_is_not_late(counted: Counted) -> None:
    """A mail of an owner's, five hours later, when the client wants mails again."""
    await counted.change_client(snoozed_until=counted.later(hours=5))
    await counted.send(counted.wanted("delivered"))
    await counted.look()
    assert "messages email delivered" not in counted.sums
    counted.now += timedelta(hours=5)
    await counted.look()
    assert counted.sums["messages email delivered"] == 1
    assert counted.lateness[0] < timedelta(hours=1).total_seconds()
