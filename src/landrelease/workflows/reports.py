"""Reports and complaints of the public: each waits until somebody of the programme looks at it.

Nothing that anybody can send becomes a record by itself. A report is a row that waits, of the kind
`complaint`; it becomes a record, or is rejected with a reason, as every row that waits
(`workflows.quarantine`). What lies near it is shown to whoever looks at it, never to the public.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import shapely

from landrelease.core.finding import Finding, ImportReport, Intake, QuarantinedRow
from landrelease.core.geometry import geodesic_distance_m
from landrelease.core.kinds import KINDS
from landrelease.errors import (
    REPORT_BY_PROGRAM,
    REPORT_EMPTY,
    REPORT_PHOTOGRAPH,
    REPORT_PHOTOGRAPH_LARGE,
    REPORT_TO_LOOK_AT,
    LandReleaseError,
)

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landrelease.access.policy import View
    from landrelease.store.registry import QuarantineEntry, Registry
    from landrelease.workflows.public import PublicView

ABOUT: tuple[str, ...] = tuple(
    c for c in KINDS["complaint"].field("complaint_type").choices if c != "not_reported")
MOST_WORDS = 4_000  # characters
MOST_PHOTO_BYTES = 5_000_000
PROGRAM = "landrelease public report"
_PHOTOGRAPH = ", photograph SHA-256 "
_MOST_NEAR = 20
_WORDS_KEPT = 200
_COLUMNS = ("identifier", "complaint_type", "complaint_status", "received_on", "description",
            "latitude", "longitude", "position_accuracy_m", "reporter_contact", "source_label")


@dataclass(frozen=True, slots=True)
class PublicReport:
    """What somebody sent. `about` is one of `ABOUT`; `where` and `reach` may be empty. `key` is
    made by the form: the same form sent twice is one report. `unseen_field`: a field that people do
    not see came filled in, by a program or by a browser that fills in all."""

    about: str
    what: str
    where: str
    reach: str
    key: str
    photograph: bytes = b""
    unseen_field: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A report that waits. `number`: the code by which whoever sent it learns where it stands
    (`workflows.complaints.by_code`); it tells nothing of others, and nobody guesses one (64 bits,
    from the form's key). `unread`: what stood for its place and is none, so that it is on no map;
    "" where the place was read, or none was given. `earlier`: what the same form said before waits
    beside it."""

    number: str
    unread: str = ""
    earlier: bool = False


def receive(registry: Registry, view: PublicView, report: PublicReport, *, today: date) -> Kept:
    """Keep a report as a row that waits.

    Whole or not at all; the same form sent twice changes nothing. Sent again with other words both
    wait: who sent a report takes no report of danger away, a person does (S01). What was said
    before leaves only where it spoke of no danger, or is said again whole. What was put right,
    decided on or rejected and is sent once more waits anew. The photograph that came before stays.
    The way to reach
    somebody stands in the row under a personal field (S17): it is masked wherever rows are shown,
    becomes a personal value of the record, and goes with `erase`.

    Raises PUB-020: it says nothing. PUB-021: the photograph is no JPEG or PNG. PUB-026: it is too
    large.
    """
    from landrelease.records.mapping import Mapping as ColumnMapping
    from landrelease.workflows import public
    from landrelease.workflows.complaints import CODE_LETTERS
    from landrelease.workflows.quarantine import document_of
    from landrelease.workflows.submissions import PICTURES

    if len(report.what.strip()) < 3:
        raise LandReleaseError(REPORT_EMPTY)
    photograph = ""
    if report.photograph:
        if len(report.photograph) > MOST_PHOTO_BYTES:
            raise too_large()
        if not any(report.photograph.startswith(magic) for magic, _ in PICTURES):
            raise LandReleaseError(REPORT_PHOTOGRAPH, found="another kind of file",
                                   expected="a photograph as JPEG or PNG")
        photograph = hashlib.sha256(report.photograph).hexdigest()
    number = hashlib.sha256(report.key.encode()).hexdigest()[:CODE_LETTERS]
    file = f"public-report-{number}.csv"
    before = [e for e in registry.quarantine("waiting") if e.row.kind == "complaint"
              and e.row.file == file and e.row.values.get("identifier") == f"public-{number}"]
    label = "report of the public"
    shown = photograph or next((d for e in before if (d := _photograph(e.row.values))), "")
    words = report.what.strip()[:MOST_WORDS]
    row: dict[str, str] = {
        "identifier": f"public-{number}",
        "complaint_type": report.about if report.about in ABOUT else "other",
        "complaint_status": "open", "received_on": today.isoformat(), "description": words,
        "latitude": "", "longitude": "", "position_accuracy_m": "",
        "reporter_contact": report.reach.strip()[:300], "source_label": ""}
    where, unread = report.where.strip()[:300], ""
    if where:
        try:
            (x, y), off = public.read_place(view, where)
            row |= {"latitude": repr(y), "longitude": repr(x),
                    "position_accuracy_m": f"{off + view.place_m:.1f}"}
        except LandReleaseError:  # a name, or a way to go there: whoever looks at it reads it
            row["description"], unread = f"{words}\nPlace: {where}", where
    waiting, times = {e.row.source for e in before}, 1
    while True:
        row["source_label"] = label + (f" (sent {times} times)" if times > 1 else "") + (
            f"{_PHOTOGRAPH}{shown}" if shown else "")
        content = _as_csv(row)
        source = hashlib.sha256(content).hexdigest()
        if source in waiting:
            return Kept(number, unread, len(waiting) > 1)
        if not registry.knows_source(source):
            break
        times += 1  # it waits no more: it was put right, or somebody decided on it
    placed = bool(row["latitude"])
    mapping = ColumnMapping("complaint", {c: c for c in _COLUMNS if placed or c not in (
        "latitude", "longitude", "position_accuracy_m")}, crs="EPSG:4326" if placed else "")
    findings = tuple(
        Finding(m.code, file, 1, "", "", m.problem.format(file=file), m.remedy, "quarantined")
        for m in (REPORT_TO_LOOK_AT, REPORT_BY_PROGRAM)[:1 + report.unseen_field])
    made = QuarantinedRow(file, source, 1, "complaint", row, "", findings)
    if photograph:
        registry.keep_source(photograph, f"public-report-{number}", report.photograph)
    registry.take_in(Intake(ImportReport(
        file, source, "complaint", 1, 0, 0, 1, findings, mapping=document_of(mapping)),
        (), (made,), content))
    left = [e for e in before if _says_again(row, e.row.values)]
    for entry in left:
        registry.decide_quarantine(entry.number, "rejected", decided_by=PROGRAM,
                                   reason="put right by whoever sent it")
    return Kept(number, unread, len(before) > len(left))


def too_large() -> LandReleaseError:
    """What is said of a photograph that has more than `MOST_PHOTO_BYTES`."""
    return LandReleaseError(REPORT_PHOTOGRAPH_LARGE, most=MOST_PHOTO_BYTES // 1_000_000)


def _says_again(row: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether a report says all again that the same form said before of danger: of one kind, in the
    same words, with the photograph and the way to reach somebody; at the same place, or at one
    where there was none."""
    from landrelease.workflows.cautions import says_danger

    if not says_danger(before):
        return True
    same = ("complaint_type", *(("latitude", "longitude", "position_accuracy_m")
                                if before.get("latitude") else ()))
    return (all(row.get(n) == before.get(n) for n in same)
            and _said(row) == _said(before)
            and before.get("reporter_contact") in ("", None, row.get("reporter_contact"))
            and _photograph(before) in ("", _photograph(row)))


def _photograph(values: Mapping[str, Any]) -> str:
    """SHA-256 of the photograph that a row names, or ""."""
    return str(values.get("source_label") or "").partition(_PHOTOGRAPH)[2]


def _as_csv(row: Mapping[str, str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(row)
    writer.writerow(row.values())
    return text.getvalue().encode()


# --- what lies near ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Near:
    """Something that a row that waits may be about, or the same as. `id`: of a record; "" of a row,
    which has a `number`. `distance_m`: None where one of both has no place. `same_report`: it has
    the same identifier: another word of whoever sent it, however far away."""

    kind: str
    id: str
    number: int | None
    distance_m: float | None
    same_words: bool
    words: str
    same_report: bool = False


def near(registry: Registry, reader: View, entries: Sequence[QuarantineEntry]
         ) -> dict[int, list[Near]]:
    """Row number -> what is near it, the nearest first, for rows of the kind `complaint`.

    Other rows and records of complaints with a place within `nearby_distance_m`, with the same
    words or of the same report, and hazards and finds within that distance, as far as the reader
    sees them as they stand.
    """
    from landrelease.workflows import load_assumptions
    from landrelease.workflows.waiting_rows import waiting_places

    chosen = [e for e in entries if e.row.kind == "complaint"]
    if not chosen:
        return {}
    within = load_assumptions(None, registry).value("nearby_distance_m")
    rows = [e for e in registry.quarantine("waiting") if e.row.kind == "complaint"]
    places = {e.number: place for e, place in waiting_places(registry, ("complaint",))}
    out: dict[int, list[Near]] = {}
    for entry in chosen:
        place, said = places.get(entry.number), _said(entry.row.values)
        found: list[Near] = []
        called = str(entry.row.values.get("identifier") or "")
        for other in rows:
            if other.number == entry.number:
                continue
            away = _apart(place, places.get(other.number))
            same = bool(said) and said == _said(other.row.values)
            one = bool(called) and called == other.row.values.get("identifier")
            if same or one or (away is not None and away <= within):
                found.append(Near("complaint", "", other.number, away, same, _short(
                    other.row.values), one))
        own = _own_record(registry, reader, called, place, said)
        found += own
        if place is not None:
            for kind in ("complaint", "hazard", "item"):
                if reader.precision(kind) == "exact":
                    found += [n for n in _records(registry, reader, kind, place, within, said)
                              if all(n.id != o.id for o in own)]
        found.sort(key=lambda n: (not n.same_report, not n.same_words, n.distance_m is None,
                                  n.distance_m or 0.0))
        out[entry.number] = found[:_MOST_NEAR]
    return out


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Of a report whose place is not known: how far off it may be, m, None where it states no
    place; the district that holds what it states, and the community nearest to that, "" where there
    is none on record or it states none."""

    off_m: float | None
    district: str
    community: str


def whereabouts(registry: Registry, reader: View, entries: Sequence[QuarantineEntry]
                ) -> dict[int, Whereabouts]:
    """Row number -> whereabouts of the rows of the kind `complaint` whose place is not known: it
    may be farther off than `report_place_m`, or there is none. Whoever looks through them asks
    there, in place of going to a spot on a map."""
    from landrelease.workflows import load_assumptions
    from landrelease.workflows.waiting_rows import waiting_rows

    chosen = {e.number for e in entries if e.row.kind == "complaint"}
    if not chosen:
        return {}
    most = load_assumptions(None, registry).value("report_place_m")
    out = {}
    for row in waiting_rows(registry, ("complaint",)):
        number = row.entry.number
        if number not in chosen or (row.place is not None and not row.place.is_empty
                                    and row.reach_m <= most and row.known):
            continue
        if row.place is None or row.place.is_empty:
            out[number] = Whereabouts(None, "", "")
            continue
        middle = row.place.representative_point()
        out[number] = Whereabouts(row.reach_m, _district(registry, reader, middle),
                                  _community(registry, reader, middle, min(row.reach_m, most)))
    return out


def _district(registry: Registry, reader: View, at: shapely.Point) -> str:
    """The smallest administrative area with a name that holds a place."""
    found = [r for r in reader.records(registry.find(
        "administrative_area", bounds=at.bounds, limit=200))
        if r.values.get("name") and r.geometry is not None and shapely.intersects(r.geometry, at)]
    return str(min(found, key=lambda r: (shapely.area(r.geometry), r.id)).values["name"]) \
        if found else ""


def _community(registry: Registry, reader: View, at: shapely.Point, within_m: float) -> str:
    """The community with a name nearest to a place, of those within that distance."""
    high = within_m / 110_000
    wide = high / max(0.05, math.cos(math.radians(at.y)))
    found = [(away, r.id, str(r.values["name"])) for r in reader.records(registry.find(
        "settlement", bounds=(at.x - wide, at.y - high, at.x + wide, at.y + high), limit=2_000))
        if r.values.get("name") and (away := _apart(at, r.geometry)) is not None
        and away <= within_m]
    return min(found)[2] if found else ""


def _records(registry: Registry, reader: View, kind: str, place: BaseGeometry, within: float,
             said: str) -> list[Near]:
    x, y = place.centroid.x, place.centroid.y
    high = within / 110_000
    wide = high / max(0.05, math.cos(math.radians(y)))
    found = []
    for r in reader.records(registry.find(
            kind, bounds=(x - wide, y - high, x + wide, y + high), limit=200)):
        away = _apart(place, r.geometry)
        if away is not None and away <= within:
            words = r.values.get("description") or r.values.get("name") or \
                r.values.get("ordnance_category") or r.values.get("hazard_type") or ""
            found.append(Near(kind, r.id, None, away,
                              kind == "complaint" and bool(said) and said == _said(r.values),
                              str(words)[:_WORDS_KEPT]))
    return found


def _own_record(registry: Registry, reader: View, called: str, place: BaseGeometry | None,
                said: str) -> list[Near]:
    """The record that a row would change, as the reader sees it."""
    from landrelease.workflows.few import record_of

    if not called or reader.precision("complaint") != "exact":
        return []
    found = record_of(registry, "complaint", f"complaint-{called}")
    shown = reader.records([] if found is None else [found])
    return [Near("complaint", r.id, None, _apart(place, r.geometry),
                 bool(said) and said == _said(r.values), _short(r.values), True) for r in shown]


def _apart(one: BaseGeometry | None, other: BaseGeometry | None) -> float | None:
    """Metres between two shapes, to about 0.5 %; None where one of them has no place."""
    if one is None or other is None or one.is_empty or other.is_empty:
        return None
    (x0, y0), (x1, y1) = shapely.get_coordinates(shapely.shortest_line(one, other))[:2]
    return round(float(geodesic_distance_m(x0, y0, x1, y1)), 1)


def _said(values: Mapping[str, Any]) -> str:
    return " ".join(str(values.get("description") or "").casefold().split())


def _short(values: Mapping[str, Any]) -> str:
    return f"{values.get('complaint_type') or ''}: {values.get('description') or ''}"[:_WORDS_KEPT]
