"""`money` commands: totals, cost per m², and the day the money ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from landrelease.apps.claims_commands import KnownAtOption, as_moment
from landrelease.apps.common import (
    DONE,
    FINDINGS,
    JsonOption,
    QuietOption,
    RegistryArgument,
    RoleOption,
    SeedOption,
    as_date,
    put_json,
    say,
)
from landrelease.apps.reading import OrganisationOption, reading
from landrelease.core.outlook import FEWEST_RUNS
from landrelease.core.plurals import several
from landrelease.errors import BAD_OPTION, MONEY_PERIOD, LandReleaseError

CurrencyOption = Annotated[str | None, typer.Option(
    "--currency", metavar="CODE", help="Into which amounts are converted by recorded rates; else "
    "the one of most records.")]
AsOfOption = Annotated[str | None, typer.Option(
    "--as-of", metavar="DATE", help="The day of the account; else today.")]
RatesOption = Annotated[str, typer.Option(
    "--rates", metavar="PUBLISHER", help="Only rates of this publisher.")]
LevelOption = Annotated[str | None, typer.Option(
    "--level", metavar="LEVEL", help="Only funds and expenses validated at least so far.")]
CsvOption = Annotated[Path | None, typer.Option(
    "--csv", metavar="OUT.csv", help="The rows as a table.")]

_COLUMNS = ("received", "committed", "announced", "paid", "bound", "left")


def register(group: Callable[[str, str], typer.Typer]) -> None:
    """Add the group `money`."""
    money = group("money", "Funds, expenses, cost per m², and the day the money ends.")
    money.command("summary")(summary)
    money.command("costs")(costs)
    money.command("runway")(runway)


def _day(text: str | None) -> date:
    return as_date("--as-of", text) if text else date.today()


def _known(text: str | None) -> datetime | None:
    return as_moment("--known-at", text) if text else None


def summary(
    registry: RegistryArgument, role: RoleOption = None, organisation: OrganisationOption = None,
    currency: CurrencyOption = None, as_of: AsOfOption = None,
    known_at: KnownAtOption = None, rates: RatesOption = "",
    level: LevelOption = None, csv: CsvOption = None, json: JsonOption = None,
) -> None:
    """Totals by phase, donor, currency, month, day and fund: received, spent, bound, left.

    Days and months stand in the table (--csv) and in --json.

    Amounts without a recorded rate stay in their own currency and are listed apart. Exit status 1
    where something is doubtful, such as an expense that its fund was not given for.

    Example: landrelease money summary district.gpkg --as planner --currency USD --csv money.csv
    """
    from landrelease.workflows import money

    day = _day(as_of)
    with reading(registry, "money summary", role, organisation) as (opened, reader):
        found = money.books(opened, reader, as_of=day, currency=currency, rate_source=rates,
                            level=level, known_at=_known(known_at))
        document = money.summary(found)
    put_json(json, document)
    tables = ("total", "by_phase", "by_donor", "by_currency", "by_month", "by_day", "by_fund",
              "not_converted")
    _csv(csv, [{"table": name, **{k: v for k, v in row.items() if k != "records"},
                "records": len(row["records"])} for name in tables for row in document[name]],
         found.synthetic)
    known = f", as known at {document['known_at']}" if known_at else ""
    say(f"As of {day}{known}, in {document['currency']} ({document['currency_chosen']}); – is not "
        "reported, which is not zero")
    heads = {"total": "all", "by_phase": "by phase", "by_donor": "by donor",
             "by_currency": "by currency, as recorded", "by_fund": "by fund, in its currency",
             "not_converted": "not converted: no recorded rate"}
    for name, head in heads.items():
        rows = document[name]
        if not rows:
            continue
        say(f"\n{head:<28}{'':>5}" + "".join(f"{c:>15}" for c in _COLUMNS))
        for row in rows:
            say(f"{row['group'][:27]:<28}{row['currency']:>5}"
                + "".join(f"{_amount(row[c]):>15}" for c in _COLUMNS))
    if document["expenses_apart"]:
        say("\nNot taken off what is left, no recorded rate: " + "; ".join(
            f"{several(a['records'], 'expense', 'expenses')} of {a['amount']:,.0f} {a['currency']}"
            for a in document["expenses_apart"]))
    for loose in document["without_fund"]:
        if loose["over"]:
            named = several(len(loose["records"]), "expense names", "expenses name")
            say(f"\n{loose['phase']}: {named} no fund; {loose['over']:,.0f} {loose['currency']} "
                "more of them came back than was spent: no fund could have paid for them.")
            continue
        say(f"\n{loose['phase']}: {loose['amount']:,.0f} {loose['currency']} of "
            f"{several(len(loose['records']), 'expense names', 'expenses name')} no fund; by the "
            f"rule first in, first out {several(len(loose['charged']), 'fund', 'funds')} could "
            f"have paid all but {loose['rest']:,.0f}.")
    _not_counted(document)
    raise typer.Exit(_doubts(document))


def costs(
    registry: RegistryArgument, role: RoleOption = None, organisation: OrganisationOption = None,
    currency: CurrencyOption = None, as_of: AsOfOption = None,
    known_at: KnownAtOption = None, rates: RatesOption = "",
    level: LevelOption = None,
    joint: Annotated[str, typer.Option(
        "--joint", metavar="RULE", help="How costs that name no kind of work are spread: "
        "team_days, area, or none.")] = "team_days",
    since: Annotated[str | None, typer.Option("--from", metavar="DATE")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE")] = None,
    csv: CsvOption = None, json: JsonOption = None,
) -> None:
    """Cost per m² cancelled, reduced and cleared, and per m² worked on by each method.

    Each between direct costs alone and all joint costs on top. Cancelled, reduced and cleared are
    never added.

    Example: landrelease money costs district.gpkg --as planner --joint team_days
    """
    from landrelease.workflows import money

    if joint not in money.JOINT_RULES:
        raise LandReleaseError(BAD_OPTION, option="--joint", found=joint,
                               expected="one of " + ", ".join(money.JOINT_RULES))
    first = as_date("--from", since) if since else None
    last = as_date("--until", until) if until else None
    if first and last and first > last:
        raise LandReleaseError(MONEY_PERIOD, since=first, until=last)
    with reading(registry, "money costs", role, organisation) as (opened, reader):
        found = money.books(opened, reader, as_of=_day(as_of), currency=currency,
                            rate_source=rates, level=level, known_at=_known(known_at))
        document = money.costs(found, opened, reader, rule=joint, since=first, until=last)
    put_json(json, document)
    _csv(csv, [{"table": name, **{k: v for k, v in row.items() if k != "records"},
                "records": len(row["records"])}
               for name in ("by_outcome", "by_method", "cross") for row in document[name]],
         found.synthetic)
    unit = document["currency"]
    say(f"{document['words']}; {document['joint']:,.0f} {unit} are joint"
        + (f", {document['unspread']:,.0f} of them spread over nothing" if document["unspread"]
           else ""))
    for name, head in (("by_outcome", "m² released"), ("by_method", "m² worked on")):
        say(f"\n{head:<24}{'m²':>14}{'direct':>14}{'joint':>14}{f'{unit}/m²':>10}  from to")
        for row in document[name]:
            say(f"{row['name'][:23]:<24}{_amount(row['m2']):>14}{_amount(row['direct']):>14}"
                f"{row['joint']:>14,.0f}"
                + (f"{'':>10}  {row['why']}" if row["per_m2"] is None else
                   f"{row['per_m2']:>10,.3f}  {row['low']:,.3f} to {row['high']:,.3f}"))
    _say_cross(document, unit)
    if document["unverified"]:
        say(f"(unverified) {document['unverified']:,} records of release are signed by nobody "
            "whose key is vouched for")
    undated = {k: v for k, v in document["undated"].items() if v}
    if undated:
        say("Without a day, " + ("counted: " if document["undated_counted"] else "left out: ")
            + ", ".join(f"{v} of {k}" for k, v in undated.items()))
    for code, amount in document["not_converted"].items():
        say(f"Not in it, no recorded rate: {amount:,.2f} {code}")
    _not_counted(document)


def _say_cross(document: Mapping[str, Any], unit: str) -> None:
    """The table of outcome and method, what its shares are shares of, and what is in no row."""
    say(f"\n{'outcome, by method':<36}{'m²':>14}{'direct':>14}{'joint':>14}{f'{unit}/m²':>10}"
        f"{'of cost':>9}{'of m²':>8}  from to")
    for row in document["cross"]:
        shares = [("–" if row[n] is None else f"{row[n]:.1%}") for n in (
            "share_of_cost", "share_of_m2")]
        price = "–" if row["per_m2"] is None else f"{row['per_m2']:,.3f}"
        say(f"{(row['outcome'] + ', ' + row['method'])[:35]:<36}{_amount(row['m2']):>14}"
            f"{_amount(row['direct']):>14}{row['joint']:>14,.0f}{price:>10}{shares[0]:>9}"
            f"{shares[1]:>8}  " + (row["why"] if row["per_m2"] is None else
                                   f"{row['low']:,.3f} to {row['high']:,.3f}"))
    sums = document["cross_totals"]
    say(f"paid {sums['paid']:,.0f} {unit} = {sums['direct']:,.0f} direct + {sums['joint']:,.0f} "
        f"joint, of which {sums['spread']:,.0f} is spread and {sums['unspread']:,.0f} is on no row")
    for name, amount in sums["no_method"].items():
        say(f"of the direct costs of {name}, {amount:,.0f} name no method: on the row not_reported")
    for method, amount in sums["joint_by_method"].items():
        if method != "not_reported":
            say(f"of the joint costs {amount:,.0f} name the method {method} and no kind of work")
    say("of cost: " + document["cross_shares"]["share_of_cost"])
    say("of m²: " + document["cross_shares"]["share_of_m2"])


def runway(
    registry: RegistryArgument, role: RoleOption = None, organisation: OrganisationOption = None,
    plan: Annotated[Path | None, typer.Option(
        "--plan", metavar="PLAN", help="Folder of `plan make`: the day by its costs as well.")]
    = None,
    currency: CurrencyOption = None, as_of: AsOfOption = None,
    known_at: KnownAtOption = None, rates: RatesOption = "",
    level: LevelOption = None, runs: Annotated[int, typer.Option("--runs", min=1)] = 2000,
    seed: SeedOption = 1, csv: CsvOption = None, json: JsonOption = None,
    quiet: QuietOption = False,
) -> None:
    """The day the money ends, by fund, phase and in total, at the pace of spending and by a plan.

    Three counts of money: received; committed as well; announced as well. The interval holds 80 %
    of the simulated days.

    Example: landrelease money runway district.gpkg --as planner --plan plan
    """
    from landrelease import workflows
    from landrelease.store.results import load_plan
    from landrelease.workflows import money, phase_two

    if plan is not None and known_at is not None:
        raise LandReleaseError(BAD_OPTION, option="--known-at with --plan", found=known_at,
                               expected="one of the two: a plan is of the records as they stand")
    with reading(registry, "money runway", role, organisation) as (opened, reader):
        found = money.books(opened, reader, as_of=_day(as_of), currency=currency,
                            rate_source=rates, level=level, known_at=_known(known_at))
        saved, later = None, []
        if plan is not None:
            reader.check("forecast make")
            saved = load_plan(plan)
            workflows.check_plan_is_current(saved, opened, plan)
            if reader.may("project", "cost") and reader.may("hazard", "status"):
                later = phase_two.works_to_pay(opened, reader, saved, found.account.as_of)
        document = money.runways(found, runs=runs, seed=seed, plan=saved, projects=later)
    put_json(json, document)
    _csv(csv, [{"table": name, **{k: v for k, v in row.items() if k != "records"}}
               for name in ("by_pace", "by_plan") for row in document[name]], found.synthetic)
    say(f"{'by the pace of spending':<30}{'counted':>11}{'money':>15}{'a month':>13}  ends")
    for row in document["by_pace"]:
        ends = row["why"] if row["median"] is None and row["why"] else (
            f"{row['median'] or 'later'}" + ("" if runs < FEWEST_RUNS else
                                             f" ({row['low'] or 'later'} to "
                                             f"{row['high'] or 'later'})")
            + (f"; {row['why']}" if row["why"] else ""))
        say(f"{row['scope'][:29]:<30}{row['basis']:>11}{row['money']:>15,.0f}"
            f"{_amount(row['per_month']):>13}  {ends}")
        if row["undated"]:
            say(f"{'':<30}  not in it, promised without a day that lies ahead: "
                f"{row['undated']:,.0f} {row['currency']}")
    if document["by_plan"]:
        say(f"\n{'by the plan':<30}{'counted':>11}{'money':>15}{'cost':>13}  ends")
    for row in document["by_plan"]:
        unsure = bool(row["expenses_apart"])
        bounded, ends = unsure and row["at_most"], "no step of the plan has a date and a cost"
        if row["day"]:
            ends = ("not later than " if bounded else "by the rest on " if unsure else "") + (
                f"{row['day']}, at {row['step']}")
        elif row["missing"] <= 0:
            ends = "enough" if row["enough"] else "whether it is enough cannot be told"
        elif row["cost"]:
            ends = "not by what has a date"
        more = (f"; {'at least ' if bounded else ''}{row['missing']:,.0f} {row['currency']} are "
                "missing" if row["missing"] > 0 and row["cost"] else "")
        if row["unplanned"]:
            more += f"; {row['unplanned']} steps have no date"
        say(f"{row['scope'][:29]:<30}{row['basis']:>11}{row['money']:>15,.0f}{row['cost']:>13,.0f}"
            f"  {ends}{more}" + (f"; {row['why']}" if row["why"] else ""))
        if row["later"]:
            say(f"{'':<30}  of this money {row['later']:,.0f} {row['currency']} come after the "
                f"plan's last day, from {row['later_from']} on: no step of the plan is paid from "
                "it")
    if document["funds_without_expenses"]:
        silent = several(len(document["funds_without_expenses"]), "fund is", "funds are")
        say(f"\n{silent} named by no expense: no pace of its own is known.")
    _not_counted(document)
    raise typer.Exit(_doubts(document))


def _amount(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _csv(path: Path | None, rows: Sequence[Mapping[str, Any]], synthetic: bool) -> None:
    if path is None:
        return
    from landrelease import workflows
    from landrelease.store.exports import write_csv

    names = list(dict.fromkeys(name for row in rows for name in row))
    write_csv(path, workflows.marked(
        [{n: "not reported" if n in row and row[n] is None else row.get(n, "") for n in names}
         for row in rows], synthetic))


def _not_counted(document: Mapping[str, Any]) -> None:
    for why, records in document["not_counted"].items():
        say(f"{len(records)} records are in no sum: {why}")
    undated = document["bound_undated"]
    if undated and document["as_of"] < date.today().isoformat():
        say(f"{several(len(undated), 'order states', 'orders state')} no day since when "
            f"{'it is' if len(undated) == 1 else 'they are'} bound (information_date): counted on "
            "every day, also where bound later; --known-at leaves out what was recorded later")
    unusable = document["rates"]["unusable"]
    if unusable:
        say(f"{len(unusable)} records of exchange rates have no day, pair or rate that can be used")


def _doubts(document: Mapping[str, Any]) -> int:
    found = document["doubts"]
    for doubt in found[:20]:
        say(doubt["words"])
    if len(found) > 20:
        say(f"and {len(found) - 20} more; --json lists them all")
    return FINDINGS if found else DONE
