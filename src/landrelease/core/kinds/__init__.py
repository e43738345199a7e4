"""The kinds of record, by subject: one definition for validation, layout, forms, API and docs.

Sources of fields and vocabularies: the minimum data requirements of IMAS 05.10 (public draft), the
value lists of the IMSMA wiki, and the standards that a field names. A programme adds fields and
words of its own in a file (`core.extension`), without code.
"""

from __future__ import annotations

from landrelease.core.kind import Kind
from landrelease.core.kinds import capacity, community, land, means, work

# In this order everywhere: what others refer to first.
KINDS: dict[str, Kind] = {kind.name: kind for kind in (
    land.HAZARD, land.OUTCOME, work.ACCIDENT, work.ACTIVITY, community.SETTLEMENT,
    community.ADMINISTRATIVE_AREA, land.EVIDENCE, work.ITEM, work.ORDNANCE_REFERENCE,
    capacity.TEAM, capacity.PERSON, capacity.MACHINE, capacity.DETECTOR, capacity.ACCREDITATION,
    work.TASK, work.GATE, work.TRACK, work.COVERAGE, work.INSPECTION, land.HANDOVER,
    community.ROAD, land.PARCEL,
    land.CLOSURE, land.MARKING, land.PERMIT, capacity.SESSION, community.COMPLAINT,
    land.ENVIRONMENT, means.PROJECT, means.FUND, means.EXPENSE, means.EXCHANGE_RATE, means.SOURCE,
    means.CLAIM,
)}
