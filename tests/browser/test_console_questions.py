"""Ten things an operator needs, each answered in three clicks at most, as docs/how-to/operate.md says; and the pictures of that page."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import page_of
from tests.browser.console_scene import Scene, running_scene, sign_in
from tests.browser.sight import keep
from tests.e2e.processes import ROOT

MOST = 3
GUIDE = ROOT / "docs" / "how-to" / "operate.md"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A morning at the console."""
    with running_scene(tmp_path_factory.mktemp("console")) as up:
        yield up


class Clicks:
    """An operator who is on the first page, and whose every click and every Enter is counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.number = 0

    def on(self, link: str) -> None:
        """Click a link by its words."""
        self.at(self.page.get_by_role("link", name=link, exact=True).first)

    def at(self, one: Locator) -> None:
        """Click on this."""
        self.number += 1
        one.click()

    def find(self, words: str) -> None:
        """Type into the field on every page, and Enter."""
        self.number += 1
        self.page.get_by_role("searchbox", name="Find a journey").fill(words)
        self.page.keyboard.press("Enter")

    def shows(self, where: str, *words: str) -> None:
        """The answer is on the page."""
        for each in words:
            expect(self.page.locator(where).first).to_contain_text(each, timeout=15_000)


def _why_not_step_four(clicks: Clicks) -> None:
    clicks.find("ada/tutorial")
    clicks.shows('[id="row-goodbye.1"]', "waits for welcome.1", "counts from mood.completed +1 minute")


def _overdue(clicks: Clicks) -> None:
    clicks.on("Who is overdue by more than 3 days?")
    clicks.shows("tbody", "c007", "c006", "c005")
    expect(clicks.page.locator("tbody tr")).to_have_count(3)


def _failed_last_night(clicks: Clicks) -> None:
    clicks.on("What failed last night, and what did it affect?")
    clicks.shows("main", "4 journeys are affected", "task failed", "c001 on room", "its task failed at run 1")


def _was_the_client_told(clicks: Clicks) -> None:
    clicks.find("c004")
    clicks.on("Messages")
    clicks.shows("section[aria-labelledby=messages]", "reminder", "client", "email")


def _what_comes_next(clicks: Clicks) -> None:
    clicks.find("c004")
    clicks.shows('[id="row-fasting.1"]', "waiting", "18:00", "counts from date surgery")


def _workers(clicks: Clicks) -> None:
    clicks.on("Are the workers up, and do they keep up?")
    clicks.shows("section[aria-labelledby=queues]", "keeps up")


def _alerts(clicks: Clicks) -> None:
    clicks.on("Alerts not acknowledged")
    clicks.shows("section.alert", "phq9_start.1")


def _hosts(clicks: Clicks) -> None:
    clicks.on("Which hosts do not get their events?")
    clicks.on("https://hooks.example.com/stepwell")
    clicks.shows("main", "Switched off", "Given up 1", "503")


def _stuck(clicks: Clicks) -> None:
    clicks.on("Where do people get stuck on a pathway?")
    clicks.on("operation")
    clicks.shows("section[aria-labelledby=funnel]", "0 of 60")


def _versions(clicks: Clicks) -> None:
    clicks.on("Pathways")
    clicks.on("operation")
    clicks.on("from version 1")
    clicks.shows("main", "hello", "title", "version 2: 59 active")


QUESTIONS: dict[str, Callable[[Clicks], None]] = {
    "Why has this client not had step 4?": _why_not_step_four,
    "Who is overdue by more than 3 days?": _overdue,
    "What failed last night, and what did it affect?": _failed_last_night,
    "Was this client reminded, by which way, and did it arrive?": _was_the_client_told,
    "What comes next for this client, and when?": _what_comes_next,
    "Are the workers up, and do they keep up?": _workers,
    "Which alerts has nobody taken up?": _alerts,
    "Which hosts do not get their events?": _hosts,
    "Where do people get stuck on a pathway?": _stuck,
    "What does this version do differently, and who is on it?": _versions,
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered_in_three_clicks(browser: Browser, scene: Scene, question: str) -> None:
    """From the first page, with the words on the page as the answer."""
    with page_of(browser, height=800) as page:
        sign_in(page, scene)
        clicks = Clicks(page)
        QUESTIONS[question](clicks)
        assert clicks.number <= MOST, f"{clicks.number} clicks"
        keep(page, f"console-question-{list(QUESTIONS).index(question) + 1}")


def test_the_guide_has_the_questions_and_its_pictures() -> None:
    """Every question is a heading of the page, in this order; every picture it shows is there and says what is on it."""
    text = GUIDE.read_text()
    headings = [
        line.removeprefix("## ").partition(". ")[2]
        for line in text.splitlines()
        if line.startswith("## ") and line[3].isdigit()
    ]
    assert headings == list(QUESTIONS)
    pictures = [line for line in text.splitlines() if line.startswith("![")]
    assert len(pictures) >= 5
    for line in pictures:
        words, _, rest = line[2:].partition("](")
        assert len(words) > 30, line
        assert (GUIDE.parent / Path(rest.rstrip(")"))).resolve().exists(), line
