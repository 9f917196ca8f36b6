"""On which terms callers come in: whose tokens count, how much they may ask for."""

from collections.abc import Mapping
from typing import NamedTuple

from stepwell.api.identity import MOST_WRONG
from stepwell.api.limits import RATES
from stepwell.api.tokens import Tokens


class Terms(NamedTuple):
    """What a deployer decides about the door."""

    tokens: Tokens | None = None
    rates: Mapping[str, int] = RATES
    most_wrong: int = MOST_WRONG
