"""What is looked for on every page: axe-core's findings, no request to anybody else, nothing wrong in the console; and its picture."""

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.e2e.processes import ROOT

_HERE = ROOT / "tests" / "browser"
AXE = _HERE / "node_modules" / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def findings(page: Page, *, impacts: tuple[str, ...] = ("serious", "critical")) -> list[str]:
    """What axe-core finds on a page of these impacts, one line each. Its script comes by the debugger, past the page's policy."""
    page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", _TAGS)
    assert found["passes"], "axe-core looked at nothing"
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {node['html'][:200]}"
        for one in found["violations"]
        if one["impact"] in impacts
        for node in one["nodes"]
    ]


def is_accessible(page: Page) -> None:
    """No serious or critical finding of axe-core, and nothing wider than the window."""
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{page.url} scrolls sideways"


def artefacts() -> Path:
    """Where pictures of a run are kept."""
    folder = Path(os.environ.get("STEPWELL_ARTEFACTS") or _HERE / "artefacts")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def keep(page: Page, name: str) -> None:
    """A picture of the whole page among the artefacts."""
    page.screenshot(path=artefacts() / f"{name}.png", full_page=True)
