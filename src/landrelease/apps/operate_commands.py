"""The commands of `operate`: the start-of-day gate; coverage and lanes beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Annotated

import typer

from landrelease.apps import coverage_commands, site_commands
from landrelease.apps.common import (
    FINDINGS,
    JsonOption,
    RegistryArgument,
    RoleOption,
    as_date,
    opened,
    put_json,
    say,
)
from landrelease.apps.reading import OrganisationOption, reading

OffsetOption = Annotated[float | None, typer.Option(
    "--utc-offset", metavar="HOURS", help="Local time less UTC; else the registry's setting "
    "utc_offset_hours, else any zone: a closure then counts for the days beside "
    "it too, a permit has to hold there too, and no later check passes what failed.")]


def register(group: Callable[[str, str], typer.Typer]) -> None:
    operate = group("operate", "The work on the ground: may it start, where, was all of it done.")
    operate.command("gate")(operate_gate)
    operate.command("days")(operate_days)
    operate.command("local-time")(operate_local_time)
    coverage_commands.register(operate)
    site_commands.register(operate)


def operate_gate(
    registry: RegistryArgument,
    task: Annotated[str, typer.Argument(metavar="TASK", help="Id of the task.")],
    day: Annotated[str, typer.Argument(metavar="DAY", help="Local date, as 2027-04-01.")],
    utc_offset: OffsetOption = None, role: RoleOption = None,
    organisation: OrganisationOption = None, json: JsonOption = None,
) -> None:
    """May work start today? Each check of each team, and what keeps it from starting.

    Exit status 1 where a gate has not passed. Nothing overrides it: record what is missing, or do
    not work.

    Example: landrelease operate gate district.gpkg task-12 2027-04-01 --as inspector
    """
    from landrelease.workflows.operating import gate_of, leave_waiting

    with reading(registry, "operate gate", role, organisation) as (opened_registry, reader):
        found = gate_of(opened_registry, reader, task, as_date("DAY", day), utc_offset)
        waiting = leave_waiting(opened_registry, reader)
    put_json(json, [dataclasses.asdict(g) | {"passed": g.passed} for g in found])
    for gate in found:
        say(f"{gate.task}, {gate.team or 'no team'}, {gate.day}: "
            + ("passed" if gate.passed else "NOT PASSED, work does not start"))
        for check in gate.checks:
            say(f"  {check.state.replace('_', ' '):<13}{check.name.replace('_', ' '):<15}"
                f"{check.reason}")
    if waiting:
        say("Wait in quarantine and are not in this gate, look at them before work starts: "
            + ", ".join(f"{n} of {kind}" for kind, n in waiting.items()))
    if not all(g.passed for g in found):
        raise typer.Exit(FINDINGS)


def operate_local_time(
    registry: RegistryArgument,
    utc_offset: Annotated[float | None, typer.Option(
        "--utc-offset", metavar="HOURS", help="Local time less UTC, as 2 or 5.5; nothing shows "
        "what stands.")] = None,
) -> None:
    """State the registry's local time once; gates, days and closures then use it.

    It is not changed afterwards: gates were judged by it. Where the clocks change in summer, state
    nothing: what is not known is then judged for every zone, or --utc-offset says it each time.

    Example: landrelease operate local-time district.gpkg --utc-offset 2
    """
    from landrelease.workflows.operating import state_local_time

    with opened(registry) as opened_registry:
        hours = state_local_time(opened_registry, utc_offset)
    say("Local time is not stated." if hours is None else f"Local time is UTC {hours:+g} h.")


def operate_days(
    registry: RegistryArgument,
    begin: Annotated[str, typer.Option("--from", metavar="DAY")],
    end: Annotated[str, typer.Option("--until", metavar="DAY")],
    utc_offset: OffsetOption = None, role: RoleOption = None,
    organisation: OrganisationOption = None, json: JsonOption = None,
) -> None:
    """Work that was reported on days whose gate had not passed: no credit until it is reviewed.

    Exit status 1 where there is any that the authority has not reviewed.

    Example: landrelease operate days r.gpkg --from 2027-04-01 --until 2027-04-30 --as inspector
    """
    from landrelease.workflows.operating import flagged_days

    with reading(registry, "operate days", role, organisation) as (opened_registry, reader):
        found = flagged_days(opened_registry, reader, as_date("--from", begin),
                             as_date("--until", end), utc_offset)
    put_json(json, [dataclasses.asdict(f) | {"credit": f.credit} for f in found])
    for work in found:
        say(f"{work.day}  {work.activity}  {work.team or 'no team'}  "
            + ("reviewed by the authority" if work.reviewed else "NO CREDIT until reviewed"))
        for reason in work.reasons:
            say(f"    {reason}")
    say(f"{len(found)} team-days of work without a gate that passed, "
        f"{sum(not f.credit for f in found)} of them not reviewed.")
    if any(not f.credit for f in found):
        raise typer.Exit(FINDINGS)
