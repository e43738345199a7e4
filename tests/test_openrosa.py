"""ORS: phones fetch forms and send submissions: records or rows that wait, none twice."""

import base64
import hashlib
import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from xml.etree import ElementTree

import pytest
import shapely
from litestar.testing import TestClient
from typer.testing import CliRunner

from landrelease.access import policy
from landrelease.apps.cli import app as cli
from landrelease.apps.web import openrosa as serving
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.core.revision import Revision
from landrelease.errors import (
    FILE_XML_CUT_OFF,
    PLACE_COLUMNS_MISSING,
    SUBMISSION_CUT_OFF,
    LandReleaseError,
)
from landrelease.records.forms import FORMS, sheets
from landrelease.store.accounts import Account
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import (
    cautions,
    imports,
    languages,
    own_imports,
    public,
    public_words,
    quarantine,
    reports,
    submissions,
)
from landrelease.workflows import forms as building

OPENROSA = {"x-openrosa-version": "1.0"}
JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 20
PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 20


@pytest.fixture
def address(tmp_path):
    path = tmp_path / "r.gpkg"
    create_registry(path, office="Travnik").close()
    (tmp_path / "team.csv").write_text(
        "identifier,name,organisation\nA,North,Operator A\nB,South,Operator B\n")
    with open_registry(path) as registry:
        imports.import_files(registry, [tmp_path / "team.csv"], kind="team")
    return path


@pytest.fixture
def phone(address):
    app = make_app(Settings(str(address), str(address) + ".accounts", hosts=("testserver.local",)))
    for name, role in (("one.field", "operator"), ("one.donor", "donor")):
        app.state.accounts.add(Account(name, role, "Operator A"), "four random words do")
    with TestClient(app) as client:
        token = app.state.accounts.make_token("one.field", "phone", 30)
        basic = base64.b64encode(f"one.field:{token}".encode()).decode()
        client.headers.update({**OPENROSA, "authorization": f"Basic {basic}"})
        client.app_under_test = app
        yield client


def item(identifier, uuid, *, quantity="1", found_on="2026-09-01", depth="0.1", extra="",
         replaces="", end=""):
    old = f"<deprecatedID>{replaces}</deprecatedID>" if replaces else ""
    return f"""<?xml version="1.0"?>
      <landrelease_item id="landrelease_item" version="1"><start/><end>{end}</end><item>
      <identifier>{identifier}</identifier><ordnance_category>ap_mine</ordnance_category>
      <quantity>{quantity}</quantity><found_on>{found_on}</found_on><depth_m>{depth}</depth_m>
      <place>44.1 17.5 0 3</place></item>{extra}
      <meta xmlns="http://openrosa.org/xforms"><instanceID>{uuid}</instanceID>{old}</meta>
      </landrelease_item>""".encode()


def send(client, content, **files):
    return client.post("/openrosa/submission", files={
        "xml_submission_file": ("submission.xml", io.BytesIO(content), "text/xml"),
        **{name: (f"{name}.jpg", io.BytesIO(body), "image/jpeg") for name, body in files.items()}})


def texts(content, name):
    return [e.text for e in ElementTree.fromstring(content).iter() if e.tag.endswith(name)]


# --- forms out -----------------------------------------------------------------------------------

def test_the_list_leads_to_forms_and_lists_with_the_hashes_that_it_names(phone):
    answer = phone.get("/openrosa/formList")
    assert answer.status_code == 200 and answer.headers["x-openrosa-version"] == "1.0"
    assert set(texts(answer.content, "formID")) == set(FORMS)
    for url, said in zip(texts(answer.content, "}downloadUrl"), texts(answer.content, "}hash"),
                         strict=True):
        form = phone.get(url)
        assert form.status_code == 200
        assert said == "md5:" + hashlib.md5(form.content, usedforsecurity=False).hexdigest()
    url = next(u for u in texts(answer.content, "}manifestUrl") if "progress" in u)
    listed = phone.get(url)
    names = texts(listed.content, "}filename")
    assert "team.csv" in names
    for url, said in zip(texts(listed.content, "}downloadUrl"), texts(listed.content, "}hash"),
                         strict=True):
        file = phone.get(url)
        assert said == "md5:" + hashlib.md5(file.content, usedforsecurity=False).hexdigest()
    teams = phone.get("/openrosa/media/landrelease_progress/team.csv").text
    assert "North" in teams and "South" not in teams, "S14: teams of its own organisation only"


def test_one_form_is_listed_by_its_id_and_other_words_of_the_question_change_nothing(phone):
    """OpenRosa, Form List API: `formID` MUST narrow the list; no other parameter may be needed."""
    for more in ("", "&deviceID=imei:1", "&verbose=true", "&listAllVersions=true"):
        one = phone.get(f"/openrosa/formList?formID=landrelease_item{more}")
        assert texts(one.content, "formID") == ["landrelease_item"]
    assert texts(phone.get("/openrosa/formList?formID=nothing").content, "formID") == []
    every = phone.get("/openrosa/formList?deviceID=imei:1")
    assert set(texts(every.content, "formID")) == set(FORMS)
    for name in ("formID", "name", "version", "hash", "downloadUrl"):  # exactly one of each
        assert len(texts(every.content, "}" + name)) == len(FORMS), name
    assert every.headers["content-type"] == "text/xml; charset=utf-8"
    assert "description" not in every.text


@pytest.mark.parametrize("code", ["fr", "ar", "en"])
def test_forms_are_named_in_the_language_of_the_phone_and_open_in_it(phone, code):
    """XLSForm has one title for all languages; what is listed is what is downloaded."""
    spoken = languages.texts(code)
    listed = phone.get("/openrosa/formList?formID=landrelease_item",
                       headers={"accept-language": f"{code}-XX,en;q=0.5"})
    assert texts(listed.content, "}name") == [spoken(FORMS["landrelease_item"].title)]
    form = phone.get(texts(listed.content, "}downloadUrl")[0],
                     headers={"accept-language": code}).content
    assert texts(listed.content, "}hash") == [
        "md5:" + hashlib.md5(form, usedforsecurity=False).hexdigest()]
    assert texts(form, "}title") == [spoken(FORMS["landrelease_item"].title)]
    (first,) = [e.get("lang") for e in ElementTree.fromstring(form).iter()
                if e.tag.endswith("}translation") and e.get("default")]
    assert first == f"{spoken.name} ({code})"


def test_who_is_not_signed_in_is_asked_and_who_may_not_is_told(phone):
    app = phone.app_under_test
    del phone.headers["authorization"]
    for answer in (phone.get("/openrosa/formList"), phone.head("/openrosa/submission"),
                   send(phone, item("i", "uuid:00000001"))):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")
    token = app.state.accounts.make_token("one.donor", "phone", 1)
    phone.headers["authorization"] = f"Bearer {token}"
    assert phone.get("/openrosa/formList").status_code == 403
    assert send(phone, item("i", "uuid:00000001")).status_code == 403


def test_what_is_not_there_and_who_is_not_signed_in_is_said_as_a_phone_shows_it(phone):
    phone.headers["accept-language"] = "fr"
    missing = phone.get("/openrosa/forms/nothing.xml")
    assert missing.status_code == 404 and texts(missing.content, "message") == [
        languages.texts("fr")(public_words.NO_FORM)]
    del phone.headers["authorization"]
    answer = phone.get("/openrosa/formList")
    assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Basic ")
    assert answer.headers["x-openrosa-version"] == "1.0" and "nosniff" in str(answer.headers)
    assert texts(answer.content, "message") == [languages.texts("fr")(public_words.SIGN_IN)]
    assert public_words.SIGN_IN not in answer.text


def test_a_session_of_a_browser_cannot_be_made_to_submit(phone):
    del phone.headers["authorization"]
    signed = phone.post("/api/session", headers={"x-csrf-token": "page"}, json={
        "name": "one.field", "password": "four random words do"})
    assert signed.status_code == 200
    assert send(phone, item("i", "uuid:00000001")).status_code == 403


def test_who_leaves_out_the_version_of_openrosa_is_told_so(phone):
    del phone.headers["x-openrosa-version"]
    answer = send(phone, item("i", "uuid:00000001"))
    assert answer.status_code == 403 and answer.headers["x-openrosa-version"] == "1.0"
    (said,) = texts(answer.content, "message")
    assert "X-OpenRosa-Version: 1.0" in said and "CSRF" not in said


def test_a_wrong_token_stands_in_the_log_once_a_minute_and_its_words_do_not(phone):
    state = phone.app_under_test.state
    for name, secret in (("one.field", "a wrong secret"), ("one.field", "another"),
                         ("my secret as name", "x")):
        phone.headers["authorization"] = "Basic " + base64.b64encode(
            f"{name}:{secret}".encode()).decode()
        assert phone.get("/openrosa/formList").status_code == 401
    refused = [row for row in state.accounts.logged(50) if row[3] == "token refused"]
    assert len(refused) == 1 and refused[0][4].startswith("one.field, from ")
    state.noted.clear()
    assert phone.get("/openrosa/formList").status_code == 401
    state.noted.clear()
    phone.headers["authorization"] = "Bearer not one of ours"
    assert phone.get("/ogc").status_code == 401
    said = [row[4] for row in state.accounts.logged(50) if row[3] == "token refused"]
    assert len(said) == 3 and all(one.startswith("unknown, from ") for one in said[:2])
    assert "secret" not in str(said) and "ours" not in str(said)


# --- submissions in ------------------------------------------------------------------------------

def test_a_phone_asks_first_and_hears_how_much_it_may_send(phone):
    answer = phone.head("/openrosa/submission")
    assert answer.status_code == 204 and int(answer.headers["x-openrosa-accept-content-length"])
    assert answer.headers["location"].endswith("/openrosa/submission")
    token = phone.app_under_test.state.accounts.make_token("one.field", "reads", 30, "read")
    reads = {"authorization": "Basic " + base64.b64encode(f"one.field:{token}".encode()).decode()}
    assert phone.head("/openrosa/submission", headers=reads).status_code == 403
    sent = send(phone, item("item-1", "uuid:00000001"))
    assert sent.status_code == 201
    assert sent.headers["x-openrosa-accept-content-length"] == answer.headers[
        "x-openrosa-accept-content-length"]


def test_doubled_split_and_edited_submissions_are_one_record(phone, address):
    first = item("item-1", "uuid:00000001")
    for files in ({"photo_1": JPEG}, {"photo_1": JPEG}, {"photo_2": PNG}, {}):
        assert send(phone, first, **files).status_code == 201
    edited = item("item-1", "uuid:00000002", depth="0.2", found_on="2026-09-02",
                  replaces="uuid:00000001")
    assert send(phone, edited).status_code == 201
    with open_registry(address) as registry:
        (record,) = registry.records("item")
        assert record.values["depth_m"] == 0.2 and len(registry.history(record.id)) == 2
        pictures = [r for r in registry.records("source")
                    if r.values.get("source_type") == "photograph"]
        assert {r.values["sha256"] for r in pictures} == {
            hashlib.sha256(c).hexdigest() for c in (JPEG, PNG)}
        assert registry.source_content(hashlib.sha256(JPEG).hexdigest()) == JPEG
        assert record.validation == "entered" and not registry.audit()


# --- edits, in whatever order they come -----------------------------------------------------------

A, B, C = (f"uuid:0000000{letter}" for letter in "ABC")
ORIGINAL = item("item-1", A, depth="0.1")
EDIT = item("item-1", B, depth="0.2", replaces=A)
EDIT_OF_EDIT = item("item-1", C, depth="0.3", replaces=B)
NIGHT = datetime(2026, 9, 1, 22, 30, tzinfo=UTC)


@pytest.fixture(params=["file", "postgres"])
def registry(request, tmp_path):
    address = tmp_path / "r.gpkg" if request.param == "file" else \
        request.getfixturevalue("postgres_address")
    create_registry(address, office="Travnik").close()
    with open_registry(address) as made:
        yield made


@pytest.fixture
def file(tmp_path):
    create_registry(tmp_path / "f.gpkg", office="Travnik").close()
    with open_registry(tmp_path / "f.gpkg") as made:
        yield made


def take(registry, *contents, files=(), at=None):
    return [submissions.receive(registry, c, dict(files), by="phone", at=at) for c in contents]


def all_in_one(registry):
    """The record, its revisions, and the codes and reasons of all rows that ever waited."""
    (record,) = registry.records("item")
    return record, len(registry.history(record.id)), [
        (e.row.findings[0].code, e.status, e.reason) for e in registry.quarantine(None)]


@pytest.mark.parametrize("order", [
    *permutations((ORIGINAL, EDIT, EDIT_OF_EDIT)), (EDIT, ORIGINAL), (EDIT_OF_EDIT, ORIGINAL),
    (EDIT_OF_EDIT, EDIT), (ORIGINAL, EDIT_OF_EDIT)],
    ids=lambda o: "".join("ABC"[(ORIGINAL, EDIT, EDIT_OF_EDIT).index(c)] for c in o))
def test_the_last_edit_holds_in_whatever_order_they_come(file, order):
    """Lost and found networks: each is sent again as well, before and after all others came."""
    last = max(order, key=(ORIGINAL, EDIT, EDIT_OF_EDIT).index)
    for content in order:
        take(file, content, content)
    take(file, *order)
    record, _, waited = all_in_one(file)
    assert record.values["depth_m"] == {ORIGINAL: 0.1, EDIT: 0.2, EDIT_OF_EDIT: 0.3}[last]
    assert not waited and not file.audit()
    for content in order:
        assert file.source_content(hashlib.sha256(content).hexdigest()) == content


def bring(registry, folder, how, *contents):
    """By phone ("p") or as a file, in turns of the letters of `how`."""
    for n, content in enumerate(contents):
        if how[n % len(how)] == "p":
            take(registry, content)
        else:
            digest = hashlib.sha256(content).hexdigest()
            (folder / f"{digest[:8]}.xml").write_bytes(content)
            imports.import_files(registry, [folder / f"{digest[:8]}.xml"])


BACK = item("item-1", C, depth="0.1", replaces=B)


@pytest.mark.parametrize("how", ["p", "f", "fp", "pf"])
@pytest.mark.parametrize("order", list(permutations((ORIGINAL, EDIT, BACK))), ids=lambda o: "".join(
    "ABC"[(ORIGINAL, EDIT, BACK).index(c)] for c in o))
def test_an_edit_back_to_what_was_said_first_holds_as_any_other(file, tmp_path, order, how):
    bring(file, tmp_path, how, *order)
    for again in (*order, ORIGINAL, EDIT):  # what came before brings nothing
        bring(file, tmp_path, how, again)
    record, revisions, waited = all_in_one(file)
    assert record.values["depth_m"] == 0.1 and not waited and not file.audit()
    assert revisions == (3 if order == (ORIGINAL, EDIT, BACK) else
                         2 if order[0] is EDIT else 1)


def test_a_copy_of_an_edit_in_other_spelling_takes_nothing_back(file, tmp_path):
    bring(file, tmp_path, "f", ORIGINAL, EDIT, BACK)
    (record,) = file.records("item")
    bring(file, tmp_path, "f", EDIT.replace(b"      <", b"<"), ORIGINAL.replace(b"      <", b"<"))
    assert file.records("item") == [record] and not file.quarantine() and not file.audit()


def test_two_edits_of_one_submission_that_come_as_files_wait_for_a_person(file, tmp_path):
    bring(file, tmp_path, "f", ORIGINAL, EDIT, item("item-1", C, depth="0.1", replaces=A))
    record, _, waited = all_in_one(file)
    assert record.values["depth_m"] == 0.2 and [w[:2] for w in waited] == [("FRM-016", "waiting")]


def test_an_edit_that_is_older_than_an_export_brings_nothing(file, tmp_path):
    """An export tells of no edit which came first: what was said before brings nothing."""
    bring(file, tmp_path, "f", ORIGINAL)
    for depth in ("0.2", "0.3"):
        (tmp_path / "landrelease_item.csv").write_text(
            "item-identifier,item-ordnance_category,item-quantity,item-found_on,item-depth_m,"
            f"item-place-Latitude,item-place-Longitude,item-place-Accuracy,KEY\n"
            f"item-1,ap_mine,1,2026-09-01,{depth},44.1,17.5,3,{A}\n")
        imports.import_files(file, [tmp_path / "landrelease_item.csv"])
    bring(file, tmp_path, "f", EDIT)
    record, revisions, waited = all_in_one(file)
    assert record.values["depth_m"] == 0.3 and revisions == 3 and not waited


# --- edits of what another organisation sent ------------------------------------------------------

NORTH_1, NORTH_2, SOUTH, OFFICE = (submissions.Sender(f"account {name}", organisation, office)
                                   for name, organisation, office in (
    ("n1", "Operator A", False), ("n2", " operator  a ", False), ("s1", "Operator B", False),
    ("o1", "", True)))
D = "uuid:0000000D"


def sent(registry, *said):
    """Submissions, each with who sends it."""
    for content, sender in said:
        submissions.receive(registry, content, {}, by=sender.author, sender=sender)


@pytest.mark.parametrize("sender", [NORTH_1, NORTH_2, OFFICE], ids=["self", "organisation", "all"])
def test_an_edit_of_the_same_organisation_or_of_the_office_holds(file, sender):
    sent(file, (ORIGINAL, NORTH_1), (EDIT, sender))
    record, revisions, waited = all_in_one(file)
    assert (record.values["depth_m"], revisions, waited) == (0.2, 2, [])


def test_safety_S01_an_edit_by_another_organisation_waits_until_a_person_decides(registry):
    """It changes nothing, nor does an edit of that one; the operator's own edit goes on."""
    sent(registry, (ORIGINAL, NORTH_1), (EDIT, SOUTH), (EDIT, SOUTH))
    record, revisions, waited = all_in_one(registry)
    assert (record.values["depth_m"], revisions) == (0.1, 1)
    assert [w[:2] for w in waited] == [("FRM-032", "waiting")]
    (entry,) = registry.quarantine()
    assert entry.row.values["depth_m"] == "0.2" and all(
        word in entry.row.findings[0].problem for word in (A, "item-item-1"))
    sent(registry, (item("item-1", C, depth="0.3", replaces=B), SOUTH))
    assert [e.row.findings[0].code for e in registry.quarantine()] == ["FRM-032"]
    assert registry.records("item") == [record]
    own = item("item-1", D, depth="0.4", replaces=A)
    sent(registry, (own, NORTH_2), (ORIGINAL, NORTH_1))
    assert registry.records("item")[0].values["depth_m"] == 0.4
    assert quarantine.retry_quarantined(registry, registry.quarantine()[0].number, {}).accepted
    assert not registry.audit()


def test_an_edit_by_another_organisation_that_comes_first_takes_no_original_in(file):
    """Whose submission it edits is known once that one comes: it waits beside it, and its own edit
    too, since something else was recorded meanwhile."""
    sent(file, (EDIT, SOUTH), (ORIGINAL, NORTH_1))
    record, _, waited = all_in_one(file)
    assert record.values["depth_m"] == 0.2 and [w[:2] for w in waited] == [("FRM-027", "waiting")]
    sent(file, (item("item-1", D, depth="0.4", replaces=A), NORTH_1), (ORIGINAL, NORTH_1))
    _, _, waited = all_in_one(file)
    assert sorted(w[0] for w in waited if w[1] == "waiting") == ["FRM-016"]
    assert file.records("item") == [record] and not file.audit()


def test_safety_S01_an_edit_by_another_organisation_settles_nothing_that_waits(file):
    """The first waits: nobody knows yet what it says; nor is it said to be left out."""
    wrong = survey(A, 1, 2).replace(b"<activity>", b"<end>2091-01-01T10:00:00Z</end><activity>", 1)
    sent(file, (wrong, NORTH_1))
    before = file.quarantine()
    assert len(before) == 5
    sent(file, (survey(B, 1, replaces=A), SOUTH), (survey(C, 1, replaces=D), SOUTH))
    assert [e for e in file.quarantine() if e.row.source == before[0].row.source] == before
    assert not {"FRM-017", "FRM-022", "FRM-023"} & {
        f.code for e in submissions.with_remarks(file, file.quarantine()) for f in e.row.findings}


def test_an_edit_of_what_came_before_senders_were_kept_is_known_by_its_author(file):
    submissions.receive(file, ORIGINAL, {}, by=NORTH_1.author)
    sent(file, (EDIT, SOUTH))
    assert [e.row.findings[0].code for e in file.quarantine()] == ["FRM-032"]
    own = submissions.Sender(file.author(NORTH_1.author), "Operator A", False)
    submissions.receive(file, item("item-1", D, depth="0.4", replaces=A), {}, by=own.author,
                        sender=own)
    assert file.records("item")[0].values["depth_m"] == 0.4


def test_an_account_of_another_organisation_edits_nothing_over_the_web(phone, address, tmp_path):
    """By phone or as a file that it brings in; and mends nothing of it afterwards."""
    accounts = phone.app_under_test.state.accounts
    for name, role, of in (("two.field", "operator", "Operator A"), ("other", "operator", "Oper B"),
                           ("the.office", "planner", "")):
        accounts.add(Account(name, role, of), "four random words do")
    assert send(phone, ORIGINAL).status_code == 201
    phone.headers["authorization"] = f"Bearer {accounts.make_token('other', 'phone', 1)}"
    assert send(phone, EDIT).status_code == 201
    edit = item("item-1", D, depth="0.5", replaces=A, quantity="x")
    answer = phone.post("/api/import", files={"file": ("edit.xml", EDIT_OF_EDIT)}, data={
        "kind": "", "crs": "", "mapping": "", "dry_run": "1"})
    assert answer.status_code == 200 and answer.json()[0]["quarantined"] == 1
    with open_registry(address) as registry:
        assert [e.row.findings[0].code for e in registry.quarantine()] == ["FRM-032"]
        (tmp_path / "edit.xml").write_bytes(edit)
        reader = policy.view("operator", "Oper B")
        done = own_imports.bring_in(registry, reader, tmp_path / "edit.xml", tmp_path / "t.csv",
                                    tmp_path / "l.jsonl", recorded_by="account other")
        left = own_imports.mend(registry, reader, done["waiting"], done["waiting"][0],
                                {"quantity": "1"}, decided_by="account other")
        assert "ROW-045" in {f.code for f in left}
        assert registry.records("item")[0].values["depth_m"] == 0.1
    last = "uuid:0000000E"
    for name, content in (("two.field", item("item-1", last, depth="0.6", replaces=A)),
                          ("the.office", item("item-1", last + "2", depth="0.7", replaces=last))):
        phone.headers["authorization"] = f"Bearer {accounts.make_token(name, 'phone', 1)}"
        assert send(phone, content).status_code == 201
    with open_registry(address) as registry:
        assert registry.records("item")[0].values["depth_m"] == 0.7


def test_an_edit_of_what_waits_takes_its_place(registry):
    """A wrong clock is put right on the phone: the old row may not be mended over it later."""
    wrong = item("item-1", A, found_on="2091-01-01")
    (first,) = take(registry, wrong)
    assert (first.accepted, first.waiting) == (0, 1)
    (second,) = take(registry, EDIT)
    assert second.accepted == 1 and not registry.quarantine()
    record, revisions, waited = all_in_one(registry)
    assert record.values["depth_m"] == 0.2 and revisions == 1
    assert [(status, reason) for _, status, reason in waited] == [
        ("rejected", f"replaced on the phone by {B}")]
    take(registry, wrong, EDIT, wrong)
    assert not registry.quarantine() and len(registry.history(record.id)) == 1
    assert not registry.audit()


@pytest.mark.parametrize("late", [False, True])
def test_an_edit_takes_the_place_of_a_row_that_waits_also_where_the_one_between_never_came(
        file, late):
    wrong = item("item-1", A, found_on="2091-01-01")
    take(file, *((EDIT_OF_EDIT, wrong) if late else (wrong, EDIT_OF_EDIT)))
    record, revisions, _ = all_in_one(file)
    assert record.values["depth_m"] == 0.3 and revisions == 1 and not file.quarantine()
    take(file, wrong, item("item-1", A, found_on="2092-01-01"), EDIT_OF_EDIT)
    (entry,) = file.quarantine()  # other answers under the same id: a person compares them
    assert entry.row.findings[0].code == "FRM-014" and not file.audit()


def test_safety_S15_what_such_an_edit_leaves_out_goes_on_waiting(file):
    wrong = survey(A, 1, 2).replace(b"<activity>", b"<end>2091-01-01T10:00:00Z</end><activity>", 1)
    take(file, wrong)
    assert {e.row.values["identifier"] for e in file.quarantine() if e.row.kind == "hazard"} == {
        "hazard-1", "hazard-2"}
    take(file, survey(C, 1, replaces=B))
    assert file.ids("hazard") == {"hazard-1"}
    assert {(e.row.kind, e.row.values["identifier"]) for e in file.quarantine()} == {
        ("hazard", "hazard-2"), ("evidence", "evidence-2")}


def test_an_edit_that_waits_too_takes_the_place_of_the_row_before_it(file):
    take(file, item("item-1", A, quantity="x"), item("item-1", B, quantity="y", replaces=A))
    (entry,) = file.quarantine()
    assert entry.row.values["instanceID"] == B
    take(file, item("item-1", A, quantity="x"))
    assert [e.number for e in file.quarantine()] == [entry.number]


def test_what_the_office_mended_or_signed_meanwhile_is_not_overwritten(registry):
    take(registry, ORIGINAL)
    (record,) = registry.records("item")
    registry.append([Revision("item", record.id, {**record.values, "depth_m": 0.15},
                              record.geometry, datetime.now(UTC), "office", "measured again",
                              "")])
    (found,) = take(registry, EDIT)
    assert (found.accepted, found.waiting) == (0, 1)
    record, _, ((code, status, _),) = all_in_one(registry)
    assert record.values["depth_m"] == 0.15 and (code, status) == ("FRM-016", "waiting")
    take(registry, EDIT, ORIGINAL)
    (entry,) = registry.quarantine()
    assert quarantine.retry_quarantined(registry, entry.number, {}).accepted == 1
    assert registry.records("item")[0].values["depth_m"] == 0.2


def test_a_row_that_a_person_mended_is_not_overwritten_by_a_later_edit(file):
    take(file, item("item-1", A, quantity="several"))
    (entry,) = file.quarantine()
    assert quarantine.retry_quarantined(file, entry.number, {"quantity": 4}).accepted == 1
    take(file, EDIT)
    (entry,) = file.quarantine()
    assert entry.row.findings[0].code == "FRM-016"
    assert file.records("item")[0].values["quantity"] == 4


def test_an_edit_whose_forerunner_is_missing_waits_for_it_among_other_edits(file):
    """D edits C, which is not here; what is recorded is another edit. C comes, and D holds."""
    last = item("item-1", "uuid:0000000D", depth="0.4", replaces=C)
    take(file, EDIT)
    assert take(file, last)[0].waiting == 1
    assert take(file, ORIGINAL)[0].merged == 1
    take(file, EDIT_OF_EDIT)
    record, _, waited = all_in_one(file)
    assert record.values["depth_m"] == 0.4
    assert [(code, status) for code, status, _ in waited] == [("FRM-016", "accepted")]


def test_the_same_instance_with_other_answers_waits_beside_the_first(registry):
    """Two phones with a copied form, or a form that was changed and kept its id: nothing is lost,
    nothing is overwritten, and the phone does not send for ever."""
    other = item("item-1", A, depth="0.7")
    take(registry, ORIGINAL)
    assert take(registry, other, other, ORIGINAL)[0].waiting == 1
    record, revisions, waited = all_in_one(registry)
    assert (record.values["depth_m"], revisions) == (0.1, 1)
    assert [(code, status) for code, status, _ in waited] == [("FRM-014", "waiting")]
    assert registry.source_content(hashlib.sha256(other).hexdigest()) == other
    (entry,) = registry.quarantine()
    assert entry.row.values["depth_m"] == "0.7"
    take(registry, EDIT)  # what replaces the first decides nothing about the other
    assert [e.number for e in registry.quarantine()] == [entry.number]
    assert quarantine.retry_quarantined(registry, entry.number, {}).accepted == 1
    record, revisions, waited = all_in_one(registry)
    assert (record.values["depth_m"], revisions) == (0.7, 3)
    take(registry, other, ORIGINAL, EDIT)
    assert all_in_one(registry)[1:] == (revisions, waited) and not registry.audit()


def test_a_phone_may_forget_a_submission_whose_id_came_before_with_other_answers(phone, address):
    assert send(phone, ORIGINAL).status_code == 201
    for _ in range(2):
        assert send(phone, item("item-9", A, depth="0.7"), photo_1=JPEG).status_code == 201
    with open_registry(address) as registry:
        assert [r.id for r in registry.records("item")] == ["item-item-1"]
        (entry,) = registry.quarantine()
        assert entry.row.values["identifier"] == "item-9"
        assert registry.source_content(hashlib.sha256(JPEG).hexdigest()) == JPEG


def survey(instance, *areas, replaces=""):
    """A non-technical survey with hazards, each with evidence, as a phone writes it."""
    old = f"<deprecatedID>{replaces}</deprecatedID>" if replaces else ""
    inner = "".join(f"""<hazard><identifier>hazard-{n}</identifier><status>open</status>
      <information_date>2026-05-04</information_date><hazard_type>SHA</hazard_type>
      <place>44.{n} 17.5 0 3; 44.{n} 17.501 0 3; 44.{n}01 17.501 0 3; 44.{n} 17.5 0 3</place>
      <evidence><identifier>evidence-{n}</identifier><evidence_type>indirect</evidence_type>
      <evidence_kind>verbal_report</evidence_kind><says>contaminated</says></evidence></hazard>"""
                    for n in areas)
    return f"""<landrelease_nts id="landrelease_nts"><activity>
      <identifier>activity-1</identifier><activity_type>NTS</activity_type>
      <information_date>2026-05-04</information_date><organisation>Operator A</organisation>
      <place>44.1 17.5 0 3</place>{inner}</activity>
      <meta><instanceID>{instance}</instanceID>{old}</meta></landrelease_nts>""".encode()


SHAPE = "44.1 17.5 0 3; 44.1 17.501 0 3; 44.101 17.501 0 3; 44.1 17.5 0 3"
INSIDE, FAR = (17.5008, 44.1003), (17.9, 44.5)


def drawn(*places, own="44.1 17.5 0 3"):
    """A survey whose own place and whose hazards' places stand as a phone or a fault wrote them."""
    content = survey(A, *range(1, len(places) + 1)).decode()
    head, *areas = content.split("<hazard>")
    head = head.replace("<place>44.1 17.5 0 3</place>", f"<place>{own}</place>")
    return "<hazard>".join([head, *(re.sub("<place>.*?</place>", f"<place>{p}</place>" if p else "",
                                           a, flags=re.S) for a, p in zip(
        areas, places, strict=True))]).encode()


def told(registry, place):
    answer = public.ask_spot(public.VIEWS.of(registry), *place, 0).answer
    return answer.told, answer.reasons


@pytest.mark.parametrize(("places", "own"), [
    ((SHAPE.replace("17.5 0 3", "17.5 1.0E-4 3"),), "44.1 17.5 0 3"),
    ((SHAPE.replace(" 0 3", " NaN NaN"),), "44.1 17.5 0 3"),
    ((SHAPE.replace("17.501 0 3", "17.501 - ?"),), "44.1 17.5 0 3"),
    ((SHAPE,), "44.1 17.5 0 NaN"), ((SHAPE,), "44.1 17.5 1.0E-4 3"),
    ((SHAPE.replace("17.5 ", "1.75E1 "),), "44.1 17.5 0 3")])
def test_safety_S15_what_is_odd_beside_a_place_keeps_no_hazard_back(file, places, own):
    take(file, drawn(*places, own=own))
    assert not file.quarantine() and len(file.records("hazard")) == 1
    assert file.records("activity")[0].geometry.equals(shapely.Point(17.5, 44.1))
    assert told(file, INSIDE) == ("hazardous", ()) and told(file, FAR) == ("no_information", ())


def test_safety_S15_a_place_near_the_equator_and_the_zero_meridian_is_read(file):
    shape = "5.0E-4 0.0 0.0 3.0; 5.0E-4 0.002 0.0 3.0; 0.0025 -1.5E-4 0.0 3.0; 5.0E-4 0.0 0.0 3.0"
    take(file, drawn(shape, own="5.0E-4 1.0E-5 0.0 3.0"))
    (area,) = file.records("hazard")
    assert area.geometry.bounds == (-1.5e-4, 5e-4, 0.002, 0.0025)
    assert not file.quarantine()


@pytest.mark.parametrize("broken", ["44.34 17.5 0 3; here", "44.1 17.5 0 3 7; 44.2 17.5", "44,1",
                                    "1.0E999 17.5 0 3; 44.1 17.5 0 3; 44.2 17.6 0 3", ""])
@pytest.mark.parametrize("alone", [False, True])
def test_safety_S15_only_the_hazard_whose_place_cannot_be_read_waits(file, broken, alone):
    take(file, drawn(broken) if alone else drawn(broken, SHAPE))
    (entry,) = [e for e in file.quarantine() if e.row.kind != "evidence"]
    assert entry.row.kind == "hazard" and entry.row.values["identifier"] == "hazard-1"
    assert len(file.records("hazard")) == 1 - alone and len(file.records("activity")) == 1
    assert told(file, FAR) == ("no_information", ("unplaced",))
    if not alone:
        assert told(file, INSIDE)[0] == "hazardous"
    assert quarantine.retry_quarantined(file, entry.number, {}).quarantined == 1
    mended = quarantine.retry_quarantined(file, entry.number, {
        "geometry": "POLYGON ((17.6 44.1, 17.601 44.1, 17.601 44.101, 17.6 44.1))"})
    assert mended.accepted == 1 and told(file, FAR) == ("no_information", ())


def test_safety_S15_the_place_of_a_survey_that_cannot_be_read_keeps_no_hazard_back(file):
    for own in ("", "here"):
        take(file, drawn(SHAPE, own=own).replace(A.encode(), f"uuid:0000{own:x>4}".encode()))
    assert {e.row.kind for e in file.quarantine()} == {"activity"}
    assert len(file.records("hazard")) == 1 and told(file, INSIDE)[0] == "hazardous"


def test_safety_S15_an_outline_that_was_not_closed_waits_and_counts_as_closed(file):
    take(file, drawn("44.1 17.5 0 3; 44.1 17.51 0 3; 44.11 17.51 0 3; 44.11 17.5 0 3"))
    (entry,) = file.quarantine()
    assert entry.row.kind == "hazard" and not file.records("hazard")
    assert told(file, (17.505, 44.105)) == ("hazardous", ()), "the middle, off the line itself"
    assert told(file, FAR) == ("no_information", ())


def test_safety_S15_hazards_of_a_second_submission_of_one_id_are_on_the_publics_map(file):
    take(file, survey(A, 1))
    take(file, survey(A, 2))
    assert {r.id for r in file.records("hazard")} == {"hazard-1"}
    assert all(f.code == "FRM-014" for e in file.quarantine() for f in e.row.findings
               if f.fate == "quarantined")
    for north in (44.1003, 44.2003):
        assert told(file, (17.5008, north))[0] == "hazardous", north


@pytest.mark.parametrize(("own", "said", "widened"), [
    ("", "3", 3 * 2.146 / 1.51), ("2", "3", 3 * 2.146 / 1.51), ("50", "3", 50),
    ("", "0", None), ("", "NaN", None), ("", "3,0", 3 * 2.146 / 1.51), ("", "", None)])
def test_safety_S04_what_the_receiver_said_of_a_place_is_its_accuracy(file, own, said, widened):
    """Receivers state the radius that holds 68 %, records the one that holds 90 %; what a person
    states beside it holds where it is the worse."""
    typed = f"<position_accuracy_m>{own}</position_accuracy_m>" if own else ""
    take(file, survey(A, 1).replace(b" 0 3", f" 0 {said}".encode()).replace(
        b"<status>open", f"{typed}<status>open".encode()))
    (hazard,) = file.records("hazard")
    assert hazard.values.get("position_accuracy_m") == (
        None if widened is None else pytest.approx(widened, abs=0.01))


def test_safety_S15_a_submission_that_waits_whole_counts_and_is_imported_when_tried_again(
        file, monkeypatch):
    def refuse(*_, **__):
        raise LandReleaseError(PLACE_COLUMNS_MISSING, file="x.xml", found="identifier")

    with monkeypatch.context() as patch:
        patch.setattr(imports, "import_files", refuse)
        take(file, drawn(SHAPE), item("item-1", B))
    assert {e.row.kind for e in file.quarantine()} == {"source"}
    assert told(file, FAR) == ("no_information", ("unplaced",))
    by_title = {e.row.values["title"]: e.number for e in file.quarantine()}
    quarantine.reject_quarantined(file, by_title["landrelease_item"], "a trial")
    number = by_title["landrelease_nts"]
    with monkeypatch.context() as patch:
        patch.setattr(imports, "import_files", refuse)
        with pytest.raises(LandReleaseError, match=r"FRM-021.*FIL-018"):
            quarantine.retry_quarantined(file, number, {})
    assert told(file, FAR) == ("no_information", ("unplaced",)), "the reminder stands"
    report = quarantine.retry_quarantined(file, number, {})
    assert report.accepted == 1, "the row itself"
    assert len(file.records("activity")) == len(file.records("evidence")) == 1
    assert len(file.records("hazard")) == 1 and not file.quarantine() and not file.audit()
    assert told(file, INSIDE)[0] == "hazardous" and told(file, FAR) == ("no_information", ())


def test_two_files_of_one_name_are_both_kept(phone, address):
    """And a second body of the answers is a submission of its own."""
    other = JPEG + b"2"
    answer = phone.post("/openrosa/submission", files=[
        ("xml_submission_file", ("s.xml", io.BytesIO(item("item-1", A)), "text/xml")),
        ("xml_submission_file", ("s.xml", io.BytesIO(item("item-2", B)), "text/xml")),
        *(("photo", ("p.jpg", io.BytesIO(body), "image/jpeg")) for body in (JPEG, other, JPEG))])
    assert answer.status_code == 201
    with open_registry(address) as registry:
        pictures = registry.records("source")
        assert sorted(r.values["title"] for r in pictures) == ["p (2).jpg", "p.jpg"]
        assert {registry.source_content(r.values["sha256"]) for r in pictures} == {JPEG, other}
        assert not registry.quarantine()
        assert {r.values["identifier"] for r in registry.records("item")} == {"item-1", "item-2"}
        assert all(r.values["source_label"].endswith(A) for r in pictures)


def test_forms_that_did_not_change_are_made_once(phone, monkeypatch):
    made = []
    convert = building.to_xform
    monkeypatch.setattr(building, "to_xform", lambda form, book: (
        made.append(form.id), convert(form, book))[1])
    serving._xform.cache_clear()
    first = phone.get("/openrosa/formList").text
    assert sorted(made) == sorted(FORMS) and phone.get("/openrosa/formList").text == first
    assert phone.get("/openrosa/forms/landrelease_nts.xml").status_code == 200
    assert len(made) == len(FORMS)


@pytest.mark.parametrize("turned", [False, True])
def test_a_hazard_that_an_edit_leaves_out_stands_and_a_person_is_told(file, turned):
    """S01: a phone takes no hazard off the map; nor does it do so without a word. What was drawn is
    on record whichever came first."""
    both, one = survey(A, 1, 2), survey(B, 1, replaces=A)
    take(file, *((one, both) if turned else (both, one)), both, one)
    waiting = file.quarantine()
    assert {r.id for r in file.records("hazard")} == {"hazard-1", "hazard-2"}
    assert sorted((e.row.findings[0].code, e.row.findings[0].found) for e in waiting) == [
        ("FRM-017", "evidence-evidence-2"), ("FRM-017", "hazard-2")]
    assert not file.audit()


NORTH = (17.5003, 44.1195)  # of what `tall` adds
LOW = "44.1 17.5 0 {0}; 44.1 17.501 0 {0}; 44.101 17.501 0 {0}; 44.1 17.5 0 {0}"
TALL = "44.1 17.5 0 {0}; 44.1 17.501 0 {0}; 44.12 17.501 0 {0}; 44.12 17.5 0 {0}; 44.1 17.5 0 {0}"


def area_told(instance, place, *, replaces="", late=True, identifier="hazard-1", kind="SHA"):
    """A survey with one hazard; of a phone whose clock is off (`late`) all of it waits."""
    content = survey(instance, 1, replaces=replaces).decode()
    content = re.sub("(<hazard>.*?)<place>.*?</place>", rf"\g<1><place>{place}</place>", content,
                     flags=re.S).replace("hazard-1", identifier).replace("SHA", kind)
    return (content.replace("<activity>", "<end>2091-01-01T10:00:00Z</end><activity>", 1)
            if late else content).encode()


def waits(registry, kind="hazard"):
    """Submission and identifier of the rows of a kind that wait, with the code said of its edit."""
    return [(e.row.values["instanceID"], e.row.values["identifier"],
             "".join(f.code for f in e.row.findings if f.code in ("FRM-022", "FRM-023")))
            for e in quarantine.visible_quarantine(registry, policy.view("planner"))
            if e.row.kind == kind]


def hazardous(registry, *places):
    return [told(registry, p)[0] == "hazardous" for p in places]


@pytest.mark.parametrize("late", [False, True], ids=["recorded", "waits"])
def test_safety_S01_a_hazard_that_waits_and_that_an_edit_leaves_out_goes_on_counting(
        registry, late):
    """Until somebody decides, also over an edit of the edit and whoever sends them."""
    first = area_told(A, TALL.format(3))
    edit = area_told(B, LOW.format(3).replace("44.1", "44.3"), replaces=A, late=late,
                     identifier="hazard-7")
    take(registry, first)
    assert hazardous(registry, NORTH) == [True]
    submissions.receive(registry, edit, {}, by="somebody else")
    take(registry, edit, first)
    assert waits(registry)[0] == (A, "hazard-1", "FRM-023")
    assert hazardous(registry, NORTH, INSIDE, (17.5008, 44.3003)) == [True, True, True]
    take(registry, edit.replace(B.encode(), C.encode()).replace(A.encode(), B.encode()), first)
    assert (A, "hazard-1", "FRM-023") in waits(registry) and hazardous(registry, NORTH) == [True]
    number = next(e.number for e in registry.quarantine() if e.row.kind == "hazard"
                  and e.row.values["identifier"] == "hazard-1")
    quarantine.reject_quarantined(registry, number, "a field that was surveyed twice")
    assert hazardous(registry, NORTH) == [False] and not registry.audit()


# The corners of `TALL` in the wrong order; and the two triangles of that with their meeting point.
CROSSED = "44.1 17.5 0 3; 44.12 17.501 0 3; 44.1 17.501 0 3; 44.12 17.5 0 3; 44.1 17.5 0 3"
TRIANGLES = ("44.1 17.5 0 3; 44.109 17.5005 0 3; 44.1 17.501 0 3; 44.12 17.501 0 3; "
             "44.111 17.5005 0 3; 44.12 17.5 0 3; 44.1 17.5 0 3")


@pytest.mark.parametrize(("before", "after", "holds"), [
    (LOW.format(3), TALL.format(3), True), (LOW.format(3), LOW.format(3), True),
    (LOW.format(3), LOW.format(50), True), (TALL.format(3), LOW.format(3), False),
    (LOW.format(50), LOW.format(3), False), (TALL.format(3), "", False),
    (TALL.format(3), "somewhere", False), (TALL.format(3), "44.1 17.5 0 3", False),
    ("", LOW.format(3), True), (CROSSED, TRIANGLES, False), (CROSSED, TALL.format(3), True)],
    ids=["wider", "same", "less sure", "narrower", "surer", "emptied", "unread", "a point",
         "drawn at last", "crossed", "uncrossed"])
@pytest.mark.parametrize("late", [False, True], ids=["recorded", "waits"])
def test_safety_S01_an_edit_takes_the_place_of_an_area_that_waits_where_it_holds_all_of_it(
        file, before, after, holds, late):
    take(file, area_told(A, before))
    known = [p for p in (INSIDE, NORTH) if hazardous(file, p) == [True]]
    take(file, area_told(B, after, replaces=A, late=late), area_told(A, before))
    stands = [(A, "hazard-1", "FRM-022")]
    assert [w for w in waits(file) if w[0] == A] == ([] if holds else stands)
    assert all(hazardous(file, *known)) and not file.audit()
    if not holds and late and after:
        take(file, area_told(C, before, replaces=B))
        assert [w for w in waits(file) if w[0] == A] == [], "it says again what the first said"


@pytest.mark.parametrize(("first", "edit", "counts"), [
    (TALL, LOW, True), (LOW, LOW, True), (LOW, TALL, True)],
    ids=["narrower", "same", "wider"])
@pytest.mark.parametrize("late", [False, True], ids=["sound", "a wrong clock"])
def test_safety_S01_an_area_counts_that_comes_after_the_edit_that_says_less_of_it(
        file, first, edit, counts, late):
    original, edit = area_told(A, first.format(3), late=late), area_told(
        B, edit.format(3), replaces=A, late=False)
    take(file, edit, original, original)
    assert hazardous(file, INSIDE) == [True]
    assert hazardous(file, NORTH) == [TALL.format(3) in (original + edit).decode()]
    assert waits(file) == ([(A, "hazard-1", "FRM-022")] if first == TALL else [])
    if first == TALL:
        (number,) = (e.number for e in file.quarantine() if e.row.kind == "hazard")
        assert quarantine.retry_quarantined(
            file, number, {"information_date": "2026-05-05"}).accepted == 1
        assert hazardous(file, NORTH) == [True] and not waits(file)
    assert not file.audit()


def test_safety_S01_of_two_edits_of_one_submission_neither_takes_off_what_the_other_holds(file):
    """Two phones with a copied form: A waits, B keeps the north, C does not."""
    take(file, area_told(A, TALL.format(3)), area_told(B, LOW.format(3), replaces=A),
         area_told(C, LOW.format(3), replaces=A, late=False))
    assert hazardous(file, NORTH, INSIDE) == [True, True]
    assert waits(file)[0] == (A, "hazard-1", "FRM-022")
    take(file, area_told(C, LOW.format(3), replaces=A, late=False), area_told(A, TALL.format(3)))
    assert hazardous(file, NORTH) == [True] and not file.audit()


def test_safety_S01_the_map_for_everybody_shows_what_an_edit_leaves_out(file):
    take(file, area_told(A, TALL.format(3)))
    land = public.VIEWS.of(file)
    take(file, area_told(B, LOW.format(3), replaces=A, late=False))
    now = public.VIEWS.of(file)
    covered = shapely.union_all([shapely.box(*c.bounds) for c in now.cells])
    assert len(now.cells) >= len(land.cells) > 0
    assert all(covered.buffer(1e-9).covers(c) for c in land.cells)


def test_safety_S11_a_find_that_waits_and_is_moved_on_the_phone_goes_on_counting(file):
    moved = item("item-1", B, replaces=A).replace(b"44.1 17.5 0 3", b"44.2 17.5 0 3")
    take(file, item("item-1", A, quantity="several"), moved)
    assert waits(file, "item") == [(A, "item-1", "FRM-022")]
    assert len(file.records("item")) == 1
    take(file, item("item-1", C, replaces=B))
    assert waits(file, "item") == [], "it lies where the first said"


def test_safety_S15_a_report_of_danger_that_an_edit_turns_into_a_question_goes_on_counting(file):
    def report(instance, about, old=""):
        return f"""<landrelease_community id="landrelease_community"><complaint>
          <identifier>complaint-1</identifier><complaint_type>{about}</complaint_type>
          <received_on>2026-05-04</received_on><place>44.1 17.5 0 3</place></complaint>
          <meta><instanceID>{instance}</instanceID>{old}</meta></landrelease_community>""".encode()

    old = f"<deprecatedID>{A}</deprecatedID>"
    take(file, report(A, "suspicion"), report(B, "compensation", old))
    assert [w[0] for w in waits(file, "complaint")] == [A, B]
    assert cautions.reported_danger(file)
    take(file, report(C, "suspicion", old.replace(A, B)))
    assert [w[0] for w in waits(file, "complaint")] == [C] and cautions.reported_danger(file)


def test_safety_S15_a_survey_that_waits_whole_goes_on_counting_after_its_edit(file, monkeypatch):
    def refuse(*_, **__):
        raise LandReleaseError(PLACE_COLUMNS_MISSING, file="x.xml", found="identifier")

    with monkeypatch.context() as patch:
        patch.setattr(imports, "import_files", refuse)
        take(file, survey(A, 1, 2))
    take(file, survey(B, 1, replaces=A))
    (entry,) = quarantine.visible_quarantine(file, policy.view("planner"))
    assert entry.row.kind == "source" and "FRM-022" in {f.code for f in entry.row.findings}
    assert told(file, FAR) == ("no_information", ("unplaced",))
    quarantine.retry_quarantined(file, entry.number, {})
    assert file.ids("hazard") == {"hazard-1", "hazard-2"} and told(file, FAR)[1] == ()
    assert {e.row.findings[0].code for e in file.quarantine()} == {"FRM-017"} and not file.audit()


def test_the_page_and_the_command_say_that_an_edit_left_a_row_out(phone, address):
    assert send(phone, area_told(A, TALL.format(3))).status_code == 201
    assert send(phone, area_told(B, LOW.format(3).replace("44.1", "44.3"), replaces=A,
                                 identifier="hazard-7")).status_code == 201
    result = CliRunner().invoke(cli, ["quarantine", "list", str(address), "--as", "planner"])
    number = next(e.number for e in quarantine.visible_quarantine(
        open_registry(address), policy.view("planner"))
        if e.row.values.get("identifier") == "hazard-1")
    line = next(li for li in result.output.splitlines() if li.split()[:1] == [str(number)])
    assert "FRM-018" in line and "FRM-023" in line and B in line
    app = phone.app_under_test
    app.state.accounts.add(Account("one.planner", "planner", ""), "four random words do")
    token = app.state.accounts.make_token("one.planner", "page", 30)
    rows = phone.get("/api/quarantine", params={"code": "FRM-023"}, headers={
        "authorization": f"Bearer {token}"}).json()["rows"]
    assert number in {r["number"] for r in rows}
    assert any(B in f["problem"] for r in rows for f in r["findings"])


def test_an_edit_of_which_only_one_kind_came_in_is_taken_in_whole(file, tmp_path):
    """As a server leaves it that was killed between two kinds of record of one submission."""
    edit = survey(B, 1, replaces=A).replace(b"Operator A", b"Operator B")
    take(file, survey(A, 1))
    path = tmp_path / "edit.xml"
    path.write_bytes(edit)
    imports.import_files(file, [path], layer="hazard")
    take(file, edit, edit, survey(A, 1))
    (work,) = file.records("activity")
    assert work.values["organisation"] == "Operator B" and not file.quarantine()
    assert len(file.history(work.id)) == 2 and not file.audit()


def test_a_report_of_the_community_waits_with_what_lies_near_it(file):
    """As one on the page for everybody does: nobody's word becomes a record by itself."""
    def report(instance, words):
        return f"""<landrelease_community id="landrelease_community"><complaint>
          <identifier>complaint-{instance[-1]}</identifier>
          <complaint_status>open</complaint_status><complaint_type>suspicion</complaint_type>
          <description>{words}</description><place>44.1 17.5 0 3</place></complaint>
          <meta><instanceID>{instance}</instanceID></meta></landrelease_community>""".encode()

    take(file, report(A, "A shell by the mill"), report(B, "a shell by  THE mill"))
    assert not file.records("complaint")
    first, second = file.quarantine()
    assert [f.code for f in first.row.findings if f.fate == "quarantined"] == ["PUB-030"]
    near = reports.near(file, policy.view("planner"), [first])[first.number]
    assert [(n.kind, n.number, n.same_words) for n in near] == [("complaint", second.number, True)]
    assert quarantine.retry_quarantined(file, first.number, {}).accepted == 1
    assert file.records("complaint")[0].values["description"] == "A shell by the mill"


# --- clocks and photographs -----------------------------------------------------------------------


@pytest.mark.parametrize(("end", "waits"), [
    ("2026-09-01T22:20:00.000+00:00", False), ("2026-09-02T08:20:00.000+10:00", False),
    ("2026-09-02T22:20:00.000+00:00", True), ("2026-09-01T23:45:00.000+00:00", True),
    ("2026-07-10T12:00:00.000+02:00", False), ("2010-01-01T00:00:00.000+00:00", True),
    ("", False), ("noon", False)])
def test_a_phone_whose_clock_is_off_is_told_of_and_its_answers_wait(file, end, waits):
    content = item("item-1", A, end=end)
    for _ in range(2):
        take(file, content, at=NIGHT)
    take(file, content, at=NIGHT + timedelta(days=200))  # heard late: the same as at first
    codes = [f.code for e in file.quarantine() for f in e.row.findings]
    assert codes == (["FRM-018"] if waits else [])
    assert len(file.records("item")) == (not waits)


def test_a_phone_east_of_the_server_reports_of_its_own_day(file):
    """22:30 UTC is the morning of the next day in Tokyo; the day after that lies ahead anywhere."""
    (found,) = take(file, item("item-1", A, found_on="2026-09-02"), at=NIGHT)
    assert found.accepted == 1
    (found,) = take(file, item("item-2", B, found_on="2026-09-03"), at=NIGHT)
    assert found.waiting == 1


def test_one_photograph_of_two_submissions_names_both(file):
    take(file, ORIGINAL, item("item-2", B), files={"p.jpg": JPEG}.items())
    take(file, ORIGINAL, item("item-2", B), files={"p.jpg": JPEG}.items())
    kept = file.records("source")
    assert {r.values["source_label"] for r in kept} == {
        f"landrelease_item {A}", f"landrelease_item {B}"}
    assert {r.values["came_with"] for r in kept} == {"item-item-1", "item-item-2"}
    assert len({r.values["sha256"] for r in kept}) == 1 and len(kept) == 2


@pytest.mark.parametrize("bad", [b"MZ" + bytes(99), b"", JPEG + bytes(20_000_000)])
def test_a_file_that_is_no_photograph_keeps_no_answers_on_the_phone(phone, address, bad):
    for _ in range(2):
        answer = send(phone, item("item-1", A), photo_1=bad, photo_2=PNG)
        assert answer.status_code == 201, answer.text
    with open_registry(address) as registry:
        assert len(registry.records("item")) == 1
        (entry,) = registry.quarantine()
        assert [f.code for f in entry.row.findings] == ["FRM-012"]
        assert entry.row.values["source_label"] == f"landrelease_item {A}"
        assert registry.source_content(entry.row.source) == bad
        (picture,) = registry.records("source")
        assert picture.values["title"] == "photo_2.jpg" and not registry.audit()


def test_a_photograph_that_a_submission_names_and_that_never_came_is_told(file):
    named = "<photo_1>first.jpg</photo_1><photo_2>second.jpg</photo_2>"
    content = item("item-1", A, extra=named)
    take(file, content)
    assert submissions.missing_pictures(file) == [
        ("landrelease_item", A, "first.jpg"), ("landrelease_item", A, "second.jpg")]
    take(file, content, files={"second.jpg": PNG}.items())
    assert submissions.missing_pictures(file) == [("landrelease_item", A, "first.jpg")]
    take(file, content, files={"first.jpg": b"no picture"}.items())
    assert submissions.missing_pictures(file) == [], "it came, and waits"


def test_a_wrong_clock_and_a_wrong_number_wait_and_the_phone_may_forget_them(phone, address):
    for n, wrong in enumerate(({"found_on": "2091-01-01"}, {"quantity": "several"})):
        assert send(phone, item(f"item-{n}", f"uuid:0000000{n}", **wrong)).status_code == 201
    with open_registry(address) as registry:
        assert not registry.records("item") and len(registry.quarantine()) == 2


@pytest.mark.parametrize(("content", "files", "code"), [
    (b"<landrelease_item", {}, "FIL-048"), (b"", {}, "FRM-013"),
    (b"<!DOCTYPE x [<!ENTITY e 'x'>]><x>&e;</x>", {}, "FIL-011")])
def test_what_cannot_be_taken_stays_on_the_phone_and_leaves_nothing(phone, address, content, files,
                                                                   code):
    with open_registry(address) as registry:
        before = registry.head()
    answer = send(phone, content, **files)
    (words,) = texts(answer.content, "message")  # as OpenRosa says it: the phone shows it
    assert answer.status_code == 400 and words.startswith(f"[{code}] "), answer.text
    with open_registry(address) as registry:
        assert registry.head() == before and not registry.quarantine()


def test_a_photograph_of_which_only_the_content_was_kept_gets_its_record(phone, address):
    """As a server leaves it that was killed between the two."""
    with open_registry(address) as registry:
        registry.keep_source(hashlib.sha256(JPEG).hexdigest(), "photo_1.jpg", JPEG)
    for _ in range(2):
        assert send(phone, item("item-1", "uuid:00000001"), photo_1=JPEG).status_code == 201
    with open_registry(address) as registry:
        (record,) = registry.records("source")
        assert record.values["sha256"] == hashlib.sha256(JPEG).hexdigest()
        assert len(registry.history(record.id)) == 1


def area(*, meta="<meta><instanceID>uuid:00000009</instanceID></meta>", head="", more=""):
    return f"""{head}<landrelease_nts id="landrelease_nts">{more}<activity>
      <identifier>activity-9</identifier><activity_type>NTS</activity_type>
      <information_date>2026-05-04</information_date><place>44.1 17.5 0 3</place>
      <hazard><identifier>hazard-9</identifier><hazard_type>SHA</hazard_type>
      <status>open</status><place>{SHAPE}</place></hazard></activity>{meta}</landrelease_nts>"""


@pytest.mark.parametrize("meta", [
    "", "<meta/>", "<meta><instanceID/></meta>", "<meta><instanceID>../../etc</instanceID></meta>",
    "<meta><instanceID>7</instanceID></meta>",
    f"<meta><instanceID>{'x' * 200}</instanceID></meta>"])
def test_safety_S15_a_submission_without_an_id_waits_row_by_row_and_is_known_again(
        phone, address, meta):
    """No phone that we know sends one; it would be the only copy."""
    for _ in range(2):
        assert send(phone, area(meta=meta).encode(), photo_1=JPEG).status_code == 201
    with open_registry(address) as registry:
        waiting = registry.quarantine()
        assert sorted(e.row.kind for e in waiting) == ["activity", "hazard"]
        assert {f.code for e in waiting for f in e.row.findings
                if f.fate == "quarantined"} == {"FRM-011"}
        assert told(registry, INSIDE)[0] == "hazardous"
        assert len(list(registry.records("source"))) == 1
        for entry in waiting:
            assert quarantine.retry_quarantined(registry, entry.number, {}).accepted == 1
        assert [r.id for r in registry.records("hazard")] == ["hazard-9"]
    assert send(phone, area(meta=meta).encode()).status_code == 201
    with open_registry(address) as registry:
        assert not registry.quarantine() and not registry.audit()


ROOTED = 'xmlns="http://example.org/ours" xmlns:orx="http://openrosa.org/xforms" id='


@pytest.mark.parametrize("content", [
    area().encode(), b"\xef\xbb\xbf" + area().encode(),
    area(head='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16"),
    area(head='<?xml version="1.0" encoding="ISO-8859-1"?>').encode("latin-1"),
    area(meta="<orx:meta><orx:instanceID>uuid:00000009</orx:instanceID></orx:meta>").replace(
        "id=", ROOTED, 1).encode(),
    area(more="<!-- a note --><?skip this?>").replace(
        "<status>open", "<status><!-- so --><![CDATA[open]]>").encode(),
    area(more="<unknown><deep><deeper>x</deeper></deep></unknown>").encode(),
    area(more=f"<remarks>{'long ' * 100_000}</remarks>").encode()],
    ids=["plain", "bom", "utf-16", "latin-1", "namespaces", "comments", "unknown", "long"])
def test_safety_S15_xml_of_any_spelling_brings_its_hazard(file, content):
    """As a record, or in a row that waits and counts: never left out, never twice."""
    take(file, content, content)
    assert not file.audit()
    if file.records("hazard"):
        assert [r.id for r in file.records("hazard")] == ["hazard-9"]
        assert told(file, INSIDE)[0] == "hazardous"
    else:
        (entry,) = file.quarantine()
        assert told(file, INSIDE) == ("no_information", ("unplaced",)), entry.row.findings


def test_safety_S15_what_was_answered_twice_in_two_ways_drops_neither(file):
    other = "45.3 17.5 0 3; 45.3 17.501 0 3; 45.301 17.501 0 3; 45.3 17.5 0 3"
    twice = area().replace(f"{SHAPE}</place>", f"{SHAPE}</place><place>{other}</place>")
    take(file, twice.encode())
    assert told(file, INSIDE)[0] == "hazardous"
    assert told(file, (17.5008, 45.3003))[0] == "hazardous"
    second = area(meta="<meta><instanceID>uuid:00000010</instanceID></meta>").replace(
        "</activity>", "</activity><activity><identifier>activity-10</identifier>"
        "<activity_type>NTS</activity_type><information_date>2026-05-04</information_date>"
        f"<hazard><identifier>hazard-10</identifier><place>{other}</place></hazard></activity>", 1)
    take(file, second.encode())
    known = {r.id for r in file.records("hazard")} | {
        str(e.row.values.get("identifier")) for e in file.quarantine()}
    assert "hazard-10" in known


SAMPLES = Path(__file__).parent / "openrosa_samples"  # see DATA_SOURCES.md
PLACED = "/some_geopoint"


@pytest.mark.parametrize(("name", "answers", "one"), [
    ("all-data-types", 10, (PLACED, "43.3149254 -1.9869671 71.80000305175781 15.478")),
    ("choice-lists", 3, ("/some_group/yet_another_string", "CHOICE_1")),
    ("nested-repeats", 12, ("/g1[3]/g2/g3[4]/t3", "some text 3.1.4"))])
def test_submissions_of_forms_that_are_not_ours_wait_whole_and_once(phone, address, name, answers,
                                                                   one):
    """Written by a program that nobody here wrote, of forms that are not known here."""
    content = (SAMPLES / f"{name}-submission.xml").read_bytes()
    for files in ({}, {"photo_1": JPEG}, {}):
        assert send(phone, content, **files).status_code == 201
    with open_registry(address) as registry:
        (entry,) = registry.quarantine()
        (finding,) = entry.row.findings
        assert (finding.code, finding.found) == ("FRM-010", name)
        said = {k: v for k, v in entry.row.values.items() if k.startswith("/")}
        assert len([k for k in said if not k.startswith("/meta")]) == answers
        assert said[one[0]] == one[1]
        # Of a form that is not ours nobody knows what its places say.
        assert told(registry, FAR)[1] == (("unplaced",) if one[0] == PLACED else ())
        assert registry.source_content(entry.row.source) == content
        assert registry.source_content(hashlib.sha256(JPEG).hexdigest()) == JPEG
        assert not registry.records("item") and not registry.audit()
        report = quarantine.retry_quarantined(registry, entry.number, {})
        assert report.accepted == 1, report.findings
        (kept,) = [r for r in registry.records("source")
                   if r.values.get("source_type") == "form_submission"]
        assert kept.values["sha256"] == entry.row.source and kept.values["title"] == name
    assert send(phone, content).status_code == 201, "and again, once it is decided"
    with open_registry(address) as registry:
        assert not registry.quarantine() and len(registry.quarantine(None)) == 1


def test_a_submission_of_our_form_without_an_answer_waits_too(phone, address):
    content = b"""<landrelease_item id="landrelease_item"><item><identifier>i</identifier></item>
      <meta><instanceID>uuid:00000001</instanceID></meta></landrelease_item>"""
    assert send(phone, content).status_code == 201
    with open_registry(address) as registry:
        (entry,) = registry.quarantine()
        assert [f.code for f in entry.row.findings] == ["FIL-007"]
        assert entry.row.values["/item/identifier"] == "i"
        with pytest.raises(LandReleaseError, match=r"FRM-021.*FIL-007"):
            quarantine.retry_quarantined(registry, entry.number, {})
        assert len(registry.quarantine()) == 1 and not registry.records("source")


def test_a_phone_is_answered_in_its_language(phone):
    for lang, sign in (("fr", "Reçu"), ("ar", "استُلم"), ("uk", "Отримано")):
        phone.headers["accept-language"] = f"{lang}-XX,en;q=0.5"
        answer = send(phone, item(f"item-{lang}", f"uuid:0000000{lang}"))
        (words,) = texts(answer.content, "message")
        assert answer.status_code == 201 and words.startswith(sign)
        (words,) = texts(send(phone, b"<landrelease_item").content, "message")
        assert words.startswith("[FIL-048] ") and "submission.xml" in words
        assert "the file is cut off" not in words


def test_safety_S19_a_phone_of_a_made_up_programme_hears_so(phone, address):
    with open_registry(address) as registry:
        registry.keep_setting("synthetic", "yes")
    (words,) = texts(send(phone, item("item-1", "uuid:00000001")).content, "message")
    assert words.startswith("Received: 1 ") and "SYNTHETIC" in words


def test_a_day_in_the_field_of_several_phones_at_once(phone, address):
    """Every submission is a record or a row that waits, none twice; retries and doubles at once."""
    def day(number):
        for n in range(6):
            wrong = {"quantity": "x"} if n == 5 else {}
            content = item(f"item-{number}-{n}", f"uuid:{number:04}{n:04}", **wrong)
            for _ in range(2 if n % 2 else 1):
                for _ in range(5):  # a busy registry says so, and the phone tries again
                    answer = send(phone, content, photo_1=JPEG + bytes([number, n]))
                    if answer.status_code == 201:
                        break
                assert answer.status_code == 201, answer.text

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(day, range(4)))
    with open_registry(address) as registry:
        items = registry.records("item")
        assert len(items) == 4 * 5
        assert {len(registry.history(r.id)) for r in items} == {1}
        assert len(registry.quarantine()) == 4
        assert len([r for r in registry.records("source")
                    if r.values.get("source_type") == "photograph"]) == 24
        assert not registry.audit()


def test_what_a_phone_sends_of_the_form_that_it_got_is_taken(phone, address):
    """The form's own empty instance, filled in: not a submission that we made up."""
    got = phone.get("/openrosa/forms/landrelease_gate.xml").content
    root = ElementTree.fromstring(got)
    data = next(iter(next(e for e in root.iter() if e.tag.endswith("}instance"))))
    for element in data.iter():
        name = element.tag.rsplit("}", 1)[-1]
        if name in ("briefing", "medic", "ambulance", "communications", "weather", "threat",
                    "closures", "accreditation", "detector_test", "result"):
            element.text = "passed"
        elif name in ("day", "instanceID", "identifier"):
            element.text = {"day": "2026-09-01", "instanceID": "uuid:00000009",
                            "identifier": "gate-9"}[name]
    assert send(phone, ElementTree.tostring(data)).status_code == 201
    with open_registry(address) as registry:
        (record,) = registry.records("gate")
        assert record.values["medic"] == "passed" and str(record.values["day"]) == "2026-09-01"


def test_only_odk_collect_of_today_gets_outlines_that_look_for_crossings(phone):
    """Of each client list and form agree; no other client hears of the function."""
    seen = {}
    for client in ("org.odk.collect.android/v2026.2.2 Dalvik/2.1.0", "Mozilla/5.0 Chrome/140",
                   "org.odk.collect.android/v2025.4.0 Dalvik/2.1.0"):
        asked = {"user-agent": client}
        listed = phone.get("/openrosa/formList?formID=landrelease_permit", headers=asked)
        form = phone.get("/openrosa/forms/landrelease_permit.xml", headers=asked).content
        assert texts(listed.content, "hash") == [f"md5:{hashlib.md5(form).hexdigest()}"]
        assert texts(listed.content, "version")[0].encode() in form
        seen[client] = b"intersects(.)" in form
    assert list(seen.values()) == [True, False, False]


def test_forms_for_a_reader_are_those_of_the_command(address):
    with open_registry(address) as registry:
        made = building.for_reader(registry, policy.view("public"))
    plain = sheets(FORMS["landrelease_gate"], languages.all_texts(), listed={"hazard": []})
    assert set(made) == set(FORMS) and made["landrelease_gate"].survey == plain.survey


# --- phones and programs that send as nobody should ----------------------------------------------

def parts(*pieces, end=True):
    """The body of a request from (head, content), as they are."""
    return b"".join(b"--edge\r\n" + head + b"\r\n\r\n" + content + b"\r\n"
                    for head, content in pieces) + (b"--edge--\r\n" if end else b"")


def disposition(key, name=None, kind=b"image/jpeg"):
    said = b"" if name is None else b'; filename="' + name + b'"'
    return b'Content-Disposition: form-data; name="' + key + b'"' + said + (
        b"\r\nContent-Type: " + kind)


def answers(content, name=b"a.xml"):
    return disposition(b"xml_submission_file", name, b"text/xml"), content


def post(client, body, kind="multipart/form-data; boundary=edge"):
    return client.post("/openrosa/submission", content=body, headers={"content-type": kind})


PICTURED = "<photo_1>p.jpg</photo_1>"


def test_a_part_that_was_doubled_is_taken_once_and_two_submissions_are_two(phone, address):
    one, two = item("d1", "uuid:double-0001"), item("d2", "uuid:double-0002", extra=PICTURED)
    photo = disposition(b"p.jpg", b"p.jpg"), JPEG
    assert post(phone, parts(answers(one), answers(one, b"b.xml"))).status_code == 201
    sent = post(phone, parts(answers(one), answers(two), photo, photo))
    assert "2 " not in sent.text and sent.status_code == 201
    with open_registry(address) as registry:
        assert {r.id for r in registry.records("item")} == {"item-d1", "item-d2"}
        assert not registry.quarantine("waiting") and not submissions.missing_pictures(registry)
        (picture,) = (r for r in registry.records("source")
                      if r.values.get("source_type") == "photograph")
        assert picture.values["source_label"].endswith("uuid:double-0002"), "that names it"


def test_safety_S15_a_hazard_in_a_second_submission_of_a_request_counts(phone, address):
    second = (b'<landrelease_nts id="landrelease_nts"><activity><identifier>a1</identifier>'
              b"<activity_type>NTS</activity_type><hazard><identifier>hz1</identifier>"
              b"<hazard_type>SHA</hazard_type><place>44 17 0 3; 44 17.001 0 3; 44.001 17 0 3; "
              b"44 17 0 3</place></hazard></activity><meta><instanceID>uuid:second-0001"
              b"</instanceID></meta></landrelease_nts>")
    broken = b"<landrelease_nts"
    assert post(phone, parts(answers(item("d3", "uuid:double-0003")), answers(second),
                             answers(broken))).status_code == 201
    with open_registry(address) as registry:
        waits = [e.row for e in registry.quarantine("waiting")]
        assert any(r.id == "hz1" for r in registry.records("hazard")) or any(
            r.values.get("identifier") == "hz1" for r in waits)
        kept = {registry.source_content(r.source) for r in waits}
        assert broken in kept, "what cannot be read waits as a file"


@pytest.mark.parametrize("head", [
    disposition(b"p.jpg", b"C:\\\\fakepath\\\\p.jpg"), disposition(b"photo", b"../../etc/p.jpg"),
    disposition(b"p.jpg"), disposition(b"p.jpg", b""),
    b"Content-Disposition: form-data; name=\"x\"; filename*=UTF-8''p.jpg",
    b"content-disposition:form-data;name=p.jpg;filename=p.jpg"],
    ids=["windows", "up", "no file name", "empty", "encoded", "bare"])
def test_a_photograph_is_known_by_the_last_part_of_its_name_however_it_is_stated(
        phone, address, head):
    assert post(phone, parts(answers(item("n1", "uuid:names-0001", extra=PICTURED)),
                             (head, JPEG))).status_code == 201
    with open_registry(address) as registry:
        assert not submissions.missing_pictures(registry)
        assert not registry.quarantine("waiting")


@pytest.mark.parametrize(("name", "kept"), [
    (b"n" * 3000 + b".jpg", "n" * 116 + ".jpg"), (b"a\x00\x1b[2Jb.jpg", "a[2Jb.jpg"),
    (b"\xe9t\xe9.jpg", "\u00e9t\u00e9.jpg"), ("\u0447\u043e.jpg".encode(), "\u0447\u043e.jpg"),
    (b"..", "file"), (b"a/..", "file")],
    ids=["long", "control", "latin", "utf-8", "dots", "path"])
def test_odd_names_of_photographs_are_kept_as_far_as_they_can_be_shown(phone, address, name, kept):
    assert post(phone, parts(answers(item("n2", "uuid:names-0002")),
                             (disposition(b"p", name), JPEG))).status_code == 201
    with open_registry(address) as registry:
        (picture,) = (r for r in registry.records("source")
                      if r.values.get("source_type") == "photograph")
        assert picture.values["title"] == kept
        assert registry.source_content(picture.values["sha256"]) == JPEG


def test_an_attachment_of_no_bytes_waits_and_its_photograph_is_told_missing(phone, address):
    for n in (1, 2):
        sent = post(phone, parts(answers(item(f"z{n}", f"uuid:empty-000{n}", extra=PICTURED)),
                                 (disposition(b"p.jpg", b"p.jpg"), b"")))
        assert sent.status_code == 201
    with open_registry(address) as registry:
        assert {r.id for r in registry.records("item")} == {"item-z1", "item-z2"}
        assert [m[1] for m in submissions.missing_pictures(registry)] == [
            "uuid:empty-0001", "uuid:empty-0002"]
        (finding,) = registry.quarantine("waiting")[0].row.findings
        assert finding.code == "FRM-012" and "0 bytes" in finding.problem
    post(phone, parts(answers(item("z1", "uuid:empty-0001", extra=PICTURED)),
                      (disposition(b"p.jpg", b"p.jpg"), JPEG)))
    with open_registry(address) as registry:
        assert [m[1] for m in submissions.missing_pictures(registry)] == ["uuid:empty-0002"]


@pytest.mark.parametrize("head", [b"image/png", b"text/plain", b"application/octet-stream"])
def test_the_type_of_a_photograph_is_what_it_is_not_what_it_is_called(phone, address, head):
    assert post(phone, parts(answers(item("t1", "uuid:types-0001", extra=PICTURED)), (
        disposition(b"p.jpg", b"p.jpg", head), JPEG))).status_code == 201
    with open_registry(address) as registry:
        assert not registry.quarantine("waiting") and not submissions.missing_pictures(registry)


@pytest.mark.parametrize("authorization", [
    None, "Basic " + base64.b64encode(b"one.field:wrong").decode(), "Basic %%%", "Digest x=y",
    "Basic " + base64.b64encode(b"\xff:\xfe").decode()])
def test_a_phone_that_asks_first_with_a_wrong_name_or_token_is_asked_for_them(phone, authorization):
    del phone.headers["authorization"]
    told = {} if authorization is None else {"authorization": authorization}
    answer = phone.head("/openrosa/submission", headers=told)
    assert answer.status_code == 401 and answer.headers["x-openrosa-version"] == "1.0"
    assert answer.headers["www-authenticate"].startswith("Basic realm=") and not answer.content


@pytest.mark.parametrize("code", ["fr", "es", "ru", "uk", "ar"])
def test_a_request_that_is_cut_off_is_told_in_the_language_of_the_phone(phone, code):
    """Without words of the parsers, which speak English alone."""
    phone.headers["accept-language"] = code
    whole = parts(answers(b"<landrelease_item"))
    for body, message in ((whole[:-9], SUBMISSION_CUT_OFF), (whole, FILE_XML_CUT_OFF)):
        (said,) = texts(post(phone, body).content, "message")
        told = languages.texts(code)
        problem = told(message.problem).format(file="submission.xml", line=1, column=1)
        plain = re.sub("[\u2066-\u2069]", "", said)  # isolated in Arabic
        assert problem in plain and told(message.remedy) in plain, said
        assert problem != message.problem and not re.search("token|multipart|Invalid", plain)


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=other"])
def test_a_request_that_names_no_boundary_of_its_own_or_is_cut_off_leaves_nothing(
        phone, address, kind):
    whole = parts(answers(item("c1", "uuid:cut-00001")))
    assert post(phone, whole, kind).status_code == 400
    assert post(phone, parts(answers(item("c1", "uuid:cut-00001")), end=False)).status_code == 400
    assert post(phone, whole[:-30]).status_code == 400
    with open_registry(address) as registry:
        assert not registry.records("item") and not registry.quarantine("waiting")


def test_a_submission_in_utf_16_is_read_as_any_other(phone, address):
    content = item("w1", "uuid:wide-00001").decode().replace(
        '<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16")
    assert post(phone, parts(answers(content))).status_code == 201
    with open_registry(address) as registry:
        assert [r.id for r in registry.records("item")] == ["item-w1"]


@pytest.mark.parametrize(("end", "waits"), [
    ("2026-09-02T10:00:00", False), ("2026-09-02T10:00:00+25:00", False),
    ("2026-09-02T10:00:00+18:00", False), ("2026-09-03T00:30:00", False),
    ("2010-09-02T10:00:00", True), ("2027-09-02T10:00:00+25:00", True),
    ("2026-09-04T12:00:00", True), ("0001-01-01T00:00:00+14:00", True)])
def test_an_hour_without_a_zone_that_there_is_waits_only_where_it_is_wrong_in_each(
        file, end, waits):
    take(file, item("e1", "uuid:zones-0001", end=end), at=datetime(2026, 9, 2, 12, tzinfo=UTC))
    assert [e.row.findings[0].code for e in file.quarantine("waiting")] == (
        ["FRM-018"] if waits else [])


def test_edits_that_name_each_other_or_themselves_end(phone, address):
    for own, other in (("uuid:loop-0001", "uuid:loop-0002"), ("uuid:loop-0002", "uuid:loop-0001"),
                       ("uuid:loop-0003", "uuid:loop-0003")):
        sent = post(phone, parts(answers(item("loop" + own[-1], own, replaces=other))))
        assert sent.status_code == 201
    with open_registry(address) as registry:
        assert registry.records("item") and not registry.audit()
