"""Commands for the exchange between offices: pack, unpack, status, conflicts, resolve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landrelease.apps.common import (
    DONE,
    FINDINGS,
    UNVERIFIED,
    ByOption,
    JsonOption,
    RegistryArgument,
    RoleOption,
    opened,
    put_json,
    say,
)
from landrelease.apps.identity_commands import KeyOption, ReasonOption, opened_key
from landrelease.apps.reading import reading
from landrelease.errors import BAD_OPTION, LandReleaseError

if TYPE_CHECKING:
    from landrelease.workflows.exchange import Conflict, Missing


def register(app: typer.Typer, group: Callable[[str, str], typer.Typer]) -> None:
    exchange = group("exchange", "Packages between offices: pack, unpack, status, conflicts.")
    exchange.command("pack")(pack)
    exchange.command("unpack")(unpack)
    exchange.command("status")(status)
    exchange.command("conflicts")(conflicts)
    exchange.command("resolve")(resolve)


def pack(
    registry: RegistryArgument,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A .lrx file, for a memory stick.")],
    to: Annotated[str, typer.Option(
        "--to", metavar="OFFICE", help="Only what the last package for this office lacked.")] = "",
    since: Annotated[Path | None, typer.Option(
        "--since", metavar="CHECKPOINT", help="Only what came after a checkpoint.")] = None,
    with_sources: Annotated[bool, typer.Option(
        "--with-sources", help="Also the files that the records came from.")] = False,
    key: KeyOption = None, role: RoleOption = None,
) -> None:
    """Write the revisions of all offices that are here as one signed package.

    It holds hazards and places of teams: it is for offices only. Personal values are never in it.

    Example: landrelease exchange pack district.gpkg stick/travnik.lrx --to Sarajevo --as authority
    """
    from landrelease.workflows import checkpoints, exchange

    ends = None
    if since is not None:
        ends = {m.chain: m.position for m in checkpoints.read(since).marks}
    with reading(registry, "exchange pack", role) as (opened_registry, _):
        made = exchange.pack(opened_registry, out, to=to, since=ends, key=opened_key(key),
                             with_sources=with_sources)
    for office, count in made.revisions.items():
        say(f"{office}: {count:,} revisions")
    say(f"{made.path}: {sum(made.revisions.values()):,} revisions, {made.sources} files, "
        f"SHA-256 {made.sha256[:16]}")


def unpack(
    registry: RegistryArgument,
    packages: Annotated[list[Path], typer.Argument(metavar="PACKAGE...")],
    accept_key: Annotated[bool, typer.Option(
        "--accept-key", help="Although an office signs with another key than before: compare the "
        "fingerprint by voice first.")] = False,
    by: ByOption = UNVERIFIED, json: JsonOption = None,
) -> None:
    """Take packages of other offices in. What is known is passed over; nothing is lost.

    Exit status 1 where something is missing, forks or contradicts.

    Example: landrelease exchange unpack national.gpkg stick/*.lrx
    """
    import dataclasses

    from landrelease import workflows
    from landrelease.workflows import exchange

    found = []
    with opened(registry) as opened_registry:
        for path in packages:
            found.append(exchange.unpack(opened_registry, path, by=by, accept_key=accept_key))
        waits = exchange.waiting(opened_registry)
        contested = opened_registry.contested()
        if workflows.is_synthetic(opened_registry):
            say(workflows.SYNTHETIC)
    put_json(json, [dataclasses.asdict(u) for u in found])
    for u in found:
        new = ", ".join(f"{count:,} of {office}" for office, count in u.new.items()) or "nothing"
        say(f"{u.file} from {u.office}: {new} new, {u.known:,} known")
        if u.first_time:
            say(f"    first package of an office: compare its key by voice: {u.signer}")
        for fork in u.forks:
            say(f"    a copy of a registry was written to: kept as the branch {fork}")
    show_missing(waits)
    if contested:
        say(f"{len(contested):,} records are contested: "
            f"landrelease exchange conflicts {registry}")
    forked = any(u.forks for u in found)
    raise typer.Exit(FINDINGS if waits or contested or forked else DONE)


def show_missing(waits: list[tuple[str, tuple[Missing, ...]]]) -> None:
    for file, missing in waits:
        for gap in missing:
            say(f"{file} waits for {gap.office}, positions {gap.first:,} to {gap.last:,}: ask any "
                "office that has them for a package")


def status(registry: RegistryArgument, role: RoleOption = None, json: JsonOption = None) -> None:
    """Show which chains are here, how far, and which packages wait for what.

    Example: landrelease exchange status national.gpkg --as planner
    """
    import dataclasses

    from landrelease.workflows import exchange

    with reading(registry, "exchange status", role) as (opened_registry, _):
        chains = opened_registry.chains()
        waits = exchange.waiting(opened_registry)
    put_json(json, {"chains": [dataclasses.asdict(c) for c in chains], "waiting": [
        {"file": file, "missing": [dataclasses.asdict(m) for m in missing]}
        for file, missing in waits]})
    for c in chains:
        say(f"{c.office:<24}{'own' if c.own else '':<5}{c.position:>9,} revisions  "
            f"head {c.head[:16]}  chain {c.id}")
    show_missing(waits)
    raise typer.Exit(FINDINGS if waits else DONE)


def conflicts(registry: RegistryArgument, role: RoleOption = None,
              json: JsonOption = None) -> None:
    """List the records of which offices say different things, side by side.

    Until somebody settles it, a contested hazard is hazardous wherever one of them says.

    Example: landrelease exchange conflicts national.gpkg --as planner
    """
    from landrelease.workflows import exchange

    with reading(registry, "exchange conflicts", role) as (opened_registry, _):
        found = exchange.conflicts(opened_registry)
    put_json(json, [document(c) for c in found])
    for c in found:
        say(f"{c.record_id} ({c.kind}): they differ in {', '.join(c.fields)}")
        for s in c.sayings:
            mark = "*" if s.hash == c.current else " "
            say(f"  {mark} {s.hash[:12]}  {s.office}  {s.recorded_at:%Y-%m-%d %H:%M} UTC  "
                f"{s.recorded_by}  [{s.validation}]: {s.reason}")
            for name in c.fields:
                if name in s.values:
                    say(f"        {name}: {s.values[name]}")
                elif name == "geometry":
                    say(f"        geometry: {'none' if s.geometry is None else s.geometry.wkt}"[
                        :160])
    say(f"{len(found):,} contested records." + (" * stands meanwhile." if found else ""))
    raise typer.Exit(FINDINGS if found else DONE)


def document(conflict: Conflict) -> dict[str, Any]:
    return {"record": conflict.record_id, "kind": conflict.kind, "fields": list(conflict.fields),
            "current": conflict.current, "sayings": [
                {"hash": s.hash, "office": s.office, "recorded_at": s.recorded_at.isoformat(),
                 "recorded_by": s.recorded_by, "reason": s.reason, "validation": s.validation,
                 "signed": s.signed, "values": dict(s.values),
                 "geometry": None if s.geometry is None else s.geometry.wkt}
                for s in conflict.sayings]}


def resolve(
    registry: RegistryArgument,
    record: Annotated[str, typer.Argument(metavar="RECORD")],
    choose: Annotated[str, typer.Option("--choose", metavar="HASH", help="Its first digits.")],
    reason: ReasonOption,
    change: Annotated[list[str] | None, typer.Option(
        "--set", metavar="FIELD=VALUE", help="A value of its own; repeat for more.")] = None,
    key: KeyOption = None, by: ByOption = UNVERIFIED,
) -> None:
    """Settle a conflict: what one office says stands, as a revision with a reason.

    Example: landrelease exchange resolve national.gpkg hazard-7 --choose 3f2a --reason "visited"
    """
    from landrelease.workflows import exchange

    values: dict[str, Any] = {}
    for item in change or ():
        name, sign, value = item.partition("=")
        if not sign or not name:
            raise LandReleaseError(BAD_OPTION, option="--set", found=item, expected="FIELD=VALUE")
        values[name.strip()] = value
    with opened(registry) as opened_registry:
        made = exchange.resolve(opened_registry, record, choose, reason=reason, by=by,
                                values=values, key=opened_key(key))
    say(f"{record}: settled by revision {made.number}.")
