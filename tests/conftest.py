"""Shared by all tests: the browser, the demo region, and CI's rule that nothing is skipped."""

import functools
import os
import shutil
import sys
import tempfile
import zipfile
from datetime import date
from importlib import resources
from pathlib import Path

import pytest
import typer.testing
from argon2 import PasswordHasher
from hypothesis import settings

from landrelease.store import accounts, files

# Nothing but this machine is reached, neither from here nor from what the tests start.
LOOPBACK = str(Path(__file__).parent / "loopback")
NOTES = tempfile.mkdtemp(prefix="landrelease-elsewhere-")
os.environ["LANDRELEASE_TEST_ELSEWHERE"] = f"{NOTES}/asked"
if LOOPBACK not in os.environ.get("PYTHONPATH", "").split(os.pathsep):
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, (LOOPBACK, os.environ.get("PYTHONPATH"))))
    sys.path.insert(0, LOOPBACK)
    sys.modules.pop("sitecustomize", None)
    import sitecustomize  # noqa: F401

    sys.path.remove(LOOPBACK)

# Hundreds of tests start the program: it is compiled once, also where the environment says not to
# keep what was compiled (reading the source anew is half of what a start takes).
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Typer makes all commands ready at each call, which takes longer than most of what is tested does.
typer.testing._get_command = functools.cache(typer.testing._get_command)

# The same examples on every run: a failure in CI is a failure here.
settings.register_profile("fixed", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("fixed")

COSTLY = accounts._hasher


def pytest_make_parametrize_id(config, val, argname):
    """Files given as bytes are told by their length: a compressed one may hold the time, and all
    processes that run the tests must give a case the same name."""
    return f"{len(val)}_bytes" if isinstance(val, bytes) else None


# The files that take longest go first, so that no worker is left with one of them at the end.
LONGEST = ("test_web_tiers", "test_web_schema", "test_web_import", "test_access_ways_out",
           "test_release", "test_lanes", "test_plan_solver", "test_borderland", "test_demo",
           "test_doc_commands_run")


def pytest_configure(config):
    if hasattr(config.option, "loadscopereorder"):  # of xdist: else the files of most tests
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items):
    places = {name: n for n, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONGEST)))


CHROMIUM_ADVICE = (
    "needs Chromium: `apt-get install chromium`, or CHROMIUM=/path/to/chromium in the environment")


def asked_elsewhere() -> str:
    """What was asked for of other machines since the last call."""
    path = Path(NOTES) / "asked"
    said = path.read_text(encoding="utf-8") if path.is_file() else ""
    path.unlink(missing_ok=True)
    return said


@pytest.fixture(autouse=True)
def nothing_elsewhere():
    yield
    assert not (said := asked_elsewhere()), f"asked for elsewhere: {said}"


@pytest.fixture(scope="session", autouse=True)
def before_the_plans():
    """Plans of tests begin in 2027, whenever the tests run: their days have not passed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("landrelease.workflows.orders.today", lambda: date(2027, 1, 1))
        yield


def cheap_hasher():
    """Passwords of tests are kept like all, at the least cost; `costly_passwords` at the real."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", functools.cache(cheap_hasher))
        yield


@pytest.fixture(scope="session", autouse=True)
def no_power_cuts():
    """Registries of tests, in this process, outlive no power cut: nothing waits for the disk."""
    own = files.connect

    @functools.wraps(own)
    def connect(*said, **more):
        db = own(*said, **more)
        db.execute("PRAGMA synchronous = OFF")
        return db

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "connect", connect)
        yield


@pytest.fixture(scope="session", autouse=True)
def handlers_read_once():
    """Many tests make an app of their own; what its 180 handlers take is the same each time, and
    half of what making it takes."""
    if "litestar" not in sys.modules:
        yield
        return
    from litestar.utils.signature import ParsedSignature

    own, kept = ParsedSignature.from_fn, {}

    def once(function, names):
        # Litestar makes a handler of OPTIONS for each address, all of the same code.
        what = (function.__code__ if getattr(function, "__module__", "").startswith("litestar.")
                and hasattr(function, "__code__") else function)
        key = (what, *sorted((name, id(meant)) for name, meant in names.items()))
        if key not in kept:
            kept[key] = own(function, names), names  # kept, so that no other has its id
        return kept[key][0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ParsedSignature, "from_fn", staticmethod(once))
        yield


@pytest.fixture
def costly_passwords(monkeypatch):
    monkeypatch.setattr(accounts, "_hasher", COSTLY)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    named = os.environ.get("CHROMIUM")
    found = named or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip(CHROMIUM_ADVICE)
    return found


@pytest.fixture(scope="session")
def region(tmp_path_factory) -> Path:
    """The files of the demo region."""
    folder = tmp_path_factory.mktemp("region")
    source = resources.files("landrelease.data") / "bih_sheet_2683.zip"
    with resources.as_file(source) as path, zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def postgres_server():
    """A throw-away PostgreSQL with PostGIS."""
    import postgres

    bin_ = postgres.programs()
    if bin_ is None:
        pytest.skip(postgres.NEEDED)
    # Not in pytest's own folder: the server runs as another user, who may not look into that.
    folder = Path(tempfile.mkdtemp(prefix="landrelease-postgres-"))
    server = postgres.Server(folder, bin_)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_address(postgres_server, request):
    """An empty database with PostGIS of its own for each test."""
    name = f"t{abs(hash(request.node.nodeid)) % 10**12}_{os.getpid()}"
    yield postgres_server.database(name)
    postgres_server.execute(f'DROP DATABASE "{name}" WITH (FORCE)', "postgres")


def pytest_terminal_summary(terminalreporter):
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and os.environ.get("LANDRELEASE_SKIP_NOTHING"):
        words = f"{len(skipped)} tests were skipped where none may be"
        terminalreporter.write_line(words, red=True)


def pytest_sessionfinish(session, exitstatus):
    shutil.rmtree(NOTES, ignore_errors=True)
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("LANDRELEASE_SKIP_NOTHING") and reporter.stats.get("skipped"):
        session.exitstatus = 1
