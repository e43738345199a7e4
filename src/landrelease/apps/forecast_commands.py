"""The commands of `forecast`: rates, the finish and its cost, scenarios, past forecasts scored."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landrelease.apps.common import (
    FINDINGS,
    AssumptionsOption,
    JsonOption,
    QuietOption,
    RegistryArgument,
    RoleOption,
    SeedOption,
    as_date,
    heard,
    put_json,
    say,
)
from landrelease.apps.console import listening
from landrelease.apps.reading import AreaOption, reading
from landrelease.errors import BAD_OPTION, LandReleaseError

if TYPE_CHECKING:
    from landrelease.core.outlook import Outlook
    from landrelease.store.results import PlanFile
    from landrelease.workflows.forecasting import Learning

PlanOption = Annotated[Path, typer.Option("--plan", metavar="PLAN", help="Folder of `plan make`.")]
ReportOption = Annotated[Path | None, typer.Option(
    "--report", metavar="DIR", help="Also a page, a PDF, fan chart and S-curves as SVG, and what "
    "they draw as CSV.")]
BacktestOption = Annotated[bool, typer.Option(
    "--backtest/--no-backtest", help="Also how good such forecasts of past months were.")]
RunsOption = Annotated[int, typer.Option("--runs", min=1, help="Runs of each forecast.")]
WorkersOption = Annotated[int | None, typer.Option(
    "--workers", min=1, max=1024, help="Threads; else one a processor. The answer is the same.")]
LangOption = Annotated[str, typer.Option(
    "--lang", metavar="L", callback=heard, help="Language of the report, for example fr.")]
SchedulerOption = Annotated[str, typer.Option(
    "--scheduler", metavar="WHERE", help="Where the runs are played: threads, processes (Dask), or "
    "the address of a Dask scheduler. The answer is the same.")]


def register(group: Callable[[str, str], typer.Typer]) -> None:
    forecast = group("forecast", "When it will be done and what it will cost.")
    forecast.command("make")(forecast_make)
    forecast.command("rates")(forecast_rates)
    forecast.command("compare")(forecast_compare)
    forecast.command("backtest")(forecast_backtest)


def forecast_make(
    registry: RegistryArgument, plan: PlanOption,
    out: Annotated[Path | None, typer.Option("--out", metavar="forecast.json")] = None,
    by: Annotated[str | None, typer.Option("--by", metavar="DATE",
                                           help="Also the chance of being done by then.")] = None,
    budget: Annotated[float | None, typer.Option(
        "--budget", metavar="A", help="Also the chance that this much money is enough.")] = None,
    chance: Annotated[float | None, typer.Option(
        "--chance", metavar="P", help="With --by: the teams and money that would reach this "
        "chance, such as 0.8.")] = None,
    scenario: Annotated[Path | None, typer.Option(
        "--scenario", metavar="FILE", help="Named changes; docs/forecast.md.")] = None,
    report: ReportOption = None, backtest: BacktestOption = True,
    runs: RunsOption = 500, workers: WorkersOption = None, scheduler: SchedulerOption = "threads",
    role: RoleOption = None, seed: SeedOption = 1, json: JsonOption = None,
    quiet: QuietOption = False, lang: LangOption = "en",
) -> None:
    """Simulate the plan's policy many times: distributions of finish and cost, not dates.

    Rates come from the registry's daily reports where there are any, and from the stated ranges
    where there are none; the notes say which.

    Example: landrelease forecast make district.gpkg --plan plan --by 2036-12-31 --as planner
    """
    from landrelease import workflows
    from landrelease.store.results import load_plan, save_outlook
    from landrelease.workflows import outlooks
    from landrelease.workflows.scenarios import spread_on

    spread = spread_on(scheduler)
    day = as_date("--by", by) if by else None
    _check_budget(budget)
    if chance is not None and (day is None or not 0 < chance < 1):
        raise LandReleaseError(BAD_OPTION, option="--chance", found=chance,
                               expected="more than 0 and less than 1, together with --by")
    with (reading(registry, "forecast make", role) as (opened_registry, reader),
          listening(quiet) as progress):
        saved = load_plan(plan)
        workflows.check_plan_is_current(saved, opened_registry, plan)
        made = outlooks.forecast_on(
            opened_registry, reader, saved, by=day, budget=budget, chance=chance,
            scenario=scenario, runs=runs, seed=seed, backtest=backtest, workers=workers,
            spread=spread, progress=progress)
    outlook, summary = made.outlook, made.document
    if report is not None:
        _write_report(report, [outlook], saved, day, budget, made.learning,
                      [n.words for n in made.needed],
                      [*made.notes, *([] if made.short is None else [made.short])], lang)
    if out is not None:
        save_outlook(out, outlook, saved.chain_head, synthetic=saved.synthetic)
    put_json(json, summary)
    if outlook.scenario != "as planned":
        say(f"Scenario: {outlook.scenario}")
    for line in workflows.outlook_words(outlook):
        say(line)
    if day:
        say(f"Chance of being done by {day}: {workflows.chance_words(summary, 'chance_by')}")
    if not outlook.cost_quantile(0.5)[1]:
        say("Runs that do not finish cost more than what they have cost by then: read the costs "
            "above as lower bounds.")
    if budget is not None:
        say(f"Chance that {budget:,.0f} {outlook.currency} are enough: "
            f"{workflows.chance_words(summary, 'chance_of_budget')}")
    say(workflows.COST_WORDS)
    if made.short is not None:
        say(made.short)
    for n in made.needed:
        say(n.words)
    for note in made.notes:
        say(note)
    for line in () if outlook.track is None else outlook.track.words:
        say(line)
    if report is not None:
        say(f"Report: {report / 'forecast.html'}   document: {report / 'forecast.pdf'}")


def _check_budget(budget: float | None) -> None:
    if budget is not None and not 0 < budget < math.inf:
        raise LandReleaseError(BAD_OPTION, option="--budget", found=budget,
                               expected="an amount of money above zero")


def _write_report(folder: Path, outlooks: Sequence[Outlook], saved: PlanFile, by: date | None,
                  budget: float | None, rates: Learning | None, needed: Sequence[str],
                  notes: Sequence[str], lang: str) -> None:
    from landrelease.workflows import forecast_report
    from landrelease.workflows.languages import asked_for

    forecast_report.write_report(
        folder, outlooks, title="Forecast", texts=asked_for(lang), chain_head=saved.chain_head,
        synthetic=saved.synthetic, made_on=date.today(), by=by, budget=budget, rates=rates,
        needed=needed, notes=notes)


def forecast_rates(
    registry: RegistryArgument, role: RoleOption = None, area: AreaOption = None,
    assumptions: AssumptionsOption = None, seed: SeedOption = 1, json: JsonOption = None,
) -> None:
    """How fast teams work, learned from daily reports, with priors marked as such.

    Exit status 1 where a check says that the reports do not fit the model.

    Example: landrelease forecast rates district.gpkg --as planner
    """
    from landrelease import workflows
    from landrelease.workflows import forecasting

    with reading(registry, "forecast rates", role, areas=area) as (opened_registry, reader):
        stated = workflows.load_assumptions(assumptions, opened_registry)
        found = forecasting.learn(opened_registry, reader, stated, seed=seed)
        synthetic = workflows.is_synthetic(opened_registry)
    put_json(json, forecasting.learning_document(found) | {"synthetic": synthetic})
    for note in found.notes:
        say(note)
    say(f"{'work':<30}{'m² a team and full day (80 %)':>34}{'over areas':>12}{'days':>8}"
        f"{'teams':>7}")
    doubtful, checked = [], []
    for rate in found.rates:
        low, middle, high = rate.quantiles()
        name = rate.activity + ("" if rate.method == "not_reported" else f", {rate.method}")
        mark = "  prior, not learned here" if rate.from_prior else ""
        span = f"{middle:,.0f} ({low:,.0f} to {high:,.0f})"
        over = f"{forecasting.middle_80(rate.of_work())[1]:,.0f}"
        say(f"{name:<30}{span:>34}{over:>12}{rate.days:>8,}{len(rate.teams):>7}{mark}")
        checked += [f"{name}: {c.words}" + (f" Expected: {c.expected}." if c.told else "")
                    for c in rate.checks]
        doubtful += [f"{name}: {c.words}" for c in rate.checks if not c.fine]
    say("A full day is one on an ordinary area; over areas: m² a day that the mean time of an area "
        "comes to, less because slow areas take more of the days. Forecasts play the latter.")
    lost = found.lost
    words = ("prior, no report of a lost day here" if lost.from_prior else
             f"{lost.observed:.0%} reported over {lost.months} months")
    low, middle, high = forecasting.middle_80(lost.share)
    say(f"Days lost in the long run: {middle:.0%} ({low:.0%} to {high:.0%}; {words}).")
    if checked:
        say("Does the model give back the reports that it was learned from?")
    for line in checked:
        say(f"  {line}")
    for line in doubtful:
        say(f"Check failed: {line}")
    if doubtful:
        raise typer.Exit(FINDINGS)


def forecast_compare(
    registry: RegistryArgument, plan: PlanOption,
    scenario: Annotated[list[Path], typer.Option(
        "--scenario", metavar="FILE", help="Repeat for more; docs/forecast.md.")],
    by: Annotated[str | None, typer.Option("--by", metavar="DATE")] = None,
    budget: Annotated[float | None, typer.Option("--budget", metavar="A")] = None,
    svg: Annotated[Path | None, typer.Option(
        "--svg", metavar="OUT.svg", help="Released area over time, one line a scenario.")] = None,
    report: ReportOption = None, backtest: BacktestOption = True,
    runs: RunsOption = 500, workers: WorkersOption = None, scheduler: SchedulerOption = "threads",
    role: RoleOption = None, seed: SeedOption = 1, json: JsonOption = None,
    quiet: QuietOption = False, lang: LangOption = "en",
) -> None:
    """The plan as it is and scenarios of it side by side, with the same luck.

    Example: landrelease forecast compare d.gpkg --plan plan --scenario war.yaml --as planner
    """
    from landrelease import workflows
    from landrelease.store.results import load_plan, write_atomically
    from landrelease.workflows import scenarios
    from landrelease.workflows.outlooks import basis_of, with_track

    spread = scenarios.spread_on(scheduler)
    day = as_date("--by", by) if by else None
    _check_budget(budget)
    with (reading(registry, "forecast compare", role) as (opened_registry, reader),
          listening(quiet) as progress):
        saved = load_plan(plan)
        workflows.check_plan_is_current(saved, opened_registry, plan)
        land = workflows.load_land(opened_registry, saved.assumptions, reader=reader)
        basis = basis_of(opened_registry, reader, saved.plan, saved.assumptions, land, seed=seed)
        outlooks = [basis.play(s, runs=runs, seed=seed, workers=workers, spread=spread,
                               progress=progress) for s in basis.scenarios(scenario)]
        if report is not None and backtest:
            outlooks[0] = with_track(opened_registry, reader, saved.assumptions, outlooks[0],
                                     seed=seed, progress=progress)
    if report is not None:
        _write_report(report, outlooks, saved, day, budget,
                      basis.learning if reader.may("plan_teams") else None, [],
                      list(basis.closed.notes) if reader.may("closure") else [], lang)
    rows = [workflows.outlook_summary(o, by=day, budget=budget) | {
        "scenario": o.scenario, "notes": list(o.notes),
        "cost_known": {f"p{round(100 * q)}": o.cost_quantile(q)[1] for q in (0.1, 0.5, 0.9)}}
        for o in outlooks]
    put_json(json, {"scenarios": rows, "synthetic": saved.synthetic})
    if svg is not None:
        from landrelease.workflows.scenarios import comparison_chart

        write_atomically(svg, comparison_chart(outlooks, saved.synthetic).encode())
    say(f"{'scenario':<28}{'done (median)':>15}{'80 % of runs':>26}{'cost (median)':>26}")
    for n, (o, row) in enumerate(zip(outlooks, rows, strict=True)):
        middle = scenarios.finish_words(o)[1]
        say(f"{o.scenario[:27]:<28}{middle:>15}{scenarios.interval_words(o):>26}"
            f"{scenarios.cost_words(o):>26}")
        if day:
            say(f"    Chance of being done by {day}: {workflows.chance_words(row, 'chance_by')}")
        if budget is not None:
            say(f"    Chance that {budget:,.0f} {o.currency} are enough: "
                f"{workflows.chance_words(row, 'chance_of_budget')}")
        if row["not_finished"]:
            say(f"    {row['not_finished']} of {row['runs']} runs do not finish within "
                f"{row['horizon_years']:.0f} years")
        for note in o.notes:
            if n == 0 or note not in outlooks[0].notes:  # of the plan itself once
                say(f"    {note}")
    say(workflows.COST_WORDS)


def forecast_backtest(
    registry: RegistryArgument, role: RoleOption = None, area: AreaOption = None,
    assumptions: AssumptionsOption = None,
    runs: Annotated[int, typer.Option("--runs", min=20)] = 400,
    seed: SeedOption = 1, json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """Forecast every past month from what was known then, and score it against what came true.

    Beside it the pace so far, drawn again in blocks, and carried straight on. Exit status 1 where
    nothing could be scored.

    Example: landrelease forecast backtest district.gpkg --as planner
    """
    from landrelease import workflows
    from landrelease.workflows import forecasting

    with (reading(registry, "forecast backtest", role, areas=area) as (opened_registry, reader),
          listening(quiet) as progress):
        stated = workflows.load_assumptions(assumptions, opened_registry)
        found = forecasting.backtest(opened_registry, reader, stated, runs=runs, seed=seed,
                                     progress=progress)
        synthetic = workflows.is_synthetic(opened_registry)
    put_json(json, forecasting.backtest_document(found) | {"synthetic": synthetic})
    for note in found.notes:
        say(note)
    scored = [a for a, s in found.scores["forecast"].items() if s.count]
    if not scored:
        say("Nothing could be scored.")
        raise typer.Exit(FINDINGS)
    say(f"{'months ahead':<14}{'forecasts':>10}{'CRPS ha':>10}{'bootstrap':>11}{'straight':>10}"
        f"{'50 %':>7}{'80 %':>7}{'95 %':>7}   share of truths inside the interval")
    for ahead in scored:
        ours, boot, straight = (found.scores[m][ahead] for m in forecasting.METHODS)
        inside = "".join(f"{share:>7.0%}" for share in ours.coverage.values())
        say(f"{ahead:<14}{ours.count:>10}{_ha(ours.crps):>10}{_ha(boot.crps):>11}"
            f"{_ha(straight.crps):>10}{inside}")
    say("CRPS: the mean distance between forecast and truth; smaller is better. Months overlap, so "
        "that the forecasts of one row are not independent.")


def _ha(m2: float | None) -> str:
    return "" if m2 is None else f"{m2 / 10_000:,.2f}"
