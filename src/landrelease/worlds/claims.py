"""Clean series of published numbers with known truth: nothing in them is wrong. All made up (S19).

A programme clears at a pace that varies by week, by season and by growth; its totals are published
each week, fortnight or month, rounded as offices round, with "about" and "more than", in hectares
or km², by one source or two, with parts, shares and workforce; without money, promises, places
and victims. A check of claims should raise nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

SCOPE = "Synthetic programme"


@dataclass(frozen=True, slots=True)
class Cleanness:
    """How a clean series varies: spread of the logarithm of the pace from week to week, depth of
    the season (0: none, 1: winter stands still), growth of the pace a year."""

    weekly_spread: float
    season: float
    growth: float
    every_days: int
    releases: int


def draw(rng: np.random.Generator) -> Cleanness:
    return Cleanness(
        weekly_spread=float(rng.uniform(0.05, 0.5)), season=float(rng.choice([0.0, 0.3, 0.6])),
        growth=float(rng.uniform(-0.2, 0.6)), every_days=int(rng.choice([7, 14, 30])),
        releases=int(rng.integers(6, 31)))


def clean_series(seed: int, how: Cleanness | None = None) -> list[dict[str, Any]]:
    """Rows of one programme's claims, in the columns of a claims file."""
    rng = np.random.default_rng(seed)
    how = how or draw(rng)
    start = date(2021, 1, 1) + timedelta(days=int(rng.integers(0, 365)))
    days = how.every_days * how.releases
    ha_per_day = float(np.exp(rng.uniform(np.log(0.2), np.log(60))))
    per_hectare = float(np.exp(rng.uniform(np.log(1.5), np.log(15))))
    weeks = days // 7 + 2
    day = np.arange(days + 1)
    noise = np.repeat(np.exp(rng.normal(0, how.weekly_spread, weeks)), 7)[:days + 1]
    phase = (np.array([(start + timedelta(days=int(d))).timetuple().tm_yday for d in day])
             - 200) / 365.25 * 2 * np.pi
    season = 1 - how.season * (1 - np.cos(phase)) / 2
    pace = ha_per_day * noise * season * (1 + how.growth) ** (day / 365.25)
    before = ha_per_day * float(rng.uniform(20, 700))
    area = before + np.cumsum(pace)
    found = np.cumsum(pace * per_hectare * np.exp(rng.normal(0, 0.15, days + 1)))
    items = before * per_hectare + found
    whole = float(area[-1] * rng.uniform(1.5, 6))
    people = int(np.ceil(ha_per_day * 10_000 / float(rng.uniform(20, 200)))) + 5
    part = float(rng.uniform(0.1, 0.6))
    rounding = int(rng.choice([3, 4, 9]))
    unit = str(rng.choice(["ha", "hectares", "km2", "thousand ha"]))
    size = {"ha": 1.0, "hectares": 1.0, "km2": 100.0, "thousand ha": 1000.0}[unit]
    sources = ["Synthetic centre"] if rng.random() < 0.7 else ["Synthetic centre", "Synthetic news"]
    rows: list[dict[str, Any]] = []

    def add(at: date, metric: str, value: str, unit: str, words: str = "", scope: str = SCOPE,
            source: str = sources[0]) -> None:
        rows.append({"source": source, "published": (at + timedelta(days=int(rng.integers(0, 3))))
                     .isoformat(), "as_of": at.isoformat(), "scope": scope, "metric": metric,
                     "value": value, "unit": unit, "words": words})

    for n in range(how.releases):
        at = start + timedelta(days=n * how.every_days)
        index = n * how.every_days
        style = int(rng.integers(0, 3))
        value = _rounded(area[index] / size, rounding, style, whole=False)
        add(at, "cleared area", value, unit, f"{value} {unit} cleared to date")
        if len(sources) > 1 and rng.random() < 0.3:
            again = _rounded(area[index] / size, 3, 1, whole=False)
            add(at, "cleared area", again, unit, "", source=sources[1])
        add(at, "explosive items destroyed", _rounded(items[index], rounding, style, whole=True),
            "items")
        if n and rng.random() < 0.5:
            last = area[index] - area[index - how.every_days]
            period = {7: "week", 14: "", 30: "month"}[how.every_days]
            if period == "week":
                add(at, "cleared area in a week", _rounded(last, rounding, 0, whole=False),
                    "ha per week")
        if rng.random() < 0.3:
            add(at, "cleared area", _rounded(area[index] * part / size, rounding, style,
                                             whole=False), unit,
                scope=f"Synthetic district, {SCOPE}")
        if rng.random() < 0.3:
            share = area[index] / whole
            add(at, "share of planned area cleared", f"{100 * share:.1f}", "%",
                f"{100 * share:.1f} % of {whole:,.0f} ha")
        if rng.random() < 0.2:
            add(at, "people working", f"{people}", "deminers")
    # Amounts of periods, said in the metric or in the words only: they fall and are no totals.
    drawn = np.random.default_rng([seed, 1])
    for first, last, metric, words in _periods(start, days, drawn):
        end = (last - start).days
        amount = area[end] - area[(first - start).days - 1]
        if amount > 0.01:
            value = _rounded(amount, max(rounding, 4), 0, whole=False)
            add(last, metric, value, "ha", words.format(value=value))
    return rows


def _periods(start: date, days: int, rng: np.random.Generator
             ) -> list[tuple[date, date, str, str]]:
    """(first day, last day, metric, words) of calendar years, months and single days that lie
    within the series."""
    end = start + timedelta(days=days)
    out = []
    for year in range(start.year, end.year + 1):
        spans = [(date(year, 1, 1), date(year, 12, 31), f"in {year}", "this year")]
        for month in range(1, 13):
            last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
            name = last.strftime("%B")
            if rng.random() < 0.4:
                spans.append((date(year, month, 1), last, f"in {name} {year}",
                              f"during {name}"))
            if rng.random() < 0.2:
                spans.append((last, last, "today", "за сутки"))
        for first, last, in_metric, in_words in spans:
            if first <= start or last > end:
                continue
            if rng.random() < 0.5:
                out.append((first, last, f"cleared area {in_metric}", ""))
            else:
                out.append((first, last, "cleared area", f"{{value}} ha cleared {in_words}"))
    return out


def _rounded(value: float, digits: int, style: int, *, whole: bool) -> str:
    """As offices publish it: rounded, "about" or "more than" a rounded number."""
    if style == 2:  # more than the number rounded down
        step = 10.0 ** (np.floor(np.log10(max(value, 1e-9))) - digits + 1)
        value = float(np.floor(value / max(step, 1.0 if whole else 1e-4) + 1e-9)
                      * max(step, 1.0 if whole else 1e-4))
        text = "more than "
    else:
        text = "about " if style == 1 else ""
        value = float(f"{value:.{digits}g}")
    if whole:
        return f"{text}{value:,.0f}"
    decimals = max(0, min(digits, 6) - 1 - int(np.floor(np.log10(max(value, 1e-9)) + 1e-9)))
    return f"{text}{value:,.{min(decimals, 4)}f}"
