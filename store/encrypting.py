"""Sealing what was kept in the clear before there was encryption: in batches, to be cut off and begun again anywhere."""

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, ColumnElement, LargeBinary, func, literal, or_, select, tuple_, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from store.sealing import FIRST_BYTE
from store.sessions import AS_KEPT, sealed_columns
from store.turns import take_turn

if TYPE_CHECKING:
    from store.database import Database

A_BATCH = 200


async def seal_everything(database: "Database") -> None:
    """Seal every value that is in the clear. Raises KeysUnavailable where there is one and no key."""
    for table in sealed_columns():
        after: tuple[Any, ...] | None = None
        while True:
            async with database.of_every_tenant().begin() as session:
                rows = await _seal_some(session, table, after)
            if len(rows) < A_BATCH:
                break
            after = tuple(getattr(rows[-1], column.name) for column in _key(table))


async def _seal_some(session: AsyncSession, table: type[SQLModel], after: tuple[Any, ...] | None) -> list[SQLModel]:
    await take_turn(session, "sealing")  # whoever comes second finds these sealed
    columns = [table.__table__.c[name] for name in sealed_columns()[table]]  # type: ignore[attr-defined]  # every table has it
    query = select(table).where(or_(*(_is_plain(column) for column in columns)))
    if after is not None:
        query = query.where(tuple_(*_key(table)) > after)
    query = query.order_by(*_key(table)).limit(A_BATCH).execution_options(**{AS_KEPT: True})
    rows = list((await session.scalars(query)).all())
    for row in rows:
        for column in columns:
            kept = getattr(row, column.name)
            if kept is not None and not kept.blob.startswith(FIRST_BYTE):
                setattr(row, column.name, json.loads(kept.blob))
    session.add_all(rows)
    return rows


def _is_plain(column: Column[Any]) -> ColumnElement[bool]:
    return func.substr(type_coerce(column, LargeBinary), 1, 1) != literal(FIRST_BYTE, LargeBinary)


def _key(table: type[SQLModel]) -> list[Column[Any]]:
    return list(table.__table__.primary_key.columns)  # type: ignore[attr-defined]  # every table has it
