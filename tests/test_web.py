"""WEB: the app under the policy: every role at every address, sign-in, OGC API Features."""

import json
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import shapely
from litestar.testing import TestClient

from browsing import browsing, served
from landrelease.access import policy
from landrelease.apps.web.app import make_app
from landrelease.apps.web.hosts import host_name
from landrelease.apps.web.registries import EXPORTS
from landrelease.apps.web.settings import Settings
from landrelease.errors import LandReleaseError
from landrelease.publish import tiles
from landrelease.store.accounts import Account
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import imports, quarantine
from stores import STORES, place_of
from test_tiles import decoded, polygon_of

PASSWORD = "four random words do"
HAZARDS = {"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {
        "identifier": f"H-{n}", "name": f"Secret meadow {n}", "hazard_type": "CHA",
        "status": "open", "information_date": f"2026-0{n}-01"},
     "geometry": {"type": "Polygon", "coordinates": [[
         [17.5 + n / 50, 44.1], [17.51 + n / 50, 44.1], [17.51 + n / 50, 44.11],
         [17.5 + n / 50, 44.11], [17.5 + n / 50, 44.1]]]}} for n in range(1, 6)]}
TEAMS = "identifier,name,organisation,team_type\nA,North,Operator A,manual\nB,South,Operator B,TS\n"
PLACES = ("name,population,latitude,longitude\nUpper,120,44.1,17.49\nLower,heaps,44.2,17.6\n")


def filled(address, folder):
    create_registry(address, office="Travnik").close()
    (folder / "hazard.geojson").write_text(json.dumps(HAZARDS))
    (folder / "team.csv").write_text(TEAMS)
    (folder / "settlement.csv").write_text(PLACES)
    with open_registry(address) as registry:
        for name, kind in (("hazard.geojson", "hazard"), ("team.csv", "team"),
                           ("settlement.csv", "settlement")):
            imports.import_files(registry, [folder / name], kind=kind, crs="EPSG:4326")
        assert len(registry.quarantine()) == 1
    return address


@pytest.fixture(scope="module", params=STORES)
def place(request, tmp_path_factory):
    made = place_of(request, tmp_path_factory.mktemp("web"))
    filled(made.address, made.folder)
    return made


@pytest.fixture(scope="module")
def address(place):
    return place.address


@pytest.fixture
def on_file(tmp_path):
    """A registry of a test's own."""
    return filled(tmp_path / "r.gpkg", tmp_path)


@pytest.fixture(scope="module")
def app(place):
    made = make_app(Settings(str(place.address), str(place.accounts),
                             hosts=("testserver.local",)))
    for role in policy.ROLES:
        made.state.accounts.add(Account(f"one.{role}", role, "Operator A"), PASSWORD)
    return made


@pytest.fixture(scope="module")
def server(app):
    with TestClient(app) as client:
        yield client


@pytest.fixture
def client(server):
    server.cookies.clear()
    return server


def sign_in(client, role):
    client.cookies.clear()
    answer = client.post("/api/session", json={"name": f"one.{role}", "password": PASSWORD},
                         headers={"x-csrf-token": "page"})
    assert answer.status_code == 200, answer.text
    return {"x-csrf-token": answer.json()["csrf"]}


# --- least by default (every role at every address: test_web_tiers.py) ---------------------------

def test_rows_are_those_of_the_readers_organisation(client):
    for role in policy.ROLES:
        headers = sign_in(client, role)
        view = policy.view(role, "Operator A")
        teams = client.get("/ogc/collections/team/items")
        if view.precision("team") == "exact":
            assert len(teams.json()["features"]) == (
                1 if view.grant("team").rows == "organisation" else 2)
        else:
            assert teams.status_code == 404
        mended = client.post("/api/quarantine/99/mend", json={"changes": {}}, headers=headers)
        assert mended.status_code == (400 if view.may("quarantine", "rows") else 403)


def test_what_is_not_shown_and_what_is_not_there_sound_alike(client):
    hidden = client.get("/ogc/collections/team/items")
    nothing = client.get("/ogc/collections/teaxm/items")
    assert hidden.status_code == nothing.status_code == 404
    assert hidden.json() == {**nothing.json()}


def test_a_filter_on_a_hidden_field_is_refused_like_one_that_there_is_not(client):
    answers = [client.get(f"/ogc/collections/settlement/items?{name}=1")
               for name in ("returnees_expected", "nothing_like_it")]
    assert [a.status_code for a in answers] == [400, 400]
    assert {a.json()["code"] for a in answers} == {"WEB-012"}


def test_a_change_of_the_registry_shows_at_once(client, address, tmp_path):
    before = client.get("/ogc/collections/hazard_cells/items").json()["features"]
    ground = json.loads(json.dumps(HAZARDS))
    ground["features"] = ground["features"][:1]
    one = ground["features"][0]
    one["properties"]["identifier"] = "H-9"
    one["geometry"]["coordinates"] = [[[x, y + 0.2] for x, y in
                                       one["geometry"]["coordinates"][0]]]
    (tmp_path / "hazard.geojson").write_text(json.dumps(ground))
    with open_registry(address) as registry:
        imports.import_files(registry, [tmp_path / "hazard.geojson"], kind="hazard",
                             crs="EPSG:4326")
    after = client.get("/ogc/collections/hazard_cells/items").json()["features"]
    drawn = shapely.union_all([shapely.geometry.shape(f["geometry"]) for f in after])
    assert len(after) > len(before)
    assert drawn.covers(shapely.geometry.shape(one["geometry"])), "S15: never late"


def test_safety_S15_tiles_of_the_cells_show_at_once_what_waits_in_quarantine(on_file, tmp_path):
    """A row that waits appends no revision: the head stays, the public's ground changes."""
    path = on_file
    ground = json.loads(json.dumps(HAZARDS))
    ground["features"] = ground["features"][:1]
    one = ground["features"][0]
    one["properties"] |= {"identifier": "H-77", "status": "no such status"}
    one["geometry"]["coordinates"] = [[[x - 0.1, y - 0.1] for x, y in
                                       one["geometry"]["coordinates"][0]]]
    (tmp_path / "hazard.geojson").write_text(json.dumps(ground))
    where = np.array([shapely.geometry.shape(one["geometry"])], dtype=object)
    app = make_app(Settings(str(path), str(tmp_path / "a"), hosts=("testserver.local",)))
    with TestClient(app) as client, open_registry(path) as registry:
        def holds():
            found = decoded(client.get("/tiles/hazard_cells/8/140/93").content)["hazard_cells"]
            drawn = shapely.union_all([polygon_of(rings) for _, rings, _ in found])
            return drawn.covers(tiles.to_tile(where, 8, 140, 93)[0])

        assert not holds()
        head = registry.head()
        imports.import_files(registry, [tmp_path / "hazard.geojson"], kind="hazard",
                             crs="EPSG:4326")
        assert registry.head() == head, "only a row that waits"
        assert holds(), "S15: never late"
        quarantine.reject_quarantined(registry, registry.quarantine()[-1].number, "twice")
        assert not holds()


def test_rows_that_wait_are_those_of_the_readers_areas(on_file, tmp_path):
    """An account for one area neither reads nor decides about rows of another by their number."""
    path = on_file
    app = make_app(Settings(str(path), str(tmp_path / "a"), hosts=("testserver.local",)))
    for name, areas in (("all.areas", ()), ("of.west", ("17,44,17.55,44.5",)),
                        ("of.east", ("17.58,44,18,44.5",))):
        app.state.accounts.add(Account(name, "planner", "", areas), PASSWORD)
    keys = {name: {"authorization": f"Bearer {app.state.accounts.make_token(name, 'test', 1)}",
                   "x-csrf-token": "page"} for name in ("all.areas", "of.west", "of.east")}
    ground = json.loads(json.dumps(HAZARDS))
    ground["features"] = ground["features"][:1]
    ground["features"][0]["properties"] |= {"identifier": "H-8", "status": "no such status"}
    (tmp_path / "hazard.geojson").write_text(json.dumps(ground))
    with open_registry(path) as registry:
        imports.import_files(registry, [tmp_path / "hazard.geojson"], kind="hazard",
                             crs="EPSG:4326")
        number = registry.quarantine()[-1].number
    with TestClient(app) as client:
        seen = {name: [row["kind"] for row in client.get(
            "/api/quarantine", headers=key).json()["rows"]] for name, key in keys.items()}
        assert seen == {"all.areas": ["settlement", "hazard"], "of.west": ["settlement", "hazard"],
                        "of.east": ["settlement"]}, "a place that is not read may lie anywhere"
        for what, body in (("mend", {"changes": {"status": "open"}}), ("reject", {"reason": "x"})):
            told, nothing = (client.post(f"/api/quarantine/{n}/{what}", json=body,
                                         headers=keys["of.east"]) for n in (number, 999))
            assert told.status_code == nothing.status_code == 400
            assert told.json()["code"] == nothing.json()["code"] == "STO-015"
        done = client.post(f"/api/quarantine/{number}/reject", json={"reason": "twice"},
                           headers=keys["of.west"])
        assert done.json()["status"] == "rejected"


# --- signing in, changes -------------------------------------------------------------------------

def test_signing_in_gives_a_cookie_that_no_script_reads_and_out_ends_it(client):
    headers = sign_in(client, "planner")
    secret = client.cookies["landrelease_session"]
    assert client.get("/api/session").json()["role"] == "planner"
    assert client.get("/ogc/collections/hazard/items").status_code == 200
    assert client.post("/api/session/end", headers=headers).status_code == 200
    client.cookies.set("landrelease_session", secret)
    assert client.get("/api/session").json()["account"] == "", "ended on the server too"


def test_cookies_are_careful(address, tmp_path):
    for secure in (False, True):
        app = make_app(Settings(str(address), str(tmp_path / f"a{secure}"), secure=secure,
                                hosts=("testserver.local",)))
        app.state.accounts.add(Account("one.planner", "planner"), PASSWORD)
        with TestClient(app) as client:
            answer = client.post(
                "/api/session", json={"name": "one.planner", "password": PASSWORD},
                headers={"x-csrf-token": "page"})
            said = answer.headers["set-cookie"]
            assert "HttpOnly" in said and "SameSite=strict" in said and "Path=/" in said
            assert ("Secure" in said) == secure
            assert said.startswith("__Host-" if secure else "landrelease_session=")


def test_a_wrong_password_says_no_more_than_that_and_soon_waits(address, tmp_path):
    app = make_app(Settings(str(address), str(tmp_path / "a"), hosts=("testserver.local",)))
    app.state.accounts.add(Account("one.planner", "planner"), PASSWORD)
    with TestClient(app) as client:
        def attempt(name, password):
            return client.post("/api/session", json={"name": name, "password": password},
                               headers={"x-csrf-token": "page"})

        answers = [attempt("one.planner", "wrong password it is"),
                   attempt("nobody.here", "wrong password it is")]
        assert answers[0].status_code == 401 and answers[0].json() == answers[1].json()
        for _ in range(5):
            last = attempt("one.planner", "wrong password it is")
        assert last.status_code == 429 and last.json()["code"] == "WEB-014"
        assert 0 < int(last.headers["retry-after"]) <= 15 * 60
        assert attempt("one.planner", PASSWORD).status_code == 429, "also with the right one"


@pytest.mark.parametrize("headers", [
    {}, {"x-csrf-token": "page"}, {"x-csrf-token": ""},
    {"x-csrf-token": "REAL", "sec-fetch-site": "cross-site"}])
def test_a_change_without_the_sessions_token_is_refused(client, headers):
    real = sign_in(client, "planner")["x-csrf-token"]
    sent = {k: v.replace("REAL", real) for k, v in headers.items()}
    for path in ("/api/quarantine/1/reject", "/api/session/end"):
        assert client.post(path, json={"reason": "x"}, headers=sent).status_code == 403


def test_signing_in_from_another_site_is_refused(client):
    answer = client.post("/api/session", content=json.dumps(
        {"name": "one.planner", "password": PASSWORD}), headers={"content-type": "text/plain"})
    assert answer.status_code == 403


def test_an_unknown_name_of_the_server_is_refused(client):
    assert client.get("/health", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/health", headers={"host": "testserver.local:81"}).status_code == 200
    assert host_name("[::1]:8080") == "::1"


def test_a_token_reads_as_its_account_and_a_wrong_one_is_no_reader(app, client):
    token = app.state.accounts.make_token("one.planner", "GIS", 1)
    import base64

    basic = base64.b64encode(f"any:{token}".encode()).decode()
    for header in (f"Bearer {token}", f"Basic {basic}"):
        found = client.get("/ogc/collections/hazard/items", headers={"authorization": header})
        assert found.status_code == 200
    for header in ("Bearer nothing", "Basic !!!", "Digest x"):
        found = client.get("/ogc/collections", headers={"authorization": header})
        assert found.status_code == 401 and "WWW-Authenticate" in found.headers


def test_every_answer_has_careful_headers(client):
    for path in ("/", "/ogc", "/static/app.js", "/api/nothing", "/tiles/hazard_cells/0/0/0"):
        found = client.get(path).headers
        assert "default-src 'none'" in found["content-security-policy"], path
        assert found["x-content-type-options"] == "nosniff" and found["x-frame-options"] == "DENY"


def test_what_is_read_is_logged_and_the_public_is_not(app, client):
    client.get("/ogc/collections/hazard_cells/items")
    before = len(app.state.accounts.logged(10_000))
    sign_in(client, "planner")
    client.get("/ogc/collections/hazard/items?limit=2")
    client.get("/api/records/H-1")
    rows = app.state.accounts.logged(2)
    assert {r[3] for r in rows} == {"hazard", "history"} and {r[1] for r in rows} == {
        "one.planner"}
    assert len(app.state.accounts.logged(10_000)) == before + 3, "signing in stands in it too"


@pytest.mark.parametrize("role", ["planner", "operator", "donor", "community"])
def test_what_the_public_sees_in_part_is_logged_for_who_sees_more(app, client, role):
    sign_in(client, role)
    for path, subject, logged in (
            ("/api/figures", "figures", {"planner", "operator"}),
            ("/figures", "figures", {"planner", "operator"}),
            ("/api/figures/hazard_count", "figures", {"planner", "operator"}),
            ("/ogc/collections/settlement/items", "settlement", {"planner", "operator"}),
            ("/ogc/collections/settlement/items.csv", "settlement", {"planner", "operator"}),
            ("/ogc/collections/settlement/items.parquet", "settlement", {"planner", "operator"}),
            ("/forecasts", "forecast", {"planner", "donor"}),
            ("/api/forecasts", "forecast", {"planner", "donor"}),
            ("/plans", "plan_dates", {"planner", "operator", "donor"})):
        before = len(app.state.accounts.logged(10_000))
        answer = client.get(path)
        rows = app.state.accounts.logged(10_000)
        new = {r[3] for r in rows[:len(rows) - before]}
        assert (subject in new) == (role in logged), (path, answer.status_code, new)


def test_only_files_of_the_page_are_served(client):
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/vendor/../../app.py",
                 "/static//etc/passwd", "/static/nothing.js", "/r.gpkg", "/static/"):
        assert client.get(path).status_code in (404, 405), path


# --- OGC API Features ----------------------------------------------------------------------------

def test_pages_lead_through_all_items_once(client):
    sign_in(client, "planner")
    seen, path = [], "/ogc/collections/hazard/items?limit=2"
    while path:
        page = client.get(path).json()
        assert page["numberReturned"] == len(page["features"]) <= 2
        seen += [f["id"] for f in page["features"]]
        path = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    assert seen == sorted(set(seen)) and {f"H-{n}" for n in range(1, 6)} <= set(seen)


def test_windows_times_values_and_systems(client):
    sign_in(client, "planner")

    def ids(query):
        answer = client.get(f"/ogc/collections/hazard/items?{query}")
        assert answer.status_code == 200, answer.text
        return {f["id"] for f in answer.json()["features"]} - {"H-9"}

    assert ids("bbox=17.5,44,17.545,44.2") == {"H-1", "H-2"}
    crs = "http://www.opengis.net/def/crs/EPSG/0/4326"
    assert ids(f"bbox=44,17.5,44.2,17.545&bbox-crs={crs}") == {"H-1", "H-2"}
    assert ids("datetime=2026-02-01/2026-03-31") == {"H-2", "H-3"}
    assert ids("datetime=2026-04-01/..") == {"H-4", "H-5"}
    assert ids("datetime=2026-01-01T00:00:00Z") == {"H-1"}
    assert ids("status=closed,suspended") == set() and len(ids("hazard_type=CHA")) == 5
    plain = client.get("/ogc/collections/hazard/items/H-1")
    turned = client.get(f"/ogc/collections/hazard/items/H-1?crs={crs}")
    assert turned.headers["content-crs"] == f"<{crs}>"
    x, y = plain.json()["geometry"]["coordinates"][0][0]
    assert turned.json()["geometry"]["coordinates"][0][0] == [y, x]
    mercator = client.get("/ogc/collections/hazard/items/H-1?crs="
                          "http://www.opengis.net/def/crs/EPSG/0/3857").json()
    from pyproj import Transformer

    expected = Transformer.from_crs(4326, 3857, always_xy=True).transform(x, y)
    assert mercator["geometry"]["coordinates"][0][0] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("query", [
    "bbox=1,2,3", "bbox=a,b,c,d", "bbox=nan,1,2,3", "bbox=5,5,1,1", "datetime=yesterday",
    "datetime=../..", "datetime=2027-01-01/2026-01-01", "limit=0", "limit=-1", "limit=many",
    "crs=EPSG:1", "bbox-crs=x", "colour=red", "information_date=soon"])
def test_parameters_that_are_wrong_are_refused_with_words(client, query):
    sign_in(client, "planner")
    answer = client.get(f"/ogc/collections/hazard/items?{query}")
    assert answer.status_code == 400 and answer.json()["code"].startswith("WEB-01"), answer.text


def test_tiles_differ_by_reader_and_are_kept(app, client):
    public = client.get("/tiles/hazard_cells/9/280/185")
    assert public.status_code == 200 and public.content
    assert client.get("/tiles/hazard/9/280/185").status_code == 404
    sign_in(client, "planner")
    first = client.get("/tiles/hazard/9/280/185")
    hits = app.state.tiles.cache.hits
    again = client.get("/tiles/hazard/9/280/185")
    assert first.content == again.content and app.state.tiles.cache.hits == hits + 1
    same = client.get("/tiles/hazard/9/280/185", headers={"if-none-match": first.headers["etag"]})
    assert same.status_code == 304 and not same.content
    client.cookies.clear()
    assert client.get("/tiles/hazard/9/280/185",
                      headers={"if-none-match": first.headers["etag"]}).status_code == 404


# --- files in, rows that wait --------------------------------------------------------------------

def test_a_file_comes_in_waits_is_mended_and_shows(client):
    headers = sign_in(client, "planner")
    content = b"name,population,latitude,longitude\nNew place,lots,44.15,17.55\n"

    def bring(**more):
        return client.post("/api/import", headers=headers, data={
            "kind": "settlement", "crs": "EPSG:4326", **more},
            files={"file": ("../../places.csv", content, "text/csv")})

    (checked,) = bring(dry_run="yes").json()
    assert checked["quarantined"] == 1 and checked["findings"][0]["field"] == "population"
    count = client.get("/api/quarantine").json()["total"]
    (report,) = bring().json()
    assert report["file"] == "places.csv" and report["accepted"] == 0
    rows = client.get("/api/quarantine?limit=500").json()["rows"]
    assert len(rows) == count + 1
    number = next(r["number"] for r in rows if r["file"] == "places.csv")
    still = client.post(f"/api/quarantine/{number}/mend", headers=headers,
                        json={"changes": {"population": "dozens"}}).json()
    assert still["status"] == "waiting" and still["findings"]
    done = client.post(f"/api/quarantine/{number}/mend", headers=headers,
                       json={"changes": {"population": "70"}}).json()
    assert done["status"] == "accepted"
    found = client.get("/ogc/collections/settlement/items").json()["features"]
    assert any(f["properties"].get("name") == "New place" for f in found)
    record = next(f["id"] for f in found if f["properties"].get("name") == "New place")
    past = client.get(f"/api/records/{record}").json()
    assert past["revisions"][-1]["values"]["population"] == 70


def test_who_may_not_bring_files_in_is_told(client):
    for role, status in (("donor", 403), ("", 401)):
        client.cookies.clear()
        headers = sign_in(client, role) if role else {"x-csrf-token": "page"}
        answer = client.post("/api/import", headers=headers,
                             files={"file": ("x.csv", b"a\n1\n", "text/csv")})
        assert answer.status_code == status, answer.text


@pytest.mark.parametrize("kind", ["team", "person", "accreditation", "fund"])
@pytest.mark.parametrize("way", ["items", "items.csv", "items.parquet"])
def test_a_filter_by_place_of_a_kind_without_places_is_refused(client, kind, way):
    headers = sign_in(client, "planner")
    for told in ("S_INTERSECTS(geometry,POINT(17.5 44.1))", "S_WITHIN(geometry,BBOX(17,44,18,45))"):
        answer = client.get(f"/ogc/collections/{kind}/{way}", params={"filter": told},
                            headers=headers)
        assert answer.status_code == 400 and answer.json()["code"] == "WEB-012", answer.text


@pytest.mark.parametrize("number", [10**24, 2**63, 2**63 - 1, 0])
def test_a_row_number_that_no_store_can_count_to_is_no_row(client, address, number):
    headers = sign_in(client, "planner")
    for way, body in (("mend", {"changes": {}}), ("reject", {"reason": "x"})):
        answer = client.post(f"/api/quarantine/{number}/{way}", json=body, headers=headers)
        assert answer.status_code == 400 and answer.json()["code"] == "STO-015", answer.text
    with open_registry(address) as registry:
        assert registry.quarantine("waiting", number) == []
        with pytest.raises(LandReleaseError, match="STO-015") as error:
            registry.decide_quarantine(number, "rejected", reason="x", decided_by="y")
        assert error.value.code == "STO-015"


@pytest.mark.parametrize("query", ["foo=1", "valid_at=garbage", "level=zz", "Valid_at=2024-01-01",
                                   "level=operator&level=x", "valid_at=2150-06-30"])
@pytest.mark.parametrize("path", ["/api/figures", "/api/figures/hazardous_m2", "/figures",
                                  "/figures/hazardous_m2"])
def test_figures_pass_over_no_parameter(client, path, query):
    sign_in(client, "planner")
    answer = client.get(f"{path}?{query}")
    assert answer.status_code == 400, answer.text[:300]


def test_all_figures_are_of_the_day_and_the_level_that_are_asked_for(client):
    sign_in(client, "planner")
    for query in ("", "?valid_at=2026-03-15", "?level=authority", "?known_at=2020-01-01"):
        listed = {f["id"]: f for f in client.get(f"/api/figures{query}").json()}
        one = client.get(f"/api/figures/hazardous_m2{query}").json()
        for name in ("value", "valid_at", "known_at", "level"):
            assert (listed["hazardous_m2"][name] or "") == (one[name] or ""), (query, name)
    sign_in(client, "public")
    assert client.get("/api/figures?valid_at=2026-03-15").status_code in (400, 403)


def test_a_fault_of_ours_says_nothing_of_itself(app, client, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("the password is 1234")

    from landrelease.workflows import collections

    monkeypatch.setattr(collections, "collections", broken)
    answer = client.get("/ogc/collections")
    assert answer.status_code == 500 and "1234" not in answer.text


def test_json_that_is_nested_too_deeply_is_the_senders_fault(app, client, caplog):
    """Nobody need be signed in to send it."""
    paths = [p for p, of in app.openapi_schema.to_schema()["paths"].items()
             if "application/json" in of.get("post", {}).get("requestBody", {}).get("content", {})]
    assert {"/api/session"} < set(paths)
    for who in ("", "administrator"):
        client.cookies.clear()
        headers = sign_in(client, who) if who else {"x-csrf-token": "page"}
        for path in paths:
            for body in ("[" * 100_000, '{"name":' * 100_000,
                         '{"name": ' + "[" * 100_000 + "]" * 100_000 + "}"):
                answer = client.post(path.replace("{", "").replace("}", ""), content=body, headers={
                    **headers, "content-type": "application/json"})
                assert 400 <= answer.status_code < 500, (path, answer.text)
                assert answer.json()["description"]
    client.cookies.clear()
    answer = client.post("/api/session", content="[" * 100_000, headers={
        "x-csrf-token": "page", "content-type": "application/json"})
    assert answer.status_code == 400
    assert not [r for r in caplog.records if r.exc_info], "no traceback in the log"


def test_a_recursion_of_ours_stays_a_fault_of_ours(client, monkeypatch):
    from landrelease.workflows import collections

    def deep(*_):
        return deep()

    monkeypatch.setattr(collections, "collections", deep)
    assert client.get("/ogc/collections").status_code == 500


def test_exports_leave_the_threads_of_the_pages_alone(app, client, monkeypatch):
    """Six at once: two run, four wait, and the pages answer."""
    from landrelease.workflows import collections

    sign_in(client, "planner")
    go, running, most, lock = threading.Event(), [], [0], threading.Lock()
    real, begun = collections.write_table, threading.Semaphore(0)

    def slow(*args, **more):
        with lock:
            running.append(1)
            most[0] = max(most[0], len(running))
        begun.release()
        try:
            assert go.wait(60)
            return real(*args, **more)
        finally:
            with lock:
                running.pop()

    monkeypatch.setattr(collections, "write_table", slow)
    with ThreadPoolExecutor(6) as pool:
        try:
            asked = [pool.submit(client.get, "/ogc/collections/hazard/items.csv") for _ in range(6)]
            assert begun.acquire(timeout=60) and begun.acquire(timeout=60)
            for path in ("/health", "/ogc/collections/hazard/items", "/figures"):
                # Were there no thread for it, no answer would come before the exports are let go.
                answer = client.get(path)
                assert answer.status_code == 200, path
            assert not any(one.done() for one in asked)
        finally:
            go.set()
        assert [one.result(60).status_code for one in asked] == [200] * 6
    assert most[0] == EXPORTS == 2


# --- the real server, real clients ---------------------------------------------------------------

@pytest.fixture(scope="module")
def running(place):
    with served(place.address, "--as", "planner", "--accounts", place / "accounts.served") as url:
        yield url


def test_gdal_reads_every_layer(running):
    if shutil.which("ogrinfo") is None:
        pytest.skip("needs ogrinfo: `apt-get install gdal-bin`")
    done = subprocess.run(["ogrinfo", "-ro", "-so", "-al", f"OAPIF:{running}ogc"],
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "Layer name: hazard" in done.stdout and "Layer name: settlement" in done.stdout
    done = subprocess.run(["ogrinfo", "-ro", "-al", f"OAPIF:{running}ogc", "hazard", "-spat",
                           "17.51", "44", "17.54", "44.2"], capture_output=True, text=True,
                          timeout=120, check=False)
    assert "Secret meadow 1" in done.stdout and "Secret meadow 5" not in done.stdout


def test_the_page_in_a_real_browser(running, chromium_path):
    with browsing(chromium_path, running) as browser:
        page = browser.page()
        page.goto(running)
        page.wait_for_selector("#map[data-ready=yes]", timeout=60_000)
        page.click("nav a[href='#tables']")
        page.wait_for_selector("tbody tr")
        page.select_option("#collection", "hazard")
        page.wait_for_selector("text=Secret meadow 1")
        page.click("tbody a >> nth=0")
        page.wait_for_selector("text=Its past")
        page.click("nav a[href='#waiting']")
        page.wait_for_selector("article.card h2")
        assert "null" not in page.inner_text("article.card")
        browser.check()


def test_the_view_of_the_office_is_for_this_machine_only(address, tmp_path):
    done = subprocess.run([sys.executable, "-m", "landrelease", "serve", str(address), "--as",
                           "planner", "--host", "0.0.0.0", "--accounts", tmp_path / "a"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "WEB-016" in done.stderr


@pytest.mark.parametrize(("words", "warned"), [
    ({"host": "0.0.0.0"}, True), ({"name": ["mine.example"]}, True), ({}, False),
    ({"host": "0.0.0.0", "https": True}, False), ({"host": "localhost"}, False)])
def test_plain_http_over_a_network_is_warned_of(on_file, monkeypatch, capsys, words, warned):
    from landrelease.apps import web_commands
    from landrelease.apps.web import server

    monkeypatch.setattr(server, "run", lambda *_: None)
    web_commands.serve(str(on_file), **words)
    said = capsys.readouterr()
    assert ("WEB-020" in said.out + said.err) == warned


@pytest.mark.parametrize("words", [
    ["--https"], ["--name", "mine.example"], ["--proxy", "127.0.0.1"],
    ["--https", "--name", "mine.example", "--proxy", "172.28.5.0/24"]])
def test_safety_S14_a_fixed_role_goes_with_nothing_that_lets_others_in(on_file, words):
    """Behind a proxy on the same machine every reader would come from 127.0.0.1."""
    from landrelease.apps import web_commands
    from landrelease.apps.web import server

    def never(*_):
        raise AssertionError("it would be served")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "run", never)
        named = {"https": "--https" in words, "name": ["mine.example"] * ("--name" in words),
                 "proxy": words[words.index("--proxy") + 1:][:1] if "--proxy" in words else []}
        with pytest.raises(LandReleaseError) as error:
            web_commands.serve(str(on_file), role="planner", **named)
        assert error.value.code == "WEB-016"
        assert words[0] in str(error.value) and "account add" in str(error.value)
        with pytest.raises(AssertionError, match="it would be served"):
            web_commands.serve(str(on_file), role="public", **named)


@pytest.mark.parametrize("header", [
    {"x-forwarded-for": "8.8.8.8"}, {"forwarded": "for=8.8.8.8"}, {"x-real-ip": "8.8.8.8"},
    {"via": "1.1 proxy"}, {"x-forwarded-proto": "https"}])
def test_safety_S16_what_was_handed_on_has_the_publics_view(on_file, tmp_path, header):
    """A proxy that nobody told the server of: who comes through it is not the office."""
    made = make_app(Settings(str(on_file), str(tmp_path / "a"), role="planner",
                             hosts=("testserver.local",)))
    with TestClient(made) as client:
        assert client.get("/api/session").json()["role"] == "planner"
        assert client.get("/ogc/collections/hazard/items").status_code == 200
        assert client.get("/api/session", headers=header).json()["role"] == "public"
        assert client.get("/ogc/collections/hazard/items", headers=header).status_code == 404
        refused = client.post("/api/quarantine/1/reject", json={"reason": "x"},
                              headers={"x-csrf-token": "page", **header})
        assert refused.status_code in (401, 403), refused.text


@pytest.mark.parametrize(("host", "away"), [
    ("127.0.0.1", False), ("::1", False), ("::ffff:127.0.0.1", False), ("8.8.8.8", True),
    ("10.0.0.7", True), ("::ffff:10.0.0.7", True)])
def test_safety_S16_only_this_machine_is_this_machine(host, away):
    from litestar.connection import ASGIConnection

    from landrelease.apps.web.readers import from_elsewhere

    assert from_elsewhere(ASGIConnection({"type": "http", "headers": [], "client": (host, 1)})
                          ) is away


def test_accounts_from_the_command_line(address, tmp_path):
    def run(*words, typed=""):
        return subprocess.run([sys.executable, "-m", "landrelease", "account", *words,
                               "--accounts", tmp_path / "a"], input=typed, capture_output=True,
                              text=True, timeout=60, check=False)

    assert run("add", address, "m.office", "--role", "planner", typed=f"{PASSWORD}\n"
               ).returncode == 0
    weak = run("add", address, "m.two", "--role", "planner", typed="short\n")
    assert weak.returncode == 2 and "WEB-003" in weak.stderr
    listed = run("list", address)
    assert "m.office" in listed.stdout and "argon2" not in listed.stdout
    token = run("token", address, "m.office").stdout.strip()
    assert len(token) > 40
    assert run("disable", address, "m.office").returncode == 0
    assert "disabled" in run("list", address).stdout
    assert Path(tmp_path / "a").stat().st_mode & 0o077 == 0
