"""Every text that people read, in all languages: what the catalogues hold (`tools/catalogues.py`).

In English, in the order forms, public page, vocabularies, warnings and documents, pages of the app,
what stages write into their results.
"""

from __future__ import annotations

from landrelease.apps.web.answers import FAULT, HTTP_TEXTS
from landrelease.apps.web.layout import LANGUAGE
from landrelease.apps.web.words import ENGLISH as PAGES
from landrelease.core.texts import NOT_ALL_TRANSLATED, UNREVIEWED
from landrelease.workflows import public_words
from landrelease.workflows.languages import (
    texts_of_errors,
    texts_of_fields,
    texts_of_forms,
    texts_of_publications,
    texts_of_results,
    vocabularies,
)


def every_text() -> tuple[str, ...]:
    """Each text once."""
    return tuple(dict.fromkeys((
        *texts_of_forms(), *public_words.TEXTS, UNREVIEWED, NOT_ALL_TRANSLATED, LANGUAGE,
        *vocabularies(), *texts_of_publications().values(), *PAGES.values(),
        *texts_of_results(), *texts_of_fields(), *texts_of_errors(), *HTTP_TEXTS.values(), FAULT)))
