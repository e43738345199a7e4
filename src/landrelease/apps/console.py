"""What a person sees in the terminal: progress on standard error, results on standard output."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from landrelease.core.progress import Progress, silent


@contextmanager
def listening(quiet: bool) -> Iterator[Progress]:
    """A listener: a live bar in a terminal, one line a step elsewhere, nothing when quiet."""
    if quiet:
        yield silent
    elif sys.stderr.isatty():
        with _bar() as bar:
            yield bar
    else:
        yield _Lines()


@contextmanager
def stopping_gently() -> Iterator[None]:
    """What ends a process politely (SIGTERM) is taken as Ctrl-C: the best so far is kept."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGTERM"):
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Lines:
    """One line when a step begins, with the seconds since the start; safe for log files."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.last = ""

    def __call__(self, what: str, share: float) -> None:
        if what != self.last:
            self.last = what
            print(f"  {time.monotonic() - self.began:5.1f} s  {what}", file=sys.stderr, flush=True)


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description:<44}"), BarColumn(bar_width=30),
               TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def listen(what: str, share: float) -> None:
            bar.update(task, description=what, completed=min(1.0, max(0.0, share)))

        yield listen
