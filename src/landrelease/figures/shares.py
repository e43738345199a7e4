"""Figures that follow from others: shares with their denominator, items per hectare, types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import shapely

from landrelease.core.geometry import geodesic_area_m2, joined
from landrelease.core.hazard import Land
from landrelease.core.ledger import Figure, LedgerRow
from landrelease.figures.metric import Metric, share
from landrelease.units import M2_PER_HECTARE

TYPES = ("SHA", "CHA", "not_reported")
HAZARD_COUNT = {t: Metric(
    f"hazard_count_{t}", f"Hazards, {t.replace('_', ' ')}", "Hazard records that count as "
    f"hazardous, of the type {t}.", "areas", f"hazard_type is {t}; every status that is not a "
    "signed closing", "land", levels=False) for t in TYPES}
HAZARD_AREA = {t: Metric(
    f"hazardous_m2_{t}", f"Hazardous area, {t.replace('_', ' ')}", "Geodesic area of the union of "
    f"the hazards of the type {t}; ground that is in two types is in both.", "m²",
    f"hazard_type is {t}", "land", levels=False) for t in TYPES}
SEARCHED = Metric(
    "searched_m2", "Searched area", "Geodesic area of the union of ground that was searched and "
    "not released; searched is not cleared (S03).", "m²", "Outcome records of the type searched",
    "land")
PARTS = ("cancelled", "reduced", "cleared")
OF_RELEASED = {p: Metric(
    f"share_{p}_of_released", f"Share of the released area that was {p}", f"{p.capitalize()} area "
    "of the released area.", "share", f"The figures {p}_m2 and released_m2", "shares",
    denominator="released area: cancelled, reduced and cleared") for p in PARTS}
OF_KNOWN = Metric(
    "share_released_of_known", "Share of the known area that is released", "Released area of all "
    "area that is or was recorded as hazardous.", "share", "The figures released_m2 and "
    "hazardous_m2", "shares", denominator="released area and area still recorded as hazardous")
PER_HECTARE = Metric(
    "items_per_hectare", "Items per cleared hectare", "Items found outside of spot tasks, for each "
    "hectare of cleared area; small-arms rounds apart.", "items per ha", "The figures items_found, "
    "items_spot_task and cleared_m2", "shares", denominator="cleared area", subject="items",
    field="counts")
SIGNED = Metric(
    "share_release_signed", "Share of records of release that are signed", "Records of release "
    "whose decision a person signed with a key that counts (S09).", "share", "Outcome records of "
    "the types cancelled, reduced, cleared", "quality", denominator="records of release")
METRICS = (*HAZARD_COUNT.values(), *HAZARD_AREA.values(), SEARCHED, *OF_RELEASED.values(), OF_KNOWN,
           PER_HECTARE, SIGNED)


def land_by_type(land: Land) -> tuple[Figure, ...]:
    """Hazards by type, and what was searched only."""
    found = []
    for t in TYPES:
        of_type = [h for h in land.hazards if h.hazard_type == t]
        ids = tuple(h.id for h in of_type)
        nowhere = tuple(name for name, kind in land.placeless_hazards if kind == t)
        found.append(HAZARD_COUNT[t].figure(
            float(len(of_type) + len(nowhere)) if land.hazards_known else None, (*ids, *nowhere),
            land.chain_head))
        found.append(HAZARD_AREA[t].figure(
            _union_m2([h.ground for h in of_type]) if of_type or (
                land.hazards_known and not nowhere) else None,
            ids, land.chain_head, note=placeless_words(len(nowhere))))
    searched = [o for o in land.outcomes if o.outcome_type == "searched"]
    found.append(SEARCHED.figure(
        _union_m2([o.ground for o in searched]) if searched else None,
        tuple(o.id for o in searched), land.chain_head))
    return tuple(found)


def placeless_words(count: int) -> str:
    """That hazards without a place are in no area, and not how many (S14); "" where none are."""
    return "hazards on record have no place and are in no area" if count else ""


def _union_m2(grounds: Sequence[shapely.Geometry]) -> float:
    if not grounds:
        return 0.0
    return geodesic_area_m2(joined(grounds, degrees=True))


def share_figures(land: Land, total: LedgerRow, figures: Sequence[Figure],
                  ratio_least_ha: float) -> tuple[Figure, ...]:
    """Shares and ratios of other figures; each rests on the records of those.

    ratio_least_ha : on less cleared area no items per hectare are computed.
    """
    by_id: Mapping[str, Figure] = {f.id: f for f in figures if f.scope == "all"}
    head = land.chain_head

    def records(*names: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(r for n in names if n in by_id for r in by_id[n].records))

    def value(name: str) -> float | None:
        return by_id[name].value if name in by_id else None

    found = [share(OF_RELEASED[p], value(f"{p}_m2"), value("released_m2"), records("released_m2"),
                   head) for p in PARTS]
    released = value("released_m2")
    found.append(share(OF_KNOWN, released, None if released is None or total.hazardous_m2 is None
                       else released + total.hazardous_m2,
                       records("released_m2", "hazardous_m2"), head))
    items, spot, cleared = value("items_found"), value("items_spot_task"), value("cleared_m2")
    if "items_found" in by_id:
        found.append(share(
            PER_HECTARE, None if items is None else items - (spot or 0.0),
            None if cleared is None else cleared / M2_PER_HECTARE,
            by_id["items_found"].records + by_id["cleared_m2"].records, head,
            note=by_id["items_found"].note,
            least=ratio_least_ha))
    release = [o.id for o in land.outcomes if o.outcome_type in PARTS]
    found.append(share(SIGNED, float(sum(i not in land.unverified for i in release)),
                       float(len(release)), tuple(release), head)
                 if release else SIGNED.figure(None, (), head))
    return tuple(found)
