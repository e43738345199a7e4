"""WEB: a tile with very many features draws the small ones together: for who sees the whole kind,
and with nothing in it that the reader may not see."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely

from landrelease.access import policy
from landrelease.access.policy import Area
from landrelease.core.revision import Revision
from landrelease.publish import tiles
from landrelease.store.open import create_registry
from landrelease.workflows import collections
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
    return decoded(collections.tile(registry, reader, name, Z, X, Y, **more)).get(name, [])


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
