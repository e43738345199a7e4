"""The server of a registry in PostgreSQL: its address, the connection, and what it says."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import conninfo

from landrelease.errors import (
    CANNOT_WRITE,
    POSTGRES_REFUSED,
    POSTGRES_UNREACHABLE,
    REGISTRY_BUSY,
    LandReleaseError,
)
from landrelease.store import layout

SCHEMA = "landrelease"
# What no waiting mends, in the words of libpq and of a server that speaks English.
_LASTING = re.compile("authentication failed|no password supplied|does not exist|pg_hba|"
                      "could not translate|not known|invalid|address|missing", re.I)
STATEMENT_S = 600  # a statement that takes longer was forgotten by its client


def parsed(address: str) -> tuple[str, str, str]:
    """(connection string, schema, the address to show: without a password)."""
    from urllib.parse import unquote, urlencode, urlsplit

    def refused(host: str, found: str) -> LandReleaseError:
        return LandReleaseError(POSTGRES_UNREACHABLE, address=f"postgresql://{host}/…", found=found)

    try:
        parts = urlsplit(address)
    except ValueError:  # its words may hold the password
        raise refused("…", "the address cannot be read") from None
    if parts.fragment or parts.netloc.count("@") > 1 or "@" in parts.path + parts.query:
        # Part of a password would be taken for the host or the database, and shown.
        raise refused("…", "a user, a password or a value in it holds one of : / ? # @, which is "
                      "written as %3A %2F %3F %23 %40") from None
    # As libpq reads it: a plus is a plus.
    query = {unquote(k): unquote(v) for k, _, v in
             (pair.partition("=") for pair in parts.query.split("&") if pair)}
    schema = query.pop("schema", SCHEMA)
    host = parts.netloc.rpartition("@")[2]
    try:
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema):
            raise psycopg.ProgrammingError("the schema is a word of small letters")
        info = conninfo.make_conninfo(f"postgresql://{parts.netloc}{parts.path}", **query)
        user = conninfo.conninfo_to_dict(info).get("user")
    except psycopg.ProgrammingError as error:
        words = first_line(error)
        if parts.password and parts.password in words:
            words = "the address cannot be read"
        raise refused(host, words.replace(address, "the address")) from None
    visible = {k: v for k, v in query.items() if k in ("host", "port")}
    if schema != SCHEMA:
        visible["schema"] = schema
    shown = f"postgresql://{f'{user}@' if user else ''}{host}{parts.path}"
    return info, schema, shown + (f"?{urlencode(visible)}" if visible else "")


def connect(info: str, shown: str) -> psycopg.Connection[Any]:
    try:
        # A server whose machine went away without a word is noticed within a minute.
        words: dict[str, Any] = {
            "connect_timeout": 10, "application_name": "landrelease", "keepalives_idle": 20,
            "keepalives_interval": 10, "keepalives_count": 4, "tcp_user_timeout": 60_000,
            **conninfo.conninfo_to_dict(info)}
        return psycopg.connect(conninfo.make_conninfo(**words), autocommit=True)
    except psycopg.OperationalError as error:
        raise LandReleaseError(POSTGRES_UNREACHABLE, address=shown,
                               found=first_line(error)) from None


def use_schema(db: psycopg.Connection[Any], schema: str) -> None:
    """The registry's schema first; PostGIS may live in any other."""
    found = db.execute(
        "SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace "
        "WHERE e.extname = 'postgis'").fetchone()
    places = [schema, *([found[0]] if found else []), "public"]
    db.execute("SELECT set_config('search_path', %s, false)",
               (", ".join(layout.quoted(p) for p in dict.fromkeys(places)),))


def need_postgis(db: psycopg.Connection[Any], shown: str) -> None:
    if db.execute("SELECT 1 FROM pg_extension WHERE extname = 'postgis'").fetchone():
        return
    try:
        db.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    except psycopg.Error as error:
        raise LandReleaseError(
            POSTGRES_REFUSED, address=shown,
            found=f"the extension postgis is not there and cannot be made: {first_line(error)}"
        ) from None


def first_line(error: BaseException) -> str:
    """The first line of a message of the server."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def broken(error: BaseException) -> bool:
    """Whether the connection broke or the server is (re)starting: then a new try may succeed."""
    if isinstance(error, LandReleaseError):
        # A server may speak any language: what is not known to last is tried until the time is up.
        return error.message is POSTGRES_UNREACHABLE and _LASTING.search(
            str(error.facts["found"])) is None
    state = getattr(error, "sqlstate", None) or ""
    return state in ("", "57P01", "57P02", "57P03") or state.startswith("08")


@contextlib.contextmanager
def speaking(shown: str, wait_s: float) -> Iterator[None]:
    """What PostgreSQL says, as an error of the catalogue; a broken connection goes through."""
    try:
        yield
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
        raise LandReleaseError(REGISTRY_BUSY, address=shown, waited_s=wait_s) from error
    except psycopg.errors.QueryCanceled as error:
        raise LandReleaseError(POSTGRES_REFUSED, address=shown, found=first_line(error)) from error
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction,
            psycopg.errors.DiskFull) as error:
        raise LandReleaseError(CANNOT_WRITE, path=shown, reason=first_line(error)) from error


