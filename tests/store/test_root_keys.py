"""Root keys in files: made for their owner alone, and none is taken that anybody could know (SC13)."""

import base64
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from store.rootkeys import KeyFolder
from store.sealing import KeysUnavailable, new_key
from tests.keys import SAMPLE, made_in


def _write(folder: Path, material: bytes, name: str = "root-1") -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"{name}.key"
    file.write_bytes(base64.b64encode(material))
    file.chmod(0o600)
    return file


async def test_SC13_what_is_made_is_for_its_owner_alone_and_good(tmp_path: Path) -> None:
    """The folder and the file; what it wrapped, it unwraps."""
    roots = made_in(tmp_path / "keys")
    roots.check()
    name = await roots.newest()
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "keys" / f"{name}.key").stat().st_mode) == 0o600
    key = new_key("tky_1", "t")
    again = await roots.unwrap(name, "tky_1", "t", await roots.wrap(name, key))
    assert again.open("store", key.seal("store", b"x", b""), b"") == b"x"


async def test_the_newest_wraps_and_the_older_ones_unwrap(tmp_path: Path) -> None:
    """Names sort by when they were made."""
    roots = made_in(tmp_path / "keys")
    first, key = await roots.newest(), new_key("tky_1", "t")
    wrapped = await roots.wrap(first, key)
    second = roots.make()
    assert (await roots.newest(), roots.names()) == (second, [first, second])
    assert (await roots.unwrap(first, "tky_1", "t", wrapped)).id == "tky_1"


@pytest.mark.parametrize(
    ("material", "words"),
    [
        (os.urandom(31), "32 bytes"),
        (os.urandom(64), "32 bytes"),
        (b"", "32 bytes"),
        (bytes(32), "not random"),
        (b"correct horse battery staple ok!", "not random"),
        (bytes(range(32)), "sample"),
        (SAMPLE, "sample"),
    ],
    ids=["short", "long", "empty", "zeros", "words", "counted", "sample"],
)
def test_SC13_a_key_that_somebody_could_know_is_refused(tmp_path: Path, material: bytes, words: str) -> None:
    """With what to do about it."""
    _write(tmp_path / "keys", material)
    with pytest.raises(KeysUnavailable, match=words) as refused:
        KeyFolder(tmp_path / "keys").check()
    assert base64.b64encode(material).decode() not in str(refused.value) or not material


def test_SC13_what_serves_another_purpose_is_refused(tmp_path: Path) -> None:
    """The same bytes as a secret of something else, and the same key under two names."""
    material = os.urandom(32)
    _write(tmp_path / "keys", material)
    KeyFolder(tmp_path / "keys").check()
    with pytest.raises(KeysUnavailable, match="another purpose"):
        KeyFolder(tmp_path / "keys", not_these=[material]).check()
    _write(tmp_path / "keys", material, "root-2")
    with pytest.raises(KeysUnavailable, match="the same"):
        KeyFolder(tmp_path / "keys").check()


def _missing_folder(folder: Path) -> None:
    (folder / "root-1.key").unlink()
    folder.rmdir()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: (folder / "root-1.key").chmod(0o640), "chmod go="),
        (lambda folder: (folder / "root-1.key").chmod(0o604), "chmod go="),
        (lambda folder: folder.chmod(0o750), "chmod go="),
        (lambda folder: (folder / "root-1.key").unlink(), "no root key"),
        (_missing_folder, "cannot be read"),
        (lambda folder: (folder / "root-1.key").write_text("not base64!"), "32 bytes"),
    ],
    ids=["group", "world", "folder", "missing", "no folder", "no base64"],
)
def test_SC13_a_key_that_others_may_read_or_that_is_none_is_refused(
    tmp_path: Path, change: Callable[[Path], object], words: str
) -> None:
    """And the text says how to mend it."""
    _write(tmp_path / "keys", os.urandom(32))
    roots = KeyFolder(tmp_path / "keys")
    roots.check()
    change(tmp_path / "keys")
    with pytest.raises(KeysUnavailable, match=words):
        roots.check()


async def test_a_name_is_no_path(tmp_path: Path) -> None:
    """What stands in the database does not say which file is read."""
    roots = made_in(tmp_path / "keys")
    with pytest.raises(KeysUnavailable, match="no name"):
        await roots.unwrap("../../etc/passwd", "tky_1", "t", b"")
