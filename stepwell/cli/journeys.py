"""`stepwell journey …`: start, watch and steer journeys."""

import json as json_module
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, get_args
from zoneinfo import ZoneInfo

import typer

from engine.calendar import wall
from engine.findings import did_you_mean
from engine.journey import JourneyStatus, PauseMode
from engine.turn import Answer, Move
from engine.zones import zone_of
from stepwell.cli.output import Json, local, out, run, say, show_crisis_text, show_json, show_table
from stepwell.cli.pathways import Dates, client_dates, read_file, show_plan
from stepwell.forecast import words_of
from stepwell.handle import Stepwell
from stepwell.models import Again, Sent, Taken

app = typer.Typer(no_args_is_help=True, help="Start, watch and steer journeys.")

_STATUSES = ("starting", *get_args(JourneyStatus))

Journey = Annotated[str, typer.Argument(help="Its id, or its enrolment key: CLIENT/PATHWAY.", show_default=False)]
Step = Annotated[str, typer.Argument(help="The step as the journey names it, such as diary.3.", show_default=False)]
Reason = Annotated[str, typer.Option(help="Why; kept in the history.", show_default=False)]
MessageId = Annotated[
    str | None, typer.Option("--id", help="Sending again with the same id does nothing twice.", show_default="a new one")
]
Until = Annotated[str, typer.Option(help="An instant with its zone, such as 2026-12-01T18:00+00:00.", show_default=False)]


def instant(text: str) -> datetime:
    """An aware instant as people type it."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no instant; write it like 2026-12-01T18:00+00:00") from None
    if read.tzinfo is None:
        raise typer.BadParameter(f"{text!r} has no zone; write 2026-12-01T18:00+00:00, or end it with Z for UTC")
    return read


def tell(json: bool, words: str, job: Callable[[Stepwell], Awaitable[Answer]], *, moves: str | None = None) -> None:
    """Pass one message on and say that it was taken; what somebody in a crisis is to see comes with it.

    `moves`: the journey whose plan it may have moved, so that what moved is shown in its client's zone.
    """

    async def whole() -> None:
        async with Stepwell.connect() as stepwell:
            answer = await job(stepwell)
            zone = zone_of((await stepwell.journey(moves)).zone) if moves and answer.moved and not json else None
        show_json(answer) if json else say(words)
        if zone is not None:
            show_moves(answer.moved, zone)
        if isinstance(answer, Taken) and not json:
            show_crisis_text(answer.crisis_text)

    run(whole)


def show_moves(moved: Iterable[Move], zone: ZoneInfo) -> None:
    """What is at another time than before, in a client's zone."""

    def told(at: datetime | None, *, is_there: bool) -> str:
        if not is_there:
            return "not planned"
        return local(at, zone) if at else "nobody knows"

    rows = [
        (
            one.what if one.certain else f"{one.what}, at the earliest",
            one.occurrence,
            told(one.before, is_there=not one.is_new),
            told(one.after, is_there=not one.is_gone),
        )
        for one in moved
    ]
    show_table(("what", "step", "was", "is now"), rows, empty="nothing moved")


@app.command()
def start(
    client: Annotated[str, typer.Argument(help="The client's id.", show_default=False)],
    pathway: Annotated[str, typer.Argument(help="The pathway's name.", show_default=False)],
    version: Annotated[int | None, typer.Option(help="Its version.", show_default="the latest")] = None,
    key: Annotated[str | None, typer.Option(help="The enrolment key.", show_default="client/pathway")] = None,
    again: Annotated[
        str, typer.Option(help="Where they have been on it: reject, use_existing, restart or parallel.")
    ] = "reject",
    practitioner: Annotated[str | None, typer.Option(help="Who looks after this journey.", show_default="the client's")] = None,
    date_: Dates = [],
    json: Json = False,
) -> None:
    """Enter a client on a pathway and start the journey. The same key twice is refused unless --again says otherwise."""

    async def job() -> None:
        if again not in get_args(Again):
            raise typer.BadParameter(f"{again!r} is no way to enter again: {did_you_mean(again, get_args(Again))}")
        async with Stepwell.connect() as stepwell:
            journey = await stepwell.start(
                client,
                pathway,
                version=version,
                enrolment_key=key,
                again=again,  # type: ignore[arg-type]
                practitioner=practitioner,
                dates=dict(client_dates(date_)),
            )
        show_json(journey) if json else say(
            f"started journey [bold]{journey.id}[/] ({journey.pathway} version {journey.version})"
        )

    run(job)


@app.command("list")
def list_(
    status: Annotated[str | None, typer.Option(help=f"One of {', '.join(_STATUSES)}.", show_default="all")] = None,
    pathway: Annotated[str | None, typer.Option(help="Only on this pathway.", show_default="all")] = None,
    client: Annotated[str | None, typer.Option(help="Only of this client.", show_default="all")] = None,
    held: Annotated[
        bool | None, typer.Option("--held/--not-held", help="Only what waits for a person.", show_default="all")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    after: Annotated[str, typer.Option(help="Continue behind this journey.", show_default=False)] = "",
    json: Json = False,
) -> None:
    """List journeys."""

    if status is not None and status not in _STATUSES:
        raise typer.BadParameter(f"{status!r} is no status: {did_you_mean(status, _STATUSES)}")

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.journeys(status=status, pathway=pathway, client=client, held=held, limit=limit, after=after)
        if json:
            show_json(found)
            return
        show_table(
            ("journey", "client", "pathway", "status", "since"),
            [
                (
                    one.id,
                    one.client,
                    f"{one.pathway} v{one.version}",
                    f"{one.status}, held" if one.held else one.status,
                    f"{one.started_at:%Y-%m-%d %H:%M} UTC" if one.started_at else "",
                )
                for one in found
            ],
            empty="no journey fits; try: stepwell journey start CLIENT PATHWAY",
        )
        if len(found) == limit and out.is_terminal:
            say(f"[dim]there may be more: --after {found[-1].id}[/]")

    run(job)


def _waits(one: Sent, zone: ZoneInfo) -> str:
    """What a message waits for, or with which it went."""
    if one.accepted_at is not None:
        return "in the mail of another" if one.merged_into else ""
    if one.held_why is None:
        return ""
    return f"waits until {wall(one.held_until, zone):%Y-%m-%d %H:%M}" if one.held_until else "waits until somebody lifts a hold"


@app.command()
def show(journey: Journey, json: Json = False) -> None:
    """Show a journey: its steps so far, what it sent, how much was done."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            found = await stepwell.journey(journey)
            sent = await stepwell.notifications(journey)
            done = await stepwell.adherence(journey)
        if json:
            show_json({"journey": found, "notifications": sent, "adherence": done})
            return
        zone = zone_of(found.zone)
        held = ", [bold yellow]held[/]" if found.held else ""
        say(
            f"[bold]{found.id}[/]  {found.pathway} version {found.version}, client {found.client}: [bold]{found.status}[/]{held}"
        )
        say("")
        show_table(
            ("step", "state", "delivered", "settled", "reminders", "title"),
            [
                (
                    one.id,
                    f"{one.state}{', late' if one.late else ''}{', holds' if one.holds else ''}",
                    f"{wall(one.delivered_at, zone):%Y-%m-%d %H:%M}" if one.delivered_at else "",
                    f"{wall(one.settled_at, zone):%Y-%m-%d %H:%M}" if one.settled_at else "",
                    one.reminders or "",
                    one.title,
                )
                for one in found.occurrences
            ],
            empty="nothing delivered yet",
            title=f"times in {found.zone}",
        )
        say("")
        show_table(
            ("message", "to", "by", "accepted", "or why not"),
            [
                (
                    f"{one.purpose} {', '.join(one.occurrences)}",
                    one.recipient,
                    one.channel,
                    f"{wall(one.accepted_at, zone):%Y-%m-%d %H:%M:%S}" if one.accepted_at else "",
                    one.skipped or one.failed or _waits(one, zone),
                )
                for one in sent
            ],
            empty="nothing sent yet",
        )
        required = done.required
        share = f"{required.compliance:.0%}" if required.compliance is not None else "no figure yet"
        say("")
        say(f"required steps: {required.completed} of {required.offered} offered are done ({share})")

    run(job)


@app.command()
def forecast(journey: Journey, json: Json = False) -> None:
    """Show what comes when, and why; asked of the journey itself."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            plan = await stepwell.forecast(journey)
            zone = zone_of((await stepwell.state(journey)).zone)
        if json:
            show_json(plan)
            return
        show_plan(plan, zone, empty="nothing is planned", mails=plan.mails)

    run(job)


@app.command()
def history(
    journey: Journey, after: Annotated[int, typer.Option(help="Only after this event.")] = 0, json: Json = False
) -> None:
    """Show everything that happened, in order."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            events = await stepwell.history(journey, after=after)
        if json:
            show_json(events)
            return
        usual = {"seq", "at", "by", "kind", "occurrence", "step"}
        show_table(
            ("number", "at", "what", "step", "by", "more"),
            [
                (
                    event.seq,
                    f"{event.at:%Y-%m-%d %H:%M:%S} UTC",
                    event.kind.replace("_", " "),
                    getattr(event, "occurrence", ""),
                    event.by.role,
                    ", ".join(
                        f"{name} {words_of(event.reason) if name == 'reason' and event.kind == 'step_delivered' else value}"
                        for name, value in event.model_dump(mode="json", exclude=usual, exclude_none=True).items()
                    ),
                )
                for event in events
            ],
            empty="nothing happened yet",
        )

    run(job)


@app.command()
def respond(
    journey: Journey,
    step: Step,
    answer: Annotated[
        list[str], typer.Argument(help="Answers as item=value, such as mood=7 or picked=a,b.", show_default=False)
    ] = [],
    file: Annotated[
        Path | None, typer.Option(help="The whole response as JSON; - for standard input.", show_default=False)
    ] = None,
    understood: Annotated[bool, typer.Option("--understood", help="Confirm the sentence of a message.")] = False,
    comment: Annotated[str | None, typer.Option(help="A review's comment to the client.", show_default=False)] = None,
    obstacle: Annotated[str | None, typer.Option(help="What made it late, as a code.", show_default=False)] = None,
    id: MessageId = None,
    json: Json = False,
) -> None:
    """Send a response as the client, or for a review as the practitioner."""
    response = _read_response(file)
    if answer:
        response["answers"] = {**response.get("answers", {}), **dict(_answer(one) for one in answer)}
    if understood:
        response["understood"] = True
    if comment is not None:
        response["comment"] = comment
    tell(
        json, f"{step} is done", lambda stepwell: stepwell.respond(journey, step, response, submission_id=id, obstacle=obstacle)
    )


def _read_response(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    text = typer.get_text_stream("stdin").read() if str(file) == "-" else read_file(file)
    try:
        read = json_module.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"the response is no JSON: {error}") from None
    if not isinstance(read, dict):
        raise typer.BadParameter("the response must be a JSON object")
    return read


def _answer(text: str) -> tuple[str, Any]:
    """`mood=7` as a number, `slept=true` as yes, `picked=a,b` as a list, the rest as text."""
    name, found, value = text.partition("=")
    if not found:
        raise typer.BadParameter(f"{text!r} is no answer; write item=value")
    try:
        return name, json_module.loads(value)
    except ValueError:
        return name, value.split(",") if "," in value and " " not in value else value


@app.command("open")
def open_(journey: Journey, step: Step, id: MessageId = None, json: Json = False) -> None:
    """Note that the client looked at a step."""
    tell(json, f"{step} is started", lambda stepwell: stepwell.open(journey, step, message_id=id))


@app.command()
def skip(
    journey: Journey,
    step: Step,
    obstacle: Annotated[str | None, typer.Option(help="What came in between, as a code.", show_default=False)] = None,
    id: MessageId = None,
    json: Json = False,
) -> None:
    """Leave out an optional step, as the client."""
    tell(json, f"{step} is skipped", lambda stepwell: stepwell.skip(journey, step, obstacle=obstacle, message_id=id))


@app.command()
def snooze(journey: Journey, step: Step, until: Until, id: MessageId = None, json: Json = False) -> None:
    """Hold the reminders of a step until an instant, as the client."""
    at = instant(until)
    tell(json, f"{step} is not reminded of before {at}", lambda stepwell: stepwell.snooze(journey, step, at, message_id=id))


@app.command()
def excuse(journey: Journey, step: Step, reason: Reason, id: MessageId = None, json: Json = False) -> None:
    """Let the client off a step."""
    tell(json, f"{step} is excused", lambda stepwell: stepwell.excuse(journey, step, reason=reason, message_id=id))


@app.command()
def release(journey: Journey, step: Step, reason: Reason, id: MessageId = None, json: Json = False) -> None:
    """Deliver a waiting step before its time; quiet hours still hold it."""
    tell(json, f"{step} is released", lambda stepwell: stepwell.release(journey, step, reason=reason, message_id=id))


@app.command()
def extend(journey: Journey, step: Step, until: Until, reason: Reason, id: MessageId = None, json: Json = False) -> None:
    """Move the closing of a step; one that has expired opens again."""
    at = instant(until)
    tell(json, f"{step} closes at {at}", lambda stepwell: stepwell.extend(journey, step, at, reason=reason, message_id=id))


@app.command()
def reopen(journey: Journey, step: Step, reason: Reason, id: MessageId = None, json: Json = False) -> None:
    """Open a settled step again."""
    tell(json, f"{step} is open again", lambda stepwell: stepwell.reopen(journey, step, reason=reason, message_id=id))


@app.command()
def remind(journey: Journey, step: Step, id: MessageId = None, json: Json = False) -> None:
    """Send a reminder of an open step now; twice within the cool-down is one."""
    tell(json, f"the client is reminded of {step}", lambda stepwell: stepwell.remind_now(journey, step, message_id=id))


@app.command()
def pause(
    journey: Journey,
    reason: Reason,
    keep_dates: Annotated[
        bool, typer.Option("--keep-dates", help="Dates stay where they are; else what remained still remains.")
    ] = False,
    id: MessageId = None,
    json: Json = False,
) -> None:
    """Deliver and remind nothing until resumed."""
    mode: PauseMode = "calendar" if keep_dates else "freeze"
    tell(json, "the journey is paused", lambda stepwell: stepwell.pause(journey, reason=reason, mode=mode, message_id=id))


@app.command()
def resume(journey: Journey, id: MessageId = None, json: Json = False) -> None:
    """Go on after a pause; what fell due comes one by one."""
    tell(json, "the journey goes on", lambda stepwell: stepwell.resume(journey, message_id=id), moves=journey)


@app.command()
def stop(journey: Journey, reason: Reason, id: MessageId = None, json: Json = False) -> None:
    """End a journey for good."""
    tell(json, "the journey is stopped", lambda stepwell: stepwell.stop(journey, reason=reason, message_id=id))


@app.command("date")
def date_(
    journey: Journey,
    name: Annotated[str, typer.Argument(help="Such as surgery.", show_default=False)],
    value: Annotated[str, typer.Argument(help="A day, an instant, or none.", show_default=False)],
    id: MessageId = None,
    json: Json = False,
) -> None:
    """Set or move a client date; what hangs on it is planned again at once."""
    read: date | datetime | None = None
    if value != "none":
        read = client_dates([f"{name}={value}"])[name] if len(value) == 10 else instant(value)
    tell(json, f"{name} is {value}", lambda stepwell: stepwell.set_date(journey, name, read, message_id=id), moves=journey)


@app.command()
def event(
    journey: Journey,
    name: Annotated[str, typer.Argument(help="What happened, such as operated.", show_default=False)],
    id: MessageId = None,
    json: Json = False,
) -> None:
    """Tell a journey that something happened in the host application."""
    tell(json, f"the journey knows of {name}", lambda stepwell: stepwell.host_event(journey, name, message_id=id))
