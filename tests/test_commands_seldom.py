"""Commands of the reference that no other test runs by their words."""

import json
import sqlite3
from datetime import UTC, datetime

import shapely
from typer.testing import CliRunner

from landrelease.apps.cli import app
from landrelease.core.revision import Revision
from landrelease.store import layout
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import exchange
from test_exchange import made, new, pack, take

AT = datetime(2026, 9, 1, tzinfo=UTC)
FIELD = shapely.box(17.0, 44.0, 17.01, 44.01)


def run(*words, status=0, typed=None):
    done = CliRunner().invoke(app, [str(w) for w in words], input=typed)
    assert done.exit_code == status, (words, done.output, done.exception)
    return done.output


def registry_of(path, office="Travnik"):
    with create_registry(path, office=office) as registry:
        registry.append([Revision("hazard", "h1", {
            "identifier": "h1", "hazard_type": "SHA", "status": "open", "name": "Field"}, FIELD,
            AT, "landrelease test", "first", "")])
    return path


def test_accounts_change_their_password_and_their_identities(tmp_path):
    path = registry_of(tmp_path / "r.gpkg")
    more = ("--accounts", tmp_path / "a")
    run("account", "add", path, "m.office", "--role", "planner", *more,
        typed="four random words do\n")
    run("account", "password", path, "m.office", *more, typed="four other words do\n")
    run("account", "link", path, "m.office", "--issuer", "https://id.example", "--subject", "7",
        *more)
    assert run("account", "unlink", path, "m.office", *more).startswith("1 ")
    out = tmp_path / "out.json"
    run("account", "list", path, "--json", out, *more)
    (account,) = json.loads(out.read_text())
    assert (account["name"], account["role"], account["disabled"]) == ("m.office", "planner", False)
    run("account", "disable", path, "m.office", *more)
    assert "disabled" in run("account", "list", path, *more)


def test_a_part_of_an_area_is_suspended(tmp_path):
    path = registry_of(tmp_path / "r.gpkg")
    (tmp_path / "wet.geojson").write_text(json.dumps({
        "type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(
            shapely.box(17.0, 44.0, 17.005, 44.01))}))
    said = run("area", "suspend", path, "h1", "--part", tmp_path / "wet.geojson", "--reason",
               "flooded")
    assert "suspended" in said
    with open_registry(path) as registry:
        parts = [r for r in registry.records("hazard") if r.value("status") == "suspended"]
        assert len(parts) == 1 and not registry.audit()


def test_edits_of_another_program_are_dropped(tmp_path):
    path = registry_of(tmp_path / "r.gpkg")
    with sqlite3.connect(path) as db:
        layout.register_functions(db)
        db.execute("UPDATE hazard SET name = 'changed in a GIS'")
    run("edits", "list", path, status=1)
    assert "1 edited rows dropped" in run("edits", "drop", path, "--yes")
    assert "0 edited rows" in run("edits", "list", path)


def test_a_world_is_made(tmp_path):
    run("world", "make", tmp_path / "world", "--size", "village", "--seed", 3)
    areas = json.loads((tmp_path / "world" / "suspected_areas.geojson").read_text())
    assert areas["features"] and "synthetic" in json.dumps(areas).lower()


def test_a_conflict_of_two_offices_is_settled(tmp_path):
    with new(tmp_path, "A") as a, new(tmp_path, "B") as b:
        a.append([made("h1", name="x")])
        take(b, pack(a, tmp_path, "a1"), minutes=1)
        b.append([made("h1", 10, name="y")])
        a.append([made("h1", 20, name="z")])
        take(a, pack(b, tmp_path, "b1"), minutes=30)
        (conflict,) = exchange.conflicts(a)
        choice = next(s.hash for s in conflict.sayings if s.values["name"] == "y")
    path = tmp_path / "A.gpkg"
    assert "settled" in run("exchange", "resolve", path, "h1", "--choose", choice[:10], "--reason",
                            "visited", "--by", "test")
    with open_registry(path) as registry:
        assert registry.contested() == [] and registry.records("hazard")[0].values["name"] == "y"


def test_the_second_wall_of_postgresql_is_put_up_and_written_down(postgres_address, tmp_path):
    create_registry(postgres_address, office="Centre").close()
    out = tmp_path / "guard.sql"
    assert "written to" in run("guard", postgres_address, "--sql", out)
    assert "CREATE POLICY" in out.read_text()
