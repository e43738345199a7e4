"""Print docs/records.md, made from the kinds of record."""

from landrelease.core.decision import deciders
from landrelease.core.record import KINDS

GROUPS = {"land": "The ground", "work": "The work", "capacity": "People, machines, accreditation",
          "community": "People and places", "means": "Means and sources"}
GEOMETRY = {"polygon": "polygons", "point": "points", "line": "lines", "any": "any geometry",
            "none": "no geometry"}


def cell(text: str) -> str:
    return str(text).replace("|", "\\|")


def allowed(field) -> str:
    if field.choices:
        return ", ".join(f"`{c}`" for c in field.choices)
    if field.refers_to:
        return f"ids of `{field.refers_to}`"
    low, high = field.minimum, field.maximum
    if low is None and high is None:
        return ""
    if high is None:
        return f"from {low:g}"
    return f"to {high:g}" if low is None else f"{low:g} to {high:g}"


def main() -> None:
    print("# Records\n")
    print("Made from `src/landrelease/core/kinds` by `python tools/records_page.py`. The same")
    print("definition checks what comes in and lays out the registry.\n")
    print("Every field may also be `not_reported` (nobody said so) or `declined`; neither is zero.")
    print("Personal fields never enter the chain: they stand beside it and can be erased. A")
    print("programme adds fields, words and thresholds of its own in a file:")
    print("[extension_example.yaml](extension_example.yaml).\n")
    for group, title in GROUPS.items():
        print(f"## {title}\n")
        for kind in KINDS.values():
            if kind.group != group:
                continue
            print(f"### {kind.name}: {kind.title}\n")
            print(f"{kind.definition} Kept as {GEOMETRY[kind.geometry]}.")
            for name, words in kind.decisions:
                listed = ", ".join(f"`{w}`" for w in words)
                able = " or ".join(deciders(kind.name, name)) or "whoever may vouch"
                print(f"`{name}` = {listed} is a decision: it counts with a signature only, by "
                      f"{able}.")
            print("\n| field | type | unit | allowed | meaning | source |")
            print("| --- | --- | --- | --- | --- | --- |")
            for f in kind.fields:
                marks = " (required)" * f.required + " (personal)" * f.personal
                print(f"| `{f.name}`{marks} | {f.type} | {cell(f.unit)} | {cell(allowed(f))} | "
                      f"{cell(f.definition)} | {cell(f.source)} |")
            print()


if __name__ == "__main__":
    main()
