"""A course written by hand: mail a step, wait for its answer, keep it, go on."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from bench.byhand.activities import Activities, Answer, Mail


@dataclass
class Start:
    """Who, and how many steps."""

    client: str
    steps: int


@workflow.defn
class Course:
    """One client's course."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        self._open = 0
        self._answers: dict[int, Answer] = {}

    @workflow.run
    async def run(self, start: Start) -> str:
        """From the first step to the last, or until one stays without an answer."""
        for step in range(1, start.steps + 1):
            self._open = step
            await workflow.execute_activity_method(
                Activities.notify, Mail(start.client, step), start_to_close_timeout=timedelta(minutes=1)
            )
            try:
                await workflow.wait_condition(lambda: self._open in self._answers, timeout=timedelta(days=7))
            except TimeoutError:
                return "expired"
            await workflow.execute_activity_method(
                Activities.keep, self._answers[step], start_to_close_timeout=timedelta(seconds=30)
            )
        return "completed"

    @workflow.update
    async def answer(self, answer: Answer) -> None:
        """The client answers the step that is open."""
        self._answers[answer.step] = answer

    @answer.validator
    def _fits(self, answer: Answer) -> None:
        if answer.step != self._open or answer.step in self._answers:
            raise ApplicationError(f"step {answer.step} is not open")
