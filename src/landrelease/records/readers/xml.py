"""XML without document types, entities, links or bottomless depth."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from landrelease.errors import (
    FILE_NOT_READABLE,
    FILE_XML_CUT_OFF,
    FILE_XML_NOT_ALLOWED,
    LandReleaseError,
)
from landrelease.records.readers.table import LIMITS, Limits, short


class _Declared(Exception):
    pass


class _TooDeep(Exception):
    pass


def parse(file: str, content: bytes, expected: str, limits: Limits = LIMITS
          ) -> ElementTree.Element:
    """The root of a document after a first pass that refuses what could reach outside or explode.

    Raises FIL-048 cut off, FIL-011 a document type or entities, FIL-012 depth or encoding.
    """
    depth = 0

    def refuse(*_: Any) -> None:
        raise _Declared

    def down(*_: Any) -> None:
        nonlocal depth
        depth += 1
        if depth > limits.xml_depth:
            raise _TooDeep

    def up(*_: Any) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = down
    parser.EndElementHandler = up
    try:
        parser.Parse(content, True)
        return ElementTree.fromstring(content)
    except _Declared as error:
        raise LandReleaseError(FILE_XML_NOT_ALLOWED, file=file) from error
    except _TooDeep as error:
        raise LandReleaseError(FILE_NOT_READABLE, file=file, expected=expected,
                               found=f"over {limits.xml_depth} elements inside each other"
                               ) from error
    except expat.ExpatError as error:
        raise _cut_off(file, error.lineno, error.offset) from error
    except ElementTree.ParseError as error:
        raise _cut_off(file, *error.position) from error
    except (ValueError, LookupError) as error:
        raise LandReleaseError(FILE_NOT_READABLE, file=file, expected=expected,
                               found=short(error)) from error


def _cut_off(file: str, line: int, column: int) -> LandReleaseError:
    """Without the parser's own words, which are English in every language; columns from 1."""
    return LandReleaseError(FILE_XML_CUT_OFF, file=file, line=line, column=column + 1)


def tag(element: ElementTree.Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rsplit("}", 1)[-1]


def child(element: ElementTree.Element, name: str) -> ElementTree.Element | None:
    return next((e for e in element if tag(e) == name), None)
