"""No text goes past the catalogue: pages, documents, certificates and forms in a language in which
each text of the catalogue stands in brackets (`marked`); what people read outside of them are data,
names and units."""

import re
from inspect import signature
from types import SimpleNamespace

import pytest
from litestar.testing import TestClient

import release_world
import test_documents
import test_web_inspection
import test_web_release
from landrelease.apps.web.navigation import PARTS
from landrelease.core import sentences
from landrelease.core.texts import UNREVIEWED, Texts
from landrelease.figures.catalogue import metrics
from landrelease.publish.certificate import certificate_content
from landrelease.publish.document import document_content
from landrelease.publish.page import render_page, render_public
from landrelease.publish.paper import paper_content
from landrelease.publish.words import Words
from landrelease.records.forms import FORMS, sheets
from landrelease.workflows import certificates, document_reports, documents, languages
from marked import crawl, marked, seen, strings, words_left
from test_documents import SUNDAY, load_plan, making
from test_publish_report import Everything, public_report, small_report
from test_release import ready, registry, release

__all__ = ["ready", "registry"]  # fixtures
FRENCH = marked()
# Names of what is made up here, identifiers, formats of files, currencies, the frame of pages.
DATA = (r"\w+@[0-9a-f]{12} [0-9a-f]{6,64} \S*\d\S* [a-z]+(-[a-z0-9]+)+ ltr fr landrelease "
        r"Office Org Test Donor EUR USD UTC North field Mill Secret let HYPERLINK http\S* csv "
        r"geojson gpkg kml parquet xlsx one\.\w+ why test person:\S+ English Français Español "
        r"Русский Українська العربية Ana Ivo WGS EPSG:\d+ N mai mars avril")


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
    # In English stay errors, with their codes, commands, and which fields and records a figure
    # counts, by the names that the API has for them.
    counts = {m.counts for m in metrics()}
    left = {path: words for path, texts in pages.items() if (words := words_left(
        [t for t in texts if not re.match(r"\[[A-Z]{3}-\d+\]|landrelease ", t)
         and t not in counts], DATA + " manual clearance TS acc"))}
    assert not left


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
    # "assumed" is the organisation of teams that no record names.
    assert not words_left(strings(paper_content(document)), DATA + " assumed clearance TS")


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
