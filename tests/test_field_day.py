"""ORS: a small day in the field over a real server; bench_field_day.py does a whole one."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import field_day


def test_every_submission_of_a_day_is_a_record_or_waits_and_none_is_there_twice(tmp_path):
    """Broken requests, unheard answers, doubles, edits that overtake, wrong clocks, lost and late
    photographs, a server that is killed."""
    day = field_day.run(tmp_path, phones=2, each=15, photo_bytes=3_000, kills=1, seed=4)
    became = field_day.check(tmp_path, day)
    assert became["edits"] >= 4 and became["waiting"] and became["hazards"]
    assert day.broken and day.unheard and day.kills == 1 and became["photographs_missing"]
