"""Pathways: drafts, published versions that never change, library steps."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from engine.publishing import Published
from store.tables import LibraryStepRow, PathwayDraftRow, PathwayVersionRow
from store.turns import take_turn


def fingerprint(source: str, library: dict[str, Any]) -> str:
    """What makes two publications the same: the text and the library steps it may use."""
    return hashlib.sha256((source + "\0" + json.dumps(library, sort_keys=True)).encode()).hexdigest()


async def publish(
    session: AsyncSession,
    tenant: str,
    pathway: str,
    source: str,
    mark: str,
    compiled: Callable[[int], Published],
    now: datetime,
) -> tuple[PathwayVersionRow, bool]:
    """Keep the next version, and say whether it is new: the same as the latest is the latest."""
    await take_turn(session, "pathway", tenant, pathway)
    latest = await get(session, tenant, pathway)
    if latest is not None and latest.fingerprint == mark:
        return latest, False
    number = latest.number + 1 if latest else 1
    published = compiled(number)
    row = PathwayVersionRow(
        tenant=tenant,
        pathway=pathway,
        number=number,
        fingerprint=mark,
        source=source,
        structure=published.structure.model_dump(mode="json"),
        contents=published.contents.model_dump(mode="json"),
        published_at=now,
    )
    session.add(row)
    await session.flush()
    return row, True


async def get(session: AsyncSession, tenant: str, pathway: str, number: int | None = None) -> PathwayVersionRow | None:
    """A version, or the latest."""
    if number is not None:
        return await session.get(PathwayVersionRow, (tenant, pathway, number))
    query = (
        select(PathwayVersionRow)
        .where(PathwayVersionRow.tenant == tenant, PathwayVersionRow.pathway == pathway)
        .order_by(col(PathwayVersionRow.number).desc())
        .limit(1)
    )
    return (await session.scalars(query)).first()


async def find(session: AsyncSession, tenant: str) -> list[PathwayVersionRow]:
    """The latest version of every pathway, by name."""
    newest = (
        select(PathwayVersionRow.pathway, func.max(PathwayVersionRow.number).label("number"))
        .where(PathwayVersionRow.tenant == tenant)
        .group_by(PathwayVersionRow.pathway)
        .subquery()
    )
    query = (
        select(PathwayVersionRow)
        .join(newest, (col(PathwayVersionRow.pathway) == newest.c.pathway) & (col(PathwayVersionRow.number) == newest.c.number))
        .where(PathwayVersionRow.tenant == tenant)
        .order_by(PathwayVersionRow.pathway)
    )
    return list((await session.scalars(query)).all())


async def tagged(session: AsyncSession, tenant: str, tag: str) -> list[str]:
    """The pathways whose latest version carries a tag, by name; of the rest of their contents nothing is read."""
    tags = col(PathwayVersionRow.contents)["tags"]
    query = (
        select(PathwayVersionRow.pathway, tags)
        .where(PathwayVersionRow.tenant == tenant)
        .order_by(col(PathwayVersionRow.pathway), col(PathwayVersionRow.number))
    )
    latest = {row[0]: row[1] or () for row in await session.execute(query)}
    return [pathway for pathway, carried in latest.items() if tag in carried]


async def save_draft(session: AsyncSession, tenant: str, pathway: str, source: str, now: datetime) -> None:
    """Keep a draft as it is, right or wrong."""
    await take_turn(session, "draft", tenant, pathway)
    await session.merge(PathwayDraftRow(tenant=tenant, pathway=pathway, source=source, updated_at=now))


async def get_draft(session: AsyncSession, tenant: str, pathway: str) -> PathwayDraftRow | None:
    """The draft of a pathway."""
    return await session.get(PathwayDraftRow, (tenant, pathway))


async def drafts(session: AsyncSession, tenant: str, *, limit: int = 100, after: str = "") -> list[PathwayDraftRow]:
    """Drafts in order of their names, after one."""
    query = select(PathwayDraftRow).where(PathwayDraftRow.tenant == tenant, PathwayDraftRow.pathway > after)
    return list((await session.scalars(query.order_by(PathwayDraftRow.pathway).limit(limit))).all())


async def drop_draft(session: AsyncSession, tenant: str, pathway: str) -> bool:
    """Forget a draft; whether there was one."""
    row = await session.get(PathwayDraftRow, (tenant, pathway))
    if row is not None:
        await session.delete(row)
    return row is not None


async def versions(session: AsyncSession, tenant: str, pathway: str) -> list[PathwayVersionRow]:
    """Every version of a pathway, the latest first."""
    query = select(PathwayVersionRow).where(PathwayVersionRow.tenant == tenant, PathwayVersionRow.pathway == pathway)
    return list((await session.scalars(query.order_by(col(PathwayVersionRow.number).desc()))).all())


async def keep_library_step(session: AsyncSession, tenant: str, name: str, step: dict[str, Any], now: datetime) -> None:
    """Keep a library step, new or changed; what is published already stays as it is."""
    await take_turn(session, "library", tenant, name)
    await session.merge(LibraryStepRow(tenant=tenant, name=name, step=step, updated_at=now))


async def library(session: AsyncSession, tenant: str) -> dict[str, dict[str, Any]]:
    """All library steps by their name."""
    rows = (await session.scalars(select(LibraryStepRow).where(LibraryStepRow.tenant == tenant))).all()
    return {row.name: row.step for row in rows}
