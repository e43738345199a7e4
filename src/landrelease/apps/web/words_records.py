"""The texts of the records themselves: kinds, fields and the words of their vocabularies, in
English. What the API calls them stays as it is; this is how people read them."""

from __future__ import annotations

from landrelease.core.kinds import KINDS
from landrelease.core.labels import field_label, label, vocabulary

ENGLISH = {
    **{f"kind.{kind.name}": kind.title for kind in KINDS.values()},
    **{f"name.{kind.name}": kind.name.replace("_", " ") for kind in KINDS.values()},
    **{f"field.{f.name}": field_label(f.name) for kind in KINDS.values() for f in kind.fields},
    **{f"value.{w}": label(w) for w in sorted(vocabulary())},
}
