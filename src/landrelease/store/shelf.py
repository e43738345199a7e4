"""Plans and forecasts on file beside a registry, and which of them is in force.

A folder `REGISTRY.plans` holds a folder for each plan, as `plan make --out` writes it; one
`REGISTRY.forecasts` a folder for each forecast with `forecast.json` in it. Only the owner of the
registry's file may read them.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from landrelease.errors import (
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


def pack(base: Path, out: Path) -> bool:
    """Write the plans and forecasts of a registry to a new ZIP file; False where there are none.

    What is in force is read first: what it names is then among the folders, while others go on
    putting plans on file. Raises STO-008, and leaves nothing behind.
    """
    shelves: tuple[What, ...] = ("plans", "forecasts")
    if not any(Shelf(base, what).folder.is_dir() for what in shelves):
        return False
    try:
        with open(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file, \
                zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for what in shelves:
                shelf = Shelf(base, what)
                with contextlib.suppress(FileNotFoundError):
                    archive.writestr(f"{what}/{IN_FORCE}", (shelf.folder / IN_FORCE).read_bytes())
                for kept in shelf.all():
                    for path in sorted(kept.path.rglob("*")):
                        if path.is_file() and not path.is_symlink():
                            archive.write(path, f"{what}/{path.relative_to(shelf.folder)}")
    except OSError as error:
        out.unlink(missing_ok=True)
        raise LandReleaseError(CANNOT_WRITE, path=out, reason=error.strerror or error) from error
    return True


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
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return False
    return True


def unpack(path: Path, base: Path) -> None:
    """Put plans and forecasts back, where none are; a name that leads elsewhere is passed over.

    Raises STO-002: something is there already. STO-008.
    """
    folders = {what: Shelf(base, what).folder for what in _FILE}
    for folder in folders.values():
        if folder.exists():
            raise LandReleaseError(REGISTRY_EXISTS, address=folder)
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
    except OSError as error:
        raise LandReleaseError(CANNOT_WRITE, path=base, reason=error.strerror or error) from error


def _document(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
