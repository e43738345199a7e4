"""Lanes: driven length against area / (width - overlap), and against published routes.

    python benchmarks/bench_lanes.py [--small] [--data ../shared/data]

Fields: the four of Fields2Cover, width 3 m and 1.75 m, overlap 0.2 m; beside the first the swaths
that Fields2Cover planned for it (3 m apart, no turns or headlands in the file). Polygons: the 210
with published single-robot routes at a width of 3 m; theirs cover 99.6 % of the ground, ours all
of the ground that a disc of 1.5 m reaches. Every plan is checked: reachable ground farther than
1 cm from any swath, and path off the ground where the machine fits.
"""

from __future__ import annotations

import argparse
import io
import json
import time
import zipfile
from pathlib import Path

import numpy as np
import shapely

from landrelease.core.geometry import plane_for
from landrelease.operate import lanes


def checked(plan: lanes.LanePlan) -> tuple[float, float]:
    missed = shapely.difference(plan.reachable, shapely.buffer(
        lanes.swept(plan.drives, plan.width_m), 0.01)).area
    roomy = shapely.buffer(plan.middle, 1e-5)
    off = sum(shapely.LineString(d.xy).difference(roomy).length for d in plan.drives)
    return missed, off


def fields(data: Path) -> None:
    folder = data / "coverage-fields"
    print(f"{'field':<22}{'ha':>7}{'width':>7}{'driven m':>10}{'over least':>12}{'by hand m2':>12}"
          f"{'missed m2':>11}{'off m':>7}{'s':>7}")
    for f in json.loads((folder / "fields.geojson").read_text())["features"]:
        ground = shapely.from_geojson(json.dumps(f["geometry"]))
        plane = plane_for(ground.bounds)
        ground = plane.to_plane(ground)
        for width in (3.0, 1.75):
            start = time.perf_counter()
            plan = lanes.plan(ground, width_m=width, overlap_m=0.2)
            seconds = time.perf_counter() - start
            missed, off = checked(plan)
            over = plan.length_m / (ground.area / plan.spacing_m) - 1
            print(f"{f['properties']['name']:<22}{ground.area / 1e4:>7.2f}{width:>7.2f}"
                  f"{plan.length_m:>10,.0f}{over:>12.2%}{plan.by_hand.area:>12.2f}{missed:>11.4f}"
                  f"{off:>7.2f}{seconds:>7.1f}", flush=True)
        if f["properties"]["name"] == "fields2cover test1":
            lines = [plane.to_plane(shapely.from_geojson(json.dumps(s["geometry"])))
                     for s in json.loads((folder / "test1_swaths.geojson").read_text())["features"]]
            covered = shapely.intersection(ground, shapely.union_all(
                shapely.buffer(np.array(lines), 1.5, cap_style="flat"))).area
            print(f"  Fields2Cover's swaths: {len(lines)}, {shapely.length(lines).sum():,.0f} m "
                  f"without turns, {covered / ground.area:.2%} of the field at 3 m", flush=True)


def polygons(data: Path, small: bool) -> None:
    folder = data / "area-coverage"
    grounds = {f["properties"]["name"]: shapely.from_geojson(json.dumps(f["geometry"]))
               for f in json.loads((folder / "environments.geojson").read_text())["features"]
               if f["properties"]["dataset"] == "AC300"}
    print(f"\n{'polygon':<12}{'published m':>12}{'ours m':>9}{'ratio':>8}{'by hand m2':>12}"
          f"{'missed m2':>11}{'off m':>7}{'parts':>6}{'s':>7}")
    ratios, worst = [], 0.0
    with zipfile.ZipFile(folder / "published_routes.zip") as archive:
        for name in sorted(grounds)[::20 if small else 1]:
            route = np.loadtxt(io.BytesIO(archive.read(
                f"AC300/{name}/mem_inf/mem_inf_route_data0")))[:, :2]
            published = float(np.hypot(*np.diff(route, axis=0).T).sum())
            start = time.perf_counter()
            plan = lanes.plan(grounds[name], width_m=3.0)
            seconds = time.perf_counter() - start
            missed, off = checked(plan)
            worst = max(worst, missed, off)
            ratios.append(plan.length_m / published)
            print(f"{name:<12}{published:>12,.0f}{plan.length_m:>9,.0f}{ratios[-1]:>8.3f}"
                  f"{plan.by_hand.area:>12.1f}{missed:>11.4f}{off:>7.2f}{plan.apart + 1:>6}"
                  f"{seconds:>7.1f}", flush=True)
    print(f"{len(ratios)} polygons: ratio mean {np.mean(ratios):.3f}, largest {max(ratios):.3f}, "
          f"{sum(r > 1 for r in ratios)} longer than published; largest missed or off {worst:.4f}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--small", action="store_true")
    arguments.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = arguments.parse_args()
    if not (given.data / "area-coverage").is_dir():
        raise SystemExit(f"{given.data}: no folder area-coverage there; say where with --data")
    fields(given.data)
    polygons(given.data, given.small)


if __name__ == "__main__":
    main()
