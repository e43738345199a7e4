"""Records that the office decided on: no answer of a phone, and no file of a role that decides on
nothing that waits, takes that back by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from landrelease.access.policy import LEVELS
from landrelease.core.record import DECLINED, NOT_REPORTED, Record
from landrelease.errors import DECIDED_BY_OFFICE, Message
from landrelease.records.forms import FORMS
from landrelease.records.told import Caution, Fate
from landrelease.workflows.identities import current_revision

if TYPE_CHECKING:
    from landrelease.store.registry import Registry

# Of what the office decides: the field, and its words before anybody decided. Without a signature
# none of them grants anything that needs one (S09), but a refusal or a withdrawal counts.
_OPEN: dict[str, tuple[str, tuple[str, ...]]] = {
    "permit": ("state", ("requested",)),
    "handover": ("handover_status", ("planned",)),
    "accreditation": ("accreditation_status", ("requested", "documents_complete")),
}
_UNSAID = (None, "", NOT_REPORTED, DECLINED)


def is_decided(record: Record) -> bool:
    """Whether a record says what only the office decides, such as a permit that is refused."""
    name, words = _OPEN.get(record.kind, ("", ()))
    return bool(name) and record.values.get(name) not in (*_UNSAID, *words)


def beyond_forms(record: Record) -> bool:
    """Whether a record says what no form lets a phone say (`Part.held`): somebody decided it. What
    another form asks freely of the same kind, as the type of an activity, no form holds."""
    held: dict[str, set[str]] = {}
    free: set[str] = set()
    for form in FORMS.values():
        for part in form.part.walk():
            if part.kind != record.kind:
                continue
            free |= set(part.asks) - part.held.keys()
            for name, words in part.held.items():
                held.setdefault(name, set()).update(words)
    return is_decided(record) or any(
        record.values.get(name) not in (*_UNSAID, *words) for name, words in held.items()
        if name not in free)


def stands(registry: Registry, record: Record) -> bool:
    """Whether the office had its word on a record that is on file: it decided on it, signed it, or
    gave it a level above that which operators give themselves."""
    if is_decided(record):
        return True
    now = current_revision(registry, record.id).revision
    return bool(now.signature) or LEVELS.index(now.validation) > LEVELS.index("operator")


def deciding_nothing(registry: Registry, held: Caution | None) -> Caution:
    """What a file of a role that decides on nothing that waits is held against, beside what it is
    held against anyway (`held`): rows that say something else of what the office had its word on
    wait (ROW-048)."""
    def of(record: Record, said: Record) -> tuple[Message, Mapping[str, Any], Fate] | None:
        found = None if held is None else held.of(record, said)
        if found is not None:
            return found
        return (DECIDED_BY_OFFICE, {}, "quarantined") if stands(registry, record) else None

    if held is None:
        return Caution(None, of, in_lines=False)
    return Caution(held.whole, of, held.before, held.in_lines)
