"""Communities that can be reached again and the works of the second phase: words, rows, dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from landrelease.core.outlook import FEWEST_RUNS
from landrelease.core.report import Phase, Reopening, Report
from landrelease.publish.words import Words

LEVELS = (0.1, 0.5, 0.9)


def day_words(days: float, start: date, w: Words, horizon: float) -> str:
    """A number of days from the start in words: now, a month, or not within the horizon."""
    if days <= 0:
        return w("reach.today")
    if not np.isfinite(days):
        return w("reach.never", year=(start + timedelta(days=int(horizon))).year)
    day = start + timedelta(days=int(np.ceil(days)))
    return w.month(day)


def few_runs(runs: int, w: Words) -> str:
    """What stands in the place of an interval that so few runs do not tell; "" where they do."""
    return w("few_runs", runs=w.count(runs), least=w.count(FEWEST_RUNS)) if (
        runs < FEWEST_RUNS) else ""


def quantiles(reopening: Reopening) -> np.ndarray | None:
    """(3, C) days below which 10, 50 and 90 % of the runs are; inf where they are not."""
    runs = reopening.run_day
    if runs is None or not len(runs):
        return None
    # "higher": a quantile between a date and never is never.
    return np.quantile(runs, LEVELS, axis=0, method="higher")


def reach_words(report: Report, w: Words) -> list[str]:
    """What a reader must know of the communities, in sentences."""
    found = report.communities
    assert found is not None
    cut = found.plan_day > 0
    people = np.nansum(np.where(cut, found.weight, 0.0))
    lines = [w("reach.now", cut=int(cut.sum()), count=len(cut), now=int((~cut).sum()),
               people=w.figure(f"{people:,.0f}"))]
    dated = found.plan_day[np.isfinite(found.plan_day)]
    if report.plan is not None:
        lines.append(w("reach.plan", done=len(dated), count=len(cut),
                       date=day_words(float(dated.max(initial=0.0)), found.start, w, 0)))
    if found.run_day is not None and len(found.run_day):
        runs = np.where(np.isfinite(found.run_day), found.run_day, 0.0).max(axis=1)
        years = 0.0 if report.outlook is None else report.outlook.horizon_days / 365.25
        lines.append(w("reach.runs", years=w.figure(f"{years:.0f}"),
                       date=day_words(float(np.median(runs)), found.start, w, 0)))
    return lines


def reach_rows(report: Report, w: Words) -> list[list[str]]:
    """Name, people, planned month, median month and 80 % interval of each community."""
    found = report.communities
    assert found is not None
    levels, runs = quantiles(found), 0 if found.run_day is None else len(found.run_day)
    plan_end = 0.0
    if report.plan is not None:
        plan_end = float(report.plan.problem.delay_days[-1])
    end = plan_end if report.outlook is None else report.outlook.horizon_days
    rows = []
    # Those that wait first, soonest first; then those that can be reached now.
    order = np.lexsort((np.array(found.names), found.plan_day, found.plan_day <= 0))
    for c in order:
        people = found.weight[c]
        row = [found.names[c],
               w("not_reported") if np.isnan(people) else w.figure(f"{people:,.0f}"),
               day_words(float(found.plan_day[c]), found.start, w, plan_end)]
        if found.free_day is not None:
            row.append(day_words(float(found.free_day[c]), found.start, w, plan_end))
        if levels is not None:
            low, middle, high = (day_words(float(v), found.start, w, end) for v in levels[:, c])
            row += [middle, few_runs(runs, w) or (
                low if low == high else f"{low} – {high}")]
        rows.append(row)
    return rows


def phase_words(phase: Phase, w: Words, percent) -> list[str]:
    """A phase in sentences. percent : how the page writes shares."""
    last = max((day for day, _ in phase.arrives), default=None)
    lines = [w("phase.budget", name=phase.name, budget=w.money(phase.budget),
               currency=phase.currency, arrived=w.money(sum(a for _, a in phase.arrives)),
               date=w("not_reported") if last is None else w.month(last))]
    if phase.cost is not None and len(phase.cost):
        low, median, high = np.quantile(phase.cost, LEVELS)
        said = {"median": w.money(median), "currency": phase.currency,
                "share": percent(float(np.mean(phase.cost <= phase.budget)), w)}
        lines.append(w("phase.cost.few", few=few_runs(len(phase.cost), w), **said)
                     if len(phase.cost) < FEWEST_RUNS else
                     w("phase.cost", low=w.money(low), high=w.money(high), **said))
    works = phase.works
    if works is not None:
        planned = works.plan_day[np.isfinite(works.plan_day)]
        lines.append(w("phase.works", count=len(works.names), currency=phase.currency,
                       budget=w.money(float(np.nansum(works.weight))), planned=len(planned),
                       date=day_words(float(planned.max(initial=0.0)), works.start, w, 0)))
        if works.run_day is not None and len(works.run_day) and len(works.names):
            half = np.median(np.sort(works.run_day, axis=1)[:, (len(works.names) - 1) // 2])
            lines.append(w("phase.works.runs", date=day_words(
                float(half), works.start, w, _horizon(works.run_day))))
    return lines


def _horizon(runs: np.ndarray) -> float:
    finite = runs[np.isfinite(runs)]
    return float(finite.max(initial=0.0))


def reach_head(report: Report, w: Words) -> Sequence[str]:
    """Headings of `reach_rows`."""
    found = report.communities
    assert found is not None
    names = ["name", "people", "plan"]
    if found.free_day is not None:
        names.append("free")
    if found.run_day is not None and len(found.run_day):
        names += ["median", "range"]
    return [w(f"reach.col.{name}") for name in names]
