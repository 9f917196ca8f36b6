"""Every built-in type of step answered through its form, on a telephone, in the dark, in German, without scripts."""

import re
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.people import sign_in, wait_for
from tests.browser.sight import is_accessible, keep
from tests.browser.stack import Stack
from tests.e2e.processes import ROOT

_NUMBERS = count(1)
_PATHWAY = ROOT / "tests" / "browser" / "every_type.yaml"
Enter = Callable[..., Page]


@pytest.fixture(scope="module")
def every_type(stack: Stack) -> Stack:
    """A stack with the pathway of every type."""
    stack.type("pathway", "publish", str(_PATHWAY))
    return stack


@pytest.fixture
def entered(every_type: Stack, host: str, new_page: NewPage) -> Enter:
    """Makes a new client who is on that pathway, and signs them in."""

    def enter(*, language: str = "en", **options: Any) -> Page:
        client = f"form-{next(_NUMBERS)}"
        known = {"display_name": "Kim", "language": language, "zone": "Europe/Berlin", "practitioner": "dr-grey"}
        every_type.ask("POST", "/clients", {"id": client, **known})
        every_type.ask("POST", "/journeys", {"client": client, "pathway": "every-type"})
        page = new_page(**options)
        sign_in(page, host, f"client:{client}")
        return page

    return enter


def _open(page: Page, title: str) -> None:
    page.goto(f"{page.url.split('/steps')[0].split('?')[0]}".rstrip("/").removesuffix("/path"))
    wait_for(page, title)
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def _send(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def _is_sent(page: Page, words: str = "Your answer was sent.") -> None:
    expect(page.get_by_role("status")).to_have_text(words)


def _rate(page: Page, question: str, number: int) -> None:
    asked = re.compile(rf"^{re.escape(question)}( \(optional\))?$")
    page.get_by_role("radiogroup", name=asked).get_by_label(str(number), exact=True).check()


def _look(page: Page, title: str, name: str) -> None:
    """How it stands on one's path afterwards, with a picture for the artefacts."""
    page.get_by_role("link", name="My path").first.click()
    page.get_by_role("link", name=title).click()
    is_accessible(page)
    keep(page, name)


def test_a_message_is_read_and_tried(entered: Enter) -> None:
    """A picture from elsewhere is a link: opening the page asks no other site."""
    page = entered()
    _open(page, "Something to read")
    is_accessible(page)
    keep(page, "form-message")
    expect(page.get_by_role("heading", name="Hello Kim")).to_be_visible()
    expect(page.get_by_role("link", name="Picture, on another site: A hill at dawn")).to_be_visible()
    page.get_by_label("I have understood it.").check()
    _rate(page, "How easy was it?", 7)
    _send(page, "I have read it")
    expect(page.get_by_role("alert")).to_contain_text("Leave this open unless you have tried it.")
    page.get_by_label("I have tried it").check()
    page.get_by_label("How did it go").fill("Slowly.")
    _send(page, "I have read it")
    _is_sent(page)
    _look(page, "Something to read", "form-message-done")
    expect(page.locator("main")).to_contain_text("Slowly.")


def test_a_questionnaire_of_everything_an_item_can_be(entered: Enter) -> None:
    """Conditions are settled by the server; rounds are added and taken away; everything wrong is said at once."""
    page = entered()
    _open(page, "Many questions")
    is_accessible(page)
    _fill_in(page)
    keep(page, "form-questionnaire")
    is_accessible(page)
    _send(page, "Send")
    expect(page.get_by_role("alert")).to_contain_text("How long? – This must be at most 600.")
    is_accessible(page)
    keep(page, "form-questionnaire-wrong")
    page.get_by_label("How long?").fill("40")
    _send(page, "Send")
    _is_sent(page)
    _look(page, "Many questions", "form-questionnaire-done")
    for words in (
        "40 minutes",
        "Walnuts",
        "A walk",
        "cooked",
        "71.5 kg",
        "Sertraline",
        "08:00",
        "28 February 2026",
        "1 December 2026, 09:30",
    ):
        expect(page.locator("main")).to_contain_text(words)
    with page.expect_download() as download:
        page.get_by_role("link", name="diary.png").click()
    assert download.value.path().read_bytes() == b"\x89PNG"


def _fill_in(page: Page) -> None:
    expect(page.get_by_label("How long?")).to_have_count(0)
    page.get_by_role("radiogroup", name="Did you sleep during the day?").get_by_label("Yes").check()
    page.get_by_label("How long?").fill("601")
    _rate(page, "How low were you?", 3)
    meal = page.get_by_role("radiogroup", name="Which meal was best?")
    meal.get_by_label("Something else, in my own words:").check()
    meal.get_by_label("Which meal was best?, in your own words").fill("Walnuts")
    did = page.get_by_role("group", name="What did you do?")
    did.get_by_label("A walk").check()
    did.get_by_label("Something else, in my own words:").check()
    did.get_by_label("What did you do?, in your own words").fill("cooked")
    page.get_by_label("One word").fill("calm")
    page.get_by_label("Your weight: how much").fill("71,5")
    page.get_by_role("button", name="Add: Medicine").click()
    page.get_by_role("button", name="Add another: Medicine").click()
    page.get_by_role("button", name="Remove Medicine 2").click()
    page.get_by_label("Its name").fill("Sertraline")
    page.locator("input[type=time]").first.fill("08:00")
    page.get_by_label("Since when?").fill("2026-02-28")
    page.get_by_label("Your next appointment").fill("2026-12-01T09:30")
    photo = {"name": "diary.png", "mimeType": "image/png", "buffer": b"\x89PNG"}
    page.get_by_label("A photo").set_input_files(photo)


def test_a_questionnaire_without_scripts(entered: Enter) -> None:
    """The same, with one press more where an answer opens a question."""
    page = entered(java_script_enabled=False)
    _open(page, "Many questions")
    page.get_by_role("radiogroup", name="Did you sleep during the day?").get_by_label("Yes").check()
    page.get_by_role("button", name="Update the page").click()
    page.get_by_label("How long?").fill("40")
    page.get_by_role("radiogroup", name="Did you sleep during the day?").get_by_label("No").check()
    _send(page, "Send")
    expect(page.get_by_role("alert")).to_contain_text("One word")
    expect(page.get_by_label("How long?")).to_have_count(0)
    page.get_by_role("radiogroup", name="Did you sleep during the day?").get_by_label("Yes").check()
    _send(page, "Send")
    _is_sent(page, "Because of your answers there is more to ask. Please look through the page once more.")


def test_a_draft_is_there_when_one_comes_back(entered: Enter) -> None:
    """Right or wrong, as it was left; another step is as it was."""
    page = entered()
    _open(page, "Good moments")
    page.get_by_label("What was it?").fill("The sun came out")
    _send(page, "Save for later")
    _is_sent(page, "Saved. You can go on whenever you like.")
    expect(page.locator(".card", has_text="Good moments")).to_contain_text("Begun")
    _open(page, "Good moments")
    expect(page.get_by_label("What was it?")).to_have_value("The sun came out")


def test_a_diary_takes_several_entries(entered: Enter) -> None:
    """And shows afterwards how far the goal is."""
    page = entered()
    _open(page, "Good moments")
    is_accessible(page)
    page.get_by_label("What was it?").fill("The sun came out")
    page.get_by_role("radiogroup", name="Did you move about?").get_by_label("Yes").check()
    page.get_by_role("button", name="Add another: Entry").click()
    second = page.get_by_role("group", name="Entry 2", exact=True)
    second.get_by_label("What was it?").fill("A call")
    second.get_by_label("What time was it?").fill("17:30")
    second.get_by_role("radiogroup", name="Did you move about?").get_by_label("No").check()
    keep(page, "form-diary")
    _send(page, "Send")
    _is_sent(page)
    _look(page, "Good moments", "form-diary-done")
    expect(page.locator("main")).to_contain_text("17:30")
    expect(page.locator("figure img")).to_have_attribute("alt", re.compile("1/3"))


def test_an_exercise_is_timed_or_said_to_be_done(entered: Enter) -> None:
    """Too short is said; the client's word does as well where the author says so."""
    page = entered()
    _open(page, "Breathing, guided")
    is_accessible(page)
    _rate(page, "Tension before the exercise", 7)
    page.get_by_role("button", name="Begin now").click()
    expect(page.locator(".clock b")).to_have_text(re.compile(r"0:0\d"))
    _rate(page, "Tension after the exercise", 4)
    _send(page, "I have finished")
    expect(page.get_by_role("alert")).to_contain_text("it takes at least 180 seconds")
    is_accessible(page)
    keep(page, "form-exercise")
    page.get_by_label("I have done it").check()
    _send(page, "I have finished")
    _is_sent(page)


def test_a_rating_wheel_is_rated_and_drawn(entered: Enter) -> None:
    """With wishes, and as a table for those who do not see the picture."""
    page = entered()
    _open(page, "Where life stands")
    is_accessible(page)
    _rate(page, "Health", 4)
    _rate(page, "Friends", 8)
    _rate(page, "Health: where would you like to be?", 7)
    keep(page, "form-wheel")
    _send(page, "Send")
    _is_sent(page)
    _look(page, "Where life stands", "form-wheel-done")
    picture = page.locator("figure img")
    expect(picture).to_have_attribute("alt", "Health: Now 4, Wish 7. Friends: Now 8.")
    assert picture.evaluate("one => one.complete && one.naturalWidth > 0")
    expect(page.get_by_role("table")).to_contain_text("Friends")


def test_a_contract_is_changed_and_signed(entered: Enter) -> None:
    """Signed with another name it is refused beside the signature; signed well, it is there to be read."""
    page = entered()
    _open(page, "A promise to yourself")
    is_accessible(page)
    expect(page.get_by_label("Your words")).to_have_value("I, Kim, will do one thing a day that does me good.")
    page.get_by_label("Your words").fill("I will do one thing a day.")
    page.get_by_label("Your name").fill("Kim Doe")
    page.get_by_label("What do you promise?").fill("One thing a day")
    page.get_by_label("By which day?").fill("2026-12-24")
    page.get_by_label("Why? Reason 1").fill("It does me good.")
    page.get_by_label("Your signature").fill("Somebody else")
    _send(page, "Sign and send")
    expect(page.get_by_role("alert")).to_contain_text("Please sign with exactly the name that you gave above.")
    is_accessible(page)
    keep(page, "form-contract")
    page.get_by_label("Your signature").fill("kim doe")
    _send(page, "Sign and send")
    _is_sent(page)
    _look(page, "A promise to yourself", "form-contract-done")
    expect(page.locator("main")).to_contain_text("SHA-256")


def test_a_choice_takes_so_many_and_no_more(entered: Enter) -> None:
    """Too many are refused in words that say how many."""
    page = entered()
    _open(page, "What to do more of")
    is_accessible(page)
    for name in ("Walks", "Letters", "Rest"):
        page.get_by_label(name).check()
    _send(page, "Send")
    expect(page.get_by_role("alert")).to_contain_text("Please choose 1 to 2.")
    page.get_by_label("Rest").uncheck()
    keep(page, "form-choice")
    _send(page, "Send")
    _is_sent(page)


def test_an_appointment_and_a_wait_are_shown_and_not_asked(entered: Enter) -> None:
    """They say what they are; there is nothing to send."""
    page = entered()
    _open(page, "Our session")
    is_accessible(page)
    keep(page, "form-appointment")
    expect(page.locator("main")).to_contain_text("Room 4")
    expect(page.get_by_role("button", name="Send", exact=True)).to_have_count(0)
    expect(page.locator(".facts")).to_contain_text("For your information")


def test_an_answer_that_meets_a_risk_rule_is_met_with_words_at_once(entered: Enter, host: str, new_page: NewPage) -> None:
    """Said before, shown after; the practitioner finds the alert, reads the answer and takes it up by name."""
    page = entered()
    _open(page, "How safe you are")
    expect(page.locator("main")).to_contain_text("Some answers here may alert your practitioner at once")
    is_accessible(page)
    page.get_by_role("radiogroup", name="Do you feel safe?").get_by_label("No").check()
    _send(page, "Send")
    expect(page.get_by_role("alert")).to_contain_text("EXAMPLE TEXT: if you are in danger")
    expect(page.get_by_role("alert")).to_be_focused()
    is_accessible(page)
    keep(page, "crisis")
    grey = new_page()
    sign_in(grey, host, "practitioner:dr-grey")
    is_accessible(grey)
    grey.get_by_role("link", name="Alert: Kim").first.click()
    expect(grey.locator("main")).to_contain_text("Do you feel safe?")
    is_accessible(grey)
    keep(grey, "alert")
    grey.get_by_label("What was done?").fill("Called; they are safe.")
    grey.get_by_role("button", name="I have taken it up").click()
    _is_sent(grey, "You have taken up the alert.")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_on_a_telephone_in_german(entered: Enter, dark: bool) -> None:
    """390 pixels wide: every form fits, every word is German but what people wrote, and axe-core is content."""
    page = entered(language="de", width=390, height=844, color_scheme="dark" if dark else "light", locale="de-DE")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    wait_for(page, "Etwas zu lesen")
    is_accessible(page)
    keep(page, f"phone-{'dark' if dark else 'light'}-home")
    steps = page.locator(".card h3 a").all_inner_texts()
    assert len(steps) >= 9
    for at, title in enumerate(steps):
        _open(page, title)
        is_accessible(page)
        keep(page, f"phone-{'dark' if dark else 'light'}-{at}")
    _open(page, "Wie sicher Sie sind")
    page.get_by_role("button", name="Absenden", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Bitte beantworten Sie das.")
    is_accessible(page)
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_what_is_the_clients_to_share_is_shared_and_taken_back(entered: Enter) -> None:
    """Only they decide; the page says who can read it."""
    page = entered()
    _open(page, "Many questions")
    expect(page.locator("main")).to_contain_text("until you decide to share it")
    _fill_in(page)
    page.get_by_label("How long?").fill("40")
    _send(page, "Send")
    _is_sent(page)
    page.get_by_role("link", name="My path").first.click()
    page.get_by_role("link", name="Many questions").click()
    page.get_by_role("button", name="Let my practitioner read it").click()
    _is_sent(page, "Your practitioner can read it now.")
    page.get_by_role("button", name="Keep it to myself again").click()
    _is_sent(page, "Your practitioner cannot read it any more.")


def test_everything_can_be_taken_along(entered: Enter) -> None:
    """As one file."""
    page = entered()
    page.get_by_role("link", name="My path").first.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download everything").click()
    assert download.value.suggested_filename == "my-path.json"
    assert "Many questions" in download.value.path().read_text()
