"""Release in the browser: proposals with their checklist, the signature, certificates, revoking,
hand-over, and the look-up of a certificate by anybody. What is decided, `workflows` decides, as for
the command line.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import shapely
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody

from landrelease.access.policy import View
from landrelease.apps.web import layout, speaking
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.forms import count_of_form, day_of_form
from landrelease.apps.web.layout import Html, group, mark, record_link, tag
from landrelease.apps.web.records import signature, writer
from landrelease.apps.web.sketch import Shape, plan
from landrelease.apps.web.stepup import content_of, key_fields, opened_key, password_again
from landrelease.apps.web.tiers import VIEW, within
from landrelease.apps.web.words import named, told, word
from landrelease.core.checklist import OUTCOMES
from landrelease.core.how_many import how_many
from landrelease.core.record import KINDS
from landrelease.errors import (
    NOT_FOR_ROLE,
    PARAMETER_WRONG,
    RELEASE_PROPOSAL_UNKNOWN,
    SIGN_IN_WAITS,
    LandReleaseError,
)
from landrelease.store.registry import Registry
from landrelease.units import at_least_m2, at_least_percent, circle_m2

if TYPE_CHECKING:
    from landrelease.workflows.certificates import Release
    from landrelease.workflows.releasing import Proposal

_STANDS = {"valid": "good", "revoked": "bad", "reopened": "bad", "unverified": "soon",
           "superseded": "open"}
_ITEM = {"met": "good", "not_met": "bad", "open": "open"}
_MOST = 200
_SEES = within("release list", by_handler=True)  # the refusal is a page
_PROPOSES = within("release propose", writes=True)
_SIGNS = within("release list", roles=("authority",), writes=True)


def state_mark(status: str) -> Html:
    return mark(_STANDS[status], word(f"rel.state.{status}"))


def _area(m2: float) -> str:
    return f"{m2:,.1f} m²" + (f" ({m2 / 10_000:,.2f} ha)" if m2 >= 1_000 else "")


# --- pages ---------------------------------------------------------------------------------------

@get("/releases", include_in_schema=False, opt=_SEES)
async def overview(request: Request) -> Response[str]:
    """Certificates with their state, proposals that wait, and proposing a release."""
    asking = asking_of(request)

    def work(registry: Registry, view: View) -> Html:
        from landrelease import workflows
        from landrelease.workflows import certificates, releasing

        view.check("release list")
        every = certificates.visible(registry, view)
        signed = {r.id for r in certificates.releases(registry)}
        waits: list[Proposal] = []
        if view.may("quarantine", "rows"):
            waits = [p for p in releasing.proposals(registry) if p.id not in signed
                     and releasing.may_know(view, registry, p)]
        hazards = [r for r in view.inside(workflows.hazards_that_stand(registry))
                   if r.geometry is not None]
        rows = [[layout.link(f"/releases/{quote(r.id)}", r.id), state_mark(r.status), r.code,
                 record_link("hazard", r.hazard), r.decided_on or "", r.handed_over_on or "",
                 "; ".join(r.why)] for r in every]
        counts = {s: sum(r.status == s for r in every) for s in _STANDS}
        propose = None
        if _may_propose(view) and (asking.signed_in or asking.role != "public"):
            names = [(h.id, " – ".join(filter(None, [h.id, str(h.values.get("name") or "")])))
                     for h in hazards[:5_000]]
            propose = tag("section", tag("h2", word("rel.propose")), layout.form(
                "/api/releases/proposals",
                layout.field(word("rel.hazard"), group(
                    tag("input", name="hazard", required=True, list="hazards", autocomplete="off"),
                    tag("datalist", *(tag("option", text, value=value) for value, text in names),
                        id="hazards"))),
                layout.field(word("rel.outcome"), layout.choices(
                    "outcome", [("", word("rel.as_work_says")),
                                *((o, word(f"outcome.{o}")) for o in OUTCOMES)])),
                layout.field(word("rel.ground"), tag("input", type="file", name="ground"),
                             word("rel.ground_hint")),
                layout.field(word("rel.gaps"), tag("input", type="file", name="gaps"),
                             word("rel.gaps_hint")),
                button=word("rel.gather")), class_="card")
        return group(
            tag("p", word("rel.words")),
            tag("ul", *(tag("li", tag("strong", counts[s]), state_mark(s)) for s in _STANDS
                        if counts[s] or s == "valid"), class_="counts"),
            tag("h2", word("rel.waits")) if waits else None,
            layout.table(
                word("rel.waits_caption"),
                [word("rel.proposal"), word("rel.hazard"), word("rel.outcome"), word("rel.area"),
                 word("rel.made"), word("rel.open_items")],
                [[layout.link(f"/releases/proposals/{quote(p.id)}", p.id),
                  record_link("hazard", p.document["hazard"]),
                  word(f"outcome.{p.document['outcome']}"), _area(p.document["area_m2"]),
                  str(p.document["made_at"])[:16].replace("T", " ") + " UTC",
                  mark("good", word("rel.complete")) if not p.blocking
                  else mark("bad", word("rel.blocks", count=len(p.blocking)))]
                 for p in waits[:_MOST]]) if waits else None,
            tag("h2", word("rel.certificates")),
            layout.table(word("rel.certificates"), [
                word("rel.release"), word("rel.state"), word("rel.code"), word("rel.hazard"),
                word("rel.decided"), word("rel.handed"), word("rel.why")], rows),
            propose)

    return await _page(request, word("releases"), work, "handover", "releases")


def _may_propose(view: View) -> bool:
    from landrelease.access.policy import WAYS_OUT

    return all(view.may(s, f) for s, f in WAYS_OUT["release propose"].needs)


async def _page(request: Request, title: str, work: Any, subject: str, detail: str
                ) -> Response[str]:
    answer = await layout.show(request, title, work, here="releases")
    if answer.status_code == 200:
        note_reading(request, subject, detail)
    return answer


@get("/releases/proposals/{release_id:str}", include_in_schema=False,
     opt=within("release propose", by_handler=True))
async def proposal(request: Request, release_id: FromPath[str]) -> Response[str]:
    """One proposal: what speaks for it, what blocks, answering the checklist, signing."""
    asking = asking_of(request)

    def work(registry: Registry, view: View) -> Html:
        from landrelease.workflows import releasing

        made = _proposal(registry, view, release_id)
        d = made.document
        signed = made.id in registry.ids("handover")
        changed = [] if signed else releasing.changed_since(registry, made)
        items = d["checklist"]["items"]
        rows = [[tag("span", told(a["question"]), tag("span", a["id"], class_="note block")),
                 mark(_ITEM[a["state"]], word(f"rel.item.{a['state']}")), told(a["words"]),
                 a["answered_by"], _few(a["records"]), a["source"]] for a in items]
        ground = shapely.from_wkb(d["ground_wkb"])
        hazard = shapely.from_wkb(d["hazard_wkb"])
        drawing = plan(
            [Shape(hazard, "hazard"), Shape(ground, "proposed"),
             Shape(shapely.from_geojson(_json(d["outside"])), "outside")],
            word("rel.plan", hazard=d["hazard"]),
            [("hazard", word("rel.plan_hazard")), ("proposed", word("rel.plan_ground"))])
        parts = [
            tag("p", mark("good" if not made.blocking else "bad", told(d["says"])), " ",
                word("rel.decides")),
            tag("p", mark("soon", word("rel.changed", count=len(changed))), " ",
                _few(changed)) if changed else None,
            tag("p", layout.link(f"/releases/{quote(made.id)}", word("rel.signed_already")))
            if signed else None,
            tag("div", tag("section", layout.facts([
                (word("rel.hazard"), record_link("hazard", d["hazard"])),
                (word("rel.outcome"), word(f"outcome.{d['outcome']}")),
                (word("rel.area"), _area(d["area_m2"])),
                (word("rel.left"), _area(d["left_m2"])),
                (word("rel.outside"), _area(d["outside_recorded_m2"])),
                (word("rel.methods"), ", ".join(d["methods"]) or None),
                (word("rel.depth"), None if d["depth_m"] is None else f"{d['depth_m']} m"),
                (word("rel.depth_required"), None if d["required_depth_m"] is None
                 else f"{d['required_depth_m']} m"),
                *_proof_fact(d),
                (word("rel.finds"), _finds(d["items"])),
                (word("rel.accidents"), len(d["accidents"])),
                (word("rel.quarantine"), len(d["quarantine"])),
                (word("rel.made"), f"{str(d['made_at'])[:16].replace('T', ' ')} UTC, "
                 f"{d['made_by']}"),
                (word("rel.sha"), made.sha256)]), class_="card"), drawing, class_="columns"),
            tag("section", tag("h2", word("rel.residual")),
                *(tag("p", told(line)) for line in d["residual_statement"]), class_="card"),
            tag("h2", word("rel.checklist", name=told(d["checklist"]["name"]),
                           version=d["checklist"]["version"])),
            tag("p", word("rel.blocking", count=len(made.blocking)) if made.blocking
                else word("rel.nothing_blocks")),
            layout.table(word("rel.checklist_caption"), [
                word("rel.question"), word("rel.answer"), word("rel.because"),
                word("rel.answered_by"),
                word("records"), word("source")], rows),
        ]
        if not signed:
            parts.append(_answers(made, items))
            if view.role == "authority":
                parts.append(_signing(made, asking, changed))
            else:
                parts.append(tag("p", word("rel.authority_signs"), class_="note"))
        return group(*parts)

    return await _page(request, word("rel.proposal_of", release=release_id[:40]), work,
                       "handover", f"proposal {release_id[:40]}")


def _proof_fact(document: Any) -> list[tuple[str, str | None]]:
    """That no gap was found and above which size, which share of cleared ground is proven covered
    at which confidence, its lower end, and the least."""
    if document["outcome"] != "cleared":
        return []
    proven = document.get("coverage_proof", {}).get("confidence") or ()
    radius = document.get("coverage_proof", {}).get("no_gap_radius_m")
    said = [word("rel.proof.no_gap", radius=f"{radius:g} m", area=circle_m2(radius))
            ] if proven and radius is not None else []
    said += [word("rel.proof.unstated" if x["confidence"] is None else "rel.proof.row",
                 share=at_least_percent(x["share"]), area=at_least_m2(x["area_m2"]),
                 confidence="" if x["confidence"] is None else f"{100 * x['confidence']:g}")
            for x in proven]
    stated = [x["confidence"] for x in proven if x["confidence"] is not None]
    if len(proven) > 1 and len(stated) == len(proven):
        said.append(word("rel.proof.least", confidence=f"{100 * min(stated):g}"))
    return [(word("rel.proof"), "; ".join(said) or None)]


def _json(value: Any) -> str:
    import json

    return json.dumps(value)


def _few(listed: Any) -> str:
    names = list(map(str, listed))
    return ", ".join(names[:8]) + (f" +{len(names) - 8}" if len(names) > 8 else "")


def _proposal(registry: Registry, view: View, release_id: str) -> Proposal:
    from landrelease.workflows import releasing

    view.check("release propose")
    made = releasing.kept_proposal(registry, release_id)
    if not releasing.may_know(view, registry, made):
        raise LandReleaseError(RELEASE_PROPOSAL_UNKNOWN, found=release_id)
    return made


def _finds(items: Sequence[Mapping[str, Any]]) -> str:
    """How many items were found on it, "at least" where a record states no whole number (S12)."""
    total = sum(how_many(i["quantity"]).least for i in items)
    some = any(i.get("at_least") for i in items)
    shown = word("rel.at_least", n=total) if some else str(total)
    return word("rel.finds_of", n=shown, count=len(items)) if items else shown


def _answers(made: Proposal, items: Any) -> Html:
    """The items that a person may answer, and proposing again with the answers."""
    open_ = [a for a in items if a["state"] == "open" or a["answered_by"] not in ("", "records")]
    rows = [tag("fieldset", tag("legend", told(a["question"])),
                tag("div", *(tag("label", tag("input", type="radio", name=f"answers.{a['id']}",
                                              value=value, checked=value == ""), " ", text,
                                 class_="check")
                             for value, text in (("", word("rel.leave")), ("yes", word("rel.yes")),
                                                 ("no", word("rel.no")))), class_="row"),
                layout.field(word("rel.note"), tag("input", name=f"notes.{a['id']}",
                                                   maxlength="500")))
            for a in open_]
    return tag("section", tag("h2", word("rel.again")), tag("p", word("rel.again_words")),
               layout.form(f"/api/releases/proposals/{quote(made.id)}/answers", *rows,
                           button=word("rel.again_button")), class_="card")


def _signing(made: Proposal, asking: Any, changed: Any) -> Html:
    if made.blocking or changed:
        return tag("section", tag("h2", word("rel.sign")), tag("p", mark("bad", word(
            "rel.cannot_sign"))), class_="card")
    d = made.document
    return tag("section", tag("h2", word("rel.sign")), tag("p", word(
        "rel.sign_words", outcome=word(f"outcome.{d['outcome']}"), area=_area(d["area_m2"]),
        hazard=d["hazard"])), layout.form(
            f"/api/releases/proposals/{quote(made.id)}/sign", key_fields(asking),
            button=word("rel.sign_button"), confirm=word("rel.sign_confirm"), danger=True),
        class_="card")


@get("/releases/{release_id:str}", include_in_schema=False, opt=_SEES)
async def one_release(request: Request, release_id: FromPath[str]) -> Response[str]:
    """One release: its state and why, the certificate, revoking, handing over."""
    asking = asking_of(request)

    def work(registry: Registry, view: View) -> Html:
        from landrelease import workflows
        from landrelease.workflows import certificates, languages

        view.check("release list")
        found = certificates.visible_release(registry, view, release_id)
        d = found.document
        near = [] if found.ground is None else [
            Shape(r.geometry, "hazard") for r in workflows.hazards_that_stand(registry)
            if r.geometry is not None and r.geometry.distance(found.ground) < 0.01]
        drawing = plan(
            [*near, *([Shape(found.ground, "released" if found.status == "valid" else "hazard")]
                      if found.ground is not None else [])],
            word("rel.plan_released"), [("released", word("legend.released")),
                                        ("hazard", word("rel.plan_still"))])
        able = d is not None and view.may("items", "counts")
        pdf = tag("section", tag("h2", word("rel.pdf")), layout.asked(
            f"/releases/{quote(found.id)}/certificate.pdf",
            layout.field(word("rel.language"), layout.choices(
                "lang", list(languages.NAMES.items()), speaking.texts().code)),
            button=word("rel.download")), tag("p", layout.link(
                f"/releases/{quote(found.id)}/certificate.xlsx?lang={speaking.texts().code}",
                word("docs.as_xlsx"))), class_="card") if able else None
        forms: list[Any] = []
        if found.status == "valid" and found.handed_over_on is None \
                and view.role == "authority":
            forms.append(_handing_over(found, asking))
        if found.status != "revoked":
            forms.append(tag("section", tag("h2", word("rel.revoke")),
                             tag("p", word("rel.revoke_words")), layout.form(
                f"/api/releases/{quote(found.id)}/revoke",
                layout.field(word("reason"), tag("input", name="reason", required=True,
                                                 maxlength="1000")),
                layout.field(word("key.password"), tag(
                    "input", type="password", name="password", required=True,
                    autocomplete="current-password")) if asking.signed_in else None,
                tag("details", tag("summary", word("rel.revoke_key")),
                    layout.field(word("key.file"), tag("input", type="file", name="key")),
                    layout.field(word("key.passphrase"), tag("input", type="password",
                                                             name="passphrase",
                                                             autocomplete="off"))),
                button=word("rel.revoke_button"), confirm=word("rel.revoke_confirm"),
                danger=True), class_="card"))
        return group(
            tag("p", state_mark(found.status), " ", "; ".join(found.why)),
            tag("p", word("rel.not_valid"), class_="error") if found.status != "valid" else None,
            tag("div", tag("section", layout.facts([
                (word("rel.code"), tag("strong", found.code)),
                (word("rel.hazard"), record_link("hazard", found.hazard)),
                (word("rel.outcome"), None if d is None else word(f"outcome.{d['outcome']}")),
                (word("rel.area"), None if d is None else _area(d["area_m2"])),
                *(() if d is None else _proof_fact(d)),
                (word("rel.decided"), found.decided_on), (word("rel.signer"), found.signer or None),
                (word("rel.handed"), found.handed_over_on),
                (word("rel.proposal"), None if not found.proposal else layout.link(
                    f"/releases/proposals/{quote(found.id)}", found.proposal[:16]))]),
                class_="card"), drawing, class_="columns"),
            tag("div", pdf, *forms, class_="columns"))

    return await _page(request, word("rel.release_of", release=release_id[:40]), work, "handover",
                       release_id[:40])


def _handing_over(found: Release, asking: Any) -> Html:
    uses = KINDS["handover"].field("land_use_intended").choices
    return tag("section", tag("h2", word("rel.handover")), tag("p", word("rel.handover_words")),
               layout.form(
        f"/api/releases/{quote(found.id)}/handover",
        layout.field(word("rel.recipient"), tag("input", name="recipient", required=True,
                                                maxlength="200", autocomplete="off"),
                     word("rel.recipient_hint")),
        layout.field(word("rel.use"), layout.choices("land_use", [
            ("", word("not_reported")), *((u, named(u)) for u in uses
                                          if u != "not_reported")])),
        layout.field(word("rel.on"), tag("input", type="date", name="on")),
        tag("fieldset", tag("legend", word("rel.present")), tag("div", *(
            layout.field(word(f"people.{who}"), tag("input", type="number", min="0", name=who))
            for who in ("women", "men", "girls", "boys")), class_="row")),
        key_fields(asking), button=word("rel.handover_button"),
        confirm=word("rel.handover_confirm")), class_="card")


@get("/releases/{release_id:str}/certificate.pdf", include_in_schema=False,
     opt=within("release certificate"))
async def certificate_pdf(request: Request, release_id: FromPath[str],
                          lang: FromQuery[str] = "en") -> Response[bytes]:
    """The certificate as PDF, with the state in which it stands now across it."""
    templates = request.app.state.settings.templates_folder

    def work(registry: Registry, view: View) -> tuple[str, bytes]:
        from landrelease.workflows import certificates

        view.check("release certificate")
        seen = certificates.visible_release(registry, view, release_id)
        found, pdf = certificates.certificate(registry, seen.id, lang=lang, templates=templates)
        return found.id, pdf

    name, pdf = await read(request, work)
    note_reading(request, "handover", f"certificate {name}")
    return Response(pdf, media_type="application/pdf", headers={
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{quote(name)}.pdf"'})


@get("/releases/{release_id:str}/certificate.xlsx", include_in_schema=False,
     opt=within("release certificate"))
async def certificate_xlsx(request: Request, release_id: FromPath[str],
                           lang: FromQuery[str] = "en") -> Response[bytes]:
    """The certificate as spreadsheet, with the state in which it stands now."""
    templates = request.app.state.settings.templates_folder

    def work(registry: Registry, view: View) -> tuple[str, bytes]:
        from landrelease.workflows import certificates

        view.check("release certificate")
        seen = certificates.visible_release(registry, view, release_id)
        found, sheet = certificates.certificate_sheet(registry, seen.id, lang=lang,
                                                      templates=templates)
        return found.id, sheet

    name, sheet = await read(request, work)
    note_reading(request, "handover", f"certificate {name}")
    return Response(sheet, media_type="application/vnd.openxmlformats-officedocument"
                    ".spreadsheetml.sheet", headers={
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{quote(name)}.xlsx"'})


@get("/certificate", include_in_schema=False, opt=VIEW)
async def certificate_page(request: Request, code: FromQuery[str] = "") -> Response[str]:
    """Anybody's look-up of a certificate by its code: in which state it is."""

    def work(registry: Registry, view: View) -> Html:
        from landrelease.workflows import certificates
        from landrelease.workflows.public_words import MADE

        ask = layout.asked("/certificate", layout.field(
            word("rel.code"), tag("input", name="code", required=True, value=code[:40],
                                  autocomplete="off", spellcheck="false"), word("look.hint")),
            button=word("look.button"))
        if not code.strip():
            return group(tag("p", word("look.words")), ask)
        try:
            said = certificates.looked_up(registry, view, code.strip()[:80])
        except LandReleaseError as error:
            if error.code not in ("REL-020", "REL-021"):
                raise
            return group(tag("p", word("look.words")), ask, tag("section", tag("p", mark(
                "bad", word("look.none" if error.code == "REL-020" else "look.wrong"))),
                tag("p", word("look.dangerous")), class_="card", role="status"))
        more = None
        if "release" in said:
            more = layout.facts([
                (word("rel.release"), layout.link(f"/releases/{quote(said['release'])}",
                                                  said["release"])),
                (word("rel.hazard"), said["hazard"]), (word("rel.decided"), said["decided_on"]),
                (word("rel.handed"), said["handed_over_on"]),
                (word("rel.why"), "; ".join(said["why"]) or "–")])
        return group(tag("p", word("look.words")), ask, tag(
            "section", tag("p", state_mark(said["status"]), " ",
                           word(f"look.{said['status']}")),
            tag("p", word("look.dangerous")) if said["status"] != "valid" else None, more,
            # On paper the field with the code is gone: what is told has to say of what, and when.
            tag("p", word("rel.code"), ": ", tag("strong", code.strip()[:80], dir="ltr")),
            tag("p", speaking.texts().told(
                MADE, office=registry.office,
                moment=datetime.now(UTC).strftime("%Y-%m-%d %H:%M")), class_="note"),
            class_="card", role="status"))

    return await layout.show(request, word("certificate"), work, here="certificate")


# --- for programs, and what the forms send -------------------------------------------------------

@get("/api/certificates/{code:str}", opt=VIEW)
async def look_up(request: Request, code: FromPath[str]) -> dict[str, Any]:
    """In which state a certificate is, by its code; inside the programme also what it is about."""

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows import certificates

        return certificates.looked_up(registry, view, code.strip()[:80])

    return await read(request, work)


@dataclass
class Proposing:
    """What is to be released: an area, or the part of it that a file holds."""

    hazard: str
    outcome: str = ""
    ground: UploadFile | None = None
    gaps: UploadFile | None = None


@post("/api/releases/proposals", status_code=201, opt=_PROPOSES)
async def propose(request: Request, data: MultipartBody[Proposing]) -> dict[str, Any]:
    """Gather what speaks for releasing an area, and what is missing. It releases nothing."""
    asking = writer(request)
    wanted = next((o for o in OUTCOMES if o == data.outcome), None)
    if data.outcome and wanted is None:
        raise LandReleaseError(PARAMETER_WRONG, name="outcome", found=data.outcome[:40],
                               expected="it is cancelled, reduced or cleared")
    ground, gaps = await content_of(data.ground), await content_of(data.gaps)
    ending = Path((data.ground.filename if data.ground else "") or "").suffix[:10]

    def work(registry: Registry, view: View) -> Proposal:
        from landrelease import workflows
        from landrelease.workflows import releasing

        view.check("release propose")
        standing = releasing.standing_hazard(registry, data.hazard.strip(), view)
        with tempfile.TemporaryDirectory(prefix="landrelease-") as folder:
            files: dict[str, Path | None] = {"ground": None, "gaps": None}
            for name, content, suffix in (("ground", ground, ending or ".geojson"),
                                          ("gaps", gaps, ".geojson")):
                if content:
                    path = Path(folder) / f"{name}{suffix}"
                    path.write_bytes(content)
                    files[name] = path
            made = releasing.propose(
                registry, standing.id, view, workflows.load_assumptions(None, registry),
                outcome=wanted, ground=files["ground"], gaps=files["gaps"], by=signature(asking))
        if gaps:  # so that it is there when the proposal is made again
            registry.keep_source(made.document["coverage_proof"]["sha256"], "gaps.geojson", gaps)
        return made

    made = await read(request, work)
    return _told(made)


def _told(made: Proposal) -> dict[str, Any]:
    d = made.document
    return {"release": made.id, "hazard": d["hazard"], "outcome": d["outcome"],
            "area_m2": d["area_m2"], "says": d["says"], "blocking": made.blocking,
            "location": f"/releases/proposals/{quote(made.id)}", "said": d["says"]}


@dataclass
class Answers:
    """Item of the checklist -> yes or no, and what there is to say of it."""

    answers: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


@post("/api/releases/proposals/{release_id:str}/answers", status_code=201, opt=_PROPOSES)
async def answer(request: Request, release_id: FromPath[str], data: JSONBody[Answers]
                 ) -> dict[str, Any]:
    """Propose again, on the records as they are now, with answers of who is signed in."""
    asking = writer(request)

    def work(registry: Registry, view: View) -> Proposal:
        from landrelease import workflows
        from landrelease.workflows import releasing

        before = _proposal(registry, view, release_id)
        said = {item: (value.strip(), data.notes.get(item, "").strip())
                for item, value in data.answers.items() if value.strip()}
        return releasing.propose_again(
            registry, before, view, workflows.load_assumptions(None, registry), said=said,
            by=signature(asking))

    return _told(await read(request, work))


@dataclass
class Signing:
    """The personal key of the authority, its passphrase, and the password once more."""

    key: UploadFile
    passphrase: str = ""
    password: str = ""


@post("/api/releases/proposals/{release_id:str}/sign", status_code=201, opt=_SIGNS)
async def sign(request: Request, release_id: FromPath[str], data: MultipartBody[Signing]
               ) -> dict[str, Any]:
    """Release the ground of a proposal with the signature of the authority (S09)."""
    asking = writer(request)
    content = await content_of(data.key)

    def first(registry: Registry, view: View) -> None:
        _authority(view)
        _proposal(registry, view, release_id)

    await read(request, first)
    await password_again(request, data.password)

    def work(registry: Registry, view: View) -> Release:
        from landrelease.workflows import certificates, releasing

        made = _proposal(registry, view, release_id)
        key = opened_key(registry, asking, content, data.passphrase)
        return certificates.find_release(registry, releasing.sign(registry, made, key))

    found = await read(request, work)
    return {"release": found.id, "code": found.code, "status": found.status,
            "location": f"/releases/{quote(found.id)}", "said": word("rel.signed", code=found.code)}


def _authority(view: View) -> None:
    """The account of the authority signs; what counts is the key and the role vouched for."""
    if view.role != "authority":
        raise LandReleaseError(NOT_FOR_ROLE, role=view.role, subject="signing for the authority",
                               roles="authority")


@dataclass
class Revoking:
    """Why a certificate is revoked; signed where a key comes with it."""

    reason: str
    password: str = ""
    key: UploadFile | None = None
    passphrase: str = ""


@post("/api/releases/{release_id:str}/revoke", status_code=200,
      opt=within("release list", writes=True))
async def revoke(request: Request, release_id: FromPath[str], data: MultipartBody[Revoking]
                 ) -> dict[str, Any]:
    """Revoke a certificate: it shows as revoked, and its ground is hazardous again (S11). While the
    password waits after failures of who is signed in, it is not asked for: whoever revokes in vain
    takes no ground from a hazard, and a find must not wait."""
    asking = writer(request)
    content = await content_of(data.key)

    def first(registry: Registry, view: View) -> str:
        from landrelease.workflows import certificates

        view.check("release list")
        return certificates.visible_release(registry, view, release_id).id

    name = await read(request, first)
    try:
        await password_again(request, data.password)
    except LandReleaseError as error:
        if error.code != SIGN_IN_WAITS.code:
            raise
        request.app.state.accounts.log(asking.account, asking.role, "revoked without the password",
                                       f"it waits after failures: {name}")

    def work(registry: Registry, view: View) -> tuple[Release, list[str]]:
        from landrelease.workflows import certificates

        key = opened_key(registry, asking, content, data.passphrase) if content else None
        found, again = certificates.revoke(registry, name, reason=data.reason,
                                           by=signature(asking), key=key)
        return found, certificates.reopened_words(again)

    found, again = await read(request, work)
    return {"release": found.id, "status": found.status, "reopened": again,
            "location": f"/releases/{quote(found.id)}",
            "said": word("rel.revoked", release=found.id)}


@dataclass
class HandingOver:
    """Who took the land back, for which use, who was there; signed by the authority."""

    recipient: str
    key: UploadFile
    land_use: str = ""
    on: str = ""
    women: str = ""
    men: str = ""
    girls: str = ""
    boys: str = ""
    passphrase: str = ""
    password: str = ""


@post("/api/releases/{release_id:str}/handover", status_code=200, opt=_SIGNS)
async def hand_over(request: Request, release_id: FromPath[str], data: MultipartBody[HandingOver]
                    ) -> dict[str, Any]:
    """Hand released land back to the people who live on it."""
    asking = writer(request)
    content = await content_of(data.key)
    present = {who: count_of_form(who, getattr(data, who))
               for who in ("women", "men", "girls", "boys")}
    day = day_of_form("on", data.on)

    def first(registry: Registry, view: View) -> str:
        from landrelease.workflows import certificates

        _authority(view)
        view.check("release list")
        return certificates.visible_release(registry, view, release_id).id

    name = await read(request, first)
    await password_again(request, data.password)

    def work(registry: Registry, view: View) -> Release:
        from landrelease.workflows import certificates

        key = opened_key(registry, asking, content, data.passphrase)
        return certificates.hand_over(
            registry, name, key, recipient=data.recipient, land_use=data.land_use or None,
            present=present, on=day)

    found = await read(request, work)
    return {"release": found.id, "status": found.status, "handed_over_on": found.handed_over_on,
            "location": f"/releases/{quote(found.id)}", "said": word("rel.handed_over")}


HANDLERS = [overview, proposal, one_release, certificate_pdf, certificate_xlsx, certificate_page,
            look_up, propose, answer, sign, revoke, hand_over]
