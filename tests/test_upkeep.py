"""Backup and restore: while others write, tried by restoring, whole or nothing at all; registries
of earlier versions open; a newer one is refused."""

import gzip
import hashlib
import json
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely

from landrelease.access import policy
from landrelease.core.finding import Finding, ImportReport, Intake, QuarantinedRow
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.store import layout, shelf
from landrelease.store.accounts import Account, Accounts
from landrelease.store.copy import copy_registry
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import complaints, upkeep

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

T0 = datetime(2027, 5, 1, tzinfo=UTC)


def revision(name, source=""):
    return Revision("hazard", name, {"name": name}, shapely.box(0, 0, 0.001, 0.001), T0,
                    "test", "a test", source)


def filled(address):
    with create_registry(address, office="Test") as registry:
        for n in range(3):
            content = b"\xff\xd8\xff\xe0" + random.Random(n).randbytes(50_000)  # a photograph
            sha = hashlib.sha256(content).hexdigest()
            registry.take_in(Intake(ImportReport(f"{n}.jpg", sha, "hazard", 1, 1, 0, 0),
                                    (revision(f"h{n}", sha),), (), content))
        return registry.head()


@pytest.fixture
def address(tmp_path):
    filled(tmp_path / "r.gpkg")
    return tmp_path / "r.gpkg"


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_backup_is_tried_by_restoring_and_leaves_nothing_else(address, tmp_path):
    out = tmp_path / "b" / "copy.gpkg"
    out.parent.mkdir()
    made = upkeep.backup(str(address), out, test=True)
    assert made.tested and made.count == 3 and left(out.parent) == ["copy.gpkg"]
    assert left(tmp_path) == ["b", "r.gpkg"], "one plain file each"
    back = upkeep.restore(out, str(tmp_path / "back.gpkg"))
    assert (back.head, back.count, back.findings) == (made.head, 3, ())
    with open_registry(tmp_path / "back.gpkg") as copy, open_registry(address) as registry:
        assert copy.sources() == registry.sources()
        for sha in registry.sources():
            assert copy.source_content(sha) == registry.source_content(sha)


def test_a_copy_that_does_not_come_back_whole_is_no_backup(address, tmp_path, monkeypatch):
    real = upkeep.restore

    def cut(backup, target, **words):
        made = real(backup, target, **words)
        return upkeep.Copy(made.address, made.office, "0" * 64, made.count, ())

    monkeypatch.setattr(upkeep, "restore", cut)
    with pytest.raises(LandReleaseError, match="UPK-001"):
        upkeep.backup(str(address), tmp_path / "copy.gpkg", test=True)
    assert left(tmp_path) == ["r.gpkg"]


def test_on_a_server_it_is_tried_in_a_schema_that_is_gone_afterwards(postgres_address, tmp_path):
    import psycopg

    head = filled(postgres_address)
    made = upkeep.backup(postgres_address, tmp_path / "copy.gpkg", test=True)
    assert made.tested and made.head == head
    with psycopg.connect(postgres_address) as db:
        found = {name for (name,) in db.execute("SELECT nspname FROM pg_namespace")}
    assert "landrelease" in found and not any("restore_test" in name for name in found)
    back = upkeep.restore(tmp_path / "copy.gpkg", f"{postgres_address}?schema=again")
    assert (back.head, back.findings) == (head, ())


def test_a_writer_does_not_wait_for_the_copy(address, tmp_path):
    """Also where the registry was closed before: then its file is in the mode in which a reader
    keeps commits out."""
    with open_registry(address, writable=False) as reading:
        held = reading._not_in_the_way()
        held.execute("BEGIN")
        held.execute("SELECT count(*) FROM revision").fetchone()
        with open_registry(address, wait_s=0.2) as writer:
            writer.append([revision("meanwhile")])  # else STO-007
        assert held.execute("SELECT count(*) FROM revision").fetchone() == (3,), "of one moment"
        held.execute("ROLLBACK")
    assert left(tmp_path) == ["r.gpkg"], "one plain file again"
    with open_registry(address) as registry:
        assert registry.count() == 4


def test_the_benchmark_small(capsys, monkeypatch, tmp_path):
    import bench_backup

    monkeypatch.setattr(sys, "argv", ["x", "--gigabytes", "0.002", "--folder", str(tmp_path),
                                      "--json", str(tmp_path / "o.json")])
    assert bench_backup.main() == 0
    found = json.loads((tmp_path / "o.json").read_text())
    assert found["same"] and found["refused"] == [] and found["writes_meanwhile"] > 0


def test_nothing_is_written_over(address, tmp_path):
    out = tmp_path / "copy.gpkg"
    out.write_bytes(b"mine")
    with pytest.raises(LandReleaseError, match="STO-002"):
        upkeep.backup(str(address), out)
    with pytest.raises(LandReleaseError, match="STO-002"):
        upkeep.restore(address, str(out))
    assert out.read_bytes() == b"mine"


def killed(folder, name):
    """What a killed process leaves of a registry with rows in quarantine, moved away since."""
    path = folder / name
    create_registry(path, office="Old").close()
    with open_registry(path) as registry:
        sha = hashlib.sha256(b"rows").hexdigest()
        registry._db.execute("PRAGMA wal_autocheckpoint = 0")
        rows = tuple(QuarantinedRow("f.csv", sha, n, "hazard", {"identifier": f"old {n}"}, "",
                                    (Finding("VAL-001", "f.csv", n, "identifier", "x", "Why.",
                                             "How.", "quarantined"),)) for n in range(1, 41))
        registry.take_in(Intake(ImportReport("f.csv", sha, "hazard", 40, 0, 0, 40), (), rows,
                                b"rows"))
        held = {end: path.with_name(name + end).read_bytes() for end in ("-wal", "-shm")}
    path.unlink()
    for end, content in held.items():
        path.with_name(name + end).write_bytes(content)
    return path


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("work", ["restore", "backup", "create", "copy"])
def test_no_registry_takes_over_what_was_left_of_another_one(address, tmp_path, work, end):
    folder = tmp_path / "new"
    folder.mkdir()
    place = killed(folder, "d.gpkg") if end == "-wal" else folder / "d.gpkg"
    place.with_name(f"d.gpkg{end}").touch()
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    with open_registry(address) as registry, pytest.raises(
            LandReleaseError, match=rf"STO-002.*d\.gpkg{end} exists.*moved away") as refused:
        {"restore": lambda: upkeep.restore(address, str(place)),
         "backup": lambda: upkeep.backup(str(address), place, test=True),
         "create": lambda: create_registry(place, office="New"),
         "copy": lambda: copy_registry(registry, str(place))}[work]()
    assert refused.value.facts["address"] == place.with_name(f"d.gpkg{end}")
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    assert left(tmp_path) == ["new", "r.gpkg"] or "r.gpkg-wal" in left(tmp_path)


def test_a_restore_holds_the_quarantine_and_the_settings_against_the_backup(address, tmp_path,
                                                                            monkeypatch):
    from landrelease.store.geopackage import GeoPackageRegistry

    real = GeoPackageRegistry.backup

    def other(registry, path):
        real(registry, path)
        if path.name == "back.gpkg" or path.name.endswith(".restored"):
            with open_registry(path) as copy:
                copy.keep_setting("contact", "another")

    monkeypatch.setattr(GeoPackageRegistry, "backup", other)
    with pytest.raises(LandReleaseError, match=r"UPK-001.*another quarantine"):
        upkeep.restore(address, str(tmp_path / "back.gpkg"))
    with pytest.raises(LandReleaseError, match=r"UPK-001.*another quarantine"):
        upkeep.backup(str(address), tmp_path / "copy.gpkg", test=True)
    assert not (tmp_path / "copy.gpkg").exists()


def test_a_full_disk_is_seen_before_anything_is_written(address, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 60_000_000))
    upkeep.backup(str(address), tmp_path / "fits.gpkg")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 50_000_000))
    for work in (lambda: upkeep.backup(str(address), tmp_path / "copy.gpkg"),
                 lambda: upkeep.restore(address, str(tmp_path / "back.gpkg"))):
        with pytest.raises(LandReleaseError, match="UPK-003"):
            work()
    assert left(tmp_path) == ["fits.gpkg", "r.gpkg"]


def on_file(base):
    """Two plans, of which the second is in force, and a forecast."""
    plans, forecasts = shelf.Shelf(base, "plans"), shelf.Shelf(base, "forecasts")
    for name in ("first", "second"):
        place = plans.new(name)
        place.mkdir()
        (place / "plan.json").write_text(name)
        plans.keep_about(name, {"areas": None})
    plans.put_in_force("first", "planner", T0)
    plans.put_in_force("second", "planner", T0)
    place = forecasts.new("of-second")
    place.mkdir()
    (place / "forecast.json").write_bytes(b"forecast" * 1000)
    (forecasts.folder / "half").mkdir()  # one that is being made
    return plans


def test_plans_and_forecasts_go_along_and_the_plan_in_force_comes_back(address, tmp_path):
    on_file(address)
    out = tmp_path / "b" / "copy.gpkg"
    out.parent.mkdir()
    upkeep.backup(str(address), out, test=True)
    assert left(out.parent) == ["copy.gpkg", "copy.gpkg.files.zip"]
    assert stat.S_IMODE(upkeep.files_of(out).stat().st_mode) == 0o600
    upkeep.restore(out, str(tmp_path / "back.gpkg"))
    back = shelf.Shelf(tmp_path / "back.gpkg", "plans")
    assert back.in_force().name == "second" and [s.name for s in back.standing()] == [
        "first", "second"]
    assert {k.name: (k.path / "plan.json").read_text() for k in back.all()} == {
        "first": "first", "second": "second"}
    (kept,) = shelf.Shelf(tmp_path / "back.gpkg", "forecasts").all()
    assert (kept.path / "forecast.json").read_bytes() == b"forecast" * 1000
    with pytest.raises(LandReleaseError, match="STO-002"):
        upkeep.backup(str(address), tmp_path / "b" / "copy.gpkg")
    shutil.rmtree(back.folder)
    (tmp_path / "again.gpkg.plans").mkdir()
    with pytest.raises(LandReleaseError, match="STO-002"):
        upkeep.restore(out, str(tmp_path / "again.gpkg"))


def test_they_are_beside_the_registry_whatever_the_accounts_are_called(address, tmp_path):
    """What the server writes, a backup takes along; what comes back is where the server looks."""
    from typer.testing import CliRunner

    from landrelease.apps.cli import app
    from landrelease.apps.web.settings import Settings
    from landrelease.apps.web.work import base_of

    people = tmp_path / "people.accounts"
    Accounts(people).close()
    on_file(base_of(Settings(str(address), str(people))))
    assert (tmp_path / "r.gpkg.plans").is_dir() and not (tmp_path / "people.plans").exists()
    out = tmp_path / "b" / "copy.gpkg"
    out.parent.mkdir()
    done = CliRunner().invoke(app, ["backup", str(address), str(out), "--accounts", str(people),
                                    "--test"])
    assert done.exit_code == 0 and "2 plans and 1 forecasts" in done.output, done.output
    assert left(out.parent) == ["copy.gpkg", "copy.gpkg.accounts", "copy.gpkg.files.zip"]
    back, others = tmp_path / "back.gpkg", tmp_path / "others"
    upkeep.restore(out, str(back), accounts=others)
    there = shelf.Shelf(base_of(Settings(str(back), str(others))), "plans")
    assert there.in_force().name == "second" and there.folder == tmp_path / "back.gpkg.plans"
    # By another name of the same file it is the same place.
    (tmp_path / "current.gpkg").symlink_to(address)
    assert base_of(Settings(str(tmp_path / "current.gpkg"), str(people))) == address


def test_folders_named_after_the_accounts_are_found_moved_and_told(address, tmp_path):
    import fcntl

    people = tmp_path / "people.accounts"
    Accounts(people).close()
    on_file(tmp_path / "people")  # as earlier versions did
    made = upkeep.backup(str(address), tmp_path / "early.gpkg", accounts=people)
    assert (made.plans, made.forecasts) == (2, 1), "before the server was started again"
    (tmp_path / "people.jobs").mkdir()
    with (tmp_path / "people.jobs" / "lock").open("wb") as held:  # a server that runs
        fcntl.flock(held, fcntl.LOCK_EX)
        (told,) = shelf.settle(address, people)
        assert "another server" in told and (tmp_path / "people.plans").is_dir()
    assert len(shelf.settle(address, people)) == 3 and shelf.settle(address, people) == []
    assert not list(tmp_path.glob("people.[pfj]*"))
    assert shelf.Shelf(address, "plans").in_force().name == "second"
    assert upkeep.backup(str(address), tmp_path / "late.gpkg").plans == 2
    # Nothing is put over what is there, and what is another registry's stays with it.
    on_file(tmp_path / "people")
    assert all("is not read" in told for told in shelf.settle(address, people))
    assert shelf.base_of(address, people) == address
    filled(tmp_path / "s.gpkg")
    assert shelf.base_of(tmp_path / "s.gpkg", tmp_path / "r.gpkg.accounts") == tmp_path / "s.gpkg"
    assert all("r.gpkg" in told and "not read here" in told for told in shelf.settle(
        tmp_path / "s.gpkg", tmp_path / "r.gpkg.accounts"))
    assert (tmp_path / "r.gpkg.plans").is_dir() and (tmp_path / "people.plans").is_dir()


def test_of_a_registry_on_a_server_they_lie_beside_the_accounts(postgres_address, tmp_path):
    filled(postgres_address)
    accounts = tmp_path / "server.accounts"
    Accounts(accounts).close()
    on_file(tmp_path / "server")
    out = tmp_path / "copy.gpkg"
    upkeep.backup(postgres_address, out, accounts=accounts)
    upkeep.restore(out, f"{postgres_address}?schema=again", accounts=tmp_path / "new.accounts")
    assert shelf.Shelf(tmp_path / "new", "plans").in_force().name == "second"
    held = Accounts(tmp_path / "new.accounts")
    assert held.all() == []
    held.close()
    with pytest.raises(LandReleaseError, match="UPK-004"):
        upkeep.restore(out.rename(tmp_path / "bare.gpkg"), str(tmp_path / "x.gpkg"),
                       accounts=tmp_path / "y.accounts")


def damaged(way, out, base):
    """Something of a backup, or of its place, that makes a restore impossible."""
    if way == "folder":
        base.with_name(f"{base.name}.plans").mkdir()
    elif way == "zip":
        upkeep.files_of(out).write_bytes(upkeep.files_of(out).read_bytes()[:-200])
    elif way == "middle of the zip":
        content = bytearray(upkeep.files_of(out).read_bytes())
        content[60:64] = b"\xff" * 4
        upkeep.files_of(out).write_bytes(content)
    elif way == "accounts":
        upkeep.accounts_of(out).write_bytes(b"no database" * 1000)
    elif way == "middle of the accounts":
        with upkeep.accounts_of(out).open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * 8192)


DAMAGED = {"folder": "STO-002", "zip": "UPK-005", "middle of the zip": "UPK-005",
           "accounts": "WEB-005", "middle of the accounts": "WEB-005"}


# Damaged pages in the middle of the accounts are copied without an error: only the look before sees
# them.
@pytest.mark.parametrize(("way", "late"), [
    (way, late) for way in DAMAGED for late in (False, True)
    if not late or way != "middle of the accounts"])
@pytest.mark.parametrize("store", ["file", "server"])
def test_a_restore_that_fails_leaves_what_was_there(request, tmp_path, monkeypatch, store, way,
                                                    late):
    """Seen before anything is written; and where it goes wrong only then, it is undone."""
    if store == "file":
        address, base = str(tmp_path / "r.gpkg"), tmp_path / "r.gpkg"
        again, place = str(tmp_path / "new" / "d.gpkg"), tmp_path / "new" / "d.gpkg"
    else:
        address, base = request.getfixturevalue("postgres_address"), tmp_path / "r"
        again, place = f"{address}?schema=again", tmp_path / "new" / "p"
    filled(address)
    on_file(base)
    Accounts(tmp_path / "r.accounts").close()
    place.parent.mkdir()
    out = tmp_path / "b" / "copy.gpkg"
    out.parent.mkdir()
    upkeep.backup(address, out, accounts=tmp_path / "r.accounts")
    if store == "server":  # they are named after the accounts
        assert upkeep.files_of(out).is_file()
    shutil.copytree(out.parent, tmp_path / "sound")
    damaged(way, out, place)
    before = left(place.parent)
    with monkeypatch.context() as patch:
        if late:  # the looking sees nothing: it comes to light when all else is written
            patch.setattr(shelf, "sound", lambda _: True)
            patch.setattr(Accounts, "need_sound", lambda _: None)
            real = shelf.need_none
            calls = iter((True,))
            patch.setattr(shelf, "need_none", lambda b: None if next(calls, None) else real(b))
        with pytest.raises(LandReleaseError, match=DAMAGED[way] if not late else
                           f"{DAMAGED[way]}|STO-008"):
            upkeep.restore(out, again, accounts=place.parent / "p.accounts")
    assert left(place.parent) == before
    if way == "folder":
        place.with_name(f"{place.name}.plans").rmdir()
    made = upkeep.restore(tmp_path / "sound" / "copy.gpkg", again,
                          accounts=place.parent / "p.accounts")
    assert (made.count, made.plans, made.forecasts) == (3, 2, 1), "a second try finds it empty"


def test_a_restore_says_what_came_back_and_what_was_not_there(address, tmp_path):
    from typer.testing import CliRunner

    from landrelease.apps.cli import app

    def said(out, *more):
        done = CliRunner().invoke(app, ["restore", str(out), str(tmp_path / f"n{len(more)}.gpkg"),
                                        *more])
        (tmp_path / f"n{len(more)}.gpkg").unlink()
        assert done.exit_code == 0, done.exception
        return done.output

    bare = said(address)
    assert "no r.gpkg.files.zip beside the backup" in bare
    assert "no r.gpkg.accounts beside the backup" in bare
    on_file(address)
    Accounts(tmp_path / "people").close()
    out = tmp_path / "copy.gpkg"
    upkeep.backup(str(address), out, accounts=tmp_path / "people")
    told = said(out)
    assert "With 2 plans and 1 forecasts" in told and "Without the accounts of copy.gpkg" in told
    told = said(out, "--accounts", str(tmp_path / "back"))
    assert "With the accounts" in told


def test_a_damaged_archive_of_plans_is_no_backup_and_leads_nowhere_else(address, tmp_path,
                                                                        monkeypatch):
    import zipfile

    on_file(address)
    real = shelf.pack

    def cut(base, out):
        real(base, out)
        out.write_bytes(out.read_bytes()[:-200])
        return 2, 1

    monkeypatch.setattr(shelf, "pack", cut)
    with pytest.raises(LandReleaseError, match="UPK-001"):
        upkeep.backup(str(address), tmp_path / "copy.gpkg", test=True)
    assert not list(tmp_path.glob("copy*"))
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        for name in ("plans/../../evil", "/plans/x", "other/x", "plans/a/../b",
                     "plans/ok/plan.json"):
            archive.writestr(name, "x")
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    shelf.unpack(tmp_path / "evil.zip", folder / "r")
    assert {str(p.relative_to(tmp_path / "deep")) for p in (tmp_path / "deep").rglob("*")
            if p.is_file()} == {"er/r.plans/ok/plan.json"}


def test_accounts_go_along_for_their_owner_alone(address, tmp_path):
    file = tmp_path / "r.gpkg.accounts"
    there = Accounts(file)
    there.add(Account("m.office", "planner"), "four random words do")
    out = tmp_path / "copy.gpkg"
    with pytest.raises(LandReleaseError, match="UPK-004"):
        upkeep.backup(str(address), out, accounts=tmp_path / "none")
    upkeep.backup(str(address), out, accounts=file)  # while it is open
    there.close()
    beside = tmp_path / "copy.gpkg.accounts"
    assert stat.S_IMODE(beside.stat().st_mode) == 0o600
    held = Accounts(beside)
    assert [a.name for a in held.all()] == ["m.office"]
    held.close()


# --- from version to version ---------------------------------------------------------------------

EARLIER = Path(__file__).parent / "registry_layout2_2026_11.gpkg.gz"
EARLIER_HEAD = "5e5911b24e591b18df3f35fb044059f2a83ead01a400c15393ec4a6f8f640990"


def test_a_registry_of_an_earlier_version_opens_and_is_the_same(tmp_path):
    """Made by the program of 24 November 2026: layout 2, without what came since."""
    path = tmp_path / "r.gpkg"
    path.write_bytes(gzip.decompress(EARLIER.read_bytes()))
    with open_registry(path, writable=False) as registry:
        assert registry.head() == EARLIER_HEAD and registry.audit() == []
    with open_registry(path) as registry:
        assert registry.head() == EARLIER_HEAD and registry.audit() == []
        assert {r.id for r in registry.records("hazard")} == {"h1", "h2"}
        assert all(registry.records(kind) is not None for kind in registry.kinds)
        registry.append([revision("h3")])
        assert registry.audit() == []
    made = upkeep.backup(str(path), tmp_path / "copy.gpkg", test=True)
    assert made.findings == () and made.count == 4


EARLIER_SCHEMA = Path(__file__).parent / "registry_postgres_2026_11.sql.gz"
EARLIER_SCHEMA_HEAD = "18e118c5a363343d3d163bb319be3df498e805099a2210f59286e31946ebd3ae"


def test_a_schema_of_an_earlier_version_opens_and_is_the_same(postgres_server, postgres_address,
                                                              tmp_path):
    """Made by the program of 24 November 2026, which did not know all kinds and fields yet: loaded,
    opened, written to, audited, and moved into a file and back."""
    done = subprocess.run(
        [postgres_server.bin / "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
         postgres_address], input=gzip.decompress(EARLIER_SCHEMA.read_bytes()),
        capture_output=True)
    assert done.returncode == 0, done.stderr[-800:]

    def layers():
        import psycopg

        with psycopg.connect(postgres_address) as db:
            return {name for (name,) in db.execute(
                "SELECT table_name FROM information_schema.tables "
                "WHERE table_schema = 'landrelease'").fetchall()}

    with open_registry(postgres_address, writable=False) as registry:
        new = set(registry.kinds) - layers()
        assert new, "a kind came since"
        assert registry.head() == EARLIER_SCHEMA_HEAD and registry.audit() == []
        assert all(registry.records(kind) == [] for kind in new)
    assert upkeep.migrate(postgres_address) is None  # there is one layout of schemas
    with open_registry(postgres_address) as registry:
        assert not set(registry.kinds) - layers()
        assert registry.head() == EARLIER_SCHEMA_HEAD and registry.audit() == []
        hazards = {r.id: r for r in registry.records("hazard")}
        assert hazards["h1"].values["hazard_type"] == "CHA" and set(hazards) == {"h1", "h2"}
        assert len(registry.history("h1")) == 2
        assert [p.value for p in registry.personal("c1")] == ["the last door"]
        (waits,) = registry.quarantine()
        assert waits.row.values["identifier"] == "h9"
        registry.append([revision("h3")])
        registry.append([Revision(kind, f"{kind}-1", {"name": "new"}, None, T0, "test", "w", "")
                         for kind in sorted(new)])
        complaints.answer(registry, policy.view("planner"), "c1", "It stands again.",
                          day=T0.date(), by="test", now=T0)
        head, count = registry.head(), registry.count()
        assert registry.audit() == []
    made = upkeep.backup(postgres_address, tmp_path / "copy.gpkg", test=True)
    assert made.tested and made.findings == () and made.count == count
    with open_registry(tmp_path / "copy.gpkg") as registry:
        assert registry.head() == head and registry.audit() == []


@pytest.mark.parametrize("work", ["open", "backup", "migrate", "restore"])
def test_a_registry_of_a_newer_version_is_refused_and_left_alone(address, tmp_path, work):
    db = sqlite3.connect(address)
    db.execute("UPDATE setting SET value = ? WHERE name = 'layout'", (str(layout.LAYOUT + 1),))
    db.commit()
    db.close()
    before = address.read_bytes()
    with pytest.raises(LandReleaseError, match=r"STO-004.*landrelease"):
        {"open": lambda: open_registry(address),
         "backup": lambda: upkeep.backup(str(address), tmp_path / "copy.gpkg"),
         "migrate": lambda: upkeep.migrate(str(address)),
         "restore": lambda: upkeep.restore(address, str(tmp_path / "back.gpkg"))}[work]()
    assert address.read_bytes() == before and left(tmp_path) == ["r.gpkg"]
