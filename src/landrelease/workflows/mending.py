"""Rows that wait, for a person who mends many of them: a page of them at a time, what is wrong with
several alike, and the same change for all of these.

All is of a `Scope`, the rows as a person may see them: a number that is not among them is unknown
to that person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from landrelease.core.finding import Finding, ImportReport
from landrelease.errors import LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import QuarantineEntry, Registry

MOST_SHARED = 100  # groups of rows that are offered to be mended together


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows that a person may see and mend.

    rows : as that person may see them. told : what that person may hear of a report. in_words :
    whether that person is told what was found in rows of a kind. decides : whether that person may
    decide on rows that wait, and so take away what one says of danger.
    """

    rows: Sequence[QuarantineEntry]
    told: Callable[[ImportReport], Sequence[Finding]]
    in_words: Callable[[str], bool] = lambda kind: True
    decides: bool = True


def of_reader(registry: Registry, reader: View) -> Scope:
    """All rows that wait, as far as the reader sees them. Raises ACC-101."""
    from landrelease.workflows.quarantine import visible_quarantine, without_personal

    return Scope(visible_quarantine(registry, reader), lambda report: without_personal(
        report.findings, reader.kinds[report.kind]))


def of_import(registry: Registry, reader: View, numbers: Sequence[int]) -> Scope:
    """Those that an own import put to wait. Raises ACC-101."""
    from landrelease.workflows import own_imports

    return Scope(own_imports.waiting_rows(registry, reader, numbers),
                 lambda report: own_imports.told_to(report, reader),
                 lambda kind: own_imports.in_words(reader, kind), own_imports.may_decide(reader))


@dataclass(frozen=True, slots=True)
class Shared:
    """What is wrong with several rows alike: the same words where the same field should stand."""

    kind: str
    field: str
    code: str
    found: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the rows that wait.

    count : of those that were asked for. total : of all. files, codes : how many rows of each file,
    with each finding, of all. shared : of those that were asked for, the largest group first.
    """

    rows: tuple[QuarantineEntry, ...]
    count: int
    total: int
    files: Mapping[str, int] = field(default_factory=dict)
    codes: Mapping[str, int] = field(default_factory=dict)
    shared: tuple[Shared, ...] = ()


def page(scope: Scope, *, start: int = 0, limit: int = 50, file: str = "",
         code: str = "") -> Page:
    """The rows of a file, with a finding of a code, from the `start`-th on; "": of any."""
    rows = scope.rows
    chosen = [e for e in rows if (not file or e.row.file == file)
              and (not code or code in {f.code for f in e.row.findings})]
    return Page(
        tuple(chosen[start:start + limit]), len(chosen), len(rows),
        dict(Counter(e.row.file for e in rows).most_common()),
        dict(Counter(c for e in rows for c in {f.code for f in e.row.findings}).most_common()),
        shared([e for e in chosen if scope.in_words(e.row.kind)]))


def shared(rows: Sequence[QuarantineEntry]) -> tuple[Shared, ...]:
    """What is wrong with two rows or more alike. Findings whose words were withheld are left out:
    nobody can tell that the rows are alike."""
    from landrelease.access.policy import WITHHELD

    groups: dict[tuple[str, str, str, str], list[int]] = {}
    for entry in rows:
        for f in entry.row.findings:
            if f.fate == "quarantined" and f.field and f.problem and f.found != WITHHELD:
                groups.setdefault((entry.row.kind, f.field, f.code, f.found), []).append(
                    entry.number)
    found = [Shared(*key, tuple(dict.fromkeys(numbers))) for key, numbers in groups.items()]
    return tuple(sorted((s for s in found if len(s.numbers) > 1),
                        key=lambda s: -len(s.numbers))[:MOST_SHARED])


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of a row: "accepted" (or recorded already), "waiting", "unknown" (it does not
    wait, or not for this person)."""

    number: int
    status: str
    findings: tuple[Finding, ...] = ()


def mend_many(registry: Registry, scope: Scope, numbers: Sequence[int],
              changes: Mapping[str, Any], *, decided_by: str) -> list[Mended]:
    """The same change for several rows, each checked again and decided for itself.

    Raises FIL-014 for a name that is no field.
    """
    from landrelease.workflows.quarantine import DECIDED_MEANWHILE, Mender, quarantine_entry

    known = {e.number for e in scope.rows}
    mender = Mender(registry, decided_by=decided_by, decides=scope.decides)
    out = []
    for number in dict.fromkeys(numbers):
        try:
            report = (mender.retry(quarantine_entry(registry, number), changes)
                      if number in known else None)
        except LandReleaseError as error:
            if error.code not in DECIDED_MEANWHILE:
                raise
            report = None
        if report is None:
            out.append(Mended(number, "unknown"))
        elif report.quarantined:
            out.append(Mended(number, "waiting", tuple(scope.told(report))))
        else:
            out.append(Mended(number, "accepted"))
    return out

