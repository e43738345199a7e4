"""Commands about who: identities, sign-off, checkpoints, the audit against them, erasure."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landrelease.apps.common import (
    DONE,
    FINDINGS,
    UNVERIFIED,
    ByOption,
    JsonOption,
    RegistryArgument,
    RoleOption,
    as_date,
    opened,
    put_json,
    say,
)
from landrelease.apps.reading import reading
from landrelease.errors import PASSPHRASE_SHORT, LandReleaseError

if TYPE_CHECKING:
    from landrelease.core.signature import SigningKey

KeyOption = Annotated[Path | None, typer.Option(
    "--key", metavar="KEYFILE", help="Your private key; its passphrase is asked for, or taken from "
    "LANDRELEASE_PASSPHRASE.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept with the revision.")]


def register(app: typer.Typer, group: Callable[[str, str], typer.Typer]) -> None:
    app.command()(audit)
    app.command()(checkpoint)
    app.command("sign-off")(sign_off)
    identity = group("identity", "Persons with keys: new, list, vouch, revoke, erase.")
    identity.command("new")(identity_new)
    identity.command("list")(identity_list)
    identity.command("vouch")(identity_vouch)
    identity.command("revoke")(identity_revoke)
    identity.command("erase")(identity_erase)


SHORTEST = 8  # characters of a passphrase


def passphrase(path: Path, *, new: bool = False) -> str | None:
    """From the environment, else asked for; a key without one is opened without a question."""
    found = os.environ.get("LANDRELEASE_PASSPHRASE")
    if not found:
        if not new and not asks(path):
            return None
        found = typer.prompt("Passphrase of the new key" if new else f"Passphrase of {path}",
                             default="", show_default=False, hide_input=True,
                             confirmation_prompt=new, err=True)
    if new and len(found) < SHORTEST:
        raise LandReleaseError(PASSPHRASE_SHORT, found=len(found), expected=SHORTEST)
    return found or None


def asks(path: Path) -> bool:
    """Whether a key file has a passphrase; what is wrong with it says whoever reads it."""
    try:
        return b"ENCRYPTED" in path.read_bytes()[:200]
    except OSError:
        return False


def opened_key(path: Path | None) -> SigningKey | None:
    from landrelease.workflows import identities

    return None if path is None else identities.read_key(path, passphrase(path))


def audit(
    registry: RegistryArgument,
    checkpoint: Annotated[list[Path] | None, typer.Option(
        "--checkpoint", metavar="FILE", help="A checkpoint that was kept elsewhere; repeat for "
        "more.")] = None,
    role: RoleOption = None, json: JsonOption = None,
) -> None:
    """Recompute chains and current records, and hold them against checkpoints.

    Exit status 1 where something changed. Which revisions those are is for the programme: without
    a role inside it, only whether and how much.

    Example: landrelease audit district.gpkg --checkpoint 2027-05-01.json --as planner
    """
    import dataclasses

    from landrelease.core.checkpoint import signer
    from landrelease.workflows import checkpoints

    held = [checkpoints.read(path) for path in checkpoint or ()]
    with reading(registry, "audit", role) as (opened_registry, reader):
        findings = [*opened_registry.audit(), *checkpoints.compare(opened_registry, held)]
        count, head = opened_registry.count(), opened_registry.head()
        signers = [checkpoints.known_signer(opened_registry, c) for c in held]
    inside = reader.may("audit", "findings")
    shown = findings if inside else []
    put_json(json, [dataclasses.asdict(f) for f in shown] if shown or not findings else [
        {"code": code} for code in sorted({f.code for f in findings})])
    for f in shown:
        say(f"[{f.code}] revision {f.number} {f.record_id}: {f.problem}")
    for c, who in zip(held, signers, strict=True):
        say(f"Checkpoint of {c.made_at[:10]} ({c.count:,} revisions), signed by "
            + ("a key that is not known here" if who is None else who if inside
               else "a key that is known here") + f": {signer(c)}")
    say(f"{count:,} revisions, head {head[:16]}: "
        + (f"{len(findings)} findings" if findings else "unchanged"))
    if not held:
        say("Without a checkpoint, a chain that was cut off or wholly rewritten is not found.")
    raise typer.Exit(FINDINGS if findings else DONE)


def checkpoint(registry: RegistryArgument,
               out: Annotated[Path, typer.Argument(metavar="OUT", help="A .json file.")],
               key: KeyOption = None) -> None:
    """Write a signed checkpoint: what the registry holds now. Keep it elsewhere.

    Without --key the key of this office signs; it lies in your configuration folder, not in the
    registry, and is made at its first use.

    Example: landrelease checkpoint district.gpkg stick/2027-05-01.json
    """
    from landrelease.core.checkpoint import signer
    from landrelease.workflows import checkpoints

    with opened(registry) as opened_registry:
        made = checkpoints.make(opened_registry, out, opened_key(key))
    say(f"{out}: {made.count:,} revisions{' of a synthetic programme' * made.synthetic}, head "
        f"{made.head[:16]}, signed by the key {signer(made)}")


def sign_off(
    registry: RegistryArgument,
    records: Annotated[list[str], typer.Argument(metavar="RECORD...")],
    level: Annotated[str, typer.Option(
        "--level", help="entered, operator, operations, information_management or authority.")],
    reason: ReasonOption = "", key: KeyOption = None, by: ByOption = UNVERIFIED,
) -> None:
    """Give records a level of validation; a lower one than they have withdraws it.

    The level of the authority counts only with a key. Without one it shows as unverified.

    Example: landrelease sign-off district.gpkg hazard-7 --level operations --key me.pem
    """
    from landrelease.workflows import identities

    with opened(registry) as opened_registry:
        made = identities.sign_off(opened_registry, records, level, reason=reason, by=by,
                                   key=opened_key(key))
        doubtful = False
        for stored in made:
            verdict = identities.verdicts(opened_registry, stored.revision.record_id).get(
                stored.hash)
            words = "" if verdict is None else verdict.standing + (
                f" ({verdict.reason})" if verdict.reason else "")
            who = opened_registry.name_of(stored.revision.recorded_by)
            say(f"{stored.revision.record_id}: {level} by {who} {words or '(unverified)'}".rstrip())
            doubtful |= verdict is not None and verdict.standing != "verified"
    raise typer.Exit(FINDINGS if doubtful else DONE)


def identity_new(
    registry: RegistryArgument,
    key: Annotated[Path, typer.Argument(metavar="KEYFILE", help="A new file for the private key.")],
    name: Annotated[str, typer.Option("--name", help="Name; kept beside the chain, erasable.")],
    organisation: Annotated[str, typer.Option("--organisation")] = "",
    role: Annotated[str, typer.Option(
        "--role", help="For example planner, inspector, authority: which decisions count "
        "(docs/identities.md).")] = "",
    competence: Annotated[list[str] | None, typer.Option(
        "--competence", help="What the person may do; repeat for more.")] = None,
    voucher: Annotated[Path | None, typer.Option(
        "--voucher", metavar="KEYFILE", help="Key of somebody who vouches at once.")] = None,
    no_passphrase: Annotated[bool, typer.Option(
        "--no-passphrase", help="Write the key as it is: whoever has the file can sign.")] = False,
    by: ByOption = UNVERIFIED,
) -> None:
    """Record a person with a new key. The first one of an office counts and may vouch for others.

    Example: landrelease identity new district.gpkg me.pem --name "..." --role authority
    """
    from landrelease.workflows import identities

    with opened(registry) as opened_registry:
        made = identities.create_identity(
            opened_registry, key, name=name, by=by, organisation=organisation, role=role,
            competences=competence or (), voucher=opened_key(voucher),
            passphrase=None if no_passphrase else passphrase(key, new=True))
    say(f"{made.person}: {made.standing}")
    say(f"Fingerprint, to compare by voice: {made.fingerprint}")
    say(f"The private key is in {key}. Keep it to yourself, and a copy in a safe place.")


def identity_list(registry: RegistryArgument, role: RoleOption = None,
                  json: JsonOption = None) -> None:
    """List persons with keys, and how far each key counts. Names: `landrelease personal`.

    Example: landrelease identity list district.gpkg --as planner
    """
    import dataclasses

    from landrelease.workflows import identities

    with reading(registry, "identity list", role) as (opened_registry, _):
        found = identities.identities(opened_registry)
    put_json(json, [{k: v for k, v in dataclasses.asdict(i).items() if k != "name"} | {
        "key_until": i.key_until.isoformat() if i.key_until else None,
        "since": i.since.isoformat() if i.since else None} for i in found])
    for i in found:
        say(f"{i.person}  {i.organisation}  {i.role}".rstrip())
        say(f"    key {i.fingerprint}: {i.standing}")
    say(f"{len(found)} persons with a key.")


def identity_vouch(
    registry: RegistryArgument,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Id or name.")],
    key: Annotated[Path, typer.Option("--key", metavar="KEYFILE", help="Your own key.")],
    fingerprint: Annotated[str, typer.Option(
        "--fingerprint", metavar="DIGITS", help="As the person reads it out: it is compared with "
        "the recorded key.")],
    may_vouch: Annotated[bool | None, typer.Option(
        "--may-vouch/--may-not-vouch", help="Whether the person may vouch for others.")] = None,
    role: Annotated[str | None, typer.Option(
        "--role", help="What the person is in the programme; else the role on record is signed "
        "for.")] = None,
    since: Annotated[str | None, typer.Option(
        "--since", metavar="DATE", help="From when on it counts; else from now.")] = None,
    until: Annotated[str | None, typer.Option(
        "--until", metavar="DATE", help="Last day on which it counts.")] = None,
    reason: ReasonOption = "fingerprint compared",
) -> None:
    """Sign for the key of another person, whose fingerprint you heard from them.

    Example: landrelease identity vouch district.gpkg "Ana" --key me.pem --fingerprint "3f2a ..."
    """
    from landrelease.workflows import identities

    with opened(registry) as opened_registry:
        own = identities.read_key(key, passphrase(key))
        made = identities.vouch(
            opened_registry, identities.person_named(opened_registry, person), own,
            fingerprint_seen=fingerprint, may_vouch=may_vouch, role=role, reason=reason,
            since=as_date("--since", since) if since else None,
            until=as_date("--until", until) if until else None)
    say(f"{made.person}: {made.standing}; role {made.role or 'not reported'}")


def identity_revoke(
    registry: RegistryArgument,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Id or name.")],
    reason: ReasonOption,
    last_day: Annotated[str | None, typer.Option(
        "--last-day", metavar="DATE", help="Last day on which it counts; else yesterday.")] = None,
    key: KeyOption = None, by: ByOption = UNVERIFIED,
) -> None:
    """End a person's key. What it signed in its time goes on counting.

    Example: landrelease identity revoke district.gpkg person:... --reason "key lost"
    """
    from landrelease.workflows import identities

    with opened(registry) as opened_registry:
        made = identities.revoke(
            opened_registry, identities.person_named(opened_registry, person), by=by,
            reason=reason, key=opened_key(key),
            last_day=as_date("--last-day", last_day) if last_day else None)
    say(f"{made.person}: {made.standing}")


def identity_erase(
    registry: RegistryArgument,
    what: Annotated[str, typer.Argument(
        metavar="WHAT", help="A person, a record, or the SHA-256 of a file that came in.")],
    reason: ReasonOption, by: ByOption = UNVERIFIED,
) -> None:
    """Erase a name, the personal values of a record, or the content of a file. It cannot be undone.

    The chain keeps what it committed to, who erased and why, and stays whole. Backups, checkpoints'
    copies and packages that left are not reached: erase there too.

    Example: landrelease identity erase district.gpkg person:... --reason "asked to be forgotten"
    """
    import re

    from landrelease.workflows import identities

    with opened(registry) as opened_registry:
        if re.fullmatch(r"[0-9a-f]{64}", what):
            identities.erase_source(opened_registry, what, by=by, reason=reason)
            say(f"The content of the file {what[:16]} is erased.")
            return
        known = bool(opened_registry.history(what)) or what.startswith("person:")
        target = what if known else identities.person_named(opened_registry, what,
                                                                anybody=True)
        went = identities.erase_person(opened_registry, target, by=by, reason=reason)
        files = opened_registry.sources()
        held = dict.fromkeys(s.revision.source for s in opened_registry.history(target)
                             if s.revision.source in files)
    say(f"{target}: {went} values erased.")
    for sha256 in held:
        say(f"The file that it came from may still name the person: {files[sha256]}. To erase its "
            f"content: landrelease identity erase {registry} {sha256} --reason ...")

