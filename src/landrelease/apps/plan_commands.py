"""The commands of `plan`: a dated plan, and what can be reached."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from landrelease.apps import explain_commands
from landrelease.apps.common import (
    FINDINGS,
    AssumptionsOption,
    JsonOption,
    QuietOption,
    RegistryArgument,
    RoleOption,
    SeedOption,
    StartOption,
    TeamsOption,
    as_date,
    first_day,
    put_json,
    say,
)
from landrelease.apps.console import listening, stopping_gently
from landrelease.apps.reading import AreaOption, reading
from landrelease.errors import BAD_OPTION, LandReleaseError

RenewedOption = Annotated[bool, typer.Option(
    "--renewed", help="Accreditations in force that end are taken to be renewed.")]
NoRoadsOption = Annotated[bool, typer.Option(
    "--no-roads", help="Leave the recorded roads out: plan as if every area could be reached.")]
MISSED = 10  # decisions that are not kept and are named one by one
TIED = 1e-12  # scores that differ by less differ by rounding alone
HxlOption = Annotated[bool, typer.Option(
    "--hxl", help="A row of HXL tags below the headings of plan.csv, communities.csv and cash.csv.",
)]
MoneyOption = Annotated[str, typer.Option(
    "--money", metavar="M", help="Which recorded money counts: received, committed (and received), "
    "announced (all) or none (money binds nothing).")]


def register(group: Callable[[str, str], typer.Typer]) -> None:
    plan = group("plan", "What to survey and clear, in which order, by whom.")
    plan.command("make")(plan_make)
    plan.command("problem")(plan_problem)
    plan.command("rank")(plan_rank)
    plan.command("check")(plan_check)
    plan.command("reach")(plan_reach)
    explain_commands.register(plan)
    plan.command("case")(plan_case)


def plan_make(
    out: Annotated[Path, typer.Option("--out", metavar="DIR")],
    registry: Annotated[str | None, typer.Argument(
        metavar="REGISTRY", help="A .gpkg path or a postgresql:// address; may be left out with "
        "--problem.")] = None,
    problem: Annotated[Path | None, typer.Option(
        "--problem", metavar="DIR", help="Plan the problem in these tables (docs/plan.md) instead "
        "of that of the registry.")] = None,
    teams: TeamsOption = None, assumptions: AssumptionsOption = None, start: StartOption = None,
    iterations: Annotated[int, typer.Option("--iterations", metavar="N", min=0)] = 250,
    seconds: Annotated[float | None, typer.Option(
        "--seconds", metavar="S", help="Stop the search then; the result depends on the machine.",
    )] = None,
    roads: Annotated[Path | None, typer.Option(
        "--roads", metavar="FILE", help="Roads (.osm, .osm.pbf, GeoPackage, GeoJSON, CSV ...): "
        "work begins where the bases can reach it. Else those on record.")] = None,
    bases: Annotated[Path | None, typer.Option(
        "--bases", metavar="FILE.csv", help="Their id, longitude, latitude; with --roads.")] = None,
    no_roads: NoRoadsOption = False,
    standing: Annotated[Path | None, typer.Option(
        "--standing", metavar="PLAN", help="The plan that stands: made again from what was done "
        "since, with a price on what was announced; DIR gets changes.csv too.")] = None,
    weight: Annotated[list[str] | None, typer.Option(
        "--weight", metavar="NAME=VALUE", help="person_weight, hectare_weight, season_weight, "
        "access_weight, infrastructure_weight, worst_off (above 1: the longest waits first), "
        "promise_price, change_price; else those of the assumptions, with --standing those of "
        "PLAN. Repeat for more.")] = None,
    until_stopped: Annotated[bool, typer.Option(
        "--until-stopped", help="Search in rounds, each twice as long as the one before, until "
        "Ctrl-C or SIGTERM.")] = False,
    bound_seconds: Annotated[float, typer.Option(
        "--bound-seconds", metavar="S", min=0, help="Go on proving for so long when the plan is "
        "made; `plan bound` goes on later.")] = 0.0,
    renewed: RenewedOption = False, money: MoneyOption = "announced", hxl: HxlOption = False,
    role: RoleOption = None, area: AreaOption = None,
    seed: SeedOption = 1, json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """Propose which area each team works next, with a bound on how good any plan could be.

    REGISTRY is only read: land, people, and what binds a plan besides (closures, teams and their
    accreditations, machines, funds, projects, task orders, roads). DIR gets plan.json, problem.npz,
    plan.csv and plan.geojson; with roads also communities.csv, when each community can be reached;
    with money also cash.csv, what arrives, is bound and is left by month and fund.
    A first plan is there before the search, and better ones while it lasts: whatever ends the
    command leaves the best plan so far. A DIR that holds a plan keeps it until the new one is done.

    Example: landrelease plan make district.gpkg --teams teams.csv --out plan --as planner
    """
    from landrelease import workflows
    from landrelease.store.results import recorded_rows
    from landrelease.workflows import planning
    from landrelease.workflows.explaining import unkept
    from landrelease.workflows.recorded import recorded_words
    from landrelease.workflows.roads import RoadFiles

    if until_stopped and (seconds is not None or bound_seconds):
        raise LandReleaseError(BAD_OPTION, option="--until-stopped",
                               found="given with --seconds or --bound-seconds",
                               expected="one of the two: a search until it is stopped has no end")
    weights = dict(explain_commands.weight_of(text) for text in weight or ())
    if problem is not None:
        return make_from_tables(problem, out, registry, role, area, assumptions, json, {
            "iterations": iterations, "seconds": seconds, "seed": seed,
            "bound_seconds": bound_seconds, "weights": weights, "until_stopped": until_stopped},
            quiet, hxl, teams=teams, start=start, roads=roads, standing=standing, bases=bases,
            renewed=renewed, **{"no-roads": no_roads,
                                "money": None if money == "announced" else money})
    if registry is None:
        raise LandReleaseError(BAD_OPTION, option="REGISTRY", found="nothing",
                               expected="a registry, or --problem DIR")
    if (roads is None) != (bases is None):
        raise LandReleaseError(BAD_OPTION, option="--roads and --bases", found="one of the two",
                               expected="both or none")
    over = None if roads is None or bases is None else RoadFiles(roads, bases)
    if (begins := first_day(start)) < date.today():
        say(f"The plan starts on {begins.isoformat()}, which has passed: it dates work on days "
            "that are over. `--start` names the first day.")
    planning.ready(out)
    keep = planning.Keeping(out)
    with (reading(registry, "plan make", role, areas=area) as (opened_registry, reader),
          listening(quiet) as progress, stopping_gently()):
        again, uncounted = None, ""
        try:
            made = planning.make(
                opened_registry, reader, assumptions=assumptions, teams=teams,
                start=first_day(start), iterations=iterations, seed=seed, seconds=seconds,
                roads=over, over_roads=not no_roads, renewed=renewed, money=money,
                bound_seconds=bound_seconds,
                standing=None if standing is None else planning.plan_of(opened_registry, standing),
                weights=weights, until_stopped=until_stopped, first=show_first, keep=keep,
                progress=progress)
            again, saved, land = made.again, made.saved, made.land
            uncounted = made.uncounted
        except KeyboardInterrupt:
            if keep.last is None:
                raise
            saved, land = keep.last, workflows.no_land(keep.last.synthetic)
        saved = planning.write_plan(out, saved, land, bound_seconds, hxl=hxl)
    put_json(json, planning.plan_summary(saved.plan)
             | {"recorded": recorded_rows(saved.recorded), "unkept": unkept(saved.plan),
                "uncounted": uncounted}
             | ({} if again is None else {"not_as_standing": list(again.other)}))
    for line in recorded_words(saved.recorded):
        say(line)
    if uncounted:
        say(uncounted)
    show_plan(saved.plan)
    if again is not None:
        explain_commands.finish_made_again(out, again, saved.synthetic)
    finish(saved.plan, out, registry, asked_to_stop=until_stopped)
    if again is not None and again.without_roads:
        raise typer.Exit(FINDINGS)  # two different problems: hardly what was meant


def finish(plan: Any, out: Path, registry: str | None, *, asked_to_stop: bool = False) -> None:
    """Say where the plan is, and what it leaves undone of what people decided: then exit 1."""
    from landrelease.workflows.explaining import unkept

    missed = unkept(plan)
    for words in missed[:MISSED]:
        say(words)
    if missed:
        say((f"... and {len(missed) - MISSED:,} more. " if len(missed) > MISSED else "")
            + "What people decided is not all kept; why: landrelease plan conflicts "
            f"{registry or 'REGISTRY'} {out}")
    if plan.interrupted and not asked_to_stop:
        say(f"Interrupted: this is the best plan until then, and is marked so. Written to {out}.")
        raise typer.Exit(FINDINGS)
    say(f"Written to {out}. It is a proposal; task orders and releases are decisions of people. "
        "Dates are those of the last day of work: inspection and signature come after it.")
    if missed:
        raise typer.Exit(FINDINGS)


def make_from_tables(
    folder: Path, out: Path, registry: str | None, role: str | None, area: list[str] | None,
    assumptions: Path | None, json: Path | None, asked: dict[str, Any], quiet: bool,
    hxl: bool, **unused: Any,
) -> None:
    """`plan make --problem`: the tables say everything; a registry gives its name and its head."""
    from landrelease import workflows
    from landrelease.store.problem_tables import read_problem, says_synthetic
    from landrelease.workflows import planning
    from landrelease.workflows.explaining import unkept
    from landrelease.workflows.tables import FROM_TABLES, plan_tables

    for name, value in unused.items():
        if value not in (None, False):
            raise LandReleaseError(BAD_OPTION, option=f"--{name}", found="given with --problem",
                                   expected="one of the two: the tables of --problem say it all")
    if registry is None and (role is not None or area):
        raise LandReleaseError(BAD_OPTION, option="--as or --area", found="given without REGISTRY",
                               expected="a registry whose head the plan names, or neither")
    if out.resolve() == folder.resolve():
        raise LandReleaseError(BAD_OPTION, option="--out", found=out, expected="another folder "
                               "than that of --problem: files of a plan have names of tables")
    problem = read_problem(folder)
    stated = workflows.load_assumptions(assumptions)
    planning.ready(out)
    keep = planning.Keeping(out)
    asked |= {"first": show_first, "keep": keep, "synthetic": says_synthetic(folder)}
    with listening(quiet) as progress, stopping_gently():
        try:
            if registry is None:
                saved = plan_tables(problem, stated, progress=progress, **asked)
            else:
                with reading(registry, "plan make", role, areas=area) as (opened_registry, _):
                    saved = plan_tables(problem, stated, opened_registry, progress=progress,
                                        **asked)
        except KeyboardInterrupt:
            if keep.last is None:
                raise
            saved = keep.last
    saved = planning.write_plan(out, saved, workflows.no_land(saved.synthetic),
                                asked["bound_seconds"], hxl=hxl)
    put_json(json, planning.plan_summary(saved.plan) | {"unkept": unkept(saved.plan),
                                                        "from_tables": True})
    say(FROM_TABLES)
    show_plan(saved.plan)
    finish(saved.plan, out, registry, asked_to_stop=asked["until_stopped"])


def plan_problem(
    registry: RegistryArgument,
    out: Annotated[Path, typer.Option("--out", metavar="DIR")],
    teams: TeamsOption = None, assumptions: AssumptionsOption = None, start: StartOption = None,
    roads: Annotated[Path | None, typer.Option(
        "--roads", metavar="FILE", help="As of plan make.")] = None,
    bases: Annotated[Path | None, typer.Option(
        "--bases", metavar="FILE.csv", help="As of plan make.")] = None,
    no_roads: NoRoadsOption = False,
    plan: Annotated[Path | None, typer.Option(
        "--plan", metavar="PLAN", help="The problem of this plan instead.")] = None,
    renewed: RenewedOption = False, money: MoneyOption = "announced",
    role: RoleOption = None, area: AreaOption = None, quiet: QuietOption = False,
) -> None:
    """Write the problem that `plan make` would plan as plain CSV tables, to be read or changed.

    `plan make --problem DIR` plans them; nothing is lost on the way there and back.

    Example: landrelease plan problem district.gpkg --teams teams.csv --out problem --as planner
    """
    from landrelease import workflows
    from landrelease.core.instance import as_recorded
    from landrelease.store.problem_tables import write_problem
    from landrelease.store.results import load_plan
    from landrelease.workflows import planning
    from landrelease.workflows.recorded import recorded_words
    from landrelease.workflows.residents import residents
    from landrelease.workflows.roads import RoadFiles

    if (roads is None) != (bases is None):
        raise LandReleaseError(BAD_OPTION, option="--roads and --bases", found="one of the two",
                               expected="both or none")
    over = None if roads is None or bases is None else RoadFiles(roads, bases)
    with (reading(registry, "plan problem", role, areas=area) as (opened_registry, reader),
          listening(quiet) as progress):
        synthetic = workflows.is_synthetic(opened_registry)
        if plan is not None:
            saved = load_plan(plan)
            problem, read = as_recorded(saved.plan.problem), saved.recorded
        else:
            stated = workflows.load_assumptions(assumptions, opened_registry)
            land = workflows.load_land(opened_registry, stated, reader=reader)
            asked = workflows.planning_problem(
                land, residents(land, workflows.assess(land, stated, progress),
                                stated).assessments, workflows.load_teams(teams),
                stated, start=first_day(start), roads=over, progress=progress,
                binding=planning.binding_of(opened_registry, reader, renewed, money,
                                            teams is not None, not no_roads))
            problem, read = asked.problem, asked.read
        made = write_problem(out, problem, synthetic=synthetic)
    for line in recorded_words(read):
        say(line)
    say(f"{len(problem.stage_ids):,} stages with {len(problem.first_pool):,} options, "
        f"{len(problem.pools)} pools of teams, {problem.horizon} slots; {len(made)} tables in {out}"
        )




def plan_check(
    registry: RegistryArgument,
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="Folder of `plan make`.")],
    role: RoleOption = None, area: AreaOption = None, json: JsonOption = None,
) -> None:
    """Check a plan with a checker that shares no code with the planner.

    It asks whether every stage has its team, its road, its open ground, its accreditation and its
    money, whether what people fixed is kept, whether the score is right and above the bound, and
    whether the plan rests on the records as they are now.

    Example: landrelease plan check district.gpkg plan --as planner
    """
    from landrelease import workflows
    from landrelease.workflows.planning import plan_of
    from landrelease.workflows.tables import FROM_TABLES

    with reading(registry, "plan check", role, areas=area) as (opened_registry, _reader):
        saved = plan_of(opened_registry, plan)
        found = workflows.check_plan(saved, opened_registry)
    put_json(json, found | {"synthetic": saved.synthetic})
    if saved.from_tables:
        say(FROM_TABLES)
    wrong = [words for kind in ("violations", "unkept", "doubts")
             for words in found[kind]]
    for words in wrong:
        say(words)
    if wrong:
        raise typer.Exit(FINDINGS)
    say(f"The plan can be carried out: {found['planned']:,} of {found['stages']:,} stages are "
        f"planned; its score {found['score']:,.0f} is right and not below the bound "
        f"{found['bound']:,.0f}.")


def plan_reach(
    registry: RegistryArgument,
    out: Annotated[Path, typer.Option("--out", metavar="DIR")],
    roads: Annotated[Path, typer.Option("--roads", metavar="FILE", help="The road network.")],
    bases: Annotated[Path, typer.Option(
        "--bases", metavar="FILE.csv", help="Their id, longitude, latitude.")],
    closures: Annotated[Path | None, typer.Option(
        "--closures", metavar="FILE", help="Closed ground in time.")] = None,
    areas: Annotated[Path | None, typer.Option(
        "--areas", metavar="FILE", help="The areas that the closures name.")] = None,
    plan: Annotated[Path | None, typer.Option(
        "--plan", metavar="DIR", help="Hazards open their roads on its dates; else they stay.",
    )] = None,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="Else today.")] = None,
    role: RoleOption = None, area: AreaOption = None,
    assumptions: AssumptionsOption = None, json: JsonOption = None,
) -> None:
    """Which communities the bases reach now and later, and which road segments decide it.

    DIR gets communities.csv, segments.csv, segments.geojson and curve.csv. "Reached" means that
    nothing on record blocks the way; it never means that a road is safe.

    Example: landrelease plan reach r.gpkg --roads r.osm.pbf --bases b.csv --out reach --as operator
    """
    from landrelease import workflows
    from landrelease.store import exports
    from landrelease.store.results import load_plan
    from landrelease.workflows.roads import RoadFiles, reach_of
    from landrelease.workflows.waiting_areas import waiting_for_plans

    with reading(registry, "plan reach", role, areas=area) as (opened_registry, reader):
        stated = workflows.load_assumptions(assumptions, opened_registry)
        land = workflows.load_land(opened_registry, stated, reader=reader)
        found = reach_of(
            land, RoadFiles(roads, bases), stated, closures=closures, areas=areas,
            on=date.today() if on is None else as_date("--on", on),
            plan=None if plan is None else load_plan(plan).plan,
            waiting=waiting_for_plans(opened_registry, reader).hazards)
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in (("communities", found.communities), ("segments", found.segments),
                       ("curve", found.curve)):
        exports.write_csv(out / f"{name}.csv", workflows.marked(rows, land.synthetic))
    exports.write_geojson(
        out / "segments.geojson", found.lines, workflows.marked(found.segments, land.synthetic),
        description=workflows.label(land.synthetic) + "Segments that are blocked, or behind which "
        "people live. Open never means safe.")
    put_json(json, found.summary | {"synthetic": land.synthetic})
    total = found.summary
    say(f"{total['reached']} of {total['communities']} communities can be reached on {found.on}, "
        f"{total['people_reached']:,.0f} of {total['people']:,.0f} people; "
        f"{total['segments_blocked']} of {total['segments']:,} segments are blocked.")
    for row in sorted(found.segments, key=lambda r: -float(str(r["people_if_opened"])))[:5]:
        if row["people_if_opened"]:
            say(f"  opening {row['segment']} alone reconnects {row['people_if_opened']:,.0f} "
                f"people ({row['hazards'] or 'closed'})")
    say(f"Written to {out}. Open never means safe.")


def plan_rank(
    registry: RegistryArgument,
    weights: Annotated[Path, typer.Option(
        "--weights", metavar="W.yaml", help="Criteria and their weights; docs/rank.md.")],
    roads: Annotated[Path | None, typer.Option(
        "--roads", metavar="FILE", help="For people_reconnected: the road network.")] = None,
    bases: Annotated[Path | None, typer.Option(
        "--bases", metavar="FILE.csv", help="Their id, longitude, latitude; with --roads.")] = None,
    why: Annotated[tuple[str, str] | None, typer.Option(
        "--why", metavar="A B", help="Why one of two areas comes before the other.")] = None,
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help="Areas to print.")] = 20,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="OUT.csv")] = None,
    role: RoleOption = None, area: AreaOption = None,
    assumptions: AssumptionsOption = None,
    seed: Annotated[int | None, typer.Option(
        "--seed", metavar="N", min=0, help="Of the drawn rankings; else that of the file.")] = None,
    json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """Rank areas by criteria with visible weights, and say how stable each place is, and why.

    It orders; it knows no teams, dates or money (`plan make` does) and decides nothing.

    Example: landrelease plan rank district.gpkg --weights weights.yaml --as planner
    """
    from landrelease import workflows
    from landrelease.store import exports
    from landrelease.workflows.ranking import rank_hazards, stated_weights
    from landrelease.workflows.roads import RoadFiles

    if (roads is None) != (bases is None):
        raise LandReleaseError(BAD_OPTION, option="--roads and --bases", found="one of the two",
                               expected="both or none")
    over = None if roads is None or bases is None else RoadFiles(roads, bases)
    stated_weights(weights)  # a mistake in them is told before anything is assessed
    with (reading(registry, "plan rank", role, areas=area) as (opened_registry, reader),
          listening(quiet) as progress):
        stated = workflows.load_assumptions(assumptions, opened_registry)
        land = workflows.load_land(opened_registry, stated, reader=reader)
        assessments = workflows.assess(land, stated, progress)
        found = rank_hazards(opened_registry, reader, land, assessments, weights, stated,
                             roads=over, seed=seed, why=why, progress=progress)
    made, rows = found.ranking, reader.rows(found.rows, "plan_priority")
    between = found.between
    criteria = [{"name": c.name, "title": c.title, "unit": c.unit, "weight": float(w),
                 "better": c.better, "low": c.low, "high": c.high, "idle": c.name in made.idle}
                for c, w in zip(made.criteria, made.weights, strict=True)]
    put_json(json, {
        "method": made.method, "criteria": criteria, "stability": dataclasses.asdict(
            made.stability), "agreement": made.agreement, "areas": rows,
        "why": None if between is None else dataclasses.asdict(between),
        "uncounted": found.uncounted, "chain_head": land.chain_head,
        "synthetic": land.synthetic})
    if csv is not None:
        flat = [{**{k: v for k, v in row.items() if k not in ("values", "parts")},
                 **{f"value {k}": "" if v is None else v for k, v in row["values"].items()},
                 **{f"part {k}": v for k, v in row["parts"].items()}} for row in rows]
        exports.write_csv(csv, workflows.marked(flat, land.synthetic))
    show_ranking(criteria, made, rows[:top])
    if found.uncounted:
        say(found.uncounted)
    if between is not None:
        show_difference(between)
    say("A ranking orders; it decides nothing. Places that overlap are not told apart.")


def show_ranking(criteria: list[dict[str, Any]], made: Any, rows: list[dict[str, Any]]) -> None:
    for c in criteria:
        ends = f"{c['low']:,.6g} to {c['high']:,.6g} {c['unit']}".rstrip()
        idle = "; tells no area from another" if c["idle"] else ""
        say(f"  {c['weight']:>5.0%}  {c['name']:<26}{c['better']} first, {ends}{idle}")
    s = made.stability
    say(f"{made.method.replace('_', ' ')}; places 5 to 95 % of {s.samples:,} draws with weights "
        f"off by up to {s.spread:.0%}; agreement (Kendall) {made.agreement:.2f}.")
    say(f"{'place':>6} {'5..95 %':>12} {'score':>6} {f'first {s.first}':>9} {'holds':>6}  area")
    for row in rows:
        holds = "" if row["holds"] is None else f"{row['holds']:.0%}"
        say(f"{row['priority']:>6} {row['rank_low']:>5}..{row['rank_high']:<5} "
            f"{row['score']:>6.3f} {row['chance_first']:>9.0%} {holds:>6}  {row['hazard_id']}: "
            f"{row['reasons']}")


def show_difference(between: Any) -> None:
    if abs(between.score) <= TIED:
        equal = all(abs(part) <= TIED for _, part in between.parts)
        say(f"{between.first} and {between.second} are tied: "
            + ("all their parts are equal, so that no weight can tell them apart."
               if equal else "their parts differ, but add up to the same score:"))
        if not equal:
            for name, part in between.parts:
                say(f"  {part:+.3f}  {name}")
        return
    say(f"{between.first} before {between.second} by {between.score:.3f}:")
    for name, part in between.parts:
        say(f"  {part:+.3f}  {name}")
    if len(between.parts) == 1:
        say("  It is the only criterion: no weight turns the order.")
        return
    if between.holds is not None:
        say(f"  The order holds while no weight is off by more than {between.holds:.0%}.")
    if between.swap is not None:
        name, factor = between.swap
        say(f"  It turns when the weight of {name} is multiplied by {factor:.2f}, all others as "
            "stated.")
    elif between.holds is not None:
        say("  No single weight turns it.")


def plan_case(
    file: Annotated[str, typer.Argument(
        metavar="FILE", help="The case; of a zip archive as ARCHIVE.zip#NAME.")],
    format_: Annotated[str, typer.Option(
        "--format", metavar="F", help="psplib (.sm), psplib-mm (.mm) or mspsp (.dzn).")],
    json: JsonOption = None,
    seconds: Annotated[float | None, typer.Option(
        "--seconds", metavar="S", help="Stop then; the result depends on the machine.")] = None,
    iterations: Annotated[int | None, typer.Option(
        "--iterations", metavar="N", min=0,
        help="Effort counted in work, not time; 200 if neither is given.")] = None,
    seed: SeedOption = 1, quiet: QuietOption = False,
) -> None:
    """Plan a case of the public libraries PSPLIB and MSPSP, with a proven bound.

    It ends when the plan meets the bound: no plan can end sooner then. A checker that shares no
    code with the solver has replayed the plan before it is written.

    Example: landrelease plan case j30.sm.zip#j301_1.sm --format psplib --json plan.json
    """
    from landrelease.workflows import cases

    case = cases.read_case(file, format_)
    with listening(quiet) as progress:
        plan = cases.plan_case(case, seconds=seconds, iterations=iterations, seed=seed,
                               progress=progress)
    put_json(json, cases.case_document(plan))
    say(f"{case.name}: {len(plan.works)} activities, the plan ends at {plan.makespan}; "
        + ("this is the soonest possible, proved." if plan.proved else
           f"no plan ends before {plan.bound} (proved)."))
    if plan.interrupted:
        say("Interrupted: this is the best plan until then, and is marked so.")
        raise typer.Exit(FINDINGS)


def show_first(first: Any) -> None:
    say(f"First plan: {first.planned:,} of {first.stages:,} stages, score {first.score:,.0f} "
        f"({first.rule}); now it is improved.")


def show_objective(plan: Any) -> None:
    """The weights that a plan is judged by, with what is lost in each part."""
    from landrelease.workflows.planning import communities_reopened, objective_rows

    for row in objective_rows(plan):
        lost = "" if row["lost"] is None else f"{row['lost']:>20,.0f} {row['unit']} lost"
        say(f"  {row['name']:<22}{row['value']:>8,.10g}{lost}")
    found = communities_reopened(plan)
    if found is None:
        return
    if not found["cut_off"]:
        say(f"No community of {found['all']:,} is cut off today.")
        return
    say(f"{found['reached']:,} of {found['cut_off']:,} communities that are cut off today can be "
        "reached by the end of the plan" + (
            f": the first on {found['first']}, half of them by {found['half']}, the last on "
            f"{found['last']}" if found["reached"] else "")
        + f"; {found['released']:,} with their own land released.")


def show_plan(plan: Any) -> None:
    for name, score in sorted(plan.rules.items(), key=lambda item: -item[1]):
        say(f"{name:<32}{score:>16,.0f}")
    say(f"{'this plan':<32}{plan.score:>16,.0f}")
    say(f"{'proven bound':<32}{plan.bound:>16,.0f}")
    room = plan.room_closed
    done = plan.schedule.finish >= 0
    say(f"{int(done.sum()):,} of {len(done):,} stages are planned until "
        f"{plan.problem.slot_starts[-1].isoformat()}")
    if len(done) and not done.any():
        from landrelease.workflows.scenarios import unpaid_stages

        short = unpaid_stages(plan)
        say("Nothing is planned: " + (
            f"{short:,} stages lack money (their funds never have enough for them)." if short else
            "`plan conflicts` says what keeps the work from being planned.")
            + " There is no plan to be compared with the bound.")
        return
    say("room between best rule and bound closed: "
        + ("there is no room" if room is None else f"{room:.0%}")
        + ("; nothing is proven yet" if plan.bound <= 0 < plan.score else
           f"; no plan can be more than {plan.gap / (1 + plan.gap):.2%} better"))
    show_objective(plan)
