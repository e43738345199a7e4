"""Commands for the keeping of a registry: backup, restore, migrate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landrelease.apps.common import (
    DONE,
    FINDINGS,
    JsonOption,
    QuietOption,
    RegistryArgument,
    put_json,
    say,
)
from landrelease.apps.console import listening

if TYPE_CHECKING:
    from landrelease.workflows.upkeep import Copy


def register(app: typer.Typer) -> None:
    app.command()(backup)
    app.command()(restore)
    app.command()(migrate)


def backup(
    registry: RegistryArgument,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new .gpkg file.")],
    test: Annotated[bool, typer.Option(
        "--test", help="Restore it to a scratch place, compare, and remove that again.")] = False,
    accounts: Annotated[Path | None, typer.Option(
        "--accounts", metavar="FILE", help="Also the file of accounts, to OUT.accounts.")] = None,
    json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """Write a whole, checked copy of a registry to a new file; others may go on working.

    Plans and forecasts on file go to OUT.files.zip; for PostgreSQL they are beside the accounts.
    How many went along is said.

    Exit status 1 where the audit of the copy found something: the registry has it too.

    Example: landrelease backup district.gpkg district-2027-05-01.gpkg --test
    """
    from landrelease.workflows import upkeep

    with listening(quiet) as progress:
        made = upkeep.backup(registry, out, progress, test=test, accounts=accounts)
    words = "restored as a test with the same head" if test else "not tried by restoring"
    say(_along(made, registry, accounts))
    show(made, json, f"Backup of {made.office}: {out} ({words})")


def _along(made: Copy, registry: str, accounts: Path | None) -> str:
    """What of the plans and forecasts on file is in a backup."""
    from landrelease.store.open import own_file

    if own_file(registry) is None and accounts is None:
        return ("Without plans and forecasts on file: of a registry in PostgreSQL they are beside "
                "the accounts; say --accounts to take them along.")
    return f"With {made.plans} plans and {made.forecasts} forecasts on file."


def restore(
    backup_file: Annotated[Path, typer.Argument(metavar="IN", help="A backup.")],
    registry: Annotated[str, typer.Argument(
        metavar="REGISTRY", help="A new .gpkg path or a postgresql:// address.")],
    anyway: Annotated[bool, typer.Option(
        "--anyway", help="Also where the backup does not pass its audit.")] = False,
    accounts: Annotated[Path | None, typer.Option(
        "--accounts", metavar="FILE", help="Put the accounts of the backup (IN.accounts) there."
    )] = None,
    json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """Make a registry from a backup, at an address where none is.

    Plans and forecasts (IN.files.zip) come back beside REGISTRY, for PostgreSQL beside the
    accounts. What came back is said, and what is not beside the backup. Where anything of it is
    damaged or a place is taken, nothing is written.

    Example: landrelease restore district-2027-05-01.gpkg postgresql://centre/programme
    """
    from landrelease.workflows import upkeep

    with listening(quiet) as progress:
        made = upkeep.restore(backup_file, registry, anyway=anyway, accounts=accounts,
                              progress=progress)
    for line in _came_back(made, backup_file, registry, accounts):
        say(line)
    show(made, json, f"Restored {made.office} to {made.address}")


def _came_back(made: Copy, backup_file: Path, registry: str, accounts: Path | None) -> list[str]:
    """What of the plans, forecasts and accounts of a backup is there again, and what is not."""
    from landrelease.store.open import own_file
    from landrelease.workflows.upkeep import accounts_of, files_of

    files, kept = files_of(backup_file), accounts_of(backup_file)
    if not files.is_file():
        told = [f"Without plans and forecasts: there is no {files.name} beside the backup."]
    elif own_file(registry) is None and accounts is None:
        told = ["Without plans and forecasts: of a registry in PostgreSQL they are beside the "
                "accounts; say --accounts to bring them back."]
    else:
        told = [f"With {made.plans} plans and {made.forecasts} forecasts on file."]
    if accounts is not None:
        told.append(f"With the accounts: {accounts}.")
    elif kept.is_file():
        told.append(f"Without the accounts of {kept.name}: say --accounts to bring them back.")
    else:
        told.append(f"Without accounts: there is no {kept.name} beside the backup.")
    return told


def migrate(registry: RegistryArgument, quiet: QuietOption = False) -> None:
    """Bring a registry of an older version up to this one; a backup stays beside it.

    Example: landrelease migrate district.gpkg
    """
    from landrelease.workflows import upkeep

    with listening(quiet) as progress:
        kept = upkeep.migrate(registry, progress)
    say("Nothing to do: the registry has the layout of this version." if kept is None
        else f"Migrated. The registry as it was: {kept}")


def show(made: Copy, json: Path | None, words: str) -> None:
    import dataclasses

    document: dict[str, Any] = dataclasses.asdict(made)
    put_json(json, document)
    for finding in made.findings:
        say(f"[{finding.code}] revision {finding.number} {finding.record_id}: {finding.problem}")
    state = f"{len(made.findings)} findings" if made.findings else "audit clean"
    say(f"{words}: {made.count:,} revisions, head {made.head[:16]}, {state}.")
    raise typer.Exit(FINDINGS if made.findings else DONE)
