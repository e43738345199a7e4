"""Closings from before the programme, adopted in bulk: read, checked, proposed, signed one by one.

Nothing is released by reading a list. Each row becomes a proposal of its own with a checklist of
its own (`release.adoption`); only the signature of the authority under it releases (S09), and each
has its own certificate, which a find reopens (S11).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from landrelease.core.checklist import OUTCOMES, Answer
from landrelease.core.moment import day_of
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.errors import ADOPTION_FILE, LandReleaseError
from landrelease.release import adoption
from landrelease.release.adoption import Closing
from landrelease.release.ground import NOTHING, Cut, area_m2, areas, cut
from landrelease.workflows.behind import OnFile, records_behind

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.signature import SigningKey
    from landrelease.store.registry import Registry
    from landrelease.workflows.releasing import Proposal

NEEDED = ("hazard", "outcome", "decided_on", "authority", "rules", "document", "checked_by")
COLUMNS = (*NEEDED, "depth_m", "ground", "note")
DEPTH = re.compile(r"\d{1,2}([.,]\d{1,3})?")


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one row: refused with reasons, ready, proposed, or released."""

    row: int
    hazard: str
    state: str  # refused | ready | proposed | released
    reasons: tuple[str, ...]
    area_m2: float = 0.0
    outside_m2: float = 0.0
    release: str = ""


def adopt(registry: Registry, reader: View, path: Path, *, until: date, by: str,
          key: SigningKey | None = None, dry_run: bool = False, now: datetime | None = None
          ) -> list[Row]:
    """Check each row of a list of closings and, unless `dry_run`, propose those that can be
    adopted; with `key`, sign each of these.

    path : CSV with the columns hazard, outcome, decided_on, authority, rules, document (a file
        beside the list), checked_by, and optionally depth_m, ground (WKT, WGS 84) and note.
    until : the day until which the earlier rules held.

    A row that is refused changes nothing and stops no other. Raises REL-026: the file as a whole
    cannot be read; REL-010 where the key may not release, before anything is recorded.
    """
    from landrelease.workflows import releasing

    at = now or datetime.now(UTC)
    if key is not None:
        releasing.authority(registry, key, at)
    known = OnFile(registry)  # read once; what somebody else records meanwhile is seen
    out: list[Row] = []
    taken: dict[str, int] = {}
    for number, cells in _rows(path):
        name = cells["hazard"]
        made = _closing(number, cells, path.parent)
        if isinstance(made, list):
            out.append(Row(number, name, "refused", tuple(made)))
            continue
        known.look()
        try:
            hazard = releasing.standing_hazard(registry, made.hazard, reader, known)
        except LandReleaseError as error:
            out.append(Row(number, name, "refused", (str(error),)))
            continue
        if hazard.id in taken:
            out.append(Row(number, name, "refused", (
                f"row {taken[hazard.id]} adopts the same area",)))
            continue
        taken[hazard.id] = number
        told = _told(registry, hazard, made, until, known, kept=True)
        person = registry.author(made.checked_by) if not dry_run else made.checked_by
        listed = adoption.answers(told, person)
        bad = tuple(f"{a.item.id}: {a.words}" for a in listed if a.state != "met")
        size, outside = area_m2(told.cut.ground), area_m2(told.cut.outside)
        if bad or dry_run:
            out.append(Row(number, name, "refused" if bad else "ready", bad, size, outside))
            continue
        proposal = _propose(registry, told, listed, known, by=by, at=at)
        state = "proposed"
        if key is not None:
            releasing.sign(registry, proposal, key, now=now, on_file=known)
            state = "released"
        out.append(Row(number, name, state, (), size, outside, proposal.id))
    return out


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    def wrong(field: str, found: Any, expected: str) -> LandReleaseError:
        return LandReleaseError(ADOPTION_FILE, file=path.name or str(path), field=field,
                                found=found, expected=expected)

    try:
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""))
        names = [n.strip().lower() for n in reader.fieldnames or () if n is not None]
        reader.fieldnames = names
        rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise wrong("(file)", getattr(error, "strerror", None) or error,
                    "a CSV file in UTF-8") from None
    missing = [n for n in NEEDED if n not in names]
    if missing:
        raise wrong(", ".join(missing), "no such column", ", ".join(COLUMNS))
    if not rows:
        raise wrong("(rows)", "headings only", "a row for each closing")
    return [(n, {k: (row.get(k) or "").strip() for k in COLUMNS})
            for n, row in enumerate(rows, start=1)]


def _closing(row: int, cells: Mapping[str, str], folder: Path) -> Closing | list[str]:
    """A row as a closing, or all that is wrong with it."""
    from landrelease.records.shapes import polygons_of, repair

    bad = [f"{name}: nothing; expected a value" for name in NEEDED if not cells[name]]
    outcome = next((o for o in OUTCOMES if o == cells["outcome"].lower()), None)
    if cells["outcome"] and outcome is None:
        bad.append(f"outcome: {cells['outcome'][:40]}; expected {', '.join(OUTCOMES)}")
    day = day_of(cells["decided_on"])
    if cells["decided_on"] and day is None:
        bad.append(f"decided_on: {cells['decided_on'][:40]}; expected a day as 1998-04-01")
    depth = None
    if cells["depth_m"]:
        if DEPTH.fullmatch(cells["depth_m"]):
            depth = float(cells["depth_m"].replace(",", "."))
        if depth is None or not 0 < depth <= 20:
            bad.append(f"depth_m: {cells['depth_m'][:40]}; expected metres above 0, at most 20")
    document = folder / cells["document"]
    if cells["document"] and (not document.is_file() or not document.stat().st_size):
        bad.append(f"document: {cells['document'][:80]}; expected a file beside the list that is "
                   "not empty")
    ground = None
    if cells["ground"]:
        try:
            shape = shapely.from_wkt(cells["ground"])
            ground = polygons_of(shape if shape.is_valid else repair(shape, "intersection").shape)
            west, south, east, north = ground.bounds if not ground.is_empty else (0, 0, 0, 0)
            if ground.is_empty or not (west >= -180 and east <= 180 and south >= -90
                                       and north <= 90):
                raise ValueError
        except (ValueError, shapely.errors.GEOSException):
            bad.append(f"ground: {cells['ground'][:40]}; expected a polygon as WKT, longitude "
                       "latitude on WGS 84")
    if bad or day is None or outcome is None:
        return bad
    return Closing(row, cells["hazard"], outcome, day, cells["authority"], cells["rules"], document,
                   cells["checked_by"], depth, ground, cells["note"])


def _told(registry: Registry, hazard: Record, closing: Closing, until: date, known: OnFile, *,
          kept: bool) -> adoption.Adopted:
    assert hazard.geometry is not None
    taken = cut(hazard.geometry, closing.ground)
    behind = records_behind(registry, hazard, taken.ground, on_file=known)
    days = [s.revision.valid_from for s in registry.history(hazard.id) if s.revision.valid_from]
    gates = [d for r in known.kind("gate").records if isinstance(d := r.values.get("day"), date)]
    return adoption.Adopted(
        closing, hazard, taken, kept, until, min(days, default=None), min(gates, default=None),
        known.others_on(hazard, taken),
        behind.records["item"], behind.records["accident"], behind.records["evidence"],
        behind.earlier, tuple(w.number for w in behind.quarantine))


def _propose(registry: Registry, told: adoption.Adopted, listed: Sequence[Answer], known: OnFile,
             *, by: str, at: datetime) -> Proposal:
    """Keep the document of the decision and the proposal, as `releasing.propose` keeps its own."""
    from landrelease.core.certificate import RELEASE
    from landrelease.store.results import dump
    from landrelease.workflows.releasing import Proposal, kept_name

    c, hazard = told.closing, told.hazard
    content = c.document.read_bytes()
    source = hashlib.sha256(content).hexdigest()
    who = registry.author(by)
    revisions = []
    if not registry.knows_source(source):
        registry.keep_source(source, c.document.name, content)
        revisions.append(Revision(
            "source", f"source:{source}", {
                "sha256": source, "source_type": "document", "dated": c.decided_on,
                "title": f"{c.authority}: {c.document.name}"},
            None, at, who, f"document of a closing of {c.decided_on}", source))
    document: dict[str, Any] = {
        **_spoken(registry, told, listed, source, known),
        "chain_head": registry.head(), "office": registry.office,
        "made_at": at.astimezone(UTC).isoformat(timespec="seconds"), "made_by": who,
        "nonce": secrets.token_hex(16),
    }
    made = dump(document)
    sha256 = hashlib.sha256(made).hexdigest()
    proposal = Proposal(RELEASE + sha256[:12], sha256, json.loads(made), made)
    registry.keep_source(sha256, kept_name(proposal.id), made)
    revisions.append(Revision(
        "source", f"source:{sha256}",
        {"sha256": sha256, "source_type": "document",
         "title": f"proposal {proposal.id}: {hazard.id} {c.outcome}, closed {c.decided_on}",
         "dated": at.date()},
        None, at, who, "proposal to adopt a closing under earlier rules", sha256))
    registry.append(revisions)
    known.recorded(len(revisions))
    return proposal


def _spoken(registry: Registry, told: adoption.Adopted, listed: Sequence[Answer], source: str,
            known: OnFile) -> dict[str, Any]:
    """What such a proposal says; the same for whoever asks of the same closing and records."""
    from landrelease.release.proposal import READY
    from landrelease.workflows import is_synthetic
    from landrelease.workflows.releasing import FORMAT

    c, hazard = told.closing, told.hazard
    behind = records_behind(registry, hazard, told.cut.ground, on_file=known)
    words = adoption.statement(c, f"{c.document.name}, SHA-256 {source[:12]}")
    return {
        "format": FORMAT, "synthetic": is_synthetic(registry), "says": READY,
        "adopted": {
            "decided_on": c.decided_on.isoformat(), "authority": c.authority, "rules": c.rules,
            "document": source, "document_name": c.document.name, "until": told.until.isoformat(),
            "checked_by": next(a.by for a in listed if a.item.id == "document_read"),
            "note": c.note},
        "hazard": hazard.id, "identifier": hazard.values.get("identifier"),
        "hazard_type": str(hazard.value("hazard_type")), "outcome": c.outcome,
        "area_m2": area_m2(told.cut.ground), "left_m2": area_m2(told.cut.left),
        "outside_recorded_m2": area_m2(told.cut.outside),
        "methods": [f"earlier rules: {c.rules}"], "depth_m": c.depth_m, "required_depth_m": None,
        "work": [], "items": [], "accidents": [], "gate": {"days_in_spite": 0, "without_credit": 0},
        "inspections": [], "residual": {}, "residual_statement": words,
        "coverage_proof": {"sha256": "", "gaps": 0, "records": []}, "quarantine": [],
        "checklist": {
            "name": adoption.LIST.name, "version": adoption.LIST.version,
            "source": adoption.LIST.source,
            "items": [{"id": a.item.id, "question": a.item.question, "source": a.item.source,
                       "answered_by": a.by, "state": a.state, "words": a.words,
                       "records": list(a.records)} for a in listed]},
        # What rests on one document reopens together (S11).
        "hands": [], "evidence_records": [f"source:{source}"], "lots": [],
        "evidence": {i: list(h) for i, h in behind.state.items()},
        "hazard_wkb": shapely.to_wkb(hazard.geometry, hex=True),
        "ground_wkb": shapely.to_wkb(told.cut.ground, hex=True),
        "ground": json.loads(shapely.to_geojson(told.cut.ground)),
        "outside": json.loads(shapely.to_geojson(told.cut.outside)),
        "decides": "a named authority, by a signature; this proposal releases nothing",
    }


def speaks_against(registry: Registry, hazard: Record, document: Mapping[str, Any],
                   known: OnFile) -> list[str]:
    """What of the checklist of an adopted closing is not met any more, as the records are now."""
    told = _told_again(registry, hazard, document, known)
    return [f"{x.item.id}: {x.words}" for x in adoption.answers(
        told, document["adopted"]["checked_by"]) if x.state != "met"]


def spoken_again(registry: Registry, document: Mapping[str, Any], known: OnFile
                 ) -> dict[str, Any]:
    """What the proposal to adopt a closing would say now: all but what its list said of it."""
    from landrelease.workflows.releasing import standing_hazard

    hazard = standing_hazard(registry, document["hazard"], on_file=known)
    told = _told_again(registry, hazard, document, known)
    a = document["adopted"]
    return _spoken(registry, told, adoption.answers(told, a["checked_by"]), a["document"], known)


def _told_again(registry: Registry, hazard: Record, document: Mapping[str, Any], known: OnFile
                ) -> adoption.Adopted:
    a = document["adopted"]
    ground, outside = (shapely.from_wkb(document["ground_wkb"]),
                       shapely.from_geojson(json.dumps(document["outside"])))
    closing = Closing(
        0, hazard.id, document["outcome"], date.fromisoformat(a["decided_on"]), a["authority"],
        a["rules"], Path(a["document_name"]), a["checked_by"], document["depth_m"],
        ground, a["note"])
    told = _told(registry, hazard, closing, date.fromisoformat(a["until"]), known,
                 kept=registry.knows_source(a["document"]))
    if hazard.geometry is None or not shapely.covers(hazard.geometry, ground):
        return told
    # The cut as it was made: what an overlay computes anew may differ by a rounded digit.
    left = NOTHING if ground == hazard.geometry else areas(hazard.geometry.difference(ground))
    return replace(told, cut=Cut(ground, areas(outside), left))


def refused_csv(rows: Sequence[Row]) -> bytes:
    """Every row with what became of it and why, for whoever keeps the list."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["row", "hazard", "state", "area_m2", "outside_recorded_m2", "release",
                     "reasons"])
    for r in rows:
        writer.writerow([r.row, r.hazard, r.state, f"{r.area_m2:.2f}", f"{r.outside_m2:.2f}",
                         r.release, " | ".join(r.reasons)])
    return out.getvalue().encode()
