"""The ranking of hazards: what each criterion is on the records, and the ranking itself."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landrelease.core.assumption import Assumptions
from landrelease.core.hazard import Land
from landrelease.core.progress import Progress, silent
from landrelease.core.ranking import Criterion, Difference, Ranking
from landrelease.core.record import Record
from landrelease.core.risk import HazardAssessment
from landrelease.errors import RANK_NEEDS, RANK_VALUE, LandReleaseError
from landrelease.units import M2_PER_HECTARE
from landrelease.workflows.residents import Residents, residents, words_of

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.records.weights import Weights
    from landrelease.store.registry import Registry
    from landrelease.workflows.roads import RoadFiles

CRITERIA: dict[str, Criterion] = {c.name: c for c in (
    Criterion("people_nearby", "residents nearby", "people", 0.0),
    Criterion("people_reconnected", "people who can be reached once it alone is released",
              "people", 0.0),
    Criterion("contaminated_probability", "chance that it is contaminated", "", 0.0),
    Criterion("accidents_inside", "accidents inside", "accidents", 0.0),
    Criterion("accidents_nearby", "accidents nearby", "accidents", 0.0),
    Criterion("lifted_nearby", "lifted minefields nearby", "places", 0.0),
    Criterion("area_ha", "recorded area", "ha", 0.0),
    Criterion("settlement_distance_m", "distance to the nearest settlement", "m", 0.0, "less"),
    Criterion("parcel_ha", "parcels inside", "ha", 0.0),
    Criterion("farmland_ha", "farmland, pasture and orchards inside", "ha", 0.0),
    Criterion("projects_waiting", "works of phase two that wait for it", "works", 0.0),
    Criterion("project_beneficiaries", "people whom works waiting for it benefit", "people", 0.0),
)}
_FARMED = frozenset({"farmland", "pasture", "orchard"})


@dataclass(frozen=True, slots=True)
class Ranked:
    """The ranking, a row for each area in its order, and the answer to `why`."""

    ranking: Ranking
    rows: list[dict[str, Any]]
    between: Difference | None
    uncounted: str = ""  # which communities state no population, and how they count


def stated_weights(path: Path) -> Weights:
    """The criteria of a file of weights. Raises what `read_weights` raises."""
    from landrelease.records.weights import read_weights

    return read_weights(path, CRITERIA)


def rank_hazards(
    registry: Registry,
    reader: View,
    land: Land,
    assessments: Sequence[HazardAssessment],
    weights: Path,
    assumptions: Assumptions,
    *,
    roads: RoadFiles | None = None,
    seed: int | None = None,
    why: tuple[str, str] | None = None,
    progress: Progress = silent,
) -> Ranked:
    """Rank the hazards of the land by the criteria of a file of weights.

    A criterion that the registry holds nothing for (no parcels at all, say) is "not reported" for
    every area: it moves no area before another, and is told among the idle ones. seed : in place of
    that of the file. why : two areas whose difference is told.

    Raises what `read_weights` raises; PLN-504: people_reconnected without roads; PLN-502: a field
    of the hazard that is neither a number nor has scores.
    """
    import dataclasses

    from landrelease.plan import rank as ranks

    stated = stated_weights(weights)
    stability = (stated.stability if seed is None
                 else dataclasses.replace(stated.stability, seed=seed))
    n = len(land.hazards)
    counted = residents(land, assessments, assumptions)
    columns = [_column(c, registry, reader, land, counted, assumptions, roads, stated.scores)
               for c in stated.criteria]
    value, low, high = (np.column_stack([column[i] for column in columns]).reshape(n, -1)
                        for i in range(3))
    made = ranks.rank([h.id for h in land.hazards], stated.criteria, value, low, high,
                method=stated.method, stability=stability, progress=progress)
    rows = []
    for i in made.order.tolist():
        rows.append({
            "hazard_id": made.area_ids[i], "priority": int(made.rank[i]),
            "score": round(float(made.score[i]), 6),
            "rank_low": int(made.rank_low[i]), "rank_high": int(made.rank_high[i]),
            "chance_first": round(float(made.chance_first[i]), 4),
            "holds": made.holds[i] if made.holds[i] is None else round(made.holds[i] or 0.0, 4),
            "reasons": "; ".join(ranks.reasons(made, made.area_ids[i])),
            "values": {c.name: None if np.isnan(made.values[i, k]) else float(made.values[i, k])
                       for k, c in enumerate(made.criteria)},
            "parts": {c.name: round(float(made.weights[k] * made.utility[i, k]), 6)
                      for k, c in enumerate(made.criteria)}})
    return Ranked(made, rows, None if why is None else ranks.why(made, *why),
                  words_of(counted, reader) if any(
                      c.name == "people_nearby" for c in stated.criteria) else "")


Column = tuple[np.ndarray, np.ndarray, np.ndarray]  # value, low, high: float64 (N,)


def _column(criterion: Criterion, registry: Registry, reader: View, land: Land,
            counted: Residents, assumptions: Assumptions,
            roads: RoadFiles | None, scores: Mapping[str, Mapping[str, float]]) -> Column:
    name, assessments = criterion.name, counted.assessments
    if name.startswith("field:"):
        return _exact(_field(name.removeprefix("field:"), registry, land, scores))
    if name == "people_nearby":
        # Where nobody knows how many live there, it counts half (S12).
        value, low, high = (
            _numbers(assessments, lambda a: a.people_nearby),
            _numbers(assessments, lambda a: a.people_low),
            _numbers(assessments, lambda a: a.people_high))
        for column in (value, low, high):
            column[counted.unknown] = np.nan
        return value, low, high
    if name == "contaminated_probability":
        return (_numbers(assessments, lambda a: a.prior.probability),
                _numbers(assessments, lambda a: a.prior.low),
                _numbers(assessments, lambda a: a.prior.high))
    if name in ("accidents_inside", "accidents_nearby", "lifted_nearby"):
        return _exact(_numbers(assessments, lambda a: getattr(a, name)))
    if name == "area_ha":
        return _exact(np.array([h.area_m2 / M2_PER_HECTARE for h in land.hazards]))
    if name == "settlement_distance_m":
        return _exact(_settlement_distance(land))
    if name in ("parcel_ha", "farmland_ha"):
        parcels = list(reader.nearby(registry.records("parcel")))
        if name == "farmland_ha":
            parcels = [p for p in parcels if p.value("land_use") in _FARMED]
        return _exact(_overlap_ha(land, parcels))
    if name in ("projects_waiting", "project_beneficiaries"):
        return _exact(_projects(land, list(reader.nearby(registry.records("project"))),
                                name == "project_beneficiaries"))
    if roads is None:
        raise LandReleaseError(RANK_NEEDS, name=name, needs="--roads and --bases")
    return _exact(_reconnected(land, roads, assumptions))


def _exact(value: np.ndarray) -> Column:
    return value, value, value


def _numbers(assessments: Sequence[HazardAssessment], of: Callable[[HazardAssessment], float]
             ) -> np.ndarray:
    return np.array([float(of(a)) for a in assessments], dtype=np.float64)


def _field(field: str, registry: Registry, land: Land,
           scores: Mapping[str, Mapping[str, float]]) -> np.ndarray:
    """A field of the hazard as a number, or by the scores of its words; NaN: not reported (S12).
    Raises PLN-502: there is no such field, or a value of it is neither."""
    known = [f.name for f in registry.kinds["hazard"].fields]
    if field not in known:
        near = difflib.get_close_matches(field, known, n=3) or known
        raise LandReleaseError(RANK_VALUE, name="field:NAME", found=f"field:{field}",
                               expected="a field of the hazard, such as " + ", ".join(near))
    records = {r.id: r for r in registry.records("hazard")}
    words = scores.get(field, {})
    out = np.full(len(land.hazards), np.nan)
    for i, hazard in enumerate(land.hazards):
        found = records[hazard.id].values.get(field) if hazard.id in records else None
        if found is None or found in ("not_reported", "declined", ""):
            continue
        if words:
            if str(found) not in words:
                raise LandReleaseError(RANK_VALUE, name=f"field {field} of {hazard.id}",
                                       found=found, expected="one of " + ", ".join(words))
            out[i] = words[str(found)]
        elif isinstance(found, (int, float)):
            out[i] = float(found)
        else:
            raise LandReleaseError(RANK_VALUE, name=f"field {field} of {hazard.id}", found=found,
                                   expected="a number, or a line for this word under `scores`")
    return out


def _planar(land: Land):
    import shapely

    from landrelease.workflows import plane_of

    plane = plane_of(land)
    grounds = plane.to_plane(np.array([h.ground for h in land.hazards], dtype=object))
    return plane, shapely.make_valid(grounds)


def _settlement_distance(land: Land) -> np.ndarray:
    """m from the border to the nearest recorded place of a settlement; 0 inside; NaN: none is."""
    import shapely

    if not land.settlements:
        return np.full(len(land.hazards), np.nan)
    plane, grounds = _planar(land)
    places = plane.to_plane(np.array([s.place for s in land.settlements], dtype=object))
    near = shapely.STRtree(places).query_nearest(grounds, all_matches=False)
    out = np.full(len(land.hazards), np.nan)
    out[near[0]] = shapely.distance(grounds[near[0]], places[near[1]])
    return out


def _overlap_ha(land: Land, parcels: Sequence[Record]) -> np.ndarray:
    """ha of the union of parcels inside each hazard; NaN where no parcel is on record at all."""
    import shapely

    shapes = [p.geometry for p in parcels if p.geometry is not None and not p.geometry.is_empty]
    if not shapes:
        return np.full(len(land.hazards), np.nan)
    plane, grounds = _planar(land)
    found = shapely.make_valid(plane.to_plane(np.array(shapes, dtype=object)))
    out = np.zeros(len(land.hazards))
    pairs = shapely.STRtree(found).query(grounds, predicate="intersects")
    for i in np.unique(pairs[0]):
        inside = shapely.intersection(grounds[i], shapely.union_all(found[pairs[1][pairs[0] == i]]))
        out[i] = shapely.area(inside) / M2_PER_HECTARE
    return out


def _projects(land: Land, projects: Sequence[Record], people: bool) -> np.ndarray:
    """Works that name the hazard or lie on it and are not over; NaN where none is on record."""
    import shapely

    open_ = [p for p in projects if p.value("project_status") not in ("completed", "cancelled")]
    if not projects:
        return np.full(len(land.hazards), np.nan)
    number = {h.id: i for i, h in enumerate(land.hazards)}
    waiting: dict[int, set[int]] = {}
    tree = shapely.STRtree(np.array([h.ground for h in land.hazards], dtype=object))
    for j, project in enumerate(open_):
        named = project.values.get("hazards") or ()
        touched = {number[str(n)] for n in named if str(n) in number}
        if project.geometry is not None and not project.geometry.is_empty:
            touched |= {int(i) for i in tree.query(project.geometry, predicate="intersects")}
        for i in touched:
            waiting.setdefault(i, set()).add(j)
    out = np.zeros(len(land.hazards))
    for i, found in waiting.items():
        if not people:
            out[i] = len(found)
            continue
        known = [open_[j].values.get("beneficiaries") for j in found]
        numbers = [float(v) for v in known if isinstance(v, (int, float))]
        out[i] = sum(numbers) if numbers else np.nan
    return out


def _reconnected(land: Land, roads: RoadFiles, assumptions: Assumptions) -> np.ndarray:
    """People who are reached once a hazard alone is released, all others standing, also those that
    wait in quarantine."""
    from landrelease.plan import reach
    from landrelease.workflows.roads import blocks_within_m, roads_from, shut_by_waiting

    over = roads_from(land, roads, assumptions)
    network, places, bases = over.network, over.communities, over.bases
    margin = assumptions.value("road_margin_m")
    blocks = reach.blocking(network, [h.id for h in land.hazards],
                            [h.ground for h in land.hazards],
                            blocks_within_m(land.hazards, margin))
    shut = shut_by_waiting(land, network, margin)
    gain = reach.reconnected(reach.graph(network), places, bases.node, blocks.blocked() | shut,
                             blocks.alone(shut))
    return np.asarray(gain.people, dtype=np.float64)
