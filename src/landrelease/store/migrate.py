"""A registry file of an older layout, brought up to this one: with a backup, whole or not at all.

Each step takes a file from one layout to the next, inside one transaction for all. The hashes of
the chain stay what they are. A file that does not pass its audit afterwards is put back.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from landrelease.core.progress import Progress, silent
from landrelease.core.record import KINDS
from landrelease.core.revision import GENESIS
from landrelease.errors import (
    CANNOT_WRITE,
    MIGRATION_UNSOUND,
    NOT_A_REGISTRY,
    REGISTRY_BUSY,
    REGISTRY_NEWER,
    LandReleaseError,
)
from landrelease.store import files, layers, layout, rows


def migrate(path: Path, progress: Progress = silent) -> Path | None:
    """Bring a registry file up to this layout; returns the backup beside it, None if it is there.

    Raises
    ------
    LandReleaseError
        STO-003, STO-004: no registry, or of a newer layout. STO-007: somebody else writes.
        STO-021: on a network share. STO-030: it does not pass its audit afterwards; it was put
        back. In each case the file is as it was.
    """
    files.check(path)
    files.refuse_network_share(path)
    found = _layout(path)
    if found == layout.LAYOUT:
        return None
    if found > layout.LAYOUT:
        raise LandReleaseError(REGISTRY_NEWER, address=path, found=found, expected=layout.LAYOUT)
    progress("backup", 0.0)
    backup = _backup(path, found)
    try:
        progress("migrating", 0.2)
        db = sqlite3.connect(path, isolation_level=None, timeout=20)
        try:
            layout.register_functions(db)
            db.execute("PRAGMA synchronous = FULL")
            db.execute("BEGIN EXCLUSIVE")
            for step in range(found, layout.LAYOUT):
                _STEPS[step](db)
            db.execute("UPDATE setting SET value = ? WHERE name = 'layout'",
                       (str(layout.LAYOUT),))
            db.execute("COMMIT")
        finally:
            db.close()
    except sqlite3.OperationalError as error:
        backup.unlink(missing_ok=True)
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise LandReleaseError(REGISTRY_BUSY, address=path, waited_s=20) from error
        raise LandReleaseError(CANNOT_WRITE, path=path, reason=error) from error
    progress("audit", 0.6)
    from landrelease.store.geopackage import GeoPackageRegistry

    with GeoPackageRegistry(path, writable=False, now=lambda: datetime.now(UTC)) as registry:
        findings = registry.audit()
    if findings:
        _put_back(backup, path)
        raise LandReleaseError(MIGRATION_UNSOUND, address=path, count=len(findings),
                               found=findings[0].problem)
    progress("migrated", 1.0)
    return backup


def _layout(path: Path) -> int:
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        setting: dict[str, str] = {}
        with contextlib.suppress(sqlite3.DatabaseError):
            setting = dict(db.execute("SELECT name, value FROM setting").fetchall())
    finally:
        db.close()
    if setting.get("program") != "landrelease" or not setting.get("layout", "").isdigit():
        raise LandReleaseError(NOT_A_REGISTRY, address=path,
                               found="a GeoPackage that another program made")
    return int(setting["layout"])


def _backup(path: Path, found: int) -> Path:
    """A whole copy beside the file, under a name that is free."""
    number = 0
    while True:
        more = f".{number}" if number else ""
        place = path.with_name(f"{path.stem}.layout{found}{more}{path.suffix}")
        if not place.exists():
            break
        number += 1
    source = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        # It holds what the registry holds: for the same people, and no others.
        files.begin_copy(place, path, owner=True)
        copy = sqlite3.connect(place)
        try:
            source.backup(copy)
        finally:
            copy.close()
    except (OSError, sqlite3.OperationalError) as error:
        place.unlink(missing_ok=True)
        raise LandReleaseError(CANNOT_WRITE, path=place, reason=error) from error
    finally:
        source.close()
    return place


def _put_back(backup: Path, path: Path) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    shutil.copyfile(backup, part)
    for end in ("-journal", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    os.replace(part, path)
    backup.unlink()


def _to_2(db: sqlite3.Connection) -> None:
    """Chains of several offices; files that came in apart from the kind `source`; persons."""
    setting = dict(db.execute("SELECT name, value FROM setting").fetchall())
    for trigger in ("revision_stays", "revision_is_kept"):
        db.execute(f'DROP TRIGGER IF EXISTS "{trigger}"')
    for index in ("revision_record", "revision_kind"):
        db.execute(f'DROP INDEX IF EXISTS "{index}"')
    db.execute("ALTER TABLE revision RENAME TO revision_1")
    db.execute("ALTER TABLE source RENAME TO source_file")
    db.execute("UPDATE gpkg_contents SET table_name = 'source_file' WHERE table_name = 'source'")
    db.execute("DELETE FROM gpkg_contents WHERE table_name = 'revision'")
    for table in ("chain", "revision", "person_name", "personal_value", "package"):
        layout.create_attributes(db, table)
    db.execute(
        "INSERT INTO chain (number, id, office, genesis, first, public_key, own) "
        "VALUES (1, ?, ?, ?, 1, '', 1)",
        (rows.chain_id(setting["office"], setting["created"]), setting["office"], GENESIS))
    db.execute(
        'INSERT INTO revision SELECT number, 1, number, kind, record_id, recorded_at, recorded_by, '
        'reason, source, valid_from, validation, "values", geometry, \'\', \'\', \'\', \'\', NULL, '
        "previous_hash, hash FROM revision_1 ORDER BY number")
    db.execute("DROP TABLE revision_1")
    layout.create_revision_parts(db)
    layout.complete(db, KINDS)
    layers.restore_past(db, KINDS)


_STEPS: dict[int, Callable[[sqlite3.Connection], None]] = {1: _to_2}
