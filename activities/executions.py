"""Workflows of Temporal as something that can be made to end and to be gone, with all their runs (rule P4)."""

import asyncio
from collections.abc import AsyncIterator

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest, GetWorkflowExecutionHistoryRequest
from temporalio.client import Client as Connection
from temporalio.service import RPCError, RPCStatusCode

_WHY = "deleted"
"""Stands in clear in the server's history: nothing about a person."""
_PATIENCE = 120.0
"""Seconds the server may take to delete what it said it would."""


class StillThere(Exception):
    """The server has not deleted a workflow yet; try again."""


class Executions:
    """The workflows of a namespace."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def end(self, name: str) -> None:
        """End it at once where it runs: no more timers, no more activities. Raises RPCError."""
        try:
            await self._connection.get_workflow_handle(name).terminate(reason=_WHY)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:  # over already, or never there
                raise

    async def erase(self, *names: str) -> int:
        """End them, and delete every run of them from the server; how many of them there were. Raises RPCError, StillThere."""
        runs: list[tuple[str, str]] = []
        for name in names:
            await self.end(name)
            found = await self._runs(name)
            for run in reversed(found):  # the oldest first: they are found from the latest on, also by whoever comes after us
                await self._delete(name, run)
            runs += [(name, run) for run in found]
        for name, run in runs:  # all are under way: a server looks only so often whether it may delete what has just ended
            await self._until_gone(name, run)
        return len({name for name, _ in runs})

    async def _runs(self, name: str) -> list[str]:
        """Every run, the latest first: what each says it went on from, and whatever else a list has under that name."""
        found = [run async for run in self.chain(name)]
        async for one in self._connection.list_workflows(f"WorkflowId = '{name}'"):
            if one.run_id not in found:
                found.append(one.run_id)
        return found

    async def chain(self, name: str) -> AsyncIterator[str]:
        """The run that is or was the last, then each that the one before went on from, as far as they are there. Raises RPCError."""
        seen: set[str] = set()
        run = await self._latest(name)
        while run and run not in seen:
            seen.add(run)
            yield run
            run = await self._before(name, run)

    async def _latest(self, name: str) -> str | None:
        try:
            return (await self._connection.get_workflow_handle(name).describe()).run_id
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return None
            raise

    async def _before(self, name: str, run: str) -> str | None:
        """The run that this one went on from; None where it is the first, or gone itself."""
        wanted = GetWorkflowExecutionHistoryRequest(
            namespace=self._connection.namespace,
            execution=WorkflowExecution(workflow_id=name, run_id=run),
            maximum_page_size=1,
        )
        try:
            answer = await self._connection.workflow_service.get_workflow_execution_history(wanted)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return None
            raise
        first = answer.history.events[0].workflow_execution_started_event_attributes
        return first.continued_execution_run_id or None

    async def _delete(self, name: str, run: str) -> None:
        wanted = DeleteWorkflowExecutionRequest(
            namespace=self._connection.namespace,
            workflow_execution=WorkflowExecution(workflow_id=name, run_id=run),
        )
        try:
            await self._connection.workflow_service.delete_workflow_execution(wanted)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise

    async def _until_gone(self, name: str, run: str) -> None:
        give_up_at = asyncio.get_running_loop().time() + _PATIENCE
        pause = 0.05
        while await self._is_there(name, run):
            if asyncio.get_running_loop().time() > give_up_at:
                raise StillThere(f"{name} is still in Temporal")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.0)

    async def _is_there(self, name: str, run: str) -> bool:
        try:
            await self._connection.get_workflow_handle(name, run_id=run).describe()
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return False
            raise
        return True
