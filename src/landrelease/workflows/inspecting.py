"""Inspection of finished ground: lots, draws, results, teams, what is open."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from landrelease.core.assumption import Assumptions
from landrelease.core.certificate import is_decision_outcome
from landrelease.core.geometry import LocalPlane, geodesic_area_m2, joined, plane_for
from landrelease.core.how_many import how_many
from landrelease.core.inspection import closed_on, inspected_on, judges_finished_ground
from landrelease.core.links import Called
from landrelease.core.moment import day_of, listed, number_of
from landrelease.core.names import folded
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.errors import (
    INSPECTION_PROBABILITY,
    LOT_MOVED,
    LOT_NOT_AGAIN,
    LOT_NOT_AS_DRAWN,
    LOT_ONCE_REJECTED,
    LOT_RESULT,
    LOT_SETTING,
    LOT_STOPPED,
    LOT_UNKNOWN,
    LOT_WITHOUT_GROUND,
    LandReleaseError,
)
from landrelease.workflows.operating import local_day

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landrelease.access.policy import View
    from landrelease.core.signature import SigningKey
    from landrelease.store.registry import Registry
    from landrelease.verify.draw import SamplePlan
    from landrelease.verify.lots import Piece, Unit
    from landrelease.verify.missed import FoundTwice
    from landrelease.verify.switching import Rule, Standing
    from landrelease.verify.teams import InspectedLot

_WHOLE = re.compile(r"\d{1,9}")
_COMPLETED = ("cleared", "searched", "reduced")
_SEARCHED = ("clear", "item_found")
# What the draw of a lot rests on: of its first revision, whatever an edit made of it.
_AS_FORMED = ("task", "outcomes", "activities", "lot_size", "unit_m", "detection_probability",
              "tolerable_defects", "confidence", "inspection_level", "inspection_type", "lot")
_AS_DRAWN = 1e-4  # share of a unit by which its outline may differ from the one computed again
BY = ("team", "detector", "organisation", "school")


@dataclass(frozen=True, slots=True)
class Strictness:
    """What a sample has to show; None: as the programme's settings say."""

    detection: float | None = None
    tolerable: int | None = None
    confidence: float | None = None


def propose_lots(registry: Registry, reader: View, task: str, stated: Assumptions, *,
                 form: str = "team", unit_m: float | None = None, size_m2: float | None = None,
                 strictness: Strictness | None = None, again: str | None = None,
                 now: datetime | None = None) -> list[dict[str, Any]]:
    """Lots of the completed ground of a task that no lot holds yet, each with its sample.

    Completed is ground of outcomes (cleared, searched, reduced) whose activity belongs to the
    task, or that name the task's hazard and meet its ground, as far as it is done to the standard
    (`workflows.finished`); what is not stands in `left_out` of each lot. `again`: a rejected lot
    that was cleared again: the same ground as a new lot, inspected tighter.

    Raises INS-001, INS-002 settings; INS-004 no completed ground; INS-005, INS-009 of `again`; and
    what sample sizes raise (VER-001 to VER-003).
    """
    from landrelease.verify.lots import FORMS, broad, form_lots

    if form not in FORMS:
        raise LandReleaseError(LOT_SETTING, name="--form", found=form, expected=", ".join(FORMS))
    for name, value, expected in (
            ("detection", strictness.detection if strictness else None, "above 0 and at most 1"),
            ("confidence", strictness.confidence if strictness else None,
             "above 0 and below 1")):
        if value is not None and not (0 < value < 1 or (value == 1 and name == "detection")):
            raise LandReleaseError(INSPECTION_PROBABILITY, field=name, found=value,
                                   expected=expected)
    side = stated.value("inspection_unit_m") if unit_m is None else unit_m
    inspections = reader.inside(_standing(registry))
    order = _task(registry, reader, task)
    task = order.id
    pieces, done, left_out = _pieces(registry, reader, order, stated)
    held = [r for r in inspections if r.value("inspection_part") == "lot"
            and r.values.get("task") == task]
    before = None if again is None else _rejected(registry, again, inspections)
    if before is not None:
        _cleared_again(registry, before, order, stated)
        grounds = [(str(before.values.get("name") or before.id), before.geometry)]
    else:
        if not pieces:
            raise LandReleaseError(LOT_WITHOUT_GROUND, task=task, reason="; ".join(
                f"{one['outcome']}: {one['reason']}" for one in left_out[:5])
                or "no outcome of its work is on record")
        taken = joined([r.geometry for r in held if r.geometry is not None], degrees=True)
        plane = plane_for(tuple(shapely.total_bounds(
            np.array([p.ground for p in pieces], dtype=object))))
        taken = plane.to_plane(taken)
        left = [replace(p, ground=p.ground.difference(taken)) for p in _in_metres(
            [replace(p, ground=done[p.id]) for p in pieces], plane)]
        left = [p for p in left if broad(p.ground)]
        if not left:
            raise LandReleaseError(LOT_WITHOUT_GROUND, task=task,
                                   reason=f"all of it lies in {len(held)} lots")
        grounds = [(lot.name, plane.to_degrees(lot.ground))
                   for lot in form_lots(left, form, unit_m=side, size_m2=size_m2)]
    numbers = iter(range(len(held) + 1, len(held) + len(grounds) + 1))
    return [{**_proposal(f"lot:{task}:{next(numbers)}", name, ground, [
        p for p in pieces if _meets(replace(p, ground=done[p.id]), ground)], side, registry,
        reader, inspections, stated, strictness or Strictness(), order, before,
        local_day(registry, now or datetime.now(UTC))),
        "left_out": left_out} for name, ground in grounds]


def record_lots(registry: Registry, proposals: Sequence[Mapping[str, Any]], *, by: str,
                now: datetime | None = None) -> list[str]:
    """Record proposed lots; their ids. From here on the draw of each is fixed.

    Raises INS-008: inspection of a team's lots has stopped.
    """
    at, who = now or datetime.now(UTC), registry.author(by)
    revisions = []
    for lot in proposals:
        if lot["stopped"]:
            raise LandReleaseError(LOT_STOPPED, teams=", ".join(lot["teams"]),
                                   reason=lot["level_reason"])
        values = {
            "identifier": lot["id"], "name": lot["name"], "inspection_part": "lot",
            "inspection_type": "sampling", "task": lot["task"], "activities": lot["activities"],
            "outcomes": lot["outcomes"], "teams": lot["teams"], "detectors": lot["detectors"],
            "inspected_organisation": lot["organisation"], "lot_size": lot["units"],
            "sample_size": lot["sample"], "unit_m": lot["unit_m"],
            "detection_probability": lot["detection"], "tolerable_defects": lot["tolerable"],
            "confidence": lot["confidence"], "inspection_level": lot["level"], "lot": lot["after"]}
        revisions.append(Revision(
            "inspection", lot["id"], {k: v for k, v in values.items() if v not in (None, [], "")},
            lot["ground"], at, who, f"lot formed; {lot['level_reason']}", ""))
    registry.append(revisions)
    return [r.record_id for r in revisions]


def draw_of(registry: Registry, reader: View, lot_id: str, *, thrown: str = "", by: str = "",
            record: bool = True, now: datetime | None = None) -> dict[str, Any]:
    """The draw of a lot: as it was recorded, or made now and recorded.

    It follows from the lot's first revision, its id and `thrown` alone, so that it can be computed
    again at any time, and a second draw is the first one. `record` False: only what was drawn is
    shown; before that nothing is drawn for any number, so that nobody looks which one suits.

    Raises INS-005: no such lot. INS-006: the records of then do not give the units of the lot.
    INS-007: drawn already, with another number thrown.
    """
    lot = lot_of(registry, reader, lot_id)
    drawn = _drawn(registry, lot_id)
    said = str(drawn[0].values.get("draw_number") or "") if drawn else ""
    if drawn and thrown and thrown != said:
        raise LandReleaseError(LOT_RESULT, lot=lot_id, name="--thrown", found=thrown,
                               expected=f"{said or 'no number'}, with which it was drawn")
    seed, plan, units, plane = _computed(registry, lot, said if drawn else thrown)
    sample, agrees = len(units), True
    if drawn:
        agrees = not _not_as_drawn(registry, lot, units, plane)
    elif record:
        _record_draw(registry, lot, seed, units, plane, thrown, by, now)
        drawn = _drawn(registry, lot_id)
    else:
        seed, thrown, units = "", "", []
    shapes = [r.geometry or shapely.Polygon() for r in drawn]
    results = {int(r.values["unit_number"]): str(r.value("unit_result")) for r in drawn}
    return {
        "lot": lot_id, "seed": seed, "lot_hash": _first(registry, lot_id).hash,
        "thrown": said if drawn else thrown, "recorded": bool(drawn), "agrees": agrees,
        "units_in_lot": int(lot.values["lot_size"]), "sample": sample,
        "simple_sample": plan.simple, "accept_probability": plan.accept,
        "level": str(lot.value("inspection_level")),
        "units": [{
            "unit": u.number, "stratum": u.stratum, "result": results.get(u.number, "not_reported"),
            "area_m2": round(geodesic_area_m2(shape), 2),
            "longitude": round(shape.centroid.x, 8), "latitude": round(shape.centroid.y, 8),
            "ground": shape.wkt}
            for u, shape in zip(units, shapes, strict=False)]}


def record_results(registry: Registry, reader: View, lot_id: str, results: Mapping[int, int | None],
                   *, day: date, by: str = "", key: SigningKey | None = None, accept: bool = False,
                   due_days: float = 0, now: datetime | None = None) -> dict[str, Any]:
    """Record what searching units again showed: unit -> items found; None: not searched.

    One item rejects the lot at once (acceptance number 0). Acceptance is a decision: `accept`
    records it once all units of the sample are clear, and it counts with a key that counts (S09).
    A unit in which an item was found stays so. What is accepted is the lot as it was recorded, by
    the units that were drawn of it, whatever was changed since; and never one that was rejected.

    Raises INS-005: no such lot. INS-006, INS-013: `accept` of what was not drawn. INS-012: `accept`
    of a lot that any revision rejects, or in a unit of which one found an item. INS-007: a unit
    that was not drawn; `accept` before all units are clear; a unit with an item called clear;
    nothing to record; a day that is still to come.
    SIG-014: the role of whose key it is does not accept lots.
    """
    from landrelease.core.signature import signed
    from landrelease.workflows.identities import deciding, owner

    lot = lot_of(registry, reader, lot_id)
    drawn = {int(r.values["unit_number"]): r for r in _drawn(registry, lot_id)}
    at = now or datetime.now(UTC)
    if not results and not accept:
        raise LandReleaseError(LOT_RESULT, lot=lot_id, name="results", found="nothing",
                               expected="--clear, --found, --results or --accept")
    if day > at.date() + timedelta(days=1):  # a local day may have begun before that of UTC
        raise LandReleaseError(LOT_RESULT, lot=lot_id, name="day", found=day,
                               expected="a day that has come")
    who = registry.author(by) if key is None else deciding(
        registry, key, "inspection", "result", at) if accept else owner(registry, key)
    first = _check_as_drawn(registry, lot) if accept else None
    revisions = []
    for number, items in sorted(results.items()):
        unit = drawn.get(number)
        if unit is None:
            raise LandReleaseError(LOT_RESULT, lot=lot_id, name=f"unit {number}", found="a result",
                                   expected="a unit of the draw: " + (
                                       _few(sorted(drawn)) or "nothing is drawn yet"))
        if items is not None and not (0 <= items < 1e9 and items == int(items)):
            raise LandReleaseError(LOT_RESULT, lot=lot_id, name=f"unit {number}", found=items,
                                   expected="a whole number of items from 0")
        if unit.value("unit_result") == "item_found" and not items:
            raise LandReleaseError(LOT_RESULT, lot=lot_id, name=f"unit {number}",
                                   found="no item", expected="what was found stays found")
        values = {**unit.values, "unit_result": "not_searched" if items is None
                  else "item_found" if items else "clear", "inspected_on": day}
        for name in ("task", "inspected_organisation"):
            if lot.values.get(name):
                values[name] = lot.values[name]
        if items is not None:
            values["items_found"] = items
        revision = Revision("inspection", unit.id, values, unit.geometry, at, who,
                            f"result of {day}", "")
        revisions.append(revision)
        drawn[number] = replace(unit, values=values)
    state = [str(r.value("unit_result")) for r in drawn.values()]
    found = sum(int(r.values.get("items_found") or 0) for r in drawn.values())
    clear = bool(drawn) and all(s == "clear" for s in state)
    if accept and not clear:
        raise LandReleaseError(
            LOT_RESULT, lot=lot_id, name="acceptance", found=f"{state.count('clear')} of "
            f"{len(state)} units clear, {found} items found", expected="all units of the sample "
            "searched again and clear")
    # From here on the sample is what was searched: a lot is rejected before all of it was.
    searched = sum(s in _SEARCHED for s in state)
    values = {**lot.values, "inspected_on": day, "items_found": found, "sample_size": searched}
    if found and lot.value("result") != "rejected":
        values |= {"result": "rejected", "nonconformity_type": "missed_item",
                   "nonconformity_severity": "critical"}
        if due_days:
            values["due_on"] = day + timedelta(days=round(due_days))
    ground = lot.geometry
    if first is not None:
        ground = first.geometry
        values |= {n: first.values.get(n) for n in _AS_FORMED}
        values = {n: v for n, v in values.items() if v is not None} | {"result": "accepted"}
    revisions.append(Revision("inspection", lot_id, values, ground, at, who,
                              "accepted" if accept else f"results of {day}", ""))
    registry.append(revisions if key is None or not accept else revisions[:-1])
    if key is not None and accept:
        registry.append([signed(revisions[-1], key, who, registry.tips(lot_id))])
    return {"lot": lot_id, "searched": searched, "sample": len(state),
            "items_found": found, "result": str(values.get("result", "not_reported")),
            "signed": bool(accept and key is not None), "may_be_accepted": clear and not accept}


def read_results(path: Path) -> dict[int, int | None]:
    """Results of a CSV file with the columns unit, items; empty items: the unit was not searched.

    Raises INS-007 with the line and what was found there.
    """
    import csv

    def wrong(line: int, found: Any, expected: str) -> LandReleaseError:
        return LandReleaseError(LOT_RESULT, lot=path.name or str(path), name=f"line {line}",
                                found=found, expected=expected)

    try:
        rows = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
        names = rows.fieldnames or ()
        listed_rows = list(rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise wrong(1, getattr(error, "strerror", None) or error, "a CSV file in UTF-8") from None
    if not {"unit", "items"} <= set(names):
        raise wrong(1, ", ".join(names)[:80] or "nothing", "the columns unit, items")
    out: dict[int, int | None] = {}
    for line, row in enumerate(listed_rows, start=2):
        unit, items = ((row[name] or "").strip() for name in ("unit", "items"))
        if not _WHOLE.fullmatch(unit) or not (_WHOLE.fullmatch(items) or not items):
            raise wrong(line, f"{unit[:40]}, {items[:40]}", "whole numbers")
        if int(unit) in out:
            raise wrong(line, unit, "each unit once")
        out[int(unit)] = int(items) if items else None
    return out


def compare_teams(registry: Registry, reader: View, stated: Assumptions, by: str = "team"
                  ) -> dict[str, Any]:
    """Teams (or detectors, organisations, schools) on identical terms, from all inspected lots.

    Raises INS-001: `by` is none that is known. INS-003: a lot's numbers cannot be.
    """
    from landrelease.verify.teams import compare

    if by not in BY:
        raise LandReleaseError(LOT_SETTING, name="--group-by", found=by, expected=", ".join(BY))
    told = _Told(registry, reader)
    lots, left_out = told.inspected(stated, by)
    certainty = stated.value("inspection_certainty")
    found = compare(lots, certainty=certainty)
    missed = told.missed(stated, by, [g.group for g in found.groups])
    rejected = [r for r in told.lots if r.value("result") == "rejected"]
    doubt = _in_doubt(told, rejected, found.left_in_lot)
    return {
        "by": by, "certainty": certainty, "interval": found.interval,
        "pooled_mean_per_hectare": found.pooled_mean, "told_apart": found.told_apart,
        "groups": [{
            "group": g.group, "organisation": told.organisation(g.group, by),
            "school": told.school(g.group, by), "lots": g.lots, "joint_lots": g.joint_lots,
            "units": g.units, "hectares": g.hectares, "units_with_item": g.defective,
            "found_per_hectare_adjusted": g.adjusted, "left_per_hectare": g.mean, "low": g.low,
            "high": g.high, "rank_low": g.rank_low, "rank_high": g.rank_high,
            "better_than": list(g.better_than), **missed.get(g.group, {})}
            for g in found.groups],
        "rejected_lots": [r.id for r in rejected], "lots_in_doubt": doubt, "left_out": left_out,
        "chain_head": registry.head()}


def recorded_detection(registry: Registry, reader: View, stated: Assumptions) -> dict[str, Any]:
    """The detection of inspections: as trials with seeded targets on record show it, else the least
    that lots on record state for themselves, else the setting `detection_inspection`;
    {"detection", "words", "records"}.

    The least, because a sample that is too large costs days and one that is too small lives.
    """
    from landrelease.workflows.trials import detection_on_record

    inspections = reader.inside(_standing(registry))
    if (tried := detection_on_record(inspections, stated)) is not None:
        return tried
    known = {r.id: q for r in inspections
             if (q := number_of(r.values.get("detection_probability"))) is not None and 0 < q < 1}
    if not known:
        setting = stated["detection_inspection"]
        return {"detection": setting.value, "records": [], "words":
                f"the setting detection_inspection ({setting.low:g} to {setting.high:g}); no "
                "inspection on record states its own"}
    least = min(known.values())
    return {"detection": least, "records": sorted(known), "words":
            f"the least of {len(known)} inspections on record, which state {least:g} to "
            f"{max(known.values()):g}"}


def detection_elsewhere(registry: Registry, reader: View, stated: Assumptions, hazard: Record
                        ) -> dict[tuple[str, str], tuple[float, float, str]]:
    """Detection of manual search by organisation, from lots of all other hazards: Beta(a, b) with
    words on what it rests on, by (organisation, "manual").

    A failure elsewhere raises the doubt about all work of the same hands; what was found on the
    hazard itself is not in it, because it enters its own calculation (S10). Only lots on which one
    organisation searched by hand alone count: of others nobody can say whose miss it was.
    """
    from landrelease.assess.stratum import beta_of
    from landrelease.verify.missed import missed_share

    told = _Told(registry, reader)
    names = {hazard.id, hazard.values.get("identifier")} - {None}
    lots: dict[str, list[FoundTwice]] = {}
    for lot in told.lots:
        ground, outcomes = told.ground(lot), told.outcomes_of(lot)
        if not outcomes or any(o.values.get(n) in names for o in outcomes
                               for n in ("hazard", "hazard_identifier")) or (
                ground is not None and hazard.geometry is not None
                and ground.intersects(hazard.geometry)):
            continue
        who = {str(o.values.get("organisation") or "") for o in outcomes}
        by_hand = all(_by_hand(o) for o in outcomes)
        found = told.found_twice(lot, stated)
        if len(who) == 1 and "" not in who and by_hand and found is not None:
            lots.setdefault(who.pop(), []).append(found)
    prior = beta_of(stated["detection_manual"])
    out = {}
    for organisation, listed_lots in lots.items():
        m = missed_share(listed_lots, (prior["a"], prior["b"]))
        if m.items == 0:
            continue
        again = sum(one.by_inspection for one in listed_lots)
        out[organisation, "manual"] = (m.a, m.b, (
            f"inspection of {len(listed_lots)} lots of {organisation} on other ground found "
            f"{again} items after {m.items - again:g} that it had found itself: its manual search "
            f"finds {1 - m.mean:.3f} of them ({1 - m.high:.3f} to {1 - m.low:.3f})"))
    return out


def _by_hand(outcome: Record) -> bool:
    assets = set(listed(outcome.values.get("assets"))) - {"not_reported"}
    return assets == {"manual"} if assets else str(
        outcome.values.get("method") or "").strip().casefold() in ("manual", "manual clearance")


def open_items(registry: Registry, reader: View, stated: Assumptions, day: date
               ) -> dict[str, Any]:
    """Nonconformities and recommendations as they stand on a day, visits and refused visits, lots
    that wait."""
    import dataclasses

    from landrelease.verify.follow_up import nonconformities, visits

    inspections = reader.inside(_standing(registry))
    days = {s: stated.value(f"correction_days_{s}") for s in ("critical", "major", "minor")}
    found = nonconformities(inspections, day, days)
    waiting = [r for r in inspections if r.value("inspection_part") == "lot"
               and r.value("result") not in ("accepted", "rejected")]
    drawn = {str(r.values.get("lot")) for r in inspections
             if r.value("inspection_part") == "unit"}
    counts = {state: sum(n.state == state for n in found)
              for state in ("overdue", "open", "corrected", "closed")}
    return {
        "day": day.isoformat(), "counts": counts,
        "nonconformities": [dataclasses.asdict(n) for n in found if n.state != "closed"],
        "visits": [dataclasses.asdict(v) for v in visits(inspections, day)],
        "lots_waiting": [{"lot": r.id, "state": "drawn" if r.id in drawn else "not drawn",
                          "task": str(r.values.get("task") or "")} for r in waiting]}


# --- lots --------------------------------------------------------------------------------------


def _proposal(lot_id: str, name: str, ground: BaseGeometry, pieces: Sequence[Piece], side: float,
              registry: Registry, reader: View, inspections: Sequence[Record],
              stated: Assumptions, strict: Strictness, task: Record, before: Record | None,
              today: date) -> dict[str, Any]:
    from landrelease.verify.draw import plan_sample
    from landrelease.verify.switching import next_level, tightest
    from landrelease.workflows.trials import detection_on_record

    plane = plane_for(ground.bounds)
    units = _units(ground, pieces, side, plane)
    teams = sorted({t for u in units for t in u.teams})
    rule = _rule(stated)
    known = {r.id: r for r in registry.records("team")}
    called = Called(known.values())
    standings = [_with_stop(next_level(_accepted(own), rule), own, today)
                 for t in teams for own in [_lots_of_team(t, inspections, called)]]
    standing = tightest(standings)
    level, reason = standing.level, standing.reason
    if before is not None and level != "tightened":
        level, reason = "tightened", f"{before.id} was rejected: its ground is inspected tighter"
    sizes = _sizes(units)
    if strict.detection is not None:
        detection, why = strict.detection, "stated"
    elif (tried := detection_on_record(inspections, stated)) is not None:
        detection, why = tried["detection"], tried["words"]
    else:
        detection, why = stated.value("detection_inspection"), "the setting detection_inspection"
    wanted = stated.value("inspection_confidence" + ("" if level == "normal" else f"_{level}"))
    confidence = wanted if strict.confidence is None else (
        max(strict.confidence, wanted) if level == "tightened" else strict.confidence)
    tolerable = strict.tolerable
    if tolerable is None:
        tolerable = _tolerable(len(units), detection, confidence, stated)
    plan = plan_sample(sizes, tolerable, detection, confidence)
    mine = [p for p in pieces if _meets(p, ground)]
    outcomes = sorted(p.id for p in mine)
    works = sorted({w for p in mine for w in p.works})
    return {
        "id": lot_id, "name": name, "task": task.id, "area_m2": geodesic_area_m2(ground),
        "units": len(units), "unit_m": side, "strata": sizes, "teams": teams,
        "detectors": sorted({d for u in units for d in u.detectors}), "outcomes": outcomes,
        "activities": works, "organisation": "; ".join(sorted({
            str(known[i].values["organisation"]) for t in teams for i in called.ids(t)
            if known[i].values.get("organisation")})),
        "level": level, "level_reason": reason, "stopped": standing.stopped and before is None,
        "tolerable": tolerable, "detection": detection, "detection_from": why,
        "confidence": confidence, "sample": plan.sample, "simple_sample": plan.simple,
        "accept_probability": plan.accept,
        "after": None if before is None else before.id, "ground": ground}


def _rejected(registry: Registry, lot_id: str, inspections: Sequence[Record]) -> Record:
    found = [r for r in inspections if r.id == lot_id and r.value("inspection_part") == "lot"]
    if not found or found[0].geometry is None:
        raise LandReleaseError(LOT_UNKNOWN, found=lot_id)
    lot = found[0]
    said = [s.revision.values for s in registry.history(lot_id)
            if s.revision.values.get("result") == "rejected"]
    why = ("it was not rejected" if not said else
           "that it was cleared again is not on record" if day_of(
               lot.values.get("corrected_on")) is None else
           "it is inspected again already" if any(
               r.values.get("lot") == lot_id and r.value("inspection_part") == "lot"
               for r in inspections) else "")
    if why:
        raise LandReleaseError(LOT_NOT_AGAIN, lot=lot_id, reason=why)
    # All of its ground, from the day of its rejection: a change since then makes it no smaller.
    days = [d for v in said if (d := day_of(v.get("inspected_on"))) is not None]
    return replace(lot, geometry=_first(registry, lot_id).revision.geometry, values={
        **lot.values, "result": "rejected", **({"inspected_on": max(days)} if days else {})})


def weaker_than(stated: Assumptions, inspections: Sequence[Record], lot: Record) -> str:
    """In what the sample of a lot asks for less than the programme's settings do, in words; ""
    where in nothing. Of a sampling that does not say what its sample shows it is computed from the
    sizes of lot and sample; where it does not say these either, that is named."""
    from landrelease.workflows.trials import detection_on_record

    tried = detection_on_record([i for i in inspections if i.id != lot.id], stated)
    level = str(lot.value("inspection_level"))
    wanted = stated.value("inspection_confidence" + (
        f"_{level}" if level in ("tightened", "reduced") else ""))
    size, tolerable = (number_of(lot.values.get(n)) for n in ("lot_size", "tolerable_defects"))
    detection, confidence = (number_of(lot.values.get(n)) for n in (
        "detection_probability", "confidence"))
    trusted = stated.value("detection_inspection") if tried is None else tried["detection"]
    out = []
    if confidence is not None and confidence < wanted - 1e-9:
        out.append(f"confidence {confidence:g} instead of {wanted:g}")
    if detection is not None and detection > trusted + 1e-9:
        out.append(f"detection {detection:g} taken for its inspection instead of {trusted:g}")
    if tolerable is not None and size is not None:
        most = _tolerable(int(size), trusted if detection is None else detection,
                          wanted if confidence is None else confidence, stated)
        if tolerable > most:
            out.append(f"{tolerable:g} units with an item tolerated instead of {most}")
    if tolerable is None and confidence is None and judges_finished_ground(lot):
        out.append(_shown(size, number_of(lot.values.get("sample_size")),
                          trusted if detection is None else min(detection, trusted), wanted,
                          stated))
    return ", ".join(filter(None, out))


def _shown(size: float | None, sample: float | None, detection: float, confidence: float,
           stated: Assumptions) -> str:
    """What a sample of some units of a lot does not show, as the settings ask for it; "": nothing.
    """
    from landrelease.verify.sampling import accept_probability

    if size is None or sample is None or not 0 < sample <= size:
        return "it does not say what its sample shows"
    most = _tolerable(int(size), detection, confidence, stated)
    shown = 1 - accept_probability(int(size), most, int(sample), detection)
    return "" if shown >= confidence - 1e-9 else (
        f"{sample:g} of {size:g} units show {most} units with an item with a chance of "
        f"{shown:.2f} instead of {confidence:g}")


def _tolerable(units: int, detection: float, confidence: float, stated: Assumptions) -> int:
    """Units with an item that a sample has to find, as the settings have it: at least as many as
    the search of all units would show, (1 - q)^D <= 1 - C."""
    least = 1 if detection >= 1 or not 0 < confidence < 1 else math.ceil(
        math.log(1 - confidence) / math.log(1 - detection) - 1e-9)
    return min(units, max(1, least, int(stated.value("inspection_tolerable_share") * units)))


def _cleared_again(registry: Registry, lot: Record, task: Record, stated: Assumptions) -> None:
    """Whether searches from the day of the rejection on, each with a proof of coverage on record,
    cover a rejected lot to the depth that is asked for, whoever asks; a day in a field is none. The
    depth is that of the order and of the order of the rejected lot, as it is and as it was when the
    lot was formed: whichever is deepest.

    Raises INS-009: some of it, down to a spot that holds a circle of `spot_radius_m` (S05), is not.
    """
    from landrelease.core.coverage import proofs_of, proven_outcomes
    from landrelease.core.search import build_effort, by_word
    from landrelease.workflows.coverage import coverages, not_proofs

    assert lot.geometry is not None
    works, day = registry.records("activity"), inspected_on(lot)
    called = Called(works)
    outcomes = [o if len(ids := called.ids(o.values.get("activity"))) != 1 else replace(
        o, values={**o.values, "activity": min(ids)}) for o in registry.records("outcome")
        if o.geometry is not None and o.geometry.intersects(lot.geometry)]
    proofs = [c for c in coverages(registry)  # of the search that was rejected none counts
              if day is not None and c.valid_from is not None and c.valid_from >= day]
    number, own = _first(registry, lot.id).number, str(lot.values.get("task") or "")
    orders = [task, *(t for t in registry.records("task") if t.id == own),
              *filter(None, [as_it_was(registry, own, number)])]
    areas = Called(registry.records("hazard"))
    of_orders = [frozenset(i for n in ("hazard", "hazard_identifier") if o.values.get(n)
                           for i in areas.ids(o.values[n])) for o in orders]
    hazards = [h for h in registry.records("hazard") if h.id in frozenset().union(*of_orders)]
    hazards += [h for i in of_orders[-1] if (h := as_it_was(registry, i, number)) is not None]
    words = not_proofs(registry, proofs, stated)
    proofs = [c for c in proofs if c.id not in words]
    proven = proofs_of(outcomes, works, proofs)
    reported, unproven = proven_outcomes(outcomes, works, proofs, by_word(stated))
    effort = build_effort(hazards=hazards, outcomes=reported, items=(), activities=works,
                          inspections=_standing(registry), gates=(), assumptions=stated,
                          no_credit=unproven)
    asked: dict[str, float] = {}
    for h in hazards:  # as they are, and as they were
        said = number_of(h.values.get("required_depth_m"))
        asked[h.id] = max(asked.get(h.id, 0.0), effort.depth_m if said is None else said)
    depth = max(number_of(o.values.get("required_depth_m")) or max(
        (asked[i] for i in ids if i in asked), default=effort.depth_m)
        for o, ids in zip(orders, of_orders, strict=True))
    ground = joined([p.ground for p in effort.passes
                     if p.id in proven and p.depth_m >= depth - 1e-9], degrees=True)
    left = lot.geometry.difference(ground)
    plane = plane_for(lot.geometry.bounds)
    if not plane.to_plane(left).buffer(-stated.value("spot_radius_m") * (1 - 1e-6)).is_empty:
        raise LandReleaseError(LOT_NOT_AGAIN, lot=lot.id, reason=(
            f"{geodesic_area_m2(left):,.2f} m² of it are on record without a search to {depth:g} m "
            f"of {day or 'a day after the rejection'} or later that is proven to "
            "cover them"))


def _lots_of_team(team: str, inspections: Iterable[Record], called: Called) -> list[Record]:
    """The lots of a team, however it is written in them."""
    who = called.of(team)
    return [r for r in inspections if r.value("inspection_part") == "lot"
            and any(who & called.of(t) for t in listed(r.values.get("teams")))]


def _accepted(lots: Iterable[Record]) -> list[bool]:
    """Results of a team's lots in their order, first inspections only."""
    own = [r for r in lots if not r.values.get("lot")
           and r.value("result") in ("accepted", "rejected")]
    own.sort(key=lambda r: (day_of(r.values.get("inspected_on")) or date.min, r.id))
    return [r.value("result") == "accepted" for r in own]


def _with_stop(standing: Standing, lots: Iterable[Record], today: date) -> Standing:
    """A stop ends when every rejected lot of the team is closed."""
    if standing.stopped and not any(
            r.value("result") == "rejected" and closed_on(r, today) is None for r in lots):
        return replace(standing, stopped=False)
    return standing


def _rule(stated: Assumptions) -> Rule:
    from landrelease.verify.switching import Rule

    def lots(name: str) -> int:
        return int(stated.value(f"inspection_switch_{name}"))

    return Rule(lots("rejected"), lots("window"), lots("accepted"), lots("reduced"), lots("stop"))


def _sizes(units: Iterable[Unit]) -> dict[str, int]:
    out: dict[str, int] = {}
    for unit in units:
        out[unit.stratum] = out.get(unit.stratum, 0) + 1
    return out


def _units(ground: BaseGeometry, pieces: Sequence[Piece], side: float, plane: LocalPlane
           ) -> tuple[Unit, ...]:
    from landrelease.verify.lots import areal, units_of

    near = [p for p in pieces if _meets(p, ground)]
    return units_of(areal(plane.to_plane(ground)), _in_metres(near, plane), side)


def _in_metres(pieces: Iterable[Piece], plane: LocalPlane) -> list[Piece]:
    return [replace(p, ground=plane.to_plane(p.ground)) for p in pieces]


def _task(registry: Registry, reader: View, task: str) -> Record:
    held = {r.id: r for r in reader.inside(registry.records("task"))}
    found = Called(held.values()).ids(task)
    if len(found) != 1:
        raise LandReleaseError(LOT_WITHOUT_GROUND, task=task, reason="no such task is on record")
    return held[next(iter(found))]


def _pieces(registry: Registry, reader: View, task: Record, stated: Assumptions
            ) -> tuple[list[Piece], dict[str, BaseGeometry], list[dict[str, Any]]]:
    """Completed ground of a task as it is on record now, longitude and latitude, by id; what of
    each piece may be in a lot; and what may not, with why.

    Pieces stand whole, because the draw is computed again from the outcomes alone.
    """
    from landrelease.core.search import by_word
    from landrelease.workflows.coverage import coverages, not_proofs
    from landrelease.workflows.finished import finished

    works = {r.id: r for r in _of_orders(
        reader.inside(registry.records("activity")), Called(reader.inside(
            registry.records("task"))), task)}
    called = Called(works.values())
    outcomes = reader.inside(registry.records("outcome"))
    done_by = {r.id: _work_of(r, works, called, task) for r in outcomes}
    every = {r.id: replace(r, values={**r.values, "activity": own[0].id})
             if (own := done_by[r.id]) else r for r in outcomes}
    area = _area_of(task, Called(reader.inside(registry.records("hazard"))))
    found = [_piece(r, done_by[r.id], task, area, open_too=True) for r in every.values()]
    pieces = sorted((p for p in found if p is not None), key=lambda p: p.id)
    proofs = coverages(registry)
    done, left_out = finished([replace(every[p.id], geometry=p.ground) for p in pieces], works,
                              proofs, by_word(stated), not_proofs(registry, proofs, stated))
    return ([p for p in pieces if p.id in done], done,
            [{"outcome": one.outcome, "area_m2": geodesic_area_m2(one.ground),
              "reason": one.reason} for one in left_out])


def _of_orders(works: Sequence[Record], tasks: Called, task: Record) -> list[Record]:
    """Work with the id of its order, however it names that; of orders of one name `task`, if it is
    one of them."""
    out = []
    for w in works:
        ids = tasks.ids(w.values.get("task"))
        order = task.id if task.id in ids else min(ids, default="")
        out.append(w if not order or order == w.values.get("task") else replace(
            w, values={**w.values, "task": order}))
    return out


def _work_of(outcome: Record, works: Mapping[str, Record], called: Called, task: Record
             ) -> list[Record]:
    """The work that an outcome names, by id or identifier; of several of one name those of the
    task."""
    found = [works[i] for i in sorted(called.ids(outcome.values.get("activity"))) if i in works]
    return [w for w in found if w.values.get("task") == task.id] or found


def _area_of(task: Record, hazards: Called) -> Callable[[Record], bool]:
    """Whether an outcome names the area of a task, however either of them names it."""
    mine = {i for n in ("hazard", "hazard_identifier") if task.values.get(n)
            for i in hazards.of(task.values[n])}
    return lambda o: any(mine & hazards.of(o.values[n]) for n in ("hazard", "hazard_identifier")
                         if o.values.get(n))


def _piece(outcome: Record, works: Sequence[Record], task: Record,
           of_area: Callable[[Record], bool], *, open_too: bool = False) -> Piece | None:
    """An outcome as completed ground of the task; None where it is not, or its follow-up is open
    (but for `open_too`)."""
    from landrelease.verify.lots import Piece, areal

    ground = outcome.geometry
    work = works[0] if works else None
    if is_decision_outcome(outcome.id):
        return None  # the decision on work, not the work
    if ground is None or ground.is_empty or outcome.value("outcome_type") not in _COMPLETED \
            or (outcome.value("follow_up") == "open" and not open_too):
        return None
    if work is None or not work.values.get("task"):
        # Work that names no task is this one's where it lies in the same area and on its ground;
        # where either is not on record, nobody says so.
        if task.geometry is None or not of_area(outcome):
            return None
        ground = areal(ground.intersection(task.geometry))
    elif work.values["task"] != task.id:
        return None
    if ground.area == 0:
        return None
    said: Mapping[str, Any] = {} if work is None else work.values
    return Piece(
        outcome.id, ground, _hands(works, "teams") or listed(task.values.get("teams")),
        _hands(works, "detectors"),
        str(said.get("operational_method") or outcome.values.get("method") or ""),
        day_of(outcome.values.get("decided_on")) or day_of(said.get("ended_on"))
        or outcome.valid_from, tuple(w.id for w in works))


def _hands(works: Sequence[Record], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(x for w in works for x in listed(w.values.get(name))))


def _meets(piece: Piece, ground: BaseGeometry) -> bool:
    """Whether a piece lies on the ground, and does not only meet it along an edge."""
    return bool(piece.ground.intersects(ground)) and (
        piece.ground.intersection(ground).area > 1e-4 * min(piece.ground.area, ground.area))


# --- draws -------------------------------------------------------------------------------------


def _standing(registry: Registry) -> list[Record]:
    from landrelease.workflows.inspections import inspections_told

    return inspections_told(registry)


def lot_of(registry: Registry, reader: View, lot_id: str) -> Record:
    """A lot that the reader may know of. INS-005."""
    found = [r for r in reader.inside(registry.records("inspection"))
             if r.id == lot_id and r.value("inspection_part") == "lot"]
    if not found or found[0].geometry is None:
        raise LandReleaseError(LOT_UNKNOWN, found=lot_id)
    return found[0]


def _drawn(registry: Registry, lot_id: str) -> list[Record]:
    found = [r for r in registry.records("inspection")
             if r.value("inspection_part") == "unit" and r.values.get("lot") == lot_id]
    return sorted(found, key=lambda r: int(r.values["unit_number"]))


def _first(registry: Registry, record_id: str) -> Any:
    return min(registry.history(record_id), key=lambda s: s.number)


def _computed(registry: Registry, lot: Record, thrown: str
              ) -> tuple[str, SamplePlan, list[Unit], LocalPlane]:
    """Seed, plan of the sample and the drawn units, from the records as they stood when the lot
    was recorded."""
    from landrelease.verify.draw import draw, plan_sample, seed_of

    first = _first(registry, lot.id)
    said = first.revision.values
    ground = first.revision.geometry
    name = str(said.get("task") or "")
    task = as_it_was(registry, name, first.number) or Record("task", name, {})
    pieces = []
    # Its outcomes were found to be of this order when it was formed, and its work is listed by id;
    # work that was listed by another name counted as none.
    outcomes = [r for n in listed(said.get("outcomes"))
                if (r := as_it_was(registry, n, first.number)) is not None]
    names = dict.fromkeys([*listed(said.get("activities")), *(
        str(r.values.get("activity") or "") for r in outcomes)])
    works = {w.id: w if not w.values.get("task") else replace(
        w, values={**w.values, "task": task.id})
        for n in names if (w := as_it_was(registry, n, first.number)) is not None}
    called, nothing = Called(works.values()), {*listed(said.get("activities"))} - works.keys()
    for then in outcomes:
        own = [] if then.values.get("activity") in nothing else _work_of(
            then, works, called, task)
        if (piece := _piece(then, own, task, lambda o: True)) is not None:
            pieces.append(piece)
    if ground is None or not all(number_of(said.get(n)) for n in (
            "unit_m", "lot_size", "tolerable_defects", "detection_probability", "confidence")):
        raise LandReleaseError(LOT_MOVED, lot=lot.id, found=0, expected=said.get("lot_size", "no"))
    plane = plane_for(ground.bounds)
    units = _units(ground, pieces, float(said["unit_m"]), plane)
    if len(units) != int(said["lot_size"]):
        raise LandReleaseError(LOT_MOVED, lot=lot.id, found=len(units), expected=said["lot_size"])
    sizes = _sizes(units)
    plan = plan_sample(sizes, int(said["tolerable_defects"]), float(said["detection_probability"]),
                       float(said["confidence"]))
    seed = seed_of(first.hash, lot.id, thrown)
    strata: dict[str, list[int]] = {}
    for unit in units:
        strata.setdefault(unit.stratum, []).append(unit.number)
    numbers = set(draw(strata, plan.by_stratum, seed))
    return seed, plan, [u for u in units if u.number in numbers], plane


def _check_as_drawn(registry: Registry, lot: Record) -> Revision:
    """The first revision of a lot whose units on record are those that were drawn of it.

    Raises INS-006 (what draws say), INS-012, INS-013.
    """
    own = f"{lot.id}:unit:"  # also units that a change put into another lot
    units = [r for r in registry.records("inspection")
             if r.id.startswith(own) or (r.values.get("lot") == lot.id
                                         and r.value("inspection_part") == "unit")]
    for record in (lot, *units):
        for held in registry.history(record.id):
            said = held.revision.values
            if said.get("unit_result") == "item_found" or (
                    record is lot and said.get("result") == "rejected"):
                raise LandReleaseError(LOT_ONCE_REJECTED, lot=lot.id, record=record.id)
    first: Revision = _first(registry, lot.id).revision
    firsts = [_first(registry, r.id).revision.values for r in units]
    thrown = next((str(f.get("draw_number") or "") for f in firsts if f.get("lot") == lot.id), "")
    _, _, drawn, plane = _computed(registry, lot, thrown)
    if units and (wrong := _not_as_drawn(registry, lot, drawn, plane)):
        raise LandReleaseError(LOT_NOT_AS_DRAWN, lot=lot.id, found=_few(wrong))
    return first


def _not_as_drawn(registry: Registry, lot: Record, units: Sequence[Unit], plane: LocalPlane
                  ) -> list[int]:
    """Numbers of units on which draw and records differ: missing, with another outline, stratum or
    number than was drawn, or never drawn."""
    known = {r.id: r for r in _drawn(registry, lot.id)}
    whole = replace(lot, geometry=_first(registry, lot.id).revision.geometry)
    wrong = []
    for unit in units:
        held = known.pop(f"{lot.id}:unit:{unit.number}", None)
        ground = _unit_ground(unit, whole, plane)
        if (held is None or held.geometry is None
                or int(held.values["unit_number"]) != unit.number
                or str(held.values.get("stratum") or "") != unit.stratum
                or held.geometry.symmetric_difference(ground).area > _AS_DRAWN * ground.area):
            wrong.append(unit.number)
    return sorted({*wrong, *(int(r.values["unit_number"]) for r in known.values())})


def as_it_was(registry: Registry, record_id: str, number: int) -> Record | None:
    """A record as it stood before the revision of that number came in; None where it was not."""
    from landrelease.core.descent import current_of

    known = [s for s in registry.history(record_id) if s.number < number] if record_id else []
    if not known:
        return None
    stands = current_of(known).revision
    return Record(stands.kind, record_id, stands.values, stands.geometry, stands.valid_from)


def _unit_ground(unit: Unit, lot: Record, plane: LocalPlane) -> BaseGeometry:
    """A unit in degrees, never outside its lot: what the way through the plane moved is cut off."""
    from landrelease.verify.lots import areal

    assert lot.geometry is not None
    return areal(plane.to_degrees(unit.ground).intersection(lot.geometry))


def _record_draw(registry: Registry, lot: Record, seed: str, units: Sequence[Unit],
                 plane: LocalPlane, thrown: str, by: str, now: datetime | None) -> None:
    """The drawn units as records. They name no organisation and stand not in the lot, so that who
    is inspected sees the places (rows of its own organisation) only once there is a result."""
    at, who = now or datetime.now(UTC), registry.author(by)
    values = {**lot.values, "drawn_on": at.date(), "sample_size": len(units)}
    revisions = [Revision("inspection", lot.id, values, lot.geometry, at, who, "drawn", "")]
    for unit in units:
        said: dict[str, Any] = {
            "inspection_part": "unit", "inspection_type": "sampling", "lot": lot.id,
            "unit_number": unit.number, "stratum": unit.stratum, "teams": list(unit.teams),
            "detectors": list(unit.detectors), "drawn_on": at.date(), "draw_seed": seed,
            "draw_number": thrown}
        revisions.append(Revision(
            "inspection", f"{lot.id}:unit:{unit.number}",
            {k: v for k, v in said.items() if v not in (None, [], "")},
            _unit_ground(unit, lot, plane), at, who, "drawn", ""))
    registry.append(revisions)


def _few(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:20])) + (" ..." if len(numbers) > 20 else "")


# --- teams -------------------------------------------------------------------------------------


class _Told:
    """What the records say of inspected lots and of who worked on them."""

    def __init__(self, registry: Registry, reader: View):
        def records(kind: str) -> dict[str, Record]:
            return {r.id: r for r in reader.inside(registry.records(kind))}

        inspections = reader.inside(_standing(registry))
        self.units: dict[str, list[Record]] = {}
        for r in inspections:
            if r.value("inspection_part") == "unit":
                self.units.setdefault(str(r.values.get("lot")), []).append(r)
        # Lots of this programme, and samplings that came in as one record each.
        self.lots = [r for r in inspections if r.value("inspection_part") == "lot" or (
            r.value("inspection_part") in ("visit", "not_reported")
            and r.value("inspection_type") in ("sampling", "post_clearance")
            and r.value("visit_refused") != "yes" and r.value("result") != "refused"
            and number_of(r.values.get("sample_size")) is not None)]
        self.outcomes, self.works = records("outcome"), records("activity")
        self._outcome, self._work = Called(self.outcomes.values()), Called(self.works.values())
        self.items = records("item")
        # A file names teams by their identifier, this programme by the id of the record.
        self.teams = records("team")
        self._called = {"teams": Called(self.teams.values()),
                        "detectors": Called(records("detector").values())}
        self._spelled: dict[str, str] = {}  # names of what is not on record, folded -> as written

        self._by_work: dict[str, list[tuple[BaseGeometry | None, int]]] | None = None
        self._uncounted: dict[str, list[str]] = {}  # work -> items that state no whole number
        self._lots_of: dict[str, int] | None = None

    def outcomes_of(self, lot: Record) -> list[Record]:
        return [self.outcomes[i] for i in dict.fromkeys(
            i for o in listed(lot.values.get("outcomes")) for i in sorted(self._outcome.ids(o)))]

    def works_of(self, lot: Record) -> list[Record]:
        ids = [*listed(lot.values.get("activities")), str(lot.values.get("activity") or ""),
               *(str(o.values.get("activity") or "") for o in self.outcomes_of(lot))]
        return [self.works[i] for i in dict.fromkeys(
            i for w in ids for i in sorted(self._work.ids(w)))]

    def groups(self, record: Record, lot: Record, by: str) -> tuple[str, ...]:
        """Who worked on a unit or a lot; () where nobody is on record."""
        name = "detectors" if by == "detector" else "teams"
        found = listed(record.values.get(name)) or listed(lot.values.get(name)) or tuple(
            dict.fromkeys(x for w in self.works_of(lot) for x in listed(w.values.get(name))))
        found = tuple(dict.fromkeys(
            i for said in found for i in sorted(self._called[name].ids(said))
            or [self._spelled.setdefault(folded(said), said)]))
        if by in ("team", "detector"):
            return found
        if by == "school":
            return tuple(sorted({str(self.teams[t].value("school")) for t in found
                                 if t in self.teams}))
        own = {str(self.teams[t].values["organisation"]) for t in found
               if t in self.teams and self.teams[t].values.get("organisation")}
        said = str(lot.values.get("inspected_organisation") or "")
        return tuple(sorted(own)) or ((said,) if said else ())

    def ground(self, lot: Record) -> BaseGeometry | None:
        if lot.geometry is not None and lot.value("inspection_part") == "lot":
            return lot.geometry
        grounds = [o.geometry for o in self.outcomes_of(lot) if o.geometry is not None]
        return joined(grounds, degrees=True) if grounds else None

    def area_m2(self, lot: Record) -> float:
        ground = self.ground(lot)
        return 0.0 if ground is None else geodesic_area_m2(ground)

    def inspected(self, stated: Assumptions, by: str
                  ) -> tuple[list[InspectedLot], list[dict[str, str]]]:
        """Lots as the comparison takes them, each part of a lot with its own teams by itself; and
        lots that say too little, with why."""
        from landrelease.verify.teams import InspectedLot

        out: list[InspectedLot] = []
        left_out: list[dict[str, str]] = []
        for lot in self.lots:
            area = self.area_m2(lot)
            size = number_of(lot.values.get("lot_size"))
            detection = number_of(lot.values.get("detection_probability")) or stated.value(
                "detection_inspection")
            accepted = {"accepted": True, "rejected": False}.get(str(lot.value("result")))
            drawn = self.units.get(lot.id, [])
            found = number_of(lot.values.get("items_found"))
            why = ("nobody who worked on it is on record" if not self.groups(lot, lot, by) else
                   "its size or its ground is not on record" if not size or not area else
                   "what was found is not on record" if not drawn and found is None else "")
            if why:
                left_out.append({"lot": lot.id, "reason": why})
                continue
            assert size is not None
            counts: dict[tuple[str, ...], list[int]] = {}
            if drawn:
                for unit in drawn:
                    state = str(unit.value("unit_result"))
                    count = counts.setdefault(self.groups(unit, lot, by), [0, 0])
                    count[0] += state in _SEARCHED
                    count[1] += state == "item_found"
            else:
                sample = int(number_of(lot.values.get("sample_size")) or 0)
                counts[self.groups(lot, lot, by)] = [sample, min(sample, int(found or 0))]
            total = sum(n for n, _ in counts.values())
            for groups, (searched, defective) in sorted(counts.items()):
                out.append(InspectedLot(
                    lot.id if len(counts) == 1 else f"{lot.id} ({'+'.join(groups)})", groups,
                    searched, defective, area / size, detection,
                    area * searched / total if total else 0.0, accepted))
        return out, left_out

    def found_twice(self, lot: Record, stated: Assumptions) -> FoundTwice | None:
        """What the work on a lot had found, and its inspection afterwards; None where either is
        not on record."""
        from landrelease.verify.missed import FoundTwice

        size, found = (number_of(lot.values.get(n)) for n in ("lot_size", "items_found"))
        drawn = self.units.get(lot.id, [])
        sample = sum(str(u.value("unit_result")) in _SEARCHED for u in drawn) if drawn \
            else number_of(lot.values.get("sample_size"))
        works = self.works_of(lot)
        if not size or not sample or found is None or not works:
            return None
        ground = self.ground(lot)
        by_team = 0
        for w in works:
            # Of work that went on over several lots only what lay on this one: items without a
            # place count for none, which makes the team look worse, not better.
            here = sum(n for place, n in self.items_of(w)
                       if place is not None and ground is not None and ground.covers(place))
            if self.lots_of(w) == 1:
                here = max(sum(n for _, n in self.items_of(w)),
                           int(number_of(w.values.get("items_found")) or 0))
            by_team += here
        return FoundTwice(
            lot.id, by_team, int(found), min(1.0, sample / size),
            number_of(lot.values.get("detection_probability"))
            or stated.value("detection_inspection"))

    def items_of(self, work: Record) -> Sequence[tuple[BaseGeometry | None, int]]:
        if self._by_work is None:
            self._by_work = {}
            for item in self.items.values():
                if item.value("ordnance_category") not in ("small_arms_ammunition", "none_found"):
                    n = how_many(item.values.get("quantity"))
                    for done in self._work.ids(item.values.get("activity")):
                        self._by_work.setdefault(done, []).append((item.geometry, n.least))
                        if not n.stated:
                            self._uncounted.setdefault(done, []).append(item.id)
        return self._by_work.get(work.id, ())

    def lots_of(self, work: Record) -> int:
        if self._lots_of is None:
            self._lots_of = {}
            for lot in self.lots:
                for one in self.works_of(lot):
                    self._lots_of[one.id] = self._lots_of.get(one.id, 0) + 1
        return self._lots_of.get(work.id, 0)

    def missed(self, stated: Assumptions, by: str, groups: Iterable[str]
               ) -> dict[str, dict[str, Any]]:
        """Share of items that each group misses, where its lots say so. `items_at_least`: finds of
        the group that state no whole number; with them the share is at most this (S12)."""
        from landrelease.assess.stratum import beta_of
        from landrelease.verify.missed import missed_share

        lots: dict[str, list[FoundTwice]] = {}
        uncounted: dict[str, set[str]] = {}
        for lot in self.lots:
            found, who = self.found_twice(lot, stated), self.groups(lot, lot, by)
            for group in who if found is not None else ():
                assert found is not None
                lots.setdefault(group, []).append(replace(found, weight=1 / len(who)))
                uncounted.setdefault(group, set()).update(
                    i for w in self.works_of(lot) for i in self._uncounted.get(w.id, ()))
        prior = beta_of(stated["detection_manual"])
        out = {}
        for group in groups:
            if not lots.get(group):
                continue
            m = missed_share(lots[group], (prior["a"], prior["b"]))
            out[group] = {
                "missed_share": m.mean, "missed_low": m.low, "missed_high": m.high,
                "missed_items": m.items, "detection": {"a": m.a, "b": m.b},
                # Counted as the least that they can be: the group may have found more.
                "items_at_least": sorted(uncounted.get(group, ()))}
        return out

    def organisation(self, group: str, by: str) -> str:
        team = self.teams.get(group) if by == "team" else None
        return str(team.values.get("organisation") or "") if team is not None else (
            group if by == "organisation" else "")

    def school(self, group: str, by: str) -> str:
        team = self.teams.get(group) if by == "team" else None
        return str(team.value("school")) if team is not None else ""


def _in_doubt(told: _Told, rejected: Sequence[Record], left: Mapping[str, float]
              ) -> list[dict[str, Any]]:
    """Lots on which a team or detector of a rejected lot worked: a failure raises the doubt about
    all of them."""
    hands: dict[str, list[str]] = {}
    for lot in rejected:
        for name in ("team", "detector"):
            for who in told.groups(lot, lot, name):
                hands.setdefault(f"{name} {who}", []).append(lot.id)
    out = []
    for lot in told.lots:
        if lot.value("result") == "rejected":
            continue
        shared = sorted(f"{name} {who}" for name in ("team", "detector")
                        for who in told.groups(lot, lot, name) if f"{name} {who}" in hands)
        if shared:
            chance = [c for key, c in left.items() if key == lot.id or
                      key.startswith(f"{lot.id} (")]
            out.append({
                "lot": lot.id, "result": str(lot.value("result")), "because_of": shared,
                "rejected": sorted({r for s in shared for r in hands[s]}),
                "chance_of_item_left": 1 - float(np.prod([1 - c for c in chance]))
                if chance else None})
    return out
