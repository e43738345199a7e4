"""The public's answers for 10,000 random places in a world with known truth.

    python benchmarks/bench_public_answers.py                    # a district, 10,000 places
    python benchmarks/bench_public_answers.py --size village --places 1000
    python benchmarks/bench_public_answers.py --released    # no hazard is open any more

A synthetic world is imported as a programme would import it. In its western half all areas are then
released, signed by an authority: of an area that the world's programme has finished each outcome
with a certificate, of any other one its whole ground as cleared, and the closing. In the eastern
half so is every second area that the programme has finished; the others stay as they were recorded,
closed by nobody who may. (In one half alone, since a release near an area that stands lies in the
cells around that, and is not told.) Ten more areas wait in quarantine, accepted by nobody. With
`--released` every area of both halves is released, and what waits is rejected. A third of
the places are anywhere, a third at the edges of hazards, a third in and at the edges of released
ground. Asserted, against brute force in a plane of this benchmark's own (transverse Mercator, not
the answer's), from what was imported and signed, not from what the program makes of it:

- no place within the widened distance of a hazard whose release nobody signed is told anything but
  "hazardous";
- no place is told "released" that does not lie on ground of a signed release, or lies on a hazard;
- each of the three answers is given to some places.

Asserted as well: no item that truly lies outside the ground of signed releases is at a place that
is told "released". (What lies inside is what a programme would have missed, or what this benchmark
released over the head of its own world: no answer can know it.)
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import shapely
from pyproj import Transformer
from shapely import affinity

from landrelease.access.answer import ANSWERS
from landrelease.core.certificate import OUTCOME, RELEASE
from landrelease.core.finding import Finding, ImportReport, Intake, QuarantinedRow
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.core.signature import SigningKey
from landrelease.store.open import create_registry, open_registry
from landrelease.store.registry import Registry
from landrelease.workflows import (
    PUBLIC_WIDEN_M,
    hazards_that_stand,
    identities,
    import_files,
    public,
    reject_quarantined,
)
from landrelease.worlds.make import make_world

FILES = ("municipalities.geojson", "suspected_areas.geojson", "cancelled_areas.geojson",
         "reduced_areas.geojson", "cleared_areas.geojson", "settlements.csv")


def programme(folder: Path, size: str, seed: int, everything: bool
              ) -> tuple[Path, list[str], list[Any]]:
    """A registry of a world, the areas in it whose release is signed, and the grounds that wait."""
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
        done: list[str] = []
        outcomes: dict[str, list[Record]] = {}
        for r in registry.records("outcome"):
            outcomes.setdefault(str(r.values.get("hazard_identifier")), []).append(r)
        areas = [r for r in registry.records("hazard") if r.geometry is not None]
        middle = float(np.median([r.geometry.centroid.x for r in areas]))
        west = [r for r in areas if r.geometry.centroid.x < middle]
        finished = [r for r in areas if r.geometry.centroid.x >= middle
                    and r.value("status") == "closed" and r.id in outcomes]
        for hazard in areas if everything else (*west, *finished[::2]):
            whole = hazard.value("status") != "closed" or hazard.id not in outcomes
            registry.append(signed_release(registry, hazard, [
                (hazard.geometry, "cleared")] if whole else [
                (r.geometry, str(r.value("outcome_type"))) for r in outcomes[hazard.id]], key))
            done.append(hazard.id)
        if everything:
            for entry in registry.quarantine("waiting"):
                reject_quarantined(registry, entry.number, "benchmark")
        waiting = [] if everything else [
            affinity.translate(r.geometry, 0.02, 0.015) for r in areas[::max(1, len(areas) // 10)]]
        for number, ground in enumerate(waiting):
            registry.take_in(row_that_waits(number, ground))
    return address, done, waiting


def stated_m(number: int) -> float | None:
    """How far off a hazard that waits says that it may be."""
    return (None, 40.0, 400.0, 1500.0)[number % 4]


def row_that_waits(number: int, ground: Any) -> Intake:
    """A hazard that came in and was not accepted."""
    content = ground.wkb
    source = hashlib.sha256(content).hexdigest()
    finding = Finding("VAL-001", "late.geojson", 1, "hazard_type", "", "Why.", "How.",
                      "quarantined")
    row = QuarantinedRow("late.geojson", source, 1, "hazard", {
        "identifier": f"late-{number}", "position_accuracy_m": stated_m(number)},
                         shapely.to_wkt(ground, rounding_precision=-1), (finding,))
    return Intake(ImportReport("late.geojson", source, "hazard", 1, 0, 0, 1, (finding,)), (),
                  (row,), content)


def signed_release(registry: Registry, hazard: Record, grounds: Sequence[tuple[Any, str]],
                   key: SigningKey) -> list[Revision]:
    """What a signed release of a whole area leaves in a registry: for each ground an outcome and
    its certificate, and the closing of the area. How one is reached is another benchmark's matter.
    """
    made = []
    day = hazard.values["information_date"]
    for number, (ground, kind) in enumerate(grounds):
        proposal = hashlib.sha256(f"{hazard.id} {number}".encode()).hexdigest()
        made += [
            Revision("outcome", OUTCOME + proposal[:12], {
                "outcome_type": kind, "hazard": hazard.id,
                "depth_m": 0.2, "decided_on": day, "information_date": day},
                ground, datetime.now(UTC), "", "benchmark", proposal, day),
            Revision("handover", RELEASE + proposal[:12], {
                "outcomes": [OUTCOME + proposal[:12]], "handover_status": "planned"},
                ground, datetime.now(UTC), "", "benchmark", proposal, day)]
    made.append(replace(
        (now := identities.current_revision(registry, hazard.id).revision),
        values={**now.values, "status": "closed"}, recorded_at=datetime.now(UTC),
        reason="benchmark", source=proposal, follows=(), commitments={}))
    return [identities.sign_revision(registry, replace(r, signed_by="", signature=""), key)
            for r in made]


def places_of(rng: np.random.Generator, hazards: np.ndarray, released: np.ndarray, count: int
              ) -> np.ndarray:
    """(count, 2) in the plane of the benchmark, m."""
    west, south, east, north = shapely.total_bounds(np.concatenate([hazards, released]))
    third = count // 3
    out = [rng.uniform((west - 2000, south - 2000), (east + 2000, north + 2000),
                       (count - 2 * third, 2))]
    for shapes, spread in ((hazards if len(hazards) else released, 150.0), (released, 30.0)):
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
    arguments.add_argument("--released", action="store_true")
    stated = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        address, done, waiting = programme(folder, stated.size, stated.seed, stated.released)
        with open_registry(address) as registry:
            begun = time.perf_counter()
            view = public.VIEWS.of(registry)
            built_s = time.perf_counter() - begun
            hazards = [r for r in registry.records("hazard")
                       if r.geometry is not None and r.id not in done]
            signed = [r for r in registry.records("outcome") if r.geometry is not None
                      and r.id.startswith(OUTCOME)]
            assert {r.id for r in hazards_that_stand(registry)} == {
                r.id for r in registry.records("hazard")} - {*done}
        centre = signed[0].geometry.centroid
        to = Transformer.from_crs("EPSG:4326", (
            f"+proj=tmerc +lat_0={centre.y:.3f} +lon_0={centre.x:.3f} +ellps=WGS84 +units=m"),
            always_xy=True)

        def flat(shapes: list) -> np.ndarray:
            return shapely.transform(np.array(shapes, dtype=object), lambda xy: np.column_stack(
                to.transform(xy[:, 0], xy[:, 1])))

        ground = flat([*(r.geometry for r in hazards), *waiting])
        good = flat([r.geometry for r in signed])
        widths = np.array([max(PUBLIC_WIDEN_M, float(a)) if isinstance(
            a := r.values.get("position_accuracy_m"), (int, float)) else PUBLIC_WIDEN_M
            for r in hazards] + [max(PUBLIC_WIDEN_M, stated_m(n) or 0.0)
                                 for n in range(len(waiting))])
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
            near = open_.query(point, predicate="dwithin",
                               distance=float(widths.max(initial=0.0)))
            away = shapely.distance(ground[near], point)
            if (away <= widths[near]).any() and answer.told != "hazardous":
                silent += 1
            if answer.told == "released" and (
                    not len(tree.query(point, predicate="intersects")) or (away == 0).any()):
                false += 1
        items = pq.read_table(folder / "world" / "truth" / "items.parquet").to_pydict()
        left = np.flatnonzero(items["left"])
        at = np.column_stack([np.array(items[n])[left] for n in ("longitude", "latitude")])
        inside = tree.query(shapely.points(np.column_stack(to.transform(at[:, 0], at[:, 1]))),
                            predicate="intersects")[0]
        outside = np.delete(at, np.unique(inside), axis=0)
        there = sum(public.ask_spot(view, x, y, 0.0).answer.told == "released"
                    for x, y in outside.tolist())
    print(json.dumps({
        "world": stated.size, "seed": stated.seed, "places": len(xy), "hazards": len(ground),
        "of_them_waiting": len(waiting),
        "areas_released": len(done), "signed_outcomes": len(good), "told": dict(told),
        "silent_near_a_hazard": silent,
        "released_on_other_ground": false, "items_outside_releases": len(outside),
        "of_them_called_released": there, "view_built_s": round(built_s, 2),
        "answer_ms": {"median": round(1e3 * float(np.median(took)), 2),
                      "p99": round(1e3 * float(np.quantile(took, 0.99)), 2)}}, indent=1))
    assert silent == 0 and false == 0 and there == 0
    given = ("released", "no_information") if stated.released else ANSWERS
    assert min(told.get(t, 0) for t in given) > len(xy) / 100 and {*told} <= {*given}


if __name__ == "__main__":
    main()
