"""In which administrative area records lie: places in, the area of each and figures by area out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from landrelease.core.columns import Columns
from landrelease.core.ledger import Figure
from landrelease.figures.metric import UNSTATED, Metric, in_area


def areas_of(places: np.ndarray | None, areas: Sequence[Any]) -> np.ndarray:
    """(N,) id of the administrative area in which each point lies; "" outside all, or no place.

    places : (N, 2) longitude and latitude, nan where there is none. areas : with `id` and `ground`;
    on a border, and where two overlap, the first of them.
    """
    count = 0 if places is None else len(places)
    out = np.full(count, "", dtype=object)
    if places is None or not count:
        return out
    x, y = places[:, 0], places[:, 1]
    free = ~np.isnan(places).any(axis=1)
    for area in areas:
        west, south, east, north = area.ground.bounds
        near = np.flatnonzero(free & (x >= west) & (x <= east) & (y >= south) & (y <= north))
        if not len(near):
            continue
        shapely.prepare(area.ground)
        inside = near[shapely.intersects_xy(area.ground, x[near], y[near])]
        out[inside] = area.id
        free[inside] = False
    return out


ELSEWHERE = "elsewhere"  # as in the ledger


def name_of(area: str, names: Mapping[str, str]) -> str:
    """The name of an area; "" is what lies in none, or has no point."""
    return names.get(area, area) if area else "outside the recorded municipalities"


def figures_by_area(rows: Iterable[tuple[Metric, np.ndarray, np.ndarray, np.ndarray, np.ndarray]],
                    table: Columns,
                    areas: np.ndarray, names: Mapping[str, str], head: str, note: str = ""
                    ) -> tuple[Figure, ...]:
    """The figure of each metric in each area that holds any record of the table.

    rows : a metric, (N,) which records count in it, (N,) their amounts, (N,) which records it asks,
        (N,) which of all state what decides: where records are asked and none states it, the figure
        of the area is not reported
    """
    listed = areas.tolist()
    found = sorted(set(listed))
    place = {area: n for n, area in enumerate(found)}
    codes = np.fromiter(map(place.__getitem__, listed), np.int64, len(listed))
    order = np.argsort(codes.astype(np.int16) if len(found) < 2**15 else codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(len(found) + 1)).tolist()
    out = []
    for metric, mask, amount, asked, stated in rows:
        inside = mask[order]
        silent = asked is not stated and bool((asked & ~stated).any())
        for n, area in enumerate(found):
            here = order[edges[n]:edges[n + 1]]
            own = here[inside[edges[n]:edges[n + 1]]]
            if silent and not len(own) and asked[here].any() and not (
                    asked[here] & stated[here]).any():
                out.append(in_area(metric.figure(None, (), head, note=UNSTATED),
                                   area or ELSEWHERE, name_of(area, names)))
                continue
            out.append(in_area(metric.figure(
                float(amount[own].sum()), tuple(table.ids[own].tolist()), head, note=note),
                area or ELSEWHERE, name_of(area, names)))
    return tuple(out)
