"""DEM: the main job on the synthetic district: communities, roads, two phases, promised dates."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from landrelease.plan import check
from landrelease.store.open import open_registry
from landrelease.store.results import load_outlook, load_plan


def demo(out: Path) -> dict:
    subprocess.run(
        [sys.executable, "-m", "landrelease", "demo", "--world", "borderland", "--out", str(out),
         "--iterations", "5", "--runs", "40", "--quiet", "--json", f"{out}.json"],
        check=True, capture_output=True, text=True)
    return json.loads(Path(f"{out}.json").read_text())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("borderland") / "out"
    return out, demo(out)


def test_as_many_communities_are_cut_off_as_the_world_says(made):
    out, summary = made
    world = json.loads((out / "world" / "world.json").read_text())
    assert summary["communities"]["count"] == world["communities"] == 64
    assert summary["communities"]["cut_off"] == world["communities_cut_off"] == 37
    assert summary["communities"]["reopened_by_plan"] > 27


def test_its_registry_says_by_itself_what_binds_a_plan(made, tmp_path):
    """No files: teams, leave, closures, money and works are on record."""
    out, _ = made
    done = subprocess.run(
        [sys.executable, "-m", "landrelease", "plan", "problem", "--as", "planner",
         str(out / "registry.gpkg"), "--start", "2025-08-31", "--renewed", "--out",
         str(tmp_path / "tables"), "--quiet"], check=True, capture_output=True, text=True)
    rows = {name: len(list(csv.DictReader((out / "world" / name).open(encoding="utf-8"))))
            for name in ("accreditations.csv", "funds.csv", "expenses.csv", "projects.csv")}
    closures = len(json.loads((out / "world" / "closures.geojson").read_text())["features"])
    said = done.stdout.splitlines()[0]
    for number, what in ((rows["accreditations.csv"], "teams"), (closures, "closures"),
                         (rows["accreditations.csv"], "accreditations"),
                         (rows["funds.csv"], "funds"), (rows["expenses.csv"], "expenses"),
                         (rows["projects.csv"], "projects")):
        assert f"{number} {what} (" in said
    for name in ("teams.csv", "calendars.csv", "money.csv", "projects.csv"):
        assert len((tmp_path / "tables" / name).read_text().splitlines()) > 2, name
    bases = {r["base"] for r in csv.DictReader((tmp_path / "tables" / "teams.csv").open())}
    assert bases == {r["name"].removeprefix("Base ") for r in csv.DictReader(
        (out / "world" / "bases.csv").open(encoding="utf-8"))}


def test_nobody_works_where_no_open_road_leads(made):
    plan = load_plan(made[0] / "plan").plan
    assert plan.problem.access is not None and len(plan.problem.access.gate_ids) > 100
    assert check.violations(plan.problem, plan.schedule) == []
    assert check.score(plan.problem, plan.schedule) == pytest.approx(plan.score)
    assert plan.bound <= plan.score <= min(plan.rules.values())


def test_both_phases_and_the_promised_dates_are_in_page_and_document(made):
    from pypdf import PdfReader

    out, summary = made
    assert [(p["name"], p["budget"]) for p in summary["phases"]] == [
        ("Phase 1", 120e6), ("Phase 2", 80e6)]
    assert len(summary["chances"]) == 2  # 18 and 36 months
    page = (out / "index.html").read_text()
    assert 'id="reach"' in page and 'id="phases"' in page
    pdf = PdfReader(out / "report.pdf")
    text = "".join(p.extract_text() for p in pdf.pages)
    assert len(pdf.pages) == 2 and "37 of 64 communities are cut off" in text
    assert "Phase 2: 80 million USD" in text


def test_every_run_reaches_a_community_after_its_roads_are_free(made):
    outlook, _ = load_outlook(made[0] / "forecast.json")
    assert outlook.community_day is not None and outlook.community_day.shape == (40, 64)
    now = outlook.community_day == 0
    assert (now.sum(axis=1) == 27).all()  # the same in every run
    assert outlook.work_day is not None and (outlook.work_day >= 0).all()


def test_its_forecast_rests_on_the_reports_and_says_so(made):
    out, summary = made
    outlook, _ = load_outlook(out / "forecast.json")
    said = " ".join(outlook.notes)
    assert "Pace over areas, learned from daily reports" in said and "manual teams" in said
    assert "Days lost as reported here" in said and "closures on record reach into the plan" in said
    words = [d.words for d in outlook.drivers if d.name.startswith("rate_")]
    assert words and all("as reports teach" in w for w in words)
    assert "no daily report of this programme has touched" not in (out / "index.html").read_text()
    assert outlook.track is not None and outlook.track.rows
    # Both count their days from the first half week that begins on the plan's first day or after.
    saved = load_plan(out / "plan")
    first = saved.plan.problem.slot_starts[0]
    assert saved.start.isoformat() == "2025-08-31" and 0 <= (first - saved.start).days < 4
    assert summary["forecast"]["start"] == first.isoformat()


def test_safety_S19_every_file_of_a_synthetic_district_says_so(made):
    out, _ = made
    for path in sorted(p for p in out.rglob("*") if p.suffix in (
            ".html", ".json", ".geojson", ".csv", ".txt", ".pdf") and p.is_file()):
        if path.name in ("assumptions.csv", "problem.npz"):
            continue
        if path.suffix == ".pdf":
            from pypdf import PdfReader

            text = PdfReader(path).pages[0].extract_text()
        else:
            text = path.read_text(encoding="utf-8-sig")
        assert "synthetic" in text.lower(), path.relative_to(out)


def test_no_stage_reads_the_truth(made, tmp_path):
    out, first = made
    again = tmp_path / "out"
    shutil.copytree(out / "world", again / "world")
    shutil.rmtree(again / "world" / "truth")
    second = demo(again)
    assert {k: v for k, v in first.items() if k != "chain_head"} == {
        k: v for k, v in second.items() if k != "chain_head"}


def test_what_a_person_must_look_at_waits_and_the_chain_holds(made):
    out, summary = made
    assert summary["waiting"] == sum(r["quarantined"] for r in summary["imports"]) > 0
    for report in summary["imports"]:
        assert report["read"] == report["accepted"] + report["merged"] + report["quarantined"]
    registry = open_registry(str(out / "registry.gpkg"), writable=False)
    try:
        assert registry.audit() == []
    finally:
        registry.close()


def test_the_command_line_says_who_can_be_reached_now_and_under_the_plan(made, tmp_path):
    out, summary = made
    world = out / "world"
    found = tmp_path / "reach"
    done = subprocess.run(
        [sys.executable, "-m", "landrelease", "plan", "reach", "--as", "planner",
         str(out / "registry.gpkg"),
         "--roads", str(world / "roads.geojson"), "--bases", str(world / "bases.csv"),
         "--plan", str(out / "plan"), "--on", "2025-08-31", "--out", str(found)],
        check=True, capture_output=True, text=True)
    assert "27 of 64 communities can be reached on 2025-08-31" in done.stdout
    assert "synthetic data" in done.stderr.casefold()  # S19
    steps = list(csv.DictReader((found / "curve.csv").open(encoding="utf-8")))
    assert [int(row["communities"]) for row in steps] == sorted(
        int(row["communities"]) for row in steps)  # without closures nobody is cut off again
    assert int(steps[-1]["communities"]) == summary["communities"]["reopened_by_plan"]
    rows = list(csv.DictReader((found / "communities.csv").open(encoding="utf-8")))
    assert sum(row["reached"] == "true" for row in rows) == 27
    assert all((row["fewest_segments_to_open"] == "0") == (row["reached"] == "true")
               for row in rows)
    assert all(row["synthetic"] == "true" for row in rows)
    segments = json.loads((found / "segments.geojson").read_text())["features"]
    assert any(f["properties"]["people_if_opened"] > 0 for f in segments)


def test_safety_S19_a_plan_of_a_synthetic_registry_says_so(made, tmp_path):
    out, _ = made
    subprocess.run(
        [sys.executable, "-m", "landrelease", "plan", "make", "--as", "planner",
         str(out / "registry.gpkg"), "--teams",
         str(out / "world" / "teams.csv"), "--iterations", "1", "--quiet", "--out",
         str(tmp_path / "plan")], check=True, capture_output=True, text=True)
    for name in ("plan.csv", "plan.geojson", "plan.json"):
        assert "synthetic" in (tmp_path / "plan" / name).read_text(encoding="utf-8-sig").lower()
