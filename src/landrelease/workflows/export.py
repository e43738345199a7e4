"""Records out: chosen by area, date, kind and role, in the formats that others read.

The policy of `access` is applied to every record before it is written (S14); files appear all
together at the end, so that an interrupted export leaves nothing half-written.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landrelease.core.happened import PAST_WORDS
from landrelease.core.hxl import GEOMETRY_TAG, RECORD_TAG, SYNTHETIC_TAG, tag
from landrelease.core.progress import Progress, silent
from landrelease.core.record import Kind, Record
from landrelease.errors import CANNOT_WRITE, EXPORT_UNKNOWN, LandReleaseError
from landrelease.workflows import is_synthetic, label, marks

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import Registry
    from landrelease.store.tables import Table

FORMATS = ("csv", "geojson", "gpkg", "parquet", "kml", "xlsx")
LAYOUTS = ("kinds", "mdr")


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes out. `known_at`: as this registry knew it then; `valid_at`: as it was on that day;
    `changed_since`: only what differs from what was known then. `kinds`: empty for all."""

    kinds: tuple[str, ...] = ()
    known_at: datetime | None = None
    valid_at: date | None = None
    changed_since: datetime | None = None


def export(
    registry: Registry, out: Path, reader: View, choice: Choice = Choice(), *,
    formats: Sequence[str] = ("csv", "geojson"), layout: str = "kinds", hxl: bool = True,
    made_at: datetime | None = None, progress: Progress = silent,
) -> dict[str, int]:
    """Write the records that the reader may see, a file for each kind and format; kind -> rows.

    `layout` "mdr" writes the entities of the minimum data requirements instead, as CSV and XLSX.
    `withheld.json` says what is missing and why; `about.json` what each file says of itself.

    Raises STO-132 for a kind, format or layout that there is not; STO-008 where `out` cannot be
    written. Nothing is left behind then, and older files of `out` stay as they were.
    """
    _check(choice, reader, formats, layout)
    from landrelease.store import exports

    chosen = {name: _records(registry, name, reader, choice) for name in
              (choice.kinds or tuple(reader.kinds)) if reader.precision(name) == "exact"}
    found = {name: records for name, records in chosen.items() if records}
    about = about_of(registry, reader, choice, made_at or datetime.now(UTC))
    synthetic = is_synthetic(registry)
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        part.mkdir(parents=True)
        if layout == "mdr":
            counts = _write_mdr(part, found, reader, about, synthetic, hxl, progress)
        else:
            counts = {}
            for n, (name, records) in enumerate(found.items()):
                kind = with_marks(reader.kinds[name], reader)
                shown = (*reader.fields(name), *(f.name for f in marks.fields(kind, reader)))
                table = table_of(kind, records, shown, about, synthetic)
                for fmt in formats:
                    _WRITERS[fmt](part / f"{name}.{fmt}", table, kind, hxl,
                                  _share(progress, n / len(found), 1 / len(found)))
                counts[name] = len(records)
        exports.write_json(part / "withheld.json",
                           [dataclasses.asdict(w) for w in reader.withheld()])
        written = sorted(file.name for file in part.iterdir())
        exports.write_json(part / "about.json", {**about, "rows": counts, "files": written})
        out.mkdir(parents=True, exist_ok=True)
        # An earlier export, perhaps for a role that sees more, must not lie beside this one (S14).
        for name in _files_of(out / "about.json") - set(written):
            (out / name).unlink(missing_ok=True)
        for file in sorted(part.iterdir()):
            file.replace(out / file.name)
    except OSError as error:
        raise LandReleaseError(CANNOT_WRITE, path=out, reason=error.strerror or str(error)
                               ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    progress("exported", 1.0)
    return counts


def _files_of(about: Path) -> set[str]:
    """The files that an earlier export into a folder wrote, as its about.json lists them."""
    try:
        said = json.loads(about.read_bytes())
    except (OSError, ValueError):
        return set()
    listed = said.get("files") if isinstance(said, dict) else None
    return {n for n in listed if isinstance(n, str) and Path(n).name == n and n not in (".", "..")
            and Path(n).suffix.lstrip(".") in (*FORMATS, "json")} if isinstance(
                listed, list) else set()


def _check(choice: Choice, reader: View, formats: Sequence[str], layout: str) -> None:
    for what, words, known in (
            ("The kind", choice.kinds, tuple(reader.kinds)), ("The format", formats, FORMATS),
            ("The layout", (layout,), LAYOUTS)):
        for word in words:
            if word not in known:
                raise LandReleaseError(EXPORT_UNKNOWN, what=what, found=word,
                                       expected=", ".join(known))


def _share(progress: Progress, start: float, width: float) -> Progress:
    return lambda what, done: progress(what, start + width * done)


def _records(registry: Registry, kind: str, reader: View, choice: Choice) -> list[Record]:
    def known(known_at: datetime | None) -> list[Record]:
        return marked(registry, reader, kind, valid_at=choice.valid_at, known_at=known_at)

    found = known(choice.known_at)
    if choice.changed_since is None:
        return found
    # Compared as the reader sees them: that a hidden field changed is not told either.
    before = {r.id: r for r in known(choice.changed_since)}
    return [r for r in found if (old := before.get(r.id)) is None or not _same(old, r)]


def marked(registry: Registry, reader: View, kind: str, **then: Any) -> list[Record]:
    """The records that a reader sees, each with its marks among its values (`workflows.marks`):
    how far it was validated, and whether what it decides counts (S09). A hazard leaves on the
    ground that it stands on (S01)."""
    marker = marks.Marker(registry, reader, kind, **then)
    return [dataclasses.replace(r, values=marker.values(r)) for r in reader.records(
        marker.standing(registry.records(kind, **then)))]


def with_marks(kind: Kind, reader: View) -> Kind:
    """A kind with the fields of the marks that the reader gets beside its own."""
    return dataclasses.replace(kind, fields=(*kind.fields, *marks.fields(kind, reader)))


def _same(a: Record, b: Record) -> bool:
    return a.values == b.values and a.geometry == b.geometry and a.valid_from == b.valid_from


def about_of(registry: Registry, reader: View, choice: Choice, made_at: datetime
             ) -> dict[str, str]:
    """What every file says of itself. Withheld are subjects and fields; numbers of records that a
    reader does not see are withheld as well (S14)."""
    synthetic = is_synthetic(registry)
    withheld = reader.withheld()
    past = choice.known_at is not None or choice.valid_at is not None
    return {
        "words": label(synthetic) + (PAST_WORDS if past else "")
                 + "Records of a programme of mine action. Ground without information is to be "
                   "treated as dangerous. Not for moving on the ground.",
        "synthetic": "yes" if synthetic else "no",
        "chain_head": registry.head(),
        "made_at": made_at.astimezone(UTC).isoformat(timespec="seconds"),
        "known_at": choice.known_at.isoformat() if choice.known_at else "now",
        "valid_at": choice.valid_at.isoformat() if choice.valid_at else "now",
        "changed_since": choice.changed_since.isoformat() if choice.changed_since else "",
        "office": registry.office, "role": reader.role, "organisation": reader.organisation,
        "areas": ", ".join(area.names[0] for area in reader.areas),
        "withheld": f"{len(withheld)} subjects, {sum(len(w.fields) for w in withheld)} fields; "
                    "withheld.json names them",
    }


def table_of(kind: Kind, records: Sequence[Any], fields: Sequence[str],
             about: Mapping[str, str] | None = None, synthetic: bool = False) -> Table:
    """Records of one kind as columns: `record` (the id), the fields, `synthetic` where it is so."""
    import pyarrow as pa

    from landrelease.store.tables import GEOMETRY, Table, column

    columns: dict[str, Any] = {"record": pa.array([r.id for r in records], pa.string())}
    tags = {"record": RECORD_TAG}
    lists: dict[str, list[Any]] = {}
    for name in fields:
        known = kind.field(name)
        cells = [r.values.get(name) for r in records]
        columns[name] = column(cells, known.type)
        tags[name] = tag(known)
        if known.type in ("choices", "references"):
            lists[name] = cells
    if synthetic:
        columns["synthetic"] = pa.array(["yes"] * len(records), pa.string())
        tags["synthetic"] = SYNTHETIC_TAG
    geometry = None
    if kind.geometry != "none":
        geometry = np.empty(len(records), dtype=object)
        geometry[:] = [r.geometry for r in records]
        tags[GEOMETRY] = GEOMETRY_TAG
    return Table(kind.name, columns, geometry, tags, about or {}, lists)


_Writer = Callable[[Path, "Table", Kind, bool, Progress], None]


def _csv(path: Path, table: Table, kind: Kind, hxl: bool, progress: Progress) -> None:
    from landrelease.store.tables import write_csv_table

    write_csv_table(path, table, hxl=hxl, progress=progress)


def _xlsx(path: Path, table: Table, kind: Kind, hxl: bool, progress: Progress) -> None:
    from landrelease.store.tables import write_xlsx

    write_xlsx(path, [table], table.about, hxl=hxl, progress=progress)


def _gpkg(path: Path, table: Table, kind: Kind, hxl: bool, progress: Progress) -> None:
    from landrelease.store.tables import write_geopackage

    write_geopackage(path, table, kind.geometry, progress=progress)


def _parquet(path: Path, table: Table, kind: Kind, hxl: bool, progress: Progress) -> None:
    from landrelease.store.tables import write_geoparquet_table

    write_geoparquet_table(path, table, progress=progress)


def _geojson(path: Path, table: Table, kind: Kind, hxl: bool, progress: Progress) -> None:
    from landrelease.store.tables import write_geojson_table

    write_geojson_table(path, table, progress=progress)


def _kml(path: Path, table: Table, kind: Kind, hxl: bool, progress: Progress) -> None:
    from landrelease.store.tables import write_kml

    write_kml(path, table, progress=progress)


_WRITERS: dict[str, _Writer] = {"csv": _csv, "xlsx": _xlsx, "gpkg": _gpkg, "parquet": _parquet,
                                "geojson": _geojson, "kml": _kml}


def within(path: Path) -> str:
    """The ground of a file of polygons as WKT in degrees on WGS 84, for `--area`.

    Raises FIL-... for a file that cannot be read, GEO-... for an unknown system, STO-132 where it
    holds no polygon.
    """
    import shapely

    from landrelease.records import places, readers

    table = readers.read(path)
    shapes = np.empty(len(table.rows), dtype=object)
    shapes[:] = [row.geometry for row in table.rows]
    shapes = shapes[np.isin(shapely.get_type_id(shapes), (3, 6))]
    if not len(shapes):
        raise LandReleaseError(EXPORT_UNKNOWN, what="The area of", found=path.name,
                               expected="a file with polygons")
    if table.crs and not places.is_wgs84(table.crs, table.file):
        using = places.carriage(table.crs, table.file, shapely.get_coordinates(shapes))
        shapes = places.carry_all(shapes, using)
    return shapely.to_wkt(shapely.union_all(shapely.make_valid(shapes)), rounding_precision=-1)


# --- minimum data requirements -------------------------------------------------------------------

# Entities of the public draft of the minimum data requirements (minimum-data-requirements
# .readthedocs.io, 2018; IMAS 05.10): entity -> kind, and its fields -> our field; "" is what our
# records do not have, "@..." what is made from the shape. Persons are not named (S17).
MDR: dict[str, tuple[str, dict[str, str]]] = {
    "contaminated_area": ("hazard", {
        "identifier": "identifier", "benchmark_coordinates": "@point",
        "perimeter_coordinates": "@perimeter", "status": "status", "type": "hazard_type",
        "category_suspected": "ordnance_suspected", "category_confirmed": "ordnance_confirmed",
        "device_category": "device_category", "direct_evidence": "", **{
            f"beneficiaries_{who}": f"beneficiaries_expected_{who}"
            for who in ("women", "men", "girls", "boys")}}),
    "activity": ("activity", {
        "identifier": "identifier", "reference_point": "@point",
        "implementing_organisation": "organisation", "type": "activity_type",
        "operational_method": "operational_method", "start_date": "started_on",
        "end_date": "ended_on",
        "status": "activity_status"}),
    "land_release_product": ("outcome", {
        "identifier": "identifier", "type": "outcome_type", "benchmark_coordinates": "@point",
        "perimeter_coordinates": "@perimeter", "depth_cleared_m": "depth_m"}),
    "device": ("item", {
        "identifier": "identifier", "coordinates": "@point", "category": "ordnance_category",
        "model": "model", "condition": "condition", "depth_found_m": "depth_m"}),
    "qa_visit": ("inspection", {
        "identifier": "identifier", "date": "inspected_on", "activity_inspected": "activity",
        "organisation_inspected": "inspected_organisation",
        "organisation_inspecting": "inspecting_organisation",
        "nonconformity_type": "nonconformity_type",
        "nonconformity_severity": "nonconformity_severity", "measures_taken": "corrective_action"}),
    "risk_education": ("session", {
        "identifier": "identifier", "location": "@point", "date": "held_on",
        "organisation": "organisation", "method": "method", **{
            f"beneficiaries_{who}": f"reached_{who}"
            for who in ("women", "men", "girls", "boys")}}),
    "accident": ("accident", {
        "identifier": "identifier", "location": "@point", "date": "information_date",
        "category_of_device": "ordnance_category", "type": "accident_class"}),
}
_VICTIM = (("women", "female", "adult"), ("men", "male", "adult"), ("girls", "female", "child"),
           ("boys", "male", "child"))


def _write_mdr(part: Path, found: Mapping[str, Sequence[Record]], reader: View,
               about: Mapping[str, str], synthetic: bool, hxl: bool, progress: Progress
               ) -> dict[str, int]:
    import pyarrow as pa

    from landrelease.store.tables import Table, write_csv_table, write_xlsx

    tables = []
    for entity, (kind_name, names) in MDR.items():
        records = found.get(kind_name, ())
        if not records:
            continue
        kind, seen = reader.kinds[kind_name], set(reader.fields(kind_name))
        own = [f.name for f in marks.fields(kind, reader)]
        tables.append(_mdr_table(entity, with_marks(kind, reader),
                                 {**names, **{n: n for n in own}}, records, seen | set(own),
                                 synthetic, about))
    victims = [
        (r.id, who[1], who[2], status)
        for r in found.get("accident", ()) for status in ("killed", "injured") for who in _VICTIM
        if f"{status}_{who[0]}" in reader.fields("accident")
        for _ in range(_number(r.values.get(f"{status}_{who[0]}")))]
    if victims:
        columns = {n: pa.array(list(c), pa.string()) for n, c in zip(
            ("accident", "gender", "age_group", "status"), zip(*victims, strict=True),
            strict=True)}
        columns["name"] = pa.array(["withheld (S17)"] * len(victims), pa.string())
        if synthetic:
            columns["synthetic"] = pa.array(["yes"] * len(victims), pa.string())
        tables.append(Table("victim", columns, None, {
            "accident": "#meta+ref+accident", "gender": "#affected+gender",
            "age_group": "#affected+age", "status": "#status", "name": "#affected+name"}, about))
    for n, table in enumerate(tables):
        write_csv_table(part / f"mdr_{table.name}.csv", table, hxl=hxl,
                        progress=_share(progress, n / (len(tables) + 1), 1 / (len(tables) + 1)))
    write_xlsx(part / "mdr.xlsx", tables, about, hxl=hxl,
               progress=_share(progress, len(tables) / (len(tables) + 1), 1 / (len(tables) + 1)))
    return {t.name: len(t) for t in tables}


def _mdr_table(entity: str, kind: Kind, names: Mapping[str, str], records: Sequence[Record],
               seen: set[str], synthetic: bool, about: Mapping[str, str]) -> Table:
    import pyarrow as pa
    import shapely

    from landrelease.store.tables import Table, column, wkt

    shapes = np.empty(len(records), dtype=object)
    shapes[:] = [r.geometry for r in records]
    columns: dict[str, Any] = {"record": pa.array([r.id for r in records], pa.string())}
    tags = {"record": RECORD_TAG}
    for name, ours in names.items():
        if ours == "@perimeter":
            columns[f"{name}_wgs84"], tags[f"{name}_wgs84"] = wkt(shapes), GEOMETRY_TAG
        elif ours == "@point":
            # The reference point: the place itself, or the first corner of its outline.
            xy, index = shapely.get_coordinates(shapes, return_index=True)
            first = np.full((len(records), 2), np.nan)
            numbers, where = np.unique(index, return_index=True)
            first[numbers] = xy[where]
            for axis, word in ((1, "latitude"), (0, "longitude")):
                heading = f"{name}_{word}_wgs84"
                columns[heading] = pa.array(first[:, axis], pa.float64(), from_pandas=True)
                tags[heading] = f"#geo+{word[:3]}"
        elif ours in seen:
            known = kind.field(ours)
            columns[name] = column([r.values.get(ours) for r in records], known.type)
            tags[name] = tag(known)
        else:
            columns[name] = pa.nulls(len(records), pa.string())
            tags[name] = f"#description+{name}"
    if synthetic:
        columns["synthetic"] = pa.array(["yes"] * len(records), pa.string())
        tags["synthetic"] = SYNTHETIC_TAG
    return Table(entity, columns, None, tags, about)


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
