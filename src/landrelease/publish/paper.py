"""A document of sections as PDF, by the template `document.typ`, and its drawings.

What the spreadsheet of the same document holds comes from the same values (`core.document`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core import amounts
from landrelease.core.document import Cell, Column, Document, Grid
from landrelease.core.geometry import plane_for
from landrelease.core.texts import RIGHT_TO_LEFT, Texts
from landrelease.publish.picture import RAMP
from landrelease.publish.templates import typeset

MOST_ROWS = 400  # of one table on paper; the spreadsheet holds all
LONGEST = 400  # characters of one text of the data
_TURNS = frozenset(map(chr, (*range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x2068))))


def render_paper(document: Document, templates: Path | None = None) -> bytes:
    """The document as PDF; the same document and templates give the same bytes.

    Raises PUB-003 (typst refused it), PUB-040 (a layout that is none), REL-030.
    """
    return typeset("document", paper_content(document), made_on=document.made_on, folder=templates)


def paper_content(d: Document) -> dict[str, Any]:
    """All texts and drawings, as the template reads them."""
    texts = Texts(d.lang, "")

    def said(value: Cell, column: Column | None = None) -> str:
        told = cell_words(value, column, d.not_reported)
        return told if isinstance(value, str | None) else amounts.figure(told, texts)

    return {
        "lang": d.lang, "dir": "rtl" if d.lang in RIGHT_TO_LEFT else "ltr",
        "title": d.title, "subtitle": plain(d.subtitle), "state": d.state,
        "caution": d.caution, "synthetic": d.synthetic, "unreviewed": d.unreviewed,
        "foot": d.foot, "sign_words": d.sign_words,
        "sections": [{
            "title": s.title, "lines": [plain(line, 2_000) for line in s.lines],
            "facts": [[name, said(value)] for name, value in s.facts],
            "pictures": [list(p) for p in s.pictures], "signatures": list(s.signatures),
            "grids": [_grid(g, "" if g.title == s.title else g.title, d, said) for g in s.grids]}
            for s in d.sections],
    }


def _grid(g: Grid, title: str, d: Document, said: Any) -> dict[str, Any]:
    left = len(g.rows) - MOST_ROWS
    notes = ([d.more_rows.format(count=f"{left:,}")] if left > 0 else []) + list(g.notes)
    return {"title": title, "head": [c.title for c in g.columns],
            "numbers": [c.type in ("integer", "number", "share") for c in g.columns],
            "wide": _wide(g), "empty": g.empty if not g.rows else "",
            "rows": [[said(value, column) for value, column in zip(row, g.columns, strict=True)]
                     for row in g.rows[:MOST_ROWS]], "notes": notes}


def _wide(g: Grid) -> list[float]:
    """Shares of the width for columns of text, by the longest words in them; 0: as wide as its
    numbers need."""
    out = []
    for n, c in enumerate(g.columns):
        if c.type != "text":
            out.append(0.0)
            continue
        longest = max((len(str(r[n] or "")) for r in g.rows[:MOST_ROWS]), default=0)
        out.append(float(min(max(longest, len(c.title), 6), 40)))
    return out


def cell_words(value: Cell, column: Column | None, not_reported: str) -> str:
    """A cell as it is read: numbers grouped, shares in percent, days as ISO 8601 has them.

    >>> cell_words(1234.56, Column("a", "number", 1), "?"), cell_words(None, None, "?")
    ('1,234.6', '?')
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return not_reported
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        kind, digits = (column.type, column.digits) if column else ("number", 0)
        if kind == "share":
            return f"{100 * value:.1f} %"
        if column is None and isinstance(value, float) and value != round(value):
            return f"{value:,.2f}".rstrip("0").rstrip(".")
        return f"{value:,.{digits}f}"
    return value.isoformat()


def plain(text: str, most: int = LONGEST) -> str:
    """Without control characters, marks that turn the direction of what follows, and half pairs;
    short enough for one place on the page. Isolates of no direction (U+2068, U+2069) stay: they
    hold facts together in a text from right to left (`core.texts`)."""
    text = "".join(c if ord(c) >= 32 and c not in _TURNS else " " for c in text)
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


# --- drawings ----------------------------------------------------------------------------------


def plan_svg(grounds: Sequence[BaseGeometry], places: Sequence[int], classes: Sequence[int],
             around: Sequence[BaseGeometry] = (), numbered: int = 300,
             wide: float = 520.0, most_high: float = 400.0) -> str:
    """Areas of a plan (degrees on WGS 84), coloured by class 0..4; the first ones are numbered by
    place. An area too small to be seen is drawn as a dot over all of it (S01).

    around : other hazardous ground, hatched where the picture reaches
    """
    shapes = np.array(list(grounds), dtype=object)
    bounds = shapely.total_bounds(shapes)
    plane = plane_for(tuple(bounds.tolist()))
    flat = plane.to_plane(shapes)
    west, south, east, north = shapely.total_bounds(flat)
    reach = 0.04 * max(east - west, north - south, 10.0)
    west, south, east, north = west - reach, south - reach, east + reach, north + reach
    scale = min(wide / (east - west), most_high / (north - south))
    high = (north - south) * scale
    wide = (east - west) * scale
    near = shapely.box(*bounds).buffer(0.1 * max(np.ptp(bounds[::2]), np.ptp(bounds[1::2]), 1e-3))
    out = [_opened(wide, high), *_hatched(
        [plane.to_plane(shape) for shape in around if near.intersects(shape)],
        shapely.box(west, south, east, north), scale)]
    last_first = sorted(range(len(places)), key=lambda n: -places[n])
    labels = []
    for n in last_first:
        x0, y0, x1, y1 = flat[n].bounds
        size = max(x1 - x0, y1 - y0) * scale
        x, y = ((x0 + x1) / 2 - west) * scale, (north - (y0 + y1) / 2) * scale
        fill = RAMP[min(classes[n], len(RAMP) - 1)]
        if size < 4:
            out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{max(2.6, size * 0.71):.1f}" '
                       f'fill="{fill}" stroke="#c00000" stroke-width="0.5"/>')
        else:
            out.append(f'<path d="{_path(flat[n], west, north, scale)}" fill="{fill}" '
                       'stroke="#c00000" stroke-width="0.6" fill-rule="evenodd"/>')
        labels.append((places[n], x, y))
    taken: list[tuple[float, float]] = []
    for place, x, y in sorted(labels)[:numbered]:
        if all(abs(x - a) > 5.5 * len(str(place)) + 4 or abs(y - b) > 9 for a, b in taken):
            taken.append((x, y))
            out.append(f'<text x="{x:.1f}" y="{y + 3:.1f}" font-size="8.5" text-anchor="middle" '
                       f'font-family="Libertinus Serif" stroke="#ffffff" stroke-width="2.2" '
                       f'stroke-linejoin="round">{place}</text>'
                       f'<text x="{x:.1f}" y="{y + 3:.1f}" font-size="8.5" text-anchor="middle" '
                       f'font-family="Libertinus Serif" fill="#16222c">{place}</text>')
    return "\n".join([*out, *_scale_and_north(east - west, scale, wide, high), "</svg>"])


def _hatched(shapes: Sequence[BaseGeometry], frame: BaseGeometry, scale: float) -> list[str]:
    """Other hazardous ground of a picture, in metres; one too small to be seen is a square over
    all of it (S01)."""
    west, _, _, north = frame.bounds
    out = []
    for shape in shapes:
        near = shapely.intersection(shapely.make_valid(shape), frame)
        parts = [p for p in shapely.get_parts(near) if p.geom_type == "Polygon"]
        if not parts:
            continue
        x0, y0, x1, y1 = shapely.total_bounds(parts)
        size = max(x1 - x0, y1 - y0) * scale
        if size < 4:
            half = max(2.6, size / 2)
            out.append(f'<rect x="{((x0 + x1) / 2 - west) * scale - half:.1f}" '
                       f'y="{(north - (y0 + y1) / 2) * scale - half:.1f}" width="{2 * half:.1f}" '
                       f'height="{2 * half:.1f}" fill="url(#around)" stroke="#c00000" '
                       'stroke-width="0.5"/>')
        else:
            out.append(f'<path d="{_path(shapely.MultiPolygon(parts), west, north, scale)}" '
                       'fill="url(#around)" stroke="#c00000" stroke-width="0.5" '
                       'stroke-dasharray="4 2" fill-rule="evenodd"/>')
    if not out:
        return []
    return ['<defs><pattern id="around" width="5" height="5" patternUnits="userSpaceOnUse">'
            '<rect width="5" height="5" fill="#d9d9d9"/><path d="M0 5L5 0" stroke="#7a1020" '
            'stroke-width="0.8"/></pattern></defs>', *out]


def ground_svg(ground: BaseGeometry, beside: Sequence[BaseGeometry],
               points: Sequence[tuple[str, float, float]], size: float = 470.0) -> str:
    """The ground of a task (red), other hazards beside it (pale), corners by name; degrees."""
    plane = plane_for(ground.bounds)
    mine = plane.to_plane(ground)
    west, south, east, north = mine.bounds
    reach = 0.15 * max(east - west, north - south, 1.0)
    frame = shapely.box(west - reach, south - reach, east + reach, north + reach)
    west, south, east, north = frame.bounds
    scale = size / max(east - west, north - south)
    wide, high = (east - west) * scale, (north - south) * scale
    out = [_opened(wide, high)]
    for shape in beside:
        near = shapely.intersection(plane.to_plane(shape), frame)
        parts = [p for p in shapely.get_parts(near) if p.geom_type == "Polygon"]
        if parts:
            out.append(f'<path d="{_path(shapely.MultiPolygon(parts), west, north, scale)}" '
                       'fill="#fbe3e3" stroke="#c00000" stroke-width="0.7" '
                       'stroke-dasharray="4 2" fill-rule="evenodd"/>')
    out.append(f'<path d="{_path(mine, west, north, scale)}" fill="#f3b4b4" stroke="#b00020" '
               'stroke-width="1.8" fill-rule="evenodd"/>')
    if 0 < len(points) <= 60:
        xy = shapely.get_coordinates(plane.to_plane(shapely.points(
            [(x, y) for _, x, y in points])))
        for (name, _, _), (x, y) in zip(points, xy.tolist(), strict=True):
            px, py = (x - west) * scale, (north - y) * scale
            out.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="2.4" fill="#16222c"/>'
                       f'<text x="{px + 4:.1f}" y="{py - 3:.1f}" font-size="9.5" '
                       f'font-family="Libertinus Serif">{name}</text>')
    return "\n".join([*out, *_scale_and_north(east - west, scale, wide, high), "</svg>"])


def _opened(wide: float, high: float) -> str:
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{high:.0f}" '
            f'viewBox="0 0 {wide:.1f} {high:.1f}">'
            f'<rect width="{wide:.1f}" height="{high:.1f}" fill="#fbfaf6" stroke="#d5dcdf"/>')


def _path(shape: BaseGeometry, west: float, north: float, scale: float) -> str:
    return " ".join("M" + "L".join(f"{(x - west) * scale:.2f} {(north - y) * scale:.2f}"
                                   for x, y in shapely.get_coordinates(ring)) + "Z"
                    for ring in shapely.get_rings(shapely.get_parts(shape)))


def _scale_and_north(across: float, scale: float, wide: float, high: float) -> list[str]:
    bar = 10.0 ** math.floor(math.log10(across / 3))
    bar *= max(m for m in (1, 2, 5) if bar * m <= across / 3)
    words = f"{bar / 1000:g} km" if bar >= 1000 else f"{bar:g} m"
    return [f'<path d="M10 {high - 10:.1f}h{bar * scale:.1f}" stroke="#16222c" '
            f'stroke-width="2"/><text x="10" y="{high - 15:.1f}" font-size="9" '
            f'font-family="Libertinus Serif">{words}</text>'
            f'<path d="M{wide - 14:.1f} 32V16M{wide - 17:.1f} 20L{wide - 14:.1f} 14'
            f'L{wide - 11:.1f} 20" fill="none" stroke="#16222c" stroke-width="1.5"/>'
            f'<text x="{wide - 17.5:.1f}" y="11" font-size="9" '
            'font-family="Libertinus Serif">N</text>']


def points_of(ground: BaseGeometry) -> list[Any]:
    """The turning points of the ground, as certificates have them."""
    from landrelease.publish.certificate import turning_points

    return turning_points(ground)


