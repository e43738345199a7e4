"""The registry in PostgreSQL: what is its own. What it shares with a file
is in test_store_geopackage and test_registry_model."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from landrelease.errors import POSTGRES_UNREACHABLE, LandReleaseError
from landrelease.store.copy import copy_registry
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import upkeep
from test_store_geopackage import date, intake, revision


def filled(address):
    registry = create_registry(address, office="Büro 'A'")
    registry.take_in(intake([revision("h1", name="Č"), revision("h2", geometry=None)], 1))
    registry.append([revision("h1", name="later", day=date(2021, 1, 1))])
    registry.append([revision("h1", name="earlier", day=date(2020, 1, 1))])
    person = registry.author("Ana")
    registry.append([revision(person, kind="person", geometry=None)],
                    personal={person: {"person_name": "Ana"}})
    registry.keep_package("ab" * 32, "p.lrx", direction="in", status="waiting", content=b"\0x")
    registry.keep_setting("synthetic", "yes")
    return registry


def told(registry):
    """Everything that a registry holds."""
    return (registry.head(), registry.count(), registry.chains(),
            list(registry.revisions()), [registry.records(k) for k in registry.kinds],
            registry.imports(), registry.quarantine(None), registry.sources(),
            registry.personal(registry.author("Ana")), registry.packages(),
            registry.setting("synthetic"), registry.audit(),
            registry.find("hazard", bounds=(0, 0, 90, 90), known_at=datetime.now(UTC)))


def test_a_registry_moves_between_file_and_server_whole(postgres_address, tmp_path):
    with filled(postgres_address) as first:
        said = told(first)
        assert said[-2] == []
        first.backup(tmp_path / "backup.gpkg")
    with open_registry(tmp_path / "backup.gpkg") as copy:
        assert told(copy) == said
    again = f"{postgres_address}?schema=again"
    made = upkeep.restore(tmp_path / "backup.gpkg", again)
    assert made.findings == () and made.head == said[0]
    with open_registry(again) as copy:
        assert told(copy) == said
        copy.append([revision("h9")])
        copy.take_in(intake([revision("h10")], content=b"other"))  # its numbers go on
        assert copy.audit() == []
    with open_registry(postgres_address) as first, pytest.raises(LandReleaseError, match="STO-002"):
        copy_registry(first, again)
    upkeep.backup(again, tmp_path / "second.gpkg")


def test_a_file_becomes_a_server_and_what_fails_leaves_nothing(postgres_address, tmp_path,
                                                               monkeypatch):
    with filled(tmp_path / "r.gpkg") as source:
        said = told(source)
        from landrelease.store.postgis import PostgisRegistry

        monkeypatch.setattr(PostgisRegistry, "restore_layers", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            copy_registry(source, postgres_address)
        with pytest.raises(LandReleaseError, match="STO-001"):
            open_registry(postgres_address)
        monkeypatch.undo()
        copy_registry(source, postgres_address)
    with open_registry(postgres_address) as copy:
        assert told(copy) == said


def test_addresses_are_shown_without_their_password(postgres_address, postgres_server):
    secret = postgres_address.replace("owner@", "owner:hunter2@")
    with create_registry(secret, office="A") as registry:
        assert "hunter2" not in registry.address and "hunter2" not in repr(vars(registry).get(
            "address"))
    for wrong in (secret.replace("owner:", "nobody:"), secret + "?schema=No; DROP",
                  secret.replace(str(postgres_server.port), "1"), secret + "?nonsense=1"):
        with pytest.raises(LandReleaseError, match="STO-0") as caught:
            open_registry(wrong)
        assert "hunter2" not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize("address", [
    "postgresql://o:hun/ter2@h/db", "postgresql://o:hun#ter2@h/db", "postgresql://o:hun@ter2@h/db",
    "postgresql://o:hun?ter2@h/db", "postgresql://o:[hun-ter2@h/db", "postgresql://o:hun%ter2@h/d",
    "postgresql://localhost:x/db?user=o&password=hun-ter2",
    "postgresql://o:hun-ter2@localhost:99999/db"])
def test_no_part_of_a_password_is_shown(address):
    with pytest.raises(LandReleaseError, match="STO-028") as caught:
        open_registry(address, wait_s=0)
    assert "hun" not in str(caught.value) and "ter2" not in str(caught.value)


def test_a_write_given_up_in_doubt_is_recognised_when_it_is_made_again(postgres_address,
                                                                       monkeypatch):
    with create_registry(postgres_address, office="A") as registry:
        real, cut = registry._insist, []

        def lost(ask):
            real(ask)  # the server committed; the answer never arrived
            cut.append(1)
            raise LandReleaseError(POSTGRES_UNREACHABLE, address="x", found="timeout")

        monkeypatch.setattr(registry, "_insist", lost)
        with pytest.raises(LandReleaseError, match="STO-028"):
            registry.append([revision("h1")])
        monkeypatch.undo()
        assert cut and registry.append([revision("h1")]) == registry.head()
        assert registry.count() == 1
        registry.append([revision("h1")])  # a third call is a write of its own
        assert registry.count() == 2 and registry.audit() == []


def test_what_is_no_registry_says_so(postgres_address):
    with pytest.raises(LandReleaseError, match="STO-001"):
        open_registry(postgres_address)
    with psycopg.connect(postgres_address, autocommit=True) as db:
        db.execute("CREATE SCHEMA landrelease")
        db.execute("CREATE TABLE landrelease.setting (name text, value text)")
    with pytest.raises(LandReleaseError, match="STO-003"):
        open_registry(postgres_address)
    with pytest.raises(LandReleaseError, match="STO-002"):
        create_registry(postgres_address, office="A")


@pytest.mark.parametrize("layout, code", [("99", "STO-004"), ("1", "STO-023")])
def test_another_layout_is_not_touched(postgres_address, layout, code):
    create_registry(postgres_address, office="A").close()
    with psycopg.connect(postgres_address, autocommit=True) as db:
        db.execute("UPDATE landrelease.setting SET value = %s WHERE name = 'layout'", (layout,))
    with pytest.raises(LandReleaseError, match=code):
        open_registry(postgres_address)


@pytest.mark.parametrize("statement", [
    "UPDATE landrelease.revision SET reason = 'x'", "DELETE FROM landrelease.revision",
    "TRUNCATE landrelease.revision"])
def test_a_revision_stays_as_it_is(postgres_address, statement):
    with filled(postgres_address) as registry, psycopg.connect(
            postgres_address, autocommit=True) as db:
        with pytest.raises(psycopg.errors.RaiseException):
            db.execute(statement)
        assert registry.audit() == []


def test_many_writers_take_turns_and_none_is_lost(postgres_address):
    create_registry(postgres_address, office="A").close()
    failed = []

    def write(n):
        try:
            with open_registry(postgres_address) as registry:
                for step in range(10):
                    registry.append([revision(f"h-{n}-{step}"), revision("shared", name=f"{n}")])
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    with open_registry(postgres_address, writable=False) as reader:
        seen = 0
        while any(t.is_alive() for t in threads):
            found = reader.count()
            assert found >= seen and found % 2 == 0  # whole writes only
            seen = found
    for thread in threads:
        thread.join()
    assert failed == []
    with open_registry(postgres_address) as registry:
        assert registry.count() == 160 and len(registry.ids("hazard")) == 81
        assert len(registry.history("shared")) == 80 and registry.audit() == []
        assert [s.number for s in registry.revisions()] == list(range(1, 161))


def test_a_killed_server_loses_and_doubles_nothing(postgres_server, postgres_address):
    create_registry(postgres_address, office="A").close()
    acknowledged, stop, failed = [], threading.Event(), []

    def write(n):
        step = 0
        try:
            with open_registry(postgres_address, wait_s=60) as registry:
                while not stop.is_set():
                    name = f"h-{n}-{step}"
                    registry.append([revision(name)])
                    acknowledged.append(name)
                    step += 1
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        stop.wait(0.4)
        postgres_server.kill()
        postgres_server.start()
    stop.wait(0.4)
    stop.set()
    for thread in threads:
        thread.join(60)
    assert failed == []
    with open_registry(postgres_address) as registry:
        held = [s.revision.record_id for s in registry.revisions()]
        assert sorted(held) == sorted(acknowledged) and len(held) == len(set(held))
        assert registry.audit() == []


def test_a_writer_waits_for_another_and_then_says_so(postgres_address):
    create_registry(postgres_address, office="A").close()
    with psycopg.connect(postgres_address) as other, \
            open_registry(postgres_address, wait_s=0.3) as registry:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('landrelease'), "
                      "hashtext('landrelease'))")
        with pytest.raises(LandReleaseError, match="STO-007"):
            registry.append([revision("h1")])
        other.rollback()
        registry.append([revision("h1")])
        assert registry.count() == 1


def test_read_only_is_read_only(postgres_address):
    create_registry(postgres_address, office="A").close()
    with open_registry(postgres_address, writable=False) as registry:
        with pytest.raises(LandReleaseError, match="STO-008"):
            registry.append([revision("h1")])
        assert registry.count() == 0


@pytest.mark.parametrize("where", ["file", "server"])
def test_an_open_registry_sees_an_extension_that_somebody_else_loads(where, tmp_path, request):
    address = tmp_path / "r.gpkg" if where == "file" else request.getfixturevalue(
        "postgres_address")
    text = (Path(__file__).parent.parent / "docs" / "extension_example.yaml").read_text("utf-8")
    with create_registry(address, office="A") as first, open_registry(address) as second:
        national = revision("h1", hazard_type="SHA", cadastral_zone="7")
        with pytest.raises(LandReleaseError, match="STO-010"):
            second.append([national])
        first.load_extension(text)
        second.append([national])
        assert "cadastral_zone" in {f.name for f in second.kinds["hazard"].fields}
        assert first.records("hazard")[0].values["cadastral_zone"] == "7"
        assert second.audit() == []
