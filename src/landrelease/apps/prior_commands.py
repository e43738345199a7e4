"""The commands of `assess` about land that nobody has surveyed: prior, next survey, cells."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from landrelease.apps.common import (
    AssumptionsOption,
    JsonOption,
    QuietOption,
    SeedOption,
    put_json,
    say,
)
from landrelease.apps.console import listening
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
        min=100)] = 6000,
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
                                         help="Searched cells used at most.")] = 6000,
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
