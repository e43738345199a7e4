// One record: what it says, what it rests on, what has to do with it, and its past.
const address = r => `#record/${r.kind}/${encodeURIComponent(r.id)}`;

// What came with it from a phone or from the public, without what the camera wrote beside it.
export const pictures = (list, { make, word }) => list.length ? make("div", { class: "photographs" }, ...list.map((sha, n) =>
  make("a", { href: `/api/photographs/${sha}`, target: "_blank", rel: "noopener" },
    make("img", { src: `/api/photographs/${sha}`, loading: "lazy", alt: `${word("photograph")} ${n + 1}` })))) : null;

export async function recordView(place, tools) {
  const { ask, make, word, about, plain, kindName, inWords, valueName, number, told, rest: [collection, id] } = tools;
  const item = await ask(`/ogc/collections/${collection}/items/${encodeURIComponent(id)}`);
  const { properties } = await ask(`/ogc/collections/${collection}/queryables`);
  const shown = (value, name) => inWords(value, properties[name]);
  const around = ["hazard_cells", "released_ground", "unrecorded_hazards", "coverage_gaps"].includes(collection) ? { counts: true, names: {}, named_by: [], there: [], ancestors: [], descendants: [] }
    : await ask(`/api/around/${collection}/${encodeURIComponent(id)}`);
  const said = r => make("li", {}, make("a", { href: address(r) }, r.id), r.words ? ` ${r.words}` : "");
  const table = (caption, heads, rows, numbers = []) => make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    make("table", { class: "stacks", role: "table" }, make("caption", {}, caption),
      make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...heads.map(h => make("th", { scope: "col", role: "columnheader" }, h)))),
      make("tbody", { role: "rowgroup" }, ...rows.map(row => make("tr", { role: "row" }, ...row.map((cell, n) => n === 0
        ? make("th", { scope: "row", role: "rowheader" }, cell)
        : make("td", { role: "cell", "data-label": heads[n], class: numbers.includes(n) ? "number" : null }, cell)))))));

  place.append(make("h1", {}, `${word("record")} ${item.id}`));
  const list = make("dl");
  for (const [name, value] of Object.entries(item.properties)) {
    if (value === null) continue;
    const named = around.names[name];
    list.append(make("dt", {}, plain(name)), make("dd", {}, ...(named?.length
      ? named.flatMap((r, n) => [n ? ", " : "", make("a", { href: address(r) }, r.id)]) : [shown(value, name)]),
    item.properties.verified === false && name === { hazard: "status", outcome: "outcome_type" }[collection]
      ? make("strong", { class: "doubt" }, ` (${word(collection === "hazard" ? "row.still_hazardous" : "row.not_signed")})`) : null));
  }
  if (!around.counts) place.append(make("p", { class: "caution" }, word("rec.does_not_count"), around.doubt ? ` (${around.doubt})` : ""));
  place.append(make("section", { class: "card" }, list,
    item.geometry ? make("p", {}, make("a", { class: "button", href: `#map/${collection}/${encodeURIComponent(id)}` }, word("on_map"))) : null));
  if (about.may.validate) place.append(make("p", {}, make("a", { href: `/validation/record/${encodeURIComponent(id)}` }, word("val.go"))));

  // --- what its type rests on: asked for last, because it weighs all evidence that lies near
  if (collection === "hazard" && about.may.evidence) {
    const holder = make("section", { class: "card", id: "evidence", "aria-live": "polite" }, make("h2", {}, word("rec.evidence")), make("p", {}, word("loading")));
    place.append(holder);
    ask(`/api/evidence/${encodeURIComponent(id)}`).then(e => {
      if (!e.proposed) return void holder.lastChild.replaceWith(make("p", {}, word("rec.no_ground")));
      const mark = e.recorded === e.proposed ? word("rec.type_same") : word("rec.type_differs");
      holder.lastChild.remove();
      holder.append(make("p", {}, make("strong", {}, `${word("rec.recorded")}: ${valueName(e.recorded)}. ${word("rec.proposed")}: ${e.proposed_words}.`), ` ${mark}`),
        make("p", { class: "note" }, word("rec.type_words")),
        make("ul", {}, ...e.reasons.map(r => make("li", {}, r))),
        make("ul", { class: "note" }, ...e.thresholds.map(t => make("li", {}, `${t.definition} `, make("bdi", {}, number(t.value)), " (", make("bdi", {}, t.source), ")"))),
        e.log.length ? table(word("rec.weights"), [word("record"), word("rec.says"), word("rec.sort"), word("rec.weight"), word("rec.counts"), word("rec.why_weight")],
          e.log.map(row => [row.record_id.startsWith("(") ? row.record_id : make("a", { href: address({ kind: row.record_kind, id: row.record_id }) }, row.record_id),
            valueName(row.kind), row.evidence_words, number(row.weight, { maximumFractionDigits: 2 }),
            row.same_as ? `${row.counted} (${row.same_as})` : row.counted, row.weight_words]), [3])
          : make("p", {}, word("rec.no_evidence")));
    }).catch(x => { holder.lastChild.replaceWith(make("p", { class: "error" }, x.message)); });
  }

  // --- line of descent, and what has to do with it
  if (around.ancestors.length || around.descendants.length) place.append(make("section", { class: "card", id: "descent" }, make("h2", {}, word("rec.line")),
    ...[["ancestors", "rec.from"], ["descendants", "rec.became"]].flatMap(([key, label]) => around[key].length
      ? [make("h3", {}, word(label)), make("ul", {}, ...around[key].map(said))] : [])));
  const groups = [...around.named_by, ...around.there];
  if (groups.length) place.append(make("section", { id: "around" }, make("h2", {}, word("rec.around")), make("div", { class: "columns" }, ...groups.map(g =>
    make("section", { class: "card" }, make("h3", {}, kindName(g.kind, g.title)), make("p", { class: "note" }, g.field ? `${word("rec.by_field")} ${plain(g.field)}` : word("rec.on_ground")),
      make("ul", {}, ...g.records.map(said)),
      g.more ? make("p", {}, make("a", { href: g.field ? `#tables/${g.kind}//${encodeURIComponent(JSON.stringify([{ field: g.field, test: "is", value: id }]))}` : `#tables/${g.kind}` }, word("rec.more"))) : null)))));

  if (!about.may.history) return;
  const past = await ask(`/api/records/${encodeURIComponent(id)}`);
  if (past.photographs.length) place.append(make("section", { id: "photographs" }, make("h2", {}, word("rec.photographs")), make("p", { class: "note" }, word("rec.photographs_words")), pictures(past.photographs, tools)));
  const sources = new Map(past.revisions.filter(r => r.source).map(r => [r.source, r.source_sha256]));
  if (sources.size) place.append(make("section", { id: "sources" }, make("h2", {}, word("rec.sources")), make("ul", {}, ...[...sources].map(([name, sha]) => make("li", {},
    sha ? make("a", { href: `/api/photographs/${sha}`, download: name }, name) : name)))));
  place.append(make("h2", {}, word("past")));
  // Ground that changed: what was dropped comes first, because it is what matters.
  const m2 = n => n === null ? word("not_reported") : `${number(n, { maximumFractionDigits: n < 100 ? 1 : 0 })} m²`;
  const groundOf = (g, hash) => !g ? null : make("div", { class: "ground" },
    g.left_out_m2 > 0 ? make("p", { class: "caution" }, told("rec.ground_left_out", { m2: m2(g.left_out_m2), before: m2(g.before_m2) })) : null,
    make("p", {}, [!g.has_place ? word("rec.ground_none") : !g.had_place ? word("rec.ground_new") : g.before_m2 === null && g.after_m2 === null ? word("rec.place_changed")
      : told("rec.ground_changed", { before: m2(g.before_m2), after: m2(g.after_m2) }),
    g.added_m2 > 0 && g.had_place ? told("rec.ground_added", { m2: m2(g.added_m2) }) : "",
    g.moved_m !== null ? told("rec.ground_moved", { m: number(g.moved_m, { maximumFractionDigits: 1 }) }) : ""].filter(Boolean).join(" ")),
    make("p", {}, make("a", { href: `/api/outlines/${encodeURIComponent(id)}?revision=${hash}`, download: `outlines_${hash.slice(0, 12)}.geojson` }, word("rec.outlines"))));
  for (const [n, r] of [...past.revisions.entries()].toReversed()) {
    const before = n ? past.revisions[n - 1].values : null;
    const values = make("dl");
    for (const [name, value] of Object.entries(r.values)) {
      const old = !before ? value : Object.hasOwn(before, name) ? before[name] : null;
      const changed = before && JSON.stringify(old ?? null) !== JSON.stringify(value);
      values.append(make("dt", {}, plain(name)), make("dd", {}, changed ? make("strong", {}, shown(value, name)) : shown(value, name),
        changed ? make("span", { class: "note" }, ` (${word("rec.before")} ${shown(old, name)})`) : null));
    }
    const count = before ? Object.keys(r.values).filter(k => JSON.stringify(before[k] ?? null) !== JSON.stringify(r.values[k])).length : 0;
    place.append(make("article", { class: "card" },
      make("p", {}, make("strong", {}, `${r.recorded_at.replace("T", " ").slice(0, 16)} UTC`), ` ${word("by")} `, make("bdi", {}, r.recorded_by)),
      make("p", {}, `${word("reason")}: `, make("bdi", {}, r.reason)),
      make("p", { class: "note" }, `${word("level")}: ${valueName(r.validation)} · ${word("signed")}: ${r.signed || word("unsigned")} · ${word("source")}: `, make("bdi", {}, r.source || "–"), " · ", make("bdi", {}, r.hash.slice(0, 12))),
      groundOf(r.ground, r.hash),
      make("details", {}, make("summary", {}, before ? `${word("rec.values")}: ${count} ${word("rec.changed")}` : word("rec.values")), values)));
  }
}
