"""PUB: the contamination map inside the page: nothing lost, nothing thinned out, called a prior."""

from __future__ import annotations

import dataclasses
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pyproj import Transformer

from landrelease.core.risk import ContaminationMap
from landrelease.publish import cells as module
from landrelease.publish.cells import LIMITS, NOTHING, cells_content
from landrelease.publish.encode import STEPS_PER_DEGREE
from landrelease.publish.page import render_page
from test_publish_page import Reader
from test_publish_report import Everything, Without, small_report

PROJ = "+proj=laea +lat_0=44.2 +lon_0=17.8 +datum=WGS84 +units=m +no_defs"
ORIGIN = (17_000_000, 43_000_000)


def grid(chance, cell_m=100.0):
    chance = np.asarray(chance, dtype=np.float32)
    bands = np.stack([chance, chance / 2, np.minimum(chance * 2, 1), np.ones_like(chance)])
    return ContaminationMap(PROJ, -5_000.0, 5_000.0, cell_m, bands,
                            ("probability", "lower", "upper", "coverage"))


def classes(content):
    """The classes as the script reads them."""
    out = np.full(content["rows"] * content["columns"], NOTHING)
    at = 0
    for gap, run in zip(content["runs"][::2], content["runs"][1::2], strict=True):
        at += gap
        assert at // content["columns"] == (at + run // 5 - 1) // content["columns"]
        out[at:at + run // 5] = run % 5
        at += run // 5
    return out.reshape(content["rows"], content["columns"])


def class_of(chance):
    return NOTHING if np.isnan(chance) else next(
        (k for k, limit in enumerate(LIMITS) if chance >= limit), len(LIMITS))


chances = arrays.arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)),
                        elements=st.one_of(st.just(np.float32(np.nan)),
                                           st.floats(0, 1, width=32)))


@given(chances)
def test_every_cell_keeps_its_class_and_every_class_holds_the_intervals_of_its_cells(chance):
    made = grid(chance)
    content = cells_content(made, ORIGIN)
    if np.isnan(chance).all():
        assert content is None
        return
    found = classes(content)
    assert found.tolist() == [[class_of(float(v)) for v in row] for row in chance]
    for k, spread in enumerate(content["range"]):
        mine = found == k
        assert (spread is None) == (not mine.any())
        if spread is not None:
            assert (100 * made.bands[1][mine] >= spread[0] - 1e-4).all()
            assert (100 * made.bands[2][mine] <= spread[1] + 1e-4).all()


@settings(max_examples=30)
@given(chances)
def test_safety_S01_a_coarser_map_keeps_the_largest_chance_of_its_cells(chance):
    module_runs = module.MOST_RUNS
    module.MOST_RUNS = 3
    try:
        content = cells_content(grid(chance), ORIGIN)
    finally:
        module.MOST_RUNS = module_runs
    if content is None:
        return
    found, size = classes(content), round(content["cell_m"] / 100)
    for r, c in np.ndindex(found.shape):
        part = chance[r * size:(r + 1) * size, c * size:(c + 1) * size]
        assert found[r, c] == min(class_of(float(v)) for v in part.ravel())


def test_the_nodes_lead_to_every_corner():
    content = cells_content(grid(np.full((150, 200), 0.2)), ORIGIN)
    half, wide = len(content["nodes"]) // 2, -(-200 // 64) + 1
    lon, lat = (np.cumsum(part).reshape(-1, wide) + o for part, o in zip(
        (content["nodes"][:half], content["nodes"][half:]), ORIGIN, strict=True))
    to_plane = Transformer.from_crs("EPSG:4326", PROJ, always_xy=True)
    for r, c in ((0, 0), (150, 200), (31.5, 100), (149, 3)):
        i, j = int(r // 64), int(c // 64)
        u, v = r / 64 - i, c / 64 - j
        weight = np.array([[(1 - u) * (1 - v), (1 - u) * v], [u * (1 - v), u * v]])
        x, y = to_plane.transform(*(
            (values[i:i + 2, j:j + 2] * weight).sum() / STEPS_PER_DEGREE for values in (lon, lat)))
        assert (x, y) == pytest.approx((-5_000 + 100 * c, 5_000 - 100 * r), abs=1.5)


@pytest.mark.parametrize(("is_prior", "said"), [
    ((), "all"), ((True, True), "all"), ((True, False), "some"), ((False,), "none")])
def test_safety_S12_chances_that_no_effort_has_touched_are_called_priors(is_prior, said):
    assert cells_content(grid([[0.3]]), ORIGIN, is_prior)["prior"] == said


def report(**changes):
    return small_report(contamination=grid([[0.05, 0.3], [np.nan, 0.7]]),
                        contamination_file="map.tif", **changes)


def test_safety_S12_the_legend_gives_intervals_and_says_prior():
    page = Reader(render_page(report(), Everything()))
    assert "Chance that a cell of 100 m holds an explosive item" in page.words
    assert "Prior. No survey or clearance effort is on record here" in page.words
    assert "50 % and more (80 %: 35 to 100)" in page.words
    assert "under 10 % (80 %: 2 to 10)" in page.words
    found = [dataclasses.replace(a, prior=dataclasses.replace(a.prior, is_prior=False))
             for a in report().assessments]
    known = Reader(render_page(report(assessments=tuple(found)), Everything()))
    assert "No survey or clearance effort is on record here" not in known.words


def test_safety_S14_a_reader_without_the_contamination_map_gets_none_of_it():
    page = render_page(report(), Without("contamination_map"))
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.S)[1])
    assert "cells" not in data["map"] and "map.tif" not in page and "fill-g1\"" not in page
