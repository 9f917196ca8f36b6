"""Circuit breakers: who does not answer is left alone for a while, then tried once."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_TOO_MANY = 5
"""Failures without a success between them."""
_FIRST_PAUSE = 30.0
_LONGEST_PAUSE = 300.0
_MOST = 10_000


class CircuitOpen(Exception):
    """It is left alone for so many seconds more."""

    def __init__(self, seconds: float) -> None:
        super().__init__("it has failed several times and is left alone for a while")
        self.seconds = seconds


@dataclass
class _Circuit:
    failures: int = 0
    closed_at: float = 0.0


class Circuits:
    """One breaker for each name, in this process. Times are seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._circuits: OrderedDict[str, _Circuit] = OrderedDict()

    def enter(self, name: str) -> None:
        """Say that a request is about to go out. Raises CircuitOpen; after a pause the first one may try."""
        circuit = self._circuits.get(name)
        if circuit is None:
            return
        left = circuit.closed_at - self._clock()
        if left > 0:
            raise CircuitOpen(left)
        if circuit.failures >= _TOO_MANY:
            circuit.closed_at = self._clock() + _FIRST_PAUSE  # nobody else until it is known how this one went

    def succeeded(self, name: str) -> None:
        """It answers."""
        self._circuits.pop(name, None)

    def failed(self, name: str) -> None:
        """It did not answer, or said that it cannot."""
        circuit = self._of(name)
        circuit.failures += 1
        beyond = circuit.failures - _TOO_MANY
        if beyond >= 0:
            self.hold(name, _FIRST_PAUSE * 2 ** min(beyond, 10))

    def hold(self, name: str, seconds: float) -> None:
        """Leave it alone for so long, five minutes at most."""
        circuit = self._of(name)
        circuit.closed_at = max(circuit.closed_at, self._clock() + min(seconds, _LONGEST_PAUSE))

    def _of(self, name: str) -> _Circuit:
        circuit = self._circuits.setdefault(name, _Circuit())
        self._circuits.move_to_end(name)
        if len(self._circuits) > _MOST:
            self._circuits.popitem(last=False)
        return circuit
