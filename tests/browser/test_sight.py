"""The checks of these tests check: each is seen to fail on a page that is wrong in just that."""

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import page_of
from tests.browser.people import Keyboard
from tests.browser.sight import findings, is_accessible

_BAD = {
    "a picture without words": "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>",
    "a field without a label": "<input type='text'>",
    "faint words": "<p style='color:#bbb;background:#fff'>Hardly to be seen</p>",
    "a button that says nothing": "<button></button>",
}


@pytest.mark.parametrize("wrong", _BAD)
def test_axe_finds_what_is_wrong(browser: Browser, wrong: str) -> None:
    """And nothing on the same page without it."""
    around = "<!doctype html><html lang='en'><title>A page</title><main><h1>A page</h1>{}</main>"
    with page_of(browser) as page:
        page.set_content(around.format("<p>Nothing wrong.</p>"))
        assert findings(page) == []
        page.set_content(around.format(_BAD[wrong]))
        assert len(findings(page)) == 1


def test_a_page_that_scrolls_sideways_is_noticed(browser: Browser) -> None:
    """On a telephone."""
    with page_of(browser, width=390) as page:
        page.set_content(
            "<!doctype html><html lang='en'><title>A</title><main><h1>A</h1><div style='width:500px'>x</div></main>"
        )
        with pytest.raises(AssertionError, match="scrolls sideways"):
            is_accessible(page)


@pytest.mark.parametrize(
    "wrong", ["<img src='https://elsewhere.invalid/x.png' alt=''>", "<script>throw new Error('x')</script>"]
)
def test_a_request_to_elsewhere_and_an_error_of_a_script_are_noticed(browser: Browser, wrong: str) -> None:
    """Both fail the test that they happen in."""

    def look() -> None:
        with page_of(browser) as page:
            page.set_content(wrong)
            page.wait_for_timeout(200)

    with pytest.raises(AssertionError, match=r"elsewhere|x"):
        look()


def test_focus_that_cannot_be_seen_is_noticed(browser: Browser) -> None:
    """At every step on the way."""
    with page_of(browser) as page:
        page.set_content("<button style='outline:none'>One</button><button>Two</button>")
        with pytest.raises(AssertionError, match="cannot be seen"):
            Keyboard(page).reach("Two")


def test_what_no_tab_reaches_is_noticed(browser: Browser) -> None:
    """However often it is pressed."""
    with page_of(browser) as page:
        page.set_content("<style>:focus { outline: 3px solid blue }</style><button>Two</button><div onclick=''>Three</div>")
        with pytest.raises(AssertionError, match="no Tab leads"):
            Keyboard(page).reach("Three")
