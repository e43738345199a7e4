"""Tables of text and workbooks: the fast parser and the careful one agree, nothing is lost."""

import base64
import zipfile
import zlib
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from landrelease.errors import LandReleaseError
from landrelease.records import readers, text
from landrelease.records.readers import Limits, read, read_content, texts

CELL = st.text(st.sampled_from("ab1 .-#+č٣\t\x85 \x1c"), max_size=4)
ODD = st.text(st.sampled_from('a"1,;\n\r \x00'), max_size=5)


def both(content, delimiter=","):
    """The table of each parser; the fast one may decline."""
    careful = texts.careful_table("t.csv", content, "utf-8", delimiter)
    return texts.fast_table("t.csv", content, "utf-8", delimiter), careful


def same(fast, careful):
    assert fast.columns == careful.columns
    assert [r.values for r in fast.rows] == [r.values for r in careful.rows]
    assert fast.rows == careful.rows


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=6),
       st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_fast_and_careful_parsers_agree_on_regular_files(rows, delimiter, end, last):
    content = (end.join(delimiter.join(r) for r in rows) + (end if last else "")).encode()
    fast, careful = both(content, delimiter)
    if fast is not None:
        same(fast, careful)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(st.one_of(ODD, ODD.map(lambda s: '"' + s.replace('"', '""') + '"')),
                         min_size=1, max_size=4), min_size=1, max_size=5))
@example([["a", "b"], ['"x\ny"', '"1 ""m"""']])
@example([["a", "b"], ['5" mine', "1"]])
@example([["a", "b"], [' "a"', "1"]])
@example([["a", "b"], ['""', '""""']])
def test_fast_and_careful_parsers_agree_on_odd_files(rows):
    fast, careful = both("\n".join(",".join(r) for r in rows).encode())
    if fast is not None:
        same(fast, careful)


@pytest.mark.parametrize("content", [
    "name,area\na,1\nb,2\n", 'name,area\r\n"a, b",1\r\n"c ""d""\r\ne",2\r\n',
    "\n\nname,area\n#loc+name,#area\n,\na,1\n , \n", "name,name,\nx,y,z\n"[:-3] + "y,z\n"])
def test_the_fast_parser_is_used_where_it_may_be(content):
    fast, careful = both(content.encode())
    if content.startswith("name,name"):
        assert fast is None  # a heading is missing: the careful parser says which
    else:
        same(fast, careful)
        assert len(fast)


def test_columns_and_rows_of_a_table_say_the_same(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("name,latitude\na,44\nb,44,5\nc\n", encoding="utf-8")
    table = read(path)
    assert list(table.cells["latitude"]) == [r.values["latitude"] for r in table.rows]
    assert list(table.cells["name"]) == ["a", "b", "c"]
    assert table.problems.keys() == {1} and table.extras == {1: {"(cell 3)": "5"}}
    assert table.row_numbers.tolist() == [1, 2, 3] and len(table) == 3
    assert table.rows[1].values["(cell 3)"] == "5"


# Written by xlwt: two visible sheets and a hidden one; a date, a truth, an error, merged cells.
XLS = zlib.decompress(base64.b64decode("""
eNrtWE1IVFEU/u578+aN4s9oGmggImRluog2bXQqLFcjVot+EOrZPNLUGXnNolqUpbMMglZFG8EWbaw2/dAPtQiCAqMWQRA4
RatWQUEL9XXOeW+m0QocSMt43+Ode++595577jnnnvfzcrpqZuJWfRaL0AEd824JwgU8RXdJrhEF9bsuV3NlhG43wKpCSYQc
GTZwv/yFyT5kf2eh4WboCVHgPd29GEF3Kmk3riB2ig6WYh3aVZhiT6OIvEq0AnWiWbXQo0LXCL0hox8I3S6cC0LbaeyMOoTp
WHfLNj+SD2hN0ldBVOGOzHkrnC2oxTOO5LMXlTfWwA5nwBpaZR0NoTJMgpzaZSdth9uVuIZS4CChLR5v6+ycQQ05fBJf3Ubg
S+5kP24M+CvLVyD+t4V88zf8CDlxMf+SFgJG4R5RHMwZlKM3xD0GLMe2TmQoysfDHBph9A8kEnaSh8ya3pBUut92ZhGX1M4p
nKYmrWGbioSV5oKFUJEasZMkxbGHLWcwAlWmLEoMQziOASRhceoYtp1jdoLi8GQpPyskt0QX5JZyOW9lRBOolHqVnLooLT17
/fOreF9P7LBwRkUZ76mznjcIF+d4Bk2uEK7skXYAtMiMzULPi9R1Uq8XWkNjqGzuqfUru8dkzLj0NtM6WwWvYxsK6hupnvm0
525D5kNsE9WnurKna6bexCbQRKZK0Hy+xtCqWtWVy4x7sVyp/Oz0TmjdT5kqokVlBwZc/9FaiTk6m8yrEobXYuuofEvzbeW1
dGrp+VaIWiFfsvYLyZpIZls9FN1Yw/qnLPH5PpPahhaRDMvreXWWaCqWx6voi+TpIo89+ohso/uantG4h6U2UM9HX09dvNih
VeM2q0G5+QeWO04YWr5/NcaJp/tC60OsbxZEUuEI9oLK+0fsjsDu/47dAwQIECBAgL8N5T+ndf992vDfA0z/v84c3fPBb5L/
FnuRoitNH5S76CMuDQenioqftTBUTpZa4pzc/0LGflrdwSD6RI/BouOX3uNU4X6WPDH6545QsevPF6PnMq//HR8pQw0=
"""))


def test_an_old_workbook_shows_what_a_person_sees(tmp_path):
    path = tmp_path / "a.xls"
    path.write_bytes(XLS)
    table = read(path)
    assert [r.values for r in table.rows] == [
        {"name": "Čapljina", "date": date(2024, 3, 31), "area": 1200.5, "open": True,
         "remark": "#DIV/0!"},
        {"name": "merged", "date": None, "area": 7, "open": None, "remark": None}]
    assert readers.layers(path) == ["areas", "other"]
    assert table.notes[0].facts["found"] == "other"
    assert read(path, layer="hidden").rows[0].values == {"x": 1}


@pytest.mark.parametrize(("name", "content", "code"), [
    ("a.xls", b"name,area\n1,2\n", "FIL-003"), ("a.csv", XLS, "FIL-003"), ("a.xls", b"", "FIL-002"),
    ("a.xls", XLS[:600], "FIL-012"), ("a.xlsx", XLS, "FIL-003")])
def test_broken_old_workbooks_are_refused(name, content, code):
    with pytest.raises(LandReleaseError) as error:
        read_content(name, content)
    assert error.value.code == code


def test_saved_values_of_formulas_are_shown_and_others_show_the_formula(tmp_path):
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    for row in (("a", "b", "c"), ("=1+1", "=2+2", "#N/A"), (1, None, 2)):
        book.active.append(row)
    book.create_sheet("hidden").sheet_state = "hidden"
    book.save(path)
    saved = tmp_path / "saved.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(saved, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>")
                         .replace(b"<f>1+1</f><v/>", b"<f>1+1</f><v>2</v>")
                         .replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>"))
    assert read(saved).rows[0].values == {"a": 2, "b": "=2+2", "c": "#N/A"}
    assert read(saved).rows[1].values == {"a": 1, "b": None, "c": 2}


def test_a_table_with_too_many_cells_is_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    for i in range(50):
        book.active.append((i, i))
    book.save(path)
    with pytest.raises(LandReleaseError, match="FIL-005"):
        read(path, limits=Limits(cells=60))


POINTS = ("PolyID,PointNo,PointType,Longitude,Latitude,CoordRefSys,HazardLocalID\n"
          "P1,3,Turning point,17.1,44.1,WGS84,H-1\nP1,1,Starting point,17,44,WGS84,H-1\n"
          "P1,2,Turning point,17.1,44,WGS84,H-1\n,1,Reference point,16.9,44,WGS84,H-1\n"
          "P2,1,Turning point,18,44,WGS84,H-2\nP2,2,Turning point,,,WGS84,H-2\n"
          "P3,1,Turning point,18,44,WGS84,H-9\n")
LAND = "Hazard Local ID,status\nH-1,open\nH-2,open\nH-3,open\n"


def test_polygons_are_made_of_the_points_of_imsma_in_their_order():
    table = read_content("points.csv", POINTS.encode())
    assert table.crs == "EPSG:4326" and table.has_geometry
    found = dict(zip(table.cells["PolyID"], table.geometries, strict=True))
    assert [tuple(c) for c in found["P1"].exterior.coords[:3]] == [(17, 44), (17.1, 44),
                                                                   (17.1, 44.1)]
    assert found["P2"] is None and found["P3"].geom_type == "Point"
    assert found[""].geom_type == "Point"
    codes = {table.cells["PolyID"][i]: p.message.code for i, p in table.geometry_problems.items()}
    assert codes == {"P2": "GEO-008"}
    assert "FIL-033" in {n.message.code for n in table.notes}


@pytest.mark.parametrize("kind", ["zip", "xlsx"])
def test_safety_S01_a_corner_without_coordinates_never_gives_a_smaller_polygon(tmp_path, kind):
    path = tmp_path / f"imsma.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("hazard.csv", LAND)
            archive.writestr("geopoint.csv", POINTS)
    else:
        book = openpyxl.Workbook()
        for sheet, content in (("hazard", LAND), ("geopoint", POINTS)):
            page = book.active if sheet == "hazard" else book.create_sheet(sheet)
            page.title = sheet
            for line in content.splitlines():
                page.append([float(c) if c.replace(".", "").isdigit() else c or None
                             for c in line.split(",")])
        book.save(path)
    table = read(path)
    assert list(table.cells["status"]) == ["open"] * 3
    assert table.geometries[0].geom_type == "Polygon" and table.geometries[2] is None
    assert table.geometries[1] is None and table.geometry_problems[1].message.code == "GEO-008"
    assert "H-9" in next(n for n in table.notes if n.message.code == "FIL-033").facts["expected"]


FORM = ("SubmissionDate,group-place-Latitude,group-place-Longitude,group-place-Accuracy,"
        "types,area,meta-instanceID,KEY\n"
        '2024-03-31,44.1,17.2,4.5,mine erw,"44 17 0 5; 44 17.1 0 6.5;44.1 17.1 0 4;44 17 0 5",'
        "uuid:1,uuid:1\n2024-04-01,44.2,,,mine,44 17 0 x,uuid:2,uuid:2\n")


def test_places_of_a_form_become_geometry_and_stay_in_their_cells():
    table = read_content("form.csv", FORM.encode())
    assert table.crs == "EPSG:4326"
    split = read_content("form.csv", FORM.replace("44 17 0 x", "word").encode())
    assert split.geometries[0].geom_type == "Point"
    assert split.geometry_problems[1].message.code == "GEO-008"
    good = read_content("form.csv", FORM.replace("44 17 0 x", "").encode())
    assert good.geometries[0].geom_type == "Polygon" and good.geometries[1] is None
    assert good.cells["area-Accuracy"] == [6.5, None]
    assert good.cells["types"][0] == "mine erw" and good.cells["area"][0].startswith("44 17 0 5;")


def test_repeats_of_a_form_are_layers(tmp_path):
    path = tmp_path / "form.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("survey.csv", FORM.replace("44 17 0 x", ""))
        archive.writestr("survey-victims.csv", "age,PARENT_KEY,KEY\n12,uuid:1,uuid:1/a\n")
    assert readers.layers(path) == ["survey.csv", "survey-victims.csv"]
    table = read(path)
    assert len(table) == 2 and table.notes[-1].facts["found"] == "survey-victims.csv"
    assert read(path, layer="survey-victims").rows[0].values["age"] == "12"
    with pytest.raises(LandReleaseError, match="FIL-010"):
        read(path, layer="none")


def test_a_plain_table_is_never_taken_for_a_form():
    table = read_content("a.csv", b"name,place\na,44.1 17.2 0 5\n")
    assert not table.has_geometry


def test_delimiters_of_real_files_are_read_fast_and_alike():
    """The same rows from both parsers on the repository's own tables."""
    root = Path(readers.__file__).parents[2]
    files = sorted(root.rglob("*.csv"))[:20]
    for file in files:
        content = file.read_bytes()
        encoding = text.detect_encoding(content, file.name).name
        delimiter = text.detect_delimiter(text.sample_of(content, encoding))
        fast = texts.fast_table(file.name, content, encoding, delimiter)
        if fast is not None:
            same(fast, texts.careful_table(file.name, content, encoding, delimiter))
    assert files
