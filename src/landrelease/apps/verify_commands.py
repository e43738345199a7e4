"""The commands of `verify`: sample sizes and operating characteristics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from landrelease.apps.common import JsonOption, put_json, say


def register(group: Callable[[str, str], typer.Typer]) -> None:
    verify = group("verify", "Inspection: sample sizes and what they can show.")
    verify.command("sample")(verify_sample)
    verify.command("curve")(verify_curve)


Lot = Annotated[int, typer.Option("--lot", metavar="N", help="Units in the lot.")]
Tolerable = Annotated[int, typer.Option("--tolerable", metavar="D",
                                        help="Defects that the inspection must find.")]
Detection = Annotated[float, typer.Option("--detection", metavar="Q",
                                          help="Chance that inspecting a defect shows it.")]
Confidence = Annotated[float, typer.Option("--confidence", metavar="C")]


def verify_sample(lot: Lot, tolerable: Tolerable, detection: Detection = 1.0,
                  confidence: Confidence = 0.95, json: JsonOption = None) -> None:
    """How many units to inspect so that D defects are found with confidence C.

    Example: landrelease verify sample --lot 400 --tolerable 5 --detection 0.9 --confidence 0.95
    """
    from landrelease import workflows

    found = workflows.sample_size(lot, tolerable, detection, confidence)
    put_json(json, found)
    say(f"Inspect {found['sample']} of {lot} units; a lot with {tolerable} defects is then "
        f"accepted with probability {found['accept_probability']:.3f}.")


def verify_curve(lot: Lot, sample: Annotated[int, typer.Option("--sample", metavar="n")],
                 detection: Detection = 1.0, json: JsonOption = None) -> None:
    """The operating characteristic: the chance to accept a lot, by its number of defects.

    Example: landrelease verify curve --lot 400 --sample 180
    """
    from landrelease import workflows

    curve = workflows.operating_characteristic(lot, sample, detection)
    put_json(json, curve)
    for point in curve:
        say(f"{point['defects']:>5} defects: accepted with probability "
            f"{point['accept_probability']:.3f}")
        if point["accept_probability"] < 0.005:
            break
