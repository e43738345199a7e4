"""What people fix or forbid about a task before a plan is made again: day, teams, sequence.

A decision is a revision of the task's record that orders it. It counts, and holds a plan, with the
signature of somebody whose vouched role orders work (S09).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from landrelease.core.record import Record
from landrelease.core.recorded import by_name
from landrelease.core.revision import Revision
from landrelease.errors import BAD_OPTION, CONTESTED, RECORD_UNKNOWN, LandReleaseError
from landrelease.plan.recorded.done import task_id

if TYPE_CHECKING:
    from landrelease.core.signature import SigningKey
    from landrelease.store.registry import Registry, StoredRevision

METHODS = ("manual", "mechanical", "animal_detection", "mixed")


@dataclass(frozen=True, slots=True)
class Decided:
    """What is fixed about a task; what is None stays as it is on record.

    `start`: the day on which it starts. `not_before`, `start_by`: the days between which it starts.
    `any_day`: no day is fixed. Names of teams and tasks may be ids or identifiers; an empty list
    takes back what was said, or proposed.
    """

    start: date | None = None
    not_before: date | None = None
    start_by: date | None = None
    any_day: bool = False
    teams: Sequence[str] | None = None
    excluded: Sequence[str] | None = None
    after: Sequence[str] | None = None
    method: str | None = None
    take_back: bool = False  # it is a proposal again, and binds nobody


def order_of(orders: Mapping[str, Record], name: str) -> Record | None:
    """The record that orders a task: by its id, its identifier, or the stage of a plan that was
    proposed as it."""
    return orders.get(name) or orders.get(task_id(name))


def decide(registry: Registry, task: str, what: Decided, *, reason: str = "", by: str = "",
           key: SigningKey | None = None, now: datetime | None = None) -> StoredRevision:
    """Order a task, with what is fixed about it. task : its id or identifier, or the stage of a
    plan that was proposed as it.

    A task that is completed is ordered again only with a reason.

    Raises CLI-106: no such task; CLI-103: days that contradict each other, an unknown team, task or
    method, a task after itself, no reason; SIG-003: the key is of nobody here; SIG-011: offices
    disagree about the task.
    """
    from landrelease.core.descent import in_conflict
    from landrelease.workflows.identities import current_revision, owner, sign_revision

    tasks = by_name(registry.records("task"))
    found = order_of(tasks, task)
    if found is None:
        raise LandReleaseError(RECORD_UNKNOWN, found=task)
    if in_conflict(registry.history(found.id)):
        raise LandReleaseError(CONTESTED, record=found.id)
    at = now or datetime.now(UTC)
    held = current_revision(registry, found.id).revision
    if held.values.get("task_status") == "completed" and not reason.strip():
        raise LandReleaseError(BAD_OPTION, option="--reason", found="none", expected="why "
                               f"{found.id}, which is completed, is not")
    if what.after is not None and found.id in {
            tasks[name].id for name in what.after if name in tasks}:
        raise LandReleaseError(BAD_OPTION, option="--after", found=task, expected="another task")
    values = dict(held.values) | _fixed(what, tasks, by_name(registry.records("team")), at.date())
    revision = Revision(
        "task", found.id, {k: v for k, v in values.items() if v is not None}, held.geometry, at,
        owner(registry, key) if key is not None else registry.author(by),
        reason.strip() or ("taken back" if what.take_back else "ordered"), "", at.date())
    registry.append([revision if key is None else sign_revision(registry, revision, key)])
    return registry.history(found.id)[-1]


def _fixed(what: Decided, tasks: dict[str, Record], teams: dict[str, Record], today: date
           ) -> dict[str, Any]:
    def wrong(option: str, given: object, expected: str) -> LandReleaseError:
        return LandReleaseError(BAD_OPTION, option=option, found=given, expected=expected)

    def ids(option: str, names: Sequence[str], known: dict[str, Record], kind: str) -> list[str]:
        for name in names:
            if name not in known:
                raise wrong(option, name, f"a {kind} on record")
        return list(dict.fromkeys(known[name].id for name in names))

    if what.take_back:
        return {"task_status": "proposed"}
    window = what.not_before is not None or what.start_by is not None
    if (what.start is not None) + window + what.any_day > 1:
        raise wrong("--start, --not-before with --start-by, --any-day", "more than one of them",
                    "one of them")
    if what.not_before is not None and what.start_by is not None and (
            what.start_by < what.not_before):
        raise wrong("--start-by", what.start_by, f"a day of {what.not_before} or later")
    if what.method is not None and what.method not in METHODS:
        raise wrong("--method", what.method, "one of " + ", ".join(METHODS))
    out: dict[str, Any] = {"task_status": "ordered", "ordered_on": today}
    if what.start is not None:
        out |= {"planned_start": what.start, "not_before": None, "start_by": None}
    elif window:
        out |= {"not_before": what.not_before, "start_by": what.start_by}
    elif what.any_day:
        out |= {"planned_start": None, "planned_finish": None, "not_before": None, "start_by": None}
    for name, option, given, known, kind in (
            ("teams", "--team", what.teams, teams, "team"),
            ("excluded_teams", "--exclude", what.excluded, teams, "team"),
            ("after_tasks", "--after", what.after, tasks, "task")):
        if given is not None:
            out[name] = ids(option, given, known, kind) or None
    both = set(out.get("teams") or ()) & set(out.get("excluded_teams") or ())
    if both:
        raise wrong("--exclude", ", ".join(sorted(both)), "other teams than --team names")
    if what.method is not None:
        out["method"] = what.method
    return out
