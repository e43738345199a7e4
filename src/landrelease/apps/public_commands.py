"""The command `ask`: what the public is told of a place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from landrelease.apps.common import (
    JsonOption,
    QuietOption,
    RegistryArgument,
    RoleOption,
    heard,
    put_json,
    say,
)
from landrelease.apps.reading import reading
from landrelease.core.texts import Texts
from landrelease.errors import LANGUAGE_UNKNOWN, QUESTION_OF_ONE_KIND, LandReleaseError


def register(app: typer.Typer) -> None:
    app.command("ask")(ask)


@contextmanager
def speaking(texts: Texts) -> Iterator[None]:
    """What goes wrong inside is said in this language, as far as it is translated."""
    try:
        yield
    except LandReleaseError as error:
        error.args = (texts.error(error),)
        raise


def ask(
    registry: RegistryArgument,
    at: Annotated[str | None, typer.Option(
        "--at", metavar="PLACE", help="Latitude and longitude, UTM or MGRS, on WGS 84.")] = None,
    place: Annotated[str | None, typer.Option(
        "--place", metavar="NAME", help="Name of a community or an administrative area.")] = None,
    area: Annotated[Path | None, typer.Option(
        "--area", metavar="FILE", help="A field in any GIS file: a "
        "polygon, a line round it, or its corners.")] = None,
    lang: Annotated[str, typer.Option(
        "--lang", metavar="L", callback=heard,
        help="Language of the answer: en, fr, es, ru, uk, ar.")] = "en",
    role: RoleOption = None, json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """Is a place known to be hazardous, released, or is there no information? Never "safe".

    The answer is the public's for every role. Where a name means several places, all are answered.

    Example: landrelease ask district.gpkg --at "44.2083, 17.6612"
    """
    from landrelease.workflows import public
    from landrelease.workflows.areas import read_ground
    from landrelease.workflows.languages import NAMES, texts
    from landrelease.workflows.public_words import SYNTHETIC, TOO_MANY, words_of

    stated = [name for name, value in (("--at", at), ("--place", place), ("--area", area))
              if value is not None]
    if len(stated) != 1:
        raise LandReleaseError(QUESTION_OF_ONE_KIND, found=" and ".join(stated) or "none")
    if lang not in NAMES:
        raise LandReleaseError(LANGUAGE_UNKNOWN, found=lang, expected=", ".join(NAMES))
    more = ""
    with speaking(texts(lang)):
        # Before the registry is opened: what is wrong with a person's own file is told in full, and
        # what is withheld is the registry's (S14).
        drawn = None if area is None else read_ground(area)
    with speaking(texts(lang)), reading(registry, "ask", role) as (opened_registry, _):
        view = public.VIEWS.of(opened_registry)
        if at is not None:
            replies = [public.ask_point(view, at)]
        elif place is not None:
            found = public.named(view, place)
            replies = [public.ask_named(view, p) for p in found[:public.MOST_NAMES]]
            if len(found) > public.MOST_NAMES:
                more = texts(lang).told(TOO_MANY, most=public.MOST_NAMES)
        else:
            assert drawn is not None
            replies = [public.ask_shape(view, *drawn)]
    told = [words_of(reply, texts(lang)) for reply in replies]
    documents: list[dict[str, Any]] = [
        {**public.document(reply), "words": [w.headline, *w.lines, *w.cautions, w.contact]}
        for reply, w in zip(replies, told, strict=True)]
    put_json(json, documents)
    if any(reply.synthetic for reply in replies):
        say(texts(lang)(SYNTHETIC))
    for words in told:
        say(words.asked)
        say(words.headline)
        for line in (*words.lines, *words.cautions, words.contact):
            say(f"  {line}")
    if more:
        say(more)
