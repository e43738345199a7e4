"""The plan at full size: region and country, with the simple rules and the bound in the same run.

    python benchmarks/bench_plan.py --data DIR [--only region|country] [--iterations N] [--seed N]

DIR holds suspected_areas.geojson and settlements_1991_approx.csv.gz. The people near an area are
a quick count of the residents of settlements within `exposure_distance_m` of it, so that this
script measures the plan and nothing else.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import time
from datetime import date
from importlib import resources
from pathlib import Path

import numpy as np
import shapely

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.geometry import geodesic_area_m2, plane_for
from landrelease.core.hazard import Hazard
from landrelease.core.risk import HazardAssessment, Prior
from landrelease.core.work import TeamPool

DATA = resources.files("landrelease.data")
PRIOR = Prior(0.2, 0.05, 0.44, True, ("benchmark",))


def assumptions() -> Assumptions:
    with (DATA / "assumptions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return Assumptions({r["name"]: Assumption(
        r["name"], float(r["value"]), float(r["low"]), float(r["high"]), r["unit"],
        r["definition"], r["source"]) for r in rows})


def teams(name: str) -> list[TeamPool]:
    with (DATA / name).open(encoding="utf-8") as file:
        return [TeamPool(r["id"], r["kind"], r["organisation"], r["base"], float(r["longitude"]),
                         float(r["latitude"]), int(r["teams"]), float(r["m2_per_day"]),
                         float(r["m2_per_day_low"]), float(r["m2_per_day_high"]),
                         float(r["cost_per_day"]), r["currency"], None, None, r["source"])
                for r in csv.DictReader(file)]


def load(folder: Path, sheets: str) -> tuple[list[Hazard], list[HazardAssessment]]:
    hazards = []
    for feature in json.loads((folder / "suspected_areas.geojson").read_text())["features"]:
        properties = feature["properties"]
        if not properties["sheet"].startswith(sheets):
            continue
        ground = shapely.make_valid(shapely.from_geojson(json.dumps(feature["geometry"])))
        parts = [p for p in shapely.get_parts(shapely.get_parts([ground]))
                 if p.geom_type == "Polygon"]
        ground = parts[0] if len(parts) == 1 else shapely.union_all(parts)
        hazards.append(Hazard(f"HA-{properties['source_index']}", ground,
                              geodesic_area_m2(ground), "not_reported", "not_reported", ""))
    with gzip.open(folder / "settlements_1991_approx.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    plane = plane_for(tuple(shapely.total_bounds([h.ground for h in hazards])))
    x, y = plane.points([float(r["longitude"]) for r in rows], [float(r["latitude"]) for r in rows])
    people = np.array([float(r["population_1991"]) for r in rows])
    flat = plane.to_plane(np.array([h.ground for h in hazards], dtype=object))
    pairs = shapely.STRtree(shapely.points(x, y)).query(flat, predicate="dwithin", distance=1000.0)
    near = np.bincount(pairs[0], people[pairs[1]], minlength=len(hazards))
    return hazards, [HazardAssessment(h.id, float(n), 0.0, float(n), 0, 0, 0, 0.0, PRIOR, "")
                     for h, n in zip(hazards, near, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", choices=["region", "country"])
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--bound-iterations", type=int)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--person-weight", type=float)
    options = parser.parse_args()
    from landrelease.plan import cutting, problem, search

    stated = assumptions()
    for name, sheets in (("region", "2683"), ("country", "")):
        if options.only not in (None, name):
            continue
        hazards, assessed = load(options.data, sheets)
        plane = plane_for(tuple(shapely.total_bounds([h.ground for h in hazards])))
        clock = time.perf_counter()
        tasks = cutting.cut(hazards, plane, stated)
        cut_s, clock = time.perf_counter() - clock, time.perf_counter()
        weights = None if options.person_weight is None else {
            "person_weight": options.person_weight}
        world = problem.build(hazards, assessed, tasks, teams(f"teams_{name}.csv"), stated,
                              date(2027, 4, 1), weights=weights)
        build_s = time.perf_counter() - clock
        print(f"{name}: {len(hazards)} hazards, {sum(h.area_m2 for h in hazards) / 1e6:.1f} km², "
              f"{len(tasks)} tasks, {len(world.stage_ids)} stages, {len(world.first_pool)} options,"
              f" {world.horizon} slots; cut {cut_s:.2f} s, build {build_s:.2f} s", flush=True)
        # A tiny run first, so that compiling is not counted.
        search.make_plan(world, iterations=1, bound_iterations=1, seed=options.seed)
        clock = time.perf_counter()
        plan = search.make_plan(world, iterations=options.iterations, seed=options.seed,
                                bound_iterations=options.bound_iterations)
        plan_s = time.perf_counter() - clock
        for rule, score in sorted(plan.rules.items(), key=lambda item: item[1]):
            print(f"  {score / 1e6:12.3f} million  {rule}")
        print(f"  {plan.score / 1e6:12.3f} million  plan\n  {plan.bound / 1e6:12.3f} million  bound"
              f"\n  {plan.floor / 1e6:12.3f} million  floor\n  room closed"
              f" {plan.room_closed or 0:.1%}, plain gap {plan.gap:.2%}, {plan_s:.1f} s", flush=True)


if __name__ == "__main__":
    main()
