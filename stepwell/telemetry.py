"""What a process tells of itself: its log, metrics for whoever asks by Prometheus, and traces. Ids and numbers alone (rule V4)."""

import structlog
from temporalio.common import MetricMeter
from temporalio.runtime import PrometheusConfig, Runtime

from stepwell import logs, tracing
from stepwell.errors import NotRunning
from stepwell.exposure import is_on_this_machine

_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_PATIENT = (0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400)
"""Seconds; whoever is late by more than a day is late."""
_BUCKETS = {
    "stepwell_request": _QUICK,
    "stepwell_record_lag": _PATIENT,
    "stepwell_delivery_lateness": _PATIENT,
    "stepwell_message_lateness": _PATIENT,
}


def set_up(level: str, metrics: str | None) -> None:
    """Log from here on, and serve metrics at that address where there is one. Raises NotRunning where they cannot be served."""
    tracing.set_up()
    try:
        logs.set_up(level, _served_at(metrics) if metrics else None)
    except ValueError:
        raise NotRunning(
            f"metrics cannot be served at {metrics}: STEPWELL_METRICS is an address of this machine and a port that is free, "
            "such as 127.0.0.1:9464, and another one for each process"
        ) from None
    if metrics and not is_on_this_machine(metrics):
        structlog.get_logger("stepwell.telemetry").warning(
            "whoever reaches the metrics reads them",
            address=metrics,
            do="let nobody through but Prometheus; see docs/observability.md",
        )


def meter() -> MetricMeter:
    """What measures in this process, beside Temporal's own; where nobody asks for metrics it does nothing."""
    return Runtime.default().metric_meter


def _served_at(address: str) -> PrometheusConfig:
    return PrometheusConfig(
        bind_address=address,
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
        histogram_bucket_overrides=_BUCKETS,
    )
