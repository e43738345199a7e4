"""Every letter of every language is in the fonts of the documents, which run from right to left in
Arabic; what a font lacks would be drawn as an empty box (.notdef)."""

import io
import re
from datetime import date

import pytest

from landrelease.apps.web.texts import every_text
from landrelease.publish.templates import typeset
from landrelease.workflows import languages

pypdf = pytest.importorskip("pypdf")


def paper(lines, lang="en", way="ltr"):
    """The PDF of a document that holds these lines, and its title."""
    return typeset("document", {
        "lang": lang, "dir": way, "title": lines[0], "subtitle": "", "state": "", "caution": "",
        "synthetic": "", "unreviewed": "", "foot": "", "sign_words": "",
        "sections": [{"title": "", "lines": list(lines), "facts": [], "pictures": [],
                      "signatures": [], "grids": []}]}, made_on=date(2026, 5, 4))


def glyphs(pdf):
    """The numbers of the glyphs that are drawn; 0 is .notdef. Fonts have two bytes a glyph."""
    from pypdf.generic import ContentStream

    reader = pypdf.PdfReader(io.BytesIO(pdf))
    for page in reader.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            assert font.get_object()["/Encoding"] == "/Identity-H"
        for operands, operator in ContentStream(page.get_contents(), reader).operations:
            if operator in (b"Tj", b"TJ"):
                shown = operands[0] if operator == b"TJ" else operands
                for piece in shown:
                    if isinstance(piece, str | bytes):
                        raw = piece if isinstance(piece, bytes) else piece.original_bytes
                        yield from (raw[n] << 8 | raw[n + 1] for n in range(0, len(raw), 2))


@pytest.mark.parametrize("texts", languages.all_texts(), ids=lambda t: t.code)
def test_no_letter_of_a_language_is_missing_in_its_documents(texts):
    lines = [re.sub(r"[{}]", "", texts(t)) for t in every_text()]
    found = list(glyphs(paper(lines, texts.code, texts.direction)))
    assert len(found) > 20_000 and 0 not in found


def test_a_letter_that_no_font_holds_is_found():
    assert 0 in set(glyphs(paper(["A \U00012000 B"])))
    assert 0 not in set(glyphs(paper(["A – B"])))


def test_arabic_letters_are_joined_and_set_from_right_to_left():
    """The first word of a line stands at its right end; letters take their joined forms."""
    arabic = languages.texts("ar")
    pdf = paper([arabic("Released ground")] * 2, "ar", arabic.direction)
    places = []
    pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text(
        visitor_text=lambda text, cm, tm, font, size: places.append(
            (cm[0] * tm[4] + cm[4], text))
        if re.search("[\u0600-\u06ff\ufb50-\ufeff]", text) else None)
    assert places and max(x for x, _ in places) > 300  # of 595 points: at the right edge
    # Three times one letter: joined it takes three forms, between spaces it has one.
    joined, apart = (list(glyphs(paper([t], "ar", "rtl"))) for t in (
        "\u062d" * 3, "\u062d \u062d \u062d"))
    assert len(set(joined[:3])) == 3 and len(set(apart[:5])) <= 2
