"""Commands of `operate` about the site: accidents, environment, marking, evacuations, exposure,
competence."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from landrelease.apps.common import (
    FINDINGS,
    AssumptionsOption,
    JsonOption,
    RegistryArgument,
    RoleOption,
    as_date,
    put_json,
    say,
)
from landrelease.apps.reading import AreaOption, OrganisationOption, reading

OnOption = Annotated[str | None, typer.Option("--on", metavar="DAY", help="Else today.")]


def register(operate: typer.Typer) -> None:
    for name, command in (("accidents", operate_accidents), ("environment", operate_environment),
                          ("marking", operate_marking), ("evacuations", operate_evacuations),
                          ("exposure", operate_exposure), ("competence", operate_competence)):
        operate.command(name)(command)


def _day(on: str | None) -> date:
    return as_date("--on", on) if on else date.today()


def _say_waiting(found: dict[str, Any]) -> None:
    if found["waiting"]:
        say(f"{found['waiting']} rows wait in quarantine and are not in this: "
            "landrelease quarantine list")


def operate_accidents(
    registry: RegistryArgument, on: OnOption = None, assumptions: AssumptionsOption = None,
    role: RoleOption = None, organisation: OrganisationOption = None, area: AreaOption = None,
    json: JsonOption = None,
) -> None:
    """Accidents and incidents: reports that are overdue, what they lack, people harmed by sex and
    age, recommendations and what became of them.

    Exit status 1 where something is overdue.

    Example: landrelease operate accidents district.gpkg --as authority
    """
    from landrelease import workflows
    from landrelease.workflows import site

    with reading(registry, "operate accidents", role, organisation, area) as (opened, reader):
        stated = workflows.load_assumptions(assumptions, opened)
        found = site.accidents_of(opened, reader, stated, site.end_of(_day(on)))
    put_json(json, found)
    for a in found["accidents"]:
        when = "time not reported" if a["happened"] is None else (
            f"{a['happened']:%Y-%m-%d %H:%M}" if not a["day_only"]
            else f"before {a['happened']:%Y-%m-%d}")
        victims = "victims not reported" if a["victims"] is None else f"{a['victims']} victims"
        say(f"{a['record']}  {_words(a['accident_class'])}  {when}  {victims}")
        for d in a["duties"]:
            due = "" if d["due"] is None else f", due {d['due']:%Y-%m-%d %H:%M}"
            state = d["state"].upper() if d["state"] == "overdue" else d["state"]
            say(f"    {_words(d['name']):<17}{state}{due}")
        if a["missing"]:
            say("    not reported: " + ", ".join(map(_words, a["missing"])))
        for doubt in a["doubts"]:
            say(f"    doubtful: {doubt}")
    for r in found["recommendations"]:
        say(f"{r['state']:<10}recommendation {r['record']} after {r['accident'] or 'no accident'}: "
            f"{r['finding']}" + (f" ({r['days_over']} days over)" if r["days_over"] else ""))
    for kind, row in found["harmed"].items():
        parts = [f"{_words(n)} {v}" for n, v in row.items() if n not in (
            "records", "without_counts") and v]
        say(f"{_words(kind)}: {row['records']} records; {', '.join(parts) or 'nobody counted'}"
            + (f"; {row['without_counts']} without counts by sex and age"
               if row["without_counts"] else ""))
    say(f"{len(found['accidents'])} accidents and incidents, {found['overdue']} with something "
        "overdue.")
    _say_waiting(found)
    _end(found["overdue"])


def operate_environment(
    registry: RegistryArgument, on: OnOption = None, assumptions: AssumptionsOption = None,
    role: RoleOption = None, organisation: OrganisationOption = None, area: AreaOption = None,
    json: JsonOption = None,
) -> None:
    """The environmental record: demolition places, soil, restoration that is due or overdue.

    Exit status 1 where something is overdue.

    Example: landrelease operate environment district.gpkg --as inspector
    """
    from landrelease import workflows
    from landrelease.workflows import site

    with reading(registry, "operate environment", role, organisation, area) as (opened, reader):
        stated = workflows.load_assumptions(assumptions, opened)
        found = site.environment_of(opened, reader, stated, _day(on))
    put_json(json, found)
    for t in found["traces"]:
        due = "" if t["state"] not in ("due", "overdue") else (
            ", nobody said by when" if t["due_on"] is None else f", by {t['due_on']}") + (
            f", {t['days_over']} days over" if t["days_over"] else "")
        say(f"{t['state']:<10}{t['record']}  {_words(t['type'])}{due}" + (
            f"; not reported: {', '.join(map(_words, t['missing']))}" if t["missing"] else "")
            + "".join(f"; doubtful: {doubt}" for doubt in t["doubts"]))
    for work in found["without_place"]:
        say(f"missing   items of {work} were destroyed, and no demolition place is on record")
    late = sum(t["state"] == "overdue" for t in found["traces"])
    say(f"{len(found['traces'])} records, {late} overdue, {found['demolitions']} demolitions, "
        f"{found['disturbed_m2']:,.0f} m2 not restored as far as reported.")
    _say_waiting(found)
    _end(late + len(found["without_place"]))


def operate_marking(
    registry: RegistryArgument, on: OnOption = None, assumptions: AssumptionsOption = None,
    role: RoleOption = None, organisation: OrganisationOption = None, area: AreaOption = None,
    json: JsonOption = None,
) -> None:
    """Marking and fencing: hazards without any, damage, visits that are overdue, removal too early.

    Exit status 1 where a hazard that stands is not marked as it should be.

    Example: landrelease operate marking district.gpkg --as inspector
    """
    from landrelease import workflows
    from landrelease.workflows import site

    with reading(registry, "operate marking", role, organisation, area) as (opened, reader):
        stated = workflows.load_assumptions(assumptions, opened)
        found = site.marking_of(opened, reader, stated, _day(on))
    put_json(json, found)
    for f in found["findings"]:
        say(f"{_words(f['problem']):<24}{f['hazard']}  {f['marking']}  {f['words']}".rstrip())
    wrong = found["wrong"]
    say(f"{found['marked']} of {found['hazards']} hazards that stand are marked; "
        f"{found['standing']} markings stand, {found['signs']} signs as far as reported; "
        f"{wrong} findings.")
    _say_waiting(found)
    _end(wrong)


def operate_evacuations(
    registry: RegistryArgument, on: OnOption = None, assumptions: AssumptionsOption = None,
    role: RoleOption = None, organisation: OrganisationOption = None, json: JsonOption = None,
) -> None:
    """Evacuations and drills: how long they took, who was not counted, which tasks are to practise.

    Exit status 1 where people are missing, or a drill is overdue.

    Example: landrelease operate evacuations district.gpkg --as inspector
    """
    from landrelease import workflows
    from landrelease.workflows import site

    with reading(registry, "operate evacuations", role, organisation) as (opened, reader):
        stated = workflows.load_assumptions(assumptions, opened)
        found = site.evacuations_of(opened, reader, stated, _day(on))
    put_json(json, found)
    for e in found["evacuations"]:
        took = "time not reported" if e["minutes"] is None else f"{e['minutes']:.0f} minutes"
        say(f"{e['day'] or 'no day'}  {'drill' if e['drill'] else 'EVACUATION'}  {e['task']}  "
            f"{took}, {_or(e['counted'])} of {_or(e['on_site'])} counted  "
            f"{'; '.join(e['findings'])}".rstrip())
    for d in found["drills"]:
        if d["overdue"]:
            say(f"overdue   {d['task']}: last practised "
                f"{d['last'] or 'never on record'}, due {d['due']}")
    wrong = sum(bool(e["findings"]) for e in found["evacuations"])
    late = sum(d["overdue"] for d in found["drills"])
    say(f"{len(found['evacuations'])} on record, {wrong} with findings, {late} drills overdue.")
    _end(wrong + late)


def operate_exposure(
    registry: RegistryArgument,
    group_by: Annotated[str, typer.Option("--group-by", metavar="task|team|month|who")] = "month",
    role: RoleOption = None, organisation: OrganisationOption = None, json: JsonOption = None,
) -> None:
    """Hours that people and machines spent on hazardous ground, and accidents a 100,000 hours.

    Example: landrelease operate exposure district.gpkg --group-by team --as authority
    """
    from landrelease.errors import BAD_OPTION, LandReleaseError
    from landrelease.workflows import site

    if group_by not in ("task", "team", "month", "who"):
        raise LandReleaseError(BAD_OPTION, option="--group-by", found=group_by,
                               expected="task, team, month or who")
    with reading(registry, "operate exposure", role, organisation) as (opened, reader):
        found = site.exposure_of(opened, reader)
    put_json(json, found)
    sums: dict[str, list[float]] = {}
    for r in found["rows"]:
        row = sums.setdefault(r[group_by] or "not reported", [0.0, 0.0])
        row[0 if r["people"] else 1] += r["hours"]
    say(f"{group_by:<24}{'people, hours':>15}{'machines, hours':>17}")
    for name, (people, machines) in sorted(sums.items()):
        say(f"{name[:23]:<24}{people:>15,.1f}{machines:>17,.1f}")
    say(f"{'all':<24}{found['people_hours']:>15,.1f}{found['machine_hours']:>17,.1f}")
    rate = found.get("accidents_per_100000_hours")
    if rate is not None:
        say(f"{found['demining_accidents']} demining accidents: {rate[0]:.2f} a 100,000 hours "
            f"({rate[1]:.2f} to {rate[2]:.2f}, 95 %)")
    if found["not_reported"]:
        say(f"{len(found['not_reported'])} records do not report their hours; they are in no sum:")
        for r in found["not_reported"][:20]:
            say(f"    {r['record']}: {r['lacks']}")


def operate_competence(
    registry: RegistryArgument, on: OnOption = None, assumptions: AssumptionsOption = None,
    role: RoleOption = None, organisation: OrganisationOption = None, json: JsonOption = None,
) -> None:
    """Trainings and accreditations that ran out, end soon, or say no end.

    Exit status 1 where one has run out.

    Example: landrelease operate competence district.gpkg --as inspector
    """
    from landrelease import workflows
    from landrelease.workflows import site

    with reading(registry, "operate competence", role, organisation) as (opened, reader):
        stated = workflows.load_assumptions(assumptions, opened)
        found = site.competence_of(opened, reader, stated, _day(on))
    put_json(json, found)
    counts: dict[str, int] = {}
    for x in found["leaves"]:
        counts[x["state"]] = counts.get(x["state"], 0) + 1
        if x["state"] != "in_force":
            until = "" if x["until"] is None else str(x["until"])
            say(f"{_words(x['state']):<17}{until:<12}{x['what']} of {x['holder']} for {x['scope']}"
                + (f", in {', '.join(x['teams'])}" if x["teams"] else ""))
    say(", ".join(f"{counts.get(s, 0)} {_words(s)}" for s in (
        "expired", "ends_soon", "end_not_reported", "in_force")) + ".")
    _end(counts.get("expired", 0))


def _words(name: Any) -> str:
    return str(name).replace("_", " ")


def _or(value: Any) -> str:
    return "not reported" if value is None else str(value)


def _end(count: int) -> None:
    if count:
        raise typer.Exit(FINDINGS)
