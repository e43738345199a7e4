"""Open registries, one a thread: handlers that read run in a few threads of their own."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from landrelease.store.open import open_registry
from landrelease.store.registry import Registry

T = TypeVar("T")
THREADS = 4
EXPORTS = 2  # threads for whole collections as files: the pages have theirs for themselves
CACHE_MB = 8  # of each thread: the system keeps the pages of the file for all of them


class Registries:
    """`await registries.run(work)`: `work(registry)` in a thread that has a registry open."""

    def __init__(self, address: str, threads: int = THREADS):
        self.address = address
        self._local = threading.local()
        self._all: list[Registry] = []
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="registry")

    def _registry(self) -> Registry:
        found: Registry | None = getattr(self._local, "registry", None)
        if found is None:
            found = self._local.registry = open_registry(self.address,
                                                                 cache_mb=CACHE_MB)
            self._all.append(found)
        return found

    async def run(self, work: Callable[[Registry], T]) -> T:
        here = contextvars.copy_context()  # the language of the request goes along
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, lambda: here.run(work, self._registry()))

    def close(self) -> None:
        def end() -> None:
            found: Registry | None = getattr(self._local, "registry", None)
            if found is not None:
                found.close()

        for _ in self._all:
            self._pool.submit(end)
        self._pool.shutdown(wait=True)
