"""CLI: the fixed command line, its exit statuses, and what a user sees of an error."""

import json
import re
import sys
from pathlib import Path

import pytest
import shapely
import typer

from landrelease.apps import cli


@pytest.fixture
def run(capsys, monkeypatch):
    def call(*words):
        monkeypatch.setattr(sys, "argv", ["landrelease", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
            raise SystemExit(0)
        said = capsys.readouterr()
        code = stop.value.code
        return (0 if code is None else code), said.out, said.err
    return call


@pytest.fixture
def registry(run, tmp_path):
    address = tmp_path / "r.gpkg"
    assert run("init", address, "--office", "Test")[0] == 0
    return address


def areas(path: Path, *rings, **properties):
    features = [
        {"type": "Feature", "properties": {"identifier": f"A-{i}", **properties},
         "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for i, ring in enumerate(rings)]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def square(west, south, side=0.01):
    return [[west, south], [west + side, south], [west + side, south + side],
            [west, south + side], [west, south]]


def all_commands():
    def walk(group, words):
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from walk(command, [*words, name])
            else:
                yield [*words, name], command
    return list(walk(typer.main.get_command(cli.app), []))


@pytest.mark.parametrize(("words", "command"), all_commands(), ids=lambda v: str(v))
def test_every_command_explains_itself_with_an_example(words, command):
    assert re.search(rf"Example: landrelease {' '.join(words)}\b", command.help), words


def test_the_command_that_is_named_is_made_ready_as_in_the_whole():
    for words, command in all_commands():
        made = typer.main.get_command(cli.only_named(cli.app, [*words, "--quiet"]))
        assert len(made.commands) <= 2, words  # it, and an empty group
        for word in words:
            made = made.commands[word]
        assert [p.opts for p in made.params] == [p.opts for p in command.params], words
        assert made.help == command.help
    for words in ([], ["--help"], ["pln"], ["plan"], ["plan", "--help"], ["plan", "mak"]):
        whole = typer.main.get_command(cli.app).commands
        made = typer.main.get_command(cli.only_named(cli.app, words)).commands
        if words[:1] == ["plan"]:  # what is misspelled in a group needs the group
            assert made["plan"].commands.keys() == whole["plan"].commands.keys()
        else:
            assert made.keys() == whole.keys()


def test_every_command_of_the_readme_and_docs_exists():
    known = {" ".join(words) for words, _ in all_commands()}
    root = Path(__file__).parent.parent
    for page in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
        for line in re.findall(r"^(?:\$ )?(?:\.venv/bin/)?landrelease (.+)$",
                               page.read_text(encoding="utf-8"), re.M):
            words = line.split()
            assert words[0] in known or " ".join(words[:2]) in known, f"{page.name}: {line}"


def test_import_counts_add_up_and_the_same_file_again_changes_nothing(run, registry, tmp_path):
    file = areas(tmp_path / "areas.geojson", square(17, 44), square(17.1, 44), square(17.2, 44))
    report = tmp_path / "report.json"
    assert run("import", file, "--into", registry, "--kind", "hazard", "--report", report)[0] == 0
    first, = json.loads(report.read_text())
    assert (first["read"], first["accepted"]) == (3, 3)
    before = run("audit", registry)[1]
    status, out, _ = run("import", file, "--into", registry, "--kind", "hazard",
                         "--report", report)
    assert status == 0 and "3" in out
    again, = json.loads(report.read_text())
    assert (again["read"], again["accepted"], again["merged"]) == (3, 0, 3)
    assert run("audit", registry)[1] == before  # same number of revisions, same head


def test_a_dry_run_writes_nothing(run, registry, tmp_path):
    file = areas(tmp_path / "areas.geojson", square(17, 44))
    before = run("audit", registry)[1]
    status, out, _ = run("import", file, "--into", registry, "--kind", "hazard", "--dry-run")
    assert status == 0 and "nothing was written" in out
    assert run("audit", registry)[1] == before


def test_a_bad_row_waits_can_be_mended_and_is_never_lost(run, registry, tmp_path):
    file = tmp_path / "places.csv"
    file.write_text("name,latitude,longitude,population\nA,44.1,17.2,120\nB,44.2,17.3,-5\n")
    status, out, _ = run("import", file, "--into", registry, "--kind", "settlement",
                         "--crs", "EPSG:4326")
    assert status == 1 and "1 rows wait" in out
    listing = tmp_path / "q.json"
    assert run("quarantine", "list", registry, "--json", listing, "--as", "planner")[0] == 1
    entry, = json.loads(listing.read_text())
    assert entry["file"] == "places.csv" and entry["row"] == 2
    assert entry["findings"][0]["found"].startswith("-5") and entry["findings"][0]["remedy"]
    number = str(entry["number"])
    assert run("quarantine", "retry", registry, number, "--as", "planner")[0] == 1  # still bad
    assert run("quarantine", "mend", registry, number, "--set", "population=5",
               "--set", "crs=EPSG:4326", "--as", "planner")[0] == 0
    assert run("quarantine", "list", registry, "--as", "planner")[0] == 0
    assert run("audit", registry)[0] == 0
    out = tmp_path / "out"
    assert run("export", registry, out, "--as", "administrator")[0] == 0
    assert "5" in (out / "settlement.csv").read_text(encoding="utf-8-sig")


def test_a_rejected_row_keeps_its_reason(run, registry, tmp_path):
    file = tmp_path / "places.csv"
    file.write_text("name,latitude,longitude,population\nB,44.2,17.3,-5\n")
    run("import", file, "--into", registry, "--kind", "settlement",
                         "--crs", "EPSG:4326")
    back = tmp_path / "back.csv"
    assert run("quarantine", "export", registry, back, "--as", "planner")[0] == 0
    assert "ROW-" in back.read_text(encoding="utf-8-sig")
    listing = tmp_path / "q.json"
    run("quarantine", "list", registry, "--json", listing, "--as", "planner")
    number = str(json.loads(listing.read_text())[0]["number"])
    assert run("quarantine", "reject", registry, number, "--reason", "a test row", "--as",
               "planner")[0] == 0
    status, _, err = run("quarantine", "show", registry, number, "--as", "planner")
    assert status == 2 and "[STO-" in err


@pytest.mark.parametrize("words", [
    ("audit", "missing.gpkg"),
    ("import", "missing.csv", "--into", "REGISTRY"),
    ("figures", "trace", "REGISTRY", "no_such_figure"),
    ("plan", "make", "REGISTRY", "--out", "plan", "--as", "planner"),  # no hazard yet
    ("forecast", "make", "REGISTRY", "--plan", "no_plan", "--as", "donor"),
    ("plan", "make", "REGISTRY", "--out", "plan"),  # for whom is not said
    ("export", "REGISTRY", "out", "--as", "planner", "--area", "Nowhere"),
    ("publish", "REGISTRY", "out", "--as", "nobody"),
    ("demo", "--data", "no_such_folder"),
    ("demo", "--world", "moon"),
    ("plan", "make", "REGISTRY", "--out", "plan", "--start", "soon"),
    ("verify", "sample", "--lot", "10", "--tolerable", "20"),
    ("init", "REGISTRY"),  # there already
    ("audit", "postgresql://127.0.0.1/none"),
])
def test_what_cannot_be_done_gives_status_2_and_one_clear_line(run, registry, words, tmp_path,
                                                              monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, _, err = run(*(registry if w == "REGISTRY" else w for w in words))
    assert status == 2
    assert re.match(r"\[[A-Z]{3}-\d{3}\] .+\.", err.splitlines()[-1]), err
    assert "Traceback" not in err


def test_safety_S14_without_a_role_the_command_line_shows_the_publics_view(run, registry,
                                                                          tmp_path):
    file = areas(tmp_path / "areas.geojson", square(17, 44))
    run("import", file, "--into", registry, "--kind", "hazard")
    status, _, err = run("history", registry, "A-0")
    assert status == 2 and "[ACC-" in err
    assert run("history", registry, "a-0", "--as", "administrator")[0] in (0, 2)
    out = tmp_path / "out"
    assert run("publish", registry, out, "--quiet")[0] == 0
    assert [p.name for p in out.iterdir()] == ["index.html"]
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "A-0" not in page
    exported = tmp_path / "exported"
    assert run("export", registry, exported)[0] == 0
    for path in exported.iterdir():
        assert "A-0" not in path.read_text(encoding="utf-8-sig"), path.name


def test_figures_open_to_their_records(run, registry, tmp_path):
    file = areas(tmp_path / "areas.geojson", square(17, 44))
    run("import", file, "--into", registry, "--kind", "hazard")
    status, out, _ = run("figures", "trace", registry, "hazardous_m2", "--as", "authority")
    assert status == 0 and "m²" in out and "chain head" in out
    listing = tmp_path / "f.json"
    assert run("figures", "list", registry, "--json", listing, "--as", "authority")[0] == 0
    figures = {f["id"]: f for f in json.loads(listing.read_text())}
    assert figures["cleared_m2"]["value"] is None  # S12: not reported
    assert len(figures["hazardous_m2"]["records"]) == 1
    table = tmp_path / "ledger.csv"
    assert run("figures", "tables", registry, "--out", table, "--as", "authority")[0] == 0
    assert "not reported" in table.read_text(encoding="utf-8-sig")


def test_inspection_sizes_of_the_design(run, tmp_path):
    out = tmp_path / "s.json"
    for detection, size in (("1", 180), ("0.9", 200), ("0.7", 257)):
        assert run("verify", "sample", "--lot", 400, "--tolerable", 5, "--detection", detection,
                   "--confidence", "0.95", "--json", out)[0] == 0
        assert json.loads(out.read_text())["sample"] == size


def test_residual_reads_standard_input_or_a_file_and_refuses_nonsense(run, tmp_path):
    spec = tmp_path / "spec.json"
    spec.write_text("[not json")
    status, _, err = run("assess", "residual", spec)
    assert status == 2 and "[CLI-103]" in err


def test_safety_S15_the_publics_grid_stays_where_it_is_when_hazards_come(run, registry, tmp_path):
    from landrelease import workflows
    from landrelease.store.open import open_registry

    def planes():
        opened = open_registry(str(registry))
        try:
            land = workflows.load_land(opened, workflows.load_assumptions())
            return workflows.public_plane(opened, land), workflows.plane_of(land)
        finally:
            opened.close()

    run("import", areas(tmp_path / "one.geojson", square(17, 44)), "--into", registry,
        "--kind", "hazard")
    assert run("publish", registry, tmp_path / "out")[0] == 0
    first, centre = planes()
    assert first == centre
    run("import", areas(tmp_path / "two.geojson", square(17, 44), square(17.1, 44.05)),
        "--into", registry, "--kind", "hazard")
    assert run("publish", registry, tmp_path / "again")[0] == 0
    kept, moved = planes()
    assert kept == first != moved
    assert run("audit", registry)[0] == 0


def test_safety_S04_the_accuracy_of_a_position_widens_the_publics_cells(run, registry, tmp_path):
    from landrelease import workflows
    from landrelease.access import ground
    from landrelease.store.open import open_registry

    run("import", areas(tmp_path / "a.geojson", square(17, 44, 0.001), position_accuracy_m=3000),
        "--into", registry, "--kind", "hazard")
    opened = open_registry(str(registry))
    try:
        land = workflows.load_land(opened, workflows.load_assumptions())
    finally:
        opened.close()
    assert ground.hazard_widths_m(land.hazards, 100.0) == [3000.0]


def test_safety_S01_a_hazard_whose_readings_differ_is_on_the_publics_map(run, registry, tmp_path):
    from landrelease import workflows
    from landrelease.store.open import open_registry

    star = [[17.0, 44.0], [17.03, 44.02], [16.995, 44.02], [17.025, 44.0], [17.0125, 44.035],
            [17.0, 44.0]]
    status, _, _ = run("import", areas(tmp_path / "a.geojson", star, square(17.1, 44)), "--into",
                       registry, "--kind", "hazard")
    assert status == 1  # it waits for a person
    opened = open_registry(str(registry))
    try:
        land = workflows.load_land(opened, workflows.load_assumptions())
    finally:
        opened.close()
    waiting, = land.unconfirmed
    assert len(land.hazards) == 1 and waiting.ground.covers(shapely.Point(17.0125, 44.015))
    assert run("publish", registry, tmp_path / "out")[0] == 0
    alone = areas(tmp_path / "b.geojson", square(17.1, 44))
    other = tmp_path / "other.gpkg"
    run("init", other, "--office", "A")
    run("import", alone, "--into", other, "--kind", "hazard")
    run("publish", other, tmp_path / "without")
    pages = [(tmp_path / d / "index.html").read_text() for d in ("out", "without")]
    assert len(pages[0]) > len(pages[1])  # the star's cells are drawn


def test_a_workbook_that_an_export_wrote_comes_in_again_without_its_sheet_of_remarks(
        run, registry, tmp_path):
    file = tmp_path / "places.csv"
    file.write_text("name,latitude,longitude,population\nA,44.1,17.2,120\n")
    assert run("import", file, "--into", registry, "--kind", "settlement", "--crs", "EPSG:4326")[
        0] == 0
    out = tmp_path / "out"
    assert run("export", registry, out, "--as", "administrator", "--format", "xlsx")[0] == 0
    other = tmp_path / "other.gpkg"
    run("init", other)
    status, said, err = run("import", out / "settlement.xlsx", "--into", other)
    assert (status, err.count("FIL-")) == (0, 0) and "settlement" in said
    again = tmp_path / "again"
    assert run("export", other, again, "--as", "administrator")[0] == 0
    assert "120" in (again / "settlement.csv").read_text(encoding="utf-8-sig")
