"""Other releases of Stepwell, to run beside the one under test: copies of the code that decide one thing otherwise."""

import shutil
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
_CODE = ("engine", "workflows", "activities", "store", "stepwell", "tests/chaos")
_ALONE = ("worker.py", "tests/keys.py")


class Change(NamedTuple):
    """Words of the code, and others in their place."""

    file: str
    words: str
    instead: str


ONE_BY_ONE = Change("workflows/journey.py", "_BATCH = 200", "_BATCH = 1")
"""Each event is recorded by itself: as right as before, and another command at nearly every turn."""


def release(folder: Path, *changes: Change) -> Path:
    """A copy of the code in a folder of its own, changed. Run it with this folder as `PYTHONPATH`."""
    for name in _CODE:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _ALONE:
        shutil.copy(ROOT / name, folder / name)
    for change in changes:
        file = folder / change.file
        text = file.read_text()
        assert text.count(change.words) == 1, change
        file.write_text(text.replace(change.words, change.instead))
    return folder
