"""Evidence laid over the hazards: of which ground each record speaks, and what it weighs there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from landrelease.assess.shapes import checked, planar, polygons, read_again
from landrelease.assess.weights import AGAINST, Weights, class_of
from landrelease.core.assumption import Assumptions
from landrelease.core.evidence import (
    FIND_WITHOUT_PLACE,
    INSPECTION_FAILED,
    LIFTED_MINEFIELD,
    SAME_TEAM_FAILED,
    SURVEY_DONE,
    Evidence,
)
from landrelease.core.geometry import LocalPlane
from landrelease.core.hazard import Land
from landrelease.core.kind import NOT_REPORTED

# Move the chance and the next action, not the type: they say nothing about any one place.
_WEIGHTLESS = (INSPECTION_FAILED, SAME_TEAM_FAILED, FIND_WITHOUT_PLACE)
WHOLE, PART, NONE = "the whole area", "part of the area", "no known ground of it"


@dataclass(frozen=True, slots=True)
class Piece:
    """One record as it speaks of one hazard. `ground` in planar m², inside the hazard.

    `extent` says of which ground in words. Evidence that says "unclear", evidence of type "none"
    and surveys that were done weigh nothing; they only ask for something (`asks`).
    """

    evidence: Evidence
    group: str  # class of evidence, see `weights.CLASS_OF`
    direct: bool
    against: bool
    asks: bool
    weight: float
    factor: float
    ground: Any
    share: float  # of the hazard's area
    extent: str

    @property
    def key(self) -> tuple[str, str, str]:
        e = self.evidence
        return e.record_kind, e.record_id, e.kind

    @property
    def document(self) -> tuple[str, ...]:
        """What may count once: the document, else the record itself."""
        said = self.evidence.document
        return ("document", said) if said else ("record", *self.key)


def pieces_of(
    land: Land, plane: LocalPlane, assumptions: Assumptions, weights: Weights
) -> tuple[tuple[Piece, ...], ...]:
    """The pieces of each of H hazards, in the order of the land and of kind and id.

    - A polygon speaks of the ground that it touches, widened by its accuracy; where it says that
      there is nothing, narrowed by it (S10: a clean search reassures only what was searched).
    - A point or line that speaks of contamination reaches `evidence_reach_m` beyond its accuracy.
      A point that says there is nothing speaks of no known ground.
    - A lifted minefield within `nearby_distance_m` speaks of the whole area.
    - Without a place a record speaks of the whole of the areas that it names; with a place that
      does not touch an area that it names, of no known ground of it.

    Raises ASS-001, ASS-003 as `nearby`.
    """
    distance = checked(assumptions, "nearby_distance_m").value
    ground = planar(land.hazards, plane, widen=True)
    found: list[list[Piece]] = [[] for _ in land.hazards]
    if not land.evidence or not len(ground):
        return tuple(map(tuple, found))
    named: dict[str, int] = {}
    for i, hazard in enumerate(land.hazards):
        named[hazard.id] = i
    tree = shapely.STRtree(ground)
    prints = _footprints(land.evidence, plane, weights, distance)
    has = np.flatnonzero([p is not None and not p.is_empty for p in prints])
    which, where = tree.query(np.array([prints[n] for n in has], dtype=object),
                              predicate="intersects")
    touches: dict[int, list[int]] = {}
    for k, i in zip(which.tolist(), where.tolist(), strict=True):
        touches.setdefault(int(has[k]), []).append(i)
    area = shapely.area(ground)
    for n, one in enumerate(land.evidence):
        here = set(touches.get(n, ()))
        by_name = {named[h] for h in one.hazard_ids if h in named}
        for i in sorted(here | by_name):
            if i in here and one.kind != LIFTED_MINEFIELD:
                part = polygons(shapely.intersection(ground[i], prints[n]))
            elif one.place is None or one.kind == LIFTED_MINEFIELD:
                part = ground[i]
            else:
                part = shapely.Polygon()
            found[i].append(_piece(one, part, float(area[i]), weights))
    return tuple(tuple(p) for p in found)


def once(
    pieces: Sequence[Piece], value: Callable[[Piece], float] = lambda p: p.weight
) -> tuple[float, list[Piece]]:
    """The largest sum of values in which each class and each document counts once (S10).

    Also which pieces make it up, in the order of the records. A maximum-weight matching of classes
    with documents: more pieces never lower the sum, their order does not matter, and a piece that
    is there twice changes nothing. Of several equal pieces the first one is named. Pieces of no
    value take no part.
    """
    best: dict[tuple[str, tuple[str, ...]], tuple[float, Piece]] = {}
    valued = [(value(p), p) for p in pieces]
    valued = sorted(((v, p) for v, p in valued if v > 0), key=lambda x: (-x[0], x[1].key))
    for v, piece in valued:
        best.setdefault((piece.group, piece.document), (v, piece))
    groups = sorted({g for g, _ in best})
    documents = sorted({d for _, d in best})
    if len(documents) == len(best):  # no document stands in two classes
        chosen: dict[str, tuple[float, Piece]] = {}
        for (group, _), found in best.items():
            chosen.setdefault(group, found)  # the largest comes first
        taken = list(chosen.values())
    else:
        from scipy.optimize import linear_sum_assignment

        worth = np.zeros((len(groups), len(documents)))
        for (group, document), (v, _) in best.items():
            worth[groups.index(group), documents.index(document)] = v
        rows, columns = linear_sum_assignment(worth, maximize=True)
        pairs = [(groups[r], documents[c]) for r, c in zip(rows, columns, strict=True)]
        taken = [best[pair] for pair in pairs if pair in best]
    return math.fsum(v for v, _ in taken), sorted((p for _, p in taken), key=lambda p: p.key)


def _piece(one: Evidence, part: Any, area_m2: float, weights: Weights) -> Piece:
    group = class_of(one)
    asks = (one.kind == SURVEY_DONE or one.says == "unclear" or one.evidence_type == "none"
            or (one.kind == NOT_REPORTED and one.says == NOT_REPORTED))
    size = float(part.area)
    share = min(1.0, size / area_m2) if area_m2 > 0 else 0.0
    whole = size >= area_m2 - 1.0
    return Piece(
        one, group, weights.is_direct(one), group in AGAINST, asks,
        0.0 if asks or one.kind in _WEIGHTLESS else weights.weight(one),
        weights.factor(one), part, 1.0 if whole else share,
        WHOLE if whole else PART if size > 0 else NONE)


def _footprints(evidence: Sequence[Evidence], plane: LocalPlane, weights: Weights,
                nearby_m: float) -> list[Any]:
    """The ground that each record speaks of, in the plane; None where it has no place."""
    out: list[Any] = [None] * len(evidence)
    at = [n for n, e in enumerate(evidence) if e.place is not None and not e.place.is_empty]
    if not at:
        return out
    shapes = plane.to_plane(np.array([evidence[n].place for n in at], dtype=object))
    for n, shape in zip(at, shapes, strict=True):
        one = evidence[n]
        accuracy = one.accuracy_m or 0.0
        if not math.isfinite(accuracy) or accuracy < 0:
            accuracy = 0.0
        surface = shape.geom_type in ("Polygon", "MultiPolygon")
        if surface and not shape.is_valid:
            shape = read_again(shape, widen=class_of(one) not in AGAINST)
        if class_of(one) in AGAINST:
            out[n] = polygons(shapely.buffer(shape, -accuracy)) if surface else shapely.Polygon()
        elif one.kind == LIFTED_MINEFIELD:
            out[n] = shapely.buffer(shape, nearby_m)
        elif one.kind == SURVEY_DONE:
            out[n] = shape
        elif surface:
            out[n] = shapely.buffer(shape, accuracy) if accuracy else shape
        else:
            out[n] = shapely.buffer(shape, accuracy + weights.reach_m)
    return out
