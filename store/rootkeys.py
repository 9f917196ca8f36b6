"""Root keys: what every other key is wrapped by. They are in no database; whoever loses them has lost everything they wrap."""

import base64
import os
import re
import stat
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from store.ids import new_id
from store.sealing import LENGTH, Key, KeysUnavailable

_NAME = re.compile(r"root-[0-9a-z-]{1,80}")
_ENDING = ".key"
_FEWEST_BYTES = 16
"""Different ones among 32 random bytes: fewer come up once in more lifetimes than there are."""
_SAMPLES = frozenset(
    (
        sha256(bytes(range(LENGTH))).hexdigest(),
        sha256(bytes(range(1, LENGTH + 1))).hexdigest(),
        "783ebd6257979753c2b96aee6df402f28c21cd0899fed85259b0e88792f550c2",
    )
)
"""Keys that stand in public: counting up, and those of our own tests."""


class RootKeys(Protocol):
    """Where root keys are: files of ours, or somebody's key service. Its key never has to leave it."""

    async def newest(self) -> str:
        """The id of the one that wraps from now on. Raises KeysUnavailable."""

    async def wrap(self, root: str, key: Key) -> bytes:
        """The key, wrapped by that root key. Raises KeysUnavailable."""

    async def unwrap(self, root: str, id: str, tenant: str, wrapped: bytes) -> Key:
        """The key again. Raises KeysUnavailable, and NotAuthentic for what was not wrapped so."""


class KeyFolder:
    """Root keys in a folder, one file each: 32 random bytes in base64, readable by their owner alone."""

    def __init__(self, folder: Path, *, not_these: Sequence[bytes] = ()) -> None:
        """`not_these`: secrets that serve another purpose, and may not be a key too."""
        self._folder = folder
        self._used = frozenset(sha256(one).hexdigest() for one in not_these)

    async def newest(self) -> str:
        """The last by name: a name begins with its date."""
        return self.names()[-1]

    async def wrap(self, root: str, key: Key) -> bytes:
        """The key, wrapped by that root key."""
        return self._read(root).wrap(key)

    async def unwrap(self, root: str, id: str, tenant: str, wrapped: bytes) -> Key:
        """The key again."""
        return self._read(root).unwrap(id, tenant, wrapped)

    def names(self) -> list[str]:
        """The ids of all, the oldest first. Raises KeysUnavailable where there is none."""
        try:
            found = sorted(file.stem for file in self._folder.iterdir() if file.suffix == _ENDING)
        except OSError as error:
            raise KeysUnavailable(f"the folder of the root keys, {self._folder}, cannot be read: {error.strerror}") from None
        if not found:
            raise KeysUnavailable(f"there is no root key in {self._folder}; put yours back, or make the first: {HOW_TO_MAKE}")
        return found

    def exist(self) -> bool:
        """Whether there is any."""
        return any(self._folder.glob(f"*{_ENDING}"))

    def check(self) -> None:
        """Raise KeysUnavailable where there is no key, or one that may not be used."""
        known = [self._material(name) for name in self.names()]
        if len({*known}) < len(known):
            raise KeysUnavailable(f"two root keys in {self._folder} are the same; delete the newer one and make another")

    def make(self) -> str:
        """Make one, the newest from now on, and its folder where there is none. Returns its id."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"root-{datetime.now(UTC):%Y%m%dt%H%M%S%f}-{new_id('r')[2:10]}"
        written = base64.b64encode(os.urandom(LENGTH)) + b"\n"
        unfinished = self._folder / f"{name}.part"
        file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(file, written)
            os.fsync(file)
        finally:
            os.close(file)
        unfinished.rename(self._folder / f"{name}{_ENDING}")
        return name

    def _read(self, root: str) -> Key:
        return Key(root, "", self._material(root))

    def _material(self, root: str) -> bytes:
        if not _NAME.fullmatch(root):
            raise KeysUnavailable(f"{root!r} is no name of a root key; it is root-, small letters, digits and dashes")
        file = self._folder / f"{root}{_ENDING}"
        try:
            _refuse_open_to_others(self._folder)
            _refuse_open_to_others(file)
            written = file.read_bytes()
        except FileNotFoundError:
            raise KeysUnavailable(f"the root key {root} is not in {self._folder}; put it back from your backup") from None
        except OSError as error:
            raise KeysUnavailable(f"the root key {file} cannot be read: {error.strerror}") from None
        return self._fit(written, file)

    def _fit(self, written: bytes, file: Path) -> bytes:
        try:
            material = base64.b64decode(written.strip(), validate=True)
        except ValueError:
            material = b""
        if len(material) != LENGTH:
            raise KeysUnavailable(f"{file} does not hold 32 bytes in base64; make another: {HOW_TO_MAKE}")
        mark = sha256(material).hexdigest()
        if mark in _SAMPLES:
            raise KeysUnavailable(f"{file} is a sample that everybody knows; make one of your own: {HOW_TO_MAKE}")
        if mark in self._used:
            raise KeysUnavailable(f"{file} serves another purpose too; a key has one: {HOW_TO_MAKE}")
        if len({*material}) < _FEWEST_BYTES or all(32 <= one < 127 for one in material):
            raise KeysUnavailable(f"{file} is not random; make another: {HOW_TO_MAKE}")
        return material


HOW_TO_MAKE = "stepwell encryption new-root"


def _refuse_open_to_others(what: Path) -> None:
    found = what.stat()
    if found.st_uid not in (os.geteuid(), 0):
        raise KeysUnavailable(f"{what} belongs to somebody else; it has to belong to whoever runs Stepwell")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise KeysUnavailable(f"others may look into {what}; run: chmod go= {what}")
