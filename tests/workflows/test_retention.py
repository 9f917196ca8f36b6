"""A night's look for what has been kept for long enough, live."""

from datetime import UTC, datetime, timedelta

from store.tables import JourneyRow
from tests.pathways import document, step
from tests.workflows.house import House
from tests.workflows.test_journeys import enter
from workflows.names import JOURNEYS
from workflows.retention import RetentionWorkflow


async def test_SC17_a_look_is_a_workflow_that_says_what_it_took(home: House) -> None:
    """Whose last journey ended more than a year ago is deleted; whoever is still on one stays."""
    old = await enter(home, document(step("only")))
    await home.stepwell.respond(old, "only.1")
    await home.closed(old)
    await home.recorded(old, "journey_completed")
    async with home.database.begin() as session:
        row = await session.get(JourneyRow, old)
        assert row is not None
        row.created_at = row.finished_at = datetime.now(UTC) - timedelta(days=400)
        session.add(row)
    done = await home.client.execute_workflow(RetentionWorkflow.run, id="retention", task_queue=JOURNEYS)
    assert done.clients == 1

    async def is_erased() -> bool:
        return [one.erased_at is not None for one in await home.stepwell.deletions()] == [True]

    await home.until(is_erased, "the deletion")
    again = await home.client.execute_workflow(RetentionWorkflow.run, id="retention", task_queue=JOURNEYS)
    assert again.clients == 0
