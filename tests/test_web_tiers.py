"""Every role at every address of the web app: each address states a tier, and nothing above the
reader's tier stands in a body, a header or an error.

The registry is that of `test_access_ways_out`: every field of every kind holds a value found
nowhere else. What is asked of an address that takes something is in `web_asked.py`.
"""

import io
import re
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
    ORGANISATION,
    blob,
    command,
    corners_in,
    found_in,
    marked,
    named,
    reader_of,
)
from web_asked import ASKED, BODIES, LEFT_OUT

PASSWORD = "four random words do"
HOST = "testserver.local"


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
    for role in policy.ROLES:
        made.state.accounts.add(Account(f"one.{role}", role, ORGANISATION), PASSWORD)
        secret = made.state.accounts.make_token(f"one.{role}", "test", 1)
        made.state.asked_as[role] = {"authorization": f"Bearer {secret}"}
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


def filled(text, world):
    ids, fields = {}, {}
    for r in world.records:
        ids.setdefault(r.kind, r.record_id)
    for marker, (kind, name, number) in world.markers.items():
        if number == 0:
            fields.setdefault(f"{kind}.{name}", marker)
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


def said(answer):
    """Body and headers as text; a tile is bytes with its texts as they are."""
    if "parquet" in answer.headers.get("content-type", ""):
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pq.read_table(pa.BufferReader(answer.content))
        return "\n".join([str(table.schema.metadata), *(
            blob(v) if isinstance(v, bytes) else str(v)
            for column in table.columns for v in column.to_pylist())])
    head = "\n".join(f"{k}: {v}" for k, v in answer.headers.items() if k != "content-length")
    if answer.content.startswith(b"PK"):  # a workbook
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            return "\n".join([head, *(book.read(n).decode() for n in book.namelist())])
    return head + "\n" + answer.content.decode("latin-1") + "\n" + answer.text


@pytest.mark.parametrize("role", ["", *policy.ROLES])
def test_safety_S14_nothing_above_the_readers_tier_leaves_at_any_address(
        app, client, world, role):
    headers = {**app.state.asked_as[role], "x-csrf-token": "program"}
    organisation = ORGANISATION if role else None
    reader = reader_of(world, role or "public", organisation=organisation)
    asking = (Asking(role, ORGANISATION, (), f"one.{role}") if role
              else Asking("public", "", ()))
    allowed = named(world, reader)
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
            where = (role, method, url, answer.status_code)
            assert answer.status_code < 500, (where, answer.text)
            if not tier.allows(asking):
                assert answer.status_code in (401, 403), where
            elif answer.status_code == 403 or (answer.status_code == 401 and path
                                               != "/api/session"):
                raise AssertionError((where, "its tier allows it", answer.text[:200]))
            text = said(answer)
            given = found_in(url, world)  # what the reader said is no news
            wrong = found_in(text, world) - allowed - given
            assert not wrong, (where, {m: world.markers.get(m) or world.secrets.get(m)
                                       for m in sorted(wrong)[:9]})
            assert not [m for m in world.secrets if m in text], where
            if "/tiles/" not in url:
                shown = {world.places[c] for c in corners_in(text, world)}
                hidden = {(k, n) for k, n in shown if (k, ids[k, n]) not in places}
                assert not hidden, (where, hidden)


def test_safety_S14_what_there_is_and_is_not_shown_changes_no_answer(app, client, world):
    """Counts, pages, tags and errors: records that a reader may not know of change nothing at all
    for the reader (figures are computed from the whole; docs/access.md, "Counts")."""
    left_out = ("/api/figures", "/api/figures/{figure_id:path}", "/api/session", "/health")
    urls = [filled(url, world) for method, path, _ in handlers(app) if method == "GET"
            for url in ASKED.get(path, [path])
            if path.startswith(("/ogc", "/tiles", "/api")) and path not in left_out]

    def all_of(role):
        out = {}
        for url in urls:
            answer = client.get(url, headers=app.state.asked_as[role])
            if url.endswith("parquet"):  # says when it was made
                out[url] = answer.status_code
                continue
            if re.search(r"/items\.(csv|xlsx)", url):
                out[url] = (answer.status_code, re.sub(
                    r"20\d\d-\d\d-\d\dT[\d:]+\+00:00", "", said(answer).partition(
                        "content-disposition")[2].partition("etag")[2].partition("\n")[2]))
                continue
            # The time; the place to go on from, which is sealed anew each time.
            text = re.sub(r'"timeStamp":"[^"]*"|after=(~|%7E)[^"&]*', "", answer.text)
            out[url] = (answer.status_code, text,
                        {k: v for k, v in answer.headers.items() if k != "content-length"})
        return out

    readers = ("", "donor", "community")
    before = {role: all_of(role) for role in readers}
    hidden = ("task", "team", "person", "item", "accident", "track", "closure", "evidence")
    with open_registry(world.address) as registry:
        registry.append([
            Revision(r.kind, f"{r.kind}:later", r.values,
                     None if r.geometry is None else shapely.affinity.translate(
                         r.geometry, 1e-4, 1e-4),
                     r.recorded_at, r.recorded_by, "later", "")
            for r in {x.kind: x for x in world.records}.values() if r.kind in hidden])
    after = {role: all_of(role) for role in readers}
    for role in readers:
        for url in urls:
            assert before[role][url] == after[role][url], (role, url)
