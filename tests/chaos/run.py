"""One run: start everything, let clients live, break things, heal, wait until all is at rest, gather, judge."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.checker import check, unsettled
from tests.chaos.clients import NATURES, Door, Life, Person, five_in_a_row, people
from tests.chaos.evidence import Evidence, gather, words_kept
from tests.chaos.history import Journal
from tests.chaos.mutants import MUTANTS
from tests.chaos.nemesis import Fault, Nemesis, schedule
from tests.chaos.pathways import Pathway, drawn
from tests.chaos.stack import Stack, running
from tests.releases import ONE_BY_ONE, release


@dataclass(frozen=True)
class Plan:
    """What is to be run. The same plan is the same pathways, clients and faults; their exact instants are the machine's."""

    seed: int
    groups: tuple[str, ...] = ()
    faults: int = 0
    slots: int = 8
    store: str = "sqlite"
    longest: float = 4.0
    calm: float = 8.0
    """Seconds that clients live where nothing breaks."""
    natures: tuple[str, ...] = NATURES
    loses: float = 0.0
    """How often what an activity did is lost on its way back."""
    exactly: tuple[Fault, ...] = ()
    """These faults, and none that is drawn."""
    clocks: tuple[tuple[str, str], ...] = ()
    """Whose clock is wrong, and by how much."""
    mutant: str = ""
    patient: bool = False
    """Whether to wait until webhooks go out again where their worker died: a minute."""

    two_releases: bool = False
    """Whether the second worker is of another release; then both have versions."""

    @property
    def rest(self) -> float:
        """Seconds within which all comes to rest after the last fault; a planted bug may keep it from that for ever."""
        return 10.0 if self.mutant else 120.0 if self.patient else 60.0

    @property
    def schedule(self) -> list[Fault]:
        """Every fault, in order."""
        if self.exactly:
            return [*self.exactly]
        return schedule(random.Random(f"faults {self.seed}"), self.groups, self.faults, longest=self.longest)


@dataclass(frozen=True)
class Report:
    """How it went."""

    plan: Plan
    wrong: list[str]
    evidence: Evidence
    took: float

    @property
    def summary(self) -> str:
        """One line with the figures."""
        evidence = self.evidence
        certain = sum(one.outcome in ("ok", "fail") for one in evidence.operations)
        lost = sum(one.lost for one in evidence.operations)
        twice = sum(mail["taken"] for mail in evidence.mails) - len({mail["id"] for mail in evidence.mails if mail["taken"]})
        return (
            f"seed {self.plan.seed}: {len(evidence.journeys)} journeys, {len(evidence.operations)} operations ({certain} certain, "
            f"{lost} attempts unanswered), {len(evidence.faults)} faults, {len(evidence.mails)} mails ({twice} twice), "
            f"{len(evidence.hooks)} webhooks, {self.took:.0f} s: {len(self.wrong) or 'nothing'} wrong"
        )


async def run(plan: Plan, folder: Path, say: Callable[[str], None] = print) -> Report:
    """Run it in a folder, in which all evidence stays."""
    began = time.monotonic()
    folder.mkdir(parents=True)  # noqa: ASYNC240 - at once; never one that another run has been in
    pathways = drawn(random.Random(f"people {plan.seed}"), 3, 5)
    say(f"{plan}")
    for fault in plan.schedule:
        say(f"  planned: {fault}")
    async with AsyncExitStack() as around:
        history, broken = (around.enter_context(closing(Journal(folder / f"{name}.jsonl"))) for name in ("history", "faults"))
        other = release(folder / "other", ONE_BY_ONE) if plan.two_releases else None
        stack = await around.enter_async_context(
            running(
                folder,
                pathways,
                store=plan.store,
                mutant=plan.mutant,
                loses=plan.loses,
                clocks=dict(plan.clocks),
                other=other,
            )
        )
        door = Door(stack.urls, stack.secret, history)
        around.push_async_callback(door.close)
        nemesis = Nemesis(stack, broken, say)
        door.when_acknowledged = nemesis.acknowledged.set
        known: dict[str, Person] = {}
        async with _lives(plan, door, pathways, known):
            await (nemesis.carry_out(plan.schedule) if plan.faults else asyncio.sleep(plan.calm))
            healed_at = time.time()
            say(f"  well again after {time.monotonic() - began:.0f} s")
            await asyncio.sleep(2)
        late = (await _at_rest(stack, door, known, plan)).late
        after = await asyncio.gather(*(five_in_a_row(door, one) for one in _some(known)))
        evidence = await _at_rest(stack, door, known, plan)
        evidence.kept = words_kept(stack)
    evidence.after = [one for found in after for one in found]
    evidence.late, evidence.healed_at = [*late, *evidence.late], healed_at
    evidence.keep(folder)
    report = Report(plan, check(evidence), evidence, time.monotonic() - began)
    for one in (report.summary, *(f"  {wrong}" for wrong in report.wrong)):
        say(one)
    return report


@asynccontextmanager
async def _lives(plan: Plan, door: Door, pathways: list[Pathway], known: dict[str, Person]) -> AsyncIterator[None]:
    """Everybody lives meanwhile; in the end they finish what they are at."""
    is_over = asyncio.Event()
    slots = [random.Random(f"slot {plan.seed} {slot}") for slot in range(plan.slots)]
    async with asyncio.TaskGroup() as lives:
        for at, draw in enumerate(slots):
            lives.create_task(_one_after_the_other(door, people(draw, pathways, at, plan.natures), known, is_over))
        yield
        is_over.set()


def mutant_plans(name: str, first: int) -> list[Plan]:
    """Three runs in which a planted bug has to show."""
    mutant = MUTANTS[name]
    return [Plan(first + at, mutant.groups, mutant.faults, mutant=name) for at in range(3)]


def is_caught(name: str, report: Report) -> bool:
    """Whether an invariant that may name this bug has."""
    return any(one.startswith(tuple(f"{caught}:" for caught in MUTANTS[name].caught_by)) for one in report.wrong)


async def _one_after_the_other(door: Door, coming: Iterator[Person], known: dict[str, Person], is_over: asyncio.Event) -> None:
    for person in coming:
        known[person.id] = person
        await Life(door, person, is_over).live()
        if is_over.is_set():
            return
        await asyncio.sleep(0.5)


def _some(known: dict[str, Person]) -> list[Person]:
    """One of each slot."""
    return list({one.id.partition("-")[0]: one for one in known.values()}.values())


async def _at_rest(stack: Stack, door: Door, known: dict[str, Person], plan: Plan) -> Evidence:
    """Read until nothing is owed, every acknowledged change is recorded and every message has met its fate; or for so long."""
    give_up_at = time.monotonic() + plan.rest
    while True:
        evidence = await gather(stack, door, known, [one.words for one in plan.schedule], patient=plan.patient)
        evidence.late = unsettled(evidence)
        if not evidence.late or time.monotonic() > give_up_at:
            return evidence
        await asyncio.sleep(1)
