"""The commands of `claims`: published numbers held against arithmetic, ranges and our figures."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from landrelease.apps.common import (
    FINDINGS,
    AssumptionsOption,
    JsonOption,
    QuietOption,
    RoleOption,
    put_json,
    say,
)
from landrelease.apps.console import listening
from landrelease.apps.reading import AreaOption, OrganisationOption, reading
from landrelease.errors import BAD_OPTION, LandReleaseError

_WORDS = {"agrees": "agrees", "differs": "DIFFERS", "cannot_be_checked": "cannot be checked",
          "implausible": "IMPLAUSIBLE", "impossible": "IMPOSSIBLE"}
KnownAtOption = Annotated[str | None, typer.Option(
    "--known-at", metavar="TIME", help="Our figures as they were known then: 2027-04-01, or "
    "2027-04-01T12:00:00+00:00.")]


def register(group: Callable[[str, str], typer.Typer]) -> None:
    claims = group("claims", "Whether published numbers can be true, and what ours say.")
    claims.command("check")(claims_check)
    claims.command("example")(claims_example)


def as_moment(option: str, text: str) -> datetime:
    """A moment, or the end of a day in UTC. Raises CLI-103."""
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, 23, 59, 59, 999_999, UTC)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        return moment
    except ValueError:
        raise LandReleaseError(BAD_OPTION, option=option, found=text,
                               expected="a day, or a time with its zone") from None


def claims_check(
    file: Annotated[Path | None, typer.Argument(
        metavar="CLAIMS.csv", help="Columns source, published, as_of, scope, metric, value, unit, "
        "words; without it the recorded claims of the registry.")] = None,
    registry: Annotated[str | None, typer.Option(
        "--registry", metavar="REGISTRY", help="Also set them beside our figures.")] = None,
    places: Annotated[Path | None, typer.Option(
        "--places", metavar="PLACES.csv", help="Places with their areas (place, kind, area_km2); "
        "else those of the package.")] = None,
    whole: Annotated[str, typer.Option(
        "--whole", metavar="NAME", help="What claims call the ground of the registry as a "
        "whole.")] = "",
    forecast: Annotated[Path | None, typer.Option(
        "--forecast", metavar="FORECAST.json", help="What `forecast make --out` wrote: promised "
        "ends are set beside it.")] = None,
    known_at: KnownAtOption = None,
    level: Annotated[str | None, typer.Option(
        "--level", metavar="LEVEL", help="Our figures of what is validated at least so far: "
        "operator, operations, information_management, authority.")] = None,
    assumptions: AssumptionsOption = None, role: RoleOption = None,
    organisation: OrganisationOption = None, area: AreaOption = None, json: JsonOption = None,
    quiet: QuietOption = False,
) -> None:
    """Check published numbers: each agrees, differs, cannot be checked, is implausible (with the
    range that it was held against) or impossible (by arithmetic alone).

    Exit status 1 where any differs or is implausible or impossible.

    Example: landrelease claims check claims.csv --registry district.gpkg --as planner
    """
    from landrelease.workflows import claims, is_synthetic

    if file is None and registry is None:
        raise LandReleaseError(BAD_OPTION, option="CLAIMS.csv", found="nothing",
                               expected="a file of claims, or --registry with recorded ones")
    moment = None if known_at is None else as_moment("--known-at", known_at)
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(listening(quiet))
        opened_registry = reader = None
        if registry is not None:
            opened_registry, reader = stack.enter_context(reading(
                registry, "claims recorded" if file is None else "claims check", role,
                organisation, area))
        found = claims.check_file(
            file, today=date.today(), registry=opened_registry, reader=reader, places_path=places,
            assumptions_path=assumptions, known_at=moment, level=level, whole=whole,
            forecast_path=forecast, progress=progress)
        synthetic = opened_registry is not None and is_synthetic(opened_registry)
    put_json(json, claims.document(found, synthetic=synthetic))
    for j in found.judgements:
        c = j.claim
        said = " ".join(str(c.row.get(k) or "") for k in ("value", "unit")).strip()
        say(f"{c.number:>4}  {_WORDS[j.verdict]:<18}{str(c.row.get('metric') or '')[:34]:<36}"
            f"{said[:28]:<30}{' '.join(j.codes)}")
        for reason in j.reasons if j.told else ():
            say(f"        {reason}")
    count = Counter(str(j.verdict) for j in found.judgements)
    say(f"{len(found.judgements)} claims: " + ", ".join(
        f"{count[v]} {words.lower()}" for v, words in _WORDS.items() if count[v]) + ".")
    if any(j.verdict in ("differs", "implausible", "impossible") for j in found.judgements):
        raise typer.Exit(FINDINGS)


def claims_example(
    out: Annotated[Path, typer.Argument(metavar="OUT.csv")],
) -> None:
    """Write an example of a claims file: what was published about one border programme in 2025.

    All numbers in it are claims of others, with their sources; none is confirmed.

    Example: landrelease claims example claims.csv
    """
    from landrelease.workflows import claims

    claims.example(out)
    say(f"{out}: landrelease claims check {out}")
