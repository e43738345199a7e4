"""Deliberately broken files, from what users complain about: bytes, kind, expected code.

Each case is (name of the file, content, kind, code). A code FIL-... that refuses the file as a
whole leaves nothing behind; every other file gives the finding and loses no row.
"""

import gzip
import io
import json
import zipfile

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
    "cut kml": ("a.kml", kml("<Placemark><name>x</name>")[:90], H, "FIL-004"),
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
    "two tables in a zip": ("a.zip", zipped(a__csv=place("B,44.2,17.2,1"),
                                            b__geojson=geo(SQUARE)), P, "FIL-010"),
}
