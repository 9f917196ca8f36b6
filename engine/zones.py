"""The zone database, from the locked `tzdata` package and never from the machine (rule T12)."""

from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo


class UnknownZone(ValueError):
    """The name is no zone of the IANA database, such as `Europe/London`."""


@cache
def zone_of(key: str) -> ZoneInfo:
    """The zone of that name; raises UnknownZone."""
    *folders, name = key.split("/")
    if not name or any(not part.replace("_", "").replace("-", "").replace("+", "").isalnum() for part in (*folders, name)):
        raise UnknownZone(f"{key!r} is no time zone; write an IANA name such as 'Europe/London'")
    source = resources.files("tzdata").joinpath("zoneinfo", *folders, name)
    try:
        with source.open("rb") as file:
            return ZoneInfo.from_file(file, key=key)
    except (OSError, ValueError, ModuleNotFoundError):
        raise UnknownZone(f"{key!r} is no time zone; write an IANA name such as 'Europe/London'") from None
