"""Logging: one line an event, as words on a terminal and as JSON elsewhere."""

import logging
import sys

import structlog
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter


def set_up(level: str = "INFO") -> None:
    """Set up structlog and the standard library's loggers once a process."""
    to_terminal = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping().get(level.upper(), logging.INFO)),
        cache_logger_on_first_use=True,
    )
    renderer = structlog.dev.ConsoleRenderer() if to_terminal else structlog.processors.JSONRenderer()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    forwarding = LogForwardingConfig(logger=logging.getLogger("temporalio.core"), append_target_to_name=False)
    _tell_core(LoggingConfig(filter=TelemetryFilter(core_level="WARN", other_level="ERROR"), forwarding=forwarding))
    for noisy in ("temporalio", "alembic", "mail.log", "aiosqlite", "asyncio"):
        logging.getLogger(noisy).setLevel("WARNING")


def hush_core() -> None:
    """Keep what Temporal's core says of retries out of a short command's output; the command says itself what failed."""
    _tell_core(LoggingConfig(filter=TelemetryFilter(core_level="OFF", other_level="OFF")))


def _tell_core(logging_config: LoggingConfig) -> None:
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=logging_config)), error_if_already_set=False)
