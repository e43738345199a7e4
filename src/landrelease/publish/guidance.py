"""Lanes as machines and hand receivers read them: GPX, KML, waypoint plans. Degrees, WGS 84."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from xml.sax.saxutils import escape

Point = tuple[float, float]  # longitude, latitude
DECIMALS = 9  # of degrees: 0.1 mm


def gpx(name: str, routes: Sequence[tuple[str, Sequence[Point]]], words: str,
        places: Sequence[tuple[str, Point]] = (),
        outlines: Sequence[tuple[str, Sequence[Sequence[Point]]]] = ()) -> str:
    """GPX 1.1 with a route a stretch and a waypoint a place; outlines of ground not to enter, each
    ring closed, are tracks: receivers draw these and lead nobody along them."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>',
           '<gpx version="1.1" creator="landrelease" xmlns="http://www.topografix.com/GPX/1/1">',
           f"<metadata><name>{escape(name)}</name><desc>{escape(words)}</desc></metadata>"]
    out += [f'<wpt lat="{y:.9f}" lon="{x:.9f}"><name>{escape(title)}</name></wpt>'
            for title, (x, y) in places]
    for title, points in routes:
        out.append(f"<rte><name>{escape(title)}</name>")
        out += [f'<rtept lat="{y:.9f}" lon="{x:.9f}"/>' for x, y in points]
        out.append("</rte>")
    for title, rings in outlines:
        out.append(f"<trk><name>{escape(title)}</name>")
        out += ["<trkseg>" + "".join(f'<trkpt lat="{y:.9f}" lon="{x:.9f}"/>' for x, y in ring)
                + "</trkseg>" for ring in rings]
        out.append("</trk>")
    return "\n".join([*out, "</gpx>", ""])


def kml(name: str, routes: Sequence[tuple[str, Sequence[Point]]], words: str,
        places: Sequence[tuple[str, Point]] = (),
        outlines: Sequence[tuple[str, Sequence[Sequence[Point]]]] = ()) -> str:
    """KML 2.2 with a line a stretch, a point a place and a polygon for ground not to enter (its
    outer ring, then its holes, each closed)."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>',
           '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>',
           f"<name>{escape(name)}</name><description>{escape(words)}</description>"]
    for title, points in routes:
        text = " ".join(f"{x:.9f},{y:.9f}" for x, y in points)
        out.append(f"<Placemark><name>{escape(title)}</name><LineString><tessellate>1</tessellate>"
                   f"<coordinates>{text}</coordinates></LineString></Placemark>")
    for title, rings in outlines:
        texts = [" ".join(f"{x:.9f},{y:.9f}" for x, y in ring) for ring in rings]
        sides = ["outerBoundaryIs", *["innerBoundaryIs"] * (len(rings) - 1)]
        out.append(f"<Placemark><name>{escape(title)}</name><Style><LineStyle><color>ff000000"
                   "</color><width>2</width></LineStyle><PolyStyle><color>99000000</color>"
                   "</PolyStyle></Style><Polygon><tessellate>1</tessellate>" + "".join(
                       f"<{side}><LinearRing><coordinates>{text}</coordinates></LinearRing></{side}>"
                       for side, text in zip(sides, texts, strict=True)) + "</Polygon></Placemark>")
    out += [f"<Placemark><name>{escape(title)}</name><Point><coordinates>{x:.9f},{y:.9f}"
            "</coordinates></Point></Placemark>" for title, (x, y) in places]
    return "\n".join([*out, "</Document></kml>", ""])


WAYPOINT, LOITER_UNLIM = 16, 17  # MAV_CMD: drive there; drive there and stay until let go


def waypoints(points: Sequence[Point], holds: Collection[int] = ()) -> str:
    """The plain-text mission format "QGC WPL 110" of MAVLink ground stations.

    Line 0 is the home position (the first point); all others are NAV_WAYPOINT (16), or
    NAV_LOITER_UNLIM (17) for those in `holds` (indices of points), in the frame of heights above
    home (3), height 0. Columns are separated by tabs.
    """
    rows = ["QGC WPL 110"]
    for n, (x, y) in enumerate([points[0], *points] if points else []):
        frame = 0 if n == 0 else 3
        command = LOITER_UNLIM if n > 0 and n - 1 in holds else WAYPOINT
        rows.append("\t".join(map(str, (n, int(n == 0), frame, command, 0, 0, 0, 0, f"{y:.9f}",
                                        f"{x:.9f}", "0.000000", 1))))
    return "\n".join([*rows, ""])


GROUND_ROVER, ANY_FIRMWARE = 10, 0  # MAV_TYPE and MAV_AUTOPILOT of the MAVLink common messages


def plan(points: Sequence[Point], keep_in: Sequence[Point], keep_out: Sequence[Sequence[Point]],
         words: str, holds: Collection[int] = ()) -> str:
    """A mission with its fence as a `.plan` file (JSON), which QGroundControl opens.

    Each point is a NAV_WAYPOINT (16), or a NAV_LOITER_UNLIM (17) for those in `holds`, at height 0
    above home (frame 3); home is the first point.
    `keep_in` is the ring that the vehicle must not leave (one only: some autopilots ask a vehicle
    to be inside all of them at once), `keep_out` are rings that it must not enter. Written from
    the public description of the format (version 1, mission 2, fence 2).
    """
    import json

    home = points[0] if points else (0.0, 0.0)
    items = [{"type": "SimpleItem", "command": LOITER_UNLIM if n - 1 in holds else WAYPOINT,
              "frame": 3, "doJumpId": n, "autoContinue": True,
              "Altitude": 0, "AltitudeMode": 1, "AMSLAltAboveTerrain": None,
              "params": [0, 0, 0, None, round(y, 9), round(x, 9), 0]}
             for n, (x, y) in enumerate(points, start=1)]
    return json.dumps({
        "fileType": "Plan", "version": 1, "groundStation": "QGroundControl", "comment": words,
        "mission": {"version": 2, "firmwareType": ANY_FIRMWARE, "vehicleType": GROUND_ROVER,
                    "globalPlanAltitudeMode": 1, "cruiseSpeed": 1, "hoverSpeed": 1,
                    "plannedHomePosition": [round(home[1], 9), round(home[0], 9), 0],
                    "items": items},
        "geoFence": {"version": 2, "circles": [], "polygons": [
            {"version": 1, "inclusion": inside,
             "polygon": [[round(y, DECIMALS), round(x, DECIMALS)] for x, y in ring]}
            for inside, ring in [(True, keep_in), *((False, ring) for ring in keep_out)]]},
        "rallyPoints": {"version": 2, "points": []}}, indent=1) + "\n"
