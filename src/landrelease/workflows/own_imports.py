"""An import as whoever brought the file in may know it: each finding, and the rows that wait, which
that person may mend.

Who may not see what waits in general (an operator) may see what became of the rows of a file that
was one's own to begin with. A finding can speak of another record: where the reader does not see
all records of that kind, its words are those of the catalogue, without what was found (S14).
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core.finding import Finding, ImportReport
from landrelease.core.progress import Progress, silent
from landrelease.errors import NOT_FOR_ROLE, QUARANTINE_UNKNOWN, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import QuarantineEntry, Registry

FINDINGS = "findings.jsonl"  # one finding a line, for paging
_COLUMNS = ("file", "layer", "kind", "row", "code", "field", "found", "problem", "remedy", "fate")


def check_may(reader: View) -> None:
    """Raise ACC-101 where the role brings nothing in."""
    from landrelease.access.policy import BRINGS_IN

    if reader.role not in BRINGS_IN:
        raise LandReleaseError(NOT_FOR_ROLE, role=reader.role, subject="files that are brought in",
                               roles=", ".join(BRINGS_IN))


def may_decide(reader: View) -> bool:
    """Whether the role decides on rows that wait, of whomever they are."""
    return reader.may("quarantine", "rows")


def bring_in(registry: Registry, reader: View, path: Path, table: Path, lines: Path, *,
             kind: str = "", crs: str = "", mapping: Path | None = None, dry_run: bool = False,
             recorded_by: str, progress: Progress = silent) -> dict[str, Any]:
    """Import one file, each layer whole or not at all, and keep what there is to say of it.

    All findings stand in `lines` for paging (`findings_of`), where there are any also in `table`
    as CSV. The document that is returned has the counts of each layer, findings by code, and the
    numbers of the rows that wait because of this import.
    """
    from landrelease.workflows import imports, is_synthetic
    from landrelease.workflows.submissions import Sender

    check_may(reader)
    last = registry.quarantine_state()[1]
    reports = imports.import_files(
        registry, [path], kind=kind or None, crs=crs, mapping_path=mapping, dry_run=dry_run,
        recorded_by=recorded_by, progress=progress, decides=may_decide(reader),
        sender=Sender.of(registry, reader, recorded_by, dry_run=dry_run))
    sources = {r.source for r in reports}
    numbers = [] if dry_run else [e.number for e in registry.quarantine("waiting")
                                  if e.number > last and e.row.source in sources]
    shown = [(r, told_to(r, reader)) for r in reports]
    _write(table, lines, shown)
    return {"dry_run": dry_run, "synthetic": is_synthetic(registry), "waiting": numbers,
            "reports": [{
                "file": r.file, "layer": r.layer, "kind": r.kind, "read": r.read,
                "accepted": r.accepted, "merged": r.merged, "quarantined": r.quarantined,
                "unmapped": list(r.unmapped), "findings": len(found),
                "codes": [{"code": code, "fate": fate, "count": count} for (code, fate), count in
                          Counter((f.code, f.fate) for f in found).most_common()]}
                for r, found in shown]}


def told_to(report: ImportReport, reader: View) -> list[Finding]:
    """The findings of a report as who brought the file in may hear them."""
    from landrelease.workflows import without_personal

    known = reader.kinds[report.kind]
    found = list(without_personal(report.findings, known))
    return found if in_words(reader, report.kind) else [_plain(f) for f in found]


def in_words(reader: View, kind: str) -> bool:
    """Whether what was found in a row of a kind may be told: the reader sees what waits, or all
    records that it may be of."""
    if reader.may("quarantine", "rows"):
        return True
    grant = reader.grant(kind)
    return grant.precision == "exact" and grant.rows == "all" and not reader.areas


def _plain(finding: Finding) -> Finding:
    """A finding in the words of the catalogue, without what may be of another record."""
    from landrelease.access.policy import Unsaid
    from landrelease.errors import CATALOGUE

    message = CATALOGUE.get(finding.code)

    class Facts(dict[str, Any]):
        def __missing__(self, key: str) -> Any:
            return Unsaid()

    facts = Facts(file=finding.file, row=finding.row, field=finding.field)
    words = ("", "") if message is None else (message.problem.format_map(facts),
                                              message.remedy.format_map(facts))
    return dataclasses.replace(finding, found="", problem=words[0], remedy=words[1])


def _write(table: Path, lines: Path, shown: Sequence[tuple[ImportReport, Sequence[Finding]]]
           ) -> None:
    import pyarrow as pa

    from landrelease.store.tables import Table, write_csv_table

    rows = [{**dataclasses.asdict(f), "layer": r.layer, "kind": r.kind}
            for r, found in shown for f in found]
    with lines.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps({n: row[n] for n in _COLUMNS}, ensure_ascii=False) + "\n")
    if rows:
        write_csv_table(table, Table("findings", {
            n: pa.array([row[n] for row in rows], pa.int64() if n == "row" else pa.string())
            for n in _COLUMNS}, tags={}), hxl=False)


def findings_of(lines: Path, *, start: int = 0, limit: int = 100, code: str = ""
                ) -> tuple[list[dict[str, Any]], int]:
    """Findings of an import from the `start`-th on, of one code where it is given, and how many
    there are of these."""
    def those() -> Iterator[dict[str, Any]]:
        if lines.is_file():
            with lines.open(encoding="utf-8") as stream:
                for line in stream:
                    if not code or f'"code": "{code}"' in line:
                        yield json.loads(line)

    count, out = 0, []
    for count, row in enumerate(those(), 1):
        if start < count <= start + limit:
            out.append(row)
    return out, count


def waiting_rows(registry: Registry, reader: View, numbers: Sequence[int]
                 ) -> list[QuarantineEntry]:
    """Those of the rows that an import put to wait that still wait, as who brought them in may see
    them: the values are that person's own; what would be personal is withheld all the same."""
    from landrelease.workflows.quarantine import Masks

    check_may(reader)
    masks = Masks(registry, reader)
    wanted = set(numbers)
    out = []
    for entry in registry.quarantine("waiting"):
        if entry.number not in wanted or entry.row.kind not in reader.kinds:
            continue
        report = ImportReport(entry.row.file, entry.row.source, entry.row.kind, 0, 0, 0, 0,
                              entry.row.findings)
        out.append(masks.masked(dataclasses.replace(entry, row=dataclasses.replace(
            entry.row, findings=tuple(told_to(report, reader))))))
    return out


def mend(registry: Registry, reader: View, numbers: Sequence[int], number: int,
         changes: dict[str, Any], *, decided_by: str) -> list[Finding]:
    """Change values of a row of one's own import and check it again; what is still wrong with it.
    Whose role may not decide on rows that wait, mends no danger away: the row waits (ROW-045).

    Raises STO-015 for a row that is not of this import, or does not wait any more.
    """
    from landrelease.workflows import retry_quarantined

    check_may(reader)
    if number not in set(numbers):
        raise LandReleaseError(QUARANTINE_UNKNOWN, number=number)
    report = retry_quarantined(registry, number, changes, decided_by=decided_by,
                               decides=may_decide(reader))
    return told_to(report, reader) if report.quarantined else []
