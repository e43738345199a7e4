"""Values as people write them: what is read, what is refused, and that nothing is guessed."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landrelease.core.record import DECLINED, HAZARD, KINDS, SETTLEMENT
from landrelease.records.values import (
    Refused,
    Style,
    convert,
    parse_date,
    parse_number,
    style_of,
)

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(("text", "unit", "number"), [
    ("1.234,5", "", 1234.5), ("1,234.5", "", 1234.5), ("1 234,5", "", 1234.5),
    ("1 234 567", "", 1234567), ("1'234.5", "", 1234.5), ("12,5", "", 12.5),
    ("1.234.567", "", 1234567), ("−5", "", -5), ("1e3", "", 1000), (".5", "", 0.5),
    ("12,5 ha", "m²", 125_000), ("3 dunum", "m²", 3_000), ("0.25 km²", "m²", 250_000),
    ("400 m2", "m²", 400), ("15 cm", "m", 0.15), ("2,5ha", "m²", 25_000),
])
def test_numbers_as_people_write_them(text, unit, number):
    assert parse_number(text, unit, Style())[0] == number


@pytest.mark.parametrize(("text", "code"), [
    ("1,234", "ROW-004"), ("12,34,5", "ROW-001"), ("abc", "ROW-001"), ("1.2.3", "ROW-001"),
    ("5 acres", "ROW-005"), ("1 23", "ROW-001"), ("٫", "ROW-001"), ("1" * 300, "ROW-001"),
    ("1e999", "ROW-001"),
])
def test_numbers_that_cannot_be_read_are_refused(text, code):
    with pytest.raises(Refused) as refusal:
        parse_number(text, "m²", Style())
    assert refusal.value.message.code == code


def test_a_column_decides_for_its_doubtful_cells():
    style = style_of(["1,234", "12,5", "7"])
    assert style.decimal == ","
    assert parse_number("1,234", "", style)[0] == 1.234
    assert parse_number("1.234", "", style)[0] == 1234
    assert style_of(["12,5", "3.25"]).decimal == ""  # cells that contradict each other
    assert style_of(["31/03/2024", "01/02/2024"]).date_order == "dmy"


@pytest.mark.parametrize("text", [
    "2024-03-31", "31.3.2024", "31. 3. 2024.", "31/03/2024", "03/31/2024", "2024/3/31", "20240331",
    "31 March 2024", "31 Mar 2024", "March 31, 2024", "31. mart 2024", "2024-03-31T10:00:00Z",
    date(2024, 3, 31), datetime(2024, 3, 31, 12), 45382,
])
def test_dates_as_people_write_them(text):
    assert parse_date(text, Style(), TODAY)[0] == date(2024, 3, 31)


@pytest.mark.parametrize(("text", "code"), [
    ("03/04/2024", "ROW-007"), ("3-4-2024", "ROW-007"), ("2024", "ROW-006"), ("03/24", "ROW-006"),
    ("31.2.2024", "ROW-006"), ("2027-01-01", "ROW-008"), ("1024-01-01", "ROW-009"),
    ("yesterday", "ROW-006"), (12, "ROW-006"), (True, "ROW-006"),
])
def test_dates_that_cannot_be_read_are_refused(text, code):
    with pytest.raises(Refused) as refusal:
        parse_date(text, Style(), TODAY)
    assert refusal.value.message.code == code
    assert parse_date("03/04/2024", Style(date_order="dmy"), TODAY)[0] == date(2024, 4, 3)


def test_safety_S12_not_reported_declined_and_zero_are_three_values():
    field = KINDS["accident"].field("victims")
    assert convert(field, "", Style(), TODAY) == (None, None)
    assert convert(field, "not reported", Style(), TODAY) == (None, None)
    assert convert(field, "declined", Style(), TODAY) == (DECLINED, None)
    assert convert(field, "0", Style(), TODAY) == (0, None)


def test_population_has_no_decimals_and_is_not_negative():
    field = SETTLEMENT.field("population")
    assert convert(field, "1.234", Style(), TODAY)[0] == 1234
    for text, code in (("-5", "ROW-003"), ("12.5", "ROW-002"), ("=A1", "ROW-019")):
        with pytest.raises(Refused) as refusal:
            convert(field, text, Style(), TODAY)
        assert refusal.value.message.code == code


def test_choices_are_known_words_only():
    field = HAZARD.field("hazard_type")
    assert convert(field, " sha ", Style(), TODAY)[0] == "SHA"
    assert convert(field, "Confirmed hazardous area", Style(), TODAY)[0] == "CHA"
    assert convert(field, "not_reported", Style(), TODAY)[0] is None
    with pytest.raises(Refused):
        convert(field, "dangerous", Style(), TODAY)


@given(st.floats(-1e12, 1e12, allow_nan=False))
def test_a_number_that_is_written_is_read_back(number):
    assert parse_number(repr(number), "", Style())[0] == number
    assert parse_number(f"{number:,.4f}", "", Style())[0] == pytest.approx(round(number, 4),
                                                                          abs=1e-4)


@given(st.one_of(st.text(max_size=40), st.integers(), st.floats(), st.booleans(), st.none(),
                 st.datetimes()), st.sampled_from(HAZARD.fields + SETTLEMENT.fields))
def test_any_cell_is_read_or_refused_with_a_message(cell, field):
    try:
        convert(field, cell, Style(), TODAY)
    except Refused as refusal:
        text = refusal.message.text(file="f", row=1, field=field.name, **refusal.facts)
        assert "{" not in text.replace(str(refusal.facts.get("found", "")), "")
