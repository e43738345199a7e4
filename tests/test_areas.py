"""Areas divided and released in part, edits of other programs, national extensions."""

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from landrelease import workflows
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import areas, exchange, identities, sharing

ROOT = Path(__file__).parents[1]
AT = datetime(2027, 5, 1, 8, tzinfo=UTC)
SQUARE = shapely.box(17, 44, 17.01, 44.01)
EAST = shapely.box(17.005, 44, 17.01, 44.01)
WHO = {"by": "landrelease test", "reason": "TS report 7"}


def hazard(record="h1", shape=SQUARE, hours=0, **values):
    return Revision("hazard", record, values, shape, AT + timedelta(hours=hours),
                    "landrelease test", "why", "")


@pytest.fixture(params=["file", "server"])
def registry(tmp_path, request):
    address = tmp_path / "r.gpkg" if request.param == "file" else \
        request.getfixturevalue("postgres_address")
    with create_registry(address, office="A") as made:
        made.append([hazard(status="open", name="x"),
                     hazard("h2", shapely.box(17.02, 44, 17.03, 44.01))])
        yield made


def ground(registry):
    return shapely.union_all([r.geometry for r in workflows.hazards_that_stand(registry)])


def test_safety_S01_divided_and_joined_no_ground_is_lost(registry):
    before = ground(registry)
    made = areas.split(registry, "h1", [EAST], **WHO)
    assert made == ["h1/1", "h1/2"]
    assert {r.id for r in workflows.hazards_that_stand(registry)} == {"h1/1", "h1/2", "h2"}
    areas.merge(registry, ["h1/1", "h2"], "m", **WHO)
    areas.suspend(registry, "h1/2", shapely.box(17, 44, 17.002, 44.01), **WHO)
    assert {r.id for r in workflows.hazards_that_stand(registry)} == {"h1/2/1", "h1/2/2", "m"}
    assert shapely.area(before.difference(ground(registry))) < 1e-12
    line = areas.line_of(registry, "m")
    assert set(line.ancestors("m")) == {"h1/1", "h2", "h1"}
    assert registry.audit() == []
    with pytest.raises(LandReleaseError, match="LIN-001"):
        areas.split(registry, "h1/2/1", [SQUARE], **WHO)
    with pytest.raises(LandReleaseError, match="CLI-106"):
        areas.split(registry, "nowhere", [SQUARE], **WHO)


def test_safety_S09_a_part_that_somebody_says_is_released_stays_hazardous(registry):
    made = areas.release_part(registry, "h1", EAST, "cleared", **WHO)
    assert made == ["h1/1", "h1/2"]
    part = next(r for r in workflows.hazards_that_stand(registry) if r.id == "h1/1")
    assert part.values["status"] == "open"
    assert {r.id for r in workflows.hazards_that_stand(registry)} == {"h1/1", "h1/2", "h2"}
    assert registry.audit() == []


def test_safety_S01_a_contested_hazard_is_on_the_map_wherever_one_says(registry, tmp_path):
    with create_registry(tmp_path / "b.gpkg", office="B") as other:
        other.append([hazard(shape=shapely.box(17.008, 44, 17.012, 44.01), hours=1)])
        exchange.pack(other, tmp_path / "b.lrx", key=identities.new_key(tmp_path / "k.pem", None))
    exchange.unpack(registry, tmp_path / "b.lrx", by="x")
    assert registry.contested() == ["h1"]
    assert ground(registry).covers(shapely.box(17, 44, 17.012, 44.01))


def ogr(path, statement):
    """A statement through GDAL's own connection to the file."""
    if shutil.which("ogrinfo") is None:
        import sqlite3

        from landrelease.store import layout

        db = sqlite3.connect(path)
        layout.register_functions(db)
        db.execute(statement)
        db.commit()
        db.close()
        return
    subprocess.run(["ogrinfo", "-q", str(path), "-sql", statement], check=True,
                   capture_output=True)


@pytest.fixture
def in_file(tmp_path):
    path = tmp_path / "r.gpkg"
    with create_registry(path, office="A") as made:
        made.append([hazard(status="open", name="x"),
                     hazard("h2", shapely.box(17.02, 44, 17.03, 44.01), name="y"),
                     hazard("h3", shapely.box(17.04, 44, 17.05, 44.01), name="z")])
    return path


def test_edits_of_another_program_are_found_and_taken_in_by_a_named_person(in_file):
    ogr(in_file, "UPDATE hazard SET name = 'mended in a GIS' WHERE record_id = 'h1'")
    ogr(in_file, "UPDATE hazard SET status = 'closed' WHERE record_id = 'h2'")
    ogr(in_file, "DELETE FROM hazard WHERE record_id = 'h3'")
    with open_registry(in_file) as registry:
        assert {f.code for f in registry.audit()} == {"STO-105", "STO-106"}
        found = registry.edits()
        assert {(e.record_id, e.change) for e in found} == {
            ("h1", "changed"), ("h2", "changed"), ("h3", "removed")}
        taken, waiting = areas.take_edits_in(registry, found, by="Ana", reason="names")
        assert (taken, waiting) == (1, 1)
        assert registry.audit() == []
        last = registry.history("h1")[-1].revision
        assert last.values["name"] == "mended in a GIS"
        assert registry.name_of(last.recorded_by) == "Ana" and "names" in last.reason
        (row,) = registry.quarantine()
        assert "S09" in row.row.findings[0].problem and row.row.values["status"] == "closed"
        assert {r.id: r.value("status") for r in registry.records("hazard")}["h2"] \
            == "not_reported"
        assert "h3" in registry.ids("hazard") and registry.edits() == []


def test_safety_S01_an_edit_that_shrinks_a_hazard_waits(in_file):
    meta, fids, _, columns = pyogrio.raw.read(in_file, layer="hazard", return_fids=True)
    smaller = shapely.to_wkb(shapely.MultiPolygon([EAST]))
    place = columns[list(meta["fields"]).index("record_id")].tolist().index("h1")
    import sqlite3

    from landrelease.core.record import KINDS
    from landrelease.store import layout

    db = sqlite3.connect(in_file)
    layout.register_functions(db)
    (blob,) = layout.blobs([shapely.from_wkb(smaller)], KINDS["hazard"])
    db.execute("UPDATE hazard SET geom = ? WHERE fid = ?", (blob, int(fids[place])))
    db.commit()
    db.close()
    with open_registry(in_file) as registry:
        assert areas.take_edits_in(registry, registry.edits(), by="Ana", reason="x") == (0, 1)
        assert registry.records("hazard")[0].geometry.equals(SQUARE)
        assert registry.audit() == []
        assert np.isclose(shapely.from_wkt(registry.quarantine()[0].row.geometry_wkt).area,
                          EAST.area)


def test_a_row_that_another_program_added_becomes_a_record_or_waits(in_file):
    ogr(in_file, "INSERT INTO hazard (record_id, revision, validation, recorded_at, recorded_by, "
                 "source, name) VALUES ('new', 0, 'entered', '2027-05-01T00:00:00.000Z', 'gis', "
                 "'', 'n')")
    with open_registry(in_file) as registry:
        assert {f.code for f in registry.audit()} == {"STO-107"}
        assert areas.take_edits_in(registry, registry.edits(), by="Ana", reason="x") == (1, 0)
        assert "new" in registry.ids("hazard") and registry.audit() == []
        ogr(in_file, "UPDATE hazard SET name = 'lost' WHERE record_id = 'new'")
        assert areas.drop_edits(registry, registry.edits()) == 1
        assert registry.audit() == [] and registry.edits() == []


# --- national extensions -------------------------------------------------------------------------


def test_an_extension_is_loaded_used_and_only_grows(registry, tmp_path):
    example = ROOT / "docs" / "extension_example.yaml"
    areas.load_extension(registry, example, by="Ana")
    areas.load_extension(registry, example, by="Ana")  # again changes nothing
    registry.append([hazard("h5", hazard_type="SHA", cadastral_zone="7", vegetation="bamboo",
                            priority_class="a")])
    assert registry.find("hazard", where={"priority_class": "a"})[0].id == "h5"
    person = "complaint-1"
    registry.append([Revision("complaint", person, {}, None, AT, "landrelease test", "w", "")],
                    personal={person: {"national_number": "0101"}})
    assert registry.personal(person)[0].value == "0101" and registry.audit() == []
    with open_registry(registry.address) as again:
        assert again.kinds["hazard"].field("cadastral_zone").type == "text"
        assert len(again.records("source")) == 1 and again.audit() == []
    smaller = tmp_path / "smaller.yaml"
    smaller.write_text("name: Example\nversion: 2\n")
    with pytest.raises(LandReleaseError, match="EXT-002"):
        areas.load_extension(registry, smaller, by="Ana")
    larger = tmp_path / "larger.yaml"
    larger.write_text(example.read_text().replace("[bamboo]", "[bamboo, reed]"))
    areas.load_extension(registry, larger, by="Ana")
    assert "reed" in registry.kinds["hazard"].field("vegetation").choices


def test_a_package_with_an_extension_needs_it(registry, tmp_path):
    areas.load_extension(registry, ROOT / "docs" / "extension_example.yaml", by="Ana")
    registry.append([hazard("h5", cadastral_zone="7", hazard_type="SHA")])
    exchange.pack(registry, tmp_path / "a.lrx", key=identities.new_key(tmp_path / "k.pem", None))
    with create_registry(tmp_path / "b.gpkg", office="B") as other:
        with pytest.raises(LandReleaseError, match="EXC-004"):
            exchange.unpack(other, tmp_path / "a.lrx", by="x")
        areas.load_extension(other, ROOT / "docs" / "extension_example.yaml", by="Ana")
        exchange.unpack(other, tmp_path / "a.lrx", by="x")
        assert "h5" in other.ids("hazard") and other.audit() == []


def test_the_commands(tmp_path, capsys):
    from typer.testing import CliRunner

    from landrelease.apps.cli import app

    run = CliRunner()
    path, part = str(tmp_path / "r.gpkg"), tmp_path / "part.geojson"
    part.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry":
                                shapely.geometry.mapping(EAST)}))
    with create_registry(path, office="A") as made:
        made.append([hazard(status="open")])
    for words, status, said in (
            (["area", "split", path, "h1", "--parts", str(part), "--reason", "r"], 0, "h1/1, h1/2"),
            (["area", "lineage", path, "h1/1", "--as", "planner"], 0, "came from: h1"),
            (["area", "merge", path, "h1/1", "h1/2", "--id", "m", "--reason", "r"], 0, "became m"),
            (["area", "release", path, "m", "--part", str(part), "--outcome", "cleared",
              "--reason", "r"], 1, "unverified"),
            (["area", "release", path, "m/2", "--part", str(part), "--outcome", "cleared",
              "--reason", "r", "--key", str(tmp_path / "k.pem")], 1, ""),
            (["edits", "list", path, "--as", "planner"], 0, "0 edited"),
            (["edits", "take-in", path, "--by", "Ana", "--reason", "r"], 0, "0 revisions"),
            (["extension", "show", path], 0, "No extension"),
            (["extension", "load", path, str(ROOT / "docs" / "extension_example.yaml")], 0,
             "3 fields"),
            (["extension", "show", path], 0, "bamboo"), (["audit", path], 0, "unchanged")):
        found = run.invoke(app, words)
        assert found.exit_code == status and said in found.output, (words, found.output)


def test_fields_of_an_extension_are_imported_and_mended(tmp_path):
    rows = [("x1", "SHA", "7b", "a", 17), ("x2", "CHA", "8", "z", 18), ("x3", None, "9", "a", 18.2)]
    file = tmp_path / "areas.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {
            "identifier": i, "hazard_type": t, "katastarska zona": z, "priority_class": c},
         "geometry": shapely.geometry.mapping(shapely.box(x, 44, x + 0.1, 44.1))}
        for i, t, z, c, x in rows]}))
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        areas.load_extension(registry, ROOT / "docs" / "extension_example.yaml", by="Ana")
        (report,) = workflows.import_files(registry, [file], kind="hazard")
        # "z" is no word of the extension; x3 lacks what the extension requires.
        assert (report.accepted, report.quarantined) == (1, 2)
        assert registry.records("hazard")[0].values["cadastral_zone"] == "7b"
        first, second = registry.quarantine()
        assert not workflows.retry_quarantined(
            registry, first.number, {"priority_class": "b"}).quarantined
        assert not workflows.retry_quarantined(
            registry, second.number, {"hazard_type": "SHA"}).quarantined
        assert len(registry.records("hazard")) == 3 and registry.audit() == []


def test_safety_S13_thresholds_of_the_national_standard_stand_in_the_assumptions(tmp_path):
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        before = workflows.load_assumptions(None, registry)
        areas.load_extension(registry, ROOT / "docs" / "extension_example.yaml", by="Ana")
        after = workflows.load_assumptions(None, registry)
        assert before.value("working_days_per_year") != after.value("working_days_per_year") == 180
        assert "example" in after["working_days_per_year"].source
        with workflows.packaged("assumptions.csv") as path:  # what a user gives goes before
            own = workflows.load_assumptions(path, registry)
        assert own.value("working_days_per_year") == before.value("working_days_per_year")


def test_what_counts_in_a_figure_is_a_choice_of_level(tmp_path):
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        outcome = Revision("outcome", "o1", {"outcome_type": "cleared"},
                           shapely.box(17.5, 44, 17.51, 44.01), AT, "landrelease test", "w", "")
        registry.append([hazard(status="open"), outcome])
        reader = sharing.reader_of(registry, "administrator", None, [])

        def cleared(level):
            _, figures = workflows.visible_figures(registry, reader, level=level)
            return next(f.value for f in figures if f.id == "cleared_m2")

        assert cleared(None) > 800_000 and cleared("entered") > 800_000
        assert cleared("operations") is None  # not reported at that level, which is not zero
        identities.sign_off(registry, ["o1"], "operations", reason="checked", by="Ana")
        assert cleared("operations") > 800_000
        _, figures = workflows.visible_figures(registry, reader, level="authority")
        # A hazard counts at every level.
        assert next(f.value for f in figures if f.id == "hazardous_m2") > 800_000
        with pytest.raises(LandReleaseError, match="SIG-006"):
            cleared("king")
