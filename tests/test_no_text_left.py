"""No text goes past the catalogue: pages, documents, certificates and forms in a language in which
each text of the catalogue stands in brackets (`marked`); what people read outside of them are data,
names and units."""

import csv
import html
import inspect
import io
import json
import re
from datetime import date
from inspect import signature
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from litestar.testing import TestClient

import claims_of_every_code
import release_world
import test_documents
import test_web_inspection
import test_web_plan
import test_web_release
from landrelease import errors
from landrelease.apps.web.app import make_app
from landrelease.apps.web.navigation import PARTS
from landrelease.apps.web.settings import Settings
from landrelease.core import sentences
from landrelease.core.record import KINDS
from landrelease.core.texts import CLAIM_SENTENCES, UNREVIEWED, Texts
from landrelease.errors import LandReleaseError
from landrelease.figures import unit_costs
from landrelease.figures.catalogue import metrics
from landrelease.publish import sketch
from landrelease.publish.certificate import certificate_content
from landrelease.publish.document import document_content
from landrelease.publish.page import render_page, render_public
from landrelease.publish.paper import paper_content
from landrelease.publish.words import Words
from landrelease.records.forms import FORMS, sheets
from landrelease.records.profiles import profile_of
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import (
    certificates,
    document_reports,
    documents,
    lanes,
    languages,
    load_assumptions,
)
from landrelease.workflows.explaining import Asked
from landrelease.workflows.lanes import LaneOptions
from landrelease.workflows.languages import meanings
from marked import crawl, left_out, marked, seen, strings, words_left
from test_documents import SUNDAY, load_plan, making
from test_publish_report import Everything, public_report, small_report
from test_release import ready, registry, release

__all__ = ["ready", "registry"]  # fixtures
FRENCH = marked()
# Names of what is made up here, identifiers, formats of files, currencies, the frame of pages.
DATA = (r"\w+@[0-9a-f]{12} [0-9a-f]{6,64} [0-9a-f]{4} \S*\d\S* [a-z]+(-[a-z0-9]+)+ ltr fr "
        r"landrelease Office Org Test Donor EUR USD UTC North field Mill Secret let HYPERLINK "
        r"http\S* csv geojson gpkg kml parquet xlsx one\.\w+ why test person:\S+ English Français "
        r"Español Русский Українська العربية Ana Ivo WGS EPSG:\d+ N mai mars avril "
        r"[A-Z]{4}-[A-Z]{4}-[A-Z]{2}")  # a code may have no digit

# Assumptions and codes of claims by the names that files and the API have for them.
CODES = "".join(rf" {re.escape(n)}" for n in sorted({a.name for a in load_assumptions()} | set(
    meanings())))
NAMES = "".join(rf" {n}\S*" for n in sorted({
    n for k in KINDS.values() for f in k.fields for n in (f.name, *f.choices) if "_" in n} | {
    m.id for m in metrics()}))


@pytest.fixture(autouse=True)
def french_is_marked(monkeypatch):
    known = languages.texts
    monkeypatch.setattr(languages, "texts", lambda code: FRENCH if code == "fr" else known(code))


def plain(fixture):
    """The function of a fixture of another module."""
    return fixture.__wrapped__


# --- pages of the web app ------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[test_web_release, test_web_inspection],
                ids=["release", "inspection"])
def server(request, tmp_path_factory):
    module = request.param
    # Where the fixture is for several stores, the file is enough here.
    several = [SimpleNamespace(param="file")] if "request" in signature(
        plain(module.place)).parameters else []
    place = plain(module.place)(*several, tmp_path_factory)
    with TestClient(plain(module.app)(place)) as client:
        yield module, client


@pytest.mark.parametrize("role", ["authority", "operator", ""])
def test_no_page_of_the_web_app_shows_a_text_that_is_in_no_catalogue(server, role):
    module, client = server
    module.sign_in(client, role)
    client.cookies.set("landrelease-language", "fr")
    pages = crawl(client, [*(p.path for p in PARTS), "/public", "/public/report"])
    client.cookies.clear()
    assert len(pages) > (20 if role else 6)
    assert not left_in(pages, " manual clearance TS acc")


def left_in(pages, known):
    """In English stay commands, and the names that the API has for fields and vocabularies."""
    return {path: words for path, texts in pages.items() if (words := words_left(
        [t for t in texts if not t.startswith("landrelease ") and t != "hazardous area"],
        DATA + known + NAMES))}


@pytest.fixture(scope="module")
def planned(region, tmp_path_factory):
    """A server with plans, a forecast and a checked claim on file."""
    address = plain(test_web_plan.address)(region, tmp_path_factory)
    with TestClient(plain(test_web_plan.app)(address)) as client:
        plain(test_web_plan.forecast)(client)
        headers = test_web_plan.sign_in(client, "planner")
        for job in ("claims-recorded", "conflicts", "price"):
            started = client.post(f"/jobs/{job}", headers=headers, json={}).json()
            test_web_plan.ended(client, started["id"])
        with open_registry(address, writable=False) as records:
            client.names = {w for r in (*records.records("settlement"), *records.records("hazard"))
                            for n in ("name", "municipality_name")
                            for w in left_out(str(r.values.get(n) or ""))}
        started = client.post("/jobs/claims", headers=headers,
                              json={"claims": claims_of_every_code.as_file()}).json()
        assert test_web_plan.ended(client, started["id"])["state"] == "done"
        client.checked = f"/work/{started['id']}"
        yield client


def test_no_page_of_a_check_of_claims_of_every_code_shows_english(planned):
    csrf = test_web_plan.sign_in(planned, "planner")["x-csrf-token"]
    planned.cookies.set("landrelease-language", "fr")
    page = planned.get(planned.checked).text
    one = planned.post("/api/claims/check", headers={"x-csrf-token": csrf}, json={
        "metric": "cleared area", "value": "55.200", "unit": "ha", "as_of": "2025-01-01"}).json()
    planned.cookies.clear()
    assert "value_ambiguous" in one["codes"] and all(s.startswith("⟦") for s in one["said"])
    assert one["reasons"][0].startswith('"55.200" may be ')
    reasons = re.findall(r'<ul class="plain">(.*?)</ul>', page, re.S)
    assert len(reasons) > 60 and all("⟦" in r and 'lang="en"' not in r for r in reasons)
    assert not [li for r in reasons for li in re.findall("<li>(.*?)</li>", r, re.S)
                if left_out(html.unescape(li))]
    assert set(meanings()) - set(re.findall(r"\w+", page)) == {"value_ambiguous"}
    # The rest of the page; what the rows say themselves, cell by cell, is data.
    said = {w for cells in csv.reader(io.StringIO(claims_of_every_code.as_file()))
            for cell in cells for w in left_out(cell)}
    left = left_in({planned.checked: [x for x in seen(page)[0] if not set(left_out(x)) <= said]},
                   " office planner" + CODES)
    assert not left, str(left)


@pytest.mark.parametrize("role", ["planner", ""])
def test_no_page_of_plans_forecasts_figures_and_claims_goes_past_the_catalogue(planned, role):
    test_web_plan.sign_in(planned, role)
    planned.cookies.set("landrelease-language", "fr")
    pages = crawl(planned, ["/plans", "/forecasts", "/claims", "/figures", "/work", "/validation",
                            "/figures/residents"], most=150, alike=6)
    planned.cookies.clear()
    seen_parts = {p.split("/")[1].partition("?")[0] for p in pages}
    assert seen_parts >= {"forecasts", "claims", "figures", *(("plans",) if role else ())}
    assert role != "planner" or seen_parts >= {"work", "validation"}
    assert "/figures/residents" in pages or not role
    # Names of places are data: a text that holds nothing else is left aside.
    left = left_in({p: [x for x in t if not set(left_out(x)) <= planned.names]
                    for p, t in pages.items() if p != planned.checked},
                   " office outlook first second Operator paper NTS TS clearance manual ha BAC"
                   " hazardous area survey-a manual-[ab] suspected_areas.geojson "
                   "Suspected Minefield "
                   r"settlements_1991\w*\.csv" + CODES)
    assert not left, str(left)


def test_what_scripts_show_of_a_record_is_in_the_language(planned):
    """The evidence that a type rests on, the history of a record and what its fields mean."""
    test_web_plan.sign_in(planned, "planner")
    planned.cookies.set("landrelease-language", "fr")
    hazard = planned.get("/ogc/collections/hazard/items?limit=1").json()["features"][0]["id"]
    found = planned.get(f"/api/evidence/{hazard}").json()
    past = planned.get(f"/api/records/{hazard}").json()["revisions"]
    fields = planned.get("/ogc/collections/hazard/queryables").json()["properties"]
    planned.cookies.clear()
    said = [*found["reasons"], found["proposed_words"], *(t["definition"] for t in found[
        "thresholds"]), *(row[n] for row in found["log"] for n in (
            "evidence_words", "counted", "weight_words"))]
    assert len(said) > 4 and all("⟦" in s for s in said if s) and not words_left(said, DATA)
    assert not words_left([t for r in past for t in (r["reason"], r["recorded_by"], r["signed"])],
                          DATA + r" \w+\.geojson")
    assert all(f["title"].startswith("⟦") for n, f in fields.items() if n != "geometry")


EVIDENCE = (
    "Direct evidence weighs up to 0.9 (threshold 0.4, S), on 3.2 ha of the area.",
    "Direct evidence weighs 0.3 at most and does not reach the threshold 0.4, S.",
    "All evidence weighs 0.9 (threshold 0.1).", "0.5, given in the record",
    "All evidence on record weighs 0.05, below 0.1: record why the area is suspected. It stays as "
    "hazardous as it is.", "0.5 x mean of source A and information 3 (0.9)")


@pytest.mark.parametrize("reason", EVIDENCE)
def test_why_an_area_is_of_a_type_is_said_in_the_language(reason):
    assert not words_left([FRENCH.said(reason)], "S A")


@pytest.fixture(scope="module")
def spending(tmp_path_factory):
    """Money of two phases and three currencies, of which one has no rate; work without an area, and
    land of which nobody says by which method it was cleared."""
    path = tmp_path_factory.mktemp("spending") / "r.gpkg"
    day = date(2027, 1, 5)
    with create_registry(path, office="Office") as records:
        for phase in ("demining", "rebuilding"):
            for state in ("received", "committed", "announced"):
                release_world.record(records, "fund", f"f-{phase}-{state}", donor="Donor",
                                     amount=1000.0, currency="USD", fund_status=state, phase=phase,
                                     received_on=day)
        for n, (unit, kind) in enumerate((("USD", "clearance"), ("USD", "NTS"), ("USD", "TS"),
                                          ("GBP", "clearance"), ("CHF", "clearance"),
                                          ("CHF", "not_reported"))):
            release_world.record(records, "expense", f"e{n}", amount=300.0, currency=unit,
                                 expense_status="paid", paid_on=day, phase="demining",
                                 activity_type=kind, fund="f-demining-received")
        release_world.record(records, "outcome", "o1", release_world.FIELD, outcome_type="cleared")
        release_world.record(records, "activity", "a1", release_world.FIELD.centroid,
                             activity_type="NTS", started_on=day, ended_on=day)
    return path


def test_no_page_of_figures_of_money_and_cost_goes_past_the_catalogue(spending, tmp_path):
    with TestClient(make_app(Settings(str(spending), str(tmp_path / "a"), role="planner",
                                      hosts=("testserver.local",)))) as client:
        client.cookies.set("landrelease-language", "fr")
        pages = crawl(client, ["/figures", "/figures?scope=demining"], most=120)
    shown = "".join(t for texts in pages.values() for t in texts)
    assert "⟦not converted and not in it: " in shown and "⟦Money received⟧, ⟦demining⟧" in shown
    assert "/figures/money_paid" in pages and "records in CHF" in shown and "record in GBP" in shown
    assert not left_in(pages, " office planner CHF GBP")


@pytest.mark.parametrize("why", [
    "no such work with an area is on record", "area not reported", "no area",
    "cost not reported by kind of work", "no days of work on record to spread joint costs by",
    "more was paid back than was paid", "records of this work name no ground that it released",
    "no released ground on record names it", "no released ground without a method",
    "cost not reported by outcome and method"])
def test_why_there_is_no_cost_is_said_in_the_language(why):
    source = inspect.getsource(unit_costs)
    assert f'"{why}"' in source
    for texts in (FRENCH, *(t for t in languages.all_texts() if t.code != "en")):
        said = texts.said(f"{why}; not converted and not in it: 1 record in UAH (2,000,000), 21 "
                          "records in EUR (30)")
        assert (why not in said.replace("⟦" + why, "") and not re.search("record[s]? in", re.sub(
            "⟦[^⟦⟧]*⟧", "", said))) or texts is FRENCH
    assert not words_left([FRENCH.said(why)])


@pytest.mark.parametrize("asked", [
    Asked("teams", "manual-a", 2), Asked("teams", "manual-a", 2, date(2027, 5, 1)),
    Asked("ground", "winter"), Asked("money", "F-1", 9e4), Asked("equipment", "mower"),
    Asked("road", "gate-1"), Asked("leave", "manual-a"), Asked("decision", "h1:TS")])
def test_what_a_variant_asks_for_is_said_in_the_language(asked):
    said = FRENCH.said(asked.words)
    assert said.startswith("⟦") and asked.name in said


# --- the reasons of claims, the words of conflicts ------------------------------------------------


@pytest.fixture(scope="module")
def every_code():
    """Claims that raise every code, each in a place of its own, and the verdicts on them."""
    return claims_of_every_code.checked()


def test_the_claims_raise_every_code(every_code):
    assert {c for j in every_code for c in j.codes} == set(meanings())


def test_no_reason_of_a_claim_goes_past_the_catalogue(every_code):
    """A reason is read whole or not at all: what stands outside of brackets was not read. Citations
    of assumptions and what a source said stand as they are."""
    for reason in {r for j in every_code for r in j.reasons}:
        texts = FRENCH.watched()
        assert texts.said(reason, CLAIM_SENTENCES) != reason, reason
        assert not texts.missing, reason
        assert not left_out(texts.said(reason, CLAIM_SENTENCES)), reason


@pytest.mark.parametrize("texts", [t for t in languages.all_texts() if t.code != "en"],
                         ids=lambda t: t.code)
def test_each_reason_of_a_claim_is_said_in_each_language_and_keeps_its_numbers(texts, every_code):
    def digits(text):
        return sorted(set(re.findall(r"\d+", re.sub(r"(?<=\d)[.,\s](?=\d)", "", text))))

    for reason in {r for j in every_code for r in j.reasons}:
        said = texts.said(reason, CLAIM_SENTENCES)
        assert said != reason and digits(said) == digits(reason), (reason, said)


def test_what_a_source_said_stands_as_it_was_said():
    for quoted in ("machines", "released area", "about 1,234.5 ha", "share of area"):
        said = languages.texts("es").said(f'"{quoted}" is not one number.', CLAIM_SENTENCES)
        assert said == f"«{quoted}» no es un solo número."
        row = languages.texts("ru").said(
            f"1,200 ha; row 3 ({quoted}, 2030-01-01) says 900 ha: they differ by 300 ha.",
            CLAIM_SENTENCES)
        assert f"({quoted}, 2030-01-01)" in row and "1\xa0200 га" in row
    assert languages.texts("fr").said("Quite another reason.", CLAIM_SENTENCES) == (
        "Quite another reason.")


CONFLICTS = (
    "no team can do h1:TS (TS)",
    "h1:TS may not be done by a, then b (machine then manual): decided",
    "h1:TS may not be done by a (manual): decided", "h1:TS starts not before 2027-05-01: decided",
    "h1:TS starts by 2027-05-01: decided", "h1:TS starts on 2027-05-01: decided",
    "h1:TS starts between 2027-05-01 and 2027-06-01: decided",
    "no work 2027-05-01 to 2027-06-01, 2028-05-01 to 2028-06-01: winter",
    "no work 2027-05-01 to 2027-06-01, 2028-05-01 to 2028-06-01, 2029-05-01 to 2029-06-01 and 3 "
    "times more: winter",
    "no work 2027-05-01 to 2027-06-01: winter", "h1:TS comes after h2:TS: decided",
    "a is there from 2027-05-01", "a is there from 2027-05-01 until 2027-06-01",
    "a is there until 2027-06-01", "a is accredited on no day of the plan",
    "work begins only where open roads lead", "a has 2 team(s)", "there are 1 of mower",
    "F-1 has 90,000 USD, 1,000 of it at the start, to be spent before 2027-05-01, for x, y",
    "F-1 has 90,000 USD, 1,000 of it at the start", "no fund may be spent on x",
    "whether it can be done was not found out in the time that the solver has",
    "not even without all of these can it be done by the end of the plan: it takes longer than "
    "there is time")


@pytest.mark.parametrize("words", CONFLICTS)
def test_a_requirement_that_conflicts_is_said_in_the_language(words):
    for texts in (FRENCH, *(t for t in languages.all_texts() if t.code != "en")):
        assert texts.said(words) != words
    assert not left_out(FRENCH.said(words))


NOTES = (
    "Learned from the records as well: working days lost to weather, closures and stand-downs 31% "
    "(20% to 44%); how much areas differ in the time that they take: 0.52 of the logarithm; rates "
    "by month, from 0.80 of the mean in January to 1.15 in June.",
    "Learned from the records as well: area that nobody knew of and that turns up 4% (1% to 9%).",
    "4 teams are new on the first day.",
    "4 teams are new on the first day; manual teams are 20% slower then, and a third of that after "
    "60 days at work; dog teams are 30% slower then, and a third of that after 90 days at work.",
    "A prior, not learned here: only 3 whole days of it were reported (IMAS).",
    "12 reports of more than a day were left out.",
    "1,204 reports were sent again: the last one counts.",
    "3 days on which the work of an area ended were left out: they are not whole days.",
    "What was known at each past month cannot be told: the records came in from 2026-05-01 on. The "
    "dates of the records are taken instead; reports that came late are seen too early, and the "
    "scores are kinder than they ought to be.",
    "Areas that closures of any time have touched make 2 sectors: 0 is A-0 and 1 more; 1 is A-7.",
    "Days lost hold what closures cost as well (lost_day_share); the closures of the scenario come "
    "on top of them. `assumptions: {lost_day_share: ...}` states what is lost without closures.",
    "learning: manual changes nothing: no such team is new in this scenario, and no staff leave.",
    "9 runs do not finish within 12 years; whether they would keep it is not known.",
    "No date has a chance of 90%: too many runs do not finish within 12 years.",
    "90% of the runs are done by 2031-05-01.",
    "left undone, as no team can do them: 1,200 steps of NTS (no team of kind nts), 3 steps of TS "
    "(no base of teams of kind ts within 90 km)")
OWN = f"{DATA} IMAS NTS TS A lost_day_share assumptions learning manual nts ts of the"


@pytest.mark.parametrize("words", NOTES)
def test_a_note_of_a_forecast_or_a_plan_is_said_in_the_language(words):
    assert not words_left([FRENCH.said(words)], OWN)
    for texts in languages.all_texts():
        watched = texts.watched()
        assert texts.code == "en" or watched.said(words) != words
        assert not watched.missing, watched.missing


def test_the_ground_of_a_forecast_is_said_in_the_language():
    from types import SimpleNamespace

    from landrelease.forecast.ground import ground_note

    seen_on = {"manual": ({"forest": (-0.7, 1.0), "grass": (0.2, 1.0)}, 1.0)}
    for of_hazard in ([0, 1, 2], [1, 2, 3]):
        for names in (["forest", "grass"], ["forest", "grass", "a", "b", "c", "d"]):
            note = ground_note(names, np.array(of_hazard), [SimpleNamespace(kind="manual")],
                               seen_on, {"manual": "manual teams"})
            assert not words_left([FRENCH.said(note)], f"{DATA} forest grass a b c d")


@pytest.mark.parametrize("found", [
    "self-intersection", "ring self-intersection", "self-intersection[17.1 44]; 2 more parts are "
    "not valid", "corner 3 repeats the corner before it, corner 9 repeats corner 2",
    "corner 3 repeats the corner before it, part 2 repeats part 1, corner 9 repeats corner 2 and 4 "
    "more", "6,200 m, and 3 more such pairs", "row 3 (12.3 ha)", "H-1 (row 3), H-2 (row 4)",
    "H-1 (row 3) (50.1 %)", "administrative area Zenica", "all administrative areas", "H-9"])
def test_what_was_found_in_a_row_is_said_in_the_language(found):
    for code, message in (("GEO-017", errors.READINGS_DIFFER), ("GEO-317", errors.SHAPES_OVERLAP)):
        facts = {"file": "a.csv", "row": 3, "found": found, "difference": "8,800 m² (12.0%)",
                 "area": "7.3 ha", "bounds": "17.00000 44.00000 to 17.10000 44.20000",
                 "kind_word": "hazard"}
        said = FRENCH.finding(code, message.problem.format(**facts), message.remedy)
        assert not words_left(said, rf"{DATA} a\.csv H Zenica")


def test_what_somebody_wrote_into_a_row_is_not_translated():
    typed = "no team of kind x and 3 more things; list"
    said, _ = FRENCH.finding("GEO-317", errors.SHAPES_OVERLAP.problem.format(
        file="row 3", row=3, kind_word="hazard", found=typed), "")
    assert typed in said and "row 3" in said


@pytest.mark.parametrize("words", [
    *sentences.LOG, "from 10.0.0.1", "of one.donor: my phone, write, 90 days",
    "password, from 10.0.0.1", "one.donor: 3 sessions", "WEB-014 from 10.0.0.1",
    "new.one, no organisation, all areas, no person to new.one, Org A, North, no person"])
def test_what_the_log_says_of_an_account_is_in_the_language(words):
    named = DATA + r" my phone write new\.one one\.donor Org A North WEB OpenID Connect webhook"
    said = re.sub(r"\{\w+\}", "7", words)
    assert not words_left([FRENCH.logged(said)], named)
    for texts in languages.all_texts():
        assert texts.logged(said) != said or texts.code == "en", texts.code


# --- what is published ---------------------------------------------------------------------------


MADE_UP = DATA + (  # what the made-up report says of itself
    r" \S*\.geojson geoBoundaries CC BY APMBC Zenica Travnik Bugojno Bosnia and Herzegovina Map "
    "sheets? to four map Some place Village suspected areas? Suspected drawn as public minefield "
    "or earlier outlines Municipalities The source carries no victims own assumption not measured "
    r"décembre juin mars mai [a-z]+_[a-z_]+ Area recorded hazardous Union of all open Accidents on "
    "record Count accident records? Victims Sum the victims that were reported Areas with any "
    "contamination accidents for Expected number Manual clearance m² a team day manual rate lost "
    "days benefit "
    "per first nearest largest starting chance an inside persons? Recorded hazards Other As "
    "x-accident left share clear free")


def test_the_page_for_planners_and_its_document_have_no_text_past_the_catalogue():
    report = small_report()
    texts, data = seen(render_page(report, Everything(), FRENCH))
    assert not words_left(texts, MADE_UP)
    assert not words_left(strings(data[0]["words"]), MADE_UP)
    assert not words_left([c["label"] for c in data[1]], MADE_UP)
    from landrelease.publish.content import sight_of

    content = document_content(report, sight_of(Everything()), Words(FRENCH))
    assert not words_left(strings(content), MADE_UP)


def test_the_page_for_everybody_that_is_published_has_no_text_past_the_catalogue():
    texts, data = seen(render_public(public_report(), FRENCH))
    assert not words_left(texts, MADE_UP)
    assert not words_left(strings(data[0]["words"]), MADE_UP)


@pytest.mark.parametrize("texts", [t for t in languages.all_texts() if t.code != "en"],
                         ids=lambda t: t.code)
def test_each_sentence_of_a_stage_is_translated_with_its_facts(texts: Texts):
    for template in sentences.TEMPLATES:
        facts = dict.fromkeys(re.findall(r"\{(\w+)\}", template), "7")
        facts |= {k: "manual_clearance" for k in ("scope", "state") if k in facts}
        said = texts.said(template.format(**facts))
        # Some single words are the same in two languages.
        if re.search("[A-Za-z]{3} [a-z]", re.sub(r"\{\w+\}|`[^`]*`", "", template)):
            assert said != template.format(**facts), template


# --- documents and certificates ------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    yield from plain(test_documents.world)(tmp_path_factory)


@pytest.mark.parametrize("kind", ["plan", "task", "week", "donor"])
def test_no_document_holds_a_text_that_is_in_no_catalogue(world, kind):
    m = making(world, lang="fr")
    document = {"plan": lambda: documents.plan_document(m, load_plan(world[2])),
                "task": lambda: documents.task_document(m, "t1"),
                "week": lambda: document_reports.week_document(m, SUNDAY),
                "donor": lambda: document_reports.donor_document(m)}[kind]()
    # "assumed" is the organisation of teams that no record names; a place is "Municipality 01".
    assert not words_left(
        strings(paper_content(document)), DATA + " assumed clearance TS Municipality")


@pytest.mark.parametrize("state", ["valid", "reopened"])
def test_no_certificate_holds_a_text_that_is_in_no_catalogue(ready, tmp_path, monkeypatch, state):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    if state == "reopened":
        release_world.record(registry, "item", "i-9", release_world.FIELD.centroid, hours=9_000,
                             ordnance_category="ap_mine", found_on=None)
    kept = []

    def keep(c, texts, *, templates=None):
        kept.append(certificate_content(c, Words(texts)))
        return b""

    monkeypatch.setattr("landrelease.publish.certificate.render_certificate", keep)
    certificates.certificate(registry, name, lang="fr")
    assert (state == "valid") == (kept[0]["state"] == "")
    assert not words_left(strings(kept[0]), DATA + " H1")


# --- the sketch of lanes -------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["uran-6", "detector"])
def test_no_sketch_of_lanes_holds_a_text_that_is_in_no_catalogue(profile, tmp_path, monkeypatch):
    kept, drawn = [], sketch.render_sketch
    monkeypatch.setattr(sketch, "render_sketch", lambda content: kept.append(content) or drawn(
        content))
    task = tmp_path / "T.geojson"
    task.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry":
                                shapely.geometry.mapping(shapely.box(-30, 20, -29.9997, 20.0002))}))
    for lang in ("fr", "ar"):
        lanes.make_lanes(task, profile, tmp_path / lang, LaneOptions(lang=lang))
    french, arabic = kept
    assert len(french["facts"]) > 3 and french["rows"] and french["unreviewed"]
    title = " ".join(map(re.escape, left_out(profile_of(profile, None).title)))
    assert not words_left(strings(french),
                          f"{DATA} {title} S LAN-\\d+")
    assert (arabic["dir"], arabic["lang"]) == ("rtl", "ar")
    assert (tmp_path / "ar" / "sketch.pdf").stat().st_size > 10_000
    with pytest.raises(LandReleaseError, match="REL-023"):
        lanes.make_lanes(task, profile, tmp_path / "xx", LaneOptions(lang="xx"))


# --- forms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_every_label_hint_message_and_choice_of_a_form_is_in_all_languages(form):
    others = [t for t in languages.all_texts() if t.code not in ("en", "fr")]
    made = sheets(FORMS[form], [languages.texts("en"), FRENCH, *others], synthetic=True)
    rows = [*made.survey, *made.choices]
    told = [c for c in {c for r in rows for c in r} if c.endswith(" (en)")]
    assert {c.split("::")[0] for c in told} >= {"label", "hint", "constraint_message"}
    for row in rows:
        for column in told:
            if english := row.get(column):
                for t in (FRENCH, *others):
                    said = row[column.replace("English (en)", f"{t.name} ({t.code})")]
                    assert said and (said != english or not re.search("[A-Za-z]{4}", english) or
                                     t.code in ("fr", "es"))
        # Nothing that people read stands in one language alone.
        assert not {"label", "hint", "constraint_message", "required_message"} & set(row)
    # That nobody reviewed a language is said in English beside it.
    assert not words_left([v.replace(UNREVIEWED, "") for r in rows for c, v in r.items()
                           if c.endswith("(fr)")], DATA + " m")
