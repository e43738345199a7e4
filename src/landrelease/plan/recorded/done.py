"""What was done of the stages of a plan, from tasks and reports of work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from landrelease.core.hazard import Hazard
from landrelease.core.record import Record
from landrelease.core.recorded import Note, Recorded


@dataclass(frozen=True, slots=True)
class Since:
    """Stages that are done, and those that have begun with the m² reported; ids of stages.

    `unplaced` : tasks (ids of records) that are completed on an area of the plan, and nobody can
    tell which of its stages they are. `unnamed` : m² of TS and clearance reported on an area of the
    plan, by its id, that name no task of the plan.
    """

    done: tuple[str, ...] = ()
    begun: Mapping[str, float] = field(default_factory=dict)
    unplaced: tuple[str, ...] = ()
    unnamed: Mapping[str, float] = field(default_factory=dict)


def task_id(stage: str) -> str:
    """Id of the task record that a plan proposes for a stage."""
    return f"task:{stage}"


def done_of(before: Mapping[str, str], tasks: Iterable[Record], activities: Iterable[Record]
            ) -> Since:
    """What was done of stages; `before` : id of a stage -> id of the stage before it, or "".

    A stage is done where its task record, or a completion report that names it, says completed; NTS
    of a hazard also where a completed NTS task or activity names the hazard. A stage has begun
    where its task has started or reports name it. A later stage that is done takes the stages
    before it along (nobody clears ground whose survey is still open). Done in the plan is not
    released: that is a signed decision (S09), and ground that is released is no longer in the
    problem at all.
    """
    of_task = {task_id(name): name for name in before}
    done: set[str] = set()
    begun: dict[str, float] = {}
    unplaced = []
    unnamed: dict[str, float] = {}
    for task in tasks:
        completed = task.value("task_status") == "completed"
        first = f"{task.values.get('hazard')}:NTS"
        stage = of_task.get(task.id) or (
            str(task.values.get("identifier")) if task.values.get("identifier") in before else
            first if task.value("task_type") == "NTS" and first in before else "")
        if not stage:
            if completed and first in before:
                unplaced.append(task.id)
            continue
        of_task[task.id] = stage
        if completed:
            done.add(stage)
        elif task.value("task_status") == "started":
            begun.setdefault(stage, 0.0)
    for work in activities:
        stage = of_task.get(str(work.values.get("task") or ""), "")
        completed = work.value("activity_status") == "completed" \
            or work.value("report_type") == "completion"
        if not stage and work.value("activity_type") == "NTS" and completed:
            stage = f"{work.values.get('hazard')}:NTS"
        if stage not in before:
            hazard, area = str(work.values.get("hazard") or ""), work.values.get("area_m2")
            if (f"{hazard}:NTS" in before and work.value("activity_type") in ("TS", "clearance")
                    and not work.values.get("task")):
                unnamed[hazard] = unnamed.get(hazard, 0.0) + (
                    float(area) if isinstance(area, (int, float)) else 0.0)
            continue
        if completed:
            done.add(stage)
        else:
            area = work.values.get("area_m2")
            begun[stage] = begun.get(stage, 0.0) + (float(area) if isinstance(
                area, (int, float)) else 0.0)
    for stage in list(done):
        earlier = before[stage]
        while earlier:
            done.add(earlier)
            earlier = before.get(earlier, "")
    return Since(tuple(sorted(done)), {s: m for s, m in begun.items() if s not in done},
                 tuple(unplaced), unnamed)


def done_notes(since: Since, hazards: Sequence[Hazard]) -> Recorded:
    """What of the work is left out because it is done or not needed, in words."""
    notes = []
    confirmed = sum(h.hazard_type == "CHA" for h in hazards)
    if confirmed:
        notes.append(Note("hazard", "", f"{confirmed:,} of {len(hazards):,} areas are confirmed "
                          "(CHA): planned without a non-technical survey"))
    notes += [Note("task", name, "it is reported as completed, and is none of the plan's steps by "
                   "its identifier: they are planned as open") for name in since.unplaced]
    if since.unnamed:
        most = sorted(since.unnamed, key=lambda name: (-since.unnamed[name], name))
        notes.append(Note("activity", "", f"{sum(since.unnamed.values()):,.0f} m² of technical "
                          "survey and clearance are reported without a task, on "
                          + ", ".join(most[:3]) + (f" and {len(most) - 3:,} more" if len(most) > 3
                                                   else "")
                          + ": which step it was is not known, all of it is planned as open"))
    by_kind = [(kind, sum(s.endswith(f":{kind}") for s in since.done))
               for kind in ("NTS", "TS", "clearance")]
    if since.done:
        notes.append(Note("activity", "", "on record as completed and not planned: " + ", ".join(
            f"{count:,} steps of {kind}" for kind, count in by_kind if count)))
    return Recorded({}, tuple(notes))
