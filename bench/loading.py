"""Fill a store with very many journeys, quickly: straight into its tables, the same ones for the same seed and moment."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import asyncpg
from sqlmodel import SQLModel

from bench.lives import NAME, Kept, lives, pathways
from engine.structure import Structure
from store.contacts import owner_of
from store.database import Database
from store.ids import new_id
from store.keyring import OF_CLIENT
from store.owing import failed_at, owed_since
from store.pathways import fingerprint
from store.sealing import Key, new_key
from store.sessions import PURPOSE, as_bytes, bound_to, sealed_columns
from store.tables import (
    ClientKeyRow,
    ClientRow,
    EventRow,
    JourneyRow,
    NotificationRow,
    OccurrenceRow,
    PathwayVersionRow,
    PractitionerRow,
)
from tests.keys import SampleRoots
from tests.postgres import ADMIN, as_role

TENANT = "t"
_PRACTITIONERS = 200
_LIVES = 500
"""So many are really lived; every journey is one of them, a few moments later."""
_AT_ONCE = 2000
_LANGUAGES = ("en", "en", "de")

Table = type[SQLModel]
Values = tuple[Any, ...]


async def load(url: str, journeys: int, *, seed: int, now: datetime) -> dict[str, int]:
    """Fill a migrated, empty store; how many rows went into each table."""
    rows: dict[str, int] = {}
    database = Database.open(url, SampleRoots())
    try:
        async with database.of(TENANT).begin() as session:
            for row in _around(now):
                session.add(row)
            tenants = await database.keys.of_tenant(session, TENANT)
    finally:
        await database.close()
    put = await _postgres(url) if url.startswith("postgresql") else _sqlite(url)
    for table, values in _rows(journeys, seed, now, tenants):
        await put(table, values)
        rows[str(table.__tablename__)] = rows.get(str(table.__tablename__), 0) + len(values)
    await put(None, [])
    return rows


def _around(now: datetime) -> Iterator[SQLModel]:
    """The versions that the journeys are on, and who leads them."""
    for name, (source, published) in pathways().items():
        yield PathwayVersionRow(
            tenant=TENANT,
            pathway=name,
            number=1,
            fingerprint=fingerprint(source, {}),
            source=source,
            structure=published.structure.model_dump(mode="json"),
            contents=published.contents.model_dump(mode="json"),
            published_at=now,
        )
    for number in range(_PRACTITIONERS):
        yield PractitionerRow(tenant=TENANT, id=f"dr-{number}", display_name=f"Dr {number}", created_at=now)


def _rows(journeys: int, seed: int, now: datetime, tenants: Key) -> Iterator[tuple[Table, list[Values]]]:
    """Everything else, some at a time, what is referred to first."""
    draws = Random(seed)
    known = pathways()
    moulds = [_Mould(life, known[life.pathway][1].structure) for life in lives(_LIVES, seed, now)]
    clients = max(1, journeys * 3 // 4)
    keys: dict[str, Key] = {}
    for begin in range(0, clients, _AT_ONCE):
        numbers = range(begin, min(begin + _AT_ONCE, clients))
        made = [_client(number, draws, now) for number in numbers]
        keys |= {one.id: new_key(new_id(OF_CLIENT), TENANT) for one in made}
        yield ClientKeyRow, [_values(_kept(keys[one.id], one.id, tenants, now)) for one in made]
        yield ClientRow, [_values(one, keys[one.id]) for one in made]
    for begin in range(0, journeys, _AT_ONCE):
        batch: dict[Table, list[Values]] = {JourneyRow: [], OccurrenceRow: [], EventRow: [], NotificationRow: []}
        for number in range(begin, min(begin + _AT_ONCE, journeys)):
            mould = draws.choice(moulds)
            client = f"c-{draws.randrange(clients)}"
            for table, values in mould.cast(number, client, draws, keys[client]):
                batch[table] += values
        yield from batch.items()


def _client(number: int, draws: Random, now: datetime) -> ClientRow:
    channels = [{"kind": "email", "address": f"c-{number}@example.org"}, {"kind": "in_app"}]
    leads = f"dr-{draws.randrange(_PRACTITIONERS)}" if draws.random() < 0.9 else None
    facts = {"display_name": f"Client {number}", "language": draws.choice(_LANGUAGES), "practitioner": leads}
    return ClientRow(tenant=TENANT, id=f"c-{number}", channels=channels, opted_out=[], created_at=now, **facts)


def _kept(key: Key, client: str, tenants: Key, now: datetime) -> ClientKeyRow:
    facts = {"tenant_key": tenants.id, "wrapped": tenants.wrap(key), "contacts": owner_of(TENANT, client)}
    return ClientKeyRow(id=key.id, tenant=TENANT, client=client, created_at=now, **facts)


class _Mould:
    """One life as rows, to be given many names."""

    def __init__(self, life: Kept, structure: Structure) -> None:
        view = life.view
        owed = {step.id for step in structure.steps if step.required and step.actor == "client"}
        self._started_at = life.started_at
        self._journey = JourneyRow(
            id=NAME,
            tenant=TENANT,
            client="",
            pathway=life.pathway,
            version=1,
            enrolment_key="",
            attempt=1,
            dates={},
            created_at=life.started_at,
            status=view.status,
            held=view.is_held,
            zone=view.zone,
            started_at=view.started_at,
            finished_at=view.finished_at,
            owed_since=owed_since(view, owed),
            failed_at=failed_at(life.events, None),
            seq=view.seq,
        )
        self._occurrences = [_values(OccurrenceRow(journey=NAME, **one.model_dump())) for one in view.occurrences.values()]
        self._events = [
            EventRow(journey=NAME, seq=one.seq, kind=one.kind, at=one.at, body=one.model_dump(mode="json"))
            for one in life.events
        ]
        self._messages = [
            _values(
                NotificationRow(
                    id=one.id,
                    journey=NAME,
                    occurrences=list(one.occurrences),
                    purpose=one.purpose,
                    recipient=one.to,
                    channel="email",
                    intended_at=one.intended_at,
                    attempted_at=one.intended_at,
                    attempts=1,
                    accepted_at=one.intended_at + timedelta(seconds=2) if number % 50 else None,
                    failed=None if number % 50 else "the mail server refused the address",
                )
            )
            for number, one in enumerate(life.messages, 1)
        ]

    def cast(self, number: int, client: str, draws: Random, key: Key) -> Iterator[tuple[Table, list[Values]]]:
        """The rows of the journey of that number: its name, its client, begun a few moments later."""
        name = f"jou_{draws.getrandbits(128):026x}"[:30]
        own = self._journey.model_copy(
            update={
                "id": name,
                "client": client,
                "enrolment_key": f"{client}/{self._journey.pathway}/{number}",
                "practitioner": f"dr-{draws.randrange(_PRACTITIONERS)}" if draws.random() < 0.1 else None,
                "created_at": self._started_at + timedelta(seconds=draws.uniform(0, 3600)),
            }
        )
        yield JourneyRow, [_values(own, key)]
        for event in self._events:
            event.journey = name
        yield EventRow, [_values(event, key) for event in self._events]
        for table, rows in (OccurrenceRow, self._occurrences), (NotificationRow, self._messages):
            yield table, [tuple(_named(one, name) for one in row) for row in rows]


def _named(value: Any, name: str) -> Any:
    return value.replace(NAME, name) if isinstance(value, str) and NAME in value else value


def _values(row: SQLModel, key: Key | None = None) -> Values:
    """The values of a row in the order of its columns, with JSON as text, and sealed what has to be."""
    sealed = sealed_columns().get(type(row), ())
    return tuple(
        _sealed(row, name, key)
        if name in sealed and key is not None
        else json.dumps(value)
        if isinstance(value, dict | list)
        else value
        for name, value in ((name, getattr(row, name)) for name in _columns(type(row)))
    )


def _sealed(row: SQLModel, name: str, key: Key) -> bytes | None:
    value = getattr(row, name)
    own = as_bytes(value).replace(NAME.encode(), str(getattr(row, "journey", "")).encode())
    return None if value is None else key.seal(PURPOSE, own, bound_to(row, name))


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.__table__.columns]  # type: ignore[attr-defined]  # SQLModel adds it


async def _postgres(url: str) -> Any:
    connection = await asyncpg.connect(as_role(ADMIN, url))  # COPY goes into no table under a policy
    transaction = connection.transaction()
    await transaction.start()

    async def put(table: Table | None, values: list[Values]) -> None:
        if table is None:
            await transaction.commit()
            await connection.execute("VACUUM ANALYZE")
            await connection.close()
            return
        await connection.copy_records_to_table(str(table.__tablename__), records=values, columns=_columns(table))

    return put


def _sqlite(url: str) -> Any:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.execute("PRAGMA synchronous=OFF")

    async def put(table: Table | None, values: list[Values]) -> None:
        if table is None:
            connection.commit()
            connection.execute("ANALYZE")
            connection.commit()
            connection.close()
            return
        names = ", ".join(f'"{name}"' for name in _columns(table))
        places = ", ".join("?" for _ in _columns(table))
        connection.executemany(
            f'INSERT INTO "{table.__tablename__}" ({names}) VALUES ({places})',  # noqa: S608 - names of our own tables
            [tuple(_written(value) for value in row) for row in values],
        )

    return put


def _written(value: Any) -> Any:
    """An instant as the store writes it into SQLite."""
    return f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value
