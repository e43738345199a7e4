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

from landrelease.core.texts import ENGLISH, SENTENCES, Texts

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


def synthetic_label(code: str) -> str:
    """That the data are made up (S19), in a language; in English where that code is none."""
    from landrelease.publish.words import ENGLISH as published

    return texts(code if code in NAMES else "en")(published["synthetic"])


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
    from landrelease.core import amounts, claim_sentences, sentences
    from landrelease.figures.catalogue import metrics
    from landrelease.forecast.outlook import COST_DEFINITION, POLICY
    from landrelease.records.geochecks import CHECK_OF
    from landrelease.workflows import load_assumptions

    return tuple(dict.fromkeys(text for text in (
        *amounts.TEXTS,
        *(t for m in metrics() for t in (m.name, m.definition, m.unit, m.denominator)),
        *(c for m in metrics() for c in m.counts.split("; ") if SENTENCES.of(c) is None),
        *(t for a in load_assumptions(None) for t in (a.definition, a.unit)),
        POLICY, COST_DEFINITION, *meanings().values(), *_checklist(),
        *(c.title for c in CHECK_OF.values()), *sentences.TEMPLATES,
        *claim_sentences.CLAIMS) if re.search(r"\w", text)))


def meanings() -> dict[str, str]:
    """Code of the check of claims -> what it means."""
    from landrelease.figures.claims_codes import CODES

    return {code: meaning for code, (_, meaning) in CODES.items()}


def _checklist() -> tuple[str, ...]:
    """What is asked before land is released; a national list brings its own words."""
    from landrelease.core.checklist import CHECKS
    from landrelease.workflows.releasing import shipped_checklist

    listed = shipped_checklist()
    return (listed.name, *(i.question for i in listed.items), *(q for _, q, _ in CHECKS.values()))


# Errors and findings that somebody can meet on a page, besides those of the page for everybody:
# signing in, files that come in, rows that wait, releases, inspections, plans and jobs. All others
# are met on the command line alone.
MET = frozenset(f"{group}-{number}" for group, numbers in {
    "WEB": "003 006 007 008 010 011 013 014 030 031 032 033 034 035 036 040 041 042 051 052",
    "SIG": "001 002 003 006 009 010 011 013 014",
    "REL": "002 003 004 006 010 011 012 013 014 015 020 021 022 024",
    "PUB": "003 030 031 032",
    "LIN": "006",
    "LAN": "007 012 013 014 015 016 017 019 020 024 025 026 027 028 031",
    "INS": "003 004 005 006 007 008 009 010 011",
    "VER": "001 002 003",
    "CLI": "105",
    "PLN": "102 103",
    "MON": "020",
    "FOR": "007 008",
    "CLM": "001 002",
    "STO": "007 008 009 010 015 016 020",
    "FIL": "002 003 004 005 006 007 008 009 010 011 012 013 014 015 016 018 019 035 044 "
           "046",
    "FRM": "010 011 012 014 015 016 017 018 019 020 021",
    "GEO": "001 002 003 006 007 008 009 010 011 012 013 014 015 016 017 018 019 020 021 "
           "022 023 024 025 026 201 202 205 206 212 301 302 305 311 313 314 315 316 317 318 319 "
           "320",
    "ROW": "001 002 003 004 005 006 007 008 009 010 011 012 013 014 015 016 017 018 019 "
           "020 021 022 023 024 025 026 027 028 029 030 040 041 042 043",
}.items() for number in numbers.split())


def texts_of_errors() -> tuple[str, ...]:
    """What is wrong and how to mend it, of the errors that somebody can meet on a page."""
    from landrelease.errors import CATALOGUE

    return tuple(dict.fromkeys(text for code in sorted(MET) for text in (
        CATALOGUE[code].problem, CATALOGUE[code].remedy)))


def vocabularies() -> tuple[str, ...]:
    """What people read for the words of records that a certificate shows."""
    from landrelease.core.kinds import KINDS
    from landrelease.core.labels import label

    shown = (("activity", "operational_method"), ("item", "ordnance_category"),
             ("item", "disposal"), ("handover", "land_use_intended"),
             ("hazard", "land_use_expected"))
    return tuple(dict.fromkeys(label(word) for kind, name in shown
                               for word in KINDS[kind].field(name).choices))
