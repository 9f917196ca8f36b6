"""One client's journey as a durable workflow: it queues, waits and hands out; the engine decides."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from workflows.handover import hand_over, makes_way
from workflows.names import JOURNEY, NEXT_DUE, NUDGE, REFUSED, REPEATED, STATE, SUBMIT, VERSION
from workflows.policies import LOOKING, POLICIES
from workflows.sending import try_channel

with workflow.unsafe.imports_passed_through():
    from engine.advance import advance, begin
    from engine.base import EffectId, MessageId
    from engine.effects import (
        AWAIT_STEP_TYPE,
        FIND_STEP_TYPE,
        Notify,
        Perform,
        Performed,
        Record,
        RecordResult,
        fall_back,
    )
    from engine.events import Event
    from engine.journey import Journey
    from engine.messages import By, Message, NotificationFailed, StepTypeAnswered, StopJourney, TaskDone, TaskFailed, Tick
    from engine.plan import plan
    from engine.settle import has_open
    from engine.turn import Answer, Plan, Turn
    from workflows.carrying import CARRIED
    from workflows.inputs import Checkpoint, JourneyInput, Submission

_BATCH = 200
"""Events in one recording: well below a payload's limit, enough to catch up quickly."""
_GRACE = timedelta(seconds=10)
"""How long a run waits for messages on their way before it hands them to the next run."""
_MEANWHILE = 500
"""How many events may come meanwhile: whoever sends without a pause must not make a run long."""
_RECENT = 200
_MOST_MOVES = 200
"""What an answer tells of what it moved: a payload has a limit, and a diary may come for years."""


class _Waiting:
    """A queued message and, once the loop took it, its answer."""

    __slots__ = ("answer", "carried", "message")

    def __init__(self, message: Message) -> None:
        self.message = message
        self.answer: Answer | None = None
        self.carried = CARRIED.get()


@workflow.defn(name=JOURNEY)
class JourneyWorkflow:
    """Exactly one of these is one journey."""

    @workflow.init
    def __init__(self, start: JourneyInput) -> None:
        self._structure = start.structure
        self._rotate_at = start.rotate_at
        self._inbox: deque[_Waiting] = deque()
        self._unrecorded: list[Event] = list(start.unrecorded)
        self._outbox: list[Notify | Perform] = list(start.unsent)
        self._sending: dict[EffectId, Notify | Perform] = {}
        self._tasks: dict[EffectId, asyncio.Task[None]] = {}
        self._pointless: set[EffectId] = set()
        self._recent: deque[Event] = deque(maxlen=_RECENT)
        self._holds_back = True
        """Whether messages wait in the outbox: before the run has begun, and while it makes way for the next."""
        self._bug: BaseException | None = None
        self._carried: Payload | None = None
        """What the last turn came of."""
        self._ticks = 0
        self._shown: tuple[str, datetime | None, int] | None = None
        if start.journey is None:
            assert start.facts is not None, "a new journey needs its facts"
            first = begin(start.structure, start.facts, workflow.now())
            self._journey = first.journey
            self._adopt(first)
            _tell(None, first)
        else:
            self._journey = start.journey

    @workflow.run
    async def run(self, start: JourneyInput) -> None:
        """Live until the journey is over, in as many runs as its history needs."""
        self._holds_back = False
        self._show()
        self._flush_outbox()
        self._carried = CARRIED.get()
        CARRIED.set(None)  # what the clock does months later does not come of the start
        parts = [asyncio.create_task(self._guard(part)) for part in (self._decide(), self._clock(), self._record())]
        try:
            await workflow.wait_condition(lambda: self._is_over or self._rotates or self._bug is not None)
        except asyncio.CancelledError:
            await self._stop_visibly()
        if self._is_over:
            await workflow.wait_condition(lambda: self._bug is not None or (self._is_idle and not self._unrecorded))
        else:
            self._holds_back = True
            await self._wait_a_little()
        if self._bug is not None:
            raise RuntimeError("the journey stopped at a bug; it goes on when a fix is deployed") from self._bug
        for part in parts:
            part.cancel()
        if not self._is_over or self._unrecorded or self._outbox or self._sending:
            hand_over(
                JourneyInput(
                    structure=self._structure,
                    journey=self._journey,
                    unrecorded=tuple(self._unrecorded),
                    unsent=(*self._sending.values(), *self._outbox),
                    rotate_at=self._rotate_at,
                )
            )

    async def _stop_visibly(self) -> None:
        """Somebody cancelled the workflow itself: the journey must not leave silently (rule G12)."""
        operator = By(role="operator")
        stop = StopJourney(id=MessageId("workflow-cancelled"), by=operator, reason="its workflow was cancelled in Temporal")
        self._inbox.append(_Waiting(stop))
        await workflow.wait_condition(lambda: self._is_over or self._bug is not None)

    # What comes in

    @workflow.update(name=SUBMIT, description="Give the journey a message; it is accepted, or refused with the rule's id.")
    async def submit(self, submission: Submission) -> Answer:
        """Queue the message and wait until the one loop has answered it."""
        waiting = _Waiting(submission.message)
        self._inbox.append(waiting)
        await workflow.wait_condition(lambda: waiting.answer is not None)
        answer = waiting.answer
        assert answer is not None
        if not answer.accepted:
            raise _refusal(answer)
        return answer

    @submit.validator
    def _check(self, submission: Submission) -> None:
        """Refuse before anything is written to history, wherever the outcome is already certain."""
        seq = self._journey.answered.get(submission.message.id)
        if seq is not None:
            raise ApplicationError("answered before", Answer(accepted=True, seq=seq), type=REPEATED, non_retryable=True)
        if self._inbox:
            return
        answer = advance(self._structure, self._journey, submission.message, workflow.now()).answer
        if not answer.accepted:
            raise _refusal(answer)

    @workflow.signal(name=NUDGE, description="Have it look whether another version of the workers is to go on with it.")
    def nudge(self) -> None:
        """Wake: whoever wakes looks whether to make way."""

    @workflow.query(description="The journey's whole state, without content.")
    def state(self) -> Journey:
        """The journey as it stands."""
        return self._journey

    @workflow.query(description="The journey's whole state and the structure it goes by, which may be its own.")
    def checkpoint(self) -> Checkpoint:
        """Everything that is needed to look ahead."""
        return Checkpoint(structure=self._structure, journey=self._journey)

    @workflow.query(description="What is due when, and why.")
    def forecast(self) -> Plan:
        """The plan from now on."""
        return plan(self._structure, self._journey, workflow.now())

    @workflow.query(description="The latest events of this run; the store holds them all.")
    def history(self) -> list[Event]:
        """What happened lately."""
        return list(self._recent)

    # The three loops

    async def _decide(self) -> None:
        """Take one message after the other: the single writer of the state."""
        while True:
            await workflow.wait_condition(lambda: bool(self._inbox))
            waiting = self._inbox.popleft()
            self._carried = waiting.carried
            CARRIED.set(waiting.carried)
            turn = advance(self._structure, self._journey, waiting.message, workflow.now())
            self._adopt(turn)
            _tell(waiting.message, turn)
            waiting.answer = turn.answer.changed(moved=turn.answer.moved[:_MOST_MOVES])

    async def _clock(self) -> None:
        """Sleep until the plan's next instant: one timer at a time, replaced when the plan changes.

        A timer that fires has something to do. One that fired for nothing would leave a task without commands, and those
        are not replayed where they were (see `_record`).
        """
        while True:
            await workflow.wait_condition(lambda: self._journey.wake_at is not None)
            target = self._journey.wake_at
            if target is None:  # a message took it back between the asking and the waking
                continue
            left = target - workflow.now()
            if left > timedelta(0):
                try:
                    await workflow.wait_condition(
                        lambda: self._journey.wake_at != target,  # noqa: B023 - awaited in this round
                        timeout=left,
                        timeout_summary="next due",
                    )
                    continue
                except TimeoutError:
                    pass
            self._ticks += 1
            tick = _Waiting(Tick(id=MessageId(f"tick-{self._ticks}")))
            self._inbox.append(tick)
            await workflow.wait_condition(lambda: tick.answer is not None)  # noqa: B023 - awaited in this round

    async def _record(self) -> None:
        """Bring every event to the store, in order, however long that takes.

        Never as a local activity: that would run before the message that caused the event is durable, and a task that is
        tried again may take the messages in another order. The store would know of what never happened.

        After the answers, always: on a worker that meets the journey anew, a message and the recording that was done just
        before it arrive as one, the message first, and the order of commands must not tell the difference (sdk-python#1591).
        """
        while True:
            await workflow.wait_condition(lambda: bool(self._unrecorded) and workflow.all_handlers_finished())
            batch = tuple(self._unrecorded[:_BATCH])
            journey = self._journey
            key = EffectId(f"{journey.id}/record/{batch[0].seq}-{batch[-1].seq}")
            policy = POLICIES["record"]
            CARRIED.set(self._carried)
            await workflow.execute_activity(
                "record",
                Record(id=key, tenant=journey.tenant, journey=journey.id, events=batch),
                result_type=RecordResult,
                activity_id=key,
                task_queue=policy.queue,
                start_to_close_timeout=policy.start_to_close,
                heartbeat_timeout=policy.heartbeat,
                retry_policy=policy.retry,
                summary=f"events {batch[0].seq} to {batch[-1].seq}",
            )
            del self._unrecorded[: len(batch)]

    # What goes out

    def _adopt(self, turn: Turn) -> None:
        self._journey = turn.journey
        if turn.structure is not None:
            self._structure = turn.structure
        self._unrecorded.extend(turn.events)
        self._recent.extend(turn.events)
        self._outbox.extend(turn.effects)
        if not self._holds_back:
            self._show()
            self._flush_outbox()
        self._give_up_pointless()

    def _flush_outbox(self) -> None:
        for effect in self._outbox:
            self._sending[effect.id] = effect
            job = self._send(effect) if isinstance(effect, Notify) else self._perform(effect)
            self._tasks[effect.id] = asyncio.create_task(self._guard(job))
        self._outbox.clear()

    def _sent(self, effect: EffectId) -> None:
        del self._sending[effect]
        del self._tasks[effect]

    async def _send(self, effect: Notify) -> None:
        """Try one channel after the other; tell the engine when none is left (rule N3)."""
        first = effect.id
        result = await try_channel(effect)
        while result.status == "failed":
            effect = fall_back(effect)
            result = await try_channel(effect)
        if result.status == "undeliverable":
            reason = result.reason or "no channel is left"
            self._inbox.append(
                _Waiting(
                    NotificationFailed(
                        id=MessageId(f"failed-{first}"),
                        effect=first,
                        to=effect.to,
                        occurrences=effect.occurrences,
                        reason=reason,
                    )
                )
            )
        self._sent(first)

    async def _perform(self, effect: Perform) -> None:
        """Run a step's activity as long as the step wants it tried; tell the engine what came of it (rule G12)."""
        policy = POLICIES["perform"]
        if effect.undoes:  # not before what it undoes has come to its end
            await workflow.wait_condition(lambda: not any(self._is_undone_by(effect, one) for one in self._sending.values()))
        message: Message | None
        try:
            result = await workflow.execute_activity(
                effect.activity,
                effect,
                result_type=Performed,
                activity_id=effect.id,
                task_queue=policy.queue,
                start_to_close_timeout=policy.start_to_close,
                schedule_to_close_timeout=effect.patience.roughly if effect.patience else None,
                retry_policy=LOOKING if effect.activity == AWAIT_STEP_TYPE else policy.retry,
                summary=f"{effect.activity} for {effect.occurrence}",
            )
            message = _told_of(effect, result)
        except (ActivityError, asyncio.CancelledError) as error:
            if not is_cancelled_exception(error):
                reason = "gave up after its retries"
                name = MessageId(f"failed-{effect.id}")
                message = TaskFailed(id=name, occurrence=effect.occurrence, run=effect.run, reason=reason)
            elif effect.id not in self._pointless:
                raise
            else:
                message = None
        if message is not None:
            self._inbox.append(_Waiting(message))
        self._sent(effect.id)

    def _is_undone_by(self, undoing: Perform, other: Notify | Perform) -> bool:
        return isinstance(other, Perform) and other.id != undoing.id and other.occurrence == undoing.occurrence

    def _give_up_pointless(self) -> None:
        """Stop trying what no step waits for any more, unless something has to be taken back afterwards."""
        for effect in self._sending.values():
            if not isinstance(effect, Perform) or not effect.gives_up or effect.id in self._pointless:
                continue
            occurrence = self._journey.occurrences.get(effect.occurrence)
            if occurrence is not None and occurrence.settled_at is not None:
                self._pointless.add(effect.id)
                self._tasks[effect.id].cancel()

    # What an operator sees in Temporal's own UI

    def _show(self) -> None:
        """State, open steps and the next instant: ids only, no content (rule V4)."""
        state = "held" if self._journey.status == "active" and self._journey.is_held else self._journey.status
        shown = (state, self._journey.wake_at, self._journey.version)
        if shown == self._shown:
            return
        has_migrated = self._journey.migrations > 0 and (self._shown is None or self._shown[2] != self._journey.version)
        self._shown = shown
        due = [NEXT_DUE.value_set(self._journey.wake_at)] if self._journey.wake_at else [NEXT_DUE.value_unset()]
        version = [VERSION.value_set(self._journey.version)] if has_migrated else []
        workflow.upsert_search_attributes([STATE.value_set(state), *due, *version])
        still_open = [one.id for one in self._journey.occurrences.values() if one.state in ("open", "started")]
        when = (
            f"{self._journey.wake_at:%Y-%m-%d %H:%M:%S} UTC"
            if self._journey.wake_at
            else "nothing planned; waits for a message"
        )
        lines = (
            f"**{state}** · {self._journey.pathway} v{self._journey.version}\n",
            f"- open: {', '.join(still_open) or 'nothing'}",
            f"- next: {when}",
            f"- zone: {self._journey.zone}",
            f"- events: {self._journey.seq}",
        )
        workflow.set_current_details("\n".join(lines))

    # Ends

    @property
    def _is_over(self) -> bool:
        status = self._journey.status
        return status in ("stopped", "ended") or (status == "completed" and not has_open(self._journey))

    @property
    def _rotates(self) -> bool:
        return makes_way() or workflow.info().get_current_history_length() >= self._rotate_at

    @property
    def _is_idle(self) -> bool:
        return not self._sending and not self._inbox and workflow.all_handlers_finished()

    async def _wait_a_little(self) -> None:
        """Let what is on its way arrive; what takes longer goes on in the next run under the same key."""
        longest = workflow.info().get_current_history_length() + _MEANWHILE
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._is_idle or self._bug is not None or workflow.info().get_current_history_length() >= longest,
                timeout=_GRACE,
                timeout_summary="rotation",
            )
        if not self._is_idle:
            await workflow.wait_condition(
                lambda: self._bug is not None or (not self._inbox and workflow.all_handlers_finished())
            )

    async def _guard(self, part: Coroutine[Any, Any, None]) -> None:
        """An exception in a task nobody awaits would vanish: keep it, and let the run stop visibly."""
        try:
            await part
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._bug = error


def _told_of(effect: Perform, result: Performed) -> Message | None:
    """What the engine is told of an activity's result, if it is to know."""
    if effect.activity in (FIND_STEP_TYPE, AWAIT_STEP_TYPE):
        return StepTypeAnswered(
            id=MessageId(f"{effect.activity}-{effect.id}"), occurrence=effect.occurrence, is_there=result.completes
        )
    if not result.completes:
        return None
    name = MessageId(f"done-{effect.id}")
    return TaskDone(id=name, occurrence=effect.occurrence, run=effect.run, outcome=result.outcome)


def _tell(message: Message | None, turn: Turn) -> None:
    """One line a turn, in no replay: what came, how it was decided, what comes of it. Ids and codes (rule V4)."""
    answer, journey = turn.answer, turn.journey
    said = {
        "tenant": journey.tenant,
        "journey": journey.id,
        "message": message.id if message else None,
        "kind": message.kind if message else "start",
        "by": message.by.role if message else None,
        "accepted": answer.accepted,
        "rule": answer.rule or None,
        "seq": journey.seq,
        "events": [one.kind for one in turn.events],
        "effects": [one.id for one in turn.effects],
    }
    workflow.logger.info("turn", extra={"turn": said})


def _refusal(answer: Answer) -> ApplicationError:
    return ApplicationError(answer.message, answer, type=REFUSED, non_retryable=True)
