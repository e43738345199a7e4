"""The table of docs/access.md from the policy: python tools/access_table.py"""

from landrelease.access.policy import ALL, RESULTS, ROLES, TABLE
from landrelease.core.record import KINDS

WORDS = {"organisation": "own", "area": "area", "organisation_or_area": "own or area"}


def cell(role: str, subject: str) -> str:
    grant = TABLE[role].get(subject)
    if grant is None:
        return "–"
    words = [grant.precision]
    if grant.fields and ALL not in grant.fields:
        words.append("some fields")
    if grant.rows != "all":
        words.append(WORDS[grant.rows])
    return ", ".join(words)


def table() -> str:
    """One row a kind or result; roles with the same column stand together."""
    subjects = [*KINDS, *RESULTS]
    columns: list[tuple[list[str], list[str]]] = []
    for role in ROLES:
        cells = [cell(role, s) for s in subjects]
        for names, known in columns:
            if known == cells:
                names.append(role)
                break
        else:
            columns.append(([role], cells))
    lines = ["| | " + " | ".join(", ".join(names) for names, _ in columns) + " |",
             "| --- " * (len(columns) + 1) + "|"]
    for n, subject in enumerate(subjects):
        lines.append(f"| {subject} | " + " | ".join(cells[n] for _, cells in columns) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
