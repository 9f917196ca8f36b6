"""What the log says of an exception: what it is, where it came from, and none of its words (rule V4, SC9)."""

import json
import subprocess
import sys

PROGRAM = """
import logging, structlog
from stepwell import logs
logs.set_up()

def fails():
    try:
        {}["CANARY-KEY"]
    except KeyError as error:
        raise ValueError("CANARY-WORDS") from error

try:
    fails()
except ValueError:
    structlog.get_logger("ours").exception("unexpected")
    logging.getLogger("theirs").exception("unexpected")
"""


def test_SC9_V4_an_exception_is_logged_by_type_and_place_without_its_words() -> None:
    """By our loggers and by those of libraries alike; each exception of the chain."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert "CANARY" not in done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["unexpected", "unexpected"]
    for line in lines:
        last, first = line["exceptions"]
        assert last.startswith("ValueError < <string>:")
        assert last.split(" < ")[1].endswith(" fails")
        assert first.startswith("KeyError < <string>:")
