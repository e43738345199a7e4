"""The commands of `assess`: contamination map, residual risk, next survey, type of an area."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from landrelease.apps import prior_commands
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

WeightsOption = Annotated[Path | None, typer.Option(
    "--weights", metavar="FILE.csv", help="Your own weights of evidence; else those of the package "
    "and of the national extension.")]
ShowOption = Annotated[int, typer.Option("--show", metavar="N", min=0,
                                         help="How many areas to print.")]


def register(group: Callable[[str, str], typer.Typer]) -> None:
    assess = group("assess", "Where items may still lie, and how sure that is.")
    assess.command("map")(assess_map)
    assess.command("residual")(assess_residual)
    assess.command("next")(assess_next)
    assess.command("type")(assess_type)
    prior_commands.register(assess)


def assess_map(
    registry: RegistryArgument,
    out: Annotated[Path, typer.Option("--out", metavar="map.tif")],
    cell: Annotated[float, typer.Option("--cell", metavar="M", help="Side of a cell in m.",
                                        min=1.0)] = 100.0,
    update: Annotated[bool, typer.Option(
        "--update", help="Draw only what changed since the map at OUT.")] = False,
    independent: Annotated[bool, typer.Option(
        "--independent-passes", help="Passes over the same ground miss independently; else "
        "further ones find nothing that the best does not.")] = False,
    role: RoleOption = None, area: AreaOption = None,
    assumptions: AssumptionsOption = None, json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """Write the contamination map as a cloud-optimised GeoTIFF, with a legend for QGIS beside it.

    Example: landrelease assess map district.gpkg --out map.tif --cell 100 --as planner
    """
    import dataclasses

    from landrelease import workflows

    with (reading(registry, "assess map", role, areas=area) as (opened_registry, reader),
          listening(quiet) as progress):
        stated = workflows.load_assumptions(assumptions, opened_registry)
        land = workflows.load_land(opened_registry, stated, reader=reader)
        effort = workflows.load_effort(opened_registry, stated, reader=reader,
                                       independent=independent)
        assessments = workflows.assess(land, stated, progress)
        made = workflows.write_map(land, assessments, stated, out, cell, effort, update=update,
                                   progress=progress)
    put_json(json, reader.rows([dataclasses.asdict(a) for a in assessments], "assessment"))
    say(f"{out}: {made.rows:,} x {made.columns:,} cells of {cell:g} m, bands "
        f"{', '.join(made.names)}; legend for QGIS: {out.with_suffix('.qml').name}.")
    if made.windows is not None:
        say(f"Brought up to date: {made.cells:,} cells in {made.windows:,} windows drawn anew.")
    elif made.anew:
        say(f"Drawn whole: {made.anew}.")
    bare = sum(a.prior.is_prior for a in assessments)
    say(f"{made.passes:,} searches are credited, {len(made.uncredited):,} are not; {made.finds:,} "
        "finds with a place; items found: "
        f"{'' if made.items.stated else 'at least '}{made.items.least:,}. " + (
            "The chances are priors: no survey effort is on record."
            if bare == len(assessments) and not (made.passes or made.finds) else
            f"Before search and finds the chances of {bare:,} of {len(assessments):,} areas are "
            "priors."))
    for why, count in _counted(made.uncredited):
        say(f"  no credit: {why} ({count:,})")
    if made.not_proofs:
        say("  proofs of coverage that prove nothing, because each is a word or states too little "
            f"confidence (S05): {made.not_proofs:,}")


def _counted(uncredited: Sequence[tuple[str, str]]) -> list[tuple[str, int]]:
    from collections import Counter

    return sorted(Counter(why for _, why in uncredited).items(), key=lambda item: (-item[1], item))


def assess_residual(
    source: Annotated[str | None, typer.Argument(
        metavar="[SPEC.json | REGISTRY]",
        help="A description as JSON, else read from standard input; or a registry, with "
             "--hazard.")] = None,
    hazard: Annotated[str | None, typer.Option(
        "--hazard", metavar="ID", help="Id or identifier of the hazard in the registry.")] = None,
    trials: Annotated[Path | None, typer.Option(
        "--trials", metavar="TRIALS.csv",
        help="Blind trials: organisation, method, targets, found.")] = None,
    learn: Annotated[bool, typer.Option(
        "--learn", help="Chance and density of contamination from the finds on cleared ground of "
                        "all other hazards.")] = False,
    role: RoleOption = None, area: AreaOption = None, assumptions: AssumptionsOption = None,
    json: JsonOption = None,
) -> None:
    """Residual risk after search, of a description or of a recorded hazard.

    JSON in, JSON out; the fields are in docs/assess.md. Of a registry: its cleared ground and all
    of the hazard, from the records that the role may see.

    Example: landrelease assess residual field.json

    Example: landrelease assess residual district.gpkg --hazard SA-00012 --as inspector
    """
    import json as codec

    from landrelease import workflows
    from landrelease.store.results import dump

    if source is not None and (source.endswith(".gpkg") or "://" in source):
        if hazard is None:
            raise LandReleaseError(BAD_OPTION, option="--hazard", found="nothing",
                                   expected="the id or identifier of a hazard of the registry")
        from landrelease.workflows.risk import residual_of_hazard

        with reading(source, "assess residual", role, areas=area) as (registry, reader):
            result = residual_of_hazard(
                registry, hazard, reader, workflows.load_assumptions(assumptions, registry), trials,
                learn=learn)
        put_json(json, result)
        say(dump(result).decode().rstrip())
        return
    for option, given in (("--hazard", hazard), ("--trials", trials), ("--area", area),
                          ("--learn", learn)):
        if given:
            raise LandReleaseError(BAD_OPTION, option=option, found=given,
                                   expected="a registry (.gpkg or postgresql://) to read from")
    try:
        text = Path(source).read_text(encoding="utf-8") if source else sys.stdin.read()
        document = codec.loads(text)
    except (OSError, ValueError) as error:
        raise LandReleaseError(BAD_OPTION, option=source or "standard input",
                               found=str(error), expected="a JSON object") from error
    result = workflows.residual(document, workflows.load_assumptions(assumptions))
    put_json(json, result)
    say(dump(result).decode().rstrip())


def assess_next(
    registry: RegistryArgument,
    effort: Annotated[float | None, typer.Option(
        "--effort", metavar="TEAM_DAYS", help="Survey that can be done: where is it best spent?",
    )] = None,
    threshold: Annotated[float | None, typer.Option(
        "--threshold", metavar="P", help="In place of the national one (review_threshold).",
    )] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="OUT", help="All rows.")] = None,
    show: ShowOption = 15,
    role: RoleOption = None, area: AreaOption = None,
    assumptions: AssumptionsOption = None, weights: WeightsOption = None,
    json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """The next survey of each area, what it is worth, and where survey effort is best spent.

    Nothing is decided: a row says which survey comes next, or that the evidence is complete and
    ready for review by people.

    Example: landrelease assess next district.gpkg --effort 60 --csv next.csv --as planner
    """
    from landrelease import workflows
    from landrelease.store import exports
    from landrelease.workflows import assessing

    with (reading(registry, "assess next", role, areas=area) as (opened_registry, reader),
          listening(quiet) as progress):
        stated = workflows.load_assumptions(assumptions, opened_registry)
        land = workflows.load_land(opened_registry, stated, reader=reader)
        plan = assessing.next_survey(
            land, stated, assessing.load_weights(stated, weights, opened_registry),
            effort=effort, threshold=threshold, progress=progress)
    rows = reader.rows(assessing.survey_rows(plan), "next_survey")
    if csv is not None:
        exports.write_csv(csv, workflows.marked(
            [{**r, "reasons": " ".join(r["reasons"])} for r in rows], land.synthetic))
    put_json(json, {**assessing.survey_summary(plan, land), "rows": rows})
    say(f"Threshold {plan.threshold.value:g}: {plan.threshold.source}")
    say()
    say(f"{'area':<20}{'ha':>8}{'chance':>9}{'80 % interval':>17}{'value/ha':>10}"
        f"{'to threshold':>14}{'allocated':>11}  chosen")
    for row in rows[:show]:
        mark = "*" if row["is_prior"] else " "
        say(f"{row['hazard_id'][:19]:<20}{row['area_m2'] / 10_000:>8,.1f}{row['chance']:>9.4f}"
            f"{row['chance_low']:>9.3f}-{row['chance_high']:.3f}{mark:<2}"
            f"{_cell(row['value_per_hectare'], '.2f'):>9}"
            f"{_cell(row['days_to_threshold'], ',.1f'):>14}"
            f"{_cell(row['allocated_days'], ',.1f'):>11}  "
            + ("yes" if row["chosen"] else "" if row["chosen"] is None else "no"))
        say(f"    {row['words']}")
    if len(rows) > show:
        say(f"... and {len(rows) - show:,} more areas: --csv, --json or --show")
    say()
    say("* a prior: no local evidence has touched it. value/ha: hectares of clearance saved per "
        "hectare of survey; efforts are team-days of survey that finds nothing.")
    for words in plan.words:
        say(words)
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["action"]] = counts.get(row["action"], 0) + 1
    say("Next: " + ", ".join(f"{n:,} x {a.replace('_', ' ')}" for a, n in sorted(counts.items()))
        + ". People decide; nothing here releases ground.")


def assess_type(
    registry: RegistryArgument,
    hazard: Annotated[str | None, typer.Option("--hazard", metavar="ID", help="One area.")] = None,
    parts: Annotated[Path | None, typer.Option(
        "--parts", metavar="OUT.geojson", help="The proposed parts as polygons.")] = None,
    show: ShowOption = 15,
    role: RoleOption = None, area: AreaOption = None,
    assumptions: AssumptionsOption = None, weights: WeightsOption = None,
    json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """SHA or CHA of each area as the evidence proposes it, with the weight of every piece.

    A proposal with its log: a person decides and signs. With --hazard all of its evidence is
    printed.

    Example: landrelease assess type district.gpkg --hazard SHA-00007 --as planner
    """
    from landrelease import workflows
    from landrelease.store import exports
    from landrelease.workflows import assessing

    with (reading(registry, "assess type", role, areas=area) as (opened_registry, reader),
          listening(quiet) as progress):
        progress("evidence", 0.0)
        stated = workflows.load_assumptions(assumptions, opened_registry)
        land = workflows.load_land(opened_registry, stated, reader=reader)
        table = assessing.load_weights(stated, weights, opened_registry)
        found = assessing.propose_types(land, stated, table, hazard)
        visible = assessing.visible_evidence(opened_registry, reader)
    rows = reader.rows(assessing.type_rows(found, visible), "type_proposal")
    put_json(json, {"synthetic": land.synthetic, "chain_head": land.chain_head, "rows": rows,
                    "weights": assessing.weight_rows(table)})
    if parts is not None:
        shapes, properties = assessing.type_parts(found)
        exports.write_geojson(
            parts, shapes, workflows.marked(properties, land.synthetic),
            description=workflows.label(land.synthetic) + "Types of areas as the evidence on "
            "record proposes them; a person decides. Not for moving on the ground.",
            decimals=None)
    rank = {"CHA": 0, "CHA and SHA": 1, "SHA": 2}  # first what a person may want to change
    rows.sort(key=lambda r: (r["recorded"] == r["proposed"], rank.get(r["proposed"], 3),
                             r["hazard_id"]))
    say(f"{'area':<20}{'recorded':<14}{'proposed':<18}{'CHA part':>9}{'direct':>8}{'all':>7}"
        f"{'pieces':>8}")
    for row in rows[:show]:
        say(f"{row['hazard_id'][:19]:<20}{row['recorded'].replace('_', ' '):<14}"
            f"{row['proposed']:<18}{row['cha_share']:>9.0%}{row['direct_weight']:>8.2f}"
            f"{row['total_weight']:>7.2f}{len(row['log']):>8}")
    if len(rows) > show:
        say(f"... and {len(rows) - show:,} more areas: --json or --show")
    if hazard is not None:
        _say_evidence(rows[0])
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["proposed"]] = counts.get(row["proposed"], 0) + 1
    say()
    say("Proposed: " + ", ".join(f"{n:,} x {p}" for p, n in sorted(counts.items()))
        + f". CHA where direct evidence weighs {table.cha:g} or more, SHA where all evidence "
        f"weighs {table.sha:g} or more ({table['cha_threshold'].source}).")
    say("A proposal: a person decides and signs. Weights and their sources: --json.")


def _say_evidence(row: dict[str, Any]) -> None:
    say()
    for words in row["reasons"]:
        say(words)
    say()
    say(f"{'evidence':<24}{'of':<26}{'kind':<10}{'weight':>7}{'ground':>8}  counted; entered")
    for e in row["log"]:
        same = f" ({e['same_as']})" if e["same_as"] else ""
        say(f"{e['record_id'][:23]:<24}{e['kind'][:25]:<26}{e['evidence_type']:<10}"
            f"{e['weight']:>7.2f}{e['share']:>8.0%}  {e['counted']}{same}; "
            f"{', '.join(e['entered']) or 'nowhere'}")
        if e["weight_words"]:
            say(f"{'':<24}= {e['weight_words']}")


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
