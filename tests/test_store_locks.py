"""A process that has a registry open, looks at it again, and another process that comes and goes:
what the first one acknowledged is there."""

import gc
import subprocess
import sys
import threading

import pytest

from landrelease.errors import LandReleaseError
from landrelease.store import files
from landrelease.store.migrate import migrate
from landrelease.store.open import create_registry, is_registry, open_registry
from test_store_geopackage import revision

VISIT = """
import sys
from landrelease.store.open import open_registry
with open_registry(sys.argv[1]) as registry:
    print(*[r.id for r in registry.records("hazard")])
"""


def visit(path):
    """What another process reads, that opens the registry and closes it again."""
    return subprocess.run([sys.executable, "-c", VISIT, path], capture_output=True, text=True,
                          check=True).stdout.split()


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "office.gpkg"
    create_registry(found, office="Office").close()
    return found


def look_again(path):
    open_registry(path).close()


def look_without_writing(path):
    open_registry(path, writable=False).close()


@pytest.mark.parametrize("look", [look_again, look_without_writing, is_registry, files.check,
                                  migrate])
def test_what_was_acknowledged_is_there_after_others_came_and_went(path, look):
    with open_registry(path) as registry:
        registry.append([revision("h1")])
        look(path)
        assert visit(path) == ["h1"]
        registry.append([revision("h2")])
        assert visit(path) == ["h1", "h2"]
    assert visit(path) == ["h1", "h2"]


def test_threads_that_open_and_close_lose_nothing_to_another_process(path):
    """As in a server, where each thread has a registry of its own."""
    stop = threading.Event()
    failed = []

    def come_and_go():
        try:
            while not stop.is_set():
                look_again(path)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        with open_registry(path) as registry:
            for n in range(5):
                registry.append([revision(f"h{n}")])
                assert visit(path) == [f"h{k}" for k in range(n + 1)]
    finally:
        stop.set()
        thread.join()
    assert not failed


def test_a_file_is_looked_at_again_when_the_last_connection_is_gone(path):
    first, second = open_registry(path), open_registry(path)
    first.close()
    files.check(path)  # not looked at: `second` has it open
    second.close()
    path.write_bytes(b"no registry any more")
    with pytest.raises(LandReleaseError) as raised:
        files.check(path)
    assert raised.value.code == "STO-003"


def test_a_connection_that_is_forgotten_counts_no_longer(path):
    db = files.open_sqlite(path, "mode=ro")
    del db
    gc.collect()  # a connection and its statements hold each other
    path.write_bytes(b"no registry any more")
    with pytest.raises(LandReleaseError):
        files.check(path)
