"""Every page of the console in a real browser: light, dark, wide, narrow; axe-core finds nothing serious; a picture of each is kept."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import page_of
from tests.browser.console_scene import NAME, Scene, running_scene, see, sign_in
from tests.browser.sight import is_accessible, keep

PAGES = {
    "overview": "/",
    "journeys": "/journeys",
    "journeys-found": "/journeys?status=running&sort=overdue&overdue=3",
    "journeys-none": "/journeys?text=nobody",
    "journey": "/journeys/<ada/depression-homework>",
    "journey-held": "/journeys/<c001/room>",
    "journey-date": "/journeys/<c004/operation>",
    "journey-zoomed": "/journeys/<c004/operation>?from=1800000000&to=1800600000&ahead=true",
    "remind": "/journeys/<c004/operation>/do/remind?occurrence=hello.1",
    "extend": "/journeys/<c004/operation>/do/extend?occurrence=hello.1&until=2031-01-01T10:00",
    "pause": "/journeys/<c004/operation>/do/pause",
    "stop": "/journeys/<c004/operation>/do/stop",
    "shift": "/journeys/<c004/operation>/do/shift?name=surgery&value=2031-01-01",
    "refused": "/journeys/<c004/operation>/do/reopen?occurrence=hello.1",
    "add-step": "/journeys/<c004/operation>/add",
    "reveal": "/journeys/<ada/depression-homework>/occurrences/phq9_start.1/reveal",
    "pathways": "/pathways",
    "pathway": "/pathways/depression-homework",
    "differences": "/pathways/operation/differences?old=1&new=2",
    "simulate": "/pathways/operation/simulate?clients=20",
    "what-if": "/pathways/operation/what-if?version=2&journeys=50&running=true",
    "what-if-journey": "/journeys/<c004/operation>/what-if?version=2",
    "impact": "/pathways/operation/impact?version=2&per_week=10",
    "system": "/system",
    "failures": "/failures",
    "alerts": "/alerts",
    "webhooks": "/webhooks",
    "webhook": "/webhooks/{endpoint}",
    "mail": "/mail",
    "mail-one": "/mail/1",
    "audit": "/audit",
    "bulk": "/bulk",
    "groups": "/groups",
    "group": "/groups/{group}",
    "group-date": "/groups/{group}/date?name=surgery&value=2031-01-01",
    "journeys-group": "/journeys?group={group}",
    "nothing": "/nothing",
}

_WORKED_OUT = {
    "simulate": "What came of 20 clients",
    "what-if": "and the same on version 2",
    "impact": "10 clients a week, mixed",
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One stack for all of them."""
    with running_scene(tmp_path_factory.mktemp("console")) as up:
        yield up


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)], ids=lambda value: str(value)
)
def test_every_page(browser: Browser, scene: Scene, scheme: str, width: int) -> None:
    """Nothing serious for axe-core, nothing wider than the window, no name or address of a client."""
    with page_of(browser, width=width, color_scheme=scheme) as page:
        page.goto(f"{scene.url}/")
        is_accessible(page)
        keep(page, f"console-{scheme}-{width}-sign-in")
        sign_in(page, scene)
        for name, path in PAGES.items():
            see(page, scene, path.replace("{endpoint}", scene.endpoint).replace("{group}", scene.group))
            if name in _WORKED_OUT:
                expect(page.get_by_role("heading", name=_WORKED_OUT[name])).to_be_visible(timeout=60_000)
            keep(page, f"console-{scheme}-{width}-{name}")
            is_accessible(page)
            said = page.content()
            assert NAME not in said, name
            assert "@canary.example" not in said, name


def test_printed_it_is_the_page_without_what_is_pressed(browser: Browser, scene: Scene) -> None:
    """No menu, no buttons, no columns of actions; the picture and the tables stay."""
    with page_of(browser) as page:
        sign_in(page, scene)
        see(page, scene, "/journeys/<c004/operation>")
        page.emulate_media(media="print")
        assert not page.get_by_role("navigation", name="Pages").is_visible()
        assert not page.get_by_role("link", name="Pause").is_visible()
        assert page.locator("svg.timeline").is_visible()
        keep(page, "console-print-journey")


def test_the_cookie_is_taken_by_a_browser_on_loopback(browser: Browser, scene: Scene) -> None:
    """Secure although it is plain HTTP there; out of reach for scripts."""
    with page_of(browser) as page:
        sign_in(page, scene)
        [cookie] = page.context.cookies()
        assert (cookie["name"], cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (
            "__Host-stepwell",
            True,
            True,
            "Strict",
        )
        assert page.evaluate("document.cookie") == ""
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("status")).to_have_text("You are signed out.")
        page.goto(f"{scene.url}/journeys")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def _refuses(page: Page) -> bool:
    """Whether the page's policy lets nothing in that was not ours."""
    return bool(
        page.evaluate(
            """() => {
              const one = document.createElement('script');
              one.textContent = 'window.broken = true';
              document.body.append(one);
              return window.broken !== true;
            }"""
        )
    )


def test_the_policy_is_carried_out_by_the_browser(browser: Browser, scene: Scene) -> None:
    """A script that got into a page would not run."""
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, scene)
    assert _refuses(page)
    context.close()
