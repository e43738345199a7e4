"""The file of profiles: one row a property of a machine or a kind of search, with its source."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

from landrelease.core.profile import BASES, KINDS, Figure, Profile
from landrelease.errors import PROFILE_UNKNOWN, LandReleaseError
from landrelease.records.readers import read
from landrelease.records.tables import cells_of

COLUMNS = ("profile", "title", "kind", "property", "value", "low", "high", "unit", "basis",
           "source")


def read_profiles(path: Path | None = None) -> dict[str, Profile]:
    """Profiles by id; without a path those of the package.

    Raises FIL-015 missing columns, FIL-021 a wrong cell, and what `readers.read` raises.
    """
    if path is None:
        with importlib.resources.as_file(
                importlib.resources.files("landrelease.data") / "profiles.csv") as packaged:
            return read_profiles(packaged)
    table = read(path)
    cells = cells_of(table, COLUMNS)
    rows: dict[str, list[Figure]] = {}
    heads: dict[str, tuple[str, str]] = {}
    for row in table.rows:
        name = cells.text(row, "profile")
        kind, basis = cells.text(row, "kind"), cells.text(row, "basis")
        if kind not in KINDS:
            raise cells.wrong(row, "kind", kind, ", ".join(KINDS), "Correct the kind.")
        if basis not in BASES:
            raise cells.wrong(row, "basis", basis, ", ".join(BASES), "Say who states the figure.")
        value, low, high = (
            cells.number(row, c, low=0.0) if str(cells.raw(row, c) or "").strip() else None
            for c in ("value", "low", "high"))
        if (value is None) != (basis == "not known"):
            raise cells.wrong(row, "value", str(value), "a number, or the basis `not known`",
                              "Give the figure, or say that it is not known.")
        source = cells.text(row, "source", required=basis != "not known")
        heads.setdefault(name, (cells.text(row, "title"), kind))
        rows.setdefault(name, []).append(Figure(
            cells.text(row, "property"), value, low, high, cells.text(row, "unit"), basis, source))
    return {name: Profile(name, *heads[name], tuple(found)) for name, found in rows.items()}


def profile_of(name: str, path: Path | None = None) -> Profile:
    """LAN-004: there is no profile of that name."""
    known = read_profiles(path)
    if name not in known:
        raise LandReleaseError(PROFILE_UNKNOWN, found=name, expected=", ".join(known))
    return known[name]
