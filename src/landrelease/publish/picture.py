"""A small map as SVG, for the document: hazards by order over the outlines of municipalities.

A hazard is drawn in its own shape, or, where that is too much or too small for the paper, as its
convex hull under a dot: always at least the ground it covers, never less (S01).
"""

from __future__ import annotations

import math

import numpy as np
import shapely

from landrelease.core.hazard import Land
from landrelease.publish.content import bounds_of

RAMP = ("#6b0f2a", "#b3262e", "#e9702a", "#f6ad3c", "#fbdf9a")
SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
MOST_CORNERS = 15_000  # above this the document would be slow to set


def classes(order: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Class 0..4 of each area by its rank, and the last rank of each class."""
    last = [max(1, math.ceil(share * len(order))) for share in SHARES]
    return np.searchsorted(np.asarray(last), np.asarray(order)), last


def map_svg(
    land: Land, order: np.ndarray, width: float = 480, height: float = 440
) -> tuple[str, bool]:
    """The map, and True where every hazard is drawn in its own shape.

    `order`: rank of each hazard, 1 first. Equirectangular with true scale at the middle latitude.
    """
    west, south, east, north = bounds_of(land)
    squeeze = math.cos(math.radians((south + north) / 2))
    pad = 8.0
    scale = min(
        (width - 2 * pad) / max((east - west) * squeeze, 1e-6),
        (height - 2 * pad) / max(north - south, 1e-6),
    )
    x0 = width / 2 - scale * squeeze * (west + east) / 2
    y0 = height / 2 + scale * (south + north) / 2

    def project(xy: np.ndarray) -> np.ndarray:
        return np.column_stack([x0 + scale * squeeze * xy[:, 0], y0 - scale * xy[:, 1]])

    grounds = shapely.transform(np.array([h.ground for h in land.hazards], dtype=object), project)
    full = int(shapely.get_num_coordinates(grounds).sum()) <= MOST_CORNERS
    if not full:
        grounds = shapely.convex_hull(grounds)
    kind, _ = classes(order)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}"><rect width="{width:g}" height="{height:g}" '
        'fill="#f3f5f2"/>'
    ]
    frame = shapely.box(0, 0, width, height)
    outlines = [
        shapely.intersection(
            shapely.boundary(shapely.simplify(shapely.transform(m.ground, project), 0.4)), frame
        )
        for m in land.municipalities
    ]
    drawn = "".join(_lines(o) for o in outlines)
    parts.append(f'<path d="{drawn}" fill="none" stroke="#9aa6ad" stroke-width="0.6"/>')
    small = 1.6  # radius of a dot
    hidden = small * math.sqrt(2)  # a square of this side lies wholly under a dot
    for k in range(len(RAMP) - 1, -1, -1):
        mine = grounds[kind == k]
        if len(mine) == 0:
            continue
        boxes = shapely.bounds(mine)
        size = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
        shapes = "".join(_polygons(g) for g in mine[full | (size >= hidden)])
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        # A line of no length with round ends is a dot: one path for all of them.
        dots = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in centres[size < 4 * small])
        parts.append(
            f'<path d="{dots}" fill="none" stroke="#c00000" stroke-width="{2 * small + 0.8}" '
            'stroke-linecap="round"/>'
        )
        parts.append(
            f'<path d="{shapes}" fill="{RAMP[k]}" stroke="#c00000" stroke-width="0.5" '
            'stroke-linejoin="round"/>'
        )
        parts.append(
            f'<path d="{dots}" fill="none" stroke="{RAMP[k]}" stroke-width="{2 * small}" '
            'stroke-linecap="round"/>'
        )
    names = sorted(
        (
            tuple(project(shapely.get_coordinates(shapely.point_on_surface(m.ground)))[0]),
            float(shapely.area(m.ground)),
            m.name,
        )
        for m in land.municipalities
    )
    taken = [(60.0, 60.0, height - 16)]  # the scale bar and the arrow
    for (x, y), _, name in sorted(names, key=lambda n: -n[1]):
        half = 3.0 * len(name)
        if not (half < x < width - half and 8 < y < height - 8) or any(
            abs(x - a) < half + b and abs(y - c) < 11 for a, b, c in taken
        ):
            continue
        taken.append((x, half, y))
        label = _text(name)
        font = 'font-size="10.5" font-family="Libertinus Serif" text-anchor="middle"'
        parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" {font} fill="#3d4a52" stroke="#f3f5f2" '
            f'stroke-width="2.4" stroke-linejoin="round">{label}</text>'
            f'<text x="{x:.1f}" y="{y:.1f}" {font} fill="#3d4a52">{label}</text>'
        )
    parts.append(_scale_bar(scale, height))
    return "".join([*parts, "</svg>"]), full


def _text(words: str) -> str:
    """Escaped for XML, without the control characters that XML cannot hold."""
    kept = "".join(
        c
        for c in words
        if c in "\t\n"
        or (ord(c) >= 32 and not 0xD800 <= ord(c) < 0xE000 and ord(c) not in (0xFFFE, 0xFFFF))
    )
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _lines(geometry) -> str:
    drawn = []
    for part in shapely.get_parts([geometry]):
        if part.geom_type in ("MultiLineString", "GeometryCollection"):
            drawn.append("".join(_lines(p) for p in part.geoms))
        elif part.geom_type in ("LineString", "LinearRing") and not part.is_empty:
            drawn.append(
                "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in shapely.get_coordinates(part))
            )
    return "".join(drawn)


def _polygons(geometry) -> str:
    drawn = []
    for part in shapely.get_parts(shapely.get_parts([geometry])):
        if part.geom_type != "Polygon":
            continue
        turned = shapely.orient_polygons(part)
        for ring in (turned.exterior, *turned.interiors):
            corners = shapely.get_coordinates(ring)[:-1]
            drawn.append("M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in corners) + "Z")
    return "".join(drawn)


def _scale_bar(per_degree: float, height: float) -> str:
    per_km = per_degree / 111.2
    want = 90 / per_km
    power = 10.0 ** math.floor(math.log10(want))
    length = next(s * power for s in (5, 2, 1) if s * power <= want)
    w, y = length * per_km, height - 12
    label = f"{length:g} km" if length >= 1 else f"{1000 * length:g} m"
    return (
        f'<path d="M10 {y - 4:.1f}V{y:.1f}H{10 + w:.1f}V{y - 4:.1f}" fill="none" '
        f'stroke="#16222c" stroke-width="1.2"/><text x="13" y="{y - 5:.1f}" font-size="9" '
        f'font-family="Libertinus Serif" fill="#16222c">{label}</text>'
        f'<path d="M{w + 30:.1f} {y - 16:.1f}l5 16l-5 -4l-5 4Z" fill="#16222c"/>'
        f'<text x="{w + 30:.1f}" y="{y - 19:.1f}" font-size="9" font-weight="bold" '
        f'font-family="Libertinus Serif" text-anchor="middle" fill="#16222c">N</text>'
    )
