"""Kinds about means and sources: projects, money, documents, claims of others."""

from __future__ import annotations

from landrelease.core.kind import Field, Kind
from landrelease.core.kinds.common import (
    COMMON,
    OWN,
    PLAIN,
    choice,
    count,
    day,
    moment,
    number,
    reference,
    references,
    text,
)

_PHASES = "demining rebuilding both"


def _currency() -> Field:
    return text("currency", "Currency, ISO 4217.", source="ISO 4217")


PROJECT = Kind(
    "project", "Project (phase-two work)", "polygon",
    (
        *COMMON,
        choice("project_type", "What is built.",
               "road bridge housing school health_centre water power irrigation farmland other",
               source=OWN),
        choice("project_status", "State.", "planned waiting_for_land started completed cancelled",
               source=OWN),
        references("handovers", "Hand-overs that it waits for.", "handover"),
        references("hazards", "Areas that have to be released first.", "hazard"),
        day("planned_start", "Planned start.", source=OWN, future=True),
        number("duration_days", "Calendar days that it takes.", "day", maximum=10_000),
        references("after_projects", "Works that have to be finished first.", "project"),
        Field("season_first_month", "integer", "First month in which it can be done.", minimum=1,
              maximum=12, source=OWN),
        Field("season_last_month", "integer", "Last month in which it can be done.", minimum=1,
              maximum=12, source=OWN),
        day("finished_on", "Day of completion.", source=OWN),
        number("cost", "Planned cost.", "currency"),
        _currency(),
        Field("beneficiaries", "integer", "People who benefit.", minimum=0, source=OWN),
    ),
    legend=("project", "projects", "projekat"),
    place_needed=False, group="means",
    definition="Work of phase two that starts when its land is handed over.",
)
FUND = Kind(
    "fund", "Fund (money promised or paid)", "none",
    (
        *PLAIN,
        text("donor", "Donor.", source=OWN),
        choice("phase", "Phase that it pays for.", _PHASES, source=OWN),
        choice("fund_status", "State.", "announced committed received", source=OWN),
        number("amount", "Amount.", "currency"),
        _currency(),
        day("available_on", "Day from which it can be spent.", source=OWN, future=True),
        day("spend_until", "Last day on which it can be spent.", source=OWN, future=True),
        text("conditions", "Conditions.", source=OWN),
    ),
    legend=("fund", "funds", "funding", "sredstva"),
    group="means",
    definition="Money that was promised or paid, for which phase, from when.",
)
EXPENSE = Kind(
    "expense", "Expense", "none",
    (
        *PLAIN,
        reference("fund", "Fund that paid.", "fund"),
        choice("phase", "Phase.", _PHASES, source=OWN),
        choice("expense_type", "For what.",
               "staff equipment fuel training medical transport overhead contract other",
               source=OWN),
        number("amount", "Amount; below zero for a refund.", "currency", minimum=None),
        _currency(),
        day("paid_on", "Day.", source=OWN),
        reference("task", "Task that it belongs to.", "task"),
        reference("project", "Project that it belongs to.", "project"),
        text("document", "Number of the invoice.", source=OWN),
    ),
    legend=("expense", "expenses", "troskovi"),
    group="means",
    definition="Money that was spent, by which fund, for what.",
)
SOURCE = Kind(
    "source", "Source (document, photograph, submission)", "none",
    (
        *PLAIN,
        text("sha256", "SHA-256 of the content.", source=OWN),
        choice("source_type", "What it is.",
               "document photograph map table form_submission package extension web_page other",
               source=OWN),
        text("title", "Title.", source=OWN),
        day("dated", "Day of the document.", source=OWN),
        text("address", "Where it was published.", source=OWN),
        text("licence", "Licence.", source=OWN),
        choice("source_reliability", "Reliability of the source, A the best.", "A B C D E F",
               source="IMSMA wiki, information classification"),
        text("author", "Author.", personal=True, source="safety rule S17"),
        text("chain", "Of a package: the chain that came in.", source=OWN),
        count("first_position", "Of a package: position of its first new revision.", source=OWN),
        count("last_position", "Of a package: position of its last revision.", source=OWN),
        text("last_hash", "Of a package: hash of its last revision.", source=OWN),
        choice("erased", "Whether its content was erased.", "yes no", source="safety rule S17"),
        text("erasure_reason", "Why it was erased.", source="safety rule S17"),
    ),
    legend=("register of sources",),
    group="means",
    definition="Where something comes from: a document, a photograph, a submission, a package.",
)
CLAIM = Kind(
    "claim", "Claim (who said which number)", "none",
    (
        *PLAIN,
        text("claim_source", "Who said so, and where.", source=OWN),
        reference("published_in", "Source in which it was published.", "source"),
        day("published_on", "Day of publication.", source=OWN),
        text("as_of", "Day or time that the number is about, as it was said.", source=OWN),
        text("scope", "Ground or programme that it is about.", source=OWN),
        text("metric", "What was counted.", source=OWN),
        number("value", "Number.", "", minimum=None),
        text("unit", "Unit, as it was said.", source=OWN),
        text("words", "The words as published.", source=OWN),
        choice("verification", "What a check found.",
               "claimed corroborated contradicted unverifiable implausible impossible",
               source=OWN),
        moment("checked_at", "When it was checked."),
    ),
    legend=("claim", "claims", "tvrdnja"),
    group="means",
    definition="A number that somebody published, set beside ours.",
)
