"""WEB: layers of the map that are computed: reachability over the recorded roads, contamination."""

import json
from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient
from pyproj import Transformer

from browsing import browsing, served
from landrelease import workflows
from landrelease.access import policy
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.core.roads import Place
from landrelease.publish.cells import LIMITS, NOTHING, class_areas
from landrelease.store.accounts import Account
from landrelease.store.open import create_registry, open_registry, utc_now
from landrelease.store.shelf import Shelf
from landrelease.workflows.reachable import closed_on, reach_layer
from landrelease.workflows.roads import RoadFiles, reach_of
from test_access_ways_out import command

AT = datetime(2026, 1, 2, tzinfo=UTC)
PASSWORD = "four random words do"
BASE = Place("base", "Base", 17.0, 44.0, None)
# A road from west to east with a branch to the north; a community at each end and in the middle.
ROADS = {"r-west": [(17.0, 44.0), (17.05, 44.0)], "r-east": [(17.05, 44.0), (17.1, 44.0)],
         "r-north": [(17.05, 44.0), (17.05, 44.05)]}
PLACES = {"West": (17.001, 44.001), "Middle": (17.05, 44.001), "East": (17.099, 44.001),
          "North": (17.051, 44.049), "Far": (17.3, 44.3)}
HAZARD = shapely.box(17.07, 43.9995, 17.072, 44.0005)  # on the road to the east
GAPS = shapely.box(17.02, 44.01, 17.0204, 44.0102)  # ground of a task
UNTRACKED = shapely.box(17.03, 44.01, 17.0304, 44.0102)  # of finished work
TEAMS = ("id,kind,organisation,base,longitude,latitude,teams,m2_per_day,m2_per_day_low,"
         "m2_per_day_high,cost_per_day,currency,available_from,available_until,source\n"
         "survey,nts,Org A,Base,17.0,44.0,1,100000,50000,200000,600,USD,,,test\n"
         "ts,ts,Org A,Base,17.0,44.0,1,8000,4000,16000,1500,USD,,,test\n"
         "manual,manual,Org A,Base,17.0,44.0,1,400,200,500,800,USD,,,test\n")


def put(registry, kind, record_id, shape=None, day=date(2025, 1, 1), **values):
    registry.append([Revision(kind, record_id, values, shape, AT, "test", "why", "", day)])


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("layers")
    with create_registry(folder / "r.gpkg", office="Office") as registry:
        for name, line in ROADS.items():
            put(registry, "road", name, shapely.LineString(line), road_class="secondary")
        for name, spot in PLACES.items():
            put(registry, "settlement", name, shapely.Point(spot), name=name, population=100)
        put(registry, "hazard", "h1", HAZARD, day=date(2026, 5, 1), identifier="H-1",
            hazard_type="CHA", status="open", information_date=date(2026, 5, 1))
        put(registry, "closure", "c1", shapely.box(17.049, 44.02, 17.051, 44.03),
            closed_from=datetime(2026, 6, 10, 6, tzinfo=UTC),
            closed_until=datetime(2026, 6, 20, 6, tzinfo=UTC), closure_reason="security")
        put(registry, "task", "t-gaps", GAPS, task_type="clearance")
        for task, status, kind in (("t-none", "completed", "clearance"),
                                   ("t-track", "completed", "clearance"),
                                   ("t-goes-on", "started", "clearance"),
                                   ("t-survey", "completed", "NTS")):
            put(registry, "task", task, UNTRACKED, task_type=kind, task_status=status)
        put(registry, "track", "k1", shapely.LineString([(17.03, 44.01), (17.0304, 44.0102)]),
            task="t-track")
        west, south, east, north = GAPS.bounds
        for by, reach in (("machine", 0.75), ("manual", 0.25)):
            put(registry, "coverage", f"c-{by}", shapely.box(
                west, south, west + reach * (east - west), north), task="t-gaps", coverage_by=by,
                proven_by="measured_lanes", confidence=0.95)
    (folder / "teams.csv").write_text(TEAMS)
    assert command("plan", "make", folder / "r.gpkg", "--out", folder / "r.gpkg.plans/spring",
                   "--teams", folder / "teams.csv", "--iterations", 0, "--start", "2027-04-01",
                   "--quiet", "--as", "planner")[0] == 0
    Shelf(folder / "r.gpkg", "plans").put_in_force("spring", "a test", utc_now())
    return folder


def layer(place, on, role="planner", bases=(BASE,), **more):
    with open_registry(place / "r.gpkg") as registry:
        return reach_layer(registry, policy.view(role), workflows.load_assumptions(None, registry),
                           bases, on, **more)


def states(found):
    return {c.name: c.state for c in found.communities}


def test_a_hazard_on_the_road_cuts_off_who_lives_behind_it(place):
    found = layer(place, date(2026, 5, 20))
    assert states(found) == {"West": "reached", "Middle": "reached", "East": "cut_off",
                             "North": "reached", "Far": "off_road"}
    assert {(b.road, b.why, b.by) for b in found.blocked} == {("r-east", ("hazard",), ("h1",))}
    assert all(b.line.distance(HAZARD) < 0.01 for b in found.blocked), "only the piece beside it"
    assert next(c.openings for c in found.communities if c.name == "East") == len(found.blocked)


def test_the_same_as_the_command_says_of_the_same_roads_in_a_file(place, tmp_path):
    roads = tmp_path / "roads.geojson"
    roads.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"id": n, "class": "secondary"},
         "geometry": {"type": "LineString", "coordinates": line}} for n, line in ROADS.items()]}))
    bases = tmp_path / "bases.csv"
    bases.write_text("id,longitude,latitude\nbase,17.0,44.0\n")
    with open_registry(place / "r.gpkg") as registry:
        stated = workflows.load_assumptions(None, registry)
        land = workflows.load_land(registry, stated)
        said = reach_of(land, RoadFiles(roads, bases), stated, on=date(2026, 5, 20))
    found = states(layer(place, date(2026, 5, 20)))
    assert {r["community"]: bool(r["reached"]) for r in said.communities} == {
        n: s == "reached" for n, s in found.items()}


def test_closures_count_on_their_days_and_the_past_is_as_it_was(place):
    assert states(layer(place, date(2026, 6, 15)))["North"] == "cut_off"
    assert states(layer(place, date(2026, 7, 15)))["North"] == "reached"
    before = layer(place, date(2026, 4, 1), valid_at=date(2026, 4, 1))
    assert states(before)["East"] == "reached" and not before.blocked, "the hazard came later"


def test_without_a_base_the_records_speak_and_a_closed_road_counts(place):
    alone = layer(place, date(2026, 5, 20), bases=())
    assert set(states(alone).values()) == {"not_reported"} and alone.blocked
    with open_registry(place / "r.gpkg") as registry:
        put(registry, "road", "r-other", shapely.LineString([(17.05, 44.05), (17.06, 44.08)]),
            road_class="track", passable="unknown")
        put(registry, "settlement", "Hill", shapely.Point(17.06, 44.08), name="Hill",
            reachable="partly")
    found = layer(place, date(2026, 5, 20))
    assert states(found)["Hill"] == "cut_off"
    assert {b.why for b in found.blocked if b.road == "r-other"} == {("record",)}
    assert states(layer(place, date(2026, 5, 20), bases=()))["Hill"] == "partly"


@given(start=st.integers(-3, 3), length=st.integers(0, 5), hour=st.integers(0, 23))
def test_safety_S15_a_closure_is_in_force_on_every_day_that_it_touches_anywhere(start, length,
                                                                                 hour):
    begins = datetime(2026, 6, 10 + start, hour, tzinfo=UTC)
    record = Record("closure", "c", {"closed_from": begins, "closed_until": begins.replace(
        day=begins.day + length)}, None)
    for day in range(1, 29):
        inside = begins.day <= day <= begins.day + length
        assert not inside or closed_on(record, date(2026, 6, day))
        if not begins.day - 1 <= day <= begins.day + length + 1:
            assert not closed_on(record, date(2026, 6, day))
    assert closed_on(Record("closure", "c", {}, None), date(2026, 6, 1))


# --- contamination -------------------------------------------------------------------------------

PROJ = "+proj=laea +lat_0=44 +lon_0=17 +datum=WGS84 +units=m"


@given(seed=st.integers(0, 200), most=st.sampled_from([3, 50, 60_000]))
def test_safety_S01_every_cell_lies_in_ground_of_its_chance_or_of_a_higher_one(seed, most):
    rng = np.random.default_rng(seed)
    chance = np.where(rng.random((9, 7)) < .3, np.nan, rng.random((9, 7))).astype(np.float32)
    bands = np.stack([chance, chance * .5, np.minimum(1, chance * 1.2)])
    strips = [(0, bands[:, :4]), (4, bands[:, 4:])]
    areas, side = class_areas(strips, ("probability", "lower", "upper"), (9, 7), PROJ, 0.0, 900.0,
                              100.0, most)
    back = Transformer.from_crs("EPSG:4326", PROJ, always_xy=True)
    planar = {k: shapely.transform(g, lambda xy: np.column_stack(back.transform(*xy.T)))
              for k, g, _ in areas}
    assert side == 100.0 or most < 60_000
    limits = (*LIMITS, 0.0)
    for (row, column), value in np.ndenumerate(chance):
        spot = shapely.Point(column * 100 + 50, 900 - row * 100 - 50)
        inside = [k for k, g in planar.items() if g.buffer(.5).covers(spot)]
        if np.isnan(value):
            assert not inside or side > 100.0
        else:
            assert (inside and min(inside) < NOTHING and limits[min(inside)] <= value) or (
                side > 100.0 and limits[min(inside)] >= 0)
            k = next(n for n, limit in enumerate(limits) if value >= limit)
            assert min(inside) <= k, "never in ground of a lower chance alone"
            low, high = next(b for c, _, b in areas if c == k) if k in planar else (0, 100)
            assert low <= 100 * value and high >= 100 * value


# --- for whom, and in the browser ----------------------------------------------------------------

@pytest.fixture(scope="module")
def asking(place, tmp_path_factory):
    app = make_app(Settings(str(place / "r.gpkg"), str(place / "r.gpkg.accounts"),
                            hosts=("testserver.local",)))
    keys = {"": {}}
    for role in policy.ROLES:
        app.state.accounts.add(Account(f"one.{role}", role, "Org A"), PASSWORD)
        keys[role] = {
            "authorization": f"Bearer {app.state.accounts.make_token(f'one.{role}', 'test', 1)}"}
    with TestClient(app) as client:
        yield lambda role, path: client.get(path, headers=keys[role])


@pytest.mark.parametrize("role", ["", *policy.ROLES])
def test_safety_S16_blocked_roads_are_for_whom_the_policy_names(asking, role):
    view = policy.view(role or "public")
    for path, way in (("/api/layers/reach", "plan reach"),
                      ("/api/layers/contamination", "assess map")):
        may = all(view.may(s, f) for s, f in policy.WAYS_OUT[way].needs)
        answer = asking(role, path)
        assert answer.status_code == (200 if may else 403), answer.text
        if may:
            past = asking(role, f"{path}?valid_at=2026-04-01")
            assert past.status_code == (200 if view.may("history", "revisions") else 400)
    if view.precision("reach") == "exact":
        found = asking(role, "/api/layers/reach").json()
        assert found["bases"] == 1
        assert {f["properties"]["state"] for f in found["features"]} >= {"reached", "cut_off",
                                                                          "blocked"}


@pytest.mark.parametrize("role", ["", *policy.ROLES])
def test_safety_S07_the_gaps_of_proofs_tell_machine_and_hand_apart(asking, role):
    view = policy.view(role or "public", organisation="Org A" if role else None)
    may = all(view.may(s, f) for s, f in policy.WAYS_OUT["operate proof"].needs)
    answer = asking(role, "/api/layers/coverage_gaps")
    assert answer.status_code == (200 if may else 403)
    if view.grant("coverage").rows == "all" and may:
        found = {f["properties"]["state"]: f["properties"] for f in answer.json()["features"]
                 if f["properties"]["id"] == "t-gaps"}
        assert {s: p["id"] for s, p in found.items()} == {"not_proven": "t-gaps",
                                                          "machine_only": "t-gaps"}
        machine, nothing = (found[s]["area_m2"] for s in ("machine_only", "not_proven"))
        assert machine == pytest.approx(2 * nothing, rel=0.001)


@pytest.mark.parametrize("role", ["", *policy.ROLES])
def test_safety_S05_finished_work_without_a_track_says_so_in_every_way_out(asking, role):
    view = policy.view(role or "public", organisation="Org A" if role else None)
    may = all(view.may(s, f) for s, f in policy.WAYS_OUT["operate proof"].needs)
    base = "/ogc/collections/coverage_gaps"
    for path in (base, f"{base}/items", f"{base}/items.csv", f"{base}/items.parquet",
                 f"{base}/queryables", "/tiles/coverage_gaps/14/8967/5907"):
        assert asking(role, path).status_code == (200 if may else 404), path
    listed = {c["id"] for c in asking(role, "/ogc/collections").json()["collections"]}
    assert ("coverage_gaps" in listed) is may
    if may and view.grant("task").rows == "all":
        said = {f["properties"]["task"]: f["properties"]["state"]
                for f in asking(role, f"{base}/items").json()["features"]
                if f["properties"]["task"] != "t-gaps"}
        # Tracks that nobody proved prove nothing; work that goes on, or searches nothing, waits for
        # no track.
        assert said == {"t-none": "no_track", "t-track": "not_proven"}
        (one,) = asking(role, f"{base}/items?state=no_track").json()["features"]
        assert shapely.from_geojson(json.dumps(one["geometry"])).equals(UNTRACKED)
        assert "no_track" in asking(role, f"{base}/items.csv?filter=state='no_track'").text
        on_map = {f["properties"]["id"]: f["properties"]["state"] for f in asking(
            role, "/api/layers/coverage_gaps").json()["features"]}
        assert on_map["t-none"] == "no_track"


@pytest.mark.browser
def test_the_layers_in_a_real_browser(place, chromium_path):
    with (served(place / "r.gpkg", "--as", "planner") as url,
          browsing(chromium_path, url) as browser):
        page = browser.page()
        page.goto(url)
        page.wait_for_selector("#map[data-ready=yes]")
        page.check("#layer-reach")
        page.wait_for_selector("#reach-notes:has-text('never means that a road is safe')")
        now = json.loads(page.get_attribute("#reach-notes", "data-states"))
        assert now["East"] == "cut_off" and now["Middle"] == "reached"
        page.check("#layer-contamination")
        page.click("#contamination-notes >> text=Draw the map")
        page.wait_for_selector("#contamination-notes li")
        notes = page.inner_text("#contamination-notes")
        assert "% or more" in notes and "bounds" in notes and "A prior" in notes
        assert page.locator("#contamination-notes canvas.key").count() >= 1, "a pattern, no colour"
        # The past: the hazard was not known, so the road is open and no map was drawn of then.
        page.fill("input[type=date][aria-label='As it was on']", "2026-04-01")
        page.wait_for_selector("#contamination-notes:has-text('No map of this time')")
        page.wait_for_function(
            "() => JSON.parse(document.getElementById('reach-notes').dataset.states).East"
            " === 'reached'")
        browser.check()
