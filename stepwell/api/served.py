"""What an application serves, wherever the framework keeps it."""

from collections.abc import Iterator

from fastapi import FastAPI
from starlette.routing import BaseRoute, compile_path


def served(app: FastAPI) -> Iterator[tuple[str, BaseRoute]]:
    """Every route with its whole path, also those inside of included routers. Raises TypeError for what it cannot look into."""
    for route in app.routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield getattr(route, "path", ""), route
            continue
        prefix = route.include_context.prefix  # type: ignore[attr-defined]  # the framework keeps the type to itself
        for inner in included.routes:
            if not hasattr(inner, "path"):
                raise TypeError(f"{prefix}: a router within a router hides its routes")
            yield prefix + inner.path, inner


def methods_at(app: FastAPI, path: str) -> str:
    """What may be done at a path, for the header Allow; where several patterns fit, at the most definite of them."""
    fitting = [(pattern.count("{"), pattern, route) for pattern, route in served(app) if _fits(pattern, path)]
    most_definite = min(((count, pattern) for count, pattern, _ in fitting), default=(0, ""))
    found = {
        method
        for count, pattern, route in fitting
        if (count, pattern) == most_definite
        for method in getattr(route, "methods", None) or ()
    }
    return ", ".join(sorted(found))


def _fits(pattern: str, path: str) -> bool:
    return compile_path(pattern)[0].fullmatch(path) is not None
