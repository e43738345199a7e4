"""The completion and hand-over certificate: what was released, how it is known, who signed.

Coordinates are longitude and latitude on WGS 84, rounded inward; bearings are from true north.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.document import CellType, Column, Document, Grid, Section
from landrelease.core.geometry import WGS84, geodesic_area_m2, joined, plane_for
from landrelease.core.how_many import HowMany
from landrelease.core.labels import label
from landrelease.core.texts import ENGLISH, Texts
from landrelease.publish.templates import typeset
from landrelease.publish.words import ENGLISH as ENGLISH_WORDS
from landrelease.publish.words import Words
from landrelease.units import at_least_m2, at_least_percent, circle_m2

DECIMALS = 7
MOST_POINTS = 400  # of the table; the file of the ground holds all


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed in which capacity. `fingerprint` "": the key is not known here."""

    capacity: str  # authority, operator
    person: str
    fingerprint: str
    at: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says. None: not reported, which is not zero (S12)."""

    release: str
    code: str
    status: str
    why: tuple[str, ...]
    office: str
    synthetic: bool
    hazard: str
    hazard_name: str
    outcome: str
    ground: BaseGeometry  # as decided
    on_paper: BaseGeometry  # the same, rounded inward
    still_hazardous: tuple[BaseGeometry, ...]  # beside it
    methods: tuple[str, ...]
    depth_m: float | None
    required_depth_m: float | None
    work_from: str | None
    work_until: str | None
    # As the proposal holds it: strata with their intervals; or why there is none.
    residual: Mapping[str, Any] | str
    # Ground by the least confidence at which it is proven covered, the highest first: (confidence,
    # None where none is on record; m²; share). None: not reported; (): no search was asked for.
    proven: tuple[tuple[float | None, float, float], ...] | None
    # Radius in m of the largest circle that gaps in the proof could hold; None: not told.
    no_gap_m: float | None
    items: tuple[tuple[str, HowMany, str], ...]  # category, number, what became of them
    inspections: tuple[str, ...]
    weaker: tuple[str, ...]  # those that asked for less than the programme's settings
    checklist: str  # its name and version
    checklist_met: tuple[int, int]  # items that are met, of how many
    restrictions: str
    benchmark: str
    beneficiaries: Mapping[str, int | None]  # women, men, girls, boys
    present: Mapping[str, int | None]
    use: str
    decided_on: date | None
    handed_over_on: date | None
    signatures: tuple[Signature, ...]
    proposal: str
    chain_head: str
    made_on: date


def render_certificate(c: Certificate, texts: Texts = ENGLISH, *, templates: Path | None = None
                       ) -> bytes:
    """The certificate as PDF; the same facts give the same bytes. PUB-003, REL-030."""
    return typeset("certificate", certificate_content(c, Words(texts)), made_on=c.made_on,
                   folder=templates)


def _checklist(c: Certificate, w: Words) -> str:
    """The name of the list, in the language where it is the one that ships, and its version."""
    name, _, version = c.checklist.rpartition(" ")
    return f"{w.texts.said(name)} {version}"


def certificate_content(c: Certificate, w: Words) -> dict[str, Any]:
    """All texts and the sketch, as the template reads them.

    What persons wrote (names, restrictions, reasons of a revocation) stands as they wrote it.
    """
    def _plain(word: str) -> str:
        return w.texts(label(str(word))) if word else ""

    no = w("not_reported")
    points = turning_points(c.on_paper)
    # Coordinates are typed into machines: they are the same in every language.
    rows = [[p.name, f"{p.latitude:.{DECIMALS}f}", f"{p.longitude:.{DECIMALS}f}",
             w.figure(f"{p.bearing:05.1f}°"), w.measured(f"{p.distance_m:.2f} m"),
             p.to] for p in points]
    depth = w.measured(f"{c.depth_m:g} m") if c.depth_m is not None else no
    asked = "" if c.required_depth_m is None else w("cert.depth.required",
                                                    depth=w.measured(f"{c.required_depth_m:g} m"))
    found = [w("cert.items.row", category=_plain(category), fate=_plain(fate), count=count.least
               if count.stated else w("cert.items.least", n=count.least))
             for category, count, fate in c.items]
    content: dict[str, Any] = {
        "lang": w.texts.code, "dir": w.texts.direction,
        "synthetic": w("synthetic") if c.synthetic else "",
        "title": w("cert.title.handover" if c.handed_over_on else "cert.title"),
        "state": "" if c.status == "valid" else w(
            f"cert.state.{c.status}", why="; ".join(map(w.said, c.why)) or no),
        "caution": w("cert.caution", depth=depth if c.depth_m is not None else w(
            "cert.depth.surface")),
        "facts": [
            [w("cert.release"), c.release], [w("cert.code"), c.code],
            [w("cert.office"), c.office],
            [w("cert.area"), f"{c.hazard}" + (f", {c.hazard_name}" if c.hazard_name else "")],
            [w("cert.outcome"), w(f"cert.outcome.{c.outcome}")],
            [w("cert.size"), w.measured(f"{geodesic_area_m2(c.ground):,.0f} m²")],
            [w("cert.method"), ", ".join(_plain(m) for m in c.methods) or no],
            [w("cert.depth"), depth + (f" ({asked})" if asked else "")],
            *([] if c.proven == () else [[w("cert.proof"), proof_words(c, w) or no]]),
            [w("cert.work"), f"{c.work_from or no} – {c.work_until or no}"],
            [w("cert.inspection"), ", ".join(
                w("cert.inspection.weaker", lot=i) if i in c.weaker else i
                for i in c.inspections) or no],
            [w("cert.checklist"), w("cert.checklist.met", name=_checklist(c, w),
                                     met=c.checklist_met[0], of=c.checklist_met[1])],
            [w("cert.decided"), w.day(c.decided_on) if c.decided_on else no],
            [w("cert.handed"), w.day(c.handed_over_on) if c.handed_over_on
             else w("cert.handed.not")],
            [w("cert.use"), _plain(c.use) or no],
            [w("cert.restrictions"), c.restrictions or w("cert.restrictions.none")],
        ],
        "map_title": w("cert.map"), "map_svg": certificate_svg(c, points),
        "map_note": w("cert.map.note"),
        "points_title": w("cert.points"),
        "points_note": w("cert.points.note", datum="WGS 84 (EPSG:4326)",
                         benchmark=c.benchmark or no),
        "points_head": [w(f"cert.points.{k}") for k in (
            "name", "latitude", "longitude", "bearing", "distance", "next")],
        "points": rows[:MOST_POINTS],
        "points_more": w("cert.points.more", count=len(rows) - MOST_POINTS)
        if len(rows) > MOST_POINTS else "",
        "found_title": w("cert.items"), "found": found or [w("cert.items.none")],
        "residual_title": w("cert.residual"), "residual": residual_lines(c.residual, w) or [no],
        "residual_note": w("cert.residual.note"),
        "people_title": w("cert.people"),
        "people_head": ["", *(w(f"cert.people.{k}") for k in ("women", "men", "girls", "boys"))],
        "people": [[w("cert.people.benefit"), *_counts(c.beneficiaries, no, w)],
                   [w("cert.people.present"), *_counts(c.present, no, w)]],
        "sign_title": w("cert.sign"),
        "signed": [[w(f"cert.sign.{s.capacity}"), s.person, s.fingerprint or no, s.at,
                    w("cert.sign.counts" if s.counts else "cert.sign.not")]
                   for s in c.signatures],
        "signed_head": [w(f"cert.sign.{k}") for k in ("who", "person", "key", "at", "state")],
        "lines": [[w("cert.line.authority"), w("cert.line.operator"),
                   w("cert.line.community")], w("cert.line.fields")],
        "lookup": w("cert.lookup", code=c.code),
        "foot": w("cert.foot", release=c.release, head=c.chain_head[:16], sha=c.proposal[:16],
                  date=c.made_on.isoformat()),
    }
    return {**content, "unreviewed": "\n".join(w.doubts())}


def certificate_document(c: Certificate, w: Words) -> Document:
    """The same facts as sections and tables, for the spreadsheet; all turning points."""
    said = certificate_content(c, w)
    days = {w("cert.decided"): c.decided_on, w("cert.handed"): c.handed_over_on}
    head = said["points_head"]
    kinds: tuple[tuple[CellType, int], ...] = (
        ("text", 0), ("number", DECIMALS), ("number", DECIMALS), ("number", 1), ("number", 2),
        ("text", 0))
    points = Grid(
        "turning points", said["points_title"],
        tuple(Column(title, kind, digits) for title, (kind, digits) in zip(
            head, kinds, strict=True)),
        tuple((p.name, round(p.latitude, DECIMALS), round(p.longitude, DECIMALS),
               round(p.bearing, 1), round(p.distance_m, 2), p.to)
              for p in turning_points(c.on_paper)))
    who = ("women", "men", "girls", "boys")
    people = Grid(
        "people", said["people_title"],
        (Column(said["people_title"]), *(Column(t, "integer") for t in said["people_head"][1:])),
        tuple((said["people"][n][0], *(of.get(k) for k in who))
              for n, of in enumerate((c.beneficiaries, c.present))))
    signed = Grid("signatures", said["sign_title"], tuple(map(Column, said["signed_head"])),
                  tuple(map(tuple, said["signed"])))
    return Document(
        "certificate", said["title"], c.release, said["state"], said["caution"],
        said["synthetic"], c.made_on, said["foot"], (
            Section("facts", said["title"], (
                *((name, days.get(name) or words) for name, words in said["facts"]),
                (f"{w('cert.size')} (m²)", geodesic_area_m2(c.ground))), (said["lookup"],)),
            Section("points", said["points_title"], lines=(said["points_note"],), grids=(points,)),
            Section("items", said["found_title"], lines=tuple(said["found"])),
            Section("residual", said["residual_title"],
                    lines=(*said["residual"], said["residual_note"])),
            Section("people", said["people_title"], grids=(people,)),
            Section("signatures", said["sign_title"], grids=(signed,))),
        (("document", said["title"]), ("release", c.release), ("code", c.code),
         ("state", c.status), ("made on", c.made_on.isoformat()), ("office", c.office),
         ("proposal", c.proposal), ("chain head", c.chain_head),
         ("not reported", "an empty cell of a column of numbers or days: not zero"),
         *((("synthetic", "made up; nothing here is about real ground"),) if c.synthetic else ())),
        w("not_reported"), w("paper.sign.fields"), w("paper.more"), w.texts.code,
        said["unreviewed"])


def residual_lines(residual: Mapping[str, Any] | str, w: Words) -> list[str]:
    """What may remain, a sentence a stratum, with its interval (S12); none where there is none."""
    if isinstance(residual, str):
        return []
    lines = []
    ours = {ENGLISH_WORDS[k]: w(k) for k in (
        "cert.residual.ground.cleared", "cert.residual.ground.hazard")}
    for s in residual.get("strata", ()):
        prior = s.get("prior_share")
        known = isinstance(prior, (int, float))
        said = [w("cert.residual.row", stratum=ours.get(s.get("stratum")) or s.get("stratum") or
                  w("cert.residual.ground"),
                  none=w.figure(f"{100 * s['probability_none_left']:.2f}"),
                  low=w.figure(f"{s['items_left_low']:g}"),
                  high=w.figure(f"{s['items_left_high']:g}"),
                  interval=w.figure(f"{100 * s['interval']:g}"),
                  expected=w.figure(f"{s['expected_items_left']:.3g}"))]
        if known and prior >= 0.999:
            said.append(w("cert.residual.prior"))
        elif known and prior > 0:
            said.append(w("cert.residual.prior.some", share=f"{100 * prior:.0f}"))
        lines.append(" ".join(said))
    return lines


def proof_words(c: Certificate, w: Words) -> str:
    """That no gap was found and above which size, which share of the ground is proven covered at
    which confidence, its lower end, and the least; "" where nobody reported it."""
    proven = c.proven
    if not proven:
        return ""
    said = [] if c.no_gap_m is None else [
        w("cert.proof.no_gap", radius=w.measured(f"{c.no_gap_m:g} m"),
          area=w.measured(circle_m2(c.no_gap_m)))]
    said += [w("cert.proof.unstated" if confidence is None else "cert.proof.row",
               share=w.figure(at_least_percent(share)), area=w.measured(at_least_m2(area)),
               confidence="" if confidence is None else w.figure(f"{100 * confidence:g}"))
             for confidence, area, share in proven]
    stated = [c for c, _, _ in proven if c is not None]
    if len(proven) > 1 and len(stated) == len(proven):
        said.append(w("cert.proof.least", confidence=w.figure(f"{100 * min(stated):g}")))
    return "; ".join(said)


def _counts(people: Mapping[str, int | None], no: str, w: Words) -> list[str]:
    return [no if people.get(k) is None else w.figure(f"{people[k]:,}")
            for k in ("women", "men", "girls", "boys")]


# --- turning points ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TurningPoint:
    """A corner, and the way from it to the next: true bearing in degrees, distance in m."""

    name: str
    longitude: float
    latitude: float
    bearing: float
    distance_m: float
    to: str


def turning_points(ground: BaseGeometry) -> list[TurningPoint]:
    """The corners of each part, outer ring first, clockwise from its northernmost.

    A part is named A, B ...; its holes, which stay hazardous or were never part of it, A-h1, A-h2.
    """
    out: list[TurningPoint] = []
    parts = [p for p in shapely.get_parts(ground) if p.geom_type == "Polygon" and not p.is_empty]
    for n, part in enumerate(parts):
        letter = _letter(n)
        rings = [(letter, part.exterior)] + [
            (f"{letter}-h{k}", ring) for k, ring in enumerate(part.interiors, 1)]
        for name, ring in rings:
            xy = shapely.get_coordinates(ring)[:-1]
            if ring.is_ccw:
                xy = xy[::-1]
            first = int(np.lexsort((xy[:, 0], -xy[:, 1]))[0])
            xy = np.roll(xy, -first, axis=0)
            after = np.roll(xy, -1, axis=0)
            bearing, _, distance = WGS84.inv(xy[:, 0], xy[:, 1], after[:, 0], after[:, 1])
            for k, (x, y) in enumerate(xy.tolist()):
                out.append(TurningPoint(
                    f"{name}{k + 1}", x, y, float(bearing[k]) % 360, float(distance[k]),
                    f"{name}{(k + 1) % len(xy) + 1}"))
    return out


def _letter(n: int) -> str:
    return chr(65 + n % 26) * (n // 26 + 1)


def certificate_svg(c: Certificate, points: Sequence[TurningPoint], size: float = 460.0) -> str:
    """The sketch: released ground, what is still hazardous beside it, corners, scale, north up."""
    plane = plane_for(c.ground.bounds)
    ground = plane.to_plane(c.ground)
    west, south, east, north = ground.bounds
    reach = 0.15 * max(east - west, north - south, 1.0)
    frame = shapely.box(west - reach, south - reach, east + reach, north + reach)
    west, south, east, north = frame.bounds
    scale = size / (east - west) if east - west >= north - south else size / (north - south)
    wide, high = (east - west) * scale, (north - south) * scale

    def path(shape: BaseGeometry) -> str:
        return " ".join("M" + "L".join(f"{(x - west) * scale:.2f} {(north - y) * scale:.2f}"
                                       for x, y in shapely.get_coordinates(ring)) + "Z"
                        for ring in shapely.get_rings(shapely.get_parts(shape)))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{high:.0f}" '
           f'viewBox="0 0 {wide:.1f} {high:.1f}">'
           '<defs><pattern id="h" width="7" height="7" patternUnits="userSpaceOnUse" '
           'patternTransform="rotate(45)"><rect width="7" height="7" fill="#fbe3e3"/>'
           '<rect width="2" height="7" fill="#c00000"/></pattern></defs>'
           f'<rect width="{wide:.1f}" height="{high:.1f}" fill="#fbfaf6" stroke="#d5dcdf"/>']
    for shape in c.still_hazardous:
        near = shapely.intersection(plane.to_plane(shape), frame)
        near = joined([p for p in shapely.get_parts(near) if p.geom_type == "Polygon"])
        if not near.is_empty:
            out.append(f'<path d="{path(near)}" fill="url(#h)" stroke="#c00000" '
                       'stroke-width="1.4" fill-rule="evenodd"/>')
    # Green only while the certificate holds: ground that reopened is hazardous ground.
    fill, edge = ("#dcebd3", "#2f6b1f") if c.status == "valid" else ("url(#h)", "#c00000")
    out.append(f'<path d="{path(ground)}" fill="{fill}" stroke="{edge}" stroke-width="1.6" '
               'fill-rule="evenodd"/>')
    if len(points) <= 60:
        places = plane.to_plane(shapely.points([(p.longitude, p.latitude) for p in points]))
        for p, (x, y) in zip(points, shapely.get_coordinates(places).tolist(), strict=True):
            px, py = (x - west) * scale, (north - y) * scale
            out.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="2.2" fill="#16222c"/>'
                       f'<text x="{px + 4:.1f}" y="{py - 3:.1f}" font-size="9">{p.name}</text>')
    bar = 10.0 ** math.floor(math.log10((east - west) / 3))
    bar *= max(m for m in (1, 2, 5) if bar * m <= (east - west) / 3)
    out.append(f'<path d="M10 {high - 12:.1f}h{bar * scale:.1f}" stroke="#16222c" '
               f'stroke-width="2"/><text x="10" y="{high - 17:.1f}" font-size="9">{bar:g} m</text>'
               f'<path d="M{wide - 16:.1f} 30L{wide - 16:.1f} 12" stroke="#16222c" '
               f'stroke-width="1.5"/><text x="{wide - 19:.1f}" y="10" font-size="9">N</text>')
    return "\n".join([*out, "</svg>"])
