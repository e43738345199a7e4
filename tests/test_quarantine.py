"""Quarantine: rows come in once, go back to their sender as a workbook, and come in mended."""

import json
import multiprocessing
from datetime import date

import openpyxl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from landrelease import workflows
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry, open_registry
from landrelease.store.returns import SHAPE, ReturnedRow, ReturnedSheet, write_return
from landrelease.workflows import imports, languages, quarantine, sharing

TODAY = date(2027, 5, 1)
PLACES = ("Ort;latitude;longitude;Einwohner;Bemerkung\n"
          "A;44.1;17.2;120;gut\n"
          "B;44.2;17.3;viele;=HYPERLINK(\"http://example.org\")\n"
          "C;44.3;17.4;-5;  spaced\n"
          "D;95.5;17.5;10;@SUM(A1)\n")
MAPPING = ("kind: settlement\ncrs: EPSG:4326\ncolumns: {name: Ort, latitude: latitude, "
           "longitude: longitude, population: Einwohner}\n")


@pytest.fixture
def registry(tmp_path):
    with create_registry(str(tmp_path / "r.gpkg"), office="Test") as made:
        yield made


@pytest.fixture
def places(tmp_path):
    file = tmp_path / "places.csv"
    file.write_text(PLACES, encoding="utf-8")
    (tmp_path / "map.yaml").write_text(MAPPING, encoding="utf-8")
    return file


def bring(registry, file):
    return imports.import_files(registry, [file], mapping_path=file.parent / "map.yaml",
                                today=TODAY)[0]


def planner(registry):
    return sharing.reader_of(registry, "planner", None, [])


def counts(report):
    return report.read, report.accepted, report.merged, report.quarantined


def test_mending_reads_by_the_mapping_of_the_import(registry, places):
    assert counts(bring(registry, places)) == (4, 1, 0, 3)
    first = registry.quarantine()[0]
    # "Einwohner" and "Ort" mean something in the mapping only.
    report = workflows.retry_quarantined(registry, first.number, {"Einwohner": "70"}, today=TODAY)
    assert report.accepted == 1
    found = {r.values["name"]: r.values.get("population") for r in registry.records("settlement")}
    assert found == {"A": 120, "B": 70}


def test_rows_that_were_decided_do_not_come_back_with_their_file(registry, places, tmp_path):
    bring(registry, places)
    one, two, three = registry.quarantine()
    workflows.retry_quarantined(registry, one.number, {"Einwohner": "70"}, today=TODAY)
    workflows.reject_quarantined(registry, two.number, "a test row")
    before = registry.head(), registry.count(), registry.quarantine(None)
    other = tmp_path / "under another name.csv"
    other.write_bytes(places.read_bytes())
    for file in (places, other):
        report = bring(registry, file)
        assert counts(report) == (4, 0, 3, 1)
        assert [f.code for f in report.findings].count("ROW-028") == 2
        assert (registry.head(), registry.count(), registry.quarantine(None)) == before
    assert registry.quarantine() == [three] and not registry.audit()


def test_rows_that_pass_by_a_better_mapping_leave_quarantine(registry, places):
    (places.parent / "map.yaml").write_text(MAPPING.replace("Einwohner", "Ort"), encoding="utf-8")
    assert counts(bring(registry, places)) == (4, 0, 0, 4)
    (places.parent / "map.yaml").write_text(MAPPING, encoding="utf-8")
    report = bring(registry, places)
    assert counts(report) == (4, 1, 3, 0)
    assert {f.code for f in report.findings if f.row == 1} >= {"ROW-030"}
    assert [e.row.row for e in registry.quarantine()] == [2, 3, 4]
    assert len(registry.records("settlement")) == 1 and not registry.audit()


def _at_once(address, file, barrier, said):
    with open_registry(address) as registry:
        def wait(what, share):
            if what.startswith("writing") and barrier.parties and not waited:
                waited.append(1)
                barrier.wait(20)
        waited: list[int] = []
        (report,) = imports.import_files(registry, [file], mapping_path=file.parent / "map.yaml",
                                         today=TODAY, progress=wait)
    said.put(counts(report))


def test_the_same_file_from_two_processes_at_one_moment_is_counted_once(registry, places):
    work = multiprocessing.get_context("spawn")
    barrier, said = work.Barrier(2), work.Queue()
    jobs = [work.Process(target=_at_once, args=(registry.address, places, barrier, said))
            for _ in range(2)]
    for job in jobs:
        job.start()
    found = sorted(said.get(timeout=60) for _ in jobs)
    for job in jobs:
        job.join(20)
    assert found == [(4, 0, 1, 3), (4, 1, 0, 3)]
    assert len(registry.records("settlement")) == 1 and len(registry.quarantine()) == 3


def test_the_workbook_has_the_cells_as_they_were_and_the_errors_beside_them(
        registry, places, tmp_path):
    bring(registry, places)
    out = tmp_path / "back.xlsx"
    assert quarantine.write_return(registry, out, planner(registry), made_on=TODAY) == 3
    sheet = openpyxl.load_workbook(out)["places.csv"]
    heads = [c.value for c in sheet[1]]
    assert heads[2:] == ["Ort", "latitude", "longitude", "Einwohner", "Bemerkung"]
    population = sheet.cell(2, heads.index("Einwohner") + 1)
    assert population.value == "viele" and population.fill.fgColor.rgb == "FFF2A0A0"
    assert "[ROW-001]" in population.comment.text
    assert sheet.cell(2, 2).value  # what to do
    remark = sheet.cell(2, heads.index("Bemerkung") + 1)
    assert remark.value.startswith("=HYPERLINK") and remark.data_type == "s"
    assert all(c.data_type != "f" for row in sheet.iter_rows() for c in row)


def test_a_mended_workbook_comes_in_and_untouched_rows_go_on_waiting(registry, places, tmp_path):
    bring(registry, places)
    out = tmp_path / "back.xlsx"
    quarantine.write_return(registry, out, planner(registry), made_on=TODAY)
    statuses = [o.status for o in quarantine.take_back(registry, out, planner(registry))]
    assert statuses == ["unchanged"] * 3 and len(registry.quarantine()) == 3
    book = openpyxl.load_workbook(out)
    sheet = book["places.csv"]
    heads = {c.value: c.column for c in sheet[1]}
    sheet.cell(2, heads["Einwohner"], 70)
    sheet.cell(3, heads["Einwohner"], "-7")
    book.save(out)
    statuses = [o.status for o in quarantine.take_back(registry, out, planner(registry))]
    assert statuses == ["accepted", "still waits", "unchanged"]
    assert {r.values["name"] for r in registry.records("settlement")} == {"A", "B"}
    # The same workbook again: what was taken in is told, nothing is counted twice.
    again = quarantine.take_back(registry, out, planner(registry))
    assert [o.status for o in again] == ["unknown", "still waits", "unchanged"]
    assert len(registry.records("settlement")) == 2 and not registry.audit()


@pytest.mark.parametrize("texts", languages.all_texts(), ids=lambda t: t.code)
def test_a_workbook_goes_out_and_comes_back_in_every_language(registry, tmp_path, texts):
    """Its headings and sentences are in the language; those of the file stand as they are."""
    path = tmp_path / "areas.geojson"
    star = [[17, 44], [17.02, 44.06], [17.04, 44], [16.99, 44.04], [17.05, 44.04], [17, 44]]
    outline = {"type": "Polygon", "coordinates": [star]}  # it crosses itself (GEO-017)
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"id": "H-1", "Ort": "wait"},
         "geometry": outline}]}))
    imports.import_files(registry, [path], kind="hazard")
    out = tmp_path / "back.xlsx"
    assert quarantine.write_return(registry, out, planner(registry), made_on=TODAY,
                                   texts=texts) == 1
    book = openpyxl.load_workbook(out)
    first, sheet = book.worksheets
    english = " ".join(str(c.value) for row in (*first, sheet[1], sheet[2]) for c in row)
    assert (texts.code == "en") == ("quarantine number" in english)
    assert (texts.code == "en") == ("the polygon is not valid" in english)
    assert (texts.code == "en") == ("send this workbook back" in english)
    assert sheet.sheet_view.rightToLeft is (texts.code == "ar") or texts.code != "ar"
    (same,) = quarantine.take_back(registry, out, planner(registry))
    assert same.status == "unchanged"
    heads = [c.value for c in sheet[1]]
    assert "id" in heads and heads[-1] == texts(SHAPE)
    sheet.cell(2, len(heads), "POLYGON ((17 44, 17.1 44, 17.1 44.1, 17 44.1, 17 44))")
    book.save(out)
    (mended,) = quarantine.take_back(registry, out, planner(registry))
    assert mended.status == "accepted" and not registry.quarantine()


def test_a_row_that_stands_twice_in_the_workbook_is_told_and_not_guessed(
        registry, places, tmp_path):
    bring(registry, places)
    out = tmp_path / "back.xlsx"
    quarantine.write_return(registry, out, planner(registry), made_on=TODAY)
    book = openpyxl.load_workbook(out)
    sheet = book["places.csv"]
    heads = {c.value: c.column for c in sheet[1]}
    sheet.append([c.value for c in sheet[2]])
    sheet.cell(2, heads["Einwohner"], 70)
    sheet.cell(5, heads["Einwohner"], 80)
    book.save(out)
    found = quarantine.take_back(registry, out, planner(registry))
    assert [o.status for o in found] == ["doubled", "unchanged", "unchanged"]
    assert len(registry.quarantine()) == 3


def test_a_workbook_without_the_numbers_is_refused(registry, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["name"])
    book.active.append(["A"])
    book.save(tmp_path / "other.xlsx")
    with pytest.raises(LandReleaseError, match="FIL-038"):
        quarantine.take_back(registry, tmp_path / "other.xlsx", planner(registry))


CELLS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.dates(), st.text(
    alphabet=st.characters(codec="utf-8"), max_size=20), st.sampled_from(
        ["=1+1", "+1", "-x", "@a", "\t=1", "'=1", "_x0041_", " 007 ", "a\r\nb", "x" * 40_000]))


@settings(max_examples=12, deadline=None, derandomize=True,
          phases=[Phase.explicit, Phase.generate])
@given(st.lists(CELLS, min_size=1, max_size=12))
def test_no_cell_counts_as_changed_that_nobody_touched(tmp_path_factory, values):
    out = tmp_path_factory.mktemp("back") / "back.xlsx"
    heads = tuple(f"h{n}" for n in range(len(values)))
    cells = dict(zip(heads, values, strict=True))
    write_return(out, [ReturnedSheet("rows", heads, (
        ReturnedRow("1-x", cells, {}, "look"),))], [])
    ((_, key, back),) = quarantine._returned_rows(out)
    assert key == "1-x"
    for head, value in cells.items():
        assert quarantine._same(value, back[head]), (value, back[head])


def test_safety_S04_a_shape_without_a_datum_waits_until_somebody_states_it(registry, tmp_path):
    import numpy as np
    import pyogrio
    import shapely

    shapes = [shapely.box(17 + n, 44, 17.001 + n, 44.001) for n in range(2)]
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.raw.write(tmp_path / "n.gpkg", geometry=shapely.to_wkb(np.array(shapes)),
                          field_data=[np.array(["A", "B"], dtype=object)], fields=["identifier"],
                          driver="GPKG", layer="hazard", geometry_type="Polygon", crs=None)
    (report,) = imports.import_files(registry, [tmp_path / "n.gpkg"], kind="hazard", today=TODAY)
    assert counts(report) == (2, 0, 0, 2)
    one, two = (e.number for e in registry.quarantine())
    again = workflows.retry_quarantined(registry, one, {}, today=TODAY)
    assert again.quarantined == 1 and "GEO-001" in {f.code for f in again.findings}
    assert workflows.retry_quarantined(registry, one, {"crs": "WGS84"}, today=TODAY).accepted
    assert workflows.retry_quarantined(registry, two, {"crs": "EPSG:3906"}, today=TODAY).accepted
    found = {r.id: r for r in registry.records("hazard")}
    assert found["A"].geometry.equals(shapes[0])
    away = found["B"].geometry.centroid.distance(shapes[1].centroid) * 111_000
    assert 100 < away < 800 and found["B"].values["position_accuracy_m"] >= 1


def test_how_a_mended_row_is_read_can_be_said_with_it(registry, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("identifier,latitude,longitude,date\nX,44.2,17.2,03/04/2024\n")
    (report,) = imports.import_files(registry, [file], kind="accident", crs="EPSG:4326",
                                     today=TODAY)
    assert counts(report) == (1, 0, 0, 1)
    number = registry.quarantine()[0].number
    with pytest.raises(LandReleaseError, match=r"FIL-014.*dmy or mdy"):
        workflows.retry_quarantined(registry, number, {"date_order": "ymd"}, today=TODAY)
    assert workflows.retry_quarantined(registry, number, {"date_order": "dmy"},
                                       today=TODAY).accepted
    (record,) = registry.records("accident")
    assert str(record.value("information_date")) == "2024-04-03"


# --- the same file again, with less said --------------------------------------------------------


def places_of(registry):
    return {r.values["name"]: (r.values.get("population"), r.geometry.wkt)
            for r in registry.records("settlement")}


def test_the_system_stated_for_a_file_holds_when_it_comes_again(registry, tmp_path):
    file = tmp_path / "villages.csv"
    file.write_text("name,latitude,longitude\nA,44.1,17.2\nB,44.2,17.3\n", encoding="utf-8")
    options = {"kind": "settlement", "today": TODAY}
    assert counts(imports.import_files(registry, [file], crs="EPSG:4326", **options)[0]) == (
        2, 2, 0, 0)
    head, before = registry.head(), places_of(registry)
    again = imports.import_files(registry, [file], **options)[0]
    assert counts(again) == (2, 0, 2, 0)
    assert "FIL-044" in {f.code for f in again.findings}
    assert registry.head() == head and places_of(registry) == before
    # Another file of the same name has nothing stated for it.
    file.write_text("name,latitude,longitude\nA,44.1,17.2\nC,44.2,17.3\n", encoding="utf-8")
    assert counts(imports.import_files(registry, [file], **options)[0]) == (2, 0, 0, 2)


def test_the_mapping_stated_for_a_file_holds_when_it_comes_again(registry, places):
    bring(registry, places)
    before = places_of(registry)
    again = imports.import_files(registry, [places], kind="settlement", today=TODAY)[0]
    assert counts(again) == (4, 0, 1, 3) and places_of(registry) == before
    assert len(registry.quarantine()) == 3  # as before, and not twice


def test_recorded_rows_keep_the_system_of_their_import_whatever_is_stated_later(registry, tmp_path):
    file = tmp_path / "villages.csv"
    file.write_text("id,name,latitude,longitude\n1,A,44.1,17.2\n", encoding="utf-8")
    options = {"kind": "settlement", "today": TODAY}
    imports.import_files(registry, [file], crs="EPSG:4230", **options)
    before = places_of(registry)
    with pytest.raises(LandReleaseError, match="STO-009"):
        imports.import_files(registry, [file], crs="EPSG:4326", **options)
    assert counts(imports.import_files(registry, [file], **options)[0]) == (1, 0, 1, 0)
    assert places_of(registry) == before and before["A"][1] != "POINT (17.2 44.1)"


def test_files_of_unknown_kind_are_named_and_nothing_is_imported(registry, tmp_path):
    files = [tmp_path / n for n in ("settlements.csv", "xyz.csv", "other.csv")]
    for file in files:
        file.write_text("name,lat_wgs84,lon_wgs84\nA,44.1,17.2\n", encoding="utf-8")
    with pytest.raises(LandReleaseError) as error:
        imports.import_files(registry, files, today=TODAY)
    assert error.value.code == "FIL-043" and "xyz.csv, other.csv" in str(error.value)
    assert registry.imports() == []
    with pytest.raises(LandReleaseError, match=r"FIL-042.*'setlement'.*settlement"):
        imports.import_files(registry, files, kind="setlement", today=TODAY)


def test_a_mapping_that_does_not_fit_a_later_file_stops_before_the_first(registry, tmp_path):
    good, bad = tmp_path / "settlements.csv", tmp_path / "accidents.csv"
    good.write_text("name,lat_wgs84,lon_wgs84\nA,44.1,17.2\n", encoding="utf-8")
    bad.write_text("name,where\nA,there\n", encoding="utf-8")
    with pytest.raises(LandReleaseError, match=r"FIL-018.*accidents\.csv"):
        imports.import_files(registry, [good, bad], today=TODAY)
    assert registry.imports() == []


def test_safety_S17_a_heading_that_the_mapping_takes_to_a_name_is_masked(registry, tmp_path):
    """On every way out of quarantine, in what is said of it too, and for who brought it in."""
    from landrelease.workflows import mending, own_imports

    file, mapping = tmp_path / "a.csv", tmp_path / "m.yaml"
    file.write_text("id,when,lat,lon,names,text\nA1,2026-14-07,44,17,Olena Secret,Two boys\n",
                    encoding="utf-8")
    fields = "kind: accident\ncrs: EPSG:4326\ncolumns: {identifier: id, information_date: when, " \
        "latitude: lat, longitude: lon, narrative: text"
    mapping.write_text(fields + ", victim_names: names}\n", encoding="utf-8")
    imports.import_files(registry, [file], mapping_path=mapping, today=TODAY)
    # Of the same sheet the column is a name, also in a row of an import that did not say so.
    mapping.write_text(fields + "}\n", encoding="utf-8")
    imports.import_files(registry, [file], mapping_path=mapping, today=TODAY)
    reader = planner(registry)
    shown = [*quarantine.visible_quarantine(registry, reader),
             *own_imports.waiting_rows(registry, reader, [e.number for e in registry.quarantine()]),
             *mending.of_reader(registry, reader).rows]
    assert len(shown) == 3
    for entry in shown:
        assert "Secret" not in str(entry) and entry.row.values["names"] == "(withheld)"
        assert entry.row.values["text"] == "Two boys"
    quarantine.write_return(registry, tmp_path / "out.xlsx", reader, made_on=TODAY)
    cells = [c for sheet in openpyxl.load_workbook(tmp_path / "out.xlsx") for row in
             sheet.iter_rows(values_only=True) for c in row]
    assert "Two boys" in cells and "Secret" not in str(cells)
