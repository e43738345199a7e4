"""Teams and assumptions: one wrong cell refuses the file and says where and what to do."""

import csv
import importlib.resources

import pytest

from landrelease import workflows
from landrelease.apps.common import tell_filled
from landrelease.errors import LandReleaseError
from landrelease.records.assumptions import read_assumptions
from landrelease.records.teams import read_teams


def packaged(name):
    text = (importlib.resources.files("landrelease.data") / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_the_files_of_the_package_are_read(tmp_path):
    for name in ("teams_country.csv", "teams_region.csv"):
        rows = packaged(name)
        pools = read_teams(write(tmp_path / name, rows))
        assert [p.id for p in pools] == [r["id"] for r in rows]
        assert sum(p.teams for p in pools) == sum(int(r["teams"]) for r in rows)
    rows = packaged("assumptions.csv")
    found = read_assumptions(write(tmp_path / "a.csv", rows))
    assert {a.name: a.value for a in found} == {r["name"]: float(r["value"]) for r in rows}


@pytest.mark.parametrize(("field", "value", "words"), [
    ("kind", "dogs", "one of nts, ts, manual, mechanical"), ("m2_per_day", "0", "greater than 0"),
    ("m2_per_day", "-5", "greater than 0"), ("m2_per_day", "many", "greater than 0"),
    ("m2_per_day", "999999999", "low <= m2_per_day <= high"), ("teams", "1.5", "from 1 to 32000"),
    ("teams", "0", "from 1 to 32000"), ("longitude", "200", "-180 to 180"),
    ("source", "", "a text"),
    ("available_from", "soon", "a date"), ("available_from", "03/04/2026", "a date"),
    ("id", "TS-zenica", "no other row"), ("currency", "dollars", "three capital letters"),
    ("cost_per_day", "-1", "at least 0"),
])
def test_a_wrong_team_is_refused(tmp_path, field, value, words):
    rows = packaged("teams_region.csv")
    rows[2] = {**rows[2], field: value}
    with pytest.raises(LandReleaseError) as error:
        read_teams(write(tmp_path / "teams.csv", rows))
    text = str(error.value)
    assert all(w in text for w in ("FIL-021", "teams.csv", "row 3", field, words)), text


def test_several_currencies_and_wrong_order_of_dates_are_refused(tmp_path):
    rows = packaged("teams_region.csv")
    with pytest.raises(LandReleaseError, match=r"FIL-024.*row 2.*EUR.*USD"):
        read_teams(write(tmp_path / "t.csv", [rows[0], {**rows[1], "currency": "EUR"}]))
    late = {**rows[0], "available_from": "2026-05-01", "available_until": "1.4.2026"}
    with pytest.raises(LandReleaseError, match=r"FIL-021.*available_until"):
        read_teams(write(tmp_path / "t.csv", [late]))
    short = [{k: v for k, v in r.items() if k not in ("teams", "currency")} for r in rows]
    with pytest.raises(LandReleaseError, match=r"FIL-015.*teams, currency"):
        read_teams(write(tmp_path / "t.csv", short))


@pytest.mark.parametrize(("name", "field", "value", "words"), [
    ("share_cancelled", "low", "0.9", "low <= value <= high"),
    ("share_cancelled", "value", "0.33", "make the sum 1"),
    ("rework_share", "high", "1.2", "0 to 1"), ("task_area_m2", "unit", "ha", "m²"),
    ("task_area_m2", "value", "0", "greater than 0"),
    ("season_first_month", "low", "13", "1 to 12"),
    ("rework_share", "source", " ", "a text"), ("rework_share", "name", "task_area_m2", "no other"),
])
def test_a_wrong_assumption_is_refused(tmp_path, name, field, value, words):
    rows = [{**r, field: value} if r["name"] == name else r for r in packaged("assumptions.csv")]
    if name == "share_cancelled" and field == "value":
        words = "1.010"
    with pytest.raises(LandReleaseError) as error:
        read_assumptions(write(tmp_path / "a.csv", rows))
    text = str(error.value)
    assert "FIL-021" in text and words in text, text


def test_missing_and_unknown_assumptions_are_listed(tmp_path):
    rows = packaged("assumptions.csv")
    with pytest.raises(LandReleaseError, match=r"FIL-022.*share_cancelled, share_reduced"):
        read_assumptions(write(tmp_path / "a.csv", rows[2:]))
    with pytest.raises(LandReleaseError, match=r"FIL-023.*rework_sharee"):
        read_assumptions(write(tmp_path / "a.csv", [*rows, {**rows[0], "name": "rework_sharee"}]))


def test_a_programmes_file_of_before_takes_what_it_lacks_from_the_package(tmp_path, capsys):
    """Whoever wrote a file before there was an assumption goes on with it, and is told."""
    rows = [{**r, "value": "3000", "low": "900"} if r["name"] == "road_distance_m" else r
            for r in packaged("assumptions.csv") if r["name"] not in (
                "hazard_road_distance_m", "share_cleared")]
    path = write(tmp_path / "a.csv", rows)
    found, shipped = workflows.load_assumptions(path), workflows.load_assumptions()
    assert found.filled == ("share_cleared", "hazard_road_distance_m") and not shipped.filled
    assert found.value("road_distance_m") == 3000.0
    assert [*found.by_name] == [*shipped.by_name]
    for name in found.filled:
        assert found.value(name) == shipped.value(name) and "a.csv" in found[name].source
    assert tell_filled(path) == path and "hazard_road_distance_m" in capsys.readouterr().err
    # What is filled in has to go together with what is there.
    wrong = [{**r, "value": r["high"]} if r["name"] == "share_cancelled" else r for r in rows]
    with pytest.raises(LandReleaseError, match=r"FIL-021.*as the sum of"):
        workflows.load_assumptions(write(tmp_path / "b.csv", wrong))
