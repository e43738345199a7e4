"""Making worlds: seconds, largest memory, bytes; and the table of docs/worlds.md.

    python benchmarks/bench_world.py [--size village|district|region ...] [--seed 1] [--table]

Each world is made in a process of its own. Without --size all three are made. `--table` prints the
description of the worlds in memory beside the published ranges, as Markdown, and measures nothing.
There is no peer: we know of no public generator of mine-action programmes.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from landrelease.worlds.describe import describe_world
from landrelease.worlds.make import generate, make_world
from landrelease.worlds.sizes import SIZES


def one(size: str, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / size
        start = time.perf_counter()
        made = make_world(size, seed, out)
        seconds = time.perf_counter() - start
        written = sum(p.stat().st_size for p in out.rglob("*") if p.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{size:<9}{seconds:>7.1f} s {peak:>6.0f} MB {written / 1e6:>7.1f} MB written "
          f"{made.items:>8,} items {made.suspected_m2 / 1e4:>8,.0f} ha "
          f"{made.suspected_areas:>6,} areas {made.reports:>7,} reports "
          f"{made.cut_off} of {made.communities} communities cut off", flush=True)


def table(sizes: list[str], seed: int) -> None:
    described = [describe_world(generate(size, seed)) for size in sizes]
    print("| what | " + " | ".join(sizes) + " | unit | published | source |")
    print("| --- |" + " --- |" * (len(sizes) + 3))
    for rows in zip(*described, strict=True):
        first = rows[0]
        known = "" if first.low is None else f"{first.low:g} to {first.high:g}"
        values = [f"{s.value:.3g}" + (" (outside)" if s.within is False else "") for s in rows]
        print(f"| {first.name} | {' | '.join(values)} | {first.unit} | {known} | "
              f"{first.source} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", nargs="*", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.table:
        table(options.size, options.seed)
    elif options.here:
        one(options.size[0], options.seed)
    else:
        for size in options.size:
            subprocess.run([sys.executable, __file__, "--here", "--size", size, "--seed",
                            str(options.seed)], check=True)


if __name__ == "__main__":
    main()
