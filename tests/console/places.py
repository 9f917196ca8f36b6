"""Every page of the console, for tests that look at all of them."""

from collections.abc import Iterator

from fastapi.routing import APIRoute

from stepwell.console.app import ROUTERS
from stepwell.models import JourneyQuery
from tests.console.desk import Console

_QUERIES = {
    "/find": ("?q=ada", "?q=nobody"),
    "/journeys/rows": ("?after={cursor}",),
    "/pathways/{pathway}/differences": ("?old=1&new=1",),
    "/pathways/{pathway}/simulate": ("", "?clients=3&version=1"),
    "/pathways/{pathway}/simulate/live": ("?clients=3&version=1",),
    "/pathways/{pathway}/what-if": ("", "?journeys=3&version=1&running=true"),
    "/pathways/{pathway}/what-if/live": ("?journeys=3&version=1&running=true",),
    "/pathways/{pathway}/impact": ("", "?per_week=3&version=1"),
    "/pathways/{pathway}/impact/live": ("?per_week=3&version=1",),
    "/journeys/{journey}/what-if": ("?version=1",),
    "/journeys/{journey}": ("", "?ahead=true", "?from=1700000000&to=1800000000"),
    "/journeys": ("", "?status=running&sort=client&text=a"),
    "/alerts": ("", "?every=true"),
    "/groups/{group}/date": ("", "?name=surgery&value=2031-01-01"),
}
_STEP_ACTIONS = ("remind", "release", "excuse", "extend", "reopen", "retry")


def patterns() -> list[str]:
    """The addresses that show something, as they are declared."""
    routes = [one for router in ROUTERS for one in router.routes if isinstance(one, APIRoute)]
    return [one.path for one in routes if "GET" in one.methods]


async def places(console: Console, journey: str, *, endpoint: str, job: str) -> list[str]:
    """Addresses of every page, filled in with what is there."""
    cursor = (await console.stepwell.search(JourneyQuery(), limit=1)).next or ""
    known = {"{journey}": journey, "{occurrence}": "note.1", "{job}": job, "{endpoint}": endpoint}
    known["{group}"] = (await console.stepwell.groups(limit=1))[0].id
    known |= {"{pathway}": "troubled", "{number}": "1", "{client}": (await console.stepwell.journey(journey)).client}
    known["{deletion}"] = (await console.stepwell.deletions(limit=1))[0].id
    found = []
    for pattern in patterns():
        for query in _QUERIES.get(pattern, ("",)):
            for one in _named(f"{pattern}{query}".replace("{cursor}", cursor)):
                for name, value in known.items():
                    one = one.replace(name, value)
                assert "{" not in one, f"say what stands for what is open in {one}"
                found.append(one)
    return found


def _named(pattern: str) -> Iterator[str]:
    if "{name}" not in pattern:
        yield pattern
        return
    for name in _STEP_ACTIONS:
        yield f"{pattern.replace('{name}', name)}?occurrence=note.1&until=2031-01-01T10:00"
    yield f"{pattern.replace('{name}', 'pause')}?mode=freeze"
    yield pattern.replace("{name}", "resume")
    yield pattern.replace("{name}", "stop")
    yield f"{pattern.replace('{name}', 'shift')}?name=surgery&value=2031-01-01"
