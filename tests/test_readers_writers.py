"""WEB: a few readers and writers at once, the server killed in the middle; the benchmark does many.

bench_readers_writers.py: 100 readers and 10 writers for 10 minutes.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import readers_writers


@pytest.mark.parametrize("store", ["file", "postgis"])
def test_no_acknowledged_write_is_lost_when_the_server_is_killed(tmp_path, store, request):
    address = tmp_path / "r.gpkg" if store == "file" else request.getfixturevalue(
        "postgres_address")
    done = readers_writers.run(address, tmp_path, readers=6, writers=3, photo_bytes=5_000, each=5,
                               seed=3)
    found = readers_writers.check(address, done)
    assert found["submissions"] == 15 and found["edits"] == 3 and found["killed"] == 1
    assert found["reads"][200] > 6
