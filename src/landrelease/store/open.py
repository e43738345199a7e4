"""A registry by its address: a GeoPackage file. A `postgresql://` address is not served yet."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from landrelease.errors import ADDRESS_NOT_SERVED, LandReleaseError
from landrelease.store.geopackage import GeoPackageRegistry

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")  # two letters at least: C:\ is a path


def utc_now() -> datetime:
    return datetime.now(UTC)


def create_registry(
    address: str | Path, *, office: str, now: Callable[[], datetime] = utc_now
) -> GeoPackageRegistry:
    """Make a new, empty registry of an office and open it.

    Raises
    ------
    LandReleaseError
        STO-002: the place is taken. STO-006: no GeoPackage file. STO-008: cannot be written.
    """
    return GeoPackageRegistry.create(_path(address), office=office, now=now)


def open_registry(
    address: str | Path,
    *,
    writable: bool = True,
    wait_s: float = 20.0,
    now: Callable[[], datetime] = utc_now,
) -> GeoPackageRegistry:
    """Open the registry at an address.

    `writable=False` opens it for reading only. `wait_s` is how long a write waits for another
    writer (STO-007 after that). A registry in a read-only place can be read; a write says STO-008.

    Raises
    ------
    LandReleaseError
        STO-001: nothing there. STO-003: something else. STO-004: newer layout. STO-005: cut off or
        damaged. STO-006: no GeoPackage file.
    """
    return GeoPackageRegistry(_path(address), writable=writable, wait_s=wait_s, now=now)


def _path(address: str | Path) -> Path:
    found = _SCHEME.match(str(address)) if isinstance(address, str) else None
    if found is None:
        return Path(address)
    scheme = found[1].lower()
    # A password may stand in the address: it is not repeated in the message.
    if scheme in ("postgresql", "postgres", "postgis"):
        words = "a registry in PostgreSQL with PostGIS comes with a later version"
    else:
        words = "it is not the path of a file"
    raise LandReleaseError(ADDRESS_NOT_SERVED, address=f"{scheme}://…", found=words)
