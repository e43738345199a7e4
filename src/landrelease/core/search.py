"""Search and clearance effort as the stages hand it on, and how it is read from the records.

What gives credit, and what does not (S06, S07, S08): see `build_effort`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

import numpy as np
import shapely
from shapely import Point
from shapely.geometry.base import BaseGeometry

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.certificate import is_decision_outcome
from landrelease.core.geometry import joined
from landrelease.core.hazard import Ground
from landrelease.core.how_many import HowMany, how_many
from landrelease.core.inspection import Rejection, rejections
from landrelease.core.moment import day_of
from landrelease.core.record import Record

EPOCH = date(1970, 1, 1)
MANUAL = re.compile(r"\b(manual|hand)", re.IGNORECASE)
MACHINE = re.compile(r"\b(mechanical|machine|flail|tiller|roller)", re.IGNORECASE)
ANIMAL = re.compile(r"\b(animal|dog|mdd|rat)s?\b|\banimal_detection\b", re.IGNORECASE)
_THEN_MANUAL = re.compile(r"\b(then|followed by)\s+(manual|hand)|manual follow.?up", re.IGNORECASE)
_SEARCHED = ("cleared", "searched")
# Why a pass of a machine or an animal gives no credit (S07).
NO_FOLLOW_UP = "the follow-up of a machine or an animal is not recorded as done"
NO_HAND_PROOF = ("its follow-up by hand is proven nowhere, and the tracks of the machine or the "
                 "animal do not stand for it (S07)")
REJECTED = "an inspection of it was rejected, and no later search is on record"
_NO_HAZARD = ("small_arms_ammunition", "none_found")  # a counter of its own; a word for nothing


@dataclass(frozen=True, slots=True)
class SearchPass:
    """Ground that was searched once. `detection`: share of the items, down to `depth_m`, that such
    a pass finds; its low and high bound the central 80 %. Longitude and latitude.
    """

    id: str
    ground: Ground
    detection: Assumption
    depth_m: float
    accuracy_m: float = 0.0  # 90 % radius of the position: the ground is narrowed by it
    day: date | None = None  # None: not reported


@dataclass(frozen=True, slots=True)
class Find:
    """Items found at one place; `hazard_id` "" where the record names none."""

    id: str
    place: Point
    quantity: int
    hazard_id: str = ""


@dataclass(frozen=True, slots=True)
class Effort:
    """What was done on the ground, as far as it changes a contamination map.

    `unplaced`: hazard id -> items found in it without a place. `dated`: ground or place, and the
    last day on which something was done there; `surveyed`: hazard id -> day of its information;
    `since`: hazard id -> first day on which it was recorded.
    `uncredited`: (record, why its search gives no credit). `independent`: whether passes over the
    same ground miss independently; else further passes find nothing that the best does not.
    `unstated`: how many of the records of finds state no whole number of items, so that what is
    counted of them is the least it can be (S12). `not_proofs`: how many proofs of the coverage of
    these searches prove nothing (`core.coverage.only_a_word`).
    """

    passes: tuple[SearchPass, ...] = ()
    finds: tuple[Find, ...] = ()
    unplaced: Mapping[str, int] = field(default_factory=dict)
    dated: tuple[tuple[str, Ground | Point, date], ...] = ()
    surveyed: Mapping[str, date] = field(default_factory=dict)
    since: Mapping[str, date] = field(default_factory=dict)
    required_depth_m: Mapping[str, float] = field(default_factory=dict)  # by hazard
    depth_m: float = 0.0  # required where the hazard does not say
    independent: bool = False
    uncredited: tuple[tuple[str, str], ...] = ()
    unstated: int = 0
    not_proofs: int = 0

    @property
    def items(self) -> HowMany:
        """Items found, with a place or without."""
        return HowMany(sum(f.quantity for f in self.finds) + sum(self.unplaced.values()),
                       not self.unstated)


def build_effort(
    *, hazards: Iterable[Record], outcomes: Iterable[Record], items: Iterable[Record],
    activities: Iterable[Record], inspections: Iterable[Record], gates: Iterable[Record],
    assumptions: Assumptions, independent: bool = False,
    uncredited: Container[str] = (), no_credit: Mapping[str, str] = MappingProxyType({}),
) -> Effort:
    """Read the effort from records as they stand; a hazard that has a history may have been
    recorded before the day that stands in `since`.

    Credit for search goes to outcomes that were cleared or searched, with a method, a depth and
    ground on record. None: a machine's or an animal's pass whose follow-up is not recorded as done
    (S07); a visual search, which has no depth; work whose depth or method nobody reported (S12);
    ground that an inspection rejected, but for searches of that day or later other than those that
    were rejected (a measure that somebody reports is no search; of a lot its own ground is meant,
    of an inspection without ground all of its outcomes); work in spite of a failed gate that the
    authority has not reviewed, and outcomes in `uncredited` (S08). A hazard asks for a
    depth: passes less deep count for nothing there (`required_depth_m` of the assumptions where it
    does not say). Nor does a search count for a hazard that was recorded after it, or perhaps after
    it, because nobody reported the
    day of the search: what was suspected since is not answered by it. Cancelled and reduced ground
    is a decision, not a search, and gives no credit either. A track alone proves no coverage (S05).
    `no_credit`: outcomes that count as not searched, and why (see `core.coverage`).

    An item that was found raises the doubt about its hazard, whoever found it. Small-arms
    ammunition is a counter of its own and does not.
    """
    activities = list(activities)
    by_id = {a.id: a for a in activities}
    outcomes = list(outcomes)
    rejected = _Rejected(rejections(inspections), outcomes)
    spited: dict[str, list[date | None]] = {}
    for gate in gates:
        if gate.values.get("worked_in_spite") == "yes" and gate.validation != "authority":
            spited.setdefault(str(gate.values.get("task", "")), []).append(gate.values.get("day"))
    passes: list[SearchPass] = []
    without: list[tuple[str, str]] = []
    dated: list[tuple[str, Ground | Point, date]] = []
    unplaced: dict[str, int] = {}
    located: dict[str, int] = {}
    finds, unstated = [], 0
    for item in items:
        if item.values.get("ordnance_category") in _NO_HAZARD:
            continue
        count, whole = how_many(item.values.get("quantity"))
        if not count:
            continue
        unstated += not whole
        located[str(item.values.get("activity", ""))] = located.get(
            str(item.values.get("activity", "")), 0) + count
        hazard_id = str(item.values.get("hazard", ""))
        if item.geometry is None:
            unplaced[hazard_id] = unplaced.get(hazard_id, 0) + count
            continue
        finds.append(Find(item.id, item.geometry, count, hazard_id))
        _note(dated, item, item.values.get("found_on"))
    reported: dict[str, int] = {}
    for outcome in outcomes:
        if outcome.geometry is None or is_decision_outcome(outcome.id):
            continue
        activity = by_id.get(str(outcome.values.get("activity", "")))
        _note(dated, outcome, outcome.values.get("decided_on"))
        found = outcome.values.get("items_found")
        if isinstance(found, (int, float)) and activity is not None:
            reported[activity.id] = max(reported.get(activity.id, 0), int(found))
        elif isinstance(found, (int, float)) and outcome.values.get("hazard"):
            hazard_id = str(outcome.values["hazard"])
            unplaced[hazard_id] = unplaced.get(hazard_id, 0) + int(found)
        if outcome.values.get("outcome_type") not in _SEARCHED:
            continue
        detection, why = _detection(outcome, assumptions)
        depth = outcome.values.get("depth_m")
        if outcome.id in no_credit:
            why = no_credit[outcome.id]
        elif outcome.id in uncredited or (
                activity is not None and _in_spite(activity, spited)):
            why = "work in spite of a start-of-day gate that had not passed, not reviewed"
        elif not why and not isinstance(depth, (int, float)):
            why = "its depth is not reported"
        ground = outcome.geometry
        if not why and detection is not None:
            ground = rejected.left_of(outcome, search_day(outcome, activity))
            if ground.is_empty:
                why = REJECTED
        if why or detection is None:
            without.append((outcome.id, why))
            continue
        accuracy = outcome.values.get("position_accuracy_m")
        passes.append(SearchPass(outcome.id, ground, detection, float(depth or 0.0),
                                 float(accuracy) if isinstance(accuracy, (int, float)) else 0.0,
                                 outcome.valid_from or outcome.values.get("decided_on")))
    for activity in activities:
        told = activity.values.get("items_found")
        said = max(int(told) if isinstance(told, (int, float)) else 0,
                   reported.get(activity.id, 0))
        hazard_id = str(activity.values.get("hazard", ""))
        more = said - located.get(activity.id, 0)  # the same items enter once (S10)
        if more > 0 and hazard_id:
            unplaced[hazard_id] = unplaced.get(hazard_id, 0) + more
        elif more > 0 and activity.geometry is not None:
            finds.append(Find(activity.id, activity.geometry, more))
    hazards = list(hazards)
    return Effort(
        passes=tuple(sorted(passes, key=lambda p: p.id)),
        finds=tuple(sorted(finds, key=lambda f: f.id)),
        unplaced={k: n for k, n in sorted(unplaced.items()) if k},
        dated=tuple(sorted(dated, key=lambda d: d[0])),
        surveyed={h.id: day for h in hazards
                  if isinstance(day := h.values.get("information_date", h.valid_from), date)},
        since={h.id: h.valid_from for h in hazards if h.valid_from is not None},
        required_depth_m={h.id: float(depth) for h in hazards if isinstance(
            depth := h.values.get("required_depth_m"), (int, float))},
        depth_m=assumptions.value("required_depth_m"),
        independent=independent, uncredited=tuple(sorted(without)),
        unstated=unstated)


def _note(dated: list[tuple[str, Ground | Point, date]], record: Record, day: object) -> None:
    day = day if isinstance(day, date) else record.valid_from
    if day is not None and record.geometry is not None:
        dated.append((record.id, record.geometry, day))


def search_day(outcome: Record, activity: Record | None) -> date | None:
    """The day of a search; of the work behind it where that ended before the decision on it."""
    days = [d for d in (outcome.valid_from or day_of(outcome.values.get("decided_on")),
                        None if activity is None else day_of(activity.values.get("ended_on")))
            if d is not None]
    return min(days, default=None)


class _Rejected:
    """What rejections leave of searches."""

    def __init__(self, found: Sequence[Rejection], outcomes: Sequence[Record]):
        names: dict[str, list[Record]] = {}
        for o in outcomes if found else ():
            for name in {o.id, str(o.values.get("identifier") or "")} - {""}:
                names.setdefault(name, []).append(o)
        self.found: list[tuple[Rejection, frozenset[str], BaseGeometry]] = []
        for r in found:
            named = [o for name in r.outcomes for o in names.get(name, ())]
            ground = joined([o.geometry for o in named], degrees=True) \
                if r.ground is None else r.ground
            if not ground.is_empty:
                self.found.append((r, frozenset(o.id for o in named), ground))
        self.tree = shapely.STRtree([ground for _, _, ground in self.found])

    def left_of(self, outcome: Record, day: date | None) -> BaseGeometry:
        """The ground of a search less what was rejected of it, or after it."""
        assert outcome.geometry is not None
        left: BaseGeometry = outcome.geometry
        for n in np.sort(self.tree.query(left, predicate="intersects")).tolist():
            r, named, ground = self.found[n]
            later = day is not None and r.day is not None and day >= r.day
            if not later or outcome.id in named:
                left = shapely.difference(left, ground)
        if left is outcome.geometry:
            return left
        return joined([left], degrees=True)


def _in_spite(activity: Record, spited: Mapping[str, Sequence[date | None]]) -> bool:
    first, last = activity.values.get("started_on"), activity.values.get("ended_on")
    return any(day is None or not ((first and day < first) or (last and day > last))
               for day in spited.get(str(activity.values.get("task", "")), ()))


def kinds_of_search(outcome: Record) -> frozenset[str]:
    """Who searched, as the method and the assets say: manual, machine, animal; () where they say
    nothing that is known."""
    words = _words(outcome)
    found = {kind for kind, pattern in (("manual", MANUAL), ("machine", MACHINE),
                                        ("animal", ANIMAL)) if pattern.search(words)}
    if "mixed" in words.lower():
        found |= {"manual", "machine"}
    return frozenset(found)


def waits_for_follow_up(outcome: Record) -> bool:
    """Whether a machine or an animal had part in a search and its follow-up is not recorded as
    done, in a field or in words ("machine then manual") (S07)."""
    if not kinds_of_search(outcome) & {"machine", "animal"}:
        return False
    said = outcome.values.get("follow_up")
    return said != "done" and not (said is None and bool(_THEN_MANUAL.search(_words(outcome))))


def asks_for_hand_proof(outcome: Record, kinds: Container[str], by_word: Container[str]) -> bool:
    """Whether the follow-up of a search asks for proof of a search by hand (S07): hand work is part
    of it, or its follow-up is recorded as done, unless the national standard asks for another one
    of these machines or animals (`by_word`), so that its record is enough."""
    others = [k for k in ("machine", "animal") if k in kinds]
    if "manual" in kinds and not others:
        return False
    done = outcome.values.get("follow_up") == "done"
    if done and others and all(k in by_word for k in others):
        return False
    return done or "manual" in kinds


def by_word(assumptions: Assumptions) -> frozenset[str]:
    """Machines or animals whose follow-up counts once it is recorded as done: where the settings
    of the programme ask for no search by hand of all their ground."""
    return frozenset(k for k in ("machine", "animal")
                     if assumptions.value(f"follow_up_by_hand_{k}") < 0.5)


def _words(outcome: Record) -> str:
    return " ".join([str(outcome.values.get("method") or ""),
                     *map(str, outcome.values.get("assets") or ())])


def _detection(outcome: Record, assumptions: Assumptions) -> tuple[Assumption | None, str]:
    """The detection of a search, or why it gives no credit."""
    words = _words(outcome)
    manual, machine, animal = (bool(p.search(words)) for p in (MANUAL, MACHINE, ANIMAL))
    mixed = "mixed" in words.lower()
    if machine or animal or mixed:
        if waits_for_follow_up(outcome):
            return None, NO_FOLLOW_UP
        if manual and not mixed and not animal:
            return assumptions["detection_manual"], ""
        used = ["detection_mechanical"] * machine + ["detection_animal_detection"] * animal + [
            "detection_mixed"] * mixed
        return min((assumptions[n] for n in used), key=lambda a: a.value), ""
    if manual:
        return assumptions["detection_manual"], ""
    if "visual" in words.lower():
        return None, "a visual search has no depth"
    return None, "its method is not reported" if not words.strip() else (
        "its method is not one that is known")
