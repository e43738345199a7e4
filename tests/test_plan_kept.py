"""Plans that are kept: compared, decided upon, of tables, with their money by month."""

import csv
import json
import shutil
from datetime import UTC, date, datetime

import pytest

from landrelease.core.hxl import HASHTAGS
from landrelease.store.open import open_registry
from landrelease.store.results import load_plan
from test_plan_of_records import MAKE, command, plan, registry, told
from test_plan_price import two_valleys

__all__ = ["plan", "registry", "two_valleys"]  # fixtures


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# --- compare -------------------------------------------------------------------------------------

def test_two_plans_side_by_side_say_who_wins_and_who_loses(registry, plan, tmp_path, capsys):
    path, teams = registry
    other, json_, table = tmp_path / "other", tmp_path / "o.json", tmp_path / "c.csv"
    assert command("plan", "make", path, "--teams", teams, "--out", other, "--weight",
                   "season_weight=900", *MAKE) == 0
    capsys.readouterr()
    assert command("plan", "compare", path, plan, other, "--json", json_, "--csv", table, "--as",
                   "planner") == 0
    said = capsys.readouterr().out
    found = json.loads(json_.read_text())
    # By the files of the plans themselves.
    last = []
    for folder in (plan, other):
        ends = {}
        for row in rows_of(folder / "plan.csv"):
            ends.setdefault(row["hazard"], []).append(row["finish"])
        last.append({h: max(days) if all(days) else "" for h, days in ends.items()})
    areas = {row["id"]: row for row in found["areas"]}
    assert set(areas) == set(last[0])
    for name, row in areas.items():
        assert (row["before"], row["after"]) == (last[0][name], last[1][name])
        if row["before"] and row["after"]:
            days = (date.fromisoformat(row["after"]) - date.fromisoformat(row["before"])).days
            assert row["days"] == days
            assert row["change"] == ("same" if not days else "later" if days > 0 else "sooner")
    who = found["who"]["areas"]
    assert sum(w["count"] for w in who.values()) == len(areas)
    assert who["same"]["count"] == sum(a == b for a, b in zip(*(
        [end[h] for h in sorted(end)] for end in last), strict=True))
    assert sum(w["people"] for w in who.values()) == pytest.approx(
        sum(row["people"] for row in areas.values()))
    season = next(p for p in found["parts"] if p["name"] == "season_weight")
    assert (season["weight_before"], season["weight_after"]) == (0.0, 900.0)
    assert season["lost_after"] <= season["lost_before"]
    assert "(other weights)" in said and "hectare-seasons" in said
    assert "season_weight 0 -> 900" in said
    listed = rows_of(table)
    assert {r["what"] for r in listed} == {"area", "stage"} and listed[0]["synthetic"]
    assert sum(r["what"] == "stage" for r in listed) == len(found["stages"])
    # A plan beside itself: nothing moves.
    assert command("plan", "compare", path, plan, plan, "--json", json_, "--as", "planner") == 0
    same = json.loads(json_.read_text())
    assert {r["change"] for r in same["areas"] + same["stages"]} == {"same"}
    assert same["other"] == [] and same["who"]["areas"]["later"]["people"] == 0
    assert command("plan", "compare", path, plan, other, "--as", "operator") == 2


# --- money by month ------------------------------------------------------------------------------

def test_money_by_month_stands_beside_the_plan_and_in_its_document(registry, plan, tmp_path):
    path = registry[0]
    rows = rows_of(plan / "cash.csv")
    assert list(rows[0]) == ["month", "fund", "currency", "arrived", "bound_demining",
                             "bound_works", "left", "ended", "after_plan", "synthetic"]
    assert {r["fund"] for r in rows} == {"demining", "rebuilding"}
    assert {r["currency"] for r in rows} == {"USD"}
    first = {r["fund"]: r for r in reversed(rows)}
    assert float(first["demining"]["arrived"]) == 4e5  # F1, there before the plan begins
    later = [r for r in rows if r["fund"] == "rebuilding" and float(r["arrived"])]
    assert [(r["month"], float(r["arrived"])) for r in later] == [("2027-06", pytest.approx(9.9e4))]
    # By the months in which the work of plan.csv starts.
    cost = {}
    for row in rows_of(plan / "plan.csv"):
        if row["start"]:
            cost[row["start"][:7]] = cost.get(row["start"][:7], 0.0) + float(row["expected_cost"])
    bound = {r["month"]: float(r["bound_demining"]) for r in rows if float(r["bound_demining"])}
    assert bound == {m: pytest.approx(c, abs=1.0) for m, c in cost.items() if c}
    works = sum(float(r["bound_works"]) for r in rows if r["fund"] == "rebuilding")
    assert works == pytest.approx(6e4)  # P1 and P2
    assert all(float(r["left"]) >= -0.01 for r in rows)
    out = tmp_path / "plan.xlsx"
    assert command("document", "plan", path, plan, "--out", out, "--as", "planner") == 0
    import openpyxl

    cells = [str(c.value) for sheet in openpyxl.load_workbook(out) for line in sheet.iter_rows()
             for c in line if c.value is not None]
    assert any("Bound for works of the second phase" in c for c in cells)
    assert "2027-06" in cells


def test_tables_of_a_plan_with_tags(registry, tmp_path):
    path, teams = registry
    out = tmp_path / "plan"
    assert command("plan", "make", path, "--teams", teams, "--out", out, "--hxl", *MAKE) == 0
    for name in ("plan.csv", "cash.csv"):
        with open(out / name, newline="", encoding="utf-8") as file:
            head, tags, first = (next(r) for r in [csv.reader(file)] * 3)
        assert all(t.split("+")[0] in HASHTAGS for t in tags) and len(set(tags)) == len(head)
        assert not first[0].startswith("#")


def test_days_of_communities_in_the_document_and_over_drawn_worlds(two_valleys, tmp_path, capsys):
    path, out = two_valleys
    planned = {r["community"]: r for r in rows_of(out / "communities.csv")}
    assert set(planned) == {"east", "west"} and all(r["cut_off_now"] for r in planned.values())
    paper = tmp_path / "plan.xlsx"
    assert command("document", "plan", path, out, "--out", paper, "--as", "planner") == 0
    import openpyxl

    lines = [[c.value for c in line] for sheet in openpyxl.load_workbook(paper)
             for line in sheet.iter_rows()]
    for name, row in planned.items():
        own = next(line for line in lines if line[0] == name and len(line) > 2)
        days = [str(v)[:10] for v in own if v is not None]
        assert row["reached"] in days
    capsys.readouterr()
    table, json_ = tmp_path / "days.csv", tmp_path / "o.json"
    assert command("plan", "policy", path, out, "--samples", 12, "--every", 0, "--csv", table,
                   "--json", json_, "--as", "planner", "--quiet") == 0
    said = capsys.readouterr().out
    assert "12 drawn worlds:" in said and "  east" in said and "  west" in said
    found = {r["community"]: r for r in rows_of(table)}
    assert [r["community"] for r in json.loads(json_.read_text())["communities"]] == list(found)
    for name, row in found.items():
        assert row["reached_planned"] == planned[name]["reached"]
        days = [row[f"reached_{share}"] or "9999" for share in (10, 50, 90)]
        assert days == sorted(days) and row["back_10"] >= row["reached_10"]
    # Times are drawn around those expected: the plan lies within the worlds.
    assert any(r["reached_10"] <= r["reached_planned"] <= (r["reached_90"] or "9999")
               for r in found.values())


# --- decisions -----------------------------------------------------------------------------------

@pytest.fixture
def later(monkeypatch):
    """A day on which the key of the registry counts."""
    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2027, 2, 1, tzinfo=UTC)

    monkeypatch.setattr("landrelease.workflows.deciding.datetime", Later)


@pytest.mark.usefixtures("later")
def test_a_planner_fixes_and_forbids_without_editing_records(registry, plan, tmp_path, capsys):
    path, teams = tmp_path / "r.gpkg", registry[1]
    shutil.copy(registry[0], path)
    key = ("--key", registry[0].parent / "ana.pem")
    assert command("plan", "orders", path, plan, "--by", "Operations") == 0
    decide = ("plan", "decide", path)
    assert command(*decide, "H0:NTS", "--not-before", "2027-07-01", "--start-by", "2027-07-31",
                   *key) == 0
    piece = next(s for s in load_plan(plan).plan.problem.stage_ids
                 if s.startswith("H4") and s.endswith(":clearance"))
    assert command(*decide, piece, "--any-day", "--any-team", "--exclude", "animal-1", "--method",
                   "manual", *key) == 0
    assert command(*decide, "H1:NTS", "--any-day", "--after", "H0:NTS", *key) == 0
    capsys.readouterr()
    # Without a signature it is recorded and binds nobody (S09).
    assert command(*decide, "H4:NTS", "--start", "2028-06-01", "--by", "Zoe") == 1
    assert "nobody signed it" in capsys.readouterr().out
    out = tmp_path / "again"
    assert command("plan", "make", path, "--teams", teams, "--out", out, *MAKE) == 0
    rows = {r["stage"]: r for r in rows_of(out / "plan.csv")}
    assert "2027-06-28" <= rows["H0:NTS"]["start"] <= "2027-07-31"
    assert rows["H1:NTS"]["start"] >= rows["H0:NTS"]["finish"]
    assert rows[piece]["method"] == "manual"
    assert rows["H4:NTS"]["start"] < "2028-01-01"
    assert command("plan", "check", path, out, "--as", "planner") == 0
    # Taken back, it is free again.
    assert command(*decide, "H0:NTS", "--take-back", *key) == 0
    assert command("plan", "make", path, "--teams", teams, "--out", tmp_path / "free", *MAKE) == 0
    free = {r["stage"]: r for r in rows_of(tmp_path / "free" / "plan.csv")}
    assert free["H0:NTS"]["start"] < "2027-06-28"


@pytest.mark.parametrize("words, said", [
    (("H9:NTS",), "CLI-106"),
    (("T3", "--start", "2027-05-01", "--any-day"), "one of them"),
    (("T3", "--not-before", "2027-06-01", "--start-by", "2027-05-01"), "2027-06-01 or later"),
    (("T3", "--team", "the others"), "a team on record"),
    (("T3", "--after", "T99"), "a task on record"),
    (("T3", "--after", "T3"), "another task"),
    (("T3", "--team", "nts-1", "--exclude", "nts-1"), "other teams"),
    (("T3", "--method", "magic"), "one of manual"),
    (("T3", "--start", "soon"), "a date"),
])
def test_a_decision_that_cannot_be_meant_is_refused(registry, tmp_path, capsys, words, said):
    path = tmp_path / "r.gpkg"
    shutil.copy(registry[0], path)
    with open_registry(path) as opened:
        before = opened.head()
    assert command("plan", "decide", path, *words, "--key", registry[0].parent / "ana.pem") == 2
    assert said in capsys.readouterr().err
    with open_registry(path) as opened:
        assert opened.head() == before


# --- of tables -----------------------------------------------------------------------------------

WORDS = "The problem is from tables; the registry was not compared."


@pytest.fixture(scope="module")
def of_tables(registry, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    path = folder / "r.gpkg"
    shutil.copy(registry[0], path)
    assert command("plan", "problem", path, "--teams", registry[1], "--start", "2027-04-01",
                   "--out", folder / "tables", "--as", "planner", "--quiet") == 0
    assert command("plan", "make", path, "--problem", folder / "tables", "--out", folder / "plan",
                   "--iterations", 1, "--as", "planner", "--quiet") == 0
    return path, folder / "tables", folder / "plan"


def test_a_plan_of_tables_says_that_the_registry_was_not_compared(of_tables, plan, tmp_path,
                                                                  capsys):
    path, tables, made = of_tables
    json_ = tmp_path / "o.json"
    assert json.loads((made / "plan.json").read_text())["from_tables"] is True
    assert json.loads((plan / "plan.json").read_text())["from_tables"] is False
    capsys.readouterr()
    assert command("plan", "make", path, "--problem", tables, "--out", tmp_path / "p",
                   "--iterations", 0, "--as", "planner", "--quiet", "--json", json_) == 0
    assert WORDS in capsys.readouterr().out and json.loads(json_.read_text())["from_tables"]
    assert command("plan", "check", path, made, "--as", "planner", "--json", json_) == 0
    assert WORDS in capsys.readouterr().out and json.loads(json_.read_text())["from_tables"]
    assert command("plan", "check", path, plan, "--as", "planner") == 0
    assert WORDS not in capsys.readouterr().out
    for name, has in (("tables", True), ("records", False)):
        out = tmp_path / f"{name}.xlsx"
        assert command("document", "plan", path, made if has else plan, "--out", out, "--as",
                       "planner") == 0
        import openpyxl

        told_ = [str(c.value) for sheet in openpyxl.load_workbook(out) for line in sheet.iter_rows()
                 for c in line if c.value is not None]
        assert any("is from tables; the registry was not compared" in words
                   for words in told_) is has


def test_its_orders_say_so_too(of_tables, tmp_path, capsys):
    path, made = tmp_path / "r.gpkg", of_tables[2]
    shutil.copy(of_tables[0], path)
    assert command("plan", "orders", path, made, "--by", "Operations") == 0
    assert WORDS in capsys.readouterr().out
    with open_registry(path) as opened:
        task = next(t for t in opened.records("task") if t.id == "task:H0:NTS")
        assert "from tables that were not compared" in task.values["instructions"]
        assert "from tables that were not compared" in opened.history(task.id)[-1].revision.reason
    # Repeating it is no news, and a plan of the records withdraws the words.
    assert command("plan", "orders", path, made, "--by", "Operations") == 0
    assert "0 tasks proposed, 0 changed" in capsys.readouterr().out


def test_no_order_is_made_for_ground_that_is_no_open_area(of_tables, tmp_path, capsys):
    path, tables = tmp_path / "r.gpkg", tmp_path / "tables"
    shutil.copy(of_tables[0], path)
    shutil.copytree(of_tables[1], tables)
    for file in tables.glob("*.csv"):  # a name that nobody has on record
        file.write_text(file.read_text().replace("H4", "Hx"))
    made = tmp_path / "plan"
    assert command("plan", "make", path, "--problem", tables, "--out", made, "--iterations", 0,
                   "--as", "planner", "--quiet") == 0
    capsys.readouterr()
    assert command("plan", "check", path, made, "--as", "planner") == 1
    assert "1 areas on which the plan has work are no open areas of the registry: Hx." in (
        capsys.readouterr().out)
    assert command("plan", "orders", path, made, "--by", "Operations") == 2
    assert "PLN-104" in capsys.readouterr().err
    with open_registry(path) as opened:
        assert not any(t.id.startswith("task:") for t in opened.records("task"))


def test_a_plan_without_a_registry_orders_nothing_anywhere(of_tables, tmp_path, capsys):
    path, tables, _ = of_tables
    assert command("plan", "make", "--problem", tables, "--out", tmp_path / "p", "--iterations", 0,
                   "--quiet") == 0
    assert command("plan", "orders", path, tmp_path / "p", "--by", "Operations") == 2
    assert "PLN-102" in capsys.readouterr().err


def test_tables_are_not_overwritten_by_their_plan(of_tables, capsys):
    tables = of_tables[1]
    assert command("plan", "make", "--problem", tables, "--out", tables / ".", "--quiet") == 2
    assert "another folder" in capsys.readouterr().err
    assert not (tables / "plan.json").exists()


# --- work that was rejected ----------------------------------------------------------------------

@pytest.mark.usefixtures("later")
def test_rejected_ground_is_planned_again_and_has_to_be_ordered_again(registry, plan, tmp_path,
                                                                     capsys):
    path, teams = tmp_path / "r.gpkg", registry[1]
    shutil.copy(registry[0], path)
    assert command("plan", "orders", path, plan, "--by", "Operations") == 0
    task = load_plan(plan).plan.problem.tasks[0]
    stage = f"{task.id}:clearance"
    with open_registry(path) as opened:
        held = next(t for t in opened.records("task") if t.id == f"task:{stage}")
        opened.append([told("task", held.id, held.geometry, **{
            **held.values, "task_status": "completed"})])
    out = tmp_path / "done"
    assert command("plan", "make", path, "--teams", teams, "--out", out, *MAKE) == 0
    assert stage not in load_plan(out).plan.problem.stage_ids
    with open_registry(path) as opened:
        opened.append([told("inspection", "LOT-1", task.ground, inspection_part="lot",
                            inspection_type="sampling", result="rejected", task=held.id,
                            inspected_on=date(2026, 12, 1))])
    capsys.readouterr()
    out = tmp_path / "again"
    assert command("plan", "make", path, "--teams", teams, "--out", out, *MAKE) == 0
    said = capsys.readouterr().out
    assert "1 inspection (1 used)" in said and f"{stage} (100%)" in said
    assert stage in {r["stage"] for r in rows_of(out / "plan.csv") if r["start"]}
    assert command("plan", "orders", path, out, "--by", "Operations", "--json",
                   tmp_path / "o.json") == 0
    assert json.loads((tmp_path / "o.json").read_text())["again"] == [held.id]
    assert "have to be done again" in capsys.readouterr().out
    # Made again from the standing plan it is open as well.
    assert command("plan", "make", path, "--teams", teams, "--standing", plan, "--out",
                   tmp_path / "standing", *MAKE) == 0
    assert stage in load_plan(tmp_path / "standing").plan.problem.stage_ids
    order = ("plan", "decide", path, stage, "--any-day", "--key", registry[0].parent / "ana.pem")
    assert command(*order) == 2
    assert "which is completed" in capsys.readouterr().err
    assert command(*order, "--reason", "rejected by its inspection") == 0
    assert command("plan", "make", path, "--teams", teams, "--out", tmp_path / "ordered",
                   *MAKE) == 0
    assert load_plan(tmp_path / "ordered").plan.problem.conditions.decisions.ordered.any()
