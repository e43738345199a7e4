"""The main job, start to end: on Bosnia and Herzegovina, or on a synthetic district."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from landrelease import workflows
from landrelease.core.assumption import Assumptions
from landrelease.core.finding import ImportReport
from landrelease.core.hazard import Land
from landrelease.core.money import Fund, Work
from landrelease.core.outlook import Outlook, TrackRecord
from landrelease.core.progress import Progress, silent
from landrelease.core.report import DataSource, Phase
from landrelease.core.risk import HazardAssessment
from landrelease.core.work import Plan, TeamPool
from landrelease.errors import DEMO_DATA_MISSING, LandReleaseError
from landrelease.units import area_words
from landrelease.workflows.roads import RoadFiles, communities_of, phases_of, stages_of_works

FILES = (
    "municipalities.geojson", "suspected_areas.geojson", "cleared_areas.geojson",
    "incidents.geojson", "lifted_minefields.geojson", "settlements_1991_approx.csv",
)
# Called with "plan" or "forecast" before that stage begins: what it needs is then prepared.
Ready = Callable[[str], None]


@dataclasses.dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo says at its end: ten lines of words, and the same as values."""

    words: tuple[str, ...]
    summary: dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class World:
    """What a demo runs on."""

    files: tuple[Path, ...]
    heading: workflows.Heading
    pools: tuple[TeamPool, ...]
    start: date
    cell_m: float = 100.0
    roads: RoadFiles | None = None
    funds: tuple[Fund, ...] = ()
    works: tuple[Work, ...] = ()
    promised: tuple[date, ...] = ()
    synthetic: bool = False
    mapped: tuple[tuple[Path, Path], ...] = ()  # more files, each with its mapping


def demo(
    *,
    world: str,
    data: Path | None,
    out: Path,
    teams_path: Path | None,
    assumptions_path: Path | None,
    start: date,
    iterations: int,
    runs: int,
    seed: int,
    today: date,
    ready: Ready = lambda stage: None,
    progress: Progress = silent,
) -> DemoResult:
    """The main job, start to end. Everything is written below `out`.

    world : "bosnia" (with `data` the whole folder, else the region that ships) or "borderland", the
        synthetic district of `seed`.

    Interrupted at any moment it leaves a registry that opens and holds each import whole or not
    at all; run again it goes on from there, because what is known is not imported twice.
    """
    from landrelease.store.open import create_registry, open_registry
    from landrelease.store.results import save_outlook, save_plan

    out.mkdir(parents=True, exist_ok=True)
    stated = workflows.load_assumptions(assumptions_path)
    if assumptions_path is None:
        _copy_packaged("assumptions.csv", out / "assumptions.csv")
    on = (_borderland(out, teams_path, seed, progress) if world == "borderland"
          else _bosnia(data, out, teams_path, start))
    address = out / "registry.gpkg"
    registry = (open_registry(address) if address.exists()
                else create_registry(address, office="demo"))
    try:
        if on.synthetic:
            registry.keep_setting("synthetic", "yes")
        reports = workflows.import_files(
            registry, on.files, crs="EPSG:4326", today=today, progress=progress)
        for file, mapping in on.mapped:
            reports += workflows.import_files(registry, [file], mapping_path=mapping,
                                              crs="EPSG:4326", today=today, progress=progress)
        land = workflows.load_land(registry, stated)
        effort = workflows.load_effort(registry, stated)
        grid = workflows.public_grid(registry, land)
        waiting = len(registry.quarantine("waiting"))
    finally:
        registry.close()
    progress("assessing exposure and priors", 0.0)
    assessments = workflows.assess(land, stated, progress)
    contamination = workflows.map_contamination(
        land, assessments, stated, out / "contamination.tif", on.cell_m, effort, progress)
    ready("plan")
    saved = workflows.make_plan(land, assessments, on.pools, stated, start=on.start,
                                iterations=iterations, seed=seed, roads=on.roads,
                                progress=progress)
    if saved.plan.interrupted:  # nothing half-made is published
        raise KeyboardInterrupt
    save_plan(out / "plan", saved)
    progress("simulating the plan's policy", 0.0)
    ready("forecast")
    outlook = _outlook(address, saved.plan, stated, land, on.works, runs, seed, progress)
    save_outlook(out / "forecast.json", outlook, land.chain_head, synthetic=land.synthetic)
    rows = workflows.make_ledger(land, progress)
    results = workflows.Results(
        land, stated, rows,
        workflows.make_figures(land, rows, assessments=assessments, plan=saved.plan,
                               outlook=outlook),
        assessments, saved, outlook, contamination, "contamination.tif", tuple(reports),
        communities_of(saved.plan, outlook, land),
        phases_of(saved.plan, outlook, on.funds, on.works))
    workflows.publish_planner(results, on.heading, out, today, promised=on.promised,
                              progress=progress)
    workflows.publish_public(results, on.heading, grid, out / "public", today, progress)
    return DemoResult(tuple(_words(results, reports, waiting, on, out)),
                      _summary(results, reports, waiting, on))


def _outlook(address: Path, plan: Plan, stated: Assumptions, land: Land, works: Sequence[Work],
             runs: int, seed: int, progress: Progress) -> Outlook:
    """The forecast of the plan as it is, on what the records teach; with how good forecasts of past
    months were, or why nothing says so."""
    from landrelease.access import policy
    from landrelease.store.open import open_registry
    from landrelease.workflows import outlooks

    reader = policy.view("planner")
    with open_registry(address) as registry:
        basis = outlooks.basis_of(registry, reader, plan, stated, land, seed=seed)
        outlook = basis.play(basis.scenarios([])[0], runs=runs, seed=seed,
                             works=stages_of_works(plan.problem, works), progress=progress)
        outlook = outlooks.with_track(registry, reader, stated, outlook, seed=seed,
                                      progress=progress)
    return dataclasses.replace(outlook, notes=(*outlook.notes, *basis.closed.notes))


def _bosnia(data: Path | None, out: Path, teams_path: Path | None, start: date) -> World:
    country = data is not None
    if teams_path is None:
        _copy_packaged("teams_country.csv" if country else "teams_region.csv", out / "teams.csv")
    return World(tuple(_files(data, out)), _heading(country),
                 workflows.load_teams(teams_path, country=country), start)


def _files(data: Path | None, out: Path) -> list[Path]:
    """The region in the package, or a folder of the same layers. Raises CLI-101: a layer lacks."""
    from landrelease.store.results import write_atomically

    if data is None:
        folder = out / "data"
        folder.mkdir(parents=True, exist_ok=True)
        with workflows.packaged("bih_sheet_2683.zip") as path, zipfile.ZipFile(path) as archive:
            for name in FILES:
                write_atomically(folder / name, archive.read(name))
        return [folder / name for name in FILES]
    paths = []
    for name in FILES:
        found = next((p for p in (data / name, data / f"{name}.gz") if p.is_file()), None)
        if found is None:
            raise LandReleaseError(DEMO_DATA_MISSING, folder=str(data), name=name)
        paths.append(found)
    return paths


def _heading(country: bool) -> workflows.Heading:
    import csv

    with workflows.packaged("sources.csv") as path, open(
            path, encoding="utf-8", newline="") as lines:
        sources = tuple(
            DataSource(r["name"], r["what"], r["origin"], r["licence"], r["state"])
            for r in csv.DictReader(lines)
            if any(name.startswith(r["file"]) for name in FILES))
    place = "Bosnia and Herzegovina" if country else "Zenica, Travnik and Bugojno"
    return workflows.Heading(
        title=f"Land release: {place}",
        subtitle="From suspected areas to a bounded plan and an honest forecast",
        scope="map sheets of the folder given" if country
        else "map sheets 2683-I to 2683-IV, Bosnia and Herzegovina",
        state="public map sheets of 2024 or earlier",
        sources=sources,
        cautions=(
            "The data is out of date and must not be used for moving on the ground.",
            "The teams, their rates and costs are assumptions, not those of a real programme.",
            "Residents are those of the census of 1991, at approximate places.",
        ))


def _borderland(out: Path, teams_path: Path | None, seed: int, progress: Progress) -> World:
    """The synthetic district: 64 communities, 37 of them cut off, two phases of money."""
    from landrelease.records.money import read_funds, read_works
    from landrelease.worlds.make import make_world
    from landrelease.worlds.sizes import AS_OF, VERSION

    folder = out / "world"
    if _made(folder) != ("district", seed, VERSION):
        make_world("district", seed, folder, progress)
    return World(
        files=tuple(folder / name for name in (
            "municipalities.geojson", "suspected_areas.geojson", "cancelled_areas.geojson",
            "reduced_areas.geojson", "cleared_areas.geojson", "accidents.csv", "activity.csv",
            "settlements.csv")),
        heading=workflows.Heading(
            title="Land release: Borderland",
            subtitle="A synthetic district of 64 communities, made by a program",
            scope=f"synthetic district, seed {seed}",
            state=f"synthetic records up to {AS_OF}",
            synthetic=True,
            sources=(DataSource("Synthetic district", "all layers", "landrelease world make "
                                f"--size district --seed {seed}", "Apache-2.0", str(AS_OF)),),
            cautions=("Everything here is synthetic: no such place, people or hazards exist.",)),
        pools=workflows.load_teams(teams_path or folder / "teams.csv"),
        start=AS_OF,
        roads=RoadFiles(folder / "roads.geojson", folder / "bases.csv"),
        funds=read_funds(folder / "funds.csv"), works=read_works(folder / "projects.csv"),
        promised=(_months_later(AS_OF, 18), _months_later(AS_OF, 36)),
        synthetic=True,
        mapped=tuple((folder / name, folder / "mappings" / f"{kind}.yaml")
                     for name, kind in MEANS))


# What binds a plan besides land and people, and what teaches a forecast, in an order in which
# nothing names what comes later.
MEANS = (
    ("daily_reports.csv", "daily_reports"), ("inspections.csv", "inspection"),
    ("accreditations.csv", "team"), ("accreditations.csv", "accreditation"),
    ("closures.geojson", "closure"), ("exchange_rates.csv", "exchange_rate"),
    ("funds.csv", "fund"), ("expenses.csv", "expense"), ("projects.csv", "project"),
)


def _made(folder: Path) -> tuple[str, int, int] | None:
    """Size, seed and version of the world that lies in a folder; None where none does."""
    if not (folder / "world.json").is_file():
        return None
    about = json.loads((folder / "world.json").read_text(encoding="utf-8"))
    return about["size"], about["seed"], about["generator_version"]


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, 28))


def _words(results: workflows.Results, reports: Sequence[ImportReport], waiting: int, on: World,
           out: Path) -> list[str]:
    assert results.plan is not None and results.outlook is not None
    plan, total, land = results.plan.plan, results.ledger[-1], results.land
    read, accepted, merged, kept = _counts(reports)
    rule, room = plan.best_rule[0], plan.room_closed
    released = float(plan.problem.released_m2[plan.schedule.finish >= 0].sum())
    assessments = results.assessments
    words = [
        f"Records: {read:,} rows read = {accepted:,} accepted + {merged:,} merged + {kept:,} "
        f"quarantined; {waiting:,} wait in quarantine.",
        f"Land: {total.hazards:,} suspected areas, {area_words(total.hazardous_m2 or 0)}; "
        f"{area_words(total.cleared_m2 or 0)} cleared, "
        f"{area_words(total.contested_m2 or 0)} contested.",
        _people(land, assessments, on),
        f"Prior: {sum(a.prior.probability for a in assessments):,.0f} areas expected to hold "
        f"anything ({sum(a.prior.low for a in assessments):,.0f} to "
        f"{sum(a.prior.high for a in assessments):,.0f}); a prior, no survey effort is on record.",
        f"Plan: {len(plan.problem.tasks):,} tasks, {area_words(released)} expected back by "
        f"{plan.problem.slot_starts[-1]}.",
        f"Bound: no plan can be more than {plan.gap / (1 + plan.gap):.1%} better; "
        + ("no room above the best rule" if room is None
           else f"{room:.0%} of the room above the best simple rule ({rule}) is closed."),
        "Forecast: " + "; ".join(workflows.outlook_words(results.outlook)) + ".",
    ]
    if results.communities is not None:
        days = results.communities.plan_day
        last = days[np.isfinite(days)].max(initial=0.0)
        words.append(
            f"Communities: {int((days > 0).sum())} of {len(days)} cut off; by the plan "
            f"{int(np.isfinite(days).sum())} can be reached by "
            f"{date.fromordinal(results.communities.start.toordinal() + round(float(last)))}.")
    for day in on.promised:
        words.append(f"Chance that all is done by {day}: {results.outlook.chance_by(day):.1%}.")
    return [
        *words,
        "Back-test: " + _track_words(results.outlook.track),
        f"Page: {out / 'index.html'}   document: {out / 'report.pdf'}",
        f"Page for the public: {out / 'public' / 'index.html'}",
        "Synthetic: nothing in it exists." if on.synthetic else
        "Not for moving on the ground: the data is out of date. A named authority decides.",
    ]


def _track_words(track: TrackRecord | None) -> str:
    if track is None or not track.rows:
        return " ".join(("not made.",) if track is None else track.words)
    row = track.rows[0]
    return (f"{row.forecasts} past months, a month ahead: {row.inside['80%']:.0%} of the truths "
            f"inside the 80 % interval, CRPS {row.crps_m2 / 1e4:,.2f} ha (pace drawn again "
            f"{row.bootstrap_m2 / 1e4:,.2f}, carried on {row.straight_m2 / 1e4:,.2f}).")


def _people(land: Land, assessments: Sequence[HazardAssessment], on: World) -> str:
    best = max(assessments, key=lambda a: a.people_nearby)
    names = {m.id: m.name for m in land.municipalities}
    home = {h.id: names.get(h.municipality_id, "no municipality") for h in land.hazards}
    census = "" if on.synthetic else " (1991)"
    return (f"People: most residents{census} near one area: about {best.people_nearby:,.0f} "
            f"({best.people_low:,.0f} to {best.people_high:,.0f}), {home[best.hazard_id]}.")


def _counts(reports: Sequence[ImportReport]) -> tuple[int, int, int, int]:
    read, accepted, merged, kept = (
        sum(getattr(r, name) for r in reports)
        for name in ("read", "accepted", "merged", "quarantined"))
    return read, accepted, merged, kept


def _summary(results: workflows.Results, reports: Sequence[ImportReport], waiting: int, on: World
             ) -> dict[str, Any]:
    assert results.plan is not None and results.outlook is not None
    plan, total = results.plan.plan, results.ledger[-1]
    communities = results.communities
    return {
        "synthetic": on.synthetic,
        "imports": [dataclasses.asdict(r) for r in reports],
        "waiting": waiting, "chain_head": results.land.chain_head,
        "hazards": total.hazards, "hazardous_m2": total.hazardous_m2,
        "cleared_m2": total.cleared_m2, "contested_m2": total.contested_m2,
        "plan": {"score": plan.score, "bound": plan.bound, "rules": plan.rules,
                 "gap": plan.gap, "room_closed": plan.room_closed, "floor": plan.floor,
                 "iterations": plan.iterations, "seed": plan.seed},
        "forecast": workflows.outlook_summary(results.outlook),
        "chances": {str(day): results.outlook.chance_by(day) for day in on.promised},
        "communities": None if communities is None else {
            "count": len(communities.names), "cut_off": int((communities.plan_day > 0).sum()),
            "reopened_by_plan": int(np.isfinite(communities.plan_day).sum())},
        "phases": [_phase(phase) for phase in results.phases],
    }


def _phase(phase: Phase) -> dict[str, Any]:
    return {"name": phase.name, "budget": phase.budget, "currency": phase.currency,
            "chance_enough": None if phase.cost is None
            else float(np.mean(phase.cost <= phase.budget)),
            "works": None if phase.works is None else len(phase.works.names)}


def _copy_packaged(name: str, out: Path) -> None:
    from landrelease.store.results import write_atomically

    with workflows.packaged(name) as path:
        write_atomically(out, path.read_bytes())
