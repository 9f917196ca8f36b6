"""Exports over HTTP: CSV or JSON lines, sent while they are read."""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Literal

from fastapi import Query
from fastapi.responses import StreamingResponse

from stepwell.api.routes import Door, Routes
from stepwell.exporting import Row
from stepwell.handle import Stepwell

routes = Routes("Exports")

Format = Annotated[Literal["csv", "jsonl"], Query(description="A table with a head, or one JSON object a line.")]
_MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_STREAM: dict[str, Any] = {
    "response_class": StreamingResponse,
    "responses": {
        200: {
            "description": "The rows",
            "content": {"text/csv": {"schema": {"type": "string"}}, "application/jsonl": {"schema": {"type": "string"}}},
        }
    },
}


@routes.get("/exports/journeys", uses=Stepwell.export_journeys, **_STREAM)
async def export_journeys(door: Door, format: Format = "csv") -> StreamingResponse:
    """Export journeys, one a row"""
    return await _streamed(door.export_journeys(), format, "journeys")


@routes.get("/exports/occurrences", uses=Stepwell.export_occurrences, **_STREAM)
async def export_occurrences(door: Door, format: Format = "csv") -> StreamingResponse:
    """Export steps that were delivered or settled, one a row"""
    return await _streamed(door.export_occurrences(), format, "occurrences")


@routes.get("/exports/notifications", uses=Stepwell.export_notifications, **_STREAM)
async def export_notifications(door: Door, format: Format = "csv") -> StreamingResponse:
    """Export the ledger of messages, one a row"""
    return await _streamed(door.export_notifications(), format, "notifications")


@routes.get("/exports/history", uses=Stepwell.export_history, **_STREAM)
async def export_history(door: Door, format: Format = "jsonl") -> StreamingResponse:
    """Export the events of every journey, one a row"""
    return await _streamed(door.export_history(), format, "history")


@routes.get("/exports/responses", uses=Stepwell.export_responses, **_STREAM)
async def export_responses(door: Door, format: Format = "jsonl") -> StreamingResponse:
    """Export the responses that the caller may read, one a row; it is noted that they were read"""
    return await _streamed(door.export_responses(), format, "responses")


async def _streamed(rows: AsyncIterator[Row], format: str, name: str) -> StreamingResponse:
    """The first row is read before anything is sent: what is away is said as what it is."""
    first = await anext(rows, None)
    written: Callable[[AsyncIterator[Row]], AsyncIterator[str]] = as_csv if format == "csv" else as_lines
    headers = {"content-disposition": f'attachment; filename="{name}.{format}"'}
    return StreamingResponse(written(_from(first, rows)), media_type=_MEDIA[format], headers=headers)


async def _from(first: Row | None, rest: AsyncIterator[Row]) -> AsyncIterator[Row]:
    if first is not None:
        yield first
    async for row in rest:
        yield row


async def as_lines(rows: AsyncIterator[Row]) -> AsyncIterator[str]:
    """One JSON object a line."""
    async for row in rows:
        yield json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"


async def as_csv(rows: AsyncIterator[Row]) -> AsyncIterator[str]:
    """RFC 4180, its columns those of the first row and `more` for what other rows have besides; no cell is a formula."""
    columns: list[str] = []
    async for row in rows:
        if not columns:
            columns = list(row)
            yield _line([*columns, "more"])
        more = {name: value for name, value in row.items() if name not in columns}
        yield _line([*(_cell(row.get(name)) for name in columns), json.dumps(more, ensure_ascii=False) if more else ""])


def _line(cells: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def _cell(value: Any) -> str:
    """As a spreadsheet may open it: what looks like a formula is made words by an apostrophe."""
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
