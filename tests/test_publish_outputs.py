"""PUB: what `publish` writes of a registry, read back from the files."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
import shapely

from landrelease import workflows
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import sharing

DAY = date(2026, 11, 24)


def areas(path, *boxes, **properties):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature",
         "properties": {"identifier": f"{path.stem}-{i}", **properties},
         "geometry": json.loads(shapely.to_geojson(shapely.box(*box)))}
        for i, box in enumerate(boxes)]}))
    return path


@pytest.fixture
def programme(tmp_path):
    """A registry with one hazard, and how to add others and publish."""

    class Programme:
        address = tmp_path / "r.gpkg"

        def __init__(self):
            create_registry(self.address, office="Test").close()

        def add(self, name, *boxes, **properties):
            path = areas(tmp_path / f"{name}.geojson", *boxes, **properties)
            with_registry(self.address, lambda r: workflows.import_files(
                r, [path], today=DAY, kind="hazard"))

        def keep(self, name, value):
            with_registry(self.address, lambda r: r.keep_setting(name, value))

        def publish(self, name, role=None, **more):
            out = tmp_path / name
            with_registry(self.address, lambda r: workflows.publish(
                r, out, reader=sharing.reader_of(r, role), made_on=DAY, **more))
            return out

    made = Programme()
    made.add("one", (17.0, 44.0, 17.01, 44.01))
    return made


def with_registry(address, act):
    registry = open_registry(address)
    try:
        return act(registry)
    finally:
        registry.close()


def embedded(page):
    text = page.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])


def corners(page):
    """All corners of the public's cells, in millionths of a degree."""
    found, data = set(), embedded(page)["map"]
    for rings in data["cells"]:
        for ring in rings:
            x, y = data["origin"]
            for dx, dy in zip(ring[::2], ring[1::2], strict=True):
                x, y = x + dx, y + dy
                found.add((x, y))
    return found


def test_safety_S15_a_later_publication_keeps_the_grid_of_the_first(programme):
    first = corners(programme.publish("first") / "index.html")
    programme.add("two", (17.2, 44.3, 17.21, 44.31))  # alone it would move the centre
    second = corners(programme.publish("second") / "index.html")
    assert first < second


def test_safety_S15_the_size_of_the_cells_is_kept_as_well(programme, monkeypatch):
    first = corners(programme.publish("first") / "index.html")
    monkeypatch.setattr(workflows, "PUBLIC_CELL_M", 250.0)
    assert corners(programme.publish("second") / "index.html") == first


def test_safety_S15_data_that_leaves_the_grid_is_said_and_the_grid_stays(programme):
    first = corners(programme.publish("first") / "index.html")
    programme.add("far", (60.0, 44.0, 60.01, 44.01))
    page = programme.publish("second") / "index.html"
    assert first < corners(page)
    assert "The grid of squares was fixed at the first publication." in page.read_text()
    programme.add("farther", (100.0, 10.0, 100.01, 10.01))
    with pytest.raises(LandReleaseError, match=r"ACC-003.*was fixed at the first publication"):
        programme.publish("third")


@pytest.mark.parametrize(("name", "value"), [
    ("public_grid_centre", "here"), ("public_grid_centre", "17 944"),
    ("public_grid_cell_m", "wide"), ("public_grid_cell_m", "nan"), ("public_grid_cell_m", "3")])
def test_safety_S15_a_spoilt_setting_of_the_grid_is_an_error_not_another_grid(
        programme, name, value):
    programme.keep(name, value)
    with pytest.raises(LandReleaseError, match=f"ACC-004.*{name}"):
        programme.publish("out")


@pytest.mark.parametrize("synthetic", [True, False])
def test_safety_S19_every_file_of_a_synthetic_programme_says_so(
        programme, tmp_path, synthetic, monkeypatch):
    """Page, public page, document and all data files; and none of them where it is not."""
    import pypdf
    from pyarrow import parquet

    from landrelease.store import results as files

    if synthetic:
        programme.keep("synthetic", "yes")

    def stages(registry):
        stated = workflows.load_assumptions()
        land = workflows.load_land(registry, stated)
        assessments = workflows.assess(land, stated)
        workflows.map_contamination(land, assessments, stated, tmp_path / "map.tif", 100.0)
        plan = workflows.make_plan(land, assessments, workflows.load_teams(None), stated,
                                   start=date(2027, 1, 1), iterations=1, seed=1)
        files.save_plan(tmp_path / "plan", plan)
        outlook = workflows.make_outlook(plan.plan, stated, runs=10, seed=1)
        files.save_outlook(tmp_path / "forecast.json", outlook, land.chain_head,
                           synthetic=land.synthetic)
        assert files.load_outlook(tmp_path / "forecast.json")[0].runs == 10
        workflows.export_records(registry, tmp_path / "export", known_at=None,
                                 reader=sharing.reader_of(registry, "planner"))

    with_registry(programme.address, stages)
    assert files.load_plan(tmp_path / "plan").synthetic is synthetic
    out = programme.publish("out", role="planner", plan_path=tmp_path / "plan",
                            forecast_path=tmp_path / "forecast.json")
    public = programme.publish("public")

    def says(path):
        if path.suffix == ".pdf":
            return all("SYNTHETIC" in page.extract_text() for page in pypdf.PdfReader(path).pages)
        if path.suffix == ".parquet":
            table = parquet.read_table(path)
            return "synthetic" in table.column_names and all(table["synthetic"].to_pylist())
        text = path.read_bytes().decode("utf-8", "replace")
        if path.name == "withheld.json":
            return synthetic  # no data: the names of fields that a role does not get
        if path.suffix == ".geojson":
            features = json.loads(text)["features"]
            return "SYNTHETIC" in text and all(
                f["properties"].get("synthetic") is True for f in features)
        if path.suffix == ".json":
            return json.loads(text)["synthetic"] is True
        if path.suffix == ".csv":
            head, *rows = text.splitlines()
            return head.endswith(",synthetic") and all(r.endswith(",true") for r in rows)
        return "SYNTHETIC DATA" in re.sub(r'<script type="application/json".*?</script>', "",
                                          text, flags=re.S)

    written = [p for folder in (out, public, tmp_path / "export") for p in folder.iterdir()]
    written += [tmp_path / "forecast.json", tmp_path / "plan" / "plan.json", tmp_path / "map.tif"]
    names = {p.name for p in written}
    assert {"index.html", "report.pdf", "figures.json", "plan.csv", "plan.geojson",
            "areas.parquet", "hazard.csv", "hazard.geojson"} <= names
    assert {p.name: says(p) for p in written} == {p.name: synthetic for p in written}


@pytest.mark.parametrize(("word", "made_up"), [
    ("yes", True), ("true", True), ("1", True), ("perhaps", True), ("no", False), ("False", False)])
def test_safety_S19_a_doubtful_setting_counts_as_synthetic(programme, word, made_up):
    programme.keep("synthetic", word)
    page = (programme.publish("out") / "index.html").read_text()
    assert ('<p class="synthetic"' in page) == made_up


def test_the_page_for_planners_draws_the_contamination_map(programme):
    cells = embedded(programme.publish("out", role="planner") / "index.html")["map"]["cells"]
    assert cells["cell_m"] == 100 and cells["prior"] == "all" and cells["runs"]


def test_a_programme_that_is_wide_gets_coarser_cells_not_an_error(programme):
    programme.add("far", (40.0, 44.0, 40.01, 44.01), (30.0, 60.0, 30.01, 60.01))
    cells = embedded(programme.publish("out", role="planner") / "index.html")["map"]["cells"]
    assert cells["cell_m"] == 500
