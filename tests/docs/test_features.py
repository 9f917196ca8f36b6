"""What the page of features says exists, exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def test_every_feature_has_its_place_and_its_test() -> None:
    """D1 to D43, none left out; each place is there, and each test is written and carries the feature's id."""
    tests = "\n".join(file.read_text() for file in sorted((ROOT / "tests").rglob("test_*.py")))
    written = set(re.findall(r"def (test_\w+)", tests))
    rows = [
        line.split("|")[1:-1] for line in (ROOT / "docs" / "features.md").read_text().splitlines() if line.startswith("| D")
    ]
    assert [row[0].strip() for row in rows] == [f"D{number}" for number in range(1, 44)]
    for number, _, where, held in ([cell.strip() for cell in row] for row in rows):
        assert _LINK.findall(where), number
        names = re.findall(r"`(test_\w+)`", held)
        assert names, number
        assert [name for name in names if name not in written] == [], number
        assert any(number in name.split("_") for name in names), number
