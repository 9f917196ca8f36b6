"""Sessions in which rows hold plain values, while the database holds them sealed.

A row's values are sealed just before it is written, with the key of whoever it is about, and opened as soon as it is read.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, event, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_session
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.orm.attributes import get_history, set_attribute, set_committed_value
from sqlalchemy.orm.util import identity_key
from sqlalchemy.util import await_only
from sqlmodel import SQLModel, col

from store.keyring import Keyring
from store.sealed import Ciphertext, Sealed
from store.sealing import Key, KeyDestroyed, key_of, place
from store.tables import AuditRow, ClientRow, JourneyRow, all_tables
from store.tenancy import say_whose
from store.workflows import Owner, of_journey

PURPOSE = "store"
AS_KEPT = "as_kept"
"""A statement's option: nothing is opened, the rows hold ciphertexts."""
_KEYS, _LOADED, _OWNERS, _PLAIN, _TENANT = "keys", "loaded", "owners", "plain", "tenant"
"""What a session remembers: its keyring, rows just read, keys by whose they are, values that stand sealed meanwhile, its tenant."""


class SealingSession(Session):
    """The session behind each of ours."""


def new_session(engine: AsyncEngine, keys: Keyring, tenant: str) -> AsyncSession:
    """A session that seals and opens with these keys, on the rows of this tenant."""
    facts = {_KEYS: keys, _TENANT: tenant}
    return AsyncSession(engine, sync_session_class=SealingSession, expire_on_commit=False, info=facts)


def sealed_columns() -> dict[type[SQLModel], tuple[str, ...]]:
    """Every table with sealed columns, and which those are."""
    return _SEALED


@event.listens_for(SealingSession, "after_begin")
def _say_whose(session: Session, _transaction: object, connection: Connection) -> None:
    waits = say_whose(connection, session.info[_TENANT])
    if waits is not None:
        await_only(waits)


@event.listens_for(SealingSession, "before_flush")
def _seal(session: Session, _context: object, _objects: object) -> None:
    rows = [*((row, _SEALED.get(type(row), ())) for row in session.new), *((row, _changed(row)) for row in session.dirty)]
    changed = [(row, plain) for row, names in rows if (plain := [name for name in names if _is_plain(row, name)])]
    if changed:
        await_only(_seal_all(async_session(session), changed))


async def _seal_all(session: AsyncSession | None, changed: Sequence[tuple[SQLModel, list[str]]]) -> None:
    assert session is not None, "our sessions are all asynchronous"
    plain = session.info.setdefault(_PLAIN, [])
    owners = [await _owner_of(session, row) for row, _ in changed]
    await _expect_keys(session, owners)
    for (row, names), owner in zip(changed, owners, strict=True):
        key = await _key_for(session, row, owner)
        for name in names:
            plain.append((row, name, getattr(row, name)))
            set_attribute(row, name, Ciphertext(key.seal(PURPOSE, as_bytes(getattr(row, name)), bound_to(row, name))))


@event.listens_for(SealingSession, "after_flush_postexec")
def _show_again(session: Session, _context: object) -> None:
    for row, name, value in session.info.pop(_PLAIN, ()):
        set_committed_value(row, name, value)


@event.listens_for(SealingSession, "after_soft_rollback")
def _forget(session: Session, _transaction: object) -> None:
    """What came to nothing: rows have their values again, and keys made in the transaction are nobody's."""
    session.info.pop(_OWNERS, None)
    for row, name, value in session.info.pop(_PLAIN, ()):
        set_attribute(row, name, value)


@event.listens_for(SealingSession, "do_orm_execute")
def _open(state: ORMExecuteState) -> Any:
    if not state.is_select or not state.is_orm_statement:
        return None
    result = state.invoke_statement(execution_options={"prebuffer_rows": True})
    loaded = state.session.info.pop(_LOADED, None)
    session = async_session(state.session)
    if loaded and session is not None and not state.execution_options.get(AS_KEPT):
        await_only(open_rows(session, loaded))
    return result


async def open_rows(session: AsyncSession, loaded: Iterable[SQLModel]) -> None:
    """Open what was read, however many people it is of, with the keys that are not at hand in one go.

    Raises NotAuthentic, KeyDestroyed, KeysUnavailable.
    """
    sealed = [
        (row, name, value.blob)
        for row in loaded
        for name in _SEALED[type(row)]
        if isinstance(value := vars(row).get(name), Ciphertext)
    ]
    keys = await _keyring(session).of_ids(session, {key_of(blob) for _, _, blob in sealed})
    for row, name, blob in sealed:
        set_committed_value(row, name, json.loads(keys[key_of(blob)].open(PURPOSE, blob, bound_to(row, name))))


def as_bytes(value: Any) -> bytes:
    """A value as it is sealed."""
    return json.dumps(value).encode()


def bound_to(row: SQLModel, name: str) -> bytes:
    """The place of a value: table, column, and what tells the row from the others."""
    return place(str(row.__tablename__), name, *(_text(getattr(row, one)) for one in _NAMED_BY[type(row)]))


def _text(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def _changed(row: SQLModel) -> Iterable[str]:
    """What of a row has changed, or all of it where it is called otherwise: what is sealed for one row opens in no other."""
    names = _SEALED.get(type(row), ())
    if names and any(get_history(row, one).deleted for one in _NAMED_BY[type(row)]):
        return names
    return [name for name in names if get_history(row, name).added]


def _is_plain(row: SQLModel, name: str) -> bool:
    return not isinstance(vars(row).get(name), Ciphertext | None)


async def _key_for(session: AsyncSession, row: SQLModel, owner: Owner) -> Key:
    """The key of whoever a row is about, one client or a tenant; asked for once in a transaction."""
    known: dict[Owner, Key] = session.info.setdefault(_OWNERS, {})
    if owner not in known:
        keys = _keyring(session)
        if owner.client is None:
            known[owner] = await keys.of_tenant(session, owner.tenant)
        elif isinstance(row, ClientRow) and row in session.new:
            known[owner] = await keys.of_new_client(session, owner.tenant, owner.client)
        else:
            known[owner] = await keys.of_client(session, owner.tenant, owner.client)
    return known[owner]


async def _expect_keys(session: AsyncSession, owners: Sequence[Owner]) -> None:
    """Ask once for the keys of everybody whom many rows are about; whoever has none yet gets one when their row is sealed."""
    known: dict[Owner, Key] = session.info.setdefault(_OWNERS, {})
    people: dict[str, set[str]] = {}
    for owner in owners if len(owners) > 1 else ():
        if owner.client is not None and owner not in known:
            people.setdefault(owner.tenant, set()).add(owner.client)
    for tenant, clients in people.items():
        for client, key in (await _keyring(session).of_clients(session, tenant, clients)).items():
            known[Owner(tenant, client)] = key


async def _owner_of(session: AsyncSession, row: Any) -> Owner:
    match row:
        case ClientRow():
            return Owner(row.tenant, row.id)
        case JourneyRow():
            return Owner(row.tenant, row.client)
        case AuditRow():
            return await _owner_of_entry(session, row)
    journey = getattr(row, "journey", None)
    if journey is None:
        return Owner(row.tenant)
    owner = await _owner_of_journey(session, journey)
    if owner is None:
        raise KeyDestroyed("the journey is gone, or never was here; with it the key of its client")
    return owner


async def _owner_of_entry(session: AsyncSession, entry: AuditRow) -> Owner:
    """The client whom an entry of the audit is about, by its object: their id, or a journey of theirs and what of it."""
    name = entry.object.partition("/")[0]
    of_journey = await _owner_of_journey(session, name)
    if of_journey is not None and of_journey.tenant == entry.tenant:
        return of_journey
    client = await session.scalar(
        select(col(ClientRow.id)).where(col(ClientRow.tenant) == entry.tenant, col(ClientRow.id) == name)
    )
    return Owner(entry.tenant, client)


async def _owner_of_journey(session: AsyncSession, journey: str) -> Owner | None:
    mine = [one for one in session.new if isinstance(one, JourneyRow) and one.id == journey]
    row = session.identity_map.get(identity_key(JourneyRow, journey)) or next(iter(mine), None)
    if row is not None:
        return Owner(row.tenant, row.client)
    one = (await session.execute(of_journey(journey))).first()
    return None if one is None else Owner(*one)


def _keyring(session: AsyncSession) -> Keyring:
    keys: Keyring = session.info[_KEYS]
    return keys


def _note_loaded(row: SQLModel, context: Any, *_names: object) -> None:
    if context is not None:  # else it was merged, not read
        context.session.info.setdefault(_LOADED, []).append(row)


def _sealed_in(table: Any) -> tuple[str, ...]:
    return tuple(column.name for column in table.__table__.columns if isinstance(column.type, Sealed))


def _named_by(table: Any) -> tuple[str, ...]:
    """What tells a row from the others: its key, where that is known before it is written."""
    return ("tenant", "at", "actor", "object") if table is AuditRow else tuple(table.__table__.primary_key.columns.keys())


_SEALED: dict[type[SQLModel], tuple[str, ...]] = {table: names for table in all_tables() if (names := _sealed_in(table))}
_NAMED_BY: dict[type[SQLModel], tuple[str, ...]] = {table: _named_by(table) for table in _SEALED}
for _table in _SEALED:
    event.listen(_table, "load", _note_loaded)
    event.listen(_table, "refresh", _note_loaded)
