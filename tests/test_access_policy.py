"""One table says who sees what; what it does not name is not visible."""

import re
from datetime import date
from pathlib import Path

import pytest
import shapely

from landrelease.access import policy
from landrelease.access.policy import (
    ALL,
    NEVER_PUBLIC,
    OUTSIDE,
    RESULTS,
    ROLES,
    TABLE,
    fields_of,
    view,
)
from landrelease.core.ledger import Figure
from landrelease.core.record import KINDS, Field, Record
from landrelease.errors import LandReleaseError

SUBJECTS = [*KINDS, *RESULTS]
RANK = {"none": 0, "municipality": 1, "cells": 2, "inward": 2, "exact": 3}


def test_the_table_names_every_role_and_only_what_exists():
    assert set(TABLE) == set(ROLES)
    for grants in TABLE.values():
        for subject, grant in grants.items():
            assert subject in SUBJECTS and grant.precision in RANK
            assert set(grant.fields) <= {ALL, *fields_of(subject)}


def test_safety_S14_without_a_role_it_is_the_public_and_an_unknown_role_is_an_error():
    assert view() == view("") == view(None) == view("public")
    for role in ("Public", "admin", "root", "public ", "*"):
        with pytest.raises(LandReleaseError, match="ACC-001"):
            view(role)


def test_safety_S14_docs_name_every_command_that_is_the_keepers_without_a_role():
    docs = (Path(__file__).parents[1] / "docs" / "access.md").read_text(encoding="utf-8")
    said = docs[docs.index("that of the keeper of the file:"):docs.index("What these write holds")]
    assert set(re.findall(r"`([^`]+)`", said)) == policy.KEEPERS_WORK


@pytest.mark.parametrize("role", ROLES)
def test_safety_S14_what_is_not_named_is_not_visible(role):
    seen = view(role)
    for subject in ("", "herd", "photograph", "hazards", "__class__"):
        assert not seen.may(subject) and seen.precision(subject) == "none"
    for subject in SUBJECTS:
        assert not seen.may(subject, "no_such_field") and not seen.may(subject, ALL)
        if not seen.may(subject):
            assert not any(seen.may(subject, f) for f in fields_of(subject))


def test_safety_S16_never_public():
    for role in OUTSIDE:
        for subject in NEVER_PUBLIC:
            assert not view(role).may(subject), (role, subject)
    public = view()
    assert {"plan_dates", "plan_teams", "closures", "items", "tracks", "accident_points",
            "accident", "team", "task", "closure", "item", "track", "gate", "permit",
            "person"} <= set(NEVER_PUBLIC)
    for subject in ("activity", "plan_priority", "contamination_map", "quarantine", "history",
                    "assessment", "imports", "source_files", "registry"):
        assert public.precision(subject) == "none"


def test_safety_S15_the_public_has_hazards_as_cells_and_releases_inward():
    public = view()
    assert public.precision("hazard") == "cells" and public.fields("hazard") == ()
    assert public.precision("outcome") == "inward"
    assert public.precision("accident_counts") == "municipality"
    assert public.may("ledger", "hazardous_m2") and not public.may("ledger", "hazard_ids")
    assert public.may("figures", "value") and not public.may("figures", "records")
    assert public.may("forecast", "finish") and not public.may("forecast", "cost")


@pytest.mark.parametrize("role", ROLES)
def test_nobody_sees_less_than_the_public(role):
    for subject in SUBJECTS:
        assert RANK[view(role).precision(subject)] >= RANK[view().precision(subject)]
        assert set(view().fields(subject)) <= set(view(role).fields(subject))


def test_safety_S17_no_role_sees_a_personal_field(monkeypatch):
    from dataclasses import replace

    kind = KINDS["accident"]
    person = Field("victim_name", "text", "Never.", personal=True)
    monkeypatch.setitem(KINDS, "accident", replace(kind, fields=(*kind.fields, person)))
    record = Record("accident", "a1", {"victim_name": "N. N.", "victims": 1},
                    shapely.Point(17, 44))
    for role in ROLES:
        assert not view(role).may("accident", "victim_name")
        assert all("victim_name" not in r.values for r in view(role).records([record]))


RECORDS = [
    Record("hazard", "h1", {"name": "A", "status": "open"}, shapely.box(17, 44, 18, 45)),
    Record("outcome", "o1", {"outcome_type": "cleared"}, shapely.box(17, 44, 18, 45)),
    Record("accident", "a1", {"victims": 2}, shapely.Point(17, 44), date(2001, 1, 1)),
    Record("activity", "c1", {"activity_type": "TS"}, shapely.Point(17, 44)),
    Record("settlement", "s1", {"name": "B", "population": 10, "source_label": "x",
                                "organisation": "y"}, shapely.Point(17, 44), date(1991, 3, 31),
           revision=7, sources=("ab" * 32,)),
    Record("herd", "z1", {"name": "C"}),
]


def test_safety_S14_records_leave_only_as_the_role_may_have_them():
    (settlement,) = view().records(RECORDS)
    assert settlement.values == {"name": "B", "population": 10}
    assert (settlement.valid_from, settlement.revision, settlement.sources) == (None, 0, ())
    assert [r.id for r in view("operator").records(RECORDS)] == ["h1", "o1", "c1", "s1"]
    (accident,) = view("inspector").records(RECORDS[2:3])
    assert accident.values == {} and accident.valid_from == date(2001, 1, 1)
    assert view("authority").records(RECORDS) == RECORDS[:5]
    assert RECORDS[4].values["organisation"] == "y"  # what came in is not changed


def test_rows_of_results_leave_with_the_visible_fields():
    rows = [{"id": "f1", "value": 1.0, "records": ["h1"], "secret": 1}]
    assert view().rows(rows, "figures") == [{"id": "f1", "value": 1.0}]
    assert view("planner").rows(rows, "figures") == [{"id": "f1", "value": 1.0, "records": ["h1"]}]
    assert view().rows(rows, "tracks") == []
    assert view("administrator").rows(rows, "unheard of") == []


def test_what_is_withheld_is_said_with_its_reason():
    told = {w.subject: w for w in view().withheld()}
    assert set(NEVER_PUBLIC) <= set(told) and all(w.reason for w in told.values())
    assert "S16" in told["plan_dates"].reason and told["hazard"].precision == "cells"
    assert told["figures"].fields == ("records", "uncounted") and "administrative_area" in told
    assert all("S17" in w.reason for w in view("administrator").withheld())
    (unknown,) = view("administrator").withheld(["tracks", "unheard of"])
    assert unknown.subject == "unheard of" and unknown.precision == "none"


@pytest.mark.parametrize("role", policy.ROLES)
def test_safety_S14_a_figure_follows_the_policy_of_what_it_shows(role):
    reader = policy.view(role)
    subjects = [(s, f) for s, fields in policy.RESULTS.items() for f in fields]
    rest = (1.0, "", "all", ("h1", "h2", "h3"), "head")
    made = [Figure(f"{s}.{f}", "", "", *rest, subject=s, field=f)
            for s, f in subjects] + [Figure("area", "", "", *rest)]
    shown = reader.figures(made)
    assert {f.id for f in shown} == {"area"} | {
        f"{s}.{f}" for s, f in subjects if reader.may(s, f)}
    assert all(bool(f.records) == reader.may("figures", "records") for f in shown)


def test_safety_S14_cost_and_quality_of_the_plan_have_a_policy_of_their_own():
    reader = policy.view("operator")
    made = [Figure(f"{s}.{f}", "", "", 1.0, "", "all", (), "head", subject=s, field=f)
            for s, f in (("forecast", "cost"), ("plan_quality", "gap"), ("forecast", "finish"))]
    assert [f.id for f in reader.figures(made)] == ["forecast.finish"]


def test_the_page_about_access_follows_the_table():
    import sys
    from pathlib import Path

    root = Path(__file__).parent.parent
    sys.path.insert(0, str(root / "tools"))
    try:
        from access_table import table
    finally:
        sys.path.pop(0)
    page = (root / "docs" / "access.md").read_text(encoding="utf-8")
    assert table() in page, "put the output of tools/access_table.py into docs/access.md"
    assert all(f"| `{way}` |" in page for way in policy.WAYS_OUT)
