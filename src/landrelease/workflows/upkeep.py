"""Backup, restore and migration of a registry; each leaves a whole registry or what was there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from landrelease.core.progress import Progress, silent
from landrelease.errors import BACKUP_DIFFERS, BACKUP_UNSOUND, REGISTRY_EXISTS, LandReleaseError

if TYPE_CHECKING:
    from landrelease.store.registry import AuditFinding


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was made and checked: `head` and `count` are those of both."""

    address: str
    office: str
    head: str
    count: int
    findings: tuple[AuditFinding, ...]


def backup(address: str, out: Path, progress: Progress = silent) -> Copy:
    """Write a whole copy of a registry to a new GeoPackage file, while others go on working.

    The copy is opened and audited before the command says that it is there. A registry with
    findings is backed up as it is, and the findings are returned: a damaged one is worth a copy.

    Raises
    ------
    LandReleaseError
        STO-002: something is at `out` already. STO-008: cannot be written. UPK-001: the copy does
        not hold what the registry held; it is removed.
    """
    from landrelease.store.open import open_registry

    _new_place(out)
    with open_registry(address, writable=False) as registry:
        progress("copying", 0.0)
        registry.backup(out)
    try:
        with open_registry(out, writable=False) as copy:
            progress("checking the copy", 0.6)
            findings = tuple(copy.audit())
            made = Copy(str(out), copy.office, copy.head(), copy.count(), findings)
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    progress("backup made", 1.0)
    return made


def restore(backup_path: Path, address: str, *, anyway: bool = False,
            progress: Progress = silent) -> Copy:
    """Make a registry at a new address (a file or PostgreSQL) from a backup.

    Chains, hashes, sources, quarantine, imports, settings and the erasable tables are those of the
    backup. What was erased after the backup was made is in it again: erase it once more.

    Raises
    ------
    LandReleaseError
        UPK-002: the backup does not pass its audit (`anyway` restores it all the same).
        UPK-001: what arrived is not what the backup holds. STO-002: the address is taken.
    """
    from landrelease.store.copy import copy_registry
    from landrelease.store.open import open_registry, own_file

    target = own_file(address)
    if target is not None:
        _new_place(target)
    with open_registry(backup_path, writable=False) as source:
        progress("checking the backup", 0.0)
        findings = tuple(source.audit())
        if findings and not anyway:
            raise LandReleaseError(BACKUP_UNSOUND, path=backup_path, count=len(findings),
                                   found=findings[0].problem)
        progress("restoring", 0.3)
        expected = source.head(), source.count()
        if target is not None:
            source.backup(target)
        else:
            copy_registry(source, address)
    with open_registry(address, writable=False) as copy:
        progress("checking what was restored", 0.7)
        found = copy.head(), copy.count()
        if found != expected:
            raise LandReleaseError(BACKUP_DIFFERS, path=backup_path, address=copy.address,
                                   found=f"{found[1]} revisions", expected=expected[1])
        made = Copy(copy.address, copy.office, *found, tuple(copy.audit()))
    progress("restored", 1.0)
    return made


def migrate(address: str, progress: Progress = silent) -> Path | None:
    """Bring a registry of an older layout up to this version; returns the backup that it kept.

    None where nothing was to be done. Raises STO-... and leaves the registry as it was.
    """
    from landrelease.store.migrate import migrate as migrate_file
    from landrelease.store.open import own_file

    path = own_file(address)
    # A schema of PostgreSQL has had one layout so far; opening says so where that is not true.
    return None if path is None else migrate_file(path, progress)


def _new_place(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise LandReleaseError(REGISTRY_EXISTS, address=path)
