"""A log that holds itself twice, depths in another unit, a heading that stands twice (S05, S10)."""

import json

import numpy as np
import pytest

from landrelease import workflows
from landrelease.errors import LandReleaseError
from landrelease.operate.log_doubts import each_once, on_one_clock, once, with_depths
from landrelease.records.tracks import track_of
from landrelease.workflows import operate

SIDE = 10.0
STATED = workflows.load_assumptions()


def rows():
    """Lanes of 1.5 m over a square and 2 m beyond it, a fix of 0.5 m each second: (time, x, y)."""
    out, t = [], 0.0
    for k in range(8):
        ways = [0.5 * n - 2.0 for n in range(int((SIDE + 4) / 0.5) + 1)]
        for y in ways[::-1] if k % 2 else ways:
            out.append((t, 1.5 * k, y))
            t += 1.0
        t += 5.0
    return out


def csv(cells, head="time,x,y,pass"):
    return "\n".join([head, *(",".join(map(str, r)) for r in cells)]) + "\n"


def prove(folder, *texts, **options):
    task = folder / "task.geojson"
    task.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": {
        "type": "Polygon", "coordinates": [[[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE], [0, 0]]]}}))
    files = []
    for n, text in enumerate(texts):
        path = folder / f"k{n}.csv"
        path.write_text(text, encoding="utf-8")
        files.append(operate.TrackFile(path, "machine", 1.75, 0.03))
    return operate.prove_on(operate.read_ground(task, plane=True), files,
                            operate.ProofOptions(0.95, True, **options), STATED)


def codes(made):
    return {f["code"] for f in made.result["findings"]}


@pytest.mark.parametrize("other", ["b", "a"])
def test_safety_S10_a_log_that_was_pasted_twice_is_one_pass(tmp_path, other):
    one = prove(tmp_path, csv([(*r, "a") for r in rows()]), detection=0.9)
    twice = prove(tmp_path, csv([*((*r, "a") for r in rows()), *((*r, other) for r in rows())]),
                  detection=0.9)
    for name in ("detection_share", "covered_certain_m2", "overlap_m2", "hours",
                 "hectares_per_hour"):
        assert twice.result[name] == pytest.approx(one.result[name], abs=1e-6), name
    assert one.result["detection_share"] == pytest.approx(0.9, abs=1e-3)
    (told,) = [f for f in twice.result["findings"] if f["code"] == "TRK-008"]
    assert f"{len(rows())} fixes stand twice" in told["text"]


def test_safety_S05_a_clock_that_goes_back_is_told_at_a_change_of_pass_as_well(tmp_path):
    other = [(t, x + 0.75, y, "b") for t, x, y in rows()]
    made = prove(tmp_path, csv([*((*r, "a") for r in rows()), *other]))
    assert "TRK-006" in codes(made)


def test_safety_S05_of_a_fix_and_its_copy_the_worse_counts():
    head = "time,x,y,pass,engaged,depth_m,heading_deg,accuracy_m"
    a = [(t, x, y, "a", 1, 0.3, 0, 0.01) for t, x, y in rows()[:20]]
    b = [list(r) for r in a]
    b[5][4], b[6][4], b[7][5], b[8][5], b[9][6], b[10][7] = 0, "", 0.1, "", 90, 0.5
    for first, second in ((a, b), (b, a)):
        got = once(track_of("k.csv", csv([*first, *second], head).encode(), plane=True))
        assert got.row[:20].tolist() == list(range(1, 21)) and len(got) < 23
        assert got.engaged[5:7].tolist() == [0, -2] and got.engaged[4] == 1
        assert got.depth_m[7] == 0.1 and np.isnan(got.depth_m[8]) and got.depth_m[6] == 0.3
        assert np.isnan(got.heading_deg[9]) and got.heading_deg[8] == 0
        assert got.accuracy_m[10] == 0.5


def test_a_log_that_runs_forward_is_left_as_it_is():
    track = track_of("k.csv", csv([(*r, "a") for r in rows()]).encode(), plane=True)
    assert once(track) is track and on_one_clock(track) is track


@pytest.mark.parametrize("case", ["one file", "two files", "two loggers", "three times"])
def test_safety_S10_one_way_with_two_clocks_counts_once_and_is_told(tmp_path, case):
    one = prove(tmp_path, csv([(*r, "a") for r in rows()]), detection=0.9)
    rng = np.random.default_rng(3)
    # A logger with a clock of its own does not keep time to the digit.
    drift = 0.2 * rng.random(len(rows())) if case == "two loggers" else np.zeros(len(rows()))
    late = [(t + 3600 + d, x, y, "b") for (t, x, y), d in zip(rows(), drift, strict=True)]
    if case == "three times":
        late += [(t + 9000, x, y, "c") for t, x, y in rows()]
    first = [(*r, "a") for r in rows()]
    made = prove(tmp_path, *([csv(first), csv(late)] if case.startswith("two") else
                             [csv([*first, *late])]), detection=0.9)
    told = [f for f in made.result["findings"] if f["code"] == "TRK-030"]
    assert sum(f["count"] for f in told) == len(late)
    assert "3600 s later" in told[0]["text"] or case == "two loggers"
    assert "k0.csv from row 1 on" in told[0]["text"]
    # Of a log of which nothing is left there is no more to say.
    assert not [n for n in made.result["notes"] if "k1.csv" in n["text"]]
    for name in ("detection_share", "covered_certain_m2", "overlap_m2", "hours"):
        assert made.result[name] == pytest.approx(one.result[name], abs=1e-6), name


@pytest.mark.parametrize("shift", [600, 0])
def test_safety_S07_the_way_of_a_machine_on_another_clock_is_no_hand_work(tmp_path, shift):
    some = rows()[:200] if shift else rows()[10:150]
    prove(tmp_path, csv([(*r, "a") for r in rows()]))
    path = tmp_path / "hand.csv"
    path.write_text(csv([(t + shift, x, y, "h") for t, x, y in some]), encoding="utf-8")
    with pytest.raises(LandReleaseError, match=r"COV-009.*hand.csv.*k0.csv"):
        operate.prove_on(operate.read_ground(tmp_path / "task.geojson", plane=True), [
            operate.TrackFile(tmp_path / "k0.csv", "machine", 1.75, 0.03),
            operate.TrackFile(path, "manual", 1.75, 0.03)], operate.ProofOptions(0.95, True),
            STATED)


def test_safety_S05_of_a_way_with_two_clocks_the_worse_counts():
    head = "time,x,y,pass,engaged"
    logs = [track_of(f"k{n}.csv", csv([(t + 600 * n, x, y, "a", int(k not in off))
                                       for k, (t, x, y) in enumerate(rows())], head).encode(),
                     plane=True) for n, off in enumerate([(5,), (40, 41), (41, 50)])]
    one, *more = each_once(logs)
    assert np.flatnonzero(one.engaged == 0).tolist() == [5, 40, 41, 50]
    assert [len(m) for m in more] == [0, 0]
    whole = track_of("k.csv", csv([(t + 600 * n, x, y, "a", int(k not in off))
                                   for n, off in enumerate([(5,), (40, 41), (41, 50)])
                                   for k, (t, x, y) in enumerate(rows())], head).encode(),
                     plane=True)
    assert np.flatnonzero(on_one_clock(whole).engaged[:len(rows())] == 0).tolist() == [
        5, 40, 41, 50]


@pytest.mark.parametrize("shift", [0, 600])
def test_safety_S10_a_log_that_is_written_more_often_is_the_same_way(shift):
    """Its fixes between two of the first log go with them, and what they say of the tool stays."""
    head = "time,x,y,pass,engaged"
    often = []
    for k, ((t, x, y), (u, v, w)) in enumerate(zip(rows(), rows()[1:], strict=False)):
        often.append((t + shift, x, y, "a", 1))
        often.append((t + shift + 0.5 * (u - t), (x + v) / 2, (y + w) / 2, "a", int(k != 7)))
    logs = [track_of(f"k{n}.csv", csv(cells, head).encode(), plane=True) for n, cells in enumerate(
        [[(*r, "a", 1) for r in rows()], often])]
    one, other = each_once(logs)
    assert np.flatnonzero(one.engaged == 0).tolist() == [8]
    assert len(other) == 7 * 3 + 2  # between lanes, where the first log has a gap, and the ends


def test_safety_S05_no_step_leads_over_what_is_left_out():
    """The second log holds a stretch of the first, round a corner, between fixes of its own."""
    corner = [(0, 0, 0), (1, 0.5, 0), (2, 1, 0), (3, 1, 0.5), (4, 1, 1)]
    first = track_of("a.csv", csv([(*r, "a") for r in corner]).encode(), plane=True)
    own = [(-1, -0.4, 0.1), *corner, (5, 1.1, 1.5)]
    second = track_of("b.csv", csv([(*r, "a") for r in own]).encode(), plane=True)
    _, left = each_once([first, second])
    assert left.time_s.tolist() == [-1, 0, 4, 5]
    assert left.broken.tolist() == [False, False, True, False]


def test_a_way_that_is_driven_again_is_none_of_it(tmp_path):
    rng = np.random.default_rng(1)
    again = [(t + 3600, x, y + 0.01 * rng.standard_normal(), "b") for t, x, y in rows()]
    back = [(7200 - t, x, y, "c") for t, x, y in rows()[::-1]]  # the other way round
    back.sort()
    made = prove(tmp_path, csv([(*r, "a") for r in rows()]), csv(again), csv(back))
    assert "TRK-030" not in codes(made)
    assert [len(t) for t in each_once(made.tracks)] == [len(t) for t in made.tracks]
    stands = track_of("k.csv", csv([(k, 1, 1, "a") for k in range(100)]).encode(), plane=True)
    assert on_one_clock(stands) is stands


def test_safety_S05_depths_in_centimetres_are_no_depths(tmp_path):
    head = "time,x,y,pass,depth_m"
    made = prove(tmp_path, csv([(*r, "a", 4 if 3 < r[2] < 6 else 15) for r in rows()], head),
                 depth_m=0.13)
    assert made.result["covered_certain_m2"] == 0 and "TRK-029" in codes(made)
    assert made.depths_m == ()
    # Throughout in centimetres, as an own tool at 3 to 4 logs them.
    made = prove(tmp_path, csv([(*r, "a", 3.5) for r in rows()], head), depth_m=0.13)
    assert made.result["covered_certain_m2"] == 0 and "TRK-029" in codes(made)
    good = prove(tmp_path, csv([(*r, "a", 0.15) for r in rows()], head), depth_m=0.13)
    assert good.result["covered_certain_m2"] > 0 and "TRK-029" not in codes(good)


def test_safety_S13_how_deep_tools_work_is_a_setting():
    track = track_of("k.csv", csv([(*r, "a", 2.5) for r in rows()], "time,x,y,pass,depth_m"
                                  ).encode(), plane=True)
    assert with_depths(track, 3.0) is track
    assert np.isnan(with_depths(track, STATED.value("deepest_tool_m")).depth_m).all()


@pytest.mark.parametrize("head", ["engaged,engaged", "Engaged,engaged", "depth_m,depth_m"])
def test_safety_S05_a_heading_that_stands_twice_is_refused(head):
    text = csv([(*r, "a", 0, 1) for r in rows()], f"time,x,y,pass,{head}")
    with pytest.raises(LandReleaseError, match=r"TRK-031.*stands 2 times"):
        track_of("k.csv", text.encode(), plane=True)


def test_a_heading_that_is_not_read_may_stand_twice():
    text = csv([(*r, "a", 0, 1) for r in rows()], "time,x,y,pass,note,note")
    assert len(track_of("k.csv", text.encode(), plane=True)) == len(rows())
