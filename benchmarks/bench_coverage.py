"""The proof of coverage: speed against GEOS, exactness, growth, memory, routes, a tractor.

    python benchmarks/bench_coverage.py [--small] [--data ../shared/data] [--only speed,exact,...]

Tracks are simulated from fixed seeds: lanes with a cross-track error of 7 cm that is correlated
over 26 m, a fix every 13 cm. The peer is the union of GEOS buffers (64 fixes each) by tiles of
20 m, in the same run, on one thread. Prints seconds as the median and the range of the runs, and
how busy the machine was.

`whole` runs `operate proof` as a command of its own and needs nothing else to be repeated:

    python benchmarks/bench_coverage.py --only whole
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import shapely

from landrelease import workflows
from landrelease.core.track import Track
from landrelease.operate import fixes, proof, spots, sweep
from landrelease.operate.swath import Tool
from landrelease.workflows import operate

WIDTH, SPACING, SD, CORRELATED_M = 1.7, 1.5, 0.07, 26.0


def lanes(hectares: float, count: int, seed: int = 1) -> tuple[sweep.Runs, float]:
    """Lanes of a square, and its side in m."""
    rng = np.random.default_rng(seed)
    side = float(np.sqrt(hectares * 1e4))
    many = int(np.ceil(side / SPACING))
    per = count // many
    step = (side + 4) / per
    keep = float(np.exp(-step / CORRELATED_M))
    error = np.empty((per, many))
    error[0] = rng.normal(0, SD, many)
    shocks = rng.normal(0, SD * np.sqrt(1 - keep**2), (per, many))
    for k in range(1, per):
        error[k] = keep * error[k - 1] + shocks[k]
    way = np.linspace(-2, side + 2, per)
    x = (error + (np.arange(many) + 0.5) * SPACING).T.ravel()
    y = np.concatenate([way if k % 2 == 0 else way[::-1] for k in range(many)])
    return sweep.Runs(np.ascontiguousarray(x), y, np.full(len(x), WIDTH / 2),
                      np.arange(0, len(x) + 1, per)), side


def timed(repeats: int, work) -> tuple[float, str]:
    work()  # compiled, and in the caches
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), f"{min(seconds):.3f} to {max(seconds):.3f}"


def geos_tiles(runs: sweep.Runs, side: float, simplify_m: float = 0.0, tile: float = 20.0
               ) -> float:
    """Uncovered m2 by buffers of 64 fixes, cut to each tile and joined there."""
    pieces = []
    for a, z in zip(runs.first, runs.first[1:], strict=False):
        xy = np.column_stack([runs.x[a:z], runs.y[a:z]])
        pieces += [xy[k:k + 65] for k in range(0, len(xy) - 1, 64)]
    lines = shapely.linestrings(np.concatenate(pieces),
                                indices=np.repeat(np.arange(len(pieces)), [len(p) for p in pieces]))
    if simplify_m:
        lines = shapely.simplify(lines, simplify_m)
    swaths = shapely.buffer(lines, WIDTH / 2, cap_style="flat")
    tree = shapely.STRtree(swaths)
    left = 0.0
    for x in np.arange(0, side, tile):
        boxes = [shapely.box(x, y, min(x + tile, side), min(y + tile, side))
                 for y in np.arange(0, side, tile)]
        for box in boxes:
            near = shapely.clip_by_rect(swaths[tree.query(box)], *box.bounds)
            left += shapely.difference(box, shapely.union_all(near)).area
    return left


def speed(small: bool) -> None:
    count, hectares, repeats = (100_000, 2, 3) if small else (1_000_000, 20, 5)
    runs, side = lanes(hectares, count)
    field = shapely.box(0, 0, side, side)
    print(f"\nSpeed: {count:,} fixes on {hectares} ha")
    peer = np.inf
    for name, simplify_m in (("GEOS union by tiles, 1 thread", 0.0),
                             ("the same, simplified to 1 cm first", 0.01)):
        left = geos_tiles(runs, side, simplify_m)
        seconds, spread = timed(2, lambda m=simplify_m: geos_tiles(runs, side, m))
        peer = min(peer, seconds)
        print(f"  {name:<36}{seconds:8.3f} s ({spread})  {left:8.2f} m2", flush=True)
    for name, exact, threads in (("first step only, 2 threads", False, 2),
                                 ("first step only, 1 thread", False, 1),
                                 ("exact, 2 threads", True, 2), ("exact, 1 thread", True, 1)):
        seconds, spread = timed(repeats, lambda e=exact, t=threads: sweep.rest(
            field, runs, exact=e, threads=t))
        left = sweep.rest(field, runs, exact=exact).area_m2
        print(f"  {name:<36}{seconds:8.3f} s ({spread})  {left:8.2f} m2  {peer / seconds:5.1f} x")
    # The list of spots comes on top of it: pieces joined, with their largest circles.
    pieces = sweep.rest(field, runs).pieces
    seconds, spread = timed(1, lambda: spots.join(pieces, 0.01))
    print(f"  {'spots joined from ' + format(len(pieces), ',') + ' pieces':<36}{seconds:8.3f} s "
          f"({spread})")


def exact(small: bool) -> None:
    """Against plain polygons, a rectangle a step and a disc a fix (512 corners), all joined."""
    runs, side = lanes(0.1 if small else 1, 5_000 if small else 50_000)
    field = shapely.box(0, 0, side, side)
    half = WIDTH / 2
    parts = []
    for a, z in zip(runs.first, runs.first[1:], strict=False):
        p = np.column_stack([runs.x[a:z], runs.y[a:z]])
        way = np.diff(p, axis=0)
        n = np.column_stack([-way[:, 1], way[:, 0]]) / np.hypot(*way.T)[:, None] * half
        rings = np.stack([p[:-1] - n, p[1:] - n, p[1:] + n, p[:-1] + n, p[:-1] - n], axis=1)
        parts += [shapely.polygons(rings), shapely.buffer(shapely.points(p[1:-1]), half,
                                                          quad_segs=128)]
    reference = shapely.difference(field, shapely.union_all(np.concatenate(parts))).area
    most = sweep.rest(field, runs).area_m2
    least = sweep.rest(field, runs, outer_arcs=True).area_m2
    print(f"\nExactness: {len(runs.x):,} fixes, position error 0")
    print(f"  plain GEOS polygons {reference:.6f} m2; bracket {least:.6f} to {most:.6f} m2, "
          f"{(most - least) / most:.4%} of the uncovered area wide")


def growth(small: bool) -> None:
    print("\nGrowth: the same 20 ha, more fixes" if not small else "\nGrowth: 2 ha")
    before = 0.0
    for count in (10_000, 100_000) if small else (100_000, 1_000_000, 10_000_000):
        runs, side = lanes(2 if small else 20, count)
        field = shapely.box(0, 0, side, side)
        seconds, spread = timed(5, lambda r=runs, f=field: sweep.rest(f, r))
        print(f"  {count:>11,} fixes {seconds:8.3f} s ({spread})" + (
            f"  {seconds / before:5.1f} x" if before else ""))
        before = seconds


def memory(small: bool) -> None:
    code = ("import sys; sys.path.insert(0, sys.argv[1])\n"
            "import bench_coverage as b, shapely\n"
            f"runs, side = b.lanes({10 if small else 1000}, 1_000_000)\n"
            "field = shapely.box(0, 0, side, side)\n"
            "left = b.sweep.rest(field, runs).area_m2\n"
            "peak = [l for l in open('/proc/self/status') if l.startswith('VmHWM')][0].split()[1]\n"
            "print(left, int(peak) / 1e3)\n")
    done = subprocess.run([sys.executable, "-c", code, str(Path(__file__).parent)],
                          capture_output=True, text=True, check=True).stdout.split()
    print(f"\nMemory: 1,000,000 fixes on {10 if small else 1000} ha: {float(done[1]):.0f} MB at "
          f"most, with all libraries and the simulated track; {float(done[0]):,.0f} m2 left")


def whole(small: bool) -> None:
    """`operate proof` as a command: reading, both brackets, spots, tables; time and peak memory."""
    for hectares in (10,) if small else (20, 1000):
        count = 100_000 if small else 1_000_000
        runs, side = lanes(hectares, count)
        lane = np.repeat(np.arange(len(runs.first) - 1), np.diff(runs.first))
        # 0.5 m/s, a tenth of a second at least between fixes, and 20 s from lane to lane.
        seconds = np.cumsum(np.concatenate([[0], np.where(
            np.diff(lane) > 0, 20.0, np.hypot(np.diff(runs.x), np.diff(runs.y)) / 0.5)]))
        with tempfile.TemporaryDirectory() as folder:
            task, track, gaps = (Path(folder) / n for n in ("t.geojson", "k.csv", "g.geojson"))
            task.write_text(json.dumps({"type": "FeatureCollection", "features": [
                {"type": "Feature", "properties": {}, "geometry": json.loads(
                    shapely.to_geojson(shapely.box(0, 0, side, side)))}]}))
            with track.open("w") as out:
                out.write("time,x,y,pass\n")
                out.writelines(f"{t:.2f},{x:.4f},{y:.4f},{k % 40}\n" for t, x, y, k in zip(
                    seconds, runs.x, runs.y, lane, strict=True))
            start = time.perf_counter()
            # The peak of its own memory: ru_maxrss would have that of this process before it.
            done = subprocess.run(
                [sys.executable, "-c", "import sys; from landrelease.apps.cli import app\n"
                 "try: app(sys.argv[1:])\nfinally: print('PEAK', [l.split()[1] for l in "
                 "open('/proc/self/status') if l.startswith('VmHWM')][0])", "operate", "proof",
                 "--plane", "--task", str(task), "--track", str(track), "--width", str(WIDTH),
                 "--position-error", "0.02", "--confidence", "0.95", "--step-limit", "10",
                 "--uncovered", str(gaps)],
                capture_output=True, text=True, check=False).stdout
            peak = float(done.split("PEAK")[1]) / 1e3
            print(f"\nWhole command: {count:,} fixes on {hectares} ha, 40 passes: "
                  f"{time.perf_counter() - start:.1f} s, {peak:.0f} MB at most; "
                  f"{len(json.loads(gaps.read_text())['features']):,} polygons", flush=True)


def routes(small: bool, data: Path) -> None:
    """The published single-robot routes: serviced segments of 3 m width, as tracks."""
    folder = data / "area-coverage"
    if not folder.is_dir():
        print(f"\nRoutes: {folder} is not there")
        return
    grounds = {f["properties"]["name"]: shapely.from_geojson(json.dumps(f["geometry"]))
               for f in json.loads((folder / "environments.geojson").read_text())["features"]
               if f["properties"]["dataset"] == "AC300"}
    shares, peers = [], []
    with zipfile.ZipFile(folder / "published_routes.zip") as archive:
        names = [n for n in archive.namelist() if n.startswith("AC300/") and "/mem_inf/" in n]
        for name in sorted(names)[:20 if small else None]:
            ground = grounds[name.split("/")[1]]
            rows = np.loadtxt(io.BytesIO(archive.read(name)))
            serviced = np.concatenate([[False], rows[1:, 2] == 0])
            track = Track(name, True, np.arange(len(rows)) * 60.0, rows[:, 0].copy(),
                          rows[:, 1].copy(), ("1",), np.zeros(len(rows), np.int32),
                          np.ones(len(rows), np.int8), np.full(len(rows), np.nan),
                          np.full(len(rows), np.nan), np.arange(len(rows)))
            rules = fixes.FixRules(60, 1e9, 1e9, 45)
            work = proof.work_of(track, track.x, track.y, "machine", Tool(3.0, 0.0, 0.95), rules,
                                 ground.bounds)
            runs = proof._certain(work, serviced)
            shares.append(1 - sweep.rest(ground, runs).area_m2 / ground.area)
            flat = shapely.buffer(shapely.linestrings(np.stack(
                [rows[:-1, :2], rows[1:, :2]], axis=1)[serviced[1:]]), 1.5, cap_style="flat")
            peers.append(shapely.intersection(ground, shapely.union_all(flat)).area / ground.area)
    print(f"\nRoutes: {len(shares)} published single-robot routes, serviced segments 3 m wide")
    print(f"  proof: mean {np.mean(shares):.2%}, least {np.min(shares):.2%}; GEOS: mean "
          f"{np.mean(peers):.2%}, least {np.min(peers):.2%}; largest difference "
          f"{np.max(np.abs(np.subtract(shares, peers))):.4%}")


def tractor(data: Path) -> None:
    path = data / "tractor-track" / "track_20231023.csv.gz"
    if not path.is_file():
        print(f"\nTractor: {path} is not there")
        return
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    folder = Path("/tmp") / "bench_coverage"
    folder.mkdir(exist_ok=True)
    with (folder / "k.csv").open("w") as out:
        out.write("time,latitude,longitude,pass,engaged,heading_deg\n")
        for r in rows:
            out.write(f"{r['timestamp']},{r['latitude']},{r['longitude']},1,"
                      f"{int(r['state'] == 'W')},{r['heading']}\n")
    x = np.array([[float(r["longitude"]), float(r["latitude"])] for r in rows])
    hull = shapely.convex_hull(shapely.multipoints(x))
    (folder / "t.geojson").write_text(shapely.to_geojson(hull))
    stated = workflows.load_assumptions()
    # 2.5 m CEP is a standard deviation of 2.5 / 1.1774 m along each axis.
    # Half of the step in which the log writes its places, six decimals, is 5.6 cm.
    for sigma in (2.5 / 1.1774, 0.06):
        _, got, _ = operate.prove(
            folder / "t.geojson", [operate.TrackFile(folder / "k.csv", "machine", 1.75, sigma)],
            operate.ProofOptions(0.95), stated)
        leaps = sum(f.count for f in got.findings if f.code == "TRK-005")
        print(f"\nTractor, {len(rows):,} fixes, width 1.75 m, position error {sigma:.2f} m: "
              f"{'can' if got.provable else 'CANNOT'} prove coverage; certain "
              f"{got.certain_m2:,.0f} of {got.task_m2:,.0f} m2; {leaps} leaps, "
              f"{len(got.findings)} findings")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--small", action="store_true")
    arguments.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments.add_argument("--only", default="speed,exact,growth,memory,whole,routes,tractor")
    given = arguments.parse_args()
    for name in given.only.split(","):
        start = time.perf_counter()
        print(f"[{name}: load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors]")
        if name == "routes":
            routes(given.small, given.data)
        elif name == "tractor":
            tractor(given.data)
        else:
            {"speed": speed, "exact": exact, "growth": growth, "memory": memory,
             "whole": whole}[name](given.small)
        print(f"  [{time.perf_counter() - start:.1f} s, peak "
              f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB]", flush=True)


if __name__ == "__main__":
    main()
