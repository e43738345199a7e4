"""Plausibility per hectare and per person and day; people, teams and machines that a pace needs.

Ranges are assumptions with their sources (S13). A number outside of a range is implausible, with
the range beside it; nothing is said of anybody's intent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.claim import Claim, Raised
from landrelease.figures.claims_codes import raised
from landrelease.figures.claims_show import amount_words, number_words, plain
from landrelease.figures.claims_totals import series_of
from landrelease.units import M2_PER_HECTARE

DAYS_PER_YEAR = 365.25
_MONTH = 31  # days by which a workforce may be stated before or after the work
_WORKED = ("cleared", "safe", "released", "searched", "")


def near(one: Claim, other: Claim, days: float) -> bool:
    return (one.as_of is not None and other.as_of is not None
            and abs(one.day.middle - other.day.middle) <= days)


def check_density(claims: Sequence[Claim], assumptions: Assumptions, skip: frozenset[int]
                  ) -> tuple[list[Raised], dict[int, str]]:
    """Items per hectare of one scope, day and kind of number against the range of programmes."""
    found: list[Raised] = []
    notes: dict[int, str] = {}
    band = assumptions["claim_items_per_hectare"]
    usable = [c for c in claims if c.usable and c.number not in skip]
    for c in usable:
        if c.subject == "density" and c.quantity is not None:
            per = c.amount.scaled(1e4)
            if per.held[0] > band.high or per.held[1] < band.low:
                found.append(_density(c, per.value, band, "as stated"))
    for i in usable:
        if i.subject != "items" or i.part or i.unit or i.as_of is None or i.mode == "state" or \
                i.verb == "planned":
            continue
        areas = [a for a in usable if a.subject == "area" and a.scope == i.scope
                 and a.mode == i.mode and near(a, i, 7) and a.verb in _WORKED
                 and (a.mode != "period" or math.isclose(a.period_days, i.period_days, rel_tol=0.1))
                 and a.amount.held[0] > 0]
        if not areas:
            continue
        a = min(areas, key=lambda a: (a.source != i.source,
                                      abs(a.day.middle - i.day.middle)))
        low = i.amount.held[0] / a.amount.held[1] * 1e4
        high = i.amount.held[1] / a.amount.held[0] * 1e4
        both = i.amount.value / a.amount.value * 1e4
        few = high < band.low and _seldom(i.amount.held[1], band.low * a.amount.held[0] / 1e4)
        if low > band.high or few:
            found.append(_density(i, both, band, f"on the {amount_words(a)} of {a.called()}"))
        else:
            notes[i.number] = (f"{plain(both)} items per hectare on the {amount_words(a)} of row "
                               f"{a.number}; {band.low:g} to {band.high:g} are known.")
    return found, notes


def _seldom(items: float, expected: float) -> bool:
    """Whether less than 1 in 100 areas show so few items where as many are expected as the poorest
    programmes find: most tasks find nothing."""
    from scipy.special import pdtr

    return bool(pdtr(math.floor(items), expected) < 0.01)


def _density(c: Claim, per: float, band: Assumption, where: str) -> Raised:
    return raised(c.number, "density_out_of_range", f"{plain(per)} items per hectare {where}; "
                  f"programmes report {band.low:g} to {band.high:g} ({band.source}).",
                  low=band.low, high=band.high, unit="items per hectare")


def paces(claims: Sequence[Claim], skip: frozenset[int], subject: str = "area"
          ) -> list[tuple[Claim, float, float, str, float]]:
    """Every pace of area (or of items) that is stated or follows from the totals of one source:
    (claim, pace a day in
    m² or items, what rounding leaves of it at least, how, days that it is of)."""
    out = []
    of = [c for c in claims if c.usable and (
        c.subject == "area" and c.verb in _WORKED if subject == "area" else
        c.subject == "items" and c.unit == "" and c.part != "small_arms" and c.verb != "planned")]
    for c in of:
        if c.mode == "period" and c.period_days and c.number not in skip:
            out.append((c, c.amount.value / c.period_days, c.amount.least / c.period_days,
                        "as stated", c.period_days))
    for series in series_of(of, skip):
        for before, later in series.steps():
            days = later.day.middle - before.day.middle
            rise = later.amount.value - before.amount.value
            if days >= 5 and rise > 0:
                least = max(0.0, later.amount.held[0] - before.amount.held[1])
                out.append((later, rise / days, least / days, f"since {before.called()}", days))
    return out


@dataclass(frozen=True, slots=True)
class _Means:
    """The most of each kind that is claimed of a scope within a year of a pace, where any of its
    kind is claimed of the time of the pace itself; None: none is, or nothing but 0."""

    people: float | None
    teams: float | None
    machines: float | None
    none: str = ""  # the kind of which there is none at that time, and of no kind any

    @property
    def searchers(self) -> bool:
        return self.people is not None or self.teams is not None

    def m2_a_day(self, assumptions: Assumptions) -> float:
        """The most that they do by any method that is known."""
        team = max(assumptions[name].high for name in TEAM_RATES)
        return ((self.people or 0.0) * assumptions["claim_search_m2_per_day"].high
                + (self.teams or 0.0) * team
                + (self.machines or 0.0) * assumptions["claim_machine_m2_per_day"].high)

    @property
    def words(self) -> str:
        said = [f"{plain(count)} {name}" for name, count in (
            ("people", self.people), ("teams", self.teams), ("machines", self.machines))
            if count is not None]
        return " and ".join(said)


TEAM_RATES = ("rate_manual", "rate_mechanical", "rate_animal", "rate_visual")


def _means(c: Claim, days: float, claims: Sequence[Claim]) -> _Means:
    """Who is claimed to work on a pace of `days` up to the claim's day. That nobody works is of one
    day, and no plausibility of what was done before or by others."""
    if c.as_of is None:
        return _Means(None, None, None)
    first, last = c.day.middle - days - _MONTH, c.day.middle + _MONTH

    nobody = []

    def most(subject: str) -> float | None:
        of = [o for o in claims if o.usable and o.subject == subject and o.verb == ""
              and o.part == "" and o.scope == c.scope and near(o, c, 366 + days)]
        if not any(first <= o.day.last.toordinal() and o.day.first.toordinal() <= last
                   for o in of):
            return None
        found = max((o.amount.held[1] for o in of if o.amount.held[1] > 0), default=None)
        if found is None:
            nobody.append(subject)
        return found

    people, teams, machines = most("people"), most("teams"), most("machines")
    any_of_them = any(n is not None for n in (people, teams, machines))
    return _Means(people, teams, machines, "" if any_of_them else next(iter(nobody), ""))


def check_items_a_day(claims: Sequence[Claim], assumptions: Assumptions, skip: frozenset[int]
                      ) -> tuple[list[Raised], dict[int, str]]:
    """Items a day against the people, teams and machines that are claimed, at the fastest rates of
    ground and the most items per hectare that are known."""
    found: list[Raised] = []
    notes: dict[int, str] = {}
    band = assumptions["claim_items_per_hectare"]
    share = assumptions.value("claim_working_day_share")
    done: set[int] = set()
    for c, stated, least, how, days in paces(claims, skip, "items"):
        means = _means(c, days, claims)
        if c.number in done or not (means.searchers or means.machines is not None) or stated <= 0:
            continue
        most = means.m2_a_day(assumptions) * band.high / M2_PER_HECTARE
        words = f"{plain(stated / share)} items a working day {how}, with at most {means.words}"
        if least / share > most:
            done.add(c.number)
            found.append(raised(
                c.number, "items_beyond_workforce", f"{words}: at the fastest rates of ground that "
                f"are known and {band.high:g} items per hectare these find {plain(most)} a day. "
                "Ammunition from stores, or others who worked there, would explain more.", low=0.0,
                high=most, unit="items a day"))
        elif means.people:
            notes.setdefault(c.number, f"{words}: {plain(stated / share / means.people)} for each "
                             "of the people.")
    return found, notes


def check_capacity(claims: Sequence[Claim], assumptions: Assumptions, skip: frozenset[int]
                   ) -> tuple[list[Raised], dict[int, str]]:
    """People, teams and machines that a claimed pace needs, against those claimed and known."""
    found: list[Raised] = []
    notes: dict[int, str] = {}
    manual = assumptions["claim_manual_m2_per_day"]
    fast = assumptions["claim_search_m2_per_day"]
    machine = assumptions["claim_machine_m2_per_day"]
    most = assumptions["claim_workforce_most"]
    together = assumptions["claim_all_parties_m2_per_year"].high
    share = assumptions.value("claim_working_day_share")
    done: set[int] = set()
    for c, stated, least, how, days in paces(claims, skip):
        pace, sure = stated / share, least / share  # on a working day
        if c.number in done or pace <= 0:
            continue
        words = (f"{number_words(stated * 7, 'm²')} a week {how}, {number_words(pace, 'm²')} a "
                 f"working day")
        need = (f"by hand ({manual.low:g} to {manual.high:g} m² a person and day) "
                f"{plain(pace / manual.high)} to {plain(pace / manual.low)} people, with search by "
                f"machine and people ({fast.high:g} m²) {plain(pace / fast.high)}, or "
                f"{plain(math.ceil(pace / machine.high))} machines at the rate of brochures")
        if c.verb == "cleared" and stated * DAYS_PER_YEAR > together:
            need += (f"; kept up for a year it is {stated * DAYS_PER_YEAR / together:.1f} times "
                     "what all States Parties of the APMBC cleared of mined ground in a year")
        means = _means(c, days, claims)
        can = means.m2_a_day(assumptions)
        people = means.people
        if means.searchers and sure > can:
            done.add(c.number)
            found.append(raised(
                c.number, "capacity_short", f"{words}: " + (
                    f"{plain(pace / people)} m² for each of at most {plain(people)} people claimed"
                    if people else f"{means.words} are claimed")
                + (f", beside {plain(means.teams)} teams" if people and means.teams else "")
                + (f", beside {plain(means.machines)} machines" if people and means.machines
                   else "")
                + f". Known are {manual.low:g} to {manual.high:g} m² by hand and up to "
                f"{fast.high:g} m² in search behind machines. It would need {need}.",
                low=0.0, high=can, unit="m² a day"))
        elif not means.searchers and means.machines is not None and sure > can and \
                sure > most.high * fast.high:
            done.add(c.number)
            found.append(raised(
                c.number, "machines_short", f"{words}: {plain(means.machines)} "
                f"machines are claimed. It would need {need}.", low=0.0, high=can,
                unit="m² a day"))
        elif not means.searchers and c.verb == "cleared" and sure > most.high * fast.high:
            done.add(c.number)
            found.append(raised(
                c.number, "pace_beyond_clearance", f"{words}. It would need {need}; the largest "
                f"workforce known is {plain(most.high)}. Such a pace is known of survey only.",
                low=0.0, high=most.high * fast.high, unit="m² a day"))
        elif means.none:  # at that time nobody worked, or others did: no plausibility follows
            notes.setdefault(c.number, f"{words}: no {means.none} are claimed (0).")
        elif c.verb == "cleared" and pace > manual.high * most.high and c.number not in notes:
            notes[c.number] = (f"{words}: it needs {need}. That is consistent with search or "
                               "survey, not with clearance to depth by hand.")
    return found, notes


def check_rates(claims: Sequence[Claim], assumptions: Assumptions) -> list[Raised]:
    """Stated m² or items a person and day, or a machine and day, against what is known of any
    method."""
    found = []
    band = assumptions["claim_items_per_hectare"]
    manual, fast = assumptions["claim_manual_m2_per_day"], assumptions["claim_search_m2_per_day"]
    machine = assumptions["claim_machine_m2_per_day"]
    for c in claims:
        if not c.usable:
            continue
        if c.subject in ("person_items", "machine_items"):
            m2 = (fast if c.subject == "person_items" else machine).high
            most = m2 * band.high / M2_PER_HECTARE
            if c.amount.held[0] > most:
                found.append(raised(
                    c.number, "rate_out_of_range", f"{plain(c.amount.value)} items a day; on "
                    f"{plain(m2)} m² a day with {band.high:g} items per hectare it is "
                    f"{plain(most)} ({band.source}).", low=0.0, high=most, unit="items a day"))
        if c.subject not in ("person_rate", "machine_rate"):
            continue
        high, source = ((fast.high, fast.source) if c.subject == "person_rate"
                        else (machine.high, machine.source))
        if c.amount.held[0] > high:
            found.append(raised(
                c.number, "rate_out_of_range", f"{plain(c.amount.value)} m² a day; known are up "
                f"to {plain(high)} ({source})"
                + (f", by hand {manual.low:g} to {manual.high:g}." if c.subject == "person_rate"
                   else "."), low=0.0, high=high, unit="m² a day"))
    return found
