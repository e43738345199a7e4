"""What all commands share: their options, opening a registry, saying and writing results."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landrelease.errors import BAD_OPTION, LandReleaseError

if TYPE_CHECKING:
    from landrelease.store.registry import Registry

DONE, FINDINGS, NOT_DONE = 0, 1, 2

RegistryArgument = Annotated[str, typer.Argument(
    metavar="REGISTRY", help="A .gpkg path or a postgresql:// address.")]
JsonOption = Annotated[Path | None, typer.Option("--json", metavar="OUT",
                                                 help="Write the result as JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="No progress.")]
SeedOption = Annotated[int, typer.Option("--seed", metavar="N", min=0,
                                         help="The same seed and iterations, the same result.")]
RoleOption = Annotated[str | None, typer.Option(
    "--as", metavar="ROLE", help="Whose view; without it the public's, "
    "or that of the keeper of the file where it is the office's own work (docs/access.md).")]
ByOption = Annotated[str, typer.Option(
    "--by", metavar="WHO", help="Who records it; without a key it shows as unverified.")]


def tell_filled(path: Path | None) -> Path | None:
    """Name the assumptions that a programme's own file does not hold; what is wrong with the file
    says whoever reads it."""
    if path is not None:
        from landrelease import workflows

        try:
            filled = workflows.load_assumptions(path).filled
        except LandReleaseError:
            return path
        if filled:
            print(f"{path} does not hold {', '.join(filled)}: taken as the national extension or "
                  "the package has them.", file=sys.stderr, flush=True)
    return path


AssumptionsOption = Annotated[Path | None, typer.Option(
    "--assumptions", metavar="FILE.csv", callback=tell_filled,
    help="Your own assumptions; what they do not hold, and else all, are those of the package.")]
TeamsOption = Annotated[Path | None, typer.Option(
    "--teams", metavar="FILE.csv", help="Your teams and machines; else assumed ones.")]
StartOption = Annotated[str | None, typer.Option(
    "--start", metavar="DATE", help="First day of the plan; else 1 April of next year.")]
TemplatesOption = Annotated[Path | None, typer.Option(
    "--templates", metavar="DIR", help="Your own templates of documents; docs/release.md.")]
UNVERIFIED = "local user (unverified)"
_ASKED_IN = ContextVar("language of the command", default="en")


def heard(code: str) -> str:
    """Callback of `--lang`: what is said before a command has looked at its options is said in that
    language too. One that there is not is for the command to refuse."""
    _ASKED_IN.set(code)
    return code


def synthetic_label() -> str:
    """That the data are made up (S19), in the language that the command was asked for."""
    from landrelease.workflows import languages

    return languages.synthetic_label(_ASKED_IN.get())


def say(text: str = "") -> None:
    print(text, flush=True)


def as_date(option: str, text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    # A slip of the finger in the year; the ends of the calendar have no day before or after.
    if found is None or not 1900 <= found.year < 2200:
        raise LandReleaseError(BAD_OPTION, option=option, found=text,
                               expected="a date as 2027-04-01")
    return found


def first_day(text: str | None) -> date:
    return as_date("--start", text) if text else date(date.today().year + 1, 4, 1)


def put_json(path: Path | None, document: Any) -> None:
    if path is not None:
        from landrelease.store.results import dump, write_atomically

        write_atomically(path, dump(document))


class opened:
    """`with opened(address) as registry:`; closed whatever happens."""

    def __init__(self, address: str):
        self.address = address

    def __enter__(self) -> Registry:
        from landrelease.store.open import open_registry

        self.registry = open_registry(self.address)
        from landrelease.workflows import is_synthetic

        if is_synthetic(self.registry):  # S19, on whatever is printed
            print(synthetic_label(), file=sys.stderr)
        return self.registry

    def __exit__(self, *_: object) -> None:
        self.registry.close()
