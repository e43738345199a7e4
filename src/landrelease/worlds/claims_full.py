"""Clean programmes that say something to every detector of claims, and damages of each (S19).

`clean_programme` publishes, beside the totals of `worlds.claims`, all that the detectors look at:
districts and their whole, kinds of item, cancelled, reduced and cleared beside released, planned
beside done and left, shares with their parts, victims, money with what it was for, people, machines
and what each does in a day, promised ends, a place with its size, a second source. Nothing in it is
wrong: a check should raise nothing. `DAMAGES` make one thing wrong each, for each finding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np

from landrelease.core.claim import Place
from landrelease.worlds.claims import SCOPE, clean_series

Row = dict[str, Any]
ISLAND = "Synthetic island"
NORTH, SOUTH = f"Synthetic north, {SCOPE}", f"Synthetic south, {SCOPE}"
VALLEY = f"Synthetic valley, {NORTH}"
SOURCE = "Synthetic centre"


def places_with(seed: int, places: tuple[Place, ...] = ()) -> tuple[Place, ...]:
    """The places that are given, and the made-up one of `clean_programme(seed)`."""
    return (*places, Place(ISLAND, "made up", _island_ha(seed) * 1e4))


def _island_ha(seed: int) -> float:
    return float(np.random.default_rng([seed, 3]).uniform(50, 400_000))


def clean_programme(seed: int) -> list[Row]:
    """Rows of one programme's claims, in the columns of a claims file; a part of them is
    `clean_series(seed)`."""
    rows = clean_series(seed)
    rng = np.random.default_rng([seed, 2])
    last_day = max(r["as_of"] for r in rows if "to date" in r["words"])
    # Another division of the whole on the last day would overlap with north and south.
    rows = [r for r in rows if r["scope"] == SCOPE or r["as_of"] != last_day]
    totals = [r for r in rows if r["metric"] == "cleared area" and r["scope"] == SCOPE
              and r["source"] == SOURCE and "to date" in r["words"]]
    first, last = (date.fromisoformat(totals[n]["as_of"]) for n in (0, -1))
    area, items = _number(totals[-1], "ha"), _number([r for r in rows if r["metric"].startswith(
        "explosive items")][-1], "items")
    ago = _number(totals[0], "ha")
    pace = (area - ago) / max((last - first).days, 1)  # ha a day
    whole = max((_number(r, "whole") for r in rows if r["metric"].startswith("share of planned")),
                default=area * 2.5)

    def add(metric: str, value: float | str, unit: str = "", words: str = "", scope: str = SCOPE,
            at: date = last, source: str = SOURCE) -> None:
        text = value if isinstance(value, str) else _shown(value)
        rows.append({"source": source, "published": at.isoformat(), "as_of": at.isoformat(),
                     "scope": scope, "metric": metric, "value": text, "unit": unit,
                     "words": words.format(value=text)})

    # Cancelled, reduced and cleared beside released; planned beside released and left.
    cancelled, reduced = ((whole - area) * float(rng.uniform(0.05, 0.3)) for _ in range(2))
    released = area + cancelled + reduced
    left = whole - released
    for metric, value in (("cancelled area", cancelled), ("reduced area", reduced),
                          ("released area", released), ("area remaining", left)):
        add(metric, value, "ha")
    add("planned area", whole, "ha", "{value} ha in all to clear")
    # Districts, their items, and the sums of both.
    share = float(rng.uniform(0.2, 0.8))
    tilt = float(np.exp(rng.normal(0, 0.15)))
    of_items = share * tilt / (share * tilt + 1 - share)
    for scope, part, own in ((NORTH, share, of_items), (SOUTH, 1 - share, 1 - of_items)):
        add("cleared area", area * part, "ha", scope=scope)
        add("explosive items destroyed", math.floor(items * own), "items", scope=scope)
    # Kinds of item, and what was found beside what was destroyed.
    kinds = rng.dirichlet((2.0, 1.0, 1.0, 2.0))
    for name, part in zip(("anti-personnel mines", "anti-vehicle mines", "submunitions"), kinds,
                          strict=False):
        if items * part >= 1:
            add(f"{name} destroyed", math.floor(items * part), "items")
    add("explosive items found", math.ceil(items * float(rng.uniform(1.1, 1.3))), "items")
    add("small-arms rounds found", math.ceil(items * float(rng.uniform(0.1, 3))), "items")
    # Victims, settlements and roads, which only grow; shares with their parts.
    many = int(rng.integers(20, 400))
    safe = sorted(rng.integers(1, many + 1, 2).tolist())
    hurt = sorted((int(a), int(b)) for a, b in rng.integers(0, 30, (2, 2)))
    for at, done, (killed, injured) in zip((first, last), safe, (
            hurt[0], (max(hurt[0][0], hurt[1][0]), max(hurt[0][1], hurt[1][1]))), strict=True):
        add("settlements safe", done, "settlements", at=at)
        add("roads cleared", done * 3, "km", at=at)
        add("victims", killed + injured, "people", at=at)
        add("victims killed", killed, "people", at=at)
        add("victims injured", injured, "people", at=at)
    closed = many - safe[1]
    add("share of settlements inaccessible", f"{100 * closed / many:.1f}", "%",
        f"{closed} of {many} settlements")
    add("share of area cleared", f"{100 * area / whole:.1f}", "%", "of the planned area")
    add("share of area remaining", f"{100 * left / whole:.1f}", "%", "of the planned area")
    # Money: what came in, what was spent, what a m² cost; all of one valley.
    per_m2 = float(np.exp(rng.uniform(np.log(0.05), np.log(20))))
    for at, hectares in ((first, ago), (last, area)):
        spent = hectares * 1e4 * per_m2
        add("money received", spent * 1.2, "USD", at=at)
        add("money spent", spent, "USD", at=at)
    add("cost per m2", f"{per_m2:.3g}", "USD per m2")
    valley = area * share * float(rng.uniform(0.1, 0.5))
    add("cleared area", valley, "ha", scope=VALLEY)
    add("cost", valley * 1e4 * per_m2, "USD", f"for {_shown(valley)} ha cleared", scope=VALLEY)
    # Who works, with what, and how much each does in a day.
    add("machines", math.ceil(pace * 1e4 / 3_000) + 1, "machines")
    add("area cleared per deminer per day", f"{rng.uniform(10, 60):.0f}", "m2")
    add("area cleared per machine per day", f"{rng.uniform(800, 9_000):.0f}", "m2")
    add("items per hectare", f"{items / area:.3g}", "items per hectare")
    # A promised end that the pace so far reaches, said twice.
    end = last + timedelta(days=math.ceil(1.3 * left / pace) + 60)
    for at in (last - timedelta(days=3), last):
        add("promise of finish", end.isoformat(), at=at)
    # A place, ground of it, and a comparison that holds.
    island = _island_ha(seed)
    add("cleared area", island * float(rng.uniform(0.01, 0.9)), "ha", scope=ISLAND)
    near = float(rng.uniform(0.8, 1.25)) * island
    add("searched area", near, "ha", f"{{value}} ha, roughly the size of {ISLAND}",
        scope="Synthetic shore")
    # A second source with its own rounding.
    add("cleared area", f"about {float(f'{area:.3g}'):,.6g}", "ha", source="Synthetic news")
    return rows


def _shown(value: float) -> str:
    """Rounded to five digits, as an office does that adds its numbers up beforehand."""
    if value == 0:
        return "0"
    if value == int(value) and abs(value) < 1e6:
        return f"{value:,.0f}"
    digits = max(0, 4 - math.floor(math.log10(abs(value))))
    return f"{round(value, 4 - math.floor(math.log10(abs(value)))):,.{min(digits, 4)}f}"


def _number(row: Row, what: str) -> float:
    text = str(row["words"] if what == "whole" else row["value"])
    if what == "whole":
        text = text.split(" of ")[1].split(" ha")[0]
    for word in ("about ", "more than "):
        text = text.removeprefix(word)
    scale = {"km2": 100.0, "thousand ha": 1000.0}.get(
        str(row["unit"]), 1.0) if what == "ha" else 1.0
    return float(text.replace(",", "")) * scale


# --- damages -------------------------------------------------------------------------------------


def _own(rows: list[Row], metric: str, scope: str = SCOPE) -> list[Row]:
    return [r for r in rows if r["metric"] == metric and r["scope"] == scope
            and r["source"] == SOURCE]


def _last(rows: list[Row], metric: str, scope: str = SCOPE) -> Row:
    return _own(rows, metric, scope)[-1]


def _scale(metric: str, factor: float, scope: str = SCOPE) -> Callable[[list[Row]], None]:
    def damage(rows: list[Row]) -> None:
        row = _last(rows, metric, scope)
        row["value"] = _shown(_number(row, "") * factor)

    return damage


def _set(of: str, within: str = SCOPE, /, **cells: str) -> Callable[[list[Row]], None]:
    def damage(rows: list[Row]) -> None:
        _last(rows, of, within).update(cells)

    return damage


def _more(of: str, /, **cells: Any) -> Callable[[list[Row]], None]:
    """One row more, like the last of a metric, with other cells."""
    def damage(rows: list[Row]) -> None:
        made = {k: v(_last(rows, of)) if callable(v) else v for k, v in cells.items()}
        rows.append({**_last(rows, of), **made})

    return damage


def _later(days: int) -> Callable[[Row], str]:
    return lambda row: (date.fromisoformat(row["as_of"]) + timedelta(days=days)).isoformat()


def _times(factor: float) -> Callable[[Row], str]:
    return lambda row: _shown(_number(row, "") * factor)


def _break(rows: list[Row]) -> None:
    """A rise of the items thirty times as fast as the whole series."""
    own = _own(rows, "explosive items destroyed")
    before, first = own[-1], own[0]
    rise = max(_number(before, "") - _number(first, ""), 1.0)
    days = max((date.fromisoformat(before["as_of"]) - date.fromisoformat(first["as_of"])).days, 1)
    day = _later(14)(before)
    rows.append({**before, "as_of": day, "published": day, "value": _shown(
        _number(before, "") + 30 * 14 * rise / days)})


def _repeat(rows: list[Row]) -> None:
    """Two exact totals, the second months later and the same."""
    own = _own(rows, "explosive items destroyed")
    exact = _number(own[-1], "")
    rise = max(exact - _number(own[0], ""), 40.0)
    span = max((date.fromisoformat(own[-1]["as_of"]) - date.fromisoformat(own[0]["as_of"])).days, 1)
    value = f"{max(2 * math.floor((exact + rise) / 2) + 1, 4_001):,.0f}"
    for days in (span, 2 * span + 30):
        day = _later(days)(own[-1])
        rows.append({**own[-1], "as_of": day, "published": day, "value": value})


def _period(factor: float, whole: bool) -> Callable[[list[Row]], None]:
    """Two totals of hectares a week apart, and an amount of that week that does not fit them."""
    def damage(rows: list[Row]) -> None:
        scope = f"Synthetic hill, {SCOPE}"
        base = {"source": SOURCE, "scope": scope, "unit": "ha", "words": ""}
        days = (date(2022, 5, 2), date(2022, 5, 9), date(2022, 5, 16), date(2022, 5, 23))
        for day, value in zip(days, (101.2, 103.4, 105.9, 108.1), strict=True):
            rows.append({**base, "published": day.isoformat(), "as_of": day.isoformat(),
                         "metric": "cleared area", "value": f"{value}"})
        day = days[2] + timedelta(days=0 if whole else 2)
        rows.append({**base, "published": day.isoformat(), "as_of": day.isoformat(),
                     "metric": "cleared area in a week", "value": f"{2.5 * factor:.2f}"})

    return damage


def _victims(rows: list[Row]) -> None:
    row = _last(rows, "victims")
    row["value"] = _shown(_number(row, "") + 77)


def _districts(rows: list[Row]) -> None:
    """Each district less than the whole, both together more (of "more than" nobody can say it)."""
    row = [r for r in _own(rows, "cleared area") if "to date" in r["words"]][-1]
    row["value"] = str(row["value"]).removeprefix("more than ").removeprefix("about ")
    row["words"], whole = "", _number(row, "ha")
    for scope in (NORTH, SOUTH):
        _last(rows, "cleared area", scope)["value"] = _shown(0.8 * whole)


def _promise(rows: list[Row]) -> None:
    for row in _own(rows, "promise of finish"):
        row["value"] = (date.fromisoformat(_last(rows, "promise of finish")["as_of"])
                        + timedelta(days=2)).isoformat()


def _few_people(rows: list[Row]) -> None:
    """A week of a pace that the few people there cannot reach."""
    scope = f"Synthetic plain, {SCOPE}"
    day = _last(rows, "machines")["as_of"]
    base = {"source": SOURCE, "published": day, "as_of": day, "scope": scope, "words": ""}
    rows.append({**base, "metric": "cleared area in a week", "value": "2,940", "unit": "ha"})
    rows.append({**base, "metric": "people working", "value": "300", "unit": "deminers"})


def _many_items(rows: list[Row]) -> None:
    """A week of more items than the few people there could find anywhere."""
    scope = f"Synthetic plain, {SCOPE}"
    day = _last(rows, "machines")["as_of"]
    base = {"source": SOURCE, "published": day, "as_of": day, "scope": scope, "words": ""}
    rows.append({**base, "metric": "explosive items destroyed in a week", "value": "17,555",
                 "unit": "items"})
    rows.append({**base, "metric": "people working", "value": "300", "unit": "deminers"})


def _not_kept(rows: list[Row]) -> None:
    """What remains of a hill, the week after its promised end."""
    base = {"source": SOURCE, "scope": f"Synthetic hill, {SCOPE}", "words": ""}
    for day, metric, value, unit in (("2022-05-02", "promise of finish", "2022-05-23", ""),
                                     ("2022-05-30", "area remaining", "3.4", "ha")):
        rows.append({**base, "published": day, "as_of": day, "metric": metric, "value": value,
                     "unit": unit})


def _week(machines: bool) -> Callable[[list[Row]], None]:
    def damage(rows: list[Row]) -> None:
        day = _last(rows, "machines")["as_of"]
        base = {"source": SOURCE, "published": day, "as_of": day, "scope": "Synthetic shore",
                "words": ""}
        rows.append({**base, "metric": "cleared area in a week", "value": "29,400", "unit": "ha"})
        if machines:
            rows.append({**base, "metric": "machines", "value": "3", "unit": "machines"})

    return damage


# Finding -> what makes a clean programme raise it. Two are not here: a damaged row is the reader's
# of files, and a mark that may part thousands or decimals is read as the other rows write theirs.
DAMAGES: Mapping[str, Callable[[list[Row]], None]] = {
    "value_missing": _set("victims", value=""),
    "value_declined": _set("victims", value="declined"),
    "value_unreadable": _set("machines", value="very many"),
    "value_negative": _set("roads cleared", value="-5"),
    "metric_missing": _set("machines", metric=""),
    "metric_unknown": _set("machines", metric="morale"),
    "unit_missing": _set("reduced area", unit=""),
    "unit_unknown": _set("reduced area", unit="furlongs"),
    "unit_unfit": _set("machines", unit="USD"),
    "units_conflict": _set("reduced area", value="100 km2", unit="m2"),
    "date_missing": _set("machines", as_of="", published=""),
    "date_unreadable": _set("machines", as_of="04/05/2022"),
    "date_in_future": _more("machines", as_of=_later(60)),
    "verb_ambiguous": _set("released area", words="released or surveyed"),
    "words_differ_from_metric": _set("reduced area", words="inspected"),
    "value_differs_from_words": _set("reduced area", words="9,999,999 ha"),
    "definition_changed": _more("roads cleared", metric="roads inspected", as_of=_later(20),
                                published=_later(20), value=_times(3)),
    "unit_suspect": _more("explosive items destroyed", as_of=_later(14), published=_later(14),
                          value=_times(101)),
    "total_falls": _more("settlements safe", as_of=_later(20), published=_later(20), value="0"),
    "total_corrected": _more("settlements safe", as_of=_later(20), published=_later(20), value="0",
                             words="the corrected count"),
    "pace_breaks": _break,
    "period_exceeds_rise": _period(40.0, False),
    "period_differs_from_rise": _period(0.2, True),
    "number_repeated": _repeat,
    "share_does_not_match": _set("share of settlements inaccessible", value="91.0",
                                 words="31 of 64 settlements"),
    "share_out_of_range": _set("share of settlements inaccessible", value="140",
                               words="of all settlements"),
    "denominator_missing": _set("cost", VALLEY, words=""),
    "part_exceeds_whole": _scale("cleared area", 9.0, NORTH),
    "plan_not_done_and_left": _scale("area remaining", 9.0),
    "shares_exceed_whole": _set("share of area remaining", value="99.0"),
    "subset_not_additive": _more("machines", metric="cleared area", unit="ha", value="0.4",
                                 scope=NORTH, as_of="", published=""),
    "area_exceeds_place": _scale("cleared area", 200.0, ISLAND),
    "comparison_off": _scale("searched area", 20.0, "Synthetic shore"),
    "density_out_of_range": _set("items per hectare", value="900"),
    "cost_out_of_range": _set("cost per m2", value="900"),
    "rate_out_of_range": _set("area cleared per deminer per day", value="5000"),
    "finish_moved": _more("promise of finish", as_of=_later(20), published=_later(20),
                          value=lambda row: (date.fromisoformat(row["value"])
                                             + timedelta(days=400)).isoformat()),
    "sources_disagree": _more("victims", source="Synthetic news", value="40,000"),
    "parts_do_not_add_up": _victims,
    "parts_exceed_whole": _districts,
    "promise_needs_faster_pace": _promise,
    "capacity_short": _few_people,
    "items_beyond_workforce": _many_items,
    "promise_not_kept": _not_kept,
    "machines_short": _week(True),
    "pace_beyond_clearance": _week(False),
}
