"""REC: the history of a record says how its ground changed, and gives both outlines (S01)."""

import dataclasses
import json

import pytest
import shapely
from litestar.testing import TestClient

from browsing import browsing, served
from landrelease.access import policy
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.core.geometry import geodesic_area_m2
from landrelease.store.accounts import Account
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import outlines
from test_exchange import AT, made, new, pack, take

WIDE, NARROW = shapely.box(17, 44, 17.002, 44.001), shapely.box(17.001, 44, 17.003, 44.001)
PASSWORD = "four random words do"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("outlines") / "r.gpkg"
    with create_registry(path, office="A", now=lambda: AT) as registry:
        registry.append([made("h1", status="open", hazard_type="SHA", geometry=WIDE)])
        registry.append([made("h1", 5, status="open", hazard_type="CHA", geometry=WIDE)])
        registry.append([made("h1", 9, status="open", hazard_type="CHA", geometry=NARROW)])
    return path


def test_safety_S01_ground_that_a_revision_leaves_out_is_named_with_its_area(address):
    with open_registry(address) as registry:
        history = registry.history("h1")
        (hash_, found), = outlines.changes(history).items()
    assert hash_ == history[2].hash, "a revision of values alone changes no ground"
    dropped = geodesic_area_m2(WIDE.difference(NARROW))
    assert found.before_m2 == pytest.approx(geodesic_area_m2(WIDE))
    assert found.after_m2 == pytest.approx(geodesic_area_m2(NARROW))
    assert found.left_out_m2 == pytest.approx(dropped) and dropped > 1000
    assert found.added_m2 == pytest.approx(dropped, rel=0.01)
    assert found.moved_m == pytest.approx(80, abs=2)


def test_safety_S01_what_either_office_had_counts_as_before(tmp_path):
    with new(tmp_path, "A") as a, new(tmp_path, "B") as b:
        a.append([made("h1", status="open", hazard_type="SHA", geometry=WIDE)])
        take(b, pack(a, tmp_path, "a1"), minutes=1)
        b.append([made("h1", 10, status="open", hazard_type="SHA", geometry=NARROW)])
        a.append([made("h1", 20, name="x", status="open", hazard_type="SHA", geometry=WIDE)])
        take(a, pack(b, tmp_path, "b1"), minutes=30)
        history = a.history("h1")
        tips = [s.hash for s in history if s.hash in set(a.tips("h1"))]
        assert len(tips) == 2
        a.append([dataclasses.replace(made("h1", 40, status="open", hazard_type="SHA",
                                           geometry=NARROW), follows=tuple(tips))])
        history = a.history("h1")
        found = outlines.changes(history)[history[-1].hash]
    assert found.before_m2 == pytest.approx(geodesic_area_m2(WIDE.union(NARROW)))
    assert found.left_out_m2 == pytest.approx(geodesic_area_m2(WIDE.difference(NARROW)))


@pytest.mark.parametrize(("before", "after", "left_out"), [
    (shapely.Point(17, 44), shapely.Point(17.001, 44), 0), (None, WIDE, 0),
    (WIDE, None, geodesic_area_m2(WIDE)), (shapely.Point(17, 44), WIDE, 0),
    # An outline that crosses itself keeps all of its ground.
    (shapely.Polygon([(17, 44), (17.002, 44.001), (17.002, 44), (17, 44.001)]), None, 8_912)])
def test_places_of_every_sort(before, after, left_out):
    found = outlines._change([before], after)
    assert found.left_out_m2 == pytest.approx(left_out, rel=0.02)
    assert (found.moved_m is None) is (before is None or after is None)


@pytest.mark.parametrize("role", policy.ROLES)
def test_safety_S14_outlines_are_for_who_sees_histories_of_what_is_exact(address, tmp_path, role):
    app = make_app(Settings(str(address), str(tmp_path / "a"), hosts=("testserver.local",)))
    app.state.accounts.add(Account("one", role, "Operator A"), PASSWORD)
    head = {"authorization": f"Bearer {app.state.accounts.make_token('one', 'test', 1)}"}
    view = policy.view(role)
    with TestClient(app) as client, open_registry(address) as registry:
        last = registry.history("h1")[-1].hash
        answer = client.get(f"/api/outlines/h1?revision={last}", headers=head)
        if not view.may("history"):
            assert answer.status_code == 403
            return
        if view.precision("hazard") != "exact":
            assert answer.status_code == 404
            return
        found = {f["properties"]["which"]: f for f in answer.json()["features"]}
        assert list(found) == ["before", "after", "left_out", "added"]
        assert shapely.from_geojson(json.dumps(found["before"]["geometry"])).equals(WIDE)
        assert client.get("/api/outlines/h1?revision=x", headers=head).json()["features"] == []
        past = client.get("/api/records/h1", headers=head).json()["revisions"]
        assert [r["ground"] is None for r in past] == [True, True, False]
        assert past[2]["ground"]["left_out_m2"] == found["left_out"]["properties"]["area_m2"]


@pytest.mark.browser
def test_the_page_of_a_record_says_what_ground_was_dropped(address, chromium_path):
    with served(address, "--as", "planner") as url, browsing(chromium_path, url) as browser:
        page = browser.page()
        page.goto(f"{url}#record/hazard/h1")
        page.wait_for_selector(".ground .caution:has-text('Ground left out')")
        assert page.locator(".ground").count() == 1
        link = page.get_attribute(".ground a", "href")
        assert "left_out" in page.request.get(f"{url.rstrip('/')}{link}").text()
        browser.check()
