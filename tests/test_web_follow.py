"""WEB: an open map is whole and of now, or it says in words that it is not (S01, S15)."""

import http.cookies
import json
from datetime import timedelta

import pytest
import shapely
from litestar.testing import TestClient

import release_world as world
from browsing import browsing, served
from landrelease.access import policy
from landrelease.apps.web.app import make_app
from landrelease.apps.web.readers import COOKIE
from landrelease.apps.web.settings import Settings
from landrelease.store.accounts import IDLE_HOURS, Account, Accounts
from landrelease.store.open import create_registry, open_registry, utc_now
from landrelease.workflows.map_tiles import version

PASSWORD = "four random words do"
STATE = "#map-state"
IDS = """() => [...new Set(document.getElementById('map').view
    .queryRenderedFeatures({ layers: ['hazard-fill'] }).map(f => f.properties.id))].sort()"""
HATCHED = """() => document.getElementById('map').view
    .queryRenderedFeatures({ layers: ['missing-fill'] }).length"""
CENTRE = """() => { const m = document.getElementById('map').view, c = m.getCenter();
    return [c.lng, c.lat, m.getZoom()]; }"""


@pytest.fixture
def place(tmp_path):
    with create_registry(tmp_path / "r.gpkg", office="Office") as registry:
        world.hazard(registry, "h1", world.FIELD)
        world.record(registry, "settlement", "s1", world.FIELD.centroid, name="Village")
    return tmp_path / "r.gpkg"


def another(place, name="h2"):
    with open_registry(place) as registry:
        world.hazard(registry, name, shapely.affinity.translate(world.FIELD, .0005, .0005))


def opened(browser, url, **how):
    page = browser.page(**how)
    page.goto(url + "#map")
    page.wait_for_selector("#map[data-drawn=yes]")
    return page


def ids(page, wanted):
    page.wait_for_function(f"wanted => JSON.stringify(({IDS})()) === wanted",
                           arg=json.dumps(wanted, separators=(",", ":")))


@pytest.mark.browser
@pytest.mark.parametrize("fault", ["busy", "no_network"])
def test_safety_S01_hazards_that_do_not_come_are_told_of_and_come_by_themselves(
        place, chromium_path, fault):
    with (served(place, "--as", "planner") as url, browsing(chromium_path, url) as browser):
        page = browser.page()
        broken = [True]

        def answer(route):
            if not broken:
                return route.continue_()
            if fault == "busy":
                return route.fulfill(status=503, body='{"code":"STO-007","description":"busy"}')
            return route.abort()

        page.route("**/tiles/hazard/**", answer)
        page.goto(url + "#map")
        page.wait_for_selector(f"{STATE}:has-text('treat all hatched ground as hazardous')")
        assert page.get_attribute(STATE, "role") == "alert"
        page.wait_for_function(f"() => ({HATCHED})() > 0")
        assert page.get_attribute("#map", "data-whole") == "no"
        browser.snap(page, f"map-missing-{fault}")
        broken.clear()
        ids(page, ["h1"])
        page.wait_for_function(f"() => document.querySelector('{STATE}').innerText === ''")
        page.wait_for_function(f"() => ({HATCHED})() === 0")
        assert page.get_attribute("#map", "data-whole") == "yes"
        browser.check("503", "ERR_FAILED", "Failed to fetch")


@pytest.mark.browser
def test_other_layers_that_do_not_come_are_named(place, chromium_path):
    with (served(place, "--as", "planner") as url, browsing(chromium_path, url) as browser):
        page = browser.page()
        page.route("**/tiles/settlement/**", lambda route: route.fulfill(status=503, body="{}"))
        page.route("**/api/layers/waiting", lambda route: route.fulfill(status=503, body="{}"))
        page.goto(url + "#map")
        page.wait_for_selector(f"{STATE}:has-text('The map is incomplete'):has-text('ettlement')"
                               ":has-text('Hazards without a record')")
        assert page.evaluate(HATCHED) == 0
        browser.check("503")


@pytest.mark.browser
def test_safety_S15_an_open_map_follows_what_is_recorded_and_stays_where_it_is(
        place, chromium_path):
    with (served(place, "--as", "planner") as url, browsing(chromium_path, url) as browser):
        page = opened(browser, url)
        ids(page, ["h1"])
        before = page.evaluate(CENTRE)
        assert page.inner_text("#map-as-of").startswith("As of ")
        another(place)
        ids(page, ["h1", "h2"])  # by itself
        assert page.evaluate(CENTRE) == before
        another(place, "h3")
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
        ids(page, ["h1", "h2", "h3"])
        browser.check()


@pytest.mark.browser
def test_safety_S01_a_map_whose_session_ended_says_so_and_shows_no_empty_ground(
        place, tmp_path, chromium_path):
    Accounts(tmp_path / "a").add(Account("one.planner", "planner"), PASSWORD)
    with (served(place, "--accounts", tmp_path / "a") as url,
          browsing(chromium_path, url) as browser):
        page = browser.page()
        assert page.request.post(url + "api/session", headers={"x-csrf-token": "page"}, data={
            "name": "one.planner", "password": PASSWORD}).ok
        page.goto(url + "#map")
        page.wait_for_selector("#map[data-drawn=yes]")
        ids(page, ["h1"])
        page.context.clear_cookies()
        page.evaluate("() => { const m = document.getElementById('map').view; "
                      "m.jumpTo({ zoom: m.getZoom() + 3 }); }")
        page.wait_for_function(f"() => ({HATCHED})() > 0")
        page.wait_for_selector(f"{STATE}:has-text('treat all hatched ground as hazardous')")
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_selector(f"{STATE}:has-text('your session has ended')")
        browser.snap(page, "map-session-ended")
        browser.check("401")


@pytest.mark.browser
def test_a_map_whose_server_went_says_of_when_it_is(place, chromium_path):
    with browsing(chromium_path, "http://127.0.0.1") as browser:
        with served(place, "--as", "planner") as url:
            browser.url = url
            page = opened(browser, url)
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_selector(f"{STATE}:has-text('may be old')")


@pytest.fixture
def client(place, tmp_path):
    app = make_app(Settings(str(place), str(tmp_path / "a"), hosts=("testserver.local",)))
    for role in policy.ROLES:
        app.state.accounts.add(Account(f"one.{role}", role, "Operator A"), PASSWORD)
    with TestClient(app) as made:
        yield made


def sign_in(client, role):
    client.cookies.clear()
    assert client.post("/api/session", json={"name": f"one.{role}", "password": PASSWORD},
                       headers={"x-csrf-token": "page"}).status_code == 200
    return client.get("/api/session").json()


@pytest.mark.parametrize("path", ["/tiles/settlement/0/0/0", "/ogc/collections",
                                  "/ogc/collections/settlement/items"])
def test_safety_S01_a_session_that_ended_is_not_the_publics_view_of_data(client, path):
    sign_in(client, "planner")
    assert client.get(path).status_code == 200
    client.app.state.accounts.end_sessions("one.planner")
    refused = client.get(path)
    assert refused.status_code == 401 and refused.json()["code"] == "WEB-008"
    # A page asks who reads first; then the cookie is gone, and it is the public's openly.
    asked = client.get("/api/session")
    assert asked.json()["role"] == "public"
    gone = http.cookies.SimpleCookie(asked.headers["set-cookie"])[COOKIE]
    assert gone["max-age"] == "0"
    client.cookies.clear()
    assert client.get(path).status_code == 200


def test_safety_S01_a_page_that_was_opened_for_another_reader_is_refused(client):
    planner = sign_in(client, "planner")["reads_as"]
    said = {"x-reads-as": planner}
    assert client.get("/tiles/hazard/0/0/0", headers=said).status_code == 200
    assert client.get("/api/map/version", headers=said).status_code == 200
    inspector = sign_in(client, "inspector")["reads_as"]
    client.cookies.clear()
    public = client.get("/api/session").json()["reads_as"]
    assert len({planner, inspector, public}) == 3
    for path in ("/tiles/hazard/0/0/0", "/tiles/settlement/0/0/0", "/api/map/version"):
        assert client.get(path, headers=said).status_code == 401
    assert client.get("/tiles/settlement/0/0/0", headers={"x-reads-as": public}
                      ).status_code == 200


@pytest.mark.parametrize("role", policy.ROLES)
def test_safety_S16_when_something_changes_is_for_who_may_see_histories(place, role):
    reader = policy.view(role, "Operator A")
    with open_registry(place) as registry:
        before = version(registry, reader)
        world.record(registry, "team", "t9", None, name="Ninth")
        after = version(registry, reader)
        again = version(registry, reader)
    if reader.may("history"):
        assert before != after == again != ""
    else:
        assert before == after == ""


def test_an_open_page_alone_keeps_no_session_open(tmp_path):
    moment = [utc_now()]
    accounts = Accounts(tmp_path / "a", now=lambda: moment[0])
    accounts.add(Account("one", "planner"), PASSWORD)
    secret, _ = accounts.begin("one")
    for _ in range(3):
        moment[0] += timedelta(hours=IDLE_HOURS) * .4
        held = accounts.session(secret, used=False)
    assert held is None
    secret, _ = accounts.begin("one")
    for _ in range(3):
        moment[0] += timedelta(hours=IDLE_HOURS) * .4
        held = accounts.session(secret)
    assert held is not None


@pytest.mark.browser
def test_a_map_that_is_left_before_it_stands_asks_nothing_more(place, chromium_path):
    """In the name of who read before, it would be refused once somebody has signed in."""
    with (served(place, "--as", "planner") as url, browsing(chromium_path, url) as browser):
        page, held, asked = browser.page(), [], []
        page.on("request", lambda r: asked.append(r.url) if "/tiles/" in r.url else None)
        page.route("**/api/map", lambda route: held.append(route))
        page.goto(url + "#map")
        page.wait_for_selector("#reader:has-text('planner')")
        page.wait_for_function("() => document.title.startsWith('Map')")
        page.evaluate("() => { location.hash = '#sign_in'; }")
        page.wait_for_selector("input[type=password]")
        with page.expect_response("**/api/map"):
            held[0].continue_()
        page.wait_for_timeout(1500)
        assert not asked
        page.unroute("**/api/map")
        page.evaluate("() => { location.hash = '#map'; }")
        page.wait_for_selector("#map[data-drawn=yes]")
        assert asked
        browser.check()
