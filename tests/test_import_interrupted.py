"""A stopped import: what it said is done, and the same command does the rest."""

import os
import random
import signal
import subprocess
import sys
from datetime import date

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from broken_files import SQUARE, geo, place, shifted
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import imports

FILES = 5


@pytest.mark.parametrize(("how", "seed"), [(signal.SIGKILL, 1), (signal.SIGINT, 2),
                                           (signal.SIGKILL, 3), (signal.SIGINT, 4)])
def test_a_stopped_import_keeps_what_it_said_and_the_same_command_does_the_rest(
        how, seed, tmp_path):
    address = tmp_path / "r.gpkg"
    create_registry(str(address), office="Test").close()
    files = []
    for n in range(FILES):
        file = tmp_path / f"area{n}.csv"
        file.write_text("name,latitude,longitude\n" + "".join(
            f"P{n}-{i},{44 + i / 1e4:.4f},{17 + n / 10:.4f}\n" for i in range(300)))
        files.append(str(file))
    command = [sys.executable, "-m", "landrelease", "import", *files, "--into", str(address),
               "--kind", "settlement", "--crs", "EPSG:4326", "--quiet"]
    work = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said = [work.stdout.readline() for _ in range(random.Random(seed).randint(2, FILES))]
    work.send_signal(how)
    rest, errors = work.communicate(timeout=60)
    done = {word.split()[0] for word in (*said, *rest.splitlines()) if word.startswith("area")}
    assert "Traceback" not in errors
    if how == signal.SIGINT and work.returncode == 130:
        assert "Interrupted" in errors
    with open_registry(str(address)) as registry:
        kept = {report.file for _, report in registry.imports()}
        # One more may be written that was not said yet, never one less.
        assert done <= kept and len(kept) <= len(done) + 1
        assert registry.count() == 300 * len(kept) and not registry.audit()
    again = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert again.returncode == 0, again.stderr
    with open_registry(str(address)) as registry:
        assert registry.count() == 300 * FILES and not registry.audit()


VALID = {
    "a.csv": place("B,44.2,17.2,5"), "b.geojson": geo(SQUARE, shifted(0.1, 0)),
}


@settings(max_examples=25, deadline=None, derandomize=True,
          phases=[Phase.explicit, Phase.generate])
@given(st.sampled_from(sorted(VALID)), st.lists(st.tuples(
    st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, 10**6),
    st.booleans())
def test_flipped_bytes_and_cuts_give_findings_or_a_clear_error(tmp_path_factory, name, flips, end,
                                                               cut):
    content = bytearray(VALID[name])
    for at, byte in flips:
        content[at % len(content)] = byte
    if cut:
        content = content[:end % len(content)]
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / name).write_bytes(bytes(content))
    with create_registry(str(folder / "r.gpkg"), office="Test") as registry:
        try:
            reports = imports.import_files(
                registry, [folder / name], kind="settlement" if name == "a.csv" else "hazard",
                crs="EPSG:4326" if name == "a.csv" else "", today=date(2027, 5, 1))
        except LandReleaseError:
            assert not registry.imports() and not registry.count()
            return
        for r in reports:
            assert r.read == r.accepted + r.merged + r.quarantined
        assert len(registry.quarantine()) == sum(r.quarantined for r in reports)


SLOW = """
import time
print("loading", flush=True)
try:
    time.sleep(1.5)
except BaseException as error:
    print("the library's own words")
    raise ImportError("half loaded") from error
print("loaded", flush=True)
"""
COMMAND = """
import sys
from landrelease.apps import cli

@cli.app.command("slow")
def slow() -> None:
    import slow_library
    import time
    time.sleep(60)
    print("went on")

sys.argv = ["landrelease", "slow"]
cli.main()
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="a timer of the system")
def test_ctrl_c_waits_until_a_library_is_loaded_and_says_no_words_of_its_own(tmp_path):
    (tmp_path / "slow_library.py").write_text(SLOW)
    path = os.pathsep.join([str(tmp_path), *(p for p in sys.path if p)])
    work = subprocess.Popen([sys.executable, "-c", COMMAND], stdout=subprocess.PIPE, text=True,
                            stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path})
    assert work.stdout.readline() == "loading\n"
    work.send_signal(signal.SIGINT)
    out, errors = work.communicate(timeout=30)
    assert work.returncode == 130 and out == "loaded\n"
    assert errors.startswith("Interrupted") and errors.count("\n") == 1
