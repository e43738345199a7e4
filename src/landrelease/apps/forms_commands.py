"""The command `forms`: XLSForms for ODK and Kobo."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from landrelease.apps.common import (
    JsonOption,
    QuietOption,
    RoleOption,
    heard,
    put_json,
    say,
)
from landrelease.apps.console import listening
from landrelease.apps.reading import AreaOption, OrganisationOption, reading


class Client(StrEnum):
    collect = "collect"
    any = "any"


def register(group: Callable[[str, str], typer.Typer]) -> None:
    forms = group("forms", "Forms for phones in the field (XLSForm, for ODK and Kobo).")
    forms.command("build")(forms_build)


def forms_build(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A folder.")],
    lang: Annotated[str, typer.Option(
        "--lang", metavar="L", callback=heard,
        help="The language that a form opens in: en, fr, es, ru, uk or ar; "
        "all of them are in it.")] = "en",
    form: Annotated[list[str] | None, typer.Option(
        "--form", metavar="ID", help="Only this form; repeat for more.")] = None,
    registry: Annotated[str | None, typer.Option(
        "--registry", metavar="REGISTRY", help="Its words, and its tasks, teams and areas to "
        "choose from, as the role may see them.")] = None,
    client: Annotated[Client, typer.Option(
        "--for", help="collect: ODK Collect v2026.2.2 or newer, which tells while an outline is "
        "drawn that its sides cross; any: KoboToolbox, browsers and older phones as well.",
    )] = Client.collect,
    role: RoleOption = None, organisation: OrganisationOption = None, area: AreaOption = None,
    json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """Write the forms of the programme as XLSForms, each checked by a conversion to XForm.

    Files under FORM-media go onto the phones with the form (ODK Central: form attachments).

    Example: landrelease forms build forms --lang fr --registry district.gpkg --as planner
    """
    from landrelease.workflows import forms

    way = (nullcontext((None, None)) if registry is None else
           reading(registry, "forms build", role, organisation, area))
    with way as (opened_registry, reader), listening(quiet) as progress:
        built = forms.build(out, forms=form or (), language=lang, registry=opened_registry,
                            reader=reader, collect=client is Client.collect, progress=progress)
    put_json(json, [{**dataclasses.asdict(b), "path": str(b.path)} for b in built])
    for b in built:
        say(f"{b.form:<28}{b.title:<44}{len(b.lists)} lists")
    if client is Client.collect:
        say("For ODK Collect v2026.2.2 or newer alone: other clients take no outline in these. For "
            "KoboToolbox, browsers and older phones: --for any.")
    say(f"{len(built)} forms written to {out}. Choices and texts stand in docs/forms.md.")
