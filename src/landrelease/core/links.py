"""References between records: by id, or by the programme's own identifier."""

from __future__ import annotations

from collections.abc import Iterable

from landrelease.core.kind import DECLINED, NOT_REPORTED
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
