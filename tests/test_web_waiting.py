"""WEB: hazards that wait in quarantine and hazards that nobody has validated, on the map of who may
see them, each with a sign of its own."""

import json
import shutil
from dataclasses import replace

import pytest
import shapely
from litestar.testing import TestClient

from browsing import browsing, served
from landrelease.access import policy
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.core.revision import Revision
from landrelease.store.accounts import Account
from landrelease.store.open import create_registry, open_registry, utc_now
from landrelease.workflows import imports
from landrelease.workflows.identities import sign_off
from test_tiles import decoded, tile_of

PASSWORD = "four random words do"
SEES = [r for r in policy.ROLES if policy.view(r).may("quarantine", "rows")]
GROUND = [r for r in policy.ROLES if policy.view(r).precision("hazard") == "exact"]
BOX = "POLYGON((17.0{0} 44, 17.0{0}5 44, 17.0{0}5 44.005, 17.0{0} 44.005, 17.0{0} 44))"
BOW = "POLYGON((17.06 44, 17.065 44.005, 17.065 44, 17.06 44.005, 17.06 44))"
ROWS = [("H-1", "CHA", "open", BOX.format(1)), ("H-2", "SHA", "open", BOX.format(2)),
        ("W-1", "minefield??", "open", BOX.format(3)),  # waits: no such type
        ("W-2", "minefield??", "open", BOW),  # crosses itself: as wide as it can be read
        ("W-3", "minefield??", "open", "POLYGON((517 44, 518 44, 518 45, 517 44))")]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("waiting")
    (folder / "hazard.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": shapely.geometry.mapping(shapely.from_wkt(wkt)),
         "properties": {"identifier": name, "hazard_type": kind, "status": status}}
        for name, kind, status, wkt in ROWS]}))
    with create_registry(folder / "r.gpkg", office="Office") as registry:
        imports.import_files(registry, [folder / "hazard.geojson"], kind="hazard", crs="EPSG:4326")
        assert registry.ids("hazard") == {"H-1", "H-2"} and registry.quarantine_state()[0] == 3
        sign_off(registry, ["H-2"], "operations", reason="looked at", by="local user (unverified)")
        registry.append([Revision(
            "administrative_area", "west", {"name": "West", "level": 2},
            shapely.box(17.0, 43.9, 17.017, 44.1), utc_now(), "test", "test", "")])
    return folder / "r.gpkg"


@pytest.fixture(scope="module")
def app(place):
    made = make_app(Settings(str(place), f"{place}.a", hosts=("testserver.local",)))
    made.state.asked_as = {}
    for role in policy.ROLES:
        for name, areas in ((role, ()), (f"{role}.west", ("West",))):
            made.state.accounts.add(Account(name + ".one", role, "Org A", areas), PASSWORD)
            secret = made.state.accounts.make_token(name + ".one", "test", 1)
            made.state.asked_as[name] = {"authorization": f"Bearer {secret}"}
    return made


@pytest.fixture(scope="module")
def client(app):
    with TestClient(app) as made:
        yield made


@pytest.mark.parametrize("role", ["", *policy.ROLES])
def test_safety_S14_rows_that_wait_are_on_the_map_of_who_may_see_them(app, client, role):
    headers = app.state.asked_as.get(role, {})
    answer = client.get("/api/layers/waiting", headers=headers)
    able = client.get("/api/map", headers=headers).json()
    assert able["waiting"] is (role in GROUND)
    if role not in SEES:
        assert "W-" not in answer.text and "hazard.geojson" not in answer.text
    if role not in GROUND:
        assert answer.status_code in (401, 403)
        return
    found = answer.json()
    if role not in SEES:  # the ground, of the rows nothing (S01, S14)
        assert {tuple(f["properties"]) for f in found["features"]} == {("id", "why")}
        assert len(found["features"]) == 2 and found["nowhere"] == 1
        return
    assert {f["properties"]["name"] for f in found["features"]} == {"W-1", "W-2"}
    assert found["nowhere"] == 1, "its place is none: it may lie anywhere"


def test_safety_S01_a_row_that_waits_is_as_wide_as_it_can_be_read(app, client):
    found = client.get("/api/layers/waiting", headers=app.state.asked_as["planner"]).json()
    ground = {f["properties"]["name"]: shapely.from_geojson(json.dumps(f["geometry"]))
              for f in found["features"]}
    assert ground["W-1"].covers(shapely.from_wkt(BOX.format(3)))
    ring = shapely.from_wkt(BOW).exterior
    assert ground["W-2"].is_valid and ground["W-2"].covers(shapely.polygonize([
        shapely.node(ring)]))


@pytest.mark.parametrize("role", GROUND)
def test_safety_S01_who_walks_there_gets_the_ground_of_hazards_that_wait(app, client, role):
    for name, most in ((role, 2), (f"{role}.west", 0)):
        headers = app.state.asked_as[name]
        drawn = client.get("/api/layers/waiting", headers=headers).json()["features"]
        listed = client.get("/ogc/collections/unrecorded_hazards/items", headers=headers).json()
        assert len(drawn) == len(listed["features"]) == most
        assert {f["properties"]["why"] for f in listed["features"]} <= {"waiting"}
        for f, g in zip(drawn, listed["features"], strict=True):
            own, other = (shapely.from_geojson(json.dumps(v["geometry"])) for v in (f, g))
            assert own.equals_exact(other, 1e-6)
        for part in ("items.csv", "items.parquet", "items?why=waiting"):
            assert client.get(f"/ogc/collections/unrecorded_hazards/{part}",
                              headers=headers).status_code == 200
    (near,) = drawn_tile(client, app.state.asked_as[role])
    assert near["why"] == "waiting"
    assert drawn_tile(client, app.state.asked_as[f"{role}.west"]) == []


@pytest.mark.parametrize("role", GROUND)
def test_safety_S11_ground_that_reopened_under_no_record_is_a_layer_of_the_map(
        place, role, monkeypatch):
    """As the collection holds it, and in the reader's areas alone."""
    from landrelease.core.record import Record
    from landrelease.workflows import unsigned, waiting_areas

    ground = shapely.from_wkt(BOX.format(3))
    monkeypatch.setattr(waiting_areas, "unsigned", lambda *_: replace(
        unsigned.NOTHING, unrecorded=(Record("hazard", "h-gone", {"name": "Secret"}, ground),)))
    with open_registry(place) as registry:
        found, nowhere = waiting_areas.waiting_areas(registry, policy.view(role, "Org A"))
        listed = waiting_areas.without_record(registry, policy.view(role, "Org A"))
    (again,) = [a for a in found if a.why == "reopened"]
    assert again.place.equals(ground) and not (again.name or again.file or again.codes)
    assert len(found) == len(listed) == 3 and nowhere == 1


def drawn_tile(client, headers):
    _, (z, x, y) = tile_of(shapely.from_wkt(BOX.format(3)), z=12)
    found = decoded(client.get(f"/tiles/unrecorded_hazards/{z}/{x}/{y}", headers=headers).content)
    return [values for _, _, values in found.get("unrecorded_hazards", [])]


def test_safety_S14_who_reads_an_area_sees_what_waits_there(app, client):
    found = client.get("/api/layers/waiting", headers=app.state.asked_as["planner.west"]).json()
    assert found["features"] == [] and found["nowhere"] == 1, "that one may lie anywhere"


def test_levels_and_marks_stand_beside_the_values_for_who_may_see_them(app, client):
    items = "/ogc/collections/hazard/items"
    for role in policy.ROLES:
        view, headers = policy.view(role, "Org A"), app.state.asked_as[role]
        if view.precision("hazard") != "exact":
            continue
        listed = {f["id"]: f["properties"] for f in client.get(items, headers=headers).json()[
            "features"]}
        told = {i: p.get("validation") for i, p in listed.items()}
        seen = view.may("history")
        assert told == ({"H-1": "entered", "H-2": "operations"} if seen else
                        dict.fromkeys(listed)), role
        one = client.get(f"{items}/H-2", headers=headers).json()["properties"]
        assert one.get("validation") == ("operations" if seen else None)
        queryables = client.get("/ogc/collections/hazard/queryables", headers=headers).json()
        assert ("validation" in queryables["properties"]) is seen
        for query in ("validation=entered", "filter=validation='entered'"):
            answer = client.get(f"{items}?{query}", headers=headers)
            assert answer.status_code == (200 if seen else 400), (role, query)
            if seen:
                assert [f["id"] for f in answer.json()["features"]] == ["H-1"]
    tile = client.get("/tiles/hazard.json", headers=app.state.asked_as["planner"]).json()
    assert "validation" in tile["vector_layers"][0]["fields"]


def test_verified_says_whether_a_decision_counts(place, tmp_path):
    copy = tmp_path / "r.gpkg"
    shutil.copy(place, copy)
    with open_registry(copy) as registry:
        registry.append([Revision("hazard", "H-9", {"hazard_type": "CHA", "status": "closed"},
                                  shapely.box(17.1, 44, 17.11, 44.01), utc_now(), "test", "test",
                                  "")])
    made = make_app(Settings(str(copy), f"{copy}.a", role="operator", hosts=("testserver.local",)))
    with TestClient(made) as client:
        items = "/ogc/collections/hazard/items"
        listed = {f["id"]: f["properties"].get("verified") for f in client.get(items).json()[
            "features"]}
        assert listed == {"H-1": None, "H-2": None, "H-9": False}, "nobody signed the closing (S09)"
        for query in ("verified=false", "filter=verified=false"):
            assert [f["id"] for f in client.get(f"{items}?{query}").json()["features"]] == ["H-9"]
        assert client.get(f"{items}?verified=perhaps").status_code == 400
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pq.read_table(pa.BufferReader(client.get(f"{items}.parquet").content))
        rows = dict(zip(table["record"].to_pylist(), table["verified"].to_pylist(), strict=True))
        assert rows == listed


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
def test_what_waits_is_drawn_with_a_sign_of_its_own(place, chromium_path, dark):
    drawn = """layers => [...new Set(document.getElementById("map").view
      .queryRenderedFeatures({ layers }).map(f => `${f.layer.id} ${f.properties.name ??
        f.properties.id}`))].sort()"""
    with (served(place, "--as", "planner") as url, browsing(chromium_path, url) as browser):
        page = browser.page(dark=dark)
        page.goto(url)
        page.wait_for_selector("#map[data-drawn=yes]")
        page.wait_for_selector("#waiting-notes[data-rows='2']", timeout=30_000)
        assert page.is_checked("#layer-waiting") and not page.is_checked("#layer-entered")
        assert "1 more wait whose place is not known" in page.inner_text("#waiting-notes")
        page.check("#layer-entered")
        # They lie beyond what is recorded: the list beside the map leads there.
        assert page.evaluate(drawn, ["waiting-pattern"]) == []
        page.click("#waiting-notes button:has-text('W-2')")
        page.wait_for_function(f"layers => ({drawn})(layers).length", arg=["waiting-pattern"])
        page.evaluate("() => document.getElementById('map').view.jumpTo({ center: [17.04, 44.002],"
                      " zoom: 12 })")
        layers = ["waiting-pattern", "waiting-edge", "waiting-sign", "entered-edge",
                  "entered-sign"]
        page.wait_for_function(f"layers => ({drawn})(layers).length >= 8", arg=layers)
        assert page.evaluate(drawn, layers) == sorted(
            [f"{layer} {name}" for layer in layers[:3] for name in ("W-1", "W-2")]
            + [f"{layer} H-1" for layer in layers[3:]])
        page.uncheck("#layer-waiting")
        page.wait_for_function(f"layers => !({drawn})(layers).length", arg=layers[:3])
        page.check("#layer-waiting")
        page.wait_for_function(f"layers => ({drawn})(layers).length", arg=layers[:3])
        where = page.evaluate("""() => { const map = document.getElementById("map").view,
          p = map.project([17.0325, 44.0025]), box = map.getCanvas().getBoundingClientRect();
          return [box.x + p.x, box.y + p.y]; }""")
        page.mouse.click(*where)
        page.wait_for_selector(".card:has-text('It waits in quarantine: hazard.geojson, row')")
        page.click(".card a:has-text('W-1')")
        page.wait_for_selector("h1:has-text('Rows that wait')")
        browser.check()


@pytest.mark.browser
def test_who_sees_no_hazard_as_it_is_has_no_layer_of_those_that_wait(place, chromium_path):
    with (served(place, "--as", "donor") as url, browsing(chromium_path, url) as browser):
        page = browser.page()
        page.goto(url)
        page.wait_for_selector("#map[data-drawn=yes]")
        assert page.query_selector("#layer-waiting") is None
        browser.check()
