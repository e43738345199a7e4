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
from landrelease.errors import CATALOGUE

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
    from landrelease.core import amounts, claim_sentences, plurals, sentences
    from landrelease.figures.catalogue import metrics
    from landrelease.forecast.outlook import COST_DEFINITION, POLICY
    from landrelease.records.geochecks import CHECK_OF
    from landrelease.store import returns
    from landrelease.workflows import SYNTHETIC, load_assumptions, quarantine

    return tuple(dict.fromkeys(text for text in (
        *amounts.TEXTS, *plurals.ONE.values(), *plurals.UNITS.values(),
        *(t for m in metrics() for t in (m.name, m.definition, m.unit, m.denominator)),
        *(c for m in metrics() for c in m.counts.split("; ") if SENTENCES.of(c) is None),
        *(t for a in load_assumptions(None) for t in (a.definition, a.unit)), *_thresholds(),
        POLICY, COST_DEFINITION, *meanings().values(), *_checklist(),
        *(c.title for c in CHECK_OF.values()), *sentences.TEMPLATES, *sentences.FINDINGS,
        *sentences.LOG, returns.NUMBER, returns.TO_DO, returns.README, returns.SHAPE, SYNTHETIC,
        *quarantine.ABOUT, *quarantine.ABOUT.values(), quarantine.LOOK,
        quarantine.MADE_ON, quarantine.MADE_UP,
        *claim_sentences.CLAIMS) if re.search(r"\w", text)))


def texts_of_fields() -> tuple[str, ...]:
    """What each field of a record means."""
    from landrelease.core.kinds import KINDS
    from landrelease.workflows import marks
    from landrelease.workflows.collections import MADE_COLLECTIONS

    return tuple(dict.fromkeys(f.definition for f in (
        *(f for kind in KINDS.values() for f in kind.fields),
        *(f for c in MADE_COLLECTIONS for f in c.fields), marks.VERIFIED, marks.HAZARDOUS,
        marks.WIDENED, marks.ACCURACY_FROM, marks.CONTESTED, marks.RECORDED_TYPE,
        marks.VALIDATION)))


def meanings() -> dict[str, str]:
    """Code of the check of claims -> what it means."""
    from landrelease.figures.claims_codes import CODES

    return {code: meaning for code, (_, meaning) in CODES.items()}


def _thresholds() -> tuple[str, ...]:
    """What the thresholds of the types of areas mean."""
    from landrelease.workflows import load_assumptions
    from landrelease.workflows.assessing import load_weights

    table = load_weights(load_assumptions(None), None, None)
    return tuple(table[name].definition for name in ("cha_threshold", "sha_threshold"))


def _checklist() -> tuple[str, ...]:
    """What is asked before land is released; a national list brings its own words."""
    from landrelease.core.checklist import CHECKS
    from landrelease.workflows.releasing import shipped_checklist

    listed = shipped_checklist()
    return (listed.name, *(i.question for i in listed.items), *(q for _, q, _ in CHECKS.values()))


# Messages of the command line alone, of whoever keeps a server and of programs that ask the API.
# All others can be met on a page, on a phone or in a document: a message that is new is translated,
# or is named here.
OF_COMMANDS = frozenset(f"{group}-{number}" for group, numbers in {
    "ACC": "002 003 004 006 007 008",
    "ASS": "001 003 005 006 007 008 009 010 011 101 102 103 106 107 201 202 203 204 205 206 "
           "207 208 301 302 303 401 402 403 404 405 406 407 408 409 410 411 412 413 414",
    "CHK": "001",
    "CLI": "101 104 107",
    "COV": "001 002 003 004 005 006 007 008 009 010 018",
    "EXC": "001 002 003 004 005 006 007",
    "EXT": "001 002",
    "FIG": "001 002 003",
    "FIL": "001 017 021 022 023 024 036",
    "FOR": "009 010",
    "FRM": "001 002 003",
    "GEO": "005 101 102 103 104 105 106 107 108 109 110 111 112 113",
    "LAN": "001 002 003 004 005 006 008 009 010 011 018 021 022 023 029 030 032",
    "MON": "023",
    "PLN": "201 202 203 204 301 302 303 304 305 306 307 308 309 501 502 503 504 702 703 704 "
           "705",
    "PUB": "001 002 004 013 040 041",
    "REL": "001 025 026 030",
    "SIG": "004 012 015",
    "STO": "001 002 003 004 005 006 011 014 017 018 019 021 023 025 027 028 029 030 101 102 "
           "103 104 105 106 107 108 109 110 111 112 113 114 115 116 117",
    "TRK": "001 002 003 004 005 006 007 008 009 010 011 012 013 014 015 016 017 018 019 020 "
           "021 022 023 024 025 026 027 028 029 030 031 032",
    "UPK": "001 002 003 004",
    "WEB": "005 015 016 017 019 020 043 050 053",
}.items() for number in numbers.split())
MET = frozenset(CATALOGUE) - OF_COMMANDS
# What roles may not have (ACC-101), besides the ways out of the policy.
SUBJECTS = ("this part", "files as they came in", "files that are brought in",
            "levels of validation", "signing for the authority", "ending the key of another",
            "the public")


def texts_of_errors() -> tuple[str, ...]:
    """What is wrong and how to mend it, of the errors that somebody can meet on a page, and what a
    role may not have."""
    from landrelease.access.policy import NO_SUCH_THING, WAYS_OUT

    return tuple(dict.fromkeys((*(text for code in sorted(MET) for text in (
        CATALOGUE[code].problem, CATALOGUE[code].mend)),
        *(way.what for way in WAYS_OUT.values()), *SUBJECTS,
        NO_SUCH_THING, "such job", "such session", "such file", "such task")))


def vocabularies() -> tuple[str, ...]:
    """What people read for the words of records that a certificate shows."""
    from landrelease.core.kinds import KINDS
    from landrelease.core.labels import label

    shown = (("activity", "operational_method"), ("item", "ordnance_category"),
             ("item", "disposal"), ("handover", "land_use_intended"),
             ("hazard", "land_use_expected"))
    return tuple(dict.fromkeys(label(word) for kind, name in shown
                               for word in KINDS[kind].field(name).choices))
