"""The second wall: what the policy hides cannot be read with SQL either."""
# ruff: noqa: S608

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import pytest
import shapely

from landrelease.access import policy
from landrelease.access.postgres import (
    INSIDE_TABLES,
    PREFIX,
    WRITER,
    columns_for,
    guard_statements,
    literal,
    quoted,
)
from landrelease.core.record import KINDS, Field, Record
from landrelease.core.revision import Revision

MOMENT = datetime(2026, 1, 5, tzinfo=UTC)
AREA = shapely.box(17.2, 44.0, 17.4, 44.2)
SCOPES = {"": ("", None), "organisation": ("Clearance  Alpha", None), "area": ("", AREA),
          "both": ("clearance alpha", AREA)}


def test_names_are_quoted_and_impossible_ones_refused():
    assert quoted('a"b') == '"a""b"' and literal("it's") == "'it''s'"
    assert literal("a\\'b") == " E'a\\\\''b'"
    for bad in ("", "x" * 64, "a\0b"):
        with pytest.raises(ValueError):
            quoted(bad)
    with pytest.raises(ValueError):
        literal("a\0")


def test_safety_S14_columns_follow_the_policy():
    for role in policy.ROLES:
        whole = policy.view(role, "Clearance Alpha", [policy.Area(("x",), AREA)])
        for kind in KINDS.values():
            columns = set(columns_for(role, kind))
            if whole.precision(kind.name) != "exact":
                assert not columns
                continue
            fields = {f.name for f in kind.fields}
            assert columns & fields == set(whole.fields(kind.name))
            assert ("recorded_by" in columns) == whole.may("history")
            assert not columns & {f.name for f in kind.fields if f.personal}
            assert "other_values" not in columns


def test_safety_S14_a_field_of_an_extension_is_for_roles_that_see_all():
    from dataclasses import replace

    kind = KINDS["settlement"]
    wide = replace(kind, fields=(*kind.fields, Field("national", "text", "Of a programme.")))
    for role in policy.ROLES:
        seen = "national" in columns_for(role, wide)
        assert "national" in columns_for(role, wide,
                                         public_fields=frozenset({("settlement", "national")}))
        assert seen == (role not in policy.OUTSIDE)
        assert seen == policy.view(role, kinds={**KINDS, "settlement": wide}).may(
            "settlement", "national")


def records():
    """Three of each kind: anybody's in the west, Alpha's in the west, anybody's in the east."""
    for n, kind in enumerate(KINDS.values()):
        for number in range(3):
            x = 17.01 + n * 0.005 + (0.2 if number == 2 else 0.0)
            shape = {"none": None, "point": shapely.Point(x, 44.1),
                     "line": shapely.LineString([(x, 44.1), (x + 0.001, 44.1)])}.get(
                kind.geometry, shapely.box(x, 44.1, x + 0.001, 44.101))
            values = {f.name: f"{f.name} {number}" for f in kind.fields
                      if f.type in ("text", "reference") and not f.personal}
            if "public_key" in values:
                values["public_key"] = f"{number:064x}"
            for name in policy.organisation_fields(kind):
                values[name] = "Clearance Alpha" if number == 1 else "Somebody"
            yield Revision(kind.name, f"{kind.name}:{number}", values, shape, MOMENT,
                           "landrelease test", "test", "")


@pytest.fixture(scope="module")
def guarded(postgres_server):
    """A guarded registry with a login for each role and scope; (server, database, logins)."""
    import psycopg

    from landrelease.store.open import create_registry

    name = f"wall_{secrets.token_hex(4)}"
    address = postgres_server.database(name)
    registry = create_registry(address, office="Test")
    registry.append(list(records()))
    registry.guard(guard_statements(kinds=registry.kinds))
    registry.guard(guard_statements(kinds=registry.kinds))  # again changes nothing
    logins = {}
    with psycopg.connect(address, autocommit=True) as db:
        for role in (*policy.ROLES, "nobody", "writer"):
            for scope, (organisation, area) in SCOPES.items():
                if role in ("nobody", "writer") and scope:
                    continue
                login = f"{name}_{role}_{scope}"
                logins[role, scope] = login
                db.execute(f"CREATE ROLE {quoted(login)} LOGIN")
                if role == "nobody":
                    continue
                db.execute(f"GRANT {quoted(PREFIX + role)} TO {quoted(login)}")
                db.execute("INSERT INTO landrelease.membership (login, role, organisation, area) "
                           "VALUES (%s, %s, %s, ST_GeomFromText(%s, 4326))",
                           (login, role, organisation, area.wkt if area is not None else None))
        db.execute(f"CREATE ROLE {quoted(name + '_new')} LOGIN IN ROLE {PREFIX}planner")
        logins["new", ""] = name + "_new"
    # The office goes on writing behind the wall.
    registry.append([Revision("settlement", "settlement:late", {"name": "late"},
                              shapely.Point(17.3, 44.1), MOMENT, "landrelease test", "t", "")])
    assert registry.audit() == []
    yield postgres_server, name, logins, list(registry_records(registry))
    registry.close()
    postgres_server.execute(f'DROP DATABASE "{name}" WITH (FORCE)', "postgres")
    for login in logins.values():
        postgres_server.execute(f"DROP ROLE {quoted(login)}", "postgres")
    for group in (*(PREFIX + r for r in policy.ROLES), WRITER):
        postgres_server.execute(f"DROP ROLE {quoted(group)}", "postgres")


def registry_records(registry):
    for kind in KINDS:
        yield from registry.records(kind)


def connect(guarded, role, scope=""):
    import psycopg

    server, name, logins, _ = guarded
    return psycopg.connect(server.address(name, logins[role, scope]), autocommit=True)


def refused(db, statement):
    import psycopg

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(statement)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("role", policy.ROLES)
def test_safety_S14_rows_and_columns_that_the_policy_hides_cannot_be_read(guarded, role, scope):
    organisation, area = SCOPES[scope]
    reader = policy.view(role, organisation, [policy.Area(("x",), area)] if area else [])
    stored: list[Record] = guarded[3]
    with connect(guarded, role, scope) as db:
        for kind in KINDS.values():
            columns = columns_for(role, kind)
            hidden = [f.name for f in kind.fields if f.name not in columns and not f.personal]
            table = f"landrelease.{quoted(kind.name)}"
            if not columns:
                refused(db, f"SELECT count(*) FROM {table}")
                refused(db, f"SELECT record_id FROM {table}")
                continue
            for name in [*hidden, "other_values"]:
                refused(db, f"SELECT {quoted(name)} FROM {table}")
                refused(db, f"SELECT 1 FROM {table} WHERE {quoted(name)} IS NOT NULL")
            refused(db, f"DELETE FROM {table}")
            refused(db, f"UPDATE {table} SET record_id = ''")
            seen = {r for (r,) in db.execute(f"SELECT record_id FROM {table}")}
            # The public's rows are everybody's: a login of the public narrows nothing.
            allowed = (policy.view(role) if role == "public" else reader).records(
                r for r in stored if r.kind == kind.name)
            assert seen == {r.id for r in allowed}, (role, scope, kind.name)
            listed = ", ".join(map(quoted, columns))
            assert len(list(db.execute(f"SELECT {listed} FROM {table}"))) == len(seen)


@pytest.mark.parametrize("role", [*policy.ROLES, "nobody"])
def test_safety_S17_no_role_reads_the_chain_files_quarantine_or_persons(guarded, role):
    with connect(guarded, role) as db:
        for name in INSIDE_TABLES:
            refused(db, f"SELECT 1 FROM landrelease.{quoted(name)}")
            refused(db, f"INSERT INTO landrelease.{quoted(name)} DEFAULT VALUES")
        refused(db, "CREATE TABLE landrelease.mine (x int)")
        for group in (WRITER, PREFIX + "administrator"):
            if role != "administrator":
                refused(db, f"SET ROLE {group}")


def test_a_group_role_without_membership_sees_nothing_and_a_login_without_one_neither(guarded):
    with connect(guarded, "new") as db:
        assert db.execute("SELECT count(*) FROM landrelease.hazard").fetchone() == (0,)
    with connect(guarded, "nobody") as db:
        refused(db, "SELECT count(*) FROM landrelease.settlement")


def test_membership_of_another_login_cannot_be_borrowed(guarded):
    with connect(guarded, "operator") as db:
        refused(db, f"SET ROLE {quoted(guarded[2]['operator', 'organisation'])}")
        # The function answers for the login that asks, whatever it is given.
        assert db.execute(
            "SELECT landrelease.reader_may('planner', 'all', false, '{}', '{}', NULL)"
        ).fetchone() == (False,)
        assert db.execute(
            "SELECT landrelease.reader_may('operator', 'organisation', true, "
            "ARRAY['Clearance Alpha'], '{}', NULL)").fetchone() == (False,)


def test_the_writer_writes_and_reads_all_rows(guarded):
    with connect(guarded, "writer") as db:
        assert db.execute("SELECT count(*) FROM landrelease.team").fetchone() == (3,)
        assert db.execute("SELECT count(*) > 80 FROM landrelease.revision").fetchone() == (True,)
        refused(db, "SELECT 1 FROM landrelease.membership")


def test_an_owner_who_is_no_superuser_goes_on_working_behind_the_wall(postgres_server):
    from landrelease.store.open import create_registry

    name = f"owned_{secrets.token_hex(4)}"
    postgres_server.database(name)
    postgres_server.execute(f"CREATE ROLE {name} LOGIN CREATEROLE", "postgres")
    postgres_server.execute(f"GRANT CREATE ON DATABASE {name} TO {name}", "postgres")
    registry = create_registry(postgres_server.address(name, name), office="Test")
    try:
        made = list(records())
        registry.append(made[:9])
        registry.guard(guard_statements(kinds=registry.kinds))
        registry.append(made[9:])
        assert registry.audit() == [] and registry.edits() == []
        registry.restore_layers()
        assert registry.audit() == []
        assert len(registry.records("hazard")) == 3
        assert len(registry.find("track", bounds=(17.0, 44.0, 18.0, 45.0))) == 3
    finally:
        registry.close()
        postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)", "postgres")
        postgres_server.execute(f"DROP ROLE {quoted(name)}", "postgres")


def test_the_command_makes_the_wall_and_a_file_has_none(postgres_address, tmp_path):
    from landrelease.errors import LandReleaseError
    from landrelease.store.open import create_registry
    from landrelease.workflows import sharing

    create_registry(postgres_address, office="Test").close()
    out = tmp_path / "wall.sql"
    count = sharing.guard(postgres_address, out)
    assert count > 200 and out.read_text().count("CREATE POLICY") > 100
    assert sharing.guard(postgres_address) == count
    create_registry(tmp_path / "r.gpkg", office="Test").close()
    with pytest.raises(LandReleaseError, match="CLI-103"):
        sharing.guard(str(tmp_path / "r.gpkg"))
