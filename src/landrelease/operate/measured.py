"""Lanes that people searched and measured: which ground they cover for certain. Planar metres.

Deminers with hand-held detectors leave no tracks; their lanes are marked on the ground by tapes and
measured from a benchmark. Lanes side by side share the mark between them, so an error of the
measurement moves both and opens no gap; at the rim, and round each hole, it counts in full (S05).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import joined
from landrelease.operate.proof import check_tool
from landrelease.operate.swath import Tool

_QUARTER = 16  # segments of a quarter circle
_ROUNDING_M = 1e-3  # taken off beside the margin, so that no rounding makes covered ground


def covered_for_certain(task: BaseGeometry, lanes: Sequence[BaseGeometry], *,
                        position_error_m: float, confidence: float) -> BaseGeometry:
    """Ground of a task that measured lanes cover, wherever within its error the measurement lies.

    Parameters
    ----------
    task, lanes : Polygon or MultiPolygon [m]
    position_error_m : one standard deviation of a measured mark
    confidence : of the margin, two-sided: 1.96 standard deviations for 0.95

    Raises
    ------
    LandReleaseError
        COV-002, COV-003.

    Source: rule S05; ground that stays under every shift within the margin is the erosion by it
    (Minkowski).
    """
    tool = Tool(1.0, position_error_m, confidence)
    check_tool(tool)
    ground: BaseGeometry = joined(lanes)
    # The polygon of the buffer has to hold the true circle, so that no ground is kept too much.
    ground = shapely.buffer(
        ground, -(tool.margin_m + _ROUNDING_M) / math.cos(math.pi / (4 * _QUARTER)),
        quad_segs=_QUARTER)
    return joined([shapely.intersection(task, ground)])
