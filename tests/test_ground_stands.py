"""The ground that stands: whatever shows hazards one by one shows all of it, to every role that
sees hazards as they are (S01): contested, closed by nobody's signature, waiting in quarantine."""

import csv
import json
import math
import tempfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from landrelease import workflows
from landrelease.access import policy
from landrelease.store.open import create_registry
from landrelease.workflows import (
    around,
    collections,
    documents,
    export,
    filtering,
    following,
    identities,
    imports,
    map_tiles,
    orders,
    public,
    sharing,
)
from release_world import keys
from test_exchange import AT, made, new, pack, take
from test_tiles import decoded, polygon_of

EXACT = [r for r in policy.ROLES if policy.view(r).precision("hazard") == "exact"]
WIDE, NARROW = shapely.box(17, 44, 17.2, 44.1), shapely.box(17.15, 44, 17.2, 44.1)
BEYOND = (17.02, 44.05)


@pytest.fixture
def disputed(tmp_path):
    """B goes on from what A said; A has moved the open area h1 meanwhile."""
    with new(tmp_path, "A") as a, new(tmp_path, "B") as b:
        a.append([made("h1", name="x", status="open", hazard_type="SHA")])
        take(b, pack(a, tmp_path, "a1"), minutes=1)
        b.append([made("h1", 10, name="y", status="open", hazard_type="SHA")])
        a.append([made("h1", 20, name="z", status="open", hazard_type="SHA",
                       geometry=shapely.box(17.08, 44, 17.2, 44.1))])
        take(a, pack(b, tmp_path, "b1"), minutes=30)
        assert a.contested() == ["h1"]
        yield a


@pytest.fixture
def narrowed(tmp_path):
    """A closing that nobody signed, and that came with less ground."""
    with new(tmp_path, "A") as a:
        a.append([made("h1", status="open", hazard_type="SHA", geometry=WIDE)])
        a.append([made("h1", 5, hazard_type="SHA", geometry=NARROW, status="closed")])
        yield a


def window(point, by=0.01):
    return point[0] - by, point[1] - by, point[0] + by, point[1] + by


def tile_at(point, z):
    n = 2**z
    return (z, int((point[0] + 180) / 360 * n),
            int((1 - math.asinh(math.tan(math.radians(point[1]))) / math.pi) / 2 * n))


def drawn_at(registry, reader, name, point, z=14):
    """The features of a tile that hold the place."""
    z, x, y = tile_at(point, z)
    n = 2**z
    across = ((point[0] + 180) / 360 * n - x) * 4096
    down = ((1 - math.asinh(math.tan(math.radians(point[1]))) / math.pi) / 2 * n - y) * 4096
    found = decoded(map_tiles.tile(registry, reader, name, z, x, y)).get(name, [])
    return [values for _, rings, values in found
            if polygon_of(rings).intersects(shapely.Point(across, down))]


def readers(registry, role):
    yield policy.view(role, "Org A", kinds=registry.kinds)
    yield policy.view(role, "Org A", [policy.Area(("x",), shapely.box(16.9, 43.9, 17.05, 44.2))],
                      kinds=registry.kinds)


@pytest.mark.parametrize("role", EXACT)
def test_safety_S01_a_contested_hazard_is_drawn_and_given_wherever_an_office_says(disputed, role):
    for reader in readers(disputed, role):
        (drawn,) = drawn_at(disputed, reader, "hazard", BEYOND)
        assert drawn["id"] == "h1" and drawn["widened"] is True
        for asked in ({"bounds": window(BEYOND)}, {}, {"where": {"status": "open"}}):
            (item,) = collections.items(disputed, reader, "hazard", **asked).items
            assert item.geometry.covers(shapely.box(17, 44, 17.2, 44.1))
            assert item.values["widened"] and item.values["hazardous"]
        assert not collections.items(disputed, reader, "hazard", bounds=window(BEYOND),
                                     where={"status": "suspended"}).items
        assert collections.item(disputed, reader, "hazard", "h1").geometry.covers(WIDE)


@pytest.mark.parametrize("role", EXACT)
def test_safety_S01_an_unsigned_closing_takes_no_ground_from_items_and_tiles(narrowed, role):
    for reader in readers(narrowed, role):
        assert "h1" in {v["id"] for v in drawn_at(narrowed, reader, "hazard", BEYOND)}
        (item,) = collections.items(narrowed, reader, "hazard", bounds=window(BEYOND)).items
        assert item.id == "h1" and item.geometry.equals(WIDE)
        assert item.values["verified"] is False and item.values["hazardous"] is True


ASKED_BY_STATUS = [
    {"where": {"status": "open"}}, {"where": {"status": ["open", "suspended"]}},
    {"keep": "status = 'open'"}, {"keep": "status <> 'closed'"},
    {"keep": "NOT status IN ('closed', 'handed_over')"},
    {"keep": "status LIKE 'op%' AND S_INTERSECTS(geometry, BBOX(17, 44, 17.1, 44.1))"},
    {"where": {"status": "open"}, "bounds": window(BEYOND)},
    {"where": {"status": "open"}, "order": collections.Order("hazard_type")},
    {"where": {"status": "closed"}}, {"keep": "status = 'closed' AND hazardous"}]


def asking(registry, reader, asked):
    found = collections.collection(registry, reader, "hazard")
    return {**asked, "keep": filtering.read_filter(
        asked["keep"].replace("AND hazardous", "AND hazardous = true"), "cql2-text",
        {f.name: f for f in found.fields}) if "keep" in asked else None}


@pytest.mark.parametrize("asked", ASKED_BY_STATUS)
@pytest.mark.parametrize("role", EXACT)
def test_safety_S01_no_question_by_status_hides_an_area_that_nobody_closed(narrowed, role, asked):
    narrowed.append([made("h2", status="suspended", hazard_type="SHA"),
                     made("h3", status="open", hazard_type="SHA",
                          geometry=shapely.box(18, 44, 18.1, 44.1))])
    for reader in readers(narrowed, role):
        page = collections.items(narrowed, reader, "hazard", **asking(narrowed, reader, asked))
        (found,) = [i for i in page.items if i.id == "h1"]
        assert found.values["status"] == "closed" and found.values["hazardous"] is True
        assert found.values["verified"] is False  # the row says it


@pytest.mark.parametrize("asked", [{"where": {"status": "worked_on"}}, {"keep": "status IS NULL"},
                                   {"where": {"status": "open", "hazard_type": "CHA"}}])
def test_a_question_by_status_finds_no_more_than_what_stands_so(narrowed, asked):
    reader = policy.view("planner", kinds=narrowed.kinds)
    narrowed.append([made("h2", status="suspended", hazard_type="SHA")])
    assert not collections.items(narrowed, reader, "hazard",
                                 **asking(narrowed, reader, asked)).items


def test_a_closing_that_came_without_anything_before_it_counts_as_open(tmp_path):
    with new(tmp_path, "A") as a:
        a.append([made("h1", status="closed", hazard_type="SHA", geometry=WIDE)])
        reader = policy.view("planner", kinds=a.kinds)
        for asked in ({"where": {"status": "open"}}, {"keep": "status IS NULL"}):
            assert [i.id for i in collections.items(
                a, reader, "hazard", **asking(a, reader, asked)).items] == ["h1"]


def test_safety_S01_the_file_of_the_open_areas_holds_those_that_nobody_closed(narrowed, tmp_path):
    path = tmp_path / "open.csv"
    collections.write_table(narrowed, policy.view("planner", kinds=narrowed.kinds), "hazard", path,
                            AT, where={"status": "open"})
    heads, _, row = list(csv.reader(path.open(encoding="utf-8-sig")))[:3]
    said = dict(zip(heads, row, strict=True))
    assert (said["record"], said["status"], said["hazardous"]) == ("h1", "closed", "true")


def test_marks_are_truth_values_in_a_workbook(narrowed, tmp_path):
    import openpyxl

    path = tmp_path / "h.xlsx"
    collections.write_table(narrowed, policy.view("planner", kinds=narrowed.kinds), "hazard", path,
                            AT)
    heads, _, row = list(openpyxl.load_workbook(path).worksheets[0].values)[:3]
    said = dict(zip(heads, row, strict=True))
    assert (said["status"], said["verified"], said["hazardous"], said["widened"]) == (
        "closed", False, True, True)


def test_safety_S01_an_export_gives_hazards_on_the_ground_that_stands(narrowed, tmp_path):
    reader = policy.view("planner", kinds=narrowed.kinds)
    export.export(narrowed, tmp_path / "out", reader, export.Choice(("hazard",)),
                  formats=("geojson",))
    (found,) = json.loads((tmp_path / "out" / "hazard.geojson").read_text())["features"]
    assert shapely.from_geojson(json.dumps(found["geometry"])).equals(WIDE)


def test_safety_S09_each_file_says_what_counts_and_how_far_it_was_validated(narrowed, tmp_path):
    from pyogrio.raw import read

    narrowed.append([replace(made("h2", status="open", hazard_type="SHA"),
                             validation="operations")])
    wanted = {"h1": (False, True, "entered"), "h2": (None, True, "operations")}
    reader = policy.view("planner", kinds=narrowed.kinds)
    export.export(narrowed, tmp_path / "out", reader, export.Choice(("hazard",)),
                  formats=("geojson", "csv", "parquet"))
    found = json.loads((tmp_path / "out" / "hazard.geojson").read_text())["features"]
    assert {p["record"]: (p["verified"], p["hazardous"], p["validation"])
            for p in (f["properties"] for f in found)} == wanted
    rows = {r["record"]: r for r in parquet.read_table(
        tmp_path / "out" / "hazard.parquet").to_pylist()}
    assert {i: (r["verified"], r["hazardous"], r["validation"]) for i, r in rows.items()} == wanted
    heads = next(csv.reader((tmp_path / "out" / "hazard.csv").open(encoding="utf-8-sig")))
    assert {"verified", "hazardous", "validation", "widened", "contested"} <= set(heads)
    export.export(narrowed, tmp_path / "mdr", reader, layout="mdr")
    heads = next(csv.reader((tmp_path / "mdr" / "mdr_contaminated_area.csv").open(
        encoding="utf-8-sig")))
    assert {"verified", "hazardous", "validation"} <= set(heads)
    sharing.share(narrowed, tmp_path / "c.gpkg", reader)
    about, _, shapes, values = read(tmp_path / "c.gpkg", layer="hazard")
    said = dict(zip(about["fields"], values, strict=True))
    at = said["record_id"].tolist().index("h1")
    assert not said["verified"][at] and said["hazardous"][at]
    assert said["validation"].tolist() == ["entered", "operations"]
    assert shapely.from_wkb(shapes[at]).covers(WIDE), "the ground that stands, not the last record"


def test_safety_S14_levels_are_for_who_may_see_histories(narrowed, tmp_path):
    for role in EXACT:
        reader = policy.view(role, "Org A", kinds=narrowed.kinds)
        export.export(narrowed, tmp_path / role, reader, export.Choice(("hazard",)),
                      formats=("csv",))
        heads = next(csv.reader((tmp_path / role / "hazard.csv").open(encoding="utf-8-sig")))
        assert ("validation" in heads) is reader.may("history"), role
        assert "hazardous" in heads


def test_an_area_about_which_offices_disagree_says_so(disputed):
    reader = policy.view("planner", kinds=disputed.kinds)
    disputed.append([made("h2", status="open", hazard_type="SHA")])
    found = {i.id: i.values["contested"] for i in collections.items(
        disputed, reader, "hazard").items}
    assert found == {"h1": True, "h2": False}
    assert any(v.get("contested") for v in drawn_at(disputed, reader, "hazard", BEYOND))


# --- the type that counts ------------------------------------------------------------------------

SAID_TYPES = {"confirmed": ("CHA", "SHA"), "unsaid": ("CHA", None), "was": ("SHA", "CHA"),
              "still": ("SHA", "SHA")}
COUNT_AS = {"confirmed": ("CHA", "SHA"), "unsaid": ("CHA", "not_reported"), "was": ("CHA", None),
            "still": ("SHA", None)}


@pytest.fixture(params=["geopackage", "postgis"])
def retyped(request, tmp_path):
    """Areas of which somebody said two types, nobody with a signature."""
    address = tmp_path / "r.gpkg" if request.param == "geopackage" else \
        request.getfixturevalue("postgres_address")
    with create_registry(address, office="A") as registry:
        for n in (0, 1):
            registry.append([replace(
                made(i, 60 * n, status="open", **({"hazard_type": t[n]} if t[n] else {})),
                valid_from=date(2027, 4, 1 + n)) for i, t in SAID_TYPES.items()])
        yield registry


def types_of(items):
    return {i.id: (i.values.get("hazard_type"), i.values.get("recorded_type")) for i in items}


@pytest.mark.parametrize("role", EXACT)
def test_safety_S01_a_confirmed_area_is_shown_as_one_until_the_authority_signs(retyped, role):
    for reader in readers(retyped, role):
        assert types_of(collections.items(retyped, reader, "hazard").items) == COUNT_AS
        for i, counts in COUNT_AS.items():
            assert types_of([collections.item(retyped, reader, "hazard", i)]) == {i: counts}
        if reader.may("history"):
            for then in (collections.Moment(known_at=AT + timedelta(hours=2)),
                         collections.Moment(valid_at=date(2027, 4, 3))):
                assert types_of(collections.items(
                    retyped, reader, "hazard", then=then).items) == COUNT_AS
            (before,) = {v for i, v in types_of(collections.items(
                retyped, reader, "hazard", then=collections.Moment(valid_at=date(2027, 4, 1))
            ).items).items() if i == "confirmed"}
            assert before == ("CHA", None)


@pytest.mark.parametrize(("asked", "found"), [
    ({"where": {"hazard_type": "CHA"}}, {"confirmed", "unsaid", "was"}),
    ({"where": {"hazard_type": ["CHA"], "status": "open"}}, {"confirmed", "unsaid", "was"}),
    ({"where": {"hazard_type": "CHA"}, "bounds": window((17.05, 44.05))},
     {"confirmed", "unsaid", "was"}),
    ({"where": {"hazard_type": "CHA"}, "then": collections.Moment(valid_at=date(2027, 4, 3))},
     {"confirmed", "unsaid", "was"}),
    ({"where": {"hazard_type": "SHA"}}, {"still"}),
    ({"where": {"hazard_type": "SHA"}, "order": collections.Order("name")}, {"still"}),
    ({"keep": "hazard_type = 'CHA'"}, {"confirmed", "unsaid", "was"}),
    ({"keep": "hazard_type LIKE 'S%'"}, {"still"}),
    ({"keep": "hazard_type IS NULL"}, set()),
    ({"keep": "recorded_type = 'SHA'"}, {"confirmed"}),
    ({"keep": "recorded_type IS NOT NULL"}, {"confirmed", "unsaid"})])
def test_safety_S01_a_question_by_type_goes_by_the_type_that_counts(retyped, asked, found):
    reader = policy.view("planner", kinds=retyped.kinds)
    asked = {**asked, **asking(retyped, reader, asked)}
    for limit in (1, 100):
        rows = [i.id for page in collections.every(retyped, reader, "hazard", **asked)
                for i in page]
        assert set(rows) == found and len(rows) == len(found)
        first = collections.items(retyped, reader, "hazard", limit=limit, **asked).items
        assert len(first) == min(limit, len(found))


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 100])
@pytest.mark.parametrize("more", [{}, {"where": {"hazard_type": ["CHA", "SHA"]}}])
def test_a_table_in_the_order_of_types_goes_by_those_that_it_shows(retyped, down, limit, more):
    reader = policy.view("planner", kinds=retyped.kinds)
    retyped.append([made("none", status="open"), made("other", status="open", hazard_type="SHA")])
    order, rows, after = collections.Order("hazard_type", down), [], ""
    while True:
        page = collections.items(retyped, reader, "hazard", order=order, limit=limit, after=after,
                                 **more)
        rows += [i.id for i in page.items]
        if not (after := page.after):
            break
    confirmed, suspected = ["confirmed", "unsaid", "was"], ["other", "still"]
    assert rows == [*(suspected + confirmed if down else confirmed + suspected),
                    *([] if more else ["none"])]


@pytest.mark.parametrize("crowd", [False, True])
@pytest.mark.parametrize("way", ["now", "areas", "past"])
def test_safety_S01_a_tile_draws_areas_as_the_type_that_counts(retyped, way, crowd, monkeypatch):
    if crowd:  # all of them small, and drawn together
        monkeypatch.setattr(map_tiles, "_CROWDED", 0)
        monkeypatch.setattr(map_tiles, "_MOST", 0)
    whole = policy.Area(("All",), shapely.box(-180, -85, 180, 85))
    reader = policy.view("planner", "Org A", [whole] if way == "areas" else [],
                         kinds=retyped.kinds)
    then = collections.Moment(valid_at=date(2027, 4, 3)) if way == "past" else None
    found = decoded(map_tiles.tile(retyped, reader, "hazard", *tile_at((17.05, 44.05), 8),
                                   then))["hazard"]
    if not crowd:
        assert {v["id"]: (v.get("hazard_type"), v.get("recorded_type"))
                for _, _, v in found} == COUNT_AS and len(found) == 4
    else:
        assert all(v["crowded"] and "recorded_type" not in v for _, _, v in found)
        count = dict.fromkeys(("CHA", "SHA"), 0)
        for _, _, v in found:
            count[v["hazard_type"]] += v["count"]
        assert count == {"CHA": 3, "SHA": 1}


def test_safety_S01_every_file_gives_the_type_that_counts_and_what_was_recorded(retyped, tmp_path):
    from pyogrio.raw import read

    reader = policy.view("planner", kinds=retyped.kinds)
    export.export(retyped, tmp_path / "out", reader, export.Choice(("hazard",)),
                  formats=("geojson", "csv", "parquet"))
    found = json.loads((tmp_path / "out" / "hazard.geojson").read_text())["features"]
    assert {p["record"]: (p["hazard_type"], p.get("recorded_type"))
            for p in (f["properties"] for f in found)} == COUNT_AS
    assert {r["record"]: (r["hazard_type"], r["recorded_type"]) for r in parquet.read_table(
        tmp_path / "out" / "hazard.parquet").to_pylist()} == COUNT_AS

    def rows(path, name, kind):
        heads, _, *lines = csv.reader(path.open(encoding="utf-8-sig"))
        said = [dict(zip(heads, line, strict=True)) for line in lines]
        return {r[name]: (r[kind], r["recorded_type"] or None) for r in said}

    assert rows(tmp_path / "out" / "hazard.csv", "record", "hazard_type") == COUNT_AS
    collections.write_table(retyped, reader, "hazard", tmp_path / "t.csv", AT,
                            where={"hazard_type": "CHA"})
    assert rows(tmp_path / "t.csv", "record", "hazard_type") == {
        i: t for i, t in COUNT_AS.items() if t[0] == "CHA"}
    collections.write_parquet(retyped, reader, "hazard", tmp_path / "t.parquet", AT)
    assert {r["record"]: (r["hazard_type"], r["recorded_type"]) for r in parquet.read_table(
        tmp_path / "t.parquet").to_pylist()} == COUNT_AS
    export.export(retyped, tmp_path / "mdr", reader, layout="mdr")
    assert set(rows(tmp_path / "mdr" / "mdr_contaminated_area.csv", "record", "type").items()
               ) == set(COUNT_AS.items())
    sharing.share(retyped, tmp_path / "c.gpkg", reader)
    about, _, _, values = read(tmp_path / "c.gpkg", layer="hazard")
    said = dict(zip(about["fields"], values, strict=True))
    assert {i: (t, o) for i, t, o in zip(
        said["record_id"], said["hazard_type"], said["recorded_type"], strict=True)} == COUNT_AS


def test_the_type_that_counts_follows_the_signature_and_whoever_listens_is_told(tmp_path):
    with new(tmp_path, "A") as a:
        ana, _ = keys(a, tmp_path)
        a.append([made("h1", status="open", hazard_type="CHA"),
                  made("h1", 5, status="open", hazard_type="SHA"),
                  made("child", 6, status="open", hazard_type="SHA", parents=["h1"],
                       geometry=shapely.box(17, 44, 17.05, 44.1))])
        reader = policy.view("planner", kinds=a.kinds)
        assert around.around(a, reader, "hazard", "child").ancestors[0].values[
            "hazard_type"] == "CHA"
        seen, marks = a.count(), following.marks_of(a, ["hazard"])
        identities.sign_off(a, ["h1"], "authority", reason="surveyed again", key=ana)
        told = following.changed(a, reader, ["hazard"], seen, marks)
        assert types_of(told.items["hazard"]) == {"h1": ("SHA", None)}, "no value has changed"
        assert types_of(collections.items(a, reader, "hazard").items)["h1"] == ("SHA", None)
        assert not following.changed(a, reader, ["hazard"], told.seen, told.marks).items


# --- over all roles ------------------------------------------------------------------------------

_BOX = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 9), st.integers(1, 9)).map(
    lambda b: shapely.box(17 + b[0] / 100, 44 + b[1] / 100, 17 + (b[0] + b[2]) / 100,
                          44 + (b[1] + b[3]) / 100))
_WAYS = st.sampled_from(("open", "disputed", "closed", "waits"))
_HAPPENED = st.lists(st.tuples(_WAYS, _BOX, _BOX), min_size=1, max_size=5)


def a_world(folder, happened):
    """Office A after office B was heard: hazards of the ways that something happened to them."""
    a, b = new(folder, "A"), new(folder, "B")
    names = [f"h{n}" for n, (what, _, _) in enumerate(happened) if what != "waits"]
    said = {"status": "open", "hazard_type": "SHA"}
    with b:
        if names:
            a.append([made(f"h{n}", geometry=first, **said)
                      for n, (what, first, _) in enumerate(happened) if what != "waits"])
        take(b, pack(a, folder, "a1"), minutes=1)
        for n, (what, first, then) in enumerate(happened):
            if what == "disputed":
                b.append([made(f"h{n}", 10, geometry=first, name="y", **said)])
                a.append([made(f"h{n}", 20, geometry=then, **said)])
            elif what == "closed":
                a.append([made(f"h{n}", 20, geometry=then, **{**said, "status": "closed"})])
        take(a, pack(b, folder, "b1"), minutes=30)
    waits = [(f"Q{n}", "SHA", "open", "2026-02-31", first.wkt)
             for n, (what, first, _) in enumerate(happened) if what == "waits"]
    if waits:
        with (folder / "waits.csv").open("w", newline="") as stream:
            csv.writer(stream).writerows([("identifier", "hazard_type", "status",
                                           "information_date", "geometry"), *waits])
        imports.import_files(a, [folder / "waits.csv"], kind="hazard", crs="EPSG:4326")
    return a


@given(happened=_HAPPENED)
@settings(max_examples=5, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_safety_S01_no_role_that_sees_hazards_gets_less_ground_than_the_public(happened):
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        with a_world(folder, happened) as registry:
            waits, nowhere = workflows.waiting_hazards(registry)
            assert not nowhere and len(waits) == sum(what == "waits" for what, _, _ in happened)
            stands = [r.geometry for r in workflows.hazards_that_stand(registry)]
            known = shapely.union_all([*stands, *(h.ground for h in waits)])
            cells = public.VIEWS.of(registry).cells
            assert shapely.union_all(cells).buffer(1e-9).covers(known)
            for role in EXACT:
                reader = policy.view(role, "Org A", kinds=registry.kinds)
                got = {name: [i.geometry for i in collections.items(
                    registry, reader, name, limit=1_000).items]
                    for name in ("hazard", collections.UNRECORDED)}
                files = []
                for name in got:
                    path = folder / f"{role}-{name}.parquet"
                    collections.write_parquet(registry, reader, name, path, AT)
                    files += shapely.from_wkb(parquet.read_table(path)["geometry"].to_pylist()) \
                        .tolist()
                given_out = [g for shapes in got.values() for g in shapes]
                for ground in (shapely.union_all(given_out), shapely.union_all(files)):
                    assert ground.buffer(1e-9).covers(known), role
                    assert all(c.distance(ground) < 0.02 for c in cells), role
                # The tile of the place and what is listed there say the same.
                point = known.representative_point().coords[0]
                assert any(drawn_at(registry, reader, name, point) for name in got), role
                assert any(collections.items(registry, reader, name, bounds=window(point, 1e-4))
                           .items for name in got), role


# --- on paper ------------------------------------------------------------------------------------

@pytest.mark.parametrize("names", ["h1", ""])
def test_safety_S01_the_order_of_a_task_shows_the_ground_that_stands(narrowed, monkeypatch, names):
    from landrelease.publish import paper

    near = []
    drawn = paper.ground_svg
    monkeypatch.setattr(paper, "ground_svg", lambda shape, others, points: (
        near.extend(others), drawn(shape, others, points))[1])
    task = shapely.box(17.02, 44.05, 17.03, 44.06)
    said = {"task_type": "clearance", "task_status": "ordered"} | (
        {"hazard": names} if names else {})
    narrowed.append([
        replace(made("t1", 10, task, **said), kind="task"),
        replace(made("i1", 10, task.centroid, ordnance_category="ap_mine", quantity=2),
                kind="item")])
    reader = policy.view("operator", "Org A", [policy.Area(("x",), task)], kinds=narrowed.kinds)
    for view in (reader, policy.view("planner", kinds=narrowed.kinds)):
        near.clear()
        document = documents.task_document(documents.making(
            narrowed, view, made_on=AT.date()), "t1")
        (section,) = [s for s in document.sections if s.key == "hazard"]
        if names:
            (found,) = section.grids
            assert [row[1] for row in found.rows] == [2], "an item lies there and names no hazard"
            assert "closed" not in [value for _, value in section.facts]
        else:
            assert shapely.union_all(near).covers(WIDE)


def test_safety_S01_ground_that_is_ordered_is_all_that_stands(narrowed):
    assert orders._grounds(narrowed)["h1"].equals(WIDE)
