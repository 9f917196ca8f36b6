"""What many journeys are given alike is in memory once."""

import gc

from engine.publishing import compile_pathway
from engine.structure import Structure
from tests.pathways import document, step
from workflows.inputs import JourneyInput


def _given(name: str) -> Structure:
    """As a run is given it: read anew from JSON."""
    structure = compile_pathway(document(step(name)), 1).structure
    return JourneyInput.model_validate_json(JourneyInput(structure=structure).model_dump_json()).structure


def test_journeys_that_go_by_the_same_share_it() -> None:
    """And those that go by another do not, however alike."""
    assert _given("read") is _given("read")
    assert _given("read") is not _given("write")


def test_what_nobody_goes_by_any_more_is_let_go() -> None:
    """A worker that lives long does not keep every version there has ever been."""
    mine = _given("once")
    assert any(one is mine for one in _all())
    del mine
    gc.collect()
    assert not any("once" in one.by_id for one in _all())


def _all() -> list[Structure]:
    return [one for one in gc.get_objects() if isinstance(one, Structure)]
