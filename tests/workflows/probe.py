"""A workflow that says a word by every way there is to Temporal."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError

WORD = "CANARY-WORD"
QUEUE = "probe"


@activity.defn
async def tell(word: str) -> str:
    """Beat, fail the first time with the word everywhere, then answer with it."""
    activity.heartbeat(word)
    await asyncio.sleep(0.1)
    if activity.info().attempt == 1:
        raise ApplicationError(word, {"detail": word}, type="Probe") from ValueError(word)
    assert activity.info().heartbeat_details == [word]
    return word


@activity.defn
async def give_up(word: str) -> None:
    """Fail with the word, for good."""
    raise ApplicationError(word, word, type="Probe", non_retryable=True) from ValueError(word)


async def _cause_of(failing: Awaitable[object]) -> ApplicationError:
    try:
        await failing
    except (ActivityError, ChildWorkflowError) as error:
        cause = error.cause
    assert isinstance(cause, ApplicationError)
    return cause


@workflow.defn
class Child:
    """Answers with what it was given, or fails with it."""

    @workflow.run
    async def run(self, word: str) -> str:
        """Fail as a whole."""
        raise ApplicationError(word, word, type="Probe")


@workflow.defn
class Probe:
    """Says the word as input, result, message, summary, memo, details and failure, and goes on as new with it."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    @workflow.run
    async def run(self, word: str, child: str, round: int) -> str:
        """Two runs."""
        assert workflow.memo_value("word", type_hint=str) == word
        workflow.set_current_details(word)
        await workflow.wait_condition(lambda: "signal" in self.heard and "update" in self.heard)
        assert await workflow.execute_activity(
            tell, word, start_to_close_timeout=timedelta(seconds=20), heartbeat_timeout=timedelta(seconds=5), summary=word
        )
        activity_failed = await _cause_of(
            workflow.execute_activity(
                give_up, word, start_to_close_timeout=timedelta(seconds=20), retry_policy=RetryPolicy(maximum_attempts=1)
            )
        )
        assert (activity_failed.message, activity_failed.details) == (word, (word,))
        child_failed = await _cause_of(
            workflow.execute_child_workflow(Child.run, word, id=child, static_summary=word, memo={"word": word})
        )
        assert child_failed.message == word
        await workflow.sleep(0.01, summary=word)
        workflow.upsert_memo({"more": word})
        await workflow.wait_condition(workflow.all_handlers_finished)
        if round == 1:
            workflow.continue_as_new(args=[word, child, 2])
        raise ApplicationError(word, word, type="Probe") from ValueError(word)

    @workflow.signal
    async def post(self, word: str) -> None:
        """Hear the word."""
        assert word == WORD
        self.heard.append("signal")

    @workflow.update
    async def submit(self, word: str, is_refused: bool) -> str:
        """Answer with the word, or refuse with it."""
        if is_refused:
            raise ApplicationError(word, word, type="Refused")
        self.heard.append("update")
        return word

    @workflow.query
    def ask(self, word: str) -> str:
        """The word back."""
        return word
