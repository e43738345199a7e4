"""Many at once in PostgreSQL, while the server is killed: nothing lost, nothing doubled.

    python benchmarks/bench_postgis.py            # 8 writers, 32 readers, 60 s
    python benchmarks/bench_postgis.py --small    # 4 writers, 8 readers, 8 s

A throw-away server is started, killed as by a power cut and started again while processes write and
read. The peer, in the same run and without kills: plain INSERTs of the same rows into one table
without history, hashes or layers. Needs PostgreSQL with PostGIS (see tests/postgres.py).
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
T0 = datetime(2027, 1, 1, tzinfo=UTC)
SHAPE = shapely.box(17, 44, 17.1, 44.1)


def write(address: str, n: int, stop, out) -> None:
    from landrelease.core.revision import Revision
    from landrelease.store.open import open_registry

    done, took = [], []
    try:
        with open_registry(address, wait_s=60) as registry:
            step = 0
            while not stop.is_set():
                name = f"h-{n}-{step}"
                start = time.perf_counter()
                registry.append([Revision("hazard", name, {"name": name}, SHAPE, T0,
                                          "landrelease benchmark", "why", "")])
                took.append(time.perf_counter() - start)
                done.append(name)
                step += 1
        out.put(("write", done, took, ""))
    except Exception as error:
        out.put(("write", done, took, repr(error)))


def read(address: str, n: int, stop, out) -> None:
    from landrelease.store.open import open_registry

    took = []
    try:
        with open_registry(address, writable=False, wait_s=60) as registry:
            while not stop.is_set():
                start = time.perf_counter()
                registry.find("hazard", bounds=(17, 44, 18, 45), limit=100)
                took.append(time.perf_counter() - start)
                time.sleep(0.02)
        out.put(("read", [], took, ""))
    except Exception as error:
        out.put(("read", [], took, repr(error)))


def plain(address: str, n: int, stop, out) -> None:
    import psycopg

    took = []
    with psycopg.connect(address, autocommit=True) as db:
        step = 0
        while not stop.is_set():
            start = time.perf_counter()
            db.execute("INSERT INTO plain VALUES (%s, %s, %s)",
                       (f"h-{n}-{step}", f"h-{n}-{step}", SHAPE.wkb))
            took.append(time.perf_counter() - start)
            step += 1
    out.put(("plain", [], took, ""))


def run(calls, address: str, seconds: float, between=None) -> list:
    context = multiprocessing.get_context("spawn")
    stop, out = context.Event(), context.Queue()
    processes = [context.Process(target=call, args=(address, n, stop, out))
                 for n, call in enumerate(calls)]
    for process in processes:
        process.start()
    time.sleep(2 + len(processes) / 4)  # until all of them run
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if between is not None:
            between(until)
        time.sleep(0.1)
    stop.set()
    found = [out.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
    return found


def words(took: list[float], seconds: float) -> str:
    if not took:
        return "none"
    return (f"{len(took) / seconds:,.0f} a second, p50 {1e3 * np.percentile(took, 50):.1f} ms, "
            f"p95 {1e3 * np.percentile(took, 95):.1f} ms, longest {max(took):.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    import postgres
    from landrelease.store.open import create_registry, open_registry

    writers, readers, seconds, kills = (4, 8, 8.0, 2) if options.small else (8, 32, 60.0, 6)
    bin_ = postgres.programs()
    if bin_ is None:
        sys.exit(postgres.NEEDED)
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "server"
        place.mkdir()
        server = postgres.Server(place, bin_)
        address = server.database("bench")
        create_registry(address, office="benchmark").close()
        server.execute("CREATE TABLE plain (id text PRIMARY KEY, name text, shape bytea)", "bench")
        moments = sorted(rng.uniform(0.1, 0.9) * seconds for _ in range(kills))

        def kill(until: float) -> None:
            if moments and seconds - (until - time.monotonic()) > moments[0]:
                moments.pop(0)
                server.kill()
                time.sleep(rng.uniform(0.0, 0.5))
                server.start()

        found = run([write] * writers + [read] * readers, address, seconds, kill)
        peer = run([plain] * writers, address, seconds / 4)
        acknowledged = [name for what, done, _, _ in found if what == "write" for name in done]
        failed = [error for *_, error in found if error]
        with open_registry(address) as registry:
            held = [s.revision.record_id for s in registry.revisions()]
            alarms = registry.audit()
        server.stop()
    lost = set(acknowledged) - set(held)
    doubled = len(held) - len(set(held))
    unsaid = len(set(held) - set(acknowledged))
    print(f"{writers} writers, {readers} readers, {seconds:.0f} s, server killed {kills} times")
    for name, label in (("write", "writes"), ("read", "reads")):
        took = [t for what, _, times, _ in found if what == name for t in times]
        print(f"{label:<8} {words(took, seconds)}")
    took = [t for *_, times, _ in peer for t in times]
    print(f"peer     {words(took, seconds / 4)} (plain INSERT, no kills)")
    print(f"{len(acknowledged):,} acknowledged: {len(lost)} lost, {doubled} doubled, {unsaid} "
          f"never acknowledged, {len(failed)} clients failed, {len(alarms)} audit findings")
    for error in failed[:3]:
        print(error)
    sys.exit(1 if lost or doubled or failed or alarms else 0)


if __name__ == "__main__":
    main()
