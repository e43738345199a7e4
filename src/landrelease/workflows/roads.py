"""Roads, communities and money beside the plan: files in, access and reopening out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from landrelease.core.assumption import Assumptions
from landrelease.core.hazard import Hazard, Land
from landrelease.core.money import Fund, Work
from landrelease.core.outlook import Outlook
from landrelease.core.record import Record
from landrelease.core.recorded import NOTHING_READ, Note, Recorded, Waiting, WaitingGround
from landrelease.core.report import Phase, Reopening
from landrelease.core.roads import Place, RoadNetwork
from landrelease.core.work import Access, Plan, Problem

if TYPE_CHECKING:
    from landrelease.plan import reach
    from landrelease.plan.recorded.closures import Closed

LONGEST_SEGMENT_M = 500.0  # longer ones are cut, so that a hazard leaves the ground before it free


# What a record of a road says that keeps people from it. What it does not say blocks nothing:
# "reached" means that nothing on record blocks the way (S15).
SHUT = {"passable": ("no", "unknown"), "road_state": ("suspected", "under_clearance", "closed")}


@dataclass(frozen=True, slots=True)
class RoadFiles:
    """Where the roads and the bases are: any format of `records.roads`, and id, longitude, latitude
    of the bases."""

    roads: Path
    bases: Path


@dataclass(frozen=True, slots=True)
class Roads:
    """A road network with the communities and the bases on it, long segments cut.

    `shut` (M,) : segments whose own record keeps people from them; `named` : records of roads with
    the hazard that they say blocks them; `read` : what was made of the records.
    """

    network: RoadNetwork
    communities: reach.Places
    bases: reach.Places
    shut: np.ndarray
    named: tuple[tuple[str, str], ...] = ()
    read: Recorded = NOTHING_READ


def recorded_shut(record: Record) -> bool:
    """Whether a road's own record keeps people from it."""
    return any(record.values.get(name) in words for name, words in SHUT.items())


def access_over_roads(
    problem: Problem, land: Land, over: Roads, assumptions: Assumptions,
    closed: Closed | None = None, waiting: Sequence[WaitingGround] = ()
) -> tuple[Access, Closed | None, list[str], tuple[Note, ...]]:
    """Zones and gates of the plan from a road network, and the communities behind them; the
    closures with what they cut off by closing roads; records of roads that no plan opens; and what
    waits for a release.

    A hazard blocks a segment within `road_margin_m` of which it may reach, as far off as its record
    says that it may be (`blocks_within_m`, S04); it keeps teams from ground on whose way from the
    nearest road it may lie until it is done. A community is the land's settlement; its own hazards
    are those that may lie within `community_hazard_distance_m`; it is weighed by
    `access_weight` for each of its people, and by the mean of the reported numbers where its own is
    not reported. Segments in a closure that lasts as long as the plan are not in the network; while
    a shorter one closes roads, work stands still on what cannot be reached (`reach.cut_off`). A
    community that is cut off again for a time counts as reached. A road whose own record keeps
    people from it opens with the hazards that block any part of it, or that its record names; where
    there is none, no plan opens it. Neither does it open what a hazard blocks on which nothing is
    left to do and that nobody has released (S09): such a hazard has no stage in the problem. Nor
    what a hazard blocks that waits in quarantine (`waiting`), wherever it may lie (S01): it also
    keeps teams from ground on whose way from the nearest road it lies, and gives the communities
    beside it no day.

    A segment waits for the tasks of a hazard whose ground blocks it. Where some of that ground is
    worked through and not released, it waits for all that is left to do on the hazard, with which
    the release of the whole is counted.
    """
    from landrelease.access.ground import hazard_widths_m
    from landrelease.core.geometry import plane_for
    from landrelease.plan import reach
    from landrelease.plan.recorded.closures import with_roads

    network, places, bases = over.network, over.communities, over.bases
    areas = {hazard.id: hazard for hazard in land.hazards}
    hazards = [areas[name] for name in problem.hazard_ids]
    grounds = [hazard.ground for hazard in hazards]
    index = reach.index_segments(network)
    margin = assumptions.value("road_margin_m")
    wider = blocks_within_m(hazards, margin)
    blocks = reach.blocking(network, problem.hazard_ids, grounds, wider, index)
    blocks = _with_named(blocks, network, over.named)
    opened = {network.source_ids[m] for m in blocks.segment.tolist()}
    never = over.shut & np.array([s not in opened for s in network.source_ids], dtype=bool)
    for_good = list(dict.fromkeys(network.source_ids[m] for m in np.flatnonzero(never)))
    shut = None
    if closed is not None and any(g is not None for g in closed.grounds):
        placed = [k for k, g in enumerate(closed.grounds) if g is not None]
        shut = reach.blocking(network, [closed.ids[k] for k in placed],
                              [closed.grounds[k] for k in placed], 0.0, index)
        always = np.asarray(closed.closed[placed].all(axis=1))
        never |= shut.blocked(always)
    plane = plane_for(network.bounds)
    in_the_way = _standing(waiting, hazards)
    unaccepted = _blocked_by(in_the_way, network, margin, index)
    never |= unaccepted.blocked()
    near = shapely.STRtree(
        plane.to_plane(np.array([s.place for s in land.settlements], dtype=object))).query(
        plane.to_plane(np.array(grounds, dtype=object)), predicate="dwithin",
        distance=assumptions.value("community_hazard_distance_m") + np.array(
            hazard_widths_m(hazards, 0.0)))
    own: list[list[int]] = [[] for _ in land.settlements]
    for hazard, settlement in zip(*near, strict=True):
        own[int(settlement)].append(int(hazard))
    people = places.people
    mean = float(np.nanmean(people)) if np.isfinite(people).any() else 0.0
    roads = reach.graph(network)
    held = unreleased(problem)
    part, later = _on_the_way(problem, blocks, network, dict(
        zip(problem.hazard_ids, wider.tolist(), strict=True)), index)
    farthest = assumptions.value("hazard_road_distance_m")
    beside_m = assumptions.value("community_hazard_distance_m")
    walls = reach.in_plane(network, [w.ground for w in in_the_way],
                           [margin + w.off_m for w in in_the_way], index,
                           max(farthest, beside_m))
    made = reach.planner_access(
        network, roads, places, bases.node, blocks, grounds, problem.hazard,
        [sorted(o) for o in own],
        assumptions.value("access_weight") * np.where(np.isnan(people), mean, people), never, held,
        part, farthest, list(walls), wider.tolist())
    names = {s.id: s.name for s in land.settlements}
    waits = later + _waiting_for_release(blocks, network, made.access, held, names)
    made, kept = _beside_waiting(made, land, in_the_way, walls, index, beside_m)
    waits = (*_waiting_notes(waiting, in_the_way, unaccepted, network, made, kept,
                             problem.hazard_ids), *waits,
             *_apart_notes(made, network, problem.hazard_ids, farthest), *_wider_notes(hazards))
    never |= blocks.blocked(held)
    if closed is None or shut is None:
        return made.access, closed, for_good, waits
    cut = np.zeros((len(grounds), problem.horizon), dtype=bool)
    force = closed.closed[placed] & ~always[:, None]
    known: dict[bytes, np.ndarray] = {}
    for t in range(problem.horizon):
        segments = shut.blocked(force[:, t])
        if segments.any():
            key = np.packbits(segments).tobytes()
            if key not in known:
                known[key] = reach.cut_off(roads, made, bases.node, blocks.blocked(), never,
                                           segments)
            cut[:, t] = known[key]
    # What no road leads to even without closures waits for roads, not for their end.
    cut[reach.cut_off(roads, made, bases.node, blocks.blocked(), never, np.zeros_like(never))] = (
        False)
    crossing = sorted({placed[int(k)] for k in shut.blocker})
    return made.access, with_roads(problem, closed, cut, crossing,
                                   [k for k in crossing if closed.closed[k].all()]), for_good, waits


_ROUNDING_M = 1.0  # by which two surveys of one border may differ, as at the import


def _standing(waiting: Sequence[WaitingGround], hazards: Sequence[Hazard]
              ) -> tuple[WaitingGround, ...]:
    """Those that do not lie wholly within areas of the plan, as exactly placed: what blocks a road
    there is blocked by these areas too, and opens with work on all of that ground."""
    from landrelease.core.geometry import plane_for

    tree = shapely.STRtree(np.array([h.ground for h in hazards], dtype=object))
    out = []
    for one in waiting:
        own = [hazards[int(i)].ground for i in tree.query(one.ground, predicate="intersects")
               if (hazards[int(i)].position_accuracy_m or 0.0) + _ROUNDING_M >= one.off_m]
        if own and one.known:
            plane = plane_for(shapely.union_all(own).bounds)
            held = shapely.union_all(plane.to_plane(np.array(own, dtype=object)))
            if held.buffer(_ROUNDING_M).covers(plane.to_plane(one.ground)):
                continue
        out.append(one)
    return tuple(out)


def unconfirmed(land: Land) -> tuple[WaitingGround, ...]:
    """The hazards of a land that wait, where no registry is at hand."""
    return tuple(WaitingGround(h.id, h.id, h.ground, h.position_accuracy_m or 0.0)
                 for h in land.unconfirmed)


def blocks_within_m(hazards: Sequence[Hazard], margin_m: float) -> np.ndarray:
    """How far from the outline of each hazard (H,) the roads are blocked, m: the margin, and as far
    as the outline may be off (S04); one of which nobody said how far adds nothing to the margin."""
    from landrelease.access.ground import hazard_widths_m

    return margin_m + np.array(hazard_widths_m(hazards, 0.0), dtype=float)


def _blocked_by(waiting: Sequence[WaitingGround], network: RoadNetwork, margin_m: float,
                index: reach.SegmentIndex | None = None) -> reach.Blocking:
    """Which segments what waits blocks, as far off as it may be."""
    from landrelease.plan import reach

    return reach.blocking(network, [w.id for w in waiting], [w.ground for w in waiting],
                          np.array([margin_m + w.off_m for w in waiting]), index)


def shut_by_waiting(land: Land, network: RoadNetwork, margin_m: float,
                    index: reach.SegmentIndex | None = None) -> np.ndarray:
    """bool (M,): segments that hazards in quarantine block whose place is certain."""
    return _blocked_by(_standing(unconfirmed(land), land.hazards), network, margin_m,
                       index).blocked()


def _beside_waiting(made: reach.PlannerAccess, land: Land, waiting: Sequence[WaitingGround],
                    walls: np.ndarray, index: reach.SegmentIndex, distance_m: float
                    ) -> tuple[reach.PlannerAccess, dict[int, list[str]]]:
    """The same without a day for communities within a distance of what waits; and of each of
    `waiting` the communities."""
    near = shapely.STRtree(walls).query(
        index.plane.to_plane(np.array([land.settlements[int(p)].place for p in made.place],
                                      dtype=object)),
        predicate="dwithin", distance=distance_m * index.stretch) if len(walls) and len(
            made.place) else np.zeros((2, 0), dtype=int)
    kept: dict[int, list[str]] = {}
    held = np.zeros(len(made.place), dtype=bool)
    for c, w in zip(*near.tolist(), strict=True):
        held[c] = True
        of = land.settlements[int(made.place[c])]
        kept.setdefault(w, []).append(of.name or of.id)
    if not held.any():
        return made, kept
    before = made.access.community_held
    return replace(made, access=replace(
        made.access, community_held=held if before is None else before | held)), kept


def waiting_count(waiting: Waiting) -> Recorded:
    """What waits and bears on a plan, counted and named in words; kept to where it can be read."""
    notes = []
    hazards = [w.name for w in waiting.hazards]
    if hazards or waiting.nowhere:
        notes.append(Note("quarantine", "", (
            f"{len(hazards) + waiting.nowhere} rows that may be hazards wait, and no work of the "
            "plan is on their ground until a person accepts or rejects them"
            + (f": {_several(hazards)}" if hazards else "")
            + (f"; of {waiting.nowhere} nobody can read the place: they may lie on any road and "
               "on any ground" if waiting.nowhere else "")
            + ". `quarantine list` shows them")))
    unsure = [w.name for w in waiting.hazards if not w.known]
    if unsure:
        notes.append(Note("quarantine", "", f"how far {_several(unsure)} reach"
                          f"{'es' if len(unsure) == 1 else ''} is not known: more may be blocked "
                          "than the plan counts"))
    if waiting.closures:
        notes.append(Note("quarantine", "", f"{len(waiting.closures)} closures wait and count as "
                          "closures until a person accepts or rejects them: "
                          + _several([c.id for c in waiting.closures])))
    if waiting.unread:
        notes.append(Note("quarantine", "", f"{len(waiting.unread)} closures wait whose place "
                          "nobody can read, and the plan does not keep to them: "
                          + _several(waiting.unread)))
    kept = len(waiting.hazards) + len(waiting.closures)
    there = kept + waiting.nowhere + len(waiting.unread)
    return Recorded({"quarantine": (there, kept)} if there else {}, tuple(notes))


def _waiting_notes(waiting: Sequence[WaitingGround], standing: Sequence[WaitingGround],
                   blocked: reach.Blocking, network: RoadNetwork, made: reach.PlannerAccess,
                   communities: Mapping[int, Sequence[str]], hazards: Sequence[str]
                   ) -> tuple[Note, ...]:
    """What each row that waits keeps people from, in words."""
    roads: dict[int, dict[str, None]] = {}
    for m, b in zip(blocked.segment.tolist(), blocked.blocker.tolist(), strict=True):
        roads.setdefault(b, {})[network.source_ids[m]] = None
    barred: dict[int, list[str]] = {}
    for b, w in made.barrier.items():
        barred.setdefault(w, []).append(hazards[b])
    notes = []
    for w, one in enumerate(standing):
        told = []
        if w in roads:
            told.append(f"keeps {_several(list(roads[w]))} shut for the whole plan")
        if w in barred:
            told.append(f"lies on the way from the road to {_several(barred[w])}, which nobody "
                        "gets to")
        if w in communities:
            told.append("lies beside " + _several(communities[w]) + ", for which no day is given "
                        "on which their own land is back")
        if told:
            notes.append(Note("quarantine", one.name, "it waits as a hazard and " + "; it ".join(
                told) + ": a person has to accept, mend or reject it"))
    inside = len(waiting) - len(standing)
    if inside:
        notes.append(Note("quarantine", "", f"{inside} hazards that wait lie within areas of the "
                          "plan: what they block opens with these areas"))
    return tuple(notes)


def _apart_notes(made: reach.PlannerAccess, network: RoadNetwork, hazards: Sequence[str],
                 farthest_m: float) -> tuple[Note, ...]:
    """Which areas nobody gets to over any road, and why, in words."""
    notes = []
    for b, why in made.apart.items():
        road = network.source_ids[made.nearest[b]] if b in made.nearest else ""
        far = f"{made.distance_m[b]:,.0f} m"
        if why == "far":
            notes.append(Note("hazard", hazards[b], f"it lies {far} from the nearest road that "
                              f"leads to it ({road}), farther than {farthest_m:,.0f} m (assumption "
                              "hazard_road_distance_m): nobody says how teams get there, so that "
                              "no work on it is dated"))
        elif why == "island":
            notes.append(Note("hazard", hazards[b], (
                f"the nearest road ({road}, {far} away) leads to no base, even with all roads open"
                if road else "no road leads to it from any base") + ": no work on it is dated"))
        elif why == "behind":
            notes.append(Note("hazard", hazards[b], "the way from the road to it leads over "
                              f"{hazards[made.barrier[b]]}, which no work of the plan takes away: "
                              "no work on it is dated"))
    if made.behind:
        notes.append(Note("hazard", "", f"{len(made.behind):,} areas lie behind others on the way "
                          "from their road, as far off as these may be: work there begins when "
                          "those on the way are finished: " + _several([
                              f"{hazards[b]} (behind {_several([hazards[h] for h in ways], 3)})"
                              for b, ways in made.behind.items()])))
    return tuple(notes)


def _wider_notes(hazards: Sequence[Hazard]) -> tuple[Note, ...]:
    """Of which areas nobody says how far their outlines may be off, in words: counted as drawn."""
    unsaid = [h.id for h in hazards if h.position_accuracy_m is None]
    if not unsaid:
        return ()
    return (Note("hazard", "", f"nobody says how far the outlines of {len(unsaid):,} areas may be "
                 "off (position_accuracy_m): they block roads as they are drawn, and by the "
                 "margin of road_margin_m"),)


def _several(names: Sequence[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (
        f" and {len(names) - most:,} more" if len(names) > most else "")


def unreleased(problem: Problem) -> np.ndarray:
    """bool (N,): hazards on which nothing is left to do and that are still on record as open."""
    return ~np.isin(np.arange(len(problem.hazard_ids)), problem.hazard)


def _on_the_way(problem: Problem, blocks: reach.Blocking, network: RoadNetwork,
                within_m: Mapping[str, float], index: reach.SegmentIndex
                ) -> tuple[dict[tuple[int, int], np.ndarray], tuple[Note, ...]]:
    """For a segment and a hazard in tasks, the stages that the segment waits for (of the tasks
    whose ground blocks it, and the survey before them); and, in words, of which hazards some of
    the ground on the way is worked through and not released. `within_m` : of each hazard, how far
    from its ground roads are blocked."""
    from landrelease.plan import reach

    number = {name: b for b, name in enumerate(blocks.ids)}
    hazard = [number.get(task.hazard_id, -1) for task in problem.tasks]
    own = [number.get(name, -1) for name in problem.hazard_ids]
    blocking = set(blocks.blocker.tolist())
    pieces: dict[int, list[int]] = {}
    for n, h in enumerate(hazard):
        if h in blocking:
            pieces.setdefault(h, []).append(n)
    cut = [n for tasks in pieces.values() if len(tasks) > 1 for n in tasks]
    if not cut:
        return {}, ()
    # A metre more than the margin: what a cut through the ground may have moved stays on the way.
    touched = reach.blocking(
        network, [problem.tasks[n].id for n in cut], [problem.tasks[n].ground for n in cut],
        np.array([within_m[problem.tasks[n].hazard_id] + 1.0 for n in cut]), index)
    by_ground: dict[tuple[int, int], list[int]] = {}
    for m, k in zip(touched.segment.tolist(), touched.blocker.tolist(), strict=True):
        by_ground.setdefault((m, hazard[cut[k]]), []).append(cut[k])
    of_task: dict[int, list[int]] = {}
    whole: dict[int, list[int]] = {}
    for s, (h, n) in enumerate(zip(problem.hazard.tolist(), problem.task.tolist(), strict=True)):
        (whole.setdefault(own[h], []) if n < 0 else of_task.setdefault(n, [])).append(s)
    part: dict[tuple[int, int], np.ndarray] = {}
    later: dict[int, dict[str, None]] = {}
    left = {own[h] for h in problem.hazard.tolist()}
    for m, h in zip(blocks.segment.tolist(), blocks.blocker.tolist(), strict=True):
        there = by_ground.get((m, h))
        if there is None or h not in left:  # blocked by name, or nothing is left to do
            continue
        if all(n in of_task for n in there):
            part[m, h] = np.array(sorted(whole.get(h, []) + [s for n in there for s in of_task[n]]))
        else:
            later.setdefault(h, {})[network.source_ids[m]] = None
    return part, tuple(Note(
        "hazard", blocks.ids[h], f"some of its ground on {', '.join(roads)} is on record "
        "as worked through and not released: the road opens with the release of the whole, which "
        "is counted with the last step on it") for h, roads in later.items())


def _opening(plan: Plan, blocks: reach.Blocking, network: RoadNetwork,
             within_m: Mapping[str, float], index: reach.SegmentIndex) -> np.ndarray:
    """int64 (M,): the day on which each segment opens under a plan, when the last work that it
    waits for ends (`_on_the_way`)."""
    from landrelease.plan import reach

    problem, finish = plan.problem, plan.schedule.finish
    part, _ = _on_the_way(problem, blocks, network, within_m, index)
    number = {name: h for h, name in enumerate(problem.hazard_ids)}
    whole = [np.flatnonzero(problem.hazard == number.get(name, -1)) for name in blocks.ids]
    out = np.full(blocks.segments, reach.OPEN, dtype=np.int64)
    for m, b in zip(blocks.segment.tolist(), blocks.blocker.tolist(), strict=True):
        ends = finish[part.get((m, b), whole[b])]
        day = reach.NEVER if not len(ends) or (ends < 0).any() else (
            problem.slot_starts[0].toordinal() + math.ceil(problem.delay_days[int(ends.max())]))
        out[m] = max(int(out[m]), day)
    return out


def _waiting_for_release(blocks: reach.Blocking, network: RoadNetwork, access: Access,
                         held: np.ndarray, names: Mapping[str, str]) -> tuple[Note, ...]:
    """Which roads and communities wait for the release of land that is worked through, in words."""
    of_road: dict[str, list[str]] = {}
    for m, b in zip(blocks.segment.tolist(), blocks.blocker.tolist(), strict=True):
        if held[b]:
            of_road.setdefault(blocks.ids[b], []).append(network.source_ids[m])
    notes = [Note("hazard", name, "on record as worked through, and no release of it stands: it "
                  f"keeps {', '.join(dict.fromkeys(roads))} shut, and no work of the plan opens "
                  "that")
             for name, roads in of_road.items()]
    if access.community_held is not None and access.community_held.any():
        who = [names.get(c) or c for c, h in zip(access.community_ids, access.community_held,
                                                 strict=True) if h]
        notes.append(Note("hazard", "", "land beside these is on record as worked through, and no "
                          "release of it stands: no day is given on which they have it back: "
                          + ", ".join(who)))
    return tuple(notes)


def _with_named(blocks: reach.Blocking, network: RoadNetwork, named: Sequence[tuple[str, str]]
                ) -> reach.Blocking:
    """The same with the hazards that records of roads name, on all of a road that such a hazard
    does not touch: nobody says where on it."""
    from landrelease.plan.reach import Blocking

    number = {name: b for b, name in enumerate(blocks.ids)}
    touched = {(network.source_ids[m], b) for m, b in zip(
        blocks.segment.tolist(), blocks.blocker.tolist(), strict=True)}
    wanted: dict[str, list[int]] = {}
    for road, hazard in named:
        if hazard in number and (road, number[hazard]) not in touched:
            wanted.setdefault(road, []).append(number[hazard])
    pairs = [(m, b) for m, road in enumerate(network.source_ids) for b in wanted.get(road, ())]
    if not pairs:
        return blocks
    segment = np.concatenate([blocks.segment, [m for m, _ in pairs]])
    blocker = np.concatenate([blocks.blocker, [b for _, b in pairs]])
    order = np.lexsort((blocker, segment))
    return Blocking(blocks.ids, blocks.segments, blocker[order].astype(np.int32),
                    segment[order].astype(np.int32))


def roads_from(land: Land, files: RoadFiles, assumptions: Assumptions) -> Roads:
    """The roads and bases of files. Raises what reading them raises, and PLN-201 for a base far
    from every road."""
    from landrelease.plan import reach
    from landrelease.records.roads import read_places, read_roads

    network = read_roads(files.roads).network
    nearest = assumptions.value("road_distance_m")
    network, places = reach.attach(network, communities_on(land), max_distance_m=nearest)
    network, bases = reach.attach(network, read_places(files.bases), max_distance_m=nearest,
                                  required=True)
    network = reach.subdivide(network, LONGEST_SEGMENT_M)
    return Roads(network, places, bases, np.zeros(len(network.segment_ids), dtype=bool))


def roads_on_record(land: Land, records: Sequence[Record], problem: Problem,
                    assumptions: Assumptions) -> tuple[Roads | None, Recorded]:
    """The recorded roads with the bases of the problem's teams, and what was read; no roads where
    no record has a line or no base lies on one of them (within `road_distance_m`)."""
    from landrelease.plan import reach
    from landrelease.records.roads import network_of_records

    network = network_of_records(records)
    if network is None:
        return None, Recorded({"road": (len(records), 0)}, (Note(
            "road", "", "none of them has a line: planned as if every area could be reached"),))
    nearest = assumptions.value("road_distance_m")
    network, places = reach.attach(network, communities_on(land), max_distance_m=nearest)
    spots = dict.fromkeys((p.base, p.longitude, p.latitude) for p in problem.pools if p.teams > 0)
    network, bases = reach.attach(network, [Place(spot[0], *spot, None) for spot in spots],
                                  max_distance_m=nearest)
    network = reach.subdivide(network, LONGEST_SEGMENT_M)
    far = [spot[0] for spot, there in zip(spots, bases.on_network, strict=True) if not there]
    if not len(bases.node):
        return None, Recorded({"road": (len(records), 0)}, (Note(
            "road", "", f"no base of the teams lies within {nearest:,.0f} m of a recorded road: "
            "planned as if every area could be reached"),))
    notes = [Note("road", "", f"the base {name} lies on none of them: work begins where the other "
                  "bases can reach it") for name in dict.fromkeys(far)]
    shut = {r.id for r in records if recorded_shut(r)}
    named = tuple((r.id, str(r.values["hazard"])) for r in records if r.values.get("hazard"))
    used = set(network.source_ids)
    return Roads(
        network, places, bases, np.array([s in shut for s in network.source_ids], dtype=bool),
        named), Recorded({"road": (len(records), len(used))}, tuple(notes))


def communities_on(land: Land) -> list[Place]:
    return [Place(s.id, s.name, s.place.x, s.place.y, s.population) for s in land.settlements]


@dataclass(frozen=True, slots=True)
class Reached:
    """Who can be reached on a day, when the others are, and which segments decide it."""

    on: date
    communities: list[dict[str, object]]
    segments: list[dict[str, object]]  # those that are blocked, or behind which people live
    lines: list[shapely.Geometry]  # of the segments, degrees
    curve: list[dict[str, object]]
    summary: dict[str, object]


def reach_of(
    land: Land,
    files: RoadFiles,
    assumptions: Assumptions,
    *,
    on: date,
    closures: Path | None = None,
    areas: Path | None = None,
    plan: Plan | None = None,
    waiting: Sequence[WaitingGround] | None = None,
) -> Reached:
    """Communities and people that the bases reach on a day and later, and the segments that matter.

    closures, areas : closed ground in time (`records.roads.read_closures`). plan : hazards open
        their roads on the plan's dates; None: they stay. waiting : hazards in quarantine, which
        stay whatever a plan does; None: those of the land whose place is certain.

    "Reached" means that nothing on record blocks the way; it never means that the road is safe
    (S15).
    """
    from landrelease.plan import reach
    from landrelease.records.roads import read_closures

    over = roads_from(land, files, assumptions)
    network, places = over.network, over.communities
    roads, sources = reach.graph(network), over.bases.node
    index = reach.index_segments(network)
    waits = _standing(unconfirmed(land) if waiting is None else waiting, land.hazards)
    ids = [*(hazard.id for hazard in land.hazards), *(w.id for w in waits)]
    margin = assumptions.value("road_margin_m")
    wider = np.concatenate([blocks_within_m(land.hazards, margin),
                            [margin + w.off_m for w in waits]])
    blocks = reach.blocking(
        network, ids, [*(hazard.ground for hazard in land.hazards), *(w.ground for w in waits)],
        wider, index)
    opening = blocks.opening(np.full(len(ids), reach.NEVER, dtype=np.int64))
    last = on.toordinal()
    if plan is not None:
        opening = _opening(plan, blocks, network, dict(zip(ids, wider.tolist(), strict=True)),
                           index)
        last = plan.problem.slot_starts[-1].toordinal()
    closed = when = None
    if closures is not None:
        known = read_closures(closures, areas=areas)
        when = reach.spells(known)
        closed = reach.blocking(network, [c.id for c in known], [c.ground for c in known], 0.0,
                                index)
        if plan is None:
            last = max([last, *(int(e) for e in when.ends if e != reach.NEVER)])
    first = on.toordinal()
    days = reach.change_days(opening, when, first, last)
    reached = reach.reached_on(roads, places, sources, opening, closed, when, days)
    steps = reach.curve_of(places, days, reached)
    blocked = opening > first
    if closed is not None and when is not None:
        blocked = blocked | closed.blocked((when.starts <= first) & (first < when.ends))
    behind = reach.critical(roads, places, sources, blocked)
    shut = np.flatnonzero(blocked)
    gain = reach.reconnected(roads, places, sources, blocked, [np.array([m]) for m in shut])
    fewest = reach.fewest_openings(roads, places, sources, blocked)
    gained = np.zeros((len(blocked), 2))
    gained[shut] = np.column_stack([gain.communities, gain.people])
    shown = np.flatnonzero(blocked | (behind.communities > 0))
    names = {s.id: s.name for s in land.settlements}
    return Reached(
        on=on,
        communities=[{
            "community": names.get(place) or place,
            "people": "" if math.isnan(people) else int(people),
            "on_a_road": bool(there), "reached": bool(now),
            "first_reached": "" if not ever.any()
            else date.fromordinal(int(days[int(np.argmax(ever))])).isoformat(),
            "fewest_segments_to_open": int(count) if count >= 0 else ""}
            for place, people, there, now, ever, count in zip(
                places.ids, places.people.tolist(), places.on_network, reached[0], reached.T,
                fewest.count, strict=True)],
        segments=[{
            "segment": network.segment_ids[m], "road_class": network.road_class[m],
            "length_m": round(float(network.length_m[m]), 1), "blocked": bool(blocked[m]),
            "hazards": ";".join(ids[b] for b in blocks.blocker[blocks.segment == m]),
            "communities_behind": int(behind.communities[m]),
            "people_behind": float(behind.people[m]),
            "communities_if_opened": int(gained[m, 0]), "people_if_opened": float(gained[m, 1])}
            for m in shown],
        lines=list(network.lines()[shown]),
        curve=[{"day": date.fromordinal(int(d)).isoformat(), "communities": int(c),
                "people": float(p)}
               for d, c, p in zip(days, steps.communities, steps.people, strict=True)],
        summary={
            "on": on.isoformat(), "communities": steps.communities_all,
            "reached": int(steps.communities[0]), "people": steps.people_all,
            "people_reached": float(steps.people[0]), "off_network": steps.off_network,
            "segments": len(network.segment_ids), "segments_blocked": int(blocked.sum())})


def communities_of(plan: Plan, outlook: Outlook | None, land: Land) -> Reopening | None:
    """When the plan's communities reopen; None where the plan knows no roads."""
    from landrelease.plan.reach import NEVER, community_openings, zone_openings

    problem, finish = plan.problem, plan.schedule.finish
    if problem.access is None:
        return None

    def days(slots: np.ndarray) -> np.ndarray:
        return np.where(slots == NEVER, math.inf,
                        problem.delay_days[np.minimum(slots, problem.horizon)])

    names = {s.id: s.name for s in land.settlements}
    return Reopening(
        start=problem.slot_starts[0],
        names=tuple(names.get(c) or c for c in problem.access.community_ids),
        weight=problem.access.community_people,
        plan_day=days(zone_openings(problem.access, finish)[problem.access.community_zone]),
        run_day=None if outlook is None else outlook.community_day,
        free_day=days(community_openings(problem.access, finish)))


def stages_of_works(problem: Problem, works: Sequence[Work]) -> list[np.ndarray]:
    """The stages (int) that each work waits for: all of the hazards on its land."""
    index = {name: h for h, name in enumerate(problem.hazard_ids)}
    return [np.flatnonzero(np.isin(problem.hazard, [index[h] for h in w.hazards if h in index]))
            for w in works]


def phases_of(
    plan: Plan, outlook: Outlook, funds: Sequence[Fund], works: Sequence[Work]
) -> tuple[Phase, ...]:
    """Phase one pays for demining, phase two for the works on land that is handed back."""
    problem, finish = plan.problem, plan.schedule.finish
    days = np.zeros(len(works))
    for k, stages in enumerate(stages_of_works(problem, works)):
        last = finish[stages]
        if len(last):
            days[k] = math.inf if (last < 0).any() else problem.delay_days[int(last.max())]
    out = []
    for number in sorted({fund.phase for fund in funds}):
        own = [fund for fund in funds if fund.phase == number]
        paid: list[tuple[date, float]] = sorted((fund.announced_for, fund.amount) for fund in own)
        reopening = None
        if number == 2 and works:
            reopening = Reopening(
                start=problem.slot_starts[0], names=tuple(w.id for w in works),
                weight=np.array([w.budget for w in works]), plan_day=days,
                run_day=outlook.work_day)
        out.append(Phase(f"Phase {number}", sum(a for _, a in paid), own[0].currency, tuple(paid),
                         outlook.cost if number == 1 else None, reopening))
    return tuple(out)


def community_rows(found: Reopening) -> list[dict[str, object]]:
    """Rows of communities.csv: the days by the plan's own dates, empty where not within it."""
    def day(days: float) -> str:
        return "" if not math.isfinite(days) else date.fromordinal(
            found.start.toordinal() + math.ceil(days)).isoformat()

    free = found.plan_day if found.free_day is None else found.free_day
    return [{"community": name, "people": "" if math.isnan(people) else int(people),
             "cut_off_now": reached > 0, "reached": day(reached), "own_hazards_released": day(own)}
            for name, people, reached, own in zip(
                found.names, found.weight.tolist(), found.plan_day.tolist(), free.tolist(),
                strict=True)]
