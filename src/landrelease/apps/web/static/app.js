// The page of the web app: what is shown comes from the API, as the reader's role may see it.
import { mapView } from "./map.js";

const main = document.getElementById("content");
const said = document.getElementById("said");
let words = {}, about = { may: {} }, session = { csrf: "" };

export const word = key => words[key] ?? key;

// Text only ever becomes text: nothing of a record is taken for HTML.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter(c => c !== null && c !== undefined));
  return element;
}

export async function ask(path, options = {}) {
  const answer = await fetch(path, { credentials: "same-origin", ...options });
  const kind = answer.headers.get("content-type") ?? "";
  const body = kind.includes("json") ? await answer.json() : null;
  if (!answer.ok) throw new Error(body?.description ?? `${word("failed")} (${answer.status})`);
  return body;
}

export const send = (path, body) => ask(path, {
  method: "POST", headers: { "content-type": "application/json", "x-csrf-token": session.csrf || "page" },
  body: JSON.stringify(body) });

export function tell(text, bad = false) {
  said.textContent = text;
  said.classList.toggle("error", bad);
}

const shown = value => value === null || value === undefined ? word("not_reported")
  : Array.isArray(value) ? value.join(", ") : String(value);
// Names of fields and kinds, and words of vocabularies, as people read them.
const plain = name => words[`field.${name}`] ?? name.replaceAll("_", " ");
const kindName = (id, title) => words[`kind.${id}`] ?? title ?? plain(id);
const inWords = (value, field) => Array.isArray(value) ? value.map(v => inWords(v, field)).join(", ")
  : field?.enum || field?.items?.enum ? words[`value.${value}`] ?? shown(value) : shown(value);

// --- tables ------------------------------------------------------------------------------------

async function tableView(place, name) {
  const { collections } = await ask("/ogc/collections");
  if (!collections.length) return place.append(make("p", {}, word("none")));
  const chosen = collections.find(c => c.id === name) ?? collections[0];
  const { properties } = await ask(`/ogc/collections/${chosen.id}/queryables`);
  const pick = make("select", { id: "collection", onchange: e => { location.hash = `#tables/${e.target.value}`; } },
    ...collections.map(c => make("option", { value: c.id, selected: c.id === chosen.id }, kindName(c.id, c.title))));
  const field = make("select", { id: "field" }, ...Object.keys(properties).map(n => make("option", { value: n }, plain(n))));
  const value = make("input", { id: "value", list: "values", autocomplete: "off" });
  const values = make("datalist", { id: "values" });
  const offer = () => values.replaceChildren(...(properties[field.value]?.enum ?? []).map(v => make("option", { value: v, label: words[`value.${v}`] ?? null })));
  field.addEventListener("change", offer); offer();
  const count = make("caption", { "aria-live": "polite" }, word("loading"));
  const head = make("tr"), body = make("tbody");
  const more = make("button", { type: "button", class: "plain", hidden: true }, word("more"));
  let rows = [], next = null, sorted = { name: "", up: true };

  const names = () => {
    const used = Object.keys(properties).filter(n => rows.some(r => r.properties[n] !== null && r.properties[n] !== undefined));
    return used.slice(0, 12);
  };
  function draw() {
    const columns = names();
    head.replaceChildren(make("th", { scope: "col" }, word("record")), ...columns.map(n => make("th", {
      scope: "col", "aria-sort": sorted.name === n ? (sorted.up ? "ascending" : "descending") : "none" },
      make("button", { type: "button", title: properties[n].title, onclick: () => {
        sorted = { name: n, up: sorted.name === n ? !sorted.up : true };
        const key = r => r.properties[n];
        rows.sort((a, b) => {
          const [p, q] = [key(a), key(b)];
          if (p === q) return 0;
          if (p === null || p === undefined) return 1;
          if (q === null || q === undefined) return -1;
          return (p < q ? -1 : 1) * (sorted.up ? 1 : -1);
        });
        draw();
      } }, plain(n)))));
    body.replaceChildren(...rows.map(r => make("tr", {},
      make("th", { scope: "row" }, make("a", { href: `#record/${chosen.id}/${encodeURIComponent(r.id)}` }, r.id)),
      ...columns.map(n => make("td", { class: typeof r.properties[n] === "number" ? "number" : null }, inWords(r.properties[n], properties[n]))))));
    count.textContent = rows.length ? `${rows.length.toLocaleString()} ${word(next ? "rows_more" : "rows")}${next && sorted.name ? ` (${word("table.sorted")})` : ""}` : word("none");
    more.hidden = !next;
  }
  async function load(path) {
    const page = await ask(path);
    rows.push(...page.features);
    next = page.links.find(l => l.rel === "next")?.href ?? null;
    if (next) { const u = new URL(next); next = u.pathname + u.search; }
    draw();
  }
  const start = query => { rows = []; return load(`/ogc/collections/${chosen.id}/items?limit=100${query}`); };
  more.addEventListener("click", () => load(next).catch(e => tell(e.message, true)));
  const filter = make("form", { class: "row", onsubmit: e => {
    e.preventDefault();
    start(value.value ? `&${encodeURIComponent(field.value)}=${encodeURIComponent(value.value)}` : "").catch(x => tell(x.message, true));
  } },
    make("label", { class: "field" }, word("choose"), pick),
    make("label", { class: "field" }, `${word("filter")}: ${word("field")}`, field),
    make("label", { class: "field" }, word("equals"), value), values,
    make("button", { type: "submit" }, word("apply")),
    make("button", { type: "button", class: "plain", onclick: () => { value.value = ""; start("").catch(x => tell(x.message, true)); } }, word("clear")),
    make("a", { class: "button", download: `${chosen.id}.geojson`, href: `/ogc/collections/${chosen.id}/items?limit=10000` }, word("download")),
    make("a", { class: "button plain", download: `${chosen.id}.parquet`, href: `/ogc/collections/${chosen.id}/items.parquet` }, "GeoParquet"),
    about.pages.some(p => p.key === "work") ? make("a", { class: "button plain", href: "/work" }, word("table.other")) : null);
  place.append(make("h1", {}, kindName(chosen.id, chosen.title)), make("p", { class: "note" }, chosen.description), filter,
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": kindName(chosen.id, chosen.title) },
      make("table", {}, count, make("thead", {}, head), body)), more);
  await start("");
}

// --- one record --------------------------------------------------------------------------------

async function recordView(place, collection, id) {
  const item = await ask(`/ogc/collections/${collection}/items/${encodeURIComponent(id)}`);
  const { properties } = await ask(`/ogc/collections/${collection}/queryables`);
  place.append(make("h1", {}, `${word("record")} ${item.id}`));
  const list = make("dl");
  for (const [name, value] of Object.entries(item.properties)) if (value !== null) list.append(make("dt", {}, plain(name)), make("dd", {}, inWords(value, properties[name])));
  place.append(make("section", { class: "card" }, list,
    item.geometry ? make("p", {}, make("a", { class: "button", href: `#map/${collection}/${encodeURIComponent(id)}` }, word("on_map"))) : null));
  if (about.may.validate) place.append(make("p", {}, make("a", { href: `/validation/record/${encodeURIComponent(id)}` }, word("val.go"))));
  if (!about.may.history) return;
  const past = await ask(`/api/records/${encodeURIComponent(id)}`);
  if (past.photographs.length) place.append(pictures(past.photographs));
  place.append(make("h2", {}, word("past")));
  for (const r of past.revisions.toReversed()) {
    const values = make("dl");
    for (const [name, value] of Object.entries(r.values)) values.append(make("dt", {}, plain(name)), make("dd", {}, inWords(value, properties[name])));
    place.append(make("article", { class: "card" },
      make("p", {}, make("strong", {}, `${r.recorded_at.replace("T", " ").slice(0, 16)} UTC`), ` ${word("by")} ${r.recorded_by}`),
      make("p", {}, `${word("reason")}: ${r.reason}`),
      make("p", { class: "note" }, `${word("level")}: ${r.validation} · ${word("signed")}: ${r.signed || word("unsigned")} · ${word("source")}: ${r.source || "–"} · ${r.hash.slice(0, 12)}`),
      make("details", {}, make("summary", {}, word("value")), values)));
  }
}

// --- rows that wait ----------------------------------------------------------------------------

const finding = f => make("p", {}, make("strong", {}, f.code), ` ${f.field ? `${plain(f.field)}: ` : ""}${f.problem} ${f.remedy}`);

// What a report of the public may be about, or the same as: for whoever looks through it.
const nearList = near => near.length ? make("details", { open: true }, make("summary", {}, word("near")),
  make("ul", {}, ...near.map(n => make("li", {}, `${kindName(n.kind)} ${n.id || `${word("row")} ${n.number}`}`,
    n.distance_m === null ? "" : `, ${Math.round(n.distance_m)} m`, n.same_words ? `, ${word("same_words")}` : "", `: ${n.words}`)))) : null;

// What came with it from a phone or from the public, without what the camera wrote beside it.
const pictures = list => list.length ? make("div", { class: "photographs" }, ...list.map((sha, n) =>
  make("a", { href: `/api/photographs/${sha}`, target: "_blank", rel: "noopener" },
    make("img", { src: `/api/photographs/${sha}`, loading: "lazy", alt: `${word("photograph")} ${n + 1}` })))) : null;

async function waitingView(place) {
  const rows = await ask("/api/quarantine");
  place.append(make("h1", {}, word("waiting")), make("p", {}, rows.length ? word("waiting_words") : word("no_waiting")));
  const more = make("button", { type: "button", class: "plain" }), list = make("div");
  let next = 0;
  const show = () => {
    for (const row of rows.slice(next, next + 100)) list.append(waitingCard(row));
    next = Math.min(next + 100, rows.length);
    more.hidden = next >= rows.length;
    more.textContent = `${word("more")} (${(rows.length - next).toLocaleString()})`;
  };
  more.addEventListener("click", show);
  place.append(list, more);
  show();
}

function waitingCard(row) {
  const card = make("article", { class: "card" });
  const found = make("div", {}, ...row.findings.map(finding));
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
      const result = await send(`/api/quarantine/${row.number}/mend`, { changes: Object.fromEntries([...edits].map(([name, v]) => [name, v === "" ? null : v])) });
      if (result.status === "accepted") return done(word("accepted"));
      found.replaceChildren(make("p", { class: "error" }, word("still_waits")), ...result.findings.map(finding));
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
  card.append(make("h2", {}, `${row.file}, ${word("row")} ${row.row} (${kindName(row.kind)})`), found, nearList(row.near ?? []), pictures(row.photographs ?? []), make("details", {}, make("summary", {}, word("value")), list), mend, reject);
  return card;
}

// --- files in ----------------------------------------------------------------------------------

async function importView(place) {
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
      const found = await ask("/api/import/columns", { method: "POST", body: data, headers: { "x-csrf-token": session.csrf || "page" } });
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
    const columns = {};
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
  const result = make("div", { "aria-live": "polite" });
  const button = make("button", { type: "submit" }, word("bring_in"));
  const form = make("form", { class: "card", onsubmit: async e => {
    e.preventDefault();
    const data = new FormData();
    data.append("file", file.files[0]); data.append("kind", kind.value); data.append("crs", crs.value);
    data.append("dry_run", dry.checked ? "yes" : "");
    try { data.append("mapping", chosen()); } catch (x) { return void result.replaceChildren(make("p", { class: "error" }, x.message)); }
    button.disabled = true; result.replaceChildren(make("p", {}, word("loading")));
    try {
      const reports = await ask("/api/import", { method: "POST", body: data, headers: { "x-csrf-token": session.csrf || "page" } });
      result.replaceChildren(make("h2", {}, word("report")), ...reports.map(r => make("article", { class: "card" },
        make("p", {}, make("strong", {}, `${r.file}${r.layer ? ` (${r.layer})` : ""}`), `, ${kindName(r.kind)}: ${r.read} ${word("read")}, ${r.accepted} ${word("accepted").replace(".", "").toLowerCase()}, ${r.merged} ${word("merged")}, ${r.quarantined} ${word("quarantined")}`),
        r.unmapped.length ? make("p", { class: "note" }, `${word("not_used")}: ${r.unmapped.join(", ")}`) : null,
        ...r.findings.slice(0, 50).map(f => make("p", {}, `${word("row")} ${f.row}: `, make("strong", {}, f.code), ` ${f.field ? `${plain(f.field)}: ` : ""}${f.problem} ${f.remedy}`)),
        r.quarantined && !dry.checked && about.may.quarantine ? make("p", {}, make("a", { class: "button", href: "#waiting" }, word("waiting"))) : null)));
    } catch (x) { result.replaceChildren(make("p", { class: "error" }, x.message)); }
    button.disabled = false;
  } },
    make("label", { class: "field" }, word("file"), file), make("label", { class: "field" }, word("kind"), kind),
    make("label", { class: "field" }, word("crs"), crs), make("p", { class: "note", id: "crs_hint" }, word("crs_hint")),
    make("p", {}, make("button", { type: "button", class: "plain", onclick: look }, word("import.look"))), meaning,
    make("label", { class: "check" }, dry, ` ${word("dry_run")}`), make("p", {}, button));
  place.append(make("h1", {}, word("import")), make("p", {}, word("import_words")), form, result);
}

// --- figures -----------------------------------------------------------------------------------

async function figuresView(place) {
  const found = await ask("/api/figures");
  place.append(make("h1", {}, word("figures")), make("p", {}, word("figures_words")));
  const rows = found.map(f => make("tr", {},
    make("th", { scope: "row" }, f.name, make("p", { class: "note" }, f.definition), f.note ? make("p", { class: "note" }, f.note) : null),
    make("td", { class: "number" }, f.value === null ? word("not_reported") : Number(f.value).toLocaleString(undefined, { maximumFractionDigits: 1 })),
    make("td", {}, f.unit),
    make("td", { class: "number" }, f.records.length ? make("details", {}, make("summary", {}, String(f.record_count)), f.records.slice(0, 200).join(", ")) : String(f.record_count))));
  place.append(make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": word("figures") }, make("table", {},
    make("thead", {}, make("tr", {}, ...["definition", "value", "unit", "records"].map(k => make("th", { scope: "col" }, word(k))))),
    make("tbody", {}, ...rows))));
}

// --- signing in --------------------------------------------------------------------------------

async function signInView(place) {
  const name = make("input", { autocomplete: "username", required: true });
  const password = make("input", { type: "password", autocomplete: "current-password", required: true });
  const wrong = make("p", { class: "error", role: "alert" });
  place.append(make("h1", {}, word("sign_in")), make("form", { class: "card", onsubmit: async e => {
    e.preventDefault();
    try {
      await send("/api/session", { name: name.value, password: password.value });
      await begin(); location.hash = "#map"; tell(word("signed_in"));
    } catch (x) { wrong.textContent = x.message; password.value = ""; password.focus(); }
  } }, make("label", { class: "field" }, word("name"), name), make("label", { class: "field" }, word("password"), password),
    make("p", {}, make("button", { type: "submit" }, word("sign_in"))), wrong));
  if (session.provider)
    place.append(make("p", {}, make("a", { href: "/api/oidc/start" }, `${word("sign_in_at")} ${session.provider}`)));
  name.focus();
}

async function signOut() {
  const done = await send("/api/session/end", {});
  if (done.sign_out_at) return location.assign(done.sign_out_at);
  await begin(); location.hash = "#map"; show();
}

// --- the whole ---------------------------------------------------------------------------------

const views = {
  map: (place, ...rest) => mapView(place, { ask, start: send, make, word, rest }),
  tables: tableView, record: recordView, waiting: waitingView, import: importView,
  figures: figuresView, sign_in: signInView,
};
let leave = null;

async function show() {
  const [name, ...rest] = location.hash.slice(1).split("/").map(decodeURIComponent);
  const view = views[name] ? name : "map";
  leave?.(); leave = null;
  tell("");
  for (const a of document.querySelectorAll("#nav a")) a.getAttribute("href") === `#${view}` ? a.setAttribute("aria-current", "page") : a.removeAttribute("aria-current");
  const place = document.createDocumentFragment();
  const holder = make("div", { class: "view" });
  holder.style.display = "contents";
  main.replaceChildren(holder);
  place.append(holder);
  main.append(holder);
  document.title = `${word(view === "record" ? "record" : view)} – ${about.office ?? "landrelease"}`;
  try { leave = await views[view](holder, ...rest) ?? null; }
  catch (x) { holder.append(make("p", { class: "error", role: "alert" }, x.message)); }
}

async function begin() {
  [words, about, session] = await Promise.all([ask("/api/words"), ask("/api/about"), ask("/api/session")]);
  const banner = document.getElementById("synthetic");
  banner.hidden = !about.synthetic; banner.textContent = word("synthetic");
  document.getElementById("office").textContent = about.office;
  document.getElementById("caution").textContent = word("caution");
  const nav = document.getElementById("nav");
  nav.replaceChildren(...about.pages.map(p => make("a", { href: p.path.replace("/#", "#"), onclick: () => shut(nav) }, word(p.key))));
  document.getElementById("reader").replaceChildren(
    make("span", {}, `${word("reading_as")} ${session.account ? `${session.account}, ` : ""}${word(`role.${about.role}`)}`),
    session.account ? make("button", { type: "button", class: "plain", onclick: () => signOut().catch(x => tell(x.message, true)) }, word("sign_out"))
      : make("a", { href: "#sign_in" }, word("sign_in")));
}

// On a narrow screen the links lie in a popover: a link of this page does not load another one.
const shut = nav => { if (nav.matches(":popover-open")) nav.hidePopover(); };

window.addEventListener("hashchange", show);
begin().then(show).catch(x => tell(x.message, true));
