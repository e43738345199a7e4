"""100 readers and 10 writers with photographs for 10 minutes; the server is killed in the middle.

    python benchmarks/bench_readers_writers.py              # a file; 10 minutes
    python benchmarks/bench_readers_writers.py --postgis    # PostGIS, on a server of its own
    python benchmarks/bench_readers_writers.py --small      # 20 readers, 4 writers, 20 s

Asserted: no write that was acknowledged is lost or there twice, every retry succeeds in the end,
photographs are as they were sent, no reader is told an error but "busy" (503), the audit passes.
Readers, writers and server share the machine: this is no measurement of speed. `--postgis` needs
PostgreSQL with PostGIS (see tests/postgres.py).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import readers_writers

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--postgis", action="store_true")
    arguments.add_argument("--small", action="store_true")
    arguments.add_argument("--seconds", type=float, default=600)
    arguments.add_argument("--seed", type=int, default=1)
    stated = arguments.parse_args()
    size = {"readers": 20, "writers": 4, "photo_bytes": 50_000, "seconds": 20.0} if stated.small \
        else {"readers": 100, "writers": 10, "photo_bytes": 300_000, "seconds": stated.seconds}
    folder = Path(tempfile.mkdtemp(prefix="readers-writers-"))
    server = None
    try:
        address: str | Path = folder / "r.gpkg"
        if stated.postgis:
            import postgres

            programs = postgres.programs()
            if programs is None:
                arguments.error(postgres.NEEDED)
            place = Path(tempfile.mkdtemp(prefix="readers-writers-postgres-"))
            server = postgres.Server(place, programs)
            address = server.database("many")
        began = time.perf_counter()
        done = readers_writers.run(address, folder, seed=stated.seed, **size)
        took = time.perf_counter() - began
        found = readers_writers.check(address, done)
    finally:
        if server is not None:
            server.stop()
            shutil.rmtree(server.folder, ignore_errors=True)
        shutil.rmtree(folder)
    print(json.dumps({"store": "PostGIS" if stated.postgis else "file", **size,
                      "took_s": round(took, 1), **found}, indent=1))


if __name__ == "__main__":
    main()
