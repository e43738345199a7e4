"""Two plans that were kept, side by side: what moves, who wins, who loses, what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from landrelease.workflows.explaining import change_rows

if TYPE_CHECKING:
    from landrelease.core.work import Problem
    from landrelease.store.results import PlanFile


def compared(before: PlanFile, after: PlanFile) -> dict[str, Any]:
    """Rows for tables and programs.

    `parts`: of each weight of the objective its value and what is lost before it, in both; `part`
    is what it weighs, "" where that is no loss of its own.
    `stages`, `areas`, `communities`: what ends when in both, what moves most first; areas and
    communities with the people that they are counted with. `who`: how many areas and communities
    are sooner, later and the same, with their people. `other`: in what the problems differ, where
    the first plan is called the standing one: what moves then comes from that as well.
    """
    from landrelease.plan.compare import area_changes, difference
    from landrelease.workflows.orders import otherwise
    from landrelease.workflows.planning import plan_summary

    one, two = plan_summary(before.plan), plan_summary(after.plan)
    moved = difference(before.plan, after.plan)
    stages, communities = change_rows(moved.stages), change_rows(moved.communities)
    areas = change_rows(area_changes(before.plan, after.plan))
    near: dict[str, float | None] = {}
    living: dict[str, float | None] = {}
    for saved in (before, after):
        near |= _near(saved.plan.problem)
        living |= _living(saved.plan.problem)
    for rows, people in ((areas, near), (communities, living)):
        for row in rows:
            row["people"] = people.get(row["id"])
    return {
        "before": one, "after": two, "parts": _parts(one["objective"], two["objective"]),
        "stages": stages, "areas": areas, "communities": communities,
        "who": {"areas": _who(areas), "communities": _who(communities)},
        "other": otherwise(before.plan.problem, after.plan.problem),
        "same_records": before.chain_head == after.chain_head,
        "synthetic": before.synthetic or after.synthetic}


def _near(problem: Problem) -> dict[str, float | None]:
    """Area -> residents nearby, as the objective counts them."""
    if problem.benefits is None:
        return {}
    people = np.bincount(problem.hazard, np.nan_to_num(problem.benefits.people),
                         minlength=len(problem.hazard_ids))
    return dict(zip(problem.hazard_ids, people.tolist(), strict=True))


def _living(problem: Problem) -> dict[str, float | None]:
    """Community -> residents; None: not reported (S12)."""
    access = problem.access
    if access is None:
        return {}
    return {name: float(p) if np.isfinite(p) else None for name, p in zip(
        access.community_ids, access.community_people, strict=True)}


def _parts(one: list[dict[str, Any]], two: list[dict[str, Any]]) -> list[dict[str, Any]]:
    from landrelease.plan.objective import PARTS

    weighs = {weight: part for part, weight in PARTS.items()}
    first, second = ({row["name"]: row for row in rows} for rows in (one, two))
    out = []
    for name in dict.fromkeys([*first, *second]):
        a, b = first.get(name, {}), second.get(name, {})
        out.append({"name": name, "part": weighs.get(name, ""),
                    "unit": a.get("unit") or b.get("unit") or "",
                    "weight_before": a.get("value"), "weight_after": b.get("value"),
                    "lost_before": a.get("lost"), "lost_after": b.get("lost")})
    return out


def side_of(change: str) -> str:
    """Whether a change is for the better: sooner, later or the same; other: not in both plans."""
    return {"sooner": "sooner", "planned now": "sooner", "later": "later",
            "not planned now": "later", "same": "same"}.get(change, "other")


def _who(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Of each side how many there are, their people, and of how many nobody reported them."""
    out = {side: {"count": 0, "people": 0.0, "people_not_reported": 0}
           for side in ("sooner", "later", "same", "other")}
    for row in rows:
        own = out[side_of(row["change"])]
        own["count"] += 1
        own["people"] += row["people"] or 0.0
        own["people_not_reported"] += row["people"] is None
    return out


def csv_rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    """All that moves or stays as one table."""
    def people(row: dict[str, Any]) -> Any:
        return "" if row.get("people") is None else row["people"]

    return [{"what": what, **row, "people": people(row)}
            for what, name in (("community", "communities"), ("area", "areas"),
                               ("stage", "stages")) for row in found[name]]


