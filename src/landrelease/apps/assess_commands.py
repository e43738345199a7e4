"""The commands of `assess`: contamination map, residual risk."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from landrelease.apps.common import (
    AssumptionsOption,
    JsonOption,
    QuietOption,
    RegistryArgument,
    RoleOption,
    put_json,
    say,
)
from landrelease.apps.console import listening
from landrelease.apps.reading import AreaOption, reading
from landrelease.errors import BAD_OPTION, LandReleaseError


def register(group: Callable[[str, str], typer.Typer]) -> None:
    assess = group("assess", "Where items may still lie, and how sure that is.")
    assess.command("map")(assess_map)
    assess.command("residual")(assess_residual)


def assess_map(
    registry: RegistryArgument,
    out: Annotated[Path, typer.Option("--out", metavar="map.tif")],
    cell: Annotated[float, typer.Option("--cell", metavar="M", help="Side of a cell in m.",
                                        min=1.0)] = 100.0,
    role: RoleOption = None, area: AreaOption = None,
    assumptions: AssumptionsOption = None, json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """Write the contamination map as a cloud-optimised GeoTIFF.

    Example: landrelease assess map district.gpkg --out map.tif --cell 100 --as planner
    """
    import dataclasses

    from landrelease import workflows

    with (reading(registry, "assess map", role, areas=area) as (opened_registry, reader),
          listening(quiet) as progress):
        stated = workflows.load_assumptions(assumptions, opened_registry)
        land = workflows.load_land(opened_registry, stated, reader=reader)
        assessments = workflows.assess(land, stated, progress)
        made = workflows.map_contamination(land, assessments, out, cell, progress)
    put_json(json, reader.rows([dataclasses.asdict(a) for a in assessments], "assessment"))
    say(f"{out}: {made.bands.shape[1]:,} x {made.bands.shape[2]:,} cells of {cell:g} m, bands "
        f"{', '.join(made.names)}. The chances are priors: no survey effort is on record.")


def assess_residual(
    spec: Annotated[Path | None, typer.Argument(
        metavar="[SPEC.json]", help="Else read from standard input.")] = None,
    json: JsonOption = None,
) -> None:
    """Residual risk after search: JSON in, JSON out; the fields are in docs/assess.md.

    Example: landrelease assess residual field.json
    """
    import json as codec

    from landrelease import workflows
    from landrelease.store.results import dump

    try:
        text = spec.read_text(encoding="utf-8") if spec else sys.stdin.read()
        document = codec.loads(text)
    except (OSError, ValueError) as error:
        raise LandReleaseError(BAD_OPTION, option=str(spec or "standard input"),
                               found=str(error), expected="a JSON object") from error
    result = workflows.residual(document)
    put_json(json, result)
    say(dump(result).decode().rstrip())
