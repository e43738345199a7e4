"""The second wall: the policy as roles, column grants and row-level security of PostgreSQL.

The first wall is `access.policy`, which every way out of the program passes. Whoever connects to
the database with another program (a GIS, psql) meets this one. Pure: it makes statements; the store
runs them in one transaction as the owner of the schema (`PostgisRegistry.guard`).

- A group role for each role of the policy, `landrelease_<role>`, that nobody logs in as; an
  administrator of the database grants it to the logins of persons. One login, one such role.
- SELECT only, and only on the columns that the policy names at precision "exact". What a role sees
  as cells, rounded inward or in totals, it does not see here at all: that is computed, not stored.
- Rows by organisation and area from the table `membership`. A login with a group role and no row
  there sees nothing, but for the public's own tables. The login counts, not a role that was set.
- No chain, no file, no quarantine, no personal value, no setting for anybody but the writer.

The owner keeps its rights by a policy of its own. Layers force the policies on the owner too; the
tables of the chain do not, because PostgreSQL refuses COPY into a table that does.

Sources: PostgreSQL 15, "5.8 Row Security Policies", "CREATE POLICY", "CREATE FUNCTION" (safe
SECURITY DEFINER functions: a fixed search path).
"""
# Identifiers and literals cannot be bound in these statements; they are quoted here.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Mapping, Sequence

from landrelease.access.policy import (
    ALL,
    OUTSIDE,
    ROLES,
    TABLE,
    Grant,
    Role,
    area_fields,
    organisation_fields,
)
from landrelease.core.record import KINDS, Kind

PREFIX = "landrelease_"
WRITER = PREFIX + "writer"
MEMBERSHIP = "membership"
GEOMETRY = "geom"
INSIDE_TABLES = ("setting", "chain", "revision", "source_file", "import", "quarantine",
                 "person_name", "personal_value", "package", "written", MEMBERSHIP)
# Columns of a layer that are no fields; they go with the history.
HISTORY_COLUMNS = ("revision", "validation", "recorded_at", "recorded_by", "source")

_MEMBERSHIP = """CREATE TABLE IF NOT EXISTS membership (
  login name NOT NULL, role text NOT NULL, organisation text NOT NULL DEFAULT '',
  area geometry(Geometry, 4326), area_names text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (login, role, organisation))"""
_PLAIN = """CREATE OR REPLACE FUNCTION plain_words(words text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS
$$ SELECT coalesce(array_agg(lower(regexp_replace(btrim(w), '\\s+', ' ', 'g'))), '{}')
   FROM unnest(words) AS w WHERE btrim(w) <> '' $$"""
# One place for the rule of `View.inside`: rows of the grant, whether the kind has a place at all,
# the organisations and areas that the record names, and its ground.
_MAY = """CREATE OR REPLACE FUNCTION reader_may(
  as_role text, rows text, has_place boolean, organisations text[], areas text[], place geometry)
RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS
$$ SELECT EXISTS (
  SELECT 1 FROM membership AS m,
  LATERAL (SELECT
    plain_words(ARRAY[m.organisation]) && plain_words(organisations) AS own,
    CASE WHEN place IS NOT NULL AND m.area IS NOT NULL THEN ST_Intersects(m.area, place)
         WHEN place IS NOT NULL AND m.area_names = '{}' THEN false
         ELSE plain_words(m.area_names) && plain_words(areas) END AS there,
    m.area IS NOT NULL OR m.area_names <> '{}' AS bounded) AS s
  WHERE m.login = session_user AND m.role = as_role AND CASE rows
    WHEN 'all' THEN NOT s.bounded OR NOT has_place OR s.there
    WHEN 'organisation' THEN s.own
    WHEN 'area' THEN s.there
    ELSE s.own OR s.there END) $$"""


def quoted(name: str) -> str:
    """A name as an SQL identifier. Raises ValueError for one that PostgreSQL would cut or refuse.
    """
    if not name or "\0" in name or len(name.encode()) > 63:
        raise ValueError(f"{name!r} is no name of a table, column or role")
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal, whatever `standard_conforming_strings` says."""
    if "\0" in text:
        raise ValueError("PostgreSQL keeps no character 0 in a text")
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f" E'{escaped}'" if "\\" in text else f"'{escaped}'"


def columns_for(role: Role, kind: Kind,
                table: Mapping[Role, Mapping[str, Grant]] = TABLE,
                public_fields: frozenset[tuple[str, str]] = frozenset()) -> tuple[str, ...]:
    """The columns of a kind's layer that a role may select; none where it sees no record of it."""
    grant = table[role].get(kind.name)
    if grant is None or grant.precision != "exact":
        return ()
    fields = [f for f in kind.fields if not f.personal and _named(
        role, grant, kind, f.name, public_fields)]
    out = ["record_id", *(f.name for f in fields)]
    if any(f.name == "information_date" for f in fields):
        out.append("valid_from")
    if kind.geometry != "none":
        out.append(GEOMETRY)
    history = table[role].get("history")
    if history is not None and history.precision == "exact":
        out += HISTORY_COLUMNS
    return tuple(out)


def _named(role: Role, grant: Grant, kind: Kind, name: str,
           public_fields: frozenset[tuple[str, str]]) -> bool:
    """`View.may`, whatever the reader's organisation and area: those are the rows' matter."""
    design = KINDS.get(kind.name)
    extends = design is None or name not in {f.name for f in design.fields}
    if extends:
        return (kind.name, name) in public_fields if role in OUTSIDE else ALL in grant.fields
    return ALL in grant.fields or name in grant.fields


def guard_statements(
    table: Mapping[Role, Mapping[str, Grant]] = TABLE,
    kinds: Mapping[str, Kind] = KINDS,
    roles: Sequence[Role] = ROLES,
    schema: str = "landrelease",
    public_fields: frozenset[tuple[str, str]] = frozenset(),
) -> list[str]:
    """The statements that make the wall, or make it anew after the policy or the kinds changed.

    They run in one transaction, as the owner of the schema (who may make roles), with the schema
    first in the search path. All names are quoted; no value comes from a record.
    """
    groups = [PREFIX + role for role in roles]
    everybody = ", ".join(["PUBLIC", *map(quoted, groups)])
    inside = quoted(schema)
    out = [
        "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = "
        f"{literal(name)}) THEN CREATE ROLE {quoted(name)} NOLOGIN; END IF; END $$"
        for name in (*groups, WRITER)]
    out += [
        _MEMBERSHIP, _PLAIN, _MAY,
        f"REVOKE ALL ON SCHEMA {inside} FROM {everybody}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {inside} FROM {everybody}",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {inside} FROM {everybody}",
        f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {inside} FROM {everybody}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {inside} REVOKE ALL ON TABLES FROM {everybody}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {inside} REVOKE ALL ON SEQUENCES FROM {everybody}",
        "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA {inside} TO {', '.join(map(quoted, [*groups, WRITER]))}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {inside} TO "
        f"{quoted(WRITER)}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {inside} TO {quoted(WRITER)}",
        f"REVOKE ALL ON {quoted(MEMBERSHIP)} FROM {quoted(WRITER)}",
        "GRANT EXECUTE ON FUNCTION reader_may(text, text, boolean, text[], text[], geometry), "
        f"plain_words(text[]) TO {', '.join(map(quoted, groups))}",
    ]
    for name in INSIDE_TABLES:
        out.append(f"ALTER TABLE {quoted(name)} ENABLE ROW LEVEL SECURITY")
        if name != MEMBERSHIP:
            out += _writer_policy(name)
    for kind in kinds.values():
        layer = quoted(kind.name)
        out += [f"ALTER TABLE {layer} ENABLE ROW LEVEL SECURITY",
                f"ALTER TABLE {layer} FORCE ROW LEVEL SECURITY", *_writer_policy(kind.name)]
        for role in roles:
            policy, group = quoted(f"reader_{role}"), quoted(PREFIX + role)
            out.append(f"DROP POLICY IF EXISTS {policy} ON {layer}")
            columns = columns_for(role, kind, table, public_fields)
            if not columns:
                continue
            out += [
                f"GRANT SELECT ({', '.join(map(quoted, columns))}) ON {layer} TO {group}",
                f"CREATE POLICY {policy} ON {layer} FOR SELECT TO {group} "
                f"USING ({_condition(role, kind, table[role][kind.name])})",
            ]
    return out


def _writer_policy(name: str) -> list[str]:
    """The owner, and who writes for the office, go on working on all rows."""
    return [f"DROP POLICY IF EXISTS office ON {quoted(name)}",
            f"CREATE POLICY office ON {quoted(name)} FOR ALL TO CURRENT_USER, {quoted(WRITER)} "
            "USING (true) WITH CHECK (true)"]


def _condition(role: Role, kind: Kind, grant: Grant) -> str:
    if role == "public" and grant.rows == "all":
        return "true"

    def array(names: Sequence[str]) -> str:
        return f"ARRAY[{', '.join(map(quoted, names))}]::text[]"

    spatial = kind.geometry != "none"
    areas = area_fields(kind)
    place = "true" if spatial or areas else "false"
    return (f"reader_may({literal(role)}, {literal(grant.rows)}, {place}, "
            f"{array(organisation_fields(kind))}, {array(areas)}, "
            f"{quoted(GEOMETRY) if spatial else 'NULL::geometry'})")
