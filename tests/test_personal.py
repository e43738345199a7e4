"""Pseudonyms and salted commitments: what proves a value, and says nothing without its salt."""

import hashlib
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landrelease.core.personal import (
    author_id,
    commitment,
    is_person_id,
    is_program,
)

SALTS = st.binary(min_size=16, max_size=16).map(bytes.hex)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3), max_leaves=5)


def test_safety_S17_an_id_is_what_the_design_says():
    # Computed apart from the code: SHA-256 of salt, line feed and name, its first 32 digits.
    salt = "00" * 16
    want = hashlib.sha256(b"00000000000000000000000000000000\nAna").hexdigest()[:32]
    assert author_id("Ana", salt) == f"person:{want}"
    assert is_person_id(f"person:{want}") and not is_person_id("person:ana")
    assert not is_person_id(f"person:{want}0") and not is_person_id(f"person:{want}\n")


@given(st.text(st.characters(exclude_categories=["Cs"])), SALTS, SALTS)
def test_safety_S17_the_same_name_has_no_second_id_that_tells(name, salt, other):
    assert is_person_id(author_id(name, salt))
    assert author_id(name, salt) == author_id(name, salt)
    assert (author_id(name, salt) == author_id(name, other)) == (salt == other)


@given(VALUES, VALUES, SALTS, SALTS)
def test_safety_S17_a_commitment_holds_one_value_and_one_salt(value, other, salt, other_salt):
    made = commitment(value, salt)
    assert re.fullmatch("[0-9a-f]{64}", made)
    # JSON tells 1 from True and 1 from 1.0: what is written differently is another value.
    assert (commitment(other, salt) == made) == (repr_of(value) == repr_of(other))
    assert (commitment(value, other_salt) == made) == (salt == other_salt)


def repr_of(value):
    import json

    return json.dumps(value, sort_keys=True)


def test_safety_S17_a_commitment_does_not_depend_on_the_order_of_names():
    assert commitment({"a": 1, "b": 2}, "00") == commitment({"b": 2, "a": 1}, "00")
    assert commitment(date(1990, 2, 3), "00") == commitment("1990-02-03", "00")


@pytest.mark.parametrize("value", [float("nan"), b"bytes", {1, 2}, object()])
def test_safety_S17_what_cannot_be_written_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        commitment(value, "00")


def test_programs_are_no_persons():
    assert is_program("landrelease import") and is_program("local user (unverified)")
    assert not is_program("landreleaser") and not is_program("Ana")
