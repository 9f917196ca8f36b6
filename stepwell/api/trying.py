"""Trying a pathway out over HTTP: on the past, on simulated clients, and what publishing it would bring."""

from datetime import UTC, date, datetime

from pydantic import Field

from engine.base import StepId
from stepwell.api.forms import Form, JourneyId, Name, PathwayName
from stepwell.api.routes import Door, Routes
from stepwell.handle import Stepwell
from stepwell.models import Instant
from stepwell.replaying import MOST_JOURNEYS
from stepwell.simulation import Simulation
from stepwell.trying import MOST_A_WEEK, MOST_CLIENTS, MOST_SAMPLED
from stepwell.whatif.comparing import WhatIf
from stepwell.whatif.fitting import ENOUGH, Fitted
from stepwell.whatif.impact import SAMPLE, Impact
from stepwell.whatif.reenacting import Policy, Unknown, Unprompted

routes = Routes("Trying out")


class Tried(Form):
    """What is tried: a text, a version, or the draft, and where there is none the latest version."""

    source: str | None = Field(default=None, max_length=500_000)
    version: int | None = Field(default=None, ge=1, le=1_000_000)


class ReplayWish(Tried):
    """How one journey is re-enacted."""

    unknown: Unknown = Field(
        default="median", description="Steps nobody was sent: the client's own median delay, or no answer."
    )
    unprompted: Unprompted = Field(default="unanswered", description="Answers to reminders that are not planned any more.")

    renamed: dict[Name, Name] = Field(
        default_factory=dict, max_length=1000, description="Steps under another id: the old one, and what is tried calls it so."
    )

    @property
    def policy(self) -> Policy:
        """As the use case takes it."""
        names = {StepId(old): StepId(new) for old, new in self.renamed.items()}
        return Policy(unknown=self.unknown, unprompted=self.unprompted, renamed=names)


class WhatIfWish(ReplayWish):
    """Which journeys are re-enacted."""

    lived_on: int | None = Field(default=None, ge=1, le=1_000_000, description="Only journeys of this version.")
    since: Instant | None = None
    """Only journeys started since."""
    running: bool = False
    """Also journeys on their way, as far as they have come."""
    journeys: int = Field(default=200, ge=1, le=MOST_JOURNEYS, description="The latest so many.")


class FitWish(Form):
    """From which journeys it is learnt."""

    lived_on: int | None = Field(default=None, ge=1, le=1_000_000, description="Only journeys of this version.")
    since: Instant | None = None
    """Only journeys started since."""
    journeys: int = Field(default=MOST_JOURNEYS, ge=1, le=MOST_JOURNEYS, description="The latest so many.")
    enough: int = Field(default=ENOUGH, ge=1, le=10_000, description="With fewer observations a step goes by its type.")


class SimulationWish(Tried):
    """Who is simulated."""

    behaviour: str = Field(default="mixed", max_length=20)
    fitted: Fitted | None = None
    """What `POST /pathways/{pathway}/behaviour` gave: then `behaviour` counts for nothing."""
    seed: int = Field(default=1, ge=0, le=1_000_000)
    start: date | None = None
    """Today, unless given."""


class SimulateWish(SimulationWish):
    """How many."""

    clients: int = Field(default=100, ge=1, le=MOST_CLIENTS)


class ImpactWish(SimulationWish):
    """How many start in a week."""

    per_week: int = Field(default=10, ge=1, le=MOST_A_WEEK)
    sample: int = Field(default=SAMPLE, ge=1, le=MOST_SAMPLED, description="How many clients are simulated for it.")


@routes.post("/pathways/{pathway}/what-if", uses=Stepwell.what_if)
async def what_if(pathway: PathwayName, wish: WhatIfWish, door: Door) -> WhatIf:
    """Re-enact past journeys on a draft or a version, and say what would have been different; nothing is changed"""
    return await door.what_if(
        pathway,
        source=wish.source,
        version=wish.version,
        lived_on=wish.lived_on,
        since=wish.since,
        running=wish.running,
        limit=wish.journeys,
        policy=wish.policy,
    )


@routes.post("/journeys/{journey}/what-if", uses=Stepwell.what_if_journey)
async def what_if_journey(journey: JourneyId, wish: ReplayWish, door: Door) -> WhatIf:
    """Re-enact one journey, occurrence by occurrence; nothing is changed"""
    return await door.what_if_journey(journey, source=wish.source, version=wish.version, policy=wish.policy)


@routes.post("/pathways/{pathway}/behaviour", uses=Stepwell.fit_behaviour)
async def fit_behaviour(pathway: PathwayName, wish: FitWish, door: Door) -> Fitted:
    """Learn how clients behaved from recorded journeys: shares and times, no answers; nothing is kept"""
    return await door.fit_behaviour(pathway, lived_on=wish.lived_on, since=wish.since, limit=wish.journeys, enough=wish.enough)


@routes.post("/pathways/{pathway}/simulation", uses=Stepwell.simulate)
async def simulate(pathway: PathwayName, wish: SimulateWish, door: Door) -> Simulation:
    """Put simulated clients on a draft or a version, and say what came of it; nothing is kept"""
    published, _ = await door.tried(pathway, wish.source, wish.version)
    return await door.simulate(
        published,
        clients=wish.clients,
        behaviour=wish.behaviour,
        fitted=wish.fitted,
        seed=wish.seed,
        start=wish.start or datetime.now(UTC).date(),
    )


@routes.post("/pathways/{pathway}/impact", uses=Stepwell.impact)
async def impact(pathway: PathwayName, wish: ImpactWish, door: Door) -> Impact:
    """Say what publishing it would bring: the worst day, messages a week, shortest and longest, who runs on older versions"""
    published, _ = await door.tried(pathway, wish.source, wish.version)
    return await door.impact(
        published,
        per_week=wish.per_week,
        start=wish.start or datetime.now(UTC).date(),
        behaviour=wish.behaviour,
        fitted=wish.fitted,
        seed=wish.seed,
        sample=wish.sample,
    )
