"""Spans by OpenTelemetry, where `OTEL_EXPORTER_OTLP_ENDPOINT` says where to; elsewhere nothing is made and nothing imported.

A span holds ids, codes and numbers. Of an exception it says the type, never the words, which may be somebody's (rule V4).
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from stepwell.errors import NotRunning

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Tracer

Kind = Literal["SERVER", "CLIENT", "INTERNAL"]
_PARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C's `traceparent`, and no word more: `tracestate` and baggage are anybody's to fill, and are not taken."""
_tracer: "Tracer | None" = None


class Telling:
    """A span under way; without tracing, nothing."""

    def __init__(self, span: Any = None) -> None:
        self._span = span

    def call(self, name: str) -> None:
        """Name it, once that is known."""
        if self._span is not None:
            self._span.update_name(name)

    def add(self, **attributes: str | int | None) -> None:
        """Say more of it; a word with two underscores is read with a dot."""
        if self._span is not None:
            self._span.set_attributes({name.replace("__", "."): one for name, one in attributes.items() if one is not None})

    def fails(self, how: str) -> None:
        """Say that it failed, by a type or a code."""
        if self._span is not None:
            from opentelemetry.trace import Status, StatusCode

            self._span.set_status(Status(StatusCode.ERROR))
            self._span.set_attribute("error.type", how)


def set_up() -> None:
    """Export spans where the environment says where to. Raises NotRunning where what that needs is not installed."""
    if not any(os.environ.get(f"OTEL_EXPORTER_OTLP_{kind}ENDPOINT") for kind in ("", "TRACES_")):
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError:
        raise NotRunning("what writes traces is not installed: pip install 'stepwell[telemetry]'") from None
    trace_to(BatchSpanProcessor(OTLPSpanExporter()))


def trace_to(processor: "SpanProcessor") -> None:
    """Give spans to this, which flushes what it has at the end of the process."""
    global _tracer
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    os.environ.setdefault("OTEL_SERVICE_NAME", "stepwell")
    provider = TracerProvider(resource=Resource.create())
    provider.add_span_processor(processor)
    _tracer = provider.get_tracer("stepwell")


def is_on() -> bool:
    """Whether spans are made in this process."""
    return _tracer is not None


@contextmanager
def span(name: str, kind: Kind, parent: str | None = None, **attributes: str | int | None) -> Iterator[Telling]:
    """A span around what is done; below `parent`, where one is given, else below the one under way."""
    if _tracer is None:
        yield Telling()
        return
    from opentelemetry.trace import SpanKind

    with _tracer.start_as_current_span(
        name, _context_of(parent), SpanKind[kind], record_exception=False, set_status_on_exception=False
    ) as made:
        telling = Telling(made)
        telling.add(**attributes)
        try:
            yield telling
        except BaseException as error:
            telling.fails(type(error).__qualname__)
            raise


def current() -> str | None:
    """The `traceparent` of what is under way; None: nothing is, or nobody wants it."""
    if _tracer is None:
        return None
    from opentelemetry.trace import get_current_span

    context = get_current_span().get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}" if context.is_valid else None


def parent_in(given: str) -> str | None:
    """The `traceparent` that somebody gave, where it is one."""
    return given if _PARENT.fullmatch(given) else None


def _context_of(parent: str | None) -> Any:
    if parent is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": parent})
