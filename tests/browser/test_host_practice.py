"""What a practitioner does for a client: looks, reviews, books, lets off, gives time, pauses, writes, assigns one step."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.people import look_until, sign_in, wait_for
from tests.browser.sight import is_accessible, keep
from tests.browser.stack import Stack
from tests.e2e.processes import ROOT

_PATHWAY = ROOT / "tests" / "browser" / "every_type.yaml"


@pytest.fixture
def grey(stack: Stack, host: str, new_page: NewPage) -> Page:
    """Dr Grey, looking at a client of hers who is on every type of step and has kept the diary and rated the wheel."""
    if not any(one["id"] == "ines" for one in stack.ask("GET", "/clients")["items"]):
        stack.type("pathway", "publish", str(_PATHWAY))
        known = {"id": "ines", "display_name": "Ines", "zone": "Europe/Berlin", "practitioner": "dr-grey"}
        stack.ask("POST", "/clients", known)
        journey = stack.ask("POST", "/journeys", {"client": "ines", "pathway": "every-type"})["id"]
        page = new_page()
        sign_in(page, host, "client:ines")
        wait_for(page, "Good moments")
        at = f"/journeys/{journey}/occurrences"
        stack.ask("POST", f"{at}/log.1/responses", {"response": {"entries": [{"answers": {"moment": "Sun", "moved": True}}]}})
        stack.ask("POST", f"{at}/life.1/responses", {"response": {"ratings": {"health": 4, "friends": 8}}})
    page = new_page()
    sign_in(page, host, "practitioner:dr-grey")
    page.get_by_role("link", name="Ines", exact=True).click()
    return page


def _step(page: Page, title: str) -> None:
    page.get_by_role("link", name="Every type of step", exact=True).first.click()
    page.get_by_role("table").get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def _said(page: Page, words: str) -> None:
    expect(page.get_by_role("status")).to_have_text(words)


def test_a_review_shows_what_it_is_about_and_asks_for_more(grey: Page, host: str, new_page: NewPage) -> None:
    """Praise and a comment go to the client; what is asked for once more is open for them again."""
    is_accessible(grey)
    keep(grey, "practice-client")
    grey.get_by_role("link", name="Look at it").first.click()
    expect(grey.locator("main")).to_contain_text("Look at the diary and the wheel.")
    expect(grey.locator("main")).to_contain_text("Sun")
    expect(grey.locator("figure img")).to_have_count(2)
    is_accessible(grey)
    keep(grey, "practice-review")
    grey.get_by_label("What went well?").fill("You moved about.")
    grey.get_by_role("group", name="What should be done once more?").get_by_label("Good moments").check()
    grey.get_by_role("button", name="Send the review").click()
    _said(grey, "The review was sent.")
    client = new_page()
    sign_in(client, host, "client:ines")
    wait_for(client, "Good moments")
    client.get_by_role("link", name="My path").first.click()
    look_until(client, client.locator("main"), "You moved about.")
    is_accessible(client)


def test_a_session_is_booked_and_attended(grey: Page, host: str, new_page: NewPage) -> None:
    """Booked by the client's clock; the client sees when and where."""
    _step(grey, "Our session")
    is_accessible(grey)
    keep(grey, "practice-session")
    grey.get_by_label("When is the session?").fill("2030-05-02T09:30")
    grey.get_by_role("button", name="Book it").click()
    _said(grey, "The session is booked.")
    client = new_page()
    sign_in(client, host, "client:ines")
    client.get_by_role("link", name="Our session").click()
    expect(client.locator("main")).to_contain_text("2030-05-02 09:30")
    grey.get_by_role("button", name="Save how it went").click()
    expect(grey.get_by_role("alert")).to_contain_text("Please answer this.")
    is_accessible(grey)
    grey.get_by_role("radiogroup", name="Did the session take place?").get_by_label("Yes").check()
    grey.get_by_role("button", name="Save how it went").click()
    expect(grey.locator(".facts-line")).to_contain_text("done")


def test_a_step_gets_more_time_a_reminder_and_is_let_off(grey: Page) -> None:
    """Each with its reason, and what Stepwell refuses is said."""
    _step(grey, "Something to read")
    grey.get_by_text("Give more time").first.click()
    grey.get_by_label("Until when?").fill("2020-01-01T10:00")
    grey.locator("details[open]").get_by_label("Reason").fill("ill last week")
    grey.locator("details[open]").get_by_role("button", name="Give more time").click()
    expect(grey.get_by_role("alert")).to_be_focused()
    is_accessible(grey)
    for action, said in (
        ("Remind the client now", "The client is being reminded."),
        ("Let the client off this step", "The client is let off."),
    ):
        grey.get_by_text(action).first.click()
        reason = grey.locator("details[open]").get_by_label("Reason")
        if reason.count():
            reason.fill("ill last week")
        grey.locator("details[open]").get_by_role("button", name=action).click()
        _said(grey, said)
    expect(grey.locator(".facts-line")).to_contain_text("let off")


def test_a_path_is_paused_and_goes_on(grey: Page) -> None:
    """With a reason; what was said is what happened."""
    grey.get_by_role("link", name="Every type of step", exact=True).first.click()
    is_accessible(grey)
    keep(grey, "practice-journey")
    grey.get_by_text("Pause the path").click()
    grey.locator("details[open]").get_by_label("Reason").fill("on holiday")
    grey.get_by_role("button", name="Pause it").click()
    _said(grey, "The path is paused.")
    expect(grey.locator(".facts-line").first).to_contain_text("paused")
    grey.get_by_role("button", name="Go on with the path").click()
    _said(grey, "The path goes on.")


def test_words_for_one_client_stand_above_the_step(grey: Page, host: str, new_page: NewPage) -> None:
    """For this client alone, and kept for the next look."""
    _step(grey, "What to do more of")
    grey.get_by_text("Write a word to the client at this step").click()
    grey.get_by_label("Your words").fill("Think of the sea.")
    grey.locator("details[open]").get_by_label("Reason").fill("she likes it")
    grey.get_by_role("button", name="Save").click()
    _said(grey, "Your words were saved.")
    client = new_page()
    sign_in(client, host, "client:ines")
    client.get_by_role("link", name="What to do more of").click()
    expect(client.get_by_role("region", name="A word for you from your practitioner")).to_contain_text("Think of the sea.")
    is_accessible(client)


def test_a_single_step_of_the_library_is_assigned(grey: Page) -> None:
    """It becomes a path of one step; assigning what runs already is refused in words."""
    grey.get_by_label("A single step").select_option(index=0)
    grey.get_by_role("button", name="Assign the step").click()
    _said(grey, "It was assigned.")
    grey.get_by_label("Path", exact=True).select_option("every-type")
    grey.get_by_role("button", name="Assign the path").click()
    expect(grey.get_by_role("alert")).to_contain_text("P5")
    is_accessible(grey)


def test_what_is_the_clients_alone_is_not_shown(stack: Stack, host: str, grey: Page) -> None:
    """A practitioner sees that it was answered, and none of the words (rule V1); nobody's clients but their own."""
    _step(grey, "Many questions")
    expect(grey.locator("main")).to_contain_text("There is nothing here that you can read.")
    stack.ask("POST", "/clients", {"id": "other", "display_name": "Other"})
    answer = grey.goto(f"{host}/practice/clients/other")
    assert answer is not None
    assert answer.status == 404
    is_accessible(grey)
