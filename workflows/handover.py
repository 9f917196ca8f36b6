"""How a run makes way for the next one, and for another version of the workers with it."""

from typing import NoReturn

from temporalio import workflow


def is_wanted_elsewhere() -> bool:
    """Whether another version of the workers is to go on with this workflow; told with each of its tasks, and never without
    versions.
    """
    return workflow.info().is_target_worker_deployment_version_changed()


def makes_way() -> bool:
    """Whether this run has gone on for long enough, or is wanted elsewhere."""
    return workflow.info().is_continue_as_new_suggested() or is_wanted_elsewhere()


def hand_over(left: object) -> NoReturn:
    """End this run; the next begins with what is left, on the version of the workers that is wanted by then."""
    workflow.continue_as_new(left, initial_versioning_behavior=workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE)
