"""Files as they come: each broken one is refused with what is wrong and what to do."""

import gzip
import io
import json
import zipfile
from datetime import date

import numpy as np
import openpyxl
import pyogrio.raw
import pytest
import shapely

from landrelease.errors import LandReleaseError
from landrelease.records import mapping, readers
from landrelease.records.readers import Limits, read

HEAD = "name,latitude,longitude,population\n"
ROWS = [("Čapljina", 43.11, 17.7, 8637), ("Široki Brijeg", 43.38, 17.59, 6000),
        ("Đurđevik", 44.45, 18.64, 2900)]
CSV = HEAD + "".join(f"{n},{y},{x},{p}\n" for n, y, x, p in ROWS)
SQUARE = shapely.box(17, 44, 17.01, 44.01)


def feature(geometry, **properties):
    return {"type": "Feature", "properties": properties,
            "geometry": json.loads(shapely.to_geojson(geometry))}


def collection(*features, **more):
    return {"type": "FeatureCollection", "features": list(features), **more}


def refused(path, **options):
    with pytest.raises(LandReleaseError) as error:
        read(path, **options)
    assert path.name in str(error.value)
    return error.value.code


@pytest.mark.parametrize(("encoding", "guessed"), [
    ("utf-8", False), ("utf-8-sig", False), ("utf-16", False), ("utf-16-le", True),
    ("cp1250", True)])
def test_text_of_any_encoding_gives_the_same_rows(tmp_path, encoding, guessed):
    path = tmp_path / "places.csv"
    path.write_bytes(CSV.encode(encoding))
    table = read(path)
    assert [r.values["name"] for r in table.rows] == [r[0] for r in ROWS]
    assert table.columns == ("name", "latitude", "longitude", "population")
    assert bool(table.notes) == guessed


def test_cyrillic_and_western_code_pages_are_told_apart(tmp_path):
    names = {"cp1251": "Снежное", "cp1252": "Nova Olímpia à São João"}
    for encoding, name in names.items():
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes(f"name;latitude;longitude\n{name};48.0;38.7\n{name};48.1;38.7\n".encode(
            encoding))
        table = read(path)
        assert table.rows[0].values["name"] == name
        assert table.notes[0].facts["found"] == encoding


def test_delimiters_quotes_blank_lines_and_hxl_tags(tmp_path):
    for mark in ",;\t|":
        path = tmp_path / "t.csv"
        path.write_text(f'name{mark}population\n#loc+name{mark}#population\n\n'
                        f'"a{mark}\nb"{mark}5\nc{mark}6\n', encoding="utf-8")
        table = read(path)
        assert [r.values for r in table.rows] == [
            {"name": f"a{mark}\nb", "population": "5"}, {"name": "c", "population": "6"}]
        assert [r.row for r in table.rows] == [1, 2]


def test_rows_with_too_many_cells_or_cut_off_are_kept_and_marked(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("name,latitude,longitude\na,44,17\nb,44,5,17,5\nc,44", encoding="utf-8")
    table = read(path)
    assert [r.problem and r.problem.message.code for r in table.rows] == [
        None, "ROW-016", "ROW-017"]
    assert table.rows[1].values["(cell 4)"] == "17"


@pytest.mark.parametrize(("name", "content", "code"), [
    ("a.csv", b"", "FIL-002"), ("a.geojson", b" \n ", "FIL-002"),
    ("a.csv.gz", gzip.compress(b"", mtime=0), "FIL-002"),
    ("a.csv", b"name,latitude\n", "FIL-007"), ("a.geojson", b'{"type":"FeatureCollection",'
                                               b'"features":[]}', "FIL-007"),
    ("a.csv", b"PK\x03\x04rest", "FIL-003"), ("a.xlsx", CSV.encode(), "FIL-003"),
    ("a.gpkg", CSV.encode(), "FIL-003"), ("a.csv", b"<!DOCTYPE html><html>", "FIL-003"),
    ("a.geojson", b'{"type":"Topology"}', "FIL-003"), ("a.csv", b"\x01\x00\x00\x00", "FIL-003"),
    ("a.kml", b"<gpx></gpx>", "FIL-003"), ("a.dwg", b"AC1015", "FIL-006"),
    ("a.geojson", b'{"type":"FeatureCollection","features":[{"type":"Fea', "FIL-004"),
    ("a.kml", b"<kml><Placemark>", "FIL-048"),
    ("a.csv.gz", gzip.compress(CSV.encode() * 50, mtime=0)[:-30], "FIL-004"),
    ("a.gpkg", b"SQLite format 3\x00" + b"\x00" * 50, "FIL-004"),
    ("a.csv", "name\nб\n".encode("utf-16")[:-1], "FIL-008"),
])
def test_broken_files_are_refused_with_a_reason(tmp_path, name, content, code):
    path = tmp_path / name
    path.write_bytes(content)
    assert refused(path) == code


def test_a_missing_file_is_named(tmp_path):
    assert refused(tmp_path / "nowhere.csv") == "FIL-001"


def test_cut_off_json_names_the_byte(tmp_path):
    whole = json.dumps(collection(feature(SQUARE, name="č"))).encode()
    path = tmp_path / "a.geojson"
    path.write_bytes(whole[:-20])
    with pytest.raises(LandReleaseError, match=rf"byte \d+ of {len(whole) - 20}"):
        read(path)


@pytest.mark.parametrize("ending", [".xlsx", ".kmz", ".zip"])
def test_cut_off_archives_are_refused(tmp_path, ending):
    whole = tmp_path / f"whole{ending}"
    if ending == ".xlsx":
        book = openpyxl.Workbook()
        for row in [("name", "latitude"), *((f"n{i}", i) for i in range(500))]:
            book.active.append(row)
        book.save(whole)
    else:
        with zipfile.ZipFile(whole, "w") as archive:
            archive.writestr("doc.kml", "<kml/>" * 500)
    path = tmp_path / f"cut{ending}"
    path.write_bytes(whole.read_bytes()[:-200])
    assert refused(path) == "FIL-004"


def test_archives_that_unpack_to_too_much_are_refused(tmp_path):
    limits = Limits(unpacked_bytes=100_000)
    packed = tmp_path / "bomb.csv.gz"
    packed.write_bytes(gzip.compress(b"a,b\n" * 100_000))
    assert refused(packed, limits=limits) == "FIL-005"
    for ending in (".kmz", ".xlsx", ".zip"):
        path = tmp_path / f"bomb{ending}"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("doc.kml", b" " * 200_000)
        assert refused(path, limits=limits) == "FIL-005"


def test_xlsx_sheets_dates_and_formulas(tmp_path):
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "areas"
    for row in [(None,), ("name", "date", "area"), ("a", date(2024, 3, 31), "=1+1")]:
        book.active.append(row)
    book.create_sheet("other").append(("x",))
    book.save(path)
    table = read(path)
    assert table.rows[0].values == {"name": "a", "date": date(2024, 3, 31), "area": "=1+1"}
    assert refused(path, layer="none") == "FIL-010"
    assert refused(path, layer="other") == "FIL-007"


def test_geojson_crs_member_is_honoured(tmp_path):
    path = tmp_path / "a.geojson"
    for crs, expected in (("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"),
                          ("urn:ogc:def:crs:EPSG::6316", "urn:ogc:def:crs:EPSG::6316")):
        path.write_text(json.dumps(collection(feature(SQUARE), crs={
            "type": "name", "properties": {"name": crs}})))
        assert read(path).crs == expected


def test_open_rings_are_closed_and_broken_geometry_is_told(tmp_path):
    ring = [[17, 44], [17.01, 44], [17.01, 44.01]]
    shapes = [{"type": "Polygon", "coordinates": [ring]},
              {"type": "Polygon", "coordinates": [[[17, 44], [17, 44], [17.01, 44]]]},
              {"type": "Polygon", "coordinates": "none"}, None, {"type": "Blob"}]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(collection(*(
        {"type": "Feature", "properties": None, "geometry": s} for s in shapes))))
    rows = read(path).rows
    assert rows[0].geometry.equals(shapely.Polygon(ring))
    assert [r.geometry_problem and r.geometry_problem.message.code for r in rows] == [
        None, "GEO-010", "GEO-008", None, "GEO-008"]


def write_layer(path, driver, shapes=(SQUARE,), layer=None, crs="EPSG:4326", **more):
    pyogrio.raw.write(path, geometry=shapely.to_wkb(np.array(shapes)),
                      field_data=[np.array([f"a{i}" for i in range(len(shapes))], dtype=object)],
                      fields=["name"], geometry_type="Polygon", crs=crs, driver=driver,
                      **({"layer": layer} if layer else {}), **more)


def test_geopackage_layers_and_crs(tmp_path):
    path = tmp_path / "a.gpkg"
    write_layer(path, "GPKG", layer="one")
    write_layer(path, "GPKG", layer="two", crs="EPSG:32633", append=True)
    assert readers.layers(path) == ["one", "two"]
    assert read(path, layer="two").crs == "EPSG:32633"
    assert read(path).rows[0].values == {"name": "a0"}
    assert read(path).rows[0].geometry.equals(SQUARE)
    assert refused(path, layer="three") == "FIL-010"


def test_a_shapefile_needs_its_parts_and_is_stored_as_one_archive(tmp_path):
    path = tmp_path / "areas.shp"
    write_layer(path, "ESRI Shapefile")
    table = read(path)
    assert table.rows[0].geometry.equals(SQUARE) and "4326" in table.crs
    again = readers.read_content("areas.shp", table.content)
    assert again.rows[0].values == table.rows[0].values and again.source == table.source
    packed = tmp_path / "areas.zip"
    packed.write_bytes(table.content)
    assert read(packed).rows[0].values == {"name": "a0"}
    path.write_bytes(path.read_bytes()[:-40])
    assert refused(path) == "FIL-004"
    path.with_suffix(".prj").unlink()
    path.with_suffix(".dbf").unlink()
    with pytest.raises(LandReleaseError, match=r"\.dbf, \.prj"):
        read(path)


KML = """<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<NetworkLink><Link><href>http://127.0.0.1:1/never</href></Link></NetworkLink>
<Folder><Placemark><name>a</name><ExtendedData><Data name="status"><value>open</value></Data>
</ExtendedData><Polygon><outerBoundaryIs><LinearRing><coordinates>
17,44,0 17.01,44,0 17.01,44.01,0 17,44.01,0 17,44,0</coordinates></LinearRing></outerBoundaryIs>
</Polygon></Placemark></Folder>
<Placemark><name>b</name></Placemark></Document></kml>"""


def test_kml_and_kmz_give_all_placemarks(tmp_path):
    plain, packed = tmp_path / "a.kml", tmp_path / "a.kmz"
    plain.write_text(KML)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("doc.kml", KML)
    for path in (plain, packed):
        rows = read(path).rows
        assert rows[0].values == {"status": "open", "name": "a"}
        assert rows[0].geometry.equals(SQUARE)
        assert rows[1].geometry is None


def test_entities_in_xml_are_never_resolved(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    path = tmp_path / "a.kml"
    path.write_text(f'<?xml version="1.0"?><!DOCTYPE k [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
                    "<kml><Placemark><name>&x;</name></Placemark></kml>")
    assert refused(path) == "FIL-011"


def test_the_source_is_the_bytes_of_the_file(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode(), mtime=0))
    table = read(path)
    assert table.content == path.read_bytes()
    assert readers.read_content("a.csv.gz", table.content).rows == table.rows


def test_kinds_are_guessed_from_labels_and_names_or_asked_for(tmp_path):
    path = tmp_path / "x.geojson"
    for label, kind in (("Suspected Minefield", "hazard"), ("Cleared Areas", "outcome"),
                        ("Lifted Minefields", "activity"), ("Incidents", "accident")):
        path.write_text(json.dumps(collection(feature(SQUARE, type=label))))
        assert mapping.guess_kind(read(path)) == kind
    path.write_text(json.dumps(collection(feature(SQUARE, type="Buildings"))))
    with pytest.raises(LandReleaseError, match=r"FIL-013.*--kind"):
        mapping.guess_kind(read(path))


def test_headings_are_matched_whatever_their_case_and_language(tmp_path):
    path = tmp_path / "settlements.csv"
    path.write_text(" Naziv ;Geografska širina;Geografska dužina;Population_1991\na;44;17;5\n",
                    encoding="utf-8")
    found = mapping.propose(read(path), "settlement")
    assert found.columns == {"name": "Naziv", "latitude": "Geografska širina",
                             "longitude": "Geografska dužina", "population": "Population_1991"}
    assert found.constants == {"population_year": 1991}


@pytest.mark.parametrize("text", [
    "kind: hazard\ncolumns: {nothing: a}", "kind: wrong\ncolumns: {name: a}", "- a\n- b",
    "kind: hazard\ncolumns: {name: [1]}", "kind: hazard\nvalues: {status: {x: wrong}}", "a: [",
    "kind: hazard\ncolumns: {name: a}\ndecimal: ';'", "kind: hazard\ncolumns: {name: a}\nextra: 1",
    "kind: hazard", "!!python/object/apply:os.system ['true']"])
def test_a_wrong_mapping_says_what_is_wrong(tmp_path, text):
    path = tmp_path / "map.yaml"
    path.write_text(text)
    with pytest.raises(LandReleaseError, match=r"FIL-014.*map\.yaml"):
        mapping.load(path)


def test_a_mapping_is_read(tmp_path):
    path = tmp_path / "map.yaml"
    path.write_text("kind: hazard\ncrs: 6316\ncolumns: {status: STATUS, geometry: WKT}\n"
                    "values: {status: {1: open}}\nconstants: {organisation: A}\ndate_order: dmy\n")
    found = mapping.load(path)
    assert (found.crs, found.values, found.date_order) == (
        "EPSG:6316", {"status": {"1": "open"}}, "dmy")


def circle(count):
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    ring = np.column_stack([17 + 0.1 * np.cos(angle), 44 + 0.1 * np.sin(angle)])
    return np.vstack([ring, ring[:1]])


def test_a_layer_with_too_many_vertices_in_one_geometry(tmp_path):
    path = tmp_path / "big.gpkg"
    write_layer(path, "GPKG", shapes=(shapely.Polygon(circle(1_200_000)), SQUARE))
    table = read(path)
    assert table.rows[0].geometry_problem.facts["found"] == "1,200,001"
    assert table.rows[1].geometry.equals(SQUARE)


def test_ten_million_vertices_are_counted_without_building_them(tmp_path):
    """Told with the count, the other rows read, the file kept whole."""
    ring = circle(100_000)
    block = io.BytesIO()
    np.savetxt(block, ring[:100_000], fmt="[%.5f,%.5f]", newline=",")
    body = block.getvalue() * 100 + b"[17.1,44.0]"
    small = json.dumps(feature(SQUARE)).encode()
    path = tmp_path / "big.geojson"
    path.write_bytes(b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":'
                     b'{"name":"big"},"geometry":{"type":"Polygon","coordinates":[[' + body
                     + b"]]}}," + small + b"]}")
    table = read(path)
    assert table.rows[0].geometry_problem.message.code == "GEO-015"
    assert table.rows[0].geometry_problem.facts["found"] == "10,000,001"
    assert table.rows[0].values == {"name": "big"}
    assert table.rows[1].geometry.equals(SQUARE)
    assert len(table.content) == path.stat().st_size
