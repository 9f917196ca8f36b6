"""The client says when they want mails, on a phone, by keyboard too, in their own language; Stepwell keeps to it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPage
from tests.browser.people import Keyboard, sign_in
from tests.browser.sight import is_accessible, keep
from tests.browser.stack import Stack

WORDS = {
    "en": ("My mails", "from", "to", "A break from mails", "Send me no mails at all", "Save", "Saved. It holds from now on."),
    "de": (
        *("Meine E-Mails", "von", "bis", "Eine Pause von E-Mails", "Schicken Sie mir gar keine E-Mails"),
        *("Speichern", "Gespeichert. Es gilt ab sofort."),
    ),
}
WRONG = {"en": "Please choose two different times", "de": "Bitte wählen Sie zwei verschiedene Uhrzeiten"}


@pytest.mark.parametrize("language", WORDS)
def test_R5_a_client_sets_hours_a_break_and_no_mails_at_all(host: str, stack: Stack, new_page: NewPage, language: str) -> None:
    """Each is kept, shown again and taken back; hours that cannot be meant are asked for once more, and nothing is kept."""
    name = f"mia-{language}"
    stack.ask("POST", "/clients", {"id": name, "display_name": "Mia", "email": "mia@example.org", "language": language})
    title, begins, ends, pause, none, save, saved = WORDS[language]
    page = new_page(width=390, locale=language)
    sign_in(page, host, f"client:{name}")
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    is_accessible(page)
    keep(page, f"mails-{language}")

    page.get_by_label(begins, exact=True).select_option("17:00")
    page.get_by_role("button", name=save).click()
    expect(page.get_by_role("alert")).to_contain_text(WRONG[language])
    is_accessible(page)
    assert stack.ask("GET", f"/clients/{name}/contacts")["preferred_time"] is None

    page.get_by_label(ends, exact=True).select_option("20:00")
    page.get_by_label(pause).select_option("72")
    page.get_by_label(none).check()
    page.get_by_role("button", name=save).click()
    expect(page.get_by_role("status")).to_have_text(saved)
    is_accessible(page)
    keep(page, f"mails-{language}-saved")
    kept = stack.ask("GET", f"/clients/{name}/contacts")
    assert (kept["preferred_time"], kept["opted_out"]) == (["17:00", "20:00"], ["email"])
    left = datetime.fromisoformat(kept["snoozed_until"]) - datetime.now(UTC)
    assert timedelta(days=2) < left <= timedelta(days=3)
    assert stack.ask("GET", f"/clients/{name}")["language"] == language, "nothing else of them is changed"

    page.get_by_label(none).uncheck()
    page.get_by_role("button", name=save).click()
    expect(page.get_by_role("status")).to_have_text(saved)
    still = stack.ask("GET", f"/clients/{name}/contacts")
    assert (still["snoozed_until"], still["opted_out"]) == (kept["snoozed_until"], []), "what was not touched stays"

    page.get_by_label(begins, exact=True).select_option("")
    page.get_by_label(ends, exact=True).select_option("")
    page.get_by_label(pause).select_option("")
    page.get_by_role("button", name=save).click()
    expect(page.get_by_role("status")).to_have_text(saved)
    gone = stack.ask("GET", f"/clients/{name}/contacts")
    assert (gone["preferred_time"], gone["snoozed_until"]) == (None, None)


def test_R5_by_keyboard_alone_and_what_the_practice_holds_is_said(host: str, stack: Stack, new_page: NewPage) -> None:
    """From the list to a break of a week; nothing of why their mails are held."""
    stack.ask("POST", "/clients", {"id": "noa", "display_name": "Noa", "email": "noa@example.org"})
    stack.type("client", "hold", "noa", "--by", "Dr Grey", "--reason", "in hospital")
    page = new_page(width=390)
    sign_in(page, host, "client:noa")
    keys = Keyboard(page)
    keys.press("^My mails$")
    expect(page.locator("main")).to_contain_text("your practice sends you no mails that are not urgent")
    assert "hospital" not in page.content()
    keys.pick("^A break from mails", "for a w")
    keys.press("^Save$")
    expect(page.get_by_role("status")).to_have_text(re.compile("^Saved"))
    assert stack.ask("GET", "/clients/noa/contacts")["snoozed_until"] is not None
