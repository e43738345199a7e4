"""WLD: synthetic programmes with known truth: exact, repeatable, in the sea, and like real ones."""

import csv
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely

from landrelease.core.geometry import geodesic_area_m2
from landrelease.errors import LandReleaseError
from landrelease.records import intake, mapping, readers
from landrelease.records.teams import read_teams
from landrelease.worlds.closures import DAYS, in_season
from landrelease.worlds.describe import describe_world
from landrelease.worlds.make import generate, make_world
from landrelease.worlds.people import REACH_M
from landrelease.worlds.sizes import AS_OF, PLANE, START, Dice
from landrelease.worlds.tracks import make_tracks
from landrelease.worlds.work import WORKED_DAYS

KINDS = {"municipalities.geojson": "administrative_area", "suspected_areas.geojson": "hazard",
         "cancelled_areas.geojson": "outcome", "reduced_areas.geojson": "outcome",
         "cleared_areas.geojson": "outcome", "accidents.csv": "accident",
         "activity.csv": "activity", "settlements.csv": "settlement"}


@pytest.fixture(scope="module")
def village(tmp_path_factory):
    out = tmp_path_factory.mktemp("worlds") / "village"
    return make_world("village", 5, out)


@pytest.fixture(scope="module")
def district_files(tmp_path_factory):
    out = tmp_path_factory.mktemp("worlds") / "district"
    return make_world("district", 1, out)


@pytest.fixture(scope="module")
def district():
    return generate("district", 1)


def digests(folder):
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(folder.rglob("*")) if p.is_file()}


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def features_of(path):
    return json.loads(path.read_text(encoding="utf-8"))["features"]


# --- the same seed ------------------------------------------------------------------------------


def test_same_seed_same_bytes_whatever_the_number_of_threads(village, tmp_path):
    code = ("import sys; from pathlib import Path; from landrelease.worlds.make import make_world;"
            "make_world('village', 5, Path(sys.argv[1]))")
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "again")], check=True,
                   env={**os.environ, **threads, "PYTHONHASHSEED": "7"})
    assert digests(tmp_path / "again") == digests(village.out)


def test_another_seed_is_another_world():
    one, other = generate("village", 6), generate("village", 7)
    assert not np.array_equal(one.contamination.xy, other.contamination.xy)
    assert not np.array_equal(one.ground.settlements.xy, other.ground.settlements.xy)


def test_a_part_has_its_own_stream():
    dice = Dice(3, "village")
    first = dice("roads").random(4)
    dice("tracks", 2).random(100)
    assert np.array_equal(dice("roads").random(4), first)
    assert not np.array_equal(dice("roads", 1).random(4), first)
    assert not np.array_equal(Dice(3, "district")("roads").random(4), first)


@pytest.mark.parametrize(("size", "seed"), [("town", 1), ("village", -1)])
def test_unknown_size_or_seed_is_refused(size, seed):
    with pytest.raises(LandReleaseError, match="CLI-103"):
        generate(size, seed)


def test_a_world_is_never_mixed_with_other_files(tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(LandReleaseError, match=r"CLI-104.*not empty"):
        make_world("village", 1, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["note.txt"]
    (tmp_path / "file").write_text("")
    with pytest.raises(LandReleaseError, match="CLI-104"):
        make_world("village", 1, tmp_path / "file")


# --- S19 ----------------------------------------------------------------------------------------


def test_safety_S19_every_file_says_synthetic(village):
    for path in village.out.rglob("*"):
        if path.suffix == ".csv":
            assert all(r["synthetic"] == "yes" for r in rows_of(path)), path
            assert path.read_text(encoding="utf-8").split("\n")[0].endswith(",synthetic"), path
        elif path.suffix == ".geojson":
            assert json.loads(path.read_text(encoding="utf-8"))["synthetic"] is True
            assert all(f["properties"]["synthetic"] is True for f in features_of(path)), path
        elif path.suffix == ".json":
            assert "synthetic" in json.loads(path.read_text(encoding="utf-8"))["synthetic"]
        elif path.suffix == ".tif":
            with rasterio.open(path) as file:
                assert file.tags()["synthetic"] == "yes"
        elif path.suffix == ".parquet":
            assert b"synthetic" in pq.read_schema(path).metadata
        elif path.suffix == ".yaml":
            assert path.read_text(encoding="utf-8").startswith("# synthetic")
        elif path.is_file():
            assert path.name == "README.txt" and path.read_text().startswith("SYNTHETIC")


def test_safety_S19_a_world_lies_in_the_open_sea(district):
    """Between 46 and 48 degrees south, 0 and 3 degrees east there is no land; the nearest, Bouvet
    Island (54.42 S, 3.36 E), is more than 700 km away."""
    half = np.array([district.ground.size.width_m, district.ground.size.height_m]) / 2
    region = np.array([68_000.0, 52_000.0])
    assert (half <= region).all()
    corner = shapely.get_coordinates(PLANE.to_degrees(shapely.points(
        [[-68_000, -52_000], [68_000, -52_000], [68_000, 52_000], [-68_000, 52_000]])))
    assert corner[:, 0].min() > 0 and corner[:, 0].max() < 3
    assert corner[:, 1].min() > -48 and corner[:, 1].max() < -46
    assert (np.abs(district.contamination.xy) <= half).all()
    for shapes in (district.survey.shapes, district.ground.roads.lines,
                   district.ground.parcels.shapes):
        west, south, east, north = shapely.total_bounds(shapes)
        assert max(-west, east) <= half[0] and max(-south, north) <= half[1]


# --- land and roads -----------------------------------------------------------------------------


def test_the_district_has_37_of_64_communities_cut_off(district_files):
    """From the delivered files alone: what an import accepts blocks exactly the right roads."""
    out = district_files.out
    truth = json.loads((out / "truth" / "reachability.json").read_text())
    hazards = [r for r in taken_in(out, "suspected_areas.geojson").revisions
               if r.values["status"] not in ("closed", "handed_over")]
    roads = features_of(out / "roads.geojson")
    lines = np.array([shapely.LineString(f["geometry"]["coordinates"]) for f in roads])
    tree = shapely.STRtree(lines)
    blocked = {roads[m]["properties"]["id"] for m in np.unique(tree.query(
        np.array([h.geometry for h in hazards]), predicate="intersects")[1])}
    assert blocked == set(truth["blocked_segments"])
    reached = {int(b["node"]) for b in rows_of(out / "bases.csv")}
    edges = [(f["properties"]["from_node"], f["properties"]["to_node"]) for f in roads
             if f["properties"]["id"] not in blocked]
    while more := {b for a, b in edges if a in reached} | {a for a, b in edges if b in reached}:
        if more <= reached:
            break
        reached |= more
    rows = {r["identifier"]: int(r["node"]) for r in rows_of(out / "settlements.csv")
            if r["longitude"]}
    cut_off = sorted(k for k, node in rows.items() if node not in reached)
    assert cut_off == truth["cut_off"]
    assert (len(rows), len(cut_off)) == (64, 37)


def test_roads_meet_in_shared_vertices_and_nowhere_else(district_files):
    roads = features_of(district_files.out / "roads.geojson")
    place = {}
    for f in roads:
        points = f["geometry"]["coordinates"]
        for node, at in ((f["properties"]["from_node"], points[0]),
                         (f["properties"]["to_node"], points[-1])):
            assert place.setdefault(node, at) == at
    assert len({tuple(p) for p in place.values()}) == len(place)
    lines = np.array([shapely.LineString(f["geometry"]["coordinates"]) for f in roads])
    assert shapely.STRtree(lines).query(lines, predicate="crosses").shape[1] == 0


def test_open_roads_keep_clear_of_suspicions_even_when_these_are_widened(district):
    open_roads = district.ground.roads.lines[~district.blocked]
    wide = shapely.buffer(district.survey.shapes, district.survey.accuracy_m)
    assert shapely.STRtree(open_roads).query(wide, predicate="intersects").shape[1] == 0


def test_parcels_do_not_overlap_roads_and_have_a_slope(district):
    parcels = district.ground.parcels
    hits = shapely.STRtree(district.ground.roads.lines).query(
        parcels.shapes, predicate="intersects")
    assert hits.shape[1] == 0
    assert (parcels.slope_deg >= 0).all() and parcels.slope_deg.max() < 60
    assert len(set(parcels.land_use.tolist())) == 5


# --- truth --------------------------------------------------------------------------------------


def test_totals_are_exact(district, district_files):
    assert len(district.contamination.xy) == district.ground.size.items
    assert district.survey.area_m2.sum() == pytest.approx(district.ground.size.suspected_m2, abs=2)
    assert shapely.area(shapely.union_all(district.survey.shapes)) == pytest.approx(
        district.survey.area_m2.sum(), rel=1e-6)  # no overlap: no area counts twice
    shapes = [shapely.from_geojson(json.dumps(f["geometry"])) for f in
              features_of(district_files.out / "truth" / "sites.geojson")[:20]]
    plane = shapely.area(district.contamination.footprint[:20])
    assert [geodesic_area_m2(s) for s in shapes] == pytest.approx(plane, rel=2e-3)
    items = pq.read_table(district_files.out / "truth" / "items.parquet")
    assert items.num_rows == district.ground.size.items
    assert sum(f.amount_usd for f in district.funds if f.phase == 1) == 120_000_000
    assert sum(f.amount_usd for f in district.funds if f.phase == 2) == 80_000_000
    assert sum(p.budget_usd for p in district.projects) <= 80_000_000


def test_rows_are_regular_not_scattered(district):
    """The gaps along one row vary less than those of scattered items, whose spread is the mean."""
    data = district.contamination
    first, spread = data.first(), []
    for s in np.flatnonzero(data.site_kind == 0)[:30]:
        part = slice(first[s], first[s + 1])
        xy, row = data.xy[part], data.row[part]
        along = (xy - xy.mean(axis=0))[row == 0]
        if len(along) < 40:
            continue
        angle = np.arctan2(*(along[-1] - along[0])[::-1])
        gap = np.diff(np.sort(along[:, 0] * np.cos(angle) + along[:, 1] * np.sin(angle)))
        low, middle, high = np.percentile(gap, [25, 50, 75])
        spread.append((high - low) / middle)  # 1.58 for scattered items
    assert len(spread) > 5 and np.median(spread) < 0.6


def test_misses_are_shared(district):
    """Two searches by one school miss the same items more often than chance would have it."""
    data, detection = district.contamination, district.detection
    hidden = detection.item
    with_items = [1 - detection.chance("manual", k, 0.0, data.category, data.depth_m, hidden, 0.0)
                  for k in (1, 2)]  # both of the signal school
    both = float(np.mean(with_items[0] * with_items[1]))
    assert both > 1.5 * float(np.mean(with_items[0])) * float(np.mean(with_items[1]))
    deep = np.full(5, 0.6)
    for method, reach in REACH_M.items():
        assert reach < 0.6
        assert (detection.chance(method, 0, 0.0, np.zeros(5, dtype=int), deep, np.zeros(5), 0.0)
                == 0).all()


def test_closures_come_in_bursts(district):
    """More variable from week to week than independent days would be (a ratio of 1 or less)."""
    for cause in (0, 1):
        days = (district.closures.cause_of_day == cause).sum(axis=1)[: DAYS // 7 * 7]
        weeks = days.reshape(-1, 7).sum(axis=1)
        assert weeks.var() / weeks.mean() > 1.5


def test_the_description_falls_into_published_ranges(district):
    for world in (generate("village", 5), district):
        outside = [(s.name, s.value, s.low, s.high) for s in describe_world(world)
                   if s.within is False]
        assert outside == []
        assert sum(s.within is True for s in describe_world(world)) >= 10


def test_the_documented_table_is_what_the_worlds_are(district):
    page = (Path(__file__).parent.parent / "docs" / "worlds.md").read_text(encoding="utf-8")
    for place, world in ((1, generate("village", 1)), (2, district)):
        for s in describe_world(world):
            row = next(r for r in page.splitlines() if r.startswith(f"| {s.name} |"))
            assert row.split("|")[place + 1].strip() == f"{s.value:.3g}", s.name


# --- work ---------------------------------------------------------------------------------------


def test_pieces_partition_the_worked_ground(district):
    by_area = {}
    for p in district.work.pieces:
        if p.kind != "mechanical":
            by_area.setdefault(p.area, []).append(p)
    assert len(by_area) > 20
    for area, pieces in list(by_area.items())[:40]:
        strip = district.work.strips[area]
        shapes = [strip.piece(p.low, p.high) for p in pieces]
        union = shapely.union_all(shapes)
        assert union.area == pytest.approx(sum(s.area for s in shapes), rel=1e-4, abs=5)
        assert union.difference(district.survey.shapes[area].buffer(0.02)).area < 1
        for p, s in zip(pieces, shapes, strict=True):
            assert s.area == pytest.approx((p.high - p.low) * district.survey.area_m2[area],
                                           rel=0.06, abs=200)


def test_work_happens_on_working_days_on_ground_that_is_open(district):
    work, sector = district.work, district.closures
    middle = shapely.get_coordinates(shapely.point_on_surface(district.survey.shapes))
    where = sector.sector_of(middle)
    for r in work.reports:
        assert in_season(START + timedelta(days=r.day))
        if r.lost < 0:
            assert sector.cause_of_day[r.day, where[r.area]] < 0
            assert r.m2 >= 0 and 0 < r.hours <= 6
        elif r.lost <= 2:
            assert sector.cause_of_day[r.day, where[r.area]] == r.lost
            assert r.m2 == 0
    assert max(r.day for r in work.reports) < WORKED_DAYS


def test_finds_add_up_and_lie_where_work_was_done(district):
    work, survey = district.work, district.survey
    by_team = np.flatnonzero(work.found_team >= 0)
    assert sum(r.found for r in work.reports) == len(by_team) > 200
    seen = {(r.day, r.team, r.area) for r in work.reports if r.found}
    for i in by_team[:400]:
        key = (int(work.found_day[i]), int(work.found_team[i]), int(survey.item_area[i]))
        assert key in seen
    assert {s.item for s in district.spot_tasks}.isdisjoint(by_team.tolist())


def test_some_things_are_missed_and_inspections_find_a_part(district):
    left = sum(i.left_in_lot for i in district.inspections)
    sampled = sum(i.left_in_sample for i in district.inspections)
    found = sum(i.found for i in district.inspections)
    assert left > sampled >= found
    assert any(i.refused for i in district.inspections)
    assert any(i.severity == "critical" for i in district.inspections)


def test_what_exploded_or_was_inspected_away_is_gone(district):
    left = district.left()
    gone = [a.item for a in district.accidents if a.item >= 0 and a.exploded]
    assert gone and not left[gone].any() and len(set(gone)) == len(gone)
    seen = [i for x in district.inspections for i in x.items]
    assert seen and not left[seen].any()
    assert sum(x.found for x in district.inspections) == len(seen)
    assert left.sum() == (district.work.found_day < 0).sum() - len(set(gone))


def test_an_interruption_leaves_nothing_behind(tmp_path):
    def stop(what, share):
        if share >= 0.7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_world("village", 1, tmp_path / "world", stop)
    assert [p.name for p in tmp_path.rglob("*")] == ["world"]
    assert make_world("village", 1, tmp_path / "world").items == 1_500


def test_tracks_have_the_errors_of_receivers(district):
    tracks = make_tracks(district.work, district.teams, 9, district.dice())
    assert len(tracks) == 9
    memory = []
    for t in tracks:
        assert t.uncovered.difference(t.ground.buffer(0.01)).area < 0.01
        assert 0 <= t.uncovered.area <= t.ground.area
        error = (t.seen_xy - t.true_xy)[:, 0]
        if t.kind == "mechanical":
            residual = error - error.mean()
            memory.append(float((residual[1:] * residual[:-1]).mean() / (residual**2).mean()))
        assert (np.diff(t.seconds) > 0).all() and (t.seconds < 86_400).all()
    # One fix's error says much about the next one's.
    assert len(memory) == 6 and np.median(memory) > 0.8


# --- mess ---------------------------------------------------------------------------------------


def taken_in(out, name):
    table = readers.read(out / name)
    kind = mapping.guess_kind(table)
    assert kind == KINDS[name]
    bounds = readers.read(out / "municipalities.geojson")
    box = shapely.total_bounds(np.array([r.geometry for r in bounds.rows], dtype=object))
    return intake.take_in(
        table, kind, replace(mapping.propose(table, kind), crs="EPSG:4326"), existing={},
        today=date(2026, 1, 1),
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC), recorded_by="test",
        programme_bounds=tuple(box.tolist()))


@pytest.mark.parametrize("name", sorted(KINDS))
def test_planted_mess_lands_where_it_belongs(district_files, name):
    out = district_files.out
    intake_ = taken_in(out, name)
    report = intake_.report
    assert report.read == report.accepted + report.merged + report.quarantined > 0
    planted = [r for r in rows_of(out / "truth" / "planted_mess.csv") if r["file"] == name]
    for fate, count in (("merged", report.merged), ("quarantined", report.quarantined)):
        assert count == sum(p["fate"] == fate for p in planted)
    waiting = {q.row for q in intake_.quarantined}
    assert waiting == {int(p["row"]) for p in planted if p["fate"] == "quarantined"}


def test_inspections_and_evidence_come_in_by_the_mappings_of_the_world(village):
    made = {}
    for name, kind in (("inspections.csv", "inspection"), ("suspected_areas.geojson", "evidence")):
        used = mapping.load(village.out / "mappings" / f"{kind}.yaml")
        made[kind] = intake.take_in(
            readers.read(village.out / name), kind, replace(used, crs="EPSG:4326"), existing={},
            today=date(2026, 1, 1), recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
            recorded_by="test")
    rows = rows_of(village.out / "inspections.csv")
    visits = made["inspection"]
    assert visits.report.accepted == visits.report.read == len(rows) > 0
    for row, revision in zip(rows, visits.revisions, strict=True):
        said = revision.values
        assert said["outcomes"] == [row["lot"]] and said["lot_size"] == int(row["lot_m2"])
        assert said["inspected_on"] == row["date"]
        assert said["visit_refused"] == ("yes" if row["visit"] == "refused" else "no")
        assert said.get("result") == {"passed": "accepted", "failed": "rejected"}.get(
            row["result"])
    evidence = made["evidence"]
    planted = [r for r in rows_of(village.out / "truth" / "planted_mess.csv")
               if r["file"] == "suspected_areas.geojson" and r["fate"] == "quarantined"]
    assert {q.row for q in evidence.quarantined} <= {int(r["row"]) for r in planted}
    assert {r.values["evidence_type"] for r in evidence.revisions} == {"direct", "indirect"}
    assert all(r.values["hazard"] and r.values["evidence_kind"] for r in evidence.revisions)


def test_daily_reports_come_in_by_the_mapping_of_the_world(village):
    used = mapping.load(village.out / "mappings" / "daily_reports.yaml")
    found = intake.take_in(
        readers.read(village.out / "daily_reports.csv"), used.kind, replace(used, crs="EPSG:4326"),
        existing={}, today=date(2026, 1, 1), recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
        recorded_by="test")
    report = found.report
    assert report.read == len(rows_of(village.out / "daily_reports.csv")) > 0
    assert report.accepted > report.read / 2
    assert report.read == report.accepted + report.merged + report.quarantined


def test_teams_file_is_read_as_it_is(district_files):
    pools = read_teams(district_files.out / "teams.csv")
    assert sum(p.teams for p in pools) == district_files.teams
    assert {p.kind for p in pools} == {"nts", "ts", "manual", "mechanical"}


def test_daily_reports_are_late_doubled_and_in_other_units(district_files):
    out = district_files.out
    clean = {r["report_id"]: r for r in rows_of(out / "truth" / "daily_reports.csv")}
    sent = rows_of(out / "daily_reports.csv")
    factor = {"m2": 1, "ha": 10_000, "dunum": 1_000}
    assert {r["unit"] for r in sent} == set(factor)
    first = {}
    for r in sent:
        assert r["submitted_on"] <= AS_OF.isoformat()
        first.setdefault(r["report_id"], r)
    assert len(sent) > len(first)  # some twice
    for number, r in first.items():
        true = clean[number.rstrip("RJ")]
        if not number.endswith("R"):
            assert float(r["area_worked"]) * factor[r["unit"]] == pytest.approx(
                float(true["area_worked"]), abs=0.6)
    missing = clean.keys() - first.keys()
    assert missing and all(r > "2025-05" for r in (clean[m]["date"] for m in missing))


def test_references_between_files_hold(district_files):
    out = district_files.out
    areas = {f["properties"]["identifier"] for f in features_of(out / "suspected_areas.geojson")}
    pieces = {f["properties"]["identifier"] for f in features_of(out / "cleared_areas.geojson")}
    sectors = {f["properties"]["id"] for f in features_of(out / "closure_sectors.geojson")} | {
        "ALL"}
    homes = {r["identifier"] for r in rows_of(out / "settlements.csv")}
    projects = rows_of(out / "projects.csv")
    for p in projects:
        assert set(filter(None, p["needs_hazards"].split(";"))) <= areas
        assert p["settlement"] in homes
        assert p["after_project"] in {"", *(q["id"] for q in projects)}
    assert {r["lot"] for r in rows_of(out / "inspections.csv")} <= pieces
    assert {r["area"] for r in rows_of(out / "closures.csv")} <= sectors
    assert {r["hazard_identifier"] for r in rows_of(out / "daily_reports.csv")} <= areas
    for r in rows_of(out / "closures.csv"):
        assert r["to"] == "" or r["from"] < r["to"]
    for t in rows_of(out / "tracks.csv"):
        assert (out / t["file"]).is_file() and (out / "truth" / t["file"]).is_file()
