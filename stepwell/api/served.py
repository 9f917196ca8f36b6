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
    """What may be done at a path, for the header Allow."""
    found: set[str] = set()
    for pattern, route in served(app):
        if compile_path(pattern)[0].fullmatch(path):
            found |= set(getattr(route, "methods", None) or ())
    return ", ".join(sorted(found))
