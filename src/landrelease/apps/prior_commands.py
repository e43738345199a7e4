"""The commands of `assess` about land that nobody has surveyed: cells, prior, next survey."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from landrelease.apps.common import (
    AssumptionsOption,
    JsonOption,
    QuietOption,
    RegistryArgument,
    RoleOption,
    SeedOption,
    put_json,
    say,
)
from landrelease.apps.console import listening
from landrelease.apps.reading import AreaOption, reading
from landrelease.errors import BAD_OPTION, LandReleaseError

TrainOption = Annotated[Path, typer.Option(
    "--train", metavar="CELLS.csv", help="One row a cell of ground, searched or not.")]
LabelOption = Annotated[str, typer.Option(
    "--label", metavar="COL", help="1 found, 0 searched and free, -1 or empty not searched.")]
GroupOption = Annotated[str | None, typer.Option(
    "--group", metavar="COL", help="Municipality or the like; whole groups are hidden to check.")]
BlockOption = Annotated[float | None, typer.Option(
    "--block", metavar="KM", help="Squares of ground as groups, instead of --group.", min=0.001)]
XOption = Annotated[str | None, typer.Option(
    "--x", metavar="COL", help="Longitude or easting; else looked for by name.")]
YOption = Annotated[str | None, typer.Option(
    "--y", metavar="COL", help="Latitude or northing; else looked for by name.")]


def register(assess: typer.Typer) -> None:
    assess.command("prior")(assess_prior)
    assess.command("survey-next")(assess_survey_next)
    assess.command("cells")(assess_cells)


def assess_prior(
    train: TrainOption,
    label: LabelOption,
    predict: Annotated[Path, typer.Option("--predict", metavar="OTHER.csv",
                                          help="The cells to predict; may lack columns.")],
    out: Annotated[Path, typer.Option("--out", metavar="SCORES.csv",
                                      help="The rows of OTHER with `probability`.")],
    group: GroupOption = None, block: BlockOption = None, x: XOption = None, y: YOption = None,
    reasons: Annotated[Path | None, typer.Option(
        "--reasons", metavar="OUT.csv", help="What drove each value, with its interval.")] = None,
    largest: Annotated[int, typer.Option(
        "--largest", metavar="N", help="Searched cells used at most; time grows with the cube.",
        min=100)] = 5000,
    seed: SeedOption = 0, json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """The chance of contamination of land not yet surveyed, learned from surveyed cells.

    It orders survey; it cancels no land. Checked on whole groups that it has not seen.

    Example: landrelease assess prior --train cells.csv --label found --group municipality
    --predict other.csv --out scores.csv
    """
    from landrelease.workflows import unsurveyed

    with listening(quiet) as progress:
        run = unsurveyed.prior_of_cells(train, label, group, predict, block_km=block, x=x, y=y,
                                        largest=largest, seed=seed, progress=progress)
        unsurveyed.write_scores(run, out)
        if reasons is not None:
            unsurveyed.write_reasons(run, reasons)
    put_json(json, unsurveyed.prior_document(run))
    for line in unsurveyed.prior_words(run):
        say(line)
    say(f"{out}: {len(run.other):,} cells. {unsurveyed.CAUTION}")


def assess_survey_next(
    train: TrainOption,
    label: LabelOption,
    out: Annotated[Path, typer.Option(
        "--out", metavar="NEXT.csv", help="The cells to survey next, with reasons.")],
    group: GroupOption = None, block: BlockOption = None, x: XOption = None, y: YOption = None,
    results: Annotated[list[Path] | None, typer.Option(
        "--results", metavar="DONE.csv", help="NEXT.csv of before with its column `result` "
        "filled in (1 found, 0 free, empty not done). Repeat for more.")] = None,
    identifier: Annotated[str | None, typer.Option(
        "--id", metavar="COL", help="Column that tells the cells apart.")] = None,
    cells: Annotated[int | None, typer.Option(
        "--cells", metavar="N", help="Budget: so many cells.", min=1)] = None,
    area: Annotated[float | None, typer.Option(
        "--area", metavar="A", help="Budget: so much of --area-column.", min=0.0)] = None,
    area_column: Annotated[str | None, typer.Option("--area-column", metavar="COL")] = None,
    explore: Annotated[float | None, typer.Option(
        "--explore", metavar="SHARE", help="Share of the budget that is drawn by chance; else "
        "survey_exploration_share of the assumptions.", min=0.0, max=1.0)] = None,
    log: Annotated[Path | None, typer.Option(
        "--log", metavar="OUT.csv", help="Every waiting cell with its propensity.")] = None,
    largest: Annotated[int, typer.Option("--largest", metavar="N", min=100,
                                         help="Searched cells used at most.")] = 5000,
    assumptions: AssumptionsOption = None, seed: SeedOption = 0, json: JsonOption = None,
    quiet: QuietOption = False,
) -> None:
    """The next cells to survey, chosen anew from all results so far; a share is drawn by chance.

    It orders survey; it cancels no land.

    Example: landrelease assess survey-next --train cells.csv --label found --group municipality
    --id cell --cells 40 --results done1.csv --out next.csv
    """
    from landrelease import workflows
    from landrelease.workflows import survey_next, unsurveyed

    if (cells is None) == (area is None) or (area is None) != (area_column is None):
        raise LandReleaseError(BAD_OPTION, option="the budget", found="not stated in one way",
                               expected="--cells N, or --area A with --area-column COL")
    if explore is None:
        explore = workflows.load_assumptions(assumptions).value("survey_exploration_share")
    with listening(quiet) as progress:
        made = survey_next.next_survey(
            train, label, group, results=results or (), identifier=identifier,
            budget=float(cells if cells is not None else area or 0), area=area_column,
            explore=explore, block_km=block, x=x, y=y, largest=largest, seed=seed,
            progress=progress)
        survey_next.write_batch(made, out)
        if log is not None:
            survey_next.write_log(made, log)
    put_json(json, survey_next.document(made))
    for line in survey_next.words(made):
        say(line)
    say(f"{out}: {len(made.batch.order):,} cells. {unsurveyed.CAUTION}")


def assess_cells(
    registry: RegistryArgument,
    out: Annotated[Path, typer.Option("--out", metavar="CELLS.csv",
                                      help="One row a cell, for `assess prior`.")],
    cell: Annotated[float, typer.Option("--cell", metavar="M", help="Side of a cell in m.",
                                        min=1.0)] = 1000.0,
    roads: Annotated[Path | None, typer.Option(
        "--roads", metavar="FILE", help="Roads: OpenStreetMap, GeoPackage, GeoJSON.")] = None,
    near: Annotated[list[str] | None, typer.Option(
        "--near", metavar="NAME=FILE", help="Any other layer: gives the distance NAME_km to it "
        "(lines of confrontation, borders, rivers). Repeat for more.")] = None,
    elevation: Annotated[Path | None, typer.Option(
        "--elevation", metavar="FILE.tif", help="Heights in m: elevation, slope, roughness.")
        ] = None,
    land_cover: Annotated[Path | None, typer.Option(
        "--land-cover", metavar="FILE.tif", help="Classes of land cover.")] = None,
    within: Annotated[float | None, typer.Option(
        "--within", metavar="KM", help="Only cells so near to a hazard or a find: where the "
        "records reach.", min=0.0)] = None,
    crs: Annotated[str, typer.Option(
        "--crs", metavar="EPSG:N", help="Of layers that do not state theirs.")] = "",
    role: RoleOption = None, area: AreaOption = None,
    assumptions: AssumptionsOption = None, quiet: QuietOption = False,
) -> None:
    """A table of cells with what was found in each, distances and layers, for `assess prior`.

    Example: landrelease assess cells district.gpkg --cell 1000 --out cells.csv --roads roads.gpkg
    --as planner
    """
    from landrelease import workflows
    from landrelease.workflows import ground_cells

    layers = {"road": roads} if roads is not None else {}
    for stated in near or ():
        name, _, file = stated.partition("=")
        if not name.strip() or not file.strip() or name.strip() in layers:
            raise LandReleaseError(BAD_OPTION, option="--near", found=stated,
                                   expected="NAME=FILE, each name once")
        layers[name.strip()] = Path(file.strip())
    with (reading(registry, "assess cells", role, areas=area) as (opened_registry, reader),
          listening(quiet) as progress):
        stated_values = workflows.load_assumptions(assumptions, opened_registry)
        land = workflows.load_land(opened_registry, stated_values, reader=reader)
        cells, columns = ground_cells.table_of_cells(
            land, stated_values, cell, layers=layers, elevation=elevation, land_cover=land_cover,
            crs=crs, within_km=within, progress=progress)
        ground_cells.write_cells(columns, out)
    for line in ground_cells.words(cells, columns):
        say(line)
    say(f"{out}: {len(columns)} columns. Where nobody has searched is not free.")
