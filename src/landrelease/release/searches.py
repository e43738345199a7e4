"""The search that counts: which passes a release may rest on, and what speaks against them.

The one place for since when (the area was recorded or last opened), which ground, which depth,
which proof is its own, and which finds and evidence came after it. Degrees on WGS 84.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.certificate import is_decision_outcome
from landrelease.core.coverage import ground_proven
from landrelease.core.geometry import joined, plane_for
from landrelease.core.moment import day_of
from landrelease.core.names import folded
from landrelease.core.record import Record
from landrelease.core.search import (
    NO_FOLLOW_UP,
    SearchPass,
    asks_for_hand_proof,
    kinds_of_search,
    search_day,
)
from landrelease.release.ground import NOTHING, area_m2, areas
from landrelease.release.reopening import HARMLESS

if TYPE_CHECKING:
    from landrelease.release.proposal import Case

_SEARCHED = ("cleared", "searched")


# --- which passes count ------------------------------------------------------------------------


def searched(case: Case) -> tuple[BaseGeometry, tuple[SearchPass, ...]]:
    """Ground that was searched to the required depth with credit, and by which passes."""
    if "searched" not in case.memo:
        case.memo["searched"] = _searched(case)
    found: tuple[BaseGeometry, tuple[SearchPass, ...]] = case.memo["searched"]
    return found


def _searched(case: Case) -> tuple[BaseGeometry, tuple[SearchPass, ...]]:
    passes = tuple(p for p in case.effort.passes
                   if not is_decision_outcome(p.id) and p.ground.intersects(case.cut.ground)
                   and not why_not(case, p))
    if not passes:
        return NOTHING, ()
    return areas(joined([p.ground for p in passes], degrees=True)), passes


def why_not(case: Case, p: SearchPass) -> str:
    """Why a pass does not count for this release, in words; "" where it does.

    Not before the area was recorded or last opened; of ground that was released before, no work
    that began before it was opened again: which part of it was done since nobody can say.
    """
    if p.depth_m < case.required_depth_m - 1e-9:
        return f"searched to {p.depth_m:g} m"
    day, since, opened = day_of_pass(case, p), case.searched_since, case.opened_on
    if day is not None and max(day, p.day or day) > case.until:
        return f"dated {max(day, p.day or day)}, which has not come"
    if since is None:
        return ""
    if day is None:
        return "its day is not reported"
    if day < since:
        return f"searched before {since}, when the area was recorded or reopened"
    work = _behind(case, p.id)[1]
    began = None if work is None else day_of(work.values.get("started_on"))
    if opened is not None and began is not None and began < opened:
        return f"its work began on {began}, before {opened}, when the area was reopened"
    return ""


def day_of_pass(case: Case, p: SearchPass) -> date | None:
    """The day of a search; that of the work behind it where this ended before the decision."""
    outcome, work = _behind(case, p.id)
    return p.day if outcome is None else search_day(outcome, work)


def _behind(case: Case, pass_id: str) -> tuple[Record | None, Record | None]:
    """The outcome of a search and the work behind it, as far as they are on record."""
    if "behind" not in case.memo:
        works = {folded(n): a for a in case.activities for n in (
            a.values.get("identifier"), a.id) if n}
        case.memo["behind"] = {o.id: (o, works.get(folded(o.values.get("activity"))))
                               for o in case.outcomes}
    found: tuple[Record | None, Record | None] = case.memo["behind"].get(pass_id, (None, None))
    return found


def works_of_pass(case: Case, p: SearchPass) -> frozenset[str]:
    """Names of the work behind a search, and of other work of the same task."""
    work = _behind(case, p.id)[1]
    if work is None:
        return frozenset()
    task = str(work.values.get("task") or "")
    same = [a for a in case.activities if task and str(a.values.get("task") or "") == task]
    return frozenset(folded(n) for a in (work, *same)
                     for n in (a.id, a.values.get("identifier")) if n)


def proven(case: Case) -> BaseGeometry:
    """Ground that the searches that count cover, each shown by a proof of its own work (S05)."""
    own = [p.ground for p in searched(case)[1] if p.id in case.proven]
    return areas(joined(own, degrees=True)) if own else NOTHING


def proven_at(case: Case) -> list[dict[str, float | None]]:
    """The ground of a release by the least confidence at which the searches that count are proven
    to cover each place of it, the highest first: {confidence, area_m2, share}. Of several searches
    of a place the best proven counts. A spot of lesser confidence is told however small it is, down
    to a circle of `spot_radius_m`; `confidence` None: none is on record for it.
    """
    if case.outcome != "cleared":
        return []
    steps = {p.id: case.confidence[p.id] for p in searched(case)[1]
             if p.id in case.proven and p.id in case.confidence}
    grounds = {p.id: p.ground for p in searched(case)[1]}
    levels = sorted({-1.0 if c is None else c for found in steps.values() for c, _ in found},
                    reverse=True)
    out: list[dict[str, float | None]] = []
    whole = area_m2(case.cut.ground)
    rest = case.cut.ground
    for level in levels:
        parts = [g.intersection(grounds[name]) for name, found in steps.items()
                 for c, g in found if (-1.0 if c is None else c) >= level]
        here = areas(rest.intersection(areas(joined(parts, degrees=True))))
        if left_m2(case, here) > 0:
            size = area_m2(here)
            out.append({"confidence": None if level < 0 else level, "area_m2": size,
                        "share": size / whole if whole > 0 else 0.0})
            rest = areas(rest.difference(here))
    return out


# --- machines and animals ----------------------------------------------------------------------


def not_followed_up(case: Case) -> tuple[BaseGeometry, tuple[str, ...]]:
    """Ground that only machines or animals searched, and the records that say so (S07)."""
    without = {i for i, why in case.effort.uncredited if why == NO_FOLLOW_UP}
    only = [o for o in case.outcomes if o.id in without and o.geometry is not None]
    return _without(case, only, [searched(case)[0]])


def not_proven_by_hand(case: Case) -> tuple[BaseGeometry, tuple[str, ...]]:
    """Ground of machines and animals, whatever is said of their follow-up, that no search by hand
    is shown to cover: a proof of hand work to the required depth, or a search by hand alone that
    counts and whose own proof is on record; and the records of it (S07)."""
    only = [o for o in case.outcomes if o.geometry is not None
            and o.values.get("outcome_type") in _SEARCHED
            and not is_decision_outcome(o.id) and _asks_for_hands(o, case.by_word)]
    if not only:
        return NOTHING, ()
    alone = {o.id for o in case.outcomes if kinds_of_search(o) == {"manual"}} & case.proven
    hands = [p.ground for p in searched(case)[1] if p.id in alone]
    since = case.searched_since
    proofs = [c for c in case.proofs if since is None or (
        c.valid_from is not None and c.valid_from >= since)]
    by_hand = ground_proven(proofs, "manual", case.required_depth_m)
    return _without(case, only, hands if by_hand is None else [*hands, by_hand])


def _asks_for_hands(outcome: Record, by_word: Container[str]) -> bool:
    kinds = kinds_of_search(outcome)
    return bool(kinds & {"machine", "animal"}) and (
        outcome.values.get("follow_up") != "done" or asks_for_hand_proof(outcome, kinds, by_word))


def _without(case: Case, outcomes: Sequence[Record], covered: Sequence[BaseGeometry]
             ) -> tuple[BaseGeometry, tuple[str, ...]]:
    if not outcomes:
        return NOTHING, ()
    ground = areas(joined([o.geometry for o in outcomes], degrees=True).intersection(
        case.cut.ground))
    return areas(ground.difference(joined(covered, degrees=True))), tuple(o.id for o in outcomes)


# --- what came after them ----------------------------------------------------------------------


def find_day(record: Record) -> date | None:
    """The day of an item or an accident: when it was found, else of the information on it."""
    return (day_of(record.values.get("found_on")) if record.kind == "item" else None) or day_of(
        record.values.get("information_date")) or record.valid_from


def missed_by(case: Case, p: SearchPass, record: Record) -> bool:
    """Whether a search came before something was found on its ground: it missed it. What the work
    behind the search found itself until the day of its report it did not miss; of what else has no
    day, nobody can say that a search found it (S12)."""
    found, day = find_day(record), day_of_pass(case, p)
    name = folded(record.values.get("activity"))
    own = bool(name) and name in works_of_pass(case, p)
    if found is None or day is None:
        return not own
    return (max(day, p.day or day) if own else day) < found


def missed(case: Case) -> list[str]:
    """Items that every search of their place had come before; of an item without a place, every
    search of the ground."""
    if case.outcome != "cleared":
        return []
    passes, out = searched(case)[1], []
    for item in (*case.items, *(i for i in case.earlier if i.kind == "item")):
        if item.value("ordnance_category") in HARMLESS:
            continue
        here = passes if item.geometry is None else [
            p for p in passes if p.ground.intersects(item.geometry)]
        if here and all(missed_by(case, p, item) for p in here):
            out.append(item.id)
    return list(dict.fromkeys(out))


def in_doubt(case: Case) -> list[str]:
    """Finds on other ground of searches that this release rests on, and that came after them;
    none where later searches cover the ground without them."""
    if case.outcome != "cleared":
        return []
    passes = searched(case)[1]
    finds, bad = [], set()
    for r in case.beside:
        if r.value("ordnance_category") in HARMLESS or r.geometry is None:
            continue
        late = {p.id for p in passes if p.ground.intersects(r.geometry) and missed_by(case, p, r)}
        if late:
            finds.append(r.id)
            bad |= late
    rest = [p.ground for p in passes if p.id not in bad]
    left = case.cut.ground.difference(joined(rest, degrees=True)) if rest else case.cut.ground
    return finds if left_m2(case, left) > 0 else []


def all_since(case: Case, accidents: Sequence[Record]) -> bool:
    """Whether every search that counts came on the day of these accidents or later."""
    days = [find_day(a) for a in accidents]
    done = [day_of_pass(case, p) for p in searched(case)[1]]
    return bool(done) and all(
        day is not None and all(d is not None and d >= day for d in done) for day in days)


def unanswered(case: Case) -> list[str]:
    """Direct evidence of ordnance that no search of its place, on its day or later, answers; of
    evidence without a place the whole ground has to be searched since, evidence without a day
    nothing answers (S10, S12)."""
    done = [(p, day_of_pass(case, p)) for p in searched(case)[1]]
    out = []
    for e in (*case.evidence, *case.earlier):
        if e.kind != "evidence" or not speaks_of_ordnance(e):
            continue
        said = find_day(e)
        later = [p.ground for p, day in done
                 if said is not None and day is not None and day >= said]
        here = _reach(case, e)
        left = here.difference(joined(later, degrees=True)) if later else here
        if said is None or left_m2(case, left) > 0:
            out.append(e.id)
    return list(dict.fromkeys(out))


def speaks_of_ordnance(evidence: Record) -> bool:
    """Whether it is direct evidence of ordnance, as far as anybody has said."""
    return (evidence.value("evidence_type") == "direct"
            and evidence.value("says") != "not_contaminated")


def _reach(case: Case, record: Record) -> BaseGeometry:
    """The part of the ground of which a record may speak: its place, as far round as its accuracy;
    all of it where it says no place."""
    shape, ground = record.geometry, case.cut.ground
    if shape is None or shape.is_empty:
        return ground
    said = record.values.get("position_accuracy_m")
    reach = float(said) if isinstance(said, (int, float)) else 0.0
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        reach = max(reach, 4 * case.spot_radius_m)
    if reach > 0:
        plane = plane_for(shape.bounds)
        shape = plane.to_degrees(plane.to_plane(shape).buffer(reach))
    return areas(ground.intersection(shape))


def left_m2(case: Case, ground: BaseGeometry) -> float:
    """Area in m² of those parts of some ground into which a circle of `spot_radius_m` fits; what
    rounding leaves between shapes that meet is none of it. A spot that holds one never counts as
    nothing, however small its area."""
    parts = [p for p in shapely.get_parts(ground) if p.geom_type == "Polygon" and p.area > 0]
    if not parts:
        return 0.0
    plane = plane_for(ground.bounds)
    # A hair less, because the arcs of a buffer lie inside the true ones.
    wide = ~shapely.is_empty(shapely.buffer(
        plane.to_plane(np.array(parts, dtype=object)), -case.spot_radius_m * (1 - 1e-6)))
    return sum(area_m2(p) for p, there in zip(parts, wide, strict=True) if there)


def as_told(case: Case) -> list[Mapping[str, object]]:
    """The searches that a release rests on, for its document: what is found after them reopens the
    ground, also when it was found before the signature (S11)."""
    return [{"record": p.id, "day": day_of_pass(case, p), "until": p.day,
             "works": sorted(works_of_pass(case, p))} for p in searched(case)[1]]
