"""What an inspection says of ground: accepted, rejected, something wrong; and for how long.

One place for the rules that release, credit for search and the lists of what is open share.
Longitude and latitude on WGS 84.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import joined
from landrelease.core.lineage import holds
from landrelease.core.moment import day_of, listed
from landrelease.core.names import folded
from landrelease.core.plurals import several
from landrelease.core.record import NOT_REPORTED, Record

SEVERITIES = ("critical", "major", "minor")
_AREAL = ("Polygon", "MultiPolygon")
_NO_FINISHED_GROUND = ("unit", "nonconformity", "recommendation", "trial")


@dataclass(frozen=True, slots=True)
class Rejection:
    """Ground that an inspection rejected. `ground` None: it has none of its own, and all of its
    outcomes are meant. `day` None: not reported, so no search is known to have come after it."""

    id: str
    day: date | None
    ground: BaseGeometry | None
    outcomes: frozenset[str]  # ids or identifiers of the searches that were rejected


def inspected_on(record: Record) -> date | None:
    """The day of an inspection; None where it is not reported."""
    return day_of(record.values.get("inspected_on")) or record.valid_from


def own_ground(record: Record) -> BaseGeometry | None:
    """The polygon of an inspection; None where it came without one."""
    shape = record.geometry
    return None if shape is None or shape.is_empty or shape.geom_type not in _AREAL else shape


def judges_finished_ground(record: Record) -> bool:
    """Whether an inspection is one of finished ground (IMAS 07.40): a lot, or a sampling that came
    in as one record. Visits to work that goes on, units, findings and trials accept no ground."""
    part = record.value("inspection_part")
    return part == "lot" or (part not in _NO_FINISHED_GROUND and record.value(
        "inspection_type") in ("sampling", "post_clearance"))


def items_in_sample(record: Record, inspections: Iterable[Record] = ()) -> int:
    """Items that the sample of finished ground showed, as the inspection says or the units that
    were drawn for it."""
    if not judges_finished_ground(record):
        return 0
    said = record.values.get("items_found")
    units = sum(found_in_unit(u) for u in inspections
                if u.value("inspection_part") == "unit" and u.values.get("lot") == record.id)
    return max(int(said) if isinstance(said, (int, float)) else 0, units)


def accepts_nothing(record: Record, inspections: Iterable[Record], until: date) -> str:
    """Why an inspection that says "accepted" accepts no ground on the day `until`, in words; "":
    nothing of that kind. The acceptance number of explosive items is 0."""
    if (n := items_in_sample(record, inspections)) > 0:
        return f"its sample showed {several(n, 'item', 'items')}, and accepts nothing"
    said = record.values.get("sample_size")
    if isinstance(said, (int, float)) and said <= 0:
        return "its sample is empty"
    day = inspected_on(record)
    return "" if day is None or day <= until else f"dated {day}, which has not come"


def in_lots(inspections: Iterable[Record]) -> frozenset[str]:
    """Ids of outcomes whose ground lots hold: what was accepted of them is those lots."""
    return frozenset(o for i in inspections if i.value("inspection_part") == "lot"
                     for o in listed(i.values.get("outcomes")))


def accepted_ground(inspection: Record, outcomes: Mapping[str, BaseGeometry],
                    held: Container[str]) -> BaseGeometry | None:
    """Ground that an inspection which accepted speaks of; None: of none.

    A lot speaks of its own ground and of nothing else: it is a part of its outcomes. Only a
    sampling that came in as one record without ground speaks of its outcomes whole, and of none
    that lots hold.

    outcomes : ground of outcomes by id, as they stood when it was accepted.
    held : see `in_lots`.
    """
    if not judges_finished_ground(inspection):
        return None
    own = own_ground(inspection)
    if own is not None or inspection.value("inspection_part") == "lot":
        return own
    named = [outcomes[o] for o in listed(inspection.values.get("outcomes"))
             if o in outcomes and o not in held]
    return joined(named, degrees=True) if named else None


def is_nonconformity(record: Record) -> bool:
    """Whether a record of an inspection says that something was wrong, or recommends something.

    A drawn unit is none: its lot is. A refused visit is none either: see `was_refused`.
    """
    part = record.value("inspection_part")
    if part == "unit" or was_refused(record):
        return False
    severity = record.value("nonconformity_severity")
    return (part in ("nonconformity", "recommendation") or record.value("result") == "rejected"
            or severity in SEVERITIES or (severity == NOT_REPORTED and record.value(
                "nonconformity_type") not in ("none", NOT_REPORTED)))


def was_refused(record: Record) -> bool:
    """Whether an inspection is a visit that was refused."""
    return record.value("visit_refused") == "yes" or record.value("result") == "refused"


def severity_of(record: Record) -> str:
    """The severity of a nonconformity; one that nobody reported counts as critical (S12)."""
    said = str(record.value("nonconformity_severity"))
    return said if said in SEVERITIES else "critical"


def corrected_on(record: Record, until: date) -> date | None:
    """The day of the measure; None where none is on record, one before it was found, or one after
    `until`: what is to be done is not done."""
    day, found = day_of(record.values.get("corrected_on")), inspected_on(record)
    return None if day is None or day > until or (found is not None and day < found) else day


def closed_on(record: Record, until: date) -> date | None:
    """The day on which a visit found it corrected; None where none is on record, or one without a
    measure or before it: what nobody had corrected no visit can have found corrected. A day after
    `until` closes nothing yet."""
    day, corrected = day_of(record.values.get("closed_on")), corrected_on(record, until)
    return None if day is None or corrected is None or not corrected <= day <= until else day


def still_open(inspections: Sequence[Record], closed_by_visit: Container[str], until: date,
               of_hands: Container[str] = (), visits: Sequence[Record] = ()) -> list[str]:
    """Ids of what keeps ground from being released on the day `until`: nonconformities without a
    measure, or, of the severities in `closed_by_visit`, that no visit has found corrected; refused
    visits after which no visit to the same work or ground was made, whatever else their records
    say.

    of_hands : refused visits that name no work and no ground on record; a visit to the same teams
        or detectors, or where they name none to the same organisation, answers them.
    visits : further inspections, which answer refused visits and keep nothing from being released.
    """
    out = []
    for r in inspections:
        if was_refused(r):
            done = any(_answers(other, r, until, r.id in of_hands)
                       for other in (*inspections, *visits))
        elif is_nonconformity(r):
            done = closed_on(r, until) is not None or (
                corrected_on(r, until) is not None and severity_of(r) not in closed_by_visit)
        else:
            continue
        if not done:
            out.append(r.id)
    return out


def _answers(visit: Record, refused: Record, until: date, of_hands: bool) -> bool:
    """Whether a visit was made where one had been refused, on that day or later, not after `until`.
    """
    made, day = day_of(visit.values.get("inspected_on")), inspected_on(refused)
    if was_refused(visit) or made is None or day is None or not (
            day <= made <= until) or visit.value("inspection_part") in _NO_FINISHED_GROUND:
        return False
    if _work_of(refused) & _work_of(visit):
        return True
    a, b = own_ground(refused), own_ground(visit)
    if a is not None and b is not None and a.intersects(b):
        return True
    if not of_hands:
        return False
    hands = hands_of(refused)
    return bool((hands or organisations_of(refused)) & (
        hands_of(visit) if hands else organisations_of(visit)))


def _work_of(record: Record) -> set[tuple[str, str]]:
    """Order, work and outcomes that an inspection names, folded."""
    v = record.values
    return {(kind, folded(name)) for kind, names in (
        ("task", (v.get("task"),)), ("activity", (v.get("activity"), *listed(v.get("activities")))),
        ("outcome", listed(v.get("outcomes")))) for name in names if folded(name)
        and name != NOT_REPORTED}


def hands_of(record: Record) -> frozenset[tuple[str, str]]:
    """Teams and detectors that a record names, folded."""
    return frozenset((name, folded(who)) for name in ("teams", "detectors")
                     for who in listed(record.values.get(name)) if folded(who))


def organisations_of(record: Record) -> frozenset[str]:
    """Organisations that were inspected, folded; several stand with semicolons."""
    said = record.values.get("inspected_organisation")
    return frozenset(filter(None, map(folded, said.split(";")))) if isinstance(said, str) \
        and said != NOT_REPORTED else frozenset()


def found_in_unit(record: Record) -> bool:
    """Whether an inspection is a drawn unit in which an item was found."""
    return record.value("unit_result") == "item_found"


def items_told(record: Record) -> int | None:
    """Items that an inspection says it found, at least; None: it rejected, and does not say how
    many (S12). Targets of a trial are none."""
    if record.value("inspection_part") == "trial":
        return 0
    said = record.values.get("items_found")
    counted = isinstance(said, (int, float))
    least = 1 if found_in_unit(record) or record.value(
        "nonconformity_type") == "missed_item" else 0
    if not counted and not least and record.value("result") == "rejected":
        return None
    return max(least, int(said) if isinstance(said, (int, float)) else 0)


def speaks_against(record: Record) -> bool:
    """Whether an inspection says that ground was not as it has to be: it rejected it, or found
    something there."""
    return record.value("inspection_part") != "trial" and (
        record.value("result") == "rejected" or (items_told(record) or 0) > 0)


def says_more(now: Record, was: Record) -> bool:
    """Whether an inspection speaks more against its ground than it did: at all, of more items, of a
    later day or of none, of other ground."""
    if not speaks_against(now):
        return False
    if not speaks_against(was):
        return True
    found, before = items_told(now), items_told(was)
    day, then = inspected_on(now), inspected_on(was)
    return ((before is not None and (found is None or found > before))
            or (then is not None and (day is None or day > then))
            or not set(listed(now.values.get("outcomes"))) <= set(listed(
                was.values.get("outcomes")))
            or not holds(was, now))


def rejections(inspections: Iterable[Record]) -> tuple[Rejection, ...]:
    """Ground that inspections rejected, or in whose sample they found items, whatever they say of
    it. That a measure was taken is no search: it stays rejected
    until searches of the day of the rejection, or later, are on record."""
    return tuple(
        Rejection(i.id, inspected_on(i), own_ground(i), frozenset(listed(i.values.get("outcomes"))))
        for i in inspections if i.value("inspection_part") != "unit" and (
            i.value("result") == "rejected"
            or (i.value("result") == "accepted" and items_in_sample(i) > 0)))


def as_told(now: Record, told: Sequence[Record]) -> Record:
    """An inspection as the worst that its revisions say: rejected where any of them says so, with
    an item where any found one. No change of the record unsays it, by whomever: what unsays it is
    searching its ground again, and a lot of its own.

    It is of all searches, work, teams and detectors that those revisions name, on all ground that
    they draw, of the latest of their days and of the worst of their severities; measure and closing
    are those of now.

    told : all revisions, in their order.
    """
    against = [r for r in told if speaks_against(r)]
    rejecting = [r for r in against if r.value("result") == "rejected"]
    said = rejecting or against
    if not said:
        return now
    last = said[-1]
    values = {**{n: v for n, v in last.values.items() if n not in _MENDED}, **now.values}
    for name in ("outcomes", "activities", "teams", "detectors"):
        if every := tuple(dict.fromkeys(x for r in said for x in listed(r.values.get(name)))):
            values[name] = list(every)
    # A lot that came after none stays one, whatever lot is named since; a unit stays one of its.
    values["inspection_part"] = "lot" if any(r.value("inspection_part") == "lot" for r in said) \
        else last.values.get("inspection_part")
    for name in ("inspection_type", "unit_result", "visit_refused", "lot"):
        values[name] = last.values.get(name)
    if not all(r.values.get("lot") for r in said):
        values["lot"] = None
    if not items_told(now) and (most := max(items_told(r) or 0 for r in said)):
        values["items_found"] = most
    if days := [d for r in said if (d := inspected_on(r)) is not None]:
        values["inspected_on"] = max(days)
    if rejecting:
        values["result"] = "rejected"
        worst = min(map(severity_of, said), key=SEVERITIES.index)
        if severity_of(now) != worst:
            values["nonconformity_severity"] = worst
    drawn = [own_ground(r) for r in said]
    ground = last.geometry if None in drawn else joined(drawn, degrees=True) \
        if any(d != drawn[-1] for d in drawn) else drawn[-1]
    values = {n: v for n, v in values.items() if v is not None}
    return now if values == now.values and ground == now.geometry else replace(
        now, values=values, geometry=ground)


_MENDED = frozenset({"corrective_action", "corrected_on", "closed_on", "due_on"})
