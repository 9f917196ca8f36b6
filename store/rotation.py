"""Another key for every tenant, and everything wrapped anew. What was sealed before stays as readable as it was."""

from typing import NamedTuple

from store import client_keys
from store.database import Database
from store.turns import take_turn

_A_BATCH = 200


class Rotated(NamedTuple):
    """What was wrapped anew."""

    tenants: int
    tenant_keys: int
    client_keys: int


async def rotate(database: Database) -> Rotated:
    """Wrap every tenant's keys by the newest root key, give each tenant a new one, and wrap their clients' keys by that.

    Broken off, it is begun again; several at once do no harm. Raises KeysUnavailable.
    """
    everyone = database.of_every_tenant()  # one of them is nobody, whose keys no tenant sees
    async with everyone.read() as session:
        tenants = await client_keys.tenants(session)
    tenant_keys = clients = 0
    for tenant in tenants:
        newest, number = await _tenants_own(everyone, tenant)
        tenant_keys += number
        while number := await _some_clients(everyone, tenant, newest):
            clients += number
    return Rotated(len(tenants), tenant_keys, clients)


async def _tenants_own(database: Database, tenant: str) -> tuple[str, int]:
    keys = database.keys
    async with database.begin() as session:
        await take_turn(session, "tenant key", tenant)
        root = await keys.roots.newest()
        known = [row for row in await client_keys.all_of_tenant(session, tenant) if row.root != root]
        for row in known:
            key = await keys.roots.unwrap(row.root, row.id, row.tenant, row.wrapped)
            row.root, row.wrapped = root, await keys.roots.wrap(root, key)
        session.add_all(known)
        return (await keys.new_of_tenant(session, tenant)).id, len(known)


async def _some_clients(database: Database, tenant: str, newest: str) -> int:
    wrapping = await database.keys.by_id(newest)
    async with database.begin() as session:
        found = await client_keys.wrapped_by_others(session, tenant, newest, limit=_A_BATCH)
        for row in found:
            assert row.wrapped is not None, "destroyed ones are not looked for"
            row.wrapped = wrapping.wrap((await database.keys.by_id(row.tenant_key)).unwrap(row.id, row.tenant, row.wrapped))
            row.tenant_key = newest
        session.add_all(found)
        return len(found)
