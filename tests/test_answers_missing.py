"""S15: a submission of which answers are missing or cannot be read hides no danger."""

import re

import pytest

import form_exports as made
from landrelease import workflows
from landrelease.errors import PLACE_COLUMNS_MISSING, LandReleaseError
from landrelease.workflows import quarantine
from test_openrosa import FAR, SHAPE, A, B, drawn, file, survey, take, told

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
