"""Claims that raise every code of the check, each in a place of its own."""

import csv
import dataclasses
import io
from datetime import date

from landrelease.core.ledger import Figure
from landrelease.figures.claims_ours import Ours
from test_claims import ALARMS, check, row

NOW = date(2030, 1, 1)
OURS = Ours({NOW: (Figure("cleared_m2", "", "", 4e6, "m²", "all", ("r1", "r2"), "head"),)},
            {frozenset(): "all"})
# What differs from our records, wherever they hold a hazardous or a cleared area.
DIFFERS = [row("2030-01-01", "cleared area", "611", "ha", scope="all"),
           row("2026-01-01", "hazardous area", "611,000", "ha", scope="all"),
           row("2026-01-01", "beneficiaries", "611,111,000", "people", scope="all")]
KEPT_NOT = [row("2024-01-01", "promise of finish", "2025-01-01", scope="Promised"),
            row("2025-03-01", "remaining area", "311", "ha", scope="Promised")]
# People beside the residents of the place: more of them, a share of them, and where nobody knows.
LIVING = [row("2030-01-01", "beneficiaries", "1,211", "people", scope="West"),
          row("2030-01-01", "beneficiaries", "100", "people", scope="West"),
          row("2030-01-01", "people reached", "100", "people", scope="all"),
          row("2030-01-01", "residents", "400", "people", scope="West"),
          row("2030-01-01", "displaced people", "100", "people", scope="Silent"),
          row("2030-01-01", "women", "100", "people", scope="Half"),
          row("2030-01-01", "people returned", "900", "people", scope="all")]


def residents(scope, value, silent=()):
    return Figure("residents" if scope == "all" else f"residents:{scope}", "", "", value, "people",
                  scope, ("s1", "s2"), "head", uncounted=silent)


COMMUNITIES = dataclasses.replace(
    OURS, scopes={frozenset(): "all", frozenset(("west",)): "West", frozenset(("half",)): "Half"},
    figures={NOW: (residents("West", 400.0), dataclasses.replace(
        residents("all", 50.0, ("s3",)), id="people_returned"))},
    residents=(residents("all", 2000.0), residents("West", 400.0),
               residents("Half", 60.0, ("s3",))),
    communities={"silent": (dataclasses.replace(residents("s4", None, ("s4",)), records=()),)})
# What raises none of the codes but says something all the same.
NOTED = [row("2030-03-01", "cleared area", "14,000", "ha", scope="Noted"),
         row("2030-04-01", "cleared area", "13,900", "ha", scope="Noted"),
         row("2030-04-01", "cost", "120", "million USD", "USD 120 million for 14,000 ha", "Noted"),
         row("2030-04-01", "morale of women", "12", "people", scope="Noted")]


def checked():
    """The judgements on all of them."""
    found = [j for rows in ALARMS.values() if rows for j in check(rows)]
    found += check(DIFFERS, ours=OURS)
    found += check(LIVING, ours=COMMUNITIES)
    found += check(NOTED, ours=OURS)
    return [*found, *check([row("2030-01-01", "cleared area", "5", "ha")], problems={
        1: "The row has 3 cells, the heading 8; without a cell: value, unit."})]


def as_file():
    """All of them as the text of a file; the last row lacks cells. Which mark parts decimals is
    clear in such a file: it raises no `value_ambiguous`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(DIFFERS[0]))
    writer.writeheader()
    for code, rows in ALARMS.items():
        writer.writerows({**r, "scope": r["scope"].replace("Programme X", f"P{code}")}
                         for r in rows or ())
    writer.writerows([*DIFFERS, *KEPT_NOT, *NOTED])
    return text.getvalue() + "A,2026-01-01,2026-01-01\n"
