"""The works of the second phase: projects in, what they wait for out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely

from landrelease.core.conditions import Projects
from landrelease.core.record import Record
from landrelease.core.recorded import Note, Recorded, by_name, listed
from landrelease.core.work import Problem
from landrelease.plan.recorded.money import Exchange
from landrelease.plan.recorded.slots import first_day, within


@dataclass(frozen=True, slots=True)
class _Work:
    record: Record
    stages: np.ndarray
    slots: int
    cost: float
    earliest: int
    people: float
    may_start: np.ndarray | None


def projects(problem: Problem, records: Sequence[Record], handovers: Sequence[Record],
             grounds: Mapping[str, Any], exchange: Exchange, currency: str, *,
             usual_days: float, weight: float, hazards: Sequence[Record] = ()
             ) -> tuple[Projects | None, Recorded]:
    """Works of the second phase that wait for land of the plan, or for money.

    A work waits for all stages of the hazards that it names, of those behind the hand-overs that it
    names, and of those that its own ground touches. It starts in its season only, and not before
    the works that it follows are finished. `usual_days` where nobody says how long it takes;
    `weight` points a beneficiary and day. Who pays is not said yet (`money.money`). hazards : all
    on record, also those that are closed, for which no work waits.
    """
    notes: list[Note] = []
    on_record = by_name(hazards)
    number = {name: h for h, name in enumerate(problem.hazard_ids)}
    handed = by_name(handovers)
    names = list(problem.hazard_ids)
    tree = shapely.STRtree(np.array([grounds[n] for n in names], dtype=object)) if names else None
    works: dict[str, _Work] = {}
    slot_days = _slot_days(problem)
    for record in records:
        if record.value("project_status") in ("started", "completed", "cancelled"):
            continue
        works[record.id] = _work(problem, record, number, handed, tree, exchange, currency,
                                 usual_days, slot_days, notes)
        unknown = [h for h in listed(record, "hazards")
                   if not {h, f"hazard-{h}"} & (number.keys() | on_record.keys())]
        if unknown:
            notes.append(Note("project", record.id, f"{', '.join(unknown)}, for which it waits, is "
                              "not on record: not kept"))
    named = {**{str(r.values["identifier"]): r.id for r in records if r.values.get("identifier")},
             **{r.id: r.id for r in records}}
    ids = sorted(works)
    index = {name: w for w, name in enumerate(ids)}
    after: list[tuple[int, int]] = []
    for name in ids:
        for other in listed(works[name].record, "after_projects"):
            before = named.get(other)
            if before is None:
                notes.append(Note("project", name, f"the work {other}, which it follows, is not on "
                                  "record: not kept"))
            elif before in index:
                after.append((index[before], index[name]))
    if _circle(after, len(ids)):
        notes.append(Note("project", "", "works follow each other in a circle: their sequence is "
                          "not kept"))
        after = []
    read = Recorded({"project": (len(records), len(ids))}, tuple(notes))
    if not ids:
        return None, read
    made = [works[n] for n in ids]
    people = np.array([m.people for m in made])
    known = np.isfinite(people)
    usual = float(people[known].mean()) if known.any() else 0.0
    if not known.all():
        read = read.and_also(Recorded({}, (Note(
            "project", "", f"{int((~known).sum())} do not say how many people benefit: "
            + (f"the mean of the others counts, {usual:,.0f}" if known.any() else
               "they have no weight in the score")),)))
    seasons = any(m.may_start is not None for m in made)
    free = np.ones(problem.horizon, dtype=bool)
    earliest = _soonest(made, after, problem.horizon)
    return Projects(
        ids=tuple(ids), start=np.cumsum([0] + [len(m.stages) for m in made]).astype(np.int32),
        stage=np.concatenate([m.stages for m in made]).astype(np.int32),
        slots=np.array([m.slots for m in made], np.int32),
        cost=np.array([m.cost for m in made]),
        fund=np.full(len(made), -1, np.int32),
        earliest=earliest, people=people,
        weight=weight * np.where(known, people, usual),
        after=np.array(after, np.int32).reshape(-1, 2) if after else None,
        may_start=np.array([free if m.may_start is None else m.may_start for m in made])
        if seasons else None), read


def _soonest(made: Sequence[_Work], after: Sequence[tuple[int, int]], horizon: int) -> np.ndarray:
    """Earliest slots (W,) that sequence and seasons allow in any plan."""
    out = np.array([m.earliest for m in made], np.int32)
    for _ in range(len(made) + 1):  # the longest chain of works has no more
        for a, b in after:
            out[b] = min(horizon, max(int(out[b]), int(out[a]) + made[a].slots))
        for w, m in enumerate(made):
            if m.may_start is not None:
                there = np.flatnonzero(m.may_start[out[w]:])
                out[w] = out[w] + there[0] if len(there) else horizon
    return out


def _work(problem: Problem, record: Record, number: Mapping[str, int],
          handed: Mapping[str, Record], tree: Any, exchange: Exchange, currency: str,
          usual_days: float, slot_days: float, notes: list[Note]) -> _Work:
    land: set[int] = set()
    for name in listed(record, "hazards"):
        if name in number:
            land.add(number[name])
        elif f"hazard-{name}" in number:
            land.add(number[f"hazard-{name}"])
    for name in listed(record, "handovers"):
        hand = handed.get(name)
        if hand is None:
            notes.append(Note("project", record.id, f"the hand-over {name}, which it waits for, is "
                              "not on record: not kept"))
        elif hand.value("handover_status") != "held" and hand.values.get("hazard") in number:
            land.add(number[str(hand.values["hazard"])])
    if record.geometry is not None and not record.geometry.is_empty and tree is not None:
        land |= set(tree.query(record.geometry, predicate="intersects").tolist())
    stages = np.flatnonzero(np.isin(problem.hazard, sorted(land)))
    worked = land - set(problem.hazard.tolist())  # nothing is left to do there, and it is open
    if worked:
        notes.append(Note("project", record.id, "it waits for land on record as worked through "
                          "that nobody has released: not planned: " + ", ".join(
                              problem.hazard_ids[h] for h in sorted(worked))))
    days = record.values.get("duration_days")
    if not isinstance(days, (int, float)):
        notes.append(Note("project", record.id, "how long it takes is not reported: "
                          f"{usual_days:g} days (assumption project_days)"))
        days = usual_days
    slots = max(1, math.ceil(float(days) / slot_days - 1e-9))
    cost, own = record.values.get("cost"), 0.0
    if isinstance(cost, (int, float)):
        changed = exchange(float(cost), str(record.values.get("currency") or ""),
                           first_day(problem))
        if changed is None:
            notes.append(Note("project", record.id, "no rate from "
                              f"{record.values.get('currency') or 'an unnamed currency'} to "
                              f"{currency} is known: its cost is left out"))
        own = changed or 0.0
    else:
        notes.append(Note("project", record.id, "its cost is not reported: no money waits for it"))
    begin = record.values.get("planned_start")
    earliest = within(problem, begin, None)[0] if isinstance(begin, date) else 0
    if worked:
        earliest = problem.horizon
    people = record.values.get("beneficiaries")
    return _Work(record, stages, slots, own, earliest,
                 float(people) if isinstance(people, (int, float)) else math.nan,
                 _season(problem, record, slots, notes))


def _slot_days(problem: Problem) -> float:
    """Calendar days of a slot on average: slots of three and four days take turns."""
    return float(np.mean(np.array([
        (problem.delay_days[t + 1] - (problem.slot_starts[t] - problem.slot_starts[0]).days)
        for t in range(problem.horizon)])))


def _season(problem: Problem, record: Record, slots: int, notes: list[Note]
            ) -> np.ndarray | None:
    """bool (H,): slots in which a work may start, so that it ends within its season."""
    first, last = (record.values.get(f"season_{n}_month") for n in ("first", "last"))
    if not isinstance(first, int) or not isinstance(last, int) or (last - first) % 12 == 11:
        return None
    months = {(first - 1 + k) % 12 + 1 for k in range((last - first) % 12 + 1)}
    starts = problem.slot_starts[:problem.horizon]
    there = np.array([d.month in months for d in starts])
    # A season ends where a slot is not in it, or where the plan's own year has its gap.
    gap = np.array([False] + [(b - a).days > 31 for a, b in itertools.pairwise(starts)])
    left = np.zeros(problem.horizon, dtype=np.int64)
    run = 0
    for t in range(problem.horizon - 1, -1, -1):
        run = run + 1 if there[t] else 0
        left[t] = run
        if gap[t]:
            run = 0
    whole = left >= slots
    if whole.any():
        return whole
    notes.append(Note("project", record.id, "it takes longer than its season: it starts in the "
                      "season and goes on after it"))
    return there if there.any() else None


def _circle(pairs: Sequence[tuple[int, int]], count: int) -> bool:
    left = set(range(count))
    while True:
        free = {w for w in left if not any(b == w and a in left for a, b in pairs)}
        if not free:
            return bool(left)
        left -= free


def waiting(records: Sequence[Record]) -> bool:
    """Whether any work is still to be begun."""
    return any(r.value("project_status") not in ("started", "completed", "cancelled")
               for r in records)


def places_of(records: Sequence[Record], grounds: Mapping[str, Any],
              settlements: Sequence[Record]) -> dict[str, Any]:
    """Where works are (degrees): their own ground, or that of the first area that they name, or
    the community that they are for; works of which nothing is known are left out."""
    homes, out = by_name(settlements), {}
    for record in records:
        home = homes.get(str(record.values.get("settlement") or ""))
        found = [record.geometry, *(grounds.get(n) for n in listed(record, "hazards")),
                 None if home is None else home.geometry]
        place = next((g for g in found if g is not None and not g.is_empty), None)
        if place is not None:
            out[record.id] = place
    return out
