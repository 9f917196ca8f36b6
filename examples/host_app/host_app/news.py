"""What Stepwell told this host of: which journeys have changed since their practitioner last looked."""

from collections import Counter, OrderedDict

_MOST = 10_000


class News:
    """Counts by journey, in memory: a real host keeps them with its own data."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._changes: Counter[str] = Counter()

    def hear(self, event: str, journey: str) -> None:
        """An event about a journey; the same event twice is one (Stepwell may repeat itself)."""
        if event in self._seen:
            return
        self._seen[event] = None
        if len(self._seen) > _MOST:
            self._seen.popitem(last=False)
        self._changes[journey] += 1

    def of(self, journey: str) -> int:
        """How many changes nobody has looked at."""
        return self._changes[journey]

    def look(self, journey: str) -> None:
        """Somebody looks now."""
        self._changes.pop(journey, None)
