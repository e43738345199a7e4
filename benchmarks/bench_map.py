"""Speed of the contamination map: a clean search over a grid, a country in strips, a day's reports.

    python benchmarks/bench_map.py [--small] [--repeats 7] [--cell 100]
                                   [--data ../shared/data/bih-minefields]

1. A clean search over 75 million cells (float32: chance read and written, swept share read) against
   a copy of those two arrays, and the same function under Dask.
2. A country (the layers of --data, else 5,400 synthetic hazards, seed 1) in cells so small that the
   grid has about 75 million, drawn in strips and written as a cloud-optimised GeoTIFF, in a process
   of its own: seconds and largest memory.
3. One day's reports (40 searches of 2,000 m²) on the standing map of that country, in cells of
   --cell m, against drawing it whole; and that both give the same bits.

Every number is the median of the repeats with the smallest and the largest beside it; the first
call, which compiles, is left out. Hazards, searches and arrays are the same in every run (seeds).
"""

from __future__ import annotations

import argparse
import dataclasses
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np

import bench_assess
from landrelease import workflows
from landrelease.assess.contamination import density_of, prepare, standing_map, update_map
from landrelease.assess.shapes import plane_of
from landrelease.assess.update import update, update_dask
from landrelease.core.assumption import Assumption
from landrelease.core.risk import HazardAssessment, Prior
from landrelease.core.search import Effort, SearchPass

STATED = workflows.load_assumptions()
DETECTION = Assumption("trial", 0.9, 0.8, 0.95, "probability", "", "benchmark")


def timed(words, call, repeats, base=None):
    """Median seconds; prints them with their spread, and how many times `base` they are."""
    call()
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begin)
    middle = float(np.median(seconds))
    times = "" if base is None else f"   {middle / base:6.2f} x"
    print(f"  {words:58s} {middle:8.4f} s  ({min(seconds):.4f} to {max(seconds):.4f}){times}",
          flush=True)
    return middle


def grid(cells, repeats):
    import dask
    import dask.array as da

    rows = 1 << 13
    shape = (rows, -(-cells // rows))
    rng = np.random.default_rng(1)
    chance = rng.random(shape, dtype=np.float32) * np.float32(0.06)
    swept = rng.random(shape, dtype=np.float32)
    out, other = np.zeros_like(chance), np.zeros_like(swept)
    print(f"A clean search over {chance.size:,} cells, {repeats} repeats")

    def copy_in_two():
        halves = [slice(0, rows // 2), slice(rows // 2, rows)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda h: (np.copyto(out[h], chance[h]), np.copyto(other[h], swept[h])),
                          halves))

    copy = timed("copy of both arrays (numpy)",
                 lambda: (np.copyto(out, chance), np.copyto(other, swept)), repeats)
    timed("copy of both arrays (numpy, two threads)", copy_in_two, repeats, copy)
    density = density_of(STATED)
    for alpha, words in ((1.0, "shape 1 (the map's)"), (0.7, "shape 0.7 (powers)")):
        given = {"detection": 0.9, "shape": alpha, "rate_m2": alpha / density.mean,
                 "cell_m2": 100.0}
        two = timed(f"update, {words}, two threads",
                    lambda given=given: update(chance, swept, out=out, **given), repeats, copy)
        timed(f"update, {words}, one thread", lambda given=given: update(
            chance, swept, out=out, threads=1, **given), repeats, copy)
        place = chance.copy()
        timed(f"update, {words}, two threads, in place", lambda given=given, place=place: update(
            place, swept, out=place, **given), repeats, copy)
        del place
        blocks = [da.from_array(a, chunks=(1 << 11, shape[1]), name=False)
                  for a in (chance, swept)]

        def through_dask(given=given, blocks=blocks):
            with dask.config.set(scheduler="threads", num_workers=2):
                da.store(update_dask(*blocks, **given), other, lock=False)

        under = timed(f"update, {words}, Dask, two threads", through_dask, repeats, copy)
        update(chance, swept, out=out, **given)
        print(f"    same bits as without Dask: {np.array_equal(out, other)}; "
              f"Dask takes {under / two:.2f} times as long")


def assessed(land):
    return tuple(HazardAssessment(h.id, 0, 0, 0, 0, 0, 0, 0, Prior(0.2, 0.05, 0.44, True, ()), "")
                 for h in land.hazards)


def country_of(data):
    return bench_assess.read(data) if data else bench_assess.synthetic()


def searches(land, count, first, seed):
    """Squares of 2,000 m² inside hazards."""
    rng = np.random.default_rng(seed)
    plane = plane_of(land)
    large = [h for h in land.hazards if not h.ground.is_empty]
    found = []
    for k in rng.integers(len(large), size=count):
        point = plane.to_plane(large[k].ground.representative_point())
        square = point.buffer(np.sqrt(2_000) / 2, cap_style="square")
        found.append(SearchPass(f"s{first + len(found):06d}", plane.to_degrees(square), DETECTION,
                                0.2))
    return tuple(found)


def one_country(data, cells):
    """In a process of its own: draw and write in strips."""
    land = country_of(data)
    marks = assessed(land)
    effort = Effort(searches(land, 2_000, 0, 2))
    bounds = prepare(land, marks, density_of(STATED), 1_000.0).grid
    cell = np.sqrt(bounds.rows * bounds.columns * 1e6 / cells)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "map.tif"
        begin = time.perf_counter()
        made = workflows.write_map(land, marks, STATED, out, float(cell), effort)
        whole = time.perf_counter() - begin
        size = out.stat().st_size / 1e6
        more = Effort(effort.passes + searches(land, 40, 2_000, 3))
        begin = time.perf_counter()
        again = workflows.write_map(land, marks, STATED, out, float(cell), more, update=True)
        later = time.perf_counter() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {len(land.hazards):,} hazards, 2,000 searches; {made.rows:,} x {made.columns:,} "
          f"cells of {cell:.1f} m, five bands")
    print(f"  drawn and written {whole:.1f} s, file {size:.0f} MB; with 40 searches more, --update "
          f"{later:.1f} s ({again.cells:,} cells drawn)")
    print(f"  largest memory of the process {memory:,.0f} MB")


def day(data, repeats, cell):
    land = country_of(data)
    marks = assessed(land)
    density = density_of(STATED)
    known = searches(land, 2_000, 0, 2)
    dated = tuple((p.id, p.ground, date(2026, 1, 1)) for p in known)
    effort = Effort(known, dated=dated)
    print(f"One day's reports: {len(land.hazards):,} hazards, 2,000 searches, 40 more, cells of "
          f"{cell:g} m, {repeats} repeats")
    whole = timed("the map drawn whole", lambda: standing_map(
        land, marks, density, cell, effort=effort), max(1, repeats // 2))
    standing = standing_map(land, marks, density, cell, effort=effort)
    seconds, cells = [], 0
    for k in range(repeats):
        new = searches(land, 40, 10_000 + 40 * k, 50 + k)
        effort = dataclasses.replace(
            effort, passes=effort.passes + new,
            dated=effort.dated + tuple((p.id, p.ground, date(2026, 2, 1)) for p in new))
        begin = time.perf_counter()
        standing, windows = update_map(standing, effort)
        seconds.append(time.perf_counter() - begin)
        cells = sum((b - t) * (e - f) for t, f, b, e in windows)
    print(f"  {'one more day of 40 searches':58s} {np.median(seconds):8.4f} s  ("
          f"{min(seconds):.4f} to {max(seconds):.4f})   "
          f"{100 * np.median(seconds) / whole:6.2f} % of the whole; {cells:,} cells the last day")
    anew = standing_map(land, marks, density, cell, effort=effort)
    same = np.array_equal(anew.map.bands, standing.map.bands, equal_nan=True)
    print(f"    same bits as drawn whole after {repeats} days: {same}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a hundredth of the cells")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--cell", type=float, default=100.0, help="m, of part 3")
    parser.add_argument("--part", choices=("grid", "country", "day", "inside"), default=None)
    given = parser.parse_args()
    cells = 750_000 if given.small else 75_000_000
    if given.part in (None, "grid"):
        grid(cells, given.repeats)
    if given.part in (None, "country"):
        print("A country in strips")
        words = [sys.executable, __file__, "--part", "inside", *(["--small"] * given.small),
                 *(["--data", str(given.data)] if given.data else [])]
        sys.stdout.flush()
        subprocess.run(words, check=True)
    if given.part == "inside":
        one_country(given.data, cells)
    if given.part in (None, "day"):
        day(given.data, given.repeats, 1_000.0 if given.small else given.cell)


if __name__ == "__main__":
    main()
