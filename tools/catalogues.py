"""Bring the catalogues of texts up to date: new texts are added without a translation, old ones go.

    python tools/catalogues.py

A translation that is there stays as it is. What is missing afterwards is printed, a line each; what
`untranslated.txt` beside the catalogues does not name fails a test, and the exit status is 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from landrelease.apps.web.texts import every_text
from landrelease.workflows.languages import NAMES, REVIEWED

FOLDER = Path(__file__).resolve().parents[1] / "src" / "landrelease" / "data" / "locale"
HEADER = "# Texts of landrelease. X-Reviewed-By names the native speaker who reviewed them (S18)."


def main() -> int:
    needed = every_text()
    listed = (FOLDER / "untranslated.txt").read_text(encoding="utf-8").splitlines()
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
            if not said and text not in listed:
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
