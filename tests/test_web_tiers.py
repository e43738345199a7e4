"""Every role at every address of the web app: each address states a tier, and nothing above the
reader's tier stands in a body, a header or an error.

The registry is that of `test_access_ways_out`: every field of every kind holds a value found
nowhere else. What is asked of an address that takes something is in `web_asked.py`.
"""

import functools
import io
import re
import subprocess
import zipfile

import pytest
import shapely
from litestar import get
from litestar.testing import TestClient

from landrelease.access import policy
from landrelease.apps.web.app import make_app
from landrelease.apps.web.readers import Asking
from landrelease.apps.web.settings import Settings
from landrelease.apps.web.tiers import KEY, Tier
from landrelease.core.revision import Revision
from landrelease.store.accounts import Account
from landrelease.store.open import open_registry, utc_now
from landrelease.store.shelf import Shelf
from test_access_ways_out import (
    HALVES,
    ORGANISATION,
    blob,
    command,
    corners_in,
    found_in,
    marked,
    named,
    reader_of,
)
from test_tiles import decoded
from web_asked import ASKED, BODIES, LEFT_OUT

PASSWORD = "four random words do"
HOST = "testserver.local"
# (name, role, areas): each role for all ground, and those that read records for a half of it.
READERS = [(role, role, ()) for role in policy.ROLES] + [
    (f"{role}.{half}", role, (",".join(map(str, HALVES[half])),))
    for half in HALVES for role in policy.ROLES if policy.view(role).precision("hazard") == "exact"]
NAMES = [name for name, *_ in READERS]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """With a plan and a forecast on file, both in force."""
    made = marked(tmp_path_factory.mktemp("marked-web"))
    plans, forecasts = (Shelf(made.address, what) for what in ("plans", "forecasts"))
    plan, forecast = plans.folder / "spring", forecasts.folder / "outlook"
    assert command("plan", "make", made.address, "--out", plan, "--iterations", 0, "--as",
                   "planner", "--quiet")[0] == 0
    assert command("forecast", "make", made.address, "--plan", plan, "--out",
                   forecast / "forecast.json", "--json", forecast / "summary.json", "--runs", 5,
                   "--as", "planner", "--quiet")[0] == 0
    plans.put_in_force("spring", "a test", utc_now())
    forecasts.put_in_force("outlook", "a test", utc_now())
    return made


@pytest.fixture(scope="module")
def app(world):
    made = make_app(Settings(str(world.address), f"{world.address}.accounts", hosts=(HOST,)))
    made.state.asked_as = {"": {}}
    for name, role, areas in READERS:
        made.state.accounts.add(Account(f"one.{name}", role, ORGANISATION, areas), PASSWORD)
        secret = made.state.accounts.make_token(f"one.{name}", "test", 1)
        made.state.asked_as[name] = {"authorization": f"Bearer {secret}"}
    return made


@pytest.fixture(scope="module")
def client(app):
    with TestClient(app) as made:
        yield made


def handlers(app):
    """(method, path, tier) of every address; OPTIONS says only which methods there are."""
    out = []
    for route in app.routes:
        for method, found in route.route_handler_map.items():
            handler = found[0] if isinstance(found, tuple) else found
            if method != "OPTIONS":
                out.append((method, route.path, handler.opt.get(KEY)))
    return out


@functools.cache
def first_of(world):
    """Kind -> the first record of it; "kind.field" -> the marker of the first record of it."""
    ids, fields = {}, {}
    for r in world.records:
        ids.setdefault(r.kind, r.record_id)
    for marker, (kind, name, number) in world.markers.items():
        if number == 0:
            fields.setdefault(f"{kind}.{name}", marker)
    return ids, fields


def filled(text, world):
    ids, fields = first_of(world)
    text = re.sub(r"\{ID:(\w+)\}", lambda m: ids[m[1]], text)
    return re.sub(r"\{F:([\w.]+)\}", lambda m: fields[m[1]], text)


def test_safety_S14_every_address_states_a_tier_and_how_it_is_asked(app):
    for method, path, tier in handlers(app):
        assert isinstance(tier, Tier), f"{method} {path} states no tier: docs/web.md"
        name = f"{method} {path}"
        if method in ("GET", "HEAD"):
            assert "{" not in path or path in ASKED, f"{name}: add it to tests/web_asked.py"
        else:
            assert name in BODIES or name in LEFT_OUT, f"{name}: add it to tests/web_asked.py"


def test_safety_S14_an_address_without_a_tier_is_refused_to_everybody(world, tmp_path):
    @get("/api/new")
    async def new() -> dict[str, str]:
        return {"secret": "all"}

    made = make_app(Settings(str(world.address), str(tmp_path / "a"), role="administrator",
                             hosts=(HOST,)))
    made.register(new)
    with TestClient(made) as client:
        answer = client.get("/api/new")
    assert answer.status_code == 403 and answer.json()["code"] == "WEB-017"
    assert "all" not in answer.json()


@functools.lru_cache(4)  # asked for more than once of one answer
def unpacked(content):
    """What stands in a paper (PDF) or a spreadsheet (XLSX), as text: of a paper what two readers of
    it find, of a spreadsheet its parts and the cells as they are shown. "" for what is neither."""
    if content.startswith(b"%PDF"):
        import pypdf

        read = subprocess.run(["pdftotext", "-layout", "-", "-"], input=content, check=True,
                              capture_output=True).stdout.decode()
        pages = pypdf.PdfReader(io.BytesIO(content)).pages
        return "\n".join([read, read.replace("\n", " "), *(p.extract_text() for p in pages)])
    if content.startswith(b"PK"):
        import openpyxl

        book = openpyxl.load_workbook(io.BytesIO(content))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        return "\n".join([
            str(vars(book.properties)), *book.sheetnames,
            *(str(c.value) for c in cells if c.value is not None),
            *(c.comment.text for c in cells if c.comment),
            *(str(c.hyperlink.target) for c in cells if c.hyperlink)])
    return ""


def said(answer):
    """Body and headers as text; papers and spreadsheets unpacked; of a tile every value."""
    if "parquet" in answer.headers.get("content-type", ""):
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pq.read_table(pa.BufferReader(answer.content))
        return "\n".join([str(table.schema.metadata), *(
            blob(v) if isinstance(v, bytes) else str(v)
            for column in table.columns for v in column.to_pylist())])
    head = "\n".join(f"{k}: {v}" for k, v in answer.headers.items() if k != "content-length")
    values = []
    if "vector-tile" in answer.headers.get("content-type", "") and answer.content:
        values = [str(v) for features in decoded(answer.content).values()
                  for _, _, told in features for v in told.values()]
    return "\n".join([head, answer.content.decode("latin-1"), answer.text,
                      unpacked(answer.content), *values])


def allowed_for(world, reader):
    """The markers that the policy names; of rows that wait those that lie with the reader."""
    waits = shapely.Point(17.0987654, 44.0987654)  # of `marked`
    there = not reader.areas or any(a.ground.intersects(waits) for a in reader.areas)
    mine = {m for m in named(world, reader) if there or world.markers[m][0] != "quarantine"}
    return mine | named(world, reader_of(world, "public"))  # whose pages are everybody's


PAPERS = {}  # (reader, kind of file) -> markers that were found in it


@pytest.mark.parametrize("name", ["", *NAMES])
def test_safety_S14_nothing_above_the_readers_tier_leaves_at_any_address(
        app, client, world, name):
    headers = {**app.state.asked_as[name], "x-csrf-token": "program"}
    role, areas = next(((r, a) for n, r, a in READERS if n == name), ("public", ()))
    organisation = ORGANISATION if name else None
    reader = reader_of(world, role, organisation=organisation, areas=areas)
    asking = (Asking(role, ORGANISATION, areas, f"one.{name}") if name
              else Asking("public", "", ()))
    allowed = allowed_for(world, reader)
    places = {(r.kind, r.id) for r in reader.records(
        policy.Record(x.kind, x.record_id, x.values, x.geometry) for x in world.records)}
    ids = {(r.kind, n % 3): r.record_id for n, r in enumerate(world.records)}
    for method, path, tier in handlers(app):
        if method in ("GET", "HEAD"):
            asked = [(url, None) for url in ASKED.get(path, [path])]
        else:
            asked = BODIES.get(f"{method} {path}", [])
        for url, body in asked:
            url = filled(url, world)
            answer = client.request(method, url, headers=headers,
                                    **({} if body is None else {"json": body}))
            where = (name, method, url, answer.status_code)
            assert answer.status_code < 500, (where, answer.text)
            if not tier.allows(asking):
                assert answer.status_code in (401, 403), where
            elif answer.status_code == 403 or (answer.status_code == 401 and path
                                               != "/api/session"):
                raise AssertionError((where, "its tier allows it", answer.text[:200]))
            text = said(answer)
            paper = {b"%PDF": "pdf", b"PK\x03\x04": "xlsx"}.get(answer.content[:4])
            if paper:
                PAPERS.setdefault((name, paper), set()).update(
                    found_in(unpacked(answer.content), world))
            given = found_in(url, world)  # what the reader said is no news
            wrong = found_in(text, world) - allowed - given
            assert not wrong, (where, {m: world.markers.get(m) or world.secrets.get(m)
                                       for m in sorted(wrong)[:9]})
            assert not [m for m in world.secrets if m in text], where
            if "/tiles/" not in url:
                shown = {world.places[c] for c in corners_in(text, world)}
                hidden = {(k, n) for k, n in shown if (k, ids[k, n]) not in places}
                assert not hidden, (where, hidden)


def test_papers_and_spreadsheets_were_opened_by_the_walk():
    """What is searched for can be found there: a walk that reads nothing proves nothing."""
    for name in ("planner", "authority", "inspector", "operator", "donor"):
        for paper in ("pdf", "xlsx"):
            assert PAPERS.get((name, paper)), (name, paper)
    assert not PAPERS.get(("", "pdf"))  # tables of what is public are everybody's


def test_safety_S14_rows_that_wait_are_counted_where_they_lie(app, client):
    """The row that waits lies in the west: who reads the east gets no row, no count, no layer."""
    for role in policy.ROLES:
        if not policy.view(role).may("quarantine", "rows"):
            continue
        for half, count in (("west", 1), ("east", 0)):
            headers = app.state.asked_as[f"{role}.{half}"]
            found = client.get("/api/quarantine", headers=headers).json()
            assert len(found["rows"]) == found["total"] == found["count"] == count
            page = client.get("/quality", headers=headers).text
            assert ("ROW-001" in page) == bool(count), (role, half)
            mended = client.post("/api/quarantine/1/mend", json={"changes": {}}, headers={
                **headers, "x-csrf-token": "program"}) if not count else None
            assert mended is None or mended.status_code in (400, 404), mended.text


def answers_of(app, client, world, names, left_out):
    """Reader -> address -> (status, body, headers), of all that gives records to programs."""
    urls = [filled(url, world) for method, path, _ in handlers(app) if method == "GET"
            for url in ASKED.get(path, [path])
            if path.startswith(("/ogc", "/tiles", "/api")) and path not in left_out]

    def all_of(name):
        out = {}
        for url in urls:
            answer = client.get(url, headers=app.state.asked_as[name])
            if url.endswith("parquet"):  # says when it was made
                out[url] = answer.status_code
                continue
            if (("/items.xlsx" in url or "/workbook" in url)  # the notes hold the time
                    and answer.status_code == 200):
                with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
                    out[url] = book.read("xl/worksheets/sheet1.xml")
                continue
            if re.search(r"/items\.(csv|xlsx)", url):
                text = re.sub(r"20\d\d-\d\d-\d\dT[\d:.]+\+00:00", "", answer.text)
                if "." in name:  # who sees histories is told the head of the chains
                    text = re.sub(r"chain_head: [0-9a-f]{64}", "", text)
                out[url] = (answer.status_code, text)
                continue
            # The time; the place to go on from, which is sealed anew each time.
            text = re.sub(r'"timeStamp":"[^"]*"|after=(~|%7E)[^"&]*', "", answer.text)
            if url == "/api/map/version":  # the moment of the answer
                text = re.sub(r'"at":"[^"]*"', "", text)
            out[url] = (answer.status_code, text,
                        {k: v for k, v in answer.headers.items() if k != "content-length"})
        return out

    return {name: all_of(name) for name in names}


def beside(world, kinds, number):
    """Other records like the numbered ones of these kinds, a step beside them."""
    return [Revision(r.kind, f"{r.kind}:later{number}", r.values,
                     None if r.geometry is None else shapely.affinity.translate(
                         r.geometry, 1e-4, 1e-4),
                     r.recorded_at, r.recorded_by, "later", "")
            for n, r in enumerate(world.records) if r.kind in kinds and n % 3 == number]


def test_safety_S14_what_there_is_and_is_not_shown_changes_no_answer(app, client, world):
    """Counts, pages, tags and errors: records that a reader may not know of change nothing at all
    for the reader (figures are computed from the whole; docs/access.md, "Counts")."""
    readers, left_out = ("", "donor", "community"), (
        "/api/figures", "/api/figures/{figure_id:path}", "/api/session", "/health")
    before = answers_of(app, client, world, readers, left_out)
    hidden = ("task", "team", "person", "item", "accident", "track", "closure", "evidence")
    with open_registry(world.address) as registry:
        registry.append(beside(world, hidden, 2))
    after = answers_of(app, client, world, readers, left_out)
    for name in readers:
        for url in before[name]:
            assert before[name][url] == after[name][url], (name, url)


def test_safety_S14_what_lies_elsewhere_changes_no_answer_of_who_reads_an_area(app, client, world):
    """Records of the west, with a place there, for who reads the east. The head of the chains,
    which who sees histories is told (and of which an open map is told that it moved), is the
    programme's and moves with any change."""
    readers = ("planner.east", "operator.east", "inspector.east")
    left_out = ("/api/figures", "/api/figures/{figure_id:path}", "/api/session", "/api/about",
                "/api/layers/contamination", "/api/map/version")
    before = answers_of(app, client, world, readers, left_out)
    with open_registry(world.address) as registry:
        registry.append(beside(world, ("task", "item", "accident", "track", "settlement", "hazard",
                                       "outcome", "marking"), 0))
    after = answers_of(app, client, world, readers, left_out)
    for name in readers:
        for url in before[name]:
            assert before[name][url] == after[name][url], (name, url)


# What each role may start, with what it takes; a file that comes in has a row that waits. The plan
# comes first, and the forecast is of it: the one in force may have been made before another test
# added records, and is then no ground for a forecast.
JOBS = {
    "/jobs/plan": {"name": "of-{name}", "iterations": 0},
    "/jobs/export": {"formats": ["csv", "geojson", "gpkg", "parquet", "kml", "xlsx"]},
    "/jobs/map": {"cell": 2_000}, "/jobs/claims-recorded": {}, "/jobs/conflicts": {},
    "/jobs/price": {"most": 1, "iterations": 0}, "/jobs/bound": {"seconds": 0.1},
    "/jobs/policy": {"samples": 2, "every": 0}, "/jobs/compare": {},
    "/jobs/pareto": {"points": 2, "iterations": 0, "parts": ["people", "land"]},
    "/jobs/what-if": {"weights": {"access_weight": 2.0}, "iterations": 0},
    "/jobs/forecast": {"name": "of-{name}", "runs": 2, "no_backtest": True}}
ROWS = ("identifier,name,organisation,team_type,accident_type\n"
        "X-1,A team of mine,Operator A,gardening,x\n")


def over(client, path, headers):
    import time

    for _ in range(1_800):
        job = client.get(path, headers=headers).json()
        if job["state"] not in ("waiting", "running"):
            return job
        time.sleep(0.1)
    raise AssertionError(job)


def opened(answer):
    """What `said` says, and what stands in a GeoPackage or in files of columns."""
    content = answer.content
    if content.startswith(b"SQLite format 3"):
        import sqlite3

        db = sqlite3.connect(":memory:")
        db.deserialize(content)
        names = [n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = [str(row) for n in names if "rtree" not in n
                 for row in db.execute(f'SELECT * FROM "{n}"')]  # noqa: S608
        db.close()
        return "\n".join([str(answer.headers), *found])
    if content.startswith(b"PAR1"):
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pq.read_table(pa.BufferReader(content))
        return "\n".join([str(table.schema.metadata), *(
            blob(v) if isinstance(v, bytes) else str(v)
            for column in table.columns for v in column.to_pylist())])
    return said(answer)


@pytest.mark.parametrize("name", [
    *policy.ROLES, *(n for n in NAMES if n.endswith(".east") and n.partition(".")[0] in (
        "operator", "planner", "authority"))])
def test_safety_S14_finished_jobs_hold_what_their_reader_may_see_and_are_nobody_elses(
        app, client, world, name):
    """Every kind of job that a role may start, done: its state, its page, its result, its files,
    the findings and rows of an import, and what each of these says to everybody else."""
    role, areas = next((r, a) for n, r, a in READERS if n == name)
    reader = reader_of(world, role, organisation=ORGANISATION, areas=areas)
    allowed = allowed_for(world, reader)
    headers = {**app.state.asked_as[name], "x-csrf-token": "program"}
    asking = Asking(role, ORGANISATION, areas, f"one.{name}")
    tiers = {path: tier for method, path, tier in handlers(app) if method == "POST"}
    done, kinds = [], set()
    for path, body in JOBS.items():
        if not tiers[path].allows(asking):
            continue
        body = {k: v.format(name=name.replace(".", "-")) if isinstance(v, str) else v
                for k, v in body.items()}
        if path == "/jobs/forecast" and tiers["/jobs/plan"].allows(asking):
            body["plan"] = JOBS["/jobs/plan"]["name"].format(name=name.replace(".", "-"))
        answer = client.post(path, headers=headers, json=body)
        assert answer.status_code == 201, (path, answer.text)
        done.append(over(client, f"/jobs/{answer.json()['id']}", headers))
    if tiers["/jobs/import"].allows(asking):
        answer = client.post("/jobs/import", headers=headers, data={"kind": "team"}, files={
            "file": (f"{name}.csv", ROWS.replace("X-1", name))})
        done.append(over(client, f"/jobs/{answer.json()['id']}", headers))
        rows = client.get(f"/jobs/{done[-1]['id']}/rows", headers=headers).json()["rows"]
        assert rows
    files = 0
    for job in done:
        kinds.add((job["kind"], job["state"], str(job.get("error", ""))))
        own = [f"/jobs/{job['id']}", f"/work/{job['id']}"]
        if job["state"] == "done":
            own.append(f"/jobs/{job['id']}/result")
            if job["kind"] == "import":
                own += [f"/jobs/{job['id']}/{what}" for what in (
                    "findings", "rows", "rows/workbook", "files/findings.csv")]
        listed = [p.name for p in app.state.jobs.files(app.state.jobs._jobs[job["id"]])]
        own += [f"/jobs/{job['id']}/files/{f}" for f in listed]
        files += len(listed)
        for url in own:
            answer = client.get(url, headers=headers)
            assert answer.status_code == 200, (url, answer.text[:200])
            text = opened(answer)
            wrong = found_in(text, world) - allowed
            assert not wrong, (name, job["kind"], url, {
                m: world.markers.get(m) or world.secrets.get(m) for m in sorted(wrong)[:9]})
            assert not [m for m in world.secrets if m in text], (name, url)
            for other in ("", *(n for n in NAMES if n != name)):
                told = client.get(url, headers=app.state.asked_as[other])
                assert told.status_code in (401, 403, 404), (other, url)
                assert not found_in(told.text, world), (other, url)
        gone = client.delete(f"/jobs/{job['id']}", headers={
            **app.state.asked_as[NAMES[0] if name != NAMES[0] else NAMES[1]],
            "x-csrf-token": "program"})
        assert gone.status_code in (401, 403, 404)
    finished = {kind for kind, state, _ in kinds if state == "done"}
    assert finished >= {"export"} | ({"map", "plan", "forecast", "what-if", "claims-recorded"}
                                     if name == "planner" else set()), kinds
    assert files > 5
