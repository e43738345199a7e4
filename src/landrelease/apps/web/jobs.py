"""Jobs: long work in a process of its own, with progress, kept results, and an owner.

A job is a folder below `REGISTRY.jobs`, which only the owner of the registry may read. Few run at
once, others wait; the server's end stops them, and what was running then shows as interrupted.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import secrets
import shutil
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal

from landrelease.apps.web.readers import Asking
from landrelease.apps.web.worker import ERROR, FILES, RESULT, STOP
from landrelease.errors import (
    CANNOT_WRITE,
    JOB_BROKE,
    JOBS_ELSEWHERE,
    JOBS_FULL,
    LandReleaseError,
)
from landrelease.store.results import dump, write_atomically
from landrelease.workflows.jobs import INCOMING

State = Literal["waiting", "running", "done", "failed", "cancelled", "interrupted"]
ENDED: frozenset[State] = frozenset({"done", "failed", "cancelled", "interrupted"})
# Own assumptions: one job for each two processors, so that pages stay quick; a few wait for each
# person; the results of the last ones are kept.
RUNNING_MOST = max(1, (os.cpu_count() or 2) // 2)
OPEN_MOST, OPEN_MOST_OF_ONE, KEPT_MOST_OF_ONE = 20, 5, 50
HOURS_MOST = 12
_STOP_S = 3.0
_UPLOAD = ".upload-"
_ID = re.compile(r"^[A-Za-z0-9_-]{16}$")


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of long work. `share`: done, 0..1; `owner`: the account, or the office itself."""

    id: str
    kind: str
    inputs: Mapping[str, Any]
    owner: str
    role: str
    organisation: str
    areas: tuple[str, ...]
    made_at: str
    state: State = "waiting"
    began_at: str = ""
    ended_at: str = ""
    what: str = ""
    share: float = 0.0
    error: Mapping[str, str] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        return self.state in ENDED


def owner_of(asking: Asking) -> str:
    """Whose jobs a reader sees: the account's, or those of the office on its own machine."""
    return asking.account or f"the office as {asking.role}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class Jobs:
    """The jobs of a registry. `base`: what its folders are named after."""

    def __init__(self, address: str, base: Path):
        self.address, self.base = address, base
        self.folder = base.with_name(f"{base.name}.jobs")
        self._jobs: dict[str, Job] = {}
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._lock: IO[bytes] | None = None
        self._closing = False

    # --- life of the server ----------------------------------------------------------------------

    def begin(self) -> None:
        """Read what is there. What was not over when a server ended is interrupted; where another
        server does the jobs, it is left alone."""
        if not self.folder.is_dir():
            return
        mine = self._own()
        for left in self.folder.glob(f"{_UPLOAD}*") if mine else ():
            left.unlink(missing_ok=True)
        for path in sorted(self.folder.iterdir()):
            job = _read(path / "job.json") if _ID.match(path.name) else None
            if job is None:
                continue
            self._jobs[job.id] = job
            if mine and not job.ended:
                self._keep(replace(job, state="interrupted", ended_at=_now()))

    def _own(self) -> bool:
        """Whether this server does the jobs: one at a time may."""
        if self._lock is None:
            handle = open(self.folder / "lock", "ab")  # noqa: SIM115 held until the end
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                handle.close()
                return False
            self._lock = handle
        return True

    async def stop(self) -> None:
        """End all that runs; it is interrupted, and so is what waited."""
        self._closing = True
        for process in list(self._running.values()):
            _signal(process, signal.SIGTERM)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_STOP_S)
        for process in list(self._running.values()):
            _signal(process, signal.SIGKILL)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_STOP_S)
        if self._lock is not None:
            for job in list(self._jobs.values()):
                if not job.ended:
                    self._keep(replace(job, state="interrupted", ended_at=_now()))
            self._lock.close()
            self._lock = None

    # --- what people ask -------------------------------------------------------------------------

    def of(self, asking: Asking) -> list[Job]:
        """The reader's own jobs, the newest first. What was started in another role, for another
        organisation or in other areas is not among them: its result is of another view."""
        return sorted((j for j in self._jobs.values() if _owns(j, asking)),
                      key=lambda j: (j.made_at, j.id), reverse=True)

    def find(self, job_id: str, asking: Asking) -> Job | None:
        job = self._jobs.get(job_id)
        return job if job is not None and _owns(job, asking) else None

    def add(self, kind: str, inputs: Mapping[str, Any], asking: Asking,
            incoming: tuple[str, Path] | None = None) -> Job:
        """Start a job, or let it wait. `incoming`: the name of a file that goes with it, and where
        it lies now (in the folder of the jobs, see `upload`). Raises WEB-030 where there are too
        many, WEB-033, STO-008."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LandReleaseError(CANNOT_WRITE, path=str(self.folder),
                                   reason=error.strerror) from error
        if not self._own():
            raise LandReleaseError(JOBS_ELSEWHERE)
        still = [j for j in self._jobs.values() if not j.ended]
        own = [j for j in still if j.owner == owner_of(asking)]
        if len(own) >= OPEN_MOST_OF_ONE or len(still) >= OPEN_MOST:
            raise LandReleaseError(
                JOBS_FULL, found=len(own) if len(own) >= OPEN_MOST_OF_ONE else len(still),
                expected=OPEN_MOST_OF_ONE if len(own) >= OPEN_MOST_OF_ONE else OPEN_MOST)
        job = Job(secrets.token_urlsafe(12), kind, dict(inputs), owner_of(asking), asking.role,
                  asking.organisation, asking.areas, _now())
        self._path(job.id).mkdir(mode=0o700)
        if incoming is not None:
            (self._path(job.id) / INCOMING).mkdir(mode=0o700)
            incoming[1].replace(self._path(job.id) / INCOMING / incoming[0])
        self._keep(job)
        self._forget_old(job.owner)
        self._next()
        return self._jobs[job.id]

    def finish(self, job: Job) -> None:
        """Ask a job that runs to stop and keep what it has found so far."""
        if job.state == "running":
            with suppress(OSError):
                (self._path(job.id) / STOP).touch(mode=0o600)

    def upload(self) -> Path:
        """Where a file is put that is to go with a job. Raises STO-008."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LandReleaseError(CANNOT_WRITE, path=str(self.folder),
                                   reason=error.strerror) from error
        return self.folder / f"{_UPLOAD}{secrets.token_hex(8)}"

    def beside(self, job: Job, name: str) -> Path:
        """A file that the work kept for the pages of a job, beside its result."""
        return self._path(job.id) / name

    def cancel(self, job: Job) -> Job:
        """Stop a job that waits or runs. What it had done by then is not kept."""
        if not job.ended:
            self._keep(replace(job, state="cancelled", ended_at=_now()))
            if job.state == "waiting":
                shutil.rmtree(self._path(job.id) / INCOMING, ignore_errors=True)
            process = self._running.get(job.id)
            if process is not None:
                _signal(process, signal.SIGKILL)
        return self._jobs[job.id]

    def remove(self, job: Job) -> None:
        """Forget a job that has ended, with its result."""
        if self._own() and job.ended and job.id not in self._running:
            self._jobs.pop(job.id, None)
            shutil.rmtree(self._path(job.id), ignore_errors=True)

    def result(self, job: Job) -> dict[str, Any] | None:
        """The result of a job that is done."""
        try:
            found = json.loads((self._path(job.id) / RESULT).read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def files(self, job: Job) -> list[Path]:
        """The files that a job wrote, without folders."""
        top = self._path(job.id) / FILES
        return sorted(p for p in top.iterdir() if p.is_file()) if (
            job.state == "done" and top.is_dir()) else []

    # --- the work --------------------------------------------------------------------------------

    def _path(self, job_id: str) -> Path:
        return self.folder / job_id

    def _keep(self, job: Job) -> None:
        self._jobs[job.id] = job
        with suppress(OSError):  # a full disk does not stop what is in memory
            write_atomically(self._path(job.id) / "job.json", dump(asdict(job)))

    def _forget_old(self, owner: str) -> None:
        ended = sorted((j for j in self._jobs.values() if j.owner == owner and j.ended),
                       key=lambda j: j.made_at)
        for job in ended[:max(0, len(ended) - KEPT_MOST_OF_ONE)]:
            self.remove(job)

    def _next(self) -> None:
        """Start what waits, the oldest first, those of one owner in turn with others."""
        while len(self._running) + sum(
                1 for j in self._jobs.values() if j.state == "running"
                and j.id not in self._running) < RUNNING_MOST and not self._closing:
            waiting = [j for j in self._jobs.values() if j.state == "waiting"]
            if not waiting:
                return
            busy = [j.owner for j in self._jobs.values() if j.state == "running"]
            job = min(waiting, key=lambda j: (busy.count(j.owner), j.made_at))
            self._keep(replace(job, state="running", began_at=_now()))
            task = asyncio.get_running_loop().create_task(self._do(job.id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _do(self, job_id: str) -> None:
        path = self._path(job_id)
        code: int | None = None
        try:
            with open(path / "log.txt", "wb") as log:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "landrelease.apps.web.worker", str(path),
                    stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
                    # A group of its own: Ctrl-C in the server's terminal is not the job's, and
                    # what it starts ends with it.
                    start_new_session=True)
            self._running[job_id] = process
            if self._closing or self._jobs[job_id].ended:
                _signal(process, signal.SIGKILL)
            assert process.stdin is not None and process.stdout is not None
            with suppress(BrokenPipeError, ConnectionResetError):
                process.stdin.write(json.dumps(
                    {"address": self.address, "base": str(self.base)}).encode() + b"\n")
                await process.stdin.drain()
            try:
                await asyncio.wait_for(self._listen(job_id, process.stdout), HOURS_MOST * 3600)
            except TimeoutError:
                _signal(process, signal.SIGKILL)
            code = await process.wait()
        except OSError:
            pass
        finally:
            self._running.pop(job_id, None)
            self._end(job_id, code)
            if not self._closing:
                self._next()

    async def _listen(self, job_id: str, lines: asyncio.StreamReader) -> None:
        async for line in lines:
            try:
                told = json.loads(line)
                what, share = str(told["what"])[:200], float(told["share"])
            except (ValueError, KeyError, TypeError):
                continue
            job = self._jobs.get(job_id)
            if job is not None and job.state == "running":  # in memory: nobody reads it later
                self._jobs[job_id] = replace(job, what=what, share=share)

    def _end(self, job_id: str, code: int | None) -> None:
        job = self._jobs.get(job_id)
        if job is None or job.ended:
            return
        path = self._path(job_id)
        # What came in is kept in the registry, or was refused.
        shutil.rmtree(path / INCOMING, ignore_errors=True)
        if code == 0 and (path / RESULT).is_file():
            self._keep(replace(job, state="done", share=1.0, ended_at=_now()))
        elif self._closing:
            self._keep(replace(job, state="interrupted", ended_at=_now()))
        else:
            error = _document(path / ERROR)
            if error is None:
                broke = LandReleaseError(JOB_BROKE, found=f"exit status {code}")
                error = {"code": broke.code, "description": str(broke)}
            self._keep(replace(job, state="failed", ended_at=_now(), error={
                k: str(v) for k, v in error.items()}))


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _owns(job: Job, asking: Asking) -> bool:
    return (job.owner, job.role, job.organisation, job.areas) == (
        owner_of(asking), asking.role, asking.organisation, tuple(asking.areas))


def _document(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _read(path: Path) -> Job | None:
    found = _document(path)
    try:
        return None if found is None else Job(**{**found, "areas": tuple(found["areas"])})
    except (KeyError, TypeError):
        return None
