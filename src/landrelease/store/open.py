"""A registry by its address: a GeoPackage file, or a schema of PostgreSQL with PostGIS."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from landrelease.errors import ADDRESS_NOT_SERVED, LandReleaseError

if TYPE_CHECKING:
    from landrelease.store.registry import Registry

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")  # two letters at least: C:\ is a path
_POSTGRES = ("postgresql", "postgres")


def utc_now() -> datetime:
    return datetime.now(UTC)


def create_registry(
    address: str | Path, *, office: str, now: Callable[[], datetime] = utc_now
) -> Registry:
    """Make a new, empty registry of an office and open it.

    Raises
    ------
    LandReleaseError
        STO-002: the place is taken. STO-006: no registry is kept at such an address. STO-008:
        cannot be written.
    """
    path = own_file(address)
    if path is None:
        from landrelease.store.postgis import PostgisRegistry

        return PostgisRegistry.create(str(address), office=office, now=now)
    from landrelease.store.geopackage import GeoPackageRegistry

    return GeoPackageRegistry.create(path, office=office, now=now)


def open_registry(
    address: str | Path,
    *,
    writable: bool = True,
    wait_s: float = 20.0,
    cache_mb: int = 64,
    now: Callable[[], datetime] = utc_now,
) -> Registry:
    """Open the registry at an address.

    `writable=False` opens it for reading only. `wait_s` is how long a write waits for another
    writer (STO-007 after that). A registry in a read-only place can be read; a write says STO-008.
    `cache_mb` is what is kept of a file in memory at most: an import of a country fits; who opens a
    file many times at once states less.

    Raises
    ------
    LandReleaseError
        STO-001: nothing there. STO-003: something else. STO-004: newer layout. STO-005: cut off or
        damaged. STO-006: no registry is kept at such an address.
    """
    path = own_file(address)
    if path is None:
        from landrelease.store.postgis import PostgisRegistry

        return PostgisRegistry(str(address), writable=writable, wait_s=wait_s, now=now)
    from landrelease.store.geopackage import GeoPackageRegistry

    return GeoPackageRegistry(path, writable=writable, wait_s=wait_s, cache_mb=cache_mb,
                              now=now)


def is_registry(address: str | Path) -> bool:
    """Whether a registry stands at an address: one in PostgreSQL, or a GeoPackage made here.

    Of a file nothing but its own tables is asked; a damaged one is none.
    """
    import contextlib
    import sqlite3

    from landrelease.store import files

    path = own_file(address)
    if path is None:
        return True
    if not path.is_file():
        return False
    with contextlib.closing(files.open_sqlite(path, "mode=ro")) as db:
        try:
            found = db.execute("SELECT value FROM setting WHERE name = 'program'").fetchone()
        except sqlite3.Error:
            return False
    return found is not None and found[0] == "landrelease"


def own_file(address: str | Path) -> Path | None:
    """The file of a registry in a file; None for one in PostgreSQL. STO-006: neither."""
    found = _SCHEME.match(str(address)) if isinstance(address, str) else None
    if found is None:
        return Path(address)
    scheme = found[1].lower()
    if scheme in _POSTGRES:
        return None
    # A password may stand in the address: it is not repeated in the message.
    raise LandReleaseError(ADDRESS_NOT_SERVED, address=f"{scheme}://…",
                           found="it is neither the path of a file nor a postgresql:// address")
