"""Pages of claims: what is recorded, what the check says of it, and a form to check one."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import JSONBody
from msgspec import Meta

from landrelease.access.policy import View
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.layout import Html, field, group, link, record_link, show, table, tag
from landrelease.apps.web.results import reason, reasons, verdict
from landrelease.apps.web.tiers import within
from landrelease.apps.web.words import word
from landrelease.apps.web.work import assets, file_input, job_form, jobs_of, may_start, when
from landrelease.store.registry import Registry

Cell = Annotated[str, Meta(max_length=1_000)]
ROWS_MOST = 500


@dataclass
class Claim:
    """One published number, in the columns of a claims file (docs/claims.md)."""

    source: Cell = ""
    published: Cell = ""
    as_of: Cell = ""
    scope: Cell = ""
    metric: Cell = ""
    value: Cell = ""
    unit: Cell = ""
    words: Cell = ""


@get("/claims", include_in_schema=False, opt=within("claims check"))
async def claims_page(request: Request) -> Response[str]:
    """The recorded claims with their verdicts, and the forms."""
    asking, jobs = asking_of(request), jobs_of(request)
    last = next((j for j in jobs.of(asking) if j.kind == "claims-recorded" and j.state == "done"),
                None)
    checked = None if last is None else jobs.result(last)

    def content(registry: Registry, view: View) -> Html:
        parts: list[Any] = [assets(), tag("p", word("claim.words"))]
        if view.may("figures"):
            parts.append(tag("p", link("/#figures", word("claim.figures"))))
        if view.may("claim", "value"):
            parts += [tag("h2", word("claim.recorded")), _recorded(registry, view, checked)]
            if last is not None and checked is not None:
                parts.append(tag("p", word("claim.checked", day=when(last.ended_at)), " ",
                                 word("claim.old") if checked.get("chain_head") not in (
                                     "", registry.head()) else None, class_="note"))
            if may_start(asking) and registry.records("claim"):
                parts.append(job_form("claims-recorded", button=word("claim.check_recorded")))
        parts += [tag("div", tag("section", tag("h2", word("claim.check")),
                                 tag("p", word("claim.check_words"), class_="note"), _form(asking)),
                      _many() if may_start(asking) else None, class_="columns"),
                  tag("div", "", id="verdict", aria_live="polite")]
        return group(*parts)

    note_reading(request, "claim", "list")
    return await show(request, word("claims"), content, here="claims")


def _recorded(registry: Registry, view: View, checked: dict[str, Any] | None) -> Html:
    """Recorded claims that the reader sees; verdicts of the last check by this reader."""
    told = {str(c["claim"].get("record")): c for c in (checked or {}).get("claims", ())}
    found = view.records(registry.records("claim"))
    rows = []
    for r in sorted(found, key=lambda r: (str(r.values.get("published_on") or ""), r.id),
                    reverse=True)[:ROWS_MOST]:
        at = told.get(r.id)
        v = r.values
        note = ", ".join(str(v[k]) for k in ("claim_source", "published_on", "scope") if v.get(k))
        rows.append((
            group(str(v.get("metric") or v.get("words") or ""), tag("p", note, class_="note"),
                  record_link("claim", r.id)),
            f"{_number(v.get('value'))} {v.get('unit') or ''}".strip(),
            word("claim.not_checked") if at is None else verdict(at["verdict"]),
            "" if at is None else reasons(at)))
    return table(word("claim.recorded"), [word(f"claim.{k}") for k in (
        "metric", "value", "verdict", "reasons")], rows
    ) if rows else tag("p", word("claim.none"))


def _number(value: Any) -> str:
    return "" if value is None else f"{value:,.12g}" if isinstance(value, (int, float)) else str(
        value)


_LABELS = {"source": "source", "published": "published", "as_of": "as_of", "scope": "scope",
           "metric": "metric", "value": "value", "unit": "unit", "words": "said"}


def _form(asking: Any) -> Html:
    controls = [field(word(f"claim.{_LABELS[f.name]}"),
                      tag("input", name=f.name, autocomplete="off", maxlength="1000"))
                for f in fields(Claim)]
    return tag("form", *controls,
               tag("p", word("claim.quick"), class_="note") if not may_start(asking) else None,
               tag("p", tag("button", word("claim.button"), type="submit")),
               tag("p", "", class_="error", role="alert"), method="post",
               action="/api/claims/check", data_claim=True, class_="card",
               data_job="claims" if may_start(asking) else None)


def _many() -> Html:
    return tag("section", tag("h2", word("claim.many")),
               tag("p", word("claim.many_words"), class_="note"),
               job_form("claims", file_input("claims", word("claim.file")),
                        field(word("claim.whole"), tag("input", name="whole", maxlength="200")),
                        button=word("claim.button")))


def as_csv(claim: Claim) -> str:
    """One claim as the text of a claims file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [f.name for f in fields(Claim)])
    writer.writeheader()
    writer.writerow(asdict(claim))
    return text.getvalue()


@post("/api/claims/check", status_code=200, opt=within("claims check"))
async def check_claim(request: Request, data: JSONBody[Claim]) -> dict[str, Any]:
    """Check one claim by arithmetic and ranges alone; `/jobs/claims` sets it beside figures too."""

    def work(_: Registry, view: View) -> dict[str, Any]:
        import tempfile
        from pathlib import Path

        from landrelease.workflows import claims

        view.check("claims check")
        with tempfile.TemporaryDirectory(prefix="landrelease-") as folder:
            path = Path(folder) / "claim.csv"
            path.write_text(as_csv(data), encoding="utf-8")
            found = claims.check_file(path, today=date.today())
        (told,) = claims.document(found)
        return {**told, "words": word(f"claim.verdict.{told['verdict']}"),
                "said": [reason(r) for r in told["reasons"]]}

    return await read(request, work)


HANDLERS = [claims_page, check_claim]
