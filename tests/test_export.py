"""What goes out comes back in unchanged, says what it is, and carries nothing that is not to go."""

import json
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from landrelease.apps.cli import app
from landrelease.core.kind import DECLINED, NOT_REPORTED
from landrelease.core.record import KINDS, Record
from landrelease.core.revision import Revision
from landrelease.errors import ACCURACY_NO_PLACE, VALUES_CONTRADICT, LandReleaseError
from landrelease.records import intake, mapping, readers
from landrelease.records.values import Style, convert
from landrelease.store import tables
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import export as exporting
from landrelease.workflows.figures import At, all_figures
from landrelease.workflows.sharing import reader_of

FORMATS = exporting.FORMATS
NOW = datetime(2027, 5, 1, tzinfo=UTC)
TODAY = date(2027, 5, 1)
# Text as an import takes it: NFC, trimmed, no control characters. XML has no U+FFFE and U+FFFF.
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufffe\uffff"),
            min_size=1, max_size=30),
    st.sampled_from([
        "=1+1", "'=1+1", "''@x", "+387 61 1", "-5", "@cmd", "\uff1d1", "a\nb", "a\r\nb", "<b>&amp;",
        'say "no"', "; , |", "0", "12.0", "1e5", "true", "not_reported", "declined", "n/a",
        "мина, зона 5", "منطقة", "#org", "_x000D_", "' x", "x" * 40_000, "ž" * 33_000]))


def _taken(field, value):
    """The value as an import takes it; None where it is refused or absent."""
    try:
        found, _ = convert(field, value, Style(decimal="."), TODAY)
    except Exception:
        return None
    return found.isoformat() if isinstance(found, date) else found


def _values(draw, field):
    if draw(st.integers(0, 12)) == 0 and field.type not in ("text", "reference", "references"):
        return DECLINED
    if field.name == "public_key":
        return draw(st.binary(min_size=32, max_size=32)).hex()
    low, high = field.minimum or 0, field.maximum
    ids = st.sampled_from(["h-1", "a b", "c, d", "[x]", "е-5", "p|q"])
    return draw({
        "text": TEXTS, "integer": st.integers(int(low), int(high or 10**9)),
        "number": st.floats(low, high or 1e9, allow_subnormal=False) | st.just(low),
        "date": st.dates(date(1900, 1, 1), TODAY),
        "moment": st.datetimes(datetime(1950, 1, 1), timezones=st.just(UTC)).map(
            lambda d: d.isoformat()),
        "choice": st.sampled_from(field.choices or ("",)), "reference": ids,
        "choices": st.lists(st.sampled_from(field.choices or ("",)), unique=True, min_size=1,
                            max_size=3),
        "references": st.lists(ids, unique=True, min_size=1, max_size=3)}[field.type])


def _shape(draw, kind, n):
    x, y = 17 + draw(st.floats(0, 1)) + n, 44 + draw(st.floats(0, 1))
    box = shapely.box(x, y, x + 0.1 / 3, y + 0.07)
    ring = shapely.box(x + 0.01, y + 0.01, x + 0.02, y + 0.02)
    other = shapely.box(x + 0.1, y, x + 0.2, y + 1 / 7)
    areas = [box, box.difference(ring), shapely.MultiPolygon([box, other])]
    lines = [shapely.LineString([(x, y), (x + 1 / 3, y), (x, y + 0.1)])]
    points = [shapely.Point(x, y)]
    choice = {"polygon": areas, "line": lines, "point": points, "any": areas + lines + points,
              "none": [None]}[kind.geometry]
    if not kind.place_needed and n % 4 == 3:
        return None
    return draw(st.sampled_from(choice))


@st.composite
def tables_of_records(draw):
    kind = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    made = []
    for n in range(draw(st.integers(1, 4))):
        said = {}
        for field in draw(st.lists(st.sampled_from(kind.fields), max_size=8,
                                   unique_by=lambda f: f.name)):
            if not field.personal:
                said[field.name] = _taken(field, _values(draw, field))
        for field in kind.fields:
            if field.required and said.get(field.name) in (None, DECLINED):
                value = NOT_REPORTED
                while _taken(field, value) is None:
                    value = _values(draw, field)
                said[field.name] = _taken(field, value)
        said["identifier"] = f"id-{n}"
        made.append((kind, {k: v for k, v in said.items() if v is not None},
                     _shape(draw, kind, n)))
    return kind, made


def _record_id(kind, said):
    return said["identifier"] if kind.name == "hazard" else f"{kind.name}-{said['identifier']}"


def _alike(a, b):
    """The same shape whatever its first corner and direction; a part alone is its own shape."""
    def plain(g):
        if g is not None and g.geom_type.startswith("Multi") and len(g.geoms) == 1:
            g = g.geoms[0]
        return None if g is None else shapely.normalize(g)
    a, b = plain(a), plain(b)
    return a is b or (a is not None and b is not None and shapely.equals_identical(a, b))


def _read(path, kind, existing=None):
    table = mapping.whole(readers.read(path))
    assert mapping.guess_kind(table) == kind.name
    return intake.take_in(
        table, kind.name, mapping.propose(table, kind.name), existing=existing or {},
        recorded_at=NOW, recorded_by="landrelease test", today=TODAY)


def readable(fmt):
    return fmt != "parquet" or ".parquet" in readers.FORMATS


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow,
                                                                 HealthCheck.data_too_large])
@given(tables_of_records(), st.sampled_from([f for f in FORMATS if readable(f)]))
def test_what_goes_out_comes_back_in_unchanged(tmp_path_factory, made, fmt):
    kind, rows = made
    # What an import accepts is what a registry holds: the rows first come in by GeoJSON.
    records = [Record(kind.name, _record_id(kind, said), said, shape)
               for kind, said, shape in rows]
    fields = [f.name for f in kind.fields if not f.personal]
    path = tmp_path_factory.mktemp("out") / f"{kind.name}.{fmt}"
    table = exporting.table_of(kind, records, fields, {"words": "x"}, synthetic=True)
    exporting._WRITERS[fmt](path, table, kind, True, lambda *_: None)
    taken = _read(path, kind)
    checked = taken.quarantined
    # Values that contradict each other, and places that are none, wait wherever they come from;
    # nothing else is held back.
    assert {f.code for q in checked for f in q.findings if f.fate == "quarantined"} <= {
        VALUES_CONTRADICT.code, ACCURACY_NO_PLACE.code}, [
            f.problem for q in checked for f in q.findings]
    held = {q.row for q in checked}
    kept = [r for n, r in enumerate(records, start=1) if n not in held]
    back = {r.record_id: r for r in taken.revisions}
    assert set(back) == {r.id for r in kept}
    for record in kept:
        found = back[record.id]
        assert found.values == record.values
        assert _alike(found.geometry, record.geometry)
    # Into the same registry: nothing changes.
    again = _read(path, kind, {r.id: r for r in records})
    assert again.report.accepted == 0
    assert again.report.merged + again.report.quarantined == len(records)


@pytest.mark.parametrize("fmt", [f for f in FORMATS if readable(f)])
def test_a_shape_of_ten_thousand_corners_and_a_long_text_come_back(tmp_path, fmt):
    angle = np.linspace(0, 2 * np.pi, 10_000, endpoint=False)
    shape = shapely.Polygon(np.c_[17 + np.cos(angle) / 3, 44 + np.sin(angle) / 7])
    kind = KINDS["hazard"]
    record = Record("hazard", "A-1", {"identifier": "A-1", "status": "open",
                                      "status_reason": "=" + "Ж" * 70_000}, shape)
    path = tmp_path / f"hazard.{fmt}"
    table = exporting.table_of(kind, [record], [f.name for f in kind.fields], {"words": "x"})
    exporting._WRITERS[fmt](path, table, kind, True, lambda *_: None)
    (back,) = _read(path, kind).revisions
    assert back.values == record.values and _alike(back.geometry, shape)


def test_safety_S01_no_corner_of_a_hazard_is_rounded_on_its_way_out(tmp_path):
    rng = np.random.default_rng(5)
    kind = KINDS["hazard"]
    shapes = [shapely.convex_hull(shapely.MultiPoint(rng.random((9, 2)) + np.array([17, 44])))
              for _ in range(20)]
    records = [Record("hazard", f"h{n}", {"identifier": f"h{n}"}, s) for n, s in enumerate(shapes)]
    table = exporting.table_of(kind, records, ["identifier"], {"words": "x"})
    for fmt in (f for f in FORMATS if readable(f)):
        path = tmp_path / f"hazard.{fmt}"
        exporting._WRITERS[fmt](path, table, kind, True, lambda *_: None)
        back = {r.record_id: r.geometry for r in _read(path, kind).revisions}
        for n, shape in enumerate(shapes):
            assert _alike(back[f"h{n}"], shape), fmt


def test_no_text_runs_in_a_spreadsheet(tmp_path):
    import openpyxl

    bad = ["=1+1", "+1+1", "-1+cmd", "@SUM(A1)", " =1", "\uff1d1", "'=1"]
    kind = KINDS["settlement"]
    records = [Record("settlement", f"settlement-{n}", {"identifier": str(n), "name": w},
                      shapely.Point(17, 44 + n / 100)) for n, w in enumerate(bad)]
    table = exporting.table_of(kind, records, ["identifier", "name"], {"words": "=x"})
    tables.write_csv_table(tmp_path / "settlement.csv", table)
    rows = readers.read(tmp_path / "settlement.csv").rows
    assert [r.values["name"] for r in rows] == ["'" + w for w in bad]
    assert rows[0].values["about"].startswith("words")
    tables.write_xlsx(tmp_path / "s.xlsx", [table], table.about)
    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    for sheet in book:
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    cells = [row[2] for row in book["settlement"].iter_rows(min_row=3)]
    assert [c.value for c in cells] == bad and all(c.quotePrefix for c in cells)


# --- the command ---------------------------------------------------------------------------------

def _revision(kind, record_id, said, shape, at=NOW, valid=None):
    return Revision(kind, record_id, said, shape, at, "landrelease test", "why", "", valid)


@pytest.fixture
def address(tmp_path):
    path = tmp_path / "r.gpkg"
    clock = iter([datetime(2027, 1, n, tzinfo=UTC) for n in range(1, 30)])
    with create_registry(path, office="A") as registry:
        registry.keep_setting("synthetic", "yes")
        registry.append([
            _revision("hazard", "H-1", {"identifier": "H-1", "status": "open"},
                      shapely.box(17, 44, 17.1, 44.1), next(clock)),
            _revision("hazard", "H-2", {"identifier": "H-2", "status": "open"},
                      shapely.box(18, 44, 18.1, 44.1), next(clock)),
            _revision("settlement", "settlement-S", {"identifier": "S", "name": "S",
                                                     "population": 0},
                      shapely.Point(17.05, 44.05), next(clock)),
            _revision("accident", "accident-1", {
                "identifier": "1", "killed_women": 1, "injured_boys": 2, "killed_men": DECLINED},
                shapely.Point(17.05, 44.05), next(clock))])
    return path


def run(*words):
    result = CliRunner().invoke(app, [str(w) for w in words])
    return result.exit_code, result.output


def _says(path):
    if path.suffix in (".xlsx",):
        with zipfile.ZipFile(path) as book:
            return "".join(book.read(n).decode() for n in book.namelist())
    return path.read_bytes().decode("utf-8", "replace")


def test_safety_S19_every_file_says_what_it_is(address, tmp_path):
    out = tmp_path / "out"
    words = [w for f in FORMATS for w in ("--format", f)]
    assert run("export", address, out, "--as", "authority", "--quiet", *words)[0] == 0
    from landrelease.store.open import open_registry

    with open_registry(address) as registry:
        head = registry.head()
    names = {p.name for p in out.iterdir()}
    assert {f"{k}.{f}" for k in ("hazard", "settlement", "accident") for f in FORMATS} | {
        "withheld.json", "about.json"} == names
    for path in out.iterdir():
        if path.name != "withheld.json":
            text = _says(path)
            assert head in text and "authority" in text, path.name
            assert "SYNTHETIC" in text.upper() and "withheld" in text, path.name
    assert not [p for p in tmp_path.iterdir() if p.name.endswith(".part")]


def test_safety_S14_without_a_role_it_is_the_public_s(address, tmp_path):
    assert run("export", address, tmp_path / "p", "--format", "gpkg", "--quiet")[0] == 0
    assert {p.name for p in (tmp_path / "p").iterdir()} == {
        "settlement.gpkg", "withheld.json", "about.json"}
    assert b"H-1" not in b"".join(p.read_bytes() for p in (tmp_path / "p").iterdir())


def test_safety_S14_an_earlier_export_does_not_lie_beside_a_later_one(address, tmp_path):
    out = tmp_path / "out"
    assert run("export", address, out, "--as", "authority", "--quiet")[0] == 0
    (out / "mine.csv").write_text("kept")
    assert run("export", address, out, "--quiet")[0] == 0
    assert {p.name for p in out.iterdir()} == {
        "settlement.csv", "settlement.geojson", "withheld.json", "about.json", "mine.csv"}


def test_rows_are_chosen_by_kind_area_and_file(address, tmp_path):
    def ids(*words):
        out = tmp_path / f"o{len(list(tmp_path.iterdir()))}"
        code, said = run("export", address, out, "--as", "authority", "--format", "geojson",
                         "--quiet", *words)
        assert code == 0, said
        return {f["properties"]["record"] for p in out.glob("*.geojson")
                for f in json.loads(p.read_bytes())["features"]}

    assert ids() == {"H-1", "H-2", "settlement-S", "accident-1"}
    assert ids("--kind", "hazard", "--kind", "settlement") == {"H-1", "H-2", "settlement-S"}
    assert ids("--kind", "hazard", "--area", "16,43,17.5,45") == {"H-1"}
    drawn = tmp_path / "within.geojson"
    drawn.write_text(json.dumps(json.loads(shapely.to_geojson(shapely.box(17.9, 43, 19, 45)))))
    assert ids("--within", drawn, "--kind", "hazard") == {"H-2"}
    for wrong in (("--kind", "nothing"), ("--format", "doc"), ("--layout", "doc"),
                  ("--as-of", "2027-01-01T00:00Z"),
                  ("--known-at", "2027-01-01T00:00")):
        result = CliRunner().invoke(app, ["export", str(address), str(tmp_path / "x"), *wrong])
        assert isinstance(result.exception, LandReleaseError), wrong
    assert not (tmp_path / "x").exists()


def test_rows_are_chosen_by_date(address, tmp_path):
    from landrelease.store.open import open_registry

    at = datetime(2027, 3, 1, tzinfo=UTC)
    with open_registry(address) as registry:
        registry.append([_revision("hazard", "H-2", {"identifier": "H-2", "name": "new",
                                                     "status": "open"},
                                   shapely.box(18, 44, 18.1, 44.1), at)])
        reader = reader_of(registry, "authority")

        def names(**how):
            out = tmp_path / "-".join(f"{k}{v:%Y%m%d}" for k, v in how.items())
            exporting.export(registry, out, reader, exporting.Choice(("hazard",), **how),
                             formats=("geojson",), made_at=NOW)
            path = out / "hazard.geojson"
            return {f["properties"]["record"]: f["properties"]["name"] for f in json.loads(
                path.read_bytes())["features"]} if path.exists() else {}

        assert names(known_at=datetime(2027, 2, 1, tzinfo=UTC)) == {"H-1": None, "H-2": None}
        assert names(changed_since=datetime(2027, 2, 1, tzinfo=UTC)) == {"H-2": "new"}
        assert names(changed_since=datetime(2030, 1, 1, tzinfo=UTC)) == {}


def test_an_export_of_a_past_day_asks_as_figures_do_and_says_that_it_is_the_past(address, tmp_path):
    """The same two words, the end of a day, and what was released later is in no account of a day.
    """
    at = datetime(2027, 3, 1, 12, tzinfo=UTC)
    with open_registry(address) as registry:
        registry.append([
            replace(_revision("outcome", name, {
                "identifier": name, "outcome_type": "cleared", **said},
                shapely.box(17, 44, 17.001, 44.001), at), valid_from=date(2027, 1, 1))
            for name, said in (("O-early", {"decided_on": date(2027, 1, 5)}),
                               ("O-late", {"decided_on": date(2027, 6, 1)}))])

    def rows(*words):
        out = tmp_path / f"past{len(list(tmp_path.iterdir()))}"
        code, said = run("export", address, out, "--as", "authority", "--format", "geojson",
                         "--kind", "outcome", "--quiet", *words)
        assert code == 0, said
        about = json.loads((out / "about.json").read_bytes())
        path = out / "outcome.geojson"
        return {f["properties"]["record"] for f in json.loads(path.read_bytes())["features"]} \
            if path.exists() else set(), about

    now, about = rows()
    assert now == {"O-early", "O-late"} and about["valid_at"] == about["known_at"] == "now"
    assert "The past" not in about["words"]
    for option in ("--as-of", "--valid-at"):
        then, about = rows(option, "2027-02-01")
        assert then == {"O-early"} and about["valid_at"] == "2027-02-01"
        assert about["words"].count("The past, not today") == 1
    assert rows("--as-of", "2027-07-01", "--known-at", "2027-02-28")[0] == set()
    assert rows("--known-at", "2027-03-01")[0] == {"O-early", "O-late"}  # the end of that day
    assert rows("--known-at", "2027-03-01T11:00Z")[0] == set()
    with open_registry(address) as registry:
        reader = reader_of(registry, "authority")
        counted = all_figures(registry, reader, At(date(2027, 2, 1))).land.outcomes
        assert {o.id for o in counted} == {"O-early"}


def test_an_interrupted_export_leaves_nothing(address, tmp_path):
    from landrelease.store.open import open_registry

    out = tmp_path / "out"
    with open_registry(address) as registry:
        reader = reader_of(registry, "authority")
        exporting.export(registry, out, reader, made_at=NOW)
        before = {p.name: p.read_bytes() for p in out.iterdir()}

        def stop(what, share):
            if what.startswith("settlement"):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            exporting.export(registry, out, reader, made_at=datetime(2028, 1, 1, tzinfo=UTC),
                             progress=stop)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before
    assert not [p for p in tmp_path.iterdir() if p.name.endswith(".part")]


def test_the_minimum_data_requirements_name_no_victim(address, tmp_path):
    import openpyxl

    assert run("export", address, tmp_path / "m", "--as", "authority", "--layout", "mdr",
               "--quiet")[0] == 0
    book = openpyxl.load_workbook(tmp_path / "m" / "mdr.xlsx")
    assert book.sheetnames == ["contaminated_area", "accident", "victim", "about the file"]
    rows = list(book["victim"].iter_rows(values_only=True))
    # One woman killed, two boys injured; of men it was declined to say (S12).
    assert [r[1:4] for r in rows[2:]] == [("female", "adult", "killed"),
                                          ("male", "child", "injured"),
                                          ("male", "child", "injured")]
    assert {r[4] for r in rows[2:]} == {"withheld (S17)"}
    head = next(book["contaminated_area"].iter_rows(values_only=True))
    assert {"perimeter_coordinates_wgs84", "status", "type",
            "benchmark_coordinates_latitude_wgs84"} <= set(head)


def test_a_workbook_that_is_written_in_pieces_is_the_one_that_is_written_at_once(tmp_path):
    """A column that is of numbers in one piece and of words in another, a text that no cell holds,
    nothing at all in a piece: all as if the rows had come together."""
    kind = KINDS["settlement"]
    said = [("7", 3, "a"), ("=1", None, "b" * 40_000), ("8", "declined", "ž" * 20_000),
            ("9", 4, "")]
    records = [Record("settlement", f"s-{n}", {
        "identifier": i, "population": p, "name": w}, shapely.Point(17, 44 + n))
        for n, (i, p, w) in enumerate(said)]
    names = ["identifier", "population", "name"]

    def table(some):
        return exporting.table_of(kind, some, names, {"words": "all"})

    tables.write_xlsx(tmp_path / "one.xlsx", [table(records)], {"words": "all"})
    count = tables.write_pieces(tmp_path / "many.xlsx", (
        table(p) for p in (records[:1], records[1:1], records[1:3], records[3:])), table(()))
    assert count == 4
    sheets = []
    for name in ("one", "many"):
        with zipfile.ZipFile(tmp_path / f"{name}.xlsx") as book:
            sheets.append(book.read("xl/worksheets/sheet1.xml").decode())
    assert "name (2)" in sheets[0] and "declined" in sheets[0]
    assert sheets[0] == sheets[1]
    assert tables.write_pieces(tmp_path / "none.xlsx", iter(()), table(())) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["many.xlsx", "none.xlsx", "one.xlsx"]


def test_a_worksheet_that_is_too_small_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "SHEET_ROWS", 3)
    kind = KINDS["team"]
    records = [Record("team", f"team-{n}", {"identifier": str(n)}) for n in range(2)]
    table = exporting.table_of(kind, records, ["identifier"])
    with pytest.raises(LandReleaseError, match="STO-131"):
        tables.write_xlsx(tmp_path / "t.xlsx", [table], {})
    assert list(tmp_path.iterdir()) == []
    assert replace(table, name="x").name == "x"
