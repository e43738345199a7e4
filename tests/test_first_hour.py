"""WEB: a newcomer's first hour, as one path through a real browser: from the demo and a spreadsheet
with errors to a signed certificate that the public looks up.

The registry is the one that `landrelease demo` makes, whole, and one small field more that a team
has cleared with all that a release asks for, but for the inspection: that is made on the way. The
way is gone twice: from a file on a wide screen, and from PostGIS on a phone. Each page on it is
looked at by axe in both themes (LANDRELEASE_SCREENS names a folder for pictures of them), and none
is wider than its screen.
"""

import subprocess
from datetime import date

import pytest

import release_world as field
from browsing import browsing, served
from landrelease.store.accounts import Account, Accounts
from landrelease.store.open import open_registry
from stores import STORES, place_of
from test_access_ways_out import command
from test_accessible import findings, serious

pytestmark = pytest.mark.browser
PASSWORD = "four random words do"
PEOPLE = {"ola.planner": "planner", "ines.inspector": "inspector", "ana.authority": "authority"}
# What an office sends: headings of its own, a day that there is not, a type that is none, a place
# without its second coordinate.
SPREADSHEET = [
    ("Nr", "Vrsta", "Stanje", "Datum", "Oblik"),
    ("N-1", "CHA", "open", "2026-03-01",
     "POLYGON((17.02 44.02, 17.022 44.02, 17.022 44.022, 17.02 44.022, 17.02 44.02))"),
    ("N-2", "SHA", "open", "2026-02-30",
     "POLYGON((17.03 44.02, 17.032 44.02, 17.032 44.022, 17.03 44.022, 17.03 44.02))"),
    ("N-3", "minefield??", "open", "2026-03-32",
     "POLYGON((17.04 44.02, 17.042 44.02, 17.042 44.022, 17.04 44.022, 17.04 44.02))"),
]
TEAMS = (
    "id,kind,organisation,base,longitude,latitude,teams,m2_per_day,m2_per_day_low,"
    "m2_per_day_high,cost_per_day,currency,available_from,available_until,source\n"
    "survey,nts,Org A,Base,17.3,44.1,1,100000,50000,200000,600,USD,,,test\n"
    "technical,ts,Org A,Base,17.3,44.1,1,8000,4000,16000,1500,USD,,,test\n"
    "manual,manual,Org A,Base,17.3,44.1,2,400,200,500,800,USD,,,test\n")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The registry of the demo."""
    out = tmp_path_factory.mktemp("first-hour") / "demo"
    assert command("demo", "--out", out, "--iterations", 0, "--runs", 5, "--quiet")[0] == 0
    return out / "registry.gpkg"


@pytest.fixture(params=STORES)
def place(request, demo, tmp_path):
    made = place_of(request, tmp_path)
    prepare(demo, made)
    return made


def prepare(demo, place):
    import openpyxl

    folder, path = place.folder, place.address
    assert command("restore", demo, path)[0] == 0
    with open_registry(path) as registry:
        ana, _ = field.keys(registry, folder)
        field.programme(registry)
        field.accreditation(registry, ana)
        field.hazard(registry, "h1", field.FIELD, name="Meadow by the school")
        field.cleared(registry, "h1", field.FIELD)
    accounts = Accounts(place.accounts)
    for name, role in PEOPLE.items():
        accounts.add(Account(name, role, "Org A"), PASSWORD)
    accounts.close()
    book = openpyxl.Workbook()
    for row in SPREADSHEET:
        book.active.append(row)
    book.save(folder / "new areas.xlsx")
    (folder / "teams.csv").write_text(TEAMS)


class Looker:
    """Looks at each page on the way, light and dark: axe, a picture, nothing wider than the
    screen."""

    def __init__(self, browser, name):
        from axe_playwright_python.sync_playwright import Axe

        self.browser, self.name, self.axe, self.count = browser, name, Axe(), 0
        self.wrong = {}

    def __call__(self, page, name):
        self.count += 1
        page.wait_for_load_state("networkidle")  # a form that was sent leads to its page first
        page.wait_for_selector("h1")
        found = []
        for theme in ("dark", "light"):
            page.emulate_media(color_scheme=theme)
            if page.locator("#map").count():  # it is drawn for a theme
                page.reload()
                page.wait_for_selector("#map[data-drawn=yes]")
            found += serious(findings(page, self.axe))
            self.browser.snap(page, f"{self.name}-{theme}-{self.count:02d}-{name}")
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if found or over > 0:
            self.wrong[name] = found, over


def sign_in(page, name):
    page.click("a:has-text('Sign in')")
    page.fill("input[autocomplete=username]", name)
    page.fill("input[type=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#reader:has-text('{name}')")


def sign_out(page):
    page.click("button:has-text('Sign out')")
    page.wait_for_selector(".reader:has-text('the public')")


def go(page, name):
    if page.is_visible("button.menu"):
        page.click("button.menu")
    page.click(f"nav#nav >> text='{name}'")


def with_key(page, form, place):
    page.set_input_files(f"{form} input[name=key]", place / "ana.pem")
    page.fill(f"{form} input[name=password]", PASSWORD)


def bring_in(page, place, look):
    """The spreadsheet: what its columns mean, two rows that wait, one with two wrong values."""
    go(page, "Bring in a file")
    page.set_input_files("#file", place / "new areas.xlsx")
    page.select_option("label:has-text('Kind of record') select", "hazard")
    page.fill("label:has-text('System of coordinates') input", "EPSG:4326")
    page.click("text=Look at the columns")
    for heading, name in (("Nr", "identifier"), ("Vrsta", "hazard_type"), ("Stanje", "status"),
                          ("Datum", "information_date"), ("Oblik", "geometry")):
        page.select_option(f"select[aria-label='Field: {heading}']", name)
    look(page, "columns")
    page.click("button[type=submit]:has-text('Bring in')")
    page.wait_for_selector("article.card:has-text('3 read, 1 accepted')")
    assert "2 wait" in page.inner_text("article.card")
    look(page, "brought-in")
    page.click("article.card a:has-text('Rows that wait')")
    page.wait_for_selector("article.card h2")
    page.select_option(".tools select >> nth=0", "new areas.xlsx")  # the demo has rows of its own
    page.wait_for_selector(".tools:has-text('1 to 2 of 2 rows')")
    look(page, "rows-that-wait")
    for row, *values in (("row 2", ("information_date", "2026-02-28")),
                         ("row 3", ("hazard_type", "SHA"), ("information_date", "2026-03-02"))):
        card = page.locator("article.card", has=page.locator(f"h2:has-text('{row}')"))
        for name, value in values:  # all that is wrong with a row is mended together
            card.get_by_label("Field").select_option(name)
            card.get_by_label("Value").fill(value)
        card.get_by_role("button", name="Check again").click()
        page.wait_for_selector(f"article.card:has-text('{row}: Accepted.')")
    go(page, "Tables")
    page.wait_for_selector("#collection")
    page.select_option("#collection", "hazard")
    page.select_option("#field", "identifier")
    for name in ("N-1", "N-3", "N-2"):
        page.click("button:has-text('Show all')")
        page.select_option("#test", "is")
        page.fill("#value", name)
        page.click("button:has-text('Add to the filter')")
        page.wait_for_selector(f"tbody a:has-text('{name}')")
    look(page, "table")
    page.click("tbody a:has-text('N-2')")
    page.wait_for_selector("h2:has-text('Its past')")
    look(page, "record")


def plan_and_forecast(page, place, look):
    go(page, "Plans")
    form = "form[data-job=plan] "
    page.fill(form + "input[name=name]", "spring")
    page.fill(form + "input[name=start]", "2027-04-01")
    page.fill(form + "input[name=iterations]", "0")
    page.set_input_files(form + "input[name=teams]", place / "teams.csv")
    page.click(form + "button[type=submit]")
    page.click("text=Open the plan spring")
    page.wait_for_selector("table.gantt svg.gantt rect")
    look(page, "plan")
    page.click("text=Put it in force")
    page.wait_for_selector(".mark.good:has-text('in force')")
    go(page, "Forecasts")
    form = "form[data-job=forecast] "
    page.fill(form + "input[name=name]", "outlook")
    page.fill(form + "input[name=runs]", "20")
    page.click(form + "button[type=submit]")
    page.click("text=Open the forecast outlook")
    page.wait_for_selector("figure svg")
    look(page, "forecast")


def inspect(page, place, look):
    go(page, "Inspection")
    page.fill("form[action='/inspection/propose'] input[name=task]", "t-h1-1")
    page.fill("form[action='/inspection/propose'] input[name=unit]", "10")
    page.click("form[action='/inspection/propose'] button")
    page.click("form[action='/api/inspection/lots'] button")
    page.click("main a[href^='/inspection/lots/']")
    page.click("form[action='/api/inspection/draw'] button")
    page.wait_for_selector("form[action='/api/inspection/results']")
    page.wait_for_selector("svg.plan")
    look(page, "lot")
    page.fill("form[action='/api/inspection/results'] input[name=day]", "2026-04-12")
    page.check("input[name=all_clear]")
    page.click("form[action='/api/inspection/results'] button[type=submit]")
    accept = "form[action='/api/inspection/acceptance']"
    page.fill(f"{accept} input[name=day]", "2026-04-12")
    with_key(page, accept, place)
    page.click(f"{accept} button[type=submit]")
    page.wait_for_selector(".mark.good:has-text('accepted')")
    look(page, "accepted")


def release(page, place, look):
    """From the proposal to the certificate on paper; gives its code."""
    go(page, "Release")
    form = "form[action='/api/releases/proposals']"
    page.fill(f"{form} input[name=hazard]", "h1")
    page.select_option(f"{form} select[name=outcome]", "cleared")
    page.click(f"{form} button[type=submit]")
    answers = "form[action$='/answers']"
    page.wait_for_selector(answers)
    look(page, "checklist")
    for choice in page.locator(f"{answers} input[value=yes]").all():
        choice.check()
    page.click(f"{answers} button[type=submit]")
    sign = "form[action$='/sign']"
    page.wait_for_selector(sign)
    look(page, "to-sign")
    with_key(page, sign, place)
    page.click(f"{sign} button[type=submit]")
    page.wait_for_selector("form[action$='/certificate.pdf']")
    look(page, "signed")
    with page.expect_download() as got:
        page.click("form[action$='/certificate.pdf'] button")
    paper = place / "certificate.pdf"
    got.value.save_as(paper)
    text = subprocess.run(["pdftotext", "-layout", str(paper), "-"], capture_output=True,
                          text=True, check=True).stdout
    with open_registry(place.address) as registry:
        (handover,) = registry.records("handover")
    code = handover.values["certificate"]
    assert code in text and "h1" in text.casefold() and "demo" in text
    return code


def as_the_public(page, url, code, look):
    page.goto(url + "certificate")
    page.fill("input[name=code]", code)
    page.click("form[action='/certificate'] button")
    page.wait_for_selector("text=The certificate is valid.")
    look(page, "certificate")
    assert "Meadow by the school" not in page.inner_text("body"), "the code opens a state alone"
    page.click("footer a[href='/public']")
    page.goto(url + "public?at=44.0005,17.0005")
    told = page.inner_text("section.answer")
    assert "released" in told.casefold() and "safe" not in told.casefold()
    look(page, "public-released")
    page.goto(url + "public?at=44.021,17.021")
    assert "hazardous" in page.inner_text("section.answer").casefold()
    look(page, "public-hazardous")


def test_a_newcomers_first_hour(place, chromium_path):
    phone = isinstance(place.address, str)  # a database
    with (served(place.address, "--accounts", place.accounts) as url,
          browsing(chromium_path, url) as browser):
        page = browser.page(accept_downloads=True, **(
            {"width": 390, "height": 844} if phone else {}))
        look = Looker(browser, "phone" if phone else "wide")
        page.on("dialog", lambda d: d.accept())
        page.goto(url)
        page.wait_for_selector("#map[data-drawn=yes]")
        look(page, "public-map")
        sign_in(page, "ola.planner")
        page.wait_for_selector("#layer-hazard")
        page.wait_for_selector("#map[data-drawn=yes]")
        look(page, "map")
        bring_in(page, place, look)
        plan_and_forecast(page, place, look)
        sign_out(page)
        sign_in(page, "ines.inspector")
        inspect(page, place, look)
        sign_out(page)
        sign_in(page, "ana.authority")
        code = release(page, place, look)
        sign_out(page)
        as_the_public(page, url, code, look)
        browser.check()
    assert look.count > 15 and not look.wrong, look.wrong
    with open_registry(place.address) as registry:
        assert {"N-1", "N-2", "N-3"} <= set(registry.ids("hazard"))
        assert next(r for r in registry.records("hazard") if r.id == "N-2").values[
            "information_date"] == date(2026, 2, 28)
        assert not [q for q in registry.quarantine() if q.row.file == "new areas.xlsx"]
    assert command("audit", place.address)[0] == 0
