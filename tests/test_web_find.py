"""WEB: the map's search field: a part of a name or identifier, within what the reader may see."""

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
from landrelease.workflows import finding
from landrelease.workflows.sharing import reader_of
from stores import STORES, place_of

RECORDS = [
    ("hazard", "H-1", {"name": "Đurići dō", "hazard_type": "CHA", "status": "open"}, 17.1),
    ("hazard", "H-2", {"name": "Duri west", "status": "open"}, 17.6),
    ("hazard", "H-3", {"name": "Elsewhere", "status": "open"}, None),
    ("task", "T-1", {"identifier": "Duri 2026/1", "organisation": "Operator A"}, 17.1),
    ("settlement", "s:1", {"name": "Duri"}, 17.1),
    ("team", "Duri-team", {"name": "Duri team"}, None)]


def made(address):
    with create_registry(address, office="Office") as registry:
        registry.append([Revision(
            kind, record, values, None if x is None else shapely.Point(x, 44).buffer(.01)
            if kind != "settlement" else shapely.Point(x, 44), utc_now(), "test", "test", "")
            for kind, record, values, x in RECORDS])
    return address


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return made(tmp_path_factory.mktemp("find") / "r.gpkg")


@pytest.fixture(scope="module", params=STORES)
def anywhere(request, tmp_path_factory):
    return made(place_of(request, tmp_path_factory.mktemp("stores")).address)


def ids(address, words, role="planner", areas=()):
    with open_registry(address, writable=False) as registry:
        found, more = finding.find(registry, reader_of(registry, role, "Operator A", areas), words)
    return [f.id for f in found], more


@pytest.mark.parametrize(("words", "wanted"), [
    ("duri", ["H-2", "H-1", "T-1", "s:1"]), ("  DURIĆI   DO ", ["H-1"]), ("2026/1", ["T-1"]),
    ("H-3", ["H-3"]), ("team", []), ("%", []), ("_", []), ("' OR 1=1", [])])
def test_a_part_of_a_name_finds_a_record_whatever_its_capitals_and_accents(
        anywhere, words, wanted):
    assert ids(anywhere, words) == (wanted, False)


@pytest.mark.parametrize("role", policy.ROLES)
def test_safety_S14_nothing_is_found_that_the_reader_may_not_see(address, role):
    found, _ = ids(address, "duri", role)
    view = policy.view(role, "Operator A")
    exact = view.precision("hazard") == "exact"
    assert ("H-1" in found) == exact and "s:1" in found
    assert ("T-1" in found) == (view.precision("task") == "exact")
    assert ids(address, "H-1", role)[0] == (["H-1"] if exact else [])


def test_safety_S14_who_reads_an_area_finds_what_lies_there(address):
    assert ids(address, "duri", "planner", ("17.5,43,18,45",))[0] == ["H-2"]


def test_of_many_eight_of_a_kind_are_shown_and_it_says_that_there_are_more(tmp_path):
    with create_registry(tmp_path / "r.gpkg", office="Office") as registry:
        registry.append([Revision("hazard", f"H-{n:02}", {"name": f"Mill {n:02}"}, None, utc_now(),
                                  "test", "test", "") for n in range(9)])
    found, more = ids(tmp_path / "r.gpkg", "mill")
    assert found == [f"H-{n:02}" for n in range(8)] and more
    assert ids(tmp_path / "r.gpkg", "mill 08") == (["H-08"], False)


def test_the_address_says_where_it_lies_and_what_is_wrong(address, tmp_path):
    app = make_app(Settings(str(address), str(tmp_path / "a"), hosts=("testserver.local",)))
    app.state.accounts.add(Account("one", "planner"), "four random words do")
    head = {"authorization": f"Bearer {app.state.accounts.make_token('one', 'x', 1, 'read')}"}
    with TestClient(app) as client:
        (one,) = client.get("/api/find?q=H-1", headers=head).json()["found"]
        assert one["bounds"] == pytest.approx([17.09, 43.99, 17.11, 44.01])
        assert one["properties"]["status"] == "open" and one["kind"] == "hazard"
        (other,) = client.get("/api/find?q=H-3", headers=head).json()["found"]
        assert other["bounds"] is None
        for wrong in ("", " ", "x" * 81, "a%00b", "a%0Ab"):
            answer = client.get(f"/api/find?q={wrong}", headers=head)
            assert answer.status_code == 400 and answer.json()["code"] == "WEB-011"
        assert client.get("/api/find?q=duri").json()["found"][0]["kind"] == "settlement"
        assert [r[3] for r in app.state.accounts.logged(9)] == ["find", "find"]


@pytest.mark.browser
@pytest.mark.parametrize(("width", "dark", "lang"), [(1280, False, "en"), (390, True, "ar")])
def test_by_keyboard_a_name_moves_the_map_and_opens_the_record(
        address, chromium_path, width, dark, lang):
    from axe_playwright_python.sync_playwright import Axe

    from test_accessible import findings, serious

    with (served(address, "--as", "planner") as url, browsing(chromium_path, url) as browser):
        page = browser.page(width=width, dark=dark, lang=lang, reduced_motion="reduce")
        page.goto(url)
        page.wait_for_selector("#map[data-drawn=yes]")
        page.focus("#find-words")
        page.keyboard.type("duri")
        page.keyboard.press("Enter")
        page.wait_for_selector(".found li")
        assert page.locator(".found li").count() == 4
        centre = "document.getElementById('map').view.getCenter().lng"
        page.wait_for_function(f"() => Math.abs({centre} - 17.6) < .02")
        assert page.locator("#map .maplibregl-marker").count() == 1
        assert not serious(findings(page, Axe()))
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        browser.snap(page, f"find-{width}-{lang}")
        for _ in range(3):  # the button, the first name, its button: then the second name
            page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Đurići dō"
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_function(f"() => Math.abs({centre} - 17.1) < .02")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("h1:has-text('H-1'), h1:has-text('Đurići')")
        page.go_back()
        page.wait_for_selector("#map[data-drawn=yes]")
        page.fill("#find-words", "nothing at all")
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.querySelector('#map-find p[role=status]').innerText")
        assert page.locator(".found li").count() == 0
        browser.check()
