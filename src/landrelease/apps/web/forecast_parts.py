"""Parts of the page of a forecast: S-curves, others beside it, how good such forecasts were, and
what it rests on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from landrelease.apps.web import speaking
from landrelease.apps.web.layout import (
    Html,
    group,
    hidden,
    link,
    mark,
    table,
    tag,
)
from landrelease.apps.web.results import figure, number, percent
from landrelease.apps.web.words import named, told, word
from landrelease.apps.web.words import told as said_of
from landrelease.core.assumption import Assumption
from landrelease.core.outlook import FEWEST_RUNS, Outlook

MOST_BESIDE = 5


def s_curves(outlook: Outlook) -> Html:
    """The chance of being done by each day, and, for who sees costs, of each sum being enough."""
    from landrelease.workflows import pictures

    figures = [tag("figure", Html(pictures.s_curve([outlook], word("forecast.s_curve"),
                                              speaking.texts())),
                   tag("figcaption", word("forecast.s_curve_words")), class_="picture")]
    if outlook.currency:
        figures.append(tag(
            "figure", Html(pictures.s_curve([outlook], word("forecast.s_cost"),
                                              speaking.texts(), cost=True)),
            tag("figcaption", tag("strong", word("forecast.s_cost")), ". ",
                f"{word('forecast.s_cost_words')} ({outlook.currency})"),
            class_="picture"))
    return tag("section", tag("h2", word("forecast.s_curve")),
               tag("div", *figures, class_="columns"), class_="card")


def beside(name: str, own: Outlook, others: Sequence[tuple[str, Outlook]], offered: Iterable[str],
           *, by: str = "") -> Html:
    """Forecasts side by side: those that were chosen, and which there are to choose from."""
    from landrelease.workflows import pictures
    from landrelease.workflows.scenarios import cost_words, finish_words

    chosen = {n for n, _ in others}
    boxes = [tag("label", tag("input", type="checkbox", name="with", value=n,
                              checked=n in chosen), n, class_="check") for n in offered]
    form = tag("form", tag("fieldset", tag("legend", word("forecast.beside_choose")), *boxes),
               hidden("by", by) if by else None,
               tag("p", tag("button", word("plan.show"), type="submit")), method="get",
               action=f"/forecasts/{quote(name)}#beside") if boxes else tag(
                   "p", word("forecast.beside_none"), class_="note")
    parts: list[Any] = [tag("h2", word("forecast.beside")),
                        tag("p", word("forecast.beside_words"), class_="note"), form]
    if others:
        listed = [(name, own), *others]
        # Each line is told by its name: two forecasts may be of one scenario.
        outlooks = [pictures.named(o, f"{n}: {_scenario(o.scenario)}") for n, o in listed]
        costs = all(o.currency for o in outlooks)
        rows = []
        for n, o in listed:
            low, middle, high = finish_words(o)
            lost = sum(d == float("inf") for d in o.finish_day.tolist())
            rows.append((link(f"/forecasts/{quote(n)}", n), _scenario(o.scenario), middle,
                         word("forecast.few", runs=o.runs, least=FEWEST_RUNS) if o.few else
                         word("forecast.range", low=low, high=high), f"{lost:,} / {o.runs:,}",
                         *([f"{cost_words(o, 0.5)} {o.currency}"] if costs else [])))
        parts += [
            table(word("forecast.beside"), [
                word("plan.name"), word("forecast.scenario"), word("forecast.median"),
                word("forecast.between"), word("forecast.not_done"),
                *([word("forecast.cost_median")] if costs else [])], rows, numbers=(4, 5)),
            tag("figure", Html(pictures.side_by_side(outlooks, word("forecast.fan"))),
                tag("figcaption", word("forecast.beside_fan")), class_="picture wide"),
            tag("figure", Html(pictures.s_curve(outlooks, word("forecast.s_curve"),
                                              speaking.texts())),
                tag("figcaption", word("forecast.s_curve_words")), class_="picture wide")]
    return tag("section", *parts, class_="card", id="beside")


def _scenario(name: str) -> str:
    return word("forecast.as planned") if name == "as planned" else name


def track(outlook: Outlook) -> Html:
    """How good such forecasts of past months were, or that nothing says it."""
    found = outlook.track
    if found is None:
        body: Any = tag("p", mark("open", word("forecast.track_none")))
    elif not found.rows:
        body = group(tag("p", mark("open", word("forecast.track_little"))),
                     tag("ul", *(tag("li", told(n)) for n in found.notes)) if found.notes else None)
    else:
        levels = list(found.rows[0].inside)
        rows = []
        for r in found.rows:
            worse = r.crps_m2 > r.bootstrap_m2
            rows.append((
                f"{r.ahead}", f"{r.forecasts}", *(percent(r.inside[v], 0) for v in levels),
                *(number(m2 / 1e4, 2) for m2 in (r.crps_m2, r.bootstrap_m2, r.straight_m2)),
                mark("bad" if worse else "good",
                     word("forecast.track_worse" if worse else "forecast.track_better"))))
        body = group(
            tag("p", word("forecast.track_words", months=f"{found.months:,}")),
            table(word("forecast.track"), [
                word("forecast.ahead"), word("forecast.forecasts"),
                *(word("forecast.inside", level=v.replace("%", " %")) for v in levels),
                word("forecast.crps"), word("forecast.pace"), word("forecast.straight"), ""], rows,
                numbers=tuple(range(1, 5 + len(levels)))),
            tag("ul", *(tag("li", told(n)) for n in found.notes)) if found.notes else None)
    return tag("section", tag("h2", word("forecast.track")), body, class_="card", id="track")


def _cited(source: str) -> Html:
    """Where a number comes from, in the words of whoever wrote it down."""
    return tag("span", source, lang="en")


def rests_on(document: dict[str, Any], assumptions: Iterable[Assumption], *, head: str) -> Html:
    """What a forecast rests on: rates from reports or priors, days lost, assumptions with their
    sources, and the records of which they were learned."""
    told = document.get("rates") or {}
    rows = []
    for r in told.get("rates", ()):
        said = r["m2_per_full_day"]
        failed = [c["words"] for c in r["checks"] if not c["fine"]]
        rows.append((
            _reports(r["activity"], r["method"]), number(said["p50"]),
            f"{number(said['p10'])} – {number(said['p90'])}", f"{r['whole_days']:,}",
            mark("open", word("forecast.prior")) if r["is_prior"]
            else mark("good", word("forecast.learned")),
            _cited(r["prior"]["source"]) if r["is_prior"] else "; ".join(map(said_of, failed))))
    lost = told.get("lost_days")
    parts: list[Any] = [tag("h2", word("forecast.rests"))]
    if rows:
        parts.append(table(word("forecast.rates"), [
            word("forecast.work"), word("forecast.m2_a_day"), "80 %", word("forecast.days"),
            word("forecast.from"), word("source")], rows, numbers=(1, 2, 3)))
    if lost:
        said = lost["long_run"]
        parts.append(tag("p", word(
            "forecast.lost_prior" if lost["is_prior"] else "forecast.lost_days",
            share=percent(said["p50"], 0), low=percent(said["p10"], 0),
            high=percent(said["p90"], 0))))
    listed = [(tag("code", a.name), f"{figure(f'{a.value:g} ({a.low:g} – {a.high:g})')} "
               f"{said_of(a.unit)}".strip(), said_of(a.definition), _cited(a.source))
              for a in assumptions]
    if listed:
        parts.append(tag("details", tag("summary", word("forecast.assumptions")), table(
            word("forecast.assumptions"), [word("name"), word("value"), word("definition"),
                                           word("source")], listed)))
    parts.append(tag("p", *(group(link(f"/#tables/{kind}", word(f"forecast.records.{kind}")), " · ")
                            for kind in ("hazard", "activity", "closure", "outcome")),
                     link("/figures", word("figures"))))
    if head:
        parts.append(tag("p", f"{word('figure.head')}: ", tag("code", head), class_="note"))
    return tag("section", *parts, class_="card", id="rests")


def _reports(activity: str, method: str) -> Html:
    """A kind of work, linked to the reports of it."""
    words = named(activity) + ("" if method == "not_reported" else f", {named(method)}")
    asked = json.dumps([{"field": "activity_type", "test": "is", "value": activity}])
    return link(f"/#tables/activity//{quote(asked, safe='')}", words)
