"""PUB: the pages are one file that loads nothing, escapes everything and holds what they must."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from datetime import date
from html.parser import HTMLParser

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.hazard import AdministrativeArea, Hazard, Land, Settlement
from landrelease.core.report import PublicTotal
from landrelease.core.texts import Texts
from landrelease.errors import LandReleaseError
from landrelease.publish.content import chances, curve_rows
from landrelease.publish.page import percent, render_page, render_public
from landrelease.publish.words import ENGLISH, Words
from landrelease.units import area_words
from test_publish_report import (
    Everything,
    Without,
    public_report,
    region_report,
    small_report,
    square,
)


class Reader(HTMLParser):
    """Collects tags, attributes and the text that a reader sees."""

    VOID = frozenset({"meta", "input", "br", "link", "img"})

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.scripts: list[tuple[dict, str]] = []
        self.style = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> does not close {self.open[-3:]}"

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)
        elif self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())

    def data(self) -> dict:
        return json.loads(next(s for a, s in self.scripts if a.get("id") == "data"))


PAGES = {
    "planner": lambda: render_page(small_report(), Everything()),
    "public": lambda: render_public(public_report()),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_and_loads_nothing(name):
    page = Reader(PAGES[name]())
    assert page.open == []
    for tag, attributes in page.tags:
        assert tag not in {"link", "iframe", "object", "embed", "img", "base", "form"}
        for key, value in attributes.items():
            assert key not in {"src", "srcset", "action", "style"} and not key.startswith("on")
            if key == "href":
                assert value.startswith("#")
    assert "url(" not in page.style and "@import" not in page.style
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", PAGES)
def test_the_policy_of_a_page_names_its_own_script_and_style_and_nothing_else(name):
    page = Reader(PAGES[name]())
    policy = next(
        a["content"]
        for t, a in page.tags
        if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))

    def sha(text):
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    run = [s for a, s in page.scripts if a.get("type") != "application/json"]
    assert len(run) == 1
    assert rules == {
        "default-src": "'none'",
        "script-src": sha(run[0]),
        "style-src": sha(page.style),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_script_never_writes_markup():
    script = next(s for a, s in Reader(PAGES["planner"]()).scripts if not a)
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "fetch(",
        "XMLHttpRequest",
        "WebSocket",
        "http:",
        "https:",
    ):
        assert word not in script


def hostile(text: str) -> str:
    land = Land(
        hazards=(Hazard(text, square(17, 44), geodesic_area_m2(square(17, 44)), text, text, "m"),),
        outcomes=(),
        accidents=(),
        lifted=(),
        settlements=(Settlement("s", text, shapely.Point(17, 44), 1, 1.0),),
        municipalities=(AdministrativeArea("m", text, 3, square(16.9, 43.9, 0.3)),),
        chain_head=text,
    )
    return render_page(
        small_report(land=land, plan=None, title=text, subtitle=text, scope=text, cautions=(text,)),
        Everything(),
    )


@given(
    st.text(max_size=40).map(
        lambda t: t + "</script><script>alert(1)</script><img src=x onerror=y><!--\"'&amp;]]>"
    )
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_names_from_the_data_stay_text(text):
    page = Reader(hostile(text))
    assert page.open == []
    assert [t for t, _ in page.tags].count("script") == 3
    assert not any(t == "img" for t, _ in page.tags)
    expected = text.encode("utf-8", "replace").decode()
    assert page.data()["map"]["hazards"]["id"] == [expected]


def test_safety_S12_what_is_not_reported_or_uncertain_says_so():
    words = Reader(render_page(small_report(), Everything())).words
    assert "Victims not reported" in words
    assert "(40 areas – 260 areas)" in words
    assert "not reported" in words.split("Land ledger by municipality")[1]


def test_safety_S03_what_is_given_back_stands_with_its_three_parts():
    words = Reader(render_page(small_report(), Everything())).words
    assert re.search(
        r"Expected back within the plan \S+ \S+ [\d.,]+ \S+ cancelled, [\d.,]+ \S+ reduced, "
        r"[\d.,]+ \S+ cleared",
        words,
    )


@pytest.mark.parametrize("name", PAGES)
def test_safety_S19_synthetic_is_on_every_page_that_is(name):
    assert "SYNTHETIC" in Reader(PAGES[name]()).words
    real = (
        render_page(small_report(synthetic=False), Everything())
        if name == "planner"
        else render_public(public_report(synthetic=False))
    )
    assert "SYNTHETIC" not in Reader(real).words


def test_safety_S09_the_page_says_what_it_does_not_decide():
    words = Reader(render_page(small_report(), Everything())).words
    assert "a decision of a named authority, signed each time" in words
    assert "must not be used for moving on the ground" in words


def test_the_curve_and_the_chances_stand_as_tables_for_those_who_cannot_see_them():
    report = small_report(promised=(date(2031, 6, 30),))
    words = Reader(render_page(report, Everything())).words
    assert "30 June 2031 announced" in words
    for chance in chances(report.outlook, report.promised):
        day = f"{chance.day.day} {chance.day:%B} {chance.day.year}"
        assert re.search(rf"{day}( announced)? {re.escape(percent(chance.share, Words()))}", words)
    rows = curve_rows(report.outlook)
    assert 4 <= len(rows) <= 13 and rows[0][0] == date(2027, 12, 31)
    for day, low, middle, high in rows:
        assert low <= middle <= high <= report.outlook.total_m2 * (1 + 1e-9)
        assert f"31 December {day.year} " + " ".join(map(area_words, (low, middle, high))) in words
    assert "of the runs do not finish by 2057" in words


def test_what_the_forecast_notes_is_shown():
    report = small_report()
    report = dataclasses.replace(report, outlook=dataclasses.replace(
        report.outlook, notes=("Know this <first>.",), explained="12% is chance"))
    words = Reader(render_page(report, Everything())).words
    assert "Know this <first>." in words and "12% is chance" in words


def test_the_counts_of_the_import_stand_with_their_sum():
    words = Reader(render_page(small_report(), Everything())).words
    assert "suspected_areas.geojson hazard 492 486 2 4 1" in words
    assert "All files 596 590 2 4 1" in words


def test_safety_S14_a_reader_who_may_not_see_hazards_gets_an_error_not_an_empty_map():
    with pytest.raises(LandReleaseError, match="PUB-001"):
        render_page(small_report(), Without("hazard"))


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("plan_dates", "NTS finished"),
        ("plan_quality", "Quality of the plan"),
        ("forecast", "Year in which"),
        ("forecast.cost", "Cost"),
        ("ledger", "Land ledger"),
        ("figures", "Victims"),
        ("forecast.assumptions", "APMBC"),
        ("imports", "incidents.geojson"),
    ],
)
def test_safety_S14_sections_that_the_view_refuses_are_left_out(subject, words):
    report = small_report()

    def seen(view):
        page = Reader(render_page(report, view))
        return page.words + (" NTS finished" if "plan" in page.data()["map"] else "")

    assert words in seen(Everything())
    assert words not in seen(Without(subject))


def test_safety_S14_teams_and_records_only_where_the_view_allows():
    report = small_report()
    assert "pool-manual" in render_page(report, Everything())
    assert "pool-manual" not in render_page(report, Without("plan_teams"))
    assert "x-accident" in render_page(report, Everything())
    assert "x-accident" not in render_page(report, Without("figures.records"))


def test_a_plan_that_the_reader_may_not_see_is_not_said_to_be_missing():
    words = Reader(render_page(small_report(), Without("plan_dates"))).words
    assert "The dates of the plan are not for this reader." in words
    assert "No plan was made" not in words and "never released" not in words


def test_a_report_with_nothing_but_land_is_shown():
    report = small_report(
        plan=None,
        outlook=None,
        assessments=(),
        ledger=(),
        ledger_total=None,
        figures=(),
        assumptions=None,
        imports=(),
        sources=(),
        weights={},
    )
    words = Reader(render_page(report, Everything())).words
    assert "No plan was made." in words and "No forecast was made." in words
    empty = small_report(land=Land((), (), (), (), (), (), ""), plan=None, outlook=None)
    assert Reader(render_page(empty, Everything())).open == []


def test_the_page_of_the_region_is_small():
    page = render_page(region_report(), Everything())
    assert len(page.encode()) < 600_000
    assert len(Reader(page).data()["map"]["hazards"]["id"]) == 486


# --- the public page -----------------------------------------------------------------------------


def test_safety_S16_the_public_page_holds_no_records_teams_dates_or_accidents():
    report = region_report()
    public = public_report(municipalities=report.land.municipalities)
    page = render_public(public)
    for hazard in report.land.hazards:
        assert hazard.id not in page
    for secret in (
        "hazard-",
        "outcome-",
        "accident",
        "pool-",
        "team",
        "task",
        "NTS",
        "planned",
        "clearance",
    ):
        assert secret not in Reader(page).words and secret not in json.dumps(Reader(page).data())
    for place in report.land.accidents:
        x, y = place.place.x, place.place.y
        assert f"{x:.5f}" not in page and f"{y:.5f}" not in page
    assert set(Reader(page).data()["map"]) == {
        "steps",
        "origin",
        "bounds",
        "place_m",
        "cells",
        "released",
        "municipalities",
        "settlements",
        "reported",
        "unplaced",
    }


def test_safety_S15_no_ground_is_ever_called_safe():
    for text in (render_public(public_report()), *(ENGLISH[k] for k in ENGLISH if "pub" in k)):
        assert "safe" not in text.lower()


def test_safety_S15_ground_without_colour_is_called_dangerous_and_release_states_depth_and_date():
    page = Reader(render_public(public_report()))
    assert "Ground without colour means: no information. Treat it as dangerous." in page.words
    words = page.data()["words"]
    assert "to a depth that was not reported" in words.values()
    assert page.data()["map"]["released"]["depth"] == [None, 0.2]
    assert page.data()["map"]["released"]["on"] == [None, "2026-05-04"]


def test_safety_S15_every_cell_is_drawn():
    report = public_report()
    assert len(Reader(render_public(report)).data()["map"]["cells"]) == len(report.hazardous)


def test_safety_S18_the_public_page_starts_with_do_not_approach():
    words = Reader(render_public(public_report(synthetic=False))).words
    assert words.index("Do not approach. Do not touch.") < words.index(
        "Zenica, Travnik, Bugojno", 40
    )
    assert "Who to call: not configured" in words
    assert "Who to call: 123" in Reader(render_public(public_report(contact="123"))).words


@pytest.mark.parametrize("width", [0.0, -5.0, float("nan"), float("inf")])
def test_cells_without_a_width_are_refused(width):
    with pytest.raises(LandReleaseError, match="PUB-004"):
        render_public(public_report(cell_m=width))


# --- words ---------------------------------------------------------------------------------------


def test_a_translation_fills_in_and_what_it_lacks_stays_english():
    bosnian = Texts("bs", "Bosanski", {"No plan was made.": "Plan nije napravljen."})
    w = Words(bosnian)
    assert w("plan.none") == "Plan nije napravljen."
    assert w("forecast.none") == "No forecast was made."
    page = render_page(
        small_report(plan=None), Everything(), bosnian
    )
    assert "Plan nije napravljen." in Reader(page).words


def test_every_word_that_a_script_asks_for_is_in_the_catalogue():
    page = Reader(PAGES["planner"]())
    script = next(s for a, s in page.scripts if not a)
    known = set(page.data()["words"])
    asked = set(re.findall(r"words\.([a-z_]+)\b", script)) | set(
        re.findall(r'words\["([\w.]+)"\]', script)
    )
    asked |= set(re.findall(r'say\(words, "([\w.]+)"', script))
    assert asked <= known, asked - known


@pytest.mark.parametrize(
    "share, words",
    [(0, "0.0 %"), (0.0004, "< 0.1 %"), (0.9999, "> 99.9 %"), (1, "100.0 %"), (0.426, "43 %")],
)
def test_a_share_is_not_rounded_to_never_or_always(share, words):
    assert percent(share, Words()) == words


def test_safety_S15_a_zero_of_the_public_table_is_not_called_free_of_hazards():
    report = public_report(totals=(PublicTotal("Kakanj", 0, 0.0, None),))
    words = Reader(render_public(report)).words
    assert "A zero means that nothing is recorded there; it does not mean that nothing is" in words
    assert "Kakanj 0 0 not reported" in words


def test_safety_S03_the_public_table_calls_cleared_ground_cleared():
    words = Reader(render_public(public_report())).words
    assert "Hazardous, ha Cleared, ha" in words and "Released, ha" not in words
