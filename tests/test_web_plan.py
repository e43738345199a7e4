"""WEB: jobs, plans, forecasts and claims in the browser, under the policy."""

import csv
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from urllib.parse import quote, urlsplit

import pytest
import shapely
from litestar.testing import TestClient

import pmtiles_made
from browsing import browsing, served
from doc_commands import ROOT
from landrelease.access import policy
from landrelease.apps import cli
from landrelease.apps.web import jobs as jobs_module
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.publish import gantt
from landrelease.store.accounts import Account
from landrelease.store.open import open_registry, utc_now
from landrelease.store.results import load_plan
from landrelease.store.shelf import Shelf
from landrelease.workflows import on_file, plan_around

PASSWORD = "four random words do"
PLANS = ("planner", "authority", "administrator")
DATES = ("operator", "inspector", *PLANS)
NOBODY = ""


def command(*words):
    before, sys.argv = sys.argv, ["landrelease", *map(str, words)]
    try:
        cli.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        sys.argv = before
    return 0


@pytest.fixture(scope="module")
def address(region, tmp_path_factory):
    """Twelve areas of the region, a claim, and two plans on file of which one is in force."""
    folder = tmp_path_factory.mktemp("planned")
    features = json.loads((region / "suspected_areas.geojson").read_text())
    features["features"] = sorted(
        features["features"], key=lambda f: len(json.dumps(f["geometry"])))[:12]
    few = folder / "suspected_areas.geojson"
    few.write_text(json.dumps(features))
    path = folder / "r.gpkg"
    assert command("init", path) == 0
    assert command("import", few, *sorted(region.glob("settlements_1991*")), "--into", path,
                   "--crs", "EPSG:4326", "--quiet") in (0, 1)
    with open_registry(path) as registry:
        registry.append([Revision("claim", "claim:1", {
            "claim_source": "A paper", "metric": "hazardous area", "value": 12.0, "unit": "km2",
            "words": "twelve square kilometres are mined"}, None, utc_now(), "a test", "test", "")])
    teams = folder / "teams.csv"
    teams.write_text(
        "id,kind,organisation,base,longitude,latitude,teams,m2_per_day,m2_per_day_low,"
        "m2_per_day_high,cost_per_day,currency,available_from,available_until,source\n"
        "survey-a,nts,Operator A,Zenica,17.9,44.2,1,100000,50000,200000,600,USD,,,test\n"
        "ts-a,ts,Operator A,Zenica,17.9,44.2,1,8000,4000,16000,1500,USD,,,test\n"
        "manual-a,manual,Operator A,Zenica,17.9,44.2,1,400,200,500,800,USD,,,test\n"
        "manual-b,manual,Operator B,Zenica,17.9,44.2,2,400,200,500,800,USD,,,test\n")
    for name, weeks in (("first", "2027-04-01"), ("second", "2027-06-01")):
        assert command("plan", "make", path, "--out", folder / f"r.gpkg.plans/{name}", "--teams",
                       teams, "--iterations", 0, "--start", weeks, "--quiet", "--as",
                       "planner") == 0
    Shelf(path, "plans").put_in_force("first", "a test", utc_now())
    return path


@pytest.fixture(scope="module")
def app(address):
    made = make_app(Settings(str(address), str(address) + ".accounts",
                             hosts=("testserver.local",)))
    for role in policy.ROLES:
        made.state.accounts.add(Account(f"one.{role}", role, "Operator A"), PASSWORD)
    made.state.accounts.add(Account("two.planner", "planner", "Operator A"), PASSWORD)
    return made


@pytest.fixture(scope="module")
def server(app):
    with TestClient(app) as client:
        yield client


@pytest.fixture
def client(server):
    server.cookies.clear()
    return server


def sign_in(client, name):
    """Headers of a reader who signed in, or of nobody."""
    client.cookies.clear()
    if name == NOBODY:
        return {"x-csrf-token": "page"}
    name = name if "." in name else f"one.{name}"
    answer = client.post("/api/session", json={"name": name, "password": PASSWORD},
                         headers={"x-csrf-token": "page"})
    assert answer.status_code == 200, answer.text
    return {"x-csrf-token": answer.json()["csrf"]}


def ended(client, job_id, seconds=90):
    for _ in range(seconds * 10):
        job = client.get(f"/jobs/{job_id}").json()
        if job["state"] not in ("waiting", "running"):
            return job
        time.sleep(0.1)
    raise AssertionError(job)


@pytest.fixture(scope="module")
def forecast(server):
    """A forecast in force, made by the planner on the plan in force."""
    headers = sign_in(server, "planner")
    answer = server.post("/jobs/forecast", headers=headers, json={
        "name": "outlook", "runs": 100, "by": "2090-12-31", "chance": 0.01, "budget": 1e9})
    assert answer.status_code == 201, answer.text
    job = ended(server, answer.json()["id"])
    assert job["state"] == "done", job
    assert server.post("/api/forecasts/outlook/force", headers=headers).status_code == 200
    return server.get(f"/jobs/{job['id']}/result").json()


# --- least by default ----------------------------------------------------------------------------

READ = {  # address -> roles that get 200; the public's is NOBODY too
    "/plans": ("donor", *DATES), "/plans/first": DATES, "/plans/first/map": DATES,
    "/api/plans/first/map": DATES, "/api/plans/first/ground": DATES,
    "/api/plans/second/ground": PLANS, "/api/plans": PLANS, "/plans/second": PLANS,
    "/plans/first/why": PLANS, "/plans/first/what-if": PLANS, "/plans/first/orders": PLANS,
    "/plans/first/compare?with=second": PLANS, "/api/plans/first/files/plan.csv": PLANS,
    "/api/plans/second/map": PLANS, "/forecasts": (NOBODY, *policy.ROLES),
    "/forecasts/outlook?by=2090-12-31": (NOBODY, *policy.ROLES),
    "/api/forecasts": (NOBODY, *policy.ROLES), "/api/forecasts/outlook": (NOBODY, *policy.ROLES),
    "/claims": (NOBODY, *policy.ROLES), "/work": (NOBODY, *policy.ROLES),
    "/jobs": (NOBODY, *policy.ROLES)}
SURVEYS = ("operator", "inspector", *PLANS)
WRITE = {  # address -> body, roles that may
    "/jobs/plan": ({"name": "bad", "money": "gold"}, PLANS, 400),
    "/jobs/what-if": ({"weights": {"person_weight": -1}}, PLANS, 400),
    "/jobs/price": ({"plan": "../x"}, PLANS, 400),
    "/jobs/conflicts": ({"plan": "no plan"}, PLANS, 400),
    "/jobs/bound": ({"seconds": -1}, PLANS, 400),
    "/jobs/policy": ({"samples": 0}, PLANS, 400),
    "/jobs/pareto": ({"parts": ["land", "money"]}, PLANS, 400),
    "/jobs/compare": ({"plan": "../x"}, PLANS, 400),
    "/api/plans/decisions": ({}, PLANS, 400),
    "/jobs/forecast": ({"name": "a", "chance": 2}, ("donor", *PLANS), 400),
    "/jobs/claims": ({"claims": ""}, policy.ROLES, 400),
    "/jobs/claims-recorded": ({"level": "x"}, ("donor", *PLANS), 400),
    "/jobs/map": ({"cell": 0}, SURVEYS, 400),
    "/jobs/export": ({"layout": "x"}, policy.ROLES, 400),
    "/api/plans/first/orders": ({"until": "x"}, PLANS, 400),
    "/api/plans/none/force": ({}, PLANS, 404), "/api/plans/none/drop": ({}, PLANS, 404),
    "/api/forecasts/none/force": ({}, PLANS, 404), "/api/forecasts/none/drop": ({}, PLANS, 404)}
VALID = {"/jobs/plan": {"name": "x"}, "/jobs/what-if": {"weights": {}}, "/jobs/price": {},
         "/jobs/conflicts": {}, "/jobs/bound": {}, "/jobs/forecast": {"name": "x"},
         "/jobs/policy": {}, "/jobs/pareto": {}, "/jobs/compare": {},
         "/jobs/claims-recorded": {}, "/jobs/map": {},
         "/api/plans/first/orders": {}, "/api/plans/first/force": {}, "/api/plans/first/drop": {},
         "/api/forecasts/outlook/force": {}, "/api/forecasts/outlook/drop": {}}


@pytest.mark.parametrize("role", [NOBODY, *policy.ROLES])
def test_safety_S14_every_role_at_every_page_of_plans_and_forecasts(
        client, address, forecast, role):
    hazards = json.loads((address.parent / "r.gpkg.plans/first/plan.json").read_text())[
        "hazard_ids"]
    headers = sign_in(client, role)
    seen = role or "public"
    for path, able in READ.items():
        found = client.get(path)
        expected = 200 if role in able or (not role and "public" in able) else (403, 404)
        assert found.status_code == expected or found.status_code in (
            expected if isinstance(expected, tuple) else ()), (role, path, found.text[:300])
        if found.status_code == 200 and seen not in DATES:
            # Dates of areas, districts and teams are a dated plan (S16).
            for hidden in ("manual-b", *hazards, *(g["group"] for g in forecast["groups"])):
                assert hidden not in found.text, (role, path, hidden)
        if seen not in ("donor", *PLANS):
            assert "USD" not in found.text, (role, path, "cost")
    for path, (body, able, status) in WRITE.items():
        found = client.post(path, json=body, headers=headers)
        allowed = status if role in able else 401 if not role else 403
        # A body that is wrong may be said before the role is asked.
        assert found.status_code in (allowed, 400 if status == 400 else allowed), (
            role, path, found.text)
    for path, body in VALID.items():
        if role not in next((able for p, (_, able, _) in WRITE.items()
                             if p.split("/")[-1] == path.split("/")[-1]), ()):
            found = client.post(path, json=body, headers=headers)
            assert found.status_code == (401 if not role else 403), (role, path, found.text)


def test_an_operator_sees_the_dates_and_its_own_teams_of_the_plan_in_force(client):
    sign_in(client, "planner")
    whole = client.get("/plans/first?months=0").text
    assert "manual-a 1" in whole and "manual-b 1" in whole and "proven bound" in whole
    sign_in(client, "operator")
    own = client.get("/plans/first?months=0").text
    assert "manual-a 1" in own and "manual-b" not in own
    assert "Teams of others are not shown" in own and "proven bound" not in own
    assert "USD" not in own and ">Cost<" not in own
    found = client.get("/api/plans/first/map").json()
    assert len(found["features"]) == 12
    assert [f["properties"]["order"] for f in found["features"]] == list(range(1, 13))
    # All areas are planned: there is nothing besides, and the communities tell where it is.
    assert found["around"]["unplanned"] == found["around"]["unrecorded"] == 0
    assert all(f["properties"]["name"] for f in found["communities"]["features"])
    assert found["communities"]["features"]
    layer = client.get("/api/plans/first/ground").json()
    assert [f["properties"]["kind"] for f in layer["features"]] == ["planned"] * 12
    assert "ground without an area is ground without information" in layer["description"]


def test_safety_S01_no_hazard_is_blank_ground_on_the_map_of_a_plan(address, tmp_path, monkeypatch):
    path = tmp_path / "r.gpkg"
    path.write_bytes(address.read_bytes())
    saved, reader = load_plan(Shelf(address, "plans").find("first").path), policy.view("operator")
    with open_registry(path) as registry:
        planned = {r.id: r.geometry for r in registry.records("hazard")}
        name, ground = next(iter(planned.items()))
        west, south = ground.bounds[:2]
        new = shapely.box(west - 0.013, south - 0.013, west - 0.008, south - 0.011)
        wide = shapely.union(ground, shapely.box(west - 0.001, south, west + 0.001, south + 0.001))
        registry.append([Revision("hazard", i, {"hazard_type": "CHA", "status": status}, shape,
                                  utc_now(), "a test", "test", "") for i, status, shape in (
            ("H-new", "open", new), ("H-unsigned", "closed", new), ("H-nowhere", "open", None),
            (name, "open", wide))])

        def around():
            ground = on_file.plan_map(saved, on_file.seen(saved, reader, registry), registry,
                                      reader)
            drawn = {f["properties"]["hazard"]: shapely.geometry.shape(f["geometry"])
                     for f in ground["features"]}
            return drawn, plan_around.around_plan(
                drawn, frozenset(on_file.order_of(saved)), registry, reader)

        drawn, found = around()
        # What nobody signed closes nothing (S09); what has no place is listed all the same.
        assert {h["hazard"] for h in found.listed} == {"H-new", "H-unsigned", "H-nowhere"}
        assert (found.nowhere, found.parts, found.closed, found.together) == (1, 1, 0, 0)
        everywhere = {r.id: r.geometry for r in registry.records("hazard") if r.geometry}

        def all_is_drawn(found):
            shapes = [shapely.geometry.shape(a["geometry"]) for a in found.areas]
            ground = shapely.union_all([*drawn.values(), *shapes])
            for hazard, shape in everywhere.items():
                left = shapely.difference(shape, ground)
                assert left.area < 1e-14, hazard
            return {a["properties"]["kind"] for a in found.areas}

        assert all_is_drawn(found) == {"unplanned", "part"}
        # More than are drawn one by one: squares hold them, and areas of the plan that come later.
        monkeypatch.setattr(plan_around, "AREAS_MOST", 1)
        monkeypatch.setattr(on_file, "MAP_MOST", 5)
        drawn, found = around()
        assert len(drawn) == 5 and found.together >= 7 + 1
        assert "together" in all_is_drawn(found) and len(found.listed) == 3
        # Others see no hazards one by one, and so no such map (S14).
        with pytest.raises(LandReleaseError, match="ACC-101"):
            on_file.plan_map(saved, on_file.seen(saved, policy.view(None), registry), registry,
                             policy.view(None))


def test_the_public_sees_the_forecast_in_force_without_cost_and_areas(client, forecast):
    sign_in(client, "planner")
    full = client.get("/api/forecasts/outlook").json()
    assert full["cost"] and full["areas"] and full["groups"] and full["needed"]
    page = client.get("/forecasts/outlook").text
    assert full["groups"][0]["group"] in page and "USD" in page
    sign_in(client, NOBODY)
    public = client.get("/api/forecasts/outlook").json()
    for hidden in ("cost", "areas", "groups", "rates", "needed", "notes", "budget", "plan"):
        assert not public.get(hidden), hidden
    assert public["years_until_done"] == full["years_until_done"]
    page = client.get("/forecasts/outlook?by=2090-12-31&budget=5").text
    assert "runs all is done by 2090-12-31" in page and "are enough" not in page
    assert full["groups"][0]["group"] not in page


def test_the_chance_of_a_date_is_the_share_of_the_runs(client, forecast):
    sign_in(client, "planner")
    share = round(100 * forecast["chance_by"])
    low, high = (round(100 * x) for x in forecast["chance_by_interval"])
    assert low <= share <= high and high > low
    assert (f"In {share} % ({low} % – {high} %) of 100 runs all is done by 2090-12-31"
            in client.get("/forecasts/outlook?by=2090-12-31").text)
    assert client.get("/forecasts/outlook?by=soon").status_code == 400


# --- jobs ----------------------------------------------------------------------------------------

def test_a_forecast_shows_its_curves_its_scores_and_what_it_rests_on(client, forecast):
    sign_in(client, "planner")
    page = client.get("/forecasts/outlook").text
    assert page.count("<svg") >= 5 and "Chance of being done by each day" in page
    track = page.partition('id="track"')[2].partition("</section>")[0]
    assert "Not back-tested: there is too little history" in track, "no daily reports are on record"
    rests = page.partition('id="rests"')[2].partition("</section>")[0]
    assert "a prior: not learned here" in rests and 'href="/figures"' in rests
    assert "Assumptions of the plan, with their sources" in rests
    assert "community_hazard_distance_m" in rests
    sign_in(client, NOBODY)
    public = client.get("/forecasts/outlook").text
    assert "Chance of being done by each day" in public
    for hidden in ('id="track"', 'id="rests"', "Chance that a sum is enough"):
        assert hidden not in public, "scores name the work of teams; costs are not the public's"


def test_the_scores_of_past_months_are_part_of_the_page():
    from landrelease.apps.web import forecast_parts, speaking
    from landrelease.core.outlook import Outlook, TrackRecord, TrackRow

    assert speaking.texts().code == "en"
    rows = tuple(TrackRow(ahead, 7, 12_300.0, boot, 20_000.0, {"50%": 0.5, "80%": 0.86, "95%": 1.0},
                          0.0) for ahead, boot in ((1, 15_000.0), (3, 11_000.0)))
    outlook = object.__new__(Outlook)
    object.__setattr__(outlook, "track", TrackRecord(9, rows, ("Reports came late.",)))
    page = forecast_parts.track(outlook)
    assert "9 past months" in page and "Reports came late." in page
    assert page.count("1.23") == 2 and "1.50" in page and "86 %" in page
    assert page.index("better than the plain pace") < page.index("no better than the plain pace")


def test_forecasts_stand_side_by_side(client, forecast, address):
    headers = sign_in(client, "planner")
    scenario = "name: half the pace\nrates: {manual: 0.5}\n"
    answer = client.post("/jobs/forecast", headers=headers, json={
        "name": "slower", "runs": 20, "scenario": scenario, "no_backtest": True})
    assert ended(client, answer.json()["id"])["state"] == "done"
    page = client.get("/forecasts/outlook?with=slower&with=outlook&with=nothing").text
    part = page.partition('id="beside"')[2].partition("</section>")[0]
    table = part.partition("<tbody")[2].partition("</tbody>")[0]
    assert table.count("<tr") == 2 and "half the pace" in table and "as planned" in table
    assert part.count("<svg") == 2 and "c-k0" in part and "c-k1" in part
    slower = client.get("/forecasts/slower").text
    assert "Not back-tested: nothing here says" in slower
    # So few runs tell no interval: none is shown of it, and it is not put in force.
    few = "too few runs for an interval: 20, at least 100 are needed"
    assert few in table and slower.count(few) >= 3 and "80 % of the runs " not in slower
    assert "c-band" not in slower and "10 % of the runs by" not in slower
    assert few not in client.get("/forecasts/outlook").text
    answer = client.post("/api/forecasts/slower/force", headers=headers)
    assert answer.status_code == 400 and "FOR-011" in answer.text, answer.text
    assert [f["in_force"] for f in client.get("/api/forecasts").json()["forecasts"]
            if f["name"] == "slower"] == [False]
    # The chance of each year says what so many runs leave open of it.
    years = slower.partition("Chance by year")[2].partition("</table>")[0]
    assert len(re.findall(r"\d %\s\(\d+ % – \d+ %\)", years.replace("\xa0", " "))) >= 2, years
    sign_in(client, NOBODY)
    public = client.get("/forecasts/outlook?with=slower")
    assert public.status_code == 200 and 'id="beside"' not in public.text
    assert "half the pace" not in public.text


def test_a_job_is_its_owners_survives_a_reload_and_its_plan_is_on_file(client, address):
    headers = sign_in(client, "planner")
    answer = client.post("/jobs/plan", headers=headers, json={
        "name": "web", "iterations": 0, "start": "2027-04-01", "standing": "first",
        "weights": {"worst_off": 2, "hectare_weight": 3}})
    assert answer.status_code == 201 and answer.headers["location"].startswith("/jobs/")
    job = answer.json()
    assert job["state"] in ("waiting", "running")
    sign_in(client, "two.planner")
    for path in (f"/jobs/{job['id']}", f"/jobs/{job['id']}/result", f"/work/{job['id']}"):
        assert client.get(path).status_code == 404, "of another one, though of the same role"
    headers = sign_in(client, "planner")
    assert ended(client, job["id"])["state"] == "done"
    page = client.get(f"/work/{job['id']}").text
    assert "Open the plan web" in page and "Stages" in page
    made = json.loads((address.parent / "r.gpkg.plans/web/plan.json").read_text())
    assert made["objective"]["worst_off"] == 2 and made["objective"]["hectare_weight"] == 3
    told = client.get(f"/jobs/{job['id']}/result").json()
    assert {r["name"]: r["value"] for r in told["objective"]}["worst_off"] == 2
    assert told["unkept"] == []
    assert (address.parent / "r.gpkg.jobs").stat().st_mode & 0o077 == 0
    assert (address.parent / "r.gpkg.plans/web/about.json").exists()
    twice = client.post("/jobs/plan", headers=headers, json={"name": "web", "iterations": 0})
    wrong = ended(client, twice.json()["id"])
    assert wrong["state"] == "failed" and wrong["error"]["code"] == "WEB-032"
    assert "WEB-032" in client.get(f"/work/{wrong['id']}").text
    gone = client.delete(f"/jobs/{wrong['id']}", headers=headers).json()
    assert gone["removed"] and client.get(f"/jobs/{wrong['id']}").status_code == 404
    assert client.post("/api/plans/web/drop", headers=headers).status_code == 200
    assert client.get("/plans/web").status_code == 404


def test_the_documented_request_of_a_program_starts_a_job(app, client):
    """The line for curl in docs/web.md, with a token of the planner."""
    said = re.search(r"\n    curl (.*?)\n\n", (ROOT / "docs/web.md").read_text("utf-8"), re.S)[1]
    words = shlex.split(said.replace("\\\n", " "))
    token = app.state.accounts.make_token("one.planner", "program", 1)
    pairs = list(itertools.pairwise(words))
    headers = dict(w.replace("$TOKEN", token).split(": ", 1) for option, w in pairs
                   if option == "-H")
    (content,) = [w for option, w in pairs if option == "-d"]
    answer = client.post(urlsplit(words[-1]).path, headers=headers, content=content)
    assert answer.status_code == 201, answer.text
    assert client.delete(f"/jobs/{answer.json()['id']}", headers=headers).status_code == 200


def test_a_plan_goes_over_the_recorded_roads_unless_they_are_left_out(address, tmp_path):
    """A road from the base, and one behind it that its record shuts."""
    path = tmp_path / "r.gpkg"
    shutil.copy(address, path)
    teams = (address.parent / "teams.csv").read_text()
    with open_registry(path) as registry:
        registry.append([Revision("road", f"road:{name}", {"road_class": "secondary", **said},
                                  shapely.LineString(line), utc_now(), "a test", "test", "")
                         for name, line, said in (
            ("near", [(17.9, 44.2), (17.91, 44.2)], {"passable": "yes"}),
            ("far", [(17.91, 44.2), (17.95, 44.2)], {"passable": "no"}))])
    made = make_app(Settings(str(path), str(path) + ".accounts", hosts=("testserver.local",)))
    made.state.accounts.add(Account("one.planner", "planner", "Operator A"), PASSWORD)
    with TestClient(made) as client:
        headers = sign_in(client, "planner")
        assert 'data-past="start"' in client.get("/plans").text
        for name, more in (("roads", {}), ("none", {"no_roads": True, "start": "2026-04-01"})):
            answer = client.post("/jobs/plan", headers=headers, json={
                "name": name, "teams": teams, "iterations": 0, **more})
            assert answer.status_code == 201, answer.text
            job = ended(client, answer.json()["id"])
            assert job["state"] == "done", job
            told = client.get(f"/jobs/{job['id']}/result").json()
            assert told["recorded"]["kinds"]["road"]["used"] == (2 if name == "roads" else 0)
            # A first day that has passed is said, as the command line says it.
            assert told["start_passed"] == (name == "none")
            said = "The plan starts on 2026-04-01, which has passed"
            assert (said in client.get(f"/work/{job['id']}").text) == (name == "none")
            words = " ".join(n["words"] for n in told["recorded"]["notes"])
            assert ("no work of the plan opens them" in words) == (name == "roads")
            plan = load_plan(tmp_path / f"r.gpkg.plans/{name}").plan
            assert (plan.problem.access is not None) == (name == "roads")


def test_what_if_and_another_team_say_what_is_different(client):
    headers = sign_in(client, "planner")
    weights = client.post("/jobs/what-if", headers=headers, json={
        "plan": "first", "weights": {"hectare_weight": 50.0}, "iterations": 0,
        "name": "land-first"}).json()
    team = client.post("/jobs/price", headers=headers, json={
        "changes": ["teams:manual-b:1:2027-05-01"], "iterations": 0}).json()
    unknown = client.post("/jobs/price", headers=headers, json={"changes": ["teams:nobody"]}).json()
    assert ended(client, weights["id"])["state"] == "done"
    found = client.get(f"/jobs/{weights['id']}/result").json()
    assert found["weights"] == {"hectare_weight": 50.0} and found["stages"]
    page = client.get(f"/work/{weights['id']}").text
    assert "hectare-days" in page and "Open the plan land-first" in page
    beside = client.get("/plans/first/compare?with=second").text
    assert "What is different" in beside and "hectare-days" in beside
    assert "Areas, with the residents counted with them:" in beside
    assert ended(client, team["id"])["state"] == "done"
    row, = client.get(f"/jobs/{team['id']}/result").json()["changes"]
    assert "1 more team" in row["change"] and row["gain"] <= row["at_most"] + 1e-6
    assert "1 more team" in client.get(f"/work/{team['id']}").text
    assert ended(client, unknown["id"])["error"]["code"] == "PLN-009"


def test_policy_pareto_and_comparison_are_those_of_the_commands(client, address, tmp_path):
    headers = sign_in(client, "planner")
    plans = address.parent / "r.gpkg.plans"
    page = client.get("/plans/first/what-if").text
    for kind in ("policy", "pareto"):
        assert f'data-job="{kind}"' in page
    bodies = {
        "policy": {"plan": "first", "samples": 3, "every": 0},
        "pareto": {"plan": "first", "points": 3, "iterations": 0, "parts": ["people", "land"],
                   "name": "between"},
        "compare": {"plan": "first", "other": "second"}}
    jobs = {kind: client.post(f"/jobs/{kind}", headers=headers, json=body).json()
            for kind, body in bodies.items()}
    words = {"policy": ("--samples", 3, "--every", 0),
             "pareto": ("--points", 3, "--iterations", 0, "--parts", "people", "land"),
             "compare": (plans / "second",)}
    for kind, job in jobs.items():
        assert ended(client, job["id"])["state"] == "done", client.get(f"/jobs/{job['id']}").json()
        told = client.get(f"/jobs/{job['id']}/result").json()
        out = tmp_path / f"{kind}.json"
        assert command("plan", kind, address, plans / "first", *words[kind], "--json", out,
                       "--as", "planner", *(() if kind == "compare" else ("--quiet",))) == 0
        said = json.loads(out.read_text())
        if kind == "pareto":
            for row in told["plans"]:
                assert bool(row.pop("plan")) == (row["on_the_front"] and not row.pop("twice"))
            assert said["plans"] == told["plans"] and said["notes"] == told["notes"]
        else:
            told.pop("names", None)
            assert said == told
    policy_page, pareto_page, compare_page = (
        client.get(f"/work/{job['id']}").text for job in jobs.values())
    assert "drawn worlds" in policy_page and policy_page.count("<svg") == 1
    assert "no other one beats it" in pareto_page and '/plans/between-' in pareto_page
    assert pareto_page.count("<svg") == 1
    assert "compared.csv" in compare_page and "What is different" in compare_page
    kept = [p["name"] for p in client.get("/api/plans").json()["plans"]]
    assert [n for n in kept if n.startswith("between-")]
    for name in (n for n in kept if n.startswith("between-")):
        assert client.post(f"/api/plans/{name}/drop", headers=headers).status_code == 200


def test_reasons_are_those_of_the_command(client, address, tmp_path):
    sign_in(client, "planner")
    out = tmp_path / "why.json"
    hazards = json.loads((address.parent / "r.gpkg.plans/first/plan.json").read_text())[
        "hazard_ids"][:2]
    assert command("plan", "explain", address, address.parent / "r.gpkg.plans/first", "--why",
                   *hazards, "--as", "planner", "--json", out) == 0
    told = json.loads(out.read_text())
    page = client.get("/plans/first/why", params={"one": hazards[0], "other": hazards[1]}).text
    assert "If they change places" in page
    for row in told["binding"][:3]:
        assert row["constraint"] in page
    assert client.get("/plans/first/why", params={"one": "a", "other": "b"}).status_code == 400


def test_a_cancelled_job_ends_its_process_and_too_many_are_refused(client, app):
    headers = sign_in(client, "authority")
    long = {"seconds": 3_000}
    started = [client.post("/jobs/bound", headers=headers, json={"plan": "second", **long}).json()
               for _ in range(jobs_module.OPEN_MOST_OF_ONE)]
    refused = client.post("/jobs/bound", headers=headers, json=long)
    assert refused.status_code == 429 and refused.json()["code"] == "WEB-030"
    assert int(refused.headers["retry-after"]) > 0
    states = [client.get(f"/jobs/{j['id']}").json()["state"] for j in started]
    assert states.count("running") <= jobs_module.RUNNING_MOST and states.count("waiting") >= 1
    for _ in range(100):
        running = [p.pid for p in app.state.jobs._running.values()]
        if running:
            break
        time.sleep(0.1)
    for job in reversed(started):
        assert client.delete(f"/jobs/{job['id']}", headers=headers).json()["state"] == "cancelled"
    for _ in range(100):
        if not app.state.jobs._running:
            break
        time.sleep(0.1)
    for pid in running:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert "cancelled" in client.get(f"/work/{started[0]['id']}").text


def test_a_search_is_stopped_and_the_plan_found_so_far_is_kept(client, address):
    headers = sign_in(client, "planner")
    started = client.post("/jobs/plan", headers=headers, json={
        "name": "stopped", "start": "2027-04-01", "iterations": 20_000, "bound_seconds": 3600,
        "teams": (address.parent / "teams.csv").read_text()}).json()
    for _ in range(900):
        job = client.get(f"/jobs/{started['id']}").json()
        if job["state"] != "waiting" and job["share"] > 0.3:
            break
        time.sleep(0.1)
    assert job["state"] == "running", job
    page = client.get(f"/work/{started['id']}").text
    assert "Stop, and keep the best found so far" in page
    assert client.post(f"/jobs/{started['id']}/stop", headers=headers).status_code == 200
    assert ended(client, started["id"], 60)["state"] == "done"
    told = client.get(f"/jobs/{started['id']}/result").json()
    assert told["interrupted"] and told["stages_planned"] > 0
    page = client.get("/plans/stopped")
    assert page.status_code == 200 and "stopped" in page.text
    sign_in(client, "two.planner")
    assert client.post(f"/jobs/{started['id']}/stop", headers=headers).status_code in (403, 404)


def test_work_that_is_stopped_before_it_found_anything_says_so(tmp_path, address):
    from landrelease.apps.web import worker

    (tmp_path / "stop").touch()
    (tmp_path / "job.json").write_text(json.dumps({
        "id": "x", "kind": "map", "inputs": {}, "role": "planner", "organisation": "", "areas": [],
        "owner": "a test", "made_at": "2026-01-01T00:00:00+00:00"}))
    assert worker.main(tmp_path, {"address": str(address), "base": str(address)}) == worker.FAILED
    assert json.loads((tmp_path / "error.json").read_text())["code"] == "WEB-036"


def test_a_plan_names_what_people_ordered_and_it_leaves_undone(client, monkeypatch):
    from landrelease.apps.web import planning, results

    undone = ["h1/clearance is ordered from 2027-04-01 by team x: not planned"]
    sign_in(client, "planner")
    assert "not done in this plan" not in client.get("/plans/first").text
    planning.UNDONE.clear()
    monkeypatch.setattr("landrelease.workflows.explaining.unkept", lambda plan: undone)
    page = client.get("/plans/first").text
    assert undone[0] in page and "Ordered or fixed by people" in page
    assert undone[0] in client.get("/plans/first/compare?with=second").text
    sign_in(client, "operator")
    assert undone[0] not in client.get("/plans/first").text
    planning.UNDONE.clear()
    told = results.undone([*undone, "another"], ["another"])
    assert told.count("the other plan does it") == 1
    assert results.undone([]) is None and "All that people" in results.undone([], ["another"])


def test_an_ended_server_interrupts_its_jobs_and_another_one_leaves_them_alone(
        address, tmp_path):
    base = tmp_path / "r.gpkg"
    base.write_bytes(address.read_bytes())
    settings = Settings(str(base), str(base) + ".accounts", "planner", hosts=("testserver.local",))
    headers = {"x-csrf-token": "page"}
    with TestClient(make_app(settings)) as one:
        job = one.post("/jobs/map", headers=headers, json={"cell": 10}).json()
        with TestClient(make_app(settings)) as two:
            refused = two.post("/jobs/map", headers=headers, json={})
            assert refused.status_code == 503 and refused.json()["code"] == "WEB-033"
        assert one.get(f"/jobs/{job['id']}").json()["state"] in ("waiting", "running")
    kept = base.with_name("r.gpkg.jobs") / job["id"] / "job.json"
    assert json.loads(kept.read_text())["state"] == "interrupted"
    # A server that was killed had no time to say so.
    kept.write_text(kept.read_text().replace("interrupted", "running"))
    with TestClient(make_app(settings)) as again:
        assert again.get(f"/jobs/{job['id']}").json()["state"] == "interrupted"
        assert "start it again" in again.get(f"/work/{job['id']}").text


def test_a_job_ends_when_its_server_is_gone(address, tmp_path):
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "job.json").write_text(json.dumps({
        "id": "x", "kind": "bound", "inputs": {"plan": "second", "seconds": 3_000}, "owner": "x",
        "role": "planner", "organisation": "", "areas": [], "made_at": ""}))
    process = subprocess.Popen(
        [sys.executable, "-m", "landrelease.apps.web.worker", str(folder)], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    timer = threading.Timer(60, process.kill)
    timer.start()
    process.stdin.write(json.dumps({"address": str(address), "base": str(address)}) + "\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["what"], "it works"
    process.stdin.close()
    assert process.wait() == 3
    timer.cancel()
    assert not (folder / "result.json").exists()


def test_an_export_holds_what_the_role_may_see(client):
    headers = sign_in(client, "donor")
    job = client.post("/jobs/export", headers=headers, json={"formats": ["csv"]}).json()
    assert ended(client, job["id"])["state"] == "done"
    counts = client.get(f"/jobs/{job['id']}/result").json()["counts"]
    assert "settlement" in counts and "hazard" not in counts and "team" not in counts
    found = client.get(f"/jobs/{job['id']}/files/settlement.csv")
    assert found.status_code == 200 and "attachment" in found.headers["content-disposition"]
    for name in ("../job.json", "..%2Fjob.json", "job.json", "log.txt"):
        assert client.get(f"/jobs/{job['id']}/files/{name}").status_code == 404
    sign_in(client, "planner")
    assert client.get(f"/jobs/{job['id']}/files/settlement.csv").status_code == 404


def test_the_map_of_contamination_is_a_job(client):
    headers = sign_in(client, "planner")
    job = client.post("/jobs/map", headers=headers, json={"cell": 2000}).json()
    assert ended(client, job["id"])["state"] == "done"
    raster = client.get(f"/jobs/{job['id']}/files/contamination.tif").content
    assert raster[:2] in (b"II", b"MM")


def test_names_lead_nowhere_else(client, tmp_path):
    headers = sign_in(client, "planner")
    for name in ("..first", "..%2f..%2fetc", ".hidden", "a b"):
        assert client.get(f"/plans/{name}").status_code in (404, 405), name
        answer = client.post("/jobs/plan", headers=headers, json={"name": name})
        assert answer.status_code == 400, name
    shelf = Shelf(tmp_path / "r.gpkg", "plans")
    for name in ("..", "a/b", "", "-x", "x" * 65):
        with pytest.raises(LandReleaseError, match="WEB-031"):
            shelf.new(name)
        assert shelf.find(name) is None


def test_a_planner_of_one_area_sees_no_plan_of_the_whole(app, client):
    app.state.accounts.add(Account("area.planner", "planner", "", ("10,40,11,41",)), PASSWORD)
    sign_in(client, "area.planner")
    assert client.get("/api/plans").json()["plans"] == []
    assert client.get("/plans/second").status_code == 404
    assert client.get("/plans/first/why").status_code == 404
    page = client.get("/plans/first")
    assert page.status_code == 200 and "manual-a" not in page.text
    found = client.get("/api/plans/first/map").json()
    assert found["features"] == found["around"]["features"] == []
    assert found["around"]["unplanned"] == 0


# --- orders, claims ------------------------------------------------------------------------------

def test_claims_are_checked_and_shown_with_their_reasons(client):
    sign_in(client, NOBODY)
    headers = {"x-csrf-token": "page"}
    claim = {"metric": "land cleared and land reduced", "value": "-5", "unit": "km2",
             "scope": "somewhere", "source": "a paper"}
    found = client.post("/api/claims/check", json=claim, headers=headers)
    assert found.status_code == 200 and found.json()["verdict"] in (
        "impossible", "cannot_be_checked", "implausible") and found.json()["reasons"]
    assert "A paper" not in client.get("/claims").text, "recorded claims are not the public's"
    headers = sign_in(client, "planner")
    assert "not checked yet" in client.get("/claims").text
    job = client.post("/jobs/claims-recorded", headers=headers, json={}).json()
    assert ended(client, job["id"])["state"] == "done"
    told, = client.get(f"/jobs/{job['id']}/result").json()["claims"]
    page = client.get("/claims").text
    assert "not checked yet" not in page and "Checked " in page
    assert all(reason.replace("&", "&amp;").split("'")[0] in page for reason in told["reasons"])
    text = "source,metric,value,unit\nx,hazardous area,1e9,km2\n"
    job = client.post("/jobs/claims", headers=headers, json={"claims": text}).json()
    assert ended(client, job["id"])["state"] == "done"
    assert client.get(f"/work/{job['id']}").status_code == 200


def test_task_orders_are_proposals_and_repeating_changes_nothing(app, client, address):
    headers = sign_in(client, "planner")
    first = client.post("/api/plans/first/orders", headers=headers, json={"until": "2027-06-30"})
    assert first.status_code == 200, first.text
    assert first.json()["new"] and "proposed" in first.json()["said"]
    again = client.post("/api/plans/first/orders", headers=headers, json={"until": "2027-06-30"})
    assert not again.json()["new"] and again.json()["same"] == first.json()["new"]
    with open_registry(address) as registry:
        assert {r.value("task_status") for r in registry.records("task")} == {"proposed"}
    page = client.get("/plans/first/orders").text
    assert "proposed" in page and "/#record/hazard/" in page
    assert all(f"/documents/task?task={quote(t, safe='')}" in page for t in first.json()["new"][:5])
    assert [r[3] for r in app.state.accounts.logged(2)] == ["task", "plan_dates"]
    assert client.get("/plans/first/what-if").status_code == 200
    assert app.state.accounts.logged(1)[0][3] == "plan_dates"
    assert "records have changed" in client.get("/plans/first").text.casefold()


def test_a_plan_is_put_in_force_and_then_stays_on_file(client, address):
    headers = sign_in(client, "planner")
    assert client.post("/api/plans/second/force", headers=headers).status_code == 200
    assert client.post("/api/plans/second/drop", headers=headers).status_code == 409
    assert client.get("/api/plans").json()["in_force"]["name"] == "second"
    sign_in(client, "operator")
    assert client.get("/plans/second").status_code == 200
    assert client.get("/plans/first").status_code == 404
    assert [s.name for s in Shelf(address, "plans").standing()] == ["first", "second"]
    with (address.parent / "r.gpkg.plans/second/plan.csv").open() as file:
        assert list(csv.DictReader(file))


# --- pictures ------------------------------------------------------------------------------------

@pytest.mark.parametrize("days", [1, 40, 200, 800, 3_000, 15_000])
def test_marks_of_time_are_few_and_inside(days):
    from datetime import date, timedelta

    first = date(2027, 4, 17)
    last = first + timedelta(days=days)
    marks = gantt.ticks(first, last)
    assert len(marks) <= 16 and all(first <= day <= last for day, _ in marks)
    assert marks or days <= 31


def test_work_outside_the_time_shown_is_not_drawn_and_words_are_escaped():
    from datetime import date

    first, last = date(2027, 1, 1), date(2027, 12, 31)
    row = gantt.row([(date(2026, 1, 1), date(2026, 2, 1), "TS", 1, "before"),
                     (date(2027, 3, 1), date(2027, 6, 1), "clearance", 2, '<b a="1">')],
                    first, last)
    assert "before" not in row and row.count("<rect") == 1 and "<b" not in row


# --- a real browser ------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def served_file(address, tmp_path_factory):
    path = tmp_path_factory.mktemp("served") / "r.gpkg"
    path.write_bytes(address.read_bytes())
    return path


@pytest.fixture(scope="module")
def running(served_file):
    ground = served_file.with_name("base.pmtiles")
    ground.write_bytes(pmtiles_made.archive())
    with served(served_file, "--as", "planner", "--basemap", ground) as url:
        yield url


def test_from_a_plan_to_a_forecast_in_a_real_browser(running, served_file, chromium_path):
    with browsing(chromium_path, running) as browser:
        page = browser.page()
        page.on("dialog", lambda d: d.accept())
        page.goto(running + "plans")
        form = "form[data-job=plan] "
        page.fill(form + "input[name=name]", "spring")
        page.fill(form + "input[name=start]", "2027-04-01")
        page.fill(form + "input[name=iterations]", "0")
        page.click(form + "button[type=submit]")
        page.wait_for_selector("#job-state")
        page.reload()
        page.click("text=Open the plan spring")
        page.wait_for_selector("table.gantt svg.gantt rect")
        page.click("text=Put it in force")
        page.wait_for_selector(".mark.good")
        page.click(".tabs >> text=Map")
        page.wait_for_selector("#plan-map[data-ready=yes]")
        page.click(".tabs >> text=What if")
        form = "form[data-job=what-if] "
        page.fill(form + "input[name='weights.person_weight']", "3")
        page.fill(form + "input[name=iterations]", "0")
        page.click(form + "button[type=submit]")
        page.wait_for_selector("#result table")
        page.goto(running + "forecasts")
        form = "form[data-job=forecast] "
        page.fill(form + "input[name=name]", "f1")
        page.fill(form + "input[name=runs]", "100")
        page.click(form + "button[type=submit]")
        page.click("text=Open the forecast f1")
        page.wait_for_selector("figure.wide svg path.c-band0")
        assert "Not back-tested" in page.inner_text("#track")
        page.click("text=Assumptions of the plan, with their sources")
        page.wait_for_selector("#rests details[open] td:has-text('own assumption') >> nth=0")
        page.goto(running + "work")
        assert page.locator("tbody tr").count() == 3
        # Recorded after the plan was made: hazardous all the same, and never blank ground (S01).
        with open_registry(served_file) as registry:
            west, south = next(iter(registry.records("hazard"))).geometry.bounds[:2]
            registry.append([Revision(
                "hazard", "H-late", {"hazard_type": "SHA", "status": "open"},
                shapely.box(west - 0.02, south - 0.02, west - 0.01, south - 0.01), utc_now(),
                "a test", "test", "")])
        page.goto(running + "plans/spring/map")
        page.wait_for_selector("#plan-map[data-ready=yes]")
        assert page.inner_text("#plan-unplanned") == "Hazards that this plan does not work on: 1"
        assert page.locator("th:has-text('H-late')").count() == 1
        # Without a pointer: Enter tells what lies in the middle, and its number is drawn.
        told = """([x, y]) => new Promise(done => {
            const map = document.getElementById("plan-map").view;
            map.once("idle", () => done(1)); map.jumpTo({ center: [x, y], zoom: 15 }); })"""
        page.evaluate(told, [west - 0.015, south - 0.015])
        page.focus("#plan-map canvas")
        page.keyboard.press("Enter")
        page.wait_for_selector("#plan-told .card:has-text('this plan does not work on it')")
        assert "H-late" in page.inner_text("#plan-told")
        x, y = page.evaluate("""() => {
            const drawn = document.getElementById("plan-map").view.getSource("middles")._data;
            return (drawn.geojson ?? drawn).features[4].geometry.coordinates; }""")
        page.evaluate(told, [x, y])
        page.keyboard.press("Enter")
        page.wait_for_selector("#plan-told .card:has-text('5: ')")
        page.wait_for_function("""() => document.getElementById("plan-map").view
            .queryRenderedFeatures({ layers: ["chosen"] }).some(f => f.properties.order === 5)""")
        # The user's base map lies under all of it.
        assert page.evaluate("""() => document.getElementById("plan-map").view.getStyle().layers
            .map(l => l.id)""")[:3] == ["ground", "basemap", "around"]
        browser.snap(page, "plan_map")
        # It follows what is recorded, stays where it is, and says when it cannot.
        look = "document.dispatchEvent(new Event('visibilitychange'))"
        where = "(() => { const m = document.getElementById('plan-map').view; return " \
                "[m.getZoom(), ...m.getCenter().toArray()]; })()"
        before = page.evaluate(where)
        assert page.inner_text("#map-as-of").startswith("As of ")
        page.evaluate(look)
        assert page.locator("#plan-changed").is_hidden()
        with open_registry(served_file) as registry:
            registry.append([Revision(
                "hazard", "H-later", {"hazard_type": "SHA", "status": "open"},
                shapely.box(west - 0.04, south - 0.04, west - 0.03, south - 0.03), utc_now(),
                "a test", "test", "")])
        page.evaluate(look)
        page.wait_for_selector("#plan-changed a")
        assert page.inner_text("#plan-unplanned").endswith(": 2")
        page.wait_for_function("""() => { const d = document.getElementById("plan-map").view
            .getSource("around")._data; return JSON.stringify(d).includes("H-later"); }""")
        assert page.evaluate(where) == before
        # In a GIS: both in one layer.
        layer = page.request.get(running + "api/plans/spring/ground").json()["features"]
        kinds = {f["properties"]["hazard"]: f["properties"]["kind"] for f in layer}
        assert kinds["H-later"] == "unplanned" and "planned" in kinds.values()
        page.route("**/api/map/version", lambda r: r.abort())
        page.evaluate(look)
        page.wait_for_selector("#map-state:has-text('The server does not answer')")
        page.unroute("**/api/map/version")
        page.evaluate(look)
        page.wait_for_function("() => document.getElementById('map-state').textContent === ''")
        page.click("#plan-changed a")
        page.wait_for_selector("th:has-text('H-later')")
        browser.check("ERR_FAILED")
