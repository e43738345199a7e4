"""The contamination map as files: layout, legend, update on disk, and the command."""

import dataclasses
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely

from landrelease import workflows
from landrelease.apps import cli
from landrelease.assess.contamination import NAMES, UNITS, contamination_map, density_of
from landrelease.core.geometry import LocalPlane
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry, open_registry
from landrelease.store.qgis import CLASSES, NO_INFORMATION, NOTHING, style
from landrelease.store.raster import Frame, read_frame, read_strips, write_cog_strips

PLANE = LocalPlane(17.5, 44.0)
STATED = workflows.load_assumptions()
NOW = datetime(2026, 6, 1, tzinfo=UTC)
BOXES = [(0, 0, 1_200, 900), (1_500, 200, 2_400, 1_600), (-900, -800, -100, -200)]


def revision(kind, name, values, ground):
    return Revision(kind, name, values, None if ground is None else PLANE.to_degrees(ground), NOW,
                    "tester", "test", "", date(2026, 3, 1))


def outcome(name, ground, **values):
    return revision("outcome", name, {"outcome_type": "cleared", "method": "manual",
                                      "depth_m": 0.2, **values}, ground)


@pytest.fixture
def address(tmp_path):
    path = str(tmp_path / "district.gpkg")
    registry = create_registry(path, office="test")
    registry.append([revision("hazard", f"h{i}", {"hazard_type": "SHA", "status": "open"},
                              shapely.box(*b)) for i, b in enumerate(BOXES)])
    registry.close()
    return path


def add(address, *revisions):
    registry = open_registry(address)
    try:
        registry.append(list(revisions))
    finally:
        registry.close()


@pytest.fixture
def run(capsys, monkeypatch):
    def call(*words):
        monkeypatch.setattr(sys, "argv", ["landrelease", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
            raise SystemExit(0)
        said = capsys.readouterr()
        return stop.value.code or 0, said.out, said.err
    return call


@pytest.fixture
def draw(run):
    def call(address, out, *more, cell=20):
        status, said, err = run("assess", "map", address, "--out", out, "--cell", cell,
                                "--as", "planner", "--quiet", *more)
        assert status == 0, err
        return said
    return call


def bands(path):
    import rasterio

    with rasterio.open(path) as raster:
        return raster.read()


def offsets(path):
    """Of each level, the full raster first: (place of its directory, places of its tiles)."""
    import rasterio

    found = []
    with rasterio.open(path) as raster:
        levels = [None, *range(len(raster.overviews(1)))]
    for level in levels:
        options = {} if level is None else {"overview_level": level}
        with rasterio.open(path, **options) as raster:
            tiles = [raster.get_tag_item(f"BLOCK_OFFSET_{c}_{r}", "TIFF", bidx=1)
                     for r in range(-(-raster.height // 512))
                     for c in range(-(-raster.width // 512))]
            found.append((int(raster.get_tag_item("IFD_OFFSET", "TIFF", bidx=1)),
                          [int(t) for t in tiles if t]))
    return found


def test_the_file_has_the_layout_of_a_cloud_optimised_geotiff(tmp_path):
    rng = np.random.default_rng(0)
    whole = rng.random((5, 1_300, 1_100), dtype=np.float32)
    frame = Frame(PLANE.proj, -100.0, 700.0, 10.0, 1_300, 1_100, NAMES)
    path = tmp_path / "map.tif"
    write_cog_strips(frame, ((t, whole[:, t:t + 333]) for t in range(0, 1_300, 333)), path, "words",
                     UNITS, {"NAME": "a <tag> & more"})
    levels = offsets(path)
    assert len(levels) == 3
    places = [place for place, _ in levels]
    assert places == sorted(places)  # directories from the full raster to the smallest
    first_tile = [min(tiles) for _, tiles in levels]
    assert max(places) < min(first_tile)  # all directories before all tiles
    assert first_tile == sorted(first_tile, reverse=True)  # the smallest overview comes first
    assert all(tiles == sorted(tiles) for _, tiles in levels)
    import rasterio

    with rasterio.open(path) as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.descriptions == NAMES and raster.units == UNITS
        assert np.isnan(raster.nodata) and raster.tags()["NAME"] == "a <tag> & more"
        assert np.array_equal(raster.read(), whole)
    with rasterio.open(path, overview_level=0) as raster:  # S01: the largest of four
        assert np.array_equal(raster.read(1), whole[0].reshape(650, 2, 550, 2).max(axis=(1, 3)))
    joined = np.concatenate([b for _, b in read_strips(path, 450)], axis=1)
    assert np.array_equal(joined, whole) and read_frame(path)[0].rows == 1_300
    (tmp_path / "no.tif").write_bytes(b"no raster")
    with pytest.raises(LandReleaseError, match="ASS-208"):
        read_frame(tmp_path / "no.tif")


# Colours as readers without red, green or blue cones see them: G. M. Machado, M. M. Oliveira,
# L. A. F. Fernandes, IEEE TVCG 15 (2009), matrices of full severity, linear RGB.
BLINDNESS = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
               [0.004733, 0.691367, 0.303900]],
    "all colours": np.eye(3).tolist()}


def lightness(colours, matrix):
    """CIE L* of sRGB colours as somebody sees them."""
    rgb = np.array([[int(c[i:i + 2], 16) for i in (1, 3, 5)] for c in colours]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    y = np.clip(linear @ np.array(matrix).T, 0, 1) @ [0.2126, 0.7152, 0.0722]
    return 116 * np.cbrt(np.maximum(y, 0.008856)) - 16


@pytest.mark.parametrize("seen_by", BLINDNESS)
def test_the_classes_are_told_apart_by_lightness_whoever_looks(seen_by):
    seen = lightness([colour for _, colour in CLASSES], BLINDNESS[seen_by])
    assert (np.diff(seen) < -4).all()  # darker is more dangerous; steps that can be seen


def test_the_legend_says_what_cells_without_a_value_mean():
    root = ET.fromstring(style().split("\n", 1)[1])
    assert root.tag == "qgis"
    drawn = root.find("pipe/rasterrenderer")
    assert drawn.get("type") == "singlebandpseudocolor" and drawn.get("band") == "1"
    assert drawn.get("nodataColor") == NOTHING
    shader = drawn.find("rastershader/colorrampshader")
    assert shader.get("colorRampType") == "DISCRETE"
    items = shader.findall("item")
    assert items[0].get("label") == NO_INFORMATION and items[0].get("color") == NOTHING
    assert float(items[0].get("value")) < 0  # no cell is in it
    values = [float(i.get("value")) for i in items]
    assert values == sorted(values) and values[-1] == float("inf")
    assert all({"value", "color", "label", "alpha"} <= i.attrib.keys() for i in items)
    first = ET.fromstring(style("SYNTHETIC & made up").split("\n", 1)[1]).find(".//item")
    assert first.get("label") == "SYNTHETIC & made up"


def test_the_command_draws_a_map_and_brings_it_up_to_date(address, tmp_path, draw):
    out = tmp_path / "map.tif"
    said = draw(address, out, "--update")
    assert "there is no map yet" in said and (tmp_path / "map.qml").is_file()
    assert "priors" in said
    plain = bands(out)
    swath = shapely.box(100, 100, 300, 300)
    add(address, outcome("day-1", swath), outcome("m-1", shapely.box(0, 0, 90, 90),
                                                  method="flail"))
    said = draw(address, out, "--update")
    assert "Brought up to date" in said and "1 searches are credited, 1 are not" in said
    assert "follow-up of a machine" in said
    after = bands(out)
    assert 100 <= (np.nan_to_num(after[0]) < np.nan_to_num(plain[0])).sum() <= 144
    draw(address, tmp_path / "anew.tif")
    assert np.array_equal(after, bands(tmp_path / "anew.tif"), equal_nan=True)
    assert "0 cells in 0 windows" in draw(address, out, "--update")
    add(address, revision("item", "i1", {"ordnance_category": "ap_mine", "quantity": 1},
                          shapely.Point(1_800, 900)))
    assert "Brought up to date" in draw(address, out, "--update")
    draw(address, tmp_path / "anew.tif")
    assert np.array_equal(bands(out), bands(tmp_path / "anew.tif"), equal_nan=True)
    assert (np.nan_to_num(bands(out)[0]) > np.nan_to_num(after[0])).sum() > 1_000
    import rasterio

    with rasterio.open(out) as raster:
        assert raster.descriptions == NAMES and raster.units == UNITS
        assert "treat as dangerous" in raster.tags()["TIFFTAG_IMAGEDESCRIPTION"]
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_a_search_counts_from_the_first_day_on_which_the_hazard_was_recorded(address):
    later = revision("hazard", "h0", {"hazard_type": "CHA", "status": "open"},
                     shapely.box(*BOXES[0]))
    add(address, dataclasses.replace(later, valid_from=date(2026, 5, 1)),
        outcome("a", shapely.box(0, 0, 90, 90)))  # of 1 March, as the hazard's first revision
    registry = open_registry(address)
    try:
        effort = workflows.load_effort(registry, STATED)
        assert effort.since["h0"] == date(2026, 3, 1) and effort.passes[0].day == date(2026, 3, 1)
        assert registry.records("hazard")[0].valid_from == date(2026, 5, 1)
    finally:
        registry.close()


def test_what_cannot_be_brought_up_to_date_is_drawn_anew_and_says_why(
        address, tmp_path, draw, run):
    out = tmp_path / "map.tif"
    draw(address, out)
    assert "its cells are 20 m" in draw(address, out, "--update", cell=25)
    draw(address, out)
    assert "settings or version" in draw(address, out, "--update", "--independent-passes")
    add(address, revision("hazard", "far", {"hazard_type": "SHA", "status": "open"},
                          shapely.box(9_000, 0, 9_100, 100)))
    said = draw(address, out, "--update", "--independent-passes")
    assert "a hazard lies outside it" in said
    import rasterio
    from rasterio.transform import from_origin

    with rasterio.open(out, "w", driver="GTiff", dtype="float32", count=1, width=2, height=2,
                       transform=from_origin(0, 0, 20, 20), crs="EPSG:32633") as other:
        other.write(np.zeros((1, 2, 2), np.float32))
    assert "no map that can be updated" in draw(address, out, "--update")
    out.write_bytes(b"broken")
    status, _, err = run("assess", "map", address, "--out", out, "--cell", 20, "--as",
                         "planner", "--update")
    assert status == 2 and "ASS-208" in err


def test_the_map_in_memory_and_the_map_in_strips_are_the_same(address, tmp_path, monkeypatch):
    from landrelease.workflows import maps

    monkeypatch.setattr(maps, "STRIP_CELLS", 3_000)
    add(address, outcome("a", shapely.box(0, 0, 700, 700)))
    registry = open_registry(address)
    try:
        land = workflows.load_land(registry, STATED)
        effort = workflows.load_effort(registry, STATED)
    finally:
        registry.close()
    assessed = workflows.assess(land, STATED)
    workflows.write_map(land, assessed, STATED, tmp_path / "m.tif", 30.0, effort)
    whole = contamination_map(land, assessed, density_of(STATED), 30.0, effort=effort)
    assert np.array_equal(bands(tmp_path / "m.tif"), whole.bands, equal_nan=True)
