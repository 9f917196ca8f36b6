"""Steps that are called otherwise since a migration: everything the store knows of them goes by the new name (rule E2)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from engine.base import OccurrenceId, StepId
from store.tables import NotificationRow, OccurrenceRow, all_tables


async def rename(session: AsyncSession, journey: str, names: Mapping[StepId, StepId]) -> None:
    """Call these steps of one journey by their new names, in every table that names steps or occurrences."""
    for old, new in names.items():
        # row by row: what is sealed for one name does not open under another
        for table in tables_with("occurrence"):
            of_step = table.occurrence.startswith(f"{old}.", autoescape=True)
            for row in await session.scalars(select(table).where(table.journey == journey, of_step)):
                row.occurrence = f"{new}{row.occurrence.removeprefix(old)}"
        for table in tables_with("step"):
            for row in await session.scalars(select(table).where(table.journey == journey, table.step == old)):
                row.step = str(new)
        await session.flush()
    if names:
        for row in await session.scalars(select(NotificationRow).where(col(NotificationRow.journey) == journey)):
            row.occurrences = [renamed(OccurrenceId(one), names) for one in row.occurrences]
            session.add(row)


def renamed(occurrence: OccurrenceId, names: Mapping[StepId, StepId]) -> OccurrenceId:
    """The occurrence by the new name of its step."""
    step, _, number = occurrence.rpartition(".")
    return OccurrenceId(f"{names.get(StepId(step), step)}.{number}")


def tables_with(column: str) -> list[Any]:
    """Every table that has a journey and this column, whatever is added to the store later; occurrences are projected anew."""
    return [one for one in all_tables() if {"journey", column} <= set(one.__table__.c.keys()) and one is not OccurrenceRow]
