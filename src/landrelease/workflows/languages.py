"""The languages of forms and pages: catalogues of texts as gettext keeps them (.po).

Source: GNU gettext, PO files; read with Babel. The English text is the key of its translation.
"""

from __future__ import annotations

import hashlib
import io
import re
from functools import cache
from importlib import resources
from typing import IO, TYPE_CHECKING

from landrelease.core.texts import ENGLISH, Texts

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

# Each by its own name, in the order in which they are offered.
NAMES = {"en": "English", "fr": "Français", "es": "Español", "ru": "Русский", "uk": "Українська",
         "ar": "العربية"}
REVIEWED, REVIEWED_TEXTS = "X-Reviewed-By", "X-Reviewed-Texts"


@cache
def texts(code: str) -> Texts:
    """The texts of a language, by its code of ISO 639-1.

    A language counts as reviewed where the head of its catalogue names by whom (`X-Reviewed-By`)
    and the texts are those that were reviewed (`X-Reviewed-Texts`, their `digest`); a text that is
    marked fuzzy is not used. Raises KeyError for a language that there is not.
    """
    if code == "en":
        return ENGLISH
    with (resources.files("landrelease.data") / "locale" / f"{code}.po").open("rb") as stream:
        return read(code, stream)


def read(code: str, stream: IO[bytes]) -> Texts:
    """The texts of a language from its catalogue."""
    from babel.messages.pofile import read_po

    content = stream.read()
    catalogue, head = read_po(io.BytesIO(content), locale=code), marks(content)
    return Texts(code, NAMES[code], {
        str(m.id): str(m.string) for m in catalogue if m.id and m.string and not m.fuzzy},
        bool(head.get(REVIEWED, "").strip()) and head.get(REVIEWED_TEXTS) == digest(catalogue))


def marks(content: bytes) -> dict[str, str]:
    """What the head of a catalogue says of reviews; Babel keeps no lines that it does not know."""
    head = content.decode("utf-8").split("\n\n", 1)[0]
    return dict(re.findall(r'^"(X-[\w-]+): (.*?) *\\n"$', head, re.M))


def digest(catalogue: Catalog) -> str:
    """SHA-256 of the texts of a catalogue and their translations, in any order."""
    said = sorted((str(m.id), str(m.string), m.fuzzy) for m in catalogue if m.id)
    return hashlib.sha256(repr(said).encode()).hexdigest()


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


def texts_of_results() -> tuple[str, ...]:
    """What stages write into their results and people read: figures, assumptions, reasons."""
    from landrelease.core import amounts, sentences
    from landrelease.figures.catalogue import metrics
    from landrelease.forecast.outlook import COST_DEFINITION, POLICY
    from landrelease.workflows import load_assumptions

    return tuple(dict.fromkeys(text for text in (
        *amounts.TEXTS,
        *(t for m in metrics() for t in (m.name, m.definition, m.unit, m.denominator)),
        *(t for a in load_assumptions(None) for t in (a.definition, a.unit)),
        POLICY, COST_DEFINITION, *sentences.TEMPLATES) if re.search(r"\w", text)))


def vocabularies() -> tuple[str, ...]:
    """What people read for the words of records that a certificate shows."""
    from landrelease.core.kinds import KINDS
    from landrelease.core.labels import label

    shown = (("activity", "operational_method"), ("item", "ordnance_category"),
             ("item", "disposal"), ("handover", "land_use_intended"),
             ("hazard", "land_use_expected"))
    return tuple(dict.fromkeys(label(word) for kind, name in shown
                               for word in KINDS[kind].field(name).choices))
