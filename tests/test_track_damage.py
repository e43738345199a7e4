"""TRK-P: whatever a log suffered, in every format, live and afterwards: it is told, the ground
under it is listed, and ground where nobody was never counts (S05)."""

import dataclasses
import shutil

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from landrelease.core.geometry import plane_for
from landrelease.workflows import follow, operate
from test_bad_tracks import BEGIN, FORMATS, GROUND, STATED, degrees
from tracks_made import lanes

NEVER = box(6.2, 0, 9, 30)  # the lanes at the right are not driven
OPTIONS = operate.ProofOptions(0.95, gap_s=5)


@dataclasses.dataclass
class Log:
    """Lanes in degrees as a receiver wrote them, and the steps whose ground is in doubt."""

    t: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray
    p: np.ndarray
    codes: set
    doubtful: np.ndarray  # ends of steps

    def content(self, kind):
        return FORMATS[kind](self.t + BEGIN, self.longitude, self.latitude, self.p)


TRUE = tuple(v[lanes()[3] < 4] for v in lanes())
MANY = len(TRUE[0])


def moved(log, some, dx, dy):
    x, y = TRUE[1].copy(), TRUE[2].copy()
    x[some] += dx
    y[some] += dy
    log.longitude, log.latitude = degrees(x, y)


@st.composite
def damaged(draw):
    t, x, y, p = TRUE
    longitude, latitude = degrees(x, y)
    log = Log(t.copy(), longitude.copy(), latitude.copy(), p, set(), np.empty(0, np.int64))
    k = draw(st.integers(8, MANY - 70))
    k += int(p[k] != p[k - 1])  # between lanes a step is none
    many = draw(st.integers(1, 25))
    if draw(st.booleans()):  # to the end of a lane, or from its beginning: no second leap
        last = np.flatnonzero(np.diff(p, append=9))[p[k]]
        k, many = (max(k, last - 20), last - max(k, last - 20) + 1) if draw(st.booleans()) else (
            last + 1 if last + 1 < MANY else k, many)
    some = np.arange(k, k + many)
    within = p[k] == p[k - 1]
    what = draw(st.sampled_from([*(["clock back", "clock ahead"] if within else []), "axes",
                                 "zero", "leap", "far", "doubled", "all axes"]))
    log.doubtful = np.arange(k, k + many + 1)
    if what == "clock back":
        log.t[k:] -= draw(st.integers(1, 4000))
        log.codes, log.doubtful = {"TRK-006", "TRK-007"}, np.array([k])
    elif what == "clock ahead":
        log.t[k:] += draw(st.integers(6, 4000))
        log.codes, log.doubtful = {"TRK-003"}, np.array([k])
    elif what == "axes":
        log.longitude[some], log.latitude[some] = latitude[some], longitude[some]
        log.codes = {"TRK-010"}
    elif what == "all axes":
        log.longitude, log.latitude = latitude, longitude
        log.codes, log.doubtful = {"TRK-010"}, np.arange(1, MANY)
    elif what == "zero":
        log.longitude[some] = log.latitude[some] = 0
        log.codes = {"TRK-009"}
    elif what == "leap":
        way = draw(st.floats(0, 6.28))
        moved(log, some, 28 * np.cos(way), 28 * np.sin(way))
        log.codes = {"TRK-005"}
    elif what == "far":
        moved(log, some, draw(st.sampled_from([-900.0, 900.0, 60_000.0])), 0)
        log.codes = {"TRK-010"}
    else:
        at = np.sort(np.concatenate([np.arange(MANY), some]))
        log = Log(t[at], longitude[at], latitude[at], p[at], {"TRK-008"}, np.empty(0, np.int64))
    return log


def ground_of_steps(ends):
    """The middle of the swath of each step inside the task, that no other lane reaches."""
    _, x, y, p = TRUE
    out = []
    for k in ends:
        if p[k] == p[k - 1]:
            low, high = sorted([y[k - 1], y[k]])
            out.append(box(x[k] - 0.6, low + 0.05, x[k] + 0.6, high - 0.05))
    return shapely.intersection(shapely.union_all(out), box(0, 0, 9, 30))


def check(proof, log):
    listed = shapely.union_all(shapely.buffer(proof.spots.polygons, 1e-3))
    assert listed.covers(NEVER)
    ground = ground_of_steps(log.doubtful)
    assert ground.is_empty or listed.covers(ground)
    assert proof.certain_m2 <= 6.12 * 30  # MAVLink rounds a place to a centimetre
    assert proof.uncovered_least_m2 <= proof.uncovered_most_m2


@pytest.mark.parametrize("kind", FORMATS)
@settings(deadline=None, max_examples=10)
@given(log=damaged(), cuts=st.lists(st.floats(0.05, 0.95), max_size=2))
def test_safety_S05_no_damage_makes_ground_certain(tmp_path_factory, kind, log, cuts):
    folder = tmp_path_factory.mktemp("log")
    path, content = folder / f"k.{kind}", log.content(kind)
    path.write_bytes(content)
    made = operate.prove_on(GROUND, [operate.TrackFile(path, "machine", 1.7, 0.0)], OPTIONS,
                            STATED).proof
    check(made, log)
    told = {f.code for f in made.findings}
    assert told & log.codes
    assert all(not f.counted for f in made.findings if f.code != "TRK-008")
    # The same log while it grows: cut anywhere, and never more than at its end.
    path.unlink()
    sizes = [int(c * len(content)) for c in sorted(cuts)] + [len(content)]
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds
        if sizes:
            path.write_bytes(content[:sizes.pop(0)])

    looks = list(follow.following(
        GROUND, operate.TrackFile(path, "machine", 1.7, 0.0), OPTIONS, STATED, every_s=1, idle_s=3,
        clock=lambda: now[0], sleep=sleep))
    for look in looks:
        assert shapely.union_all(shapely.buffer(look.proof.spots.polygons, 1e-3)).covers(NEVER)
    assert looks[-1].proof.certain_m2 == pytest.approx(made.certain_m2, abs=1e-9)
    assert {f.code for look in looks for f in look.new} >= told
    shutil.rmtree(folder)


@pytest.mark.parametrize("kind", FORMATS)
@settings(deadline=None, max_examples=10)
@given(share=st.floats(0.1, 0.99))
def test_safety_S05_a_log_cut_off_anywhere_counts_to_its_last_whole_fix(
        tmp_path_factory, kind, share):
    whole = Log(*TRUE[:1], *degrees(*TRUE[1:3]), TRUE[3], set(), np.empty(0)).content(kind)
    path = tmp_path_factory.mktemp("log") / f"k.{kind}"
    path.write_bytes(whole[:int(share * len(whole))])
    made = operate.prove_on(GROUND, [operate.TrackFile(path, "machine", 1.7, 0.0)], OPTIONS,
                            STATED)
    # Fixes that the file holds whole; MAVLink has some heads before the first one.
    last = int(share * MANY) + 1
    check(made.proof, Log(*TRUE[:1], TRUE[1], TRUE[2], TRUE[3], set(), np.arange(last + 1, MANY)))
    assert abs(len(made.tracks[0]) - share * MANY) < 0.05 * MANY
    if kind == "gpx":
        assert "cut off" in " ".join(f.text for f in made.proof.findings)


def test_a_log_of_another_task_proves_nothing_and_says_so(tmp_path):
    far = plane_for((31.0, 48.0, 31.01, 48.01))
    for kind, write in FORMATS.items():
        t, x, y, p = TRUE
        places = shapely.get_coordinates(far.to_degrees(shapely.points(np.column_stack([x, y]))))
        path = tmp_path / f"k.{kind}"
        path.write_bytes(write(t + BEGIN, places[:, 0], places[:, 1], p))
        made = operate.prove_on(GROUND, [operate.TrackFile(path, "machine", 1.7, 0.0)], OPTIONS,
                                STATED)
        assert made.proof.certain_m2 == made.proof.best_m2 == 0
        assert {f.code for f in made.proof.findings} >= {"TRK-010"}
        assert "TRK-024" in {n["code"] for n in made.result["notes"]}


def test_safety_S10_fixes_that_an_earlier_log_holds_count_once(tmp_path):
    """A logger that writes the day before once more: no second pass, no hours twice."""
    t, x, y, p = TRUE
    longitude, latitude = degrees(x, y)
    half = MANY // 2
    files = []
    for name, some in (("a", slice(0, half)), ("b", slice(half - 40, None))):
        path = tmp_path / f"{name}.gpx"
        path.write_bytes(FORMATS["gpx"](t[some] + BEGIN, longitude[some], latitude[some],
                                        p[some]))
        files.append(operate.TrackFile(path, "machine", 1.7, 0.0))
    whole = tmp_path / "w.gpx"
    whole.write_bytes(FORMATS["gpx"](t + BEGIN, longitude, latitude, p))
    one = operate.prove_on(GROUND, [operate.TrackFile(whole, "machine", 1.7, 0.0)], OPTIONS,
                           STATED).proof
    two = operate.prove_on(GROUND, files, OPTIONS, STATED).proof
    assert [f.count for f in two.findings if f.code == "TRK-008"] == [39]
    assert two.certain_m2 == pytest.approx(one.certain_m2, abs=1e-6)
    assert two.hours == pytest.approx(one.hours, abs=2 / 3600)
    assert two.overlap_m2 == pytest.approx(one.overlap_m2, abs=2.0)
