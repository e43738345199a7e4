"""Layers, tracks, forms and field reports: read whole, and refused with a reason when broken."""

import gzip
import io
import json
import sqlite3
import struct
import zipfile
from contextlib import closing

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio.raw
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from landrelease.errors import LandReleaseError
from landrelease.records import readers
from landrelease.records.readers import Limits, read, read_content

SQUARE = shapely.box(17, 44, 17.01, 44.01)
OTHER = shapely.box(18, 44, 18.01, 44.01)


def refused(name, content, **options):
    with pytest.raises(LandReleaseError) as error:
        read_content(name, content, **options)
    assert name in str(error.value)
    return error.value.code


def codes(table):
    return {n.message.code for n in table.notes}


def write(path, driver, layer=None, shapes=(SQUARE, OTHER), crs="EPSG:4326", kind="Polygon",
          **more):
    pyogrio.raw.write(
        path, geometry=shapely.to_wkb(np.array(shapes)), driver=driver, crs=crs,
        field_data=[np.array([f"a{i}" for i in range(len(shapes))], dtype=object),
                    np.arange(len(shapes), dtype=np.int32)],
        fields=["globalid", "status"], geometry_type=kind,
        **({"layer": layer} if layer else {}), **more)


# --- file geodatabase --------------------------------------------------------------------------

@pytest.fixture
def gdb(tmp_path):
    path = tmp_path / "programme.gdb"
    write(path, "OpenFileGDB", "hazards")
    write(path, "OpenFileGDB", "cleared", crs="EPSG:32633", append=True)
    write(path, "OpenFileGDB", "hazards__ATTACH", append=True)
    return path


def test_a_geodatabase_is_read_as_folder_stored_and_zipped(gdb, tmp_path):
    table = read(gdb)
    assert table.layer == "hazards" and table.crs == "EPSG:4326" and len(table) == 2
    # A geodatabase stores coordinates on a grid of about 1e-9 degrees.
    assert shapely.equals_exact(shapely.normalize(shapely.get_geometry(table.geometries, 0)),
                                shapely.normalize([SQUARE, OTHER]), 1e-8).all()
    assert readers.layers(gdb) == ["hazards", "cleared"]
    assert "hazards__ATTACH" in table.notes[0].facts["found"]
    (gdb / "x.lock").write_bytes(b"")  # made by whoever looks at it
    again = read(gdb, layer="cleared")
    assert again.source == table.source and again.crs == "EPSG:32633"
    assert read_content("programme.gdb", table.content).source == table.source
    packed = tmp_path / "programme.gdb.zip"
    packed.write_bytes(table.content)
    assert read(packed, layer="cleared").layer == "cleared"
    assert readers.layers(packed) == ["hazards", "cleared"]
    with pytest.raises(LandReleaseError, match=r"FIL-010.*hazards"):
        read(gdb, layer="none")


def test_an_incomplete_geodatabase_is_refused(gdb, tmp_path):
    (gdb / "a00000001.gdbtable").unlink()
    with pytest.raises(LandReleaseError, match=r"FIL-030.*a00000001\.gdbtable"):
        read(gdb)
    empty = tmp_path / "empty.gdb"
    empty.mkdir()
    with pytest.raises(LandReleaseError, match="FIL-002"):
        read(empty)
    with pytest.raises(LandReleaseError, match="FIL-001"):
        read(tmp_path / "nowhere.gdb")


def test_a_geodatabase_with_a_cut_table_is_refused_or_read_whole(gdb):
    biggest = max(gdb.glob("*.gdbtable"), key=lambda p: p.stat().st_size)
    biggest.write_bytes(biggest.read_bytes()[:60])
    with pytest.raises(LandReleaseError, match="FIL-004"):
        read(gdb)


CATALOGUE = ("""<?xml version="1.0"?><typens:GPCodedValueDomain2 xmlns:typens="t">
<DomainName>Status</DomainName><CodedValues><CodedValue><Name>Open</Name><Code>0</Code></CodedValue>
</CodedValues></typens:GPCodedValueDomain2>""",
             """<DEFeatureClassInfo><GPFieldInfoExs><GPFieldInfoEx><Name>status</Name>
<DomainName>Status</DomainName></GPFieldInfoEx></GPFieldInfoExs></DEFeatureClassInfo>""")


def test_coded_values_are_shown_in_words(gdb, monkeypatch):
    plain = pyogrio.raw.read

    def with_domains(path, *args, layer=None, **options):
        if layer == "GDB_Items":
            return ({"fields": np.array(["Name", "Definition"], dtype=object)}, None, None,
                    [np.array(["Status", "hazards"], dtype=object),
                     np.array(CATALOGUE, dtype=object)])
        return plain(path, *args, layer=layer, **options)

    monkeypatch.setattr(pyogrio.raw, "read", with_domains)
    assert list(read(gdb).cells["status"]) == ["Open", 1]  # a code without a word stays


def test_arcs_are_read_as_lines_with_a_note(tmp_path):
    corners = [(17, 44), (17.05, 44.05), (17.1, 44), (17.05, 43.95), (17, 44)]
    arc = struct.pack("<BII", 1, 8, 5) + b"".join(struct.pack("<dd", *c) for c in corners)
    circle = struct.pack("<BII", 1, 10, 1) + arc
    path = tmp_path / "a.gpkg"
    pyogrio.raw.write(path, geometry=np.array([circle], dtype=object), fields=["name"],
                      field_data=[np.array(["x"], dtype=object)], geometry_type="Unknown",
                      crs="EPSG:4326", driver="GPKG", layer="arcs")
    assert codes(read(path)) == set()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("update gpkg_geometry_columns set geometry_type_name = 'CURVEPOLYGON'")
    table = read(path)
    assert codes(table) == {"FIL-031"}
    assert table.geometries[0].area == pytest.approx(np.pi * 0.05**2, rel=0.005)


def test_a_view_without_end_is_refused(tmp_path):
    path = tmp_path / "a.gpkg"
    write(path, "GPKG", "areas")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("create view v as with recursive c(x) as (select 1 union all select x + 1 "
                         "from c) select x from c")
        database.execute("insert into gpkg_contents (table_name, data_type, identifier) "
                         "values ('v', 'attributes', 'v')")
    for look in (read, readers.layers):
        with pytest.raises(LandReleaseError, match="FIL-012"):
            look(path)


# --- GPX ---------------------------------------------------------------------------------------

GPX = """<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">
<wpt lat="44.1" lon="17.2"><ele>310.5</ele><time>2024-03-31T10:00:00Z</time><name>TP1</name>
<hdop>1.2</hdop></wpt><wpt lat="44.1" lon="east"><name>TP2</name></wpt>
<trk><name>lane</name><trkseg><trkpt lat="44" lon="17"><time>2024-03-31T10:00:00Z</time></trkpt>
<trkpt lat="44.1" lon="17"><time>2024-03-31T10:05:00Z</time><hdop>3</hdop></trkpt></trkseg>
<trkseg><trkpt lat="45" lon="17"/></trkseg></trk></gpx>"""


def test_gpx_waypoints_and_tracks_are_layers(tmp_path):
    path = tmp_path / "a.gpx"
    path.write_text(GPX)
    points = read(path)
    assert points.rows[0].values == {"ele": "310.5", "time": "2024-03-31T10:00:00Z",
                                     "name": "TP1", "hdop": "1.2"}
    assert points.geometries[0].equals(shapely.Point(17.2, 44.1)) and len(points) == 2
    assert points.geometry_problems[1].message.code == "GEO-008"
    assert readers.layers(path) == ["waypoints", "tracks"] and "FIL-032" in codes(points)
    tracks = read(path, layer="tracks")
    assert [g.geom_type for g in tracks.geometries] == ["LineString", "Point"]
    assert tracks.rows[0].values["time_last"] == "2024-03-31T10:05:00Z"
    assert tracks.rows[0].values["hdop_largest"] == 3.0


def test_gpx_of_another_writer_is_read(tmp_path):
    path = tmp_path / "gdal.gpx"
    pyogrio.raw.write(path, geometry=shapely.to_wkb(np.array([shapely.Point(17, 44)])),
                      field_data=[np.array(["a"], dtype=object)], fields=["name"],
                      geometry_type="Point", crs="EPSG:4326", driver="GPX")
    assert read(path).rows[0].values["name"] == "a"


# --- GeoParquet --------------------------------------------------------------------------------

def parquet(path, crs="absent", encoding="WKB", shapes=(SQUARE, None), broken=False):
    about = {"encoding": encoding, "geometry_types": ["Polygon"]}
    if crs != "absent":
        about["crs"] = crs
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": about}}
    wkb = [None if s is None else shapely.to_wkb(s) for s in shapes]
    if broken:
        wkb[0] = wkb[0][:20]
    table = pa.table({"id": ["a", "b"], "area": [1.5, float("nan")],
                      "geometry": pa.array(wkb, pa.binary())})
    pq.write_table(table.replace_schema_metadata({b"geo": orjson.dumps(geo)}), path)
    return path


def test_geoparquet_systems(tmp_path):
    path = tmp_path / "a.parquet"
    for crs, expected in (("absent", "EPSG:4326"), (None, ""),
                          (CRS("EPSG:6316").to_json_dict(), "EPSG:6316"),
                          (CRS("OGC:CRS84").to_json_dict(), "EPSG:4326")):
        table = read(parquet(path, crs))
        assert table.crs == expected
        assert table.geometries[0].equals(SQUARE) and table.geometries[1] is None
        assert table.rows[1].values == {"id": "b", "area": None}


def test_broken_geoparquet(tmp_path):
    path = parquet(tmp_path / "a.parquet")
    whole = path.read_bytes()
    assert refused("a.parquet", whole[:-30]) == "FIL-004"
    assert refused("a.parquet", whole[:4] + b"x" * 50 + b"PAR1") == "FIL-004"
    assert refused("a.parquet", b"id,name\n") == "FIL-003"
    assert refused("a.csv", whole) == "FIL-003"
    assert refused("a.parquet", whole, limits=Limits(cells=2)) == "FIL-005"
    assert refused("p.parquet", parquet(path, encoding="polygon").read_bytes()) == "FIL-012"
    bomb = pa.table({"id": pa.array(["x" * 100_000] * 5000)})
    pq.write_table(bomb, path)
    assert path.stat().st_size < 200_000
    held = read(path).cells["id"]
    assert held[0] is held[4999]  # 500 MB of text are one text
    assert refused("a.parquet", parquet(path, shapes=(SQUARE, SQUARE)).read_bytes(),
                   limits=Limits(unpacked_bytes=150)) == "FIL-005"
    table = read(parquet(path, broken=True))
    assert table.geometry_problems[0].message.code == "GEO-008" and len(table) == 2


# --- maXML -------------------------------------------------------------------------------------

MAXML = """<?xml version="1.0"?><MineActionFieldReport><DocumentHeader/>
<FieldReport><FieldReportInfo><ReportingDate>2016-05-01</ReportingDate></FieldReportInfo>
<Hazard><LocalID>H-1</LocalID><Status>Active</Status>
<Device><Type>PMA-2</Type></Device><Device><Type>PROM-1</Type></Device>
<GeospatialInfo><CoordRefSys>WGS84</CoordRefSys><Polygon><PolyID>P1</PolyID>
<Point><PointNo>2</PointNo><Longitude>17.1</Longitude><Latitude>44</Latitude></Point>
<Point><PointNo>1</PointNo><Longitude>17</Longitude><Latitude>44</Latitude></Point>
<Point><PointNo>3</PointNo><Longitude>17.1</Longitude><Latitude>44.1</Latitude></Point>
</Polygon></GeospatialInfo></Hazard></FieldReport>
<FieldReport><FieldReportInfo/><Accident><LocalID>A-1</LocalID></Accident></FieldReport>
<FieldReport><Hazard><LocalID>H-2</LocalID><GeospatialInfo><Polygon>
<Point><PointNo>1</PointNo><Longitude>17</Longitude><Latitude>44</Latitude></Point>
<Point><PointNo>2</PointNo><Bearing>90</Bearing><Distance>100</Distance></Point>
</Polygon></GeospatialInfo></Hazard></FieldReport></MineActionFieldReport>"""


def test_maxml_keeps_every_element_and_makes_polygons(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(MAXML)
    table = read(path)
    assert table.layer == "Hazard" and len(table) == 2
    row, row_two = (r.values for r in table.rows)
    assert row["LocalID"] == "H-1" and row["FieldReportInfo/ReportingDate"] == "2016-05-01"
    assert row["Device/Type"] == "PMA-2" and row["Device (2)/Type"] == "PROM-1"
    assert [tuple(c) for c in table.geometries[0].exterior.coords[:3]] == [
        (17, 44), (17.1, 44), (17.1, 44.1)]
    assert table.geometry_problems == {} and table.geometries[1] is None
    assert row_two["(legs)"] == "1 at 44.0 | 17.0; 2 from: 90 / 100"
    assert table.crs == ""  # the second report does not say its system
    assert readers.layers(path) == ["Hazard", "Accident"]
    assert read(path, layer="Accident").rows[0].values["LocalID"] == "A-1"
    assert {"FIL-034", "FIL-032"} <= codes(table)


@pytest.mark.parametrize("name", ["a.xml", "a.gpx", "a.kml"])
def test_xml_that_reaches_outside_explodes_or_is_bottomless_is_refused(name):
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>'
    assert refused(name, bomb) == "FIL-011"
    assert refused(name, b"<a>" * 5000 + b"</a>" * 5000) == "FIL-012"
    assert refused(name, b"<gpx><wpt") == "FIL-048"
    assert refused(name, b"<html/>") == "FIL-003"
    assert refused(name, b"") == "FIL-002"


# --- JSON of forms and of ArcGIS ---------------------------------------------------------------

def test_submissions_of_kobo(tmp_path):
    document = {"count": 1, "results": [
        {"_id": 1, "_uuid": "u1", "group/place": "44.1 17.2 300 4.5", "types": "mine erw",
         "_attachments": [], "victims": [{"victims/age": 12}, {"victims/age": 40}]}]}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document))
    table = read(path)
    assert table.crs == "EPSG:4326" and table.geometries[0].equals(shapely.Point(17.2, 44.1))
    assert table.rows[0].values["group/place-Accuracy"] == 4.5
    assert readers.layers(path) == ["", "victims"]
    assert [r.values for r in read(path, layer="victims").rows] == [
        {"_submission": "u1", "victims/age": 12}, {"_submission": "u1", "victims/age": 40}]


def test_a_feature_set_of_arcgis_is_read_with_its_words():
    outline = [[0, 0], [0, 10], [10, 10], [10, 0], [0, 0]]  # clockwise
    hole = [[2, 2], [4, 2], [4, 4], [2, 4], [2, 2]]
    document = {"geometryType": "esriGeometryPolygon", "spatialReference": {"wkid": 102100},
                "fields": [{"name": "EditDate", "type": "esriFieldTypeDate"},
                           {"name": "status", "domain": {"codedValues": [
                    {"code": 1, "name": "Open"}]}}],
                "features": [
                    {"attributes": {"status": 1}, "geometry": {"rings": [outline, hole]}},
                    {"attributes": {"status": 2, "EditDate": 1711843200000},
                     "geometry": {"rings": [hole]}},
                    {"attributes": {"status": 1}, "geometry": {"curveRings": [[]]}}]}
    table = read_content("a.json", json.dumps(document).encode())
    assert table.crs == "EPSG:3857" and table.cells["status"] == ["Open", 2, "Open"]
    assert table.cells["EditDate"] == [None, "2024-03-31T00:00:00+00:00", None]
    assert table.geometries[0].area == 96 and table.geometries[1].area == 4
    assert table.geometry_problems[2].message.code == "GEO-008"


def test_all_parts_of_a_geometry_collection_are_kept():
    shape = {"type": "GeometryCollection", "geometries": [
        {"type": "Polygon", "coordinates": [[[17, 44], [17.1, 44], [17.1, 44.1]]]},
        {"type": "LineString", "coordinates": [[17, 44], [18, 44]]}]}
    table = read_content("a.geojson", json.dumps(
        {"type": "Feature", "properties": {}, "geometry": shape}).encode())
    assert [g.geom_type for g in table.geometries[0].geoms] == ["Polygon", "LineString"]


# --- any bytes ---------------------------------------------------------------------------------

SEEDS = [GPX.encode(), MAXML.encode(), b'{"type":"FeatureCollection","features":[]}',
         b'{"results":[{"_id":1,"a":"44 17 0 1"}]}', b"KEY,a\nx,44 17 0 1;44 17\n",
         b'{"features":[{"attributes":{"a":1},"geometry":{"rings":[[1]]}}]}', b"PAR1\x00PAR1",
         b"PK\x05\x06" + bytes(18), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEDS), st.integers(0, 2000), st.binary(max_size=8), st.integers(0, 8),
       st.sampled_from([".gpx", ".xml", ".json", ".geojson", ".csv", ".parquet", ".zip", ".xls",
                        ".xlsx", ".gdb", ".kml", ".gpkg", ".shp"]))
def test_any_bytes_are_read_or_refused_in_words(seed, place, extra, cut, ending):
    place %= len(seed) + 1
    content = seed[:place] + extra + seed[place + cut:]
    try:
        table = read_content(f"a{ending}", content)
    except LandReleaseError as error:
        assert error.code.startswith("FIL-")
    else:
        assert len(table.rows) == len(table) > 0


def test_names_in_an_archive_never_leave_the_folder(gdb, tmp_path):
    stored = read(gdb).content
    path = tmp_path / "evil.gdb.zip"
    with zipfile.ZipFile(path, "w") as new:
        with zipfile.ZipFile(io.BytesIO(stored)) as old:
            for name in old.namelist():
                new.writestr(name, old.read(name))
        new.writestr("programme.gdb/../../../evil.txt", b"x")
    assert len(read(path)) == 2
    assert not list(tmp_path.rglob("evil.txt"))


def test_parts_that_are_links_are_refused(gdb, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_bytes(b"not for import")
    (gdb / "a00000009.gdbtable").unlink()
    (gdb / "a00000009.gdbtable").symlink_to(secret)
    with pytest.raises(LandReleaseError, match=r"FIL-012.*a00000009\.gdbtable.*link"):
        read(gdb)
    write(tmp_path / "a.shp", "ESRI Shapefile")
    (tmp_path / "a.dbf").unlink()
    (tmp_path / "a.dbf").symlink_to(secret)
    with pytest.raises(LandReleaseError, match=r"FIL-012.*a\.dbf.*link"):
        read(tmp_path / "a.shp")


def test_archives_that_are_nothing_but_air_are_refused():

    blank = b"name,latitude,longitude\n" + b" " * 120_000_000

    def packed(name, content):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
            archive.writestr("[Content_Types].xml", "")
        assert len(out.getvalue()) < 500_000
        return out.getvalue()

    assert refused("a.csv.gz", gzip.compress(blank, mtime=0)) == "FIL-005"
    assert refused("a.zip", packed("a.csv", blank)) == "FIL-005"
    book = packed("xl/worksheets/sheet1.xml", blank)
    assert refused("a.xlsx", book) == "FIL-005"
    with pytest.raises(LandReleaseError, match="FIL-005"):
        read_content("a.zip", packed("a.xlsx", book))


def test_a_small_layer_keeps_no_room_for_rows_that_did_not_come(tmp_path):
    for name, driver in (("a.shp", "ESRI Shapefile"), ("a.gpkg", "GPKG"), ("b.gdb", "OpenFileGDB")):
        write(tmp_path / name, driver)
        table = read(tmp_path / name)
        assert table.geometries.base is None or table.geometries.base.nbytes < 1000
        assert list(table.cells["globalid"]) == ["a0", "a1"]


def test_a_count_that_is_wrong_costs_no_row(tmp_path):
    path = tmp_path / "a.gpkg"
    write(path, "GPKG", "hazard")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("update gpkg_ogr_contents set feature_count = 1")
    assert len(read(path)) == 2


def test_a_damaged_dictionary_of_parquet_is_refused(tmp_path):
    whole = bytearray(parquet(tmp_path / "a.parquet").read_bytes())
    for place in range(4, len(whole) - 8, 3):
        changed = bytes(whole[:place]) + bytes([whole[place] ^ 0x55]) + bytes(whole[place + 1:])
        try:
            table = read_content("a.parquet", changed)
        except LandReleaseError:
            continue
        for column in table.columns:
            assert len(table.cells[column]) == len(table)


def test_a_layer_without_rows_is_refused_in_words(tmp_path):
    for name, driver in (("a.shp", "ESRI Shapefile"), ("a.gpkg", "GPKG")):
        write(tmp_path / name, driver, shapes=())
        with pytest.raises(LandReleaseError, match="FIL-007"):
            read(tmp_path / name)
