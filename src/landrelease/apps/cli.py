"""The command line: parse, call a workflow, show. The table of commands is docs/commands.md.

Exit status: 0 done, 1 done with findings, 2 could not be done.
"""

from __future__ import annotations

import copy
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.main import get_command_name
from typer.models import TyperInfo

from landrelease.apps import (
    area_commands,
    assess_commands,
    check_commands,
    claims_commands,
    complaint_commands,
    document_commands,
    exchange_commands,
    export_commands,
    figures_commands,
    forecast_commands,
    forms_commands,
    identity_commands,
    money_commands,
    operate_commands,
    plan_commands,
    project_commands,
    public_commands,
    quarantine_commands,
    release_commands,
    sharing_commands,
    source_commands,
    upkeep_commands,
    verify_commands,
    web_commands,
)
from landrelease.apps.common import (
    DONE,
    FINDINGS,
    NOT_DONE,
    UNVERIFIED,
    AssumptionsOption,
    ByOption,
    JsonOption,
    QuietOption,
    RegistryArgument,
    RoleOption,
    SeedOption,
    StartOption,
    TeamsOption,
    TemplatesOption,
    first_day,
    heard,
    opened,
    put_json,
    say,
)
from landrelease.apps.console import listening
from landrelease.apps.reading import AreaOption, OrganisationOption, reading
from landrelease.errors import (
    BAD_OPTION,
    FILES_BESIDE_LEFT,
    OUT_NOT_WRITABLE,
    PICTURES_NOT_THERE,
    SUBMISSION_FILE,
    SYSTEM_NOT_USED,
    LandReleaseError,
)

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Runs a mine-clearance programme from suspicion to hand-over, with the proof of every "
    "step. It proposes; a named authority decides and signs.")


def group(name: str, words: str) -> typer.Typer:
    made = typer.Typer(no_args_is_help=True, help=words, rich_markup_mode=None)
    app.add_typer(made, name=name)
    return made


world_group = group("world", "Synthetic programmes with known truth, to test and to learn with.")


upkeep_commands.register(app)
export_commands.register(app)
check_commands.register(app)
quarantine_commands.register(app, group)
source_commands.register(group)
identity_commands.register(app, group)
sharing_commands.register(app)
exchange_commands.register(app, group)
area_commands.register(app, group)
assess_commands.register(group)
plan_commands.register(group)
operate_commands.register(group)
forecast_commands.register(group)
verify_commands.register(group)
forms_commands.register(group)
release_commands.register(group)
money_commands.register(group)
figures_commands.register(group)
document_commands.register(group)
claims_commands.register(group)
project_commands.register(group)
public_commands.register(app)
complaint_commands.register(group)
web_commands.register(app, group)


def report_rows(reports: list[Any]) -> list[dict[str, Any]]:
    import dataclasses

    return [dataclasses.asdict(r) for r in reports]


_SAID_ALOUD = (SYSTEM_NOT_USED.code, PICTURES_NOT_THERE.code, FILES_BESIDE_LEFT.code,
               SUBMISSION_FILE.code)


def show_report(r: Any, first: bool) -> None:
    if first:
        say(f"{'file':<34}{'kind':<22}{'read':>8}{'accepted':>10}{'merged':>8}{'quarantined':>13}")
    say(f"{r.file[:33]:<34}{r.kind:<22}{r.read:>8,}{r.accepted:>10,}{r.merged:>8,}"
        f"{r.quarantined:>13,}")
    for f in r.findings:
        # What somebody typed was not followed, or a photograph is not where it should be.
        if f.code in _SAID_ALOUD and not f.row:
            say(f"[{f.code}] {f.problem} {f.remedy}")


def show_rule() -> None:
    from landrelease import workflows

    say(f"Merged: {workflows.merge_rule()}")


# --- in and out --------------------------------------------------------------------------------


@app.command()
def init(registry: RegistryArgument,
         office: Annotated[str, typer.Option(help="Name of the office that keeps the chain.")]
         = "office") -> None:
    """Create an empty registry.

    Example: landrelease init district.gpkg --office Travnik
    """
    from landrelease.store.open import create_registry

    create_registry(registry, office=office).close()
    say(f"{registry}: created, office {office}")


INTERRUPTED = 130
_told: set[str] = set()  # what was said about an interruption, so that it is said once


def say_interrupted(words: str = "Interrupted; what was finished is kept, what was not has left "
                    "nothing behind.") -> None:
    if not _told:
        _told.add(words)
        print(words, file=sys.stderr)


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...")],
    into: Annotated[str, typer.Option("--into", metavar="REGISTRY")],
    kind: Annotated[str | None, typer.Option(
        "--kind", help="Kind of record (docs/records.md), for example hazard, outcome, item, team; "
        "guessed where the file says it.")] = None,
    layer: Annotated[str | None, typer.Option(
        "--layer", help="Sheet or layer; else all whose kind is known, with --kind the "
        "first.")] = None,
    mapping: Annotated[Path | None, typer.Option(
        "--mapping", metavar="MAP.yaml", help="What the columns mean; or a folder of mappings, of "
        "which the one that fits the headings is used.")] = None,
    propose_mapping: Annotated[Path | None, typer.Option(
        "--propose-mapping", metavar="OUT.yaml", help="Write what the columns of the (first) file "
        "may mean, with the reasons, to be edited; import nothing.")] = None,
    crs: Annotated[str, typer.Option(
        "--crs", help="System of coordinates of which the file does not state it, for example "
        "EPSG:4326 for WGS 84.")] = "",
    worst_accuracy: Annotated[float | None, typer.Option(
        "--worst-accuracy", metavar="M", min=0.0, help="Least accurate transformation to WGS 84 "
        "that is used, in m; default 10.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all, write nothing.")] = False,
    report: Annotated[Path | None, typer.Option("--report", metavar="OUT.json")] = None,
    by: ByOption = UNVERIFIED, quiet: QuietOption = False,
) -> None:
    """Import files as mine action has them (docs/import.md), each layer whole or not at all.

    Rows that cannot be accepted wait in quarantine with their reason. The same file again changes
    nothing. A FILE may be a folder of submissions from a phone, with their photographs beside them
    (docs/forms.md). Exit status 1 where rows were quarantined.

    Example: landrelease import areas.geojson --into district.gpkg --kind hazard --report in.json
    """
    from landrelease.workflows import imports

    if propose_mapping is not None:
        from landrelease.store.exports import write_bytes

        with opened(into) as registry:
            proposal, text = imports.propose_mapping(registry, files[0], kind=kind, layer=layer)
        write_bytes(propose_mapping, text.encode())
        for told in proposal.suggestions:
            say(f"{told.column:<28}{told.field or '?':<24}{'' if told.certain else '(to confirm) '}"
                f"{told.reason}")
        say(f"{propose_mapping}: look at it, then import with --mapping {propose_mapping}")
        return
    from landrelease.workflows.certificates import reopened_words

    reports: list[Any] = []
    again: list[Any] = []

    def done(found: Any) -> None:  # said as soon as it is so, for whoever interrupts the rest
        reports.append(found)
        show_report(found, first=len(reports) == 1)

    try:
        with opened(into) as registry, listening(quiet) as progress:
            imports.import_files(
                registry, files, kind=kind, layer=layer, mapping_path=mapping, crs=crs,
                worst_accuracy_m=worst_accuracy, dry_run=dry_run, recorded_by=by,
                progress=progress, done=done, reopened=again.extend, beside=True)
    except KeyboardInterrupt:
        say_interrupted(f"Interrupted. {len(reports)} tables are imported; the others have left "
                        "nothing behind. The same command again does the rest.")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        put_json(report, report_rows(reports))
    show_rule()
    if dry_run:
        say("Dry run: nothing was written.")
    waiting = sum(r.quarantined for r in reports)
    if waiting:
        say(f"{waiting:,} rows wait: landrelease quarantine list {into} --as planner")
    for line in reopened_words(again):
        say(line)
    raise typer.Exit(FINDINGS if waiting or again else DONE)


@app.command()
def history(registry: RegistryArgument, record: str, role: RoleOption = None,
            organisation: OrganisationOption = None, area: AreaOption = None,
            json: JsonOption = None) -> None:
    """Show every revision of a record: who, when, why, from which source.

    Example: landrelease history district.gpkg hazard-3f2a91c07d55 --as planner
    """
    from landrelease import workflows
    from landrelease.workflows import identities

    with reading(registry, "history", role, organisation, area) as (opened_registry, reader):
        revisions = workflows.visible_history(opened_registry, record, reader)
        named = reader.may("source_files", "names")
        names = opened_registry.sources() if named else {}
        verdicts = identities.verdicts(opened_registry, record)
        offices = {c.id: c.office for c in opened_registry.chains()}
    put_json(json, [
        {"number": s.number, "hash": s.hash, "office": offices.get(s.chain, s.chain),
         "position": s.position, "recorded_at": s.revision.recorded_at.isoformat(),
         "recorded_by": s.revision.recorded_by, "reason": s.revision.reason,
         "validation": s.revision.validation,
         "signed": verdicts[s.hash].standing if s.hash in verdicts else None,
         "source": s.revision.source, "values": dict(s.revision.values),
         "geometry": s.revision.geometry.wkt if s.revision.geometry else None}
        for s in revisions])
    for s in revisions:
        r = s.revision
        verdict = verdicts.get(s.hash)
        words = "" if verdict is None else f"  {verdict.standing}" + (
            f" ({verdict.reason})" if verdict.reason else "")
        say(f"{s.number:>7}  {r.recorded_at:%Y-%m-%d %H:%M} UTC  {r.recorded_by}  "
            f"[{r.validation}]{words}")
        came = names.get(r.source, r.source[:12] or "a person")
        say(f"         {r.reason}; source {came}; hash {s.hash[:12]}")
        for name, value in sorted(r.values.items()):
            say(f"         {name}: {value}")


# --- out to readers ----------------------------------------------------------------------------


@app.command()
def publish(
    registry: RegistryArgument,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A folder.")],
    role: RoleOption = None, organisation: OrganisationOption = None, area: AreaOption = None,
    plan: Annotated[Path | None, typer.Option("--plan", metavar="PLAN")] = None,
    forecast: Annotated[Path | None, typer.Option("--forecast", metavar="forecast.json")] = None,
    title: Annotated[str, typer.Option(help="Name of the programme.")] = "",
    contact: Annotated[str, typer.Option(help="Who to call about a find.")] = "",
    lang: Annotated[str, typer.Option(
        "--lang", metavar="L", callback=heard, help="Language, for example fr.")]
    = "en",
    templates: TemplatesOption = None,
    assumptions: AssumptionsOption = None, quiet: QuietOption = False,
) -> None:
    """Write the page (and for roles inside the programme the document and data) for a role.

    Without --as it is the public's view: coarse cells, no positions, no plans.

    Example: landrelease publish district.gpkg out --as planner --plan plan
    """
    from landrelease import workflows

    with (reading(registry, "publish", role, organisation, area) as (opened_registry, reader),
          listening(quiet) as progress):
        paths = workflows.publish(
            opened_registry, out, reader=reader, plan_path=plan, forecast_path=forecast,
            assumptions_path=assumptions, title=title, contact=contact, made_on=date.today(),
            templates=templates, progress=progress, lang=lang)
    for path in paths:
        say(str(path))


def serve_folder(folder: Path, port: int) -> None:
    """Serve a folder on the loopback address only."""
    from landrelease.apps.static_server import make_server

    server = make_server(folder, port)
    say(f"http://127.0.0.1:{server.server_address[1]}/  (stop with Ctrl-C)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        say("stopped")
    finally:
        server.server_close()


# --- worlds ------------------------------------------------------------------------------------


@world_group.command("make")
def world_make(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A folder; made, or empty.")],
    size: Annotated[str, typer.Option("--size", metavar="village|district|region")] = "village",
    seed: SeedOption = 1, json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """Make a synthetic programme: what a centre would hold, and apart from it the truth.

    Nothing in it exists; it lies in the open sea and says so in every file. The same size and seed
    give the same bytes. No stage reads the folder `truth`.

    Example: landrelease world make borderland --size district --seed 1
    """
    from landrelease import workflows

    with listening(quiet) as progress:
        made = workflows.make_world(size, seed, out, progress)
    put_json(json, made)
    say(f"Synthetic {size}, seed {seed}: {made['communities']} communities, "
        f"{made['cut_off']} of them cut off; {made['suspected_areas']:,} suspected areas, "
        f"{made['items']:,} items, {made['reports']:,} daily reports.")
    say(f"Written to {out}; the truth lies in {out / 'truth'}.")


# --- the demo ----------------------------------------------------------------------------------


@app.command()
def demo(
    world: Annotated[str, typer.Option("--world", metavar="bosnia|borderland")] = "bosnia",
    data: Annotated[Path | None, typer.Option(
        "--data", metavar="DIR", help="The same layers of a larger area; else the region that "
        "ships with the package.")] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR")] = Path("demo"),
    serve: Annotated[bool, typer.Option("--serve", help="Serve the pages afterwards.")] = False,
    teams: TeamsOption = None, assumptions: AssumptionsOption = None, start: StartOption = None,
    iterations: Annotated[int, typer.Option("--iterations", metavar="N", min=0)] = 250,
    runs: Annotated[int, typer.Option("--runs", min=1, help="Runs of the forecast.")] = 500,
    seed: SeedOption = 1, json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """The main job, start to end, on real minefields of Bosnia and Herzegovina.

    The data is out of date and must not be used for moving on the ground. Running it again on the
    same folder imports nothing twice. `--world borderland` runs it on a synthetic district of 64
    communities, 37 of them cut off, with roads and two phases of money.

    Example: landrelease demo --out demo --serve
    """
    from landrelease.apps.compiled import compiling_ahead
    from landrelease.workflows import demo as job

    if world not in ("bosnia", "borderland"):
        raise LandReleaseError(BAD_OPTION, option="--world", found=world,
                               expected="bosnia or borderland")
    with listening(quiet) as progress, compiling_ahead() as ready:
        made = job.demo(
            ready=ready, world=world, data=data, out=out, teams_path=teams,
            assumptions_path=assumptions, start=first_day(start), iterations=iterations,
            runs=runs, seed=seed, today=date.today(), progress=progress)
    put_json(json, made.summary)
    for line in made.words:
        say(line)
    if serve:
        serve_folder(out, 0)


def _loading(frame: Any) -> bool:
    """Whether a module is being imported, or a compiled function is being made ready, in a frame or
    in one that called it: from a callback of the compiler no interruption comes out."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib") or "llvmlite" in name:
            return True
        frame = frame.f_back
    return False


def only_named(whole: typer.Typer, words: Sequence[str]) -> typer.Typer:
    """The application with the one command that the words begin with; the whole one where they name
    none, for help and for what is misspelled. Typer takes a quarter of a second to make ready all
    commands, of which one runs."""
    alone = [c for c in whole.registered_commands
             if words and c.callback and (c.name or get_command_name(c.callback.__name__))
             == words[0]]
    if alone:
        whole = copy.copy(whole)
        # With an empty group beside it the command keeps its name.
        whole.registered_commands = alone
        whole.registered_groups = [TyperInfo(typer.Typer(), name="none")]
        return whole
    for kept in whole.registered_groups:
        group = kept.typer_instance
        if not words or kept.name != words[0] or group is None:
            continue
        named = [c for c in group.registered_commands if len(words) > 1 and c.name == words[1]]
        if named:
            group = copy.copy(group)
            group.registered_commands = named
        kept, whole = copy.copy(kept), copy.copy(whole)
        kept.typer_instance = group
        whole.registered_groups, whole.registered_commands = [kept], []
        break
    return whole


def main() -> None:
    """Run the command line; every `LandReleaseError` becomes one clear line and status 2."""
    stopped = False

    def stop(number: int, frame: Any) -> None:
        nonlocal stopped
        # A library that is interrupted while it loads may say so in its own words, or be left half
        # loaded: the interruption waits until it is there. A second Ctrl-C does not wait.
        if (number == signal.SIGINT and stopped) or not _loading(frame) or not hasattr(
                signal, "setitimer"):
            raise KeyboardInterrupt
        stopped = True
        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, 0.05)

    before = (signal.signal(signal.SIGINT, stop)
              if threading.current_thread() is threading.main_thread() else None)
    try:
        only_named(app, sys.argv[1:])()
    except LandReleaseError as error:
        print(error, file=sys.stderr)
        sys.exit(NOT_DONE)
    except (KeyboardInterrupt, ImportError) as error:
        # A library that is interrupted while it loads says that it cannot be imported.
        if isinstance(error, ImportError) and not stopped:
            raise
        say_interrupted()
        sys.exit(INTERRUPTED)
    except SystemExit as end:  # Typer ends by itself on Ctrl-C, without a word
        if end.code == INTERRUPTED:
            say_interrupted()
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)
    except OSError as error:
        if error.filename is None:
            raise
        print(LandReleaseError(OUT_NOT_WRITABLE, path=error.filename, found=error.strerror),
              file=sys.stderr)
        sys.exit(NOT_DONE)
    finally:
        if before is not None:
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGINT, before)
