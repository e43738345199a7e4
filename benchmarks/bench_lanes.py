"""Lanes: driven length against area / (width - overlap), and against published routes.

    python benchmarks/bench_lanes.py [--small] [--only fields|polygons] [--table T.csv]
                                     [--plans both|safe|short] [--data ../shared/data]

Two plans for each: safe (the default: rounds along edges first, turns on ground that is done) and
short (--headland-later). Fields: the four of Fields2Cover, width 3 m and 1.75 m, overlap 0.2 m;
beside the first the swaths that Fields2Cover planned for it (3 m apart, no turns or headlands in
the file). Polygons: the 210 with published single-robot routes at a width of 3 m; theirs cover
99.6 % of the ground, turn anywhere and end where they begin; so do ours, which cover all of the
ground that a disc of 1.5 m reaches. Every plan is checked: reachable ground farther than 1 cm from
any swath, path off the ground where the machine fits, turns with the disc on ground not yet worked.
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
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


def fields(data: Path, plans: tuple[str, ...]) -> None:
    folder = data / "coverage-fields"
    print(f"{'field':<22}{'ha':>7}{'width':>7}{'plan':>7}{'driven m':>10}{'over least':>12}"
          f"{'turns new':>11}{'by hand m2':>12}{'missed m2':>11}{'off m':>7}{'s':>7}")
    for f in json.loads((folder / "fields.geojson").read_text())["features"]:
        ground = shapely.from_geojson(json.dumps(f["geometry"]))
        plane = plane_for(ground.bounds)
        ground = plane.to_plane(ground)
        for width, kind in itertools.product((3.0, 1.75), plans):
            start = time.perf_counter()
            plan = lanes.plan(ground, width_m=width, overlap_m=0.2, headland_first=kind == "safe")
            seconds = time.perf_counter() - start
            missed, off = checked(plan)
            new = lanes.new_ground([list(enumerate(plan.drives))], width, width / 2)
            over = plan.length_m / (ground.area / plan.spacing_m) - 1
            print(f"{f['properties']['name']:<22}{ground.area / 1e4:>7.2f}{width:>7.2f}{kind:>7}"
                  f"{plan.length_m:>10,.0f}{over:>12.2%}{new.turns:>11}{plan.by_hand.area:>12.2f}"
                  f"{missed:>11.4f}{off:>7.2f}{seconds:>7.1f}", flush=True)
        if f["properties"]["name"] == "fields2cover test1":
            lines = [plane.to_plane(shapely.from_geojson(json.dumps(s["geometry"])))
                     for s in json.loads((folder / "test1_swaths.geojson").read_text())["features"]]
            covered = shapely.intersection(ground, shapely.union_all(
                shapely.buffer(np.array(lines), 1.5, cap_style="flat"))).area
            print(f"  Fields2Cover's swaths: {len(lines)}, {shapely.length(lines).sum():,.0f} m "
                  f"without turns, {covered / ground.area:.2%} of the field at 3 m", flush=True)


COLUMNS = ("name", "plan", "published_m", "ours_m", "ratio", "by_hand_m2", "missed_m2", "off_m",
           "parts", "turns_new", "corners_new", "way_new_m")


def planned(folder: Path, name: str, kind: str, ground: shapely.Polygon) -> dict[str, str]:
    with zipfile.ZipFile(folder / "published_routes.zip") as archive:
        route = np.loadtxt(io.BytesIO(archive.read(
            f"AC300/{name}/mem_inf/mem_inf_route_data0")))[:, :2]
    published = float(np.hypot(*np.diff(route, axis=0).T).sum())
    plan = lanes.plan(ground, width_m=3.0, back=True, headland_first=kind == "safe")
    missed, off = checked(plan)
    new = lanes.new_ground([list(enumerate(plan.drives))], 3.0, 1.5)
    values = (f"{published:.1f}", f"{plan.length_m:.1f}", f"{plan.length_m / published:.4f}",
              f"{plan.by_hand.area:.1f}", f"{missed:.4f}", f"{off:.4f}", f"{plan.apart + 1}",
              f"{new.turns}", f"{new.corners}", f"{new.way_m:.1f}")
    return dict(zip(COLUMNS, (name, kind, *values), strict=True))


def polygons(data: Path, small: bool, table: Path | None, plans: tuple[str, ...]) -> None:
    """One row a polygon and plan; with a table, rows that stand there are not computed again."""
    folder = data / "area-coverage"
    grounds = {f["properties"]["name"]: shapely.from_geojson(json.dumps(f["geometry"]))
               for f in json.loads((folder / "environments.geojson").read_text())["features"]
               if f["properties"]["dataset"] == "AC300"}
    rows: dict[tuple[str, str], dict[str, str]] = {}
    if table is not None and table.is_file():
        with table.open(newline="") as file:
            rows = {(r["name"], r["plan"]): r for r in csv.DictReader(file)}
    print("\n" + " ".join(COLUMNS))
    names = sorted(grounds)[::20 if small else 1]
    for kind, name in itertools.product(plans, names):
        if (name, kind) not in rows:
            rows[name, kind] = planned(folder, name, kind, grounds[name])
            if table is not None:
                fresh = not table.is_file()
                with table.open("a", newline="") as file:
                    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
                    if fresh:
                        writer.writeheader()
                    writer.writerow(rows[name, kind])
        print(" ".join(rows[name, kind].values()), flush=True)
    for kind in plans:
        some = [{k: float(v) for k, v in rows[n, kind].items() if k not in ("name", "plan")}
                for n in names]
        ratio = np.array([r["ours_m"] / r["published_m"] for r in some])
        print(f"{kind}: {len(some)} polygons: ratio mean {ratio.mean():.3f}, least "
              f"{ratio.min():.3f}, largest {ratio.max():.3f}, {int((ratio > 1).sum())} longer than "
              f"published; turns on ground not yet worked: mean "
              f"{np.mean([r['turns_new'] for r in some]):.1f}, most "
              f"{max(r['turns_new'] for r in some):.0f}")
        print(f"largest missed {max(r['missed_m2'] for r in some):.4f} m2, largest off the ground "
              f"{max(r['off_m'] for r in some):.4f} m; {sum(r['parts'] > 1 for r in some)} in "
              "parts that no allowed way joins (the way between them outside is not counted)")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--small", action="store_true")
    arguments.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments.add_argument("--table", type=Path, help="CSV of finished polygons; a run that was "
                           "cut off goes on from there. Take a new one for another version.")
    arguments.add_argument("--only", choices=("fields", "polygons"))
    arguments.add_argument("--plans", choices=("both", "safe", "short"), default="both")
    given = arguments.parse_args()
    plans = ("safe", "short") if given.plans == "both" else (given.plans,)
    if not (given.data / "area-coverage").is_dir():
        raise SystemExit(f"{given.data}: no folder area-coverage there; say where with --data")
    if given.only != "polygons":
        fields(given.data, plans)
    if given.only != "fields":
        polygons(given.data, given.small, given.table, plans)


if __name__ == "__main__":
    main()
