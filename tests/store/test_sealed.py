"""What people say and who they are is nowhere in the database but sealed: for its row and column, with the key of whom it is about."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from alembic import command
from sqlalchemy import JSON, Connection, LargeBinary, Table, delete, event, insert, select, text, type_coerce, update
from sqlalchemy.exc import StatementError
from sqlmodel import SQLModel, col
from sqlmodel.sql.sqltypes import AutoString

from engine.base import StepId
from store import audit, past, renames
from store.database import Database, _alembic
from store.keyring import Keyring
from store.rotation import rotate
from store.sealed import Ciphertext
from store.sealing import FIRST_BYTE, KeyDestroyed, KeysUnavailable, NotAuthentic
from store.sessions import new_session, sealed_columns
from store.tables import (
    AddedStepRow,
    AlertRow,
    AuditRow,
    BulkItemRow,
    BulkJobRow,
    ClientGroupRow,
    ClientRow,
    EndpointRow,
    EventRow,
    JourneyRow,
    PostRow,
    PractitionerRow,
    RatingRow,
    ResponseDraftRow,
    ResponseRow,
    TailoringRow,
    all_tables,
)
from tests.keys import SampleRoots
from tests.postgres import ADMIN, as_role
from tests.store.seeds import NOW, client_row, journey_row

CANARY = "zq-canary"
IN_THE_CLEAR = {
    "an id": """
        client.practitioner journey.practitioner journey.request journey.enrolment_key occurrence.response_id contact.id
        contact.letter notification.id notification.merged_into audit.object""",
    "ids": """
        journey.parent journey.risks journey.retired journey.renamed notification.occurrences contact.effect outgoing.data
        erasure.executions""",
    "a choice of ours": """
        client.language client.zone client.opted_out client.quiet_from client.quiet_to client.preferred_from
        client.preferred_to practitioner.language journey.status journey.zone api_key.scopes endpoint.types""",
    "a sentence of ours": """
        bulk_item.message group_member.message notification.skipped notification.failed endpoint.disabled_why delivery.failed""",
    "written for everybody": """
        pathway_draft.source pathway_version.source pathway_version.structure pathway_version.contents
        pathway_version.fingerprint library_step.step client_group.dates""",
    "a search by ids": "saved_view.query",
    "sealed by its own means": "idempotency.sealed",
}
"""Columns that could hold words and hold none of anybody's, by what they hold."""


def everything(client: str = "ann", journey: str = "j") -> list[SQLModel]:
    """A row of every table with sealed columns, about one client or for their tenant, each with marked words in all of them."""
    said, of_step = {"said": f"{CANARY} {client}"}, {"journey": journey, "occurrence": "mood.1"}
    words = f"{CANARY} {client}"
    return [
        client_row(
            client,
            display_name=words,
            channels=[{"kind": "email", "address": f"{CANARY}@example.org"}],
            held_by=words,
            held_reason=words,
            consent_text=words,
        ),
        PractitionerRow(tenant="t", id=f"dr-{client}", display_name=words, email=f"{CANARY}@example.org", created_at=NOW),
        journey_row(client, id=journey, dates=said),
        _response(client, journey, said),
        ResponseDraftRow(**of_step, by_role="client", payload=said, saved_at=NOW),
        AlertRow(
            **of_step,
            id=f"alert-{client}",
            tenant="t",
            response_id=f"r-{client}",
            rules=[words],
            raised_at=NOW,
            acknowledged_by=words,
            reason=words,
        ),
        PostRow(**of_step, tenant="t", id=f"p-{client}", role="client", text=words, at=NOW),
        RatingRow(**of_step, measure="helped", value=4711, at=NOW),
        TailoringRow(journey=journey, step="mood", number=1, words=said, reason=words, at=NOW),
        AddedStepRow(journey=journey, step="own", structure=said, content=said, added_at=NOW),
        EventRow(journey=journey, seq=1, kind="journey_stopped", at=NOW, body={"reason": words}),
        EndpointRow(
            id=f"end-{client}", tenant="t", url=f"https://{CANARY}.example.org", types=[], secrets=[said], created_at=NOW
        ),
        AuditRow(tenant="t", at=NOW, actor="olga", action="held", object=client, reason=words, salt=f"{CANARY}", digest=client),
        BulkJobRow(id=f"bulk-{client}", tenant="t", action="stop", arguments=said, by_role="operator", created_at=NOW),
        BulkItemRow(job=f"bulk-{client}", journey=journey, state="ready", difference=said),
        ClientGroupRow(
            id=f"grp-{client}",
            tenant="t",
            name=words,
            pathway="tutorial",
            version=1,
            dates={},
            again="reject",
            late_joiners="start",
            wave_size=0,
            wave_seconds=0,
            per_second=1.0,
            by_role="operator",
            created_at=NOW,
        ),
    ]


def _response(client: str, journey: str, payload: dict[str, Any]) -> ResponseRow:
    return ResponseRow(
        tenant="t",
        id=f"r-{client}",
        journey=journey,
        occurrence="mood.1",
        by_role="client",
        payload=payload,
        outcome=payload,
        visibility="client_only",
        received_at=NOW,
        accepted_at=NOW,
        fingerprint=f"{CANARY}",
    )


async def _keep(database: Database, rows: list[SQLModel]) -> None:
    async with database.begin() as session:
        for row in rows:
            session.add(row)
            await session.flush()


@pytest_asyncio.fixture
async def full(database: Database) -> Database:
    """Everything of Ann's and of Bob's."""
    await _keep(database, everything())
    await _keep(database, everything("bob", "k"))
    return database


async def _dump(database: Database) -> bytes:
    """Every byte that the database holds: the file with its log, or every column of every table."""
    if database.is_sqlite:
        file = Path(str(database._engine.url.database))
        return b"".join(part.read_bytes() for part in file.parent.glob(f"{file.name}*"))
    server = await asyncpg.connect(as_role(ADMIN, _url(database)))  # above every policy: nothing is hidden from it
    found = []
    for [table] in await server.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        for row in await server.fetch(f'SELECT * FROM "{table}"'):  # noqa: S608 - names of our own tables
            found += [value if isinstance(value, bytes) else str(value).encode() for value in row.values()]
    await server.close()
    return b"\0".join(found)


def _table(row: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(row.__tablename__)]


async def _kept(database: Database, row: type[SQLModel], name: str) -> list[bytes]:
    """The values of a sealed column as they are kept, in order of what they belong to."""
    table = _table(row)
    async with database.of_every_tenant().read() as session:
        query = select(type_coerce(table.c[name], LargeBinary)).order_by(*table.primary_key.columns)
        return [bytes(one) for one in (await session.scalars(query)).all() if one is not None]


async def _put(database: Database, row: type[SQLModel], name: str, value: bytes, **where: Any) -> None:
    """Write bytes over a sealed column, as somebody with the database in their hands would."""
    table = _table(row)
    async with database.begin() as session:
        mine = [table.c[column] == what for column, what in where.items()]
        await session.execute(update(table).where(*mine).values({name: Ciphertext(value)}))


def test_every_table_with_sealed_columns_is_tried_here() -> None:
    """A table that comes later is not forgotten, and every sealed column of each has marked words."""
    rows = {type(row): row for row in everything()}
    assert set(sealed_columns()) == set(rows)
    for table, names in sealed_columns().items():
        for name in names:
            assert CANARY in json.dumps(getattr(rows[table], name)) or table is RatingRow


def test_no_column_that_could_hold_words_is_left_in_the_clear_unnoticed() -> None:
    """Whoever adds a text without a narrow limit, or a column of JSON, seals it or says here why it is nobody's words."""
    clear = {
        f"{table.__tablename__}.{column.name}"
        for table in all_tables()
        for column in table.__table__.columns
        if isinstance(column.type, JSON | AutoString)
        if (getattr(column.type, "length", None) or 1000) > 120
    }
    assert clear == {name for names in IN_THE_CLEAR.values() for name in names.split()}


async def test_SC08_no_word_of_anybodys_is_in_the_database(full: Database) -> None:
    """Neither in the file and its log nor in any column; and all of it is read by whoever has the keys."""
    found = await _dump(full)
    assert b"journey_stopped" in found, "it is the database that was looked at"
    assert CANARY.encode() not in found
    async with full.read() as session:
        for table, names in sealed_columns().items():
            rows = (await session.scalars(select(table))).all()
            assert len(rows) == 2
            assert all(CANARY in json.dumps(getattr(row, name)) or table is RatingRow for row in rows for name in names)


async def test_SC08_a_canary_in_the_clear_would_be_found(full: Database) -> None:
    """The search above searches."""
    async with full.begin() as session:
        await session.execute(update(JourneyRow).values(zone=CANARY))
    assert CANARY.encode() in await _dump(full)


async def test_everybodys_values_have_their_own_key(full: Database) -> None:
    """A client's the client's, a tenant's the tenant's; of the audit those about a client theirs."""
    async with full.read() as session:
        ann = (await full.keys.of_client(session, "t", "ann")).id
        ours = (await full.keys.of_tenant(session, "t")).id
    for table, names in sealed_columns().items():
        for name in names:
            of_tenant = table in (PractitionerRow, EndpointRow, BulkJobRow, ClientGroupRow)
            assert (ours if of_tenant else ann).encode() in (await _kept(full, table, name))[0]


@pytest.mark.parametrize(("object_", "whose"), [("j/mood.1", "ann"), ("j", "ann"), ("end-ann", None), ("nobody", None)])
async def test_a_reason_in_the_audit_has_the_key_of_whom_it_is_about(full: Database, object_: str, whose: str | None) -> None:
    """By what it is about: a client, a journey of theirs, what is in it; else it is the tenant's."""
    async with full.begin() as session:
        await audit.append(session, AuditRow(tenant="t", at=NOW, actor="o", action="x", object=object_, reason=CANARY))
        key = await (full.keys.of_client(session, "t", whose) if whose else full.keys.of_tenant(session, "t"))
    assert key.id.encode() in (await _kept(full, AuditRow, "reason"))[-1]


async def test_SC11_what_is_swapped_does_not_open(full: Database) -> None:
    """Between two clients, two rows of one client, or two columns of one row."""
    ann, bob = await _kept(full, ResponseRow, "payload")
    [outcome, _] = await _kept(full, ResponseRow, "outcome")
    await _keep(full, [_other(await _read(full, "r-ann"))])
    for wrong in (bob, outcome, (await _kept(full, ResponseRow, "payload"))[2]):
        await _put(full, ResponseRow, "payload", wrong, id="r-ann")
        with pytest.raises(NotAuthentic):
            await _read(full, "r-ann")
    await _put(full, ResponseRow, "payload", ann, id="r-ann")
    assert (await _read(full, "r-ann")).payload == {"said": f"{CANARY} ann"}


def _other(row: ResponseRow) -> ResponseRow:
    return ResponseRow(**{**row.model_dump(), "id": "r-other"})


async def _read(database: Database, response: str) -> ResponseRow:
    async with database.read() as session:
        return await session.get_one(ResponseRow, ("t", response))


async def test_SC11_one_bit_changed_is_noticed(full: Database) -> None:
    """Anywhere: in the key's name, the nonce, the text or the tag."""
    kept = (await _kept(full, ResponseRow, "payload"))[0]
    for at in range(len(kept)):
        flipped = kept[:at] + bytes((kept[at] ^ 1,)) + kept[at + 1 :]
        await _put(full, ResponseRow, "payload", flipped, id="r-ann")
        with pytest.raises((NotAuthentic, KeysUnavailable)):
            await _read(full, "r-ann")


async def test_SC12_what_is_in_the_clear_is_refused(full: Database) -> None:
    """Whoever writes into the database writes nothing that is believed."""
    for plain in (b'{"said": "something else"}', b"", b"null"):
        await _put(full, ResponseRow, "payload", plain, id="r-ann")
        with pytest.raises(NotAuthentic):
            await _read(full, "r-ann")


async def test_what_goes_round_our_sessions_fails(full: Database) -> None:
    """Nothing in the clear gets in by a statement, and what comes out of a column by itself is of no use."""
    table = _table(PostRow)
    row = {"tenant": "t", "id": "x", "journey": "j", "occurrence": "a.1", "role": "client", "at": NOW}
    for statement in (
        update(PostRow).values(text=CANARY),
        update(table).values(text=CANARY),
        insert(PostRow).values(**row, text=CANARY),
        insert(table).values(**row, text=CANARY),
        select(PostRow).where(col(PostRow.text) == CANARY),
    ):
        async with full.begin() as session:
            with pytest.raises(StatementError, match="in the clear") as failed:
                await session.execute(statement)
            assert CANARY not in str(failed.value), "SC09: what was refused is not repeated"
            await session.rollback()
    async with full.read() as session:
        [one, _] = (await session.scalars(select(PostRow.text))).all()
    assert isinstance(one, Ciphertext)
    assert not hasattr(one, "__dict__")


async def test_SC16_rows_that_come_back_stay_unreadable(full: Database) -> None:
    """Rows of a deleted client, put back from a copy, open for nobody; others' do."""
    tables = [_table(one) for one in (ClientRow, JourneyRow, ResponseRow, PostRow)]
    async with full.begin() as session:
        copies = [(table, (await session.execute(select(table).where(_is_anns(table)))).mappings().all()) for table in tables]
        for table in reversed([_table(one) for one in all_tables() if "journey" in one.__table__.c or one is ClientRow]):
            if table.name != "client":
                await session.execute(delete(table).where(_is_anns(table)))
        for table in reversed(tables):
            await session.execute(delete(table).where(_is_anns(table)))
        await full.keys.destroy(session, "t", "ann")
    async with full.begin() as session:
        for table, rows in copies:
            for row in rows:
                await session.execute(insert(table).values(**row))
    for keys in (full.keys, Keyring(full, SampleRoots())):
        for query in (select(ResponseRow), select(ClientRow), select(PostRow)):
            async with new_session(full._engine, keys, "t") as session:
                with pytest.raises(KeyDestroyed):
                    await session.scalars(query)
                table = query.column_descriptions[0]["entity"]
                bobs = {"client": "bob", "response": "r-bob", "post": "p-bob"}[table.__tablename__]
                assert CANARY in str(await session.get(table, ("t", bobs)))


def _is_anns(table: Table) -> Any:
    if table.name == "client":
        return table.c.id == "ann"
    return table.c.id == "j" if table.name == "journey" else table.c.journey == "j"


async def test_SC28_no_key_and_no_word_stands_in_what_a_session_says(full: Database) -> None:
    """Not in the texts of sessions and ciphertexts."""
    async with full.read() as session:
        key = await full.keys.of_client(session, "t", "ann")
        told = repr(session) + repr(session.info) + repr(full.keys) + repr(key) + str(Ciphertext(b"abc"))
    assert repr(key._material)[2:-1] not in told
    assert "abc" not in told


async def test_SC11_after_a_rotation_everything_is_readable(full: Database) -> None:
    """What was sealed before with the tenant's older key, and what is sealed now with the new one."""
    await rotate(full)
    fresh = Database(full._engine, SampleRoots()).of("t")
    async with fresh.begin() as session:
        assert CANARY in (await session.get_one(PractitionerRow, ("t", "dr-ann"))).display_name
        session.add(PractitionerRow(tenant="t", id="dr-new", display_name="new", created_at=NOW))
    old, _, new = await _kept(full, PractitionerRow, "display_name")
    assert old[2:32] != new[2:32]
    async with fresh.read() as session:
        assert {row.id for row in await session.scalars(select(PractitionerRow))} == {"dr-ann", "dr-bob", "dr-new"}


async def test_keys_that_are_away_are_a_denial(full: Database) -> None:
    """SC30: nothing is shown and nothing kept, in the clear least of all."""
    away = Database(full._engine).of("t")
    async with away.read() as session:
        with pytest.raises(KeysUnavailable):
            await session.get(ResponseRow, ("t", "r-ann"))
    with pytest.raises(KeysUnavailable):
        await _keep(away, [PostRow(tenant="t", id="n", journey="j", occurrence="a.1", role="client", text=CANARY, at=NOW)])
    assert CANARY.encode() not in await _dump(full)


async def test_a_row_holds_its_values_before_and_after_it_is_written(database: Database) -> None:
    """Also where the writing comes to nothing."""
    ann = client_row(display_name="Ann")
    async with database.begin() as session:
        session.add(ann)
        await session.flush()
        assert (ann.display_name, ann in session.dirty) == ("Ann", False)
        ann.display_name = "Anna"
        await session.flush()
        assert ann.display_name == "Anna"
        ann.display_name = "Nobody"
        await session.rollback()
    await _keep(database, [ann := client_row(display_name="Ann")])
    again = client_row(display_name="Ann again")
    with pytest.raises(Exception, match=r"UNIQUE|duplicate|unique"):
        await _keep(database, [again])
    assert again.display_name == "Ann again"
    async with database.read() as session:
        assert (await session.get_one(ClientRow, ("t", "ann"))).display_name == "Ann"


async def test_a_change_reads_nothing_and_seals_what_has_changed(full: Database) -> None:
    """A name changed leaves the address as it was kept."""
    before = (await _kept(full, ClientRow, "channels"))[0], (await _kept(full, ClientRow, "display_name"))[0]
    async with full.begin() as session:
        row = await session.get_one(ClientRow, ("t", "ann"))
        row.display_name, row.language = "Anna", "nl"
    after = (await _kept(full, ClientRow, "channels"))[0], (await _kept(full, ClientRow, "display_name"))[0]
    assert (before[0] == after[0], before[1] == after[1]) == (True, False)
    async with full.read() as session:
        assert (await session.get_one(ClientRow, ("t", "ann"))).display_name == "Anna"


async def test_E2_what_is_called_otherwise_is_sealed_for_its_new_name(full: Database) -> None:
    """A rating, a draft, words of one's own and a step of one's own are read by the new name of their step."""
    async with full.begin() as session:
        await renames.rename(session, "j", {StepId("mood"): StepId("phq9"), StepId("own"): StepId("mine")})
    async with full.read() as session:
        assert (await session.get_one(RatingRow, ("j", "phq9.1", "helped"))).value == 4711
        assert CANARY in str((await session.get_one(ResponseDraftRow, ("j", "phq9.1", "client"))).payload)
        assert CANARY in (await session.get_one(TailoringRow, ("j", "phq9", 1))).reason
        assert CANARY in str((await session.get_one(AddedStepRow, ("j", "mine"))).content)


async def test_a_list_gets_its_keys_in_one_go(database: Database) -> None:
    """However many people are in it: the keys that are not at hand are asked for together."""
    await _keep(database, [client_row(f"c{number}", display_name=f"c{number}") for number in range(30)])
    asked = []
    cold = Database(database._engine, SampleRoots()).of("t")

    def note(*arguments: Any) -> None:
        asked.append(arguments[2])

    event.listen(database._engine.sync_engine, "before_cursor_execute", note)
    async with cold.read() as session:
        assert len({row.display_name for row in await session.scalars(select(ClientRow))}) == 30
    event.remove(database._engine.sync_engine, "before_cursor_execute", note)
    assert len([one for one in asked if one != "BEGIN"]) == 3, "the clients, their keys, the key of the tenant"


async def test_outcomes_are_read_without_what_was_answered(full: Database) -> None:
    """Trying a draft on the past opens no answer."""
    await _put(full, ResponseRow, "payload", b"cannot be opened", id="r-ann")
    async with full.read() as session:
        assert CANARY in str(await past.outcomes_of(session, ["j"]))


@pytest_asyncio.fixture
async def old(empty_url: str) -> AsyncIterator[Database]:
    """A store as it was before anything was sealed, with marked words in every column that is sealed today."""
    database = Database.open(empty_url, SampleRoots())

    def to_before(connection: Connection) -> None:
        config = _alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)

    async with database._writer.begin() as connection:
        await connection.run_sync(to_before)
        for row in (*everything(), *everything("bob", "k"), client_row("cleo", "u", display_name=CANARY)):
            table = _table(type(row))
            names = [column.name for column in table.columns if getattr(row, column.name) is not None]
            places = ", ".join(f":{name}" for name in names)
            words = ", ".join(f'"{name}"' for name in names)
            values = {name: _as_it_was(getattr(row, name), database.is_sqlite, type(row), name) for name in names}
            await connection.execute(text(f'INSERT INTO "{table.name}" ({words}) VALUES ({places})'), values)  # noqa: S608
    yield database
    await database.close()


BEFORE = "0010"


def _as_it_was(value: Any, is_sqlite: bool, table: type[SQLModel], name: str) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value)
    if isinstance(value, datetime) and is_sqlite:
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value


async def test_a_store_from_before_goes_on_and_nothing_is_left_in_the_clear(old: Database) -> None:
    """Tables, values and what had been in the files' free places; a second time does nothing."""
    assert CANARY.encode() in await _dump(old)
    await old.migrate()
    await old.check()
    assert CANARY.encode() not in await _dump(old)
    await old.migrate()
    async with old.of("t").read() as session:
        for mine in everything():
            if type(mine) in sealed_columns():
                keys = [one.name for one in _table(type(mine)).primary_key if getattr(mine, one.name) is not None]
                mark = [col(getattr(type(mine), name)) == getattr(mine, name) for name in keys]
                kept = (await session.scalars(select(type(mine)).where(*mark))).first()
                assert all(getattr(kept, name) == getattr(mine, name) for name in sealed_columns()[type(mine)])


async def test_a_sealing_that_was_cut_off_goes_on(old: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until its end the store counts as outdated, so nobody works with half of it."""
    monkeypatch.setattr("store.encrypting.A_BATCH", 1)
    cut_off = Database.open(_url(old), _Once())
    with pytest.raises(KeysUnavailable):
        await cut_off.migrate()
    with pytest.raises(Exception, match="stepwell store migrate"):
        await cut_off.check()
    await cut_off.close()
    await old.migrate()
    await old.check()
    assert CANARY.encode() not in await _dump(old)
    for table, names in sealed_columns().items():
        for name in names:
            assert all(one.startswith(FIRST_BYTE) for one in await _kept(old, table, name))


def _url(database: Database) -> str:
    return database._engine.url.render_as_string(hide_password=False).replace("+asyncpg", "").replace("+aiosqlite", "")


class _Once(SampleRoots):
    """A key service that goes away after it has served once."""

    def __init__(self) -> None:
        super().__init__()
        self._served = 0

    async def wrap(self, root: str, key: Any) -> bytes:
        """Once."""
        self._served += 1
        if self._served > 1:
            raise KeysUnavailable("gone")
        return await super().wrap(root, key)
