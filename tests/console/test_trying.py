"""Trying out in the console: a form, a bar, figures and pictures; the same whether a script asks or the page is loaded again."""

import pytest

from tests.console.desk import Console
from tests.pathways import document, step

SOURCE = document(step("a", "reminders: {after: [1 day]}") + step("b"))


@pytest.mark.parametrize("where", ["", "/live"])
async def test_past_journeys_are_tried_on_the_draft(console: Console, where: str) -> None:
    """What it says is in the page and in the part that a script puts there; and each journey has its own page."""
    stepwell = console.stepwell
    await stepwell.publish(SOURCE)
    await stepwell.add_client(id="ada")
    journey = (await stepwell.start("ada", "trial")).id
    await console.home.recorded(journey, "step_delivered")
    await stepwell.save_draft("trial", document(step("b")))
    operator = await console.operator()
    address = f"/pathways/trial/what-if{where}?journeys=5&running=true"

    async def worked_out() -> str | None:
        html = (await operator.get(address)).text
        return html if "<progress" not in html else None

    html = await console.home.until(worked_out, "the comparison")
    assert "1 journey, and the same on the draft" in html
    assert "1 lived on version 1" in html
    assert "1 delivery of steps that these clients were never sent" in html
    assert '<title id="compared-completed-title">Completed on trial, as it was and on the draft</title>' in html
    assert "a: 0 before, 0 after" in html
    assert f"/console/journeys/{journey}/what-if?journeys=5" in html
    one = (await operator.get(f"/journeys/{journey}/what-if")).text
    assert "What if this journey had been on the draft?" in one
    assert "b.1" in one


async def test_E2_steps_under_another_id_are_said_and_stay_in_the_form(console: Console) -> None:
    """Of many journeys and of one; what cannot be read is refused with an example."""
    stepwell = console.stepwell
    await stepwell.publish(SOURCE)
    await stepwell.add_client(id="ada")
    journey = (await stepwell.start("ada", "trial")).id
    await console.home.recorded(journey, "step_delivered")
    await stepwell.save_draft("trial", document(step("first", "reminders: {after: [1 day]}") + step("b")))
    operator = await console.operator()
    address = "/pathways/trial/what-if?journeys=5&running=true&renamed=a%3Dfirst"

    async def worked_out() -> str | None:
        html = (await operator.get(address)).text
        return html if "<progress" not in html else None

    one = (await operator.get(f"/journeys/{journey}/what-if?renamed=a%3Dfirst")).text
    for html in (await console.home.until(worked_out, "the comparison"), one):
        assert "a and first are taken to be one step, called first" in html
        assert 'value="a=first"' in html
        assert "never sent" not in html
    refused = await operator.get(f"/journeys/{journey}/what-if?renamed=a")
    assert (refused.status_code, "worksheet=exercise" in refused.text) == (409, True)


@pytest.mark.parametrize("where", ["", "/live"])
async def test_what_publishing_the_draft_would_bring(console: Console, where: str) -> None:
    """The figures, the steps without an end, the pictures, and who runs on what."""
    stepwell = console.stepwell
    await stepwell.publish(SOURCE)
    await stepwell.add_client(id="ada")
    await console.home.recorded((await stepwell.start("ada", "trial")).id, "step_delivered")
    operator = await console.operator()
    address = f"/pathways/trial/impact{where}?per_week=20&behaviour=prompt"

    async def worked_out() -> str | None:
        html = (await operator.get(address)).text
        return html if "<progress" not in html else None

    html = await console.home.until(worked_out, "the impact")
    assert "20 clients a week, prompt" in html
    assert "no end at a: it has no closing: it waits until it is done" in html
    assert "1 on version 1; they stay there until they are migrated" in html
    assert "Messages to one client on trial, week by week" in html
    nobody = (await operator.get("/pathways/trial/impact?per_week=1&behaviour=past clients")).text
    assert "<progress" in nobody or "nothing to learn from" in nobody
