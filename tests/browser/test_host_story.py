"""The tutorial's story as people live it: assigned, answered, asked about, looked at; by keyboard alone."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.people import Keyboard, wait_for
from tests.browser.sight import is_accessible, keep
from tests.browser.stack import PASSPHRASE, Stack


def test_the_tutorial_by_keyboard_alone(host: str, stack: Stack, new_page: NewPage) -> None:
    """A practitioner adds Ben and assigns; Ben reads, answers low, leaves out, asks; she answers and lets him go on; he finishes."""
    grey = new_page()
    ben = new_page()
    _sign_in_by_keyboard(grey, host, "Dr Grey")
    client = _adds_a_client(grey, "Ben")
    _assigns(grey, "First steps")

    _sign_in_by_keyboard(ben, host, "Ben")
    wait_for(ben, "Welcome")
    is_accessible(ben)
    keep(ben, "story-1-to-do")
    _reads(ben)
    _answers_low(ben)
    _leaves_out(ben)
    _asks(ben)

    _answers_the_question(grey, host, client)
    _lets_him_go_on(grey)

    ben.goto(host)
    wait_for(ben, "Well done")
    keys = Keyboard(ben)
    keys.press("^Well done$")
    keys.press("^I have read it$")
    expect(ben.get_by_role("status")).to_have_text("Your answer was sent.")
    _sees_the_answer(ben)
    _looks_at_it_all(grey)
    assert stack.type("verify").startswith("every journey's rows, events and workflow agree")


def _sign_in_by_keyboard(page: Page, host: str, who: str) -> None:
    page.goto(host)
    is_accessible(page)
    keys = Keyboard(page)
    keys.write("^Passphrase$", PASSPHRASE)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    is_accessible(page)
    keys.press(f"^{who}$")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def _adds_a_client(page: Page, name: str) -> str:
    is_accessible(page)
    keys = Keyboard(page)
    keys.write("^Name$", name)
    keys.write("^Mail address", f"{name.lower()}@example.org")
    keys.press("^The client has consented", key="Space")
    keys.press("^Add$")
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    return page.url.split("?")[0]


def _assigns(page: Page, title: str) -> None:
    is_accessible(page)
    keys = Keyboard(page)
    keys.pick("^Path$", title)
    keys.press("^Assign the path$")
    expect(page.get_by_role("status")).to_have_text("It was assigned.")
    keep(page, "story-2-assigned")


def _reads(page: Page) -> None:
    keys = Keyboard(page)
    keys.press("^Welcome$")
    is_accessible(page)
    keys.press("^I have read it$")
    expect(page.get_by_role("alert")).to_contain_text("Please confirm the sentence first.")
    expect(page.get_by_role("alert")).to_be_focused()
    assert page.title().startswith("Error: Welcome")
    is_accessible(page)
    keep(page, "story-3-not-confirmed")
    keys.press("Please confirm the sentence")
    expect(page.get_by_label("I know what is coming.")).to_be_focused()
    page.keyboard.press("Space")
    keys.press("^I have read it$")
    expect(page.get_by_role("status")).to_have_text("Your answer was sent.")


def _answers_low(page: Page) -> None:
    wait_for(page, "How are you today?")
    keys = Keyboard(page)
    keys.press("^How are you today")
    is_accessible(page)
    keys.choose("How is your mood right now?", 2)
    keys.write("^What has helped today", "a walk")
    keep(page, "story-4-answering")
    keys.press("^Send$")
    expect(page.get_by_role("status")).to_have_text("Your answer was sent.")


def _leaves_out(page: Page) -> None:
    wait_for(page, "When the day is low")
    keys = Keyboard(page)
    keys.press("^When the day is low$")
    is_accessible(page)
    keys.press("^Leave this out$")
    keys.pick("What came in between", "I had no time")
    keys.press("^Leave it out$")
    expect(page.get_by_role("status")).to_have_text("Left out.")


def _asks(page: Page) -> None:
    keys = Keyboard(page)
    keys.press("^My path$")
    expect(page.get_by_role("heading", name="What is coming")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Well done")
    is_accessible(page)
    keep(page, "story-5-path")
    keys.press("^How are you today")
    expect(page.locator("main")).to_contain_text("a walk")
    is_accessible(page)
    keys.press("^Ask a question about this$")
    keys.write("^Your question$", "Does a short walk count?")
    keys.press("^Send the question$")
    expect(page.get_by_role("status")).to_have_text("Your question was sent.")


def _answers_the_question(page: Page, host: str, client: str) -> None:
    page.goto(client)
    keys = Keyboard(page)
    keys.press("^First steps with Stepwell$")
    is_accessible(page)
    keys.press("^How are you today")
    expect(page.locator("main")).to_contain_text("a walk")
    expect(page.locator("main")).to_contain_text("Does a short walk count?")
    is_accessible(page)
    keys.write("^Your answer$", "It does.")
    keys.press("^Send the answer$")
    expect(page.get_by_role("status")).to_have_text("Your answer was sent.")
    keep(page, "story-6-practitioner")


def _lets_him_go_on(page: Page) -> None:
    keys = Keyboard(page)
    keys.press("^First steps with Stepwell$")
    keys.press("^Well done$")
    keys.press("^Give it to the client now$")
    keys.write("^Reason$", "no need to wait")
    keys.press("^Give it to the client now$")
    expect(page.get_by_role("status")).to_have_text("It was given to the client.")


def _sees_the_answer(page: Page) -> None:
    keys = Keyboard(page)
    keys.press("^My path$")
    keys.press("^How are you today")
    expect(page.locator("main")).to_contain_text("It does.")
    keys.choose("How much did it help?", 3)
    keys.press("^Send$")
    expect(page.get_by_role("status")).to_have_text("Thank you for telling us.")


def _looks_at_it_all(page: Page) -> None:
    keys = Keyboard(page)
    keys.press("^First steps with Stepwell$")
    expect(page.locator("main")).to_contain_text(re.compile("completed"))
    is_accessible(page)
    keep(page, "story-7-journey")
