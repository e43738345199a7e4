"""A plan of some ground as a drawing in the page: shapes told apart by pattern and outline, never
by colour alone, numbered places, a scale, north. It can be printed. No map to walk by."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.apps.web.layout import Html, group, tag
from landrelease.apps.web.words import word

WIDE, HIGH, EDGE = 800.0, 560.0, 26.0
# Style -> (colour, pattern, width of the outline, dashes); IMAS TN 07.11/01 for hazards.
STYLES: dict[str, tuple[str, str, float, str]] = {
    "hazard": ("#e60000", "hatch-up", 2.5, ""),
    "proposed": ("#2f7d68", "dots", 2.5, "9 4"),
    "released": ("#2f7d68", "dots", 2.5, ""),
    "outside": ("#6a1b9a", "none", 1.5, "2 4"),
    "lot": ("#0b5d7a", "none", 2.5, ""),
    "unit": ("#0b5d7a", "hatch-down", 2.0, ""),
    "found": ("#e60000", "cross", 3.0, ""),
    "clear": ("#2f7d68", "none", 2.0, ""),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape in degrees, its style, and a label in its middle."""

    ground: BaseGeometry
    style: str
    label: str = ""


def plan(shapes: Sequence[Shape], title: str, legend: Iterable[tuple[str, str]] = ()) -> Html:
    """The drawing with its legend ((style, words)); nothing where no shape has ground."""
    drawn = [s for s in shapes if s.ground is not None and not s.ground.is_empty]
    if not drawn:
        return Html("")
    west, south, east, north = shapely.total_bounds([s.ground for s in drawn])
    shrink = math.cos(math.radians((south + north) / 2)) or 1e-6
    metre = 1 / 111_320
    wide = max((east - west) * shrink, metre)
    high = max(north - south, metre)
    scale = min((WIDE - 2 * EDGE) / wide, (HIGH - 2 * EDGE) / high)
    width, height = wide * scale + 2 * EDGE, high * scale + 2 * EDGE

    def place(x: float, y: float) -> tuple[float, float]:
        return (EDGE + (x - west) * shrink * scale, EDGE + (north - y) * scale)

    parts: list[Any] = [_patterns()]
    for one in drawn:
        colour, pattern, line, dashes = STYLES[one.style]
        path = _path(one.ground, place)
        if path:
            parts.append(tag("path", d=path, fill=f"url(#fill-{one.style})" if pattern != "none"
                             else "none", stroke=colour, stroke_width=line,
                             stroke_dasharray=dashes or None, fill_rule="evenodd"))
        else:
            x, y = place(one.ground.centroid.x, one.ground.centroid.y)
            parts.append(tag("circle", cx=_n(x), cy=_n(y), r="5", fill=colour))
    for one in drawn:
        if one.label:
            x, y = place(*(one.ground.representative_point().coords[0][:2]))
            parts.append(tag("text", one.label, x=_n(x), y=_n(y + 5), class_="label halo",
                             text_anchor="middle", font_size="14", font_weight="700"))
    length = _nice(wide / metre * 0.3)
    bar = length * metre * scale
    parts.append(tag("path", d=f"M{_n(EDGE)} {_n(height - 8)}h{_n(bar)}", class_="axis",
                     stroke_width="3"))
    parts.append(tag("text", f"{length:g} m", x=_n(EDGE + bar + 6), y=_n(height - 4),
                     class_="label", font_size="13"))
    parts.append(tag("text", "N ↑", x=_n(width - EDGE - 8), y="18", class_="label",
                     font_size="14", font_weight="700"))
    drawing = tag("svg", *parts, viewBox=f"0 0 {_n(width)} {_n(height)}", class_="plan",
                  role="img", aria_label=title, xmlns="http://www.w3.org/2000/svg")
    keys = [tag("li", _key(style), " ", words) for style, words in legend]
    return group(tag("figure", drawing, tag("figcaption", title, " ", word("plan.not_to_walk"),
                                            class_="note"),
                     tag("ul", *keys, class_="legend") if keys else None))


def _key(style: str) -> Html:
    colour, pattern, line, dashes = STYLES[style]
    return tag("svg", tag("rect", x="2", y="2", width="26", height="14", stroke=colour,
                          stroke_width=min(line, 2), stroke_dasharray=dashes or None,
                          fill=f"url(#fill-{style})" if pattern != "none" else "none"),
               width="30", height="18", aria_hidden="true")


_LINES = {"hatch-up": "M-2 11L11 -2M-2 2L2 -2M7 11L11 7",
          "hatch-down": "M-2 -2L11 11M-2 7L2 11M7 -2L11 2", "cross": "M0 0L9 9M9 0L0 9"}


def _patterns() -> Html:
    """A pattern for each style: it takes no colour from the shape that it fills."""
    made = []
    for style, (colour, pattern, _, _) in STYLES.items():
        if pattern == "none":
            continue
        inside = tag("path", d=_LINES[pattern], stroke=colour, stroke_width="1.3", fill="none") \
            if pattern in _LINES else tag("circle", cx="3", cy="3", r="1.3", fill=colour)
        size = 9 if pattern in _LINES else 7
        made.append(tag("pattern", inside, id=f"fill-{style}", width=size, height=size,
                        patternUnits="userSpaceOnUse"))
    return tag("defs", *made)


def _path(ground: BaseGeometry, place: Any) -> str:
    out = []
    for part in shapely.get_parts(ground):
        if part.geom_type == "Polygon":
            for ring in (part.exterior, *part.interiors):
                out.append("M" + "L".join(" ".join(map(_n, place(x, y)))
                                          for x, y, *_ in ring.coords) + "Z")
        elif part.geom_type == "LineString":
            out.append("M" + "L".join(" ".join(map(_n, place(x, y)))
                                      for x, y, *_ in part.coords))
    return "".join(out)


def _n(value: float) -> str:
    return f"{value:.1f}"


def _nice(metres: float) -> float:
    """The round length that is next below."""
    power = 10.0 ** math.floor(math.log10(max(metres, 1e-3)))
    return next(power * step for step in (5, 2, 1) if power * step <= metres * 1.0001)


def intervals(rows: Sequence[tuple[str, float, float, float]], title: str, unit: str) -> Html:
    """Values with their intervals on one axis: (name, low, value, high). The numbers stand in the
    table beside it, so that nobody needs the drawing."""
    if not rows:
        return Html("")
    left, right, line = 150.0, 40.0, 30.0
    high = max(r[3] for r in rows) or 1.0
    top = _nice_above(high)
    wide = WIDE - left - right
    height = line * len(rows) + 46

    def x(value: float) -> str:
        return _n(left + wide * min(value, top) / top)

    parts: list[Any] = []
    for n, (name, low, value, up) in enumerate(rows):
        y = _n(18 + line * n)
        parts += [
            tag("text", name[:20], x=_n(left - 10), y=_n(18 + line * n + 5), class_="label",
                text_anchor="end", font_size="14"),
            tag("path", d=f"M{x(low)} {y}H{x(up)}", class_="bar", stroke_width="4"),
            tag("circle", cx=x(value), cy=y, r="6", class_="dot")]
    base = _n(line * len(rows) + 12)
    parts.append(tag("path", d=f"M{_n(left)} {base}H{_n(left + wide)}", class_="axis",
                     stroke_width="1"))
    for step in range(5):
        value = top * step / 4
        parts.append(tag("text", f"{value:g}", x=x(value), y=_n(line * len(rows) + 30),
                         class_="label", text_anchor="middle", font_size="13"))
    return tag("figure", tag("svg", *parts, viewBox=f"0 0 {_n(WIDE)} {_n(height)}", class_="plan",
                             role="img", aria_label=f"{title}, {unit}",
                             xmlns="http://www.w3.org/2000/svg"),
               tag("figcaption", f"{title}, {unit}", class_="note"))


def _nice_above(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(max(value, 1e-9)))
    return next(power * step for step in (1, 2, 4, 8, 10, 20) if power * step >= value)
