"""Sentences that stages write into their results, as templates (`core.reading`): what stands in
braces is filled in there. A test makes such results and holds this list to them."""

from __future__ import annotations

from landrelease.core.recorded import AS_IF_ACCREDITED

_ASK = "Technical survey: find the edges of what is confirmed"
_AGAIN = ("Technical survey: non-technical survey was done and the chance is still not below the "
          "national threshold")
# The next survey action of an area (`assess.actions`) and why it is thought contaminated.
ASSESS: tuple[str, ...] = (
    "Review of the record: the status is {status}, yet the area still stands as hazardous; find "
    "the signed decision.",
    f"{_ASK}.", f"{_ASK}; ask {{asked}}.", f"{_AGAIN}.", f"{_AGAIN}; ask {{asked}}.",
    "Evidence complete, ready for review: the chance is below the national threshold and nothing "
    "on record is left to ask.",
    "Non-technical survey: ask {asked}.",
    "the people who use the land what they know and saw",
    "former users and archives: no residents are on record nearby",
    "what the inspection that failed says of the rest of that team's work",
    "what the {n} inspections that failed say of the rest of those teams' work",
    "whether the team or detector whose work failed inspection elsewhere missed something here",
    "how far the find reaches", "how far the {n} finds reach",
    "where the items of a report were found", "where the items of {n} reports were found",
    "how the accident inside happened", "how the {n} accidents inside happened",
    "which record holds for the {extent} that are also recorded as cleared",
    "whether the area reaches to the accident nearby",
    "whether the area reaches to the {n} accidents nearby",
    "for the record of the minefield lifted nearby",
    "for the records of the {n} minefields lifted nearby",
    "what the evidence says that is unclear",
    "what the {n} pieces of evidence say that are unclear",
    "where the evidence lies that names this area and is drawn elsewhere",
    "where the {n} pieces of evidence lie that name this area and are drawn elsewhere",
    "This is a prior: no survey or clearance effort is on record here.",
    "Before local evidence {chance} ({range}), an assumption.", "{low} to {high}",
    "{n} accident inside: odds x {odds}, counted once.",
    "{n} accidents inside: odds x {odds}, counted once.",
    "{n} accident within {metres} m: odds x {odds}, counted once.",
    "{n} accidents within {metres} m: odds x {odds}, counted once.",
    "{n} lifted minefield within {metres} m: odds x {odds}, counted once.",
    "{n} lifted minefields within {metres} m: odds x {odds}, counted once.",
    "No accident on record within {metres} m; that lowers nothing.",
    "{n} x {what}: odds x {odds}, counted once.",
    "{n} x {what}, on {share} of the area: odds x {odds}.", "{value} ({range})",
    "find or sighting of ordnance", "record of mines", "sign or fence", "former combat zone",
    "land that nobody uses", "inspection that failed",
    "inspection that failed elsewhere in the work of a team or detector that worked here",
    "survey that found nothing", "land in use",
)
# A forecast: its lines, what moves it, its notes (`forecast.outlook`, `workflows`).
_SPREAD = "Shares of the spread (of ranks) of the {what}"
_REST = ("{rest} is no single one of these: in which order things happen, and what acts only "
         "together.")
FORECAST: tuple[str, ...] = (
    "A finish is the end of the work: nothing is added for inspection and signature, and no "
    "releases on record say how long they take.",
    "A finish is the end of the work: nothing is added for inspection and signature. On record "
    "releases were decided {days} days after the last work on their ground ({n} releases; {low} to "
    "{high} days in 80 % of them).",
    "NTS teams", "TS teams", "manual teams", "machines", "dog teams", "as planned",
    "area released by the forecast's horizon", "time of the finish",
    f"{_SPREAD}. {_REST}",
    f"{_SPREAD}, because {{n}} of {{runs}} runs do not finish by then. {_REST}",
    "{what}: chance, which no better knowledge of the stated ranges takes away ({share} of the "
    "spread).",
    "When closures come and how long they last", "When machines and teams break down",
    "When staff leave", "How late money comes", "What is contaminated again",
    "Which areas turn out empty", "How fast single teams are",
    "How long the work on single areas takes, what fails and where more turns up",
    "How much the ground of the areas slows the work",
    "{runs} runs are too few to say what moves the {what}.",
    "All runs have the same {what}: there is no spread to explain.",
    "How fast {teams} work: {value} m² a team and day over areas, as reports teach, {low} to "
    "{high} are thought possible ({share} of the spread).",
    "How fast {teams} work: {value} m² a team and day are stated, {low} to {high} are thought "
    "possible ({share} of the spread); a prior, which no daily report of this programme has "
    "touched.",
    "{what}: {value} reported, {low} to {high} thought possible ({share} of the spread).",
    "{what}: {value} stated, {low} to {high} thought possible ({share} of the spread); an "
    "assumption, not learned here.",
    "Working days lost to weather, closures and stand-downs",
    "Team-days lost to staff that leave and are replaced",
    "Area that nobody knew of and that turns up",
    "Cleared area that fails inspection and is cleared again",
    "Share of the area that survey leaves for clearance",
    "There is no work in this plan, so that it ends on the first day. Areas that wait for an "
    "inspection, a decision or a place in a plan are not in it.",
    "{n} of {runs} runs do not finish within {years} years; they are counted as not finished, and "
    "their cost is the cost until then: above the {share} quantile, quantiles of cost are lower "
    "bounds.",
    "{n} {activity} stage has no team that can do them: no run can finish. Add teams of the kind "
    "that is missing.",
    "{n} {activity} stages have no team that can do them: no run can finish. Add teams of the kind "
    "that is missing.",
    "Area that nobody knew of: {mean} on average, from {low} to {high} in the central 80 % of "
    "runs. It turns up beside known areas while these are worked on, and it counts as released "
    "when it is done: curves may end above the known area.",
    "Days lost as reported here: {value} ({low} to {high}), staff that left included.",
    "Pace over areas, learned from daily reports (the mean time of an area; a full day on an "
    "ordinary one brings more): {rates}.",
    "{teams} {value} m² a day ({low} to {high}, {days} days)",
    "Rates that no daily report of this programme has touched (priors): {kinds}.",
    "In {share} of the runs money that had not arrived kept work from being begun; half of them by "
    "{day}.",
    "{n} closures on record reach into the plan; {areas} areas lie in them. The days that they "
    "cost come on top of the days lost (lost_day_share), which hold closures as well.",
    "{n} closures have no end on record; they are taken to last {days} days (closure_open_days).",
    "There are no daily reports in the registry: all rates are priors, the ranges that other "
    "programmes report.",
    "{n} team-days from {first} to {last}, {teams} teams.",
    "The reports cover less than a year: what months of the year do to the rate is mostly prior.",
    "There are no daily reports in the registry: there is no past to test a forecast on.",
    "The reports cover {n} whole months ({first} to {last}): {fewest} are the fewest on which a "
    "forecast can be made and tested.",
    "{n} past months could not be forecast ({code}).",
    "Nothing that was forecast has come true yet: there is nothing to score.",
    "{n} forecasts: CRPS {crps}; {inside}.", "{share} inside the {level} interval",
    "The plan lacks money: {n} of {stages} stages are not planned because their funds never have "
    "enough left for them. More teams alone do not change that; `plan price --change "
    "money:FUND:AMOUNT` says what more of it would bring.",
    "Work waits for the money of the plan, {amount} {currency}; `money:` in a scenario brings "
    "another, `money: enough` all that is needed. Runs that need more do not finish.",
    "What donors gave it for is kept, as in the plan: work whose money is not there waits, and "
    "other work goes on. Money that is not spent by its last day is lost.",
    "The plan has {n} budget lines, more than a forecast keeps apart: its funds count as one here.",
    "Money that comes after the plan's last day, {day}, counts as well: {amount} {currency} "
    "received or committed, from {first} on.",
    "Of this {amount} {currency} are given for some areas or kinds of work only; beyond the plan "
    "this is not kept: they count for all work.",
    "{amount} {currency} after the plan's last day are only announced and do not count; `money:` "
    "in a scenario brings them.",
    "{n} funds that come after the plan's last day have no recorded rate into {currency} and do "
    "not count.",
    "{n} whole days of {activity}, {method}, are on record; no team of the plan works at that "
    "rate.",
    "{n} whole days of {activity}, of which neither report nor task states the method, are on "
    "record; no team of the plan works at that rate.",
    # Checks of the rates that reports teach.
    "{share} of the days lie in the interval that should hold {level}.",
    "Days: {n}, too few to check how many of them lie in the interval that should hold {level}; "
    "{least} are needed.",
    "The days released {ratio} times what the model gives for them.",
    "{share} of the days are far from all that the model expects.",
    "The rate learned lies {n} prior deviations above what other programmes report.",
    "The rate learned lies {n} prior deviations below what other programmes report.",
    "The {n} draws of the posterior are worth {worth} independent ones.",
    "0 m² were reported of {n} of {days} days at work: they lower the rate by {share}.",
    "0 m² were reported of {n} of {days} days at work of {activity}: they lower the rate by "
    "{share}.",
    "0 m² were reported of {n} of {days} days at work of {activity}, {method}: they lower the rate "
    "by {share}.",
    "This forecast takes the money to be there; `money:` in a scenario makes it wait for money.",
    # What else the records taught, and what ground, new teams and scenarios do.
    "Learned from the records as well: {learned}.",
    "working days lost to weather, closures and stand-downs {share} ({low} to {high})",
    "team-days lost to staff that leave and are replaced {share} ({low} to {high})",
    "area that nobody knew of and that turns up {share} ({low} to {high})",
    "cleared area that fails inspection and is cleared again {share} ({low} to {high})",
    "share of the area that survey leaves for clearance {share} ({low} to {high})",
    "how much areas differ in the time that they take: {value} of the logarithm",
    "rates by month, from {low} of the mean in {first} to {high} in {last}",
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
    "{value} teams are new on the first day.",
    "{value} teams are new on the first day; {learning}.",
    "{teams} are {share} slower then, and a third of that after {days} days at work",
    "Ground is reported of {n} of {all} areas and counts in the time that they take.",
    "Ground is reported of {n} of {all} areas and counts in the time that they take ({rates}).",
    "Ground is reported of {n} of {all} areas and counts in the time that they take; {others}.",
    "Ground is reported of {n} of {all} areas and counts in the time that they take ({rates}); "
    "{others}.",
    "{teams} {value} of the ordinary rate on {what}",
    "{teams} {low} of the ordinary rate on {what} and {high} of the ordinary rate on {other}",
    "no report has been on {what}: its effect is by chance",
    "no report has been on {what}: its effect is by chance, and so on for {n} more",
    "the others count as ordinary ground",
    "A prior, not learned here: no whole day of it was reported ({source}).",
    "A prior, not learned here: only {n} whole day of it were reported ({source}).",
    "A prior, not learned here: only {n} whole days of it were reported ({source}).",
    "{value} days on which the work of an area ended were left out: they are not whole days.",
    "{value} days at work without a reported area were left out.",
    "{value} reports without a day were left out.",
    "{value} reports of more than a day were left out.",
    "{value} reports without a team were left out.",
    "{value} reports without area or hours were left out.",
    "{value} reports were sent again: the last one counts.",
    "{n} of {all} team-days state neither hours nor time lost: they say nothing of days lost. Not "
    "reported is not zero.",
    "What was known at each past month cannot be told: the records came in later. The dates of "
    "the records are taken instead; reports that came late are seen too early, and the scores are "
    "kinder than they ought to be.",
    "What was known at each past month cannot be told: the records came in from {day} on. The "
    "dates of the records are taken instead; reports that came late are seen too early, and the "
    "scores are kinder than they ought to be.",
    "Areas that closures of any time have touched make {n} sectors: {sectors}.",
    "Areas that closures of any time have touched make {n} sectors: {sectors}; ...",
    "{value} is {area}", "{value} is {area} and {all} more",
    "Days lost hold what closures cost as well (lost_day_share); the closures of the scenario come "
    "on top of them. {quoted} states what is lost without closures.",
    "team_turnover_share stays, for the kinds of team of which the scenario simulates no turnover: "
    "what it costs the others counts twice.",
    "Days lost that reports taught hold staff that left as well; the turnover of the scenario "
    "comes on top of them.",
    "learning: {what} changes nothing: no such team is new in this scenario, and no staff leave.",
    "No area is open, and not all is done: {n} that are cleared wait for an inspection that they "
    "may fail. What fails it is cleared again; this forecast counts none of that.",
    "{n} runs do not finish within {years} years; whether they would keep it is not known.",
    "No date has a chance of {share}: too many runs do not finish within {years} years.",
    "{share} of the runs are done by {day}.",
    # The report of a forecast.
    "Half of the runs are not done by {year}; nine in ten of {runs} runs are not.",
    "All done by {month} (median); nine in ten of {runs} runs are not.",
    "All done by {month} (median); 80 % of {runs} runs between {low} and {high}.",
    "Half of the runs are not done by {year}; 80 % of {runs} runs between {low} and {high}.",
    "All done by {month} (median); runs: {runs}, too few for an interval, at least {least} are "
    "needed.",
    "Half of the runs are not done by {year}; runs: {runs}, too few for an interval, at least "
    "{least} are needed.",
    "Cost until then {value} {currency} (median).", "too few runs ({runs})",
    "later than {year}",
    "Cost until then {value} {currency} (80 %: {low} to {high}).", "at least {value}",
    "{n} of {runs} runs do not finish within {years} years.",
    "Cost is that of team-days alone: no equipment, no overhead, no change of prices; the chance "
    "of a budget counts nothing else either.",
    "Chance of being done by {day}: {chance}.",
    "Chance that {amount} {currency} are enough: {chance}.",
    "{share} ({low} to {high}, as far as {runs} runs can tell)",
    "0% (the day has passed: the forecast begins on {day}, with work left to do)",
    "When and for how much", "scenario", "done (median)", "80 % of the runs", "cost (median)",
    "80 %", "not finished", "by {day}", "within budget", "{n} of {of}",
    "What moves the finish", "What to know about this forecast", "How good such forecasts were",
    "Not back-tested: nothing says how good such forecasts were here.",
    "months ahead", "forecasts", "inside {level}", "CRPS, ha", "pace drawn again, ha",
    "straight, ha",
    "Area released, forecast at the end of {n} past months from the records alone, not from a "
    "plan; smaller CRPS is better. Months overlap, so that the forecasts of one row are not "
    "independent.",
    "Rates, m² a team and full day", "work", "median", "days", "from", "prior, not learned here",
    "daily reports", "Rule that was simulated: {rule}",
)
_ONE, _TWO, _THREE = "{low} to {high}", "{first} to {last}", "{start} to {end}"
# Plans: the simple rules beside them, and stages.
PLAN: tuple[str, ...] = (
    # Teams of whose leave nothing is on record (`plan.recorded.crew`).
    AS_IF_ACCREDITED,
    "benefit per day, whole chain", "largest area first", "largest benefit first",
    "benefit per day first", "benefit per day, best of chain", "most people reconnected per day",
    "nearest first", "not planned now", "machine then manual", "dogs then manual",
    # What a step of work waits for (`workflows.explaining`).
    "the survey or clearance before it", "the machine before it", "the road to it {name}",
    "the road to it", "a decision of people {name}", "a decision of people",
    "closed ground {name}", "leave or presence of {name}", "a team of {name}",
    "the shared {name}", "money of {name}", "nothing: the plan put it there",
    "{what} (until the end of {steps})",
    # What keeps something from ever being done, one constraint or several together.
    "a team that can do it", "more time than the plan has left", "its land", "the end of {name}",
    "the planned first day of {name}", "the season of {name}", "{what} + {other}",
    # What people ordered or fixed and a plan leaves undone (`plan.check`).
    "{step}: ordered, and not in the plan",
    "{step}: ordered, to start from {low} on, and not in the plan",
    "{step}: ordered, to start after the end of the plan, and not in the plan",
    "{step}: ordered, to start by {high}, and not in the plan",
    "{step}: ordered, to start from {low} on and by {high}, and not in the plan",
    "no work that it could do is left",
    "nothing: it could begin {step}, and the plan has that later",
    "the survey or clearance before {step}", "the machine before {step}", "the road to {step}",
    "a decision of people on {step}", "leave or presence for {step}",
    "{step}: closed ground or rest", "shared equipment for {step}", "money for {step}",
    "{step} would not be done by the end of the plan, of leave or of its stay",
    "{step} would not be done before its next work", "{step} is done sooner by others",
    # What a plan read from the records (`plan.problem`, `workflows.recorded`).
    "left undone, as no team can do them: {what}",
    "{value} steps of {activity} (no team of kind {kind})",
    "{value} steps of {activity} (no base of teams of kind {kind} within {km} km)",
    "{rates} are recorded of {day}: they contradict each other, and none of them is used",
    "{value} {after} for 1 {before} ({source})",
    # Requirements that conflict (`plan.conflicts`).
    "no team can do {name} ({what})",
    "whether it can be done was not found out in the time that the solver has",
    "not even without all of these can it be done by the end of the plan: it takes longer than "
    "there is time",
    "{name} may not be done by {teams}, then {other} ({what}): decided",
    "{name} may not be done by {teams} ({what}): decided",
    "{name} starts after the end of the plan: decided",
    "{name} starts not before {day}: decided", "{name} starts by {day}: decided",
    "{name} starts on {day}: decided", "{name} starts between {low} and {high}: decided",
    f"no work {_ONE}: {{name}}", f"no work {_ONE}, {_TWO}: {{name}}",
    f"no work {_ONE}, {_TWO}, {_THREE}: {{name}}",
    f"no work {_ONE}, {_TWO}, {_THREE} and {{n}} times more: {{name}}",
    "{name} comes after {other}: decided",
    "{name} is there from {day}", "{name} is there until {day}",
    "{name} is there from {low} until {high}", "{name} is there on no day of the plan",
    "{name} is accredited from {day}", "{name} is accredited until {day}",
    "{name} is accredited from {low} until {high}", "{name} is accredited on no day of the plan",
    "work begins only where open roads lead", "{name} has {n} team(s)",
    "there are {n} of {name}",
    "{name} has {value} {currency}, {n} of it at the start",
    "{name} has {value} {currency}, {n} of it at the start, to be spent before {day}",
    "{name} has {value} {currency}, {n} of it at the start, for {what}",
    "{name} has {value} {currency}, {n} of it at the start, to be spent before {day}, for {what}",
    "no fund may be spent on {name}",
)
# Why a certificate does not hold (`release.reopening`, `workflows.certificates`).
RELEASE: tuple[str, ...] = (
    "{what} {id} lies on it", "item", "accident",
    "{why} as {area}, on which {what} {id} lies", "inspection {id} rejected it",
    "inspection {id} found something on it",
    "{why} as {area}, on which inspection {id} found something",
    "{why} as {area}, which inspection {id} rejected",
    "report {id} tells of items on it of which there is no record",
    "{why} as {area}, on which report {id} tells of items of which there is no record",
    "its certificate was revoked: {why}",
    "released by the same decision", "accepted in the same lot", "released on the same evidence",
    "searched by the same team", "searched by the same team and detector",
    "searched with the same detector",
    "no reason is recorded", "no valid signature stands under it",
    "direct evidence that came since has to be looked at: {what}",
    "what lay before the decision says more of danger since, and has to be looked at: {what}",
    "its area {id} is hazardous again", "another area that is hazardous lies on it: {id}",
    "another area that is hazardous may lie on it, as far off as it may be: {id}",
    "row {n} in quarantine says that an area lies on it",
    "row {n} in quarantine says that direct evidence lies on it",
    "the area {id}, from which it came, was opened again",
    "its record was changed by {n} revisions that no authority signed; they are no part of it",
    "a day from the release on ({day}) until today",
    "a number of people from 0 to {n}",
    # Marking and environment in the weekly report (`operate.markings`, `operate.environment`).
    "not marked", "removed before release", "check overdue", "state not reported", "removal open",
    "type not reported", "far from hazard", "hazard not known", "removal in doubt",
    "missing", "due", "overdue", "fact",
)
# What answers the checklist of a release (`release.proposal`), and what may remain.
CHECKLIST: tuple[str, ...] = (
    "evidence complete, ready for review", "evidence not complete", "nobody answered",
    "none of it lies inside the recorded boundary", "all of it lies inside",
    "{m2} m² of the shape lie outside the recorded boundary: a class of their own, not released",
    "searched to {metres} m or more", "{id}: searched to {metres} m",
    "{id}: its day is not reported",
    "{id}: searched before {day}, when the area was recorded or reopened",
    "{id}: its work began on {first}, before {day}, when the area was reopened",
    "{id}: dated {day}, which has not come",
    "{id}: inspected before {day}, when the area was recorded or reopened",
    "of {all} m² {m2} m² are on record without a search to {metres} m that counts",
    "of {all} m² {m2} m² are on record without a search to {metres} m that counts: {what}",
    "{m2} m² were searched by machine or animal only",
    "the follow-up by hand of {m2} m² that machines or animals searched is a word: no search by "
    "hand is shown to cover them",
    "no ground that only a machine or an animal searched",
    "no work on this ground is on record, so its days cannot be looked at",
    "work without a day on record: {what}", "work whose days cannot be held against gates: {what}",
    "{n} days of work whose gate had not passed and that the authority has not reviewed; the "
    "first: {day}, {id}: {what}",
    "the gate had passed on every day",
    "{n} days of work in spite of the gate were reviewed by the authority",
    "no proof of coverage is on record; nobody's word takes its place: `operate proof --store` for "
    "tracks, `operate measured` for lanes that were measured",
    "no proof of coverage is on record; nobody's word takes its place: `operate proof --store` for "
    "tracks, `operate measured` for lanes that were measured: {what}",
    "{id}: not on record, of the tracks that it rests on: {what}",
    "{id}: wider than the {metres} m of any tool, of the tracks that it rests on: {what}",
    "{id}: it rests on no tracks and on no measured lanes: it is a word",
    "{id}: it states no confidence", "{id}: its confidence of {share} % is less than {level} %",
    "{m2} m² of the ground are not proven covered",
    "the file of gaps has none on this ground, and does not say of which work it is: store the "
    "proof (`operate proof --store`)",
    "{m2} m² of the ground belong to work without a proof of coverage on record",
    "{m2} m² of the ground are covered by no search that counts and has a proof of coverage of its "
    "own work on record",
    "{m2} m² of the ground are covered by no search that counts and has a proof of coverage of its "
    "own work on record: {what}",
    "the proof of coverage leaves no gap on this ground",
    "the proof of coverage leaves no gap on this ground that holds a circle of {metres} m radius",
    "not on record as destroyed or removed: {what}",
    "recorded on it, then changed without a signature: it counts until its disposal there is on "
    "record, or the authority signs the record as it is now: {what}",
    "what an inspection found there is not on record as an item, with what became of it: {what}",
    "not all items that were reported are on record, with what became of them: {what}",
    "something was found on it; such ground is cleared, not {state}: {what}",
    "the work that searched this ground missed what was found later on other ground of it; search "
    "again: {what}",
    "found after the last search of that place, which has to be searched again: {what}",
    "an accident lies on it that no later search answers: {what}",
    "{n} items found, all destroyed or removed",
    "at least {n} items found, all destroyed or removed; {unstated} records state no whole number",
    "nothing was found on it",
    "direct evidence lies on it: {what}", "no direct evidence on this ground is on record",
    "direct evidence of ordnance that no search of its place since answers: {what}",
    "no direct evidence came after the last search of its place",
    "other areas that are hazardous lie on it, or may, as far off as they may be: {what}; make "
    "them one area (`area merge`), or leave their ground out",
    "no other area that is hazardous lies on it",
    "row {n} ({what}): {why}", "no row that waits touches the ground",
    "not corrected, or not found corrected: {what}",
    "a visit was refused, and none was made since: {what}", "none is open",
    "of these, of whose work or after which accident: {what}",
    "denied by {name} on {day} ({id}): {why}", "a yes needs its reason as a note",
    "no inspection that accepted this ground is on record; nobody's word takes its place",
    "accepted by an inspection that nobody signed (S09): {what}",
    "{m2} m² are in no lot that was accepted",
    "no inspection that counts accepted this ground",
    "{id}: its sample showed {n} items, and accepts nothing", "{id}: its sample is empty",
    "{id}: of {m2} m² of it no search that counts came before it", "accepted: {what}",
    "it does not say what its sample shows",
    "{n} of {all} units show {most} units with an item with a chance of {share} instead of "
    "{level}",
    "{id} asks for less than the programme's settings: {what}",
    "{what} completed: {why}", "NTS or TS", "its survey is not completed: {what}",
    "no {what} of this area is on record", "{n} records of evidence and work",
    "nothing but the area itself is on record", "not computed", "not computed: {what}",
    "the ground",
    "{what}: {share} % chance that nothing is left; items left {low} to {high} ({level} % "
    "interval), expected {n}.",
    "This rests on a prior alone: no local evidence has touched it.",
    "{share} % of it rests on a prior.",
)
# The start-of-day gate (`operate.gate`), and why a decision does not count (`core.decision`).
GATE: tuple[str, ...] = (
    "order", "competence", "machines", "closures", "permits",
    "the work names no task on record: no gate", "no evacuation is on record for the day",
    "an evacuation is on record, and not when all were out",
    "an evacuation is on record, and all were out before it began or on another day: its "
    "times are to be mended",
    "an evacuation is on record, and {n} of {total} people on the list were counted",
    "evacuated, all out at {time} UTC; the site was not checked again since",
    "checked again after the evacuation", "nobody recorded this check for the day",
    "{id} was entered on {day}, {n} days after the day: the authority reviews the report of the "
    "work, or validates the record",
    "{id} was entered on {day}, before the day began",
    "{id} has a test of this day that was entered on {day}, before the day began",
    "failed when it was checked",
    "row {n} in quarantine says that it failed; nobody can read its day, so it counts until it is "
    "mended",
    "row {n} in quarantine tells of an evacuation; nobody can read its day, so it counts until it "
    "is mended",
    "failed when it was checked; only a later check that is timed on this local day and entered in "
    "time would pass it",
    "nobody ordered it with a signature by this day (S09)",
    "the task is {status}: no order stands", "{team} is not ordered to this task",
    "{team} may not do this task", "it may not start before {day}",
    "work on {area} is suspended", "an order stands",
    "the task has no ground, so closures cannot be held against it",
    "no closure on record touches the task on this day", "no permit is asked for on this ground",
    "a permit is in force",
    "this ground asks for a permit, and the team has none in force for the whole of this day",
    "no team is ordered for the task",
    "no accreditation for {scope} is on record for {team} or its organisation",
    "accredited for {scope}", "for {scope}: {why}", "{id} has not begun",
    "{id} does not say from when it holds", "{id} does not say until when it holds",
    "{id} expired on {day}", "{id} is {state}",
    "{id} rests on a training that ended to count on {day}",
    "the team {team} is not on record", "no team is ordered",
    "the members of the team are not on record", "not on record: {who}",
    "not competent for {scope} on this day: {who}", "nobody who searches is on record",
    "{n} members competent for {scope}", "no machine is ordered",
    "mechanical work is ordered, but no machine is named", "{name} is not on record",
    "{n} ready", "{n} tested on this day", "the work uses no detector",
    "no detector of the team is on record", "{id} not tested on this day",
    "{id} not tested on this day, last on {day}", "{id} failed its test",
    "{id} its test has no result",
    "{id} has a test of this day that was entered on {day}, later than {n} hours after the day",
    "{id} was entered as this team's on {day}, later than {n} hours after the day",
    "{id} was entered as granted on {day}, later than {n} hours after the day",
    "closed: {why}",
    "the machine {name} is not in the order",
    "the method of the work, {method}, is not that of the order, {ordered}",
    "the kind of work, {what}, is not that of the order, {ordered}",
    "as the report of {day} said, before it was changed without the review of the authority",
    "closed: {why}; that was changed since, and for this day only a change counts that was entered "
    "in time or that the authority signed",
    "nobody signed it", "verified", "unsigned ({why})", "unverified ({why})",
    "nobody signed it; it repeats what stands and changes nothing",
    "nobody vouched for the key of the person who signed", "the key is not known here",
    "the signature does not fit what is recorded",
    "it was recorded after the key had ended, with an earlier time",
    "nobody had vouched for the key at that time",
    "the key did not count any more at that time",
    "it was signed upon another state of the record",
    "it was signed upon revisions that are not here",
)
# What it takes to reach a chance by a day (`workflows.scenarios`), what
# a plan is asked for in a variant (`workflows.explaining`), how a record came in (`records.fate`).
ASKED: tuple[str, ...] = (
    "Nothing more is needed: the chance by {day} is {share}.",
    "Nothing more is needed: the chance by {day} is {share}, for {cost}.",
    "{n} more of each kind: a chance of {share} by {day}.",
    "{n} more of each kind: a chance of {share} by {day}, for {cost}.",
    "{n} more {teams}: a chance of {share} by {day}.",
    "{n} more {teams}: a chance of {share} by {day}, for {cost}.",
    "No number of {teams} alone reaches {share} by {day}: {n} more of each give {level}. Something "
    "else holds it: other teams, {others}.",
    "teams of all kinds", "roads, seasons or closures", "money, roads, seasons or closures",
    "{day} lies before the forecast begins, {from}: no teams and no money reach it any more.",
    "{cost} more than the plan has, there on the first day: a chance of at least {share} by {day}, "
    "with the teams of the plan.",
    "No money alone reaches {share} by {day}: with all that is needed it is {level}.",
    "community {name}", "district {name}",
    "{n} more team(s) in {name}", "{n} more team(s) in {name} from {day}",
    "{name} is not closed", "{n} more in {name}", "{n} more in {name} from {day}",
    "{n} more {name}",
    "{name} is opened by others", "the leave of {name} holds throughout",
    "nothing is decided on {name}",
    "import of {file}, row {row}", "import of {file}, row {row}: changed {what}",
    "local user (unverified)",
)
# What is said beside a figure (`figures`).
FIGURES: tuple[str, ...] = (
    "not reported: no such record", "cancelled: not reported", "reduced: not reported",
    "cleared: not reported",
    "{m2} m² that are recorded as released and still as hazardous are not in it (contested_m2)",
    "(unverified) {n} of {all} records of release are signed by nobody whose key is vouched for",
    "{n} records of release state no day; they are in no account of a day (as of), and are not "
    "none",
    "dates and victims are counted only where they are reported",
    "{n} settlements do not report a population",
    "no share: its denominator ({what}) is 0",
    "not computable: its denominator ({what}) is {value}, below the least that is asked for "
    "({least}; setting figures_ratio_least_ha)",
    "{n} of {all} records state no quantity and count as one",
    "{n} of {all} records state no whole number and count as the least that they say, 1 where they "
    "say none",
    "{n} records repeat one of a joint activity",
    "{n} of {all} reports do not state it", "{n} of {all} records do not report it",
    "{n} records do not report their hours; they are in no sum",
    "not reported: no hand-over is on record", "not reported: no settlement is on record",
    "not reported: no record states what decides",
    "hazards on record have no place and are in no area",
    "{n} of them on land that is not handed over",
    "{n} of {all} such settlements do not report who lives there now",
    "{n} of {all} segments state no state or no place",
    "Ground worked on without a gate that passed",
    "Geodesic area of the union of outcomes whose work was done on a day on which the start-of-day "
    "gate had not passed, not reviewed by the authority. It counts as no released land.",
    "Areas expected to hold explosive ordnance",
    "Sum over all hazards of the chance that the area is contaminated at all. {basis} The interval "
    "takes all chances low or all high together.",
    "A prior: no local survey effort is on record.",
    "Of {n} of {all} areas it is a prior that no local evidence has touched.",
    "prior in part", "Area that the plan returns by its horizon",
    "Expected area of all stages finished by {day}: cancelled, reduced and cleared.",
    "cancelled: {m2} m²", "reduced: {m2} m²", "cleared: {m2} m²",
    "Gap to the bound", "(plan - bound) / bound: no plan of this problem can be better by more.",
    "Room closed", "(best simple rule - plan) / (best simple rule - bound).",
    "Years until all is done",
    "Median of the simulated finish, counted from {day}, with the central 80 %.",
    "{n} of {runs} runs do not finish within {years} years",
    "Cost until all is done",
    "Median of the simulated cost, with the central 80 %; runs that do not finish count until the "
    "horizon of the forecast.",
    "lower bounds: {which} is held by runs that do not finish", "the {share} quantile",
    "{what} Inside {place} alone.", "until {day}", "plan",
    "costs name one method, and some of the released ground is of several: how much of them was "
    "for it is not reported",
)
# Figures of money and of what work cost (`figures.money`, `figures.unit_costs`).
MONEY: tuple[str, ...] = (
    *(f"{called}, {{kind}}" for called in (
        "Money received", "Money committed", "Money announced", "Money spent", "Money bound",
        "Money left")),
    "not converted and not in it: {what}", "{records} records in {currency} ({amount})",
    "no such work with an area is on record", "area not reported", "no area",
    "cost not reported by kind of work", "no days of work on record to spread joint costs by",
    "more was paid back than was paid", "records of this work name no ground that it released",
    "no released ground on record names it", "no released ground without a method",
    "cost not reported by outcome and method", "several methods", "no released ground",
)
# SHA or CHA as the evidence proposes it (`assess.types`, `assess.weights`).
TYPES: tuple[str, ...] = (
    "Direct evidence weighs up to {n} (threshold {level}, {source}), on {extent} of the area.",
    "Direct evidence weighs {n} at most and does not reach the threshold {level}, {source}.",
    "No direct evidence is on record.", "All evidence weighs {n} (threshold {level}).",
    "All evidence on record weighs {n}, below {level}: record why the area is suspected. It stays "
    "as hazardous as it is.",
    "The rest of the area is touched by no direct evidence of that weight.",
    "Evidence against contamination is on record; it lowers no type and enters the chance and the "
    "next survey action.",
    "Recorded as CHA: look for the evidence that is not on record before anybody changes that.",
    "A proposal: a person decides and signs.",
    "CHA and SHA", "evidence missing", "no: it has no weight for the type",
    "on its own ground only: one class counts once",
    "on its own ground only: one document counts once",
    "no: one class counts once", "no: one document counts once", "{n}, given in the record",
    "{n} x mean of source {code} and information {id} ({value})", "against", "no weight",
)
# Which records and values a figure counts (`figures.metric`), clause by clause.
COUNTS: tuple[str, ...] = (
    "Records of the kind {kind}", "Project records of the type {kind}",
    "The field {field} of accident records", "The field {field} of session records",
    "The fields {field} of accident records", "Road records whose road_state is {kind}",
    "Hand-over records with the status {kind}", "As {field}", "The figures {field}",
    "hazard_type is {kind}", "activity_type is {kind}", "disposal is {kind}",
    "of the categories {kind}", "expense_status {kind}", "fund_status {kind}",
)
# Other sentences of pages.
PAGES: tuple[str, ...] = (
    "outside the recorded municipalities",
    "the level {what} for a record that has the level {other}",
    "The grid of squares was fixed at the first publication. Hazards now lie up to {km} km from "
    "its centre, where squares are up to {longer} longer in one direction than stated.",
)
# Facts of findings that are words (`records.ground`, `records.geochecks`): why GEOS takes a
# polygon for not valid, what repeats what. They are read in messages of rows alone.
FINDINGS: tuple[str, ...] = (
    "self-intersection", "ring self-intersection", "hole lies outside shell", "holes are nested",
    "interior is disconnected", "nested shells", "duplicate rings", "repeated point",
    "too few points in geometry component", "invalid coordinate", "ring is not closed",
    "topology validation error", "{what}[{quoted}]",
    "{n} more parts are not valid", "only ground on which all readings agree was taken",
    "all ground of every reading was taken", "{low} to {high}",
    "the last two corners repeat the first two",
    "the last corner repeats the first (besides closing the ring)",
    "corner {n} repeats the corner before it", "corner {n} repeats corner {all}",
    "part {n} repeats part {all}", "{metres}, and {n} more such pairs", "{what} and {n} more",
    "a day is not reported", "on the same day", "{value} days apart", "row {n}",
    "row {n} ({share})",
    "{called} (row {n})", "{called} (row {n}) ({share})", "{called} of row {n}",
    "administrative area {called}", "all administrative areas", "point {n}", "device {n}",
)
# What the log of accounts says, read there alone.
LOG: tuple[str, ...] = (
    "account changed", "account locked", "account made", "account unlocked",
    "key ended", "key recorded", "key vouched for", "password changed", "password refused",
    "password reset", "revoked without the password", "sign-in refused", "signed in",
    "signed out", "token made", "webhook made", "webhook message", "webhook paused",
    "webhook removed", "webhook tested", "webhook woken",
    "from {address}", "wrong password, from {address}", "password, from {address}",
    "one-time word, from {address}", "OpenID Connect, from {address}",
    "{code} from {address}", "asked for again at {address}, from {other}",
    "one session or token: {sign}", "everywhere: {n} sessions", "{value} sessions", "of {called}",
    "it waits after failures: {called}", "no organisation", "all areas", "no person",
    "{value} days",
)
TEMPLATES: tuple[str, ...] = (*ASSESS, *FORECAST, *ASKED, *PLAN, *RELEASE, *CHECKLIST, *GATE,
                              *FIGURES, *MONEY, *TYPES, *COUNTS, *PAGES)
