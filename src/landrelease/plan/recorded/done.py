"""What was done of the stages of a plan, from tasks and reports of work."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import shapely

from landrelease.core.hazard import Hazard
from landrelease.core.moment import day_of
from landrelease.core.record import Record
from landrelease.core.recorded import Note, Recorded
from landrelease.core.work import TeamKind
from landrelease.plan.recorded.rejected import Again, Works, is_completed, open_again

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True)
class Since:
    """Stages that are done, and those that have begun with the m² reported; ids of stages.

    `unplaced` : tasks (ids of records) that are completed on an area of the plan, and nobody can
    tell which of its stages they are. `unnamed` : m² of TS and clearance reported on an area of the
    plan, by its id, that name no task of the plan. `again` : stages that were reported as done and
    are open again, because an inspection rejected their ground or that of a stage before them.
    `short` : stages reported as completed on less than their ground, with the share that is left.
    `followed` : stages of clearance of which a machine ("mechanical") or dogs ("animal") have done
    all, and no follow-up by hand is on record (S07). `unknown` : tasks that reports on an area of
    the plan name and that are none of its steps, with how many reports do.
    """

    done: tuple[str, ...] = ()
    begun: Mapping[str, float] = field(default_factory=dict)
    unplaced: tuple[str, ...] = ()
    unnamed: Mapping[str, float] = field(default_factory=dict)
    again: Mapping[str, Again] = field(default_factory=dict)
    short: Mapping[str, float] = field(default_factory=dict)
    followed: Mapping[str, TeamKind] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)

    def left(self) -> dict[str, float]:
        """Stages that were reported as completed and are open, with the share of their ground."""
        return {**self.short, **{stage: found.share for stage, found in self.again.items()}}


def task_id(stage: str) -> str:
    """Id of the task record that a plan proposes for a stage."""
    return f"task:{stage}"


ENOUGH = 0.95  # of a stage's ground: the rest is what two surveys of one border differ by
# What is no clearance on its own (S07), and the kind of team that does it.
_FIRST: Mapping[str, TeamKind] = MappingProxyType(
    {"mechanical": "mechanical", "animal_detection": "animal"})
_NO_GROUND: Mapping[str, BaseGeometry] = MappingProxyType({})
_NO_SIZE: Mapping[str, float] = MappingProxyType({})
_NO_NAMES: Mapping[str, str] = MappingProxyType({})


def mostly(grounds: np.ndarray, ground: BaseGeometry) -> np.ndarray:
    """bool (N,): which pieces of an area a task's ground means: most of the piece, or the piece
    that holds most of it."""
    common = shapely.area(shapely.intersection(grounds, ground))
    return np.asarray((common > 0.5 * shapely.area(grounds)) | (common > 0.5 * ground.area))


def _pieces(before: Mapping[str, str]) -> dict[tuple[str, str], list[str]]:
    """The stages of TS and clearance of each area, by the survey that they begin with, and kind."""
    out: dict[tuple[str, str], list[str]] = {}
    for stage in before:
        kind = stage.rpartition(":")[2]
        if kind in ("TS", "clearance"):
            first = stage
            while before.get(first):
                first = before[first]
            out.setdefault((first, kind), []).append(stage)
    return out


def _meant(task: Record, own: Sequence[str], grounds: Mapping[str, BaseGeometry]) -> str:
    """Which of the stages of its area and kind a task means that names none; "" where it may be
    several."""
    if len(own) > 1 and task.geometry is not None and not task.geometry.is_empty and all(
            s in grounds for s in own):
        held = mostly(np.array([grounds[s] for s in own], dtype=object), task.geometry)
        own = [s for s, mine in zip(own, held.tolist(), strict=True) if mine]
    return own[0] if len(own) == 1 else ""


def done_of(before: Mapping[str, str], tasks: Iterable[Record], activities: Sequence[Record],
            inspections: Sequence[Record] = (), outcomes: Iterable[Record] = (),
            grounds: Mapping[str, BaseGeometry] = _NO_GROUND,
            sizes: Mapping[str, float] = _NO_SIZE,
            hazards: Mapping[str, str] = _NO_NAMES) -> Since:
    """What was done of stages; `before` : id of a stage -> id of the stage before it, or "".

    inspections : as they stand (S09), of finished ground; outcomes : those that they name; grounds
    : of the stages of TS and clearance, degrees; sizes : m² of the ground of all stages; hazards :
    ids of areas by their ids and identifiers.

    A stage is done where its task record, or a completion report that names it, says completed; NTS
    of a hazard also where a completed NTS task or activity names the hazard. A task of TS or
    clearance that names the area, not the stage, is of the one stage that it can mean: only reports
    on it that state their area reduce the work, and what it says of itself closes nothing. A stage
    has begun
    where its task has started or reports name it. A later stage that is done takes the stages
    before it along (nobody clears ground whose survey is still open). A report that states its
    area completes no more than that: the areas of all reports of the stage together are held
    against its ground, and what is missing stays work (`short`); no area stated is no area of zero
    (S12), and a task that is completed is so as its people say. Work of machines and dogs clears
    nothing: where all that is reported of a stage of clearance is theirs, the hand's follow-up is
    left (S07). Done in the plan is not released: that is a signed decision (S09), and ground that
    is released is no longer in the problem at all. What an inspection rejected is open again
    (`plan.recorded.rejected`).
    """
    of_task = {task_id(name): name for name in before}
    of_activity: dict[str, str] = {}
    done: set[str] = set()
    started: set[str] = set()
    reported: dict[str, list[Record]] = {}
    unplaced = []
    unnamed: dict[str, float] = {}
    unknown: dict[str, int] = {}
    meant: dict[str, str] = {}  # name of a task that names no stage -> the stage that it means

    pieces = _pieces(before)

    def area_of(record: Record) -> str:
        named = str(record.values.get("hazard") or "")
        return hazards.get(named, named)

    for task in tasks:
        completed = task.value("task_status") == "completed"
        hazard = area_of(task)
        first = f"{hazard}:NTS"
        stage = of_task.get(task.id) or (
            str(task.values.get("identifier")) if task.values.get("identifier") in before else
            first if task.value("task_type") == "NTS" and first in before else "")
        if not stage and (stage := _meant(task, pieces.get((first, str(task.value("task_type"))),
                                                           ()), grounds)):
            meant.setdefault(task.id, stage)
            if task.values.get("identifier"):
                meant.setdefault(str(task.values["identifier"]), stage)
            if completed:
                unplaced.append(task.id)
            continue
        if not stage:
            if completed and first in before:
                unplaced.append(task.id)
            continue
        of_task[task.id] = stage
        if task.values.get("identifier"):
            of_task.setdefault(str(task.values["identifier"]), stage)
        if completed:
            done.add(stage)
        elif task.value("task_status") == "started":
            started.add(stage)
    for work in activities:
        named = str(work.values.get("task") or "")
        stage = of_task.get(named) or (named if named in before else "")
        if not stage and _area(work) is not None and meant.get(named, "").endswith(
                f":{work.value('activity_type')}"):
            stage = of_task[named] = meant[named]
        if not stage and work.value("activity_type") == "NTS" and is_completed(work):
            stage = f"{area_of(work)}:NTS"
        if stage not in before:
            hazard, area = area_of(work), work.values.get("area_m2")
            if f"{hazard}:NTS" in before and named:
                unknown[named] = unknown.get(named, 0) + 1
            elif (f"{hazard}:NTS" in before and work.value("activity_type") in ("TS", "clearance")):
                unnamed[hazard] = unnamed.get(hazard, 0.0) + (
                    float(area) if isinstance(area, (int, float)) else 0.0)
            continue
        of_activity[work.id] = stage
        reported.setdefault(stage, []).append(work)
    short, followed = _not_whole(reported, done, sizes)
    done |= {s for s, own in reported.items()
             if any(is_completed(w) and not _first_only(s, w) for w in own)}
    done -= short.keys() | followed.keys()
    done |= {before[s] for s in followed if before[s]}
    for stage in list(done):
        earlier = before[stage]
        while earlier:
            done.add(earlier)
            earlier = before.get(earlier, "")
    again = open_again(before, done, Works(of_task, of_activity), activities, inspections,
                       outcomes, grounds)
    done -= again.keys()
    begun = dict.fromkeys(started, 0.0)
    for stage, own in reported.items():
        if stage in short or stage in followed:
            continue  # what is left of it is its work
        for work in own:
            if is_completed(work) or (stage in again and not _after(work, again[stage])):
                continue  # of the search that was rejected
            by_hand = 0.0 if _first_only(stage, work) else _area(work) or 0.0
            begun[stage] = begun.get(stage, 0.0) + by_hand
    return Since(tuple(sorted(done)), {s: m for s, m in begun.items() if s not in done},
                 tuple(name for name in unplaced if meant.get(name) not in done), unnamed, again,
                 {s: left for s, left in short.items() if s not in done and s not in again},
                 {s: kind for s, kind in followed.items() if s not in done and s not in again},
                 unknown)


def _area(work: Record) -> float | None:
    area = work.values.get("area_m2")
    return float(area) if isinstance(area, (int, float)) else None


def _first_only(stage: str, work: Record) -> bool:
    """Whether reported work is the pass of a machine or of dogs on ground to be cleared (S07)."""
    return stage.endswith(":clearance") and work.value("operational_method") in _FIRST


def _not_whole(reported: Mapping[str, Sequence[Record]], completed: Collection[str],
               sizes: Mapping[str, float]) -> tuple[dict[str, float], dict[str, TeamKind]]:
    """Stages that reports complete in part, with the share that is left; and those of which only
    machines or dogs did all. completed : stages whose task says so."""
    short: dict[str, float] = {}
    followed: dict[str, TeamKind] = {}

    def left(stage: str, works: Sequence[Record]) -> float:
        """Share of the ground that the reports leave; 0 where none that completes it says."""
        ground = sizes.get(stage, 0.0)
        if stage in completed or not ground or not any(
                is_completed(w) and _area(w) is not None for w in works):
            return 0.0
        rest = 1.0 - sum(_area(w) or 0.0 for w in works) / ground
        return rest if rest > 1.0 - ENOUGH else 0.0

    for stage, works in reported.items():
        by_hand = [w for w in works if not _first_only(stage, w)]
        if any(map(is_completed, by_hand)):
            if (rest := left(stage, by_hand)) > 0:
                short[stage] = rest
        elif not by_hand and (stage in completed or any(map(is_completed, works))):
            if left(stage, works) > 0:
                short[stage] = 1.0  # they left a part of it: all of it is open
            else:
                followed[stage] = _FIRST[str(works[-1].value("operational_method"))]
    return short, followed


def _after(work: Record, again: Again) -> bool:
    """Whether reported work began after the ground was rejected."""
    day = day_of(work.values.get("started_on")) or day_of(work.values.get("ended_on"))
    return day is not None and again.since is not None and day > again.since


def _some(names: Iterable[str], most: int = 5) -> str:
    listed = list(names)
    return ", ".join(listed[:most]) + (
        f" and {len(listed) - most:,} more" if len(listed) > most else "")


def done_notes(since: Since, hazards: Sequence[Hazard], inspections: int = 0) -> Recorded:
    """What of the work is left out because it is done or not needed, in words."""
    notes = []
    confirmed = sum(h.hazard_type == "CHA" for h in hazards)
    if confirmed:
        notes.append(Note("hazard", "", f"{confirmed:,} of {len(hazards):,} areas are confirmed "
                          "(CHA): planned without a non-technical survey"))
    notes += [Note("task", name, "it is reported as completed, and is none of the plan's steps by "
                   "its identifier: what reports on it with an area do not say is done is planned "
                   "as open") for name in since.unplaced]
    if since.unnamed:
        most = sorted(since.unnamed, key=lambda name: (-since.unnamed[name], name))
        notes.append(Note("activity", "", f"{sum(since.unnamed.values()):,.0f} m² of technical "
                          "survey and clearance are reported without a task, on "
                          + ", ".join(most[:3]) + (f" and {len(most) - 3:,} more" if len(most) > 3
                                                   else "")
                          + ": which step it was is not known, all of it is planned as open"))
    if since.unknown:
        notes.append(Note("activity", "", f"{sum(since.unknown.values())} reports on work that "
                          "the plan does not know: their tasks are none of its steps, which are "
                          "planned as open: " + _some(f"{name} ({count})" for name, count in sorted(
                              since.unknown.items()))))
    by_kind = [(kind, sum(s.endswith(f":{kind}") for s in since.done))
               for kind in ("NTS", "TS", "clearance")]
    if since.done:
        notes.append(Note("activity", "", "on record as completed and not planned: " + ", ".join(
            f"{count:,} steps of {kind}" for kind, count in by_kind if count)))
    if since.short:
        notes.append(Note("activity", "", "reported as completed on less than their ground: the "
                          "rest is planned as open: " + _some(
                              f"{stage} ({left:.0%} left)"
                              for stage, left in sorted(since.short.items()))))
    if since.followed:
        notes.append(Note("activity", "", "machines or dogs have been there, and no follow-up by "
                          "hand is on record, without which it is no clearance (S07): that is "
                          "planned: " + _some(sorted(since.followed))))
    open_: dict[tuple[str, ...], list[str]] = {}
    for stage, why in sorted(since.again.items()):
        open_.setdefault(why.by, []).append(stage)
    notes += [Note("inspection", by[0] if len(by) == 1 else "",
                   ("it" if len(by) == 1 else ", ".join(by)) + " rejected ground that was reported "
                   "as done, and neither work completed on a later day nor a later acceptance of "
                   "it is on record: planned again, " + ", ".join(
                       f"{stage} ({since.again[stage].share:.0%})" for stage in stages[:5])
                   + (f" and {len(stages) - 5:,} more" if len(stages) > 5 else ""))
              for by, stages in open_.items()]
    used = {name for why in since.again.values() for name in why.by}
    return Recorded({"inspection": (inspections, len(used))} if inspections else {}, tuple(notes))
