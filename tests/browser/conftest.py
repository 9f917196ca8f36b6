"""A real Chromium, a real stack, and pages that notice what goes wrong on them. `make browser-tools` gets what is missing."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.sight import AXE
from tests.browser.stack import Stack, running_host, running_stack

CHROMIUM = Path("/usr/bin/chromium")
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, with a folder of its own that is gone afterwards."""
    if not CHROMIUM.exists():
        pytest.fail(f"there is no {CHROMIUM}: 'make browser-tools' says how to get it", pytrace=False)
    if not AXE.exists():
        pytest.fail("axe-core is not installed: 'make browser-tools' installs it", pytrace=False)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
        yield running
        running.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """`stepwell up` with its examples."""
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="module")
def host(stack: Stack) -> Iterator[str]:
    """The address of the example host."""
    with running_host(stack, stack.folder) as address:
        yield address


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Makes pages, each of a person of its own. What their console complains of, and requests to elsewhere, fail the test."""
    with ExitStack() as pages:
        yield lambda **options: pages.enter_context(page_of(browser, **options))


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """One page at a desk."""
    return new_page()


@contextmanager
def page_of(browser: Browser, *, width: int = 1280, height: int = 900, **options: Any) -> Iterator[Page]:
    """A page in a context of its own; `options` are Playwright's: `locale`, `color_scheme`, `java_script_enabled`."""
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    context.set_default_timeout(20_000)
    page = context.new_page()
    wrong: list[str] = []
    page.on(
        "console",
        lambda said: wrong.append(said.text) if said.type in ("error", "warning") and not _is_status(said.text) else None,
    )
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: wrong.append(asked.url) if not _is_ours(asked.url) else None)
    yield page
    context.close()
    assert wrong == []


def _is_ours(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:", "about:"))


def _is_status(said: str) -> bool:
    """Chromium's note about a page that answered with an error, which tests provoke: they look at the page instead."""
    return said.startswith("Failed to load resource: the server responded with a status of 4")
