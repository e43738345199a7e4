// Files in: what their columns and words mean, the import as a job, and what became of each row.
import { alarm, followed, started } from "./jobs.js";
import { waitingRows } from "./waiting.js";

export async function importView(place, tools) {
  const { ask, make, word, token, plain, kindName, rest } = tools;
  const { collections } = await ask("/ogc/collections");
  const file = make("input", { type: "file", id: "file", required: true });
  const kind = make("select", {}, make("option", { value: "" }, word("kind_guess")),
    ...collections.map(c => make("option", { value: c.id }, kindName(c.id, c.title))));
  const crs = make("input", { placeholder: "EPSG:4326", autocomplete: "off", "aria-describedby": "crs_hint" });
  const dry = make("input", { type: "checkbox" });
  const meaning = make("div", { "aria-live": "polite" });
  let looked = null; // what the columns may mean, and the choices of the person
  const forget = () => { looked = null; meaning.replaceChildren(); };
  file.addEventListener("change", forget); kind.addEventListener("change", forget);
  const look = async () => {
    if (!form.reportValidity()) return;
    forget();
    const data = new FormData();
    data.append("file", file.files[0]); data.append("kind", kind.value);
    try {
      const found = await ask("/api/import/columns", { method: "POST", body: data, headers: { "x-csrf-token": token } });
      const rows = found.columns.map(c => {
        const pick = make("select", { "aria-label": `${word("field")}: ${c.column}` }, make("option", { value: "" }, word("import.unused")),
          ...found.fields.map(f => make("option", { value: f.name, title: f.title, selected: c.certain && f.name === c.field }, plain(f.name))),
          make("optgroup", { label: word("import.place") }, ...found.places.map(p => make("option", { value: p, selected: c.certain && p === c.field }, word(`import.place.${p}`)))));
        const words = wordsOf(c, pick, found, tools);
        return { column: c.column, pick, words, row: make("tr", {}, make("th", { scope: "row" }, c.column), make("td", {}, c.values.join(" · ")), make("td", {}, pick,
          c.field && !c.certain ? make("p", { class: "note" }, `${word("import.perhaps")} ${found.places.includes(c.field) ? word(`import.place.${c.field}`) : plain(c.field)}: ${c.reason}`) : null)) };
      });
      const dates = make("select", {}, ...["", "dmy", "mdy"].map(v => make("option", { value: v, selected: v === (found.mapping.date_order ?? "") }, word(v ? `import.${v}` : "import.as_it_says"))));
      const decimals = choice(make, ["", ".", ","].map(v => [v, word({ "": "import.as_it_says", ".": "import.point", ",": "import.comma" }[v])]), found.mapping.decimal ?? "");
      const century = choice(make, [["", word("import.as_it_says")], ["1900", "1900–1999"], ["2000", "2000–2099"]], String(found.mapping.century ?? ""));
      const where = placesOf(rows, found, crs, tools);
      looked = { found, rows, dates, decimals, century, where };
      meaning.replaceChildren(make("h2", {}, word("import.columns")), make("p", { class: "note" }, word("import.columns_words")),
        make("div", { class: "scroll whole", tabindex: "0", role: "region", "aria-label": word("import.columns") }, make("table", {},
          make("thead", {}, make("tr", {}, ...["import.column", "import.values", "field"].map(k => make("th", { scope: "col" }, word(k))))),
          make("tbody", {}, ...rows.flatMap(r => [r.row, r.words.place])))),
        where.block,
        make("fieldset", {}, make("legend", {}, word("import.numbers")), make("div", { class: "row" },
          make("label", { class: "field" }, word("import.dates"), dates),
          make("label", { class: "field" }, word("import.century"), century),
          make("label", { class: "field" }, word("import.decimal"), decimals))));
    } catch (x) { meaning.replaceChildren(make("p", { class: "error" }, x.message)); }
  };
  // The mapping as a person left it; "" where nobody looked at the columns. Throws for a field given twice.
  const chosen = () => {
    if (!looked) return "";
    const columns = Object.create(null), meant = {};
    for (const { column, pick, words } of looked.rows) {
      if (!pick.value) continue;
      if (columns[pick.value]) throw new Error(`${word("import.twice")} ${looked.found.places.includes(pick.value) ? word(`import.place.${pick.value}`) : plain(pick.value)}`);
      columns[pick.value] = column;
      const said = words.chosen();
      if (said) meant[pick.value] = said;
    }
    const kept = block => Object.fromEntries(Object.entries(looked.found.mapping[block] ?? {}).filter(([name]) => columns[name]));
    const { values, unit_columns, date_order, decimal, century, notation, ...rest } = looked.found.mapping;
    const written = { ...notation, ...looked.where.chosen() };
    return JSON.stringify({ ...rest, columns, values: { ...kept("values"), ...meant }, unit_columns: kept("unit_columns"),
      ...(crs.value.trim() ? { crs: crs.value.trim() } : {}), ...(looked.dates.value ? { date_order: looked.dates.value } : {}),
      ...(looked.decimals.value ? { decimal: looked.decimals.value } : {}), ...(looked.century.value ? { century: Number(looked.century.value) } : {}),
      ...(Object.keys(written).length ? { notation: written } : {}) });
  };
  const button = make("button", { type: "submit" }, word("bring_in"));
  const result = make("div", { id: "result" });
  const show = async job => {
    const found = await followed(result, job, tools, { sure: word("import.cancel_sure"), cancelled: word("import.cancelled") });
    button.disabled = false;
    if (found) await report(result, job, found, tools);
  };
  const form = make("form", { class: "card", onsubmit: async e => {
    e.preventDefault();
    const data = new FormData();
    data.append("file", file.files[0]); data.append("kind", kind.value); data.append("crs", crs.value);
    data.append("dry_run", dry.checked ? "yes" : "");
    try { data.append("mapping", chosen()); } catch (x) { return void result.replaceChildren(alarm(make, x.message)); }
    button.disabled = true;
    const job = await started(result, "/jobs/import", data, tools);
    if (!job) { button.disabled = false; return; }
    history.replaceState(null, "", `#import/${job}`);
    await show(job);
  } },
    make("label", { class: "field" }, word("file"), file), make("label", { class: "field" }, word("kind"), kind),
    make("label", { class: "field" }, word("crs"), crs), make("p", { class: "note", id: "crs_hint" }, word("crs_hint")),
    make("p", {}, make("button", { type: "button", class: "plain", onclick: look }, word("import.look"))), meaning,
    make("label", { class: "check" }, dry, ` ${word("dry_run")}`), make("p", {}, button));
  place.append(make("h1", {}, word("import")), make("p", {}, word("import_words")), form, result);
  if (rest[0]) await show(rest[0]);
}

const choice = (make, options, now) => make("select", {}, ...options.map(([value, text]) => make("option", { value, selected: value === now }, text)));

// Where the columns say a place: its system, chosen from those of the programme's area or typed in above,
// and what the cells leave open. A place without a stated system is no place (S04): that is said at once.
function placesOf(rows, found, crs, { make, word }) {
  const list = grid => found.systems.filter(s => s.grid === grid).map(s => make("option", { value: s.code }, `${s.name} (${s.code})`));
  const other = make("option", { value: "?", hidden: true }, word("import.system_typed"));
  const system = make("select", {}, make("option", { value: "" }, found.crs ? `${word("kind_guess")}: ${found.crs.slice(0, 60)}` : word("kind_guess")),
    make("optgroup", { label: word("import.grids") }, ...list(true)), make("optgroup", { label: word("import.degrees") }, ...list(false)), other);
  const needed = make("p", { class: "note warning", role: "status" });
  const said = name => make("label", { class: "field" }, word(`import.notation.${name}`), found.notation[name].length
    ? choice(make, [["", word("import.as_it_says")], ...found.notation[name].map(v => [v, word(`import.notation.${name === "north" && v === "grid" ? "grid_north" : v}`)])], found.mapping.notation?.[name] ?? "")
    : make("input", { autocomplete: "off", value: found.mapping.notation?.[name] ?? "", ...name === "zone" ? { placeholder: "34N" } : { type: "number", step: "any", min: "-180", max: "180" } }));
  // Which of them matter for which columns.
  const asks = { form: ["place"], order: ["place"], letters: ["place", "latitude", "longitude"], zone: ["easting", "northing"], north: ["bearing", "legs"], declination_deg: ["bearing", "legs"] };
  const asked = Object.fromEntries(Object.keys(asks).map(name => [name, said(name)]));
  const block = make("fieldset", { id: "places" }, make("legend", {}, word("import.where")), make("p", { class: "note" }, word("import.where_words")),
    make("div", { class: "row" }, make("label", { class: "field" }, word("crs"), system), ...Object.values(asked)), needed);
  const draw = () => {
    const used = new Set(rows.map(r => r.pick.value).filter(v => found.places.includes(v)));
    for (const [name, columns] of Object.entries(asks)) asked[name].hidden = !columns.some(c => used.has(c));
    const typed = crs.value.trim();
    system.value = [...system.options].some(o => o.value === typed) ? typed : "?";
    const bare = ["longitude", "latitude", "easting", "northing", "geometry", "place", "legs"].some(c => used.has(c))
      && !typed && !found.crs && !found.mapping.crs && !used.has("datum");
    needed.textContent = bare ? word("import.system_needed") : "";
    block.hidden = !used.size;
  };
  system.addEventListener("change", () => { crs.value = system.value === "?" ? crs.value : system.value; draw(); });
  crs.oninput = draw;
  for (const { pick } of rows) pick.addEventListener("change", draw);
  draw();
  const chosen = () => Object.fromEntries(Object.entries(asked).filter(([, label]) => !label.hidden)
    .map(([name, label]) => [name, label.querySelector("select, input").value.trim()]).filter(([, value]) => value)
    .map(([name, value]) => [name, name === "declination_deg" ? Number(value) : value]));
  return { block, chosen };
}

// The words of a column beside the vocabulary of the field that it stands for: what each means. What
// the file's own words say for certain is chosen; what would decide something is for a person to say.
function wordsOf(column, pick, found, { make, word, valueName, number, told }) {
  const holder = make("td", { colspan: "3" }), place = make("tr", { hidden: true }, holder), picks = new Map();
  const draw = () => {
    picks.clear();
    const choices = found.fields.find(f => f.name === pick.value)?.choices ?? [], known = found.meanings[pick.value] ?? {};
    place.hidden = !choices.length || !column.words.length;
    if (place.hidden) return;
    let open = 0;
    const rows = column.words.map(({ word: said, count }) => {
      const { meaning, certain } = known[said] ?? {};
      const listed = meaning && certain && !choices.includes(meaning); // a list of several words
      const choose = make("select", { "aria-label": `${said}: ${word("import.means")}` },
        certain && !listed ? null : make("option", { value: "" }, listed ? meaning.split(", ").map(valueName).join(", ") : word("import.no_meaning")),
        ...choices.map(c => make("option", { value: c, selected: certain && c === meaning }, valueName(c))));
      if (!meaning || !certain) open += 1;
      picks.set(said, choose);
      return make("tr", {}, make("th", { scope: "row" }, said), make("td", { class: "number" }, number(count)),
        make("td", {}, choose, meaning && !certain ? make("p", { class: "note" }, `${word("import.perhaps")} ${valueName(meaning)}`) : null));
    });
    holder.replaceChildren(make("details", { class: "words", open: open > 0 },
      make("summary", {}, open ? told("import.words_open", { n: number(open) }) : told("import.words_known", { n: number(column.words.length) })),
      make("table", {}, make("caption", {}, `${word("import.words_words")}: ${column.column}`), make("thead", {}, make("tr", {}, ...["import.word", "import.rows", "import.means"].map(k => make("th", { scope: "col" }, word(k))))),
        make("tbody", {}, ...rows))));
  };
  pick.addEventListener("change", draw);
  draw();
  const chosen = () => {
    const said = [...picks].filter(([, choose]) => choose.value).map(([name, choose]) => [name, choose.value]);
    return picks.size ? Object.fromEntries(said) : null;
  };
  return { place, chosen };
}

async function report(result, id, found, tools) {
  const { make, word, about, kindName, number } = tools;
  const total = found.reports.reduce((n, r) => n + r.findings, 0);
  result.replaceChildren(make("h2", { tabindex: "-1" }, word("report")),
    found.dry_run ? make("p", {}, make("strong", {}, word("import.checked"))) : "",
    ...found.reports.map(r => make("article", { class: "card" },
      make("p", {}, make("strong", {}, `${r.file}${r.layer ? ` (${r.layer})` : ""}`), `, ${kindName(r.kind)}: ${number(r.read)} ${word("read")}, ${number(r.accepted)} ${word("accepted_count")}, ${number(r.merged)} ${word("merged")}, ${number(r.quarantined)} ${word("quarantined")}`),
      r.unmapped.length ? make("p", { class: "note" }, `${word("not_used")}: ${r.unmapped.join(", ")}`) : "",
      r.quarantined && !found.dry_run && about.may.quarantine ? make("p", {}, make("a", { class: "button", href: "#waiting" }, word("waiting"))) : "")));
  if (total) result.append(findingsList(id, found, tools, total));
  if (found.waiting.length) {
    const holder = make("section", { id: "own-rows" }, make("h2", {}, word("import.own_rows")), make("p", { class: "note" }, word("import.own_rows_words")));
    result.append(holder);
    await waitingRows(holder, tools, { base: `/jobs/${id}/rows`, back: `/jobs/${id}/rows/workbook`, reject: about.may.quarantine ? "/api/quarantine" : "" });
  }
}

// All findings, a page at a time, of one kind where somebody chooses it, and all of them as a file.
function findingsList(id, found, { ask, make, word, plain, number }, total) {
  const size = 50, body = make("tbody", { role: "rowgroup" }), where = make("span", { role: "status" });
  const heads = [word("row"), word("quality.code"), word("field"), word("import.found"), word("import.wrong"), word("import.fate")];
  let start = 0;
  const counts = new Map();
  for (const r of found.reports) for (const c of r.codes) counts.set(c.code, (counts.get(c.code) ?? 0) + c.count);
  const pick = make("select", { onchange: () => { start = 0; show(); } }, make("option", { value: "" }, `${word("import.all_findings")} (${number(total)})`),
    ...[...counts].map(([code, n]) => make("option", { value: code }, `${code} (${number(n)})`)));
  const back = make("button", { type: "button", class: "plain", onclick: () => { start = Math.max(0, start - size); show(); } }, word("import.earlier"));
  const on = make("button", { type: "button", class: "plain", onclick: () => { start += size; show(); } }, word("import.later"));
  const several = found.reports.length > 1;
  async function show() {
    const page = await ask(`/jobs/${id}/findings?start=${start}&limit=${size}&code=${encodeURIComponent(pick.value)}`);
    body.replaceChildren(...page.findings.map(f => make("tr", { role: "row" },
      make("th", { scope: "row", role: "rowheader" }, `${several ? `${f.layer || f.file} ` : ""}${f.row}`),
      ...[f.code, plain(f.field), f.found, `${f.problem} ${f.remedy}`, word(`fate.${f.fate}`)].map((text, n) => make("td", { role: "cell", "data-label": heads[n + 1] }, text)))));
    back.disabled = start === 0; on.disabled = start + size >= page.count;
    where.textContent = page.count ? `${number(start + 1)}–${number(start + page.findings.length)} / ${number(page.count)}` : word("none");
  }
  show().catch(x => { where.textContent = x.message; });
  return make("section", { id: "findings" }, make("h2", {}, word("import.findings")),
    make("div", { class: "row tools" }, make("label", { class: "field" }, word("quality.code"), pick), back, on, where,
      make("a", { class: "button", href: `/jobs/${id}/files/findings.csv`, download: "findings.csv" }, word("import.download"))),
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": word("import.findings") },
      make("table", { class: "stacks", role: "table" }, make("thead", { role: "rowgroup" }, make("tr", { role: "row" },
        ...heads.map(h => make("th", { scope: "col", role: "columnheader" }, h)))), body)));
}
