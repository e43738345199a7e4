"""Measured figures of machines and people stand beside the maker's and go before them."""

from datetime import date

import pytest

from landrelease.core.record import Record
from landrelease.operate.rates import with_measured
from landrelease.records.profiles import read_profiles

KNOWN = read_profiles()
MACHINES = [Record("machine", "m1", {"model": "DOK-ING MV-10"}),
            Record("machine", "m2", {"model": "m160"}), Record("machine", "m3", {"model": "D-3"})]


def work(name, **values):
    return Record("activity", name, {"activity_type": "clearance"} | values, None,
                  date(2027, 5, int(name)))


def test_a_machines_rate_is_that_of_the_reports_that_name_it_alone():
    reports = [work("1", machines=["m1"], area_m2=3000, machine_hours=1.5),
               work("2", machines=["m2"], area_m2=1000, machine_hours=1.0),
               work("3", machines=["m1"], area_m2=2000, machine_hours=1.5),
               work("4", machines=["m1", "m3"], area_m2=90_000, machine_hours=1.0),
               work("5", machines=["m1"], area_m2=90_000),  # hours not reported
               work("6", machines=["m3"], area_m2=90_000, machine_hours=1.0)]
    found = with_measured(KNOWN["mv-10"], MACHINES, reports, [
        Record("track", "t", {"machine": "m2", "width_m": 1.8})])
    rate = found.figure("rate_m2_h")
    assert rate.basis == "measured" and rate.value == 1500 and 1000 <= rate.low <= rate.high <= 2000
    assert "3 reports" in rate.source and "2027-05-01 to 2027-05-03" in rate.source
    assert {f.basis for f in found.figures if f.name == "rate_m2_h"} == {"measured", "maker"}
    assert found.value("width_m") == 1.8 and "width_m" not in found.not_known
    assert "slope_deg" in found.not_known
    # Two reports say nothing, and those of another machine neither.
    few = with_measured(KNOWN["mv-10"], MACHINES, reports[:2])
    assert few.figure("rate_m2_h").basis == "maker"
    assert with_measured(KNOWN["uran-6"], MACHINES, reports) == KNOWN["uran-6"]


@pytest.mark.parametrize(("profile", "method"), [("detector", "manual"),
                                                 ("dog", "animal_detection")])
def test_people_and_animals_by_the_day(profile, method):
    reports = [work(str(n), operational_method=method, area_m2=40.0 * n, deminers=2)
               for n in (1, 2, 3)]
    reports += [work("9", operational_method="mechanical", area_m2=9000, deminers=1),
                work("8", operational_method=method, area_m2=9000, deminers=1,
                     started_on=date(2027, 5, 1), ended_on=date(2027, 5, 8))]
    rate = with_measured(KNOWN[profile], (), reports).figure("rate_m2_day")
    assert (rate.basis, rate.value) == ("measured", 40.0)
    assert "3 reports" in rate.source
