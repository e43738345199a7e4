"""Closings from before the programme: what has to hold before an authority adopts one.

What goes in: the row of a list, the area as it stands, and what lies on it. What comes out: answers
to a checklist of its own. Such ground was released by somebody else under other rules; nothing here
says that it was searched, covered or inspected as the programme asks today. It is adopted as what
it is: the decision of a named authority, with its document, signed for again by the authority of
today (S09), on ground that nothing speaks against since (S01, S02, S11). Longitude and latitude on
WGS 84.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from landrelease.core.checklist import OUTCOMES, Answer, Checklist, Item, OutcomeType, State
from landrelease.core.lineage import SLIVER_M2
from landrelease.core.record import Record
from landrelease.release.ground import Cut, area_m2
from landrelease.release.reopening import HARMLESS

_GONE = ("neutralised", "destroyed", "removed")


def _item(name: str, question: str, source: str) -> Item:
    return Item(name, question, source, OUTCOMES)


LIST = Checklist("Closing under earlier rules", "1", "safety rules S01 to S03, S09, S11", (
    _item("document_on_record", "Is the document of the decision on record?", "safety rule S09"),
    _item("authority_named", "Are the authority that decided then and its rules named?",
          "safety rule S09"),
    _item("document_read", "Did a person read the document against this area?", "safety rule S09"),
    _item("before_programme", "Was it decided before the programme and its rules began?",
          "safety rules S08, S09"),
    _item("recorded_before", "Was the area on record before the decision, and not again since?",
          "safety rules S01, S11"),
    _item("inside_boundary", "Does the ground lie inside the recorded boundary?",
          "safety rule S02"),
    _item("no_other_hazard", "Does no other area that is hazardous lie on the ground?",
          "safety rule S01"),
    _item("nothing_since", "Was nothing found on the ground, or reported of it, since the "
          "decision?", "safety rule S11"),
    _item("quarantine_clear", "Does no row that waits in quarantine touch the ground?",
          "safety rule S01"),
))


@dataclass(frozen=True, slots=True)
class Closing:
    """One row of a list of closings. `document`: file of the decision; `checked_by` read it."""

    row: int
    hazard: str
    outcome: OutcomeType
    decided_on: date
    authority: str
    rules: str
    document: Path
    checked_by: str
    depth_m: float | None = None
    ground: BaseGeometry | None = None  # None: all of the area
    note: str = ""


@dataclass(frozen=True, slots=True)
class Adopted:
    """What stands about the ground of a closing. `first_recorded`: the first day on which the area
    was recorded; `first_gate`: the first day of the programme with a gate on record."""

    closing: Closing
    hazard: Record
    cut: Cut
    document_kept: bool
    until: date
    first_recorded: date | None
    first_gate: date | None
    others: Sequence[Record] = ()  # other areas that are hazardous and lie on it, or may
    items: Sequence[Record] = ()
    accidents: Sequence[Record] = ()
    evidence: Sequence[Record] = ()
    # Finds and direct evidence on it as earlier revisions have them, where their records say
    # something else now (`workflows.earlier`).
    earlier: Sequence[Record] = ()
    waiting: Sequence[int] = field(default_factory=tuple)  # rows in quarantine on it


def answers(told: Adopted, person: str) -> tuple[Answer, ...]:
    """The checklist, answered; `person`: id of who read the document, "" where nobody did."""
    found = {name: check(told) for name, check in _CHECKS.items()}
    found["document_read"] = ("met" if person else "open", told.closing.note or (
        "read against this area" if person else "nobody read it"), ())
    return tuple(Answer(item, *found[item.id][:2], "records" if item.id != "document_read"
                        else person, tuple(found[item.id][2])) for item in LIST.items)


Found = tuple[State, str, Sequence[str]]


def _document(told: Adopted) -> Found:
    return ("met", f"{told.closing.document.name} is kept", ()) if told.document_kept else (
        "not_met", f"{told.closing.document.name} is not on record", ())


def _named(told: Adopted) -> Found:
    lacks = [n for n in ("authority", "rules") if not getattr(told.closing, n).strip()]
    return ("not_met", "not named: " + ", ".join(lacks), ()) if lacks else (
        "met", f"{told.closing.authority}, {told.closing.rules}", ())


def _before(told: Adopted) -> Found:
    day = told.closing.decided_on
    if day >= told.until:
        return "not_met", f"decided on {day}; the earlier rules held until {told.until}", ()
    if told.first_gate is not None and day >= told.first_gate:
        return "not_met", (f"decided on {day}; the programme's own gates begin on "
                           f"{told.first_gate}: propose it as work of the programme"), ()
    return "met", f"decided on {day}, before {told.until}", ()


def _recorded(told: Adopted) -> Found:
    r, day = told.hazard, told.first_recorded
    if r.value("status") == "reopened":
        return "not_met", "it was reopened; it has to be searched again", (r.id,)
    if day is None:
        return "not_met", "no day says when the area was recorded", (r.id,)
    if day > told.closing.decided_on:
        return "not_met", (f"the area was recorded on {day}, after the decision of "
                           f"{told.closing.decided_on}: somebody held it to be hazardous since"
                           ), (r.id,)
    since = r.valid_from or day
    if since > told.closing.decided_on and r.value("status") in ("open", "worked_on"):
        return "not_met", (f"on {since}, after the decision, the area was recorded as "
                           f"{r.value('status').replace('_', ' ')}"), (r.id,)
    return "met", f"recorded since {day}", (r.id,)


def _inside(told: Adopted) -> Found:
    outside = area_m2(told.cut.outside)
    if area_m2(told.cut.ground) < SLIVER_M2:
        return "not_met", "none of it lies inside the recorded boundary", (told.hazard.id,)
    return "met", "all of it lies inside" if outside < SLIVER_M2 else (
        f"{outside:,.0f} m² of the shape lie outside the recorded boundary: a class of their own, "
        "not released"), (told.hazard.id,)


def _others(told: Adopted) -> Found:
    ids = tuple(r.id for r in told.others)
    return ("not_met", "it lies on " + ", ".join(ids), ids) if ids else (
        "met", "no other area lies on it", ())


def _since(told: Adopted) -> Found:
    day = told.closing.decided_on
    bad: list[tuple[str, str]] = []
    before = {k: [r for r in told.earlier if r.kind == k] for k in ("item", "accident", "evidence")}
    for r in (*told.items, *before["item"]):
        when = r.values.get("found_on") or r.values.get("information_date") or r.valid_from
        if r.value("ordnance_category") in HARMLESS:
            continue
        if not isinstance(when, date) or when >= day:
            bad.append((r.id, "found since, or on no day that is on record"))
        elif r.value("disposal") not in _GONE:
            bad.append((r.id, "not on record as destroyed or removed"))
        elif told.closing.outcome != "cleared":
            bad.append((r.id, f"found on it; such ground is cleared, not {told.closing.outcome}"))
    for r in (*told.accidents, *before["accident"]):
        when = r.values.get("information_date") or r.valid_from
        if not isinstance(when, date) or when >= day or told.closing.outcome != "cleared":
            bad.append((r.id, "an accident since, on no day on record, or on ground that nobody "
                        "cleared"))
    for r in (*told.evidence, *before["evidence"]):
        when = r.values.get("observed_on") or r.values.get("information_date") or r.valid_from
        if r.value("says") != "not_contaminated" and (
                not isinstance(when, date) or when >= day):
            bad.append((r.id, "evidence since, or of no day that is on record"))
    bad = list(dict.fromkeys(bad))
    if bad:
        return "not_met", "; ".join(f"{i}: {why}" for i, why in bad[:5]) + (
            f"; and {len(bad) - 5} more" if len(bad) > 5 else ""), tuple(i for i, _ in bad)
    return "met", "nothing on record since", ()


def _quarantine(told: Adopted) -> Found:
    return ("not_met", "rows in quarantine touch it: " + ", ".join(
        map(str, told.waiting)), ()) if told.waiting else ("met", "no row touches it", ())


_CHECKS = {"document_on_record": _document, "authority_named": _named, "before_programme": _before,
           "recorded_before": _recorded, "inside_boundary": _inside, "no_other_hazard": _others,
           "nothing_since": _since, "quarantine_clear": _quarantine}


def statement(closing: Closing, document: str) -> list[str]:
    """What the certificate has to say of an adopted closing."""
    return [f"Adopted: {closing.outcome} by {closing.authority} on {closing.decided_on} under "
            f"{closing.rules} (document {document}). This programme has no record of how the "
            "ground was searched, of a proof of coverage or of an inspection; what may remain is "
            "not computed."]
