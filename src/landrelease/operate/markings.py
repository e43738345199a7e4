"""Marking and fencing: does every hazard stand marked until it is released, and was it looked at.

What goes in: hazards that stand, records of marking, a day. What comes out: what is wrong at each
hazard, and marking that outlived its hazard.

Source: IMAS 08.40 (marking of hazards); how often marking is visited is a setting of the programme
(S13).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import M_PER_DEGREE, LocalPlane
from landrelease.core.lineage import lineage, reach_m
from landrelease.core.moment import day_of
from landrelease.core.names import folded
from landrelease.core.record import NOT_REPORTED, Record

Problem = Literal["not_marked", "removed_before_release", "missing", "damaged", "check_overdue",
                  "state_not_reported", "type_not_reported", "far_from_hazard", "hazard_not_known",
                  "removal_in_doubt", "removal_open"]
ORDER: tuple[Problem, ...] = (
    "removed_before_release", "not_marked", "missing", "damaged", "far_from_hazard",
    "hazard_not_known", "check_overdue", "state_not_reported", "type_not_reported",
    "removal_in_doubt", "removal_open")
# What may be taken away, or may not yet: nothing is wrong with the marking of a hazard.
REMOVALS: frozenset[Problem] = frozenset({"removal_in_doubt", "removal_open"})
# Points of the survey, by which the outline is found again: they warn nobody (IMAS 08.40).
SURVEY_MARKS = frozenset({"benchmark", "turning_point"})


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
    """`standing`: markings that stand on record; `signs`: their signs, as far as reported. Points
    of the survey are in neither."""

    hazards: int
    marked: int
    standing: int
    signs: int
    findings: tuple[MarkingFinding, ...]


@dataclass(frozen=True, slots=True)
class _Belongs:
    """To what a marking belongs: `hazards`, for which it counts where it stands (`counts`);
    `far`: it stands away from the one that it names; `near`: hazardous ground near it, ids;
    `known`: its name leads to an area on record; `elsewhere`: to hazardous ground that is not among
    the hazards that are told; `placed`: it is known where it stands."""

    hazards: tuple[str, ...]
    counts: bool
    far: bool
    near: tuple[str, ...]
    known: bool
    elsewhere: bool
    placed: bool


def marking_overview(hazards: Sequence[Record], markings: Iterable[Record], day: date, *,
                     check_days: float, near_m: float, known: Iterable[Record] = (),
                     beside: Iterable[Record] = (), unplaced: int = 0) -> MarkingOverview:
    """Marking of all hazards that stand, on a day.

    hazards : those that stand: a hazard is released when it is not among them
    markings : records of marking; one belongs to the hazard that it names, or to those that came
        of that, as far as it stands near them, else to all within `near_m` metres of it
    check_days : marking that nobody looked at for longer is overdue
    known : hazards of every status, for the names that markings state and for descent
    beside : other hazardous ground, such as what waits in quarantine; by its accuracy so far round
    unplaced : how many hazards more there are of which nobody knows where they lie

    Marking stands where it was placed and neither removed nor missing. A hazard without any that
    stands is not marked; where there was some that was taken away, it was removed before release.
    Points of the survey are no marking, nor is what is of no reported type (S12). Nothing can be
    taken away that names a hazard that stands, or hazardous ground that is near it, as far off as
    both may be (S01, S04), whatever it names.
    """
    hazards = list(hazards)
    marks = [m for m in markings if (placed := day_of(m.values.get("placed_on"))) is None
             or placed <= day]
    beside = list(beside)
    every = {h.id: h for h in (*known, *beside, *hazards)}
    belongs = _belonging(hazards, beside, marks, list(every.values()), near_m)
    findings: list[MarkingFinding] = []
    own: dict[str, list[tuple[Record, _Belongs]]] = {h.id: [] for h in hazards}
    for m, to in zip(marks, belongs, strict=True):
        for name in to.hazards:
            own[name].append((m, to))
        if not to.hazards and not _removed(m, day):
            findings += _left_over(m, to, [n for n in to.near if n in own], unplaced, day,
                                   check_days)
    marked = 0
    for hazard in hazards:
        warning = [(m, to) for m, to in own[hazard.id] if m.value("marking_type")
                   not in SURVEY_MARKS]
        wrong = [f for m, to in own[hazard.id] for f in _of_one(m, hazard.id, to, day, check_days)]
        if any(_warns(m) and to.counts and _stands(m, day) for m, to in warning):
            marked += 1
        elif gone := [m for m, _ in warning if _removed(m, day)]:
            last = max(gone, key=lambda m: (day_of(m.values.get("removed_on")) or date.min, m.id))
            findings.append(MarkingFinding(
                "removed_before_release", hazard.id, last.id, day_of(last.values.get("removed_on")),
                "its marking was taken away, and the hazard is not released"))
        elif not any(f.marking == m.id and f.problem in _UNMARKED for f in wrong
                     for m, _ in warning):
            findings.append(MarkingFinding(
                "not_marked", hazard.id, "", None,
                "no marking is on record" if not own[hazard.id] else
                "nothing that warns is on record for it, where it stands"))
        findings += wrong
    standing = [m for m in marks if _stands(m, day) and _warns(m)]
    return MarkingOverview(
        len(hazards), marked, len(standing),
        sum(int(m.values["signs"]) for m in standing if isinstance(m.values.get("signs"), int)),
        tuple(sorted(findings, key=lambda f: (ORDER.index(f.problem), f.since or date.min,
                                              f.hazard, f.marking))))


# Findings of a marking that say why it does not count.
_UNMARKED = frozenset({"missing", "type_not_reported", "far_from_hazard"})


def _left_over(m: Record, to: _Belongs, seen: Sequence[str], unplaced: int, day: date,
               check_days: float) -> list[MarkingFinding]:
    """What is said of marking that belongs to no hazard that stands; `seen`: those near it that
    may be told."""
    if to.elsewhere:
        return []
    named = str(m.values.get("hazard") or "")
    if m.value("marking_type") in SURVEY_MARKS:
        return _of_one(m, seen[0] if seen else named, to, day, check_days) if to.near else []
    near = f"; hazardous ground is near it{': ' * bool(seen)}{', '.join(seen)}" if to.near else ""
    out = []
    if named and (to.near or not to.known):
        out.append(MarkingFinding(
            "hazard_not_known", named, m.id, None,
            f"it names {named}, which is no hazard that stands{near}"))
    elif not to.placed and not named:
        out.append(MarkingFinding("hazard_not_known", "", m.id, None,
                                  "it names no hazard, and its place is not reported"))
    elif not to.near and m.value("permanent") == "no" and _stands(m, day):
        out.append(MarkingFinding(
            "removal_open", named, m.id, None,
            "no hazard that stands is near it: it can be taken away") if not unplaced else
            MarkingFinding(
                "removal_in_doubt", named, m.id, None,
                "no hazard that stands is near it as far as known: "
                f"{unplaced} may lie anywhere, until somebody says where"))
    if to.near:
        out += _of_one(m, seen[0] if seen else named, to, day, check_days)
    return out


def _of_one(m: Record, hazard: str, to: _Belongs, day: date, check_days: float
            ) -> list[MarkingFinding]:
    if _removed(m, day):
        return []
    survey = m.value("marking_type") in SURVEY_MARKS
    state = m.value("state")
    seen = max((d for n in ("checked_on", "placed_on", "maintained_on")
                if (d := day_of(m.values.get(n))) is not None and d <= day), default=None)
    out = []
    if to.far and not survey:
        out.append(MarkingFinding(
            "far_from_hazard", hazard, m.id, None,
            "it names the hazard and stands away from it: its name or its place is wrong"))
    if state in ("missing", "damaged"):
        mended = day_of(m.values.get("maintained_on"))
        checked = day_of(m.values.get("checked_on"))
        repaired = mended is not None and checked is not None and checked <= mended <= day
        if state == "missing" or not repaired:
            # What was missing stands again only when a visit says so.
            return [*out, MarkingFinding(
                state, hazard, m.id, checked,
                f"found {state}; no repair is on record since" if not repaired else
                f"found missing; mended on {mended}, and no visit since says that it stands")]
    if survey:
        return out
    if m.value("marking_type") == NOT_REPORTED:
        out.append(MarkingFinding("type_not_reported", hazard, m.id, seen,
                                  "what marks the ground is not reported: it counts as no marking"))
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


def _warns(m: Record) -> bool:
    return m.value("marking_type") not in (*SURVEY_MARKS, NOT_REPORTED)


def _removed(m: Record, day: date) -> bool:
    gone = day_of(m.values.get("removed_on"))
    return gone <= day if gone is not None else m.value("state") == "removed"


def _stands(m: Record, day: date) -> bool:
    return not _removed(m, day) and m.value("state") != "missing"


def _belonging(hazards: Sequence[Record], beside: Sequence[Record], marks: Sequence[Record],
               every: Sequence[Record], near_m: float) -> list[_Belongs]:
    """To what each marking belongs."""
    line = lineage(every)
    by_id = {r.id: r for r in every}
    names: dict[str, list[str]] = {}
    for r in every:
        for name in {folded(r.id), folded(r.values.get("identifier"))} - {""}:
            names.setdefault(name, []).append(r.id)
    stands, others = {h.id for h in hazards}, {h.id for h in beside}
    named = [names.get(folded(m.values.get("hazard")), []) for m in marks]
    places = []
    for m, ids in zip(marks, named, strict=True):
        here = m.geometry
        if _nowhere(here):  # of what has no place, that of what it names
            drawn = [g for i in ids if (g := by_id[i].geometry) is not None and not g.is_empty]
            here = shapely.union_all([shapely.make_valid(g) for g in drawn]) if drawn else None
        places.append(here)
    around = _around([*hazards, *beside], marks, places, near_m)
    out = []
    for m, ids, place, found in zip(marks, named, places, around, strict=True):
        near = dict(found)
        family = dict.fromkeys(h for i in ids for h in (i, *line.descendants(i)))
        heirs = [h for h in family if h in stands]
        counts, far = True, False
        if not heirs:
            mine = [] if m.values.get("hazard") else [
                h for h, away in found if away <= near_m and h in stands]
        elif not _nowhere(m.geometry):
            mine = [h for h in heirs if h in near] or [
                h for h in heirs if _nowhere(by_id[h].geometry)]
            far = not mine
            mine, counts = mine or heirs, not far
        else:
            # Of parts that stand apart nobody says at which it is.
            mine, counts = heirs, len(heirs) == 1
        out.append(_Belongs(tuple(mine), counts, far, tuple(near), bool(ids),
                            any(h in others for h in family), place is not None))
    return out


def _around(grounds: Sequence[Record], marks: Sequence[Record],
            places: Sequence[BaseGeometry | None], near_m: float) -> list[list[tuple[str, float]]]:
    """Ids of hazardous ground near each place, as far off as both may be, with how far away its
    outline is, m."""
    out: list[list[tuple[str, float]]] = [[] for _ in marks]
    tree = shapely.STRtree([_box(r.geometry, near_m + reach_m(r)) for r in grounds])
    boxes = [_box(place, reach_m(m)) for m, place in zip(marks, places, strict=True)]
    pairs = tree.query(np.array(boxes, dtype=object)) if boxes else np.empty((2, 0), dtype=int)
    pairs = pairs[:, np.lexsort(pairs[::-1])]
    where = np.array(places, dtype=object)
    which = np.array([r.geometry for r in grounds], dtype=object)
    limits = near_m + np.array([reach_m(m) for m in marks])[pairs[0]] \
        + np.array([reach_m(r) for r in grounds])[pairs[1]]
    # One plane a degree: within it distances are true to a thousandth.
    middle = np.round(shapely.bounds(where[pairs[0]]).reshape(-1, 2, 2).mean(axis=1))
    for centre in np.unique(middle, axis=0):
        some = np.flatnonzero((middle == centre).all(axis=1))
        plane = LocalPlane(float(centre[0]), float(centre[1]))
        (of_mark, n), (of_ground, k) = (np.unique(row, return_inverse=True)
                                        for row in pairs[:, some])
        away = shapely.distance(plane.to_plane(where[of_mark])[n],
                                plane.to_plane(which[of_ground])[k])
        for pair in np.flatnonzero(away <= limits[some]).tolist():
            m, ground = pairs[:, some[pair]]
            out[m].append((grounds[ground].id, float(away[pair])))
    return out


def _nowhere(shape: BaseGeometry | None) -> bool:
    return shape is None or bool(shape.is_empty)


def _box(shape: BaseGeometry | None, by_m: float) -> BaseGeometry | None:
    """The box round a place, so much wider; the whole Earth where degrees end."""
    if shape is None or shape.is_empty:
        return None
    west, south, east, north = shape.bounds
    up = 1.02 * by_m / M_PER_DEGREE
    far = max(abs(south), abs(north)) + up
    wide = up / math.cos(math.radians(far)) if far < 85 else math.inf
    if not (west - wide > -180 and east + wide < 180):
        return shapely.box(-180, -90, 180, 90)
    return shapely.box(west - wide, south - up, east + wide, north + up)
