"""What a journey leaves in PostgreSQL: rows and bytes of each table, indexes too, by made-up lives."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import asyncpg

from bench.database import postgres
from bench.loading import load
from bench.reads import SEED
from tests.postgres import ADMIN, as_role

_SIZES = "SELECT relname, pg_total_relation_size(oid) AS bytes FROM pg_class WHERE relkind = 'r' AND relname = ANY($1)"


class Sizes(NamedTuple):
    """Of so many journeys; by table, for each journey."""

    journeys: int
    rows: dict[str, float]
    bytes: dict[str, float]


async def measure(journeys: int = 5_000) -> Sizes:
    """Fill a store and look how large it is."""
    with postgres(fsync="off", full_page_writes="off") as (server, _):
        url = await server.fresh()
        rows = await load(url, journeys, seed=SEED, now=datetime.now(UTC))
        connection = await asyncpg.connect(as_role(ADMIN, url))
        found = {one["relname"]: one["bytes"] for one in await connection.fetch(_SIZES, [*rows])}
        await connection.close()
    return Sizes(journeys, _each(rows, journeys), _each(found, journeys))


def _each(whole: Mapping[str, int], journeys: int) -> dict[str, float]:
    return {name: number / journeys for name, number in sorted(whole.items())}
