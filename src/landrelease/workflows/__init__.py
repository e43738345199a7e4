"""Load, run one stage, save: the only place where stages meet.

Every workflow takes plain values and a `Progress`; the command line and the page call the same
ones. Heavy libraries are imported where they are used, so that the command line starts at once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.resources
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core.assumption import Assumptions
from landrelease.core.finding import ImportReport, QuarantinedRow
from landrelease.core.hazard import Hazard, Land
from landrelease.core.ledger import Figure, LedgerRow
from landrelease.core.outlook import Outlook
from landrelease.core.progress import Progress, silent
from landrelease.core.record import Record
from landrelease.core.recorded import NOTHING_READ, Note, Recorded, Sources, ids_of
from landrelease.core.risk import ContaminationMap, HazardAssessment
from landrelease.core.texts import ENGLISH, Texts
from landrelease.core.work import Plan, Problem, TeamPool
from landrelease.errors import (
    NO_LEAVE_TO_SURVEY,
    NOTHING_HAZARDOUS,
    PLAN_IS_OLD,
    LandReleaseError,
)
from landrelease.plan.recorded.done import Since
from landrelease.workflows import imports, maps, quarantine

if TYPE_CHECKING:
    import numpy as np

    from landrelease.access.answer import ReportedPart
    from landrelease.access.policy import View
    from landrelease.core.columns import Columns
    from landrelease.core.geometry import LocalPlane
    from landrelease.core.hazard import Ground, Outcome
    from landrelease.core.report import DataSource, Phase, Reopening
    from landrelease.plan.works import First
    from landrelease.store.registry import Registry, StoredRevision
    from landrelease.store.results import PlanFile
    from landrelease.workflows.roads import RoadFiles

UNVERIFIED = imports.UNVERIFIED
import_files = imports.import_files
load_effort = maps.load_effort
map_contamination = maps.map_contamination
write_map = maps.write_map
programme_bounds = imports.programme_bounds
retry_quarantined = quarantine.retry_quarantined
reject_quarantined = quarantine.reject_quarantined
quarantine_entry = quarantine.quarantine_entry
visible_quarantine = quarantine.visible_quarantine
without_personal = quarantine.without_personal
SYNTHETIC = "SYNTHETIC DATA: made up. Nothing here is about real ground."  # S19
# Position error that a layer's own description states, where its columns carry none.
PUBLIC_CELL_M = 1_000.0
PUBLIC_WIDEN_M = 100.0
PUBLIC_INWARD_M = 25.0


# --- records -----------------------------------------------------------------------------------


def export_records(
    registry: Registry, out: Path, *, known_at: datetime | None, reader: View
) -> dict[str, int]:
    """Write the records that the reader may see, a GeoJSON and a CSV a kind; kind -> rows."""
    from landrelease.store import exports

    synthetic = is_synthetic(registry)
    out.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    for kind in reader.kinds:
        if reader.precision(kind) != "exact":
            continue
        records = reader.records(registry.records(kind, known_at=known_at))
        if not records:
            continue
        rows = marked(
            [{"record": r.id, **{f: _cell(r.value(f)) for f in reader.fields(kind)}}
             for r in records], synthetic)
        exports.write_csv(out / f"{kind}.csv", rows)
        exports.write_geojson(
            out / f"{kind}.geojson", [r.geometry for r in records], rows,
            description=f"{label(synthetic)}{reader.kinds[kind].title}; role: {reader.role}; "
                        f"chain head {registry.head()}")
        counts[kind] = len(records)
    exports.write_json(
        out / "withheld.json", [dataclasses.asdict(w) for w in reader.withheld()])
    return counts


def _cell(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value


# --- what the stages read ----------------------------------------------------------------------


def load_assumptions(path: Path | None = None, registry: Registry | None = None) -> Assumptions:
    """The assumptions of a file, or those that ship with the package.

    Where the registry has a national extension, its thresholds stand in their place (S13); a file
    that a user gives says what the user wants, and goes before both. What it does not hold, since
    it was written before there was such an assumption, is as it stands without it (`filled`).
    """
    from landrelease.core.extension import with_thresholds
    from landrelease.records.assumptions import read_assumptions
    from landrelease.workflows.areas import extension_of

    stated = _shipped_assumptions()
    extension = None if registry is None else extension_of(registry)
    if extension is not None:
        stated = with_thresholds(stated, extension)
    return stated if path is None else read_assumptions(path, stated)


@cache
def _shipped_assumptions() -> Assumptions:
    """Read once: a server asks for them with every submission of a phone."""
    from landrelease.records.assumptions import read_assumptions

    with packaged("assumptions.csv") as path:
        return read_assumptions(path)


def load_teams(path: Path | None, *, country: bool = False) -> tuple[TeamPool, ...]:
    """The teams of a file, or the assumed ones of the demo."""
    from landrelease.records.teams import read_teams

    if path is not None:
        return read_teams(path)
    with packaged("teams_country.csv" if country else "teams_region.csv") as path_:
        return read_teams(path_)


def packaged(name: str):
    return importlib.resources.as_file(importlib.resources.files("landrelease.data") / name)


def load_land(
    registry: Registry,
    assumptions: Assumptions,
    *,
    valid_at: date | None = None,
    known_at: datetime | None = None,
    reader: View | None = None,
    level: str | None = None,
    for_models: bool = True,
    areas_at: date | None = None,
    read: Callable[..., Columns] | None = None,
) -> Land:
    """The land as recorded, or what of it lies in the areas that the reader stated.

    `for_models`: with what only models need: finds, reports of work, evidence, inspections.

    `level`: only outcomes, accidents and activities that were validated at least so far. Hazards
    count at every level: a doubt is not waited for (S01).

    `areas_at`: the day of which the administrative areas are; None: that of the land.

    `read`: as `store.columns.columns`, for what is asked of columns.

    Where no hazard is on record at all, the land says so (`Land.hazards_known`).
    """
    from landrelease.core.certificate import is_decision_outcome
    from landrelease.core.land import build_land
    from landrelease.core.lineage import anywhere
    from landrelease.workflows.cautions import finds_nowhere
    from landrelease.workflows.certificates import in_force
    from landrelease.workflows.credit import without_credit
    from landrelease.workflows.identities import at_level, doubts, standing_of
    from landrelease.workflows.inspections import inspections_told

    def records(kind: str) -> list[Record]:
        day = areas_at if areas_at and kind == "administrative_area" else valid_at
        found = registry.records(kind, valid_at=day, known_at=known_at)
        if level is not None and kind in ("outcome", "accident", "activity"):
            found = at_level(found, level)
        return found if reader is None else list(reader.nearby(found))

    def of_models(kind: str) -> list[Record]:
        return records(kind) if for_models else []

    hazards = hazards_that_stand(registry, valid_at=valid_at, known_at=known_at)
    inspected = inspections_told(registry, valid_at=valid_at, known_at=known_at) \
        if for_models else []
    outcomes = records("outcome")
    unsure = doubts(registry, "outcome")
    # Of a release what was signed: what somebody wrote of its ground since is no part of it.
    if changed := [o.id for o in outcomes if is_decision_outcome(o.id) and o.id in unsure]:
        signed_as = {r.id: r for r in standing_of(registry, "outcome", changed, valid_at=valid_at,
                                                  known_at=known_at)}
        outcomes = [signed_as.get(o.id, o) for o in outcomes]
    land = build_land(
        hazards=hazards if reader is None else list(reader.nearby(hazards)),
        outcomes=outcomes, accidents=records("accident"),
        activities=of_models("activity"), settlements=records("settlement"),
        administrative_areas=records("administrative_area"), assumptions=assumptions,
        chain_head=registry.head(), evidence=of_models("evidence"), items=of_models("item"),
        inspections=inspected if reader is None else list(reader.nearby(inspected)),
        uncredited=without_credit(registry, outcomes, valid_at=valid_at, known_at=known_at,
                                  read=read))
    signed, standing = in_force(registry, hazards, valid_at=valid_at, known_at=known_at)
    # A signature under a record that came in cleared is not that of a release (S09).
    decided = {r.id for r in outcomes if registry.kinds["outcome"].decision_in(r.values)}
    last = registry.quarantine_state()[1]  # before it is read: a row of between counts as later
    unconfirmed, nowhere = waiting_hazards(registry)
    on_record = bool(land.hazards) or bool(records("hazard"))  # closed ones as well
    return dataclasses.replace(land, hazards_on_record=on_record, quarantine_last=last,
                               synthetic=is_synthetic(registry), unconfirmed=unconfirmed,
                               unplaced=nowhere or any(anywhere(r) for r in hazards)
                               or finds_nowhere(registry, valid_at=valid_at, known_at=known_at,
                                                read=read),
                               unverified=frozenset(unsure)
                               | frozenset(decided - signed), in_force=standing)


def hazards_that_stand(registry: Registry, *, valid_at: date | None = None,
                       known_at: datetime | None = None) -> list[Record]:
    """The hazards that count: as signed, where descent leaves them, wherever anybody says.

    A closing that nobody signed changes nothing (S09); a signed one takes the hazard out, until
    something is found on its ground or its certificate is revoked (S11). A parent counts where its
    children do not lie, and hands down how far it may be off; while offices disagree about a hazard
    it is wherever one of them says, and as far off (S01, S04).
    """
    from landrelease.core import lineage
    from landrelease.core.certificate import RELEASE

    standing = lineage.standing(hazards_said(registry, valid_at=valid_at, known_at=known_at))
    # A release may be here without the hazard that it took out, which then can be no closed one.
    if not any(r.value("status") in ("closed", "handed_over") for r in standing) \
            and not any(i.startswith(RELEASE) for i in registry.ids("handover")):
        return standing
    from landrelease.workflows.certificates import without_released

    return without_released(registry, standing, valid_at=valid_at, known_at=known_at)


def hazards_said(registry: Registry, *, valid_at: date | None = None,
                 known_at: datetime | None = None) -> list[Record]:
    """The hazards wherever anybody says, as far off as anybody says, before their descent and the
    releases count."""
    from landrelease.core import lineage
    from landrelease.workflows.exchange import contested_said
    from landrelease.workflows.identities import standing_records

    found = standing_records(registry, "hazard", valid_at=valid_at, known_at=known_at)
    contested = contested_said(registry) if len(registry.chains()) > 1 else {}
    return [r if r.id not in contested else lineage.widest(r, contested[r.id])
            for r in found] if contested else found


# Findings that put the place itself in doubt: such a shape may lie anywhere.
_PLACE_IN_DOUBT = frozenset({"GEO-001", "GEO-002", "GEO-003", "GEO-004", "GEO-006", "GEO-011",
                             "GEO-012", "GEO-013", "GEO-014", "GEO-015", "GEO-018"})


# Findings that leave the place as it was read from cells: its shape is in doubt, or what it does.
_PLACE_AS_READ = frozenset({"GEO-009", "GEO-010", "GEO-016", "GEO-017", "GEO-019", "GEO-020",
                            "GEO-021", "GEO-022", "GEO-023", "GEO-024", "GEO-025", "GEO-026"})


def certain(row: QuarantinedRow) -> bool:
    """Whether a row that waits lies where it is read: its shape, or what its cells say of it."""
    codes = {f.code for f in row.findings}
    return not codes & _PLACE_IN_DOUBT and (bool(row.geometry_wkt) or all(
        c in _PLACE_AS_READ for c in codes if c.startswith("GEO-")))


def waiting_hazards(registry: Registry) -> tuple[tuple[Hazard, ...], bool]:
    """Hazards that wait in quarantine for another reason than their place, as their widest reading
    and with the accuracy that their cells state; and whether others wait that may lie anywhere:
    also in a submission of a phone that waits as a whole. One of which nobody can read how far off
    it is, or that came without an outline, is both.

    A row whose place is in doubt, or is none on Earth, is not among the first: what was read may
    stand for any other ground.
    """
    import shapely

    from landrelease.core.geometry import geodesic_area_m2
    from landrelease.records import shapes
    from landrelease.workflows.waiting_rows import as_read

    found, nowhere = [], False
    waiting = registry.quarantine("waiting")
    places = as_read(registry, [e for e in waiting if e.row.kind == "hazard" and certain(e.row)])
    for entry in waiting:
        nowhere |= quarantine.may_hold_hazards(entry.row)
        if entry.row.kind != "hazard":
            continue
        ground = None
        if (read := places.get(entry.number)) is not None:
            with contextlib.suppress(shapely.errors.ShapelyError, ValueError):
                ground = shapes.repair(read.place, "union", drawn=True).widest
        if read is None or ground is None or ground.is_empty:
            nowhere = True
            continue
        nowhere |= not read.known
        found.append(Hazard(f"quarantine-{entry.number}", ground, geodesic_area_m2(ground),
                            "not_reported", "not_reported", "", read.off_m or None))
    return tuple(found), nowhere


def is_synthetic(registry: Registry) -> bool:
    """Whether the registry's setting `synthetic` says so; a word that is not known says yes."""
    return (registry.setting("synthetic") or "no").strip().lower() not in ("no", "false", "0")


def plane_of(land: Land) -> LocalPlane:
    """The plane centred on the hazards."""
    import numpy as np

    from landrelease.core.geometry import bounds_together, plane_for

    if not land.hazards:
        raise LandReleaseError(NOTHING_HAZARDOUS)
    return plane_for(bounds_together(np.array([h.ground for h in land.hazards], dtype=object)))


@dataclasses.dataclass(frozen=True, slots=True)
class PublicGrid:
    """The grid of the public's cells: one for the life of a registry."""

    plane: LocalPlane
    cell_m: float


def public_grid(registry: Registry, land: Land) -> PublicGrid:
    """The public's grid of cells: made at the first publication, then kept.

    A grid that moved with the data would tell, from one publication to the next, more than its
    cells do (S15). Raises ACC-004: the registry's setting is not one.
    """
    from landrelease.errors import GRID_SETTING

    cell = registry.keep_setting("public_grid_cell_m", f"{PUBLIC_CELL_M:g}")
    try:
        cell_m = float(cell)
    except ValueError:
        cell_m = math.nan
    if not 50 <= cell_m < math.inf:
        raise LandReleaseError(GRID_SETTING, name="public_grid_cell_m", found=cell,
                               expected="a length of 50 m or more")
    return PublicGrid(public_plane(registry, land), cell_m)


def public_plane(registry: Registry, land: Land) -> LocalPlane:
    """The plane of the public's grid: centred on the hazards of the first publication; where there
    are none, on those that wait and on the ground of the releases in force.

    Raises STO-020: there is nothing that the public could be shown.
    """
    import numpy as np

    from landrelease.core.geometry import LocalPlane, bounds_together, plane_for
    from landrelease.errors import GRID_SETTING

    if land.hazards:
        centre = plane_of(land)
    else:
        shown = [*(h.ground for h in land.unconfirmed),
                 *(o.ground for o in land.outcomes if o.id in land.in_force)]
        if not shown:
            raise LandReleaseError(NOTHING_HAZARDOUS)
        centre = plane_for(bounds_together(np.array(shown, dtype=object)))
    kept = registry.keep_setting("public_grid_centre", f"{centre.longitude} {centre.latitude}")
    try:
        longitude, latitude = (float(value) for value in kept.split())
    except ValueError:
        longitude = latitude = math.nan
    if not (abs(longitude) <= 180 and abs(latitude) <= 90):
        raise LandReleaseError(GRID_SETTING, name="public_grid_centre", found=kept,
                               expected="a longitude and a latitude")
    return LocalPlane(longitude, latitude)


# --- the stages --------------------------------------------------------------------------------


def assess(
    land: Land, assumptions: Assumptions, progress: Progress = silent
) -> tuple[HazardAssessment, ...]:
    """Exposure, evidence, the chance of contamination and the next survey of every hazard."""
    from landrelease.assess.hazards import assess_hazards
    from landrelease.workflows.assessing import load_weights

    plane_of(land)
    return assess_hazards(land, assumptions, progress, load_weights(assumptions))


def make_plan(
    land: Land,
    assessments: Sequence[HazardAssessment],
    pools: Sequence[TeamPool],
    assumptions: Assumptions,
    *,
    start: date,
    iterations: int,
    seed: int,
    seconds: float | None = None,
    roads: RoadFiles | None = None,
    binding: Binding | None = None,
    bound_seconds: float = 0.0,
    weights: Mapping[str, float] | None = None,
    until_stopped: bool = False,
    first: Callable[[First], None] | None = None,
    keep: Callable[[PlanFile], None] | None = None,
    progress: Progress = silent,
) -> PlanFile:
    """Cut the areas into tasks, build the problem and solve it; over roads where they are given.

    weights : of the objective, by name, instead of those of the assumptions. until_stopped : search
    in rounds until it is interrupted. first : is told of the plan of a simple rule, as soon as it
    is there. keep : is given that plan, and each better one every few seconds.
    """
    asked = planning_problem(land, assessments, pools, assumptions, start=start, roads=roads,
                             binding=binding, progress=progress)
    asked = dataclasses.replace(asked, problem=with_weights(asked.problem, weights or {}))
    plan = searched(
        asked.problem, lambda plan: plan_file(plan, land, assumptions, start, asked.read),
        first=first, keep=keep, iterations=iterations, seed=seed, seconds=seconds,
        bound_seconds=bound_seconds, until_stopped=until_stopped, progress=progress)
    return plan_file(plan, land, assumptions, start, asked.read)


def searched(
    problem: Problem, as_file: Callable[[Plan], PlanFile], *,
    first: Callable[[First], None] | None = None,
    keep: Callable[[PlanFile], None] | None = None,
    standing: tuple[np.ndarray, np.ndarray] | None = None, **asked: Any,
) -> Plan:
    """The plan of a problem; before the search `keep` is given the first plan and `first` is told
    of it, while it lasts `keep` is given each better one every few seconds."""
    from landrelease.plan.works import check_effort, first_plan, solved

    check_effort(**{n: asked[n] for n in ("iterations", "seconds", "bound_seconds") if n in asked})
    if first is not None or keep is not None:
        found = first_plan(problem, standing)
        if keep is not None:
            keep(as_file(found.plan))
        if first is not None:
            first(found)
    more: dict[str, Any] = {} if standing is None else {"standing": standing}
    if keep is not None:
        kept = keep
        more["improved"] = lambda plan: kept(as_file(plan))
    return solved(problem, **asked, **more)


@dataclasses.dataclass(frozen=True, slots=True)
class Binding:
    """The records that bind a plan, and how they are read.

    renew : an accreditation in force that ends is taken to be renewed; counting : which money
    counts ("received", "committed" or "announced"); teams_given : the pools are those of a file of
    the user, not assumed ones; over_roads : recorded roads count where no files of roads are given.
    """

    sources: Sources
    renew: bool = False
    counting: str = "announced"
    teams_given: bool = True
    over_roads: bool = True


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """A planning problem, what it took from the records, and what they say was done: stages that
    are done are not in the problem."""

    problem: Problem
    read: Recorded = NOTHING_READ
    since: Since = dataclasses.field(default_factory=Since)


def planning_problem(
    land: Land,
    assessments: Sequence[HazardAssessment],
    pools: Sequence[TeamPool],
    assumptions: Assumptions,
    *,
    start: date,
    roads: RoadFiles | None = None,
    binding: Binding | None = None,
    progress: Progress = silent,
) -> Asked:
    """The problem of a plan: tasks, options, benefits, access over roads (of files, else those on
    record), and what the records of `binding` put on it.

    Raises PLN-011: no team can reach any of the land; PLN-702: records leave no team for the first
    survey; and what building raises.
    """
    from landrelease.plan.cutting import cut
    from landrelease.plan.problem import build, needs_survey, out_of_reach
    from landrelease.plan.shares import outcomes_of
    from landrelease.workflows.roads import (
        access_over_roads,
        roads_from,
        roads_on_record,
        unconfirmed,
        waiting_count,
    )

    plane = plane_of(land)
    progress("cutting areas into tasks", 0.0)
    tasks = cut(land.hazards, plane, assumptions)
    progress("building the planning problem", 0.05)
    read, access, unplanned, since = NOTHING_READ, None, [], Since()
    if binding is None:
        problem = build(land.hazards, assessments, tasks, tuple(pools), assumptions, start)
        if roads is not None:
            progress("access over roads", 0.1)
            access = access_over_roads(problem, land, roads_from(land, roads, assumptions),
                                       assumptions, waiting=unconfirmed(land))[0]
        if any(pool.rest for pool in pools):
            from landrelease.plan.recorded.conditions import calendars_of
            from landrelease.plan.recorded.crew import steps_of

            problem = dataclasses.replace(problem, conditions=dataclasses.replace(
                problem.conditions, calendars=calendars_of(problem, steps_of(problem))))
    else:
        from landrelease.plan.recorded.closures import closed_ground
        from landrelease.plan.recorded.conditions import bind
        from landrelease.plan.recorded.crew import crew
        from landrelease.plan.recorded.done import done_notes, done_of
        from landrelease.plan.recorded.ground import ground_facts
        from landrelease.workflows.recorded import exchange_of, rate_notes

        made = crew(binding.sources, tuple(pools) if binding.teams_given else None, tuple(pools),
                    start, renew=binding.renew)
        before = {f"{hazard.id}:NTS": "" for hazard in land.hazards}
        for task in tasks:
            before[f"{task.id}:TS"] = f"{task.hazard_id}:NTS"
            before[f"{task.id}:clearance"] = f"{task.id}:TS"
        since = done_of(before, binding.sources.reported, binding.sources.activities,
                        binding.sources.inspections, binding.sources.outcomes,
                        {f"{task.id}:{kind}": task.ground for task in tasks
                         for kind in ("TS", "clearance")},
                        {**{f"{hazard.id}:NTS": hazard.area_m2 for hazard in land.hazards},
                         **{f"{task.id}:{kind}": task.area_m2 for task in tasks
                            for kind in ("TS", "clearance")}}, ids_of(binding.sources.hazards))
        if not any("nts" in p.speeds() for p in made.pools) and any(
                "nts" in p.speeds() for p in pools) and any(
                needs_survey(hazard, since.done) for hazard in land.hazards):
            raise LandReleaseError(NO_LEAVE_TO_SURVEY, found="; ".join(dict.fromkeys(
                note.words for note in made.read.notes)) or "no team on record surveys")
        unplanned = [n for n in made.read.notes if n.kind == "team" and n.record]
        facts = ground_facts(land.hazards, binding.sources.hazards, assumptions)
        problem = build(land.hazards, assessments, tasks, made.pools, assumptions, start,
                        facts=facts, steepest_deg=made.steepest_deg, done=frozenset(since.done),
                        again=since.left(), followed=since.followed)
        grounds = {h.id: h.ground for h in land.hazards}
        over, of_roads = None, NOTHING_READ
        stands = binding.sources.waiting
        counted = waiting_count(stands)
        waits = counted.notes
        if roads is not None:
            over = roads_from(land, roads, assumptions)
        if there := len(binding.sources.roads):
            if roads is None and binding.over_roads:
                over, of_roads = roads_on_record(land, binding.sources.roads, problem, assumptions)
            else:
                of_roads = Recorded({"road": (there, 0)}, (Note("road", "", f"{there} on record: "
                    + ("those of --roads are used in their place" if roads is not None else
                       "left out, as asked for")),))
        closed = closed_ground(problem, grounds,
                               (*binding.sources.closures, *stands.closures),
                               assumptions.value("closure_open_days"), binding.sources.utc_offset,
                               roads=over is not None)
        if over is not None:
            progress("access over roads", 0.1)
            access, laid, shut, more = access_over_roads(problem, land, over, assumptions, closed,
                                                         stands.hazards)
            closed, waits = laid or closed, waits + more
            if shut:
                of_roads = of_roads.and_also(Recorded({}, (Note(
                    "road", shut[0] if len(shut) == 1 else "", f"{len(shut)} kept shut by their "
                    "own record, and no area on record blocks them: no work of the plan opens them"
                    ),)))
        bound = bind(problem, binding.sources, made, grounds, closed,
                     assumptions, exchange_of(
                         binding.sources, made.pools[0].currency, start,
                         assumptions.value("exchange_rate_age_days")),
                     counting=binding.counting)
        problem, read = bound.problem, Recorded(counted.counts, waits).and_also(
            bound.read).and_also(facts.read).and_also(of_roads).and_also(
            done_notes(since, land.hazards, len(binding.sources.inspections))).and_also(
            rate_notes(binding.sources))
    idle = out_of_reach(problem, assumptions, assumed=binding is not None and (
        not binding.teams_given and problem.pools == tuple(pools)),
        unplanned=unplanned)
    if idle is not None:
        read = dataclasses.replace(read, notes=(*read.notes, idle))
    if access is not None:
        problem = dataclasses.replace(
            problem, access=access, objective=dataclasses.replace(
                problem.objective, access_weight=assumptions.value("access_weight")))
    problem = dataclasses.replace(problem, conditions=dataclasses.replace(
        problem.conditions, outcomes=outcomes_of(problem, assumptions)))
    return Asked(problem, read, since)


def with_weights(problem: Problem, weights: Mapping[str, float]) -> Problem:
    """A problem judged by other weights, by name; the same one where they are its own.

    Raises PLN-511: an unknown weight; PLN-009: one out of range.
    """
    if not weights:
        return problem
    from landrelease.plan.objective import weighted
    from landrelease.workflows.explaining import objective_with

    objective = objective_with(problem.objective, weights)
    return problem if objective == problem.objective else weighted(problem, objective)


def no_land(synthetic: bool) -> Land:
    """Land of which nothing is known: of a plan that was made from tables."""
    return Land((), (), (), (), (), (), "", synthetic=synthetic)


def plan_file(plan: Plan, land: Land, assumptions: Assumptions, start: date,
              recorded: Recorded = NOTHING_READ) -> PlanFile:
    """A plan with what it rests on, ready to be saved."""
    from landrelease.store.results import PlanFile

    objective = plan.problem.objective
    weights = {name: getattr(objective, name) for name in ("person_weight", "hectare_weight")}
    return PlanFile(plan, assumptions, land.chain_head, start, weights, land.synthetic, recorded,
                    quarantine_last=land.quarantine_last)


def waits_since(saved: PlanFile, registry: Registry) -> int:
    """How many rows wait that may be hazards or closures and came in after a plan was made: they
    move no chain, and the plan may lead over them (S01)."""
    from landrelease.workflows.quarantine import may_hold_hazards

    if registry.quarantine_state()[1] <= saved.quarantine_last:
        return 0
    return sum(e.number > saved.quarantine_last and (
        e.row.kind in ("hazard", "closure") or may_hold_hazards(e.row))
        for e in registry.quarantine("waiting"))


def is_old(saved: PlanFile, registry: Registry) -> bool:
    """Whether a plan rests on an earlier state of the registry, or more waits than it counted."""
    return saved.chain_head != registry.head() or waits_since(saved, registry) > 0


def check_plan(saved: PlanFile, registry: Registry) -> dict[str, Any]:
    """What speaks against a plan, in words: what cannot be carried out (`violations`), decisions
    of people that it does not keep (`unkept`), and a wrong score, a bound above it, records that
    have changed or areas from tables that are not open on record (`doubts`). `from_tables`: that
    nothing else of the records was compared."""
    from landrelease.plan import check
    from landrelease.workflows.tables import areas_not_open

    plan = saved.plan
    exact = check.score(plan.problem, plan.schedule)
    doubts = []
    if abs(exact - plan.score) > 1e-6 * max(1.0, abs(exact)):
        doubts.append(f"The plan says a score of {plan.score:,.2f}; added up it is {exact:,.2f}.")
    if plan.bound > exact * (1 + 1e-9) + 1e-9:
        doubts.append(f"The bound {plan.bound:,.2f} is above the plan's own score {exact:,.2f}.")
    if saved.chain_head and saved.chain_head != registry.head():  # of tables alone: on none
        doubts.append("The plan rests on other records than the registry holds now: chain head "
                      f"{saved.chain_head[:12]}, now {registry.head()[:12]}.")
    later = waits_since(saved, registry) if saved.chain_head else 0
    if later:
        doubts.append(f"{later:,} rows that may be hazards or closures wait that came in after the "
                      "plan was made: it may lead over them. Make it again (`quarantine list` "
                      "shows them).")
    there, kept = saved.recorded.counts.get("quarantine", (0, 0))
    if there > kept:
        doubts.append(f"{there - kept:,} rows that may be hazards or closures wait whose place "
                      "nobody can read: they may lie on any road and any ground of the plan "
                      "(`quarantine list`).")
    missing = areas_not_open(saved, registry)
    if missing:
        doubts.append(f"{len(missing):,} areas on which the plan has work are no open areas of the "
                      "registry: " + ", ".join(missing[:5]) + (" ..." if len(missing) > 5 else "")
                      + ".")
    return {"violations": check.violations(plan.problem, plan.schedule),
            "unkept": check.unkept(plan.problem, plan.schedule), "doubts": doubts,
            "from_tables": saved.from_tables,
            "score": exact, "bound": plan.bound, "stages": len(plan.problem.stage_ids),
            "planned": int((plan.schedule.finish >= 0).sum())}


def make_outlook(
    plan: Plan,
    assumptions: Assumptions,
    *,
    runs: int,
    seed: int,
    works: Sequence[Any] = (),
    progress: Progress = silent,
) -> Outlook:
    """Simulate the plan's policy. works : the stages that each work of phase two waits for."""
    from landrelease.forecast.outlook import make_outlook as simulate

    return simulate(plan, assumptions, runs=runs, seed=seed, works=works, progress=progress)


def make_ledger(land: Land, progress: Progress = silent) -> tuple[LedgerRow, ...]:
    """The area ledger by municipality; the last row is the total."""
    from landrelease.release.ledger import ledger

    return ledger(land, progress)


def make_figures(
    land: Land,
    rows: Sequence[LedgerRow],
    *,
    assessments: Sequence[HazardAssessment] = (),
    plan: Plan | None = None,
    outlook: Outlook | None = None,
) -> tuple[Figure, ...]:
    """All figures that the given results allow."""
    from landrelease.figures import catalogue

    figures = catalogue.land_figures(land, rows)
    figures += catalogue.assessment_figures(assessments, land.chain_head)
    if plan is not None:
        figures += catalogue.plan_figures(plan, outlook, land.chain_head)
    return figures


def check_plan_is_current(saved: PlanFile, registry: Registry, path: Path) -> None:
    """Raise PLN-102 where the plan rests on other records than the registry holds now, or rows
    wait that it cannot have counted."""
    later = waits_since(saved, registry)
    if saved.chain_head != registry.head() or later:
        raise LandReleaseError(
            PLAN_IS_OLD, path=str(path), found=saved.chain_head[:12] or "none (of tables alone)",
            expected=registry.head()[:12] + (f" +{later} (quarantine)" if later else ""))


# --- publish -----------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Results:
    """What the stages made, as far as it was made."""

    land: Land
    assumptions: Assumptions
    ledger: tuple[LedgerRow, ...]
    figures: tuple[Figure, ...]
    assessments: tuple[HazardAssessment, ...] = ()
    plan: PlanFile | None = None
    outlook: Outlook | None = None
    contamination: ContaminationMap | None = None
    contamination_file: str = ""
    imports: tuple[ImportReport, ...] = ()
    communities: Reopening | None = None
    phases: tuple[Phase, ...] = ()
    small_count: int = 3  # of the registry: see `access.policy.SMALL_COUNT`


@dataclasses.dataclass(frozen=True, slots=True)
class Heading:
    """How the outputs name the programme."""

    title: str
    subtitle: str
    scope: str
    state: str = ""  # the day of the records, where the source says it
    synthetic: bool = False
    sources: tuple[DataSource, ...] = ()
    cautions: tuple[str, ...] = ()
    contact: str = ""


def publish_public(
    results: Results, heading: Heading, grid: PublicGrid, out: Path, made_on: date,
    progress: Progress = silent, texts: Texts = ENGLISH,
    reported: Sequence[ReportedPart] = (),
) -> Path:
    """Write the page for everybody: coarse hazard cells, released ground rounded inward, totals.

    grid : the same for every publication (`public_grid`). Each hazard is widened by 100 m, or by
    the accuracy of its position where that is worse (S15). `reported`: cells of open reports of
    danger (`public.reported_cells`). Returns the page's path.

    Raises ACC-003: a hazard lies where the grid does not reach.
    """
    from landrelease.access import ground, policy
    from landrelease.core.report import (
        PublicFigure,
        PublicReport,
        PublicTotal,
        ReleasedGround,
        ReportedGround,
    )
    from landrelease.publish.page import render_public
    from landrelease.store.results import write_atomically

    progress("the public's page", 0.0)
    view = policy.view(None, small_count=results.small_count)
    land = results.land
    cautions = heading.cautions
    reach_m, longer = ground.beyond_grid(land.hazards, grid.plane)
    if reach_m:
        # Said, not mended: a new centre would make a second grid (S15).
        cautions += (f"The grid of squares was fixed at the first publication. Hazards now lie up "
                     f"to {reach_m / 1000:,.0f} km from its centre, where squares are up to "
                     f"{longer:.0%} longer in one direction than stated.",)
    if land.unplaced:
        from landrelease.workflows.public_words import UNPLACED

        cautions += (texts(UNPLACED),)
    if reported:
        from landrelease.workflows.public_words import REPORTED_SOMEWHERE

        cautions += (texts(REPORTED_SOMEWHERE),)
    cells, released = public_ground(land, grid)
    report = PublicReport(
        title=heading.title, subtitle=heading.subtitle, scope=heading.scope,
        synthetic=heading.synthetic or land.synthetic, made_on=made_on, state=heading.state,
        hazardous=tuple(cells), cell_m=grid.cell_m,
        released=tuple(
            ReleasedGround(shape, outcome.outcome_type, outcome.depth_m, outcome.released_on,
                           outcome.id not in land.unverified)
            for outcome, shape in released),
        municipalities=land.municipalities,
        totals=tuple(
            PublicTotal(r.name, r.hazards, r.hazardous_m2, r.cleared_m2)
            for r in view.ledger(results.ledger)[:-1]),
        figures=tuple(
            PublicFigure(f.name, f.definition, f.value, f.unit, f.low, f.high, f.note)
            for f in view.figures(results.figures) if f.scope == "all"),
        sources=heading.sources, cautions=cautions, contact=heading.contact,
        place_m=results.assumptions.value("public_place_m"),
        reported=tuple(ReportedGround(r.ground, r.day) for r in reported), unplaced=land.unplaced,
    )
    path = out / "index.html"
    write_atomically(path, render_public(report, texts).encode())
    progress("the public's page", 1.0)
    return path


def public_ground(
    land: Land, grid: PublicGrid
) -> tuple[list[Ground], list[tuple[Outcome, Ground]]]:
    """What the public sees of the ground: the cells that touch a hazard, and the ground of each
    signed release in force, rounded inward, where any is left (S09, S11, S15). Ground that somebody
    only recorded as cleared is to the public ground without information."""
    from landrelease.access import ground

    known = (*land.hazards, *land.unconfirmed)
    widths = ground.hazard_widths_m(known, PUBLIC_WIDEN_M)
    cells = ground.public_hazard_cells(known, grid.plane, grid.cell_m, widths)
    handed = [o for o in land.outcomes if o.id in land.in_force
              and o.outcome_type in ("cancelled", "reduced", "cleared")]
    shrunk = ground.public_released(handed, known, grid.plane, inward_m=PUBLIC_INWARD_M,
                                    widen_m=widths)
    return list(cells), [(outcome, shape) for outcome, shape in zip(handed, shrunk, strict=True)
                         if shape is not None]


def publish_planner(
    results: Results,
    heading: Heading,
    out: Path,
    made_on: date,
    *,
    role: str = "planner",
    promised: Sequence[date] = (),
    templates: Path | None = None,
    progress: Progress = silent,
    texts: Texts = ENGLISH,
) -> list[Path]:
    """Write page, PDF and data files for those who run the programme, as the role may see them."""
    from landrelease.access import policy
    from landrelease.core.report import Report
    from landrelease.publish.document import render_pdf
    from landrelease.publish.page import render_page
    from landrelease.store import exports
    from landrelease.store import results as files

    view = policy.view(role)
    results = dataclasses.replace(results, figures=view.figures(
        results.figures, unseen(results.land, view)))
    synthetic = heading.synthetic or results.land.synthetic
    report = Report(
        title=heading.title, subtitle=heading.subtitle, scope=heading.scope,
        synthetic=synthetic, made_on=made_on, land=results.land,
        assessments=results.assessments,
        plan=results.plan.plan if results.plan else None,
        weights=dict(results.plan.weights) if results.plan else {},
        outlook=results.outlook, promised=tuple(promised), ledger=results.ledger[:-1],
        ledger_total=results.ledger[-1], figures=results.figures,
        assumptions=results.assumptions, imports=results.imports,
        communities=results.communities, phases=results.phases,
        contamination=results.contamination, contamination_file=results.contamination_file,
        sources=heading.sources, cautions=heading.cautions)
    written = []
    progress("the page", 0.1)
    files.write_atomically(out / "index.html", render_page(report, view, texts).encode())
    written.append(out / "index.html")
    progress("the document", 0.4)
    files.write_atomically(out / "report.pdf", render_pdf(report, view, texts, templates))
    written.append(out / "report.pdf")
    progress("the data files", 0.7)
    if view.may("figures", "records"):
        exports.write_json(out / "figures.json", figures_document(results, made_on, synthetic))
        written.append(out / "figures.json")
    if results.plan is not None and view.may("plan_dates", "cost"):
        rows = marked(files.plan_rows(results.plan.plan), synthetic)
        exports.write_csv(out / "plan.csv", rows)
        geometries, properties = plan_features(results.plan, rows)
        exports.write_geojson(
            out / "plan.geojson", geometries, marked(properties, synthetic),
            description=label(synthetic) + PLAN_WORDS)
        written += [out / "plan.csv", out / "plan.geojson"]
    if view.precision("hazard") == "exact" and view.may("assessment"):
        columns, grounds = area_table(results)
        if synthetic:
            columns["synthetic"] = [True] * len(grounds)
        exports.write_geoparquet(
            out / "areas.parquet", columns, grounds,
            description=label(synthetic) + "Hazardous areas as recorded; not for moving on the "
            f"ground. Chain head {results.land.chain_head}.")
        written.append(out / "areas.parquet")
    progress("published", 1.0)
    return written


# Of each file and layer that holds the ground of a plan alone (S01).
PLAN_WORDS = ("Tasks of the plan; a proposal, not an order. Ground without a task may be hazardous "
              "all the same: load the layer of hazards beside it.")


def label(synthetic: bool) -> str:
    """What descriptions of files begin with (S19)."""
    return f"{SYNTHETIC} " if synthetic else ""


def marked(rows: Sequence[Mapping[str, Any]], synthetic: bool) -> list[dict[str, Any]]:
    """Rows of a data file; of a synthetic programme each row says so, wherever it is copied."""
    return [{**row, **({"synthetic": True} if synthetic else {})} for row in rows]


def figures_document(results: Results, made_on: date, synthetic: bool = False) -> dict[str, Any]:
    """`figures.json`: each figure with its definition, interval and records."""
    return {
        "synthetic": synthetic or results.land.synthetic,
        "made_on": made_on.isoformat(),
        "chain_head": results.land.chain_head,
        "figures": [dataclasses.asdict(f) for f in results.figures],
        "ledger": [dataclasses.asdict(r) for r in results.ledger],
    }


def plan_features(
    saved: PlanFile, rows: Sequence[Mapping[str, Any]]
) -> tuple[list[Any], list[dict[str, Any]]]:
    """One feature a task: its ground and the dates of its stages."""
    stages: dict[str, dict[str, Any]] = {}
    surveys: dict[str, str] = {}
    for row in rows:
        if row["task"]:
            entry = stages.setdefault(row["task"], {})
            entry[f"{row['activity']}_start"] = row["start"] or None
            entry[f"{row['activity']}_finish"] = row["finish"] or None
            entry[f"{row['activity']}_method"] = row["method"] or None
        else:
            surveys[row["hazard"]] = row["finish"]
    tasks = saved.plan.problem.tasks
    return [t.ground for t in tasks], [
        {"task": t.id, "hazard": t.hazard_id, "area_m2": round(t.area_m2, 1),
         "NTS_finish": surveys.get(t.hazard_id) or None, **stages.get(t.id, {})}
        for t in tasks
    ]


def area_table(results: Results) -> tuple[dict[str, list[Any]], list[Any]]:
    """The columns of `areas.parquet`, one row a hazard, and their grounds."""
    land = results.land
    names = {m.id: m.name for m in land.municipalities}
    assessed = {a.hazard_id: a for a in results.assessments}
    columns: dict[str, list[Any]] = {
        "hazard": [h.id for h in land.hazards],
        "hazard_type": [h.hazard_type for h in land.hazards],
        "status": [h.status for h in land.hazards],
        "municipality": [names.get(h.municipality_id) for h in land.hazards],
        "area_m2": [h.area_m2 for h in land.hazards],
    }
    if assessed:
        found = [assessed[h.id] for h in land.hazards]
        for name in ("people_nearby", "people_low", "people_high", "accidents_inside",
                     "accidents_nearby", "lifted_nearby", "cleared_overlap_m2", "next_action"):
            columns[name] = [getattr(a, name) for a in found]
        for name in ("probability", "low", "high", "is_prior"):
            columns[f"contaminated_{name}"] = [getattr(a.prior, name) for a in found]
    if results.plan is not None:
        from landrelease.store.results import plan_rows

        last: dict[str, str] = {}
        open_ended: set[str] = set()
        for row in plan_rows(results.plan.plan):
            if row["finish"]:
                last[row["hazard"]] = max(last.get(row["hazard"], ""), row["finish"])
            else:
                open_ended.add(row["hazard"])
        columns["planned_finish"] = [
            None if h.id in open_ended else last.get(h.id) for h in land.hazards]
    return columns, [h.ground for h in land.hazards]


def outlook_summary(
    outlook: Outlook, *, by: date | None = None, budget: float | None = None
) -> dict[str, Any]:
    """The forecast in few numbers; None where the quantile lies beyond the horizon."""
    import numpy as np

    years = {
        f"p{round(q * 100)}": _finite(np.quantile(outlook.finish_day, q, method="inverted_cdf")
                                      / 365.25)
        for q in (0.1, 0.5, 0.9)}
    return {
        "start": outlook.start.isoformat(), "runs": outlook.runs, "seed": outlook.seed,
        "policy": outlook.policy,
        "not_finished": int(np.sum(~np.isfinite(outlook.finish_day))),
        "horizon_years": outlook.horizon_days / 365.25,
        "years_until_done": years,
        "cost": {f"p{round(q * 100)}": outlook.cost_quantile(q)[0] for q in (0.1, 0.5, 0.9)},
        "currency": outlook.currency,
        **_chances(outlook, by, budget),
        "drivers": [dataclasses.asdict(d) for d in outlook.drivers],
    }


def _chances(outlook: Outlook, by: date | None, budget: float | None) -> dict[str, Any]:
    """The chance of a date and of a budget, what so many runs leave open of it (80 %), and the
    runs that might still keep it; money that was not enough for a run that did not finish was not
    enough at all."""
    from landrelease.forecast.inverse import inverse

    found: dict[str, Any] = {}
    for name, answer in (
            ("chance_by", None if by is None else inverse(outlook, by=by)),
            ("chance_of_budget", None if budget is None else inverse(outlook, budget=budget))):
        found[name] = None if answer is None else answer.chance
        found[f"{name}_interval"] = None if answer is None else [answer.low, answer.high]
        found[f"{name}_open_runs"] = None if answer is None else answer.open_runs
    found["chance_by_passed"] = by is not None and outlook.passed(by)
    if found["chance_by_passed"]:  # no matter of luck any more
        found["chance_by_interval"] = [0.0, 0.0]
    return found


def chance_words(summary: Mapping[str, Any], name: str, digits: int = 0) -> str:
    """A chance of `outlook_summary` with its interval; "at least" where runs are still open."""
    if name == "chance_by" and summary["chance_by_passed"]:
        return (f"0% (the day has passed: the forecast begins on {summary['start']}, with work "
                "left to do)")
    low, high = summary[f"{name}_interval"]
    least = "at least " if summary[f"{name}_open_runs"] else ""
    return (f"{least}{summary[name]:.{digits}%} ({low:.{digits}%} to {high:.{digits}%}, as far as "
            f"{summary['runs']:,} runs can tell)")


_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")


def outlook_words(outlook: Outlook) -> list[str]:
    """The forecast in a few lines."""
    summary = outlook_summary(outlook)

    def month(years: float | None) -> str:
        if years is None:
            return f"later than {outlook.start.year + round(summary['horizon_years'])}"
        day = date.fromordinal(outlook.start.toordinal() + math.ceil(years * 365.25 - 1e-6))
        return f"{_MONTHS[day.month - 1]} {day.year}"

    ends = {name: month(value) for name, value in summary["years_until_done"].items()}
    low, middle, high = (cost_words(outlook, q) for q in (0.1, 0.5, 0.9))
    horizon = outlook.start.year + round(summary["horizon_years"])
    middle_years = summary["years_until_done"]["p50"]
    lines = [
        (f"half of the runs are not done by {horizon}" if middle_years is None else
         f"all done by {ends['p50']} (median)") + (
            f"; nine in ten of {outlook.runs} runs are not" if summary["years_until_done"]["p10"]
            is None else f"; 80 % of {outlook.runs} runs between {ends['p10']} and {ends['p90']}"),
        f"cost until then {middle} {outlook.currency} (80 %: {low} to {high})",
    ] if not outlook.few else [
        (f"half of the runs are not done by {horizon}" if middle_years is None else
         f"all done by {ends['p50']} (median)") + f"; {too_few_words(outlook.runs)}",
        f"cost until then {middle} {outlook.currency} (median)",
    ]
    if summary["not_finished"]:
        lines.append(f"{summary['not_finished']} of {outlook.runs} runs do not finish within "
                     f"{summary['horizon_years']:.0f} years")
    return lines


def too_few_words(runs: int) -> str:
    """What stands in the place of an interval that so few runs do not tell."""
    from landrelease.core.outlook import FEWEST_RUNS

    return f"runs: {runs:,}, too few for an interval, at least {FEWEST_RUNS} are needed"


COST_WORDS = ("Cost is that of team-days alone: no equipment, no overhead, no change of prices; "
              "the chance of a budget counts nothing else either.")


def cost_words(outlook: Outlook, chance: float) -> str:
    """The cost that covers this share of the runs; "at least" where runs that do not finish hold
    it, because it is then only what they have cost until the horizon."""
    cost, known = outlook.cost_quantile(chance)
    # In one format for all quantiles, which stand beside each other.
    millions = outlook.cost_quantile(0.1)[0] >= 1e7
    words = f"{cost / 1e6:,.0f} M" if millions else f"{cost:,.0f}"
    return words if known else f"at least {words}"


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def merge_rule() -> str:
    """The rule by which repeated rows merge, in words."""
    from landrelease.records.intake import MERGE_RULE

    return MERGE_RULE


def residual(document: Mapping[str, Any], stated: Assumptions | None = None) -> dict[str, Any]:
    """Residual risk after search; see `landrelease.assess.residual`."""
    from landrelease.assess.residual import residual as compute
    from landrelease.workflows.risk import settings_of

    return compute(document, settings_of(stated or load_assumptions()))


def sample_size(lot: int, tolerable: int, detection: float, confidence: float) -> dict[str, Any]:
    """Units to inspect, and the chance that a lot with `tolerable` defects is then accepted."""
    from landrelease.verify import sampling

    sample = sampling.sample_size(lot, tolerable, detection, confidence)
    return {"sample": sample, "accept_probability":
            sampling.accept_probability(lot, tolerable, sample, detection)}


def operating_characteristic(lot: int, sample: int, detection: float) -> list[dict[str, Any]]:
    """The chance to accept a lot, by its number of defects."""
    from landrelease.verify import sampling

    return [{"defects": int(d), "accept_probability": float(p)}
            for d, p in sampling.operating_characteristic(lot, sample, detection)]


def visible_figures(
    registry: Registry, reader: View, progress: Progress = silent, level: str | None = None,
    valid_at: date | None = None, known_at: datetime | None = None,
) -> tuple[tuple[LedgerRow, ...], tuple[Figure, ...]]:
    """Ledger (empty where it would be of few records) and figures, as the reader may see them.

    `level`: see `load_land`. Raises SIG-006 for an unknown one.
    """
    from landrelease.workflows.figures import At, all_figures

    found = all_figures(registry, reader, At(valid_at, known_at, level), progress)
    return found.rows, found.figures


def unseen(land: Land, reader: View) -> set[str]:
    """Ids of the land's records that a reader does not see one by one."""
    parts: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("hazard", land.hazards), ("outcome", (*land.outcomes, *land.without_credit)),
        ("accident", land.accidents), ("activity", land.lifted),
        ("settlement", (*land.settlements, *land.placeless_settlements)),
        ("administrative_area", land.municipalities))
    return {record.id for kind, records in parts if reader.precision(kind) != "exact"
            for record in records}


def visible_history(registry: Registry, record: str, reader: View) -> list[StoredRevision]:
    """The revisions of a record, with the values that the reader may see.

    A person's name as author is not shown, only the id that stands for it (S17).

    Raises ACC-101 where the reader may not see the history, and STO-... for a record that does not
    exist or that the reader may not know of: the two cannot be told apart.
    """
    from landrelease.core.personal import is_person_id, is_program
    from landrelease.errors import RECORD_UNKNOWN
    from landrelease.store.registry import latest

    reader.check("history")
    found = registry.history(record)
    kind = found[0].revision.kind if found else ""
    # What the record is now decides who may know of its past.
    now = [s.revision for s in latest(found).values()]
    current = [Record(kind, r.record_id, r.values, r.geometry) for r in now]
    if reader.precision(kind) != "exact" or not reader.inside(current):
        raise LandReleaseError(RECORD_UNKNOWN, found=record)
    shown = []
    for stored in found:
        r = stored.revision
        known = is_person_id(r.recorded_by) or is_program(r.recorded_by)
        dated = reader.may(kind, "information_date")
        shown.append(dataclasses.replace(stored, revision=dataclasses.replace(
            r, values={k: v for k, v in r.values.items() if reader.may(kind, k)},
            valid_from=r.valid_from if dated else None,
            recorded_by=r.recorded_by if known else "a person", commitments={})))
    return shown


def page_cell_m(land: Land) -> float:
    """The side of a cell of the page's contamination map: 100 m, more where the land is wide.

    A page needs no more than some 20 million cells; the whole map belongs in a raster.
    """
    import numpy as np
    import shapely

    plane = plane_of(land)
    west, south, east, north = shapely.total_bounds(plane.to_plane(
        np.array([h.ground for h in land.hazards], dtype=object)))
    cells = max((east - west) * (north - south), 1.0) / 100.0**2
    return next((100.0 * k for k in (1, 2, 5, 10, 20, 50) if cells / k**2 <= 20e6), 10_000.0)


def publish(
    registry: Registry,
    out: Path,
    *,
    reader: View,
    plan_path: Path | None = None,
    forecast_path: Path | None = None,
    assumptions_path: Path | None = None,
    title: str = "",
    contact: str = "",
    made_on: date,
    templates: Path | None = None,
    progress: Progress = silent,
    lang: str = "en",
) -> list[Path]:
    """Write what a reader may see of a registry; the public's page alone for the public (S14).

    `title`: name of the programme; without one "Land release" in the language of the page.
    `lang`: a language of `workflows.languages`. REL-023: there is none such.

    Pages are made of all rows at once, so that what is given by organisation is not on them.
    """
    from landrelease.store.results import load_outlook, load_plan
    from landrelease.workflows.languages import asked_for

    texts = asked_for(lang)
    view = reader.whole()
    stated = load_assumptions(assumptions_path, registry)
    land = load_land(registry, stated, reader=reader)
    rows = make_ledger(land, progress)
    places = ", ".join(area.names[0] for area in reader.areas)
    from landrelease.workflows.public import contact_of
    from landrelease.workflows.public_words import PROGRAMME

    heading = Heading(title=title or texts(PROGRAMME), subtitle="", scope=registry.office,
                      contact=contact or contact_of(registry))
    if places and view.precision("hazard") == "exact":
        heading = dataclasses.replace(heading, scope=f"{registry.office}: only {places}")
    # Whoever may not see hazards as they stand gets the page that cannot hold them (S14, S15).
    if view.precision("hazard") != "exact":
        from landrelease.workflows.public import reported_cells

        results = Results(land, stated, rows, make_figures(land, rows),
                          small_count=reader.small_count)
        grid = public_grid(registry, land)
        return [publish_public(results, heading, grid, out, made_on, progress, texts,
                               reported_cells(registry, grid))]
    plane_of(land)
    saved = outlook = None
    if plan_path is not None:
        saved = load_plan(plan_path)
        check_plan_is_current(saved, registry, plan_path)
    if forecast_path is not None:
        outlook, _ = load_outlook(forecast_path)
    assessments = assess(land, stated, progress)
    figures = make_figures(land, rows, assessments=assessments,
                           plan=saved.plan if saved else None, outlook=outlook)
    contamination = None
    if view.may("contamination_map"):
        from landrelease.assess.contamination import contamination_map, density_of

        contamination = contamination_map(
            land, assessments, density_of(stated), page_cell_m(land), progress,
            effort=load_effort(registry, stated, reader=reader))
    results = Results(land, stated, rows, figures, assessments, saved, outlook, contamination,
                      imports=tuple(report for _, report in registry.imports()))
    return publish_planner(results, heading, out, made_on, role=view.role, templates=templates,
                           progress=progress, texts=texts)


def make_world(size: str, seed: int, out: Path, progress: Progress = silent) -> dict[str, Any]:
    """Write a synthetic programme with known truth into a folder; returns its counts."""
    from landrelease.worlds.make import make_world as make

    made = make(size, seed, out, progress)
    return {f.name: getattr(made, f.name) for f in dataclasses.fields(made)
            if f.name not in ("out", "files", "statistics")} | {
        "files": list(made.files), "synthetic": True}
