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


def test_safety_S01_a_first_report_of_a_hazard_as_a_point_waits_with_its_ground(tmp_path):
    """Nothing but plain headings says where: the rows wait instead of the file being refused."""
    from landrelease.access import policy
    from landrelease.workflows import imports
    from landrelease.workflows.waiting_areas import waiting_areas

    (tmp_path / "hazards.csv").write_text(
        "identifier,hazard_type,status,longitude,latitude,datum\n"
        "P1,SHA,open,1.50,-47.00,WGS 84\nP2,SHA,open,1.51,-47.00,WGS 84\n")
    with create_registry(tmp_path / "r.gpkg", office="Office") as registry:
        looked = imports.columns_of(registry, tmp_path / "hazards.csv", kind="hazard")
        assert {s.column: s.field for s in looked.proposal.suggestions if s.certain}.items() >= {
            "longitude": "longitude", "latitude": "latitude"}.items()
        (report,) = imports.import_files(registry, [tmp_path / "hazards.csv"], kind="hazard")
        assert (report.read, report.accepted, report.quarantined) == (2, 0, 2)
        found, nowhere = waiting_areas(registry, policy.view("planner"))
        assert len(found) == 2 and nowhere == 0
        assert sorted(round(a.place.centroid.x, 2) for a in found) == [1.5, 1.51]


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
    return over(server, answer.json()["id"])


def over(server, name):
    """A job, when it is over."""
    for _ in range(900):
        job = server.get(f"/jobs/{name}").json()
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
    page = server.get(f"/jobs/{job['id']}/rows").json()
    rows = page["rows"]
    assert page["total"] == 65 and len(rows) == 50 and rows[0]["values"]["name"] == "Place 0"
    number = rows[0]["number"]
    still = server.post(f"/jobs/{job['id']}/rows/{number}/mend", headers=headers,
                        json={"changes": {"population": "many"}}).json()
    assert still["status"] == "waiting" and still["findings"][0]["field"] == "population"
    done = server.post(f"/jobs/{job['id']}/rows/{number}/mend", headers=headers,
                       json={"changes": {"population": "12"}})
    assert done.json()["status"] == "accepted", done.text
    assert server.get(f"/jobs/{job['id']}/rows").json()["total"] == 64
    other = as_name(server, "two.operator")
    for path in ("findings", "rows", "rows/workbook", "result", "files/findings.csv"):
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


def test_safety_S08_what_may_wait_waits_whichever_address_takes_the_file(server, address):
    """An operator grants no permit and takes none back, also without a job."""
    text = "identifier,holder_organisation,state\nP1,Operator A,{}\n"
    for role, said, counts in (("operator", "granted", (0, 1)), ("planner", "refused", (1, 0)),
                               ("operator", "requested", (0, 1))):
        (report,) = server.post(
            "/api/import", headers=as_name(server, f"one.{role}"), data={"kind": "permit"},
            files={"file": ("permits.csv", text.format(said))}).json()
        assert (report["accepted"], report["quarantined"]) == counts, report
    with open_registry(address) as registry:
        assert registry.records("permit")[0].values["state"] == "refused"
        assert [e.row.findings[0].code for e in registry.quarantine()] == ["ROW-046", "ROW-048"]


def test_many_rows_are_mended_at_once_and_each_is_decided_for_itself(server, address):
    headers = as_name(server, "one.operator")
    places = PLACES.replace("Place 0,", "Place 1,")  # its shape and name are recorded already
    job = brought(server, headers, content=places)
    page = server.get(f"/jobs/{job['id']}/rows").json()
    (shared,) = page["shared"]
    assert (shared["field"], shared["found"], len(shared["numbers"])) == ("population", FORMULA, 65)
    own = f"/jobs/{job['id']}/rows/mend"
    numbers = shared["numbers"]
    still = server.post(own, headers=headers, json={
        "numbers": numbers[:3], "changes": {"population": "many"}}).json()["rows"]
    assert [r["status"] for r in still] == ["waiting"] * 3 and still[0]["findings"]
    done = server.post(own, headers=headers, json={
        "numbers": [*numbers, 9_999, numbers[0]], "changes": {"population": "12"}}).json()["rows"]
    assert [r["status"] for r in done] == ["accepted"] * 65 + ["unknown"]
    assert server.get(f"/jobs/{job['id']}/rows").json()["total"] == 0
    with open_registry(address) as registry:
        assert sum(r.values["population"] == 12 for r in registry.records("settlement")) == 65
        assert registry.audit() == []
    for wrong in ({"numbers": [], "changes": {"population": "1"}}, {"numbers": [1], "changes": {}},
                  {"numbers": list(range(999)), "changes": {"population": "1"}}):
        assert server.post(own, headers=headers, json=wrong).status_code == 400
    other = as_name(server, "two.operator")
    assert server.post(own, headers=other, json={
        "numbers": numbers, "changes": {"population": "5"}}).status_code == 404


def test_who_sees_what_waits_pages_through_it_and_mends_many(server, address):
    brought(server, as_name(server, "one.operator"))
    headers = as_name(server, "one.planner")
    brought(server, headers, content=TEAMS, name="teams.csv", kind="team", crs="")
    first = server.get("/api/quarantine?limit=40").json()
    assert first["files"]["places.csv"] == 65 and first["count"] == first["total"] >= 65
    listed, start = [], 0
    while len(listed) < first["total"]:
        listed += server.get(f"/api/quarantine?limit=40&start={start}").json()["rows"]
        start += 40
    assert len({r["number"] for r in listed}) == len(listed) == first["total"]
    own = server.get("/api/quarantine?file=teams.csv").json()
    assert {r["file"] for r in own["rows"]} == {"teams.csv"} and own["total"] == first["total"]
    code = own["rows"][0]["findings"][0]["code"]
    assert all(code in {f["code"] for f in r["findings"]}
               for r in server.get(f"/api/quarantine?code={code}").json()["rows"])
    (shared,) = [s for s in first["shared"] if s["field"] == "population"]
    done = server.post("/api/quarantine/mend", headers=headers, json={
        "numbers": shared["numbers"], "changes": {"population": "7"}}).json()["rows"]
    assert {r["status"] for r in done} == {"accepted"} and len(done) == 65
    as_name(server, "one.operator")
    assert server.post("/api/quarantine/mend", json={
        "numbers": [1], "changes": {"population": "7"}}).status_code in (401, 403)


def test_safety_S14_rows_are_not_offered_together_where_nobody_may_say_that_they_are_alike(server):
    """Of a kind of which an operator sees its own rows alone, findings are without what was found:
    one value for all of them would go over different ones."""
    text = "identifier,name,organisation,team_type\n" + "".join(
        f"T-{n},Team {n},Operator A,gardening\n" for n in range(4))
    job = brought(server, as_name(server, "one.operator"), content=text, name="t.csv",
                  kind="team", crs="")
    page = server.get(f"/jobs/{job['id']}/rows").json()
    assert page["total"] == 4 and page["shared"] == []
    headers = as_name(server, "one.planner")
    job = brought(server, headers, content=text.replace("T-", "U-"), name="u.csv", kind="team",
                  crs="")
    (shared,) = server.get(f"/jobs/{job['id']}/rows").json()["shared"]
    assert shared["found"] == "gardening" and len(shared["numbers"]) == 4


@pytest.mark.parametrize("role", ["operator", "planner"])
def test_rows_that_wait_go_out_as_a_workbook_and_come_back_mended(server, address, role):
    import openpyxl

    headers = as_name(server, f"one.{role}")
    job = brought(server, headers)
    out, back = ((f"/jobs/{job['id']}/rows/workbook",) * 2 if role == "operator"
                 else ("/api/quarantine/workbook", "/jobs/mend"))
    answer = server.get(out)
    assert answer.status_code == 200 and answer.content[:2] == b"PK"
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book[book.sheetnames[1]]
    heads = [c.value for c in sheet[1]]
    column = heads.index("population") + 1
    for row in range(2, 42):  # the others stay as they are
        assert sheet.cell(row, column).value == FORMULA and sheet.cell(row, column).comment
        sheet.cell(row, column).value = 30 if row > 2 else "many"
    mended = io.BytesIO()
    book.save(mended)
    started = server.post(back, headers=headers, files={"file": ("back.xlsx", mended.getvalue())})
    assert started.status_code == 201, started.text
    done = over(server, started.json()["id"])
    assert done["state"] == "done" and "waiting" not in done["inputs"], done
    result = server.get(f"/jobs/{done['id']}/result").json()
    assert result["counts"] == {"accepted": 39, "still waits": 1, "unchanged": 25}
    (left,) = result["left"]
    assert left["status"] == "still waits" and left["findings"][0]["field"] == "population"
    assert server.get(f"/work/{done['id']}").status_code == 200
    with open_registry(address) as registry:
        assert sum(r.values["population"] == 30 for r in registry.records("settlement")) == 39
    again = server.post(back, headers=headers, files={"file": ("back.xlsx", mended.getvalue())})
    counts = server.get(f"/jobs/{over(server, again.json()['id'])['id']}/result").json()["counts"]
    assert counts == {"unknown": 39, "still waits": 1, "unchanged": 25}
    wrong = server.post(back, headers=headers, files={"file": ("back.xlsx", b"no workbook")})
    assert over(server, wrong.json()["id"])["state"] == "failed"


def test_safety_S09_the_words_of_a_file_are_shown_with_what_they_mean(server):
    """A word that would decide something is never taken for certain in another language."""
    headers = as_name(server, "one.planner")
    text = "identifier,hazard_type,status,colour\nA-1,CHA,zatvoren,red\nA-2,minefield,open,red\n"
    found = server.post("/api/import/columns", headers=headers, data={"kind": "hazard"}, files={
        "file": ("h.csv", text)}).json()
    words = {c["column"]: {w["word"]: w["count"] for w in c["words"]} for c in found["columns"]}
    assert words["status"] == {"zatvoren": 1, "open": 1} and words["colour"] == {"red": 2}
    meant = found["meanings"]["status"]
    assert meant["open"] == {"meaning": "open", "certain": True}
    assert meant.get("zatvoren", {"certain": False})["certain"] is False
    assert found["meanings"]["hazard_type"]["CHA"]["certain"]
    assert "minefield" not in found["meanings"]["hazard_type"]
    choices = {f["name"]: f["choices"] for f in found["fields"]}
    assert {"open", "closed"} <= set(choices["status"]) and choices["identifier"] == []


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


def test_safety_S04_the_systems_to_choose_from_are_those_of_the_area_and_name_their_datum(server):
    """Whoever sends metres chooses their system by a name with its datum; nothing is guessed."""
    from landrelease.records import places

    headers = as_name(server, "one.planner")
    found = server.post("/api/import/columns", headers=headers, data={"kind": "settlement"}, files={
        "file": ("v.csv", "Naziv,K1,K2\nA,500000,4800000\n")}).json()
    assert found["crs"] == "" and {"easting", "northing", "datum"} <= set(found["places"])
    assert {"code": "EPSG:32634", "name": "WGS 84 / UTM zone 34N", "grid": True} in found["systems"]
    assert found["notation"]["order"] == ["latitude_first", "longitude_first"]
    near = {s.code: s for s in places.systems_in((15.7, 42.5, 19.7, 45.3))}
    assert [*near][:3] == ["EPSG:4326", "EPSG:32633", "EPSG:32634"] and len(near) < 60
    assert near["EPSG:6316"].grid and not near["EPSG:3906"].grid  # MGI 1901, zone 7 and degrees
    assert "EPSG:32642" not in near and "EPSG:3857" not in near
    assert all(places.system(s.code, "a test").is_projected == s.grid for s in near.values())


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
def test_words_of_a_file_get_their_meaning_and_many_rows_a_value_in_a_real_browser(
        address, tmp_path, chromium_path):
    import openpyxl

    text = "identifier,hazard_type,status,information_date,geometry\n" + "".join(
        f"A-{n},{'CHA' if n % 2 else 'polje'},otv,2026-02-{'30' if n > 7 else '20'},"
        f'"POLYGON((17.{n:02} 44, 17.{n:02}5 44, 17.{n:02}5 44.005, 17.{n:02} 44))"\n'
        for n in range(12))
    (tmp_path / "hazard.csv").write_text(text)
    with (served(address, "--as", "planner") as url, browsing(chromium_path, url) as browser):
        page = browser.page(accept_downloads=True)
        page.on("dialog", lambda d: d.accept())
        page.goto(f"{url}#import")
        page.set_input_files("#file", tmp_path / "hazard.csv")
        page.select_option("label:has-text('Kind of record') select", "hazard")
        page.fill("label:has-text('System of coordinates') input", "EPSG:4326")
        page.click("text=Look at the columns")
        assert page.locator("select[aria-label='CHA: It means']").input_value() == "CHA"
        assert page.locator("select[aria-label='polje: It means']").input_value() == ""
        page.select_option("select[aria-label='polje: It means']", "SHA")
        page.select_option("select[aria-label='otv: It means']", "open")
        browser.snap(page, "words")
        page.click("button[type=submit]:has-text('Bring in')")
        page.wait_for_selector("article.card:has-text('12 read, 8 accepted')")
        page.click("article.card a:has-text('Rows that wait')")
        page.wait_for_selector("form#many")
        assert "1 to 4 of 4 rows" in page.inner_text(".tools")
        browser.snap(page, "waiting")
        page.click("details#workbook summary")
        with page.expect_download() as got:
            page.click("details#workbook a")
        got.value.save_as(tmp_path / "rows.xlsx")
        book = openpyxl.load_workbook(tmp_path / "rows.xlsx")
        sheet = book[book.sheetnames[1]]
        day = [c.value for c in sheet[1]].index("information_date") + 1
        sheet.cell(2, day).value = "2026-02-27"
        book.save(tmp_path / "back.xlsx")
        page.set_input_files("details#workbook input[type=file]", tmp_path / "back.xlsx")
        page.click("details#workbook button")
        page.wait_for_selector("#returned:has-text('1 accepted')")
        page.wait_for_selector(".tools:has-text('1 to 3 of 3 rows')")
        page.fill("form#many input", "2026-02-28")
        page.click("form#many button")
        page.wait_for_selector("text=3 rows accepted, 0 still wait.")
        page.wait_for_selector("text=No row waits.")
        # A spreadsheet with headings of its own, and places in metres: which columns they stand in
        # and their system are chosen, as on the command line by a mapping and --crs.
        (tmp_path / "villages.csv").write_text(
            "Br,Naziv,K1,K2,Ljudi\n1,Gornji,\"500000,0\",4800000,10\n"
            "2,Donji,\"500100,5\",4800100,12\n")
        page.goto(f"{url}#map")
        page.goto(f"{url}#import")
        page.set_input_files("#file", tmp_path / "villages.csv")
        page.select_option("label:has-text('Kind of record') select", "settlement")
        page.click("text=Look at the columns")
        for heading, name in (("Br", "identifier"), ("Naziv", "name"), ("K1", "easting"),
                              ("K2", "northing"), ("Ljudi", "population")):
            page.select_option(f"select[aria-label='Field: {heading}']", name)
        assert "Nothing states the system" in page.inner_text("#places")
        page.select_option("#places select >> nth=0", label="WGS 84 / UTM zone 34N (EPSG:32634)")
        assert "Nothing states the system" not in page.inner_text("#places")
        assert page.input_value("input[aria-describedby=crs_hint]") == "EPSG:32634"
        assert page.is_visible("label:has-text('UTM zone of all rows')")
        assert not page.is_visible("label:has-text('Two numbers in one cell')")
        page.select_option("label:has-text('Decimals') select", ",")
        browser.snap(page, "places")
        page.click("button[type=submit]:has-text('Bring in')")
        page.wait_for_selector("article.card:has-text('2 read, 2 accepted')")
        written = {}
        for lang in ("en", "uk", "ar"):  # as the page's language writes them, not the browser's
            page.goto(f"{url}language?lang={lang}&then=/")
            page.wait_for_selector("#reader span")
            written[lang] = page.evaluate(
                "async () => (await import('/static/app.js')).number(1234567.5)")
        assert written["en"] == "1,234,567.5"
        assert written["uk"].replace("\u00a0", " ") == "1 234 567,5"
        assert set(written["ar"]) <= set("0123456789.,٬٫\u200f")
        browser.check()
    with open_registry(address) as registry:
        found = registry.records("hazard")
        first, second = sorted(registry.records("settlement"), key=lambda r: r.values["name"],
                               reverse=True)
    assert first.values["name"] == "Gornji" and first.values["population"] == 10
    assert abs(first.geometry.x - 21.0) < 1e-9 and abs(first.geometry.y - 43.3526) < 1e-3
    assert 0.001 < second.geometry.x - first.geometry.x < 0.0013
    assert len(found) == 12 and {r.values["status"] for r in found} == {"open"}
    assert sum(r.values["hazard_type"] == "SHA" for r in found) == 6


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
