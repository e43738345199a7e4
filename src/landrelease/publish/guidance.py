"""Lanes as machines and hand receivers read them: GPX, KML, waypoint plans. Degrees, WGS 84."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

Point = tuple[float, float]  # longitude, latitude


def gpx(name: str, routes: Sequence[tuple[str, Sequence[Point]]], words: str) -> str:
    """GPX 1.1 with a route a stretch."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>',
           '<gpx version="1.1" creator="landrelease" xmlns="http://www.topografix.com/GPX/1/1">',
           f"<metadata><name>{escape(name)}</name><desc>{escape(words)}</desc></metadata>"]
    for title, points in routes:
        out.append(f"<rte><name>{escape(title)}</name>")
        out += [f'<rtept lat="{y:.9f}" lon="{x:.9f}"/>' for x, y in points]
        out.append("</rte>")
    return "\n".join([*out, "</gpx>", ""])


def kml(name: str, routes: Sequence[tuple[str, Sequence[Point]]], words: str) -> str:
    """KML 2.2 with a line a stretch."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>',
           '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>',
           f"<name>{escape(name)}</name><description>{escape(words)}</description>"]
    for title, points in routes:
        text = " ".join(f"{x:.9f},{y:.9f}" for x, y in points)
        out.append(f"<Placemark><name>{escape(title)}</name><LineString><tessellate>1</tessellate>"
                   f"<coordinates>{text}</coordinates></LineString></Placemark>")
    return "\n".join([*out, "</Document></kml>", ""])


def waypoints(points: Sequence[Point]) -> str:
    """The plain-text mission format "QGC WPL 110" of MAVLink ground stations.

    Line 0 is the home position (the first point); all others are NAV_WAYPOINT (16) in the frame
    of heights above home (3), height 0. Columns are separated by tabs.
    """
    rows = ["QGC WPL 110"]
    for n, (x, y) in enumerate([points[0], *points] if points else []):
        frame = 0 if n == 0 else 3
        rows.append("\t".join(map(str, (n, int(n == 0), frame, 16, 0, 0, 0, 0, f"{y:.9f}",
                                        f"{x:.9f}", "0.000000", 1))))
    return "\n".join([*rows, ""])
