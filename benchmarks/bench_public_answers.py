"""The public's answers for 10,000 random places in a world with known truth.

    python benchmarks/bench_public_answers.py                    # a district, 10,000 places
    python benchmarks/bench_public_answers.py --size village --places 1000

A synthetic world is imported as a programme would import it; every second outcome that releases
ground is then signed by an authority. A third of the places are anywhere, a third at the edges of
hazards, a third in and at the edges of released ground. Asserted, against brute force in a plane of
this benchmark's own (transverse Mercator, not the answer's):

- no place within the widened distance of a recorded hazard is told anything but "hazardous";
- no place is told "released" that does not lie on ground of a signed outcome, or lies on a hazard.

In these worlds released ground lies within a cell of a hazard that stands, so that hardly a place
is told "released"; `tests/test_public.py` holds that promise on a registry with enough of both.

Told besides: for how many of the items that truly lie in the ground the place is called released
(what the programme itself has missed: no answer can know it), and what an answer costs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import shapely
from pyproj import Transformer

from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import (
    PUBLIC_WIDEN_M,
    hazards_that_stand,
    identities,
    import_files,
    public,
)
from landrelease.worlds.make import make_world

FILES = ("municipalities.geojson", "suspected_areas.geojson", "cancelled_areas.geojson",
         "reduced_areas.geojson", "cleared_areas.geojson", "settlements.csv")
RELEASED = ("cancelled", "reduced", "cleared")


def programme(folder: Path, size: str, seed: int) -> Path:
    """A registry of a world, every second outcome signed."""
    make_world(size, seed, folder / "world")
    address = folder / "r.gpkg"
    create_registry(address, office="Benchmark office").close()
    with open_registry(address) as registry:
        for name in FILES:
            mapping = folder / "world" / "mappings"
            import_files(registry, [folder / "world" / name], mapping_path=next(
                (m for m in mapping.glob("*.yaml") if m.stem == Path(name).stem), None))
        identities.create_identity(registry, folder / "key.pem", name="Authority", by="x",
                                   role="authority")
        key = identities.read_key(folder / "key.pem", None)
        outcomes = [r.id for r in registry.records("outcome")
                    if r.value("outcome_type") in RELEASED]
        # As a signed release leaves them; how one is reached is another benchmark's matter.
        registry.append([identities.sign_revision(registry, replace(
            identities.current_revision(registry, record_id).revision,
            recorded_at=datetime.now(UTC), reason="benchmark", source="", follows=(),
            commitments={}, signed_by="", signature=""), key) for record_id in outcomes[::2]])
    return address


def places_of(rng: np.random.Generator, hazards: np.ndarray, released: np.ndarray, count: int
              ) -> np.ndarray:
    """(count, 2) in the plane of the benchmark, m."""
    west, south, east, north = shapely.total_bounds(np.concatenate([hazards, released]))
    third = count // 3
    out = [rng.uniform((west - 2000, south - 2000), (east + 2000, north + 2000),
                       (count - 2 * third, 2))]
    for shapes, spread in ((hazards, 150.0), (released, 30.0)):
        chosen = shapes[rng.integers(0, len(shapes), third)]
        rings = shapely.boundary(chosen)
        on = shapely.line_interpolate_point(rings, rng.uniform(0, 1, third), normalized=True)
        xy = shapely.get_coordinates(on) + rng.normal(0, spread, (third, 2))
        inside = shapely.get_coordinates(shapely.point_on_surface(chosen))
        half = rng.uniform(0, 1, third) < (0.5 if shapes is released else 0.1)
        xy[half] = inside[half]
        out.append(xy)
    return np.concatenate(out)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--size", default="district", choices=("village", "district"))
    arguments.add_argument("--places", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    stated = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        address = programme(folder, stated.size, stated.seed)
        with open_registry(address) as registry:
            begun = time.perf_counter()
            view = public.VIEWS.of(registry)
            built_s = time.perf_counter() - begun
            hazards = [r for r in hazards_that_stand(registry) if r.geometry is not None]
            doubts = identities.doubts(registry, "outcome")
            signed = [r for r in registry.records("outcome") if r.geometry is not None
                      and r.id not in doubts and r.value("outcome_type") in RELEASED]
        centre = shapely.from_wkt("POINT EMPTY") if not hazards else hazards[0].geometry.centroid
        to = Transformer.from_crs("EPSG:4326", (
            f"+proj=tmerc +lat_0={centre.y:.3f} +lon_0={centre.x:.3f} +ellps=WGS84 +units=m"),
            always_xy=True)

        def flat(shapes: list) -> np.ndarray:
            return shapely.transform(np.array(shapes, dtype=object), lambda xy: np.column_stack(
                to.transform(xy[:, 0], xy[:, 1])))

        ground, good = flat([r.geometry for r in hazards]), flat([r.geometry for r in signed])
        widths = np.array([max(PUBLIC_WIDEN_M, float(a)) if isinstance(
            a := r.values.get("position_accuracy_m"), (int, float)) else PUBLIC_WIDEN_M
            for r in hazards])
        rng = np.random.default_rng(stated.seed)
        xy = places_of(rng, ground, good, stated.places)
        degrees = np.column_stack(to.transform(xy[:, 0], xy[:, 1], direction="INVERSE"))
        points = shapely.points(xy)
        tree, open_ = shapely.STRtree(good), shapely.STRtree(ground)
        told: Counter[str] = Counter()
        silent = false = 0
        took = []
        for (x, y), point in zip(degrees.tolist(), points, strict=True):
            begun = time.perf_counter()
            answer = public.ask_spot(view, x, y, 0.0).answer
            took.append(time.perf_counter() - begun)
            told[answer.told] += 1
            near = open_.query(point, predicate="dwithin", distance=float(widths.max()))
            away = shapely.distance(ground[near], point)
            if (away <= widths[near]).any() and answer.told != "hazardous":
                silent += 1
            if answer.told == "released" and (
                    not len(tree.query(point, predicate="intersects")) or (away == 0).any()):
                false += 1
        items = pq.read_table(folder / "world" / "truth" / "items.parquet").to_pydict()
        lying = [n for n, left in enumerate(items["left"]) if left]
        there = sum(public.ask_spot(view, items["longitude"][n], items["latitude"][n], 0.0)
                    .answer.told == "released" for n in lying)
    print(json.dumps({
        "world": stated.size, "seed": stated.seed, "places": len(xy), "hazards": len(ground),
        "signed_outcomes": len(good), "told": dict(told), "silent_near_a_hazard": silent,
        "released_on_other_ground": false, "items_that_truly_lie_there": len(lying),
        "of_them_called_released": there, "view_built_s": round(built_s, 2),
        "answer_ms": {"median": round(1e3 * float(np.median(took)), 2),
                      "p99": round(1e3 * float(np.quantile(took, 0.99)), 2)}}, indent=1))
    assert silent == 0 and false == 0
    assert min(told.get(t, 0) for t in ("hazardous", "no_information")) > 0


if __name__ == "__main__":
    main()
