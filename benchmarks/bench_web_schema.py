"""The longer run of `tests/test_web_schema.py`: Schemathesis on every operation of the description.

    python benchmarks/bench_web_schema.py --examples 200 --role planner
    python benchmarks/bench_web_schema.py --examples 20 --role all --postgis
    python benchmarks/bench_web_schema.py --examples 50 --role administrator --malformed

Prints each operation with how long it took and what went wrong; ends with 1 where something did.
`--postgis` asks a throw-away PostgreSQL instead of a file; `--malformed` sends what breaks the
description.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from litestar.testing import TestClient

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
import postgres
from landrelease.access import policy
from web_schema import app_for, cases, operations, probe, small_registry


@contextlib.contextmanager
def database() -> Iterator[str]:
    programs = postgres.programs()
    if programs is None:
        raise SystemExit(postgres.NEEDED)
    # Not below a folder that others may not look into: the server runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="landrelease-postgres-"))
    server = postgres.Server(folder, programs)
    try:
        yield server.database("schema")
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def one_role(address: object, folder: Path, role: str, examples: int,
             malformed: bool) -> int:
    """How many operations had something wrong."""
    wrong = 0
    app, headers = app_for(address, folder, role)
    with TestClient(app, raise_server_exceptions=False) as client:
        for operation in operations(client):
            start = time.perf_counter()
            made = cases(operation, examples, malformed)
            failures = probe(client, made, headers)
            wrong += len(failures)
            print(f"{role:<14}{operation.method:<5}{operation.path:<46}"
                  f"{time.perf_counter() - start:6.1f} s {len(made):>5} sent  "
                  f"{failures or 'nothing wrong'}", flush=True)
    return wrong


def main() -> int:
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("--examples", type=int, default=200)
    said.add_argument("--role", default="planner", help="a role, or all")
    said.add_argument("--postgis", action="store_true")
    said.add_argument("--malformed", action="store_true")
    given = said.parse_args()
    logging.getLogger("httpx").setLevel(logging.WARNING)
    wrong = 0
    with tempfile.TemporaryDirectory() as name, (
            database() if given.postgis else contextlib.nullcontext(None)) as where:
        folder = Path(name)
        address = small_registry(folder, where)
        for role in policy.ROLES if given.role == "all" else [given.role]:
            wrong += one_role(address, folder, role, given.examples, given.malformed)
    print(f"{wrong} operations with something wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
