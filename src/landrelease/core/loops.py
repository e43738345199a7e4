"""Loops that numba compiles, when they are first called.

numba takes more than half a second of the processor to load, before it has done anything. A
function marked with `loop` is compiled (or comes from numba's cache) at its first call, so that a
command that does not get so far does not wait for it; and what is wanted once, of a small problem,
can be had from the very same source without compiling it: `Loop.plain`.
"""

from __future__ import annotations

import functools
import threading
import types
from collections.abc import Callable
from typing import Any

_LOCK = threading.RLock()


class Loop:
    """A function that is compiled at its first call; from then on that of numba."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]):
        functools.update_wrapper(self, function)
        self.function, self.options = function, options
        self._compiled: Any = None
        self._plain: Callable[..., Any] | None = None

    @property
    def compiled(self) -> Any:
        """The function of numba, which compiles for the types of each first call."""
        with _LOCK:  # two threads may be the first
            if self._compiled is None:
                _let_numba_know()
                from numba import njit

                self._compiled = njit(**self.options)(self.function)
            return self._compiled

    @property
    def plain(self) -> Callable[..., Any]:
        """The same source as a function of Python, with all loops that it calls.

        Arrays may be given as memoryviews, whose items are read in half the time of those of an
        array. Without the checks that numba leaves out as well: an index must be inside.
        """
        if self._plain is None:
            scope = dict(self.function.__globals__)
            for name in self.function.__code__.co_names:
                if isinstance(scope.get(name), Loop):
                    scope[name] = scope[name].plain
            self._plain = types.FunctionType(
                self.function.__code__, scope, self.function.__name__,
                self.function.__defaults__, self.function.__closure__)
        return self._plain

    def __call__(self, *given: Any) -> Any:
        return (self.compiled if self._compiled is None else self._compiled)(*given)


def loop(**options: Any) -> Callable[[Callable[..., Any]], Loop]:
    """Mark a function as one for `numba.njit(**options)`; other loops may call it."""
    def made(function: Callable[..., Any]) -> Loop:
        return Loop(function, options)
    return made


@functools.cache
def _let_numba_know() -> None:
    """In compiled code the name of a loop means its compiled function."""
    from numba import types as kinds
    from numba.extending import typeof_impl

    @typeof_impl.register(Loop)
    def _(value: Loop, _context: Any) -> Any:
        return kinds.Dispatcher(value.compiled)
