"""Lanes: driven length against area / (width - overlap), and against published routes.

    python benchmarks/bench_lanes.py [--small] [--only fields|polygons] [--table T.csv]
                                     [--data ../shared/data]

Fields: the four of Fields2Cover, width 3 m and 1.75 m, overlap 0.2 m; beside the first the swaths
that Fields2Cover planned for it (3 m apart, no turns or headlands in the file). Polygons: the 210
with published single-robot routes at a width of 3 m; theirs cover 99.6 % of the ground and end
where they begin; so do ours, which cover all of the ground that a disc of 1.5 m reaches. Every plan
is checked: reachable ground farther than 1 cm from any swath, and path off the ground where the
machine fits.
"""

from __future__ import annotations

import argparse
import csv
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


COLUMNS = ("name", "published", "ours", "by_hand", "missed", "off", "parts", "seconds")


def planned(folder: Path, name: str, ground: shapely.Polygon) -> dict[str, str]:
    with zipfile.ZipFile(folder / "published_routes.zip") as archive:
        route = np.loadtxt(io.BytesIO(archive.read(
            f"AC300/{name}/mem_inf/mem_inf_route_data0")))[:, :2]
    published = float(np.hypot(*np.diff(route, axis=0).T).sum())
    start = time.perf_counter()
    plan = lanes.plan(ground, width_m=3.0, back=True)
    seconds = time.perf_counter() - start
    missed, off = checked(plan)
    values = (published, plan.length_m, plan.by_hand.area, missed, off,
              plan.apart + 1, seconds)
    return {"name": name, **dict(zip(COLUMNS[1:], (f"{v:.6g}" for v in values), strict=True))}


def polygons(data: Path, small: bool, table: Path | None) -> None:
    """One row a polygon; with a table, rows that stand there are not computed again."""
    folder = data / "area-coverage"
    grounds = {f["properties"]["name"]: shapely.from_geojson(json.dumps(f["geometry"]))
               for f in json.loads((folder / "environments.geojson").read_text())["features"]
               if f["properties"]["dataset"] == "AC300"}
    rows: dict[str, dict[str, str]] = {}
    if table is not None and table.is_file():
        with table.open(newline="") as file:
            rows = {r["name"]: r for r in csv.DictReader(file)}
    print(f"\n{'polygon':<12}{'published m':>12}{'ours m':>9}{'ratio':>8}"
          f"{'by hand m2':>12}{'missed m2':>11}{'off m':>7}{'parts':>6}{'s':>7}")
    names = sorted(grounds)[::20 if small else 1]
    for name in names:
        if name not in rows:
            rows[name] = planned(folder, name, grounds[name])
            if table is not None:
                fresh = not table.is_file()
                with table.open("a", newline="") as file:
                    writer = csv.DictWriter(file, COLUMNS)
                    if fresh:
                        writer.writeheader()
                    writer.writerow(rows[name])
        r = {k: float(v) for k, v in rows[name].items() if k != "name"}
        print(f"{name:<12}{r['published']:>12,.0f}{r['ours']:>9,.0f}"
              f"{r['ours'] / r['published']:>8.3f}"
              f"{r['by_hand']:>12.1f}{r['missed']:>11.4f}{r['off']:>7.2f}{r['parts']:>6.0f}"
              f"{r['seconds']:>7.1f}", flush=True)
    some = [{k: float(v) for k, v in rows[n].items() if k != "name"} for n in names]
    ratio = np.array([r["ours"] / r["published"] for r in some])
    print(f"{len(some)} polygons: ratio mean {ratio.mean():.3f}, least {ratio.min():.3f}, largest "
          f"{ratio.max():.3f}, {int((ratio > 1).sum())} longer than published")
    print(f"largest missed {max(r['missed'] for r in some):.4f} m2, largest off the ground "
          f"{max(r['off'] for r in some):.4f} m; {sum(r['parts'] > 1 for r in some)} in parts that "
          "no allowed way joins (the way between them outside is not counted)")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--small", action="store_true")
    arguments.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments.add_argument("--table", type=Path, help="CSV of finished polygons; a run that was "
                           "cut off goes on from there. Take a new one for another version.")
    arguments.add_argument("--only", choices=("fields", "polygons"))
    given = arguments.parse_args()
    if not (given.data / "area-coverage").is_dir():
        raise SystemExit(f"{given.data}: no folder area-coverage there; say where with --data")
    if given.only != "polygons":
        fields(given.data)
    if given.only != "fields":
        polygons(given.data, given.small, given.table)


if __name__ == "__main__":
    main()
