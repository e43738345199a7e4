"""A registry killed at any moment opens with an import whole or not at all."""

import multiprocessing
import os
import signal
import sqlite3
import time

import pytest
import shapely

from landrelease.store import files
from landrelease.store.open import create_registry, open_registry
from test_store_geopackage import intake, revision

ROWS = 1500
BIG = intake([revision(f"h{n}", geometry=shapely.box(17, 44, 17.01, 44.01 + n / 1e5), name=f"{n}")
              for n in range(ROWS)], 50, content=os.urandom(50_000))
FORK = multiprocessing.get_context("fork")


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def _write(path, statement, steps, ready):
    """Take in; die when a statement begins, or after a number of steps of SQLite's machine."""
    registry = open_registry(path)
    if statement:
        registry._db.set_trace_callback(lambda sql: die() if sql.startswith(statement) else None)
    if steps:
        left = [steps]

        def tick():
            left[0] -= 1
            return die() if left[0] <= 0 else 0

        registry._db.set_progress_handler(tick, 1000)
    ready.set()
    registry.take_in(BIG)
    die()  # written, not closed


def killed(path, statement="", steps=0, after_s=None):
    ready = FORK.Event()
    process = FORK.Process(target=_write, args=(path, statement, steps, ready))
    process.start()
    if after_s is not None:
        ready.wait(30)
        time.sleep(after_s)
        process.kill()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


def test_a_committed_import_outlives_a_power_cut(tmp_path):
    """Each connection waits until what was committed is on the disk; those of other tests do not
    (`conftest.py`)."""
    create_registry(tmp_path / "r.gpkg", office="x").close()
    connect = files.connect.__wrapped__
    for writable in (True, False):
        db = connect(tmp_path / "r.gpkg", writable=writable, wait_s=1.0)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        db.close()


def whole_or_absent(path):
    with open_registry(path) as registry:
        assert registry.audit() == []
        counts = (registry.count(), len(registry.imports()), len(registry.quarantine(None)),
                  len(registry.records("hazard")))
        assert counts in ((1, 0, 0, 1), (ROWS + 1, 1, 50, ROWS + 1))
        if counts[0] == 1:
            assert registry.sources() == {}
            registry.take_in(BIG)  # and the import can be made again
            assert registry.audit() == []
    assert not list(path.parent.glob("*-wal")) + list(path.parent.glob("*-shm"))
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    return counts[1] == 1


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "r.gpkg"
    with create_registry(path, office="A") as registry:
        registry.append([revision("before")])
    return path


@pytest.mark.parametrize("statement", [
    "BEGIN IMMEDIATE", "INSERT OR IGNORE INTO source_file", 'INSERT INTO "revision"',
    'INSERT INTO "hazard"', "CREATE TRIGGER", 'INSERT INTO "import"', "INSERT INTO quarantine",
    "COMMIT"])
def test_killed_before_the_end_nothing_is_there(path, statement):
    killed(path, statement)
    assert not whole_or_absent(path)


@pytest.mark.parametrize("steps", [30, 150])
def test_killed_in_the_middle_of_the_rows_nothing_is_there(path, steps):
    killed(path, steps=steps)
    assert not whole_or_absent(path)


def test_killed_after_the_end_all_is_there(path):
    killed(path)
    assert whole_or_absent(path)


@pytest.mark.parametrize("after_s", [0.02, 0.08, 0.15, 0.22])
def test_killed_at_any_moment_it_is_whole_or_absent(path, after_s):
    killed(path, after_s=after_s)
    whole_or_absent(path)


def test_killed_while_pages_are_spilled_nothing_is_there(path, monkeypatch):
    connect = files.connect

    def small_memory(*args, **kwargs):
        db = connect(*args, **kwargs)
        db.execute("PRAGMA cache_size = 10")  # pages: the transaction goes to the disk in parts
        return db

    monkeypatch.setattr(files, "connect", small_memory)
    killed(path, "COMMIT")
    assert path.with_name(path.name + "-wal").stat().st_size > 100_000
    assert not whole_or_absent(path)


def test_killed_while_it_is_made_no_half_registry_stands_there(tmp_path):
    path = tmp_path / "new.gpkg"

    def make():
        files.move_new = die
        create_registry(path, office="A")

    process = FORK.Process(target=make)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL and not path.exists()
    create_registry(path, office="A").close()
