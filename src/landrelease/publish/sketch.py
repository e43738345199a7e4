"""The sketch for the field: one page or more with a drawing and a table of bearings and distances.

Drawn in metres about the benchmark, north up. Set by the template `sketch.typ`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.publish.templates import typeset

COLOURS = {"edge": "#1b6ca8", "swath": "#1a1a1a", "inner": "#7a3b9a", "spot": "#7a3b9a",
           "way": "#c05a00", "base": "#1b6ca8", "working": "#1a1a1a"}


def sketch_svg(ground: BaseGeometry, by_hand: BaseGeometry, lines: Sequence[tuple[str, Any]],
               benchmark: tuple[float, float], size: float = 480.0) -> str:
    """The drawing; `lines` are (kind, LineString or Polygon) in the same metres as the ground."""
    west, south, east, north = shapely.total_bounds([ground, shapely.Point(benchmark)])
    scale = size / max(east - west, north - south, 1e-9)
    pad = 14.0

    def path(shape: BaseGeometry) -> str:
        parts = []
        for ring in ([shape] if shape.geom_type == "LineString" else
                     shapely.get_rings(shapely.get_parts(shape))):
            xy = shapely.get_coordinates(ring)
            parts.append("M" + "L".join(f"{pad + (x - west) * scale:.2f} "
                                        f"{pad + (north - y) * scale:.2f}" for x, y in xy))
        return " ".join(parts)

    wide, high = (east - west) * scale + 2 * pad, (north - south) * scale + 2 * pad
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{high:.0f}" '
           f'viewBox="0 0 {wide:.0f} {high:.0f}">',
           f'<path d="{path(ground)}" fill="#f3f0e6" stroke="#b00020" stroke-width="1.6" '
           'fill-rule="evenodd"/>']
    if not by_hand.is_empty:
        out.append(f'<path d="{path(by_hand)}" fill="#e58c8c" stroke="none" fill-rule="evenodd"/>')
    for kind, line in lines:
        if line.geom_type in ("LineString", "Polygon", "MultiPolygon"):
            dash = ' stroke-dasharray="3 2"' if kind == "way" else ""
            out.append(f'<path d="{path(line)}" fill="none" stroke="{COLOURS.get(kind, "#000")}" '
                       f'stroke-width="0.6"{dash}/>')
    x, y = pad + (benchmark[0] - west) * scale, pad + (north - benchmark[1]) * scale
    out.append(f'<path d="M{x - 6:.1f} {y:.1f}h12M{x:.1f} {y - 6:.1f}v12" stroke="#b00020" '
               'stroke-width="2"/>')
    return "\n".join([*out, "</svg>"])


def render_sketch(content: dict[str, Any], templates: Path | None = None) -> bytes:
    """PDF of the sketch. `content`: title, synthetic, facts, svg, heads, rows. PUB-003, REL-030."""
    return typeset("sketch", content, folder=templates)
