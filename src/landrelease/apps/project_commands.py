"""`projects` commands: works of phase two, and the land and people that come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from landrelease.apps.claims_commands import KnownAtOption, as_moment
from landrelease.apps.common import (
    JsonOption,
    RegistryArgument,
    RoleOption,
    as_date,
    put_json,
    say,
)
from landrelease.apps.reading import reading
from landrelease.errors import BAD_OPTION, LandReleaseError

AsOfOption = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Else today.")]
MoneyOption = Annotated[str, typer.Option(
    "--money", metavar="BASIS", help="Which money counts: received, committed, announced.")]
CurrencyOption = Annotated[str | None, typer.Option("--currency", metavar="CODE")]
CsvOption = Annotated[Path | None, typer.Option("--csv", metavar="OUT.csv")]


def register(group: Callable[[str, str], typer.Typer]) -> None:
    """Add the group `projects`."""
    projects = group("projects", "Works of phase two: what they wait for, when they can start.")
    projects.command("list")(list_)
    projects.command("outlook")(outlook)


def list_(
    registry: RegistryArgument, role: RoleOption = None,
    plan: Annotated[Path | None, typer.Option(
        "--plan", metavar="PLAN", help="Folder of `plan make`: when blocked land is handed over.")]
    = None,
    money: MoneyOption = "committed", currency: CurrencyOption = None, as_of: AsOfOption = None,
    known_at: KnownAtOption = None, csv: CsvOption = None, json: JsonOption = None,
) -> None:
    """Works of phase two: blocked, unlocked, under way or done, and the earliest start of each.

    A work is unlocked when all of its land is handed over. It starts when its season is open, the
    works before it are finished, and money has arrived for it.

    Example: landrelease projects list district.gpkg --plan plan --as planner
    """
    if plan is not None and known_at is not None:
        raise LandReleaseError(BAD_OPTION, option="--known-at with --plan", found=known_at,
                               expected="one of the two: a plan is of the records as they stand")
    _run("projects list", registry, role, plan, money, currency, as_of, csv, json,
         known_at=as_moment("--known-at", known_at) if known_at else None)


def outlook(
    registry: RegistryArgument,
    plan: Annotated[Path, typer.Option("--plan", metavar="PLAN", help="Folder of `plan make`.")],
    against: Annotated[Path | None, typer.Option(
        "--against", metavar="EARLIER", help="An earlier plan, of the land as it was then: its "
        "returns stand beside the actual ones.")] = None,
    role: RoleOption = None, money: MoneyOption = "committed", currency: CurrencyOption = None,
    as_of: AsOfOption = None, csv: CsvOption = None, json: JsonOption = None,
) -> None:
    """The schedule of phase two by a plan; land and people back by month, planned against actual.

    What was handed over is in no later plan: --against keeps it beside what was once planned.

    Example: landrelease projects outlook district.gpkg --plan plan --as planner --csv back.csv
    """
    _run("projects outlook", registry, role, plan, money, currency, as_of, csv, json, against)


def _run(way: str, registry: str, role: str | None, plan: Path | None, money: str,
         currency: str | None, as_of: str | None, csv: Path | None, json: Path | None,
         against: Path | None = None, known_at: datetime | None = None) -> None:
    from landrelease import workflows
    from landrelease.store.exports import write_csv
    from landrelease.store.results import load_plan
    from landrelease.workflows import phase_two

    if money not in ("received", "committed", "announced"):
        raise LandReleaseError(BAD_OPTION, option="--money", found=money,
                               expected="received, committed or announced")
    day = as_date("--as-of", as_of) if as_of else date.today()
    with reading(registry, way, role) as (opened, reader):
        saved = None
        if plan is not None:
            reader.check("projects outlook")
            saved = load_plan(plan)
            workflows.check_plan_is_current(saved, opened, plan)
        found = phase_two.works(opened, reader, as_of=day, plan=saved, basis=money,
                                currency=currency, known_at=known_at)
        document = (phase_two.outlook(found, opened, saved,
                                      None if against is None else load_plan(against))
                    if way == "projects outlook" and saved is not None
                    else phase_two.listing(found))
    put_json(json, document)
    back = document.get("by_month_and_community")
    if csv is not None:
        rows = back if back is not None else document["works"]
        write_csv(csv, workflows.marked(
            [{k: _cell(v) for k, v in row.items() if k != "records"} for row in rows],
            found.synthetic))
    for row in document["by_state"]:
        if row["works"]:
            cost = "no cost that can be added up" if row["cost"] is None else (
                f"{row['cost']:,.0f} {row['currency']}")
            more = (f", {row['cost_unknown']} without a usable cost" if row["cost_unknown"]
                    and row["cost"] is not None else "")
            say(f"{row['state']:<10}{row['works']:>6} works  {cost}{more}")
    for row in document["money"]:
        said = "none on record" if row["money"] is None else (
            f"{row['money']:,.0f} {row['currency']}")
        if row["expenses_apart"] and row["money"] is not None:
            said = f"{'less than ' if row['at_most'] else 'not '}{said}: {row['why']}"
        say(f"money left of phase two, {row['basis']} counted: {said}")
    say(f"\n{'work':<22}{'kind':<14}{'state':<11}{'land':<12}{'start':<12}{'finish':<12}held by")
    for row in document["works"]:
        say(f"{row['name'][:21]:<22}{row['kind'][:13]:<14}{row['state']:<11}"
            f"{row['land_on'] or '–':<12}{row['start'] or '–':<12}{row['finish'] or '–':<12}"
            + "; ".join(filter(None, (row["held_by"], row["why"]))))
    if back is not None:
        _show_back(document)


def _show_back(document: Mapping[str, Any]) -> None:
    say(f"\n{'month':<10}{'ha planned':>12}{'ha actual':>12}{'people planned':>16}"
        f"{'people actual':>16}")
    for row in document["by_month"]:
        say(f"{row['month']:<10}{_number(row['hectares_planned'], 1):>12}"
            f"{_number(row['hectares_actual'], 1):>12}{_number(row['people_planned'], 0):>16}"
            f"{_number(row['people_actual'], 0):>16}")
    say("planned: by the plan's dates, "
        f"{document['handover_days']} days from the end of the work to the hand-over (an "
        "assumption); actual: held hand-overs; – is not reported, which is not zero")


def _cell(value: Any) -> Any:
    return "not reported" if value is None else (
        "; ".join(map(str, value)) if isinstance(value, (list, tuple)) else value)


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"
