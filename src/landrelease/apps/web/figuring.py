"""Figures in the browser, from a number down to its records: definition, what counts, denominator,
chain head, the records behind it, and how to compute it again; of past dates for who may see those.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from litestar import Request, Response, get
from litestar.params import FromPath

from landrelease.access.policy import View
from landrelease.apps.web import layout, speaking
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.features import as_json, moment_of, only
from landrelease.apps.web.layout import Html, field, group, link, record_link, show, table, tag
from landrelease.apps.web.results import number
from landrelease.apps.web.tiers import within
from landrelease.apps.web.words import kind_named, named, told, word
from landrelease.core.ledger import Figure, interval_words
from landrelease.core.plurals import of_unit
from landrelease.errors import FIGURE_UNKNOWN, PARAMETER_WRONG, LandReleaseError
from landrelease.store.registry import Registry

if TYPE_CHECKING:
    from landrelease.workflows.figures import At

PAGE = 100
LEVELS = ("", "operator", "operations", "information_management", "authority")
# Of which a programme speaks most; the list below holds all.
FIRST = ("hazard_count", "hazardous_m2", "released_m2", "cancelled_m2", "reduced_m2", "cleared_m2",
         "contested_m2", "items_destroyed")
_SEES = within("figures list", by_handler=True)
_PAST = layout.Kept(2)  # figures of a past date hold many ids


@dataclass(frozen=True, slots=True)
class Asked:
    """The dates and the level that a page is about, as they stand in its address."""

    valid_at: str = ""
    known_at: str = ""
    level: str = ""

    def query(self, **more: Any) -> str:
        said = {k: v for k, v in {"valid_at": self.valid_at, "known_at": self.known_at,
                                  "level": self.level, **more}.items() if v not in ("", None)}
        return f"?{urlencode(said)}" if said else ""

    def at(self, view: View) -> At:
        """WEB-011 for what is no day, and for the past where the reader may not see it."""
        from landrelease.workflows.figures import At

        moment = moment_of(self.valid_at, self.known_at)
        if moment is None:
            return At(level=self.level or None)
        if not view.may("history"):
            name, found = (("valid_at", self.valid_at) if self.valid_at
                           else ("known_at", self.known_at))
            raise LandReleaseError(PARAMETER_WRONG, name=name, found=found,
                                   expected="the past is for roles that see histories")
        return At(moment.valid_at, moment.known_at, self.level or None)

    def options(self) -> str:
        """The same as options of a command."""
        return "".join(f" {name} {value}" for name, value in (
            ("--as-of", self.valid_at), ("--known-at", self.known_at), ("--level", self.level))
            if value)


def asked_of(request: Request, *more: str) -> Asked:
    """The dates and the level that are asked for. WEB-012 for any other parameter, but `more`."""
    only(request, "valid_at", "known_at", "level", *more)
    said = request.query_params.get
    return Asked(*(str(said(n, "")).strip()[:40] for n in ("valid_at", "known_at", "level")))


def figures_of(request: Request, registry: Registry, view: View, asked: Asked
               ) -> tuple[Figure, ...]:
    """All figures at the dates and the level that are asked for, as the reader may see them."""
    from landrelease.workflows import figures, visible_figures

    view.check("figures list")
    at, state = asked.at(view), layout.state_of(registry, asking_of(request))
    if asked == Asked():
        found: tuple[Figure, ...] = layout.KEPT.of(
            ("figures", *state), lambda: visible_figures(registry, view))[1]
        return found
    if at.valid_at is not None:
        figures.check_begun(registry, at.valid_at, at.valid_at.isoformat(), date.today())
    past: tuple[Figure, ...] = _PAST.of(
        (asked, *state), lambda: figures.all_figures(registry, view, at).figures)
    return past


def named_figure(figure: Figure) -> str:
    """The name of a figure; that of an area ends with the area's own name."""
    end = f", {figure.scope}"
    return told(figure.name.removesuffix(end)) + (
        f", {told(figure.scope)}" if figure.name.endswith(end) else "")


def value_words(figure: Figure) -> str:
    """A value with its unit; a share in percent; with its bounds where it is uncertain."""
    def said(value: float) -> str:
        if figure.unit == "share":
            return f"{100 * value:,.1f} %"
        return number(value, 0 if float(value).is_integer() or abs(value) >= 1_000 else 2)

    unit = "" if figure.unit == "share" else f" {told(figure.unit)}"
    if ends := interval_words(figure, said, told):
        value = word("not_reported") if figure.value is None else said(figure.value)
        return f"{value} ({ends}){unit}"
    if figure.value is None:
        return word("not_reported")
    return of_unit(figure.value, said(figure.value), figure.unit, speaking.texts()) or (
        said(figure.value) + unit)


def figure_address(figure_id: str, asked: Asked = Asked(), **more: Any) -> str:
    return f"/figures/{quote(figure_id, safe=':')}{asked.query(**more)}"


def _choices(view: View, asked: Asked, action: str, *more: Html) -> Html:
    """Of which day, as known when, and at which least level."""
    dates = (field(word("figure.valid_at"), tag("input", name="valid_at", type="date",
                                                value=asked.valid_at)),
             field(word("figure.known_at"), tag("input", name="known_at", type="date",
                                                value=asked.known_at[:10]))) \
        if view.may("history") else ()
    return layout.asked(action, *dates, field(word("figure.level"), layout.choices("level", [
        (n, word(f"figure.level.{n or 'any'}")) for n in LEVELS], asked.level)), *more,
        button=word("apply"))


def _about(asked: Asked) -> Html | None:
    if asked == Asked():
        return None
    return tag("p", " ".join(filter(None, (
        word("figure.as_of", day=asked.valid_at) if asked.valid_at else "",
        word("figure.as_known", day=asked.known_at) if asked.known_at else "",
        word("figure.at_level", level=word(f"figure.level.{asked.level}"))
        if asked.level in LEVELS[1:] else ""))), class_="warn", role="status")


@get("/figures", include_in_schema=False, opt=_SEES)
async def overview(request: Request) -> Response[str]:
    """All figures that the reader may see, at a date; each leads to what it rests on."""
    scope = str(request.query_params.get("scope", "") or "all").strip()[:200]

    def content(registry: Registry, view: View) -> Html:
        asked = asked_of(request, "scope")  # what is wrong with it is said on the page
        found = figures_of(request, registry, view, asked)
        scopes = sorted({f.scope for f in found} - {"all"})
        own = [f for f in found if f.scope == scope]
        by_id = {f.id: f for f in found}
        cards = [tag("li", tag("strong", link(figure_address(i, asked), value_words(by_id[i]))),
                     tag("span", named_figure(by_id[i]))) for i in FIRST if i in by_id]
        return group(
            _styles(), tag("p", word("figures_words")),
            _choices(view, asked, "/figures", *([field(word("figure.scope"), layout.choices(
                "scope", [("all", word("figure.whole")), *((s, told(s)) for s in scopes)], scope))]
                if scopes else [])),
            _about(asked),
            tag("ul", *cards, class_="counts figures") if cards and scope == "all" else None,
            table(word("figures"), [word("definition"), word("value"), word("records")], [
                (group(link(figure_address(f.id, asked), named_figure(f)),
                       tag("p", told(f.definition), class_="note"),
                       tag("p", told(f.note), class_="note") if f.note else None),
                 value_words(f), group(
                     f"{len(f.records):,}" if f.records else "",
                     tag("p", link(f"{figure_address(f.id, asked)}#uncounted", word(
                         "figure.silent", count=f"{len(f.uncounted):,}")), class_="note")
                     if f.uncounted else None))
                for f in own], numbers=(1, 2)))

    answer = await show(request, word("figures"), content, here="figures")
    if answer.status_code == 200:
        note_reading(request, "figures", "list")
    return answer


def _styles() -> Html:
    return tag("link", rel="stylesheet", href="/static/planning.css")


def _one(request: Request, registry: Registry, view: View, asked: Asked, name: str) -> Figure:
    """A figure. CLI-105: there is none, or not for the reader."""
    for found in figures_of(request, registry, view, asked):
        if found.id == name:
            return found
    raise LandReleaseError(FIGURE_UNKNOWN, found=name[:80])


@get("/figures/{figure_id:path}", include_in_schema=False, opt=_SEES)
async def one_page(request: Request, figure_id: FromPath[str]) -> Response[str]:
    """One figure: what it is, what counts, what it is a share of, the records behind it, the chain
    head, and the commands that compute it again."""
    name = figure_id.lstrip("/")
    first, silent_first = (int(text) if text.isdecimal() and len(text) < 9 else 0 for text in (
        request.query_params.get(n, "0") for n in ("start", "silent")))
    title = [word("figures")]

    def content(registry: Registry, view: View) -> Html:
        asked = asked_of(request, "start", "silent")
        f = _one(request, registry, view, asked, name)
        title[0] = named_figure(f)
        pairs: list[tuple[str, Any]] = [
            (word("value"), tag("strong", value_words(f))),
            (word("definition"), told(f.definition)),
            (word("figure.counts"), told(f.counts) if f.counts else None)]
        if f.denominator or f.unit == "share":
            pairs.append((word("figure.denominator"), told(f.denominator) or None))
        if f.note:
            pairs.append((word("figure.note"), told(f.note)))
        pairs += [(word("figure.scope"),
                   word("figure.whole") if f.scope == "all" else told(f.scope)),
                  (word("figure.valid_at"), f.valid_at or word("figure.now")),
                  (word("figure.known_at"), f.known_at or word("figure.now")),
                  (word("figure.level"), word(f"figure.level.{f.level or 'any'}")),
                  (word("figure.head"), tag("code", f.chain_head))]
        return group(
            _styles(), tag("p", link(f"/figures{asked.query()}", word("figure.all"))),
            _choices(view, asked, f"/figures/{quote(f.id, safe=':')}"), _about(asked),
            tag("section", layout.facts(pairs), class_="card"),
            tag("h2", word("records")), _records(registry, view, f, asked, first),
            tag("section", tag("h2", word("figure.uncounted")),
                tag("p", word("figure.uncounted_words"), class_="note"),
                _listed(registry, view, f, asked, f.uncounted, silent_first, "silent"),
                id="uncounted") if f.uncounted else None,
            tag("section", tag("h2", word("figure.again")),
                tag("p", word("figure.again_words"), class_="note"),
                tag("pre", tag("code", f"landrelease figures trace REGISTRY {f.id}"
                                       f"{asked.options()} --as {view.role} --json figure.json\n"
                                       "landrelease figures recompute REGISTRY figure.json "
                                       f"--as {view.role}")),
                tag("p", link(f"/api/figures/{quote(f.id, safe=':')}{asked.query()}",
                              word("figure.file"), class_="button", download="figure.json")),
                class_="card", id="again"))

    answer = await show(request, lambda: title[0], content, here="figures")
    if answer.status_code == 200:
        note_reading(request, "figures", name[:100])
    return answer


def _records(registry: Registry, view: View, f: Figure, asked: Asked, start: int) -> Html:
    """The records under a figure, a page at a time, each as the reader may see it."""
    if not f.records:
        return tag("p", word("figure.no_records" if f.value is not None
                             else "figure.nothing"), class_="note")
    return _listed(registry, view, f, asked, f.records, start, "start")


def _listed(registry: Registry, view: View, f: Figure, asked: Asked, ids: tuple[str, ...],
            start: int, parameter: str) -> Html:
    """Records by their ids, a page at a time, each as the reader may see it."""
    from landrelease.workflows.around import told_of

    rows = []
    for record_id in ids[start:start + PAGE]:
        kind, words = told_of(registry, view, record_id, named)
        rows.append((record_link(kind, record_id) if kind else record_id,
                     kind_named(kind, registry.kinds[kind].title) if kind
                     else word("figure.unseen"), words))
    last = min(start + PAGE, len(ids))

    def to(at: int, text: str) -> Html:
        return link(figure_address(f.id, asked, **{parameter: at or None}), text,
                    class_="button plain")

    return group(
        tag("p", word("figure.which", first=f"{start + 1:,}", last=f"{last:,}",
                      all=f"{len(ids):,}")),
        tag("p", word("figure.records_now"), class_="note") if asked.known_at or asked.valid_at
        else None,
        table(word("records"), [word("record"), word("kind"), word("rec.values")], rows),
        tag("p", to(max(0, start - PAGE), word("import.earlier")) if start else None,
            to(start + PAGE, word("import.later")) if last < len(ids) else None,
            class_="buttons") if len(ids) > PAGE else None)


@get("/api/figures/{figure_id:path}", opt=within("figures trace"))
async def one_figure(request: Request, figure_id: FromPath[str]) -> Response[bytes]:
    """One figure with all records under it: what `figures trace --json` writes, for `figures
    recompute`. `valid_at`, `known_at`: of a past date, for who may see the past; `level`: counting
    only what is validated so far."""
    name, asked = figure_id.lstrip("/"), asked_of(request)

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows.figures import plain_figure

        view.check("figures trace")
        return plain_figure(_one(request, registry, view, asked, name))

    found = await read(request, work)
    note_reading(request, "figures", name[:100])
    return as_json({k: v.isoformat() if isinstance(v, date | datetime) else v
                    for k, v in found.items()})


HANDLERS = [overview, one_page, one_figure]
