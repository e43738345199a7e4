"""Memory while very many values are made."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Python's search for cycles waits: rows make none, and it would look at all of them again and
    again. Memory is still given back as soon as nothing refers to it."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
