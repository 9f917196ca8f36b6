"""Processes that read another time of day."""

from pathlib import Path


def wrong_by(much: str) -> dict[str, str]:
    """The surroundings of a process whose clock is wrong, by `+1h` or so; how time passes for it stays as it is."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    assert library is not None, "the tests need libfaketime; on Debian: apt-get install faketime"
    return {"LD_PRELOAD": str(library), "FAKETIME": much, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
