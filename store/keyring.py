"""Whose key it is, and the key of an id: unwrapped when it is needed, made when there is none, kept for some minutes."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Set
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from store import client_keys
from store.contacts import owner_of
from store.ids import new_id
from store.rootkeys import HOW_TO_MAKE, RootKeys
from store.sealing import Key, KeyDestroyed, KeysUnavailable, NotAuthentic, new_key
from store.tables import ClientKeyRow, TenantKeyRow
from store.turns import take_turn
from store.workflows import Owner, whose

if TYPE_CHECKING:
    from store.database import Database

_What = TypeVar("_What")
OF_TENANT = "tky"
OF_CLIENT = "cky"
_KEPT_FOR = 300.0
"""Seconds: so long a process goes on reading with a key that it cannot ask for any more, or that somebody destroyed."""
_MOST = 20_000


class Keyring:
    """The keys of one store. Its methods raise KeysUnavailable where the keys cannot be had, and never do without one."""

    def __init__(
        self,
        database: "Database",
        roots: RootKeys | None,
        *,
        kept_for: float = _KEPT_FOR,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._database = database
        self._given = roots
        self._keys: _Kept[Key] = _Kept(kept_for, clock)
        self._workflows: _Kept[str] = _Kept(kept_for, clock)

    @property
    def _everyone(self) -> "Database":
        """Whose key it is, is what has to be found out; and the key of what belongs to nobody is no tenant's."""
        return self._database.of_every_tenant()

    @property
    def roots(self) -> RootKeys:
        """Where the root keys are. Raises KeysUnavailable where nobody said so."""
        if self._given is None:
            raise KeysUnavailable(
                f"no keys are here: set STEPWELL_KEYS to the folder of the root keys; make one: {HOW_TO_MAKE}"
            )
        return self._given

    async def are_used(self) -> bool:
        """Whether anything in the store needs its root keys."""
        async with self._everyone.read() as session:
            return bool(await client_keys.one_of_each_root(session))

    async def check(self) -> None:
        """Raise KeysUnavailable where a root key is missing, or is not the one that wrapped what is in the store."""
        await self.roots.newest()
        async with self._everyone.read() as session:
            known = await client_keys.one_of_each_root(session)
        for row in known:
            try:
                await self.roots.unwrap(row.root, row.id, row.tenant, row.wrapped)
            except NotAuthentic:
                raise KeysUnavailable(f"the root key {row.root} is not the one that this store was begun with") from None

    async def of_client(self, session: AsyncSession, tenant: str, client: str) -> Key:
        """The client's key, made in this transaction where they have none yet. Raises KeyDestroyed where they are gone."""
        row = await client_keys.of_client(session, tenant, client)
        if row is not None:
            return await self._of_client(session, row)
        if not _writes(session):  # what is made in a transaction that is not kept would be lost, with all it sealed
            async with self._everyone.begin() as writing:
                return await self._make_for_client(writing, tenant, client)
        return await self._make_for_client(session, tenant, client)

    async def of_clients(self, session: AsyncSession, tenant: str, clients: Set[str]) -> dict[str, Key]:
        """The keys of those of these clients who have one, in one go."""
        rows = await client_keys.of_clients(session, tenant, clients)
        return {row.client: await self._of_client(session, row) for row in rows if row.client is not None}

    async def of_new_client(self, session: AsyncSession, tenant: str, client: str) -> Key:
        """The key of a client who is added in this transaction, made in it: what is kept of them is sealed with it already."""
        await take_turn(session, "key", tenant, client)
        found = await client_keys.of_client(session, tenant, client)
        return await self._of_client(session, found) if found is not None else await self._made(session, tenant, client)

    async def of_tenant(self, session: AsyncSession, tenant: str) -> Key:
        """The tenant's newest key, made in this transaction where they have none yet; "": what belongs to no tenant."""
        row = await client_keys.newest_of_tenant(session, tenant)
        if row is not None:
            return await self._of_tenant(row)
        if not _writes(session):
            async with self._everyone.begin() as writing:
                return await self._first_of_tenant(writing, tenant)
        return await self._first_of_tenant(session, tenant)

    async def of_workflow(self, workflow: str) -> Key:
        """The key of whoever's workflow it is: their client's, or their tenant's. Raises KeyDestroyed where they are gone."""
        known = self._workflows.get(workflow)
        if known is not None:
            return await self.by_id(known)
        async with self._everyone.glance() as session:
            owner = await whose(session, workflow)
            if owner is None:
                raise KeyDestroyed(f"nothing is known of a workflow {workflow}: whose it was is gone, or never was here")
            key = await self._of_owner(session, owner)
        self.belongs(workflow, key)
        return key

    async def expect(self, session: AsyncSession, tenant: str, workflows: Mapping[str, str]) -> None:
        """Know whose these workflows are, by client, before each of them asks."""
        keys = await self.of_clients(session, tenant, set(workflows.values()))
        for workflow, client in workflows.items():
            if client in keys:
                self.belongs(workflow, keys[client])

    def belongs(self, workflow: str, key: Key) -> None:
        """Remember whose key a workflow has. One that is named for a client is not: another may be added under their id."""
        if not workflow.startswith("contacts"):
            self._workflows.put(workflow, key.id)

    async def by_id(self, id: str) -> Key:
        """The key of that id. Raises KeyDestroyed."""
        known = self._keys.get(id)
        if known is not None:
            return known
        async with self._everyone.glance() as session:
            return await self._stored(session, id)

    async def of_ids(self, session: AsyncSession, ids: Set[str]) -> dict[str, Key]:
        """The keys of these ids, those that are not at hand in one go. Raises KeyDestroyed."""
        found = {id: key for id in ids if (key := self._keys.get(id)) is not None}
        if len(found) < len(ids):
            for row in await client_keys.client_keys(session, ids - found.keys()):
                found[row.id] = await self._of_client(session, row)
            for id in ids - found.keys():
                found[id] = await self._stored(session, id)
        return found

    async def destroy(self, session: AsyncSession, tenant: str, client: str) -> None:
        """Destroy a client's key: whatever it sealed is unreadable from the end of this transaction on."""
        for id in await client_keys.destroy(session, tenant, client, datetime.now(UTC)):
            self._keys.drop(id)

    async def new_of_tenant(self, session: AsyncSession, tenant: str) -> Key:
        """Another key for the tenant, the newest from now on, wrapped by the newest root key."""
        key = new_key(new_id(OF_TENANT), tenant)
        root = await self.roots.newest()
        wrapped = await self.roots.wrap(root, key)
        made = {"id": key.id, "tenant": tenant, "root": root, "wrapped": wrapped, "created_at": datetime.now(UTC)}
        await session.execute(insert(TenantKeyRow).values(made))  # at once: what is being written may be waiting for it
        return key

    async def _of_owner(self, session: AsyncSession, owner: Owner) -> Key:
        if owner.client is None:
            return await self.of_tenant(session, owner.tenant)
        return await self.of_client(session, owner.tenant, owner.client)

    async def _make_for_client(self, session: AsyncSession, tenant: str, client: str) -> Key:
        await take_turn(session, "key", tenant, client)
        if not await client_keys.is_client(session, tenant, client):
            raise KeyDestroyed("the client is gone, and their key with them")
        return await self.of_new_client(session, tenant, client)  # somebody else may have been first

    async def _made(self, session: AsyncSession, tenant: str, client: str) -> Key:
        wrapping = await self.of_tenant(session, tenant)
        key = new_key(new_id(OF_CLIENT), tenant)
        made = {
            "id": key.id,
            "tenant": tenant,
            "client": client,
            "tenant_key": wrapping.id,
            "wrapped": wrapping.wrap(key),
            "contacts": owner_of(tenant, client),
            "created_at": datetime.now(UTC),
        }
        await session.execute(insert(ClientKeyRow).values(made))
        self._keys.put(key.id, key)  # by its id: one that is rolled back is never asked for
        return key

    async def _first_of_tenant(self, session: AsyncSession, tenant: str) -> Key:
        await take_turn(session, "tenant key", tenant)
        found = await client_keys.newest_of_tenant(session, tenant)
        key = await self._of_tenant(found) if found is not None else await self.new_of_tenant(session, tenant)
        self._keys.put(key.id, key)
        return key

    async def _stored(self, session: AsyncSession, id: str) -> Key:
        if id.startswith(OF_TENANT):
            of_tenant = await client_keys.tenant_key(session, id)
            if of_tenant is not None:
                return await self._of_tenant(of_tenant)
        else:
            of_client = await client_keys.client_key(session, id)
            if of_client is not None:
                return await self._of_client(session, of_client)
        raise KeysUnavailable(f"there is no key {id} in this store")

    async def _of_tenant(self, row: TenantKeyRow) -> Key:
        known = self._keys.get(row.id)
        if known is None:
            known = await self.roots.unwrap(row.root, row.id, row.tenant, row.wrapped)
            self._keys.put(row.id, known)
        return known

    async def _of_client(self, session: AsyncSession, row: ClientKeyRow) -> Key:
        if row.wrapped is None:
            raise KeyDestroyed(f"the key {row.id} was destroyed when its client was deleted")
        known = self._keys.get(row.id)
        if known is None:
            wrapping = self._keys.get(row.tenant_key) or await self._stored(session, row.tenant_key)
            known = wrapping.unwrap(row.id, row.tenant, row.wrapped)
            self._keys.put(row.id, known)
        return known


class _Kept(Generic[_What]):
    """What was looked up, for a while: so many, the least lately used forgotten first."""

    def __init__(self, kept_for: float, clock: Callable[[], float]) -> None:
        self._kept_for = kept_for
        self._clock = clock
        self._found: OrderedDict[str, tuple[float, _What]] = OrderedDict()

    def get(self, name: str) -> _What | None:
        found = self._found.get(name)
        if found is None:
            return None
        if self._clock() > found[0]:
            del self._found[name]
            return None
        self._found.move_to_end(name)
        return found[1]

    def put(self, name: str, what: _What) -> None:
        self._found[name] = (self._clock() + self._kept_for, what)
        self._found.move_to_end(name)
        if len(self._found) > _MOST:
            self._found.popitem(last=False)

    def drop(self, name: str) -> None:
        self._found.pop(name, None)


def _writes(session: AsyncSession) -> bool:
    return bool(session.get_bind().get_execution_options().get("writes"))
