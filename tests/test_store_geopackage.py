"""The registry in a GeoPackage: what goes in comes out, at both times, in a file any GIS reads."""

import hashlib
import json
import sqlite3
import struct
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landrelease.core.finding import Finding, ImportReport, Intake, QuarantinedRow
from landrelease.core.record import DECLINED, HAZARD, KINDS, NOT_REPORTED, Field
from landrelease.core.revision import GENESIS, Revision, link
from landrelease.errors import LandReleaseError
from landrelease.store import geopackage, layout, rows
from landrelease.store.open import create_registry, open_registry
from landrelease.store.registry import latest

T0 = datetime(2026, 5, 1, 8, tzinfo=UTC)
SQUARE = shapely.box(17, 44, 17.01, 44.01)


def revision(record_id="hazard-1", *, kind="hazard", day=None, at=0, geometry=SQUARE, source="",
             **values):
    return Revision(kind, record_id, values, geometry, T0 + timedelta(hours=at), "office clerk",
                    "test", source, day)


def intake(revisions=(), quarantined=0, *, content=b"file", kind="hazard", file="areas.geojson"):
    sha = hashlib.sha256(content).hexdigest()
    finding = Finding("ROW-009", file, 3, "status", "opne", "unknown", "mend", "quarantined")
    rows = tuple(
        QuarantinedRow(file, sha, n + 1, kind, {"status": "opne", "n": n}, "", (finding,))
        for n in range(quarantined))
    report = ImportReport(file, sha, kind, len(revisions) + quarantined, len(revisions), 0,
                          quarantined, (finding,) * quarantined, ("colour",))
    return Intake(report, tuple(replace(r, source=sha) for r in revisions), rows, content)


@pytest.fixture(params=["file", "server"])
def registry(tmp_path, request):
    """An empty registry, in each of the two stores: they pass the same tests."""
    address = tmp_path / "office.gpkg" if request.param == "file" else \
        request.getfixturevalue("postgres_address")
    with create_registry(address, office="Office A") as opened:
        yield opened


@pytest.fixture
def in_file(tmp_path):
    with create_registry(tmp_path / "office.gpkg", office="Office A") as opened:
        yield opened


def code_of(call, *args, **kwargs):
    with pytest.raises(LandReleaseError) as caught:
        call(*args, **kwargs)
    return caught.value.code


# --- in and out ----------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
degrees = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
shapes = st.one_of(
    st.none(), degrees.map(lambda p: shapely.Point(p).buffer(0.01, 2) if abs(p[0]) < 179 and
                           abs(p[1]) < 89 else SQUARE),
    st.just(shapely.MultiPolygon([SQUARE, shapely.box(18, 44, 18.1, 44.1)])),
    st.just(shapely.Polygon()))
value_sets = st.fixed_dictionaries({}, optional={
    "name": texts, "status": st.sampled_from(["open", NOT_REPORTED, DECLINED]),
    "reported_area_m2": st.one_of(st.floats(0, 1e12), st.integers(0, 2**60), st.just(DECLINED)),
    "information_date": st.one_of(st.dates(), st.just(NOT_REPORTED)),
    "position_accuracy_m": st.none()})
revisions_of = st.lists(st.builds(
    lambda n, values, shape, day, at: revision(f"h{n}", geometry=shape, day=day, at=at, **values),
    st.integers(1, 4), value_sets, shapes, st.none() | st.dates(date(2000, 1, 1), date(2001, 1, 1)),
    st.integers(0, 3)), max_size=8)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(revisions_of, max_size=3))
def test_what_is_appended_comes_back_and_the_layer_follows_the_chain(tmp_path_factory, batches):
    path = tmp_path_factory.mktemp("round") / "r.gpkg"
    with create_registry(path, office="A") as registry:
        head, everything = GENESIS, []
        for batch in batches:
            assert registry.append(batch) == registry.head()
            everything += batch
        for r in everything:
            head = link(head, r.canonical())
        assert (registry.head(), registry.count()) == (head, len(everything))
        assert registry.audit() == []
    with open_registry(path) as registry:
        stored = sorted((s for i in {r.record_id for r in everything}
                         for s in registry.history(i)), key=lambda s: s.number)
        assert [s.revision.canonical() for s in stored] == [r.canonical() for r in everything]
        for s, r in zip(stored, everything, strict=True):
            assert dict(s.revision.values) == dict(r.values)
            assert (s.revision.valid_from, s.revision.recorded_at) == (r.valid_from, r.recorded_at)
        # The layer, the join and the chain give the same current records.
        expected = latest(stored)
        records = registry.records("hazard")
        assert [(r.id, r.revision) for r in records] == [
            (i, expected[i].number) for i in sorted(expected)]
        known = registry.records("hazard", known_at=T0 + timedelta(days=1))
        assert [(r.id, r.revision) for r in known] == [(r.id, r.revision) for r in records]


def test_bytes_of_the_chain_are_those_of_the_core():
    r = revision('a"b\\ß\u2028', day=date(2001, 2, 3), name="Čapljina \x01\n", depth=None)
    r = replace(r, values={"name": "Čapljina \x01\n€", "position_accuracy_m": 1e-7,
                           "information_date": date(1999, 1, 2)}, reason="why\t?")
    assert [p.canonical() for p in rows.prepare([r], KINDS)] == [r.canonical()]


def test_an_import_enters_with_its_file_its_report_and_its_quarantine(registry):
    one = intake([revision(name="A"), revision("hazard-2", geometry=None)], 2, content=b"x" * 9999)
    assert registry.take_in(one) == one.report
    sha = one.report.source
    assert registry.knows_source(sha) and registry.sources() == {sha: "areas.geojson"}
    assert registry.source_content(sha) == one.content
    (at, report), = registry.imports()
    assert report == one.report and at.tzinfo is not None
    entries = registry.quarantine()
    assert [e.row for e in entries] == list(one.quarantined)
    assert [(r.id, r.sources) for r in registry.records("hazard")] == [
        ("hazard-1", (sha,)), ("hazard-2", (sha,))]
    assert registry.ids("hazard") == {"hazard-1", "hazard-2"} and registry.ids("outcome") == set()
    assert registry.audit() == []


def test_an_odd_row_is_quarantined_as_it_was_read(registry):
    bad = intake((), 1)
    row = replace(bad.quarantined[0], values={"a": float("inf"), "b": "\udcff", "c": b"\x00\xff",
                                              "d": np.float32(2), "e": date(2001, 1, 1), "f": None})
    registry.take_in(replace(bad, quarantined=(row,)))
    (entry,) = registry.quarantine()
    assert entry.row.values == {"a": float("inf"), "b": "\udcff", "c": "00ff", "d": 2.0,
                                "e": "2001-01-01", "f": None}


def test_the_same_file_twice_changes_nothing_or_is_refused(registry):
    one = intake([revision()], 1)
    registry.take_in(one)
    before = (registry.head(), len(registry.imports()), len(registry.quarantine(None)))
    assert code_of(registry.take_in, one) == "STO-009"
    renamed = replace(one, report=replace(one.report, file="copy.geojson"))
    assert code_of(registry.take_in, renamed) == "STO-009"
    again = replace(one, revisions=(), report=replace(one.report, accepted=0, merged=1))
    registry.take_in(again)
    assert before == (registry.head(), len(registry.imports()), len(registry.quarantine(None)))
    # Another layer of the same file holds other records of the same kind.
    registry.take_in(intake([revision("hazard-9")]))
    assert registry.ids("hazard") == {"hazard-1", "hazard-9"}


def test_an_import_whose_counts_or_content_do_not_fit_is_refused_whole(registry):
    one = intake([revision()], 1)
    assert code_of(registry.take_in, replace(one, quarantined=())) == "STO-019"
    assert code_of(registry.take_in, replace(one, content=b"other")) == "STO-014"
    assert registry.count() == 0 and registry.imports() == [] and registry.sources() == {}


def test_a_file_too_large_to_be_kept_says_so(registry, monkeypatch):
    monkeypatch.setattr(rows, "SOURCE_CONTENT_LIMIT", 3)
    one = intake([revision()])
    registry.take_in(one)
    assert code_of(registry.source_content, one.report.source) == "STO-013"
    assert code_of(registry.source_content, "0" * 64) == "STO-012"
    assert registry.sources() and registry.audit() == []


# --- two times -----------------------------------------------------------------------------------


def test_any_question_is_asked_at_both_times(registry):
    registry.append([revision(day=date(2020, 1, 1), at=0, name="old")])
    registry.append([revision(day=date(2022, 1, 1), at=1, name="new")])
    registry.append([revision(day=date(2021, 1, 1), at=2, name="late word of 2021")])
    registry.append([revision("hazard-2", at=3, name="undated")])

    def names(**when):
        return [r.values["name"] for r in registry.records("hazard", **when)]

    hour = [T0 + timedelta(hours=n) for n in range(4)]
    assert names() == ["new", "undated"]
    assert names(known_at=hour[0]) == ["old"]
    assert names(known_at=hour[0] - timedelta(microseconds=1)) == []
    assert names(valid_at=date(2019, 12, 31)) == ["undated"]
    assert names(valid_at=date(2021, 6, 1)) == ["late word of 2021", "undated"]
    assert names(valid_at=date(2021, 6, 1), known_at=hour[1]) == ["old"]
    assert code_of(registry.records, "hazard", known_at=datetime(2026, 1, 1)) == "STO-017"
    assert code_of(registry.records, "cow") == "STO-010"


def test_an_earlier_date_of_information_is_kept_in_the_history_not_made_current(registry):
    registry.append([revision(day=date(2022, 1, 1), name="new")])
    registry.append([revision(day=date(2021, 1, 1), name="earlier")])
    assert registry.records("hazard")[0].values["name"] == "new"
    assert [s.revision.values["name"] for s in registry.history("hazard-1")] == ["new", "earlier"]
    registry.append([revision(day=date(2022, 1, 1), name="same day")])
    registry.append([revision(name="undated, so newest by arrival")])
    registry.append([revision(day=date(1990, 1, 1), name="no date to be older than")])
    assert registry.records("hazard")[0].values["name"] == "no date to be older than"
    assert registry.audit() == []


# --- what may not stand in the chain -------------------------------------------------------------


def test_safety_S17_a_personal_field_is_never_written_in_the_chain(in_file, monkeypatch):
    person = Field("reporter", "text", "Who said so.", personal=True)
    kind = replace(HAZARD, fields=(*HAZARD.fields, person))
    monkeypatch.setitem(KINDS, "hazard", kind)
    assert code_of(in_file.append, [revision("a"), revision("b", reporter="N. N.")]) == "STO-011"
    assert code_of(in_file.take_in, intake([revision(reporter="N. N.")])) == "STO-011"
    assert in_file.count() == 0
    in_file.append([revision("a")])
    db = sqlite3.connect(in_file.address)
    assert "reporter" not in {row[1] for row in db.execute("PRAGMA table_info(hazard)")}
    db.close()


@pytest.mark.parametrize("change, code", [
    ({"values": {"reporter": "N. N."}}, "STO-010"),  # nobody defined it: it may be personal
    ({"values": {"name": float("nan")}}, "STO-010"),
    ({"values": {"name": "\udcff"}}, "STO-010"),
    ({"values": {"name": b"x"}}, "STO-010"),
    ({"recorded_at": datetime(2026, 1, 1)}, "STO-017"),
    ({"recorded_by": " "}, "STO-010"),
    ({"reason": ""}, "STO-010"),
    ({"record_id": ""}, "STO-010"),
    ({"kind": "cow"}, "STO-010"),
    ({"source": "not a hash"}, "STO-010"),
    ({"validation": "sure"}, "STO-010"),
    ({"valid_from": T0}, "STO-010"),
    ({"geometry": shapely.Point(17, 44)}, "STO-010"),
    ({"geometry": shapely.box(500_000, 4_800_000, 500_100, 4_800_100)}, "STO-010"),
    ({"geometry": shapely.from_wkt("POLYGON ((0 0, 1 0, nan 1, 0 0))")}, "STO-010"),
    ({"kind": "outcome"}, "STO-010"),  # the id belongs to a hazard
])
def test_a_revision_that_cannot_stand_is_refused_with_all_that_came_with_it(
        registry, change, code):
    registry.append([revision()])
    head = registry.head()
    assert code_of(registry.append, [revision("hazard-2"), replace(revision(), **change)]) == code
    assert registry.head() == head and registry.ids("hazard") == {"hazard-1"}


def test_safety_S12_a_word_in_a_column_of_numbers_is_no_number(in_file):
    in_file.append([revision(reported_area_m2=DECLINED, position_accuracy_m=0, name="A"),
                     revision("hazard-2")])
    (first, second) = in_file.records("hazard")
    assert first.values["reported_area_m2"] == DECLINED
    assert first.values["position_accuracy_m"] == 0 and "name" not in second.values
    db = sqlite3.connect(in_file.address)
    rows = db.execute("SELECT reported_area_m2, position_accuracy_m, other_values FROM hazard "
                      "ORDER BY record_id").fetchall()
    db.close()
    assert rows == [(None, 0.0, '{"reported_area_m2":"declined"}'), (None, None, None)]


# --- quarantine ----------------------------------------------------------------------------------


def test_a_quarantined_row_is_decided_on_once_and_never_lost(in_file):
    in_file.take_in(intake((), 3))
    mended = revision("hazard-7", name="mended")
    decide = in_file.decide_quarantine
    decide(1, "accepted", reason="misspelt", decided_by="clerk", revisions=[mended])
    decide(2, "rejected", reason="not ours", decided_by="clerk")
    assert in_file.records("hazard")[0].values == {"name": "mended"}
    assert [(e.number, e.status) for e in in_file.quarantine(None)] == [
        (1, "accepted"), (2, "rejected"), (3, "waiting")]
    assert [e.number for e in in_file.quarantine()] == [3]
    for number, status, more in [
            (1, "rejected", {}), (3, "accepted", {}), (3, "rejected", {"revisions": [mended]}),
            (3, "gone", {}), (3, "rejected", {"reason": " "}), (3, "rejected", {"decided_by": ""})]:
        facts = {"reason": "r", "decided_by": "d", **more}
        assert code_of(decide, number, status, **facts) == "STO-016"
    assert code_of(decide, 99, "rejected", reason="r", decided_by="d") == "STO-015"
    assert in_file.count() == 1
    decide(2, "waiting", reason="it is ours", decided_by="chief")
    assert len(in_file.quarantine()) == 2 and in_file.audit() == []
    db = sqlite3.connect(in_file.address)
    kept = json.loads(db.execute("SELECT decisions FROM quarantine WHERE number = 2").fetchone()[0])
    db.close()
    assert [d["status"] for d in kept] == ["rejected", "waiting"]


# --- a valid GeoPackage --------------------------------------------------------------------------


def test_a_gis_reads_every_layer(tmp_path):
    import pyogrio

    path = tmp_path / "Büro 7 #x?.gpkg"
    point = shapely.Point(17.5, 44.5)
    with create_registry(path, office="A") as registry:
        registry.take_in(intake([
            revision("h1", name="Č", day=date(2020, 2, 29), reported_area_m2=12.5),
            revision("h2", geometry=shapely.MultiPolygon([SQUARE, shapely.box(18, 44, 19, 45)])),
            revision("h3", geometry=None), revision("h4", geometry=shapely.Polygon())], 1))
        registry.append([revision("a1", kind="accident", geometry=point, victims=2)])
    layers = dict(pyogrio.list_layers(path))
    assert set(KINDS) | {
        "chain", "import", "package", "person_name", "personal_value", "quarantine", "revision",
        "setting", "source_file"} == set(layers)
    for name in layers:
        info = pyogrio.read_info(path, layer=name, force_feature_count=True)
        meta, _fids, wkb, columns = pyogrio.raw.read(path, layer=name)
        assert len(columns[0]) == info["features"]
        if name in KINDS and KINDS[name].geometry != "none":
            assert info["crs"] == "EPSG:4326"
    meta, _, wkb, columns = pyogrio.raw.read(path, layer="hazard")
    named = dict(zip(meta["fields"], columns, strict=True))
    assert meta["geometry_type"] == "MultiPolygon" and named["name"][0] == "Č"
    assert named["valid_from"][0] == np.datetime64("2020-02-29")
    assert named["reported_area_m2"][0] == 12.5 and np.isnan(named["reported_area_m2"][1])
    found = shapely.from_wkb(wkb)
    assert found[0].equals(SQUARE) and len(found[1].geoms) == 2 and found[2] is None
    near = pyogrio.raw.read(path, layer="hazard", bbox=(18.5, 44.5, 18.6, 44.6))
    assert len(near[2]) == 1  # through the R-tree
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert db.execute("PRAGMA application_id").fetchone()[0] == 0x47504B47
    assert db.execute("SELECT min_x, max_y FROM gpkg_contents WHERE table_name = 'hazard'"
                      ).fetchone() == (17.0, 45.0)
    db.close()


@pytest.mark.parametrize("bulk", [1, 10_000])
def test_the_index_follows_every_change_in_bulk_and_row_by_row(tmp_path, monkeypatch, bulk):
    monkeypatch.setattr(geopackage, "_BULK", bulk)
    boxes = [shapely.box(17 + n / 10, 44, 17.05 + n / 10, 44.05) for n in range(4)]
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        registry.append([revision(f"h{n}", geometry=g)
                         for n, g in enumerate([boxes[0], None, boxes[2], shapely.Polygon()])])
        registry.append([revision(f"h{n}", geometry=g)
                         for n, g in enumerate([None, boxes[1], boxes[3], boxes[0]])])
        assert registry.audit() == []
        db = sqlite3.connect(registry.address)
        rows = db.execute("SELECT h.record_id, i.minx FROM hazard h JOIN rtree_hazard_geom i "
                          "ON i.id = h.fid ORDER BY 1").fetchall()
        triggers = db.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' "
                              "AND tbl_name = 'hazard'").fetchone()[0]
        db.close()
    assert [i for i, _ in rows] == ["h1", "h2", "h3"] and triggers == 7
    assert [x for _, x in rows] == pytest.approx([17.1, 17.3, 17.0], abs=1e-5)


def test_a_blob_of_another_program_is_understood():
    point = shapely.Point(3, 4)
    bare = b"GP\x00\x01" + struct.pack("<i", 4326) + shapely.to_wkb(point, byte_order=1)
    big = b"GP\x00\x02" + struct.pack(">i", 4326) + struct.pack(">4d", 1, 2, 3, 4) + b"?"
    assert layout.envelope(bare) == (3, 3, 4, 4) and layout.envelope(big) == (1, 2, 3, 4)
    assert layout.envelope(None) is None and layout.envelope(b"??") is None


# --- opening and closing -------------------------------------------------------------------------


def test_close_leaves_one_plain_file(tmp_path):
    path = tmp_path / "r.gpkg"
    registry = create_registry(path, office="A")
    registry.append([revision()])
    reader = open_registry(path)
    registry.close()
    assert reader.ids("hazard") == {"hazard-1"}
    reader.close()
    assert [p.name for p in tmp_path.iterdir()] == ["r.gpkg"]
    assert path.read_bytes()[18:20] == b"\x01\x01"  # no WAL: opens where nothing can be written
    assert code_of(registry.head) == "STO-018"
    registry.close()


def test_a_registry_opened_for_reading_is_not_written(tmp_path):
    path = tmp_path / "r.gpkg"
    create_registry(path, office="Office Ž").close()
    before = path.read_bytes()
    with open_registry(str(path), writable=False) as reader:
        assert reader.office == "Office Ž" and reader.head() == GENESIS
        assert code_of(reader.append, [revision()]) == "STO-008"
    assert path.read_bytes() == before


def test_what_is_no_registry_gets_a_clear_error(tmp_path):
    import pyogrio.raw

    def opened(path):
        return code_of(open_registry, path)

    def file(name, content):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    good = tmp_path / "good.gpkg"
    with create_registry(good, office="A") as registry:
        registry.append([revision(f"h{n}") for n in range(50)])
    whole = good.read_bytes()
    assert opened(tmp_path / "none.gpkg") == "STO-001"
    assert opened(tmp_path / "no folder" / "none.gpkg") == "STO-001"
    assert opened(tmp_path) == "STO-003"
    assert opened(file("empty.gpkg", b"")) == "STO-003"
    assert opened(file("picture.gpkg", b"\x89PNG\r\n\x1a\n" + bytes(200))) == "STO-003"
    assert opened(file("text.gpkg", b"id,name\n1,a\n" * 50)) == "STO-003"
    for length in (60, 4096, len(whole) // 2, len(whole) - 1):
        assert opened(file("cut.gpkg", whole[:length])) == "STO-005"
    db = sqlite3.connect(tmp_path / "plain.sqlite")
    db.execute("CREATE TABLE setting (name, value)")
    db.close()
    assert opened(tmp_path / "plain.sqlite") == "STO-003"
    pyogrio.raw.write(tmp_path / "other.gpkg", shapely.to_wkb(np.array([SQUARE])), [], [],
                      geometry_type="Polygon", crs="EPSG:4326", driver="GPKG")
    assert opened(tmp_path / "other.gpkg") == "STO-003"
    newer = file("newer.gpkg", whole)
    db = sqlite3.connect(newer)
    db.execute("UPDATE setting SET value = '99' WHERE name = 'layout'")
    db.commit()
    db.close()
    assert opened(newer) == "STO-004"
    for address in ("postgresql://someone:secret@localhost:1/db", "https://example.org/r.gpkg"):
        with pytest.raises(LandReleaseError, match=r"STO-0(06|28)") as caught:
            open_registry(address)
        assert "secret" not in str(caught.value)
    assert good.read_bytes() == whole


def test_a_damaged_page_is_said_to_be_damage(tmp_path):
    path = tmp_path / "r.gpkg"
    with create_registry(path, office="A") as registry:
        registry.append([revision(f"h{n}") for n in range(300)])
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xaa" * (len(content) - 4096)
    path.write_bytes(content)

    def use():
        with open_registry(path) as registry:
            registry.records("hazard")

    assert code_of(use) in ("STO-003", "STO-005")


def test_a_new_registry_never_takes_the_place_of_a_file(tmp_path):
    path = tmp_path / "r.gpkg"
    path.write_bytes(b"mine")
    assert code_of(create_registry, path, office="A") == "STO-002"
    assert path.read_bytes() == b"mine"
    assert code_of(create_registry, tmp_path / "no" / "r.gpkg", office="A") == "STO-008"
    assert code_of(create_registry, tmp_path / "s.gpkg", office=" ") == "STO-010"
    assert [p.name for p in tmp_path.iterdir()] == ["r.gpkg"]


def test_a_registry_of_an_older_program_grows_with_new_fields_and_kinds(tmp_path, monkeypatch):
    path = tmp_path / "r.gpkg"
    with create_registry(path, office="A") as registry:
        registry.append([revision()])
    wider = replace(HAZARD, fields=(*HAZARD.fields, Field("ruggedness", "number", "R.")))
    monkeypatch.setitem(KINDS, "hazard", wider)
    monkeypatch.setitem(KINDS, "herd", replace(HAZARD, name="herd", title="Herd",
                                               geometry="none", repair="none"))
    with open_registry(path) as registry:
        assert registry.audit() == []
        registry.append([revision("hazard-2", ruggedness=3.5),
                         revision("herd-1", kind="herd", geometry=None)])
        assert registry.audit() == [] and len(registry.records("herd")) == 1
        assert len(registry.records("hazard")) == 2


# --- two at once ---------------------------------------------------------------------------------


def test_a_second_writer_waits_and_then_gets_a_clear_error(tmp_path):
    path = tmp_path / "r.gpkg"
    create_registry(path, office="A").close()
    with open_registry(path) as first, open_registry(path, wait_s=0.05) as second:
        first.append([revision("a")])
        with first._write():
            assert second.ids("hazard") == {"a"}  # reading goes on
            assert code_of(second.append, [revision("b")]) == "STO-007"
        second.append([revision("b")])
        assert first.ids("hazard") == {"a", "b"} and first.audit() == []


def test_readers_read_beside_a_writer(tmp_path):
    path = tmp_path / "r.gpkg"
    create_registry(path, office="A").close()
    seen, stop = [], threading.Event()

    def read():
        with open_registry(path, writable=False) as reader:
            while not stop.is_set():
                records = reader.records("hazard")
                seen.append((len(records), reader.audit()))

    threads = [threading.Thread(target=read) for _ in range(2)]
    with open_registry(path) as writer:
        for thread in threads:
            thread.start()
        for batch in range(12):
            writer.append([revision(f"h{batch}-{n}") for n in range(10)])
        stop.set()
        for thread in threads:
            thread.join()
    assert seen and all(count % 10 == 0 and not findings for count, findings in seen)


@pytest.mark.parametrize("written", ["2022-08-18", date(2022, 8, 18)])
def test_a_day_stands_in_its_column_whether_it_came_as_text_or_as_a_day(in_file, written):
    in_file.append([revision("h1", information_date=written)])
    assert in_file.audit() == []
    db = sqlite3.connect(in_file.address)
    row = db.execute("SELECT information_date, other_values FROM hazard").fetchone()
    db.close()
    assert row == ("2022-08-18", None)


def test_rows_made_together_are_the_rows_made_one_by_one() -> None:
    signed = "ab" * 64
    made = [
        Revision("item", "item-1", {"quantity": 2}, shapely.Point(17.5, 44.2), T0, "ana", "found",
                 "", date(2026, 1, 2)),
        Revision("item", 'предмет "2"\\', {"depth_m": 1e-7, "organisation": "Čišćenje"}, None,
                 T0 + timedelta(seconds=1), "ana", "found", "cd" * 32, None, "operator"),
        Revision("item", "item-3", {}, None, T0, "person:" + "0" * 32, "found", "", None, "entered",
                 ("ef" * 32,), {}, "person:" + "0" * 32, signed),
        Revision("hazard", "h", {"status": "open"}, shapely.box(17, 44, 17.1, 44.1), T0, "ana",
                 "a \"reason\"", "", None),
    ]
    prepared = rows.prepare(made, KINDS)
    expected, head = [], "0" * 64
    for n, p in enumerate(prepared, 1):
        expected.append(p.row(number=n, chain=1, position=n + 4, previous=head))
        head = expected[-1][-1]
    assert rows.linked(prepared, number=0, chain=1, position=4, previous="0" * 64) == expected
    for row, r, before in zip(expected, made, ["0" * 64, *[e[-1] for e in expected]], strict=False):
        assert row[-1] == link(before, r.canonical())
