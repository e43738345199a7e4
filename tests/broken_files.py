"""Deliberately broken files, from what users complain about: bytes, kind, expected code.

Each case is (name of the file, content or what makes it, kind, code). A code FIL-... that refuses
the file as a whole leaves nothing behind; every other file gives the finding and loses no row.
"""

import functools
import gzip
import io
import json
import tempfile
import warnings
import zipfile
from pathlib import Path

SQUARE = [[17, 44], [17.01, 44], [17.01, 44.01], [17, 44.01], [17, 44]]


def geo(*rings, kind="Polygon", **values):
    return json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"identifier": f"A-{n}", **values}, "geometry": r if (
            r is None or isinstance(r, dict)) else {"type": kind, "coordinates": [r]}}
        for n, r in enumerate(rings)]}).encode()


def place(row, head="name,latitude,longitude,population", encoding="utf-8"):
    return f"{head}\nGood,44.1,17.1,5\n{row}\n".encode(encoding)


def accident(row):
    return f"identifier,latitude,longitude,date\nG-1,44.1,17.1,2024-03-31\n{row}\n".encode()


def area(row):
    return ("identifier,wkt,reported_area_m2,status\n"
            f'G-1,"POLYGON((17 44,17.001 44,17.001 44.001,17 44))",,open\n{row}\n').encode()


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def kml(body, head=""):
    return (f'<?xml version="1.0"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
            f"{body}</Document></kml>").encode()


def shifted(dx, dy):
    return [[x + dx, y + dy] for x, y in SQUARE]


STAR = [[17, 44], [17.02, 44.06], [17.04, 44], [16.99, 44.04], [17.05, 44.04], [17, 44]]
P, H, A = "settlement", "hazard", "accident"
W = '"POLYGON((17 44,17.001 44,17.001 44.001,17 44))"'

def gpx(body, head=""):
    return (f'<?xml version="1.0"?>{head}<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">'
            f'<wpt lat="44.1" lon="17.1"><name>Good</name></wpt>{body}</gpx>').encode()


def point(number, lon=17.0, lat=44.0, **said):
    said = {"PointNo": number, "Longitude": lon, "Latitude": lat, **said}
    return "<Point>" + "".join(f"<{k}>{v}</{k}>" for k, v in said.items() if v is not None) + (
        "</Point>")


CORNERS = point(1) + point(2, 17.001) + point(3, 17.001, 44.001)


def maxml(*hazards, crs="WGS84"):
    """Field reports of IMSMA: (local id, points, other elements) each."""
    system = f"<CoordRefSys>{crs}</CoordRefSys>" if crs else ""
    return ('<?xml version="1.0"?><MineActionFieldReport>' + "".join(
        f"<FieldReport><FieldReportInfo/><Hazard><LocalID>{name}</LocalID>{more}<GeospatialInfo>"
        f"{system}<Polygon><PolyID>P</PolyID>{points}</Polygon></GeospatialInfo></Hazard>"
        "</FieldReport>" for name, points, more in hazards) + "</MineActionFieldReport>").encode()


def kobo(*areas, **more):
    """Submissions with an area as ODK text: latitude longitude altitude accuracy."""
    return json.dumps({"results": [
        {"_id": n, "_uuid": f"u-{n}", "_submission_time": "2024-03-31T10:00:00", "area": area,
         **more} for n, area in enumerate(areas)]}).encode()


def shape(*corners):
    return "; ".join(f"{lat} {lon} 0 0" for lon, lat in corners)


def odk(*rows, head="SubmissionDate,name,place-Latitude,place-Longitude,KEY"):
    return "\n".join([head, *rows]).encode()


AREA = shape((17, 44), (17.001, 44), (17.001, 44.001), (17, 44))


@functools.cache
def gdb(*names, identifier="globalid", attached=False, crs="EPSG:4326"):
    """A file geodatabase with hazards of these identifiers: name of the part -> bytes."""
    import numpy as np
    import pyogrio.raw
    import shapely

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "a.gdb"
        for layer in ("hazard", *(["hazard__ATTACH"] if attached else [])):
            pyogrio.raw.write(
                path, layer=layer, driver="OpenFileGDB", crs=crs, geometry_type="Polygon",
                geometry=shapely.to_wkb(np.array([
                    shapely.box(17 + n, 44, 17.001 + n, 44.001) for n in range(len(names))])),
                field_data=[np.array(names, dtype=object)], fields=[identifier],
                append=layer != "hazard")
        return {p.name: p.read_bytes() for p in sorted(path.iterdir())}


def packed(parts, *folders):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for folder in folders:
            for name, content in parts.items():
                archive.writestr(f"{folder}/{name}", content)
    return out.getvalue()


def without(parts, name):
    return {n: c for n, c in parts.items() if n != name}


CASES = {
    "empty": ("a.csv", b"", P, "FIL-002"),
    "blanks only": ("a.csv", b" \r\n\r\n", P, "FIL-002"),
    "headings only": ("a.csv", b"name,latitude,longitude\n", P, "FIL-007"),
    "unknown ending": ("a.dwg", b"AC1032", P, "FIL-006"),
    "workbook named csv": ("a.csv", zipped(a__txt=b"x"), P, "FIL-003"),
    "pdf named csv": ("a.csv", b"%PDF-1.7 x", P, "FIL-003"),
    "text named xlsx": ("a.xlsx", b"name,latitude\n", P, "FIL-003"),
    "zip named xlsx": ("a.xlsx", zipped(a__txt=b"x"), P, "FIL-003"),
    "text named gpkg": ("a.gpkg", b"name,latitude\n", P, "FIL-003"),
    "text named xls": ("a.xls", b"name,latitude\n", P, "FIL-003"),
    "cut parquet": ("a.parquet", b"PAR1 and no end", P, "FIL-004"),
    "cut geojson": ("a.geojson", geo(SQUARE)[:60], H, "FIL-004"),
    "cut zip": ("a.zip", zipped(a__csv=place("B,44,17,1"))[:40], P, "FIL-004"),
    "cut gzip": ("a.csv.gz", gzip.compress(place("B,44,17,1"), mtime=0)[:30], P, "FIL-004"),
    "xml with entities": ("a.kml", kml("", '<!DOCTYPE k [<!ENTITY e "x">]>'), H, "FIL-011"),
    "cut kml": ("a.kml", kml("<Placemark><name>x</name>")[:90], H, "FIL-048"),
    "shape alone": ("a.zip", zipped(a__shp=b"\x00\x00\x27\x0a" + bytes(96)), H, "FIL-009"),
    "no place at all": ("a.csv", b"name,population\nA,5\n", P, "FIL-018"),
    "eastings without system": ("a.csv", b"name,easting,northing\nA,500000,4900000\n", P,
                                "GEO-002"),
    "guessed encoding": ("a.csv", place("Му\u0448,44.2,17.2,5", encoding="cp1251"), P, "FIL-016"),
    "too many cells": ("a.csv", place("B,44.2,17.2,5,6,7"), P, "ROW-016"),
    "cut in a row": ("a.csv", place("B,44.2")[:-1], P, "ROW-017"),
    "words for a number": ("a.csv", place("B,44.2,17.2,many"), P, "ROW-001"),
    "part of a person": ("a.csv", place("B,44.2,17.2,2.5"), P, "ROW-002"),
    "negative population": ("a.csv", place("B,44.2,17.2,-5"), P, "ROW-003"),
    "range for a number": ("a.csv", place("B,44.2,17.2,10-20"), P, "ROW-042"),
    "formula": ("a.csv", place("B,44.2,17.2,=1+1"), P, "ROW-019"),
    "latitude beyond the pole": ("a.csv", place("B,95,17.2,5"), P, "GEO-011"),
    "place 0 0": ("a.csv", place("B,0,0,5"), P, "GEO-013"),
    "place missing": ("a.csv", place("B,,,5"), P, "GEO-007"),
    "place in words": ("a.csv", place("B,near the mill,17.2,5"), P, "GEO-201"),
    "same place, other values": ("a.csv", place("Good,44.1,17.1,6"), P, "ROW-013"),
    "row stands twice": ("a.csv", place("Good,44.1,17.1,5"), P, "ROW-014"),
    "date in words": ("a.csv", accident("B,44.2,17.2,spring"), A, "ROW-006"),
    "date both ways": ("a.csv", accident("B,44.2,17.2,03/04/2024"), A, "ROW-007"),
    "date to come": ("a.csv", accident("B,44.2,17.2,2199-01-01"), A, "ROW-008"),
    "date before mines": ("a.csv", accident("B,44.2,17.2,1700-01-01"), A, "ROW-009"),
    "a month": ("a.csv", accident("B,44.2,17.2,March 2024"), A, "ROW-041"),
    "a year of two digits": ("a.csv", accident("B,44.2,17.2,31.03.24"), A, "ROW-040"),
    "identifier twice": ("a.csv", accident("G-1,44.2,17.2,2024-04-30"), A, "ROW-011"),
    "identifier in Cyrillic": ("a.csv", accident("\u0413-1,44.2,17.2,2024-04-30").replace(
        "\u0413".encode(), b"g"), A, "ROW-012"),
    "unknown status": ("a.csv", area(f"B,{W.replace('17 44', '17.1 44')},,perhaps"), H,
                       "ROW-010"),
    "unknown unit": ("a.csv", area(f"B,{W.replace('17 44', '17.1 44')},5 acresque,open"), H,
                     "ROW-005"),
    "thousands or decimals": ("a.csv", area(f"B,{W.replace('17 44', '17.1 44')},\"1,234\",open"),
                              H, "ROW-004"),
    "torn outline": ("a.csv", area('B,"POLYGON((17 44,17.1",,open'), H, "GEO-008"),
    "shape twice": ("a.geojson", geo(SQUARE, SQUARE), H, "GEO-021"),
    "bow tie": ("a.geojson", geo(SQUARE, [[17.1 + x, y] for x, y in (
        (0, 44), (1e-4, 44.0001), (1e-4, 44), (0, 44.0001), (0, 44))]), H, "GEO-016"),
    "star that crosses itself": ("a.geojson", geo(shifted(.1, .1), STAR), H, "GEO-017"),
    "two corners": ("a.geojson", geo(SQUARE, [[17.1, 44], [17.2, 44], [17.1, 44]]), H, "GEO-010"),
    "line without area": ("a.geojson", geo(SQUARE, [[17.1, 44], [17.15, 44], [17.2, 44],
                                                    [17.1, 44]]), H, "GEO-019"),
    "no geometry": ("a.geojson", geo(SQUARE, None), H, "GEO-007"),
    "point for an area": ("a.geojson", geo(SQUARE, {"type": "Point", "coordinates": [17, 44]}),
                          H, "GEO-009"),
    "degrees beyond Earth": ("a.geojson", geo(SQUARE, shifted(400, 0)), H, "GEO-011"),
    "axes swapped": ("a.geojson", geo(*(shifted(i / 50, 0) for i in range(9)),
                                      [[y, x] for x, y in shifted(.3, .1)]), H, "GEO-012"),
    "far away": ("a.geojson", geo(*(shifted(i / 50, 0) for i in range(9)), shifted(-60, 20)), H,
                 "GEO-014"),
    "area differs": ("a.geojson", geo(SQUARE, reported_area_m2=5), H, "GEO-020"),
    "number that is no number": ("a.geojson", geo(SQUARE, reported_area_m2="wide"), H, "ROW-001"),
    "unknown system": ("a.geojson", json.dumps({**json.loads(geo(SQUARE)), "crs": {
        "type": "name", "properties": {"name": "EPSG:99999999"}}}).encode(), H, "GEO-003"),
    "not GeoJSON": ("a.geojson", b'{"name": 5}', H, "FIL-003"),
    # GPX of hand-held receivers.
    "gpx: a place in words": ("a.gpx", gpx('<wpt lat="44.2" lon="east"/>'), P, "GEO-008"),
    "gpx: no place": ("a.gpx", gpx("<wpt><name>B</name></wpt>"), P, "GEO-008"),
    "gpx: receiver without a fix": ("a.gpx", gpx('<wpt lat="0" lon="0"><name>B</name></wpt>'), P,
                                    "GEO-013"),
    "gpx: beyond the pole": ("a.gpx", gpx('<wpt lat="440" lon="17"><name>B</name></wpt>'), P,
                             "GEO-011"),
    "gpx: cut": ("a.gpx", gpx("")[:-9], P, "FIL-048"),
    "gpx: entities": ("a.gpx", gpx("", '<!DOCTYPE gpx [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
                      P, "FIL-011"),
    "gpx: a web page": ("a.gpx", b"<html><body>Log in</body></html>", P, "FIL-003"),
    "gpx: nothing in it": ("a.gpx", b'<?xml version="1.0"?><gpx version="1.1"/>', P, "FIL-007"),
    "gpx: a way for a place": ("a.gpx", b'<gpx version="1.1"><trk><name>B</name><trkseg>'
                               b'<trkpt lat="44" lon="17"/><trkpt lat="44.1" lon="17"/></trkseg>'
                               b'</trk></gpx>', P, "GEO-009"),
    # maXML of IMSMA.
    "maxml: a corner without coordinates": (
        "a.xml", maxml(("H-1", CORNERS, ""), ("H-2", CORNERS + point(4, None, None), "")), H,
        "GEO-008"),
    "maxml: a number stands twice": (
        "a.xml", maxml(("H-1", CORNERS + point(3, 17.5), "")), H, "GEO-008"),
    "maxml: two corners": ("a.xml", maxml(("H-1", point(1) + point(2, 17.1), "")), H, "GEO-010"),
    "maxml: no datum": ("a.xml", maxml(("H-1", CORNERS, ""), crs=""), H, "GEO-001"),
    "maxml: an unknown datum": ("a.xml", maxml(("H-1", CORNERS, ""), crs="Local 1"), H, "GEO-001"),
    "maxml: an unknown status": (
        "a.xml", maxml(("H-1", CORNERS, "<Status>Perhaps</Status>")), H, "ROW-010"),
    "maxml: one identifier twice": ("a.xml", maxml(
        ("H-1", CORNERS, ""), ("H-1", CORNERS.replace("17.001", "17.002"), "")), H, "ROW-011"),
    "maxml: identifiers differ by spaces": ("a.xml", maxml(
        ("H-1", CORNERS, ""), ("h - 1", CORNERS.replace("17.001", "17.002"), "")), H, "ROW-012"),
    "maxml: no polygon": ("a.xml", maxml(("H-1", CORNERS, ""), ("H-2", "", "")), H, "GEO-007"),
    "maxml: cut": ("a.xml", maxml(("H-1", CORNERS, ""))[:200], H, "FIL-048"),
    "maxml: no reports": ("a.xml", b"<MineActionFieldReport/>", H, "FIL-007"),
    "maxml: another document": ("a.xml", b"<invoice><total>5</total></invoice>", H, "FIL-003"),
    "maxml: it explodes": ("a.xml", b'<!DOCTYPE a [<!ENTITY a "aa">]><maXML>&a;</maXML>', H,
                           "FIL-011"),
    # Kobo and ODK: what phones save as a shape.
    "kobo: a shape of two points": (
        "a.json", kobo(AREA, shape((17.1, 44), (17.2, 44), (17.1, 44), (17.1, 44))), H, "GEO-010"),
    "kobo: a line of two points": (
        "a.json", kobo(AREA, shape((17.1, 44), (17.2, 44.1))), H, "GEO-009"),
    "kobo: all corners on a line": (
        "a.json", kobo(AREA, shape((17.1, 44), (17.15, 44), (17.2, 44), (17.1, 44))), H, "GEO-019"),
    "kobo: a shape that crosses itself": (
        "a.json", kobo(AREA, shape((17.1, 44), (17.1001, 44.0001), (17.1001, 44), (17.1, 44.0001),
                                   (17.1, 44))), H, "GEO-016"),
    "kobo: a shape not drawn": ("a.json", kobo(AREA, None), H, "GEO-007"),
    "kobo: a shape in words": ("a.json", kobo(*[AREA] * 51, "the field by the mill"), H, "GEO-008"),
    "kobo: the same shape again": ("a.json", kobo(AREA, AREA), H, "GEO-021"),
    "kobo: cut": ("a.json", kobo(AREA, AREA)[:90], H, "FIL-004"),
    "odk: longitude missing": ("a.csv", odk(
        "2024-03-31,Good,44.1,17.1,uuid:1", "2024-03-31,B,44.2,,uuid:2"), P, "GEO-008"),
    "odk: no fix": ("a.csv", odk(
        "2024-03-31,Good,44.1,17.1,uuid:1", "2024-03-31,B,0.0,0.0,uuid:2"), P, "GEO-013"),
    "odk: repeats are left": ("a.zip", zipped(**{
        "form__csv": odk("2024-03-31,Good,44.1,17.1,uuid:1"),
        "form-victim__csv": b"sex,PARENT_KEY,KEY\nf,uuid:1,uuid:1/victim[1]\n"}), P, "FIL-032"),
    "arcgis: no system": ("a.json", json.dumps({"geometryType": "esriGeometryPolygon", "features": [
        {"attributes": {"globalid": "A"}, "geometry": {"rings": [SQUARE[::-1]]}}]}).encode(), H,
        "GEO-001"),
    "arcgis: a curve": ("a.json", json.dumps({"spatialReference": {"wkid": 4326}, "features": [
        {"attributes": {"globalid": "A"}, "geometry": {"curveRings": [[[17, 44]]]}}]}).encode(), H,
        "GEO-008"),
    "survey123: x and y without a system": (
        "a.csv", b"GlobalID,name,x,y\nA,Good,17.1,44.1\n", P, "GEO-001"),
    # File geodatabases.
    "gdb: a table is missing": (
        "a.zip", lambda: packed(without(gdb("A"), "a00000001.gdbtable"), "a.gdb"), H, "FIL-030"),
    "gdb: an index is missing": (
        "a.zip", lambda: packed(without(gdb("A"), "a00000009.gdbtablx"), "a.gdb"), H, "FIL-030"),
    "gdb: cut": ("a.zip", lambda: packed(gdb("A"), "a.gdb")[:5000], H, "FIL-004"),
    "gdb: two in one archive": ("a.zip", lambda: packed(gdb("A"), "a.gdb", "b.gdb"), H, "FIL-012"),
    "gdb: only locks": ("a.gdb", packed({"_gdb.lock": b"x", "a.txt": b"y"}, "a.gdb"), H,
                        "FIL-003"),
    "gdb: attachments are left": ("a.zip", lambda: packed(gdb("A", attached=True), "a.gdb"), H,
                                  "FIL-032"),
    "gdb: identifiers differ by case": ("a.zip", lambda: packed(gdb("A-1", "a-1"), "a.gdb"), H,
                                        "ROW-012"),
    "gdb: one identifier twice": ("a.zip", lambda: packed(gdb("A-1", "A-1"), "a.gdb"), H,
                                  "ROW-011"),
    "gdb: no system": ("a.zip", lambda: packed(gdb("A-1", crs=None), "a.gdb"), H, "GEO-001"),
    # Traverses from paper forms.
    "legs: the traverse does not close": ("a.csv", (
        b"area id,to,from,bearing (true),distance,latitude,longitude\n"
        b"A,SP,BM,0,10,44.100000,17.100000\nA,TP1,SP,90,50,,\nA,TP2,TP1,180,50,,\n"
        b"A,TP3,TP2,270,50,,\nA,SP,TP3,0,5,,\n"), H, "GEO-214"),
    "legs: no north": ("a.csv", (
        b"area id,to,from,bearing,distance,latitude,longitude\n"
        b"A,SP,BM,0,10,44.100000,17.100000\nA,TP1,SP,90,50,,\nA,TP2,TP1,180,50,,\n"), H,
        "GEO-213"),
    "two tables in a zip": ("a.zip", zipped(a__csv=place("B,44.2,17.2,1"),
                                            b__geojson=geo(SQUARE)), P, "FIL-010"),
}
