"""Released ground on which something was found, and what was released on the same grounds (S11).

Reopening takes no signature: doubt only grows what is hazardous. It takes a signature to release
the ground again, with the find in front of whoever signs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import joined, plane_for
from landrelease.core.names import folded

# Ordnance that makes no ground hazardous: a counter of its own, and a word for nothing.
HARMLESS = frozenset({"small_arms_ammunition", "none_found"})
REPORTED = "of which there is no record"  # items that a report of work tells of


@dataclass(frozen=True, slots=True)
class Search:
    """A search that a decision rests on. `day`: the last of its work; `until`: that of its report,
    up to which its own `works` (names, folded) found what they found. `ground` None: not known.
    """

    day: date | None
    until: date | None = None
    works: frozenset[str] = frozenset()
    ground: BaseGeometry | None = None
    record: str = ""  # id of its report


@dataclass(frozen=True, slots=True)
class Released:
    """Ground that one signed decision took out of a hazard.

    `known`: ids of records that the decision had before it; `state`: the hashes of the revisions at
    which they stood. `changed`: those of them that say more of danger since without reopening it:
    a person has to look at them. `hands`: (team, detector) that searched
    it, "" where the detector is not reported. `revoked`: why its certificate was revoked.
    `searched`: it was cleared; ground that was cancelled or reduced rests on what was known of it.
    `names`: of the area, and of areas from which it came and of which nothing is hazardous any
    more, folded. `searches`: those that it rests on.
    """

    id: str  # of the outcome, or of the hazard that was closed
    hazard: str  # the record whose status the decision changed
    ground: BaseGeometry | None
    decided_on: date
    decided_at: datetime
    decision: str = ""  # SHA-256 of the proposal
    known: frozenset[str] = frozenset()
    evidence: frozenset[str] = frozenset()
    hands: frozenset[tuple[str, str]] = frozenset()
    lots: frozenset[str] = frozenset()  # inspections that accepted it
    revoked: str = ""
    searched: bool = True
    names: frozenset[str] = frozenset()
    searches: tuple[Search, ...] = ()
    revoked_on: date | None = None
    # Its own area by id, and as it was called when this was signed, folded.
    called: frozenset[str] = frozenset()
    detectors: frozenset[str] = frozenset()  # on record, with which it was searched
    chain: str = ""  # of the office that signed it
    known_at: datetime | None = None  # when it came in from another office
    state: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Find:
    """An item that was found, an accident, an inspection that rejected ground or found something
    on it, or a report of work that tells of items of which there is no record. `accuracy_m`: 90 %
    radius of its place, a setting where its record states none (`stated_m`). `recorded_at`: by the
    office of `chain`; `known_at`: when it came in from there, None in the own chain."""

    id: str
    what: str  # "item", "accident", "inspection" or "report"
    place: BaseGeometry | None
    accuracy_m: float
    day: date | None
    recorded_at: datetime
    # Names of the area that it names, or, without a place, that its work names; folded.
    hazard: frozenset[str] = frozenset()
    ordnance: str = ""
    in_open_hazard: bool = False  # its place lies on ground that was hazardous anyway
    activity: str = ""  # the work in which it was found, folded
    waits: bool = False  # in quarantine
    there: bool = False  # of which nothing says that it is gone (S12)
    # Ids of released grounds whose decision had it before it, and not as this: it said less.
    since: frozenset[str] = frozenset()
    looked_at: bool = False  # the authority signed it as it is
    stated_m: float = 0.0
    outcomes: frozenset[str] = frozenset()  # searches that an inspection names
    found: int | None = None  # items that an inspection says it found; None: it does not say
    chain: str = ""
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reopening:
    """Released ground that is hazardous again, and why."""

    released: str
    hazard: str
    find: str  # id of the record; "" where a certificate was revoked
    reason: str  # plain words
    # Something lies on it; else it was released on the same grounds, or rejected.
    direct: bool = field(default=True)


def reopenings(released: Sequence[Released], finds: Iterable[Find]) -> tuple[Reopening, ...]:
    """What reopens, one entry for each released ground and find (S11).

    A find reopens the ground on which it lies, or may lie within its accuracy, or whose area it
    names (without a place also: all that came from that area, once nothing of it is hazardous any
    more), and with it every ground that was released by the same decision, on the same evidence, by
    the same team and detector, with the same detector on record, or in the same lot; each only
    where its decision came before the find. A decision that had the find before it has answered it,
    as it was then; where it says more of danger since it counts as one that came on record then. An
    item that the decision did not have before it and of which nothing says that it is gone lies
    there, whenever it was found and recorded: another office may have known of it. A find without a
    day counts as later unless the decision had it before it. One from after the last search of its
    place that the decision rests on counts as well, because that search missed it. On ground that
    was cancelled or reduced a find of an earlier day counts too if it came on record after the
    decision: no search has answered it.

    An inspection speaks against what it rejected, or found something on, as it does before a
    decision: until searches of its day or later, other than those that it names, cover the ground.
    One that says that it found nothing reopens no more than what it rejected (S12).

    A report of work tells of what lay there, and of nothing that it is gone. One that the decision
    had before it and that tells of more since, of what its searches found themselves, reopens
    nothing that was cleared: a person has to look at it (`to_look_at`).

    A revoked certificate reopens its own ground.
    """
    out: list[Reopening] = []
    told: set[tuple[str, str]] = set()

    def tell(r: Released, find: str, reason: str, direct: bool) -> None:
        if (r.id, find) not in told:
            told.add((r.id, find))
            out.append(Reopening(r.id, r.hazard, find, reason, direct))

    placed = [r for r in released if r.ground is not None]
    tree = shapely.STRtree([r.ground for r in placed])
    for find in finds:
        if find.ordnance in HARMLESS:
            continue
        later = {r.id for r in released if _after(find, r)}
        hit = [r for r in _on(find, released, placed, tree) if r.id in later]
        for r in hit:
            tell(r, find.id, *_why(find))
        for r in hit:
            for other in released:
                if other.id in later and other.id != r.id and find.found != 0 and (
                        why := same_grounds(r, other)):
                    tell(other, find.id, f"{why} as {r.hazard}, {_which(find)}", False)
    for r in released:
        if r.revoked:
            tell(r, "", f"its certificate was revoked: {r.revoked}", True)
    return tuple(out)


def to_look_at(released: Sequence[Released], finds: Iterable[Find]) -> dict[str, tuple[str, ...]]:
    """Released ground -> the finds on it that its decision had before it, that say more of danger
    since, and that no authority signed as they are now; also where they reopen it."""
    placed = [r for r in released if r.ground is not None]
    tree = shapely.STRtree([r.ground for r in placed])
    out: dict[str, dict[str, None]] = {}
    for find in finds:
        if find.since and not find.looked_at and find.ordnance not in HARMLESS:
            for r in _on(find, released, placed, tree):
                if r.id in find.since:
                    out.setdefault(r.id, {})[find.id] = None
    return {name: tuple(ids) for name, ids in out.items()}


def _why(find: Find) -> tuple[str, bool]:
    """What a find says of ground, in words, and whether something lies there."""
    if find.what == "report":
        return f"report {find.id} tells of items on it {REPORTED}", True
    if find.what != "inspection":
        return f"{find.what} {find.id} lies on it", True
    return (f"inspection {find.id} found something on it", True) if find.found else (
        f"inspection {find.id} rejected it", False)


def _which(find: Find) -> str:
    if find.what == "report":
        return f"on which report {find.id} tells of items {REPORTED}"
    if find.what != "inspection":
        return f"on which {find.what} {find.id} lies"
    return f"on which inspection {find.id} found something" if find.found else (
        f"which inspection {find.id} rejected")


def day_of_reopening(find: Find, r: Released) -> date | None:
    """The day of a find from which it reopened some ground; None where it did when it came on
    record: it has no day, or it says of an earlier one what a decision had not before it."""
    if find.id in r.known or ((find.there or find.what == "inspection")
                              and find.day is not None and find.day < r.decided_on):
        return None
    return find.day


def came_at(find: Find, r: Released) -> datetime:
    """When a find came to speak against a decision: it was recorded after it, or came in from
    another office after it; at the earliest with the decision."""
    if find.recorded_at > r.decided_at:
        return find.recorded_at
    return max(find.known_at or find.recorded_at, r.decided_at)


def same_grounds(a: Released, b: Released) -> str:
    """Why two grounds were released on the same grounds, in words; "" where they were not."""
    if a.decision and a.decision == b.decision:
        return "released by the same decision"
    if a.lots & b.lots:
        return "accepted in the same lot"
    if a.evidence & b.evidence:
        return "released on the same evidence"
    for team, detector in sorted(a.hands):
        for other, instrument in sorted(b.hands):
            # A detector that nobody reported may have been the same one.
            if team and team == other and (detector == instrument or not detector
                                           or not instrument):
                return "searched by the same team" + (
                    " and detector" if detector and detector == instrument else "")
    if a.detectors & b.detectors:  # what it missed here it may have missed there
        return "searched with the same detector"
    return ""


def _after(find: Find, r: Released) -> bool:
    """Whether a find speaks against a decision that did not know of it."""
    if find.id in r.known and r.id not in find.since:
        return False
    if find.day is not None and find.day >= r.decided_on:
        return True
    if find.what == "report" and find.id in r.known and find.day is not None and r.searched:
        return _missed(find, r)
    if find.there and _came_since(find, r):
        return True
    if find.what == "inspection" and r.searched:
        return _came_since(find, r) and _unanswered(find, r)
    if find.day is not None and r.searched:
        return _missed(find, r)
    return _came_since(find, r)


def _came_since(find: Find, r: Released) -> bool:
    """Whether a decision did not have before it what a find says now. An office knows its own
    records when it makes them, those of another when they come in; what lies on the ground, as the
    find states its place, and does not stand in the document of the decision, it did not know."""
    if r.id in find.since:
        return True
    if find.chain == r.chain and find.recorded_at > r.decided_at:
        return True
    if r.known:
        return (find.chain != r.chain and (find.known_at or find.recorded_at) > r.decided_at) \
            or _in_document(find, r)
    # Its document is not here. What another office has on record as lying there it cannot have
    # had before it: that is not signed away.
    return find.chain != r.chain and (
        find.there or (find.known_at or find.recorded_at) > (r.known_at or r.decided_at))


def _in_document(find: Find, r: Released) -> bool:
    """Whether the document of a decision would name a find that it had before it."""
    place = find.place
    if place is None or place.is_empty:
        return bool(find.hazard & (r.names | {folded(r.hazard), folded(r.id)}))
    if r.ground is None:
        return False
    if _meets(place, r.ground):
        return True
    if not find.stated_m > 0:
        return False
    plane = plane_for(r.ground.bounds)
    return bool(plane.to_plane(place).distance(plane.to_plane(r.ground)) <= find.stated_m)


def _missed(find: Find, r: Released) -> bool:
    """Whether something was found after every search of its place on which a decision rests."""
    place = find.place
    here = [s for s in r.searches if s.ground is not None and place is not None
            and s.ground.intersects(place)] or list(r.searches)
    ends = [max(s.day, s.until or s.day) if s.day and find.activity in s.works else s.day
            for s in here]
    return bool(here) and all(end is None or (find.day is not None and end < find.day)
                              for end in ends)


def _unanswered(find: Find, r: Released) -> bool:
    """Whether an inspection still speaks against ground that a decision rests on searches of; as
    one that was rejected does for the credit of searches (`core.search`). Of other ground of the
    same hands, whether all of it was searched by its day."""
    place, day = find.place, find.day
    if place is None or r.ground is None or not _meets(place, r.ground):
        return all(s.day is None or day is None or s.day <= day for s in r.searches)
    later = [s.ground for s in r.searches if s.ground is not None and s.day is not None
             and day is not None and s.day >= day and s.record not in find.outcomes]
    left = shapely.intersection(place, r.ground)
    return _is_ground(shapely.difference(left, joined(later, degrees=True)) if later else left)


# Outlines that were drawn apart share strips as wide as digits are rounded (7 decimals: 1 cm).
_SPOT_M = 0.02


def _meets(place: BaseGeometry, ground: BaseGeometry) -> bool:
    """Whether a place lies on some ground; an area that shares no more than its edge does not."""
    if not shapely.intersects(place, ground):
        return False
    if place.geom_type not in ("Polygon", "MultiPolygon"):
        return True
    try:
        return _is_ground(shapely.intersection(place, ground))
    except shapely.errors.GEOSException:  # an outline that crosses itself
        return True


def _is_ground(shape: BaseGeometry) -> bool:
    """Whether a shape is more than what rounding leaves of areas; a point is."""
    if shape.is_empty or shape.area == 0:
        return not shape.is_empty and shape.geom_type in ("Point", "MultiPoint")
    return not plane_for(shape.bounds).to_plane(shape).buffer(-_SPOT_M).is_empty


def _on(find: Find, released: Sequence[Released], placed: Sequence[Released],
        tree: shapely.STRtree) -> list[Released]:
    """Ground on which a find lies, or may, and ground whose area it names."""
    hit = _under(find, placed, tree)
    return hit + [r for r in released if find.hazard and r not in hit
                  and (find.hazard & {folded(r.hazard), folded(r.id)}
                       or (find.place is None and find.hazard & r.names))]


def _under(find: Find, placed: Sequence[Released], tree: shapely.STRtree) -> list[Released]:
    """Ground on which a find lies; or within its accuracy, unless it lies on ground that was
    hazardous anyway: then that is the likelier place, and it is being worked on."""
    place = find.place
    if place is None or place.is_empty or not placed:
        return []
    if find.in_open_hazard or not find.accuracy_m > 0:
        return [placed[n] for n in sorted(tree.query(place, predicate="intersects"))
                if _meets(place, placed[n].ground)]
    plane = plane_for(place.bounds)
    here = plane.to_plane(place)
    reach = shapely.box(*plane.to_degrees(here.buffer(find.accuracy_m)).bounds)
    return [placed[n] for n in sorted(tree.query(reach))
            if plane.to_plane(placed[n].ground).distance(here) <= find.accuracy_m]
