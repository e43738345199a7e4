"""LAN-R: lanes of a task on record: what may not be entered is left out, the entry is safe."""

import json
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from shapely import box
from typer.testing import CliRunner

import release_world as world
from landrelease import workflows
from landrelease.apps.cli import app
from landrelease.core.geometry import plane_for
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry
from landrelease.workflows import releasing, sharing, task_lanes
from landrelease.workflows.lanes import LaneOptions, allowed_ground

AT = datetime(2027, 5, 1, 8, tzinfo=UTC)
DAY = date(2027, 5, 3)
PLANE = plane_for((-30.0, 20.0, -29.998, 20.002))
FIELD = box(0, 0, 40, 30)
RUN = CliRunner()


def degrees(shape):
    return PLANE.to_degrees(shape)


def metres(shape):
    return PLANE.to_plane(shape)


def put(registry, kind, record_id, shape=None, **values):
    registry.append([Revision(kind, record_id, values, None if shape is None else degrees(shape),
                              AT, "landrelease test", "why", "", None)])


@pytest.fixture
def registry(tmp_path):
    with create_registry(tmp_path / "r.gpkg", office="A") as made:
        put(made, "hazard", "h1", FIELD, hazard_type="CHA", status="open")
        put(made, "task", "t1", FIELD, hazard="h1", task_type="clearance")
        yield made


def made_ready(registry, **more):
    options = more.pop("options", LaneOptions())
    return task_lanes.of_task(registry, sharing.reader_of(registry, "planner"), "t1", options,
                              workflows.load_assumptions(), more.pop("day", DAY))


def allowed(found):
    """Where lanes may lie, in the metres of these tests."""
    from landrelease.records.profiles import profile_of

    ground = allowed_ground(found.ground, profile_of("uran-6"), found.options)[0]
    return metres(found.ground.back(ground))


def codes(found):
    return [f[1:8] for f in found.findings]


def test_other_hazards_with_their_accuracy_and_closures_are_left_out(registry):
    assert allowed(made_ready(registry)).symmetric_difference(FIELD).area < 1e-3
    put(registry, "hazard", "h2", box(35, -10, 60, 50), hazard_type="SHA", status="open",
        position_accuracy_m=3.0)
    put(registry, "closure", "c1", box(-5, -5, 4, 4), closure_reason="security")
    put(registry, "closure", "c2", box(10, 10, 20, 20), closure_reason="weather",
        closed_from=datetime(2027, 6, 1, tzinfo=UTC))  # later
    found = made_ready(registry)
    left = FIELD - box(32, -20, 99, 99) - box(-5, -5, 4, 4)
    assert allowed(found).symmetric_difference(left).area < 0.5  # arcs to the safe side
    assert allowed(found).difference(left).area < 1e-3  # never more than that
    assert codes(found) == ["LAN-019"] * 2 and "h2" in found.findings[0]
    assert not allowed(made_ready(registry, day=date(2027, 6, 2))).intersects(box(11, 11, 19, 19))


def test_the_tasks_own_hazard_and_its_parts_are_no_hindrance(registry):
    put(registry, "hazard", "h1/1", box(0, 0, 20, 30), parents=["h1"], status="open")
    put(registry, "hazard", "h1/2", box(20, 0, 40, 30), parents=["h1"], status="open")
    assert allowed(made_ready(registry)).symmetric_difference(FIELD).area < 1e-3
    put(registry, "task", "t1", FIELD, hazard="h1/1", task_type="clearance")
    assert allowed(made_ready(registry)).symmetric_difference(box(0, 0, 20, 30)).area < 1e-3
    put(registry, "task", "t1", box(0, 0, 25, 30), task_type="clearance")  # it names no hazard
    assert allowed(made_ready(registry)).symmetric_difference(box(0, 0, 20, 30)).area < 1e-3


def test_a_closure_without_ground_closes_everything(registry):
    put(registry, "closure", "all", closure_reason="security")
    with pytest.raises(LandReleaseError, match=r"LAN-018.*all"):
        made_ready(registry)


def test_the_entry_lies_on_a_road_that_can_be_passed_and_on_no_hazard(registry):
    assert made_ready(registry).options.entry is None  # nothing safe is on record
    put(registry, "road", "r1", shapely.LineString([(-100, 40), (200, 40)]), passable="unknown")
    assert made_ready(registry).options.entry is None
    put(registry, "road", "r2", shapely.LineString([(-100, 50), (200, 50)]), passable="yes")
    found = made_ready(registry)
    at = metres(shapely.Point(found.options.entry))
    assert at.y == pytest.approx(50, abs=1e-3) and codes(found) == ["LAN-020"]
    assert "20.0 m" in found.findings[0]
    put(registry, "hazard", "h3", box(-10, 45, 60, 55), status="open")  # on the road
    at = metres(shapely.Point(made_ready(registry).options.entry))
    assert at.y == pytest.approx(50, abs=1e-3)  # beyond it, where the way to the task is free
    way = shapely.shortest_line(at, FIELD)
    assert way.length < 40 and not way.intersects(box(-10, 45, 60, 55).buffer(-1e-3))
    stated = made_ready(registry, options=LaneOptions(entry=(-30.1, 20.0)))
    assert stated.options.entry == (-30.1, 20.0) and codes(stated) == []


def test_the_entry_lies_on_released_ground_where_a_signed_release_is_in_force(tmp_path):
    beside = shapely.box(17.0010, 44.0, 17.0020, 44.001)
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        registry.keep_setting("utc_offset_hours", "2")
        ana, _ = world.keys(registry, tmp_path)
        world.programme(registry)
        world.accreditation(registry, ana)
        world.hazard(registry, "h1", world.FIELD)
        world.cleared(registry, "h1", world.FIELD)
        world.inspection(registry, "h1", ana)
        world.hazard(registry, "h2", beside)
        world.record(registry, "task", "next", beside, hazard="h2")
        reader = sharing.reader_of(registry, "planner")
        stated = workflows.load_assumptions()

        def ready():
            return task_lanes.of_task(registry, reader, "next", LaneOptions(), stated, DAY)

        assert ready().options.entry is None
        at = datetime(2026, 5, 1, tzinfo=UTC)
        made = releasing.propose(registry, "h1", reader, stated, by="Ana", now=at)
        made = releasing.propose(registry, "h1", reader, stated, by="Ana", now=at,
                                 answers=world.answers(made, tmp_path / "a.csv"))
        releasing.sign(registry, made, ana, now=at)
        entry = shapely.Point(ready().options.entry)
        assert world.FIELD.contains(entry) and entry.distance(beside) < 1e-5


@settings(deadline=None, max_examples=4)
@given(x=st.floats(0, 40), y=st.floats(0, 30), wide=st.floats(2, 15), accuracy=st.floats(0, 4))
def test_no_path_of_a_recorded_task_is_on_forbidden_ground(tmp_path_factory, x, y, wide, accuracy):
    folder = tmp_path_factory.mktemp("task")
    hazard = shapely.Point(x, y).buffer(wide, quad_segs=2)
    with create_registry(folder / "r.gpkg", office="A") as made:
        put(made, "hazard", "h1", FIELD, status="open")
        put(made, "hazard", "h2", hazard, status="open", position_accuracy_m=accuracy)
        put(made, "task", "t1", FIELD, hazard="h1")
    got = RUN.invoke(app, ["operate", "lanes", str(folder / "r.gpkg"), "t1", "--profile", "uran-6",
                           "--width", "3", "--out", str(folder / "o"), "--as", "planner"])
    if got.exception is not None and not isinstance(got.exception, SystemExit):
        assert got.exception.code == "LAN-003"  # nothing is left that a machine fits on
        return
    features = json.loads((folder / "o" / "lanes.geojson").read_text())["features"]
    roomy = hazard.buffer(accuracy).buffer(1.5 - 1e-3)
    for f in features:
        if f["geometry"]["type"] == "LineString":
            line = metres(shapely.geometry.shape(f["geometry"]))
            assert not line.intersects(roomy) and FIELD.buffer(-1.499).covers(line)


def test_the_commands_for_one_machine_and_for_several_from_the_registry(registry, tmp_path):
    put(registry, "road", "r2", shapely.LineString([(-100, 50), (200, 50)]), passable="yes")
    path = registry.address
    registry.close()

    def run(*more):
        return RUN.invoke(app, ["operate", "lanes", path, "t1", "--profile", "uran-6", "--width",
                                "3", "--out", str(tmp_path / "o"), *more])

    one = run("--as", "planner")
    assert one.exit_code == 1 and "LAN-020" in one.output and "LAN-014" not in one.output
    several = run("--machines", "2", "--apart", "5", "--headland-first", "--stand-off", "20",
                  "--control-range", "300", "--as", "planner")
    assert several.exit_code == 1, (several.output, several.exception)
    result = json.loads((tmp_path / "o" / "lanes.json").read_text())
    assert result["headland_first"] is True
    assert [m["control_positions"] for m in result["machines"]] == [1, 1]
    for m in ("machine-1", "machine-2"):
        features = json.loads((tmp_path / "o" / m / "lanes.geojson").read_text())["features"]
        (position,) = [metres(shapely.geometry.shape(f["geometry"])) for f in features
                       if f["properties"]["kind"] == "control position"]
        assert position.distance(FIELD) >= 20
    short = run("--machines", "2", "--apart", "5", "--control-range", "15", "--as", "planner")
    assert short.exit_code == 1 and "Machine 1: [LAN-007]" in short.output
    assert run("--as", "public").exception.code == "ACC-101"
    both = run("--task", "x.geojson", "--as", "planner")
    assert both.exception.code == "CLI-103"


def test_the_operator_stands_on_no_hazard_and_a_way_in_over_one_is_a_finding(registry, tmp_path):
    put(registry, "hazard", "h4", box(-60, -30, -2, 60), hazard_type="SHA", status="open")
    put(registry, "closure", "c4", box(-2, 32, 60, 60), closure_reason="security")
    path = registry.address
    registry.close()
    entry = shapely.get_coordinates(degrees(shapely.Point(-80, 15)))[0]

    def run(*more):
        return RUN.invoke(app, ["operate", "lanes", path, "t1", "--profile", "uran-6", "--width",
                                "3", "--out", str(tmp_path / "o"), "--stand-off", "10",
                                "--control-range", "200", "--as", "planner", *more])

    def features(folder, kind):
        read = json.loads((tmp_path / "o" / folder / "lanes.geojson").read_text())["features"]
        return [metres(shapely.geometry.shape(f["geometry"])) for f in read
                if f["properties"]["kind"] == kind]

    got = run(f"--entry={entry[0]},{entry[1]}")
    assert got.exit_code == 1 and "LAN-026" in got.output and "over 61.0 m of" in got.output
    assert "Nothing is known of the ground" not in got.output
    (leg,) = features("", "approach")
    assert leg.coords[0] == pytest.approx((-80, 15), abs=0.01)
    several = run(f"--entry={entry[0]},{entry[1]}", "--machines", "2", "--apart", "3")
    assert several.output.count("LAN-026") == 1
    for folder in ("", "machine-1", "machine-2"):
        positions = features(folder, "control position")
        assert positions
        for p in positions:
            assert p.distance(FIELD) >= 9.99 and p.distance(box(-60, -30, -2, 60)) > 0
            assert p.distance(box(-2, 32, 60, 60)) > 0


def test_an_entry_is_taken_from_which_the_way_crosses_no_hazard(registry):
    """The road is nearest behind a hazard; farther along it the way is free."""
    put(registry, "road", "r2", shapely.LineString([(-300, 50), (300, 50)]), passable="yes")
    put(registry, "hazard", "h5", box(-20, 36, 60, 42), status="open")
    found = made_ready(registry)
    leg = shapely.shortest_line(metres(shapely.Point(found.options.entry)), FIELD)
    assert leg.intersection(box(-20, 36, 60, 42)).length < 0.01 and leg.length < 80


def test_lanes_of_a_recorded_task_use_what_the_programme_measured(registry, tmp_path):
    for n in range(2):
        put(registry, "machine", f"m{n}", model="Uran-6")
        put(registry, "track", f"p{n}", machine=f"m{n}", width_m=1.6 + n / 10)
    path = registry.address
    registry.close()
    common = ["--profile", "uran-6", "--out", str(tmp_path / "o"), "--json",
              str(tmp_path / "o.json"), "--as", "planner"]
    RUN.invoke(app, ["operate", "lanes", path, "t1", *common])
    result = json.loads((tmp_path / "o.json").read_text())
    assert result["width_m"] == 1.6 and result["width_source"].startswith("measured: the least")
    RUN.invoke(app, ["operate", "lanes", path, "t1", *common, "--machines", "2", "--apart", "5"])
    assert json.loads((tmp_path / "o.json").read_text())["width_m"] == 1.6
    RUN.invoke(app, ["operate", "lanes", path, "t1", *common, "--width", "3"])
    result = json.loads((tmp_path / "o.json").read_text())
    assert result["width_m"] == 3 and result["width_source"] == "as stated"


def lanes_of(registry, folder, *more):
    path = registry.address
    registry.close()
    got = RUN.invoke(app, ["operate", "lanes", path, "t1", "--on", "2027-05-03", "--out",
                           str(folder / "o"), "--as", "planner", *map(str, more)])
    if got.exception is not None and not isinstance(got.exception, SystemExit):
        raise got.exception
    read = json.loads((folder / "o" / "lanes.geojson").read_text())["features"]
    kinds = {}
    for f in read:
        kinds.setdefault(f["properties"]["kind"], []).append(
            (f["properties"]["name"], metres(shapely.geometry.shape(f["geometry"]))))
    return got.output, json.loads((folder / "o" / "lanes.json").read_text()), kinds


@pytest.mark.parametrize("profile", [("uran-6", "--width", "3"), ("detector",)])
def test_safety_S08_ground_that_nobody_may_enter_is_never_shown_as_hand_work(
        registry, tmp_path, profile):
    closure, other = box(8, 8, 16, 14), box(36, -5, 60, 40)
    put(registry, "closure", "c1", closure, closure_reason="unexploded_item")
    put(registry, "hazard", "h2", other, hazard_type="CHA", status="open")
    keep = tmp_path / "k.geojson"
    keep.write_text(shapely.to_geojson(degrees(box(20, 18, 24, 22))))
    output, result, kinds = lanes_of(registry, tmp_path, "--profile", *profile, "--keep-out", keep)
    shut = shapely.union(closure, other & FIELD)
    (name, ground), = kinds["closed"]
    assert name == "closed: nobody enters" and ground.symmetric_difference(shut).area < 0.01
    assert "Closed, nobody enters: 168.0 m2" in output
    assert [n for n, _ in kinds["kept out"]] == ["kept out: in no lane"]
    for _, hand in kinds.get("by hand", []):
        assert hand.intersection(shapely.union(shut, box(20, 18, 24, 22))).area < 1e-3
    assert result["closed_m2"] == pytest.approx(shut.area, abs=0.1)
    assert result["keep_out_m2"] == pytest.approx(16, abs=0.1)
    worked = result["reachable_m2"] + result["by_hand_m2"] if "reachable_m2" in result else (
        result["lanes_m2"])
    assert worked + result["closed_m2"] + result["keep_out_m2"] == pytest.approx(
        result["task_m2"], abs=0.1)  # each square metre once
    words = " ".join("".join(p.extract_text() for p in PdfReader(
        tmp_path / "o" / "sketch.pdf").pages).split())
    assert "Closed, nobody enters: 168.0 m² of the task" in words
    assert "black hatching: closed, nobody enters" in words
    gpx = ElementTree.parse(tmp_path / "o" / "lanes.gpx").getroot()
    order = [c.tag.split("}")[1] for c in gpx]
    assert order == sorted(order, key=["metadata", "wpt", "rte", "trk"].index)
    assert [c[0].text for c in gpx if c.tag.endswith("}trk")].count("closed: nobody enters") == 2
    assert not any("closed" in c[0].text for c in gpx if c.tag.endswith("}rte"))
    kml = ElementTree.parse(tmp_path / "o" / "lanes.kml").getroot()
    k = "{http://www.opengis.net/kml/2.2}"
    assert [p.find(f"{k}name").text for p in kml.iter(f"{k}Placemark")
            if p.find(f"{k}Polygon") is not None].count("closed: nobody enters") == 2


def waiting(registry, folder, kind, columns, values, shape):
    """A row that the import leaves in quarantine."""
    from landrelease.workflows import imports

    file = folder / f"{kind}.csv"
    file.write_text(f"{columns},geometry\n{values},\"{shape.wkt if shape is not None else ''}\"\n")
    imports.import_files(registry, [file], kind=kind, crs="EPSG:4326")
    (entry,) = registry.quarantine("waiting")
    return f"quarantine-{entry.number}"


def test_safety_S08_a_closure_that_waits_in_quarantine_closes_its_ground(registry, tmp_path):
    name = waiting(registry, tmp_path, "closure", "identifier,closed_from,closure_reason",
                   "C-4,2027-01-01T00:00:00Z,grenade", degrees(box(8, 8, 16, 14)))
    found = made_ready(registry)
    assert allowed(found).symmetric_difference(FIELD - box(8, 8, 16, 14)).area < 0.01
    assert codes(found) == ["LAN-019", "LAN-034"] and all(name in f for f in found.findings)
    assert codes(made_ready(registry, day=date(2026, 5, 3))) == []  # before it closes


def test_safety_S08_a_closure_that_waits_and_that_nobody_can_place_closes_everything(
        registry, tmp_path):
    waiting(registry, tmp_path, "closure", "identifier,closed_from,closure_reason",
            "C-4,2027-01-01T00:00:00Z,grenade", None)
    with pytest.raises(LandReleaseError, match=r"LAN-018.*quarantine-"):
        made_ready(registry)


def test_safety_S01_a_hazard_that_waits_in_quarantine_is_no_ground_to_stand_on(registry, tmp_path):
    name = waiting(registry, tmp_path, "hazard", "identifier,hazard_type,status",
                   "A-77,nonsense,open", degrees(box(-20, 31, 60, 60)))
    put(registry, "road", "r2", shapely.LineString([(-100, 50), (200, 50)]), passable="yes")
    output, _, kinds = lanes_of(registry, tmp_path, "--profile", "uran-6", "--width", "3",
                                "--stand-off", "5", "--control-range", "60")
    assert "LAN-034" in output and name in output and "LAN-019" not in output
    (_, leg), = kinds["approach"]
    assert not box(-20, 31, 60, 60).covers(shapely.Point(leg.coords[0]))
    assert kinds["control position"] and not any(
        p.intersects(box(-20, 31, 60, 60)) for _, p in kinds["control position"])


def test_safety_S01_a_hazard_that_waits_over_all_of_a_task_closes_it_unless_it_is_its_own(
        registry, tmp_path):
    put(registry, "hazard", "h1", FIELD, identifier="A-1", hazard_type="CHA", status="open")
    waiting(registry, tmp_path, "hazard", "identifier,hazard_type,status", "A-1,nonsense,open",
            degrees(FIELD.buffer(3)))
    found = made_ready(registry)
    assert allowed(found).symmetric_difference(FIELD).area < 0.01
    assert metres(found.ground.back(shapely.union_all(found.options.danger))).area > 1400
    put(registry, "hazard", "h1", FIELD, identifier="B-1", hazard_type="CHA", status="open")
    with pytest.raises(LandReleaseError, match=r"LAN-018.*quarantine-"):
        made_ready(registry)


@pytest.mark.parametrize("at, why", [
    ((20, 15), "it lies in the task"), ((11, 11), "ground of the task lies all round it"),
    ((-3, 15), "on a hazard"), ((60, 45), "on a hazard, as far as that may be off, or on a clos"),
    ((-40, -2), "not to enter"), ((5000, 0), "5.0 km from the task"), (None, "exchanged")])
def test_safety_S04_an_entry_that_is_not_on_the_safe_side_is_refused(
        registry, tmp_path, at, why):
    hole = FIELD - box(8, 8, 14, 14)
    put(registry, "hazard", "h1", FIELD, hazard_type="CHA", status="open", position_accuracy_m=5.0)
    put(registry, "task", "t1", hole, hazard="h1", task_type="clearance")
    put(registry, "closure", "c1", box(55, 40, 70, 60), closure_reason="security")
    keep = tmp_path / "k.geojson"
    keep.write_text(shapely.to_geojson(degrees(box(-45, -5, -30, 5))))
    x, y = shapely.get_coordinates(degrees(shapely.Point(at or (-10, 15))))[0]
    entry = f"{y},{x}" if at is None else f"{x},{y}"
    for more in (("--profile", "detector"),
                 ("--profile", "uran-6", "--machines", "2", "--apart", "3")):
        with pytest.raises(LandReleaseError, match=f"LAN-033.*{why}"):
            lanes_of(registry, tmp_path, f"--entry={entry}", "--keep-out", keep, *more)
