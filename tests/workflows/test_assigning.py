"""Work given to people: single steps, couples, pathways made of others."""

import pytest

from stepwell import NotFound, Refused
from tests.pathways import document, step
from tests.workflows.house import House


async def test_D20_one_step_stands_alone(home: House) -> None:
    """Straight from the library, as often as it is given; the same request is the same assignment."""
    await home.stepwell.add_client(id="c1", email="ada@example.org")
    first = await home.stepwell.assign("c1", "gad7", request_id="r1")
    again = await home.stepwell.assign("c1", "gad7", request_id="r1")
    other = await home.stepwell.assign("c1", "gad7")
    assert first.id == again.id != other.id
    with pytest.raises(NotFound, match="no step 'nothing'"):
        await home.stepwell.assign("c1", "nothing")
    with pytest.raises(Refused, match="no practitioner with an address"):
        await home.stepwell.assign("c1", "phq9")


async def test_D18_a_couple_walks_together_and_answers_apart(home: House) -> None:
    """Each on their own journey; one that cannot be entered does not keep the other, and calling again enters nobody twice."""
    await home.stepwell.publish(document(step("a") + step("b")))
    for name in ("ann", "ben"):
        await home.stepwell.add_client(id=name)
    results = await home.stepwell.start_all(["ann", "nobody", "ben", "ann"], "trial")
    assert [(one.client, one.journey is not None) for one in results] == [("ann", True), ("nobody", False), ("ben", True)]
    assert "there is no client nobody" in (results[1].error or "")
    again = await home.stepwell.start_all(["ann", "ben"], "trial")
    assert [one.journey for one in again] == [results[0].journey, results[2].journey]
    assert results[0].journey is not None
    await home.stepwell.respond(results[0].journey, "a.1")
    assert [one.occurrence for one in await home.stepwell.to_do("ben")] == ["a.1"]


async def test_D3_D10_D19_pathways_are_copied_combined_reordered_and_found_by_their_tags(home: House) -> None:
    """Each as a draft, to go on with and to publish."""
    stepwell = home.stepwell
    await stepwell.publish(document(step("a") + step("b"), "tags: {audience: [adults], function: [homework]}"))
    copied = await stepwell.copy_pathway("trial", "copy", title="Copy")
    assert copied.errors == ()
    await stepwell.reorder_draft("copy", ["b", "a"])
    draft = await stepwell.draft("copy")
    assert draft is not None
    version = await stepwell.publish(draft)
    published = await stepwell.pathway(version.pathway)
    assert published is not None
    assert [one.id for one in published.structure.steps] == ["b", "a"]
    both = await stepwell.combine_pathways(["trial", "copy"], "both", title="Both")
    assert both.errors == ()
    assert {one.pathway for one in await stepwell.pathways(tags=["audience:adults"])} == {"trial", "copy"}
    assert await stepwell.pathways(tags=["audience:adults", "audience:children"]) == []
    with pytest.raises(Refused, match="left out: a"):
        await stepwell.reorder_draft("copy", ["b"])
    with pytest.raises(NotFound, match="no draft of trial"):
        await stepwell.reorder_draft("trial", ["a"])
