"""WEB: the record with what it rests on, figures down to their records, teams and data quality:
what stands on these pages, for whom, in HTML and in a real browser.

A small programme (synthetic): an area h2 that came from h1, with direct and indirect evidence, a
find and a task; two teams of two organisations, one with leave that ended and a detector that
failed.
"""

import hashlib
import json
import re
from datetime import UTC, date, datetime

import pytest
from litestar.testing import TestClient
from shapely import Point, box

from browsing import browsing, served
from landrelease.access import policy
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.core.finding import Finding, ImportReport, Intake, QuarantinedRow
from landrelease.core.revision import Revision
from landrelease.store.accounts import Account
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import assessing, load_assumptions
from test_access_ways_out import command

PASSWORD = "four random words do"
THEN, LATER = datetime(2026, 3, 1, 8, tzinfo=UTC), datetime(2026, 5, 1, 8, tzinfo=UTC)
GROUND = box(17.50, 44.10, 17.51, 44.11)
DAY = date(2026, 4, 15)


def said(kind, record, shape=None, at=THEN, valid_from=None, **values):
    return Revision(kind, record, values, shape, at, "a test", "test", "", valid_from)


RECORDS = [
    said("hazard", "h1", box(17.50, 44.10, 17.53, 44.11), hazard_type="SHA", status="open",
         identifier="OLD-1"),
    said("hazard", "h2", GROUND, hazard_type="SHA", status="open", identifier="NEW-2",
         name="Mill meadow", parents=["h1"], descent="split"),
    said("hazard", "h3", box(17.51, 44.10, 17.53, 44.11), hazard_type="SHA", status="open",
         parents=["h1"], descent="remainder"),
    said("evidence", "e-direct", Point(17.505, 44.105), evidence_type="direct", says="contaminated",
         evidence_kind="visual_observation", hazard="h2", observed_on=date(2026, 2, 1),
         source_reliability="A", information_credibility="1"),
    said("evidence", "e-told", None, evidence_type="indirect", says="contaminated",
         evidence_kind="verbal_report", hazard="h2"),
    said("item", "i1", Point(17.506, 44.106), ordnance_category="ap_mine", quantity=2),
    said("item", "i-elsewhere", Point(17.7, 44.3), ordnance_category="ap_mine", quantity=1),
    said("team", "team-a", organisation="Operator A", team_type="manual", members=["p1"],
         name="Meadow team", team_status="tasked"),
    said("team", "team-b", organisation="Operator B", team_type="TS", members=[]),
    said("task", "task-a", GROUND, task_type="clearance", hazard="h2", teams=["team-a"],
         task_status="started", organisation="Operator A"),
    said("task", "task-b", GROUND, task_type="TS", hazard="NEW-2", teams=["team-b"],
         task_status="started", organisation="Operator B"),
    said("person", "p1", role="deminer", competences=["manual_clearance"],
         organisation="Operator A", trained_on=date(2024, 1, 1), training_until=date(2026, 4, 1)),
    said("detector", "d1", detector_type="metal", team="team-a", tested_on=DAY,
         test_result="failed", organisation="Operator A"),
    said("detector", "d2", detector_type="metal", team="team-a", tested_on=DAY,
         test_result="passed", organisation="Operator A"),
    said("hazard", "h2", GROUND, at=LATER, hazard_type="SHA", status="suspended",
         identifier="NEW-2", name="Mill meadow", parents=["h1"], descent="split"),
    # Closed by nobody's signature: it counts for nothing (S09).
    said("hazard", "h4", box(17.60, 44.10, 17.61, 44.11), at=LATER, hazard_type="SHA",
         status="closed"),
    said("accident", "a1", Point(17.52, 44.105), at=LATER, accident_class="incident"),
    said("settlement", "s1", Point(17.53, 44.1), name="Upper", population=80),
    said("settlement", "s2", Point(17.54, 44.1), name="Silent"),
    said("settlement", "s3", None, name="Nowhere", population="declined"),
]
WAITS = Finding("REC-102", "places.csv", 3, "population", "heaps", "It is no number.", "Mend it.",
                "quarantined")


def made(path):
    with create_registry(path, office="Travnik") as registry:
        registry.append([r for r in RECORDS if r.recorded_at == THEN])
        registry.append([r for r in RECORDS if r.recorded_at == LATER])
        content = b"name,population\n"
        source = hashlib.sha256(content).hexdigest()
        row = QuarantinedRow("places.csv", source, 3, "settlement",
                             {"name": "Lower", "population": "heaps"}, "", (WAITS,))
        registry.take_in(Intake(ImportReport("places.csv", source, "settlement", 1, 0, 0, 1,
                                             (WAITS,)), (), (row,), content))
    return path


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return made(tmp_path_factory.mktemp("pages") / "r.gpkg")


@pytest.fixture(scope="module")
def server(address):
    app = make_app(Settings(str(address), f"{address}.accounts", hosts=("testserver.local",)))
    for role in policy.ROLES:
        app.state.accounts.add(Account(f"one.{role}", role, "Operator A"), PASSWORD)
    with TestClient(app) as client:
        yield client


def as_role(server, role):
    server.cookies.clear()
    if role:
        assert server.post("/api/session", json={"name": f"one.{role}", "password": PASSWORD},
                           headers={"x-csrf-token": "page"}).status_code == 200
    return server


def text_of(html):
    """The words of a page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


# --- the record ----------------------------------------------------------------------------------

def test_what_has_to_do_with_an_area_is_found_by_name_by_field_and_on_its_ground(server):
    found = as_role(server, "planner").get("/api/around/hazard/h2").json()
    named = {(g["kind"], g["field"]): [r["id"] for r in g["records"]] for g in found["named_by"]}
    assert named["evidence", "hazard"] == ["e-direct", "e-told"]
    assert named["task", "hazard"] == ["task-a", "task-b"], "by id and by identifier"
    assert {g["kind"]: [r["id"] for r in g["records"]] for g in found["there"]} == {"item": ["i1"]}
    assert [r["id"] for r in found["ancestors"]] == ["h1"] and not found["descendants"]
    parent = server.get("/api/around/hazard/h1").json()
    assert {r["id"] for r in parent["descendants"]} == {"h2", "h3"}
    assert "Mill meadow" in parent["descendants"][0]["words"]
    closed = server.get("/api/around/hazard/h4").json()
    assert not closed["counts"] and closed["doubt"] == "nobody signed it", "S09"
    assert found["counts"] and not found["doubt"]
    person = server.get("/api/around/person/p1").json()
    assert [(g["kind"], g["field"]) for g in person["named_by"]] == [("team", "members")]


def test_safety_S14_what_stands_around_a_record_is_what_the_reader_may_know_of(server):
    operator = as_role(server, "operator").get("/api/around/hazard/h2").json()
    ids = {r["id"] for g in (*operator["named_by"], *operator["there"]) for r in g["records"]}
    assert "task-a" in ids and "task-b" not in ids, "tasks of another organisation"
    assert server.get("/api/around/team/team-b").status_code == 404
    for role in ("", "donor", "community"):
        for path in ("/api/around/hazard/h2", "/api/around/team/team-a",
                     "/api/around/nothing/nothing"):
            assert as_role(server, role).get(path).status_code == 404
        assert server.get("/api/evidence/h2").status_code == 403


def test_the_type_rests_on_evidence_with_the_weights_of_the_table(server, address, tmp_path):
    """What the page shows is what `assess type` says; the weight of a piece is the table's."""
    found = as_role(server, "planner").get("/api/evidence/h2").json()
    log = {e["record_id"]: e for e in found["log"]}
    weights = assessing.load_weights(load_assumptions())
    assert log["e-direct"]["weight"] == pytest.approx(weights["weight.visual_observation"].value)
    assert log["e-direct"]["evidence_type"] == "direct"
    assert log["e-told"]["evidence_type"] == "indirect"
    assert found["recorded"] == "SHA" and found["proposed"] != "SHA"
    assert command("assess", "type", address, "--hazard", "h2", "--as", "planner", "--quiet",
                   "--json", tmp_path / "t.json")[0] == 0
    (row,) = json.loads((tmp_path / "t.json").read_text())["rows"]
    def numbers(log):  # the page has the words of its own language beside them
        return [{k: v for k, v in e.items() if k not in ("evidence_words", "weight_words")}
                for e in log]

    assert numbers(row["log"]) == numbers(found["log"]) and row["proposed"] == found["proposed"]
    parent = server.get("/api/evidence/h1").json()
    assert parent["proposed"] == "" and parent["log"] == [], "its ground is its children's"
    assert server.get("/api/evidence/nothing").status_code == 400
    assert {t["name"] for t in found["thresholds"]} == {"cha_threshold", "sha_threshold"}


@pytest.mark.browser
def test_the_page_of_a_record_in_a_real_browser(address, chromium_path):
    with (served(address, "--as", "planner") as url, browsing(chromium_path, url) as browser):
        page = browser.page()
        page.goto(f"{url}#record/hazard/h2")
        page.wait_for_selector("#evidence table")
        assert "e-direct" in page.inner_text("#evidence table")
        assert "h1" in page.inner_text("#descent")
        assert "i1" in page.inner_text("#around")
        page.click("summary:has-text('1 changed')")
        assert "before: open" in page.inner_text("article.card details[open]")
        page.click("#descent a:has-text('h1')")
        page.wait_for_selector("#descent:has-text('From it came')")
        phone = browser.page(width=390, height=800, lang="ar", dark=True)
        phone.goto(f"{url}#record/hazard/h2")
        phone.wait_for_selector("#evidence table")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
        browser.check()


# --- figures -------------------------------------------------------------------------------------

def test_a_figure_leads_to_its_definition_its_records_and_the_head(server, address, tmp_path):
    client = as_role(server, "planner")
    listed = client.get("/figures")
    assert listed.status_code == 200 and 'href="/figures/hazard_count"' in listed.text
    page = client.get("/figures/hazard_count").text
    with open_registry(address) as registry:
        assert registry.head() in page
    words = text_of(page)
    for told in ("Hazard records that are not closed", "3 areas", "What counts",
                 "the whole programme", "figures trace REGISTRY hazard_count --as planner"):
        assert told in words, told
    assert {r for r in ("h1", "h2", "h3", "h4") if f"/#record/hazard/{r}" in page} == {
        "h2", "h3", "h4"}, "the parent's ground is its children's; an unsigned closing is none"
    share = next(f for f in client.get("/api/figures").json() if f["unit"] == "share")
    page = client.get(f"/figures/{share['id']}").text
    assert "Share of" in page and share["denominator"] in text_of(page)
    (tmp_path / "figure.json").write_bytes(client.get("/api/figures/hazard_count").content)
    assert command("figures", "recompute", address, tmp_path / "figure.json", "--as", "planner",
                   "--quiet")[0] == 0, "the file of the page is computed again by the command"


def test_safety_S12_who_is_in_no_number_of_residents_is_one_click_away(server):
    client = as_role(server, "planner")
    assert "not reported: 2" in text_of(client.get("/figures").text)
    page = client.get("/figures/residents").text
    said = page.split('id="uncounted"')[1]
    assert {s for s in ("s1", "s2", "s3") if f"/#record/settlement/{s}" in said} == {"s2", "s3"}
    assert "80 people" in text_of(page) and "Not reported is not zero." in text_of(said)
    assert client.get("/api/figures/residents").json()["uncounted"] == ["s2", "s3"]
    assert 'id="uncounted"' not in client.get("/figures/hazard_count").text
    quality = text_of(client.get("/quality").text)
    assert "Communities that report no population" in quality
    held = client.get("/quality/records?what=without_people&kind=settlement").text
    assert "/#record/settlement/s3" in held and "/#record/settlement/s1" not in held


def test_figures_of_a_past_date_are_for_who_may_see_the_past(server):
    client = as_role(server, "planner")
    page = text_of(client.get("/figures/hazard_count?known_at=2026-04-01").text)
    assert "2 areas" in page and "As it was known on 2026-04-01." in page
    assert "--known-at 2026-04-01" in page
    assert client.get("/api/figures/hazard_count?known_at=2026-04-01").json()["value"] == 2
    assert client.get("/figures?known_at=soon").status_code == 400
    for role in ("", "operator", "donor"):
        client = as_role(server, role)
        assert client.get("/figures").status_code == 200
        refused = client.get("/figures?known_at=2026-04-01")
        assert refused.status_code == 400 and "for roles that see histories" in refused.text
        assert client.get("/api/figures/hazard_count?valid_at=2026-04-01").status_code == 400


def test_safety_S14_a_figure_shows_no_record_that_its_reader_does_not_see(server):
    page = as_role(server, "").get("/figures/hazard_count")
    assert page.status_code == 200 and "/#record/hazard" not in page.text
    assert "not the records under it" in page.text
    assert as_role(server, "").get("/api/figures/hazard_count").json()["records"] == []
    # One accident could be shown by its count.
    assert as_role(server, "").get("/figures/accident_count").status_code == 404


def test_records_under_a_figure_are_paged(address, tmp_path, monkeypatch):
    from landrelease.apps.web import figuring

    monkeypatch.setattr(figuring, "PAGE", 2)
    app = make_app(Settings(str(address), str(tmp_path / "a"), role="planner",
                            hosts=("testserver.local",)))
    with TestClient(app) as client:
        first, second = (client.get(f"/figures/hazard_count{q}").text for q in ("", "?start=2"))
    ids = [set(re.findall(r"/#record/hazard/(\w+)", page)) for page in (first, second)]
    assert len(ids[0]) == 2 and len(ids[1]) == 1 and not ids[0] & ids[1]
    assert "1 to 2 of 3" in first and "3 to 3 of 3" in second and "start=2" in first


@pytest.mark.browser
def test_from_the_list_of_figures_to_a_record_in_a_real_browser(address, chromium_path):
    with (served(address, "--as", "planner") as url, browsing(chromium_path, url) as browser):
        page = browser.page()
        page.goto(f"{url}figures")
        page.fill("input[name=known_at]", "2026-04-01")
        page.click("form.row button[type=submit]")
        page.wait_for_selector("text=As it was known on 2026-04-01.")
        page.click("main table a[href^='/figures/hazard_count']")
        page.wait_for_selector("section#again")
        assert "known_at=2026-04-01" in page.url
        page.click("a[href='/#record/hazard/h2']")
        page.wait_for_selector("h1:has-text('h2')")
        old = browser.page()
        old.goto(f"{url}#figures")
        old.wait_for_url("**/figures")
        browser.check()


# --- teams ---------------------------------------------------------------------------------------

def row_of(html, first):
    """The cells of the row that a heading begins."""
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.DOTALL):
        cells = [text_of(c).strip() for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row,
                                                        re.DOTALL)]
        if cells and cells[0] == first:
            return cells
    raise AssertionError(first)


def test_teams_say_whose_leave_ended_and_which_detector_may_not_be_used(server):
    page = as_role(server, "inspector").get(f"/teams?day={DAY}").text
    assert row_of(page, "team-a")[1:6] == ["Meadow team", "Operator A", "manual", "tasked", "1"]
    assert "✗" in row_of(page, "team-a")[6] and "1 of 2" in row_of(page, "team-a")[7]
    assert row_of(page, "team-b")[2] == "Operator B" and "○" in row_of(page, "team-b")[7]
    assert "2026-04-01" in row_of(page, "p1")[5], "the training that ended, with its day"
    one = as_role(server, "inspector").get(f"/teams/team-a?day={DAY}").text
    assert "✗" in row_of(one, "d1")[1] and "✓" in row_of(one, "d2")[1]
    assert row_of(one, "p1")[1:4] == ["deminer", "manual clearance", "2026-04-01"]
    assert "task-a" in one and "✗" in text_of(one), "the gate of its task"
    before = as_role(server, "inspector").get("/teams?day=2026-03-15").text
    assert "!" in row_of(before, "p1")[1], "it ends within the days of warning"


def test_safety_S14_teams_are_those_of_the_readers_organisation(server):
    page = as_role(server, "operator").get(f"/teams?day={DAY}").text
    assert "team-a" in page and "team-b" not in page and "Operator B" not in page
    assert as_role(server, "operator").get("/teams/team-b").status_code == 404
    for role in ("", "donor", "community"):
        assert as_role(server, role).get("/teams").status_code == 403


# --- data quality --------------------------------------------------------------------------------

def test_data_quality_counts_and_leads_to_the_records(server, address):
    client = as_role(server, "planner")
    page = client.get("/quality").text
    with open_registry(address) as registry:
        title = registry.kinds["settlement"].title
    assert row_of(page, title)[1:] == ["REC-102", "1"]
    counts = re.findall(r"<li><strong>(\d+)</strong>.*?</span>\xa0([^<]+)</span></li>", page)
    told = {name: int(n) for n, name in counts}
    assert told["Rows that wait"] == 1 and told["Records without a place"] >= 1, told
    held = client.get("/quality/records?what=unsigned&kind=hazard").text
    assert "/#record/hazard/h4" in held and "/#record/hazard/h2" not in held
    bare = client.get("/quality/records?what=without_place&kind=evidence").text
    assert "/#record/evidence/e-told" in bare and "e-direct" not in bare
    codes = re.findall(r"/quality/findings\?code=([A-Z]+-\d+)", page)
    assert codes, "the checks of shapes were made: few records"
    pages = {code: client.get(f"/quality/findings?code={code}") for code in codes}
    assert {p.status_code for p in pages.values()} == {200}
    assert any("/#record/hazard/" in p.text for p in pages.values())
    assert as_role(server, "").get("/quality").status_code == 403


@pytest.mark.browser
def test_teams_and_quality_in_a_real_browser(address, chromium_path):
    with (served(address, "--as", "planner") as url, browsing(chromium_path, url) as browser):
        page = browser.page()
        page.goto(f"{url}teams")
        page.fill("input[name=day]", DAY.isoformat())
        page.click("form.row button")
        page.click("main th a:has-text('team-a')")
        page.wait_for_selector("tr:has-text('d1') .mark.bad")
        page.wait_for_selector("tr:has-text('d2') .mark.good")
        page.click("nav#nav >> text=Data quality")
        page.click("a[href*='what=unsigned']")
        page.click("th a:has-text('h4')")
        page.wait_for_selector("h1:has-text('h4')")
        page.wait_for_selector("h2:has-text('Its past')")
        browser.check()
