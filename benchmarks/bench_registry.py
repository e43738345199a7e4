"""The registry file against a bare GeoPackage: how much validation, history, hashes and index cost.

    python benchmarks/bench_registry.py            # 550,000 items and 100,000 polygons
    python benchmarks/bench_registry.py --small    # a tenth of it

The peer writes the same rows and geometries in the same run: pyogrio's Arrow writer (GDAL), a
GeoPackage with a spatial index, current rows only. Ours also checks every value, keeps every
revision, links it by hash and keeps the layers for any GIS. Reported: the ratio of the times, 10
times the rows against the time, the peak memory, the latency of the first 100 records in a window
with a filter, now and at a past date. Each part runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import shapely

T0 = datetime(2027, 1, 1, tzinfo=UTC)
CATEGORIES = ("ap_mine_blast", "av_mine", "mortar_bomb", "projectile", "submunition")
STATUS = ("open", "worked_on", "suspended")


def points(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    return rng.uniform(15.7, 19.6, count), rng.uniform(42.6, 45.2, count)


def polygons(count: int) -> np.ndarray:
    """Polygons of eight corners, 20 to 400 m wide, as the minefield sheets have."""
    rng = np.random.default_rng(8)
    x, y = rng.uniform(15.7, 19.6, count), rng.uniform(42.6, 45.2, count)
    angle = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    radius = rng.uniform(1e-4, 2e-3, (count, 1)) * rng.uniform(0.7, 1.0, (count, 8))
    rings = np.stack([x[:, None] + radius * np.cos(angle), y[:, None] + radius * np.sin(angle)], -1)
    return shapely.polygons(np.concatenate([rings, rings[:, :1]], axis=1))


def revisions(items: int, areas: int):
    """The same rows as revisions, made as they are asked for."""
    from landrelease.core.revision import Revision

    x, y = points(items)
    for start in range(0, items, 10_000):
        shapes = shapely.points(x[start:start + 10_000], y[start:start + 10_000])
        for n, shape in enumerate(shapes, start):
            day = date(2026, 1, 1 + n % 28)
            yield Revision(
                "item", f"item-{n:07d}",
                {"ordnance_category": CATEGORIES[n % 5], "quantity": 1 + n % 3,
                 "depth_m": (n % 20) / 100, "found_on": day.isoformat(), "disposal": "destroyed",
                 "organisation": f"organisation {n % 7}"},
                shape, T0 + timedelta(seconds=n // 1000), "landrelease benchmark",
                "daily report", "", day)
    for n, shape in enumerate(polygons(areas)):
        yield Revision(
            "hazard", f"hazard-{n:07d}",
            {"hazard_type": ("SHA", "CHA")[n % 2], "status": STATUS[n % 3], "name": f"area {n}",
             "reported_area_m2": 1000.0 + n % 977, "organisation": f"organisation {n % 7}"},
            shape, T0 + timedelta(seconds=n // 1000), "landrelease benchmark", "NTS report", "",
            date(2026, 1, 1 + n % 28))


def peer(path: Path, items: int, areas: int) -> None:
    import pyarrow as pa
    import pyogrio

    x, y = points(items)
    n = np.arange(items)
    day = pa.array([date(2026, 1, 1 + k % 28) for k in range(items)])
    at = pa.array([(T0 + timedelta(seconds=k // 1000)).isoformat() for k in range(items)])
    tables = {"item": (pa.table({
        "record_id": [f"item-{k:07d}" for k in range(items)], "valid_from": day,
        "recorded_at": at, "recorded_by": ["landrelease benchmark"] * items,
        "ordnance_category": [CATEGORIES[k % 5] for k in range(items)],
        "quantity": 1 + n % 3, "depth_m": (n % 20) / 100, "found_on": day,
        "disposal": ["destroyed"] * items,
        "organisation": [f"organisation {k % 7}" for k in range(items)],
        "geometry": shapely.to_wkb(shapely.points(x, y))}), "Point")}
    m = np.arange(areas)
    tables["hazard"] = (pa.table({
        "record_id": [f"hazard-{k:07d}" for k in range(areas)],
        "valid_from": [date(2026, 1, 1 + k % 28) for k in range(areas)],
        "recorded_at": [(T0 + timedelta(seconds=k // 1000)).isoformat() for k in range(areas)],
        "recorded_by": ["landrelease benchmark"] * areas,
        "hazard_type": [("SHA", "CHA")[k % 2] for k in range(areas)],
        "status": [STATUS[k % 3] for k in range(areas)],
        "name": [f"area {k}" for k in range(areas)], "reported_area_m2": 1000.0 + m % 977,
        "organisation": [f"organisation {k % 7}" for k in range(areas)],
        "geometry": shapely.to_wkb(polygons(areas))}), "Polygon")
    start = time.perf_counter()
    for name, (table, shape) in tables.items():
        pyogrio.write_arrow(table, path, layer=name, driver="GPKG", geometry_name="geometry",
                            geometry_type=shape, crs="EPSG:4326", append=path.exists(),
                            layer_options={"SPATIAL_INDEX": "YES"})
    print(json.dumps({"s": time.perf_counter() - start, "bytes": path.stat().st_size}), flush=True)


def ours(path: Path, items: int, areas: int) -> None:
    from landrelease.store.open import create_registry

    made = iter(list(revisions(1, 1)))  # what is imported at first use is no work on rows
    with create_registry(path.with_suffix(".warm.gpkg"), office="warm") as warm:
        warm.append(made)
    with create_registry(path, office="benchmark") as registry:
        start = time.perf_counter()
        registry.append(revisions(items, areas))
        took = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    # The time that it takes to make the revisions is not the store's.
    start = time.perf_counter()
    for _ in revisions(items, areas):
        pass
    making = time.perf_counter() - start
    print(json.dumps({"s": took, "making_s": making, "peak": peak,
                      "bytes": path.stat().st_size}), flush=True)


def windows(path: Path, asked: int) -> None:
    """First 100 records in a window with a filter, now and before a second wave of revisions."""
    from dataclasses import replace

    from landrelease.store.open import open_registry

    with open_registry(path) as registry:
        count = len(registry.ids("item"))
        rng = np.random.default_rng(3)
        chosen = set(rng.choice(count, count // 20, replace=False).tolist())
        wave = [replace(r, values={**r.values, "quantity": 9}, recorded_at=T0 + timedelta(days=30))
                for n, r in enumerate(revisions(count, 0)) if n in chosen]
        registry.append(wave)
        past = T0 + timedelta(days=10)
        x, y = rng.uniform(15.8, 19.4, asked), rng.uniform(42.7, 45.0, asked)
        width = rng.choice([0.02, 0.1, 0.5, 2.0], asked)
        out = {}
        for name, at in (("now", None), ("past", past)):
            took = []
            for k in range(asked):
                start = time.perf_counter()
                registry.find("item", bounds=(x[k], y[k], x[k] + width[k], y[k] + width[k]),
                              where={"ordnance_category": CATEGORIES[k % 5]}, known_at=at,
                              limit=100)
                took.append(time.perf_counter() - start)
            out[name] = {"p50_ms": 1e3 * float(np.percentile(took, 50)),
                         "p95_ms": 1e3 * float(np.percentile(took, 95))}
    print(json.dumps(out), flush=True)


def measured(call, *words) -> dict:
    """Run a part in a process of its own; its figures are the last line that it prints."""
    import subprocess
    import sys

    done = subprocess.run([sys.executable, __file__, "--part", call.__name__,
                           *map(str, words)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        name, path, *numbers = options.part
        {"peer": peer, "ours": ours, "windows": windows}[name](Path(path), *map(int, numbers))
        return
    full = (55_000, 10_000) if options.small else (550_000, 100_000)
    tenth = (full[0] // 10, full[1] // 10)
    runs, last = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for run in range(options.runs):
            a, b, c = (Path(folder) / f"{n}{run}.gpkg" for n in ("peer", "ours", "tenth"))
            found = {"peer": measured(peer, a, *full), "ours": measured(ours, b, *full),
                     "tenth": measured(ours, c, *tenth)}
            found["ratio"] = found["ours"]["s"] / found["peer"]["s"]
            found["store_only"] = (found["ours"]["s"] - found["ours"]["making_s"]) \
                / found["peer"]["s"]
            found["ten_times"] = found["ours"]["s"] / found["tenth"]["s"]
            runs.append(found)
            print(f"run {run + 1}: bare {found['peer']['s']:.2f} s, registry "
                  f"{found['ours']['s']:.2f} s (of it making the rows "
                  f"{found['ours']['making_s']:.2f} s): {found['ratio']:.2f} times; a tenth "
                  f"{found['tenth']['s']:.2f} s: {found['ten_times']:.1f} times; peak "
                  f"{found['ours']['peak'] / 2**30:.2f} GiB", flush=True)
            last = measured(windows, b, 100 if options.small else 400) if run == 0 else last
            for path in Path(folder).glob("*"):
                path.unlink()
    middle = sorted(r["ratio"] for r in runs)[len(runs) // 2]
    print(f"{full[0]:,} points and {full[1]:,} polygons: {middle:.2f} times a bare write "
          f"(median of {len(runs)}; {min(r['ratio'] for r in runs):.2f} to "
          f"{max(r['ratio'] for r in runs):.2f})")
    print(f"First 100 in a window with a filter: p95 {last['now']['p95_ms']:.1f} ms now, "
          f"{last['past']['p95_ms']:.1f} ms at a past date "
          f"({last['past']['p95_ms'] / last['now']['p95_ms']:.2f} times)")
    if options.json:
        options.json.write_text(json.dumps({"runs": runs, "windows": last}, indent=1))


if __name__ == "__main__":
    main()
