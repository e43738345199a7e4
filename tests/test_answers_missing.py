"""S15, S04: a submission of which answers are missing or cannot be read hides no danger."""

import re

import pytest

import form_exports as made
from landrelease import workflows
from landrelease.errors import PLACE_COLUMNS_MISSING, LandReleaseError
from landrelease.records.forms import FORMS
from landrelease.workflows import quarantine
from test_openrosa import FAR, INSIDE, SHAPE, A, B, drawn, file, survey, take, told

__all__ = ["file"]


# --- an area without answers of its own ----------------------------------------------------------

def bare(content):
    """Of the area only what the form itself says, and its evidence."""
    return re.sub(rb"<status>open</status>.*?</place>", b"<status>open</status>", content,
                  flags=re.S).replace(b"indirect", b"direct")


@pytest.mark.parametrize("layout", [
    None, made.central_zip, made.central_json, made.kobo_xlsx, made.kobo_json])
def test_safety_S15_an_area_without_answers_waits_where_evidence_hangs_on_it(
        file, tmp_path, layout):
    content = bare(survey(A, 1))
    if layout is None:
        take(file, content)
    else:
        name = tmp_path / {made.central_zip: "a.zip", made.kobo_xlsx: "a.xlsx"}.get(
            layout, "a.json")
        name.write_bytes(layout(content))
        workflows.imports.import_files(file, [name])
    (row,) = [e.row for e in file.quarantine() if e.row.kind == "hazard"]
    assert row.values["identifier"] == "hazard-1"
    assert {f.code for f in row.findings if f.fate == "quarantined"} >= {"GEO-007"}
    assert workflows.waiting_hazards(file) == ((), True)
    assert told(file, FAR) == ("no_information", ("unplaced",))
    (evidence,) = [*file.records("evidence"), *(
        e.row for e in file.quarantine() if e.row.kind == "evidence")]
    assert evidence.values["hazard"] == "hazard-1"


def test_an_area_that_was_opened_and_left_empty_is_none(file):
    empty = re.sub(rb"<evidence>.*?</evidence>", b"", bare(survey(A, 1)), flags=re.S)
    take(file, empty)
    assert not file.quarantine() and not file.records("hazard") and file.records("activity")
    assert told(file, FAR) == ("no_information", ())


# --- answers that nobody here can read -----------------------------------------------------------

def encrypted(form, instance):
    """As ODK Collect sends a form that has a public key (ODK encrypted forms)."""
    return f"""<data id="{form}" version="1" encrypted="yes"
      xmlns="http://www.opendatakit.org/xforms/encrypted">
      <base64EncryptedKey>cHJpdmF0ZQ==</base64EncryptedKey>
      <orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>{instance}</orx:instanceID>
      </orx:meta><media><file>1.jpg.enc</file></media>
      <encryptedXmlFile>submission.xml.enc</encryptedXmlFile>
      <base64EncryptedElementSignature>c2lnbmVk</base64EncryptedElementSignature></data>""".encode()


def test_safety_S15_of_an_encrypted_survey_the_public_is_told_of_hazards_without_a_place(file):
    take(file, encrypted("landrelease_nts", A),
         files={"submission.xml.enc": b"\x00sealed", "1.jpg.enc": b"\x00sealed"})
    rows = {e.row.file: e for e in file.quarantine()}
    assert {e.row.kind for e in rows.values()} == {"source"} and len(rows) == 3
    assert told(file, FAR) == ("no_information", ("unplaced",))
    assert workflows.waiting_hazards(file) == ((), True)
    (whole,) = [e for e in rows.values() if quarantine.waits_whole(e.row)]
    quarantine.reject_quarantined(file, whole.number, "it was typed in from the paper")
    assert told(file, FAR) == ("no_information", ())


def test_an_encrypted_report_of_another_form_says_nothing_of_hazards(file):
    take(file, encrypted("landrelease_gate", A), encrypted("landrelease_item", B))
    assert workflows.waiting_hazards(file) == ((), False)
    assert [what for _, what in workflows.waiting_rows.waiting_finds(file)] == ["item"]


def test_a_survey_that_waits_whole_and_can_be_read_says_what_it_says(file, monkeypatch):
    def refuse(*_, **__):
        raise LandReleaseError(PLACE_COLUMNS_MISSING, file="x.xml", found="identifier")

    monkeypatch.setattr(workflows.imports, "import_files", refuse)
    take(file, survey(A))  # no area
    assert workflows.waiting_hazards(file) == ((), False)
    take(file, drawn(SHAPE).replace(A.encode(), B.encode()))
    assert workflows.waiting_hazards(file) == ((), True)


# --- an accuracy that nobody can read ------------------------------------------------------------

UNREAD = ["Infinity", "-5", "abc", "1e999", "5.0.0", "-Infinity"]


@pytest.mark.parametrize("said", UNREAD)
@pytest.mark.parametrize("corner", ["17.5 0 3; 44.1", "17.501 0 3; 44.101"])
def test_safety_S04_a_hazard_whose_accuracy_nobody_can_read_waits_and_is_told_of(
        file, said, corner):
    """One rule for what a receiver and what a person says (docs/public.md): it counts where it
    lies, and every answer says that it may lie elsewhere."""
    take(file, drawn(SHAPE.replace(corner, corner.replace(" 3;", f" {said};"))))
    (entry,) = file.quarantine()
    assert entry.row.kind == "hazard" and not file.records("hazard")
    (finding,) = [f for f in entry.row.findings if f.fate == "quarantined"]
    assert (finding.code, finding.field) == ("ROW-001", "place-Accuracy")
    assert told(file, INSIDE)[0] == "hazardous" and told(file, FAR) == (
        "no_information", ("unplaced",))
    assert quarantine.retry_quarantined(file, entry.number, {}).quarantined
    assert quarantine.retry_quarantined(file, entry.number, {"place-Accuracy": "20,5"}).accepted
    (area,) = file.records("hazard")
    assert area.values["position_accuracy_m"] == pytest.approx(20.5 * 2.146 / 1.51, abs=0.01)
    assert told(file, FAR) == ("no_information", ())


@pytest.mark.parametrize("form", ["landrelease_item", "landrelease_accident",
                                  "landrelease_community"])
@pytest.mark.parametrize("said", ["Infinity", "-5", "abc"])
def test_safety_S04_so_does_a_find_an_accident_and_a_report(file, form, said):
    kind = FORMS[form].part.kind
    own = {"item": "<ordnance_category>ap_mine</ordnance_category><quantity>1</quantity>",
           "accident": "<accident_class>accident</accident_class>"
                       "<information_date>2026-05-04</information_date>",
           "complaint": "<complaint_type>suspected_ordnance</complaint_type>"}[kind]
    take(file, f"""<{form} id="{form}"><{kind}><identifier>{kind}-1</identifier>{own}
      <place>44.1 17.5 0 {said}</place></{kind}>
      <meta><instanceID>{A}</instanceID></meta></{form}>""".encode())
    (entry,) = file.quarantine()
    assert entry.row.kind == kind and not file.records(kind)
    assert "ROW-001" in {f.code for f in entry.row.findings if f.fate == "quarantined"}
    (row,) = workflows.waiting_rows.waiting_rows(file, (kind,))
    assert row.place is not None and not row.known


@pytest.mark.parametrize("said", ["0", "NaN", "-", "", "unknown"])
def test_what_says_that_no_accuracy_is_known_keeps_no_hazard_back(file, said):
    take(file, drawn(SHAPE.replace(" 0 3", f" 0 {said}")))
    (area,) = file.records("hazard")
    assert not file.quarantine() and "position_accuracy_m" not in area.values


@pytest.mark.parametrize("waits", [False, True])
def test_safety_S04_a_decimal_comma_says_the_same_before_and_after_a_row_is_accepted(file, waits):
    content = drawn(SHAPE.replace(" 0 3", " 0 5000,0"))
    take(file, content.replace(b"SHA", b"rumour") if waits else content)
    found = [*file.records("hazard"), *workflows.waiting_hazards(file)[0]]
    assert len(found) == 1 and waits == bool(file.quarantine())
    off = found[0].position_accuracy_m if waits else found[0].values["position_accuracy_m"]
    assert off == pytest.approx(5000 * 2.146 / 1.51, abs=0.01)
    assert not workflows.waiting_hazards(file)[1]


@pytest.mark.parametrize("said", ["abc", "-5"])
def test_safety_S04_an_export_of_another_form_says_it_in_a_column_of_its_own(file, tmp_path, said):
    (tmp_path / "items.csv").write_text(
        "KEY,ordnance_category,quantity,where-Latitude,where-Longitude,where-Accuracy\n"
        f"uuid:1,ap_mine,1,44.123456,17.523456,{said}\n"
        "uuid:2,ap_mine,1,44.223456,17.523456,4\n")
    workflows.imports.import_files(file, [tmp_path / "items.csv"], kind="item")
    assert len(file.records("item")) == 1
    (row,) = workflows.waiting_rows.waiting_rows(file, ("item",))
    assert not row.known and row.place.x == 17.523456


def test_safety_S04_a_submission_that_waits_whole_says_no_accuracy_either():
    off, known = workflows.waiting_rows.answered_off({"/item/place": "44.1 17.5 0 5000,0"})
    assert (off, known) == (pytest.approx(5000 * 2.146 / 1.51, abs=0.01), True)
    for said in UNREAD:
        assert not workflows.waiting_rows.answered_off({"/item/place": f"44.1 17.5 0 {said}"})[1]
