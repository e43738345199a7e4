"""SHA or CHA proposed from the evidence, with every piece and its weight. A person decides (S09).

The rule, in words: on each piece of ground the weights of the direct evidence that speaks of it are
added, each class of evidence once and each document once; where they reach `cha_threshold` the
ground is proposed as CHA. What is left of the area is proposed as SHA, where all evidence together
reaches `sha_threshold`. Evidence that speaks against contamination lowers no type (S01): it enters
the chance and the next survey action.

"Once" is exact: classes and documents are matched so that the sum is as large as it can be (a
maximum-weight matching). More evidence therefore never lowers a type, order does not matter, and a
record that is there twice, or that came by two channels, changes nothing (S10).

Source: direct evidence makes a CHA, indirect evidence a SHA (IMAS 07.11, 08.10); lists of evidence,
letters and digits of the IMSMA wiki (domain reference 2.3); the weights are stated assumptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from landrelease.assess.pieces import NONE, Piece, once
from landrelease.assess.shapes import polygons, read_again
from landrelease.assess.weights import Weights
from landrelease.core.evidence import (
    ACCIDENT_RECORDED,
    FIND_WITHOUT_PLACE,
    INSPECTION_FAILED,
    LIFTED_MINEFIELD,
    SAME_TEAM_FAILED,
)
from landrelease.core.geometry import LocalPlane, geodesic_area_m2, joined
from landrelease.core.hazard import Ground, Hazard
from landrelease.units import area_words

SLIVER_M2 = 1.0
SEAM_M = 0.05  # an edge that is straight in degrees bows in the plane: no hairline stays SHA
CHA, SHA, BOTH, MISSING = "CHA", "SHA", "CHA and SHA", "evidence missing"
RANK = {MISSING: 0, SHA: 1, BOTH: 2, CHA: 3}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log: what a record weighs, and where it entered."""

    record_kind: str
    record_id: str
    kind: str
    group: str
    evidence_type: str  # direct, indirect, against, no weight
    weight: float
    weight_words: str
    share: float  # of the area that it speaks of
    extent: str
    counted: str  # yes; on its own ground only; no, and why
    same_as: str  # id of the record that counts in its place; "" where none does
    entered: tuple[str, ...]  # type, chance, next action


@dataclass(frozen=True, slots=True)
class Part:
    """Ground of one proposed type (as `TypeProposal.proposed`), longitude/latitude on WGS 84."""

    proposed: str
    ground: Ground
    area_m2: float  # geodesic


@dataclass(frozen=True, slots=True)
class TypeProposal:
    """A proposal, never a decision. The parts together are the whole of the recorded ground."""

    hazard_id: str
    recorded: str
    proposed: str  # CHA, SHA, CHA and SHA, evidence missing
    direct_weight: float  # the largest sum of direct evidence on any ground
    total_weight: float  # of all evidence of the area
    cha_share: float
    parts: tuple[Part, ...]
    reasons: tuple[str, ...]
    log: tuple[Entry, ...]


def propose_type(
    hazard: Hazard, pieces: Sequence[Piece], plane: LocalPlane, weights: Weights
) -> TypeProposal:
    """The proposed type of one hazard, with its ground in parts where they differ. Pure."""
    ordered = sorted(pieces, key=lambda p: p.key)
    speaking = [p for p in ordered if p.weight > 0 and not p.against]
    direct = [p for p in speaking if p.direct]
    total, taken = once(speaking)
    cha, strongest = _direct_ground(direct, weights.cha)
    parts = _parts(hazard, cha, plane)
    cha_m2 = sum(p.area_m2 for p in parts if p.proposed == CHA)
    whole = sum(p.area_m2 for p in parts)
    if parts and all(p.proposed == CHA for p in parts):
        proposed = CHA
    elif cha_m2 > 0:
        proposed = BOTH
    else:
        proposed = SHA if total >= weights.sha else MISSING
        parts = tuple(replace(p, proposed=proposed) for p in parts)
    log = tuple(_entry(p, p in taken, taken, weights) for p in ordered)
    return TypeProposal(
        hazard.id, hazard.hazard_type, proposed, strongest, total,
        cha_m2 / whole if whole else 0.0, parts,
        tuple(_reasons(hazard, proposed, strongest, total, cha_m2, direct, ordered, weights)), log)


def confirms(pieces: Sequence[Piece], weights: Weights) -> bool:
    """Whether the direct evidence makes any part of the area a CHA."""
    direct = [p for p in sorted(pieces, key=lambda p: p.key)
              if p.weight > 0 and p.direct and not p.against]
    cha, _ = _direct_ground(direct, weights.cha)
    return bool(cha.area >= SLIVER_M2)


def _direct_ground(direct: Sequence[Piece], threshold: float) -> tuple[Any, float]:
    """Ground on which the direct evidence reaches the threshold, and the largest sum anywhere."""
    classes: dict[tuple[str, ...], set[str]] = {}
    for p in direct:
        classes.setdefault(p.document, set()).add(p.group)
    shared = {document for document, found in classes.items() if len(found) > 1}
    # Pieces of one class that weigh the same are one layer: three hundred finds make one shape.
    layers: dict[tuple[Any, ...], list[Piece]] = {}
    for p in direct:
        if p.extent != NONE:
            layers.setdefault((p.group, p.weight, p.document if p.document in shared else ()),
                              []).append(p)
    if not layers:
        return shapely.Polygon(), 0.0
    members = [listed[0] for listed in layers.values()]
    shapes = np.array([joined([p.ground for p in listed])
                       for listed in layers.values()], dtype=object)
    strong = [s for s, p in zip(shapes, members, strict=True) if p.weight >= threshold]
    enough = joined(strong)
    if len(shapes) == 1:
        return enough, members[0].weight
    # Each face of the arrangement is spoken of by the same layers all over.
    lines = shapely.union_all(shapely.boundary(shapes))
    faces = np.array(shapely.get_parts(shapely.polygonize([lines])), dtype=object)
    strongest, more = max(p.weight for p in members), [enough]
    if len(faces):
        spots = shapely.point_on_surface(faces)
        face, layer = shapely.STRtree(shapes).query(spots, predicate="intersects")
        over: dict[int, list[int]] = {}
        for f, k in zip(face.tolist(), layer.tolist(), strict=True):
            over.setdefault(f, []).append(k)
        for f, ks in over.items():
            value, _ = once([members[k] for k in ks])
            strongest = max(strongest, value)
            if value >= threshold:
                more.append(faces[f])
    return joined(more), strongest


def _parts(hazard: Hazard, cha: Any, plane: LocalPlane) -> tuple[Part, ...]:
    """CHA and the rest; the rest is a difference of the recorded ground, so that none is lost."""
    if cha.is_empty or cha.area < SLIVER_M2:
        return (Part(SHA, hazard.ground, geodesic_area_m2(hazard.ground)),)
    higher = plane.to_degrees(shapely.buffer(cha, SEAM_M, join_style="mitre"))
    if not higher.is_valid:  # rounding made a ring touch itself
        higher = read_again(higher, widen=True)
    inside = polygons(shapely.intersection(hazard.ground, higher))
    rest = polygons(shapely.difference(hazard.ground, inside))
    rest_m2 = geodesic_area_m2(rest)
    if rest_m2 < SLIVER_M2:  # a seam is no area of its own: it goes to the higher type
        return (Part(CHA, hazard.ground, geodesic_area_m2(hazard.ground)),)
    return (Part(CHA, inside, geodesic_area_m2(inside)), Part(SHA, rest, rest_m2))


def _entry(piece: Piece, taken: bool, all_taken: Sequence[Piece], weights: Weights) -> Entry:
    e = piece.evidence
    weightless = piece.weight == 0 or piece.against
    counted = "yes" if taken else "no: it has no weight for the type" if weightless else ""
    same_as = ""
    if not counted:
        rival = next((t for t in all_taken if t.group == piece.group), None) or next(
            (t for t in all_taken if t.document == piece.document), None)
        assert rival is not None  # else the matching would have taken it
        same = "class" if rival.group == piece.group else "document"
        same_as = rival.evidence.record_id
        beyond = piece.direct and not piece.ground.is_empty and not (
            rival.direct and shapely.covers(rival.ground, piece.ground))
        counted = (f"on its own ground only: one {same} counts once" if beyond else
                   f"no: one {same} counts once")
    return Entry(
        e.record_kind, e.record_id, e.kind, piece.group,
        "against" if piece.against else "no weight" if piece.weight == 0 else
        "direct" if piece.direct else "indirect",
        0.0 if piece.against else piece.weight,
        weights.words(e) if not weightless else "", piece.share, piece.extent, counted,
        same_as, entered(piece))


def entered(piece: Piece) -> tuple[str, ...]:
    """Into which results a piece enters."""
    kind = piece.evidence.kind
    if piece.asks:
        return ("next action",)
    if kind in (INSPECTION_FAILED, SAME_TEAM_FAILED, FIND_WITHOUT_PLACE):
        return ("chance", "next action")
    if piece.against:
        return ("chance",) if piece.extent != NONE else ()
    where = ("type",) if piece.weight > 0 else ()
    if kind in (ACCIDENT_RECORDED, LIFTED_MINEFIELD):
        return (*where, "prior")
    return (*where, "chance")


def _reasons(hazard: Hazard, proposed: str, strongest: float, total: float, cha_m2: float,
             direct: Sequence[Piece], pieces: Sequence[Piece], weights: Weights) -> list[str]:
    limit = f"threshold {weights.cha:g}, {weights['cha_threshold'].source}"
    out = []
    if proposed in (CHA, BOTH):
        out.append(f"Direct evidence weighs up to {strongest:.3g} ({limit}), on "
                   f"{area_words(cha_m2)} of the area.")
    elif direct:
        out.append(f"Direct evidence weighs {strongest:.3g} at most and does not reach the "
                   f"{limit}.")
    else:
        out.append("No direct evidence is on record.")
    if proposed == SHA:
        out.append(f"All evidence weighs {total:.3g} (threshold {weights.sha:g}).")
    if proposed == MISSING:
        out.append(f"All evidence on record weighs {total:.3g}, below {weights.sha:g}: record why "
                   "the area is suspected. It stays as hazardous as it is.")
    if proposed == BOTH:
        out.append("The rest of the area is touched by no direct evidence of that weight.")
    if any(p.against for p in pieces):
        out.append("Evidence against contamination is on record; it lowers no type and enters the "
                   "chance and the next survey action.")
    if hazard.hazard_type == "CHA" and RANK[proposed] < RANK[CHA]:
        out.append("Recorded as CHA: look for the evidence that is not on record before anybody "
                   "changes that.")
    out.append("A proposal: a person decides and signs.")
    return out
