"""Works of phase two: records and a plan in; what they wait for, when they can start, and the land
and people that come back, planned against actual, out."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from landrelease.core.geometry import joined
from landrelease.core.record import Record
from landrelease.errors import PROJECTS_NOTHING, LandReleaseError

if TYPE_CHECKING:
    import numpy as np

    from landrelease.access.policy import View
    from landrelease.core.assumption import Assumptions
    from landrelease.core.hazard import Hazard, Land, Settlement
    from landrelease.core.ledger import Figure
    from landrelease.figures.phase_two import Return, Site, WorkOutlook
    from landrelease.store.registry import Registry
    from landrelease.store.results import PlanFile
    from landrelease.workflows.money import Books


NO_MONEY = "no money named: no fund for rebuilding is on record for this reader"


@dataclasses.dataclass(frozen=True, slots=True)
class Works:
    """The works, and what they were computed from."""

    rows: tuple[WorkOutlook, ...]
    as_of: date
    handover_days: int
    chain_head: str
    synthetic: bool
    books: Books | None
    basis: str  # which promises of money count
    stated: Assumptions


def works(registry: Registry, reader: View, *, as_of: date, plan: PlanFile | None = None,
          basis: str = "committed", currency: str | None = None, valid_at: date | None = None,
          known_at: datetime | None = None, level: str | None = None) -> Works:
    """The works of phase two as the reader may see them, with their outlook by land, order, season
    and money. basis : which money counts: received, committed, announced, none (money binds
    nothing). valid_at, known_at : see `Registry.records`; level : of the works and of money.

    Raises MON-030: no works that this reader may see.
    """
    from landrelease.figures import runway
    from landrelease.figures.phase_two import works_outlook
    from landrelease.workflows import is_synthetic, load_assumptions
    from landrelease.workflows.identities import at_level
    from landrelease.workflows.money import books

    projects = reader.records(registry.records("project", valid_at=valid_at, known_at=known_at))
    if level is not None:
        projects = list(at_level(projects, level))
    if not projects:
        raise LandReleaseError(PROJECTS_NOTHING, role=reader.role)
    stated = load_assumptions(None, registry)
    found: Books | None
    try:
        found = books(registry, reader, as_of=as_of, currency=currency, level=level,
                      valid_at=valid_at, known_at=known_at)
    except LandReleaseError as error:
        if error.code != "MON-020":
            raise
        found = None
    money, spent, no_money = None, {}, ""
    chosen = next((b for b in runway.BASES if b == basis), None)
    funds = () if found is None else found.account.funds
    if found is not None:
        if chosen and any(e.phase == "rebuilding" for e in funds):
            money = runway.money_of(found.account, chosen, phase="rebuilding")
        spent = _spent(found, projects)
    if chosen and money is None:
        no_money = NO_MONEY + (
            "; what is for both phases is not shared out" if any(e.phase == "both" for e in funds)
            else "") + ": money does not bind it"
    sites, released = sites_of(registry, projects, plan, valid_at=valid_at, known_at=known_at)
    days = round(stated.value("handover_days"))

    def in_currency(amount: float, unit: str) -> float | None:
        if found is None:
            return None
        there = found.rates.convert(amount, unit, found.account.currency, as_of)
        return None if there is None else there.value

    rows = works_outlook(
        projects, sites, as_of=as_of, released_on=None if plan is None else released,
        handover_days=days, money=money, in_currency=in_currency, spent=spent, no_money=no_money)
    return Works(rows, as_of, days, registry.head(), is_synthetic(registry), found, basis, stated)


def _spent(found: Books, projects: Sequence[Record]) -> dict[str, float]:
    from landrelease.core.links import Links

    links = Links(projects)
    out: dict[str, float] = {}
    for e in found.account.expenses:
        for r in links.of(e.project):
            out[r.id] = out.get(r.id, 0.0) + (e.value or 0.0)
    return out


def sites_of(registry: Registry, projects: Sequence[Record], plan: PlanFile | None, *,
             valid_at: date | None = None, known_at: datetime | None = None
             ) -> tuple[dict[str, Site], dict[str, date | None]]:
    """The land of each work, and the day on which each area is finished: by its signed release, or
    by the plan (None: not within it). A work needs each area that may reach its ground (S04)."""
    from landrelease.core.lineage import lineage, reach_m
    from landrelease.core.links import Links
    from landrelease.figures.phase_two import Site
    from landrelease.release.unlocked import Near
    from landrelease.workflows import hazards_that_stand
    from landrelease.workflows.certificates import unlocked_projects
    from landrelease.workflows.identities import standing_records

    then: dict[str, Any] = {"valid_at": valid_at, "known_at": known_at}
    land = {p.project: p for p in unlocked_projects(registry, done=True, **then)}
    hazards = registry.records("hazard", **then)
    line, links = lineage(hazards), Links(hazards)
    standing = [r for r in hazards_that_stand(registry, **then) if r.geometry is not None]
    still = {r.id for r in standing}
    closed = {r.id: r for r in standing_records(registry, "hazard", **then) if r.id not in still}
    there = Near(standing, [reach_m(r) for r in standing])
    released: dict[str, date | None] = {}
    for r in closed.values():
        day = r.values.get("status_changed_on")
        released[r.id] = day if isinstance(day, date) else r.valid_from
    if plan is not None:
        released |= finishes(plan)
    sites = {}
    for project in projects:
        known = land.get(project.id)
        needs: list[str] = []
        for named in links.all_of(project.values.get("hazards"))[0]:
            family = (named.id, *line.descendants(named.id))
            needs += [a for a in family if a in still
                      or (a in closed and closed[a].value("status") == "closed")]
        if project.geometry is not None:
            needs += [standing[n].id for n in there.meets(project.geometry)]
        sites[project.id] = Site(
            known is not None and known.unlocked, known.since if known is not None else None,
            known.waits_for if known is not None else (), tuple(dict.fromkeys(needs)))
    return sites, released


def finishes(plan: PlanFile) -> dict[str, date | None]:
    """The day after the last stage of each area of a plan; None: not within its horizon."""
    from landrelease.plan.compare import end_of

    problem, schedule = plan.plan.problem, plan.plan.schedule
    out: dict[str, date | None] = {}
    for stage, hazard in enumerate(problem.hazard.tolist()):
        name, slot = problem.hazard_ids[hazard], int(schedule.finish[stage])
        day = end_of(problem, slot) if slot >= 0 else None
        if name not in out:
            out[name] = day
        else:
            held = out[name]
            out[name] = None if held is None or day is None else max(held, day)
    return out


def works_to_pay(registry: Registry, reader: View, plan: PlanFile, as_of: date
                 ) -> list[tuple[date | None, float, str, str]]:
    """What each work that is still to come costs, on the day on which it could start if money did
    not bind it; nothing where no works are on record."""
    try:
        found = works(registry, reader, as_of=as_of, plan=plan, basis="none")
    except LandReleaseError as error:
        if error.code != "MON-030":
            raise
        return []
    return [(row.start, row.cost, row.currency, row.id) for row in found.rows
            if row.state in ("unlocked", "blocked") and row.cost is not None]


# --- what came back ------------------------------------------------------------------------------


def returns(registry: Registry, stated: Assumptions, plan: PlanFile | None, handover_days: int, *,
            valid_at: date | None = None, known_at: datetime | None = None,
            level: str | None = None) -> tuple[list[Return] | None, list[Return] | None]:
    """Land and people that come back: by the plan (None: no plan), by held hand-overs (None: none).

    Ground that is hazardous, again or still, is not back, whatever was handed over. Land belongs to
    the nearest settlement. A community's own areas are those that may lie within
    `community_hazard_distance_m`, as far off as their records say (S04); its people count on the
    day on which the last of them is handed over. By the plan: `handover_days` after the work on it
    ends.
    """
    import numpy as np
    import shapely

    from landrelease.core.geometry import geodesic_area_m2
    from landrelease.core.happened import by_day
    from landrelease.core.lineage import reach_m
    from landrelease.figures.phase_two import Return
    from landrelease.workflows import load_land
    from landrelease.workflows.identities import at_level, standing_records

    land = load_land(registry, stated, valid_at=valid_at, known_at=known_at, for_models=False)
    given = standing_records(registry, "handover", valid_at=valid_at, known_at=known_at)
    held = [r for r in by_day(given if level is None else at_level(given, level), valid_at)[0]
            if r.value("handover_status") == "held" and r.geometry is not None]
    dated = sorted(((day, r) for r in held if (day := _handed_on(r)) is not None),
                   key=lambda pair: (pair[0], pair[1].id))
    near = _Near(land.settlements, land.hazards, stated.value("community_hazard_distance_m"))
    actual: list[Return] | None = None
    if dated:
        actual, before = [], shapely.MultiPolygon()
        grounds = np.array([h.ground for h in land.hazards], dtype=object)
        hazardous = shapely.STRtree(grounds)
        for day, r in dated:
            # What is hazardous, again or still, is not back (S01, S11).
            again = grounds[hazardous.query(r.geometry, predicate="intersects")]
            ground = shapely.difference(shapely.difference(r.geometry, before),
                                        joined(again, degrees=True))
            before = shapely.union(before, r.geometry)
            actual.append(Return(day, near.community(r.geometry), geodesic_area_m2(ground), 0.0,
                                 (r.id,)))
        shapes = np.array([r.geometry for _, r in dated], dtype=object)
        # An area that counted for a settlement does so when it is back.
        off = {h.id: reach_m(h) for h in registry.records(
            "hazard", valid_at=valid_at, known_at=known_at)}
        wider = np.array([off.get(str(r.values.get("hazard")), 0.0) for _, r in dated])
        for n, settlement in enumerate(land.settlements):
            if near.own[n]:
                continue  # some of its areas are still hazardous
            there = near.within(settlement, shapes, wider)
            if there:
                actual.append(Return(dated[max(there)][0], settlement.name or settlement.id, 0.0,
                                     None if settlement.population is None
                                     else float(settlement.population),
                                     tuple(dated[k][1].id for k in there), settlement.id))
    return None if plan is None else _planned(plan, land, near, handover_days), actual


def planned_by(registry: Registry, plan: PlanFile, stated: Assumptions, handover_days: int
               ) -> list[Return]:
    """What an earlier plan would have brought back, on the land as it stood when it was made.

    Raises FIG-002: its records are not the past of this registry.
    """
    from landrelease.workflows import load_land
    from landrelease.workflows.figures import moment_of

    then = None if plan.chain_head == registry.head() else moment_of(registry, plan.chain_head)
    land = load_land(registry, stated, known_at=then, for_models=False)
    return _planned(plan, land, _Near(
        land.settlements, land.hazards, stated.value("community_hazard_distance_m")),
        handover_days)


def _planned(plan: PlanFile, land: Land, near: _Near, handover_days: int) -> list[Return]:
    """Land and people back by the dates of a plan."""
    from landrelease.figures.phase_two import Return
    from landrelease.plan.compare import end_of

    planned: list[Return] = []
    problem, schedule = plan.plan.problem, plan.plan.schedule
    index = {h.id: n for n, h in enumerate(land.hazards)}
    for stage, hazard in enumerate(problem.hazard.tolist()):
        slot, name = int(schedule.finish[stage]), problem.hazard_ids[hazard]
        day = end_of(problem, slot) if slot >= 0 else None
        if day is not None and name in index and problem.released_m2[stage] > 0:
            planned.append(Return(day + timedelta(days=handover_days),
                                  near.community(land.hazards[index[name]].ground),
                                  float(problem.released_m2[stage])))
    ends = finishes(plan)
    for n, settlement in enumerate(land.settlements):
        own = [ends.get(land.hazards[h].id) for h in near.own[n]]
        if own and settlement.population is not None and None not in own:
            last = max(d for d in own if d is not None)
            planned.append(Return(last + timedelta(days=handover_days),
                                  settlement.name or settlement.id, 0.0,
                                  float(settlement.population)))
    return planned


def figures_of(registry: Registry, reader: View, *, level: str | None = None,
               valid_at: date | None = None, known_at: datetime | None = None
               ) -> tuple[Figure, ...]:
    """The figures of phase two that the reader may see: works by state and kind, land, people,
    settlements and roads back; none where nothing of it is on record, or for this reader.

    As of `valid_at`, else of the last day on which a work began or ended or land was handed over:
    the same records give the same figures on every day.
    """
    from landrelease.figures.phase_two import phase_two_figures, place_figures
    from landrelease.workflows import load_assumptions
    from landrelease.workflows.identities import at_level

    def records(kind: str) -> list[Record]:
        found = registry.records(kind, valid_at=valid_at, known_at=known_at)
        return list(reader.nearby(at_level(found, level) if level else found))

    head, found = registry.head(), list[Any]()
    if reader.may("hazard", "status") and reader.may("project", "cost"):
        days = [day for kind, names in (("project", ("started_on", "finished_on")),
                                        ("handover", ("handed_over_on",)))
                for r in records(kind) for name in names
                if isinstance(day := r.values.get(name), date)]
        as_of = valid_at or max(days, default=date.min)
        try:
            made: Works | None = works(
                registry, reader, as_of=as_of, basis="none", valid_at=valid_at, known_at=known_at,
                level=level)
        except LandReleaseError as error:
            if error.code != "MON-030":
                raise
            made = None
        handed = bool(registry.ids("handover")) and reader.may("handover", "handed_over_on")
        stated = load_assumptions(None, registry)
        _, actual = returns(
            registry, stated, None, round(stated.value("handover_days")), valid_at=valid_at,
            known_at=known_at, level=level) if handed else (None, None)
        places = records("settlement")
        if made is not None or handed:
            found += phase_two_figures(() if made is None else made.rows, actual, as_of, head,
                                       works=made is not None, settlements=bool(places))
        if handed:
            found += place_figures(places, actual, as_of, head)
    if reader.may("road", "road_state"):
        from landrelease.figures.phase_two import road_figures

        found += road_figures(records("road"), head)
    return reader.figures(found)


def _handed_on(r: Record) -> date | None:
    day = r.values.get("handed_over_on")
    return day if isinstance(day, date) else r.valid_from


class _Near:
    """Which settlement is nearest to some ground, and which areas may be near a settlement: each
    as far round its outline as this may be off (S04)."""

    def __init__(self, settlements: Sequence[Settlement], hazards: Sequence[Hazard],
                 distance_m: float):
        import numpy as np
        import shapely

        from landrelease.access.ground import hazard_widths_m
        from landrelease.core.geometry import plane_for

        self.settlements, self.distance_m = settlements, distance_m
        self.own: list[list[int]] = [[] for _ in settlements]
        self._plane = None
        if not settlements:
            return
        places = np.array([s.place for s in settlements], dtype=object)
        self._plane = plane_for(tuple(shapely.total_bounds(places)))
        self._places = self._plane.to_plane(places)
        self._tree = shapely.STRtree(self._places)
        if len(hazards):
            grounds = self._plane.to_plane(np.array([h.ground for h in hazards], dtype=object))
            for h, s in zip(*self._tree.query(
                    grounds, predicate="dwithin",
                    distance=distance_m + np.array(hazard_widths_m(hazards, 0.0))).tolist(),
                    strict=True):
                self.own[s].append(h)

    def community(self, ground: Any) -> str:
        """The nearest settlement; "" where none is on record."""
        if self._plane is None:
            return ""
        at = self._plane.to_plane(ground)
        found = self.settlements[int(self._tree.nearest(at))]
        return found.name or found.id

    def within(self, settlement: Settlement, shapes: Any, wider_m: np.ndarray) -> list[int]:
        """Which of the grounds, each so much wider, are near a settlement."""
        import shapely

        if self._plane is None:
            return []
        at = self._places[list(self.settlements).index(settlement)]
        close = shapely.dwithin(self._plane.to_plane(shapes), at, self.distance_m + wider_m)
        return [n for n, yes in enumerate(close.tolist()) if yes]


# --- documents -----------------------------------------------------------------------------------


def listing(found: Works) -> dict[str, Any]:
    """Works, their number and cost by state, and the money of phase two beside them."""
    from landrelease.figures import runway
    from landrelease.figures.phase_two import STATES

    currency = found.books.account.currency if found.books else ""
    by_state = []
    for state in STATES:
        rows = [r for r in found.rows if r.state == state]
        known = [r.value for r in rows if r.value is not None]
        by_state.append({
            "state": state, "works": len(rows), "currency": currency,
            "cost": math.fsum(known) if known else None, "cost_unknown": len(rows) - len(known)})
    money = []
    if found.books is not None:
        for basis in runway.BASES:
            m = runway.money_of(found.books.account, basis, phase="rebuilding")
            money.append({"basis": basis, "money": m.whole if m.records else None,
                          "undated": m.undated, "currency": currency,
                          "funds_not_converted": m.unconverted,
                          "expenses_apart": [dataclasses.asdict(a) for a in m.apart],
                          "at_most": m.at_most, "why": m.untold})
    return {
        "as_of": found.as_of.isoformat(), "handover_days": found.handover_days,
        "money_counted": found.basis, "chain_head": found.chain_head,
        "synthetic": found.synthetic, "by_state": by_state, "money": money,
        "works": [_plain(dataclasses.asdict(r)) for r in found.rows]}


def outlook(found: Works, registry: Registry, plan: PlanFile, against: PlanFile | None = None
            ) -> dict[str, Any]:
    """The schedule of phase two by the plan, and land and people back by month and community.

    against : an earlier plan, whose returns stand beside the actual ones in the place of those of
        `plan`: what was handed over since is in no later plan
    """
    from landrelease.figures.phase_two import phase_two_figures, returned

    planned, actual = returns(registry, found.stated, plan, found.handover_days)
    if against is not None:
        planned = planned_by(registry, against, found.stated, found.handover_days)
    return {
        **listing(found),
        "planned_by": {"chain_head": (against or plan).chain_head,
                       "start": (against or plan).start.isoformat()},
        "by_month": [dataclasses.asdict(r) for r in returned(planned, actual,
                                                             by_community=False)],
        "by_month_and_community": [dataclasses.asdict(r) for r in returned(planned, actual)],
        "figures": [dataclasses.asdict(f) for f in phase_two_figures(
            found.rows, actual, found.as_of, found.chain_head,
            settlements=bool(registry.ids("settlement")))]}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()}
