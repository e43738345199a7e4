"""Exports of ODK Central and KoboToolbox of our own forms become the records that the submissions
themselves become; an older answer changes nothing; photographs come along."""

import hashlib
import io
import zipfile
from datetime import UTC, date, datetime

import pytest

import form_exports as made
from landrelease.core.revision import Revision
from landrelease.records import readers
from landrelease.records.forms import FORMS, sheets
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import forms as building
from landrelease.workflows import imports
from test_forms import GROUND, HAZARDS, NTS, SITE, filled

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 20
LAYOUTS = {"central.zip": made.central_zip, "central.json": made.central_json,
           "kobo.xlsx": made.kobo_xlsx, "kobo.json": made.kobo_json}


@pytest.fixture(scope="module")
def xforms():
    return {name: building.to_xform(form, building.workbook(sheets(form)))
            for name, form in FORMS.items()}


@pytest.fixture(scope="module")
def surveys(xforms):
    """Two surveys: one with two areas, of which the first has evidence; one without any."""
    south = [{"identifier": "hazard-u2", "status": "open", "information_date": "2026-09-01",
              "hazard_type": "SHA", "place": GROUND.replace("44.1", "44.2")}]
    first = filled(xforms["landrelease_nts"], {**NTS, "start": "2026-09-01T08:00:00.000+02:00"},
                   "uuid:1", repeats={"activity/hazard": HAZARDS + south})
    second = filled(xforms["landrelease_nts"], {
        **NTS, "activity/identifier": "activity-u9", "activity/teams": "team-c",
        "activity/description": "Nothing, \"really\"; nothing", "activity/place":
        "44.3051 17.5051 0 0"}, "uuid:2", repeats={"activity/hazard": []})
    return first, second


def taken(folder, *contents, registry="r.gpkg", status=None):
    """Import files (name, content); all records by id."""
    path = folder / registry
    if not path.exists():
        create_registry(path, office="Test").close()
    with open_registry(path) as registry:
        for name, content in contents:
            (folder / name).write_bytes(content)
            reports = imports.import_files(registry, [folder / name], today=date(2026, 9, 2))
            if status is not None:
                status += reports
        return {r.id: r for kind in registry.kinds for r in registry.records(kind)
                if kind != "source"}


def same(one, other):
    assert one.keys() == other.keys()
    for name, record in one.items():
        shape, again = record.geometry, other[name].geometry
        assert record.values == other[name].values, name
        assert (shape is None) == (again is None)
        assert shape is None or shape.equals_exact(again, 1e-9), name


@pytest.mark.parametrize("name", LAYOUTS)
def test_an_export_becomes_what_its_submissions_become(surveys, tmp_path, name):
    wanted = taken(tmp_path, ("1.xml", surveys[0]), ("2.xml", surveys[1]), registry="xml.gpkg")
    assert len(wanted) == 5  # two surveys, two areas, one piece of evidence
    reports = []
    found = taken(tmp_path, (name, LAYOUTS[name](*surveys)), status=reports)
    same(wanted, found)
    assert found["evidence-evidence-u1"].values["hazard"] == "hazard-u1"
    assert found["activity-activity-u1"].values["teams"] == ["team-a", "team-b"]
    assert {r.kind for r in reports} == {"activity", "hazard", "evidence"}
    assert all(any(f.code == "FIL-047" for f in r.findings) for r in reports)
    # The submissions themselves, by phone or as files, bring nothing after it.
    again = []
    same(found, taken(tmp_path, ("1.xml", surveys[0]), (f"again-{name}", LAYOUTS[name](
        surveys[1], surveys[0])), status=again))
    assert sum(r.accepted + r.quarantined for r in again) == 0


@pytest.mark.parametrize(("form", "kind", "answers", "wanted"), SITE, ids=[s[0] for s in SITE])
@pytest.mark.parametrize("name", LAYOUTS)
def test_every_form_comes_in_from_every_layout(xforms, tmp_path, form, kind, answers, wanted, name):
    content = filled(xforms[form], {f"{kind}/{k}": v for k, v in answers.items()}
                     | {f"{kind}/identifier": f"{kind}-u1"})
    (record,) = taken(tmp_path, (name, LAYOUTS[name](content))).values()
    assert record.kind == kind and wanted.items() <= record.values.items(), record.values
    assert (record.geometry is not None) == ("place" in answers)


def test_the_progress_of_a_day_with_ground_and_items(xforms, tmp_path):
    content = filled(xforms["landrelease_progress"], {
        "activity/identifier": "activity-u5", "activity/activity_type": "clearance",
        "activity/information_date": "2026-09-01", "activity/organisation": "Operator A",
        "activity/operational_method": "manual", "activity/place": "44.105 17.505 0 4"},
        repeats={"activity/outcome": [{"identifier": "outcome-u5", "outcome_type": "searched",
                                       "place": GROUND}],
                 "activity/item": [{"identifier": f"item-u{n}", "ordnance_category": "ap_mine",
                                    "quantity": str(n), "place": f"44.10{n} 17.50{n} 0 3"}
                                   for n in (1, 2, 3)]})
    wanted = taken(tmp_path, ("1.xml", content), registry="xml.gpkg")
    assert [r.kind for r in wanted.values()].count("item") == 3
    for name, layout in LAYOUTS.items():
        same(wanted, taken(tmp_path, (name, layout(content)), registry=f"{name}.gpkg"))


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_report_of_clearance_that_was_edited_is_a_new_revision(xforms, tmp_path, name):
    """That the survey's form says NTS of its own activities holds nothing of the day's work."""
    said = {"activity/identifier": "activity-u5", "activity/activity_type": "clearance",
            "activity/information_date": "2026-09-01", "activity/organisation": "Operator A",
            "activity/operational_method": "manual", "activity/place": "44.105 17.505 0 4"}
    for hours in ("6", "7"):
        content = filled(xforms["landrelease_progress"], {**said, "activity/hours": hours})
        found = taken(tmp_path, (f"{hours}-{name}", LAYOUTS[name](content)))
    assert found["activity-activity-u5"].values["hours"] == 7
    with open_registry(tmp_path / "r.gpkg") as registry:
        assert not registry.quarantine() and len(registry.history("activity-activity-u5")) == 2


def test_groups_may_be_left_out_and_one_table_may_come_alone(surveys, tmp_path):
    wanted = taken(tmp_path, ("1.xml", surveys[0]), registry="xml.gpkg")
    bare = made.central_zip(surveys[0], groups=False)
    same(wanted, taken(tmp_path, ("a.zip", bare)))
    same(wanted, taken(tmp_path, ("landrelease_nts.xlsx", made.kobo_xlsx(
        surveys[0], groups=False)), registry="k.gpkg"))
    (table,) = [zipfile.ZipFile(io.BytesIO(made.central_zip(surveys[0]))).read(
        "landrelease_nts.csv")]
    alone = taken(tmp_path, ("landrelease_nts.csv", table), registry="one.gpkg")
    assert alone.keys() == {"activity-activity-u1"}
    assert alone["activity-activity-u1"].geometry.x == 17.505


def test_the_accuracy_of_a_place_widens_it_as_in_the_submission(surveys, tmp_path):
    for name, layout in LAYOUTS.items():
        path = tmp_path / name
        path.write_bytes(layout(surveys[0]))
        table = readers.read(path, layer="hazard")
        assert table.cells["place-Accuracy"][0] == 5.5, name


def test_safety_S01_an_older_answer_changes_nothing_that_was_put_right_since(surveys, tmp_path):
    """Each export holds all submissions so far: what the office mended must not come back."""
    export = made.central_zip(surveys[0])
    taken(tmp_path, ("a.zip", export))
    with open_registry(tmp_path / "r.gpkg") as registry:
        (hazard,) = [r for r in registry.records("hazard") if r.id == "hazard-u1"]
        registry.append([Revision(
            "hazard", hazard.id, {**hazard.values, "name": "Mill field"}, hazard.geometry,
            datetime.now(UTC), registry.author("Ana"), "the name was wrong", "",
            hazard.valid_from)])
    reports = []
    found = taken(tmp_path, ("b.zip", made.central_zip(*surveys)), status=reports)
    assert found["hazard-u1"].values["name"] == "Mill field"
    (report,) = [r for r in reports if r.kind == "hazard"]
    assert (report.accepted, report.merged, report.quarantined) == (0, 2, 0)
    assert [f.code for f in report.findings if f.row == 1] == ["FRM-019"]
    assert "activity-activity-u9" in found  # what is new came in
    # Edited on the phone after somebody here changed it: a person decides.
    edited = surveys[0].replace(b"North field", b"Upper field")
    reports = []
    found = taken(tmp_path, ("c.zip", made.central_zip(edited)), status=reports)
    assert found["hazard-u1"].values["name"] == "Mill field"
    (report,) = [r for r in reports if r.kind == "hazard"]
    assert report.quarantined == 1 and any(f.code == "FRM-020" for f in report.findings)
    # Edited where nobody changed it: the edit holds.
    edited = surveys[0].replace(b"detonation", b"verbal_report")
    assert edited != surveys[0]
    found = taken(tmp_path, ("d.zip", made.central_zip(edited)))
    assert found["evidence-evidence-u1"].values["evidence_kind"] == "verbal_report"


def test_photographs_of_an_export_are_kept_with_their_records(surveys, tmp_path):
    with_photos = surveys[0].replace(b"<photo_1 />", b"<photo_1>1.jpg</photo_1>").replace(
        b"<photo_2 />", b"<photo_2>2.jpg</photo_2>").replace(
        b"<photo_3 />", b"<photo_3>gone.jpg</photo_3>")
    assert with_photos.count(b".jpg") == 3
    export = made.central_zip(with_photos, surveys[1], media={
        "1.jpg": JPEG, "2.jpg": b"MZ no picture", "of another.jpg": JPEG + b"1"})
    for name in ("a.zip", "b.zip"):
        taken(tmp_path, (name, export))  # the second time nothing is new
    with open_registry(tmp_path / "r.gpkg") as registry:
        (source,) = registry.records("source")
        assert source.values["sha256"] == hashlib.sha256(JPEG).hexdigest()
        assert set(source.values["came_with"].split()) == {
            "activity-activity-u1", "hazard-u1", "hazard-u2", "evidence-evidence-u1"}
        assert registry.source_content(source.values["sha256"]) == JPEG
        (waits,) = registry.quarantine()
        assert (waits.row.file, waits.row.findings[0].code) == ("2.jpg", "FRM-012")
        assert not registry.audit()


@pytest.mark.parametrize("content", [
    b"KEY,activity-identifier\nuuid:1,17\n",  # an identifier that no form of ours makes
    b"activity-identifier,name\nactivity-1,x\n",  # no submission
    b"KEY,visit-identifier\nuuid:1,visit-1\n"])
def test_exports_of_other_forms_are_read_as_before(tmp_path, content):
    path = tmp_path / "other.csv"
    path.write_bytes(content)
    assert readers.read(path).columns == tuple(content.decode().splitlines()[0].split(","))
