"""What is counted where it is recorded. A retry counts nothing twice; who dies right after a transaction has counted one too few.

Labels are of few values: no tenant, no pathway, nobody's id (rule V4). Every series is there from the beginning, at nought: else
the first of its kind would be no increase.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import get_args

from temporalio.common import MetricMeter

from engine.announcements import JOURNEY_EVENTS
from engine.effects import Purpose
from engine.events import Event

__all__ = ["EMAIL", "UNCOUNTED", "Counts"]

EMAIL = "email"
_NONE = timedelta(0)


class Counts:
    """The counters of a process."""

    def __init__(self, meter: MetricMeter) -> None:
        self._events = meter.create_counter("stepwell_events", "Events recorded")
        self._delivery = meter.create_histogram_timedelta("stepwell_delivery_lateness", "From due to delivered")
        self._record = meter.create_histogram_timedelta("stepwell_record_lag", "From an event to its recording")
        self._messages = meter.create_counter("stepwell_messages", "Messages accepted by a channel")
        self._message = meter.create_histogram_timedelta("stepwell_message_lateness", "From intended to accepted by a channel")
        self._failures = meter.create_counter("stepwell_channel_failures", "Attempts that a channel did not take")
        self._webhooks = meter.create_counter("stepwell_webhooks", "Attempts to deliver an event to a host")
        self._begin()

    def _begin(self) -> None:
        for kind in JOURNEY_EVENTS:
            self._events.add(0, {"kind": kind})
        for purpose in get_args(Purpose):
            self._messages.add(0, {"channel": EMAIL, "purpose": purpose})
        for kind in ("permanent", "temporary"):
            self._failures.add(0, {"channel": EMAIL, "kind": kind})
        for state in ("delivered", "waiting", "dead"):
            self._webhooks.add(0, {"state": state})

    def recorded(self, events: Sequence[Event], now: datetime) -> None:
        """These are in the store since now."""
        for event in events:
            self._events.add(1, {"kind": event.kind})
            if event.kind == "step_delivered":
                self._delivery.record(max(event.at - event.due_at, _NONE))
        self._record.record(max(now - events[0].at, _NONE))

    def accepted(self, channel: str, purpose: str, lateness: timedelta) -> None:
        """A channel has taken a message, so long after it was to go out."""
        self._messages.add(1, {"channel": channel, "purpose": purpose})
        self._message.record(max(lateness, _NONE), {"channel": channel})

    def failed(self, channel: str, kind: str) -> None:
        """A channel did not take a message: `permanent`, or `temporary` where it is tried again."""
        self._failures.add(1, {"channel": channel, "kind": kind})

    def carried(self, state: str) -> None:
        """An attempt to deliver an event came to this."""
        self._webhooks.add(1, {"state": state})


UNCOUNTED = Counts(MetricMeter.noop)
