"""FIG: figures as of a day count what had happened by that day, by the day that a record states."""

from datetime import UTC, date, datetime

import pytest
import shapely

from landrelease.access import policy
from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.revision import Revision
from landrelease.store.open import create_registry
from landrelease.workflows import figures, treaties
from landrelease.workflows.figures import At

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
CLEARED = shapely.box(17.0, 44.0, 17.001, 44.001)
END_2024 = At(valid_at=date(2024, 12, 31))


def revision(kind, n, values, shape=None):
    return Revision(kind=kind, record_id=f"{kind}-{n}", recorded_at=AT, recorded_by="test",
                    reason="test", source="", valid_from=None, values=values, geometry=shape)


def item(n, disposal, **days):
    return revision("item", n, {"ordnance_category": "av_mine", "quantity": 1,
                                "disposal": disposal, **days}, shapely.Point(17.0005, 44.0005))


LAND = [revision("hazard", 1, {"hazard_type": "CHA", "status": "open"},
                 shapely.box(17.1, 44.1, 17.11, 44.11))]


def of(tmp_path, revisions):
    made = create_registry(str(tmp_path / "r.gpkg"), office="Synthetic office")
    made.append([*LAND, *revisions])
    return made


def values(registry, at=None):
    return {f.id: f.value for f in figures.all_figures(registry, policy.view("authority"),
                                                       at).figures}


def test_safety_S01_what_was_released_later_is_in_no_earlier_account(tmp_path):
    with of(tmp_path, [revision("outcome", 1, {
            "outcome_type": "cleared", "decided_on": date(2025, 5, 10)}, CLEARED)]) as registry:
        before = values(registry, END_2024)
        assert before["cleared_m2"] is None and before.get("released_m2") is None
        after = values(registry, At(valid_at=date(2025, 5, 10)))
        assert after["cleared_m2"] == pytest.approx(geodesic_area_m2(CLEARED))
        assert before["hazardous_m2"] == after["hazardous_m2"]  # the hazard stands at every day
        made = treaties.tables(registry, policy.view("authority"), "all", 2025,
                               made_on=date(2026, 1, 6))
        table = next(t for t in made.tables if t.name == "release")
        assert table.rows[-1][3] == round(geodesic_area_m2(CLEARED))


def test_safety_S01_release_of_no_known_day_is_in_no_account_of_a_day_and_said(tmp_path):
    with of(tmp_path, [revision("outcome", 1, {"outcome_type": "cleared"}, CLEARED)]) as registry:
        assert values(registry)["cleared_m2"] == pytest.approx(geodesic_area_m2(CLEARED))
        then = {f.id: f for f in figures.all_figures(
            registry, policy.view("authority"), At(valid_at=date(2027, 1, 1))).figures}
        assert then["cleared_m2"].value is None
        assert "1 record of release states no day" in then["cleared_m2"].note
        made = treaties.tables(registry, policy.view("authority"), "all", 2025,
                               made_on=date(2026, 1, 6))
        assert any("1 records of release state no day" in note for note in made.notes)


def test_items_and_work_count_from_their_own_day(tmp_path):
    with of(tmp_path, [
            item(1, "destroyed", found_on=date(2025, 3, 1), destroyed_on=date(2025, 3, 2)),
            item(2, "destroyed", found_on=date(2024, 3, 1), destroyed_on=date(2025, 3, 2)),
            revision("activity", 1, {"activity_type": "clearance", "area_m2": 100.0, "hours": 4.0,
                                     "deminers": 2, "started_on": date(2024, 12, 30),
                                     "ended_on": date(2025, 1, 2)}),
            revision("activity", 2, {"activity_type": "clearance", "area_m2": 30.0, "hours": 2.0,
                                     "deminers": 2, "started_on": date(2024, 12, 30)}),
            revision("session", 1, {"held_on": date(2025, 2, 1), "reached_women": 5}),
            revision("inspection", 1, {"inspected_on": date(2025, 2, 1), "result": "accepted"}),
            ]) as registry:
        got = values(registry, END_2024)
        assert (got["items_found"], got["items_destroyed"], got["items_left"]) == (1, 0, 1)
        assert (got["work_reports"], got["worked_m2_clearance"], got["team_hours"]) == (1, 30, 2)
        assert got["exposure_people_hours"] == 4
        assert not got["session_count"] and not got["inspection_count"]
        now = values(registry)
        assert (now["items_found"], now["items_destroyed"], now["items_left"]) == (2, 2, 0)
        assert now["work_reports"] == 2


def test_safety_S01_no_day_takes_an_item_that_lies_there_out_of_those_left(tmp_path):
    with of(tmp_path, [item(1, "left_marked", found_on=date(2062, 1, 1)),
                       item(2, "found")]) as registry:
        got = values(registry, END_2024)
        assert (got["items_found"], got["items_left"]) == (1, 2)


def test_planned_work_is_no_work_done(tmp_path):
    def work(n, area, hours, people, **more):
        return revision("activity", n, {"activity_type": "clearance", "area_m2": area,
                                        "hours": hours, "deminers": people, "task": "t",
                                        "started_on": date(2025, 3, 1), **more})

    both = {"teams": ["team-1", "team-2"]}
    with of(tmp_path, [
            work(1, 500.0, 6.0, 4, **both), work(2, 550.0, 5.0, 4, **both),
            work(3, 9_000.0, 100.0, 8, hours_lost=9.0, activity_status="planned"),
            work(4, 600.0, 50.0, 4, activity_status="planned", **both)]) as registry:
        got = values(registry)
        assert (got["worked_m2_clearance"], got["team_hours"], got["person_hours"]) == (550, 5, 20)
        assert (got["work_reports"], got["joint_reports"]) == (1, 1)
        assert got["share_hours_lost"] is None
