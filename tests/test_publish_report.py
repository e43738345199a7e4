"""PUB: what publish derives from a report; also the report that the other tests of publish show.

The land is real (map sheets 2683); plan and forecast are made up here, and so it is marked
synthetic.
"""

from __future__ import annotations

import csv
import dataclasses
import functools
import io
import json
import zipfile
from datetime import date, timedelta
from importlib import resources

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import shape

from landrelease.access.policy import ROLES
from landrelease.access.policy import view as policy_view
from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.finding import Finding, ImportReport
from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.hazard import (
    Accident,
    AdministrativeArea,
    Hazard,
    Land,
    LiftedMinefield,
    Outcome,
    Settlement,
)
from landrelease.core.ledger import Figure, LedgerRow
from landrelease.core.outlook import Driver, Outlook
from landrelease.core.report import (
    DataSource,
    PublicFigure,
    PublicReport,
    PublicTotal,
    ReleasedGround,
    Report,
)
from landrelease.core.risk import HazardAssessment, Prior
from landrelease.core.work import Plan, Problem, Schedule, Task, TeamPool
from landrelease.errors import LandReleaseError
from landrelease.publish.content import (
    Chance,
    chances,
    finish_of,
    map_content,
    plan_dates,
    sight_of,
    visible_dates,
)
from landrelease.publish.encode import rings, safe_json

HEAD = "c0ffee" + "0" * 58
START = date(2027, 4, 1)


class Everything:
    def may(self, subject: str, field: str = "") -> bool:
        return True

    def precision(self, subject: str) -> str:
        return "exact"


class Without:
    """Refuses whole subjects ("plan_dates") or fields ("figures.records")."""

    def __init__(self, *refused: str):
        self.refused = refused

    def may(self, subject: str, field: str = "") -> bool:
        return subject not in self.refused and f"{subject}.{field}" not in self.refused

    def precision(self, subject: str) -> str:
        return "none" if subject in self.refused else "exact"


# --- a report ------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1)
def region_land() -> Land:
    archive = zipfile.ZipFile(
        io.BytesIO((resources.files("landrelease.data") / "bih_sheet_2683.zip").read_bytes())
    )

    def read(name):
        for i, f in enumerate(json.loads(archive.read(f"{name}.geojson"))["features"]):
            yield i, f["properties"], shapely.make_valid(shape(f["geometry"]))

    areas = tuple(
        AdministrativeArea(f"m-{i}", p["shapeName"], 3, g) for i, p, g in read("municipalities")
    )
    grounds = np.array([a.ground for a in areas], dtype=object)

    def home(g):
        inside = np.flatnonzero(shapely.intersects(grounds, shapely.point_on_surface(g)))
        return areas[inside[0]].id if len(inside) else ""

    def land_of(name):
        for i, _, g in read(name):
            parts = [p for p in shapely.get_parts(g) if p.geom_type == "Polygon"]
            yield i, shapely.union_all(parts)

    rows = csv.DictReader(io.StringIO(archive.read("settlements_1991_approx.csv").decode("utf-8")))
    return Land(
        hazards=tuple(
            Hazard(
                f"hazard-{i:04d}", g, geodesic_area_m2(g), "not_reported", "not_reported", home(g)
            )
            for i, g in land_of("suspected_areas")
        ),
        outcomes=tuple(
            Outcome(f"outcome-{i:04d}", g, geodesic_area_m2(g), "cleared", home(g))
            for i, g in land_of("cleared_areas")
        ),
        accidents=tuple(Accident(f"accident-{i}", g) for i, _, g in read("incidents")),
        lifted=tuple(LiftedMinefield(f"lifted-{i}", g) for i, _, g in read("lifted_minefields")),
        settlements=tuple(
            Settlement(
                r["sid"],
                r["name"],
                shapely.Point(float(r["longitude"]), float(r["latitude"])),
                int(r["population_1991"]),
                1360.0,
            )
            for r in rows
        ),
        municipalities=areas,
        chain_head=HEAD,
    )


def made_up_plan(land: Land, seed: int = 7) -> Plan:
    """A schedule in the order of size; dates only have to be possible, not good."""
    rng = np.random.default_rng(seed)
    horizon, slot_days = 200, 18.25
    slots = tuple(START + timedelta(days=int(slot_days * h)) for h in range(horizon + 1))
    delay = np.array([(d - START).days for d in slots], dtype=float)
    order = sorted(range(len(land.hazards)), key=lambda i: -land.hazards[i].area_m2)
    at = {i: k for k, i in enumerate(order)}
    ids, activity, before, hazard, task_of, m2, tasks, starts, ends = ([] for _ in range(9))
    for i, h in enumerate(land.hazards):
        begin = int(at[i] / len(order) * 150)
        ids.append(f"{h.id}/NTS"), activity.append(0), before.append(-1), hazard.append(i)
        (
            task_of.append(-1),
            m2.append(0.32 * h.area_m2),
            starts.append(begin),
            ends.append(begin + 1),
        )
        nts = len(ids) - 1
        n = max(1, min(9, int(np.ceil(h.area_m2 / 200_000))))
        for k in range(n):
            tasks.append(Task(f"{h.id}/{k}", h.id, h.ground, h.area_m2 / n, 0.0, 0.0))
            ts_end = begin + 3 + k
            clear_end = ts_end + int(rng.integers(4, 40))
            for a, end, share in ((1, ts_end, 0.24), (2, clear_end, 0.44)):
                ids.append(f"{tasks[-1].id}/{a}"), activity.append(a), hazard.append(i)
                before.append(nts if a == 1 else len(ids) - 2), task_of.append(len(tasks) - 1)
                m2.append(share * h.area_m2 / n), starts.append(end - 1), ends.append(end)
    ends_, starts_ = np.array(ends), np.array(starts)
    late = ends_ > horizon
    ends_[late] = starts_[late] = -1
    s = len(ids)
    pools = tuple(
        TeamPool(
            f"pool-{k}",
            k,
            "assumed",
            "Zenica",
            17.9,
            44.2,
            3,
            400.0,
            200.0,
            500.0,
            800.0,
            "USD",
            None,
            None,
            "made up",
        )
        for k in ("nts", "ts", "manual")
    )
    option = np.where(late, -1, np.array(activity))
    problem = Problem(
        stage_ids=tuple(ids),
        activity=np.array(activity, dtype=np.int8),
        predecessor=np.array(before, dtype=np.int32),
        hazard=np.array(hazard, dtype=np.int32),
        task=np.array(task_of, dtype=np.int32),
        weight=np.ones(s),
        work_m2=np.array(m2),
        released_m2=np.array(m2),
        option_start=np.arange(s + 1, dtype=np.int32),
        first_pool=np.array([0, 1, 2], dtype=np.int32),
        first_slots=np.ones(3, dtype=np.int32),
        second_pool=np.array([-1, -1, -1], dtype=np.int32),
        second_slots=np.zeros(3, dtype=np.int32),
        option_cost=np.ones(3),
        option_mode=("", "", "manual"),
        pools=pools,
        pool_teams=np.array([3, 3, 3], dtype=np.int32),
        pool_opens=np.zeros(3, dtype=np.int32),
        pool_closes=np.full(3, horizon, dtype=np.int32),
        delay_days=delay,
        slot_starts=slots,
        slot_days=12.0,
        hazard_ids=tuple(h.id for h in land.hazards),
        tasks=tuple(tasks),
    )
    empty = np.full(s, -1, dtype=np.int32)
    schedule = Schedule(option, starts_, ends_, empty, ends_, np.zeros(s, dtype=np.int32), empty)
    return Plan(
        problem,
        schedule,
        np.arange(s, dtype=float),
        8.4e7,
        8.0e7,
        {"largest first": 1.31e8, "nearest first": 1.12e8, "benefit per day first": 9.3e7},
        5.1e7,
        4000,
        seed,
    )


def made_up_outlook(total_m2: float, seed: int = 7) -> Outlook:
    rng = np.random.default_rng(seed)
    pace = rng.lognormal(0.0, 0.28, 400)
    finish = 365.25 * 17 * pace
    finish[finish > 365.25 * 29] = np.inf
    days = np.linspace(0, 365.25 * 30, 121)
    curves = total_m2 * np.clip(days[None, :] / (365.25 * 17 * pace[:, None]), 0, 1) ** 0.85
    levels = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
    return Outlook(
        start=START,
        horizon_days=365.25 * 30,
        finish_day=finish,
        cost=6.1e7 * pace**0.9,
        currency="USD",
        quantiles=levels,
        curve_days=days,
        released_m2=np.quantile(curves, levels, axis=0),
        total_m2=total_m2,
        drivers=(
            Driver("manual clearance rate", 0.46, "m² a team and day, 200 to 500"),
            Driver("share left for clearance", 0.27, "22 to 55 % of the suspected area"),
            Driver("days lost", 0.12, "5 to 30 % of the season"),
        ),
        seed=seed,
        policy="areas by benefit per day of work, the nearest free team first",
    )


def made_up_report(land: Land, *, synthetic: bool = True, **changes) -> Report:
    rng = np.random.default_rng(3)
    total = sum(h.area_m2 for h in land.hazards)
    people = rng.lognormal(4.2, 1.1, len(land.hazards))
    rows = tuple(
        LedgerRow(
            m.id,
            m.name,
            sum(h.municipality_id == m.id for h in land.hazards),
            sum(h.area_m2 for h in land.hazards if h.municipality_id == m.id),
            None,
            None,
            sum(o.area_m2 for o in land.outcomes if o.municipality_id == m.id),
            1200.0,
            4,
            tuple(h.id for h in land.hazards if h.municipality_id == m.id),
            (),
        )
        for m in land.municipalities
    )
    facts = {
        "title": "Zenica, Travnik, Bugojno",
        "subtitle": "Map sheets 2683-I to 2683-IV",
        "scope": "four map sheets of Bosnia and Herzegovina",
        "synthetic": synthetic,
        "made_on": date(2027, 3, 15),
        "land": land,
        "assessments": tuple(
            HazardAssessment(
                h.id,
                float(p),
                float(p * 0.4),
                float(p * 1.9),
                int(k % 3),
                int(k % 7 == 0),
                int(k % 4),
                900.0 if k % 11 == 0 else 0.0,
                Prior(
                    0.2 + 0.4 * (k % 7 == 0),
                    0.07,
                    0.61,
                    True,
                    (
                        "starting chance of a suspected area",
                        *(("an accident inside",) if k % 7 == 0 else ()),
                    ),
                ),
                "NTS: no evidence on record",
            )
            for k, (h, p) in enumerate(zip(land.hazards, people, strict=True))
        ),
        "plan": made_up_plan(land),
        "weights": {"points per person and day": 1.0, "points per hectare and day": 1.0},
        "outlook": made_up_outlook(total),
        "ledger": rows,
        "ledger_total": LedgerRow(
            "",
            "Total",
            len(land.hazards),
            total,
            None,
            None,
            sum(o.area_m2 for o in land.outcomes),
            9000.0,
            len(land.accidents),
            tuple(h.id for h in land.hazards),
            (),
        ),
        "figures": (
            Figure(
                "hazardous-area",
                "Area recorded as hazardous",
                "Union of all open areas.",
                total,
                "m²",
                "all",
                tuple(h.id for h in land.hazards),
                HEAD,
            ),
            Figure(
                "accidents",
                "Accidents on record",
                "Count of accident records.",
                float(len(land.accidents)),
                "accidents",
                "all",
                tuple(a.id for a in land.accidents),
                HEAD,
            ),
            Figure(
                "victims",
                "Victims",
                "Sum of the victims that were reported.",
                None,
                "persons",
                "all",
                (),
                HEAD,
                note="The source carries no victims.",
            ),
            Figure(
                "chance",
                "Areas with any contamination",
                "Expected number of areas.",
                130.0,
                "areas",
                "all",
                tuple(h.id for h in land.hazards),
                HEAD,
                40.0,
                260.0,
            ),
        ),
        "assumptions": Assumptions(
            {
                a.name: a
                for a in (
                    Assumption(
                        "share_cancelled",
                        0.32,
                        0.25,
                        0.48,
                        "share of suspected area",
                        "Share of a suspected area that NTS cancels.",
                        "APMBC 2022",
                    ),
                    Assumption(
                        "manual_rate",
                        400,
                        200,
                        500,
                        "m² a team and day",
                        "Manual clearance.",
                        "own assumption, not measured",
                    ),
                )
            }
        ),
        "imports": (
            ImportReport(
                "suspected_areas.geojson",
                "ab" * 32,
                "hazard",
                492,
                486,
                2,
                4,
                (
                    Finding(
                        "GEO-003", "suspected_areas.geojson", 12, "geometry", "", "", "", "accepted"
                    ),
                ),
            ),
            ImportReport("incidents.geojson", "cd" * 32, "accident", 104, 104, 0, 0),
        ),
        "sources": (
            DataSource(
                "Suspected areas",
                "areas drawn as suspected",
                "public minefield map sheets",
                "",
                "2024 or earlier",
            ),
            DataSource("Municipalities", "outlines", "geoBoundaries", "CC BY 4.0", ""),
        ),
    }
    return Report(**(facts | changes))


@functools.lru_cache(maxsize=1)
def region_report() -> Report:
    return made_up_report(region_land())


def square(lon: float, lat: float, side: float = 0.01):
    return shapely.box(lon, lat, lon + side, lat + side)


def small_report(**changes) -> Report:
    """Three areas of about 0.9 km² each in one municipality."""
    land = Land(
        hazards=tuple(
            Hazard(
                f"h-{k}",
                square(17.0 + 0.02 * k, 44.0),
                geodesic_area_m2(square(17.0 + 0.02 * k, 44.0)),
                ("SHA", "CHA", "not_reported")[k],
                "open",
                "m",
            )
            for k in range(3)
        ),
        outcomes=(Outcome("o-0", square(17.0, 44.02), 9e5, "cleared", "m"),),
        accidents=(Accident("x-accident", shapely.Point(17.005, 44.005)),),
        lifted=(),
        settlements=(Settlement("s", "Village", shapely.Point(17.01, 44.01), 90, 20.0),),
        municipalities=(
            AdministrativeArea("m", "Some place", 3, shapely.box(16.9, 43.9, 17.2, 44.2)),
        ),
        chain_head=HEAD,
    )
    return made_up_report(changes.pop("land", land), **changes)


def public_report(**changes) -> PublicReport:
    facts = {
        "title": "Zenica, Travnik, Bugojno",
        "subtitle": "Recorded hazards",
        "scope": "four map sheets",
        "synthetic": True,
        "made_on": date(2027, 3, 15),
        "state": "2024 or earlier",
        "hazardous": tuple(square(17.0 + 0.01 * k, 44.0 + 0.01 * (k % 5)) for k in range(30)),
        "cell_m": 1000.0,
        "released": (
            ReleasedGround(square(17.002, 44.081, 0.004), "cleared", None, None),
            ReleasedGround(square(17.05, 44.081, 0.004), "cleared", 0.2, date(2026, 5, 4)),
        ),
        "municipalities": (
            AdministrativeArea("m", "Some place", 3, shapely.box(16.9, 43.9, 17.4, 44.2)),
        ),
        "places": (Settlement("s", "Village", shapely.Point(17.1, 44.1), 90, 1360.0),),
        "totals": (PublicTotal("Some place", 30, 2.9e7, 3.2e5), PublicTotal("Other", 2, 1e6, None)),
        "figures": (
            PublicFigure("Hazardous area", "Union of all areas.", 2.9e7, "m²", 2.8e7, 3.1e7),
            PublicFigure("Victims", "As reported.", None, "persons"),
        ),
        "sources": (
            DataSource(
                "Suspected areas",
                "areas drawn as suspected",
                "public minefield map sheets",
                "",
                "2024 or earlier",
            ),
        ),
        "chain_head": HEAD,
    }
    return PublicReport(**(facts | changes))


# --- geometry and JSON ---------------------------------------------------------------------------


def decode(moves: list[int], origin: tuple[int, int]) -> np.ndarray:
    return (np.cumsum(np.array(moves).reshape(-1, 2), axis=0) + np.array(origin)) / 1e6


def test_rings_come_back_within_half_a_step_and_no_corner_is_dropped():
    origin = (17_000_000, 43_000_000)
    for hazard in region_land().hazards[:60]:
        found = rings(hazard.ground, origin)
        shells = [
            r
            for p in shapely.get_parts(shapely.get_parts([hazard.ground]))
            for r in (shapely.orient_polygons(p).exterior, *shapely.orient_polygons(p).interiors)
        ]
        assert len(found) == len(shells)
        for moves, ring in zip(found, shells, strict=True):
            xy = shapely.get_coordinates(ring)[:-1]
            # Only corners that fall on their neighbour to the step are joined.
            steps = np.rint(xy * 1e6)
            keep = np.r_[True, np.any(np.diff(steps, axis=0) != 0, axis=1)]
            assert np.abs(decode(moves, origin) - xy[keep]).max() <= 0.5e-6 + 1e-12


def test_holes_run_against_the_outer_ring():
    ring = shapely.Polygon([(0, 0), (0, 1), (1, 1), (1, 0)], [[(0.2, 0.2), (0.8, 0.2), (0.8, 0.8)]])
    outer, hole = (decode(m, (0, 0)) for m in rings(ring, (0, 0)))
    assert shapely.LinearRing(outer).is_ccw and not shapely.LinearRing(hole).is_ccw


@pytest.mark.parametrize(
    "ring",
    [
        [(4_800_000, 600_000), (4_800_100, 600_000), (4_800_100, 600_100)],
        [(17, 91), (18, 91), (18, 92)],
    ],
)
def test_what_is_no_longitude_and_latitude_is_refused_with_its_record(ring):
    with pytest.raises(LandReleaseError, match=r"PUB-002.*hazard-9"):
        rings(shapely.Polygon(ring), (0, 0), record_id="hazard-9")


@given(
    st.recursive(
        st.text() | st.integers() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
@settings(max_examples=60)
def test_json_in_a_page_cannot_end_its_element_and_comes_back(value):
    text = safe_json(value)
    assert not set("<>&\u2028\u2029") & set(text)
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return  # lone surrogates are replaced
    assert json.loads(text) == value


# --- the plan ------------------------------------------------------------------------------------


def two_areas(finish=(2, 4, -1)) -> Report:
    """h-0: NTS, TS, clearance of one task, finished at the given slots; h-1: NTS only, slot 1."""
    land = region_land()
    land = Land(land.hazards[:2], (), (), (), (), land.municipalities, HEAD)
    h0, h1 = (h.id for h in land.hazards)
    pool = TeamPool(
        "pool-a", "manual", "assumed", "x", 17.9, 44.2, 1, 1, 1, 1, 1, "USD", None, None, ""
    )
    slots = tuple(START + timedelta(days=10 * k) for k in range(6))
    problem = Problem(
        ("a", "b", "c", "d"),
        np.array([0, 1, 2, 0]),
        np.array([-1, 0, 1, -1]),
        np.array([0, 0, 0, 1]),
        np.array([-1, 0, 0, -1]),
        np.ones(4),
        np.ones(4),
        np.array([30.0, 20.0, 50.0, 7.0]),
        np.arange(5),
        np.zeros(4, int),
        np.ones(4, int),
        np.full(4, -1),
        np.ones(4, int),
        np.ones(4),
        ("", "", "manual", ""),
        (pool,),
        np.array([1]),
        np.array([0]),
        np.array([5]),
        np.array([0, 9.2, 20, 30, 40, 50.0]),
        slots,
        5.0,
        (h0, h1),
        (Task("t", h0, land.hazards[0].ground, 70.0, 0, 0),),
    )
    ends = np.array([*finish, 1])
    starts = np.where(ends < 0, -1, ends - 1)
    none = np.full(4, -1)
    schedule = Schedule(
        np.where(ends < 0, -1, np.arange(4)), starts, ends, none, ends, np.zeros(4, int), none
    )
    plan = Plan(problem, schedule, np.arange(4.0), 10.0, 8.0, {"largest first": 12.0}, 1.0, 1, 1)
    return made_up_report(land, plan=plan)


def test_plan_dates_are_the_ends_of_slots_rounded_up():
    report = two_areas((2, 4, 5))
    d = plan_dates(report.plan, [h.id for h in report.land.hazards])
    assert (d.nts.tolist(), d.ts.tolist(), d.clearance.tolist()) == ([20, 10], [40, -2], [50, -2])
    assert d.done.tolist() == [50, 10]  # 9.2 days: not before the end of the tenth
    assert d.order.tolist() == [2, 1]  # h-1 is started first
    assert d.released_by_end().tolist() == [37, 20, 50]
    assert (d.task_ts.tolist(), d.task_clearance.tolist()) == ([40], [50])


def test_an_area_with_one_stage_that_never_ends_is_never_done():
    report = two_areas((2, 4, -1))
    d = plan_dates(report.plan, [h.id for h in report.land.hazards])
    assert d.done.tolist() == [-1, 10]
    assert d.clearance.tolist() == [-1, -2]
    assert d.unfinished == 1
    assert d.released_by_end().tolist() == [37, 20, 0]


def test_the_order_is_a_ranking_without_gaps():
    report = region_report()
    d = plan_dates(report.plan, [h.id for h in report.land.hazards])
    assert sorted(d.order.tolist()) == list(range(1, len(report.land.hazards) + 1))
    first = d.first[np.argsort(d.order)]
    assert (np.diff(first) >= 0).all()


# --- the forecast --------------------------------------------------------------------------------


def outlook_of(days: list[float]) -> Outlook:
    return Outlook(
        date(2027, 1, 1),
        3650.0,
        np.array(days),
        np.ones(len(days)),
        "USD",
        np.array([0.1, 0.5, 0.9]),
        np.array([0.0, 3650.0]),
        np.zeros((3, 2)),
        1.0,
        (),
        1,
        "",
    )


def test_runs_that_never_finish_count_as_later_than_any_date():
    f = finish_of(outlook_of([10, 400, 800, np.inf, np.inf]))
    assert f.low == date(2027, 1, 11)
    assert f.median == date(2029, 3, 11)
    assert f.high is None
    assert f.never == pytest.approx(0.4)
    assert sum(f.shares) + f.never == pytest.approx(1)


def test_chances_are_those_of_the_announced_dates():
    o = outlook_of([10, 400, 800, np.inf])
    found = chances(o, (date(2029, 12, 31), date(2027, 12, 31), date(2029, 12, 31)))
    assert found[:2] == [
        Chance(date(2027, 12, 31), 0.25, True),
        Chance(date(2029, 12, 31), 0.75, True),
    ]
    assert found[2:] == chances(o, ())


@given(
    st.lists(st.one_of(st.floats(1, 365 * 29), st.just(np.inf)), min_size=1, max_size=40),
    st.sampled_from([365.25 * 30, 365.25 * 60, 365.25 * 200]),
)
def test_the_years_of_the_chances_hold_the_ends_of_the_runs(days, horizon):
    o = dataclasses.replace(outlook_of(days), horizon_days=horizon)
    found, finish = chances(o, ()), finish_of(o)
    assert 1 <= len(found) <= 12 and not any(c.announced for c in found)
    assert [c.day for c in found] == sorted({c.day for c in found})
    assert [c.share for c in found] == sorted(c.share for c in found)
    assert all(c.share == o.chance_by(c.day) and c.day <= finish.horizon for c in found)
    # Nothing is left out at the end: what is not done by then is done after the horizon or never.
    whole = date(finish.horizon.year - 1, 12, 31)
    if finish.never or o.chance_by(whole) < 1:
        assert found[-1].day == whole
    else:
        assert found[-1].share == 1


# --- what the reader may see ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "gone"),
    [
        ("plan_dates", "plan"),
        ("accident_points", "accidents"),
        ("accident_points.place", "accidents"),
        ("activity", "lifted"),
        ("outcome", "outcomes"),
        ("settlement", "settlements"),
        ("administrative_area", "municipalities"),
    ],
)
def test_safety_S14_what_the_view_refuses_is_not_in_the_content(subject, gone):
    report = small_report()

    def content(view):
        sight = sight_of(view)
        return map_content(report, sight, visible_dates(report, sight))

    assert gone in content(Everything())
    assert gone not in content(Without(subject))


def test_safety_S14_counts_by_area_follow_their_own_fields():
    refused = Without("assessment.accidents_inside", "assessment.lifted_nearby")
    hazards = map_content(small_report(), sight_of(refused), None)["hazards"]
    assert "people" in hazards
    assert not {"inside", "near", "lifted"} & set(hazards)


@pytest.mark.parametrize("role", ROLES)
def test_safety_S15_only_who_may_see_hazards_exactly_gets_the_planner_page(role):
    view = policy_view(role)
    if view.precision("hazard") == "exact":
        assert sight_of(view).dates == view.may("plan_dates")
    else:
        assert role in ("public", "community", "donor")
        with pytest.raises(LandReleaseError, match="PUB-001"):
            sight_of(view)


def test_safety_S16_an_operator_sees_no_accident_points_no_priority_and_no_cost():
    sight = sight_of(policy_view("operator"))
    assert sight.dates and not sight.teams  # of its own organisation only
    assert not (sight.accident or sight.priority or sight.cost or sight.imports)
    # The order then follows the dates alone, not how the plan ranks the areas.
    report = two_areas((2, 4, 5))
    ids = [h.id for h in report.land.hazards]
    swapped = dataclasses.replace(report.plan, priority=report.plan.priority[::-1])
    for with_priority in (False, True):
        a, b = (
            plan_dates(p, ids, with_priority=with_priority).order.tolist()
            for p in (report.plan, swapped)
        )
        assert a == b or with_priority
