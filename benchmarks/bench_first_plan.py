"""How soon the command line shows a first plan, and where the time goes.

    python benchmarks/bench_first_plan.py [--hazards 500] [--roads] [--small]

A synthetic registry (made up, in the open sea) is written once: hazards of 1 to 10 ha around 20
settlements, 60 teams with accreditations, closures, money and projects; with `--roads` also roads
between the settlements, which hazards block. Then `landrelease plan make --seconds 1` is started as
a user starts it, in a process of its own, and the time is taken from the start of the process until
it prints its first plan, and until it ends. The first run fills the caches of compiled code and is
shown apart; the others are the figure. The parts are processor time of one run in this process,
imports included.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import shapely

TEAMS = (("nts", 4, 100_000), ("ts", 10, 8_000), ("manual", 38, 400), ("mechanical", 8, 5_000))
AT = datetime(2027, 1, 1, tzinfo=UTC)
START = "2027-04-01"


def make_registry(folder: Path, hazards: int, seed: int, roads: bool = False
                  ) -> tuple[Path, Path]:
    """A registry and a teams file; everything in them is made up. roads : each town is joined to
    the three nearest."""
    from landrelease.core.revision import Revision
    from landrelease.store.open import create_registry

    chance = np.random.default_rng(seed)
    towns = np.column_stack([chance.uniform(0, 0.6, 20), chance.uniform(-47.4, -47.0, 20)])
    home = chance.integers(0, 20, hazards)
    middle = towns[home] + chance.normal(0, 0.02, (hazards, 2))
    side = np.sqrt(chance.uniform(1e4, 1e5, hazards)) / 2 / 111_000
    made = [Revision("settlement", f"S{k}", {
        "identifier": f"S{k}", "name": f"Town {k}", "population": int(chance.integers(50, 5_000))},
        shapely.Point(*xy), AT, "landrelease benchmark", "made up", "", AT.date())
        for k, xy in enumerate(towns)]
    made += [Revision("hazard", f"H{n}", {
        "identifier": f"H{n}", "hazard_type": "SHA", "status": "open", "vegetation": "low"},
        shapely.box(x - s, y - s, x + s, y + s), AT, "landrelease benchmark", "made up", "",
        AT.date()) for n, ((x, y), s) in enumerate(zip(middle, side, strict=True))]
    rows = []
    for kind, count, rate in TEAMS:
        for b in range(2):
            pool = f"{kind}-{b}"
            rows.append(f"{pool},{kind},Operator,Town {b},{towns[b][0]:.5f},{towns[b][1]:.5f},"
                        f"{count // 2},{rate},{rate // 2},{2 * rate},800,USD,,,made up")
            scope = {"nts": "NTS", "ts": "TS", "manual": "manual_clearance"}.get(kind, kind)
            for t in range(count // 2):
                name = f"{pool}-{t + 1}"
                made.append(Revision("team", name, {"identifier": name}, None, AT,
                                     "landrelease benchmark", "made up", "", AT.date()))
                made.append(Revision("accreditation", f"A-{name}", {
                    "team": name, "scope": scope, "granted_on": date(2026, 1, 1),
                    "expires_on": date(2038, 1, 1), "accreditation_status": "granted"}, None, AT,
                    "landrelease benchmark", "made up", "", AT.date()))
    for k in range(20):
        begin = datetime(2027, 4 + k % 8, 1 + k, tzinfo=UTC)
        made.append(Revision("closure", f"C{k}", {
            "closed_from": begin.isoformat(),
            "closed_until": begin.replace(year=2028).isoformat()},
            shapely.box(*(towns[k] - 0.01), *(towns[k] + 0.01)), AT, "landrelease benchmark",
            "made up", "", AT.date()))
        made.append(Revision("project", f"P{k}", {
            "hazards": [f"H{k}", f"H{k + 20}"], "cost": 50_000.0, "currency": "USD",
            "duration_days": 60.0, "beneficiaries": 500}, None, AT, "landrelease benchmark",
            "made up", "", AT.date()))
        made.append(Revision("fund", f"F{k}", {
            "phase": "demining" if k % 4 else "rebuilding", "amount": 3e6, "currency": "USD",
            "available_on": date(2027 + k // 4, 3, 1), "fund_status": "committed"}, None, AT,
            "landrelease benchmark", "made up", "", AT.date()))
    for k in range(20 if roads else 0):
        for n in np.argsort(np.hypot(*(towns - towns[k]).T))[1:4].tolist():
            made.append(Revision("road", f"R{k}-{n}", {"road_class": "secondary"},
                                 shapely.LineString([towns[k], towns[n]]), AT,
                                 "landrelease benchmark", "made up", "", AT.date()))
    path, teams = folder / "r.gpkg", folder / "teams.csv"
    with create_registry(path, office="made up") as registry:
        registry.keep_setting("synthetic", "yes")
        registry.append(made)
    teams.write_text("id,kind,organisation,base,longitude,latitude,teams,m2_per_day,m2_per_day_low,"
                     "m2_per_day_high,cost_per_day,currency,available_from,available_until,source\n"
                     + "\n".join(rows) + "\n")
    return path, teams


def run(registry: Path, teams: Path, out: Path) -> tuple[float, float]:
    """Seconds until the first plan is shown, and until the command ends."""
    quiet = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "landrelease", "plan", "make", str(registry), "--teams", str(teams),
         "--out", str(out), "--seconds", "1", "--start", START, "--as", "planner", "--quiet"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=quiet)
    shown = float("nan")
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("First plan"):
            shown = time.perf_counter() - began
    process.wait()
    return shown, time.perf_counter() - began


def parts(registry: Path, teams: Path) -> dict[str, float]:
    """Processor seconds of each part up to the first plan."""
    out: dict[str, float] = {}
    last = [time.process_time()]

    def done(name: str) -> None:
        now = time.process_time()
        out[name], last[0] = now - last[0], now

    import landrelease.apps.plan_commands  # noqa: F401
    from landrelease import workflows
    from landrelease.store.open import open_registry
    from landrelease.workflows import sharing
    from landrelease.workflows.recorded import sources_of

    done("imports of the command line")
    opened = open_registry(str(registry))
    reader = sharing.reader_of(opened, "planner", None, [])
    stated = workflows.load_assumptions(None, opened)
    done("registry, assumptions")
    land = workflows.load_land(opened, stated, reader=reader)
    sources = sources_of(opened, reader)
    done("land and records")
    assessed = workflows.assess(land, stated)
    done("assessments")
    asked = workflows.planning_problem(
        land, assessed, workflows.load_teams(teams), stated, start=date.fromisoformat(START),
        binding=workflows.Binding(sources))
    done("the problem")
    from landrelease.plan.works import first_plan

    found = first_plan(asked.problem)
    done("compiled code from its cache, first plan")
    from landrelease.store.results import save_plan

    save_plan(registry.parent / "first", workflows.plan_file(
        found.plan, land, stated, date.fromisoformat(START), asked.read))
    done("its files")
    opened.close()
    out["stages"], out["options"] = len(asked.problem.stage_ids), len(asked.problem.first_pool)
    return out


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--hazards", type=int, default=500)
    asked.add_argument("--runs", type=int, default=5)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--roads", action="store_true", help="with recorded roads")
    asked.add_argument("--small", action="store_true", help="60 hazards, 2 runs")
    asked.add_argument("--parts-of", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.parts_of:
        import json

        print(json.dumps(parts(*options.parts_of)))
        return
    hazards, runs = (60, 2) if options.small else (options.hazards, options.runs)
    with tempfile.TemporaryDirectory() as folder:
        registry, teams = make_registry(Path(folder), hazards, options.seed, options.roads)
        cold = run(registry, teams, Path(folder) / "plan")
        # Each into a folder of its own: the first plan is written before it is shown.
        times = [run(registry, teams, Path(folder) / f"plan-{k}") for k in range(runs)]
        inside = subprocess.run(
            [sys.executable, __file__, "--parts-of", str(registry), str(teams)], check=True,
            capture_output=True, text=True).stdout
    import json

    found = json.loads(inside)
    shown, ended = ([t[k] for t in times] for k in (0, 1))
    print(f"{hazards} hazards, {found.pop('stages'):.0f} stages, {found.pop('options'):.0f} "
          f"options; seed {options.seed}")
    print(f"first plan shown: median {statistics.median(shown):.2f} s of {runs} runs "
          f"({min(shown):.2f} to {max(shown):.2f}); the command with --seconds 1 ends after "
          f"{statistics.median(ended):.2f} s; the first run of all (caches empty or not): "
          f"{cold[0]:.2f} s")
    for name, seconds in found.items():
        print(f"  {seconds:6.2f} s  {name}")
    print(f"  {sum(found.values()):6.2f} s  together, processor time of one process")


if __name__ == "__main__":
    main()
