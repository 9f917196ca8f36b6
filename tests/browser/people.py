"""People at the example host: signed in, at a mouse or at a keyboard alone."""

import re
import time
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.stack import PASSPHRASE

_FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return {name: '', seen: false};
  const labels = [...(one.labels ?? [])].map(label => label.innerText).join(' ');
  const name = one.getAttribute('aria-label') || labels || one.innerText || one.value || '';
  const group = one.closest('fieldset')?.querySelector('legend')?.innerText ?? '';
  const style = getComputedStyle(one);
  const around = one.closest('.option, .step') ? getComputedStyle(one.closest('.option, .step')) : style;
  const seen = [style, around].some(s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2);
  const leads = (one.tagName === 'A' && !one.getAttribute('href').startsWith('#')) || (one.tagName === 'BUTTON' && one.form);
  return {name: name.trim(), group: group.trim(), seen, leads: Boolean(leads)};
}"""
_MOST_STEPS = 150


def sign_in(page: Page, host: str, who: str) -> None:
    """Be one of the people, such as `client:ben`."""
    page.goto(host)
    page.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
    page.keyboard.press("Enter")
    page.locator(f'button[value="{who}"]').click()
    expect(page.locator("h1")).to_be_visible()


def wait_for(page: Page, words: str) -> None:
    """Look at the page again until these words are a link on it: what is delivered comes by itself."""
    look_until(page, page.get_by_role("link", name=words), words)


def look_until(page: Page, there: Locator, words: str, *, patience: float = 60) -> None:
    """Look at the page again until this is there and says these words: what was done is recorded a moment later."""
    give_up_at = time.monotonic() + patience
    while not any(words in said for said in there.all_inner_texts()):
        assert time.monotonic() < give_up_at, f"{words!r} does not come: {page.locator('main').inner_text()}"
        page.wait_for_timeout(300)
        page.reload()


class Keyboard:
    """Somebody who has no mouse. What is focused has to be seen at every step."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def reach(self, name: str, *, group: str = "") -> dict[str, Any]:
        """Tab to a control by what it is called, and by what its group asks."""
        for _ in range(_MOST_STEPS):
            self._page.keyboard.press("Tab")
            focused: dict[str, Any] = self._page.evaluate(_FOCUSED)
            if re.search(name, focused["name"]) and group in focused.get("group", ""):
                return focused
            assert focused["seen"] or not focused["name"], f"focus on {focused['name']!r} cannot be seen"
        raise AssertionError(f"no Tab leads to {name!r} on {self._page.url}")

    def press(self, name: str, *, key: str = "Enter", group: str = "") -> None:
        """Reach it and press it; where it leads somewhere, be there."""
        if self.reach(name, group=group)["leads"]:
            with self._page.expect_navigation():
                self._page.keyboard.press(key)
        else:
            self._page.keyboard.press(key)

    def write(self, name: str, words: str) -> None:
        """Reach a field and write into it."""
        self.reach(name)
        self._page.keyboard.type(words)

    def choose(self, group: str, number: int) -> None:
        """Choose on a scale, by the arrow keys."""
        self.reach("^0", group=group)
        self._page.keyboard.press("Space")
        for _ in range(number):
            self._page.keyboard.press("ArrowRight")

    def pick(self, name: str, letters: str) -> None:
        """Pick from a list by its first letters."""
        self.reach(name)
        self._page.keyboard.type(letters)
