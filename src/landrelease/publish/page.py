"""The pages: one HTML file each, which loads nothing. Report or public report in, HTML text out.

A Content-Security-Policy in the page forbids every load from elsewhere; it names the page's own
script and style by their SHA-256. What the data holds reaches the page only as escaped text or as
JSON in an inert `script` element.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from html import escape
from importlib import resources
from typing import Any

import numpy as np

from landrelease.core.ledger import Figure, LedgerRow, interval_words
from landrelease.core.outlook import Outlook
from landrelease.core.report import DataSource, PublicFigure, PublicReport, Report
from landrelease.core.texts import ENGLISH, Texts
from landrelease.publish import charts
from landrelease.publish.content import (
    Finish,
    PlanDates,
    Sight,
    View,
    chances,
    cost_quantiles,
    curve_rows,
    finish_of,
    map_content,
    order_of,
    public_content,
    sight_of,
    visible_dates,
)
from landrelease.publish.encode import safe_json
from landrelease.publish.reopening import (
    few_runs,
    phase_words,
    reach_head,
    reach_rows,
    reach_words,
)
from landrelease.publish.words import Words
from landrelease.units import M2_PER_HECTARE

RECORDS_SHOWN = 200  # of those that a figure rests on; the rest are in figures.json


def render_page(report: Report, view: View, texts: Texts = ENGLISH) -> str:
    """The page for those who run the programme, as one self-contained HTML text.

    `view` says what the reader may see (`content.sight_of`); what it refuses is not in the page.

    Raises LandReleaseError PUB-001 (the reader may not see hazards), PUB-002 (no coordinates).
    """
    sight = sight_of(view)
    w = Words(texts)
    dates = visible_dates(report, sight)
    shown_on_map = map_content(report, sight, dates, w.said)
    content = {
        "map": shown_on_map,
        "words": w.for_script(),
        "units": w.units(),
        "nowhere": w("nowhere"),
        "order": order_of(report, sight, dates)[1],
        "whole_m2": (
            report.ledger_total.hazardous_m2 or 0.0
            if report.ledger_total is not None
            else sum(h.area_m2 for h in report.land.hazards)
        ),
    }
    columns = _columns(w, report, sight, dates)
    sections = [
        _map_section(report, sight, w, dates, shown_on_map),
        _areas_section(report, w, dates, columns),
        _forecast_section(report, sight, w, dates),
        _reach_section(report, sight, w),
        _phases_section(report, sight, w),
        _plan_section(report, sight, w, dates),
        _ledger_section(report, sight, w),
        _figures_section(report, sight, w),
        _assumptions_section(report, sight, w),
        _imports_section(report, sight, w),
        _sources_section(report.sources, w),
        _cautions_section(report, w),
    ]
    shown = [s for s in sections if s]
    body = "".join(
        [
            f'<a class="skip" href="#map">{_t(w("page.skip"))}</a>',
            _banner(report.synthetic, w),
            '<header class="top"><div class="wide">',
            f'<p class="question">{_t(w("page.question"))}</p>',
            f"<h1>{_t(report.title)}</h1>",
            f'<p class="sub">{_t(report.subtitle)}{_sep(report.subtitle)}{_t(report.scope)}. '
            f"{_t(w('made_on', date=w.day(report.made_on)))}.</p>",
            f'<p class="caution">{_t(w("caution_short"))}</p>', _DOUBTS,
            _tiles(report, sight, w, dates),
            "</div></header>",
            f'<nav aria-label="{_t(w("page.contents"))}"><div class="wide">',
            "".join(f'<a href="#{key}">{_t(w(f"nav.{key}"))}</a>' for key, _, _ in shown),
            "</div></nav>",
            f'<noscript><p class="wide">{_t(w("page.noscript"))}</p></noscript><main>',
            "".join(
                f'<section id="{key}" aria-labelledby="h-{key}"><div class="wide">'
                f'<h2 id="h-{key}">{_t(title)}</h2>{inside}</div></section>'
                for key, title, inside in shown
            ),
            "</main>",
            _foot(report, w),
        ]
    )
    body = body.replace(_DOUBTS, _doubts(w), 1)
    return _html(report.title, body, content, columns, ("map.js", "cells.js", "planner.js"),
                 w.texts)


def render_public(report: PublicReport, texts: Texts = ENGLISH) -> str:
    """The page for everybody: coarse cells and released ground, nothing else of the records.

    Raises LandReleaseError PUB-002 (no coordinates), PUB-004 (cells without a width).
    """
    w = Words(texts)
    content = {"map": public_content(report), "words": w.for_script("js.pub."),
               "units": w.units()}
    contact = (
        w("public.contact", contact=report.contact) if report.contact else w("public.contact.none")
    )
    state = w("public.state", state=report.state) if report.state else w("public.state.none")
    rough = max((s.position_error_m for s in report.places), default=0.0)
    cell = w.measured(f"{report.cell_m / 1000:.3g} km" if report.cell_m >= 1000
                      else f"{report.cell_m:.0f} m")
    body = "".join(
        [
            f'<a class="skip" href="#map">{_t(w("page.skip"))}</a>',
            _banner(report.synthetic, w),
            '<header class="top public"><div class="wide">',
            f'<div class="warning" role="note"><p><strong>{_t(w("public.warning"))}</strong></p>'
            f"<p>{_t(w('public.warning.more'))}</p><p>{_t(contact)}</p></div>",
            f"<h1>{_t(report.title)}</h1>",
            f'<p class="sub">{_t(report.subtitle)}{_sep(report.subtitle)}{_t(report.scope)}. '
            f"{_t(state)} "
            f"{_t(w('made_on', date=w.day(report.made_on)))}.</p>",
            f'<p class="caution">{_t(w("public.blank"))}</p>', _DOUBTS,
            f'<noscript><p class="wide caution">{_t(w("public.noscript"))}</p></noscript>',
            "</div></header><main>",
            '<section id="map" aria-labelledby="h-map"><div class="wide">',
            f'<h2 id="h-map">{_t(w("public.map"))}</h2><p>'
            f'{_t(w("public.map.note", cell=cell))}</p>',
            '<p id="answer" class="answer" role="status" aria-live="polite">'
            f"{_t(w('js.pub.hint'))}</p>",
            _map_box(w, w("public.map.label"), bool(report.municipalities)),
            '<ul class="legend public">',
            f"<li>{_symbol('fill-public-hazard', 'cross', 'open')}"
            f"{_t(w('public.legend.hazard'))}</li>",
            f"<li>{_symbol('fill-cleared', 'level', 'cleared')}"
            f"{_t(w('public.legend.released'))}</li>",
            f"<li>{_symbol('fill-reported', '', 'reported')}"
            f"{_t(w('public.legend.reported'))}</li>" if report.reported else "",
            f"<li>{_symbol('fill-blank', '', '')}{_t(w('public.legend.blank'))}</li></ul>",
            f'<p class="note">{_t(w("public.places", error=w.length(1.1774 * rough)))}</p>'
            if 1.1774 * rough >= 100
            else "",
            "</div></section>",
            _public_totals(report, w),
            _public_figures(report, w),
            '<section id="sources"><div class="wide">',
            f"<h2>{_t(w('public.sources'))}</h2>{_sources_table(report.sources, w)}",
            '<ul class="cautions">',
            "".join(
                f"<li>{_t(c)}</li>"
                for c in (
                    w("caution.moving"),
                    *map(w.said, report.cautions),
                    w("public.decide"),
                )
            ),
            "</ul></div></section></main>",
            _foot(report, w),
        ]
    )
    body = body.replace(_DOUBTS, _doubts(w), 1)
    return _html(report.title, body, content, [], ("map.js", "public.js"), w.texts)


# --- the frame -----------------------------------------------------------------------------------


def _t(text: object) -> str:
    return escape(str(text).encode("utf-8", "replace").decode("utf-8"))


def _sep(text: str) -> str:
    return " · " if text else ""


def _asset(name: str) -> str:
    return (resources.files("landrelease.publish") / "assets" / name).read_text(encoding="utf-8")


def _sha(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _html(
    title: str, body: str, content: Any, columns: Sequence[Any], scripts: Iterable[str],
    texts: Texts
) -> str:
    style, script = _asset("page.css"), "".join(_asset(name) for name in scripts)
    policy = (
        "default-src 'none'; "
        f"script-src {_sha(script)}; style-src {_sha(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return "".join(
        [
            f'<!doctype html>\n<html lang="{texts.code}" dir="{texts.direction}">\n<head>\n'
            '<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="referrer" content="no-referrer">\n',
            '<meta name="color-scheme" content="light dark">\n',
            f"<title>{_t(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n",
            body,
            f'\n<script type="application/json" id="data">{safe_json(content)}</script>\n',
            f'<script type="application/json" id="columns">{safe_json(columns)}</script>\n',
            f"<script>{script}</script>\n</body>\n</html>\n",
        ]
    )


# Stands where a page says what is doubtful of its language: that is known when all else was said.
_DOUBTS = "\x00doubts\x00"


def _doubts(w: Words) -> str:
    return "".join(f'<p class="caution">{_t(line)}</p>' for line in w.doubts())


def _banner(synthetic: bool, w: Words) -> str:
    return f'<p class="synthetic" role="note">{_t(w("synthetic"))}</p>' if synthetic else ""


def _foot(report: Report | PublicReport, w: Words) -> str:
    chain = w("chain", head=report.chain_head[:16]) if report.chain_head else w("not_reported")
    mark = f"<strong>{_t(w('synthetic'))}</strong> " if report.synthetic else ""
    made = w("made_on", date=w.day(report.made_on))
    return (
        f'<footer><div class="wide"><p>{mark}{_t(w("foot", made=made, chain=chain))}</p>'
        "</div></footer>"
    )


def _map_box(w: Words, label: str, with_goto: bool) -> str:
    goto = (
        f'<label class="goto">{_t(w("map.goto"))} <select id="goto"><option value="">'
        f"{_t(w('map.goto.none'))}</option></select></label>"
        if with_goto
        else ""
    )
    buttons = "".join(
        f'<button type="button" data-map="{key}" aria-label="{_t(w(word))}" title="{_t(w(word))}">'
        f"{sign}</button>"
        for key, word, sign in (
            ("in", "map.zoom_in", "+"),
            ("out", "map.zoom_out", "−"),
            ("all", "map.all", "⤢"),
        )
    )
    return (
        f'{goto}<div class="mapbox"><canvas id="canvas" tabindex="0" role="application" '
        f'aria-label="{_t(label)}"></canvas><div class="zoom">{buttons}</div>'
        '<div id="tip" class="tip" hidden></div></div>'
    )


def _symbol(fill: str, hatch: str, outline: str) -> str:
    """A legend square: fill, hatch and outline as on the map."""
    lines = {
        "diagonal": "M0 14L14 0M0 7L7 0M7 14L14 7",
        "cross": "M0 14L14 0M0 7L7 0M7 14L14 7M0 0L14 14M7 0L14 7M0 7L7 14",
        "level": "M0 4H14M0 10H14",
        "dots": "M2 3h1M6 3h1M10 3h1M4 7h1M8 7h1M12 7h1M2 11h1M6 11h1M10 11h1",
    }.get(hatch, "")
    return (
        f'<svg class="symbol" viewBox="-3 -3 26 20" width="26" height="20" aria-hidden="true">'
        f'<g><rect class="{fill}" width="20" height="14"/>'
        + (
            f'<path class="hatch" d="{lines}"/><path class="hatch" d="{lines}" '
            'transform="translate(7)"/>'
            if lines
            else ""
        )
        + (
            f'<rect class="outline casing-{outline}" width="20" height="14"/>'
            f'<rect class="outline line-{outline}" width="20" height="14"/>'
            if outline
            else ""
        )
        + "</g></svg>"
    )


def _table(
    head: Sequence[tuple[str, bool]],
    rows: Iterable[Sequence[str]],
    *,
    label: str,
    total: Sequence[str] | None = None,
) -> str:
    """`head`: (title, is a number). Cells are HTML already."""

    def cells(row: Sequence[str]) -> str:
        return "".join(
            (
                f'<th scope="row">{c}</th>'
                if i == 0
                else f"<td{' class=n' if head[i][1] else ''}>{c}</td>"
            )
            for i, c in enumerate(row)
        )

    return "".join(
        [
            f'<div class="scroll" tabindex="0" role="region" aria-label="{_t(label)}">'
            f'<table><thead><tr>',
            "".join(
                f'<th scope="col"{" class=n" if n else ""}>{_t(title)}</th>' for title, n in head
            ),
            "</tr></thead><tbody>",
            "".join(f"<tr>{cells(row)}</tr>" for row in rows),
            "</tbody>",
            f"<tfoot><tr>{cells(total)}</tr></tfoot>" if total else "",
            "</table></div>",
        ]
    )


def number(value: float, w: Words) -> str:
    """Whole numbers with thousands set apart; small ones with three significant digits."""
    if value == round(value) and abs(value) < 1e15:
        return w.figure(f"{value:,.0f}")
    return w.figure(f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}")


def quantity(value: float, unit: str, w: Words) -> str:
    return w.area(value) if unit == "m²" else f"{number(value, w)} {w.said(unit)}".strip()


def money_known(outlook: Outlook, chance: float, w: Words) -> str:
    """The cost that covers this share of the runs; "at least" where runs that do not finish hold
    it, because it is then a lower bound."""
    cost, known = outlook.cost_quantile(chance)
    return w.money(cost) if known else w("at_least", value=w.money(cost))


def few_words(outlook: Outlook, w: Words) -> str:
    """What stands in the place of an interval that so few runs do not tell; "" where they do."""
    return few_runs(outlook.runs, w)


def percent(share: float, w: Words) -> str:
    """A share in %; what is not quite nothing or not quite all is not rounded to it."""
    if 0 < share < 0.001:
        return w.figure("< 0.1 %")
    if 0.999 < share < 1:
        return w.figure("> 99.9 %")
    return w.figure(f"{100 * share:.1f} %" if share < 0.1 or share > 0.99
                    else f"{100 * share:.0f} %")


def sentence(text: str) -> str:
    """With one full stop at its end."""
    text = text.rstrip()
    return text if text.endswith((".", "…", "!", "?")) else text + "."


def weight_words(name: str, value: float, w: Words) -> str:
    """A weight of the score in words, where its name is one of ours."""
    known = f"plan.weight.{name}"
    return f"{w(known) if w.knows(known) else w.said(name)}: {number(value, w)}"


def never_words(finish: Finish, w: Words) -> str:
    if finish.never > 0:
        return w("forecast.never", share=percent(finish.never, w), year=finish.horizon.year)
    return w("forecast.never.none", year=finish.horizon.year)


def year_or_never(day: date | None, finish: Finish, w: Words) -> str:
    return str(day.year) if day is not None else w("tile.finish.never", year=finish.horizon.year)


# --- sections of the planner page: (id, title, HTML) or None ------------------------------------

Section = tuple[str, str, str] | None


def _tiles(report: Report, sight: Sight, w: Words, dates: PlanDates | None) -> str:
    tiles: list[tuple[str, str, str]] = []
    where = len({h.municipality_id for h in report.land.hazards if h.municipality_id})
    tiles.append(
        (
            w("tile.hazardous"),
            hazardous_words(report.ledger_total, w)
            if report.ledger_total is not None and sight.ledger
            else w.count(len(report.land.hazards)),
            w("tile.hazardous.note", count=w.count(len(report.land.hazards)),
              municipalities=where),
        )
    )
    if dates is not None:
        parts = dates.released_by_end()
        tiles.append(
            (
                w("tile.released"),
                w.area(float(parts.sum())),
                w(
                    "tile.released.note",
                    cancelled=w.area(parts[0]),
                    reduced=w.area(parts[1]),
                    cleared=w.area(parts[2]),
                    date=w.day(dates.end),
                ),
            )
        )
    if report.outlook is not None and sight.forecast:
        finish = finish_of(report.outlook)
        tiles.append(
            (
                w("tile.finish"),
                year_or_never(finish.median, finish, w),
                few_words(report.outlook, w) or w(
                    "tile.finish.note",
                    low=year_or_never(finish.low, finish, w),
                    high=year_or_never(finish.high, finish, w),
                ),
            )
        )
    if report.outlook is not None and sight.cost:
        low, median, high = (money_known(report.outlook, q, w) for q in (0.1, 0.5, 0.9))
        tiles.append(
            (
                w("tile.cost"),
                f"{median} {report.outlook.currency}",
                few_words(report.outlook, w) or w(
                    "tile.cost.note",
                    low=low,
                    high=high,
                    currency=report.outlook.currency,
                ),
            )
        )
    if report.plan is not None and sight.quality:
        room = report.plan.room_closed
        tiles.append(
            (
                w("tile.quality"),
                w("tile.quality.none") if room is None else percent(room, w),
                w("tile.quality.note"),
            )
        )
    return (
        '<dl class="tiles">'
        + "".join(
            f'<div><dt>{_t(name)}</dt><dd>{_t(value)}</dd><dd class="note">{_t(note)}</dd></div>'
            for name, value, note in tiles
        )
        + "</dl>"
    )


def _map_section(
    report: Report, sight: Sight, w: Words, dates: PlanDates | None, content: Mapping[str, Any]
) -> Section:
    hazards = content["hazards"]
    choices = [("order", f"colour.order.{order_of(report, sight, dates)[1]}")]
    if "people" in hazards:
        choices += [("people", "colour.people"), ("chance", "colour.prior")]
    choices.append(("class", "colour.class"))
    layers = [
        ("hazards", "layer.hazards", _symbol("fill-p2", "dots", "open"), True),
        (
            "cells",
            "layer.cells",
            '<svg class="symbol" viewBox="0 0 26 20" width="26" height="20" aria-hidden="true">'
            '<path class="fill-g4" d="M3 4h7v6H3zM10 10h7v6h-7z"/><path class="fill-g3" '
            'd="M10 4h7v6h-7z"/><path class="fill-g1" d="M17 4h7v6h-7z"/></svg>',
            False,
        ),
        ("outcomes", "layer.outcomes", _symbol("fill-cleared", "level", "cleared"), True),
        (
            "accidents",
            "layer.accidents",
            '<svg class="symbol" viewBox="0 0 26 20" width="26" height="20" aria-hidden="true">'
            '<path class="accident" d="M13 4L19 15H7Z"/></svg>',
            True,
        ),
        (
            "lifted",
            "layer.lifted",
            '<svg class="symbol" viewBox="0 0 26 20" width="26" height="20" aria-hidden="true">'
            '<rect class="lifted" x="8.5" y="5.5" width="9" height="9"/></svg>',
            False,
        ),
        (
            "settlements",
            "layer.settlements",
            '<svg class="symbol" viewBox="0 0 26 20" width="26" height="20" aria-hidden="true">'
            '<circle class="place" cx="13" cy="10" r="3.5"/></svg>',
            True,
        ),
        (
            "municipalities",
            "layer.municipalities",
            '<svg class="symbol" viewBox="0 0 26 20" width="26" height="20" aria-hidden="true">'
            '<path class="border" d="M2 14L10 5L16 12L24 6"/></svg>',
            True,
        ),
    ]
    shown = [entry for entry in layers if entry[0] in content]
    switches = "".join(
        f'<li><label><input type="checkbox" data-layer="{key}"{" checked" if on else ""}>{symbol}'
        f"<span>{_t(w(word))}</span></label></li>"
        for key, word, symbol, on in shown
    )
    legend = "".join(
        [
            f'<p class="legend-title"><label for="colour">{_t(w("map.colour_by"))}</label> '
            '<select id="colour">',
            "".join(f'<option value="{key}">{_t(w(word))}</option>' for key, word in choices),
            '</select></p><ul id="ramp" class="legend ramp"></ul>',
            f'<p class="legend-title">{_t(w("legend.class"))}</p><ul class="legend">',
            "".join(
                f"<li>{_symbol(fill, hatch, '')}{_t(w(word))}</li>"
                for fill, hatch, word in (
                    ("fill-blank", "diagonal", "legend.sha"),
                    ("fill-blank", "cross", "legend.cha"),
                    ("fill-blank", "dots", "legend.class_nr"),
                )
            ),
            f'</ul><p class="legend-title">{_t(w("legend.status"))}</p><ul class="legend">',
            "".join(
                f"<li>{_symbol('fill-blank', '', line)}{_t(w(word))}</li>"
                for line, word in (
                    ("open", "legend.open"),
                    ("worked", "legend.worked"),
                    ("closed", "legend.closed"),
                )
            ),
            f'</ul><ul class="legend switches">{switches}</ul>',
            _cells_legend(content["cells"], w) if "cells" in content else "",
            f'<p class="blank"><strong>{_t(w("legend.blank"))}</strong></p>',
            f'<p class="note">{_t(w("legend.small"))} {_t(w("legend.source"))}</p>',
        ]
    )
    # People: those of the communities where roads were looked at, else residents near the areas.
    people = "people" in hazards or "reach" in content.get("plan", {})
    if dates is not None:
        slider = "".join(
            [
                '<div class="slider"><div class="slider-row">',
                f'<button id="play" type="button" aria-pressed="false">'
                f'{_t(w("slider.play"))}</button>',
                f'<label for="day" class="heard">{_t(w("slider.label"))}</label>',
                '<div class="track"><input id="day" type="range" min="0" max="1" step="7" '
                'value="0"><div id="years" class="years" aria-hidden="true"></div></div>',
                '<output id="date" for="day"></output></div>',
                '<div class="bar" aria-hidden="true"><i id="bar-done"></i>'
                '<i id="bar-work"></i></div>',
                '<dl class="now" aria-hidden="true">',
                "".join(
                    f'<div><dt>{_t(w(f"slider.{key}"))}</dt><dd id="now-{key}"></dd>'
                    f'<dd class="note" id="note-{key}"></dd></div>'
                    for key in ("areas", "given", *(["people"] if people else []))
                ),
                '</dl><p id="state" class="heard" role="status" aria-live="polite"></p>',
                f'<p class="note">{_t(w("slider.note"))}</p></div>',
            ]
        )
    else:
        absent = "slider.none" if report.plan is None else "slider.hidden"
        slider = f'<p class="note">{_t(w(absent))}</p>'
    raster = ""
    if report.contamination is not None and report.contamination_file and sight.contamination:
        grid = report.contamination
        note = w(
            "contamination.note",
            file=report.contamination_file,
            rows=w.count(grid.bands.shape[1]),
            columns=w.count(grid.bands.shape[2]),
            cell=w.figure(f"{grid.cell_m:g}"),
            bands=", ".join(grid.names),
        )
        raster = f'<p class="note">{_t(note)}</p>'
    inside = "".join(
        [
            '<div class="maprow"><div>',
            _map_box(w, w("map.label"), "municipalities" in content),
            slider,
            f'<p class="note">{_t(w("map.help"))}</p>{raster}</div><aside>',
            f'<div id="detail" class="detail" aria-live="polite"><p class="hint">'
            f"{_t(w('detail.hint'))}</p></div>",
            f'<details class="layers" open><summary>{_t(w("map.layers"))}</summary>'
            f'{legend}</details>',
            "</aside></div>",
        ]
    )
    return "map", w("section.map"), inside


def _cells_legend(cells: Mapping[str, Any], w: Words) -> str:
    """Shown while the layer is: what the classes are, their intervals, and that it is a prior."""
    limits = cells["limits"]
    names = [
        w("cells.most", least=limits[0]),
        *(w("interval", low=low, high=high) + " %"
          for high, low in itertools.pairwise(limits)),
        w("cells.least", most=limits[-1]),
    ]
    rows = "".join(
        f'<li><span class="swatch fill-g{k + 1}"></span>{_t(name)} '
        f"<small>{_t(w('cells.range', low=spread[0], high=spread[1]))}</small></li>"
        for k, (name, spread) in enumerate(zip(names, cells["range"], strict=True))
        if spread is not None
    )
    prior = "" if cells["prior"] == "none" else (
        f'<p class="prior"><strong>{_t(w("cells.prior"))}</strong> '
        f'{_t(w("cells.prior." + cells["prior"]))}</p>')
    return (
        f'<div id="cells-legend" hidden><p class="legend-title">'
        f'{_t(w("cells.title", cell=w.length(cells["cell_m"])))}</p>'
        f'{prior}<ul class="legend">{rows}</ul><p class="note">{_t(w("cells.note"))}</p></div>'
    )


def _columns(
    w: Words, report: Report, sight: Sight, dates: PlanDates | None
) -> list[dict[str, str]]:
    columns = [
        ("order", "col.rank", "n"),
        ("id", "col.id", ""),
        ("municipality", "col.municipality", ""),
        ("area", "col.area", "n"),
    ]
    assessed = bool(report.assessments) and sight.assessment
    if assessed:
        columns += [("people", "col.people", "n"), ("prior", "col.prior", "n")]
    if dates is not None:
        columns += [
            ("nts", "col.nts", "d"),
            ("ts", "col.ts", "d"),
            ("clearance", "col.clearance", "d"),
        ]
    if assessed:
        columns.append(("why", "col.why", "why"))
    return [{"key": key, "label": w(word), "class": css} for key, word, css in columns]


def _areas_section(
    report: Report, w: Words, dates: PlanDates | None, columns: Sequence[Mapping[str, str]]
) -> Section:
    stage = ""
    reasons = [a.prior.reasons for a in report.assessments]
    shared = [r for r in (reasons[0] if reasons else ())
              if any(c["key"] == "why" for c in columns) and all(r in own for own in reasons)]
    if dates is not None:
        years = [y for y in (1, 3, 5) if y * 365 < (dates.end - dates.start).days]
        stage = "".join(
            [
                f'<label>{_t(w("table.stage"))} <select id="filter-stage">',
                f'<option value="">{_t(w("table.stage.all"))}</option>',
                "".join(
                    f'<option value="{y}">{_t(w("table.stage.within", years=y))}</option>'
                    for y in years
                ),
                f'<option value="never">{_t(w("table.stage.never"))}</option></select></label>',
            ]
        )
    head = "".join(
        f'<th scope="col" class="{c["class"]}" aria-sort="{"ascending" if i == 0 else "none"}">'
        f'<button type="button" data-sort="{c["key"]}">{_t(c["label"])}</button></th>'
        for i, c in enumerate(columns)
    )
    inside = "".join(
        [
            '<div class="filters">',
            f'<label>{_t(w("table.search"))} <input id="search" type="search" '
            f'placeholder="{_t(w("table.search.hint"))}"></label>',
            f'<label>{_t(w("table.municipality"))} <select id="filter-municipality">'
            f'<option value="">'
            f"{_t(w('table.all'))}</option></select></label>{stage}</div>",
            f'<p class="note">{_t(" ".join([w("table.everywhere"), *map(w.said, shared)]))}</p>'
            if shared else "",
            f'<div class="scroll" tabindex="0" role="region" aria-label="'
            f'{_t(w("table.caption"))}">'
            f'<table class="areas"><caption>{_t(w("table.caption"))}</caption><thead>'
            f'<tr>{head}</tr>'
            '</thead><tbody id="areas-body"></tbody></table></div><div class="pager">',
            f'<button id="previous" type="button">{_t(w("table.less"))}</button>',
            '<span id="count" role="status" aria-live="polite"></span>',
            f'<button id="next" type="button">{_t(w("table.more"))}</button></div>',
        ]
    )
    return ("areas", w("section.areas" if dates is not None else "section.areas.noplan"), inside)


def _forecast_section(report: Report, sight: Sight, w: Words, dates: PlanDates | None) -> Section:
    if not sight.forecast:
        return None
    outlook = report.outlook
    if outlook is None:
        return "forecast", w("section.forecast"), f"<p>{_t(w('forecast.none'))}</p>"
    finish = finish_of(outlook)
    never = never_words(finish, w)
    levels = np.sort(outlook.quantiles)
    middle = int(np.argmin(np.abs(np.asarray(outlook.quantiles) - 0.5)))
    reached = np.interp(365.25 * 10, outlook.curve_days, np.asarray(outlook.released_m2)[middle])
    fan = charts.fan_chart(
        outlook,
        dates,
        w(
            "forecast.svg",
            year=outlook.start.year + 10,
            area=w.area(float(reached)),
            total=w.area(outlook.total_m2),
        ),
        width=860,
        height=430,
        say=w.written,
    )
    years = charts.finish_chart(
        finish,
        w("forecast.svg.finish", median=year_or_never(finish.median, finish, w)),
        f"> {finish.horizon.year}",
        say=w.written,
    )
    curve_of_finish = charts.s_curve(
        [outlook], w("forecast.s_curve"), styled=True, width=420, height=220,
        say=w.written)
    costs = ""
    if sight.cost:
        median = cost_quantiles(outlook)[1]
        cost, millions = charts.cost_chart(
            outlook.cost, w("forecast.svg.cost", median=w.money(median), currency=outlook.currency),
            say=w.written
        )
        cost_note = w(
            "forecast.cost.note" if millions else "forecast.cost.note_small",
            currency=outlook.currency,
        )
        costs = (
            f"<figure><figcaption>{_t(w('forecast.cost'))}</figcaption>{cost}"
            f'<p class="note">{_t(cost_note)}</p></figure>'
        )
    fan_note = w(
        "forecast.fan.note" if dates is not None else "forecast.fan.note_noplan",
        runs=w.count(outlook.runs),
        low=w.figure(f"{100 * levels[0]:.3g}"),
        high=w.figure(f"{100 * levels[-1]:.3g}"),
    )
    if outlook.few:
        fan_note = w("forecast.fan.note_few", runs=w.count(outlook.runs),
                     few=few_words(outlook, w))
    if float(np.max(outlook.released_m2)) > outlook.total_m2 * 1.001:
        fan_note += " " + w("forecast.fan.total")
    chance = _table(
        [(w("forecast.chance.date"), False), (w("forecast.chance.share"), True)],
        [
            [
                _t(w.day(c.day)) + (f" <small>{_t(w('forecast.chance.announced'))}</small>"
                                    if c.announced else ""),
                f'{charts.share_bar(c.share)} <span class="share">{percent(c.share, w)}</span>',
            ]
            for c in chances(outlook, report.promised)
        ],
        label=w("forecast.chance"),
    )
    told = slice(1, 2) if outlook.few else slice(0, 3)  # of the lowest, middle, highest quantile
    curve = _table(
        [(w("forecast.chance.date"), False),
         *[(w("forecast.curve.low", level=w.figure(f"{100 * levels[0]:.3g}")), True),
           (w("forecast.curve.middle"), True),
           (w("forecast.curve.high", level=w.figure(f"{100 * levels[-1]:.3g}")), True)][told]],
        [[_t(w.day(day)), *(_t(w.area(v)) for v in values[told])]
         for day, *values in curve_rows(outlook)],
        label=w("forecast.curve"),
    )
    drivers = "".join(
        f"<li><p>{charts.share_bar(d.share)} <strong>{percent(d.share, w)}</strong> "
        f"{_t(w.said(d.words))} <small>{_t(d.name)}</small></p></li>"
        for d in sorted(outlook.drivers, key=lambda d: -d.share)
    )
    explained = w.said(outlook.explained) or w("forecast.drivers.note")
    policy = w(
        "forecast.policy",
        policy=sentence(w.said(outlook.policy)),
        seed=outlook.seed,
        runs=w.count(outlook.runs),
    )
    notes = "".join(f"<li>{_t(w.said(note))}</li>" for note in outlook.notes)
    inside = "".join(
        [
            '<div class="charts wideleft"><div class="stack"><figure class="fan">',
            f'<figcaption>{_t(w("forecast.fan"))}</figcaption>{fan}',
            f'<p class="note">{_t(fan_note)}</p>',
            f'<details><summary>{_t(w("forecast.curve"))}</summary>{curve}</details></figure>',
            f"<div><h3>{_t(w('forecast.drivers'))}</h3><ul class=\"drivers\">{drivers}</ul>"
            f'<p class="note">{_t(explained)}</p></div>'
            if drivers
            else "",
            '</div><div class="stack">',
            f"<div><h3>{_t(w('forecast.chance'))}</h3>{chance}"
            f'<p class="note">{_t(never)}</p></div>',
            f'<figure><figcaption>{_t(w("forecast.finish"))}</figcaption>{years}',
            f'<p class="note">{_t(w("forecast.finish.note", never=never))}</p></figure>',
            f'<figure><figcaption>{_t(w("forecast.s_curve"))}</figcaption>{curve_of_finish}',
            f'<p class="note">{_t(w("forecast.s_curve.note"))}</p></figure>',
            f"{costs}</div></div>",
            _track(outlook, w),
            f'<h3>{_t(w("forecast.notes"))}</h3><ul class="cautions">{notes}</ul>' if notes else "",
            f'<p class="note">{_t(policy)}</p>',
        ]
    )
    return "forecast", w("section.forecast"), inside


def _track(outlook: Outlook, w: Words) -> str:
    """The scores of such forecasts at past months, or that there are none and why."""
    found = outlook.track
    title = f"<h3>{_t(w('forecast.track'))}</h3>"
    if found is None:
        return f"{title}<p>{_t(w('forecast.track.none'))}</p>"
    if not found.rows:
        return title + "".join(f"<p>{_t(w.said(line))}</p>" for line in found.words)
    levels = list(found.rows[0].inside)
    head = [(w("forecast.track.ahead"), False), (w("forecast.track.count"), True),
            *((w("forecast.track.inside", level=level.replace("%", "\u00a0%")), True)
              for level in levels),
            *((w(f"forecast.track.{name}"), True) for name in ("crps", "bootstrap", "straight"))]
    rows = [[str(r.ahead), str(r.forecasts), *(percent(r.inside[level], w) for level in levels),
             *(w.figure(f"{v / M2_PER_HECTARE:,.2f}")
               for v in (r.crps_m2, r.bootstrap_m2, r.straight_m2))]
            for r in found.rows]
    notes = "".join(f"<li>{_t(w.said(note))}</li>" for note in found.notes)
    return (title + _table(head, rows, label=w("forecast.track"))
            + f'<p class="note">{_t(w("forecast.track.note", months=found.months))}</p>'
            + (f'<ul class="cautions">{notes}</ul>' if notes else ""))


def _reach_section(report: Report, sight: Sight, w: Words) -> Section:
    found = report.communities
    if found is None or not (sight.dates and sight.forecast):
        return None
    now = int((found.plan_day <= 0).sum())
    chart = charts.count_chart(
        found, w("reach.svg", now=now, count=len(found.names)), width=860, height=330,
        say=w.written)
    table = _table(
        [(title, i == 1) for i, title in enumerate(reach_head(report, w))],
        [[_t(cell) for cell in row] for row in reach_rows(report, w)], label=w("section.reach"))
    inside = "".join([
        "".join(f"<p>{_t(line)}</p>" for line in reach_words(report, w)),
        f'<figure class="big"><figcaption>{_t(w("reach.chart"))}</figcaption>{chart}',
        f'<p class="note">{_t(w("reach.note"))}</p></figure>{table}'])
    return "reach", w("section.reach"), inside


def _phases_section(report: Report, sight: Sight, w: Words) -> Section:
    if not report.phases or not (sight.cost and sight.forecast and sight.dates):
        return None
    parts = []
    for phase in report.phases:
        parts += [f"<p>{_t(line)}</p>" for line in phase_words(phase, w, percent)]
        if phase.works is not None:
            chart = charts.count_chart(
                phase.works, w("phase.svg", count=len(phase.works.names)), width=860, height=300,
                say=w.written)
            parts.append(f'<figure class="big"><figcaption>{_t(w("phase.chart"))}</figcaption>'
                         f"{chart}</figure>")
    return "phases", w("section.phases"), "".join(parts)


def _plan_section(report: Report, sight: Sight, w: Words, dates: PlanDates | None) -> Section:
    if not sight.quality:
        return None
    plan = report.plan
    if plan is None:
        return "plan", w("section.plan"), f"<p>{_t(w('plan.none'))}</p>"
    chart = charts.score_chart(plan, w("plan.this"), w("plan.bound"), w("plan.svg"), say=w.written,
                               named=w.said)
    rows = sorted([*((w.said(name), score) for name, score in plan.rules.items()),
                   (w("plan.this"), plan.score)], key=lambda r: (-r[1], r[0]))

    def over(score: float) -> str:
        return w.figure(f"+{100 * (score / plan.bound - 1):.1f} %") if plan.bound > 0 else "–"

    table = _table(
        [(w("plan.col.rule"), False), (w("plan.col.score"), True), (w("plan.col.over"), True)],
        [
            *([_t(name), w.figure(f"{score:,.0f}"), over(score)] for name, score in rows),
            [_t(w("plan.bound")), w.figure(f"{plan.bound:,.0f}"), "–"],
        ],
        label=w("section.plan"),
    )
    weights = "".join(
        f"<li>{_t(weight_words(name, value, w))}</li>" for name, value in report.weights.items()
    )
    repeat = w("plan.words.repeat", seed=plan.seed, iterations=w.count(plan.iterations))
    inside = "".join(
        [
            "".join(f"<p>{_t(text)}</p>" for text in plan_words(report, w, dates)),
            f'<div class="charts"><figure class="score">{chart}</figure><div>{table}</div></div>',
            f'<h3>{_t(w("plan.weights"))}</h3><ul class="weights">{weights}</ul>'
            if weights
            else "",
            f'<p class="note">{_t(repeat)}</p>',
        ]
    )
    return "plan", w("section.plan"), inside


def plan_words(report: Report, w: Words, dates: PlanDates | None) -> list[str]:
    """The plan's quality in sentences that a planner reads."""
    plan = report.plan
    assert plan is not None
    rule = w.said(plan.best_rule[0])
    room = plan.room_closed
    sentences = [
        w("plan.words.noroom", rule=rule)
        if room is None
        else w("plan.words.room", rule=rule, room=percent(room, w)),
        w("plan.words.bound", gap=percent(max(plan.gap, 0.0), w)),
    ]
    if plan.score > 0 and plan.floor > 0:
        sentences.append(w("plan.words.floor",
                           share=percent(min(plan.floor / plan.score, 1.0), w)))
    if dates is None:
        return sentences
    if dates.unfinished:
        sentences.append(
            w(
                "plan.words.horizon",
                unfinished=w.count(dates.unfinished),
                stages=w.count(dates.stages),
                date=w.day(dates.end),
            )
        )
    else:
        sentences.append(w("plan.words.all", stages=w.count(dates.stages), date=w.day(dates.end)))
    return sentences


def hectares_cell(m2: float | None, w: Words) -> str:
    if m2 is None:
        return w("not_reported")
    if 0 < m2 < 0.05 * M2_PER_HECTARE:
        return "< 0.1"
    return w.figure(f"{m2 / M2_PER_HECTARE:,.1f}") if m2 else "0"


def hazardous_words(total: LedgerRow, w: Words) -> str:
    """The hazardous area, or that it is not reported, which is not zero (S12)."""
    return w("not_reported") if total.hazardous_m2 is None else w.area(total.hazardous_m2)


def ledger_note(report: Report, w: Words) -> str:
    """What the ledger counts, and how many of its releases nobody signed (S09)."""
    outcomes = report.land.outcomes
    count = sum(o.id in report.land.unverified for o in outcomes)
    return w("ledger.note") + (" " + w(
        "ledger.unverified", count=w.count(count), all=w.count(len(outcomes))) if count else "")


def ledger_cells(row: LedgerRow, w: Words, *, whole: bool = False) -> list[str]:
    return [
        w("whole") if whole else row.name,
        w.count(row.hazards) if row.hazards_known else w("not_reported"),
        hectares_cell(row.hazardous_m2, w),
        hectares_cell(row.cancelled_m2, w),
        hectares_cell(row.reduced_m2, w),
        hectares_cell(row.cleared_m2, w),
        hectares_cell(row.contested_m2, w),
    ]


def _ledger_section(report: Report, sight: Sight, w: Words) -> Section:
    if not sight.ledger or not (report.ledger or report.ledger_total):
        return None
    accidents = sight.ledger_accidents
    nothing = report.ledger_total is not None and report.ledger_total.accidents == 0
    head = [
        (w(f"ledger.{key}"), key != "name")
        for key in (
            "name",
            "count",
            "hazardous",
            "cancelled",
            "reduced",
            "cleared",
            "contested",
            *(["accidents"] if accidents else []),
        )
    ]

    def cells(row: LedgerRow, *, whole: bool = False) -> list[str]:
        last = [w("not_reported") if nothing else w.figure(f"{row.accidents:,}")
                ] if accidents else []
        return [
            _t(c).replace(_t(w("not_reported")), f"<i>{_t(w('not_reported'))}</i>")
            for c in (*ledger_cells(row, w, whole=whole), *last)
        ]

    rows = sorted(report.ledger, key=lambda r: (-(r.hazardous_m2 or 0.0), r.name))
    return (
        "ledger",
        w("section.ledger"),
        f'<p class="note">{_t(ledger_note(report, w))}</p>'
        + _table(
            head,
            [cells(r) for r in rows],
            label=w("section.ledger"),
            total=cells(report.ledger_total, whole=True) if report.ledger_total else None,
        ),
    )


def _figures_section(report: Report, sight: Sight, w: Words) -> Section:
    if not sight.figures or not report.figures:
        return None
    parts = []
    for f in report.figures:
        value = w("not_reported") if f.value is None else quantity(f.value, f.unit, w)
        spread = ""
        if ends := interval_words(f, partial(quantity, unit=f.unit, w=w), w.said):
            spread = f"<small>({_t(ends)})</small>"
        rests = w("figures.records", count=w.count(len(f.records)))
        lineage = f"<small>{_t(rests)}</small>"
        if f.records and sight.records:
            shown = f.records[:RECORDS_SHOWN]
            lead = (
                w("figures.first", shown=len(shown), count=w.count(len(f.records)))
                if len(shown) < len(f.records)
                else ""
            )
            lineage = (
                f"<details><summary>{_t(rests)}</summary><p>{_t(lead)}"
                f"{_t(', '.join(shown))}</p></details>"
            )
        parts.append(
            f'<div><dt>{_t(figure_name(f, w))}</dt><dd class="value">{_t(value)} {spread}</dd>'
            f"<dd>{_t(_note(w.said(f.definition), w.said(f.note)))}</dd>"
            + (f"<dd>{_t(w.said(f.scope))}</dd>" if f.scope != "all" else "")
            + f"<dd>{lineage}</dd></div>"
        )
    return "figures", w("section.figures"), f'<dl class="figures">{"".join(parts)}</dl>'


def figure_name(f: Figure | PublicFigure, w: Words) -> str:
    """The name of a figure; that of an area ends with the area's own name."""
    end = f", {getattr(f, 'scope', '')}"
    return w.said(f.name.removesuffix(end)) + (end if f.name.endswith(end) else "")


def _note(definition: str, note: str) -> str:
    """A definition with what has to be known beside it, as sentences."""
    return " ".join([definition, *([sentence(note[0].upper() + note[1:])] if note else [])])


def _assumptions_section(report: Report, sight: Sight, w: Words) -> Section:
    if report.assumptions is None or not sight.assumptions:
        return None
    rows = [
        [
            f"{_t(w.said(a.definition))}<br><small>{_t(a.name)}</small>",
            f"{_t(number(a.value, w))} {_t(w.said(a.unit))}",
            f"{_t(number(a.low, w))} – {_t(number(a.high, w))}",
            f"<small>{_t(a.source)}</small>",
        ]
        for a in report.assumptions
    ]
    return (
        "assumptions",
        w("section.assumptions"),
        f'<p class="note">{_t(w("assumptions.note"))}</p>'
        + _table(
            [
                (w("assumptions.name"), False),
                (w("assumptions.value"), False),
                (w("assumptions.range"), False),
                (w("assumptions.source"), False),
            ],
            rows,
            label=w("section.assumptions"),
        ),
    )


def _imports_section(report: Report, sight: Sight, w: Words) -> Section:
    if not report.imports or not sight.imports:
        return None
    names = ("read", "accepted", "merged", "quarantined")
    head = [
        (w("imports.file"), False),
        (w("imports.kind"), False),
        *((w(f"imports.{n}"), True) for n in names),
        (w("imports.findings"), True),
    ]
    rows = [
        [
            _t(r.file),
            _t(w.texts(r.kind.replace("_", " "))),
            *(w.count(getattr(r, n)) for n in names),
            w.count(len(r.findings)),
        ]
        for r in report.imports
    ]
    total = [
        _t(w("imports.sum")),
        "",
        *(w.count(sum(getattr(r, n) for r in report.imports)) for n in names),
        w.count(sum(len(r.findings) for r in report.imports)),
    ]
    return (
        "imports",
        w("section.imports"),
        f'<p class="note">{_t(w("imports.note"))}</p>'
        + _table(head, rows, label=w("section.imports"), total=total),
    )


def _sources_table(sources: Sequence[DataSource], w: Words) -> str:
    return _table(
        [(w(f"sources.{key}"), False) for key in ("name", "what", "origin", "licence", "state")],
        [
            [
                _t(s.name),
                _t(s.what),
                _t(s.origin),
                _t(s.licence or w("sources.nolicence")),
                _t(s.state or w("not_reported")),
            ]
            for s in sources
        ],
        label=w("section.sources"),
    )


def _sources_section(sources: Sequence[DataSource], w: Words) -> Section:
    if not sources:
        return None
    return "sources", w("section.sources"), _sources_table(sources, w)


def standing_cautions(report: Report, w: Words, *, page: bool = True) -> list[str]:
    """Those that every page and document carries, then the programme's own."""
    return [
        *(
            w(f"caution.{key}")
            for key in ("moving", "blank", "decide", "planned", "prior", "people")
        ),
        *([w("caution.rounding")] if page else []),
        *map(w.said, report.cautions),
    ]


def _cautions_section(report: Report, w: Words) -> Section:
    listed = "".join(f"<li>{_t(c)}</li>" for c in standing_cautions(report, w))
    return "cautions", w("section.cautions"), f'<ul class="cautions">{listed}</ul>'


# --- sections of the public page ----------------------------------------------------------------


def _public_totals(report: PublicReport, w: Words) -> str:
    if not report.totals:
        return ""
    rows = [
        [
            _t(r.name),
            w.count(r.hazards) if r.hazards or r.hazardous_m2 is not None else w("not_reported"),
            _t(hectares_cell(r.hazardous_m2, w)),
            _t(hectares_cell(r.released_m2, w)),
        ]
        for r in sorted(report.totals, key=lambda r: (-(r.hazardous_m2 or 0.0), r.name))
    ]
    return (
        f'<section id="totals"><div class="wide"><h2>{_t(w("public.totals"))}</h2>'
        f'<p class="note">{_t(w("public.totals.note"))}</p>'
        + _table(
            [
                (w(f"public.totals.{key}"), key != "name")
                for key in ("name", "hazards", "area", "released")
            ],
            rows,
            label=w("public.totals"),
        )
        + "</div></section>"
    )


def _public_figures(report: PublicReport, w: Words) -> str:
    if not report.figures:
        return ""
    parts = []
    for f in report.figures:
        value = w("not_reported") if f.value is None else quantity(f.value, f.unit, w)
        spread = ""
        if f.low is not None and f.high is not None:
            spread = (
                "<small>"
                + _t(
                    w("public.interval", low=quantity(f.low, f.unit, w),
                      high=quantity(f.high, f.unit, w))
                )
                + "</small>"
            )
        parts.append(
            f'<div><dt>{_t(figure_name(f, w))}</dt><dd class="value">{_t(value)} {spread}</dd>'
            f"<dd>{_t(_note(w.said(f.definition), w.said(f.note)))}</dd></div>"
        )
    return (
        f'<section id="figures"><div class="wide"><h2>{_t(w("public.figures"))}</h2>'
        f'<dl class="figures">{"".join(parts)}</dl></div></section>'
    )
