"""`stepwell encryption …`, and what every command says where the keys are missing (SC13)."""

import asyncio
import stat
from pathlib import Path

import pytest

from stepwell.stack import _open_store
from store.database import Database
from store.rootkeys import KeyFolder
from store.sealing import KeysUnavailable
from tests.commands.typed import stepwell
from tests.keys import made_in
from tests.store.seeds import client_row


def _around(folder: Path) -> dict[str, str]:
    return {"STEPWELL_DATABASE": f"sqlite:///{folder / 'stepwell.db'}", "STEPWELL_KEYS": str(folder / "keys")}


def test_SC13_the_first_root_key_is_made_where_the_setting_says(tmp_path: Path) -> None:
    """Before there is a store: for its owner alone, and it says what it means to lose it."""
    said = stepwell("encryption", "new-root", STEPWELL_KEYS=str(tmp_path / "keys"))
    assert said.code == 0, said.err
    assert "apart from the copies of your store" in said.out
    [file] = (tmp_path / "keys").iterdir()
    assert file.name in said.out.replace("\n", "")
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    assert file.read_text().strip() not in said.out
    KeyFolder(tmp_path / "keys").check()


@pytest.mark.parametrize(
    "words",
    ["journey list", "client list", "worker", "serve", "codec", "verify", "store migrate", "encryption status", "key list"],
)
def test_SC13_no_command_begins_without_its_keys(tmp_path: Path, words: str) -> None:
    """Not named, not there, or open to others: one sentence, and how to mend it."""
    around = {**_around(tmp_path), "STEPWELL_CODEC_ORIGINS": "none"}
    unnamed = stepwell(*words.split(), STEPWELL_DATABASE=around["STEPWELL_DATABASE"], STEPWELL_CODEC_ORIGINS="none")
    assert (unnamed.code, "STEPWELL_KEYS" in unnamed.err, "encryption new-root" in unnamed.err) == (6, True, True)
    missing = stepwell(*words.split(), **around)
    assert (missing.code, "cannot be read" in missing.err) == (6, True)
    made_in(tmp_path / "keys")
    (tmp_path / "keys").chmod(0o755)
    opened = stepwell(*words.split(), **around)
    assert (opened.code, "chmod go=" in opened.err) == (6, True)
    assert not (tmp_path / "stepwell.db").exists()


async def _begun(folder: Path) -> None:
    database = Database.open(_around(folder)["STEPWELL_DATABASE"], made_in(folder / "keys"))
    await database.migrate()
    async with database.of("t").begin() as session:
        session.add(client_row())
        await session.flush()
        await database.keys.of_client(session, "t", "ann")
    await database.close()


def test_SC13_other_keys_than_the_stores_own_are_refused(tmp_path: Path) -> None:
    """A folder that was made anew is not what the store was begun with, and nothing is written with it."""
    asyncio.run(_begun(tmp_path))
    (tmp_path / "keys").rename(tmp_path / "backup")
    made_in(tmp_path / "keys")
    said = stepwell("encryption", "status", **_around(tmp_path))
    assert (said.code, "put it back from your backup" in said.err) == (6, True)


async def test_SC13_a_folder_whose_keys_are_gone_gets_no_others(tmp_path: Path) -> None:
    """The embedded stack makes its first root key, and never a second one by itself."""
    first = await _open_store(tmp_path)
    made = KeyFolder(tmp_path / "keys").names()
    async with first.of("t").begin() as session:
        session.add(client_row())
        await session.flush()
        await first.keys.of_client(session, "t", "ann")
    await first.close()
    await (await _open_store(tmp_path)).close()
    assert KeyFolder(tmp_path / "keys").names() == made
    (tmp_path / "keys").rename(tmp_path / "lost")
    with pytest.raises(KeysUnavailable, match="keys"):
        await _open_store(tmp_path)
    assert not (tmp_path / "keys").exists()


def test_a_root_key_is_rotated(tmp_path: Path) -> None:
    """Made, everything wrapped by it, and the older one wraps nothing any more."""
    asyncio.run(_begun(tmp_path))
    around = _around(tmp_path)
    before = stepwell("encryption", "status", "--json", **around).data
    assert stepwell("encryption", "new-root", **around).code == 0
    assert stepwell("encryption", "rotate", "--json", **around).data == {"tenants": 1, "tenant_keys": 1, "client_keys": 1}
    after = stepwell("encryption", "status", "--json", **around).data
    assert before["roots"] == [{"root": before["roots"][0]["root"], "tenant_keys": 1}]
    assert [one["tenant_keys"] for one in after["roots"]] == [0, 2]
    assert (after["client_keys"], after["destroyed"]) == (1, 0)
    assert "wraps new ones" in stepwell("encryption", "status", **around).out
