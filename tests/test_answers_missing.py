"""S15: a submission of which answers are missing or cannot be read hides no danger."""

import re

import pytest

import form_exports as made
from landrelease import workflows
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
