"""The commands `source`: photographs and files that came in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from landrelease.apps.common import (
    DONE,
    FINDINGS,
    JsonOption,
    RegistryArgument,
    RoleOption,
    put_json,
    say,
)
from landrelease.apps.reading import reading


def register(group: Callable[[str, str], typer.Typer]) -> None:
    source = group("source", "Photographs and files that came in.")
    source.command("list")(source_list)
    source.command("get")(source_get)


def source_list(
    registry: RegistryArgument,
    record: Annotated[str, typer.Option(
        "--record", metavar="ID", help="Only photographs that came with this record.")] = "",
    missing: Annotated[bool, typer.Option(
        "--missing", help="Photographs that submissions name and that never came.")] = False,
    role: RoleOption = None, json: JsonOption = None,
) -> None:
    """List photographs with the submission and the records that they came with.

    Exit status 1 where photographs are missing.

    Example: landrelease source list district.gpkg --missing --as planner
    """
    import dataclasses

    from landrelease.workflows.photographs import photographs_of
    from landrelease.workflows.submissions import missing_pictures

    with reading(registry, "source list", role) as (opened_registry, reader):
        if missing:
            lost = missing_pictures(opened_registry)
        else:
            found = photographs_of(opened_registry, reader, record)
    if missing:
        put_json(json, [dict(zip(("form", "instance", "file"), row, strict=True)) for row in lost])
        for form, instance, file in lost:
            say(f"{file}: named by {form} {instance}, never came")
        say(f"{len(lost)} photographs are missing.")
        raise typer.Exit(FINDINGS if lost else DONE)
    put_json(json, [dataclasses.asdict(p) for p in found])
    for p in found:
        say(f"{p.sha256}  {p.file or '-'}  {p.submission}: {' '.join(p.about) or '-'}")
    say(f"{len(found)} photographs.")


def source_get(
    registry: RegistryArgument,
    sha256: Annotated[str, typer.Argument(
        metavar="SHA-256", help="Of the file, or the first 8 digits or more.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write.")],
    role: RoleOption = None,
) -> None:
    """Give out a file that came in: a photograph without its metadata, any other as it came.

    Example: landrelease source get district.gpkg 3f2a91c0 photograph.jpg --as planner
    """
    from landrelease.store.results import write_atomically
    from landrelease.workflows.photographs import given_out

    with reading(registry, "source get", role) as (opened_registry, reader):
        content, media = given_out(opened_registry, reader, sha256)
    write_atomically(out, content)
    say(f"{out}: {len(content):,} bytes, {media}")
