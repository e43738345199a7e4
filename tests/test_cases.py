"""PLAN: cases of the public libraries; plans against brute force, hand figures and a checker."""

import itertools
import json
import random
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.apps import cli
from landrelease.errors import LandReleaseError
from landrelease.plan.cases.bounds import first_bound, skill_sets
from landrelease.plan.cases.case import Activity, Case, Mode, Work
from landrelease.plan.cases.check import faults
from landrelease.plan.cases.decode import arrays, groups, staff
from landrelease.plan.cases.exact import named
from landrelease.plan.cases.mspsp import read_mspsp
from landrelease.plan.cases.psplib import read_psplib
from landrelease.plan.cases.solve import one_after_another, plan_case
from landrelease.plan.cases.sound import crew, reduced, sound

# --- files written for these tests --------------------------------------------------------------


def psplib_text(case: Case) -> str:
    """A case in the layout of PSPLIB."""
    stars = "*" * 72
    kinds = [*(f"R {i + 1}" for i in range(len(case.renewable))),
             *(f"N {i + 1}" for i in range(len(case.consumable)))]
    lines = [stars, "file with basedata            : own", stars, "projects : 1",
             f"jobs (incl. supersource/sink ):  {len(case.activities)}", "horizon : 99",
             "RESOURCES", f"  - renewable                 :  {len(case.renewable)}   R",
             f"  - nonrenewable              :  {len(case.consumable)}   N",
             "  - doubly constrained        :  0   D", stars, "PROJECT INFORMATION:",
             "pronr.  #jobs rel.date duedate tardcost  MPM-Time", "    1    0    0    0    0    0",
             stars, "PRECEDENCE RELATIONS:", "jobnr.    #modes  #successors   successors"]
    lines += [f"{a.id:4}{len(a.modes):10}{len(a.successors):10}   "
              + "  ".join(map(str, a.successors)) for a in case.activities]
    lines += [stars, "REQUESTS/DURATIONS:", "jobnr. mode duration  " + "  ".join(kinds), "-" * 72]
    for a in case.activities:
        for k, m in enumerate(a.modes, 1):
            first = f"{a.id:3}" if k == 1 else "   "
            lines.append(first + "  ".join(f"{x:4}" for x in (k, m.duration, *m.renewable,
                                                             *m.consumable)))
    lines += [stars, "RESOURCEAVAILABILITIES:", "  " + "  ".join(kinds),
              "  ".join(f"{x:4}" for x in (*case.renewable, *case.consumable)), stars]
    return "\n".join(lines) + "\n"


def mspsp_text(case: Case) -> str:
    """A case in the layout of the MSPSP library."""
    links = [(a.id, b) for a in case.activities for b in a.successors]
    wanted = "".join("\n\t| " + ",".join(map(str, a.people)) + "," for a in case.activities)
    masters = "".join("\n\t| " + ",".join(
        str(s in m).lower() for s in range(1, case.skills + 1)) + "," for m in case.masters)
    return "\n".join([
        "% seed = 1", "mint = 0;", f"nActs = {len(case.activities)};",
        f"dur = {[a.modes[0].duration for a in case.activities]};", f"nSkills = {case.skills};",
        f"sreq = [{wanted[2:]} |]; % rows", f"nResources = {len(case.masters)};",
        f"mastery = [{masters[2:]} |];", f"nPrecs = {len(links)};",
        f"pred = {[a for a, _ in links]};", f"succ = {[b for _, b in links]};",
        "USEFUL_RES = [{},", "\t{1,2}];", ""])


def simple(durations, demands, capacity, links=(), **more) -> Case:
    """One mode each; `links` as (before, after)."""
    return Case("own", tuple(
        Activity(i, (Mode(d, r),), tuple(b for a, b in links if a == i))
        for i, (d, r) in enumerate(zip(durations, demands, strict=True), 1)), capacity, **more)


DIAMOND = simple([0, 3, 2, 4, 0], [(0,), (2,), (1,), (2,), (0,)], (3,),
                 [(1, 2), (1, 3), (2, 4), (3, 5), (4, 5)])
MODES = Case("modes", (
    Activity(1, (Mode(1, (3,), (4,)), Mode(4, (1,), (1,))), (3,)),
    Activity(2, (Mode(2, (2,), (3,)), Mode(5, (1,), (0,))), (3,)),
    Activity(3, (Mode(2, (1,), (2,)),))), (3,), (7,))
PEOPLE = Case("people", (
    Activity(1, (Mode(2),), (), (1, 1)), Activity(2, (Mode(3),), (), (1, 0)),
    Activity(3, (Mode(2),), (), (0, 2))), skills=2,
    masters=(frozenset({1}), frozenset({1, 2}), frozenset({2})))


@pytest.mark.parametrize("case", [DIAMOND, MODES])
def test_a_psplib_file_reads_as_it_was_written(case):
    assert read_psplib(psplib_text(case), case.name) == case


def test_a_mspsp_file_reads_as_it_was_written():
    assert read_mspsp(mspsp_text(PEOPLE), "people") == PEOPLE


@pytest.mark.parametrize(("old", "new", "code", "words"), [
    ("jobs (incl. supersource/sink ):  5", "jobs (incl. supersource/sink ):  five", "PLN-301",
     "five"),
    ("doubly constrained        :  0", "doubly constrained        :  1", "PLN-303", "doubly"),
    ("PRECEDENCE RELATIONS:", "PRECEDENCES:", "PLN-302", "PRECEDENCE RELATIONS"),
    ("REQUESTS/DURATIONS:", "", "PLN-302", "REQUESTS/DURATIONS"),
    ("   2         1         1   4", "   2         1         1   9", "PLN-301", "line 19"),
    ("   2         1         1   4", "   2         1         2   4", "PLN-301", "successors"),
    ("   2         1         1   4", "   3         1         1   4", "PLN-301", "jobnr."),
    ("   2         1         1   4", "   2         1         1   2", "PLN-304", "2 → 2"),
    ("   1     3     2", "   1     -3     2", "PLN-301", "-3"),
    ("   1     3     2", "   1     3     4", "PLN-305", "activity 2"),
    ("   1     3     2", "   1     3", "PLN-301", "requests"),
    ("   1     3     2", "   2     3     2", "PLN-301", "mode"),
    ("   1     3     2", "   1     999999999999999999999     2", "PLN-301", "line 28"),
])
def test_a_broken_psplib_file_is_refused_in_words(old, new, code, words):
    text = psplib_text(DIAMOND)
    assert old in text
    with pytest.raises(LandReleaseError) as error:
        read_psplib(text.replace(old, new, 1), "broken.sm")
    assert error.value.code == code and words in str(error.value)
    assert "broken.sm" in str(error.value)


@pytest.mark.parametrize(("old", "new", "code", "words"), [
    ("nActs = 3;", "", "PLN-302", "nActs"),
    ("nActs = 3;", "nActs = 4;", "PLN-301", "dur"),
    ("nActs = 3;", "nActs = x;", "PLN-301", "line 3"),
    ("nSkills = 2;", "nSkills = 2; nSkills = 2;", "PLN-301", "given twice"),
    ("dur = [2, 3, 2];", "dur = 2, 3, 2;", "PLN-301", "square brackets"),
    ("true,true", "true,yes", "PLN-301", "true or false"),
    ("true,true,", "true,true,true,", "PLN-301", "in a row"),
    ("1,1,", "1,3,", "PLN-305", "activity 1"),
    ("pred = [];", "pred = [1];", "PLN-301", "pred"),
    ("succ = [];", "succ = []", "PLN-301", "succ"),
    ("sreq = [|", "sreq = [", "PLN-301", "sreq"),
])
def test_a_broken_mspsp_file_is_refused_in_words(old, new, code, words):
    text = mspsp_text(PEOPLE)
    assert old in text
    with pytest.raises(LandReleaseError) as error:
        read_mspsp(text.replace(old, new, 1), "broken.dzn")
    assert error.value.code == code and words in str(error.value)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_damage_to_a_file_is_an_error_in_words_or_a_case(data):
    """Cut or changed anywhere, a file reads or is refused; it never ends in another exception."""
    text, read = data.draw(st.sampled_from(
        [(psplib_text(MODES), read_psplib), (mspsp_text(PEOPLE), read_mspsp)]))
    at = data.draw(st.integers(0, len(text) - 1))
    if data.draw(st.booleans()):
        broken = text[:at]
    else:
        broken = text[:at] + data.draw(st.text(
            st.sampled_from("0179|,;[] \n-Rx=%é"), max_size=3)) + text[at + 1:]
    try:
        case = read(broken, "f")
    except LandReleaseError as error:
        assert error.code.startswith("PLN-30")
    else:
        assert sound(case) is case


def test_a_circle_is_named():
    with pytest.raises(LandReleaseError, match=r"PLN-304.*2 → 3 → 4 → 2|3 → 4 → 2 → 3"):
        sound(simple([1] * 4, [()] * 4, (), [(1, 2), (2, 3), (3, 4), (4, 2)]))


def test_a_stock_that_no_choice_of_modes_keeps_is_refused():
    with pytest.raises(LandReleaseError, match=r"PLN-306.*use 3; there are 2"):
        sound(replace(MODES, consumable=(2,)))


# --- plans ----------------------------------------------------------------------------------------


def ends(case: Case, **effort) -> tuple[int, int]:
    plan = plan_case(case, seed=1, **({"iterations": 20} | effort))
    assert faults(case, plan.works, plan.makespan) == []
    assert plan.bound <= plan.makespan
    return plan.makespan, plan.bound


@pytest.mark.parametrize(("case", "least"), [
    (DIAMOND, 7),  # 2 and 3 fit beside each other, 4 follows 2
    (simple([2] * 7, [(2,)] * 7, (5,)), 8),  # two at a time, seven of them: four turns of 2
    (simple([4, 3, 5], [()] * 3, ()), 5),  # nothing in the way but time
    (simple([1, 2, 3], [(1,)] * 3, (1,), [(3, 1)]), 6),  # one at a time
    # 1 short and 2 short use 7, with 3 that is 9; of the pairs within 7 the sooner is long, short.
    (MODES, 6),
    # 3 takes both who master skill 2; then one of them serves in skill 1 and the other in 2.
    (PEOPLE, 4),
    (simple([0], [()], ()), 0),
])
def test_the_optimum_that_paper_gives_is_found_and_proved(case, least):
    assert ends(case) == (least, least)


def tiny(seed: int) -> Case:
    """Four activities over at most three others' kinds; sometimes modes, sometimes people."""
    rng = random.Random(seed)
    links = [(a, b) for a in range(1, 5) for b in range(a + 1, 5) if rng.random() < 0.3]
    people = seed % 3 == 2
    several = seed % 3 == 1
    masters = tuple(frozenset(s for s in (1, 2) if rng.random() < 0.6) or frozenset({1})
                    for _ in range(3)) if people else ()
    while True:
        case = Case("tiny", tuple(
            Activity(i, tuple(Mode(rng.randint(0, 3), (rng.randint(0, 2),),
                                   (rng.randint(0, 3),) if several else ())
                              for _ in range(2 if several else 1)),
                     tuple(b for a, b in links if a == i),
                     (rng.randint(0, 1), rng.randint(0, 2)) if people else ())
            for i in range(1, 5)), (2,), (6,) if several else (), 2 if people else 0, masters)
        try:
            return sound(case)
        except LandReleaseError:
            masters = tuple(frozenset({1, 2}) for _ in masters)


def brute_force(case: Case) -> int | None:
    """The least end over all modes, starts and crews, each tried with plain counting."""
    def crews(activity):
        seats = [s for s, n in enumerate(activity.people, 1) for _ in range(n)]
        return {tuple(sorted(zip(persons, seats, strict=True)))
                for persons in itertools.permutations(range(1, len(case.masters) + 1), len(seats))
                if all(s in case.masters[p - 1]
                       for p, s in zip(persons, seats, strict=True))} or {()}

    best = None
    for modes in itertools.product(*(a.modes for a in case.activities)):
        if any(sum(m.consumable[k] for m in modes) > there
               for k, there in enumerate(case.consumable)):
            continue
        horizon = sum(m.duration for m in modes)
        for starts in itertools.product(*(range(horizon - m.duration + 1) for m in modes)):
            end = max(s + m.duration for s, m in zip(starts, modes, strict=True))
            if best is not None and end >= best:
                continue
            at = {a.id: (s, s + m.duration)
                  for a, s, m in zip(case.activities, starts, modes, strict=True)}
            if any(at[b][0] < at[a.id][1] for a in case.activities for b in a.successors):
                continue
            if any(sum(m.renewable[r] for s, m in zip(starts, modes, strict=True)
                       if s <= t < s + m.duration) > there
                   for r, there in enumerate(case.renewable) for t in range(end)):
                continue
            for chosen in itertools.product(*(crews(a) for a in case.activities)):
                busy = [(t, p) for a, crew_ in zip(case.activities, chosen, strict=True)
                        for p, _ in crew_ for t in range(*at[a.id])]
                if len(busy) == len(set(busy)):
                    best = end
                    break
    return best


@pytest.mark.parametrize("seed", range(36))
def test_brute_force_agrees(seed):
    case = tiny(seed)
    least = brute_force(case)
    if least is None:
        with pytest.raises(LandReleaseError, match="PLN-307"):
            plan_case(case, iterations=20)
        return
    assert first_bound(case) <= least
    assert ends(case) == (least, least)
    assert ends(case, iterations=None, seconds=5, workers=1) == (least, least)


def test_no_plan_at_all_is_proved():
    """Each thriftiest mode alone would do, together no choice keeps both stocks."""
    case = Case("short", tuple(Activity(i, (Mode(1, (), (2, 0)), Mode(1, (), (0, 2))))
                               for i in (1, 2, 3)), (), (2, 2))
    with pytest.raises(LandReleaseError, match="PLN-307"):
        plan_case(case, iterations=20)


def crowded(seed: int, n: int = 40) -> Case:
    """A larger project that is not closed at once."""
    rng = random.Random(seed)
    links = [(a, b) for a in range(1, n + 1) for b in range(a + 1, min(n, a + 9) + 1)
             if rng.random() < 0.15]
    return simple([rng.randint(1, 10) for _ in range(n)],
                  [(rng.randint(0, 9), rng.randint(0, 9)) for _ in range(n)], (13, 12), links)


def varied(seed: int, people: bool, n: int = 30) -> Case:
    """A project with modes and stocks, or with people, that is not closed at once."""
    rng = random.Random(seed)
    plain = crowded(seed, n)
    if people:
        return replace(
            plain, renewable=(), skills=3, masters=tuple(
                frozenset(rng.sample((1, 2, 3), rng.randint(1, 2))) | {1 + p % 3}
                for p in range(6)),
            activities=tuple(replace(
                a, modes=(Mode(a.modes[0].duration),),
                people=tuple(rng.randint(0, 1) for _ in range(3))) for a in plain.activities))
    return replace(
        plain, consumable=(4 * n,), activities=tuple(replace(a, modes=tuple(
            Mode(rng.randint(1, 9), (rng.randint(1, 8), rng.randint(0, 8)), (rng.randint(0, 9),))
            for _ in range(3))) for a in plain.activities))


@pytest.mark.parametrize(("case", "iterations"), [
    (crowded(3), 3), (crowded(6, 85), 5), (varied(1, False), 3), (varied(2, True), 3)],
    ids=["one mode", "large", "modes", "people"])
def test_equal_seed_and_iterations_give_equal_plans(case, iterations):
    first, again = (plan_case(sound(case), iterations=iterations, seed=5) for _ in range(2))
    assert first == again
    assert faults(case, first.works, first.makespan) == []


@pytest.mark.parametrize("case", [crowded(4), MODES, PEOPLE], ids=lambda c: c.name)
def test_an_interrupted_run_returns_the_best_plan_so_far(case):
    def stop(what, share):
        raise KeyboardInterrupt

    plan = plan_case(case, iterations=500, progress=stop)
    assert plan.interrupted or plan.proved
    assert faults(plan.case, plan.works, plan.makespan) == []
    assert plan.bound <= plan.makespan


def test_without_any_effort_there_is_a_plan_and_a_bound():
    case = crowded(5)
    plan = plan_case(case, seconds=0)
    assert faults(case, plan.works, plan.makespan) == []
    assert first_bound(case) <= plan.bound <= plan.makespan


@pytest.mark.parametrize("options", [
    {"seconds": -1}, {"iterations": -1}, {"seed": -1}, {"workers": 3}, {"seconds": float("nan")}])
def test_an_effort_that_makes_no_sense_is_refused(options):
    with pytest.raises(LandReleaseError, match="PLN-009"):
        plan_case(DIAMOND, **options)


# --- its parts ------------------------------------------------------------------------------------


@given(st.lists(st.frozensets(st.integers(1, 3)), max_size=5), st.tuples(*[st.integers(0, 2)] * 3))
@settings(max_examples=200, deadline=None)
def test_people_are_found_exactly_when_there_are_enough(masters, wanted):
    """Compiled choice and plain matching agree; both agree with Hall's condition."""
    case = Case("c", (Activity(1, (Mode(1),), (), wanted),), skills=3, masters=tuple(masters))
    flat, together = arrays(case), groups(case)
    chosen = np.zeros((len(together), 3), np.int64)
    enough = staff(flat.want[0], flat.size.copy(), flat.masters, np.arange(len(together)), chosen)
    hall = all(sum(wanted[s - 1] for s in skills) <= sum(bool(skills & m) for m in masters)
               for size in (1, 2, 3) for skills in map(
                   frozenset, itertools.combinations((1, 2, 3), size)))
    assert enough == (crew(wanted, tuple(masters)) is not None) == hall
    if enough:
        assert tuple(chosen.sum(axis=0)) == wanted
        assert (chosen.sum(axis=1) <= flat.size).all() and (chosen <= 9 * flat.masters).all()
        counts = {(1, g, s + 1): n for (g, s), n in np.ndenumerate(chosen)}
        assert faults(case, named(case, (Work(1, 0),), counts), 1) == []
    assert all(sum(s in m for m in masters) <= there
               for skills, there in skill_sets(case) for s in skills)


def test_modes_that_no_best_plan_needs_go_and_keep_their_numbers():
    case = Case("c", (
        Activity(1, (Mode(1, (4,), (0,)), Mode(3, (1,), (0,)), Mode(3, (2,), (1,)),
                     Mode(2, (1,), (3,)))),
        Activity(2, (Mode(1, (1,), (2,)),))), (3,), (4,))
    # Mode 1 wants more than there is, 3 is nowhere better than 2, 4 exceeds the stock beside 2.
    less, numbers = reduced(case)
    assert numbers == {1: (2,), 2: (1,)} and len(less.activities[0].modes) == 1
    plan = plan_case(case, iterations=1)
    assert {w.id: w.mode for w in plan.works} == {1: 2, 2: 1}


def test_one_after_another_is_a_plan():
    found = 0
    for seed in range(12):
        case = tiny(seed)
        works, makespan = one_after_another(case)
        if works is not None:  # else the stocks of this case are not kept so
            assert faults(case, works, makespan) == []
            found += 1
    assert found >= 6


# --- the checker ----------------------------------------------------------------------------------


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_the_checker_finds_every_broken_rule(data):
    case, works, makespan = data.draw(st.sampled_from(SOLVED))
    by_id = {a.id: a for a in case.activities}
    at = data.draw(st.integers(0, len(works) - 1))
    work = works[at]
    length = by_id[work.id].modes[work.mode - 1].duration

    def put(**changes):
        return (*works[:at], replace(work, **changes), *works[at + 1:])

    broken = {
        "lost": lambda: (works[:at] + works[at + 1:], makespan),
        "twice": lambda: ((*works, work), makespan),
        "unknown": lambda: ((*works, Work(99, 0)), makespan),
        "end": lambda: (works, makespan + data.draw(st.sampled_from([-2, -1, 1, 2]))),
        "negative": lambda: (put(start=-data.draw(st.integers(1, 3))), makespan),
        "mode": lambda: (put(mode=data.draw(
            st.sampled_from([0, -1, len(by_id[work.id].modes) + 1]))), makespan),
        "late": lambda: (put(start=makespan - length + 1), makespan),
        "crowd": lambda: (put(people=((1, 1), (1, 1))), makespan),
        "stranger": lambda: (put(people=((len(case.masters) + 1, 1),)), makespan),
    }
    kind = data.draw(st.sampled_from(sorted(broken)))
    assert faults(case, *broken[kind]()), kind


@pytest.mark.parametrize(("case", "works", "makespan", "words"), [
    (DIAMOND, [0, 0, 0, 2, 6], 6, "activity 4 starts before activity 2 ends"),
    (replace(DIAMOND, renewable=(2,)), [0, 0, 0, 3, 7], 7,
     "period 0: 3 of renewable 1 are used, there are 2"),
])
def test_the_checker_says_what_is_wrong(case, works, makespan, words):
    assert words in faults(case, tuple(
        Work(i, start) for i, start in enumerate(works, 1)), makespan)


@pytest.mark.parametrize(("people", "words"), [
    ([((1, 1), (3, 2)), ((2, 1),), ((2, 2), (3, 2))], "person 2 serves 2 times"),
    ([((1, 2), (3, 1)), (), ()], "person 1 does not master skill 2"),
    ([((1, 1),), (), ()], "activity 1 does not have 1 of skill 2"),
    ([((1, 1), (3, 2), (2, 1)), (), ()], "activity 1 does not have 1 of skill 1"),
])
def test_the_checker_counts_people(people, words):
    starts = [3, 0, 0]
    works = tuple(Work(i, s, 1, p) for i, (s, p) in enumerate(zip(starts, people, strict=True), 1))
    assert any(words in fault for fault in faults(PEOPLE, works, 5))


def test_the_checker_counts_what_is_used_up():
    works = (Work(1, 0, 1), Work(2, 1, 1), Work(3, 3, 1))
    assert faults(MODES, works, 5) == ["9 of consumable 1 are used, there are 7"]


SOLVED = [(case, *one_after_another(case)) for case in (DIAMOND, PEOPLE, crowded(1, 12))]


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def run(capsys, monkeypatch):
    def call(*words):
        monkeypatch.setattr(sys, "argv", ["landrelease", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
            raise SystemExit(0)
        said = capsys.readouterr()
        return (stop.value.code or 0), said.out, said.err
    return call


@pytest.mark.parametrize(("case", "text", "kind", "least"), [
    (DIAMOND, psplib_text, "psplib", 7), (MODES, psplib_text, "psplib-mm", 6),
    (PEOPLE, mspsp_text, "mspsp", 4)])
def test_the_command_writes_a_plan_that_the_checker_accepts(run, tmp_path, case, text, kind, least):
    archive, out = tmp_path / "set.zip", tmp_path / "plan.json"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.txt", text(case))
        packed.writestr("other.txt", "no case")
    code, said, _ = run("plan", "case", f"{archive}#a.txt", "--format", kind, "--json", out,
                        "--iterations", 20)
    assert code == 0 and f"ends at {least}" in said and "soonest possible" in said
    written = json.loads(out.read_text())
    assert written["makespan"] == written["bound"] == least
    works = tuple(Work(row["id"], row["start"], row["mode"],
                       tuple(zip(row["resources"], row.get("skills", []), strict=True)))
                  for row in written["activities"])
    assert faults(case, works, least) == []


@pytest.mark.parametrize(("name", "content", "kind", "code"), [
    ("gone.sm", None, "psplib", "FIL-001"), ("empty.sm", b"", "psplib", "FIL-002"),
    ("bad.sm", b"\xff\xfe", "psplib", "FIL-008"), ("a.sm", b"x", "other", "CLI-103"),
    ("a.sm", b"some text", "psplib", "PLN-302"), ("a.dzn", b"x = 1;", "mspsp", "PLN-302"),
    ("a.zip", b"PK\x03\x04 cut off", "psplib", "FIL-004"),
    ("a.zip#b.sm", b"PK\x03\x04 cut off", "psplib", "FIL-004"),
])
def test_bad_input_ends_in_one_line_and_status_2(run, tmp_path, name, content, kind, code):
    if content is not None:
        (tmp_path / name.split("#")[0]).write_bytes(content)
    status, _, err = run("plan", "case", tmp_path / name, "--format", kind, "--quiet")
    assert status == 2 and err.startswith(f"[{code}]") and len(err.splitlines()) == 1


def test_a_file_that_the_archive_lacks_is_named(run, tmp_path):
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as packed:
        packed.writestr("a.sm", psplib_text(DIAMOND))
        packed.writestr("b.sm", psplib_text(DIAMOND))
    for given_ in ("s.zip#c.sm", "s.zip"):
        status, _, err = run("plan", "case", tmp_path / given_, "--format", "psplib", "--quiet")
        assert status == 2 and "PLN-309" in err and "s.zip#a.sm" in err
