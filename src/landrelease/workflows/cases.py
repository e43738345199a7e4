"""A case of a public library from a file, planned, checked and as a document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core.progress import Progress, silent
from landrelease.errors import (
    BAD_OPTION,
    CASE_MEMBER,
    FILE_EMPTY,
    FILE_ENCODING_UNREADABLE,
    FILE_MISSING,
    FILE_OPEN_FAILED,
    FILE_TOO_LARGE,
    LandReleaseError,
)

if TYPE_CHECKING:
    from landrelease.plan.cases.case import Case, CasePlan

FORMATS = ("psplib", "psplib-mm", "mspsp")


def read_case(path: str | Path, format_: str) -> Case:
    """Read a case; a file of a zip archive is named behind a `#`: `j30.sm.zip#j301_1.sm`.

    Raises
    ------
    LandReleaseError
        CLI-103: the format is not known; FIL-001, FIL-002, FIL-004, FIL-005, FIL-008, FIL-012,
        FIL-017: the file cannot be read; PLN-301 to PLN-306: its content; PLN-309: the archive
        has no such file.
    """
    from landrelease.plan.cases.mspsp import read_mspsp
    from landrelease.plan.cases.psplib import read_psplib

    if format_ not in FORMATS:
        raise LandReleaseError(BAD_OPTION, option="--format", found=format_,
                               expected=", ".join(FORMATS))
    whole = Path(path)
    parts = str(path).rsplit("#", 1)
    if not whole.is_file() and len(parts) == 2 and Path(parts[0]).is_file():
        archive = Path(parts[0])
        name, content = parts[1], _member(archive.name, _bytes(archive), parts[1])
    else:
        name, content = whole.name, _bytes(whole)
        if content.startswith(b"PK\x03\x04"):
            content = _member(name, content, None)
    if not content.strip():
        raise LandReleaseError(FILE_EMPTY, file=name, found=f"{len(content)} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LandReleaseError(FILE_ENCODING_UNREADABLE, file=name, expected="UTF-8",
                               place=error.start, found=hex(content[error.start])) from None
    return read_mspsp(text, name) if format_ == "mspsp" else read_psplib(text, name)


def _bytes(path: Path) -> bytes:
    from landrelease.records.readers import LIMITS

    if not path.is_file():
        raise LandReleaseError(FILE_MISSING, file=path.name or str(path))
    try:
        size = path.stat().st_size
        if size > LIMITS.bytes:
            raise LandReleaseError(FILE_TOO_LARGE, file=path.name, what="the file", found=size,
                                   expected=LIMITS.bytes)
        return path.read_bytes()
    except OSError as error:
        raise LandReleaseError(FILE_OPEN_FAILED, file=path.name,
                               found=error.strerror or str(error)) from error


def _member(file: str, content: bytes, member: str | None) -> bytes:
    from landrelease.records.readers import LIMITS
    from landrelease.records.readers.archives import members_of, open_zip

    with open_zip(file, content, LIMITS) as archive:
        names = members_of(archive)
        if member is None and len(names) == 1:
            member = names[0]
        if member not in names:
            raise LandReleaseError(CASE_MEMBER, file=file, found=member or "named",
                                   expected=f"{file}#{names[0] if names else 'NAME'}")
        return archive.read(member)


def plan_case(case: Case, *, seconds: float | None = None, iterations: int | None = None,
              seed: int = 1, progress: Progress = silent) -> CasePlan:
    """Plan a case; the plan has been replayed by a checker that shares no code with the solver."""
    from landrelease.plan.cases.check import faults
    from landrelease.plan.cases.solve import plan_case as solve

    plan = solve(case, seconds=seconds, iterations=iterations, seed=seed, progress=progress)
    wrong = faults(case, plan.works, plan.makespan)
    if wrong:  # a fault of this program; nothing is written
        raise AssertionError("the plan breaks the case: " + "; ".join(wrong[:5]))
    return plan


def case_document(plan: CasePlan) -> dict[str, Any]:
    """The plan as it is written. `skills` says in which skill each of `resources` serves."""
    rows = []
    for work in plan.works:
        row: dict[str, Any] = {"id": work.id, "start": work.start, "mode": work.mode,
                               "resources": [person for person, _ in work.people]}
        if plan.case.skills:
            row["skills"] = [skill for _, skill in work.people]
        rows.append(row)
    return {"activities": rows, "makespan": plan.makespan, "bound": plan.bound,
            "optimal": plan.proved, "case": plan.case.name, "seed": plan.seed,
            "iterations": plan.iterations, "interrupted": plan.interrupted}
