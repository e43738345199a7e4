"""All geometry checks of 100,000 polygons, against the plain loop over polygons.

    python benchmarks/bench_geochecks.py            # 100,000 polygons
    python benchmarks/bench_geochecks.py --small    # a tenth of it

The polygons are clustered as hazards are, one in fifty has a fault of a known kind, and a quarter
are outcomes. The peer, in the same run, does the single-polygon checks only (validity, corners,
distances, parts, equal shapes), polygon by polygon, and its time per polygon is taken from a sample
of them. Also: `union_all` against `disjoint_subset_union_all`, and 550,000 cells of a column of
numbers and of dates, converted as a column and cell by cell. Asserted: the checks take under 30 s
for 100,000 polygons, and find the faults that were put in.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections import Counter
from datetime import date

import numpy as np
import shapely

from landrelease.core.geometry import geodesic_distance_m
from landrelease.core.kind import Field
from landrelease.records import geochecks, values


def ground(count: int) -> tuple[np.ndarray, dict[str, int]]:
    """Polygons of 4 to 40 corners, 20 to 400 m wide, in villages; and the faults put in."""
    rng = np.random.default_rng(8)
    villages = max(1, count // 40)
    home = rng.integers(0, villages, count)
    vx, vy = rng.uniform(15.7, 19.6, villages), rng.uniform(42.6, 45.2, villages)
    x, y = vx[home] + rng.normal(0, 0.02, count), vy[home] + rng.normal(0, 0.015, count)
    corners = rng.integers(4, 41, count)
    size = rng.uniform(1e-4, 2e-3, count)
    out = np.empty(count, dtype=object)
    faults: Counter[str] = Counter()
    kinds = ("invalid_polygon", "duplicate_polygon_points", "distance_polygon_points",
             "same_shape", "nearly_same_shape")
    for n in range(count):
        angle = np.linspace(0, 2 * np.pi, corners[n], endpoint=False)
        radius = size[n] * rng.uniform(0.7, 1.0, corners[n])
        ring = np.column_stack([x[n] + radius * np.cos(angle), y[n] + radius * np.sin(angle)])
        if n % 50 == 49:
            fault = kinds[n // 50 % len(kinds)]
            faults[fault] += 1
            if fault == "invalid_polygon":
                other = len(ring) // 2 if len(ring) > 5 else 1
                ring[[0, other]] = ring[[other, 0]]
            elif fault == "duplicate_polygon_points":
                ring = np.concatenate([ring, ring[-1:]])
            elif fault == "distance_polygon_points":
                ring[0, 0] += 0.5
            else:
                ring = shapely.get_coordinates(out[n - 4])[:-1].copy()
                ring = np.roll(ring, 1, axis=0)[::-1]
                if fault == "nearly_same_shape":
                    ring += 1e-6
        out[n] = shapely.Polygon(ring)
    return out, dict(faults)


def plain_loop(polygons: np.ndarray) -> int:
    """What a script does: one polygon after the other."""
    found = 0
    seen: set[bytes] = set()
    for polygon in polygons:
        if not polygon.is_valid:
            found += 1
        corners = list(polygon.exterior.coords)[:-1]
        if len(set(corners)) < len(corners) or len(set(corners)) < 3:
            found += 1
        if any(geodesic_distance_m(*a, *b) > 5_000
               for a, b in zip(corners, corners[1:] + corners[:1], strict=True)):
            found += 1
        key = shapely.to_wkb(polygon.normalize())
        found += key in seen
        seen.add(key)
    return found


def columns(count: int) -> dict[str, float]:
    rng = np.random.default_rng(3)
    number = Field("area_m2", "number", "", unit="m²", minimum=0)
    day = Field("found_on", "date", "")
    numbers = [f"{v:.2f}" for v in rng.uniform(0, 1e6, count)]
    days = [str(np.datetime64("2001-01-01") + int(d)) for d in rng.integers(0, 9000, count)]
    today, style, out = date(2026, 11, 24), values.Style(), {}
    for name, field, cells in (("numbers", number, numbers), ("dates", day, days)):
        start = time.perf_counter()
        found, problems = values.convert_column(field, cells, style, today)
        out[f"{name}_column_s"] = time.perf_counter() - start
        part = cells[:count // 10]
        start = time.perf_counter()
        one = [values.convert(field, c, style, today)[0] for c in part]
        out[f"{name}_cell_by_cell_s"] = (time.perf_counter() - start) * count / len(part)
        assert not problems and list(found[:len(one)]) == one
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a tenth of the size")
    small = parser.parse_args().small
    count = 10_000 if small else 100_000
    polygons, faults = ground(count)
    kind = ["outcome" if n % 4 == 3 else "hazard" for n in range(count)]
    for n in range(49, count, 50):
        kind[n] = kind[n - 4]
    out: dict[str, float | int] = {"polygons": count,
                                   "corners": int(shapely.get_num_coordinates(polygons).sum())}
    grid = np.array([shapely.box(x, y, x + 0.5, y + 0.5) for x in np.arange(15, 20, 0.5)
                     for y in np.arange(42, 46, 0.5)])
    areas = geochecks.Shapes.of(grid, kind="administrative_area",
                                record=[f"area-{n}" for n in range(len(grid))])
    start = time.perf_counter()
    shapes = geochecks.Shapes.of(polygons, kind=kind)
    alone = geochecks.check_polygons(shapes)
    out["single_s"] = time.perf_counter() - start
    start_between = time.perf_counter()
    between = geochecks.check_between(shapes, administrative=areas)
    out["between_s"] = time.perf_counter() - start_between
    ours = time.perf_counter() - start
    out["all_checks_s"] = ours
    found = Counter(geochecks.CHECK_OF[f.code].name for f in alone + between)
    for name, put_in in faults.items():
        assert found[name] >= put_in, (name, found[name], put_in)
    sample = polygons[:count // 20]
    start = time.perf_counter()
    plain_loop(sample)
    peer = (time.perf_counter() - start) * count / len(sample)
    out["plain_loop_s"] = peer
    out["plain_loop_to_single"] = peer / out["single_s"]
    out["plain_loop_to_all"] = peer / ours
    valid = polygons[shapely.is_valid(polygons)]
    start = time.perf_counter()
    joined = shapely.disjoint_subset_union_all(valid)
    out["disjoint_subset_union_all_s"] = time.perf_counter() - start
    part = valid[:len(valid) // 10]
    start = time.perf_counter()
    shapely.union_all(part)
    out["union_all_of_a_tenth_s"] = time.perf_counter() - start
    start = time.perf_counter()
    shapely.disjoint_subset_union_all(part)
    out["disjoint_subset_of_a_tenth_s"] = time.perf_counter() - start
    assert joined.area > 0
    if hasattr(values, "convert_column"):
        out |= columns(count * 11 // 2)
    out["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({k: round(v, 3) for k, v in out.items()}, indent=1))
    print("findings:", dict(found))
    if not small:
        assert ours < 30, f"{ours:.1f} s for {count:,} polygons"


if __name__ == "__main__":
    main()
