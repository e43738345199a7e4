"""Speed of assess, against a copy of the map's arrays and rasterio's rasteriser in the same run.

    python benchmarks/bench_assess.py [DIR] [--cell 100]

DIR holds suspected_areas.geojson, incidents.geojson, lifted_minefields.geojson and
settlements_1991_approx.csv.gz (the layout of the country data); without it the world is synthetic:
5,400 hazards and 5,800 settlements drawn with a fixed seed. Prints seconds (second call, after
compilation; the first call is given too) and the largest memory of the process before the peers.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import resource
import time
from pathlib import Path

import numpy as np
import pyogrio
import rasterio.features
import rasterio.transform
import shapely

from landrelease import workflows
from landrelease.assess.contamination import contamination_map, density_of
from landrelease.assess.exposure import exposure
from landrelease.assess.hazards import assess_hazards
from landrelease.assess.shapes import plane_of, polygons
from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.hazard import Accident, Hazard, Land, LiftedMinefield, Settlement

STATED = {
    "contaminated_probability": (0.2, 0.05, 0.44),
    "accident_inside_likelihood_ratio": (6, 2, 20),
    "accident_nearby_likelihood_ratio": (1.5, 1, 3),
    "lifted_nearby_likelihood_ratio": (2, 1, 4),
    "nearby_distance_m": (500, 250, 1000),
    "exposure_distance_m": (1000, 500, 2000),
}


def read(folder: Path) -> Land:
    def shapes(name):
        return shapely.from_wkb(pyogrio.raw.read(folder / name)[2])

    ground = [polygons(g) for g in shapely.make_valid(shapes("suspected_areas.geojson"))]
    with gzip.open(folder / "settlements_1991_approx.csv.gz", "rt", encoding="utf-8") as file:
        homes = tuple(
            Settlement(r["sid"], r["name"],
                       shapely.Point(float(r["longitude"]), float(r["latitude"])),
                       int(r["population_1991"]) if r["population_1991"] else None, 1360.0)
            for r in csv.DictReader(file))
    return land(ground, shapes("incidents.geojson"), shapes("lifted_minefields.geojson"), homes)


def synthetic() -> Land:
    rng = np.random.default_rng(1)
    corner = rng.uniform([15.8, 42.7], [19.2, 45.2], (5_400, 2))
    angle = np.sort(rng.uniform(0, 2 * np.pi, (5_400, 9)), axis=1)
    radius = rng.uniform(0.3, 1, (5_400, 9)) * rng.lognormal(-5.6, 0.7, (5_400, 1))
    rings = corner[:, None] + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=2)
    ground = [polygons(g) for g in shapely.make_valid(
        shapely.polygons(np.concatenate([rings, rings[:, :1]], axis=1)))]
    places = rng.uniform([15.8, 42.7], [19.2, 45.2], (5_800, 2))
    homes = tuple(Settlement(str(i), str(i), shapely.Point(*xy), int(n), 1360.0)
                  for i, (xy, n) in enumerate(zip(places, rng.lognormal(6, 1.2, 5_800),
                                                  strict=True)))
    near = shapely.points(corner[:1_600] + rng.normal(0, 0.004, (1_600, 2)))
    return land(ground, near[:900], near[900:], homes)


def land(ground, accidents, lifted, homes) -> Land:
    hazards = tuple(Hazard(f"h{i}", g, 0.0, "not_reported", "not_reported", "")
                    for i, g in enumerate(ground) if not g.is_empty)
    return Land(hazards, (), tuple(Accident(f"a{i}", p) for i, p in enumerate(accidents)),
                tuple(LiftedMinefield(f"l{i}", p) for i, p in enumerate(lifted)), homes, (), "")


def timed(words, call, repeat=3):
    seconds = []
    for _ in range(repeat + 1):
        begin = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - begin)
    print(f"{words:58s} first {seconds[0]:6.2f} s, then best {min(seconds[1:]):6.2f} s")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--cell", type=float, default=100.0)
    given = parser.parse_args()
    world = read(given.folder) if given.folder else synthetic()
    stated = Assumptions({n: Assumption(n, *v, "", "", "benchmark") for n, v in STATED.items()})
    plane = plane_of(world)
    print(f"{len(world.hazards):,} hazards, {len(world.settlements):,} settlements")
    people = timed("exposure", lambda: exposure(world, plane, stated))
    print(f"    {people.settlements_in_reach.sum():,} pairs of hazard and settlement")
    found = timed("assess_hazards (exposure, nearby, prior, action)",
                  lambda: assess_hazards(world, stated))
    made = timed("contamination_map", lambda: contamination_map(
        world, found, density_of(workflows.load_assumptions()), given.cell))
    print(f"    {made.bands.shape} cells, {np.isfinite(made.bands[0]).sum():,} with a value")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"    largest memory of the process so far {memory:,.0f} MB")
    timed("peer: copy of the map's arrays", made.bands.copy)

    ground = plane.to_plane(np.array([h.ground for h in world.hazards], dtype=object))
    chance = [a.prior.probability for a in found]

    def peer(fine):
        cell = made.cell_m / fine
        shape = tuple(n * fine for n in made.bands.shape[1:])
        return rasterio.features.rasterize(
            zip(ground, chance, strict=True), out_shape=shape, fill=np.nan, all_touched=fine == 1,
            transform=rasterio.transform.from_origin(made.west, made.north, cell, cell),
            dtype="float32")

    touched = timed("peer: rasterio.features, one band, all touched", lambda: peer(1))
    missed = np.isnan(made.bands[0]) & np.isfinite(touched)
    print(f"    cells that the peer fills and the map does not: {missed.sum()}")
    fine = timed("peer: rasterio.features, coverage from 5 x 5 points a cell", lambda: peer(5), 1)
    rows, columns = made.bands.shape[1:]
    share = np.isfinite(fine).reshape(rows, 5, columns, 5).mean(axis=(1, 3))
    ours = np.nan_to_num(made.bands[3])
    exact = shapely.union_all(ground).area
    km2 = made.cell_m ** 2 / 1e6
    print(f"    covered km²: exact {exact / 1e6:.4f}, map {ours.sum(dtype=float) * km2:.4f}, "
          f"peer {share.sum() * km2:.4f}; largest difference in a cell "
          f"{np.abs(ours - share).max():.2f}")


if __name__ == "__main__":
    main()
