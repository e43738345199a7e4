"""Charts as SVG text: fan chart, bars, the scores of the plan. Plain shapes, no script.

For a page, marks carry class names and the style sheet colours them (light, dark, print); for the
document they carry the colours themselves.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from html import escape

import numpy as np

from landrelease.core.outlook import Outlook
from landrelease.core.report import Reopening
from landrelease.core.work import Plan
from landrelease.publish.content import Finish, PlanDates
from landrelease.units import M2_PER_HECTARE, M2_PER_KM2

# Class -> presentation attributes, for where no style sheet reaches.
PRINT: Mapping[str, str] = {
    "c-band0": 'fill="#cfe0e6"',
    "c-band1": 'fill="#a4c6d1"',
    "c-band2": 'fill="#74a6b6"',
    "c-line": 'fill="none" stroke="#0b4f66" stroke-width="2.2"',
    "c-plan": 'fill="none" stroke="#a3541a" stroke-width="1.6" stroke-dasharray="5 3"',
    "c-total": 'fill="none" stroke="#5b6770" stroke-width="1" stroke-dasharray="2 3"',
    "c-grid": 'fill="none" stroke="#d8dde0" stroke-width="0.8"',
    "c-axis": 'fill="none" stroke="#5b6770" stroke-width="1"',
    "c-text": 'fill="#36424b" font-size="12" font-family="Libertinus Serif"',
    "c-strong": 'fill="#16222c" font-size="12" font-weight="bold" font-family="Libertinus Serif"',
    "c-bar": 'fill="#2c7a92"',
    "c-never": 'fill="#a3541a"',
    "c-room": 'fill="#cfe0e6"',
    "c-rule": 'fill="#5b6770"',
    "c-this": 'fill="#0b4f66"',
    "c-bound": 'fill="none" stroke="#a3541a" stroke-width="2"',
}


Say = Callable[[str], str]  # how a language writes a number with its unit


class _Svg:
    def __init__(self, width: float, height: float, label: str, *, styled: bool,
                 say: Say = str):
        self.styled, self.say = styled, say
        self.width, self.height = width, height
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
            + (
                f'role="img" aria-label="{escape(label)}" class="chart">'
                if styled
                else f'width="{width:g}" height="{height:g}">'
            )
        ]

    def look(self, name: str) -> str:
        return f'class="{name}"' if self.styled else PRINT[name]

    def path(self, name: str, d: str) -> None:
        self.parts.append(f'<path {self.look(name)} d="{d}"/>')

    def line(self, name: str, x0: float, y0: float, x1: float, y1: float) -> None:
        self.path(name, f"M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}")

    def rect(self, name: str, x: float, y: float, w: float, h: float, title: str = "") -> None:
        inside = f"<title>{escape(title)}</title>" if title else ""
        self.parts.append(
            f'<rect {self.look(name)} x="{x:.1f}" y="{y:.1f}" width="{max(w, 0):.1f}" '
            f'height="{max(h, 0):.1f}">{inside}</rect>'
        )

    def text(self, name: str, x: float, y: float, words: str, anchor: str = "start") -> None:
        self.parts.append(
            f'<text {self.look(name)} x="{x:.1f}" y="{y:.1f}" '
            f'text-anchor="{anchor}">{escape(words)}</text>'
        )

    def __str__(self) -> str:
        return "".join([*self.parts, "</svg>"])


def nice_step(largest: float, most: int) -> float:
    """The smallest of 1, 2, 5 × 10^k that cuts 0..largest into at most `most` steps."""
    if not (largest > 0 and math.isfinite(largest)):
        return 1.0
    power = 10.0 ** math.floor(math.log10(largest / most))
    return next(s * power for s in (1, 2, 5, 10) if s * power * most >= largest * (1 - 1e-9))


def area_unit(total_m2: float) -> tuple[float, str]:
    """(m² in one unit, its name) for an axis up to `total_m2`."""
    return (M2_PER_KM2, "km²") if total_m2 >= 5 * M2_PER_KM2 else (M2_PER_HECTARE, "ha")


def fan_chart(
    outlook: Outlook,
    dates: PlanDates | None,
    label: str,
    *,
    styled: bool = True,
    width: float = 640,
    height: float = 300,
    say: Say = str,
) -> str:
    """Area given back over time: bands between pairs of quantiles, the median, the dated plan.

    The quantiles are paired from outside in, so any number of them is drawn; where there are too
    few runs for an interval, there are no bands.
    """
    unit, unit_name = area_unit(outlook.total_m2)
    left, right, top, bottom = 52, 12, 22, 28
    days = np.asarray(outlook.curve_days, dtype=float)
    curves = np.asarray(outlook.released_m2, dtype=float) / unit
    levels = np.asarray(outlook.quantiles, dtype=float)
    order = np.argsort(levels)
    curves, levels = curves[order], levels[order]
    # The time axis ends soon after all but a few runs have ended: the flat rest says nothing.
    done = np.flatnonzero(curves[0] >= outlook.total_m2 / unit * 0.999)
    last = days[min(len(days) - 1, int(done[0]) + 1)] if len(done) else days[-1]
    last = max(float(last), 1.0)
    highest = max(outlook.total_m2 / unit, float(np.nanmax(curves)), 1e-9)
    svg = _Svg(width, height, label, styled=styled, say=say)

    def x(day):
        return left + (width - left - right) * np.clip(np.asarray(day, dtype=float), 0, last) / last

    def y(value):
        return height - bottom - (height - top - bottom) * np.asarray(value, dtype=float) / highest

    _axes(svg, outlook.start, last, highest, unit_name, x, y, (left, right, bottom))
    keep = np.flatnonzero(days <= last)
    keep = np.append(keep, keep[-1] + 1) if keep[-1] + 1 < len(days) else keep

    def points(values):
        return "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x(days[keep]), y(values), strict=True))

    for k in range(0 if outlook.few else len(levels) // 2):
        low, high = curves[k][keep], curves[len(levels) - 1 - k][keep]
        back = "L".join(
            f"{a:.1f} {b:.1f}" for a, b in zip(x(days[keep])[::-1], y(low)[::-1], strict=True)
        )
        svg.path(f"c-band{min(k, 2)}", f"M{points(high)}L{back}Z")
    svg.line(
        "c-total",
        left,
        float(y(outlook.total_m2 / unit)),
        width - right,
        float(y(outlook.total_m2 / unit)),
    )
    middle = int(np.argmin(np.abs(levels - 0.5)))
    svg.path("c-line", f"M{points(curves[middle][keep])}")
    if dates is not None:
        shift = (dates.start - outlook.start).days
        total = dates.curve_m2.sum(axis=0) / unit
        some = np.flatnonzero(np.diff(total, prepend=-1.0) != 0)
        some = some[:: max(1, len(some) // 150)]
        on = dates.curve_days[some] + shift
        pairs = [
            (float(a), float(b))
            for a, b, d in zip(x(on), y(total[some]), on, strict=True)
            if d <= last
        ]
        if pairs:
            svg.path("c-plan", "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in pairs))
    return str(svg)


_DASHES = ("", "7 4", "2 3", "9 3 2 3", "4 2", "1 2")


def compare_chart(outlooks: Sequence[Outlook], label: str, *, styled: bool = False,
                  width: float = 720, height: float = 360, say: Say = str) -> str:
    """Area given back over time in several forecasts: a median and its 10 to 90 % ends for each.

    Lines differ by their dashes as well as by colour, so that they can be told apart in print.
    styled : a page's style sheet colours them (classes `c-many`, and `c-k0` to `c-k5`).
    """
    largest = max(max(o.total_m2, float(np.nanmax(o.released_m2))) for o in outlooks)
    unit, unit_name = area_unit(largest)
    left, right, top, bottom = 52, 12, 22, 28 + 18 * len(outlooks)
    start = outlooks[0].start
    last = max(1.0, *(_end(o) for o in outlooks))
    svg = _Svg(width, height + 18 * len(outlooks), label, styled=styled, say=say)

    def x(day):
        return left + (width - left - right) * np.clip(np.asarray(day, dtype=float), 0, last) / last

    def y(value):
        room = svg.height - top - bottom
        return svg.height - bottom - room * np.asarray(value, dtype=float) / (largest / unit)

    _axes(svg, start, last, largest / unit, unit_name, x, y, (left, right, bottom))
    for k, o in enumerate(outlooks):
        shift = (o.start - start).days
        for level, line in ((0.1, 0.8), (0.5, 2.2), (0.9, 0.8)):
            row = int(np.argmin(np.abs(np.asarray(o.quantiles) - level)))
            path = "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(
                x(np.asarray(o.curve_days) + shift), y(np.asarray(o.released_m2)[row] / unit),
                strict=True))
            svg.parts.append(f'<path {_line(svg, k, line)} d="M{path}"/>')
        _key(svg, k, o.scenario, left, svg.height - bottom + 30 + 18 * k)
    if not styled:
        svg.text("c-strong", left + 40, 14, label)
    return str(svg)


COLOURS = ("#0b4f66", "#a3541a", "#4b7f2a", "#7a3b8f", "#8a6d1d", "#44515c")


def s_curve(outlooks: Sequence[Outlook], label: str, *, cost: bool = False, styled: bool = False,
            width: float = 640, height: float = 300, say: Say = str) -> str:
    """The chance that all is done by a day, or (`cost`) that a sum is enough: one line a forecast.

    Runs that do not finish are never done and no sum is enough for them: a line may end below
    100 %. Lines differ by their dashes as well as by colour.
    """
    sides = 0 if len(outlooks) == 1 else 18 * len(outlooks)
    left, right, top, bottom = 52, 16, 22, 28 + sides
    svg = _Svg(width, height + sides, label, styled=styled, say=say)
    start = outlooks[0].start
    ends = [np.where(np.isfinite(o.finish_day), o.cost, np.inf) if cost
            else np.asarray(o.finish_day, dtype=float) + (o.start - start).days for o in outlooks]
    known = [e[np.isfinite(e)] for e in ends]
    last = max([float(k.max()) for k in known if len(k)], default=1.0) * 1.03 or 1.0
    first = 0.0
    if cost:
        first = 0.95 * min([float(k.min()) for k in known if len(k)], default=0.0)

    def x(value):
        return left + (width - left - right) * np.clip(
            (np.asarray(value, dtype=float) - first) / max(last - first, 1e-9), 0, 1)

    def y(share):
        return svg.height - bottom - (svg.height - top - bottom) * np.asarray(share, dtype=float)

    if cost:
        step = nice_step(last - first, 5)
        millions = last >= 2e6
        tick = math.ceil(first / step) * step
        while tick <= last:
            words = f"{tick / 1e6:,.6g} M" if millions else f"{tick:,.0f}"
            svg.line("c-axis", float(x(tick)), svg.height - bottom, float(x(tick)),
                     svg.height - bottom + 5)
            svg.text("c-text", float(x(tick)), svg.height - bottom + 20, say(words),
                     "middle")
            tick += step
        svg.line("c-axis", left, svg.height - bottom, width - right, svg.height - bottom)
        for k in range(5):
            svg.line("c-grid", left, float(y(k / 4)), width - right, float(y(k / 4)))
            svg.text("c-text", left - 6, float(y(k / 4)) + 4, say(f"{25 * k} %"), "end")
    else:
        for k in range(5):
            svg.line("c-grid", left, float(y(k / 4)), width - right, float(y(k / 4)))
            svg.text("c-text", left - 6, float(y(k / 4)) + 4, say(f"{25 * k} %"), "end")
        _years(svg, start, last, x, left, right, bottom)
    for k, (o, end) in enumerate(zip(outlooks, known, strict=True)):
        if len(end):
            # The lowest quantile that holds a share of the runs, as a step each.
            at = np.sort(end)
            share = np.arange(1, len(at) + 1) / o.runs
            keep = np.unique(np.concatenate([
                np.linspace(0, len(at) - 1, min(len(at), 300)).astype(int), [len(at) - 1]]))
            points = [f"{float(x(at[0])):.1f} {float(y(0)):.1f}"]
            points += [f"{float(a):.1f} {float(b):.1f}"
                       for a, b in zip(x(at[keep]), y(share[keep]), strict=True)]
            points.append(f"{width - right:.1f} {float(y(share[-1])):.1f}")
            if styled and len(outlooks) == 1:  # one line, which the style sheet colours
                svg.path("c-line", f"M{'L'.join(points)}")
            else:
                svg.parts.append(f'<path {_line(svg, k, 2.2)} d="M{"L".join(points)}"/>')
        if len(outlooks) > 1:
            _key(svg, k, o.scenario, left, svg.height - bottom + 40 + 18 * k)
    if not styled:
        svg.text("c-strong", left + 4, 14, label)
    return str(svg)


def _line(svg: _Svg, k: int, width: float) -> str:
    """How the line of the k-th of several is drawn."""
    dashes = f'stroke-width="{width}" stroke-dasharray="{_DASHES[k % len(_DASHES)]}"'
    if svg.styled:
        return f'class="c-many c-k{k % len(COLOURS)}" {dashes}'
    return f'fill="none" stroke="{COLOURS[k % len(COLOURS)]}" {dashes}'


def _key(svg: _Svg, k: int, words: str, left: float, at: float) -> None:
    """One line of a legend."""
    svg.parts.append(f'<path {_line(svg, k, 2.2)} d="M{left} {at:.1f}L{left + 44} {at:.1f}"/>')
    svg.text("c-text", left + 52, at + 4, words)


def _end(outlook: Outlook) -> float:
    """The day on which nine in ten runs have released what they release."""
    curve = np.asarray(outlook.released_m2, dtype=float)[0]
    done = np.flatnonzero(curve >= curve[-1] * 0.995)
    return float(np.asarray(outlook.curve_days)[done[0]]) if len(done) else 1.0


def _axes(svg: _Svg, start: date, last: float, highest: float, unit_name: str, x, y,
          margins: tuple[float, float, float]) -> None:
    """Lines of equal height with their numbers, and a tick for each year."""
    left, right, bottom = margins
    width = svg.width
    step = nice_step(highest, 5)
    for k in range(int(highest / step + 1e-9) + 1):
        at = float(y(k * step))
        svg.line("c-grid", left, at, width - right, at)
        svg.text("c-text", left - 6, at + 4, svg.say(f"{k * step:,.10g}"), "end")
    svg.text("c-text", left + 6, 18, svg.say(unit_name))
    _years(svg, start, last, x, left, right, bottom)


def _years(svg: _Svg, start: date, last: float, x, left: float, right: float, bottom: float
           ) -> None:
    """A tick and the number of each year, on the lower edge."""
    width, height = svg.width, svg.height
    years = last / 365.25
    jump = max(1, int(nice_step(years, max(3, int(width / 75)))))
    first = start.year + (1 if (start.month, start.day) > (1, 1) else 0)
    for year in range(first, start.year + math.ceil(years) + 1):
        day = (start.replace(year=year, month=1, day=1) - start).days
        if 0 <= day <= last and year % jump == 0:
            at = float(x(day))
            svg.line("c-axis", at, height - bottom, at, height - bottom + 5)
            if at < width - 32:  # the last one would not find room on a small screen
                svg.text("c-text", at, height - bottom + 20, str(year), "middle")
    svg.line("c-axis", left, height - bottom, width - right, height - bottom)


def count_chart(
    reopening: Reopening,
    label: str,
    *,
    styled: bool = True,
    width: float = 640,
    height: float = 260,
    say: Say = str,
) -> str:
    """How many there are by each day: bands and median of the runs, the plan's dates dashed."""
    left, right, top, bottom = 52, 12, 22, 28
    count = len(reopening.names)
    plan = np.asarray(reopening.plan_day, dtype=float)
    runs = None if reopening.run_day is None else np.asarray(reopening.run_day, dtype=float)
    known = plan[np.isfinite(plan)]
    if runs is not None:
        late = np.quantile(np.where(np.isfinite(runs), runs, np.nanmax(
            np.where(np.isfinite(runs), runs, 0.0), initial=0.0)), 0.98)
        known = np.append(known, late)
    last = max(float(known.max(initial=0.0)) * 1.05, 365.25)
    svg = _Svg(width, height, label, styled=styled, say=say)

    def x(day):
        return left + (width - left - right) * np.clip(np.asarray(day, dtype=float), 0, last) / last

    def y(value):
        high = max(count, 1)
        return height - bottom - (height - top - bottom) * np.asarray(value, dtype=float) / high

    _axes(svg, reopening.start, last, max(count, 1), "", x, y, (left, right, bottom))
    days = np.linspace(0, last, 240)

    def points(values):
        return "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x(days), y(values), strict=True))

    if runs is not None and len(runs):
        reached = np.stack([np.searchsorted(np.sort(run), days, side="right") for run in runs])
        curves = np.quantile(reached, [0.05, 0.10, 0.25, 0.5, 0.75, 0.90, 0.95], axis=0)
        for k in range(3):
            back = "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(
                x(days)[::-1], y(curves[k])[::-1], strict=True))
            svg.path(f"c-band{k}", f"M{points(curves[6 - k])}L{back}Z")
        svg.path("c-line", f"M{points(curves[3])}")
    svg.line("c-total", left, float(y(count)), width - right, float(y(count)))
    planned = np.searchsorted(np.sort(plan), days, side="right")
    svg.path("c-plan", f"M{points(planned)}")
    return str(svg)


def finish_chart(
    finish: Finish,
    label: str,
    never_words: str,
    *,
    styled: bool = True,
    width: float = 420,
    height: float = 220,
    say: Say = str,
) -> str:
    """Share of the runs by year of finish; what never finishes has its own bar."""
    bars = [(str(y), s, False) for y, s in zip(finish.years, finish.shares, strict=True)]
    if finish.never > 0 or not bars:
        bars.append((never_words, finish.never, True))
    return _bars(bars, label, styled, width, height, say)


def cost_chart(
    cost: np.ndarray, label: str, *, styled: bool = True, width: float = 420, height: float = 220,
    say: Say = str,
) -> tuple[str, bool]:
    """Share of the runs by cost; second value: True where the axis is in millions."""
    cost = np.asarray(cost, dtype=float)
    millions = float(np.max(cost, initial=0.0)) >= 2e6
    scaled = cost / 1e6 if millions else cost
    low, high = float(scaled.min()), float(scaled.max())
    step = nice_step(max(high - low, high * 1e-3, 1e-9), 14)
    edges = np.arange(math.floor(low / step), math.floor(high / step) + 2) * step
    counts, _ = np.histogram(scaled, edges)
    bars = [
        (say(f"{e:,.0f}" if e >= 1e6 else f"{e:,.6g}"), float(c) / len(cost), False)
        for e, c in zip(edges[:-1], counts, strict=True)
    ]
    return _bars(bars, label, styled, width, height, say), millions


def _bars(
    bars: Sequence[tuple[str, float, bool]], label: str, styled: bool, width: float, height: float,
    say: Say,
) -> str:
    left, right, top, bottom = 40, 8, 14, 26
    highest = max((share for _, share, _ in bars), default=0.0) or 1.0
    svg = _Svg(width, height, label, styled=styled, say=say)
    step = nice_step(highest, 4)
    highest = step * math.ceil(highest / step - 1e-9)  # the tallest bar ends below a labelled line
    scale = (height - top - bottom) / highest
    for k in range(int(highest / step + 1e-9) + 1):
        at = height - bottom - k * step * scale
        svg.line("c-grid", left, at, width - right, at)
        svg.text("c-text", left - 6, at + 4, say(f"{100 * k * step:.3g} %"), "end")
    wide = (width - left - right) / max(1, len(bars))
    longest = max((len(name) for name, _, never in bars if not never), default=1)
    every = max(1, math.ceil((longest * 9 + 8) / wide))  # with room for larger letters on a phone
    for i, (name, share, never) in enumerate(bars):
        at = left + i * wide
        svg.rect(
            "c-never" if never else "c-bar",
            at + wide * 0.1,
            height - bottom - share * scale,
            wide * 0.8,
            share * scale,
            f"{name}: " + say(f"{100 * share:.1f} %"),
        )
        if never:
            svg.text("c-text", width - right, height - 8, name, "end")
        elif i % every == 0 and not (
            bars[-1][2] and at + wide > width - right - 9 * len(bars[-1][0]) - 10
        ):
            svg.text("c-text", at + wide / 2, height - 8, name, "middle")
    svg.line("c-axis", left, height - bottom, width - right, height - bottom)
    return str(svg)


def score_chart(
    plan: Plan,
    this_words: str,
    bound_words: str,
    label: str,
    *,
    styled: bool = True,
    width: float = 640,
    say: Say = str,
    named: Say = str,
) -> str:
    """Scores as bars above the bound, in % of it: how far each way of planning is from it."""
    bound = plan.bound if plan.bound > 0 else max(plan.score, 1e-9)
    rows = sorted(
        [(named(name), score / bound - 1, False) for name, score in plan.rules.items()]
        + [(this_words, plan.score / bound - 1, True)],
        key=lambda r: (-r[1], r[0]),
    )
    longest = max(len(name) for name, _, _ in rows)
    left, right = min(width * 0.6, 12 + 6.8 * longest), 64
    height = 26 * len(rows) + 26
    worst = max(max(r[1] for r in rows), 1e-6)
    svg = _Svg(width, height, label, styled=styled, say=say)
    scale = (width - left - right) / worst
    for i, (name, over, this) in enumerate(rows):
        top = 4 + 26 * i
        svg.text("c-strong" if this else "c-text", left - 8, top + 14, name, "end")
        svg.rect("c-this" if this else "c-rule", left, top + 2, over * scale, 16)
        svg.text(
            "c-strong" if this else "c-text",
            left + over * scale + 6,
            top + 14,
            say(f"+{100 * over:.1f} %"),
        )
    svg.line("c-bound", left, 2, left, height - 20)
    svg.text("c-text", left, height - 5, bound_words, "middle" if left > width / 3 else "start")
    return str(svg)


def range_chart(rows: Sequence[tuple[str, float, float, float, bool]], label: str, *,
                width: float = 640, say: Say = str) -> str:
    """Ranges of scores over drawn worlds: name, 10 %, median, 90 %, and whether it is this plan."""
    left = min(width * 0.5, 12 + 6.8 * max(len(r[0]) for r in rows))
    right, height = 24, 34 * len(rows) + 30
    low, high = min(r[1] for r in rows), max(r[3] for r in rows)
    room = (high - low) or max(abs(high), 1.0)
    low, high = low - 0.05 * room, high + 0.05 * room
    svg = _Svg(width, height, label, styled=True, say=say)

    def x(value: float) -> float:
        return left + (width - left - right) * (value - low) / (high - low)

    for i, (name, ten, half, ninety, this) in enumerate(rows):
        top = 8 + 34 * i
        svg.text("c-strong" if this else "c-text", left - 8, top + 14, name, "end")
        svg.rect("c-this" if this else "c-rule", x(ten), top + 2, max(x(ninety) - x(ten), 1.0), 16)
        svg.line("c-bound", x(half), top - 3, x(half), top + 23)
    step = nice_step(high - low, 4)
    tick = math.ceil(low / step) * step
    while tick <= high:
        svg.line("c-axis", x(tick), height - 26, x(tick), height - 21)
        words = f"{tick / 1e6:,.6g} M" if high >= 2e6 else f"{tick:,.6g}"
        svg.text("c-text", x(tick), height - 7, say(words), "middle")
        tick += step
    svg.line("c-axis", left, height - 26, width - right, height - 26)
    return str(svg)


def front_chart(rows: Sequence[tuple[float, float, str, bool]], one: str, other: str, label: str,
                *, width: float = 640, height: float = 330, say: Say = str) -> str:
    """Plans by what each loses in two parts of the objective: x, y, name, whether no other one
    beats it: those are joined by a line."""
    left, right, top, bottom = 84, 60, 30, 50
    svg = _Svg(width, height, label, styled=True, say=say)

    def span(values: list[float]) -> tuple[float, float]:
        low, high = min(values), max(values)
        room = (high - low) or max(abs(high), 1.0)
        return max(low - 0.08 * room, min(low, 0.0)), high + 0.08 * room

    x0, x1 = span([r[0] for r in rows])
    y0, y1 = span([r[1] for r in rows])

    def x(value: float) -> float:
        return left + (width - left - right) * (value - x0) / (x1 - x0)

    def y(value: float) -> float:
        return height - bottom - (height - top - bottom) * (value - y0) / (y1 - y0)

    def words(value: float, most: float) -> str:
        return say(f"{value / 1e6:,.6g} M" if most >= 2e6 else f"{value:,.6g}")

    for low, high, across in ((x0, x1, True), (y0, y1, False)):
        step = nice_step(high - low, 4)
        tick = math.ceil(low / step) * step
        while tick <= high:
            if across:
                svg.line("c-grid", x(tick), top, x(tick), height - bottom)
                svg.text("c-text", x(tick), height - bottom + 17, words(tick, high), "middle")
            else:
                svg.line("c-grid", left, y(tick), width - right, y(tick))
                svg.text("c-text", left - 6, y(tick) + 4, words(tick, high), "end")
            tick += step
    svg.line("c-axis", left, height - bottom, width - right, height - bottom)
    svg.line("c-axis", left, top, left, height - bottom)
    svg.text("c-text", width - right, height - 8, one, "end")
    svg.text("c-text", 4, 16, other)
    front = sorted((r[0], r[1]) for r in rows if r[3])
    for (x_from, y_from), (x_to, y_to) in itertools.pairwise(front):
        svg.line("c-plan", x(x_from), y(y_from), x(x_to), y(y_to))
    named: dict[tuple[float, float], list[str]] = {}
    for first, second, name, kept in rows:
        if (first, second) not in named:
            svg.rect("c-this" if kept else "c-rule", x(first) - 5, y(second) - 5, 10, 10)
        named.setdefault((first, second), []).append(name)
    for (first, second), names in named.items():
        svg.text("c-text", x(first) + 8, y(second) - 7, ", ".join(names))
    return str(svg)


def share_bar(share: float, *, width: float = 120) -> str:
    """A small bar for a share of 0..1, decoration beside its number."""
    svg = _Svg(width, 8, "", styled=True)
    svg.rect("c-room", 0, 0, width, 8)
    svg.rect("c-bar", 0, 0, width * min(max(share, 0.0), 1.0), 8)
    return str(svg).replace('role="img" aria-label=""', 'aria-hidden="true"')
