"""The commands of `plan` that explain a saved plan, price it, vary it and order its tasks."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from landrelease.apps.common import (
    FINDINGS,
    UNVERIFIED,
    ByOption,
    JsonOption,
    QuietOption,
    RegistryArgument,
    RoleOption,
    SeedOption,
    as_date,
    opened,
    put_json,
    say,
)
from landrelease.apps.console import listening, stopping_gently
from landrelease.apps.identity_commands import KeyOption, ReasonOption, opened_key
from landrelease.apps.reading import AreaOption, reading
from landrelease.errors import BAD_OPTION, LandReleaseError

# Why a team has no work, in a word or two (`plan.idle`).
IDLE = {"nothing": "no work left", "order": "as the plan has it", "survey": "survey or clearance",
        "machine": "a machine", "road": "a road", "decision": "a decision", "leave": "leave",
        "ground": "closed ground or rest", "equipment": "equipment", "money": "money",
        "end": "too late to end in time", "next": "too short before the next work",
        "others": "others are sooner"}
PlanArgument = Annotated[Path, typer.Argument(
    metavar="PLAN", help="Folder that `plan make` wrote.")]
IterationsOption = Annotated[int, typer.Option(
    "--iterations", metavar="N", min=0, help="Effort of each search.")]
TopOption = Annotated[int, typer.Option("--top", metavar="N", min=1, help="Rows to print.")]


def register(plan: typer.Typer) -> None:
    plan.command("explain")(plan_explain)
    plan.command("conflicts")(plan_conflicts)
    plan.command("price")(plan_price)
    plan.command("policy")(plan_policy)
    plan.command("what-if")(plan_what_if)
    plan.command("pareto")(plan_pareto)
    plan.command("compare")(plan_compare)
    plan.command("orders")(plan_orders)
    plan.command("decide")(plan_decide)
    plan.command("bound")(plan_bound)


def plan_explain(
    registry: RegistryArgument, plan: PlanArgument,
    why: Annotated[tuple[str, str] | None, typer.Option(
        "--why", metavar="A B", help="Two hazards or stages: why one comes before the other.",
    )] = None,
    teams: Annotated[bool, typer.Option(
        "--teams", help="Also what each team waits for while it has no work.")] = False,
    top: TopOption = 15, role: RoleOption = None, area: AreaOption = None,
    json: JsonOption = None,
) -> None:
    """What binds a plan, what each piece of work and each team waits for, why one area comes first.

    Points are what the plan's score counts, to first order, if that constraint alone fell away.

    Example: landrelease plan explain district.gpkg plan --why hazard-12 hazard-7 --as planner
    """
    from landrelease.workflows import is_old
    from landrelease.workflows.explaining import explain, never_there, unkept
    from landrelease.workflows.planning import plan_of

    with reading(registry, "plan explain", role, areas=area) as (opened_registry, _):
        saved = plan_of(opened_registry, plan)
        found = explain(saved.plan, why)
        old = is_old(saved, opened_registry)
    put_json(json, {**dataclasses.asdict(found), "synthetic": saved.synthetic,
                    "chain_head": saved.chain_head})
    if old:
        say("The plan rests on an earlier state of the registry than it holds now.")
    for words in unkept(saved.plan):
        say(f"{words}. `plan conflicts` says why.")
    say(f"{'what binds the plan':<54}{'steps':>7}{'days':>10}{'points':>14}")
    for row in found.binding[:top]:
        say(f"{row['constraint']:<54}{row['steps']:>7,}{row['days']:>10,.0f}"
            f"{row['points']:>14,.0f}")
    say("The dearest waits:")
    for row in found.waits[:top]:
        if row["gain"] > 0:
            say(f"  {row['stage']}{' (follow-up)' if row['step'] == 2 else ''} starts "
                f"{row['start']}: {row['waits_for']}; else from {row['else_from']} "
                f"({row['gain']:,.0f} points)")
    show_undone(found.undone, top)
    show_idle(found, teams)
    if away := never_there(saved.plan.problem):
        say("Teams that the plan cannot use, since they are there on none of its days: "
            + ", ".join(away) + ".")
    if found.why is not None:
        show_why(found.why)


def show_undone(rows: list[dict[str, Any]], top: int) -> None:
    """What is never done by the end of the plan, and what keeps it from it."""
    if not rows:
        return
    say(f"Never done by the end of the plan: {len(rows):,} besides what waits for these:")
    for row in rows[:top]:
        say(f"  {row['what']} {row['id']}: {row['waits_for']}"
            + (" (it takes all of these together)" if row["together"] else
               f" ({row['gain']:,.0f} points)"))
    if len(rows) > top:
        say(f"  and {len(rows) - top:,} more (--json).")


def show_idle(found: Any, teams: bool) -> None:
    """How much of their time teams have no work and why; `teams`: each span of each team."""
    weeks: dict[str, float] = {}
    for row in found.idle:
        weeks[row["kind"]] = weeks.get(row["kind"], 0.0) + row["weeks"]
    total = sum(weeks.values())
    if total:
        parts = sorted(weeks.items(), key=lambda item: -item[1])
        say(f"Teams are without work for {found.idle_share:.0%} of their time; of this, "
            + ", ".join(f"{IDLE[kind]} {share / total:.0%}" for kind, share in parts) + ".")
    for row in found.idle if teams else ():
        say(f"  {row['team']}: {row['start']} to {row['finish']} ({row['weeks']:g} weeks of work): "
            f"{row['waits_for']}")


def show_why(why: dict[str, Any]) -> None:
    for side in why["sides"]:
        say(f"{side['id']}: {side['start'] or 'not planned'} to "
            f"{side['finish'] or 'beyond the horizon'}; {side['points_per_day']:,.1f} points a day "
            f"hang on it, {side['team_days']:,.1f} team-days, "
            f"{side['points_per_team_day']:,.2f} points a day and team-day")
        for wait in side["waits"][:4]:
            say(f"    {wait['stage']} starts {wait['start']}: waits for {wait['waits_for']}")
        for row in side["undone"][:4]:
            say(f"    {row['id']} is never done: waits for {row['waits_for']}")
    worse = why["loss"]
    say(f"If they change places the score is {abs(worse):,.0f} points "
        f"({abs(worse) / why['score'] if why['score'] else 0:.2%}) "
        + ("worse." if worse > 0 else "better: this exchange speaks against the plan."
           if worse < 0 else "off: it makes no difference."))


def plan_conflicts(
    registry: RegistryArgument, plan: PlanArgument,
    stage: Annotated[list[str] | None, typer.Option(
        "--stage", metavar="ID", help="Stages or hazards that are to be done; repeat for more. "
        "None: those that people have fixed.")] = None,
    role: RoleOption = None, area: AreaOption = None, json: JsonOption = None,
    quiet: QuietOption = False,
) -> None:
    """Why work cannot be planned: a smallest set of requirements that conflict.

    Giving way in any one of them resolves this conflict. Exit status 1 where there is one.

    Example: landrelease plan conflicts district.gpkg plan --stage hazard-12 --as planner
    """
    from landrelease.workflows.explaining import conflict_of, unkept
    from landrelease.workflows.planning import plan_of

    with (reading(registry, "plan conflicts", role, areas=area) as (opened_registry, _),
          listening(quiet) as progress):
        saved = plan_of(opened_registry, plan)
        found = conflict_of(saved.plan, stage or [], progress)
    put_json(json, {"conflict": None if found is None else dataclasses.asdict(found),
                    "synthetic": saved.synthetic})
    if found is None:
        say("Nothing conflicts: what is asked for can be done within the horizon.")
        if not stage and unkept(saved.plan):
            say("The plan leaves some of it undone all the same, as its search did not find how: "
                "make it again.")
            raise typer.Exit(FINDINGS)
        return
    asked = ", ".join(found.asked[:5]) + (" ..." if len(found.asked) > 5 else "")
    if found.unknown:
        say(f"{asked}: {found.never}.")
        raise typer.Exit(FINDINGS)
    say(f"{asked} cannot be done by the end of the plan:")
    if found.never:
        say(f"  {found.never}.")
    else:
        say("  these cannot all be kept; to give way in one of them is enough for this conflict"
            + ("" if found.proven else " (a smaller set may conflict as well)") + ":")
    for requirement in found.requirements:
        say(f"    {requirement.words}")
    raise typer.Exit(FINDINGS)


def plan_price(
    registry: RegistryArgument, plan: PlanArgument,
    changes: Annotated[list[str] | None, typer.Option(
        "--change", metavar="CHANGE", help="teams:POOL[:N[:DATE]], money:FUND:AMOUNT[:DATE], "
        "ground:CALENDAR, equipment:THING[:N], road:GATE, leave:POOL, decision:STAGE; repeat for "
        "more. None: those that bind most.")] = None,
    most: Annotated[int, typer.Option("--most", metavar="N", min=1, help="Without --change: how "
                                      "many constraints to try.")] = 4,
    iterations: IterationsOption = 60, role: RoleOption = None, area: AreaOption = None,
    seed: SeedOption = 1, json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """What a constraint costs: the plan made again with it changed, and as it is, side by side.

    Example: landrelease plan price r.gpkg plan --change teams:machines:1:2027-05-01 --as planner
    """
    from landrelease.workflows.explaining import asked_of, price, worth_asking
    from landrelease.workflows.planning import plan_of

    asked = [asked_of(text) for text in changes or []]
    with (reading(registry, "plan price", role, areas=area) as (opened_registry, _),
          listening(quiet) as progress):
        saved = plan_of(opened_registry, plan)
        rows = price(saved.plan, asked or worth_asking(saved.plan, most), iterations=iterations,
                     seed=seed, progress=progress)
    put_json(json, {"changes": rows, "synthetic": saved.synthetic})
    for row in rows:
        say(f"{row['change']}: {row['gain']:,.0f} points ({row['gain_share']:.2%}); no plan gains "
            f"more than {row['at_most']:,.0f}")
        if "communities_sooner" in row:
            say(f"    {row['communities_sooner']} communities sooner, half of them by "
                f"{row['weeks_sooner_median']:g} weeks or more; "
                f"{row['communities_later']} later")
        if row["finish_with"] != row["finish_without"]:
            say(f"    all done {row['finish_with'] or 'beyond the horizon'} instead of "
                f"{row['finish_without'] or 'beyond the horizon'}")
    if not rows:
        say("Nothing that can be changed binds this plan.")


def plan_policy(
    registry: RegistryArgument, plan: PlanArgument,
    samples: Annotated[int, typer.Option("--samples", metavar="N", min=1, help="Drawn worlds.",
                                         )] = 200,
    every: Annotated[int, typer.Option(
        "--every", metavar="SLOTS", min=0, help="Make the plan again after so many half weeks of "
        "working time in which a stage ended; 0: keep its order to the end.")] = 35,
    iterations: Annotated[int, typer.Option(
        "--iterations", metavar="N", min=0, help="Effort of each making again.")] = 1,
    csv: Annotated[Path | None, typer.Option(
        "--csv", metavar="OUT.csv", help="When each community gets its access back: as planned, "
        "and by which days in 10, 50 and 90 % of the worlds.")] = None,
    top: TopOption = 15, role: RoleOption = None, area: AreaOption = None, seed: SeedOption = 1,
    json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """The plan as a policy: played, and made again, on sampled outcomes beside the best rule.

    Whether an area is empty and how long work takes are drawn; nothing is used before it is known.

    Example: landrelease plan policy district.gpkg plan --samples 200 --as planner
    """
    from landrelease import workflows
    from landrelease.store import exports
    from landrelease.workflows.explaining import policy_of
    from landrelease.workflows.planning import plan_of

    with (reading(registry, "plan policy", role, areas=area) as (opened_registry, _),
          listening(quiet) as progress):
        saved = plan_of(opened_registry, plan)
        found = policy_of(saved.plan, saved.assumptions, samples=samples, every=every,
                          iterations=iterations, seed=seed, progress=progress)
    put_json(json, {**found, "synthetic": saved.synthetic})
    if csv is not None:
        exports.write_csv(csv, workflows.marked(found["communities"], saved.synthetic))
    say(f"{'points, ' + str(samples) + ' drawn worlds':<44}{'10 %':>16}{'median':>16}{'90 %':>16}")
    for name in ("plan", "rule"):
        row = found[name]
        title = ("this plan" + (f", made again up to {found['remade']} times" if found["remade"]
                                else "") if name == "plan" else f"{found['rule_name']} as a policy")
        say(f"{title:<44}{row['low']:>16,.0f}{row['median']:>16,.0f}{row['high']:>16,.0f}")
    say(f"As expected, without chance: {found['planned']:,.0f}. The plan is better in "
        f"{found['better']:.0%} of the worlds, on average by {found['gain']:,.0f} points "
        f"(standard error {found['gain_error']:,.0f}); "
        f"{found['unfinished']:.1%} of the needed stages are not done by the horizon.")
    show_dates(found["communities"], samples, top)


def show_dates(rows: list[dict[str, Any]], samples: int, top: int) -> None:
    """When communities can be reached with their own hazards released, over the drawn worlds."""
    waiting = sorted((r for r in rows if r["back_planned"] != r["back_10"] or r["back_10"]
                      != r["back_90"] or not r["back_90"]),
                     key=lambda r: (r["back_50"] or "9999", r["community"]))
    if not waiting:
        return
    say(f"Communities reached and their own hazards released by, {samples} drawn worlds:")
    say(f"{'':<28}{'as planned':>12}{'10 %':>12}{'median':>12}{'90 %':>12}")
    for r in waiting[:top]:
        say(f"  {r['community']:<26}" + "".join(
            f"{r[k] or 'later':>12}" for k in ("back_planned", "back_10", "back_50", "back_90")))
    if len(waiting) > top:
        say(f"  and {len(waiting) - top:,} more (--csv, --json). later: beyond the horizon.")


def plan_what_if(
    registry: RegistryArgument, plan: PlanArgument,
    weights: Annotated[list[str], typer.Option(
        "--weight", metavar="NAME=VALUE", help="person_weight, hectare_weight, season_weight, "
        "access_weight, infrastructure_weight, worst_off; repeat for more.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Save the plan.")] = None,
    iterations: IterationsOption = 100, top: TopOption = 15, role: RoleOption = None,
    area: AreaOption = None, seed: SeedOption = 1, json: JsonOption = None,
    quiet: QuietOption = False,
) -> None:
    """The plan made again by other weights, and what would be different.

    worst_off above 1 puts the longest waits first.

    Example: landrelease plan what-if r.gpkg plan --weight access_weight=3 --as planner
    """
    from landrelease.workflows import no_land
    from landrelease.workflows.explaining import change_rows, what_if
    from landrelease.workflows.planning import plan_of, ready, write_plan

    stated = dict(weight_of(text) for text in weights)
    if out is not None:
        ready(out)
    with (reading(registry, "plan what-if", role, areas=area) as (opened_registry, _),
          listening(quiet) as progress):
        saved = plan_of(opened_registry, plan)
        found = what_if(saved.plan, stated, iterations=iterations, seed=seed, progress=progress)
        if out is not None:
            write_plan(out, dataclasses.replace(saved, plan=found.plan), no_land(saved.synthetic))
    stages = change_rows(found.difference.stages)
    communities = change_rows(found.difference.communities)
    put_json(json, {"lost_before": found.lost_before, "lost_after": found.lost_after,
                    "gap": found.plan.gap, "stages": stages, "communities": communities,
                    "synthetic": saved.synthetic})
    for name, before in found.lost_before.items():
        after = found.lost_after[name]
        if before or after:
            say(f"  {name:<16}{before:>18,.0f} -> {after:>18,.0f}"
                + (f"  ({after / before - 1:+.1%})" if before else ""))
    show_changes(stages, communities, top)
    gap = found.plan.gap
    say("No plan by these weights is more than "
        f"{gap / (1 + gap):.2%} better.")


def plan_pareto(
    registry: RegistryArgument, plan: PlanArgument,
    parts: Annotated[tuple[str, str], typer.Option(
        "--parts", metavar="A B", help="Two of people, land, seasons, access, infrastructure.")],
    points: Annotated[int, typer.Option("--points", metavar="N", min=2)] = 5,
    out: Annotated[Path | None, typer.Option(
        "--out", metavar="DIR", help="Write the plan of each row into a folder there, named by its "
        "share.")] = None,
    iterations: IterationsOption = 60, role: RoleOption = None, area: AreaOption = None,
    seed: SeedOption = 1, json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """Plans from all weight on one part of the objective to all on another, and which are beaten.

    Example: landrelease plan pareto r.gpkg plan --parts access land --as planner
    """
    from landrelease.workflows import no_land
    from landrelease.workflows.explaining import nothing_at_stake, pareto
    from landrelease.workflows.planning import plan_of, ready, write_plan

    if out is not None:
        ready(out)

    with (reading(registry, "plan pareto", role, areas=area) as (opened_registry, _),
          listening(quiet) as progress):
        saved = plan_of(opened_registry, plan)
        found = pareto(saved.plan, *parts, points=points, iterations=iterations, seed=seed,
                       progress=progress)
        rows = found.rows
        for row, made in zip(rows, found.plans, strict=True) if out is not None else ():
            write_plan(out / row["folder"], dataclasses.replace(saved, plan=made),
                       no_land(saved.synthetic))
        notes = nothing_at_stake(saved.plan.problem, parts)
    put_json(json, {"parts": parts, "plans": rows, "notes": notes, "synthetic": saved.synthetic})
    show_pareto(parts, rows)
    for note in notes:
        say(note)
    if out is not None:
        say(f"Written to {out}, a folder for each share.")
    say("share: of the weight on the second part. Which of them is right is for people to say.")


def show_pareto(parts: tuple[str, str], rows: list[dict[str, Any]]) -> None:
    say(f"{'share':>6}  {parts[0] + ' lost':>20}  {parts[1] + ' lost':>20}  "
        f"{'no plan is better by more than':>32}")
    before: list[tuple[float, float]] = []
    for row in rows:
        at = (row[parts[0]], row[parts[1]])
        # As `plan make` says it: of the score.
        room = None if row["gap"] is None else row["gap"] / (1 + row["gap"])
        words = "nothing proven" if room is None or round(room, 4) >= 1 else f"{room:.2%}"
        beaten = ("  the same as above" if at in before else
                  "" if row["on_the_front"] else "  beaten by another one")
        say(f"{row['share']:>6.0%}  {at[0]:>20,.0f}  {at[1]:>20,.0f}  {words:>32}{beaten}")
        before.append(at)


def plan_compare(
    registry: RegistryArgument, plan: PlanArgument,
    other: Annotated[Path, typer.Argument(
        metavar="OTHER", help="Folder of another plan, which the first is compared with.")],
    top: TopOption = 10,
    csv: Annotated[Path | None, typer.Option(
        "--csv", metavar="OUT.csv", help="Every community, area and stage in both.")] = None,
    role: RoleOption = None, area: AreaOption = None, json: JsonOption = None,
) -> None:
    """Two plans that were kept, side by side: from PLAN to OTHER, what moves, who wins, who loses.

    Each is judged by its own weights; what is lost is shown before any weight.

    Example: landrelease plan compare district.gpkg plan-may plan-june --as planner
    """
    from landrelease import workflows
    from landrelease.store import exports
    from landrelease.workflows.comparing import compared, csv_rows
    from landrelease.workflows.planning import plan_of

    with reading(registry, "plan compare", role, areas=area) as (opened_registry, _):
        found = compared(plan_of(opened_registry, plan), plan_of(opened_registry, other))
    put_json(json, found)
    if csv is not None:
        exports.write_csv(csv, workflows.marked(csv_rows(found), found["synthetic"]))
    show_compared(found, top)


def show_compared(found: dict[str, Any], top: int) -> None:
    from landrelease.workflows.comparing import side_of

    one, two = found["before"], found["after"]
    say(f"{'':<28}{'first':>20}{'second':>20}")
    for title, name in (("score", "score"), ("proven bound", "bound"),
                        ("steps planned", "stages_planned"), ("steps in all", "stages")):
        say(f"{title:<28}{one[name]:>20,.0f}{two[name]:>20,.0f}")
    for row in found["parts"]:
        weights = [row["weight_before"], row["weight_after"]]
        same = weights[0] == weights[1]
        say(f"{row['name']:<28}" + "".join(
            f"{'-' if w is None else format(w, ',.10g'):>20}" for w in weights)
            + ("" if same else "  (other weights)"))
        if row["lost_before"] is not None or row["lost_after"] is not None:
            say(f"{'  lost':<28}" + "".join(
                f"{'-' if v is None else format(v, ',.0f'):>20}"
                for v in (row["lost_before"], row["lost_after"])) + f"  {row['unit']}")
    for title in ("communities", "areas"):
        rows, who = found[title], found["who"][title]
        if not rows:
            continue
        say(f"Of {len(rows):,} {title}, with the people counted with them: " + ", ".join(
            f"{w['count']:,} {side} ({w['people']:,.0f} people"
            + (f", of {w['people_not_reported']:,} not reported)" if w["people_not_reported"]
               else ")") for side, w in who.items() if w["count"]) + ".")
        for side in ("sooner", "later"):
            moved = [r for r in rows if side_of(r["change"]) == side]
            moved.sort(key=lambda r: -abs(r["days"] or 0) * (r["people"] or 0.0))
            for r in moved[:top]:
                days = "" if r["days"] == "" else f" ({r['days']:+} days)"
                people = "people not reported" if r["people"] is None else (
                    f"{r['people']:,.0f} people")
                say(f"  {side} {r['id']}, {people}: {r['before'] or 'no date'} -> "
                    f"{r['after'] or 'no date'}{days}")
    show_changes(found["stages"], [], top)
    if found["other"]:
        say("What the problems differ in, so that not all of this comes from the order of work "
            "(the standing plan is the first, this one the second):")
    for words in found["other"]:
        say(f"  {words}")
    if not found["same_records"]:
        say("The two plans rest on different states of the records.")


def plan_orders(
    registry: RegistryArgument, plan: PlanArgument,
    until: Annotated[str | None, typer.Option(
        "--until", metavar="DATE", help="Only what starts by then; else all that is dated."),
    ] = None,
    by: ByOption = UNVERIFIED, role: RoleOption = None, area: AreaOption = None,
    json: JsonOption = None,
) -> None:
    """Record the stages of a plan as proposed tasks. Ordering them is for a person, signed (S09).

    Repeating it changes nothing; what people decided on a task stands; proposals that the plan no
    longer holds are withdrawn.

    Example: landrelease plan orders district.gpkg plan --until 2027-06-30 --by "Operations"
    """
    from landrelease.workflows.orders import propose_from
    from landrelease.workflows.planning import plan_of
    from landrelease.workflows.tables import FROM_TABLES

    last = None if until is None else as_date("--until", until)
    with reading(registry, "plan orders", role, areas=area) as (opened_registry, _):
        saved = plan_of(opened_registry, plan)
        found = propose_from(opened_registry, saved, plan, by=by, until=last)
    put_json(json, dataclasses.asdict(found) | {"from_tables": saved.from_tables})
    if saved.from_tables:
        say(FROM_TABLES + " Each of these tasks says so.")
    say(f"{len(found.new)} tasks proposed, {len(found.changed)} changed, {len(found.same)} as they "
        f"were, {len(found.withdrawn)} withdrawn; {len(found.standing)} stand as people decided.")
    if found.past:
        say(f"{len(found.past)} of the plan's steps were to start on a day that has passed and are "
            "not proposed: make the plan again with --start today or later.")
    if found.again:
        say(f"{len(found.again)} of these are recorded as completed and have to be done again, "
            "because their ground was rejected: order them anew (task_status ordered, signed): "
            + ", ".join(found.again[:5]) + (" ..." if len(found.again) > 5 else ""))
    say("They are proposals. A person orders a task with a signature.")


def plan_decide(
    registry: RegistryArgument,
    task: Annotated[str, typer.Argument(
        metavar="TASK", help="A task on record, or a stage that `plan orders` proposed.")],
    start: Annotated[str | None, typer.Option(
        "--start", metavar="DATE", help="It starts on this day.")] = None,
    not_before: Annotated[str | None, typer.Option(
        "--not-before", metavar="DATE", help="It starts on this day or later.")] = None,
    start_by: Annotated[str | None, typer.Option(
        "--start-by", metavar="DATE", help="It starts by this day.")] = None,
    any_day: Annotated[bool, typer.Option(
        "--any-day", help="No day is fixed, also not the one of the proposal.")] = False,
    team: Annotated[list[str] | None, typer.Option(
        "--team", metavar="TEAM", help="This team does it; repeat for more.")] = None,
    any_team: Annotated[bool, typer.Option(
        "--any-team", help="No team is fixed, also not those of the proposal.")] = False,
    exclude: Annotated[list[str] | None, typer.Option(
        "--exclude", metavar="TEAM", help="This team does not; repeat for more.")] = None,
    after: Annotated[list[str] | None, typer.Option(
        "--after", metavar="TASK", help="It follows this task; repeat for more.")] = None,
    method: Annotated[str | None, typer.Option(
        "--method", metavar="M", help="manual, mechanical, animal_detection or mixed.")] = None,
    take_back: Annotated[bool, typer.Option(
        "--take-back", help="It is a proposal again, and binds no plan.")] = False,
    reason: ReasonOption = "", key: KeyOption = None, by: ByOption = UNVERIFIED,
    json: JsonOption = None,
) -> None:
    """Order a task, with what you fix or forbid about it. The next `plan make` keeps to it.

    What is not said stays as on record, also the day and the teams of a proposal (`--any-day`,
    `--any-team` leave them free). It counts with the key of somebody whose vouched role orders
    work; without one it is recorded, and binds nobody (S09).

    Example: landrelease plan decide r.gpkg hazard-7:NTS --start-by 2027-05-31 --key me.pem
    """
    from landrelease.workflows import identities
    from landrelease.workflows.deciding import Decided, decide

    days = {name: None if text is None else as_date(option, text) for name, option, text in (
        ("start", "--start", start), ("not_before", "--not-before", not_before),
        ("start_by", "--start-by", start_by))}
    what = Decided(**days, any_day=any_day, teams=team or ([] if any_team else None),
                   excluded=exclude or None, after=after or None, method=method,
                   take_back=take_back)
    with opened(registry) as opened_registry:
        made = decide(opened_registry, task, what, reason=reason, by=by, key=opened_key(key))
        record = made.revision.record_id
        verdict = identities.verdicts(opened_registry, record).get(made.hash)
        counts = verdict is not None and verdict.standing == "verified"
    put_json(json, {"task": record, "task_status": made.revision.values["task_status"],
                    "counts": counts or take_back})
    if take_back:
        say(f"{record} is a proposal again; the next `plan make` is free in it.")
        return
    if counts:
        say(f"{record} is ordered; the next `plan make` keeps to it.")
        return
    say(f"{record} is recorded as ordered, but does not count: "
        + ("nobody signed it" if verdict is None or not verdict.reason else verdict.reason) + ".")
    raise typer.Exit(FINDINGS)


def plan_bound(
    registry: RegistryArgument, plan: PlanArgument,
    seconds: Annotated[float, typer.Option(
        "--seconds", metavar="S", min=0, help="Stop then; Ctrl-C or SIGTERM stop it at any time.",
    )] = 60.0,
    role: RoleOption = None, area: AreaOption = None, json: JsonOption = None,
    quiet: QuietOption = False,
) -> None:
    """Prove a better bound for a plan, apart from making it, and keep it in the plan's folder.

    It holds whenever it is stopped. It is kept with a hash of the instance, and taken up again by
    every command that reads the plan, and by `plan make` into the same folder, where the instance
    is the same.

    Example: landrelease plan bound district.gpkg plan --seconds 600 --as planner
    """
    from landrelease.workflows.planning import plan_of
    from landrelease.workflows.proving import prove_on

    folder = plan.parent if plan.name == "plan.json" else plan
    with (reading(registry, "plan bound", role, areas=area) as (opened_registry, _),
          listening(quiet) as progress, stopping_gently()):
        saved = plan_of(opened_registry, plan)
        found = prove_on(folder, saved.plan, seconds, synthetic=saved.synthetic,
                         progress=progress)
    put_json(json, {**dataclasses.asdict(found), "gap": found.gap, "synthetic": saved.synthetic})
    if found.fresh:
        say("The bound that was kept here is of another instance: it was put away.")
    say(f"Proven bound {found.before:,.0f} -> {found.bound:,.0f} in {found.seconds:,.0f} s in all; "
        f"the plan scores {found.score:,.0f}, no plan can be more than "
        f"{found.gap / (1 + found.gap):.2%} better.")


def show_changes(stages: list[dict[str, Any]], communities: list[dict[str, Any]], top: int
                 ) -> None:
    for title, rows in (("stages", stages), ("communities", communities)):
        moved = [r for r in rows if r["change"] != "same" or r["other_team"]]
        kinds: dict[str, int] = {}
        for r in moved:
            kinds[r["change"]] = kinds.get(r["change"], 0) + 1
        others = sum(r["other_team"] for r in moved)
        if rows:
            say(f"{len(moved)} of {len(rows)} {title} change: " + (", ".join(
                f"{n} {kind}" for kind, n in sorted(kinds.items())) or "none")
                + (f"; {others} get other teams" if others else "") + ".")
        for r in moved[:top]:
            days = "" if r["days"] == "" else f" ({r['days']:+} days)"
            say(f"  {r['id']}: {r['change']}, {r['before'] or 'no date'} -> "
                f"{r['after'] or 'no date'}{days}")


def finish_made_again(out: Path, again: Any, synthetic: bool, top: int = 15) -> None:
    """Write what is different beside the plan made again, and say it."""
    from landrelease.workflows import planning

    stages, communities = planning.write_changes(out, again, synthetic)
    say(f"Since the standing plan {len(again.since.done)} stages were done and "
        f"{len(again.since.begun)} have begun."
        + (f" {len(again.since.again)} that were reported as done are open again: their ground was "
           "rejected." if again.since.again else ""))
    for words in again.other:
        say(words)
    if again.other:
        say("What changes below comes from these differences as well as from the work since.")
    show_changes(stages, communities, top)


def weight_of(text: str) -> tuple[str, float]:
    name, mark, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        mark = ""
        number = 0.0
    if not mark or not name.strip():
        raise LandReleaseError(BAD_OPTION, option="--weight", found=text,
                               expected="NAME=VALUE, as access_weight=3")
    return name.strip(), number


