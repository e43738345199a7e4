"""The process of one job: `python -m landrelease.apps.web.worker FOLDER`, started by the server.

The first line of standard input says where the registry is (an address may hold a password, so that
it is in no argument and no file); when the input ends, the server is gone and the job stops. Where
it stands goes out as lines of JSON; the result, or what is wrong, is a file in the folder.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from landrelease.errors import JOB_STOPPED_EARLY, LandReleaseError

RESULT, ERROR, FILES, STOP = "result.json", "error.json", "files", "stop"
FAILED, LEFT = 1, 3
_EVERY_S = 0.25


class _Telling:
    """Where the work stands, a line at a time, not more often than a page asks. Where somebody asks
    to stop and keep what was found, the work is told once, as by Ctrl-C."""

    def __init__(self, stop: Path) -> None:
        self.last, self.what, self.looked, self.stop = 0.0, "", 0.0, stop
        self.stopped = False

    def __call__(self, what: str, share: float) -> None:
        now = time.monotonic()
        if not self.stopped and now - self.looked >= _EVERY_S:
            self.looked = now
            if self.stop.exists():
                self.stopped = True
                raise KeyboardInterrupt
        if what == self.what and now - self.last < _EVERY_S:
            return
        self.last, self.what = now, what
        print(json.dumps({"what": what, "share": min(1.0, max(0.0, float(share)))}), flush=True)


def _leave_with_the_server() -> None:
    with suppress(OSError, ValueError):
        sys.stdin.read()
    os._exit(LEFT)


def main(folder: Path, told: dict[str, Any]) -> int:
    """Do the job that `job.json` of the folder describes. 0: done, 1: an error is written."""
    from landrelease.store.open import open_registry
    from landrelease.store.results import dump, write_atomically
    from landrelease.store.shelf import Shelf
    from landrelease.workflows import jobs, sharing

    job = json.loads((folder / "job.json").read_bytes())
    base, reader = Path(told["base"]), None
    files = folder / FILES
    files.mkdir(mode=0o700, exist_ok=True)
    try:
        registry = open_registry(told["address"])
        try:
            reader = sharing.reader_of(registry, job["role"], job["organisation"] or None,
                                       tuple(job["areas"]))
            found = jobs.perform(job["kind"], jobs.Doing(
                registry, reader, job["inputs"], files, Shelf(base, "plans"),
                Shelf(base, "forecasts"), date.today(),
                {"by": job["owner"], "role": job["role"], "organisation": job["organisation"],
                 "areas": job["areas"], "made_at": job["made_at"], "job": job["id"]},
                _Telling(folder / STOP)))
        finally:
            registry.close()
    except KeyboardInterrupt:
        early = LandReleaseError(JOB_STOPPED_EARLY)
        write_atomically(folder / ERROR, dump({"code": early.code, "description": str(early)}))
        return FAILED
    except LandReleaseError as error:
        heard = error if reader is None else reader.hushed(error)
        write_atomically(folder / ERROR, dump({"code": heard.code, "description": str(heard)}))
        return FAILED
    write_atomically(folder / RESULT, dump(found))
    return 0


if __name__ == "__main__":
    os.umask(0o077)
    with suppress(OSError, AttributeError):
        os.nice(5)  # pages go before jobs
    line = json.loads(sys.stdin.readline())
    threading.Thread(target=_leave_with_the_server, daemon=True).start()
    sys.exit(main(Path(sys.argv[1]), line))
