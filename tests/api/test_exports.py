"""Exports: streams of rows that a spreadsheet may open."""

import csv
import io
import json
from collections.abc import AsyncIterator

from stepwell.api.exports import as_csv
from stepwell.exporting import Row
from tests.api.front import Front, publish_one_step


async def test_a_response_is_exported_as_its_reader_may_read_it(door: Front) -> None:
    """A client's own words stay theirs where the pathway says so (rule V1)."""
    host = await door.caller("host")
    for visibility in ("client_and_practitioner", "client_only"):
        name = visibility.replace("_", "-")
        await publish_one_step(door.of(), name, visibility)
        await host.post("/clients", json={"id": name})
        journey = (await host.post("/journeys", json={"client": name, "pathway": name})).json()["id"]
        words = {"response": {"answers": {"words": f"CANARY {visibility}"}}}
        sent = await host.post(f"/journeys/{journey}/occurrences/note.1/responses", json=words)
        assert sent.status_code == 201, sent.text
    lines = (await host.get("/exports/responses")).text.splitlines()
    assert [json.loads(one)["client"] for one in lines] == ["client-and-practitioner"]
    assert "CANARY client_only" not in "".join(lines)
    operator = await door.caller("operator", "olga")
    assert (await operator.get("/exports/responses")).status_code == 403


async def test_every_list_is_exported_in_both_forms(door: Front) -> None:
    """With the same number of rows."""
    host = await door.caller("host")
    await publish_one_step(door.of())
    await host.post("/clients", json={"id": "ann"})
    journey = (await host.post("/journeys", json={"client": "ann", "pathway": "one-step"})).json()["id"]
    await door.home.recorded(journey, "step_delivered")
    for name in ("journeys", "occurrences", "history", "notifications"):
        table = list(csv.reader(io.StringIO((await host.get(f"/exports/{name}", params={"format": "csv"})).text)))
        lines = (await host.get(f"/exports/{name}", params={"format": "jsonl"})).text.splitlines()
        assert len(lines) >= (name != "notifications")
        assert len(table) == len(lines) + bool(lines)


async def test_SC24_no_cell_is_a_formula() -> None:
    """Whatever somebody wrote, a spreadsheet shows it and computes nothing; numbers stay numbers."""

    async def rows() -> AsyncIterator[Row]:
        yield {"a": '=HYPERLINK("http://x","y")', "b": "-1", "c": "@SUM(A1)", "d": -3, "e": 'quote " and, comma\nand line'}

    read = list(csv.reader(io.StringIO("".join([line async for line in as_csv(rows())]))))
    assert read[1][:5] == ['\'=HYPERLINK("http://x","y")', "-1", "'@SUM(A1)", "-3", 'quote " and, comma\nand line']
