"""Backup, restore and migration of a registry; each leaves a whole registry or what was there."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from landrelease.core.progress import Progress, silent
from landrelease.errors import (
    BACKUP_DIFFERS,
    BACKUP_FILES_DAMAGED,
    BACKUP_NO_ACCOUNTS,
    BACKUP_NO_ROOM,
    BACKUP_UNSOUND,
    LandReleaseError,
)
from landrelease.store import shelf
from landrelease.store.files import new_place, remove

if TYPE_CHECKING:
    from landrelease.store.registry import AuditFinding, Registry

_ROOM = 50_000_000  # bytes that stay free on a disk for who works there meanwhile


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was made and checked: `head` and `count` are those of both. `tested`: it was
    restored elsewhere and came back the same. `plans`, `forecasts`: how many on file went along."""

    address: str
    office: str
    head: str
    count: int
    findings: tuple[AuditFinding, ...]
    tested: bool = False
    plans: int = 0
    forecasts: int = 0


def backup(address: str, out: Path, progress: Progress = silent, *, test: bool = False,
           accounts: Path | None = None) -> Copy:
    """Write a whole copy of a registry to a new GeoPackage file, while others go on working.

    The copy is opened and audited before the command says that it is there. A registry with
    findings is backed up as it is, and the findings are returned: a damaged one is worth a copy.
    With `test` it is restored to a scratch place (a file beside it, or a schema of the same
    database) and held against the copy: head of the chains, number of revisions, audit; then the
    scratch place is removed. `accounts`, a file of accounts, is copied to `<out>.accounts`. Plans
    and forecasts on file go to `<out>.files.zip`: those beside the registry's file, for PostgreSQL
    those beside the accounts.

    Raises
    ------
    LandReleaseError
        STO-002: something is at `out` already. STO-008: cannot be written. UPK-001: the copy does
        not hold what the registry held, or not when it is restored. UPK-003: no room. UPK-004: no
        accounts. In each case nothing is left at `out`.
    """
    from landrelease.store.accounts import Accounts
    from landrelease.store.open import open_registry, own_file

    beside, files = accounts_of(out), files_of(out)
    new_place(out)
    new_place(files)
    if accounts is not None:
        new_place(beside)
        if not accounts.is_file():
            raise LandReleaseError(BACKUP_NO_ACCOUNTS, path=accounts)
    file = own_file(address)
    if file is not None and file.is_file():
        # What is not yet written into the file itself is copied too.
        size = sum(p.stat().st_size for p in (file, file.with_name(f"{file.name}-wal"))
                   if p.is_file())
        _need_room(out.parent, size * (2 if test else 1))
    with open_registry(address, writable=False) as registry:
        progress("copying", 0.0)
        registry.backup(out)
    try:
        with open_registry(out, writable=False) as copy:
            progress("checking the copy", 0.4)
            findings = tuple(copy.audit())
            made = Copy(str(out), copy.office, copy.head(), copy.count(), findings)
        if test:
            progress("restoring it, as a test", 0.6)
            _test(made, out, address)
            made = replace(made, tested=True)
        if accounts is not None:
            held = Accounts(accounts)
            try:
                held.backup(beside)
            finally:
                held.close()
        base = shelf.base_of(file, accounts)
        packed = None if base is None else shelf.pack(base, files)
        if packed is not None:
            if test and not shelf.sound(files):
                raise LandReleaseError(BACKUP_DIFFERS, path=files, address=base,
                                       expected="all of it", found="another content")
            made = replace(made, plans=packed[0], forecasts=packed[1])
    except BaseException:
        for left in (out, files, *((beside,) if accounts is not None else ())):
            left.unlink(missing_ok=True)
        raise
    progress("backup made", 1.0)
    return made


def accounts_of(backup_path: Path) -> Path:
    """Where the accounts of a backup are."""
    return backup_path.with_name(f"{backup_path.name}.accounts")


def files_of(backup_path: Path) -> Path:
    """Where the plans and forecasts of a backup are."""
    return backup_path.with_name(f"{backup_path.name}.files.zip")


def _test(made: Copy, out: Path, address: str) -> None:
    """Restore a backup to a scratch place of the registry's own kind. UPK-001: it does not fit."""
    from landrelease.store.open import open_registry, own_file
    from landrelease.store.pg_scratch import scratch_schema

    def hold(place: str | Path, found: Copy) -> None:
        if (found.head, found.count, len(found.findings)) != (
                made.head, made.count, len(made.findings)):
            raise LandReleaseError(
                BACKUP_DIFFERS, path=out, address=place, expected=made.count,
                found=f"{found.count} revisions and {len(found.findings)} findings")

    if own_file(address) is None:
        from landrelease.store.copy import beside_the_chains, copy_registry

        with scratch_schema(address) as scratch:
            with open_registry(out, writable=False) as source:
                copy_registry(source, scratch)
                rest = beside_the_chains(source)
            with open_registry(scratch, writable=False) as copy:
                _same_rest(out, copy, rest)
                hold(copy.address, Copy(copy.address, copy.office, copy.head(), copy.count(),
                                        tuple(copy.audit())))
        return
    place = out.with_name(f".{out.name}.{os.getpid()}.restored")
    try:
        hold(place, restore(out, str(place), anyway=True))
    finally:
        remove(place)


def _same_rest(backup_path: Path, copy: Registry, rest: str) -> None:
    """UPK-001: quarantine, settings and the like are not those of the backup."""
    from landrelease.store.copy import beside_the_chains

    if beside_the_chains(copy) != rest:
        raise LandReleaseError(
            BACKUP_DIFFERS, path=backup_path, address=copy.address,
            found="another quarantine, or other settings, imports, persons or packages",
            expected="those of the backup")


def restore(backup_path: Path, address: str, *, anyway: bool = False,
            accounts: Path | None = None, progress: Progress = silent) -> Copy:
    """Make a registry at a new address (a file or PostgreSQL) from a backup.

    Chains, hashes, sources, quarantine, imports, settings and the erasable tables are those of the
    backup. What was erased after the backup was made is in it again: erase it once more.
    `accounts`: where `<backup>.accounts` is put. Plans and forecasts of `<backup>.files.zip` come
    back beside the registry's file, for PostgreSQL beside `accounts`; how many is returned. All is
    looked at before anything is written, and what was written is removed where something fails.

    Raises
    ------
    LandReleaseError
        UPK-002: the backup does not pass its audit (`anyway` restores it all the same).
        UPK-004: it holds no accounts, and `accounts` were asked for. WEB-005: they are damaged.
        UPK-005: its plans and forecasts are. UPK-001: what arrived is not what the backup holds.
        STO-002: the address is taken, or the place of the accounts, plans or forecasts is.
    """
    from landrelease.store.accounts import Accounts
    from landrelease.store.copy import beside_the_chains, copy_registry
    from landrelease.store.open import open_registry, own_file
    from landrelease.store.pg_scratch import drop_schema

    target = own_file(address)
    kept, files = accounts_of(backup_path), files_of(backup_path)
    if target is not None:
        new_place(target)
        if backup_path.is_file():
            _need_room(target.parent, backup_path.stat().st_size)
    base = shelf.named_after(target, accounts)
    if base is not None:
        # Also where the backup has none: those that are there are of another registry.
        shelf.need_none(base)
        if files.is_file() and not shelf.sound(files):
            raise LandReleaseError(BACKUP_FILES_DAMAGED, path=files)
    with contextlib.ExitStack() as stack:
        if accounts is not None:
            new_place(accounts)
            if not kept.is_file():
                raise LandReleaseError(BACKUP_NO_ACCOUNTS, path=kept)
            held = Accounts(kept)
            stack.callback(held.close)
            held.need_sound()
        source = stack.enter_context(open_registry(backup_path, writable=False))
        progress("checking the backup", 0.0)
        findings = tuple(source.audit())
        if findings and not anyway:
            raise LandReleaseError(BACKUP_UNSOUND, path=backup_path, count=len(findings),
                                   found=findings[0].problem)
        progress("restoring", 0.3)
        expected, rest = (source.head(), source.count()), beside_the_chains(source)
        undo = stack.enter_context(contextlib.ExitStack())
        if target is not None:
            source.backup(target)
            undo.callback(remove, target)
        else:
            copy_registry(source, address)
            undo.callback(drop_schema, address)
        with open_registry(address, writable=False) as copy:
            progress("checking what was restored", 0.7)
            found = copy.head(), copy.count()
            if found != expected:
                raise LandReleaseError(BACKUP_DIFFERS, path=backup_path, address=copy.address,
                                       found=f"{found[1]} revisions", expected=expected[1])
            _same_rest(backup_path, copy, rest)
            made = Copy(copy.address, copy.office, *found, tuple(copy.audit()))
        if base is not None and files.is_file():
            plans, forecasts = shelf.unpack(files, base)
            undo.callback(shelf.remove, base)
            made = replace(made, plans=plans, forecasts=forecasts)
        if accounts is not None:
            held.backup(accounts)
        undo.pop_all()  # all is there: nothing is undone
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


def _need_room(folder: Path, size: int) -> None:
    """Before anything is written: a full disk would stop the registry that is in use on it."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return  # no such folder: the writing says so
    if free < size + _ROOM:
        raise LandReleaseError(BACKUP_NO_ROOM, place=folder, found=f"{free / 1e6:,.0f} MB",
                               expected=f"{(size + _ROOM) / 1e6:,.0f} MB")
