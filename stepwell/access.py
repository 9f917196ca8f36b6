"""Who calls, and what they may: rights are declared beside each use case and enforced there, for every skin alike.

`@needs(SCOPE, KIND, …)` on a method of the handle is the whole of its declaration. The HTTP routes, the console and the
matrix of rights in the tests read it from there; a method without one cannot be given a route.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, cast, get_args

from engine.messages import By
from stepwell.errors import Forbidden

Kind = Literal["host", "practitioner", "client", "operator"]
"""The four kinds of caller. The Python handle and the command line are none of them: see PROCESS."""
Scope = Literal[
    "pathways:read",
    "pathways:write",
    "clients:read",
    "clients:write",
    "journeys:read",
    "journeys:write",
    "answers:read",
    "answers:write",
    "events:read",
    "admin",
    "act",
    "reveal",
]
"""What a credential may be narrowed to. `act`: a host speaks as one of its people. `reveal`: an operator reads an answer."""
KINDS: tuple[Kind, ...] = get_args(Kind)
SCOPES: tuple[Scope, ...] = get_args(Scope)
UNASKED: tuple[Scope, ...] = ("reveal",)
"""Given only where a key names it."""

_UseCase = TypeVar("_UseCase", bound=Callable[..., Any])


class Step(NamedTuple):
    """The one step that a client link is for."""

    journey: str
    occurrence: str


@dataclass(frozen=True)
class Caller:
    """Somebody whose credential was found good; everything about them comes from that credential alone."""

    tenant: str
    kind: Kind | Literal["process"]
    id: str | None = None
    """The practitioner's or the client's id; a name for an operator or a host, as the credential has it."""
    scopes: frozenset[Scope] = frozenset(SCOPES) - frozenset(UNASKED)
    only: Step | None = None
    credential: str = ""
    """Which key, token or link it was: for the audit and for limits, never a secret."""

    @property
    def by(self) -> By | None:
        """Who speaks, as a journey is told; None: the process, which says so itself."""
        return None if self.kind == "process" else By(role=self.kind, id=self.id)

    @property
    def name(self) -> str:
        """For the audit."""
        return f"{self.kind}:{self.id or self.credential or '-'}"

    def acting_as(self, kind: Kind, id: str) -> "Caller":
        """The same caller with no more than one of its people may. Raises Forbidden."""
        if self.kind != "host" or "act" not in self.scopes or kind not in ("practitioner", "client"):
            raise Forbidden("only a host with the scope 'act' speaks as one of its practitioners or clients")
        return replace(self, kind=kind, id=id, scopes=self.scopes - {"act", "admin"})


def process(tenant: str) -> Caller:
    """Whoever runs the process: the Python handle and the command line. May everything."""
    return Caller(tenant=tenant, kind="process", scopes=frozenset(SCOPES))


class Right(NamedTuple):
    """What one use case asks of its caller."""

    use_case: str
    scope: Scope
    kinds: frozenset[Kind]
    by_link: bool = False
    """Whether the link in a client's mail may do it, for its one step."""
    only_by_link: bool = False
    """Whether nothing else may: what it is about comes from the link."""

    @property
    def callers(self) -> tuple[str, ...]:
        """Who may, as the document of the API says it."""
        if self.only_by_link:
            return ("link",)
        return (*sorted(self.kinds), *(("link",) if self.by_link else ()))

    def refuse_unless(self, caller: Caller) -> None:
        """Raise Forbidden with what is missing."""
        if caller.kind == "process":
            return
        if caller.kind not in self.kinds:
            raise Forbidden(f"this is not for a {caller.kind}; it is for: {', '.join(sorted(self.kinds))}")
        if self.scope not in caller.scopes:
            raise Forbidden(f"the credential lacks the scope {self.scope!r}")
        if caller.only is not None and not self.by_link:
            raise Forbidden("the link from a mail opens its step, and nothing else; sign in for the rest")
        if caller.only is None and self.only_by_link:
            raise Forbidden("this is for the link in a client's mail; whoever is signed in names journey and occurrence")


class Called(Protocol):
    """Whatever knows its caller."""

    _caller: Caller


def needs(scope: Scope, *kinds: Kind, by_link: bool = False, only_by_link: bool = False) -> Callable[[_UseCase], _UseCase]:
    """Declare who may use this, and refuse everybody else before anything is done. Raises Forbidden."""

    def declared(use_case: _UseCase) -> _UseCase:
        right = Right(use_case.__name__, scope, frozenset(kinds), by_link or only_by_link, only_by_link)

        @wraps(use_case)
        def checked(self: Called, *arguments: Any, **named: Any) -> Any:
            right.refuse_unless(self._caller)
            return use_case(self, *arguments, **named)

        checked.__dict__["right"] = right
        return cast(_UseCase, checked)

    return declared


def right_of(use_case: Callable[..., Any]) -> Right | None:
    """The right that a use case declares."""
    found: Right | None = getattr(use_case, "right", None)
    return found
