"""Put the pages of the documentation together: docs/ and what is made from the code.

    python tools/docs_site.py site/docs && properdocs build

Made from the code: every command with its options, and the addresses of the web API.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def cell(text: object) -> str:
    return " ".join(str(text or "").split()).replace("|", "\\|").replace("<", "&lt;")


def commands_page() -> str:
    """Every command, its arguments and options, from the parser."""
    import typer

    from landrelease.apps import cli

    out = ["# Every command and option", "", "Made from the program itself. In short: "
           "[commands.md](commands.md).", ""]

    def walk(command: Any, words: list[str]) -> None:
        if hasattr(command, "commands"):
            for name in command.commands:
                walk(command.commands[name], [*words, name])
            return
        said = [re.sub(r"\s+", " ", p) for p in (command.help or "").split("\n\n")]
        out.extend([f"## {' '.join(words[1:])}", ""])
        for part in said:
            example = part.strip().removeprefix("Example:").strip()
            out.extend(["```", example, "```", ""] if part.strip().startswith("Example:")
                       else [cell(part), ""])
        out.extend(["| argument or option | what it is |", "| --- | --- |"])
        for p in command.params:
            if p.name == "help":
                continue
            shown = p.metavar or (p.name or "").upper()
            name = shown if p.param_type_name == "argument" else \
                ", ".join(p.opts) + ("" if getattr(p, "is_flag", False) else f" {shown}")
            default = p.default
            more = f" Default: {default}." if default not in (None, False, "", (), []) \
                and not callable(default) else ""
            needed = " Required." if p.required and p.param_type_name != "argument" else ""
            out.append(f"| `{name.replace('|', ' or ')}` | "
                       f"{cell(getattr(p, 'help', ''))}{needed}{cell(more)} |")
        out.append("")

    walk(typer.main.get_command(cli.app), ["landrelease"])
    return "\n".join(out) + "\n"


def api_page() -> str:
    """The addresses of the web API, from its OpenAPI description."""
    from landrelease.apps.web.app import make_app
    from landrelease.apps.web.settings import Settings
    from landrelease.store.open import create_registry

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.gpkg"
        create_registry(path, office="documentation").close()
        app = make_app(Settings(str(path), f"{path}.accounts"))
        described = app.openapi_schema.to_schema()
        app.state.accounts.close()
    out = ["# The web API", "", "Made from the OpenAPI description, which a running server gives "
           "at `/schema/openapi.json`, with every field and answer. Who may ask what: "
           "[web.md](web.md).", "", "| address | | what it gives |", "| --- | --- | --- |"]
    for path, item in sorted(described["paths"].items()):
        for method in ("get", "post", "put", "patch", "delete"):
            if (asked := item.get(method)) is not None:
                words = " ".join((asked.get("description") or asked.get("summary") or "").split())
                first = re.split(r"(?<=[.])\s", words)[0]
                out.append(f"| `{path}` | {method.upper()} | "
                           f"{cell(first)} |")
    return "\n".join(out) + "\n"


def main(out: Path) -> None:
    if out.exists():
        shutil.rmtree(out)
    shutil.copytree(ROOT / "docs", out)
    made = {"reference-commands.md": commands_page(), "reference-api.md": api_page()}
    for name, page in made.items():
        (out / name).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
