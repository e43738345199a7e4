"""WEB: files in as jobs: progress, every finding page by page, and the rows that wait, which who
brought them in may mend, whatever else that person may see."""

import csv
import io
import time

import pytest
from litestar.testing import TestClient

from browsing import browsing, served
from landrelease.access import policy
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.core.revision import Revision
from landrelease.store.accounts import Account
from landrelease.store.open import create_registry, open_registry, utc_now
from landrelease.workflows import own_imports

PASSWORD = "four random words do"
FORMULA = "=1+1"
# 130 places: every other one says a word where the number of its people would stand.
PLACES = "name,population,latitude,longitude\n" + "".join(
    f"Place {n},{n if n % 2 else FORMULA},{44 + n / 500:.4f},17.5\n" for n in range(130))
TEAMS = ("identifier,name,organisation,team_type\nB-7,Hidden name,Operator B,manual\n"
         "A-1,Ours,Operator A,gardening\n")


@pytest.fixture
def address(tmp_path):
    path = tmp_path / "r.gpkg"
    with create_registry(path, office="Travnik") as registry:
        registry.append([Revision("team", "team-B-7", {
            "identifier": "B-7", "name": "Secret name of B", "organisation": "Operator B"}, None,
            utc_now(), "a test", "test", "")])
    return path


@pytest.fixture
def server(address):
    app = make_app(Settings(str(address), f"{address}.accounts", hosts=("testserver.local",)))
    for role in policy.ROLES:
        app.state.accounts.add(Account(f"one.{role}", role, "Operator A"), PASSWORD)
    app.state.accounts.add(Account("two.operator", "operator", "Operator A"), PASSWORD)
    with TestClient(app) as client:
        yield client


def as_name(server, name):
    server.cookies.clear()
    answer = server.post("/api/session", json={"name": name, "password": PASSWORD},
                         headers={"x-csrf-token": "page"})
    assert answer.status_code == 200
    return {"x-csrf-token": answer.json()["csrf"]}


def brought(server, headers, content=PLACES, name="places.csv", kind="settlement", **more):
    """An import that is over, as its job."""
    answer = server.post("/jobs/import", headers=headers, files={"file": (name, content)},
                         data={"kind": kind, "crs": "EPSG:4326", **more})
    assert answer.status_code == 201, answer.text
    for _ in range(900):
        job = server.get(f"/jobs/{answer.json()['id']}").json()
        if job["state"] not in ("waiting", "running"):
            return job
        time.sleep(0.1)
    raise AssertionError(job)


def test_every_finding_of_an_import_can_be_read_page_by_page_and_as_a_file(server, address):
    job = brought(server, as_name(server, "one.operator"))
    assert job["state"] == "done", job
    result = server.get(f"/jobs/{job['id']}/result").json()
    (report,) = result["reports"]
    assert (report["read"], report["accepted"], report["quarantined"]) == (130, 65, 65)
    assert report["findings"] >= 65 and len(result["waiting"]) == 65
    assert sum(c["count"] for c in report["codes"]) == report["findings"]
    seen, start = [], 0
    while True:
        page = server.get(f"/jobs/{job['id']}/findings?start={start}&limit=50").json()
        seen += page["findings"]
        start += 50
        if start >= page["count"]:
            break
    assert len(seen) == page["count"] == report["findings"]
    assert {f["row"] for f in seen if f["fate"] == "quarantined"} == set(range(1, 131, 2))
    code = seen[0]["code"]
    assert all(f["code"] == code for f in server.get(
        f"/jobs/{job['id']}/findings?code={code}&limit=1000").json()["findings"])
    table = server.get(f"/jobs/{job['id']}/files/findings.csv").text
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == len(seen) and rows[0]["found"] in ("'" + FORMULA, "'=1+1")
    folder = address.with_name(f"{address.name}.jobs") / job["id"]
    assert not (folder / "incoming").exists(), "what came in lies in the registry alone"
    with open_registry(address) as registry:
        assert len(registry.ids("settlement")) == 65


def test_who_brought_a_row_in_may_mend_it_and_nobody_else_sees_it(server, address):
    headers = as_name(server, "one.operator")
    job = brought(server, headers)
    assert server.get("/api/quarantine").status_code == 403, "not what waits in general"
    rows = server.get(f"/jobs/{job['id']}/rows").json()
    assert len(rows) == 65 and rows[0]["values"]["name"] == "Place 0"
    number = rows[0]["number"]
    still = server.post(f"/jobs/{job['id']}/rows/{number}/mend", headers=headers,
                        json={"changes": {"population": "many"}}).json()
    assert still["status"] == "waiting" and still["findings"][0]["field"] == "population"
    done = server.post(f"/jobs/{job['id']}/rows/{number}/mend", headers=headers,
                       json={"changes": {"population": "12"}})
    assert done.json()["status"] == "accepted", done.text
    assert len(server.get(f"/jobs/{job['id']}/rows").json()) == 64
    other = as_name(server, "two.operator")
    for path in ("findings", "rows", "result", "files/findings.csv"):
        assert server.get(f"/jobs/{job['id']}/{path}").status_code == 404
    assert server.post(f"/jobs/{job['id']}/rows/{number + 1}/mend", headers=other,
                       json={"changes": {"population": "5"}}).status_code == 404
    own = brought(server, other, content=PLACES.replace("Place", "Other"), name="other.csv")
    stolen = server.post(f"/jobs/{own['id']}/rows/{number + 1}/mend", headers=other,
                         json={"changes": {"population": "5"}})
    assert stolen.status_code == 400 and stolen.json()["code"] == "STO-015"
    with open_registry(address) as registry:
        (mended,) = [r for r in registry.records("settlement") if r.values["name"] == "Place 0"]
        assert mended.values["population"] == 12
        assert registry.history(mended.id)[-1].revision.recorded_by != "a test"


def test_safety_S14_a_finding_tells_an_operator_nothing_of_records_of_others(server):
    """Of a kind of which an operator sees its own rows alone, findings are in the words of the
    catalogue: that and how a row meets a record of somebody else is not told."""
    job = brought(server, as_name(server, "one.operator"), content=TEAMS, name="teams.csv",
                  kind="team", crs="")
    found = server.get(f"/jobs/{job['id']}/findings").json()["findings"]
    assert found and all(f["found"] == "" for f in found)
    assert "Secret name of B" not in str(found)
    assert any(f["code"] and f["problem"] for f in found)
    planner = brought(server, as_name(server, "one.planner"), content=TEAMS, name="teams2.csv",
                      kind="team", crs="")
    whole = server.get(f"/jobs/{planner['id']}/findings").json()["findings"]
    assert any(f["found"] for f in whole)


@pytest.mark.parametrize("name", ["one.public", "one.donor", "one.community"])
def test_who_brings_nothing_in_starts_no_import(server, name):
    headers = as_name(server, name)
    answer = server.post("/jobs/import", headers=headers, files={"file": ("p.csv", PLACES)},
                         data={"kind": "settlement"})
    assert answer.status_code == 403
    server.cookies.clear()
    assert server.post("/jobs/import", headers={"x-csrf-token": "page"},
                       files={"file": ("p.csv", PLACES)}).status_code == 401


def test_a_check_alone_writes_nothing_and_a_file_that_cannot_be_read_says_why(server, address):
    headers = as_name(server, "one.planner")
    job = brought(server, headers, dry_run="yes")
    result = server.get(f"/jobs/{job['id']}/result").json()
    assert result["dry_run"] and result["waiting"] == []
    assert result["reports"][0]["quarantined"] == 65
    with open_registry(address) as registry:
        assert not registry.ids("settlement") and not registry.quarantine()
    bad = brought(server, headers, content=b"\x00\x01", name="../../what.exe")
    assert bad["state"] == "failed" and bad["error"]["code"].startswith("FIL-")
    assert bad["inputs"]["file"] == "what.exe"
    page = server.get(f"/work/{bad['id']}")
    assert page.status_code == 200 and bad["error"]["code"] in page.text
    assert f"/#import/{job['id']}" in server.get(f"/work/{job['id']}").text


def test_findings_keep_their_order_and_their_count(tmp_path):
    lines = tmp_path / "f.jsonl"
    lines.write_text("".join(f'{{"code": "A-{n % 3}", "row": {n}}}\n' for n in range(10)))
    listed, count = own_imports.findings_of(lines, start=2, limit=3)
    assert ([f["row"] for f in listed], count) == ([2, 3, 4], 10)
    listed, count = own_imports.findings_of(lines, code="A-1", limit=2)
    assert ([f["row"] for f in listed], count) == ([1, 4], 3)
    assert own_imports.findings_of(tmp_path / "nothing") == ([], 0)


@pytest.mark.browser
def test_an_operator_brings_a_file_in_and_mends_it_in_a_real_browser(address, tmp_path,
                                                                   chromium_path):
    (tmp_path / "places.csv").write_text(PLACES)
    with (served(address, "--as", "operator") as url, browsing(chromium_path, url) as browser):
        page = browser.page()
        page.goto(f"{url}#import")
        page.set_input_files("#file", tmp_path / "places.csv")
        page.select_option("label:has-text('Kind of record') select", "settlement")
        page.fill("label:has-text('System of coordinates') input", "EPSG:4326")
        page.click("text=Look at the columns")
        page.wait_for_selector("select[aria-label='Field: population']")
        page.click("button[type=submit]:has-text('Bring in')")
        page.wait_for_selector("article.card:has-text('130 read, 65 accepted')")
        page.wait_for_selector("#findings tbody tr")
        assert "1–50" in page.inner_text("#findings .tools")
        first = page.inner_text("#findings tbody tr >> nth=0")
        page.click("#findings button:has-text('After')")
        page.wait_for_function("t => document.querySelector('#findings tbody tr').innerText !== t",
                               arg=first)
        card = page.locator("#own-rows article.card").first
        card.get_by_label("Field").select_option("population")
        card.get_by_label("Value").fill("7")
        card.get_by_role("button", name="Check again").click()
        page.wait_for_selector("#own-rows article.card:has-text('Accepted.')")
        assert page.locator("#own-rows button:has-text('Reject')").count() == 0
        page.reload()
        page.wait_for_selector("article.card:has-text('130 read, 65 accepted')")
        assert "null" not in page.inner_text("main")
        phone = browser.page(width=390, height=800, dark=True)
        phone.goto(page.url)
        phone.wait_for_selector("#findings tbody tr")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
        browser.check()
    with open_registry(address) as registry:
        assert 7 in {r.values.get("population") for r in registry.records("settlement")}
