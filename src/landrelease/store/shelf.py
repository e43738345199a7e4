"""Plans and forecasts on file beside a registry, and which of them is in force.

A folder `REGISTRY.plans` holds a folder for each plan, as `plan make --out` writes it; one
`REGISTRY.forecasts` a folder for each forecast with `forecast.json` in it. Only the owner of the
registry's file may read them. Where they are is said here alone (`base_of`), for the server and for
backups.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from landrelease.errors import (
    BACKUP_FILES_DAMAGED,
    CANNOT_WRITE,
    REGISTRY_EXISTS,
    SHELF_NAME,
    SHELF_TAKEN,
    LandReleaseError,
)
from landrelease.store.results import dump, write_atomically

What = Literal["plans", "forecasts"]
_FILE: dict[What, str] = {"plans": "plan.json", "forecasts": "forecast.json"}
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
_NAME = re.compile(NAME_PATTERN)
ABOUT, IN_FORCE = "about.json", "in_force.json"


@dataclass(frozen=True, slots=True)
class Standing:
    """Which one is in force, since when, and who put it there; the newest last."""

    name: str
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class Kept:
    """One plan or forecast on file. `about`: what was said of it when it was made here; empty for
    what another program put there."""

    name: str
    path: Path
    made_at: datetime
    about: Mapping[str, Any]

    @property
    def areas(self) -> tuple[str, ...] | None:
        """The areas that it was narrowed to; None where nobody said."""
        found = self.about.get("areas")
        return tuple(map(str, found)) if isinstance(found, list) else None


# --- where they are -------------------------------------------------------------------------------


def named_after(file: Path | None, accounts: Path | None) -> Path | None:
    """What new folders are named after: the registry's file, for PostgreSQL (no file) the file of
    accounts; None where neither is known."""
    return _before(accounts) if file is None else file.resolve()


def base_of(file: Path | None, accounts: Path | None) -> Path | None:
    """What the folders of a registry are named after. Earlier versions named them after the
    accounts: where there are such folders and none beside the file, it is still those."""
    base, before = named_after(file, accounts), _before(accounts)
    if base is None or before is None or not _ours(before, base) or _folders(base):
        return base
    return before if _folders(before) else base


def settle(file: Path | None, accounts: Path | None) -> list[str]:
    """Move folders that an earlier version named after the accounts beside the registry's file;
    returns what is to be told. What cannot be moved stays and, where `base_of` says so, is read."""
    base, before = named_after(file, accounts), _before(accounts)
    if base is None or before is None or before.resolve() == base:
        return []
    found = _folders(before)
    if not _ours(before, base):
        return [f"{path} is of the registry {before} and is not read here." for path in found]
    if found and _in_use(before):
        return [f"{before}.jobs: another server works there; stop it and start this one again."]
    told = []
    for path in found:
        place = base.with_name(base.name + path.name.removeprefix(before.name))
        if place.exists():
            told.append(f"{path} is not read: there is {place}. Move what is needed by hand.")
            continue
        try:
            shutil.move(path, place)
        except OSError as error:
            told.append(f"{path} could not be moved to {place}: {error.strerror or error}.")
        else:
            told.append(f"{path} is now {place}, beside the registry, where backups look.")
    return told


def _before(accounts: Path | None) -> Path | None:
    return None if accounts is None else accounts.with_name(
        accounts.name.removesuffix(".accounts"))


def _ours(before: Path, base: Path) -> bool:
    """False where the accounts have the name of another registry, whose folders those are."""
    return not before.is_file() or (base.is_file() and before.samefile(base))


def _folders(base: Path) -> list[Path]:
    return [path for what in ("plans", "forecasts", "jobs")
            if (path := base.with_name(f"{base.name}.{what}")).is_dir()]


def _in_use(base: Path) -> bool:
    """Whether a server holds the lock of the jobs."""
    try:
        with base.with_name(f"{base.name}.jobs").joinpath("lock").open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


class Shelf:
    """The plans, or the forecasts, of a registry; `base` is the registry's file (or what stands
    for it), of which the folder has the name."""

    def __init__(self, base: Path, what: What):
        self.folder = base.with_name(f"{base.name}.{what}")
        self.file = _FILE[what]

    def new(self, name: str) -> Path:
        """The folder for a new one, which is not there yet. Raises WEB-031, WEB-032."""
        if not _NAME.match(name):
            raise LandReleaseError(SHELF_NAME, found=name[:80])
        path = self.folder / name
        if path.exists():
            raise LandReleaseError(SHELF_TAKEN, found=name)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LandReleaseError(CANNOT_WRITE, path=str(self.folder),
                                   reason=error.strerror) from error
        return path

    def keep_about(self, name: str, about: Mapping[str, Any]) -> None:
        write_atomically(self.folder / name / ABOUT, dump(dict(about)))

    def take(self, made: Path, name: str, about: Mapping[str, Any]) -> Path:
        """Put a finished folder on the shelf in one step. Raises WEB-031, WEB-032."""
        path = self.new(name)
        write_atomically(made / ABOUT, dump(dict(about)))
        shutil.move(str(made), str(path))
        return path

    def all(self) -> list[Kept]:
        """All that are whole, the newest first."""
        if not self.folder.is_dir():
            return []
        found = [kept for path in self.folder.iterdir()
                 if (kept := self._kept(path)) is not None]
        return sorted(found, key=lambda k: (k.made_at, k.name), reverse=True)

    def find(self, name: str) -> Kept | None:
        """One by its name; None where there is none."""
        return self._kept(self.folder / name) if _NAME.match(name) else None

    def _kept(self, path: Path) -> Kept | None:
        main = path / self.file
        if not _NAME.match(path.name) or not main.is_file():
            return None
        return Kept(path.name, path, datetime.fromtimestamp(main.stat().st_mtime, UTC),
                    _document(path / ABOUT) or {})

    def drop(self, name: str) -> None:
        """Remove one from the shelf. What is in force stays. Raises WEB-032."""
        standing = self.in_force()
        if standing is not None and standing.name == name:
            raise LandReleaseError(SHELF_TAKEN, found=name)
        kept = self.find(name)
        if kept is not None:
            shutil.rmtree(kept.path)

    def standing(self) -> list[Standing]:
        """All that have been in force, the newest last."""
        found = _document(self.folder / IN_FORCE)
        rows = found.get("in_force") if isinstance(found, dict) else None
        return [Standing(str(r["name"]), str(r["at"]), str(r["by"])) for r in rows
                if isinstance(r, dict) and {"name", "at", "by"} <= set(r)] if isinstance(
                    rows, list) else []

    def in_force(self) -> Standing | None:
        """What is in force now; None where nothing is, or where it is no longer on file."""
        rows = self.standing()
        return rows[-1] if rows and self.find(rows[-1].name) is not None else None

    def put_in_force(self, name: str, by: str, at: datetime) -> None:
        """From now on this one is in force; which ones were before stays on record."""
        rows = [*self.standing(), Standing(name, at.astimezone(UTC).isoformat(timespec="seconds"),
                                           by)]
        write_atomically(self.folder / IN_FORCE, dump({"in_force": [asdict(r) for r in rows]}))


# --- in a backup ----------------------------------------------------------------------------------


def pack(base: Path, out: Path) -> tuple[int, int] | None:
    """Write the plans and forecasts of a registry to a new ZIP file; returns how many of each went
    in, None where there are no folders of them and no file was written.

    What is in force is read first: what it names is then among the folders, while others go on
    putting plans on file. Raises STO-008, and leaves nothing behind.
    """
    shelves: tuple[What, ...] = ("plans", "forecasts")
    if not any(Shelf(base, what).folder.is_dir() for what in shelves):
        return None
    packed = dict.fromkeys(shelves, 0)
    try:
        with open(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file, \
                zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for what in shelves:
                shelf = Shelf(base, what)
                with contextlib.suppress(FileNotFoundError):
                    archive.writestr(f"{what}/{IN_FORCE}", (shelf.folder / IN_FORCE).read_bytes())
                for kept in shelf.all():
                    packed[what] += 1
                    for path in sorted(kept.path.rglob("*")):
                        if path.is_file() and not path.is_symlink():
                            archive.write(path, f"{what}/{path.relative_to(shelf.folder)}")
    except OSError as error:
        out.unlink(missing_ok=True)
        raise LandReleaseError(CANNOT_WRITE, path=out, reason=error.strerror or error) from error
    return packed["plans"], packed["forecasts"]


def sound(path: Path) -> bool:
    """Whether a file that `pack` wrote can be read to its end and holds what is in force."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:
                return False
            names = set(archive.namelist())
            for what, main in _FILE.items():
                if f"{what}/{IN_FORCE}" in names:
                    rows = json.loads(archive.read(f"{what}/{IN_FORCE}")).get("in_force") or ()
                    if rows and f"{what}/{rows[-1]['name']}/{main}" not in names:
                        return False
    except (OSError, ValueError, KeyError, EOFError, NotImplementedError, zlib.error,
            zipfile.BadZipFile):
        return False
    return True


def need_none(base: Path) -> None:
    """STO-002: plans or forecasts are beside this place already."""
    for what in _FILE:
        folder = Shelf(base, what).folder
        if folder.exists() or folder.is_symlink():
            raise LandReleaseError(REGISTRY_EXISTS, address=folder)


def remove(base: Path) -> None:
    """Take the plans and forecasts of a place away, where putting them back failed."""
    for what in _FILE:
        shutil.rmtree(Shelf(base, what).folder, ignore_errors=True)


def unpack(path: Path, base: Path) -> tuple[int, int]:
    """Put plans and forecasts back, where none are; a name that leads elsewhere is passed over.
    Returns how many of each came back.

    Raises STO-002: something is there already. STO-008. UPK-005: the file is damaged. In each case
    nothing is left behind.
    """
    need_none(base)
    try:
        _unpack(path, base)
    except BaseException:
        remove(base)
        raise
    return len(Shelf(base, "plans").all()), len(Shelf(base, "forecasts").all())


def _unpack(path: Path, base: Path) -> None:
    folders = {what: Shelf(base, what).folder for what in _FILE}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                what, *inside = name.split("/")
                if what not in folders or not inside or not all(
                        re.fullmatch(r"[\w][\w. -]*", part) for part in inside):
                    continue
                place = folders[what].joinpath(*inside)
                place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_atomically(place, archive.read(name))
                place.chmod(0o600)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise LandReleaseError(BACKUP_FILES_DAMAGED, path=path) from error
    except OSError as error:
        raise LandReleaseError(CANNOT_WRITE, path=base, reason=error.strerror or error) from error


def _document(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
