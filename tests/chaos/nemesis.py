"""What breaks, when and for how long: drawn from a seed before anything runs, printed, and carried out one after the other."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.chaos.history import Journal
from tests.chaos.links import CONDITIONS
from tests.chaos.stack import DEPLOYMENT, Member, Stack
from tests.chaos.witnesses import HOOK_MANNERS, MAIL_MANNERS

GROUPS: dict[str, tuple[str, ...]] = {
    "worker": ("kill worker-1", "kill worker-2"),
    "gateway": ("kill gateway-1", "kill gateway-2"),
    "temporal": ("kill temporal",),
    "orderly": ("term worker-1", "term worker-2", "term gateway-1", "term gateway-2"),
    "still": ("still worker-1", "still worker-2", "still gateway-1", "still temporal"),
    "postgres": ("stop postgres", "crash postgres"),
    "all": ("crash all",),
    "mail": tuple(f"mail {manner}" for manner in MAIL_MANNERS if manner not in ("ok", "5xx")),
    "hook": tuple(f"hook {manner}" for manner in HOOK_MANNERS if manner != "ok"),
    "partition": tuple(f"link {side}-temporal {how}" for side in ("worker", "gateway") for how in CONDITIONS),
    "store": tuple(f"link {side}-store {how}" for side in ("worker", "gateway") for how in CONDITIONS),
}
"""Every fault by its words. `5xx` is left out of mail by chance: it is for good, and would leave clients without any."""
NEEDS_POSTGRES = ("postgres", "store")


_UNTIL_A_YES = 60.0
"""Seconds within which somebody's answer is safe, whatever broke before: a task that was with a dead worker is given out after ten."""


@dataclass(frozen=True)
class Fault:
    """One thing that breaks `after` so many seconds of calm, for `lasts` seconds."""

    words: str
    after: float
    lasts: float

    def __str__(self) -> str:
        return f"after {self.after:4.1f} s: {self.words}, {self.lasts:.1f} s"


def schedule(draw: random.Random, groups: Sequence[str], count: int, *, longest: float) -> list[Fault]:
    """So many faults, from every group in turn, the members of a group in an order that is drawn; one fault is a group too."""
    members_of = {group: GROUPS.get(group, (group,)) for group in groups}
    order = {group: draw.sample(members, len(members)) for group, members in members_of.items()}
    found = []
    for number in range(count):
        members = order[groups[number % len(groups)]]
        words = members[number // len(groups) % len(members)]
        found.append(Fault(words, draw.uniform(0.3, 2.0), _lasts(draw, words, longest)))
    return found


_LONG = ("link", "mail", "hook", "ramp", "promote", "rollback")


def _lasts(draw: random.Random, words: str, longest: float) -> float:
    """Who is held still is so for nearly the longest time: others are to take over meanwhile."""
    if words.startswith("still"):
        return draw.uniform(0.9, 1.0) * longest
    return draw.uniform(0.5, longest) if words.startswith(_LONG) else draw.uniform(0, 2)


class Nemesis:
    """Carries a schedule out and notes what it did."""

    def __init__(self, stack: Stack, journal: Journal, say: Callable[[str], None]) -> None:
        self._stack = stack
        self._journal = journal
        self._say = say
        self.acknowledged = asyncio.Event()
        """Set whenever a write was acknowledged."""

    async def carry_out(self, faults: Sequence[Fault]) -> None:
        """One after the other; a process that is started again may be hit once more before it is ready. In the end all are."""
        for fault in faults:
            await asyncio.sleep(fault.after)
            began = time.time()
            facts = await self._do(fault)
            self._journal.write(fault=fault.words, began=began, ended=time.time(), **facts)
            self._say(f"  {fault.words}, {time.time() - began:.1f} s{f', {facts}' if facts else ''}")
        for name in self._stack.members:
            await self._is_ready(name)

    async def _do(self, fault: Fault) -> dict[str, object]:
        match fault.words.split():
            case ["kill", "temporal"]:
                self._stack.server.kill()
                await asyncio.sleep(fault.lasts)
                await self._stack.server.start()
            case ["kill", name]:
                member = self._stack.members[name]
                member.end(signal.SIGKILL)
                await asyncio.sleep(fault.lasts)
                member.start()
            case ["term", name]:
                return await self._end_orderly(name)
            case ["still", name]:
                await self._hold_still(name, fault.lasts)
            case ["rollback"] | ["ramp" | "promote" | "drain", _]:
                return await self._roll(*fault.words.split(), lasts=fault.lasts)
            case [how, "postgres"]:
                await self._away(signal.SIGKILL if how == "crash" else signal.SIGINT, fault.lasts)
            case ["crash", "all"]:
                return await self._crash_all(fault.lasts)
            case [("mail" | "hook") as who, manner]:
                self._stack.manners.set(**{who: manner})
                await asyncio.sleep(fault.lasts)
                self._stack.manners.set(**{who: "ok"})
            case ["link", name, condition]:
                self._stack.links[name].be(condition)  # type: ignore[arg-type]
                await asyncio.sleep(fault.lasts)
                self._stack.links[name].be("through")
            case _:
                raise AssertionError(f"nobody knows how to {fault.words}")
        return {}

    async def _roll(self, how: str, name: str = "", *, lasts: float) -> dict[str, object]:
        """What a deployer does with versions; says how many runs each version had by then."""
        rollout = self._stack.rollout
        build = (await self._is_ready(name)).build if name else ""
        facts: dict[str, object] = {}
        match how:
            case "ramp":
                await rollout.ramp(build, 50)
            case "promote":
                await rollout.promote(build)
            case "rollback":
                await rollout.roll_back()
            case "drain":
                facts["woken"] = await rollout.wake(build, a_second=20)
                facts["left"] = [f"{one.kind} {one.id}" for one in await rollout.come_over(build)]
        await asyncio.sleep(lasts)
        runs = {member.build: await self._runs_of(member.build) for member in self._stack.workers.values()}
        return facts | {"runs": runs}

    async def _runs_of(self, build: str) -> int:
        query = f"TemporalWorkerDeploymentVersion = '{DEPLOYMENT}:{build}'"
        return (await self._stack.connection.count_workflows(query)).count

    async def _end_orderly(self, name: str) -> dict[str, object]:
        member = await self._is_ready(name)
        began = time.monotonic()
        member.send(signal.SIGTERM)
        code = await member.ended()
        took = time.monotonic() - began
        member.start()
        return {"code": code, "took": round(took, 1)}

    async def _is_ready(self, name: str) -> Member:
        """Wait for it as whoever looks after processes does: what ended because something else was away is started again."""
        member, words = self._stack.members[name], "working" if name.startswith("worker") else "serving"
        give_up_at = time.monotonic() + 120
        while not member.has_said(words):
            assert time.monotonic() < give_up_at, f"{name} does not start: {member.text[-2000:]}"
            if member.is_gone:
                member.start()
            await asyncio.sleep(0.2)
        return member

    async def _hold_still(self, name: str, lasts: float) -> None:
        pid = self._stack.server.pid if name == "temporal" else None
        member = self._stack.members.get(name)
        for how, pause in ((signal.SIGSTOP, lasts), (signal.SIGCONT, 0.0)):
            if member is not None:
                member.send(how)
            else:
                assert pid is not None
                os.kill(pid, how)
            await asyncio.sleep(pause)

    async def _away(self, how: signal.Signals, lasts: float) -> None:
        postgres = self._stack.postgres
        assert postgres is not None
        await asyncio.to_thread(postgres.stop, how)
        await asyncio.sleep(lasts)
        await asyncio.to_thread(postgres.start)

    async def _crash_all(self, lasts: float) -> dict[str, object]:
        """Everything at once, as soon as somebody was told that their answer is safe."""
        self.acknowledged.clear()
        try:
            await asyncio.wait_for(self.acknowledged.wait(), _UNTIL_A_YES)
        except TimeoutError:
            return {"missed": "nobody was told anything"}
        await asyncio.sleep(lasts / 40)  # 0 to 50 ms
        for member in self._stack.members.values():
            member.send(signal.SIGKILL)
        self._stack.server.kill()
        if self._stack.postgres is not None:
            await asyncio.to_thread(self._stack.postgres.stop, signal.SIGKILL)
            await asyncio.to_thread(self._stack.postgres.start)
        await self._stack.server.start()
        for member in self._stack.members.values():
            member.start()
        return {}
