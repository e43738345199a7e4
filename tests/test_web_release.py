"""WEB: levels of validation and release in the browser: who may what; each step leaves a record."""

import dataclasses
import json

import pytest
from litestar.testing import TestClient

import release_world as world
from landrelease.access import policy
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.store.accounts import FAILURES, Account
from landrelease.store.open import create_registry, open_registry
from stores import STORES, place_of
from test_release_certificate import text_of

PASSWORD = "four random words do"


@pytest.fixture(scope="module", params=STORES)
def place(request, tmp_path_factory):
    made = place_of(request, tmp_path_factory.mktemp("web_release"))
    with create_registry(made.address, office="Office") as registry:
        ana, _ = world.keys(registry, made.folder)
        world.programme(registry)
        world.accreditation(registry, ana)
        for name, ground in (("h1", world.FIELD), ("h2", world.OTHER)):
            world.hazard(registry, name, ground, name=f"Secret field {name}")
            world.cleared(registry, name, ground)
        world.inspection(registry, "h1", ana)
    return made


@pytest.fixture(scope="module")
def app(place):
    made = make_app(Settings(str(place.address), str(place.accounts),
                             hosts=("testserver.local",)))
    for role in policy.ROLES:
        made.state.accounts.add(Account(f"one.{role}", role, "Org A"), PASSWORD)
    return made


@pytest.fixture(scope="module")
def server(app):
    with TestClient(app) as client:
        yield client


@pytest.fixture
def client(server):
    server.cookies.clear()
    return server


def sign_in(client, role):
    client.cookies.clear()
    if not role:
        return {"x-csrf-token": "page"}
    answer = client.post("/api/session", json={"name": f"one.{role}", "password": PASSWORD},
                         headers={"x-csrf-token": "page"})
    assert answer.status_code == 200, answer.text
    return {"x-csrf-token": answer.json()["csrf"]}


def levels_of(place, record):
    with open_registry(place.address) as registry:
        return [(s.revision.validation, s.revision.reason) for s in registry.history(record)]


def key_of(place, name):
    return {"key": (f"{name}.pem", (place / f"{name}.pem").read_bytes())}


# --- levels --------------------------------------------------------------------------------------

def test_levels_that_a_role_may_give():
    for role in policy.ROLES:
        view = policy.view(role, "Org A")
        highest = policy.VALIDATES.get(role)
        assert view.levels() == (() if highest is None else
                                 policy.LEVELS[:policy.LEVELS.index(highest) + 1])
        for now in policy.LEVELS:
            above = highest is None or policy.LEVELS.index(now) > policy.LEVELS.index(highest)
            assert bool(view.levels(now)) is not above, "nobody unsays what somebody above said"
    assert set(policy.VALIDATES).isdisjoint(policy.OUTSIDE)


@pytest.mark.parametrize("role", ["", *policy.ROLES])
def test_every_role_gives_the_levels_that_it_may_and_no_other(client, place, role):
    headers = sign_in(client, role)
    view = policy.view(role or None, "Org A")
    page = client.get("/validation")
    assert (page.status_code == 200) == bool(view.levels())
    assert ("Secret field" in page.text) <= (view.precision("hazard") == "exact")
    for level in policy.LEVELS[1:4]:
        before = levels_of(place, "h2")
        answer = client.post("/api/validation", headers=headers, json={
            "records": ["h2"], "level": level, "reason": f"by {role}"})
        now = before[-1][0]
        allowed = level in view.levels(now)
        if not role:
            assert answer.status_code == 401
        else:
            assert answer.status_code == (200 if allowed else 403), (role, level, answer.text)
        after = levels_of(place, "h2")
        assert after == before + ([(level, f"by {role}")] if allowed and role else [])
        client.get("/validation/record/h2")
    with open_registry(place.address) as registry:  # the next role finds it as it was
        last = registry.history("h2")[-1].revision
        if last.validation != "entered":
            from landrelease.workflows import identities

            identities.sign_off(registry, ["h2"], "entered", reason="test", by="x")


def test_a_level_changes_nothing_else_and_what_is_not_seen_is_not_there(client, place):
    headers = sign_in(client, "operator")
    answers = [client.post("/api/validation", headers=headers, json={
        "records": [name], "level": "operator", "reason": ""}).json()
        for name in ("nothing-like-it", "acc-hidden")]
    assert {a["code"] for a in answers} == {"CLI-106"}
    with open_registry(place.address) as registry:
        before = registry.history("d1")[-1].revision
        world.record(registry, "team", "team-z", organisation="Org Z")
    assert client.post("/api/validation", headers=headers, json={
        "records": ["team-z"], "level": "operator"}).status_code == 404, "another organisation's"
    assert client.get("/validation/record/team-z").status_code == 404
    headers = sign_in(client, "planner")
    assert client.post("/api/validation", headers=headers, json={
        "records": ["d1"], "level": "operations", "reason": "seen"}).status_code == 200
    with open_registry(place.address) as registry:
        after = registry.history("d1")[-1].revision
    assert (after.values, after.validation) == (before.values, "operations")
    lower = client.post("/api/validation", headers=headers, json={
        "records": ["d1"], "level": "entered"})
    assert lower.status_code == 400 and lower.json()["code"] == "SIG-010"


def test_safety_S09_the_authoritys_level_counts_only_with_its_key(client, place):
    for role, status in (("", 401), ("operator", 403), ("planner", 403), ("administrator", 403)):
        headers = sign_in(client, role)
        answer = client.post("/api/validation/signed", headers=headers, files=key_of(place, "ana"),
                             data={"record": "a-h1-1", "password": PASSWORD})
        assert answer.status_code == status, (role, answer.text)
    headers = sign_in(client, "authority")
    without = client.post("/api/validation", headers=headers, json={
        "records": ["a-h1-1"], "level": "authority"})
    assert without.status_code == 400 and without.json()["code"] == "WEB-040"
    wrong = client.post("/api/validation/signed", headers=headers, files=key_of(place, "ana"),
                        data={"record": "a-h1-1", "password": "not the password"})
    assert wrong.status_code == 401 and wrong.json()["code"] == "WEB-041"
    none = client.post("/api/validation/signed", headers=headers, files={"key": ("k", b"")},
                       data={"record": "a-h1-1", "password": PASSWORD})
    assert none.json()["code"] in ("WEB-040", "SIG-001")
    done = client.post("/api/validation/signed", headers=headers, files=key_of(place, "ana"),
                       data={"record": "a-h1-1", "password": PASSWORD, "reason": "reviewed"})
    assert done.status_code == 200 and done.json()["signature"].startswith("verified"), done.text


# --- release -------------------------------------------------------------------------------------

def _in_the_layout_of_the_centre(client, app, release, folder):
    """`serve --templates` holds for certificates as for all documents."""
    usual = app.state.settings
    (folder / "certificate.typ").write_text(
        "#show: sheet.with(title: doc.title, foot: doc.foot)\n#banner\nCentre of ours\n")
    app.state.settings = dataclasses.replace(usual, templates=str(folder))
    try:
        pdf = client.get(f"/releases/{release}/certificate.pdf")
        sheet = client.get(f"/releases/{release}/certificate.xlsx")
        assert pdf.status_code == sheet.status_code == 200, pdf.text
        assert "Centre of ours" in text_of(pdf.content)
        (folder / "layout.yaml").write_text("nonsense: [")
        assert client.get(f"/releases/{release}/certificate.xlsx").status_code == 400
    finally:
        app.state.settings = usual


def test_safety_S12_finds_that_state_no_number_are_at_least_so_many():
    from landrelease.apps.web import releasing

    assert releasing._finds([]) == "0"
    assert releasing._finds([{"quantity": 2}, {"quantity": 3}]) == "5, in records: 2"
    assert releasing._finds([{"quantity": 2}, {"quantity": 1, "at_least": True}]) == (
        "at least 3, in records: 2")


def test_from_the_proposal_to_the_revoked_certificate(client, app, place, tmp_path):
    headers = sign_in(client, "planner")
    made = client.post("/api/releases/proposals", headers=headers, data={
        "hazard": "H1", "outcome": "cleared"}, files={"ground": ("", b"")})
    assert made.status_code == 201, made.text
    first = made.json()
    assert first["blocking"]
    page = client.get(first["location"])
    assert page.status_code == 200 and "nothing can be signed" in page.text
    with open_registry(place.address) as registry:
        document = json.loads(registry.source_content(next(
            s for s, n in registry.sources().items() if n == f"proposal/{first['release']}.json")))
    open_ = [a["id"] for a in document["checklist"]["items"] if a["state"] == "open"]
    # the authority answers and signs
    headers = sign_in(client, "authority")
    early = client.post(f"/api/releases/proposals/{first['release']}/sign", headers=headers,
                        files=key_of(place, "ana"), data={"password": PASSWORD})
    assert early.status_code == 400 and early.json()["code"] == "REL-011"
    again = client.post(f"/api/releases/proposals/{first['release']}/answers", headers=headers,
                        json={"answers": dict.fromkeys(open_, "yes"),
                              "notes": dict.fromkeys(open_, "seen")})
    assert again.status_code == 201, again.text
    second = again.json()
    assert not second["blocking"], second["blocking"]
    sign = f"/api/releases/proposals/{second['release']}/sign"
    page = client.get(second["location"]).text
    assert "Sign the release" in page and "Every item is met" in page
    for role, name, password, code in (
            ("planner", "ana", PASSWORD, "ACC-101"), ("administrator", "ana", PASSWORD, "ACC-101"),
            ("authority", "ana", "wrong password it is", "WEB-041"),
            ("authority", "ivo", PASSWORD, "REL-010")):
        headers = sign_in(client, role)
        refused = client.post(sign, headers=headers, files=key_of(place, name),
                              data={"password": password})
        assert refused.status_code >= 400 and refused.json()["code"] == code, refused.text
    with open_registry(place.address) as registry:
        assert not registry.ids("handover"), "nothing was signed"
    headers = sign_in(client, "authority")
    done = client.post(sign, headers=headers, files=key_of(place, "ana"),
                       data={"password": PASSWORD})
    assert done.status_code == 201, done.text
    release, code = done.json()["release"], done.json()["code"]
    assert done.json()["status"] == "valid"
    # the certificate, and its look-up by anybody
    pdf = client.get(f"/releases/{release}/certificate.pdf")
    assert pdf.status_code == 200 and pdf.content.startswith(b"%PDF")
    _in_the_layout_of_the_centre(client, app, release, tmp_path)
    client.cookies.clear()
    assert client.get(f"/releases/{release}").status_code == 403
    assert client.get(f"/releases/{release}/certificate.pdf").status_code == 403
    assert client.get(f"/releases/{release}/certificate.xlsx").status_code == 403
    assert client.get(f"/api/certificates/{code}").json() == {"status": "valid"}
    assert client.get(f"/api/certificates/{release}").status_code == 404, "by its code alone"
    shown = client.get(f"/certificate?code={code.lower()}").text
    assert "The certificate is valid." in shown and release not in shown
    assert "Secret field" not in shown and "Area" not in shown
    # handed over, then revoked
    headers = sign_in(client, "authority")
    odd = client.post(f"/api/releases/{release}/handover", headers=headers,
                      files=key_of(place, "ana"), data={
                          "recipient": "Marked Name", "women": "many", "password": PASSWORD})
    assert odd.status_code == 400 and odd.json()["code"] == "WEB-011"
    given = client.post(f"/api/releases/{release}/handover", headers=headers,
                        files=key_of(place, "ana"), data={
                            "recipient": "Marked Name", "women": "4", "password": PASSWORD})
    assert given.status_code == 200 and given.json()["handed_over_on"], given.text
    assert "Marked Name" not in client.get(f"/releases/{release}").text, "S17"
    headers = sign_in(client, "operator")
    assert client.post(f"/api/releases/{release}/revoke", headers=headers, data={
        "reason": "x", "password": PASSWORD}, files={"key": ("", b"")}).status_code == 403
    headers = sign_in(client, "inspector")
    silent = client.post(f"/api/releases/{release}/revoke", headers=headers, data={
        "reason": " ", "password": PASSWORD}, files={"key": ("", b"")})
    assert silent.status_code == 400 and silent.json()["code"] == "REL-022"
    for _ in range(FAILURES):
        wrong = client.post(f"/api/releases/{release}/revoke", headers=headers, data={
            "reason": "a mine was found", "password": "mistyped"}, files={"key": ("", b"")})
        assert wrong.status_code == 401 and wrong.json()["code"] == "WEB-041"
    # The password waits now; a find does not (S11).
    gone = client.post(f"/api/releases/{release}/revoke", headers=headers, data={
        "reason": "a mine was found", "password": PASSWORD}, files={"key": ("", b"")})
    assert gone.status_code == 200 and gone.json()["status"] == "revoked", gone.text
    assert gone.json()["reopened"]
    client.cookies.clear()
    assert client.get(f"/api/certificates/{code}").json() == {"status": "revoked"}
    assert "was revoked" in client.get(f"/certificate?code={code}").text


def test_a_code_that_is_none_and_one_that_was_misread(client):
    for code, words in (("7K2M-Q9RT-4C", "cert"), ("nothing", "no certificate")):
        page = client.get(f"/certificate?code={code}")
        assert page.status_code == 200 and words in page.text
        assert "Treat the ground as dangerous" in page.text


def test_what_is_typed_never_becomes_html(client):
    page = client.get("/certificate?code=%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script>alert" not in page and "&lt;script&gt;" in page
