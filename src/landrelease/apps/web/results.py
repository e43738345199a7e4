"""The result of a job as a part of its page, by kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from landrelease.apps.web import speaking
from landrelease.apps.web.jobs import Job
from landrelease.apps.web.layout import Html, facts, group, link, mark, record_link, table, tag
from landrelease.apps.web.words import kind_named, told, word
from landrelease.core import amounts
from landrelease.core.texts import CLAIM_SENTENCES
from landrelease.workflows.languages import meanings

if TYPE_CHECKING:
    from landrelease.store.results import PlanFile

ROWS_MOST = 200


def figure(written: str) -> str:
    """A number as the language of the request writes it."""
    return amounts.figure(written, speaking.texts())


def number(value: float | None, digits: int = 0) -> str:
    return word("not_reported") if value is None else figure(f"{value:,.{digits}f}")


def percent(share: float | None, digits: int = 1) -> str:
    return word("not_reported") if share is None else figure(f"{100 * share:,.{digits}f} %")


def better_by(gap: float | None) -> str:
    """By how much any plan could be better, from (score - bound) / bound: as `plan make` does."""
    return word("not_reported") if gap is None else percent(gap / (1 + gap), 2)


def day(text: object) -> Html:
    """A date that no line breaks; an empty one lies beyond the horizon."""
    return tag("span", str(text) if text else word("plan.beyond"), class_="day" if text else None)


def shown(job: Job, found: Mapping[str, Any]) -> Html:
    """The result in words and tables."""
    parts: dict[str, Callable[[Mapping[str, Any]], Html]] = {
        "plan": _plan, "what-if": _what_if, "price": _price, "conflicts": _conflicts,
        "policy": _policy, "pareto": _pareto, "compare": compared,
        "bound": _bound, "forecast": _forecast, "claims": claims, "claims-recorded": claims,
        "map": _map, "export": _export, "import": lambda told: _import(job, told),
        "mend": _mended, "mend-own": _mended}
    return group(tag("p", word("synthetic"), class_="note") if found.get("synthetic") else None,
                 parts[job.kind](found))


def plan_numbers(found: Mapping[str, Any]) -> Html:
    """A plan's summary as facts."""
    return facts([
        (word("plan.score"), number(found["score"])), (word("plan.bound"), number(found["bound"])),
        (word("plan.gap"), better_by(found["gap"])),
        (word("plan.planned"), word("plan.of", planned=f"{found['stages_planned']:,}",
                                    stages=f"{found['stages']:,}"))])


def _plan(found: Mapping[str, Any]) -> Html:
    changed = found.get("stages_changed")
    return group(
        plan_numbers(found),
        tag("p", word("plan.stopped")) if found["interrupted"] else None,
        tag("p", word("plan.start_past", day=found["start"]), class_="warn")
        if found.get("start_passed") else None,
        tag("p", link(f"/plans/{found['plan']}", word("job.open_plan", name=found["plan"]),
                      class_="button")),
        undone(found.get("unkept", ())),
        group(tag("h3", word("plan.not_as_standing")),
              tag("ul", *(tag("li", w) for w in found["not_as_standing"])))
        if found.get("not_as_standing") else None,
        changes(changed, found.get("communities") or []) if changed is not None else None)


def undone(words: Sequence[str], before: Sequence[str] | None = None) -> Html | None:
    """What people ordered or fixed and a plan does not do; `before`: what the other plan, beside
    which it stands, does not do either."""
    if not words and before is None:
        return None
    if not words:
        return tag("p", mark("good", word("plan.unkept_none")))
    known = set(before or ())
    return group(tag("h3", word("plan.unkept")), tag("ul", *(
        tag("li", told(w), " ", mark("bad", word("plan.unkept_new"))
            if before is not None and w not in known else None) for w in words), class_="undone"))


def as_if_accredited(saved: PlanFile) -> Html | None:
    """The teams that a plan takes to be accredited although nothing on record says so (S08)."""
    from landrelease.core.recorded import as_if_accredited

    notes = as_if_accredited(saved.recorded)
    if not notes:
        return None
    return group(tag("h3", word("plan.unaccredited")), tag("ul", *(
        tag("li", f"{n.record}: " if n.record else None, told(n.words)) for n in notes),
        class_="undone"))


def changes(stages: Sequence[Mapping[str, Any]], communities: Sequence[Mapping[str, Any]],
            areas: Sequence[Mapping[str, Any]] = ()) -> Html:
    """What is different between two plans, what moved most first."""
    parts: list[Html] = []
    for key, rows in (("stages", stages), ("areas", areas), ("communities", communities)):
        if not rows:
            continue
        moved = [r for r in rows if r["change"] != "same" or r["other_team"]]
        kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(
            Counter(r["change"] for r in moved).items()))
        parts.append(tag("h3", word(f"plan.{key}")))
        if not moved:
            parts.append(tag("p", word("plan.changes_none")))
            continue
        parts.append(tag("p", word("plan.change_counts", moved=f"{len(moved):,}",
                                   all=f"{len(rows):,}", kinds=kinds)))
        parts.append(table(word("plan.changes"), [word(k) for k in (
            "plan.stage", "plan.change", "plan.day_before", "plan.day_after", "plan.days_moved",
            "plan.teams_before", "plan.teams_after")], [
                (r["id"], r["change"], day(r["before"]), day(r["after"]),
                 f"{r['days']:+,}" if r["days"] != "" else "", r["team_before"], r["team_after"])
                for r in moved[:ROWS_MOST]], numbers=(4,)))
        if len(moved) > ROWS_MOST:
            parts.append(tag("p", word("plan.table_cut", n=ROWS_MOST, total=f"{len(moved):,}"),
                             class_="note"))
    return group(*parts)


def _what_if(found: Mapping[str, Any]) -> Html:
    rows = []
    for name, before in found["lost_before"].items():
        after = found["lost_after"][name]
        if before or after:
            rows.append((word(f"plan.loss.{name}"), number(before), number(after),
                         f"{100 * (after / before - 1):+.1f} %" if before else ""))
    return group(
        table(word("plan.part"), [word("plan.part"), word("plan.before"), word("plan.after"),
                                  word("plan.change")], rows, numbers=(1, 2, 3)),
        tag("p", word("plan.gap_words", gap=better_by(found["gap"]))),
        tag("p", word("plan.stopped"), class_="warn") if found.get("interrupted") else None,
        undone(found.get("unkept", ()), found.get("unkept_before", ())),
        tag("p", link(f"/plans/{found['plan']}", word("job.open_plan", name=found["plan"]),
                      class_="button")) if found.get("plan") else None,
        changes(found["stages"], found["communities"]))


def _price(found: Mapping[str, Any]) -> Html:
    if not found["changes"]:
        return tag("p", word("plan.price.none"))

    def finish(row: Mapping[str, Any], name: str) -> str:
        return str(row[name] or word("plan.beyond"))

    roads = any("communities_sooner" in r for r in found["changes"])
    heads = ["change", "gain", "share", "most", *(["sooner", "later"] if roads else []), "finish"]
    return table(word("plan.changes"), [word(f"plan.price.{k}") for k in heads], [
        (told(r["change"]), number(r["gain"]), percent(r["gain_share"], 2), number(r["at_most"]),
         *([r.get("communities_sooner", ""), r.get("communities_later", "")] if roads else []),
         day(f"{finish(r, 'finish_without')} → {finish(r, 'finish_with')}"
             if r["finish_with"] != r["finish_without"] else finish(r, "finish_with")))
        for r in found["changes"]], numbers=(1, 2, 3, 4, 5) if roads else (1, 2, 3))


def _conflicts(found: Mapping[str, Any]) -> Html:
    at = found["conflict"]
    if at is None:
        return tag("p", word("plan.conflict_none"))
    return group(tag("p", ", ".join(map(str, at["asked"][:10]))),
                 tag("p", told(at["never"])) if at["never"] else group(
                     tag("p", word("plan.conflict")),
                     None if at["proven"] else tag("p", word("plan.conflict_perhaps"))),
                 tag("ul", *(tag("li", told(r["words"])) for r in at["requirements"])))


def _picture(svg: str, words: str) -> Html:
    return tag("figure", Html(svg), tag("figcaption", words), class_="picture score")


def _policy(found: Mapping[str, Any]) -> Html:
    """The plan and the best rule on the same drawn worlds."""
    from landrelease.workflows import pictures

    names = {"plan": word("plan.this"), "rule": told(found["rule_name"])}
    rows = [(names[k], *(number(found[k][n]) for n in ("low", "median", "high", "mean")))
            for k in names]
    communities = [c for c in found["communities"]
                   if len({c[f"back_{q}"] for q in ("planned", "10", "90")}) > 1
                   or not c["back_90"]]
    communities.sort(key=lambda c: (c["back_90"] or "9999", c["back_50"] or "9999", c["community"]))
    return group(
        tag("p", tag("strong", word(
            "plan.policy.better", share=percent(found["better"], 0),
            samples=f"{found['samples']:,}", gain=number(found["gain"]),
            error=number(found["gain_error"])))),
        tag("p", word("plan.policy.planned", points=number(found["planned"]),
                      share=percent(found["unfinished"]), remade=f"{found['remade']:,}")),
        _picture(pictures.ranges(
            [(names[k], *(found[k][n] for n in ("low", "median", "high")), k == "plan")
             for k in names], word("plan.policy.scores"), speaking.texts()),
            word("plan.policy.scores")),
        table(word("plan.policy.scores"), [
            word("plan.rule"), *(word(f"plan.policy.{n}") for n in (
                "low", "median", "high", "mean"))], rows, numbers=(1, 2, 3, 4)),
        group(tag("h3", word("plan.policy.communities")),
              tag("p", word("plan.policy.communities_words"), class_="note"),
              table(word("plan.policy.communities"), [
                  word(k) for k in ("plan.policy.community", "plan.policy.people",
                                    "plan.policy.as_planned", "plan.policy.low",
                                    "plan.policy.median", "plan.policy.high")], [
                  (c["community"], number(c["people"]),
                   *(day(c[f"back_{q}"]) for q in ("planned", "10", "50", "90")))
                  for c in communities[:ROWS_MOST]], numbers=(1,)),
              tag("p", word("plan.table_cut", n=ROWS_MOST, total=f"{len(communities):,}"),
                  class_="note") if len(communities) > ROWS_MOST else None)
        if communities else None)


def _pareto(found: Mapping[str, Any]) -> Html:
    """Plans between two parts of the objective; the picture says the same as the table."""
    from landrelease.workflows import pictures

    one, other = found["parts"]
    lost = [word(f"plan.loss.{p}") for p in (one, other)]

    def room(gap: float | None) -> str:
        # As `plan make` says it: of the score; where nothing is proven, that.
        return word("plan.pareto.unproven") if gap is None or gap / (1 + gap) > 0.99995 else (
            better_by(gap))

    def stands(row: Mapping[str, Any]) -> Html | str:
        return (word("plan.pareto.twice") if row["twice"] else
                mark("good", word("plan.pareto.front")) if row["on_the_front"] else
                mark("soon", word("plan.pareto.beaten")))

    return group(
        *(tag("p", word("plan.pareto.nothing", part=word(f"plan.loss.{p}")), class_="warn")
          for p in found["nothing_at_stake"]),
        _picture(pictures.front(
            [(r[one], r[other], percent(r["share"], 0), r["on_the_front"]) for r in found["plans"]],
            lost[0], lost[1], word("plan.pareto.picture"), speaking.texts()),
            word("plan.pareto.picture")),
        table(word("plan.pareto"), [
            word("plan.pareto.share"), *lost, word("plan.gap"), "", ""], [
                (percent(r["share"], 0), number(r[one]), number(r[other]), room(r["gap"]),
                 stands(r), link(f"/plans/{r['plan']}", r["plan"]) if r["plan"] else "")
                for r in found["plans"]], numbers=(0, 1, 2, 3)),
        tag("p", word("plan.pareto.share_words", part=lost[1])))


def compared(found: Mapping[str, Any]) -> Html:
    """What is different from one plan to another, by its names."""
    one, two = found["before"], found["after"]
    shown = [(word("plan.score"), number(one["score"]), number(two["score"])),
             (word("plan.bound"), number(one["bound"]), number(two["bound"])),
             (word("plan.gap"), better_by(one["gap"]), better_by(two["gap"])),
             (word("plan.planned"), *(word("plan.of", planned=f"{t['stages_planned']:,}",
                                           stages=f"{t['stages']:,}") for t in (one, two)))]
    for row in found["parts"]:
        if row["part"]:
            shown.append((word(f"plan.loss.{row['part']}"), number(row["lost_before"]),
                          number(row["lost_after"])))
    weights = [(word(f"plan.weight.{r['name']}"), *(
        "" if w is None else figure(f"{w:,.6g}") for w in (r["weight_before"], r["weight_after"])))
        for r in found["parts"] if r["weight_before"] != r["weight_after"]]
    return group(
        table(word("plan.compare"), ["", *found["names"]], shown, numbers=(1, 2)),
        group(tag("h3", word("plan.compare_weights")),
              table(word("plan.compare_weights"), ["", *found["names"]], weights, numbers=(1, 2)))
        if weights else None,
        tag("p", word("plan.compare_records"), class_="warn")
        if not found["same_records"] else None,
        group(tag("h3", word("plan.compare_other")), tag("p", word("plan.compare_other_words")),
              tag("ul", *(tag("li", w, lang="en") for w in found["other"])))
        if found["other"] else None,
        *(tag("p", word(f"plan.who_{title}", **{
            f"{side}{'' if key == 'count' else '_people'}": f"{own[key]:,.0f}"
            for side, own in found["who"][title].items() for key in ("count", "people")}))
          for title in ("areas", "communities") if found[title]),
        changes(found["stages"], found["communities"], found["areas"]))


def _bound(found: Mapping[str, Any]) -> Html:
    return facts([(word("plan.score"), number(found["score"])),
                  (word("plan.bound"), f"{number(found['before'])} → {number(found['bound'])}"),
                  (word("plan.gap"), better_by(found["gap"])),
                  (word("plan.seconds"), number(found["seconds"]))])


def needed(found: Mapping[str, Any]) -> Html | None:
    """What it takes to reach a chance by a date."""
    if not found.get("needed"):
        return None
    return group(tag("h3", word("forecast.needed", chance=percent(found.get("chance"), 0),
                                day=found.get("by"))),
                 tag("ul", *(tag("li", told(n["words"])) for n in found["needed"])))


def _range(found: Mapping[str, Any], name: str) -> str:
    low, high = found.get(f"{name}_interval") or (None, None)
    share = percent(found[name], 0)
    return share if low is None else f"{share} ({percent(low, 0)} – {percent(high, 0)})"


def _forecast(found: Mapping[str, Any]) -> Html:
    return group(
        tag("p", word("forecast.chance_is", share=_range(found, "chance_by"),
                      runs=f"{found['runs']:,}", day=found["by"]))
        if found.get("chance_by") is not None else None,
        needed(found),
        tag("p", link(f"/forecasts/{found['forecast']}",
                      word("job.open_forecast", name=found["forecast"]), class_="button")))


_VERDICT = {"agrees": "good", "differs": "soon", "cannot_be_checked": "open",
            "implausible": "soon", "impossible": "bad"}


def verdict(name: str) -> Html:
    return mark(_VERDICT[name], word(f"claim.verdict.{name}"))


def reasons(checked: Mapping[str, Any]) -> Html | str:
    """The reasons in the language of the reader. Of what was worded otherwise when it was stored
    the codes at least are said, with the reasons as they stand, in English."""
    said = [(r, reason(r)) for r in checked["reasons"]]
    whole = speaking.texts().code == "en" or all(r != s for r, s in said)
    known = {} if whole else meanings()
    return tag("ul", *(tag("li", told(known[c])) for c in dict.fromkeys(checked["codes"])
                       if c in known),
               *(tag("li", s, lang="en" if s == r and not whole else None) for r, s in said),
               class_="plain") if said else ""


def reason(english: str) -> str:
    """A reason of the check of claims, in the language of the request."""
    if error := re.match(r"\[([A-Z]{3}-\d{3})\] ", english):
        return speaking.texts().heard(error[1], english)
    return speaking.texts().said(english, CLAIM_SENTENCES)


def claims(found: Mapping[str, Any]) -> Html:
    """Claims with what the check says."""
    rows = []
    for c in found["claims"]:
        row = {str(k).casefold(): v for k, v in c["claim"].items()}
        said = " ".join(str(row.get(k) or "") for k in ("value", "unit")).strip()
        rows.append((
            group(tag("span", str(row.get("metric") or row.get("words") or "")),
                  tag("p", ", ".join(str(row[k]) for k in ("source", "scope", "as_of")
                                     if row.get(k)), class_="note"),
                  record_link("claim", str(row["record"])) if row.get("record") else None),
            said, verdict(c["verdict"]), reasons(c), " ".join(c["codes"])))
    return table(word("claims"), [word("claim.metric"), word("claim.value"), word("claim.verdict"),
                                  word("claim.reasons"), ""], rows)


def _map(found: Mapping[str, Any]) -> Html:
    least = "_least" if found.get("items_at_least") else ""
    return group(tag("p", word("job.map.done", rows=f"{found['rows']:,}",
                               columns=f"{found['columns']:,}",
                               bands=", ".join(found["bands"]), passes=f"{found['passes']:,}",
                               uncredited=f"{found['uncredited']:,}",
                               priors=f"{found['priors']:,}", areas=f"{found['areas']:,}")),
                 tag("p", word(f"cont.items{least}", n=f"{found['items']:,}"))
                 if "items" in found else None,
                 tag("p", word("job.map.not_proofs", n=f"{found['not_proofs']:,}"))
                 if found.get("not_proofs") else None)


def _import(job: Job, found: Mapping[str, Any]) -> Html:
    """The counts; each finding and the rows that wait are on the page of the import."""
    return group(
        tag("p", word("import.checked")) if found["dry_run"] else None,
        table(word("report"), [word("file"), word("kind"), word("read"), word("accepted_count"),
                               word("merged"), word("quarantined")],
              [(f"{r['file']} {r['layer']}".strip(), kind_named(r["kind"]),
                *(f"{r[n]:,}" for n in ("read", "accepted", "merged", "quarantined")))
               for r in found["reports"]], numbers=(2, 3, 4, 5)),
        tag("p", link(f"/#import/{job.id}", word("import.open"), class_="button")))


# What became of rows of a workbook, in the order in which it is told.
OUTCOMES = ("accepted", "recorded already", "unchanged", "still waits", "doubled", "unknown")


def _mended(found: Mapping[str, Any]) -> Html:
    """How many rows came in, and what is still wrong with the others."""
    return group(
        facts([(word(f"mend.{o.replace(' ', '_')}"), number(found["counts"][o])) for o in OUTCOMES
               if found["counts"].get(o)]),
        table(word("mend.left"), [word("file"), word("row"), word("import.wrong")], [
            (r["sheet"], r["number"].partition("-")[0], "; ".join(
                f"[{f['code']}] {f['problem']} {f['remedy']}" for f in r["findings"])
             or word(f"mend.{r['status'].replace(' ', '_')}")) for r in found["left"][:ROWS_MOST]])
        if found["left"] else None)


def _export(found: Mapping[str, Any]) -> Html:
    return table(word("job.export.rows"), [word("kind"), word("job.export.rows")],
                 [(kind_named(k), f"{n:,}") for k, n in found["counts"].items()],
                 numbers=(1,))
