"""The courier of one endpoint, for as long as that is enabled. Everything it knows is in the store."""

from temporalio import workflow

from workflows.handover import hand_over, makes_way
from workflows.names import COURIER
from workflows.policies import CARRYING


@workflow.defn(name=COURIER)
class CourierWorkflow:
    """One of these is one endpoint: a slow one keeps no other waiting."""

    @workflow.run
    async def run(self, endpoint: str) -> None:
        """Carry shift after shift until there is nobody to carry to."""
        while await workflow.execute_activity(
            "carry",
            endpoint,
            result_type=bool,
            task_queue=CARRYING.queue,
            start_to_close_timeout=CARRYING.start_to_close,
            heartbeat_timeout=CARRYING.heartbeat,
            retry_policy=CARRYING.retry,
        ):
            if makes_way():
                hand_over(endpoint)
