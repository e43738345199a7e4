"""Complaints from the form for everybody to the answer: who may see and answer them, who did what
when, and what somebody learns by the code of a report (S14 to S17)."""

import json
import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from litestar.testing import TestClient
from typer.testing import CliRunner

from landrelease import workflows
from landrelease.access import policy
from landrelease.apps.cli import app as cli
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.apps.web.throttle import Throttle
from landrelease.errors import LandReleaseError
from landrelease.store.accounts import Account
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import complaints, languages, public_words
from landrelease.workflows.quarantine import reject_quarantined, retry_quarantined

PASSWORD = "four random words do"
SEE = ("inspector", "planner", "authority", "administrator")
ANSWER = ("planner", "authority", "administrator")
TODAY = date.today()
OFFICE = policy.view("planner")


@pytest.fixture
def place(tmp_path):
    create_registry(tmp_path / "r.gpkg", office="Office").close()
    return tmp_path


@pytest.fixture
def app(place):
    made = make_app(Settings(str(place / "r.gpkg"), str(place / "accounts"),
                             hosts=("testserver.local",)))
    for role in policy.ROLES:
        made.state.accounts.add(Account(f"one.{role}", role, "Org A"), PASSWORD)
    return made


@pytest.fixture
def client(app):
    with TestClient(app) as client:
        client.state = app.state
        yield client


def sign_in(client, role):
    client.cookies.clear()
    if not role:
        return {"x-csrf-token": "page"}
    answer = client.post("/api/session", json={"name": f"one.{role}", "password": PASSWORD},
                         headers={"x-csrf-token": "page"})
    return {"x-csrf-token": answer.json()["csrf"]}


def sent(client, what, **said):
    """A report on the form for everybody; its code as the page shows it."""
    token = re.search(r'name="token" value="([^"]+)"', client.get("/public/report").text)[1]
    answer = client.post("/public/report", data={
        "about": "marking", "what": what, "token": token, **said},
        files={"photograph": ("", b"", "application/octet-stream")})
    assert answer.status_code == 201, answer.text
    return re.search(r"code of your report is ([0-9A-F-]{19})\.", answer.text)[1]


def looked_up(client, code, **more):
    return client.post("/public/report/state", data={"code": code, **more})


def told(answer):
    """The words of the answer on the page."""
    found = re.search(r'<section class="answer thanks"[^>]*>(.*?)</section>', answer.text, re.S)
    return "" if found is None else re.sub(r"<[^>]+>", " ", found[1])


def accepted(place):
    """All rows that wait become records; ids of the complaints."""
    with open_registry(place / "r.gpkg") as registry:
        for entry in registry.quarantine():
            assert retry_quarantined(registry, entry.number, {}).accepted == 1
        return [r.id for r in registry.records("complaint")]


def test_safety_S17_a_complaint_from_the_form_to_the_answer_its_sender_reads(client, place):
    code = sent(client, "The sign at the well fell", reach="the last door")
    assert "Nobody has looked at it yet" in told(looked_up(client, code))
    (record,) = accepted(place)
    assert record == f"complaint-public-{code.replace('-', '').lower()}"
    assert "being worked on" in told(looked_up(client, code))

    headers = sign_in(client, "planner")
    page = client.get("/complaints").text
    assert "The sign at the well fell" in page and "the last door" not in page
    # Closing without an answer needs a reason; an answer needs words.
    for path, body in (("close", {}), ("answer", {"answer": " "}), ("reopen", {"reason": "x"})):
        refused = client.post(f"/api/complaints/{path}", json={"record": record, **body},
                              headers=headers)
        assert refused.status_code == 400 and refused.json()["code"] == "PUB-032", refused.text
    done = client.post("/api/complaints/answer", headers=headers, json={
        "record": record, "answer": "It stands again.", "day": TODAY.isoformat()})
    assert done.status_code == 200 and done.json()["state"] == "answered", done.text
    client.cookies.clear()
    words = told(looked_up(client, code.lower().replace("-", " ")))  # however it is typed
    assert "It was answered." in words and f"Answered on {TODAY}: It stands again." in words
    assert "well" not in words and "planner" not in words  # not what was said, nor who answered

    headers = sign_in(client, "authority")
    assert client.post("/api/complaints/close", headers=headers,
                       json={"record": record}).json()["state"] == "closed"
    assert client.post("/api/complaints/answer", headers=headers, json={
        "record": record, "answer": "More"}).json()["code"] == "PUB-032"
    page = client.get(f"/complaints/record/{record}").text
    with open_registry(place / "r.gpkg") as registry:  # who: as everywhere by id, not by name
        who = [registry.author(f"account one.{role}") for role in ("planner", "authority")]
    assert who[0] != who[1]
    for said in (*who, "answered on", "It stands again."):
        assert said in page, said
    assert client.post("/api/complaints/reopen", headers=headers, json={
        "record": record, "reason": "it fell again"}).json()["state"] == "open"
    with open_registry(place / "r.gpkg") as registry:
        done = complaints.steps(registry, OFFICE, record)
        assert [s.state for s in done] == ["open", "answered", "closed", "open"]
        assert [s.by for s in done[1:]] == [who[0], who[1], who[1]]
        assert all(a.at <= b.at for a, b in pairwise(done))
        (r,) = registry.records("complaint")
        assert "answer" not in r.values and done[1].answer == "It stands again."
        assert [p.value for p in registry.personal(record)] == ["the last door"]
        assert not registry.audit()


@pytest.mark.parametrize("role", ["", *policy.ROLES])
def test_safety_S14_every_role_sees_and_answers_as_the_policy_says(client, place, role):
    sent(client, "Work is late")
    (record,) = accepted(place)
    headers = sign_in(client, role)
    for path in ("/complaints", f"/complaints/record/{record}"):
        answer = client.get(path)
        assert (answer.status_code == 200) == (role in SEE), (role, path)
        assert ("Work is late" in answer.text) == (role in SEE)
        assert ("/api/complaints/answer" in answer.text) == (
            role in ANSWER and path != "/complaints")
    links = [p["path"] for p in client.get("/api/about").json()["pages"]]
    assert ("/complaints" in links) == (role in SEE)
    done = client.post("/api/complaints/answer", headers=headers,
                       json={"record": record, "answer": "Next week."})
    assert done.status_code == (200 if role in ANSWER else 403 if role else 401), done.text
    with open_registry(place / "r.gpkg") as registry:
        assert len(registry.history(record)) == 1 + (role in ANSWER)


def test_safety_S14_a_code_opens_its_own_report_and_no_other(client, place):
    one, other = sent(client, "First words"), sent(client, "Second words")
    assert one != other and len(set(one) - {"-"}) > 4
    accepted(place)
    with open_registry(place / "r.gpkg") as registry:
        number = one.replace("-", "").lower()
        complaints.answer(registry, OFFICE, f"complaint-public-{number}", "For the first.",
                          day=TODAY, by="test")
    assert "For the first." in told(looked_up(client, one))
    assert "For the first." not in looked_up(client, other).text
    for wrong in ("", "public", one[:-1], one[:-1] + ("0" if one[-1] != "0" else "1"),
                  f"{one}{other}", "0" * 16, "complaint-public-" + number, "%" * 16):
        answer = looked_up(client, wrong)
        assert answer.status_code == 404 and "PUB-024" in answer.text, wrong
        assert "words" not in answer.text and not told(answer)


def test_codes_cannot_be_tried_in_numbers_and_stand_in_no_address(client):
    client.state.code_throttle = Throttle(one=3)
    code = sent(client, "Noise")
    page = client.get("/public/report/state").text
    assert 'method="post"' in page and "<script" not in page
    assert [looked_up(client, code).status_code for _ in range(5)] == [200] * 3 + [429] * 2
    assert "PUB-025" in looked_up(client, code).text
    assert looked_up(client, code, lang="xx").status_code == 429
    elsewhere = client.post("/public/report/state", data={"code": code},
                            headers={"sec-fetch-site": "cross-site"})
    assert elsewhere.status_code == 403


def test_what_was_not_taken_up_or_put_right_says_so_without_the_reason(client, place):
    code = sent(client, "Nonsense")
    with open_registry(place / "r.gpkg") as registry:
        (entry,) = registry.quarantine()
        reject_quarantined(registry, entry.number, "known person, drunk")
    answer = looked_up(client, code)
    assert "not taken up" in told(answer) and "drunk" not in answer.text


def test_it_says_so_in_every_language(client):
    code = sent(client, "Noise")
    for texts in languages.all_texts():
        page = looked_up(client, code, lang=texts.code)
        assert texts(public_words.STANDS["received"]) in page.text.replace("&#x27;", "'")


def test_the_list_puts_what_is_longest_overdue_first_and_counts(client, place):
    for what in ("old", "new", "done", "asked"):
        sent(client, what)
    accepted(place)
    with open_registry(place / "r.gpkg") as registry:
        stated = workflows.load_assumptions(None, registry)
        days = round(stated.value("complaint_answer_days"))
        ids = {r.values["description"]: r for r in registry.records("complaint")}
        complaints.answer(registry, OFFICE, ids["done"].id, "Yes.", day=TODAY, by="test")
        complaints.close(registry, OFFICE, ids["asked"].id, reason="asked by mistake",
                         by="test")
        late = TODAY + timedelta(days=days + 3)
        found = complaints.listed(registry, OFFICE, stated, late)
        assert [(c.said, c.state, c.days_over) for c in found] == [
            *((s, "open", 3) for s in sorted(("old", "new"), key=lambda s: ids[s].id)),
            ("done", "answered", 0), ("asked", "closed", 0)]
        on_time = complaints.listed(registry, OFFICE, stated, TODAY + timedelta(days=days))
        assert not any(c.days_over for c in on_time)
        assert complaints.counted(found) == {"waiting": 0, "open": 2, "answered": 1, "closed": 1}
    waits = sent(client, "somebody look")
    with open_registry(place / "r.gpkg") as registry:
        found = complaints.listed(registry, OFFICE, stated, TODAY, state="waiting")
        assert [(c.said, c.record, bool(c.row)) for c in found] == [("somebody look", "", True)]
        # Rows that wait are not for inspectors; answered complaints are.
        seen = complaints.listed(registry, policy.view("inspector"), stated, TODAY)
        assert len(seen) == 4 and not any(c.state == "waiting" for c in seen)
        with pytest.raises(LandReleaseError, match="ACC-101"):
            complaints.listed(registry, policy.view("operator"), stated, TODAY)
    assert waits


def test_a_day_before_the_complaint_or_to_come_is_no_day_of_an_answer(client, place):
    sent(client, "Noise")
    (record,) = accepted(place)
    with open_registry(place / "r.gpkg") as registry:
        for day in (TODAY - timedelta(days=9), TODAY + timedelta(days=9)):
            with pytest.raises(LandReleaseError, match=r"PUB-032.*answered_on"):
                complaints.answer(registry, OFFICE, record, "Yes.", day=day)
        with pytest.raises(LandReleaseError, match="PUB-031"):
            complaints.answer(registry, OFFICE, "nothing", "Yes.", day=TODAY)


def test_the_commands_list_answer_close_and_look_up(client, place):
    code = sent(client, "The sign fell")
    (record,) = accepted(place)
    path, out = str(place / "r.gpkg"), place / "out.json"

    def run(*words, status=0):
        done = CliRunner().invoke(cli, ["complaint", *words])
        assert done.exit_code == status, (words, done.output, done.exception)
        return done.output

    late = (TODAY + timedelta(days=400)).isoformat()
    assert "1 overdue" in run("list", path, "--on", late, status=1)
    assert run("answer", path, record, "--text", "It stands again.", "--by", "Ana").endswith(
        "answered.\n")
    run("close", path, record, "--as", "planner")
    said = run("list", path, "--state", "closed", "--json", str(out))
    assert "It stands again." in said
    (only,) = json.loads(out.read_text())
    assert (only["record"], only["state"], only["due_on"]) == (record, "closed", None)
    shown = run("show", path, record)
    assert shown.count("closed") >= 2 and "answered on" in shown
    state = run("state", path, code, "--json", str(out))
    assert "It is closed." in state and "The sign fell" not in state + out.read_text()
    for words, error in ((("list", path, "--as", "public"), "ACC-101"),
                         (("list", path, "--state", "lost"), "CLI-"),
                         (("answer", path, record, "--text", "x", "--as", "inspector"), "ACC-101"),
                         (("state", path, "0" * 16), "PUB-024")):
        failed = CliRunner().invoke(cli, ["complaint", *words])
        assert failed.exception.code.startswith(error), (words, failed.exception)
