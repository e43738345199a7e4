"""The languages of forms and pages: catalogues of texts as gettext keeps them (.po).

Source: GNU gettext, PO files; read with Babel. The English text is the key of its translation.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from landrelease.core.texts import ENGLISH, Texts

# Each by its own name, in the order in which they are offered.
NAMES = {"en": "English", "fr": "Français", "es": "Español", "ru": "Русский", "uk": "Українська",
         "ar": "العربية"}
REVIEWED = "X-Reviewed-By"


@cache
def texts(code: str) -> Texts:
    """The texts of a language, by its code of ISO 639-1.

    A language counts as reviewed where the head of its catalogue names by whom (`X-Reviewed-By`);
    a text that is marked fuzzy is not used. Raises KeyError for a language that there is not.
    """
    if code == "en":
        return ENGLISH
    from babel.messages.pofile import read_po

    with (resources.files("landrelease.data") / "locale" / f"{code}.po").open("rb") as stream:
        catalogue = read_po(stream, locale=code)
    reviewed = next((value for name, value in catalogue.mime_headers if name == REVIEWED), "")
    return Texts(code, NAMES[code], {
        str(m.id): str(m.string) for m in catalogue if m.id and m.string and not m.fuzzy},
        bool(reviewed.strip()))


def asked_for(code: str) -> Texts:
    """The texts of the language that `--lang` names. REL-023: there is none such."""
    from landrelease.errors import RELEASE_OPTION, LandReleaseError

    if code not in NAMES:
        raise LandReleaseError(RELEASE_OPTION, option="--lang", found=code,
                               expected=", ".join(NAMES))
    return texts(code)


def all_texts() -> tuple[Texts, ...]:
    """All languages, English first."""
    return tuple(texts(code) for code in NAMES)


def texts_of_forms() -> tuple[str, ...]:
    """Every text of the forms, in English."""
    from landrelease.records.forms import FORMS
    from landrelease.records.forms.xlsform import texts_of

    return tuple(dict.fromkeys(t for form in FORMS.values() for t in texts_of(form)))


def texts_of_publications() -> dict[str, str]:
    """Key -> text of published pages, documents, certificates and their warnings, in English."""
    from landrelease.publish.words import ENGLISH as published

    return dict(published)


def vocabularies() -> tuple[str, ...]:
    """What people read for the words of records that a certificate shows."""
    from landrelease.core.kinds import KINDS
    from landrelease.core.labels import label

    shown = (("activity", "operational_method"), ("item", "ordnance_category"),
             ("item", "disposal"), ("handover", "land_use_intended"),
             ("hazard", "land_use_expected"))
    return tuple(dict.fromkeys(label(word) for kind, name in shown
                               for word in KINDS[kind].field(name).choices))
