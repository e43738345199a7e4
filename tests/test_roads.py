"""Roads: files in, a network joined at its junctions out; nothing is left out silently."""

import bz2
import gzip
import itertools
import json
from pathlib import Path

import numpy as np
import osmium
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.core.geometry import WGS84
from landrelease.core.roads import RoadNetwork
from landrelease.errors import LandReleaseError
from landrelease.records.readers import Limits
from landrelease.records.roads import RoadReading, read_closures, read_places, read_roads
from landrelease.records.roads_topology import Told, Ways, join

RURAL = Path(__file__).parent / "test_roads_rural.osm.pbf"  # OpenStreetMap, ODbL; docs/roads.md


@pytest.fixture(scope="module")
def rural() -> RoadReading:
    return read_roads(RURAL)


def osm(ways: str, nodes: str = "", head: str = '<?xml version="1.0"?>') -> bytes:
    places = nodes or "".join(f'<node id="{n}" lat="{-45 + y / 1000}" lon="{10 + x / 1000}"/>'
                              for n, x, y in [(1, 0, 0), (2, 1, 0), (3, 2, 0), (4, 1, 1),
                                              (5, 1, -1), (6, 5, 5), (7, 6, 5)])
    return f'{head}<osm version="0.6">{places}{ways}</osm>'.encode()


def way(number: int, refs: list[int], **tags: str) -> str:
    tags = {"highway": "track", **tags}
    return (f'<way id="{number}">' + "".join(f'<nd ref="{r}"/>' for r in refs)
            + "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items()) + "</way>")


def read_osm(tmp_path: Path, content: bytes, name: str = "roads.osm") -> RoadReading:
    (tmp_path / name).write_bytes(content)
    return read_roads(tmp_path / name)


def geojson(tmp_path: Path, features: list[tuple[dict, list]], name="roads.geojson") -> Path:
    path = tmp_path / name
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": p, "geometry": {
            "type": "LineString", "coordinates": xy}} for p, xy in features]}))
    return path


def joins(network: RoadNetwork) -> set[frozenset[str]]:
    """Which roads meet at a node."""
    at: dict[int, set[str]] = {}
    for m, road in enumerate(network.source_ids):
        at.setdefault(int(network.from_node[m]), set()).add(road)
        at.setdefault(int(network.to_node[m]), set()).add(road)
    return {frozenset(v) for v in at.values() if len(v) > 1}


def codes(reading: RoadReading) -> list[str]:
    return [f.code for f in reading.findings]


# --- OpenStreetMap -----------------------------------------------------------------------------

def test_ways_are_split_where_they_share_a_node(tmp_path):
    reading = read_osm(tmp_path, osm(way(10, [1, 2, 3]) + way(11, [4, 2]) + way(12, [6, 7])))
    network = reading.network
    assert network.segment_ids == ("10/1", "10/2", "11", "12")
    assert network.node_ids == ("1", "2", "3", "4", "6", "7")
    assert (reading.read, reading.used, reading.merged, reading.left_out) == (3, 3, 0, 0)
    assert codes(reading) == ["GEO-105"]  # the other piece
    assert network.length_m[0] == pytest.approx(WGS84.inv(10, -45, 10.001, -45)[2], abs=1e-6)


def test_a_bridge_over_a_road_shares_no_node_and_is_not_joined(tmp_path):
    over = osm(way(10, [1, 3]) + way(11, [4, 5], bridge="yes", layer="1"))
    reading = read_osm(tmp_path, over)
    assert len(reading.network.segment_ids) == 2 and "GEO-106" not in codes(reading)
    assert reading.network.structure == ("", "bridge")
    level = read_osm(tmp_path, osm(way(10, [1, 3]) + way(11, [4, 5])))
    assert "GEO-106" in codes(level) and len(level.network.segment_ids) == 2


def test_direction_class_and_surface_are_kept(tmp_path):
    network = read_osm(tmp_path, osm(
        way(10, [1, 2], oneway="yes", surface="Gravel") + way(11, [2, 3], oneway="-1")
        + way(12, [3, 4], highway="motorway") + way(13, [4, 5], junction="roundabout")
        + way(14, [5, 6], highway="motorway", oneway="no"))).network
    assert network.oneway.tolist() == [1, -1, 1, 1, 0]
    assert network.surface[:2] == ("gravel", "not_reported")
    assert network.road_class[2] == "motorway"


def test_what_is_no_road_or_has_no_length_is_told(tmp_path):
    reading = read_osm(tmp_path, osm(
        way(10, [1, 2]) + way(11, [2, 3], highway="construction") + way(12, [4]) + way(13, [5, 5])
        + way(14, [2, 1]) + way(15, [2, 3], oneway="maybe") + way(16, [3, 4, 99, 6, 7])
        + way(17, [3, 98])))
    assert (reading.read, reading.used, reading.merged, reading.left_out) == (8, 3, 1, 4)
    fates = {(f.row, f.code): f.fate for f in reading.findings if f.row}
    assert fates == {(2, "GEO-110"): "quarantined", (3, "GEO-007"): "quarantined",
                     (4, "GEO-101"): "quarantined", (5, "GEO-102"): "merged",
                     (6, "GEO-112"): "accepted", (7, "GEO-111"): "accepted",
                     (8, "GEO-111"): "quarantined"}
    assert reading.network.segment_ids == ("10", "15", "16/1", "16/2")


def test_two_one_way_lines_on_one_another_are_one_road_both_ways(tmp_path):
    there_and_back = way(10, [1, 2, 3], oneway="yes") + way(11, [3, 2, 1], oneway="yes")
    network = read_osm(tmp_path, osm(there_and_back)).network
    assert network.segment_ids == ("10",) and network.oneway.tolist() == [0]


def test_all_packings_give_the_same_network(tmp_path):
    content = osm(way(10, [1, 2, 3]) + way(11, [4, 2], oneway="yes"))
    plain = read_osm(tmp_path, content)
    for name, data in (("a.osm.gz", gzip.compress(content)), ("a.osm.bz2", bz2.compress(content))):
        assert read_osm(tmp_path, data, name).network.segment_ids == plain.network.segment_ids
    with_pbf = tmp_path / "a.osm.pbf"
    with osmium.SimpleWriter(str(with_pbf)) as writer:
        for entity in osmium.FileProcessor(osmium.io.FileBuffer(content, "osm")):
            writer.add(entity)
    again = read_roads(with_pbf).network
    assert np.array_equal(again.vertices, plain.network.vertices)
    assert again.node_ids == plain.network.node_ids


ENTITIES = '<?xml version="1.0"?><!DOCTYPE o [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(("name", "content", "code"), [
    ("a.osm", osm(way(1, [1, 2]), head=ENTITIES), "FIL-011"),
    ("a.osm", osm(way(1, [1, 2]))[:-40], "FIL-012"),
    ("a.osm", b"PK\x03\x04 not at all", "FIL-003"),
    ("a.osm", b"<html></html>", "FIL-012"),
    ("a.osm", b"  \n", "FIL-002"),
    ("a.osm", osm(""), "FIL-007"),
    ("a.osm", osm(way(1, [1, 2]), '<node id="1" lat="1000" lon="1e30"/>'), "FIL-012"),
    ("a.osm", osm(way(1, [1, 2]), '<node id="1" lat="91" lon="10"/><node id="2" lat="1" lon="1"/>'),
     "FIL-007"),
    ("a.osm", osm(way(99999999999999999999999, [1, 2])), "FIL-012"),
    ("a.osm.gz", gzip.compress(osm(way(1, [1, 2])), mtime=0)[:-9], "FIL-004"),
    ("a.osm.gz", osm(way(1, [1, 2])), "FIL-003"),
    ("a.osm.pbf", osm(way(1, [1, 2])), "FIL-003"),
    ("a.osm.pbf", RURAL.read_bytes()[:60_000], "FIL-012"),
    ("a.osm.pbf", b"\x00\x00\x00\x0eOSMHeader" + bytes(range(256)), "FIL-012"),
], ids=str)
def test_hostile_files_get_a_message(tmp_path, name, content, code):
    with pytest.raises(LandReleaseError) as refused:
        read_osm(tmp_path, content, name)
    assert refused.value.code == code
    assert str(tmp_path) not in str(refused.value)


def test_a_small_archive_that_unpacks_to_much_is_refused(tmp_path):
    (tmp_path / "a.osm.gz").write_bytes(gzip.compress(b"<osm>" + b" " * 3_000_000))
    with pytest.raises(LandReleaseError, match="FIL-005"):
        read_roads(tmp_path / "a.osm.gz", limits=Limits(unpacked_bytes=1_000_000))


@settings(max_examples=40)
@given(places=st.lists(st.tuples(st.integers(0, 130_000), st.integers(0, 255)), min_size=1,
                       max_size=5))
def test_a_damaged_extract_is_read_or_refused(tmp_path_factory, places):
    content = bytearray(RURAL.read_bytes())
    for place, value in places:
        content[place] = value
    path = tmp_path_factory.mktemp("damaged") / "a.osm.pbf"
    path.write_bytes(content)
    try:
        read_roads(path)
    except LandReleaseError as error:
        assert error.code.startswith("FIL-")


# --- the real network --------------------------------------------------------------------------

def test_the_rural_network_is_read_whole(rural):
    network = rural.network
    assert (rural.read, rural.used, rural.merged, rural.left_out) == (2056, 2056, 0, 0)
    assert network.length_m.sum() == pytest.approx(590_362, abs=1)  # 590 km, as the data says
    assert len(network.segment_ids) == 3702 == len(set(network.segment_ids))
    assert (np.diff(network.vertex_start) >= 2).all() and (network.length_m > 0).all()
    # Segments begin and end at their nodes and at no inner point of another.
    first, last = network.vertices[network.vertex_start[:-1]], network.vertices[
        network.vertex_start[1:] - 1]
    assert np.abs(first - network.node_place[network.from_node]).max() == 0
    assert np.abs(last - network.node_place[network.to_node]).max() == 0


def test_shared_places_give_the_same_junctions_as_node_numbers(rural, tmp_path):
    """The ways as GeoJSON, without numbers of nodes: the same segments come out."""
    from landrelease.records.roads import _from_osm

    ways, _ = _from_osm("a", ".osm.pbf", RURAL.read_bytes(), Told("a"), Limits())
    features = []
    for w, number in enumerate(ways.source_id):
        run = slice(ways.start[w], ways.start[w + 1])
        structure = ways.structure[w]
        features.append(({
            "id": number, "highway": ways.road_class[w], "oneway": str(int(ways.oneway[w])),
            "layer": ways.level[w].split()[0], **({structure: "yes"} if structure else {})},
            ways.vertices[run].tolist()))
    again = read_roads(geojson(tmp_path, features), tolerance_m=0).network

    def described(network):
        return sorted(zip(network.source_ids, network.length_m.round(6).tolist(),
                          network.oneway.tolist(), network.structure, strict=True))
    assert described(again) == described(rural.network)
    assert len(again.node_ids) == len(rural.network.node_ids)


# --- tables and layers -------------------------------------------------------------------------

@pytest.mark.parametrize("ending", ["geojson", "gpkg", "shp", "csv"])
def test_each_format_gives_the_same_network(tmp_path, ending):
    lines = [[(10, -45), (10.001, -45), (10.002, -45)], [(10.001, -44.999), (10.001, -45)]]
    shapes = [shapely.LineString(xy) for xy in lines]
    names = np.array(["a", "b"], dtype=object)
    path = tmp_path / f"roads.{ending}"
    if ending == "csv":
        path.write_text("id,surface,geometry\n" + "".join(
            f'{n},gravel,"{g.wkt}"\n' for n, g in zip(names, shapes, strict=True)))
    else:
        pyogrio.raw.write(
            path, shapely.to_wkb(shapes), [names, np.array(["gravel"] * 2, dtype=object)],
            ["id", "surface"], geometry_type="LineString", crs="EPSG:4326",
            driver={"geojson": "GeoJSON", "gpkg": "GPKG", "shp": "ESRI Shapefile"}[ending])
    network = read_roads(path, crs="EPSG:4326").network
    assert network.segment_ids == ("a/1", "a/2", "b")
    assert network.surface == ("gravel",) * 3 and network.road_class == ("not_reported",) * 3


def test_projected_coordinates_are_carried_to_degrees(tmp_path):
    path = tmp_path / "roads.csv"
    path.write_text('id,wkt\na,"LINESTRING (500000 5000000, 501000 5000000)"\n')
    network = read_roads(path, crs="EPSG:32633").network
    assert network.node_place[0] == pytest.approx([15.0, 45.1535], abs=1e-3)
    assert network.length_m[0] == pytest.approx(1000.4, abs=0.1)  # the scale of UTM is 0.9996


def test_safety_S04_lines_without_a_datum_are_refused(tmp_path):
    path = tmp_path / "roads.csv"
    path.write_text('id,wkt\na,"LINESTRING (10 45, 10.1 45)"\n')
    with pytest.raises(LandReleaseError, match="GEO-001"):
        read_roads(path)
    path.write_text('id,wkt\na,"LINESTRING (500000 5000000, 501000 5000000)"\n')
    with pytest.raises(LandReleaseError, match="GEO-002"):
        read_roads(path)


def test_a_table_of_ends(tmp_path):
    path = tmp_path / "roads.csv"
    path.write_text(
        "id,from_node,to_node,from_longitude,from_latitude,to_longitude,to_latitude,class\n"
        "a,A,B,10,-45,10.01,-45,local\nb,B,C,10.01,-45,10.02,-45,\nc,C,D,10.02,x,10.03,-45,\n"
        "d,C,D,10.02,-45,10.03,-445,\n")
    reading = read_roads(path)
    assert reading.network.node_ids == ("A", "B", "C")
    assert reading.network.road_class == ("local", "not_reported")
    assert (reading.used, reading.left_out) == (2, 2)
    assert {"GEO-005", "GEO-008", "GEO-011"} <= set(codes(reading))


def test_wrong_shapes_and_columns_are_told(tmp_path):
    path = tmp_path / "roads.csv"
    path.write_text('id,geometry\na,"LINESTRING (10 45, 10.1 45)"\nb,POINT (10 45)\nc,\n'
                    'd,LINESTRING (10\ne,"MULTILINESTRING ((10 45, 10 46), (11 45, 11 46))"\n')
    reading = read_roads(path, crs="EPSG:4326")
    assert (reading.used, reading.left_out) == (2, 3)
    assert [(f.row, f.code) for f in reading.findings if f.row] == [
        (2, "GEO-009"), (3, "GEO-007"), (4, "GEO-008")]
    assert reading.network.segment_ids == ("a", "e/1", "e/2")
    path.write_text("id,length\na,5\n")
    with pytest.raises(LandReleaseError, match="FIL-015"):
        read_roads(path)


M = 1 / 111_132  # degrees of latitude in a metre, nearly


@pytest.mark.parametrize(("gap_m", "tolerance_m", "joined"), [
    (0.5, 1.0, True), (1.5, 1.0, False), (0.5, 0.0, False)])
def test_loose_ends_are_joined_within_the_tolerance_only(tmp_path, gap_m, tolerance_m, joined):
    to_end = geojson(tmp_path, [({"id": "a"}, [(10, 0), (10.001, 0)]),
                                ({"id": "b"}, [(10.001, gap_m * M), (10.001, 0.001)])])
    reading = read_roads(to_end, tolerance_m=tolerance_m)
    assert (joins(reading.network) == {frozenset("ab")}) == joined
    assert ("GEO-104" in codes(reading)) == joined
    to_line = geojson(tmp_path, [({"id": "a"}, [(10, 0), (10.001, 0)]),
                                 ({"id": "b"}, [(10.0005, gap_m * M), (10.0005, 0.001)])])
    network = read_roads(to_line, tolerance_m=tolerance_m).network
    assert (network.segment_ids == ("a/1", "a/2", "b")) == joined
    assert network.length_m[:-1].sum() == pytest.approx(111.319, abs=1e-3)  # none gained or lost


def test_a_bridge_without_a_node_is_not_snapped_to(tmp_path):
    features = [({"id": "a", "bridge": "yes"}, [(10, 0), (10.001, 0)]),
                ({"id": "b"}, [(10.0005, 0.5 * M), (10.0005, 0.001)])]
    network = read_roads(geojson(tmp_path, features), tolerance_m=1.0).network
    assert network.segment_ids == ("a", "b") and not joins(network)


@pytest.mark.parametrize(("tags", "joined"), [
    ([{}, {}], True), ([{"bridge": "yes"}, {}], False), ([{"layer": -1}, {}], False),
    ([{"ford": "yes"}, {}], True), ([{"layer": 1}, {"layer": "1"}], True)])
def test_inner_points_join_on_one_level_only(tmp_path, tags, joined):
    features = [({"id": "a", **tags[0]}, [(10, 0), (10.001, 0), (10.002, 0)]),
                ({"id": "b", **tags[1]}, [(10.001, 0.001), (10.001, 0), (10.001, -0.001)])]
    network = read_roads(geojson(tmp_path, features)).network
    assert (joins(network) == {frozenset("ab")}) == joined


def test_a_road_that_goes_on_as_a_bridge_is_joined_to_it_and_not_to_what_is_below(tmp_path):
    features = [({"id": "a"}, [(10, 0), (10.001, 0)]),
                ({"id": "b", "bridge": "yes"}, [(10.001, 0), (10.002, 0), (10.003, 0)]),
                ({"id": "c"}, [(10.003, 0), (10.004, 0)]),
                ({"id": "below"}, [(10.002, 0.001), (10.002, 0), (10.002, -0.001)])]
    network = read_roads(geojson(tmp_path, features)).network
    assert joins(network) == {frozenset("ab"), frozenset("bc")}


def test_nodes_that_the_source_names(tmp_path):
    features = [({"id": "a", "from_node": 1, "to_node": 2}, [(10, 0), (10.001, 0)]),
                ({"id": "b", "from_node": 2, "to_node": 3}, [(10.001, 0), (10.002, 0)]),
                ({"id": "c", "from_node": 9, "to_node": 4}, [(10.001, 0), (10.001, 0.001)]),
                ({"id": "d", "from_node": 3, "to_node": 5}, [(10.5, 0), (10.6, 0)])]
    reading = read_roads(geojson(tmp_path, features))
    assert joins(reading.network) == {frozenset("ab")}  # 9 is another node; 3 lies elsewhere
    assert {"GEO-107", "GEO-108"} <= set(codes(reading))
    assert {"1", "2", "4"} <= set(reading.network.node_ids)


def test_numbers_that_stand_twice_stay_apart(tmp_path):
    features = [({"id": "a"}, [(10, 0), (10.001, 0)]), ({"id": "a"}, [(10.001, 0), (10.002, 0)])]
    reading = read_roads(geojson(tmp_path, features))
    assert reading.network.segment_ids == ("a", "a~2") and "GEO-109" in codes(reading)


def test_a_part_drawn_twice_counts_once(tmp_path):
    features = [({"id": "a"}, [(10, 0), (10.001, 0), (10.002, 0), (10.003, 0)]),
                ({"id": "b"}, [(10.002, 0), (10.001, 0)])]
    reading = read_roads(geojson(tmp_path, features))
    assert (reading.used, reading.merged) == (1, 1) and "GEO-103" in codes(reading)
    assert reading.network.length_m.sum() == pytest.approx(3 * 111.319, abs=1e-2)


@given(st.lists(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=6),
                min_size=1, max_size=8))
def test_the_network_has_the_points_of_the_lines_and_joins_where_they_share_one(lines):
    """Against a count by hand: each pair of neighbouring points is one piece of road, once."""
    start = np.concatenate([[0], np.cumsum([len(x) for x in lines])])
    count = len(lines)
    words = [str(i) for i in range(count)]
    told = Told("f")
    network = join(Ways(np.arange(1, count + 1), words, words, words, [""] * count, words,
                        ["0"] * count, np.zeros(count, np.int8), start,
                        np.array([p for line in lines for p in line]) * 0.001 + (10, 0), None,
                        None), 0.0, told).network
    steps = [(a, b) for line in lines for a, b in itertools.pairwise(line) if a != b]
    if network is None:
        assert not steps
        return
    runs = [np.rint((network.vertices[a:b] - (10, 0)) * 1000).astype(int).tolist() for a, b in
            zip(network.vertex_start, network.vertex_start[1:], strict=False)]
    made = [frozenset([tuple(p), tuple(q)]) for run in runs
            for p, q in itertools.pairwise(run)]
    assert set(made) == {frozenset(s) for s in steps}
    # A point inside a segment belongs to it alone.
    inner = [tuple(p) for run in runs for p in run[1:-1]]
    assert len(inner) == len(set(inner))
    assert not {tuple(p) for run in runs for p in (run[0], run[-1])} & set(inner)


# --- closures and places -----------------------------------------------------------------------

def test_closures_and_places(tmp_path):
    path = tmp_path / "closures.csv"
    square = "POLYGON ((10 45, 10.1 45, 10.1 45.1, 10 45.1, 10 45))"
    path.write_text(f'id,kind,starts,ends,geometry\nk1,shelling,2027-01-05,2027-01-07,"{square}"\n'
                    f'k2,,2027-02-01,,"{square}"\n')
    first, second = read_closures(path)
    assert (first.kind, first.ends.isoformat()) == ("shelling", "2027-01-07")
    assert second.ends is None and second.kind == "not_reported"
    sectors = tmp_path / "sectors.geojson"
    sectors.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"id": f"S{k}"},
         "geometry": shapely.geometry.mapping(shapely.box(k, 0, k + 1, 1))} for k in (0, 1)]}))
    path.write_text("id,area,from,to,cause\nk1,S1,2027-01-05T22:00Z,2027-01-06T01:00Z,drones\n"
                    "k2,ALL,2027-01-05T03:00Z,,weather\n")
    one, everywhere = read_closures(path, areas=sectors)
    assert (one.starts.day, one.ends.day, one.kind) == (5, 6, "drones")
    assert one.ground.bounds == (1, 0, 2, 1) and everywhere.ground.area == pytest.approx(2)
    path.write_text("id,area,from,to\nk1,S9,2027-01-05,\n")
    with pytest.raises(LandReleaseError, match=r"FIL-021.*S9"):
        read_closures(path, areas=sectors)
    homes = tmp_path / "settlements.csv"
    homes.write_text("id,name,longitude,latitude,population\na,A,10,45,120\nb,B,10,45,\n")
    assert [p.people for p in read_places(homes)] == [120, None]  # S12


@pytest.mark.parametrize("cells", [
    "2027-01-05,2027-01-01,GOOD", ",2027-01-01,GOOD", "2027-01-05,,POINT (1 2)",
    '2027-01-05,,"POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))"',
    '2027-01-05,,"POLYGON ((0 0, 500 0, 500 1, 0 0))"'])
def test_a_doubtful_closure_refuses_the_file(tmp_path, cells):
    good = '"POLYGON ((10 45, 10.1 45, 10.1 45.1, 10 45))"'
    path = tmp_path / "closures.csv"
    path.write_text("id,starts,ends,geometry\nk," + cells.replace("GOOD", good) + "\n")
    with pytest.raises(LandReleaseError, match="FIL-021"):
        read_closures(path)
