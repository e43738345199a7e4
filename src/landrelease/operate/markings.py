"""Marking and fencing: does every hazard stand marked until it is released, and was it looked at.

What goes in: hazards that stand, records of marking, a day. What comes out: what is wrong at each
hazard, and marking that outlived its hazard.

Source: IMAS 08.40 (marking of hazards); how often marking is visited is a setting of the programme
(S13).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import shapely

from landrelease.core.geometry import plane_for
from landrelease.core.moment import day_of
from landrelease.core.record import NOT_REPORTED, Record

Problem = Literal["not_marked", "removed_before_release", "missing", "damaged", "check_overdue",
                  "state_not_reported", "removal_open"]
ORDER: tuple[Problem, ...] = ("removed_before_release", "not_marked", "missing", "damaged",
                              "check_overdue", "state_not_reported", "removal_open")


@dataclass(frozen=True, slots=True)
class MarkingFinding:
    """What is wrong with the marking of a hazard. `marking` "" where none is on record."""

    problem: Problem
    hazard: str
    marking: str
    since: date | None  # the day on which it became wrong, as far as that is known
    words: str


@dataclass(frozen=True, slots=True)
class MarkingOverview:
    """`standing`: markings that stand on record; `signs`: their signs, as far as reported."""

    hazards: int
    marked: int
    standing: int
    signs: int
    findings: tuple[MarkingFinding, ...]


def marking_overview(hazards: Sequence[Record], markings: Iterable[Record], day: date, *,
                     check_days: float, near_m: float) -> MarkingOverview:
    """Marking of all hazards that stand, on a day.

    hazards : those that stand: a hazard is released when it is not among them
    markings : records of marking; one belongs to the hazard that it names, else to all within
        `near_m` metres of it
    check_days : marking that nobody looked at for longer is overdue

    Marking stands where it was placed and neither removed nor missing. A hazard without any that
    stands is not marked; where there was some that was taken away, it was removed before release.
    """
    hazards = [h for h in hazards if h.geometry is not None and not h.geometry.is_empty]
    marks = [m for m in markings if (placed := day_of(m.values.get("placed_on"))) is None
             or placed <= day]
    belongs = _belonging(hazards, marks, near_m)
    findings: list[MarkingFinding] = []
    marked = 0
    for hazard in hazards:
        own = [m for m, names in zip(marks, belongs, strict=True) if hazard.id in names]
        stands = [m for m in own if _stands(m, day)]
        marked += bool(stands)
        if not stands:
            gone = [m for m in own if _removed(m, day)]
            if gone:
                last = max(gone, key=lambda m: (day_of(m.values.get("removed_on")) or date.min,
                                                m.id))
                findings.append(MarkingFinding(
                    "removed_before_release", hazard.id, last.id,
                    day_of(last.values.get("removed_on")),
                    "its marking was taken away, and the hazard is not released"))
            elif not own:
                findings.append(MarkingFinding("not_marked", hazard.id, "", None,
                                               "no marking is on record"))
        for m in own:
            findings += _of_one(m, hazard.id, day, check_days)
    names = {h.id for h in hazards}
    for m, mine in zip(marks, belongs, strict=True):
        if not set(mine) & names and _stands(m, day) and m.value("permanent") == "no":
            findings.append(MarkingFinding(
                "removal_open", str(m.values.get("hazard") or ""), m.id, None,
                "no hazard that stands is near it: it can be taken away"))
    standing = [m for m in marks if _stands(m, day)]
    return MarkingOverview(
        len(hazards), marked, len(standing),
        sum(int(m.values["signs"]) for m in standing if isinstance(m.values.get("signs"), int)),
        tuple(sorted(findings, key=lambda f: (ORDER.index(f.problem), f.since or date.min,
                                              f.hazard, f.marking))))


def _of_one(m: Record, hazard: str, day: date, check_days: float) -> list[MarkingFinding]:
    if _removed(m, day):
        return []
    state = m.value("state")
    seen = max((d for n in ("checked_on", "placed_on", "maintained_on")
                if (d := day_of(m.values.get(n))) is not None and d <= day), default=None)
    if state in ("missing", "damaged"):
        mended = day_of(m.values.get("maintained_on"))
        checked = day_of(m.values.get("checked_on"))
        if mended is not None and mended <= day and (checked is None or mended >= checked):
            return []
        return [MarkingFinding(state, hazard, m.id, checked,
                               f"found {state}; no repair is on record since")]
    out = []
    if state == NOT_REPORTED:
        out.append(MarkingFinding("state_not_reported", hazard, m.id, seen,
                                  "its state is not reported"))
    if seen is None:
        out.append(MarkingFinding("check_overdue", hazard, m.id, None,
                                  "nobody reported a visit to it"))
    elif seen + timedelta(days=round(check_days)) < day:
        due = seen + timedelta(days=round(check_days))
        out.append(MarkingFinding("check_overdue", hazard, m.id, due,
                                  f"last seen on {seen}, {(day - due).days} days over"))
    return out


def _removed(m: Record, day: date) -> bool:
    gone = day_of(m.values.get("removed_on"))
    return gone <= day if gone is not None else m.value("state") == "removed"


def _stands(m: Record, day: date) -> bool:
    return not _removed(m, day) and m.value("state") != "missing"


def _belonging(hazards: Sequence[Record], marks: Sequence[Record], near_m: float
               ) -> list[tuple[str, ...]]:
    """Hazards that each marking belongs to; the one that it names, also where it does not stand."""
    names = {str(h.values.get("identifier")): h.id for h in hazards} | {h.id: h.id for h in hazards}
    out: list[tuple[str, ...]] = []
    loose = [n for n, m in enumerate(marks) if not m.values.get("hazard")
             and m.geometry is not None and not m.geometry.is_empty]
    for m in marks:
        named = m.values.get("hazard")
        out.append((names.get(str(named), str(named)),) if named else ())
    if loose and hazards:
        shapes = np.array([h.geometry for h in hazards], dtype=object)
        places = np.array([marks[n].geometry for n in loose], dtype=object)
        plane = plane_for(tuple(shapely.total_bounds(np.concatenate([shapes, places]))))
        tree = shapely.STRtree(plane.to_plane(shapes))
        which, where = tree.query(plane.to_plane(places), predicate="dwithin", distance=near_m)
        for n, h in sorted(zip(which.tolist(), where.tolist(), strict=True)):
            out[loose[n]] = (*out[loose[n]], hazards[h].id)
    return out
