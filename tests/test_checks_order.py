"""An inspection is closed after its measure, and the measure is taken after what was found."""

from datetime import date

import pytest

from landrelease.core.checks import checker, suspects
from landrelease.core.inspection import closed_on, corrected_on
from landrelease.core.kinds import KINDS
from landrelease.core.record import Record

FOUND = date(2027, 5, 10)


@pytest.mark.parametrize(("corrected", "closed", "sound"), [
    (FOUND, FOUND, True), (date(2027, 5, 11), date(2027, 5, 12), True),
    (date(2027, 5, 11), None, True), (None, None, True), ("not_reported", "not_reported", True),
    (None, date(2027, 5, 12), False), ("not_reported", date(2027, 5, 12), False),
    (None, date(2027, 4, 1), False), (date(2027, 5, 12), date(2027, 5, 11), False),
    (date(2027, 5, 1), date(2027, 5, 11), False), (date(2027, 5, 1), date(2027, 5, 2), False)])
def test_a_closing_rests_on_a_measure_after_the_finding(corrected, closed, sound):
    values = {"inspected_on": FOUND, "corrected_on": corrected, "closed_on": closed}
    said = {k: v for k, v in values.items() if v is not None}
    kind = KINDS["inspection"]
    problems = checker(kind)(said)
    assert (not problems) is sound, problems
    assert suspects(kind, {k: [v] for k, v in said.items()}) == [0] or sound
    read = Record("inspection", "i", said, None)
    if isinstance(closed, date):
        assert closed_on(read, date(2027, 6, 1)) == (closed if sound else None)
    if isinstance(corrected, date) and corrected < FOUND:
        assert corrected_on(read, date(2027, 6, 1)) is None
