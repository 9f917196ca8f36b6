"""A trace from the caller's own request to what a worker does for it, through Temporal's headers; and not a word in it."""

import asyncio
import base64
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from engine.steps import step_types
from stepwell import Stepwell
from stepwell.mailcatcher import MailCatcher
from tests.canaries import found
from tests.e2e.processes import catch_mail, free_port, gateway_in, store_and_server, worker_in
from tests.e2e.scraping import scrape
from tests.pathways import document
from workflows.carrying import TRACE

_ASKS = """
- id: mood
  type: questionnaire
  title: How are you?
  rationale: why
  instructions: do
  content:
    items: [{id: words, type: text, text: How are you?}]
"""
_WORDS = {"CANARY-ANSWER", "CANARY-NAME", "CANARY-ADDRESS@example.org", "CANARY-NOTE"}
_TRACE_ID, _SPAN_ID = "ab" * 16, "cd" * 8


class _Collector:
    """Takes spans by OTLP over HTTP, as a collector does."""

    def __init__(self) -> None:
        self.spans: list[dict[str, Any]] = []
        self.raw = b""

    @contextmanager
    def listening(self) -> Iterator[str]:
        collector = self

        class Takes(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                collector.raw += body
                told = MessageToDict(ExportTraceServiceRequest.FromString(body))
                for of_resource in told["resourceSpans"]:
                    for scope in of_resource["scopeSpans"]:
                        collector.spans += scope["spans"]
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Takes) as server:
            serving = threading.Thread(target=server.serve_forever)
            serving.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}"
            finally:
                server.shutdown()
                serving.join()

    def named(self, name: str) -> list[dict[str, Any]]:
        return [one for one in self.spans if one["name"] == name]


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(90):
        while not holds():  # noqa: ASYNC110 - what it waits for happens in other processes
            await asyncio.sleep(0.3)


async def test_SC8_SC10_a_trace_goes_from_the_request_to_the_activity_and_neither_it_nor_metrics_hold_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller's trace id stands in spans of gateway and worker and, sealed, in Temporal, also where another worker takes over."""
    caplog.set_level("WARNING", logger="httpx")  # it would write down what the caller itself asks for
    async with AsyncExitStack() as stack:
        collector = _Collector()
        to = stack.enter_context(collector.listening())
        mail = await catch_mail(stack, MailCatcher(tmp_path / "mail"))
        database, server, connection = await store_and_server(stack, tmp_path)
        ports = [free_port(), free_port()]
        traced = {"OTEL_EXPORTER_OTLP_ENDPOINT": to, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        worker = worker_in(stack, tmp_path, server, smtp_port=mail.port, metrics=f"127.0.0.1:{ports[0]}")
        worker.given(**traced).start()
        gateway, where = gateway_in(stack, tmp_path, server, metrics=f"127.0.0.1:{ports[1]}")
        gateway.given(**traced).start()
        handle = Stepwell(database, connection, "default", step_types())
        await handle.publish(document(_ASKS))
        await handle.add_client(id="c1", display_name="CANARY-NAME", email="CANARY-ADDRESS@example.org")
        key = (await handle.add_key("host", subject="app")).secret
        gateway.wait_for("serving")
        headers = {
            "authorization": f"Bearer {key}",
            "traceparent": f"00-{_TRACE_ID}-{_SPAN_ID}-01",
            "tracestate": "vendor=CANARY-NOTE",
            "baggage": "who=CANARY-NAME",
        }
        async with httpx.AsyncClient(base_url=where, trust_env=False, headers=headers, timeout=90) as host:
            started = await host.post("/v1/journeys", json={"client": "c1", "pathway": "trial"})
            assert started.status_code < 300, started.text
            journey = started.json()["id"]
            async with asyncio.timeout(60):
                while not await handle.to_do("c1"):  # noqa: ASYNC110 - what it waits for happens in other processes
                    await asyncio.sleep(0.2)
            await _until(lambda: bool(collector.named("activity record") and collector.named("activity notify")))
            worker.end(signal.SIGKILL)
            worker.start()
            answer = {"response": {"answers": {"words": "CANARY-ANSWER"}}, "submission_id": "s1"}
            where = f"/v1/journeys/{journey}/occurrences/mood.1/responses"
            async with asyncio.timeout(90):  # the turn of the worker that was killed is still out
                while (await host.post(where, json=answer)).status_code != 201:  # noqa: ASYNC110
                    await asyncio.sleep(0.5)
            await host.request("CANARY-NOTE", "/v1/clients/CANARY-NAME", params={"q": "CANARY-ANSWER"})
            await host.get("/v1/CANARY-NAME")

        await _until(lambda: len([one for one in collector.named("activity record") if _is_of(one)]) >= 2)
        assert len(collector.named("activity notify")) == len(collector.named("start journey")) == 1, (
            "a replay makes none again"
        )
        ours = {one["name"] for one in collector.spans if _is_of(one)}
        assert {"start journey", "update submit", "activity record", "activity notify"} <= ours
        assert any(name.startswith("POST /") for name in ours)
        by_id = {one["spanId"]: one for one in collector.spans}
        assert by_id[collector.named("activity notify")[0]["parentSpanId"]]["name"] == "start journey"

        metrics = "".join(str([await scrape(port) for port in ports]))
        assert not [word for word in _WORDS if word in metrics or word.encode() in collector.raw]
        assert found(tmp_path, _WORDS) == {}
        await _only_sealed_ids_in_headers(handle, journey)


async def _only_sealed_ids_in_headers(handle: Stepwell, journey: str) -> None:
    """Sealed as Temporal has them; opened they are ids."""
    connection = handle._connection
    history = await connection.get_workflow_handle(journey).fetch_history()
    sealed = [
        payload
        for event in history.events
        for fields in (
            event.workflow_execution_started_event_attributes.header.fields,
            event.activity_task_scheduled_event_attributes.header.fields,
            event.workflow_execution_update_accepted_event_attributes.accepted_request.input.header.fields,
        )
        for name, payload in fields.items()
        if name == TRACE
    ]
    assert len(sealed) >= 4
    for one in sealed:
        assert one.metadata["encoding"] == b"binary/encrypted"
        opened = await connection.data_converter.payload_codec.decode([one])  # type: ignore[union-attr]
        assert re.fullmatch(rf"00-{_TRACE_ID}-[0-9a-f]{{16}}-01", opened[0].data.decode())


def _is_of(one: dict[str, Any]) -> bool:

    return base64.b64decode(one["traceId"]).hex() == _TRACE_ID
