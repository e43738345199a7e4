"""Data quality: what is doubtful in the records, what waits, what nobody validated, what has no
place, where offices disagree; each with the records that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from landrelease.core.finding import Finding
from landrelease.workflows import load_assumptions, validating

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import Registry


@dataclass(frozen=True, slots=True)
class Doubt:
    """One kind of finding of the checks: its code, how much it binds, what it says, and of which
    records (kind, id); `findings` in their order."""

    code: str
    level: str
    title: str
    records: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """`rows`: of quarantine by (kind of record, code); `overdue`, `without_place`: kind -> ids;
    `conflicts`: (record, kind, offices, fields); `unsigned`: kind -> id -> why it does not count.
    """

    rows: Mapping[tuple[str, str], int]
    waiting: int
    overdue: Mapping[str, tuple[str, ...]]
    overdue_days: float
    without_place: Mapping[str, tuple[str, ...]]
    conflicts: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...]
    unsigned: Mapping[str, Mapping[str, str]]
    without_people: Mapping[str, tuple[str, ...]]  # communities that report no population


def overview(registry: Registry, reader: View, now: datetime | None = None) -> Overview:
    """All but the checks of places and shapes, which take longer (`doubts`). It needs the way out
    "check" (ACC-101)."""
    from landrelease.workflows import visible_quarantine
    from landrelease.workflows.exchange import conflicts
    from landrelease.workflows.identities import doubts as unsigned

    reader.check("check")
    at = now or datetime.now(UTC)
    days = load_assumptions(None, registry).value("validation_days")
    rows: dict[tuple[str, str], int] = {}
    entries = visible_quarantine(registry, reader)
    for entry in entries:
        for code in dict.fromkeys(f.code for f in entry.row.findings):
            rows[entry.row.kind, code] = rows.get((entry.row.kind, code), 0) + 1
    without, undone, silent = {}, {}, {}
    for kind in registry.kinds.values():
        if reader.precision(kind.name) != "exact":
            continue
        seen = reader.inside(registry.records(kind.name))
        if kind.geometry != "none":
            bare = tuple(r.id for r in seen if r.geometry is None or r.geometry.is_empty)
            if bare:
                without[kind.name] = bare
        if kind.name == "settlement":
            nobody = tuple(r.id for r in seen
                           if not isinstance(r.values.get("population"), (int, float)))
            if nobody:
                silent[kind.name] = nobody
        if kind.decisions:
            ids = {r.id for r in seen}
            told = {i: why for i, why in unsigned(registry, kind.name).items() if i in ids}
            if told:
                undone[kind.name] = told
    seen_conflicts = tuple(
        (c.record_id, c.kind, tuple(s.office for s in c.sayings), c.fields)
        for c in (conflicts(registry) if len(registry.chains()) > 1 else ()))
    return Overview(rows, len(entries), validating.overdue(registry, reader, days, at), days,
                    without, seen_conflicts, undone, silent)


def doubts(registry: Registry, reader: View) -> list[Doubt]:
    """The checks of places, shapes and identifiers over all records that the reader sees, by kind
    of finding: what has to be put right first, then the most frequent. ACC-101."""
    from landrelease.records.geochecks import CHECK_OF, SETTINGS
    from landrelease.workflows.checking import check_registry

    reader.check("check")
    held: dict[str, list[Finding]] = {}
    for f in check_registry(registry, reader, settings=SETTINGS):
        held.setdefault(f.code, []).append(f)
    out = []
    for code, found in held.items():
        check = CHECK_OF.get(code)
        records = tuple(dict.fromkeys(
            pair for f in found if (pair := record_of(f, registry)) is not None))
        out.append(Doubt(code, check.level if check else "mandatory",
                         check.title if check else found[0].problem, records, tuple(found)))
    return sorted(out, key=lambda d: (d.level != "mandatory", -len(d.findings), d.code))


def record_of(finding: Finding, registry: Registry) -> tuple[str, str] | None:
    """(Kind, id) of the record that a finding of a registry is about; it stands for the file."""
    kind, _, record = finding.file.partition(" ")
    return (kind, record) if kind in registry.kinds and record else None
