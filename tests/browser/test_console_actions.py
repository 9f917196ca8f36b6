"""Every action of the console through its pages: seen first, confirmed with a reason, done; at a mouse, without scripts, by keyboard."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import page_of
from tests.browser.console_scene import Scene, running_scene, see, sign_in
from tests.browser.people import Keyboard
from tests.browser.sight import is_accessible, keep

SOON = (datetime.now(UTC) + timedelta(days=30)).date()
ON_STEPS = {
    # name: journey, occurrence, what is filled in, what the preview says, what is said afterwards
    "remind": ("c020/operation", "hello.1", {}, "reminder to the client", "A reminder is on its way"),
    "extend": ("c021/operation", "hello.1", {"Until": f"{SOON}T10:00"}, "closes", "The step closes later now."),
    "excuse": ("c022/operation", "hello.1", {}, "excused", "The client was let off the step."),
    "re-open": ("c022/operation", "hello.1", {}, "open", "The step is open again."),
    "release": ("c023/operation", "fasting.1", {}, "open", "The step was released."),
}
ON_JOURNEYS = {
    "Pause": ("c024/operation", {}, "paused", "The journey is paused."),
    "Resume": ("c024/operation", {}, "active", "The journey goes on."),
    "Shift a date": ("c025/operation", {"New day": str(SOON)}, "fasting.1", "The date was changed"),
    "Stop": ("c026/operation", {}, "stopped", "The journey is stopped."),
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One stack for all of them; each test has journeys of its own."""
    with running_scene(tmp_path_factory.mktemp("console")) as up:
        yield up


@pytest.fixture
def desk(browser: Browser, scene: Scene) -> Iterator[Page]:
    """An operator at a desk."""
    with page_of(browser) as page:
        sign_in(page, scene)
        yield page


@pytest.mark.parametrize("name", ON_STEPS)
def test_an_action_on_a_step(desk: Page, scene: Scene, name: str) -> None:
    """From the step's row: what it would change, the reason, and what was done."""
    journey, occurrence, fields, shown, said = ON_STEPS[name]
    if name == "release":
        scene.ask(lambda stepwell: stepwell.excuse(scene.journeys[journey], "hello.1", reason="to go on"))
    see(desk, scene, f"/journeys/<{journey}>")
    desk.locator(f'[id="row-{occurrence}"]').get_by_role("link", name=name, exact=True).click()
    _fill(desk, fields)
    expect(desk.locator(".foreseen")).to_contain_text(shown)
    _confirm(desk, said)


@pytest.mark.parametrize("name", ON_JOURNEYS)
def test_an_action_on_a_journey(desk: Page, scene: Scene, name: str) -> None:
    """From the head of its page."""
    journey, fields, shown, said = ON_JOURNEYS[name]
    see(desk, scene, f"/journeys/<{journey}>")
    desk.get_by_role("link", name=name, exact=True).click()
    _fill(desk, fields)
    expect(desk.locator(".foreseen")).to_contain_text(shown)
    _confirm(desk, said)


def _fill(page: Page, fields: dict[str, str]) -> None:
    for label, value in fields.items():
        page.get_by_label(label).fill(value)
    ask = page.get_by_role("button", name="See what it would change")
    if ask.count():
        ask.click()


def _confirm(page: Page, said: str) -> None:
    reason = page.get_by_label("Reason")
    if reason.count():
        reason.fill("agreed by telephone")
    page.locator("form.confirm button").click()
    expect(page.get_by_role("status").first).to_contain_text(said)


def test_what_failed_is_tried_again_once_it_can_be(desk: Page, scene: Scene) -> None:
    """Held, with its cause; retried while the host is away it is held again; once it is there the step is on its way."""
    see(desk, scene, "/journeys/<c017/room>")
    expect(desk.locator(".troubles")).to_contain_text("its task failed at run 1")
    scene.host.status = 204
    desk.locator('[id="row-book.1"]').get_by_role("link", name="retry").click()
    expect(desk.locator(".foreseen")).to_contain_text("The task of book.1 is started")
    _confirm(desk, "The task is being tried again.")
    expect(desk.locator(".troubles")).to_have_count(0)


def test_a_page_follows_what_happens_without_being_loaded_again(desk: Page, scene: Scene) -> None:
    """Somebody else pauses the journey: the page says so by itself, and whoever reads on is not moved."""
    see(desk, scene, "/journeys/<c027/operation>")
    desk.evaluate("window.same = true")
    scene.ask(lambda stepwell: stepwell.pause(scene.journeys["c027/operation"], reason="a holiday"))
    expect(desk.locator("#now")).to_contain_text("the journey to be resumed", timeout=30_000)
    assert desk.evaluate("window.same") is True


def test_the_picture_is_zoomed_by_keys_and_by_links(desk: Page, scene: Scene) -> None:
    """Plus, minus, arrows and 0 do what the links beside it do; a line of it leads to its row."""
    see(desk, scene, "/journeys/<c004/operation>")
    box, first = desk.locator("#timeline-box"), desk.locator("svg.timeline desc").text_content()
    for key in ("+", "ArrowRight", "-", "0"):
        before = desk.locator("svg.timeline").inner_html()
        box.focus()
        desk.keyboard.press(key)
        desk.wait_for_function("before => document.querySelector('svg.timeline').innerHTML !== before", arg=before)
    assert desk.locator("svg.timeline desc").text_content() == first
    desk.get_by_role("link", name="Closer").click()
    desk.wait_for_function("first => document.querySelector('svg.timeline desc').textContent !== first", arg=first)
    desk.get_by_role("link", name="All", exact=True).click()
    desk.locator("svg.timeline a").first.focus()
    desk.keyboard.press("Enter")
    assert desk.url.endswith("#row-hello.1")


def test_an_alert_is_taken_up_by_name(desk: Page, scene: Scene) -> None:
    """With what was done; then there is none left."""
    desk.get_by_role("link", name="Alerts", exact=True).click()
    desk.get_by_label("What was done").fill("The practitioner has called.")
    desk.get_by_role("button", name="Acknowledge").click()
    expect(desk.get_by_role("status")).to_have_text("The alert is acknowledged.")
    expect(desk.locator("main")).to_contain_text("Every alert was taken up.")
    desk.get_by_role("link", name="all", exact=True).click()
    expect(desk.locator("main")).to_contain_text("by operator: The practitioner has called.")


def test_what_a_host_did_not_take_is_sent_again(desk: Page, scene: Scene) -> None:
    """The endpoint is switched on, and the dead letter on its way."""
    desk.get_by_role("link", name="Which hosts do not get their events?").click()
    desk.get_by_role("link", name="https://hooks.example.com/stepwell").click()
    desk.get_by_role("button", name="Send all of them again").click()
    expect(desk.get_by_role("status")).to_contain_text("is being sent again")
    desk.get_by_role("button", name="Send to it again").click()
    expect(desk.get_by_role("status")).to_contain_text("is sent events again")
    expect(desk.locator("main")).not_to_contain_text("Switched off")


def test_an_answer_is_revealed_for_a_reason(desk: Page, scene: Scene) -> None:
    """And the audit says so."""
    see(desk, scene, "/journeys/<ada/depression-homework>")
    desk.locator('[id="row-phq9_start.1"]').get_by_role("link", name="reveal").click()
    assert "several_days" not in desk.content()
    desk.get_by_label("Reason").fill("The client asked us to look.")
    desk.get_by_role("button", name="Reveal").click()
    expect(desk.locator(".answer").first).to_contain_text("several_days")
    desk.get_by_role("link", name="Audit").click()
    expect(desk.locator("tbody tr").first).to_contain_text("The client asked us to look.")


def test_many_journeys_are_reminded_at_once(desk: Page, scene: Scene) -> None:
    """Chosen by their boxes, looked at, confirmed, watched to the end by a bar."""
    desk.get_by_role("link", name="Journeys", exact=True).click()
    desk.get_by_label("Begins with").fill("c03")
    desk.get_by_role("button", name="Search").click()
    boxes = desk.locator("input[name=journey]")
    expect(boxes).to_have_count(10)
    for place in (0, 1, 2):
        boxes.nth(place).check()
    desk.get_by_label("What to do with the chosen journeys").select_option("remind")
    desk.get_by_role("button", name="Preview").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Remind now: 3 journeys")
    desk.get_by_role("button", name=re.compile("Remind now")).click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Remind 3 journeys")
    expect(desk.locator("#progress")).to_contain_text("Finished: 3 of 3", timeout=30_000)
    keep(desk, "console-bulk-finished")
    is_accessible(desk)


def test_all_that_fit_are_paused_and_the_list_grows_as_one_reads(desk: Page, scene: Scene) -> None:
    """More rows come when the end is seen; `all that fit` is more than is on the page."""
    desk.get_by_role("link", name="Journeys", exact=True).click()
    rows = desk.locator("tbody tr:not(.more)")
    expect(rows).to_have_count(50)
    desk.locator("tr.more").scroll_into_view_if_needed()
    expect(rows).to_have_count(66)
    desk.get_by_label("Begins with").fill("c04")
    desk.get_by_role("button", name="Search").click()
    desk.get_by_label("all that fit").check()
    expect(desk.locator("input[name=journey]").first).to_be_disabled()
    desk.get_by_label("What to do with the chosen journeys").select_option("pause")
    desk.get_by_role("button", name="Preview").click()
    desk.get_by_label("Reason").fill("the practice is closed")
    desk.locator("form.confirm button").click()
    expect(desk.locator("#progress")).to_contain_text("Finished: 10 of 10", timeout=30_000)


def test_a_search_is_kept_as_a_view(desk: Page, scene: Scene) -> None:
    """And found again on the first page."""
    see(desk, scene, "/journeys?status=paused")
    desk.get_by_label("Keep this search as").fill("On holiday")
    desk.get_by_role("button", name="Keep").click()
    expect(desk.get_by_role("status")).to_have_text("The view was kept.")
    desk.get_by_role("link", name="Overview").click()
    desk.get_by_role("link", name="On holiday").click()
    expect(desk.locator("tbody tr").first).to_contain_text("paused")
    desk.get_by_label("Forget").select_option("On holiday")
    desk.get_by_role("button", name="Forget").click()
    expect(desk.get_by_role("link", name="On holiday")).to_have_count(0)


def test_a_draft_is_simulated(desk: Page, scene: Scene) -> None:
    """With a bar while it runs, and figures afterwards."""
    desk.get_by_role("link", name="Pathways", exact=True).click()
    desk.get_by_role("link", name="simulate the draft").click()
    desk.get_by_label("Clients").fill("300")
    desk.get_by_role("button", name="Simulate").click()
    expect(desk.get_by_role("heading", name="What came of 300 clients")).to_be_visible(timeout=60_000)


def test_without_scripts_everything_is_a_form_or_a_link(browser: Browser, scene: Scene) -> None:
    """Sign in, page on, look at what is to come, act, sign out."""
    with page_of(browser, java_script_enabled=False) as page:
        sign_in(page, scene)
        page.get_by_role("link", name="Journeys", exact=True).click()
        page.get_by_role("link", name="More", exact=True).click()
        expect(page.locator("tbody tr")).to_have_count(16)
        page.goto(scene.at("/journeys/<c028/operation>"))
        page.get_by_role("link", name="Ask the journey what is to come").click()
        expect(page.locator("#now")).to_contain_text("waits for date surgery")
        page.get_by_role("link", name="Closer").click()
        page.locator('[id="row-hello.1"]').get_by_role("link", name="excuse").click()
        expect(page.locator(".foreseen")).to_contain_text("excused")
        _confirm(page, "The client was let off the step.")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_by_keyboard_alone(browser: Browser, scene: Scene) -> None:
    """From the sign-in past the menu to a client's step, let off it with a reason, and out; what is focused is seen all the way."""
    with page_of(browser) as page:
        page.goto(f"{scene.url}/")
        page.keyboard.type(scene.key)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
        keys = Keyboard(page)
        keys.press("^Skip to the content$")
        page.goto(f"{scene.url}/")
        keys.write("^Find a journey", "c029")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.wait_for_function("() => !document.querySelector('.busy') && !document.querySelector('.htmx-request')")
        keys.reach("^The picture")
        keys.reach(r"\(hello.1\): open")
        keys.press("^excuse$")
        keys.write("^Reason", "agreed by telephone")
        keys.press("^Excuse$")
        expect(page.get_by_role("status").first).to_have_text("The client was let off the step.")
        keys.press("^Sign out$")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_P4_a_client_is_deleted(desk: Page, scene: Scene) -> None:
    """What would go in numbers; their id once more; then how far it is, by itself, until nothing is left."""
    see(desk, scene, "/journeys/<c027/operation>")
    desk.get_by_role("link", name="Delete this client").click()
    expect(desk.locator(".foreseen")).to_contain_text("1 journey, 1 of them running")
    is_accessible(desk)
    keep(desk, "console-delete-client")
    desk.get_by_label("The client's id, once more").fill("c028")
    desk.get_by_role("button", name="Delete for good").click()
    expect(desk.get_by_role("alert")).to_contain_text("write the client's id once more")
    desk.get_by_label("The client's id, once more").fill("c027")
    desk.get_by_label("Reason").select_option("consent_withdrawn")
    desk.get_by_role("button", name="Delete for good").click()
    expect(desk.get_by_role("heading", name="Deletion of c027")).to_be_visible()
    expect(desk.locator("#progress")).to_contain_text("nothing of theirs is here", timeout=120_000)
    is_accessible(desk)
    keep(desk, "console-deletion")
    assert scene.ask(lambda stepwell: stepwell.journeys(client="c027")) == []
    assert scene.ask(lambda stepwell: stepwell.journeys(client="c028"))
    desk.get_by_role("link", name="Deletions").first.click()
    expect(desk.get_by_role("row", name=re.compile("c027"))).to_contain_text("consent is withdrawn")
    is_accessible(desk)
    keep(desk, "console-deletions")


def test_E4_a_step_is_added_by_keyboard(browser: Browser, scene: Scene) -> None:
    """Chosen, titled, worded, placed and timed without a word of YAML; what is wrong is said first, then what it would change."""
    with page_of(browser) as page:
        sign_in(page, scene)
        see(page, scene, "/journeys/<c012/operation>")
        keys = Keyboard(page)
        keys.press("^Add a step$")
        keys.pick("^What", "exer")
        keys.write("^Why the client", "You said that the nights are long.")
        keys.write("^Words", "Breathe in for four counts, and out for six.")
        keys.pick("^Behind", "What")
        keys.write("^When", "3 days")
        keys.press("^See what it would change$")
        expect(page.get_by_role("alert")).to_contain_text("has no title")
        is_accessible(page)
        keys.write("^Title", "Slow breathing")
        keys.press("^See what it would change$")
        expect(page.locator(".foreseen")).to_contain_text("slow_breathing.1")
        is_accessible(page)
        keep(page, "console-add-step")
        keys.write("^Reason", "asked for on the telephone")
        keys.press("^Add this step$")
        expect(page.get_by_role("status").first).to_have_text("The step was given to this client.")
        page.wait_for_function("() => !document.querySelector('.busy') && !document.querySelector('.htmx-request')")
        expect(page.locator('[id="row-slow_breathing.1"]')).to_contain_text("Slow breathing")
        expect(page.locator("main")).to_contain_text("slow_breathing was added behind hello: asked for on the telephone")


def test_E4_a_step_of_the_library_is_added_on_a_phone(browser: Browser, scene: Scene) -> None:
    """Nothing is written but when; the form is as wide as the phone."""
    with page_of(browser, width=390) as page:
        sign_in(page, scene)
        see(page, scene, "/journeys/<c013/operation>")
        page.get_by_role("link", name="Add a step").click()
        page.get_by_label("What", exact=True).select_option(label="Beliefs about homework")
        page.get_by_label(re.compile("^When")).fill(str(SOON))
        page.get_by_label(re.compile("^At")).fill("10:00")
        page.get_by_role("button", name="See what it would change").click()
        expect(page.locator(".foreseen")).to_contain_text(f"{SOON:%d %b %Y} 10:00")
        is_accessible(page)
        keep(page, "console-add-step-390")
        _confirm(page, "The step was given to this client.")


def test_T4_a_date_of_a_group_is_moved_by_keyboard(browser: Browser, scene: Scene) -> None:
    """Whom it would be told and what moves for each; then it is a job like any other."""

    def has_begun() -> bool:
        return scene.ask(lambda stepwell: stepwell.group(scene.group)).started == 3

    scene.ask(lambda stepwell: stepwell.start_group(scene.group))
    with page_of(browser) as page:
        sign_in(page, scene)
        while not has_begun():
            page.wait_for_timeout(300)
        see(page, scene, f"/groups/{scene.group}")
        keys = Keyboard(page)
        keys.press("^Set or move a date$")
        keys.write("^New day", str(SOON))
        keys.press("^See what it would change$")
        expect(page.locator(".foreseen")).to_contain_text("3 journeys would be told")
        expect(page.locator(".foreseen")).to_contain_text("fasting.1")
        is_accessible(page)
        keep(page, "console-group-date")
        keys.press("^Tell it to 3 journeys$")
        expect(page.get_by_role("heading", level=1)).to_have_text("Set date surgery of 3 journeys")
        expect(page.locator("#progress")).to_contain_text("Finished: 3 of 3", timeout=30_000)
