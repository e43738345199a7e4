"""Back-tests of synthetic villages, month by month: what the records alone would have forecast.

    python benchmarks/bench_villages.py [--seeds 6] [--runs 240]
    python benchmarks/bench_villages.py --small

Each village (`world make --size village`, another model in code of its own) is imported, and a
forecast is made at the end of every past month from what its records held by then, as `forecast
backtest` does. Printed for 1, 3 and 6 months ahead, of all villages together: forecasts, share of
the truths inside the interval that is to hold 80 %, CRPS in ha, that of the pace drawn again in
blocks of three months, and of the mean pace carried on. Forecasts of one village overlap: they are
no independent ones.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from typer.testing import CliRunner

from landrelease.access import policy
from landrelease.apps.cli import app
from landrelease.store.open import open_registry
from landrelease.workflows import load_assumptions
from landrelease.workflows.forecasting import METHODS, backtest
from landrelease.worlds.make import make_world

LAYERS = ("municipalities.geojson", "suspected_areas.geojson", "cancelled_areas.geojson",
          "reduced_areas.geojson", "cleared_areas.geojson", "settlements.csv")
TABLES = (("inspections.csv", "inspection"), ("daily_reports.csv", "daily_reports"))


def village(folder: Path, seed: int) -> Path:
    """A registry with the land, the releases, the inspections and the daily reports of a world."""
    make_world("village", seed, folder / "world")
    path = folder / "village.gpkg"

    def call(*words: str | Path) -> None:
        found = CliRunner().invoke(app, [str(w) for w in words])
        if found.exit_code not in (0, 1):
            raise RuntimeError(f"{words}: {found.output} {found.exception}")

    call("init", path)
    world = folder / "world"
    call("import", *[world / name for name in LAYERS], "--into", path, "--crs",
         "EPSG:4326", "--quiet")
    for name, mapping in TABLES:
        call("import", world / name, "--into", path, "--mapping",
             world / "mappings" / f"{mapping}.yaml", "--quiet")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--runs", type=int, default=240)
    parser.add_argument("--small", action="store_true", help="one village, 40 runs")
    options = parser.parse_args()
    if options.small:
        options.seeds, options.runs = 1, 40
    start = time.perf_counter()
    # (method, months ahead) -> [(forecasts, inside 80 %, CRPS in m²)] of each village
    found: dict[tuple[str, int], list[tuple[int, float, float]]] = defaultdict(list)
    for seed in range(1, options.seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            path = village(Path(folder), seed)
            with open_registry(str(path)) as registry:
                made = backtest(registry, policy.view("planner"), load_assumptions(),
                                runs=options.runs, seed=seed)
        for method in METHODS:
            for ahead, s in made.scores[method].items():
                if s.count and s.crps is not None:
                    found[method, ahead].append((s.count, s.coverage["80%"], s.crps))
    print(f"{options.seeds} villages, {options.runs} runs a forecast, "
          f"{time.perf_counter() - start:.0f} s")
    print("months ahead | forecasts | inside 80 % | CRPS, ha | pace drawn again | carried on")
    for ahead in sorted({a for _, a in found}):
        cells = []
        for method in METHODS:
            own = found[method, ahead]
            count = sum(n for n, _, _ in own)
            inside, score = (sum(n * row[k] for n, *row in own) / count for k in (0, 1))
            cells += [f"{count}", f"{inside:.0%}", f"{score / 1e4:.1f}"] if method == METHODS[0] \
                else [f"{score / 1e4:.1f}"]
        print(f"{ahead} | " + " | ".join(cells))


if __name__ == "__main__":
    main()
