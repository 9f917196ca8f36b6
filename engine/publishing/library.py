"""Library steps: written once, used as they are or tailored in a pathway."""

from collections.abc import Iterator
from typing import Any

from engine.findings import Finding, did_you_mean
from engine.instruments import library as built_in
from engine.publishing.practice import Library


def put_in_library_steps(value: Any, library: Library) -> Iterator[Finding]:
    """Fill every step that says `use` with what the library has; what the step says itself wins, content by content field.

    The instruments that come with the engine are in every library; a library step of the same name comes before them.
    """
    library = {**built_in(), **library}
    steps = value.get("steps") if isinstance(value, dict) else None
    for at, step in enumerate(steps if isinstance(steps, list) else []):
        if not isinstance(step, dict) or "use" not in step:
            continue
        name = step["use"]
        written = library.get(name) if isinstance(name, str) else None
        if written is None:
            yield Finding(
                code="unknown-library-step",
                step=str(step.get("id", f"number {at + 1}")),
                path=("steps", at, "use"),
                message=f"the library has no step {name!r}",
                suggestion=did_you_mean(str(name), library) or "publish the library step first, or write the step out here",
            )
            continue
        own = dict(step)
        step.clear()
        step.update({**written, **own, "id": own.get("id", name)})
        if isinstance(written.get("content"), dict) and isinstance(own.get("content"), dict):
            step["content"] = {**written["content"], **own["content"]}
