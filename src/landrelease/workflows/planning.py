"""A plan made from a registry and kept as a folder: for the command line and the web app."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landrelease import workflows
from landrelease.core.hazard import Land
from landrelease.core.progress import Progress, silent
from landrelease.core.work import Plan
from landrelease.errors import BAD_OPTION, OUT_NOT_WRITABLE, PLAN_OF_OTHERS, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import Registry
    from landrelease.store.results import PlanFile
    from landrelease.workflows.orders import MadeAgain
    from landrelease.workflows.roads import RoadFiles

MONEY = ("received", "committed", "announced", "none")


@dataclass(frozen=True, slots=True)
class MadePlan:
    """A plan, the land that it is of, and where it was made again what is different."""

    saved: PlanFile
    land: Land
    again: MadeAgain | None = None
    uncounted: str = ""  # which communities state no population, and how they count


def binding_of(registry: Registry, reader: View, renewed: bool, money: str, teams_given: bool,
               over_roads: bool = True) -> workflows.Binding:
    """What the records put on a plan, as the options ask for it. Raises CLI-103."""
    from landrelease.workflows.recorded import sources_of

    if money not in MONEY:
        raise LandReleaseError(BAD_OPTION, option="--money", found=money,
                               expected="received, committed, announced or none")
    return workflows.Binding(sources_of(registry, reader), renewed, money, teams_given,
                             over_roads)


def make(
    registry: Registry, reader: View, *, start: date, iterations: int, seed: int,
    assumptions: Path | None = None, teams: Path | None = None, seconds: float | None = None,
    roads: RoadFiles | None = None, over_roads: bool = True, renewed: bool = False,
    money: str = "announced", bound_seconds: float = 0.0, standing: PlanFile | None = None,
    weights: Mapping[str, float] | None = None, until_stopped: bool = False,
    first: Callable[[Any], None] | None = None,
    keep: Callable[[PlanFile], None] | None = None, progress: Progress = silent,
) -> MadePlan:
    """Read what the reader may know, assess it and plan it.

    roads : files of roads and bases; without them the recorded roads count, unless `over_roads` is
    False. standing : the plan that stands; it is made again from what was done since, by its own
    weights but for those of `weights`. until_stopped, first, keep : as of `workflows.make_plan`.
    Raises CLI-103, PLN-511 and PLN-009 (weights), and what reading raises.
    """
    from landrelease.workflows.orders import make_again
    from landrelease.workflows.residents import residents, words_of

    stated = workflows.load_assumptions(assumptions, registry)
    land = workflows.load_land(registry, stated, reader=reader)
    counted = residents(land, workflows.assess(land, stated, progress), stated)
    assessments, uncounted = counted.assessments, words_of(counted, reader)
    pools = workflows.load_teams(teams)
    asked: Any = {
        "start": start, "iterations": iterations, "seed": seed, "seconds": seconds,
        "roads": roads, "progress": progress, "bound_seconds": bound_seconds,
        "weights": weights or {}, "until_stopped": until_stopped, "first": first, "keep": keep,
        "binding": binding_of(registry, reader, renewed, money, teams is not None, over_roads)}
    if standing is not None:
        again = make_again(registry, reader, land, assessments, pools, stated, standing, **asked)
        return MadePlan(again.saved, land, again, uncounted)
    return MadePlan(workflows.make_plan(land, assessments, pools, stated, **asked), land,
                    uncounted=uncounted)


def ready(out: Path) -> None:
    """Say before the work what would keep a plan from being written into a folder.

    Raises PLN-101: the bound that it keeps cannot be read; CLI-104: it is no folder, or nothing can
    be written there.
    """
    from landrelease.store.bounds import load_bound

    load_bound(out)
    made = [p for p in (out, *out.parents) if not p.exists()]
    probe = out / f".{os.getpid()}.part"
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise LandReleaseError(OUT_NOT_WRITABLE, path=out, found=error.strerror) from error
    finally:
        for folder in made:  # nothing is left where the work is stopped before there is a plan
            with contextlib.suppress(OSError):
                folder.rmdir()


class Keeping:
    """Keeps the best plan so far in its folder while the search goes on, so that whatever ends it
    leaves a plan. A folder that holds a plan already keeps that one until the new one is done."""

    def __init__(self, out: Path):
        self.out = out
        self.writes = not (out / "plan.json").exists()
        self.last: PlanFile | None = None

    def __call__(self, saved: PlanFile) -> None:
        from landrelease.store.results import save_plan

        self.last = saved
        if self.writes:
            save_plan(self.out, saved)


def plan_of(registry: Registry, path: Path) -> PlanFile:
    """The plan of a folder, of which the registry knows at least one area.

    A plan that was made of tables alone (`plan make --problem` without a registry) knows no
    registry and goes with any. Raises PLN-101: it cannot be read; PLN-103: it is of another
    registry.
    """
    from landrelease.store.results import load_plan

    saved = load_plan(path)
    areas = saved.plan.problem.hazard_ids
    if saved.chain_head and areas and not registry.ids("hazard").intersection(areas):
        raise LandReleaseError(PLAN_OF_OTHERS, path=path, found=f"{len(areas):,}", area=areas[0])
    return saved


def write_plan(out: Path, saved: PlanFile, land: Land, bound_seconds: float = 0.0, *,
               hxl: bool = False) -> PlanFile:
    """Write a plan and its tables; returns it with the bound that the folder keeps. hxl : a row of
    HXL tags below the headings of each table."""
    from landrelease import workflows
    from landrelease.core.hxl import PLAN_TAGS
    from landrelease.store import exports
    from landrelease.store.bounds import with_kept_bound
    from landrelease.store.results import plan_rows, save_plan
    from landrelease.workflows.explaining import held_by
    from landrelease.workflows.proving import keep_bound_of
    from landrelease.workflows.roads import communities_of, community_rows

    saved = dataclasses.replace(saved, plan=with_kept_bound(saved.plan, out))
    save_plan(out, saved)
    if bound_seconds:
        keep_bound_of(saved.plan, out, bound_seconds, synthetic=saved.synthetic)
    tables: dict[str, Sequence[Mapping[str, Any]]] = {}
    communities = communities_of(saved.plan, None, land)
    if communities is not None:
        tables["communities"] = community_rows(communities)
    if (money := cash_rows(saved.plan)):
        tables["cash"] = money
    rows = tables["plan"] = plan_rows(saved.plan, held_by(saved.plan))
    for name in ("communities", "cash", "plan"):
        if name in tables:
            exports.write_csv(out / f"{name}.csv", workflows.marked(tables[name], land.synthetic),
                              tags=PLAN_TAGS if hxl else None)
        else:  # of an earlier plan in this folder, which had roads or money
            (out / f"{name}.csv").unlink(missing_ok=True)
    grounds, properties = workflows.plan_features(saved, rows)
    exports.write_geojson(
        out / "plan.geojson", grounds, workflows.marked(properties, land.synthetic),
        description=workflows.label(land.synthetic) + workflows.PLAN_WORDS)
    return saved


def cash_rows(plan: Plan) -> list[dict[str, Any]]:
    """Rows of cash.csv: each fund by month; what was bound counts in the month in which its work
    starts. None where no money binds the plan."""
    from landrelease.plan.cash import cash

    money = plan.problem.conditions.money
    currency = "" if money is None else money.currency
    return [{"month": f"{r.month:%Y-%m}", "fund": r.fund or "(no fund can pay)",
             "currency": currency, **{name: round(getattr(r, name), 2) + 0.0  # no -0.0
                                      for name in ("arrived", "bound_demining", "bound_works",
                                                   "left")},
             "ended": r.ended, "after_plan": r.after_plan} for r in cash(plan)]


def write_changes(out: Path, again: MadeAgain, synthetic: bool
                  ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Write changes.csv beside a plan made again; its rows of stages and of communities."""
    from landrelease.store import exports
    from landrelease.workflows.explaining import change_rows

    stages = change_rows(again.difference.stages)
    communities = change_rows(again.difference.communities)
    exports.write_csv(out / "changes.csv", workflows.marked(
        [{"what": "stage", **r} for r in stages]
        + [{"what": "community", **r} for r in communities], synthetic))
    return stages, communities


def plan_summary(plan: Plan) -> dict[str, Any]:
    """A plan in few numbers; `gap` is (score - bound) / bound, `room_closed` a share of 0..1."""
    rule, best = plan.best_rule
    return {"score": plan.score, "bound": plan.bound, "floor": plan.floor, "gap": plan.gap,
            "rules": plan.rules, "best_rule": rule, "best_rule_score": best,
            "room_closed": plan.room_closed, "iterations": plan.iterations, "seed": plan.seed,
            "interrupted": plan.interrupted, "objective": objective_rows(plan),
            "reopened": communities_reopened(plan),
            "stages": len(plan.problem.stage_ids),
            "stages_planned": int((plan.schedule.finish >= 0).sum())}


UNITS = {"people": "resident-days", "land": "hectare-days", "seasons": "hectare-seasons",
         "access": "days x residents cut off", "infrastructure": "days x beneficiaries"}


def objective_rows(plan: Plan) -> list[dict[str, Any]]:
    """What the plan is judged by: of each part its weight, and what is lost until the end before
    any weight, in its unit; the exponent `worst_off`; and prices of promises where there are any.
    A part of which the problem knows nothing is left out."""
    from landrelease.plan.objective import PARTS, losses

    problem, objective = plan.problem, plan.problem.objective
    lost, terms = losses(problem, plan.schedule), problem.conditions
    known = {"people": problem.benefits is not None, "land": problem.benefits is not None,
             "seasons": terms.seasons_missed is not None and problem.benefits is not None,
             "access": problem.access is not None, "infrastructure": terms.projects is not None}
    rows: list[dict[str, Any]] = [
        {"name": weight, "value": getattr(objective, weight), "lost": getattr(lost, part),
         "unit": UNITS[part]} for part, weight in PARTS.items() if known[part]]
    rows.append({"name": "worst_off", "value": objective.worst_off, "lost": None, "unit": ""})
    if terms.promises is not None:
        rows += [{"name": name, "value": getattr(objective, name), "lost": None, "unit": ""}
                 for name in ("promise_price", "change_price")]
    return rows


def communities_reopened(plan: Plan) -> dict[str, Any] | None:
    """When communities that are cut off today can be reached; None where the plan knows no roads.

    `first`, `half`, `last`: days on which the first, half and all of those have been reached that
    are by the end of the plan; `released`: those whose own hazards are gone as well.
    """
    from landrelease.plan.compare import community_slots, end_of
    from landrelease.plan.waiting import NEVER, zone_openings

    problem, access = plan.problem, plan.problem.access
    if access is None:
        return None
    opens = np.array(zone_openings(problem, plan.schedule)[0], dtype=np.int64)
    at = opens[access.community_zone]
    cut = at > 0
    slots = np.sort(at[cut & (at < NEVER)])
    days = [None if (day := end_of(problem, int(s))) is None else day.isoformat() for s in slots]
    whole = community_slots(problem, plan.schedule)
    return {"all": len(at), "cut_off": int(cut.sum()), "reached": len(days),
            "first": days[0] if days else None,
            "half": days[(len(days) - 1) // 2] if days else None,
            "last": days[-1] if days else None, "released": int((cut & (whole < NEVER)).sum())}
