"""What a process tells of itself is off unless asked for, and says plainly where it cannot be had."""

import json
import socket
import subprocess
import sys

from tests.e2e.processes import free_port

_SET_UP = """
import sys
from stepwell import telemetry
from stepwell.errors import NotRunning
try:
    telemetry.set_up("INFO", sys.argv[1] or None)
except NotRunning as error:
    print(error)
print("opentelemetry.sdk" in sys.modules)
"""


def _run(metrics: str = "", *, before: str = "", **surroundings: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", before + _SET_UP, metrics]
    return subprocess.run(command, env=surroundings, capture_output=True, text=True, check=True)


def test_nothing_listens_and_nothing_is_imported_unless_it_is_asked_for() -> None:
    """Neither a port, nor what writes traces."""
    done = _run()
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_metrics_where_they_cannot_be_served_are_said_in_words() -> None:
    """A port that is taken by another process of ours, and an address that is none."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        assert f"metrics cannot be served at {where}: STEPWELL_METRICS is" in _run(where).stdout
    assert "metrics cannot be served at somewhere" in _run("somewhere").stdout


def test_SC15_whoever_lets_everybody_read_the_metrics_is_told() -> None:
    """On loopback there is nothing to tell."""
    assert _run(f"127.0.0.1:{free_port()}").stderr == ""
    line = json.loads(_run(f"0.0.0.0:{free_port()}").stderr)
    assert (line["event"], line["level"]) == ("whoever reaches the metrics reads them", "warning")


def test_traces_without_what_writes_them_are_refused_with_what_to_install() -> None:
    """It is an extra: who wants no traces need not have it."""
    to = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
    assert _run(**to).stdout == "True\n"
    done = _run(before="import sys; sys.modules['opentelemetry.exporter'] = None\n", **to)
    assert "pip install 'stepwell[telemetry]'" in done.stdout


_FAILS = """
from contextlib import suppress
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from stepwell import tracing
kept = InMemorySpanExporter()
tracing.trace_to(SimpleSpanProcessor(kept))
with suppress(ValueError), tracing.span("whole", "SERVER", "00-" + "a" * 32 + "-" + "b" * 16 + "-01", stepwell__journey="jou_1"):
    with tracing.span("part", "INTERNAL"):
        raise ValueError("CANARY-WORDS")
for one in kept.get_finished_spans():
    print(one.to_json(indent=None))
"""


def test_SC9_a_span_says_the_type_of_an_exception_and_not_its_words() -> None:
    """Nor its trace of lines, which a debugger may fill with values."""
    done = subprocess.run([sys.executable, "-c", _FAILS], capture_output=True, text=True, check=True)
    part, whole = (json.loads(line) for line in done.stdout.splitlines())
    assert "CANARY" not in done.stdout
    assert part["attributes"] == {"error.type": "ValueError"}
    assert whole["attributes"] == {"error.type": "ValueError", "stepwell.journey": "jou_1"}
    assert (part["parent_id"], whole["parent_id"]) == (whole["context"]["span_id"], "0x" + "b" * 16)
    assert part["status"]["status_code"] == whole["status"]["status_code"] == "ERROR"
    assert part["events"] == whole["events"] == []
