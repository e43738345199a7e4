"""CORE: how many items a record speaks of: a number, or at least so many (S12)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landrelease.core.how_many import how_many


@pytest.mark.parametrize(("said", "least", "stated"), [
    (5, 5, True), (5.0, 5, True), ("5", 5, True), (0, 0, True), (2.5, 3, False), ("2,5", 3, False),
    ("ca. 5", 5, False), ("about 12 pieces", 12, False), ("3-5", 3, False), ("3 to 5", 3, False),
    ("5+", 5, False), ("several", 1, False), ("", 1, False), (None, 1, False),
    ("declined", 1, False), ("not_reported", 1, False), (True, 1, False), (math.nan, 1, False),
    (-2, 1, False), ("4, 82 mm", 1, False), ("1,000 and 3", 1, False), ([3], 1, False)])
def test_safety_S12_what_is_no_whole_number_is_at_least_so_many(said, least, stated):
    assert how_many(said) == (least, stated)


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.booleans()))
def test_safety_S12_only_a_whole_number_is_one(said):
    found = how_many(said)
    assert found.least >= 0
    if found.stated:
        assert float(said) == found.least
    else:
        assert found.least >= 1
