"""References between records: by id, or by the programme's own identifier."""

from __future__ import annotations

from collections.abc import Iterable

from landrelease.core.kind import DECLINED, NOT_REPORTED
from landrelease.core.names import folded
from landrelease.core.record import Record


class Links:
    """Which records a word names: those with that id, else all with that identifier."""

    def __init__(self, records: Iterable[Record]):
        self.by_id: dict[str, Record] = {}
        self._named: dict[str, list[Record]] = {}
        for r in records:
            self.by_id[r.id] = r
            name = r.values.get("identifier")
            if isinstance(name, str):
                self._named.setdefault(name.strip(), []).append(r)

    def of(self, word: object) -> tuple[Record, ...]:
        """The records that a reference names; none where it was not reported or names none."""
        if not isinstance(word, str) or word in ("", NOT_REPORTED, DECLINED):
            return ()
        found = self.by_id.get(word)
        return (found,) if found is not None else tuple(self._named.get(word.strip(), ()))

    def all_of(self, words: object) -> tuple[list[Record], list[str]]:
        """The records that a list of references names, each once, and the words that name none."""
        listed = words if isinstance(words, (list, tuple)) else [words]
        records: dict[str, Record] = {}
        unknown = []
        for word in listed:
            if not isinstance(word, str) or word in ("", NOT_REPORTED, DECLINED):
                continue
            found = self.of(word)
            if not found:
                unknown.append(word)
            records |= {r.id: r for r in found}
        return list(records.values()), unknown


class Called:
    """Which records a word names, however people write it: as `Links`, else case and blanks apart.
    """

    def __init__(self, records: Iterable[Record]):
        held = list(records)
        self._links = Links(held)
        self._folded: dict[str, set[str]] = {}
        for r in held:
            for name in {folded(r.id), folded(r.values.get("identifier"))} - {""}:
                self._folded.setdefault(name, set()).add(r.id)

    def ids(self, word: object) -> frozenset[str]:
        """Ids of the records that it names; none where it names none."""
        found = frozenset(r.id for r in self._links.of(word))
        return found or frozenset(self._folded.get(folded(word), ()))

    def of(self, word: object) -> frozenset[str]:
        """Ids of the records that it names; of a word that names none the word itself, folded."""
        return self.ids(word) or frozenset({folded(word)})
