"""A whole registry from one store into the other, or into a new one of the same kind.

Numbers, chains, hashes, files, quarantine, imports, settings, packages and the erasable tables are
those of the original; the layers are derived from the chains again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from landrelease.store import rows

if TYPE_CHECKING:
    from landrelease.store.registry import Registry

# Tables and their columns, in the order in which they are written. `chain` is its number here.
TABLES: dict[str, tuple[str, ...]] = {
    "setting": ("name", "value"),
    "chain": ("number", "id", "office", "genesis", "first", "public_key", "own"),
    "revision": rows.COLUMNS,
    "source_file": ("number", "sha256", "name", "size", "came_in_at", "compression", "content"),
    "import": ("number", "imported_at", "source", "file", "kind", "read", "accepted", "merged",
               "quarantined", "revisions", "report"),
    "quarantine": ("number", "import", "source", "file", "row", "kind", "status", "reason",
                   "decided_by", "decisions", "content"),
    "person_name": ("number", "id", "salt", "name"),
    "personal_value": ("number", "record_id", "field", "commitment", "salt", "value"),
    "package": ("number", "sha256", "name", "direction", "status", "at", "about", "content"),
}


class Dump(Protocol):
    """Gives the rows of a table, streamed; all tables from one moment."""

    def __call__(self, table: str) -> Iterator[tuple[Any, ...]]: ...


def beside_the_chains(registry: Registry) -> str:
    """A hash of all that the head of the chains does not name and no file's hash either: settings,
    quarantine, imports, persons, personal values, packages. The same in either store."""
    from landrelease.store.geopackage import GeoPackageRegistry
    from landrelease.store.postgis import PostgisRegistry

    assert isinstance(registry, (GeoPackageRegistry, PostgisRegistry))
    found = hashlib.sha256()
    with registry.dump() as dump:
        for table in TABLES:
            if table in ("revision", "source_file"):
                continue
            # The stores put text in another order.
            for row in sorted(hashlib.sha256(repr(tuple(row)).encode()).digest()
                              for row in dump(table)):
                found.update(row)
            found.update(table.encode())
    return found.hexdigest()


def copy_registry(source: Registry, address: str) -> None:
    """Make a registry at a new address (a file or PostgreSQL) that holds what another one holds.

    Raises STO-002 where the address is taken, STO-008 where it cannot be written; then nothing is
    left there.
    """
    from landrelease.store.geopackage import GeoPackageRegistry
    from landrelease.store.open import own_file
    from landrelease.store.postgis import PostgisRegistry

    assert isinstance(source, (GeoPackageRegistry, PostgisRegistry))
    created = datetime.fromisoformat(source.setting("created") or "")
    path = own_file(address)
    with source.dump() as dump:
        if path is None:
            PostgisRegistry.filled(address, office=source.office, created=created, dump=dump)
        else:
            GeoPackageRegistry.filled(Path(path), office=source.office, created=created, dump=dump)
