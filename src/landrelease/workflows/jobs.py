"""Long work for the web app, by kind: what the command of the same name does, and nothing else.

Each kind has the way out of the policy that its command has; its result is a plain document, its
files are written below a folder.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core.progress import Progress
from landrelease.errors import PARAMETER_WRONG, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import Registry
    from landrelease.store.results import PlanFile
    from landrelease.store.shelf import Shelf
    from landrelease.workflows.mending import Scope


@dataclass(frozen=True, slots=True)
class Doing:
    """What a job is done with.

    inputs : as its kind takes them. folder : an empty folder for its files. today : for what
    depends on the day. by : who asked, for what is kept on file.
    """

    registry: Registry
    reader: View
    inputs: Mapping[str, Any]
    folder: Path
    plans: Shelf
    forecasts: Shelf
    today: date
    about: Mapping[str, Any]
    progress: Progress

    def text(self, name: str, default: str = "") -> str:
        return str(self.inputs.get(name) or default)

    def number(self, name: str, default: float) -> float:
        value = self.inputs.get(name)
        return default if value is None else float(value)

    def whole(self, name: str, default: int) -> int:
        return int(self.number(name, default))

    def day(self, name: str) -> date | None:
        """Raises WEB-011."""
        value = self.inputs.get(name)
        if not value:
            return None
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            raise LandReleaseError(PARAMETER_WRONG, name=name, found=str(value),
                                   expected="it is a date as 2027-04-01") from None

    def moment(self, name: str) -> datetime | None:
        """A day (known at its end) or an instant; UTC where it names no zone. Raises WEB-011."""
        value = self.text(name)
        if not value:
            return None
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            raise LandReleaseError(PARAMETER_WRONG, name=name, found=value[:60],
                                   expected="it is a day or a moment (RFC 3339)") from None
        if len(value) <= 10:
            found = found.replace(hour=23, minute=59, second=59)
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)

    def file(self, name: str, ending: str) -> Path | None:
        """The text of an input as a file; None where there is none."""
        text = self.text(name)
        if not text.strip():
            return None
        path = self.folder.parent / f"{name}.{ending}"
        path.write_text(text, encoding="utf-8")
        return path

    def plan(self, name: str = "plan") -> PlanFile:
        """The plan that an input names, or the one in force. Raises WEB-010, PLN-101."""
        from landrelease.store.results import load_plan
        from landrelease.workflows.on_file import plan_on_file

        return load_plan(plan_on_file(self.plans, self.reader, self.text(name),
                                      tuple(self.about.get("areas") or ())).path)


def _plan(job: Doing) -> dict[str, Any]:
    """`plan make`, onto the shelf of plans."""
    from landrelease.store.results import load_plan, recorded_rows
    from landrelease.workflows import planning
    from landrelease.workflows.explaining import unkept

    name = job.text("name")
    job.plans.new(name)  # a name that cannot be is said before the work
    standing = None
    if job.text("standing"):
        standing = job.plan("standing")
    out = job.folder / "plan"
    start = job.day("start") or date(job.today.year + 1, 4, 1)
    made = planning.make(
        job.registry, job.reader, teams=job.file("teams", "csv"), start=start,
        iterations=job.whole("iterations", 250), seed=job.whole("seed", 1),
        seconds=None if job.inputs.get("seconds") is None else job.number("seconds", 0.0),
        renewed=bool(job.inputs.get("renewed")), money=job.text("money", "announced"),
        over_roads=not job.inputs.get("no_roads"),
        bound_seconds=job.number("bound_seconds", 0.0), standing=standing,
        weights={str(k): float(v) for k, v in dict(job.inputs.get("weights") or {}).items()},
        progress=job.progress)
    saved = planning.write_plan(out, made.saved, made.land, job.number("bound_seconds", 0.0))
    result: dict[str, Any] = {
        **planning.plan_summary(saved.plan), "start": start.isoformat(),
        "start_passed": start < job.today, "recorded": recorded_rows(saved.recorded),
        "plan": name, "unkept": unkept(saved.plan), "uncounted": made.uncounted,
        "synthetic": saved.synthetic}
    if made.again is not None:
        stages, communities = planning.write_changes(out, made.again, made.land.synthetic)
        result |= {"not_as_standing": list(made.again.other), "stages_changed": stages,
                   "communities": communities}
    load_plan(out)  # whole before it is put on file
    job.plans.take(out, name, {**job.about, "inputs": {
        k: v for k, v in job.inputs.items() if k != "teams"}})
    return result


def _what_if(job: Doing) -> dict[str, Any]:
    """`plan what-if`; with a name the other plan is put on file."""
    from landrelease.workflows import no_land, planning
    from landrelease.workflows.explaining import change_rows, unkept, what_if

    name = job.text("name")
    if name:
        job.plans.new(name)
    saved = job.plan()
    weights = {str(k): float(v) for k, v in dict(job.inputs.get("weights") or {}).items()}
    found = what_if(saved.plan, weights, iterations=job.whole("iterations", 100),
                    seed=job.whole("seed", 1), progress=job.progress)
    if name:
        out = job.folder / "plan"
        planning.write_plan(out, dataclasses.replace(saved, plan=found.plan),
                            no_land(saved.synthetic))
        job.plans.take(out, name, {**job.about, "inputs": dict(job.inputs)})
    return {"lost_before": dict(found.lost_before), "lost_after": dict(found.lost_after),
            "before": planning.plan_summary(saved.plan),
            "after": planning.plan_summary(found.plan),
            "unkept_before": unkept(saved.plan), "unkept": unkept(found.plan),
            "interrupted": found.plan.interrupted,
            "gap": found.plan.gap, "stages": change_rows(found.difference.stages),
            "communities": change_rows(found.difference.communities), "weights": weights,
            "plan": name, "synthetic": saved.synthetic}


def _price(job: Doing) -> dict[str, Any]:
    """`plan price`: what a constraint costs; no change: those that bind most."""
    from landrelease.workflows.explaining import asked_of, price, worth_asking

    asked = [asked_of(str(text)) for text in job.inputs.get("changes") or ()]
    saved = job.plan()
    rows = price(saved.plan, asked or worth_asking(saved.plan, job.whole("most", 4)),
                 iterations=job.whole("iterations", 60), seed=job.whole("seed", 1),
                 progress=job.progress)
    return {"changes": rows, "synthetic": saved.synthetic}


def _conflicts(job: Doing) -> dict[str, Any]:
    """`plan conflicts`."""
    from landrelease.workflows.explaining import conflict_of

    saved = job.plan()
    found = conflict_of(saved.plan, [str(s) for s in job.inputs.get("stages") or ()],
                        job.progress)
    return {"conflict": None if found is None else dataclasses.asdict(found),
            "synthetic": saved.synthetic}


def _policy(job: Doing) -> dict[str, Any]:
    """`plan policy`; when each community has its access back is a file as well."""
    from landrelease import workflows
    from landrelease.store import exports
    from landrelease.workflows.explaining import policy_of

    saved = job.plan()
    found = policy_of(saved.plan, saved.assumptions, samples=job.whole("samples", 50),
                      every=job.whole("every", 35), iterations=job.whole("iterations", 1),
                      seed=job.whole("seed", 1), progress=job.progress)
    if found["communities"]:
        exports.write_csv(job.folder / "communities.csv",
                          workflows.marked(found["communities"], saved.synthetic))
    return {**found, "synthetic": saved.synthetic}


def _pareto(job: Doing) -> dict[str, Any]:
    """`plan pareto`; with a name the plans that no other one beats are put on file."""
    from landrelease import workflows
    from landrelease.store import exports
    from landrelease.workflows import no_land, planning
    from landrelease.workflows.explaining import nothing_at_stake, pareto

    name, points = job.text("name"), job.whole("points", 5)
    one, other = (str(p) for p in job.inputs.get("parts") or ("access", "land"))
    if name:  # names that cannot be are said before the work
        for k in range(points):
            job.plans.new(f"{name}-{100 * k / (points - 1):.4g}")
    saved = job.plan()
    found = pareto(saved.plan, one, other, points=points, iterations=job.whole("iterations", 60),
                   seed=job.whole("seed", 1), progress=job.progress)
    seen: set[tuple[float, float]] = set()
    rows = []
    for row, made in zip(found.rows, found.plans, strict=True):
        at = (row[one], row[other])
        kept = f"{name}-{row['folder']}" if name and row["on_the_front"] and at not in seen else ""
        if kept:
            out = job.folder / "plan"
            planning.write_plan(out, dataclasses.replace(saved, plan=made),
                                no_land(saved.synthetic))
            job.plans.take(out, kept, {**job.about, "inputs": dict(job.inputs)})
        rows.append({**row, "plan": kept, "twice": at in seen})
        seen.add(at)
    exports.write_csv(job.folder / "plans.csv", workflows.marked([{
        "share": r["share"], one: r[one], other: r[other], "score": r["score"],
        "bound": r["bound"], "on_the_front": r["on_the_front"], "plan": r["plan"]}
        for r in rows], saved.synthetic))
    return {"parts": [one, other], "plans": rows, "notes": nothing_at_stake(
        saved.plan.problem, (one, other)), "nothing_at_stake": [
            part for part in (one, other) if nothing_at_stake(saved.plan.problem, (part,))],
        "synthetic": saved.synthetic}


def _compare(job: Doing) -> dict[str, Any]:
    """`plan compare`, with all that moves or stays as a file."""
    from landrelease import workflows
    from landrelease.store import exports
    from landrelease.workflows.comparing import compared, csv_rows
    from landrelease.workflows.on_file import plan_on_file

    found = compared(job.plan(), job.plan("other"))
    exports.write_csv(job.folder / "compared.csv", workflows.marked(
        csv_rows(found), found["synthetic"]))
    return {**found, "names": [plan_on_file(
        job.plans, job.reader, job.text(name), tuple(job.about.get("areas") or ())).name
        for name in ("plan", "other")]}


def _bound(job: Doing) -> dict[str, Any]:
    """`plan bound`: kept beside the plan."""
    from landrelease.store.results import load_plan
    from landrelease.workflows.on_file import plan_on_file
    from landrelease.workflows.proving import prove_on

    kept = plan_on_file(job.plans, job.reader, job.text("plan"),
                        tuple(job.about.get("areas") or ()))
    saved = load_plan(kept.path)
    found = prove_on(kept.path, saved.plan, job.number("seconds", 60.0),
                     synthetic=saved.synthetic, progress=job.progress)
    return {**dataclasses.asdict(found), "gap": found.gap, "synthetic": saved.synthetic}


def _forecast(job: Doing) -> dict[str, Any]:
    """`forecast make`, onto the shelf of forecasts."""
    from landrelease import workflows
    from landrelease.store.results import dump, load_plan, save_outlook, write_atomically
    from landrelease.workflows import on_file, outlooks

    name = job.text("name")
    job.forecasts.new(name)
    kept = on_file.plan_to_forecast(job.plans, job.reader, job.text("plan"),
                                    tuple(job.about.get("areas") or ()))
    saved = load_plan(kept.path)
    workflows.check_plan_is_current(saved, job.registry, Path(kept.name))
    by, chance = job.day("by"), job.inputs.get("chance")
    if chance is not None and (by is None or not 0 < float(chance) < 1):
        raise LandReleaseError(PARAMETER_WRONG, name="chance", found=chance,
                               expected="it is above 0 and below 1, together with a date")
    budget = job.inputs.get("budget")
    made = outlooks.forecast_on(
        job.registry, job.reader, saved, by=by, budget=None if budget is None else float(budget),
        chance=None if chance is None else float(chance), scenario=job.file("scenario", "yaml"),
        runs=job.whole("runs", 500), seed=job.whole("seed", 1),
        backtest=not job.inputs.get("no_backtest"), progress=job.progress)
    document = {**made.document, "by": None if by is None else by.isoformat(),
                "chance": chance, "budget": budget, "plan": kept.name, "forecast": name,
                "chain_head": saved.chain_head, "synthetic": saved.synthetic}
    out = job.folder / "forecast"
    save_outlook(out / "forecast.json", made.outlook, saved.chain_head, synthetic=saved.synthetic)
    write_atomically(out / "summary.json", dump(document))
    job.forecasts.take(out, name, {**job.about, "plan": kept.name, "scenario": document["scenario"],
                                   "inputs": {k: v for k, v in job.inputs.items()
                                              if k != "scenario"}})
    return {k: v for k, v in document.items() if k not in ("areas", "rates")}


def _claims(job: Doing) -> dict[str, Any]:
    """`claims check` of a table of claims beside our figures."""
    return _checked(job, job.file("claims", "csv"))


def _claims_recorded(job: Doing) -> dict[str, Any]:
    """`claims check` of the recorded claims."""
    return _checked(job, None)


def _checked(job: Doing, path: Path | None) -> dict[str, Any]:
    from landrelease.workflows import claims, is_synthetic

    synthetic = is_synthetic(job.registry)
    found = claims.check_file(path, today=job.today, registry=job.registry, reader=job.reader,
                              level=job.text("level") or None, whole=job.text("whole"),
                              progress=job.progress)
    return {"claims": claims.document(found, synthetic=synthetic), "synthetic": synthetic,
            "chain_head": job.registry.head() if job.reader.may("history") else ""}


def _map(job: Doing) -> dict[str, Any]:
    """`assess map`: the contamination map as a raster, with its legend."""
    from landrelease import workflows
    from landrelease.workflows import maps

    stated = workflows.load_assumptions(None, job.registry)
    moment: dict[str, Any] = {"valid_at": job.day("valid_at"), "known_at": job.moment("known_at")}
    land = workflows.load_land(job.registry, stated, reader=job.reader, **moment)
    effort = workflows.load_effort(job.registry, stated, reader=job.reader, **moment)
    assessments = workflows.assess(land, stated, job.progress)
    made = workflows.write_map(land, assessments, stated, job.folder / "contamination.tif",
                               job.number("cell", 100.0), effort, progress=job.progress)
    priors = sum(a.prior.is_prior for a in assessments)
    maps.write_layer(job.folder / "contamination.tif", job.folder / "contamination.geojson",
                     prior=priors / len(assessments) if assessments else 1.0,
                     synthetic=land.synthetic, items=made.items)
    return {"chain_head": land.chain_head, "rows": made.rows, "columns": made.columns,
            "bands": list(made.names),
            "passes": made.passes, "uncredited": len(made.uncredited), "finds": made.finds,
            "items": made.items.least, "items_at_least": not made.items.stated,
            "not_proofs": made.not_proofs,
            "priors": priors, "areas": len(assessments),
            "synthetic": land.synthetic}


def _import(job: Doing) -> dict[str, Any]:
    """`import` of one file that came with the job, for who brought it in."""
    from landrelease.workflows import own_imports

    (path,) = (job.folder.parent / INCOMING).iterdir()
    return own_imports.bring_in(
        job.registry, job.reader, path, job.folder / "findings.csv",
        job.folder.parent / own_imports.FINDINGS, kind=job.text("kind"), crs=job.text("crs"),
        mapping=job.file("mapping", "yaml"), dry_run=bool(job.inputs.get("dry_run")),
        recorded_by=job.text("recorded_by"), progress=job.progress)


def _mend(job: Doing) -> dict[str, Any]:
    """`quarantine retry --from`: a workbook of rows that wait, as it came back."""
    from landrelease.workflows import mending

    return _taken_back(job, mending.of_reader(job.registry, job.reader))


def _mend_own(job: Doing) -> dict[str, Any]:
    """The same of the rows that an own import put to wait (`waiting`: their numbers)."""
    from landrelease.workflows import mending

    return _taken_back(job, mending.of_import(
        job.registry, job.reader, [int(n) for n in job.inputs.get("waiting") or ()]))


def _taken_back(job: Doing, scope: Scope) -> dict[str, Any]:
    from landrelease.workflows import is_synthetic, quarantine

    (path,) = (job.folder.parent / INCOMING).iterdir()
    found = quarantine.take_back(
        job.registry, path, job.reader, decided_by=job.text("recorded_by"), rows=scope.rows,
        told=scope.told, progress=job.progress, decides=scope.decides)
    left = [o for o in found if o.status not in ("accepted", "recorded already", "unchanged")]
    return {"counts": dict(Counter(o.status for o in found)),
            "left": [{"sheet": o.sheet, "number": o.number, "status": o.status,
                      "findings": [dataclasses.asdict(f) for f in o.findings]}
                     for o in left[:MOST_LEFT]],
            "synthetic": is_synthetic(job.registry)}


def _export(job: Doing) -> dict[str, Any]:
    """`export`: the records that the reader may see, and what was withheld."""
    from landrelease.workflows import export as exporting
    from landrelease.workflows import is_synthetic

    kinds = tuple(str(k) for k in job.inputs.get("kinds") or ())
    formats = tuple(str(f) for f in job.inputs.get("formats") or ()) or ("csv", "geojson")
    counts = exporting.export(
        job.registry, job.folder, job.reader, exporting.Choice(kinds), formats=formats,
        layout=job.text("layout", "kinds"), progress=job.progress)
    return {"counts": counts, "synthetic": is_synthetic(job.registry)}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job: the way out that it is, and what does it."""

    way: str
    work: Callable[[Doing], dict[str, Any]]


MOST_LEFT = 1_000  # rows of a workbook that are told one by one
INCOMING = "incoming"  # the folder beside a job's files in which a file that came with it lies
KINDS: dict[str, Kind] = {
    "plan": Kind("plan make", _plan),
    "what-if": Kind("plan what-if", _what_if),
    "price": Kind("plan price", _price),
    "conflicts": Kind("plan conflicts", _conflicts),
    "policy": Kind("plan policy", _policy),
    "pareto": Kind("plan pareto", _pareto),
    "compare": Kind("plan compare", _compare),
    "bound": Kind("plan bound", _bound),
    "forecast": Kind("forecast make", _forecast),
    "claims": Kind("claims check", _claims),
    "claims-recorded": Kind("claims recorded", _claims_recorded),
    "map": Kind("assess map", _map),
    "export": Kind("export", _export),
    "import": Kind("import report", _import),
    "mend": Kind("quarantine retry", _mend),
    "mend-own": Kind("import report", _mend_own),
}


def perform(kind: str, job: Doing) -> dict[str, Any]:
    """Do a job for its reader. Raises ACC-101 where the role may not, and what the work raises."""
    found = KINDS[kind]
    job.reader.check(found.way)
    return found.work(job)
