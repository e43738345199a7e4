"""FRM: submissions that were copied from a phone, as files with their photographs beside them."""

import hashlib

import pytest
from typer.testing import CliRunner

from landrelease.apps.cli import app
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import by_cable, imports, submissions
from test_openrosa import JPEG, PNG, A, B, C, item, survey, take


@pytest.fixture
def registry(tmp_path):
    create_registry(tmp_path / "r.gpkg", office="Travnik").close()
    with open_registry(tmp_path / "r.gpkg") as made:
        yield made


def named(*files):
    return "".join(f"<photo_{n}>{name}</photo_{n}>" for n, name in enumerate(files, 1))


def instance(folder, name, content, **files):
    """A folder as ODK Collect keeps one."""
    place = folder / name
    place.mkdir(parents=True)
    (place / f"{name}.xml").write_bytes(content)
    for file, body in files.items():
        (place / file.replace("_", ".")).write_bytes(body)
    return place


def codes(reports):
    return {f.code: f.problem for r in reports for f in r.findings
            if f.code in ("FRM-012", "FRM-033", "FRM-030")}


def kept(registry):
    return {r.values["title"]: (r.values["sha256"], r.values.get("came_with"))
            for r in registry.records("source")}


@pytest.mark.parametrize("how", ["the xml", "its folder", "instances", "the project"])
def test_photographs_beside_a_submission_come_along(registry, tmp_path, how):
    phone = tmp_path / "project" / "instances"
    one = instance(phone, "Item found_2026-09-01", item("item-1", A, extra=named(
        "1.jpg", "2.png", "gone.jpg")), **{"1_jpg": JPEG, "2_png": PNG, "other_jpg": JPEG + b"2"})
    path = {"the xml": one / f"{one.name}.xml", "its folder": one, "instances": phone,
            "the project": phone.parent}[how]
    reports = imports.import_files(registry, [path], beside=True)
    assert kept(registry) == {
        "1.jpg": (hashlib.sha256(JPEG).hexdigest(), "item-item-1"),
        "2.png": (hashlib.sha256(PNG).hexdigest(), "item-item-1")}
    assert registry.source_content(hashlib.sha256(PNG).hexdigest()) == PNG
    assert [(r.file, r.kind, r.accepted) for r in reports] == [
        (f"{one.name}.xml", "item", 1), ("1.jpg", "source", 1), ("2.png", "source", 1)]
    told = codes(reports)
    assert "gone.jpg" in told["FRM-033"] and "1.jpg" not in told["FRM-033"]
    assert told["FRM-030"].endswith("no answer names: other.jpg.")
    assert submissions.missing_pictures(registry) == [("landrelease_item", A, "gone.jpg")]
    # The same again brings nothing; what was found meanwhile comes in.
    (one / "gone.jpg").write_bytes(JPEG + b"3")
    again = imports.import_files(registry, [path], beside=True)
    assert [(r.accepted, r.merged) for r in again] == [(0, 1), (0, 1), (0, 1), (1, 0)]
    assert not submissions.missing_pictures(registry) and not registry.quarantine()
    assert not registry.audit()


def test_a_folder_of_instances_comes_in_as_one(registry, tmp_path):
    """Edits beside what they edit, a survey with several kinds, a folder with nothing that is read.
    """
    phone = tmp_path / "instances"
    instance(phone, "a", item("item-1", B, depth="0.2", replaces=A, extra=named("1.jpg")),
             **{"1_jpg": JPEG})
    instance(phone, "b", item("item-1", A, extra=named("1.jpg")), **{"1_jpg": JPEG})
    instance(phone, "c", survey(C, 1))
    (phone / "d").mkdir()
    (phone / "d" / "submission.xml.enc").write_bytes(b"\x00" * 9)
    (phone / ".cache").mkdir()
    (phone / ".cache" / "x.xml").write_bytes(item("item-9", "uuid:00000009"))
    reports = imports.import_files(registry, [phone], beside=True)
    assert {r.kind for r in reports} == {"item", "activity", "hazard", "evidence", "source"}
    assert registry.ids("item") == {"item-item-1"} and registry.ids("hazard") == {"hazard-1"}
    assert registry.records("item")[0].values["depth_m"] == 0.2
    assert "d/submission.xml.enc" in codes(reports)["FRM-030"]
    labels = {r.values["source_label"] for r in registry.records("source")}
    assert labels == {f"landrelease_item {A}", f"landrelease_item {B}"}
    assert not registry.quarantine() and not registry.audit()


def test_a_file_that_is_no_photograph_waits_and_keeps_no_answers_back(registry, tmp_path):
    one = instance(tmp_path, "a", item("item-1", A, extra=named("1.jpg", "2.jpg", "3.jpg")),
                   **{"1_jpg": b"MZ", "2_jpg": b"", "3_jpg": JPEG + bytes(25_000_000)})
    reports = imports.import_files(registry, [one], beside=True)
    assert [(r.file, r.accepted, r.quarantined) for r in reports] == [
        ("a.xml", 1, 0), ("1.jpg", 0, 1), ("2.jpg", 0, 1)]
    assert [(e.row.file, e.row.findings[0].code) for e in registry.quarantine()] == [
        ("1.jpg", "FRM-012"), ("2.jpg", "FRM-012")]
    assert "3.jpg" in codes(reports)["FRM-012"], "too large to be kept: it is left, and told of"
    assert ("landrelease_item", A, "3.jpg") in submissions.missing_pictures(registry)


def test_no_answer_names_a_file_of_another_folder(registry, tmp_path):
    (tmp_path / "secret.jpg").write_bytes(JPEG)
    one = instance(tmp_path / "phone", "a", item("item-1", A, extra=named(
        "../../secret.jpg", str(tmp_path / "secret.jpg"), "link.jpg")))
    (one / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    reports = imports.import_files(registry, [one], beside=True)
    assert not registry.records("source") and "link.jpg" in codes(reports)["FRM-033"]


def test_only_who_asks_for_it_gets_what_lies_beside_a_file(registry, tmp_path):
    """A file that somebody sends to the server names nothing that lies there."""
    one = instance(tmp_path, "a", item("item-1", A, extra=named("1.jpg")), **{"1_jpg": JPEG})
    imports.import_files(registry, [one / "a.xml"])
    assert not registry.records("source") and registry.ids("item")


def test_other_folders_are_not_listed(registry, tmp_path):
    """A submission among downloads: what else lies there is nothing of the phone's."""
    one = instance(tmp_path, "downloads", item("item-1", A))
    (one / "downloads.xml").rename(one / "submission.xml")
    (one / "letter.pdf").write_bytes(b"%PDF")
    assert not codes(imports.import_files(registry, [one / "submission.xml"], beside=True))


def test_a_dry_run_tells_and_keeps_nothing(registry, tmp_path):
    one = instance(tmp_path, "a", item("item-1", A, extra=named("1.jpg", "2.jpg")),
                   **{"1_jpg": JPEG})
    reports = imports.import_files(registry, [one], beside=True, dry_run=True)
    assert "2.jpg" in codes(reports)["FRM-033"] and not registry.sources()
    assert registry.setting(f"copy of landrelease_item {A}") is None


def test_a_photograph_that_a_phone_sent_is_not_kept_twice(registry, tmp_path):
    content = item("item-1", A, extra=named("1.jpg"))
    take(registry, content, files={"1.jpg": JPEG}.items())
    one = instance(tmp_path, "a", content, **{"1_jpg": JPEG})
    reports = imports.import_files(registry, [one], beside=True)
    assert [(r.accepted, r.merged) for r in reports] == [(0, 1), (0, 1)]
    assert len(registry.records("source")) == 1


def test_a_folder_without_a_submission_is_named(registry, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.jpg").write_bytes(JPEG)
    with pytest.raises(LandReleaseError, match=r"FRM-031.*photos"):
        imports.import_files(registry, [tmp_path / "photos"], beside=True)
    assert by_cable.submissions_in(tmp_path / "x.gdb") == [tmp_path / "x.gdb"]


def test_the_command_says_what_came_along_what_is_missing_and_what_waits(tmp_path):
    create_registry(tmp_path / "r.gpkg", office="Travnik").close()
    instance(tmp_path / "instances", "a", item("item-1", A, extra=named("1.jpg", "2.jpg")),
             **{"1_jpg": JPEG, "x_txt": b"x"})
    instance(tmp_path / "instances", "b", item("item-2", B, extra=named("3.jpg")),
             **{"3_jpg": b"MZ"})
    done = CliRunner().invoke(app, ["import", str(tmp_path / "instances"), "--into",
                                    str(tmp_path / "r.gpkg"), "--quiet"])
    assert done.exit_code == 1, done.output
    for words in ("[FRM-033]", "2.jpg", "[FRM-030]", "x.txt", "1 rows wait"):
        assert words in done.output, done.output
    assert [line.split()[1] for line in done.output.splitlines()
            if line.startswith(("1.jpg", "3.jpg"))] == ["source", "source"]
