"""Forms out: XLSForms with the lists of the registry beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core.kind import Kind
from landrelease.core.kinds import KINDS
from landrelease.core.progress import Progress, silent
from landrelease.errors import (
    CANNOT_WRITE,
    FORM_REFUSED,
    FORM_UNKNOWN,
    LANGUAGE_UNKNOWN,
    LandReleaseError,
)
from landrelease.records.forms import FORMS, Form, sheets
from landrelease.records.forms.xlsform import Listed, Sheets, is_new_collect
from landrelease.workflows import is_synthetic, languages
from landrelease.workflows.languages import NAMES

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import Registry

# What a person in the field chooses from instead of typing an identifier.
LISTED = ("task", "team", "hazard", "machine", "detector", "settlement")


@dataclass(frozen=True, slots=True)
class Built:
    """A form that was written. `lists`: files that go onto the phones beside it."""

    form: str
    title: str
    version: str
    path: Path
    lists: tuple[str, ...]


def build(out: Path, *, forms: Sequence[str] = (), language: str = "en",
          registry: Registry | None = None, reader: View | None = None, collect: bool = True,
          progress: Progress = silent) -> list[Built]:
    """Write forms as `OUT/FORM.xlsx`, and their lists as `OUT/FORM-media/KIND.csv`.

    `forms`: ids, all where empty; `language`: the one that a form opens in, all others are in it
    too. With a registry its own words, teams, tasks and areas, as the reader may see them.
    `collect`: for ODK Collect of v2026.2.2 or newer, not for other clients (`xlsform.sheets`). Each
    form is converted to an XForm before it is written, so that none goes out that no phone opens.

    Raises FRM-001 for a form and FRM-002 for a language that there is not, FRM-003 where a form
    cannot be converted, STO-008 where `out` cannot be written.
    """
    if language not in NAMES:
        raise LandReleaseError(LANGUAGE_UNKNOWN, found=language, expected=", ".join(NAMES))
    for name in forms:
        if name not in FORMS:
            raise LandReleaseError(FORM_UNKNOWN, found=name, expected=", ".join(FORMS))
    from landrelease.store.exports import write_bytes, write_csv

    kinds = registry.kinds if registry is not None else KINDS
    listed = _listed(registry, reader) if registry is not None and reader is not None else {}
    synthetic = registry is not None and is_synthetic(registry)
    texts = languages.all_texts()
    chosen = [FORMS[name] for name in forms or FORMS]
    built = []
    _folder(out)
    for number, form in enumerate(chosen):
        progress(f"form {form.id}", number / len(chosen))
        made = sheets(form, texts, default=language, kinds=kinds, listed=listed,
                      synthetic=synthetic, collect=collect)
        book = workbook(made)
        to_xform(form, book)
        path = out / f"{form.id}.xlsx"
        for name, rows in made.media.items():
            columns = ("name", "label", *(("synthetic",) if synthetic else ()))
            write_csv(_folder(out / f"{form.id}-media") / name, rows, columns)
        write_bytes(path, book)
        built.append(Built(form.id, form.title, made.settings[0]["version"], path,
                           tuple(made.media)))
    progress("forms", 1.0)
    return built


def for_reader(registry: Registry, reader: View, language: str = "en", client: str = ""
               ) -> dict[str, Sheets]:
    """Form -> its sheets with all languages, and the lists that the reader may see; `language`: the
    one that it opens in; `client`: what asks, as it says of itself (its `User-Agent`)."""
    listed = _listed(registry, reader)
    synthetic = is_synthetic(registry)
    texts = languages.all_texts()
    return {name: sheets(form, texts, default=language, kinds=registry.kinds, listed=listed,
                         synthetic=synthetic, collect=is_new_collect(client))
            for name, form in FORMS.items()}


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LandReleaseError(
            CANNOT_WRITE, path=path, reason=error.strerror or str(error)) from error
    return path


def workbook(made: Sheets) -> bytes:
    """The sheets as an XLSX file; every cell is text, never a formula."""
    import io

    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = openpyxl.Workbook(write_only=True)
    for name in ("survey", "choices", "settings"):
        sheet = book.create_sheet(name)
        headings = made.headings(name)
        sheet.freeze_panes = "A2"

        def cell(text: str, bold: bool = False, sheet: Any = sheet) -> Any:
            made_cell = WriteOnlyCell(sheet, value=text)
            made_cell.data_type = "s"
            made_cell.font = Font(bold=bold)
            return made_cell

        sheet.append([cell(h, True) for h in headings])
        for row in getattr(made, name):
            sheet.append([cell(row[h]) if row.get(h) else None for h in headings])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def to_xform(form: Form, book: bytes) -> str:
    """The XForm of a workbook, as a phone gets it. Raises FRM-003 where it is no valid XLSForm."""
    import io

    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    try:
        return convert(io.BytesIO(book), file_type=".xlsx", form_name=form.id).xform
    except PyXFormError as error:
        raise LandReleaseError(FORM_REFUSED, form=form.id, reason=str(error)) from error


def _listed(registry: Registry, reader: View) -> Listed:
    return {kind: [(record.id, _shown(registry.kinds[kind], record.id, record.values))
                   for record in reader.records(registry.records(kind))]
            for kind in LISTED if reader.precision(kind) == "exact"}


def _shown(kind: Kind, record: str, values: object) -> str:
    """What a person reads in a list: the name where the role sees one, and the id."""
    name = values.get("name") if isinstance(values, dict) else None
    return f"{name} ({record})" if name else record
