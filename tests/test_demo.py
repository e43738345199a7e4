"""DEM: the main job on the region that ships: counts, files, the same figures twice, kill -9."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from landrelease.store.open import open_registry

SMALL = ("--iterations", "5", "--runs", "40", "--start", "2027-04-01", "--quiet")


def demo(out: Path, *words: str) -> dict:
    subprocess.run(
        [sys.executable, "-m", "landrelease", "demo", "--out", str(out), *SMALL,
         "--json", str(out.parent / f"{out.name}.json"), *words],
        check=True, capture_output=True, text=True)
    return json.loads((out.parent / f"{out.name}.json").read_text())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "out"
    return out, demo(out)


def test_every_file_that_is_promised_is_there(made):
    out, _ = made
    for name in ("index.html", "public/index.html", "report.pdf", "figures.json", "plan.csv",
                 "plan.geojson", "forecast.json", "areas.parquet", "registry.gpkg",
                 "contamination.tif", "assumptions.csv", "teams.csv", "plan/plan.json"):
        assert (out / name).stat().st_size > 100, name


def test_every_count_adds_up(made):
    _, summary = made
    assert len(summary["imports"]) == 6
    for report in summary["imports"]:
        assert report["read"] == report["accepted"] + report["merged"] + report["quarantined"]
    read = {r["file"]: r["read"] for r in summary["imports"]}
    assert read["suspected_areas.geojson"] == 486 and read["cleared_areas.geojson"] == 751
    assert summary["waiting"] == sum(r["quarantined"] for r in summary["imports"])


def test_nothing_is_invented(made):
    out, _ = made
    registry = open_registry(str(out / "registry.gpkg"))
    try:
        for record in registry.records("hazard"):
            assert record.value("hazard_type") == "not_reported"
            assert record.value("device_category") == "not_reported"
            assert record.valid_from is None
        assert registry.audit() == []
    finally:
        registry.close()


def test_safety_S12_the_chance_of_contamination_is_called_a_prior(made):
    import pyarrow.parquet as parquet

    out, _ = made
    table = parquet.read_table(out / "areas.parquet").to_pydict()
    assert all(table["contaminated_is_prior"])
    for low, middle, high in zip(table["contaminated_low"], table["contaminated_probability"],
                                 table["contaminated_high"], strict=True):
        assert 0 < low <= middle <= high < 1


def test_the_bound_holds_and_no_rule_beats_the_plan(made):
    _, summary = made
    plan = summary["plan"]
    assert plan["floor"] <= plan["bound"] * (1 + 1e-12)
    assert plan["bound"] <= plan["score"] <= min(plan["rules"].values())


def test_half_of_the_room_between_the_best_rule_and_the_bound_is_closed(made):
    from landrelease.plan import check
    from landrelease.plan.search import make_plan
    from landrelease.store.results import load_plan

    problem = load_plan(made[0] / "plan").plan.problem
    plan = make_plan(problem, iterations=250, seed=0)
    assert check.violations(problem, plan.schedule) == []
    assert check.score(problem, plan.schedule) == pytest.approx(plan.score)
    assert plan.room_closed is not None and plan.room_closed >= 0.5


def test_the_ledger_agrees_with_the_records(made):
    out, summary = made
    document = json.loads((out / "figures.json").read_text())
    total = document["ledger"][-1]
    assert total["cancelled_m2"] is None and total["reduced_m2"] is None  # S12
    assert sum(r["hazardous_m2"] for r in document["ledger"][:-1]) == pytest.approx(
        total["hazardous_m2"], rel=1e-5)
    figure = next(f for f in document["figures"] if f["id"] == "hazardous_m2")
    registry = open_registry(str(out / "registry.gpkg"))
    try:
        grounds = [r.geometry for r in registry.records("hazard") if r.id in set(figure["records"])]
        assert figure["chain_head"] == registry.head() == summary["chain_head"]
    finally:
        registry.close()
    from landrelease.core.geometry import geodesic_area_m2

    assert geodesic_area_m2(shapely.union_all(grounds)) == pytest.approx(figure["value"], rel=1e-6)


def test_the_contamination_map_covers_every_hazard(made):
    out, _ = made
    registry = open_registry(str(out / "registry.gpkg"))
    try:
        hazards = registry.records("hazard")
    finally:
        registry.close()
    with rasterio.open(out / "contamination.tif") as raster:
        from pyproj import Transformer

        carry = Transformer.from_crs("EPSG:4326", raster.crs, always_xy=True)
        band = raster.read(1)
        for record in hazards:
            point = record.geometry.representative_point()
            row, column = raster.index(*carry.transform(point.x, point.y))
            assert np.isfinite(band[row, column]), record.id
        assert np.isnan(band).mean() > 0.5  # elsewhere: no information, not zero


def test_two_runs_give_the_same_figures(made, tmp_path):
    out, first = made
    second = demo(tmp_path / "again")

    def figures(summary):
        return {k: v for k, v in summary.items() if k != "chain_head"}
    assert figures(first) == figures(second)
    for name in ("plan.csv", "plan.geojson"):
        assert (out / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_running_it_again_imports_nothing_twice(tmp_path):
    first = demo(tmp_path / "out")
    again = demo(tmp_path / "out")
    assert again["chain_head"] == first["chain_head"]
    assert all(r["accepted"] == 0 for r in again["imports"])
    assert again["plan"] == first["plan"]


def test_killed_at_any_moment_the_registry_holds_each_import_whole_or_not(tmp_path, region):
    """SIGKILL at random moments of a real import; then open, audit, and import to the end."""
    whole = {"hazard": None, "outcome": None}
    files = [str(region / "suspected_areas.geojson"), str(region / "cleared_areas.geojson")]

    def start(address):
        return subprocess.Popen(
            [sys.executable, "-m", "landrelease", "import", *files, "--into", str(address),
             "--quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def create(address):
        subprocess.run([sys.executable, "-m", "landrelease", "init", str(address)], check=True,
                       capture_output=True)

    create(tmp_path / "whole.gpkg")
    began = time.monotonic()
    start(tmp_path / "whole.gpkg").wait()
    took = time.monotonic() - began
    registry = open_registry(str(tmp_path / "whole.gpkg"))
    whole = {kind: len(registry.ids(kind)) for kind in whole}
    registry.close()
    assert all(whole.values())
    chance = random.Random(7)
    for attempt in range(6):
        address = tmp_path / f"killed{attempt}.gpkg"
        create(address)
        process = start(address)
        time.sleep(took * chance.uniform(0.3, 1.0))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        registry = open_registry(str(address))
        for kind, rows in whole.items():
            assert len(registry.ids(kind)) in (0, rows)
        assert registry.audit() == []
        registry.close()
    start(address).wait()  # the last one goes on to the end
    registry = open_registry(str(address))
    assert {kind: len(registry.ids(kind)) for kind in whole} == whole
    registry.close()
