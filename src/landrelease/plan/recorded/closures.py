"""Closed ground: closures in, the slots in which work on a stage stands still out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import shapely

from landrelease.core.record import Record
from landrelease.core.recorded import Note, Recorded
from landrelease.core.work import Problem
from landrelease.plan.recorded.slots import first_day, horizon_day, touching

# A local day begins somewhere in these hours of UTC where its zone is not known.
_EARLIEST, _LATEST = timedelta(hours=-12), timedelta(hours=14)
_NAMES = 3  # closures named in the words of a calendar


@dataclass(frozen=True, slots=True)
class Closed:
    """`closed` (K, H) slots that a closure touches; `of_stage` of each stage, indexes of K;
    `grounds` of each closure (degrees), None: everywhere."""

    ids: tuple[str, ...]
    closed: np.ndarray
    of_stage: tuple[tuple[int, ...], ...]
    read: Recorded
    grounds: tuple[Any, ...] = ()

    def words(self, which: Sequence[int]) -> str:
        names = [self.ids[k] for k in which]
        return ", ".join(names[:_NAMES]) + (
            f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")


def closed_ground(problem: Problem, grounds: Mapping[str, Any], closures: Sequence[Record],
                  open_end_days: float, utc_offset: timedelta | None = None, *,
                  roads: bool = False) -> Closed:
    """Which closures touch the ground of each stage, and when.

    grounds : hazard id -> its ground (degrees). A stage stands still in every slot of which a
    closure that touches its ground closes a day, in whole or in part. A closure without ground
    closes everything, one without an end is taken to last `open_end_days` from the first day of
    the plan on. Where local time is not known (`utc_offset` None), a closure closes every day that
    it may touch in some zone. roads : whether closures are laid on roads as well (`with_roads`).
    """
    start, last = first_day(problem), horizon_day(problem)
    notes: list[Note] = []
    kept: list[Record] = []
    spans: list[tuple[date, date]] = []
    for record in closures:
        first, until = closed_days(record, utc_offset)
        if first == date.min:
            notes.append(Note("closure", record.id, "it does not say from when: taken as closed "
                              "already"))
        elif turned(record):
            notes.append(Note("closure", record.id, "it ends before it begins: taken as closed "
                              "from the earlier to the later of its days"))
        if until is None:
            until = max(first, start) + timedelta(days=int(open_end_days) - 1)
            if until >= start and first <= last:
                notes.append(Note("closure", record.id, "it has no end: taken to last until "
                                  f"{until.isoformat()} (assumption closure_open_days)"))
        if until < start or first > last:
            continue
        kept.append(record)
        spans.append((first, until))
    if kept and not roads:
        notes.append(Note("closure", "", "closures stop work on the ground that they touch; no "
                          "roads were given (--roads), so none of them closes a road"))
    closed = np.array([touching(problem, a, b) for a, b in spans], dtype=bool).reshape(
        len(kept), problem.horizon)
    of_stage = _touched(problem, grounds, kept)
    used = sorted({k for own in of_stage for k in own if closed[k].any()})
    return Closed(
        tuple(r.id for r in kept), closed,
        tuple(tuple(k for k in own if closed[k].any()) for own in of_stage),
        Recorded({"closure": (len(closures), len(used))}, tuple(notes)),
        tuple(None if r.geometry is None or r.geometry.is_empty else r.geometry for r in kept))


def with_roads(problem: Problem, closed: Closed, cut: np.ndarray, crossing: Sequence[int],
               beyond: Sequence[int]) -> Closed:
    """The same where closures that cross roads also keep teams from ground that they do not touch.

    cut : bool (N, H) slots in which nobody gets to a hazard; crossing : closures that cross a
    road; beyond : those of them that last as long as the plan, whose roads are not in it at all
    """
    rows, of = np.unique(cut, axis=0, return_inverse=True)
    extra = [k for k in range(len(rows)) if rows[k].any()]
    number = {k: len(closed.ids) + i for i, k in enumerate(extra)}
    names, of = [], of.ravel()
    for k in extra:
        by = [c for c in crossing if bool((closed.closed[c] & rows[k]).any())]
        names.append("the road, by " + closed.words(by))
    of_stage = tuple(
        (*own, number[int(of[h])]) if int(of[h]) in number else own
        for own, h in zip(closed.of_stage, problem.hazard.tolist(), strict=True))
    there, kept = closed.read.counts["closure"]
    used = {k for own in closed.of_stage for k in own} | set(crossing)
    notes = list(closed.read.notes)
    if crossing:
        far = int(cut.any(axis=1).sum())
        notes.append(Note("closure", "", f"{len(crossing)} cross roads: {far} areas cannot be "
                          f"reached for a time and stand still, and the roads in {len(beyond)} "
                          "are shut for the whole plan. Longer ways round are not counted"))
    return Closed(
        (*closed.ids, *names), np.vstack([closed.closed, rows[extra]]) if extra else closed.closed,
        of_stage, Recorded({"closure": (there, max(kept, len(used)))}, tuple(notes)),
        (*closed.grounds, *([None] * len(extra))))


def _touched(problem: Problem, grounds: Mapping[str, Any], closures: Sequence[Record]
             ) -> list[tuple[int, ...]]:
    stages = len(problem.stage_ids)
    found: list[list[int]] = [[] for _ in range(stages)]
    everywhere = [k for k, r in enumerate(closures)
                  if r.geometry is None or r.geometry.is_empty]
    placed = [k for k in range(len(closures)) if k not in set(everywhere)]
    if placed and stages:
        own = np.array([
            problem.tasks[int(t)].ground if int(t) >= 0
            else grounds.get(problem.hazard_ids[int(h)], shapely.Polygon())
            for h, t in zip(problem.hazard, problem.task, strict=True)], dtype=object)
        pairs = shapely.STRtree(own).query(
            np.array([closures[k].geometry for k in placed], dtype=object),
            predicate="intersects")
        for c, s in zip(*pairs, strict=True):
            found[int(s)].append(placed[int(c)])
    return [tuple(sorted({*everywhere, *own_})) for own_ in found]


def closed_days(record: Record, offset: timedelta | None) -> tuple[date, date | None]:
    """First and last local day that a closure touches; last None: without an end.

    Doubt closes: where it does not say from when, the first is `date.min`; where it ends before it
    begins, it is closed from the earlier to the later. offset : of local time from UTC; None: every
    day that it touches in some zone.
    """
    begin, end = _moments(record)
    if begin is not None and end is not None and end < begin:
        begin, end = end, begin
    first = date.min if begin is None else (
        begin + (_EARLIEST if offset is None else offset)).date()
    if end is None:
        return first, None
    # A moment before the end: what ends at midnight closes nothing of the day that begins then.
    last = (end + (_LATEST if offset is None else offset) - timedelta(microseconds=1)).date()
    return first, max(first, last)


def turned(record: Record) -> bool:
    """Whether a closure says that it ends before it begins."""
    begin, end = _moments(record)
    return begin is not None and end is not None and end < begin


def _moments(record: Record) -> tuple[datetime | None, datetime | None]:
    return _aware(record.values.get("closed_from")), _aware(record.values.get("closed_until"))


def _aware(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
