"""WEB: inspection in the browser, from the lot to its acceptance; who is inspected does not learn
where; nonconformities are corrected by one side and closed by the other."""

from datetime import UTC, date, datetime, timedelta

import pytest
from litestar.testing import TestClient

import inspected
from landrelease.access import policy
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.store.accounts import Account
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import identities

PASSWORD = "four random words do"
INSPECTORS = ("inspector", "planner", "authority", "administrator")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web_inspection")
    with create_registry(folder / "r.gpkg", office="Office") as registry:
        identities.create_identity(registry, folder / "ana.pem", name="Ana", by="x",
                                   role="authority",
                                   now=datetime.now(UTC) - timedelta(days=400))
        inspected.fill(registry, inspected.programme())
    return folder


@pytest.fixture(scope="module")
def app(place):
    made = make_app(Settings(str(place / "r.gpkg"), str(place / "accounts"),
                             hosts=("testserver.local",)))
    for role in policy.ROLES:
        made.state.accounts.add(Account(f"one.{role}", role, "Org A"), PASSWORD)
    return made


@pytest.fixture(scope="module")
def client(app):
    with TestClient(app) as client:
        yield client


def sign_in(client, role):
    client.cookies.clear()
    if not role:
        return {"x-csrf-token": "page"}
    answer = client.post("/api/session", json={"name": f"one.{role}", "password": PASSWORD},
                         headers={"x-csrf-token": "page"})
    return {"x-csrf-token": answer.json()["csrf"]}


def count(place):
    with open_registry(place / "r.gpkg") as registry:
        return registry.count()


def key_of(place):
    return {"key": ("ana.pem", (place / "ana.pem").read_bytes())}


SENT = {
    "/api/inspection/lots": {"task": "t1", "form": "nonsense"},
    "/api/inspection/draw": {"lot": "lot:t1:9"},
    "/api/inspection/results": {"lot": "lot:t1:9", "day": "2026-04-02", "all_clear": "yes"},
    "/api/inspection/findings": {"finding": "", "severity": "major", "kind": "safety",
                                 "day": "2026-04-02"},
    "/api/inspection/visits": {"day": "2026-04-02"},
}


@pytest.mark.parametrize("role", ["", *policy.ROLES])
def test_every_role_against_every_change(client, place, role):
    """None of these can succeed; who may not is told that, and nothing is written."""
    headers = sign_in(client, role)
    before = count(place)
    allowed = role in INSPECTORS
    for path, body in SENT.items():
        answer = client.post(path, json=body, headers=headers)
        assert answer.status_code == (401 if not role else 403) if not allowed else \
            answer.status_code in (400, 404), (role, path, answer.text)
    for path, body in (("/api/inspection/acceptance", {"lot": "x", "day": "2026-04-02"}),
                       ("/api/inspection/corrections", {"record": "x", "closed_on": "2026-04-02"})):
        body = {**body, "password": PASSWORD}
        answer = client.post(path, data=body, headers=headers, files=key_of(place))
        assert answer.status_code >= 400
        if not allowed:
            assert answer.status_code == (401 if not role else 403), (role, path, answer.text)
    assert count(place) == before
    for path in ("/inspection", "/inspection/teams", "/inspection/propose?task=t1"):
        able = role in INSPECTORS or (role == "operator" and path != "/inspection/propose?task=t1")
        assert (client.get(path).status_code == 200) == able, (role, path)


def test_a_lot_from_its_forming_to_its_acceptance_and_another_to_its_correction(client, place):
    headers = sign_in(client, "inspector")
    page = client.get("/inspection/propose?task=t1&form=team&unit=20")
    assert page.status_code == 200 and "Nothing is recorded yet" in page.text
    lots = client.post("/api/inspection/lots", headers=headers, json={
        "task": "t1", "form": "team", "unit": "20"}).json()["lots"]
    assert len(lots) == 2
    first, second = lots
    page = client.get(f"/inspection/lots/{first}").text
    assert "Draw the sample" in page and "Latitude" not in page
    drawn = client.post("/api/inspection/draw", headers=headers,
                        json={"lot": first, "thrown": "17"}).json()
    again = client.post("/api/inspection/draw", headers=headers, json={"lot": first}).json()
    assert [u["unit"] for u in drawn["units"]] == [u["unit"] for u in again["units"]]
    page = client.get(f"/inspection/lots/{first}").text
    assert f"{drawn['units'][0]['latitude']:.7f}" in page and "<svg" in page
    # who is inspected does not learn where
    sign_in(client, "operator")
    for lot in lots:
        shown = client.get(f"/inspection/lots/{lot}")
        assert shown.status_code in (200, 404)
        assert f"{drawn['units'][0]['latitude']:.7f}" not in shown.text
    # all clear: accepted with a key alone
    headers = sign_in(client, "inspector")
    done = client.post("/api/inspection/results", headers=headers, json={
        "lot": first, "day": "2026-04-05", "all_clear": "yes"}).json()
    assert done["may_be_accepted"] and done["result"] == "not_reported"
    refused = client.post("/api/inspection/acceptance", headers=headers, files=key_of(place),
                          data={"lot": first, "day": "2026-04-05", "password": "wrong one it is"})
    assert refused.status_code == 401
    accepted = client.post("/api/inspection/acceptance", headers=headers, files=key_of(place),
                           data={"lot": first, "day": "2026-04-05", "password": PASSWORD})
    assert accepted.json()["result"] == "accepted" and accepted.json()["signed"]
    # an item in the other rejects it
    other = client.post("/api/inspection/draw", headers=headers, json={"lot": second}).json()
    unit = str(other["units"][0]["unit"])
    without = client.post("/api/inspection/results", headers=headers, json={
        "lot": second, "day": "2026-04-05", "results": {unit: "item_found"}})
    assert without.status_code == 400 and without.json()["code"] == "WEB-011"
    # "0.5" became no item, and a unit with what was found clear
    before = count(place)
    for items in ("0.5", "0", "-1", "nan", "1e0", "1,5", "9" * 20):
        wrong = client.post("/api/inspection/results", headers=headers, json={
            "lot": second, "day": "2026-04-05", "results": {unit: "item_found"},
            "items": {unit: items}})
        assert wrong.status_code == 400 and wrong.json()["code"] == "WEB-011", (items, wrong.text)
    for results in ({}, {unit: ""}, {unit: "clear"}, {unit: "item_found", f"0{unit}": "clear"}):
        wrong = client.post("/api/inspection/results", headers=headers, json={
            "lot": second, "day": "2026-04-05", "all_clear": "yes", "results": results,
            "items": {unit: "1"}})
        assert wrong.status_code == 400 and wrong.json()["code"] == "WEB-011", (results, wrong.text)
    assert count(place) == before
    done = client.post("/api/inspection/results", headers=headers, json={
        "lot": second, "day": "2026-04-05", "results": {unit: "item_found"}, "items": {unit: "1"}})
    assert done.json()["result"] == "rejected"
    page = client.get("/inspection").text
    assert second in page and "overdue" in page
    compared = client.get("/inspection/teams").text
    assert "team-a" in compared and "team-b" in compared and "<svg" in compared
    # corrected by one side, closed by the other
    odd = client.post("/api/inspection/corrections", headers=headers, data={
        "record": second, "closed_on": "2026-04-09"}, files={"key": ("", b"")})
    assert odd.status_code == 400 and odd.json()["code"] == "INS-011"
    done = client.post("/api/inspection/corrections", headers=headers, files={"key": ("", b"")},
                       data={"record": second, "measure": "cleared again",
                             "corrected_on": "2026-04-08"})
    assert done.status_code == 200, done.text
    client.post("/api/inspection/corrections", headers=headers, files={"key": ("", b"")},
                data={"record": second, "closed_on": "2026-04-09"})
    with open_registry(place / "r.gpkg") as registry:
        stands = registry.history(second)[-1].revision
        assert stands.values["corrected_on"] == date(2026, 4, 8)
        assert stands.values["closed_on"] == date(2026, 4, 9)
        assert stands.values["result"] == "rejected", "the result stays"


def test_a_finding_of_a_visit_and_the_operators_measure(client, place):
    headers = sign_in(client, "inspector")
    made = client.post("/api/inspection/findings", headers=headers, json={
        "finding": "no stretcher", "severity": "major", "kind": "medical", "day": "2026-04-02",
        "organisation": "Org A"})
    assert made.status_code == 201, made.text
    name = made.json()["record"]
    for body in ({"severity": "grave"}, {"kind": "none at all"}, {"task": "no-such-task"},
                 {"day": "2999-01-01"}, {"finding": " "}):
        refused = client.post("/api/inspection/findings", headers=headers, json={
            "finding": "x", "severity": "major", "kind": "medical", "day": "2026-04-02", **body})
        assert refused.status_code == 400 and refused.json()["code"] == "INS-011", body
    headers = sign_in(client, "operator")
    page = client.get(f"/inspection/findings/{name}")
    assert page.status_code == 200 and "no stretcher" in page.text
    assert client.post("/api/inspection/corrections", headers=headers, files={"key": ("", b"")},
                       data={"record": name, "measure": "brought one",
                             "corrected_on": "2026-04-03"}).status_code == 200
    assert client.post("/api/inspection/corrections", headers=headers, files={"key": ("", b"")},
                       data={"record": name, "closed_on": "2026-04-04"}).status_code == 403
    headers = sign_in(client, "inspector")
    assert client.post("/api/inspection/corrections", headers=headers, files={"key": ("", b"")},
                       data={"record": name, "closed_on": "2026-04-04"}).status_code == 200
    assert "closed" in client.get(f"/inspection/findings/{name}").text


def test_a_visit_and_one_that_was_refused(client, place):
    headers = sign_in(client, "inspector")
    assert "Record a visit" in client.get("/inspection").text
    for body, said in (({"task": "t1"}, "no"),
                       ({"organisation": "Org B", "refused": "no escort"}, "yes")):
        made = client.post("/api/inspection/visits", headers=headers,
                           json={"day": "2026-04-03", **body})
        assert made.status_code == 201, made.text
        with open_registry(place / "r.gpkg") as registry:
            values = registry.history(made.json()["record"])[-1].revision.values
        assert values["visit_refused"] == said and values["inspected_on"] == date(2026, 4, 3)
    page = client.get("/inspection").text
    assert "Visits refused" in page and "no escort" in page
    for body in ({"task": "no-such-task"}, {"task": "t1", "day": "2999-01-01"}):
        refused = client.post("/api/inspection/visits", headers=headers,
                              json={"day": "2026-04-03", **body})
        assert refused.status_code == 400 and refused.json()["code"] == "INS-011", body
