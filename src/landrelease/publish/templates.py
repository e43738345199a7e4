"""One way to every PDF: a template and its content in, the same bytes each time out.

A template is a typst file. `common.typ` comes before each of them and holds what all share: colour,
font, header, footer, the mark of synthetic data, tables. All texts come in as one JSON value,
`doc`, and are shown as text, never read as markup. Fonts are those that typst carries (Libertinus:
Latin, Greek, Cyrillic) and those of `landrelease/data/fonts` (Arabic); a centre adds fonts, a
`layout.yaml` with its sign, its header and its words (`publish.layout`: data alone) and templates
in a folder of its own.
"""

from __future__ import annotations

import calendar
import json
from collections.abc import Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

from landrelease.errors import PUB_NOT_SET, TEMPLATES_UNKNOWN, LandReleaseError
from landrelease.publish import layout

COMMON = "common.typ"


def names() -> tuple[str, ...]:
    """The templates that ship, `common.typ` among them."""
    return tuple(sorted(p.name for p in resources.files("landrelease.publish").joinpath(
        "templates").iterdir() if p.name.endswith(".typ")))


def own(folder: Path | None) -> dict[str, str]:
    """The templates of a folder that stand in the place of those that ship: name -> text.

    REL-030: the folder is none, or holds no template that is known.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        raise LandReleaseError(TEMPLATES_UNKNOWN, folder=folder, found="there is no such folder",
                               expected=", ".join(names()))
    found = {p.name: p for p in sorted(folder.glob("*.typ"))}
    known = {n: p for n, p in found.items() if n in names()}
    if not known and not (folder / layout.FILE).is_file():
        raise LandReleaseError(TEMPLATES_UNKNOWN, folder=folder,
                               found=", ".join(found) or "no template",
                               expected=", ".join((layout.FILE, *names())))
    try:
        return {n: p.read_text(encoding="utf-8") for n, p in known.items()}
    except (OSError, UnicodeDecodeError) as error:
        raise LandReleaseError(TEMPLATES_UNKNOWN, folder=folder, found=f"not readable: {error}",
                               expected="typst files in UTF-8") from error


def typeset(template: str, content: Mapping[str, Any], *, made_on: date | None = None,
            folder: Path | None = None) -> bytes:
    """The PDF of a template; the same content, day and templates give the same bytes.

    Parameters
    ----------
    template : its name without ending, for example "certificate".
    content : what the template shows; plain JSON values.
    made_on : day of the document; None: no day, so that only the content decides.
    folder : templates and fonts of a centre's own; images that they name lie there too.

    Raises PUB-003 (typst refused), PUB-040 (a layout that is none), REL-030.
    """
    import typst

    changed = own(folder)
    said = layout.read_layout(folder)
    content = {**content, "centre": {"logo": said.logo, "header": list(said.header),
                                     "footer": said.footer}}
    base = resources.files("landrelease.publish") / "templates"

    def source(name: str) -> str:
        return changed.get(name) or (base / name).read_text(encoding="utf-8")

    text = source(COMMON) + "\n" + source(f"{template}.typ")
    setting: Any = typst.compile  # its types ask for a root of the kind of the text
    try:
        with resources.as_file(resources.files("landrelease.data") / "fonts") as fonts:
            pdf = setting(
                text.encode(), format="pdf", ignore_system_fonts=True,
                sys_inputs={"doc": json.dumps(content, ensure_ascii=False)},
                timestamp=0 if made_on is None else calendar.timegm(made_on.timetuple()),
                font_paths=[str(fonts), *([] if folder is None else [str(folder)])],
                **({} if folder is None else {"root": str(folder)}))
    except Exception as error:  # typst raises its own error type, which older versions lack
        raise LandReleaseError(PUB_NOT_SET, reason=str(error)[:500]) from error
    return bytes(pdf)
