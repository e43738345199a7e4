"""The command `check`: what is wrong with a file or with the records of a registry."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from landrelease.apps.common import (
    DONE,
    FINDINGS,
    JsonOption,
    QuietOption,
    RoleOption,
    put_json,
    say,
)
from landrelease.apps.console import listening
from landrelease.apps.reading import AreaOption, OrganisationOption, reading
from landrelease.errors import BAD_OPTION, LandReleaseError

_SHOWN = 50


def register(app: typer.Typer) -> None:
    app.command()(check)


def check(
    what: Annotated[str, typer.Argument(metavar="FILE|REGISTRY")],
    kind: Annotated[str | None, typer.Option("--kind", help="Kind of record.")] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="Of a file.")] = None,
    mapping: Annotated[Path | None, typer.Option("--mapping", metavar="MAP.yaml")] = None,
    crs: Annotated[str, typer.Option(
        "--crs", help="System of coordinates of which a file does not state it.")] = "",
    only: Annotated[list[str] | None, typer.Option(
        "--only", metavar="NAME", help="Only this check (docs/geochecks.md); repeat for more.")]
    = None,
    set_: Annotated[list[str] | None, typer.Option(
        "--set", metavar="NAME=VALUE", help="A threshold, such as corners_apart_m=5000.")] = None,
    must: Annotated[bool, typer.Option(
        "--mandatory", help="Only what has to be put right.")] = False,
    report: Annotated[Path | None, typer.Option(
        "--report", metavar="OUT.csv", help="All findings as a table.")] = None,
    role: RoleOption = None, organisation: OrganisationOption = None, area: AreaOption = None,
    json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """Check places, shapes, duplicates and values, and change nothing (docs/geochecks.md).

    Exit status 1 where something has to be put right.

    Example: landrelease check areas.geojson --kind hazard --report findings.csv
    """
    from landrelease.store.exports import write_csv
    from landrelease.store.open import is_registry
    from landrelease.workflows import checking

    changes = {}
    for pair in set_ or ():
        name, _, value = pair.partition("=")
        if not value:
            raise LandReleaseError(BAD_OPTION, option="--set", found=pair, expected="NAME=VALUE")
        changes[name.strip()] = value.strip()
    settings = checking.settings_of(changes)
    if is_registry(what):
        with reading(what, "check", role, organisation, area) as (registry, reader), \
                listening(quiet) as progress:
            found = checking.check_registry(registry, reader, settings=settings, kind=kind,
                                            only=only or (), progress=progress)
    else:
        with listening(quiet) as progress:
            found = checking.check_file(Path(what), settings=settings, kind=kind, layer=layer,
                                        mapping_path=mapping, crs=crs, only=only or (),
                                        progress=progress)
    grave = checking.mandatory(found)
    shown = grave if must else found
    put_json(json, [dataclasses.asdict(f) for f in shown])
    if report is not None:
        write_csv(report, [{"to_be_put_right": "yes" if f in grave else "",
                            **dataclasses.asdict(f)} for f in shown])
    for f in shown[:_SHOWN]:
        say(f"{f.code}  {f.problem}")
    if len(shown) > _SHOWN:
        say(f"... and {len(shown) - _SHOWN:,} more: --report OUT.csv")
    say(f"{len(found):,} findings, {len(grave):,} of them to be put right.")
    raise typer.Exit(FINDINGS if grave else DONE)
