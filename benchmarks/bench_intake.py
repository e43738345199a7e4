"""Importing a CSV of items, against pyogrio's bare conversion of the same file to a GeoPackage.

    python benchmarks/bench_intake.py            # 550,000 rows, 12 columns
    python benchmarks/bench_intake.py --small    # 55,000 rows

Both read the same file in the same run. The peer checks nothing: columns and points go through as
they are, with a spatial index. Ours is `landrelease import`: every cell is read and checked, places
are checked against the programme, the file is kept, and each row becomes a revision in the chain.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

CATEGORIES = ("ap_mine_blast", "av_mine", "mortar_bomb", "projectile", "submunition")


def make(path: Path, rows: int) -> None:
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(15.7, 19.6, rows).tolist(), rng.uniform(42.5, 45.3, rows).tolist()
    with path.open("w", encoding="utf-8") as out:
        out.write("identifier,ordnance_category,quantity,depth_m,found_on,disposal,organisation,"
                  "longitude,latitude,information_date,source_reference,remarks\n")
        for i in range(rows):
            out.write(f"IT-{i:07d},{CATEGORIES[i % 5]},{1 + i % 3},{(i % 20) / 100},"
                      f"{2000 + i % 25}-{1 + i % 12:02d}-{1 + i % 28:02d},destroyed,"
                      f"organisation {i % 7},{lon[i]:.6f},{lat[i]:.6f},"
                      f"{2001 + i % 25}-{1 + i % 12:02d}-{1 + i % 28:02d},{i},text {i % 700}\n")


def peer(path: Path, out: Path) -> None:
    import pyogrio.raw

    start, used = time.perf_counter(), time.process_time()
    meta, _, wkb, columns = pyogrio.raw.read(
        path, X_POSSIBLE_NAMES="longitude", Y_POSSIBLE_NAMES="latitude")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.raw.write(out, geometry=wkb, field_data=columns, fields=meta["fields"],
                          driver="GPKG", layer="item", geometry_type="Point", crs="EPSG:4326")
    print(json.dumps({"s": time.perf_counter() - start, "cpu": time.process_time() - used}))


def ours(path: Path, out: Path) -> None:
    from landrelease.store.open import create_registry
    from landrelease.workflows.imports import import_files

    stages: list[tuple[str, float]] = []
    with create_registry(out, office="benchmark") as registry:
        start, used = time.perf_counter(), time.process_time()
        report, = import_files(
            registry, [path], kind="item", crs="EPSG:4326",
            progress=lambda what, _: stages.append((what, time.perf_counter() - start)))
        took, used = time.perf_counter() - start, time.process_time() - used
    assert report.read == report.accepted, report
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"s": took, "cpu": used, "peak": peak, "stages": stages}))


def measured(part: str, *paths: Path) -> dict:
    done = subprocess.run([sys.executable, __file__, "--part", part, *map(str, paths)],
                          check=True, capture_output=True, text=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--part", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        name, path, out = options.part
        {"peer": peer, "ours": ours}[name](Path(path), Path(out))
        return
    rows, ratios = 55_000 if options.small else 550_000, []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "items.csv"
        make(file, rows)
        for run in range(options.runs):
            a, b = Path(folder) / f"a{run}.gpkg", Path(folder) / f"b{run}.gpkg"
            bare, found = measured("peer", file, a), measured("ours", file, b)
            ratios.append(found["s"] / bare["s"])
            steps = ", ".join(f"{what.partition(': ')[2] or what} from {at:.1f} s"
                              for what, at in found["stages"])
            print(f"run {run + 1}: bare {bare['s']:.2f} s, import {found['s']:.2f} s: "
                  f"{ratios[-1]:.2f} times; processor {bare['cpu']:.2f} and {found['cpu']:.2f} s: "
                  f"{found['cpu'] / bare['cpu']:.2f} times; peak {found['peak'] / 2**30:.2f} GiB "
                  f"({steps})", flush=True)
            a.unlink()
            b.unlink()
    print(f"{rows:,} rows: {sorted(ratios)[len(ratios) // 2]:.2f} times a bare conversion "
          f"({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
