"""A time in which nobody may ask the clock, chance, files, the network or other processes."""

import builtins
import datetime
import io
import os
import random
import secrets
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any
from unittest.mock import patch

_WORLD: dict[ModuleType, tuple[str, ...]] = {
    time: ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "gmtime", "ctime", "sleep"),
    random: ("random", "uniform", "randint", "randrange", "choice", "choices", "sample", "shuffle", "gauss", "getrandbits"),
    secrets: ("token_bytes", "token_hex", "token_urlsafe", "randbelow", "choice", "randbits"),
    uuid: ("uuid1", "uuid4"),
    os: ("urandom", "open", "system", "getenv", "listdir", "scandir", "stat", "getpid"),
    builtins: ("open", "input", "print"),
    io: ("open",),
    socket: ("socket", "create_connection", "getaddrinfo", "gethostname"),
    subprocess: ("Popen", "run", "check_output"),
}


class Touched(AssertionError):
    """Something that is to be pure asked the world."""


class _Clockless(type):
    """Makes a stand-in for `datetime` or `date` that everything real is an instance of."""

    real: type

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.real)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls.real)


class _Unread(Mapping[str, str]):
    """Stands for the environment."""

    def __init__(self, refuse: Callable[..., Any]) -> None:
        self._refuse = refuse

    def __getitem__(self, name: str) -> str:
        return str(self._refuse(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._refuse(""))

    def __len__(self) -> int:
        return len(self._refuse(""))


@contextmanager
def untouchable(owner: type) -> Iterator[list[str]]:
    """Raise Touched wherever the world is asked; the list names what was, also where the error was swallowed.

    `owner` is the class under test: what its package imported by name is replaced there as well.
    """
    touched: list[str] = []
    thread = threading.get_ident()

    def refusing(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def refuse(*given: Any, **named: Any) -> Any:
            if threading.get_ident() != thread:  # somebody else's work goes on
                return real(*given, **named)
            touched.append(name)
            raise Touched(name)

        return refuse

    stand_ins: list[tuple[ModuleType, str, Any]] = [
        (module, name, refusing(f"{module.__name__}.{name}", getattr(module, name)))
        for module, names in _WORLD.items()
        for name in names
        if hasattr(module, name)
    ]
    stand_ins += [(datetime, "datetime", _clockless(datetime.datetime, refusing, ("now", "utcnow", "today")))]
    stand_ins += [(datetime, "date", _clockless(datetime.date, refusing, ("today",)))]
    stand_ins += [(os, "environ", _Unread(refusing("os.environ", os.environ.__getitem__)))]
    packages = {one.__module__.partition(".")[0] for one in owner.__mro__ if one is not object}
    own = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] in packages]
    real = {id(getattr(module, name)): stand_in for module, name, stand_in in stand_ins}
    with ExitStack() as stack:
        for module in own:
            for name, value in list(vars(module).items()):
                if id(value) in real:
                    stack.enter_context(patch.object(module, name, real[id(value)]))
        for module, name, stand_in in stand_ins:
            stack.enter_context(patch.object(module, name, stand_in))
        yield touched


def _clockless(real: type, refusing: Callable[[str, Callable[..., Any]], Callable[..., Any]], names: tuple[str, ...]) -> Any:
    methods = {name: staticmethod(refusing(f"{real.__name__}.{name}", getattr(real, name))) for name in names}
    stand_in = _Clockless(real.__name__, (real,), methods)
    stand_in.real = real
    return stand_in
