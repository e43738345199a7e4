"""The command `export`: records out, in the formats that others read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from landrelease.apps.claims_commands import as_moment
from landrelease.apps.common import QuietOption, RegistryArgument, RoleOption, as_date, say
from landrelease.apps.console import listening
from landrelease.apps.reading import AreaOption, OrganisationOption, reading
from landrelease.errors import BAD_OPTION, LandReleaseError


def register(app: typer.Typer) -> None:
    app.command()(export)


def export(
    registry: RegistryArgument,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A folder.")],
    as_of: Annotated[str | None, typer.Option(
        "--as-of", "--valid-at", metavar="D", help="As it was on that day, as in figures; else "
        "now.")] = None,
    known_at: Annotated[str | None, typer.Option(
        "--known-at", metavar="T", help="As it was known then: the end of a day (UTC), or a moment "
        "with its zone.")] = None,
    changed_since: Annotated[str | None, typer.Option(
        "--changed-since", metavar="D|T", help="Only what is not as it was known then.")] = None,
    format_: Annotated[list[str] | None, typer.Option(
        "--format", metavar="F", help="csv, geojson, gpkg, parquet, kml, xlsx; repeat for more. "
        "Else csv and geojson.")] = None,
    kind: Annotated[list[str] | None, typer.Option(
        "--kind", metavar="KIND", help="Only this kind; repeat for more.")] = None,
    layout: Annotated[str, typer.Option(
        "--layout", help="kinds, or mdr: the minimum data requirements (CSV and XLSX).")]
    = "kinds",
    within: Annotated[Path | None, typer.Option(
        "--within", metavar="FILE", help="Only what touches the polygons of this file.")] = None,
    hxl: Annotated[bool, typer.Option(
        "--hxl/--no-hxl", help="A row of HXL tags under the headings of CSV and XLSX.")] = True,
    role: RoleOption = None, organisation: OrganisationOption = None, area: AreaOption = None,
    quiet: QuietOption = False,
) -> None:
    """Write the records that the role may see, and what was withheld.

    What is written can be imported again unchanged (docs/export.md).

    Example: landrelease export district.gpkg out --as planner --format gpkg --kind hazard
    """
    from landrelease.workflows import export as exporting

    choice = exporting.Choice(
        tuple(kind or ()), as_moment("--known-at", known_at) if known_at else None,
        as_date("--as-of", as_of) if as_of else None,
        _moment("--changed-since", changed_since) if changed_since else None)
    areas = [*(area or []), *([exporting.within(within)] if within is not None else [])]
    with (reading(registry, "export", role, organisation, areas) as (opened_registry, reader),
          listening(quiet) as progress):
        counts = exporting.export(
            opened_registry, out, reader, choice, formats=format_ or ("csv", "geojson"),
            layout=layout, hxl=hxl, progress=progress)
    for name, rows in counts.items():
        say(f"{name:<22}{rows:>8,}")
    say(f"Written to {out} for the role {role or 'public'}; withheld.json says what is missing.")


def _moment(option: str, text: str) -> datetime:
    """A day (its start) in UTC, or a moment with its zone."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = datetime.min
        if found.tzinfo is None:
            raise LandReleaseError(
                BAD_OPTION, option=option, found=text, expected="a date as 2027-04-01, or a moment "
                "with its zone as 2027-04-01T12:00+02:00") from None
        return found.astimezone(UTC)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
