"""A PostgreSQL server of a measure's own; gone afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres import Postgres

_LASTING = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB"}
"""As it is by itself: what is committed outlives the power of the machine."""


@contextmanager
def postgres(**settings: str) -> Iterator[tuple[Postgres, int]]:
    """One, and the id of its process; `settings` instead of its own."""
    folder = Path(tempfile.mkdtemp(prefix="stepwell-bench-"))
    folder.chmod(0o755)
    server = Postgres(folder, **_LASTING | settings)
    try:
        server.create()
        server.start()
        yield server, int((server.data / "postmaster.pid").read_text().split()[0])
    finally:
        server.stop()
        shutil.rmtree(folder)
