"""FIG: figures against counts made by hand, at any date, traced, computed again, in tables.

The programme is small and made up; every number in the tests can be added up on paper.
"""

import csv
import json
import sys
from datetime import UTC, date, datetime
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.access import policy
from landrelease.apps import cli
from landrelease.core.columns import columns_of
from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.ledger import Figure
from landrelease.core.lineage import lineage
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.figures import catalogue, items, work
from landrelease.figures.treaty import groups_of
from landrelease.store.columns import ReadOnce, columns
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import figures, treaties
from landrelease.workflows.figures import At

EARLY, LATE = datetime(2026, 1, 5, 8, tzinfo=UTC), datetime(2026, 6, 5, 8, tzinfo=UTC)
HAZARD = shapely.box(17.02, 44.0, 17.03, 44.01)
CLEARED = shapely.box(17.0, 44.0, 17.01, 44.01)


def revision(kind, n, values, shape=None, *, at=EARLY, day=date(2025, 6, 1), level="entered"):
    return Revision(kind=kind, record_id=f"{kind}-{n}", recorded_at=at, recorded_by="test",
                    reason="test", source="", valid_from=day, validation=level, values=values,
                    geometry=shape)


def item(n, category, quantity, disposal, place=(17.001, 44.001), **more):
    at, day = more.pop("at", EARLY), more.pop("day", date(2025, 6, 1))
    level = more.pop("level", "entered")
    values = {"ordnance_category": category, "disposal": disposal, **more}
    if quantity is not None:
        values["quantity"] = quantity
    return revision("item", n, values, shapely.Point(place), at=at, day=day, level=level)


FIRST = [
    revision("administrative_area", 1, {"name": "Alpha", "level": 1},
             shapely.box(16.9, 43.9, 17.015, 44.2)),
    revision("administrative_area", 2, {"name": "Beta", "level": 1},
             shapely.box(17.015, 43.9, 17.2, 44.2)),
    revision("hazard", 1, {"hazard_type": "CHA", "status": "open",
                           "ordnance_confirmed": ["ap_mine_blast"]}, HAZARD,
             day=date(2024, 1, 1)),
    *(revision("hazard", n, {"hazard_type": "SHA", "status": "open"},
               shapely.box(17.04, 44.0 + n / 100, 17.05, 44.005 + n / 100), day=date(2025, 3, 1))
      for n in (2, 3, 4)),
    revision("outcome", 1, {"outcome_type": "cleared", "depth_m": 0.2, "hazard": "hazard-1"},
             CLEARED),
    revision("outcome", 2, {"outcome_type": "searched"}, shapely.box(17.1, 44.1, 17.11, 44.11)),
    item(1, "ap_mine_blast", 3, "destroyed", destroyed_on=date(2025, 7, 1), level="authority"),
    item(2, "ap_mine_fragmentation", None, "neutralised"),
    item(3, "av_mine", 2, "found"),
    item(4, "submunition", 5, "destroyed", destroyed_on=date(2024, 7, 1), spot_task="yes"),
    item(5, "small_arms_ammunition", 1000, "destroyed"),
    item(6, "mortar_bomb", 4, "destroyed"),
    item(7, "none_found", 9, "found"),
    revision("activity", 1, {"activity_type": "clearance", "area_m2": 500.0, "hours": 6.0,
                             "hours_lost": 2.0, "deminers": 8, "task": "t1",
                             "started_on": date(2025, 5, 1), "teams": ["team-1", "team-2"]},
             shapely.Point(17.001, 44.001)),
    revision("activity", 2, {"activity_type": "clearance", "area_m2": 480.0, "hours": 6.0,
                             "deminers": 8, "task": "t1", "started_on": date(2025, 5, 1),
                             "teams": ["team-2", "team-1"]}, shapely.Point(17.001, 44.001)),
    revision("activity", 3, {"activity_type": "clearance", "area_m2": 100.0, "hours": 4.0,
                             "task": "t1", "started_on": date(2025, 5, 1), "teams": ["team-1"]},
             shapely.Point(17.001, 44.001)),
    revision("accident", 1, {"accident_class": "ordnance_accident", "victims": 2,
                             "killed_men": 1, "injured_boys": 1}, shapely.Point(17.0, 44.1)),
    revision("accident", 2, {"accident_class": "incident"}, shapely.Point(17.0, 44.1)),
    revision("inspection", 1, {"result": "accepted"}),
    revision("inspection", 2, {"result": "rejected"}),
    revision("inspection", 3, {"result": "refused", "visit_refused": "yes"}),
]
LATER = [item(8, "ap_mine_blast", 7, "destroyed", at=LATE, day=date(2026, 5, 1)),
         item(3, "av_mine", 2, "destroyed", at=LATE, day=date(2026, 5, 2))]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("figures") / "r.gpkg"
    with create_registry(str(path), office="Synthetic office") as made:
        made.append(FIRST)
        made.append(LATER)
    return path


@pytest.fixture
def registry(path):
    with open_registry(str(path)) as opened:
        yield opened


def values(registry, role="planner", at=None):
    return {f.id: f.value for f in figures.all_figures(registry, policy.view(role), at).figures}


def test_items_by_hand(registry):
    got = values(registry)
    # 3 + 1 (no quantity stated) + 2 + 5 + 4 + 7; rounds of small arms and "none found" apart.
    assert got["items_found"] == 22
    assert got["items_destroyed"] == 3 + 2 + 5 + 4 + 7
    assert got["items_made_safe"] == got["items_destroyed"] + 1
    assert (got["items_left"], got["items_spot_task"]) == (0, 5)
    assert (got["small_arms_rounds_found"], got["small_arms_rounds_destroyed"]) == (1000, 1000)
    assert (got["items_found_ap_mine"], got["items_destroyed_ap_mine"]) == (11, 10)
    assert got["items_found_other"] == 4 and got["items_found_ied"] == 0


def test_the_groups_of_ordnance_hold_every_category_once():
    from landrelease.core.kinds.common import ORDNANCE

    listed = [c for words in items.GROUPS.values() for c in words]
    assert len(listed) == len(set(listed))
    assert set(ORDNANCE) - set(listed) == {items.SMALL_ARMS, "none_found", "not_reported"}


def test_safety_S03_joint_work_counts_once_and_searched_is_not_cleared(registry):
    got = values(registry)
    # Reports 1 and 2 are one joint work of two teams, with the larger area; report 3 is that of one
    # of them on the same task and day.
    assert got["worked_m2_clearance"] == 500 and got["joint_reports"] == 2
    assert (got["work_reports"], got["team_hours"], got["person_hours"]) == (1, 6, 48)
    assert got["searched_m2"] > 0
    assert got["cleared_m2"] == pytest.approx(geodesic_area_m2(CLEARED))
    assert got["released_m2"] == got["cleared_m2"]


def test_an_item_that_two_teams_of_a_joint_activity_report_counts_once():
    def of(n, team, activity="a"):
        return Record("item", f"i{n}", {
            "ordnance_category": "av_mine", "quantity": 1, "disposal": "destroyed", "team": team,
            "activity": activity, "found_on": date(2025, 1, 1)}, shapely.Point(17, 44))

    table = columns_of("item", [of(1, "x"), of(2, "y"), of(3, "x")],
                       items.FIELDS + items.JOINT_FIELDS)
    alone = {f.id: f.value for f in items.item_figures(table, "h")}
    joint = {f.id: f.value for f in items.item_figures(table, "h", {"a": "a"})}
    # One team may report two at one place; the other team's is the same.
    assert (alone["items_found"], joint["items_found"]) == (3, 2)


def test_safety_S03_an_item_in_each_report_of_one_joint_work_counts_once():
    reports = [Record("activity", n, {
        "activity_type": "clearance", "task": "t", "teams": ["x", "y"],
        "started_on": date(2025, 1, day)})
               for n, day in (("r1", 1), ("r2", 1), ("r3", 2))]
    _, joint = work.joint_work(columns_of("activity", reports, work.FIELDS))
    assert joint == {"r1": "r1", "r2": "r1", "r3": "r3"}
    found = [Record("item", f"i{n}", {
        "ordnance_category": "av_mine", "activity": report, "found_on": date(2025, 1, 1), **said},
        shapely.Point(17, 44)) for n, (report, said) in enumerate((
            ("r1", {"team": "x"}), ("r2", {"team": "y"}), ("r2", {}), ("r3", {"team": "y"})))]
    table = columns_of("item", found, items.FIELDS + items.JOINT_FIELDS)
    assert items.amounts(table, joint)[0].tolist() == [1, 0, 0, 1]


def _day_reports(*said):
    return [Record("activity", f"r{n}", {
        "activity_type": "clearance", "hazard": "h1", "started_on": date(2025, 1, 1),
        "area_m2": 1_000.0, **more}) for n, more in enumerate(said)]


@pytest.mark.parametrize(("said", "counted", "doubted"), [
    # Each names its own team, or none, and the partner.
    (({"organisation": "Op A", "teams": ["t1"], "joint_with": "Op B"},
      {"organisation": "Op B", "teams": ["t2"], "joint_with": "op a"}), 1_000, 0),
    (({"organisation": "Op A", "teams": ["t1"], "joint_with": "Op B"},
      {"organisation": "Op B"}), 1_000, 0),
    # A second team of the partner, on other ground, is its own work.
    (({"organisation": "Op A", "teams": ["t1"], "joint_with": "Op B"},
      {"organisation": "Op A", "teams": ["t3"], "area_m2": 70.0},
      {"organisation": "Op B", "joint_with": "Op A"}), 1_070, 0),
    # Teams in both, though not the same set of them.
    (({"teams": ["t1", "t2"]}, {"teams": ["t2"]}), 1_000, 0),
    (({"teams": ["t1", "t2"], "task": "a"}, {"teams": ["t2"], "task": "b"}), 2_000, 0),
    # Nobody says so: counted twice, and told.
    (({"organisation": "Op A", "teams": ["t1"]}, {"organisation": "Op B", "teams": ["t2"]}),
     2_000, 1),
    (({"organisation": "Op A", "teams": ["t1"]}, {"organisation": "Op A", "teams": ["t2"]}),
     2_000, 1),
    (({"organisation": "Op A", "teams": ["t1"]},
      {"organisation": "Op A", "teams": ["t2"], "area_m2": 300.0}), 1_300, 0),
    (({"organisation": "Op A", "teams": ["t1"], "joint_with": "Op C"},
      {"organisation": "Op B", "teams": ["t2"]}), 2_000, 0),
    (({"organisation": "Op A", "teams": ["t1"]},
      {"organisation": "Op B", "teams": ["t2"], "started_on": date(2025, 1, 2)}), 2_000, 0)])
def test_safety_S03_joint_work_counts_once_where_each_operator_names_its_own(
        said, counted, doubted):
    from landrelease.records.geochecks import check_registry

    reports = _day_reports(*said)
    table = columns_of("activity", reports, work.FIELDS)
    repeats, _ = work.joint_work(table)
    got = {f.id: f.value for f in work.work_figures(table, "h", repeats)}
    assert got["worked_m2_clearance"] == counted
    found = [f for f in check_registry(reports) if f.code == "ROW-044"]
    assert len(found) == doubted


def test_safety_S12_an_item_that_states_no_number_is_at_least_so_many():
    found = [Record("item", f"i{n}", {"ordnance_category": "av_mine", "quantity": said})
             for n, said in enumerate(("ca. 5", "several", 2.5, "", None, 4, "declined"))]
    table = columns_of("item", found, items.FIELDS)
    count, unstated, _ = items.amounts(table)
    assert count.tolist() == [5, 1, 3, 1, 1, 4, 1] and unstated == 6
    figure = next(f for f in items.item_figures(table, "h") if f.id == "items_found")
    assert figure.value == 16 and "6 of 7 records state no whole number" in figure.note


def test_safety_S12_not_reported_is_not_zero(registry):
    found = {f.id: f for f in figures.all_figures(registry, policy.view("planner")).figures}
    assert found["session_count"].value is None and "not reported" in found["session_count"].note
    assert found["victims_killed"].value == 1 and found["victims_killed_men"].value == 1
    assert found["victims_killed_women"].value is None
    assert found["victims"].value == 2 and "1 of 2" in found["victims"].note
    assert "1 of 8 records state no whole number" in found["items_found"].note
    assert found["worked_m2_NTS"].value is None


def test_every_share_has_a_stated_denominator(registry):
    shares = [m for m in catalogue.metrics() if m.unit == "share" or m.id == "items_per_hectare"]
    assert shares and all(m.denominator for m in shares)
    got = values(registry)
    assert got["share_inspections_accepted"] == pytest.approx(1 / 2)  # the refused visit is none
    assert got["share_hours_lost"] == pytest.approx(2 / 8)  # of the report that states both
    assert got["share_cleared_of_released"] == 1
    known = got["released_m2"] + got["hazardous_m2"]
    assert got["share_released_of_known"] == pytest.approx(got["released_m2"] / known)
    assert got["items_per_hectare"] == pytest.approx((22 - 5) / (got["cleared_m2"] / 1e4))


def test_items_on_a_sliver_of_cleared_ground_are_no_density():
    from landrelease.figures.metric import share
    from landrelease.figures.shares import PER_HECTARE

    sliver = share(PER_HECTARE, 326.0, 1e-4, ("r",), "head", least=0.1)
    assert sliver.value is None and "0.0001, below the least" in sliver.note
    assert share(PER_HECTARE, 3.0, 0.1, ("r",), "head", least=0.1).value == pytest.approx(30)
    nothing = share(PER_HECTARE, 3.0, 0.0, ("r",), "head", least=0.1)
    assert nothing.value is None and "is 0" in nothing.note


def test_the_catalogue_names_every_figure_once_and_says_what_counts(registry):
    known = {m.id for m in catalogue.metrics()}
    assert len(known) == len(catalogue.metrics())
    assert all(m.definition and m.counts and m.unit for m in catalogue.metrics())
    made = {f.id.split(":")[0] for f in figures.all_figures(
        registry, policy.view("planner")).figures}
    assert made <= known


def test_as_it_was_and_as_it_was_known(registry):
    assert values(registry, at=At(valid_at=date(2025, 12, 31)))["items_found"] == 15
    known = values(registry, at=At(known_at=datetime(2026, 2, 1, tzinfo=UTC)))
    assert (known["items_found"], known["items_left"]) == (15, 2)  # item 3 had not been destroyed
    before = values(registry, at=At(valid_at=date(2025, 1, 1)))
    assert before["hazard_count"] == 1 and before["cleared_m2"] is None


def test_only_what_is_validated_so_far_counts(registry):
    got = values(registry, at=At(level="authority"))
    assert got["items_found"] == 3 and got["cleared_m2"] is None
    assert got["hazard_count"] == 4  # hazards count at every level (S01)
    with pytest.raises(LandReleaseError, match="SIG-006"):
        values(registry, at=At(level="everybody"))


def test_safety_S16_what_is_not_removed_is_not_told_outside(registry):
    public = values(registry, role="public")
    assert not {"items_found", "items_left", "items_found_av_mine", "items_per_hectare",
                "team_hours", "victims"} & set(public)
    assert public["items_destroyed"] == 21
    assert "items_destroyed_av_mine" not in public  # one record: too few (S14)


def test_a_figure_is_the_sum_over_the_records_that_it_names(registry):
    found = figures.trace(registry, policy.view("planner"), "items_destroyed")
    records = {r.id: r for r in registry.records("item")}
    assert sum(records[i].values.get("quantity", 1) for i in found.records) == found.value
    assert found.chain_head == registry.head()
    with pytest.raises(LandReleaseError, match="CLI-105"):
        figures.trace(registry, policy.view("public"), "items_found")


@pytest.mark.parametrize("at", [None, (date(2025, 12, 31), None),
                                (None, datetime(2026, 2, 1, tzinfo=UTC)),
                                (date(2026, 5, 1), LATE)])
def test_columns_are_the_records(registry, at):
    day, known = at or (None, None)
    for kind in ("item", "activity", "accident", "team"):
        fields = [f.name for f in registry.kinds[kind].fields if not f.personal]
        fast = columns(registry, kind, fields, valid_at=day, known_at=known, places=True)
        slow = columns_of(kind, registry.records(kind, valid_at=day, known_at=known), fields)
        assert fast.ids.tolist() == slow.ids.tolist()
        assert fast.validation.tolist() == slow.validation.tolist()
        for f in fields:
            assert fast.cells[f].tolist() == slow.cells[f].tolist(), (kind, f)
        if kind == "item":
            np.testing.assert_array_equal(fast.places, slow.places)


@pytest.mark.parametrize(("shape", "accuracy", "lost"), [
    (shapely.Point(17.5, 44.5), None, False), (shapely.Point(17.5, 44.5), 99_000.0, False),
    (shapely.Point(17.5, 44.5), 101_000.0, True), (None, None, True),
    (shapely.Point(), None, True),
    (shapely.Point(-179.5, -44.5), None, False)])
@pytest.mark.parametrize("day", [None, date(2099, 1, 1)])
def test_safety_S01_a_find_without_a_place_is_not_passed_over(tmp_path, shape, accuracy, lost, day):
    """Among the columns that leave out whatever has a place are all that have none."""
    from dataclasses import replace

    from landrelease.workflows.cautions import finds_nowhere

    first = item(1, "av_mine", 2, "found")
    odd = item(2, "av_mine", 1, "found")
    values = {**odd.values, **({} if accuracy is None else {"position_accuracy_m": accuracy})}
    with create_registry(str(tmp_path / "r.gpkg"), office="x") as made:
        made.append([first, replace(odd, values=values, geometry=shape)])
        assert finds_nowhere(made, valid_at=day) is (lost or first.geometry is None)
        told = columns(made, "item", ("hazard",), valid_at=day, places=True,
                       beyond=("position_accuracy_m", 100_000.0))
        assert not lost or odd.record_id in told.ids.tolist()


@pytest.mark.parametrize("known", [None, LATE])
def test_safety_S01_columns_of_what_is_called_so_leave_none_of_it_out(registry, known):
    whole = columns(registry, "item", ("disposal",), known_at=known)
    for words in (["item-3"], ["neutralised"], ["item-1", "found", "none of them"]):
        told = columns(registry, "item", ("disposal",), known_at=known,
                       called=("disposal", words))
        said = zip(whole.ids, whole.cells["disposal"], strict=True)
        wanted = {i for i, disposal in said if {i, disposal} & set(words)}
        assert wanted and wanted <= set(told.ids)
        assert len(told) < len(whole)


def test_columns_that_are_read_once_are_those_of_their_moment(registry):
    read = ReadOnce({"item": ("disposal", "quantity")})
    whole = columns(registry, "item", ("quantity",), places=True)
    for fields in (("quantity",), ("disposal",)):
        once = read(registry, "item", fields, called=("disposal", ["none of them"]))
        assert once.ids.tolist() == whole.ids.tolist()
        np.testing.assert_array_equal(once.places, whole.places)
    assert once.cells["quantity"].tolist() == whole.cells["quantity"].tolist()
    assert read(registry, "item", ("disposal",)) is once
    early = read(registry, "item", ("disposal",), known_at=EARLY)
    assert early.ids.tolist() == [i for i in whole.ids if i != "item-8"]
    assert read(registry, "item", ("model",)).cells["model"].tolist() == [None] * len(whole)
    assert read(registry, "activity", ("hours",)).kind == "activity"


def test_columns_by_arrow_are_the_columns_of_the_records(registry, monkeypatch):
    from landrelease.store import columns as module

    monkeypatch.setattr(module, "_FEW", 0)
    for kind, fields in (("item", items.FIELDS + items.JOINT_FIELDS + items.YEAR_FIELDS),
                         ("activity", work.FIELDS)):
        fast = columns(registry, kind, fields)
        slow = columns_of(kind, registry.records(kind), fields)
        for f in fields:
            assert fast.cells[f].tolist() == slow.cells[f].tolist(), (kind, f)


def test_safety_S12_a_word_among_numbers_is_no_number(tmp_path, monkeypatch):
    from landrelease.store import columns as module

    monkeypatch.setattr(module, "_FEW", 0)
    with create_registry(str(tmp_path / "r.gpkg"), office="x") as made:
        made.append([item(1, "av_mine", 2, "found"), item(2, "av_mine", "declined", "found")])
        table = columns(made, "item", ("quantity",))
    assert np.isnan(table.numbers("quantity")).tolist() == [False, True]


counts = st.lists(st.tuples(
    st.sampled_from(["ap_mine", "av_mine", "mortar_bomb", items.SMALL_ARMS, "none_found", None]),
    st.one_of(st.none(), st.integers(0, 9), st.just("declined")),
    st.sampled_from(["destroyed", "found", "removed", "left_marked", None, "not_reported"])),
    max_size=30)


@given(counts)
@settings(max_examples=60, deadline=None)
def test_items_are_the_sum_of_their_ends_and_of_their_groups(rows):
    table = columns_of("item", [Record("item", f"i{n:02d}", {
        k: v for k, v in zip(("ordnance_category", "quantity", "disposal"), row, strict=True)
        if v is not None}) for n, row in enumerate(rows)], items.FIELDS)
    got = {f.id: f.value for f in items.item_figures(table, "h")}
    if not rows:
        assert set(got.values()) == {None}
        return
    counted = [r for r in rows if r[0] not in (items.SMALL_ARMS, "none_found")]
    if counted:  # where no item says what became of it, that is not reported (S12)
        assert (got["items_destroyed"] is None) == all(
            end in (None, "not_reported") for _, _, end in counted)
    got = {name: value or 0 for name, value in got.items()}
    plain = sum(q if isinstance(q, int) else 1 for c, q, _ in rows
                if c not in (items.SMALL_ARMS, "none_found"))
    assert got["items_found"] == plain
    assert got["items_found"] == got["items_made_safe"] + got["items_left"] + got["items_unstated"]
    grouped = sum(got[f"items_found_{g}"] for g in items.GROUPS)
    uncategorised = sum(q if isinstance(q, int) else 1 for c, q, _ in rows if c is None)
    assert grouped + uncategorised == got["items_found"]


# --- the commands --------------------------------------------------------------------------------


@pytest.fixture
def run(monkeypatch, capsys):
    def call(*words):
        monkeypatch.setattr(sys, "argv", ["landrelease", *map(str, words)])
        try:
            cli.main()
            status = 0
        except SystemExit as stop:
            status = 0 if stop.code is None else int(stop.code)
        out, err = capsys.readouterr()
        return status, out, err
    return call


def test_an_exported_figure_comes_out_again_also_after_more_was_recorded(run, tmp_path):
    path, out = tmp_path / "r.gpkg", tmp_path / "figure.json"
    with create_registry(str(path), office="Synthetic office") as made:
        made.append(FIRST)
    trace = ("figures", "trace", path, "items_destroyed", "--json", out, "--as", "planner")
    assert run(*trace)[0] == 0
    assert run("figures", "recompute", path, out, "--as", "planner")[0] == 0
    with open_registry(str(path)) as opened:
        opened.append(LATER)
    status, said, _ = run("figures", "recompute", path, out, "--as", "planner")
    assert status == 0 and "comes out again" in said
    document = json.loads(out.read_text())
    assert document["value"] == 12
    document["value"] = 13.0
    out.write_text(json.dumps(document))
    status, said, _ = run("figures", "recompute", path, out, "--as", "planner")
    assert status == 1 and "12.00 items" in said
    document["records"] = document["records"][1:]
    out.write_text(json.dumps(document))
    status, said, _ = run("figures", "recompute", path, out, "--as", "planner")
    assert status == 1 and "new item-1" in said


@pytest.mark.parametrize(("name", "forged"), [
    ("low", 11.0), ("high", 16.0), ("unit", "mines"), ("denominator", "all items"),
    ("scope", "Alpha"), ("uncounted", ["item-1"])])
def test_safety_S12_a_forged_interval_or_unit_does_not_come_out_again(run, path, tmp_path, name,
                                                                      forged):
    out, again = tmp_path / "f.json", tmp_path / "again.json"
    assert run("figures", "trace", path, "items_found", "--as", "planner", "--json", out)[0] == 0
    document = json.loads(out.read_text())
    out.write_text(json.dumps({**document, name: forged}))
    status, said, _ = run("figures", "recompute", path, out, "--as", "planner", "--json", again)
    assert status == 1 and f"{name}: exported as" in said
    assert json.loads(again.read_text())["differs"] == {
        name: {"then": forged, "now": document[name]}}


@pytest.mark.parametrize(("name", "before"), [
    ("name", "Finds"), ("note", "all of them"), ("definition", "Items that were cleared."),
    ("counts", "all of them")])
def test_a_figure_of_which_our_words_alone_are_others_comes_out_again(run, path, tmp_path, name,
                                                                      before):
    out, again = tmp_path / "f.json", tmp_path / "again.json"
    assert run("figures", "trace", path, "items_found", "--as", "planner", "--json", out)[0] == 0
    document = json.loads(out.read_text())
    out.write_text(json.dumps({**document, name: before}))
    status, said, _ = run("figures", "recompute", path, out, "--as", "planner", "--json", again)
    assert status == 0 and "It comes out again" in said and f"{name}: exported as" in said
    told = json.loads(again.read_text())
    assert told["same"] and told["differs"] == {name: {"then": before, "now": document[name]}}


def test_safety_S12_uncertain_figures_are_written_with_their_ends():
    from landrelease.apps.figures_commands import figure_words
    from landrelease.apps.web.figuring import value_words

    def figure(value, unit, low, high, note=""):
        return Figure("x", "", "", value, unit, "all", (), "head", low, high, note)

    never = figure(3.4, "years", 2.9, None, "60 of 400 runs do not finish within 20 years")
    assert figure_words(never, note=True) == (
        "3.4 years (2.9 – no upper end; 60 of 400 runs do not finish within 20 years)")
    assert figure_words(never, 2) == "3.40 years (2.90 – no upper end)"
    assert figure_words(figure(None, "years", 9.0, None)) == (
        "not within the forecast (9.0 – no upper end)")
    prior = figure(12.0, "areas", 3.0, 20.0, "prior")
    assert figure_words(prior, note=True) == "12 areas (3 – 20; prior)"
    assert figure_words(figure(0.5, "EUR per m²", 0.25, 0.75)) == "0.500 EUR per m² (0.250 – 0.750)"
    assert figure_words(figure(12.0, "areas", None, None)) == "12 areas"
    assert "2.9" in value_words(never) and "no upper end" in value_words(never)


def test_no_figures_of_a_day_or_year_that_has_not_begun(run, path, tmp_path):
    for day in ("2099-01-01", "2150-06-30"):
        for command in (("list",), ("trace", "items_found"), ("tables",)):
            name, *rest = command
            status, _, err = run("figures", name, path, *rest, "--as-of", day, "--as", "planner")
            assert status == 2 and "FIG-004" in err, command
    status, _, err = run("figures", "treaty", path, "--treaty", "apmbc", "--year", 2150, "--out",
                         tmp_path / "t", "--as", "authority")
    assert status == 2 and "FIG-004" in err and not (tmp_path / "t").exists()
    status, _, err = run("figures", "trace", path, "treaty_cleared_m2", "--treaty", "apmbc",
                         "--year", 2150, "--as", "authority")
    assert status == 2 and "FIG-004" in err


def test_tables_of_a_year_that_is_not_over_say_up_to_which_day(tmp_path):
    from landrelease.workflows import treaties

    made = [revision("hazard", n, {"hazard_type": "SHA", "status": "open"}, square(n),
                     day=date(2024, 1, 1)) for n in range(6)]
    with create_registry(str(tmp_path / "t.gpkg"), office="Synthetic office") as registry:
        registry.append(made)

        def tables(on, year=2026):
            return treaties.tables(registry, policy.view("authority"), "all", year, made_on=on)

        running, over = tables(date(2026, 7, 1)), tables(date(2026, 12, 31))
        with pytest.raises(LandReleaseError, match="FIG-004"):
            tables(date(2026, 7, 1), 2027)
    paths = treaties.write(running, tmp_path / "t")
    document = treaties.document(running)
    assert document["until"] == "2026-07-01" and running.about["counted up to"] == "2026-07-01"
    assert all("2026-07-01" in t["title"] for t in document["tables"])
    for file in paths[1:]:
        with file.open(encoding="utf-8-sig") as stream:
            lines = csv.DictReader(stream)
            assert {r["counted up to"] for r in lines} <= {"2026-07-01"}
            assert "counted up to" in lines.fieldnames
    assert treaties.document(over)["until"] is None
    assert not any("counted up to" in n for n in (*over.notes, *over.about))


@pytest.mark.parametrize(("text", "code"), [
    ("nothing", "FIG-001"), ("[]", "FIG-001"), ("{}", "FIG-001"),
    ('{"id": "items_found", "chain_head": "00", "value": 1, "records": []}', "FIG-002")])
def test_a_file_that_is_no_figure_of_this_registry_says_so(run, path, tmp_path, text, code):
    file = tmp_path / "f.json"
    file.write_text(text)
    status, _, err = run("figures", "recompute", path, file, "--as", "planner")
    assert status == 2 and code in err


def test_the_commands_take_dates(run, path, tmp_path):
    out = tmp_path / "o.json"
    assert run("figures", "list", path, "--as-of", "2025-12-31", "--as", "planner", "--json",
               out)[0] == 0
    got = {f["id"]: f for f in json.loads(out.read_text())}
    assert got["items_found"]["value"] == 15 and got["items_found"]["valid_at"] == "2025-12-31"
    status, _, err = run("figures", "list", path, "--known-at", "yesterday", "--as", "planner")
    assert status == 2 and "CLI-103" in err
    assert run("figures", "catalogue", "--json", out)[0] == 0
    assert {m["id"] for m in json.loads(out.read_text())} >= {"items_found", "cleared_m2"}


def test_figures_of_areas_add_up_to_those_of_the_whole_and_can_be_asked_for(run, path, registry,
                                                                            tmp_path):
    found = figures.all_figures(registry, policy.view("planner")).figures
    whole = {f.id: f for f in found if f.scope == "all"}
    by_area = [m.id for m in catalogue.metrics() if m.by_area]
    assert {"hazard_count", "hazardous_m2", "cleared_m2", "released_m2"} <= set(by_area)
    for name in by_area:
        own = [f for f in found if f.id.startswith(f"{name}:")]
        if whole[name].value is None:  # not reported: in no area either (S12)
            assert not own
            continue
        assert {f.scope for f in own} <= {"Alpha", "Beta", "outside the recorded municipalities"}
        assert sum(f.value for f in own) == pytest.approx(whole[name].value, rel=1e-6), name
    out = tmp_path / "o.json"
    assert run("figures", "list", path, "--scope", "beta", "--as", "planner", "--json", out)[0] == 0
    got = {f["id"]: f for f in json.loads(out.read_text())}
    assert {f["scope"] for f in got.values()} == {"Beta"}
    assert got["hazard_count:administrative_area-2"]["value"] == 4
    assert set(got["hazard_count:administrative_area-2"]["records"]) == {
        f"hazard-{n}" for n in range(1, 5)}
    status, _, err = run("figures", "list", path, "--scope", "Gamma", "--as", "planner")
    assert status == 2 and "Alpha" in err
    trace = ("figures", "trace", path, "released_m2:administrative_area-1", "--as", "planner",
             "--json", out)
    assert run(*trace)[0] == 0 and run("figures", "recompute", path, out, "--as", "planner")[0] == 0
    status, _, _ = run("figures", "list", path, "--scope", "Alpha")  # who sees no single area
    assert status == 2


def test_safety_S03_an_area_that_was_divided_or_merged_in_the_year_is_not_newly_recorded():
    def land(*ids):
        return SimpleNamespace(hazards=[SimpleNamespace(id=i, area_m2=10.0, municipality_id="m")
                                        for i in ids], placeless_hazards=())

    line = lineage([Record("hazard", "a/1", {"parents": ["a"]}, None),
                    Record("hazard", "ab", {"parents": ["a/1", "b"]}, None)])
    made = treaties._new(land("a"), land("a/1", "ab", "c"), line, policy.view("authority"))
    assert made == ({"total": (1, 10.0), "m": (1, 10.0)}, 2, {"total": ("c",), "m": ("c",)})


def test_treaty_tables_of_a_year(run, path, tmp_path):
    out = tmp_path / "o.json"
    status, _, _ = run("figures", "treaty", path, "--treaty", "apmbc", "--year", 2025, "--out",
                       tmp_path / "t", "--as", "authority", "--json", out)
    assert status == 0
    document = json.loads(out.read_text())
    tables = {t["name"]: [dict(zip(t["columns"], r, strict=True)) for r in t["rows"]]
              for t in document["tables"]}
    # The one area with AP mines lies in Beta and was there before the year; what was cleared of it
    # lies in Alpha. Three areas state no ordnance: said, and in no table.
    total = tables["areas"][-1]
    assert (total["CHA start, areas"], total["CHA end, areas"], total["SHA end, areas"],
            total["newly recorded, areas"]) == (1, 1, 0, 0)
    assert total["CHA end, m²"] == round(geodesic_area_m2(HAZARD))
    released = {r["area"]: r for r in tables["release"]}
    assert released["Alpha"]["cleared, m²"] == round(geodesic_area_m2(CLEARED))
    assert released["total"]["cancelled, m²"] == "not reported"
    destroyed = {r["area"]: r for r in tables["destroyed"]}
    assert destroyed["Alpha"]["AP mines"] == 3 and destroyed["total"]["submunitions"] == 0
    assert any("3 areas" in n for n in document["notes"])
    assert any("4 items on record as destroyed state no day" in n for n in document["notes"])
    with (tmp_path / "t" / "apmbc_2025_destroyed.csv").open(encoding="utf-8-sig") as stream:
        assert list(csv.DictReader(stream))[-1]["AP mines"] == "3"
    assert (tmp_path / "t" / "apmbc_2025.xlsx").stat().st_size > 1000
    status, _, err = run("figures", "treaty", path, "--treaty", "ottawa", "--year", 2025, "--out",
                         tmp_path / "t", "--as", "authority")
    assert status == 2 and "FIG-003" in err


def test_safety_S14_treaty_tables_of_the_public_show_no_single_area(run, path, tmp_path):
    out = tmp_path / "o.json"
    assert run("figures", "treaty", path, "--treaty", "apmbc", "--year", 2025, "--out",
               tmp_path / "t", "--json", out)[0] == 0
    areas = json.loads(out.read_text())["tables"][0]["rows"]
    # One area only: not shown, and not shown as none (S12).
    assert areas == [["total", 0, 0, "withheld", "withheld", 0, 0, 0, 0, "withheld", "withheld",
                      0, 0, 0, 0]]
    assert "Alpha" not in out.read_text()


def square(n):
    return shapely.box(18.0, 44.0 + n / 100, 18.001, 44.001 + n / 100)


def treaty_of(tmp_path, made, year=2025, role="public", treaty="all"):
    from landrelease.workflows import treaties

    with create_registry(str(tmp_path / "t.gpkg"), office="Synthetic office") as registry:
        registry.append(made)
        found = treaties.tables(registry, policy.view(role), treaty, year,
                                made_on=date(2026, 7, 1))
    return {t.name: [dict(zip(t.columns, r, strict=True)) for r in t.rows]
            for t in found.tables}, " ".join(found.notes)


def test_safety_S12_few_areas_of_one_type_are_withheld_and_not_none(tmp_path):
    made = [revision("hazard", n, {"hazard_type": "CHA" if n == 5 else "SHA", "status": "open"},
                     square(n), day=date(2024, 1, 1)) for n in range(6)]
    tables, notes = treaty_of(tmp_path, made)
    total = tables["areas"][-1]
    assert (total["SHA end, areas"], total["CHA end, areas"], total["CHA start, m²"]) == (
        5, "withheld", "withheld")
    assert "not 0" in notes and "no item is on record" in notes


def test_safety_S12_a_start_that_is_withheld_makes_no_release_of_the_year(tmp_path):
    # One area at the start, with all that was cleared until then; six at the end.
    made = [revision("hazard", n, {"hazard_type": "SHA", "status": "open"}, square(n),
                     day=date(2024 if n == 0 else 2025, 3, 1)) for n in range(6)]
    made.append(revision("outcome", 1, {"outcome_type": "cleared"}, square(50),
                         day=date(2023, 1, 1)))
    tables, _ = treaty_of(tmp_path, made)
    assert set(tables["release"][-1].values()) == {"total", "withheld"}
    assert tables["areas"][-1]["SHA end, areas"] == 6
    again = tmp_path / "whole"
    again.mkdir()
    whole, _ = treaty_of(again, made, role="planner")
    assert whole["release"][-1]["cleared, m²"] == 0


def test_ground_that_came_back_is_said_where_a_number_is_below_zero(tmp_path):
    made = [revision("outcome", 1, {"outcome_type": "cleared"}, square(0), day=date(2024, 1, 1)),
            revision("hazard", 1, {"hazard_type": "SHA", "status": "open"}, square(0),
                     day=date(2025, 3, 1))]
    tables, notes = treaty_of(tmp_path, made, role="planner")
    assert tables["release"][-1]["cleared, m²"] == -round(geodesic_area_m2(square(0)))
    assert "Below zero" in notes


def test_release_that_names_no_area_is_in_no_table_of_a_treaty_and_is_counted(tmp_path):
    made = [revision("hazard", 1, {"hazard_type": "CHA", "ordnance_confirmed": ["ap_mine"]},
                     square(0), day=date(2024, 1, 1)),
            revision("hazard", 2, {"hazard_type": "CHA", "ordnance_confirmed": ["av_mine"]},
                     square(1), day=date(2024, 1, 1)),
            revision("outcome", 1, {"outcome_type": "cleared"}, square(10)),
            revision("outcome", 2, {"outcome_type": "cleared", "hazard": "hazard-2"}, square(11)),
            revision("outcome", 3, {"outcome_type": "cleared"}, square(12),
                     day=date(2023, 1, 1))]
    tables, notes = treaty_of(tmp_path, made, role="planner", treaty="apmbc")
    assert tables["release"][-1]["cleared, m²"] == "not reported"
    # Outcome 2 is of another kind of ordnance, outcome 3 of another year.
    size = round(geodesic_area_m2(square(10)))
    assert (f"1 records of release of 2025 name no area of which the ordnance is stated ({size:,} "
            "m²") in notes


@pytest.mark.parametrize(("said", "groups"), [
    ({"device_category": "blue markings, compromised fence, pharma waste"}, set()),
    ({"device_category": "AT mines"}, {"av_mine"}),
    ({"device_category": "no cluster munitions, PMR2A"}, {"ap_mine"}),
    ({"device_category": "without AP mines but TMA-4"}, {"av_mine"}),
    ({"device_category": "BLU-97"}, {"submunition"}),
    ({"device_category": "antitank and anti-personnel mines"}, {"av_mine", "ap_mine"}),
    ({"ordnance_confirmed": ["ap_mine_blast", "av_mine"]}, {"ap_mine", "av_mine"}),
    ({"ordnance_suspected": ["submunition"]}, {"submunition"}),
    ({"device_category": "PMA-2, PROM-1"}, {"ap_mine"}),
    ({"ordnance_suspected": ["not_reported"]}, set()), ({}, set()),
    ({"ordnance_suspected": ["mortar_bomb"]}, {"other"})])
def test_the_groups_of_an_area_are_what_is_stated(said, groups):
    assert groups_of(said) == groups


def test_the_page_lists_every_metric():
    from pathlib import Path

    root = Path(__file__).parent.parent
    sys.path.insert(0, str(root / "tools"))
    try:
        from figures_page import table
    finally:
        sys.path.pop(0)
    assert table() in (root / "docs" / "figures.md").read_text(encoding="utf-8"), (
        "python tools/figures_page.py gives the table")


def test_exposure_from_columns_is_that_of_the_log(registry):
    from landrelease.workflows.site import exposure_figures

    reader = policy.view("planner")
    mine = {f.id: f for f in figures.all_figures(registry, reader).figures}
    for f in exposure_figures(registry, reader):
        assert (mine[f.id].value, mine[f.id].records) == (f.value, f.records)
        assert mine[f.id].note.split(";")[0] == f.note.split(";")[0]
