"""Bring the catalogues of texts up to date: new texts are added without a translation, old ones go.

    python tools/catalogues.py

A translation that is there stays as it is. What is missing afterwards is printed, a line each; a
test fails while anything is.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from landrelease.records.forms import FORMS
from landrelease.records.forms.xlsform import texts_of
from landrelease.workflows.languages import NAMES, REVIEWED
from landrelease.workflows.public_words import TEXTS

FOLDER = Path(__file__).resolve().parents[1] / "src" / "landrelease" / "data" / "locale"
HEADER = "# Texts of landrelease. X-Reviewed-By names the native speaker who reviewed them (S18)."


def main() -> int:
    needed = dict.fromkeys((*(t for form in FORMS.values() for t in texts_of(form)), *TEXTS))
    missing = 0
    for code in NAMES:
        if code == "en":
            continue
        path = FOLDER / f"{code}.po"
        with path.open("rb") as stream:
            old = read_po(stream, locale=code)
        head = dict(old.mime_headers)
        new = Catalog(locale=code, project="landrelease", header_comment=HEADER,
                      fuzzy=False, charset="utf-8")
        for text in needed:
            known = old.get(text)
            said = str(known.string) if known is not None else ""
            new.add(text, said)
            if not said:
                missing += 1
                print(f"{code}: {text}")
        with path.open("wb") as stream:
            write(stream, new, head.get(REVIEWED, ""))
    return 1 if missing else 0


def write(stream, catalogue: Catalog, reviewed: str) -> None:
    """A catalogue without the day and the names that Babel would put into its head."""
    import io

    body = io.BytesIO()
    write_po(body, catalogue, width=0, omit_header=True)
    head = (f'{HEADER}\nmsgid ""\nmsgstr ""\n"Language: {catalogue.locale}\\n"\n'
            f'"Content-Type: text/plain; charset=UTF-8\\n"\n'
            f'"Content-Transfer-Encoding: 8bit\\n"\n"{REVIEWED}: {reviewed}\\n"\n\n')
    stream.write(head.encode() + body.getvalue())


if __name__ == "__main__":
    sys.exit(main())
