"""Logging: one line an event, as words on a terminal and as JSON elsewhere."""

import logging
import sys
import traceback
from collections.abc import Iterator

import structlog
from temporalio import workflow
from temporalio.runtime import LogForwardingConfig, LoggingConfig, PrometheusConfig, Runtime, TelemetryConfig, TelemetryFilter

TURN = "turn"
"""What a journey says of a turn, beside the words."""
_FRAMES = -12
"""The innermost ones."""


def set_up(level: str = "INFO", metrics: PrometheusConfig | None = None) -> None:
    """Set up structlog, the standard library's loggers and Temporal's own telemetry once a process.

    Raises ValueError where the metrics cannot be served.
    """
    to_terminal = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _where,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping().get(level.upper(), logging.INFO)),
        cache_logger_on_first_use=True,
    )
    renderer = structlog.dev.ConsoleRenderer() if to_terminal else structlog.processors.JSONRenderer()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=[_of_workflow, *shared]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    forwarding = LogForwardingConfig(logger=logging.getLogger("temporalio.core"), append_target_to_name=False)
    _tell_core(LoggingConfig(filter=TelemetryFilter(core_level="WARN", other_level="ERROR"), forwarding=forwarding), metrics)
    for noisy in ("temporalio", "alembic", "mail.log", "aiosqlite", "asyncio"):
        logging.getLogger(noisy).setLevel("WARNING")
    logging.getLogger(workflow.logger.logger.name).setLevel(level.upper())
    workflow.logger.workflow_info_on_message = False  # said beside it, see below


def _of_workflow(_logger: object, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Say of a line from a workflow which one it is, and what it says beside its words."""
    said = vars(line["_record"])
    if info := said.get("temporal_workflow"):
        line.update(said.get(TURN) or {"workflow": info["workflow_id"]})
    return line


def _where(_logger: object, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Say of an exception what it is and where it came from; not its words, which may be somebody's (rule V4)."""
    given = line.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        line["exceptions"] = list(_told(error))
    return line


def _told(error: BaseException) -> Iterator[str]:
    """Each exception of a chain, the last one first, with its frames from the innermost."""
    seen: BaseException | None = error
    while seen is not None:
        frames = reversed(traceback.extract_tb(seen.__traceback__, _FRAMES))
        yield " < ".join((type(seen).__qualname__, *(f"{one.filename}:{one.lineno} {one.name}" for one in frames)))
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


def hush_core() -> None:
    """Keep what Temporal's core says of retries out of a short command's output; the command says itself what failed."""
    _tell_core(LoggingConfig(filter=TelemetryFilter(core_level="OFF", other_level="OFF")))


def _tell_core(logging_config: LoggingConfig, metrics: PrometheusConfig | None = None) -> None:
    telemetry = TelemetryConfig(logging=logging_config, metrics=metrics, attach_service_name=False)
    Runtime.set_default(Runtime(telemetry=telemetry), error_if_already_set=False)
