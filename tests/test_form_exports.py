"""Exports of ODK Central and KoboToolbox of our own forms become the records that the submissions
themselves become; an older answer changes nothing; photographs come along."""

import csv
import hashlib
import io
import json
import zipfile
from datetime import UTC, date, datetime

import openpyxl
import pytest

import form_exports as made
from landrelease import workflows
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
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


# --- tables that somebody edited -----------------------------------------------------------------

def rewritten(content, change):
    """An archive whose tables (name, rows with headings first) were changed."""
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(data, "w") as new:
        for name in old.namelist():
            rows = list(csv.reader(io.StringIO(old.read(name).decode(), newline="")))
            name, rows = change(name, rows)
            text = io.StringIO(newline="")
            csv.writer(text).writerows(rows)
            new.writestr(name, text.getvalue())
    return data.getvalue()


def resheeted(content, change):
    """The same of a workbook; a row None is taken out."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in list(book.worksheets):
        rows = [[c.value for c in r] for r in sheet.iter_rows()]
        name, rows = change(sheet.title, rows)
        at = book.worksheets.index(sheet)
        book.remove(sheet)
        again = book.create_sheet(name, at)
        for row in rows:
            again.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def without_the_first_survey(name, rows):
    return name, rows if "hazard" in name or "evidence" in name else [rows[0], *rows[2:]]


def waiting(folder, registry="r.gpkg"):
    with open_registry(folder / registry) as registry:
        return {(e.row.kind, e.row.values.get("identifier")): (
            [f.code for f in e.row.findings if f.fate == "quarantined"], e.row)
            for e in registry.quarantine()}, workflows.waiting_hazards(registry)


ORPHANS = {("hazard", "hazard-u1"), ("hazard", "hazard-u2"), ("evidence", "evidence-u1")}


@pytest.mark.parametrize("name", ["central.zip", "kobo.xlsx"])
def test_safety_S01_a_hazard_whose_submission_is_not_in_the_export_waits(surveys, tmp_path, name):
    change = {"central.zip": rewritten, "kobo.xlsx": resheeted}[name]
    reports = []
    found = taken(tmp_path, (name, change(LAYOUTS[name](*surveys), without_the_first_survey)),
                  status=reports)
    assert found.keys() == {"activity-activity-u9"}
    rows, (hazards, _) = waiting(tmp_path)
    assert rows.keys() == ORPHANS
    for codes, row in rows.values():
        assert codes == ["FRM-028"]
        (finding,) = [f for f in row.findings if f.code == "FRM-028"]
        assert row.kind == "evidence" or "hazard" in finding.problem
    # S15: the public is told of both where they lie, as wide as their record would say.
    assert len(hazards) == 2 and all(h.position_accuracy_m for h in hazards)
    # A person takes them as they are.
    with open_registry(tmp_path / "r.gpkg") as registry:
        for entry in registry.quarantine():
            assert workflows.quarantine.retry_quarantined(registry, entry.number, {}).accepted
        assert registry.ids("hazard") == {"hazard-u1", "hazard-u2"} and not registry.audit()


def test_safety_S01_a_submission_hides_no_hazard_of_another(surveys, tmp_path):
    """One hazard of two has a key that no submission has; the other comes in as before."""
    def change(name, rows):
        if name == "landrelease_nts-hazard.csv":
            rows[2][rows[0].index("PARENT_KEY")] = "uuid:gone"
        return name, rows

    found = taken(tmp_path, ("a.zip", rewritten(made.central_zip(surveys[0]), change)))
    assert "hazard-u1" in found and "hazard-u2" not in found
    rows, _ = waiting(tmp_path)
    assert rows.keys() == {("hazard", "hazard-u2")}


@pytest.mark.parametrize("called", [
    "landrelease_nts-hazard (1).csv", "hazard.csv", "landrelease_nts-Hazardous area.csv",
    "areas.csv", "landrelease_nts-hazard.tsv", "Landrelease_nts-hazard - Copy.csv"])
def test_a_table_of_an_archive_is_known_under_other_names(surveys, tmp_path, called):
    wanted = taken(tmp_path, ("a.zip", made.central_zip(*surveys)), registry="as-written.gpkg")
    same(wanted, taken(tmp_path, ("b.zip", rewritten(made.central_zip(*surveys), lambda n, rows: (
        called if n == "landrelease_nts-hazard.csv" else n, rows)))))


@pytest.mark.parametrize("called", ["Hazardous area", "hazard (2)", "Sheet 2", "zone dangereuse"])
def test_a_sheet_of_a_workbook_is_known_under_other_names(surveys, tmp_path, called):
    wanted = taken(tmp_path, ("a.xlsx", made.kobo_xlsx(*surveys)), registry="as-written.gpkg")
    assert len(wanted) == 5
    def change(name, rows):
        if name == "evidence":  # the program says the name of the table as it is called
            at = rows[0].index("_parent_table_name")
            rows = [[called if v == "hazard" and n == at else v for n, v in enumerate(r)]
                    for r in rows]
        return called if name == "hazard" else name, rows

    same(wanted, taken(tmp_path, ("b.xlsx", resheeted(made.kobo_xlsx(*surveys), change))))


def test_sheets_may_stand_in_another_order_or_be_hidden(surveys, tmp_path):
    wanted = taken(tmp_path, ("a.xlsx", made.kobo_xlsx(*surveys)), registry="as-written.gpkg")
    book = openpyxl.load_workbook(io.BytesIO(made.kobo_xlsx(*surveys)))
    book.move_sheet("hazard", -1)
    book["evidence"].sheet_state = "hidden"
    book.save(tmp_path / "b.xlsx")
    same(wanted, taken(tmp_path, ("b.xlsx", (tmp_path / "b.xlsx").read_bytes())))


@pytest.mark.parametrize(("name", "heading"), [
    ("central.zip", "PARENT_KEY"), ("kobo.xlsx", "_parent_index")])
def test_safety_S01_hazards_without_the_column_of_their_submission_wait(surveys, tmp_path, name,
                                                                        heading):
    def change(called, rows):
        if "hazard" in called:
            rows[0] = ["parent" if h == heading else h for h in rows[0]]
        return called, rows

    edit = {"central.zip": rewritten, "kobo.xlsx": resheeted}[name]
    found = taken(tmp_path, (name, edit(LAYOUTS[name](*surveys), change)))
    assert found.keys() == {"activity-activity-u1", "activity-activity-u9"}
    rows, (hazards, _) = waiting(tmp_path)
    assert rows.keys() == ORPHANS and len(hazards) == 2
    assert all(codes == ["FRM-028"] for codes, _ in rows.values())


@pytest.mark.parametrize(("name", "extra", "content"), [
    ("central.zip", "areas of 2019.csv", b"area,place\nMill field,44.1 17.5 0 0\n"),
    ("central.zip", "landrelease_nts-hazard (1).csv",
     b"identifier,place,KEY,PARENT_KEY\nhazard-u7,44.1 17.5 0 0,uuid:1/x,uuid:1\n"),
    ("central.zip", "landrelease_item.csv", b"KEY,item-identifier\nuuid:5,item-5\n"),
    ("central.zip", "areas.geojson", b"{}"),
    ("central.zip", "landrelease_nts-outcome.csv", b"KEY,PARENT_KEY\nuuid:1/x,uuid:1\n"),
    ("kobo.xlsx", "areas of 2019", [["area", "place"], ["Mill field", "44.1 17.5 0 0"]]),
    ("kobo.xlsx", "hazard (2)", [["activity/hazard/identifier", "_parent_index"],
                                 ["hazard-u7", 1]]),
    ("kobo.json", "activity/danger", [{"activity/danger/place": "44.1 17.5 0 0"}])])
def test_safety_S01_a_table_that_no_part_of_the_form_took_refuses_the_file(
        surveys, tmp_path, name, extra, content):
    path = tmp_path / name
    path.write_bytes(LAYOUTS[name](*surveys))
    if name == "central.zip":
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("notes.txt", "taken on Monday\n")  # no table
            archive.writestr("media/list.csv", "a,b\n1,2\n")  # attached
            archive.writestr(extra, content)
    elif name == "kobo.xlsx":
        book = openpyxl.load_workbook(path)
        sheet = book.create_sheet(extra)
        for row in content:
            sheet.append(row)
        book.create_sheet("empty")
        book.save(path)
    else:
        document = json.loads(path.read_bytes())
        for row in document["results"]:
            row["_xform_id_string"] = "landrelease_nts"
        document["results"][0][extra] = content
        path.write_text(json.dumps(document))
    with pytest.raises(LandReleaseError, match="FIL-049") as raised:
        taken(tmp_path, (name, path.read_bytes()))
    assert repr(extra)[1:-1] in str(raised.value)


def test_an_export_without_the_tables_of_its_repeats_says_so(surveys, tmp_path):
    reports = []
    taken(tmp_path, ("a.zip", rewritten(made.central_zip(*surveys), lambda n, rows: (
        n, rows))), status=reports)
    assert not any(f.code == "FIL-050" for r in reports for f in r.findings)
    with zipfile.ZipFile(io.BytesIO(made.central_zip(*surveys))) as archive:
        alone = archive.read("landrelease_nts.csv")
    document = json.loads(made.central_json(*surveys))
    for row in document["value"]:
        row["activity"].pop("hazard", None)
    for name, content in (("landrelease_nts.csv", alone),
                          ("b.json", json.dumps(document).encode())):
        reports = []
        taken(tmp_path, (name, content), registry=f"{name}.gpkg", status=reports)
        (found,) = [f for r in reports for f in r.findings if f.code == "FIL-050"]
        assert "hazard" in found.problem


def found_items(xforms, count=3):
    return [filled(xforms["landrelease_item"], {
        "item/identifier": f"item-u{n}", "item/ordnance_category": "ap_mine",
        "item/quantity": str(n), "item/found_on": "2026-09-01", "item/place": "44.1 17.5 0 4"},
        f"uuid:{n}") for n in range(1, count + 1)]


def lone(content, change):
    """The table of the form alone, as rows with headings first, changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = [n for n in archive.namelist() if "-" not in n]
        rows = list(csv.DictReader(io.StringIO(archive.read(name).decode(), newline="")))
    for number, row in enumerate(rows):
        change(number, row)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@pytest.mark.parametrize("name", ["landrelease_item.csv", "landrelease_item (1).csv", "other.csv"])
@pytest.mark.parametrize("headings", [("KEY", "meta-instanceID"), ("item-identifier",)])
def test_safety_S01_one_row_without_its_key_keeps_its_answers_and_those_of_others(
        xforms, tmp_path, name, headings):
    items = found_items(xforms)
    before = taken(tmp_path, ("landrelease_item.csv", lone(
        made.central_zip(items[0]), lambda n, row: None)))

    def change(number, row):
        for heading in headings:
            if number == 2:
                row[heading] = ""

    found = taken(tmp_path, (name, lone(made.central_zip(*items), change)))
    assert before.keys() < found.keys() == {"item-item-u1", "item-item-u2"}
    assert found["item-item-u2"].values["quantity"] == 2
    assert found["item-item-u2"].values["ordnance_category"] == "ap_mine"
    with open_registry(tmp_path / "r.gpkg") as registry:
        (entry,) = registry.quarantine()
        assert [f.code for f in entry.row.findings if f.fate == "quarantined"] == [
            "FRM-011" if "KEY" in headings else "FRM-029"]
        assert entry.row.values["quantity"] == "3" and entry.row.geometry_wkt
        assert workflows.quarantine.retry_quarantined(registry, entry.number, {}).accepted
        assert len(registry.records("item")) == 3 and not registry.audit()


def test_safety_S01_all_rows_without_a_key_wait(xforms, tmp_path):
    def change(number, row):
        for heading in [h for h in row if h == "KEY" or "instance" in h or "ubmission" in h]:
            del row[heading]

    assert not taken(tmp_path, ("landrelease_item.csv", lone(
        made.central_zip(*found_items(xforms, 2)), change)))
    rows, _ = waiting(tmp_path)
    assert {codes[0] for codes, _ in rows.values()} == {"FRM-011"} and len(rows) == 2


def test_a_table_of_the_office_under_the_name_of_a_form_is_read_as_before(tmp_path):
    (tmp_path / "landrelease_item.csv").write_text(
        "identifier,ordnance_category,latitude,longitude\nI-1,ap_mine,44.1,17.5\n")
    assert readers.read(tmp_path / "landrelease_item.csv").columns == (
        "identifier", "ordnance_category", "latitude", "longitude")


@pytest.mark.parametrize("name", ["central.zip", "kobo.xlsx"])
def test_safety_S01_a_survey_without_its_key_keeps_its_hazards(surveys, tmp_path, name):
    def change(called, rows):
        if "hazard" not in called and "evidence" not in called:
            keys = [n for n, h in enumerate(rows[0])
                    if h in ("KEY", "meta-instanceID", "_uuid", "meta/instanceID")]
            rows[1] = ["" if n in keys else cell for n, cell in enumerate(rows[1])]
        return called, rows

    edit = {"central.zip": rewritten, "kobo.xlsx": resheeted}[name]
    called = {"central.zip": name, "kobo.xlsx": "landrelease_nts.xlsx"}[name]
    found = taken(tmp_path, (called, edit(LAYOUTS[name](*surveys), change)))
    assert found.keys() == {"activity-activity-u9"}
    rows, (hazards, _) = waiting(tmp_path)
    assert rows.keys() == {("activity", "activity-u1"), *ORPHANS} and len(hazards) == 2
    assert rows["activity", "activity-u1"][0] == ["FRM-011"]


def test_safety_S01_an_export_without_any_row_of_its_form_keeps_its_hazards(surveys, tmp_path):
    assert not taken(tmp_path, ("a.zip", rewritten(made.central_zip(*surveys), lambda n, rows: (
        n, rows[:1] if n == "landrelease_nts.csv" else rows))))
    rows, (hazards, _) = waiting(tmp_path)
    assert rows.keys() == ORPHANS and len(hazards) == 2
