"""What an operator does to one journey: first what it would change, then the reason, then it is done."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple, get_args

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from engine.base import StepId
from engine.calendar import from_wall, wall
from engine.deviations import Deviation, DropStep, MoveStep, RestoreStep, ShiftStep
from engine.durations import Offset
from engine.journey import PauseMode
from engine.messages import (
    ChangePlan,
    ExcuseStep,
    ExtendStep,
    Message,
    PauseJourney,
    ReleaseStep,
    RemindNow,
    ReopenStep,
    ResumeJourney,
    RetryTask,
    SetDate,
    StopJourney,
)
from engine.turn import Answer
from engine.zones import zone_of
from stepwell.console.frame import ConsoleRoute
from stepwell.console.journey import JourneyId
from stepwell.console.journeys import Door
from stepwell.console.pages import given_in, go, page
from stepwell.errors import NotFound, Refused, Unavailable
from stepwell.handle import Stepwell
from stepwell.models import Foreseen, JourneyDetail
from store.ids import new_id

router = APIRouter(route_class=ConsoleRoute)
_Do = Callable[[Stepwell, str, dict[str, Any]], Awaitable[Answer]]


class Action(NamedTuple):
    """One thing that can be done: what it is called, which message it is, what it asks for."""

    title: str
    means: str
    kind: type[Message]
    do: _Do
    asks: tuple[str, ...] = ()
    """`until`, `mode`, or `name` and `value` of a date."""
    has_reason: bool = False
    is_on_step: bool = True
    is_final: bool = False


async def _change_plan(door: Stepwell, journey: str, facts: dict[str, Any]) -> Answer:
    return await door.change_plan(journey, **facts)


ACTIONS: dict[str, Action] = {
    "remind": Action(
        "Remind now",
        "Sends a reminder of the step at once; twice within the cool-down is one.",
        RemindNow,
        lambda door, journey, facts: door.remind_now(journey, **facts),
    ),
    "release": Action(
        "Release early",
        "Delivers a waiting step before its time; quiet hours still hold it.",
        ReleaseStep,
        lambda door, journey, facts: door.release(journey, **facts),
        has_reason=True,
    ),
    "excuse": Action(
        "Excuse",
        "Lets the client off the step; what waits for it goes on.",
        ExcuseStep,
        lambda door, journey, facts: door.excuse(journey, **facts),
        has_reason=True,
    ),
    "extend": Action(
        "Extend",
        "Moves the closing of the step; one that has expired opens again.",
        ExtendStep,
        lambda door, journey, facts: door.extend(journey, **facts),
        asks=("until",),
        has_reason=True,
    ),
    "reopen": Action(
        "Re-open",
        "Opens a settled step again, with its windows counted anew.",
        ReopenStep,
        lambda door, journey, facts: door.reopen(journey, **facts),
        has_reason=True,
    ),
    "drop": Action(
        "Leave out",
        "Leaves the step out for this client: when its turn comes it does not apply. What repeats comes no more.",
        ChangePlan,
        _change_plan,
        has_reason=True,
    ),
    "restore": Action(
        "Take back in",
        "Takes a step back in that was left out.",
        ChangePlan,
        _change_plan,
        has_reason=True,
    ),
    "shift_step": Action(
        "Shift",
        "Lets the step come later or sooner, or on a day; what hangs on it follows.",
        ChangePlan,
        _change_plan,
        asks=("shift",),
        has_reason=True,
    ),
    "move_step": Action(
        "Put elsewhere",
        "Puts the step behind another one, for this client alone.",
        ChangePlan,
        _change_plan,
        asks=("after",),
        has_reason=True,
    ),
    "retry": Action(
        "Retry the task",
        "Has the failed task of the step tried again.",
        RetryTask,
        lambda door, journey, facts: door.retry(journey, **facts),
    ),
    "pause": Action(
        "Pause",
        "Delivers and reminds nothing until somebody resumes it.",
        PauseJourney,
        lambda door, journey, facts: door.pause(journey, **facts),
        asks=("mode",),
        has_reason=True,
        is_on_step=False,
    ),
    "resume": Action(
        "Resume",
        "Goes on; what fell due meanwhile comes one by one.",
        ResumeJourney,
        lambda door, journey, facts: door.resume(journey, **facts),
        is_on_step=False,
    ),
    "stop": Action(
        "Stop",
        "Ends the journey for good; open steps are cancelled.",
        StopJourney,
        lambda door, journey, facts: door.stop(journey, **facts),
        has_reason=True,
        is_on_step=False,
        is_final=True,
    ),
    "shift": Action(
        "Shift a date",
        "Sets or moves a client date; what hangs on it is planned again at once.",
        SetDate,
        lambda door, journey, facts: door.set_date(journey, **facts),
        asks=("name", "value"),
        is_on_step=False,
    ),
}
Name = Annotated[str, Path(pattern="^(" + "|".join(ACTIONS) + ")$")]
_OVER = ("completed", "stopped", "ended")


def on_journey(status: str) -> tuple[str, ...]:
    """What can be done to a journey as a whole."""
    match status:
        case "active":
            return ("pause", "shift", "stop")
        case "paused":
            return ("resume", "shift", "stop")
        case _:
            return ()


@router.get("/journeys/{journey}/do/{name}")
async def look(request: Request, journey: JourneyId, name: Name, door: Door) -> Response:
    """What it would change, and where it is confirmed. Nothing is done."""
    return await _show(request, door, await door.journey(journey), name, dict(request.query_params))


@router.post("/journeys/{journey}/do/{name}")
async def act(request: Request, journey: JourneyId, name: Name, door: Door) -> Response:
    """Do it. Sent twice it is done once."""
    given = await given_in(request)
    detail, action = await door.journey(journey), ACTIONS[name]
    try:
        facts = _facts(action, detail, given)
        if action.has_reason:
            facts["reason"] = given.get("reason", "").strip()
            if not facts["reason"]:
                raise Refused("no_reason", "G8", "say why; the reason is kept in the journey's history")
        await action.do(door, detail.id, {**facts, "message_id": given.get("message_id") or new_id("msg")})
    except Refused as refused:
        return await _show(request, door, detail, name, given, refused=refused, status=409)
    return go(f"/journeys/{detail.id}", done=name)


async def _show(
    request: Request,
    door: Stepwell,
    detail: JourneyDetail,
    name: str,
    given: dict[str, str],
    *,
    refused: Refused | None = None,
    status: int = 200,
) -> Response:
    action = ACTIONS[name]
    foreseen: Foreseen | None = None
    problem = str(refused) if refused else ""
    facts: dict[str, Any] = {}
    if action.is_on_step and not given.get("occurrence"):
        raise NotFound("say which step: go back to the journey, and choose the action there")
    if all(given.get(one) for one in action.asks if one != "value"):
        try:
            facts = _facts(action, detail, given)
            foreseen = await door.foresee(detail.id, action.kind, **facts)
        except Refused as wrong:
            problem = problem or str(wrong)
        except (Unavailable, NotFound) as away:
            problem = problem or f"What it would change cannot be said now: {away}"
    published = await door.pathway(detail.pathway, detail.version)
    return page(
        request,
        "action.html",
        status=status,
        detail=detail,
        name=name,
        action=action,
        given=given,
        foreseen=foreseen,
        problem=problem,
        message_id=given.get("message_id") or new_id("msg"),
        modes=get_args(PauseMode),
        names=date_names(published.structure.steps if published else ()),
        steps=[step.id for step in published.structure.steps] if published else [],
        suggested=f"{wall(datetime.now().astimezone(), zone_of(detail.zone)):%Y-%m-%dT%H:00}",
    )


def date_names(steps: Any) -> list[str]:
    """The client dates that these steps count from."""
    names = {step.timing.anchor.name for step in steps if step.timing.anchor.kind == "date"}
    names |= {step.completes_on.date for step in steps if step.completes_on and step.completes_on.date}
    names |= {step.reminders.date for step in steps if step.reminders and step.reminders.date}
    return sorted(one for one in names if one)


def _facts(action: Action, detail: JourneyDetail, given: dict[str, str]) -> dict[str, Any]:
    """What the message says besides who and why. Raises Refused where it cannot be read."""
    if action.kind is ChangePlan:
        return {"deviation": _deviation(action, given)}
    facts: dict[str, Any] = {"occurrence": given["occurrence"]} if action.is_on_step else {}
    for one in action.asks:
        facts[one] = _READ[one](given.get(one, ""), detail.zone)
    return facts


def _deviation(action: Action, given: dict[str, str]) -> Deviation:
    """What of this client's plan is changed, of the step whose occurrence was chosen."""
    step = StepId(given["occurrence"].rpartition(".")[0])
    if "after" in action.asks:
        return MoveStep(step=step, after=StepId(given.get("after", "")))
    if "shift" in action.asks:
        text = given.get("shift", "").strip()
        try:
            day = date.fromisoformat(text) if text[:4].isdigit() else None
            return ShiftStep(step=step, by=None if day else Offset.parse(text), to=day)
        except ValueError:
            raise Refused("malformed", "E4", "write a length such as 3 days or -1 week, or a day such as 2026-12-24") from None
    return RestoreStep(step=step) if action is ACTIONS["restore"] else DropStep(step=step)


def _instant(text: str, zone: str) -> datetime:
    """A wall time of the client's, as a browser sends it."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("malformed", "T4", "write the instant as year-month-day and hour:minute") from None
    return read if read.tzinfo is not None else from_wall(read, zone_of(zone))


def _day_or_instant(text: str, zone: str) -> date | datetime | None:
    """Nothing takes the date away."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text) if len(text) == 10 else _instant(text, zone)
    except ValueError:
        raise Refused("malformed", "T4", "write the date as year-month-day") from None


def _mode(text: str, _: str) -> str:
    if text not in get_args(PauseMode):
        raise Refused("malformed", "P1", f"a pause is one of: {', '.join(get_args(PauseMode))}")
    return text


_READ: dict[str, Callable[[str, str], Any]] = {
    "until": _instant,
    "value": _day_or_instant,
    "mode": _mode,
    "name": lambda text, _: text.strip(),
}
