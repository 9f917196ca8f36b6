"""How often Hypothesis tries: the same examples every time, more of them with `HYPOTHESIS_PROFILE=thorough`.

And what the tests themselves are made of is looked through by no collector any more: with thousands of them a look takes so long
that a workflow would seem to be stuck.
"""

import gc
import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "usual",
    derandomize=True,
    deadline=None,
    max_examples=60,
    stateful_step_count=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    database=None,
)
settings.register_profile(
    "thorough", settings.get_profile("usual"), derandomize=False, max_examples=1500, stateful_step_count=40
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))


def pytest_collection_finish() -> None:
    """Every test is known from here on."""
    gc.collect()
    gc.freeze()


pytest_plugins = ["tests.canaries", "tests.postgres", "tests.stores"]
