"""A world as files: what the programme would hold, and under `truth/` what no stage reads.

Every file says that it is synthetic (S19). Numbers are rounded and rows are in a fixed order, so
that the same world gives the same bytes.
"""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from landrelease.core.progress import Progress
from landrelease.errors import OUT_NOT_WRITABLE, LandReleaseError
from landrelease.worlds import mess, people
from landrelease.worlds.closures import CAUSES
from landrelease.worlds.contamination import CATEGORIES, SITES
from landrelease.worlds.describe import Statistic
from landrelease.worlds.ground import CLASSES, LAND_USE, SURFACE, degrees
from landrelease.worlds.make import World
from landrelease.worlds.people import ASSUMED, KINDS, ORGANISATIONS, SCHOOL_OF, SCHOOLS
from landrelease.worlds.sizes import AS_OF, PLANE, START, SYNTHETIC, VERSION
from landrelease.worlds.survey import QUALITY
from landrelease.worlds.tracks import RECEIVERS, Track, make_tracks
from landrelease.worlds.work import LOST

Row = dict[str, Any]
ACTIVITY = ("NTS", "TS", "clearance", "clearance")
METHOD = ("NTS", "TS", "manual", "mechanical")
EPOCH_NOTE = "times are UTC; days are local dates of the zone UTC+00:00"


def check_folder(out: Path) -> None:
    """Raise CLI-104 where `out` is a file, holds anything, or cannot be made."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise LandReleaseError(OUT_NOT_WRITABLE, path=out,
                                   found="the folder is not empty, and a world is never mixed "
                                         "with other files")
    except OSError as error:
        raise LandReleaseError(OUT_NOT_WRITABLE, path=out, found=error.strerror or error) from None


@contextmanager
def in_place_of(out: Path) -> Iterator[Path]:
    """A folder inside the empty folder `out`; its files move up into `out` when all went well.

    Raises CLI-104 where a file cannot be written.
    """
    try:
        made = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=out))
    except OSError as error:
        raise LandReleaseError(OUT_NOT_WRITABLE, path=out, found=error.strerror or error
                               ) from error
    try:
        yield made
        for child in sorted(made.iterdir()):
            child.rename(out / child.name)
    except OSError as error:
        raise LandReleaseError(OUT_NOT_WRITABLE, path=out, found=error.strerror or error
                               ) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


class _Folder:
    def __init__(self, out: Path):
        self.out = out
        self.files: list[str] = []

    def path(self, name: str) -> Path:
        self.files.append(name)
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def text(self, name: str, text: str) -> None:
        self.path(name).write_text(text, encoding="utf-8", newline="\n")

    def json(self, name: str, document: Any) -> None:
        self.text(name, json.dumps(document, indent=1, ensure_ascii=False) + "\n")

    def csv(self, name: str, rows: Iterable[Row], columns: Sequence[str]) -> None:
        with self.path(name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([*columns, "synthetic"])
            writer.writerows([*(row.get(c, "") for c in columns), "yes"] for row in rows)

    def geojson(self, name: str, features: Iterable[mess.Feature]) -> None:
        with self.path(name).open("w", encoding="utf-8", newline="\n") as file:
            head = json.dumps({"type": "FeatureCollection", "name": Path(name).stem,
                               "synthetic": True, "note": SYNTHETIC}, separators=(",", ":"))
            file.write(head[:-1] + ',"features":[\n')
            for k, feature in enumerate(features):
                words = json.dumps({**feature.properties, "synthetic": True},
                                   ensure_ascii=False, separators=(",", ":"))
                file.write(f'{"," if k else ""}{{"type":"Feature","properties":{words},'
                           f'"geometry":{feature.geometry}}}\n')
            file.write("]}\n")


def shapes_json(shapes: np.ndarray) -> list[str]:
    """Planar shapes as GeoJSON text in degrees, rounded to 1e-7."""
    carried = PLANE.to_degrees(np.asarray(shapes, dtype=object))
    rounded = shapely.transform(carried, lambda xy: np.round(xy, 7))
    return list(shapely.to_geojson(rounded))


def _places(xy: Any) -> list[tuple[float, float]]:
    xy = np.asarray(xy, dtype=float).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in degrees(xy)] if len(xy) else []


def hazard_id(a: int) -> str:
    return f"SHA-{a + 1:05d}"


def community(k: int) -> str:
    return f"Community {k + 1:03d}"


def write_world(world: World, statistics: Sequence[Statistic], out: Path, progress: Progress
                ) -> tuple[str, ...]:
    """Write all files; their names in the order of writing."""
    folder = _Folder(out)
    planted: list[mess.Planted] = []
    _land(world, folder, planted)
    progress("areas", 0.55)
    _areas(world, folder, planted)
    progress("teams, closures, money", 0.65)
    _teams(world, folder)
    _closures(world, folder)
    _money(world, folder)
    progress("reports and finds", 0.7)
    _operations(world, folder, planted)
    progress("tracks", 0.8)
    _tracks(world, folder)
    progress("truth", 0.9)
    _truth(world, folder)
    folder.csv("truth/planted_mess.csv", [asdict(p) for p in planted],
               ("file", "row", "what", "fate"))
    for name, text in MAPPINGS.items():
        folder.text(f"mappings/{name}.yaml", f"# {SYNTHETIC}\n{text}")
    _about(world, statistics, folder)
    return tuple(folder.files)


# --- land --------------------------------------------------------------------------------------


def _land(world: World, folder: _Folder, planted: list[mess.Planted]) -> None:
    ground, settlements, roads = world.ground, world.ground.settlements, world.ground.roads
    folder.geojson("municipalities.geojson", [
        mess.Feature({"id": f"MUN-{k + 1:02d}", "name": f"Municipality {k + 1:02d}", "level": 3},
                     text)
        for k, text in enumerate(shapes_json(ground.municipalities))])
    places = _places(settlements.xy)
    rows: list[Row] = [
        {"identifier": f"COM-{k + 1:03d}", "name": community(k), "longitude": places[k][0],
         "latitude": places[k][1],
         "municipality": f"Municipality {settlements.municipality[k] + 1:02d}",
         "population": int(settlements.population[k]), "population_year": 2023,
         "position_accuracy_m": 150, "node": int(settlements.node[k])}
        for k in range(len(places))]
    delivered, told = mess.messy_points("settlements.csv", rows, world.dice()("mess", 1),
                                        swap=False, repeat=1)
    planted += told
    folder.csv("settlements.csv", delivered, tuple(rows[0]))
    folder.csv("bases.csv", [
        {"id": f"BASE-{k + 1:02d}", "name": f"Base {community(k)}",
         "settlement": f"COM-{k + 1:03d}", "longitude": places[k][0],
         "latitude": places[k][1], "node": int(settlements.node[k])}
        for k in range(settlements.bases)],
        ("id", "name", "settlement", "longitude", "latitude", "node"))
    length = shapely.length(roads.lines)
    folder.geojson("roads.geojson", [
        mess.Feature({"id": f"R{m + 1:05d}", "class": CLASSES[roads.road_class[m]],
                      "from_node": int(roads.ends[m, 0]), "to_node": int(roads.ends[m, 1]),
                      "surface": SURFACE[CLASSES[roads.road_class[m]]],
                      "length_m": round(float(length[m]), 1)}, text)
        for m, text in enumerate(shapes_json(roads.lines))])
    parcels = ground.parcels
    folder.geojson("parcels.geojson", [
        mess.Feature({"id": f"P{q + 1:06d}", "land_use": LAND_USE[parcels.land_use[q]],
                      "area_m2": round(float(area), 1), "slope_deg": float(parcels.slope_deg[q]),
                      "settlement": f"COM-{parcels.settlement[q] + 1:03d}"}, text)
        for q, (text, area) in enumerate(zip(
            shapes_json(parcels.shapes), shapely.area(parcels.shapes), strict=True))])
    _relief(world, folder)


def _relief(world: World, folder: _Folder) -> None:
    import rasterio
    from rasterio.transform import Affine

    relief = world.ground.relief
    rows, columns = relief.height_m.shape
    with rasterio.open(
            folder.path("relief.tif"), "w", driver="GTiff", width=columns, height=rows, count=1,
            dtype="float32", crs="EPSG:4326", compress="deflate", predictor=3, tiled=True,
            blockxsize=256, blockysize=256,
            transform=Affine(relief.step_deg, 0.0, relief.west, 0.0, -relief.step_deg, relief.north)
    ) as file:
        file.write(relief.height_m, 1)
        file.set_band_description(1, "height above sea level in m, synthetic")
        file.update_tags(synthetic="yes", note=SYNTHETIC)


# --- areas -------------------------------------------------------------------------------------


def hazard_features(world: World) -> list[mess.Feature]:
    """The suspected areas as they should be reported, in the order of the survey."""
    survey = world.survey
    middle = shapely.get_coordinates(shapely.point_on_surface(survey.shapes))
    home = shapely.STRtree(shapely.points(world.ground.settlements.xy)).query_nearest(
        shapely.points(middle), all_matches=False)[1]
    out = []
    for a, text in enumerate(shapes_json(survey.shapes)):
        out.append(mess.Feature({
            "identifier": hazard_id(a), "name": f"{community(int(home[a]))}, area {a + 1}",
            "hazard_type": "CHA" if survey.direct[a] else "SHA",
            "status": world.work.status[a],
            "device_category": survey.suspected_category[a] or None,
            "area": round(float(survey.area_m2[a]), 1),
            "information_date": survey.surveyed[a].isoformat(),
            "organisation": ORGANISATIONS[survey.organisation[a]],
            "position_accuracy_m": float(survey.accuracy_m[a]),
            "evidence_kind": "direct" if survey.direct[a] else "indirect",
            "evidence": survey.evidence[a], "settlement": f"COM-{home[a] + 1:03d}"}, text))
    return out


def _areas(world: World, folder: _Folder, planted: list[mess.Planted]) -> None:
    survey = world.survey
    may_spoil = (survey.segment < 0) & (survey.site < 0) & (np.array(world.work.status) == "open")
    features, told = mess.messy_hazards(hazard_features(world), may_spoil, world.dice()("mess", 2))
    planted += told
    folder.geojson("suspected_areas.geojson", features)
    machine = {(p.area, p.low, p.high) for p in world.work.pieces if p.kind == "mechanical"}
    for kind in ("cancelled", "reduced", "cleared"):
        pieces = [(k, p) for k, p in enumerate(world.work.pieces) if p.kind == kind]
        shapes = np.array([world.work.strips[p.area].piece(p.low, p.high) for _, p in pieces],
                          dtype=object)
        texts = shapes_json(shapes) if len(shapes) else []
        rows = []
        for (k, p), text, shape in zip(pieces, texts, shapes, strict=True):
            if shape.is_empty:
                continue
            behind = kind == "cleared" and any(
                a == p.area and low <= p.low + 1e-9 and p.high <= high + 1e-9
                for a, low, high in machine)
            rows.append(mess.Feature({
                "identifier": f"OUT-{k + 1:06d}", "hazard_identifier": hazard_id(p.area),
                "outcome_type": kind,
                "method": {"cancelled": "NTS", "reduced": "TS"}.get(
                    kind, "machine, then manual" if behind else "manual"),
                "depth_m": 0.2 if kind == "cleared" else None,
                "information_date": (START + timedelta(days=p.day)).isoformat(),
                "organisation": ORGANISATIONS[world.teams.organisation[p.team]],
                "team": world.teams.team_id(p.team)}, text))
        folder.geojson(f"{kind}_areas.geojson", rows)


# --- teams, closures, money --------------------------------------------------------------------


def _teams(world: World, folder: _Folder) -> None:
    teams = world.teams
    folder.csv("organisations.csv", [
        {"id": f"ORG-{name[-1]}", "organisation": name, "school": SCHOOLS[SCHOOL_OF[k]]}
        for k, name in enumerate(ORGANISATIONS)], ("id", "organisation", "school"))
    places = _places(world.ground.settlements.xy)
    rows = []
    for p in range(len(teams.pool_kind)):
        kind = KINDS[teams.pool_kind[p]]
        rate, low, high, cost, source = ASSUMED[kind]
        base = int(teams.pool_base[p])
        rows.append({
            "id": teams.pool_id(p), "kind": kind,
            "organisation": ORGANISATIONS[teams.pool_organisation[p]],
            "base": f"Base {community(base)}", "longitude": places[base][0],
            "latitude": places[base][1], "teams": int(np.sum(teams.pool == p)),
            "m2_per_day": rate, "m2_per_day_low": low, "m2_per_day_high": high,
            "cost_per_day": cost, "currency": "USD", "available_from": "", "available_until": "",
            "source": source})
    folder.csv("teams.csv", rows, (
        "id", "kind", "organisation", "base", "longitude", "latitude", "teams", "m2_per_day",
        "m2_per_day_low", "m2_per_day_high", "cost_per_day", "currency", "available_from",
        "available_until", "source"))
    rng = world.dice()("accreditations")
    scopes = {"nts": "NTS", "ts": "TS", "manual": "Manual Clearance", "mechanical": "Mechanical"}
    rows = []
    for t in range(len(teams.pool)):
        joined = START + timedelta(days=int(teams.joined_day[t]))
        start = joined - timedelta(days=int(rng.integers(3, 60)))
        rows.append({
            "team": teams.team_id(t), "pool": teams.pool_id(int(teams.pool[t])),
            "organisation": ORGANISATIONS[teams.organisation[t]],
            "base": community(int(teams.pool_base[teams.pool[t]])),
            "scope": scopes[KINDS[teams.kind[t]]],
            "trained_at": SCHOOLS[SCHOOL_OF[teams.organisation[t]]],
            "training_days": int(rng.integers(15, 45)), "joined_on": joined.isoformat(),
            "accredited_from": start.isoformat(),
            "accredited_until": (start + timedelta(days=int(rng.choice([365, 730])))).isoformat()})
    folder.csv("accreditations.csv", rows, (
        "team", "pool", "organisation", "base", "scope", "trained_at", "training_days",
        "joined_on", "accredited_from", "accredited_until"))
    folder.csv("detection_trials.csv", people.blind_trials(world.detection, world.dice()), (
        "organisation", "school", "method", "device_category", "targets", "found", "depth_from_m",
        "depth_to_m"))


def _sector_id(k: int) -> str:
    return f"SEC-{k + 1:03d}" if k >= 0 else "ALL"


def _closures(world: World, folder: _Folder) -> None:
    closures, rng = world.closures, world.dice()("mess", 3)
    folder.geojson("closure_sectors.geojson", [
        mess.Feature({"id": _sector_id(k)}, text)
        for k, text in enumerate(shapes_json(closures.sectors))])
    rows = []
    for c, (start, end) in enumerate(zip(closures.start, closures.end, strict=True)):
        told = rng.random(4)
        if start.date() > AS_OF or told[0] < 0.04:  # some are never written down
            continue
        begin = start + timedelta(hours=float(np.round(6 * told[1])))
        lifted = end + timedelta(hours=float(np.round(10 * told[2])))
        rows.append({
            "id": f"CL-{c + 1:05d}", "area": _sector_id(int(closures.sector[c])),
            "from": _time(begin),
            "to": _time(lifted) if lifted.date() <= AS_OF and lifted > begin else "",
            "cause": CAUSES[closures.cause[c]], "reported_by": "security officer"})
    folder.csv("closures.csv", rows, ("id", "area", "from", "to", "cause", "reported_by"))
    grounds = np.array([*closures.sectors, shapely.union_all(closures.sectors)], dtype=object)
    texts = dict(zip([*(_sector_id(k) for k in range(len(closures.sectors))), "ALL"],
                     shapes_json(grounds), strict=True))
    folder.geojson("closures.geojson", [
        mess.Feature({k: row[k] or None for k in ("id", "from", "to", "cause")},
                     texts[row["area"]]) for row in rows])


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%MZ")


def _money(world: World, folder: _Folder) -> None:
    folder.csv("funds.csv", [
        {"id": f.id, "phase": f.phase, "donor": f.donor, "amount": f.amount_usd, "currency": "USD",
         "pledged_on": f.pledged_on.isoformat() if f.pledged_on <= AS_OF else "",
         "announced_for": f.announced_for.isoformat(),
         "arrived_on": f.arrives_on.isoformat() if f.arrives_on <= AS_OF else "",
         "status": "received" if f.arrives_on <= AS_OF else
                   "pledged" if f.pledged_on <= AS_OF else "announced"} for f in world.funds],
        ("id", "phase", "donor", "amount", "currency", "pledged_on", "announced_for",
         "arrived_on", "status"))
    rng = world.dice()("expenses")
    cost: dict[tuple[int, int, int], float] = {}
    for report in world.work.reports:
        day = START + timedelta(days=report.day)
        key = (day.year, day.month, int(world.teams.organisation[report.team]))
        cost[key] = cost.get(key, 0.0) + ASSUMED[KINDS[report.activity]][3]
    euro: dict[tuple[int, int], float] = {}
    price = 1.09
    for when in sorted({k[:2] for k in cost}):
        price *= float(np.exp(rng.normal(0, 0.012)))
        euro[when] = round(price, 4)
    folder.csv("exchange_rates.csv", [
        {"month": f"{y}-{m:02d}", "day": f"{y}-{m:02d}-01", "from": "EUR", "to": "USD", "rate": r}
        for (y, m), r in euro.items()], ("month", "day", "from", "to", "rate"))
    rows = []
    for k, ((year, month, who), amount) in enumerate(sorted(cost.items())):
        amount *= float(rng.uniform(1.05, 1.3))  # overheads
        in_euro = who == 3
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        rows.append({"id": f"E-{k + 1:05d}", "phase": 1, "day": min(last, AS_OF).isoformat(),
                     "organisation": ORGANISATIONS[who],
                     "amount": round(amount / euro[year, month] if in_euro else amount, 2),
                     "currency": "EUR" if in_euro else "USD", "purpose": "survey and clearance"})
    folder.csv("expenses.csv", rows, ("id", "phase", "day", "organisation", "amount", "currency",
                                      "purpose"))
    places = _places([p.place for p in world.projects])
    folder.csv("projects.csv", [
        {"id": p.id, "phase": 2, "kind": p.kind, "settlement": f"COM-{p.settlement + 1:03d}",
         "beneficiaries": int(world.ground.settlements.population[p.settlement]),
         "needs_hazards": ";".join(hazard_id(a) for a in p.hazards),
         "parcel": f"P{p.parcel + 1:06d}" if p.parcel >= 0 else "",
         "longitude": places[k][0], "latitude": places[k][1], "budget": p.budget_usd,
         "currency": "USD", "duration_days": p.days, "season_first_month": p.season[0],
         "season_last_month": p.season[1], "after_project": p.after}
        for k, p in enumerate(world.projects)],
        ("id", "phase", "kind", "settlement", "needs_hazards", "parcel", "longitude", "latitude",
         "budget", "currency", "duration_days", "season_first_month", "season_last_month",
         "after_project", "beneficiaries"))


# --- operations --------------------------------------------------------------------------------


def clean_reports(world: World) -> list[Row]:
    """Daily reports as they should have been sent: m², ISO dates, each once."""
    teams = world.teams
    names = [teams.team_id(t) for t in range(len(teams.pool))]
    rows = []
    for k, r in enumerate(world.work.reports):
        rows.append({
            "report_id": f"DR-{k + 1:07d}",
            "date": (START + timedelta(days=r.day)).isoformat(), "submitted_on": "",
            "team": names[r.team], "organisation": ORGANISATIONS[teams.organisation[r.team]],
            "hazard_identifier": hazard_id(r.area), "activity": ACTIVITY[r.activity],
            "method": METHOD[r.activity], "area_worked": round(r.m2, 1), "unit": "m2",
            "hours": r.hours, "signals": r.alarms, "items_found": r.found,
            "small_arms_rounds": r.rounds, "lost_day": "yes" if r.lost >= 0 else "no",
            "lost_reason": LOST[r.lost] if r.lost >= 0 else "", "joint_with": ""})
    return rows


def _operations(world: World, folder: _Folder, planted: list[mess.Planted]) -> None:
    reports = clean_reports(world)
    delivered, told = mess.messy_reports(reports, AS_OF, world.dice()("mess", 4))
    planted += told
    columns = tuple(reports[0])
    folder.csv("daily_reports.csv", delivered, columns)
    folder.csv("truth/daily_reports.csv", reports, columns)
    _found(world, folder)
    _events(world, folder, planted)
    _activities(world, folder, planted)


def _found(world: World, folder: _Folder) -> None:
    data, work, rng = world.contamination, world.work, world.dice()("mess", 5)
    spot = {s.item: s for s in world.spot_tasks}
    inspected = {i: x for x in world.inspections for i in x.items}
    found = np.flatnonzero(work.found_day >= 0)
    found = found[np.lexsort((found, work.found_day[found]))]
    accuracy = rng.choice([1.0, 3.0, 5.0], len(found))
    lies = np.where(np.isnan(work.moved[found]), data.xy[found], work.moved[found])
    places = _places(lies + rng.normal(0, 1, (len(found), 2)) * accuracy[:, None] / 2.146)
    wrong = rng.random(len(found))
    rows: list[Row] = []
    for k, i in enumerate(found.tolist()):
        team = int(work.found_team[i])
        organisation = (int(world.teams.organisation[team]) if team >= 0 else
                        spot[i].organisation if i in spot else -1)
        category = CATEGORIES[data.category[i]]
        if wrong[k] < 0.02:
            category = "unknown"
        depth: Any = float(np.round(data.depth_m[i], 2))
        if organisation == 4:
            depth = f"{depth * 100:.0f} cm"
        rows.append({
            "identifier": f"I-{i + 1:07d}",
            "information_date": (START + timedelta(days=int(work.found_day[i]))).isoformat(),
            "hazard_identifier": hazard_id(int(world.survey.item_area[i])) if i not in spot else "",
            "team": world.teams.team_id(team) if team >= 0 else "",
            "organisation": ORGANISATIONS[organisation] if organisation >= 0 else
            inspected[i].inspector, "longitude": places[k][0],
            "latitude": places[k][1], "position_accuracy_m": float(accuracy[k]),
            "device_category": category, "depth": depth,
            "method": METHOD[work.found_by[i]] if team >= 0 else
                      "EOD spot task" if i in spot else "inspection",
            "action": "destroyed by the machine" if work.found_by[i] == 3 else
                      "destroyed in place" if wrong[k] < 0.7 else "removed and destroyed"})
        if wrong[k] > 0.99:
            rows.append(dict(rows[-1]))
    folder.csv("items_found.csv", rows, (
        "identifier", "information_date", "hazard_identifier", "team", "organisation", "longitude",
        "latitude", "position_accuracy_m", "device_category", "depth", "method", "action"))


def _events(world: World, folder: _Folder, planted: list[mess.Planted]) -> None:
    rng = world.dice()("mess", 6)
    places = _places(np.array([a.xy for a in world.accidents])
                     + rng.normal(0, 25, (len(world.accidents), 2)))
    rows: list[Row] = [
        {"identifier": f"ACC-{k + 1:04d}", "information_date": a.day.isoformat(),
         "longitude": places[k][0], "latitude": places[k][1], "position_accuracy_m": 60,
         "accident_class": a.accident_class, "victims": a.women + a.men + a.girls + a.boys,
         "women": a.women, "men": a.men, "girls": a.girls, "boys": a.boys,
         "activity_at_the_time": a.activity,
         "device_category": CATEGORIES[world.contamination.category[a.item]] if a.item >= 0 else "",
         "team": world.teams.team_id(a.team) if a.team >= 0 else ""}
        for k, a in enumerate(world.accidents)]
    delivered, told = mess.messy_points("accidents.csv", rows, rng, swap=True, repeat=2)
    planted += told
    folder.csv("accidents.csv", delivered, tuple(rows[0]))
    pieces = world.work.pieces
    folder.csv("inspections.csv", [
        {"id": f"INS-{k + 1:05d}", "lot": f"OUT-{i.piece + 1:06d}", "date": i.day.isoformat(),
         "organisation_inspected": ORGANISATIONS[world.teams.organisation[pieces[i.piece].team]],
         "team": world.teams.team_id(pieces[i.piece].team), "inspecting": i.inspector,
         "visit": "refused" if i.refused else "made",
         "lot_m2": round((pieces[i.piece].high - pieces[i.piece].low)
                         * float(world.survey.area_m2[pieces[i.piece].area])),
         "sample_m2": "" if i.refused else round(i.sample_m2),
         "items_found": "" if i.refused else i.found,
         "result": "" if i.refused else ("failed" if i.severity in ("major", "critical")
                                         else "passed"),
         "nonconformity": i.severity, "corrective_action": i.action}
        for k, i in enumerate(world.inspections)],
        ("id", "lot", "date", "organisation_inspected", "team", "inspecting", "visit", "lot_m2",
         "sample_m2", "items_found", "result", "nonconformity", "corrective_action"))


def _activities(world: World, folder: _Folder, planted: list[mess.Planted]) -> None:
    """One row an area, activity and organisation: the summary that an operator sends at the end."""
    known: dict[tuple[int, str, int], list[int]] = {}
    for r in world.work.reports:
        if r.lost >= 0:
            continue
        key = (r.area, ACTIVITY[r.activity], int(world.teams.organisation[r.team]))
        entry = known.setdefault(key, [r.day, 0])
        entry[0] = max(entry[0], r.day)
        entry[1] += r.found
    keys = sorted(known)
    middle = _places(shapely.get_coordinates(shapely.point_on_surface(
        world.survey.shapes[[k[0] for k in keys]])))
    rows: list[Row] = []
    for (area, activity, organisation), place in zip(keys, middle, strict=True):
        day, found = known[area, activity, organisation]
        rows.append({"identifier": f"ACT-{len(rows) + 1:05d}", "hazard": hazard_id(area),
                     "information_date": (START + timedelta(days=day)).isoformat(),
                     "longitude": place[0], "latitude": place[1], "activity_type": activity,
                     "organisation": ORGANISATIONS[organisation], "items_found": found})
    for place, s in zip(_places([s.xy for s in world.spot_tasks]), world.spot_tasks, strict=True):
        rows.append({"identifier": f"ACT-{len(rows) + 1:05d}", "hazard": "",
                     "information_date": s.day.isoformat(), "longitude": place[0],
                     "latitude": place[1], "activity_type": "EOD_spot_task",
                     "organisation": ORGANISATIONS[s.organisation], "items_found": 1})
    delivered, told = mess.messy_points("activity.csv", rows, world.dice()("mess", 7),
                                        swap=True, repeat=4)
    planted += told
    folder.csv("activity.csv", delivered, tuple(rows[0]))


# --- tracks ------------------------------------------------------------------------------------


def _tracks(world: World, folder: _Folder) -> None:
    tracks = make_tracks(world.work, world.teams, world.ground.size.tracks, world.dice())
    folder.csv("tracks.csv", [
        {"track": t.id, "file": f"tracks/{t.id}.csv", "team": t.team,
         "hazard_identifier": hazard_id(t.area), "date": t.start.date().isoformat(),
         "kind": t.kind, "width_m": t.width_m, "receiver": t.receiver,
         "position_error_m": round(float(np.hypot(*RECEIVERS[t.receiver][:2])), 3)}
        for t in tracks],
        ("track", "file", "team", "hazard_identifier", "date", "kind", "width_m", "receiver",
         "position_error_m"))
    if tracks:
        folder.geojson("track_grounds.geojson", [
            mess.Feature({"track": t.id, "hazard_identifier": hazard_id(t.area)}, text)
            for t, text in zip(tracks, shapes_json(np.array([t.ground for t in tracks],
                                                            dtype=object)), strict=True)])
        folder.geojson("truth/track_uncovered.geojson", [
            mess.Feature({"track": t.id, "uncovered_m2": round(float(t.uncovered.area), 2),
                          "ground_m2": round(float(t.ground.area), 2), "damage": t.damage}, text)
            for t, text in zip(tracks, shapes_json(np.array([t.uncovered for t in tracks],
                                                            dtype=object)), strict=True)])
    columns = ["time", "latitude", "longitude", "pass", "engaged", "depth_m", "heading_deg"]
    for track in tracks:
        _write_track(folder.path(f"tracks/{track.id}.csv"), columns, track, track.seen_xy,
                     ~track.missing, track.damage)
        _write_track(folder.path(f"truth/tracks/{track.id}.csv"), columns, track, track.true_xy,
                     np.ones(len(track.seconds), dtype=bool), "")


def _write_track(path: Path, columns: list[str], track: Track, xy: np.ndarray, keep: np.ndarray,
                 damage: str) -> None:
    points = PLANE.to_degrees(shapely.points(xy))
    place = np.round(shapely.get_coordinates(points), 8)
    seconds = track.seconds.copy()
    if damage == "clock jumps":
        seconds[len(seconds) // 2:] -= 1_800.0
    if damage == "swapped axes":
        place = place[:, ::-1]
    if damage == "zero fixes":
        place[len(place) // 3:len(place) // 3 + 5] = 0.0
    if damage == "leap":
        place[2 * len(place) // 3] += 0.00028
    index = np.flatnonzero(keep)
    if damage == "cut off":
        index = index[: max(2, int(0.7 * len(index)))]
    if damage == "fixes doubled":
        index = np.sort(np.concatenate([index, index[::9]]))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*columns, "synthetic"])
        midnight = track.start
        for i in index.tolist():
            moment = midnight + timedelta(seconds=float(seconds[i]))
            writer.writerow([
                moment.strftime("%Y-%m-%dT%H:%M:%SZ"), f"{place[i, 1]:.8f}", f"{place[i, 0]:.8f}",
                int(track.lane[i]) + 1, int(track.engaged[i]), float(track.depth_m[i]),
                float(track.heading_deg[i]), "yes"])


# --- truth -------------------------------------------------------------------------------------


def _truth(world: World, folder: _Folder) -> None:
    _items(world, folder)
    data, survey, ground = world.contamination, world.survey, world.ground
    first = data.first()
    folder.geojson("truth/sites.geojson", [
        mess.Feature({"site": s, "kind": SITES[data.site_kind[s]],
                      "items": int(first[s + 1] - first[s])}, text)
        for s, text in enumerate(shapes_json(data.footprint))])
    inside = np.bincount(survey.item_area[survey.item_area >= 0], minlength=len(survey.shapes))
    left = np.bincount(survey.item_area[(survey.item_area >= 0) & world.left()],
                       minlength=len(survey.shapes))
    folder.csv("truth/suspected_areas.csv", [
        {"identifier": hazard_id(a), "site": int(survey.site[a]),
         "drawn": QUALITY[survey.quality[a]], "items": int(inside[a]), "items_left": int(left[a]),
         "blocks_road": f"R{survey.segment[a] + 1:05d}" if survey.segment[a] >= 0 else ""}
        for a in range(len(survey.shapes))],
        ("identifier", "site", "drawn", "items", "items_left", "blocks_road"))
    folder.json("truth/reachability.json", {
        "synthetic": SYNTHETIC, "as_of": AS_OF.isoformat(),
        "bases": [int(n) for n in ground.settlements.node[: ground.settlements.bases]],
        "blocked_segments": [f"R{m + 1:05d}" for m in np.flatnonzero(world.blocked).tolist()],
        "cut_off": [f"COM-{k + 1:03d}" for k in np.flatnonzero(world.cut_off).tolist()],
        "people_cut_off": int(ground.settlements.population[world.cut_off].sum())})
    detection, teams = world.detection, world.teams
    folder.json("truth/detection.json", {
        "synthetic": SYNTHETIC,
        "meaning": "logistic sums: method + organisation + school by category + team + soil + item "
                   "+ 2.2 (metal - 0.7) - 9 max(0, depth - 0.05); 0 below the reach of the method",
        "method": people.METHOD_SKILL, "reach_m": people.REACH_M,
        "categories": list(CATEGORIES), "schools": list(SCHOOLS),
        "school_by_category": np.round(detection.school, 6).tolist(),
        "organisation": dict(zip(ORGANISATIONS, np.round(detection.organisation, 6).tolist(),
                                 strict=True)),
        "soil_by_municipality": np.round(detection.soil, 6).tolist()})
    folder.csv("truth/teams.csv", [
        {"team": teams.team_id(t), "kind": KINDS[teams.kind[t]],
         "m2_per_full_day": float(teams.rate[t]), "skill": round(float(teams.skill[t]), 6)}
        for t in range(len(teams.pool))], ("team", "kind", "m2_per_full_day", "skill"))
    closures = world.closures
    folder.csv("truth/closures.csv", [
        {"area": _sector_id(int(closures.sector[c])), "from": _time(closures.start[c]),
         "to": _time(closures.end[c]), "cause": CAUSES[closures.cause[c]]}
        for c in range(len(closures.cause))], ("area", "from", "to", "cause"))
    folder.csv("truth/funds.csv", [
        {"id": f.id, "arrives_on": f.arrives_on.isoformat()} for f in world.funds],
        ("id", "arrives_on"))
    folder.csv("truth/inspections.csv", [
        {"id": f"INS-{k + 1:05d}", "left_in_sample": i.left_in_sample, "left_in_lot": i.left_in_lot}
        for k, i in enumerate(world.inspections)], ("id", "left_in_sample", "left_in_lot"))
    folder.csv("truth/accidents.csv", [
        {"identifier": f"ACC-{k + 1:04d}", "item": a.item + 1 if a.item >= 0 else "",
         "exploded": "yes" if a.exploded else "no"}
        for k, a in enumerate(world.accidents)], ("identifier", "item", "exploded"))
    folder.csv("truth/pieces.csv", [
        {"identifier": f"OUT-{k + 1:06d}", "hazard_identifier": hazard_id(p.area), "kind": p.kind,
         "from_share": round(p.low, 9), "to_share": round(p.high, 9), "day": p.day,
         "team": teams.team_id(p.team)} for k, p in enumerate(world.work.pieces)],
        ("identifier", "hazard_identifier", "kind", "from_share", "to_share", "day", "team"))


def _items(world: World, folder: _Folder) -> None:
    """All items, in blocks of 100,000: Parquet with the world's note in its schema."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    data, work = world.contamination, world.work
    words, still = pa.array(CATEGORIES), world.left()
    schema = pa.schema(
        [("item", pa.int64()), ("longitude", pa.float64()), ("latitude", pa.float64()),
         ("depth_m", pa.float32()), ("category", pa.dictionary(pa.int8(), pa.string())),
         ("site", pa.int32()), ("row", pa.int16()), ("area", pa.int64()),
         ("found_on", pa.date32()), ("found_by_team", pa.int32()), ("left", pa.bool_()),
         ("difficulty", pa.float32()), ("moved_by_m", pa.float32()), ("synthetic", pa.bool_())],
        metadata={"synthetic": SYNTHETIC})
    with pq.ParquetWriter(folder.path("truth/items.parquet"), schema, compression="zstd",
                          store_schema=True) as writer:
        for start in range(0, len(data.xy), 100_000):
            part = slice(start, min(start + 100_000, len(data.xy)))
            lies = np.where(np.isnan(work.moved[part]), data.xy[part], work.moved[part])
            place = degrees(lies)
            day = work.found_day[part]
            count = len(place)
            moved = np.hypot(*(lies - data.xy[part]).T)
            writer.write_table(pa.table([
                pa.array(np.arange(part.start, part.stop) + 1), pa.array(place[:, 0]),
                pa.array(place[:, 1]), pa.array(data.depth_m[part].astype(np.float32)),
                pa.DictionaryArray.from_arrays(pa.array(data.category[part]), words),
                pa.array(data.site[part]), pa.array(data.row[part]),
                pa.array(world.survey.item_area[part] + 1),
                pa.array(((START - date(1970, 1, 1)).days + day).astype(np.int32),
                         mask=day < 0).cast(pa.date32()),
                pa.array(work.found_team[part], mask=work.found_team[part] < 0),
                pa.array(still[part]),
                pa.array(np.round(world.detection.item[part], 4).astype(np.float32)),
                pa.array(np.round(moved, 2).astype(np.float32)),
                pa.array(np.ones(count, dtype=bool))], schema=schema))


# --- about -------------------------------------------------------------------------------------


def _about(world: World, statistics: Sequence[Statistic], folder: _Folder) -> None:
    folder.text("README.txt", README.format(
        note=SYNTHETIC.upper(), size=world.size, seed=world.seed, start=START, as_of=AS_OF,
        version=VERSION, zone=EPOCH_NOTE))
    settlements = world.ground.settlements
    folder.json("world.json", {
        "synthetic": SYNTHETIC, "generator_version": VERSION, "size": world.size,
        "seed": world.seed, "start": START.isoformat(), "as_of": AS_OF.isoformat(),
        "communities": len(settlements.xy), "communities_cut_off": int(world.cut_off.sum()),
        "population": int(settlements.population.sum()),
        "people_cut_off": int(settlements.population[world.cut_off].sum()),
        "bases": settlements.bases, "road_segments": len(world.blocked),
        "road_segments_blocked": int(world.blocked.sum()),
        "suspected_areas": len(world.survey.shapes),
        "suspected_m2": round(float(world.survey.area_m2.sum()), 1),
        "items": len(world.contamination.xy), "teams": len(world.teams.pool),
        "daily_reports": len(world.work.reports), "inspections": len(world.inspections),
        "accidents": len(world.accidents), "projects": len(world.projects),
        "phase_budgets_usd": list(world.ground.size.phases),
        "statistics": [{**asdict(s), "value": float(f"{s.value:.6g}"), "within": s.within}
                       for s in statistics]})


# Words of the files that no import may guess: "passed" decides something (S09).
MAPPINGS = {"inspection": """\
kind: inspection
columns:
  identifier: id
  outcomes: lot
  teams: team
  information_date: date
  inspected_on: date
  inspected_organisation: organisation_inspected
  inspecting_organisation: inspecting
  visit_refused: visit
  lot_size: lot_m2
  sample_size: sample_m2
  items_found: items_found
  result: result
  nonconformity_severity: nonconformity
  corrective_action: corrective_action
values:
  visit_refused: {made: "no", refused: "yes"}
  result: {passed: accepted, failed: rejected}
constants: {inspection_type: sampling}
""", "daily_reports": """\
kind: activity
columns:
  identifier: report_id
  information_date: date
  started_on: date
  ended_on: date
  organisation: organisation
  activity_type: activity
  operational_method: method
  hazard: hazard_identifier
  teams: team
  area_m2: area_worked
  hours: hours
  hours_lost: lost_day
  items_found: items_found
  joint_with: joint_with
unit_columns: {area_m2: unit}
values:
  hours_lost: {"yes": "6", "no": "0"}
  operational_method: {NTS: not_reported, TS: not_reported}
constants: {report_type: progress}
""", "evidence": """\
kind: evidence
columns:
  identifier: identifier
  hazard: identifier
  evidence_type: evidence_kind
  evidence_kind: evidence
  information_date: information_date
  organisation: organisation
  position_accuracy_m: position_accuracy_m
values:
  evidence_kind:
    "detonation": detonation
    "accident, known location": accident_known_place
    "accident, unknown location": accident_unknown_place
    "record (high reliability)": record_high_reliability
    "mine/ERW record (low reliability)": record_low_reliability
    "mine sign/fence": sign_or_fence
    "visual observation": visual_observation
    "former combatant zone": former_combat_zone
    "productive land not in use": productive_land_unused
    "verbal report": verbal_report
    "old survey": old_survey
constants: {says: contaminated}
""", "closure": """\
kind: closure
columns: {identifier: id, closed_from: from, closed_until: to, closure_reason: cause}
values:
  closure_reason: {shelling: security, drones: security, weather: weather}
""", "team": """\
# of accreditations.csv, which has a row for each team
kind: team
columns:
  identifier: team
  organisation: organisation
  base: base
  team_type: scope
  mobilised_on: joined_on
values:
  team_type: {NTS: NTS, TS: TS, Manual Clearance: manual, Mechanical: mechanical}
""", "accreditation": """\
kind: accreditation
columns:
  team: team
  organisation: organisation
  scope: scope
  training: trained_at
  granted_on: accredited_from
  expires_on: accredited_until
values:
  scope: {NTS: NTS, TS: TS, Manual Clearance: manual_clearance, Mechanical: mechanical}
constants: {accreditation_status: granted}
""", "fund": """\
kind: fund
columns:
  identifier: id
  phase: phase
  donor: donor
  amount: amount
  currency: currency
  pledged_on: pledged_on
  available_on: announced_for
  received_on: arrived_on
  fund_status: status
values:
  phase: {"1": demining, "2": rebuilding}
  fund_status: {received: received, pledged: committed, announced: announced}
""", "expense": """\
kind: expense
columns:
  identifier: id
  phase: phase
  paid_on: day
  organisation: organisation
  amount: amount
  currency: currency
  source_label: purpose
values:
  phase: {"1": demining, "2": rebuilding}
""", "exchange_rate": """\
kind: exchange_rate
columns:
  dated: day
  from_currency: from
  to_currency: to
  rate: rate
""", "project": """\
kind: project
columns:
  identifier: id
  project_type: kind
  hazards: needs_hazards
  parcel: parcel
  settlement: settlement
  cost: budget
  currency: currency
  duration_days: duration_days
  season_first_month: season_first_month
  season_last_month: season_last_month
  after_projects: after_project
  beneficiaries: beneficiaries
values:
  project_type: {road: road, bridge: bridge, school: school, clinic: health_centre,
                 power_line: power, water_network: water, field_to_be_sown: farmland}
constants: {project_status: planned}
"""}

README = """{note}

A {size} with a mine-clearance programme that does not exist, made by `landrelease world make` with
seed {seed} (generator version {version}). It lies in the open sea of the South Atlantic, where
nobody lives; nothing in it is a real place, person, organisation or event. Do not use it for
anything but trying and testing software.

Work began on {start}; the files show what had been reported by {as_of}; {zone}.
Coordinates: longitude, latitude, WGS 84 (EPSG:4326). Seasons are those of a northern continent.

The files in this folder are what such a programme holds, with the mistakes that such files have.
The folder mappings/ says to an import what words of theirs mean.
The folder truth/ holds what really is so. No stage may read it: it is there to judge them.
"""
