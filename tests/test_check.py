"""The command `check`: findings of files and registries, and nothing changed."""

import json
import sys

import pytest
import shapely

from landrelease.apps import cli

SQUARE = shapely.box(17.5, 44.1, 17.51, 44.11)
BOW = shapely.Polygon([(17.6, 44.1), (17.61, 44.11), (17.61, 44.1), (17.6, 44.11)])


@pytest.fixture
def run(capsys, monkeypatch):
    def call(*words):
        monkeypatch.setattr(sys, "argv", ["landrelease", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
            raise SystemExit(0)
        said = capsys.readouterr()
        return stop.value.code or 0, said.out + said.err
    return call


def features(path, rows):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": json.loads(shapely.to_geojson(shape)),
         "properties": {"id": name, "status": "open"}} for name, shape in rows]}))
    return path


def test_a_file_is_checked_before_anything_is_imported(run, tmp_path):
    file = features(tmp_path / "areas.geojson", [
        ("A-1", SQUARE), ("A-2", BOW), ("A 1", shapely.box(17.7, 44.1, 17.71, 44.11)),
        ("A-4", SQUARE)])
    out, table = tmp_path / "found.json", tmp_path / "found.csv"
    status, said = run("check", file, "--kind", "hazard", "--json", out, "--report", table,
                       "--quiet")
    assert status == 1 and "to be put right" in said
    codes = {(f["code"], f["row"]) for f in json.loads(out.read_text())}
    assert ("GEO-021", 4) in codes  # the same shape under two identifiers
    assert any(row == 2 for code, row in codes if code.startswith("GEO-"))
    assert table.read_text(encoding="utf-8-sig").startswith("to_be_put_right,code,file,row")
    only = run("check", file, "--kind", "hazard", "--only", "same_shape", "--quiet")[1]
    assert "1 findings" in only
    assert run("check", file, "--kind", "hazard", "--only", "nothing")[0] == 2
    assert run("check", file, "--kind", "hazard", "--set", "corners_apart_m=abc")[0] == 2


def test_a_sound_file_has_no_finding_that_binds(run, tmp_path):
    file = features(tmp_path / "areas.geojson", [("A-1", SQUARE)])
    assert run("check", file, "--kind", "hazard", "--quiet")[0] == 0


def test_thresholds_are_settings(run, tmp_path):
    file = features(tmp_path / "areas.geojson", [("A-1", SQUARE)])
    assert "0 findings" in run("check", file, "--kind", "hazard", "--quiet")[1]
    found = run("check", file, "--kind", "hazard", "--quiet", "--set", "corners_apart_m=500")[1]
    assert "GEO-313" in found


def test_safety_S14_a_registry_is_checked_for_those_who_may_see_its_records(run, tmp_path):
    registry = tmp_path / "r.gpkg"
    run("init", registry)
    run("import", features(tmp_path / "areas.geojson", [
        ("A-1", SQUARE), ("A-2", shapely.box(17.505, 44.1, 17.515, 44.11))]),
        "--into", registry, "--kind", "hazard", "--quiet")
    before = registry.read_bytes()
    status, said = run("check", registry, "--as", "planner", "--quiet")
    assert status == 0 and "A-1" in said and "A-2" in said  # two hazards overlap: advisory
    status, said = run("check", registry, "--quiet")
    assert status == 2 and "ACC-101" in said and "A-1" not in said
    assert registry.read_bytes() == before
