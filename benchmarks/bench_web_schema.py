"""The longer run of `tests/test_web_schema.py`: Schemathesis on every operation of the description.

    python benchmarks/bench_web_schema.py --examples 200 --role planner

Prints each operation with how many examples were sent and what went wrong; ends with 1 where
something did.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

from litestar.testing import TestClient

from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from web_schema import operations, probe, small_registry


def main() -> int:
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("--examples", type=int, default=200)
    said.add_argument("--role", default="planner")
    given = said.parse_args()
    logging.getLogger("httpx").setLevel(logging.WARNING)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        address = small_registry(Path(folder))
        app = make_app(Settings(str(address), f"{address}.accounts", role=given.role,
                                hosts=("testserver.local",)))
        with TestClient(app, raise_server_exceptions=False) as client:
            for operation in operations(client):
                start = time.perf_counter()
                failures = probe(client, operation, given.examples)
                wrong += len(failures)
                print(f"{operation.method:<5}{operation.path:<46}"
                      f"{time.perf_counter() - start:6.1f} s  {failures or 'nothing wrong'}")
    print(f"{wrong} operations with something wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
