"""ORS: a day in the field over a real server, as bench_field_day.py does with large photographs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import field_day


def test_every_submission_of_a_day_is_a_record_or_waits_and_none_is_there_twice(tmp_path):
    """Broken requests, unheard answers, doubles, edits that overtake, wrong clocks, lost and late
    photographs, a server that is killed."""
    day = field_day.run(tmp_path, phones=10, each=50, photo_bytes=3_000, kills=2, seed=4)
    became = field_day.check(tmp_path, day)
    assert became["with_photograph"] >= 500 and became["submissions"] > became["with_photograph"]
    assert became["edits"] >= 90 and became["waiting"] and became["hazards"]
    assert day.broken and day.unheard and day.kills == 2 and became["photographs_missing"]


def test_the_days_of_other_seeds_hold_as_many_submissions():
    for seed in range(1, 9):
        sent = [s for own in field_day.filled_in(10, 50, 10, seed) for s in own if not s.unsent]
        assert sum(s.photo != "never" for s in sent) >= 500, seed
        assert len({s.instance for s in sent}) == len(sent) and any(s.replaces for s in sent)
