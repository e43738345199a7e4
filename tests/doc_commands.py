"""The commands in README.md and docs/*.md: found, and held against the real parser."""

import functools
import re
import shlex
from pathlib import Path

import typer

from landrelease.apps import cli

ROOT = Path(__file__).parents[1]
PROGRAM = re.compile(r"(?:\S*/)?landrelease")
# What follows is handed to the app in its container (deploy/container-start).
CONTAINER = ["docker", "compose", "-f", "deploy/compose.yaml", "run", "--rm", "app"]


@functools.cache
def whole():
    """The command line as it is parsed; made once."""
    return typer.main.get_command(cli.app)


def blocks(text):
    """(line, text) of each fenced or indented block of code."""
    lines, out, fence, held, start = text.splitlines(), [], None, [], 0
    for n, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            if fence is None:
                fence, held, start = line.strip(), [], n + 1
            else:
                out.append((start, "\n".join(held)))
                fence, held = None, []
        elif fence is not None:
            held.append(line)
        elif line.startswith("    ") and (held or not lines[n - 2].strip()):
            start = start if held else n
            held.append(line[4:])
        elif held:
            out.append((start, "\n".join(held)))
            held = []
    if held:
        out.append((start, "\n".join(held)))
    return out


def commands(text):
    """(line, words after "landrelease") of each command in the blocks of a page."""
    for start, block in blocks(text):
        n = start
        joined = re.sub(r"\\\n\s*", " ", block)
        for line in joined.splitlines():
            for part in re.split(r"\s*(?:&&|\|(?!\|))\s*", line):
                try:
                    words = shlex.split(part, comments=True)
                except ValueError:
                    continue
                if words[:2] == ["runuser", "-u"]:  # runuser -u NAME -- COMMAND
                    words = words[4:]
                while words and (words[0] == "$" or "=" in words[0]
                                 or (len(words) > 1 and words[0] == "landrelease"
                                     and PROGRAM.fullmatch(words[1]))):
                    words = words[1:]
                if words[:len(CONTAINER)] == CONTAINER:
                    inside = words[len(CONTAINER):]
                    words = inside if inside[0] == "landrelease-backup" else ["landrelease",
                                                                             *inside]
                if len(words) > 1 and PROGRAM.fullmatch(words[0]):
                    yield n, words[1:]
            n += 1


def examples():
    """(command, words of its example) of each command, as the page of all commands prints them."""
    def walk(command, path):
        if hasattr(command, "commands"):
            for name in command.commands:
                yield from walk(command.commands[name], [*path, name])
            return
        for part in (command.help or "").split("\n\n"):
            said = " ".join(part.split())
            if said.startswith("Example:"):
                words = ["WORDS" if w == "..." else w
                         for w in shlex.split(said.removeprefix("Example:"))]
                yield " ".join(path), words[1:] if words[:1] == ["landrelease"] else words

    yield from walk(whole(), [])


def inline(text):
    """(line, words) of commands named within sentences: `landrelease plan make REGISTRY …`; also
    those that go on in the next line."""
    lines = ["" if line.startswith("    ") else line for line in text.splitlines()]
    for start, block in blocks(text):
        for n in range(start - 1, start + block.count("\n")):
            lines[n] = ""
    page = "\n".join(lines)
    for found in re.finditer(r"`landrelease ([^`\n]+(?:\n[^`\n]+)?)`", page):
        words = found[1].replace("…", " ").replace("\\|", "|").replace("|", " ").split()
        if words and re.fullmatch(r"[a-z-]+", words[0]):
            yield page.count("\n", 0, found.start()) + 1, words


def unknown(words):
    """What of a command named within a sentence there is not: a command, or an option of it; None
    where all is there. Arguments may be left out."""
    command, rest = whole(), list(words)
    while hasattr(command, "commands"):
        if not rest:
            return None
        if rest[0] not in command.commands:
            return rest[0]
        command = command.commands[rest.pop(0)]
    options = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
    return next((w for w in rest if w.startswith("--") and w.split("=")[0] not in options), None)


def pages():
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def all_commands():
    return [(f"{path.relative_to(ROOT)}:{line}", words) for path in pages()
            for line, words in commands(path.read_text(encoding="utf-8"))]


def problem(words):
    """What the parser says against a command; None where it takes it. Nothing is run."""
    words = [w.strip("[]") for w in words if w not in ("...", "[", "]") and not w.startswith("[")]
    command = whole()
    try:
        context = command.make_context("landrelease", list(words), resilient_parsing=False)
        while hasattr(command, "resolve_command"):
            rest = [*context._protected_args, *context.args]
            if not rest:
                return "a group without its command"
            name, command, rest = command.resolve_command(context, rest)
            context = command.make_context(name, list(rest), parent=context)
    except Exception as error:
        if type(error).__name__ == "Exit":  # --help
            return None
        if not hasattr(error, "format_message"):
            raise
        return error.format_message() or type(error).__name__
    return None
