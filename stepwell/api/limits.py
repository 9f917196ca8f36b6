"""How much a caller may ask for: a rate for each credential, and how deep and how full a body may be.

A rate is a bucket: it holds ten seconds' worth and fills steadily. Each gateway counts for itself.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from math import ceil
from typing import NamedTuple

from stepwell.access import Caller
from stepwell.api.problems import ApiError

WINDOW = 10
"""Seconds that a full bucket is worth."""
RATES: Mapping[str, int] = {"host": 300, "practitioner": 50, "client": 10, "operator": 50}
"""Requests a second, by kind of caller."""
DEEPEST = 40
MOST_VALUES = 20_000
_MOST_BUCKETS = 50_000
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"')
_BRACKET = re.compile(rb"[\[\]{}]")


class Standing(NamedTuple):
    """Where a caller stands with their limit."""

    quota: int
    remaining: int
    wait: float
    """Seconds until the next request is welcome; 0: this one is."""
    refills_in: int

    def headers(self, kind: str) -> dict[str, str]:
        """As the IETF's draft on rate limit headers has it."""
        return {
            "ratelimit-policy": f'"{kind}";q={self.quota};w={WINDOW}',
            "ratelimit": f'"{kind}";r={self.remaining};t={self.refills_in}',
        }


class Limiter:
    """Counts requests by credential and person."""

    def __init__(self, rates: Mapping[str, int] = RATES, clock: Callable[[], float] = time.monotonic) -> None:
        self._rates = {**RATES, **rates}
        self._clock = clock
        self._full_again: OrderedDict[tuple[str, ...], float] = OrderedDict()
        """When each bucket will be full; who is not here has a full one."""

    def take(self, caller: Caller) -> Standing:
        """One request of a caller's."""
        rate = self._rates[caller.kind]
        quota, each = rate * WINDOW, 1 / rate
        now = self._clock()
        name = (caller.tenant, caller.credential, caller.kind, caller.id or "")
        full_again = max(self._full_again.pop(name, now), now)
        is_welcome = full_again + each - now <= WINDOW
        if is_welcome:
            full_again += each
        self._full_again[name] = full_again
        if len(self._full_again) > _MOST_BUCKETS:
            self._full_again.popitem(last=False)  # whoever has been quiet the longest
        used = full_again - now
        wait = 0.0 if is_welcome else used + each - WINDOW
        return Standing(quota, max(0, int(quota - used / each)), wait, ceil(used))


def refuse_beyond(standing: Standing, headers: Mapping[str, str]) -> None:
    """Raise ApiError 429 where the caller has to wait."""
    if standing.wait > 0:
        after = {"retry-after": str(max(1, ceil(standing.wait))), **headers}
        raise ApiError(429, "too_many_requests", "that was too much at once; go on after Retry-After seconds", after)


def refuse_overfull(body: bytes) -> None:
    """Raise ApiError 422 for JSON that nests too deeply or holds too much, before anybody reads it."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST and body.count(b",") + body.count(b":") <= MOST_VALUES:
        return
    bare = _STRING.sub(b"", body)
    if bare.count(b",") + bare.count(b":") > MOST_VALUES:
        raise ApiError(422, "too_many_values", f"a body may hold {MOST_VALUES:,} values; send less at once")
    depth = 0
    for one in _BRACKET.findall(bare):
        depth += 1 if one in b"[{" else -1
        if depth > DEEPEST:
            raise ApiError(422, "too_deep", f"a body may nest {DEEPEST} deep")
