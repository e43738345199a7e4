"""A forecast and its scenarios as one page of HTML and as a PDF: the same words, charts and tables.

The page stands alone (no script, nothing loaded); the document is set by `forecast.typ`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from landrelease.core.outlook import Outlook
from landrelease.publish import charts
from landrelease.publish.page import _asset, _sha
from landrelease.publish.templates import typeset
from landrelease.publish.words import Words


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts, and what to know about it. No rows: only the notes."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ForecastReport:
    """What a report of forecasts shows. The first outlook is the one that `lines` speak of."""

    title: str
    made_on: date
    chain_head: str
    synthetic: bool
    outlooks: tuple[Outlook, ...]
    lines: tuple[str, ...]
    tables: tuple[Table, ...]


def pictures(report: ForecastReport, w: Words) -> list[tuple[str, str, str, str]]:
    """(file name without ending, title, SVG, words below)."""
    first = report.outlooks[0]
    found = [
        ("fan", w("forecast.fan"), charts.fan_chart(first, None, "", styled=False, width=640,
                                                    height=300),
         w("forecast.fan.note_noplan", runs=f"{first.runs:,}",
           low=f"{100 * first.quantiles.min():.3g}", high=f"{100 * first.quantiles.max():.3g}")),
        ("finish", w("forecast.s_curve"), charts.s_curve(report.outlooks, ""),
         w("forecast.s_curve.note")),
        ("cost", w("forecast.s_curve.cost", currency=first.currency),
         charts.s_curve(report.outlooks, "", cost=True), w("forecast.s_curve.cost.note"))]
    if len(report.outlooks) > 1:
        found.append(("scenarios", w("forecast.scenarios"),
                      charts.compare_chart(report.outlooks, ""), w("forecast.scenarios.note")))
    return found


def render_html(report: ForecastReport) -> str:
    """The page. The same report gives the same text."""
    w = Words()

    def t(text: object) -> str:
        return escape(str(text))

    parts = [f'<p class="synthetic" role="note">{t(w("synthetic"))}</p>' if report.synthetic
             else "",
             '<header class="top"><div class="wide">', f"<h1>{t(report.title)}</h1>",
             f'<p class="sub">{t(_subtitle(report, w))}</p>',
             f'<p class="caution">{t(w("caution.planned"))}</p></div></header><main>',
             '<section><div class="wide">', *(f"<p>{t(line)}</p>" for line in report.lines)]
    for _, title, picture, words in pictures(report, w):
        shown = picture.replace("<svg ", f'<svg role="img" aria-label="{t(title)}" ', 1)
        parts.append(f"<figure><figcaption>{t(title)}</figcaption>{shown}"
                     f'<p class="note">{t(words)}</p></figure>')
    for table in report.tables:
        parts.append(f"<h2>{t(table.title)}</h2>")
        if table.rows:
            head = "".join(f'<th scope="col">{t(c)}</th>' for c in table.head)
            rows = "".join("<tr>" + "".join(
                f'<th scope="row">{t(c)}</th>' if n == 0 else f"<td class=n>{t(c)}</td>"
                for n, c in enumerate(row)) + "</tr>" for row in table.rows)
            parts.append(f'<div class="scroll" tabindex="0" role="region" aria-label='
                         f'"{t(table.title)}"><table><thead><tr>{head}</tr></thead><tbody>{rows}'
                         "</tbody></table></div>")
        if table.notes:
            parts.append('<ul class="cautions">' + "".join(
                f"<li>{t(note)}</li>" for note in table.notes) + "</ul>")
    parts.append(f'</div></section></main><footer><div class="wide"><p>{t(_foot(report, w))}</p>'
                 "</div></footer>")
    style = _asset("page.css")
    policy = (f"default-src 'none'; style-src {_sha(style)}; img-src data:; base-uri 'none'; "
              "form-action 'none'")
    return "".join([
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
        '<meta name="referrer" content="no-referrer">\n',
        f"<title>{t(report.title)}</title>\n<style>{style}</style>\n</head>\n<body>\n",
        "".join(parts), "\n</body>\n</html>\n"])


def render_pdf(report: ForecastReport, templates: Path | None = None) -> bytes:
    """The document, by `forecast.typ`. Raises PUB-003: typst refused it."""
    w = Words()
    content: dict[str, Any] = {
        "words": {"caution": w("caution.planned")}, "title": report.title,
        "subtitle": _subtitle(report, w), "foot": _foot(report, w),
        "synthetic": w("synthetic") if report.synthetic else "", "lines": list(report.lines),
        "pictures": [[title, picture, words]
                     for _, title, picture, words in pictures(report, w)],
        "tables": [{"title": t.title, "head": list(t.head), "rows": [list(r) for r in t.rows],
                    "notes": list(t.notes)} for t in report.tables]}
    return typeset("forecast", content, made_on=report.made_on, folder=templates)


def _subtitle(report: ForecastReport, w: Words) -> str:
    day = report.made_on
    names: Sequence[str] = [o.scenario for o in report.outlooks]
    return (w("made_on", date=f"{day.day} {day:%B} {day.year}") + ". "
            + (", ".join(names) if len(names) > 1 or names[0] != "as planned" else ""))


def _foot(report: ForecastReport, w: Words) -> str:
    day = report.made_on
    return w("foot", made=w("made_on", date=f"{day.day} {day:%B} {day.year}"),
             chain=w("chain", head=report.chain_head[:16]))
