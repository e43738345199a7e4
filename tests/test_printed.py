"""The public's answer on paper: the page as Chromium prints it, in each language, its text read
back by a program that nobody here wrote (pdftotext)."""

import re
import subprocess
import unicodedata
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
import shapely

from browsing import browsing, served
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import languages, public, public_words
from landrelease.workflows.areas import load_extension
from release_world import record
from test_deploy import need

PLACES = {"hazardous": "44.1005, 17.5005", "no_information": "44.6000, 17.9000"}
MARGINS = dict.fromkeys(("top", "right", "bottom", "left"), "10mm")  # as browsers propose
CALL = "Mine office 055 123 456"


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("printed")
    with create_registry(folder / "r.gpkg", office="Office") as registry:
        record(registry, "hazard", "h1", shapely.box(17.5, 44.1, 17.501, 44.101),
               hazard_type="CHA", status="open")
        (folder / "e.yaml").write_text(f'name: E\nversion: "1"\ncontact: "{CALL}"\n')
        load_extension(registry, folder / "e.yaml", by="x")
    return folder / "r.gpkg"


@pytest.fixture(scope="module")
def paper(town, chromium_path, tmp_path_factory):
    """(language, answer) -> what is read from the page as it is printed on A4."""
    need("pdftotext")
    folder = tmp_path_factory.mktemp("paper")
    found = {}
    with served(town) as url, browsing(chromium_path, url) as browser:
        for texts in languages.all_texts():
            for told, place in PLACES.items():
                page = browser.page()
                page.goto(f"{url}public?lang={texts.code}&at={place}", wait_until="load")
                path = folder / f"{texts.code}-{told}.pdf"
                path.write_bytes(page.pdf(format="A4", margin=MARGINS))
                page.context.close()
                read = subprocess.run(["pdftotext", "-bbox", path, "-"], check=True,
                                      capture_output=True, text=True).stdout
                found[texts.code, told] = SimpleNamespace(path=path, pages=[
                    (p, [w for w in p.iter() if w.tag.endswith("}word")])
                    for p in ElementTree.fromstring(read).iter() if p.tag.endswith("}page")])
        browser.check()
    return found


def letters(text):
    """The letters of a text alone: joined forms as the letters that they stand for, without marks
    of direction and blanks."""
    return "".join(c for c in unicodedata.normalize("NFKC", text)
                   if unicodedata.category(c)[0] in "LN")


def read(sheet):
    """The letters that are read on a printed page."""
    return letters(subprocess.run(["pdftotext", sheet.path, "-"], check=True, capture_output=True,
                                  text=True).stdout)


@pytest.mark.parametrize("told", PLACES)
@pytest.mark.parametrize("texts", languages.all_texts(), ids=lambda t: t.code)
def test_safety_S15_the_answer_on_paper_is_whole_in_each_language(paper, town, texts, told):
    with open_registry(town) as registry:
        answer = public.ask_point(public.VIEWS.of(registry), PLACES[told])
        words = public_words.words_of(answer, texts)
    assert words.told == told
    said = read(paper[texts.code, told])
    for line in (texts(public_words.TITLE), words.headline, words.contact, *words.lines,
                 *words.cautions, texts(public_words.NOT_FOR_MOVING)):
        # In Arabic what is filled in stands in an order of its own: word by word there, without
        # the alef that pdftotext loses beside a mark of direction.
        for part in re.split("[0-9:.,;°()\u2066-\u2069]+" if texts.code != "ar" else r"\W+", line):
            assert letters(part).removeprefix("\u0627") in said, part
    assert letters(CALL) in said
    # What there is to press is not on paper.
    for pressed in (public_words.PRINT, public_words.TO_REPORT, public_words.BY_NAME,
                    public_words.SEND):
        assert letters(texts(pressed)) not in said, pressed


@pytest.mark.parametrize("texts", languages.all_texts(), ids=lambda t: t.code)
def test_nothing_is_cut_off_at_the_edge_of_the_paper(paper, texts):
    for told in PLACES:
        pages = paper[texts.code, told].pages
        assert 1 <= len(pages) <= 2
        for page, words in pages:
            assert words
            for word in words:
                box = [float(word.get(k)) for k in ("xMin", "yMin", "xMax", "yMax")]
                assert box[0] >= 0 and box[1] >= 0 and box[2] <= float(page.get("width")) + 1 \
                    and box[3] <= float(page.get("height")) + 1, word.text


def test_arabic_is_printed_from_right_to_left(paper):
    """The first word of the answer stands right of the last, and lines begin at the right edge."""
    page, words = paper["ar", "hazardous"].pages[0]
    arabic = languages.texts("ar")
    first, *_, last = arabic(public_words.TITLE).split()
    middle = {}
    for word in words:
        for name in (first, last):
            if letters(word.text) in (letters(name), letters(name)[::-1]):
                middle.setdefault(name, (float(word.get("xMin")) + float(word.get("xMax"))) / 2)
    assert middle[first] > middle[last] > 0
    assert middle[first] > float(page.get("width")) / 2
    english = {w.text: float(w.get("xMin")) for w in paper["en", "hazardous"].pages[0][1]}
    assert english[languages.texts("en")(public_words.TITLE).split()[0]] < 150
