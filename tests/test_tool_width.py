"""COV-011 to COV-014: a width in another unit, and too little confidence, prove nothing (S05)."""

import json
from datetime import UTC, date, datetime

import pytest
import shapely
from typer.testing import CliRunner

from landrelease import workflows
from landrelease.apps.cli import app
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import coverage, follow, operate
from test_operate_command import geojson, proof, track_csv
from tracks_made import lanes

RUN = CliRunner()
STATED = workflows.load_assumptions()
FIELD = shapely.box(0, 0, 9, 30)


@pytest.fixture
def files(tmp_path):
    """A lane is left out: with the true width of 1.7 m ground stays open."""
    t, x, y, p = lanes()
    some = p != 2
    return (geojson(tmp_path / "t.geojson", FIELD),
            track_csv(tmp_path / "k.csv", t[some], x[some], y[some], p[some]))


def run(*arguments):
    got = RUN.invoke(app, [*map(str, arguments)])
    if got.exception is not None and not isinstance(got.exception, SystemExit):
        raise got.exception
    return got


@pytest.mark.parametrize(("width", "more", "words"), [
    (175, (), r"COV-011.*k\.csv.*175 m.*machine.*5 m.*metres.*widest_tool_machine_m"),
    (5.01, (), "COV-011"),
    (2.01, ("--by", "manual"), "COV-011.*person.*2 m"),
    (3.01, ("--by", "animal"), "COV-011.*animal.*3 m"),
    (1.93, ("--profile", "uran-6"), r"COV-012.*1\.93 m.*uran-6.*1\.75 m.*10 %.*1\.925 m"),
    (175, ("--profile", "uran-6"), "COV-011")])
def test_safety_S05_a_width_in_another_unit_proves_nothing(tmp_path, files, width, more, words):
    with pytest.raises(LandReleaseError, match=words):
        proof(tmp_path, *files, "--plane", *more, width=width)
    assert not (tmp_path / "g.geojson").exists()


def test_safety_S05_the_width_of_the_hand_is_not_that_of_the_machine(tmp_path, files):
    task, track = files
    hand = track_csv(tmp_path / "hand.csv", *lanes())
    by_hand = ("--manual", str(hand), "--manual-position-error", "0")
    with pytest.raises(LandReleaseError, match=r"COV-011.*hand\.csv.*person"):
        proof(tmp_path, task, track, "--plane", *by_hand, "--manual-width", "3", width=3)
    with pytest.raises(LandReleaseError, match=r"--manual-width: nothing.*not that of the mach"):
        proof(tmp_path, task, track, "--plane", *by_hand)
    with pytest.raises(LandReleaseError, match="--manual-position-error: nothing"):
        proof(tmp_path, task, track, "--plane", *by_hand[:2], "--manual-width", "1")
    # The tracks of --track are by hand as well: the same people, the same receivers.
    got, _, report = proof(tmp_path, task, track, "--plane", "--by", "manual", *by_hand[:2])
    assert got.exit_code == 1 and report["manual_m2"] > 200


@pytest.mark.parametrize(("width", "more"), [
    (5, ()), (1.7, ("--profile", "uran-6")), (1.92, ("--profile", "uran-6")),
    (3, ("--profile", "mv-4"))])
def test_widths_that_tools_have_are_taken(tmp_path, files, width, more):
    got, _, report = proof(tmp_path, *files, "--plane", *more, width=width)
    assert got.exit_code == 1 and "covered for certain" in got.output
    if width < 2:
        assert report["uncovered_most_m2"] > 30


def test_a_programme_with_a_wider_tool_says_so(tmp_path, files):
    wider = tmp_path / "a.csv"
    with workflows.packaged("assumptions.csv") as shipped:
        wider.write_text(shipped.read_text(encoding="utf-8").replace(
            "widest_tool_machine_m,5,2.5,8", "widest_tool_machine_m,8,2.5,8"), encoding="utf-8")
    proof(tmp_path, *files, "--plane", "--assumptions", str(wider), width=6)


def test_safety_S05_a_log_that_is_followed_is_held_to_the_same(files):
    ground = operate.read_ground(files[0], plane=True)
    options = operate.ProofOptions(0.95, plane=True)
    for width, profile, code in ((175, None, "COV-011"), (2.5, "uran-6", "COV-012")):
        file = operate.TrackFile(files[1], "machine", width, 0.0, profile=profile)
        with pytest.raises(LandReleaseError, match=code):
            next(follow.following(ground, file, options, STATED, every_s=0, idle_s=0))


def test_safety_S05_weak_confidence_is_a_finding_and_nothing_is_certain(tmp_path, files):
    task, _ = files
    track = track_csv(tmp_path / "whole.csv", *lanes())
    for level in (0.0001, 0.9499):
        got, gaps, report = proof(tmp_path, task, track, "--plane", "--pass-only",
                                  "--confidence", str(level), width=1.45)
        assert got.exit_code == 1 and report["weak"]
        assert gaps["weak"] and f"proves nothing ({100 * level:g} %)" in gaps["name"]
        assert gaps["features"] and all(
            f["properties"]["weak"] and f["properties"]["confidence"] == level
            for f in gaps["features"])
        assert "COV-013" in got.output and "for certain:" not in got.output
        assert "covered for certain " not in got.output
        assert report["findings"][0]["code"] == "COV-013"
    got, gaps, report = proof(tmp_path, task, track, "--plane", "--pass-only", width=1.7)
    assert got.exit_code == 0 and not report["weak"] and "weak" not in gaps
    file = operate.TrackFile(track, "machine", 1.7, 0.0)
    look = next(follow.following(operate.read_ground(task, plane=True), file,
                                 operate.ProofOptions(0.0001, plane=True), STATED, every_s=0,
                                 idle_s=0))
    assert "covered for certain" not in " ".join(follow.look_words(look))


@pytest.mark.parametrize("width", [175, 1.75, "1,75"])
def test_lanes_are_not_planned_so_far_apart(tmp_path, width):
    task = geojson(tmp_path / "t.geojson", shapely.box(0, 0, 40, 30))
    profiles = tmp_path / "p.csv"
    profiles.write_text(
        "profile,title,kind,property,value,low,high,unit,basis,source\n"
        f'flail,A flail,machine,width_m,"{width}",,,m,maker,brochure\n')
    call = ("operate", "lanes", "--task", task, "--plane", "--profile", "flail", "--profiles",
            profiles, "--out", tmp_path / "o")
    if width == 1.75:
        run(*call)
        with pytest.raises(LandReleaseError, match=r"COV-011.*--width.*175 m"):
            run(*call, "--width", 175)
        with pytest.raises(LandReleaseError, match=r"COV-011.*--width"):
            run(*call, "--width", 175, "--machines", 2, "--apart", 5)
    elif width == 175:
        with pytest.raises(LandReleaseError, match=r"COV-011.*profile flail.*175 m"):
            run(*call)


DAY = date(2027, 5, 1)
AT = datetime(2027, 5, 2, tzinfo=UTC)


def test_safety_S05_what_is_weak_or_too_wide_is_neither_stored_nor_added_to(tmp_path):
    from test_coverage_stored import degrees, track

    path = track(tmp_path / "k.csv")
    out = ("--uncovered", tmp_path / "g.geojson")
    with create_registry(tmp_path / "r.gpkg", office="Test") as registry:
        registry.append([Revision("task", "tsk", {"task_status": "started"}, degrees(FIELD), AT,
                                  "test", "test", "", DAY)])
    call = ("operate", "proof", tmp_path / "r.gpkg", "tsk", "--track", path, "--position-error", 0,
            *out, "--store", "--as", "authority")
    with pytest.raises(LandReleaseError, match="COV-013"):
        run(*call, "--width", 1.7, "--confidence", 0.5)
    assert not (tmp_path / "g.geojson").exists()
    measured = ("operate", "measured", tmp_path / "r.gpkg", "tsk", "--lanes", geojson(
        tmp_path / "l.geojson", degrees(FIELD)), "--position-error", 0.01, "--depth", 0.2,
        "--day", "2027-05-01", *out, "--as", "authority", "--confidence", 0.5)
    with pytest.raises(LandReleaseError, match="COV-013"):
        run(*measured, "--store")
    said = run(*measured)
    assert said.exit_code == 1 and "COV-013" in said.output
    assert "not proven 0.60 m2" in said.output and ": covered, not proven 269" in said.output
    run(*call, "--width", 1.7, "--confidence", 0.95)
    with open_registry(tmp_path / "r.gpkg") as registry:
        (first,) = registry.records("track")
        registry.append([Revision("track", first.id, {**first.values, "width_m": 17.0},
                                  first.geometry, AT, "test", "test", "", DAY)])
        assert coverage.coverages(registry)
    late = track(tmp_path / "late.csv", later=86_400)
    with pytest.raises(LandReleaseError, match=r"COV-014.*17 m.*5 m"):
        run(*call[:5], late, *call[6:], "--width", 1.7, "--confidence", 0.95, "--add")


def test_the_limits_are_assumptions_with_a_source():
    for name in ("widest_tool_machine_m", "widest_tool_manual_m", "widest_tool_animal_m",
                 "width_over_profile_share"):
        assert "assumption" in STATED[name].source
    assert json.dumps(STATED.value("widest_tool_manual_m")) == "2.0"
