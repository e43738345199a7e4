"""Commands about areas, about edits of other programs and about national extensions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

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
from landrelease.apps.identity_commands import KeyOption, ReasonOption
from landrelease.apps.reading import reading
from landrelease.core.geometry import joined

ShapeOption = Annotated[Path, typer.Option(
    "--part", metavar="FILE", help="GeoJSON, GeoPackage, Shapefile or KML with the polygon.")]
HazardArgument = Annotated[str, typer.Argument(metavar="HAZARD", help="Its record id.")]


def register(app: typer.Typer, group: Callable[[str, str], typer.Typer]) -> None:
    area = group("area", "Areas divided, joined, suspended, released in part; their descent.")
    area.command("split")(split)
    area.command("merge")(merge)
    area.command("suspend")(suspend)
    area.command("release")(release)
    area.command("lineage")(lineage)
    edits = group("edits", "Rows that another program changed in the layers.")
    edits.command("list")(edits_list)
    edits.command("take-in")(edits_take_in)
    edits.command("drop")(edits_drop)
    extension = group("extension", "Fields, words and thresholds of a national programme.")
    extension.command("load")(extension_load)
    extension.command("show")(extension_show)


def split(
    registry: RegistryArgument, hazard: HazardArgument,
    parts: Annotated[Path, typer.Option("--parts", metavar="FILE", help="One polygon a part.")],
    reason: ReasonOption, by: ByOption = UNVERIFIED,
) -> None:
    """Divide a hazard into parts; what they leave over becomes a part too. No ground is lost.

    Example: landrelease area split district.gpkg hazard-7 --parts parts.geojson --reason "TS 7"
    """
    from landrelease.workflows import areas

    with opened(registry) as opened_registry:
        made = areas.split(opened_registry, hazard, areas.read_shapes(parts), by=by, reason=reason)
    say(f"{hazard} became {', '.join(made)}")


def merge(
    registry: RegistryArgument,
    hazards: Annotated[list[str], typer.Argument(metavar="HAZARD...")],
    new_id: Annotated[str, typer.Option("--id", metavar="ID", help="Id of the joined area.")],
    reason: ReasonOption,
    shape: Annotated[Path | None, typer.Option(
        "--shape", metavar="FILE", help="A shape that covers all of them; else their union.")]
    = None, by: ByOption = UNVERIFIED,
) -> None:
    """Join hazards into one that covers all of their ground.

    Example: landrelease area merge district.gpkg h1 h2 --id h9 --reason "one task"
    """
    from landrelease.workflows import areas

    found = areas.read_shapes(shape) if shape is not None else []
    with opened(registry) as opened_registry:

        made = areas.merge(opened_registry, hazards, new_id, by=by, reason=reason,
                           shape=joined(found, degrees=True) if found else None)
    say(f"{', '.join(hazards)} became {made}")


def suspend(registry: RegistryArgument, hazard: HazardArgument, part: ShapeOption,
            reason: ReasonOption, by: ByOption = UNVERIFIED) -> None:
    """Split off ground that cannot be worked on, so that the rest can be released.

    Example: landrelease area suspend district.gpkg hazard-7 --part wet.geojson --reason "flooded"
    """

    from landrelease.workflows import areas

    shape = joined(areas.read_shapes(part), degrees=True)
    with opened(registry) as opened_registry:
        made = areas.suspend(opened_registry, hazard, shape, by=by, reason=reason)
    say(f"{hazard} became {', '.join(made)}; {made[0]} is suspended")


def release(
    registry: RegistryArgument, hazard: HazardArgument, part: ShapeOption,
    outcome: Annotated[str, typer.Option("--outcome", help="cancelled, reduced or cleared.")],
    reason: ReasonOption,
    method: Annotated[str, typer.Option("--method")] = "",
    depth: Annotated[float | None, typer.Option("--depth", metavar="M")] = None,
    key: KeyOption = None, by: ByOption = UNVERIFIED,
) -> None:
    """Split off ground and record that somebody calls it released. It stays hazardous (S09).

    What releases ground is `release propose` and `release sign`: a signature with the checklist in
    front of whoever signs.

    Example: landrelease area release district.gpkg hazard-7 --part east.geojson --outcome cleared
    --depth 0.2 --reason "completion report 12"
    """

    from landrelease.errors import BAD_OPTION, RELEASE_BY_PROPOSAL, LandReleaseError
    from landrelease.workflows import areas

    if outcome not in ("cancelled", "reduced", "cleared"):
        raise LandReleaseError(BAD_OPTION, option="--outcome", found=outcome,
                               expected="cancelled, reduced or cleared")
    if key is not None:
        raise LandReleaseError(RELEASE_BY_PROPOSAL, hazard=hazard)
    values: dict[str, Any] = {}
    if method:
        values["method"] = method
    if depth is not None:
        values["depth_m"] = depth
    shape = joined(areas.read_shapes(part), degrees=True)
    with opened(registry) as opened_registry:
        made = areas.release_part(
            opened_registry, hazard, shape, outcome, by=by, reason=reason, values=values)
    say(f"{hazard} became {', '.join(made)}; {made[0]} {outcome}: unverified, it stays hazardous "
        f"until an authority signs (landrelease release propose ... {made[0]})")
    raise typer.Exit(FINDINGS)


def lineage(registry: RegistryArgument, hazard: HazardArgument, role: RoleOption = None,
            json: JsonOption = None) -> None:
    """Show from which areas this one came, and which came from it.

    Example: landrelease area lineage district.gpkg hazard-7 --as planner
    """
    from landrelease.workflows import areas

    with reading(registry, "area lineage", role) as (opened_registry, _):
        line = areas.line_of(opened_registry, hazard)
    before, after = line.ancestors(hazard), line.descendants(hazard)
    put_json(json, {"hazard": hazard, "ancestors": list(before), "descendants": list(after)})
    say(f"{hazard} came from: {', '.join(before) or 'no other area'}")
    say(f"{hazard} became: {', '.join(after) or 'no other area'}")


def edits_list(registry: RegistryArgument, role: RoleOption = None,
               json: JsonOption = None) -> None:
    """List rows of the layers that another program changed, added or removed.

    Example: landrelease edits list district.gpkg --as planner
    """
    with reading(registry, "edits list", role) as (opened_registry, _):
        found = opened_registry.edits()
    put_json(json, [{"kind": e.kind, "record": e.record_id, "change": e.change,
                     "fields": list(e.fields)} for e in found])
    for e in found:
        say(f"{e.change:<8} {e.kind} {e.record_id}  {', '.join(e.fields)}".rstrip())
    say(f"{len(found)} edited rows.")
    raise typer.Exit(FINDINGS if found else DONE)


def edits_take_in(
    registry: RegistryArgument, reason: ReasonOption,
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="Who edited, by name.")],
) -> None:
    """Record edits of another program as revisions of a named person.

    What does not fit, would shrink a hazard or decide something waits in quarantine. A row that was
    removed comes back: removing a row is no decision.

    Example: landrelease edits take-in district.gpkg --by "..." --reason "names put right in QGIS"
    """
    from landrelease.workflows import areas

    with opened(registry) as opened_registry:
        found = opened_registry.edits()
        taken, waiting = areas.take_edits_in(opened_registry, found, by=by, reason=reason)
    back = sum(e.change == "removed" for e in found)
    say(f"{taken} revisions recorded, {waiting} rows in quarantine, {back} removed rows put back.")
    raise typer.Exit(FINDINGS if waiting else DONE)


def edits_drop(registry: RegistryArgument,
               yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Set the layers as the chain says; the edits are lost.

    Example: landrelease edits drop district.gpkg --yes
    """
    from landrelease.workflows import areas

    with opened(registry) as opened_registry:
        found = opened_registry.edits()
        if found and not yes:
            typer.confirm(f"Lose {len(found)} edited rows?", abort=True, err=True)
        went = areas.drop_edits(opened_registry, found) if found else 0
    say(f"{went} edited rows dropped.")


def extension_load(
    registry: RegistryArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A YAML file; see docs/records.md.")],
    by: ByOption = UNVERIFIED,
) -> None:
    """Load a national extension, or a later version of it, which may only add.

    Example: landrelease extension load district.gpkg national.yaml
    """
    from landrelease import workflows
    from landrelease.workflows import areas, assessing

    with opened(registry) as opened_registry:
        made = areas.load_extension(opened_registry, file, by=by)
    fields = sum(map(len, made.fields.values()))
    say(f"{made.name} {made.version}: {fields} fields, "
        f"{sum(map(len, made.words.values()))} words, {len(made.thresholds)} thresholds")
    known = workflows.load_assumptions().by_name
    weighed = assessing.weights_of_extension(made).by_name
    for t in made.thresholds:
        if t.name not in known and t.name not in weighed:
            say(f"    {t.name} is no assumption of any model here: it is kept and nothing asks for "
                f"it. Known: {', '.join(sorted(known))}")


def extension_show(registry: RegistryArgument) -> None:
    """Show the extension that is loaded.

    Example: landrelease extension show district.gpkg
    """
    from landrelease.workflows import areas

    with opened(registry) as opened_registry:
        found = areas.extension_of(opened_registry)
    if found is None:
        say("No extension is loaded.")
        return
    say(f"{found.name} {found.version}")
    for kind, fields in found.fields.items():
        for f in fields:
            say(f"  {kind}.{f.name}: {f.type}{' (personal)' * f.personal}  {f.definition}")
    for (kind, name), words in found.words.items():
        say(f"  {kind}.{name}: also {', '.join(words)}")
    for t in found.thresholds:
        say(f"  {t.name} = {t.value:g} {t.unit}  ({t.source})")
