"""The step types in force: the built-in ones, and those of installed packages (entry points `stepwell.step_types`)."""

from functools import lru_cache
from importlib.metadata import entry_points

from engine.steps import StepTypes, step_types
from engine.steptype import StepType
from stepwell.errors import StepwellError

GROUP = "stepwell.step_types"


class BrokenPackage(StepwellError):
    """An installed package that declares a step type cannot be used; repair or remove it."""


@lru_cache(maxsize=1)
def _found() -> StepTypes:
    found = []
    for entry in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        package = entry.dist.name if entry.dist else entry.value
        try:
            named = entry.load()
            one = named() if isinstance(named, type) else named
        except Exception as error:  # whatever a package does wrong: it has to be said whose fault it is
            raise BrokenPackage(f"the package {package} declares a step type that does not load: {error!r}") from error
        if not isinstance(one, StepType) or one.name != entry.name:
            raise BrokenPackage(f"the package {package} declares {entry.name!r}, which is no step type of that name")
        found.append(one)
    try:
        return step_types(*found)
    except ValueError as error:
        raise BrokenPackage(f"{error}; they come from the packages {', '.join(sorted(entry_names()))}") from None


def installed_types() -> StepTypes:
    """The built-in step types and every installed one, by name. Raises BrokenPackage."""
    return dict(_found())


def entry_names() -> list[str]:
    """The packages that declare step types."""
    return [entry.dist.name for entry in entry_points(group=GROUP) if entry.dist]
