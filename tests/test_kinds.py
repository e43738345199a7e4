"""The kinds of record: one definition that everything follows."""

import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.core.checks import checker, references
from landrelease.core.extension import extended, read_extension, with_thresholds
from landrelease.core.kind import DECLINED, NOT_REPORTED
from landrelease.core.record import KINDS
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.records.assumptions import read_assumptions
from landrelease.store import layout
from landrelease.store.open import create_registry
from landrelease.workflows import packaged

ROOT = Path(__file__).parents[1]
DESIGN = (
    "hazard", "evidence", "outcome", "activity", "item", "accident", "ordnance", "team", "person",
    "machine", "detector", "accreditation", "task", "gate", "track", "coverage", "inspection",
    "handover",
    "settlement", "road", "parcel", "closure", "marking", "permit", "session", "complaint",
    "environment", "project", "fund", "expense", "exchange_rate", "source", "claim",
    "administrative_area")


def test_all_kinds_of_the_design_are_there():
    assert set(KINDS) == set(DESIGN)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda k: k.name)
def test_each_field_is_typed_defined_and_sourced(kind):
    assert kind.title and kind.definition.endswith(".") and kind.group
    names = [f.name for f in kind.fields]
    assert len(set(names)) == len(names)
    taken = {n for n, _ in layout.CHAIN_COLUMNS} | {"fid", "geom", "other_values"}
    for field in kind.fields:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", field.name) and field.name not in taken
        assert field.definition.endswith(".") and field.source
        assert (field.type in ("choice", "choices")) == bool(field.choices)
        if field.choices:  # S12: that nobody said so is always a value
            assert NOT_REPORTED in field.choices and len(set(field.choices)) == len(field.choices)
        assert (field.type in ("reference", "references")) == bool(field.refers_to)
        assert not field.refers_to or field.refers_to in KINDS
        if field.name.endswith(("_m", "_m2", "_mm", "_deg")):
            assert field.unit
    for name, words in kind.decisions:
        assert set(words) <= set(kind.field(name).choices)


def test_safety_S17_what_names_a_person_is_personal():
    for kind in KINDS.values():
        for field in kind.fields:
            if re.search(r"contact|address(es)?$|victim_names|^reporter$|informant$|born_on|"
                         r"person_name|^owner$|^author$|representative", field.name) \
                    and field.name != "address":
                assert field.personal, (kind.name, field.name)
    assert not KINDS["accident"].field("victims").personal  # counted, never named


values_of = {
    "text": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    "number": st.floats(0, 1),
    "date": st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    "moment": st.datetimes(timezones=st.just(UTC)).map(lambda d: d.isoformat()),
    "reference": st.just("x-1"), "references": st.lists(st.just("x-1"), max_size=2)}


@st.composite
def records(draw):
    kind = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    chosen = draw(st.lists(st.sampled_from(kind.fields), max_size=6, unique_by=lambda f: f.name))
    said = {}
    for field in chosen:
        if field.personal:
            continue
        if field.type == "choice":
            said[field.name] = draw(st.sampled_from(field.choices))
        elif field.type == "choices":
            said[field.name] = draw(st.lists(st.sampled_from(field.choices), unique=True))
        elif field.name == "public_key":
            said[field.name] = draw(st.binary(min_size=32, max_size=32)).hex()
        elif field.type == "integer":
            low = int(field.minimum or 0)
            said[field.name] = draw(st.integers(low, low + 8))
        else:
            said[field.name] = draw(values_of[field.type])
        if draw(st.integers(0, 9)) == 0:
            said[field.name] = DECLINED
    shape = {"polygon": shapely.box(17, 44, 17.1, 44.1), "point": shapely.Point(17, 44),
             "line": shapely.LineString([(17, 44), (17.1, 44)]), "any": shapely.Point(17, 44),
             "none": None}[kind.geometry]
    return kind, said, shape


@settings(max_examples=60)
@given(st.lists(records(), min_size=1, max_size=8))
def test_every_kind_goes_into_a_registry_and_comes_back(tmp_path_factory, made):
    path = tmp_path_factory.mktemp("kinds") / "r.gpkg"
    at = datetime(2027, 5, 1, tzinfo=UTC)
    with create_registry(path, office="A") as registry:
        registry.append([
            Revision(kind.name, f"{kind.name}-{n}", said, shape, at, "landrelease test", "why", "")
            for n, (kind, said, shape) in enumerate(made)])
        assert registry.audit() == []
        for n, (kind, said, shape) in enumerate(made):
            (found,) = [r for r in registry.records(kind.name) if r.id == f"{kind.name}-{n}"]
            assert found.values == said and found.geometry == shape
            (again,) = registry.find(kind.name, where=said, after=f"{kind.name}-{n}"[:-1],
                                     limit=1) if said and DECLINED not in said.values() and not \
                any(isinstance(v, list) for v in said.values()) else (found,)
            assert said.items() <= again.values.items()


# --- values against their kind -------------------------------------------------------------------

@pytest.mark.parametrize("kind, said, field", [
    ("hazard", {"status": "opne"}, "status"), ("hazard", {"reported_area_m2": -1.0},
                                               "reported_area_m2"),
    ("hazard", {"reported_area_m2": float("inf")}, "reported_area_m2"),
    ("hazard", {"reported_area_m2": float("nan")}, "reported_area_m2"),
    ("hazard", {"reported_area_m2": "5"}, "reported_area_m2"), ("hazard", {"colour": "x"},
                                                                 "colour"),
    ("accident", {"victims": 2.0}, "victims"), ("accident", {"victims": True}, "victims"),
    ("accident", {"victims": 1, "killed_men": 1, "injured_girls": 1}, "victims"),
    ("accident", {"victim_names": "x"}, "victim_names"),
    ("activity", {"started_on": date(2027, 5, 2), "ended_on": date(2027, 5, 1)}, "ended_on"),
    ("inspection", {"lot_size": 5, "sample_size": 6}, "lot_size"),
    ("closure", {"closed_from": "2027-05-01T06:00"}, "closed_from"), ("closure", {}, "closed_from"),
    ("outcome", {"decided_on": "1 May"}, "decided_on"),
    ("outcome", {"assets": ["manual", "magic"]}, "assets"), ("task", {"teams": "T1"}, "teams"),
])
def test_what_does_not_fit_is_said(kind, said, field):
    found = checker(KINDS[kind])(said)
    assert field in [p.field for p in found] and all(p.expected for p in found)


@pytest.mark.parametrize("kind, said", [
    ("hazard", {"status": "open", "reported_area_m2": 5, "information_date": date(2020, 1, 1)}),
    ("hazard", {"reported_area_m2": DECLINED, "status": NOT_REPORTED}),  # S12
    ("accident", {"victims": 2, "killed_men": 1, "injured_girls": 1}),
    ("closure", {"closed_from": "2027-05-01T06:00+02:00"}),
])
def test_safety_S12_what_fits_and_what_nobody_said_pass(kind, said):
    assert checker(KINDS[kind])(said) == []


def test_references_are_looked_up():
    there = {("hazard", "h1")}
    said = {"hazard": "h2", "teams": ["t1", NOT_REPORTED]}
    found = references(KINDS["activity"], said, lambda k, i: (k, i) in there)
    assert {p.field for p in found} == {"hazard", "teams"}
    assert references(KINDS["activity"], {"hazard": "h1"}, lambda k, i: (k, i) in there) == []


# --- national extensions -------------------------------------------------------------------------

EXAMPLE = (ROOT / "docs" / "extension_example.yaml").read_text(encoding="utf-8")


def test_an_extension_adds_fields_words_and_thresholds():
    extension = read_extension(EXAMPLE)
    kinds = extended(KINDS, extension)
    hazard = kinds["hazard"]
    assert hazard.field("cadastral_zone").type == "text"
    assert "bamboo" in hazard.field("vegetation").choices
    assert hazard.field("vegetation").choices[-1] == NOT_REPORTED
    assert hazard.field("hazard_type").required and not KINDS["hazard"].field(
        "hazard_type").required
    assert kinds["complaint"].field("national_number").personal
    with packaged("assumptions.csv") as path:
        before = read_assumptions(path)
    after = with_thresholds(before, extension)
    assert after.value("required_depth_m") == 0.2
    assert after["working_days_per_year"].source.startswith("National")
    assert after["working_days_per_year"].definition == before["working_days_per_year"].definition
    assert checker(hazard)({"hazard_type": "SHA", "cadastral_zone": "7"}) == []


BAD = {
    "name: x": "version", "- a": "whole", "name: [": "line", "name: x\nversion: 1\ncolour: y":
    "colour",
    "name: x\nversion: 1\nfields: {herd: []}": "herd",
    "name: x\nversion: 1\nfields: {hazard: [{name: status, type: text, definition: D.}]}": "status",
    "name: x\nversion: 1\nfields: {hazard: [{name: fid, type: text, definition: D.}]}": "name",
    "name: x\nversion: 1\nfields: {hazard: [{name: a, type: blob, definition: D.}]}": "type",
    "name: x\nversion: 1\nfields: {hazard: [{name: a, type: text}]}": "definition",
    "name: x\nversion: 1\nfields: {hazard: [{name: a, type: choice, definition: D.}]}": "choices",
    "name: x\nversion: 1\nfields: {hazard: [{name: a, type: text, definition: D., personal: true,"
    " public: true}]}": "personal",
    "name: 2027-99-99\nversion: 1": "text", "[" * 3000: "text",
    "name: x\nversion: 1\nfields: {hazard: [{name: a, type: text, definition: D., personal: true,"
    " required: true}]}": "required and personal",
    "name: x\nversion: 1\nfields: {hazard: [{name: a, type: reference, definition: D.,"
    " refers_to: [hazard]}]}": "refers_to",
    "name: x\nversion: 1\nfields: {hazard: [{name: a, type: number, definition: D., minimum: 5,"
    " maximum: 1}]}": "maximum",
    "name: x\nversion: 1\nrequired: {herd: []}": "herd",
    "name: x\nversion: 1\nthresholds: [{name: a, value: .inf, source: S}]": "value",
    "name: x\nversion: 1\nwords: {hazard.name: [a]}": "hazard.name",
    "name: x\nversion: 1\nrequired: {hazard: [nothing]}": "required",
    "name: x\nversion: 1\nthresholds: [{name: a, value: 1}]": "source",
    "name: x\nversion: 1\nthresholds: [{name: a, value: 1, low: 2, source: S}]": "thresholds",
    "!!python/object/apply:os.system ['true']": "line",
}


@pytest.mark.parametrize("text, entry", BAD.items(), ids=range(len(BAD)))
def test_a_wrong_extension_is_refused_by_its_entry(text, entry):
    with pytest.raises(LandReleaseError, match="EXT-001") as caught:
        read_extension(text, "national.yaml")
    assert "national.yaml" in str(caught.value) and entry in str(caught.value)


@given(st.text(max_size=60))
def test_an_extension_of_any_text_is_read_or_refused(text):
    try:
        read_extension(text)
    except LandReleaseError as error:
        assert error.code == "EXT-001"


def test_the_page_of_records_follows_the_kinds():
    made = subprocess.run([sys.executable, ROOT / "tools" / "records_page.py"], check=True,
                          capture_output=True, text=True, encoding="utf-8").stdout
    assert made == (ROOT / "docs" / "records.md").read_text(encoding="utf-8"), \
        "run: python tools/records_page.py > docs/records.md"


PROCEDURE = re.compile(r"\b(detonat|disarm|neutralis|render safe|unscrew|cut the|pull the|"
                       r"remove the (fuze|pin|cap)|arming|charge|explosive filling|blow)", re.I)


def test_the_ordnance_reference_helps_to_recognise_and_holds_no_procedure():
    import csv
    with packaged("ordnance.csv") as path, path.open(encoding="utf-8") as file:
        listed = list(csv.DictReader(file))
    categories = set(KINDS["ordnance"].field("category").choices)
    assert len(listed) >= 15
    for row in listed:
        assert row["category"] in categories and row["appearance"] and row["source"]
        assert "do not touch" in row["advice"].lower()
        assert "do not approach" in row["advice"].lower()
        assert not PROCEDURE.search(" ".join(row.values())), row
