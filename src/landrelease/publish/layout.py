"""What a national centre changes of the documents without any code: `layout.yaml` in its folder.

    logo: emblem.png
    header: [Ministry of the Interior, National Mine Action Centre]
    footer: For official use
    sections:
      task: [hazard, ground, order]
    words:
      Task order: Clearance task order

It is data: nothing in it is executed. Sections that are named come first, in that order; the others
follow, so that none is lost. `words` puts a text in the place of an English one that documents
hold; the mark of synthetic data and the cautions stay (S12, S19).
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from landrelease.core.texts import Texts
from landrelease.errors import LAYOUT_WRONG, LandReleaseError
from landrelease.publish.words import ENGLISH, FIXED, Words

FILE = "layout.yaml"
LOGOS = (".png", ".jpg", ".jpeg", ".svg")
MOST_LOGO = 2_000_000  # bytes
MOST_WORDS = 300  # characters of a text of the header or the footer
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "plan": ("summary", "map", "order", "teams", "waits", "communities", "cash", "not_planned",
             "signatures", "trace"),
    "task": ("order", "ground", "hazard", "people", "closures", "contacts", "signatures",
             "trace"),
    "week": ("summary", "work", "plan", "items", "incidents", "environment", "marking", "coverage",
             "inspection", "waits", "figures", "trace"),
    "donor": ("summary", "money", "outputs", "outcomes", "work", "forecast", "not_claimed",
              "trace"),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """`words`: English text -> what stands in its place. `logo`: a file in the folder, or ""."""

    logo: str = ""
    header: tuple[str, ...] = ()
    footer: str = ""
    sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)


PLAIN = Layout()


def read_layout(folder: Path | None) -> Layout:
    """The layout of a folder; the plain one where there is no `layout.yaml`.

    Raises PUB-040 with the entry, what was found and what was expected.
    """
    if folder is None or not (folder / FILE).is_file():
        return PLAIN
    path = folder / FILE

    def refuse(entry: str, found: object, expected: str) -> LandReleaseError:
        return LandReleaseError(LAYOUT_WRONG, file=path, entry=entry, found=str(found)[:200],
                                expected=expected)

    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise refuse(f"line {mark.line + 1}" if mark is not None else "the text",
                     getattr(error, "problem", None) or "no YAML", "YAML") from error
    except (OSError, ValueError, RecursionError) as error:
        raise refuse("the text", error, "YAML in UTF-8") from error
    if said is None:
        return PLAIN
    if not isinstance(said, dict):
        raise refuse("the whole", type(said).__name__, "logo, header, footer, sections, words")
    for key in said:
        if key not in ("logo", "header", "footer", "sections", "words"):
            raise refuse(str(key), "an unknown entry",
                         "one of logo, header, footer, sections, words")
    logo = said.get("logo", "")
    if logo:
        if not isinstance(logo, str) or Path(logo).name != logo or logo.startswith("."):
            raise refuse("logo", logo, "the name of a file in the same folder")
        if not logo.lower().endswith(LOGOS):
            raise refuse("logo", logo, "a file that ends in " + ", ".join(LOGOS))
        if not (folder / logo).is_file():
            raise refuse("logo", f"{logo}, which is not there", "a file in the same folder")
        if (size := (folder / logo).stat().st_size) > MOST_LOGO:
            raise refuse("logo", f"{size:,} bytes", f"at most {MOST_LOGO:,} bytes")
    header = said.get("header", [])
    lines = [header] if isinstance(header, str) else header
    if not isinstance(lines, list) or len(lines) > 4 or not all(_is_text(x) for x in lines):
        raise refuse("header", header, f"up to four lines of at most {MOST_WORDS} characters")
    footer = said.get("footer", "")
    if footer and not _is_text(footer):
        raise refuse("footer", footer, f"a line of at most {MOST_WORDS} characters")
    return Layout(logo or "", tuple(lines), footer or "", _sections(said.get("sections"), refuse),
                  _words(said.get("words"), refuse))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MOST_WORDS


def _sections(said: Any, refuse: Any) -> dict[str, tuple[str, ...]]:
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise refuse("sections", said, "document: [section, section]")
    out = {}
    for name, keys in said.items():
        if name not in SECTIONS:
            raise refuse(f"sections: {name}", name, "one of " + ", ".join(SECTIONS))
        if not isinstance(keys, list):
            raise refuse(f"sections: {name}", keys, "a list of sections")
        for key in keys:
            if key not in SECTIONS[name]:
                raise refuse(f"sections: {name}", key, "one of " + ", ".join(SECTIONS[name]))
        out[name] = tuple(keys)
    return out


def _words(said: Any, refuse: Any) -> dict[str, str]:
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise refuse("words", said, "English text: your text")
    known = set(ENGLISH.values())
    fixed = {ENGLISH[key] for key in FIXED}
    for english, text in said.items():
        if english not in known:
            raise refuse(f"words: {english}", english, "a text that documents hold, as they hold "
                         "it in English")
        if english in fixed:
            raise refuse(f"words: {english}", text, "no other words: marks and cautions stay")
        if not isinstance(text, str) or not text.strip():
            raise refuse(f"words: {english}", text, "a text")
        if _facts(text) != _facts(english):
            raise refuse(f"words: {english}", text,
                         "the same facts in it: " + (", ".join(sorted(_facts(english) or ()))
                                                     or "none"))
    return {str(k): v for k, v in said.items()}


def _facts(text: str) -> set[str] | None:
    """The names in braces; None where the braces are none. `{a.b}` and `{a[0]}` are refused too:
    only plain names are filled in."""
    try:
        names = {name for _, name, spec, conv in string.Formatter().parse(text)
                 if name is not None and not spec and not conv}
        told = {name for _, name, *_ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        return None
    return names if names == told and all(n.isidentifier() for n in names) else None


def worded(texts: Texts, layout: Layout) -> Words:
    """The words of a document: a centre's own before those of a language before English."""
    return Words(replace(texts, words={**texts.words, **layout.words}) if layout.words else texts)
