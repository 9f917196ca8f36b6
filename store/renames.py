"""Steps that are called otherwise since a migration: everything the store knows of them goes by the new name (rule E2)."""

from collections.abc import Mapping

from sqlalchemy import String, Table, cast, func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col, select

from engine.base import OccurrenceId, StepId
from store.tables import NotificationRow, OccurrenceRow


async def rename(session: AsyncSession, journey: str, names: Mapping[StepId, StepId]) -> None:
    """Call these steps of one journey by their new names, in every table that names steps or occurrences."""
    for old, new in names.items():
        for table in _tables("occurrence"):
            occurrence = table.c.occurrence
            number = func.substr(occurrence, len(old) + 1)
            await session.execute(
                update(table)
                .where(table.c.journey == journey, func.substr(occurrence, 1, len(old) + 1) == f"{old}.")
                .values(occurrence=cast(new, String) + number)
            )
        for table in _tables("step"):
            await session.execute(update(table).where(table.c.journey == journey, table.c.step == old).values(step=new))
    if names:
        for row in await session.scalars(select(NotificationRow).where(col(NotificationRow.journey) == journey)):
            row.occurrences = [renamed(OccurrenceId(one), names) for one in row.occurrences]
            session.add(row)


def renamed(occurrence: OccurrenceId, names: Mapping[StepId, StepId]) -> OccurrenceId:
    """The occurrence by the new name of its step."""
    step, _, number = occurrence.rpartition(".")
    return OccurrenceId(f"{names.get(StepId(step), step)}.{number}")


def _tables(column: str) -> list[Table]:
    """Every table that has a journey and this column, whatever is added to the store later; occurrences are projected anew."""
    known = SQLModel.metadata.sorted_tables
    return [one for one in known if {"journey", column} <= set(one.c.keys()) and one.name != OccurrenceRow.__tablename__]
