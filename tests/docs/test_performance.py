"""The page about performance says what the result of the last release says, and targets are judged by what was found."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from bench import scale
from bench.page import PAGE, RESULTS, page
from bench.targets import lines
from stepwell import __version__

_FILE = RESULTS / f"{__version__}.json"
_PLAIN = {"events": 17.0, "bytes": 2000.0, "actions": 4.0}


def _document(file: Path = _FILE) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def test_the_page_is_what_the_result_of_this_version_makes_of_it() -> None:
    """Where this fails: python -m bench page bench/results/VERSION.json."""
    assert PAGE.read_text() == page(_document(), f"bench/results/{_FILE.name}")


def test_the_page_of_scale_is_what_the_result_of_this_version_makes_of_it() -> None:
    """Where this fails: python -m bench scale bench/results/VERSION.json."""
    assert scale.PAGE.read_text() == scale.page(_document(), f"bench/results/{_FILE.name}")


def test_no_host_is_named_in_a_result() -> None:
    """The machine is described, not identified."""
    for file in RESULTS.glob("*.json"):
        assert {*_document(file)["machine"]} == {"processor", "cores", "memory_gb", "kernel", "load_before"}


def test_a_target_holds_at_its_limit_and_misses_beyond_it() -> None:
    """Each of them, by a number that is just so and one that is worse."""
    just = {
        "peers-plain": {
            "ours": {"at_rest": {"events": 12.0, "bytes": 1.0, "actions": 3.1}},
            "other": {"at_rest": _PLAIN},
            "rate_ratio": 1.5,
            "p50_ratio": 1.0,
        },
        "peers-dbos": {"rate_ratio": 1.3},
        "memory": {"begun": 1.0, "half_way": 120_000.0, "met_again": 1.0},
        "replay": {"cpu_an_event": 0.0006, "seconds": 1.0, "events": 1000},
        "herd": {"spread": 10.0, "bare": 5.0, "seconds": 15.0, "sent": 1000, "journeys": 1000},
        "reads-postgres": {"reads": [{"p95": 0.05}], "rows": {"journey": 1_000_000}},
        "growth": {
            "lengths": [{"steps": 10}, {"steps": 500}],
            "crowds": [{"open": 100}, {"open": 100_000}],
            "length_ratio": 1.1,
            "crowd_ratio": 1.1,
        },
    }
    assert [one.verdict for one in lines({"measures": just})] == ["holds"] * 11
    worse = deepcopy(just)
    worse["peers-plain"] |= {
        "ours": {"at_rest": {"events": 12.1, "bytes": 1.0, "actions": 3.2}},
        "rate_ratio": 1.49,
        "p50_ratio": 1.01,
    }
    worse["peers-dbos"] = {"rate_ratio": 1.29}
    worse["memory"] |= {"half_way": 120_001.0}
    worse["replay"] |= {"cpu_an_event": 0.00061}
    worse["herd"] |= {"seconds": 15.1}
    worse["reads-postgres"] |= {"reads": [{"p95": 0.04}, {"p95": 0.051}]}
    worse["growth"] |= {"length_ratio": 1.11, "crowd_ratio": 1.11}
    assert [one.verdict for one in lines({"measures": worse})] == ["misses"] * 11


def test_what_was_not_measured_or_not_all_the_way_is_not_said_to_hold() -> None:
    """Too few journeys, a mail too many, nothing at all."""
    some = {
        "herd": {"spread": 0.0, "bare": 5.0, "seconds": 1.0, "sent": 1001, "journeys": 1000},
        "reads-postgres": {"reads": [{"p95": 0.01}], "rows": {"journey": 100_000}},
    }
    verdicts = [one.verdict for one in lines({"measures": some})]
    assert verdicts.count("not measured") == 9
    assert [one for one in verdicts if one != "not measured"] == ["misses", "holds at 100,000"]
