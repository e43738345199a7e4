"""Six languages: no text is left out, each says whether it was reviewed, Arabic is shaped."""

import dataclasses
import html
import importlib.util
import io
import re
import shutil
from datetime import date
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from landrelease import errors
from landrelease.access import policy
from landrelease.apps.web import words as pages
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.apps.web.texts import every_text
from landrelease.core import sentences
from landrelease.core.claim_sentences import CLAIMS
from landrelease.core.kinds import KINDS
from landrelease.core.labels import ROLES, label
from landrelease.core.plurals import CATEGORIES, ONE, UNITS, counted, of_unit
from landrelease.core.reading import bare, facts_in
from landrelease.core.texts import NOT_ALL_TRANSLATED, UNREVIEWED
from landrelease.errors import CATALOGUE, LandReleaseError, Message
from landrelease.publish.words import ENGLISH as PUBLISHED
from landrelease.store.open import create_registry
from landrelease.workflows import certificates, collections, languages, public_words
from test_release import ready, registry, release

__all__ = ["ready", "registry"]  # fixtures
ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "src/landrelease/data/locale"
OTHERS = [t for t in languages.all_texts() if t.code != "en"]
_SPEC = importlib.util.spec_from_file_location("catalogues", ROOT / "tools/catalogues.py")
tool = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(tool)

@pytest.mark.parametrize("texts", OTHERS, ids=lambda t: t.code)
def test_no_text_is_left_out(texts):
    assert not [t for t in every_text() if not texts.words.get(t)]


def test_the_catalogue_holds_every_text_that_people_rely_on_in_the_field():
    """Certificates, documents, warnings, the public's pages, forms and the web app."""
    whole = set(PUBLISHED.values()) | set(public_words.TEXTS) | set(languages.texts_of_forms()) | \
        set(languages.vocabularies()) | set(pages.ENGLISH.values())
    assert whole <= set(every_text())


@pytest.mark.parametrize("texts", OTHERS, ids=lambda t: t.code)
def test_translations_keep_the_facts_and_the_catalogue_holds_nothing_else(texts):
    assert set(texts.words) <= set(every_text())
    for english, said in texts.words.items():
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", said)), said
    same = [t for t, said in texts.words.items() if t == said and len(t) > 14]
    assert len(same) < 7, same
    letters = {"ru": "а-яё", "uk": "а-яєіїґ", "ar": "\u0621-\u064a"}.get(texts.code)
    if letters:
        bare = [t for t, said in texts.words.items() if re.search("[A-Za-z]{4}", t) and not
                re.search(f"[{letters}]", said, re.I) and "{" not in t and t != "landrelease"]
        assert not bare


@pytest.mark.parametrize("code", ["ru", "uk", "ar"])
def test_no_noun_stands_right_after_a_number_that_would_decline_it(code):
    """1 район, 2 района, 5 районов: a translation is worded so that it is right for each number."""
    after = {"ru": "из |и |не |на |в |фонд ", "uk": "із |з |і |не |на |в |фонд ",
             "ar": "من |على |غيرها |إجمال|بحلول "}[code]
    letters = {"ru": "а-яё", "uk": "а-яєіїґ", "ar": "\u0621-\u064a"}[code]
    noun = re.compile(r"\{(n|count|years|seconds|points|corners|weeks)\} (?!(?:" + after
                      + "))[" + letters + "]{2}")
    # But where the forms for all numbers stand.
    wrong = [said for said in languages.texts(code).words.values()
             if noun.search(said) and " | " not in said]
    assert not wrong


@pytest.mark.parametrize("texts", languages.all_texts(), ids=lambda t: t.code)
@pytest.mark.parametrize("number", [0, 1, 2, 3, 11, 21, 100])
def test_what_is_counted_is_said_for_one_and_for_many(texts, number):
    """English, French and Spanish have a text for one; the words of the others fit all numbers."""
    for many, one in ONE.items():
        name = next(n for n in ("count", "n", "sample", "accepted", "seconds", "days", "records",
                                "found") if f"{{{n}}}" in many)
        facts = dict.fromkeys(re.findall(r"\{(\w+)", many), "7") | {name: str(number)}
        single = number == 1 or (number == 0 and texts.code == "fr")
        english = texts.code == "en"
        said = texts.told(many, **facts)
        right, wrong = (one, many) if single else (many, one)
        assert said == texts.filled(texts(right), facts)
        if texts.code in ("en", "fr", "es"):
            assert texts(one) != texts(many), one
            assert said != texts.filled(texts(wrong), facts)
        else:  # a number stands apart from its noun, or before a word that it does not decline
            assert texts(one) == texts(many), one
        # What a stage wrote is read back in the same way.
        if many in sentences.TEMPLATES and not english and number:
            stated = facts | {"scope": "manual_clearance"} if "scope" in facts else facts
            said = texts.said(counted(many, **stated))
            assert said and said != counted(many, **stated), many
            facts |= {"scope": texts("manual clearance")} if "scope" in facts else {}
            assert re.sub("[\u2068\u2069]", "", said) == re.sub(
                "[\u2068\u2069]", "", texts.told(many, **facts))


FORMS = {  # 0, 1, 2, 3, 11, 21, 100
    "en": "areas area areas areas areas areas areas",
    "fr": "zone zone zones zones zones zones zones",
    "es": "zonas zona zonas zonas zonas zonas zonas",
    "ru": "районов район района района районов район районов",
    "uk": "районів район райони райони районів район районів",
    "ar": "منطقة منطقة منطقتان مناطق منطقة منطقة منطقة"}


@pytest.mark.parametrize("texts", languages.all_texts(), ids=lambda t: t.code)
def test_a_figure_stands_before_its_unit_in_the_form_that_its_number_asks_for(texts):
    for number, form in zip((0, 1, 2, 3, 11, 21, 100), FORMS[texts.code].split(), strict=True):
        assert of_unit(number, str(number), "areas", texts) == f"{number} {form}"
    assert of_unit(1, "1", "m²", texts) is None
    for forms in UNITS.values():
        assert len(texts(forms).split(" | ")) == len(CATEGORIES.get(texts.code, "12"))
        assert all(f.startswith("{n} ") for f in texts(forms).split(" | "))


def test_no_text_that_a_page_fills_with_a_number_says_one_of_many():
    """A text that begins with the number of something, and counts nothing else, has one for one."""
    counts = {t for t in every_text() if re.match(r"\{(n|count)\} [a-z]+s\b", t) and
              len(re.findall(r"\{(?:n|count|all|days|years|of|areas|teams)\}", t)) == 1}
    assert counts - {*ONE, *ONE.values(), *CLAIMS} == {
        # Of two things each, of which one may be one and the other many.
        "{count} areas are recorded as hazardous in {municipalities} municipalities{area}.",
        "{count} areas in {municipalities} municipalities",
        "{count} reports state no area; {hours} state no hours. Not stated is not zero.",
        "{count} works on land that is handed back, {budget} {currency}. By the plan's dates the "
        "land of {planned} of them is free by {date}.",
        # The stage has a sentence of its own for one; and what is scored only where there are more.
        "{n} accidents inside: odds x {odds}, counted once.",
        "{n} accidents within {metres} m: odds x {odds}, counted once.",
        "{n} forecasts: CRPS {crps}; {inside}."}


def test_every_field_of_every_kind_is_explained_in_each_language():
    """What tables, records and imports show beside a field, and its words."""
    for texts in OTHERS:
        for kind in KINDS.values():
            for field in kind.fields:
                said = texts.words.get(field.definition)
                assert said and (said != field.definition or texts.code in ("fr", "es")), field
                assert texts.words.get(label(field.name)) or pages.ENGLISH[f"field.{field.name}"]
                for word in field.choices:
                    assert texts.words[pages.ENGLISH[f"value.{word}"]], (kind.name, word)


def test_what_a_table_says_of_its_fields_is_in_the_language_of_who_reads(client):
    client.cookies.clear()
    for texts in languages.all_texts():
        shown = client.get("/ogc/collections/hazard_cells/queryables", headers={
            "accept-language": texts.code}).json()["properties"]
        assert shown["cell_m"]["title"] == texts("Side of a cell.")


def test_every_key_of_a_page_has_a_text_and_every_text_a_place_in_the_catalogue():
    asked = set()
    for path in (ROOT / "src/landrelease/apps/web").glob("*.py"):
        asked |= set(re.findall(r'(?<![\w.])word\("([\w.]+)"', path.read_text(encoding="utf-8")))
    assert asked and asked <= set(pages.ENGLISH)
    scripts = ROOT / "src/landrelease/apps/web/static"
    for path in scripts.glob("*.js"):
        for key in re.findall(r'\bword\("([\w.]+)"\)', path.read_text(encoding="utf-8")):
            assert key in pages.ENGLISH, (path.name, key)


@pytest.mark.parametrize("role", policy.ROLES)
def test_whatever_a_table_shows_of_a_collection_has_its_name_in_the_catalogue(role, tmp_path):
    """Titles of kinds, what they are, fields and marks, words of vocabularies (`tables.js`)."""
    catalogue = set(every_text())
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        reader = policy.view(role, "Org A", kinds=registry.kinds)
        listed = collections.collections(registry, reader)
    assert listed
    for c in listed:
        asked = {f"kind.{c.id}", f"note.{c.id}", *(f"field.{f.name}" for f in c.fields),
                 *(f"value.{w}" for f in c.fields for w in f.choices)}
        assert asked <= pages.ENGLISH.keys(), c.id
        assert {pages.ENGLISH[k] for k in asked} <= catalogue, c.id
        assert pages.ENGLISH[f"kind.{c.id}"] == c.title, c.id
        assert pages.ENGLISH[f"note.{c.id}"] == c.description, c.id


# --- errors --------------------------------------------------------------------------------------

MESSAGES = {c: m for c, m in CATALOGUE.items() if c in languages.MET}
# Of whoever keeps the server, and of programs that ask the API.
NOT_MET = {"WEB-015", "WEB-017", "WEB-019", "WEB-043", "WEB-050", "CLI-107"}


def test_each_error_that_a_page_raises_is_translated():
    raised = set()
    for path in (ROOT / "src/landrelease/apps/web").glob("*.py"):
        found = re.search(r"from landrelease\.errors import (\([^)]*\)|[^\n]*)",
                          path.read_text(encoding="utf-8"))
        names = re.findall(r"\b[A-Z][A-Z0-9_]+\b", found[1]) if found else ()
        raised |= {m for m in (getattr(errors, n) for n in names) if isinstance(m, errors.Message)}
    texts = set(every_text())
    assert len(raised) > 25 and set(CATALOGUE) >= languages.MET
    assert {m.code for m in raised if {m.problem, m.mend} - texts} == NOT_MET


def facts_of(message):
    return set(re.findall(r"\{(\w+)", message.problem + message.remedy))


@pytest.mark.parametrize("texts", languages.all_texts(), ids=lambda t: t.code)
def test_every_error_is_said_in_each_language_with_its_facts_and_advises_what_a_page_can_do(texts):
    """A message is told in the language, or is named as one of the command line alone."""
    assert set(CATALOGUE) > languages.OF_COMMANDS
    for code, message in MESSAGES.items():
        # Lanes are laid by a command; their notes stand in the sketch that it makes.
        assert code.startswith("LAN-") or not re.search(
            r"(?<!\w)--\w|`?landrelease \w|\bdocs/", message.problem + message.mend), code
        assert set(re.findall(r"\{(\w+)", message.mend)) <= facts_of(message)
        bare_message = Message(code, bare(message.problem), bare(message.remedy),
                               bare(message.on_page))
        facts = {name: f"Xq{n}" for n, name in enumerate(sorted(facts_of(message)))}
        said = re.sub("[\u2068\u2069]", "", texts.error(LandReleaseError(message, **facts))
                      if not re.search(r"\{\w+:", message.problem + message.remedy) else
                      texts.filled(f"[{code}] {bare(texts(message.problem))} "
                                   f"{bare(texts(message.mend))}", facts))
        shown = set(re.findall(r"\{(\w+)", message.problem + message.mend))
        assert {n for n, v in facts.items() if v in said} == shown, (code, said)
        if texts.code != "en":
            assert message.problem not in said and bare_message.mend.format(**facts) not in said


@pytest.mark.parametrize("texts", languages.all_texts(), ids=lambda t: t.code)
def test_what_a_role_may_not_have_is_said_with_the_names_of_roles(texts):
    """ACC-101 of each way out: no id of a role in code, no option of a command."""
    words = {r: texts(ROLES.get(r, r)) for r in policy.ROLES}
    subjects = [w.what for w in policy.WAYS_OUT.values()] + list(languages.SUBJECTS) + [
        "the level authority for a record that has the level entered"]
    for subject in subjects:
        said = texts.error(LandReleaseError(errors.NOT_FOR_ROLE, role="public", subject=subject,
                                            roles="planner, authority"))
        assert "--as" not in said and f"{words['planner']}, {words['authority']}" in said
        if texts.code != "en":
            assert subject not in said and "planner" not in said, said
            assert texts.heard("ACC-101", str(LandReleaseError(
                errors.NOT_FOR_ROLE, role="public", subject="rows that wait",
                roles="planner"))).count(words["planner"]) == 1


def test_what_somebody_typed_is_not_translated_and_no_mark_of_direction_is_spelt_out():
    for texts in OTHERS:
        said = texts.error(LandReleaseError(errors.PARAMETER_UNKNOWN, found="area",
                                            expected="scope"))
        assert "area" in said and "scope" in said and "\\u2068" not in said, said
        assert "'area" not in said


@given(st.sampled_from(sorted(MESSAGES)), st.lists(st.text(max_size=12), min_size=12, max_size=12))
def test_the_facts_of_an_error_come_back_from_its_words(code, said):
    """Whatever somebody wrote into a file: the words that are made again are those that were."""
    message = MESSAGES[code]
    facts = dict(zip(sorted(facts_of(message)), said, strict=False))
    for template in (message.problem, message.remedy):
        template = bare(template)
        text = template.format(**facts)
        found = facts_in(template, text)
        assert found is not None and template.format(**found) == text
        assert facts_in(template + "!", text) is None


@pytest.mark.parametrize("texts", OTHERS, ids=lambda t: t.code)
def test_findings_that_were_stored_in_english_are_told_in_the_language(texts):
    for code, message in MESSAGES.items():
        facts = dict.fromkeys(facts_of(message), "Xq7")
        told = texts.finding(code, *(bare(t).format(**facts)
                                     for t in (message.problem, message.remedy)))
        for english, said in zip((message.problem, message.mend), told, strict=True):
            plain = re.sub("[\u2068\u2069]", "", said)
            assert plain == bare(texts.words[english]).format(**facts)
        whole = LandReleaseError(Message(code, bare(message.problem), bare(message.remedy),
                                         message.on_page), **facts)
        assert re.sub("[\u2068\u2069]", "", texts.heard(code, str(whole))) == \
            f"[{code}] " + " ".join(re.sub("[\u2068\u2069]", "", t) for t in told)
    # What was worded in another way then, and codes of others, stay as they are.
    assert texts.finding("ROW-001", "Quite another text.", "So do.") == (
        "Quite another text.", "So do.")
    assert texts.finding("XXX-001", "a", "b") == ("a", "b") and texts.heard("X", "a") == "a"


# --- documents -----------------------------------------------------------------------------------


def test_safety_S18_a_certificate_in_each_language_is_whole_and_says_that_nobody_reviewed_it(
        ready, tmp_path):
    from landrelease.publish.certificate import certificate_content
    from landrelease.publish.words import Words

    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    seen = []

    def keep(c, texts, *, templates=None):
        seen.append((c, texts))
        return b""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("landrelease.publish.certificate.render_certificate", keep)
        for texts in languages.all_texts():
            certificates.certificate(registry, name, lang=texts.code)
    for c, texts in seen:
        w = Words(texts)
        content = certificate_content(c, w)
        assert not w.texts.missing  # nothing fell back to English
        assert content["dir"] == ("rtl" if texts.code == "ar" else "ltr")
        assert content["unreviewed"] == ("" if texts.reviewed else texts(UNREVIEWED))
        assert NOT_ALL_TRANSLATED not in content["unreviewed"]
    assert [t.code for _, t in seen] == list(languages.NAMES)
    with pytest.raises(LandReleaseError, match=r"REL-023.*--lang.*xx.*ar"):
        certificates.certificate(registry, name, lang="xx")

    pypdf = pytest.importorskip("pypdf")
    found, pdf = certificates.certificate(registry, name, lang="ar")
    read = pypdf.PdfReader(io.BytesIO(pdf))
    fonts = {str(f.get_object()["/BaseFont"]) for p in read.pages
             for f in p["/Resources"]["/Font"].values()}
    assert any("NotoNaskhArabic" in f for f in fonts), fonts
    said = "".join(p.extract_text() for p in read.pages)
    assert len(re.findall("[\u0600-\u06ff\ufb50-\ufeff]", said)) > 500
    assert found.code in said.replace("\n", "")
    assert certificates.certificate(registry, name, lang="ar")[1] == pdf  # the same bytes


def test_the_fonts_are_shipped_with_their_licence_and_hold_every_letter_of_the_catalogues():
    from fontTools.ttLib import TTFont

    folder = resources.files("landrelease.data") / "fonts"
    assert "SIL OPEN FONT LICENSE" in (folder / "OFL.txt").read_text(encoding="utf-8").upper()
    # The minus sign has no glyph here: it names a key of a map, in the font of the system.
    letters = set()
    for name in ("NotoSans-Regular.ttf", "NotoNaskhArabic-Regular.ttf"):
        with resources.as_file(folder / name) as path:
            letters |= set(TTFont(path).getBestCmap())
    for texts in languages.all_texts():
        used = {ord(c) for said in (*texts.words, *texts.words.values()) for c in said} - {0x2212}
        assert not {chr(c) for c in used - letters if c >= 32}


# --- pages ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("languages")
    create_registry(folder / "r.gpkg", office="Office").close()
    with TestClient(make_app(Settings(str(folder / "r.gpkg"), str(folder / "accounts"),
                                      hosts=("testserver.local",)))) as made:
        yield made


@pytest.mark.parametrize("texts", languages.all_texts(), ids=lambda t: t.code)
def test_safety_S18_each_page_speaks_the_language_that_was_chosen(client, texts):
    client.cookies.clear()
    chosen = client.get("/language", params={"lang": texts.code, "then": "/certificate?code=x"},
                        follow_redirects=False)
    assert chosen.status_code == 303 and chosen.headers["location"] == "/certificate?code=x"
    for path in ("/certificate", "/", "/public"):
        page = html.unescape(client.get(path, headers={"accept-language": "en"}).text)
        assert f'lang="{texts.code}"' in page and (' dir="rtl"' in page) == (texts.code == "ar")
        assert (texts(UNREVIEWED) in page) == (not texts.reviewed)
    page = html.unescape(client.get("/certificate").text)
    assert texts(pages.ENGLISH["look.words"]) in page and texts(pages.ENGLISH["caution"]) in page
    assert NOT_ALL_TRANSLATED not in page and texts(NOT_ALL_TRANSLATED) not in page
    said = client.get("/api/words").json()
    assert said["map"] == texts("Map") and set(said) == set(pages.ENGLISH)


@pytest.mark.parametrize("texts", languages.all_texts(), ids=lambda t: t.code)
def test_who_asks_for_a_page_that_there_is_not_or_not_for_them_gets_a_page(client, texts):
    """A browser is told on a page, in its language; programs get JSON in it."""
    client.cookies.clear()
    language = {"accept-language": texts.code}
    nothing, role = (texts(t) for t in ("Nothing is at this address.", ROLES["public"]))
    for path, status, words in (("/nowhere", 404, nothing), ("/teams", 403, role),
                                ("/releases", 403, role), ("/static/nothing.js", 404, "")):
        page = client.get(path, headers={**language, "accept": "text/html,*/*;q=0.8"})
        assert page.status_code == status and "default-src" in page.headers[
            "content-security-policy"]
        if not words:
            assert page.headers["content-type"].startswith("application/json")
            continue
        assert page.headers["content-type"].startswith("text/html")
        said = html.unescape(page.text)
        assert words in said and f'<html lang="{texts.code}"' in said and "/#sign_in" in said
        assert "--as" not in said
    answer = client.get("/nowhere", headers=language)
    assert answer.json() == {"code": "404", "description": nothing}


def test_what_a_language_lacks_is_shown_in_english_and_said(client, monkeypatch):
    client.cookies.clear()
    monkeypatch.setitem(pages.ENGLISH, "look.words", "A text that nobody translated.")
    page = client.get("/certificate", headers={"accept-language": "fr"}).text
    assert "A text that nobody translated." in page
    assert languages.texts("fr")(NOT_ALL_TRANSLATED) in html.unescape(page)
    assert NOT_ALL_TRANSLATED not in client.get("/certificate").text


@pytest.mark.parametrize("then", ["//elsewhere.example", "https://elsewhere.example",
                                  "/\\elsewhere", "/a\r\nb", ""])
def test_the_choice_of_a_language_leads_nowhere_else(client, then):
    client.cookies.clear()
    answer = client.get("/language", params={"lang": "fr", "then": then}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_the_browser_is_asked_where_nothing_was_chosen_and_fonts_are_served(client):
    client.cookies.clear()
    page = client.get("/certificate", headers={"accept-language": "xx, uk;q=0.8, en;q=0.5"}).text
    assert '<html lang="uk"' in page
    font = client.get("/static/fonts/NotoNaskhArabic-Regular.ttf")
    assert font.status_code == 200 and font.headers["content-type"] == "font/ttf"
    assert client.get("/static/fonts/OFL.txt").status_code == 200


# --- the mark of a review -------------------------------------------------------------------------


def catalogue_of(code, **head):
    from babel.messages.pofile import read_po

    with (LOCALE / f"{code}.po").open("rb") as stream:
        found = read_po(stream, locale=code)
    made = io.BytesIO()
    tool.write(made, found, head.get("by", ""), head.get("texts", languages.digest(found)))
    return found, made


def again(catalogue, **head):
    made = io.BytesIO()
    tool.write(made, catalogue, head.get("by", ""), head.get("texts", ""))
    made.seek(0)
    return languages.read(str(catalogue.locale), made)


def test_safety_S18_a_language_is_reviewed_only_as_long_as_its_texts_are_those_that_were_seen():
    catalogue, made = catalogue_of("fr", by="A native speaker")
    made.seek(0)
    seen = languages.digest(catalogue)
    assert languages.read("fr", made).reviewed
    assert not again(catalogue, by="", texts=seen).reviewed
    assert not again(catalogue, by="A native speaker").reviewed
    assert again(catalogue, by="A native speaker", texts=seen).reviewed
    catalogue.add("A text that came later", "Un texte venu plus tard")
    assert not again(catalogue, by="A native speaker", texts=seen).reviewed
    catalogue.delete("A text that came later")
    assert again(catalogue, by="A native speaker", texts=seen).reviewed
    catalogue.get("Language").string = "Autre mot"
    assert not again(catalogue, by="A native speaker", texts=seen).reviewed


def test_the_tool_keeps_what_is_doubtful_doubtful(tmp_path, monkeypatch):
    for code in languages.NAMES:
        if code != "en":
            shutil.copy(LOCALE / f"{code}.po", tmp_path)
    text = (tmp_path / "fr.po").read_text(encoding="utf-8")
    doubtful = text.replace('msgid "Language"', '#, fuzzy\nmsgid "Language"')
    assert doubtful != text
    (tmp_path / "fr.po").write_text(doubtful, encoding="utf-8")
    monkeypatch.setattr(tool, "FOLDER", tmp_path)
    for arguments in ([], ["--reviewed", "fr", "A native speaker"], []):
        monkeypatch.setattr("sys.argv", ["catalogues.py", *arguments])
        assert tool.main() == 0
        with (tmp_path / "fr.po").open("rb") as stream:
            french = languages.read("fr", stream)
        assert "Language" not in french.words
    assert french.reviewed
    with (tmp_path / "es.po").open("rb") as stream:
        assert not languages.read("es", stream).reviewed


def test_safety_S18_what_was_reviewed_carries_no_warning_and_only_in_that_language(
        client, ready, tmp_path, monkeypatch):
    """Page, form, certificate and published page."""
    from landrelease.access import policy
    from landrelease.publish.certificate import certificate_content
    from landrelease.publish.words import Words
    from landrelease.records.forms import FORMS, sheets
    from landrelease.workflows import publish

    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    french = languages.texts("fr")
    reviewed = dataclasses.replace(french, reviewed=True)
    known = languages.texts
    monkeypatch.setattr(languages, "texts", lambda code: reviewed if code == "fr" else known(code))
    form = sheets(FORMS["landrelease_community"], [known("en"), reviewed, known("es")])
    seen = []

    def keep(c, texts, *, templates=None):
        seen.append(certificate_content(c, Words(texts))["unreviewed"])
        return b""

    monkeypatch.setattr("landrelease.publish.certificate.render_certificate", keep)
    for code, said in (("fr", False), ("es", True)):
        texts = languages.texts(code)
        client.cookies.clear()
        page = html.unescape(client.get("/public", params={"lang": code}).text)
        assert (texts(UNREVIEWED) in page) == said
        questions = [str(v) for row in form.survey for column, v in row.items()
                     if column.endswith(f"({code})")]
        assert questions and any(texts(UNREVIEWED) in q for q in questions) == said
        certificates.certificate(registry, name, lang=code)
        assert bool(seen[-1]) == said
        (published,) = publish(registry, tmp_path / code, reader=policy.view(None), lang=code,
                               made_on=date(2026, 5, 4))
        assert (texts(UNREVIEWED) in html.unescape(published.read_text())) == said
