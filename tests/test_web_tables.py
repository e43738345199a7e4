"""WEB: tables over all rows: filtered and put in order by the server, whole as CSV and XLSX."""

import csv
import io
import zipfile

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from browsing import browsing, served
from landrelease.access import policy
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.core.revision import Revision
from landrelease.store.accounts import Account
from landrelease.store.open import create_registry, open_registry, utc_now
from landrelease.workflows import collections, filtering, sharing
from stores import STORES, place_of

PASSWORD = "four random words do"
FORMULA = "=HYPERLINK(\"http://a.example\",\"here\")"
# Every third place has no number of people on record, and one says a word instead.
PEOPLE = {n: (n * 7919) % 1000 for n in range(250) if n % 3}


def settlement(n):
    values = {"name": f"Place {n:03}", "municipality_name": "North" if n < 120 else "South"}
    if n in PEOPLE:
        values["population"] = PEOPLE[n]
    if n == 0:
        values |= {"name": FORMULA, "population": "declined"}
    return Revision("settlement", f"s:{n:03}", values, shapely.Point(17 + n / 500, 44), utc_now(),
                    "a test", "test", "")


def made(path):
    with create_registry(path, office="Travnik") as registry:
        registry.append([settlement(n) for n in range(250)])
        registry.append([Revision("team", f"team:{o}{n}", {
            "name": f"{o}{9 - n}", "organisation": f"Operator {o}", "deminers": n}, None,
            utc_now(), "a test", "test", "") for o in "AB" for n in range(4)])
        registry.append([Revision("person", "person:1", {"role": "deminer"}, None, utc_now(),
                                  "a test", "test", "")])
    return path


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return made(tmp_path_factory.mktemp("tables") / "r.gpkg")


@pytest.fixture(scope="module")
def server(address):
    app = make_app(Settings(str(address), f"{address}.accounts", hosts=("testserver.local",)))
    for role in policy.ROLES:
        app.state.accounts.add(Account(f"one.{role}", role, "Operator A"), PASSWORD)
    with TestClient(app) as client:
        yield client


def as_role(server, role):
    server.cookies.clear()
    assert server.post("/api/session", json={"name": f"one.{role}", "password": PASSWORD},
                       headers={"x-csrf-token": "page"}).status_code == 200
    return server


def walked(client, path):
    """All items that the pages of a question lead through."""
    out = []
    while path:
        page = client.get(path)
        assert page.status_code == 200, page.text
        out += page.json()["features"]
        path = next((link["href"] for link in page.json()["links"] if link["rel"] == "next"), None)
    return out


def expected(down=False, some=range(250)):
    counted = sorted((n for n in some if n in PEOPLE),
                     key=lambda n: (-PEOPLE[n] if down else PEOPLE[n], n))
    return [f"s:{n:03}" for n in (*counted, *(n for n in some if n not in PEOPLE))]


@pytest.mark.parametrize(("sign", "down"), [("-", True), ("%2B", False), ("", False)])
def test_all_rows_are_in_order_not_those_of_a_page(server, sign, down):
    found = walked(as_role(server, "planner"),
                   f"/ogc/collections/settlement/items?sortby={sign}population&limit=60")
    assert [f["id"] for f in found] == expected(down)


def test_a_filter_and_an_order_hold_together(server):
    found = walked(as_role(server, "planner"),
                   "/ogc/collections/settlement/items?sortby=-population&limit=7"
                   "&filter=casei(name) LIKE casei('%25PLACE 1%25')&municipality_name=North")
    assert [f["id"] for f in found] == expected(True, range(100, 120))


@settings(max_examples=20)
@given(limit=st.integers(1, 300), down=st.booleans(), field=st.sampled_from(
    ["population", "name", "municipality_name", "information_date"]))
def test_pages_of_any_size_hold_the_same_rows(address, limit, down, field):
    with open_registry(address) as registry:
        view, order = policy.view("planner"), collections.Order(field, down)
        whole = collections.items(registry, view, "settlement", order=order, limit=1_000)
        assert whole.after == "" and len(whole.items) == 250
        out, after = [], ""
        while True:
            page = collections.items(registry, view, "settlement", order=order, limit=limit,
                                     after=after)
            out += page.items
            if not page.after:
                break
            after = page.after
        assert [i.id for i in out] == [i.id for i in whole.items]


@pytest.fixture(scope="module", params=STORES)
def stored(request, tmp_path_factory):
    place = place_of(request, tmp_path_factory.mktemp("texts"))
    words = ("Straße", "STRASSE 1", "Žabljak", "zabljak", "50 % done", None, "a_b", "ab", "Поле 7")
    with create_registry(place.address, office="Travnik") as registry:
        registry.append([Revision("settlement", f"s:{n:03}", {
            **({"name": w} if (w := words[n % 9]) else {}), "municipality_name": "NS"[n % 2],
            **({"population": n * 37 % 11} if n % 4 else {})}, shapely.Point(17 + n / 500, 44),
            utc_now(), "a test", "test", "") for n in range(90)])
    with open_registry(place.address) as registry:
        yield registry


@pytest.mark.parametrize("text", [
    "casei(name) LIKE casei('%strasse%')", "accenti(casei(name)) LIKE accenti('zab%')",
    "name LIKE '%\\%%'", "name LIKE 'a_b'", "name LIKE '%7' AND population > 3",
    "name LIKE '%done' OR population = 5", "NOT name LIKE '%a%'", "name LIKE 'nothing'",
    "population > 3 AND name LIKE '%b' AND municipality_name = 'N'"])
@pytest.mark.parametrize("order", ["", "population", "-population", "name"])
def test_a_filter_on_a_text_finds_by_its_column_what_it_finds_row_by_row(
        stored, monkeypatch, text, order):
    view = policy.view("planner")
    fields = {f.name: f for f in collections.collection(stored, view, "settlement").fields}
    by = collections.Order(order.lstrip("-"), order.startswith("-")) if order else None

    def all_of(limit):
        out, after = [], ""
        while True:
            page = collections.items(
                stored, view, "settlement", order=by, limit=limit, after=after,
                keep=filtering.read_filter(text, "cql2-text", fields), where={
                    "municipality_name": ["N", "S"]}, bounds=(17, 43, 17.1, 45))
            out += [i.id for i in page.items]
            if not page.after:
                return out
            after = page.after

    quick = all_of(3)
    assert quick == all_of(1_000)
    monkeypatch.setattr(collections, "_by_text", lambda *_: None)
    assert quick == all_of(3)


def test_safety_S14_only_who_sees_all_rows_of_a_kind_is_answered_from_its_column(stored):
    """How long an answer takes, and where its pages end, must not tell of rows that are hidden."""
    asked = []

    class Watched:
        def __getattr__(self, name):
            if name == "matching":
                asked.append(name)
            return getattr(stored, name)

    for role in policy.ROLES:
        for areas in ((), ("17,43,17.1,45",)):
            view = sharing.reader_of(stored, role, "Operator A", areas)
            for kind in ("settlement", "team"):
                grant = view.grant(kind)
                if grant.precision != "exact" or "name" not in view.fields(kind):
                    continue
                fields = {f.name: f for f in collections.collection(stored, view, kind).fields}
                asked.clear()
                collections.items(Watched(), view, kind, keep=filtering.read_filter(
                    "name LIKE '%a%'", "cql2-text", fields))
                assert bool(asked) is (grant.rows == "all" and not areas), (role, areas, kind)


@pytest.mark.parametrize("query", [
    "sortby=nothing", "sortby=household_names", "sortby=population&after=s:001",
    "sortby=population&after=~x", "sortby=-"])
def test_an_order_by_what_is_not_there_is_refused(server, query):
    found = as_role(server, "planner").get(f"/ogc/collections/settlement/items?{query}")
    assert found.status_code == 400 and found.json()["code"] == "WEB-011", found.text


def test_a_place_of_another_order_is_refused(server):
    client = as_role(server, "planner")
    page = client.get("/ogc/collections/settlement/items?sortby=population&limit=5").json()
    (after,) = [link["href"] for link in page["links"] if link["rel"] == "next"]
    found = client.get(after.replace("sortby=population", "sortby=name"))
    assert found.status_code == 400 and found.json()["code"] == "WEB-011"


def test_safety_S14_an_order_tells_nothing_of_what_is_hidden(server):
    """Who may not see a field cannot put rows in order by it, and gets no rows of others."""
    server.cookies.clear()
    hidden = server.get("/ogc/collections/settlement/items?sortby=returnees_expected")
    nothing = server.get("/ogc/collections/settlement/items?sortby=nothing_like_it")
    assert hidden.status_code == nothing.status_code == 400
    assert hidden.json()["description"].replace("returnees_expected", "") == \
        nothing.json()["description"].replace("nothing_like_it", "")
    operator = as_role(server, "operator")
    for path in ("items?sortby=name", "items?sortby=-deminers&limit=1"):
        found = walked(operator, f"/ogc/collections/team/{path}")
        assert {f["properties"]["organisation"] for f in found} == {"Operator A"}
        assert len(found) == 4
    for ending in ("csv", "xlsx"):
        body = operator.get(f"/ogc/collections/team/items.{ending}?sortby=name")
        assert body.status_code == 200 and b"Operator B" not in whole(body.content)
        server.cookies.clear()
        assert server.get(f"/ogc/collections/team/items.{ending}").status_code == 404
        operator = as_role(server, "operator")


def whole(content):
    """The bytes of a file, unpacked where it is a workbook."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return b"\n".join(book.read(name) for name in book.namelist())


def test_a_filtered_table_leaves_whole_as_csv(server):
    answer = as_role(server, "planner").get(
        "/ogc/collections/settlement/items.csv?sortby=-population&municipality_name=North")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/csv")
    assert 'filename="settlement.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert rows[0]["population"].startswith("#population") and rows[0]["record"].startswith("#")
    assert [r["record"] for r in rows[1:]] == expected(True, range(120))
    held = {r["record"]: r for r in rows[1:]}
    assert held["s:000"]["name"] == "'" + FORMULA and held["s:000"]["population"] == "declined"
    assert held["s:001"]["geometry_wgs84"] == "POINT (17.002 44)"
    assert "municipality_name: North" in rows[1]["about"] and "chain_head" in rows[1]["about"]


def test_a_filtered_table_leaves_whole_as_xlsx_without_formulas(server):
    import openpyxl

    answer = as_role(server, "planner").get(
        "/ogc/collections/settlement/items.xlsx?filter=population >= 900&sortby=population")
    assert answer.status_code == 200
    assert b"<f>" not in whole(answer.content)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    table = list(sheet.iter_rows(values_only=True))
    assert [r[0] for r in table[2:]] == expected(some=[n for n in PEOPLE if PEOPLE[n] >= 900])
    assert table[1][0].startswith("#") and table[0][0] == "record"


def test_a_table_without_rows_is_a_table(server):
    client = as_role(server, "planner")
    answer = client.get("/ogc/collections/settlement/items.csv?name=nowhere")
    assert answer.status_code == 200 and len(answer.content.decode().splitlines()) == 2
    assert client.get("/ogc/collections/settlement/items.xlsx?name=nowhere").status_code == 200


def test_the_file_holds_more_than_any_page(address, monkeypatch, tmp_path):
    monkeypatch.setattr(collections, "_BATCH", 7)
    with open_registry(address) as registry:
        for order in (None, collections.Order("name", True)):
            count = collections.write_table(registry, policy.view("planner"), "settlement",
                                            tmp_path / "t.csv", utc_now(), order=order)
            rows = list(csv.reader((tmp_path / "t.csv").open()))
            assert count == 250 and len(rows) == 252


@pytest.mark.browser
def test_a_table_by_keyboard_and_on_a_phone(address, chromium_path):
    """The largest first by the keyboard alone, one more condition, the file as the table; then the
    same address on a phone, where each row is a card."""
    with served(address, "--as", "planner") as url, browsing(chromium_path, url) as browser:
        page = browser.page()
        page.goto(f"{url}#tables/settlement")
        page.wait_for_selector("tbody tr")
        page.focus("thead button:has-text('population')")
        page.keyboard.press("Enter")
        page.wait_for_selector("th[aria-sort=ascending]")
        page.keyboard.press("Enter")
        page.wait_for_selector("th[aria-sort=descending]")
        first = expected(True)
        page.wait_for_function("id => document.querySelector('tbody a')?.textContent === id",
                               arg=first[0])
        assert page.locator("tbody tr").count() == 100
        page.select_option("#field", "municipality_name")
        page.select_option("#test", "is")
        page.fill("#value", "North")
        page.keyboard.press("Enter")
        page.wait_for_selector(".chips li")
        north = expected(True, range(120))
        page.wait_for_function("n => document.querySelectorAll('tbody tr').length === n", arg=100)
        page.wait_for_function("id => document.querySelector('tbody a')?.textContent === id",
                               arg=north[0])
        page.click("button:has-text('Show more')")
        page.wait_for_function("n => document.querySelectorAll('tbody tr').length === n", arg=120)
        assert page.locator("tbody a").all_text_contents() == north
        with page.expect_download() as saved:
            page.click("#files a:has-text('CSV')")
        rows = list(csv.reader(io.StringIO(saved.value.path().read_text(encoding="utf-8"))))
        assert [r[0] for r in rows[2:]] == north
        where = page.url
        phone = browser.page(width=390, height=800, dark=True)
        phone.goto(where)
        phone.wait_for_function("id => document.querySelector('tbody a')?.textContent === id",
                                arg=north[0])
        assert phone.locator("th[aria-sort=descending]").count() == 1
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
        cell = phone.locator("tbody tr").first.locator("td").nth(1)
        assert phone.evaluate("e => getComputedStyle(e, '::before').content", cell.element_handle()
                              ).strip('"') in ("population", "municipality name", "name")
        phone.select_option("#way", "up")
        phone.wait_for_function("id => document.querySelector('tbody a')?.textContent === id",
                                arg=expected(False, range(120))[0])
        browser.check()


@pytest.mark.browser
def test_a_table_of_the_past_says_so_and_its_files_hold_the_same(tmp_path, chromium_path):
    """As it was on a day, by the keyboard; the address and the files carry the day; who may not see
    histories has no such fields."""
    from datetime import date

    with create_registry(tmp_path / "r.gpkg", office="Travnik") as registry:
        registry.append([Revision("settlement", f"s:{year}", {"name": f"Of {year}"},
                                  shapely.Point(17, 44), utc_now(), "a test", "test", "",
                                  valid_from=date(year, 6, 1)) for year in (2020, 2022, 2024)])
    for role in ("planner", "operator"):
        with (served(tmp_path / "r.gpkg", "--as", role) as url,
              browsing(chromium_path, url) as browser):
            page = browser.page(width=390, height=800)
            page.goto(f"{url}#tables/settlement/%2Bname")
            page.wait_for_selector("tbody tr")
            if role == "operator":
                assert page.locator("#valid_at").count() == 0
                browser.check()
                continue
            assert page.locator("#not-now").is_hidden()
            page.fill("#valid_at", "2023-01-01")
            page.keyboard.press("Enter")
            page.wait_for_selector("#not-now:has-text('2023-01-01')")
            page.wait_for_function("() => document.querySelectorAll('tbody tr').length === 2")
            assert page.locator("#sort").is_disabled(), "the past stands in the order of ids"
            with page.expect_download() as saved:
                page.click("#files a:has-text('CSV')")
            assert saved.value.suggested_filename.endswith("2023-01-01.csv")
            rows = list(csv.reader(io.StringIO(saved.value.path().read_text(encoding="utf-8"))))
            assert [r[0] for r in rows[2:]] == ["s:2020", "s:2022"]
            for link in page.locator("#files a[download]").all():
                assert "valid_at=2023-01-01" in link.get_attribute("href")
            where = page.url
            again = browser.page()
            again.goto(where)
            again.wait_for_function("() => document.querySelectorAll('tbody tr').length === 2")
            assert again.input_value("#valid_at") == "2023-01-01"
            again.click("button:has-text('Back to now')")
            again.wait_for_function("() => document.querySelectorAll('tbody tr').length === 3")
            assert again.locator("#not-now").is_hidden() and again.locator("#sort").is_enabled()
            assert again.evaluate("document.activeElement.id") == "valid_at"
            again.fill("#valid_at", "2019-01-01")
            again.keyboard.press("Enter")
            again.wait_for_selector("text=Nothing that you may see.")
            browser.check()
