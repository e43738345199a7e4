"""The document: two A4 pages as PDF, by the template `report.typ`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from landrelease.core.report import Report
from landrelease.core.texts import ENGLISH, Texts
from landrelease.publish import charts
from landrelease.publish.content import (
    PlanDates,
    Sight,
    View,
    chances,
    finish_of,
    order_of,
    sight_of,
    visible_dates,
)
from landrelease.publish.page import (
    few_words,
    hazardous_words,
    ledger_cells,
    ledger_note,
    money_known,
    never_words,
    number,
    percent,
    plan_words,
    sentence,
    standing_cautions,
    weight_words,
    year_or_never,
)
from landrelease.publish.picture import RAMP, classes, map_svg
from landrelease.publish.reopening import phase_words, reach_words
from landrelease.publish.templates import typeset
from landrelease.publish.words import Words

LEDGER_ROWS = 12
ASSUMPTION_ROWS = 9
ANNOUNCED_ROWS = 4
LONGEST = 220  # characters of one text that the data brings


def render_pdf(report: Report, view: View, texts: Texts = ENGLISH,
               templates: Path | None = None) -> bytes:
    """Two A4 pages: what was found with the map and the plan; the forecast, ledger and cautions.

    The same report gives the same bytes. Content that does not fit is set smaller, never cut.

    Raises LandReleaseError PUB-001 (the reader may not see hazards), PUB-003 (typst refused).
    """
    content = document_content(report, sight_of(view), Words(texts))
    return typeset("report", content, made_on=report.made_on, folder=templates)


def document_content(report: Report, sight: Sight, w: Words) -> dict[str, Any]:
    """All texts and pictures of the document, as the template reads them."""
    land = report.land
    dates = visible_dates(report, sight)
    order, follows = order_of(report, sight, dates)
    svg, full = map_svg(land, order, 480, 500)
    order_words = w(f"doc.order.{follows}")
    _, last = classes(order)
    legend = [
        [RAMP[k], w("doc.legend", **{"from": w.count(last[k - 1] + 1 if k else 1),
                                    "to": w.count(last[k])})]
        for k in range(len(RAMP))
        if k == 0 or last[k] > last[k - 1]
    ]
    texts = {
        key: w(word)
        for key, word in {
            "question": "page.question",
            "caution": "caution_short",
            "found": "doc.found",
            "map": "doc.map",
            "plan": "doc.plan",
            "forecast": "doc.forecast",
            "ledger": "doc.ledger",
            "assumptions": "doc.assumptions",
            "cautions": "doc.cautions",
            "reach": "section.reach",
            "phases": "section.phases",
            "chance": "forecast.chance",
            "chance_year": "forecast.chance.year",
            "chance_share": "forecast.chance.share",
            "fan": "forecast.fan",
            "finish": "forecast.finish",
            "track": "forecast.track",
        }.items()
    }
    chain = w("chain", head=report.chain_head[:16]) if report.chain_head else w("not_reported")
    content: dict[str, Any] = {
        "words": texts,
        "lang": w.texts.code,
        "dir": w.texts.direction,
        "title": _cut(report.title),
        "subtitle": _cut(report.subtitle),
        "scope": _cut(report.scope),
        "made": w("made_on", date=w.day(report.made_on)),
        "synthetic": w("synthetic") if report.synthetic else "",
        "foot": w("foot", made=w("made_on", date=w.day(report.made_on)), chain=chain),
        "pages": [w("doc.page", page=1), w("doc.page", page=2)],
        "found": _found(report, sight, w),
        "map_svg": svg,
        "legend": legend,
        "map_note": w("doc.map.full" if full else "doc.map.small", order=order_words),
        "blank": w("legend.blank"),
        "plan": [w("plan.none")] if report.plan is None else plan_words(report, w, dates),
        "score_svg": "",
        "weights": "",
        "fan_svg": "",
        "finish_svg": "",
        "forecast": [],
        "forecast_notes": [],
        "chances": [],
        "announced": [],
        "never": "",
        "track": [],
        "reach": [],
        "reach_svg": "",
        "phases": [],
        "ledger": [],
        "ledger_head": [],
        "ledger_note": "",
        "assumptions": [],
        "cautions": [_cut(c, 400) for c in standing_cautions(report, w, page=False)],
    }
    if report.plan is not None and sight.quality:
        content["score_svg"] = charts.score_chart(
            report.plan, w("plan.this"), w("plan.bound"), "", styled=False, width=330,
            say=w.written, named=w.said
        )
        content["weights"] = "; ".join(
            weight_words(_cut(name, 60), value, w) for name, value in report.weights.items()
        )
    if not sight.quality:
        content["plan"] = []
    if sight.forecast:
        content |= _forecast(report, sight, w, dates)
    if sight.forecast and sight.dates:
        if report.communities is not None:
            content["reach"] = reach_words(report, w)
            content["reach_svg"] = charts.count_chart(
                report.communities, "", styled=False, width=520, height=200, say=w.written)
        if sight.cost:
            content["phases"] = [line for phase in report.phases
                                 for line in phase_words(phase, w, percent)]
    if sight.ledger and (report.ledger or report.ledger_total is not None):
        content |= _ledger(report, w)
    if sight.assumptions and report.assumptions is not None:
        content |= _assumptions(report, w)
    return {**content, "unreviewed": "\n".join(w.doubts())}


def _cut(text: str, most: int = LONGEST) -> str:
    """Without control characters, and short enough for one place on the page."""
    text = "".join(c if ord(c) >= 32 else " " for c in text)
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _found(report: Report, sight: Sight, w: Words) -> list[str]:
    land = report.land
    area = (
        w("doc.hazards.area", area=hazardous_words(report.ledger_total, w))
        if report.ledger_total is not None and sight.ledger
        else ""
    )
    where = len({h.municipality_id for h in land.hazards if h.municipality_id})
    found = [w("doc.hazards", count=w.count(len(land.hazards)), municipalities=where,
               area=area)]
    if sight.accident_total and sight.lifted:
        found.append(
            w("doc.accidents", accidents=w.count(len(land.accidents)),
              lifted=w.count(len(land.lifted)))
        )
    if report.assessments and sight.assessment:
        chance = np.array([a.prior.probability for a in report.assessments])
        low, high = np.quantile(chance, [0.1, 0.9])
        found.append(w("doc.prior", low=f"{100 * low:.0f}\u00a0%", high=f"{100 * high:.0f}\u00a0%"))
    if report.imports and sight.imports:
        found.append(
            w(
                "doc.imports",
                files=len(report.imports),
                **{
                    name: w.count(sum(getattr(r, name) for r in report.imports))
                    for name in ("read", "accepted", "merged", "quarantined")
                },
            )
        )
    return found


def _forecast(report: Report, sight: Sight, w: Words, dates: PlanDates | None) -> dict[str, Any]:
    outlook = report.outlook
    if outlook is None:
        return {"forecast": [w("forecast.none")]}
    finish = finish_of(outlook)
    cost = []
    if sight.cost:
        low, median, high = (money_known(outlook, q, w) for q in (0.1, 0.5, 0.9))
        cost.append(
            w("doc.cost.few", median=median, currency=outlook.currency) if outlook.few else w(
                "doc.cost",
                median=median,
                low=low,
                high=high,
                currency=outlook.currency,
            )
        )
    levels = np.sort(outlook.quantiles)
    note = w(
        "forecast.fan.note" if dates is not None else "forecast.fan.note_noplan",
        runs=w.count(outlook.runs),
        low=w.figure(f"{100 * levels[0]:.3g}"),
        high=w.figure(f"{100 * levels[-1]:.3g}"),
    )
    if outlook.few:
        note = w("forecast.fan.note_few", runs=w.count(outlook.runs), few=few_words(outlook, w))
    if float(np.max(outlook.released_m2)) > outlook.total_m2 * 1.001:
        note += " " + w("forecast.fan.total")
    shares = chances(outlook, report.promised)
    return {
        "chances": [[str(c.day.year), percent(c.share, w)] for c in shares if not c.announced],
        "announced": [w("doc.announced", date=w.day(c.day), share=percent(c.share, w))
                      for c in shares if c.announced][:ANNOUNCED_ROWS],
        "never": never_words(finish, w),
        "fan_svg": charts.fan_chart(outlook, dates, "", styled=False, width=520, height=250,
                                    say=w.written),
        "finish_svg": charts.finish_chart(
            finish, "", f"> {finish.horizon.year}", styled=False, width=360, height=250,
            say=w.written
        ),
        "forecast": [
            w("doc.finish.few", median=year_or_never(finish.median, finish, w),
              few=few_words(outlook, w), never=never_words(finish, w)) if outlook.few else w(
                "doc.finish",
                median=year_or_never(finish.median, finish, w),
                low=year_or_never(finish.low, finish, w),
                high=year_or_never(finish.high, finish, w),
                never=never_words(finish, w),
            )
            + (" " + " ".join(cost) if cost else ""),
        ],
        "track": [_cut(line, 400) for line in (
            (w("forecast.track.none"),) if outlook.track is None
            else map(w.said, outlook.track.words))],
        "forecast_notes": [
            note,
            w(
                "forecast.policy",
                policy=sentence(_cut(w.said(outlook.policy), 420)),
                seed=outlook.seed,
                runs=w.count(outlook.runs),
            ),
        ],
    }


def _ledger(report: Report, w: Words) -> dict[str, Any]:
    rows = sorted(report.ledger, key=lambda r: (-(r.hazardous_m2 or 0.0), r.name))
    shown = [[_cut(c, 60) for c in ledger_cells(r, w)] for r in rows[:LEDGER_ROWS]]
    if report.ledger_total is not None:
        shown.append([_cut(c, 60) for c in ledger_cells(report.ledger_total, w, whole=True)])
    more = len(rows) - LEDGER_ROWS
    return {
        "ledger": shown,
        "ledger_total": report.ledger_total is not None,
        "ledger_head": [
            w(f"ledger.{key}").removesuffix(", ha")
            for key in (
                "name",
                "count",
                "hazardous",
                "cancelled",
                "reduced",
                "cleared",
                "contested",
            )
        ],
        "ledger_note": (w("ledger.rest", count=more) + ". " if more > 0 else "")
        + ledger_note(report, w),
    }


def _assumptions(report: Report, w: Words) -> dict[str, Any]:
    """Those that drive the forecast first, then in the order of the file."""
    assert report.assumptions is not None
    drivers = (
        []
        if report.outlook is None
        else [
            d.name.replace(" ", "_") for d in sorted(report.outlook.drivers, key=lambda d: -d.share)
        ]
    )
    known = list(report.assumptions)
    first = sorted(
        known, key=lambda a: drivers.index(a.name) if a.name in drivers else len(drivers)
    )
    shown = [
        [
            _cut(w.said(a.definition), 140),
            f"{number(a.value, w)} {_cut(w.said(a.unit), 40)}",
            w("interval", low=number(a.low, w), high=number(a.high, w)),
            _cut(a.source, 110),
        ]
        for a in first[:ASSUMPTION_ROWS]
    ]
    more = len(known) - len(shown)
    return {
        "assumptions": shown,
        "assumptions_more": w("doc.more", count=more) if more > 0 else "",
        "assumptions_head": [w(f"assumptions.{k}") for k in ("name", "value", "range", "source")],
    }
