"""A registry file that an older version wrote: tests/registry_layout1.gpkg, of layout 1."""

import os
import shutil
import sqlite3
import stat
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.store import files, layout, migrate
from landrelease.store.open import create_registry, open_registry

OLD = Path(__file__).parent / "registry_layout1.gpkg"
# What the version of then said of it.
HEAD = "edc4ff5d18637a9961a07bb39874acef6aa2e08aeddb80b731ac0f1c68e42d57"


@pytest.fixture
def old(tmp_path):
    return Path(shutil.copy(OLD, tmp_path / "Büro 1.gpkg"))


def test_an_older_layout_is_not_worked_on_and_the_error_says_what_to_do(old):
    before = old.read_bytes()
    for writable in (True, False):
        with pytest.raises(LandReleaseError, match=r"STO-023.*landrelease migrate"):
            open_registry(old, writable=writable)
    assert old.read_bytes() == before


def test_all_of_it_is_there_afterwards_with_the_same_hashes_and_a_backup(old):
    before = old.read_bytes()
    backup = migrate.migrate(old)
    assert backup == old.with_name("Büro 1.layout1.gpkg")
    assert migrate._layout(backup) == 1 and len(backup.read_bytes()) == len(before)
    with open_registry(old) as registry:
        assert registry.audit() == [] and registry.head() == HEAD and registry.count() == 5
        assert registry.office == "Travnik" and len(registry.chains()) == 1
        h1, h2 = registry.records("hazard")
        assert h1.values == {"name": "later"} and h2.geometry is None
        assert registry.records("settlement")[0].values["population"] == 5
        assert [e.row.values for e in registry.quarantine()] == [{"status": "opne"}]
        (sha256,) = registry.sources()
        assert registry.source_content(sha256) == b"id,name\n1,a\n"
        assert registry.setting("synthetic") == "yes" and len(registry.imports()) == 1
        past = registry.find("hazard", bounds=(17, 44, 17.001, 44.001),
                             known_at=datetime(2026, 5, 1, 8, 30, tzinfo=UTC))
        assert past[0].values == {"name": "Č", "reported_area_m2": 12.5}
        assert registry.records("hazard", valid_at=date(2020, 6, 1))[0].values["name"] == "earlier"
        stored = registry.history("h1")[-1].revision
        registry.append([stored])
        assert registry.audit() == []
    assert migrate.migrate(old) is None


def test_a_second_backup_takes_another_name(old, tmp_path):
    (tmp_path / "Büro 1.layout1.gpkg").write_bytes(b"mine")
    assert migrate.migrate(old) == tmp_path / "Büro 1.layout1.1.gpkg"
    assert (tmp_path / "Büro 1.layout1.gpkg").read_bytes() == b"mine"


def test_what_fails_on_the_way_leaves_the_file_as_it_was(old, monkeypatch):
    before = old.read_bytes()
    monkeypatch.setattr(layout, "complete", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        migrate.migrate(old)
    monkeypatch.undo()
    assert old.read_bytes() == before and migrate._layout(old) == 1


def test_a_tampered_file_is_put_back(old, tmp_path):
    db = sqlite3.connect(old)
    db.execute("DROP TRIGGER revision_stays")
    db.execute("UPDATE revision SET reason = 'other' WHERE number = 2")
    db.commit()
    db.close()
    before = old.read_bytes()
    with pytest.raises(LandReleaseError, match=r"STO-030.*Revision 2"):
        migrate.migrate(old)
    assert migrate._layout(old) == 1 and len(old.read_bytes()) == len(before)
    assert list(tmp_path.iterdir()) == [old]


def test_what_is_no_registry_is_not_migrated(tmp_path):
    other = tmp_path / "other.gpkg"
    db = sqlite3.connect(other)
    db.execute("CREATE TABLE x (y)")
    db.commit()
    db.close()
    with pytest.raises(LandReleaseError, match="STO-003"):
        migrate.migrate(other)


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:35 / /mnt/office\\040share rw - cifs //server/share rw
41 22 0:36 / /mnt/nfs rw,relatime - nfs4 server:/x rw
42 41 8:2 / /mnt/nfs/disk rw - ext4 /dev/sdb1 rw
43 22 0:37 / /mnt/c rw - 9p drvfs rw,aname=drvfs;path=C:\\
44 22 0:38 / /mnt/container rw - 9p none rw
45 22 0:39 / /home/x/cloud rw - fuse.sshfs x@y: rw
46 22 0:40 / /mnt/stick rw - vfat /dev/sdc1 rw
"""


@pytest.mark.parametrize("path, kind", [
    ("/r.gpkg", None), ("/mnt/office share/r.gpkg", "cifs"), ("/mnt/nfs/a/r.gpkg", "nfs4"),
    ("/mnt/nfs/disk/r.gpkg", None), ("/mnt/c/r.gpkg", "drvfs"), ("/mnt/container/r.gpkg", None),
    ("/home/x/cloud/r.gpkg", "fuse.sshfs"), ("/mnt/stick/r.gpkg", None),
    ("/mnt/nfsother/r.gpkg", None)])
def test_a_network_share_is_recognised(path, kind, monkeypatch):
    monkeypatch.setattr(files, "_existing", str)
    assert files.network_share(Path(path), MOUNTS) == kind


def test_a_network_share_is_read_and_not_written_to(old, monkeypatch):
    migrate.migrate(old)
    monkeypatch.setattr(files, "network_share", lambda *_: "cifs")
    with open_registry(old) as registry:
        assert len(registry.records("hazard")) == 2
        with pytest.raises(LandReleaseError, match="STO-021"):
            registry.append([registry.history("h1")[-1].revision])
    with pytest.raises(LandReleaseError, match="STO-021"):
        migrate.migrate(old)
    with pytest.raises(LandReleaseError, match="STO-021"):
        from landrelease.store.open import create_registry

        create_registry(old.with_name("new.gpkg"), office="A")


def without_layer(path, kind):
    """A registry file as a version wrote it that did not know the kind yet."""
    with sqlite3.connect(path) as db:
        layout.register_functions(db)
        db.execute("DELETE FROM gpkg_contents WHERE table_name = ?", (kind,))
        db.execute("DELETE FROM gpkg_geometry_columns WHERE table_name = ?", (kind,))
        db.execute("DELETE FROM gpkg_extensions WHERE table_name = ?", (kind,))
        db.execute(f"DROP TABLE {kind}")


@pytest.mark.parametrize("kind", ["exchange_rate", "coverage"])
def test_a_file_of_a_version_that_did_not_know_a_kind_yet_is_read_and_written(tmp_path, kind):
    path = tmp_path / "r.gpkg"
    create_registry(path, office="A").close()
    if kind == "coverage":
        with sqlite3.connect(path) as db:
            db.execute("DROP TABLE IF EXISTS rtree_coverage_geom")
    without_layer(path, kind)
    with open_registry(path, writable=False) as registry:
        assert registry.records(kind) == [] and registry.ids(kind) == set()
        assert registry.find(kind, bounds=(0, 0, 1, 1)) == []
    with open_registry(path) as registry:
        assert registry.records(kind) == [] and registry.find(kind) == []
        registry.append([Revision(kind, "one", {"name": "x"}, None, datetime(2027, 1, 1,
                                  tzinfo=UTC), "a", "why", "")])
        assert [r.id for r in registry.records(kind)] == ["one"] and not registry.audit()


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_safety_S17_the_file_as_it_was_is_read_by_nobody_else_than_before(old, mode):
    old.chmod(mode)
    kept = migrate.migrate(old)
    for place in (kept, old):
        assert stat.S_IMODE(place.stat().st_mode) == mode
        assert place.stat().st_uid == old.stat().st_uid


def test_safety_S17_a_copy_is_read_by_nobody_who_may_not_read_the_registry(old, tmp_path):
    migrate.migrate(old)
    old.chmod(0o600)
    with open_registry(old, writable=False) as registry:
        registry.backup(tmp_path / "copy.gpkg")
        # What a killed process of the same number left is no obstacle.
        (tmp_path / f".again.gpkg.{os.getpid()}.part").write_bytes(b"half")
        registry.backup(tmp_path / "again.gpkg")
    for name in ("copy.gpkg", "again.gpkg"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
