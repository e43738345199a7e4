"""Writes killed by SIGKILL at random moments: each is whole or absent, each file passes its audit.

    python benchmarks/bench_kill.py [--writes 1000] [--seed 1]

A process appends revisions and takes imports in, one after the other, until it is killed; another
one opens what is left. What had been acknowledged has to be there.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import shapely

T0 = datetime(2027, 1, 1, tzinfo=UTC)


def revision(record: str, source: str = ""):
    from landrelease.core.revision import Revision

    return Revision("hazard", record, {"name": "x" * 200}, shapely.box(17, 44, 17.1, 44.1), T0,
                    "landrelease benchmark", "why", source)


def write(path: str, run: int, pipe) -> None:
    from landrelease.core.finding import ImportReport, Intake
    from landrelease.store.open import open_registry

    with open_registry(path) as registry:
        step = 0
        while True:
            names = [f"h-{run}-{step}-{n}" for n in range(20)]
            if step % 2:
                registry.append([revision(n) for n in names])
            else:
                content = f"{run} {step}".encode() * 1000
                sha = hashlib.sha256(content).hexdigest()
                registry.take_in(Intake(
                    ImportReport(f"{run}-{step}.csv", sha, "hazard", 20, 20, 0, 0, (), ()),
                    tuple(revision(n, sha) for n in names), (), content))
            pipe.send(step)
            step += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--writes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    from landrelease.store.open import create_registry, open_registry

    rng = np.random.default_rng(options.seed)
    fork = multiprocessing.get_context("fork")
    broken = lost = half = 0
    inside = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.gpkg"
        for run in range(options.writes):
            if run % 50 == 0:
                path.unlink(missing_ok=True)
                create_registry(path, office="A").close()
            ours, theirs = fork.Pipe()
            process = fork.Process(target=write, args=(str(path), run, theirs))
            process.start()
            theirs.close()
            time.sleep(float(rng.uniform(0.005, 0.12)))
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            acknowledged = -1
            try:
                while ours.poll():
                    acknowledged = ours.recv()
            except EOFError:
                pass
            with open_registry(path) as registry:
                held: dict[int, int] = {}
                for record in registry.ids("hazard"):
                    _, of, step, _ = record.split("-")
                    if int(of) == run:
                        held[int(step)] = held.get(int(step), 0) + 1
                half += any(n != 20 for n in held.values())
                lost += any(step not in held for step in range(acknowledged + 1))
                inside += len(held) > acknowledged + 1
                broken += bool(registry.audit())
    print(f"{options.writes:,} writers killed: {half} half writes, {lost} acknowledged lost, "
          f"{broken} files that do not pass their audit; {inside} were whole before they could say "
          "so")
    sys.exit(1 if broken or lost or half else 0)


if __name__ == "__main__":
    main()
