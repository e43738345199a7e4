"""The work of a team on a line of time, as SVG: for rows of a table. Plain shapes, no script.

Kinds of work differ in pattern as well as in colour; the number in a bar is the place of its area
in the plan, the same as on the map.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from html import escape

WIDTH, HEIGHT = 960, 28
_LETTER_PX = 7.0

# One piece of work: start, finish, activity, place of its area, words.
Piece = tuple[date, date, str, int, str]

PATTERNS = (
    '<svg width="0" height="0" aria-hidden="true" focusable="false" class="defs"><defs>'
    '<pattern id="g-ts" width="7" height="7" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="7" height="7" class="g-ts-ground"/>'
    '<rect width="2.5" height="7" class="g-ts-line"/></pattern></defs></svg>')


def _x(day: date, first: date, last: date, width: float) -> float:
    return width * (day - first).days / max(1, (last - first).days)


def ticks(first: date, last: date) -> list[tuple[date, str]]:
    """Days to mark between two days, at most about fifteen: months, quarters or years."""
    days = (last - first).days
    step = next((s for s in (1, 2, 3, 6) if days / 30.44 / s <= 14), 0)
    out: list[tuple[date, str]] = []
    if step:
        year, month = first.year, first.month
        while date(year, month, 1) <= last:
            at = date(year, month, 1)
            if at >= first and (month - 1) % step == 0:
                out.append((at, f"{year}-{month:02d}"))
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        return out
    jump = next(s for s in (1, 2, 5, 10, 20, 50) if days / 365.25 / s <= 14)
    return [(date(y, 1, 1), str(y)) for y in range(first.year, last.year + 1)
            if y % jump == 0 and first <= date(y, 1, 1) <= last]


def axis(first: date, last: date, *, width: float = WIDTH) -> str:
    """The line of time above the rows."""
    parts = [f'<svg width="{width:g}" height="22" viewBox="0 0 {width:g} 22" aria-hidden="true" '
             'focusable="false" class="gantt">']
    for day, words in ticks(first, last):
        at = _x(day, first, last, width)
        parts.append(f'<path class="g-tick" d="M{at:.1f} 14V22"/>')
        if at < width - _LETTER_PX * len(words):
            parts.append(f'<text class="g-text" x="{at + 3:.1f}" y="12">{escape(words)}</text>')
    return "".join([*parts, "</svg>"])


def row(pieces: Sequence[Piece], first: date, last: date, *, today: date | None = None,
        width: float = WIDTH) -> str:
    """The pieces of work of one team between two days."""
    parts = [f'<svg width="{width:g}" height="{HEIGHT}" viewBox="0 0 {width:g} {HEIGHT}" '
             'aria-hidden="true" focusable="false" class="gantt">']
    for day, _ in ticks(first, last):
        parts.append(f'<path class="g-grid" d="M{_x(day, first, last, width):.1f} 0V{HEIGHT}"/>')
    for start, finish, activity, order, words in pieces:
        left = max(0.0, _x(start, first, last, width))
        right = min(width, _x(finish + timedelta(days=1), first, last, width))
        if right <= 0 or left >= width:
            continue
        wide = max(1.5, right - left - 0.6)
        fill = ' fill="url(#g-ts)"' if activity == "TS" else ""
        parts.append(f'<rect class="g-bar g-{escape(activity.lower())}"{fill} x="{left:.1f}" y="4" '
                     f'width="{wide:.1f}" height="{HEIGHT - 8}" rx="2">'
                     f'<title>{escape(words)}</title></rect>')
        if wide >= _LETTER_PX * len(str(order)) + 4:
            parts.append(f'<text class="g-number g-on-{escape(activity.lower())}" '
                         f'x="{left + wide / 2:.1f}" y="{HEIGHT / 2 + 4:g}" '
                         f'text-anchor="middle">{order}</text>')
    if today is not None and first <= today <= last:
        parts.append(f'<path class="g-today" d="M{_x(today, first, last, width):.1f} 0V{HEIGHT}"/>')
    return "".join([*parts, "</svg>"])


def sample(activity: str) -> str:
    """A bar for the legend."""
    fill = ' fill="url(#g-ts)"' if activity == "TS" else ""
    return (f'<svg width="28" height="16" viewBox="0 0 28 16" aria-hidden="true" class="gantt">'
            f'<rect class="g-bar g-{escape(activity.lower())}"{fill} x="1" y="1" width="26" '
            'height="14" rx="2"/></svg>')
