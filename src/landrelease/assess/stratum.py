"""Records of a hazard in, descriptions of its strata for `residual` out.

What the records do not say is not made up: finds that nobody reported stay "not reported" (S12);
ground that was reduced on technical survey counts as not searched, because how much of it was
searched is not recorded (S05); a search before the survey gets no credit; what stands on an
assumption is listed. Each record is used once (S10), and what was not used says why.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import shapely

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.geometry import LocalPlane, joined
from landrelease.core.how_many import how_many
from landrelease.core.inspection import own_ground
from landrelease.core.record import Record
from landrelease.errors import RESIDUAL_DETECTION, RESIDUAL_NO_AREA, LandReleaseError
from landrelease.units import M2_PER_HECTARE

SHAPE = 1.0  # of the Gamma density where no local density is known, as on the contamination map
MOST_GROUPS = 5  # passes with an uncertain detection of their own
SMALLEST_M2 = 1.0  # pieces of the overlay below it are rounding of shapes
NOT_COUNTED = ("small_arms_ammunition", "none_found")  # no items that a search is for
NINETY_PER_CENT_RADIUS = 2.146  # standard deviations, of two coordinates
_ORDER = ("mechanical", "animal_detection", "visual_search", "mixed", "manual", "not_reported")
_WORDS = (("mechanical", r"machin|mechanic|flail|tiller|sift"),
          ("animal_detection", r"\bdogs?\b|animal|\bmdd\b|\brats?\b"),
          ("visual_search", r"visual|\bbac\b"), ("manual", r"manual"))


@dataclass(frozen=True, slots=True)
class Trial:
    """A blind trial: targets found and missed by an organisation's method.

    `spared`: on a test field, where targets lie better than items in the field.
    """

    organisation: str
    method: str
    found: int
    missed: int
    spared: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """The records of one hazard, as they stand; `surveyed`: the first day on which it was recorded.

    `pi`: chance of contamination before any of these records; `no_credit`: outcomes that do not
    count as searched, and why.
    """

    hazard: Record
    surveyed: date | None
    outcomes: Sequence[Record]
    activities: Sequence[Record]
    items: Sequence[Record]
    inspections: Sequence[Record]
    trials: Sequence[Trial]
    pi: float
    density: Assumption
    no_credit: Mapping[str, str] = field(default_factory=dict)  # outcome -> why (S08)
    # (organisation, method) -> Beta(a, b) of its detection and why: from inspections of its work on
    # other ground. Counts where the organisation has no blind trial of its own.
    elsewhere: Mapping[tuple[str, str], tuple[float, float, str]] = field(default_factory=dict)
    # When the area was last opened again after it had been closed: no search that counts found what
    # was found until then.
    opened: date | None = None


@dataclass(slots=True)
class Described:
    """Descriptions (`stratum` names each), the records that they rest on, and what was left out."""

    strata: list[dict[str, Any]] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    left_out: list[dict[str, str]] = field(default_factory=list)

    def leave_out(self, record: Record, reason: str) -> None:
        self.left_out.append({"record": record.id, "reason": reason})

    def use(self, record: Record) -> None:
        if record.id not in self.records:
            self.records.append(record.id)

    def assume(self, words: str) -> None:
        if words not in self.assumed:
            self.assumed.append(words)


@dataclass(slots=True)
class _Search:
    """Searches by one organisation with one method to one depth: they share a detection."""

    method: str
    organisation: str
    depth_m: float | None
    ground: Any
    done: date | None
    ids: list[str]
    finds: int | None = None  # as its own records state it
    detection: Any = None

    @property
    def name(self) -> str:
        who = f" by {self.organisation}" if self.organisation else ""
        depth = f" to {self.depth_m:g} m" if self.depth_m is not None else ""
        return f"{self.method}{who}{depth}"


def describe(known: Evidence, plane: LocalPlane, stated: Assumptions) -> Described:
    """The strata of a hazard: its cleared ground, where there is any, and all of it.

    `plane`: equal-area, near the hazard. Raises ASS-105 where the hazard has no area.
    """
    out = Described()
    hazard = known.hazard
    ground = None if hazard.geometry is None else plane.to_plane(hazard.geometry)
    if ground is None or ground.area <= 0:
        raise LandReleaseError(RESIDUAL_NO_AREA, hazard=hazard.id, problem="it has no outline")
    out.use(hazard)
    searches = _searches(known, plane, ground, out)
    pieces = _overlay(ground, [s.ground for s in searches])
    inspected = _inspections(known, plane, searches, out, stated)
    finds = _Finds(known, plane, ground, searches, inspected, out)
    for one in searches:
        one.detection = _detection(one.method, one.organisation, known.trials, stated, out,
                                   known.elsewhere)
    swept = [(piece, who) for piece, who in pieces if who]
    if swept:
        out.strata.append(_description("cleared ground", known, swept, searches, inspected, finds,
                                       stated, out, whole=False))
    out.strata.append(_description("the whole hazard", known, pieces, searches, inspected, finds,
                                   stated, out, whole=True))
    return out


# --- what was searched -------------------------------------------------------------------------


def _belongs(record: Record, hazard: Record, names: Sequence[str]) -> bool:
    named = [record.values.get(name) for name in names]
    known = {hazard.id, hazard.values.get("identifier")} - {None}
    return any(value in known for value in named if value is not None)


def _searches(known: Evidence, plane: LocalPlane, ground: Any, out: Described) -> list[_Search]:
    groups: dict[tuple[str, str, float | None], _Search] = {}
    for record in known.outcomes:
        kind = record.value("outcome_type")
        if record.id in known.no_credit:
            out.leave_out(record, known.no_credit[record.id])
            continue
        if record.geometry is None:
            out.leave_out(record, "no outline is recorded")
            continue
        if kind == "cancelled":
            out.leave_out(record, "cancelled without a search")
            continue
        if kind == "reduced":
            out.leave_out(record, "reduced on technical survey: how much of it was searched is not "
                                  "recorded, so that it counts as not searched (S05)")
            continue
        if kind not in ("cleared", "searched"):
            out.leave_out(record, "what was done there is not reported")
            continue
        done = _day_of(record)
        if known.surveyed and (done is None or done < known.surveyed):
            out.leave_out(record, (
                "its day is not reported: it may have been" if done is None else
                f"a search of {done},") + " before the survey of this ground on "
                f"{known.surveyed}" + (", and" if done is None else ",") + " is not counted")
            continue
        part = shapely.intersection(plane.to_plane(record.geometry), ground)
        if part.area < SMALLEST_M2:
            out.leave_out(record, "it lies outside the hazard (S02)")
            continue
        out.use(record)
        depth = record.values.get("depth_m")
        organisation = str(record.values.get("organisation") or "")
        for method in _methods(record, out):
            key = (method, organisation, depth)
            one = groups.get(key)
            if one is None:
                groups[key] = one = _Search(method, organisation, depth, part, done, [])
                one.finds = 0
            one.ground = shapely.union(one.ground, part)
            one.done = max((d for d in (one.done, done) if d), default=None)
            one.ids.append(record.id)
            stated = record.values.get("items_found")
            one.finds = None if one.finds is None or not isinstance(stated, int) \
                else one.finds + stated
    found = sorted(groups.values(), key=lambda s: (_ORDER.index(s.method), s.done or date.max))
    if len(found) > MOST_GROUPS - 1:  # one is kept for inspection
        found = _by_method(found)
    return found


def _day_of(record: Record) -> date | None:
    """The day of a search, or of the decision on it, as the contamination map reads it."""
    day = record.valid_from or record.values.get("decided_on")
    return date.fromisoformat(day) if isinstance(day, str) else day


def _methods(record: Record, out: Described) -> list[str]:
    """Methods of one outcome in the order of the work; a machine alone stays alone (S07)."""
    assets = [a for a in record.values.get("assets") or () if a in _ORDER]
    words = str(record.values.get("method") or "").lower()
    named = set(assets) or {m for m, pattern in _WORDS if re.search(pattern, words)}
    named -= {"not_reported"}
    if not named:
        out.assume("Where no method of clearance is reported, the detection of manual search is "
                   "assumed.")
        return ["not_reported"]
    if named <= {"mechanical", "animal_detection"} and record.value("follow_up") == "done":
        out.assume("A follow-up that is recorded as done without its method counts as manual "
                   "search.")
        named.add("manual")
    return sorted(named, key=_ORDER.index)


def _by_method(found: Sequence[_Search]) -> list[_Search]:
    """Searches of several organisations as one, where there are too many to tell apart."""
    joined: dict[str, _Search] = {}
    for s in found:
        one = joined.get(s.method)
        if one is None:
            joined[s.method] = _Search(s.method, "several organisations", s.depth_m, s.ground,
                                       s.done, list(s.ids), s.finds)
            continue
        one.ground = shapely.union(one.ground, s.ground)
        one.done = max((d for d in (one.done, s.done) if d), default=None)
        one.depth_m = min((d for d in (one.depth_m, s.depth_m) if d is not None), default=None)
        one.ids += s.ids
        one.finds = None if one.finds is None or s.finds is None else one.finds + s.finds
    return list(joined.values())


def _overlay(ground: Any, parts: Sequence[Any]) -> list[tuple[Any, tuple[int, ...]]]:
    """Pieces of the ground by the searches that swept them (S06)."""
    pieces: list[tuple[Any, tuple[int, ...]]] = [(ground, ())]
    for j, part in enumerate(parts):
        cut = []
        for piece, who in pieces:
            inside, outside = shapely.intersection(piece, part), shapely.difference(piece, part)
            cut += [(p, w) for p, w in ((inside, (*who, j)), (outside, who))
                    if p.area >= SMALLEST_M2]
        pieces = cut
    return pieces


@dataclass(slots=True)
class _Inspected:
    """All inspections of the ground: what share of which ground, what they found."""

    lots: list[tuple[Any, float]]
    finds: int
    detection: Any
    done: date | None
    ids: list[str]


def _inspections(known: Evidence, plane: LocalPlane, searches: Sequence[_Search], out: Described,
                 stated: Assumptions) -> _Inspected | None:
    by_id = {r.id: r for r in known.outcomes}
    named = {str(r.values.get("identifier")): r.id for r in known.outcomes}
    used = {i for s in searches for i in s.ids}
    last = max((s.done for s in searches if s.done), default=None)
    lots: list[tuple[Any, float]] = []
    ids: list[str] = []
    chances: list[float] = []
    finds = 0
    done = None
    for record in known.inspections:
        lot = [named.get(o, o) for o in record.values.get("outcomes") or ()]
        lot = [o for o in lot if o in used]
        if not lot:
            continue
        if record.value("visit_refused") == "yes" or record.value("result") == "refused":
            out.leave_out(record, "the visit was refused: nothing was inspected")
            continue
        size, sample = record.values.get("lot_size"), record.values.get("sample_size")
        if not size or sample is None:
            out.leave_out(record, "size of lot or sample is not reported")
            continue
        found = record.values.get("items_found")
        if not isinstance(found, int):
            out.leave_out(record, "what it found is not reported")
            continue
        when = record.values.get("inspected_on") or record.valid_from
        if isinstance(when, str):
            when = date.fromisoformat(when)
        if known.opened is not None and (when is None or when < known.opened):
            out.leave_out(record, f"inspected before {known.opened}, when the area was reopened")
            continue
        out.use(record)
        ids.append(record.id)
        own = own_ground(record) if record.value("inspection_part") == "lot" else None
        # A lot is a part of its outcomes: its sample says nothing of their other ground (S10).
        ground = joined([plane.to_plane(by_id[o].geometry) for o in lot]) if own is None \
            else plane.to_plane(own)
        lots.append((ground, min(1.0, sample / size)))
        finds += found
        done = max((d for d in (done, when) if d), default=None)
        chance = record.values.get("detection_probability")
        if chance is not None:
            chances.append(float(chance))
    if not ids:
        return None
    if done and last and done < last:
        done = last  # several lots: the order of the work is clearance, then inspection
    # The lowest that an inspection states: doubt goes one way.
    detection = min(chances) if chances else _detection("inspection", "", known.trials, stated, out)
    return _Inspected(lots, finds, detection, done, ids)


# --- what was found ----------------------------------------------------------------------------


class _Finds:
    """Items of the hazard by the search that found them, where the records say so."""

    def __init__(self, known: Evidence, plane: LocalPlane, ground: Any,
                 searches: Sequence[_Search], inspected: _Inspected | None, out: Described):
        self.places: list[list[float]] = []
        self.elsewhere = 0  # on ground that nobody searched: they prove contamination
        self.by_search: list[int] | None = [0] * len(searches)
        self.by_inspection = 0
        self.total = 0
        self.opened = known.opened
        self.recorded = False
        depth = _depth_to_be_free(known, searches)
        last = max((s.done for s in searches if s.done), default=None)
        for record in known.items:
            if record.value("ordnance_category") in NOT_COUNTED:
                continue
            place = None if record.geometry is None else plane.to_plane(record.geometry)
            if not _belongs(record, known.hazard, ("hazard", "hazard_identifier")) and (
                    place is None or not ground.intersects(place)):
                continue
            out.use(record)
            # A find of nothing is a record of one all the same.
            counted = how_many(record.values.get("quantity"))
            many = max(1, counted.least)
            if not counted.stated:
                out.assume(f"{record.id} states no whole number of items: counted as {many}, the "
                           "least it can be; more of them raise the chance that some remain")
            lies = record.values.get("depth_m")
            if depth is not None and lies is not None and lies > depth:
                out.leave_out(record, f"found at {lies:g} m, deeper than the {depth:g} m to which "
                                      "the ground is to be free")
                continue
            day = _find_day(record)
            if known.opened is not None and (day is None or day <= known.opened):
                self._one(record, place, many, searches, inspected, last)
                continue  # nothing is said by it of what searches since have found
            self.recorded = True
            if place is not None:
                self.places.append([float(place.x), float(place.y)])
            self._one(record, place, many, searches, inspected, last)

    def _one(self, record: Record, place: Any, many: int, searches: Sequence[_Search],
             inspected: _Inspected | None, last: date | None) -> None:
        error = 3 * float(record.values.get("position_accuracy_m") or 0) / NINETY_PER_CENT_RADIUS
        here = [j for j, s in enumerate(searches)
                if place is None or s.ground.dwithin(place, error)]
        when = _find_day(record)
        if not here or (self.opened is not None and (when is None or when <= self.opened)):
            self.elsewhere += many
            return
        self.total += many
        if inspected is not None and when and last and when > last:
            self.by_inspection += many
            return
        own = [j for j in here if searches[j].organisation and
               searches[j].organisation == record.values.get("organisation")]
        if len(own) == 1:
            here = own
        if len(here) == 1 and self.by_search is not None:
            self.by_search[here[0]] += many
        else:
            self.by_search = None  # nobody can say which search found it


def _find_day(record: Record) -> date | None:
    when = record.values.get("found_on") or record.valid_from
    return date.fromisoformat(when) if isinstance(when, str) else when


def _depth_to_be_free(known: Evidence, searches: Sequence[_Search]) -> float | None:
    """The depth that the standard asks of the hazard, else the shallowest that was searched."""
    asked = known.hazard.values.get("required_depth_m")
    if asked:
        return float(asked)
    return min((s.depth_m for s in searches if s.depth_m), default=None)


def _told(known: Evidence, out: Described) -> tuple[int | None, int]:
    """Items that reports of work state: by clearance (None: not reported), and by survey."""
    cleared, surveyed = None, 0
    for record in known.activities:
        if not _belongs(record, known.hazard, ("hazard", "hazard_identifier")):
            continue
        found = record.values.get("items_found")
        if not isinstance(found, int):
            continue
        if record.value("activity_type") in ("clearance", "BAC"):
            began = record.values.get("started_on") or record.valid_from
            if isinstance(began, str):
                began = date.fromisoformat(began)
            if known.opened is not None and (began is None or began < known.opened):
                continue
            cleared = (cleared or 0) + found
            out.use(record)
        elif found and record.value("activity_type") in ("NTS", "TS", "EOD_spot_task"):
            surveyed += found
            out.use(record)
    return cleared, surveyed


# --- descriptions ------------------------------------------------------------------------------


def _description(name: str, known: Evidence, pieces: Sequence[tuple[Any, tuple[int, ...]]],
                 searches: Sequence[_Search], inspected: _Inspected | None, finds: _Finds,
                 stated: Assumptions, out: Described, *, whole: bool) -> dict[str, Any]:
    area = float(sum(piece.area for piece, _ in pieces))
    names = [s.name for s in searches]
    overlay: list[dict[str, Any]] = []
    for piece, who in pieces:
        share = 0.0
        if inspected is not None and who:
            share = min(1.0, sum(part * shapely.intersection(piece, lot).area / piece.area
                                 for lot, part in inspected.lots))
        for weight, more in ((1 - share, []), (share, ["inspection"])):
            if weight > 0:
                overlay.append({"passes": [*(names[j] for j in who), *more],
                                "share": weight * piece.area / area})
    total = sum(o["share"] for o in overlay)
    for one in overlay:
        one["share"] /= max(total, 1.0)
    passes = [{"name": s.name, "operator": s.name, "method": s.method, "detection": s.detection,
               "date": s.done.isoformat() if s.done else None, "depth_m": s.depth_m or None,
               "evidence": f"{s.name}: {_listed(s.ids)}"}
              for s in searches]
    if inspected is not None:
        passes.append({
            "name": "inspection", "method": "inspection", "detection": inspected.detection,
            "date": inspected.done.isoformat() if inspected.done else None,
            "depth_m": _depth_to_be_free(known, searches),
            "evidence": f"inspection: {_listed(inspected.ids)}"})
    _in_order(passes, out)
    spec: dict[str, Any] = {"stratum": name, "area_m2": area, "overlay": overlay, "passes": passes,
                            "alpha": SHAPE,
                            "beta": SHAPE * M2_PER_HECTARE / known.density.value}
    pi, proof = known.pi, finds.elsewhere
    told, surveyed = _told(known, out)
    proof = max(proof, surveyed)
    if proof and (whole or not finds.total):
        before = "" if known.opened is None else (
            f", or before the ground was opened again on {known.opened}")
        out.assume(f"{proof} items were found by survey, by a spot task or on ground without a "
                   f"search{before}: they prove contamination of the hazard (pi 1), and teach "
                   "nothing about its density.")
        pi = 1.0
    spec["pi"] = pi
    _put_finds(spec, passes, searches, inspected, finds, told, out)
    depth = _depth_to_be_free(known, searches)
    if depth is not None:
        spec["depth_m"] = depth
    if known.surveyed:
        spec["survey_date"] = known.surveyed.isoformat()
    if any(len(o["passes"]) > 1 for o in overlay):
        c = stated["misses_correlation"]
        spec["passes_independent"] = {"mixture": [
            {"correlation": c.low, "weight": 0.25}, {"correlation": c.value, "weight": 0.5},
            {"correlation": c.high, "weight": 0.25}]}
        out.assume(f"Correlation of misses: {c.low:g}, {c.value:g} or {c.high:g} ({c.source}).")
    if finds.places:
        spec["finds_xy"] = finds.places
    out.assume(f"Density of contaminated ground: {known.density.value:g} items per hectare "
               f"({known.density.source}).")
    if searches:
        out.assume("All of the recorded ground counts as swept: no proof of coverage is read here.")
    return spec


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(ids[:8]) + (f" and {len(ids) - 8} more" if len(ids) > 8 else "")


def _in_order(passes: list[dict[str, Any]], out: Described) -> None:
    """Dates follow the order of the work; of groups that overlap in time only the last is sure."""
    latest = ""
    for one in passes:
        if one["date"] and one["date"] < latest:
            one["date"] = None  # the group began before another ended: no date orders them
        latest = max(latest, one["date"] or "")


def _put_finds(spec: dict[str, Any], passes: list[dict[str, Any]], searches: Sequence[_Search],
               inspected: _Inspected | None, finds: _Finds, told: int | None, out: Described
               ) -> None:
    """Finds by pass where the records say so, else of all passes together, else not reported."""
    seen = max(finds.by_inspection, inspected.finds) if inspected else 0
    stated = searches[0].finds if len(searches) == 1 else None
    counted = finds.total - finds.by_inspection
    told = max((n for n in (told, stated) if n is not None), default=None)
    if finds.by_search is not None and (told is not None or finds.recorded) \
            and sum(finds.by_search) >= (told or 0):
        for one, n in zip(passes, finds.by_search, strict=False):
            one["finds"] = n
    elif told is not None or finds.recorded:
        counted = max(told or 0, counted)
        if len(searches) == 1:
            passes[0]["finds"] = counted
        elif searches:
            spec["finds"] = counted + seen
            out.assume("Which search found which item is not on record: the finds count for all "
                       "searches together.")
            return
    if inspected is not None:
        passes[-1]["finds"] = seen


def _detection(method: str, organisation: str, trials: Sequence[Trial], stated: Assumptions,
               out: Described,
               elsewhere: Mapping[tuple[str, str], tuple[float, float, str]] | None = None
               ) -> Mapping[str, Any]:
    """Of the organisation's own blind trials, else of inspections of its work on other ground, else
    of all trials of the method, else assumed."""
    wanted = {"not_reported": "manual"}.get(method, method)
    own = [t for t in trials if t.method == wanted and t.organisation == organisation]
    seen = (elsewhere or {}).get((organisation, wanted))
    if seen is not None and not own:
        out.assume(f"Detection of {wanted}: {seen[2]}.")
        return {"a": seen[0], "b": seen[1]}
    used = own or [t for t in trials if t.method == wanted]
    if used:
        if not own:
            out.assume(f"{organisation or 'An organisation that is not reported'} has no blind "
                       f"trial for {wanted}: those of all organisations count.")
        counts = {"found": sum(t.found for t in used), "missed": sum(t.missed for t in used)}
        if not any(t.spared for t in used):  # seeded in the ground that was worked on
            return counts
        d = stated["trial_discount_odds"]
        out.assume(f"The odds of a miss are {d.value:g} times those in a blind trial, {d.low:g} to "
                   f"{d.high:g} times ({d.source}).")
        return {**counts,
                "discount": {"logit": math.log(d.value),
                             "sd": (math.log(d.high) - math.log(d.low)) / 2.5631}}
    a = stated[f"detection_{wanted}"]
    if not 0 < a.low <= a.value <= a.high < 1:
        raise LandReleaseError(RESIDUAL_DETECTION, name=a.name, low=f"{a.low:g}",
                               value=f"{a.value:g}", high=f"{a.high:g}")
    out.assume(f"Detection of {wanted.replace('_', ' ')}: {a.value:g}, {a.low:g} to {a.high:g} "
               f"({a.source}).")
    return beta_of(a)


def spread_of(a: Assumption) -> float:
    """Standard deviation of a normal whose central 80 % is low to high."""
    return (a.high - a.low) / 2.5631


def beta_of(a: Assumption) -> dict[str, float]:
    """The Beta distribution with the mean of an assumption and the spread of its central 80 %.

    Where no Beta is that wide, the widest with one mode or a flat end is taken.
    """
    variance = spread_of(a) ** 2
    size = max(a.value * (1 - a.value) / variance - 1, 1 / min(a.value, 1 - a.value) * 0.5, 0.1) \
        if variance > 0 else 1e6
    return {"a": float(a.value * size), "b": float((1 - a.value) * size)}
