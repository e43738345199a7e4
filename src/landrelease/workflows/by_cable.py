"""Submissions that were copied from a phone: the photographs that lie beside them come along.

ODK Collect keeps each filled-in form in a folder of its own, `instances/NAME/NAME.xml`, with the
photographs that its answers name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from landrelease.core.finding import ImportReport
from landrelease.errors import (
    FILE_OPEN_FAILED,
    FILES_BESIDE_LEFT,
    FOLDER_WITHOUT_SUBMISSIONS,
    PICTURES_NOT_THERE,
    SUBMISSION_FILE,
    LandReleaseError,
)
from landrelease.records.readers.table import Problem

if TYPE_CHECKING:
    from landrelease.records.readers.openrosa import Said
    from landrelease.store.registry import Registry

MOST_BYTES = 25_000_000  # of one file, as the server takes in one request
_MOST_NAMES = 20  # that a finding lists


def submissions_in(path: Path) -> list[Path]:
    """The submissions of a folder: those that lie in it or in a folder right below it, or below its
    `instances` where it has that (a project of ODK Collect). Of anything else the path itself.

    Raises FRM-031: the folder holds none; FIL-017: it cannot be read.
    """
    if not path.is_dir() or path.suffix.lower() == ".gdb":
        return [path]
    found = [p for folder in _folders(path) for p in _files(folder) if _is_submission(p)]
    if not found:
        raise LandReleaseError(FOLDER_WITHOUT_SUBMISSIONS, file=path.name or str(path))
    return found


@dataclass(frozen=True, slots=True)
class Beside:
    """What lies beside a submission: the files that its answers name, by their names, and what
    there is to say of them, as notes on its table."""

    said: Said
    files: tuple[Path, ...]
    notes: tuple[Problem, ...]


def beside(paths: Sequence[Path], given: Sequence[Path]) -> dict[Path, Beside]:
    """Of each submission of one of our forms what lies beside it.

    `given`: the files and folders of which `paths` are the submissions. What no answer names is
    said (FRM-030) of folders that were given, and of a folder that a phone named as the submission;
    other folders hold other things as well. A link is followed nowhere: its file is not there.
    """
    out: dict[Path, Beside] = {}
    named: set[Path] = set(paths)
    for path in paths:
        said = _said_in(path)
        if said is None:
            continue
        there, missing, notes = [], [], []
        for name in dict.fromkeys(said.pictures):
            file = path.parent / _plain(name)
            named.add(file)
            if file.is_symlink() or not file.is_file():
                missing.append(name)
            elif (size := file.stat().st_size) > MOST_BYTES:
                notes.append(Problem(SUBMISSION_FILE, {
                    "name": file.name[:80], "found": f"{size:,} bytes",
                    "expected": f"at most {MOST_BYTES:,} bytes"}))
            else:
                there.append(file)
        if missing:
            notes.insert(0, Problem(PICTURES_NOT_THERE, {"found": _listed(missing)}))
        out[path] = Beside(said, tuple(there), tuple(notes))
    for first, left in _left(out, given, named):
        held = out[first]
        out[first] = Beside(held.said, held.files, (*held.notes, Problem(
            FILES_BESIDE_LEFT, {"found": _listed(left)})))
    return out


def _left(found: Iterable[Path], given: Sequence[Path], named: set[Path]
          ) -> Iterator[tuple[Path, list[str]]]:
    """The first submission of each folder, and what lies there that no answer names; of a folder
    without a submission with the first one of all."""
    first: dict[Path, Path] = {}
    for path in found:
        first.setdefault(path.parent, path)
    for path in given:
        if path.is_dir():
            folders = _folders(path)
        else:
            folders = [f for f in first if f == path.parent and f.name == path.stem]
        beyond: list[str] = []
        start: Path | None = None
        for folder in folders:
            left = [p.name for p in _files(folder) if p not in named]
            if folder in first:
                start = start or first[folder]
                if left:
                    yield first[folder], left
            else:
                beyond += [name if folder == folders[0] else f"{folder.name}/{name}"
                           for name in left]
        if beyond and start is not None:
            yield start, beyond


def keep(registry: Registry, found: Beside, *, by: str) -> list[ImportReport]:
    """Keep the files that a submission names as the server does: photographs by their SHA-256, each
    with a `source` record; anything else waits as a row (FRM-012). A report of each."""
    import hashlib

    from landrelease.workflows.submissions import keep_file

    reports = []
    for file in found.files:
        content = file.read_bytes()
        before = registry.count(), registry.quarantine_state()[1]
        keep_file(registry, found.said, file.name, content, by=by, at=datetime.now(UTC))
        accepted = int(registry.count() > before[0])
        waits = int(registry.quarantine_state()[1] > before[1])
        reports.append(ImportReport(
            file.name, hashlib.sha256(content).hexdigest(), "source", 1, accepted,
            1 - accepted - waits, waits))
    return reports


def _folders(path: Path) -> list[Path]:
    try:
        inner = path / "instances"
        path = inner if inner.is_dir() and not inner.is_symlink() else path
        return [path, *sorted(p for p in path.iterdir() if p.is_dir() and not p.is_symlink()
                              and not p.name.startswith("."))]
    except OSError as error:
        raise LandReleaseError(FILE_OPEN_FAILED, file=path.name,
                               found=error.strerror or str(error)) from error


def _files(folder: Path) -> list[Path]:
    """The files of a folder; those that a system hides are none of the phone's."""
    try:
        return sorted(p for p in folder.iterdir() if p.is_file() and not p.is_symlink()
                      and not p.name.startswith("."))
    except OSError as error:
        raise LandReleaseError(FILE_OPEN_FAILED, file=folder.name,
                               found=error.strerror or str(error)) from error


def _is_submission(path: Path) -> bool:
    from landrelease.records.readers import openrosa

    if path.suffix.lower() != ".xml" or not path.is_file() or path.stat().st_size > MOST_BYTES:
        return False
    return openrosa.is_submission(path.read_bytes())


def _said_in(path: Path) -> Said | None:
    from landrelease.records.forms import FORMS
    from landrelease.workflows.submissions import said_in

    if not _is_submission(path):
        return None
    said = said_in(path.name, path.read_bytes())
    return said if said.form in FORMS else None


def _plain(name: str) -> str:
    from landrelease.workflows.submissions import file_name

    return file_name(name)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(n[:80] for n in names[:_MOST_NAMES]) + (f", … (+{more})" if more > 0 else "")
