"""Keys as they are kept: wrapped, and the ids of those that are gone."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from store.tables import ClientKeyRow, ClientRow, TenantKeyRow

_BY_AGE = (col(TenantKeyRow.created_at).desc(), col(TenantKeyRow.id).desc())


async def newest_of_tenant(session: AsyncSession, tenant: str) -> TenantKeyRow | None:
    """The key that the tenant's things are sealed with from now on."""
    return (
        await session.scalars(select(TenantKeyRow).where(TenantKeyRow.tenant == tenant).order_by(*_BY_AGE).limit(1))
    ).first()


async def of_client(session: AsyncSession, tenant: str, client: str) -> ClientKeyRow | None:
    """The client's key, unless it was destroyed."""
    return next(iter(await of_clients(session, tenant, [client])), None)


async def of_clients(session: AsyncSession, tenant: str, clients: Collection[str]) -> list[ClientKeyRow]:
    """The keys of these clients, of those who have one that is not destroyed."""
    query = select(ClientKeyRow).where(ClientKeyRow.tenant == tenant, col(ClientKeyRow.client).in_(clients))
    return list((await session.scalars(query.where(col(ClientKeyRow.destroyed_at).is_(None)))).all())


async def is_client(session: AsyncSession, tenant: str, client: str) -> bool:
    """Whether there is somebody whom a key could be for."""
    query = select(ClientRow.id).where(ClientRow.tenant == tenant, ClientRow.id == client)
    return await session.scalar(query) is not None


async def tenant_key(session: AsyncSession, key: str) -> TenantKeyRow | None:
    """The tenant's key of that id."""
    return await session.get(TenantKeyRow, key)


async def client_key(session: AsyncSession, key: str) -> ClientKeyRow | None:
    """The client's key of that id, destroyed or not."""
    return await session.get(ClientKeyRow, key)


async def client_keys(session: AsyncSession, keys: Collection[str]) -> Sequence[ClientKeyRow]:
    """Those of these keys that are clients', destroyed or not."""
    return (await session.scalars(select(ClientKeyRow).where(col(ClientKeyRow.id).in_(keys)))).all()


async def destroy(session: AsyncSession, tenant: str, client: str, now: datetime) -> list[str]:
    """Destroy a client's key: its bytes go, and whose it was; its id stays. The ids of those destroyed."""
    found = await session.scalars(
        update(ClientKeyRow)
        .where(col(ClientKeyRow.tenant) == tenant, col(ClientKeyRow.client) == client, col(ClientKeyRow.destroyed_at).is_(None))
        .values(wrapped=None, client=None, contacts=None, destroyed_at=now)
        .returning(col(ClientKeyRow.id))
    )
    return sorted(found.all())


async def one_of_each_root(session: AsyncSession) -> Sequence[TenantKeyRow]:
    """For each root key that wraps something, a key that it wraps."""
    first = select(func.min(col(TenantKeyRow.id))).group_by(col(TenantKeyRow.root))
    return (await session.scalars(select(TenantKeyRow).where(col(TenantKeyRow.id).in_(first)))).all()


async def tenants(session: AsyncSession) -> Sequence[str]:
    """Everybody who has a key."""
    return (await session.scalars(select(col(TenantKeyRow.tenant)).distinct().order_by(col(TenantKeyRow.tenant)))).all()


async def all_of_tenant(session: AsyncSession, tenant: str) -> Sequence[TenantKeyRow]:
    """Every key of the tenant, the oldest first."""
    query = (
        select(TenantKeyRow).where(TenantKeyRow.tenant == tenant).order_by(col(TenantKeyRow.created_at), col(TenantKeyRow.id))
    )
    return (await session.scalars(query)).all()


async def wrapped_by_others(session: AsyncSession, tenant: str, key: str, *, limit: int) -> Sequence[ClientKeyRow]:
    """Some of the tenant's clients' keys that another key wraps."""
    query = select(ClientKeyRow).where(
        ClientKeyRow.tenant == tenant, ClientKeyRow.tenant_key != key, col(ClientKeyRow.destroyed_at).is_(None)
    )
    return (await session.scalars(query.order_by(col(ClientKeyRow.id)).limit(limit).with_for_update())).all()


async def numbers(session: AsyncSession) -> tuple[dict[str, int], int, int]:
    """Tenants' keys by root key; clients' keys in use; those destroyed."""
    by_root = await session.execute(select(col(TenantKeyRow.root), func.count()).group_by(col(TenantKeyRow.root)))
    in_use = select(func.count()).select_from(ClientKeyRow).where(col(ClientKeyRow.destroyed_at).is_(None))
    gone = select(func.count()).select_from(ClientKeyRow).where(col(ClientKeyRow.destroyed_at).is_not(None))
    roots = {root: int(number) for root, number in by_root.all()}
    return roots, int(await session.scalar(in_use) or 0), int(await session.scalar(gone) or 0)
