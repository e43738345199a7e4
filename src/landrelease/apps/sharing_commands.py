"""Commands about what leaves, for whom, and what does not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from landrelease.apps.common import (
    UNVERIFIED,
    ByOption,
    JsonOption,
    RegistryArgument,
    RoleOption,
    say,
)
from landrelease.apps.common import put_json as write_json
from landrelease.apps.reading import AreaOption, OrganisationOption, reading


def register(app: typer.Typer) -> None:
    app.command()(share)
    app.command()(withheld)
    app.command()(personal)
    app.command()(guard)


def share(
    registry: RegistryArgument,
    out: Annotated[Path, typer.Argument(metavar="OUT.gpkg", help="A GeoPackage for any GIS.")],
    role: RoleOption = None, organisation: OrganisationOption = None, area: AreaOption = None,
    json: JsonOption = None,
) -> None:
    """Write a redacted copy: the layers, rows and fields that a reader may see, and no more.

    The tables `withheld` and `about` in it say what is missing, why, and when it was made for whom.

    Example: landrelease share district.gpkg for-donor.gpkg --as donor --organisation "Donor A"
    """
    import dataclasses

    from landrelease.workflows import sharing

    with reading(registry, "share", role, organisation, area) as (opened_registry, reader):
        made = sharing.share(opened_registry, out, reader)
    write_json(json, {"path": str(made.path), "layers": made.layers,
                      "withheld": [dataclasses.asdict(w) for w in made.withheld]})
    for name, rows in made.layers.items():
        say(f"{name:<22}{rows:>8,}")
    say(f"Written to {out} for the role {reader.role}; its table withheld says what is missing.")


def withheld(
    registry: RegistryArgument, role: RoleOption = None, organisation: OrganisationOption = None,
    area: AreaOption = None, json: JsonOption = None,
) -> None:
    """Say what a reader does not get, or not as it stands, and why.

    Example: landrelease withheld district.gpkg --as operator --organisation "Operator A"
    """
    import dataclasses

    with reading(registry, "withheld", role, organisation, area) as (_, reader):
        found = reader.withheld()
    write_json(json, [dataclasses.asdict(w) for w in found])
    for w in found:
        fields = f" ({', '.join(w.fields)})" if w.fields and w.precision == "exact" else ""
        say(f"{w.subject:<20} {w.precision:<13} {w.reason}{fields}")
    say(f"{len(found)} subjects are withheld from the role {reader.role}, whole or in part.")


def personal(
    registry: RegistryArgument, record: str,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the registry.")],
    role: RoleOption = None, by: ByOption = UNVERIFIED, json: JsonOption = None,
) -> None:
    """Show the personal values of one record, or the name behind a person's id.

    Who looked, at what and why is recorded before anything is shown (S17).

    Example: landrelease personal district.gpkg accident-7 --as authority --reason "next of kin"
    """
    from landrelease.workflows import sharing

    with reading(registry, "personal", role) as (opened_registry, reader):
        found = sharing.personal_values(opened_registry, record, reader, reason=reason, by=by)
    write_json(json, found)
    for name, value in found.items():
        say(f"{name}: {value}")


def guard(
    registry: RegistryArgument,
    sql: Annotated[Path | None, typer.Option(
        "--sql", metavar="OUT.sql", help="Only write the statements, for the administrator of the "
        "database.")] = None,
) -> None:
    """Put the policy into PostgreSQL as well: roles, columns and rows. Repeat it after an update.

    Logins of persons get one of the roles landrelease_... and a row in the table membership.

    Example: landrelease guard postgresql://centre/programme
    """
    from landrelease.workflows import sharing

    count = sharing.guard(registry, sql)
    say(f"{count} statements " + (f"written to {sql}." if sql else "done."))
