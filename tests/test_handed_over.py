"""From the signature to the works of phase two, on the command line: what was planned came back."""

import csv
import json
from datetime import date

import pytest
from typer.testing import CliRunner

import release_world as world
from landrelease.apps.cli import app
from landrelease.core.geometry import geodesic_area_m2
from landrelease.store.open import create_registry

KEY = "ana.pem"


def run(*words):
    return CliRunner().invoke(app, [str(w) for w in words])


@pytest.fixture
def path(tmp_path):
    """A field that was cleared and inspected, another one that was not, and two works that wait."""
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        registry.keep_setting("utc_offset_hours", "2")
        ana, _ = world.keys(registry, tmp_path)
        world.programme(registry)
        world.accreditation(registry, ana)
        world.hazard(registry, "h1", world.FIELD)
        world.hazard(registry, "h2", world.OTHER)
        world.cleared(registry, "h1", world.FIELD)
        world.inspection(registry, "h1", ana)
        world.record(registry, "settlement", "s1", world.FIELD.centroid, name="Near",
                     population=80)
        world.record(registry, "settlement", "s2", world.OTHER.centroid, name="Far", population=9)
    works(tmp_path / "r.gpkg", tmp_path, ("road", "H1", "planned", ""),
          ("school", "H2", "planned", ""))
    return tmp_path / "r.gpkg"


def works(path, folder, *rows):
    """Bring works in as a table: one that is known gets a new revision."""
    table = folder / f"works-{len(list(folder.glob('works-*')))}.csv"
    table.write_text("identifier,project_type,hazards,project_status,started_on,cost,currency,"
                     "duration_days\n" + "".join(
                         f"{name},{name},{field},{state},{begun},10,USD,30\n"
                         for name, field, state, begun in rows))
    came = run("import", table, "--into", path, "--kind", "project", "--report",
               folder / "import.json")
    assert came.exit_code == 0, came.output


def states(path, tmp_path):
    out = tmp_path / "works.json"
    found = run("projects", "list", path, "--as", "planner", "--json", out)
    assert found.exit_code == 0, found.output
    return {w["id"].split("-")[-1].split(":")[-1]: w
            for w in json.loads(out.read_text())["works"]}


def plan_of(path, out):
    made = run("plan", "make", path, "--out", out, "--iterations", "0", "--start", "2026-04-11",
               "--as", "planner", "--quiet", "--teams", out.parent / "teams.csv")
    assert made.exception is None or isinstance(made.exception, SystemExit), made.exception
    return out


def test_a_signed_release_becomes_a_hand_over_a_work_and_people_who_are_back(path, tmp_path):
    (tmp_path / "teams.csv").write_text(
        "id,kind,organisation,base,longitude,latitude,teams,m2_per_day,m2_per_day_low,"
        "m2_per_day_high,cost_per_day,currency,available_from,available_until,source\n"
        "n,nts,A,B,17,44,1,100000,50000,200000,100,USD,,,made up\n"
        "t,ts,A,B,17,44,1,8000,4000,16000,100,USD,,,made up\n"
        "m,manual,A,B,17,44,2,400,200,500,100,USD,,,made up\n")
    before = plan_of(path, tmp_path / "before")
    assert {w["state"] for w in states(path, tmp_path).values()} == {"blocked"}

    out = tmp_path / "proposal"
    first = run("release", "propose", path, "h1", "--out", out, "--as", "planner")
    assert first.exit_code == 1, first.output
    rows = (out / "checklist.csv").read_text().splitlines()
    (out / "checklist.csv").write_text("\n".join(
        [rows[0]] + [r[:-3] + ",yes,seen,Ana" if ",open," in r else r for r in rows[1:]]) + "\n")
    ready = run("release", "propose", path, "h1", "--out", out, "--answers",
                out / "checklist.csv", "--as", "planner")
    assert ready.exit_code == 0, ready.output
    assert run("release", "sign", path, out, "--key", tmp_path / KEY).exit_code == 0
    # Released is not handed over: the road still waits, and nobody is back.
    assert states(path, tmp_path)["road"]["state"] == "blocked"

    listed = tmp_path / "releases.json"
    assert run("release", "list", path, "--as", "authority", "--json", listed).exit_code == 0
    name = json.loads(listed.read_text())[0]["release"]
    given = run("release", "handover", path, name, "--key", tmp_path / KEY, "--recipient",
                "Mara Example", "--use", "road", "--women", 4, "--men", 2)
    assert given.exit_code == 0, given.output
    now = states(path, tmp_path)
    assert now["road"]["state"] == "unlocked" and now["school"]["state"] == "blocked"

    # The road begins.
    works(path, tmp_path, ("road", "H1", "started", date.today().isoformat()))
    assert states(path, tmp_path)["road"]["state"] == "under_way"

    # Planned against actual: what is handed over is in no later plan, so the earlier one stands
    # beside it.
    after = plan_of(path, tmp_path / "after")
    back, document = tmp_path / "back.csv", tmp_path / "back.json"
    shown = run("projects", "outlook", path, "--plan", after, "--against", before, "--as",
                "planner", "--csv", back, "--json", document)
    assert shown.exit_code == 0, shown.output
    size = geodesic_area_m2(world.FIELD) / 1e4
    found = list(csv.DictReader(back.open(encoding="utf-8-sig")))
    near = [r for r in found if r["community"] == "Near"]
    assert sum(float(r["hectares_planned"]) for r in near) == pytest.approx(size, rel=0.02)
    assert sum(float(r["hectares_actual"]) for r in near) == pytest.approx(size, rel=1e-6)
    assert sum(float(r["people_planned"]) for r in near) == 80
    assert sum(float(r["people_actual"]) for r in near) == 80
    far = [r for r in found if r["community"] == "Far"]
    assert sum(float(r["people_planned"]) for r in far) == 9
    assert sum(float(r["people_actual"]) for r in far) == 0
    own = json.loads(document.read_text())
    alone = run("projects", "outlook", path, "--plan", after, "--as", "planner", "--json",
                document)
    assert alone.exit_code == 0
    assert own["planned_by"] != json.loads(document.read_text())["planned_by"]
    assert sum(r["people_planned"] for r in json.loads(document.read_text())["by_month"]) == 9

    # And as figures, each with the hand-over under it.
    figure = tmp_path / "figure.json"
    assert run("figures", "trace", path, "people_land_returned", "--as", "planner", "--json", figure
               ).exit_code == 0
    traced = json.loads(figure.read_text())
    assert traced["value"] == 80 and len(traced["records"]) >= 1
    assert run("figures", "recompute", path, figure, "--as", "planner").exit_code == 0


def test_a_plan_of_another_registry_is_not_set_beside_what_came_back(path, tmp_path):
    (tmp_path / "teams.csv").write_text("")
    made = run("plan", "make", path, "--out", tmp_path / "p", "--iterations", "0", "--start",
               "2026-04-11", "--as", "planner", "--quiet")
    assert made.exception is None or isinstance(made.exception, SystemExit), made.exception
    other = tmp_path / "p" / "plan.json"
    foreign = tmp_path / "q"
    foreign.mkdir()
    for file in (tmp_path / "p").iterdir():
        (foreign / file.name).write_bytes(file.read_bytes())
    document = json.loads(other.read_text())
    document["chain_head"] = "0" * 64
    (foreign / "plan.json").write_text(json.dumps(document))
    shown = run("projects", "outlook", path, "--plan", tmp_path / "p", "--against", foreign, "--as",
                "planner")
    assert shown.exception is not None
    assert shown.exception.code in ("FIG-002", "PLN-101")
