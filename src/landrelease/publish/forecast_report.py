"""A forecast and its scenarios as one page of HTML and as a PDF: the same words, charts and tables.

The page stands alone (no script, nothing loaded); the document is set by `forecast.typ`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from landrelease.core.outlook import Outlook
from landrelease.core.texts import ENGLISH, Texts
from landrelease.publish import charts
from landrelease.publish.page import _asset, _sha
from landrelease.publish.reopening import few_runs
from landrelease.publish.templates import typeset
from landrelease.publish.words import Words

_DOUBTS = "\x00doubts\x00"  # what is doubtful of the language is known when all else was said


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
    outlooks = [replace(o, scenario=w.said(o.scenario)) for o in report.outlooks]
    found = [
        ("fan", w("forecast.fan"), charts.fan_chart(first, None, "", styled=False, width=640,
                                                    height=300, say=w.written),
         w("forecast.fan.note_few", runs=w.count(first.runs), few=few_runs(first.runs, w))
         if first.few else w("forecast.fan.note_noplan", runs=w.count(first.runs),
           low=w.figure(f"{100 * first.quantiles.min():.3g}"),
           high=w.figure(f"{100 * first.quantiles.max():.3g}"))),
        ("finish", w("forecast.s_curve"), charts.s_curve(outlooks, "", say=w.written),
         w("forecast.s_curve.note")),
        ("cost", w("forecast.s_curve.cost", currency=first.currency),
         charts.s_curve(outlooks, "", cost=True, say=w.written),
         w("forecast.s_curve.cost.note"))]
    if len(report.outlooks) > 1:
        found.append(("scenarios", w("forecast.scenarios"),
                      charts.compare_chart(outlooks, "", say=w.written),
                      w("forecast.scenarios.note")))
    return found


def told(report: ForecastReport, w: Words) -> ForecastReport:
    """The report with what its stages wrote said in the language of the words."""
    return replace(report, lines=tuple(map(w.said, report.lines)), tables=tuple(
        Table(w.said(t.title), tuple(map(w.said, t.head)),
              tuple(tuple(_cell(c, w) for c in row) for row in t.rows),
              tuple(map(w.said, t.notes))) for t in report.tables))


def _cell(text: str, w: Words) -> str:
    said = w.said(text)
    return w.written(said) if said == text else said


def render_html(report: ForecastReport, texts: Texts = ENGLISH) -> str:
    """The page. The same report gives the same text."""
    w = Words(texts)
    report = told(report, w)

    def t(text: object) -> str:
        return escape(str(text))

    parts = [f'<p class="synthetic" role="note">{t(w("synthetic"))}</p>' if report.synthetic
             else "",
             '<header class="top"><div class="wide">', f"<h1>{t(report.title)}</h1>",
             f'<p class="sub">{t(_subtitle(report, w))}</p>',
             f'<p class="caution">{t(w("caution.planned"))}</p>', _DOUBTS,
             "</div></header><main>",
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
    doubts = "".join(f'<p class="caution">{t(line)}</p>' for line in w.doubts())
    style = _asset("page.css")
    policy = (f"default-src 'none'; style-src {_sha(style)}; img-src data:; base-uri 'none'; "
              "form-action 'none'")
    return "".join([
        f'<!doctype html>\n<html lang="{texts.code}" dir="{texts.direction}">\n<head>\n'
        '<meta charset="utf-8">\n',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
        '<meta name="referrer" content="no-referrer">\n',
        f"<title>{t(report.title)}</title>\n<style>{style}</style>\n</head>\n<body>\n",
        "".join(parts).replace(_DOUBTS, doubts, 1), "\n</body>\n</html>\n"])


def render_pdf(report: ForecastReport, templates: Path | None = None,
               texts: Texts = ENGLISH) -> bytes:
    """The document, by `forecast.typ`. Raises PUB-003: typst refused it."""
    return typeset("forecast", report_content(report, Words(texts)), made_on=report.made_on,
                   folder=templates)


def report_content(report: ForecastReport, w: Words) -> dict[str, Any]:
    """All texts and drawings, as the template reads them."""
    report = told(report, w)
    content: dict[str, Any] = {
        "lang": w.texts.code, "dir": w.texts.direction,
        "words": {"caution": w("caution.planned")}, "title": report.title,
        "subtitle": _subtitle(report, w), "foot": _foot(report, w),
        "synthetic": w("synthetic") if report.synthetic else "", "lines": list(report.lines),
        "pictures": [[title, picture, words]
                     for _, title, picture, words in pictures(report, w)],
        "tables": [{"title": t.title, "head": list(t.head), "rows": [list(r) for r in t.rows],
                    "notes": list(t.notes)} for t in report.tables]}
    return {**content, "unreviewed": "\n".join(w.doubts())}


def _subtitle(report: ForecastReport, w: Words) -> str:
    names: Sequence[str] = [o.scenario for o in report.outlooks]
    return (w("made_on", date=w.day(report.made_on)) + ". "
            + (", ".join(map(w.said, names)) if len(names) > 1 or names[0] != "as planned" else ""))


def _foot(report: ForecastReport, w: Words) -> str:
    return w("foot", made=w("made_on", date=w.day(report.made_on)),
             chain=w("chain", head=report.chain_head[:16]))
