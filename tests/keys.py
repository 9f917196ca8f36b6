"""Root keys for tests: a folder of one's own, or a sample that everybody knows and the product refuses."""

from hashlib import sha256
from pathlib import Path

from store.rootkeys import KeyFolder
from store.sealing import Key

SAMPLE = sha256(b"stepwell: a sample key for tests, known to everybody").digest()


def made_in(folder: Path) -> KeyFolder:
    """The root keys in a folder, the first one made where there is none."""
    roots = KeyFolder(folder)
    if not roots.exist():
        roots.make()
    return roots


class SampleRoots:
    """What stands in for a key service: one root key in memory, always the same."""

    def __init__(self, material: bytes = SAMPLE, name: str = "root-sample") -> None:
        self._root = Key(name, "", material)

    async def newest(self) -> str:
        """The only one."""
        return self._root.id

    async def wrap(self, root: str, key: Key) -> bytes:
        """The key, wrapped."""
        assert root == self._root.id
        return self._root.wrap(key)

    async def unwrap(self, root: str, id: str, tenant: str, wrapped: bytes) -> Key:
        """The key again."""
        assert root == self._root.id
        return self._root.unwrap(id, tenant, wrapped)
