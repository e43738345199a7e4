"""Stored proofs of coverage: which part of a search they leave with credit (S05, S06, S07).

Where a proof of the tracks of some work is on record, only ground that it shows covered for
certain counts as searched by that work: holes get no credit, whatever outline was reported.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import joined
from landrelease.core.moment import day_of
from landrelease.core.one_log import Logs, Once, each_log_once
from landrelease.core.record import Record
from landrelease.core.search import (
    NO_HAND_PROOF,
    asks_for_hand_proof,
    kinds_of_search,
    waits_for_follow_up,
)

NOT_PROVEN = "its tracks prove none of it covered (S05)"
# Names no track: who reads it may not be one who sees tracks (S16).
ONLY_A_WORD = ("its proof of coverage rests on no tracks or measured lanes on record, on a width "
               "that no tool has, or on too little confidence (S05)")
DEPTH_ROUNDING_M = 1e-9
_SEARCHED = ("cleared", "searched")
_A_DAY = timedelta(days=1)


def proven_outcomes(outcomes: Sequence[Record], activities: Sequence[Record],
                    coverages: Sequence[Record], by_word: Container[str] = (),
                    since: date | None = None, void: Container[str] = ()
                    ) -> tuple[list[Record], dict[str, str]]:
    """Outcomes with the ground that their tracks prove, and id -> why where they prove nothing.

    A proof belongs to an outcome by its activity, else by the task of that activity. Where hand
    work is part of the search, or the follow-up of a machine or an animal is recorded as done, the
    proof of the hand work decides: without one the tracks of the machine or the animal stand for
    nothing, but where `by_word` names it (see `core.search.by_word`). Else the proof of the machine
    or the animal decides. An outcome without a proof of any of its work stays as it was reported.
    Where the tracks state depths, they count from the outcome's depth on. An outcome that nothing
    is proven of keeps its ground: it stands in the reasons, and whoever gives credit leaves it out.
    `since`: proofs from before that day prove nothing; who has no other has none of its ground.
    `void`: proofs that prove nothing (`only_a_word`): a search that has no other has none either.
    """
    proofs = proofs_of(outcomes, activities, coverages, since, void)
    out, why = [], {}
    for outcome in outcomes:
        own = proofs.get(outcome.id)
        if own is None:
            out.append(outcome)
            continue
        ground, words = _proven(outcome, own, by_word)
        if words:
            why[outcome.id] = ONLY_A_WORD if words == NOT_PROVEN and any(
                c.id in void for c in own) else words
        elif ground is not None:
            outcome = dataclasses.replace(outcome, geometry=ground)
        out.append(outcome)
    return out, why


def proofs_of(outcomes: Sequence[Record], activities: Sequence[Record],
              coverages: Sequence[Record], since: date | None = None,
              void: Container[str] = ()) -> dict[str, list[Record]]:
    """Searches of whose work a proof is on record: id -> its proofs, those of its activity, else
    those of the task of that activity. Tracks from before the work began prove nothing of it: of
    work that is done again on the ground of a task, the first proof says nothing, and none may be
    left. Proofs in `void` stay without their ground, so that a search with no other is not taken
    for one of which nobody tried to prove anything; beside them those of the task count."""
    by_work: dict[tuple[str, str], list[Record]] = {}
    for c in coverages:
        if not c.values.get("pass_name"):
            c = _emptied(c) if c.id in void else c
            key = "activity" if c.values.get("activity") else "task"
            by_work.setdefault((key, str(c.values.get(key, ""))), []).append(c)
    works = {a.id: a for a in activities} if by_work else {}
    found = {}
    for outcome in outcomes if by_work else ():
        activity = str(outcome.values.get("activity") or "")
        work = works.get(activity)
        task = str(work.values.get("task") or "") if work is not None else ""
        own = by_work.get(("activity", activity)) if activity else None
        if task and all(c.id in void for c in own or ()):
            own = [*(own or ()), *by_work.get(("task", task), ())]
        if own and outcome.geometry is not None and (
                outcome.values.get("outcome_type") in _SEARCHED):
            began = None if work is None else day_of(work.values.get("started_on"))
            began = max(filter(None, (began, since)), default=None)
            # The day of a proof is that of the last fix in UTC: in the east a day before the local.
            found[outcome.id] = own if began is None else [
                c for c in own if c.valid_from is None or c.valid_from >= began - _A_DAY]
    return found


def passes_once(outcomes: Sequence[Record], proofs: Mapping[str, Sequence[Record]], logs: Logs,
                why: Mapping[str, str] = MappingProxyType({}), by_word: Container[str] = ()
                ) -> tuple[list[Record], dict[str, str], list[Once]]:
    """Searches in which each log on record is one pass, whatever work it was stored for (S10):
    outcomes with their ground, id -> why where none of it is left, and what was taken off.

    `outcomes`, `why`: of `proven_outcomes`; `proofs`: of `proofs_of`; those in `why`, and those
    that wait for their follow-up, take no ground of others.
    """
    rests = {}
    for o in outcomes:
        own = proofs.get(o.id)
        if not own or o.id in why or waits_for_follow_up(o):
            continue
        by: dict[str, list[Record]] = {}
        for c in own:
            by.setdefault(str(c.values.get("coverage_by")), []).append(c)
        used = _decides(o, by, by_word)
        if used:
            rests[o.id] = [(logs.of(by[kind]), by[kind]) for kind in used]
    out, told = each_log_once(outcomes, rests, logs)
    gone = {o.id for o in out if o.geometry is not None and o.geometry.is_empty}
    cut = {one.record: one.reason for one in told}
    return out, {name: cut[name] for name in cut if name in gone}, told


def _emptied(coverage: Record) -> Record:
    """A proof that shows nothing; nor does its depth ask others of its kind to state theirs."""
    values = {k: v for k, v in coverage.values.items() if k != "depth_m"}
    return dataclasses.replace(coverage, values=values, geometry=None)


def only_a_word(coverages: Sequence[Record], tracks: Mapping[str, Record], least: float,
                widest_m: float) -> dict[str, str]:
    """Coverages that prove nothing that land could be released on, and why: id -> words.

    A proof rests on tracks that are all on record, or on lanes that people measured, and states a
    confidence of `least` or more (a setting of the programme, S13). What rests on neither is what
    somebody says of the ground (S05). `tracks`: those on record; one that is wider than `widest_m`
    had its width in another unit, so that it covered ground that was left out.
    """
    out = {}
    for c in coverages:
        named = c.values.get("tracks")
        rests = [str(t) for t in named] if isinstance(named, (list, tuple)) else []
        missing = [t for t in rests if t not in tracks]
        found = _confidence(c)
        wide = [t for t in rests if t in tracks and not _width_m(tracks[t]) <= widest_m + 1e-9]
        if missing:
            out[c.id] = f"not on record, of the tracks that it rests on: {', '.join(missing)}"
        elif wide:
            out[c.id] = (f"wider than the {widest_m:g} m of any tool, of the tracks that it rests "
                         f"on: {', '.join(wide)}")
        elif not rests and c.values.get("proven_by") != "measured_lanes":
            out[c.id] = "it rests on no tracks and on no measured lanes: it is a word"
        elif found < 0:
            out[c.id] = "it states no confidence"
        elif found < least - 1e-9:
            out[c.id] = f"its confidence of {100 * found:g} % is less than {100 * least:g} %"
    return out


def _width_m(track: Record) -> float:
    found = track.values.get("width_m")
    return float(found) if isinstance(found, (int, float)) else 0.0


def ground_proven(coverages: Sequence[Record], by: str, depth_m: float | None = None
                  ) -> BaseGeometry | None:
    """Ground that `machine`, `manual` or `animal` covered for certain, at least so deep where its
    tracks state depths; empty where nothing is proven, None where there is no proof of that kind.
    Longitude and latitude.
    """
    own = [c for c in coverages if c.values.get("coverage_by") == by
           and not c.values.get("pass_name")]
    if not own:
        return None
    deep = {c.id: d for c in own if isinstance(d := c.values.get("depth_m"), (int, float))}
    if depth_m is not None and deep:
        own = [c for c in own if deep.get(c.id, -1.0) >= depth_m - DEPTH_ROUNDING_M]
    else:
        own = [c for c in own if c.id not in deep]
    return _polygons(joined([c.geometry for c in own if c.geometry is not None], degrees=True))


def not_proven(task: BaseGeometry, coverages: Sequence[Record], by: Sequence[str],
               depth_m: float | None = None) -> BaseGeometry:
    """Ground of a task that no proof of these kinds shows covered for certain."""
    parts = [g for kind in by if (g := ground_proven(coverages, kind, depth_m)) is not None]
    return _polygons(shapely.difference(task, joined(parts, degrees=True)))


def _proven(outcome: Record, coverages: Sequence[Record], by_word: Container[str]
            ) -> tuple[BaseGeometry | None, str]:
    """(Ground that is proven of an outcome, None for all of it; why it is none, "")."""
    if not coverages:
        return Polygon(), NOT_PROVEN
    depth = _depth(outcome)
    ground: Mapping[str, BaseGeometry] = {
        kind: g for kind in ("manual", "machine", "animal")
        if (g := ground_proven(coverages, kind, depth)) is not None}
    used = _decides(outcome, ground, by_word)
    if used is None:
        return Polygon(), NO_HAND_PROOF
    if not used:
        return None, ""
    left = outcome.geometry
    for kind in used:
        left = shapely.intersection(left, ground[kind])
    left = _polygons(left)
    return left, NOT_PROVEN if left.is_empty else ""


def _depth(outcome: Record) -> float | None:
    depth = outcome.values.get("depth_m")
    return float(depth) if isinstance(depth, (int, float)) else None


def _decides(outcome: Record, kinds: Container[str], by_word: Container[str]
             ) -> list[str] | None:
    """Of which kinds of work, of those of which there are proofs, the proof decides; None: a proof
    of hand work is missing (S07)."""
    named = kinds_of_search(outcome)
    if not named:  # nobody says how: what there is decides, hand work first
        if "manual" not in kinds:
            return None
        named = frozenset({"manual"})
    if asks_for_hand_proof(outcome, named, by_word) and "manual" not in kinds:
        return None
    by_hand = "manual" in named or outcome.values.get("follow_up") == "done"
    need = {"manual"} if by_hand and "manual" in kinds else set(named)
    if "manual" not in named:  # the follow-up is done, its method is not: both have to be there
        need |= named
    return [kind for kind in sorted(need) if kind in kinds]


def by_confidence(outcomes: Sequence[Record], activities: Sequence[Record],
                  coverages: Sequence[Record], by_word: Container[str] = ()
                  ) -> dict[str, list[tuple[float | None, BaseGeometry]]]:
    """Searches of whose work a proof is on record: the ground that proofs of some confidence or
    more show of each, for each confidence among them, the highest first; None: of one that nobody
    stated. Where proofs of two kinds of work are needed the lesser holds.
    """
    out = {}
    reported = {o.id: o for o in outcomes}
    for name, own in proofs_of(outcomes, activities, coverages).items():
        outcome, depth = reported[name], _depth(reported[name])
        there = {str(c.values.get("coverage_by")) for c in own}
        used = _decides(outcome, there, by_word)
        if not used:
            continue
        rank = {c.id: _confidence(c) for c in own}
        found: list[tuple[float | None, BaseGeometry]] = []
        for least in sorted(set(rank.values()), reverse=True):
            left = outcome.geometry
            for kind in used:
                # Which depths count is said by all proofs of the kind together.
                ground = ground_proven([
                    c if rank[c.id] >= least else dataclasses.replace(c, geometry=None)
                    for c in own], kind, depth)
                left = shapely.intersection(left, Polygon() if ground is None else ground)
            found.append((None if least < 0 else least, _polygons(left)))
        out[name] = found
    return out


def _confidence(coverage: Record) -> float:
    """What a proof states, -1 where it states none."""
    said = coverage.values.get("confidence")
    return float(said) if isinstance(said, (int, float)) and not isinstance(said, bool) else -1.0


def _polygons(shape: BaseGeometry | None) -> BaseGeometry:
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 0]
    return joined(parts, degrees=True) if parts else Polygon()
