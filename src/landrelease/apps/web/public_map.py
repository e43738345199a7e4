"""The public's map as a picture: coarse cells, released ground, names. Nothing else is in it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import numpy as np
import shapely

if TYPE_CHECKING:
    from landrelease.workflows.public import PublicView

SCALES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0)
SIZES = {"wide": (720, 460), "narrow": (312, 340)}  # px; never scaled: a press has to hit its place
FINGER_PX = 4.0  # what a press cannot tell apart
_FIRST_SCALE = 50.0
_MOST_NAMES = 40
_MARK_PX = 9.0
_ROUGH_M = 100.0  # a place known no better than so is drawn as wide as it may be off
_HAZARD, _RELEASED, _REPORTED = "#b3122a", "#2f7d4f", "#b35a00"


@dataclass(frozen=True, slots=True)
class Frame:
    """A window of the public's plane: its centre in m, the size of a pixel in m."""

    east: float
    north: float
    scale: float

    def moved(self, step: str, size: tuple[int, int]) -> Frame:
        """After a button was pressed: closer, wider, north, south, east or west."""
        if step in ("closer", "wider"):
            place = SCALES.index(self.scale) + (-1 if step == "closer" else 1)
            return replace(self, scale=SCALES[min(max(place, 0), len(SCALES) - 1)])
        dx, dy = {"north": (0, 1), "south": (0, -1), "east": (1, 0), "west": (-1, 0)}.get(
            step, (0, 0))
        return replace(self, east=self.east + dx * size[0] * self.scale / 2,
                       north=self.north + dy * size[1] * self.scale / 2)

    def place(self, x: float, y: float, size: tuple[int, int]) -> tuple[float, float]:
        """Easting and northing of a pixel, from the left and from the top."""
        return (self.east + (x - size[0] / 2) * self.scale,
                self.north - (y - size[1] / 2) * self.scale)


def frame_of(view: PublicView, east: str, north: str, scale: str, about: Any = None) -> Frame:
    """The window that the parameters state; else one about `about` (degrees), else of everything.
    """
    stated = [_number(v) for v in (east, north)]
    chosen = _number(scale)
    if None not in stated and chosen in SCALES and all(abs(v or 0) < 2e7 for v in stated):
        return Frame(float(stated[0] or 0), float(stated[1] or 0), float(chosen or 1))
    plane = view.land.plane
    if about is not None:
        west, south, e, n = shapely.bounds(plane.to_plane(about)).tolist()
        least = _FIRST_SCALE / 5
    elif view.cells or view.released:
        shapes = plane.to_plane(np.array([*view.cells, *(g for _, g in view.released)],
                                         dtype=object))
        west, south, e, n = shapely.total_bounds(shapes).tolist()
        least = _FIRST_SCALE
    else:
        return Frame(0.0, 0.0, SCALES[-1])
    need = max((e - west) / 280, (n - south) / 280, least)
    found = next((s for s in SCALES if s >= need), SCALES[-1])
    return Frame(round((west + e) / 2, 1), round((south + n) / 2, 1), found)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def picture(view: PublicView, frame: Frame, size: tuple[int, int], mark: Any = None,
            corners: Any = None, within_m: float = 0.0) -> bytes:
    """The map as SVG. `mark`, `corners`: what was asked about, in degrees; `within_m`: how far
    round the mark the answer speaks, drawn where it is larger than the mark.

    Cells are drawn with an outline of their own colour, so that they only grow (S01); released
    ground without one.
    """
    wide, high = size
    half_e, half_n = wide * frame.scale / 2, high * frame.scale / 2
    box = (frame.east - half_e, frame.north - half_n, frame.east + half_e, frame.north + half_n)

    def path(shape: Any) -> str:
        out = []
        for part in shapely.get_parts(shape):
            if part.geom_type != "Polygon":
                continue
            for ring in (part.exterior, *part.interiors):
                xy = shapely.get_coordinates(ring)
                xs = (xy[:, 0] - box[0]) / frame.scale
                ys = (box[3] - xy[:, 1]) / frame.scale
                out.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(
                    xs.tolist(), ys.tolist(), strict=True)) + "Z")
        return "".join(out)

    released, cells = view.land.within(box, least_m=frame.scale)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}" font-family="sans-serif" font-size="12">',
        '<defs><pattern id="h" width="7" height="7" patternUnits="userSpaceOnUse">'
        f'<path d="M0 0L7 7M7 0L0 7" stroke="{_HAZARD}" stroke-width="1.1"/></pattern></defs>',
        f'<rect width="{wide}" height="{high}" fill="#f1f0ea"/>',
        f'<path d="{"".join(map(path, released))}" fill="{_RELEASED}" fill-opacity=".55" '
        'fill-rule="evenodd"/>']
    for shape in cells:
        line = path(shape)
        if line:
            parts.append(f'<path d="{line}" fill="#f3b8bf" fill-opacity=".8" fill-rule="evenodd"/>'
                         f'<path d="{line}" fill="url(#h)" stroke="{_HAZARD}" stroke-width="1.6" '
                         'fill-rule="evenodd"/>')
    for shape in view.land.reported_within(box):
        parts.append(f'<path d="{path(shape)}" fill="{_REPORTED}" fill-opacity=".25" '
                     f'stroke="{_REPORTED}" stroke-width="2.5" stroke-dasharray="7 4" '
                     'fill-rule="evenodd"/>')
    parts += _names(view, frame, size, box)
    plane = view.land.plane
    if corners is not None:
        xy = [((x - box[0]) / frame.scale, (box[3] - y) / frame.scale)
              for x, y in shapely.get_coordinates(plane.to_plane(corners)).tolist()]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in xy)
        parts.append(f'<polygon points="{line}" fill="none" stroke="#fff" stroke-width="6"/>'
                     f'<polygon points="{line}" fill="none" stroke="#111" stroke-width="2.5"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#111"/>' for x, y in xy]
    if mark is not None:
        point = plane.to_plane(mark)
        x, y = (point.x - box[0]) / frame.scale, (box[3] - point.y) / frame.scale
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="none" stroke="#fff" '
                     f'stroke-width="6"/><circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="none" '
                     f'stroke="#111" stroke-width="3"/>')
        reach = within_m / frame.scale
        # A dot says where it is: only for what is known better than a dot is wide.
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2"/>' if reach <= _MARK_PX else
                     f'<circle class="within" cx="{x:.1f}" cy="{y:.1f}" r="{reach:.1f}" '
                     'fill="none" stroke="#111" stroke-width="2" stroke-dasharray="2 4"/>')
    parts.append(_bar(frame, high))
    if view.synthetic:
        parts.append(f'<text x="{wide - 8}" y="18" text-anchor="end" font-weight="bold" '
                     'fill="#5b2a86">SYNTHETIC</text>')
    return "".join([*parts, "</svg>"]).encode()


def _names(view: PublicView, frame: Frame, size: tuple[int, int],
           box: tuple[float, float, float, float]) -> list[str]:
    """Names of communities, as many as do not lie on each other."""
    taken: list[tuple[float, float, float, float]] = []
    out: list[str] = []
    places = [p for p in view.names if p.kind == "settlement"]
    if not places:
        return out
    points = view.land.plane.to_plane(np.array([p.place for p in places], dtype=object))
    for place, point in zip(places, points, strict=True):
        if point.geom_type != "Point" or not (
                box[0] < point.x < box[2] and box[1] < point.y < box[3]):
            continue
        x, y = (point.x - box[0]) / frame.scale, (box[3] - point.y) / frame.scale
        own = (x - 4, y - 9, x + 8 + 7 * len(place.name), y + 5)
        if any(own[0] < t[2] and t[0] < own[2] and own[1] < t[3] and t[1] < own[3] for t in taken):
            continue
        taken.append(own)
        rough = place.off_m >= _ROUGH_M
        radius = max(4.0, place.off_m / frame.scale)
        dot = (f'<circle class="about" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="none" '
               'stroke="#444" stroke-width="1.2" stroke-dasharray="3 3"/>' if rough else
               f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#222"/>')
        style = 'font-style="italic" ' if rough else ""
        out.append(f'{dot}<text x="{x + 6:.1f}" y="{y + 4:.1f}" {style}stroke="#fff" '
                   'stroke-width="3" '
                   f'paint-order="stroke" fill="#111">{escape(place.name[:40])}</text>')
        if len(out) >= _MOST_NAMES:
            break
    return out


def _bar(frame: Frame, high: int) -> str:
    metres = next(m for m in (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000,
                              100_000, 200_000, 500_000) if m / frame.scale >= 50)
    width = metres / frame.scale
    words = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres} m"
    return (f'<path d="M10 {high - 22}V{high - 14}H{10 + width:.1f}V{high - 22}" fill="none" '
            f'stroke="#111" stroke-width="2"/><text x="{16 + width:.1f}" y="{high - 14}" '
            f'fill="#111">{words}</text>')
