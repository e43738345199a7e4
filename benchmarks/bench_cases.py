"""The public scheduling libraries: ours, CP-SAT alone and PyJobShop on the same cases.

    python benchmarks/bench_cases.py --data ../shared/data --set j60 [--seconds 60] [--cases N]

Sets: j30, j60, j120 (PSPLIB, one mode), mm (PSPLIB, several modes: j20, c21, m1, n1, j30), mspsp
(people with skills); without --set all. Of each a fixed tenth: every tenth case of its table, mixed
in a fixed order; with --cases N the first N of those. All solvers get the same case one after the
other, the same wall-clock limit and the same number of threads, and stop when they have proved
their plan. Every plan is replayed by the checker. CP-SAT alone has the standard model (intervals, a
mode each, cumulatives, one no-overlap for each person; horizon: all one after the other); PyJobShop
builds its own. Results go to --out case by case; what stands there is not run again unless the
code of ours or the version of a library has changed since. The table is of the (case, seed) pairs
that every solver has run; gaps are over those for which all found a plan, with the paired
difference to the first solver and the half-width of its 95 % interval over cases.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import platform
import random
import statistics
import tempfile
import time
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from landrelease.errors import LandReleaseError
from landrelease.plan.cases import psplib
from landrelease.plan.cases.case import Case, Work
from landrelease.plan.cases.check import faults
from landrelease.plan.cases.mspsp import read_mspsp
from landrelease.plan.cases.psplib import read_psplib
from landrelease.plan.cases.solve import plan_case

SETS = ("j30", "j60", "j120", "mm", "mspsp")
SOLVERS = ("ours", "cpsat", "pyjobshop")


def listed(data: Path, name: str) -> list[tuple[str, str, int | None]]:
    """(archive, file, best known makespan or None) of every case of a set."""
    if name == "mspsp":
        tables = [data / "mspsp" / f"set-{s}_results.csv" for s in ("1a", "2a")]
        rows = [r for t in tables for r in csv.DictReader(t.open(encoding="utf-8"))
                if r["instance_present"] == "True"]
        return [(f"mspsp/{r['set']}.dzn.zip", r["file"], int(r["makespan"])) for r in rows]
    if name == "mm":
        with (data / "psplib-mrcpsp" / "best_known.csv").open(encoding="utf-8") as file:
            return [(f"psplib-mrcpsp/{r['set']}.mm.zip", r["file"],
                     int(r["makespan"]) if r["makespan"] else None) for r in csv.DictReader(file)]
    with (data / "psplib-rcpsp" / "best_known.csv").open(encoding="utf-8") as file:
        return [(f"psplib-rcpsp/{name}.sm.zip", r["file"], int(r["best_known_makespan"]))
                for r in csv.DictReader(file) if r["set"] == name]


def tenth(cases: list, many: int | None) -> list:
    """Every tenth, beginning with the fifth; of these the first `many` in a fixed mixed order."""
    chosen = cases[4::10]
    random.Random(1).shuffle(chosen)
    return chosen[:many]


def read(data: Path, archive: str, file: str) -> Case:
    text = zipfile.ZipFile(data / archive).read(file).decode()
    return (read_mspsp if file.endswith(".dzn") else read_psplib)(text, file)


def ours(case: Case, seconds: float, workers: int, seed: int):
    try:
        plan = plan_case(case, seconds=seconds, seed=seed, workers=workers)
    except LandReleaseError as error:
        return None, None, error.facts.get("bound"), error.code == "PLN-307"
    return plan.works, plan.makespan, plan.bound, plan.proved


def cpsat(case: Case, seconds: float, workers: int, seed: int):
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    horizon = sum(max(m.duration for m in a.modes) for a in case.activities)
    start, end, choice, seats = {}, {}, {}, {}
    uses = [[] for _ in case.renewable]
    busy = [[] for _ in case.masters]
    for a in case.activities:
        start[a.id] = model.new_int_var(0, horizon, "")
        end[a.id] = model.new_int_var(0, horizon, "")
        choice[a.id] = [model.new_bool_var("") for _ in a.modes]
        model.add_exactly_one(choice[a.id])
        for mode, chosen in zip(a.modes, choice[a.id], strict=True):
            part = model.new_optional_interval_var(
                start[a.id], mode.duration, end[a.id], chosen, "")
            for r, amount in enumerate(mode.renewable):
                if amount:
                    uses[r].append((part, amount))
        for s, want in enumerate(a.people, 1):
            if not want:
                continue
            mine = []
            for p, skills in enumerate(case.masters):
                if s in skills:
                    seats[a.id, p, s] = model.new_bool_var("")
                    mine.append(seats[a.id, p, s])
                    busy[p].append(model.new_optional_fixed_size_interval_var(
                        start[a.id], a.modes[0].duration, mine[-1], ""))
            model.add(sum(mine) == want)
        for p in range(len(case.masters)):
            model.add_at_most_one(v for (i, q, _), v in seats.items() if i == a.id and q == p)
    for a in case.activities:
        for later in a.successors:
            model.add(start[later] >= end[a.id])
    for used, there in zip(uses, case.renewable, strict=True):
        model.add_cumulative([i for i, _ in used], [d for _, d in used], there)
    for k, there in enumerate(case.consumable):
        model.add(sum(m.consumable[k] * c for a in case.activities
                      for m, c in zip(a.modes, choice[a.id], strict=True)) <= there)
    for intervals in busy:
        model.add_no_overlap(intervals)
    makespan = model.new_int_var(0, horizon, "")
    model.add_max_equality(makespan, end.values())
    model.minimize(makespan)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.random_seed = seed
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return None, None, None, True
    bound = max(0, round(solver.best_objective_bound))
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, None, bound, False
    works = tuple(Work(
        a.id, solver.value(start[a.id]),
        1 + [solver.value(c) for c in choice[a.id]].index(1),
        tuple((p + 1, s) for (i, p, s), v in seats.items() if i == a.id and solver.value(v)))
        for a in case.activities)
    return works, round(solver.objective_value), bound, status == cp_model.OPTIMAL


def pyjobshop(case: Case, seconds: float, workers: int, seed: int):
    """With people, each seat is a task of its own; all seats of an activity start together."""
    from pyjobshop import Model

    model = Model()
    stores = [model.add_renewable(c) for c in case.renewable]
    stores += [model.add_consumable(c) for c in case.consumable]
    persons = [model.add_machine() for _ in case.masters]
    tasks, modes, at = {}, {}, 0  # modes: of each activity the place of its first
    seated: dict[int, list[tuple[int, int, list[int]]]] = {}
    for a in case.activities:
        tasks[a.id] = model.add_task()
        modes[a.id] = at
        for m in a.modes:
            demands = [*m.renewable, *m.consumable]
            wanted = [i for i, d in enumerate(demands) if d]
            model.add_mode(tasks[a.id], [stores[i] for i in wanted], m.duration,
                           [demands[i] for i in wanted])
            at += 1
        for s, want in enumerate(a.people, 1):
            for _ in range(want):
                seat = model.add_task()
                able = [p for p, skills in enumerate(case.masters) if s in skills]
                seated.setdefault(a.id, []).append((at, s, able))
                for p in able:
                    model.add_mode(seat, persons[p], a.modes[0].duration)
                    at += 1
                model.add_start_at_start(tasks[a.id], seat)
                model.add_start_at_start(seat, tasks[a.id])
    for a in case.activities:
        for later in a.successors:
            model.add_end_before_start(tasks[a.id], tasks[later])
    result = model.solve(time_limit=seconds, num_workers=workers, display=False, random_seed=seed)
    bound = max(0, round(result.lower_bound))
    if result.status.value == "Infeasible":
        return None, None, None, True
    if not result.best.tasks:
        return None, None, bound, False
    found = iter(result.best.tasks)
    works = []
    for a in case.activities:
        own = next(found)
        people = []
        for first, skill, able in seated.get(a.id, []):
            people.append((able[next(found).mode - first] + 1, skill))
        works.append(Work(a.id, own.start, own.mode - modes[a.id] + 1, tuple(people)))
    return tuple(works), round(result.objective), bound, result.status.value == "Optimal"


def made_by() -> dict[str, str]:
    """What the results of each solver hang on: its code (ours) and the libraries' versions."""
    def of(name: str) -> str:
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            return f"{name} missing"

    code = hashlib.sha256()
    for file in sorted(Path(psplib.__file__).parent.glob("*.py")):
        code.update(file.read_bytes())
    return {"ours": f"{code.hexdigest()[:12]}, {of('ortools')}, {of('numba')}",
            "cpsat": of("ortools"), "pyjobshop": f"{of('pyjobshop')}, {of('ortools')}"}


def run(args: argparse.Namespace) -> list[dict]:
    present = made_by()
    done = json.loads(args.out.read_text()) if args.out.exists() else []
    done = [r for r in done if r.get("made_by") == present[r["solver"]]]
    key = ("set", "file", "solver", "seed", "seconds", "workers")
    known = {tuple(r[k] for k in key) for r in done}
    for name in args.sets:
        for archive, file, best in tenth(listed(args.data, name), args.cases):
            case = read(args.data, archive, file)
            for solver in args.solvers:
                for seed in range(1, args.seeds + 1):
                    row = {"set": name, "file": file, "solver": solver, "seed": seed,
                           "seconds": args.seconds, "workers": args.workers}
                    if tuple(row.values()) in known:
                        continue
                    began = time.perf_counter()
                    works, makespan, bound, proved = globals()[solver](
                        case, args.seconds, args.workers, seed)
                    took = time.perf_counter() - began
                    if works is not None:
                        assert not faults(case, works, makespan), (file, solver)
                    done.append(row | {"best_known": best, "makespan": makespan, "bound": bound,
                                       "proved": proved, "took": round(took, 2),
                                       "made_by": present[solver]})
                    beside = args.out.with_suffix(".part")
                    beside.write_text(json.dumps(done, indent=1))
                    beside.replace(args.out)
                    print(f"{file:<44}{solver:<10} seed {seed}  best known {best}  "
                          f"plan {makespan}  bound {bound}  {took:.1f} s", flush=True)
    return done


def table(rows: list[dict], args: argparse.Namespace) -> None:
    """Only what all the solvers have run, so that the figures are of the same cases and seeds."""
    print(f"\n{args.seconds:g} s a case, {args.workers} threads on "
          f"{os.cpu_count()} cores ({platform.machine()}); gap: to the best known, where all have "
          "a plan; 'best': no plan known is better; proved: within the limit; difference: of the "
          f"gap to that of {args.solvers[0]}, paired, with its 95 % interval over cases")
    print(f"{'set':<8}{'solver':<11}{'runs':>6}{'plans':>7}{'proved':>8}{'best':>6}"
          f"{'mean gap':>10}{'worst':>8}{'mean s':>8}{'difference':>20}  gap by seed")
    for name in args.sets:
        by = {s: {(r["file"], r["seed"]): r for r in rows
                  if r["set"] == name and r["solver"] == s and r["seconds"] == args.seconds
                  and r["workers"] == args.workers} for s in args.solvers}
        common = sorted(set.intersection(*(set(own) for own in by.values())))
        planned = [k for k in common if all(own[k]["makespan"] for own in by.values())
                   and by[args.solvers[0]][k]["best_known"]]
        gap = {s: {k: own[k]["makespan"] / own[k]["best_known"] - 1 for k in planned}
               for s, own in by.items()}
        for solver, own in by.items():
            if not common:
                continue
            every = list(gap[solver].values())
            apart = [gap[solver][k] - gap[args.solvers[0]][k] for k in planned]
            wide = 1.96 * statistics.stdev(apart) / len(apart) ** 0.5 if len(apart) > 1 else 0.0
            by_seed = {seed: [g for (_, s), g in gap[solver].items() if s == seed]
                       for seed in sorted({seed for _, seed in planned})}
            mean = f"{statistics.mean(every):.2%}" if every else "-"
            worst = f"{max(every):.1%}" if every else "-"
            between = f"{statistics.mean(apart):+.2%} +- {wide:.2%}" if every else "-"
            proved = sum(bool(own[k]["proved"]) and own[k]["took"] <= args.seconds + 1
                         for k in common)
            print(f"{name:<8}{solver:<11}{len(common):>6}"
                  f"{sum(own[k]['makespan'] is not None for k in common):>7}{proved:>8}"
                  f"{sum(g <= 0 for g in every):>6}{mean:>10}{worst:>8}"
                  f"{statistics.mean(own[k]['took'] for k in common):>8.1f}{between:>20}  "
                  + " ".join(f"{statistics.mean(g):.2%}" for g in by_seed.values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--set", dest="sets", action="append", choices=SETS)
    parser.add_argument("--solver", dest="solvers", action="append", choices=SOLVERS)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--cases", type=int, help="of the tenth of each set; default: all")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, choices=(1, 2))
    parser.add_argument("--out", type=Path, help="results (JSON); resumed if it exists",
                        default=Path(tempfile.gettempdir()) / "bench_cases.json")
    args = parser.parse_args()
    args.sets, args.solvers = args.sets or SETS, args.solvers or SOLVERS
    first = read(args.data, *tenth(listed(args.data, "j30"), 1)[0][:2])
    plan_case(first, iterations=1, workers=1)  # compiled before anything is timed
    table(run(args), args)


if __name__ == "__main__":
    main()
