"""The command `export`: records out, in the formats that others read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

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
        "--as-of", metavar="D", help="As it was known at the end of that day (UTC).")] = None,
    known_at: Annotated[str | None, typer.Option(
        "--known-at", metavar="T", help="As it was known at that moment, with its zone.")] = None,
    valid_at: Annotated[str | None, typer.Option(
        "--valid-at", metavar="D", help="As it was on that day, by the date of information.")]
    = None,
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

    if as_of and known_at:
        raise LandReleaseError(BAD_OPTION, option="--as-of and --known-at", found="both",
                               expected="one of the two")
    known = (_moment("--as-of", as_of, end=True) if as_of
             else _moment("--known-at", known_at) if known_at else None)
    choice = exporting.Choice(
        tuple(kind or ()), known, as_date("--valid-at", valid_at) if valid_at else None,
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


def _moment(option: str, text: str, *, end: bool = False) -> datetime:
    """A day (its start, or its end) in UTC, or a moment with its zone."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = datetime.min
        if found.tzinfo is None or end:
            raise LandReleaseError(
                BAD_OPTION, option=option, found=text, expected="a date as 2027-04-01" + (
                    "" if end else ", or a moment with its zone as 2027-04-01T12:00+02:00")
            ) from None
        return found.astimezone(UTC)
    if end:
        return datetime(day.year, day.month, day.day, 23, 59, 59, 999999, tzinfo=UTC)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
