"""The commands of `release`: propose, sign, revoke, hand over, look up, certificate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from landrelease.apps.common import (
    DONE,
    FINDINGS,
    UNVERIFIED,
    AssumptionsOption,
    ByOption,
    JsonOption,
    RegistryArgument,
    RoleOption,
    TemplatesOption,
    as_date,
    heard,
    opened,
    put_json,
    say,
)
from landrelease.apps.identity_commands import KeyOption, ReasonOption, opened_key
from landrelease.apps.reading import reading
from landrelease.errors import BAD_OPTION, LandReleaseError
from landrelease.units import at_least_percent, circle_m2

SignKey = Annotated[Path, typer.Option(
    "--key", metavar="KEYFILE", help="Personal key of somebody with the role authority.")]
ReleaseArgument = Annotated[str, typer.Argument(
    metavar="RELEASE", help="Id of the release, code of its certificate, or its area.")]
CodeArgument = Annotated[str, typer.Argument(
    metavar="CODE", help="As it is printed on the certificate; or the id of the release.")]


def register(group: Callable[[str, str], typer.Typer]) -> None:
    release = group("release", "Land given back: proposals, signatures, certificates.")
    release.command("propose")(propose)
    release.command("sign")(sign)
    release.command("adopt")(adopt)
    release.command("revoke")(revoke)
    release.command("handover")(handover)
    release.command("certificate")(certificate)
    release.command("lookup")(lookup)
    release.command("list")(list_)
    release.command("unlocked")(unlocked)


def propose(
    registry: RegistryArgument,
    hazard: Annotated[str, typer.Argument(metavar="HAZARD", help="Its id or identifier.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR")],
    type_: Annotated[str | None, typer.Option(
        "--type", metavar="OUTCOME", help="cancelled, reduced or cleared; else what the work on "
        "record points to.")] = None,
    ground: Annotated[Path | None, typer.Option(
        "--ground", metavar="FILE", help="The part to be released; else all of it.")] = None,
    gaps: Annotated[Path | None, typer.Option(
        "--gaps", metavar="G.geojson", help="Uncovered ground of `operate proof`.")] = None,
    answers: Annotated[Path | None, typer.Option(
        "--answers", metavar="CHECKLIST.csv", help="The list of an earlier proposal, with answers "
        "of persons.")] = None,
    assumptions: AssumptionsOption = None, role: RoleOption = None, by: ByOption = UNVERIFIED,
    json: JsonOption = None,
) -> None:
    """Gather what speaks for releasing an area, and what is missing. It releases nothing.

    Writes proposal.json, checklist.csv and ground.geojson, and keeps the proposal in the registry.
    Exit status 1 where something is missing.

    Example: landrelease release propose district.gpkg hazard-7 --type cleared --out proposal
    """
    from landrelease.core.checklist import OUTCOMES
    from landrelease.workflows import load_assumptions, releasing

    wanted = next((o for o in OUTCOMES if o == type_), None)
    if type_ is not None and wanted is None:
        raise LandReleaseError(BAD_OPTION, option="--type", found=type_,
                               expected="cancelled, reduced or cleared")
    with reading(registry, "release propose", role) as (opened_registry, reader):
        made = releasing.propose(
            opened_registry, hazard, reader, load_assumptions(assumptions, opened_registry),
            outcome=wanted, ground=ground, gaps=gaps, answers=answers, by=by)
        files = releasing.write_proposal(made, out)
    d = made.document
    put_json(json, {k: v for k, v in d.items() if k not in ("nonce", "ground_wkb", "hazard_wkb")}
             | {"release": made.id})
    say(f"{made.id}: {d['hazard']}, {d['outcome']}, {d['area_m2']:,.1f} m2"
        + (f"; {d['left_m2']:,.1f} m2 stay hazardous" if d["left_m2"] > 0 else "")
        + (f"; {d['outside_recorded_m2']:,.1f} m2 outside the recorded boundary are not part of it"
           if d["outside_recorded_m2"] >= 1 else ""))
    for a in d["checklist"]["items"]:
        mark = {"met": "yes ", "not_met": "NO  ", "open": "open"}[a["state"]]
        say(f"  {mark}  {a['id']}: {a['words']}")
    if (radius := d["coverage_proof"]["no_gap_radius_m"]) is not None:
        say(f"  no gap found that holds a circle of {radius:g} m radius ({circle_m2(radius)})")
    for x in d["coverage_proof"]["confidence"]:
        at = "a confidence that is not on record" if x["confidence"] is None else (
            f"{100 * x['confidence']:g} % confidence")
        say(f"  proven covered: at least {at_least_percent(x['share'])} % of the ground at {at}")
    for line in d["residual_statement"]:
        say(f"  what may remain: {line}")
    say(f"{d['says']}. A named authority decides and signs.")
    for path in files:
        say(f"  {path}")
    raise typer.Exit(FINDINGS if made.blocking else DONE)


def sign(
    registry: RegistryArgument,
    proposal: Annotated[str, typer.Argument(
        metavar="PROPOSAL", help="proposal.json, its folder, or the id of the release.")],
    key: SignKey,
) -> None:
    """Release the ground of a proposal, with your signature as the authority.

    Nothing can be signed while an item of the checklist is not met, or after records behind the
    proposal changed.

    Example: landrelease release sign district.gpkg proposal/proposal.json --key authority.pem
    """
    from landrelease.workflows import certificates, releasing

    with opened(registry) as opened_registry:
        made = releasing.load_proposal(opened_registry, proposal)
        opened_ = opened_key(key)
        assert opened_ is not None
        release = releasing.sign(opened_registry, made, opened_)
        found = certificates.find_release(opened_registry, release)
    say(f"{release}: {found.hazard} {made.document['outcome']}, signed by {found.signer}")
    say(f"Code of the certificate: {found.code}")
    say(f"The certificate: landrelease release certificate {registry} {release} --out "
        f"{release}.pdf --as authority")


def adopt(
    registry: RegistryArgument,
    closings: Annotated[Path, typer.Argument(
        metavar="CLOSINGS.csv", help="Columns hazard, outcome, decided_on, authority, rules, "
        "document, checked_by; optional depth_m, ground (WKT), note.")],
    until: Annotated[str, typer.Option(
        "--until", metavar="DAY", help="Day until which the earlier rules held.")],
    out: Annotated[Path, typer.Option("--out", metavar="ROWS.csv", help="Every row, and why it was "
                                      "refused.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, and record nothing.")] = False,
    key: KeyOption = None, role: RoleOption = None, by: ByOption = UNVERIFIED,
    json: JsonOption = None,
) -> None:
    """Adopt closings from before the programme: each row its own proposal, signature, certificate.

    Without --key the rows that can be adopted are proposed and nothing is released. Exit status 1
    where a row was refused, or not yet signed.

    Example: landrelease release adopt district.gpkg closings.csv --until 2005-01-01 --out rows.csv
    --dry-run --as authority
    """
    import dataclasses

    from landrelease.store.results import write_atomically
    from landrelease.workflows import adopting

    day = as_date("--until", until)
    opened_ = None if dry_run else opened_key(key)
    with reading(registry, "release propose", role) as (opened_registry, reader):
        # What cannot be written changes nothing; what was refused is known before the first
        # signature.
        checked = adopting.adopt(opened_registry, reader, closings, until=day, by=by, dry_run=True)
        write_atomically(out, adopting.refused_csv(checked))
        rows = checked if dry_run else adopting.adopt(
            opened_registry, reader, closings, until=day, by=by, key=opened_)
    write_atomically(out, adopting.refused_csv(rows))
    put_json(json, [dataclasses.asdict(r) for r in rows])
    for r in rows:
        say(f"row {r.row}  {r.hazard}  {r.state}"
            + (f"  {r.area_m2:,.0f} m2" if r.state != "refused" else "")
            + (f"  {r.release}" if r.release else ""))
        for why in r.reasons:
            say(f"    {why}")
    counts = {state: sum(r.state == state for r in rows)
              for state in ("released", "proposed", "ready", "refused")}
    say(f"{len(rows)} closings: " + ", ".join(f"{n} {s}" for s, n in counts.items() if n)
        + ("; nothing is released before the authority signs." if not counts["released"] else "."))
    raise typer.Exit(DONE if counts["released"] == len(rows) or (
        dry_run and not counts["refused"]) else FINDINGS)


def revoke(registry: RegistryArgument, release: ReleaseArgument, reason: ReasonOption,
           key: KeyOption = None, by: ByOption = UNVERIFIED) -> None:
    """Revoke a certificate. It shows as revoked from now on, and its ground is hazardous again.

    Example: landrelease release revoke district.gpkg 7K2M-Q9RT-4C --key me.pem --reason "..."
    """
    from landrelease.workflows import certificates

    with opened(registry) as opened_registry:
        found, again = certificates.revoke(opened_registry, release, reason=reason, by=by,
                                           key=opened_key(key))
    say(f"{found.id}: {found.status}" + ("" if key else " (nobody signed it; it counts)"))
    for line in certificates.reopened_words(again):
        say(line)


def handover(
    registry: RegistryArgument, release: ReleaseArgument, key: SignKey,
    recipient: Annotated[str, typer.Option(
        "--recipient", metavar="NAME", help="Who signed for the community; kept beside the chain, "
        "erasable.")] = "",
    use: Annotated[str | None, typer.Option("--use", help="Use of the land, docs/records.md.")]
    = None,
    women: Annotated[int | None, typer.Option("--women", min=0, help="Who took part.")] = None,
    men: Annotated[int | None, typer.Option("--men", min=0)] = None,
    girls: Annotated[int | None, typer.Option("--girls", min=0)] = None,
    boys: Annotated[int | None, typer.Option("--boys", min=0)] = None,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="Else today.")] = None,
    correct: Annotated[str, typer.Option(
        "--correct", metavar="WORDS", help="Correct a hand-over of before, for this reason.")] = "",
) -> None:
    """Hand released land back to the people who live on it, or correct what was said of it.

    Example: landrelease release handover district.gpkg release-3f2a91c07d55 --key authority.pem
    --recipient "..." --use farmland --women 4 --men 5
    """
    from landrelease.workflows import certificates

    with opened(registry) as opened_registry:
        opened_ = opened_key(key)
        assert opened_ is not None
        found = certificates.hand_over(
            opened_registry, release, opened_, recipient=recipient, land_use=use,
            present={"women": women, "men": men, "girls": girls, "boys": boys},
            on=as_date("--on", on) if on else None, correct=correct.strip())
    say(f"{found.id}: {found.hazard} handed over on {found.handed_over_on}")


def certificate(
    registry: RegistryArgument, release: ReleaseArgument,
    out: Annotated[Path, typer.Option(
        "--out", metavar="FILE", help="Ends in .pdf for paper, in .xlsx for a spreadsheet.")],
    lang: Annotated[str, typer.Option(
        "--lang", metavar="L", callback=heard, help="Language, for example fr.")]
    = "en",
    templates: TemplatesOption = None, role: RoleOption = None,
) -> None:
    """Write the completion and hand-over certificate of a release, as PDF or spreadsheet.

    What is no longer valid says so across the page. Exit status 1 then.

    Example: landrelease release certificate district.gpkg release-3f2a91c07d55 --out c.pdf
    --as authority
    """
    from landrelease.errors import DOCUMENT_FORMAT, LandReleaseError
    from landrelease.store.exports import write_bytes
    from landrelease.workflows import certificates, documents

    ending = out.suffix.lower()
    if ending not in documents.FORMATS:
        raise LandReleaseError(DOCUMENT_FORMAT, found=out, expected=" or ".join(documents.FORMATS))
    with reading(registry, "release certificate", role) as (opened_registry, _):
        make = (certificates.certificate_sheet if ending == ".xlsx" else
                certificates.certificate)
        found, content = make(opened_registry, release, lang=lang, templates=templates)
    write_bytes(out, content)
    say(f"{out}: {found.id}, {found.code}, {found.status}")
    raise typer.Exit(DONE if found.status == "valid" else FINDINGS)


def lookup(registry: RegistryArgument, code: CodeArgument, role: RoleOption = None,
           json: JsonOption = None) -> None:
    """In which state a certificate is: valid, revoked, superseded, reopened or unverified.

    Without a role inside the programme the state alone, by the code alone. Exit status 1 where it
    is not valid.

    Example: landrelease release lookup district.gpkg 7K2M-Q9RT-4C
    """
    from landrelease.workflows import certificates

    with reading(registry, "release lookup", role) as (opened_registry, reader):
        said = certificates.looked_up(opened_registry, reader, code)
    put_json(json, said)
    say(f"The certificate is {said['status']}.")
    if said["status"] != "valid":
        say("Treat the ground as dangerous unless a valid certificate covers it.")
    if "release" in said:
        handed = said["handed_over_on"]
        say(f"  {said['release']}, area {said['hazard']}, decided {said['decided_on']}"
            + (f", handed over {handed}" if handed else ""))
        for why in said["why"]:
            say(f"  {why}")
    raise typer.Exit(DONE if said["status"] == "valid" else FINDINGS)


def list_(registry: RegistryArgument, role: RoleOption = None, json: JsonOption = None) -> None:
    """List certificates with their state, and what reopened them.

    Example: landrelease release list district.gpkg --as authority
    """
    from landrelease.workflows import certificates

    with reading(registry, "release list", role) as (opened_registry, reader):
        every = certificates.visible(opened_registry, reader)
    put_json(json, [{"release": r.id, "code": r.code, "status": r.status, "why": list(r.why),
                     "hazard": r.hazard, "decided_on": r.decided_on,
                     "handed_over_on": r.handed_over_on} for r in every])
    for r in every:
        say(f"{r.status:<11} {r.id}  {r.code}  {r.hazard}  {r.decided_on or ''}  "
            f"{'; '.join(r.why)}".rstrip())
    say(f"{len(every)} certificates.")
    raise typer.Exit(FINDINGS if any(r.status == "reopened" for r in every) else DONE)


def unlocked(registry: RegistryArgument, role: RoleOption = None, json: JsonOption = None) -> None:
    """Which projects of phase two may start: all of their land is handed over.

    Example: landrelease release unlocked district.gpkg --as planner
    """
    import dataclasses

    from landrelease.workflows import certificates

    with reading(registry, "release unlocked", role) as (opened_registry, _):
        found = certificates.unlocked_projects(opened_registry)
    put_json(json, [dataclasses.asdict(p) for p in found])
    for p in found:
        say(f"{'unlocked' if p.unlocked else 'waits':<9} {p.project}"
            + (f"  since {p.since}" if p.since else "")
            + (f"  {'; '.join(p.waits_for)}" if p.waits_for else ""))
    say(f"{sum(p.unlocked for p in found)} of {len(found)} projects are unlocked.")
