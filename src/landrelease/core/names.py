"""Names as people type them."""

from __future__ import annotations


def folded(value: object) -> str:
    """A name without what people write otherwise: case and blanks."""
    return " ".join(str(value or "").casefold().split())
