"""The commands of `assess` about land that nobody has surveyed: prior, next survey, cells."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from landrelease.apps.common import JsonOption, QuietOption, SeedOption, put_json, say
from landrelease.apps.console import listening

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
