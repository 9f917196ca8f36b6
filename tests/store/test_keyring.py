"""Whose key it is: made once whoever comes, kept for a while, destroyed for good (SC11, SC13, SC30)."""

import asyncio

import pytest
from sqlalchemy import select

from store import client_keys
from store.contacts import owner_of
from store.database import Database
from store.keyring import Keyring
from store.rotation import rotate
from store.sealing import Key, KeyDestroyed, KeysUnavailable, key_of
from store.tables import (
    AlertRow,
    BulkJobRow,
    ClientGroupRow,
    ClientKeyRow,
    EndpointRow,
    ErasureRow,
    TenantKeyRow,
)
from tests.keys import SampleRoots
from tests.store.seeds import NOW, add_journey, client_row


class _Away(SampleRoots):
    """A key service that can be away."""

    def __init__(self) -> None:
        super().__init__()
        self.is_away = False
        self.asked = 0

    async def unwrap(self, root: str, id: str, tenant: str, wrapped: bytes) -> Key:
        self.asked += 1
        if self.is_away:
            raise KeysUnavailable("the key service does not answer")
        return await super().unwrap(root, id, tenant, wrapped)


async def _opened(keyring: Keyring, sealed: bytes, bound_to: bytes) -> bytes:
    return (await keyring.by_id(key_of(sealed))).open("store", sealed, bound_to)


async def _ann(database: Database) -> Key:
    async with database.begin() as session:
        session.add(client_row())
        await session.flush()
        return await database.keys.of_client(session, "t", "ann")


async def test_a_clients_key_is_made_with_the_client_and_stays(database: Database) -> None:
    """What it sealed, the key of its id opens, also for somebody who meets it anew."""
    key = await _ann(database)
    sealed = key.seal("store", b"x", b"here")
    assert await _opened(Keyring(database, SampleRoots()), sealed, b"here") == b"x"
    async with database.read() as session:
        assert (await database.keys.of_client(session, "t", "ann")).id == key.id


async def test_whoever_comes_at_once_gets_one_key(database: Database) -> None:
    """Clients from before there were keys get theirs at first use: whoever looks first, in whatever transaction."""
    async with database.begin() as session:
        session.add(client_row())

    async def ask(number: int) -> str:
        keyring = Keyring(database, SampleRoots())
        async with database.begin() if number % 2 else database.read() as session:
            return (await keyring.of_client(session, "t", "ann")).id

    assert len({*await asyncio.gather(*(ask(number) for number in range(8)))}) == 1
    async with database.read() as session:
        assert len((await session.scalars(select(ClientKeyRow))).all()) == 1
        assert len((await session.scalars(select(TenantKeyRow))).all()) == 1


async def test_a_key_whose_transaction_comes_to_nothing_is_nobodys(database: Database) -> None:
    """The next one makes another."""
    async with database.begin() as session:
        session.add(client_row())
        await session.flush()
        lost = await database.keys.of_client(session, "t", "ann")
        await session.rollback()
    assert (await _ann(database)).id != lost.id


async def test_everybody_has_a_key_of_their_own(ready: Database) -> None:
    """Two clients, two tenants, and what belongs to none."""
    async with ready.of_every_tenant().begin() as session:
        session.add(client_row("bob"))
        session.add(client_row("ann", "u"))
        await session.flush()
        keys = [await ready.keys.of_client(session, *whose) for whose in (("t", "ann"), ("t", "bob"), ("u", "ann"))]
        keys += [await ready.keys.of_tenant(session, tenant) for tenant in ("t", "u", "")]
    assert len({key.id for key in keys}) == 6
    assert [key.tenant for key in keys] == ["t", "t", "u", "t", "u", ""]


async def test_a_destroyed_key_opens_nothing_and_another_client_of_that_id_has_another(database: Database) -> None:
    """Its id stays for the receipt; whoever comes while the client is gone is refused, and makes none."""
    key = await _ann(database)
    sealed = key.seal("store", b"x", b"")
    async with database.begin() as session:
        await session.delete(await session.merge(client_row()))
        await database.keys.destroy(session, "t", "ann")
    for keyring in (database.keys, Keyring(database, SampleRoots())):
        with pytest.raises(KeyDestroyed):
            await _opened(keyring, sealed, b"")
        async with database.begin() as session:
            with pytest.raises(KeyDestroyed):
                await keyring.of_client(session, "t", "ann")
    async with database.read() as session:
        [row] = (await session.scalars(select(ClientKeyRow))).all()
    assert (row.id, row.wrapped, row.client, row.contacts, row.destroyed_at is None) == (key.id, None, None, None, False)
    assert (await _ann(database)).id != key.id


async def test_SC30_keys_that_are_away_are_a_denial(database: Database) -> None:
    """What is kept works for a while and no longer; then everything waits, and goes on when they are back."""
    key = await _ann(database)
    roots, now = _Away(), [0.0]
    keyring = Keyring(database, roots, kept_for=300, clock=lambda: now[0])
    sealed = key.seal("store", b"x", b"")
    assert await _opened(keyring, sealed, b"") == b"x"
    roots.is_away = True
    now[0] = 299
    assert await _opened(keyring, sealed, b"") == b"x"
    assert roots.asked == 1
    now[0] = 301
    with pytest.raises(KeysUnavailable):
        await _opened(keyring, sealed, b"")
    async with database.begin() as session:
        session.add(client_row("bob"))
        await session.flush()
        with pytest.raises(KeysUnavailable):
            await keyring.of_client(session, "t", "bob")
    roots.is_away = False
    assert await _opened(keyring, sealed, b"") == b"x"


async def test_SC13_without_keys_nothing_is_sealed(database: Database) -> None:
    """Not with another key, not with none."""
    await _ann(database)
    keyring = Keyring(database, None)
    with pytest.raises(KeysUnavailable, match="STEPWELL_KEYS"):
        await keyring.check()
    async with database.begin() as session:
        with pytest.raises(KeysUnavailable, match="STEPWELL_KEYS"):
            await keyring.of_client(session, "t", "ann")


async def test_SC13_other_keys_than_those_it_was_begun_with_are_refused(database: Database) -> None:
    """Under the same name too."""
    await _ann(database)
    await database.keys.check()
    with pytest.raises(KeysUnavailable, match="not the one"):
        await Keyring(database, SampleRoots(bytes(range(32)))).check()


async def test_an_unknown_key_may_be_known_tomorrow(database: Database) -> None:
    """A store that is behind its backup, or another one: waited for, and nothing is believed meanwhile."""
    with pytest.raises(KeysUnavailable, match="no key"):
        await database.keys.by_id("cky_unknown")


async def test_SC11_what_was_sealed_before_a_rotation_opens_after_it(database: Database) -> None:
    """By the same keys, wrapped otherwise; what is new has a new key of its tenant; twice is no harm."""
    key = await _ann(database)
    async with database.begin() as session:
        of_tenant = await database.keys.of_tenant(session, "t")
    sealed = [one.seal("store", b"x", b"") for one in (key, of_tenant)]
    for expected in (1, 1):
        done = await rotate(database)
        assert (done.tenants, done.client_keys) == (1, expected)
    anew = Keyring(database, SampleRoots())
    assert [await _opened(anew, one, b"") for one in sealed] == [b"x", b"x"]
    async with database.read() as session:
        assert (await anew.of_client(session, "t", "ann")).id == key.id
        assert (await anew.of_tenant(session, "t")).id != of_tenant.id
        row = await client_keys.client_key(session, key.id)
        newest = await client_keys.newest_of_tenant(session, "t")
    assert row is not None
    assert newest is not None
    assert row.tenant_key == newest.id


async def test_every_kind_of_workflow_has_somebodys_key(ready: Database) -> None:
    """Journeys, alarms and the owner of mails their client's; what is of no client alone its tenant's."""
    facts = {"tenant": "t", "created_at": NOW}
    async with ready.begin() as session:
        await add_journey(session, id="jou_1")
        of_ann = await ready.keys.of_client(session, "t", "ann")
        of_tenant = await ready.keys.of_tenant(session, "t")
        alert = {"id": "alert_1", "tenant": "t", "journey": "jou_1", "occurrence": "a.1", "response_id": "r", "rules": []}
        session.add(AlertRow(**alert, raised_at=NOW))
        session.add(BulkJobRow(id="bulk_1", action="stop", arguments={}, by_role="operator", **facts))
        group = {"version": 1, "dates": {}, "again": "reject", "late_joiners": "closed", "wave_size": 0, "wave_seconds": 0}
        session.add(ClientGroupRow(id="grp_1", name="G", pathway="p", per_second=50, by_role="host", **group, **facts))
        session.add(EndpointRow(id="end_1", url="https://x", types=[], secrets=[], **facts))
        of_erasure = {"client": "ann", "reason": "requested", "asked_by": "o", "stage": "ending", "executions": []}
        session.add(ErasureRow(id="era_1", tenant="t", asked_at=NOW, **of_erasure))
    for workflow in ("jou_1", "alert_1", owner_of("t", "ann")):
        assert (await ready.keys.of_workflow(workflow)).id == of_ann.id, workflow
    for workflow in ("bulk_1", "grp_1", "end_1", "era_1"):
        assert (await ready.keys.of_workflow(workflow)).id == of_tenant.id, workflow
    of_nobody = await ready.keys.of_workflow("retention-2026-12-01T03:15:00Z")
    assert (of_nobody.tenant, of_nobody.id == of_tenant.id) == ("", False)
    for workflow in ("jou_2", "alert_2", owner_of("t", "bob"), "bulk_2", "somebody", ""):
        with pytest.raises(KeyDestroyed):
            await ready.keys.of_workflow(workflow)
