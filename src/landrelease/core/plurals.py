"""Texts that count something, as they are for one.

A text is written for many, and `ONE` has it for one (in French also for none). Russian, Ukrainian
and Arabic decline what is counted by several numbers: a number with its unit alone has all these
forms (`UNITS`), other texts are translated so that they are right for each ("Районов: {n}").
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landrelease.core.texts import Texts

# What a number of some unit is called: the forms of the language in the order of its categories
# (Unicode CLDR), as gettext keeps msgstr[0], msgstr[1] and so on.
UNITS: dict[str, str] = {many: f"{{n}} {one} | {{n}} {many}" for one, many in (
    ("area", "areas"), ("record", "records"), ("person", "people"), ("item", "items"),
    ("round", "rounds"), ("report", "reports"), ("hour", "hours"), ("session", "sessions"),
    ("team", "teams"), ("machine", "machines"), ("inspection", "inspections"),
    ("complaint", "complaints"), ("visit", "visits"), ("hand-over", "hand-overs"),
    ("work", "works"), ("settlement", "settlements"), ("year", "years"))}
CATEGORIES = {"ru": ("one", "few", "many", "other"), "uk": ("one", "few", "many", "other"),
              "ar": ("zero", "one", "two", "few", "many", "other")}
_TWO = ("one", "other")
# Facts by which the text is chosen, the first of them that the text has.
_COUNTS = ("count", "n", "sample", "accepted", "seconds", "days", "records", "found")
ONE: dict[str, str] = {
    # Pages
    "{count} tasks": "{count} task",
    "{n} rows": "{n} row",
    "Change {n} rows?": "Change {n} row?",
    "{accepted} rows accepted, {left} still wait.": "{accepted} row accepted, {left} still wait.",
    "rests on {count} records": "rests on {count} record",
    "{count} more municipalities": "{count} more municipality",
    "{count} lots recorded.": "{count} lot recorded.",
    "{sample} units drawn.": "{sample} unit drawn.",
    "{count} items block": "{count} item blocks",
    "{count} items are not met: nothing can be signed.":
        "{count} item is not met: nothing can be signed.",
    "{days} days over": "{days} day over",
    "{count} records have the level {level} now.": "{count} record has the level {level} now.",
    "{n} pieces of work, {first} to {last}": "{n} piece of work, {first} to {last}",
    "{n} stages are not planned within the horizon.":
        "{n} stage is not planned within the horizon.",
    "{n} pieces of road must open at least": "{n} piece of road must open at least",
    # Documents
    "{count} more points are in the registry.": "{count} more point is in the registry.",
    "{count} more rows are in the spreadsheet of this document.":
        "{count} more row is in the spreadsheet of this document.",
    "{count} expenses name no fund; they are in no row here.":
        "{count} expense names no fund; it is in no row here.",
    "{count} of the reports began before this week; they count here whole.":
        "{count} of the reports began before this week; it counts here whole.",
    # Messages
    "{file}: {found} rows are recorded already with equal content.":
        "{file}: {found} row is recorded already with equal content.",
    "{found} jobs wait or run already; {expected} may.":
        "{found} job waits or runs already; {expected} may.",
    "Too many failures: signing in waits for {seconds} seconds.":
        "Too many failures: signing in waits for {seconds} second.",
    "Many reports came from here just now: the next one can be sent in {seconds} seconds.":
        "Many reports came from here just now: the next one can be sent in {seconds} second.",
    "Many codes were asked for from here just now: the next one can be asked for in {seconds} "
    "seconds.":
        "Many codes were asked for from here just now: the next one can be asked for in {seconds} "
        "second.",
    "{release} cannot be signed; {count} items of the checklist are not met: {found}.":
        "{release} cannot be signed; {count} item of the checklist is not met: {found}.",
    # What stages say
    "{records} records in {currency} ({amount})": "{records} record in {currency} ({amount})",
    "{n} settlements do not report a population": "{n} settlement does not report a population",
    "{n} records of release state no day; they are in no account of a day (as of), and are not "
    "none": "{n} record of release states no day; it is in no account of a day (as of), and is not "
            "none",
    "{n} of {all} records state no quantity and count as one":
        "{n} of {all} records states no quantity and counts as one",
    "{n} records repeat one of a joint activity": "{n} record repeats one of a joint activity",
    "{n} of {all} reports do not state it": "{n} of {all} reports does not state it",
    "{n} of {all} records do not report it": "{n} of {all} records does not report it",
    "{n} records do not report their hours; they are in no sum":
        "{n} record does not report its hours; it is in no sum",
    "{n} of {all} such settlements do not report who lives there now":
        "{n} of {all} such settlements does not report who lives there now",
    "{n} of {all} segments state no state or no place":
        "{n} of {all} segments states no state or no place",
    "{n} funds that come after the plan's last day have no recorded rate into {currency} and do "
    "not count.": "{n} fund that comes after the plan's last day has no recorded rate into "
                  "{currency} and does not count.",
    "{n} closures have no end on record; they are taken to last {days} days (closure_open_days).":
        "{n} closure has no end on record; it is taken to last {days} days (closure_open_days).",
    "{n} days of work in spite of the gate were reviewed by the authority":
        "{n} day of work in spite of the gate was reviewed by the authority",
    "{n} days of work whose gate had not passed and that the authority has not reviewed; the "
    "first: {day}, {id}: {what}":
        "{n} day of work whose gate had not passed and that the authority has not reviewed; the "
        "first: {day}, {id}: {what}",
    "{n} items found, all destroyed or removed": "{n} item found, destroyed or removed",
    "{n} records of evidence and work": "{n} record of evidence and work",
    "{n} members competent for {scope}": "{n} member competent for {scope}",
    "{id} was entered on {day}, {n} days after the day: the authority reviews the report of the "
    "work, or validates the record":
        "{id} was entered on {day}, {n} day after the day: the authority reviews the report of the "
        "work, or validates the record",
    "{n} past months could not be forecast ({code}).":
        "{n} past month could not be forecast ({code}).",
    "{id}: its sample showed {n} items, and accepts nothing":
        "{id}: its sample showed {n} item, and accepts nothing",
}


def for_number(english: str, facts: Mapping[str, object], code: str) -> str:
    """The text for the number that its facts state, in a language by its code.

    >>> for_number("{n} rows", {"n": 1}, "en"), for_number("{n} rows", {"n": 0}, "fr")
    ('{n} row', '{n} row')
    """
    one = ONE.get(english)
    if one is None:
        return english
    stated = next((str(facts[name]) for name in _COUNTS if f"{{{name}}}" in english
                   and name in facts), "")
    return one if stated == "1" or (stated == "0" and code == "fr") else english


def counted(english: str, **facts: object) -> str:
    """A text in English with its facts, for one or for many as its number says.

    >>> counted("{n} settlements do not report a population", n=1)
    '1 settlement does not report a population'
    """
    return for_number(english, facts, "en").format(**facts)


def several(number: int, one: str, many: str) -> str:
    """A number and what it counts: "1 fund", "1,200 funds"."""
    return f"{number:,} {one if number == 1 else many}"


def of_unit(number: float, written: str, unit: str, texts: Texts) -> str | None:
    """A number, as it is written, with its unit in the form that it asks for; None for a unit that
    has no forms, such as m²."""
    if unit not in UNITS:
        return None
    forms = texts(UNITS[unit]).split(" | ")
    order = CATEGORIES.get(texts.code, _TWO)
    category = _category(texts.code, number)
    return forms[order.index(category) if category in order else -1].format(n=written)


@cache
def _rule(code: str):
    from babel import Locale

    return Locale(code).plural_form


def _category(code: str, number: float) -> str:
    return str(_rule(code)(int(number) if float(number).is_integer() else number))
