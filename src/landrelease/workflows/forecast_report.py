"""Outlooks in; a folder with charts, tables, a page and a document of the forecast out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landrelease.core.outlook import Outlook, TrackRecord
from landrelease.core.texts import ENGLISH, Texts

if TYPE_CHECKING:
    from landrelease.publish.forecast_report import Table
    from landrelease.workflows.forecasting import Learning


def write_report(
    out: Path, outlooks: Sequence[Outlook], *, title: str, chain_head: str, synthetic: bool,
    made_on: date, by: date | None = None, budget: float | None = None,
    rates: Learning | None = None, needed: Sequence[str] = (), notes: Sequence[str] = (),
    texts: Texts = ENGLISH,
) -> list[Path]:
    """Write forecast.html, forecast.pdf, the charts as SVG, and what they draw as CSV.

    outlooks : the one that the report speaks of first, then those beside it. rates : what reports
    taught, where the reader may see it. Returns the paths.
    """
    from landrelease import workflows
    from landrelease.publish import forecast_report as pages
    from landrelease.publish.words import Words
    from landrelease.store import exports
    from landrelease.store.results import write_atomically

    first = outlooks[0]
    lines = [f"{line[0].upper()}{line[1:]}." for line in workflows.outlook_words(first)]
    asked = workflows.outlook_summary(first, by=by, budget=budget)
    if by is not None:
        lines.append(f"Chance of being done by {by}: "
                     f"{workflows.chance_words(asked, 'chance_by')}.")
    if budget is not None:
        lines.append(f"Chance that {budget:,.0f} {first.currency} are enough: "
                     f"{workflows.chance_words(asked, 'chance_of_budget')}.")
    lines.append(workflows.COST_WORDS)
    tables = [_quantiles(outlooks, by, budget), _drivers(first), track_table(first.track)]
    if rates is not None:
        tables.insert(2, rates_table(rates))
    told = tuple(dict.fromkeys((*needed, *first.notes, *notes)))
    tables.append(pages.Table("What to know about this forecast", (), (), (
        *told, f"Rule that was simulated: {first.policy}", first.cost_definition)))
    report = pages.ForecastReport(texts(title), made_on, chain_head, synthetic, tuple(outlooks),
                                  tuple(lines), tuple(tables))
    out.mkdir(parents=True, exist_ok=True)
    written = []

    def put(name: str, content: bytes) -> None:
        write_atomically(out / name, content)
        written.append(out / name)

    put("forecast.html", pages.render_html(report, texts).encode())
    put("forecast.pdf", pages.render_pdf(report, texts=texts))
    for name, _, picture, _ in pages.pictures(report, Words(texts)):
        marked = picture.replace(">", "><!-- synthetic data -->", 1) if synthetic else picture
        put(f"{name}.svg", marked.encode())
    for name, rows in (
            ("fan.csv", fan_rows(outlooks)), ("finish.csv", finish_rows(outlooks)),
            ("cost.csv", cost_rows(outlooks)), ("backtest.csv", track_rows(first.track))):
        if rows:
            exports.write_csv(out / name, workflows.marked(rows, synthetic))
            written.append(out / name)
    return written


def _enough(outlook: Outlook, budget: float) -> float:
    return float(np.mean((outlook.cost <= budget) & np.isfinite(outlook.finish_day)))


def _quantiles(outlooks: Sequence[Outlook], by: date | None, budget: float | None) -> Table:
    from landrelease import workflows
    from landrelease.publish.forecast_report import Table
    from landrelease.workflows.scenarios import finish_words, interval_words

    head = ["scenario", "done (median)", "80 % of the runs", "cost (median)", "80 %",
            "not finished"]
    head += [f"by {by}"] if by is not None else []
    head += ["within budget"] if budget is not None else []
    rows = []
    for o in outlooks:
        middle = finish_words(o)[1]
        row = [o.scenario, middle, interval_words(o),
               f"{workflows.cost_words(o, 0.5)} {o.currency}",
               f"too few runs ({o.runs})" if o.few else
               f"{workflows.cost_words(o, 0.1)} to {workflows.cost_words(o, 0.9)}",
               f"{int(np.sum(~np.isfinite(o.finish_day)))} of {o.runs}"]
        row += [f"{o.chance_by(by):.0%}"] if by is not None else []
        row += [f"{_enough(o, budget):.0%}"] if budget is not None else []
        rows.append(tuple(row))
    return Table("When and for how much", tuple(head), tuple(rows))


def _drivers(outlook: Outlook) -> Table:
    from landrelease.publish.forecast_report import Table

    return Table("What moves the finish", (), (), (*(d.words for d in outlook.drivers),
                                                   *([outlook.explained] if outlook.explained
                                                     else [])))


def track_table(track: TrackRecord | None) -> Table:
    """The scores of past months, or why there are none."""
    from landrelease.publish.forecast_report import Table

    title = "How good such forecasts were"
    if track is None:
        return Table(title, (), (), ("Not back-tested: nothing says how good such forecasts were "
                                     "here.",))
    if not track.rows:
        return Table(title, (), (), track.words)
    levels = list(track.rows[0].inside)
    return Table(
        title, ("months ahead", "forecasts", *(f"inside {v.replace('%', ' %')}" for v in levels),
                "CRPS, ha", "pace drawn again, ha", "straight, ha"),
        tuple((str(r.ahead), str(r.forecasts), *(f"{r.inside[v]:.0%}" for v in levels),
               *(f"{m2 / 1e4:,.2f}" for m2 in (r.crps_m2, r.bootstrap_m2, r.straight_m2)))
              for r in track.rows),
        (f"Area released, forecast at the end of {track.months} past months from the records "
         "alone, not from a plan; smaller CRPS is better. Months overlap, so that the forecasts of "
         "one row are not independent.", *track.notes))


def rates_table(found: Learning) -> Table:
    """Rates by kind of work, priors marked; every posterior check with what it found."""
    from landrelease.publish.forecast_report import Table

    rows, notes = [], list(found.notes)
    for rate in found.rates:
        low, middle, high = rate.quantiles()
        name = rate.activity + ("" if rate.method == "not_reported" else f", {rate.method}")
        rows.append((name, f"{middle:,.0f}", f"{low:,.0f} to {high:,.0f}", f"{rate.days:,}",
                     "prior, not learned here" if rate.from_prior else "daily reports"))
        if rate.from_prior:
            notes.append(f"{name}: a prior ({rate.prior.source}).")
        notes += [f"{name}: {'' if c.fine else 'CHECK FAILED: '}{c.words}"
                  + (f" Expected: {c.expected}." if c.told else "") for c in rate.checks]
    return Table("Rates, m² a team and full day", ("work", "median", "80 %", "days", "from"),
                 tuple(rows), tuple(notes))


# --- what the charts draw ------------------------------------------------------------------------


def fan_rows(outlooks: Sequence[Outlook]) -> list[dict[str, Any]]:
    """Area released by each day of the curve, by quantile, m²."""
    return [{"scenario": o.scenario, "date": _date(o, float(day)),
             **{f"released_m2_p{round(100 * q)}": round(float(v), 1)
                for q, v in zip(o.quantiles, o.released_m2[:, k], strict=True)}}
            for o in outlooks for k, day in enumerate(o.curve_days)]


def finish_rows(outlooks: Sequence[Outlook]) -> list[dict[str, Any]]:
    """The chance of being done by the end of each month, until nothing more ends."""
    rows = []
    for o in outlooks:
        ended = o.finish_day[np.isfinite(o.finish_day)]
        last = o.start + timedelta(days=float(ended.max()) if len(ended) else 0)
        month = o.start.replace(day=1)
        while True:
            month = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
            end = month - timedelta(days=1)
            rows.append({"scenario": o.scenario, "date": end.isoformat(),
                         "chance_done": round(o.chance_by(end), 4)})
            if end >= last:
                break
    return rows


def cost_rows(outlooks: Sequence[Outlook]) -> list[dict[str, Any]]:
    """The cost that covers each share of the runs; `known` False: a lower bound."""
    rows = []
    for o in outlooks:
        for percent in (5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95):
            cost, known = o.cost_quantile(percent / 100)
            rows.append({"scenario": o.scenario, "share_of_runs": percent / 100,
                         "cost": round(cost, 2), "currency": o.currency,
                         "known": "yes" if known else "at least"})
    return rows


def track_rows(track: TrackRecord | None) -> list[dict[str, Any]]:
    return [] if track is None else [
        {"months_ahead": r.ahead, "forecasts": r.forecasts, "crps_m2": round(r.crps_m2, 1),
         "crps_bootstrap_m2": round(r.bootstrap_m2, 1),
         "crps_straight_m2": round(r.straight_m2, 1), "bias_m2": round(r.bias_m2, 1),
         **{f"inside_{k.replace('%', '')}": round(v, 4) for k, v in r.inside.items()}}
        for r in track.rows]


def _date(outlook: Outlook, days: float) -> str:
    return (outlook.start + timedelta(days=days)).isoformat()

