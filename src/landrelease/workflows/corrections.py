"""Nonconformities: recorded by a visit, corrected by who was inspected, closed by a later visit."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from landrelease.core.moment import day_of
from landrelease.core.record import KINDS, NOT_REPORTED, Record
from landrelease.core.revision import Revision
from landrelease.errors import FINDING_UNKNOWN, FINDING_VALUE, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.assumption import Assumptions
    from landrelease.core.signature import SigningKey
    from landrelease.store.registry import Registry
    from landrelease.verify.follow_up import Nonconformity


def nonconformity_of(registry: Registry, reader: View, record_id: str) -> Record:
    """A nonconformity as its history tells it, by id, or by an identifier that no other one has.
    INS-010 where there is none, or not for this reader."""
    from landrelease.core.inspection import is_nonconformity
    from landrelease.core.links import Called
    from landrelease.workflows.inspections import inspections_told

    held = {r.id: r for r in reader.inside(inspections_told(registry)) if is_nonconformity(r)}
    found = Called(held.values()).ids(record_id)
    if len(found) != 1:
        raise LandReleaseError(FINDING_UNKNOWN, found=record_id[:80])
    return held[next(iter(found))]


def record_finding(registry: Registry, reader: View, *, severity: str, kind: str, finding: str,
                   day: date, task: str = "", organisation: str = "", due_on: date | None = None,
                   by: str = "", now: datetime | None = None) -> str:
    """Record a nonconformity that a visit found; its id.

    Raises INS-011: a word that is none, no finding, a task that is not on record for the reader, a
    day that is still to come.
    """
    at = now or datetime.now(UTC)
    _choice("nonconformity_severity", severity, "")
    _choice("nonconformity_type", kind, "")
    if not finding.strip():
        raise LandReleaseError(FINDING_VALUE, record="the finding", name="finding",
                               found="nothing", expected="what was found")
    if task and not any(t.id == task for t in reader.inside(registry.records("task"))):
        raise LandReleaseError(FINDING_VALUE, record="the finding", name="task", found=task[:80],
                               expected="the id of a task on record")
    _past("the finding", "inspected_on", day, at)
    record_id = f"finding:{secrets.token_hex(6)}"
    values: dict[str, Any] = {
        "identifier": record_id, "inspection_part": "nonconformity",
        "inspection_type": "monitoring", "inspected_on": day, "nonconformity_type": kind,
        "nonconformity_severity": severity, "finding": finding.strip(), "task": task,
        "inspected_organisation": organisation.strip(), "due_on": due_on}
    registry.append([Revision(
        "inspection", record_id, {k: v for k, v in values.items() if v not in (None, "")}, None, at,
        registry.author(by), f"nonconformity found on {day}", "", day)])
    return record_id


def record_visit(registry: Registry, reader: View, *, task: str = "", organisation: str = "",
                 refused: str | None = None, day: date, by: str = "",
                 now: datetime | None = None) -> str:
    """Record a monitoring visit to a task or to an organisation; its id. `refused`: why it was not
    let in, as it was said.

    Raises INS-011: neither task nor organisation, a task that is not on record for the reader, no
    reason, a day that is still to come.
    """
    at = now or datetime.now(UTC)
    if not task and not organisation.strip():
        raise LandReleaseError(FINDING_VALUE, record="the visit", name="task",
                               found="nothing", expected="a task or an organisation")
    if refused is not None and not refused.strip():
        raise LandReleaseError(FINDING_VALUE, record="the visit", name="refusal_reason",
                               found="nothing", expected="the reason as it was said")
    tasks = {t.id: t for t in reader.inside(registry.records("task"))}
    if task and task not in tasks:
        raise LandReleaseError(FINDING_VALUE, record="the visit", name="task", found=task[:80],
                               expected="the id of a task on record")
    _past("the visit", "inspected_on", day, at)
    record_id = f"visit:{secrets.token_hex(6)}"
    values: dict[str, Any] = {
        "identifier": record_id, "inspection_part": "visit", "inspection_type": "monitoring",
        "inspected_on": day, "task": task, "inspected_organisation": organisation.strip(),
        "visit_refused": "no" if refused is None else "yes",
        "refusal_reason": (refused or "").strip()}
    registry.append([Revision(
        "inspection", record_id, {k: v for k, v in values.items() if v != ""}, None, at,
        registry.author(by), f"visit of {day}" + (" refused" if refused else ""), "", day)])
    return record_id


def correct(registry: Registry, reader: View, record_id: str, *, measure: str = "",
            corrected_on: date | None = None, closed_on: date | None = None, by: str = "",
            key: SigningKey | None = None, now: datetime | None = None) -> Record:
    """Record the measure that was taken, or that a visit found it taken; returns the record.

    A measure comes with its day, the closing after a measure. An inspection that accepted ground is
    a decision: with its correction it is decided again, and counts only with a key (S09).

    Raises INS-010: there is none. INS-011: a day or a measure that cannot be.
    """
    from landrelease.core.signature import signed
    from landrelease.workflows.identities import owner, standing_records

    at = now or datetime.now(UTC)
    told = nonconformity_of(registry, reader, record_id)
    found_on = day_of(told.values.get("inspected_on")) or told.valid_from
    # What is recorded is the record as it stands, with its correction.
    r = next(s for s in standing_records(registry, "inspection") if s.id == told.id)
    values: dict[str, Any] = dict(r.values)
    words = []
    if measure.strip() or corrected_on is not None:
        said = measure.strip() or str(values.get("corrective_action") or "")
        if not said:
            raise LandReleaseError(FINDING_VALUE, record=record_id, name="corrective_action",
                                   found="nothing", expected="the measure that was taken")
        if corrected_on is None:
            raise LandReleaseError(FINDING_VALUE, record=record_id, name="corrected_on",
                                   found="nothing", expected="the day of the measure")
        _past(record_id, "corrected_on", corrected_on, at)
        if found_on is not None and corrected_on < found_on:
            raise LandReleaseError(FINDING_VALUE, record=record_id, name="corrected_on",
                                   found=corrected_on, expected=f"a day from {found_on} on")
        values |= {"corrective_action": said, "corrected_on": corrected_on}
        words.append(f"corrected on {corrected_on}")
    if closed_on is not None:
        corrected = day_of(values.get("corrected_on"))
        _past(record_id, "closed_on", closed_on, at)
        if corrected is None or closed_on < corrected:
            raise LandReleaseError(
                FINDING_VALUE, record=record_id, name="closed_on", found=closed_on,
                expected="a day on or after that of the measure"
                if corrected is None else f"a day from {corrected} on")
        values["closed_on"] = closed_on
        words.append(f"found corrected on {closed_on}")
    if not words:
        raise LandReleaseError(FINDING_VALUE, record=record_id, name="correction", found="nothing",
                               expected="a measure with its day, or the day of the closing visit")
    who = owner(registry, key) if key is not None else registry.author(by)
    revision = Revision("inspection", r.id, values, r.geometry, at, who, "; ".join(words), "",
                        r.valid_from, r.validation if r.validation != "authority" else "entered")
    if key is not None:
        revision = signed(revision, key, who, registry.tips(r.id))
    registry.append([revision])
    return nonconformity_of(registry, reader, record_id)


def _past(record: str, name: str, day: date, at: datetime) -> None:
    from datetime import timedelta

    if day > at.date() + timedelta(days=1):  # a local day may have begun before that of UTC
        raise LandReleaseError(FINDING_VALUE, record=record, name=name, found=day,
                               expected="a day that has come")


def _choice(name: str, word: str, record: str) -> None:
    able = KINDS["inspection"].field(name).choices
    if word not in able or word == NOT_REPORTED:
        raise LandReleaseError(
            FINDING_VALUE, record=record or "the finding", name=name, found=word[:40] or "nothing",
            expected=", ".join(c for c in able if c != NOT_REPORTED))


def lots_of(registry: Registry, reader: View) -> list[Mapping[str, Any]]:
    """The lots that a reader may know of, as they stand, the latest first."""
    from landrelease.workflows.inspections import inspections_told

    found = [r for r in reader.inside(inspections_told(registry))
             if r.value("inspection_part") == "lot"]
    return [{"lot": r.id, "name": str(r.values.get("name") or ""),
             "task": str(r.values.get("task") or ""), "result": str(r.value("result")),
             "level": str(r.value("inspection_level")), "units": r.values.get("lot_size"),
             "sample": r.values.get("sample_size"), "drawn_on": r.values.get("drawn_on"),
             "inspected_on": r.values.get("inspected_on"),
             "teams": list(r.values.get("teams") or ()), "record": r}
            for r in sorted(found, key=lambda r: r.revision, reverse=True)]


def state_of(record: Record, stated: Assumptions, day: date) -> Nonconformity:
    """A nonconformity as it stands on a day."""
    from landrelease.verify.follow_up import nonconformities

    days = {s: stated.value(f"correction_days_{s}") for s in ("critical", "major", "minor")}
    found = nonconformities([record], day, days) or nonconformities([record], date.max, days)
    return found[0]
