"""The public layer in the words and spellings of those who ask."""

from datetime import date

import pytest
import shapely
from typer.testing import CliRunner

from landrelease import workflows
from landrelease.access import policy
from landrelease.apps.cli import app as cli
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import languages, public, public_words
from release_world import record

DAY = date(2026, 4, 20)


# --- what is called released ---------------------------------------------------------------------

@pytest.mark.parametrize(("lang", "stem", "handed"), [
    ("ru", "ысвобожд", ("ередан", "ередач")), ("uk", "ивільн", ("ередан", "ередач"))])
def test_safety_S15_released_is_never_called_handed_over(lang, stem, handed):
    texts = languages.texts(lang)
    for english in public_words.TEXTS:
        said = texts(english)
        if "releas" in english.lower() and "hand" not in english.lower():
            assert not any(word in said for word in handed), said
    for english in ("Released.", "Released ground", "Released area"):
        assert stem in texts(english)
    assert "использ" not in texts("Released.") and "використ" not in texts("Released.")


@pytest.mark.parametrize("lang", ["ru", "uk"])
def test_a_day_that_ends_with_a_full_stop_closes_its_sentence(lang):
    from landrelease.core import amounts

    texts = languages.texts(lang)
    day = amounts.day(DAY, texts)
    assert day.endswith(".")
    said = texts.told(public_words.RELEASE, what="x", day=day, depth="0,2 м.")
    assert ".." not in said and day in said
    assert texts.told("{a}... {b}.", a="x...", b="y...") == "x...... y....", "an ellipsis stays"


# --- names ---------------------------------------------------------------------------------------

@pytest.fixture
def places(tmp_path):
    path = tmp_path / "r.gpkg"
    create_registry(path, office="Test").close()
    with open_registry(path) as registry:
        for n, name in enumerate(("Кам'янка", "L'Étang", "Сребреница", "Жуков", "قرية الزهرة",
                                  "Њивице", "Đurđevik")):
            record(registry, "settlement", f"s{n}", shapely.Point(17 + n / 10, 44), name=name,
                   population=10)
    return path


@pytest.mark.parametrize(("asked", "found"), [
    *((said, "Кам'янка") for said in ("Кам'янка", "Кам’янка", "Камʼянка", "Камянка", "КАМ`ЯНКА")),
    *((said, "L'Étang") for said in ("L’Étang", "l´etang", "Letang")),
    ("Srebrenica", "Сребреница"), ("СРЕБРЕНИЦА", "Сребреница"), ("Njivice", "Њивице"),
    ("Žukov", "Жуков"), ("Zukov", "Жуков"), ("Зуков", ""), ("قريه الزهره", "قرية الزهرة"),
    ("Ђурђевик", "Đurđevik"), ("Durdevik", "Đurđevik"), ("'", "")])
def test_names_are_found_with_any_apostrophe_and_in_either_script(places, asked, found):
    with open_registry(places) as registry:
        view = public.VIEWS.of(registry)
        if found:
            assert [p.name for p in public.named(view, asked)] == [found]
        else:  # another letter of the same script is another name
            with pytest.raises(LandReleaseError, match="PUB-011"):
                public.named(view, asked)


def test_what_was_typed_is_said_back_and_the_command_is_quiet(places):
    done = CliRunner().invoke(cli, ["ask", str(places), "--place", "Nowhere", "--quiet"])
    said = str(done.exception or "") + done.output
    assert "Nowhere" in said and "withheld" not in said
    assert CliRunner().invoke(cli, ["ask", str(places), "--at", "44, 17", "--quiet"]).exit_code == 0


@pytest.mark.parametrize(("setting", "says"), [("no", False), ("yes", True), (None, False)])
def test_safety_S19_a_registry_that_is_not_made_up_is_not_called_so(places, setting, says):
    if setting:
        with open_registry(places) as registry:
            registry.keep_setting("synthetic", setting)
    done = CliRunner().invoke(cli, ["ask", str(places), "--at", "44, 17"])
    assert ("synthetic" in done.output.casefold()) == says


# --- the published page --------------------------------------------------------------------------

@pytest.mark.parametrize("lang", ["en", "fr", "es", "ru", "uk", "ar"])
def test_a_page_without_a_name_is_all_in_its_language(places, tmp_path, lang):
    with open_registry(places) as registry:
        record(registry, "hazard", "h1", shapely.box(17, 44, 17.01, 44.01), hazard_type="SHA",
               status="open")
        (page,) = workflows.publish(registry, tmp_path / lang, reader=policy.view(None),
                                    made_on=DAY, lang=lang)
    text = page.read_text()
    assert f"<h1>{languages.texts(lang)('Land release')}</h1>" in text
    assert languages.texts(lang)("State of the records: date not reported.") in text
    if lang != "en":
        assert ">Land release<" not in text and "not reported." not in text
