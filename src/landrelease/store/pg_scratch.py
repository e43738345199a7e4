"""A schema beside that of a registry, for a restore that is only a test; gone afterwards."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

from landrelease.errors import REGISTRY_EXISTS, LandReleaseError
from landrelease.store import layout, pg_server


@contextlib.contextmanager
def scratch_schema(address: str) -> Iterator[str]:
    """The address of a schema that is not there yet, in the same database; dropped at the end.

    Raises STO-002 where a schema of that name is there: it is left alone.
    """
    info, schema, shown = pg_server.parsed(address)
    name = f"{schema[:30]}_restore_test_{os.getpid()}"
    parts = urlsplit(address)
    query = [p for p in parts.query.split("&") if p and not p.startswith("schema=")]
    with contextlib.closing(pg_server.connect(info, shown)) as db:
        if db.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (name,)).fetchone():
            raise LandReleaseError(REGISTRY_EXISTS, address=f"{shown} (schema {name})")
    try:
        yield urlunsplit(parts._replace(query="&".join([*query, f"schema={name}"])))
    finally:
        _drop(info, name, shown)


def drop_schema(address: str) -> None:
    """Remove the schema of a registry that was being made and did not come to be whole."""
    info, schema, shown = pg_server.parsed(address)
    _drop(info, schema, shown)


def _drop(info: str, schema: str, shown: str) -> None:
    with contextlib.closing(pg_server.connect(info, shown)) as db:
        db.execute(f"DROP SCHEMA IF EXISTS {layout.quoted(schema)} CASCADE")
