"""The console on a phone where every id, name and reason is one word, as long as the engine lets it be."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from stepwell import Stepwell
from tests.browser.conftest import page_of
from tests.browser.console_scene import Scene, running_scene, see, sign_in
from tests.browser.sight import is_accessible, keep

CLIENT, PRACTITIONER, KEY = "W" * 64, "M" * 64, "Q" * 64
PATHWAY, STEP, TASK, DAY = "m" * 63, "w" * 63, "q" * 63, "x" * 63
WORD = "Wundheilungsmanagementmaßnahmenkatalog" * 5
PATHWAY_SOURCE = f"""
pathway: {PATHWAY}
title: {WORD}
quiet_hours: none
tags: {{function: [organising]}}
steps:
  - id: {STEP}
    type: message
    title: {WORD}
    rationale: why
    reminders: {{after: [2 days, 4 days]}}
    content: {{body: Hello}}
  - id: {TASK}
    type: host_task
    title: {WORD}
    regardless: true
    deliver: {{after: journey.started}}
    content: {{task: book_room, note: {WORD}}}
  - id: after
    type: message
    title: {WORD}
    rationale: why
    deliver: {{after: date {DAY}, offset: -1 day, at: "18:00"}}
    content: {{body: Hello}}
"""
JOURNEY = f"/journeys/<{CLIENT}/{PATHWAY}>"
PAGES = {
    "journey": JOURNEY,
    "journey-alert": "/journeys/<ada/depression-homework>",
    "pause": f"{JOURNEY}/do/pause?mode=freeze",
    "excuse": f"{JOURNEY}/do/excuse?occurrence={STEP}.1",
    "shift": f"{JOURNEY}/do/shift?name={DAY}&value=2031-01-01",
    "put-elsewhere": f"{JOURNEY}/do/move_step?occurrence=after.1&after={STEP}",
    "add-step": f"{JOURNEY}/add",
    "migrate": f"{JOURNEY}/migrate?to=1",
    "what-if-journey": f"{JOURNEY}/what-if?version=1",
    "reveal": f"{JOURNEY}/occurrences/{STEP}.1/reveal",
    "contacts": f"/clients/{CLIENT}/contacts",
    "delete": f"/clients/{CLIENT}/delete",
    "journeys": f"/journeys?pathway={PATHWAY}",
    "pathways": "/pathways",
    "pathway": f"/pathways/{PATHWAY}",
    "failures": "/failures",
    "groups": "/groups",
    "group": "/groups/{group}",
    "group-date": f"/groups/{{group}}/date?name={DAY}&value=2031-01-01",
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A stack, and in it a journey that nobody would call short."""
    with running_scene(tmp_path_factory.mktemp("console")) as up:
        up.ask(lambda stepwell: _fill(up, stepwell))
        yield up


async def _fill(scene: Scene, stepwell: Stepwell) -> None:
    await stepwell.publish(PATHWAY_SOURCE)
    zone = "America/Argentina/ComodRivadavia"
    await stepwell.add_client(id=CLIENT, email="long@canary.example", zone=zone, practitioner=PRACTITIONER)
    begun = await stepwell.start(CLIENT, PATHWAY, enrolment_key=KEY)
    scene.journeys[f"{CLIENT}/{PATHWAY}"] = begun.id
    await stepwell.excuse(begun.id, f"{STEP}.1", reason=WORD)
    await stepwell.reopen(begun.id, f"{STEP}.1", reason=WORD)
    await stepwell.shift_step(begun.id, "after", by_length="3 days", reason=WORD)
    await stepwell.hold_contacts(CLIENT, reason=WORD, by=PRACTITIONER)
    scene.group = (await stepwell.create_group(WORD[:100], PATHWAY, [CLIENT])).id


@pytest.mark.parametrize("width", [320, 1280])
def test_the_longest_words_make_no_page_wider_than_its_window(browser: Browser, scene: Scene, width: int) -> None:
    """Words break, and what cannot break scrolls in a box of its own."""
    with page_of(browser, width=width) as page:
        sign_in(page, scene)
        for name, path in PAGES.items():
            see(page, scene, path.replace("{group}", scene.group))
            if name == "journey":
                expect(page.locator(".troubles")).to_contain_text(TASK)
            keep(page, f"console-long-{width}-{name}")
            is_accessible(page)
