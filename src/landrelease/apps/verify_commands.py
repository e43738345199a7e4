"""The commands of `verify`: sample sizes, lots, draws, results, teams, what is open."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from landrelease.apps.common import (
    FINDINGS,
    UNVERIFIED,
    AssumptionsOption,
    ByOption,
    JsonOption,
    RegistryArgument,
    RoleOption,
    as_date,
    opened,
    put_json,
    say,
)
from landrelease.apps.identity_commands import KeyOption, opened_key
from landrelease.apps.reading import OrganisationOption, reading
from landrelease.errors import BAD_OPTION, LandReleaseError

_WHOLE = re.compile(r"\d{1,9}")


def register(group: Callable[[str, str], typer.Typer]) -> None:
    verify = group("verify", "Inspection: samples, lots and draws, teams compared, what is open.")
    verify.command("sample")(verify_sample)
    verify.command("curve")(verify_curve)
    verify.command("lots")(verify_lots)
    verify.command("draw")(verify_draw)
    verify.command("record")(verify_record)
    verify.command("trial")(verify_trial)
    verify.command("finding")(verify_finding)
    verify.command("visit")(verify_visit)
    verify.command("correct")(verify_correct)
    verify.command("teams")(verify_teams)
    verify.command("open")(verify_open)


Lot = Annotated[int, typer.Option("--lot", metavar="N", help="Units in the lot.")]
Tolerable = Annotated[int, typer.Option("--tolerable", metavar="D",
                                        help="Defects that the inspection must find.")]
Detection = Annotated[float | None, typer.Option(
    "--detection", metavar="Q", help="Chance that inspecting a defect shows it; without it, and "
    "without --registry, as if nothing were missed.")]
Recorded = Annotated[str | None, typer.Option(
    "--registry", metavar="REGISTRY", help="Take the detection that trials with seeded targets on "
    "record show, else what inspections on record state for themselves, else the programme's "
    "setting.")]
Trials = Annotated[Path | None, typer.Option(
    "--trials", metavar="FILE.csv", help="Take the detection from trials with seeded targets in "
    "which inspectors searched: columns organisation,method,targets,found; method inspection.")]
Confidence = Annotated[float, typer.Option("--confidence", metavar="C")]


def verify_sample(lot: Lot, tolerable: Tolerable, detection: Detection = None,
                  confidence: Confidence = 0.95, registry: Recorded = None,
                  trials: Trials = None, assumptions: AssumptionsOption = None,
                  role: RoleOption = None, organisation: OrganisationOption = None,
                  json: JsonOption = None) -> None:
    """How many units to inspect so that D defects are found with confidence C.

    Example: landrelease verify sample --lot 400 --tolerable 5 --detection 0.9 --confidence 0.95
    """
    from landrelease import workflows

    q = _detection(detection, registry, trials, assumptions, role, organisation)
    found = workflows.sample_size(lot, tolerable, q, confidence)
    put_json(json, found)
    say(f"Inspect {found['sample']} of {lot} units; a lot with {tolerable} defects is then "
        f"accepted with probability {found['accept_probability']:.3f}.")


def _detection(stated: float | None, registry: str | None, trials: Path | None,
               assumptions: Path | None, role: str | None, organisation: str | None) -> float:
    """As stated, else as trials show or as it is on record, else 1; says where it comes from."""
    given = [name for name, value in (("--detection", stated), ("--trials", trials),
                                      ("--registry", registry)) if value is not None]
    if len(given) > 1:
        raise LandReleaseError(BAD_OPTION, option=given[1], found=f"given beside {given[0]}",
                               expected="one of them")
    found = None
    if trials is not None:
        from landrelease import workflows
        from landrelease.workflows.trials import detection_of_file

        found = detection_of_file(trials, workflows.load_assumptions(assumptions))
    elif registry is not None:
        from landrelease import workflows
        from landrelease.workflows import inspecting

        with reading(registry, "verify lots", role, organisation) as (opened_registry, reader):
            found = inspecting.recorded_detection(
                opened_registry, reader, workflows.load_assumptions(assumptions, opened_registry))
    if found is not None:
        say(f"Detection {found['detection']:.4g}: {found['words']}")
        return float(found["detection"])
    if stated is None or stated >= 1.0:
        say("WARNING: computed as if the inspection missed nothing. No inspection does that (S06): "
            "the true sample is larger. State yours with --detection, or take it from records with "
            "--registry.")
    return 1.0 if stated is None else stated


def verify_curve(lot: Lot, sample: Annotated[int, typer.Option("--sample", metavar="n")],
                 detection: Detection = None, registry: Recorded = None,
                 trials: Trials = None, assumptions: AssumptionsOption = None,
                 role: RoleOption = None, organisation: OrganisationOption = None,
                 json: JsonOption = None) -> None:
    """The operating characteristic: the chance to accept a lot, by its number of defects.

    Example: landrelease verify curve --lot 400 --sample 180
    """
    from landrelease import workflows

    q = _detection(detection, registry, trials, assumptions, role, organisation)
    curve = workflows.operating_characteristic(lot, sample, q)
    put_json(json, curve)
    for point in curve:
        say(f"{point['defects']:>5} defects: accepted with probability "
            f"{point['accept_probability']:.3f}")
        if point["accept_probability"] < 0.005:
            break


# --- lots --------------------------------------------------------------------------------------

LotArgument = Annotated[str, typer.Argument(metavar="LOT", help="Id of the lot.")]


def verify_lots(
    registry: RegistryArgument,
    task: Annotated[str, typer.Argument(metavar="TASK", help="Id of the task.")],
    form: Annotated[str, typer.Option("--form", metavar="team|day|size",
                                      help="What a lot is made of.")] = "team",
    size: Annotated[float | None, typer.Option("--size", metavar="M2",
                                               help="Largest area of a lot, in m².")] = None,
    unit: Annotated[float | None, typer.Option(
        "--unit", metavar="M", help="Side of the squares that are searched again.")] = None,
    detection: Annotated[float | None, typer.Option("--detection", metavar="Q")] = None,
    tolerable: Annotated[int | None, typer.Option("--tolerable", metavar="D")] = None,
    confidence: Annotated[float | None, typer.Option("--confidence", metavar="C")] = None,
    again: Annotated[str | None, typer.Option(
        "--again", metavar="LOT", help="A rejected lot that was cleared again.")] = None,
    record: Annotated[bool, typer.Option("--record", help="Record the lots; the draw of each is "
                                         "fixed from then on.")] = False,
    assumptions: AssumptionsOption = None, by: ByOption = UNVERIFIED, role: RoleOption = None,
    organisation: OrganisationOption = None, json: JsonOption = None,
) -> None:
    """Form lots from completed ground of a task, each with its units, level and sample.

    Example: landrelease verify lots district.gpkg task-12 --form size --size 10000 --as inspector
    """
    from landrelease import workflows
    from landrelease.workflows import inspecting

    with reading(registry, "verify lots", role, organisation) as (opened_registry, reader):
        stated = workflows.load_assumptions(assumptions, opened_registry)
        lots = inspecting.propose_lots(
            opened_registry, reader, task, stated, form=form, unit_m=unit, size_m2=size,
            again=again, strictness=inspecting.Strictness(detection, tolerable, confidence))
        if record:
            inspecting.record_lots(opened_registry, lots, by=by)
    put_json(json, [{**lot, "ground": lot["ground"].wkt, "recorded": record} for lot in lots])
    for lot in lots:
        say(f"{lot['id']}  {lot['name'] or 'all'}  {lot['area_m2']:,.0f} m2 in {lot['units']} "
            f"units of {lot['unit_m']:g} m; {lot['level']} inspection: {lot['sample']} units")
        say(f"    {lot['level_reason']}")
        say(f"    {lot['tolerable']} defects, detection {lot['detection']:.4g}, confidence "
            f"{lot['confidence']:g}: accepted with probability {lot['accept_probability']:.4f} at "
            f"most; without strata {lot['simple_sample']} units would do")
        say(f"    detection: {lot['detection_from']}")
        if len(lot["strata"]) > 1:
            say("    strata: " + ", ".join(f"{n} ({k})" for n, k in lot["strata"].items()))
    left_out = lots[0]["left_out"] if lots else []
    for one in left_out:
        say(f"Left out: {one['area_m2']:,.0f} m2 of {one['outcome']}: {one['reason']}")
    say(f"{len(lots)} lots " + ("recorded." if record else "proposed; --record keeps them."))
    if left_out or any(lot["stopped"] for lot in lots):
        raise typer.Exit(FINDINGS)


def verify_draw(
    registry: RegistryArgument, lot: LotArgument,
    thrown: Annotated[str, typer.Option(
        "--thrown", metavar="NUMBER", help="A number that both sides saw thrown just now.")] = "",
    show: Annotated[bool, typer.Option(
        "--show", help="Show what was drawn; record nothing.")] = False,
    by: ByOption = UNVERIFIED, role: RoleOption = None, organisation: OrganisationOption = None,
    json: JsonOption = None,
) -> None:
    """Draw the units of a lot that are searched again; a second draw is the first one.

    The draw is recorded before its units are shown. Exit status 1 where --show finds none.

    Example: landrelease verify draw district.gpkg lot:task-12:1 --as inspector
    """
    from landrelease.workflows import inspecting

    with reading(registry, "verify draw", role, organisation) as (opened_registry, reader):
        found = inspecting.draw_of(opened_registry, reader, lot, thrown=thrown, by=by,
                                   record=not show)
    put_json(json, found)
    say(f"{found['lot']}: {found['sample']} of {found['units_in_lot']} units; a lot with the "
        f"tolerable defects is accepted with probability {found['accept_probability']:.4f} at "
        "most.")
    if not found["recorded"]:
        say("Nothing is drawn yet. Units are shown once the draw is recorded, with the first "
            "number that is given.")
        raise typer.Exit(FINDINGS)
    say(f"seed {found['seed']} = SHA-256 of the lot's first hash {found['lot_hash']}, its id"
        + (f" and {found['thrown']}" if found["thrown"] else ""))
    for unit in found["units"]:
        say(f"  unit {unit['unit']:>5}  {unit['latitude']:.7f} {unit['longitude']:.7f}  "
            f"{unit['area_m2']:>8.1f} m2  {unit['result'].replace('_', ' '):<13}{unit['stratum']}")
    say("recorded")
    if not found["agrees"]:
        say("THE RECORDED DRAW IS NOT THE ONE THAT THE SEED GIVES.")
        raise typer.Exit(FINDINGS)


def verify_record(
    registry: RegistryArgument, lot: LotArgument,
    results: Annotated[Path | None, typer.Option(
        "--results", metavar="FILE.csv", help="Columns unit,items; no items: not searched.")]
    = None,
    clear: Annotated[str, typer.Option(
        "--clear", metavar="UNITS", help="Units without an item, as 3,7-9; all: all.")] = "",
    found: Annotated[list[str] | None, typer.Option(
        "--found", metavar="UNIT=ITEMS", help="Items in a unit. Repeat for more.")] = None,
    day: Annotated[str | None, typer.Option("--day", metavar="DAY")] = None,
    accept: Annotated[bool, typer.Option("--accept", help="All units are clear: accept the lot. It "
                                         "counts with a key.")] = False,
    assumptions: AssumptionsOption = None, key: KeyOption = None, by: ByOption = UNVERIFIED,
    role: RoleOption = None, organisation: OrganisationOption = None, json: JsonOption = None,
) -> None:
    """Record what searching the units again showed; one item rejects the lot.

    Exit status 1 where the lot is rejected, or accepted without a key that counts.

    Example: landrelease verify record district.gpkg lot:task-12:1 --clear all --day 2027-05-02
    """
    from landrelease import workflows
    from landrelease.workflows import inspecting

    with reading(registry, "verify record", role, organisation) as (opened_registry, reader):
        drawn = [u["unit"] for u in inspecting.draw_of(opened_registry, reader, lot,
                                                       record=False)["units"]]
        told = inspecting.read_results(results) if results is not None else {}
        cleared = _numbers("--clear", clear, drawn)
        # What was found stays found: no option says so and otherwise of one unit.
        if wrong := [n for n in cleared if told.get(n)]:
            raise LandReleaseError(BAD_OPTION, option="--clear", found=clear, expected="no unit in "
                                   f"which the file says that items were found: {wrong[0]}")
        told |= dict.fromkeys(cleared, 0)
        for words in found or ():
            unit, _, items = words.partition("=")
            if not (_WHOLE.fullmatch(unit.strip()) and _WHOLE.fullmatch(items.strip())):
                raise LandReleaseError(BAD_OPTION, option="--found", found=words,
                                       expected="a unit and how many items, as 5=1")
            if told.get(int(unit)) not in (None, 0, int(items)):
                raise LandReleaseError(BAD_OPTION, option="--found", found=words,
                                       expected=f"unit {int(unit)} once")
            told[int(unit)] = int(items)
        stated = workflows.load_assumptions(assumptions, opened_registry)
        done = inspecting.record_results(
            opened_registry, reader, lot, told, day=as_date("--day", day) if day else date.today(),
            by=by, key=opened_key(key), accept=accept,
            due_days=stated.value("correction_days_critical"))
    put_json(json, done)
    say(f"{lot}: {done['searched']} of {done['sample']} units searched again, "
        f"{done['items_found']} items found; {done['result'].replace('_', ' ')}")
    if done["result"] == "rejected":
        say("Rejected: the whole lot is cleared again, then inspected tighter. landrelease verify "
            "teams shows which other lots are in doubt.")
    elif accept and not done["signed"]:
        say("Accepted without a signature: it shows as unverified and changes nothing (S09).")
    elif done["may_be_accepted"]:
        say("All units are clear: a person may accept it with --accept --key.")
    if done["result"] == "rejected" or (accept and not done["signed"]):
        raise typer.Exit(FINDINGS)


def verify_trial(
    registry: RegistryArgument,
    organisation: Annotated[str, typer.Option("--organisation", metavar="NAME",
                                              help="Who searched.")],
    targets: Annotated[int, typer.Option("--targets", metavar="N", help="Targets that were "
                                         "seeded.")],
    found: Annotated[int, typer.Option("--found", metavar="N", help="Targets that were found.")],
    method: Annotated[str, typer.Option(
        "--method", metavar="METHOD", help="What searched: inspection (the inspectors' own "
        "search), manual, mechanical, animal_detection, visual_search, mixed, technical_survey.")]
    = "inspection",
    ground: Annotated[str, typer.Option(
        "--ground", metavar="test_field|worked_ground", help="Where the targets lay.")]
    = "test_field",
    team: Annotated[list[str] | None, typer.Option("--team", metavar="ID")] = None,
    detector: Annotated[list[str] | None, typer.Option("--detector", metavar="ID")] = None,
    day: Annotated[str | None, typer.Option("--day", metavar="DAY", help="Else today.")] = None,
    by: ByOption = UNVERIFIED, json: JsonOption = None,
) -> None:
    """Record a trial with seeded targets: sample sizes and residual risk count on it from then on.

    Example: landrelease verify trial district.gpkg --organisation "Team Q" --targets 30 --found 29
    """
    from landrelease.workflows.trials import record_trial

    with opened(registry) as opened_registry:
        record = record_trial(
            opened_registry, organisation=organisation, method=method, targets=targets,
            found=found, ground=ground, teams=team or (), detectors=detector or (),
            day=as_date("--day", day) if day else date.today(), by=by)
    put_json(json, {"record": record})
    say(f"{record} recorded: {found} of {targets} targets found")


def verify_finding(
    registry: RegistryArgument,
    finding: Annotated[str, typer.Option("--finding", metavar="TEXT", help="What was found.")],
    severity: Annotated[str, typer.Option("--severity", metavar="minor|major|critical")],
    kind: Annotated[str, typer.Option(
        "--kind", metavar="KIND", help="safety, marking, medical, equipment, training, "
        "documentation, coverage, depth, missed_item or other.")],
    task: Annotated[str, typer.Option("--task", metavar="TASK", help="Id of the task.")] = "",
    inspected: Annotated[str, typer.Option("--inspected", metavar="NAME",
                                           help="Organisation that was visited.")] = "",
    day: Annotated[str | None, typer.Option("--day", metavar="DAY", help="Of the visit; else "
                                            "today.")] = None,
    due: Annotated[str | None, typer.Option("--due", metavar="DAY", help="By which it is to be "
                                            "corrected; else as the settings say.")] = None,
    by: ByOption = UNVERIFIED, role: RoleOption = None,
    organisation: OrganisationOption = None, json: JsonOption = None,
) -> None:
    """Record a nonconformity that a monitoring visit found.

    Example: landrelease verify finding district.gpkg --task task-12 --severity major --kind marking
    --finding "Two signs of the north side are missing"
    """
    from landrelease.workflows.corrections import record_finding

    with reading(registry, "verify open", role, organisation) as (opened_registry, reader):
        record = record_finding(
            opened_registry, reader, severity=severity, kind=kind, finding=finding, task=task,
            organisation=inspected, day=as_date("--day", day) if day else date.today(),
            due_on=as_date("--due", due) if due else None, by=by)
    put_json(json, {"record": record})
    say(f"{record} recorded")


def verify_visit(
    registry: RegistryArgument,
    task: Annotated[str, typer.Option("--task", metavar="TASK", help="Id of the task.")] = "",
    inspected: Annotated[str, typer.Option("--inspected", metavar="NAME",
                                           help="Organisation that was visited.")] = "",
    refused: Annotated[str | None, typer.Option(
        "--refused", metavar="REASON", help="The visit was refused; the reason as it was "
        "said.")] = None,
    day: Annotated[str | None, typer.Option("--day", metavar="DAY", help="Of the visit; else "
                                            "today.")] = None,
    by: ByOption = UNVERIFIED, role: RoleOption = None,
    organisation: OrganisationOption = None, json: JsonOption = None,
) -> None:
    """Record a monitoring visit, made or refused. A refused one blocks releases of that ground
    until a visit was made there.

    Example: landrelease verify visit district.gpkg --task task-12 --refused "No escort"
    """
    from landrelease.workflows.corrections import record_visit

    with reading(registry, "verify record", role, organisation) as (opened_registry, reader):
        record = record_visit(
            opened_registry, reader, task=task, organisation=inspected, refused=refused,
            day=as_date("--day", day) if day else date.today(), by=by)
    put_json(json, {"record": record})
    say(f"{record} recorded: " + ("made" if refused is None else "refused"))


def verify_correct(
    registry: RegistryArgument,
    record: Annotated[str, typer.Argument(metavar="RECORD", help="Id of the nonconformity, or of "
                                          "the rejected lot.")],
    measure: Annotated[str, typer.Option("--measure", metavar="TEXT",
                                         help="What was done about it.")] = "",
    corrected: Annotated[str | None, typer.Option("--corrected", metavar="DAY",
                                                  help="Day of the measure.")] = None,
    closed: Annotated[str | None, typer.Option("--closed", metavar="DAY", help="Day on which a "
                                               "visit found it corrected.")] = None,
    key: KeyOption = None, by: ByOption = UNVERIFIED, role: RoleOption = None,
    organisation: OrganisationOption = None, json: JsonOption = None,
) -> None:
    """Record the measure against a nonconformity, or that a visit found it taken.

    Example: landrelease verify correct district.gpkg lot:task-12:1 --measure "Cleared again"
    --corrected 2027-05-20
    """
    from landrelease.workflows.corrections import correct

    # Who was inspected reports measures, and closes none.
    way = "verify open" if closed is None else "verify record"
    with reading(registry, way, role, organisation) as (opened_registry, reader):
        done = correct(
            opened_registry, reader, record, measure=measure,
            corrected_on=as_date("--corrected", corrected) if corrected else None,
            closed_on=as_date("--closed", closed) if closed else None, by=by, key=opened_key(key))
    put_json(json, {"record": done.id, "corrected_on": done.values.get("corrected_on"),
                    "closed_on": done.values.get("closed_on")})
    say(f"{record}: corrected on {done.values.get('corrected_on') or 'no day'}, closed on "
        f"{done.values.get('closed_on') or 'no day'}")


def verify_teams(
    registry: RegistryArgument,
    group_by: Annotated[str, typer.Option(
        "--group-by", metavar="team|detector|organisation|school")] = "team",
    assumptions: AssumptionsOption = None, role: RoleOption = None,
    organisation: OrganisationOption = None, json: JsonOption = None,
) -> None:
    """What inspection says of each team, on the same terms for all; lots in doubt after a failure.

    Items left a hectare, adjusted for what inspections miss; the places a team may have, where the
    intervals allow to tell teams apart.

    Example: landrelease verify teams district.gpkg --as inspector
    """
    from landrelease import workflows
    from landrelease.workflows import inspecting

    with reading(registry, "verify teams", role, organisation) as (opened_registry, reader):
        stated = workflows.load_assumptions(assumptions, opened_registry)
        found = inspecting.compare_teams(opened_registry, reader, stated, group_by)
    put_json(json, found)
    say(f"{group_by:<20}{'school':<18}{'lots':>5}{'hectares':>10}{'units with item':>16}"
        f"{'left a hectare (95 %)':>26}{'place':>8}")
    for g in found["groups"]:
        places = (f"{g['rank_low']}" if g["rank_low"] == g["rank_high"]
                  else f"{g['rank_low']}-{g['rank_high']}")
        left = f"{g['left_per_hectare']:.2f} ({g['low']:.2f} to {g['high']:.2f})"
        say(f"{g['group'][:19]:<20}{g['school'].replace('_', ' ')[:17]:<18}{g['lots']:>5}"
            f"{g['hectares']:>10.3f}{g['units_with_item']:>16.2f}{left:>26}{places:>8}")
    if found["groups"] and not found["told_apart"]:
        say("The intervals do not allow to rank any two: what differs may be chance.")
    _say_missed(found["groups"])
    for lot in found["lots_in_doubt"]:
        chance = lot["chance_of_item_left"]
        say(f"in doubt: {lot['lot']} ({lot['result'].replace('_', ' ')}) because of "
            f"{', '.join(lot['because_of'])}, rejected in {', '.join(lot['rejected'])}"
            + (f"; an item is left with probability {chance:.2f}" if chance is not None else ""))
    for one in found["left_out"]:
        say(f"left out: {one['lot']}: {one['reason']}")
    say(f"{len(found['groups'])} compared, {len(found['rejected_lots'])} lots rejected, "
        f"{len(found['lots_in_doubt'])} in doubt.")
    if found["lots_in_doubt"]:
        raise typer.Exit(FINDINGS)


def verify_open(
    registry: RegistryArgument,
    on: Annotated[str | None, typer.Option("--on", metavar="DAY", help="Else today.")] = None,
    assumptions: AssumptionsOption = None, role: RoleOption = None,
    organisation: OrganisationOption = None, json: JsonOption = None,
) -> None:
    """Nonconformities that are open or overdue, refused visits, lots that wait.

    Exit status 1 where something is overdue.

    Example: landrelease verify open district.gpkg --as inspector
    """
    from landrelease import workflows
    from landrelease.workflows import inspecting

    day = as_date("--on", on) if on else date.today()
    with reading(registry, "verify open", role, organisation) as (opened_registry, reader):
        stated = workflows.load_assumptions(assumptions, opened_registry)
        found = inspecting.open_items(opened_registry, reader, stated, day)
    put_json(json, found)
    for n in found["nonconformities"]:
        due = "no day" if n["due_on"] is None else n["due_on"]
        say(f"{n['state']:<10}{n['severity'].replace('_', ' '):<13}due {due}"
            + (f", {n['days_over']} days over" if n["days_over"] else "")
            + f"  {n['record']}  {n['type'].replace('_', ' ')}  {n['organisation']}")
        if n["finding"]:
            say(f"    {n['finding']}")
    for v in found["visits"]:
        if v["refused"]:
            say(f"{v['organisation'].replace('_', ' ')}: {v['refused']} of {v['visits']} visits "
                f"refused ({', '.join(v['refused_records'])})")
    for lot in found["lots_waiting"]:
        say(f"waiting: {lot['lot']}, {lot['state']}")
    counts = found["counts"]
    say(f"{counts['overdue']} overdue, {counts['open']} open, {counts['corrected']} corrected and "
        f"not yet closed, {counts['closed']} closed; "
        f"{sum(v['refused'] for v in found['visits'])} visits refused.")
    if counts["overdue"]:
        raise typer.Exit(FINDINGS)


def _say_missed(groups: list[dict[str, Any]]) -> None:
    for g in groups:
        if "missed_share" in g:
            say(f"{g['group']}: misses {g['missed_share']:.1%} of the items ({g['missed_low']:.1%} "
                f"to {g['missed_high']:.1%}, from {g['missed_items']:g} items); as detection for "
                f"assess residual: a {g['detection']['a']:.2f}, b {g['detection']['b']:.2f}")
            if g["items_at_least"]:
                say(f"{g['group']}: {len(g['items_at_least'])} records of its finds state no whole "
                    "number and are counted as the least that they can be, so that it may miss "
                    "less: " + ", ".join(g["items_at_least"]))


def _numbers(option: str, text: str, all_of_them: list[int]) -> list[int]:
    """3,7-9 as numbers; "all" as all."""
    if not text.strip():
        return []
    if text.strip() == "all":
        return all_of_them
    out: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not (_WHOLE.fullmatch(first) and _WHOLE.fullmatch(last or first)
                and 0 <= int(last or first) - int(first) < 100_000):
            raise LandReleaseError(BAD_OPTION, option=option, found=text,
                                   expected="numbers of units, as 3,7-9, or all")
        out += range(int(first), int(last or first) + 1)
    return out
