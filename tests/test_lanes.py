"""LAN: lanes cover all reachable ground and leave no allowed ground."""

import itertools
import json
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from shapely import box
from typer.testing import CliRunner

from landrelease.apps.cli import app
from landrelease.core.geometry import plane_for
from landrelease.errors import LandReleaseError
from landrelease.operate import by_hand, lanes, tour
from landrelease.records.profiles import profile_of, read_profiles
from landrelease.workflows import lanes as lane_files
from landrelease.workflows.operate import Ground

RUN = CliRunner()


def missed(plan):
    """Reachable ground farther than 1 cm from what the drives sweep."""
    return shapely.difference(plan.reachable, shapely.buffer(
        lanes.swept(plan.drives, plan.width_m), 0.01)).area


def off_ground(plan, allowed):
    """Length of the path off the ground where the machine's disc stays on allowed ground."""
    sure = shapely.buffer(plan.middle, 1e-5)
    out = 0.0
    for d in plan.drives:
        out += shapely.LineString(d.xy).difference(sure).length
    disc = shapely.buffer(plan.middle, plan.width_m / 2)
    assert shapely.difference(disc, shapely.buffer(allowed, 1e-6)).area < 1e-6
    return out


@st.composite
def grounds(draw):
    corners = [(draw(st.floats(0, 6)), draw(st.floats(0, 6))),
               (draw(st.floats(20, 34)), draw(st.floats(0, 8))),
               (draw(st.floats(22, 36)), draw(st.floats(16, 30))),
               (draw(st.floats(0, 9)), draw(st.floats(18, 30)))]
    ground = shapely.Polygon(corners)
    for _ in range(draw(st.integers(0, 3))):
        x, y = draw(st.floats(4, 26)), draw(st.floats(4, 22))
        ground = ground - shapely.affinity.rotate(
            box(x, y, x + draw(st.floats(0.5, 7)), y + draw(st.floats(0.5, 7))),
            draw(st.floats(0, 90)))
    return ground


@st.composite
def concave(draw):
    """A star whose corners lie now far out, now far in: notches, narrow ends, a hole."""
    far = draw(st.lists(st.floats(5, 20), min_size=5, max_size=9))
    angles = (np.arange(len(far)) + draw(st.floats(0, 0.5))) * 2 * math.pi / len(far)
    star = shapely.Polygon([(r * math.cos(a), r * math.sin(a))
                            for r, a in zip(far, angles, strict=True)])
    return star - shapely.Point(draw(st.floats(-3, 3)), draw(st.floats(-3, 3))).buffer(
        draw(st.floats(0.3, 2.5)), quad_segs=draw(st.integers(1, 4)))


@settings(deadline=None, max_examples=14)
@given(ground=st.one_of(grounds(), concave()), width=st.floats(1.2, 3.5),
       overlap=st.sampled_from([0, 0.1, 0.3]), extra=st.sampled_from([0, 0.4]),
       back=st.booleans(), headland_first=st.booleans())
def test_all_reachable_ground_is_covered_and_no_path_is_off_allowed_ground(
        ground, width, overlap, extra, back, headland_first):
    plan = lanes.plan(ground, width_m=width, overlap_m=overlap, radius_m=width / 2 + extra,
                      back=back, headland_first=headland_first)
    assert missed(plan) < 1e-6
    assert off_ground(plan, ground) < 1e-6
    assert plan.by_hand.area + plan.reachable.area == pytest.approx(ground.area, abs=1e-6)
    if not plan.apart:  # one path without a break
        for a, b in itertools.pairwise(plan.drives):
            assert np.hypot(*(a.xy[-1] - b.xy[0])) < 1e-6
        if back:
            assert math.dist(plan.drives[0].xy[0], plan.drives[-1].xy[-1]) < 1e-6


@settings(deadline=None, max_examples=5)
@given(ground=st.one_of(grounds(), concave()), x=st.floats(-40, 60), y=st.floats(-40, 60))
def test_the_round_along_the_outer_edge_comes_first_and_the_path_begins_at_the_safe_side(
        ground, x, y):
    """Entry: the allowed place that is nearest. Every turn of a swath then lies on done ground."""
    plan = lanes.plan(ground, width_m=1.5, entry=(x, y), headland_first=True)
    begin = plan.drives[0].xy[0]
    assert math.dist(begin, (x, y)) == pytest.approx(
        plan.middle.distance(shapely.Point(x, y)), abs=1e-6)
    kinds = [d.kind for d in plan.drives[:2]]
    at = kinds.index("edge")
    assert at == 0 or plan.drives[0].kind == "way"
    first = plan.drives[at]
    outer = min(shapely.get_parts(plan.middle), key=lambda p: p.distance(shapely.Point(begin)))
    assert first.length_m == pytest.approx(outer.exterior.length)
    assert shapely.LineString(first.xy).hausdorff_distance(outer.exterior) < 1e-6


def test_a_rectangle_takes_little_more_than_area_over_spacing():
    field = box(0, 0, 200, 150)
    plan = lanes.plan(field, width_m=2.0, overlap_m=0.2)
    assert missed(plan) < 1e-6 and off_ground(plan, field) == 0
    assert plan.length_m <= 1.04 * field.area / 1.8
    # Four corners that a disc of 1 m does not reach: (4 - pi) r^2.
    assert plan.by_hand.area == pytest.approx(4 - math.pi, rel=0.01)


def test_ground_that_the_body_cannot_reach_is_listed_for_hand_work():
    """A corridor of 1.5 m between two rooms: a disc of 2 m does not pass."""
    ground = shapely.union_all([box(0, 0, 20, 20), box(20, 9, 30, 10.5), box(30, 0, 50, 20)])
    plan = lanes.plan(ground, width_m=2.0)
    assert plan.by_hand.area > 14
    assert plan.apart == 1
    with pytest.raises(LandReleaseError, match="LAN-003"):
        lanes.plan(box(0, 0, 1, 50), width_m=2.0)


@pytest.mark.parametrize("width, overlap, code", [
    (0, 0, "LAN-001"), (math.nan, 0, "LAN-001"), (2, 2, "LAN-002"), (2, -0.1, "LAN-002")])
def test_widths_that_make_no_sense_are_refused(width, overlap, code):
    with pytest.raises(LandReleaseError, match=code):
        lanes.plan(box(0, 0, 9, 9), width_m=width, overlap_m=overlap)


def test_ways_go_round_what_is_in_between():
    ground = box(0, 0, 30, 10) - box(10, 0, 12, 8)
    points = np.array([[5.0, 1.0], [20.0, 1.0], [25.0, 9.0]])
    found = tour.ways(ground, points)
    over = [(5, 1), (10, 8), (12, 8), (20, 1)]
    shortest = sum(math.dist(a, b) for a, b in itertools.pairwise(over))
    assert shortest <= found.length[0, 1] <= shortest + 0.5
    way = found.way(0, 1)
    assert shapely.LineString(way).difference(shapely.buffer(ground, 1e-5)).length == 0
    assert np.hypot(*np.diff(way, axis=0).T).sum() == pytest.approx(found.length[0, 1])
    assert found.length[1, 2] == pytest.approx(math.dist((20, 1), (25, 9)))


@settings(deadline=None, max_examples=15)
@given(ground=st.one_of(grounds(), concave()), seed=st.integers(0, 99))
def test_what_is_in_sight_is_what_shapely_says(ground, seed):
    ground = max(shapely.get_parts(lanes.eroded(ground, 0.5)), key=lambda p: p.area)
    rng = np.random.default_rng(seed)
    west, south, east, north = ground.bounds
    spots = shapely.points(rng.uniform((west, south), (east, north), (60, 2)))
    points = np.concatenate([shapely.get_coordinates(spots[shapely.covers(ground, spots)]),
                             shapely.get_coordinates(ground.exterior)[:-1][:12]])
    roomy = shapely.buffer(ground, tour.REACH_M)
    length = tour._in_sight(roomy, points, points)
    lines = shapely.linestrings(np.stack(np.broadcast_arrays(points[:, None], points[None]), 2))
    sees = shapely.covers(roomy, lines) | (shapely.length(lines) == 0)
    assert ((length < tour.FAR) == sees).all()
    assert np.allclose(length[sees], shapely.length(lines)[sees])


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 999), many=st.integers(1, 40), back=st.booleans())
def test_an_order_holds_each_piece_once_and_is_the_same_again(seed, many, back):
    points = np.random.default_rng(seed).uniform(0, 10, (2 * many + 1, 2))
    length = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    got = tour.order(length, 2 * many, back=back, rounds=50)
    assert sorted(got[:, 0]) == list(range(many)) and set(got[:, 1]) <= {0, 1}
    assert np.array_equal(got, tour.order(length, 2 * many, back=back, rounds=50))


def brute_force(length, start):
    many = (len(length) - 1) // 2
    best = math.inf
    for who in itertools.permutations(range(many)):
        for ways in itertools.product((0, 1), repeat=many):
            at, total = start, 0.0
            for k, way in zip(who, ways, strict=True):
                total += length[at, 2 * k + way]
                at = 2 * k + 1 - way
            best = min(best, total)
    return best


def test_the_order_is_near_the_best_of_all_orders():
    rng = np.random.default_rng(5)
    ratios = []
    for _ in range(12):
        points = rng.uniform(0, 10, (11, 2))
        length = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
        got = tour.order(length, 10)
        assert sorted(got[:, 0]) == list(range(5))
        at, total = 10, 0.0
        for k, way in got:
            total += length[at, 2 * k + way]
            at = 2 * k + 1 - way
        ratios.append(total / brute_force(length, 10))
    assert min(ratios) >= 1 - 1e-9 and max(ratios) < 1 + 1e-9


@settings(deadline=None, max_examples=25)
@given(ground=grounds(), width=st.floats(0.5, 2), entry=st.sampled_from([None, (0.0, -5.0)]))
def test_lanes_for_people_are_the_ground_without_overlap(ground, width, entry):
    made = by_hand.lanes(ground, width_m=width, base_width_m=2, separation_m=10, entry=entry)
    areas = [lane.ground.area for lane in made]
    assert sum(areas) == pytest.approx(ground.area, rel=1e-6)
    joined = shapely.union_all([lane.ground for lane in made], grid_size=1e-8)
    assert joined.area == pytest.approx(ground.area, rel=1e-6)
    turns = {}
    for lane in made:
        if lane.kind == "working":
            turns.setdefault(lane.turn, []).append(lane)
    for lanes_of_turn in turns.values():
        for a, b in itertools.combinations(lanes_of_turn, 2):
            number = [int("".join(filter(str.isdigit, k.name))) for k in (a, b)]
            assert number[0] == number[1] or a.ground.distance(b.ground) >= 10 - 1e-6


def test_profiles_say_what_is_not_known_and_prefer_what_is_not_the_makers():
    known = read_profiles()
    assert {"mv-10", "d-3", "efarm", "gcs-200", "mv-4", "uran-6", "stalker-iv",
            "detector", "dog", "rat"} <= set(known)
    for profile in known.values():  # what a plan asks for is answered, if only by "not known"
        if profile.kind == "machine":
            assert {"width_m", "rate_m2_h", "depth_m", "control_range_m", "slope_deg",
                    "speed_m_s"} <= {f.name for f in profile.figures}
    uran = known["uran-6"]
    assert uran.value("width_m") == 1.75 and "rate_m2_h" in uran.not_known
    assert uran.figure("control_range_m").basis == "press"  # beside the maker's 800 m
    for profile in known.values():
        for figure in profile.figures:
            assert (figure.value is None) == (figure.basis == "not known")
            assert figure.source or figure.basis == "not known"
    with pytest.raises(LandReleaseError, match="LAN-004"):
        profile_of("tank")


def task_file(path, geometry, **properties):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": properties,
         "geometry": json.loads(shapely.to_geojson(geometry))}]}))
    return path


def run(*arguments):
    got = RUN.invoke(app, ["operate", "lanes", *map(str, arguments)])
    if got.exception is not None and not isinstance(got.exception, SystemExit):
        raise got.exception
    return got


PLANE = plane_for((-30.0, 20.0, -29.99, 20.01))


def test_safety_S19_the_files_of_a_synthetic_task(tmp_path):
    field = box(0, 0, 40, 30) - box(18, 12, 22, 16)
    task = task_file(tmp_path / "t.geojson", PLANE.to_degrees(field), synthetic="yes")
    entry = shapely.get_coordinates(PLANE.to_degrees(shapely.Point(-5, -5)))[0]
    got = run("--task", task, "--profile", "uran-6", "--out", tmp_path / "o", "--overlap", 0.15,
              f"--entry={entry[0]},{entry[1]}", "--control-range", 300, "--stand-off", 50,
              "--radius", 1, "--slope-limit", 15, "--keep-out", task_file(
                  tmp_path / "flat.geojson", PLANE.to_degrees(box(0, 0, 40, 30)), slope_deg=2))
    assert got.exit_code == 0, got.output
    assert "Synthetic" in got.output and "not clearance" in got.output
    result = json.loads((tmp_path / "o" / "lanes.json").read_text())
    assert result["control_positions"] == 1 and "synthetic" in result
    features = json.loads((tmp_path / "o" / "lanes.geojson").read_text())["features"]
    assert all("synthetic" in f["properties"] for f in features)
    control = [f for f in features if f["properties"]["kind"] == "control position"]
    at = PLANE.to_plane(shapely.from_geojson(json.dumps(control[0]["geometry"])))
    assert at.distance(field) >= 49.9
    rows = (tmp_path / "o" / "lanes.waypoints").read_text().splitlines()
    assert rows[0] == "QGC WPL 110"
    cells = [r.split("\t") for r in rows[1:]]
    assert all(len(c) == 12 for c in cells) and [int(c[0]) for c in cells] == list(
        range(len(cells)))
    assert cells[0][1:4] == ["1", "0", "16"] and cells[1][1:4] == ["0", "3", "16"]
    path = PLANE.to_plane(shapely.LineString([(float(c[9]), float(c[8])) for c in cells[1:]]))
    assert path.difference(shapely.buffer(field, 1e-3)).length == 0  # also between stretches
    mission = json.loads((tmp_path / "o" / "lanes.plan").read_text())
    assert mission["fileType"] == "Plan" and mission["version"] == 1
    items = mission["mission"]["items"]
    assert [i["doJumpId"] for i in items] == list(range(1, len(cells)))
    assert {(i["type"], i["command"], i["frame"]) for i in items} == {("SimpleItem", 16, 3)}
    same = [tuple(i["params"][4:6]) for i in items]
    assert same == [(float(c[8]), float(c[9])) for c in cells[1:]]
    fence = mission["geoFence"]["polygons"]
    assert [f["inclusion"] for f in fence] == [True, False]
    for ring, ground in zip(fence, (box(0, 0, 40, 30), box(18, 12, 22, 16)), strict=True):
        ring = PLANE.to_plane(shapely.Polygon([(x, y) for y, x in ring["polygon"]]))
        assert ring.symmetric_difference(ground).area < 0.5  # mm along the edge, another plane
    assert "synthetic" in mission["comment"]
    assert "synthetic" in (tmp_path / "o" / "lanes.gpx").read_text()
    assert "synthetic" in (tmp_path / "o" / "lanes.kml").read_text()
    words = "".join(p.extract_text() for p in PdfReader(tmp_path / "o" / "sketch.pdf").pages)
    assert "SYNTHETIC" in words and "bearing of start" in words


def test_keep_outs_and_slopes(tmp_path):
    task = task_file(tmp_path / "t.geojson", box(0, 0, 40, 30))
    keep = task_file(tmp_path / "k.geojson", box(10, 10, 15, 15))
    steep = task_file(tmp_path / "s.geojson", box(25, 10, 30, 15), slope_deg=20)
    arguments = ("--task", task, "--profile", "uran-6", "--out", tmp_path / "o", "--plane",
                 "--keep-out", keep, "--keep-out", steep)
    with pytest.raises(LandReleaseError, match="LAN-006"):
        run(*arguments)
    for limit, area in ((30, 25), (15, 50)):
        got = run(*arguments, "--slope-limit", limit, "--control-range", 500, "--radius", 1,
                  "--stand-off", 30, "--entry=-1,-1", "--overlap", 0.1)
        assert got.exit_code == 0, got.output
        result = json.loads((tmp_path / "o" / "lanes.json").read_text())
        assert result["keep_out_m2"] == pytest.approx(area)
        assert result["by_hand_m2"] >= area
    assert not (tmp_path / "o" / "lanes.gpx").exists()  # metres have no place on earth


def test_the_outer_round_comes_first_where_the_profile_or_the_user_asks_for_it(tmp_path):
    task = task_file(tmp_path / "t.geojson", box(0, 0, 40, 20) - box(18, 8, 22, 12))
    own = tmp_path / "p.csv"
    own.write_text("profile,title,kind,property,value,low,high,unit,basis,source\n"
                   "m,My machine,machine,width_m,2,,,m,measured,on site\n"
                   "m,My machine,machine,headland_first,1,,,yes,measured,our rules of work\n"
                   "m,My machine,machine,radius_m,1,,,m,measured,on site\n"
                   "m,My machine,machine,slope_deg,15,,,degree,measured,on site\n")
    flat = task_file(tmp_path / "f.geojson", box(0, 0, 40, 20), slope_deg=1)

    def kinds(*more):
        got = run("--task", task, "--profile", "m", "--profiles", own, "--out", tmp_path / "o",
                  "--plane", "--entry=-3,10", "--overlap", 0, "--keep-out", flat, *more)
        assert got.exit_code == 0, got.output
        features = json.loads((tmp_path / "o" / "lanes.geojson").read_text())["features"]
        lines = [f for f in features if f["geometry"]["type"] == "LineString"]
        return lines, json.loads((tmp_path / "o" / "lanes.json").read_text())

    lines, result = kinds("--back")
    assert result["headland_first"] and lines[0]["properties"]["kind"] == "edge"
    ring = lines[0]["geometry"]["coordinates"]
    assert ring[0] == pytest.approx(ring[-1]) and ring[0] == pytest.approx([1, 10], abs=2e-3)
    assert lines[-1]["geometry"]["coordinates"][-1] == pytest.approx(ring[0])
    assert not kinds("--headland-later")[1]["headland_first"]


def test_a_range_that_does_not_reach_asks_for_more_positions(tmp_path):
    task = task_file(tmp_path / "t.geojson", box(0, 0, 300, 30))
    got = run("--task", task, "--profile", "uran-6", "--out", tmp_path / "o", "--plane",
              "--control-range", 120)
    assert got.exit_code == 1 and "LAN-007" in got.output


def in_plan(path):
    """The points of a .plan, its one ring to stay in, less the rings not to enter, in metres."""
    plan = json.loads(path.read_text())
    points = [tuple(i["params"][5:3:-1]) for i in plan["mission"]["items"]]
    rings = {True: [], False: []}
    for f in plan["geoFence"]["polygons"]:
        rings[f["inclusion"]].append(shapely.Polygon([(x, y) for y, x in f["polygon"]]))
    assert len(rings[True]) == 1
    inside = shapely.difference(rings[True][0], shapely.union_all(rings[False]))
    return PLANE.to_plane(shapely.LineString(points)), PLANE.to_plane(inside)


@pytest.mark.parametrize("more", [(), ("--machines", 2, "--apart", 3)])
def test_no_plan_leads_over_ground_between_parts_that_are_not_joined(tmp_path, more):
    parts = [box(0, 0, 11, 11), box(111, 0, 122, 11)]
    task = task_file(tmp_path / "t.geojson", PLANE.to_degrees(shapely.union_all(parts)))
    keep = task_file(tmp_path / "k.geojson", PLANE.to_degrees(box(4, 4, 6, 6)))
    out = tmp_path / "o"
    out.mkdir()
    folders = [out / "machine-1", out / "machine-2"] if more else [out]
    for folder in folders:  # of an earlier run
        folder.mkdir(exist_ok=True)
        (folder / "lanes.plan").write_text("old")
        (folder / "lanes-7.waypoints").write_text("old")
    got = run("--task", task, "--profile", "uran-6", "--out", out, "--keep-out", keep, *more)
    assert got.exit_code == 1
    joined = 0
    allowed = PLANE.to_plane(PLANE.to_degrees(shapely.union_all(parts) - box(4, 4, 6, 6)))
    for folder in folders:
        plans = sorted(folder.glob("*.plan"))
        assert len(plans) == len(list(folder.glob("*.waypoints")))
        names = [p.name for p in plans]
        assert names == ["lanes.plan"] if len(plans) == 1 else ["lanes-1.plan", "lanes-2.plan"]
        joined += len(plans)
        for p in plans:
            path, inside = in_plan(p)
            assert path.difference(inside).length == 0
            assert sum(path.intersects(part) for part in parts) == 1
            assert inside.difference(shapely.buffer(allowed, 1e-6)).area == 0
            assert inside.area > 0.99 * min(p.area for p in shapely.get_parts(allowed))
        if len(plans) > 1:
            assert "LAN-017" in got.output and "lanes-1 to lanes-2" in got.output
    assert joined >= 2


@settings(deadline=None, max_examples=40)
@given(ground=st.one_of(grounds(), concave()))
def test_rounding_never_widens_the_fence(ground):
    """Drawn in the plane of the task, and as written: inside the allowed ground, little is lost."""
    for part in shapely.get_parts(ground):
        if part.buffer(-0.5).is_empty:
            continue
        at = shapely.point_on_surface(part.buffer(-0.4))
        outer, holes = lane_files.fence(Ground("t.geojson", ground, PLANE), ground, at)
        assert all(round(v, 9) == v for ring in (outer, *holes) for p in ring for v in p)
        inside = PLANE.to_plane(shapely.Polygon(outer, holes))
        assert shapely.covers(ground, inside) and shapely.covers(inside, at)
        assert part.area - inside.area < 0.01 * part.length


def test_what_is_taken_because_nobody_stated_it_is_a_finding(tmp_path):
    task = task_file(tmp_path / "t.geojson", box(0, 0, 30, 20))
    flat = task_file(tmp_path / "f.geojson", box(0, 0, 30, 20), slope_deg=1)
    base = ("--task", task, "--out", tmp_path / "o", "--plane", "--width", 2)
    stated = {"LAN-012": ("--radius", 1), "LAN-013": ("--stand-off", 40),
              "LAN-014": ("--entry=-3,5",), "LAN-015": ("--overlap", 0.2),
              "LAN-016": ("--keep-out", flat, "--slope-limit", 10)}

    def codes(*options):
        got = run(*base, "--profile", "uran-6", "--control-range", 300, *options)
        found = json.loads((tmp_path / "o" / "lanes.json").read_text())["findings"]
        assert got.exit_code == (1 if found else 0) and all(f in got.output for f in found)
        return [f[1:8] for f in found]

    assert sorted(codes()) == sorted(stated)
    assert codes(*itertools.chain(*stated.values())) == []
    for left in stated:
        assert codes(*itertools.chain(*(o for c, o in stated.items() if c != left))) == [left]
    got = run("--task", task, "--out", tmp_path / "p", "--plane", "--profile", "detector")
    assert got.exit_code == 1 and "LAN-014" in got.output and "longest edge" in got.output


def test_lanes_for_people_and_unknown_widths(tmp_path):
    task = task_file(tmp_path / "t.geojson", box(0, 0, 30, 30))
    got = run("--task", task, "--profile", "detector", "--out", tmp_path / "o", "--plane",
              "--entry=15,-5")
    assert got.exit_code == 0
    result = json.loads((tmp_path / "o" / "lanes.json").read_text())
    assert result["lanes_m2"] == pytest.approx(900) and result["lanes"] == 31
    with pytest.raises(LandReleaseError, match="LAN-005"):
        run("--task", task, "--profile", "mv-10", "--out", tmp_path / "o", "--plane")
    with pytest.raises(LandReleaseError, match="CLI-"):
        run("--task", task, "--profile", "mv-10", "--out", tmp_path / "o", "--entry", "here")


def test_the_list_of_profiles_sets_the_makers_figure_beside_the_others(tmp_path):
    got = RUN.invoke(app, ["operate", "profiles", "--json", str(tmp_path / "p.json")])
    assert got.exit_code == 0 and "not known" in got.output
    rows = [r for r in got.output.splitlines() if "800" in r and "control_range_m" in r]
    assert len(rows) == 1 and "maker; another figure is used" in rows[0]
    listed = {p["id"]: p for p in json.loads((tmp_path / "p.json").read_text())}
    assert "rate_m2_h" in listed["uran-6"]["not_known"]


# --- ground and options that cannot be -----------------------------------------------------------


def keep_out_file(path, *shapes, **properties):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": properties,
         "geometry": None if s is None else json.loads(shapely.to_geojson(s))} for s in shapes]}))
    return path


@pytest.mark.parametrize(("shape", "properties", "code"), [
    (shapely.Point(10, 10), {}, "LAN-023"), (None, {}, "LIN-005"),
    (shapely.LineString([(0, 0), (20, 20)]), {}, "LAN-023"),
    (shapely.box(5, 5, 9, 9), {"slope_deg": "steep"}, "LAN-022"),
    (shapely.box(5, 5, 9, 9), {"slope_deg": 400}, "LAN-022"),
    (shapely.box(5, 5, 9, 9), {"slope_deg": "nan"}, "LAN-022")])
def test_safety_S05_a_keep_out_that_cannot_be_read_is_never_passed_over(tmp_path, shape,
                                                                        properties, code):
    from landrelease.records.profiles import profile_of
    from landrelease.workflows.lanes import LaneOptions, allowed_ground
    from landrelease.workflows.operate import Ground

    ground = Ground("t", shapely.box(0, 0, 20, 20), None)
    file = keep_out_file(tmp_path / "k.geojson", shapely.box(1, 1, 2, 2), shape, **properties)
    with pytest.raises(LandReleaseError, match=code):
        allowed_ground(ground, profile_of("uran-6", None),
                       LaneOptions(plane=True, keep_out=(file,), slope_deg=10))


def test_keep_outs_in_another_system_and_crossing_themselves_take_their_ground(tmp_path):
    from pyogrio import raw
    from pyproj import Transformer

    from landrelease.core.geometry import plane_for
    from landrelease.records.profiles import profile_of
    from landrelease.workflows.lanes import LaneOptions, allowed_ground
    from landrelease.workflows.operate import Ground

    plane = plane_for((17.0, 44.0, 17.001, 44.001))
    ground = Ground("t", plane.to_plane(shapely.box(17.0, 44.0, 17.001, 44.001)), plane)
    hole = shapely.box(17.0004, 44.0004, 17.0006, 44.0006)
    file = tmp_path / "k.gpkg"
    utm = Transformer.from_crs("EPSG:4326", "EPSG:32633", always_xy=True)
    there = shapely.transform(hole, lambda xy: np.column_stack(utm.transform(*xy.T)))
    raw.write(file, np.array([shapely.to_wkb(there)], dtype=object), [np.array([1])], ["n"],
              geometry_type="Polygon", crs="EPSG:32633")
    _, gone, _ = allowed_ground(ground, profile_of("uran-6", None), LaneOptions(keep_out=(file,)))
    assert gone == pytest.approx(plane.to_plane(hole).area, rel=1e-3)
    bow = shapely.Polygon([(17.0004, 44.0004), (17.0006, 44.0006), (17.0006, 44.0004),
                           (17.0004, 44.0006)])
    crossing = keep_out_file(tmp_path / "b.geojson", bow)
    _, gone, _ = allowed_ground(ground, profile_of("uran-6", None),
                                LaneOptions(keep_out=(crossing,)))
    assert gone >= plane.to_plane(hole).area / 2 * 0.99


@pytest.mark.parametrize(("change", "name"), [
    ({"entry": (float("nan"), 0.0)}, "--entry"), ({"entry": (500_000.0, 4e6)}, "--entry"),
    ({"slope_deg": float("nan")}, "--slope-limit"), ({"slope_deg": -1.0}, "--slope-limit"),
    ({"control_m": -5.0}, "--control-range"), ({"radius_m": float("nan")}, "--radius"),
    ({"standoff_m": float("inf")}, "--stand-off")])
def test_options_that_say_nothing_are_refused(change, name):
    from landrelease.workflows.lanes import LaneOptions, check_options

    with pytest.raises(LandReleaseError, match=f"LAN-021.*{name}"):
        check_options(LaneOptions(**change))
    check_options(LaneOptions(entry=(17.0, 44.0), slope_deg=15.0, control_m=300.0, radius_m=1.0,
                              standoff_m=0.0))
