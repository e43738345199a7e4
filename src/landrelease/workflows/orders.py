"""Task orders from a plan, and a plan made again from what was done since."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landrelease.core.assumption import Assumptions
from landrelease.core.hazard import Land
from landrelease.core.progress import Progress, silent
from landrelease.core.record import Record
from landrelease.core.recorded import by_name, ids_of
from landrelease.core.revision import Revision
from landrelease.core.risk import HazardAssessment
from landrelease.core.work import ACTIVITIES, Plan, Problem, TeamPool
from landrelease.plan.recorded.done import Since, done_of, task_id

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.plan.compare import Difference
    from landrelease.plan.works import First
    from landrelease.store.registry import Registry
    from landrelease.store.results import PlanFile
    from landrelease.workflows import Binding
    from landrelease.workflows.roads import RoadFiles

# What people made of a proposal stands: a plan does not overwrite it.
_THEIRS = ("ordered", "started", "suspended", "completed", "withdrawn")
NO_WEIGHTS: Mapping[str, float] = {}
_GONE = "The plan no longer holds it"  # so that a later plan may propose it again
_METHOD = {"manual": "manual", "machine then manual": "mixed", "dogs then manual": "mixed",
           "animal then manual": "mixed"}
# What a proposal says of itself: a new one says all of it anew, or no longer.
_OURS = ("identifier", "task_type", "task_status", "hazard", "planned_start", "planned_finish",
         "method", "instructions", "teams", "standard", "required_depth_m")
_PROPOSED = "Proposed by the plan of"


def today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class Orders:
    """What became of the tasks of a plan; ids of task records."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]
    standing: tuple[str, ...]  # people decided on them: left as they are
    withdrawn: tuple[str, ...]  # proposals of an earlier plan that this one does not hold
    again: tuple[str, ...] = ()  # of `standing`: completed, and the plan does them again (rejected)
    past: tuple[str, ...] = ()  # not proposed, or left as they are: the plan's day has passed


def propose_orders(registry: Registry, saved: PlanFile, *, by: str, until: date | None = None,
                   now: datetime | None = None) -> Orders:
    """Record the stages of a plan that start on or before a day as proposed tasks.

    A proposal is no order: a person orders it, with a signature (S09). Proposals that an earlier
    plan made and this one does not hold are withdrawn; what a person decided on is left alone, and
    so is work of the same area and kind that they ordered under a name of their own.
    Repeating it changes nothing. `until` None: all that the plan dates. Nothing is proposed for a
    day before `now`: of a plan that has begun the rest is, when it is made again.
    """
    from landrelease.workflows.areas import extension_of

    extension = extension_of(registry)
    standard = "" if extension is None else f"{extension.name} {extension.version}"
    depth = None if extension is None else next(
        (t.value for t in extension.thresholds if t.name == "required_depth_m"), None)
    standing = {r.id: r for r in registry.records("task")}
    grounds = _grounds(registry)
    teams = {name: r.id for name, r in by_name(registry.records("team")).items()}
    wanted = _orders(saved, until, standard, depth, grounds, teams)
    ordered = _ordered(registry, saved.plan.problem)
    at, who = now or datetime.now(UTC), registry.author(by)
    first = today() if now is None else now.date()
    reason = f"{_PROPOSED} {saved.start.isoformat()} " + (
        "from tables that were not compared with the registry, " if saved.from_tables else ""
        ) + f"on chain head {saved.chain_head[:12]}"
    made: list[Revision] = []
    told: dict[str, list[str]] = {"new": [], "changed": [], "same": [], "standing": [],
                                  "withdrawn": [], "again": [], "past": []}
    for name, (values, ground) in wanted.items():
        old = standing.get(name)
        if old is not None and old.value("task_status") in _THEIRS and (
                old.value("instructions") != _GONE):
            told["standing"].append(name)
            if old.value("task_status") == "completed":
                told["again"].append(name)
            continue
        if name in ordered:
            told["standing"] += [task for task in ordered[name] if task not in told["standing"]]
            continue
        if values["planned_start"] < first:
            told["past"].append(name)
            continue
        if old is not None and _equal(old, values, ground):
            told["same"].append(name)
            continue
        told["new" if old is None else "changed"].append(name)
        kept = {} if old is None else {k: v for k, v in old.values.items() if k not in _OURS}
        made.append(Revision("task", name, {**kept, **values}, ground, at, who, reason, "",
                             at.date()))
    for name, old in standing.items():
        held = name in wanted and name not in ordered
        if not held and old.value("task_status") == "proposed" and _ours(old) and (
                until is None or _before(old, until)):
            told["withdrawn"].append(name)
            made.append(Revision("task", name, {**old.values, "task_status": "withdrawn",
                                                "instructions": _GONE},
                                 old.geometry, at, who, _GONE, "", at.date()))
    if made:
        registry.append(made)
    return Orders(**{k: tuple(v) for k, v in told.items()})


def propose_from(registry: Registry, saved: PlanFile, path: Path, *, by: str,
                 until: date | None = None) -> Orders:
    """`propose_orders` from a plan on file that must be of the records as they are now.

    Recording proposals moves the chain itself: where the last proposals on record are those of this
    state of the records, an earlier state is no reason to refuse. Raises PLN-102 where the plan is
    old and its proposals would be written over those of a newer plan, or over none, or where it was
    made of tables without a registry; PLN-104 where it was made of tables, and areas of it are no
    open areas on record.
    """
    from landrelease.workflows import check_plan_is_current, waits_since
    from landrelease.workflows.tables import check_areas

    if (not saved.chain_head or _last_proposed(registry) != saved.chain_head[:12]
            or waits_since(saved, registry)):
        check_plan_is_current(saved, registry, path)
    check_areas(saved, registry, path)
    return propose_orders(registry, saved, by=by, until=until)


def _last_proposed(registry: Registry) -> str:
    """The chain head (its first 12 signs) of the plan whose proposals were recorded last."""
    last, head = 0, ""
    for task in registry.records("task"):
        if not _ours(task):
            continue
        for stored in registry.history(task.id):
            if stored.number > last and stored.revision.reason.startswith(_PROPOSED):
                last, head = stored.number, stored.revision.reason.rpartition(" ")[2]
    return head


def _ordered(registry: Registry, problem: Problem) -> dict[str, list[str]]:
    """Task of a stage -> the orders that stand (signed, S09) for the same work under another name:
    of the same area and kind, and of the same ground where they say which."""
    from landrelease.plan.recorded.decided import BINDING, Places
    from landrelease.workflows.identities import standing_records

    orders = [r for r in standing_records(registry, "task") if r.value("task_status") in BINDING]
    places = Places(problem, orders, registry.records("hazard"))
    out: dict[str, list[str]] = {}
    for order in orders:
        for s in places.of(order):
            name = task_id(problem.stage_ids[s])
            if name != order.id:
                out.setdefault(name, []).append(order.id)
    return out


def _grounds(registry: Registry) -> dict[str, Any]:
    """Hazard -> the ground that it stands on; of one that does not stand what was recorded."""
    from landrelease.workflows import hazards_that_stand

    return {r.id: r.geometry for r in (*registry.records("hazard"), *hazards_that_stand(registry))}


def _orders(saved: PlanFile, until: date | None, standard: str, depth: float | None,
            grounds: Mapping[str, Any], teams: Mapping[str, str]
            ) -> dict[str, tuple[dict[str, Any], Any]]:
    from landrelease.plan.compare import end_of, start_of

    problem, schedule = saved.plan.problem, saved.plan.schedule
    out = {}
    for s, stage in enumerate(problem.stage_ids):
        option = int(schedule.option[s])
        start = start_of(problem, int(schedule.start[s])) if option >= 0 else None
        if start is None or (until is not None and start > until):
            continue
        hazard = problem.hazard_ids[int(problem.hazard[s])]
        ground = (problem.tasks[int(problem.task[s])].ground if int(problem.task[s]) >= 0
                  else grounds.get(hazard))
        mode = problem.option_mode[option]
        people = [_team(problem, int(problem.first_pool[option]), int(schedule.team[s]))]
        if int(problem.second_pool[option]) >= 0:
            people.append(_team(problem, int(problem.second_pool[option]),
                                int(schedule.second_team[s])))
        named = list(dict.fromkeys(teams[n] for names in people for n in names if n in teams))
        values: dict[str, Any] = {
            "identifier": stage, "task_type": ACTIVITIES[int(problem.activity[s])],
            "task_status": "proposed", "hazard": hazard, "planned_start": start,
            "planned_finish": end_of(problem, int(schedule.finish[s])),
            "method": _METHOD.get(mode, "not_reported"),
            "instructions": f"{mode}: " + ", then ".join(pair[0] for pair in people) + (
                "; of a plan from tables that were not compared with the records"
                if saved.from_tables else ""),
        }
        if named:
            values["teams"] = named
        if standard:
            values["standard"] = standard
        if depth is not None and values["task_type"] == "clearance":
            values["required_depth_m"] = depth
        out[task_id(stage)] = ({k: v for k, v in values.items() if v is not None}, ground)
    return out


def _team(problem: Problem, pool: int, team: int) -> tuple[str, ...]:
    """Names under which a team of a pool may be on record: as the plan knows it from its record,
    else with its number, or the pool alone."""
    known, name = problem.pools[pool].members, problem.pools[pool].id
    if team < len(known) and known[team]:
        return (known[team],)
    return (f"{name}-{team + 1}", name)


def _ours(record: Record) -> bool:
    return record.id == task_id(str(record.values.get("identifier")))


def _before(record: Record, until: date) -> bool:
    start = record.values.get("planned_start")
    return not isinstance(start, date) or start <= until


def _equal(old: Record, values: Mapping[str, Any], ground: Any) -> bool:
    same = all(old.values.get(k) == values.get(k) for k in _OURS)
    shape = (old.geometry is None) == (ground is None) and (
        ground is None or (old.geometry is not None and old.geometry.equals_exact(ground, 1e-9)))
    return same and shape


# --- making it again -----------------------------------------------------------------------------


def progress_of(registry: Registry, reader: View, problem: Problem) -> Since:
    """What was done of a problem's stages, from tasks and reports of work (`plan.recorded.done`).
    """
    from landrelease.workflows.recorded import inspected

    names = problem.stage_ids
    return done_of({name: names[b] if b >= 0 else "" for name, b in zip(
        names, problem.predecessor.tolist(), strict=True)},
        reader.inside(registry.records("task")), reader.inside(registry.records("activity")),
        *inspected(registry, reader),
        {name: problem.tasks[t].ground for name, t in zip(names, problem.task.tolist(), strict=True)
         if t >= 0},
        {name: problem.tasks[t].area_m2 if t >= 0 else m2 for name, t, m2 in zip(
            names, problem.task.tolist(), problem.work_m2.tolist(), strict=True)},
        ids_of(registry.records("hazard")))


def problem_since(problem: Problem, since: Since, standing: Plan, prices: Mapping[str, float]
                  ) -> Problem:
    """The problem as it is left: done stages gone, begun ones shorter and going on, promises kept
    at the `promise_price` and `change_price` of `prices`."""
    from landrelease.plan import progress as again

    number = {name: s for s, name in enumerate(problem.stage_ids)}
    problem = again.partly_done(problem, {number[s]: m for s, m in since.begun.items()})
    problem = again.without(problem, [number[s] for s in since.done if s in number])
    problem = again.promised(problem, standing, late_price=prices["promise_price"],
                             change_price=prices["change_price"])
    left = {name: s for s, name in enumerate(problem.stage_ids)}
    promises = problem.conditions.promises
    started = {}
    for name in since.begun:
        s = left[name]
        before = int(problem.predecessor[s])
        if before < 0 and promises is not None and int(promises.option[s]) >= 0:
            started[s] = int(promises.option[s])
    return replace(again.begun(problem, started)) if started else problem


@dataclass(frozen=True, slots=True)
class MadeAgain:
    """The new plan, what was done since the standing one, and what is different."""

    saved: PlanFile
    since: Since
    difference: Difference
    other: tuple[str, ...] = ()  # in words, what the two problems differ in besides what was done
    without_roads: bool = False  # the standing plan had roads and this one has none


def otherwise(before: Problem, after: Problem) -> list[str]:
    """In words, in which of its inputs a problem differs from an earlier one: roads, teams, money,
    weights, the first day and the end. Work that was done since is no such difference."""
    out = []
    had, has = before.access is not None, after.access is not None
    if had and not has:
        out.append("The standing plan was made with roads and this one without: here every area "
                   "can be reached from the first day. Give --roads and --bases again.")
    elif has and not had:
        out.append("This plan was made with roads and the standing one without: work that it "
                   "dated may have to wait for its road here.")
    old, new = ({p.id: (p.kind, p.teams, p.m2_per_day, p.cost_per_day, p.available_from,
                        p.available_until) for p in problem.pools} for problem in (before, after))
    gone, come = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
    moved = sorted(name for name in old.keys() & new.keys() if old[name] != new[name])
    told = [f"{len(names)} {what} ({', '.join(names[:3])}{' ...' if len(names) > 3 else ''})"
            for what, names in (("gone", gone), ("new", come), ("changed", moved)) if names]
    if told:
        out.append("The teams are not those of the standing plan: " + ", ".join(told)
                   + ". Other teams, rates, costs or times give other dates.")
    out += _other_money(before, after)
    weights = [f"{f.name} {_plain(a)} -> {_plain(b)}" for f in fields(before.objective)
               if (a := getattr(before.objective, f.name)) != (
                   b := getattr(after.objective, f.name))
               and f.name not in ("promise_price", "change_price")]
    if weights:
        out.append("Weights are not those of the standing plan: " + ", ".join(weights) + ".")
    first, last = ((b.isoformat(), a.isoformat()) for b, a in (
        (before.slot_starts[0], after.slot_starts[0]),
        (before.slot_starts[-1], after.slot_starts[-1])))
    if first[0] != first[1]:
        out.append(f"The standing plan starts {first[0]}, this one {first[1]}.")
    if last[0] != last[1]:
        out.append(f"The standing plan ends {last[0]}, this one {last[1]}: what lies beyond the "
                   "end is not planned.")
    return out


def _plain(number: float) -> str:
    return f"{number:,.10g}"


def _other_money(before: Problem, after: Problem) -> list[str]:
    old, new = ({} if m is None else {name: float(m.arrived[f, -1]) for f, name in enumerate(
        m.fund_ids)} for m in (before.conditions.money, after.conditions.money))
    if bool(old) != bool(new):
        return ["The standing plan was bound by money and this one is not." if old else
                "This plan is bound by money and the standing one was not."]
    moved = sorted(name for name in old.keys() | new.keys()
                   if abs(old.get(name, 0.0) - new.get(name, 0.0)) > 1.0)
    if not moved:
        return []
    return ["The money is not that of the standing plan (spent since, come in, or counted in "
            "another way): " + ", ".join(
                f"{name} {old.get(name, 0.0):,.0f} -> {new.get(name, 0.0):,.0f}"
                for name in moved[:3]) + (" ..." if len(moved) > 3 else "") + "."]


def _other_assumptions(before: Assumptions, after: Assumptions, weights: Set[str]) -> list[str]:
    old, new = ({a.name: a.value for a in of} for of in (before, after))
    moved = [f"{name} {_plain(old[name])} -> {_plain(new[name])}"
             for name in sorted((old.keys() & new.keys()) - weights) if old[name] != new[name]]
    if not moved:
        return []
    return ["Assumptions are not those of the standing plan: " + ", ".join(moved[:5])
            + (f" and {len(moved) - 5} more" if len(moved) > 5 else "") + "."]


def standing_weights(standing: Problem, after: Problem) -> dict[str, float]:
    """The weights of a standing plan, of the parts that both problems have: whoever makes a plan
    again means the same by it, unless they say otherwise."""
    def there(problem: Problem) -> dict[str, bool]:
        terms = problem.conditions
        return {"access_weight": problem.access is not None,
                "season_weight": terms.seasons_missed is not None,
                "infrastructure_weight": terms.projects is not None}

    one, other = there(standing), there(after)
    return {f.name: getattr(standing.objective, f.name) for f in fields(standing.objective)
            if f.name not in ("promise_price", "change_price")
            and one.get(f.name, True) and other.get(f.name, True)}


def make_again(
    registry: Registry, reader: View, land: Land, assessments: Sequence[HazardAssessment],
    pools: Sequence[TeamPool], assumptions: Assumptions, standing: PlanFile, *, start: date,
    iterations: int, seed: int, seconds: float | None = None, roads: RoadFiles | None = None,
    binding: Binding | None = None, bound_seconds: float = 0.0,
    weights: Mapping[str, float] = NO_WEIGHTS, until_stopped: bool = False,
    first: Callable[[First], None] | None = None,
    keep: Callable[[PlanFile], None] | None = None, progress: Progress = silent,
) -> MadeAgain:
    """Make a plan again from the present records and what was done, held against the standing one.

    It starts from the standing plan and keeps its weights, whatever the assumptions say now;
    `weights` changes them by name. To finish later than announced, or with other teams, has the
    prices `promise_price` and `change_price` of `weights`, else of the assumptions. `first` and
    `keep` as in `workflows.make_plan`; the first plan is the standing one as it can go on.
    """
    from landrelease import workflows
    from landrelease.plan.compare import difference

    asked = workflows.planning_problem(land, assessments, pools, assumptions, start=start,
                                       roads=roads, binding=binding, progress=progress)
    problem = asked.problem
    prices = {name: weights.get(name, assumptions.value(name))
              for name in ("promise_price", "change_price")}
    kept = standing_weights(standing.plan.problem, problem)
    problem = workflows.with_weights(problem, {**kept, **{
        name: value for name, value in weights.items() if name not in prices}})
    other = otherwise(standing.plan.problem, problem)
    other += _other_assumptions(standing.assumptions, assumptions, kept.keys() | prices.keys())
    said = [f"{name} {_plain(value)} (now {_plain(assumptions.value(name))})"
            for name, value in kept.items() if name not in weights and (
                name in assumptions.by_name and assumptions.value(name) != value)]
    if said:
        other.append("Weights are kept as in the standing plan, other than the assumptions say: "
                     + ", ".join(said) + "; --weight changes them.")
    since = asked.since
    problem = problem_since(problem, since, standing.plan, prices)
    place = dict(zip(standing.plan.problem.stage_ids, standing.plan.priority.tolist(),
                     strict=True))
    last = max(place.values(), default=0.0) + 1.0
    priority = np.array([place.get(name, last) for name in problem.stage_ids])
    promises = problem.conditions.promises
    chosen = np.full(len(priority), -1) if promises is None else promises.option
    plan = workflows.searched(
        problem, lambda plan: workflows.plan_file(plan, land, assumptions, start, asked.read),
        first=first, keep=keep, standing=(priority, chosen), iterations=iterations, seed=seed,
        seconds=seconds, bound_seconds=bound_seconds, until_stopped=until_stopped,
        progress=progress)
    return MadeAgain(workflows.plan_file(plan, land, assumptions, start, asked.read), since,
                     difference(standing.plan, plan), tuple(other),
                     standing.plan.problem.access is not None and asked.problem.access is None)
