"""Reasons of the check of claims (`figures.claims_check`), as templates (`core.reading`).

A reason is read by one of them only where each of its facts is understood; what a source said
stands as it is.
"""

from __future__ import annotations

# What is counted, what is said of it, kinds of item and of people, as `claims_read` names them.
WORDS: tuple[str, ...] = (
    "area", "items", "settlements", "roads", "buildings", "people", "teams", "machines",
    "accidents", "victims", "hazards", "money", "share", "finish", "comparison", "density",
    "unit cost", "person rate", "machine rate", "person items", "machine items",
    "cancelled", "cleared", "destroyed", "found", "hazardous", "in work", "inaccessible", "injured",
    "killed", "planned", "reduced", "released", "remaining", "repaired", "returned", "safe",
    "searched", "announced", "committed", "left", "paid", "received",
    "anti-personnel mine", "anti-vehicle mine", "small arms", "submunition", "uxo",
    "residents", "women", "children", "civilians", "displaced", "beneficiaries",
)
_NOT_ZERO = "that is not zero."
_USD = "programmes report {low} to {high} USD"
_NO_RATE = "no recorded rate leads from {currency} to {code} at its day."
_OURS = "Ours {held}: {what}, {validated}"
_FORECAST = ("all is done by {day} in {share} of the runs; 80 % of them end between {low} and "
             "{high}, half by {year}.")
_PLACE = "{ground} ({against})"
_NOT_BOTH = "the number and the comparison cannot both be right."
_PACE = "{amount} a week {where}, {against} a working day"
CLAIMS: tuple[str, ...] = (
    *WORDS,
    # Other rows, days, amounts.
    "row {n}", "row {n} ({source}, {day})", "row {n} ({source}, undated)",
    "row {n} (no source, {day})", "row {n} (no source, undated)", "row {n} less row {of}",
    "{low} to {high}", "about {value}", "more than {value}", "at most {value}",
    "no upper end", "no lower end", "{value} to no upper end", "{value} items a day",
    "{value} m² a day", "{value} per m²", "{value} days", "after {year}",
    # Nothing to set it beside; rows that cannot be read.
    "Nothing to set it beside: no figure of ours was asked for. What could be reckoned raised "
    "nothing.",
    "Nothing to set it beside. What could be reckoned raised nothing.",
    "One cell holds the lines below it: a quote was opened and not closed.",
    "The row has {n} cells, the heading {all}; without a cell: {columns}.",
    'published: "{quoted}" cannot be read as a day ({what}).',
    'as_of: "{quoted}" cannot be read as a day ({what}).',
    "day and month may be exchanged", "not a date", "no year", "no such month", "no such day",
    "Neither the day that the number is about nor the day of publication is stated.",
    "The row does not say what was counted.",
    'What "{quoted}" counts is not known; known are areas, items, minefields, settlements, roads, '
    "buildings, people, teams, machines, accidents, victims, money, shares, promised ends and "
    "comparisons with places.",
    '"{quoted}" may be {low} or {high}.', "{value} is below zero.",
    'The value "{quoted}" and the unit "{beside}" name two units.',
    'The unit "{quoted}" is not known.', "A number of {what} needs a unit, and none is stated.",
    "{value} may be {value} % or {share}: % or fraction is not stated, and a share says of what it "
    "is a share.",
    '"{quoted}" does not measure {what}.',
    "A rate needs the time that it is for: a day, a week.",
    f"The number was declined; {_NOT_ZERO}", "No number is stated; not reported is not zero.",
    '"{quoted}" is not one number: brackets, a letter m behind the digits or "and a half" may '
    "change it.",
    '"{quoted}" is not one number.',
    # What words and sources say.
    '"{quoted}" joins two different things in one number; which part is which is not stated.',
    'The metric says "{quoted}"; the words say "{beside}".',
    "The value is {amount}; its words say {against}.",
    '{amount} "{what}" follows {against} "{why}" of {line}: numbers of another definition do not '
    "go on in one series.",
    "{amount}; {line} says {against}: they differ by {further}.",
    "{amount}; {line} says {against}: they differ by {further}, {n} times.",
    "{amount}; {line} says {against}, which is {further} ({rate}).",
    "It is about {day} and was published on {high}.", "It is about {day}, after today ({high}).",
    # Money.
    "{currency} to {code} by {value} of {day}", "{currency} to {code} by 1 / {value} of {day}",
    "{currency} to {code} by {value} of {day}, {n} days older",
    "{currency} to {code} by 1 / {value} of {day}, {n} days older", "{rate} ({source})",
    f"Programmes report {{low}} to {{high}} USD; {_NO_RATE}",
    "{value} {currency} per m² {where}",
    "{value} USD per m² {where}; programmes report {low} to {high} ({source}).",
    f"{{what}}; {_USD}.", f"{{what}}; {_USD}; {_NO_RATE}",
    "as stated", "as stated ({rate})", "on the {amount} of {line}",
    "on the {amount} of {line} ({rate})", "on the {amount} that its words name",
    "on the {amount} that its words name ({rate})",
    "{amount} for what area is not stated.",
    "{amount} for what area is not stated; it would be {what}.", "It would be {what}.",
    "Its words name an area, but not one by which the cost could be divided.",
    # Totals.
    "{amount} after {against} in {line}: as totals of the same thing the two cannot both be right.",
    "{amount} after {against} in {line}: as totals of the same thing the two cannot both be right, "
    "and the words speak of a correction.",
    "It is {n} % lower than {amount} in {line}, within what rounding and words leave open.",
    "The step to {amount} from {against} is close to a factor of {n}: {what} exchanged would "
    "explain it.",
    "one digit", "hectares and km²", "m² and hectares", "hectares and acres",
    "km² and square miles", "a scale of thousand",
    "From {line} to here the total rose by {amount} a week, {n} times the {against} a week of the "
    "whole series before and {all} times its fastest stretch ({value} standard deviations; limit "
    "{high}, and {odds} times the fastest). Another definition, a wider scope or another unit "
    "would explain it.",
    "{amount} was also stated in {line}, {n} days before; at the pace of the series about "
    "{against} would have come to it. Either the work stood still, or the number is the earlier "
    "one.",
    "{amount} within {n} days, while the total rose by at most {against} from {line} to "
    "{other_line}, a longer time.",
    "{amount} within {n} days, while the totals of its two ends differ by {low} to {high}.",
    # Shares, parts, sums.
    "A share of {share}.",
    "{share} of what is not stated: neither a number nor a name of the whole.",
    "Its words name more numbers, which were not read as the parts of the share.",
    "{share} is stated; {n} of {all} ({where}) is {value}.", "{share} fits {where}: {value}.",
    "the parts that it names", "{line} and the whole that it names", "the total of {line}",
    "{line} and the area of {ground}",
    "{amount} ({what}) is a part of what {line} puts at {against} ({why}).", "{what} in {ground}",
    "{n} parts of {ground} add up to {amount}, more than {against}.",
    "{n} parts of the whole add up to {amount}, more than {against}.",
    "Cancelled, reduced and cleared add up to {amount}; {against} is stated as released.",
    "{amount} of {ground} is a part of what {line} counts and has no day of its own: it is not "
    "added to it, and cannot be set beside it.",
    "{value} items per hectare in {ground}, {n} in the whole of {line}: the part is unlike the "
    "whole, and no basis for it.",
    "{amount} in all; {against} done (row {n}) and {further} left (row {of}) are {high}, {value} "
    "more. Other ground or another day in one of them would explain it.",
    "{amount} in all; {against} done (row {n}) and {further} left (row {of}) are {high}, {value} "
    "less. Other ground or another day in one of them would explain it.",
    "The kinds {what} alone are {amount}, more than all: {against}.",
    "{amount} killed (row {n}) and {against} injured (row {of}) are {all}; {further} victims are "
    "stated.",
    "{share} (row {n})", "{what} + {why}", "{what} is {share} of one whole.",
    # Places.
    f"{{amount}} is {{value}} of {_PLACE}: {_NOT_BOTH}",
    f"{{amount}} is {{value}} of {{n}} times {_PLACE}: {_NOT_BOTH}",
    f"The comparison holds: {{value}} of {_PLACE}.",
    f"The comparison holds: {{value}} of {{n}} times {_PLACE}.",
    "{amount}, while {ground} has {against} in all.",
    # Promised ends.
    "The end is {day}; {line} said {high}: {n} days later.",
    "The end is {day}; {line} said {high}: {n} days sooner.",
    "The promised end, {day}, has passed; {line} puts what remains at {amount}.",
    "The promised end, {day}, has passed; after it the total still rose, from {amount} in {line} "
    "to {against} in {other_line}.",
    "The promised end, {day}, has passed; no later number here says whether it was kept.",
    "It needs {amount} a week until {day} for the {against} that remain ({what}), {n} times the "
    "best pace claimed; claimed were {low} to {high} a week.",
    "It needs {amount} a week until {day} for the {against} that remain ({what}); claimed were "
    "{low} to {high} a week.",
    # Items, people, teams and machines.
    "{value} items per hectare {where}; programmes report {low} to {high} ({source}).",
    "{value} items per hectare {where}; {low} to {high} are known.",
    "since {line}", "{n} people", "{n} teams", "{n} machines",
    "{value} items a working day {where}, with at most {what}: at the fastest rates of ground that "
    "are known and {n} items per hectare these find {all} a day. Ammunition from stores, or others "
    "who worked there, would explain more.",
    "{value} items a working day {where}, with at most {what}: {n} for each of the people.",
    f"{_PACE}.", f"{_PACE}: {{what}}.", "{value} m² for each of at most {n} people claimed",
    "no people are claimed (0)", "no teams are claimed (0)", "no machines are claimed (0)",
    "{what} are claimed", "{what}, beside {n} teams",
    "{what}, beside {n} machines",
    "Known are {low} to {high} m² by hand and up to {value} m² in search behind machines.",
    "by hand ({low} to {high} m² a person and day) {n} to {of} people, with search by machine and "
    "people ({m2} m²) {value}, or {all} machines at the rate of brochures",
    "{what}; kept up for a year it is {n} times what all States Parties of the APMBC cleared of "
    "mined ground in a year",
    "It would need {what}.", "It would need {what}; the largest workforce known is {n}.",
    "Such a pace is known of survey only.",
    f"{_PACE}: it needs {{what}}. That is consistent with search or survey, not with clearance to "
    "depth by hand.",
    "{value} items a day; on {m2} m² a day with {n} items per hectare it is {all} ({source}).",
    "{value} m² a day; known are up to {m2} ({source}).",
    "{value} m² a day; known are up to {m2} ({source}), by hand {low} to {high}.",
    # Beside figures of ours.
    "It cannot be read as a number of something.",
    "Whether the money was announced, committed, received or spent is not said: ours are kept "
    "apart.",
    "The day that it is about is not stated or cannot be read: nothing stands in for it, and no "
    "figure of ours is set beside it.",
    "It is about a day that is still to come: our records say nothing of it yet.",
    "We keep no figure of {what}.", "We keep no figure of such a share.",
    'Our records hold no scope "{ground}".', 'Our records hold no scope "not stated".',
    "We have no figures for that day.", "We have no figure for the start of its period.",
    "We compute this figure for the whole programme, not for {ground}.",
    "Our records hold neither hazardous nor released ground there at that day: nobody reported "
    "any, which is not none.",
    f"Our records do not report it, or not to this reader; {_NOT_ZERO}",
    f"Our records do not report the parts of it, or not to this reader; {_NOT_ZERO}",
    "Ours is in {code}, and no recorded rate leads to {currency}.",
    "Ours lacks money that no recorded rate converts into {currency} ({why}): the two cannot be "
    "set beside each other.",
    f"{_OURS}.", f"{_OURS}; {{why}}.", f"{_OURS}; the claim is {{more}}.",
    f"{_OURS}; {{why}}; the claim is {{more}}.",
    "as of now", "as of {day}", "between {low} and {high}", "{held}, of the {what}",
    "{what}, {n} records", "{amount} ({low} to {high})", "at any level of validation",
    "validated at least at level {what}", "released area",
    "area that is released or still recorded as hazardous", "{amount} more", "{amount} less",
    "{amount} more, {share}", "{amount} less, {share}",
    "Of what it is a share is not said; of the {what} it is {share} in our records.",
    "{amount}, while community records report {n} residents there ({all} records): {value} times "
    "as many. People who live elsewhere, or who are counted more than once, would explain it.",
    "That is {share} of the {n} residents whom community records report there.",
    "That is {share} of the {n} residents whom community records report there, and {value} of the "
    "{all} of the whole programme.",
    "{n} of {all} communities there report no population: how many people live there is not "
    "known, and no verdict follows.",
    "No community there reports its population: how many people live there is not known, and no "
    "verdict follows.",
    "What is not reported is not in ours: no verdict follows.",
    "No forecast of ours was given to set it beside.", "The forecast is not for this reader.",
    "The day lies before our forecast begins, which has work left.",
    f"By our forecast ({{called}}, from {{first}}, {{runs}} runs) {_FORECAST}",
    f"By our forecast ({{called}}, from {{first}}, {{runs}} runs, made from an earlier state of "
    f"the records) {_FORECAST}",
    "The promise is sooner than all but {share} of them; below {value} it does not fit.",
    "The promised end, {day}, has passed.",
    "That day has passed: as of {day} our records hold {amount} as hazardous, {n} records.",
)
