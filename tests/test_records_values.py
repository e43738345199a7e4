"""Values as people write them: what is read, what is refused, and that nothing is guessed."""

from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.core.record import DECLINED, HAZARD, KINDS, SETTLEMENT
from landrelease.records.values import (
    Refused,
    Style,
    convert,
    convert_column,
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


@pytest.mark.parametrize(("kind", "field"), [
    ("permit", "state"), ("accreditation", "accreditation_status"), ("inspection", "result")])
def test_safety_S12_a_refusal_is_no_question_that_nobody_answered(kind, field):
    """Where "refused" is a word of the vocabulary, it is what the office decided."""
    for word in ("refused", "Refused "):
        assert convert(KINDS[kind].field(field), word, Style(), TODAY) == ("refused", None)
    assert convert(KINDS[kind].field(field), "declined", Style(), TODAY) == (DECLINED, None)


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


@pytest.mark.parametrize("text", [
    "31 mars 2024", "31 de marzo de 2024", "31 марта 2024 г.", "31 березня 2024 р.",
    "31. ožujka 2024.", "31. marta 2024. godine", "31. март 2024", "٣١ مارس ٢٠٢٤", "31 آذار 2024",
    "٣١/٣/٢٠٢٤", "2024-03-31 14:30", "31.03.2024 г.", "31/03/2024 2:30 PM", "31-Mar-2024",
    "20240331T1000", "45382", "45382.75", "mars 31, 2024",
    "31. III 2024.", "31.III.2024", "2024-Mar-31", "2024 March 31", "31.Mar.2024",
])
def test_dates_in_the_languages_of_mine_action(text):
    if text == "20240331T1000":  # no time of this form is read
        with pytest.raises(Refused):
            parse_date(text, Style(), TODAY)
        return
    assert parse_date(text, Style(), TODAY)[0] == date(2024, 3, 31)


@pytest.mark.parametrize(("name", "month"), [
    ("janvier", 1), ("siječnja", 1), ("كانون الثاني", 1), ("лютого", 2), ("febrero", 2),
    ("avril", 4), ("travnja", 4), ("травня", 5), ("mai", 5), ("lipnja", 6), ("липня", 7),
    ("juillet", 7), ("août", 8), ("srpnja", 7), ("serpień", 0), ("listopada", 10),
    ("листопада", 11), ("تشرين الأول", 10), ("prosinca", 12), ("diciembre", 12),
])
def test_months_by_their_names(name, month):
    if month == 0:
        with pytest.raises(Refused):
            parse_date(f"5 {name} 2020", Style(), TODAY)
    else:
        assert parse_date(f"5 {name} 2020", Style(), TODAY)[0] == date(2020, month, 5)


@pytest.mark.parametrize(("text", "expected"), [
    ("31.3.95", date(1995, 3, 31)), ("31/3/95", date(1995, 3, 31)), ("31.3.24", "ROW-040"),
    ("3/4/95", "ROW-007"), ("24-03-12", "ROW-007"), ("1.1.26", "ROW-040"),
    ("1.1.27", date(1927, 1, 1)),
])
def test_years_of_two_digits_only_where_one_century_remains(text, expected):
    if isinstance(expected, date):
        found, told = parse_date(text, Style(), TODAY)
        assert found == expected and told is not None
    else:
        with pytest.raises(Refused) as refusal:
            parse_date(text, Style(), TODAY)
        assert refusal.value.message.code == expected


@pytest.mark.parametrize("text", [
    "Q1 2024", "2024-Q3", "III kvartal 2024", "1er trimestre 2024", "2024-03", "03/2024",
    "March 2024", "марта 2024", "mart 2024. godine", "1.3.2024 - 5.3.2024", "1-5 March 2024",
])
def test_no_day_is_made_up(text):
    with pytest.raises(Refused) as refusal:
        parse_date(text, Style(), TODAY)
    assert refusal.value.message.code == "ROW-041"


@pytest.mark.parametrize("text", [
    "2024-03-31 to 2024-04-05", "2024-03-31 or so", "31.3.2024 / 1.4.2024", "2024-03/31",
])
def test_what_follows_a_date_is_a_time_or_the_date_is_refused(text):
    with pytest.raises(Refused):
        parse_date(text, Style(), TODAY)


@pytest.mark.parametrize(("text", "number"), [
    ("١٢٣٤", 1234), ("١٬٢٣٤٫٥", 1234.5), ("١٫٢٣٤", 1.234), ("12\u2009345", 12345),
    ("12\u202f345,5", 12345.5), ("12’345", 12345), ("１２", 12), ("3 هكتار", 30_000),
    ("5 соток", 500), ("2 hectáreas", 20_000),
])
def test_numbers_of_other_scripts(text, number):
    assert parse_number(text, "m²", Style())[0] == number


@pytest.mark.parametrize("text", [
    "approx. 500", "~500", "500+", "10-20", "10 – 20 m2", "oko 300", "около 300", "> 500",
    "environ 300", "حوالي 500", "500 ?", "5 to 6", "500±20", "about 5 ha",
    "10 000 - 20 000",
])
def test_an_estimate_is_not_a_number(text):
    with pytest.raises(Refused) as refusal:
        parse_number(text, "m²", Style())
    assert refusal.value.message.code == "ROW-042"


def test_units_of_a_country_need_their_size_to_be_stated():
    for text in ("3 دونم", "3 jeribs", "2 feddan", "4 Iraqi dunam"):
        with pytest.raises(Refused) as refusal:
            parse_number(text, "m²", Style())
        assert refusal.value.message.code == "ROW-043"
    assert parse_number("3 دونم", "m²", Style(units=(("دونم", 2500.0),))) == (7500.0, True)
    assert parse_number("3 dunam", "m²", Style(units=(("dunam", 2500.0),)))[0] == 7500
    assert parse_number("3 dunam", "m²", Style())[0] == 3000


NUMBERS = st.one_of(
    st.from_regex(r"-?[0-9]{1,6}([.,][0-9]{1,4})?( ?(ha|m2|dunum))?", fullmatch=True),
    st.sampled_from(["", "-", "n/a", "declined", "=1+1", "1 234", "12", "12.5", "-3", "1.234",
                     "10-20", "٣", "007", "1e3", "-0", "9" * 16, "nan", "inf", "Infinity"]))
CELLS = st.one_of(
    NUMBERS, st.none(), st.text(max_size=12), st.integers(-10**20, 10**20), st.floats(),
    st.booleans(), st.datetimes(), st.dates(), st.lists(st.text(max_size=4), max_size=3),
    st.sampled_from(["2024-03-31", "03/04/2024", "31.3.95", "open", "SHA", "sha", "closed"]))


def outcome(field, cell, style):
    try:
        value, told = convert(field, cell, style, TODAY)
    except Refused as refusal:
        return None, refusal.message.code, refusal.facts
    return value, told.code if told else "", None


@given(st.one_of(st.lists(NUMBERS, max_size=30), st.lists(st.one_of(NUMBERS, st.none())),
                 st.lists(st.floats(), max_size=20), st.lists(st.integers(-10, 10**17)),
                 st.lists(st.one_of(st.floats(), st.integers(0, 5))),
                 st.lists(st.text(max_size=8)), st.lists(CELLS, max_size=30)),
       st.sampled_from([f for kind in KINDS.values() for f in kind.fields]),
       st.sampled_from([Style(), Style(","), Style("."), Style(",", "dmy"), Style("", "mdy")]))
@settings(max_examples=400, deadline=None)
def test_a_column_gives_what_its_cells_give(cells, field, style):
    values, problems = convert_column(field, cells, style, TODAY)
    told = {i: (message.code, facts) for i, message, facts in problems}
    assert [i for i, *_ in problems] == sorted(told) and len(values) == len(cells)
    for i, cell in enumerate(cells):
        value, code, facts = outcome(field, cell, style)
        assert type(values[i]) is type(value) and (values[i] == value), cell
        assert told.get(i, ("",))[0] == code, cell
        if facts is not None:
            assert told[i][1] == facts


def test_columns_may_be_arrays_and_lists_are_not_shared():
    population, area = SETTLEMENT.field("population"), HAZARD.field("reported_area_m2")
    texts = np.array(["12", "7", "-1"])
    assert convert_column(population, texts, Style(), TODAY)[0] == [12, 7, None]
    numbers, problems = convert_column(area, np.array([1.5, np.nan, -1.0]), Style(), TODAY)
    assert numbers == [1.5, None, None] and [p[0] for p in problems] == [2]
    lists, _ = convert_column(HAZARD.field("ordnance_suspected"), ["av_mine", "av_mine"], Style(),
                              TODAY)
    assert lists[0] == lists[1] and lists[0] is not lists[1]
    assert convert_column(area, [], Style(), TODAY) == ([], [])


@given(st.lists(st.one_of(NUMBERS, st.sampled_from([
    "31/03/2024", "03/31/2024", "2024-03-31", "0.123", "012.345", "1234.567", "-12.345", ".5"])),
    max_size=8))
@settings(max_examples=200, deadline=None)
def test_what_a_long_column_proves_is_what_its_cells_prove(cells):
    assert style_of(cells * 1_000) == style_of(cells)


@given(st.lists(st.text(st.sampled_from(
    " aZé\u00a0\u00adšЖї\u0301\u0340\u0387\u0374ώسآ\u0653٣\t\n\u0085\u2003\ufeff=;한\u212b"),
    max_size=5), max_size=12))
@settings(max_examples=300, deadline=None)
def test_a_column_of_texts_gives_what_its_cells_give(cells):
    field = HAZARD.field("name")
    values, problems = convert_column(field, cells, Style(), TODAY)
    assert values == [outcome(field, c, Style())[0] for c in cells]
    assert [i for i, *_ in problems] == [
        i for i, c in enumerate(cells) if outcome(field, c, Style())[1]]


def test_letters_that_are_taken_as_they_are_are_stable():
    import re
    import unicodedata

    from landrelease.records import values

    kept = [c for c in map(chr, range(0x3000)) if re.fullmatch(f"[{values._STABLE}]", c)]
    assert len(kept) > 500
    for c in kept:
        assert unicodedata.normalize("NFC", c) == c and not unicodedata.combining(c)
        assert c.strip() == c and ord(c) >= 32
    rng = np.random.default_rng(5)
    for _ in range(200):
        text = "".join(rng.choice(kept, 30))
        assert unicodedata.normalize("NFC", text) == text


@pytest.mark.parametrize("text", ["31-Mar-24", "31 mars 24", "31.3.24", "March 31 '24"])
def test_a_year_of_two_digits_waits_until_its_century_is_stated(text):
    with pytest.raises(Refused) as refused:
        parse_date(text, Style(), TODAY)
    assert refused.value.message.code == "ROW-040"
    assert parse_date(text, Style(century=2000), TODAY)[0] == date(2024, 3, 31)
    assert parse_date(text, Style(century=1900), TODAY)[0] == date(1924, 3, 31)
    # Only one century is possible: read, and told.
    found, told = parse_date(text.replace("24", "98"), Style(), TODAY)
    assert found == date(1998, 3, 31) and told is not None
    with pytest.raises(Refused) as refused:  # what was stated is not set aside for what fits
        parse_date(text.replace("24", "98"), Style(century=2000), TODAY)
    assert refused.value.message.code == "ROW-008"
