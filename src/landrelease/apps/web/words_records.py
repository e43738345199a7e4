"""The texts of the records themselves: kinds, fields and the words of their vocabularies, in
English. What the API calls them stays as it is; this is how people read them."""

from __future__ import annotations

from landrelease.core.kinds import KINDS
from landrelease.core.labels import field_label, label, vocabulary
from landrelease.workflows.collections import MADE_COLLECTIONS
from landrelease.workflows.marks import VALIDATION

_MADE_FIELDS = [f for c in MADE_COLLECTIONS for f in c.fields]
_WORDS = {w for f in (*_MADE_FIELDS, VALIDATION) for w in f.choices}

ENGLISH = {
    **{f"kind.{c.id}": c.title for c in MADE_COLLECTIONS},
    **{f"kind.{kind.name}": kind.title for kind in KINDS.values()},
    **{f"note.{c.id}": c.description for c in MADE_COLLECTIONS},
    **{f"note.{kind.name}": kind.definition for kind in KINDS.values()},
    **{f"name.{kind.name}": kind.name.replace("_", " ") for kind in KINDS.values()},
    **{f"field.{f.name}": field_label(f.name) for f in _MADE_FIELDS},
    **{f"field.{f.name}": field_label(f.name) for kind in KINDS.values() for f in kind.fields},
    **{f"value.{w}": label(w) for w in sorted(vocabulary() | _WORDS)},
}
