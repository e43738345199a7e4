"""Published numbers read, checked, and set beside the figures of a registry."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core.claim import Judgement
from landrelease.core.progress import Progress, silent
from landrelease.errors import CLAIMS_NOT_RECORDED, NOTHING_HAZARDOUS, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.assumption import Assumptions
    from landrelease.core.currency import RateTable
    from landrelease.core.ledger import Figure
    from landrelease.core.record import Record
    from landrelease.core.said_words import Vocabulary
    from landrelease.figures.claims_ours import Ours
    from landrelease.store.registry import Registry

# Field of a recorded claim -> column of a claims file.
RECORDED = {"claim_source": "source", "published_on": "published", "as_of": "as_of",
            "scope": "scope", "metric": "metric", "value": "value", "unit": "unit",
            "words": "words"}


@dataclasses.dataclass(frozen=True, slots=True)
class Checked:
    """The rows as they stand in the file or the registry, and the judgement on each."""

    rows: tuple[Mapping[str, Any], ...]
    judgements: tuple[Judgement, ...]


def check_file(
    path: Path | None, *, today: date, registry: Registry | None = None,
    reader: View | None = None, places_path: Path | None = None,
    assumptions_path: Path | None = None, known_at: datetime | None = None,
    level: str | None = None, whole: str = "", forecast_path: Path | None = None,
    progress: Progress = silent,
) -> Checked:
    """Check a file of claims, or without one the recorded claims of a registry.

    whole : what claims call the ground of the registry as a whole ("Kursk Oblast"). known_at,
    level : of our figures. forecast_path : what `forecast make --out` wrote, for promised ends.
    Raises CLM-001, CLM-003, CLM-002 (no claims), PLN-101 (no forecast), FIL-... of the files.
    """
    from landrelease.figures import claims_read
    from landrelease.figures.claims_check import check_claims
    from landrelease.figures.claims_ours import NEEDED, Ours, metric_of, share_parts
    from landrelease.figures.claims_people import of_people
    from landrelease.records.claims import read_claims, read_places
    from landrelease.workflows import load_assumptions

    problems: Mapping[int, str] = {}
    if path is not None:
        table = read_claims(path, claims_read.columns_of)
        rows: Sequence[Mapping[str, Any]] = table.rows
        problems = table.problems
        known = claims_read.columns_of({name: None for row in rows for name in row})
        mapped = [{ours: row.get(name) for ours, name in known.items()} for row in rows]
    else:
        assert registry is not None and reader is not None
        rows = mapped = recorded_claims(registry, reader, known_at)
    words = _vocabulary()
    assumptions = load_assumptions(assumptions_path, registry)
    ours = rates = None
    if registry is not None and reader is not None:
        claims = claims_read.read(mapped, words, assumptions).claims
        days: set[date | None] = set()
        wanted, people = set(), False
        money: set[tuple[date | None, str]] = set()
        for c in claims:
            if c.finish is not None and c.finish.last < today:
                wanted.add("hazardous_m2")
                days.add(c.finish.last)
            if not c.usable or c.as_of is None or c.day.first > today + timedelta(days=1):
                people |= c.usable and of_people(c)
                continue
            people |= of_people(c)
            metrics = {metric_of(c)} - {""}
            if c.subject == "share" and (parts := share_parts(c, words)) is not None:
                metrics = {parts[0], *NEEDED}
            end = c.day.last
            if c.subject == "money":
                money |= {(end, c.currency)} if metrics else set()
            elif metrics:
                wanted |= metrics
                days.add(end)
                if c.mode == "period":
                    days.add(end - timedelta(days=round(c.period_days)))
        ours = figures_of(registry, reader, days, wanted, known_at, level, whole, progress)
        if people:
            ours = _with_residents(ours, registry, reader, known_at)
        ours = dataclasses.replace(ours, today=today, money=_money(registry, reader, money,
                                                                   known_at, level))
        rates = _rates(registry, reader, assumptions, known_at)
    if forecast_path is not None:
        ours = _with_forecast(ours or Ours({}, _scopes(whole), today=today), forecast_path,
                              registry, reader)
    return Checked(tuple(rows), check_claims(
        mapped, words, read_places(places_path), assumptions, today=today, ours=ours,
        problems=problems, rates=rates))


def _rates(registry: Registry, reader: View, assumptions: Assumptions, known_at: datetime | None
           ) -> RateTable:
    """The recorded exchange rates that the reader may see."""
    from landrelease.core.currency import RateTable, rates_of

    return RateTable(rates_of(reader.records(registry.records(
        "exchange_rate", known_at=known_at)))[0], int(assumptions.value("exchange_rate_age_days")))


def recorded_claims(registry: Registry, reader: View, known_at: datetime | None
                    ) -> list[dict[str, Any]]:
    """The recorded claims that the reader may see, as rows. Raises CLM-002: there is none."""
    rows = [{"record": r.id, **{column: r.values.get(name) for name, column in RECORDED.items()},
             "value": _as_said(r)}
            for r in reader.records(registry.records("claim", known_at=known_at))]
    if not rows:
        raise LandReleaseError(CLAIMS_NOT_RECORDED)
    return rows


def _as_said(claim: Record) -> Any:
    """The number of a recorded claim as it was said, so that it leaves open what its words do;
    plain where nobody said it otherwise, or where the number was mended since."""
    from landrelease.core.said_numbers import one_number

    value, said = claim.values.get("value"), claim.values.get("value_said")
    if not isinstance(said, str) or not isinstance(value, (int, float)):
        return value
    return said if any(
        (read := one_number(said, _vocabulary(), mark)) is not None
        and abs(read.value - value) <= 1e-9 * max(1.0, abs(value))
        for mark in ("", ".", ",")) else value


@functools.lru_cache(maxsize=1)
def _vocabulary() -> Vocabulary:
    from landrelease.core.said_words import vocabulary
    from landrelease.records.claims import word_rows

    return vocabulary(word_rows())


def _scopes(*names: str) -> dict[frozenset[str], str]:
    """Names of the programme as a whole."""
    from landrelease.core.said_words import fold
    from landrelease.figures.claims_read import scope_of

    return {frozenset(): "all", frozenset(("?",)): "all",
            **{scope_of(fold(name)): "all" for name in names if name}}


def _money(registry: Registry, reader: View, wanted: set[tuple[date | None, str]],
           known_at: datetime | None, level: str | None
           ) -> dict[tuple[date | None, str], tuple[Figure, ...]]:
    """Our figures of money at each day, in the currency of the claim by recorded rates."""
    from landrelease.workflows import money

    return {(day, currency): money.figures_of(registry, reader, level=level, valid_at=day,
                                              known_at=known_at, currency=currency,
                                              costs=False)
            for day, currency in sorted(wanted, key=str)}


def _with_forecast(ours: Ours, path: Path, registry: Registry | None, reader: View | None) -> Ours:
    from landrelease.store.results import load_outlook

    if reader is not None and not reader.may("forecast", "finish"):
        return dataclasses.replace(ours, outlook_words="The forecast is not for this reader.")
    outlook, head = load_outlook(path)
    old = registry is not None and head != registry.head()
    return dataclasses.replace(ours, outlook=outlook, outlook_words=(
        "made from an earlier state of the records" if old else ""))


def figures_of(registry: Registry, reader: View, days: set[date | None], wanted: set[str],
               known_at: datetime | None, level: str | None, whole: str, progress: Progress
               ) -> Ours:
    """Our figures at every day that claims are about, as the reader may see them.

    wanted : ids of the figures that are asked for.
    """
    from landrelease.core.said_words import fold
    from landrelease.figures.claims_ours import Ours
    from landrelease.figures.claims_read import scope_of
    from landrelease.workflows.figures import At, all_figures

    figures: dict[date | None, tuple] = {}
    scopes = _scopes(whole, registry.office)
    for n, day in enumerate(sorted(days, key=lambda d: d or date.max)):
        progress("our figures", n / max(1, len(days)))
        try:
            found = all_figures(registry, reader, At(day, known_at, level),
                                wanted=wanted or {"hazardous_m2"})
        except LandReleaseError as error:
            if error.code != NOTHING_HAZARDOUS.code:
                raise
            figures[day] = ()  # nothing on record at that day
            continue
        figures[day] = found.figures
        for row in found.rows[:-1]:
            scopes.setdefault(scope_of(fold(row.name)), row.name)
    progress("our figures", 1.0)
    return Ours(figures, scopes, level or "", known_at.isoformat() if known_at else "")


def _with_residents(ours: Ours, registry: Registry, reader: View, known_at: datetime | None
                    ) -> Ours:
    """Residents of the programme, of each area and of each community, as records of communities
    stand: a place has people also on days before it was recorded. Who does not see communities one
    by one has the number of all alone (S14)."""
    import numpy as np

    from landrelease.figures.areas import areas_of
    from landrelease.figures.catalogue import RESIDENTS
    from landrelease.figures.claims_people import ours_of
    from landrelease.workflows.figures import At, all_figures

    found = all_figures(registry, reader, At(known_at=known_at), wanted={RESIDENTS.id})
    if reader.precision("settlement") != "exact" or not reader.may("settlement", "population"):
        return dataclasses.replace(ours, residents=tuple(
            f for f in found.figures if f.id == RESIDENTS.id))
    land = found.land
    names = {m.id: m.name for m in land.municipalities}
    homes = areas_of(np.array([(s.place.x, s.place.y) for s in land.settlements]).reshape(-1, 2),
                     land.municipalities).tolist()
    return ours_of([
        *((s.id, s.name, names.get(home, ""), s.population)
          for s, home in zip(land.settlements, homes, strict=True)),
        *((s.id, s.name, "", s.population) for s in land.placeless_settlements)],
        land.chain_head, ours)


def document(checked: Checked, *, synthetic: bool = False) -> list[dict[str, Any]]:
    """The result for programs: one entry a claim, in the order of the file."""
    return [{
        "claim": {str(k): _cell(v) for k, v in row.items()},
        "verdict": j.verdict, "codes": list(j.codes), "reasons": list(j.reasons),
        "findings": [{**dataclasses.asdict(f), "row": f.number} for f in j.findings],
        "read": {"subject": j.claim.subject, "verb": j.claim.verb, "part": j.claim.part,
                 "planned": j.claim.planned,
                 "mode": j.claim.mode, "period_days": j.claim.period_days or None,
                 "scope": sorted(j.claim.scope), "unit": j.claim.unit,
                 "value": j.claim.quantity.value if j.claim.quantity else None,
                 "low": j.claim.quantity.low if j.claim.quantity else None,
                 "high": j.claim.quantity.high if j.claim.quantity else None,
                 "as_of": j.claim.as_of.words() if j.claim.as_of else None,
                 "finish": j.claim.finish.words() if j.claim.finish else None},
        "ours": j.ours, **({"synthetic": True} if synthetic else {})}
        for row, j in zip(checked.rows, checked.judgements, strict=True)]


def _cell(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def example(out: Path) -> None:
    """Write the published series of a border programme that the docs use."""
    from landrelease.store.results import write_atomically
    from landrelease.workflows import packaged

    with packaged("claims_border.csv") as path:
        write_atomically(out, path.read_bytes())
