"""Checks of a registry or of a file before it is imported: values, places, shapes, duplicates."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from landrelease.core.finding import Finding
from landrelease.core.progress import Progress, silent
from landrelease.errors import BAD_OPTION, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.records.geochecks import CheckSettings
    from landrelease.store.registry import Registry


def settings_of(changes: Mapping[str, str]) -> CheckSettings:
    """The settings of the checks with those that a person changed. Raises CLI-103."""
    from landrelease.records.geochecks import SETTINGS

    known = {f.name: getattr(SETTINGS, f.name) for f in dataclasses.fields(SETTINGS)}
    made = {}
    for name, text in changes.items():
        if name not in known:
            raise LandReleaseError(BAD_OPTION, option="--set", found=name,
                                   expected="one of " + ", ".join(known))
        held = known[name]
        try:
            made[name] = (tuple(text.split(",")) if isinstance(held, tuple)
                          else type(held)(text))
        except ValueError as error:
            raise LandReleaseError(BAD_OPTION, option=f"--set {name}", found=text,
                                   expected=f"a number such as {held}") from error
    return dataclasses.replace(SETTINGS, **made)  # type: ignore[arg-type]


def mandatory(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that have to be put right: refused rows, and what the standard's checks demand."""
    from landrelease.records.geochecks import CHECK_OF

    return [f for f in findings if f.fate == "quarantined"
            or (f.code in CHECK_OF and CHECK_OF[f.code].level == "mandatory")]


def check_registry(registry: Registry, reader: View, *, settings: CheckSettings,
                   kind: str | None = None, only: Iterable[str] = (),
                   progress: Progress = silent) -> list[Finding]:
    """The checks over all current records that the reader sees."""
    from landrelease.records import geochecks
    from landrelease.workflows import load_assumptions

    _known(only)
    if settings.report_off_m == geochecks.SETTINGS.report_off_m:  # as the programme has it
        settings = dataclasses.replace(settings, report_off_m=load_assumptions(
            None, registry).value("report_place_m"))
    kinds = [kind] if kind else list(registry.kinds)
    records = [r for name in kinds for r in reader.inside(registry.records(name))]
    return geochecks.check_registry(records, settings=settings, only=only, progress=progress)


def check_file(path: Path, *, settings: CheckSettings, kind: str | None = None,
               layer: str | None = None, mapping_path: Path | None = None, crs: str = "",
               only: Iterable[str] = (), today: date | None = None,
               progress: Progress = silent) -> list[Finding]:
    """What an import would say about the rows of a file, and the checks of its shapes as read."""
    import numpy as np
    import shapely

    from landrelease.core.record import KINDS
    from landrelease.records import geochecks, intake, mapping, places, readers
    from landrelease.records.ground import place_columns
    from landrelease.workflows.imports import with_system

    _known(only)
    table = mapping.whole(readers.read(path, layer=layer))
    given = mapping.load(mapping_path, KINDS) if mapping_path is not None else None
    found = kind or (given.kind if given is not None else mapping.guess_kind(table, KINDS))
    used = given or mapping.propose(table, found, KINDS)
    table, used = with_system(table, used, crs)
    taken = intake.take_in(table, found, used, existing={}, recorded_at=datetime.now(UTC),
                           recorded_by="landrelease check", today=today or date.today(),
                           progress=progress)
    told = list(taken.report.findings)
    heading = used.columns.get("identifier", "")
    names = [None if v is None else str(v) for v in table.cells[heading]] if heading else None
    records = [n or f"row {row}" for n, row in zip(
        names or [None] * len(table), table.row_numbers.tolist(), strict=True)]
    rows = table.row_numbers.tolist()
    shapes = points = None
    system = used.crs or table.crs
    if table.geometries is not None and not place_columns(used) and system:
        ground = table.geometries
        if not places.is_wgs84(system, table.file):
            ground = places.carry_all(ground, places.carriage(
                system, table.file, shapely.get_coordinates(ground)))
        areal = ground.copy()
        areal[~np.isin(shapely.get_type_id(ground), (3, 6, 7))] = None
        shapes = geochecks.Shapes.of(areal, kind=found, record=records, row=rows, file=table.file)
    here = [r for r in taken.revisions
            if r.geometry is not None and r.geometry.geom_type == "Point"]
    if here:
        points = geochecks.Points(
            [found] * len(here), [r.record_id for r in here], [""] * len(here),
            [r.geometry.x for r in here], [r.geometry.y for r in here],  # type: ignore[union-attr]
            day=[r.valid_from for r in here], file="")
    told += geochecks.check_all(
        shapes=shapes, points=points, settings=settings, only=only, progress=progress,
        objects=geochecks.Objects([found] * len(rows), names, records, rows, table.file)
        if names else None)
    codes = {c.message.code for c in geochecks.CHECKS if c.name in set(only)}
    told = [f for f in told if not codes or f.code in codes]
    once: dict[tuple[str, int, str], Finding] = {}  # what the import says already is not repeated
    for f in told:
        once.setdefault((f.code, f.row, f.field) if f.row else (f.code, 0, f.problem), f)
    return list(once.values())


def _known(only: Iterable[str]) -> None:
    from landrelease.records.geochecks import CHECKS

    names = [c.name for c in CHECKS]
    for name in only:
        if name not in names:
            raise LandReleaseError(BAD_OPTION, option="--only", found=name,
                                   expected="one of " + ", ".join(names))
