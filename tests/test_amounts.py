"""Numbers, days, sizes and sentences of a program, as each language writes them."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landrelease.core import amounts, sentences
from landrelease.core.reading import Reading, _pattern, parts
from landrelease.core.texts import ENGLISH
from landrelease.workflows import languages

LANGUAGES = {t.code: t for t in languages.all_texts()}


@pytest.mark.parametrize(("code", "number", "area", "day", "month", "money"), [
    ("en", "1,234,567.25", "12.3 ha", "4 May 2026", "May 2026", "1.25 million"),
    ("fr", "1\u202f234\u202f567,25", "12,3 ha", "4 mai 2026", "mai 2026", "1,25 M"),
    ("es", "1.234.567,25", "12,3 ha", "4 de mayo de 2026", "mayo de 2026", "1,25 M"),
    ("ru", "1\u00a0234\u00a0567,25", "12,3 га", "4 мая 2026\u202fг.", "май 2026\u202fг.",
     "1,25 млн"),
    ("uk", "1\u00a0234\u00a0567,25", "12,3 га", "4 травня 2026\u202fр.", "травень 2026\u202fр.",
     "1,25 млн"),
    ("ar", "1,234,567.25", "12.3 هكتار", "4 مايو 2026", "مايو 2026", "\u20681.25\u2069 مليون"),
])
def test_each_language_writes_numbers_and_days_in_its_own_way(code, number, area, day, month,
                                                             money):
    t = LANGUAGES[code]
    assert amounts.figure("1,234,567.25", t) == number
    assert amounts.area(123_400, t) == area
    # What CLDR puts between the year and its word differs between its editions.
    same = str.maketrans({"\u202f": " ", "\u00a0": " "})
    assert amounts.day(date(2026, 5, 4), t).translate(same) == day.translate(same)
    assert amounts.month(date(2026, 5, 4), t).translate(same) == month.translate(same)
    assert amounts.money(1_250_000, t) == money


@given(value=st.floats(-1e9, 1e9), code=st.sampled_from(sorted(LANGUAGES)))
def test_no_number_is_changed_by_the_way_in_which_it_is_written(value, code):
    written = amounts.figure(f"{value:,.2f}", LANGUAGES[code])
    between, before = amounts.signs(code)
    assert float(written.replace(between, "").replace(before, ".")) == float(f"{value:.2f}")
    assert all(c in "0123456789-" + between + before for c in written)


def test_units_that_are_none_of_ours_and_words_stay():
    russian = LANGUAGES["ru"]
    assert amounts.written("1,234.5 m", russian) == "1\u00a0234,5 м"
    assert amounts.written("> 99.9 %", russian) == "> 99,9 %"
    assert amounts.written("3 parsec", russian) == "3 parsec"
    assert amounts.written("AS-0001 of 2026-05-04", russian) == "AS-0001 of 2026-05-04"


# --- sentences -----------------------------------------------------------------------------------


def test_a_sentence_with_its_facts_is_said_in_another_language():
    said = LANGUAGES["fr"].said(
        "Non-technical survey: ask how far the 1,200 finds reach and which record holds for the "
        "12.3 ha that are also recorded as cleared.")
    assert said == ("Enquête non technique : demander jusqu'où s'étendent les 1\u202f200 "
                    "découvertes, quel dossier vaut pour les 12,3 ha qui sont aussi enregistrés "
                    "comme dépollués.")
    both = LANGUAGES["uk"].said("prior in part; (unverified) 1 of 2 records of release are signed "
                                "by nobody whose key is vouched for")
    assert not re.search("[a-z]{3}", both) and "1 із 2" in both


@given(st.text(alphabet="abcXYZ иєع.,;: -", max_size=60))
def test_what_a_person_wrote_stays(text):
    for t in LANGUAGES.values():
        assert t.said(text).split() == text.split()


@pytest.mark.parametrize("name", ["Road to Kyiv", "Smith and Co", "until Tuesday", "plan: nothing",
                                  "the bridge of Ali", "by hand",
                                  "The bridge is broken", "for peace: everywhere"])
def test_a_name_is_not_taken_for_a_sentence(name):
    assert all(t.said(name) == name for t in LANGUAGES.values())


def test_what_no_language_knows_is_told_as_missing():
    watched = LANGUAGES["es"].watched()
    assert watched.said("A sentence that nobody wrote down.") == \
        "A sentence that nobody wrote down."
    assert watched.missing == {"A sentence that nobody wrote down."}
    assert ENGLISH.said("anything") == "anything"


def test_each_template_reads_what_is_made_from_it():
    reading = Reading(sentences.TEMPLATES)
    for template in sentences.TEMPLATES:
        names = dict.fromkeys(re.findall(r"\{(\w+)\}", template), "7")
        if names:
            found = reading.of(template.format(**names))
            assert found is not None and found[0].format(**found[1]) == template.format(**names)


def test_a_template_is_compiled_when_a_sentence_may_be_of_it():
    """All of them at once would be half the start of every command."""
    compiled = _pattern.cache_info().misses
    reading = Reading(["The {area} of apples.", "The {area} of pears."])
    assert _pattern.cache_info().misses == compiled
    assert reading.of("The size of pears.") == ("The {area} of pears.", {"area": "size"})
    assert _pattern.cache_info().misses == compiled + 1


def test_a_run_of_sentences_is_said_part_by_part():
    known = {"One.": "1.", "Two; three.": "2; 3."}
    assert parts("One. Two; three. Four.", known.get) == (["1.", "2; 3.", "Four."], ["Four."])
