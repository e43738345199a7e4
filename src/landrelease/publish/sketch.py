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
from landrelease.publish.words import Words
from landrelease.publish.words_lanes import CELLS, ENGLISH

COLOURS = {"edge": "#1b6ca8", "swath": "#1a1a1a", "inner": "#7a3b9a", "spot": "#7a3b9a",
           "way": "#c05a00", "base": "#1b6ca8", "working": "#1a1a1a"}


AROUND = 0.25  # of its larger side the drawing reaches round the ground for control positions


def sketch_svg(ground: BaseGeometry, by_hand: BaseGeometry, lines: Sequence[tuple[str, Any]],
               benchmark: tuple[float, float], control: Sequence[tuple[float, float]] = (),
               safe: BaseGeometry | None = None, closed: BaseGeometry | None = None,
               kept_out: BaseGeometry | None = None, size: float = 480.0) -> str:
    """The drawing; `lines` are (kind, LineString or Polygon) in the same metres as the ground;
    `control` are positions of control, C1, C2 and so on. Those far off stand at the margin. `safe`
    is ground beside the task on which the machine may be; as much of it as is near is drawn.
    `closed` is ground that nobody enters, hatched; `kept_out` ground of no lane, grey."""
    west, south, east, north = shapely.total_bounds([ground, shapely.Point(benchmark)])
    reach = AROUND * max(east - west, north - south)
    shown = [(min(max(x, west - reach), east + reach), min(max(y, south - reach), north + reach))
             for x, y in control]
    west, south, east, north = shapely.total_bounds([
        shapely.box(west, south, east, north), *map(shapely.Point, shown)])
    if safe is not None:
        near = shapely.intersection(safe, shapely.box(
            west - reach, south - reach, east + reach, north + reach))
        west, south, east, north = shapely.total_bounds([
            shapely.box(west, south, east, north), near])
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
           *([] if safe is None or near.is_empty else [
               f'<path d="{path(near)}" fill="#d9ead3" stroke="none" fill-rule="evenodd"/>']),
           f'<path d="{path(ground)}" fill="#f3f0e6" stroke="#b00020" stroke-width="1.6" '
           'fill-rule="evenodd"/>']
    if not by_hand.is_empty:
        out.append(f'<path d="{path(by_hand)}" fill="#e58c8c" stroke="none" fill-rule="evenodd"/>')
    if kept_out is not None and not kept_out.is_empty:
        out.append(f'<path d="{path(kept_out)}" fill="#9a9a9a" stroke="none" '
                   'fill-rule="evenodd"/>')
    if closed is not None and not closed.is_empty:
        out.append('<defs><pattern id="closed" width="5" height="5" '
                   'patternUnits="userSpaceOnUse"><rect width="5" height="5" fill="#000000"/>'
                   '<path d="M0 0L5 5M5 0L0 5" stroke="#ffffff" stroke-width="0.7"/></pattern>'
                   '</defs>'
                   f'<path d="{path(closed)}" fill="url(#closed)" stroke="#000000" '
                   'stroke-width="1.2" fill-rule="evenodd"/>')
    for kind, line in lines:
        if line.geom_type in ("LineString", "Polygon", "MultiPolygon"):
            dash = ' stroke-dasharray="3 2"' if kind == "way" else ""
            out.append(f'<path d="{path(line)}" fill="none" stroke="{COLOURS.get(kind, "#000")}" '
                       f'stroke-width="0.6"{dash}/>')
    x, y = pad + (benchmark[0] - west) * scale, pad + (north - benchmark[1]) * scale
    out.append(f'<path d="M{x - 6:.1f} {y:.1f}h12M{x:.1f} {y - 6:.1f}v12" stroke="#b00020" '
               'stroke-width="2"/>')
    for n, ((x, y), place) in enumerate(zip(shown, control, strict=True), start=1):
        px, py = pad + (x - west) * scale, pad + (north - y) * scale
        out.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4" stroke="#00695c" stroke-width="1.6" '
                   f'fill="{"#00695c" if (x, y) == tuple(place) else "none"}"/><text '
                   f'x="{px + (6 if px < wide - 30 else -20):.1f}" y="{py + 3:.1f}" font-size="9" '
                   f'fill="#00695c">C{n}</text>')
    return "\n".join([*out, "</svg>"])


def told(content: dict[str, Any], w: Words) -> dict[str, Any]:
    """The content as one language says it: findings by their codes, words of the table."""
    def cell(text: str) -> str:
        return w(f"lanes.cell.{text}") if text in CELLS else text

    def finding(text: str) -> str:
        before, bracket, rest = text.partition("[")  # "Machine 2: [LAN-013] ..."
        return before + w.texts.heard(rest[:7], bracket + rest) if rest[3:4] == "-" else (
            w.texts(text) if text in ENGLISH.values() else text)

    made = {**{k: v for k, v in content.items() if k != "findings"},
            "facts": [*content["facts"], *map(finding, content["findings"])],
            "heads": [cell(h) for h in content["heads"]],
            "rows": [[cell(c) for c in row] for row in content["rows"]],
            "title": w("lanes.title"), "key": w("lanes.key"), "lang": w.texts.code,
            "dir": w.texts.direction}
    return {**made, "unreviewed": " ".join(w.doubts())}


def render_sketch(content: dict[str, Any], templates: Path | None = None) -> bytes:
    """PDF of the sketch. `content`: as `told` gives it. PUB-003, REL-030."""
    return typeset("sketch", content, folder=templates)
