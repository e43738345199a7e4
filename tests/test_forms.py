"""Forms: what is asked, in six languages, valid for pyxform and ODK Validate; submissions in."""

import io
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from landrelease.access import policy
from landrelease.apps.cli import app
from landrelease.core.kinds import KINDS
from landrelease.errors import LandReleaseError
from landrelease.records import readers
from landrelease.records.forms import FORMS, sheets
from landrelease.records.forms.catalogue import DO_NOT_TOUCH, PHOTO_OPTIONAL
from landrelease.records.forms.xlsform import _PLACE_RULES, is_new_collect, texts_of
from landrelease.store.open import open_registry
from landrelease.workflows import forms as building
from landrelease.workflows import languages, public_words

ROOT = Path(__file__).parent.parent
GROUND = ("44.10 17.50 0 4.0;44.10 17.51 0 5.5;44.11 17.51 0 4.0;44.11 17.50 0 4.0;"
          "44.10 17.50 0 4.0")


@pytest.fixture(scope="session")
def xforms():
    """Form -> the XForm that a phone gets, all languages in it."""
    texts = languages.all_texts()
    return {name: building.to_xform(form, building.workbook(sheets(form, texts)))
            for name, form in FORMS.items()}


@pytest.fixture(scope="session")
def collect_xforms():
    """The same for ODK Collect of today."""
    texts = languages.all_texts()
    return {name: building.to_xform(form, building.workbook(sheets(form, texts, collect=True)))
            for name, form in FORMS.items()}


def instance(xform):
    root = ElementTree.fromstring(xform)
    return next(iter(next(e for e in root.iter() if e.tag.endswith("}instance"))))


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def filled(xform, answers, uuid="uuid:1", repeats=None, replaces=""):
    """A submission: the form's own empty instance with answers by path; `replaces`: the one of
    which it is an edit."""
    data = instance(xform)

    def at(element, path):
        for name in path.split("/"):
            element = next(e for e in element if local(e) == name)
        return element

    for path, value in answers.items():
        at(data, path).text = value
    for path, rows in (repeats or {}).items():
        parent_path, _, name = path.rpartition("/")
        parent = at(data, parent_path)
        empty = [e for e in parent if local(e) == name]
        pattern = ElementTree.tostring(empty[-1])
        for e in empty:
            parent.remove(e)
        for row in rows:
            made = ElementTree.fromstring(pattern)
            for inner, value in row.items():
                at(made, inner).text = value
            parent.append(made)
    at(data, "meta/instanceID").text = uuid
    if replaces:
        meta = at(data, "meta")
        old = ElementTree.SubElement(meta, at(meta, "instanceID").tag.replace(
            "instanceID", "deprecatedID"))
        old.text = replaces
    return ElementTree.tostring(data)


def run(*words):
    result = CliRunner().invoke(app, [str(w) for w in words])
    error = result.exception
    if isinstance(error, LandReleaseError):  # what `main` says of it
        return 2, str(error)
    return result.exit_code, result.output


# --- what is asked -------------------------------------------------------------------------------

@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_every_question_is_a_field_of_its_kind_and_none_is_personal(form):
    """S17: a phone never asks for a name; a field that there is not cannot be filled."""
    for part in form.part.walk():
        kind = KINDS[part.kind]
        for name, words in part.only.items():
            assert name in part.asks and set(words) < set(kind.field(name).choices)
        for name in (*part.asks, *part.fixed, *part.words, *part.needed, *part.when):
            assert not kind.field(name).personal, (form.id, name)
        assert set(part.needed) <= set(part.asks)
        for name, value in part.fixed.items():
            assert value in kind.field(name).choices
            assert value not in dict(kind.decisions).get(name, ()), "no form decides (S09)"
        if part.link:
            assert kind.field(part.link).type == "reference"
        required = {f.name for f in kind.fields if f.required}
        assert required <= {*part.needed, *part.fixed}


def test_what_is_dangerous_can_be_sent_from_a_rough_place_in_every_form():
    """docs/forms.md: where satellites are jammed, finds, accidents and reports are sent still; the
    place of the work itself is refused at 100 m or worse."""
    seen = set()
    for form in FORMS.values():
        parts = {p.kind: p for p in form.part.walk()}
        inside = [""]
        for row in sheets(form).survey:
            if row["type"].startswith("begin"):
                inside.append(row["name"])
            elif row["type"].startswith("end"):
                inside.pop()
            elif row["type"] == "geopoint":
                rough = inside[-1] in ("item", "accident", "complaint")
                assert ("constraint" not in row) == rough == parts[inside[-1]].place_rough, (
                    form.id, inside)
                seen.add((form.id, inside[-1]))
    assert {("landrelease_progress", "item"), ("landrelease_progress", "activity"),
            ("landrelease_item", "item"), ("landrelease_accident", "accident"),
            ("landrelease_community", "complaint")} <= seen


def test_all_reports_that_the_standards_ask_for_have_a_form():
    kinds = {form.part.kind for form in FORMS.values()}
    assert {"activity", "gate", "item", "accident", "inspection", "handover", "complaint",
            "session", "marking", "environment", "permit"} == kinds
    assert {p.kind for f in FORMS.values() for p in f.part.walk()} >= {"hazard", "evidence",
                                                                      "outcome"}


def test_safety_S18_a_form_for_the_public_starts_with_do_not_approach(xforms):
    public = [f for f in FORMS.values() if f.public]
    assert public
    for form in public:
        for synthetic in (False, True):
            made = sheets(form, languages.all_texts(), synthetic=synthetic)
            shown = [r for r in made.survey if any(h.startswith("label::") for h in r)]
            first = shown[0]
            for texts in languages.all_texts():
                label = first[f"label::{texts.name} ({texts.code})"]
                assert label == texts(DO_NOT_TOUCH) and label
        photos = [r for r in made.survey if r["type"] == "image"]
        assert photos and all("required" not in r for r in photos)
        assert all(r["hint::English (en)"] == PHOTO_OPTIONAL for r in photos)


def test_safety_S18_a_language_that_nobody_reviewed_says_so():
    for texts in languages.all_texts():
        made = sheets(FORMS["landrelease_community"], (languages.texts("en"), texts)
                      if texts.code != "en" else (texts,))
        notes = [r for r in made.survey if r["name"] == "note_language"]
        if texts.reviewed:
            assert not notes
        else:
            (note,) = notes
            said = note[f"label::{texts.name} ({texts.code})"]
            assert "No native speaker has reviewed" in said and said != note["label::English (en)"]


def test_safety_S19_a_form_of_a_synthetic_registry_says_so():
    for form in FORMS.values():
        made = sheets(form, synthetic=True)
        assert "SYNTHETIC" in made.settings[0]["form_title"]
        assert any(r["type"] == "note" and r["label::English (en)"].startswith("SYNTHETIC")
                   for r in made.survey)
        assert "SYNTHETIC" not in str(sheets(form).survey)


def test_no_text_of_a_form_is_left_out_in_any_language():
    for texts in languages.all_texts():
        if texts.code == "en":
            continue
        for form in FORMS.values():
            missing = [t for t in texts_of(form) if not texts.words.get(t)]
            assert not missing, (texts.code, missing)
        missing = [t for t in public_words.TEXTS if not texts.words.get(t)]
        assert not missing, (texts.code, missing)


def test_a_changed_form_has_another_version_and_an_unchanged_one_the_same():
    form = FORMS["landrelease_gate"]
    version = sheets(form).settings[0]["version"]
    assert sheets(form).settings[0]["version"] == version
    listed = {"team": [("team-a", "A")]}
    assert sheets(form, listed=listed).settings[0]["version"] != version


# --- valid for the programs that read it ---------------------------------------------------------

def test_odk_validate_accepts_every_form(xforms, collect_xforms, tmp_path):
    import pyxform

    if shutil.which("java") is None:
        pytest.skip("ODK Validate needs Java: `apt-get install default-jre-headless`")
    jar = (Path(pyxform.__file__).parent / "validators" / "odk_validate" / "bin"
           / "ODK_Validate.jar")
    outlines = {f"{name}-collect": x for name, x in collect_xforms.items() if x != xforms[name]}
    assert len(outlines) >= 5
    for name, xform in {**xforms, **outlines}.items():
        (tmp_path / f"{name}.xml").write_text(xform, encoding="utf-8")
    done = subprocess.run(["java", "-jar", jar, *sorted(tmp_path.glob("*.xml"))],
                          capture_output=True, text=True, timeout=300, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3000:]
    assert said.count("Xform is valid") == len(xforms) + len(outlines), said[-3000:]


def test_a_phone_may_edit_what_was_sent_but_not_the_report_of_somebody_else(xforms):
    """ODK Collect edits finalized and sent forms only where the form says so."""
    for name, xform in xforms.items():
        root = ElementTree.fromstring(xform)
        said = [value for e in root.iter() if local(e) == "submission"
                for heading, value in e.attrib.items() if heading.endswith("}client-editable")]
        assert said == ([] if FORMS[name].public else ["true"]), name


def test_safety_S17_a_form_tells_neither_the_phone_nor_who_holds_it(xforms):
    for name, xform in xforms.items():
        asked = {local(e) for e in instance(xform).iter()}
        assert {"start", "end", "today"} <= asked, name
        assert not asked & {"deviceid", "username", "phonenumber", "email", "subscriberid"}, name
        assert "jr:preloadParams=\"deviceid" not in xform and '"property"' not in xform


def test_outlines_for_odk_collect_are_checked_for_crossings_while_they_are_drawn(
        xforms, collect_xforms):
    """Other clients take no outline where they do not know the function."""
    for name, xform in collect_xforms.items():
        drawn = [p for p in FORMS[name].part.walk() if p.place == "geoshape"]
        root = ElementTree.fromstring(xform)
        rules = [e.get("constraint", "") for e in root.iter()
                 if local(e) == "bind" and e.get("type") == "geoshape"]
        assert len(rules) == len(drawn) == xform.count('incremental="true"')
        assert all(r.endswith(" and not(intersects(.))") for r in rules)
        assert (xform == xforms[name]) == (not drawn)
        assert "intersects" not in xforms[name] and "incremental" not in xforms[name]
    form = FORMS["landrelease_permit"]
    assert sheets(form).settings[0]["version"] != sheets(form, collect=True).settings[0]["version"]


@pytest.mark.parametrize(("client", "new"), [
    ("org.odk.collect.android/v2026.2.2 Dalvik/2.1.0 (Linux; U; Android 14)", True),
    ("org.odk.collect.android/v2026.3.0-beta.1 Dalvik/2.1.0", True),
    ("org.odk.collect.android/v2027.1 Dalvik/2.1.0", True),
    ("org.odk.collect.android/v2026.2.1 Dalvik/2.1.0", False),
    ("org.odk.collect.android/v2024.3.4 Dalvik/2.1.0", False),
    ("org.koboc.collect.android/v2026.3.0 Dalvik/2.1.0", False),
    ("Mozilla/5.0 (X11; Linux x86_64) org.odk.collect.android/v2026.3.0", False), ("", False)])
def test_a_client_is_known_by_what_it_says_of_itself(client, new):
    assert is_new_collect(client) == new


def test_forms_are_written_for_collect_or_for_any_client(tmp_path):
    def rules(folder):
        book = openpyxl.load_workbook(folder / "landrelease_permit.xlsx")
        return " ".join(str(c.value) for row in book["survey"] for c in row)

    code, said = run("forms", "build", tmp_path / "a", "--form", "landrelease_permit")
    assert code == 0 and "--for any" in said
    assert "intersects(.)" in rules(tmp_path / "a")
    code, said = run("forms", "build", tmp_path / "b", "--form", "landrelease_permit",
                     "--for", "any")
    assert code == 0 and "--for any" not in said
    assert "intersects" not in rules(tmp_path / "b")
    assert run("forms", "build", tmp_path / "c", "--for", "kobo")[0] != 0


def test_every_language_stands_in_the_xform(xforms):
    for xform in xforms.values():
        for texts in languages.all_texts():
            assert f'lang="{texts.name} ({texts.code})"' in xform


def regex_rules(kind):
    """The patterns of a place's rule, as JavaRosa's `regex` matches them: whole texts."""
    return re.findall(r"(not\()?regex\(\., '(.*?)'\)", _PLACE_RULES[kind])


def passes(kind, text):
    return all((re.fullmatch(pattern, text) is None) == bool(negated)
               for negated, pattern in regex_rules(kind))


COORDINATE = st.floats(-90, 90).map(lambda v: f"{v:.6f}")


@given(st.lists(st.tuples(COORDINATE, COORDINATE, st.floats(0, 99.9)), min_size=1, max_size=8))
def test_outlines_need_three_corners_and_every_corner_a_good_place(corners):
    points = [f"{a} {b} 0.0 {c:.1f}" for a, b, c in corners]
    text = ";".join([*points, points[0]])
    assert passes("geoshape", text) == (len(points) >= 3)
    assert passes("geoshape", text + ";") == (len(points) >= 3)
    assert passes("geopoint", points[0])
    far = text.replace(points[-1], points[-1].rsplit(" ", 1)[0] + " 140.5")
    assert not passes("geoshape", far)
    assert not passes("geopoint", points[0].rsplit(" ", 1)[0] + " 100")
    # Tapped on a map: ODK Web Forms gives latitude and longitude alone.
    tapped = [" ".join(p.split()[:2]) for p in points]
    assert passes("geoshape", "; ".join([*tapped, tapped[0]])) == (len(points) >= 3)
    assert passes("geotrace", "; ".join(tapped)) == (len(points) >= 2)


def test_outlines_near_the_equator_and_the_zero_meridian_pass_as_phones_write_them():
    """Java writes 0.0005 as 5.0E-4, JavaScript 0.00000005 as 5e-8."""
    for small in ("5.0E-4", "-5.0E-4", "5e-8"):
        points = [f"{small} 30.0 0.0 3.0", f"{small} {small} {small} 3.0", f"0.002 {small} 0.0 3.0"]
        assert passes("geoshape", "; ".join([*points, points[0]]))
        assert passes("geotrace", "; ".join(points)) and passes("geopoint", points[1])
        assert passes("geopoint", f"{small} {small} 0.0 1.0E1"), "10 m"
        for far in ("100.0", "1.0E7", "1.0E2"):
            assert not passes("geopoint", f"{small} {small} 0.0 {far}")
            assert not passes("geoshape", "; ".join([*points, f"{small} 30.0 0.0 {far}"]))
        assert not passes("geotrace", f"{small} E4; 1 2")


# --- submissions ---------------------------------------------------------------------------------

NTS = {
    "activity/identifier": "activity-u1", "activity/activity_type": "NTS",
    "activity/information_date": "2026-09-01", "activity/organisation": "Operator A",
    "activity/activity_status": "completed", "activity/place": "44.105 17.505 310 4.2",
    "activity/teams": "team-a team-b"}
HAZARDS = [
    {"identifier": "hazard-u1", "status": "open", "name": "North field",
     "information_date": "2026-09-01", "hazard_type": "CHA",
     "ordnance_suspected": "ap_mine av_mine", "place": GROUND,
     "evidence/identifier": "evidence-u1", "evidence/evidence_type": "direct",
     "evidence/evidence_kind": "detonation", "evidence/says": "contaminated"}]


def test_a_submission_becomes_records_that_name_each_other(xforms, tmp_path):
    path = tmp_path / "nts.xml"
    path.write_bytes(filled(xforms["landrelease_nts"], NTS, repeats={"activity/hazard": HAZARDS}))
    registry = tmp_path / "r.gpkg"
    assert run("init", registry, "--office", "Test")[0] == 0
    code, said = run("import", path, "--into", registry)
    assert code == 0, said
    opened = open_registry(str(registry))
    (activity,) = opened.records("activity")
    (hazard,) = opened.records("hazard")
    (evidence,) = opened.records("evidence")
    assert activity.values["teams"] == ["team-a", "team-b"]
    assert activity.values["activity_type"] == "NTS"
    assert (activity.geometry.x, activity.geometry.y) == (17.505, 44.105)
    assert hazard.values["ordnance_suspected"] == ["ap_mine", "av_mine"]
    assert hazard.values["hazard_type"] == "CHA" and hazard.values["status"] == "open"
    assert hazard.geometry.bounds == (17.5, 44.1, 17.51, 44.11)
    assert evidence.values["hazard"] == hazard.id == "hazard-u1"
    assert {r.validation for r in (activity, hazard, evidence)} == {"entered"}
    opened.close()
    # The same submission again changes nothing.
    code, said = run("import", path, "--into", registry)
    assert code == 0 and open_registry(str(registry)).chains()[0].position == 3, said


def corners(*metres):
    """An outline as a phone writes it; corners in m east and north of a place, the first again."""
    return ";".join(f"{44.1 + n / 111_320:.8f} {17.5 + e / 79_940:.8f} 0 3.0"
                    for e, n in (*metres, metres[0]))


def test_safety_S01_an_outline_drawn_across_itself_waits_and_all_of_the_field_counts(
        xforms, tmp_path):
    """160 m, one side 2.2 m longer, two corners exchanged: no form without `intersects` finds
    that, and half of the field lies in neither triangle."""
    from landrelease.workflows import waiting_hazards

    field = [(0, 0), (160, 0), (160, 160), (0, 162.2)]
    crossed = corners(field[0], field[2], field[1], field[3])
    loop = corners((0, 0), (80, 0), (160, 1), (159, 1.2), (159.2, 0.4), (160, 160), (0, 162.2))
    path = tmp_path / "nts.xml"
    path.write_bytes(filled(xforms["landrelease_nts"], NTS, repeats={"activity/hazard": [
        {**HAZARDS[0], "place": crossed},
        {**HAZARDS[0], "identifier": "hazard-u2", "name": "South field",
         "evidence/identifier": "evidence-u2", "place": loop}]}))
    registry = tmp_path / "r.gpkg"
    assert run("init", registry, "--office", "Test")[0] == 0
    assert run("import", path, "--into", registry)[0] == 1, "a row waits"
    with open_registry(str(registry)) as opened:
        (hazard,) = opened.records("hazard")
        assert hazard.id == "hazard-u2" and hazard.geometry.is_valid, "a small loop changes little"
        (entry,) = opened.quarantine("waiting")
        assert {f.code for f in entry.row.findings} == {"GEO-017"}
        (waiting,), nowhere = waiting_hazards(opened)
        assert not nowhere
        whole = shapely.Polygon([(17.5 + e / 79_940, 44.1 + n / 111_320) for e, n in field])
        assert waiting.ground.buffer(1e-7).covers(whole)
    # Tried again as it is, it goes on waiting.
    assert run("quarantine", "retry", registry, str(entry.number))[0] != 0
    with open_registry(str(registry)) as opened:
        assert len(opened.quarantine("waiting")) == 1 and len(opened.records("hazard")) == 1


SITE = [
    ("landrelease_environment", "environment", {
        "environment_type": "demolition_place", "observed_on": "2026-09-01", "demolitions": "3",
        "disturbed_m2": "12.5", "soil_sampled": "no", "restored": "no", "place": "44.1 17.5 0 3"},
     {"demolitions": 3, "disturbed_m2": 12.5, "restored": "no"}),
    ("landrelease_permit", "permit", {
        "holder_organisation": "Electricity works", "information_date": "2026-09-01",
        "state": "requested", "valid_from_time": "2026-09-02T06:00:00.000+02:00",
        "purpose": "Mend a line",
        "place": GROUND},
     {"state": "requested", "valid_from_time": "2026-09-02T04:00:00+00:00"}),
    ("landrelease_evacuation", "gate", {
        "gate_type": "evacuation_drill", "day": "2026-09-01", "task": "t1",
        "evacuated_at": "2026-09-01T10:00:00.000+02:00",
        "clear_at": "2026-09-01T10:07:00.000+02:00", "people_on_site": "9",
        "people_counted": "9", "evacuation_reason": "drill"},
     {"gate_type": "evacuation_drill", "clear_at": "2026-09-01T08:07:00+00:00",
      "people_counted": 9}),
    ("landrelease_gate", "gate", {
        "day": "2026-09-01", "checked_at": "2026-09-01T06:30:00.000+02:00", "result": "passed",
        "medic": "passed"},
     {"checked_at": "2026-09-01T04:30:00+00:00", "medic": "passed"}),
    ("landrelease_accident", "accident", {
        "accident_class": "incident", "information_date": "2026-09-01",
        "occurred_at": "2026-09-01T09:15:00.000+02:00",
        "notified_at": "2026-09-01T09:40:00.000+02:00", "site_preserved": "yes",
        "place": "44.1 17.5 0 3"},
     {"occurred_at": "2026-09-01T07:15:00+00:00", "site_preserved": "yes"}),
    ("landrelease_marking", "marking", {
        "marking_type": "fence", "state": "removed", "checked_on": "2026-09-01",
        "removed_on": "2026-08-30", "removal_reason": "stolen",
        "place": "44.1 17.5 0 3;44.1 17.51 0 3"},
     {"removed_on": date(2026, 8, 30), "removal_reason": "stolen"}),
    ("landrelease_inspection", "inspection", {
        "inspected_on": "2026-09-01", "inspection_type": "sampling", "visit_refused": "no",
        "inspecting_organisation": "Authority", "inspected_organisation": "Operator A",
        "lot_size": "400", "sample_size": "180", "items_found": "0", "result": "accepted",
        "detection_probability": "0.9", "place": GROUND},
     {"lot_size": 400, "items_found": 0, "detection_probability": 0.9, "result": "accepted"}),
    ("landrelease_handover", "handover", {
        "handed_over_on": "2026-09-01", "organisation": "Authority", "hazard": "h1",
        "depth_m": "0.2", "land_use_intended": "farmland", "present_women": "3",
        "handover_status": "planned", "place": GROUND},
     {"hazard": "h1", "depth_m": 0.2, "present_women": 3, "handover_status": "planned"}),
    ("landrelease_community", "complaint", {
        "complaint_type": "suspicion", "received_on": "2026-09-01", "complaint_status": "open",
        "description": "Something rusty by the well"},
     {"complaint_type": "suspicion", "complaint_status": "open"}),
    ("landrelease_risk_education", "session", {
        "held_on": "2026-09-01", "method": "school", "language": "uk", "language_reviewed": "yes",
        "reached_girls": "12", "reached_boys": "0", "place": "44.1 17.5 0 3"},
     {"held_on": date(2026, 9, 1), "reached_girls": 12, "reached_boys": 0})]


@pytest.mark.parametrize(("form", "kind", "answers", "wanted"), SITE, ids=[s[0] for s in SITE])
def test_what_happens_on_a_site_comes_in_from_its_form(xforms, tmp_path, form, kind, answers,
                                                       wanted):
    path, registry = tmp_path / "s.xml", tmp_path / "r.gpkg"
    path.write_bytes(filled(xforms[form], {f"{kind}/{k}": v for k, v in answers.items()}
                            | {f"{kind}/identifier": f"{kind}-u1"}))
    run("init", registry, "--office", "Test")
    code, said = run("import", path, "--into", registry)
    assert code == 0, said
    with open_registry(str(registry)) as opened:
        (record,) = opened.records(kind)
    assert wanted.items() <= record.values.items(), record.values
    assert (record.geometry is not None) == ("place" in answers)


def test_a_day_of_work_brings_what_was_searched_and_found_and_releases_nothing(xforms, tmp_path):
    """S03, S09: what a phone says was searched is never ground that the public is told released."""
    from landrelease.workflows import load_assumptions, load_land, public

    path, registry = tmp_path / "s.xml", tmp_path / "r.gpkg"
    content = filled(xforms["landrelease_progress"], {
        f"activity/{k}": v for k, v in {
            "identifier": "activity-u1", "activity_type": "clearance",
            "information_date": "2026-09-01", "organisation": "Operator A", "teams": "A B",
            "operational_method": "mechanical", "machines": "m1 m2", "area_m2": "350",
            "depth_m": "0.2", "deminers": "8", "place": "44.105 17.505 0 3"}.items()},
        repeats={"activity/outcome": [{
            "identifier": "outcome-u1", "outcome_type": "searched", "depth_m": "0.2",
            "information_date": "2026-09-01", "assets": "mechanical", "follow_up": "open",
            "place": GROUND}],
            "activity/item": [{
                "identifier": "item-u1", "ordnance_category": "ap_mine", "quantity": "2",
                "found_on": "2026-09-01", "place": "44.105 17.505 0 3"},
                {"identifier": "item-u2", "ordnance_category": "av_mine", "quantity": "1",
                 "found_on": "2026-09-01", "place": "44.106 17.506 0 3"}]})
    path.write_bytes(content)
    run("init", registry, "--office", "Test")
    assert run("import", path, "--into", registry)[0] == 0
    with open_registry(str(registry)) as opened:
        (work,) = opened.records("activity")
        assert (work.values["machines"], work.values["teams"]) == (["m1", "m2"], ["A", "B"])
        (outcome,) = opened.records("outcome")
        items = opened.records("item")
        assert {r.values["activity"] for r in (outcome, *items)} == {work.id}
        assert outcome.values["outcome_type"] == "searched" and outcome.geometry is not None
        assert [i.values["quantity"] for i in sorted(items, key=lambda i: i.id)] == [2, 1]
        assert {r.validation for r in (work, outcome, *items)} == {"entered"}
        land = load_land(opened, load_assumptions())
        assert not land.in_force and [o.outcome_type for o in land.outcomes] == ["searched"]
        told = public.ask_spot(public.VIEWS.of(opened), 17.505, 44.105, 0).answer
        assert told.told == "no_information" and not told.releases


def test_a_drill_form_offers_no_start_of_day():
    made = sheets(FORMS["landrelease_evacuation"])
    asked = next(r for r in made.survey if r.get("name") == "gate_type")
    listed = [c["name"] for c in made.choices if c["list_name"] == asked["type"].split()[1]]
    assert listed == ["evacuation", "evacuation_drill"]


def test_an_edited_submission_is_a_new_revision_of_the_same_record(xforms, tmp_path):
    registry = tmp_path / "r.gpkg"
    run("init", registry, "--office", "Test")
    for number, depth in enumerate(("0.1", "0.2")):
        path = tmp_path / f"{number}.xml"
        path.write_bytes(filled(xforms["landrelease_item"], {
            "item/identifier": "item-u1", "item/ordnance_category": "ap_mine",
            "item/quantity": "1", "item/depth_m": depth, "item/found_on": f"2026-09-0{number + 1}",
            "item/place": "44.1 17.5 0 3"}, uuid=f"uuid:{number}",
            replaces="uuid:0" if number else ""))
        code, said = run("import", path, "--into", registry)
        assert code == 0, said
    opened = open_registry(str(registry))
    (item,) = opened.records("item")
    assert item.values["depth_m"] == 0.2 and item.revision == 2
    opened.close()


def test_a_repeat_that_nobody_filled_in_is_no_record(xforms):
    content = filled(xforms["landrelease_nts"], NTS, repeats={"activity/hazard": [
        {"identifier": "hazard-u1", "status": "open"}]})
    table = readers.read_content("n.xml", content)
    assert table.layer == "activity" and not [
        n for n in table.notes if "hazard" in str(n.facts)]


def test_one_row_that_cannot_be_read_waits_and_nothing_is_lost(xforms, tmp_path):
    path = tmp_path / "item.xml"
    path.write_bytes(filled(xforms["landrelease_item"], {
        "item/identifier": "item-u1", "item/ordnance_category": "ap_mine", "item/quantity": "many",
        "item/place": "44.1 17.5 0 3"}))
    registry = tmp_path / "r.gpkg"
    run("init", registry, "--office", "Test")
    assert run("import", path, "--into", registry)[0] == 1
    opened = open_registry(str(registry))
    assert not opened.records("item")
    (waiting,) = opened.quarantine()
    assert "quantity" in str(waiting) and "many" in str(waiting)
    opened.close()


def test_submissions_of_forms_of_others_are_read_with_their_repeats():
    content = b"""<data id="other" xmlns="http://opendatakit.org/submissions">
      <household><name>A</name><person><age>3</age></person><person><age>41</age></person>
      </household><place>44.1 17.5 0 3</place>
      <n0:meta xmlns:n0="http://openrosa.org/xforms"><n0:instanceID>uuid:9</n0:instanceID></n0:meta>
      </data>"""
    main = readers.read_content("s.xml", content)
    assert main.cells["household/name"] == ["A"] and main.cells["instanceID"] == ["uuid:9"]
    assert main.geometries[0].coords[0] == (17.5, 44.1) and main.crs == "EPSG:4326"
    inner = readers.read_content("s.xml", content, layer="household/person")
    assert list(inner.cells["age"]) == ["3", "41"]
    with pytest.raises(LandReleaseError) as raised:
        readers.read_content("s.xml", content, layer="garden")
    assert raised.value.code == "FIL-010" and "household/person" in str(raised.value)


@pytest.mark.parametrize("content", [
    b'<!DOCTYPE d [<!ENTITY a "b">]><data id="x"><instanceID>&a;</instanceID></data>',
    b'<data id="x"><instanceID>1</instanceID>', b'<data id="x"><instanceID/></data>'])
def test_a_submission_that_is_damaged_or_empty_is_refused_with_words(content):
    with pytest.raises(LandReleaseError) as raised:
        readers.read_content("s.xml", content)
    assert raised.value.code in ("FIL-011", "FIL-048", "FIL-007")


# --- from the command line -----------------------------------------------------------------------

@pytest.fixture
def registry(tmp_path):
    path = tmp_path / "r.gpkg"
    run("init", path, "--office", "Test")
    table = tmp_path / "teams.csv"
    table.write_text("identifier,name,organisation,team_type\nA,North,Operator A,manual\n"
                     "B,South,Operator B,TS\n", encoding="utf-8")
    code, said = run("import", table, "--into", path, "--kind", "team")
    assert code == 0, said
    return path


def test_lists_come_from_the_registry_as_the_role_may_see_them(registry, tmp_path):
    def lists(name, *words):
        out = tmp_path / name
        code, said = run("forms", "build", out, "--form", "landrelease_progress", "--lang", "ar",
                         "--registry", registry, *words)
        assert code == 0, said
        found = out / "landrelease_progress-media" / "team.csv"
        book = openpyxl.load_workbook(io.BytesIO(
            (out / "landrelease_progress.xlsx").read_bytes()))
        settings = dict(zip(*([c.value for c in row] for row in book["settings"].iter_rows()),
                            strict=True))
        assert settings["default_language"] == "العربية (ar)"
        return found.read_text(encoding="utf-8") if found.exists() else None

    assert lists("planner", "--as", "planner").splitlines()[1:] == [
        "team-A,North (team-A)", "team-B,South (team-B)"]
    own = lists("operator", "--as", "operator", "--organisation", "Operator A")
    assert "team-A" in own and "team-B" not in own
    assert lists("public") is None and policy.view("public").precision("team") != "exact"


def test_unknown_forms_and_languages_are_told(tmp_path):
    code, said = run("forms", "build", tmp_path / "f", "--lang", "xx")
    assert code == 2 and "FRM-002" in said and "uk" in said
    code, said = run("forms", "build", tmp_path / "f", "--form", "nts")
    assert code == 2 and "FRM-001" in said and "landrelease_nts" in said
    assert not (tmp_path / "f").exists()


def test_no_cell_of_a_form_is_a_formula(tmp_path):
    made = sheets(FORMS["landrelease_gate"], listed={})
    book = openpyxl.load_workbook(io.BytesIO(building.workbook(made)))
    found = {c.data_type for s in book for row in s.iter_rows() for c in row}
    assert found <= {"s", "n", "inlineStr"}


def test_the_tool_for_catalogues_finds_nothing_to_add(tmp_path):
    before = {p.name: p.read_bytes() for p in (
        ROOT / "src/landrelease/data/locale").glob("*.po")}
    done = subprocess.run([sys.executable, ROOT / "tools" / "catalogues.py"], capture_output=True,
                          text=True, check=False)
    after = {p.name: p.read_bytes() for p in (ROOT / "src/landrelease/data/locale").glob("*.po")}
    assert done.returncode == 0 and not done.stdout and before == after
