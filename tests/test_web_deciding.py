"""WEB: decisions of people about tasks in the browser: who may, what is seen, what counts (S09)."""

import pytest
from litestar.testing import TestClient

import release_world as world
from landrelease.access import policy
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.store.accounts import Account
from landrelease.store.open import create_registry, open_registry

PASSWORD = "four random words do"
WHERE = "/api/plans/decisions"
TASK = "task:h1/1:clearance"
PLANS = ("planner", "authority", "administrator")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deciding")
    with create_registry(folder / "r.gpkg", office="Office") as registry:
        world.keys(registry, folder)
        world.record(registry, "team", "team-a", identifier="A 1", organisation="Org A")
        world.record(registry, "team", "team-b", organisation="Org A")
        for name in ("h1", "h2"):
            world.hazard(registry, name, world.FIELD if name == "h1" else world.OTHER)
            world.record(registry, "task", f"task:{name}/1:clearance", hazard=name,
                         task_type="clearance", task_status="proposed", teams=["team-a"])
    return folder


@pytest.fixture(scope="module")
def server(place):
    app = make_app(Settings(str(place / "r.gpkg"), str(place / "r.gpkg.accounts"),
                            hosts=("testserver.local",)))
    for role in policy.ROLES:
        app.state.accounts.add(Account(f"one.{role}", role, "Org A"), PASSWORD)
    with TestClient(app) as client:
        yield client


@pytest.fixture
def client(server):
    server.cookies.clear()
    return server


def sign_in(client, role):
    client.cookies.clear()
    answer = client.post("/api/session", json={"name": f"one.{role}", "password": PASSWORD},
                         headers={"x-csrf-token": "page"})
    assert answer.status_code == 200, answer.text
    return {"x-csrf-token": answer.json()["csrf"]}


def key_of(place, name):
    return {"key": (f"{name}.pem", (place / f"{name}.pem").read_bytes())}


def none():
    return {"key": ("", b"")}


def task(place):
    with open_registry(place / "r.gpkg") as registry:
        return next(r for r in registry.records("task") if r.id == TASK)


def decided(place):
    """What the next plan would keep to, of the task."""
    from landrelease.workflows.recorded import sources_of

    with open_registry(place / "r.gpkg") as registry:
        return [t for t in sources_of(registry, policy.view("planner")).tasks if t.id == TASK]


@pytest.mark.parametrize("role", policy.ROLES)
def test_safety_S14_only_who_plans_decides(client, place, role):
    headers = sign_in(client, role)
    before = task(place).values
    answer = client.post(WHERE, headers=headers, files=none(), data={
        "task": TASK, "start": "2027-05-03", "password": "not it"})
    if role in PLANS:
        assert answer.status_code in (401, 403) and "WEB-041" in answer.text
    else:
        assert answer.status_code == 403 and "ACC-101" in answer.text, answer.text
    assert task(place).values == before
    client.cookies.clear()
    assert client.post(WHERE, headers={"x-csrf-token": "page"}, files=none(),
                       data={"task": TASK}).status_code == 401


@pytest.mark.parametrize("wrong, code, words", [
    ({"task": "no such"}, "WEB-035", "no such"),
    ({"teams": "nobody"}, "WEB-011", "nobody"),
    ({"after": "h9:NTS"}, "WEB-011", "h9:NTS"),
    ({"start": "soon"}, "WEB-011", "soon"),
    ({"start": "2027-05-03", "start_by": "2027-05-04"}, "WEB-011", "one of them"),
    ({"not_before": "2027-05-03", "start_by": "2027-05-01"}, "WEB-011", "2027-05-03 or later"),
    ({"method": "by hand"}, "WEB-011", "by hand"),
    ({"after": TASK}, "WEB-011", "another task"),
    ({"teams": "team-a", "excluded": "A 1"}, "WEB-011", "other teams")])
def test_what_is_wrong_is_named_and_nothing_is_recorded(client, place, wrong, code, words):
    headers = sign_in(client, "planner")
    before = task(place).values
    answer = client.post(WHERE, headers=headers, files=none(), data={
        "task": TASK, "password": PASSWORD, **wrong})
    assert answer.status_code >= 400 and code in answer.text and words in answer.text, answer.text
    assert task(place).values == before


def test_safety_S09_a_decision_counts_with_the_key_of_who_orders_work(client, place):
    headers = sign_in(client, "planner")
    what = {"task": "h1/1:clearance", "not_before": "2027-05-03", "start_by": "2027-05-31",
            "teams": "A 1", "excluded": "team-b", "method": "manual", "password": PASSWORD,
            "plan": "first"}
    bare = client.post(WHERE, headers=headers, files=none(), data=what)
    assert bare.status_code == 200, bare.text
    assert not bare.json()["counts"] and "does not count" in bare.json()["said"]
    assert bare.json()["location"] == "/plans/first/orders"
    held = task(place)
    assert held.values["task_status"] == "ordered" and held.values["teams"] == ["team-a"]
    assert decided(place) == [] or all(
        t.values.get("task_status") != "ordered" for t in decided(place))
    ivo = client.post(WHERE, headers=headers, files=key_of(place, "ivo"), data=what)
    assert ivo.status_code == 200 and not ivo.json()["counts"]  # a deminer orders nothing
    ana = client.post(WHERE, headers=headers, files=key_of(place, "ana"), data=what)
    assert ana.status_code == 200 and ana.json()["counts"], ana.text
    assert "keeps to it" in ana.json()["said"]
    kept, = decided(place)
    assert kept.values["excluded_teams"] == ["team-b"] and str(kept.values["start_by"]) == (
        "2027-05-31")
    again = client.post(WHERE, headers=headers, files=key_of(place, "ana"), data={
        "task": TASK, "any_day": "on", "any_team": "on", "password": PASSWORD})
    assert again.status_code == 200 and not task(place).values.get("teams")
    assert not task(place).values.get("start_by")
    free = client.post(WHERE, headers=headers, files=none(), data={
        "task": TASK, "take_back": "on", "password": PASSWORD})
    assert free.json()["counts"] and task(place).values["task_status"] == "proposed"
