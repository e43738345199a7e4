"""Exchange rates: direct, inverse, cross, by the day; none is ever made up."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landrelease.core.currency import Rate, RateTable, rates_of
from landrelease.core.record import Record

DAY = date(2027, 3, 10)


def rate(before, after, value, day=DAY, source="", name=""):
    return Rate(name or f"{before}{after}{day}", day, before, after, value, source)


def test_an_amount_in_its_own_currency_needs_no_rate():
    found = RateTable((), 31).convert(12.5, "USD", "USD", None)
    assert found is not None and (found.value, found.legs) == (12.5, ())


def test_direct_goes_before_inverse_and_inverse_before_cross():
    rates = [rate("EUR", "USD", 1.1), rate("USD", "EUR", 0.5),
             rate("EUR", "CHF", 2.0), rate("CHF", "USD", 2.0)]
    assert RateTable(rates, 31).convert(10, "EUR", "USD", DAY).value == pytest.approx(11)
    inverse = RateTable(rates[1:], 31).convert(10, "EUR", "USD", DAY)
    assert inverse.value == pytest.approx(20) and inverse.legs[0].inverse
    cross = RateTable(rates[2:], 31).convert(10, "EUR", "USD", DAY)
    assert cross.value == pytest.approx(40)
    assert cross.words == ("EUR to CHF by 2 of 2027-03-10; CHF to USD by 2 of 2027-03-10")
    assert len(cross.rate_ids) == 2


def test_a_cross_rate_may_use_inverses():
    table = RateTable([rate("USD", "BAM", 1.8), rate("EUR", "BAM", 1.95583)], 31)
    assert table.convert(100, "USD", "EUR", DAY).value == pytest.approx(100 * 1.8 / 1.95583)


@pytest.mark.parametrize("later, known", [(0, True), (1, True), (31, True), (32, False),
                                          (-1, False)])
def test_the_last_earlier_rate_holds_for_a_stated_time_and_a_later_one_never(later, known):
    found = RateTable([rate("EUR", "USD", 1.1)], 31).convert(
        1, "EUR", "USD", DAY + timedelta(days=later))
    assert (found is not None) is known
    if found is not None:
        assert found.legs[0].age_days == later
        assert ("days older" in found.words) is (later > 0)


def test_of_several_crosses_the_one_with_the_freshest_oldest_rate_holds():
    old = DAY - timedelta(days=20)
    table = RateTable([rate("EUR", "CHF", 1.0, old), rate("CHF", "USD", 1.0),
                       rate("EUR", "XAF", 600.0), rate("XAF", "USD", 0.002)], 31)
    assert table.convert(1, "EUR", "USD", DAY).value == pytest.approx(1.2)


def test_without_a_day_or_a_rate_nothing_is_converted():
    table = RateTable([rate("EUR", "USD", 1.1)], 31)
    assert table.convert(1, "EUR", "USD", None) is None
    assert table.convert(1, "EUR", "JPY", DAY) is None
    assert table.convert(1, "USD", "JPY", DAY) is None


def test_publishers_that_differ_are_named_and_one_can_be_chosen():
    rates = [rate("EUR", "USD", 1.2, source="B", name="b"),
             rate("EUR", "USD", 1.1, source="A", name="a")]
    both = RateTable(rates, 31)
    assert both.convert(1, "EUR", "USD", DAY).value == 1.1
    assert [(x.id, y.id) for x, y in both.doubled] == [("a", "b")]
    only = RateTable(rates, 31, "b")
    assert only.convert(1, "EUR", "USD", DAY).value == 1.2 and not only.doubled


def test_records_without_day_pair_or_positive_rate_are_no_rates():
    good = {"dated": DAY, "from_currency": "EUR", "to_currency": "usd", "rate": 1.1}
    made = [Record("exchange_rate", "good", good)]
    for name, wrong in (("dated", None), ("rate", 0), ("rate", -1), ("rate", "declined"),
                        ("to_currency", "EUR"), ("from_currency", None)):
        made.append(Record("exchange_rate", f"{name}{wrong}", {**good, name: wrong}))
    rates, unusable = rates_of(made)
    assert [(r.id, r.before, r.after, r.rate) for r in rates] == [("good", "EUR", "USD", 1.1)]
    assert len(unusable) == 6


days = st.integers(0, 60).map(lambda n: DAY + timedelta(days=n))
names = st.sampled_from(["EUR", "USD", "CHF", "BAM"])


@given(st.lists(st.tuples(names, names, st.floats(0.01, 100), days), max_size=12), names, names,
       days, st.integers(0, 40))
def test_every_conversion_follows_from_recorded_rates_of_its_time(listed, before, after, day, age):
    rates = [rate(a, b, v, d, name=str(n)) for n, (a, b, v, d) in enumerate(listed) if a != b]
    found = RateTable(rates, age).convert(3.0, before, after, day)
    if before == after:
        assert found.value == 3.0
        return
    usable = [r for r in rates if 0 <= (day - r.day).days <= age]
    pairs = {frozenset((r.before, r.after)) for r in usable}
    reachable = frozenset((before, after)) in pairs or any(
        frozenset((before, m)) in pairs and frozenset((m, after)) in pairs
        for m in ("EUR", "USD", "CHF", "BAM") if m not in (before, after))
    assert (found is not None) is reachable
    if found is not None:
        at, value = before, 3.0
        for leg in found.legs:
            r = leg.rate
            assert r in usable and leg.age_days == (day - r.day).days
            newer = [x for x in usable if (x.before, x.after) == (r.before, r.after)
                     and x.day > r.day]
            assert not newer
            assert at == (r.after if leg.inverse else r.before)
            at = r.before if leg.inverse else r.after
            value = value / r.rate if leg.inverse else value * r.rate
        assert at == after and found.value == pytest.approx(value)
