"""What a column means: in many languages, from tags, from values; never more than is certain."""

import numpy as np
import pytest

from landrelease.core.hxl import fields_by_tag, plain, tag
from landrelease.core.record import KINDS
from landrelease.errors import LandReleaseError
from landrelease.records import mapping, readers


def table(tmp_path, text, name="x.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return readers.read(path)


@pytest.mark.parametrize("headings", [
    "Identifier,Name,Date of information,Status,Longitude,Latitude",
    "Identifiant,Nom,Date d'information,Statut,Longitude,Latitude",
    "Identificador,Nombre,Fecha de información,Estado,Longitud,Latitud",
    "Идентификатор,Название,Дата информации,Статус,Долгота,Широта",
    "Ідентифікатор,Назва,Дата інформації,Статус,Довгота,Широта",
    "Šifra,Naziv,Datum informacije,Status,Geografska dužina,Geografska širina",
    "Шифра,Назив,Датум информације,Статус,Географска дужина,Географска ширина",
    "المعرف,الاسم,تاريخ المعلومات,الحالة,خط الطول,خط العرض"])
def test_headings_are_known_in_the_languages_of_programmes(tmp_path, headings):
    found = mapping.propose(table(tmp_path, headings + "\nA-1,N,2024-01-01,x,17.1,44.1\n"),
                            "activity").columns
    columns = headings.split(",")
    assert [found.get(n) for n in ("identifier", "name", "information_date")] == columns[:3]
    assert [found.get(n) for n in ("longitude", "latitude")] == columns[4:]


def test_every_field_has_a_tag_of_its_own():
    for kind in KINDS.values():
        assert len(fields_by_tag(kind)) == len(kind.fields)
        assert "" not in fields_by_tag(kind)
    assert plain("#affected +F +killed") == "#affected+f+killed"


def test_headings_that_are_tags_are_read(tmp_path):
    kind = KINDS["hazard"]
    text = f"{tag(kind.field('identifier'))},#status,#geo+wkt\nA-1,open,POINT(1 1)\n"
    found = mapping.propose(table(tmp_path, "x\n" + text).__class__(
        "x.csv", "", b"", "", tuple(text.splitlines()[0].split(",")), None, False,
        cells={h: ["1"] for h in text.splitlines()[0].split(",")}, count=1), "hazard")
    assert found.columns["identifier"] == tag(kind.field("identifier"))
    assert found.columns["status"] == "#status"


def test_safety_S01_an_area_without_a_unit_is_asked_for(tmp_path):
    source = table(tmp_path, "Идентификатор,Площадь\nA-1,12\nA-2,13\n")
    found = mapping.suggest(source, "hazard")
    assert "reported_area_m2" not in found.mapping.columns
    told = {s.column: s for s in found.suggestions}["Площадь"]
    assert told.field == "reported_area_m2" and not told.certain and "unit" in told.reason
    for text in ("Площадь м2\n12\n", "Площадь\n12 га\n"):
        assert "reported_area_m2" in mapping.propose(table(tmp_path, text), "hazard").columns


def test_safety_S09_a_word_that_closes_a_hazard_is_not_translated_silently(tmp_path):
    source = table(tmp_path, "Статус,Тип опасного района\nзакрыт,подтвержденный опасный район\n"
                             "открыт,CHA\n")
    found = mapping.suggest(source, "hazard")
    assert found.mapping.values["status"] == {"открыт": "open"}
    assert found.values["status"] == {"закрыт": "closed"}
    assert found.mapping.values["hazard_type"] == {"подтвержденный опасный район": "CHA"}
    assert '"закрыт": "closed"  # it decides something' in mapping.dump(found)


def test_values_make_likely_and_decide_nothing(tmp_path):
    rng = np.random.default_rng(3)
    rows = [f"T-{n},{44 + rng.random():.5f},2024-01-{n + 1:02d},{w},free words {n % 2}"
            for n, w in enumerate(["SHA", "CHA", "SHA", "SHA"])]
    source = table(tmp_path, "a1,b1,c1,d1,e1\n" + "\n".join(rows) + "\n")
    found = mapping.suggest(source, "hazard")
    assert not found.mapping.columns
    told = {s.column: s for s in found.suggestions}
    assert [told[c].field for c in ("a1", "b1", "d1")] == [
        "identifier", "latitude", "hazard_type"]
    assert told["c1"].field in ("information_date", "status_changed_on")
    assert told["e1"].field == "" and not any(s.certain for s in found.suggestions)
    assert all(s.reason and 0 <= s.confidence < 0.9 for s in found.suggestions)


def test_a_proposal_is_written_edited_and_read(tmp_path):
    source = table(tmp_path, "Šifra,Površina,Status,x: #1\nA-1,12,otvoreno,q\nA-2,3,otvoreno,q\n")
    found = mapping.suggest(source, "hazard")
    path = tmp_path / "map.yaml"
    path.write_text(mapping.dump(found), encoding="utf-8")
    read = mapping.load(path)
    assert read.columns == found.mapping.columns == {"identifier": "Šifra", "status": "Status"}
    assert read.values == {"status": {"otvoreno": "open"}}
    text = path.read_text(encoding="utf-8").replace('  # reported_area_m2:', '  reported_area_m2:')
    path.write_text(text, encoding="utf-8")
    assert mapping.load(path).columns["reported_area_m2"] == "Površina"


def test_the_fingerprint_is_of_the_headings():
    one = mapping.fingerprint(["Name ", "Área"], "hazard")
    assert one == mapping.fingerprint(["AREA", "name"], "hazard")
    assert one != mapping.fingerprint(["name"], "hazard")
    assert one != mapping.fingerprint(["name", "area"], "outcome")


def test_tags_of_other_writers_give_the_mapping_wherever_their_row_stands(tmp_path):
    text = ("Humanitarian data;;;;\nas of May;;;;\n\nCode du lieu;;Habitants;x1;x2\n"
            "#loc +code;#loc+name;#population;#geo+lat;#geo +lon\n"
            "P-1;Selo;120;44.1;17.1\nP-2;Grad;#12;44.2;17.2\n")
    for name in ("a.csv", "a.xlsx"):
        if name.endswith(".xlsx"):
            import openpyxl

            book = openpyxl.Workbook()
            for row in text.splitlines():
                book.active.append(row.split(";"))
            book.save(tmp_path / name)
            source = readers.read(tmp_path / name)
        else:
            source = table(tmp_path, text)
        assert source.columns == ("Code du lieu", "#loc+name", "Habitants", "x1", "x2")
        assert [r.values["Habitants"] for r in source.rows] == ["120", "#12"]  # no tag is data
        assert [n.message.code for n in source.notes] == ["FIL-040"]
        assert mapping.propose(source, "settlement").columns == {
            "identifier": "Code du lieu", "name": "#loc+name", "population": "Habitants",
            "latitude": "x1", "longitude": "x2"}


def test_rows_that_begin_with_a_hash_are_data_unless_the_standard_knows_the_tag(tmp_path):
    source = table(tmp_path, "ref,note\n#a,#b\n#z,#c1\n")
    assert [r.values["ref"] for r in source.rows] == ["#a", "#z"] and not source.notes


def test_a_part_of_the_people_is_never_taken_for_all_of_them(tmp_path):
    source = table(tmp_path, "a,b,c,d\n#population+f,#loc+name,#geo+lat,#geo+lon\n5,S,44,17\n")
    assert mapping.propose(source, "settlement").columns == {
        "name": "b", "latitude": "c", "longitude": "d"}


def test_a_type_column_is_told_by_its_values(tmp_path):
    shape = "POLYGON((0 0))"
    for words, field in ((("SHA", "CHA"), "hazard_type"), (("Suspected", "confirmed"),
                                                           "hazard_type"),
                         (("SHA", "Minefield 7"), "source_label"), (("", ""), "source_label")):
        text = "id,type,wkt\n" + "".join(f"A,{w},{shape}\n" for w in words)
        found = mapping.propose(table(tmp_path, text), "hazard").columns
        assert found.get(field) == "type" and len({*found.values()}) == len(found)
    # An outcome decides something: its label stays a label (S09).
    found = mapping.propose(table(tmp_path, "id,type,wkt\nA,cleared,x\n"), "outcome").columns
    assert found["source_label"] == "type" and "outcome_type" not in found


@pytest.mark.parametrize(("heading", "cell", "m2"), [
    ("Superficie (ha)", "1,5", 15_000), ("Площадь (га)", "0,5", 5_000),
    ("Площадь, м2", "500", 500), ("Area [km2]", "0.25", 250_000), ("Površina (dunum)", "3", 3_000),
    ("area_ha", "2", 20_000), ("Area (m2)", "7", 7)])
def test_the_unit_of_a_heading_is_read_in_any_language(tmp_path, heading, cell, m2):
    import dataclasses
    from datetime import UTC, date, datetime

    from landrelease.records import intake

    shape = "POLYGON((17 44,17.001 44,17.001 44.001,17 44))"
    source = table(tmp_path, f"id;{heading};wkt\nA;{cell};{shape}\n")
    used = mapping.propose(source, "hazard")
    assert used.columns["reported_area_m2"] == heading
    found = intake.take_in(source, "hazard", dataclasses.replace(used, crs="EPSG:4326"),
                           existing={}, recorded_by="x", today=date(2027, 5, 1),
                           recorded_at=datetime(2027, 5, 1, tzinfo=UTC))
    assert found.revisions[0].values["reported_area_m2"] == pytest.approx(m2)


def test_an_identifier_goes_before_a_row_number(tmp_path):
    source = table(tmp_path, "id,imsma_id,wkt\n1,H-1,x\n")
    assert mapping.propose(source, "hazard").columns["identifier"] == "imsma_id"
    assert mapping.propose(table(tmp_path, "id,wkt\n1,x\n"), "hazard").columns["identifier"] == "id"


def test_the_layout_of_the_minimum_data_requirements_and_its_words_are_known(tmp_path):
    text = ("identifier,perimeter_coordinates_wgs84,status,type\n"
            "A,\"POLYGON((17 44,17.001 44,17.001 44.001,17 44))\",open,CHA\n")
    source = table(tmp_path, text, "mdr_contaminated_area.csv")
    assert mapping.guess_kind(source) == "hazard"
    used = mapping.propose(source, "hazard")
    assert used.columns == {"identifier": "identifier", "status": "status", "hazard_type": "type",
                            "geometry": "perimeter_coordinates_wgs84"}
    assert used.crs == "EPSG:4326"  # the heading says it
    text = ("identifier,date of accident,type of accident,longitude,latitude\n"
            "A,1/2/2024,UXO/AXO,1,2\n")
    used = mapping.propose(table(tmp_path, text, "mdr_accident.csv"), "accident")
    assert used.columns["information_date"] == "date of accident"
    assert used.values["accident_class"] == {"UXO/AXO": "ordnance_accident"}


def test_headings_and_words_of_two_vocabularies_that_changed_places(tmp_path):
    source = table(tmp_path, "evidence,evidence_kind\nold survey,indirect\n"
                             "\"accident, known location\",direct\n")
    found = mapping.suggest(source, "evidence")
    assert found.mapping.columns == {"evidence_type": "evidence_kind", "evidence_kind": "evidence"}
    assert found.mapping.values["evidence_kind"] == {
        "accident, known location": "accident_known_place"}
    # One word that fits as the heading says, and the heading is believed.
    source = table(tmp_path, "evidence,evidence_kind\nold survey,indirect\nindirect,direct\n")
    assert mapping.propose(source, "evidence").columns == {
        "evidence_type": "evidence", "evidence_kind": "evidence_kind"}


def test_how_large_a_lot_is_does_not_say_which_one(tmp_path):
    found = mapping.propose(table(tmp_path, "id,lot_m2\nI-1,400\n"), "inspection").columns
    assert found == {"identifier": "id", "lot_size": "lot_m2"}


def test_a_century_is_stated_in_a_mapping(tmp_path):
    path = tmp_path / "m.yaml"
    path.write_text("kind: hazard\ncentury: 2000\ncolumns: {name: a}\n", encoding="utf-8")
    assert mapping.load(path).century == 2000
    path.write_text("kind: hazard\ncentury: 21\ncolumns: {name: a}\n", encoding="utf-8")
    with pytest.raises(LandReleaseError, match=r"FIL-014.*century"):
        mapping.load(path)
