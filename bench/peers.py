"""The same job by ours and by others: by hand on plain Temporal, and on DBOS without a server for workflows.

Ours is set beside each of them on the same kind of database: on files beside the course written by hand, on PostgreSQL beside DBOS
(our Temporal stays on a file). Each peer has processes and servers of its own, with the same settings. In each round both do the job
as fast as it goes, then at a pace, one after the other, the order changing from round to round; what counts is the ratio of each pair,
and of those the middle. A round before them does not count, in which everything is loaded.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import astuple, dataclass
from math import ceil
from statistics import median

from bench.byhand.peer import ByHand, by_hand
from bench.histories import Cost, cost_of
from bench.job import STEPS, Peer, Rush, Spent, alone, open_journeys, paced, rush
from bench.mailbox import Mailbox
from bench.ours import Ours, ours, ours_on_postgres


@dataclass(frozen=True)
class Size:
    """How much is done."""

    rounds: int = 5
    rushing: int = 30
    """Journeys as fast as it goes, in each half of a round."""
    pacing: int = 6
    """Clients that answer at a pace, in each half of a round."""
    staying: int = 100
    """Courses that stay open while memory is measured."""
    long: int = 15
    """Steps of the course that says, beside one of the usual length, what one step more costs."""


@dataclass(frozen=True)
class Side:
    """What one peer did."""

    name: str
    steps: int
    """In each journey."""
    journeys_a_second: tuple[float, ...]
    """In each round."""
    p50: tuple[float, ...]
    """Seconds from an answer to the next mail, paced, in each round."""
    p95: tuple[float, ...]
    spent: Spent
    """For each step, as fast as it goes."""
    memory: float
    """Bytes of the worker for each open course."""
    in_a_rush: Cost | None
    """For each step, of a course that was lived among many."""
    at_rest: Cost | None
    """For each step more, where everything is done before the next answer comes."""


@dataclass(frozen=True)
class Pairing:
    """Ours beside another."""

    ours: Side
    other: Side
    rate_ratio: float
    """Our journeys a second for each of theirs."""
    p50_ratio: float
    """Our seconds from an answer to the next mail for each of theirs."""
    repeated_mails: int


async def beside_plain(size: Size = Size()) -> Pairing:
    """Ours and the course written by hand."""
    return await _pairing("plain Temporal", ours, by_hand, size)


async def beside_dbos(size: Size = Size()) -> Pairing:
    """Ours and DBOS."""
    from bench.ondbos.peer import on_dbos

    return await _pairing("DBOS", ours_on_postgres, on_dbos, size)


_Stack = Callable[[int], AbstractAsyncContextManager[Peer]]


async def _pairing(name: str, first: _Stack, second: _Stack, size: Size) -> Pairing:
    async with Mailbox() as mails, first(mails.port) as one, second(mails.port) as two:
        peers = {"ours": one, name: two}
        rounds: dict[str, list[tuple[Rush, list[float]]]] = {each: [] for each in peers}
        for number in range(size.rounds + 1):
            for each in sorted(peers, reverse=bool(number % 2)):
                rounds[each].append(await _round(peers[each], mails, f"{'ours' if each == 'ours' else 'other'}-{number}", size))
                print(_said(each, *rounds[each][-1]), flush=True)
        sides = [await _side(each, peer, mails, rounds[each][1:], size) for each, peer in peers.items()]
        return Pairing(*sides, _ratio(sides, "journeys_a_second"), _ratio(sides, "p50"), mails.repeated)


async def _round(peer: Peer, mails: Mailbox, mark: str, size: Size) -> tuple[Rush, list[float]]:
    rushed = await rush(peer, mails, [f"{mark}-r{each}" for each in range(size.rushing)])
    return rushed, await paced(peer, mails, [f"{mark}-p{each}" for each in range(size.pacing)])


async def _side(name: str, peer: Peer, mails: Mailbox, rounds: list[tuple[Rush, list[float]]], size: Size) -> Side:
    mark = "ours" if name == "ours" else "other"
    in_a_rush = resting = None
    if isinstance(peer, Ours | ByHand):
        in_a_rush = (await cost_of(peer.connection, peer.workflow(f"{mark}-1-r{size.rushing // 2}"))).less(Cost(0, 0, 0), STEPS)
        resting = await _at_rest(peer, mails, mark, size.long)
    memory = await open_journeys(peer, mails, [f"{mark}-m{each}" for each in range(size.staying)])
    spent = Spent(*(median(each) for each in zip(*(astuple(one.spent) for one, _ in rounds), strict=True)))
    rates = tuple(one.journeys_a_second for one, _ in rounds)
    return Side(
        name,
        STEPS,
        rates,
        tuple(median(took) for _, took in rounds),
        tuple(_p95(took) for _, took in rounds),
        spent,
        memory,
        in_a_rush,
        resting,
    )


async def _at_rest(peer: Ours | ByHand, mails: Mailbox, mark: str, long: int) -> Cost:
    costs = []
    for steps in (STEPS, long):
        if isinstance(peer, Ours):
            await peer.publish(steps)
        await alone(peer, mails, f"{mark}-s{steps}", steps)
        costs.append(await cost_of(peer.connection, peer.workflow(f"{mark}-s{steps}")))
    return costs[1].less(costs[0], long - STEPS)


def _ratio(sides: list[Side], what: str) -> float:
    ours, others = (getattr(side, what) for side in sides)
    return median(one / other for one, other in zip(ours, others, strict=True))


def _p95(took: list[float]) -> float:
    return took[ceil(len(took) * 0.95) - 1]


def _said(name: str, rushed: Rush, took: list[float]) -> str:
    return f"{name:<22}{rushed.journeys_a_second:>8.2f} journeys/s{median(took) * 1e3:>10.1f} ms p50{_p95(took) * 1e3:>10.1f} ms p95"
