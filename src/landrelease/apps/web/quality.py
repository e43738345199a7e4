"""Data quality in the browser: counts that each lead to the records that they are about."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.params import FromQuery

from landrelease.access.policy import View
from landrelease.apps.web import layout, speaking
from landrelease.apps.web.answers import asking_of, note_reading
from landrelease.apps.web.layout import Html, group, mark, record_link, tag
from landrelease.apps.web.tiers import within
from landrelease.apps.web.validating import validation_address
from landrelease.apps.web.words import kind_named, told, word
from landrelease.store.registry import Registry

_SEES = within("check", by_handler=True)  # the refusal is a page
# Up to so many revisions the checks of shapes are made when the page is opened; over it on a click.
AT_ONCE = 5_000
_MOST = 500
_LISTS = ("overdue", "without_place", "without_people", "unsigned")


async def _page(request: Request, title: str, work: Any, detail: str) -> Response[str]:
    answer = await layout.show(request, title, work, here="quality")
    if answer.status_code == 200:
        note_reading(request, "history", f"quality {detail}"[:100])
    return answer


def _kept(request: Request, registry: Registry, what: str, make: Any) -> Any:
    return layout.KEPT.of((what, *layout.state_of(registry, asking_of(request))), make)


@get("/quality", include_in_schema=False, opt=_SEES)
async def overview(request: Request, checks: FromQuery[str] = "") -> Response[str]:
    """What is doubtful, what waits, what is overdue, what has no place, where offices disagree."""

    def work(registry: Registry, view: View) -> Html:
        from landrelease.workflows import quality

        found = quality.overview(registry, view)
        late, bare = (sum(map(len, x.values())) for x in (found.overdue, found.without_place))
        undone = sum(map(len, found.unsigned.values()))
        silent = sum(map(len, found.without_people.values()))
        numbers = [("quality.rows", found.waiting), ("quality.overdue", late),
                   ("quality.without_place", bare), ("quality.without_people", silent),
                   ("quality.unsigned", undone),
                   ("quality.conflicts", len(found.conflicts))]
        if checks or registry.count() <= AT_ONCE:
            doubts = _kept(request, registry, "doubts", lambda: quality.doubts(registry, view))
            shapes = layout.table(
                word("quality.doubts"), [word("quality.code"), word("quality.binds"),
                                         word("quality.says"), word("quality.count")],
                [[layout.link(f"/quality/findings?{urlencode({'code': d.code})}", d.code),
                  mark("bad" if d.level == "mandatory" else "open",
                       word(f"quality.level.{d.level}")), told(d.title), len(d.findings)]
                 for d in doubts], numbers=(3,))
        else:
            shapes = tag("p", layout.link("/quality?checks=yes", word("quality.run_checks"),
                                          class_="button"))

        def by_kind(what: str, held: Any) -> Html:
            return layout.table(
                word(f"quality.{what}"), [word("val.kind"), word("quality.count")],
                [[layout.link(f"/quality/records?{urlencode({'what': what, 'kind': k})}",
                              kind_named(k, registry.kinds[k].title)), len(ids)]
                 for k, ids in held.items()],
                numbers=(1,))

        return group(
            tag("p", word("quality.words")),
            tag("ul", *(tag("li", tag("strong", n), mark("soon" if n else "good", word(key)))
                        for key, n in numbers), class_="counts"),
            tag("h2", word("quality.doubts")), shapes,
            tag("h2", word("quality.rows")),
            tag("p", layout.link("/#waiting", word("waiting"))) if found.waiting else None,
            layout.table(word("quality.rows"), [word("val.kind"), word("quality.code"),
                                                word("quality.count")],
                         [[kind_named(k, registry.kinds[k].title if k in registry.kinds else k),
                           code, n] for (k, code), n in sorted(found.rows.items())], numbers=(2,)),
            tag("h2", word("quality.overdue")),
            tag("p", word("quality.overdue_words", days=f"{found.overdue_days:g}"), class_="note"),
            by_kind("overdue", found.overdue),
            tag("h2", word("quality.without_place")),
            by_kind("without_place", found.without_place),
            tag("h2", word("quality.without_people")),
            tag("p", word("quality.without_people_words"), class_="note"),
            by_kind("without_people", found.without_people),
            tag("h2", word("quality.unsigned")),
            tag("p", word("quality.unsigned_words"), class_="note"),
            by_kind("unsigned", found.unsigned),
            tag("h2", word("quality.conflicts")),
            layout.table(word("quality.conflicts"), [word("record"), word("quality.offices"),
                                                     word("field")],
                         [[record_link(kind, record), ", ".join(offices), ", ".join(fields)]
                          for record, kind, offices, fields in found.conflicts]))

    return await _page(request, word("quality"), work, "overview")


@get("/quality/findings", include_in_schema=False, opt=_SEES)
async def findings(request: Request, code: FromQuery[str] = "") -> Response[str]:
    """The findings of one kind with their records, what is wrong and how to mend it."""

    def work(registry: Registry, view: View) -> Html:
        from landrelease.workflows import quality

        view.check("check")
        doubts = _kept(request, registry, "doubts", lambda: quality.doubts(registry, view))
        found = next((d for d in doubts if d.code == code), None)
        if found is None:
            return tag("p", word("nothing_here"))
        rows = []
        for f in found.findings[:_MOST]:
            pair = quality.record_of(f, registry)
            problem, remedy = speaking.texts().finding(f.code, f.problem, f.remedy)
            rows.append([record_link(*pair) if pair else f.file, problem, f.found, remedy])
        return group(
            tag("p", mark("bad" if found.level == "mandatory" else "open",
                          word(f"quality.level.{found.level}")), " ", told(found.title)),
            tag("p", word("quality.first", count=_MOST)) if len(found.findings) > _MOST else None,
            layout.table(told(found.title), [word("record"), word("quality.problem"),
                                       word("quality.found"), word("quality.remedy")], rows))

    return await _page(request, word("quality.code_of", code=code[:20]), work, code)


@get("/quality/records", include_in_schema=False, opt=_SEES)
async def records(request: Request, what: FromQuery[str] = "", kind: FromQuery[str] = ""
                  ) -> Response[str]:
    """The records of one kind that are overdue, have no place or no people, or decide unsigned."""
    chosen = what if what in _LISTS else _LISTS[0]

    def work(registry: Registry, view: View) -> Html:
        from landrelease.workflows import quality

        found = quality.overview(registry, view)
        held: Any = getattr(found, chosen).get(kind, ())
        why = dict(held) if isinstance(held, dict) else {}
        return group(
            tag("p", word("quality.first", count=_MOST)) if len(held) > _MOST else None,
            layout.table(word(f"quality.{chosen}"), [word("record"), word("level"),
                                                     word("rel.why")],
                         [[record_link(kind, i), layout.link(validation_address(i),
                                                             word("val.go")), told(why.get(i, ""))]
                          for i in list(held)[:_MOST]]))

    return await _page(request, word(f"quality.{chosen}"), work, chosen)


HANDLERS = [overview, findings, records]
