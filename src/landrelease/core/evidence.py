"""Evidence as the stages read it: one shape for all records that say something about some ground.

Evidence records are one channel. A find, an accident, a lifted minefield, a survey that was done
and an inspection that failed are evidence too, whatever form they came in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from shapely.geometry.base import BaseGeometry

from landrelease.core.links import Links
from landrelease.core.record import NOT_REPORTED, Record

# Words of `kind` for what came by another channel than a record of evidence.
ITEM_FOUND = "item_found"
FIND_WITHOUT_PLACE = "find_without_place"
ACCIDENT_RECORDED = "accident_recorded"
LIFTED_MINEFIELD = "lifted_minefield"
INSPECTION_FAILED = "inspection_failed"
SAME_TEAM_FAILED = "same_team_failed"  # an inspection failed where the same team worked elsewhere
SURVEY_DONE = "survey_done"
CHANNELS = (ITEM_FOUND, FIND_WITHOUT_PLACE, ACCIDENT_RECORDED, LIFTED_MINEFIELD, INSPECTION_FAILED,
            SAME_TEAM_FAILED, SURVEY_DONE)
# No ordnance that makes ground hazardous: small-arms ammunition is a counter of its own.
_NO_FIND = ("small_arms_ammunition", "none_found")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One record and what it says. Geometry is longitude/latitude, WGS 84, or None.

    `hazard_ids`: areas that the record itself names. `document`: what the record was copied from,
    where it says so; two records with the same document say it once (S10).
    """

    record_kind: str
    record_id: str
    kind: str  # a word of `evidence.evidence_kind`, or one of `CHANNELS`
    evidence_type: str = NOT_REPORTED  # direct, indirect, none
    says: str = NOT_REPORTED  # contaminated, not_contaminated, unclear
    reliability: str = NOT_REPORTED  # A to F
    credibility: str = NOT_REPORTED  # 1 to 6
    weight: float | None = None  # where the programme's own rules gave one
    place: BaseGeometry | None = None
    accuracy_m: float | None = None  # 90 % radius; None: not reported
    hazard_ids: tuple[str, ...] = ()
    day: date | None = None
    document: str = ""
    detail: str = ""  # NTS or TS of a survey


def collect_evidence(
    *,
    evidence: Iterable[Record] = (),
    items: Iterable[Record] = (),
    accidents: Iterable[Record] = (),
    activities: Iterable[Record] = (),
    inspections: Iterable[Record] = (),
    outcomes: Iterable[Record] = (),
    hazards: Iterable[Record] = (),
) -> tuple[Evidence, ...]:
    """What all these records say, in the order of their kind and id, whatever order they came in.

    hazards : an area that is named by its own identifier is the area of that id (all of them, where
    several share it)

    An inspection counts where it was rejected, or found items; it speaks of the areas from which
    its lot (`outcomes`) came, and of its own ground. The doubt spreads to the other areas in which
    a team or a detector of that work was used. Surveys that are planned say nothing.
    """
    areas = Links(hazards)
    lots = {o.id: o for o in outcomes}
    work = list(activities)
    works = {a.id: a for a in work}
    used_in: dict[str, set[str]] = {}
    for a in work:
        for who in _hands(a):
            used_in.setdefault(who, set()).update(_hazards(a, areas))
    found = [_evidence(r, areas) for r in evidence]
    found += [
        _of(r, areas, ITEM_FOUND, says="contaminated", day=_day(r, "found_on"))
        for r in items if r.value("ordnance_category") not in _NO_FIND]
    found += [_of(r, areas, ACCIDENT_RECORDED, says="contaminated") for r in accidents]
    for r in work:
        kind = str(r.value("activity_type"))
        if r.geometry is not None and is_lifted(r):
            found.append(_of(r, areas, LIFTED_MINEFIELD, says="contaminated"))
        if r.value("activity_status") == "planned":
            continue
        if kind in ("NTS", "TS"):
            found.append(_of(r, areas, SURVEY_DONE, says="unclear", detail=kind))
        if _positive(r.values.get("items_found")):
            found.append(_of(r, areas, FIND_WITHOUT_PLACE, says="contaminated"))
    inspected = list(inspections)
    failed_lots = {r.id for r in inspected if r.value("inspection_part") != "unit" and (
        r.value("result") == "rejected" or _positive(r.values.get("items_found")))}
    for r in inspected:
        # What a drawn unit showed is in its lot: it speaks once (S10).
        if r.value("inspection_part") == "unit" and r.values.get("lot") in failed_lots:
            continue
        if r.value("result") == "rejected" or _positive(r.values.get("items_found")):
            lot = [lots[o] for o in _list(r.values.get("outcomes")) if o in lots]
            done = [works[a] for a in dict.fromkeys(str(x.values.get("activity", ""))
                                                    for x in (r, *lot)) if a in works]
            named = [h for x in (*lot, *done) for h in _hazards(x, areas)]
            failed = _of(r, areas, INSPECTION_FAILED, says="contaminated", also=named,
                         day=_day(r, "inspected_on"))
            found.append(failed)
            others = {h for a in done for who in _hands(a) for h in used_in.get(who, ())}
            others -= set(failed.hazard_ids)
            if others:
                found.append(replace(failed, kind=SAME_TEAM_FAILED, place=None,
                                     hazard_ids=tuple(sorted(others))))
    return tuple(sorted(found, key=lambda e: (e.record_kind, e.record_id, e.kind)))


def is_lifted(record: Record) -> bool:
    """Clearance that came to its end, by its state, its report or the legend of its source.

    Work that goes on, was planned or was given up has lifted no minefield; neither has one of
    which nothing says that it ended.
    """
    if record.value("activity_type") != "clearance":
        return False
    state = record.value("activity_status")
    if state != NOT_REPORTED:
        return bool(state == "completed")
    return record.value("report_type") == "completion" or bool(
        re.search(r"\blifted\b", str(record.values.get("source_label", "")), re.IGNORECASE))


def _evidence(r: Record, areas: Links) -> Evidence:
    weight = r.values.get("weight")
    return _of(
        r, areas, str(r.value("evidence_kind")), evidence_type=str(r.value("evidence_type")),
        says=str(r.value("says")), reliability=str(r.value("source_reliability")),
        credibility=str(r.value("information_credibility")),
        weight=float(weight) if isinstance(weight, (int, float)) else None,
        day=_day(r, "observed_on"))


def _of(r: Record, areas: Links, kind: str, *, also: Iterable[str] = (), day: date | None = None,
        **said: Any) -> Evidence:
    accuracy = r.values.get("position_accuracy_m")
    return Evidence(
        r.kind, r.id, kind, place=r.geometry,
        accuracy_m=float(accuracy) if isinstance(accuracy, (int, float)) else None,
        hazard_ids=tuple(dict.fromkeys((*_hazards(r, areas), *also))), day=day or r.valid_from,
        document=_document(r), **said)


def _document(r: Record) -> str:
    """The document that a record names. A bare number is a row of a table, not a document."""
    said = " ".join(str(r.values.get("source_reference", "")).split()).casefold()
    return said if any(c.isalpha() for c in said) and said != NOT_REPORTED else ""


def _hazards(r: Record, areas: Links) -> tuple[str, ...]:
    """Ids of the areas that a record names by reference or by identifier; a word that names none of
    them as it stands."""
    words = [str(r.values[name]) for name in ("hazard", "hazard_identifier") if r.values.get(name)]
    return tuple(dict.fromkeys(
        name for word in words for name in ([a.id for a in areas.of(word)] or [word])))


def _hands(activity: Record) -> list[str]:
    """Teams and detectors of a work: what its misses have in common."""
    return [f"{name}:{who}" for name in ("teams", "detectors")
            for who in _list(activity.values.get(name))]


def _day(r: Record, name: str) -> date | None:
    value = r.values.get(name)
    return value if isinstance(value, date) else None


def _list(value: Any) -> list[str]:
    return [str(v) for v in value] if isinstance(value, (list, tuple)) else []


def _positive(value: Any) -> bool:
    return isinstance(value, (int, float)) and value > 0
