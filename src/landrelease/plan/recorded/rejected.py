"""Work that was reported as done and whose ground an inspection rejected: it is work again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import shapely
from shapely import Polygon

from landrelease.core.geometry import geodesic_area_m2, joined
from landrelease.core.inspection import (
    Rejection,
    accepted_ground,
    in_lots,
    inspected_on,
    judges_finished_ground,
    rejections,
)
from landrelease.core.moment import day_of, listed
from landrelease.core.record import Record

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

SLIVER_M2 = 1.0  # shapes that share a border overlap by rounding


@dataclass(frozen=True, slots=True)
class Again:
    """A stage that is open again. `share` of its ground, 1.0 where nobody says which part; `by`:
    ids of the inspections; `since`: the last day of them, None where one has none."""

    share: float
    by: tuple[str, ...]
    since: date | None


@dataclass(frozen=True, slots=True)
class Works:
    """Which stage reported work is of: ids (and identifiers) of tasks and ids of activities."""

    of_task: Mapping[str, str]
    of_activity: Mapping[str, str]


def open_again(before: Mapping[str, str], done: Collection[str], works: Works,
               activities: Iterable[Record], inspections: Sequence[Record],
               outcomes: Iterable[Record], grounds: Mapping[str, BaseGeometry]
               ) -> dict[str, Again]:
    """Stages that are reported as done and are not, because an inspection rejected their ground.

    before : stage -> the stage before it, or ""; that one stands above it. done : stages that are
    reported as done. outcomes : those that inspections name. grounds : of TS and clearance, by
    stage, degrees.

    An inspection is of the stages whose task, work or outcomes it names; where it names none that
    is known, of the last stage that is done on each piece of ground that it rejected. Its ground is
    work again until a completion is reported on a later day than that of the rejection, by other
    work than was inspected as finished (work that went on when it was visited may be completed
    later); or until an inspection after it accepted that ground. That
    a measure is on record is neither. Where its day or its ground is not known, no later work and
    no part counts. The stages behind one that is open again are open as well: what it leaves to
    them is not known.
    """
    by_id = {i.id: i for i in inspections}
    found = rejections(inspections)
    if not found:
        return {}
    names: dict[str, list[Record]] = {}
    for o in outcomes:
        for name in {o.id, str(o.values.get("identifier") or "")} - {""}:
            names.setdefault(name, []).append(o)
    accepted = _Accepted(inspections, names)
    finished: dict[str, list[tuple[str, date]]] = {}  # completions of each stage: work, last day
    for work in activities:
        stage, day = works.of_activity.get(work.id, ""), day_of(work.values.get("ended_on"))
        if stage and day is not None and is_completed(work):
            finished.setdefault(stage, []).append((work.id, day))
    last = {s for s in done if s in grounds} - {before[s] for s in done}
    rejected: dict[str, list[tuple[str, date | None, BaseGeometry]]] = {}
    for r in found:
        record = by_id[r.id]
        named = [o for name in sorted(r.outcomes) for o in names.get(name, ())]
        ground = r.ground if r.ground is not None else joined(
            [o.geometry for o in named], degrees=True)
        if accepted.since(r, ground):
            continue
        looked_at = {str(w) for w in (record.values.get("activity"),
                                      *listed(record.values.get("activities")),
                                      *(o.values.get("activity") for o in named)) if w}
        stages = {works.of_task.get(str(record.values.get("task") or ""), ""),
                  *(works.of_activity.get(w, "") for w in looked_at)} - {""}
        if not stages:
            stages = {s for s in last if _shared(ground, grounds[s]) > SLIVER_M2}
        if not judges_finished_ground(record):
            looked_at = set()
        for s in stages.intersection(done):
            if r.day is None or not any(day > r.day and work not in looked_at
                                        for work, day in finished.get(s, ())):
                rejected.setdefault(s, []).append((r.id, r.day, ground))
    for s, earlier in before.items():  # the one before stands above
        if s in done and earlier in rejected:
            own = rejected.setdefault(s, [])
            known = {name for name, _, _ in own}
            own += [(name, day, ground if earlier in grounds else Polygon())
                    for name, day, ground in rejected[earlier] if name not in known]
    return {s: _again(grounds.get(s), why) for s, why in rejected.items()}


def is_completed(work: Record) -> bool:
    """Whether a report of work says that it is completed."""
    return work.value("activity_status") == "completed" or work.value(
        "report_type") == "completion"


class _Accepted:
    """What inspections accepted."""

    def __init__(self, inspections: Sequence[Record], outcomes: Mapping[str, Sequence[Record]]):
        self.accepted = [i for i in inspections
                         if i.value("result") == "accepted" and judges_finished_ground(i)]
        self.grounds = {name: joined([o.geometry for o in own], degrees=True)
                        for name, own in outcomes.items()} if self.accepted else {}
        self.held = in_lots(inspections)

    def since(self, rejection: Rejection, ground: BaseGeometry) -> bool:
        """Whether ground was accepted after it was rejected: as the lot that came after, or all of
        it by inspections of later days."""
        later = []
        for i in self.accepted:
            if i.values.get("lot") == rejection.id:
                return True
            day = inspected_on(i)
            if rejection.day is not None and day is not None and day > rejection.day:
                later.append(accepted_ground(i, self.grounds, self.held))
        return not ground.is_empty and geodesic_area_m2(shapely.difference(
            ground, joined(later, degrees=True))) <= SLIVER_M2


def _again(ground: BaseGeometry | None, why: Sequence[tuple[str, date | None, BaseGeometry]]
           ) -> Again:
    share = 1.0
    if ground is not None and not any(shape.is_empty for _, _, shape in why):
        part = _shared(joined([shape for _, _, shape in why], degrees=True), ground)
        if part > SLIVER_M2:
            share = min(1.0, part / geodesic_area_m2(ground))
    days = [day for _, day, _ in why if day is not None]
    return Again(share, tuple(sorted({name for name, _, _ in why})),
                 max(days) if len(days) == len(why) else None)


def _shared(one: BaseGeometry, other: BaseGeometry) -> float:
    """m² of the ground that both have."""
    return geodesic_area_m2(shapely.intersection(one, other))
