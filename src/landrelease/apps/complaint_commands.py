"""The commands `complaint ...`: what people complained about, the answer, and where each stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

import typer

from landrelease.apps.common import (
    DONE,
    FINDINGS,
    UNVERIFIED,
    AssumptionsOption,
    ByOption,
    JsonOption,
    RegistryArgument,
    RoleOption,
    as_date,
    heard,
    put_json,
    say,
)
from landrelease.apps.reading import AreaOption, reading
from landrelease.errors import BAD_OPTION, LandReleaseError

OnOption = Annotated[str | None, typer.Option("--on", metavar="DAY", help="Else today.")]
ComplaintArgument = Annotated[str, typer.Argument(metavar="COMPLAINT", help="Id of its record.")]


def register(group: Callable[[str, str], typer.Typer]) -> None:
    made = group("complaint", "Complaints and reports of people: list, answer, close, look up.")
    for name, command in (("list", complaint_list), ("show", complaint_show),
                          ("answer", complaint_answer), ("close", complaint_close),
                          ("reopen", complaint_reopen), ("state", complaint_state)):
        made.command(name)(command)


def _day(on: str | None) -> date:
    return as_date("--on", on) if on else date.today()


def complaint_list(
    registry: RegistryArgument,
    state: Annotated[str, typer.Option(
        "--state", metavar="STATE", help="waiting, open, answered or closed; else all.")] = "",
    on: OnOption = None, assumptions: AssumptionsOption = None, role: RoleOption = None,
    area: AreaOption = None, json: JsonOption = None,
) -> None:
    """Complaints with where each stands: rows that nobody has looked at, open, answered, closed.

    Exit status 1 where one was not answered in time (`complaint_answer_days`).

    Example: landrelease complaint list district.gpkg --state open --as planner
    """
    from landrelease import workflows
    from landrelease.workflows import complaints

    if state and state not in complaints.STATES:
        raise LandReleaseError(BAD_OPTION, option="--state", found=state,
                               expected=", ".join(complaints.STATES))
    with reading(registry, "complaint list", role, None, area) as (opened, reader):
        stated = workflows.load_assumptions(assumptions, opened)
        found = complaints.listed(opened, reader, stated, _day(on), state=state)
    put_json(json, [dataclasses.asdict(c) for c in found])
    for c in found:
        over = f", {c.days_over} days over" if c.days_over else ""
        due = "" if c.due_on is None else f", due {c.due_on}{over}"
        say(f"{c.state:<10}{c.record or f'row {c.row}'}  {c.about.replace('_', ' ')}  received "
            f"{c.received_on or 'on a day not reported'}{due}")
        say(f"          {c.said[:200]}")
        if c.answer:
            say(f"          answered {c.answered_on}: {c.answer[:200]}")
    counts = complaints.counted(found)
    late = sum(c.days_over > 0 for c in found)
    say(", ".join(f"{n} {s}" for s, n in counts.items()) + f"; {late} overdue.")
    raise typer.Exit(FINDINGS if late else DONE)


def complaint_show(registry: RegistryArgument, complaint: ComplaintArgument,
                   role: RoleOption = None, json: JsonOption = None) -> None:
    """One complaint with all that was done: when, by whom, with which words.

    Example: landrelease complaint show district.gpkg complaint-public-3f2a91bc00d1e2f3 --as planner
    """
    from landrelease import workflows
    from landrelease.workflows import complaints

    with reading(registry, "complaint list", role) as (opened, reader):
        stated = workflows.load_assumptions(None, opened)
        found = complaints.standing(complaints.complaint_of(opened, reader, complaint), stated,
                                    date.today())
        steps = complaints.steps(opened, reader, complaint)
    put_json(json, {**dataclasses.asdict(found),
                    "steps": [dataclasses.asdict(s) for s in steps]})
    say(f"{found.record}  {found.about.replace('_', ' ')}  {found.state}")
    say(f"  {found.said}")
    for s in steps:
        say(f"  {s.at:%Y-%m-%d %H:%M} UTC  {s.state:<9} by {s.by}: {s.reason}")
        if s.answer:
            say(f"      {s.answer}")


def complaint_answer(
    registry: RegistryArgument, complaint: ComplaintArgument,
    text: Annotated[str, typer.Option(
        "--text", metavar="WORDS", help="The answer. Who complained can read it: no names.")],
    on: OnOption = None, by: ByOption = UNVERIFIED, role: RoleOption = None,
) -> None:
    """Record what was answered. Who complained reads it by the code of the report.

    Example: landrelease complaint answer district.gpkg complaint-1 --text "The sign stands again."
    """
    from landrelease.workflows import complaints

    _done(registry, role, lambda opened, reader: complaints.answer(
        opened, reader, complaint, text, day=_day(on), by=by))


def complaint_close(
    registry: RegistryArgument, complaint: ComplaintArgument,
    reason: Annotated[str, typer.Option(
        "--reason", metavar="WORDS", help="Needed where nobody answered.")] = "",
    by: ByOption = UNVERIFIED, role: RoleOption = None,
) -> None:
    """Close a complaint: after an answer, or without one for a reason that is recorded.

    Example: landrelease complaint close district.gpkg complaint-1 --as planner
    """
    from landrelease.workflows import complaints

    _done(registry, role, lambda opened, reader: complaints.close(
        opened, reader, complaint, reason=reason, by=by))


def complaint_reopen(
    registry: RegistryArgument, complaint: ComplaintArgument,
    reason: Annotated[str, typer.Option("--reason", metavar="WORDS", help="Why.")],
    by: ByOption = UNVERIFIED, role: RoleOption = None,
) -> None:
    """Open an answered or closed complaint again; what was answered stays in its past.

    Example: landrelease complaint reopen district.gpkg complaint-1 --reason "The sign fell again."
    """
    from landrelease.workflows import complaints

    _done(registry, role, lambda opened, reader: complaints.reopen(
        opened, reader, complaint, reason, by=by))


def _done(registry: str, role: str | None, work: Callable[[Any, Any], Any]) -> None:
    with reading(registry, "complaint answer", role) as (opened, reader):
        made = work(opened, reader)
    say(f"{made.id}: {made.value('complaint_status')}.")


def complaint_state(
    registry: RegistryArgument,
    code: Annotated[str, typer.Argument(metavar="CODE", help="As the page for everybody gave it.")],
    lang: Annotated[str, typer.Option(
        "--lang", metavar="L", callback=heard,
        help="Language of the answer: en, fr, es, ru, uk, ar.")] = "en",
    role: RoleOption = None, json: JsonOption = None,
) -> None:
    """Where one report stands, by its code: for whoever sent it. Nothing of others.

    Example: landrelease complaint state district.gpkg 3F2A-91BC-00D1-E2F3
    """
    from landrelease.apps.public_commands import speaking
    from landrelease.errors import LANGUAGE_UNKNOWN
    from landrelease.workflows import complaints, public_words
    from landrelease.workflows.languages import NAMES, texts

    if lang not in NAMES:
        raise LandReleaseError(LANGUAGE_UNKNOWN, found=lang, expected=", ".join(NAMES))
    with speaking(texts(lang)), reading(registry, "complaint state", role) as (opened, _):
        found = complaints.by_code(opened, code)
    put_json(json, dataclasses.asdict(found))
    for line in public_words.standing_words(found, texts(lang)):
        say(line)
