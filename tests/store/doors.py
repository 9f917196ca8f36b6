"""The front door over a store alone, for what asks nothing of Temporal."""

from typing import Any

from engine.steps import step_types
from stepwell import Stepwell
from stepwell.access import Caller
from store.database import Database


def door(database: Database, **caller: Any) -> Stepwell:
    """The process's handle in tenant t, or that of a caller."""
    nobody: Any = None
    handle = Stepwell(database, nobody, "t", step_types())
    return handle.called_by(Caller(tenant="t", **caller)) if caller else handle
