"""Bring the catalogues of texts up to date: new texts are added without a translation, old ones go.

    python tools/catalogues.py
    python tools/catalogues.py --reviewed fr "Name of the native speaker"

A translation that is there stays as it is, and one that is marked fuzzy stays marked. The second
form states who reviewed all texts of a language as they stand now: with any text that changes or
is added, the language counts as not reviewed again (S18). What is missing afterwards is printed, a
line each; it fails a test, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from landrelease.apps.web.texts import every_text
from landrelease.workflows.languages import NAMES, REVIEWED, REVIEWED_TEXTS, digest, marks

FOLDER = Path(__file__).resolve().parents[1] / "src" / "landrelease" / "data" / "locale"
HEADER = ("# Texts of landrelease. X-Reviewed-By names the native speaker who reviewed them,\n"
          "# X-Reviewed-Texts which texts those were (S18).")


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--reviewed", nargs=2, metavar=("LANGUAGE", "NAME"), default=("", ""))
    language, name = arguments.parse_args().reviewed
    needed = every_text()
    missing = 0
    for code in NAMES:
        if code == "en":
            continue
        path = FOLDER / f"{code}.po"
        content = path.read_bytes()
        old, head = read_po(io.BytesIO(content), locale=code), marks(content)
        new = Catalog(locale=code, project="landrelease", header_comment=HEADER,
                      fuzzy=False, charset="utf-8")
        for text in needed:
            known = old.get(text)
            said = str(known.string) if known is not None else ""
            new.add(text, said, flags=known.flags if known is not None else ())
            if not said:
                missing += 1
                print(f"{code}: {text}")
        with path.open("wb") as stream:
            if code == language:
                write(stream, new, name, digest(new))
            else:
                write(stream, new, head.get(REVIEWED, ""), head.get(REVIEWED_TEXTS, ""))
    return 1 if missing else 0


def write(stream, catalogue: Catalog, reviewed: str, texts: str = "") -> None:
    """A catalogue without the day and the names that Babel would put into its head."""
    body = io.BytesIO()
    write_po(body, catalogue, width=0, omit_header=True)
    head = (f'{HEADER}\nmsgid ""\nmsgstr ""\n"Language: {catalogue.locale}\\n"\n'
            f'"Content-Type: text/plain; charset=UTF-8\\n"\n'
            f'"Content-Transfer-Encoding: 8bit\\n"\n"{REVIEWED}: {reviewed}\\n"\n'
            f'"{REVIEWED_TEXTS}: {texts}\\n"\n\n')
    stream.write(head.encode() + body.getvalue())


if __name__ == "__main__":
    sys.exit(main())
