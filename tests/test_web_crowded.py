"""WEB: a tile with very many features draws the small ones together: for who sees the whole kind,
and with nothing in it that the reader may not see."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely

import release_world as world
from landrelease.access import policy
from landrelease.access.policy import Area
from landrelease.core.revision import Revision
from landrelease.publish import tiles
from landrelease.store.open import create_registry
from landrelease.workflows import collections, map_tiles
from test_release import release
from test_tiles import decoded, polygon_of

MANY = 1_800
Z, X, Y = 8, 140, 92


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    rng = np.random.default_rng(3)
    west, south, east, north = tiles.bounds_of(Z, X, Y, buffer=0)
    made = create_registry(tmp_path_factory.mktemp("crowded") / "r.gpkg", office="Office")
    at = datetime(2026, 1, 1, tzinfo=UTC)

    def revision(kind, n, shape, **values):
        return Revision(kind, f"{kind}:{n}", values, shape, at, "test", "why", "",
                        date(2026, 1, 1))

    spots = rng.uniform((west, south), (east, north), (MANY, 2))
    made.append([revision("hazard", n, shapely.Point(x, y).buffer(2e-4), name=f"Secret {n}",
                          hazard_type="CHA" if n % 3 else "SHA",
                          status="closed" if n % 5 == 0 else "open")
                 for n, (x, y) in enumerate(spots)])
    made.append([revision("hazard", "large", shapely.box(
        west + .2, south + .2, west + .5, south + .4), hazard_type="CHA", status="open")])
    made.append([revision("task", n, shapely.Point(x, y).buffer(2e-4), organisation="Org A",
                          task_status="ordered") for n, (x, y) in enumerate(spots)])
    yield made
    made.close()


def layer(registry, reader, name, **more):
    return decoded(map_tiles.tile(registry, reader, name, Z, X, Y, **more)).get(name, [])


def test_small_hazards_are_drawn_together_and_large_ones_as_they_are(registry):
    found = layer(registry, policy.view("planner"), "hazard")
    together = [f for f in found if "count" in f[2]]
    (large,) = [f for f in found if "id" in f[2]]
    assert large[2]["id"] == "hazard:large" and sum(f[2]["count"] for f in together) == MANY
    assert {(f[2]["hazard_type"], f[2]["status"]) for f in together} == {
        (k, s) for k in ("CHA", "SHA") for s in ("open", "closed")}
    assert not any("name" in f[2] for f in together)
    drawn = shapely.union_all([polygon_of(f[1]) for f in found])
    shapes = np.array([r.geometry for r in registry.records("hazard")], dtype=object)
    edge = shapely.box(0, 0, tiles.EXTENT, tiles.EXTENT)
    for shape in tiles.to_tile(shapes, Z, X, Y):
        left = shape.intersection(edge).difference(drawn)
        assert left.area < 1e-6 * max(1.0, shape.area), "S01: hazards only grow"


def test_who_sees_only_some_rows_or_the_past_gets_them_one_by_one(registry):
    assert not layer(registry, policy.view("operator", "Org B"), "task")
    own = layer(registry, policy.view("operator", "Org A"), "task")
    assert len(own) == MANY and all("id" in f[2] for f in own)
    west, south, east, north = tiles.bounds_of(Z, X, Y, buffer=0)
    inside = Area(("Corner",), shapely.box(west, south, (west + east) / 2, (south + north) / 2))
    cornered = layer(registry, policy.view("planner", areas=[inside]), "hazard")
    assert all("id" in f[2] for f in cornered) and len(cornered) < MANY
    then = collections.Moment(date(2026, 2, 1), None)
    past = layer(registry, policy.view("planner"), "hazard", then=then)
    assert len(past) == MANY + 1 and all("id" in f[2] for f in past)


# --- in both stores ------------------------------------------------------------------------------

@pytest.fixture(params=["geopackage", "postgis"])
def either(request, tmp_path):
    address = tmp_path / "r.gpkg" if request.param == "geopackage" else \
        request.getfixturevalue("postgres_address")
    with create_registry(address, office="Office") as made:
        yield made


def hazards(count, seed=5, **values):
    rng = np.random.default_rng(seed)
    west, south, east, north = tiles.bounds_of(Z, X, Y, buffer=0)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return [Revision("hazard", f"h:{n}", {"hazard_type": "CHA", "status": "open", **values},
                     shapely.Point(x, y).buffer(r), at, "test", "why", "", date(2026, 1, 1))
            for n, (x, y, r) in enumerate(rng.uniform(
                (west, south, 1e-5), (east, north, 2e-2), (count, 3)))]


def covered(found, revisions):
    drawn = shapely.union_all([polygon_of(f[1]) for f in found if f[0] == 3])
    shapes = np.array([r.geometry for r in revisions], dtype=object)
    edge = shapely.box(0, 0, tiles.EXTENT, tiles.EXTENT)
    return [shape.intersection(edge).difference(drawn).area < 1e-6 * max(1.0, shape.area)
            for shape in tiles.to_tile(shapes, Z, X, Y)]


@pytest.mark.parametrize("way", ["now", "areas", "past"])
def test_safety_S01_no_hazard_falls_off_a_tile_that_holds_too_many(either, way, monkeypatch):
    monkeypatch.setattr(map_tiles, "_MOST", 50)
    monkeypatch.setattr(map_tiles, "_CROWDED", 50)
    made = hazards(180)
    either.append(made)
    more = {"then": collections.Moment(date(2026, 2, 1), None)} if way == "past" else {}
    whole = Area(("All",), shapely.box(-180, -85, 180, 85))
    reader = policy.view("planner", areas=[whole] if way == "areas" else [])
    found = layer(either, reader, "hazard", **more)
    assert all(covered(found, made))
    assert 0 < sum("id" in f[2] for f in found) <= 50
    assert sum(f[2].get("count", 1) for f in found) == 180, "each is counted once"


def test_safety_S01_small_released_ground_is_never_drawn_larger_than_it_is(either, monkeypatch):
    monkeypatch.setattr(map_tiles, "_CROWDED", 50)
    made = [Revision("outcome", f"o:{n}", {"outcome_type": "cleared"}, r.geometry, r.recorded_at,
                     "test", "why", "", r.valid_from) for n, r in enumerate(hazards(180))]
    either.append(made)
    found = layer(either, policy.view("planner"), "outcome")
    given = shapely.union_all(tiles.to_tile(np.array([r.geometry for r in made], object), Z, X, Y))
    for kind, rings, said in found:
        if kind == 3:
            assert polygon_of(rings).difference(given).area < 1e-6
        else:
            assert kind == 1 and said["crowded"] and said["count"] > 0
    assert {kind for kind, _, _ in found} == {1, 3}


def test_what_changes_shows_in_the_next_tile(either, monkeypatch):
    """What is kept of a kind follows the store: changed, moved, new."""
    monkeypatch.setattr(map_tiles, "_CROWDED", 50)
    made = hazards(180)
    either.append(made)
    reader = policy.view("planner")
    layer(either, reader, "hazard")
    again = [Revision("hazard", r.record_id, {"hazard_type": "SHA", "status": "open"}, shape,
                      r.recorded_at, "test", "why", "", r.valid_from)
             for r, shape in ((made[0], made[0].geometry),
                              (made[1], shapely.affinity.translate(made[1].geometry, 40)))]
    fresh = Revision("hazard", "h:new", {"hazard_type": "SHA", "status": "open"},
                     made[1].geometry.buffer(1e-3), made[0].recorded_at, "test", "why", "",
                     made[0].valid_from)
    either.append([*again, fresh])
    found = layer(either, reader, "hazard")
    # Nobody signed that the one that moved is not where it was: it stands there as well (S01).
    assert sum(f[2].get("count", 1) for f in found) == 181
    # Nor that the two that were confirmed are no longer: they are drawn so. The new one is not.
    assert sum(f[2].get("count", 1) for f in found if f[2]["hazard_type"] == "SHA") == 1
    assert all(covered(found, [*made[1:], fresh]))


# --- what nobody signed --------------------------------------------------------------------------

def test_safety_S09_a_tile_tells_what_no_signature_stands_behind(tmp_path):
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        registry.keep_setting("utc_offset_hours", "2")
        ana, _ = world.keys(registry, tmp_path)
        world.programme(registry)
        world.accreditation(registry, ana)
        for name, ground in (("h1", world.FIELD), ("h2", world.OTHER)):
            world.hazard(registry, name, ground)
            world.cleared(registry, name, ground)
        world.inspection(registry, "h1", ana)

        def told(name):
            at = 11, *place(11, world.FIELD)
            found = decoded(map_tiles.tile(registry, policy.view("planner"), name, *at))[name]
            return {said["id"]: said.get("verified") for _, _, said in found}

        assert told("outcome") == {"o-h1-1": False, "o-h2-1": False}
        assert told("hazard") == {"h1": None, "h2": None}, "open ones decide nothing"
        release(registry, tmp_path, ana)
        assert True in told("outcome").values() and told("outcome")["o-h2-1"] is False
        assert told("hazard")["h1"] is True, "closed by a signature that counts"
        (h2,) = (r for r in registry.records("hazard") if r.id == "h2")
        world.record(registry, "hazard", "h2", h2.geometry.buffer(-1e-4), hours=900,
                     **{**h2.values, "status": "closed"})
        found = decoded(map_tiles.tile(registry, policy.view("planner"), "hazard", 11,
                                       *place(11, world.FIELD)))["hazard"]
        unsigned = [f for f in found if f[2]["id"] == "h2"]
        assert {(f[2]["status"], f[2].get("verified")) for f in unsigned} == {
            ("closed", False), ("open", None)}
        ground = shapely.union_all([polygon_of(f[1]) for f in unsigned])
        (given,) = tiles.to_tile(np.array([world.OTHER], object), 11, *place(11, world.FIELD))
        edge = shapely.box(0, 0, tiles.EXTENT, tiles.EXTENT)
        assert given.intersection(edge).difference(ground).area < 1, \
            "S01: an unsigned closing makes no hazard smaller"


def place(z, shape):
    lon, lat = shape.centroid.coords[0]
    return (int((lon + 180) / 360 * 2**z),
            int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**z))


def test_what_the_first_reader_would_wait_for_is_read_before(registry, monkeypatch):
    from landrelease.workflows import unsigned
    from landrelease.workflows.crowds import Crowds

    monkeypatch.setattr(unsigned, "KEPT", unsigned._Kept())
    monkeypatch.setattr(map_tiles, "CROWDS", kept := Crowds())
    monkeypatch.setattr("landrelease.workflows.crowds.CROWDS", kept)
    map_tiles.prepare(registry)
    before = layer(registry, policy.view("planner"), "hazard")

    def late(*_, **__):
        raise AssertionError("looked for again")

    monkeypatch.setattr(unsigned, "_found", late)
    monkeypatch.setattr(type(registry), "boxes", late)
    assert layer(registry, policy.view("planner"), "hazard") == before != []
    assert [key[1] for key in kept._held].count("hazard") == 1, "the boxes of hazards are kept once"
