"""The commands `quarantine ...`: rows that were not accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from landrelease.apps.common import (
    DONE,
    FINDINGS,
    UNVERIFIED,
    ByOption,
    JsonOption,
    QuietOption,
    RegistryArgument,
    RoleOption,
    put_json,
    say,
)
from landrelease.apps.console import listening
from landrelease.apps.document_commands import LangOption
from landrelease.apps.reading import reading
from landrelease.errors import BAD_OPTION, LandReleaseError

WORDS = {"doubled": "stands twice with different cells; nothing was taken in",
         "unknown": "no such row waits in this registry (decided already, or of another one)"}


def register(app: typer.Typer, group: Callable[[str, str], typer.Typer]) -> None:
    quarantine = group("quarantine", "Rows that were not accepted: list, mend, retry, reject.")
    for name, command in (("list", quarantine_list), ("show", quarantine_show),
                          ("mend", quarantine_mend), ("retry", quarantine_retry),
                          ("reject", quarantine_reject), ("export", quarantine_export)):
        quarantine.command(name)(command)


def quarantine_list(registry: RegistryArgument, role: RoleOption = None,
                    json: JsonOption = None) -> None:
    """Show the rows that wait, one a line.

    Example: landrelease quarantine list district.gpkg --as planner
    """
    from landrelease import workflows
    from landrelease.workflows import submissions

    with reading(registry, "quarantine list", role) as (opened_registry, reader):
        entries = workflows.visible_quarantine(opened_registry, reader)
    put_json(json, [quarantine_document(e) for e in entries])
    for e in entries:
        first, *others = e.row.findings
        say(f"{e.number:>6}  {e.row.file}, row {e.row.row}  " + "; ".join(
            f"{f.code}  {f.problem}" for f in (first, *(
                f for f in others if f.code in submissions.OF_EDITS))))
    say(f"{len(entries):,} rows wait.")
    raise typer.Exit(FINDINGS if entries else DONE)


def quarantine_document(entry: Any) -> dict[str, Any]:
    import dataclasses

    return {"number": entry.number, "status": entry.status, "reason": entry.reason,
            "file": entry.row.file, "row": entry.row.row, "kind": entry.row.kind,
            "values": dict(entry.row.values), "geometry": entry.row.geometry_wkt,
            "findings": [dataclasses.asdict(f) for f in entry.row.findings]}


def quarantine_show(registry: RegistryArgument, number: int, role: RoleOption = None,
                    json: JsonOption = None) -> None:
    """Show one row with all its values and findings.

    Of a report of the public also what lies near it and what says the same.

    Example: landrelease quarantine show district.gpkg 12 --as planner
    """
    import dataclasses

    from landrelease import workflows
    from landrelease.workflows import reports

    with reading(registry, "quarantine show", role) as (opened_registry, reader):
        entry = workflows.visible_quarantine(opened_registry, reader, number)[0]
        near = reports.near(opened_registry, reader, [entry]).get(number, [])
        lost = reports.whereabouts(opened_registry, reader, [entry]).get(number)
    put_json(json, {**quarantine_document(entry), "near": [dataclasses.asdict(n) for n in near],
                    "whereabouts": None if lost is None else dataclasses.asdict(lost)})
    say(f"{entry.row.file}, row {entry.row.row}, kind {entry.row.kind}, {entry.status}")
    for name, value in entry.row.values.items():
        say(f"  {name}: {value}")
    say(f"  geometry: {entry.row.geometry_wkt[:300]}")
    for finding in entry.row.findings:
        say(f"[{finding.code}] {finding.problem} {finding.remedy}")
    if lost is not None:
        off = "" if lost.off_m is None else f", it may be off by {lost.off_m:,.0f} m or more"
        there = "; ".join(filter(None, (lost.district and f"district {lost.district}",
                                        lost.community and f"community {lost.community}")))
        say(f"place not known{off}; {there or 'no district or community on record there'}")
    for n in near:
        away = "" if n.distance_m is None else f", {n.distance_m:,.0f} m away"
        say(f"near: {n.kind} {n.id or f'row {n.number}'}{away}"
            f"{', the same report' if n.same_report else ''}"
            f"{', the same words' if n.same_words else ''}: {n.words}")


def quarantine_mend(
    registry: RegistryArgument, number: int,
    change: Annotated[list[str], typer.Option(
        "--set", metavar="FIELD=VALUE", help="A new value; geometry as WKT; crs, decimal, "
        "date_order (dmy or mdy) and century (2000) say how the row is read. Repeat for more.")],
    by: ByOption = UNVERIFIED, role: RoleOption = None,
) -> None:
    """Change values of a row and check it again; it is accepted when it passes.

    Example: landrelease quarantine mend places.gpkg 12 --set population=5 --as planner
    """
    changes = {}
    for item in change:
        name, sign, value = item.partition("=")
        if not sign or not name:
            raise LandReleaseError(BAD_OPTION, option="--set", found=item,
                                   expected="FIELD=VALUE")
        changes[name.strip()] = value
    retry(registry, "quarantine mend", number, changes, by, role)


def quarantine_retry(
    registry: RegistryArgument,
    number: Annotated[int | None, typer.Argument(metavar="[NUMBER]")] = None,
    from_: Annotated[Path | None, typer.Option(
        "--from", metavar="BACK.xlsx", help="The workbook of `quarantine export`, as it came back "
        "from the sender: its mended rows are checked and taken in.")] = None,
    by: ByOption = UNVERIFIED, role: RoleOption = None, quiet: QuietOption = False,
) -> None:
    """Check a row again as it is, or the mended rows of a workbook that came back.

    Example: landrelease quarantine retry district.gpkg --from back.xlsx --as planner
    """
    if (number is None) == (from_ is None):
        raise LandReleaseError(BAD_OPTION, option="NUMBER or --from",
                               found="none" if number is None else "both",
                               expected="the number of a row, or a workbook")
    if from_ is None:
        assert number is not None
        return retry(registry, "quarantine retry", number, {}, by, role)
    from landrelease.workflows import quarantine

    with reading(registry, "quarantine retry", role) as (opened_registry, reader), \
            listening(quiet) as progress:
        outcomes = quarantine.take_back(opened_registry, from_, reader, decided_by=by,
                                        progress=progress)
    for found in outcomes:
        if found.status not in ("accepted", "unchanged"):
            say(f"{found.sheet}, row {found.number}: {WORDS.get(found.status, found.status)}")
        if found.status == "still waits":
            for finding in found.findings:
                say(f"  [{finding.code}] {finding.problem} {finding.remedy}")
    counts = Counter(o.status for o in outcomes)
    say("; ".join(f"{counts[s]:,} {s}" for s in counts) or "no rows")
    raise typer.Exit(DONE if counts.keys() <= {"accepted", "recorded already"} else FINDINGS)


def retry(address: str, way: str, number: int, changes: dict[str, str], by: str,
          role: str | None) -> None:
    from landrelease import workflows

    with reading(address, way, role) as (registry, reader):
        report = workflows.retry_quarantined(registry, number, changes, decided_by=by)
        kinds = reader.kinds
    if not report.quarantined:
        say(f"Row {number}: accepted.")
        return
    for finding in workflows.without_personal(report.findings, kinds[report.kind]):
        say(f"[{finding.code}] {finding.problem} {finding.remedy}")
    say(f"Row {number}: still waits.")
    raise typer.Exit(FINDINGS)


def quarantine_reject(
    registry: RegistryArgument, number: int,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the row.")],
    by: ByOption = UNVERIFIED, role: RoleOption = None,
) -> None:
    """Reject a row with a reason; it stays in the registry.

    Example: landrelease quarantine reject district.gpkg 12 --reason "a test row" --as planner
    """
    from landrelease import workflows

    with reading(registry, "quarantine reject", role) as (opened_registry, _):
        workflows.reject_quarantined(opened_registry, number, reason, decided_by=by)
    say(f"Row {number}: rejected.")


def quarantine_export(
    registry: RegistryArgument,
    out: Annotated[Path, typer.Argument(metavar="OUT.xlsx", help="Or OUT.csv, to read only.")],
    file: Annotated[list[str] | None, typer.Option(
        "--file", metavar="NAME", help="Only rows of this file, for its sender; repeat for more.")]
    = None, lang: LangOption = "en", role: RoleOption = None,
) -> None:
    """Write the waiting rows for their sender: the cells as they were, the errors beside them.

    The workbook comes back with `quarantine retry --from`, in whatever language it is.

    Example: landrelease quarantine export district.gpkg back.xlsx --as planner
    """
    from landrelease import workflows
    from landrelease.store.exports import write_csv
    from landrelease.workflows import languages, quarantine

    texts = languages.texts(lang)
    ending = out.suffix.lower()
    if ending not in (".xlsx", ".csv"):
        raise LandReleaseError(BAD_OPTION, option="OUT", found=out.name,
                               expected="a name that ends with .xlsx or .csv")
    with reading(registry, "quarantine export", role) as (opened_registry, reader):
        if ending == ".xlsx":
            written = quarantine.write_return(opened_registry, out, reader, files=file or (),
                                              made_on=date.today(), texts=texts)
            say(f"{written:,} rows written to {out}")
            return
        entries = [e for e in workflows.visible_quarantine(opened_registry, reader)
                   if not file or e.row.file in file]
        synthetic = workflows.is_synthetic(opened_registry)
    write_csv(out, workflows.marked([
        {"number": e.number, "file": e.row.file, "row": e.row.row, "kind": e.row.kind,
         "errors": " ".join(
             " ".join((f"[{f.code}] {f.field}:", *texts.finding(f.code, f.problem, f.remedy)))
             for f in e.row.findings),
         **{f"value: {k}": v for k, v in e.row.values.items()},
         "geometry": e.row.geometry_wkt[:30_000]}
        for e in entries], synthetic))
    say(f"{len(entries):,} rows written to {out}")
