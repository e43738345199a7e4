// Files in: what their columns mean, the import as a job, what became of each row, and rows that wait.
import { pictures } from "./record.js";

const finding = (f, { make, plain }) => make("p", {}, make("strong", {}, f.code), ` ${f.field ? `${plain(f.field)}: ` : ""}${f.problem} ${f.remedy}`);

// What a report of the public may be about, or the same as: for whoever looks through it.
const nearList = (near, { make, word, kindName }) => near.length ? make("details", { open: true }, make("summary", {}, word("near")),
  make("ul", {}, ...near.map(n => make("li", {}, `${kindName(n.kind)} ${n.id || `${word("row")} ${n.number}`}`,
    n.distance_m === null ? "" : `, ${Math.round(n.distance_m)} m`, n.same_words ? `, ${word("same_words")}` : "", `: ${n.words}`)))) : null;

export async function waitingView(place, tools) {
  const { ask, make, word } = tools;
  const rows = await ask("/api/quarantine");
  place.append(make("h1", {}, word("waiting")), make("p", {}, rows.length ? word("waiting_words") : word("no_waiting")), cards(rows, tools));
}

function cards(rows, tools, how) {
  const { make, word } = tools;
  const more = make("button", { type: "button", class: "plain" }), list = make("div");
  let next = 0;
  const show = () => {
    for (const row of rows.slice(next, next + 100)) list.append(waitingCard(row, tools, how));
    next = Math.min(next + 100, rows.length);
    more.hidden = next >= rows.length;
    more.textContent = `${word("more")} (${(rows.length - next).toLocaleString()})`;
  };
  more.addEventListener("click", show);
  show();
  return make("div", {}, list, more);
}

// `base`: where the row is mended; `may`: whether it may be rejected too.
function waitingCard(row, tools, { base = "/api/quarantine", may = true } = {}) {
  const { send, make, word, tell, shown, plain, kindName } = tools;
  const card = make("article", { class: "card" });
  const found = make("div", {}, ...row.findings.map(f => finding(f, tools)));
  const names = [...new Set([...row.findings.map(f => f.field).filter(Boolean), ...Object.keys(row.values), "geometry", "crs"])];
  const field = make("select", {}, ...names.map(n => make("option", { value: n }, plain(n))));
  const value = make("input", { autocomplete: "off" });
  // What was changed is kept while another field is chosen: all of it is checked together.
  const edits = new Map(), stood = name => String(row.values[name] ?? (name === "geometry" ? row.geometry : ""));
  const changed = make("p", { class: "note", "aria-live": "polite", hidden: true });
  const fill = () => { value.value = edits.get(field.value) ?? stood(field.value); };
  const keep = () => {
    if (value.value === stood(field.value)) edits.delete(field.value); else edits.set(field.value, value.value);
    changed.hidden = !edits.size;
    changed.textContent = [word("mend.changed"), ...[...edits].map(([name, v]) => `${plain(name)}: ${v === "" ? word("mend.taken_away") : v}`)].join(" ");
  };
  field.addEventListener("change", fill); value.addEventListener("input", keep); fill();
  const done = text => { card.replaceChildren(make("p", {}, `${row.file}, ${word("row")} ${row.row}: ${text}`)); tell(text); };
  const mend = make("form", { class: "row", onsubmit: async e => {
    e.preventDefault();
    try {
      const result = await send(`${base}/${row.number}/mend`, { changes: Object.fromEntries([...edits].map(([name, v]) => [name, v === "" ? null : v])) });
      if (result.status === "accepted") return done(word("accepted"));
      found.replaceChildren(make("p", { class: "error" }, word("still_waits")), ...result.findings.map(f => finding(f, tools)));
      tell(word("still_waits"), true);
    } catch (x) { tell(x.message, true); }
  } }, make("label", { class: "field" }, word("field"), field), make("label", { class: "field" }, word("value"), value),
    make("button", { type: "submit" }, word("check_again")), changed);
  const reason = make("input", { autocomplete: "off" });
  const reject = make("form", { class: "row", onsubmit: async e => {
    e.preventDefault();
    try { await send(`/api/quarantine/${row.number}/reject`, { reason: reason.value }); done(word("rejected")); }
    catch (x) { tell(x.message, true); }
  } }, make("label", { class: "field" }, word("reject_reason"), reason), make("button", { type: "submit", class: "plain" }, word("reject")));
  const list = make("dl");
  for (const [name, v] of Object.entries(row.values)) list.append(make("dt", {}, plain(name)), make("dd", {}, shown(v)));
  card.append(make("h2", {}, `${row.file}, ${word("row")} ${row.row} (${kindName(row.kind)})`), found, nearList(row.near ?? [], tools) ?? "", pictures(row.photographs ?? [], tools) ?? "", make("details", {}, make("summary", {}, word("value")), list), mend, may ? reject : "");
  return card;
}

// --- files in ----------------------------------------------------------------------------------

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
          ...found.places.map(p => make("option", { value: p, selected: c.certain && p === c.field }, `${word("import.place")}: ${plain(p)}`)));
        return { column: c.column, pick, row: make("tr", {}, make("th", { scope: "row" }, c.column), make("td", {}, c.values.join(" · ")), make("td", {}, pick,
          c.field && !c.certain ? make("p", { class: "note" }, `${word("import.perhaps")} ${plain(c.field)}: ${c.reason}`) : null)) };
      });
      const dates = make("select", {}, ...["", "dmy", "mdy"].map(v => make("option", { value: v, selected: v === (found.mapping.date_order ?? "") }, word(v ? `import.${v}` : "import.as_it_says"))));
      looked = { found, rows, dates };
      meaning.replaceChildren(make("h2", {}, word("import.columns")), make("p", { class: "note" }, word("import.columns_words")),
        make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": word("import.columns") }, make("table", {},
          make("thead", {}, make("tr", {}, ...["import.column", "import.values", "field"].map(k => make("th", { scope: "col" }, word(k))))),
          make("tbody", {}, ...rows.map(r => r.row)))),
        make("label", { class: "field" }, word("import.dates"), dates));
    } catch (x) { meaning.replaceChildren(make("p", { class: "error" }, x.message)); }
  };
  // The mapping as a person left it; "" where nobody looked at the columns. Throws for a field given twice.
  const chosen = () => {
    if (!looked) return "";
    const columns = Object.create(null);
    for (const { column, pick } of looked.rows) {
      if (!pick.value) continue;
      if (columns[pick.value]) throw new Error(`${word("import.twice")} ${plain(pick.value)}`);
      columns[pick.value] = column;
    }
    const kept = block => Object.fromEntries(Object.entries(looked.found.mapping[block] ?? {}).filter(([name]) => columns[name]));
    const { values, unit_columns, ...rest } = looked.found.mapping;
    return JSON.stringify({ ...rest, columns, values: kept("values"), unit_columns: kept("unit_columns"),
      ...(crs.value.trim() ? { crs: crs.value.trim() } : {}), ...(looked.dates.value ? { date_order: looked.dates.value } : {}) });
  };
  const button = make("button", { type: "submit" }, word("bring_in"));
  const result = make("div", { id: "result" });
  const show = job => followed(result, job, tools).finally(() => { button.disabled = false; });
  const form = make("form", { class: "card", onsubmit: async e => {
    e.preventDefault();
    const data = new FormData();
    data.append("file", file.files[0]); data.append("kind", kind.value); data.append("crs", crs.value);
    data.append("dry_run", dry.checked ? "yes" : "");
    try { data.append("mapping", chosen()); } catch (x) { return void result.replaceChildren(make("p", { class: "error", role: "alert" }, x.message)); }
    const sent = make("progress", { max: "1", value: "0", "aria-label": word("import.sending") });
    button.disabled = true; result.replaceChildren(make("section", { class: "card" }, make("p", { role: "status" }, word("import.sending")), sent));
    try {
      const job = await sendFile("/jobs/import", data, token, share => { sent.value = share; }, word("failed"));
      history.replaceState(null, "", `#import/${job.id}`);
      await show(job.id);
    } catch (x) { button.disabled = false; result.replaceChildren(make("p", { class: "error", role: "alert" }, x.message)); }
  } },
    make("label", { class: "field" }, word("file"), file), make("label", { class: "field" }, word("kind"), kind),
    make("label", { class: "field" }, word("crs"), crs), make("p", { class: "note", id: "crs_hint" }, word("crs_hint")),
    make("p", {}, make("button", { type: "button", class: "plain", onclick: look }, word("import.look"))), meaning,
    make("label", { class: "check" }, dry, ` ${word("dry_run")}`), make("p", {}, button));
  place.append(make("h1", {}, word("import")), make("p", {}, word("import_words")), form, result);
  if (rest[0]) await show(rest[0]);
}

// A file may be large and the line slow: the browser says how much of it is sent.
const sendFile = (path, data, token, tellShare, failed) => new Promise((done, wrong) => {
  const request = new XMLHttpRequest();
  request.open("POST", path);
  request.setRequestHeader("x-csrf-token", token);
  request.responseType = "json";
  request.upload.addEventListener("progress", e => { if (e.lengthComputable) tellShare(e.loaded / e.total); });
  request.addEventListener("load", () => request.status < 300 ? done(request.response)
    : wrong(new Error(request.response?.description ?? `${failed} (${request.status})`)));
  request.addEventListener("error", () => wrong(new Error(failed)));
  request.send(data);
});

// A job until it is over, then what became of the rows.
async function followed(result, id, tools) {
  const { ask, make, word, token } = tools;
  const bar = make("progress", { max: "1", value: "0", "aria-label": word("job.progress") }), what = make("span", { role: "status" });
  const stop = make("button", { type: "button", class: "plain", onclick: () => {
    if (confirm(word("import.cancel_sure"))) ask(`/jobs/${id}`, { method: "DELETE", headers: { "x-csrf-token": token } }).catch(x => { what.textContent = x.message; });
  } }, word("job.cancel"));
  result.replaceChildren(make("section", { class: "card" }, make("label", { class: "progress" }, bar, what), make("p", {}, stop)));
  let job, wait = 300;
  for (;;) {
    if (!result.isConnected && job) return; // the person went on to another page
    try { job = await ask(`/jobs/${id}`); } catch (x) {
      if (!job) { result.replaceChildren(make("p", { class: "error", role: "alert" }, x.message)); return; }
    }
    if (!["waiting", "running"].includes(job.state)) break;
    bar.value = job.share; what.textContent = job.state === "waiting" ? word("job.state.waiting") : job.what;
    await new Promise(done => setTimeout(done, wait));
    wait = Math.min(2_000, wait * 1.3);
  }
  if (job.state !== "done") {
    const said = job.error ? `${job.error.code}: ${job.error.description}` : `${word(`job.state.${job.state}`)}. ${word("import.cancelled")}`;
    return void result.replaceChildren(make("p", { class: "error", role: "alert" }, said));
  }
  await report(result, id, await ask(`/jobs/${id}/result`), tools);
}

async function report(result, id, found, tools) {
  const { ask, make, word, about, kindName } = tools;
  const total = found.reports.reduce((n, r) => n + r.findings, 0);
  result.replaceChildren(make("h2", { tabindex: "-1" }, word("report")),
    found.dry_run ? make("p", {}, make("strong", {}, word("import.checked"))) : "",
    ...found.reports.map(r => make("article", { class: "card" },
      make("p", {}, make("strong", {}, `${r.file}${r.layer ? ` (${r.layer})` : ""}`), `, ${kindName(r.kind)}: ${r.read.toLocaleString()} ${word("read")}, ${r.accepted.toLocaleString()} ${word("accepted").replace(".", "").toLowerCase()}, ${r.merged.toLocaleString()} ${word("merged")}, ${r.quarantined.toLocaleString()} ${word("quarantined")}`),
      r.unmapped.length ? make("p", { class: "note" }, `${word("not_used")}: ${r.unmapped.join(", ")}`) : "",
      r.quarantined && !found.dry_run && about.may.quarantine ? make("p", {}, make("a", { class: "button", href: "#waiting" }, word("waiting"))) : "")));
  if (total) result.append(findingsList(id, found, tools, total));
  if (found.waiting.length) {
    const holder = make("section", { id: "own-rows" }, make("h2", {}, word("import.own_rows")), make("p", { class: "note" }, word("import.own_rows_words")));
    result.append(holder);
    const rows = await ask(`/jobs/${id}/rows`);
    holder.append(rows.length ? cards(rows, tools, { base: `/jobs/${id}/rows`, may: about.may.quarantine }) : make("p", {}, word("no_waiting")));
  }
}

// All findings, a page at a time, of one kind where somebody chooses it, and all of them as a file.
function findingsList(id, found, { ask, make, word, plain }, total) {
  const size = 50, body = make("tbody", { role: "rowgroup" }), where = make("span", { role: "status" });
  const heads = [word("row"), word("quality.code"), word("field"), word("import.found"), word("import.wrong"), word("import.fate")];
  let start = 0;
  const counts = new Map();
  for (const r of found.reports) for (const c of r.codes) counts.set(c.code, (counts.get(c.code) ?? 0) + c.count);
  const pick = make("select", { onchange: () => { start = 0; show(); } }, make("option", { value: "" }, `${word("import.all_findings")} (${total.toLocaleString()})`),
    ...[...counts].map(([code, n]) => make("option", { value: code }, `${code} (${n.toLocaleString()})`)));
  const back = make("button", { type: "button", class: "plain", onclick: () => { start = Math.max(0, start - size); show(); } }, word("import.earlier"));
  const on = make("button", { type: "button", class: "plain", onclick: () => { start += size; show(); } }, word("import.later"));
  const several = found.reports.length > 1;
  async function show() {
    const page = await ask(`/jobs/${id}/findings?start=${start}&limit=${size}&code=${encodeURIComponent(pick.value)}`);
    body.replaceChildren(...page.findings.map(f => make("tr", { role: "row" },
      make("th", { scope: "row", role: "rowheader" }, `${several ? `${f.layer || f.file} ` : ""}${f.row}`),
      ...[f.code, plain(f.field), f.found, `${f.problem} ${f.remedy}`, word(`fate.${f.fate}`)].map((text, n) => make("td", { role: "cell", "data-label": heads[n + 1] }, text)))));
    back.disabled = start === 0; on.disabled = start + size >= page.count;
    where.textContent = page.count ? `${(start + 1).toLocaleString()}–${(start + page.findings.length).toLocaleString()} / ${page.count.toLocaleString()}` : word("none");
  }
  show().catch(x => { where.textContent = x.message; });
  return make("section", { id: "findings" }, make("h2", {}, word("import.findings")),
    make("div", { class: "row tools" }, make("label", { class: "field" }, word("quality.code"), pick), back, on, where,
      make("a", { class: "button", href: `/jobs/${id}/files/findings.csv`, download: "findings.csv" }, word("import.download"))),
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": word("import.findings") },
      make("table", { class: "stacks", role: "table" }, make("thead", { role: "rowgroup" }, make("tr", { role: "row" },
        ...heads.map(h => make("th", { scope: "col", role: "columnheader" }, h)))), body)));
}
