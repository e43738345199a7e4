"""Reachability: the same answers as networkx and as trying everything, on a real network."""

from datetime import date
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.core.geometry import WGS84
from landrelease.core.roads import Closure, Place, RoadNetwork, part_lengths_m
from landrelease.errors import LandReleaseError
from landrelease.plan import reach
from landrelease.plan.reach import NEVER, OPEN
from landrelease.records.roads import read_roads

RURAL = Path(__file__).parent / "test_roads_rural.osm.pbf"
SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def rural():
    """The real network with 40 communities, 5 of them without a number of people, and 2 bases."""
    network = read_roads(RURAL).network
    rng = np.random.default_rng(3)
    west, south, east, north = network.bounds
    spots = rng.uniform((west, south), (east, north), (42, 2))
    homes = [Place(f"c{i}", "", x, y, None if i < 5 else int(rng.integers(5, 900)))
             for i, (x, y) in enumerate(spots)]
    network, places = reach.attach(network, homes[:40], max_distance_m=800, extent_m=250)
    network, bases = reach.attach(network, homes[40:], max_distance_m=3_000, required=True)
    return network, places, bases


def drawn(pairs, oneway=None, spot=None) -> RoadNetwork:
    """A network of straight segments between numbered nodes."""
    pairs = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    nodes = int(pairs.max()) + 1 if spot is None else len(spot)
    if spot is None:
        spot = np.array([(10 + 0.01 * n, -45 + 0.003 * (n * n % 7)) for n in range(nodes)])
    spot = np.asarray(spot, dtype=float)
    count = len(pairs)
    start = np.arange(0, 2 * count + 1, 2)
    vertices = spot[pairs].reshape(-1, 2)
    words = ("not_reported",) * count
    return RoadNetwork(
        tuple(f"n{i}" for i in range(nodes)), spot, tuple(f"s{i}" for i in range(count)), words,
        pairs[:, 0], pairs[:, 1],
        np.zeros(count, np.int8) if oneway is None else np.array(oneway, np.int8),
        part_lengths_m(vertices, start), words, words, ("",) * count, ("",) * count, start,
        vertices)


def at_nodes(entries, people=None) -> reach.Places:
    entries = [np.atleast_1d(e) for e in entries]
    return reach.Places(
        tuple(f"c{i}" for i in range(len(entries))),
        np.arange(1.0, len(entries) + 1) if people is None else np.array(people, dtype=float),
        np.zeros(len(entries)), np.concatenate([[0], np.cumsum([len(e) for e in entries])]),
        np.concatenate(entries).astype(np.int32))


def peer(roads: reach.Graph, usable: np.ndarray) -> nx.MultiDiGraph:
    out = nx.MultiDiGraph()
    out.add_nodes_from(range(len(roads.start) - 1))
    for tail, head, m in zip(roads.tail.tolist(), roads.head.tolist(), roads.segment.tolist(),
                             strict=True):
        if usable[m]:
            out.add_edge(tail, head, segment=m)
    return out


def peer_reached(roads: reach.Graph, usable: np.ndarray, sources) -> set[int]:
    graph = peer(roads, usable)
    return set().union(*({s} | nx.descendants(graph, s) for s in map(int, sources)))


def network_strategy():
    """Small networks with one-way roads, loops, parallel roads and nodes that nothing joins."""
    node = st.integers(0, 7)
    return st.lists(st.tuples(node, node, st.sampled_from([0, 0, 0, 1, -1])), min_size=1,
                    max_size=14)


def small(roads) -> tuple[RoadNetwork, reach.Graph]:
    spot = [(10 + 0.01 * n, -45 + 0.003 * (n * n % 7)) for n in range(8)]
    network = drawn([r[:2] for r in roads], [r[2] for r in roads], spot)
    return network, reach.graph(network)


# --- agreement with networkx -------------------------------------------------------------------

@settings(max_examples=25)
@given(seed=SEEDS, share=st.floats(0, 0.6), mode=st.sampled_from(["driving", "walking"]))
def test_random_closures_of_the_real_network_agree_with_networkx(rural, seed, share, mode):
    network, places, bases = rural
    roads = reach.graph(network, mode)
    blocked = np.random.default_rng(seed).random(roads.segments) < share
    found = reach.reachable(roads, blocked, bases.node)
    expected = peer_reached(roads, ~blocked, bases.node)
    assert set(np.flatnonzero(found).tolist()) == expected
    reached = reach.of_places(places, np.where(found, OPEN, NEVER)) == OPEN
    assert reached.tolist() == [
        bool(expected & set(places.node[places.start[p]:places.start[p + 1]].tolist()))
        for p in range(len(places.ids))]


@settings(max_examples=8)
@given(seed=SEEDS)
def test_first_days_and_fewest_openings_of_the_real_network_agree_with_networkx(rural, seed):
    network, places, bases = rural
    roads = reach.graph(network)
    rng = np.random.default_rng(seed)
    opening = np.where(rng.random(roads.segments) < 0.3,
                       rng.choice([3, 7, 20, NEVER], roads.segments), OPEN)
    first = reach.earliest(roads, opening, bases.node)
    for day in (OPEN, 3, 7, 19, 20):
        assert set(np.flatnonzero(first <= day).tolist()) == peer_reached(
            roads, opening <= day, bases.node)
    blocked = opening > OPEN
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(roads.start) - 1))
    for tail, head, m in zip(roads.tail.tolist(), roads.head.tolist(), roads.segment.tolist(),
                             strict=True):
        cost = min(int(blocked[m]), graph.edges[tail, head]["c"] if graph.has_edge(tail, head)
                   else 1)
        graph.add_edge(tail, head, c=cost)
    least = nx.multi_source_dijkstra_path_length(graph, set(bases.node.tolist()), weight="c")
    found = reach.fewest_openings(roads, places, bases.node, blocked)
    for p in range(len(places.ids)):
        own = places.node[places.start[p]:places.start[p + 1]].tolist()
        assert found.count[p] == min([least[n] for n in own if n in least], default=-1)


@settings(max_examples=4)
@given(seed=SEEDS)
def test_what_a_segment_cuts_off_or_gives_back_agrees_with_closing_and_opening_it(rural, seed):
    network, places, bases = rural
    roads = reach.graph(network)
    rng = np.random.default_rng(seed)
    blocked = rng.random(roads.segments) < 0.05

    def people(shut):
        first = reach.of_places(places, reach.earliest(
            roads, np.where(shut, NEVER, OPEN), bases.node))
        line = reach.curve(places, first)
        return int(line.communities[0]), float(line.people[0]), int(line.uncounted[0])

    now = np.array(people(blocked))
    lost = reach.critical(roads, places, bases.node, blocked)
    likely = np.flatnonzero(lost.communities > 0)
    assert len(likely)
    for m in [*likely[:25].tolist(), *rng.choice(roads.segments, 25).tolist()]:
        shut = blocked.copy()
        shut[m] = True
        expected = now - people(shut) if not blocked[m] else np.zeros(3)
        assert (lost.communities[m], lost.people[m], lost.uncounted[m]) == tuple(expected)
    shut = np.flatnonzero(blocked)
    gained = reach.reconnected(roads, places, bases.node, blocked, [np.array([m]) for m in shut])
    for g in [*np.argsort(-gained.communities)[:20].tolist(), len(shut) - 1]:
        opened = blocked.copy()
        opened[shut[g]] = False
        assert (gained.communities[g], gained.people[g], gained.uncounted[g]) == tuple(
            np.array(people(opened)) - now)


@given(roads=network_strategy(), data=st.data())
def test_small_networks_agree_with_trying_everything(roads, data):
    _, arcs = small(roads)
    count = len(roads)
    blocked = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    places = at_nodes([[1], [2, 5], [3], [4, 6, 7]])
    bases = np.array(data.draw(st.lists(st.integers(0, 7), min_size=1, max_size=2, unique=True)))

    def reached(shut):
        nodes = peer_reached(arcs, ~shut, bases)
        return np.array([bool(nodes & set(places.node[a:b].tolist()))
                         for a, b in zip(places.start, places.start[1:], strict=False)])

    now = reached(blocked)
    lost = reach.critical(arcs, places, bases, blocked)
    for m in range(count):
        shut = blocked.copy()
        shut[m] = True
        away = now & ~reached(shut)
        assert lost.people[m] == places.people[away].sum()
        assert lost.communities[m] == away.sum()
    groups = [np.flatnonzero(blocked & (np.arange(count) % 3 == k)) for k in range(3)]
    gained = reach.reconnected(arcs, places, bases, blocked, groups)
    for g, group in enumerate(groups):
        opened = blocked.copy()
        opened[group] = False
        assert gained.communities[g] == (reached(opened) & ~now).sum()
    fewest = reach.fewest_openings(arcs, places, bases, blocked)
    shut = np.flatnonzero(blocked)
    sets = sorted(range(2 ** len(shut)), key=lambda bits: bits.bit_count())
    if len(shut) <= 6:
        best = np.full(4, -1)
        for bits in sets:
            opened = blocked.copy()
            opened[shut[[bool(bits >> i & 1) for i in range(len(shut))]]] = False
            best[(best < 0) & reached(opened)] = bits.bit_count()
        assert fewest.count.tolist() == best.tolist()
    for p in range(4):  # the set that is named does it
        opened = blocked.copy()
        named = fewest.segment[fewest.start[p]:fewest.start[p + 1]]
        opened[named] = False
        assert len(named) == max(fewest.count[p], 0)
        assert reached(opened)[p] == (fewest.count[p] >= 0)


# --- known results -----------------------------------------------------------------------------

def test_the_day_of_a_community_is_that_of_the_last_block_on_its_best_way():
    #  base 0 -s0(day 9)- 1 -s1(day 4)- 2 ; 0 -s2(day 6)- 2 ; 2 -s3(never)- 3
    network = drawn([(0, 1), (1, 2), (0, 2), (2, 3)])
    roads = reach.graph(network)
    first = reach.earliest(roads, np.array([9, 4, 6, NEVER]), np.array([0]))
    assert first.tolist() == [OPEN, 6, 6, NEVER]  # 1 over 2: the greatest of 6 and 4
    places = at_nodes([[1], [3], [0]], [100, 50, np.nan])
    line = reach.curve(places, reach.of_places(places, first))
    assert line.days.tolist() == [0, 6] and line.communities.tolist() == [1, 2]
    assert line.people.tolist() == [0, 100] and line.uncounted.tolist() == [1, 1]  # S12
    assert (line.communities_all, line.people_all) == (3, 150)


def test_driving_keeps_one_way_roads_and_walking_does_not():
    network = drawn([(0, 1), (1, 2)], [-1, 0])
    bases = np.array([0])
    shut = np.zeros(2, dtype=bool)
    assert reach.reachable(reach.graph(network, "driving"), shut, bases).tolist() == [1, 0, 0]
    assert reach.reachable(reach.graph(network, "walking"), shut, bases).tolist() == [1, 1, 1]


def test_closures_come_and_go_and_hazards_open_once():
    network = drawn([(0, 1), (1, 2)])
    roads, bases = reach.graph(network), np.array([0])
    places = at_nodes([[1], [2]])
    closed = reach.Blocking(("k",), 2, np.array([0], np.int32), np.array([0], np.int32))
    one = Closure("k", "shelling", shapely.box(0, 0, 1, 1), date(2027, 3, 5), date(2027, 3, 6), "")
    when = reach.spells([one])
    start = date(2027, 3, 1).toordinal()
    opening = np.array([OPEN, start + 2])
    days = np.arange(start, start + 8)
    reached = reach.reached_on(roads, places, bases, opening, closed, when, days)
    assert reached[:, 0].tolist() == [1, 1, 1, 1, 0, 0, 1, 1]  # the 5th and the 6th are closed
    assert reached[:, 1].tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    assert (reach.change_days(opening, when, start, start + 7) - start).tolist() == [0, 2, 4, 6]


@given(roads=network_strategy(), seed=SEEDS)
def test_without_closures_day_by_day_is_the_bottleneck_path(roads, seed):
    _, arcs = small(roads)
    opening = np.random.default_rng(seed).choice([OPEN, 2, 4, 5, NEVER], len(roads))
    places, bases = at_nodes([[1], [2, 3], [7]]), np.array([0])
    days = np.arange(1, 7)
    first = reach.of_places(places, reach.earliest(arcs, opening, bases))
    reached = reach.reached_on(arcs, places, bases, opening, None, None, days)
    assert np.array_equal(reached, first[None, :] <= days[:, None])


# --- what blocks a road ------------------------------------------------------------------------

@pytest.mark.parametrize(("away_m", "margin_m", "blocks"), [
    (49.0, 50.0, True), (50.0, 50.0, True), (51.0, 50.0, False), (1.0, 0.0, False)])
def test_a_hazard_blocks_within_its_margin(away_m, margin_m, blocks):
    network = drawn([(0, 1), (1, 2)], spot=[(10, -45), (10.02, -45), (10.04, -45)])
    lon, lat, _ = WGS84.fwd(10.01, -45, 0, away_m)
    hazard = shapely.box(lon - 1e-4, lat, lon + 1e-4, lat + 1e-3)
    found = reach.blocking(network, ("h",), [hazard], margin_m)
    assert found.segment.tolist() == ([0] if blocks else [])
    assert found.blocked().tolist() == [blocks, False]


@given(bearing=st.floats(0, 360), away_m=st.floats(5, 3_000), inside_m=st.floats(0, 30),
       lon=st.floats(-3, 3), lat=st.floats(-2, 2))
def test_safety_S01_no_segment_within_the_margin_is_missed(bearing, away_m, inside_m, lon, lat):
    """In a network 700 km wide, measured on the ellipsoid from a node to a corner."""
    network = drawn([(0, 1), (2, 3)], spot=[(20 + lon, 44 + lat), (20 + lon, 44 + lat), (16, 41),
                                            (24, 47)])
    x, y, _ = WGS84.fwd(20 + lon, 44 + lat, bearing, away_m)
    hazard = shapely.Polygon([(x, y), (x + 1e-7, y), (x, y + 1e-7)])
    assert 0 in reach.blocking(network, ("h",), [hazard], away_m + inside_m).segment


def test_safety_S01_a_long_straight_line_is_met_where_it_runs():
    """A line drawn in degrees bends in a plane; 2 degrees of it by 700 m."""
    network = drawn([(0, 1)], spot=[(10, 60), (12, 60)])
    on_it = shapely.box(11 - 1e-5, 60 - 1e-5, 11 + 1e-5, 60 + 1e-5)
    assert reach.blocking(network, ("h",), [on_it], 0).segment.tolist() == [0]
    off_it = shapely.box(11 - 1e-5, 60.003, 11 + 1e-5, 60.004)
    assert reach.blocking(network, ("h",), [off_it], 300).segment.tolist() == []


@pytest.mark.parametrize(("outline", "road"), [
    # Wound twice around the road: read even-odd there is a hole.
    ([(0, -10), (10, -10), (10, 10), (0, 10), (0, -10), (2, -5), (8, -5), (8, 5), (2, 5), (2, -5)],
     [(4.5, 0), (5.5, 0)]),
    # A bow tie: buffer(0) keeps one of its wings.
    ([(0, 0), (10, 10), (10, 0), (0, 10)], [(0.5, 4.5), (0.5, 5.5)]),
    ([(0, 0), (10, 10), (10, 0), (0, 10)], [(9.5, 4.5), (9.5, 5.5)]),
])
def test_safety_S01_an_outline_that_crosses_itself_blocks_in_all_its_readings(outline, road):
    network = drawn([(0, 1)], spot=np.array(road) * 0.001 + (10, -45))
    crossed = shapely.Polygon(np.array(outline) * 0.001 + (10, -45))
    assert not crossed.is_valid
    assert reach.blocking(network, ("h",), [crossed], 0).segment.tolist() == [0]


def test_a_segment_opens_when_the_last_hazard_on_it_is_released():
    network = drawn([(0, 1), (1, 2)], spot=[(10, -45), (10.02, -45), (10.04, -45)])
    over = [shapely.box(10.005, -45.001, 10.006, -44.999),
            shapely.box(10.015, -45.001, 10.025, -44.999), shapely.box(10.03, -46, 10.03, -46)]
    found = reach.blocking(network, ("a", "b", "c"), over, 10)
    assert found.opening(np.array([5, 8, 99])).tolist() == [8, 8]
    assert found.opening(np.array([5, NEVER, 99])).tolist() == [NEVER, NEVER]
    assert found.blocked(np.array([True, False, True])).tolist() == [True, False]
    assert [a.tolist() for a in found.alone()] == [[], [1], []]


def test_blocks_by_number_must_exist():
    network = drawn([(0, 1), (1, 2)])
    assert reach.blocked_segments(network, ["s1"]).tolist() == [False, True]
    with pytest.raises(LandReleaseError, match="PLN-203"):
        reach.blocked_segments(network, ["s9"])


@pytest.mark.parametrize("margin", [-1, float("nan"), float("inf")])
def test_a_margin_must_be_a_distance(margin):
    with pytest.raises(LandReleaseError, match="PLN-202"):
        reach.blocking(drawn([(0, 1)]), ("h",), [shapely.box(10, -45, 10.1, -44)], margin)


def test_a_network_around_the_world_is_refused():
    with pytest.raises(LandReleaseError, match="PLN-204"):
        reach.blocking(drawn([(0, 1)], spot=[(-100, 0), (100, 0)]), (), [], 10)


# --- places on the network ---------------------------------------------------------------------

def test_a_place_splits_the_segment_that_it_lies_on():
    network = drawn([(0, 1)], spot=[(10, 0), (10.02, 0)])
    homes = [Place("a", "", 10.005, 0.001, 10), Place("b", "", 10.015, -0.001, None),
             Place("far", "", 10.01, 0.1, 10), Place("end", "", 9.9999, 0, 1)]
    split, places = reach.attach(network, homes, max_distance_m=200)
    assert split.segment_ids == ("s0-1", "s0-2", "s0-3")
    assert split.length_m.sum() == pytest.approx(network.length_m.sum(), abs=1e-6)
    assert places.on_network.tolist() == [True, True, False, True]
    assert places.distance_m == pytest.approx([110.57, 110.57, 11057.4, 11.13], abs=0.1)
    assert split.node_place[places.node] == pytest.approx(
        np.array([[10.005, 0], [10.015, 0], [10, 0]]), abs=1e-8)
    # A hazard between the two leaves the first within reach.
    between = shapely.box(10.009, -1e-4, 10.011, 1e-4)
    blocked = reach.blocking(split, ("h",), [between], 10).blocked()
    found = reach.reachable(reach.graph(split), blocked, np.array([0]))
    assert (reach.of_places(places, np.where(found, OPEN, NEVER)) == OPEN).tolist() == [
        True, False, False, True]


def test_a_base_without_a_road_is_told():
    with pytest.raises(LandReleaseError, match=r"PLN-201.*HQ"):
        reach.attach(drawn([(0, 1)]), [Place("HQ", "", 10, -44, None)], max_distance_m=500,
                     required=True)


def test_a_community_is_entered_at_every_node_in_its_extent():
    network = drawn([(0, 1), (2, 3)], spot=[(10, 0), (10.01, 0), (10, 0.002), (10.01, 0.002)])
    _, places = reach.attach(network, [Place("a", "", 10, 0.0008, 1)], max_distance_m=500,
                             extent_m=200)
    assert places.node.tolist() == [0, 2]


@given(spots=st.lists(st.tuples(st.floats(9.99, 10.03), st.floats(-0.005, 0.005)), max_size=6),
       longest=st.floats(20, 3000))
def test_cutting_keeps_length_and_shape(spots, longest):
    network = drawn([(0, 1), (1, 2), (2, 2)], [1, 0, 0], [(10, 0), (10.02, 0), (10.02, 0.004)])
    homes = [Place(f"c{i}", "", x, y, 1) for i, (x, y) in enumerate(spots)]
    split, places = reach.attach(network, homes, max_distance_m=5_000)
    split = reach.subdivide(split, longest)
    assert split.length_m.sum() == pytest.approx(network.length_m.sum(), rel=1e-9)
    assert split.length_m.max() <= longest * (1 + 1e-9)
    assert len(set(split.segment_ids)) == len(split.segment_ids)
    assert len(set(split.node_ids)) == len(split.node_ids)
    assert places.on_network.all()
    roads = reach.graph(split, "walking")
    assert reach.reachable(roads, np.zeros(roads.segments, bool), places.node[:1] if spots else
                           np.array([0])).all()
    runs = split.vertices[split.vertex_start[:-1]], split.vertices[split.vertex_start[1:] - 1]
    assert np.abs(runs[0] - split.node_place[split.from_node]).max() < 1e-12
    assert np.abs(runs[1] - split.node_place[split.to_node]).max() < 1e-12


# --- for the planner ---------------------------------------------------------------------------

@given(roads=network_strategy(), data=st.data())
def test_the_planners_zones_open_when_the_roads_do(roads, data):
    """Zones and gates, for random stages and finishes, against the network itself."""
    network, arcs = small(roads)
    hazards = 4
    pairs = data.draw(st.lists(st.tuples(st.integers(0, len(roads) - 1),
                                         st.integers(0, hazards - 1)), max_size=10, unique=True))
    pairs = np.array(sorted(pairs), dtype=np.int32).reshape(-1, 2)
    blocks = reach.Blocking(("a", "b", "c", "d"), len(roads), pairs[:, 1], pairs[:, 0])
    stage_blocker = np.array([0, 0, 1, 2, 2, 2, 3])
    finish = np.array(data.draw(st.lists(st.sampled_from([-1, 1, 2, 5, 8]), min_size=7,
                                         max_size=7)))
    never = np.arange(len(roads)) == data.draw(st.integers(0, 20))
    places, bases = at_nodes([[1], [2, 5], [6]]), np.array([0])
    made = reach.planner_access(
        network, arcs, places, bases, blocks, [shapely.box(10.02, -45.01, 10.03, -45)] * hazards,
        stage_blocker, [[0], [], [1, 2]], np.array([1.0, 2.0, 3.0]), never)
    released = np.array([NEVER if (finish[stage_blocker == h] < 0).any()
                         else finish[stage_blocker == h].max() for h in range(hazards)])
    opening = np.where(never, NEVER, blocks.opening(released))
    first = reach.earliest(arcs, opening, bases)
    zones = reach.zone_openings(made.access, finish)
    assert zones[made.zone_of_node].tolist() == first.tolist()
    own = [released[0], OPEN, max(released[1:3])]
    assert reach.community_openings(made.access, finish).tolist() == np.maximum(
        reach.of_places(places, first), own).tolist()
    # A hazard on a road is worked on as soon as either end of a segment of it is reached.
    could = reach.reachable(arcs, np.zeros(len(roads), bool), bases)
    for s, h in enumerate(stage_blocker):
        ends = [n for m in pairs[pairs[:, 1] == h, 0]
                for n in (network.from_node[m], network.to_node[m]) if could[n]]
        if ends:
            assert zones[made.access.zone[s]] == min(first[n] for n in ends)


def test_either_of_two_roads_opens_a_community():
    network = drawn([(0, 1), (0, 2), (1, 3), (2, 3)])
    arcs = reach.graph(network)
    blocks = reach.Blocking(("north", "south"), 4, np.array([0, 1], np.int32),
                            np.array([0, 1], np.int32))
    made = reach.planner_access(network, arcs, at_nodes([[3]]), np.array([0]), blocks, [], [0, 1],
                                [[]], np.array([1.0]))
    access = made.access
    assert access.zones == 2 and access.zone.tolist() == [0, 0]
    assert sorted(zip(access.gate_from.tolist(), access.gate_to.tolist(), strict=True)) == [
        (0, 1), (0, 1)]
    assert reach.community_openings(access, np.array([9, 4])).tolist() == [4]
    assert reach.community_openings(access, np.array([-1, -1])).tolist() == [NEVER]
