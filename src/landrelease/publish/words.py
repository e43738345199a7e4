"""Every word that a page or the document shows, in English, by key.

The English text is what is translated (`core.texts`); a key only says where it stands, and never
changes its meaning. A text may hold `{facts}`. Keys that begin with `js.` travel with the page,
because its script fills them in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from landrelease.core import amounts, texts
from landrelease.core.texts import Texts
from landrelease.publish import words_documents, words_lanes

ENGLISH: Mapping[str, str] = {
    # --- on every output -----------------------------------------------------------------------
    "synthetic": "SYNTHETIC DATA: made up. Nothing here is about real ground.",
    "synthetic_mark": "Synthetic",
    "caution_short": (
        "Not for moving on the ground. Records are incomplete and can be out of date. "
        "Ground without colour means: no information, treat as dangerous."
    ),
    "caution.moving": (
        "Records are incomplete and can be out of date. They must not be used for moving on the "
        "ground."
    ),
    "caution.blank": (
        "Ground without colour is ground without information. Treat it as dangerous."
    ),
    "caution.decide": (
        "This software orders work and shows its reasons. It does not decide: cancelling, reducing "
        "and releasing land is a decision of a named authority, signed each time."
    ),
    "caution.planned": (
        "Planned dates say what the plan expects. Nothing is released until it is signed."
    ),
    "caution.prior": (
        "Where no survey or clearance effort is on record, a chance of contamination is a prior: "
        "it rests on assumptions and on places nearby, not on this ground."
    ),
    "caution.people": (
        "Residents nearby are an expectation over uncertain positions of settlements. One person "
        "can live near several areas: these numbers must not be added up."
    ),
    "caution.rounding": (
        "Corners are kept to 0.000001 degree, which moves them by at most 8 cm; "
        "the outline that is drawn is always wider than that."
    ),
    "not_reported": "not reported",
    "not_computed": "not computed",
    "made_on": "Made on {date}",
    "chain": "Records as of chain head {head}",
    "whole": "Whole programme",
    "of": "{part} of {whole}",
    "interval": "{low} to {high}",
    "nowhere": "outside every municipality",
    # --- planner page --------------------------------------------------------------------------
    "page.question": "Which areas come first, and when do people get their land back?",
    "page.skip": "Skip to the map",
    "page.noscript": (
        "The map, the slider and the table of areas need JavaScript. Everything else on this page "
        "can be read without it."
    ),
    "page.contents": "On this page",
    "nav.map": "Map",
    "nav.areas": "Areas",
    "nav.forecast": "Forecast",
    "nav.reach": "Communities",
    "nav.phases": "Phases",
    "nav.plan": "Plan quality",
    "nav.ledger": "Ledger",
    "nav.figures": "Figures",
    "nav.assumptions": "Assumptions",
    "nav.imports": "Imports",
    "nav.sources": "Sources",
    "nav.cautions": "Cautions",
    "tile.hazardous": "Still recorded as hazardous",
    "tile.hazardous.note": "{count} areas in {municipalities} municipalities",
    "tile.released": "Expected back within the plan",
    "tile.released.note": "{cancelled} cancelled, {reduced} reduced, {cleared} cleared; by {date}",
    "tile.finish": "All done by, in half of the runs",
    "tile.finish.note": "80 % of the runs: {low} to {high}",
    "few_runs": "too few runs for an interval: {runs}, at least {least} are needed",
    "tile.finish.never": "after {year}",
    "tile.cost": "Cost until then",
    "tile.cost.note": "half of the runs; 80 %: {low} to {high} {currency}",
    "tile.quality": "Quality of the plan",
    "tile.quality.note": "of the way from the best simple rule to what no plan can beat",
    "tile.quality.none": "no room",
    "section.map": "Map and plan",
    "section.areas": "Areas in the order of the plan",
    "section.areas.noplan": "Areas",
    "section.forecast": "Forecast",
    "section.reach": "Communities that can be reached again",
    "section.phases": "Two phases: demining, then rebuilding",
    "reach.now": (
        "{cut} of {count} communities are cut off, with {people} people on record; {now} can be "
        "reached: a road on which nothing on record lies leads there from a base. A community "
        "is reopened when its own hazards are released too."
    ),
    "reach.plan": "By the plan's own dates {done} of {count} can be reached by {date}.",
    "reach.runs": (
        "In half of the runs all that can be reached within {years} years are reached by {date}."
    ),
    "reach.chart": "Communities that can be reached",
    "reach.note": (
        "Line: half of the runs are above it. Bands: 5 % to 95 % of the runs. Dashed: the plan's "
        "own dates. “Open” means that nothing on record blocks the road; never that it is safe."
    ),
    "reach.svg": "Communities reachable over time: {now} now, {count} in all.",
    "reach.col.name": "Community",
    "reach.col.people": "People",
    "reach.col.plan": "By the plan",
    "reach.col.free": "Own hazards released",
    "reach.col.median": "Half of the runs",
    "reach.col.range": "80 % of the runs",
    "reach.today": "now",
    "reach.never": "not within {year}",
    "phase.budget": "{name}: {budget} {currency}, {arrived} of it announced by {date}.",
    "phase.cost": (
        "Cost in the runs: {median} {currency} in half of them (80 %: {low} to {high}). The money "
        "is enough in {share} of the runs."
    ),
    "phase.cost.few": (
        "Cost in the runs: {median} {currency} in half of them ({few}). The money is enough in "
        "{share} of the runs."
    ),
    "phase.works": (
        "{count} works on land that is handed back, {budget} {currency}. By the plan's dates the "
        "land of {planned} of them is free by {date}."
    ),
    "phase.works.runs": "In half of the runs half of the works can begin by {date}.",
    "phase.chart": "Works whose land is handed back",
    "phase.svg": "Works that can begin over time: {count} in all.",
    "section.plan": "How good the plan is",
    "section.ledger": "Land ledger by municipality",
    "section.figures": "Figures and what they rest on",
    "section.assumptions": "Assumptions",
    "section.imports": "What was read",
    "section.sources": "Where the data comes from",
    "section.cautions": "Cautions, and what this page does not decide",
    "map.label": (
        "Map of hazardous areas. Arrow keys move, plus and minus zoom, 0 shows everything, "
        "Enter opens the area at the cross."
    ),
    "map.help": (
        "Drag or use the arrow keys to move; wheel, pinch or + and − to zoom; 0 shows everything. "
        "Tap an area, or press Enter with the area under the cross."
    ),
    "map.zoom_in": "Zoom in",
    "map.zoom_out": "Zoom out",
    "map.all": "Show everything",
    "map.layers": "Layers and legend",
    "map.colour_by": "Colour by",
    "map.goto": "Go to municipality",
    "map.goto.none": "All",
    "colour.order.plan": "order of work",
    "colour.order.people": "order by residents nearby",
    "colour.order.records": "order of the records",
    "colour.people": "residents nearby",
    "colour.prior": "chance of contamination",
    "colour.class": "class of the area (IMAS)",
    "layer.hazards": "Hazardous areas",
    "layer.outcomes": "Cancelled, reduced or cleared, as recorded",
    "layer.accidents": "Accidents on record",
    "layer.lifted": "Minefields lifted, date not reported",
    "layer.settlements": "Settlements (position approximate where in italics)",
    "layer.municipalities": "Municipalities",
    "layer.cells": "Contamination map, by cell",
    "cells.title": "Chance that a cell of {cell} holds an explosive item",
    "cells.most": "{least} % and more",
    "cells.least": "under {most} %",
    "cells.range": "(80 %: {low} to {high})",
    "cells.prior": "Prior.",
    "cells.prior.all": (
        "No survey or clearance effort is on record here: these chances rest on assumptions and "
        "on places nearby, not on this ground."
    ),
    "cells.prior.some": "For some of the areas no local effort is on record: theirs are priors.",
    "cells.note": (
        "In brackets the lowest and the highest bound of the cells of a class. From afar a square "
        "shows the highest chance of its cells. While this layer is on, areas are drawn as "
        "outlines, and only from near: every cell that an area touches has a colour."
    ),
    "legend.class": "Hatch: class of the area",
    "legend.sha": "SHA, suspected",
    "legend.cha": "CHA, confirmed",
    "legend.class_nr": "class not reported",
    "legend.status": "Outline: where the area stands",
    "legend.open": "open, or status not reported",
    "legend.worked": "work under way",
    "legend.closed": "all stages finished (planned)",
    "legend.blank": "No colour: no information. Treat as dangerous.",
    "legend.small": (
        "Hazardous areas too small to see are drawn larger than they are, never left out."),
    "legend.source": (
        "Symbols after Technical Note 07.11/01 (SHA F4A718, CHA FF0000; status as outline). "
        "The symbol for a class that nobody reported is our own."
    ),
    "slider.label": "Date in the plan (arrow keys a week, Page Up and Page Down a year)",
    "slider.areas": "Areas finished",
    "slider.given": "Expected back",
    "slider.people": "People",
    "slider.play": "Play",
    "slider.stop": "Stop",
    "slider.today": "Start of the plan",
    "slider.note": "What the plan expects by then; nothing is released until it is signed.",
    "slider.hidden": "The dates of the plan are not for this reader.",
    "slider.none": "No plan was made: the map shows the land as it is recorded.",
    "detail.hint": "Choose an area on the map or in the table to see what is known about it.",
    "table.search": "Search",
    "table.search.hint": "id, municipality or reason",
    "table.municipality": "Municipality",
    "table.all": "all municipalities",
    "table.stage": "Planned finish",
    "table.stage.all": "any time",
    "table.stage.within": "within {years} years",
    "table.stage.never": "not within the plan",
    "table.caption": (
        "Each area with residents nearby (central 80 %), the chance that it is contaminated at all "
        "(central 80 %), and the planned finish of each stage."
    ),
    "table.more": "Next",
    "table.less": "Previous",
    "col.rank": "Order",
    "col.id": "Area",
    "col.municipality": "Municipality",
    "col.area": "Hectares",
    "col.people": "Residents nearby",
    "col.prior": "Chance, %",
    "col.nts": "NTS",
    "col.ts": "TS",
    "col.clearance": "Clearance",
    "col.why": "Why",
    "table.everywhere": "For every area:",
    "forecast.fan": "Area given back",
    "forecast.fan.note": (
        "Line: half of the {runs} runs are above it. Bands: from {low} % to {high} % of the runs. "
        "Dashed: the plan's own dates, in which nothing goes wrong."
    ),
    "forecast.fan.note_noplan": (
        "Line: half of the {runs} runs are above it. Bands: from {low} % to {high} % of the runs."
    ),
    "forecast.finish": "Year in which everything is done",
    "forecast.finish.note": "Share of the runs. {never}",
    "forecast.never": "{share} of the runs do not finish by {year}.",
    "forecast.never.none": "All runs finish by {year}.",
    "forecast.cost": "Cost until then",
    "forecast.cost.note": "Share of the runs, million {currency}.",
    "forecast.cost.note_small": "Share of the runs, {currency}.",
    "forecast.fan.total": (
        "Dotted: the area recorded today; runs go above it because ground turns up that nobody "
        "knew of."
    ),
    "forecast.curve": "The curve as a table",
    "forecast.curve.low": "{level} % of the runs are below",
    "forecast.curve.middle": "half of the runs",
    "forecast.curve.high": "{level} % are below",
    "forecast.notes": "What to know about this forecast",
    "forecast.chance": "Chance that all is done by the end of",
    "forecast.chance.year": "End of",
    "forecast.chance.announced": "announced",
    "forecast.chance.date": "Date",
    "forecast.chance.share": "Share of the runs",
    "forecast.drivers": "What moves the finish",
    "forecast.drivers.note": "Share of the spread that each assumption explains.",
    "forecast.policy": "Rule that was simulated: {policy} Seed {seed}, {runs} runs.",
    "forecast.none": "No forecast was made.",
    "forecast.s_curve": "Chance that all is done by a day",
    "forecast.s_curve.note": "Share of the runs that are done by then.",
    "forecast.s_curve.cost": "Chance that a sum is enough, {currency}",
    "forecast.s_curve.cost.note": (
        "Share of the runs that are done for no more. A run that does not finish is never paid for."
    ),
    "forecast.scenarios": "Scenarios side by side",
    "forecast.scenarios.note": (
        "Area given back: the median of each, and its 10 and 90 % quantiles as thin lines."
    ),
    "forecast.track": "How good such forecasts were",
    "forecast.track.none": "Not back-tested: nothing says how good such forecasts were here.",
    "forecast.track.ahead": "Months ahead",
    "forecast.track.count": "Forecasts",
    "forecast.track.inside": "Truths inside the {level} interval",
    "forecast.track.crps": "CRPS, ha",
    "forecast.track.bootstrap": "Pace drawn again, ha",
    "forecast.track.straight": "Carried straight on, ha",
    "forecast.track.note": (
        "Forecasts of the area released, made for {months} past months from what was known then "
        "and scored against what came true. They rest on records alone, not on a plan. CRPS: the "
        "mean distance between forecast and truth; smaller is better."
    ),
    "at_least": "at least {value}",
    "forecast.area_axis": "Area, {unit}",
    "forecast.svg": "Fan chart: by {year} half of the runs have given back {area} of {total}.",
    "forecast.svg.finish": "Bar chart of the year of finish: median {median}.",
    "forecast.svg.cost": "Bar chart of the cost: median {median} {currency}.",
    "plan.words.room": (
        "The score counts the delay of what people wait for, with the weights below; smaller is "
        "better. Of the room between the best simple rule (“{rule}”) and the proven bound, "
        "the plan closes {room}."
    ),
    "plan.words.noroom": (
        "The score counts the delay of what people wait for, with the weights below; smaller is "
        "better. The best simple rule (“{rule}”) already reaches the proven bound: there is no "
        "room to close."
    ),
    "plan.words.bound": (
        "Bound: it is proven that no plan for the same areas, teams and calendar has a smaller "
        "score. This plan is at most {gap} above the best that is possible."
    ),
    "plan.words.floor": (
        "Of the plan's score, {share} cannot be avoided even with unlimited teams, because "
        "the work "
        "itself takes time."
    ),
    "plan.words.horizon": (
        "{unfinished} of {stages} stages do not finish within the horizon of the plan ({date})."
    ),
    "plan.words.all": "All {stages} stages finish within the horizon of the plan ({date}).",
    "plan.words.repeat": (
        "Seed {seed}, {iterations} iterations: the same again gives the same plan."
    ),
    "plan.this": "this plan",
    "plan.bound": "bound: no plan can be better",
    "plan.col.rule": "Way of planning",
    "plan.col.score": "Score",
    "plan.col.over": "Above the bound",
    "plan.weights": "Weights",
    "plan.weight.person_weight": "Points a resident nearby and day of delay",
    "plan.weight.hectare_weight": "Points a hectare and day of delay",
    "plan.svg": "Scores of the simple rules, of this plan and the bound on one line.",
    "plan.none": "No plan was made.",
    "ledger.note": (
        "Areas of unions on the ellipsoid. Cancelled, reduced and cleared stand apart; "
        "“contested” ground is recorded as cleared and as suspected, and counts as hazardous."
    ),
    "ledger.unverified": (
        "(unverified) {count} of {all} records of release are signed by nobody whose key is "
        "vouched for."
    ),
    "ledger.name": "Municipality",
    "ledger.count": "Areas",
    "ledger.hazardous": "Hazardous, ha",
    "ledger.cancelled": "Cancelled, ha",
    "ledger.reduced": "Reduced, ha",
    "ledger.cleared": "Cleared, ha",
    "ledger.contested": "Contested, ha",
    "ledger.accidents": "Accidents",
    "ledger.rest": "{count} more municipalities",
    "figures.records": "rests on {count} records",
    "figures.list": "records",
    "figures.first": "first {shown} of {count}: ",
    "assumptions.note": (
        "What no record of the programme supports. Each has a range that holds 80 % of what is "
        "thought possible; a programme changes them in one file."
    ),
    "assumptions.name": "Assumption",
    "assumptions.value": "Value",
    "assumptions.range": "Range",
    "assumptions.source": "Source",
    "imports.note": "Read = accepted + merged + quarantined. Nothing that came in is lost.",
    "imports.file": "File",
    "imports.kind": "Kind",
    "imports.read": "Read",
    "imports.accepted": "Accepted",
    "imports.merged": "Merged repeats",
    "imports.quarantined": "Quarantined",
    "imports.findings": "Findings",
    "imports.sum": "All files",
    "sources.name": "Layer",
    "sources.what": "What it is",
    "sources.origin": "From",
    "sources.licence": "Licence",
    "sources.state": "State",
    "sources.nolicence": "none stated",
    "contamination.note": (
        "The contamination map is also a raster beside this page: {file}. {rows} × {columns} cells "
        "of {cell} m; bands: {bands}. Cells without a value hold no record: no information."
    ),
    "foot": "Made by landrelease. {made}. {chain}.",
    # --- what the script of the planner page says ------------------------------------------------
    "js.now_areas": "{done} of {total}",
    "js.now_work": "{work} in work, {open} not started",
    "js.now_given": "{sum} of {whole}",
    "js.now_parts": "{cancelled} cancelled, {reduced} reduced, {cleared} cleared",
    "js.now_people": "{people} people",
    "js.now_reached": "in {open} of {count} communities that can be reached",
    "js.now_unknown": "({count} of them did not report their people)",
    "js.now_most": "At most {people}",
    "js.now_near": "live near the finished areas; one near several is counted for each",
    "js.people_by_then": "People",
    "js.value": "{date}: {done} of {total} areas finished, {sum} expected back.",
    "js.state": ("{date}: {done} of {total} areas finished, {work} in work, {open} not started."),
    "js.area": (
        "Expected back: {sum} of {whole} ({cancelled} cancelled, {reduced} reduced, "
        "{cleared} cleared)."
    ),
    "js.not_within": "not within the plan",
    "js.not_planned": "not planned",
    "js.not_reported": "not reported",
    "js.prior": "prior",
    "js.showing": "{from} to {to} of {count}",
    "js.nothing": "No area matches.",
    "js.rank_plan": "Order of work",
    "js.rank_people": "Order by residents nearby",
    "js.rank_records": "Order of the records",
    "js.municipality": "Municipality",
    "js.area_label": "Area",
    "js.class": "Class",
    "js.status": "Status",
    "js.people": "Residents nearby",
    "js.chance": "Chance of contamination",
    "js.chance_prior": "a prior: no local effort on record",
    "js.accidents": "Accidents on record",
    "js.accidents_value": "{inside} inside, {near} nearby",
    "js.lifted": "Minefields lifted nearby",
    "js.overlap": "Also recorded as cleared",
    "js.overlap_value": "{area}; counts as hazardous",
    "js.next": "Next step",
    "js.next_note": "a proposal; a person decides",
    "js.nts": "NTS finished",
    "js.ts": "TS finished",
    "js.clearance": "Clearance finished",
    "js.tasks": "{count} tasks",
    "js.modes": "How",
    "js.teams": "Teams",
    "js.why": "Why",
    "js.close": "Close",
    "js.zoom_to": "Show on the map",
    "js.accident": "Accident on record (date not reported)",
    "js.lifted_point": "Minefield lifted (date not reported)",
    "js.outcome": "Recorded as {kind}",
    "js.outcome_overlap": "Where it meets a hazardous area it counts as hazardous.",
    "js.cell_high": "cell: {least} % and more",
    "js.cell_low": "cell: under {most} %",
    "js.cell": "cell: {low} to {high} %",
    "js.nothing_here": "No information here: treat as dangerous.",
    "js.play": "Play",
    "js.stop": "Stop",
    "js.first": "{from} to {to}",
    "js.none_value": "not assessed",
    "js.class.SHA": "SHA, suspected",
    "js.class.CHA": "CHA, confirmed",
    "js.class.not_reported": "not reported",
    "js.status.open": "open",
    "js.status.worked_on": "worked on",
    "js.status.suspended": "suspended",
    "js.status.closed": "closed",
    "js.status.handed_over": "handed over",
    "js.status.reopened": "reopened",
    "js.status.not_reported": "not reported, treated as open",
    "js.kind.cancelled": "cancelled (NTS)",
    "js.kind.reduced": "reduced (TS)",
    "js.kind.cleared": "cleared",
    "js.kind.searched": "searched only; searched is not cleared",
    "js.kind.not_reported": "worked on; the kind of outcome is not reported",
    # --- public page -----------------------------------------------------------------------------
    "public.warning": "Do not approach. Do not touch.",
    "public.warning.more": (
        "If you see something that could be a mine or other explosive item: stop, go back the way "
        "you came, keep others away, and report it."
    ),
    "public.blank": ("Ground without colour means: no information. Treat it as dangerous."),
    "public.contact": "Who to call: {contact}",
    "public.contact.none": "Who to call: not configured on this page. Ask your local authority.",
    "public.map": "Where hazards are recorded",
    "public.map.note": (
        "Each coloured square, {cell} wide, holds or touches ground that is recorded as hazardous. "
        "The squares are larger than the hazards, never smaller. Tap a place to read what is "
        "known."
    ),
    "public.legend.hazard": "Hazardous: do not enter",
    "public.legend.released": "Released by the authority, signed, and nothing found since",
    "public.legend.blank": "No colour: no information, treat as dangerous",
    "public.legend.reported": "Something dangerous was reported here and is being looked at: do "
                              "not go there",
    "public.noscript": ("Without scripts this page shows no map. That says nothing about the "
                        "ground. Ask whoever is named above."),
    "public.places": (
        "Place names are approximate: they can be more than {error} away. Do not use them to judge "
        "where a hazard begins."
    ),
    "public.totals": "By municipality",
    "public.totals.name": "Municipality",
    "public.totals.hazards": "Hazardous areas",
    "public.totals.area": "Hazardous, ha",
    "public.totals.released": "Cleared, ha",
    "public.totals.note": (
        "What is recorded, by municipality. A zero means that nothing is recorded there; it does "
        "not mean that nothing is there. Cancelled and reduced ground is not part of “cleared”. "
        "Recorded as cleared is not released: the map shows as released only what the authority "
        "has signed."
    ),
    "public.figures": "Figures",
    "public.interval": "80 %: {low} to {high}",
    "public.sources": "Where this comes from",
    "public.state": "State of the records: {state}.",
    "public.state.none": "State of the records: date not reported.",
    "public.map.label": (
        "Map of recorded hazards. Arrow keys move, plus and minus zoom, 0 shows everything, Enter "
        "reads the place at the cross."
    ),
    "public.decide": (
        "Land is released by a named authority, signed each time. This page shows what is "
        "recorded; "
        "it releases nothing."
    ),
    "js.pub.hint": "Tap the map to read what is known about a place.",
    "js.pub.hazard": "HAZARDOUS. Do not enter. Do not approach, do not touch.",
    "js.pub.released": "Released {when}, {depth}. If you see anything suspicious: do not touch it.",
    "js.pub.when": "on {date}",
    "js.pub.when_nr": "on a date that was not reported",
    "js.pub.depth": "to a depth of {depth} m",
    "js.pub.depth_nr": "to a depth that was not reported",
    "js.pub.unsigned": "No information that counts. The records call this ground released, but no "
                       "signature of the authority stands behind it. Treat it as dangerous.",
    "js.pub.partly": "No information that counts. Only a part of the ground here is released. "
                     "Treat it as dangerous.",
    "js.pub.reported": "Somebody reported something dangerous at or near this place (day: {day}). "
                       "It is being looked at. Do not go there until you are told.",
    "js.pub.day_nr": "not reported",
    "js.pub.unplaced": "Of some recorded hazards nobody knows the place; they are on no map.",
    "js.pub.within": "The answer is about all ground within {metres} m of what you asked about.",
    "js.pub.blank": "No information about this place. Treat it as dangerous.",
    # --- the document ----------------------------------------------------------------------------
    "doc.found": "What was found",
    "doc.map": "Where the areas lie and which come first",
    "doc.map.full": "Each area in its own shape, coloured by {order}.",
    "doc.map.small": (
        "At this scale each area is drawn as a dot, larger than the area itself; where the dot "
        "would be smaller, its convex hull is drawn. Nothing is left out. Coloured by {order}."
    ),
    "doc.order.plan": "the order of work",
    "doc.order.people": "residents nearby",
    "doc.order.records": "the order of the records",
    "doc.legend": "Areas {from} to {to}",
    "doc.plan": "The plan and its bound",
    "doc.forecast": "When it will be done",
    "doc.ledger": "Land ledger, hectares",
    "doc.assumptions": "Assumptions that matter most",
    "doc.cautions": "Cautions",
    "doc.page": "Page {page} of 2",
    "doc.imports": (
        "{read} rows were read from {files} files: {accepted} accepted, {merged} merged as "
        "repeats, "
        "{quarantined} quarantined with their reasons."
    ),
    "doc.hazards": (
        "{count} areas are recorded as hazardous in {municipalities} municipalities{area}."
    ),
    "doc.hazards.area": ", {area} in all",
    "doc.accidents": "{accidents} accidents and {lifted} lifted minefields are on record.",
    "doc.prior": (
        "The chance that an area is contaminated at all is between {low} and {high} "
        "(80 % of the areas); it is a prior where no local effort is on record."
    ),
    "doc.finish": ("Half of the runs are done by {median}, 80 % between {low} and {high}. {never}"),
    "doc.finish.few": "Half of the runs are done by {median}; {few}. {never}",
    "doc.cost.few": "Cost: {median} {currency} in half of the runs.",
    "forecast.fan.note_few": "Line: half of the {runs} runs are above it; {few}.",
    "doc.announced": "Announced for {date}: done by then in {share} of the runs.",
    "doc.cost": "Cost: {median} {currency} in half of the runs (80 %: {low} to {high}).",
    "doc.more": "and {count} more on the page",
    # --- certificate of a release --------------------------------------------------------------
    "cert.title": "Completion certificate",
    "cert.title.handover": "Completion and hand-over certificate",
    "cert.state.revoked": "REVOKED. This certificate no longer holds: {why}",
    "cert.state.reopened": "REOPENED. This ground is hazardous again: {why}",
    "cert.state.superseded": "SUPERSEDED by a later certificate: {why}",
    "cert.state.unverified": "NOT VERIFIED. It releases nothing: {why}",
    "cert.caution": (
        "It speaks of the ground on the sketch alone, {depth}. Deeper, and beside it, ordnance may "
        "lie. If you find something: do not approach, do not touch, mark the place, report it."
    ),
    "cert.depth.surface": "to the depth that survey can speak of",
    "cert.release": "Release",
    "cert.code": "Code to look it up",
    "cert.office": "Office",
    "cert.area": "Area",
    "cert.outcome": "Released as",
    "cert.outcome.cancelled": "cancelled (by non-technical survey)",
    "cert.outcome.reduced": "reduced (by technical survey)",
    "cert.outcome.cleared": "cleared",
    "cert.outcome.not_reported": "not reported",
    "cert.size": "Size",
    "cert.method": "Method",
    "cert.depth": "Depth",
    "cert.depth.required": "required: {depth}",
    "cert.work": "Work from, until",
    "cert.inspection": "Accepted by inspection",
    "cert.inspection.weaker": "{lot} (its sample asks for less than the programme's settings do)",
    "cert.checklist": "All reasonable effort",
    "cert.checklist.met": "{name}: {met} of {of} items met",
    "cert.proof": "Proof of coverage",
    "cert.proof.row": (
        "at least {share} % of the ground ({area}) proven covered at {confidence} % confidence"),
    "cert.proof.unstated": (
        "at least {share} % of the ground ({area}) proven covered at a confidence that is not on "
        "record"),
    "cert.proof.no_gap": "no gap found that holds a circle of {radius} radius ({area})",
    "cert.proof.least": "the least confidence is {confidence} %",
    "cert.decided": "Decided on",
    "cert.handed": "Handed over on",
    "cert.handed.not": "not yet handed over",
    "cert.use": "Intended use",
    "cert.restrictions": "Restrictions",
    "cert.restrictions.none": "none on record",
    "cert.map": "Sketch",
    "cert.map.note": "North is up. Green: released. Red, hatched: still hazardous.",
    "cert.points": "Turning points",
    "cert.points.note": (
        "Datum: {datum}. Coordinates are rounded inward, so that the ground within them was "
        "released. Bearing from true north and distance lead to the next point. Benchmark: "
        "{benchmark}."
    ),
    "cert.points.name": "Point",
    "cert.points.latitude": "Latitude",
    "cert.points.longitude": "Longitude",
    "cert.points.bearing": "Bearing",
    "cert.points.distance": "Distance",
    "cert.points.next": "To",
    "cert.points.more": "{count} more points are in the registry.",
    "cert.items": "What was found",
    "cert.items.none": "No explosive ordnance was found on this ground.",
    "cert.items.least": "at least {n}",
    "cert.items.row": "{category}: {count}, {fate}",
    "cert.residual": "What may remain",
    "cert.residual.note": (
        "Computed from the records of search, with the interval that is stated. Nobody can promise "
        "that nothing is left."
    ),
    "cert.residual.ground": "the ground",
    "cert.residual.ground.cleared": "cleared ground",
    "cert.residual.ground.hazard": "the whole hazard",
    "cert.residual.row": (
        "{stratum}: {none} % chance that nothing is left; items left {low} to {high} ({interval} % "
        "interval), expected {expected}."
    ),
    "cert.residual.prior": "This rests on a prior alone: no local evidence has touched it.",
    "cert.residual.prior.some": "{share} % of it rests on a prior.",
    "cert.people": "People",
    "cert.people.women": "Women",
    "cert.people.men": "Men",
    "cert.people.girls": "Girls",
    "cert.people.boys": "Boys",
    "cert.people.benefit": "Expected to benefit",
    "cert.people.present": "Took part in the hand-over",
    "cert.sign": "Signatures",
    "cert.sign.who": "For",
    "cert.sign.person": "Person",
    "cert.sign.key": "Fingerprint of the key",
    "cert.sign.at": "Signed (UTC)",
    "cert.sign.state": "State",
    "cert.sign.authority": "the authority",
    "cert.sign.handover": "the authority, hand-over",
    "cert.sign.counts": "verified",
    "cert.sign.not": "NOT VERIFIED",
    "cert.line.authority": "For the authority",
    "cert.line.operator": "For the operator",
    "cert.line.community": "Received for the community",
    "cert.line.fields": "Name, signature, day",
    "cert.lookup": (
        "Ask your mine action office whether the certificate {code} still holds before you rely on "
        "it."
    ),
    "cert.foot": "{release} · proposal {sha} · chain head {head} · state of {date}",
    **words_documents.ENGLISH,
    **words_lanes.ENGLISH,
}
# Texts that no template of a centre changes: marks and cautions (S12, S19).
FIXED: tuple[str, ...] = (
    "synthetic", "synthetic_mark", *(k for k in ENGLISH if k.startswith((
        "caution", "cert.caution", "cert.state", "cert.residual"))),
    *words_documents.FIXED)


class Words:
    """Looks a text up in a language and fills in its facts; a key that is not here is a defect."""

    def __init__(self, told: Texts = texts.ENGLISH):
        self.texts = told.watched()

    def __call__(self, key: str, **facts: object) -> str:
        text = ENGLISH[key]
        return self.texts.told(text, **facts) if facts else self.texts(text)

    def said(self, english: str) -> str:
        """What a stage wrote in English: reasons, definitions, notes."""
        return self.texts.said(english)

    # Numbers, days and sizes as the language writes them (`core.amounts`).
    def count(self, number: int) -> str:
        return amounts.figure(f"{number:,}", self.texts)

    def figure(self, written: str) -> str:
        return amounts.figure(written, self.texts)

    def measured(self, written: str) -> str:
        return amounts.measured(written, self.texts)

    def written(self, english: str) -> str:
        return amounts.written(english, self.texts)

    def unit(self, symbol: str) -> str:
        return amounts.unit(symbol, self.texts)

    def area(self, m2: float) -> str:
        return amounts.area(m2, self.texts)

    def length(self, metres: float) -> str:
        return amounts.length(metres, self.texts)

    def money(self, value: float) -> str:
        return amounts.money(value, self.texts)

    def day(self, when: date) -> str:
        return amounts.day(when, self.texts)

    def month(self, when: date) -> str:
        return amounts.month(when, self.texts)

    def knows(self, key: str) -> bool:
        return key in ENGLISH

    def for_script(self, prefix: str = "js.") -> dict[str, str]:
        """The texts that travel with the page, by the key without its `js.`."""
        return {key.removeprefix("js."): self(key) for key in ENGLISH if key.startswith(prefix)}

    def units(self) -> dict[str, str]:
        """What the language writes for the units that scripts write."""
        return {symbol: self.unit(symbol) for symbol in ("m", "km", "m²", "ha", "km²")}

    def doubts(self) -> tuple[str, ...]:
        """What to say of the language itself, after all else was said: nobody reviewed it, or a
        part of it stands in English (S18)."""
        t = self.texts
        said = () if t.reviewed else (t(texts.UNREVIEWED),)
        return (*said, t(texts.NOT_ALL_TRANSLATED)) if t.missing else said
