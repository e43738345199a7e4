"""A saved plan explained, priced under changed constraints, and made again by other weights."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from landrelease.core.assumption import Assumptions
from landrelease.core.conditions import Objective
from landrelease.core.conflict import Conflict
from landrelease.core.progress import Progress, silent
from landrelease.core.work import Plan, Problem, Schedule
from landrelease.errors import PLAN_CHANGE, LandReleaseError

if TYPE_CHECKING:
    from landrelease.plan.compare import Change, Difference
    from landrelease.plan.policy import Tested
    from landrelease.plan.undone import Held
    from landrelease.plan.waiting import Wait

WEEK_DAYS = 7
_KINDS = {
    "survey": "the survey or clearance before it", "machine": "the machine before it",
    "road": "the road to it", "decision": "a decision of people", "ground": "closed ground",
    "leave": "leave or presence of", "team": "a team of", "equipment": "the shared",
    "money": "money of", "order": "nothing: the plan put it there",
    "nobody": "a team that can do it", "end": "more time than the plan has left",
    "land": "its land", "work": "the end of", "day": "the planned first day of",
    "season": "the season of",
}


# --- explain -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Explained:
    """Rows for tables, and for `why` the two sides in words. `undone`: what is never done by the
    end of the plan, and what keeps it from it. `idle`: time of teams without work, by team and
    time; `idle_share`: its share of the time in which teams are there."""

    binding: list[dict[str, Any]]
    waits: list[dict[str, Any]]
    why: dict[str, Any] | None
    idle: list[dict[str, Any]]
    idle_share: float
    undone: list[dict[str, Any]]


def explain(plan: Plan, why: tuple[str, str] | None = None) -> Explained:
    """The binding constraints of a plan, what each step waits for, and why one area comes first.

    Raises PLN-009: an area or stage that is not in the plan.
    """
    from landrelease.plan import compare
    from landrelease.plan.undone import everything, undone
    from landrelease.plan.waiting import waits

    problem = plan.problem
    waited, left = waits(problem, plan.schedule), undone(problem, plan.schedule)
    found = [{"constraint": f"{_KINDS[b.kind]} {b.name}".strip(), "kind": b.kind, "name": b.name,
              "steps": b.steps, "never": b.never, "days": round(b.days, 1),
              "points": round(b.points, 3)}
             for b in everything(problem, waited, left)]
    rows = [_wait_row(problem, w) for w in sorted(waited, key=lambda w: (-w.gain, w.stage))]
    between = None
    if why is not None:
        held = compare.why(plan, *why)
        between = {
            "score": held.score, "exchanged": held.exchanged, "loss": held.loss,
            "sides": [{
                "id": side.id, "start": _iso(side.start), "finish": _iso(side.finish),
                "points_per_day": side.points_per_day, "team_days": side.team_days,
                "points_per_team_day": side.points_per_team_day,
                "waits": [_wait_row(problem, w) for w in side.waits],
                "undone": [_held_row(problem, h) for h in side.held]}
                for side in (held.first, held.second)]}
    spans = idle_rows(plan)
    there = float(np.sum(problem.pool_teams * np.maximum(
        0, problem.pool_closes.astype(np.int64) - problem.pool_opens)))
    return Explained(found, rows, between, spans,
                     sum(r["weeks"] for r in spans) * 2 / there if there else 0.0,
                     [_held_row(problem, h) for h in sorted(left.held, key=lambda h: (
                         -h.gain, h.what, h.index)) if not h.done and not (
                             h.what == "stage" and int(problem.predecessor[h.index]) >= 0
                             and plan.schedule.finish[int(problem.predecessor[h.index])] < 0)])


def held_by(plan: Plan) -> dict[int, str]:
    """Of each stage that the plan never does, what keeps it from it, in words."""
    from landrelease.plan.undone import undone

    problem, out = plan.problem, dict[int, str]()
    for h in undone(problem, plan.schedule).held:  # a predecessor stands before its stage
        if h.what != "stage":
            continue
        words = _held_words(problem, h)
        if h.cause.kind == "survey":
            before = h.cause.stages[0]
            words = out[before] if int(problem.predecessor[before]) >= 0 and (
                plan.schedule.finish[int(problem.predecessor[before])] < 0) else (
                f"{problem.stage_ids[before]} before it: {out[before]}")
        out[h.index] = words
    return out


def _held_words(problem: Problem, held: Held) -> str:
    """What keeps something from being done, in words: one constraint, or several together."""
    return " + ".join(
        f"{_KINDS[c.kind]} {c.name}".strip() + (" (until the end of " + ", ".join(
            problem.stage_ids[s] for s in c.stages[:3]) + ")" if c.stages and c.kind in (
                "survey", "land") else "") for c in held.causes)


def _held_row(problem: Problem, held: Held) -> dict[str, Any]:
    names: tuple[str, ...] = problem.stage_ids
    if held.what == "community" and problem.access is not None:
        names = problem.access.community_ids
    elif held.what == "work" and problem.conditions.projects is not None:
        names = problem.conditions.projects.ids
    return {"what": held.what, "id": names[held.index], "waits_for": _held_words(problem, held),
            "kind": held.cause.kind, "name": held.cause.name, "together": len(held.causes) > 1,
            "points_per_day": round(held.points_per_day, 3), "gain": round(held.gain, 3)}


_IDLE = {
    "nothing": "no work that it could do is left",
    "order": "nothing: it could begin {stage}, and the plan has that later",
    "survey": "the survey or clearance before {stage}", "machine": "the machine before {stage}",
    "road": "the road to {stage}", "decision": "a decision of people on {stage}",
    "leave": "leave or presence for {stage}", "ground": "{stage}: closed ground or rest",
    "equipment": "shared equipment for {stage}", "money": "money for {stage}",
    "end": "{stage} would not be done by the end of the plan, of leave or of its stay",
    "next": "{stage} would not be done before its next work",
    "others": "{stage} is done sooner by others"}


def never_there(problem: Problem) -> list[str]:
    """Pools whose teams are there on no day of a plan, in words: they are neither at work nor
    without work, and no idle time tells of them."""
    out = []
    for p, pool in enumerate(problem.pools):
        if int(problem.pool_teams[p]) > 0 and (
                int(problem.pool_opens[p]) >= int(problem.pool_closes[p])):
            ended = pool.available_until
            out.append(f"{pool.id} ({int(problem.pool_teams[p]):,}" + (
                f", until {ended.isoformat()}" if ended is not None
                and ended < problem.slot_starts[0] else "") + ")")
    return out


def idle_rows(plan: Plan) -> list[dict[str, Any]]:
    """What each team waits for while it has no work, in words; weeks are of working time."""
    from landrelease.plan.idle import idle

    problem = plan.problem
    rows = []
    for span in idle(problem, plan.schedule):
        pool = problem.pools[span.pool]
        known = pool.members[span.team] if span.team < len(pool.members) else ""
        stage = "" if span.stage < 0 else problem.stage_ids[span.stage]
        rows.append({
            "team": known or f"{pool.id} {span.team + 1}", "pool": pool.id,
            "start": _iso(problem.slot_starts[span.begin]),
            "finish": _iso(problem.slot_starts[span.end] - timedelta(days=1)),
            "weeks": (span.end - span.begin) / 2, "kind": span.kind, "stage": stage,
            "waits_for": _IDLE[span.kind].format(stage=stage)})
    return rows


def _wait_row(problem: Problem, wait: Wait) -> dict[str, Any]:
    from landrelease.plan.compare import start_of

    cause = wait.cause
    words = f"{_KINDS[cause.kind]} {cause.name}".strip()
    if cause.stages and cause.kind in ("team", "road", "survey", "decision"):
        words += " (until the end of " + ", ".join(
            problem.stage_ids[s] for s in cause.stages[:3]) + ")"
    after = wait.causes[1].until if len(wait.causes) > 1 else 0
    return {
        "stage": problem.stage_ids[wait.stage], "step": wait.step,
        "start": _iso(start_of(problem, wait.start)), "waits_for": words, "kind": cause.kind,
        "name": cause.name, "else_from": _iso(start_of(problem, min(after, wait.start))),
        "points_per_day": round(wait.points_per_day, 3), "gain": round(wait.gain, 3)}


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def conflict_of(plan: Plan, names: Sequence[str], progress: Progress = silent) -> Conflict | None:
    """A smallest conflict that keeps stages (or all stages of hazards) from being done; no names:
    the stages that people have ordered or fixed and that the plan leaves undone.

    What people have fixed besides, and the plan keeps, counts as a requirement. Raises PLN-009: a
    name that the plan does not know.
    """
    from landrelease.plan.compare import members
    from landrelease.plan.conflicts import conflict, pinned

    done = plan.schedule.option >= 0
    asked = [s for name in names for s in members(plan.problem, name).tolist()]
    decided = plan.problem.conditions.decisions
    if not names and decided is not None:
        asked = np.flatnonzero(decided.wanted(plan.problem.horizon) & ~done).tolist()
    return conflict(plan.problem, asked, kept=[s for s in pinned(plan.problem) if done[s]],
                    progress=progress)


def unkept(plan: Plan) -> list[str]:
    """What people ordered or fixed and the plan does not do, in words."""
    from landrelease.plan import check

    return check.unkept(plan.problem, plan.schedule)


# --- the price of a constraint -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """One change to a problem, in the user's words: `teams`, `ground`, `money`, `equipment`,
    `road`, `leave` or `decision`; what it is about, how much of it, and since when."""

    kind: str
    name: str
    amount: float = 1.0
    since: date | None = None

    @property
    def words(self) -> str:
        since = "" if self.since is None else f" from {self.since.isoformat()}"
        return {
            "teams": f"{self.amount:g} more team(s) in {self.name}{since}",
            "ground": f"{self.name} is not closed",
            "money": f"{self.amount:,.0f} more in {self.name}{since}",
            "equipment": f"{self.amount:g} more {self.name}",
            "road": f"{self.name} is opened by others",
            "leave": f"the leave of {self.name} holds throughout",
            "decision": f"nothing is decided on {self.name}"}[self.kind]


def asked_of(text: str) -> Asked:
    """Read `teams:POOL[:N[:DATE]]`, `money:FUND:AMOUNT[:DATE]`, `ground:CALENDAR`,
    `equipment:THING[:N]`, `road:GATE`, `leave:POOL`, `decision:STAGE` (or an area). Raises PLN-511:
    anything else."""
    def wrong(expected: str) -> LandReleaseError:
        return LandReleaseError(PLAN_CHANGE, found=text, expected=expected)

    kind, _, rest = text.partition(":")
    if kind not in ("teams", "ground", "money", "equipment", "road", "leave", "decision") or not (
            rest.strip(":")):
        raise wrong("teams:POOL[:N[:DATE]], money:FUND:AMOUNT[:DATE], ground:CALENDAR, "
                    "equipment:THING[:N], road:GATE, leave:POOL or decision:STAGE")
    if kind in ("ground", "road", "leave", "decision"):
        return Asked(kind, rest)
    # From the end: a name may hold colons itself ("both phases: F9").
    parts, since = rest.split(":"), None
    if kind != "equipment" and len(parts) > 1 and _A_DAY.fullmatch(parts[-1].strip()):
        try:
            since = date.fromisoformat(parts.pop().strip())
        except ValueError:
            raise wrong("a date such as 2027-05-01") from None
    amount = 1.0
    if len(parts) > 1:
        try:
            amount = float(parts[-1]) if parts[-1].strip() else 1.0
            parts.pop()
        except ValueError:
            if kind == "money":
                raise wrong("a number, and a date such as 2027-05-01") from None
    elif kind == "money":
        raise wrong("at most 3 parts after money, with its amount")
    if kind != "money" and any(_A_NUMBER.fullmatch(part.strip()) for part in parts[1:]):
        raise wrong(f"at most {3 if kind == 'teams' else 2} parts after {kind}")
    if not 0 < amount < 1e15 or (kind in ("teams", "equipment") and amount != int(amount)):
        raise wrong("an amount above 0; whole teams and things")
    return Asked(kind, ":".join(parts), amount, since)


_A_NUMBER = re.compile(r"[+-]?\d+([.]\d*)?")
_A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def changed(problem: Problem, asked: Asked) -> Problem:
    """The problem with a change. Raises PLN-009: it has no such pool, fund, thing, road or
    decision."""
    from landrelease.plan import variants
    from landrelease.plan.compare import members

    if asked.kind == "teams":
        return variants.more_teams(problem, asked.name, int(asked.amount), asked.since)
    if asked.kind == "ground":
        return variants.ground_open(problem, asked.name)
    if asked.kind == "money":
        return variants.more_money(problem, asked.name, asked.amount, asked.since)
    if asked.kind == "equipment":
        return variants.more_equipment(problem, asked.name, int(asked.amount))
    if asked.kind == "leave":
        return variants.leave_kept(problem, asked.name)
    if asked.kind == "decision":
        return variants.undecided(problem, members(problem, asked.name).tolist())
    return variants.roads_open(problem, {asked.name})


def worth_asking(plan: Plan, most: int) -> list[Asked]:
    """Changes for the constraints that bind the plan most, the dearest first."""
    from landrelease.plan.undone import everything, undone
    from landrelease.plan.waiting import waits

    out = []
    problem = plan.problem
    money = problem.conditions.money
    for b in everything(problem, waits(problem, plan.schedule), undone(problem, plan.schedule)):
        if b.kind == "team":
            out.append(Asked("teams", b.name))
        elif b.kind in ("ground", "equipment", "leave", "decision") or (
                b.kind == "road" and b.name):
            out.append(Asked(b.kind, b.name))
        elif b.kind == "money" and money is not None and b.name in money.fund_ids:
            # At least what the dearest of what is never done lacks.
            arrived = float(money.arrived[money.fund_ids.index(b.name), -1])
            out.append(Asked("money", b.name, math.ceil(max(1.0, 0.1 * arrived, b.lacks))))
        if len(out) >= most:
            break
    return out


def price(plan: Plan, asked: Sequence[Asked], *, iterations: int, seed: int,
          progress: Progress = silent) -> list[dict[str, Any]]:
    """What each change is worth: the plan made again with and without it, from the same start.

    The plan as it stands gets the same effort, so that what more searching alone finds is not
    counted as the change's. `gain` is what was found; no plan gains more than `at_most`, which is
    proven (the better plan without the change, less the bound with it).
    """
    from landrelease.plan.compare import community_slots, end_of
    from landrelease.plan.variants import carried
    from landrelease.plan.works import solved

    def again(problem: Problem, schedule: Schedule, part: int) -> Plan:
        def listen(what: str, share: float) -> None:
            progress(what, (part + share) / (len(asked) + 1))
        return _to_the_end(solved(problem, iterations=iterations, seed=seed, progress=listen,
                                  standing=(plan.priority, schedule.option)))

    problems = [changed(plan.problem, a) for a in asked]  # whatever is wrong is said at once
    base = again(plan.problem, plan.schedule, 0)
    rows = []
    for n, (change, problem) in enumerate(zip(asked, problems, strict=True), 1):
        made = again(problem, carried(plan.problem, problem, plan.schedule), n)
        better = min(made, base, key=lambda p: p.score) if made.score > base.score else made
        row: dict[str, Any] = {
            "change": change.words, "score_without": base.score, "score_with": better.score,
            "gain": base.score - better.score, "at_most": max(0.0, base.score - made.bound),
            "gain_share": (base.score - better.score) / base.score if base.score else 0.0,
            "finish_without": _iso(_finish(base)), "finish_with": _iso(_finish(better))}
        if plan.problem.access is not None:
            # Who is never reached is reached at the end of the plan at the soonest.
            last = end_of(plan.problem, plan.problem.horizon)
            days = [np.array([(end_of(p.problem, int(s)) or last or date.max).toordinal()
                              for s in community_slots(p.problem, p.schedule)])
                    for p in (base, better)]
            sooner = days[0] - days[1]
            weeks = sooner[sooner >= WEEK_DAYS] / WEEK_DAYS
            row |= {"communities_sooner": len(weeks),
                    "weeks_sooner_median": round(float(np.median(weeks)), 1) if len(weeks) else 0.0,
                    "communities_later": int((sooner <= -WEEK_DAYS).sum())}
        rows.append(row)
    return sorted(rows, key=lambda r: -r["gain"])


def _to_the_end(plan: Plan) -> Plan:
    """The plan; a search that was interrupted ends the comparison, which needs equal effort."""
    if plan.interrupted:
        raise KeyboardInterrupt
    return plan


def _finish(plan: Plan) -> date | None:
    """The day on which the last stage ends; None where some stage does not end in time."""
    from landrelease.plan.compare import end_of

    finish = plan.schedule.finish
    return end_of(plan.problem, int(finish.max())) if len(finish) and (finish >= 0).all() else None


# --- policy ------------------------------------------------------------------------------------


def policy_of(plan: Plan, assumptions: Assumptions, *, samples: int, every: int, iterations: int,
              seed: int, progress: Progress = silent) -> dict[str, Any]:
    """The plan and the best rule on the same sampled outcomes: quantiles, and the paired gain.

    Outcomes are those of the problem, or follow from the shares and spreads of the assumptions.
    """
    from landrelease.plan import policy
    from landrelease.plan.shares import outcomes_of

    drawn = plan.problem.conditions.outcomes or outcomes_of(plan.problem, assumptions)
    tested = policy.on_samples(plan, drawn, samples=samples, every=every, iterations=iterations,
                               seed=seed, progress=progress)

    def words(scores: np.ndarray) -> dict[str, float]:
        low, median, high = (float(v) for v in np.quantile(scores, (0.1, 0.5, 0.9)))
        return {"low": low, "median": median, "high": high, "mean": float(scores.mean())}

    gain = tested.rule - tested.plan
    return {
        "planned": tested.planned, "plan": words(tested.plan), "rule": words(tested.rule),
        "rule_name": tested.rule_name, "better": tested.better, "gain": float(gain.mean()),
        "gain_error": float(gain.std(ddof=1) / np.sqrt(samples)) if samples > 1 else 0.0,
        "unfinished": tested.unfinished, "remade": tested.remade, "samples": samples,
        "communities": _community_dates(plan, tested)}


def _community_dates(plan: Plan, tested: Tested) -> list[dict[str, Any]]:
    """When each community can be reached, and when its own hazards are released as well: as
    planned, and the days by which that is so in 10, 50 and 90 % of the drawn worlds; "" beyond the
    horizon. `..._share`: of the worlds in which it is so by the horizon."""
    from landrelease.plan.compare import community_slots, end_of
    from landrelease.plan.waiting import NEVER, zone_openings

    problem, access = plan.problem, plan.problem.access
    if access is None:
        return []

    def day(slot: int) -> str:
        return "" if slot >= NEVER else _iso(end_of(problem, slot))

    planned = {
        "reached": np.array(zone_openings(problem, plan.schedule)[0])[access.community_zone],
        "back": community_slots(problem, plan.schedule)}
    rows = []
    for c, name in enumerate(access.community_ids):
        people = float(access.community_people[c])
        row: dict[str, Any] = {"community": name, "people": None if np.isnan(people) else people}
        for what, drawn in (("reached", tested.reached), ("back", tested.back)):
            low, median, high = np.quantile(drawn[:, c], (0.1, 0.5, 0.9), method="higher").tolist()
            row |= {f"{what}_planned": day(int(planned[what][c])), f"{what}_10": day(low),
                    f"{what}_50": day(median), f"{what}_90": day(high),
                    f"{what}_share": float((drawn[:, c] < NEVER).mean())}
        rows.append(row)
    return rows


# --- other weights -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A plan by other weights beside the standing one, both judged by the other weights."""

    plan: Plan
    difference: Difference
    lost_before: Mapping[str, float]
    lost_after: Mapping[str, float]


def objective_with(objective: Objective, weights: Mapping[str, float]) -> Objective:
    """An objective with some of its weights changed, by name. Raises PLN-511: an unknown one."""
    known = [f.name for f in dataclasses.fields(objective)]
    for name in weights:
        if name not in known:
            raise LandReleaseError(PLAN_CHANGE, found=name, expected="one of " + ", ".join(known))
    return dataclasses.replace(objective, **weights)


def what_if(plan: Plan, weights: Mapping[str, float], *, iterations: int, seed: int,
            progress: Progress = silent) -> WhatIf:
    """The plan made again by other weights; `weights` are fields of the objective.

    Raises PLN-511: an unknown weight; PLN-009: one out of range, or a plan without benefits.
    """
    from landrelease.plan.compare import difference
    from landrelease.plan.objective import losses, weighted
    from landrelease.plan.works import solved

    problem = weighted(plan.problem, objective_with(plan.problem.objective, weights))
    made = _to_the_end(solved(problem, iterations=iterations, seed=seed, progress=progress,
                              standing=(plan.priority, plan.schedule.option)))
    return WhatIf(made, difference(plan, made),
                  dataclasses.asdict(losses(problem, plan.schedule)),
                  dataclasses.asdict(losses(problem, made.schedule)))


@dataclass(frozen=True, slots=True)
class Pareto:
    """Rows for tables, and the plan of each, judged by the weights of its row."""

    rows: list[dict[str, Any]]
    plans: list[Plan]


def pareto(plan: Plan, one: str, other: str, *, points: int, iterations: int, seed: int,
           progress: Progress = silent) -> Pareto:
    """Plans between two parts of the objective, and which of them no other one beats.

    Each weight goes from all on `one` to all on `other` in equal steps of its share of what the
    standing plan loses in that part; the other weights and the prices of promises are 0. Each
    search starts from the plan before; a row holds the best plan by its weights that any of the
    searches found. `gap` is (score - bound) / bound of that row, None where nothing is proven;
    `weights` are those of the row.
    Raises PLN-009: an unknown part, fewer than 2 points.
    """
    from landrelease.errors import PLAN_VALUE_OUT_OF_RANGE
    from landrelease.plan.objective import PARTS, best_bounds, front, losses, weighted
    from landrelease.plan.works import solved

    if one not in PARTS or other not in PARTS or one == other:
        raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="the parts of the objective",
                               found=f"{one} and {other}", expected="two of " + ", ".join(PARTS))
    if points < 2:
        raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="points", found=points,
                               expected="2 or more")
    scale = losses(plan.problem, plan.schedule)
    # A part of which nothing is lost keeps the unit of the other one: no weight grows without end.
    most = max(getattr(scale, one), getattr(scale, other)) or 1.0
    size = {name: getattr(scale, name) or most for name in (one, other)}
    # Weights are such that the standing plan scores as many points as before: what a price of
    # promises is worth in points means nothing beside other weights, so that promises are left out.
    unit = plan.score if 0 < plan.score < np.inf else 1.0
    bare = dataclasses.replace(
        plan.problem, objective=dataclasses.replace(
            plan.problem.objective, promise_price=0.0, change_price=0.0),
        conditions=dataclasses.replace(plan.problem.conditions, promises=None))
    none = Objective(0.0, 0.0, 0.0, 0.0, 0.0, plan.problem.objective.worst_off)
    made: list[Plan] = []
    objectives: list[Objective] = []
    standing = plan
    shares = [k / (points - 1) for k in range(points)]
    # A hundredth on the other part at the ends: of plans that are equal in one, the better.
    tilts = [min(0.99, max(0.01, share)) for share in shares]
    for n, tilt in enumerate(tilts):
        def listen(what: str, part: float, n: int = n) -> None:
            progress(what, (n + part) / points)

        objectives.append(dataclasses.replace(none, **{
            PARTS[one]: unit * (1 - tilt) / size[one], PARTS[other]: unit * tilt / size[other]}))
        problem = weighted(bare, objectives[-1])
        standing = _to_the_end(solved(
            problem, iterations=iterations, seed=seed, progress=listen,
            standing=(standing.priority, standing.schedule.option)))
        made.append(standing)
    lost = [losses(p.problem, p.schedule) for p in made]
    bounds = best_bounds(tilts, [p.bound for p in made])
    best: list[int] = []
    scores: list[float] = []
    for tilt in tilts:
        points_of = [unit * ((1 - tilt) * getattr(at, one) / size[one]
                             + tilt * getattr(at, other) / size[other]) for at in lost]
        best.append(int(np.argmin(points_of)))
        scores.append(points_of[best[-1]])
    kept = set(front([made[b] for b in best], one, other))
    equal = {(getattr(lost[best[i]], one), getattr(lost[best[i]], other)) for i in kept}
    rows: list[dict[str, Any]] = []
    plans: list[Plan] = []
    for i, share in enumerate(shares):
        at, score = lost[best[i]], scores[i]
        bound = min(bounds[i], score)
        rows.append({
            "share": share, "score": score, "bound": bound,
            "gap": 0.0 if score <= 0 else (score - bound) / bound if bound > 0 else None,
            "on_the_front": i in kept or (getattr(at, one), getattr(at, other)) in equal,
            "weights": {PARTS[name]: getattr(objectives[i], PARTS[name]) for name in (one, other)},
            "folder": f"{100 * share:.4g}", **dataclasses.asdict(at)})
        # The rules are judged by the row's own weights, whichever search found its plan.
        plans.append(dataclasses.replace(
            made[i], schedule=made[best[i]].schedule, priority=made[best[i]].priority,
            score=score, bound=bound))
    return Pareto(rows, plans)


def nothing_at_stake(problem: Problem, parts: Sequence[str]) -> list[str]:
    """In words, each part of the objective in which no plan of this problem loses anything."""
    from landrelease.plan.objective import growing

    benefits, access, terms = problem.benefits, problem.access, problem.conditions
    reasons = {
        "people": "no resident is on record near any of its areas"
        if benefits is None or not benefits.people.any() else "",
        "land": "its areas have no extent" if benefits is None or not benefits.hectares.any()
        else "",
        "seasons": "it knows no growing seasons, or nothing grows on its areas"
        if benefits is None or terms.seasons_missed is None or not growing(benefits).any()
        else "",
        "access": "it was made without roads, so that nobody is cut off in it" if access is None
        else "" if len(access.community_people) else "it knows no community",
        "infrastructure": "no works of phase two are in it" if terms.projects is None
        else "" if np.nansum(terms.projects.people) > 0
        else "its works do not say how many people benefit",
    }
    return [f"Every plan loses 0 in {part}: {reasons[part]}." for part in parts
            if reasons.get(part)]


def change_rows(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Rows of a difference for tables, what moved most first."""
    ordered = sorted(changes, key=lambda c: (c.change == "same", -abs(c.days or 0), c.id))
    return [{"id": c.id, "change": c.change, "before": _iso(c.before), "after": _iso(c.after),
             "days": "" if c.days is None else c.days, "team_before": c.team_before,
             "team_after": c.team_after, "other_team": c.other_team} for c in ordered]
